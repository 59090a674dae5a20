-- SPDX-License-Identifier: Apache-2.0
-- The four pipelines that come with kam. A company changes them by importing versions of its own.
set local search_path = kam, pg_temp;

do $$
declare
    v_definition jsonb;
    v_checked record;
begin
    for v_definition in select d from jsonb_array_elements($json$[
{"key": "development", "name_en": "Development", "name_zh": "客户开发（五个阶段）", "group_threshold_currency_code": "CNY", "group_threshold_minor_units": 100000000,
 "stages": [
  {"key": "target", "name_en": "Target", "name_zh": "确定开发对象", "allowed_days": 30, "probability": 10, "approvals": [],
   "meaning_en": "Find out whether this customer is worth the effort: who they are, how large, what they do now, and what they might need from us.",
   "meaning_zh": "判断这个客户值不值得开发：历史、规模、现有业务，以及可能需要我们什么。"},
  {"key": "information", "name_en": "Information", "name_zh": "样品资料提供/信息收集", "allowed_days": 45, "probability": 25, "approvals": ["team_manager"],
   "meaning_en": "Win somebody inside who tells us how things are. Know who decides and how they buy, and put a sample or our material into their hands. Material is logged as a sample, too.",
   "meaning_zh": "发展内线，弄清谁决策、怎样采购、决策时间和成交关键因素，并把样品资料送到客户手上。寄送资料也记为“寄样”。"},
  {"key": "assessment", "name_en": "Assessment", "name_zh": "价值评估/开发程序", "allowed_days": 30, "probability": 40, "approvals": ["team_manager", "key_account_group"],
   "meaning_en": "Decide whether to go all in: value against expense and risk, and the road to whoever decides.",
   "meaning_zh": "决定是否全力投入：比较价值与费用、风险，定出通向决策人的公关路线。"},
  {"key": "relationship", "name_en": "Relationship", "name_zh": "关系建立", "allowed_days": 60, "probability": 60, "approvals": ["team_manager"],
   "meaning_en": "Earn the trust of those who decide and of half of those who have a say. Rehearse their decision before they take it.",
   "meaning_zh": "赢得决策人的信赖，并覆盖一半以上的影响力。在客户决策之前，先替他们预演一遍。"},
  {"key": "close", "name_en": "Close", "name_zh": "促成成交", "allowed_days": 45, "probability": 80, "approvals": ["team_manager"],
   "meaning_en": "Bring both managements together, show them our works, and sign.",
   "meaning_zh": "安排高层互访和考察验厂，签订合同。"}],
 "criteria": [
  {"stage": "target", "key": "first-contact", "kind": "activity_done", "name_en": "First contact logged", "name_zh": "已记录首次接触",
   "parameters": {"kinds": ["call", "visit", "message", "email", "technical_exchange", "demonstration", "site_visit", "senior_meeting", "negotiation"]}},
  {"stage": "target", "key": "archive", "kind": "account_fields", "name_en": "Years, scale and present business filled in", "name_zh": "已填写年限、规模和现有业务",
   "parameters": {"fields": ["founded_on", "employees|annual_revenue", "main_products"]}},
  {"stage": "target", "key": "potential-need", "kind": "need_stated", "name_en": "A potential need stated", "name_zh": "已提出潜在需求", "parameters": {}},
  {"stage": "target", "key": "worth-pursuing", "kind": "opportunity_fields", "name_en": "Judged worth pursuing", "name_zh": "判断值得开发",
   "parameters": {"fields": ["worth_pursuing"]}},
  {"stage": "information", "key": "insider", "kind": "contact_relationship", "name_en": "An insider who meets us", "name_zh": "已有内线，关系达到约会",
   "parameters": {"insider": true, "relationship": 2}},
  {"stage": "information", "key": "sample", "kind": "activity_done", "name_en": "A sample or material delivered", "name_zh": "已提供样品或资料", "parameters": {"kinds": ["sample"], "since": "opportunity"}},
  {"stage": "information", "key": "profiles", "kind": "profiles_present", "name_en": "Profiles of those who decide", "name_zh": "决策人资料齐全",
   "parameters": {"role": "decider"}},
  {"stage": "information", "key": "buying-process", "kind": "buying_process", "name_en": "Buying process, present suppliers, decision time and ranking of closing factors",
   "name_zh": "采购流程、现有供应商、决策时间和成交因素排序", "parameters": {"criteria": 3}},
  {"stage": "information", "key": "clear-need", "kind": "need_stated", "name_en": "The need stated clearly", "name_zh": "需求已明确表达", "parameters": {"explicit": true}},
  {"stage": "assessment", "key": "value-assessment", "kind": "assessment", "name_en": "Value assessment with grade A or B, not older than 90 days",
   "name_zh": "价值评估为 A 或 B 级，且不超过 90 天", "parameters": {"model": "value", "days": 90, "grade": "B"}},
  {"stage": "assessment", "key": "engagement-plan", "kind": "engagement_plan", "name_en": "An engagement plan that reaches a decider", "name_zh": "公关路线图通向决策人",
   "parameters": {"role": "decider"}},
  {"stage": "assessment", "key": "verdict", "kind": "verdict", "name_en": "Verdict: approve", "name_zh": "项目定性：批准立项", "parameters": {"verdict": "approve"}},
  {"stage": "relationship", "key": "decider-trusts-us", "kind": "contact_relationship", "name_en": "A decider trusts us", "name_zh": "决策人信赖我们",
   "parameters": {"role": "decider", "relationship": 4}},
  {"stage": "relationship", "key": "coverage", "kind": "coverage", "name_en": "Half of the influence covered", "name_zh": "影响力覆盖率不低于 50%", "parameters": {"percent": 50}},
  {"stage": "relationship", "key": "rehearsal", "kind": "answered", "name_en": "The decision rehearsed", "name_zh": "决策预演", "parameters": {"questions": [
     {"key": "why-us", "en": "Why would they choose us?", "zh": "客户为什么会选择我们？"},
     {"key": "why-help", "en": "Why would this person help us?", "zh": "这个人为什么会帮我们？"}]}},
  {"stage": "relationship", "key": "quotation", "kind": "activity_done", "name_en": "A quotation issued", "name_zh": "已报价", "parameters": {"kinds": ["quotation"], "since": "opportunity"}},
  {"stage": "close", "key": "senior-meeting", "kind": "activity_done", "name_en": "A meeting of both managements held", "name_zh": "已完成高层互访",
   "parameters": {"kinds": ["senior_meeting"], "since": "opportunity"}},
  {"stage": "close", "key": "site-visit", "kind": "activity_done", "name_en": "A site visit or audit done", "name_zh": "已完成考察或验厂", "parameters": {"kinds": ["site_visit"], "since": "opportunity"}},
  {"stage": "close", "key": "contract", "kind": "activity_done", "name_en": "The contract signed", "name_zh": "合同已签订", "parameters": {"kinds": ["contract_signing"], "since": "opportunity"}}]},

{"key": "seven-stage", "name_en": "Seven stages", "name_zh": "七阶段",
 "stages": [
  {"key": "direction", "name_en": "Direction and target", "name_zh": "目标和方向", "allowed_days": 30, "probability": 5, "approvals": [],
   "meaning_en": "Choose the customer and what we want to reach with them.", "meaning_zh": "选定客户，明确要达到的目标。"},
  {"key": "market-visit", "name_en": "Market visit", "name_zh": "走访市场", "allowed_days": 30, "probability": 10, "approvals": [],
   "meaning_en": "See the customer and their market with our own eyes.", "meaning_zh": "实地走访，了解客户和市场。"},
  {"key": "deep-contact", "name_en": "Deep contact", "name_zh": "深入接触", "allowed_days": 45, "probability": 25, "approvals": [],
   "meaning_en": "Get from knowing people to being accepted by them, and learn what they need.", "meaning_zh": "从认识到被认同，摸清真实需求。"},
  {"key": "progress", "name_en": "Substantive progress", "name_zh": "实质性进展", "allowed_days": 60, "probability": 50, "approvals": ["team_manager"],
   "meaning_en": "Talk about terms: there is a quotation, and somebody who decides is for us.", "meaning_zh": "进入实质商谈：已经报价，并得到决策人认同。"},
  {"key": "first-cooperation", "name_en": "First cooperation", "name_zh": "初步合作", "allowed_days": 60, "probability": 70, "approvals": ["team_manager"],
   "meaning_en": "A trial order shows both sides how the other works.", "meaning_zh": "通过试单，双方初步合作。"},
  {"key": "crisis-handling", "name_en": "Crisis handling", "name_zh": "危机公关", "allowed_days": 60, "probability": 80, "approvals": ["team_manager"],
   "meaning_en": "What went wrong with the first deliveries is put right, and paid for.", "meaning_zh": "妥善处理首批合作中的问题，收回货款。"},
  {"key": "stability", "name_en": "Stability and growth", "name_zh": "稳定与发展", "allowed_days": null, "probability": 90, "approvals": ["team_manager"],
   "meaning_en": "Supply runs steadily; we look for more to do together.", "meaning_zh": "稳定供货，寻求更多合作。"}],
 "criteria": [
  {"stage": "direction", "key": "worth-pursuing", "kind": "opportunity_fields", "name_en": "Judged worth pursuing, with amount and purchase date",
   "name_zh": "判断值得开发，并已填写标的和采购时间", "parameters": {"fields": ["worth_pursuing", "amount", "purchase_on"]}},
  {"stage": "market-visit", "key": "visit", "kind": "activity_done", "name_en": "The customer visited", "name_zh": "已拜访客户", "parameters": {"kinds": ["visit", "site_visit"]}},
  {"stage": "deep-contact", "key": "accepted", "kind": "contact_relationship", "name_en": "Somebody there accepts us", "name_zh": "有联系人认同我们",
   "parameters": {"relationship": 3}},
  {"stage": "deep-contact", "key": "need", "kind": "need_stated", "name_en": "A need stated", "name_zh": "需求已提出", "parameters": {}},
  {"stage": "progress", "key": "quotation", "kind": "activity_done", "name_en": "A quotation issued", "name_zh": "已报价", "parameters": {"kinds": ["quotation"], "since": "opportunity"}},
  {"stage": "progress", "key": "decider-accepts-us", "kind": "contact_relationship", "name_en": "A decider accepts us", "name_zh": "决策人认同我们",
   "parameters": {"role": "decider", "relationship": 3}},
  {"stage": "first-cooperation", "key": "trial-order", "kind": "order_placed", "name_en": "A trial order exists", "name_zh": "已有试单", "parameters": {}},
  {"stage": "crisis-handling", "key": "complaints", "kind": "complaints_resolved", "name_en": "Every open complaint resolved", "name_zh": "投诉全部解决", "parameters": {}},
  {"stage": "crisis-handling", "key": "satisfaction", "kind": "satisfaction_surveyed", "name_en": "Satisfaction surveyed", "name_zh": "已做满意度调查", "parameters": {}},
  {"stage": "crisis-handling", "key": "payment", "kind": "payment_received", "name_en": "Payment received", "name_zh": "货款已收到", "parameters": {}},
  {"stage": "stability", "key": "still-there", "kind": "activity_done", "name_en": "Visited or met by our management since", "name_zh": "本阶段有拜访或高层互访",
   "parameters": {"kinds": ["visit", "service_visit", "senior_meeting"], "since": "stage"}}]},

{"key": "channel", "name_en": "Channel", "name_zh": "渠道开发",
 "stages": [
  {"key": "find", "name_en": "Find", "name_zh": "寻找客户", "allowed_days": 30, "probability": 10, "approvals": [],
   "meaning_en": "Find a dealer who fits the territory, and speak to them.", "meaning_zh": "在目标区域寻找合适的经销商并取得联系。"},
  {"key": "negotiate", "name_en": "Negotiate", "name_zh": "客户谈判", "allowed_days": 45, "probability": 40, "approvals": ["team_manager"],
   "meaning_en": "Answer what the dealer asks: profit, market potential, brand, present sales, our investment.",
   "meaning_zh": "回应经销商的顾虑：利润、市场潜力、品牌、现有销售、我方投入。"},
  {"key": "agreement", "name_en": "Agreement", "name_zh": "签订协议", "allowed_days": 30, "probability": 70, "approvals": ["team_manager"],
   "meaning_en": "Put territory, prices and targets into a contract.", "meaning_zh": "约定区域、价格和目标，签订合同。"},
  {"key": "cultivate", "name_en": "Cultivate", "name_zh": "培养", "allowed_days": 90, "probability": 90, "approvals": ["team_manager"],
   "meaning_en": "See how good a dealer they are: distributors, retailers, product fit, loyalty, funds, people.",
   "meaning_zh": "从分销商、终端、产品匹配、忠诚度、资金、人员六个方面培养经销商。"},
  {"key": "maintain", "name_en": "Maintain", "name_zh": "维护", "allowed_days": null, "probability": 95, "approvals": [],
   "meaning_en": "Be there on fixed days, whatever happens.", "meaning_zh": "坚持固定日期拜访。"}],
 "criteria": [
  {"stage": "find", "key": "first-contact", "kind": "activity_done", "name_en": "First contact logged", "name_zh": "已记录首次接触",
   "parameters": {"kinds": ["call", "visit", "message", "email"]}},
  {"stage": "find", "key": "channel-position", "kind": "account_fields", "name_en": "Place in the channel and territory filled in", "name_zh": "已填写渠道位置和销售区域",
   "parameters": {"fields": ["channel_position", "territories"]}},
  {"stage": "negotiate", "key": "concerns", "kind": "answered", "name_en": "The dealer's concerns recorded", "name_zh": "已记录经销商的顾虑", "parameters": {"questions": [
     {"key": "profit", "en": "What profit does the dealer expect?", "zh": "经销商期望多少利润？"},
     {"key": "market-potential", "en": "How do they see the potential of the market?", "zh": "怎样看待市场潜力？"},
     {"key": "brand", "en": "What is our brand worth to them?", "zh": "怎样看待我们的品牌？"},
     {"key": "present-sales", "en": "What do they sell now, and how much?", "zh": "现在销售什么，销量多少？"},
     {"key": "our-investment", "en": "What do they want us to invest?", "zh": "希望我方投入什么？"}]}},
  {"stage": "agreement", "key": "contract", "kind": "activity_done", "name_en": "The contract signed", "name_zh": "合同已签订", "parameters": {"kinds": ["contract_signing"], "since": "opportunity"}},
  {"stage": "cultivate", "key": "six-dimensions", "kind": "assessment", "name_en": "The six dimensions scored", "name_zh": "已完成六个方面的评分",
   "parameters": {"model": "dealer"}},
  {"stage": "maintain", "key": "visits", "kind": "visits_kept", "name_en": "Visits on fixed days kept", "name_zh": "固定日期拜访已落实",
   "parameters": {"days": 90, "percent": 80}}]},

{"key": "new-customer", "name_en": "New customer", "name_zh": "新客户开发",
 "stages": [
  {"key": "contacted", "name_en": "Contacted", "name_zh": "主动联系", "allowed_days": 14, "probability": 10, "approvals": [],
   "meaning_en": "We took the first step.", "meaning_zh": "主动联系客户。"},
  {"key": "enquiry", "name_en": "Enquiry and quotation", "name_zh": "询价报价", "allowed_days": 14, "probability": 25, "approvals": [],
   "meaning_en": "They asked for a price and have our quotation in writing.", "meaning_zh": "客户询价，我方已书面报价。"},
  {"key": "sample", "name_en": "Sample", "name_zh": "寄样", "allowed_days": 21, "probability": 40, "approvals": [],
   "meaning_en": "A sample is on its way with a courier number, and we ask about it on day two or three.", "meaning_zh": "寄出样品并记录快递单号，第二到三天跟进。"},
  {"key": "price", "name_en": "Price", "name_zh": "议价", "allowed_days": 21, "probability": 60, "approvals": ["team_manager"],
   "meaning_en": "Agree on a price: ours, the customer's target price, or one that a manager gives.", "meaning_zh": "商定价格：我方价格、客户目标价，或经理特批价。"},
  {"key": "first-order", "name_en": "First order", "name_zh": "下单", "allowed_days": 30, "probability": 80, "approvals": ["team_manager"],
   "meaning_en": "The contract is signed, and how they pay is clear.", "meaning_zh": "签订合同，付款方式已明确。"},
  {"key": "extend", "name_en": "Extend", "name_zh": "增加品种", "allowed_days": 90, "probability": 90, "approvals": [],
   "meaning_en": "Propose a product they have not ordered yet.", "meaning_zh": "推荐客户尚未订购的产品。"}],
 "criteria": [
  {"stage": "contacted", "key": "first-contact", "kind": "activity_done", "name_en": "First contact logged", "name_zh": "已记录首次接触",
   "parameters": {"kinds": ["call", "visit", "message", "email"]}},
  {"stage": "enquiry", "key": "quotation", "kind": "activity_done", "name_en": "A quotation issued in writing", "name_zh": "已书面报价", "parameters": {"kinds": ["quotation"], "since": "opportunity"}},
  {"stage": "sample", "key": "sent", "kind": "activity_done", "name_en": "A sample sent", "name_zh": "样品已寄出", "parameters": {"kinds": ["sample"], "since": "opportunity"}},
  {"stage": "sample", "key": "chased", "kind": "follow_up", "name_en": "Asked about on day 2 or 3", "name_zh": "第 2 至 3 天已跟进",
   "parameters": {"kind": "sample", "from_days": 2, "to_days": 3}},
  {"stage": "sample", "key": "outcome", "kind": "answered", "name_en": "Courier number and outcome recorded", "name_zh": "已记录快递单号和结果", "parameters": {"questions": [
     {"key": "courier-number", "en": "Which courier number has the sample?", "zh": "样品的快递单号是多少？"},
     {"key": "no-order-reason", "en": "Does an order follow? If not, why not?", "zh": "样品之后是否下单？如果没有，原因是什么？"}]}},
  {"stage": "price", "key": "price-agreed", "kind": "answered", "name_en": "The price agreed on recorded", "name_zh": "已记录商定的价格", "parameters": {"questions": [
     {"key": "agreed-price", "en": "Which price holds: ours, the customer's target price, or a manager's?", "zh": "按哪个价格成交：我方价格、客户目标价，还是经理特批价？"}]}},
  {"stage": "first-order", "key": "contract", "kind": "activity_done", "name_en": "The contract signed", "name_zh": "合同已签订", "parameters": {"kinds": ["contract_signing"], "since": "opportunity"}},
  {"stage": "first-order", "key": "payment", "kind": "answered", "name_en": "Payment recorded", "name_zh": "已记录付款方式", "parameters": {"questions": [
     {"key": "payment-terms", "en": "Payment before delivery, or cash on delivery?", "zh": "款到发货，还是货到付款？"}]}},
  {"stage": "extend", "key": "new-product", "kind": "answered", "name_en": "Another product proposed", "name_zh": "已推荐新品种", "parameters": {"questions": [
     {"key": "proposed-product", "en": "Which product that they have not ordered yet did we propose?", "zh": "推荐了哪种客户尚未订购的产品？"}]}}]}
]$json$::jsonb) d loop
        v_checked := check_pipeline(v_definition);
        if v_checked.wrong <> '[]' then
            raise exception 'the pipeline % is wrong: %', v_definition ->> 'key', v_checked.wrong;
        end if;
        perform add_pipeline_version(uuid7(), v_checked.complete, '');
    end loop;
    update pipeline set is_default = true where key = 'development';
end
$$;

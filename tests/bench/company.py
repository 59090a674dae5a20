# SPDX-License-Identifier: Apache-2.0
"""The generated company of the bench, and the calls that are measured on it. Everything follows from a fixed seed."""
import hashlib

from statements import Script

# Account number n has the decimal digits of n as the hexadecimal digits of its id, so that pgbench can name a random one.
ACCOUNT_ID = "lpad(:account::text, 32, '0')::uuid"
# Ids of one run of pgbench, and of one of its clients, do not meet those of another.
WRITE_ID = "(lpad(:run::text, 4, '9') || lpad(:client_id::text, 4, '0') || lpad(:count::text, 24, '0'))::uuid"
RANDOM_ACCOUNT = "\\set account random(1, :accounts)"
OPPORTUNITIES_PER_ACCOUNT = 10
OPPORTUNITY_ID = "lpad(:opportunity::text, 32, '0')::uuid"
# The first one of each account is open.
RANDOM_OPPORTUNITY = "\\set opportunity (random(1, :accounts) - 1) * %d + 1" % OPPORTUNITIES_PER_ACCOUNT
OFFICES = 35


class Method:
    def __init__(self, name, values, written=None, role="manager", callers=None):
        self.name = name
        self.values = values
        self.written = written  # counts what the method writes
        self.role = role
        self.callers = callers or role  # whose sessions

    def script(self, methods, tokens):
        preamble = [RANDOM_ACCOUNT, RANDOM_OPPORTUNITY]
        if self.written:
            preamble.append("\\set count :count + 1")
        return Script(methods[self.name], self.role, self.values, preamble, tokens, WRITE_ID)


METHODS = {
    "get": Method("kam.v1.AccountService/GetAccount", {"id": ACCOUNT_ID, "code": "''"}),
    "list": Method("kam.v1.ActivityService/ListActivities", {"account_id": ACCOUNT_ID, "page.limit": "51"}),
    "page": Method("kam.v1.OverviewService/GetAccountPage", {"id": ACCOUNT_ID, "code": "''"}),
    "today": Method("kam.v1.OverviewService/GetToday", {}, role="rep"),
    "check": Method("kam.v1.ProcessService/CheckOpportunity", {"id": OPPORTUNITY_ID, "code": "''"}),
    "board": Method("kam.v1.BoardService/GetBoard", {"pipeline_key": "''", "cards_per_stage": "0"}, callers="office"),
    "log": Method("kam.v1.ActivityService/LogActivity", {
        "record.id": WRITE_ID, "activity.id": WRITE_ID, "activity.account_id": ACCOUNT_ID, "activity.kind": "'call'",
        "activity.subject": "'bench: asked about the delivery of the second pump'", "activity.place": "''",
        "activity.description": "''", "activity.customer_reaction": "''", "activity.result": "'they confirm the date'",
        "activity.contact_ids": "'{}'::uuid[]", "activity.user_ids": "'{}'::uuid[]",
    }, written="select count(*) from kam.activity where subject like 'bench: %'"),
}

SETUP = """
set search_path = kam, pg_temp;
select setseed(0.5);
alter table account disable trigger user; alter table contact disable trigger user; alter table position disable trigger user;
alter table contact_profile disable trigger user;
alter table activity disable trigger user; alter table activity_contact disable trigger user;
alter table team disable trigger zz_record; alter table app_user disable trigger user;

insert into team (id, name) values (lpad('1', 32, '0')::uuid, 'Bench Company');
insert into team (id, name, parent_id)
select lpad(n::text, 32, '0')::uuid, case when n <= 5 then 'Region ' else 'Office ' end || n,
       lpad((case when n <= 5 then 1 else 2 + n % 4 end)::text, 32, '0')::uuid
  from generate_series(2, 40) n;

-- 64 managers of the root team, 36 of offices, 10 of the service desk, 390 reps.
insert into app_user (id, login, name, role, team_id)
select lpad(n::text, 32, '0')::uuid, 'user' || n, (array['王','李','张','刘','陈','Miller ','Novak ','Rossi '])[1 + n % 8] || n,
       case when n <= 100 then 'manager' when n <= 110 then 'service' else 'rep' end,
       lpad((case when n <= 64 or n between 101 and 110 then 1 else 6 + n % 35 end)::text, 32, '0')::uuid
  from generate_series(1, 500) n;
"""

ACCOUNTS = """
insert into account (id, code, name, registered_address, delivery_address, phone, industry, region, main_products, employees, founded_on,
                     owner_id, team_id, source, status, annual_revenue_currency_code, annual_revenue_minor_units, note)
select lpad(n::text, 32, '0')::uuid, 'K-' || lpad(n::text, 6, '0'),
       (array['华东','江南','北方','长城','东海','金山','Northern ','Harbour ','Alpine ','Delta '])[1 + n % 10] || 'K' || n ||
       (array['泵业有限公司','阀门制造有限公司','化工股份有限公司','水务集团',' Pumps Ltd',' Valves GmbH',' Chemicals Inc',' Water Works'])[1 + n % 8],
       '江苏省苏州市工业园区 ' || n || ' 号', 'Dock ' || n % 40, '+86 512 ' || (60000000 + n),
       (array['chemicals','water','shipbuilding','energy','food'])[1 + n % 5], (array['华东','华南','North','West'])[1 + n % 4],
       'pumps, valves, seals', 20 + n % 5000, date '1980-01-01' + n % 14000, u.id, u.team_id,
       (array['peer_referral','exhibition','inbound_enquiry','media_search'])[1 + n % 4],
       (array['prospect','developing','trial','active','active','dormant'])[1 + n % 6], 'CNY', 100000000 + n * 1000, 'met at the fair'
  from generate_series(1, %(accounts)s) n join app_user u on u.id = lpad((111 + n % 390)::text, 32, '0')::uuid;
insert into account_reach select owner_id, id from account;
"""

CONTACTS = """
insert into contact (id, name, phones, emails)
select lpad(n::text, 32, '0')::uuid,
       (array['张伟','王芳','李娜','刘洋','陈静','Anna ','Peter ','Maria ','Jan ','Eva '])[1 + n % 10] || n,
       array['+86 139 ' || (10000000 + n)], array['p' || n || '@customer.example']
  from generate_series(1, %(contacts)s) n;
insert into position (id, contact_id, account_id, title, buying_roles, stance, influence, relationship)
select lpad(n::text, 32, '0')::uuid, lpad(n::text, 32, '0')::uuid, lpad((1 + (n - 1) / 5)::text, 32, '0')::uuid,
       (array['采购经理','总工程师','Purchasing manager','Plant manager','财务总监'])[1 + n % 5],
       array[(array['purchaser','technical_expert','decider','influencer','finance'])[1 + n % 5]], 'neutral', n % 101, 1 + n % 5
  from generate_series(1, %(contacts)s) n;
insert into contact_profile (contact_id, birthday)
select lpad(n::text, 32, '0')::uuid, date '1950-01-01' + n % 18000 from generate_series(1, %(contacts)s, 2) n;
"""

ACTIVITIES = """
insert into activity (id, account_id, kind, state, subject, time, owner_id, description, result, created_by)
select (lpad(to_hex((extract(epoch from t) * 1000)::bigint), 12, '0') || '7000' || lpad(n::text, 16, '8'))::uuid,
       a.id, (array['call','visit','message','email','sample','quotation'])[1 + n % 6], case when n % 20 = 0 then 'planned' else 'done' end,
       (array['电话跟进采购进度','拜访客户总工程师','报价 ','Call about the delivery ','Visit to the plant ','投诉处理回访 '])[1 + n % 6] || n,
       t, a.owner_id, 'agenda ' || n, (array['客户满意','等待答复','they wait for the budget','order expected'])[1 + n % 4], a.owner_id
  from generate_series(%(from)s, %(to)s) n
  join account a on a.id = lpad((1 + (n::bigint * 7919) % %(accounts)s)::text, 32, '0')::uuid
  cross join lateral (select timestamptz '2022-01-01' + n * interval '70 seconds' as t) d;
insert into activity_contact (activity_id, contact_id, account_id)
select (lpad(to_hex((extract(epoch from t) * 1000)::bigint), 12, '0') || '7000' || lpad(n::text, 16, '8'))::uuid,
       lpad(((account - 1) * 5 + 1 + n % 5)::text, 32, '0')::uuid, lpad(account::text, 32, '0')::uuid
  from generate_series(%(from)s, %(to)s) n
  cross join lateral (select timestamptz '2022-01-01' + n * interval '70 seconds' as t, 1 + (n::bigint * 7919) % %(accounts)s as account) d
 where n % 2 = 0;
"""

# Ten for each account, of which one or two are open: about 500 for each office of eleven reps. What the five stages ask for is there for about half of them.
OPPORTUNITIES = """
insert into opportunity (id, code, account_id, account_team_id, owner_id, name, pipeline_version_id, stage_key, stage_since, state, close_time, lost_reason,
                         amount_currency_code, amount_minor_units, amount_rank, purchase_on, purchase_rank, person_rank, decision_on, buying_stage, worth_pursuing,
                         verdict, verdict_time, verdict_by)
select lpad(n::text, 32, '0')::uuid, 'O-' || lpad(n::text, 6, '0'), a.id, a.team_id, a.owner_id,
       (array['冲压线 ','Pump station ','二期扩建 ','Valves for line ','Spare parts '])[1 + n %% 5] || n, s.version_id, s.key, now() - n %% 100 * interval '1 day',
       case when is_open then 'open' when n %% 3 = 0 then 'won' else 'lost' end, case when not is_open then now() - n %% 90 * interval '1 day' end,
       case when not is_open and n %% 3 <> 0 then 'price' end,
       'CNY', 1000000 + n * 100, 1000000 + n * 100, date '2026-01-01' + n %% 700, date '2000-01-01' - (date '2026-01-01' + n %% 700), case when is_even then 50 else -1 end,
       case when is_even then date '2026-01-01' + n %% 600 end, (array['market_survey','supplier_evaluation',null])[1 + mix %% 3], case when is_even then true end,
       case when is_even and is_open then 'approve' end, case when is_even and is_open then now() end, case when is_even and is_open then 'team_manager' end
  from generate_series(1, %(opportunities)s) n
 cross join lateral (select (n - 1) / %(per_account)s as at, (n - 1) %% %(per_account)s as place) p
 cross join lateral (select n + at as mix, (n + at) %% 2 = 0 as is_even, place = 0 or (place = 1 and at %% 4 <> 0) as is_open) m
  join account a on a.id = lpad((1 + at)::text, 32, '0')::uuid
  join pipeline l on l.is_default
  join pipeline_version v on v.pipeline_id = l.id and v.number = 1
  join pipeline_stage s on s.version_id = v.id and s.position = 1 + mix %% 5;
insert into opportunity_person (opportunity_id, account_id, contact_id, buying_roles, stance, influence)
select o.id, o.account_id, p.contact_id, array['decider'], 'ally', 50
  from generate_series(1, %(opportunities)s) n
  join opportunity o on o.id = lpad(n::text, 32, '0')::uuid and o.person_rank = 50
  join position p on p.id = lpad((1 + (n - 1) / %(per_account)s * 5 + n %% 5)::text, 32, '0')::uuid;
insert into decision_criterion (opportunity_id, account_id, rank, text)
select o.id, o.account_id, r, (array['price','delivery','service'])[r] from opportunity o, generate_series(1, 3) r where o.decision_on is not null;
insert into opportunity_answer (opportunity_id, account_id, question, answer)
select o.id, o.account_id, q, 'spare parts within a day' from opportunity o, unnest(array['why-us', 'why-help']) q where q = 'why-us' or o.decision_on is not null;
insert into need (account_id, kind, scope, text) select a.id, (array['implied','explicit'])[1 + a.employees %% 2], 'organisation', 'fewer stoppages' from account a;
insert into account_supply (account_id, supplier) select a.id, 'Rival' from account a where a.employees %% 2 = 0;
insert into assessment (account_id, opportunity_id, model_version_id, assessed_on, total, grade, assessed_by)
select o.account_id, o.id, v.id, current_date - 10, case when o.decision_on is null then 50 else 70 end, case when o.decision_on is null then 'C' else 'B' end, o.owner_id
  from opportunity o join scoring_model m on m.key = 'value' join scoring_model_version v on v.model_id = m.id and v.number = 1
 where o.state = 'open' and o.stage_key in ('assessment', 'relationship', 'close');
insert into engagement_plan (id, account_id, opportunity_id) select o.id, o.account_id, o.id from opportunity o where o.state = 'open' and o.person_rank = 50;
insert into engagement_step (plan_id, account_id, position, contact_id, user_id)
select o.id, o.account_id, 1, p.contact_id, o.owner_id from opportunity o join opportunity_person p on p.opportunity_id = o.id where o.state = 'open';
insert into activity (account_id, kind, state, subject, time, owner_id, created_by)
select o.account_id, k, 'done', 'On the way to the contract', now() - interval '3 days', o.owner_id, o.owner_id
  from opportunity o, unnest(array['senior_meeting', 'site_visit']) k
 where o.state = 'open' and o.stage_key = 'close' and (k = 'senior_meeting' or o.decision_on is not null);
"""

# What the first opportunities are asked for, and how much of it is there.
CHECKED = """
select count(distinct o.id), count(*), count(*) filter (where c.state = 'met'), count(distinct c.kind)
  from (select * from kam.opportunity where state = 'open' order by id limit 100) o cross join lateral kam.snapshot_evidence(o.id) c
"""

FINISH = """
set constraints all immediate;
insert into session (token_hash, user_id, expire_time)
select decode(hash, 'hex'), lpad(n::text, 32, '0')::uuid, now() + interval '1 day'
  from unnest(%(managers)s::text[]) with ordinality u (hash, n)
union all
select decode(hash, 'hex'), lpad((110 + n)::text, 32, '0')::uuid, now() + interval '1 day'
  from unnest(%(reps)s::text[]) with ordinality u (hash, n)
union all
select decode(hash, 'hex'), lpad((64 + n)::text, 32, '0')::uuid, now() + interval '1 day'
  from unnest(%(offices)s::text[]) with ordinality u (hash, n);
alter table account enable trigger user; alter table contact enable trigger user; alter table position enable trigger user;
alter table contact_profile enable trigger user;
alter table activity enable trigger user; alter table activity_contact enable trigger user;
alter table team enable trigger zz_record; alter table app_user enable trigger user;
"""

ACTIVITIES_AT_ONCE = 100000


def generate(connection, scale, token_count):
    """Fills an empty database; returns the number of accounts, and the tokens: of managers who reach all accounts, of reps, and of a manager of each office."""
    accounts, activities = max(1, int(10000 * scale)), int(2000000 * scale)
    tokens = {who: ["kam1.%s." % role[0] + hashlib.sha256(b"bench %s %d" % (who.encode(), n)).hexdigest()[:43] for n in range(count)]
              for who, role, count in (("manager", "manager", token_count), ("rep", "rep", token_count), ("office", "manager", OFFICES))}
    hashes = {role: [hashlib.blake2b(token.encode(), digest_size=32).hexdigest() for token in tokens[role]] for role in tokens}
    numbers = {"accounts": accounts, "contacts": accounts * 5, "opportunities": accounts * OPPORTUNITIES_PER_ACCOUNT, "per_account": OPPORTUNITIES_PER_ACCOUNT}
    with connection.cursor() as cursor:
        cursor.execute(SETUP)
        cursor.execute(ACCOUNTS.replace("% ", "%% "), numbers)
        cursor.execute(CONTACTS.replace("% ", "%% "), numbers)
        for start in range(1, activities + 1, ACTIVITIES_AT_ONCE):
            cursor.execute(ACTIVITIES.replace("% ", "%% "), dict(numbers, **{
                "from": start, "to": min(activities, start + ACTIVITIES_AT_ONCE - 1)}))
        for change in ("disable", "enable"):
            for table in ("opportunity", "opportunity_person", "decision_criterion", "opportunity_answer", "need", "account_supply", "assessment", "engagement_plan",
                          "engagement_step"):
                cursor.execute("alter table %s %s trigger user" % (table, change))
            if change == "disable":
                cursor.execute(OPPORTUNITIES, numbers)
                cursor.execute("set constraints all immediate")
        cursor.execute(CHECKED)
        opportunities, criteria, met, kinds = cursor.fetchone()
        print(f"# check: {opportunities} opportunities are asked for {criteria} criteria of {kinds} kinds; {met} are met", flush=True)
        cursor.execute(FINISH, {"managers": hashes["manager"], "reps": hashes["rep"], "offices": hashes["office"]})
    return accounts, tokens

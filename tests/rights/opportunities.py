# SPDX-License-Identifier: Apache-2.0
"""Opportunities of the fixture: every text of one is a sentinel, too."""

TEXTS = ("name", "source_note", "worth_reason", "positioning", "customer_value", "purchase_influences", "cost_and_benefit", "sales_plan", "insider_view", "note")


def build_opportunity(company, family, record, contact=None, pipeline="development"):
    """Of the family's account; with all parts where there is a contact for them."""
    def text(column):
        return company.registry.text(family.key, record, column)
    made = company.boss("OpportunityService/CreateOpportunity", opportunity={
        "account_id": family.ids["account"], "pipeline_key": pipeline, **{column: text(f"opportunity.{column}") for column in TEXTS},
        "amount": company.registry.money(family.key, record, "opportunity.amount"), "probability": 40})
    if contact:
        def set_part(noun, part, mask, **fields):
            company.boss(f"OpportunityService/Set{noun}", **{part: dict(fields, opportunity_id=made.id)}, update_mask={"paths": mask})
        set_part("OpportunityPerson", "person", ["buying_roles", "stance", "influence", "note"], contact_id=contact, buying_roles=[4], stance=1, influence=66,
                 note=text("person.note"))
        set_part("OpportunityUser", "user", ["role"], user_id=company.users["helper"].id, role=text("user.role"))
        set_part("OpportunityProduct", "product", ["price", "note"], product=text("product.product"), note=text("product.note"),
                 price=company.registry.money(family.key, record, "product.price"))
        set_part("OpportunityCompetitor", "competitor", ["product", "price", "strengths", "weaknesses", "relationship"],
                 price=company.registry.money(family.key, record, "competitor.price"),
                 **{column: text(f"competitor.{column}") for column in ("name", "product", "strengths", "weaknesses", "relationship")})
        set_part("DecisionCriterion", "criterion", ["text"], text=text("criterion.text"))
        set_part("OpportunityAnswer", "answer", ["answer"], question="why-us", answer=text("answer.answer"))
    return made.id

# SPDX-License-Identifier: Apache-2.0
"""What the fixture's families hold beside people and activities: plans to reach the decider, and how an account is looked at."""
RECORDS = ("engagement", "other-engagement", "step", "rating", "swot", "other-swot", "account-plan")
# Begins when a sale is won, which takes managers and evidence: made by the owner of the database.
LATER = ("care",)
READ = {"engagement": "EngagementService/GetEngagementPlan", "step": "EngagementService/GetEngagementStep", "rating": "AnalysisService/GetCompetitionRating",
        "swot": "AnalysisService/GetSwot", "care": "AnalysisService/GetCarePhase"}
YEAR = 2026


def build(company, family, record):
    """The id of a new record of the family."""
    key, account = family.key, family.ids["account"]

    def text(column):
        return company.registry.text(key, record, column)

    def texts(part, *columns):
        return {column: text(f"{part}.{column}") for column in columns}
    if record.endswith("engagement"):
        return company.boss("EngagementService/CreateEngagementPlan", plan={"account_id": account, "note": text("engagement.note")}).id
    if record == "step":
        return company.boss("EngagementService/AddEngagementStep", step={
            "plan_id": company.ensure(family, "engagement"), "contact_id": company.ensure(family, "contact"), "relationship": 4,
            "user_id": company.users[family.owner].id, "note": text("step.note")}).id
    if record == "rating":
        return company.boss("AnalysisService/CreateCompetitionRating", rating=dict(texts("rating", "competitor", "note"), account_id=account, price=7)).id
    if record.endswith("swot"):
        return company.boss("AnalysisService/CreateSwot", swot=dict(
            texts("swot", "strengths", "weaknesses", "opportunities", "threats", "conclusion"), account_id=account)).id
    if record == "account-plan":
        plan = texts("account-plan", "goals", "actions", "resources", "review")
        return company.boss("AnalysisService/SetAccountPlan", plan=dict(plan, account_id=account, year=YEAR), update_mask={"paths": list(plan)}).id
    company.owner.execute(care_of(company, family))
    return company.owner.fetchone()[0]


def care_of(company, family):
    """SQL that makes a phase of care and returns its id."""
    return f"""insert into kam.care_phase (account_id, opportunity_id, kind, starts_on, ends_on, note)
               values ('{family.ids["account"]}', '{company.ensure(family, "opportunity")}', 'novelty', '2026-01-01', '2026-01-31',
                       '{company.registry.text(family.key, "care", "care.note")}') returning id::text"""


def version(company, family, record, record_id):
    if record == "account-plan":
        return company.boss("AnalysisService/GetAccountPlan", account_id=family.ids["account"], year=YEAR).version
    return company.boss(READ[record], id=record_id).version

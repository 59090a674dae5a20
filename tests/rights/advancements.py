# SPDX-License-Identifier: Apache-2.0
"""Requests for advancement of the fixture. Their opportunities go through a pipeline without criteria, which nothing keeps from moving."""

TEAM_MANAGER = 1
BEGIN, GOES_ON, CLOSES = "begin", "goes-on", "closes"


def build_pipeline(company):
    stages = [{"key": key, "name_en": key, "name_zh": key, "approvals": [TEAM_MANAGER] if key == GOES_ON else []} for key in (BEGIN, GOES_ON, CLOSES)]
    company.boss("PipelineService/ImportPipeline", pipeline={"key": "open", "name_en": "Open", "name_zh": "Open", "stages": stages})


def build_moving(company, family, record="moving"):
    """An opportunity at its second stage. Nobody is above boss, so that one of boss's has another owner."""
    owner = "helper" if family.owner == "boss" else family.owner
    if owner not in family.members | {family.owner}:
        company.add_member(family, owner)
    made = company.boss("OpportunityService/CreateOpportunity", opportunity={
        "account_id": family.ids["account"], "pipeline_key": "open", "owner_id": company.users[owner].id,
        "name": company.registry.text(family.key, record, "opportunity.name")})
    company.boss("ProcessService/AskAdvancement", opportunity_id=made.id, note=company.registry.text(family.key, record, "advancement.note"))
    return made.id


def build_request(company, family, record="request"):
    """One that waits for the team's manager. Of boss's one that is over: the manager of its owner does not reach its account, and would read it as long as it waits."""
    made = company.wire.get("ProcessService/AskAdvancement", {
        "opportunity_id": company.ensure(family, "moving"), "note": company.registry.text(family.key, record, "advancement.note")},
        company.users[family.owner].token)
    if family.owner == "boss":
        company.boss("ProcessService/WithdrawAdvancement", id=made.id, version=made.version, reason=company.registry.text(family.key, record, "advancement.end_reason"))
    return made.id


def build_waiver(company, family):
    """By the manager of the opportunity's owner; there is none above boss."""
    if family.owner == "boss":
        return ""
    waiver = {"opportunity_id": company.ensure(family, "opportunity"), "criterion_key": "first-contact",
              "reason": company.registry.text(family.key, "waiver", "waiver.reason")}
    manager = "boss" if family.owner == "manager" else "south" if company.is_below(company.users[family.owner].team, "south") else "manager"
    return company.wire.get("ProcessService/WaiveCriterion", waiver, company.users[manager].token).id

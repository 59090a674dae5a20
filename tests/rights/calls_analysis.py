# SPDX-License-Identifier: Apache-2.0
"""Requests of MapService, EngagementService and AnalysisService: calls.py."""
from call import call, mask
from company_analysis import YEAR

PLAN, STEP = ("engagement/engagement.",), ("step/step.",)
RATING, SWOT, YEARLY, CARE = ("rating/rating.",), ("swot/swot.",), ("account-plan/account-plan.",), ("care/care.",)


@call("MapService/GetPowerMap", shows=["account/account.name", "account/account.code", "contact/contact.name", "chief/contact.name", "contact/position.title"])
def get_power_map(case):
    return {"account_id": case.id("account")}


@call("EngagementService/CreateEngagementPlan", shows=["account/account.name"], writes=True)
def create_plan(case):
    return {"plan": {"account_id": case.id("account"), "note": "new"}}


@call("EngagementService/GetEngagementPlan", shows=[*PLAN, *STEP, "contact/contact.name"])
def get_plan(case):
    return {"id": case.id("engagement")}


@call("EngagementService/ListEngagementPlans", shows=PLAN)
def list_plans(_):
    return {"page_size": 500}


@call("EngagementService/ListEngagementPlans of-account", shows=PLAN)
def list_plans_of_account(case):
    return {"account_id": case.id("account")}


@call("EngagementService/UpdateEngagementPlan", shows=["account/account.name"], writes=True)
def update_plan(case):
    return {"plan": {"id": case.id("engagement"), "version": case.version("engagement"), "account_id": case.id("account"), "approach": 2}, "update_mask": mask("approach")}


@call("EngagementService/EndEngagementPlan", shows=PLAN, writes=True)
def end_plan(case):
    return {"id": case.id("engagement"), "version": case.version("engagement"), "is_dropped": True, "reason": "called off"}


@call("EngagementService/AddEngagementStep", shows=["contact/contact.name"], writes=True)
def add_step(case):
    return {"step": {"plan_id": case.id("engagement"), "contact_id": case.id("contact")}}


@call("EngagementService/AddEngagementStep of-contact")
def add_step_of_contact(case):
    return {"step": {"plan_id": case.home_id("engagement"), "contact_id": case.id("contact")}}


@call("EngagementService/GetEngagementStep", shows=STEP)
def get_step(case):
    return {"id": case.id("step")}


def changed_step(case, **fields):
    return {"id": case.id("step"), "version": case.version("step"), "plan_id": case.id("engagement"), "contact_id": case.id("contact"), **fields}


@call("EngagementService/UpdateEngagementStep", shows=["contact/contact.name"], writes=True)
def update_step(case):
    return {"step": changed_step(case, relationship=5), "update_mask": mask("relationship")}


@call("EngagementService/RemoveEngagementStep", writes=True)
def remove_step(case):
    return {"id": case.id("step"), "version": case.version("step")}


@call("EngagementService/CompleteEngagementStep", shows=STEP, writes=True)
def complete_step(case):
    if case.is_fresh:
        done = case.company.boss("ActivityService/LogActivity", activity={"account_id": case.id("account"), "kind": 1, "subject": "met", "contact_ids": [case.id("contact")]})
    return {"id": case.id("step"), "version": case.version("step"), "activity_id": done.id if case.is_fresh else case.id("done")}


@call("EngagementService/CompleteEngagementStep by-activity")
def complete_step_by(case):
    return {"id": case.home_id("step"), "version": case.home_version("step"), "activity_id": case.id("done")}


@call("HistoryService/ListChanges engagement", shows=PLAN)
def list_changes_plan(case):
    return {"record_id": case.id("engagement"), "page_size": 500}


@call("HistoryService/ListChanges step", shows=STEP)
def list_changes_step(case):
    return {"record_id": case.id("step"), "page_size": 500}


# ---- the grid, SWOT, the plan of a year, care ----


@call("AnalysisService/CreateCompetitionRating", shows=["account/account.name"], writes=True)
def create_rating(case):
    return {"rating": {"account_id": case.id("account"), "price": 3}}


@call("AnalysisService/GetCompetitionRating", shows=RATING)
def get_rating(case):
    return {"id": case.id("rating")}


@call("AnalysisService/ListCompetitionRatings", shows=RATING)
def list_ratings(case):
    return {"account_id": case.id("account")}


@call("AnalysisService/UpdateCompetitionRating", shows=["account/account.name"], writes=True)
def update_rating(case):
    return {"rating": {"id": case.id("rating"), "version": case.version("rating"), "account_id": case.id("account"), "brand": 1}, "update_mask": mask("brand")}


@call("AnalysisService/RetireCompetitionRating", shows=RATING, writes=True)
def retire_rating(case):
    return {"id": case.id("rating"), "version": case.version("rating")}


@call("AnalysisService/CreateSwot", shows=["account/account.name"], writes=True)
def create_swot(case):
    return {"swot": {"account_id": case.id("account"), "strengths": "new"}}


@call("AnalysisService/CreateSwot of-opportunity")
def create_swot_of_opportunity(case):
    return {"swot": {"account_id": case.home_id("account"), "opportunity_id": case.id("opportunity"), "strengths": "new"}}


@call("AnalysisService/GetSwot", shows=SWOT)
def get_swot(case):
    return {"id": case.id("swot")}


@call("AnalysisService/ListSwots", shows=SWOT)
def list_swots(case):
    return {"account_id": case.id("account")}


@call("AnalysisService/UpdateSwot", shows=["account/account.name"], writes=True)
def update_swot(case):
    return {"swot": {"id": case.id("swot"), "version": case.version("swot"), "account_id": case.id("account"), "threats": "other"}, "update_mask": mask("threats")}


@call("AnalysisService/GetAccountPlan", shows=YEARLY)
def get_account_plan(case):
    return {"account_id": case.id("account"), "year": YEAR}


@call("AnalysisService/ListAccountPlans", shows=YEARLY)
def list_account_plans(case):
    return {"account_id": case.id("account")}


@call("AnalysisService/SetAccountPlan", shows=["account/account.name"], writes=True)
def set_account_plan(case):
    return {"plan": {"account_id": case.id("account"), "year": YEAR, "version": case.version("account-plan"), "review": "good"}, "update_mask": mask("review")}


@call("AnalysisService/SetAccountPlan new", shows=["account/account.name"], writes=True)
def set_new_account_plan(case):
    return {"plan": {"account_id": case.id("account"), "year": YEAR + 1, "goals": "new"}, "update_mask": mask("goals")}


@call("AnalysisService/GetCarePhase", shows=CARE)
def get_care(case):
    return {"id": case.id("care")}


@call("AnalysisService/ListCarePhases", shows=CARE)
def list_care(case):
    case.id("care")
    return {"account_id": case.id("account")}


@call("AnalysisService/UpdateCarePhase", shows=["account/account.name"], writes=True)
def update_care(case):
    return {"phase": {"id": case.id("care"), "version": case.version("care"), "note": "other"}, "update_mask": mask("note")}


@call("HistoryService/ListChanges swot", shows=SWOT)
def list_changes_swot(case):
    return {"record_id": case.id("swot"), "page_size": 500}

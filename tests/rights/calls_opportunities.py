# SPDX-License-Identifier: Apache-2.0
"""Requests of OpportunityService: calls.py."""
from call import call, mask

HEAD, WHOLE = ("opportunity/opportunity.name", "opportunity/opportunity.amount", "account/account.name"), ("opportunity/",)


@call("OpportunityService/CreateOpportunity", shows=["account/account.name"], writes=True)
def create_opportunity(case):
    return {"opportunity": {"account_id": case.id("account"), "name": "press line"}}


@call("OpportunityService/CreateOpportunity for-owner", writes=True)
def create_opportunity_for(case):
    return {"opportunity": {"account_id": case.home_id("account"), "name": "press line", "owner_id": case.user_id(case.target.owner)}}


@call("OpportunityService/GetOpportunity", shows=WHOLE)
def get_opportunity(case):
    return {"id": case.id("opportunity")}


@call("OpportunityService/GetOpportunity by-code", shows=WHOLE)
def get_opportunity_by_code(case):
    return {"code": case.company.boss("OpportunityService/GetOpportunity", id=case.id("opportunity")).code}


@call("OpportunityService/ListOpportunities", shows=HEAD)
def list_opportunities(_):
    return {"page_size": 500}


@call("OpportunityService/ListOpportunities of-account", shows=HEAD)
def list_opportunities_of_account(case):
    return {"account_id": case.id("account"), "order": 2}


@call("OpportunityService/ListOpportunities of-owner", shows=HEAD)
def list_opportunities_of_owner(case):
    return {"owner_id": case.user_id(case.target.owner), "include_closed": True, "page_size": 500}


@call("OpportunityService/UpdateOpportunity", shows=["account/account.name"], writes=True)
def update_opportunity(case):
    return {"opportunity": {"id": case.id("opportunity"), "version": case.version("opportunity"), "buying_stage": 2}, "update_mask": mask("buying_stage")}


@call("OpportunityService/UpdateOpportunity stale", shows=["account/account.name"])
def update_opportunity_stale(case):
    return {"opportunity": {"id": case.id("opportunity"), "version": 99, "buying_stage": 2}, "update_mask": mask("buying_stage")}


@call("OpportunityService/AssignOpportunity", writes=True)
def assign_opportunity(case):
    """To a member that every family has, or gets."""
    if case.is_fresh:
        case.company.add_member(case.target, "helper")
    return {"id": case.id("opportunity"), "version": case.version("opportunity"), "owner_id": case.user_id("helper")}


@call("OpportunityService/LoseOpportunity", shows=["account/account.name"], writes=True)
def lose_opportunity(case):
    return {"id": case.id("opportunity"), "version": case.version("opportunity"), "lost_reason": 1, "note": "too dear"}


@call("OpportunityService/ReopenOpportunity", shows=["account/account.name"], writes=True)
def reopen_opportunity(case):
    if case.is_fresh:
        case.company.boss("OpportunityService/LoseOpportunity", id=case.id("opportunity"), version=case.version("opportunity"), lost_reason=1, note="x")
    return {"id": case.id("opportunity"), "version": case.version("opportunity"), "reason": "they ask again"}


def part(case, what, key, **fields):
    """key: what it is known by; in the mask it stands for nothing."""
    return {what: dict(fields, opportunity_id=case.id("opportunity")), "update_mask": mask(key)}


@call("OpportunityService/SetOpportunityPerson", shows=["contact/contact.name"], writes=True)
def set_person(case):
    return part(case, "person", "contact_id", contact_id=case.id("contact"), version=0 if case.is_fresh else 1)


@call("OpportunityService/SetOpportunityPerson of-contact")
def set_person_of_contact(case):
    """Somebody of the target in an opportunity of the caller's."""
    return {"person": {"opportunity_id": case.home_id("opportunity"), "contact_id": case.id("contact")}, "update_mask": mask("contact_id")}


@call("OpportunityService/SetOpportunityUser", writes=True)
def set_user(case):
    return part(case, "user", "user_id", user_id=case.user_id(case.target.owner))


@call("OpportunityService/SetOpportunityProduct", writes=True)
def set_product(case):
    return part(case, "product", "product", product="press")


@call("OpportunityService/SetOpportunityCompetitor", writes=True)
def set_competitor(case):
    return part(case, "competitor", "name", name="bolt brothers")


@call("OpportunityService/SetDecisionCriterion", writes=True)
def set_criterion(case):
    return part(case, "criterion", "text", text="price")


@call("OpportunityService/SetOpportunityAnswer", writes=True)
def set_answer(case):
    return part(case, "answer", "answer", question="why-not", answer="no reason")


@call("OpportunityService/RemoveOpportunityPart", writes=True)
def remove_part(case):
    opportunity = case.company.boss("OpportunityService/GetOpportunity", id=case.id("opportunity"))
    if not opportunity.products:
        return {"id": case.company.boss("OpportunityService/SetOpportunityProduct", **part(case, "product", "product", product="press")).id}
    return {"id": opportunity.products[0].id}


@call("HistoryService/ListChanges opportunity", shows=("opportunity/opportunity.", "opportunity/product."))
def list_changes_opportunity(case):
    return {"record_id": case.id("opportunity"), "with_children": True, "page_size": 500}


@call("SearchService/Search opportunity", shows=HEAD[:1])
def search_opportunity(case):
    return {"text": case.sentinel("opportunity", "opportunity.note"), "kind": 10}

# SPDX-License-Identifier: Apache-2.0
"""Requests of ProcessService: calls.py."""
from call import call

HEAD = ("moving/opportunity.name", "account/account.name", "request/advancement.note")


@call("ProcessService/AskAdvancement", writes=True)
def ask(case):
    """One that has not shown what its stage asks for."""
    return {"opportunity_id": case.id("opportunity")}


@call("ProcessService/AskAdvancement free", shows=["account/account.name"], writes=True)
def ask_free(case):
    if case.is_fresh and case.target.owner != "boss":  # whose is withdrawn already
        request = case.company.boss("ProcessService/GetAdvancement", id=case.id("request"))
        case.company.boss("ProcessService/WithdrawAdvancement", id=request.id, version=request.version)
    return {"opportunity_id": case.id("moving")}


def decide(case, **fields):
    request = case.company.boss("ProcessService/GetAdvancement", id=case.id("request"))
    return dict(fields, id=request.id, version=request.version)


@call("ProcessService/WithdrawAdvancement", shows=HEAD, writes=True)
def withdraw(case):
    return decide(case)


@call("ProcessService/ApproveStep", shows=HEAD, writes=True)
def approve(case):
    return decide(case)


@call("ProcessService/ReturnStep", shows=HEAD, writes=True)
def send_back(case):
    return decide(case, reason="not yet")


@call("ProcessService/ApproveStep stale")
def approve_stale(case):
    return dict(decide(case), version=99)


@call("ProcessService/GetAdvancement", shows=HEAD)
def get(case):
    return {"id": case.id("request")}


@call("ProcessService/ListApprovals", shows=HEAD)
def list_mine(_):
    return {"page_size": 500}


@call("ProcessService/ListApprovals asked", shows=["moving/opportunity.name", "account/account.name"])
def list_asked(_):
    return {"scope": 2, "include_ended": True, "page_size": 500}


@call("ProcessService/ListApprovals of-opportunity", shows=HEAD)
def list_of_opportunity(case):
    return {"opportunity_id": case.id("moving")}


@call("ProcessService/ListWantedVerdicts", shows=["opportunity/opportunity.name", "account/account.name"])
def list_verdicts(_):
    return {"page_size": 500}


@call("ProcessService/WaiveCriterion", writes=True)
def waive(case):
    return {"opportunity_id": case.id("opportunity"), "criterion_key": "archive", "reason": "known"}


@call("ProcessService/WithdrawWaiver", writes=True)
def withdraw_waiver(case):
    if case.is_fresh:
        case.id("waiver")
    return {"opportunity_id": case.id("opportunity"), "criterion_key": "first-contact", "reason": "wrong"}


def of_opportunity(case, **fields):
    opportunity = case.company.boss("OpportunityService/GetOpportunity", id=case.id("moving"))
    return dict(fields, id=opportunity.id, version=opportunity.version, reason="not ready")


@call("ProcessService/MoveBack", shows=["moving/opportunity.name", "account/account.name"], writes=True)
def move_back(case):
    return of_opportunity(case)


@call("ProcessService/MoveBack stale")
def move_back_stale(case):
    return dict(of_opportunity(case), version=99)


@call("ProcessService/SetVerdict", shows=["moving/opportunity.name", "account/account.name"], writes=True)
def set_verdict(case):
    return of_opportunity(case, verdict=1)


@call("ProcessService/GetProgress", shows=["moving/advancement.note"])
def get_progress(case):
    return {"opportunity_id": case.id("moving")}


@call("ProcessService/GetProgress waived", shows=["waiver/waiver.reason"])
def get_progress_waived(case):
    return {"opportunity_id": case.id("opportunity")}

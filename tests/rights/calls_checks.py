# SPDX-License-Identifier: Apache-2.0
"""Requests of ProcessService/CheckOpportunity: calls.py."""
from call import call

SHOWN = ("opportunity/opportunity.name", "account/account.name")


@call("ProcessService/CheckOpportunity", shows=SHOWN)
def check_opportunity(case):
    return {"id": case.id("opportunity")}


@call("ProcessService/CheckOpportunity by-code", shows=SHOWN)
def check_opportunity_by_code(case):
    return {"code": case.company.boss("OpportunityService/GetOpportunity", id=case.id("opportunity")).code}

# SPDX-License-Identifier: Apache-2.0
"""Requests of DelegationService: calls.py. They are of days to come, so that nobody reaches more than they should."""
from call import call


def days(year):
    return {"starts_on": {"year": year, "month": 1, "day": 1}, "ends_on": {"year": year, "month": 1, "day": 31}}


@call("DelegationService/CreateDelegation", writes=True)
def create(case):
    return {"delegation": dict(days(2191), to_user_id=case.company.users["south"].id)}


@call("DelegationService/CreateDelegation to-user", writes=True)
def create_to_user(case):
    return {"delegation": dict(days(2192), to_user_id=case.target.id)}


@call("DelegationService/GetDelegation")
def get(case):
    return {"id": case.company.delegation}


@call("DelegationService/ListDelegations")
def list_delegations(_):
    return {}


@call("DelegationService/EndDelegation", writes=True)
def end(case):
    return {"id": case.company.delegation, "version": 1}

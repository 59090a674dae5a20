# SPDX-License-Identifier: Apache-2.0
"""Requests of TargetService: calls.py. Every family's account is on a list of its own."""
from call import call, mask

PERIOD = {"starts_on": {"year": 2026, "month": 1, "day": 1}, "ends_on": {"year": 2026, "month": 12, "day": 31}}


@call("TargetService/CreateTargetList", writes=True)
def create_list(_):
    return {"list": dict(PERIOD, name="new")}


@call("TargetService/GetTargetList")
def get_list(case):
    return {"id": case.id("targets")}


@call("TargetService/ListTargetLists")
def list_lists(_):
    return {"page_size": 50}


@call("TargetService/ListTargetEntries", shows=["account/account.name"])
def list_entries(case):
    return {"list_id": case.id("targets")}


@call("TargetService/ListTargetEntries of-user", shows=["account/account.name"])
def list_entries_of_user(case):
    return {"user_id": case.user_id(case.target.owner), "page_size": 500}


@call("TargetService/UpdateTargetList", writes=True)
def update_list(case):
    return {"list": {"id": case.id("targets"), "version": case.version("targets"), "note": "changed"}, "update_mask": mask("note")}


@call("TargetService/UpdateTargetList stale")
def update_list_stale(case):
    return {"list": {"id": case.id("targets"), "version": 1000, "note": "changed"}, "update_mask": mask("note")}


@call("TargetService/AddTargetAccounts", writes=True)
def add_accounts(case):
    return {"list_id": case.home_id("targets"), "account_ids": [case.id("account")]}


@call("TargetService/AddTargetAccounts to-list", writes=True)
def add_accounts_to_list(case):
    return {"list_id": case.id("targets"), "account_ids": [case.home_id("account")]}


@call("TargetService/RemoveTargetAccounts", writes=True)
def remove_accounts(case):
    return {"list_id": case.id("targets"), "account_ids": [case.id("account")]}


@call("TargetService/HandTargetAccounts", writes=True)
def hand_accounts(case):
    return {"list_id": case.id("targets"), "account_ids": [case.id("account")]}


@call("TargetService/HandTargetAccounts whom", writes=True)
def hand_accounts_to(case):
    return {"list_id": case.id("targets"), "account_ids": [case.id("account")], "user_id": case.user_id("extra")}


@call("TargetService/RetireTargetList", writes=True)
def retire_list(case):
    return {"id": case.id("targets"), "version": case.version("targets"), "reason": "over"}

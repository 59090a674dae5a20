# SPDX-License-Identifier: Apache-2.0
"""Requests of AccountService: calls.py."""
from call import call, mask


DUPLICATE = ("account.name", "account.code")


@call("AccountService/GetAccount", shows=["account/account."])
def get_account(case):
    return {"id": case.id("account")}


@call("AccountService/GetAccount by-code", shows=["account/account."])
def get_account_by_code(case):
    return {"code": case.sentinel("account", "account.code")}


@call("AccountService/GetAccount merged", shows=["merged/merged.name"])
def get_merged_account(case):
    return {"id": case.id("merged")}


@call("AccountService/ListAccounts", shows=["account/account."])
def list_accounts(_):
    return {"page_size": 500}


@call("AccountService/ListAccounts retired-too", shows=["account/account."])
def list_accounts_retired(_):
    return {"include_retired": True, "page_size": 500}


@call("AccountService/ListAccounts by-owner", shows=["account/account."])
def list_accounts_by_owner(case):
    return {"owner_id": case.user_id(case.target.owner), "page_size": 500}


@call("AccountService/ListAccounts by-team", shows=["account/account."])
def list_accounts_by_team(case):
    return {"team_id": case.company.teams[case.company.users[case.target.owner].team], "page_size": 500}


@call("AccountService/ListAccounts by-industry", shows=["account/account."])
def list_accounts_by_industry(case):
    return {"industry": case.sentinel("account", "account.industry")}


@call("AccountService/ListAccounts by-region", shows=["account/account."])
def list_accounts_by_region(case):
    return {"region": case.sentinel("account", "account.region")}


@call("AccountService/ListAccounts by-parent", shows=["account/account.name"])
def list_accounts_by_parent(case):
    return {"parent_id": case.company.families["foreign"].ids["account"]}


@call("AccountService/CreateAccount", writes=True)
def create_account(case):
    return {"account": {"name": case.new_name(), "note": "new"}}


@call("AccountService/CreateAccount same-name", shows=["account/account.name"], also=DUPLICATE)
def create_account_same_name(case):
    return {"account": {"name": case.sentinel("account", "account.name")}}


@call("AccountService/CreateAccount under-parent", writes=True)
def create_account_under_parent(case):
    return {"account": {"name": case.new_name(), "parent_id": case.id("account")}}


@call("AccountService/CreateAccount under-upstream", writes=True)
def create_account_under_upstream(case):
    return {"account": {"name": case.new_name(), "upstream_id": case.id("account")}}


@call("AccountService/CreateAccount for-owner", writes=True)
def create_account_for_owner(case):
    return {"account": {"name": case.new_name(), "owner_id": case.target.id}}


@call("AccountService/UpdateAccount", shows=["account/account.name"], writes=True)
def update_account(case):
    return {"account": {"id": case.id("account"), "version": case.version("account"), "note": "changed"},
            "update_mask": mask("note")}


@call("AccountService/UpdateAccount guarded", shows=["account/account.name"], writes=True)
def update_account_guarded(case):
    return {"account": {"id": case.id("account"), "version": case.version("account"), "bank": "changed",
                        "bad_record": "changed", "own_capital": {"currency_code": "EUR", "minor_units": 6},
                        "registered_capital": {"currency_code": "EUR", "minor_units": 5}},
            "update_mask": mask("bank", "registered_capital", "bad_record", "own_capital")}


@call("AccountService/UpdateAccount stale", shows=["account/account.note"])
def update_account_stale(case):
    return {"account": {"id": case.id("account"), "version": 1000, "note": "changed"}, "update_mask": mask("note")}


@call("AccountService/UpdateAccount parent-to", writes=True)
def update_account_parent(case):
    return {"account": {"id": case.home_id("account"), "version": case.home_version("account"), "parent_id": case.id("account")},
            "update_mask": mask("parent_id")}


@call("AccountService/UpdateAccount upstream-to", writes=True)
def update_account_upstream(case):
    return {"account": {"id": case.home_id("account"), "version": case.home_version("account"), "upstream_id": case.id("account")},
            "update_mask": mask("upstream_id")}


@call("AccountService/FindDuplicateAccounts", shows=["account/account.name"], also=DUPLICATE)
def find_duplicates(case):
    return {"name": case.sentinel("account", "account.name")}


@call("AccountService/FindDuplicateAccounts by-number", shows=["account/account.name"], also=DUPLICATE)
def find_duplicates_by_number(case):
    return {"name": case.new_name(), "registration_number": case.sentinel("account", "account.registration_number")}


@call("AccountService/ReassignAccount", shows=["account/account.name"], writes=True)
def reassign_account(case):
    return {"id": case.id("account"), "version": case.version("account"), "owner_id": case.user_id("extra"), "reason": "balance"}


@call("AccountService/ReassignAccount to-user", writes=True)
def reassign_account_to(case):
    return {"id": case.home_id("account"), "version": case.home_version("account"), "owner_id": case.target.id, "reason": "balance"}


@call("AccountService/AddAccountMember", shows=["account/account.name"], writes=True)
def add_member(case):
    return {"id": case.id("account"), "user_id": case.user_id("extra")}


@call("AccountService/AddAccountMember myself", writes=True)
def add_member_myself(case):
    return {"id": case.id("account"), "user_id": case.user.id}


@call("AccountService/AddAccountMember whom", writes=True)
def add_member_whom(case):
    return {"id": case.home_id("account"), "user_id": case.target.id}


@call("AccountService/RemoveAccountMember", shows=["account/account.name"], writes=True)
def remove_member(case):
    if case.is_fresh:
        case.company.add_member(case.target, "helper")
    return {"id": case.id("account"), "user_id": case.user_id("helper")}


@call("AccountService/RetireAccount", shows=["account/account.name"], writes=True)
def retire_account(case):
    return {"id": case.id("account"), "version": case.version("account"), "reason": "closed down"}


@call("AccountService/RestoreAccount", shows=["account/account.name"], writes=True)
def restore_account(case):
    return {"id": case.id("account"), "version": case.version("account")}


@call("AccountMergeService/PreviewMerge", shows=["account/account.name"])
def preview_merge(case):
    return {"survivor_id": case.home_id("account"), "merged_id": case.id("account")}


@call("AccountMergeService/MergeAccounts", shows=["account/account.name"], writes=True)
def merge_accounts(case):
    return {"survivor_id": case.home_id("account"), "survivor_version": case.home_version("account"),
            "merged_id": case.id("account"), "merged_version": case.version("account"), "reason": "one firm"}


@call("AccountMergeService/MergeAccounts into", shows=["account/account.name"], writes=True)
def merge_accounts_into(case):
    return {"survivor_id": case.id("account"), "survivor_version": case.version("account"),
            "merged_id": case.home_id("account"), "merged_version": case.home_version("account"), "reason": "one firm"}


@call("AccountMergeService/UndoMerge", shows=["account/account.name"], writes=True)
def undo_merge(case):
    return {"merged_id": case.id("merged"), "reason": "two firms"}


@call("AccountService/ListIncompleteAccounts", shows=["account/account.name", "account/account.code"])
def list_incomplete(case):
    return {"owner_id": case.user_id(case.target.owner), "page_size": 500}


@call("AccountService/ListTerritoryConflicts")
def list_conflicts(case):
    return {"account_id": case.id("account")}

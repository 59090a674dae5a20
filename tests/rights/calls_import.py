# SPDX-License-Identifier: Apache-2.0
"""Requests of ImportService: calls.py. A row that is refused leaves the call OK."""
import uuid

from call import LATER, call

DUPLICATE = ("account.name", "account.code")


def code_of(case):
    return case.company.boss("AccountService/GetAccount", id=case.id("account")).code


@call("ImportService/ImportAccounts", writes=True)
def import_accounts(case):
    return {"rows": [{"account": {"id": str(uuid.uuid4()), "name": case.new_name(), "note": "new"}}]}


@call("ImportService/ImportAccounts same-name", shows=["account/account.name"], also=DUPLICATE)
def import_accounts_same_name(case):
    return {"rows": [{"account": {"id": str(uuid.uuid4()), "name": case.sentinel("account", "account.name")}}], "dry_run": True}


@call("ImportService/ImportAccounts same-id")
def import_accounts_same_id(case):
    return {"rows": [{"account": {"id": case.id("account"), "name": case.new_name()}}], "dry_run": True}


@call("ImportService/ImportAccounts under-parent", writes=True)
def import_accounts_under_parent(case):
    return {"rows": [{"account": {"id": str(uuid.uuid4()), "name": case.new_name()}, "parent": code_of(case)}]}


@call("ImportService/ImportContacts", writes=True)
def import_contacts(case):
    return {"rows": [{"contact": {"id": str(uuid.uuid4()), "name": "New Person"}, "account": code_of(case), "title": "boss"}]}


@call("ImportService/ImportContacts same-id")
def import_contacts_same_id(case):
    return {"rows": [{"contact": {"id": case.id("contact"), "name": "New Person"}, "account": "Nowhere"}]}


@call("ImportService/ImportActivities", writes=True)
def import_activities(case):
    return {"rows": [{"id": str(uuid.uuid4()), "account": code_of(case), "kind": 1, "subject": "called", "time": LATER,
                      "is_planned": True}]}


@call("ImportService/ImportActivities same-id")
def import_activities_same_id(case):
    return {"rows": [{"id": case.id("activity"), "account": "Nowhere", "kind": 1, "subject": "called", "time": LATER, "is_planned": True}]}


@call("ImportService/ImportOpportunities", writes=True)
def import_opportunities(case):
    return {"rows": [{"id": str(uuid.uuid4()), "account": code_of(case), "name": "New Project"}]}


@call("ImportService/ImportOpportunities at-a-stage", writes=True)
def import_staged_opportunities(case):
    return {"rows": [{"id": str(uuid.uuid4()), "account": code_of(case), "name": "Old Project", "stage": "won"}]}

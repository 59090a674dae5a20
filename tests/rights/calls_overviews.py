# SPDX-License-Identifier: Apache-2.0
"""Requests of OverviewService: calls.py."""
from call import call


@call("OverviewService/GetAccountPage", shows=["account/account.", "contact/contact.name", "contact/contact.phones"])
def get_account_page(case):
    return {"id": case.id("account")}


@call("OverviewService/GetAccountPage by-code", shows=["account/account."])
def get_account_page_by_code(case):
    return {"code": case.sentinel("account", "account.code")}


@call("OverviewService/GetToday")
def get_today(case):
    return {"user_id": case.target.id}

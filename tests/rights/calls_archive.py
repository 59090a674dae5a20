# SPDX-License-Identifier: Apache-2.0
"""Requests of AccountArchiveService: calls.py."""
from call import call, mask

YEAR = 2025


@call("AccountArchiveService/SetAccountFigures new", shows=["account/account.name"], writes=True)
def set_figures(case):
    return {"figures": {"account_id": case.id("account"), "year": 2030, "our_share": 1250}, "update_mask": mask("our_share")}


@call("AccountArchiveService/SetAccountFigures guarded", shows=["account/account.name"], writes=True)
def set_figures_guarded(case):
    return {"figures": {"account_id": case.id("account"), "year": YEAR, "version": case.version("figures"),
                        "revenue": {"currency_code": "EUR", "minor_units": 7}}, "update_mask": mask("revenue")}


@call("AccountArchiveService/SetAccountFigures stale", shows=["figures/figures.note"])
def set_figures_stale(case):
    return {"figures": {"account_id": case.id("account"), "year": YEAR, "version": 1000, "our_share": 1}, "update_mask": mask("our_share")}


@call("AccountArchiveService/GetAccountFigures", shows=["figures/figures."])
def get_figures(case):
    return {"account_id": case.id("account"), "year": YEAR}


@call("AccountArchiveService/ListAccountFigures", shows=["figures/figures."])
def list_figures(case):
    return {"account_id": case.id("account")}


@call("AccountArchiveService/RetireAccountFigures", shows=["account/account.name"], writes=True)
def retire_figures(case):
    return {"account_id": case.id("account"), "year": YEAR, "version": case.version("figures"), "reason": "another year"}


@call("AccountArchiveService/CreateSupply", shows=["account/account.name"], writes=True)
def create_supply(case):
    return {"supply": {"account_id": case.id("account"), "supplier": "new", "share": 100}}


@call("AccountArchiveService/GetSupply", shows=["supply/supply."])
def get_supply(case):
    return {"id": case.id("supply")}


@call("AccountArchiveService/UpdateSupply", shows=["account/account.name"], writes=True)
def update_supply(case):
    return {"supply": {"id": case.id("supply"), "version": case.version("supply"), "share": 200}, "update_mask": mask("share")}


@call("AccountArchiveService/UpdateSupply stale", shows=["supply/supply.won_by"])
def update_supply_stale(case):
    return {"supply": {"id": case.id("supply"), "version": 1000, "share": 200}, "update_mask": mask("share")}


@call("AccountArchiveService/EndSupply", shows=["account/account.name"], writes=True)
def end_supply(case):
    return {"id": case.id("supply"), "version": case.version("supply")}


@call("AccountArchiveService/ListSupplies", shows=["supply/supply."])
def list_supplies(case):
    return {"account_id": case.id("account")}


@call("AccountArchiveService/CreateBrand", shows=["account/account.name"], writes=True)
def create_brand(case):
    return {"brand": {"account_id": case.id("account"), "name": "new"}}


@call("AccountArchiveService/GetBrand", shows=["brand/brand."])
def get_brand(case):
    return {"id": case.id("brand")}


@call("AccountArchiveService/UpdateBrand", shows=["account/account.name"], writes=True)
def update_brand(case):
    return {"brand": {"id": case.id("brand"), "version": case.version("brand"), "relation": 1}, "update_mask": mask("relation")}


@call("AccountArchiveService/RetireBrand", shows=["account/account.name"], writes=True)
def retire_brand(case):
    return {"id": case.id("brand"), "version": case.version("brand"), "reason": "gone"}


@call("AccountArchiveService/ListBrands", shows=["brand/brand."])
def list_brands(case):
    return {"account_id": case.id("account")}


@call("AccountArchiveService/CreateAccountEvent", shows=["account/account.name"], writes=True)
def create_event(case):
    return {"event": {"account_id": case.id("account"), "description": "new"}}


@call("AccountArchiveService/GetAccountEvent", shows=["event/event."])
def get_event(case):
    return {"id": case.id("event")}


@call("AccountArchiveService/UpdateAccountEvent", shows=["account/account.name"], writes=True)
def update_event(case):
    return {"event": {"id": case.id("event"), "version": case.version("event"), "description": "changed"}, "update_mask": mask("description")}


@call("AccountArchiveService/RetireAccountEvent", shows=["account/account.name"], writes=True)
def retire_event(case):
    return {"id": case.id("event"), "version": case.version("event"), "reason": "gone"}


@call("AccountArchiveService/ListAccountEvents", shows=["event/event."])
def list_events(case):
    return {"account_id": case.id("account")}

# SPDX-License-Identifier: Apache-2.0
"""Requests of VisitPlanService and RouteService: calls.py."""
from call import call, mask

FAR = {"year": 2190, "month": 1, "day": 1}


def new_plan(**fields):
    return dict(fields, subject="new", month_day=1, starts_on=FAR)


def route_id(case):
    routes = case.company.routes
    return routes["rep"] if case.target.role == "service" and case.target.login not in routes else case.company.route_of(case.target)


def changed_route(case, **fields):
    route = case.company.boss("RouteService/GetRoute", id=route_id(case))
    return dict({"name": route.name}, id=route.id, version=route.version, **fields)


@call("VisitPlanService/CreateVisitPlan", shows=["account/account.name"], writes=True)
def create_plan(case):
    return {"visit_plan": new_plan(account_id=case.id("account"))}


@call("VisitPlanService/CreateVisitPlan on-route", writes=True)
def create_plan_on_route(case):
    return {"visit_plan": new_plan(route_id=route_id(case))}


@call("VisitPlanService/GetVisitPlan", shows=["plan/plan.subject", "account/account.name"])
def get_plan(case):
    return {"id": case.id("plan")}


@call("VisitPlanService/ListVisitPlans", shows=["plan/plan.subject"])
def list_plans(_):
    return {"page_size": 500}


@call("VisitPlanService/ListVisitPlans of-account", shows=["plan/plan.subject"])
def list_plans_of_account(case):
    return {"account_id": case.id("account")}


@call("VisitPlanService/UpdateVisitPlan", shows=["account/account.name"], writes=True)
def update_plan(case):
    return {"visit_plan": {"id": case.id("plan"), "version": case.version("plan"), "subject": "other"}, "update_mask": mask("subject")}


@call("VisitPlanService/EndVisitPlan", shows=["plan/plan.subject"], writes=True)
def end_plan(case):
    return {"id": case.id("plan"), "version": case.version("plan")}


@call("RouteService/CreateRoute over-account", shows=["account/account.name"], writes=True)
def create_route_over(case):
    return {"route": {"name": "new", "account_ids": [case.id("account")]}}


@call("RouteService/CreateRoute for-owner", writes=True)
def create_route_for(case):
    return {"route": {"name": "new", "owner_id": case.target.id}}


@call("RouteService/GetRoute", shows=["route/route.name"])
def get_route(case):
    return {"id": route_id(case)}


@call("RouteService/ListRoutes", shows=["route/route.name"])
def list_routes(_):
    return {"page_size": 500}


@call("RouteService/UpdateRoute", writes=True)
def update_route(case):
    return {"route": changed_route(case, note="slow"), "update_mask": mask("note")}


@call("RouteService/UpdateRoute over-account", shows=["account/account.name"], writes=True)
def update_route_over(case):
    route = case.company.boss("RouteService/GetRoute", id=case.company.route_of(case.user))
    return {"route": {"id": route.id, "version": route.version, "name": route.name, "account_ids": [case.id("account")]}, "update_mask": mask("account_ids")}


@call("RouteService/RetireRoute", writes=True)
def retire_route(case):
    route = changed_route(case)
    return {"id": route["id"], "version": route["version"]}


@call("HistoryService/ListChanges plan", shows=["plan/plan.subject"])
def list_changes_plan(case):
    return {"record_id": case.id("plan"), "page_size": 500}


@call("HistoryService/ListChanges route", shows=["route/route.name"])
def list_changes_route(case):
    return {"record_id": route_id(case), "page_size": 500}

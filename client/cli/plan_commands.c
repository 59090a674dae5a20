// SPDX-License-Identifier: Apache-2.0
// kam plan ..., kam route ...
#include "plan_commands.h"

#define PLANS "/kam.v1.VisitPlanService/"
#define ROUTES "/kam.v1.RouteService/"

const struct command plan_commands[] = {
    {
        .name = "plan list",
        .summary = N_("List the plans of recurring visits: all within reach, or an account's, a route's, somebody's"),
        .method = PLANS "ListVisitPlans",
        .arguments = {{.name = N_("ACCOUNT"), .field = "account_id", .kind = RECORD_ACCOUNT, .is_optional = true}},
        .columns = "id subject account_name route_name next_on problem time_of_day weekdays month_day owner_name every "
                   "skipped_account_names end_time",
        .empty = N_("Plan visits on fixed days: kam plan add ACCOUNT --subject TEXT --weekday monday"),
        .examples = {"kam plan list", "kam plan list K-000123", "kam plan list --owner me --include-ended"},
    },
    {
        .name = "plan show",
        .summary = N_("Show a plan of recurring visits"),
        .method = PLANS "GetVisitPlan",
        .arguments = {{.name = N_("PLAN"), .field = "id", .kind = RECORD_PLAN}},
        .examples = {"kam plan show 8f3a2c10"},
    },
    {
        .name = "plan add",
        .summary = N_("Plan visits on fixed days, of an account or along a route; they are made two weeks ahead"),
        .method = PLANS "CreateVisitPlan",
        .arguments =
            {{.name = N_("ACCOUNT"), .field = "visit_plan.account_id", .kind = RECORD_ACCOUNT, .is_optional = true}},
        .done = N_("Planned %s."),
        .examples = {"kam plan add K-000123 --subject \"Weekly visit\" --weekday tuesday --time-of-day 9:30",
                     "kam plan add K-000123 --subject 月度对账 --month-day 31 --kind call",
                     "kam plan add --route 城东 --subject 巡店 --weekday monday --weekday thursday --every 2 "
                     "--duration-minutes 20"},
    },
    {
        .name = "plan edit",
        .summary = N_("Change a plan and the visits to come that nobody touched"),
        .method = PLANS "UpdateVisitPlan",
        .arguments = {{.name = N_("PLAN"), .field = "visit_plan.id", .kind = RECORD_PLAN}},
        .hidden = "account_id route_id",
        .done = N_("Changed %s."),
        .examples = {"kam plan edit 8f3a2c10 --time-of-day 14:00", "kam plan edit 8f3a2c10 --weekday friday"},
    },
    {
        .name = "plan end",
        .summary = N_("End a plan, and withdraw the visits to come that nobody touched"),
        .method = PLANS "EndVisitPlan",
        .arguments = {{.name = N_("PLAN"), .field = "id", .kind = RECORD_PLAN}},
        .done = N_("Ended %s."),
        .examples = {"kam plan end 8f3a2c10 --reason \"They order online now\""},
    },
    {
        .name = "route list",
        .summary = N_("List routes"),
        .method = ROUTES "ListRoutes",
        .columns = "id name owner_name account_names note retire_time",
        .empty = N_("Add one: kam route add NAME --account ACCOUNT --account ACCOUNT"),
        .examples = {"kam route list", "kam route list --owner me"},
    },
    {
        .name = "route show",
        .summary = N_("Show a route with its accounts in order"),
        .method = ROUTES "GetRoute",
        .arguments = {{.name = N_("ROUTE"), .field = "id", .kind = RECORD_ROUTE}},
        .examples = {"kam route show 城东"},
    },
    {
        .name = "route add",
        .summary = N_("Add a route: accounts that are visited one after the other"),
        .method = ROUTES "CreateRoute",
        .arguments = {{.name = N_("NAME"), .field = "route.name"}},
        .done = N_("Added %s."),
        .examples = {"kam route add 城东 --account K-000123 --account K-000124"},
    },
    {
        .name = "route edit",
        .summary = N_("Rename a route, give it to somebody else, or set its accounts anew"),
        .method = ROUTES "UpdateRoute",
        .arguments = {{.name = N_("ROUTE"), .field = "route.id", .kind = RECORD_ROUTE}},
        .done = N_("Changed %s."),
        .examples = {"kam route edit 城东 --account K-000124 --account K-000123", "kam route edit 城东 --owner ann"},
    },
    {
        .name = "route retire",
        .summary = N_("Retire a route; its plans make nothing any more"),
        .method = ROUTES "RetireRoute",
        .arguments = {{.name = N_("ROUTE"), .field = "id", .kind = RECORD_ROUTE}},
        .done = N_("Retired %s."),
        .examples = {"kam route retire 城东 --reason \"Sold\""},
    },
};
const size_t plan_command_count = sizeof plan_commands / sizeof plan_commands[0];

// SPDX-License-Identifier: Apache-2.0
// kam rate ...
#include "rate_commands.h"

#define SERVICE "/kam.v1.RateService/"

const struct command rate_commands[] = {
    {
        .name = "rate list",
        .summary = N_("List the exchange rates to the reporting currency"),
        .method = SERVICE "ListExchangeRates",
        .columns = "currency_code rate reporting_currency_code from_on created_by note",
        .empty = N_("A manager of the root team sets the first one: kam rate set CURRENCY RATE"),
        .examples = {"kam rate list", "kam rate list --on-date 2026-06-30", "kam rate list --currency-code USD --csv"},
    },
    {
        .name = "rate set",
        .summary = N_("Set what a currency is worth in the reporting currency from a day on"),
        .method = SERVICE "SetExchangeRate",
        .arguments = {{.name = N_("CURRENCY"), .field = "rate.currency_code"}, {.name = N_("RATE"), .field = "rate.rate"}},
        .examples = {"kam rate set USD 7.1034", "kam rate set JPY 0.0482 --from-on 2026-10-01 --note \"Bank of China\"",
                     "kam rate set USD 7.11 --from-on 2026-10-01 --replace"},
    },
};
const size_t rate_command_count = sizeof rate_commands / sizeof rate_commands[0];

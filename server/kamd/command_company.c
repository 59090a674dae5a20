// SPDX-License-Identifier: Apache-2.0
// kamd company: the settings of the company that no manager changes over the network.
#include "kamd/command.h"
#include "kamd/operator.h"
#include "kamd/print.h"

enum { CURRENCY, TIME_ZONE, COUNT };

static const struct argument ARGUMENTS[COUNT] = {
    [CURRENCY] = {.name = "currency",
                  .value_name = "CODE",
                  .help = "the reporting currency (ISO 4217), in which amounts of several currencies are added up"},
    [TIME_ZONE] = {.name = "time-zone", .value_name = "ZONE", .help = "where its days begin (Asia/Shanghai)"},
};

static enum status change(struct options *options, const char *const *values, struct error *error)
{
    struct operator* operator= NULL;
    const char *zone[] = {NULL, values[TIME_ZONE]};
    enum status status = operator_open(options, &operator, error);
    if (status == STATUS_OK && values[CURRENCY] != NULL)
        status = db_direct_query(operator_direct(operator), "select kam.operator_set_currency($1)", &values[CURRENCY], 1, NULL,
                                 error);
    if (status == STATUS_OK && values[TIME_ZONE] != NULL)
        status = db_direct_query(operator_direct(operator), "select kam.operator_set_company($1, $2)", zone, 2, NULL, error);
    operator_close(operator);
    return status;
}

static int run(struct options *options, const char *const *values)
{
    struct error error;
    if ((values[CURRENCY] != NULL || values[TIME_ZONE] != NULL) && change(options, values, &error) != STATUS_OK)
        return command_fail(&error);
    static const char *const HEADINGS[] = {"COMPANY", "CURRENCY", "TIME ZONE", NULL};
    return print_query(options, "select name, currency_code, time_zone from kam.company", HEADINGS);
}

const struct command COMMAND_COMPANY = {.name = "company",
                                        .help = "change the company's currency or time zone; prints what holds",
                                        .arguments = ARGUMENTS,
                                        .argument_count = COUNT,
                                        .run = run};

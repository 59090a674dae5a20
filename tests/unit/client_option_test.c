// SPDX-License-Identifier: Apache-2.0
// links: kam_cli kam_client
// Options come from the contract: every command's table entry must fit it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli.h"
#include "help.h"
#include "message.h"
#include "output.h"
#include "value.h"

static struct app app;

static int start(void **state)
{
    (void)state;
    setenv("KAM_HOME", "/nonexistent", 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    setenv("NO_COLOR", "1", 1);
    app_start(&app);
    return 0;
}

static int finish(void **state)
{
    (void)state;
    assert_int_equal(app_finish(&app, EXIT_OK), EXIT_OK);
    return 0;
}

static enum exit_code parse(struct invocation *invocation, const char *const words[])
{
    char *arguments[32] = {(char *)(uintptr_t) "kam"};
    int count = 1;
    for (; words[count - 1] != NULL; count++)
        arguments[count] = (char *)(uintptr_t)words[count - 1];
    app.settings = (struct settings){0};
    return cli_parse(&app, count, arguments, invocation);
}

#define PARSE(invocation, ...) parse(invocation, (const char *const[]){__VA_ARGS__, NULL})

static const struct option *find(const struct invocation *invocation, const char *name)
{
    for (size_t at = 0; at < invocation->option_count; at++)
        if (strcmp(invocation->options[at].name, name) == 0)
            return &invocation->options[at];
    return NULL;
}

static struct option found(const struct invocation *invocation, const char *name)
{
    const struct option *option = find(invocation, name);
    assert_non_null(option);
    return option != NULL ? *option : (struct option){0};
}

static void test_options_follow_the_contract(void **state)
{
    (void)state;
    struct invocation invocation;
    assert_int_equal(PARSE(&invocation, "account", "add", "--name", "X", "--registered-capital=CNY 5.00",
                           "--other-name", "a", "--other-names", "b", "--duplicate-reason", "none"),
                     EXIT_OK);
    assert_string_equal(invocation.command->name, "account add");
    assert_int_equal(invocation.given_count, 5);
    assert_true(found(&invocation, "name").is_required);
    assert_int_equal(found(&invocation, "owner").reference, RECORD_USER);
    assert_int_equal(found(&invocation, "parent").reference, RECORD_ACCOUNT);
    assert_null(find(&invocation, "code"));    // set by the server
    assert_null(find(&invocation, "version")); // --if-version
    ProtobufCMessage *request;
    assert_int_equal(command_bind(&app, &invocation, &request), EXIT_OK);
    char *json = kam_json_format(request, 0);
    assert_string_equal(
        json,
        "{\"account\":{\"name\":\"X\",\"otherNames\":[\"a\",\"b\"],\"registeredCapital\":{\"currencyCode\":\"CNY\","
        "\"minorUnits\":\"500\"}},\"duplicateReason\":\"none\"}");
    free(json);
}

static void test_global_options_stand_anywhere(void **state)
{
    (void)state;
    struct invocation invocation;
    assert_int_equal(
        PARSE(&invocation, "--server", "a:1", "account", "--json", "list", "--status", "active", "--limit=5"), EXIT_OK);
    assert_string_equal(invocation.command->name, "account list");
    assert_string_equal(app.settings.server, "a:1");
    assert_true(app.settings.json);
    assert_int_equal(app.settings.limit, 5);
    assert_int_equal(PARSE(&invocation, "search", "--", "--json"), EXIT_OK);
    assert_string_equal(invocation.words[0], "--json");
}

static void test_flags_of_bools(void **state)
{
    (void)state;
    struct invocation invocation;
    ProtobufCMessage *request;
    assert_int_equal(PARSE(&invocation, "account", "list", "--include-retired"), EXIT_OK);
    assert_int_equal(command_bind(&app, &invocation, &request), EXIT_OK);
    assert_true(message_integer(request, "include_retired"));
    assert_int_equal(PARSE(&invocation, "account", "list", "--no-include-retired"), EXIT_OK);
    assert_int_equal(command_bind(&app, &invocation, &request), EXIT_OK);
    assert_false(message_integer(request, "include_retired"));
}

static void test_slips_are_usage_errors(void **state)
{
    (void)state;
    struct invocation invocation;
    ProtobufCMessage *request;
    assert_int_equal(PARSE(&invocation, "acount", "list"), EXIT_USAGE);
    assert_int_equal(PARSE(&invocation, "account", "lst"), EXIT_USAGE);
    assert_int_equal(PARSE(&invocation, "account", "list", "--stauts", "active"), EXIT_USAGE);
    assert_int_equal(PARSE(&invocation, "account", "list", "--status"), EXIT_USAGE);
    assert_int_equal(PARSE(&invocation, "account", "list", "--json=yes"), EXIT_USAGE);
    assert_int_equal(PARSE(&invocation, "account", "list", "too", "many"), EXIT_USAGE);
    assert_int_equal(PARSE(&invocation, "account", "list", "--limit", "many"), EXIT_USAGE);
    assert_int_equal(PARSE(&invocation, "account", "list", "--status", "sleepy"), EXIT_OK);
    assert_int_equal(command_bind(&app, &invocation, &request), EXIT_USAGE);
    assert_int_equal(PARSE(&invocation, "account", "add", "--phone", "5"), EXIT_OK);
    assert_int_equal(command_bind(&app, &invocation, &request), EXIT_USAGE); // no name
    assert_int_equal(PARSE(&invocation, "account", "add", "--name", "a", "--name", "b"), EXIT_OK);
    assert_int_equal(command_bind(&app, &invocation, &request), EXIT_USAGE);
    assert_int_equal(PARSE(&invocation, "account", "edit", "K-1"), EXIT_OK);
    assert_int_equal(command_bind(&app, &invocation, &request), EXIT_USAGE); // nothing to change
    assert_int_equal(PARSE(&invocation, "account", "edit", "K-1", "--clear", "nonsense"), EXIT_OK);
    assert_int_equal(command_bind(&app, &invocation, &request), EXIT_USAGE);
    assert_int_equal(PARSE(&invocation, "account", "show"), EXIT_OK);
    assert_int_equal(command_bind(&app, &invocation, &request), EXIT_USAGE);
}

// A slip in a table would show itself only when somebody runs the command.
static void test_every_table_entry_fits_the_contract(void **state)
{
    (void)state;
    for (size_t group = 0; group < command_group_count; group++)
        for (size_t at = 0; at < *command_groups[group].count; at++) {
            const struct command *command = &command_groups[group].commands[at];
            assert_non_null(command->summary);
            assert_non_null(command->examples[0]);
            bool is_shown = false; // another example may say how to find what it takes
            for (size_t example = 0; example < MOST_EXAMPLES && command->examples[example] != NULL; example++)
                is_shown = is_shown || strstr(command->examples[example], command->name) != NULL;
            if (!is_shown)
                fail_msg("no example shows '%s'", command->name);
            help_command(&app, command);
            if (command->method == NULL) {
                assert_non_null(command->run);
                continue;
            }
            const struct contract_method *method = contract_find_method(command->method);
            if (method == NULL)
                fail_msg("%s: no method %s", command->name, command->method);
            if (command_is_list(command) && command->columns == NULL && command->run == NULL)
                fail_msg("%s has no columns", command->name);
            const struct option *options;
            size_t count;
            options_of_command(app.arena, command, &options, &count);
            for (size_t one = 0; one < count; one++)
                for (size_t other = 0; other < one; other++)
                    if (strcmp(options[one].name, options[other].name) == 0)
                        fail_msg("%s has two options --%s", command->name, options[one].name);
        }
}

static void test_every_list_has_real_columns(void **state)
{
    (void)state;
    for (size_t group = 0; group < command_group_count; group++)
        for (size_t at = 0; at < *command_groups[group].count; at++) {
            const struct command *command = &command_groups[group].commands[at];
            if (!command_is_list(command) || command->columns == NULL)
                continue;
            const struct contract_method *method = contract_find_method(command->method);
            const ProtobufCFieldDescriptor *rows = NULL;
            for (unsigned field = 0; rows == NULL; field++)
                if (method->response->fields[field].label == PROTOBUF_C_LABEL_REPEATED)
                    rows = &method->response->fields[field];
            app.settings = (struct settings){.csv = true};
            assert_int_equal(output_rows(&app, rows->descriptor, NULL, 0, rows->name, command->columns), EXIT_OK);
        }
    app.settings = (struct settings){0};
    assert_int_equal(output_rows(&app, contract_find_method("/kam.v1.UserService/GetUser")->response, NULL, 0, "users",
                                 "login,nonsense"),
                     EXIT_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options_follow_the_contract),
        cmocka_unit_test(test_global_options_stand_anywhere),
        cmocka_unit_test(test_flags_of_bools),
        cmocka_unit_test(test_slips_are_usage_errors),
        cmocka_unit_test(test_every_table_entry_fits_the_contract),
        cmocka_unit_test(test_every_list_has_real_columns),
    };
    return cmocka_run_group_tests(tests, start, finish);
}

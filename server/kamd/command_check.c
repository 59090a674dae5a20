// SPDX-License-Identifier: Apache-2.0
// kamd check: looks for what would keep kamd from serving, or from serving safely; changes nothing.
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "kamd/command.h"
#include "kamd/database.h"
#include "kamd/schema.h"
#include "kamd/system.h"
#include "net/certificate.h"
#include "net/tls.h"

enum { WARN_DAYS = 14, DAY_S = 86400 };

struct check {
    const struct options *options;
    unsigned problems;
};

static void say(const char *what, const char *text)
{
    printf("ok       %-12s %s\n", what, text);
}

static void complain(struct check *check, const char *what, const char *text)
{
    printf("problem  %-12s %s\n", what, text);
    check->problems++;
}

static void check_key(struct check *check)
{
    struct stat status;
    if (stat(options_text(check->options, OPTION_KEY), &status) == 0 && (status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        complain(check, "key", "the private key can be read by other users: chmod 600");
}

static void check_certificate(struct check *check)
{
    const char *certificate = options_text(check->options, OPTION_CERTIFICATE);
    struct error error;
    struct net_tls *tls = NULL;
    char text[160];
    if (!options_is_given(check->options, OPTION_CERTIFICATE) && access(certificate, F_OK) != 0 && errno == ENOENT) {
        say("certificate", "will be made at first start");
        return;
    }
    int64_t not_before_s;
    int64_t not_after_s;
    if (net_tls_create(certificate, options_text(check->options, OPTION_KEY), &tls, &error) != STATUS_OK ||
        net_certificate_validity(certificate, &not_before_s, &not_after_s, &error) != STATUS_OK) {
        complain(check, "certificate", error.message);
        net_tls_destroy(tls);
        return;
    }
    net_tls_destroy(tls);
    check_key(check);
    time_t now = time(NULL);
    int64_t days = (not_after_s - now) / DAY_S;
    snprintf(text, sizeof text, "%.100s, good for %" PRId64 " more days", certificate, days);
    if (now < not_before_s)
        complain(check, "certificate", "is not valid yet: is the clock right?");
    else if (now >= not_after_s)
        complain(check, "certificate", "has expired");
    else if (days < WARN_DAYS)
        complain(check, "certificate", text);
    else
        say("certificate", text);
}

// Each query gives rows of text, one per problem.
struct question {
    const char *what;
    const char *good;
    const char *sql;
};

static const struct question QUESTIONS[] = {
    {"version", "PostgreSQL 15 or later, UTF-8",
     "select 'PostgreSQL ' || current_setting('server_version') || ' is too old: 15 or later is needed'"
     " where current_setting('server_version_num')::int < 150000"
     " union all select 'the database is encoded in ' || current_setting('server_encoding') || ', not in UTF8'"
     " where current_setting('server_encoding') <> 'UTF8'"},
    {"durability", "fsync and full_page_writes are on",
     "select name || ' is off: acknowledged writes may be lost' from pg_settings"
     " where name in ('fsync', 'full_page_writes', 'synchronous_commit') and setting = 'off'"},
    {"login role", "may enter the four roles, and nothing more",
     "select 'the login role ' || rolname || ' is a superuser' from pg_roles where rolname = session_user and rolsuper"
     " union all select 'the login role ' || rolname || ' bypasses row-level security' from pg_roles"
     " where rolname = session_user and rolbypassrls"
     " union all select 'the login role ' || rolname || ' inherits: alter role ' || quote_ident(rolname) || ' "
     "noinherit'"
     " from pg_roles where rolname = session_user and rolinherit"
     " union all select 'the login role may not enter ' || wanted || ': grant ' || wanted || ' to ' || "
     "quote_ident(session_user)"
     " from unnest(array['kam_rep', 'kam_manager', 'kam_service', 'kam_auth']) wanted"
     " where to_regrole(wanted) is null or not pg_has_role(session_user, to_regrole(wanted), 'member')"},
    {"roles", "kam_rep, kam_manager, kam_service and kam_auth own nothing and bypass nothing",
     "select 'the role ' || rolname || ' is a superuser or bypasses row-level security' from pg_roles"
     " where rolname in ('kam_rep', 'kam_manager', 'kam_service', 'kam_auth') and (rolsuper or rolbypassrls)"
     " union all select 'the role ' || r.rolname || ' owns ' || c.oid::regclass from pg_class c join pg_roles r on "
     "r.oid = c.relowner"
     " where r.rolname in ('kam_rep', 'kam_manager', 'kam_service', 'kam_auth', session_user)"
     " and c.relnamespace = to_regnamespace('kam')"},
    {"row security", "is on for every table",
     "select 'row-level security is off for ' || c.oid::regclass from pg_class c"
     " where c.relnamespace = to_regnamespace('kam') and c.relkind in ('r', 'p') and not c.relrowsecurity"
     " and c.relname not in ('schema_migration', 'schema_requirement')"},
};

// Asked with the role kam_auth, of a schema that is up to date.
static const struct question CLOSURE = {"team tree", "who is above whom is kept as the teams are",
                                        "select 'who is above whom is not kept as the teams are: managers may reach "
                                        "what they should not; kam.team_closure must be made anew from kam.team'"
                                        " where not kam.team_closure_is_sound()"};

static void ask(struct check *check, struct db_direct *direct, const struct question *question)
{
    struct error error;
    struct db_rows *rows = NULL;
    if (db_direct_query(direct, question->sql, NULL, 0, &rows, &error) != STATUS_OK) {
        complain(check, question->what, error.message);
        return;
    }
    for (size_t row = 0; row < db_rows_count(rows); row++)
        complain(check, question->what, db_rows_value(rows, row, 0));
    if (db_rows_count(rows) == 0)
        say(question->what, question->good);
    db_rows_destroy(rows);
}

static void check_connections(struct check *check, struct db_direct *direct)
{
    struct error error;
    struct db_rows *rows = NULL;
    char text[160];
    if (db_direct_query(
            direct,
            "select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int",
            NULL, 0, &rows, &error) != STATUS_OK) {
        complain(check, "connections", error.message);
        return;
    }
    long allowed = strtol(db_rows_value(rows, 0, 0), NULL, 10);
    db_rows_destroy(rows);
    snprintf(text, sizeof text, "kamd may open %s, PostgreSQL allows %ld",
             options_text(check->options, OPTION_DB_CONNECTIONS), allowed);
    if (options_number(check->options, OPTION_DB_CONNECTIONS) > allowed)
        complain(check, "connections", text);
    else
        say("connections", text);
}

// For the operator to judge: backups may be made by other means.
static void tell_backup(struct check *check, struct db_direct *direct)
{
    enum { HOURS_PER_DAY = 24 };
    struct error error;
    struct db_rows *rows = NULL;
    char text[120];
    if (db_direct_query(direct, "select extract(epoch from now() - kam.last_backup_time())::bigint / 3600", NULL, 0,
                        &rows, &error) != STATUS_OK) {
        complain(check, "backup", error.message);
        return;
    }
    const char *hours = db_rows_value(rows, 0, 0);
    long count = hours == NULL ? 0 : strtol(hours, NULL, 10);
    if (hours == NULL)
        snprintf(text, sizeof text, "none was made with kamd backup");
    else if (count < 1)
        snprintf(text, sizeof text, "the last one was made less than an hour ago");
    else if (count < 2 * HOURS_PER_DAY)
        snprintf(text, sizeof text, "the last one was made %ld hours ago", count);
    else
        snprintf(text, sizeof text, "the last one was made %ld days ago", count / HOURS_PER_DAY);
    say("backup", text);
    db_rows_destroy(rows);
}

static void check_schema(struct check *check, struct db_direct *direct)
{
    struct error error;
    char text[80];
    if (schema_check(direct, &error) != STATUS_OK) {
        complain(check, "schema", error.message);
        return;
    }
    snprintf(text, sizeof text, "up to date: migration %zu", schema_version());
    say("schema", text);
    ask(check, direct, &CLOSURE);
    tell_backup(check, direct);
}

static void check_database(struct check *check)
{
    struct error error;
    struct database *database = NULL;
    struct db_direct *direct = NULL;
    enum status status = database_join(check->options, DATABASE_AS_IT_IS, &database, &error);
    if (status == STATUS_NOT_FOUND) {
        say("database", "the private PostgreSQL will be made at first start");
        return;
    }
    if (status == STATUS_OK && database_login_conninfo(database)[0] == '\0')
        status = error_set(&error, STATUS_INVALID_ARGUMENT, "BAD_CONFIGURATION", "--database is missing");
    if (status == STATUS_OK)
        status = db_direct_open(database_login_conninfo(database), &direct, &error);
    if (status != STATUS_OK) {
        complain(check, "database", error.message);
    } else {
        say("database", "reachable");
        for (size_t at = 0; at < sizeof QUESTIONS / sizeof QUESTIONS[0]; at++)
            ask(check, direct, &QUESTIONS[at]);
        check_connections(check, direct);
        // Last, because it changes the connection's role.
        check_schema(check, direct);
    }
    db_direct_close(direct);
    database_close(database);
}

static int run(struct options *options, const char *const *values)
{
    (void)values;
    struct check check = {.options = options};
    struct error error;
    say("settings", options_is_given(options, OPTION_CONFIG) ? options_text(options, OPTION_CONFIG) : "no file");
    if (system_enter(options_text(options, OPTION_USER), options_text(options, OPTION_DATA), &error) != STATUS_OK) {
        complain(&check, "data", error.message);
        return EXIT_FAILED;
    }
    say("data", options_text(options, OPTION_DATA));
    check_certificate(&check);
    check_database(&check);
    if (check.problems > 0)
        printf("%u problem%s\n", check.problems, check.problems == 1 ? "" : "s");
    else
        puts("all is well");
    return check.problems > 0 ? EXIT_FAILED : EXIT_OK;
}

const struct command COMMAND_CHECK = {
    .name = "check",
    .help = "look for what would keep kamd from serving safely; exit code 1 when there is something",
    .run = run};

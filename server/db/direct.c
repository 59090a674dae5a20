// SPDX-License-Identifier: Apache-2.0
// A blocking connection: see direct.h.
#include "db/direct.h"

#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

#include "base/require.h"
#include "db/failure.h"
#include "db/sqlstate.h"

struct db_direct {
    PGconn *connection;
    PGresult *failure; // the last one, which an error's detail_json points into
};

// libpq ends its messages with a newline.
static void trim_end(char *text)
{
    size_t length = strlen(text);
    while (length > 0 && text[length - 1] == '\n')
        text[--length] = '\0';
}

static enum status set_unavailable(struct db_direct *direct, struct error *error)
{
    error_set(error, STATUS_UNAVAILABLE, "DATABASE_UNAVAILABLE", "%s", PQerrorMessage(direct->connection));
    trim_end(error->message);
    return STATUS_UNAVAILABLE;
}

enum status db_direct_open(const char *conninfo, struct db_direct **direct_r, struct error *error)
{
    // Parsed apart from connecting: libpq's complaint about a malformed string quotes it, with the password in it.
    PQconninfoOption *options = PQconninfoParse(conninfo, NULL);
    if (options == NULL)
        return error_set(error, STATUS_INVALID_ARGUMENT, "CONNECTION_STRING",
                         "the connection string of the database is malformed; it looks like "
                         "postgresql://USER:PASSWORD@HOST:PORT/DATABASE, with special characters percent-encoded");
    PQconninfoFree(options);
    struct db_direct *direct = calloc(1, sizeof *direct);
    REQUIRE(direct != NULL);
    const char *const keywords[] = {"dbname", "fallback_application_name", "client_encoding", NULL};
    const char *const values[] = {conninfo, "kamd operator", "UTF8", NULL};
    direct->connection = PQconnectdbParams(keywords, values, 1);
    REQUIRE(direct->connection != NULL);
    if (PQstatus(direct->connection) != CONNECTION_OK) {
        enum status code = set_unavailable(direct, error);
        db_direct_close(direct);
        return code;
    }
    PQsetNoticeReceiver(direct->connection, failure_log_notice, NULL);
    *direct_r = direct;
    return STATUS_OK;
}

void db_direct_close(struct db_direct *direct)
{
    if (direct == NULL)
        return;
    PQclear(direct->failure);
    PQfinish(direct->connection);
    free(direct);
}

static long line_of_position(const char *sql, const char *position)
{
    long line = 1;
    long characters = position == NULL ? 0 : strtol(position, NULL, 10);
    for (const char *c = sql; *c != '\0' && characters > 1; c++) {
        if (((unsigned char)*c & 0xC0) != 0x80)
            characters--;
        line += *c == '\n';
    }
    return line;
}

// Takes over the result.
static enum status set_failure(struct db_direct *direct, PGresult *result, const char *sql, struct error *error)
{
    PQclear(direct->failure);
    direct->failure = result;
    const char *sqlstate = failure_sqlstate(result);
    if (sqlstate[0] == '\0')
        return set_unavailable(direct, error);
    struct sqlstate_meaning meaning = sqlstate_find(sqlstate);
    enum status code = failure_to_error(result, NULL, error);
    if (meaning.has_own_message)
        return code;
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *position = PQresultErrorField(result, PG_DIAG_STATEMENT_POSITION);
    const char *text = message == NULL ? meaning.message : message;
    if (position != NULL)
        return error_set(error, code, meaning.reason, "line %ld: %s (SQLSTATE %s)", line_of_position(sql, position),
                         text, sqlstate);
    return error_set(error, code, meaning.reason, "%s (SQLSTATE %s)", text, sqlstate);
}

static bool is_success(const PGresult *result)
{
    ExecStatusType type = PQresultStatus(result);
    return type == PGRES_COMMAND_OK || type == PGRES_TUPLES_OK || type == PGRES_EMPTY_QUERY;
}

enum status db_direct_exec(struct db_direct *direct, const char *script, struct error *error)
{
    PGresult *result = PQexec(direct->connection, script);
    if (!is_success(result))
        return set_failure(direct, result, script, error);
    PQclear(result);
    return STATUS_OK;
}

enum status db_direct_query(struct db_direct *direct, const char *sql, const char *const *parameters, size_t count,
                            struct db_rows **rows_r, struct error *error)
{
    PGresult *result = PQexecParams(direct->connection, sql, (int)count, NULL, parameters, NULL, NULL, 0);
    if (!is_success(result))
        return set_failure(direct, result, sql, error);
    if (rows_r != NULL)
        *rows_r = (struct db_rows *)result;
    else
        PQclear(result);
    return STATUS_OK;
}

bool db_direct_is_in_transaction(const struct db_direct *direct)
{
    return PQtransactionStatus(direct->connection) != PQTRANS_IDLE;
}

// db_rows is a PGresult under the name the other rooms may know.
static const PGresult *unwrap(const struct db_rows *rows)
{
    return (const PGresult *)rows;
}

size_t db_rows_count(const struct db_rows *rows)
{
    return (size_t)PQntuples(unwrap(rows));
}

size_t db_rows_column_count(const struct db_rows *rows)
{
    return (size_t)PQnfields(unwrap(rows));
}

const char *db_rows_value(const struct db_rows *rows, size_t row, size_t column)
{
    if (PQgetisnull(unwrap(rows), (int)row, (int)column))
        return NULL;
    return PQgetvalue(unwrap(rows), (int)row, (int)column);
}

void db_rows_destroy(struct db_rows *rows)
{
    PQclear((PGresult *)rows);
}

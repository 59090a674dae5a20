// SPDX-License-Identifier: Apache-2.0
// Many rows in a call, a few calls in flight. Each call is one transaction of the server, so an end at any moment
// leaves whole rows only, and the next run finds them there.
#include <stdlib.h>
#include <string.h>

#include "base/require.h"
#include "import.h"
#include "kam/v1/import.pb-c.h"
#include "message.h"
#include "reason.h"

enum { MOST_IN_FLIGHT = 3, MOST_ROWS = 200, MOST_REPEATS = 5, FIRST_PAUSE_MS = 200, BATCH_BYTES = 1 << 20 };

struct batch {
    struct import_row *rows[MOST_ROWS];
    size_t count;
    struct kam_call *call;
    int repeats;
    bool is_asked_again; // a repeated request did not say why these were refused
};

struct sender {
    struct import *import;
    const char *method;
    size_t rows_per_call;
    struct import_progress progress;
    struct batch batches[MOST_IN_FLIGHT];
    size_t in_flight;
    size_t first, flying, next;
};

static struct batch *place(struct sender *sender, size_t at)
{
    return &sender->batches[(sender->first + at) % MOST_IN_FLIGHT];
}

// The requests of the three methods have the same members, so one of them serves for all. Rows are borrowed.
static void call_begin(struct sender *sender, struct batch *batch)
{
    const ProtobufCMessageDescriptor *descriptor = contract_find_method(sender->method)->request;
    ProtobufCMessage *rows[MOST_ROWS];
    Kam__V1__ImportAccountsRequest request;
    REQUIRE(descriptor->sizeof_message == sizeof request);
    protobuf_c_message_init(descriptor, &request);
    for (size_t at = 0; at < batch->count; at++)
        rows[at] = batch->rows[at]->request;
    request.rows = (Kam__V1__ImportAccount **)(void *)rows;
    request.n_rows = batch->count;
    request.dry_run = sender->import->is_dry;
    batch->call = kam_call_begin(sender->import->app->client, sender->method, &request.base,
                                 &kam__v1__import_response__descriptor, NULL);
}

// ---- What came of the rows

static const char *describe_matches(struct import *import, const Kam__V1__ImportResult *result)
{
    const char *all = "";
    for (size_t at = 0; at < result->n_matches; at++) {
        const Kam__V1__DuplicateAccount *match = result->matches[at];
        const struct import_row *same = import_find_row(import, match->id);
        const char *one =
            same != NULL && same->outcome != IMPORT_PRESENT
                ? arena_printf(import->app->arena, _("line %zu, %s"), same->line, match->name)
                : arena_printf(import->app->arena, "%s %s (%s)", match->code, match->name, match->owner_name);
        all = arena_printf(import->app->arena, "%s%s%s", all, at == 0 ? "" : "; ", one);
    }
    return all;
}

// The server's text with its values, in the user's language.
static const char *describe_refusal(struct import *import, const Kam__V1__ImportResult *result)
{
    struct arena *arena = import->app->arena;
    struct kam_value *values = arena_alloc(arena, (result->n_values + 1) * sizeof *values);
    for (size_t at = 0; at < result->n_values; at++)
        values[at] = (struct kam_value){result->values[at]->name, result->values[at]->value};
    struct kam_error error = {
        .message = result->message, .reason = result->reason, .values = values, .value_count = result->n_values};
    const char *translated = reason_translate(arena, &error, "", result->reason, result->message);
    return translated == NULL ? result->message : translated;
}

// "owner" as the file calls it, with what the cell holds.
static const char *describe_cell(struct import *import, const struct import_row *row, const char *field)
{
    struct arena *arena = import->app->arena;
    char *name = arena_strdup(arena, field);
    for (char *at = name; *at != '\0'; at++)
        *at = *at == '_' ? '-' : *at;
    size_t column = import_column(import, name), length = strlen(name);
    if (column == SIZE_MAX && length > 0 && name[length - 1] == 's') { // a list
        name[length - 1] = '\0';
        column = import_column(import, name);
    }
    if (column == SIZE_MAX || row->source == NULL)
        return field;
    return arena_printf(arena, "%s '%s'", csv_cell(&import->table.header, column), csv_cell(row->source, column));
}

static void take_result(struct import *import, struct import_row *row, const Kam__V1__ImportResult *result)
{
    struct arena *arena = import->app->arena;
    if (*result->code != '\0')
        row->handle = arena_strdup(arena, result->code);
    switch (result->outcome) {
    case KAM__V1__IMPORT_OUTCOME__IMPORT_OUTCOME_ADDED:
        row->outcome = import->is_dry ? IMPORT_WOULD_ADD : IMPORT_ADDED;
        row->name_key = *result->name_key == '\0' ? NULL : arena_strdup(arena, result->name_key);
        break;
    case KAM__V1__IMPORT_OUTCOME__IMPORT_OUTCOME_PRESENT:
        row->outcome = IMPORT_PRESENT;
        break;
    case KAM__V1__IMPORT_OUTCOME__IMPORT_OUTCOME_DUPLICATE:
        row->outcome = IMPORT_DUPLICATE;
        row->detail = describe_matches(import, result);
        break;
    default:
        if (*result->field == '\0')
            import_fail(import, row, "%s", describe_refusal(import, result));
        else
            import_fail(import, row, "%s: %s", describe_cell(import, row, result->field),
                        describe_refusal(import, result));
        break;
    }
}

static bool is_unexplained(const Kam__V1__ImportResult *result)
{
    return result->outcome == KAM__V1__IMPORT_OUTCOME__IMPORT_OUTCOME_NOT_ADDED;
}

// The rows left to ask for stay in the batch.
static void take_response(struct sender *sender, struct batch *batch, const Kam__V1__ImportResponse *response)
{
    size_t left = 0;
    for (size_t at = 0; at < batch->count; at++) {
        struct import_row *row = batch->rows[at];
        if (at < response->n_results && is_unexplained(response->results[at]) && !batch->is_asked_again)
            batch->rows[left++] = row;
        else if (at < response->n_results)
            take_result(sender->import, row, response->results[at]);
        else
            import_fail(sender->import, row, _("the server said nothing about it"));
    }
    batch->is_asked_again = true;
    sender->progress.done += batch->count - left;
    batch->count = left;
}

// The server refused the call for the form of some rows: "rows[3].account.phone". The others go again.
static bool take_violations(struct sender *sender, struct batch *batch)
{
    const struct kam_error *error = &sender->import->app->error;
    size_t left = 0;
    for (size_t at = 0; at < error->violation_count; at++) {
        const char *field = error->violations[at].field;
        char *end;
        size_t number = strncmp(field, "rows[", 5) == 0 ? strtoul(field + 5, &end, 10) : SIZE_MAX;
        if (number < batch->count && *end == ']' && batch->rows[number]->outcome == IMPORT_PENDING)
            import_fail(sender->import, batch->rows[number], "%s: %s", end[1] == '.' ? end + 2 : field,
                        language_text(error->violations[at].description));
    }
    for (size_t at = 0; at < batch->count; at++)
        if (batch->rows[at]->outcome == IMPORT_PENDING)
            batch->rows[left++] = batch->rows[at];
    bool is_some = left < batch->count;
    sender->progress.done += batch->count - left;
    batch->count = left;
    return is_some;
}

static bool is_worth_repeating(const struct batch *batch, enum kam_code code)
{
    return batch->repeats < MOST_REPEATS && (code == KAM_RESOURCE_EXHAUSTED || code == KAM_ABORTED);
}

// True when the batch is to be sent again.
static bool finish_call(struct sender *sender, struct batch *batch)
{
    struct app *app = sender->import->app;
    ProtobufCMessage *response = NULL;
    enum kam_code code = kam_call_wait(batch->call, &response, &app->error);
    kam_call_end(batch->call);
    if (code == KAM_OK) {
        take_response(sender, batch, (const Kam__V1__ImportResponse *)response);
        kam_message_free(response);
        return batch->count > 0;
    }
    if (is_worth_repeating(batch, code)) {
        import_pause(app->error.retry_after_ms > 0 ? app->error.retry_after_ms : FIRST_PAUSE_MS << batch->repeats);
        batch->repeats++;
        return true;
    }
    if (code == KAM_INVALID_ARGUMENT && take_violations(sender, batch))
        return batch->count > 0;
    if (sender->import->failure == EXIT_OK)
        sender->import->failure = app_print_error(app);
    sender->progress.done += batch->count;
    return false;
}

// ---- Which rows next

static bool is_there(const struct import_row *row)
{
    return row->outcome == IMPORT_ADDED || row->outcome == IMPORT_PRESENT;
}

// What became of the parent's row decides how the child names it.
static void name_parent(struct import_row *row)
{
    if (row->parent_row == NULL)
        return;
    ProtobufCMessage *account = message_sub(row->request, message_find_field(row->request->descriptor, "account"));
    bool is_named = !is_there(row->parent_row) && row->parent_row->outcome != IMPORT_WOULD_ADD;
    message_set_text(account, "parent_id", is_there(row->parent_row) ? row->parent_row->id : "");
    message_set_text(row->request, "parent", is_named ? row->parent : "");
}

static size_t level_of(const struct import_row *row)
{
    size_t level = 0;
    for (; row->parent_row != NULL; row = row->parent_row)
        level++;
    return level;
}

static bool begin_batch(struct sender *sender, size_t level)
{
    struct import *import = sender->import;
    struct batch *batch = place(sender, sender->flying);
    *batch = (struct batch){0};
    // Servers take messages of 4 MiB unless told otherwise.
    size_t bytes = 0;
    while (sender->next < import->row_count && batch->count < sender->rows_per_call && bytes < BATCH_BYTES) {
        struct import_row *row = &import->rows[sender->next++];
        if (row->outcome != IMPORT_PENDING || level_of(row) != level)
            continue;
        name_parent(row);
        bytes += protobuf_c_message_get_packed_size(row->request);
        batch->rows[batch->count++] = row;
    }
    if (batch->count == 0)
        return false;
    call_begin(sender, batch);
    sender->flying++;
    return true;
}

static void send_level(struct sender *sender, size_t level)
{
    struct import *import = sender->import;
    sender->next = 0;
    for (;;) {
        bool may_begin = import->failure == EXIT_OK && !import_is_interrupted();
        if (may_begin && sender->flying < sender->in_flight && begin_batch(sender, level))
            continue;
        if (sender->flying == 0)
            break;
        struct batch *batch = place(sender, 0);
        if (finish_call(sender, batch) && import->failure == EXIT_OK && !import_is_interrupted()) {
            call_begin(sender, batch); // first in line again: its turn to be waited for comes at once
            continue;
        }
        sender->first = (sender->first + 1) % MOST_IN_FLIGHT;
        sender->flying--;
        import_progress_draw(&sender->progress);
    }
}

void import_send(struct import *import, const char *method, size_t rows_per_call, bool is_in_order)
{
    struct sender *sender = arena_alloc(import->app->arena, sizeof *sender);
    *sender = (struct sender){.import = import,
                              .method = method,
                              .rows_per_call = rows_per_call,
                              .in_flight = is_in_order ? 1 : MOST_IN_FLIGHT};
    size_t levels = 1;
    import_progress_begin(import, &sender->progress, import->is_dry ? _("checking") : _("adding"));
    for (size_t at = 0; at < import->row_count; at++) {
        bool is_pending = import->rows[at].outcome == IMPORT_PENDING;
        sender->progress.done += !is_pending;
        if (is_pending && level_of(&import->rows[at]) >= levels)
            levels = level_of(&import->rows[at]) + 1;
    }
    for (size_t level = 0; level < levels; level++)
        send_level(sender, level);
    import_progress_end(import, &sender->progress);
}

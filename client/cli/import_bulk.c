// SPDX-License-Identifier: Apache-2.0
// kam import accounts, contacts, activities, opportunities: a row of the file becomes a row of ImportService.
#include <stdlib.h>
#include <string.h>

#include "import.h"
#include "kam/v1/import.pb-c.h"
#include "message.h"
#include "text.h"
#include "value.h"

#define SERVICE "/kam.v1.ImportService/"

enum { ACCOUNTS_PER_CALL = 100, ROWS_PER_CALL = 200, SUBJECT_WIDTH = 60, MOST_LEVELS = 20 };

static const struct command hidden_fields = {.hidden = "owner_id parent_id positions dry_run"};

static enum exit_code begin(struct import *import, const ProtobufCMessageDescriptor *row)
{
    options_of_message(import->app->arena, &hidden_fields, row, &import->options, &import->option_count);
    enum exit_code failure = import_open(import);
    return failure == EXIT_OK ? import_find_company(import) : failure;
}

static bool has_field(const struct import *import, const char *name)
{
    for (size_t at = 0; at < import->mapping.default_count; at++)
        if (strcmp(import->mapping.defaults[at].field, name) == 0)
            return true;
    return import_column(import, name) != SIZE_MAX;
}

// A field without which no row can be taken.
static enum exit_code need_column(struct import *import, const char *name, const char *what)
{
    if (has_field(import, name))
        return EXIT_OK;
    app_refuse(import->app, EXIT_USAGE, _("no column holds %s"), what);
    app_hint(import->app, _("Say which: --map \"COLUMN=%s\""), name);
    return EXIT_USAGE;
}

// Where cells were merged over several rows, only the first of these has the text.
static void fill_down(struct import *import)
{
    const char *field = import->mapping.fill_down;
    size_t column = field == NULL ? SIZE_MAX : import_column(import, field);
    const char *above = "";
    size_t line = 0;
    for (size_t at = 0; at < import->table.row_count && column != SIZE_MAX; at++) {
        struct csv_row *row = &import->table.rows[at];
        if (*csv_cell(row, column) != '\0') {
            above = csv_cell(row, column);
            line = row->line;
        } else if (*above != '\0') {
            const char **cells = arena_alloc(import->app->arena, import->table.header.count * sizeof *cells);
            for (size_t cell = 0; cell < import->table.header.count; cell++)
                cells[cell] = csv_cell(row, cell);
            cells[column] = above;
            row->cells = cells;
            row->count = import->table.header.count;
            import_note(import, &import->rows[at], _("%s '%s' as in line %zu"), csv_cell(&import->table.header, column),
                        above, line);
        }
    }
}

static enum exit_code finish(struct import *import, const char *method, size_t rows_per_call, bool is_in_order)
{
    const char *mapping = invocation_flag(import->invocation, "write-mapping");
    enum exit_code failure = mapping == NULL ? EXIT_OK : import_write_mapping(import, mapping);
    if (failure != EXIT_OK)
        return failure;
    import_send(import, method, rows_per_call, is_in_order);
    if (import->is_dry)
        import_compare_rows(import);
    return import_finish(import);
}

// ---- Accounts

// Subsidiaries follow their parents: rows of the file whose parents are rows of the file know these.
static void link_parents(struct import *import)
{
    for (size_t at = 0; at < import->row_count; at++) {
        struct import_row *row = &import->rows[at];
        char id[KAM_UUID_TEXT_BYTES];
        if (row->outcome != IMPORT_PENDING || *row->parent == '\0')
            continue;
        import_make_id(import, "account", row->parent, id);
        row->parent_row = import_find_row(import, id);
        if (row->parent_row == row)
            row->parent_row = NULL;
        size_t level = 0; // a circle, or a chain that no group of companies has
        for (const struct import_row *above = row; above != NULL && level <= MOST_LEVELS; above = above->parent_row)
            level++;
        if (level > MOST_LEVELS) {
            row->parent_row = NULL;
            import_fail(import, row, _("would be its own parent, through others"));
        }
    }
}

static void prepare_account(struct import *import, struct import_row *row)
{
    const char *common_owner = invocation_flag(import->invocation, "owner");
    row->request = app_keep(import->app, kam_message_new(&kam__v1__import_account__descriptor));
    row->key = clean_text(import->app->arena, import_cell(import, row, "name"));
    if (!import_fill(import, row))
        return;
    ProtobufCMessage *account = message_sub(row->request, message_find_field(row->request->descriptor, "account"));
    row->key = arena_strdup(import->app->arena, message_text(account, "name"));
    if (*row->key == '\0') {
        import_fail(import, row, _("has no name"));
        return;
    }
    import_make_id(import, "account", row->key, row->id);
    message_set_text(account, "id", row->id);
    row->parent = arena_strdup(import->app->arena, message_text(row->request, "parent"));
    if (*message_text(row->request, "owner") == '\0' && common_owner != NULL)
        message_set_text(row->request, "owner", common_owner);
}

enum exit_code import_accounts(struct app *app, struct invocation *invocation)
{
    struct import *import = arena_alloc(app->arena, sizeof *import);
    *import =
        (struct import){.app = app, .invocation = invocation, .kind = "account", .synonyms = import_account_synonyms};
    enum exit_code failure = begin(import, &kam__v1__import_account__descriptor);
    if (failure == EXIT_OK)
        failure = need_column(import, "name", _("the name of the account"));
    if (failure != EXIT_OK)
        return failure;
    for (size_t at = 0; at < import->row_count; at++)
        if (import->rows[at].outcome == IMPORT_PENDING)
            prepare_account(import, &import->rows[at]);
    import_index_rows(import);
    link_parents(import);
    return finish(import, SERVICE "ImportAccounts", ACCOUNTS_PER_CALL, true);
}

// ---- Contacts

// "张三、李四" are two.
static size_t count_people(struct import *import, const struct import_row *row)
{
    const char *const *parts;
    size_t count;
    struct arena *arena = import->app->arena;
    const char *name = clean_text(arena, import_cell(import, row, "name"));
    if (import->mapping.is_unsplit || clean_is_placeholder(name))
        return 1;
    clean_split(arena, name, clean_has_cjk(name), &parts, &count);
    return count < 2 ? 1 : count;
}

static void divide_rows(struct import *import)
{
    struct arena *arena = import->app->arena;
    size_t count = 0;
    for (size_t at = 0; at < import->row_count; at++)
        count += import->rows[at].outcome == IMPORT_PENDING ? count_people(import, &import->rows[at]) : 1;
    if (count == import->row_count)
        return;
    struct import_row *rows = arena_alloc(arena, count * sizeof *rows), *to = rows;
    for (size_t at = 0; at < import->row_count; at++) {
        size_t people = import->rows[at].outcome == IMPORT_PENDING ? count_people(import, &import->rows[at]) : 1;
        for (size_t part = 0; part < people; part++) {
            *to = import->rows[at];
            to->part = part;
            to++->part_count = people;
        }
    }
    import->rows = rows;
    import->row_count = count;
}

static void prepare_contact(struct import *import, struct import_row *row)
{
    struct arena *arena = import->app->arena;
    const char *common_account = invocation_flag(import->invocation, "account");
    row->request = app_keep(import->app, kam_message_new(&kam__v1__import_contact__descriptor));
    row->key = clean_text(arena, import_cell(import, row, "name"));
    if (!import_fill(import, row))
        return;
    ProtobufCMessage *contact = message_sub(row->request, message_find_field(row->request->descriptor, "contact"));
    row->key = arena_strdup(arena, message_text(contact, "name"));
    if (common_account != NULL)
        message_set_text(row->request, "account", common_account);
    const char *account = message_text(row->request, "account");
    if (*row->key == '\0')
        import_fail(import, row, _("has no name"));
    else if (*account == '\0')
        import_fail(import, row, _("names no account"));
    else {
        import_make_id(import, "contact", arena_printf(arena, "%s\n%s", account, row->key), row->id);
        message_set_text(contact, "id", row->id);
    }
}

enum exit_code import_contacts(struct app *app, struct invocation *invocation)
{
    struct import *import = arena_alloc(app->arena, sizeof *import);
    *import =
        (struct import){.app = app, .invocation = invocation, .kind = "contact", .synonyms = import_contact_synonyms};
    enum exit_code failure = begin(import, &kam__v1__import_contact__descriptor);
    if (failure == EXIT_OK)
        failure = need_column(import, "name", _("the name of the contact"));
    if (failure == EXIT_OK && invocation_flag(invocation, "account") == NULL)
        failure = need_column(import, "account", _("the account"));
    if (failure != EXIT_OK)
        return failure;
    fill_down(import);
    divide_rows(import);
    for (size_t at = 0; at < import->row_count; at++)
        if (import->rows[at].outcome == IMPORT_PENDING)
            prepare_contact(import, &import->rows[at]);
    import_index_rows(import);
    return finish(import, SERVICE "ImportContacts", ROWS_PER_CALL, false);
}

// ---- Activities

// Registers of visits often have no subject: the beginning of what was said, else the kind.
static void give_subject(struct import *import, struct import_row *row, Kam__V1__ImportActivity *activity)
{
    struct arena *arena = import->app->arena;
    const char *text = arena_copy(arena, activity->description, strcspn(activity->description, "\r\n"));
    if (*text == '\0')
        text = value_format(arena, &activity->base, message_find_field(activity->base.descriptor, "kind"), 0);
    text = text_cut(arena, text, SUBJECT_WIDTH);
    message_set_text(&activity->base, "subject", text);
    import_note(import, row, _("subject '%s'"), text);
}

static void prepare_activity(struct import *import, struct import_row *row)
{
    struct arena *arena = import->app->arena;
    row->request = app_keep(import->app, kam_message_new(&kam__v1__import_activity__descriptor));
    Kam__V1__ImportActivity *activity = (Kam__V1__ImportActivity *)row->request;
    row->key = clean_text(arena, import_cell(import, row, "account"));
    if (!import_fill(import, row))
        return;
    if (*activity->account == '\0')
        import_fail(import, row, _("names no account"));
    else if (activity->kind == KAM__V1__ACTIVITY_KIND__ACTIVITY_KIND_UNSPECIFIED)
        import_fail(import, row,
                    _("has no kind: give the column kind, or \"kind = visit\" under [defaults] of a mapping file"));
    else if (activity->time == NULL)
        import_fail(import, row, _("has no time"));
    if (row->outcome == IMPORT_FAILED)
        return;
    if (*activity->subject == '\0')
        give_subject(import, row, activity);
    if (!has_field(import, "planned") && activity->time->seconds > import->app->now) {
        activity->is_planned = true;
        import_note(import, row, _("planned, as its time is to come"));
    }
    row->key = arena_printf(arena, "%s: %s", activity->account, activity->subject);
    import_make_id(import, "activity",
                   arena_printf(arena, "%s\n%d\n%lld\n%s\n%s\n%s\n%s", activity->account, (int)activity->kind,
                                (long long)activity->time->seconds, activity->subject, activity->description,
                                activity->result, activity->owner),
                   row->id);
    message_set_text(row->request, "id", row->id);
}

enum exit_code import_activities(struct app *app, struct invocation *invocation)
{
    struct import *import = arena_alloc(app->arena, sizeof *import);
    *import =
        (struct import){.app = app, .invocation = invocation, .kind = "activity", .synonyms = import_activity_synonyms};
    enum exit_code failure = begin(import, &kam__v1__import_activity__descriptor);
    if (failure == EXIT_OK)
        failure = need_column(import, "account", _("the account"));
    if (failure == EXIT_OK)
        failure = need_column(import, "time", _("the time"));
    if (failure == EXIT_OK && !has_field(import, "kind"))
        failure = need_column(import, "kind", _("the kind of activity (a mapping file may give one for all rows)"));
    if (failure != EXIT_OK)
        return failure;
    fill_down(import);
    for (size_t at = 0; at < import->row_count; at++)
        if (import->rows[at].outcome == IMPORT_PENDING)
            prepare_activity(import, &import->rows[at]);
    import_index_rows(import);
    return finish(import, SERVICE "ImportActivities", ROWS_PER_CALL, false);
}

// ---- Opportunities

static const char reference[] = "reference"; // what it is called where it comes from

// A list without names calls one by its product and what it was called there.
static void give_name(struct import *import, struct import_row *row, Kam__V1__ImportOpportunity *opportunity,
                      const char *called)
{
    const char *between = *opportunity->product != '\0' && *called != '\0' ? " " : "";
    message_set_text(&opportunity->base, "name",
                     arena_printf(import->app->arena, "%s%s%s", opportunity->product, between, called));
    if (*opportunity->name != '\0')
        import_note(import, row, _("name '%s'"), opportunity->name);
}

static void prepare_opportunity(struct import *import, struct import_row *row)
{
    struct arena *arena = import->app->arena;
    const char *called = clean_text(arena, import_cell(import, row, reference));
    row->request = app_keep(import->app, kam_message_new(&kam__v1__import_opportunity__descriptor));
    Kam__V1__ImportOpportunity *opportunity = (Kam__V1__ImportOpportunity *)row->request;
    row->key = *called != '\0' ? called : clean_text(arena, import_cell(import, row, "name"));
    if (!import_fill(import, row))
        return;
    if (*opportunity->account == '\0') {
        import_fail(import, row, _("names no account"));
        return;
    }
    if (*opportunity->name == '\0')
        give_name(import, row, opportunity, called);
    if (*opportunity->name == '\0') {
        import_fail(import, row, _("has no name"));
        return;
    }
    row->key = arena_printf(arena, "%s: %s", opportunity->account, opportunity->name);
    // Of one purchase a customer may have several, so the name alone does not tell them apart.
    const Google__Type__Date *begun = opportunity->begun_on;
    const char *key = arena_printf(arena, "%s\n%s\n%s\n%s\n%d-%d-%d", opportunity->account, opportunity->name,
                                   opportunity->product, opportunity->owner, begun == NULL ? 0 : begun->year,
                                   begun == NULL ? 0 : begun->month, begun == NULL ? 0 : begun->day);
    import_make_id(import, "opportunity", *called == '\0' ? key : called, row->id);
    message_set_text(row->request, "id", row->id);
}

enum exit_code import_opportunities(struct app *app, struct invocation *invocation)
{
    static const char *const own[] = {reference, NULL};
    const char *pipeline = invocation_flag(invocation, "pipeline");
    struct import *import = arena_alloc(app->arena, sizeof *import);
    *import = (struct import){.app = app,
                              .invocation = invocation,
                              .kind = "opportunity",
                              .synonyms = import_opportunity_synonyms,
                              .own = own};
    enum exit_code failure = begin(import, &kam__v1__import_opportunity__descriptor);
    if (failure == EXIT_OK)
        failure = need_column(import, "account", _("the account"));
    if (failure == EXIT_OK && !has_field(import, "product") && !has_field(import, reference))
        failure = need_column(import, "name", _("the name of the opportunity"));
    if (failure != EXIT_OK)
        return failure;
    fill_down(import);
    for (size_t at = 0; at < import->row_count; at++) {
        struct import_row *row = &import->rows[at];
        if (row->outcome == IMPORT_PENDING)
            prepare_opportunity(import, row);
        if (row->outcome == IMPORT_PENDING && pipeline != NULL && *message_text(row->request, "pipeline") == '\0')
            message_set_text(row->request, "pipeline", pipeline);
    }
    import_index_rows(import);
    return finish(import, SERVICE "ImportOpportunities", ROWS_PER_CALL, true);
}

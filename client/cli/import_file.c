// SPDX-License-Identifier: Apache-2.0
// The file of an import.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "import.h"
#include "kam/v1/team.pb-c.h"
#include "message.h"
#include "text.h"
#include "value.h"

#define COMMON_FLAGS                                                                                                   \
    {"map", N_("COLUMN=FIELD"),                                                                                        \
     N_("Import this column as this field (an option of the add command); FIELD*1000 multiplies amounts; "             \
        "an empty FIELD leaves the column out."),                                                                      \
     true},                                                                                                            \
        {"mapping", N_("FILE"), N_("Take which column is which field from this file (docs/import.md)."), false},       \
        {"encoding", N_("NAME"), N_("Encoding of the file, for example GBK; found out by default."), false},           \
        {"heading-rows", N_("NUMBER"), N_("Rows that make the heading; found out by default."), false},                \
        {"dry-run", NULL, N_("Say for every row what would happen, and change nothing."), false},                      \
    {                                                                                                                  \
        "report", N_("FILE"), N_("Write the outcome of every row to this CSV file."), false                            \
    }

#define BULK_FLAGS                                                                                                     \
    {"write-mapping", N_("FILE"), N_("Write which column is taken for which field, to be edited."), false},            \
        {"failed", N_("FILE"), N_("Write the rows that did not come in to this CSV file, to be repaired."), false},    \
    {                                                                                                                  \
        "currency", N_("CODE"), N_("Currency of amounts that name none, for example CNY."), false                      \
    }

const struct flag import_account_flags[] = {
    COMMON_FLAGS,
    BULK_FLAGS,
    {"owner", N_("USER"), N_("Owner of the accounts whose row names none."), false},
    {NULL, NULL, NULL, false},
};

const struct flag import_contact_flags[] = {
    COMMON_FLAGS,
    BULK_FLAGS,
    {"account", N_("ACCOUNT"), N_("Account of all contacts of the file, whatever their row or vCard says."), false},
    {NULL, NULL, NULL, false},
};

const struct flag import_activity_flags[] = {
    COMMON_FLAGS,
    BULK_FLAGS,
    {NULL, NULL, NULL, false},
};

const struct flag import_opportunity_flags[] = {
    COMMON_FLAGS,
    BULK_FLAGS,
    {"pipeline", N_("PIPELINE"), N_("Pipeline of the opportunities whose row names none; the default one otherwise."),
     false},
    {NULL, NULL, NULL, false},
};

const struct flag import_user_flags[] = {
    COMMON_FLAGS,
    {"under", N_("TEAM"), N_("Where new teams go; below the root team by default."), false},
    {"password-stdin", NULL,
     N_("Give all new users the password on the first line of standard input; otherwise each gets one of their own, in "
        "the report."),
     false},
    {NULL, NULL, NULL, false},
};

static enum exit_code read_file(struct import *import, const char *path, char **bytes_r, size_t *length_r)
{
    struct app *app = import->app;
    struct stat status;
    FILE *file = fopen(path, "re");
    if (file == NULL || fstat(fileno(file), &status) != 0 || S_ISDIR(status.st_mode)) {
        int reason = file == NULL ? errno : EISDIR;
        if (file != NULL)
            fclose(file);
        return app_refuse(app, EXIT_USAGE, "%s: %s", path, strerror(reason));
    }
    static const char *const written[] = {"report", "failed", "write-mapping"};
    for (size_t at = 0; at < sizeof written / sizeof written[0]; at++) {
        const char *target = invocation_flag(import->invocation, written[at]);
        struct stat there;
        if (target == NULL || stat(target, &there) != 0 || there.st_dev != status.st_dev ||
            there.st_ino != status.st_ino)
            continue;
        fclose(file);
        return app_refuse(app, EXIT_USAGE, _("--%s would overwrite the file that is imported"), written[at]);
    }
    char *bytes = malloc(CSV_MOST_BYTES + 1);
    if (bytes == NULL)
        abort();
    *length_r = fread(bytes, 1, CSV_MOST_BYTES + 1, file);
    bool is_read = ferror(file) == 0;
    fclose(file);
    *bytes_r = bytes;
    if (is_read)
        return EXIT_OK;
    free(bytes);
    return app_refuse(app, EXIT_REFUSED, _("%s cannot be read"), path);
}

static struct import_row row_of(const struct csv_row *source)
{
    return (struct import_row){.source = source,
                               .line = source == NULL ? 0 : source->line,
                               .part_count = 1,
                               .key = "",
                               .handle = "",
                               .detail = "",
                               .changes = "",
                               .secret = "",
                               .parent = ""};
}

static enum exit_code read_table(struct import *import)
{
    struct app *app = import->app;
    size_t length = 0;
    char *bytes = NULL;
    const char *path = import->invocation->words[0], *encoding = invocation_flag(import->invocation, "encoding");
    enum exit_code failure = read_file(import, path, &bytes, &length);
    if (failure != EXIT_OK)
        return failure;
    if (encoding == NULL)
        encoding = import->mapping.encoding;
    import->is_cards = strcmp(import->kind, "contact") == 0 && vcard_is_file(path, bytes, length);
    const char *wrong = import->is_cards
                            ? vcard_read(app->arena, bytes, length, encoding, &import->table, &import->remarks)
                            : csv_read(app->arena, bytes, length, encoding, &import->table);
    free(bytes);
    if (wrong != NULL)
        return app_refuse(app, EXIT_REFUSED, "%s: %s", path, wrong);
    if (encoding == NULL && strcmp(import->table.encoding, "UTF-8") != 0 && !app->settings.json)
        fprintf(stderr, _("kam: the file is read as %s\n"), import->table.encoding);
    return EXIT_OK;
}

// A vCard says itself what is what, and who is one person.
static enum exit_code prepare_cards(struct import *import)
{
    static const char *const of_tables[] = {"map", "mapping", "write-mapping", "heading-rows", NULL};
    for (size_t at = 0; of_tables[at] != NULL; at++)
        if (invocation_flag(import->invocation, of_tables[at]) != NULL)
            return app_refuse(import->app, EXIT_USAGE, _("--%s is for tables; %s is a file of vCards"), of_tables[at],
                              import->invocation->words[0]);
    import->mapping.is_unsplit = true;
    return EXIT_OK;
}

static void take_remark(struct import *import, struct import_row *row, const struct vcard_remark *remark)
{
    row->key = clean_text(import->app->arena, import_cell(import, row, "name"));
    if (*remark->left_out != '\0')
        import_note(import, row, _("left out: %s"), remark->left_out);
    if (remark->wrong != NULL)
        import_fail(import, row, "%s", remark->wrong);
}

enum exit_code import_open(struct import *import)
{
    const char *mapping = invocation_flag(import->invocation, "mapping");
    if (import->invocation->word_count == 0)
        return app_refuse(import->app, EXIT_USAGE, _("%s is missing"), _("FILE"));
    enum exit_code failure = mapping == NULL ? EXIT_OK : import_read_mapping(import, mapping);
    if (failure == EXIT_OK)
        failure = read_table(import);
    import_gather_names(import);
    if (failure == EXIT_OK)
        failure = import->is_cards ? prepare_cards(import) : import_find_heading(import);
    if (failure == EXIT_OK)
        failure = import_map_columns(import);
    if (failure != EXIT_OK)
        return failure;
    import->is_dry = invocation_flag(import->invocation, "dry-run") != NULL;
    import->row_count = import->table.row_count;
    import->rows = arena_alloc(import->app->arena, (import->row_count + 1) * sizeof *import->rows);
    for (size_t at = 0; at < import->row_count; at++) {
        struct import_row *row = &import->rows[at];
        *row = row_of(&import->table.rows[at]);
        for (size_t extra = import->table.header.count; extra < row->source->count; extra++)
            if (*row->source->cells[extra] != '\0')
                import_fail(import, row, _("has %zu cells where the header has %zu"), row->source->count,
                            import->table.header.count);
        if (import->is_cards)
            take_remark(import, row, &import->remarks[at]);
    }
    return EXIT_OK;
}

enum exit_code import_find_company(struct import *import)
{
    static const char method[] = "/kam.v1.TeamService/ListTeams";
    ProtobufCMessage *request = app_new_request(import->app, method), *response;
    enum exit_code failure = app_call(import->app, method, request, &response);
    if (failure != EXIT_OK)
        return failure;
    const Kam__V1__ListTeamsResponse *teams = (const Kam__V1__ListTeamsResponse *)response;
    for (size_t at = 0; at < teams->n_teams; at++)
        if (*teams->teams[at]->parent_id == '\0') {
            snprintf(import->company_id, sizeof import->company_id, "%s", teams->teams[at]->id);
            return EXIT_OK;
        }
    return app_refuse(import->app, EXIT_REFUSED, _("the server names no root team"));
}

// SPDX-License-Identifier: Apache-2.0
// From cells to the fields of a request: each cell is cleaned by the rules of its field's form, and what that changed
// is noted.
#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "import.h"
#include "message.h"
#include "text.h"
#include "value.h"

enum { CELL_ARENA_BYTES = 1 << 26, LEAST_PHONE_DIGITS = 5, MOBILE_DIGITS = 11, CITED_WIDTH = 80 };

// One cell at work. What lives as long as the cell is in scratch.
struct cell {
    struct import *import;
    struct import_row *row;
    struct arena *scratch;
    const struct import_target *target;
    const struct option *option;
    const ProtobufCFieldDescriptor *field;
    const char *heading;
};

void import_fail(struct import *import, struct import_row *row, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    row->detail = arena_vprintf(import->app->arena, format, arguments);
    va_end(arguments);
    row->outcome = IMPORT_FAILED;
}

void import_note(struct import *import, struct import_row *row, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const char *note = arena_vprintf(import->app->arena, format, arguments);
    va_end(arguments);
    row->changes = *row->changes == '\0' ? note : arena_printf(import->app->arena, "%s; %s", row->changes, note);
}

const char *import_cell(const struct import *import, const struct import_row *row, const char *target)
{
    size_t column = import_column(import, target);
    return column == SIZE_MAX || row->source == NULL ? "" : csv_cell(row->source, column);
}

static const char *put(struct cell *cell, const char *value)
{
    return value_parse(cell->scratch, option_holder(cell->row->request, cell->option), cell->field,
                       cell->option->contract, value, cell->import->app->now);
}

// 9.14403E+17: what a spreadsheet leaves of a long number.
static bool has_lost_digits(const char *text)
{
    size_t first = strspn(text, "0123456789");
    const char *at = text + first;
    if (first != 1 || *at != '.')
        return false;
    at += 1 + strspn(at + 1, "0123456789");
    return strncasecmp(at, "E+", 2) == 0 && isdigit((unsigned char)at[2]);
}

static const char *put_amount(struct cell *cell, const char *text, const char **meant_r)
{
    const struct import *import = cell->import;
    const char *amount, *form = clean_form(cell->scratch, text);
    const char *currency = invocation_flag(import->invocation, "currency");
    char named[4];
    const char *wrong = clean_amount(cell->scratch, form, cell->target->factor, named, &amount);
    if (wrong != NULL)
        return wrong;
    if (currency == NULL)
        currency = import->mapping.currency;
    if (*named == '\0' && currency == NULL && (clean_has_cjk(form) || strstr(cell->heading, "元") != NULL))
        currency = "CNY"; // 万, 亿; a column in 万元
    if (*named == '\0' && currency == NULL)
        return _("names no currency: give one with --currency, for example --currency CNY");
    *meant_r = arena_printf(cell->scratch, "%s %s", *named == '\0' ? currency : named, amount);
    return put(cell, *meant_r);
}

static const char *put_moment(struct cell *cell, const char *text, const char **meant_r)
{
    const char *form = clean_form(cell->scratch, text);
    struct clean_moment moment;
    const char *wrong = clean_moment(cell->scratch, form, cell->import->mapping.date_order, &moment);
    bool is_time = value_form(cell->field) == VALUE_TIME;
    if (wrong != NULL && is_time && put(cell, form) == NULL) // "2026-11-21T14:30:00+08:00", "yesterday 14:30"
        return NULL;
    if (wrong != NULL)
        return wrong;
    *meant_r = arena_printf(cell->scratch, "%04d-%02d-%02d", moment.year, moment.month, moment.day);
    if (is_time && moment.has_clock)
        *meant_r = arena_printf(cell->scratch, moment.second == 0 ? "%s %02d:%02d" : "%s %02d:%02d:%02d", *meant_r,
                                moment.hour, moment.minute, moment.second);
    return put(cell, *meant_r);
}

static const char *find_word(const struct import_word *words, size_t count, const char *field, const char *word)
{
    for (size_t at = 0; at < count && words[at].field != NULL; at++)
        if (strcmp(words[at].field, field) == 0 && strcasecmp(words[at].word, word) == 0)
            return words[at].value;
    return NULL;
}

static const char *put_word(struct cell *cell, const char *text, const char **meant_r)
{
    const struct import_mapping *mapping = &cell->import->mapping;
    const char *value = find_word(mapping->words, mapping->word_count, cell->target->name, text);
    if (value == NULL && put(cell, text) == NULL)
        return NULL;
    if (value == NULL && value_form(cell->field) == VALUE_ENUM)
        value = find_word(import_words, SIZE_MAX, cell->target->name, text);
    *meant_r = value == NULL ? text : value;
    return put(cell, *meant_r);
}

static const char *put_yes(struct cell *cell, const char *text, const char **meant_r)
{
    static const char *const truths[] = {"√", "✓", "有", "对", "x", "v", NULL};
    for (size_t at = 0; truths[at] != NULL; at++)
        if (strcasecmp(truths[at], text) == 0)
            *meant_r = "yes";
    return put_word(cell, *meant_r, meant_r);
}

// "微信" over a column of names says what they are of.
static const char *with_service(const struct cell *cell, const char *text)
{
    static const struct {
        const char *heading, *prefix;
    } services[] = {
        {"微信", "wechat"}, {"wechat", "wechat"}, {"QQ", "qq"}, {"钉钉", "dingtalk"}, {"whatsapp", "whatsapp"}};
    for (size_t at = 0; at < sizeof services / sizeof services[0] && strchr(text, ':') == NULL; at++)
        if (strcasestr(cell->heading, services[at].heading) != NULL)
            return arena_printf(cell->scratch, "%s:%s", services[at].prefix, text);
    return text;
}

static const char *put_text(struct cell *cell, const char *text, const char **meant_r)
{
    const char *wrong = NULL;
    *meant_r = text;
    if (has_lost_digits(clean_form(cell->scratch, text)))
        return _("lost its digits in the spreadsheet: format the column as text and type the number again");
    switch (cell->option->contract->format) {
    case CONTRACT_FORMAT_PHONE:
        wrong = clean_phone(cell->scratch, clean_form(cell->scratch, text), meant_r);
        break;
    case CONTRACT_FORMAT_URL:
        *meant_r = clean_form(cell->scratch, text);
        if (strncasecmp(*meant_r, "www.", 4) == 0)
            *meant_r = arena_printf(cell->scratch, "http://%s", *meant_r);
        break;
    case CONTRACT_FORMAT_EMAIL:
    case CONTRACT_FORMAT_LOGIN:
    case CONTRACT_FORMAT_CURRENCY:
        *meant_r = clean_form(cell->scratch, text);
        break;
    case CONTRACT_FORMAT_TEXT: {
        char *line = arena_strdup(cell->scratch, text);
        for (char *at = line; *at != '\0'; at++)
            *at = *at == '\n' || *at == '\r' || *at == '\t' ? ' ' : *at;
        *meant_r = strcmp(cell->target->name, "messaging-id") == 0 ? with_service(cell, line) : line;
        break;
    }
    default:
        break;
    }
    return wrong != NULL ? wrong : put(cell, *meant_r);
}

static const char *put_value(struct cell *cell, const char *text, const char **meant_r)
{
    *meant_r = text;
    switch (value_form(cell->field)) {
    case VALUE_MONEY:
        return put_amount(cell, text, meant_r);
    case VALUE_INTEGER: {
        const char *wrong = clean_count(cell->scratch, clean_form(cell->scratch, text), meant_r);
        return wrong != NULL ? wrong : put(cell, *meant_r);
    }
    case VALUE_DATE:
    case VALUE_TIME:
        return put_moment(cell, text, meant_r);
    case VALUE_ENUM:
        return put_word(cell, text, meant_r);
    case VALUE_BOOL:
        return put_yes(cell, text, meant_r);
    default:
        text =
            find_word(cell->import->mapping.words, cell->import->mapping.word_count, cell->target->name, text) == NULL
                ? text
                : find_word(cell->import->mapping.words, cell->import->mapping.word_count, cell->target->name, text);
        return put_text(cell, text, meant_r);
    }
}

static size_t count_digits(const char *text)
{
    size_t digits = 0;
    for (; *text != '\0'; text++)
        digits += isdigit((unsigned char)*text) != 0;
    return digits;
}

// Several values of a list in one cell. A comma may belong to a name, a slash to a telephone number.
static void split_cell(struct cell *cell, const char *text, const char *const **parts_r, size_t *count_r)
{
    enum contract_format format = cell->option->contract->format;
    bool is_phone = format == CONTRACT_FORMAT_PHONE, is_free = format == CONTRACT_FORMAT_TEXT;
    if (cell->import->is_cards && is_free) { // a vCard has divided them
        const char **whole = arena_alloc(cell->scratch, sizeof *whole);
        *whole = text;
        *parts_r = whole;
        *count_r = 1;
        return;
    }
    clean_split(cell->scratch, text, !is_free || clean_has_cjk(text), parts_r, count_r);
    bool has_stump = false;
    for (size_t at = 0; at < *count_r && is_phone; at++)
        has_stump = has_stump || count_digits((*parts_r)[at]) < LEAST_PHONE_DIGITS;
    if (has_stump)
        clean_split(cell->scratch, text, false, parts_r, count_r);
    if (!is_phone || *count_r != 1)
        return;
    // Two mobile numbers with a space between them.
    char *copy = arena_strdup(cell->scratch, text), *state = NULL;
    const char **numbers = arena_alloc(cell->scratch, (strlen(text) + 1) * sizeof *numbers);
    size_t count = 0;
    for (char *word = strtok_r(copy, " ", &state); word != NULL; word = strtok_r(NULL, " ", &state)) {
        numbers[count++] = word;
        if (strlen(word) != MOBILE_DIGITS || count_digits(word) != MOBILE_DIGITS)
            return;
    }
    *parts_r = numbers;
    *count_r = count;
}

static const char *fill_list(struct cell *cell, const char *text, const char **meant_r)
{
    const char *const *parts, *wrong = NULL, *all = "";
    size_t count;
    split_cell(cell, text, &parts, &count);
    for (size_t at = 0; at < count && wrong == NULL; at++) {
        const char *meant = parts[at];
        if (clean_is_placeholder(parts[at]))
            continue;
        wrong = put_value(cell, parts[at], &meant);
        all = arena_printf(cell->scratch, "%s%s%s", all, *all == '\0' ? "" : " | ", meant);
    }
    *meant_r = all;
    return wrong;
}

// Of a cell that several people share, what belongs to this one.
static const char *take_part(struct cell *cell, const char *text, const char **wrong_r)
{
    static const char *const shared[] = {"name",  "phone",      "email",      "messaging-id",
                                         "title", "department", "other-name", NULL};
    const struct import_row *row = cell->row;
    bool is_shared = false;
    for (size_t at = 0; shared[at] != NULL; at++)
        is_shared = is_shared || strcmp(shared[at], cell->target->name) == 0;
    if (row->part_count < 2 || !is_shared)
        return text;
    const char *const *parts;
    size_t count;
    bool is_list = cell->field->label == PROTOBUF_C_LABEL_REPEATED;
    if (is_list)
        split_cell(cell, text, &parts, &count);
    else
        clean_split(cell->scratch, text, clean_has_cjk(text), &parts, &count);
    if (count == row->part_count)
        return parts[row->part];
    if (is_list && count > 1)
        *wrong_r = arena_printf(cell->scratch, _("holds %zu values for %zu people: write one person a row"), count,
                                row->part_count);
    return text;
}

// What a cell holds, for a message.
static const char *cite(struct cell *cell, const char *text)
{
    return text_cut(cell->scratch, text_clean(cell->scratch, text, false), CITED_WIDTH);
}

static bool is_nothing(const struct cell *cell, const char *text)
{
    bool is_date = value_form(cell->field) == VALUE_DATE || value_form(cell->field) == VALUE_TIME;
    return clean_is_placeholder(text) || (is_date && clean_is_no_date(clean_form(cell->scratch, text)));
}

static bool fill(struct cell *cell, const char *raw)
{
    const char *text = clean_text(cell->scratch, raw), *meant = text, *wrong = NULL;
    if (*text != '\0' && is_nothing(cell, text)) {
        import_note(cell->import, cell->row, _("%s '%s' taken as empty"), cell->heading, cite(cell, raw));
        text = "";
    }
    if (*text == '\0') {
        const struct import_mapping *mapping = &cell->import->mapping;
        for (size_t at = 0; at < mapping->default_count; at++)
            if (strcmp(mapping->defaults[at].field, cell->target->name) == 0)
                text = mapping->defaults[at].value;
        if (*text == '\0')
            return true;
    }
    text = take_part(cell, text, &wrong);
    if (wrong == NULL)
        wrong = cell->field->label == PROTOBUF_C_LABEL_REPEATED ? fill_list(cell, text, &meant)
                                                                : put_value(cell, text, &meant);
    if (wrong != NULL) {
        import_fail(cell->import, cell->row, "%s '%s': %s", cell->heading, cite(cell, raw), wrong);
        return false;
    }
    if (strcmp(meant, raw) != 0)
        import_note(cell->import, cell->row, "%s '%s' -> '%s'", cell->heading, cite(cell, raw), cite(cell, meant));
    return true;
}

// What a cell takes goes with it, however many there are.
static bool fill_cell(struct cell *cell, const char *raw)
{
    cell->scratch = arena_create(CELL_ARENA_BYTES);
    bool is_good = fill(cell, raw);
    arena_destroy(cell->scratch);
    return is_good;
}

static bool has_column(const struct import *import, const char *name)
{
    return import_column(import, name) != SIZE_MAX;
}

bool import_fill(struct import *import, struct import_row *row)
{
    bool is_good = true;
    struct cell cell = {.import = import, .row = row};
    for (size_t column = 0; column < import->table.header.count && row->source != NULL && is_good; column++) {
        cell.target = &import->targets[column];
        cell.option = cell.target->option;
        if (cell.option == NULL || cell.option->reference != RECORD_NONE)
            continue;
        cell.field = cell.option->path[cell.option->depth - 1];
        cell.heading = csv_cell(&import->table.header, column);
        is_good = fill_cell(&cell, csv_cell(row->source, column));
    }
    // Defaults of fields that the file has no column for.
    for (size_t at = 0; at < import->mapping.default_count && is_good; at++) {
        struct import_target target;
        if (has_column(import, import->mapping.defaults[at].field) ||
            !import_find_target(import, import->mapping.defaults[at].field, &target) || target.option == NULL)
            continue;
        cell.target = &target;
        cell.option = target.option;
        cell.field = target.option->path[target.option->depth - 1];
        cell.heading = target.name;
        is_good = fill_cell(&cell, import->mapping.defaults[at].value);
    }
    return is_good;
}

void import_make_id(struct import *import, const char *kind, const char *key, char id_r[KAM_UUID_TEXT_BYTES])
{
    struct arena *scratch = arena_create(CELL_ARENA_BYTES);
    if (!kam_uuid_of_name(import->company_id, arena_printf(scratch, "%s:%s", kind, text_fold(scratch, key)), id_r))
        abort();
    arena_destroy(scratch);
}

static int compare_ids(const void *left, const void *right)
{
    const struct import_row *a = *(struct import_row *const *)left, *b = *(struct import_row *const *)right;
    int order = strcmp(a->id, b->id);
    return order != 0 ? order : a < b ? -1 : a > b;
}

void import_index_rows(struct import *import)
{
    import->by_id = arena_alloc(import->app->arena, (import->row_count + 1) * sizeof *import->by_id);
    size_t count = 0;
    for (size_t at = 0; at < import->row_count; at++)
        if (import->rows[at].outcome == IMPORT_PENDING)
            import->by_id[count++] = &import->rows[at];
    qsort(import->by_id, count, sizeof *import->by_id, compare_ids);
    for (size_t at = 0; at < count; at++) {
        size_t kept = import->by_id_count;
        if (kept > 0 && strcmp(import->by_id[kept - 1]->id, import->by_id[at]->id) == 0)
            import_fail(import, import->by_id[at], _("is the same as line %zu"), import->by_id[kept - 1]->line);
        else
            import->by_id[import->by_id_count++] = import->by_id[at];
    }
}

static int compare_id(const void *id, const void *row)
{
    return strcmp(id, (*(struct import_row *const *)row)->id);
}

struct import_row *import_find_row(const struct import *import, const char *id)
{
    struct import_row **found = bsearch(id, import->by_id, import->by_id_count, sizeof *import->by_id, compare_id);
    return found == NULL ? NULL : *found;
}

// SPDX-License-Identifier: Apache-2.0
#include "vcard_read.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "csv_decode.h"
#include "import_clean.h"
#include "language.h"

// One value more than a contact may have, so that the contract refuses what is too much.
enum { NOTE_BYTES = 8192, LEFT_OUT_BYTES = 200, MOST_VALUES = 11, MOST_PARTS = 8, NAME_BYTES = 40, FIRST_CARDS = 64 };

enum field {
    NAME,
    ACCOUNT,
    TITLE,
    DEPARTMENT,
    NOTE,
    PHONE,
    EMAIL,
    MESSAGING_ID,
    OTHER_NAME,
    FIELDS,
    FIRST_LIST = PHONE
};
enum { COLUMNS = FIRST_LIST + (FIELDS - FIRST_LIST) * MOST_VALUES };

static const char *const field_names[FIELDS] = {"name",  "account", "title",        "department", "note",
                                                "phone", "email",   "messaging-id", "other-name"};

static const struct {
    const char *name, *service;
} messaging[] = {{"IMPP", NULL},
                 {"X-KAM-MESSAGING-ID", NULL},
                 {"X-MS-IMADDRESS", NULL},
                 {"X-WECHAT", "wechat"},
                 {"X-WEIXIN", "wechat"},
                 {"X-QQ", "qq"},
                 {"X-DINGTALK", "dingtalk"},
                 {"X-WHATSAPP", "whatsapp"},
                 {"X-SKYPE", "skype"},
                 {"X-SKYPE-USERNAME", "skype"},
                 {"X-TELEGRAM", "telegram"},
                 {"X-LINE", "line"},
                 {"X-JABBER", "xmpp"}};

// About the card, not the person.
static const char *const silent[] = {"VERSION", "PRODID", "REV",    "UID",  "SORT-STRING", "CLASS",
                                     "KIND",    "MAILER", "SOURCE", "LANG", "CLIENTPIDMAP"};

// The only sets of characters a card may name: iconv is not given what a stranger wrote.
static const struct {
    const char *name, *encoding;
} charsets[] = {{"UTF-8", "UTF-8"},
                {"UTF8", "UTF-8"},
                {"US-ASCII", "UTF-8"},
                {"ASCII", "UTF-8"},
                {"GBK", "GB18030"},
                {"GB2312", "GB18030"},
                {"GB18030", "GB18030"},
                {"CP936", "GB18030"},
                {"X-GBK", "GB18030"},
                {"BIG5", "BIG5"},
                {"ISO-8859-1", "CP1252"},
                {"WINDOWS-1252", "CP1252"},
                {"ISO-8859-15", "ISO8859-15"},
                {"SHIFT_JIS", "SHIFT_JIS"},
                {"EUC-KR", "EUC-KR"}};

struct property {
    const char *name;
    char *value;
    const char *charset, *service; // NULL when not named
    bool is_quoted, is_binary, is_fax;
};

struct reader {
    struct arena *arena;
    struct csv_table *table;
    struct vcard_remark *remarks;
    const char *text;
    size_t length, at, next_line;
    // The line at hand, unfolded.
    char line[VCARD_LINE_BYTES + 1];
    size_t used, scanned, number;
    bool is_cut, is_in_quotes, has_head;
    struct property property;
    // The card at hand.
    bool is_open, is_old; // old: version 2.1
    size_t inner;         // cards that an AGENT of this one holds
    bool is_agent;        // the line before was AGENT: without a value
    const char **cells;
    size_t counts[FIELDS];
    const char *family_name; // from N
    char note[NOTE_BYTES + 1], left_out[LEFT_OUT_BYTES + 1];
    size_t note_used, left_out_used;
    const char *card_wrong;
    bool is_used[COLUMNS];
    const char *wrong;
};

bool vcard_is_file(const char *path, const char *bytes, size_t length)
{
    static const char begin[] = "BEGIN:VCARD";
    size_t at = length >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0, name = strlen(path);
    while (at < length && strchr(" \t\r\n", bytes[at]) != NULL && bytes[at] != '\0')
        at++;
    if (length - at >= sizeof begin - 1 && strncasecmp(bytes + at, begin, sizeof begin - 1) == 0)
        return true;
    return (name > 4 && strcasecmp(path + name - 4, ".vcf") == 0) ||
           (name > 6 && strcasecmp(path + name - 6, ".vcard") == 0);
}

// ---- Lines

static void append_line(struct reader *reader, size_t skipped)
{
    const char *start = reader->text + reader->at;
    const char *end = memchr(start, '\n', reader->length - reader->at);
    size_t size = end == NULL ? reader->length - reader->at : (size_t)(end - start);
    reader->at += size + (end != NULL);
    reader->next_line++;
    size -= size > 0 && start[size - 1] == '\r';
    skipped = skipped < size ? skipped : size;
    start += skipped;
    size -= skipped;
    if (size > VCARD_LINE_BYTES - reader->used) {
        size = VCARD_LINE_BYTES - reader->used;
        reader->is_cut = true;
    }
    memcpy(reader->line + reader->used, start, size);
    reader->used += size;
}

static void take_parameter(struct property *property, const char *text)
{
    const char *equals = strchr(text, '='), *value = equals == NULL ? text : equals + 1;
    size_t length = equals == NULL ? 0 : (size_t)(equals - text);
    if (equals == NULL || (length == 8 && strncasecmp(text, "ENCODING", 8) == 0)) {
        property->is_quoted |= strcasecmp(value, "QUOTED-PRINTABLE") == 0;
        property->is_binary |= strcasecmp(value, "B") == 0 || strcasecmp(value, "BASE64") == 0;
    }
    if (equals == NULL || (length == 4 && strncasecmp(text, "TYPE", 4) == 0))
        property->is_fax |= strcasestr(value, "FAX") != NULL || strcasestr(value, "PAGER") != NULL;
    if (length == 7 && strncasecmp(text, "CHARSET", 7) == 0)
        property->charset = value;
    if (length == 14 && strncasecmp(text, "X-SERVICE-TYPE", 14) == 0)
        property->service = value;
}

// Looks for the colon that ends the head, from where it has looked before.
static void scan_head(struct reader *reader)
{
    size_t at = reader->scanned;
    for (; at < reader->used && (reader->is_in_quotes || reader->line[at] != ':'); at++)
        reader->is_in_quotes ^= reader->line[at] == '"';
    reader->scanned = at;
    if (at == reader->used)
        return;
    reader->has_head = true;
    reader->line[at] = '\0';
    reader->property = (struct property){.value = reader->line + at + 1};
    bool is_in_quotes = false;
    char *start = reader->line;
    for (size_t to = 0; to <= at; to++) {
        is_in_quotes ^= reader->line[to] == '"';
        if (to < at && (is_in_quotes || reader->line[to] != ';'))
            continue;
        reader->line[to] = '\0';
        if (start == reader->line)
            reader->property.name = strrchr(start, '.') == NULL ? start : strrchr(start, '.') + 1; // item1.TEL
        else
            take_parameter(&reader->property, start);
        start = reader->line + to + 1;
    }
}

static bool has_next(const struct reader *reader, const char *text)
{
    return reader->length - reader->at >= strlen(text) &&
           strncasecmp(reader->text + reader->at, text, strlen(text)) == 0;
}

// The next line with what is folded below it; false at the end of the file.
static bool take_line(struct reader *reader)
{
    reader->used = reader->scanned = 0;
    reader->is_cut = reader->is_in_quotes = reader->has_head = false;
    reader->number = reader->next_line;
    if (reader->at == reader->length)
        return false;
    append_line(reader, 0);
    while (reader->at < reader->length) {
        if (!reader->has_head)
            scan_head(reader);
        // A soft line break. Who ends the last line of a card with one does not mean that END goes on with it.
        bool is_soft = reader->has_head && reader->property.is_quoted &&
                       reader->line + reader->used > reader->property.value && reader->line[reader->used - 1] == '=' &&
                       !has_next(reader, "END:VCARD");
        if (!is_soft && !has_next(reader, " ") && !has_next(reader, "\t"))
            break;
        reader->used -= is_soft;
        append_line(reader, is_soft || reader->is_old ? 0 : 1);
    }
    if (!reader->has_head)
        scan_head(reader);
    reader->line[reader->used] = '\0';
    return true;
}

// ---- Values

static int hex_digit(char letter)
{
    return isdigit((unsigned char)letter)    ? letter - '0'
           : isxdigit((unsigned char)letter) ? tolower((unsigned char)letter) - 'a' + 10
                                             : -1;
}

// QUOTED-PRINTABLE as text; false when it is none.
static bool decode(struct reader *reader, struct property *property)
{
    char *to = property->value;
    for (const char *from = to; *from != '\0'; from++) {
        int high = *from == '=' ? hex_digit(from[1]) : -1, low = high < 0 ? -1 : hex_digit(from[2]);
        *to++ = low < 0 ? *from : (char)(high * 16 + low);
        from += low < 0 ? 0 : 2;
    }
    const char *encoding = NULL, *bytes = property->value, *used;
    size_t length = (size_t)(to - property->value);
    for (size_t at = 0; property->charset != NULL && at < sizeof charsets / sizeof charsets[0]; at++)
        if (strcasecmp(charsets[at].name, property->charset) == 0)
            encoding = charsets[at].encoding;
    if ((property->charset != NULL && encoding == NULL) ||
        csv_decode(reader->arena, encoding, &bytes, &length, &used) != NULL)
        return false;
    property->value = arena_copy(reader->arena, bytes, length);
    return true;
}

// Takes the escapes out and divides at the mark where it is not escaped; the last part keeps what is too much.
static size_t divide(const struct reader *reader, char *value, char mark, size_t most, const char *parts_r[])
{
    char *to = value;
    size_t count = 1;
    parts_r[0] = value;
    for (const char *from = value; *from != '\0'; from++) {
        if (*from == '\\' && !reader->is_old && (from[1] == 'n' || from[1] == 'N')) {
            *to++ = '\n';
            from++;
        } else if (*from == '\\' && from[1] != '\0' && strchr("\\,;:", from[1]) != NULL) {
            *to++ = *++from;
        } else if (*from == mark && mark != '\0' && count < most) {
            *to++ = '\0';
            parts_r[count++] = to;
        } else {
            *to++ = *from;
        }
    }
    *to = '\0';
    return count;
}

static void put(struct reader *reader, enum field field, const char *text)
{
    size_t most = field < FIRST_LIST ? 1 : MOST_VALUES;
    size_t column = field < FIRST_LIST ? field : FIRST_LIST + (field - FIRST_LIST) * MOST_VALUES;
    const char *clean = clean_text(reader->arena, text);
    if (*clean == '\0' || reader->counts[field] == most)
        return;
    column += reader->counts[field]++;
    reader->cells[column] = arena_strdup(reader->arena, clean);
    reader->is_used[column] = true;
}

static void leave_out(struct reader *reader, const char *name)
{
    size_t length = strlen(name), room = LEFT_OUT_BYTES - reader->left_out_used;
    for (size_t at = 0; at < sizeof silent / sizeof silent[0]; at++)
        if (strcasecmp(silent[at], name) == 0)
            return;
    if (length == 0 || length > NAME_BYTES || length + 2 > room || strcasestr(reader->left_out, name) != NULL ||
        strncasecmp(name, "X-AB", 4) == 0 || strncasecmp(name, "X-MS-OL", 7) == 0)
        return;
    if (reader->left_out_used > 0)
        reader->left_out_used = (size_t)(stpcpy(reader->left_out + reader->left_out_used, ", ") - reader->left_out);
    reader->left_out_used = (size_t)(stpcpy(reader->left_out + reader->left_out_used, name) - reader->left_out);
}

static void put_note(struct reader *reader, const char *text)
{
    size_t length = strlen(text), room = NOTE_BYTES - reader->note_used;
    if (length == 0 || room < 2)
        return;
    if (reader->note_used > 0)
        reader->note[reader->note_used++] = '\n';
    length = length < room - 1 ? length : room - 1; // longer than notes may be in any case
    while (length > 0 && ((unsigned char)text[length] & 0xC0) == 0x80)
        length--;
    memcpy(reader->note + reader->note_used, text, length);
    reader->note_used += length;
    reader->note[reader->note_used] = '\0';
}

static void take_name(struct reader *reader, char *value)
{
    const char *parts[MOST_PARTS] = {"", "", "", ""};
    size_t count = divide(reader, value, ';', MOST_PARTS, parts);
    const char *family = parts[0], *given = count > 1 ? parts[1] : "", *middle = count > 2 ? parts[2] : "";
    if (clean_has_cjk(family) || clean_has_cjk(given))
        reader->family_name = arena_printf(reader->arena, "%s%s%s", family, middle, given);
    else
        reader->family_name =
            arena_printf(reader->arena, "%s %s%s%s", given, middle, *middle == '\0' ? "" : " ", family);
}

static void take_organization(struct reader *reader, char *value)
{
    const char *parts[MOST_PARTS], *department = "";
    size_t count = divide(reader, value, ';', MOST_PARTS, parts);
    put(reader, ACCOUNT, parts[0]);
    for (size_t at = 1; at < count; at++)
        if (*parts[at] != '\0')
            department = arena_printf(reader->arena, "%s%s%s", department, *department == '\0' ? "" : " / ", parts[at]);
    put(reader, DEPARTMENT, department);
}

// "tel:+86-138;ext=12" of version 4.0 is a telephone number as well.
static const char *telephone(struct reader *reader, const char *value)
{
    if (strncasecmp(value, "tel:", 4) != 0)
        return value;
    const char *extension = strcasestr(value, ";ext=");
    const char *number = arena_copy(reader->arena, value + 4, strcspn(value + 4, ";"));
    return extension == NULL ? number : arena_printf(reader->arena, "%s x%s", number, extension + 5);
}

static void take_messaging(struct reader *reader, const struct property *property, const char *service)
{
    const char *parts[1], *text;
    divide(reader, property->value, '\0', 1, parts);
    text = parts[0];
    if (service == NULL && property->service != NULL) { // Apple's: IMPP;X-SERVICE-TYPE=WeChat:x-apple:zhang
        char *lower = arena_strdup(reader->arena, property->service);
        for (char *letter = lower; *letter != '\0'; letter++)
            *letter = (char)tolower((unsigned char)*letter);
        service = lower;
        text = strchr(text, ':') == NULL ? text : strchr(text, ':') + 1;
    }
    bool has_service =
        service == NULL || (strncasecmp(text, service, strlen(service)) == 0 && text[strlen(service)] == ':');
    if (*text != '\0')
        put(reader, MESSAGING_ID, has_service ? text : arena_printf(reader->arena, "%s:%s", service, text));
}

static void take_property(struct reader *reader, struct property *property)
{
    static const char *const known[] = {"FN", "N", "NICKNAME", "ORG", "TITLE", "TEL", "EMAIL", "NOTE"};
    enum { FN, N, NICKNAME, ORG, TITLE_, TEL, EMAIL_, NOTE_, KNOWN };
    const char *parts[MOST_VALUES];
    size_t at = 0, service = 0, services = sizeof messaging / sizeof messaging[0];
    while (at < KNOWN && strcasecmp(known[at], property->name) != 0)
        at++;
    while (service < services && strcasecmp(messaging[service].name, property->name) != 0)
        service++;
    bool is_fax = at == TEL && property->is_fax;
    if (property->value[strspn(property->value, "; ")] == '\0')
        return;
    if ((at == KNOWN && service == services) || property->is_binary || is_fax) {
        leave_out(reader, is_fax ? "TEL;TYPE=FAX" : property->name);
        return;
    }
    if (reader->is_cut)
        reader->card_wrong = arena_printf(reader->arena, _("line %zu is too long"), reader->number);
    else if (property->is_quoted && !decode(reader, property))
        reader->card_wrong = arena_printf(reader->arena, _("line %zu is not %s"), reader->number,
                                          property->charset == NULL ? "UTF-8" : property->charset);
    if (reader->card_wrong != NULL)
        return;
    if (service < services) {
        take_messaging(reader, property, messaging[service].service);
        return;
    }
    if (at == N) {
        take_name(reader, property->value);
    } else if (at == ORG) {
        take_organization(reader, property->value);
    } else if (at == TEL) {
        const char *number = telephone(reader, property->value);
        divide(reader, arena_strdup(reader->arena, number), '\0', 1, parts);
        put(reader, PHONE, parts[0]);
    } else {
        size_t count = divide(reader, property->value, at == NICKNAME ? ',' : '\0', MOST_VALUES, parts);
        for (size_t part = 0; part < count && at == NICKNAME; part++)
            put(reader, OTHER_NAME, parts[part]);
        if (at == FN || at == TITLE_)
            put(reader, at == FN ? NAME : TITLE, parts[0]);
        else if (at == EMAIL_)
            put(reader, EMAIL, strncasecmp(parts[0], "mailto:", 7) == 0 ? parts[0] + 7 : parts[0]);
        else if (at == NOTE_)
            put_note(reader, parts[0]);
    }
}

// ---- Cards

static void open_card(struct reader *reader)
{
    struct csv_table *table = reader->table;
    if (table->row_count == VCARD_MOST_CARDS) {
        reader->wrong = arena_printf(reader->arena, _("the file has more than %d cards: split it"), VCARD_MOST_CARDS);
        return;
    }
    if (table->row_count == table->row_capacity) {
        size_t capacity = table->row_capacity == 0 ? FIRST_CARDS : 2 * table->row_capacity;
        struct csv_row *rows = arena_alloc(reader->arena, capacity * sizeof *rows);
        struct vcard_remark *remarks = arena_alloc(reader->arena, capacity * sizeof *remarks);
        for (size_t at = 0; at < table->row_count; at++) {
            rows[at] = table->rows[at];
            remarks[at] = reader->remarks[at];
        }
        table->rows = rows;
        table->row_capacity = capacity;
        reader->remarks = remarks;
    }
    reader->is_open = true;
    reader->is_old = false;
    reader->inner = reader->note_used = reader->left_out_used = 0;
    reader->note[0] = reader->left_out[0] = '\0';
    reader->family_name = "";
    reader->card_wrong = NULL;
    memset(reader->counts, 0, sizeof reader->counts);
    reader->cells = arena_alloc(reader->arena, COLUMNS * sizeof *reader->cells);
    for (size_t at = 0; at < COLUMNS; at++)
        reader->cells[at] = "";
    table->rows[table->row_count] = (struct csv_row){reader->number, COLUMNS, reader->cells};
}

static void close_card(struct reader *reader, const char *wrong)
{
    if (reader->counts[NAME] == 0)
        put(reader, NAME, reader->family_name);
    put(reader, NOTE, reader->note);
    reader->remarks[reader->table->row_count++] = (struct vcard_remark){
        reader->card_wrong != NULL ? reader->card_wrong : wrong, arena_strdup(reader->arena, reader->left_out)};
    reader->is_open = false;
}

static void take_card_line(struct reader *reader)
{
    struct property *property = &reader->property;
    char *value = property->value;
    bool is_begin = strcasecmp(property->name, "BEGIN") == 0, is_end = strcasecmp(property->name, "END") == 0;
    for (size_t end = strlen(value); (is_begin || is_end) && end > 0 && value[end - 1] == ' '; end--)
        value[end - 1] = '\0';
    bool is_card = (is_begin || is_end) && strcasecmp(value, "VCARD") == 0;
    if (reader->is_open && is_card && is_begin && (reader->is_agent || reader->inner > 0)) {
        reader->inner++;
    } else if (reader->inner > 0) {
        reader->inner -= is_card && is_end;
    } else if (is_card && is_begin) {
        if (reader->is_open)
            close_card(reader, _("has no END:VCARD"));
        open_card(reader);
    } else if (!reader->is_open) {
        reader->wrong = arena_printf(reader->arena, _("line %zu does not belong to a vCard: BEGIN:VCARD is missing"),
                                     reader->number);
    } else if (is_card) {
        close_card(reader, NULL);
    } else if (strcasecmp(property->name, "VERSION") == 0) {
        reader->is_old = strncmp(value, "2.", 2) == 0;
    } else {
        take_property(reader, property);
    }
    reader->is_agent = strcasecmp(property->name, "AGENT") == 0 && *value == '\0';
}

// Columns that no card has anything in are not there.
static void drop_columns(struct reader *reader)
{
    struct csv_table *table = reader->table;
    const char **header = arena_alloc(reader->arena, COLUMNS * sizeof *header);
    size_t count = 0;
    reader->is_used[NAME] = reader->is_used[ACCOUNT] = true;
    for (size_t column = 0; column < COLUMNS; column++) {
        if (!reader->is_used[column])
            continue;
        header[count] = field_names[column < FIRST_LIST ? column : FIRST_LIST + (column - FIRST_LIST) / MOST_VALUES];
        for (size_t row = 0; row < table->row_count; row++)
            table->rows[row].cells[count] = table->rows[row].cells[column];
        count++;
    }
    for (size_t row = 0; row < table->row_count; row++)
        table->rows[row].count = count;
    table->header = (struct csv_row){1, count, header};
    table->heading = arena_copy(reader->arena, &table->header, sizeof table->header);
    table->heading_rows = 1;
}

const char *vcard_read(struct arena *arena, const char *bytes, size_t length, const char *encoding,
                       struct csv_table *table_r, const struct vcard_remark **remarks_r)
{
    *table_r = (struct csv_table){0};
    if (length > CSV_MOST_BYTES)
        return arena_printf(arena, _("the file is larger than %d MiB: split it"), CSV_MOST_BYTES / 1024 / 1024);
    const char *wrong = csv_decode(arena, encoding, &bytes, &length, &table_r->encoding);
    if (wrong != NULL)
        return wrong;
    struct reader *reader = arena_alloc(arena, sizeof *reader);
    *reader = (struct reader){.arena = arena, .table = table_r, .text = bytes, .length = length, .next_line = 1};
    while (reader->wrong == NULL && take_line(reader))
        if (reader->has_head)
            take_card_line(reader);
    if (reader->wrong == NULL && reader->is_open)
        close_card(reader, _("has no END:VCARD"));
    if (reader->wrong == NULL && table_r->row_count == 0)
        reader->wrong = _("the file holds no vCard");
    drop_columns(reader);
    *remarks_r = reader->remarks;
    return reader->wrong;
}

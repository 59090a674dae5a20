// SPDX-License-Identifier: Apache-2.0
#include "vcard.h"

#include <string.h>
#include <utf8proc.h>

enum { LINE_OCTETS = 75 };

// Backslash, comma, semicolon and line break are escaped (RFC 2426, 4).
static const char *escape(struct arena *arena, const char *text)
{
    char *escaped = arena_alloc(arena, 2 * strlen(text) + 1), *to = escaped;
    for (; *text != '\0'; text++) {
        if (*text == '\r')
            continue;
        if (strchr("\\,;\n", *text) != NULL)
            *to++ = '\\';
        *to++ = *text == '\n' ? 'n' : *text;
    }
    *to = '\0';
    return escaped;
}

// One line, folded.
static const char *add(struct arena *arena, const char *card, const char *line)
{
    size_t room = LINE_OCTETS;
    while (strlen(line) > room) {
        size_t length = room;
        while (length > 1 && ((unsigned char)line[length] & 0xC0) == 0x80)
            length--;
        card = arena_printf(arena, "%s%.*s\r\n ", card, (int)length, line);
        line += length;
        room = LINE_OCTETS - 1; // the space that marks a continuation
    }
    return arena_printf(arena, "%s%s\r\n", card, line);
}

static const char *add_text(struct arena *arena, const char *card, const char *property, const char *text)
{
    if (*text == '\0')
        return card;
    return add(arena, card, arena_printf(arena, "%s:%s", property, escape(arena, text)));
}

// Bytes of the first character when it is a Chinese one, else 0.
static size_t chinese_character(const char *text)
{
    utf8proc_int32_t point;
    utf8proc_ssize_t size = utf8proc_iterate((const utf8proc_uint8_t *)text, -1, &point);
    bool is_chinese = size > 0 && ((point >= 0x4E00 && point <= 0x9FFF) || (point >= 0x3400 && point <= 0x4DBF) ||
                                   (point >= 0x20000 && point <= 0x3FFFF));
    return is_chinese ? (size_t)size : 0;
}

// Where the family name of a name of Chinese characters alone ends; 0 when it is another name.
static size_t chinese_family_name(const char *name)
{
    static const char *const doubles[] = {"欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙",
                                          "慕容", "令狐", "司徒", "司空", "夏侯", "长孙", "宇文", "端木"};
    size_t count = 0;
    for (const char *at = name; *at != '\0'; count++) {
        size_t size = chinese_character(at);
        if (size == 0)
            return 0;
        at += size;
    }
    for (size_t at = 0; count > 2 && at < sizeof doubles / sizeof doubles[0]; at++)
        if (strncmp(name, doubles[at], strlen(doubles[at])) == 0)
            return strlen(doubles[at]);
    return count > 1 && count < 5 ? chinese_character(name) : 0;
}

// N is family name; given name. Of a Chinese name the family name comes first, of others it is the last word.
static const char *name_parts(struct arena *arena, const char *name)
{
    size_t family = chinese_family_name(name);
    if (family > 0)
        return arena_printf(arena, "N:%.*s;%s;;;", (int)family, name, name + family);
    const char *first = strchr(name, ' '), *last = strrchr(name, ' ');
    if (first != NULL && chinese_character(name) > 0) { // written apart: 张 伟
        const char *word = arena_printf(arena, "%.*s", (int)(first - name), name);
        return arena_printf(arena, "N:%s;%s;;;", escape(arena, word), escape(arena, first + 1));
    }
    if (last == NULL)
        return arena_printf(arena, "N:%s;;;;", escape(arena, name));
    const char *given = arena_printf(arena, "%.*s", (int)(last - name), name);
    return arena_printf(arena, "N:%s;%s;;;", escape(arena, last + 1), escape(arena, given));
}

// A Chinese mobile number, with or without the country's code.
static bool is_mobile(const char *phone)
{
    char digits[32];
    size_t count = 0;
    for (; *phone != '\0' && count < sizeof digits - 1; phone++)
        if (*phone >= '0' && *phone <= '9')
            digits[count++] = *phone;
    digits[count] = '\0';
    const char *number = strncmp(digits, "86", 2) == 0 && count == 13 ? digits + 2 : digits;
    return strlen(number) == 11 && number[0] == '1' && number[1] >= '3';
}

static const Kam__V1__Position *present_position(const Kam__V1__Contact *contact)
{
    for (size_t at = 0; at < contact->n_positions; at++)
        if (contact->positions[at]->ended_on == NULL)
            return contact->positions[at];
    return NULL;
}

const char *vcard_of_contact(struct arena *arena, const Kam__V1__Contact *contact)
{
    const Kam__V1__Position *position = present_position(contact);
    const char *card = add(arena, "BEGIN:VCARD\r\n", "VERSION:3.0");
    card = add_text(arena, card, "FN", contact->name);
    card = add(arena, card, name_parts(arena, contact->name));
    for (size_t at = 0; at < contact->n_other_names; at++)
        card = add_text(arena, card, "NICKNAME", contact->other_names[at]);
    if (position != NULL) {
        const char *separator = *position->department == '\0' ? "" : ";";
        card = add(arena, card,
                   arena_printf(arena, "ORG:%s%s%s", escape(arena, position->account_name), separator,
                                escape(arena, position->department)));
        card = add_text(arena, card, "TITLE", position->title);
    }
    for (size_t at = 0; at < contact->n_phones; at++)
        card = add_text(arena, card, is_mobile(contact->phones[at]) ? "TEL;TYPE=CELL" : "TEL;TYPE=WORK,VOICE",
                        contact->phones[at]);
    for (size_t at = 0; at < contact->n_emails; at++)
        card = add_text(arena, card, "EMAIL;TYPE=INTERNET", contact->emails[at]);
    for (size_t at = 0; at < contact->n_messaging_ids; at++)
        card = add_text(arena, card, "X-KAM-MESSAGING-ID", contact->messaging_ids[at]);
    if (*contact->id != '\0')
        card = add_text(arena, card, "UID", arena_printf(arena, "urn:uuid:%s", contact->id));
    return add(arena, card, "END:VCARD");
}

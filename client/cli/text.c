// SPDX-License-Identifier: Apache-2.0
#include "text.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

enum { ESCAPE_BYTES = 12, WORD_BYTES = 48 };

static const char ellipsis[] = "\u2026";

// A code point and its bytes; -1 for a byte that is not UTF-8.
static size_t next_point(const char *text, utf8proc_int32_t *point_r)
{
    utf8proc_ssize_t size = utf8proc_iterate((const utf8proc_uint8_t *)text, -1, point_r);
    if (size > 0)
        return (size_t)size;
    *point_r = -1;
    return 1;
}

// Characters that act on the terminal or on the order of what is shown, rather than being shown.
static bool is_hostile(utf8proc_int32_t point)
{
    return point < 0x20 || (point >= 0x7f && point < 0xa0) || (point >= 0x202a && point <= 0x202e) ||
           (point >= 0x2066 && point <= 0x2069) || point == 0x2028 || point == 0x2029 || point == 0xfeff;
}

char *text_clean(struct arena *arena, const char *text, bool keep_lines)
{
    // Nothing grows by more than ESCAPE_BYTES; most texts need no change and are measured first.
    size_t extra = 0;
    utf8proc_int32_t point;
    for (const char *at = text; *at != '\0'; at += next_point(at, &point)) {
        next_point(at, &point);
        extra += is_hostile(point) ? ESCAPE_BYTES : 0;
    }
    char *clean = arena_alloc(arena, strlen(text) + extra + 1);
    char *out = clean;
    while (*text != '\0') {
        size_t size = next_point(text, &point);
        if (!is_hostile(point)) {
            memcpy(out, text, size);
            out += size;
        } else if (point == '\n' || point == '\t') {
            *out++ = keep_lines && point == '\n' ? '\n' : ' ';
        } else if (point == '\r' && text[1] == '\n') {
            // the line break that follows says it all
        } else if (point < 0x100) {
            out += snprintf(out, ESCAPE_BYTES, "\\x%02x", point < 0 ? (unsigned char)*text : (unsigned)point);
        } else {
            out += snprintf(out, ESCAPE_BYTES, "\\u%04x", (unsigned)point);
        }
        text += size;
    }
    *out = '\0';
    return clean;
}

const char *text_fold(struct arena *arena, const char *text)
{
    utf8proc_uint8_t *folded = NULL;
    utf8proc_ssize_t size =
        utf8proc_map((const utf8proc_uint8_t *)text, 0, &folded,
                     UTF8PROC_NULLTERM | UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD);
    const char *copy = size < 0 ? arena_strdup(arena, text) : arena_copy(arena, folded, (size_t)size);
    free(folded);
    return copy;
}

// The first grapheme: its bytes and columns.
static size_t next_grapheme(const char *text, size_t *width_r)
{
    utf8proc_int32_t point, next, state = 0;
    size_t size = next_point(text, &point);
    int width = point < 0 ? 1 : utf8proc_charwidth(point);
    while (text[size] != '\0') {
        size_t step = next_point(text + size, &next);
        if (point < 0 || next < 0 || utf8proc_grapheme_break_stateful(point, next, &state))
            break;
        int wider = next == 0xfe0f ? 2 : utf8proc_charwidth(next); // U+FE0F asks for the emoji form
        width = wider > width ? wider : width;
        point = next;
        size += step;
    }
    *width_r = width > 2 ? 2 : (size_t)(width < 0 ? 0 : width);
    return size;
}

size_t text_width(const char *text)
{
    size_t total = 0, width;
    while (*text != '\0') {
        text += next_grapheme(text, &width);
        total += width;
    }
    return total;
}

const char *text_cut(struct arena *arena, const char *text, size_t width)
{
    if (text_width(text) <= width)
        return text;
    size_t used = 0, total = 0, step_width;
    while (text[used] != '\0' && width > 0) {
        size_t size = next_grapheme(text + used, &step_width);
        if (total + step_width > width - 1)
            break;
        used += size;
        total += step_width;
    }
    return arena_printf(arena, "%.*s%s", (int)used, text, width > 0 ? ellipsis : "");
}

// No line begins with one of these.
static bool is_closing(const char *text)
{
    static const char *const marks[] = {"，", "。", "、", "；", "：", "？", "！", "）",
                                        "》", "」", "』", "】", "…",  "”",  "’"};
    for (size_t at = 0; at < sizeof marks / sizeof marks[0]; at++)
        if (strncmp(text, marks[at], strlen(marks[at])) == 0)
            return true;
    return false;
}

size_t text_fit_line(const char *text, size_t width)
{
    size_t used = 0, total = 0, step_width, last_space = 0;
    while (text[used] != '\0' && text[used] != '\n') {
        size_t size = next_grapheme(text + used, &step_width);
        if (total + step_width > width && used > 0)
            return last_space > 0 ? last_space : used;
        // After a wide (Chinese) character a line may end.
        if (text[used] == ' ')
            last_space = used + 1;
        else if (step_width == 2 && !is_closing(text + used + size))
            last_space = used + size;
        used += size;
        total += step_width;
    }
    return used;
}

bool text_is_utf8(const char *text, size_t length)
{
    for (size_t at = 0; at < length;) {
        utf8proc_int32_t point;
        utf8proc_ssize_t size =
            utf8proc_iterate((const utf8proc_uint8_t *)text + at, (utf8proc_ssize_t)(length - at), &point);
        if (size <= 0)
            return false;
        at += (size_t)size;
    }
    return true;
}

const char *text_make_utf8(struct arena *arena, const char *text)
{
    return text_is_utf8(text, strlen(text)) ? text : text_clean(arena, text, true);
}

size_t text_distance(const char *left, const char *right, size_t limit)
{
    size_t left_length = strlen(left), right_length = strlen(right);
    if (left_length >= WORD_BYTES || right_length >= WORD_BYTES)
        return limit;
    // Optimal string alignment, three rows.
    size_t rows[3][WORD_BYTES];
    for (size_t at = 0; at <= right_length; at++)
        rows[0][at] = at;
    for (size_t i = 1; i <= left_length; i++) {
        size_t *row = rows[i % 3], *above = rows[(i - 1) % 3], *two_above = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= right_length; j++) {
            size_t best = above[j - 1] + (left[i - 1] != right[j - 1]);
            best = above[j] + 1 < best ? above[j] + 1 : best;
            best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            bool is_swap = i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1];
            if (is_swap && two_above[j - 2] + 1 < best)
                best = two_above[j - 2] + 1;
            row[j] = best;
        }
    }
    size_t distance = rows[left_length % 3][right_length];
    return distance < limit ? distance : limit;
}

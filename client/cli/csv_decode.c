// SPDX-License-Identifier: Apache-2.0
#include "csv_decode.h"

#include <iconv.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "language.h"
#include "text.h"

enum { CHINESE_PERCENT = 80 };

// Every byte of the encodings we meet becomes at most four bytes of UTF-8.
static const char *convert(struct arena *arena, const char *encoding, const char **text, size_t *length)
{
    iconv_t converter = iconv_open("UTF-8", encoding);
    if (converter == (iconv_t)-1)
        return arena_printf(arena, _("there is no encoding called '%s'; try GBK or UTF-8"), encoding);
    size_t room = 4 * *length + 16, left = room, rest = *length;
    char *converted = malloc(room);
    if (converted == NULL)
        abort();
    char *in = (char *)(uintptr_t)*text, *out = converted;
    bool is_done = iconv(converter, &in, &rest, &out, &left) != (size_t)-1 &&
                   iconv(converter, NULL, NULL, &out, &left) != (size_t)-1;
    iconv_close(converter);
    size_t lines = 1;
    for (const char *at = *text; at < in; at++)
        lines += *at == '\n';
    if (is_done) {
        *length = room - left;
        *text = arena_copy(arena, converted, *length);
    }
    free(converted);
    return is_done ? NULL : arena_printf(arena, _("line %zu is not %s"), lines, encoding);
}

static bool starts_with(const char *bytes, size_t length, const char *mark, size_t mark_length)
{
    return length >= mark_length && memcmp(bytes, mark, mark_length) == 0;
}

// Letters of Western European encodings can be read as rare Chinese characters. Files of Chinese people hold those that
// GB 2312 puts first: its 3755 most common ones and its punctuation.
static bool is_chinese(const char *bytes, size_t length)
{
    size_t pairs = 0, common = 0;
    for (size_t at = 0; at < length; at++) {
        unsigned char lead = (unsigned char)bytes[at];
        if (lead < 0x81 || at + 1 == length)
            continue;
        unsigned char trail = (unsigned char)bytes[++at];
        pairs++;
        common += trail >= 0xa1 && ((lead >= 0xb0 && lead <= 0xd7) || (lead >= 0xa1 && lead <= 0xa3));
    }
    return pairs > 0 && common * 100 >= pairs * CHINESE_PERCENT;
}

const char *csv_decode(struct arena *arena, const char *encoding, const char **bytes, size_t *length,
                       const char **encoding_r)
{
    bool has_mark = starts_with(*bytes, *length, "\xef\xbb\xbf", 3);
    const char *found = encoding;
    if (encoding != NULL && (strcasecmp(encoding, "UTF-8") == 0 || strcasecmp(encoding, "UTF8") == 0))
        found = "UTF-8";
    else if (encoding != NULL)
        has_mark = false;
    else if (has_mark)
        found = "UTF-8";
    else if (starts_with(*bytes, *length, "\xff\xfe", 2) || starts_with(*bytes, *length, "\xfe\xff", 2))
        found = "UTF-16"; // iconv reads the mark
    else if (text_is_utf8(*bytes, *length) || memchr(*bytes, '\0', *length) != NULL)
        found = "UTF-8";
    else if (is_chinese(*bytes, *length))
        found = "GB18030";
    else
        return _(
            "the file is neither UTF-8 nor Chinese as spreadsheets write it: name its encoding with --encoding, for "
            "example --encoding GBK or --encoding WINDOWS-1252");
    *encoding_r = found;
    const char *wrong = NULL;
    if (has_mark)
        *bytes += 3, *length -= 3;
    if (strcmp(found, "UTF-8") != 0)
        wrong = convert(arena, found, bytes, length);
    if (wrong == NULL && starts_with(*bytes, *length, "\xef\xbb\xbf", 3))
        *bytes += 3, *length -= 3;
    if (wrong == NULL && !text_is_utf8(*bytes, *length))
        wrong = _("the file is not UTF-8; Chinese spreadsheets often write GBK: try --encoding GBK");
    if (wrong == NULL && memchr(*bytes, '\0', *length) != NULL)
        wrong = _("the file holds a NUL byte: it is not CSV (a spreadsheet saved as XLSX?)");
    return wrong;
}

// SPDX-License-Identifier: Apache-2.0
// Text forms of header fields: see headers.h.
#include "rpc/headers.h"

#include <string.h>

bool rpc_timeout_parse(const char *text, uint64_t *milliseconds_r)
{
    enum { DIGITS_MAX = 8 };
    uint64_t value = 0;
    size_t digits = 0;
    while (text[digits] >= '0' && text[digits] <= '9' && digits <= DIGITS_MAX) {
        value = value * 10 + (uint64_t)(text[digits] - '0');
        digits++;
    }
    if (digits == 0 || digits > DIGITS_MAX || text[digits] == '\0' || text[digits + 1] != '\0')
        return false;
    switch (text[digits]) {
    case 'H':
        *milliseconds_r = value * 3600 * 1000;
        return true;
    case 'M':
        *milliseconds_r = value * 60 * 1000;
        return true;
    case 'S':
        *milliseconds_r = value * 1000;
        return true;
    case 'm':
        *milliseconds_r = value;
        return true;
    case 'u':
        *milliseconds_r = (value + 999) / 1000;
        return true;
    case 'n':
        *milliseconds_r = (value + 999999) / 1000000;
        return true;
    default:
        return false;
    }
}

bool rpc_content_type_is_grpc(const char *text)
{
    static const char TYPE[] = "application/grpc";
    static const char FORMAT[] = "+proto";
    if (strncmp(text, TYPE, sizeof TYPE - 1) != 0)
        return false;
    text += sizeof TYPE - 1;
    if (strncmp(text, FORMAT, sizeof FORMAT - 1) == 0)
        text += sizeof FORMAT - 1;
    return *text == '\0' || *text == ';' || *text == ' ';
}

char *rpc_percent_encode(struct arena *arena, const char *text)
{
    static const char DIGITS[] = "0123456789ABCDEF";
    char *encoded = arena_alloc(arena, strlen(text) * 3 + 1);
    char *to = encoded;
    for (const char *from = text; *from != '\0'; from++) {
        unsigned char byte = (unsigned char)*from;
        if (byte >= 0x20 && byte <= 0x7E && byte != '%') {
            *to++ = (char)byte;
        } else {
            *to++ = '%';
            *to++ = DIGITS[byte >> 4];
            *to++ = DIGITS[byte & 15];
        }
    }
    *to = '\0';
    return encoded;
}

static const char ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

char *rpc_base64_encode(struct arena *arena, const void *bytes, size_t length)
{
    const uint8_t *from = bytes;
    char *encoded = arena_alloc(arena, (length + 2) / 3 * 4 + 1);
    char *to = encoded;
    uint32_t bits = 0;
    unsigned count = 0;
    for (size_t at = 0; at < length; at++) {
        bits = bits << 8 | from[at];
        for (count += 8; count >= 6; count -= 6)
            *to++ = ALPHABET[bits >> (count - 6) & 63];
    }
    if (count > 0)
        *to++ = ALPHABET[bits << (6 - count) & 63];
    *to = '\0';
    return encoded;
}

static int letter_value(char letter)
{
    if (letter >= 'A' && letter <= 'Z')
        return letter - 'A';
    if (letter >= 'a' && letter <= 'z')
        return letter - 'a' + 26;
    if (letter >= '0' && letter <= '9')
        return letter - '0' + 52;
    return letter == '+' ? 62 : letter == '/' ? 63 : -1;
}

uint8_t *rpc_base64_decode(struct arena *arena, const char *text, size_t *length_r)
{
    size_t length = strlen(text);
    size_t padding = 0;
    while (padding < 2 && length > 0 && text[length - 1] == '=') {
        padding++;
        length--;
    }
    if (length % 4 == 1 || (padding > 0 && (length + padding) % 4 != 0))
        return NULL;
    uint8_t *decoded = arena_alloc(arena, length / 4 * 3 + 4);
    size_t filled = 0;
    uint32_t bits = 0;
    unsigned count = 0;
    for (size_t at = 0; at < length; at++) {
        int value = letter_value(text[at]);
        if (value < 0)
            return NULL;
        bits = bits << 6 | (uint32_t)value;
        count += 6;
        if (count >= 8) {
            count -= 8;
            decoded[filled++] = (uint8_t)(bits >> count);
        }
    }
    *length_r = filled;
    return decoded;
}

// SPDX-License-Identifier: Apache-2.0
// Forms of text: see format.h.
#include "base/format.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/uuid.h"

enum { LOGIN_BYTES_MIN = 2, LOGIN_BYTES_MAX = 40, PASSWORD_BYTES_MIN = 10, CURRENCY_BYTES = 3 };

// C0 and C1 control characters, DEL, and the two separators that Unicode has as line breaks; allowed may make
// exceptions of ASCII.
static bool has_control(const char *text, const char *allowed)
{
    for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++) {
        if ((*at < 0x20 || *at == 0x7F) && strchr(allowed, *at) == NULL)
            return true;
        if (at[0] == 0xC2 && at[1] >= 0x80 && at[1] < 0xA0)
            return true;
        if (*allowed == '\0' && at[0] == 0xE2 && at[1] == 0x80 && (at[2] == 0xA8 || at[2] == 0xA9))
            return true;
    }
    return false;
}

static bool is_email(const char *text)
{
    const char *at = strchr(text, '@');
    return at != NULL && at != text && at[1] != '\0' && strchr(at + 1, '@') == NULL &&
           strpbrk(text, " \t,;<>\"") == NULL && !has_control(text, "");
}

static bool is_url(const char *text)
{
    size_t scheme = strncasecmp(text, "https://", 8) == 0 ? 8 : strncasecmp(text, "http://", 7) == 0 ? 7 : 0;
    return scheme > 0 && text[scheme] != '\0' && text[scheme] != '/' && strpbrk(text, " \t\"<>\\^`{|}") == NULL &&
           !has_control(text, "");
}

static bool is_phone(const char *text)
{
    return text[strspn(text, "0123456789 +-().#/x")] == '\0' && strpbrk(text, "0123456789") != NULL;
}

static bool is_login(const char *text)
{
    size_t length = strlen(text);
    return length >= LOGIN_BYTES_MIN && length <= LOGIN_BYTES_MAX && text[0] >= 'a' && text[0] <= 'z' &&
           strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789._-") == length;
}

static bool is_currency(const char *text)
{
    return strlen(text) == CURRENCY_BYTES && strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == CURRENCY_BYTES;
}

const char *format_check(enum contract_format format, const char *text)
{
    uint8_t uuid[UUID_BYTES];
    switch (format) {
    case CONTRACT_FORMAT_PERCENT: // of numbers
    case CONTRACT_FORMAT_TEXT:
        return has_control(text, "") ? "must be one line without control characters" : NULL;
    case CONTRACT_FORMAT_LONG_TEXT:
        return has_control(text, "\t\n\r") ? "must have no control characters except line breaks and tabs" : NULL;
    case CONTRACT_FORMAT_UUID:
        return uuid_parse(text, uuid) ? NULL
                                      : "must be a UUID, 36 characters such as 0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b";
    case CONTRACT_FORMAT_EMAIL:
        return is_email(text) ? NULL : "must be an e-mail address, such as name@example.com";
    case CONTRACT_FORMAT_URL:
        return is_url(text) ? NULL : "must be a web address that begins with http:// or https://";
    case CONTRACT_FORMAT_PHONE:
        return is_phone(text) ? NULL : "must be a telephone number: digits, spaces and + - ( ) . / # x";
    case CONTRACT_FORMAT_LOGIN:
        return is_login(text) ? NULL : "must be 2 to 40 of a-z 0-9 . _ - and start with a letter";
    case CONTRACT_FORMAT_PASSWORD:
        return strlen(text) >= PASSWORD_BYTES_MIN ? NULL : "must have at least 10 characters";
    case CONTRACT_FORMAT_CURRENCY:
        return is_currency(text) ? NULL
                                 : "must be an ISO 4217 currency code: three capital letters, such as CNY or EUR";
    }
    return NULL;
}

// SPDX-License-Identifier: Apache-2.0
// UUIDs: see uuid.h.
#include "base/uuid.h"

#include <sodium.h>
#include <string.h>
#include <time.h>

void uuid_make(uint8_t uuid_r[UUID_BYTES])
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t milliseconds = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
    randombytes_buf(uuid_r, UUID_BYTES);
    for (int at = 0; at < 6; at++)
        uuid_r[at] = (uint8_t)(milliseconds >> (40 - 8 * at));
    uuid_r[6] = (uint8_t)((uuid_r[6] & 0x0F) | 0x70);
    uuid_r[8] = (uint8_t)((uuid_r[8] & 0x3F) | 0x80);
}

static bool is_dash_position(int at)
{
    return at == 8 || at == 13 || at == 18 || at == 23;
}

void uuid_format(const uint8_t uuid[UUID_BYTES], char text_r[UUID_TEXT_BYTES])
{
    static const char DIGITS[] = "0123456789abcdef";
    int to = 0;
    for (int at = 0; at < UUID_BYTES; at++) {
        if (is_dash_position(to))
            text_r[to++] = '-';
        text_r[to++] = DIGITS[uuid[at] >> 4];
        text_r[to++] = DIGITS[uuid[at] & 15];
    }
    text_r[to] = '\0';
}

static int digit_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F')
        return digit - 'A' + 10;
    return -1;
}

bool uuid_parse(const char *text, uint8_t uuid_r[UUID_BYTES])
{
    uint8_t parsed[UUID_BYTES] = {0};
    int nibble = 0;
    for (int at = 0; at < UUID_TEXT_BYTES - 1; at++) {
        if (is_dash_position(at)) {
            if (text[at] != '-')
                return false;
            continue;
        }
        int value = digit_value(text[at]);
        if (value < 0)
            return false;
        parsed[nibble / 2] = (uint8_t)(parsed[nibble / 2] << 4 | value);
        nibble++;
    }
    if (text[UUID_TEXT_BYTES - 1] != '\0')
        return false;
    memcpy(uuid_r, parsed, UUID_BYTES);
    return true;
}

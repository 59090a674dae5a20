// SPDX-License-Identifier: Apache-2.0
// Times and names of protobuf's JSON mapping.
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "json.h"

enum { SECONDS_PER_DAY = 86400 };

void json_field_name(const char *name, char *text_r)
{
    for (; *name != '\0'; name++)
        *text_r++ = *name == '_' && name[1] != '\0' ? (char)toupper((unsigned char)*++name) : *name;
    *text_r = '\0';
}

// Howard Hinnant's days_from_civil: years begin in March, so that the leap day is the last of its year.
int64_t json_days_of_date(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

bool json_is_date(int64_t year, int month, int day)
{
    static const int longest[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return year >= 1 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 &&
           day <= longest[month - 1] + (month == 2 && is_leap);
}

void json_format_timestamp(int64_t seconds, int32_t nanos, char text_r[JSON_TIMESTAMP_BYTES])
{
    int64_t days = seconds / SECONDS_PER_DAY - (seconds % SECONDS_PER_DAY < 0);
    int64_t rest = seconds % SECONDS_PER_DAY + (seconds % SECONDS_PER_DAY < 0 ? SECONDS_PER_DAY : 0);
    int64_t shifted = days + 719468;
    int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    int64_t day_of_era = shifted - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted_month = (5 * day_of_year + 2) / 153;
    int day = (int)(day_of_year - (153 * shifted_month + 2) / 5 + 1);
    int month = (int)(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
    int64_t year = year_of_era + era * 400 + (month <= 2);
    int length = snprintf(text_r, JSON_TIMESTAMP_BYTES, "%04lld-%02d-%02dT%02d:%02d:%02d", (long long)(year % 10000),
                          month, day, (int)(rest / 3600), (int)(rest / 60 % 60), (int)(rest % 60));
    char fraction[16] = "";
    if (nanos > 0 && nanos < 1000000000) {
        snprintf(fraction, sizeof fraction, ".%09d", nanos);
        // 3, 6 or 9 digits, as the mapping wants.
        for (size_t size = 10; size > 4 && strcmp(fraction + size - 3, "000") == 0; size -= 3)
            fraction[size - 3] = '\0';
    }
    snprintf(text_r + length, (size_t)(JSON_TIMESTAMP_BYTES - length), "%sZ", fraction);
}

static bool read_number(const char **text, int digits, int *number_r)
{
    *number_r = 0;
    for (int at = 0; at < digits; at++) {
        char digit = (*text)[at];
        if (digit < '0' || digit > '9')
            return false;
        *number_r = *number_r * 10 + digit - '0';
    }
    *text += digits;
    return true;
}

static bool read_mark(const char **text, const char *marks)
{
    if (**text == '\0' || strchr(marks, **text) == NULL)
        return false;
    (*text)++;
    return true;
}

bool json_parse_timestamp(const char *text, int64_t *seconds_r, int32_t *nanos_r)
{
    int year, month, day, hour, minute, second, offset_hour = 0, offset_minute = 0;
    if (!read_number(&text, 4, &year) || !read_mark(&text, "-") || !read_number(&text, 2, &month) ||
        !read_mark(&text, "-") || !read_number(&text, 2, &day) || !read_mark(&text, "Tt ") ||
        !read_number(&text, 2, &hour) || !read_mark(&text, ":") || !read_number(&text, 2, &minute) ||
        !read_mark(&text, ":") || !read_number(&text, 2, &second))
        return false;
    int32_t nanos = 0;
    if (read_mark(&text, ".")) {
        int32_t scale = 100000000;
        if (!isdigit((unsigned char)*text))
            return false;
        for (; isdigit((unsigned char)*text); text++, scale /= 10)
            nanos += (*text - '0') * scale;
    }
    int sign = *text == '-' ? -1 : 1;
    if (!read_mark(&text, "Zz") && (!read_mark(&text, "+-") || !read_number(&text, 2, &offset_hour) ||
                                    !read_mark(&text, ":") || !read_number(&text, 2, &offset_minute)))
        return false;
    bool is_valid = *text == '\0' && json_is_date(year, month, day) && hour < 24 && minute < 60 && second < 60 &&
                    offset_hour < 24 && offset_minute < 60;
    if (!is_valid)
        return false;
    *seconds_r = json_days_of_date(year, month, day) * SECONDS_PER_DAY + hour * 3600 + minute * 60 + second -
                 sign * (offset_hour * 3600 + offset_minute * 60);
    *nanos_r = nanos;
    return true;
}

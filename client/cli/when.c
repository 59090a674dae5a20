// SPDX-License-Identifier: Apache-2.0
#include "when.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "json.h"

enum { DEFAULT_HOUR = 9 };

struct day_word {
    const char *word;
    int days;
};

static const struct day_word day_words[] = {
    {"today", 0}, {"tomorrow", 1}, {"yesterday", -1}, {"今天", 0}, {"明天", 1}, {"后天", 2}, {"昨天", -1}, {"前天", -2},
};
static const char *const weekdays[] = {"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"};

static void skip_spaces(const char **text)
{
    while (**text == ' ')
        (*text)++;
}

static bool take_word(const char **text, const char *word)
{
    size_t length = strlen(word);
    if (strncasecmp(*text, word, length) != 0)
        return false;
    char after = (*text)[length];
    bool is_whole = after == '\0' || after == ' ' || (signed char)*word < 0;
    if (is_whole)
        *text += length;
    return is_whole;
}

static bool take_weekday(const char **text, int *weekday_r)
{
    for (int at = 0; at < 7; at++) {
        char brief[4];
        snprintf(brief, sizeof brief, "%.3s", weekdays[at]);
        if (take_word(text, weekdays[at]) || take_word(text, brief)) {
            *weekday_r = at;
            return true;
        }
    }
    return false;
}

static bool take_date(const char **text, struct tm *day)
{
    int year, month, date, used = 0;
    bool is_read = (sscanf(*text, "%4d-%2d-%2d%n", &year, &month, &date, &used) == 3 && used > 0) ||
                   (sscanf(*text, "%4d/%2d/%2d%n", &year, &month, &date, &used) == 3 && used > 0) ||
                   (sscanf(*text, "%4d年%2d月%2d日%n", &year, &month, &date, &used) == 3 && used > 0);
    if (!is_read || !json_is_date(year, month, date))
        return false;
    *text += used;
    day->tm_year = year - 1900;
    day->tm_mon = month - 1;
    day->tm_mday = date;
    return true;
}

static bool take_clock(const char **text, struct tm *day)
{
    int hour, minute, second = 0, used = 0;
    if (sscanf(*text, "%2d:%2d%n", &hour, &minute, &used) != 2 || used == 0 || hour < 0 || hour > 23 || minute < 0 ||
        minute > 59)
        return false;
    *text += used;
    used = 0;
    if (sscanf(*text, ":%2d%n", &second, &used) == 1 && (second < 0 || second > 59))
        return false;
    *text += used;
    day->tm_hour = hour;
    day->tm_min = minute;
    day->tm_sec = second;
    return true;
}

// "3 days", "2 hours", "30 minutes", "1 week". is_days_r: whole days, so that an hour may follow.
static bool take_span(const char **text, struct tm *day, bool *is_days_r)
{
    int count, used = 0;
    if (sscanf(*text, "%5d %n", &count, &used) != 1 || count < 0)
        return false;
    *text += used;
    *is_days_r = strncasecmp(*text, "day", 3) == 0 || strncasecmp(*text, "week", 4) == 0;
    if (take_word(text, "minutes") || take_word(text, "minute") || take_word(text, "min"))
        day->tm_min += count;
    else if (take_word(text, "hours") || take_word(text, "hour"))
        day->tm_hour += count;
    else if (take_word(text, "days") || take_word(text, "day"))
        day->tm_mday += count;
    else if (take_word(text, "weeks") || take_word(text, "week"))
        day->tm_mday += 7 * count;
    else
        return false;
    return true;
}

static bool take_day(const char **text, struct tm *day)
{
    int weekday;
    for (size_t at = 0; at < sizeof day_words / sizeof day_words[0]; at++)
        if (take_word(text, day_words[at].word)) {
            day->tm_mday += day_words[at].days;
            return true;
        }
    if (take_weekday(text, &weekday)) {
        int days = (weekday - day->tm_wday + 7) % 7;
        day->tm_mday += days == 0 ? 7 : days;
        return true;
    }
    return take_date(text, day);
}

bool when_parse_time(const char *text, time_t now, int64_t *seconds_r, int32_t *nanos_r)
{
    if (json_parse_timestamp(text, seconds_r, nanos_r))
        return true;
    struct tm day;
    localtime_r(&now, &day);
    skip_spaces(&text);
    bool is_exact = take_word(&text, "now"), has_day = false;
    if (!is_exact && take_word(&text, "in")) {
        skip_spaces(&text);
        if (!take_span(&text, &day, &has_day))
            return false;
        is_exact = !has_day;
    }
    if (!is_exact) {
        has_day = has_day || take_day(&text, &day);
        skip_spaces(&text);
        if (*text == 'T')
            text++;
        day.tm_hour = DEFAULT_HOUR;
        day.tm_min = day.tm_sec = 0;
        if (!take_clock(&text, &day) && !has_day)
            return false;
    }
    skip_spaces(&text);
    if (*text != '\0')
        return false;
    day.tm_isdst = -1;
    *seconds_r = mktime(&day);
    *nanos_r = 0;
    return true;
}

bool when_parse_date(const char *text, time_t now, int *year_r, int *month_r, int *day_r)
{
    struct tm day;
    int year, used = 0;
    localtime_r(&now, &day);
    skip_spaces(&text);
    if (sscanf(text, "%4d%n", &year, &used) == 1 && used == 4 && text[used] == '\0' && year > 0) {
        *year_r = year;
        *month_r = *day_r = 1;
        return true;
    }
    if (!take_day(&text, &day))
        return false;
    skip_spaces(&text);
    day.tm_hour = 12;
    day.tm_isdst = -1;
    if (*text != '\0' || mktime(&day) == (time_t)-1)
        return false;
    *year_r = day.tm_year + 1900;
    *month_r = day.tm_mon + 1;
    *day_r = day.tm_mday;
    return true;
}

void when_use_zone(const char *zone)
{
    char path[256];
    const char *chosen = getenv("TZ");
    if ((chosen != NULL && *chosen != '\0') || *zone == '\0' || strstr(zone, "..") != NULL || *zone == '/')
        return;
    snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", zone);
    if (access(path, R_OK) != 0)
        return;
    setenv("TZ", zone, 1);
    tzset();
}

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

struct unit {
    const char *word;
    int minutes, days, months;
};

static const struct unit units[] = {
    {"minutes", 1, 0, 0}, {"minute", 1, 0, 0}, {"min", 1, 0, 0},    {"hours", 60, 0, 0}, {"hour", 60, 0, 0},
    {"h", 60, 0, 0},      {"days", 0, 1, 0},   {"day", 0, 1, 0},    {"d", 0, 1, 0},      {"weeks", 0, 7, 0},
    {"week", 0, 7, 0},    {"w", 0, 7, 0},      {"months", 0, 0, 1}, {"month", 0, 0, 1},  {"分钟", 1, 0, 0},
    {"小时", 60, 0, 0},   {"天", 0, 1, 0},     {"日", 0, 1, 0},     {"周", 0, 7, 0},     {"星期", 0, 7, 0},
    {"个星期", 0, 7, 0},  {"个月", 0, 0, 1},
};

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

// 周五, 星期五: the next one; 下周五: that of the next week, which begins on Monday.
static bool take_chinese_weekday(const char **text, int today, int *days_r)
{
    static const char *const names[] = {"日", "一", "二", "三", "四", "五", "六"};
    const char *at = *text;
    bool is_of_next_week = take_word(&at, "下");
    if (!take_word(&at, "周") && !take_word(&at, "星期"))
        return false;
    for (int day = 0; day < 7; day++) {
        if (!take_word(&at, names[day]) && !(day == 0 && take_word(&at, "天")))
            continue;
        *days_r = is_of_next_week ? 7 - (today + 6) % 7 + (day + 6) % 7 : (day - today + 6) % 7 + 1;
        *text = at;
        return true;
    }
    return false;
}

// How many days it is to the next one.
static bool take_weekday(const char **text, int today, int *days_r)
{
    for (int at = 0; at < 7; at++) {
        char brief[4];
        snprintf(brief, sizeof brief, "%.3s", weekdays[at]);
        if (take_word(text, weekdays[at]) || take_word(text, brief)) {
            *days_r = (at - today + 6) % 7 + 1;
            return true;
        }
    }
    return take_chinese_weekday(text, today, days_r);
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

static const struct unit *take_unit(const char **text)
{
    for (size_t at = 0; at < sizeof units / sizeof units[0]; at++)
        if (take_word(text, units[at].word))
            return &units[at];
    return NULL;
}

static bool take_any(const char **text, const char *const words[])
{
    for (; *words != NULL; words++)
        if (take_word(text, *words))
            return true;
    return false;
}

// So many months on, the same day or the last one of a month that is shorter.
static void add_months(struct tm *day, int months)
{
    day->tm_mon += months;
    int years = day->tm_mon >= 0 ? day->tm_mon / 12 : -((11 - day->tm_mon) / 12);
    day->tm_year += years;
    day->tm_mon -= 12 * years;
    while (day->tm_mday > 28 && !json_is_date(day->tm_year + 1900, day->tm_mon + 1, day->tm_mday))
        day->tm_mday--;
}

// "in 3 days", "+3d", "-2w", "3 days ago", "3天后". is_days_r: whole days, so that an hour may follow.
static bool take_span(const char **text, struct tm *day, bool *is_days_r)
{
    static const char *const before[] = {"ago", "以前", "之前", "前", NULL}, *const after[] = {"以后", "之后", "后",
                                                                                               NULL};
    const char *at = *text;
    int sign = 0, count, used = 0;
    if (take_word(&at, "in"))
        sign = 1;
    else if (*at == '+' || *at == '-')
        sign = *at++ == '+' ? 1 : -1;
    skip_spaces(&at);
    if (*at < '0' || *at > '9' || sscanf(at, "%4d%n", &count, &used) != 1)
        return false;
    at += used;
    skip_spaces(&at);
    const struct unit *unit = take_unit(&at);
    if (unit == NULL)
        return false;
    if (sign == 0) {
        skip_spaces(&at);
        sign = take_any(&at, before) ? -1 : take_any(&at, after) ? 1 : 0;
        if (sign == 0)
            return false;
    }
    day->tm_min += sign * count * unit->minutes;
    day->tm_mday += sign * count * unit->days;
    if (unit->months != 0)
        add_months(day, sign * count);
    *is_days_r = unit->minutes == 0;
    *text = at;
    return true;
}

static bool take_day(const char **text, struct tm *day)
{
    int days;
    for (size_t at = 0; at < sizeof day_words / sizeof day_words[0]; at++)
        if (take_word(text, day_words[at].word)) {
            day->tm_mday += day_words[at].days;
            return true;
        }
    if (take_weekday(text, day->tm_wday, &days)) {
        day->tm_mday += days;
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
    if (!is_exact && take_span(&text, &day, &has_day))
        is_exact = !has_day;
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
    bool is_days = true;
    if ((!take_span(&text, &day, &is_days) && !take_day(&text, &day)) || !is_days)
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

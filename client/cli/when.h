// SPDX-License-Identifier: Apache-2.0
// Times and dates as people write them.
#ifndef KAM_CLI_WHEN_H
#define KAM_CLI_WHEN_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

// "now", "today", "tomorrow 9:00", "yesterday 16:30", "monday 10:00" (the next one), "in 3 days", "in 2 days 14:00",
// "in 2 hours", "14:30" (today), "2026-11-21", "2026-11-21 14:30", "2026-11-21T14:30:00+08:00"; Chinese: 今天 明天 后天
// 昨天. In the process's time zone (TZ). A day without an hour is at 9:00. `now` is the time that relative ones count
// from.
bool when_parse_time(const char *text, time_t now, int64_t *seconds_r, int32_t *nanos_r);

// "2026-11-21", "2026/11/21", "today", "tomorrow", "yesterday", "1998" (its first day, where only the year is known).
bool when_parse_date(const char *text, time_t now, int *year_r, int *month_r, int *day_r);

// Uses this IANA time zone from now on, unless the environment's TZ says otherwise or the system does not know it.
void when_use_zone(const char *zone);

#endif

// SPDX-License-Identifier: Apache-2.0
// Times and dates as people write them.
#ifndef KAM_CLI_WHEN_H
#define KAM_CLI_WHEN_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

// "now", "today", "tomorrow 9:00", "yesterday 16:30", "monday 10:00" (the next one), "in 3 days", "in 2 days 14:00",
// "in 2 hours", "+3d", "+2h", "-30min", "3 days ago", "14:30" (today), "2026-11-21", "2026-11-21 14:30",
// "2026-11-21T14:30:00+08:00"; Chinese: 今天 明天 后天 昨天 周五 下周五 3天后 2小时后. In the process's time zone (TZ).
// A day without an hour is at 9:00. `now` is the time that relative ones count from.
bool when_parse_time(const char *text, time_t now, int64_t *seconds_r, int32_t *nanos_r);

// "2026-11-21", "2026/11/21", "2026年11月21日", "1998" (its first day, where only the year is known), and the days of
// when_parse_time(): "today", "friday", "in 3 days", "+2w", "in 2 months", "3 days ago", 下周五, 3天后.
bool when_parse_date(const char *text, time_t now, int *year_r, int *month_r, int *day_r);

// Uses this IANA time zone from now on, unless the environment's TZ says otherwise or the system does not know it.
void when_use_zone(const char *zone);

#endif

// SPDX-License-Identifier: Apache-2.0
// What people put into the cells of a spreadsheet, as the values that were meant. Pure functions of a cell's text.
#ifndef KAM_CLI_IMPORT_CLEAN_H
#define KAM_CLI_IMPORT_CLEAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

// Which number is which in 3/4/2009.
enum clean_date_order { CLEAN_ORDER_UNKNOWN, CLEAN_ORDER_YMD, CLEAN_ORDER_DMY, CLEAN_ORDER_MDY };

struct clean_moment {
    int year, month, day;
    int hour, minute, second;
    bool has_month, has_day, has_clock;
};

// Full-width letters and digits made narrow, spaces of all kinds made plain, invisible characters dropped. Chinese
// punctuation stays: it belongs to names and sentences.
const char *clean_text(struct arena *arena, const char *text);

// For what is typed by rule (numbers, dates, telephones, addresses of mail): the compatibility form (NFKC), Chinese
// punctuation in its plain form, no spaces around.
const char *clean_form(struct arena *arena, const char *text);

// "无", "-", "N/A", "不详", ...: nothing is known.
bool clean_is_placeholder(const char *text);

// "0001-01-01", "1/1/0001 12:00:00 AM", "0000-00-00 00:00:00": what programs write that have no date. A text of
// clean_form().
bool clean_is_no_date(const char *text);

// Each of the following returns NULL when it went well, else what would be right, in the user's language; the text is
// one of clean_form().

// "2009.05", "2009年5月1日", "2009/5/1", "20090501", "39934" (Excel's serial number), "2009", "1/5/2009" in an order;
// a time of day may follow.
const char *clean_moment(struct arena *arena, const char *text, enum clean_date_order order,
                         struct clean_moment *moment_r);

// "1.5亿", "3000万", "￥1,200.50", "12,000元", "CNY 5", "约300万美元": currency_r is "" where the text names none. The
// amount is "150000000" or "1200.50", times factor.
const char *clean_amount(struct arena *arena, const char *text, int64_t factor, char currency_r[4],
                         const char **amount_r);

// "1,200人", "约500", "1.2万": a whole number in digits.
const char *clean_count(struct arena *arena, const char *text, const char **count_r);

// "电话：０５７１－１２３４", "13800000000.0"; refuses 1.39E+10.
const char *clean_phone(struct arena *arena, const char *text, const char **phone_r);

// The parts of a cell that holds several: 、 ； | and line breaks always divide; commas and slashes where is_by_comma.
// Commas between numbers of thousands do not come here. *parts_r has *count_r texts without spaces around, none empty.
void clean_split(struct arena *arena, const char *text, bool is_by_comma, const char *const **parts_r, size_t *count_r);

// True when the text holds a Chinese, Japanese or Korean character.
bool clean_has_cjk(const char *text);

#endif

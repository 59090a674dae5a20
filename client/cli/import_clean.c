// SPDX-License-Identifier: Apache-2.0
#include "import_clean.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <utf8proc.h>

#include "json.h"
#include "language.h"

enum { MOST_PARTS = 50, MOST_DIGITS = 30, SERIAL_OF_1970 = 25569, LEAST_SERIAL = 10000, MOST_SERIAL = 73050 };

// ---- Characters

static bool is_space(int32_t point)
{
    return point == ' ' || point == '\t' || point == 0xa0 || point == 0x3000 || (point >= 0x2000 && point <= 0x200a) ||
           point == 0x202f || point == 0x205f;
}

static bool is_invisible(int32_t point)
{
    return point == 0x200b || point == 0x200c || point == 0x200d || point == 0x2060 || point == 0xfeff || point == 0xad;
}

static bool is_wide_letter(int32_t point)
{
    return (point >= 0xff10 && point <= 0xff19) || (point >= 0xff21 && point <= 0xff3a) ||
           (point >= 0xff41 && point <= 0xff5a);
}

static const char *trim(struct arena *arena, const char *text)
{
    text += strspn(text, " \t\r\n");
    size_t length = strlen(text);
    while (length > 0 && strchr(" \t\r\n", text[length - 1]) != NULL)
        length--;
    return text[length] == '\0' ? text : arena_copy(arena, text, length);
}

const char *clean_text(struct arena *arena, const char *text)
{
    size_t length = strlen(text), used = 0;
    char *clean = arena_alloc(arena, length + 1);
    for (size_t at = 0; at < length;) {
        utf8proc_int32_t point;
        utf8proc_ssize_t size =
            utf8proc_iterate((const utf8proc_uint8_t *)text + at, (utf8proc_ssize_t)(length - at), &point);
        if (size <= 0) { // not ours to judge: what reads the value refuses it
            clean[used++] = text[at++];
            continue;
        }
        if (is_space(point))
            clean[used++] = ' ';
        else if (is_wide_letter(point))
            clean[used++] = (char)(point - 0xfee0);
        else if (!is_invisible(point))
            for (utf8proc_ssize_t byte = 0; byte < size; byte++)
                clean[used++] = text[at + (size_t)byte];
        at += (size_t)size;
    }
    clean[used] = '\0';
    return trim(arena, clean);
}

static const struct {
    const char *from, *to;
} plain_marks[] = {{"。", "."}, {"、", ","}, {"【", "("}, {"】", ")"}, {"—", "-"}, {"–", "-"},
                   {"―", "-"},  {"−", "-"},  {"‐", "-"},  {"’", ""},   {"‘", ""},  {"·", "."}};

const char *clean_form(struct arena *arena, const char *text)
{
    utf8proc_uint8_t *mapped = NULL;
    const char *narrow = clean_text(arena, text);
    utf8proc_ssize_t size = utf8proc_map((const utf8proc_uint8_t *)narrow, 0, &mapped,
                                         UTF8PROC_NULLTERM | UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT);
    const char *from = size < 0 ? narrow : arena_copy(arena, mapped, (size_t)size);
    free(mapped);
    char *form = arena_alloc(arena, strlen(from) + 1), *to = form;
    while (*from != '\0') {
        size_t mark = 0, count = sizeof plain_marks / sizeof plain_marks[0];
        while (mark < count && strncmp(from, plain_marks[mark].from, strlen(plain_marks[mark].from)) != 0)
            mark++;
        if (mark < count) {
            to = stpcpy(to, plain_marks[mark].to);
            from += strlen(plain_marks[mark].from);
        } else {
            *to++ = *from++;
        }
    }
    *to = '\0';
    return trim(arena, form[0] == '\'' ? form + 1 : form); // 'numbers as text
}

bool clean_is_placeholder(const char *text)
{
    static const char *const words[] = {"无",   "-",       "--", "---",   "—",       "——",      "/",      "\\",
                                        "//",   "N/A",     "NA", "n.a.",  "#N/A",    "NULL",    "none",   "nil",
                                        "?",    "??",      "？", "？？",  "不详",    "不明",    "未知",   "暂无",
                                        "没有", "待补",    "空", "待定",  "待补充",  "待完善",  "(null)", "无。",
                                        ".",    "unknown", "*",  "#REF!", "#VALUE!", "#DIV/0!", "#NAME?"};
    for (size_t at = 0; at < sizeof words / sizeof words[0]; at++)
        if (strcasecmp(words[at], text) == 0)
            return true;
    return false;
}

bool clean_is_no_date(const char *text)
{
    int numbers[3] = {0}, digits[3] = {0};
    for (size_t at = 0; at < 3; at++) {
        digits[at] = (int)strspn(text, "0123456789");
        numbers[at] = digits[at] == 0 || digits[at] > 4 ? -1 : (int)strtol(text, NULL, 10);
        text += digits[at];
        size_t mark = strcspn(text, "0123456789"), most = strlen("年");
        if (at < 2 && mark <= most)
            text += mark;
    }
    bool is_end = *text == '\0' || *text == ' ' || *text == 'T' || strncmp(text, "日", 3) == 0;
    bool is_first = numbers[0] == 1 && numbers[1] == 1 && numbers[2] == 1 && (digits[0] == 4 || digits[2] == 4);
    bool is_zero = numbers[0] == 0 && numbers[1] == 0 && numbers[2] == 0 && digits[0] == 4;
    return is_end && (is_first || is_zero);
}

bool clean_has_cjk(const char *text)
{
    utf8proc_int32_t point;
    for (size_t length = strlen(text); length > 0;) {
        utf8proc_ssize_t size = utf8proc_iterate((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)length, &point);
        if (size > 0 && ((point >= 0x3040 && point <= 0x30ff) || (point >= 0x3400 && point <= 0x9fff) ||
                         (point >= 0xac00 && point <= 0xd7af) || point >= 0x20000))
            return true;
        size_t step = size > 0 ? (size_t)size : 1;
        text += step;
        length -= step;
    }
    return false;
}

// ---- Dates

static bool take(const char **text, const char *word)
{
    size_t length = strlen(word);
    if (strncasecmp(*text, word, length) != 0)
        return false;
    *text += length;
    return true;
}

static void skip_spaces(const char **text)
{
    while (**text == ' ')
        (*text)++;
}

// Digits, at most nine; how many there were, 0 for none.
static int take_number(const char **text, int *number_r)
{
    int digits = 0, number = 0;
    for (; isdigit((unsigned char)**text) && digits < 9; digits++)
        number = 10 * number + *(*text)++ - '0';
    *number_r = number;
    return isdigit((unsigned char)**text) ? 0 : digits;
}

static const char *date_advice(void)
{
    return _("must be a date such as 2009-05-01, 2009.05 or 20090501");
}

static bool take_clock(const char **text, struct clean_moment *moment)
{
    skip_spaces(text);
    (void)take(text, "T");
    if (**text == '\0')
        return true;
    bool is_afternoon = take(text, "下午") || take(text, "晚上");
    if (!is_afternoon)
        (void)(take(text, "上午") || take(text, "中午"));
    if (take_number(text, &moment->hour) == 0)
        return false;
    bool is_hour = take(text, "时") || take(text, "点");
    if (!is_hour && !take(text, ":"))
        return false;
    int digits = take_number(text, &moment->minute);
    if (is_hour)
        (void)take(text, "分");
    else if (digits == 0 || (take(text, ":") && take_number(text, &moment->second) == 0))
        return false;
    if (**text == '.') // fractions of a second
        *text += 1 + strspn(*text + 1, "0123456789");
    skip_spaces(text);
    if (take(text, "PM"))
        is_afternoon = true;
    else
        (void)take(text, "AM");
    if (is_afternoon && moment->hour < 12)
        moment->hour += 12;
    moment->has_clock = true;
    return **text == '\0' && moment->hour < 24 && moment->minute < 60 && moment->second < 60;
}

static void of_serial(int serial, struct clean_moment *moment)
{
    time_t seconds = ((time_t)serial - SERIAL_OF_1970) * 86400;
    struct tm day;
    gmtime_r(&seconds, &day);
    *moment = (struct clean_moment){
        .year = day.tm_year + 1900, .month = day.tm_mon + 1, .day = day.tm_mday, .has_month = true, .has_day = true};
}

// One number without a mark: 20090501, 200905, 2009, 39934, 39934.5.
static bool of_digits(const char **text, int number, int digits, struct clean_moment *moment)
{
    if (digits == 8)
        *moment = (struct clean_moment){.year = number / 10000,
                                        .month = number / 100 % 100,
                                        .day = number % 100,
                                        .has_month = true,
                                        .has_day = true};
    else if (digits == 6)
        *moment = (struct clean_moment){.year = number / 100, .month = number % 100, .day = 1, .has_month = true};
    else if (digits == 4)
        *moment = (struct clean_moment){.year = number, .month = 1, .day = 1};
    else if (digits == 5 && number >= LEAST_SERIAL && number <= MOST_SERIAL)
        of_serial(number, moment);
    else
        return false;
    if (digits == 5 && **text == '.') {
        char *end;
        int seconds = (int)(strtod(*text, &end) * 86400 + 0.5);
        *text = end;
        moment->has_clock = true;
        moment->hour = seconds / 3600 % 24;
        moment->minute = seconds / 60 % 60;
        moment->second = seconds % 60;
    }
    return true;
}

// A year of two digits is one of 1970 to 2069; one of four is what it says.
static int full_year(int number, int digits)
{
    if (digits > 2 || (digits == 1 && number == 0))
        return number;
    return number + (number < 70 ? 2000 : 1900);
}

static const char *in_order(struct arena *arena, const int numbers[3], const int digits[3], enum clean_date_order order,
                            struct clean_moment *moment)
{
    int first = numbers[0], second = numbers[1];
    if (digits[0] == 4 || (order == CLEAN_ORDER_YMD && digits[0] <= 2)) {
        moment->year = full_year(first, digits[0]);
        moment->month = second;
        moment->day = numbers[2];
    } else if (digits[2] == 4 || digits[2] == 2) {
        if (order == CLEAN_ORDER_UNKNOWN && first <= 12 && second <= 12 && first != second)
            return arena_printf(
                arena, _("may be the %d/%d or the %d/%d: write 2009-05-01, or give date-order in the mapping file"),
                first, second, second, first);
        bool is_day_first = order == CLEAN_ORDER_DMY || (order != CLEAN_ORDER_MDY && first > 12);
        moment->day = is_day_first ? first : second;
        moment->month = is_day_first ? second : first;
        moment->year = full_year(numbers[2], digits[2]);
    }
    return NULL;
}

static const char *of_parts(struct arena *arena, const char **text, int year, int year_digits,
                            enum clean_date_order order, struct clean_moment *moment)
{
    int numbers[3] = {year, 1, 1}, digits[3] = {year_digits, 0, 0};
    bool is_chinese = take(text, "年");
    char mark = is_chinese ? '\0' : **text;
    if (!is_chinese)
        (*text)++;
    skip_spaces(text);
    digits[1] = take_number(text, &numbers[1]);
    *moment = (struct clean_moment){.month = 1, .day = 1};
    if (is_chinese) {
        moment->has_month = digits[1] > 0;
        if (digits[1] > 0 && !take(text, "月") && **text != '\0')
            return date_advice();
        skip_spaces(text);
        digits[2] = take_number(text, &numbers[2]);
        (void)(take(text, "日") || take(text, "号"));
        moment->year = year_digits == 2 ? full_year(year, year_digits) : year;
        moment->month = digits[1] > 0 ? numbers[1] : 1;
        moment->day = digits[2] > 0 ? numbers[2] : 1;
        moment->has_day = digits[2] > 0;
        return NULL;
    }
    if (digits[1] == 0)
        return date_advice();
    moment->has_month = true;
    if (**text == mark) {
        (*text)++;
        digits[2] = take_number(text, &numbers[2]);
        if (digits[2] == 0) { // "2009.5."
            moment->year = numbers[0];
            moment->month = numbers[1];
            return **text == '\0' && digits[0] == 4 ? NULL : date_advice();
        }
        moment->has_day = true;
        return in_order(arena, numbers, digits, order, moment);
    }
    bool is_year_first = digits[0] == 4;
    if (!is_year_first && digits[1] != 4)
        return date_advice();
    moment->year = is_year_first ? numbers[0] : numbers[1];
    moment->month = is_year_first ? numbers[1] : numbers[0];
    return NULL;
}

const char *clean_moment(struct arena *arena, const char *text, enum clean_date_order order,
                         struct clean_moment *moment_r)
{
    int number;
    const char *at = text, *wrong = NULL;
    struct clean_moment moment = {0};
    int digits = take_number(&at, &number);
    if (digits == 0)
        return date_advice();
    bool is_serial = digits == 5;
    if (!is_serial && (strncmp(at, "年", 3) == 0 || (*at != '\0' && strchr("./-", *at) != NULL)))
        wrong = of_parts(arena, &at, number, digits, order, &moment);
    else if (!of_digits(&at, number, digits, &moment))
        wrong = date_advice();
    if (wrong == NULL &&
        (!take_clock(&at, &moment) || moment.year < 1000 || !json_is_date(moment.year, moment.month, moment.day)))
        wrong = date_advice();
    if (wrong == NULL)
        *moment_r = moment;
    return wrong;
}

// ---- Numbers

// Digits with a decimal point; groups of thousands are taken out. False for anything else.
static bool take_decimal(const char **text, char digits_r[MOST_DIGITS], size_t *count_r, size_t *places_r)
{
    size_t count = 0, places = 0;
    bool has_point = false, has_group = false;
    for (; **text != '\0'; (*text)++) {
        char letter = **text;
        if (letter == ',' && !has_point && isdigit((unsigned char)(*text)[1])) {
            size_t group = strspn(*text + 1, "0123456789");
            if (group != 3 || count == 0 || (!has_group && count > 3))
                return false;
            has_group = true;
        } else if (letter == '.' && !has_point && isdigit((unsigned char)(*text)[1])) {
            has_point = true;
        } else if (isdigit((unsigned char)letter)) {
            if (count == MOST_DIGITS - 1)
                return false;
            digits_r[count++] = letter;
            places += has_point;
        } else {
            break;
        }
    }
    *count_r = count;
    *places_r = places;
    return count > 0;
}

// Words that only say that it is not exact, or what is counted.
static void skip_words(const char **text, const char *const words[])
{
    for (bool is_found = true; is_found;) {
        is_found = false;
        skip_spaces(text);
        for (size_t at = 0; words[at] != NULL && !is_found; at++)
            is_found = take(text, words[at]);
    }
}

static const char *const about_words[] = {"约", "大约", "近", "左右", "以上", "余", "多", "+", "超过", ">", "~", NULL};
static const char *const counted_words[] = {"人",   "名",   "员工", "家", "个", "台", "分钟",
                                            "以上", "左右", "余",   "多", "+",  NULL};
static const struct {
    const char *word;
    int zeros;
} units[] = {{"万亿", 12}, {"千亿", 11}, {"百亿", 10}, {"十亿", 9}, {"亿", 8}, {"千万", 7}, {"百万", 6},
             {"十万", 5},  {"万", 4},    {"千", 3},    {"百", 2},   {"bn", 9}, {"mio", 6},  {"million", 6}};
static const struct {
    const char *word, *code;
} currencies[] = {{"人民币", "CNY"}, {"RMB", "CNY"},  {"￥", "CNY"},   {"¥", "CNY"},   {"CNY", "CNY"},  {"美元", "USD"},
                  {"美金", "USD"},   {"US$", "USD"},  {"USD", "USD"},  {"$", "USD"},   {"欧元", "EUR"}, {"€", "EUR"},
                  {"EUR", "EUR"},    {"港元", "HKD"}, {"港币", "HKD"}, {"HK$", "HKD"}, {"HKD", "HKD"},  {"日元", "JPY"},
                  {"JPY", "JPY"},    {"英镑", "GBP"}, {"£", "GBP"},    {"GBP", "GBP"}, {"元", "CNY"},   {"圆", ""},
                  {"块", ""},        {"整", ""}};

static int take_unit(const char **text)
{
    int zeros = 0;
    for (bool is_found = true; is_found;) { // "1千 万"
        is_found = false;
        skip_spaces(text);
        for (size_t at = 0; at < sizeof units / sizeof units[0] && !is_found; at++)
            if (take(text, units[at].word)) {
                zeros += units[at].zeros;
                is_found = true;
            }
    }
    return zeros;
}

// False when two different currencies are named.
static bool take_currency(const char **text, char currency_r[4])
{
    for (bool is_found = true; is_found;) {
        is_found = false;
        skip_spaces(text);
        for (size_t at = 0; at < sizeof currencies / sizeof currencies[0] && !is_found; at++) {
            is_found = take(text, currencies[at].word);
            if (!is_found || *currencies[at].code == '\0')
                continue;
            if (*currency_r != '\0' && strcmp(currency_r, currencies[at].code) != 0)
                return false;
            memcpy(currency_r, currencies[at].code, 4);
        }
        if (!is_found && isupper((unsigned char)(*text)[0]) && isupper((unsigned char)(*text)[1]) &&
            isupper((unsigned char)(*text)[2]) && !isalpha((unsigned char)(*text)[3]) && *currency_r == '\0') {
            memcpy(currency_r, *text, 3);
            currency_r[3] = '\0';
            *text += 3;
            is_found = true;
        }
    }
    return true;
}

// The digits with their point moved by zeros places to the right and multiplied.
static const char *scale(struct arena *arena, const char *digits, size_t count, size_t places, int zeros,
                         int64_t factor)
{
    while (places > 0 && count > 1 && digits[count - 1] == '0')
        count--, places--;
    unsigned __int128 number = 0;
    for (size_t at = 0; at < count; at++)
        number = number * 10 + (unsigned)(digits[at] - '0');
    if (count > 18)
        return NULL;
    number *= (unsigned __int128)factor;
    for (; zeros > 0; zeros--)
        if (places > 0)
            places--;
        else if (number > (unsigned __int128)INT64_MAX)
            return NULL;
        else
            number *= 10;
    if (number > (unsigned __int128)INT64_MAX)
        return NULL;
    char text[24];
    int length = snprintf(text, sizeof text, "%0*lld", (int)places + 1, (long long)number);
    if (places == 0)
        return arena_strdup(arena, text);
    return arena_printf(arena, "%.*s.%s", length - (int)places, text, text + length - (int)places);
}

const char *clean_amount(struct arena *arena, const char *text, int64_t factor, char currency_r[4],
                         const char **amount_r)
{
    const char *at = text;
    char digits[MOST_DIGITS];
    size_t count = 0, places = 0;
    const char *wrong = _("must be an amount such as 1,200.50 or CNY 12000");
    *currency_r = '\0';
    skip_words(&at, about_words);
    if (!take_currency(&at, currency_r))
        return wrong;
    skip_words(&at, about_words);
    bool is_negative = take(&at, "-");
    skip_spaces(&at);
    if (!take_decimal(&at, digits, &count, &places))
        return wrong;
    skip_words(&at, about_words);
    int zeros = take_unit(&at);
    skip_words(&at, about_words);
    if (!take_currency(&at, currency_r))
        return wrong;
    skip_words(&at, about_words);
    const char *amount = *at == '\0' ? scale(arena, digits, count, places, zeros, factor) : NULL;
    if (amount == NULL)
        return wrong;
    *amount_r = is_negative ? arena_printf(arena, "-%s", amount) : amount;
    return NULL;
}

const char *clean_count(struct arena *arena, const char *text, const char **count_r)
{
    const char *at = text;
    char digits[MOST_DIGITS];
    size_t count = 0, places = 0;
    skip_words(&at, about_words);
    bool is_negative = take(&at, "-");
    bool is_read = take_decimal(&at, digits, &count, &places);
    int zeros = take_unit(&at);
    skip_words(&at, counted_words);
    const char *number = is_read && *at == '\0' ? scale(arena, digits, count, places, zeros, 1) : NULL;
    if (number == NULL || strchr(number, '.') != NULL)
        return _("must be one whole number, such as 1200");
    *count_r = is_negative ? arena_printf(arena, "-%s", number) : number;
    return NULL;
}

const char *clean_phone(struct arena *arena, const char *text, const char **phone_r)
{
    static const char *const titles[] = {"电话", "手机",   "座机",  "固话", "传真", "办公", "Telephone",
                                         "Tel",  "Mobile", "Phone", ":",    ".",    NULL};
    const char *at = text;
    skip_words(&at, titles);
    size_t digits = strspn(at, "0123456789");
    const char *exponent = at + digits;
    if (*exponent == '.')
        exponent += 1 + strspn(exponent + 1, "0123456789");
    if (digits == 1 && strncasecmp(exponent, "E+", 2) == 0)
        return _("lost its digits in the spreadsheet: format the column as text and type the number again");
    if (digits >= 7 && strspn(at + digits, ".0") == strlen(at + digits))
        at = arena_copy(arena, at, digits);
    char *phone = arena_alloc(arena, strlen(at) + 1), *to = phone;
    while (*at != '\0') {
        if (take(&at, "转") || take(&at, "分机") || take(&at, "ext.") || take(&at, "ext"))
            *to++ = 'x';
        else if (!take(&at, "(手机)") && !take(&at, "(办)") && !take(&at, "(宅)"))
            *to++ = *at++;
    }
    *to = '\0';
    *phone_r = trim(arena, phone);
    return NULL;
}

// ---- Several in one cell

void clean_split(struct arena *arena, const char *text, bool is_by_comma, const char *const **parts_r, size_t *count_r)
{
    static const char *const always[] = {"、", "；", ";", "|", "｜", "\n", "\r", NULL};
    static const char *const commas[] = {",", "，", "/", "／", "\\", NULL};
    const char **parts = arena_alloc(arena, MOST_PARTS * sizeof *parts);
    size_t count = 0;
    const char *start = text;
    for (const char *at = text; count < MOST_PARTS;) {
        size_t mark = 0;
        for (size_t word = 0; always[word] != NULL && mark == 0; word++)
            mark = strncmp(at, always[word], strlen(always[word])) == 0 ? strlen(always[word]) : 0;
        for (size_t word = 0; is_by_comma && commas[word] != NULL && mark == 0; word++)
            mark = strncmp(at, commas[word], strlen(commas[word])) == 0 ? strlen(commas[word]) : 0;
        if (mark == 0 && *at != '\0') {
            at++;
            continue;
        }
        const char *part = clean_text(arena, arena_copy(arena, start, (size_t)(at - start)));
        if (*part != '\0')
            parts[count++] = part;
        if (*at == '\0')
            break;
        at += mark;
        start = at;
    }
    *parts_r = parts;
    *count_r = count;
}

// SPDX-License-Identifier: Apache-2.0
// Rows of one file that are the same account: a dry run takes each call back, so the server compares the rows of one
// call only. The rule is the server's (name_similarity()): twice the pairs of characters in common over the pairs of
// both.
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "import.h"
#include "message.h"

enum { LEAST_PERCENT = 80 };

struct name {
    struct import_row *row;
    uint64_t *pairs; // each once, the rarest of the file first
    size_t count;
};

struct counted {
    uint64_t pair;
    size_t count;
};

struct comparison {
    struct import *import;
    struct name *names;
    size_t name_count;
    struct counted *counted; // by pair
    size_t counted_count;
};

static int compare_pairs(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return a < b ? -1 : a > b;
}

// The pairs of neighbouring characters, sorted, each once; the character itself where there is one only.
static size_t make_pairs(const char *key, uint64_t *pairs)
{
    utf8proc_int32_t point, before = -1;
    size_t length = strlen(key), count = 0, kept = 0;
    for (size_t at = 0; at < length;) {
        utf8proc_ssize_t size =
            utf8proc_iterate((const utf8proc_uint8_t *)key + at, (utf8proc_ssize_t)(length - at), &point);
        if (size <= 0)
            break;
        if (before >= 0 || at + (size_t)size == length)
            pairs[count++] = ((uint64_t)(uint32_t)(before < 0 ? 0 : before) << 32) | (uint32_t)point;
        before = point;
        at += (size_t)size;
    }
    qsort(pairs, count, sizeof *pairs, compare_pairs);
    for (size_t at = 0; at < count; at++)
        if (kept == 0 || pairs[kept - 1] != pairs[at])
            pairs[kept++] = pairs[at];
    return kept;
}

static size_t count_of(const struct comparison *comparison, uint64_t pair)
{
    const struct counted *found =
        bsearch(&pair, comparison->counted, comparison->counted_count, sizeof *found, compare_pairs);
    return found == NULL ? 0 : found->count;
}

// A name of n pairs shares two thirds of them at least with one that is 80 % alike, so one of any third and one more.
static size_t first_count(const struct name *name)
{
    return name->count == 0 ? 0 : name->count / 3 + 1;
}

static void count_pairs(struct comparison *comparison)
{
    size_t total = 0, at_pair = 0;
    for (size_t at = 0; at < comparison->name_count; at++)
        total += comparison->names[at].count;
    uint64_t *all = calloc(total + 1, sizeof *all);
    comparison->counted = calloc(total + 1, sizeof *comparison->counted);
    if (all == NULL || comparison->counted == NULL)
        abort();
    for (size_t at = 0; at < comparison->name_count; at++) {
        memcpy(all + at_pair, comparison->names[at].pairs, comparison->names[at].count * sizeof *all);
        at_pair += comparison->names[at].count;
    }
    qsort(all, total, sizeof *all, compare_pairs);
    for (size_t at = 0; at < total; at++) {
        size_t last = comparison->counted_count;
        if (last == 0 || comparison->counted[last - 1].pair != all[at])
            comparison->counted[comparison->counted_count++].pair = all[at];
        comparison->counted[comparison->counted_count - 1].count++;
    }
    free(all);
}

static int compare_rarity(const void *left, const void *right, void *comparison)
{
    size_t a = count_of(comparison, *(const uint64_t *)left), b = count_of(comparison, *(const uint64_t *)right);
    return a != b ? (a < b ? -1 : 1) : compare_pairs(left, right);
}

static size_t similarity(const struct name *one, const struct name *other)
{
    size_t common = 0;
    for (size_t at = 0; at < one->count; at++)
        for (size_t with = 0; with < other->count; with++)
            common += one->pairs[at] == other->pairs[with];
    return 200 * common / (one->count + other->count);
}

static bool insists(const struct import_row *row)
{
    return *message_text(row->request, "duplicate_reason") != '\0';
}

struct place {
    struct name *name;
    struct place *next;
};

static void mark(struct import *import, struct name *name, const struct name *earlier)
{
    name->row->outcome = IMPORT_DUPLICATE;
    name->row->detail = arena_printf(import->app->arena, _("line %zu, %s"), earlier->row->line, earlier->row->key);
}

// Names in the order of the file; each is compared with those before it that share one of its rarest pairs.
static void compare_names(struct comparison *comparison)
{
    struct place **places = calloc(comparison->counted_count + 1, sizeof *places);
    if (places == NULL)
        abort();
    for (size_t at = 0; at < comparison->name_count; at++) {
        struct name *name = &comparison->names[at];
        const struct name *alike = NULL;
        for (size_t pair = 0; pair < first_count(name) && !insists(name->row); pair++) {
            const struct counted *slot = bsearch(&name->pairs[pair], comparison->counted, comparison->counted_count,
                                                 sizeof *slot, compare_pairs);
            for (const struct place *place = places[slot - comparison->counted]; place != NULL && alike == NULL;
                 place = place->next)
                if (similarity(name, place->name) >= LEAST_PERCENT)
                    alike = place->name;
        }
        if (alike != NULL) {
            mark(comparison->import, name, alike);
            continue;
        }
        for (size_t pair = 0; pair < first_count(name); pair++) {
            const struct counted *slot = bsearch(&name->pairs[pair], comparison->counted, comparison->counted_count,
                                                 sizeof *slot, compare_pairs);
            struct place *place = arena_alloc(comparison->import->app->arena, sizeof *place);
            *place = (struct place){name, places[slot - comparison->counted]};
            places[slot - comparison->counted] = place;
        }
    }
    free(places);
}

void import_compare_rows(struct import *import)
{
    struct comparison comparison = {.import = import};
    comparison.names = arena_alloc(import->app->arena, (import->row_count + 1) * sizeof *comparison.names);
    for (size_t at = 0; at < import->row_count; at++) {
        struct import_row *row = &import->rows[at];
        if (row->outcome != IMPORT_WOULD_ADD || row->name_key == NULL)
            continue;
        uint64_t *pairs = arena_alloc(import->app->arena, (strlen(row->name_key) + 1) * sizeof *pairs);
        comparison.names[comparison.name_count++] =
            (struct name){.row = row, .pairs = pairs, .count = make_pairs(row->name_key, pairs)};
    }
    count_pairs(&comparison);
    for (size_t at = 0; at < comparison.name_count; at++)
        qsort_r(comparison.names[at].pairs, comparison.names[at].count, sizeof(uint64_t), compare_rarity, &comparison);
    compare_names(&comparison);
    free(comparison.counted);
}

// SPDX-License-Identifier: Apache-2.0
// links: kam_cli kam_client
// YAML files as trees with places.
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "yaml_read.h"

static struct arena *arena;

static int start(void **state)
{
    (void)state;
    arena = arena_create((size_t)1 << 28);
    return 0;
}

static int finish(void **state)
{
    (void)state;
    arena_destroy(arena);
    return 0;
}

static struct yaml_value *read_good(const char *text)
{
    struct yaml_mistake mistake = {0};
    struct yaml_value *value = yaml_read(arena, text, strlen(text), &mistake);
    if (value == NULL)
        fail_msg("%zu:%zu: %s", mistake.line, mistake.column, mistake.text);
    return value;
}

static void assert_place(const struct yaml_value *value, size_t line, size_t column)
{
    assert_non_null(value);
    assert_int_equal(value->line, line);
    assert_int_equal(value->column, column);
}

static void everything_knows_its_place(void **state)
{
    (void)state;
    const struct yaml_value *root =
        read_good("# comment\n名: {en: Short, zh: \"短 名\"}\nlist:\n  - one\n  -  - two\n");
    assert_place(root, 2, 1);
    const struct yaml_value *name = yaml_find(root, "名");
    assert_place(name, 2, 4);
    assert_place(yaml_find(name, "zh"), 2, 20); // characters, not bytes
    assert_string_equal(yaml_find(name, "zh")->text, "短 名");
    const struct yaml_value *list = yaml_find(root, "list");
    assert_int_equal(list->count, 2);
    assert_place(list->items[1]->items[0], 5, 8);
    assert_place(root->keys[1], 3, 1);
    assert_null(yaml_find(root, "en"));
    assert_null(yaml_find(list, "en"));
}

static void words_by_the_core_schema(void **state)
{
    (void)state;
    static const struct {
        const char *yaml, *json;
    } cases[] = {
        {"a: 30", "{\"a\":30}"},
        {"a: '30'", "{\"a\":\"30\"}"},
        {"a: -7", "{\"a\":-7}"},
        {"a: true", "{\"a\":true}"},
        {"a: \"true\"", "{\"a\":\"true\"}"},
        {"a: yes", "{\"a\":\"yes\"}"},
        {"a: False", "{\"a\":\"False\"}"},
        {"a: ~", "{\"a\":null}"},
        {"a:", "{\"a\":null}"},
        {"a: ''", "{\"a\":\"\"}"},
        {"a: null", "{\"a\":null}"},
        {"a: 1.5", "{\"a\":\"1.5\"}"},
        {"a: 0x10", "{\"a\":\"0x10\"}"},
        {"a: 99999999999999999999", "{\"a\":\"99999999999999999999\"}"},
        {"a: -", NULL},
        {"a: [1, b, {c: d}]", "{\"a\":[1,\"b\",{\"c\":\"d\"}]}"},
        {"a: |\n  x\n  y\n", "{\"a\":\"x\\ny\\n\"}"},
        {"a: >-\n  x\n  y\n", "{\"a\":\"x y\"}"},
    };
    for (size_t at = 0; at < sizeof cases / sizeof cases[0]; at++) {
        struct yaml_mistake mistake;
        struct yaml_value *value = yaml_read(arena, cases[at].yaml, strlen(cases[at].yaml), &mistake);
        if (cases[at].json == NULL) {
            assert_null(value);
            continue;
        }
        assert_non_null(value);
        json_t *json = yaml_to_json(value);
        char *text = json_dumps(json, JSON_COMPACT);
        assert_string_equal(text, cases[at].json);
        free(text);
        json_decref(json);
    }
}

static void what_is_wrong_has_a_place(void **state)
{
    (void)state;
    static const struct {
        const char *yaml;
        size_t length; // 0: to the NUL
        size_t line, column;
        const char *text;
    } cases[] = {
        {"", 0, 1, 1, "nothing"},
        {"# a\n", 0, 1, 1, "nothing"},
        {"a: 1\n---\nb: 2\n", 0, 2, 1, "second document"},
        {"a: 1\na: 2\n", 0, 2, 1, "'a' is there twice"},
        {"a: {b: 1, b: 2}", 0, 1, 11, "'b' is there twice"},
        {"a: &x 1\nb: 2", 0, 1, 4, "anchors"},
        {"a: !!str 1", 0, 1, 4, "tags"},
        {"? {a: b}\n: c", 0, 1, 3, "a key must be a word"},
        {"a: b: c", 0, 1, 5, "mapping values are not allowed"},
        {"a: [1, 2\nb: 3", 0, 2, 2, "did not find expected ',' or ']'"},
        {"a: \"x\n", 0, 2, 1, "unexpected end of stream"},
        {"a: 1\n b: 2\n", 0, 2, 3, "mapping values"},
        {"a: \"\\0\"", 0, 1, 4, "NUL"},
        {"a: 1\nb: \xff\n", 0, 2, 1, "UTF-8"},
        {"a: 1\nb: \x01\n", 0, 2, 1, "control characters"},
        {"a\0b: 1", 6, 1, 1, "control characters"},
        {"[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]", 0, 1, 17, "too deep"},
    };
    for (size_t at = 0; at < sizeof cases / sizeof cases[0]; at++) {
        struct yaml_mistake mistake = {0};
        size_t length = cases[at].length == 0 ? strlen(cases[at].yaml) : cases[at].length;
        assert_null(yaml_read(arena, cases[at].yaml, length, &mistake));
        if (strstr(mistake.text, cases[at].text) == NULL || mistake.line != cases[at].line ||
            mistake.column != cases[at].column)
            fail_msg("%s: %zu:%zu: %s", cases[at].yaml, mistake.line, mistake.column, mistake.text);
    }
}

static void a_bomb_is_refused(void **state)
{
    (void)state;
    static const char line[] = "- 1\n";
    size_t length = (sizeof line - 1) * (YAML_MOST_VALUES + 10);
    char *text = arena_alloc(arena, length + 1);
    for (size_t at = 0; at < length; at += sizeof line - 1)
        memcpy(text + at, line, sizeof line - 1);
    struct yaml_mistake mistake;
    assert_null(yaml_read(arena, text, length, &mistake));
    assert_non_null(strstr(mistake.text, "too much"));
    assert_null(yaml_read(arena, text, YAML_LARGEST_FILE_BYTES + 1, &mistake));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(everything_knows_its_place, start, finish),
        cmocka_unit_test_setup_teardown(words_by_the_core_schema, start, finish),
        cmocka_unit_test_setup_teardown(what_is_wrong_has_a_place, start, finish),
        cmocka_unit_test_setup_teardown(a_bomb_is_refused, start, finish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

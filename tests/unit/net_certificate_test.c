// SPDX-License-Identifier: Apache-2.0
// links: kam_net kam_base
// The certificate kamd makes for itself. What stands in it is checked by the conformance suite, with a stock client.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "net/certificate.h"
#include "net/tls.h"

struct place {
    char directory[64];
    char certificate[96];
    char key[96];
};

static int set_up(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    if (place == NULL)
        return -1;
    strcpy(place->directory, "/tmp/kam-certificate-XXXXXX");
    if (mkdtemp(place->directory) == NULL)
        return -1;
    snprintf(place->certificate, sizeof place->certificate, "%s/certificate.pem", place->directory);
    snprintf(place->key, sizeof place->key, "%s/key.pem", place->directory);
    *state = place;
    return 0;
}

static int tear_down(void **state)
{
    struct place *place = *state;
    unlink(place->certificate);
    unlink(place->key);
    int code = rmdir(place->directory);
    free(place);
    return code;
}

static void fingerprint_of(const struct place *place, char fingerprint_r[NET_TLS_FINGERPRINT_BYTES])
{
    struct net_tls *tls = NULL;
    struct error error;
    assert_int_equal(net_tls_create(place->certificate, place->key, &tls, &error), STATUS_OK);
    net_tls_fingerprint(tls, fingerprint_r);
    net_tls_destroy(tls);
}

static void test_made_once(void **state)
{
    const struct place *place = *state;
    struct error error;
    bool is_new = false;
    assert_int_equal(net_certificate_ensure(place->certificate, place->key, "example.org", &is_new, &error), STATUS_OK);
    assert_true(is_new);
    struct stat status;
    assert_int_equal(stat(place->key, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    char first[NET_TLS_FINGERPRINT_BYTES], second[NET_TLS_FINGERPRINT_BYTES];
    fingerprint_of(place, first);
    assert_int_equal(strlen(first), strlen("SHA256:") + 43);
    assert_int_equal(net_certificate_ensure(place->certificate, place->key, "example.org", &is_new, &error), STATUS_OK);
    assert_false(is_new);
    fingerprint_of(place, second);
    assert_string_equal(first, second);
}

static void test_renewal_keeps_the_key(void **state)
{
    const struct place *place = *state;
    struct error error;
    bool is_new = false;
    assert_int_equal(net_certificate_ensure(place->certificate, place->key, NULL, &is_new, &error), STATUS_OK);
    char first[NET_TLS_FINGERPRINT_BYTES], second[NET_TLS_FINGERPRINT_BYTES];
    fingerprint_of(place, first);
    assert_int_equal(unlink(place->certificate), 0);
    assert_int_equal(net_certificate_ensure(place->certificate, place->key, NULL, &is_new, &error), STATUS_OK);
    assert_true(is_new);
    fingerprint_of(place, second);
    assert_string_equal(first, second);
}

static void test_strange_host_names_are_left_out(void **state)
{
    const struct place *place = *state;
    static const char *const NAMES[] = {"", "a b", "x,IP:6.6.6.6", "@section", "ünï", "localhost"};
    for (size_t at = 0; at < sizeof NAMES / sizeof *NAMES; at++) {
        struct error error;
        bool is_new = false;
        unlink(place->certificate);
        assert_int_equal(net_certificate_ensure(place->certificate, place->key, NAMES[at], &is_new, &error), STATUS_OK);
        assert_true(is_new);
    }
}

static void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static void test_broken_files_are_reported(void **state)
{
    const struct place *place = *state;
    struct error error;
    bool is_new = false;
    struct net_tls *tls = NULL;
    assert_int_equal(net_tls_create(place->certificate, place->key, &tls, &error), STATUS_FAILED_PRECONDITION);
    assert_non_null(strstr(error.message, place->certificate));
    write_text(place->key, "no key");
    assert_int_not_equal(net_certificate_ensure(place->certificate, place->key, NULL, &is_new, &error), STATUS_OK);
    unlink(place->key);
    write_text(place->certificate, "no certificate");
    assert_int_equal(net_certificate_ensure(place->certificate, place->key, NULL, &is_new, &error), STATUS_OK);
    assert_false(is_new);
    assert_int_equal(net_tls_create(place->certificate, place->key, &tls, &error), STATUS_FAILED_PRECONDITION);
    assert_null(tls);
}

static void test_unwritable_place(void **state)
{
    (void)state;
    struct error error;
    bool is_new = true;
    assert_int_equal(net_certificate_ensure("/nonexistent/c.pem", "/nonexistent/k.pem", NULL, &is_new, &error),
                     STATUS_FAILED_PRECONDITION);
    assert_non_null(strstr(error.message, "/nonexistent/k.pem"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_made_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_renewal_keeps_the_key, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_strange_host_names_are_left_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_broken_files_are_reported, set_up, tear_down),
        cmocka_unit_test(test_unwritable_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

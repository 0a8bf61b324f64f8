/* JSON files: one form, whole or not at all. */
#define _POSIX_C_SOURCE 200809L
#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tiercel/json.h"
#include "tiercel/mem.h"

static char folder[] = "/tmp/tiercel-json-XXXXXX";
static char path[64], partial[80];

static int make_folder(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL) {
        return -1;
    }
    (void)snprintf(path, sizeof path, "%s/a.json", folder);
    (void)snprintf(partial, sizeof partial, "%s.partial", path);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    (void)unlink(path);
    return rmdir(folder); /* fails if anything was left behind */
}

static json_t *example(void)
{
    json_t *value = json_object();
    assert_int_equal(json_object_set_new(value, "zeta", tc_json_number(0.1)), 0);
    assert_int_equal(json_object_set_new(value, "alpha", tc_json_number((double)NAN)), 0);
    assert_int_equal(json_object_set_new(value, "mid", tc_json_number(-(double)INFINITY)),
                     0);
    assert_int_equal(json_object_set_new(value, "count", json_integer(INT64_MAX)), 0);
    return value;
}

static void form_is_fixed(void **state)
{
    (void)state;
    tc_error err = {0};
    char text[256] = {0};
    json_t *value = example();
    assert_int_equal(tc_json_write(path, value, &err), TC_OK);
    json_decref(value);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_true(fread(text, 1, sizeof text - 1, file) > 0);
    (void)fclose(file);
    assert_string_equal(text, "{\n  \"alpha\": null,\n  \"count\": 9223372036854775807,\n"
                              "  \"mid\": null,\n  \"zeta\": 0.10000000000000001\n}\n");
    assert_int_not_equal(access(partial, F_OK), 0);
}

static void reads_back_what_was_written(void **state)
{
    (void)state;
    tc_error err = {0};
    json_t *value = example(), *again = NULL;
    assert_int_equal(tc_json_write(path, value, &err), TC_OK);
    assert_int_equal(tc_json_read(path, &again, &err), TC_OK);
    assert_true(json_equal(value, again));
    assert_true(json_real_value(json_object_get(again, "zeta")) == 0.1);
    json_decref(again);
    json_decref(value);
}

static void failure_leaves_the_old_file(void **state)
{
    (void)state;
    tc_error err = {0};
    json_t *value = example(), *again = NULL;
    assert_int_equal(tc_json_write(path, value, &err), TC_OK);
    json_t *other = json_array();
    int failures = 0;
    for (int nth = 1;; nth++) {
        memset(&err, 0, sizeof err);
        tc_mem_fail_at(nth);
        const tc_status st = tc_json_write(path, other, &err);
        tc_mem_fail_at(0);
        if (st == TC_OK) {
            break;
        }
        assert_int_equal(st, TC_ENOMEM);
        failures++;
        assert_int_not_equal(access(partial, F_OK), 0);
        assert_int_equal(tc_json_read(path, &again, &err), TC_OK);
        json_decref(again);
    }
    assert_true(failures >= 2);
    assert_int_equal(tc_mem_live_blocks(), 0);
    json_decref(other);
    json_decref(value);
}

static void missing_folder_and_full_disk_are_io_errors(void **state)
{
    (void)state;
    tc_error err = {0};
    json_t *value = example();
    assert_int_equal(tc_json_write("/nonexistent-folder/a.json", value, &err), TC_EIO);
    assert_non_null(strstr(err.message, "cannot create"));
    json_decref(value);
}

static void bad_files_are_refused(void **state)
{
    (void)state;
    tc_error err = {0};
    json_t *value = NULL;
    char missing[80];
    (void)snprintf(missing, sizeof missing, "%s/missing.json", folder);
    assert_int_equal(tc_json_read(missing, &value, &err), TC_EINPUT);
    assert_null(value);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    (void)fputs("{\n\"a\": nan\n}\n", file);
    (void)fclose(file);
    memset(&err, 0, sizeof err);
    assert_int_equal(tc_json_read(path, &value, &err), TC_EDATA);
    assert_non_null(strstr(err.message, "a.json:2"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(form_is_fixed),
        cmocka_unit_test(reads_back_what_was_written),
        cmocka_unit_test(failure_leaves_the_old_file),
        cmocka_unit_test(missing_folder_and_full_disk_are_io_errors),
        cmocka_unit_test(bad_files_are_refused),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

/* The configuration: patterns of input files, the files of jobs/, lack of memory, damaged text. */
#define _POSIX_C_SOURCE 200809L
#include "config_fixture.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void touch(const char *folder, const char *name)
{
    char path[256];
    FILE *file;
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(minimal, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void erase(const char *folder, const char *name)
{
    char path[256];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(remove(path), 0);
}

static void expect_file(const tc_config *config, int i, const char *folder,
                        const char *name)
{
    char path[256];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_string_equal(config->input.files[i], path);
}

/* The folder's own name holds characters of patterns. */
static void test_patterns(void **state)
{
    static const char *const set[] = {
        "input.transactions=[day-*.csv, ./day-1.csv, missing.csv, d?y-3.csv.gz]"};
    static const char *const none[] = {"input.transactions=[a.csv, 'night-*.csv']"};
    char folder[] = "/tmp/tiercel-[a]*-XXXXXX", path[256], message[512];
    tc_config *c = NULL;
    tc_error err = {0};
    (void)state;
    assert_non_null(mkdtemp(folder));
    touch(folder, "c.yaml");
    touch(folder, "day-2.csv");
    touch(folder, "day-1.csv");
    touch(folder, "day-3.csv.gz");
    (void)snprintf(path, sizeof path, "%s/day-9.csv", folder);
    assert_int_equal(mkdir(path, 0700), 0); /* a folder is no input */
    (void)snprintf(path, sizeof path, "%s/c.yaml", folder);
    assert_int_equal(tc_config_load(path, set, 1, &c, &err), TC_OK);
    assert_int_equal(c->input.n_files, 4);
    expect_file(c, 0, folder, "day-1.csv");
    expect_file(c, 1, folder, "day-2.csv");
    expect_file(c, 2, folder, "day-3.csv.gz");
    expect_file(c, 3, folder, "missing.csv");
    tc_config_destroy(&c);
    assert_int_equal(tc_config_load(path, none, 1, &c, &err), TC_EINPUT);
    (void)snprintf(
        message, sizeof message,
        "--set input.transactions: input.transactions[1]: no file matches night-*.csv in "
        "%s; correct the pattern or provide the files",
        folder);
    assert_string_equal(err.message, message);
    erase(folder, "day-9.csv");
    erase(folder, "day-3.csv.gz");
    erase(folder, "day-1.csv");
    erase(folder, "day-2.csv");
    erase(folder, "c.yaml");
    assert_int_equal(rmdir(folder), 0);
}

static void test_load_errors(void **state)
{
    tc_config *c = NULL;
    tc_error err = {0};
    (void)state;
    assert_int_equal(tc_config_load("/nowhere/c.yaml", NULL, 0, &c, &err), TC_EINPUT);
    assert_string_equal(err.message,
                        "/nowhere/c.yaml: cannot be opened: No such file or directory; "
                        "give the path of a configuration file");
    err = (tc_error){0};
    assert_int_equal(tc_config_load("/tmp", NULL, 0, &c, &err), TC_EIO);
    assert_string_equal(err.message,
                        "/tmp: cannot be read: Is a directory; give a configuration file");
    err = (tc_error){0};
    assert_int_equal(tc_config_load("/dev/zero", NULL, 0, &c, &err), TC_ECONFIG);
    assert_string_equal(err.message,
                        "/dev/zero:1: longer than 1 MiB; give a configuration file");
    assert_null(c);
}

/* Path of a file of jobs/, from the path of this source. */
static void jobs_path(const char *name, char path[512])
{
    char here[256];
    char *slash;
    (void)snprintf(here, sizeof here, "%s", __FILE__);
    slash = strrchr(here, '/');
    if (slash != NULL) {
        *slash = '\0';
    }
    (void)snprintf(path, 512, "%s/../../jobs/%s", slash == NULL ? "." : here, name);
}

/* The example shows every key at its default. */
static void test_example_is_default(void **state)
{
    static const char *const sections[] = {"run",          "io",    "identity", "customers",
                                           "interactions", "wide",  "features", "segment",
                                           "churn",        "assign"};
    tc_config *c = parse_ok(minimal, NULL, 0), *example = NULL;
    tc_error err = {0};
    char path[512];
    (void)state;
    jobs_path("example.yaml", path);
    if (access(path, R_OK) != 0) {
        tc_config_destroy(&c);
        fail_msg("%s is not there", path);
    }
    if (tc_config_load(path, NULL, 0, &example, &err) != TC_OK) {
        fail_msg("%s", err.message);
    }
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
        tc_buffer json = {0};
        assert_int_equal(tc_config_section(c, sections[i], &json, &err), TC_OK);
        assert_int_equal(tc_buffer_append(&json, "", 1, &err), TC_OK);
        expect_section(example, sections[i], (char *)json.data);
        tc_buffer_free(&json);
    }
    tc_config_destroy(&example);
    tc_config_destroy(&c);
}

/* 1 if the text has the key, also behind a # that shows it without setting it. */
static int has_key(const char *text, const char *name, size_t n)
{
    const char *at = text;
    while ((at = strstr(at, name)) != NULL) {
        if (at > text && strchr(" {", at[-1]) != NULL && at[n] == ':') {
            return 1;
        }
        at += n;
    }
    return 0;
}

/* No key is forgotten in the example. */
static void test_example_is_complete(void **state)
{
    static char text[1 << 16];
    tc_buffer document = {0};
    tc_error err = {0};
    char path[512];
    FILE *file;
    int n_keys = 0;
    (void)state;
    jobs_path("example.yaml", path);
    file = fopen(path, "r");
    assert_non_null(file);
    assert_true(fread(text, 1, sizeof text - 1, file) > 0);
    (void)fclose(file);
    assert_int_equal(tc_config_document(&document, &err), TC_OK);
    assert_int_equal(tc_buffer_append(&document, "", 1, &err), TC_OK);
    for (const char *row = (char *)document.data; (row = strstr(row, "\n| `")) != NULL;) {
        const char *const key = row + 4;
        const char *const end = strchr(key, '`');
        char name[128] = {0};
        const char *last;
        (void)snprintf(name, sizeof name, "%.*s", (int)(end - key), key);
        last = strrchr(name, '.') != NULL ? strrchr(name, '.') + 1 : name;
        if (!has_key(text, last, strlen(last))) {
            fail_msg("jobs/example.yaml does not show %s", name);
        }
        n_keys++;
        row = end;
    }
    assert_true(n_keys > 80);
    tc_buffer_free(&document);
}

static void test_online_retail(void **state)
{
    tc_config *c = NULL;
    tc_error err = {0};
    char path[512];
    (void)state;
    jobs_path("online-retail.yaml", path);
    if (access(path, R_OK) != 0) {
        fail_msg("%s is not there", path);
    }
    if (tc_config_load(path, NULL, 0, &c, &err) != TC_OK) {
        fail_msg("%s", err.message);
    }
    assert_int_equal(c->horizon_days, 184);
    assert_int_equal(c->features.active_days, 0);
    assert_string_equal(c->input.returns_order_prefix, "C");
    assert_int_equal(c->segment.k, 4);
    assert_int_equal(c->churn.n_use, 4);
    assert_true(c->churn.ridge == 0.0);
    tc_config_destroy(&c);
}

/* Every request for memory fails once: TC_ENOMEM, and nothing is left behind. */
static void test_out_of_memory(void **state)
{
    static const char *const set[] = {"segment.k=3", "input.transactions=['*.nothing', b]"};
    static const char *const good[] = {"segment.k=3", "segment.features=[{feature: a}]"};
    const int64_t blocks = tc_mem_live_blocks();
    int64_t n = 0;
    tc_status st = TC_ENOMEM;
    (void)state;
    while (st == TC_ENOMEM) {
        tc_config *c = NULL;
        tc_error err;
        n++;
        tc_mem_fail_at(n);
        st = parse_with(minimal, good, 2, &c, &err);
        tc_mem_fail_at(0);
        assert_true(st == TC_OK || st == TC_ENOMEM);
        tc_config_destroy(&c);
        assert_int_equal(tc_mem_live_blocks(), blocks);
    }
    assert_int_equal(st, TC_OK);
    assert_true(n > 100);
    expect_error(
        minimal, set, 2, TC_EINPUT,
        "--set input.transactions: input.transactions[0]: no file matches *.nothing; "
        "correct the pattern or provide the files");
}

/* Damaged text gives an error or a configuration, never more (the sanitizers watch). */
static void test_damaged(void **state)
{
    static const char full[] =
        "run: {directory: out, seed: 3, as_of: 2011-12-10}\n"
        "input:\n  transactions: [b.csv]\n  columns: {customer: id, time: t, amount: m}\n"
        "  customer_id: {strip_decimal: true, case: lower}\n"
        "segment: {k: 3, features: &f [{feature: a, transform: none}]}\n"
        "churn: {features: *f, ridge: 1e-3}\n"
        "assign:\n  tiers:\n  - {name: a, share: 0.5}\n  - {name: b, share: 0.5}\n"
        "  rules: [{name: a, r: [1, 5], f: [1, 5], m: [2, 3]}]\n";
    static const char pool[] = "{}[]:,&*!|>'\"%@` \n\t-?#~0a.";
    const int64_t blocks = tc_mem_live_blocks();
    int64_t good = 0;
    (void)state;
    for (uint64_t i = 0; i < 4000; i++) {
        char text[sizeof full];
        tc_config *c = NULL;
        tc_error err;
        memcpy(text, full, sizeof full);
        for (uint64_t j = 0; j < 1 + i % 3; j++) {
            const uint64_t at = (i * 7919 + j * 104729) * 2654435761U % (sizeof full - 1);
            text[at] = pool[(i * 31 + j * 17 + at) % (sizeof pool - 1)];
        }
        if (parse_with(text, NULL, 0, &c, &err) == TC_OK) {
            good++;
        } else {
            assert_null(c);
            assert_true(err.message[0] != '\0');
            assert_null(strchr(err.message, '\n'));
        }
        tc_config_destroy(&c);
        assert_int_equal(tc_mem_live_blocks(), blocks);
    }
    assert_true(good > 20 && good < 3900);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_patterns),
                                       cmocka_unit_test(test_load_errors),
                                       cmocka_unit_test(test_example_is_default),
                                       cmocka_unit_test(test_example_is_complete),
                                       cmocka_unit_test(test_online_retail),
                                       cmocka_unit_test(test_out_of_memory),
                                       cmocka_unit_test(test_damaged)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

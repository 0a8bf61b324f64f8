/* config_fixture.h - what the tests of the configuration share: a least configuration, and checks of
 * results and of messages. */
#ifndef CONFIG_FIXTURE_H
#define CONFIG_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tiercel/config.h"

static const char minimal[] = "run: {directory: out}\n"
                              "input:\n"
                              "  transactions: [b.csv, a.csv]\n"
                              "  columns: {customer: id, time: t, amount: m}\n";

static inline tc_status parse_with(const char *text, const char *const *set, int n_set,
                                   tc_config **out, tc_error *err)
{
    *err = (tc_error){0};
    return tc_config_parse(text, (int64_t)strlen(text), "c.yaml", "", set, n_set, out, err);
}

static inline tc_config *parse_ok(const char *text, const char *const *set, int n_set)
{
    tc_config *config;
    tc_error err;
    if (parse_with(text, set, n_set, &config, &err) != TC_OK) {
        fail_msg("%s", err.message);
    }
    return config;
}

static inline void expect_error(const char *text, const char *const *set, int n_set,
                                tc_status code, const char *message)
{
    const int64_t blocks = tc_mem_live_blocks();
    tc_config *config;
    tc_error err;
    assert_int_equal(parse_with(text, set, n_set, &config, &err), code);
    assert_null(config);
    assert_string_equal(err.message, message);
    assert_null(strchr(err.message, '\n'));
    assert_int_equal(tc_mem_live_blocks(), blocks);
}

/* What minimal followed by more text gives; its own text is 4 lines long. */
static inline void expect_more(const char *more, const char *message)
{
    char text[1024];
    (void)snprintf(text, sizeof text, "%s%s", minimal, more);
    expect_error(text, NULL, 0, TC_ECONFIG, message);
}

static inline void expect_set(const char *set, const char *message)
{
    expect_error(minimal, &set, 1, TC_ECONFIG, message);
}

static inline void expect_section(const tc_config *config, const char *section,
                                  const char *json)
{
    tc_buffer buffer = {0};
    tc_error err = {0};
    assert_int_equal(tc_config_section(config, section, &buffer, &err), TC_OK);
    assert_int_equal(tc_buffer_append(&buffer, "", 1, &err), TC_OK);
    assert_string_equal((char *)buffer.data, json);
    tc_buffer_free(&buffer);
}

#endif

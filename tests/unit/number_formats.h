/* number_formats.h - signs and formats of the tests of numbers. Include after cmocka.h. */
#ifndef TC_TEST_NUMBER_FORMATS_H
#define TC_TEST_NUMBER_FORMATS_H

#include "tiercel/number.h"

#define NBSP "\xC2\xA0"
#define THIN "\xE2\x80\xAF"

static char s_pound[] = "£", s_gbp[] = "GBP", s_eur[] = "EUR", s_euro[] = "€",
            s_us[] = "US$", s_dollar[] = "$", s_kr[] = "kr.";
static char *signs[] = {s_dollar, s_pound, s_gbp, s_us, s_eur, s_euro, s_kr};

enum { N_SIGNS = sizeof signs / sizeof *signs };

static inline tc_number_format format_of(tc_mark decimal, tc_mark thousands,
                                         tc_negative negative, int n_signs)
{
    const tc_number_rules rules = {decimal, thousands, negative, signs, n_signs};
    tc_number_format format;
    tc_error err = {0};
    if (tc_number_compile(&rules, &format, &err) != TC_OK) {
        fail_msg("%s", err.message);
    }
    return format;
}

#endif

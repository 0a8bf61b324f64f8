/* One value: from YAML text or from the raw struct into tc_config and back. */
#include "config_impl.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tiercel/date.h"
#include "tiercel/timeparse.h"

const char *tc_text_quote(const char *text, char quoted[48])
{
    size_t i = 0;
    for (; text[i] != '\0' && i < 40; i++) {
        const unsigned char c = (unsigned char)text[i];
        quoted[i] = text[i];
        if (c < ' ' || c == 127) {
            quoted[i] = '?';
        }
    }
    /* A cut must not leave half a UTF-8 character behind. */
    while (text[i] != '\0' && i > 0 && ((unsigned char)text[i] & 0xC0U) == 0x80U) {
        i--;
    }
    (void)memcpy(quoted + i, text[i] != '\0' ? "..." : "", text[i] != '\0' ? 4 : 1);
    return quoted;
}

static int complain(char wrong[TC_WRONG_TEXT], const char *text, const char *what)
{
    char quoted[48];
    (void)snprintf(wrong, TC_WRONG_TEXT, "\"%s\" %s", tc_text_quote(text, quoted), what);
    return 0;
}

static int in_limits(const tc_key *key, double value)
{
    const int above = key->bounds[0] == '[' ? value >= key->low : value > key->low;
    const int below = key->bounds[1] == ']' ? value <= key->high : value < key->high;
    return above && below;
}

/* Decimal digits alone: 010 is eight to some readers and ten to others, so it is refused. */
static int is_whole(const char *text)
{
    const char *digits = text + (text[0] == '-' || text[0] == '+');
    const size_t n = strspn(digits, "0123456789");
    return n > 0 && digits[n] == '\0' && (digits[0] != '0' || n == 1);
}

static int parse_int(const tc_key *key, const char *text, int64_t *value, char *wrong)
{
    if (!is_whole(text)) {
        return complain(wrong, text, "is not a whole number");
    }
    errno = 0;
    *value = strtoll(text, NULL, 10);
    if (errno == ERANGE || !in_limits(key, (double)*value)) {
        return complain(wrong, text, "is out of limits");
    }
    return 1;
}

static int parse_real(const tc_key *key, const char *text, double *value, char *wrong)
{
    char *end = NULL;
    if (text[0] == '\0' || text[strspn(text, "0123456789+-.eE")] != '\0') {
        return complain(wrong, text, "is not a number");
    }
    errno = 0;
    *value = strtod(text, &end);
    if (end == text || *end != '\0') {
        return complain(wrong, text, "is not a number");
    }
    if (errno == ERANGE || !in_limits(key, *value)) {
        return complain(wrong, text, "is out of limits");
    }
    return 1;
}

static int parse_word(const tc_key *key, const char *text, int64_t *value, char *wrong)
{
    for (int i = 0; i < key->n_words; i++) {
        if (strcmp(key->words[i].str, text) == 0) {
            *value = key->words[i].val;
            return 1;
        }
    }
    return complain(wrong, text, "is unknown");
}

static int parse_flag(const char *text, int64_t *value, char *wrong)
{
    *value = strcmp(text, "true") == 0;
    return *value != 0 || strcmp(text, "false") == 0 || complain(wrong, text, "is unknown");
}

static int parse_day(const char *text, int64_t *value, char *wrong)
{
    if (strcmp(text, "auto") == 0) {
        *value = TC_CONFIG_AUTO;
        return 1;
    }
    return tc_date_parse(text, value) || complain(wrong, text, "is not a date");
}

static int parse_limit(const tc_key *key, const char *text, double *value, char *wrong)
{
    if (strcmp(text, "none") == 0) {
        *value = (double)NAN;
        return 1;
    }
    return parse_real(key, text, value, wrong);
}

static int parse_bound(const char *text, int64_t *value, char *wrong)
{
    if (strcmp(text, "none") == 0) {
        *value = TC_CONFIG_NONE;
        return 1;
    }
    if (strcmp(text, "as_of") == 0) {
        *value = TC_CONFIG_AUTO;
        return 1;
    }
    return tc_date_parse(text, value) || complain(wrong, text, "is not a date");
}

static int is_format(const char *text)
{
    tc_time_format format;
    return tc_time_compile(text, &format, NULL) == TC_OK;
}

static int is_name(const char *text, const char *letters)
{
    const size_t n = strlen(text);
    return n > 0 && n <= 64 && strspn(text, letters) == n;
}

static int parse_text(const tc_key *key, const char *text, char *wrong)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
    switch (key->kind) {
    case TC_KIND_TEXT:
        return text[0] != '\0' || complain(wrong, text, "is empty");
    case TC_KIND_FORMAT:
        return is_format(text) || complain(wrong, text, "is not a time format");
    case TC_KIND_NAME:
        return (is_name(text, "abcdefghijklmnopqrstuvwxyz0123456789_-") &&
                strcmp(text, "none") != 0) ||
               complain(wrong, text, "cannot be a name");
    case TC_KIND_FILE:
        return text[0] == '\0' ||
               (text[0] != '.' &&
                is_name(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                              "0123456789._-")) ||
               complain(wrong, text, "cannot be part of a file name");
    case TC_KIND_FEATURE:
        return is_name(text, letters) ||
               (strncmp(text, "user.", 5) == 0 && text[5] != '\0') ||
               complain(wrong, text, "cannot be a feature");
    case TC_KIND_BLANK:
    case TC_KIND_COLUMN:
    case TC_KIND_INT:
    case TC_KIND_REAL:
    case TC_KIND_FLAG:
    case TC_KIND_WORD:
    case TC_KIND_DAY:
    case TC_KIND_LIMIT:
    case TC_KIND_BOUND:
    case TC_KIND_SCORES:
    default:
        return 1;
    }
}

int tc_value_scores_parse(const char *low, const char *high, tc_value *value,
                          char wrong[TC_WRONG_TEXT])
{
    static const tc_key score = {.low = 1, .high = 5, .bounds = "[]"};
    if (!parse_int(&score, low, &value->scores[0], wrong) ||
        !parse_int(&score, high, &value->scores[1], wrong)) {
        return 0;
    }
    if (value->scores[0] > value->scores[1]) {
        (void)snprintf(wrong, TC_WRONG_TEXT, "[%s, %s] runs backwards", low, high);
        return 0;
    }
    return 1;
}

/* "[1, 5]": only defaults come as one text. */
static int parse_scores(const char *text, tc_value *value, char *wrong)
{
    char low[2] = "", high[2] = "";
    if (strlen(text) != 6) {
        return complain(wrong, text, "is not a pair of scores");
    }
    low[0] = text[1];
    high[0] = text[4];
    return tc_value_scores_parse(low, high, value, wrong);
}

int tc_value_parse(const tc_key *key, const char *text, tc_value *value,
                   char wrong[TC_WRONG_TEXT])
{
    value->text = text;
    switch (key->kind) {
    case TC_KIND_INT:
        return parse_int(key, text, &value->integer, wrong);
    case TC_KIND_REAL:
        return parse_real(key, text, &value->real, wrong);
    case TC_KIND_FLAG:
        return parse_flag(text, &value->integer, wrong);
    case TC_KIND_WORD:
        return parse_word(key, text, &value->integer, wrong);
    case TC_KIND_DAY:
        return parse_day(text, &value->integer, wrong);
    case TC_KIND_LIMIT:
        return parse_limit(key, text, &value->real, wrong);
    case TC_KIND_BOUND:
        return parse_bound(text, &value->integer, wrong);
    case TC_KIND_SCORES:
        return parse_scores(text, value, wrong);
    case TC_KIND_TEXT:
    case TC_KIND_BLANK:
    case TC_KIND_FILE:
    case TC_KIND_COLUMN:
    case TC_KIND_FORMAT:
    case TC_KIND_NAME:
    case TC_KIND_FEATURE:
    default:
        return parse_text(key, text, wrong);
    }
}

int tc_value_from_raw(const tc_key *key, const void *raw, tc_value *value)
{
    const void *p;
    char wrong[TC_WRONG_TEXT];
    memcpy(&p, (const char *)raw + key->raw, sizeof p);
    if (p == NULL) {
        return 0;
    }
    switch (key->kind) {
    case TC_KIND_INT:
        value->integer = *(const int64_t *)p;
        break;
    case TC_KIND_REAL:
        value->real = *(const double *)p;
        break;
    case TC_KIND_FLAG:
        value->integer = *(const bool *)p;
        break;
    case TC_KIND_WORD:
        value->integer = *(const int *)p;
        break;
    case TC_KIND_SCORES:
        memcpy(value->scores, p, sizeof value->scores);
        break;
    case TC_KIND_DAY:
    case TC_KIND_LIMIT:
    case TC_KIND_BOUND:
    case TC_KIND_TEXT:
    case TC_KIND_BLANK:
    case TC_KIND_FILE:
    case TC_KIND_COLUMN:
    case TC_KIND_FORMAT:
    case TC_KIND_NAME:
    case TC_KIND_FEATURE:
    default:
        return tc_value_parse(key, p, value, wrong);
    }
    return 1;
}

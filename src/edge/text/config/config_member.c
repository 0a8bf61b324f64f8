/* One value in tc_config, and what is allowed for it in words. */
#include "config_impl.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static tc_status store_text(const char *text, char **member, tc_error *err)
{
    char *copy = NULL;
    if (text != NULL) {
        copy = tc_mem_text(text, err);
        if (copy == NULL) {
            return TC_ENOMEM;
        }
    }
    tc_mem_free(*member);
    *member = copy;
    return TC_OK;
}

tc_status tc_value_store(const tc_key *key, const tc_value *value, void *object,
                         tc_error *err)
{
    char *member = (char *)object + key->member;
    const int small = (int)value->integer;
    const int scores[2] = {(int)value->scores[0], (int)value->scores[1]};
    switch (key->kind) {
    case TC_KIND_INT:
    case TC_KIND_DAY:
    case TC_KIND_BOUND:
        memcpy(member, &value->integer, sizeof value->integer);
        return TC_OK;
    case TC_KIND_REAL:
    case TC_KIND_LIMIT:
        memcpy(member, &value->real, sizeof value->real);
        return TC_OK;
    case TC_KIND_FLAG:
    case TC_KIND_WORD:
        memcpy(member, &small, sizeof small);
        return TC_OK;
    case TC_KIND_SCORES:
        memcpy(member, scores, sizeof scores);
        return TC_OK;
    case TC_KIND_COLUMN:
        return store_text(value->text[0] == '\0' ? NULL : value->text,
                          (char **)(void *)member, err);
    case TC_KIND_TEXT:
    case TC_KIND_BLANK:
    case TC_KIND_FILE:
    case TC_KIND_FORMAT:
    case TC_KIND_NAME:
    case TC_KIND_FEATURE:
    default:
        return store_text(value->text, (char **)(void *)member, err);
    }
}

tc_value tc_value_load(const tc_key *key, const void *object)
{
    const char *member = (const char *)object + key->member;
    tc_value value = {0};
    int small[2] = {0};
    switch (key->kind) {
    case TC_KIND_INT:
    case TC_KIND_DAY:
    case TC_KIND_BOUND:
        memcpy(&value.integer, member, sizeof value.integer);
        break;
    case TC_KIND_REAL:
    case TC_KIND_LIMIT:
        memcpy(&value.real, member, sizeof value.real);
        break;
    case TC_KIND_FLAG:
    case TC_KIND_WORD:
        memcpy(small, member, sizeof *small);
        value.integer = small[0];
        break;
    case TC_KIND_SCORES:
        memcpy(small, member, sizeof small);
        value.scores[0] = small[0];
        value.scores[1] = small[1];
        break;
    case TC_KIND_TEXT:
    case TC_KIND_BLANK:
    case TC_KIND_FILE:
    case TC_KIND_COLUMN:
    case TC_KIND_FORMAT:
    case TC_KIND_NAME:
    case TC_KIND_FEATURE:
    default:
        memcpy(&value.text, member, sizeof value.text);
        break;
    }
    return value;
}

const char *tc_value_word(const tc_key *key, int64_t value)
{
    for (int i = 0; i < key->n_words; i++) {
        if (key->words[i].val == value) {
            return key->words[i].str;
        }
    }
    return "";
}

static void allowed_number(const tc_key *key, char *text)
{
    const int whole = key->kind == TC_KIND_INT;
    (void)snprintf(text, TC_ALLOWED_TEXT, "%s%s %s%.16g %s %.16g",
                   key->kind == TC_KIND_LIMIT ? "none, or " : "",
                   whole ? "a whole number from" : "a number",
                   whole ? "" : (key->bounds[0] == '[' ? "from " : "above "), key->low,
                   key->bounds[1] == ']' ? "to" : "to below", key->high);
}

/* Words that mean the same as one before are left out. */
static void allowed_words(const tc_key *key, char *text)
{
    size_t used = 0;
    text[0] = '\0';
    for (int i = 0; i < key->n_words && used < TC_ALLOWED_TEXT; i++) {
        if (tc_value_word(key, key->words[i].val) != key->words[i].str) {
            continue;
        }
        const int n = snprintf(text + used, TC_ALLOWED_TEXT - used, "%s%s",
                               i > 0 ? ", " : "", key->words[i].str);
        used += n > 0 ? (size_t)n : 0;
    }
}

void tc_key_allowed(const tc_key *key, char text[TC_ALLOWED_TEXT])
{
    static const char features[] =
        "the name of a feature of the catalogue, of a-z, 0-9 and "
        "_, or user.<name>, user.<name>=<level>";
    static const char times[] = "iso, day_first, month_first, compact, epoch, epoch_ms, or "
                                "a pattern with %Y, %m, %d, perhaps %H, %M, %S, %z";
    static const char *const fixed[] = {
        [TC_KIND_FLAG] = "true, false",
        [TC_KIND_DAY] = "auto, or a date YYYY-MM-DD",
        [TC_KIND_BOUND] = "none, as_of, or a date YYYY-MM-DD",
        [TC_KIND_SCORES] = "[lowest, highest] of the scores 1 to 5",
        [TC_KIND_TEXT] = "a text that is not empty",
        [TC_KIND_BLANK] = "a text, may be empty",
        [TC_KIND_FILE] = "letters, digits and . _ -, at most 64, no dot at the start",
        [TC_KIND_COLUMN] = "a column name; empty = not mapped",
        [TC_KIND_FORMAT] = times,
        [TC_KIND_NAME] = "1 to 64 of a-z, 0-9, _ and -; not none",
        [TC_KIND_FEATURE] = features,
    };
    if (key->kind == TC_KIND_INT || key->kind == TC_KIND_REAL ||
        key->kind == TC_KIND_LIMIT) {
        allowed_number(key, text);
    } else if (key->kind == TC_KIND_WORD) {
        allowed_words(key, text);
    } else {
        (void)snprintf(text, TC_ALLOWED_TEXT, "%s", fixed[key->kind]);
    }
}

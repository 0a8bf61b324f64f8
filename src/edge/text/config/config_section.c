/* A section of the configuration as JSON: all that can change a result. */
#include "config_impl.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "tiercel/date.h"
#include "tiercel/json.h"

static json_t *day_json(int64_t day)
{
    char text[TC_DATE_TEXT] = "auto";
    if (day != TC_CONFIG_AUTO) {
        tc_date_text(day, text);
    }
    return json_string(text);
}

static json_t *bound_json(int64_t day)
{
    return day == TC_CONFIG_NONE   ? json_null()
           : day == TC_CONFIG_AUTO ? json_string("as_of")
                                   : day_json(day);
}

/* NULL if out of memory. */
static json_t *value_json(const tc_key *key, const void *object)
{
    const tc_value value = tc_value_load(key, object);
    switch (key->kind) {
    case TC_KIND_INT:
        return json_integer(value.integer);
    case TC_KIND_REAL:
        return json_real(value.real);
    case TC_KIND_FLAG:
        return json_boolean(value.integer != 0);
    case TC_KIND_WORD:
        return json_string(tc_value_word(key, value.integer));
    case TC_KIND_DAY:
        return day_json(value.integer);
    case TC_KIND_LIMIT:
        return tc_json_number(value.real);
    case TC_KIND_BOUND:
        return bound_json(value.integer);
    case TC_KIND_SCORES:
        return json_pack("[I, I]", (json_int_t)value.scores[0],
                         (json_int_t)value.scores[1]);
    case TC_KIND_TEXT:
    case TC_KIND_BLANK:
    case TC_KIND_FILE:
    case TC_KIND_COLUMN:
    case TC_KIND_FORMAT:
    case TC_KIND_NAME:
    case TC_KIND_FEATURE:
    default:
        return value.text == NULL ? json_null() : json_string(value.text);
    }
}

static json_t *list_json(const tc_list *list, const tc_config *config)
{
    const char *items;
    const int n = tc_list_items(list, config, &items);
    json_t *array = json_array();
    int failed = array == NULL;
    for (int i = 0; i < n && !failed; i++) {
        json_t *element;
        if (list->rows[0].path[0] == '\0') { /* plain values */
            failed =
                json_array_append_new(
                    array, value_json(&list->rows[0], items + (size_t)i * list->size)) != 0;
            continue;
        }
        element = json_object();
        failed = json_array_append_new(array, element) != 0;
        for (int j = 0; j < list->n_rows && !failed; j++) {
            const tc_key *key = &list->rows[j];
            failed =
                json_object_set_new(element, key->path,
                                    value_json(key, items + (size_t)i * list->size)) != 0;
        }
    }
    if (failed) {
        json_decref(array);
        return NULL;
    }
    return array;
}

/* Puts a value (NULL = out of memory; taken over) under "a.b.c" of an object; 0 on success. */
static int put(json_t *object, const char *path, json_t *value)
{
    const char *dot;
    while ((dot = strchr(path, '.')) != NULL) {
        char head[TC_PATH_TEXT];
        json_t *inner;
        (void)snprintf(head, sizeof head, "%.*s", (int)(dot - path), path);
        inner = json_object_get(object, head);
        if (inner == NULL) {
            inner = json_object();
            if (json_object_set_new(object, head, inner) != 0) {
                json_decref(value);
                return -1;
            }
        }
        object = inner;
        path = dot + 1;
    }
    return json_object_set_new(object, path, value);
}

/* The path behind "section.", NULL if the key is in another section or stays out. */
static const char *inside(const char *path, const char *section, int flags)
{
    const size_t size = strlen(section);
    return (flags & TC_KEY_LOCAL) == 0 && strncmp(path, section, size) == 0 &&
                   path[size] == '.'
               ? path + size + 1
               : NULL;
}

static int fill(json_t *object, const tc_config *config, const char *section)
{
    int n_keys, n_lists, failed = 0;
    const tc_key *keys = tc_keys(&n_keys);
    const tc_list *lists = tc_lists(&n_lists);
    for (int i = 0; i < n_keys && !failed; i++) {
        const char *path = inside(keys[i].path, section, keys[i].flags);
        failed = path != NULL && put(object, path, value_json(&keys[i], config)) != 0;
    }
    for (int i = 0; i < n_lists && !failed; i++) {
        const char *path = inside(lists[i].path, section, lists[i].flags);
        failed = path != NULL && put(object, path, list_json(&lists[i], config)) != 0;
    }
    return failed;
}

tc_status tc_config_section(const tc_config *config, const char *section, tc_buffer *json,
                            tc_error *err)
{
    json_t *object = json_object();
    tc_status st = TC_OK;
    if (object == NULL || fill(object, config, section) != 0) {
        st = tc_fail(err, TC_ENOMEM, "out of memory while section %s is written", section);
    } else if (json_object_size(object) == 0) {
        st = tc_fail(err, TC_EINTERNAL, "the configuration has no section %s", section);
    } else {
        st = tc_json_append(object, 1, json, err);
    }
    json_decref(object);
    return st;
}

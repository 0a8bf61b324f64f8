/* Defaults, and the values of a layer over the former ones. */
#include "config_impl.h"

#include <string.h>

static void clear_elements(const tc_list *list, char *items, int n)
{
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < list->n_rows; j++) {
            if (list->rows[j].kind >= TC_KIND_TEXT) {
                char *text;
                memcpy(&text, items + (size_t)i * list->size + list->rows[j].member,
                       sizeof text);
                tc_mem_free(text);
            }
        }
    }
    tc_mem_free(items);
}

int tc_list_items(const tc_list *list, const tc_config *config, const char **items)
{
    int n;
    memcpy(items, (const char *)config + list->items, sizeof *items);
    memcpy(&n, (const char *)config + list->count, sizeof n);
    return n;
}

static void set_items(const tc_list *list, tc_config *config, char *items, int n)
{
    char *old;
    int n_old;
    memcpy(&old, (char *)config + list->items, sizeof old);
    memcpy(&n_old, (char *)config + list->count, sizeof n_old);
    clear_elements(list, old, n_old);
    memcpy((char *)config + list->items, &items, sizeof items);
    memcpy((char *)config + list->count, &n, sizeof n);
}

static tc_status store_default(const tc_key *key, void *object, tc_error *err)
{
    char wrong[TC_WRONG_TEXT];
    tc_value value = {0};
    if (key->fallback == NULL) {
        return TC_OK;
    }
    if (!tc_value_parse(key, key->fallback, &value, wrong)) {
        return tc_fail(err, TC_EINTERNAL, "default of %s: %s", key->path, wrong);
    }
    return tc_value_store(key, &value, object, err);
}

/* raw NULL: only the default. */
static tc_status take_key(const tc_key *key, const void *raw, void *object, tc_error *err)
{
    tc_value value = {0};
    return raw != NULL && tc_value_from_raw(key, raw, &value)
               ? tc_value_store(key, &value, object, err)
               : store_default(key, object, err);
}

static tc_status apply_list(const tc_list *list, tc_layer *layer, tc_config *config,
                            tc_error *err)
{
    const tc_raw *raw = layer->raw;
    const char *raw_items;
    unsigned n;
    char *items;
    tc_status st = TC_OK;
    memcpy(&raw_items, (const char *)raw + list->raw_items, sizeof raw_items);
    memcpy(&n, (const char *)raw + list->raw_count, sizeof n);
    if (raw_items == NULL && tc_layer_has(layer, list->path)) {
        set_items(list, config, NULL, 0); /* [] replaces what was there before */
    }
    if (raw_items == NULL) {
        return TC_OK;
    }
    items = tc_mem_alloc((int64_t)n, list->size, err);
    if (items == NULL) {
        return TC_ENOMEM;
    }
    for (unsigned i = 0; i < n && st == TC_OK; i++) {
        for (int j = 0; j < list->n_rows && st == TC_OK; j++) {
            st = take_key(&list->rows[j], raw_items + i * list->raw_size,
                          items + i * list->size, err);
        }
    }
    if (st != TC_OK) {
        clear_elements(list, items, (int)n);
        return st;
    }
    set_items(list, config, items, (int)n);
    return TC_OK;
}

tc_status tc_config_apply(tc_config *config, tc_layer *layer, tc_error *err)
{
    const tc_raw *raw = layer->raw;
    int n_keys, n_lists;
    const tc_key *keys = tc_keys(&n_keys);
    const tc_list *lists = tc_lists(&n_lists);
    tc_value value = {0};
    if (raw == NULL) {
        return TC_OK;
    }
    for (int i = 0; i < n_keys; i++) {
        if (tc_value_from_raw(&keys[i], raw, &value)) {
            TC_TRY(tc_value_store(&keys[i], &value, config, err));
        }
    }
    for (int i = 0; i < n_lists; i++) {
        TC_TRY(apply_list(&lists[i], layer, config, err));
    }
    return TC_OK;
}

/* Lists are written in the table as YAML, so their defaults come as a layer of their own. */
static tc_status default_list(tc_config *config, const tc_list *list, tc_error *err)
{
    tc_layer layer = {0};
    tc_status st = tc_layer_set(&layer, "default", list->path, list->fallback, err);
    if (st == TC_OK) {
        st = tc_config_apply(config, &layer, err);
    }
    tc_layer_free(&layer);
    return st;
}

tc_status tc_config_defaults(tc_config *config, tc_error *err)
{
    int n_keys, n_lists;
    const tc_key *keys = tc_keys(&n_keys);
    const tc_list *lists = tc_lists(&n_lists);
    for (int i = 0; i < n_keys; i++) {
        TC_TRY(store_default(&keys[i], config, err));
    }
    for (int i = 0; i < n_lists; i++) {
        if (lists[i].fallback != NULL) {
            TC_TRY(default_list(config, &lists[i], err));
        }
    }
    return TC_OK;
}

void tc_config_clear(tc_config *config)
{
    int n_keys, n_lists;
    const tc_key *keys = tc_keys(&n_keys);
    const tc_list *lists = tc_lists(&n_lists);
    for (int i = 0; i < n_keys; i++) {
        if (keys[i].kind >= TC_KIND_TEXT) {
            char *text;
            memcpy(&text, (char *)config + keys[i].member, sizeof text);
            tc_mem_free(text);
        }
    }
    for (int i = 0; i < n_lists; i++) {
        set_items(&lists[i], config, NULL, 0);
    }
    *config = (tc_config){0};
}

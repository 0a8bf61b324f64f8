/* What several keys must satisfy together, and required keys; all layers are in by now. */
#include "config_impl.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    const tc_config *config;
    tc_layer *layers;
    int n;
    tc_error *err;
} verify;

static tc_place at(const verify *v, const char *path)
{
    return tc_layers_place(v->layers, v->n, path);
}

static tc_status check_required(const verify *v)
{
    int n_keys, n_lists;
    const tc_key *keys = tc_keys(&n_keys);
    const tc_list *lists = tc_lists(&n_lists);
    const char *items;
    for (int i = 0; i < n_keys; i++) {
        if ((keys[i].flags & TC_KEY_REQUIRED) != 0 &&
            tc_value_load(&keys[i], v->config).text == NULL) {
            return tc_place_fail(at(v, keys[i].path), v->err, "missing; needed: %s",
                                 keys[i].text);
        }
    }
    for (int i = 0; i < n_lists; i++) {
        if ((lists[i].flags & TC_KEY_REQUIRED) != 0 &&
            tc_list_items(&lists[i], v->config, &items) == 0) {
            return tc_place_fail(at(v, lists[i].path), v->err, "missing; needed: %s",
                                 lists[i].text);
        }
    }
    return TC_OK;
}

static tc_status check_columns(const verify *v)
{
    static const char choice[] = "allowed: amount alone, or quantity and unit_price";
    const tc_input_columns *columns = &v->config->input.columns;
    const int product = (columns->quantity != NULL) + (columns->unit_price != NULL);
    if (columns->amount != NULL && product > 0) {
        return tc_place_fail(at(v, "input.columns.amount"), v->err,
                             "mapped besides quantity or unit_price; %s", choice);
    }
    if (columns->amount == NULL && product == 0) {
        return tc_place_fail(at(v, "input.columns.amount"), v->err, "missing; %s", choice);
    }
    if (product == 1) {
        return tc_place_fail(at(v, columns->quantity == NULL ? "input.columns.quantity"
                                                             : "input.columns.unit_price"),
                             v->err, "missing; %s", choice);
    }
    if (v->config->input.returns_order_prefix[0] != '\0' && columns->order == NULL) {
        return tc_place_fail(at(v, "input.returns.order_prefix"), v->err,
                             "no order column is mapped; allowed: empty, or map "
                             "input.columns.order");
    }
    return TC_OK;
}

/* The first key of an element is its name. */
static tc_status check_repeats(const verify *v, const tc_list *list)
{
    const tc_key *key = &list->rows[0];
    const char *items;
    const int n = tc_list_items(list, v->config, &items);
    if ((list->flags & TC_KEY_ONCE) == 0) {
        return TC_OK;
    }
    for (int i = 1; i < n; i++) {
        const char *name = tc_value_load(key, items + (size_t)i * list->size).text;
        for (int j = 0; j < i; j++) {
            if (strcmp(name, tc_value_load(key, items + (size_t)j * list->size).text) ==
                0) {
                char path[TC_PATH_TEXT];
                (void)snprintf(path, sizeof path, "%s[%d].%s", list->path, i, key->path);
                return tc_place_fail(at(v, path), v->err,
                                     "\"%s\" stands in the list twice; allowed: each once",
                                     name);
            }
        }
    }
    return TC_OK;
}

static tc_status check_assign(const verify *v)
{
    const tc_config_assign *assign = &v->config->assign;
    double sum = assign->weight_recency + assign->weight_frequency +
                 assign->weight_monetary + assign->weight_churn;
    if (!(sum > 0)) {
        return tc_place_fail(at(v, "assign.weights"), v->err,
                             "all weights are 0; allowed: at least one above 0");
    }
    sum = 0;
    for (int i = 0; i < assign->n_tiers; i++) {
        sum += assign->tiers[i].share;
    }
    if (!(fabs(sum - 1) <= 1e-9)) {
        return tc_place_fail(at(v, "assign.tiers"), v->err,
                             "the shares sum to %.12g; allowed: 1, within 1e-9", sum);
    }
    return TC_OK;
}

tc_status tc_config_verify(const tc_config *config, tc_layer *layers, int n, tc_error *err)
{
    const verify v = {.config = config, .layers = layers, .n = n, .err = err};
    int n_lists;
    const tc_list *lists = tc_lists(&n_lists);
    TC_TRY(check_required(&v));
    TC_TRY(check_columns(&v));
    for (int i = 0; i < n_lists; i++) {
        TC_TRY(check_repeats(&v, &lists[i]));
    }
    if (config->segment.sample < config->segment.k) {
        return tc_place_fail(at(&v, "segment.sample"), err,
                             "%lld is less than segment.k; allowed: %lld or more",
                             (long long)config->segment.sample,
                             (long long)config->segment.k);
    }
    return check_assign(&v);
}

/* What several keys must satisfy together, and required keys; all layers are in by now. */
#include "config_impl.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tiercel/timeparse.h"

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

/* How the lines of files are read. */
static tc_status check_dialect(const verify *v)
{
    const tc_input_format *format = &v->config->input.format;
    tc_csv_dialect dialect;
    if (tc_csv_dialect_parse(format->delimiter, format->quote, &dialect)) {
        return TC_OK;
    }
    if (tc_csv_dialect_parse(format->delimiter, "none", &dialect)) {
        return tc_place_fail(at(v, "input.format.quote"), v->err,
                             "cannot be a quote here; allowed: one byte other than the "
                             "delimiter and blanks, or none");
    }
    return tc_place_fail(at(v, "input.format.delimiter"), v->err,
                         "cannot be a delimiter; allowed: one byte, tab, or blanks");
}

static tc_status check_columns(const verify *v)
{
    static const char choice[] =
        "allowed: amount, or quantity and unit_price, or all three";
    const tc_input_columns *columns = &v->config->input.columns;
    const int product = (columns->quantity != NULL) + (columns->unit_price != NULL);
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

/* 1 if "a|b|c" has no empty and no repeated word. */
static int levels_good(const char *levels)
{
    for (const char *at = levels; at != NULL;) {
        const size_t n = strcspn(at, "|");
        for (const char *before = levels; before < at; before += strcspn(before, "|") + 1) {
            if (strcspn(before, "|") == n && strncmp(before, at, n) == 0) {
                return 0;
            }
        }
        if (n == 0 || n > 255) {
            return 0;
        }
        at = at[n] == '|' ? at + n + 1 : NULL;
    }
    return 1;
}

static tc_status check_levels(const verify *v, const char *list, int i, const char *levels)
{
    char path[TC_PATH_TEXT];
    (void)snprintf(path, sizeof path, "%s[%d].levels", list, i);
    return levels_good(levels)
               ? TC_OK
               : tc_place_fail(
                     at(v, path), v->err,
                     "an empty, long or repeated word; allowed: one|two|three, each "
                     "once, of up to 255 bytes");
}

/* User features need different names, and their dictionaries different words. */
static tc_status check_profiles(const verify *v)
{
    const tc_config_customers *customers = &v->config->customers;
    const tc_config_wide *wide = &v->config->wide;
    for (int i = 0; i < customers->n_attributes; i++) {
        const tc_attribute_def *a = &customers->attributes[i];
        const char *name = a->name != NULL ? a->name : a->column;
        int used = strcmp(name, "consent") == 0 || strcmp(name, "protected") == 0;
        for (int j = 0; j < i; j++) {
            const tc_attribute_def *b = &customers->attributes[j];
            used |= strcmp(name, b->name != NULL ? b->name : b->column) == 0;
        }
        if (used) {
            char path[TC_PATH_TEXT];
            (void)snprintf(path, sizeof path, "customers.attributes[%d].name", i);
            return tc_place_fail(at(v, path), v->err,
                                 "a user feature of this name is there already; allowed: "
                                 "another name");
        }
        TC_TRY(check_levels(v, "customers.attributes", i, a->levels));
    }
    for (int i = 0; i < wide->n_categorical; i++) {
        TC_TRY(check_levels(v, "wide.categorical", i, wide->categorical[i].levels));
    }
    if ((wide->matrix != NULL) != (wide->matrix_names != NULL)) {
        return tc_place_fail(at(v, "wide.matrix"), v->err,
                             "a matrix and the names of its columns belong together; "
                             "allowed: both wide.matrix and wide.matrix_names, or none");
    }
    return TC_OK;
}

/* What the modules that read texts refuse. */
static tc_status check_format(const verify *v)
{
    const tc_config_input *input = &v->config->input;
    tc_number_format number;
    tc_time_format time = {0};
    tc_error wrong = {0};
    if (tc_number_compile(&input->format.number, &number, &wrong) != TC_OK) {
        const int same = input->format.number.decimal == input->format.number.thousands;
        return tc_place_fail(
            at(v, same ? "input.format.thousands" : "input.format.currency"), v->err, "%s",
            wrong.message);
    }
    if (tc_time_set_zone(&time, input->time_zone, &wrong) != TC_OK) {
        return tc_place_fail(at(v, "input.time_zone"), v->err, "%s", wrong.message);
    }
    return TC_OK;
}

static tc_status check_hints(const verify *v)
{
    const tc_config_io *io = &v->config->io;
    for (int i = 0; i < io->n_hints; i++) {
        const char *const equals = strchr(io->hints[i], '=');
        const size_t n = equals != NULL ? (size_t)(equals - io->hints[i]) : 0;
        if (n == 0 || n > 35 || equals[1] == '\0' || strlen(equals + 1) > 255) {
            return tc_place_fail(
                at(v, "io.hints"), v->err,
                "hint %d is no name=value; allowed: a name of up to 35 bytes "
                "and a value of up to 255, such as romio_ds_write=disable",
                i + 1);
        }
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

/* The columns of the input by their keys. */
static int is_mapped(const tc_input_columns *c, const char *name)
{
    const struct {
        const char *key, *column;
    } list[] = {{"customer", c->customer},     {"time", c->time},
                {"amount", c->amount},         {"quantity", c->quantity},
                {"unit_price", c->unit_price}, {"order", c->order},
                {"channel", c->channel},       {"category", c->category}};
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        if (strcmp(list[i].key, name) == 0) {
            return list[i].column != NULL;
        }
    }
    return 0;
}

/* Day from which on rows lie in the future, or TC_CONFIG_NONE. */
static int64_t last_day(const tc_config *config)
{
    const int64_t day = config->quality.not_after;
    if (day == TC_CONFIG_AUTO || day == TC_CONFIG_NONE) {
        return config->as_of == TC_CONFIG_AUTO ? TC_CONFIG_NONE : config->as_of;
    }
    return day;
}

static tc_status check_quality(const verify *v)
{
    const tc_config_quality *q = &v->config->quality;
    for (int i = 0; i < q->n_columns; i++) {
        char path[TC_PATH_TEXT];
        (void)snprintf(path, sizeof path, "quality.columns[%d].column", i);
        if (!is_mapped(&v->config->input.columns, q->columns[i].column)) {
            return tc_place_fail(at(v, path), v->err,
                                 "\"%s\" is not mapped; allowed: a key of input.columns "
                                 "that has a column",
                                 q->columns[i].column);
        }
    }
    if (q->not_before == TC_CONFIG_AUTO) {
        return tc_place_fail(at(v, "quality.not_before"), v->err,
                             "as_of is no first day; allowed: none, or a date YYYY-MM-DD");
    }
    if (q->not_before != TC_CONFIG_NONE && q->not_after != TC_CONFIG_NONE &&
        q->not_before >= last_day(v->config)) {
        return tc_place_fail(at(v, "quality.not_before"), v->err,
                             "not before the day of quality.not_after; allowed: an earlier "
                             "date");
    }
    if (!isnan(q->freshness_days) && last_day(v->config) == TC_CONFIG_NONE) {
        return tc_place_fail(at(v, "quality.freshness_days"), v->err,
                             "there is no day to count from; allowed: none, or set "
                             "run.as_of or quality.not_after to a date");
    }
    return TC_OK;
}

static tc_status check_segment(const verify *v)
{
    const tc_config_segment *segment = &v->config->segment;
    if (segment->sample < segment->k) {
        return tc_place_fail(at(v, "segment.sample"), v->err,
                             "%lld is less than segment.k; allowed: %lld or more",
                             (long long)segment->sample, (long long)segment->k);
    }
    if (!(segment->high_share + segment->middle_share < 1)) {
        return tc_place_fail(
            at(v, "segment.middle_share"), v->err,
            "%g and segment.high_share = %g leave no customer whose spending "
            "power is low; allowed: a sum below 1",
            segment->middle_share, segment->high_share);
    }
    if (segment->k_max != 0 && segment->k_max < segment->k) {
        return tc_place_fail(at(v, "segment.k_max"), v->err,
                             "%lld is less than segment.k; allowed: 0, or %lld or more",
                             (long long)segment->k_max, (long long)segment->k);
    }
    if (segment->k_max > segment->k &&
        ((segment->criterion == TC_BY_GAP && segment->gap_references == 0) ||
         (segment->criterion == TC_BY_SILHOUETTE && segment->silhouette_rows == 0))) {
        return tc_place_fail(at(v, "segment.criterion"), v->err,
                             "the index is not computed; set %s, or choose by another one",
                             segment->criterion == TC_BY_GAP ? "segment.gap_references"
                                                             : "segment.silhouette_rows");
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
    TC_TRY(check_dialect(&v));
    TC_TRY(check_columns(&v));
    TC_TRY(check_format(&v));
    TC_TRY(check_hints(&v));
    for (int i = 0; i < n_lists; i++) {
        TC_TRY(check_repeats(&v, &lists[i]));
    }
    TC_TRY(check_profiles(&v));
    TC_TRY(check_segment(&v));
    TC_TRY(check_quality(&v));
    return check_assign(&v);
}

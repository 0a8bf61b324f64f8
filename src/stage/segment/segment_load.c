/* segment_load.c - the columns of features.h5 that place a customer. */
#include "segment_impl.h"

#include "tiercel/fault.h"

int tc_segment_is_known(const tc_segment *s, int64_t i)
{
    return s->known_bits[i / 8] >> (i % 8) & 1;
}

tc_status tc_segment_feature_all(tc_segment *s, const char *feature, double **out,
                                 tc_error *err)
{
    double *value = tc_mem_alloc(s->customers.n_local, sizeof *value, err);
    tc_status st = tc_comm_agree_all(s->comm, value == NULL ? TC_ENOMEM : TC_OK, err);
    int64_t n = 0;
    *out = value;
    if (st == TC_OK) {
        st = tc_model_feature_read_all(s->comm, s->features, &s->customers, s->date,
                                       feature, value, err);
    }
    TC_ASSERT(st != TC_OK || value != NULL);
    for (int64_t i = 0; st == TC_OK && i < s->customers.n_local; i++) {
        if (tc_segment_is_known(s, i)) {
            value[n++] = value[i];
        }
    }
    return st;
}

/* Collective. */
static tc_status open_all(tc_segment *s, tc_error *err)
{
    const tc_config_segment *c = &s->config->segment;
    tc_status st = TC_FAULT("segment.load", err);
    if (st == TC_OK) {
        st = tc_scale_check_uses(c->use, c->n_use, "segment", err);
    }
    if (st == TC_OK) {
        st = tc_segment_set_features(s, c->use, c->n_use, err);
    }
    st = tc_comm_agree_all(s->comm, st, err);
    if (st == TC_OK) {
        st = tc_stage_open_all(s->comm, s->config, TC_STAGE_FEATURES, &s->features, err);
    }
    if (st == TC_OK) {
        st = tc_store_get_text_all(s->features, "date_score", s->date, sizeof s->date, err);
    }
    if (st == TC_OK) {
        st = tc_stage_shards_all(s->comm, s->features, &s->customers, err);
    }
    return st;
}

/* Collective. Opens the columns: the features, the weight, and what only customers with an event have. */
static tc_status open_columns_all(tc_segment *s, tc_error *err)
{
    const tc_config_segment *c = &s->config->segment;
    const char *name[TC_SEGMENT_COLUMNS];
    int n = 0;
    tc_status st;
    for (; n < c->n_use; n++) {
        name[n] = c->use[n].feature;
    }
    s->rows.roles.weight = -1;
    if (c->weight != NULL) {
        s->weight_name = c->weight;
        s->rows.roles.weight = n;
        name[n++] = c->weight;
    }
    s->rows.roles.presence = n;
    name[n++] = "order_count"; /* be it 0 */
    st = tc_segment_features_open_all(s->comm, s->features, s->date, name, n, &s->columns,
                                      err);
    s->rows.source = tc_segment_features_source(&s->columns);
    return st;
}

/* Collective. The first pass, in which every row is read once, verifies the checksums. */
static tc_status survey_all(tc_segment *s, int64_t **shard_rows, tc_error *err)
{
    tc_status st = open_columns_all(s, err);
    if (st == TC_OK) {
        st = tc_segment_survey_rows_all(s, shard_rows, err);
    }
    st = tc_segment_features_end_all(&s->columns, st, err);
    if (st == TC_OK) {
        st = open_columns_all(s, err);
    }
    return st;
}

tc_status tc_segment_load_all(tc_segment *s, tc_error *err)
{
    int64_t *shard_rows = NULL;
    tc_status st = open_all(s, err);
    s->what = "customers";
    s->infinite_status = TC_ENUMERIC;
    s->infinite_advice =
        "the features file is damaged or an amount is out of range: run the "
        "features stage again";
    if (st == TC_OK) {
        st = survey_all(s, &shard_rows, err);
    }
    if (st == TC_OK && s->survey.rows < s->config->segment.k) {
        st = tc_fail(
            err, TC_EDATA,
            "segment.k = %lld, but only %lld customers have events before %s; lower "
            "segment.k or check the input",
            (long long)s->config->segment.k, (long long)s->survey.rows, s->date);
    }
    if (st == TC_OK) {
        st = tc_segment_place_all(s, shard_rows, err);
    }
    tc_mem_free(shard_rows);
    return st;
}

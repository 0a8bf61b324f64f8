/* assign_rows.c - tiers.h5: the columns of customers. */
#include "assign_impl.h"

#include "tiercel/fault.h"
#include "tiercel/stage_checkpoint.h"

/* Collective. One vector of all customers, written from this rank's part. */
static tc_status put_rows(tc_assign *a, const tc_field *field, const void *data,
                          tc_error *err)
{
    const tc_status st = tc_stage_stop_all(a->comm, err);
    return st == TC_OK ? tc_store_put_all(a->out, field, data, a->shards.row0,
                                          a->shards.n_local, a->shards.n_global, err)
                       : st;
}

/* Collective. A vector of another file, copied under a new name. */
static tc_status copy_rows_all(tc_assign *a, tc_store *from, const char *source,
                               const tc_field *field, tc_error *err)
{
    tc_field read = *field;
    void *data = tc_mem_alloc(a->shards.n_local, tc_type_size(field), err);
    tc_status st = tc_comm_agree_all(a->comm, data == NULL ? TC_ENOMEM : TC_OK, err);
    read.name = source;
    if (st == TC_OK) {
        st = tc_store_get_all(from, &read, a->shards.row0, a->shards.n_local, data, err);
    }
    if (st == TC_OK) {
        st = put_rows(a, field, data, err);
    }
    tc_mem_free(data);
    return st;
}

/* Collective. consent and protected, if the input has them. */
static tc_status copy_flags_all(tc_assign *a, tc_error *err)
{
    static const char *const source[] = {"user/consent", "user/protected"};
    static const tc_field flag[] = {
        {.name = "tiers/consent",
         .type = TC_I8,
         .unit = "1",
         .description = "1 = consents, 0 = does not, -1 = unknown"},
        {.name = "tiers/protected",
         .type = TC_I8,
         .unit = "1",
         .description = "1 = protected, 0 = not, -1 = unknown"}};
    tc_status st = TC_OK;
    for (int i = 0; i < 2 && st == TC_OK; i++) {
        if (tc_store_has_all(a->features, source[i])) {
            st = copy_rows_all(a, a->features, source[i], &flag[i], err);
        }
    }
    return st;
}

static tc_status copy_others_all(tc_assign *a, tc_error *err)
{
    static const tc_field cluster = {
        .name = "tiers/cluster",
        .type = TC_U16,
        .unit = "1",
        .description = "number of the cluster of segments.h5; 0 = not yet a customer"};
    static const tc_field probability = {
        .name = "tiers/churn_probability",
        .type = TC_F32,
        .unit = "1",
        .description =
            "probability of no purchase within the horizon after the as-of date"};
    static const tc_field percentile = {
        .name = "tiers/churn_percentile",
        .type = TC_F32,
        .unit = "1",
        .description = "mid-rank percentile of the churn score, 1 = most likely to leave"};
    tc_field id = {.name = "tiers/id",
                   .type = TC_TEXT,
                   .unit = "",
                   .description = "customer, as normalised by ingest"};
    int64_t rows;
    int columns;
    tc_status st =
        tc_store_shape_all(a->features, "customers/id", &rows, &columns, &id.width, err);
    if (st == TC_OK) {
        st = copy_rows_all(a, a->features, "customers/id", &id, err);
    }
    if (st == TC_OK) {
        st = copy_rows_all(a, a->segments, "cluster", &cluster, err);
    }
    if (st == TC_OK) {
        st = copy_rows_all(a, a->churn, "probability", &probability, err);
    }
    if (st == TC_OK) {
        st = copy_rows_all(a, a->churn, "percentile", &percentile, err);
    }
    if (st == TC_OK) {
        st = copy_flags_all(a, err);
    }
    return st;
}

/* Columns that are worked out row by row, in memory of this size an element. */
static void fill_to_next(const tc_assign *a, void *out)
{
    const tc_scoring *s = &a->now;
    uint16_t *points = out;
    for (int64_t i = 0; i < s->n; i++) {
        points[i] = s->known[i]
                        ? tc_tiering_to_next(s->score[i], s->cut, a->n_tiers, s->tier[i])
                        : 0;
    }
}

static void fill_to_lower(const tc_assign *a, void *out)
{
    const tc_scoring *s = &a->now;
    uint16_t *points = out;
    for (int64_t i = 0; i < s->n; i++) {
        points[i] = s->known[i] ? tc_tiering_to_lower(s->score[i], s->cut, s->tier[i]) : 0;
    }
}

static void fill_rfm(const tc_assign *a, void *out)
{
    const tc_scoring *s = &a->now;
    char *text = out;
    for (int64_t i = 0; i < s->n; i++) {
        for (int x = 0; x < TC_AXES; x++) {
            text[3 * i + x] = (char)('0' + s->score5[x][i]);
        }
    }
}

uint8_t tc_assign_segment(const tc_assign *a, int64_t i)
{
    const tc_scoring *s = &a->now;
    return s->known[i] ? a->rules.segment[tc_rules_cell(s->score5[0][i], s->score5[1][i],
                                                        s->score5[2][i])]
                       : 0;
}

uint8_t tc_assign_type(const tc_assign *a, int64_t i)
{
    const tc_scoring *s = &a->now;
    return s->known[i]
               ? (uint8_t)tc_tiering_type(s->high[i] & 1, s->high[i] & 2, s->high[i] & 4)
               : 0;
}

static void fill_segment(const tc_assign *a, void *out)
{
    uint8_t *segment = out;
    for (int64_t i = 0; i < a->now.n; i++) {
        segment[i] = tc_assign_segment(a, i);
    }
}

static void fill_type(const tc_assign *a, void *out)
{
    uint8_t *type = out;
    for (int64_t i = 0; i < a->now.n; i++) {
        type[i] = tc_assign_type(a, i);
    }
}

static void fill_recency(const tc_assign *a, void *out)
{
    float *value = out;
    for (int64_t i = 0; i < a->now.n; i++) {
        value[i] = (float)a->now.value[0][i];
    }
}

static void fill_orders(const tc_assign *a, void *out)
{
    float *value = out;
    for (int64_t i = 0; i < a->now.n; i++) {
        value[i] = (float)a->now.value[1][i];
    }
}

typedef struct {
    tc_field field;
    void (*fill)(const tc_assign *a, void *out);
} derived_column;

static tc_status put_derived_all(tc_assign *a, const char *const *type_names, tc_error *err)
{
    const derived_column column[] = {
        {{.name = "tiers/rfm",
          .type = TC_TEXT,
          .width = 3,
          .unit = "",
          .description = "R, F and M score as text; 000 = not yet a customer"},
         fill_rfm},
        {{.name = "tiers/segment",
          .type = TC_ENUM,
          .unit = "",
          .description = "named segment by the rules of the configuration",
          .names = a->rules.name,
          .n_names = a->rules.n_segments + 1},
         fill_segment},
        {{.name = "tiers/rfm_type",
          .type = TC_ENUM,
          .unit = "",
          .description =
              "one of eight types by median splits of recency, orders and net amount",
          .names = type_names,
          .n_names = TC_RFM_TYPES + 1},
         fill_type},
        {{.name = "tiers/recency_days",
          .type = TC_F32,
          .unit = "days",
          .description = "days since the last purchase"},
         fill_recency},
        {{.name = "tiers/order_count",
          .type = TC_F32,
          .unit = "orders",
          .description = "orders before the as-of date"},
         fill_orders},
        {{.name = "tiers/score_to_next",
          .type = TC_U16,
          .unit = "points",
          .description = "points to win for a higher tier, 0 = in the highest"},
         fill_to_next},
        {{.name = "tiers/score_to_lower",
          .type = TC_U16,
          .unit = "points",
          .description = "points whose loss means a lower tier, 0 = cannot fall"},
         fill_to_lower},
    };
    void *data = tc_mem_alloc(a->shards.n_local, sizeof(float), err);
    tc_status st = tc_comm_agree_all(a->comm, data == NULL ? TC_ENOMEM : TC_OK, err);
    TC_ASSERT(st != TC_OK || data != NULL);
    for (size_t c = 0; st == TC_OK && c < sizeof column / sizeof *column; c++) {
        column[c].fill(a, data);
        st = put_rows(a, &column[c].field, data, err);
    }
    tc_mem_free(data);
    return st;
}

/* Collective. Columns that are not as they lie in memory: made row by row, or those of other files. */
static tc_status put_made_all(tc_assign *a, tc_error *err)
{
    const char *type_names[TC_RFM_TYPES + 1];
    tc_status st;
    for (int t = 0; t <= TC_RFM_TYPES; t++) {
        type_names[t] = tc_tiering_type_name(t);
    }
    st = put_derived_all(a, type_names, err);
    if (st == TC_OK) {
        st = copy_others_all(a, err);
    }
    return st == TC_OK ? tc_assign_put_cluster_name_all(a, err) : st;
}

tc_status tc_assign_put_rows_all(tc_assign *a, tc_error *err)
{
    const tc_scoring *s = &a->now;
    const struct {
        tc_field field;
        const void *data;
    } column[] = {
        {{.name = "tiers/tier",
          .type = TC_ENUM,
          .unit = "",
          .description = "the tier",
          .names = a->tier_name,
          .n_names = a->n_tiers + 1},
         s->tier},
        {{.name = "tiers/tier_number",
          .type = TC_U8,
          .unit = "1",
          .description = "the tier as a number, 1 = lowest, 0 = not yet a customer"},
         s->tier},
        {{.name = "tiers/score",
          .type = TC_U16,
          .unit = "points",
          .description = "composite value score, 65535 = best"},
         s->score},
        {{.name = "tiers/r_score",
          .type = TC_U8,
          .unit = "1",
          .description = "recency score 1..5, 5 = most recent; 0 = not yet a customer"},
         s->score5[0]},
        {{.name = "tiers/f_score",
          .type = TC_U8,
          .unit = "1",
          .description = "frequency score 1..5, 5 = most orders; 0 = not yet a customer"},
         s->score5[1]},
        {{.name = "tiers/m_score",
          .type = TC_U8,
          .unit = "1",
          .description =
              "monetary score 1..5, 5 = highest net amount; 0 = not yet a customer"},
         s->score5[2]},
        {{.name = "tiers/net_amount",
          .type = TC_F64,
          .unit = "currency",
          .description = "money spent before the as-of date, returns taken off"},
         s->value[2]},
    };
    tc_status st = tc_comm_agree_all(a->comm, TC_FAULT("assign.rows", err), err);
    for (size_t c = 0; st == TC_OK && c < sizeof column / sizeof *column; c++) {
        st = put_rows(a, &column[c].field, column[c].data, err);
    }
    return st == TC_OK ? put_made_all(a, err) : st;
}

/* features.c - the features stage: events.h5 to features.h5. */
#include "features_impl.h"

#include "tiercel/catalogue.h"
#include "tiercel/date.h"
#include "tiercel/log.h"

#include <stdio.h>

/* If the columns of all dates fit into this much memory of a rank, one pass over the events fills them;
 * else one pass a date. The results are the same. */
static const int64_t COLUMN_BYTES = (int64_t)256 << 20;

typedef struct {
    tc_comm *comm;
    const tc_config *config;
    tc_store *in, *out;
    tc_events events;
    tc_features_at at[N_DATES];
} stage;

/* The as-of date T, and the dates T - H and T - 2H at which models learn and are tested. */
static tc_status resolve_dates(stage *s, tc_error *err)
{
    const int64_t first = s->events.limits.day_first, last = s->events.limits.day_last;
    const int64_t score = s->config->as_of == TC_CONFIG_AUTO ? last + 1 : s->config->as_of;
    char text[3][TC_DATE_TEXT];
    tc_date_text(score, text[0]);
    tc_date_text(first, text[1]);
    tc_date_text(last, text[2]);
    for (int d = 0; d < N_DATES; d++) {
        s->at[d].day = score - (N_DATES - 1 - d) * s->config->horizon_days;
        s->at[d].labelled = d != DATE_SCORE;
    }
    if (s->events.shards.n_global == 0 || score <= first) {
        return tc_fail(err, TC_EDATA,
                       "no customer has an event before the as-of date %s: the events run "
                       "from %s to %s; set run.as_of to a later date",
                       text[0], text[1], text[2]);
    }
    if (score > last + 1) {
        tc_log_warn("the as-of date %s lies %lld days after the last event (%s): customers "
                    "look more inactive than they are if data of these days are missing",
                    text[0], (long long)(score - last - 1), text[2]);
    }
    return TC_OK;
}

/* Collective. */
static tc_status read_all(stage *s, tc_error *err)
{
    tc_status st = tc_stage_open_all(s->comm, s->config, TC_STAGE_INGEST, &s->in, err);
    if (st == TC_OK) {
        st = tc_events_open_all(s->comm, s->in, &s->events, err);
    }
    if (st == TC_OK) {
        st = tc_comm_agree_all(s->comm, resolve_dates(s, err), err);
    }
    if (st == TC_OK) {
        st = tc_events_read_all(s->comm, s->in, &s->events, err);
    }
    return st;
}

/* Collective. */
static tc_status create_all(stage *s, tc_error *err)
{
    tc_store_header header = *tc_store_head(s->in);
    tc_status st;
    char date[TC_DATE_TEXT];
    tc_date_text(s->at[DATE_SCORE].day, date);
    (void)snprintf(header.as_of, sizeof header.as_of, "%s", date);
    st = tc_stage_create_all(s->comm, s->config, TC_STAGE_FEATURES, &header, &s->out, err);
    if (st == TC_OK) {
        st = tc_stage_put_shards_all(s->out, s->events.shards.n_shards,
                                     s->events.shards.first_row, err);
    }
    return st;
}

/* Collective. Names of the features in the order of the catalogue, which is that of the summaries. */
static tc_status put_names_all(stage *s, tc_error *err)
{
    int n_features;
    const tc_feature_def *def = tc_catalogue(&n_features);
    tc_buffer names = {0};
    tc_status st = TC_OK;
    for (int f = 0; f < n_features && st == TC_OK; f++) {
        st = tc_buffer_print(&names, err, "%s%s", f > 0 ? "," : "", def[f].name);
    }
    if (st == TC_OK) {
        st = tc_buffer_append(&names, "", 1, err);
    }
    st = tc_comm_agree_all(s->comm, st, err);
    if (st == TC_OK) {
        st = tc_store_put_text_all(s->out, "features", (const char *)names.data, err);
    }
    tc_buffer_free(&names);
    return st;
}

/* Collective. counts: labelled and churned customers at each date that has labels. */
static tc_status put_attributes_all(stage *s, int64_t counts[DATE_SCORE][2], tc_error *err)
{
    static const char *const date_names[N_DATES] = {"date_backtest", "date_train",
                                                    "date_score"};
    const struct {
        const char *name;
        int64_t value;
    } numbers[] = {{"horizon_days", s->config->horizon_days},
                   {"active_days", s->config->features.active_days},
                   {"backtest_labelled", counts[DATE_BACKTEST][0]},
                   {"backtest_churned", counts[DATE_BACKTEST][1]},
                   {"train_labelled", counts[DATE_TRAIN][0]},
                   {"train_churned", counts[DATE_TRAIN][1]}};
    tc_status st = put_names_all(s, err);
    for (int d = 0; d < N_DATES && st == TC_OK; d++) {
        char date[TC_DATE_TEXT];
        tc_date_text(s->at[d].day, date);
        st = tc_store_put_text_all(s->out, date_names[d], date, err);
    }
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0] && st == TC_OK; i++) {
        st = tc_store_put_i64_all(s->out, numbers[i].name, numbers[i].value, err);
    }
    return st;
}

/* Collective. Dates begin .. end - 1 in one pass over the events. */
static tc_status run_dates_all(stage *s, int begin, int end, tc_error *err)
{
    tc_status st = TC_OK;
    for (int d = begin; d < end && st == TC_OK; d++) {
        st = tc_features_at_create(&s->at[d], s->events.shards.n_local, err);
    }
    if (st == TC_OK) {
        st = tc_features_compute(&s->events, s->config, &s->at[begin], end - begin, err);
    }
    st = tc_comm_agree_all(s->comm, st, err);
    for (int d = begin; d < end && st == TC_OK; d++) {
        st = tc_features_put_all(&s->events.shards, s->out, &s->at[d], err);
        if (st == TC_OK && d == DATE_SCORE) {
            st = tc_features_put_summary_all(s->comm, &s->events.shards, s->out, &s->at[d],
                                             err);
        }
        tc_features_at_free(&s->at[d]);
    }
    return st;
}

/* Collective. */
static tc_status write_all(stage *s, tc_error *err)
{
    int64_t counts[DATE_SCORE][2]; /* labelled, churned */
    int64_t most_rows = s->events.shards.n_local;
    tc_status st = create_all(s, err);
    int step;
    tc_comm_max_i64_all(s->comm, &most_rows, 1);
    step = most_rows * tc_features_row_bytes() * N_DATES <= COLUMN_BYTES ? N_DATES : 1;
    for (int d = 0; d < N_DATES && st == TC_OK; d += step) {
        st = run_dates_all(s, d, d + step, err);
    }
    for (int d = 0; d < DATE_SCORE; d++) {
        counts[d][0] = s->at[d].n_labelled;
        counts[d][1] = s->at[d].n_churned;
    }
    tc_comm_sum_i64_all(s->comm, &counts[0][0], sizeof counts / sizeof counts[0][0]);
    if (st == TC_OK) {
        st = put_attributes_all(s, counts, err);
    }
    if (st == TC_OK) {
        tc_log_info("features: %lld customers; %lld labelled for training, %lld of them "
                    "churned; %lld and %lld for the backtest",
                    (long long)s->events.shards.n_global, (long long)counts[DATE_TRAIN][0],
                    (long long)counts[DATE_TRAIN][1], (long long)counts[DATE_BACKTEST][0],
                    (long long)counts[DATE_BACKTEST][1]);
        st = tc_store_publish_all(&s->out, err);
    }
    return st;
}

tc_status tc_features_all(tc_comm *comm, const tc_config *config, tc_error *err)
{
    stage s = {.comm = comm, .config = config};
    tc_status st = read_all(&s, err);
    if (st == TC_OK) {
        st = write_all(&s, err);
    }
    for (int d = 0; d < N_DATES; d++) {
        tc_features_at_free(&s.at[d]);
    }
    tc_events_free(&s.events);
    tc_store_close_all(&s.out);
    tc_store_close_all(&s.in);
    return st;
}

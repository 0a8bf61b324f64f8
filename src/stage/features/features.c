/* features.c - the features stage: event files to features.h5. */
#include "features_profiles.h"
#include "features_silo.h"

#include "tiercel/catalogue.h"
#include "tiercel/date.h"
#include "tiercel/log.h"
#include "tiercel/progress.h"

#include <stdio.h>

typedef struct {
    tc_comm *comm;
    const tc_config *config;
    tc_event_list list;
    tc_features_merge_what what;
    tc_features_merge merge;
    tc_shards shards;
    tc_store *out;
    tc_features_profiles profiles;
    tc_features_block block;
    tc_features_silo silo;
    tc_features_tally tally;
    tc_rfm_totals totals;
} stage;

/* MiB: of the program, its libraries and dictionaries; without a setting; at least. */
enum { FIXED_MIB = 64, USUAL_MIB = 512, LEAST_MIB = 1 };

int64_t tc_features_memory(const tc_config *config)
{
    const int64_t left = config->memory_mib - FIXED_MIB;
    const int64_t mib = config->memory_mib == 0 ? USUAL_MIB
                        : left < LEAST_MIB      ? LEAST_MIB
                                                : left;
    return mib << 20;
}

/* The as-of date T, and the dates T - H and T - 2H at which models learn and are tested. */
static tc_status resolve_dates(stage *s, tc_error *err)
{
    const int64_t first = tc_date_day_of(s->list.first_time);
    const int64_t last = tc_date_day_of(s->list.last_time);
    const int64_t score = s->config->as_of == TC_CONFIG_AUTO ? last + 1 : s->config->as_of;
    char text[3][TC_DATE_TEXT];
    tc_date_text(score, text[0]);
    tc_date_text(first, text[1]);
    tc_date_text(last, text[2]);
    for (int d = 0; d < N_DATES; d++) {
        s->block.at[d].day = score - (N_DATES - 1 - d) * s->config->horizon_days;
        s->block.at[d].labelled = d != DATE_SCORE;
    }
    if (s->shards.n_global == 0 || score <= first) {
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

/* Collective. The files, their customers, and the dates. */
static tc_status open_all(stage *s, tc_error *err)
{
    tc_status st = tc_event_list_open_all(s->comm, s->config, &s->list, err);
    if (st == TC_OK) {
        st = tc_features_profiles_open_all(s->comm, s->config, &s->profiles, err);
    }
    s->what = (tc_features_merge_what){.with_events = 1,
                                       .with_ids = 1,
                                       .memory = tc_features_memory(s->config),
                                       .extra = s->profiles.store,
                                       .extra_path = s->profiles.path};
    if (st == TC_OK) {
        st = tc_features_union_all(s->comm, s->config, &s->list, &s->what, &s->shards, err);
    }
    if (st == TC_OK) {
        s->what.n_shards = s->shards.n_shards;
        st = resolve_dates(s, err);
        if (st == TC_OK) {
            st = tc_features_profiles_start(&s->profiles, s->shards.n_local, err);
        }
        st = tc_comm_agree_all(s->comm, st, err);
    }
    return st;
}

/* Collective. */
static tc_status create_all(stage *s, tc_error *err)
{
    tc_store_header header = {.n_shards = s->shards.n_shards, .n_rows = s->shards.n_global};
    tc_status st;
    char date[TC_DATE_TEXT];
    tc_date_text(s->block.at[DATE_SCORE].day, date);
    (void)snprintf(header.as_of, sizeof header.as_of, "%s", date);
    st = tc_stage_create_all(s->comm, s->config, TC_STAGE_FEATURES, &header, &s->out, err);
    if (st == TC_OK) {
        st = tc_stage_put_shards_all(s->out, s->shards.n_shards, s->shards.first_row, err);
    }
    return st;
}

/* The first block is there; the others follow one by one. */
static tc_status stream(stage *s, tc_features_out *out, tc_error *err)
{
    tc_features_block *b = &s->block;
    tc_progress_phase("computing and writing", s->shards.n_local, "customers");
    for (;;) {
        TC_TRY(tc_features_tally_add(&s->tally, b, DATE_SCORE, err));
        TC_TRY(tc_features_out_write(out, b, err));
        TC_TRY(tc_features_profiles_note(&s->profiles, b, s->shards.row0, err));
        tc_progress_add(b->n);
        if (b->n < b->capacity) {
            break;
        }
        TC_TRY(tc_features_block_fill(&s->merge, b, err));
    }
    if (b->row0 + b->n != s->shards.row0 + s->shards.n_local) {
        return tc_fail(err, TC_EDATA,
                       "%s: the customers do not fit the shards; delete the file and run "
                       "ingest again",
                       s->list.path[0]);
    }
    return TC_OK;
}

/* Collective. The first block of all ranks tells where the quantiles may lie. */
static tc_status begin_all(stage *s, tc_error *err)
{
    const tc_status st =
        tc_comm_agree_all(s->comm, tc_features_block_fill(&s->merge, &s->block, err), err);
    return st == TC_OK
               ? tc_features_guess_all(s->comm, &s->tally, &s->block, DATE_SCORE, err)
               : st;
}

/* Collective. The rows of all customers. */
static tc_status rows_all(stage *s, tc_error *err)
{
    tc_features_out out = {0};
    tc_status st =
        tc_features_merge_start_all(s->comm, s->config, &s->list, &s->what, &s->merge, err);
    const tc_rfm_limits limits = {.day_first = tc_date_day_of(s->list.first_time),
                                  .day_last = tc_date_day_of(s->list.last_time),
                                  .n_channels = s->merge.n_channels,
                                  .n_categories = s->merge.n_categories};
    if (st == TC_OK) {
        st = tc_features_block_create(s->config, &s->merge, &limits, &s->block, err);
        s->block.row0 = s->shards.row0;
        if (st == TC_OK) {
            st = tc_features_tally_create(s->config, &s->shards, &s->tally, err);
        }
        if (st == TC_OK && s->list.identity_id[0] != '\0') {
            s->block.silo = &s->silo;
            st = tc_features_silo_create(s->config, s->shards.n_shards,
                                         s->block.at[DATE_SCORE].day, &s->silo, err);
        }
        st = tc_comm_agree_all(s->comm, st, err);
    }
    if (st == TC_OK) {
        st = tc_features_out_begin_all(s->comm, s->out, &s->block, s->shards.n_global, &out,
                                       err);
    }
    if (st == TC_OK) {
        st = begin_all(s, err);
    }
    if (st == TC_OK) {
        st = stream(s, &out, err);
        s->totals = tc_rfm_totals_of(s->block.scratch);
    }
    st = tc_features_out_end_all(&out, tc_comm_agree_all(s->comm, st, err), err);
    st = tc_features_merge_end_all(s->comm, &s->merge, st, err);
    tc_features_block_free(&s->block);
    return st;
}

/* Collective. With an identity map: what it merged, and what the ids would be alone. */
static tc_status put_silo_all(stage *s, tc_error *err)
{
    tc_status st;
    if (s->list.identity_id[0] == '\0') {
        return TC_OK;
    }
    st = tc_store_put_text_all(s->out, "identity_id", s->list.identity_id, err);
    if (st == TC_OK) {
        st = tc_store_put_i64_all(s->out, "identity_ids", s->list.identity_ids, err);
    }
    if (st == TC_OK) {
        st = tc_store_put_i64_all(s->out, "identity_customers", s->list.identity_customers,
                                  err);
    }
    return st == TC_OK ? tc_features_silo_put_all(s->comm, s->out, &s->silo, err) : st;
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
        tc_date_text(s->block.at[d].day, date);
        st = tc_store_put_text_all(s->out, date_names[d], date, err);
    }
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0] && st == TC_OK; i++) {
        st = tc_store_put_i64_all(s->out, numbers[i].name, numbers[i].value, err);
    }
    return st;
}

/* Collective. What the events add up to; orders of several files are counted anew, since one order may stand in
 * two of them. */
static tc_status put_totals_all(stage *s, tc_error *err)
{
    const tc_rfm_totals *t = &s->totals;
    const tc_i128 mine = t->gross - t->net;
    /* money in halves, so that sums over ranks cannot overflow; one ingest has checked its own file */
    int64_t words[7] = {t->events,
                        t->purchases,
                        t->events - t->purchases,
                        (int64_t)((uint64_t)t->gross & 0xFFFFFFFFu),
                        (int64_t)(t->gross >> 32),
                        (int64_t)((uint64_t)mine & 0xFFFFFFFFu),
                        (int64_t)(mine >> 32)};
    tc_i128 gross, returned;
    int64_t orders = 0;
    tc_status st;
    tc_comm_sum_i64_all(s->comm, words, 7);
    gross = (tc_i128)words[4] * ((int64_t)1 << 32) + words[3];
    returned = (tc_i128)words[6] * ((int64_t)1 << 32) + words[5];
    if (gross > INT64_MAX || returned > INT64_MAX || returned < INT64_MIN) {
        return tc_fail(err, TC_EDATA,
                       "the amounts of all event files together are beyond %lld; look for "
                       "amounts that are far too large, or leave out files of run.events",
                       (long long)(INT64_MAX / 10000));
    }
    if (s->list.n == 1) {
        st = tc_store_get_i64_all(s->list.store[0], "orders", &orders, err);
    } else {
        st = tc_features_orders_all(s->comm, s->config, &s->list, &orders, err);
    }
    const struct {
        const char *name;
        int64_t value;
    } numbers[] = {{"events", words[0]},
                   {"purchase_rows", words[1]},
                   {"return_rows", words[2]},
                   {"amount_gross", (int64_t)gross},
                   {"amount_returned", (int64_t)returned},
                   {"orders", orders}};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0] && st == TC_OK; i++) {
        st = tc_store_put_i64_all(s->out, numbers[i].name, numbers[i].value, err);
    }
    return st;
}

/* Collective. What profiles.h5 adds. */
static tc_status join_all(stage *s, tc_error *err)
{
    tc_features_join join = {
        .comm = s->comm, .config = s->config, .shards = &s->shards, .out = s->out};
    for (int d = 0; d < N_DATES; d++) {
        join.day[d] = s->block.at[d].day;
    }
    return tc_features_join_all(&join, &s->profiles, err);
}

/* Collective. */
static tc_status write_all(stage *s, tc_error *err)
{
    int64_t counts[DATE_SCORE][2]; /* labelled, churned */
    tc_status st = create_all(s, err);
    if (st == TC_OK) {
        st = rows_all(s, err);
    }
    if (st == TC_OK) {
        tc_progress_phase("joining", 0, "");
        st = join_all(s, err);
    }
    if (st == TC_OK) {
        st = tc_features_put_summary_all(s->comm, s->config, &s->tally, s->out,
                                         s->block.at[DATE_SCORE].day, err);
    }
    for (int d = 0; d < DATE_SCORE; d++) {
        counts[d][0] = s->block.at[d].n_labelled;
        counts[d][1] = s->block.at[d].n_churned;
    }
    tc_comm_sum_i64_all(s->comm, &counts[0][0], sizeof counts / sizeof counts[0][0]);
    if (st == TC_OK) {
        st = put_attributes_all(s, counts, err);
    }
    if (st == TC_OK) {
        st = put_totals_all(s, err);
    }
    if (st == TC_OK) {
        st = put_silo_all(s, err);
    }
    if (st == TC_OK) {
        tc_log_info("features: %lld customers; %lld labelled for training, %lld of them "
                    "churned; %lld and %lld for the backtest",
                    (long long)s->shards.n_global, (long long)counts[DATE_TRAIN][0],
                    (long long)counts[DATE_TRAIN][1], (long long)counts[DATE_BACKTEST][0],
                    (long long)counts[DATE_BACKTEST][1]);
        st = tc_store_publish_all(&s->out, err);
    }
    return st;
}

tc_status tc_features_all(tc_comm *comm, const tc_config *config, tc_error *err)
{
    stage s = {.comm = comm, .config = config};
    tc_status st = open_all(&s, err);
    if (st == TC_OK) {
        st = write_all(&s, err);
    }
    tc_features_block_free(&s.block);
    tc_features_tally_free(&s.tally);
    tc_features_silo_free(&s.silo);
    tc_shards_free(&s.shards);
    tc_features_profiles_close_all(&s.profiles);
    tc_store_close_all(&s.out);
    tc_event_list_close_all(&s.list);
    return st;
}

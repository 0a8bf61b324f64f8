/* models.c - fold, segment and churn on a base in memory: `models CUSTOMERS SHARDS [PART]` prints for each part a hash of the
 * bits of its result and the seconds that it took. Under Open MPI they are real; under SimGrid's SMPI with
 * smpi/simulate-computation:no they are those of communication alone. The stage code is that of the program. */
#include "base.h"

#include "stage/churn/churn_impl.h"
#include "stage/segment/segment_impl.h"
#include "tiercel/fold.h"
#include "tiercel/hash.h"
#include "tiercel/log.h"
#include "tiercel/order.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Local. The next part of a result; NaN has many bits but one meaning here. */
static void add_bits(uint64_t *bits, const void *result, size_t n)
{
    *bits = tc_hash64_of(result, n, *bits);
}

static void add_reals(uint64_t *bits, const double *value, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        const double one = isnan(value[i]) ? (double)NAN : value[i];
        add_bits(bits, &one, sizeof one);
    }
}

/* Collective. The same for one value a customer, in any order. */
static void add_rows_all(uint64_t *bits, const base *b, int64_t sum)
{
    tc_comm_sum_i64_all(b->comm, &sum, 1);
    add_bits(bits, &sum, sizeof sum);
}

/* ---- fold: sums of doubles and integers, exact ranks ---- */

static tc_status visit(void *context, int64_t row, int64_t n_rows, int64_t *ints,
                       double *reals, tc_error *err)
{
    const base *b = context;
    (void)err;
    for (int64_t i = row; i < row + n_rows; i++) {
        ints[0] += b->label[i] >= 0;
        ints[1] += b->label[i] > 0;
        for (int c = 0; c < BASE_COLUMNS; c++) {
            const double value = isnan(b->column[c][i]) ? 0 : b->column[c][i];
            reals[c] += value;
            reals[BASE_COLUMNS + c] += value * value;
        }
    }
    return TC_OK;
}

/* Collective. */
static tc_status run_fold_all(base *b, uint64_t *bits, tc_error *err)
{
    tc_fold *fold = NULL;
    tc_status st = tc_fold_create(2, (int64_t)2 * BASE_COLUMNS, &fold, err);
    st = tc_comm_agree_all(b->comm, st, err);
    if (st == TC_OK) {
        st = tc_fold_run_all(b->comm, &b->shards, fold, visit, b, err);
    }
    if (st == TC_OK) {
        add_bits(bits, tc_fold_int(fold), 2 * sizeof(int64_t));
        add_reals(bits, tc_fold_real(fold), (int64_t)2 * BASE_COLUMNS);
    }
    tc_fold_destroy(&fold);
    return st;
}

/* Collective. Exact ranks of all customers by one column, with many ties once it is whole. */
static tc_status rank_all(base *b, uint64_t *bits, tc_error *err)
{
    const int64_t n = b->shards.n_local;
    uint64_t *key = tc_mem_alloc(n, sizeof *key, err);
    int64_t *below = tc_mem_alloc(2 * n, sizeof *below, err);
    int64_t sum = 0;
    tc_status st =
        tc_comm_agree_all(b->comm, key == NULL || below == NULL ? TC_ENOMEM : TC_OK, err);
    if (st == TC_OK) {
        TC_ASSERT(key != NULL && below != NULL);
        for (int64_t i = 0; i < n; i++) {
            key[i] = tc_order_key_f64(floor(b->column[2][i]));
        }
        st = tc_order_ranks_all(b->comm, key, n, below, below + n, err);
        for (int64_t i = 0; i < n && st == TC_OK; i++) {
            const uint64_t row = (uint64_t)(b->shards.row0 + i);
            sum += (int64_t)(tc_hash_mix(row, (uint64_t)below[i]) >> 16);
            sum += (int64_t)(tc_hash_mix(row, (uint64_t)below[n + i] + 1) >> 16);
        }
    }
    add_rows_all(bits, b, sum);
    tc_mem_free(below);
    tc_mem_free(key);
    return st;
}

/* Collective. */
static tc_churn_classes classes_all(const base *b)
{
    int64_t count[2] = {0, 0};
    for (int64_t i = 0; i < b->shards.n_local; i++) {
        count[0] += b->label[i] >= 0;
        count[1] += b->label[i] > 0;
    }
    tc_comm_sum_i64_all(b->comm, count, 2);
    return (tc_churn_classes){.labelled = count[0], .churned = count[1]};
}

static tc_churn_job job_of(const base *b)
{
    return (tc_churn_job){.comm = b->comm,
                          .config = &b->config,
                          .use = b->config.churn.use,
                          .n_use = b->config.churn.n_use,
                          .shards = b->shards};
}

/* Collective. Ranks by a column, and the AUC of recency alone, which comes of ranks: P - 1 messages a rank. */
static tc_status run_order_all(base *b, uint64_t *bits, tc_error *err)
{
    tc_churn_job job = job_of(b);
    const tc_churn_rows rows = {.recency = b->column[0], .label = b->label};
    const tc_churn_classes classes = classes_all(b);
    double auc = 0;
    tc_status st = rank_all(b, bits, err);
    if (st == TC_OK) {
        st = tc_churn_baseline_all(&job, &rows, &classes, &auc, err);
    }
    add_reals(bits, &auc, 1);
    return st;
}

/* ---- segment: survey, scales, grid, seeding, Lloyd, indices, choice of k ---- */

static tc_status read_rows(void *context, int64_t row0, int64_t n, double *const *column,
                           tc_error *err)
{
    const base *b = context;
    (void)err;
    for (int c = 0; c < BASE_COLUMNS; c++) {
        memcpy(column[c], b->column[c] + (row0 - b->shards.row0),
               (size_t)n * sizeof *column[c]);
    }
    return TC_OK;
}

/* Collective. From the rows to the matrix. */
static tc_status load_all(base *b, tc_segment *s, tc_error *err)
{
    const tc_config_segment *c = &b->config.segment;
    int64_t *shard_rows = NULL;
    tc_status st = tc_segment_set_features(s, c->use, c->n_use, err);
    s->comm = b->comm;
    s->config = &b->config;
    s->what = "customers";
    s->infinite_status = TC_ENUMERIC;
    s->infinite_advice = "";
    s->customers = b->shards; /* borrowed */
    s->rows.roles.weight = -1;
    s->rows.roles.presence = -1;
    s->rows.source =
        (tc_segment_source){.read = read_rows, .context = b, .n_columns = BASE_COLUMNS};
    st = tc_comm_agree_all(b->comm, st, err);
    if (st == TC_OK) {
        st = tc_segment_survey_rows_all(s, &shard_rows, err);
    }
    if (st == TC_OK) {
        st = tc_segment_place_all(s, shard_rows, err);
    }
    tc_mem_free(shard_rows);
    return st;
}

/* Collective. One that keeps nothing. */
static tc_status open_checkpoint_all(tc_comm *comm, tc_checkpoint **out, tc_error *err)
{
    const tc_checkpoint_policy policy = {.seconds = 0, .node_mtbf_hours = 1};
    const char key[TC_HASH_TEXT] = "";
    return tc_checkpoint_open_all(comm, NULL, "models", key, &policy, out, err);
}

/* Collective. Every model, index and label. */
static void add_choice_all(uint64_t *bits, const base *b, const tc_segment *s)
{
    const tc_segment_choice *choice = s->choice;
    int64_t sum = 0;
    add_bits(bits, &choice->chosen, sizeof choice->chosen);
    for (int f = 0; f < choice->n; f++) {
        const tc_segment_fit *fit = &choice->fit[f];
        const tc_cluster_candidate *c = &choice->candidate[f];
        const double index[] = {c->index.calinski_harabasz,
                                c->index.davies_bouldin,
                                c->index.simplified,
                                c->silhouette,
                                c->stability,
                                c->gap,
                                c->gap_error,
                                fit->report.inertia};
        add_bits(bits, fit->model->centre,
                 (size_t)fit->model->k * (size_t)fit->model->d *
                     sizeof *fit->model->centre);
        add_bits(bits, &fit->report.iterations, sizeof fit->report.iterations);
        add_reals(bits, index, (int64_t)(sizeof index / sizeof index[0]));
        for (int64_t i = 0; i < s->known.n_local; i++) {
            const uint64_t row = (uint64_t)(s->known.row0 + i);
            sum += (int64_t)(tc_hash_mix(row, (uint64_t)(fit->label[i] + 256 * f)) >> 16);
        }
    }
    add_rows_all(bits, b, sum);
}

/* Collective. */
static tc_status run_segment_all(base *b, uint64_t *bits, tc_error *err)
{
    tc_segment *s = tc_mem_alloc(1, sizeof *s, err);
    tc_status st = tc_comm_agree_all(b->comm, s == NULL ? TC_ENOMEM : TC_OK, err);
    if (st != TC_OK) {
        tc_mem_free(s);
        return st;
    }
    TC_ASSERT(s != NULL);
    st = load_all(b, s, err);
    if (st == TC_OK) {
        st = open_checkpoint_all(b->comm, &s->checkpoint, err);
    }
    if (st == TC_OK) {
        st = tc_segment_fit_all(s, NULL, 0, err);
    }
    if (st == TC_OK) {
        add_choice_all(bits, b, s);
    }
    tc_checkpoint_close_all(&s->checkpoint);
    tc_matrix_destroy(&s->matrix);
    tc_segment_choice_free(&s->choice);
    tc_mem_free(s->known_bits);
    tc_segment_rows_free(&s->rows);
    tc_shards_free(&s->known);
    tc_mem_free(s);
    return st;
}

/* ---- churn: scales, Newton, separation, quality ---- */

/* Collective. Copies of the columns: the fit turns them into model space. */
static tc_status copy_rows_all(const base *b, tc_churn_rows *rows, double **eta,
                               tc_error *err)
{
    const int64_t n = b->shards.n_local;
    tc_status st = TC_OK;
    *rows = (tc_churn_rows){.recency = b->column[0], .label = b->label}; /* borrowed */
    *eta = tc_mem_alloc(n, sizeof **eta, err);
    rows->column = tc_mem_alloc(BASE_COLUMNS, sizeof *rows->column, err);
    for (int c = 0; c < BASE_COLUMNS && rows->column != NULL; c++) {
        rows->column[c] = tc_mem_alloc(n, sizeof *rows->column[c], err);
        if (rows->column[c] == NULL) {
            st = TC_ENOMEM;
            break;
        }
        memcpy(rows->column[c], b->column[c], (size_t)n * sizeof *rows->column[c]);
    }
    st = *eta == NULL || rows->column == NULL ? TC_ENOMEM : st;
    return tc_comm_agree_all(b->comm, st, err);
}

static void add_model(uint64_t *bits, const tc_churn_model *model,
                      const tc_churn_quality *quality)
{
    const tc_logit_model *fit = model->fit;
    for (int i = 0; i < fit->q; i++) {
        const double effect[] = {model->effect[i].coefficient,
                                 model->effect[i].standard_error, model->effect[i].p_value};
        add_reals(bits, effect, 3);
    }
    add_reals(bits, &fit->deviance, 1);
    add_bits(bits, &fit->iterations, sizeof fit->iterations);
    add_bits(bits, fit->separated, (size_t)fit->q);
    add_reals(bits, quality->value, TC_CHURN_MEASURES);
}

/* Collective. */
static tc_status run_churn_all(base *b, uint64_t *bits, tc_error *err)
{
    tc_churn_job job = job_of(b);
    tc_churn_rows rows;
    tc_churn_model model = {0};
    tc_churn_quality quality = {0};
    double *eta;
    tc_status st = copy_rows_all(b, &rows, &eta, err);
    const tc_churn_classes classes = classes_all(b);
    if (st == TC_OK) {
        st = open_checkpoint_all(b->comm, &job.log.checkpoint, err);
    }
    if (st == TC_OK) {
        st = tc_churn_log_open_all(b->comm, &job.log, err);
    }
    if (st == TC_OK) {
        st = tc_churn_train_all(&job, &rows, &classes, &model, err);
    }
    if (st == TC_OK) {
        tc_churn_eta_start(&model, b->shards.n_local, eta);
        for (int f = 0; f < job.n_use; f++) {
            tc_churn_eta_add(&model, f, 0, b->shards.n_local, rows.column[f], eta);
        }
        st = tc_churn_quality_all(&job, eta, b->label, 0.5, &quality, err);
    }
    if (st == TC_OK) {
        add_model(bits, &model, &quality);
    }
    for (int c = 0; c < BASE_COLUMNS && rows.column != NULL; c++) {
        tc_mem_free(rows.column[c]);
    }
    tc_mem_free(rows.column);
    tc_mem_free(eta);
    tc_churn_model_free(&model);
    tc_churn_log_free_all(&job.log);
    return st;
}

/* ---- all of them ---- */

static const struct {
    const char *name;
    tc_status (*run_all)(base *b, uint64_t *bits, tc_error *err);
} PARTS[] = {{"fold", run_fold_all},
             {"order", run_order_all},
             {"segment", run_segment_all},
             {"churn", run_churn_all}};

/* Collective. One line of rank 0: name, bits, seconds; then collective calls, their bytes, messages, their bytes. */
static tc_status run_part_all(base *b, size_t part, tc_error *err)
{
    int64_t word = 0;
    uint64_t bits = 0;
    tc_comm_counts before, after;
    double begin;
    tc_status st;
    tc_comm_max_i64_all(b->comm, &word, 1);
    before = tc_comm_counts_now(b->comm);
    begin = tc_comm_seconds();
    st = PARTS[part].run_all(b, &bits, err);
    after = tc_comm_counts_now(b->comm);
    word = tc_status_exit_code(st);
    tc_comm_max_i64_all(b->comm, &word, 1);
    if (tc_comm_rank(b->comm) == 0 && word == 0) {
        (void)printf("%-8s %016llx %.9f %lld %lld %lld %lld\n", PARTS[part].name,
                     (unsigned long long)bits, tc_comm_seconds() - begin,
                     (long long)(after.calls - before.calls),
                     (long long)(after.bytes - before.bytes),
                     (long long)(after.messages - before.messages),
                     (long long)(after.message_bytes - before.message_bytes));
    }
    return word == 0 ? TC_OK : TC_EINTERNAL;
}

int main(int argc, char **argv)
{
    tc_comm *comm = NULL;
    tc_error err = {0};
    base b;
    tc_status st;
    if (argc < 3 || argc > 4 || tc_comm_start_all(&argc, &argv, &comm, &err) != TC_OK) {
        return 64;
    }
    tc_log_init(TC_LOG_WARN, tc_comm_rank(comm) == 0);
    st = base_create_all(comm, strtoll(argv[1], NULL, 10), strtoll(argv[2], NULL, 10), &b,
                         &err);
    for (size_t p = 0; p < sizeof PARTS / sizeof PARTS[0] && st == TC_OK; p++) {
        if (argc < 4 || strcmp(argv[3], PARTS[p].name) == 0) {
            st = run_part_all(&b, p, &err);
        }
    }
    base_free(&b);
    if (st != TC_OK && tc_comm_rank(comm) == 0) {
        (void)fprintf(stderr, "models: %s\n", err.message);
    }
    tc_comm_stop_all(&comm);
    return tc_status_exit_code(st);
}

/* segment_table.c - k-means on a user's HDF5 file. The rows are cut into shards by their number alone, so the result is
 * the same on any number of ranks. */
#include "segment_table_impl.h"

#include "segment_distinct.h"

#include "tiercel/log.h"

#include <math.h>
#include <string.h>
#include <sys/stat.h>

/* Equal parts. */
static tc_status cut_rows(tc_segment *s, int64_t n, tc_error *err)
{
    const int64_t n_shards = tc_shards_count(n);
    int64_t *first = tc_mem_alloc(n_shards + 1, sizeof *first, err);
    tc_status st = first == NULL ? TC_ENOMEM : TC_OK;
    for (int64_t i = 0; first != NULL && i <= n_shards; i++) {
        first[i] = n / n_shards * i + n % n_shards * i / n_shards;
    }
    if (st == TC_OK) {
        st = tc_shards_create(n_shards, first, tc_comm_rank(s->comm), tc_comm_size(s->comm),
                              &s->customers, err);
    }
    tc_mem_free(first);
    return st;
}

static tc_status set_roles(table_run *r, tc_error *err)
{
    tc_segment *s = &r->s;
    tc_feature_use use[TC_KMEANS_MAX_D];
    for (int j = 0; j < r->foreign.n_features; j++) {
        use[j] = (tc_feature_use){.feature = r->foreign.label[j],
                                  .transform = TC_AS_IS,
                                  .lack = r->table->missing};
    }
    TC_TRY(tc_segment_set_features(s, use, r->foreign.n_features, err));
    s->rows.roles.presence = -1;
    s->rows.roles.weight = r->table->weight != NULL ? r->foreign.n_features : -1;
    s->weight_name = r->table->weight;
    s->plain = 1;
    s->what = "rows";
    s->infinite_status = TC_EDATA;
    s->infinite_advice = "k-means needs finite numbers; remove these rows";
    TC_TRY(cut_rows(s, r->foreign.rows, err));
    return TC_OK;
}

/* The output must not be the input. */
static tc_status check_paths(const tc_segment_table *table, tc_error *err)
{
    struct stat in, out;
    if (stat(table->input, &in) == 0 && stat(table->output, &out) == 0 &&
        in.st_dev == out.st_dev && in.st_ino == out.st_ino) {
        return tc_fail(err, TC_EUSAGE, "--output %s is the input itself; name another file",
                       table->output);
    }
    return TC_OK;
}

/* Equal on all ranks. */
static tc_status check_missing(const table_run *r, tc_error *err)
{
    const tc_segment *s = &r->s;
    for (int f = 0; r->table->lack_is_error && f < s->n_use; f++) {
        if (s->survey.missing[f] > 0) {
            return tc_fail(
                err, TC_EDATA,
                "%s: %lld of %lld values of %s are missing (NaN); give --missing "
                "impute, drop or category, or remove these rows",
                r->table->input, (long long)s->survey.missing[f], (long long)s->survey.rows,
                s->use[f].feature);
        }
    }
    return TC_OK;
}

/* Collective. From the file to the matrix. */
static tc_status load_all(table_run *r, tc_error *err)
{
    tc_segment *s = &r->s;
    int64_t *shard_rows = NULL;
    tc_status st = tc_comm_agree_all(s->comm, check_paths(r->table, err), err);
    if (st == TC_OK) {
        st = tc_segment_foreign_open_all(s->comm, r->table, &r->foreign, err);
    }
    if (st == TC_OK) {
        st = set_roles(r, err);
        if (st == TC_OK) {
            st = tc_segment_foreign_source(&r->foreign, tc_shards_largest(&s->customers),
                                           &s->rows.source, err);
        }
        st = tc_comm_agree_all(s->comm, st, err);
    }
    if (st == TC_OK) {
        st = tc_segment_survey_rows_all(s, &shard_rows, err);
    }
    if (st == TC_OK) {
        st = check_missing(r, err);
    }
    if (st == TC_OK) {
        st = tc_segment_place_all(s, shard_rows, err);
    }
    tc_mem_free(shard_rows);
    return st;
}

/* Collective. */
static tc_status check_distinct_all(table_run *r, tc_error *err)
{
    tc_segment *s = &r->s;
    const int k = (int)s->config->segment.k;
    int found;
    tc_status st = tc_segment_distinct_all(s->comm, s->matrix, k, &found, err);
    if (st == TC_OK && found < k) {
        st = tc_fail(err, TC_EDATA,
                     "%s: k = %d, but only %d different rows count in the fit; lower --k",
                     r->table->input, k, found);
    }
    return st;
}

/* Starting centres of another file, on the grid. */
static tc_status read_centres(const table_run *r, tc_foreign *file, int32_t *centre,
                              tc_error *err)
{
    const tc_segment *s = &r->s;
    const tc_segment_table *t = r->table;
    const int k = (int)s->config->segment.k, d = r->foreign.n_features;
    double value[TC_KMEANS_MAX_D];
    tc_foreign_shape shape;
    TC_ASSERT(centre != NULL);
    TC_TRY(tc_foreign_look(file, t->centres, &shape, err));
    if (shape.rows != k || (shape.dimensions == 2 ? shape.columns : 1) != d) {
        return tc_fail(
            err, TC_EDATA,
            "%s: '%.120s' has %lld centres of %lld features; there must be %d of "
            "%d: --k, and the features of the input",
            t->init, t->centres, (long long)shape.rows, (long long)shape.columns, k, d);
    }
    for (int a = 0; a < k; a++) {
        TC_TRY(tc_foreign_numbers(file, t->centres, a, 1, value, err));
        for (int j = 0; j < s->n_dim; j++) {
            const int f = s->dimension[j];
            const double raw =
                f < d ? value[f] : 0; /* 0: it is no category of missing values */
            if (!isfinite(raw)) {
                return tc_fail(err, TC_EDATA, "%s: centre %d of '%.120s' is not finite",
                               t->init, a, t->centres);
            }
            centre[a * s->n_dim + j] =
                (int32_t)tc_matrix_to_grid(tc_scale_apply(&s->scale[f], raw), s->unit);
        }
    }
    return TC_OK;
}

/* Collective. It has no run directory, so nothing is kept; stops are noticed. */
static tc_status open_checkpoint_all(tc_segment *s, tc_error *err)
{
    const tc_checkpoint_policy policy = {.seconds = 0, .node_mtbf_hours = 1};
    const char key[TC_HASH_TEXT] = "";
    return tc_checkpoint_open_all(s->comm, NULL, "segment", key, &policy, &s->checkpoint,
                                  err);
}

/* Collective. */
static tc_status fit_all(table_run *r, tc_error *err)
{
    tc_segment *s = &r->s;
    const int k = (int)s->config->segment.k;
    int32_t *centre;
    tc_foreign *file = NULL;
    tc_status st;
    if (r->table->init == NULL) {
        return tc_segment_fit_all(s, NULL, 0, err);
    }
    centre = tc_mem_alloc((int64_t)k * s->n_dim, sizeof *centre, err);
    st = tc_comm_agree_all(s->comm, centre == NULL ? TC_ENOMEM : TC_OK, err);
    if (st == TC_OK) {
        st = tc_store_open_foreign_all(s->comm, r->table->init, &file, err);
    }
    if (st == TC_OK) {
        st = tc_comm_agree_all(s->comm, read_centres(r, file, centre, err), err);
    }
    if (st == TC_OK) {
        st = tc_segment_fit_from_all(s, centre, k, err);
    }
    tc_foreign_close(&file);
    tc_mem_free(centre);
    return st;
}

/* 1 if cluster a comes before b: by falling weight, then by rising centre. */
static int comes_before(const tc_kmeans *model, int a, int b)
{
    const int d = model->d;
    const int64_t weight_a = model->sum[(int64_t)a * (d + 1) + d];
    const int64_t weight_b = model->sum[(int64_t)b * (d + 1) + d];
    for (int j = 0; weight_a == weight_b && j < d; j++) {
        const int32_t x = model->centre[a * d + j], y = model->centre[b * d + j];
        if (x != y) {
            return x < y;
        }
    }
    return weight_a != weight_b ? weight_a > weight_b : a < b;
}

/* Clusters that grew from given centres keep their numbers. */
static void number_clusters(table_run *r)
{
    tc_segment *s = &r->s;
    for (int a = 0; a < s->model->k; a++) {
        int at = a;
        for (; r->table->init == NULL && at > 0 &&
               comes_before(s->model, a, s->order[at - 1]);
             at--) {
            s->order[at] = s->order[at - 1];
        }
        s->order[at] = a;
    }
}

static void free_all(table_run *r)
{
    tc_segment *s = &r->s;
    tc_checkpoint_close_all(&s->checkpoint);
    tc_matrix_destroy(&s->matrix);
    tc_segment_choice_free(&s->choice);
    tc_mem_free(s->known_bits);
    tc_segment_rows_free(&s->rows);
    tc_shards_free(&s->known);
    tc_shards_free(&s->customers);
    tc_segment_foreign_close(&r->foreign);
    tc_mem_free(r);
}

tc_status tc_segment_table_all(tc_comm *comm, const tc_segment_table *table, tc_error *err)
{
    table_run *r = tc_mem_alloc(1, sizeof *r, err);
    tc_status st = tc_comm_agree_all(comm, r == NULL ? TC_ENOMEM : TC_OK, err);
    if (st != TC_OK) {
        tc_mem_free(r);
        return st;
    }
    TC_ASSERT(r != NULL);
    r->table = table;
    r->s.comm = comm;
    r->s.config = table->config;
    st = load_all(r, err);
    if (st == TC_OK) {
        st = check_distinct_all(r, err);
    }
    if (st == TC_OK) {
        st = open_checkpoint_all(&r->s, err);
    }
    if (st == TC_OK) {
        st = fit_all(r, err);
    }
    if (st == TC_OK) {
        number_clusters(r);
        st = tc_segment_table_write_all(r, err);
    }
    if (st == TC_OK) {
        tc_log_info(
            "segment: %lld rows in %d clusters over %d features, inertia %.9g, %lld "
            "passes%s",
            (long long)r->s.known.n_global, r->s.model->k, r->s.n_dim,
            tc_segment_inertia(&r->s, &r->s.report), (long long)r->s.report.iterations,
            r->s.report.stable ? ", no row moved in the last one" : "");
    }
    tc_log_debug("segment: at most %lld bytes of memory on this rank",
                 (long long)tc_mem_peak_bytes());
    free_all(r);
    return st;
}

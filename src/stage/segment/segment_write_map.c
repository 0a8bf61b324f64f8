/* segment_write_map.c - the map from the clusters of the previous run to those of this one in segments.h5. */
#include "segment_impl.h"

#include <math.h>
#include <string.h>

/* Collective. What became of each cluster of this run. */
static tc_status put_now_all(tc_segment *s, tc_store *out, tc_error *err)
{
    static const char *const name[] = {"empty", "kept", "new"};
    const tc_segment_identity *now = s->identity;
    const int k = s->model->k;
    uint8_t status[TC_KMEANS_MAX_K] = {0};
    int64_t stayed[TC_KMEANS_MAX_K] = {0};
    double distance[TC_KMEANS_MAX_K];
    tc_field field = {.name = "model/status",
                      .type = TC_ENUM,
                      .unit = "",
                      .names = name,
                      .n_names = 3,
                      .description = "kept = with the number of the previous run"};
    tc_status st;
    for (int p = 0; p < k; p++) {
        const int r = p < now->n_named ? now->match[p] : -1;
        distance[p] = r >= 0 ? now->distance[p] : (double)NAN;
        status[p] = p >= now->n_named ? 0 : r >= 0 ? 1 : 2;
        stayed[p] = r >= 0 ? now->flow[(int64_t)r * (now->n_named + 1) + p] : 0;
    }
    st = tc_store_put_small_all(out, &field, status, k, err);
    if (st == TC_OK) {
        field = (tc_field){
            .name = "model/distance",
            .type = TC_F64,
            .unit = "1",
            .description = "that the centre moved since the previous run, in its scaling; "
                           "missing for new clusters and after a change of method"};
        st = tc_store_put_small_all(out, &field, distance, k, err);
    }
    if (st == TC_OK) {
        field = (tc_field){
            .name = "model/stayed",
            .type = TC_I64,
            .unit = "customers",
            .description = "customers that were in this cluster in the previous run, too"};
        st = tc_store_put_small_all(out, &field, stayed, k, err);
    }
    return st;
}

/* Collective. What became of each cluster of the previous run. */
static tc_status put_before_all(tc_segment *s, tc_store *out, tc_error *err)
{
    static const char *const name[] = {"vanished", "kept"};
    const tc_segment_identity *now = s->identity;
    const tc_segment_previous *before = s->previous;
    uint8_t fate[TC_KMEANS_MAX_K] = {0};
    tc_field field = {.name = "previous/fate",
                      .type = TC_ENUM,
                      .unit = "",
                      .names = name,
                      .n_names = 2,
                      .description = "of each cluster of the previous run"};
    tc_status st;
    for (int p = 0; p < now->n_named; p++) {
        if (now->match[p] >= 0) {
            fate[now->match[p]] = 1;
        }
    }
    st = tc_store_put_small_all(out, &field, fate, before->n_named, err);
    if (st == TC_OK) {
        field = (tc_field){.name = "previous/customers",
                           .type = TC_I64,
                           .unit = "customers",
                           .description = "of each cluster of the previous run, then"};
        st = tc_store_put_small_all(out, &field, before->customers, before->n_named, err);
    }
    if (st == TC_OK) {
        field = (tc_field){
            .name = "previous/flow",
            .type = TC_I64,
            .unit = "customers",
            .columns = now->n_named + 1,
            .description =
                "customers by cluster before (rows) and now (columns); the last row "
                "and column are those in no cluster"};
        st = tc_store_put_small_all(out, &field, now->flow, before->n_named + 1, err);
    }
    return st;
}

/* Collective. Numbers that point from one run to the other. */
static tc_status put_links_all(tc_segment *s, tc_store *out, tc_error *err)
{
    const tc_segment_identity *now = s->identity;
    const tc_segment_previous *before = s->previous;
    int64_t origin[TC_KMEANS_MAX_K] = {0}, destination[TC_KMEANS_MAX_K] = {0};
    tc_status st;
    for (int p = 0; p < now->n_named; p++) {
        origin[p] = now->origin[p] >= 0 ? before->number[now->origin[p]] : 0;
    }
    for (int r = 0; r < before->n_named; r++) {
        destination[r] = now->destination[r] >= 0 ? now->number[now->destination[r]] : 0;
    }
    st = tc_segment_put_numbers_all(
        s, out,
        (tc_field){.name = "model/origin",
                   .unit = "1",
                   .description =
                       "number of the previous cluster that most of its customers "
                       "come from; 0 = none"},
        origin, s->model->k, err);
    if (st == TC_OK) {
        st = tc_segment_put_numbers_all(
            s, out,
            (tc_field){.name = "previous/number",
                       .unit = "1",
                       .description = "clusters of the previous run"},
            before->number, before->n_named, err);
    }
    if (st == TC_OK) {
        st = tc_segment_put_numbers_all(
            s, out,
            (tc_field){.name = "previous/destination",
                       .unit = "1",
                       .description =
                           "number of the cluster that most of its customers are "
                           "in now; 0 = none"},
            destination, before->n_named, err);
    }
    if (st == TC_OK) {
        st = tc_segment_put_texts_all(
            s, out,
            (tc_field){.name = "previous/name", .unit = "", .description = "their names"},
            before->name.bytes, (size_t)before->name.width + 1, before->n_named, err);
    }
    if (st == TC_OK) {
        st = tc_segment_put_texts_all(s, out,
                                      (tc_field){.name = "previous/description",
                                                 .unit = "",
                                                 .description = "their descriptions, then"},
                                      before->description.bytes,
                                      (size_t)before->description.width + 1,
                                      before->n_named, err);
    }
    return st;
}

/* Local. Number and name of one more cluster that is no more. */
static void retire(int64_t *number, char (*name)[TC_PORTRAIT_NAME], int64_t at,
                   int64_t which, const char *called)
{
    number[at] = which;
    memcpy(name[at], called, strnlen(called, TC_PORTRAIT_NAME - 1));
}

/* Collective. All clusters that have vanished, in this run and before: their numbers are not given again. */
static tc_status put_retired_all(tc_segment *s, tc_store *out, tc_error *err)
{
    const tc_segment_previous *before = s->previous;
    const int64_t most = before->retired_name.n + before->n_named;
    int64_t *number = tc_mem_alloc(most, sizeof *number, err);
    char(*name)[TC_PORTRAIT_NAME] = tc_mem_alloc(most, sizeof *name, err);
    tc_status st =
        tc_comm_agree_all(s->comm, number == NULL || name == NULL ? TC_ENOMEM : TC_OK, err);
    int64_t n = 0;
    TC_ASSERT(st != TC_OK || (number != NULL && name != NULL));
    for (; st == TC_OK && n < before->retired_name.n; n++) {
        retire(number, name, n, before->retired[n],
               tc_segment_text(&before->retired_name, n));
    }
    for (int r = 0; st == TC_OK && r < before->n_named; r++) {
        int kept = 0;
        for (int p = 0; p < s->identity->n_named; p++) {
            kept |= s->identity->match[p] == r;
        }
        if (!kept) {
            retire(number, name, n++, before->number[r], tc_segment_text(&before->name, r));
        }
    }
    if (st == TC_OK && n > 0) {
        st = tc_segment_put_numbers_all(
            s, out,
            (tc_field){.name = "retired/number",
                       .unit = "1",
                       .description = "clusters that vanished in this run or before"},
            number, n, err);
        if (st == TC_OK) {
            st = tc_segment_put_texts_all(s, out,
                                          (tc_field){.name = "retired/name",
                                                     .unit = "",
                                                     .description = "their names"},
                                          name[0], sizeof name[0], n, err);
        }
    }
    tc_mem_free(number);
    tc_mem_free(name);
    return st;
}

/* Collective. */
static tc_status put_counts_all(tc_segment *s, tc_store *out, tc_error *err)
{
    const tc_segment_identity *now = s->identity;
    const tc_segment_previous *before = s->previous;
    const int64_t stride = now->n_named + 1;
    int64_t joined = 0, left = 0;
    tc_status st = TC_OK;
    for (int p = 0; p < now->n_named; p++) {
        joined += now->flow[before->n_named * stride + p];
    }
    for (int r = 0; r < before->n_named; r++) {
        left += now->flow[r * stride + now->n_named];
    }
    const struct {
        const char *name;
        int64_t value;
    } count[] = {{"method_changed", now->changes[0] != '\0'},
                 {"customers_in_both", now->in_both},
                 {"customers_changed", now->changed},
                 {"customers_joined", joined},
                 {"customers_left", left}};
    for (size_t i = 0; i < sizeof count / sizeof *count && st == TC_OK; i++) {
        st = tc_store_put_i64_all(out, count[i].name, count[i].value, err);
    }
    if (st == TC_OK) {
        st = tc_store_put_text_all(out, "method_changes", now->changes, err);
    }
    if (st == TC_OK) {
        st = tc_store_put_text_all(out, "previous_run_id",
                                   tc_store_head(before->store)->run_id, err);
    }
    if (st == TC_OK) {
        st = tc_store_put_text_all(out, "previous_as_of",
                                   tc_store_head(before->store)->as_of, err);
    }
    return st;
}

tc_status tc_segment_write_map_all(tc_segment *s, tc_store *out, tc_error *err)
{
    tc_status st = put_now_all(s, out, err);
    if (st == TC_OK) {
        st = put_before_all(s, out, err);
    }
    if (st == TC_OK) {
        st = put_links_all(s, out, err);
    }
    if (st == TC_OK) {
        st = put_retired_all(s, out, err);
    }
    if (st == TC_OK) {
        st = put_counts_all(s, out, err);
    }
    return st;
}

/* segment_write_names.c - numbers, names, profiles and the map to the previous run in segments.h5. */
#include "segment_impl.h"

#include "tiercel/fault.h"

#include <math.h>
#include <string.h>

enum { CHUNK = 16384 };

/* A table of a few rows. */
typedef struct {
    tc_field field;
    const void *data;
    int64_t rows;
} small_table;

/* Collective. */
static tc_status put_tables_all(tc_store *out, const small_table *table, size_t n,
                                tc_error *err)
{
    tc_status st = TC_OK;
    for (size_t i = 0; i < n && st == TC_OK; i++) {
        st =
            tc_store_put_small_all(out, &table[i].field, table[i].data, table[i].rows, err);
    }
    return st;
}

tc_status tc_segment_put_texts_all(tc_segment *s, tc_store *out, tc_field field,
                                   const char *text, size_t stride, int64_t n,
                                   tc_error *err)
{
    size_t width = 1;
    char *packed;
    tc_status st;
    for (int64_t i = 0; i < n; i++) {
        const size_t length = strlen(text + (size_t)i * stride);
        width = length > width ? length : width;
    }
    packed = tc_mem_alloc(n, width, err);
    st = tc_comm_agree_all(s->comm, packed == NULL ? TC_ENOMEM : TC_OK, err);
    TC_ASSERT(st != TC_OK || packed != NULL);
    if (st == TC_OK) {
        for (int64_t i = 0; i < n; i++) {
            const char *from = text + (size_t)i * stride;
            char *to = packed + (size_t)i * width;
            for (size_t c = 0; from[c] != '\0'; c++) { /* a full one has no zero */
                to[c] = from[c];
            }
        }
        field.type = TC_TEXT;
        field.width = (int)width;
        st = tc_store_put_small_all(out, &field, packed, n, err);
    }
    tc_mem_free(packed);
    return st;
}

tc_status tc_segment_put_numbers_all(tc_segment *s, tc_store *out, tc_field field,
                                     const int64_t *number, int64_t n, tc_error *err)
{
    uint16_t *narrow = tc_mem_alloc(n, sizeof *narrow, err);
    tc_status st = tc_comm_agree_all(s->comm, narrow == NULL ? TC_ENOMEM : TC_OK, err);
    TC_ASSERT(st != TC_OK || narrow != NULL);
    if (st == TC_OK) {
        for (int64_t i = 0; i < n; i++) {
            narrow[i] = (uint16_t)number[i];
        }
        field.type = TC_U16;
        st = tc_store_put_small_all(out, &field, narrow, n, err);
    }
    tc_mem_free(narrow);
    return st;
}

/* Collective. The customers, so that a later run can follow them without any other file. */
static tc_status put_hashes_all(tc_segment *s, tc_store *out, tc_error *err)
{
    const tc_field field = {
        .name = "customers/hash",
        .type = TC_U64,
        .unit = "1",
        .columns = 2,
        .description = "XXH3 of the id: high word, low word; customers are in this order"};
    const int64_t end = s->customers.row0 + s->customers.n_local;
    tc_store_piece *from = NULL, *to = NULL;
    uint64_t *key = tc_mem_alloc(CHUNK, 2 * sizeof *key, err);
    tc_status st = tc_comm_agree_all(s->comm, key == NULL ? TC_ENOMEM : TC_OK, err);
    if (st == TC_OK) {
        st = tc_store_view_all(s->features, &field, NULL, &from, err);
    }
    if (st == TC_OK) {
        st = tc_store_begin_all(out, &field, s->customers.n_global, &to, err);
    }
    for (int64_t row = s->customers.row0; row < end && st == TC_OK; row += CHUNK) {
        const int64_t n = end - row < CHUNK ? end - row : CHUNK;
        st = tc_store_read(from, key, row, n, err);
        if (st == TC_OK) {
            st = tc_store_write(to, key, row, n, err);
        }
    }
    st = tc_store_end_all(&from, st, err);
    st = tc_store_end_all(&to, st, err);
    tc_mem_free(key);
    return st;
}

/* Collective. What the customers of each cluster have. */
static tc_status put_profiles_all(tc_segment *s, tc_store *out, tc_error *err)
{
    const tc_segment_identity *now = s->identity;
    const int k = s->model->k;
    double share[2][TC_KMEANS_MAX_K], net = 0;
    for (int p = 0; p < k; p++) {
        net += s->sum[s->order[p]][TC_SEGMENT_NET];
    }
    for (int p = 0; p < k; p++) {
        share[0][p] = (double)now->customers[p] / (double)s->known.n_global;
        share[1][p] = net > 0 ? s->sum[s->order[p]][TC_SEGMENT_NET] / net : (double)NAN;
    }
    const small_table table[] = {
        {{.name = "model/customers",
          .type = TC_I64,
          .unit = "customers",
          .description = "customers of each cluster, whatever their weight"},
         now->customers,
         k},
        {{.name = "model/customer_share",
          .type = TC_F64,
          .unit = "1",
          .description = "the same as a share of all that are in a cluster"},
         share[0],
         k},
        {{.name = "model/net_share",
          .type = TC_F64,
          .unit = "1",
          .description = "share of the whole net_amount; missing unless that is positive"},
         share[1],
         k},
        {{.name = "model/difference",
          .type = TC_F64,
          .unit = "1",
          .columns = s->n_use,
          .description = "mean of the cluster less that of all customers, in deviations of "
                         "all, by feature, in model space; 0 = constant"},
         now->difference,
         k},
        {{.name = "model/typical",
          .type = TC_F64,
          .unit = "of the feature",
          .columns = s->n_use,
          .description =
              "median of the customers that have a value, the lower of two; of a "
              "level the share of its customers"},
         now->typical,
         k},
        {{.name = "model/typical_base",
          .type = TC_F64,
          .unit = "of the feature",
          .description = "the same of all customers"},
         now->typical_base,
         s->n_use},
    };
    return put_tables_all(out, table, sizeof table / sizeof *table, err);
}

/* Collective. */
static tc_status put_names_all(tc_segment *s, tc_store *out, tc_error *err)
{
    const tc_segment_identity *now = s->identity;
    const int k = s->model->k;
    char method[TC_PORTRAIT_TEXT];
    tc_status st = tc_segment_put_numbers_all(
        s, out,
        (tc_field){.name = "model/number",
                   .unit = "1",
                   .description =
                       "of each cluster in the vector cluster; it stays with the cluster "
                       "from run to run, and none is given twice; 0 = empty"},
        now->number, k, err);
    if (st == TC_OK) {
        st = tc_segment_put_texts_all(s, out,
                                      (tc_field){.name = "model/name",
                                                 .unit = "",
                                                 .description = "stays with the number"},
                                      now->name[0], sizeof now->name[0], k, err);
    }
    if (st == TC_OK) {
        st = tc_segment_put_texts_all(
            s, out,
            (tc_field){.name = "model/description",
                       .unit = "",
                       .description =
                           "the features in which its customers differ most from "
                           "all, of this run"},
            now->description[0], sizeof now->description[0], k, err);
    }
    if (st == TC_OK) {
        st = tc_store_put_i64_all(out, "last_number", now->last_number, err);
    }
    if (st == TC_OK) {
        tc_segment_method(s->config, method);
        st = tc_store_put_text_all(out, "method", method, err);
    }
    return st;
}

tc_status tc_segment_write_names_all(tc_segment *s, tc_store *out, tc_error *err)
{
    const int has_previous = s->previous != NULL;
    tc_status st = tc_comm_agree_all(s->comm, TC_FAULT("segment.names", err), err);
    if (st == TC_OK) {
        st = put_hashes_all(s, out, err);
    }
    if (st == TC_OK) {
        st = put_profiles_all(s, out, err);
    }
    if (st == TC_OK) {
        st = put_names_all(s, out, err);
    }
    if (st == TC_OK) {
        st = tc_store_put_i64_all(out, "has_previous", has_previous, err);
    }
    if (st == TC_OK && has_previous) {
        st = tc_segment_write_map_all(s, out, err);
    }
    return st;
}

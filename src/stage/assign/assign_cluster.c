/* assign_cluster.c - tiers.h5: the name of each customer's cluster. */
#include "assign_impl.h"

#include "tiercel/fault.h"

#include <string.h>

enum { MOST = 254, NUMBERS = 65536, WIDTH_MOST = 4096 };

/* The clusters of segments.h5: value i + 1 of the enumeration is its i-th cluster. */
typedef struct {
    int n;
    int width;
    uint16_t number[MOST];
    char *text;                 /* [n][width + 1] */
    const char *name[MOST + 1]; /* 0 = none */
} clusters;

/* Collective. */
static tc_status read_all(tc_assign *a, clusters *c, tc_error *err)
{
    const tc_field number = {.name = "model/number", .type = TC_U16};
    tc_field name = {.name = "model/name", .type = TC_TEXT};
    int64_t rows = 0;
    int columns = 0;
    tc_status st =
        tc_store_shape_all(a->segments, name.name, &rows, &columns, &name.width, err);
    if (st == TC_OK &&
        (rows < 1 || rows > MOST || columns != 1 || name.width > WIDTH_MOST)) {
        st = tc_fail(err, TC_EDATA,
                     "segments.h5: dataset 'model/name' has another shape than expected; "
                     "delete the file and run again");
    }
    if (st != TC_OK) {
        return st;
    }
    c->n = (int)rows;
    c->width = name.width;
    c->text = tc_mem_alloc(rows, (size_t)name.width + 1, err);
    st = tc_comm_agree_all(a->comm, c->text == NULL ? TC_ENOMEM : TC_OK, err);
    if (st == TC_OK) {
        st = tc_store_get_small_all(a->segments, &number, rows, c->number, err);
    }
    if (st == TC_OK) {
        st = tc_store_get_small_all(a->segments, &name, rows, c->text, err);
    }
    return st;
}

/* Gives each name its final zero, from behind; empty clusters, which come last, are left out. */
static void set_names(clusters *c)
{
    int n = 0;
    for (int i = c->n - 1; i >= 0; i--) {
        char *to = c->text + (int64_t)i * (c->width + 1);
        memmove(to, c->text + (int64_t)i * c->width, (size_t)c->width);
        to[c->width] = '\0';
    }
    c->name[0] = "none";
    for (int i = 0; i < c->n && c->number[i] != 0; i++) {
        c->name[++n] = c->text + (int64_t)i * (c->width + 1);
    }
    c->n = n;
}

/* Local. Value of the enumeration of each customer, in place of the number of the cluster. */
static tc_status name_rows(const clusters *c, const uint16_t *number, int64_t n,
                           uint8_t *value, tc_error *err)
{
    uint8_t *of = tc_mem_alloc(NUMBERS, sizeof *of, err);
    tc_status st = of == NULL ? TC_ENOMEM : TC_OK;
    for (int i = 0; st == TC_OK && i < c->n; i++) {
        of[c->number[i]] = (uint8_t)(i + 1);
    }
    for (int64_t i = 0; st == TC_OK && i < n; i++) {
        value[i] = of[number[i]];
        if (number[i] != 0 && value[i] == 0) {
            st = tc_fail(err, TC_EDATA,
                         "segments.h5: a customer is in cluster %d, which is not among "
                         "model/number; delete the file and run again",
                         number[i]);
        }
    }
    tc_mem_free(of);
    return st;
}

tc_status tc_assign_put_cluster_name_all(tc_assign *a, tc_error *err)
{
    const tc_field from = {.name = "cluster", .type = TC_U16};
    const int64_t n = a->shards.n_local;
    clusters c = {0};
    uint16_t *number = tc_mem_alloc(n, sizeof *number, err);
    uint8_t *value = tc_mem_alloc(n, sizeof *value, err);
    tc_status st =
        number == NULL || value == NULL ? TC_ENOMEM : TC_FAULT("assign.cluster", err);
    st = tc_comm_agree_all(a->comm, st, err);
    if (st == TC_OK) {
        st = read_all(a, &c, err);
    }
    if (st == TC_OK) {
        st = tc_store_get_all(a->segments, &from, a->shards.row0, n, number, err);
    }
    if (st == TC_OK) {
        set_names(&c);
        st = tc_comm_agree_all(a->comm, name_rows(&c, number, n, value, err), err);
    }
    if (st == TC_OK) {
        const tc_field to = {.name = "tiers/cluster_name",
                             .type = TC_ENUM,
                             .unit = "",
                             .description = "name of the cluster of segments.h5",
                             .names = c.name,
                             .n_names = c.n + 1};
        st = tc_store_put_all(a->out, &to, value, a->shards.row0, n, a->shards.n_global,
                              err);
    }
    tc_mem_free(c.text);
    tc_mem_free(number);
    tc_mem_free(value);
    return st;
}

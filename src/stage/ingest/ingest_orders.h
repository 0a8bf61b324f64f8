/* ingest_orders.h - private to ingest: how many different orders there are. */
#ifndef TC_INGEST_ORDERS_H
#define TC_INGEST_ORDERS_H

#include "ingest_impl.h"

/* One order of one customer. tag: high bits of the customer's hash.hi, below them a number
 * of rows; 0 for an order of an unused row. One order may come in several items. */
typedef struct {
    uint64_t word, tag;
} tc_order_item;

/* Bits of a tag that hold rows. Two customers of one order whose tags agree in the other 44
 * bits are taken for one: one in 10^13 such pairs. */
enum { TC_ORDER_ROW_BITS = 20 };

/* Local. Keeps an order for tc_ingest_orders_all; rows 0: of an unused row. Errors: TC_EIO,
 * TC_ENOMEM. */
TC_NODISCARD tc_status tc_ingest_orders_keep(tc_ingest *in, uint64_t word, uint64_t hi,
                                             int64_t rows, tc_error *err);

/* The counts of one bucket of orders, in a hash table that grows. Zeroed = empty. */
typedef struct {
    uint64_t word;
    uint64_t tag; /* 0: free; else one of tc_order_state, or of a customer */
    int64_t rows;
} tc_order_slot;

typedef struct {
    tc_order_slot *slot; /* [n_slots], owned; n_slots a power of two */
    int64_t n_slots, n;
    int64_t orders, orders_all, cancelled, mixed, mixed_rows; /* added up, never cleared */
} tc_order_table;

/* Local. Adds an item; empties the table but for the sums; frees it. Errors: TC_ENOMEM. */
TC_NODISCARD tc_status tc_order_table_add(tc_order_table *table, const tc_order_item *item,
                                          tc_error *err);
void tc_order_table_clear(tc_order_table *table);
void tc_order_table_free(tc_order_table *table);

/* Collective. Counts the orders of all ranks into in->counts and frees what was kept:
 * items travel in bounded rounds to the owner of the order's hash, into buckets of his, and
 * are counted bucket by bucket. Errors (agreed): TC_EIO, TC_ENOMEM. */
TC_NODISCARD tc_status tc_ingest_orders_all(tc_ingest *in, tc_error *err);

#endif

/* ingest_columns.h - private to ingest: the meaning of a batch of rows, column by column. Pure:
 * no files, no other ranks. */
#ifndef TC_INGEST_COLUMNS_H
#define TC_INGEST_COLUMNS_H

#include "ingest_row.h"

#include "tiercel/table.h"

/* A row that is not odd is used, and what stands here of it is what tc_row_read makes of its
 * texts: no digit of the amount is lost, and the id is that of the file, byte for byte. An odd
 * row must be read by tc_row_read; here only its hash holds. */
typedef struct {
    int64_t n, n_odd;
    int has_product;            /* amount, quantity and unit price are mapped */
    tc_pieces role[TC_N_ROLES]; /* of the mapped ones; borrowed from the batch */
    unsigned char odd[TC_TABLE_BATCH], kind[TC_TABLE_BATCH];
    uint64_t row[TC_TABLE_BATCH];    /* hash of the bytes of the row */
    tc_hash128 hash[TC_TABLE_BATCH]; /* of the id */
    int64_t time[TC_TABLE_BATCH], amount[TC_TABLE_BATCH], product[TC_TABLE_BATCH];
    uint64_t order[TC_TABLE_BATCH];
} tc_columns;

/* Local, pure. Reads a batch of a table whose first columns are the roles. Equal to tc_row_read
 * of each row, which it leaves those to that have anything special. Cost: about 30 ns a row. */
void tc_columns_read(const tc_row_rules *rules, const tc_table_batch *batch,
                     tc_columns *out);

#endif

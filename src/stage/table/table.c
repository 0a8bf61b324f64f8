#include "tiercel/table.h"

#include "table_reader.h"

#include "tiercel/mem.h"

struct tc_table {
    tc_table_spec spec;
    tc_table_plan plan;
    tc_table_reader reader;
    int64_t next_piece;
};

/* range NULL: all of the files. */
static tc_status open_all(tc_comm *comm, const tc_table_spec *spec,
                          const tc_table_range *range, int64_t n_ranges, tc_table **out,
                          tc_error *err)
{
    tc_table *table = tc_mem_alloc(1, sizeof *table, err);
    tc_status st = tc_comm_agree_all(comm, table == NULL ? TC_ENOMEM : TC_OK, err);
    *out = table;
    if (st == TC_OK) {
        TC_ASSERT(table != NULL);
        table->spec = *spec;
        st = range == NULL ? tc_table_plan_all(comm, &table->spec, &table->plan, err)
                           : tc_table_plan_rest_all(comm, &table->spec, range, n_ranges,
                                                    &table->plan, err);
    }
    if (st == TC_OK) {
        TC_ASSERT(table != NULL);
        st = tc_table_reader_create(&table->reader, &table->spec, err);
        st = tc_comm_agree_all(comm, st, err);
    }
    if (st != TC_OK) {
        tc_table_close(out);
    }
    return st;
}

tc_status tc_table_open_all(tc_comm *comm, const tc_table_spec *spec, tc_table **out,
                            tc_error *err)
{
    return open_all(comm, spec, NULL, 0, out, err);
}

tc_status tc_table_open_rest_all(tc_comm *comm, const tc_table_spec *spec,
                                 const tc_table_range *range, int64_t n_ranges,
                                 tc_table **out, tc_error *err)
{
    const tc_table_range none = {0};
    return open_all(comm, spec, range != NULL ? range : &none, n_ranges, out, err);
}

tc_status tc_table_rest(const tc_table *table, tc_buffer *ranges, tc_error *err)
{
    const tc_table_reader *const r = &table->reader;
    const tc_table_plan *const plan = &table->plan;
    if (r->source != NULL && r->offset + r->at < r->end) {
        const tc_table_range left = {.file = r->file,
                                     .begin = r->offset + r->at,
                                     .end = r->end,
                                     .newlines = r->line - 1};
        TC_TRY(tc_buffer_append(ranges, &left, (int64_t)sizeof left, err));
    }
    for (int64_t i = table->next_piece; i < plan->n_pieces; i++) {
        const tc_table_piece *const piece = &plan->piece[i];
        const tc_table_range left = {piece->file, piece->begin, piece->end, piece->newlines,
                                     piece->inside};
        TC_TRY(tc_buffer_append(ranges, &left, (int64_t)sizeof left, err));
    }
    return TC_OK;
}

tc_status tc_table_next_batch(tc_table *table, int64_t most, tc_table_batch *batch,
                              tc_table_row *row, int *found, tc_error *err)
{
    *found = 0;
    batch->n = 0;
    for (;;) {
        const tc_table_piece *piece;
        if (table->reader.source != NULL) {
            TC_TRY(
                tc_table_reader_next_batch(&table->reader, most, batch, row, found, err));
        }
        if (*found || table->next_piece == table->plan.n_pieces) {
            return TC_OK;
        }
        piece = &table->plan.piece[table->next_piece++];
        TC_TRY(tc_table_reader_open(&table->reader, table->plan.state[piece->file], piece,
                                    err));
    }
}

tc_status tc_table_next(tc_table *table, tc_table_row *row, int *found, tc_error *err)
{
    tc_table_batch none;
    return tc_table_next_batch(table, 0, &none, row, found, err);
}

int tc_table_names(const tc_table *table, const char *const **name)
{
    *name = table->reader.name;
    return table->reader.n_columns;
}

int64_t tc_table_stored_bytes(const tc_table *table)
{
    int64_t bytes = 0;
    for (int i = 0; i < table->spec.n_files; i++) {
        bytes += table->plan.state[i].size;
    }
    return bytes;
}

int64_t tc_table_own_bytes(const tc_table *table)
{
    int64_t bytes = 0;
    for (int64_t i = table->next_piece; i < table->plan.n_pieces; i++) {
        const tc_table_piece *piece = &table->plan.piece[i];
        bytes += tc_source_is_packed(table->spec.file[piece->file])
                     ? table->plan.state[piece->file].size
                     : piece->end - piece->begin;
    }
    return bytes;
}

void tc_table_close(tc_table **table)
{
    if (*table == NULL) {
        return;
    }
    tc_table_reader_free(&(*table)->reader);
    tc_table_plan_free(&(*table)->plan);
    tc_mem_free(*table);
    *table = NULL;
}

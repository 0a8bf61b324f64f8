/* table_judge.c - records that are not well formed. */
#include "table_reader.h"

tc_table_problem tc_table_judge(const tc_table_record *record, int64_t n_fields,
                                int64_t *field)
{
    const tc_csv_record *const shape = &record->shape;
    *field = -1;
    if (record->too_long) {
        return TC_TABLE_LONG;
    }
    if (shape->stray >= 0) {
        *field = shape->stray;
        return TC_TABLE_QUOTE;
    }
    if (shape->nul >= 0) {
        *field = shape->nul;
        return TC_TABLE_NUL;
    }
    if (shape->cr >= 0) {
        *field = shape->cr;
        return TC_TABLE_CR;
    }
    return shape->n_fields != n_fields ? TC_TABLE_FIELDS : TC_TABLE_GOOD;
}

/* table_plan.h - private to table: which bytes of which files a rank parses, and in which
 * state each piece starts. */
#ifndef TC_TABLE_PLAN_H
#define TC_TABLE_PLAN_H

#include "tiercel/source.h"
#include "tiercel/table.h"

/* Bytes [begin, end) of a file; a compressed file is one piece of all its
 * bytes as they were. */
typedef struct {
    int file; /* index in the list */
    int64_t begin, end;
    int inside;       /* byte `begin` lies inside quotes */
    int64_t newlines; /* before byte `begin` */
} tc_table_piece;

typedef struct {
    tc_source_state *state; /* [n_files]; owned */
    tc_table_range *range;  /* [n_ranges] what all ranks read, equal on all; owned */
    int64_t n_ranges;
    tc_table_piece *piece; /* [n_pieces] of this rank, by file; owned */
    int64_t *part_of;      /* [n_pieces] range that a piece lies in; owned */
    int64_t n_pieces;
} tc_table_plan;

/* Collective. Plain files are one concatenation that is cut into equal parts; file i, if
 * compressed, goes whole to rank i mod P. Quotes and newlines of a part that ends inside a
 * file are counted and added up over ranks. Errors (agreed): TC_EINPUT, TC_EDATA for a file
 * of 0 bytes, TC_EIO, TC_ENOMEM; TC_EINTERRUPT. Cost: reads the cut files once. */
TC_NODISCARD tc_status tc_table_plan_all(tc_comm *comm, const tc_table_spec *spec,
                                         tc_table_plan *plan, tc_error *err);
/* Collective. The same of what earlier readers have left (tc_table_rest), range[n_ranges] of
 * all of them, equal on all ranks, copied. Plain ranges are one concatenation; a compressed
 * one goes whole to rank number mod P. */
TC_NODISCARD tc_status tc_table_plan_rest_all(tc_comm *comm, const tc_table_spec *spec,
                                              const tc_table_range *range, int64_t n_ranges,
                                              tc_table_plan *plan, tc_error *err);
/* Collective. All files with cuts of the caller: rank r has bytes at[r] .. at[r + 1] - 1 of
 * the concatenation; at[P + 1] equal on all ranks, or NULL for equal parts. */
TC_NODISCARD tc_status tc_table_plan_at_all(tc_comm *comm, const tc_table_spec *spec,
                                            const int64_t *at, tc_table_plan *plan,
                                            tc_error *err);
void tc_table_plan_free(tc_table_plan *plan);

#endif

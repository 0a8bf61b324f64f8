/* segment_lloyd.h - Lloyd over all ranks for several models at once. For src/stage/segment only. */
#ifndef TC_SEGMENT_LLOYD_H
#define TC_SEGMENT_LLOYD_H

#include "segment_matrix.h"

/* Centres that were searched in a pass: from them one pass makes its labels and sums anew. */
typedef struct {
    int32_t *centre; /* [k][d] */
    uint8_t *empty;  /* [k] 1: attracts nothing */
} tc_segment_centres;

/* One fit among others over the same rows. Nothing is owned.
 *   model   started (tc_kmeans_start), equal on all ranks; d that of the matrix
 *   label   [rows of this rank], TC_KMEANS_NO_LABEL before the first pass
 *   report  zeroed before the first pass
 *   over    1: is left alone
 *   last    centres searched in the last pass that ended, those of the start before any: with the report all that
 *           is needed to go on; equal on all ranks
 *   next    workspace */
typedef struct {
    tc_kmeans *model;
    uint8_t *label;
    tc_kmeans_report report;
    int over;
    tc_segment_centres last, next;
} tc_segment_fit;

/* Local. Keeps the centres of the model, and puts them back into it; its sums are then zero. */
void tc_segment_centres_take(const tc_kmeans *model, tc_segment_centres *out);
void tc_segment_centres_put(const tc_segment_centres *centres, tc_kmeans *model);

/* Local. Memory for both centres of a fit, whose model there is. Errors: TC_ENOMEM. */
TC_NODISCARD tc_status tc_segment_centres_create(tc_segment_fit *fit, tc_error *err);
void tc_segment_centres_free(tc_segment_fit *fit);

/* Local or collective. Called after each pass; what it gives ends Lloyd if it is not TC_OK, and is agreed. */
typedef tc_status tc_segment_keep_fn(void *context, tc_error *err);

typedef struct {
    tc_kmeans_limits limits;
    tc_segment_keep_fn *keep_all;
    void *context;
} tc_segment_lloyd_params;

/* Collective. Lloyd for all n fits until each is over; each pass over the rows serves all that are not, so many
 * values of k cost one reading a pass. What a fit gives does not depend on its company. row0: number of the
 * first row of this rank among all. Sets the total of squares of each model. Fits with passes behind them (report, over, last
 * as they were then) go on: their last pass is made again first, which gives back labels and sums. Errors (agreed):
 * those of the matrix and of keep_all, TC_ENOMEM; last, report and over are sound then, too. */
TC_NODISCARD tc_status tc_segment_lloyd_all(tc_comm *comm, tc_matrix *m, int64_t row0,
                                            tc_segment_fit *fit, int n,
                                            const tc_segment_lloyd_params *params,
                                            tc_error *err);

#endif

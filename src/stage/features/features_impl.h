/* features_impl.h - what the parts of the features stage share; for src/stage/features*.c only.
 *
 * The way of the data: the merge (features_merge.h) gives the customers of this rank one by one; a block takes
 * a few thousand of them and turns them into columns; the output writes the block as rows of features.h5; when all
 * blocks are through, the summaries read the columns of the date of the scores back. Nothing is as large as the
 * base. */
#ifndef TC_FEATURES_IMPL_H
#define TC_FEATURES_IMPL_H

#include "features_merge.h"

#include "tiercel/bracket.h"
#include "tiercel/lineage.h"
#include "tiercel/tally.h"

/* Ascending, so that one pass over the events serves all of them. */
enum { DATE_BACKTEST, DATE_TRAIN, DATE_SCORE, N_DATES };

/* Local, pure. Bytes that the stage may hold on a rank, from run.memory_per_rank; the result never depends on it. */
int64_t tc_features_memory(const tc_config *config);

/* Columns of one date. */
typedef struct {
    int64_t day;
    int labelled;                /* has label and later_amount, up to the next date */
    void *column[TC_N_FEATURES]; /* float or double, as the catalogue says */
    int8_t *label;
    double *later_amount;
    int64_t n_labelled, n_churned; /* of all blocks of this rank */
} tc_features_at;

/* Consecutive customers of this rank as columns. */
typedef struct {
    const tc_config *config; /* borrowed */
    tc_features_at at[N_DATES];
    tc_hash128 *hash;
    char *id;           /* [n][id_width], padded with zeros */
    int64_t *extra_row; /* row in the extra source, -1 = none */
    uint8_t *active;    /* has any event */
    int id_width;
    int64_t row0;                             /* of the first customer among all */
    int64_t n, capacity;                      /* customers */
    struct tc_features_silo *silo;            /* NULL without an identity map; borrowed */
    tc_rfm_scratch *scratch, *scratch_of_ids; /* the second one is the silo's */
    int n_lanes; /* of the scratch: customers that are not yet in the columns */
} tc_features_block;

/* Local. A block of as many customers as the memory allows; at[].day and at[].labelled are set before. Errors:
 * TC_ENOMEM (the block is to be freed in every case). */
TC_NODISCARD tc_status tc_features_block_create(const tc_config *config,
                                                const tc_features_merge *merge,
                                                const tc_rfm_limits *limits,
                                                tc_features_block *block, tc_error *err);
void tc_features_block_free(tc_features_block *block);
/* Local. Empties the block and fills it with the next customers; fewer than capacity, perhaps none, at the end.
 * Errors: TC_EDATA, TC_EIO, TC_ENOMEM. */
TC_NODISCARD tc_status tc_features_block_fill(tc_features_merge *merge,
                                              tc_features_block *block, tc_error *err);

/* Texts of a dataset that is open. */
enum { TC_FEATURES_NAME = 96, TC_FEATURES_DESCRIPTION = 512 };
typedef struct {
    char name[TC_FEATURES_NAME], description[TC_FEATURES_DESCRIPTION];
} tc_features_text;

/* The datasets of features.h5 that have a row a customer. */
typedef struct {
    tc_features_text *text;
    tc_store_piece *hash, *id;
    tc_store_piece *column[N_DATES][TC_N_FEATURES];
    tc_store_piece *label[N_DATES], *later_amount[N_DATES];
} tc_features_out;

/* Collective. Creates the datasets. Errors (agreed): TC_EIO, TC_ENOMEM; to be ended in every case. */
TC_NODISCARD tc_status tc_features_out_begin_all(tc_comm *comm, tc_store *store,
                                                 const tc_features_block *block,
                                                 int64_t n_global, tc_features_out *out,
                                                 tc_error *err);
/* Local. Writes the rows of a block. Errors: TC_EIO. */
TC_NODISCARD tc_status tc_features_out_write(tc_features_out *out,
                                             const tc_features_block *block, tc_error *err);
/* Collective. Errors (agreed): the status, TC_EIO. */
TC_NODISCARD tc_status tc_features_out_end_all(tc_features_out *out, tc_status status,
                                               tc_error *err);

/* Local, pure. The dataset of a feature at a date; its texts are written to `text`. */
tc_field tc_features_field(int64_t day, int feature, tc_features_text *text);
/* Local, pure. "folder/<date>/leaf". */
void tc_features_name(char name[TC_FEATURES_NAME], const char *folder, int64_t day,
                      const char *leaf);

/* The distribution of each feature. */
enum { TC_FEATURES_P = 9 };
typedef struct {
    double quantile[TC_N_FEATURES * TC_FEATURES_P];
    double mean[TC_N_FEATURES];
    int64_t n_valid[TC_N_FEATURES], missing[TC_N_FEATURES];
} tc_features_summary;

/* Probabilities of the quantiles: 0, some in between, 1. */
extern const double TC_FEATURES_SUMMARY_P[TC_FEATURES_P];

/* Guesses where the quantiles of a column lie, and what a pass with them found; features_guess.c. */
typedef struct {
    int is_planned;
    tc_bracket plan;
    tc_bracket_pass pass;
} tc_features_guess;

/* What is known of the columns of one date when all blocks are through; features_tally.c. */
enum { TC_FEATURES_LANES = 8 };
typedef struct {
    const tc_shards *shards;       /* borrowed */
    double *sum;                   /* [shards of this rank][TC_N_FEATURES] */
    tc_tally *counts;              /* [TC_N_FEATURES] */
    int is_counted[TC_N_FEATURES]; /* all values so far are small whole numbers */
    tc_features_guess *guess;      /* [TC_N_FEATURES] for those that are not */
    int64_t kept_most;             /* bytes that a guess may keep */
    int64_t shard;                 /* that the next row belongs to */
    double lane[TC_N_FEATURES][TC_FEATURES_LANES]; /* its sums so far */
} tc_features_tally;

/* Local. Errors: TC_ENOMEM (the tally is to be freed in every case). */
TC_NODISCARD tc_status tc_features_tally_create(const tc_config *config,
                                                const tc_shards *shards,
                                                tc_features_tally *tally, tc_error *err);
void tc_features_tally_free(tc_features_tally *tally);
/* Local. Takes the next block; also the last one, which may be empty. Errors: TC_ENOMEM. */
TC_NODISCARD tc_status tc_features_tally_add(tc_features_tally *tally,
                                             const tc_features_block *block, int date,
                                             tc_error *err);

/* Collective. Plans the guesses from the first block of all ranks, before that is added. Errors (agreed): TC_ENOMEM. */
TC_NODISCARD tc_status tc_features_guess_all(tc_comm *comm, tc_features_tally *tally,
                                             const tc_features_block *block, int date,
                                             tc_error *err);

/* Collective. Quantiles of a feature whose guesses were right; else *found = 0. The pass is used up. Errors (agreed):
 * TC_ENOMEM. */
TC_NODISCARD tc_status tc_features_settle_all(tc_comm *comm, tc_features_tally *tally,
                                              int feature, tc_features_summary *summary,
                                              int *found, tc_error *err);

/* Collective; features_summary.c. Writes summary/<date>/... from the tally; columns whose quantiles it does not
 * know are read back. Errors (agreed): TC_EIO, TC_ENOMEM. */
TC_NODISCARD tc_status tc_features_put_summary_all(tc_comm *comm, const tc_config *config,
                                                   tc_features_tally *tally,
                                                   tc_store *store, int64_t day,
                                                   tc_error *err);

/* Collective; features_orders.c. Number of different orders in the files of the list. Errors (agreed): TC_EDATA,
 * TC_EIO, TC_ENOMEM. */
TC_NODISCARD tc_status tc_features_orders_all(tc_comm *comm, const tc_config *config,
                                              tc_event_list *list, int64_t *orders,
                                              tc_error *err);

#endif

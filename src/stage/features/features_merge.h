/* features_merge.h - the customers of this rank over any number of files, one after the other in the order of
 * their hash, each with all his events in the order of time.
 *
 * This is what the features stage is built on, and what a further source of customers joins:
 *
 *   tc_features_merge merge = {0};
 *   tc_features_merge_start_all(comm, config, &list, what, &merge)   files of run.events as sources
 *   tc_features_merge_next(&merge, &customer, &found)                local, until found is 0
 *   tc_features_merge_end_all(comm, &merge, status)
 *
 * A file without events (profiles.h5) is one more source: `what.extra`. Its customers are part of the union,
 * and customer.extra_row says which row of that file belongs to the customer (-1: none), so that a block of customers
 * knows which rows of its columns to fetch: they ascend. */
#ifndef TC_FEATURES_MERGE_H
#define TC_FEATURES_MERGE_H

#include "features_source.h"

#include "tiercel/event_list.h"
#include "tiercel/shards.h"
#include "tiercel/wide.h"

/* What was left out because an equal event stands in another file. */
typedef struct {
    int64_t rows;
    uint64_t content[2]; /* order-free sums of hashes, as those of ingest */
} tc_features_drops;

typedef struct {
    int with_events, with_ids;
    int64_t n_shards;       /* the ranks share these, see tc_shards_begin */
    int64_t memory;         /* bytes for all that is held at a time */
    tc_store *extra;        /* a file with customers and no events, or NULL */
    const char *extra_path; /* for messages */
} tc_features_merge_what;

typedef struct {
    tc_features_source *source; /* [n_sources] */
    int n_sources;
    int extra; /* number of the source without events, -1 = none */
    int id_width;
    int64_t n_channels, n_categories; /* of the union, with the empty one */
    int with;                         /* TC_WITH_... */
    int policy;                       /* tc_duplicates_policy between the files */
    tc_features_drops drops;
    int *heap, n_heap;         /* sources by the hash of their customer, the least on top */
    int *member, n_member;     /* those that have the current customer, ascending */
    int64_t *head, *left;      /* [n_sources] of the members: next event, events left */
    tc_rfm_events *events;     /* [n_sources] of the members */
    const uint64_t **rows;     /* [n_sources] hashes of their rows */
    tc_event_columns gathered; /* events of a customer with several sources */
    int32_t *origin;           /* [gathered.capacity] member an event is from */
    int64_t origin_capacity;
} tc_features_merge;

typedef struct {
    tc_hash128 hash;
    const char *id; /* [id_width], padded with zeros; NULL without ids */
    int id_width;   /* of its source, at most that of the merge */
    int64_t extra_row;
    tc_rfm_events events; /* may be none */
} tc_features_customer;

/* Collective. Opens the sources. Errors (agreed): TC_EDATA, TC_EIO, TC_ENOMEM; the merge is to be ended in every
 * case. */
TC_NODISCARD tc_status tc_features_merge_start_all(tc_comm *comm, const tc_config *config,
                                                   tc_event_list *list,
                                                   const tc_features_merge_what *what,
                                                   tc_features_merge *merge, tc_error *err);
/* Local. The next customer; what it points to is borrowed until the call after. Errors: TC_EDATA, TC_EIO,
 * TC_ENOMEM. Cost: a customer of one file is not copied. */
TC_NODISCARD tc_status tc_features_merge_next(tc_features_merge *merge,
                                              tc_features_customer *customer, int *found,
                                              tc_error *err);
/* Collective. Closes the sources; checksums are verified. status: of this rank's work with the merge. Errors
 * (agreed): the status, TC_EDATA. */
TC_NODISCARD tc_status tc_features_merge_end_all(tc_comm *comm, tc_features_merge *merge,
                                                 tc_status status, tc_error *err);

/* Collective. The table of shards of the union: n_shards follows from the number of customers. first_row[n_shards
 * + 1] belongs to the caller, equal on all ranks. With one source that is its own table; else one pass over the
 * hashes. Errors (agreed): as above. */
TC_NODISCARD tc_status tc_features_union_all(tc_comm *comm, const tc_config *config,
                                             tc_event_list *list,
                                             const tc_features_merge_what *what,
                                             tc_shards *shards, tc_error *err);

/* Local; features_gather.c. The events of n members of the current customer (merge->events, merge->rows) in one
 * order; repeats between files are left out by the policy. Errors: TC_ENOMEM. */
TC_NODISCARD tc_status tc_features_gather(tc_features_merge *merge, int n,
                                          tc_rfm_events *events, tc_error *err);

/* Collective; features_dictionary.c. Fills the codes of the sources and the numbers of levels of the union.
 * Errors (agreed): TC_EDATA, TC_ENOMEM. */
TC_NODISCARD tc_status tc_features_dictionaries_all(tc_comm *comm, tc_features_merge *merge,
                                                    tc_error *err);

/* Collective. What the policy of duplicates leaves out between the files. One pass over all events. */
TC_NODISCARD tc_status tc_features_drops_all(tc_comm *comm, const tc_config *config,
                                             tc_event_list *list, tc_features_drops *drops,
                                             tc_error *err);

#endif

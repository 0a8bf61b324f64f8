/* event_list.h - the event files that features and the later stages read: events.h5 alone, or one a period
 * (stage layer). What is known of the list does not depend on how the rows were spread over files. */
#ifndef TC_EVENT_LIST_H
#define TC_EVENT_LIST_H

#include "tiercel/config.h"
#include "tiercel/store.h"

/* The files of run.events, open for reading, in the order of their names. */
typedef struct {
    int n;
    char **path;               /* [n] */
    tc_store **store;          /* [n] */
    char input_id[TC_ID_TEXT]; /* the rules by which all of them were made */
    char identity_id
        [TC_ID_TEXT]; /* of the identity map that all were made with, "" = none */
    int64_t identity_ids, identity_customers; /* of that map */
    int64_t first_time, last_time;
    int64_t n_events; /* rows of all files */
} tc_event_list;

/* Collective. Opens the files and checks that they belong together. Errors (agreed): TC_EINPUT if a file is
 * missing or a pattern matches none; TC_EDATA if two files were made by different rules of section input (or by
 * others than those of the configuration) or with different identity maps, are the same instalment, or are damaged; TC_ENOMEM. In every case
 * the list is to be closed. */
TC_NODISCARD tc_status tc_event_list_open_all(tc_comm *comm, const tc_config *config,
                                              tc_event_list *list, tc_error *err);
/* Collective. A zeroed list is fine. */
void tc_event_list_close_all(tc_event_list *list);

/* Collective. Sum of an attribute over the files. Errors (agreed): TC_EDATA. */
TC_NODISCARD tc_status tc_event_list_sum_all(const tc_event_list *list, const char *name,
                                             int64_t *sum, tc_error *err);

/* Collective. What identifies the events of the list: a hash of the rules and of sums over the rows that were
 * read; equal for any number of files with the same rows. Where only the files tell which duplicates are dropped
 * (drop_between_files) and there are several, they are merged for it: one pass over the events.
 * Errors (agreed): as reading. */
TC_NODISCARD tc_status tc_event_list_id_all(tc_comm *comm, const tc_config *config,
                                            tc_event_list *list, char id[TC_ID_TEXT],
                                            tc_error *err);

#endif

/* ingest_rejects.h - for the stages that read tables: rejects.csv, one line for each row
 * that is not used. */
#ifndef TC_INGEST_REJECTS_H
#define TC_INGEST_REJECTS_H

#include "ingest_record.h"
#include "ingest_reject_list.h"

#include "tiercel/comm.h"
#include "tiercel/order.h"

enum { TC_REJECT_ORDINAL = 64 };

/* A rejected row is a tc_pair: key = place; value = reason and what names the column: a
 * role, or TC_REJECT_ORDINAL + position, or -1 for none. */
static inline uint64_t tc_reject_value(int reason, int64_t column)
{
    return (uint64_t)reason << 32 | (uint64_t)(column + 1);
}

/* What the numbers in the pairs stand for; borrowed. */
typedef struct {
    char *const *file; /* [n_files] paths */
    int n_files;
    const char *const *column; /* names by role */
    const char *(*reason)(int reason);
} tc_reject_names;

/* Collective. Writes the rejected rows of all ranks by (file, line) under the temporary name
 * `path`.part, synced. So many bytes may be used at once: with more rows than fit they are
 * sorted and written range by range. On failure the temporary file is removed. Errors
 * (agreed): TC_EIO, TC_ENOMEM. */
TC_NODISCARD tc_status tc_rejects_write_all(tc_comm *comm, const tc_reject_names *names,
                                            const char *path, tc_reject_list *list,
                                            int64_t bytes, tc_error *err);

/* Collective. The same for rows in memory: tc_pair records, freed as soon as they are sent. */
TC_NODISCARD tc_status tc_rejects_write_pairs_all(tc_comm *comm,
                                                  const tc_reject_names *names,
                                                  const char *path, tc_buffer *pairs,
                                                  tc_error *err);

/* Collective. Gives that file its final name, or removes it. Errors (agreed): TC_EIO. */
TC_NODISCARD tc_status tc_rejects_publish_all(tc_comm *comm, const char *path,
                                              tc_error *err);
void tc_rejects_remove_all(tc_comm *comm, const char *path);

#endif

/* features_profiles.h - private to features: what profiles.h5 adds to features.h5: features of
 * interactions at each date, and the user columns once. */
#ifndef TC_FEATURES_PROFILES_H
#define TC_FEATURES_PROFILES_H

#include "features_impl.h"

/* Which customers of this rank have a row in profiles.h5, and which have any event; bits by
 * local row. Both files are in the order of the hash, so the rows of the former are
 * consecutive and follow from the bits. */
typedef struct {
    tc_store *store; /* NULL: no profiles; owned */
    char *path;      /* owned */
    uint8_t *present, *active;
    int64_t row0, n; /* first row in profiles.h5, and rows; of this rank */
} tc_features_profiles;

/* Collective. Opens profiles.h5 if a table is configured for it. Errors (agreed): as
 * tc_store_open_all, TC_ENOMEM; to be closed in every case. */
TC_NODISCARD tc_status tc_features_profiles_open_all(tc_comm *comm, const tc_config *config,
                                                     tc_features_profiles *profiles,
                                                     tc_error *err);
void tc_features_profiles_close_all(tc_features_profiles *profiles);

/* Local. Makes room for the customers of this rank; notes those of a block. Without profiles
 * nothing is done. Errors: TC_ENOMEM; TC_EDATA if the rows are not consecutive. */
TC_NODISCARD tc_status tc_features_profiles_start(tc_features_profiles *profiles,
                                                  int64_t n_local, tc_error *err);
TC_NODISCARD tc_status tc_features_profiles_note(tc_features_profiles *profiles,
                                                 const tc_features_block *block,
                                                 int64_t row0, tc_error *err);

/* Where things go. */
typedef struct {
    tc_comm *comm;
    const tc_config *config;
    const tc_shards *shards;
    tc_store *out;
    int64_t day[N_DATES];
} tc_features_join;

/* Collective. Writes at/<date>/<interaction feature>, user/<name>, dictionary/<name>, columns/... and how
 * many customers matched. Memory: a block of customers. Errors (agreed): TC_EDATA, TC_EIO,
 * TC_ENOMEM. */
TC_NODISCARD tc_status tc_features_join_all(const tc_features_join *join,
                                            tc_features_profiles *profiles, tc_error *err);

/* Collective; features_interact.c. The features of interactions alone. */
TC_NODISCARD tc_status tc_features_interact_all(const tc_features_join *join,
                                                tc_features_profiles *profiles,
                                                tc_error *err);

/* Local, pure. 1 if the customer has a row in profiles.h5. */
static inline int tc_features_has_profile(const tc_features_profiles *p, int64_t row)
{
    return p->present[row >> 3] >> (row & 7) & 1;
}

#endif

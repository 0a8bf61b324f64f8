/* profiles_write.h - private to profiles: the parts of the writing of profiles.h5. */
#ifndef TC_PROFILES_WRITE_H
#define TC_PROFILES_WRITE_H

#include "profiles_impl.h"

enum { TC_PROFILE_BLOCK = 65536, TC_PROFILE_NAME = 256 };

/* What is written, and where this rank's part of it lies. */
typedef struct {
    tc_profiles *p;
    tc_store *store;
    int64_t row0, n_global;    /* customers */
    int64_t touch0, n_touches; /* interactions of lower ranks, of all */
    unsigned char
        *block; /* [TC_PROFILE_BLOCK] elements of up to 16 bytes or of an id; owned */
} tc_profile_writer;

/* Collective; profiles_write_lists.c. Words of a categorical column by code; the list of user
 * columns; what became of the rows of each table. Errors (agreed): TC_EIO, TC_ENOMEM. */
TC_NODISCARD tc_status tc_profile_put_dictionary_all(tc_profile_writer *w,
                                                     const tc_profile_column *column,
                                                     tc_error *err);
TC_NODISCARD tc_status tc_profile_put_listing_all(tc_profile_writer *w, tc_error *err);
TC_NODISCARD tc_status tc_profile_put_counts_all(tc_profile_writer *w, tc_error *err);

TC_NODISCARD tc_status tc_profile_put_shards_all(tc_profile_writer *w, tc_error *err);

/* Local. The id of profiles.h5: version, configuration, the rows free of their order, the map
 * of ids. Errors: TC_ENOMEM. */
TC_NODISCARD tc_status tc_profile_run_id(const tc_profiles *p, char id[TC_ID_TEXT],
                                         tc_error *err);

#endif

/* model_feature.h - the features that models may use, by the names of the configuration, as
 * columns of doubles (stage layer):
 *   recency_days          of the catalogue, at a date
 *   visits_90d            of the interactions, at a date
 *   user.age              a number of the customers or wide table; user.consent, user.protected
 *   user.region=north     1 for the customers of that level, 0 for all others */
#ifndef TC_MODEL_FEATURE_H
#define TC_MODEL_FEATURE_H

#include "tiercel/catalogue.h"
#include "tiercel/config.h"
#include "tiercel/shards.h"
#include "tiercel/store.h"

#define TC_MODEL_USER "user." /* what names of user features begin with */

/* Local, pure. 1 if a feature can be called so, and what a model puts where it is missing. */
int tc_model_feature_known(const char *name, tc_missing_policy *missing);

/* Local, pure. 1 for user.<name>, which is as given and not as of a date. */
int tc_model_feature_is_user(const char *name);

/* Local. Refuses what the configuration cannot provide: features of interactions without
 * them, user features that no table can have. Errors: TC_ECONFIG naming what there is. */
TC_NODISCARD tc_status tc_model_feature_check(const tc_config *config, const char *name,
                                              const char *section, tc_error *err);

/* Collective. A feature of all customers of this rank from features.h5; out[n_local], NaN =
 * missing. date: "2011-12-10". Errors (agreed): TC_ECONFIG if the file has no such user column
 * or level, naming some that it has; those of the store; TC_ENOMEM. */
TC_NODISCARD tc_status tc_model_feature_read_all(tc_comm *comm, tc_store *features,
                                                 const tc_shards *shards, const char *date,
                                                 const char *name, double *out,
                                                 tc_error *err);

/* A feature of features.h5 that is read piece by piece. */
typedef struct tc_model_column tc_model_column;

/* Collective. Errors (agreed): as above; *out is NULL then. */
TC_NODISCARD tc_status tc_model_column_open_all(tc_comm *comm, tc_store *features,
                                                const char *date, const char *name,
                                                tc_model_column **out, tc_error *err);

/* Local. Customers row0 .. row0 + n - 1 of all, in any order of calls; out[n], NaN = missing. Errors: as
 * tc_store_read. */
TC_NODISCARD tc_status tc_model_column_read(tc_model_column *column, int64_t row0,
                                            int64_t n, double *out, tc_error *err);

/* Collective. Ends it (NULL on all ranks is fine); status: what became of this rank's reading, agreed upon here.
 * If the ranks together read each row once, the checksum is verified. Errors (agreed): the status, TC_EDATA for a
 * damaged dataset. */
TC_NODISCARD tc_status tc_model_column_end_all(tc_model_column **column, tc_status status,
                                               tc_error *err);

#endif

/* lineage.h - the files of a run, what each depends on, and the id that says so (stage
 * layer).
 *
 * A stage's id is the hash of the program version, of the sections of the configuration
 * that it reads, and of the ids of the files that it reads. The id of events.h5 hashes the
 * rows themselves, free of their order; where several event files are read, what counts are the rows of all of
 * them (event_list.h). A file whose id is the expected one need not be made again. */
#ifndef TC_LINEAGE_H
#define TC_LINEAGE_H

#include "tiercel/config.h"
#include "tiercel/shards.h"
#include "tiercel/store.h"

#define TC_VERSION "0.1.0"

typedef enum {
    TC_STAGE_INGEST,
    TC_STAGE_PROFILES,
    TC_STAGE_FEATURES,
    TC_STAGE_SEGMENT,
    TC_STAGE_CHURN,
    TC_STAGE_ASSIGN,
    TC_STAGE_REPORT,
    TC_N_STAGES
} tc_stage_kind;

/* One row of the table of stages. */
typedef struct {
    const char *name;   /* "features" */
    const char *file;   /* "features.h5" */
    const char *schema; /* "tiercel.features" */
    int64_t schema_version;
    const char *sections; /* of the configuration, separated by blanks */
    int upstream[4];      /* tc_stage_kind of the files it reads, ended by -1 */
    tc_status (*run_all)(tc_comm *comm, const tc_config *config, tc_error *err);
} tc_stage_def;

/* Local. The table, in the order of the data. */
const tc_stage_def *tc_stage(tc_stage_kind kind);

/* Local. The file of a stage in the run directory; with input.instalment that of ingest is events/NAME.h5, and its
 * second file, rejects.csv, is events/NAME.rejects.csv. Counted memory, owned by the caller; NULL on TC_ENOMEM. */
TC_NODISCARD char *tc_stage_path(const tc_config *config, tc_stage_kind kind,
                                 tc_error *err);
TC_NODISCARD char *tc_rejects_path(const tc_config *config, tc_error *err);

/* Local. 0 for profiles if no table is configured for it: its file is then neither made nor
 * read. */
int tc_stage_active(const tc_config *config, tc_stage_kind kind);

/* Collective. Opens the file of a stage in the run directory for reading. Errors as
 * tc_store_open_all. */
TC_NODISCARD tc_status tc_stage_open_all(tc_comm *comm, const tc_config *config,
                                         tc_stage_kind kind, tc_store **out, tc_error *err);

/* Collective. Opens the segments.h5 that segment.previous names; *out is NULL if it names none. Its id is part of
 * that of the segments made from it. Errors (agreed): as tc_store_open_all; TC_ECONFIG if it is this run's own file. */
TC_NODISCARD tc_status tc_stage_open_previous_all(tc_comm *comm, const tc_config *config,
                                                  tc_store **out, tc_error *err);
/* Collective. The same just to see whether it can be opened. */
TC_NODISCARD tc_status tc_stage_check_previous_all(tc_comm *comm, const tc_config *config,
                                                   tc_error *err);

/* Collective. The id that the file of a stage must have now, from the ids in the files
 * upstream (which are opened). Not for ingest. Errors as tc_store_open_all. */
TC_NODISCARD tc_status tc_stage_id_all(tc_comm *comm, const tc_config *config,
                                       tc_stage_kind kind, char id[TC_ID_TEXT],
                                       tc_error *err);

/* Local. The rules by which rows become events: a hash of the program version and of the section input of
 * the configuration, which holds no file and no instalment. Event files of one list must agree in it.
 * Errors: TC_ENOMEM. */
TC_NODISCARD tc_status tc_input_id(const tc_config *config, char id[TC_ID_TEXT],
                                   tc_error *err);

/* Collective. Creates the file of a stage (not of ingest): header from the stage's table
 * row, its id, and n_rows, n_shards, as_of of the upstream header `like`. */
TC_NODISCARD tc_status tc_stage_create_all(tc_comm *comm, const tc_config *config,
                                           tc_stage_kind kind, const tc_store_header *like,
                                           tc_store **out, tc_error *err);

/* Collective. Reads `shards/first_customer` of events.h5 or features.h5 and gives this rank
 * its part. */
TC_NODISCARD tc_status tc_stage_shards_all(tc_comm *comm, tc_store *store, tc_shards *out,
                                           tc_error *err);

/* Collective. Writes that table. first_row[n_shards + 1], equal on all ranks. */
TC_NODISCARD tc_status tc_stage_put_shards_all(tc_store *store, int64_t n_shards,
                                               const int64_t *first_row, tc_error *err);

/* The stages. Each is collective, reads the files before it in the run directory and
 * publishes one file (report: report.json). All errors are agreed; on failure nothing is
 * published. */
TC_NODISCARD tc_status tc_ingest_all(tc_comm *comm, const tc_config *config, tc_error *err);
TC_NODISCARD tc_status tc_profiles_all(tc_comm *comm, const tc_config *config,
                                       tc_error *err);
TC_NODISCARD tc_status tc_features_all(tc_comm *comm, const tc_config *config,
                                       tc_error *err);
TC_NODISCARD tc_status tc_segment_all(tc_comm *comm, const tc_config *config,
                                      tc_error *err);
TC_NODISCARD tc_status tc_churn_all(tc_comm *comm, const tc_config *config, tc_error *err);
TC_NODISCARD tc_status tc_assign_all(tc_comm *comm, const tc_config *config, tc_error *err);
TC_NODISCARD tc_status tc_report_all(tc_comm *comm, const tc_config *config, tc_error *err);

#endif

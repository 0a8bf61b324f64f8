/* manifest.h - run.json: the configuration as resolved with its paths, the fingerprint of the inputs, for each stage
 * what it cost, and for each attempt how it ended. Rank 0 holds and writes it; on other ranks it is empty. */
#ifndef TC_MANIFEST_H
#define TC_MANIFEST_H

#include "usage.h"

#include "tiercel/lineage.h"

typedef struct tc_manifest tc_manifest;

/* Collective. Reads run.json of the run directory if there is a sound one (a damaged one counts as none), takes over
 * the configuration, and notes that an attempt of this command runs. After it heartbeats are written, until the end.
 * Errors (agreed): TC_ENOMEM, TC_EIO. */
TC_NODISCARD tc_status tc_manifest_open_all(tc_comm *comm, const tc_config *config,
                                            const char *command, tc_manifest **out,
                                            tc_error *err);

/* Collective. What the stages that read inputs depend on. fingerprint: of the input files; tables: of those of
 * profiles; "" if the command needs neither. Errors (agreed): TC_ENOMEM. */
TC_NODISCARD tc_status tc_manifest_inputs_all(tc_comm *comm, tc_manifest *manifest,
                                              const tc_config *config,
                                              const char *fingerprint, const char *tables,
                                              tc_error *err);

/* Collective. Notes how the attempt ended (status is agreed, err its reason), the last thing that is done in a run
 * directory. Nothing if *manifest is NULL; it becomes NULL. Returns status, or why a complete run could not be noted:
 * TC_EIO, TC_ENOMEM. */
TC_NODISCARD tc_status tc_manifest_close_all(tc_comm *comm, tc_manifest **manifest,
                                             tc_status status, tc_error *err);

/* Collective. The id that the file of a stage that reads inputs (ingest, profiles) must have if it need not run again: its
 * inputs, its configuration and the program are those of its last complete run. Empty if it must run. */
void tc_manifest_input_id_all(tc_comm *comm, const tc_manifest *manifest,
                              tc_stage_kind kind, char id[TC_ID_TEXT]);

/* Collective. Notes a completed stage and writes run.json. id: of the file that it made. Errors (agreed): TC_EIO,
 * TC_ENOMEM. */
TC_NODISCARD tc_status tc_manifest_note_all(tc_comm *comm, tc_manifest *manifest,
                                            tc_stage_kind kind, const char *id,
                                            const tc_usage *usage, tc_error *err);

#endif

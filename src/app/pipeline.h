/* pipeline.h - the order of the stages, and which of them must run. */
#ifndef TC_PIPELINE_H
#define TC_PIPELINE_H

#include "manifest.h"

/* Collective. 1 in *complete if the file of the stage is there, sound, and made from what it would be made from
 * now. A missing or damaged file is no error: it is not complete. Errors (agreed): TC_ENOMEM, TC_EIO. */
TC_NODISCARD tc_status tc_pipeline_complete_all(tc_comm *comm, const tc_config *config,
                                                const tc_manifest *manifest,
                                                tc_stage_kind kind, int *complete,
                                                tc_error *err);

/* Collective. Runs one stage and notes it in run.json. Errors (agreed): those of the stage. */
TC_NODISCARD tc_status tc_pipeline_run_all(tc_comm *comm, const tc_config *config,
                                           tc_manifest *manifest, tc_stage_kind kind,
                                           tc_error *err);

/* Collective. Makes the run directory if it is missing. Errors (agreed): TC_EIO. */
TC_NODISCARD tc_status tc_pipeline_directory_all(tc_comm *comm, const tc_config *config,
                                                 tc_error *err);

#endif

/* stage_checkpoint.h - the checkpoint of a stage, in the run directory (stage layer). */
#ifndef TC_STAGE_CHECKPOINT_H
#define TC_STAGE_CHECKPOINT_H

#include "tiercel/checkpoint.h"
#include "tiercel/lineage.h"

/* Collective. Opens the checkpoint of a stage: `<run directory>/checkpoint/<stage>`, for ingest of an instalment
 * `ingest-<instalment>`; interval as configured. Its key hashes the stage's id (not of ingest and profiles, whose id
 * is known last) and `inputs`: what else the state depends on, "" = nothing; equal on all ranks. *out is closed by
 * tc_checkpoint_close_all, NULL after failure. Errors (agreed): as tc_stage_id_all; TC_ENOMEM. */
TC_NODISCARD tc_status tc_stage_checkpoint_all(tc_comm *comm, const tc_config *config,
                                               tc_stage_kind kind, const char *inputs,
                                               tc_checkpoint **out, tc_error *err);

/* Collective. TC_EINTERRUPT on all ranks if one was asked to stop (stop.h), else TC_OK: for steps without a loop over
 * shards. Cost: one Allreduce of 8 bytes. */
TC_NODISCARD tc_status tc_stage_stop_all(tc_comm *comm, tc_error *err);

/* Collective. Removes what is left of it: a job that was killed just after its stage had published its file could
 * not. Errors (agreed): TC_ENOMEM. */
TC_NODISCARD tc_status tc_stage_checkpoint_drop_all(tc_comm *comm, const tc_config *config,
                                                    tc_stage_kind kind, tc_error *err);

#endif

/* checkpoint.h - the state inside a long stage, kept so that a killed or stopped job need not begin it anew (edge
 * layer, store). In its folder lie `<name>.ckpt`, written by rank 0, with the small state that all ranks share, and, for
 * large states, one file `<name>.<generation>.<rank>.part` for each rank that has something. The head is renamed
 * last, after all parts are on the disk, and holds their sizes and checksums, so a state is there as a whole or not
 * at all. On reading everything is checked; what is damaged, cut off or of another run is never used. A state can
 * be loaded by any number of ranks. */
#ifndef TC_CHECKPOINT_H
#define TC_CHECKPOINT_H

#include "tiercel/comm.h"
#include "tiercel/hash.h"

typedef struct tc_checkpoint tc_checkpoint;

typedef struct {
    int64_t seconds;        /* between two saves; 0 = by Daly's formula */
    double node_mtbf_hours; /* mean time between failures of one node */
} tc_checkpoint_policy;

/* Local, pure. Seconds of work between two saves that waste least: cost of a save, mean time between failures of
 * the job, both in seconds and positive. Source: J. T. Daly, A higher order estimate of the optimum
 * checkpoint interval for restart dumps, FGCS 22 (2006), 303-312. */
double tc_checkpoint_interval(double cost, double mtbf);

/* Collective. folder: made when first needed; NULL = nothing is ever kept, but stops are noticed. name: of the
 * stage. key: hash of all that the state depends on (program, configuration, inputs); a state with another key is
 * not ours. Arguments equal on all ranks. Errors (agreed): TC_ENOMEM. */
TC_NODISCARD tc_status tc_checkpoint_open_all(tc_comm *comm, const char *folder,
                                              const char *name,
                                              const char key[TC_HASH_TEXT],
                                              const tc_checkpoint_policy *policy,
                                              tc_checkpoint **out, tc_error *err);

/* Collective. 1 if the state should be saved now: a rank was asked to stop (stop.h), or the interval has passed.
 * Cost: one Allreduce of 8 bytes. */
int tc_checkpoint_due_all(tc_checkpoint *c);

/* Collective. A save: begin, then any number of writes of each rank's own part (none is fine), then end with the
 * status of this rank's writes and the small state, equal on all ranks (rank 0's is kept). The state before is known from a load
 * or save of this object: load first. A save that
 * fails for lack of space or an error of the disk is reported as a warning and leaves the state before in place: the
 * job goes on. end gives TC_EINTERRUPT, agreed, if a stop was asked for: the stage then unwinds. Errors (agreed):
 * TC_EINTERRUPT; TC_ENOMEM; a status of the caller's own other than TC_EIO. */
TC_NODISCARD tc_status tc_checkpoint_begin_all(tc_checkpoint *c, tc_error *err);
TC_NODISCARD tc_status tc_checkpoint_write(tc_checkpoint *c, const void *bytes, int64_t n,
                                           tc_error *err);
TC_NODISCARD tc_status tc_checkpoint_end_all(tc_checkpoint *c, tc_status status,
                                             const void *common, int64_t n, tc_error *err);

/* Collective. *found = 1 if there is a sound state of this key; its common part is appended to `common` on all ranks.
 * All parts have then been read once and fit their checksums. What is damaged is reported as a warning
 * and removed, what has another key is removed. Errors (agreed): TC_ENOMEM. */
TC_NODISCARD tc_status tc_checkpoint_load_all(tc_checkpoint *c, tc_buffer *common,
                                              int *found, tc_error *err);

/* Local. Number of parts of the loaded state, and the bytes of one of them (0 = no file). */
int64_t tc_checkpoint_parts(const tc_checkpoint *c);
int64_t tc_checkpoint_part_size(const tc_checkpoint *c, int64_t part);

/* Local. Reads one part from its beginning; *got is less than n only at its end. One part is open at a time.
 * Errors: TC_EIO. */
TC_NODISCARD tc_status tc_checkpoint_part_open(tc_checkpoint *c, int64_t part,
                                               tc_error *err);
TC_NODISCARD tc_status tc_checkpoint_part_read(tc_checkpoint *c, void *bytes, int64_t n,
                                               int64_t *got, tc_error *err);
void tc_checkpoint_part_close(tc_checkpoint *c);

/* Collective. The stage is complete: its state is removed, and the folder if it is empty. */
void tc_checkpoint_done_all(tc_checkpoint *c);

/* Collective. NULL-safe; *c becomes NULL. A kept state stays. */
void tc_checkpoint_close_all(tc_checkpoint **c);

#endif

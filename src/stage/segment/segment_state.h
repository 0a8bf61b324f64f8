/* segment_state.h - the state of the work on a choice in its checkpoint, from which any number of ranks go on. It holds no row:
 * of a pass of Lloyd the centres that it searched, of starts and comparisons what was found. For src/stage/segment only. */
#ifndef TC_SEGMENT_STATE_H
#define TC_SEGMENT_STATE_H

#include "segment_choose.h"

typedef struct {
    const tc_segment_task *task;
    tc_segment_choice *choice;
} tc_segment_keeping;

/* Collective. Puts what a sound checkpoint holds into a choice that was just created; leaves it alone if there is
 * none. Errors (agreed): TC_ENOMEM. */
TC_NODISCARD tc_status tc_segment_restore_all(tc_segment_keeping *keeping, tc_error *err);

/* Collective; a tc_segment_keep_fn with a tc_segment_keeping. Keeps the state if it is time to. Errors (agreed):
 * TC_EINTERRUPT if a rank was asked to stop, TC_ENOMEM. */
TC_NODISCARD tc_status tc_segment_keep_all(void *keeping, tc_error *err);

/* Collective. The end of something that gave `status`, which is agreed: after TC_EINTERRUPT keeps the state unless that
 * is done. Returns status. */
TC_NODISCARD tc_status tc_segment_keep_at_stop_all(tc_segment_keeping *keeping,
                                                   tc_status status, tc_error *err);

#endif

/* progress.h - how far this rank is, for the operator: which stage, which phase of it, and
 * how much of the phase is done. Plain atomic counters: a thread that watches may look at
 * any time, whatever this rank does. They change no result. Base layer.
 *
 * Names and units are literals: texts that live as long as the program. Every rank may
 * count; those of rank 0 are shown, so a total is rank 0's own share of the work. */
#ifndef TC_PROGRESS_H
#define TC_PROGRESS_H

#include <stdint.h>

/* Local. A stage begins, the number-th of n_stages that this command runs (0, 0 = not known); name NULL = none.
 * Ends the phase before. */
void tc_progress_stage(const char *name, int number, int n_stages);

/* Local. A phase of the stage begins: nothing of it is done. total: how much there is to do, in the unit, 0 =
 * not known ahead; "B" as unit is shown as MB and GB. Cheap, but not for the innermost loop. */
void tc_progress_phase(const char *name, int64_t total, const char *unit);

/* Local. So much more of the phase is done. A few nanoseconds: once a block, batch or pass. */
void tc_progress_add(int64_t done);

/* What a look shows. Texts are borrowed, and "" where there is none. */
typedef struct {
    const char *stage, *phase, *unit;
    int number, n_stages;
    int64_t done, total;
    int64_t phases; /* begun so far: another number = another phase */
    int64_t steps;  /* calls so far: another number = this rank has advanced */
} tc_progress_view;

/* Local, from any thread; never waits. 1 = *out is filled, and all of it belongs to one moment; 0 = this rank is
 * just changing the phase: *out is as it was, look again later. */
int tc_progress_look(tc_progress_view *out);

#endif

#include "tiercel/progress.h"

#include <stdatomic.h>

/* One thread writes. A reader that saw another version before and after has a mix and looks again. */
static struct {
    _Atomic int64_t version; /* odd while names change */
    const char *_Atomic stage, *_Atomic phase, *_Atomic unit;
    _Atomic int number, n_stages;
    _Atomic int64_t total, done, phases, steps;
} state;

static void begin_change(void)
{
    (void)atomic_fetch_add(&state.version, 1);
}

static void end_change(void)
{
    (void)atomic_fetch_add(&state.steps, 1);
    (void)atomic_fetch_add(&state.version, 1);
}

static void set_phase(const char *name, int64_t total, const char *unit)
{
    atomic_store(&state.phase, name);
    atomic_store(&state.unit, unit);
    atomic_store(&state.total, total > 0 ? total : 0);
    atomic_store(&state.done, 0);
    (void)atomic_fetch_add(&state.phases, 1);
}

void tc_progress_stage(const char *name, int number, int n_stages)
{
    begin_change();
    atomic_store(&state.stage, name);
    atomic_store(&state.number, number);
    atomic_store(&state.n_stages, n_stages);
    set_phase(0, 0, 0);
    end_change();
}

void tc_progress_phase(const char *name, int64_t total, const char *unit)
{
    begin_change();
    set_phase(name, total, unit);
    end_change();
}

void tc_progress_add(int64_t done)
{
    /* no read-modify-write is needed with one writer */
    const int64_t before = atomic_load_explicit(&state.done, memory_order_relaxed);
    const int64_t steps = atomic_load_explicit(&state.steps, memory_order_relaxed);
    atomic_store_explicit(&state.done, before + done, memory_order_relaxed);
    atomic_store_explicit(&state.steps, steps + 1, memory_order_relaxed);
}

static const char *text_of(const char *text)
{
    return text != 0 ? text : "";
}

int tc_progress_look(tc_progress_view *out)
{
    enum {
        TRIES = 100
    }; /* a change is a few stores long, but its thread may have lost the processor */
    for (int i = 0; i < TRIES; i++) {
        const int64_t before = atomic_load(&state.version);
        const tc_progress_view seen = {.stage = text_of(atomic_load(&state.stage)),
                                       .phase = text_of(atomic_load(&state.phase)),
                                       .unit = text_of(atomic_load(&state.unit)),
                                       .number = atomic_load(&state.number),
                                       .n_stages = atomic_load(&state.n_stages),
                                       .done = atomic_load(&state.done),
                                       .total = atomic_load(&state.total),
                                       .phases = atomic_load(&state.phases),
                                       .steps = atomic_load(&state.steps)};
        if (before % 2 == 0 && before == atomic_load(&state.version)) {
            *out = seen;
            return 1;
        }
    }
    return 0;
}

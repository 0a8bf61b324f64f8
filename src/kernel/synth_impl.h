/* synth_impl.h - what the parts of the synth kernel share. */
#ifndef TC_SYNTH_IMPL_H
#define TC_SYNTH_IMPL_H

#include "tiercel/rng.h"
#include "tiercel/synth.h"

#include <gsl/gsl_rng.h>

/* Purposes of the random streams of one customer. A change in one leaves the others as they are: dirt
 * does not move a purchase. */
enum { TC_SYNTH_STREAM_TIMES = 0x5301, TC_SYNTH_STREAM_BASKETS, TC_SYNTH_STREAM_DIRT };

enum { TC_SYNTH_SEASON_MONTHS = 12, TC_SYNTH_LINES = 4, TC_SYNTH_ORDER_DIGITS = 4 };

/* Highest monthly factor: the bound of the thinning. */
#define TC_SYNTH_SEASON_TOP 1.45

/* Longest time before the log at which somebody joins, in lengths of the log. */
#define TC_SYNTH_JOIN_EARLIEST 0.5

/* A stream in the clothes of GSL, for its samplers. rng.state points to stream, so the struct must not
 * be copied. */
typedef struct {
    tc_rng stream;
    gsl_rng gsl;
} tc_synth_random;

void tc_synth_random_start(tc_synth_random *random, uint64_t seed, uint64_t purpose,
                           uint64_t item);

/* The segment of a uniform number in (0, 1). */
int tc_synth_pick(const double *share, size_t stride, int n, double u);

/* Sum of season times fading from day number t0 to t1 (fractions of a day count), both since day0 of the
 * world, for a customer of the segment who joined at `join`. */
double tc_synth_exposure(const tc_synth_world *world, int segment, double join, double t0,
                         double t1);

/* Adds the lines of one order, and its return if there is one. */
typedef struct {
    const tc_synth_world *world;
    const tc_synth_segment *segment;
    tc_synth_random times, baskets, dirt;
    double value_rate; /* nu of the Gamma-Gamma model */
    uint32_t index;
    int32_t n_orders; /* orders so far, also returns */
    tc_buffer *rows;
    tc_synth_facts *facts;
} tc_synth_maker;

TC_NODISCARD tc_status tc_synth_order(tc_synth_maker *maker, int64_t time, tc_error *err);

#endif

#include "tiercel/tally.h"

#include <math.h>

enum { MISSING = TC_TALLY_VALUES, OTHER, CHUNK = 512 };

/* Counter of each value. Without branches, so that it vectorises. */
static void find_counters(const float *value, int n, int32_t *counter)
{
    for (int i = 0; i < n; i++) {
        const float v = value[i];
        const float within = v >= 0.0F && v < (float)TC_TALLY_VALUES ? v : 0.0F;
        const int32_t number = (int32_t)within;
        const int32_t odd = v == v ? OTHER : MISSING;
        counter[i] = (float)number == v ? number : odd;
    }
}

void tc_tally_add(tc_tally *tally, const float *value, int64_t n)
{
    int32_t counter[CHUNK];
    for (int64_t done = 0; done < n; done += CHUNK) {
        const int here = n - done < CHUNK ? (int)(n - done) : CHUNK;
        find_counters(value + done, here, counter);
        for (int i = 0; i < here; i++) {
            tally->lane[i % TC_TALLY_LANES][counter[i]]++;
        }
    }
}

int64_t tc_tally_others(const tc_tally *tally)
{
    int64_t others = 0;
    for (int l = 0; l < TC_TALLY_LANES; l++) {
        others += tally->lane[l][OTHER];
    }
    return others;
}

void tc_tally_counts(const tc_tally *tally, int64_t count[TC_TALLY_VALUES])
{
    for (int v = 0; v < TC_TALLY_VALUES; v++) {
        count[v] = 0;
        for (int l = 0; l < TC_TALLY_LANES; l++) {
            count[v] += tally->lane[l][v];
        }
    }
}

/* The number of rank r. */
static int number_of(const int64_t *count, int64_t r)
{
    int64_t below = 0;
    int v = 0;
    while (v < TC_TALLY_VALUES - 1 && below + count[v] <= r) {
        below += count[v];
        v++;
    }
    return v;
}

void tc_tally_quantiles(const int64_t count[TC_TALLY_VALUES], const double *p, int n_p,
                        double *out, int64_t *n_valid)
{
    int64_t n = 0;
    for (int v = 0; v < TC_TALLY_VALUES; v++) {
        n += count[v];
    }
    *n_valid = n;
    for (int i = 0; i < n_p; i++) {
        const double h = (double)(n - 1) * p[i], floor_h = floor(h), weight = h - floor_h;
        const int64_t rank = (int64_t)floor_h < n ? (int64_t)floor_h : n - 1;
        const double low = number_of(count, rank);
        const double high = number_of(count, rank + 1 < n ? rank + 1 : n - 1);
        out[i] = n == 0 ? (double)NAN : low + weight * (high - low);
    }
}

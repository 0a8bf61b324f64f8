/* kmeans_seed.h - starting centres for k-means: independent, numbered attempts on a sample that all
 * ranks hold (kernel layer: no MPI, no I/O).
 *
 * An attempt is a function of (sample, seed, number): greedy k-means++ (Arthur and Vassilvitskii
 * 2007, with the several candidates a step of their section 7), Lloyd, then random swaps (Fraenti
 * 2018, "Efficiency of random swap clustering"): one centre is taken away and put on a random
 * row, and the change is kept if Lloyd then ends lower; in the end, on small samples, Hartigan's
 * exchange. Attempts may run on any rank; the best is the least (inertia, number), whoever ran it. */
#ifndef TC_KMEANS_SEED_H
#define TC_KMEANS_SEED_H

#include "tiercel/kmeans.h"

typedef struct {
    uint64_t seed;
    int64_t swaps; /* swap trials after Lloyd; 0 = none */
    int64_t
        local_rounds; /* of local search and Lloyd, instead of several candidates a step; 0 = none */
    int exchange;            /* 1: Hartigan's exchange of single rows in the end */
    tc_kmeans_limits limits; /* of Lloyd on the sample */
    int (*give_up)(
        void); /* asked within an attempt, several times a second at most sizes: not 0, and
                             never 0 again, ends it; NULL = never */
} tc_kmeans_seed_params;

/* Local, pure. Effort by the size of the sample and the number of clusters alone. Small samples have many local optima of nearly
 * equal inertia, and cheap passes: Lloyd runs until nothing moves, then up to 100 swaps and the
 * exchange follow. On iris with k = 10 every fourth attempt then finds the best known
 * solution, where none of 2,000 attempts by k-means++ and Lloyd alone did. Large samples: Lloyd
 * stops at 1e-4, since the winner is refined on all rows anyway. Above TC_KMEANS_SEED_FEW
 * clusters random swaps seldom hit, so local search takes their place: it draws a row by its squared
 * distance and moves that centre there whose removal costs least (Lattanzi and Sohler 2019). */
tc_kmeans_seed_params tc_kmeans_seed_effort(uint64_t seed, int64_t n_sample, int k);

enum { TC_KMEANS_SEED_FEW = 16 };

/* Local, pure. Attempts that are made when so many restarts are asked for: all of them up to
 * TC_KMEANS_SEED_FEW clusters; with more clusters fewer, so that k times attempts stays the same, but at least 4. */
int64_t tc_kmeans_seed_attempts(int64_t restarts, int k);

typedef struct tc_kmeans_seeder tc_kmeans_seeder;

/* Local. Workspace for attempts with k clusters on one sample (borrowed with its values, n > 0), which must
 * have one order on all ranks; its weights count. Errors: TC_ENOMEM, TC_EINTERNAL for k or d out of
 * range. Memory: 26 bytes a row beside the sample, 52 with local search. */
TC_NODISCARD tc_status tc_kmeans_seeder_create(const tc_kmeans_rows *sample, int k,
                                               const tc_kmeans_seed_params *params,
                                               tc_kmeans_seeder **out, tc_error *err);
void tc_kmeans_seeder_destroy(tc_kmeans_seeder **seeder);

/* Local. Runs one attempt and keeps its centres if they are the best of this seeder so far; of
 * equal ones the first that was tried stays, so try in ascending order. 0 if it was given up: then it counts for
 * nothing. Cost: (2 + ln k) k scans, and some 20 passes of Lloyd for the start and for each swap. */
int tc_kmeans_seeder_try(tc_kmeans_seeder *seeder, int64_t attempt);

/* Local. The same for an attempt that starts from given centre[n_centres][d], n_centres <= k, and goes on with
 * Lloyd alone. */
int tc_kmeans_seeder_start(tc_kmeans_seeder *seeder, int64_t attempt, const int32_t *centre,
                           int n_centres);

/* The best attempt so far. */
typedef struct {
    double
        inertia; /* on the sample, squared grid units; infinite before the first attempt */
    int64_t attempt;
    int n_centres;         /* k, or fewer if the sample has fewer different rows */
    const int32_t *centre; /* [n_centres][d], owned by the seeder */
} tc_kmeans_attempt;

/* Local, pure. */
tc_kmeans_attempt tc_kmeans_seeder_best(const tc_kmeans_seeder *seeder);

#endif

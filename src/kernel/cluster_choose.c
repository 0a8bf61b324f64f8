#include "tiercel/cluster.h"

#include <math.h>

/* Values this close to the best one are as good as it. */
static const double near_best = 0.01;

/* One cluster has no index but its gap. */
static int is_eligible(const tc_cluster_candidate *c, tc_cluster_criterion by,
                       double min_share)
{
    return c->index.n_filled == c->k && c->index.smallest_share >= min_share &&
           (c->k > 1 || by == TC_CLUSTER_GAP);
}

/* The index by which is chosen, so that more is better. */
static double merit(const tc_cluster_candidate *c, tc_cluster_criterion by)
{
    switch (by) {
    case TC_CLUSTER_DAVIES_BOULDIN:
        return -c->index.davies_bouldin;
    case TC_CLUSTER_SILHOUETTE:
        return c->silhouette;
    case TC_CLUSTER_SIMPLIFIED:
        return c->index.simplified;
    case TC_CLUSTER_GAP:
        return c->gap;
    case TC_CLUSTER_CALINSKI_HARABASZ:
    default:
        return c->index.calinski_harabasz;
    }
}

/* The first whose gap is not below that of the next one by more than its error; -1 if there is none. */
static int first_gap(const tc_cluster_candidate *c, int n, double min_share)
{
    for (int i = 0; i + 1 < n; i++) {
        if (is_eligible(&c[i], TC_CLUSTER_GAP, min_share) &&
            c[i].gap >= c[i + 1].gap - c[i + 1].gap_error) {
            return i;
        }
    }
    return -1;
}

static int most_stable(const tc_cluster_candidate *c, int n, tc_cluster_criterion by,
                       double min_share, double best)
{
    int chosen = -1;
    for (int i = 0; i < n; i++) {
        if (is_eligible(&c[i], by, min_share) &&
            merit(&c[i], by) >= best - near_best * fabs(best) &&
            (chosen < 0 || c[i].stability > c[chosen].stability)) {
            chosen = i;
        }
    }
    return chosen;
}

int tc_cluster_choose(const tc_cluster_candidate *candidate, int n, tc_cluster_criterion by,
                      double min_share, uint8_t *eligible)
{
    double best = -HUGE_VAL;
    int n_eligible = 0;
    int chosen;
    for (int i = 0; i < n; i++) {
        eligible[i] = (uint8_t)is_eligible(&candidate[i], by, min_share);
        if (eligible[i]) {
            best = fmax(best, merit(&candidate[i], by));
            n_eligible++;
        }
    }
    if (n_eligible == 0) {
        return 0;
    }
    for (int i = 0; i < n && by != TC_CLUSTER_GAP; i++) {
        if (eligible[i] && candidate[i].index.exact) {
            return i; /* no index can say how much better that is */
        }
    }
    if (by == TC_CLUSTER_GAP) {
        chosen = first_gap(candidate, n, min_share);
        if (chosen >= 0) {
            return chosen;
        }
    }
    return most_stable(candidate, n, by, min_share, best);
}

#include "tiercel/date.h"
#include "tiercel/rfm.h"

/* First event at or after a time, by halving. */
static int64_t first_from(const tc_rfm_events *events, int64_t time)
{
    int64_t low = 0, high = events->n;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (events->time[middle] < time) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static int bought_between(const tc_rfm_events *events, int64_t begin, int64_t end)
{
    for (int64_t i = end; i > begin; i--) {
        if (events->kind[i - 1] == TC_KIND_PURCHASE) {
            return 1;
        }
    }
    return 0;
}

int8_t tc_rfm_label(const tc_rfm_events *events, const tc_rfm_label_rule *rule,
                    int64_t *later_amount)
{
    const int64_t cut = first_from(events, rule->day * TC_DAY_SECONDS);
    const int64_t end =
        first_from(events, (rule->day + rule->horizon_days) * TC_DAY_SECONDS);
    int64_t begin = 0;
    *later_amount = 0;
    for (int64_t i = cut; i < end; i++) {
        *later_amount += events->amount[i];
    }
    if (rule->active_days > 0) {
        begin = first_from(events, (rule->day - rule->active_days) * TC_DAY_SECONDS);
    }
    if (!bought_between(events, begin, cut)) {
        return -1;
    }
    return bought_between(events, cut, end) ? 0 : 1;
}

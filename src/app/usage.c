#include "usage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Linux: writing 5 to clear_refs sets the peak resident size to the present one (man 5 proc). */
static void reset_peak(void)
{
    FILE *file = fopen("/proc/self/clear_refs", "w");
    if (file != NULL) {
        (void)fputs("5", file);
        (void)fclose(file);
    }
}

static int64_t peak_resident(void)
{
    FILE *file = fopen("/proc/self/status", "r");
    char line[256];
    int64_t kib = 0;
    if (file == NULL) {
        return 0;
    }
    while (fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, "VmHWM:", 6) == 0) {
            kib = strtoll(line + 6, NULL, 10);
        }
    }
    (void)fclose(file);
    return kib * 1024;
}

tc_usage_mark tc_usage_begin(void)
{
    tc_mem_peak_reset();
    reset_peak();
    return (tc_usage_mark){.started = tc_comm_seconds()};
}

tc_usage tc_usage_end_all(tc_comm *comm, tc_usage_mark mark)
{
    const int64_t microseconds = (int64_t)((tc_comm_seconds() - mark.started) * 1e6);
    int64_t most[3] = {microseconds, peak_resident(), tc_mem_peak_bytes()};
    int64_t sum[2] = {most[0], most[1]};
    tc_comm_max_i64_all(comm, most, 3);
    tc_comm_sum_i64_all(comm, sum, 2);
    return (tc_usage){.seconds_max = (double)most[0] * 1e-6,
                      .seconds_mean = (double)sum[0] * 1e-6 / tc_comm_size(comm),
                      .resident_max = most[1],
                      .resident_sum = sum[1],
                      .counted_max = most[2]};
}

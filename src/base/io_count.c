#include "tiercel/io_count.h"

#include "tiercel/progress.h"

static tc_io_counts counts;

void tc_io_count_read(int64_t bytes)
{
    counts.bytes_read += bytes;
    counts.reads++;
    tc_progress_add(0);
}

void tc_io_count_write(int64_t bytes)
{
    counts.bytes_written += bytes;
    counts.writes++;
    tc_progress_add(0);
}

void tc_io_count_metadata(int64_t operations)
{
    counts.metadata += operations;
}

void tc_io_count_sync(double seconds)
{
    counts.sync_seconds += seconds;
}

tc_io_counts tc_io_counts_now(void)
{
    return counts;
}

#include "tiercel/io_count.h"

static tc_io_counts counts;

void tc_io_count_read(int64_t bytes)
{
    counts.bytes_read += bytes;
    counts.reads++;
}

void tc_io_count_write(int64_t bytes)
{
    counts.bytes_written += bytes;
    counts.writes++;
}

void tc_io_count_metadata(int64_t operations)
{
    counts.metadata += operations;
}

tc_io_counts tc_io_counts_now(void)
{
    return counts;
}

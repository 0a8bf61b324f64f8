/* io_count.h - bytes and requests of files of this process, counted where they happen: input, scratch, results,
 * checkpoints. Counts only go up; who wants those of a span takes the difference. They go to run.json alone. Base
 * layer. A rank is one thread. */
#ifndef TC_IO_COUNT_H
#define TC_IO_COUNT_H

#include <stdint.h>

typedef struct {
    int64_t bytes_read, bytes_written;
    int64_t reads, writes; /* requests */
    double sync_seconds; /* in which one rank waited for the disk, and the others for it */
    int64_t metadata;    /* opened, made, renamed, removed, synced, asked for */
} tc_io_counts;

/* Local. One request that moved so many bytes; cheap. It is also a step of progress (progress.h). */
void tc_io_count_read(int64_t bytes);
void tc_io_count_write(int64_t bytes);
/* Local. So many operations on metadata. */
void tc_io_count_metadata(int64_t operations);

/* Local. A file was brought to the disk. */
void tc_io_count_sync(double seconds);

/* Local. Since the start of the process. */
tc_io_counts tc_io_counts_now(void);

#endif

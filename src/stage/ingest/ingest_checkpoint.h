/* ingest_checkpoint.h - private to ingest: what has been read and shared out between two rounds, saved and taken up
 * again by any number of ranks. */
#ifndef TC_INGEST_CHECKPOINT_H
#define TC_INGEST_CHECKPOINT_H

#include "ingest_impl.h"

/* Between two rounds no row is on its way. What all ranks share is the common state: this head, the ranges of the files
 * that nobody has read, the texts of both dictionaries by their codes. Each rank's part is a sequence of frames. None
 * of it says which rank it came from: counters add up, rows and rejects are put in order later, so whoever takes
 * a part up gives the same bytes. */
typedef struct {
    int64_t format;
    int64_t rows; /* read so far */
    int64_t ranges, channel_bytes, category_bytes;
} tc_ingest_saved;

typedef enum {
    TC_FRAME_COUNTS = 1, /* tc_ingest_counts */
    TC_FRAME_QUALITY,    /* tc_quality_pack */
    TC_FRAME_MOVED,      /* by the map of ids: int64 rows, tc_hash128 of their ids */
    TC_FRAME_REJECTS,    /* tc_pair */
    TC_FRAME_ROWS        /* packed rows, at most a block of a stream */
} tc_ingest_frame_kind;

typedef struct {
    int64_t kind, bytes; /* those follow */
} tc_ingest_frame;

enum { TC_INGEST_FORMAT = 1, TC_INGEST_KEEP_SECONDS = 60 };

/* Collective; ingest_resume.c. Opens in->checkpoint and, with a saved state or without, in->table: what is left to read.
 * Errors (agreed): as tc_table_open_all, tc_stage_checkpoint_all. */
TC_NODISCARD tc_status tc_ingest_open_all(tc_ingest *in, tc_error *err);

/* Collective; ingest_resume.c. After pool, buckets, lanes and map of ids are there: the rows of a saved state go to the
 * owners of now, counters and rejects to whoever reads the part. Errors (agreed): TC_EIO, TC_ENOMEM, TC_EDATA;
 * TC_EINTERRUPT (the saved state stays). */
TC_NODISCARD tc_status tc_ingest_resume_all(tc_ingest *in, tc_error *err);

/* Collective; ingest_save.c. Between two rounds: saves the state if that is due. Errors (agreed): TC_EINTERRUPT if the
 * stage was asked to stop; TC_ENOMEM. */
TC_NODISCARD tc_status tc_ingest_save_due_all(tc_ingest *in, tc_error *err);

/* Collective; ingest_save.c. Behind the last round: rows are used up from here on, so a state is saved if reading took long
 * enough (TC_INGEST_KEEP_SECONDS) that nobody wants to do it again. */
TC_NODISCARD tc_status tc_ingest_save_last_all(tc_ingest *in, tc_error *err);

#endif

/* checkpoint_impl.h - what checkpoint.c (who does what when) and checkpoint_file.c (bytes on the disk) share. */
#ifndef TC_CHECKPOINT_IMPL_H
#define TC_CHECKPOINT_IMPL_H

#include "tiercel/checkpoint.h"

/* Of one part file; hash: of its blocks of CHECKPOINT_BLOCK bytes, each seeded with that of the block before. */
typedef struct {
    int64_t size;
    uint64_t hash;
} tc_checkpoint_part;

enum { TC_CHECKPOINT_BLOCK = 1 << 20 };

struct tc_checkpoint {
    tc_comm *comm;
    char *folder; /* NULL = nothing is kept */
    char *name;
    char key[TC_HASH_TEXT];
    tc_checkpoint_policy policy;
    int nodes;
    int stop;        /* a rank was asked to stop, as agreed in due */
    double since;    /* when the last save ended, or the checkpoint was opened */
    double cost;     /* seconds of the last save */
    int64_t newest;  /* generation of the complete state on the disk; 0 = none */
    int fd;          /* of the part that is written; -1 = none */
    double begun;    /* the save */
    tc_buffer block; /* not yet written */
    tc_checkpoint_part written;
    tc_checkpoint_part *part; /* [n_parts] of the loaded state */
    int64_t n_parts;
    int read_fd;
};

typedef enum { TC_HEAD_NONE, TC_HEAD_GOOD, TC_HEAD_DAMAGED, TC_HEAD_FOREIGN } tc_head_kind;

/* Local. A path in counted memory: the head, its temporary name, a part. NULL on TC_ENOMEM. */
TC_NODISCARD char *tc_checkpoint_path(const tc_checkpoint *c, const char *ending,
                                      tc_error *err);
TC_NODISCARD char *tc_checkpoint_part_path(const tc_checkpoint *c, int64_t generation,
                                           int64_t rank, tc_error *err);

/* Local, rank 0. Writes the head and makes it visible. Errors: TC_EIO, TC_ENOMEM. */
TC_NODISCARD tc_status tc_checkpoint_head_write(const tc_checkpoint *c, int64_t generation,
                                                const tc_checkpoint_part *part,
                                                int64_t n_parts, const void *common,
                                                int64_t n, tc_error *err);

/* Local, rank 0. The bytes of the head, empty if there is none or it cannot be read. Errors: TC_ENOMEM. */
TC_NODISCARD tc_status tc_checkpoint_head_read(const tc_checkpoint *c, tc_buffer *bytes,
                                               tc_error *err);

/* Local. Takes the head apart: generation, parts, and where the common state lies in its bytes. Errors: TC_ENOMEM. */
TC_NODISCARD tc_status tc_checkpoint_head_decode(tc_checkpoint *c, const tc_buffer *bytes,
                                                 tc_head_kind *kind, int64_t *common,
                                                 int64_t *n, tc_error *err);

/* Local. Writes the buffered block of this rank's part, and makes the file if it is the first one. Errors:
 * TC_EIO, TC_ENOMEM. */
TC_NODISCARD tc_status tc_checkpoint_flush(tc_checkpoint *c, tc_error *err);

/* Local. 1 if a part is there with the size and the checksum that the head says. Errors: TC_ENOMEM. */
TC_NODISCARD tc_status tc_checkpoint_part_sound(const tc_checkpoint *c, int64_t part,
                                                int *sound, tc_error *err);

/* Local, rank 0. Removes parts of other generations than `keep` and temporary files; keep 0: all, the head too. */
void tc_checkpoint_sweep(const tc_checkpoint *c, int64_t keep);

/* Local. Writes all n bytes. Errors: TC_EIO. */
TC_NODISCARD tc_status tc_checkpoint_put(int fd, const char *path, const void *bytes,
                                         int64_t n, tc_error *err);

/* Local. Reads n bytes; *got < n only at the end of the file. 0, or -1 with errno. */
TC_NODISCARD int tc_checkpoint_get(int fd, void *bytes, int64_t n, int64_t *got);

/* Local. TC_EIO: "path: cannot what", with the reason in errno. */
tc_status tc_checkpoint_fail(const char *path, const char *what, tc_error *err);

/* Local. Makes what was renamed or created in the folder durable; file systems that cannot sync a folder are fine. */
void tc_checkpoint_sync_folder(const tc_checkpoint *c);

#endif

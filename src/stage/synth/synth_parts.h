/* synth_parts.h - what the parts of the synth stage share. */
#ifndef TC_SYNTH_PARTS_H
#define TC_SYNTH_PARTS_H

#include "tiercel/store.h"
#include "tiercel/synth_all.h"

#include <stdint.h>

/* The files that grow in parallel: CSV 0..n_csv-1, and dirt.txt as number n_csv if there is dirt. The
 * tables are equal on all ranks. */
typedef struct {
    const tc_synth_options *options;
    int64_t n_csv, n_files;
    int64_t *bytes;   /* [n_files] written so far */
    int64_t *records; /* [n_files] records so far, without the header */
    int64_t *lines;   /* [n_files] lines so far, with the header */
} tc_synth_files;

/* Local. Tables for n_csv files. Errors: TC_ENOMEM. */
TC_NODISCARD tc_status tc_synth_files_create(const tc_synth_options *options, int64_t n_csv,
                                             int dirt, tc_synth_files *out, tc_error *err);
void tc_synth_files_free(tc_synth_files *files);

/* Local. "transactions-003.csv", with .gz if compressed; path = folder/name, with .tmp if temporary, owned
 * by the caller, NULL on TC_ENOMEM. */
enum { TC_SYNTH_NAME_TEXT = 48 };
void tc_synth_file_name(const tc_synth_files *files, int64_t file,
                        char text[TC_SYNTH_NAME_TEXT]);
TC_NODISCARD char *tc_synth_path(const char *folder, const char *name, int temporary,
                                 tc_error *err);

/* Local, rank 0. Makes the folder and the temporary files with their header lines. Errors: TC_EIO. */
TC_NODISCARD tc_status tc_synth_files_start(const tc_synth_files *files, tc_error *err);

/* Local. Sets the tables to what tc_synth_files_start writes. Errors: TC_ENOMEM. */
TC_NODISCARD tc_status tc_synth_files_reset(tc_synth_files *files, tc_error *err);

/* Local. Writes bytes at an offset of a temporary file. Errors: TC_EIO. */
TC_NODISCARD tc_status tc_synth_file_write(const tc_synth_files *files, int64_t file,
                                           int64_t offset, const tc_buffer *bytes,
                                           tc_error *err);

/* Local, rank 0. Syncs all temporary files; renames them; removes them. Errors: TC_EIO. */
TC_NODISCARD tc_status tc_synth_files_sync(const tc_synth_files *files, tc_error *err);
TC_NODISCARD tc_status tc_synth_files_rename(const tc_synth_files *files, tc_error *err);
void tc_synth_files_remove(const tc_synth_files *files);

/* Local. Appends text as one gzip member, without name and time. Errors: TC_ENOMEM, TC_EINTERNAL. */
TC_NODISCARD tc_status tc_synth_gzip(const void *text, int64_t n, tc_buffer *out,
                                     tc_error *err);

/* Local, rank 0. Writes config.yaml under its temporary name. Errors: TC_EIO, TC_ENOMEM. */
TC_NODISCARD tc_status tc_synth_config_write(const tc_synth_files *files, tc_error *err);

/* Collective. Makes truth.h5 under its temporary name; *out is published or closed by the caller.
 * Errors (agreed): TC_EIO, TC_ENOMEM. */
TC_NODISCARD tc_status tc_synth_truth_all(tc_comm *comm, const tc_synth_world *world,
                                          const tc_synth_files *files, tc_store **out,
                                          tc_error *err);

/* Collective. Appends all blocks to the files. Errors (agreed): TC_EIO, TC_ENOMEM. */
TC_NODISCARD tc_status tc_synth_rounds_all(tc_comm *comm, const tc_synth_world *world,
                                           tc_synth_files *files, tc_error *err);

/* Local, pure. File of a block. */
static inline int64_t tc_synth_file_of(int64_t block, int64_t n_blocks, int64_t n_csv)
{
    return ((block + 1) * n_csv - 1) / n_blocks;
}

#endif

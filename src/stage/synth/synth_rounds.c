/* synth_rounds.c - all blocks into the files. A round is a row of blocks, some to each rank; one sum over ranks
 * tells everybody the size of each block of the round, hence its place in its file. */
#include "synth_parts.h"

#include "tiercel/fault.h"
#include "tiercel/progress.h"
#include "tiercel/stop.h"

enum { MINE = 4 }; /* blocks of a rank in one round: even load, bounded memory */

typedef struct {
    tc_comm *comm;
    const tc_synth_world *world;
    tc_synth_files *files;
    int64_t n_blocks;
    int64_t width; /* blocks in a round */
    int64_t *
        tally; /* [3][width] bytes, records, lines of each block; then the number of failed ranks */
    tc_synth_text text[MINE];
    tc_buffer coded[MINE]; /* the text as it goes to the file, if compressed */
    tc_buffer dirt;
} rounds;

static const char *const kind_name[TC_DIRT_KINDS] = {"none", "missing_id", "duplicate",
                                                     "date", "number",     "newline"};

static const tc_buffer *bytes_of(const rounds *r, int i)
{
    return r->files->options->gzip ? &r->coded[i] : &r->text[i].bytes;
}

static tc_status make_mine(rounds *r, int64_t first, tc_error *err)
{
    const int64_t mine = (int64_t)tc_comm_rank(r->comm) * MINE;
    tc_status st = TC_FAULT("synth.block", err);
    for (int i = 0; st == TC_OK && i < MINE && first + mine + i < r->n_blocks; i++) {
        tc_synth_text *text = &r->text[i];
        const tc_synth_format format = r->files->options->format;
        st = tc_stop_check(err);
        if (st != TC_OK) {
            break;
        }
        st = tc_synth_block_text(r->world, format, first + mine + i, text, err);
        if (st == TC_OK && r->files->options->gzip) {
            r->coded[i].size = 0;
            st = tc_synth_gzip(text->bytes.data, text->bytes.size, &r->coded[i], err);
        }
        r->tally[mine + i] = bytes_of(r, i)->size;
        r->tally[r->width + mine + i] = text->records;
        r->tally[2 * r->width + mine + i] = text->lines;
    }
    return st;
}

static tc_status list_dirt(rounds *r, const tc_synth_text *text, int64_t file,
                           tc_error *err)
{
    const tc_synth_mark *mark = (const tc_synth_mark *)(const void *)text->marks.data;
    const int64_t n = text->marks.size / (int64_t)sizeof *mark;
    char name[TC_SYNTH_NAME_TEXT];
    tc_synth_file_name(r->files, file, name);
    for (int64_t i = 0; i < n; i++) {
        TC_TRY(tc_buffer_print(&r->dirt, err, "%s,%lld,%lld,%s\n", name,
                               (long long)(r->files->records[file] + mark[i].record + 1),
                               (long long)(r->files->lines[file] + mark[i].line + 1),
                               kind_name[mark[i].kind]));
    }
    return TC_OK;
}

/* Walks the blocks of the round as all ranks do, and writes my own. */
static tc_status place(rounds *r, int64_t first, tc_error *err)
{
    const int64_t mine = (int64_t)tc_comm_rank(r->comm) * MINE;
    tc_synth_files *files = r->files;
    tc_status st = TC_FAULT("synth.write", err);
    r->dirt.size = 0;
    for (int64_t i = 0; i < r->width && first + i < r->n_blocks; i++) {
        const int64_t file = tc_synth_file_of(first + i, r->n_blocks, files->n_csv);
        if (st == TC_OK && i >= mine && i < mine + MINE) {
            st = tc_synth_file_write(files, file, files->bytes[file],
                                     bytes_of(r, (int)(i - mine)), err);
            if (st == TC_OK && files->n_files > files->n_csv) {
                st = list_dirt(r, &r->text[i - mine], file, err);
            }
        }
        files->bytes[file] += r->tally[i];
        files->records[file] += r->tally[r->width + i];
        files->lines[file] += r->tally[2 * r->width + i];
    }
    return st;
}

static tc_status place_dirt_all(rounds *r, tc_status st, tc_error *err)
{
    tc_synth_files *files = r->files;
    const int64_t file = files->n_csv;
    int64_t before = r->dirt.size;
    int64_t total = r->dirt.size;
    if (file == files->n_files) {
        return st;
    }
    tc_comm_exscan_i64_all(r->comm, &before, 1);
    tc_comm_sum_i64_all(r->comm, &total, 1);
    if (st == TC_OK) {
        st = tc_synth_file_write(files, file, files->bytes[file] + before, &r->dirt, err);
    }
    files->bytes[file] += total;
    return st;
}

/* st is what this rank met in the round before; it is agreed on here. */
static tc_status round_all(rounds *r, int64_t first, tc_status st, tc_error *err)
{
    int64_t *failed = &r->tally[3 * r->width];
    for (int64_t i = 0; i <= 3 * r->width; i++) {
        r->tally[i] = 0;
    }
    if (st == TC_OK) {
        st = make_mine(r, first, err);
    }
    *failed = st != TC_OK;
    tc_comm_sum_i64_all(r->comm, r->tally, 3 * r->width + 1);
    if (*failed > 0) {
        return st;
    }
    return place_dirt_all(r, place(r, first, err), err);
}

tc_status tc_synth_rounds_all(tc_comm *comm, const tc_synth_world *world,
                              tc_synth_files *files, tc_error *err)
{
    rounds r = {.comm = comm,
                .world = world,
                .files = files,
                .n_blocks = tc_synth_blocks(world->params.customers),
                .width = (int64_t)tc_comm_size(comm) * MINE};
    tc_status st;
    r.tally = tc_mem_alloc(3 * r.width + 1, sizeof *r.tally, err);
    st = tc_comm_agree_all(comm, r.tally == NULL ? TC_ENOMEM : TC_OK, err);
    if (st == TC_OK) {
        TC_ASSERT(r.tally != NULL);
        tc_progress_phase("writing", r.n_blocks, "blocks of customers");
        for (int64_t first = 0; first < r.n_blocks && r.tally[3 * r.width] == 0;
             first += r.width) {
            st = round_all(&r, first, st, err);
            tc_progress_add(r.width);
        }
        st = tc_comm_agree_all(comm, st, err);
    }
    for (int i = 0; i < MINE; i++) {
        tc_synth_text_free(&r.text[i]);
        tc_buffer_free(&r.coded[i]);
    }
    tc_buffer_free(&r.dirt);
    tc_mem_free(r.tally);
    return st;
}

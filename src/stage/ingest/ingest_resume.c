/* ingest_resume.c - a saved state taken up again. */
#include "ingest_checkpoint.h"

#include "tiercel/fault.h"
#include "tiercel/fingerprint.h"
#include "tiercel/log.h"
#include "tiercel/stage_checkpoint.h"
#include "tiercel/stop.h"

/* ---- what the state belongs to ---- */

/* The bytes of the input, and how they are read. */
static tc_status print_inputs(const tc_config *config, const char *fingerprint,
                              tc_buffer *text, tc_error *err)
{
    TC_TRY(tc_buffer_print(text, err, "%d|%s|", TC_INGEST_FORMAT, fingerprint));
    TC_TRY(tc_config_section(config, "input", text, err));
    TC_TRY(tc_config_section(config, "identity", text, err));
    return tc_buffer_append(text, "", 1, err);
}

/* Collective. */
static tc_status open_checkpoint_all(tc_ingest *in, tc_error *err)
{
    tc_buffer inputs = {0};
    char fingerprint[TC_ID_TEXT] = "";
    tc_status st = TC_OK;
    memcpy(fingerprint, in->config->input_fingerprint, TC_CONFIG_FINGERPRINT);
    if (fingerprint[0] == '\0') {
        st = tc_source_fingerprint_all(in->comm, in->config, fingerprint, err);
    }
    if (st == TC_OK) {
        st = print_inputs(in->config, fingerprint, &inputs, err);
        st = tc_comm_agree_all(in->comm, st, err);
    }
    if (st == TC_OK) {
        st = tc_stage_checkpoint_all(in->comm, in->config, TC_STAGE_INGEST,
                                     (const char *)inputs.data, &in->checkpoint, err);
    }
    tc_buffer_free(&inputs);
    return st;
}

/* ---- the common state ---- */

static int64_t ranges_bytes(const tc_ingest_saved *head)
{
    return head->ranges * (int64_t)sizeof(tc_table_range);
}

/* 1 if the lengths that the head names are those of the bytes. */
static int adds_up(const tc_ingest_saved *head, const tc_buffer *common)
{
    const int64_t room = common->size - (int64_t)sizeof *head;
    return head->format == TC_INGEST_FORMAT && head->ranges >= 0 &&
           head->channel_bytes >= 0 && head->category_bytes >= 0 &&
           head->ranges <= room / (int64_t)sizeof(tc_table_range) &&
           head->channel_bytes <= room && head->category_bytes <= room &&
           ranges_bytes(head) + head->channel_bytes + head->category_bytes == room;
}

static tc_status damaged(tc_error *err)
{
    return tc_fail(
        err, TC_EDATA,
        "ingest: its saved state cannot be read; remove the folder checkpoint in "
        "the run directory");
}

static int are_good(const tc_ingest *in, const tc_table_range *range, int64_t n)
{
    int good = 1;
    for (int64_t i = 0; i < n; i++) {
        good &= range[i].file >= 0 && range[i].file < in->config->input.n_files &&
                range[i].begin >= 0 && range[i].begin <= range[i].end &&
                range[i].newlines >= 0;
    }
    return good;
}

static tc_status take_common(tc_ingest *in, const tc_buffer *common, tc_ingest_saved *head,
                             tc_error *err)
{
    const unsigned char *at = common->data + sizeof *head;
    if (common->size < (int64_t)sizeof *head) {
        return damaged(err);
    }
    memcpy(head, common->data, sizeof *head);
    if (!adds_up(head, common) ||
        !are_good(in, (const tc_table_range *)(const void *)at, head->ranges)) {
        return damaged(err);
    }
    at += ranges_bytes(head);
    TC_TRY(tc_ingest_dict_unpack(&in->channel, at, head->channel_bytes, err));
    at += head->channel_bytes;
    return tc_ingest_dict_unpack(&in->category, at, head->category_bytes, err);
}

static tc_table_spec spec_of(tc_ingest *in)
{
    const tc_config_input *const input = &in->config->input;
    for (int role = 0; role < TC_N_ROLES; role++) {
        in->column[role] = (tc_table_column){.name = in->rules.column[role]};
    }
    return (tc_table_spec){.file = input->files,
                           .n_files = input->n_files,
                           .column = in->column,
                           .n_columns = TC_N_ROLES,
                           .dialect = tc_config_dialect(in->config),
                           .section = "input"};
}

tc_status tc_ingest_open_all(tc_ingest *in, tc_error *err)
{
    const tc_table_spec spec = spec_of(in);
    tc_buffer common = {0};
    tc_ingest_saved head = {0};
    tc_status st = open_checkpoint_all(in, err);
    if (st == TC_OK) {
        st = tc_checkpoint_load_all(in->checkpoint, &common, &in->resumes, err);
    }
    if (st == TC_OK && in->resumes) {
        st = tc_comm_agree_all(in->comm, take_common(in, &common, &head, err), err);
    }
    if (st == TC_OK && in->resumes) {
        tc_log_info("ingest: goes on where it was stopped, after %lld rows",
                    (long long)head.rows);
        st = tc_table_open_rest_all(
            in->comm, &spec,
            (const tc_table_range *)(const void *)(common.data + sizeof head), head.ranges,
            &in->table, err);
    } else if (st == TC_OK) {
        st = tc_table_open_all(in->comm, &spec, &in->table, err);
    }
    tc_buffer_free(&common);
    return st;
}

/* ---- the parts ---- */

/* The way of this rank through the parts that it takes up. */
typedef struct {
    tc_ingest *in;
    int64_t part; /* that is read, or the next one */
    int is_open, done;
    tc_ingest_frame frame;
    tc_buffer bytes; /* of the frame */
    int64_t at;      /* rows before it are taken up */
    tc_buffer moved; /* tc_hash128 */
    int64_t rows_moved;
} loader;

static void add_counts(tc_ingest_counts *into, const tc_ingest_counts *from)
{
    into->rows += from->rows;
    into->bytes += from->bytes;
    into->rounded += from->rounded;
    into->cancelled_rows += from->cancelled_rows;
    for (int i = 0; i < TC_N_REASONS; i++) {
        into->reason_rows[i] += from->reason_rows[i];
        into->reason_amount[i] += from->reason_amount[i];
    }
    for (int i = 0; i < 2; i++) {
        into->content[i] += from->content[i];
    }
    if (from->first_bad_time < into->first_bad_time) {
        into->first_bad_time = from->first_bad_time;
    }
}

static tc_status take_counts(loader *l, tc_error *err)
{
    tc_ingest_counts saved;
    if (l->bytes.size != (int64_t)sizeof saved) {
        return damaged(err);
    }
    memcpy(&saved, l->bytes.data, sizeof saved);
    add_counts(&l->in->counts, &saved);
    return TC_OK;
}

static tc_status take_moved(loader *l, tc_error *err)
{
    int64_t rows;
    const int64_t n = l->bytes.size - (int64_t)sizeof rows;
    if (n < 0 || n % (int64_t)sizeof(tc_hash128) != 0) {
        return damaged(err);
    }
    memcpy(&rows, l->bytes.data, sizeof rows);
    l->rows_moved += rows;
    return tc_buffer_append(&l->moved, l->bytes.data + sizeof rows, n, err);
}

static tc_status take_rejects(loader *l, tc_error *err)
{
    if (l->bytes.size % (int64_t)sizeof(tc_pair) != 0) {
        return damaged(err);
    }
    for (int64_t at = 0; at < l->bytes.size; at += (int64_t)sizeof(tc_pair)) {
        tc_pair pair;
        memcpy(&pair, l->bytes.data + at, sizeof pair);
        TC_TRY(tc_reject_list_add(&l->in->rejects, pair.key, pair.value, err));
    }
    return TC_OK;
}

/* What is not rows is taken up at once. */
static tc_status take_frame(loader *l, tc_error *err)
{
    tc_status st = TC_OK;
    l->at = 0;
    if (l->frame.kind == TC_FRAME_ROWS) {
        return TC_OK;
    }
    if (l->frame.kind == TC_FRAME_COUNTS) {
        st = take_counts(l, err);
    } else if (l->frame.kind == TC_FRAME_QUALITY) {
        st = tc_quality_unpack(&l->in->quality.sums, l->bytes.data, l->bytes.size, err);
    } else if (l->frame.kind == TC_FRAME_MOVED) {
        st = take_moved(l, err);
    } else if (l->frame.kind == TC_FRAME_REJECTS) {
        st = take_rejects(l, err);
    } else {
        st = damaged(err);
    }
    l->bytes.size = 0;
    return st;
}

static tc_status read_frame(loader *l, tc_error *err)
{
    tc_checkpoint *const c = l->in->checkpoint;
    int64_t got;
    TC_TRY(tc_checkpoint_part_read(c, &l->frame, (int64_t)sizeof l->frame, &got, err));
    if (got == 0) {
        tc_checkpoint_part_close(c);
        l->is_open = 0;
        l->part += tc_comm_size(l->in->comm);
        return TC_OK;
    }
    if (got < (int64_t)sizeof l->frame || l->frame.bytes < 0 ||
        l->frame.bytes > tc_checkpoint_part_size(c, l->part)) {
        return damaged(err);
    }
    TC_TRY(tc_buffer_reserve(&l->bytes, l->frame.bytes + TC_PACKED_MAX, err));
    TC_TRY(tc_checkpoint_part_read(c, l->bytes.data, l->frame.bytes, &got, err));
    if (got < l->frame.bytes) {
        return damaged(err);
    }
    l->bytes.size = got;
    return take_frame(l, err);
}

static tc_status next_frame(loader *l, tc_error *err)
{
    l->bytes.size = l->at = 0;
    if (l->is_open) {
        return read_frame(l, err);
    }
    if (l->part >= tc_checkpoint_parts(l->in->checkpoint)) {
        l->done = 1;
        return TC_OK;
    }
    TC_TRY(tc_checkpoint_part_open(l->in->checkpoint, l->part, err));
    l->is_open = 1;
    return TC_OK;
}

/* Rows of the frame to the lanes of their owners. */
static tc_status put_rows(loader *l, tc_error *err)
{
    tc_ingest_lanes *const lanes = &l->in->lanes;
    while (l->at < l->bytes.size && !lanes->full) {
        const unsigned char *const row = l->bytes.data + l->at;
        const int64_t n = tc_packed_size(row);
        int owner;
        if (n < TC_PACKED_MIN || n > l->bytes.size - l->at) {
            return damaged(err);
        }
        owner = tc_ingest_owner(tc_packed_route(row), (int)lanes->ranks);
        memcpy(tc_ingest_lane_at(lanes, owner), row, (size_t)n);
        tc_ingest_lane_add(lanes, owner, n);
        l->at += n;
    }
    return TC_OK;
}

static tc_status fill(loader *l, tc_error *err)
{
    TC_TRY(tc_stop_check(err));
    TC_TRY(TC_FAULT("ingest.resume", err));
    while (!l->done && !l->in->lanes.full) {
        if (l->at < l->bytes.size) {
            TC_TRY(put_rows(l, err));
        } else {
            TC_TRY(next_frame(l, err));
        }
    }
    return TC_OK;
}

/* Collective. */
static tc_status rounds_all(loader *l, tc_error *err)
{
    tc_comm *const comm = l->in->comm;
    tc_buffer received = {0};
    int64_t busy = 1;
    tc_status st = TC_OK;
    while (st == TC_OK && busy > 0) {
        st = tc_comm_agree_all(comm, fill(l, err), err);
        if (st == TC_OK) {
            st = tc_ingest_keep_rows_all(l->in, &received, err);
        }
        busy = !l->done;
        tc_comm_sum_i64_all(comm, &busy, 1);
    }
    tc_buffer_free(&received);
    return st;
}

tc_status tc_ingest_resume_all(tc_ingest *in, tc_error *err)
{
    loader l = {.in = in, .part = tc_comm_rank(in->comm)};
    tc_status st = TC_OK;
    if (in->resumes) {
        st = rounds_all(&l, err);
        tc_checkpoint_part_close(in->checkpoint);
        if (st == TC_OK && in->identity != NULL) {
            st = tc_identity_redo_all(
                in->identity, in->comm, (tc_hash128 *)(void *)l.moved.data,
                l.moved.size / (int64_t)sizeof(tc_hash128), l.rows_moved, err);
        }
        tc_ingest_phase(in, "resume");
    }
    tc_buffer_free(&l.bytes);
    tc_buffer_free(&l.moved);
    in->saved_at = tc_comm_seconds();
    return st;
}

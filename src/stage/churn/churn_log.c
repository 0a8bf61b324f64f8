#include "churn_log.h"

#include "tiercel/hash.h"
#include "tiercel/log.h"

#include <string.h>

/* What stands before the sums of a pass. */
typedef struct {
    uint64_t request; /* hash of what was asked for */
    int64_t n_int, n_real;
} record;

static uint64_t hash_of(const tc_logit_request *request, int q)
{
    const size_t bytes = (size_t)q * sizeof *request->b;
    uint64_t hash = tc_hash64_of(request->b, bytes, 0);
    if (request->step != NULL) {
        hash = tc_hash64_of(request->step, bytes, hash);
        hash = tc_hash64_of(request->size, sizeof request->size, hash);
    }
    return hash;
}

static int64_t sums_bytes(const record *r)
{
    return r->n_int * (int64_t)sizeof(int64_t) + r->n_real * (int64_t)sizeof(double);
}

/* Passes of a log; -1 if it is not one. */
static int64_t count(const tc_buffer *bytes)
{
    int64_t n = 0, at = 0;
    while (bytes->size - at >= (int64_t)sizeof(record)) {
        record r;
        memcpy(&r, bytes->data + at, sizeof r);
        at += (int64_t)sizeof r;
        if (r.n_int < 0 || r.n_int > bytes->size || r.n_real < 0 ||
            r.n_real > bytes->size || sums_bytes(&r) > bytes->size - at) {
            return -1;
        }
        at += sums_bytes(&r);
        n++;
    }
    return at == bytes->size ? n : -1;
}

tc_status tc_churn_log_open_all(tc_comm *comm, tc_churn_log *log, tc_error *err)
{
    int found = 0;
    const tc_status st = tc_checkpoint_load_all(log->checkpoint, &log->bytes, &found, err);
    log->comm = comm;
    log->n_passes = st == TC_OK ? count(&log->bytes) : 0;
    log->kept = 1;
    if (log->n_passes < 0) {
        tc_log_warn("churn: the checkpoint does not fit this run and is not used");
        log->bytes.size = log->n_passes = 0;
    } else if (log->n_passes > 0) {
        tc_log_info("churn: goes on after pass %lld of the fits", (long long)log->n_passes);
    }
    return st;
}

int tc_churn_log_next(tc_churn_log *log, const tc_logit_request *request, int q,
                      const int64_t size[2], const int64_t **ints, const double **reals)
{
    const unsigned char *data = log->bytes.data + log->at + sizeof(record);
    record r;
    if (log->at == log->bytes.size) {
        return 0;
    }
    memcpy(&r, log->bytes.data + log->at, sizeof r);
    if (r.request != hash_of(request, q) || r.n_int != size[0] || r.n_real != size[1]) {
        tc_log_warn("churn: the checkpoint does not fit this run and is used no further");
        log->bytes.size = log->at;
        return 0;
    }
    *ints = (const int64_t *)(const void *)data; /* all of it is words of 8 bytes */
    *reals = (const double *)(const void *)(*ints + r.n_int);
    log->at += (int64_t)sizeof r + sums_bytes(&r);
    return 1;
}

static tc_status add(tc_churn_log *log, const record *r, const int64_t *ints,
                     const double *reals, tc_error *err)
{
    TC_TRY(tc_buffer_reserve(&log->bytes, (int64_t)sizeof *r + sums_bytes(r), err));
    TC_TRY(tc_buffer_append(&log->bytes, r, (int64_t)sizeof *r, err));
    TC_TRY(tc_buffer_append(&log->bytes, ints, r->n_int * (int64_t)sizeof *ints, err));
    return tc_buffer_append(&log->bytes, reals, r->n_real * (int64_t)sizeof *reals, err);
}

/* Collective. */
static tc_status save_all(tc_churn_log *log, tc_error *err)
{
    tc_status st = tc_checkpoint_begin_all(log->checkpoint, err);
    if (st == TC_OK) {
        log->kept = 1;
        st = tc_checkpoint_end_all(log->checkpoint, TC_OK, log->bytes.data, log->bytes.size,
                                   err);
        tc_log_debug("churn: state kept after pass %lld of the fits",
                     (long long)log->n_passes);
    }
    return st;
}

tc_status tc_churn_log_add_all(tc_churn_log *log, const tc_logit_request *request, int q,
                               const int64_t size[2], const int64_t *ints,
                               const double *reals, tc_error *err)
{
    const record r = {hash_of(request, q), size[0], size[1]};
    const tc_status st = tc_comm_agree_all(log->comm, add(log, &r, ints, reals, err), err);
    if (st != TC_OK) {
        return st;
    }
    log->at = log->bytes.size;
    log->n_passes++;
    log->kept = 0;
    return tc_checkpoint_due_all(log->checkpoint) ? save_all(log, err) : TC_OK;
}

tc_status tc_churn_log_end_all(tc_churn_log *log, tc_status status, tc_error *err)
{
    tc_error own = {0}; /* err says why the job stops */
    if (status == TC_OK) {
        tc_checkpoint_done_all(log->checkpoint);
    } else if (status == TC_EINTERRUPT && !log->kept) {
        const tc_status st = save_all(log, &own);
        if (st > status) {
            *err = own;
            return st;
        }
    }
    return status;
}

void tc_churn_log_free_all(tc_churn_log *log)
{
    tc_checkpoint_close_all(&log->checkpoint);
    tc_buffer_free(&log->bytes);
    *log = (tc_churn_log){0};
}

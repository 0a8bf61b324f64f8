/* identity_exchange.c - what travels between ranks: records to the owner of a hash, and
 * questions with their answers. */
#include "identity_impl.h"

#include "tiercel/fault.h"

#include <string.h>

enum { QUESTIONS = 1 << 16 };

tc_status tc_identity_send_all(tc_comm *comm, uint64_t *record, int64_t n, int words,
                               int key_words, tc_buffer *received, tc_error *err)
{
    const int ranks = tc_comm_size(comm);
    int64_t *count = tc_mem_alloc(ranks, sizeof *count, err);
    tc_status st =
        count == NULL ? TC_ENOMEM : tc_identity_sort(record, n, words, key_words, err);
    st = tc_comm_agree_all(comm, st, err);
    if (st == TC_OK) {
        TC_ASSERT(count != NULL);
        for (int64_t i = 0; i < n; i++) {
            count[tc_identity_owner(record[i * words], ranks)]++;
        }
        st = tc_comm_exchange_all(comm, record, count, (size_t)words * sizeof *record,
                                  received, err);
    }
    tc_mem_free(count);
    return st;
}

static tc_status group(const tc_buffer *records, tc_identity_next next, int ranks,
                       int64_t *count, tc_buffer *grouped, tc_error *err)
{
    int64_t *head = tc_mem_alloc(ranks, sizeof *head, err);
    tc_status st =
        head == NULL ? TC_ENOMEM : tc_buffer_reserve(grouped, records->size, err);
    if (st == TC_OK) {
        int64_t size, start = 0;
        int rank;
        for (int64_t at = 0; at < records->size; at += size) {
            size = next(records->data + at, ranks, &rank);
            count[rank] += size;
        }
        for (int r = 0; r < ranks; r++) {
            head[r] = start;
            start += count[r];
        }
        for (int64_t at = 0; at < records->size; at += size) {
            size = next(records->data + at, ranks, &rank);
            memcpy(grouped->data + head[rank], records->data + at, (size_t)size);
            head[rank] += size;
        }
    }
    tc_mem_free(head);
    return st;
}

tc_status tc_identity_scatter_all(tc_comm *comm, const tc_buffer *records,
                                  tc_identity_next next, tc_buffer *received, tc_error *err)
{
    const int ranks = tc_comm_size(comm);
    tc_buffer grouped = {0};
    int64_t *count = tc_mem_alloc(ranks, sizeof *count, err);
    tc_status st = TC_ENOMEM;
    if (count != NULL) {
        st = group(records, next, ranks, count, &grouped, err);
    }
    st = tc_comm_agree_all(comm, st, err);
    if (st == TC_OK) {
        st = tc_comm_exchange_all(comm, grouped.data, count, 1, received, err);
    }
    tc_mem_free(count);
    tc_buffer_free(&grouped);
    return st;
}

/* One round of questions: hashes without repeats, those of one owner together. */
typedef struct {
    tc_buffer hash;    /* to ask */
    tc_buffer asked;   /* of us */
    tc_buffer answers; /* ours to others */
    tc_buffer got;     /* to us, in the order of hash */
    tc_buffer back;    /* number of questions of each rank to us */
    int64_t *count;    /* [ranks] */
} round_of;

static void round_free(round_of *r)
{
    tc_buffer_free(&r->hash);
    tc_buffer_free(&r->asked);
    tc_buffer_free(&r->answers);
    tc_buffer_free(&r->got);
    tc_buffer_free(&r->back);
    tc_mem_free(r->count);
}

static tc_status collect_hashes(tc_identity_ask *ask, int64_t n, int ranks, round_of *r,
                                tc_error *err)
{
    TC_TRY(tc_identity_sort((uint64_t *)(void *)ask, n, 3, 3, err));
    TC_ASSERT(r->count != NULL);
    r->hash.size = 0;
    memset(r->count, 0, (size_t)ranks * sizeof *r->count);
    for (int64_t i = 0; i < n; i++) {
        if (i > 0 && ask[i].hash.hi == ask[i - 1].hash.hi &&
            ask[i].hash.lo == ask[i - 1].hash.lo) {
            continue;
        }
        TC_TRY(tc_buffer_append(&r->hash, &ask[i].hash, (int64_t)sizeof ask[i].hash, err));
        r->count[tc_identity_owner(ask[i].hash.hi, ranks)]++;
    }
    return TC_OK;
}

static tc_status answer_all(tc_comm *comm, round_of *r, const tc_identity_talk *talk,
                            tc_error *err)
{
    const tc_hash128 *hash = (const tc_hash128 *)(const void *)r->asked.data;
    const int64_t n = r->asked.size / (int64_t)sizeof *hash;
    tc_status st;
    r->answers.size = 0;
    st = tc_buffer_reserve(&r->answers, n * talk->size, err);
    for (int64_t i = 0; st == TC_OK && i < n; i++) {
        talk->answer(talk->context, hash[i], r->answers.data + i * talk->size);
    }
    st = tc_comm_agree_all(comm, st, err);
    if (st == TC_OK) {
        r->got.size = 0;
        st = tc_comm_exchange_all(comm, r->answers.data,
                                  (const int64_t *)(const void *)r->back.data,
                                  (size_t)talk->size, &r->got, err);
    }
    return st;
}

static tc_status take(const tc_identity_ask *ask, int64_t n, const round_of *r,
                      const tc_identity_talk *talk, tc_error *err)
{
    int64_t at = 0;
    for (int64_t i = 0; i < n; i++) {
        at += i > 0 && (ask[i].hash.hi != ask[i - 1].hash.hi ||
                        ask[i].hash.lo != ask[i - 1].hash.lo);
        TC_TRY(talk->take(talk->context, ask[i].row, r->got.data + at * talk->size, err));
    }
    return TC_OK;
}

/* Tells each rank how many questions go to it, so that it can send the answers back. */
static tc_status announce_all(tc_comm *comm, round_of *r, tc_error *err)
{
    const int ranks = tc_comm_size(comm);
    int64_t *one = tc_mem_alloc(ranks, sizeof *one, err);
    tc_status st = tc_comm_agree_all(comm, one == NULL ? TC_ENOMEM : TC_OK, err);
    if (st == TC_OK) {
        TC_ASSERT(one != NULL);
        for (int k = 0; k < ranks; k++) {
            one[k] = 1;
        }
        r->back.size = 0;
        st = tc_comm_exchange_all(comm, r->count, one, sizeof *r->count, &r->back, err);
    }
    tc_mem_free(one);
    return st;
}

static tc_status round_all(tc_comm *comm, tc_identity_ask *ask, int64_t n, round_of *r,
                           const tc_identity_talk *talk, tc_error *err)
{
    tc_status st = collect_hashes(ask, n, tc_comm_size(comm), r, err);
    if (st == TC_OK) {
        st = TC_FAULT("identity.ask", err);
    }
    st = tc_comm_agree_all(comm, st, err);
    if (st == TC_OK) {
        st = announce_all(comm, r, err);
    }
    if (st == TC_OK) {
        r->asked.size = 0;
        st = tc_comm_exchange_all(comm, r->hash.data, r->count, sizeof(tc_hash128),
                                  &r->asked, err);
    }
    if (st == TC_OK) {
        st = answer_all(comm, r, talk, err);
    }
    if (st == TC_OK) {
        st = take(ask, n, r, talk, err);
        st = tc_comm_agree_all(comm, st, err);
    }
    return st;
}

tc_status tc_identity_ask_all(tc_comm *comm, tc_identity_ask *ask, int64_t n,
                              const tc_identity_talk *talk, tc_error *err)
{
    round_of r = {0};
    int64_t done = 0, busy = n > 0;
    tc_status st;
    r.count = tc_mem_alloc(tc_comm_size(comm), sizeof *r.count, err);
    st = tc_comm_agree_all(comm, r.count == NULL ? TC_ENOMEM : TC_OK, err);
    tc_comm_max_i64_all(comm, &busy, 1);
    while (st == TC_OK && busy) {
        const int64_t now = n - done < QUESTIONS ? n - done : QUESTIONS;
        st = round_all(comm, ask + done, now, &r, talk, err);
        done += now;
        busy = done < n;
        tc_comm_max_i64_all(comm, &busy, 1);
    }
    round_free(&r);
    return st;
}

/* profiles_rounds.c - rounds of reading and exchange until every row is with its owner. */
#include "profiles_impl.h"

#include "tiercel/fault.h"

#include <string.h>

/* With a map of ids each row of a batch needs 160 bytes more. */
enum { SHARE_WITH_MAP = 4, SETTLE_BYTES = 88 };

/* Rank that owns a customer: as ingest, shards of the top 16 bits, a contiguous range a
 * rank. */
static int owner_of(uint64_t hi, int ranks)
{
    const uint64_t shard = hi >> 48;
    return (int)(((shard + 1) * (uint64_t)ranks - 1) / TC_INGEST_SHARDS);
}

static tc_hash128 hash_of(const void *id, int64_t n)
{
    tc_hash128 hash = tc_hash128_of(id, (size_t)n);
    hash.lo += hash.hi == 0 && hash.lo == 0; /* as in events.h5 */
    return hash;
}

static tc_profile_head head_at(const unsigned char *at)
{
    tc_profile_head head;
    memcpy(&head, at, sizeof head);
    return head;
}

/* The rows of a batch: whose they are. */
typedef struct {
    tc_identity_customer *customer; /* [n] with a map, else NULL; owned */
    int64_t n;
} owners;

/* Collective, without a map local. */
static tc_status resolve_all(tc_profiles *p, owners *o, tc_error *err)
{
    tc_hash128 *hash = NULL;
    tc_status st;
    *o = (owners){0};
    for (int64_t at = 0; at < p->batch.size; at += head_at(p->batch.data + at).size) {
        o->n++;
    }
    if (p->identity == NULL) {
        return TC_OK;
    }
    hash = tc_mem_alloc(o->n, sizeof *hash, err);
    o->customer = tc_mem_alloc(o->n, sizeof *o->customer, err);
    st = hash == NULL || o->customer == NULL ? TC_ENOMEM : TC_OK;
    for (int64_t i = 0, at = 0; st == TC_OK && i < o->n; i++) {
        const tc_profile_head head = head_at(p->batch.data + at);
        hash[i] = hash_of(p->batch.data + at + TC_PROFILE_HEAD, head.id_n);
        at += head.size;
    }
    st = tc_comm_agree_all(p->comm, st, err);
    if (st == TC_OK) {
        st = tc_identity_resolve_all(p->identity, p->comm, hash, o->n, o->customer, err);
    }
    tc_mem_free(hash);
    return st;
}

/* A row as it will be sent. */
typedef struct {
    tc_profile_head head;
    const void *id;
    const unsigned char *cells;
    int64_t n_cells;
    int to;
} outgoing;

static outgoing outgoing_of(const tc_profiles *p, const owners *o, int64_t i, int64_t at)
{
    const unsigned char *row = p->batch.data + at;
    outgoing out = {.head = head_at(row), .id = row + TC_PROFILE_HEAD};
    uint64_t hi;
    out.cells = row + TC_PROFILE_HEAD + out.head.id_n;
    out.n_cells = (int64_t)out.head.size - TC_PROFILE_HEAD - out.head.id_n;
    if (o->customer != NULL && o->customer[i].id_n > 0) {
        out.id = o->customer[i].id;
        out.head.alias = o->customer[i].alias;
        out.head.size += (uint32_t)o->customer[i].id_n - out.head.id_n;
        out.head.id_n = o->customer[i].id_n;
    }
    hi = hash_of(out.id, out.head.id_n).hi;
    out.to = owner_of(hi, tc_comm_size(p->comm));
    return out;
}

/* Writes the batch by destination into grouped, and the bytes for each into count. */
static tc_status group(tc_profiles *p, const owners *o, tc_error *err)
{
    const int ranks = tc_comm_size(p->comm);
    int64_t *count = p->count, *head = p->count + ranks, total = 0;
    memset(count, 0, (size_t)ranks * sizeof *count);
    for (int64_t i = 0, at = 0; i < o->n; i++) {
        const outgoing out = outgoing_of(p, o, i, at);
        count[out.to] += out.head.size;
        at += head_at(p->batch.data + at).size;
    }
    for (int k = 0; k < ranks; k++) {
        head[k] = total;
        total += count[k];
    }
    p->grouped.size = 0;
    TC_TRY(tc_buffer_reserve(&p->grouped, total, err));
    for (int64_t i = 0, at = 0; i < o->n; i++) {
        const outgoing out = outgoing_of(p, o, i, at);
        unsigned char *to = p->grouped.data + head[out.to];
        memcpy(to, &out.head, TC_PROFILE_HEAD);
        memcpy(to + TC_PROFILE_HEAD, out.id, out.head.id_n);
        if (out.n_cells > 0) {
            memcpy(to + TC_PROFILE_HEAD + out.head.id_n, out.cells, (size_t)out.n_cells);
        }
        head[out.to] += out.head.size;
        at += head_at(p->batch.data + at).size;
    }
    p->grouped.size = total;
    p->batch.size = 0;
    return TC_OK;
}

/* Cells of a packed row into a record. */
static tc_status unpack_cells(tc_profile_columns *columns, const unsigned char *from,
                              unsigned char *to, tc_error *err)
{
    for (int c = 0; c < columns->n; c++, to += columns->cell) {
        if (columns->column[c].is_category) {
            int64_t number = -1;
            uint32_t code;
            if (*from > 0) {
                const tc_csv_text word = {(const char *)from + 1, *from};
                TC_TRY(tc_text_set_add(&columns->column[c].words, word, &number, err));
            }
            code = (uint32_t)(number + 1);
            memcpy(to, &code, sizeof code);
            from += 1 + *from;
        } else {
            double value;
            memcpy(&value, from, sizeof value);
            if (columns->cell == 4) {
                const float narrow = (float)value;
                memcpy(to, &narrow, sizeof narrow);
            } else {
                memcpy(to, &value, sizeof value);
            }
            from += sizeof value;
        }
    }
    return TC_OK;
}

static tc_status absorb_row(tc_profiles *p, int table, const tc_profile_head *head,
                            uint32_t person, const unsigned char *cells, tc_error *err)
{
    const int64_t stride = tc_profile_stride(p, table);
    const tc_profile_row row = {.place = head->place,
                                .person = person,
                                .signup = head->signup,
                                .consent = head->consent,
                                .is_protected = head->is_protected,
                                .alias = head->alias};
    tc_buffer *rows = &p->rows[table];
    unsigned char *to;
    TC_TRY(tc_buffer_reserve(rows, stride, err));
    to = rows->data + rows->size;
    memset(to, 0, (size_t)stride);
    memcpy(to, &row, sizeof row);
    TC_TRY(unpack_cells(&p->columns[table], cells, to + sizeof row, err));
    rows->size += stride;
    return TC_OK;
}

/* What is held must fit run.memory_per_rank if that is set; a customer needs SETTLE_BYTES more
 * while the records are put in order. */
static tc_status check_memory(const tc_profiles *p, tc_error *err)
{
    const int64_t limit = p->config->memory_mib << 20;
    const int64_t needed = tc_mem_live_bytes() + p->people.n * SETTLE_BYTES;
    return limit == 0 || needed <= limit
               ? TC_OK
               : tc_fail(err, TC_ENOMEM,
                         "profiles: a rank has more than %lld MiB of customers, attributes "
                         "and interactions; give more ranks or a larger "
                         "run.memory_per_rank, or set wide.storage: float32",
                         (long long)p->config->memory_mib);
}

/* Takes in what arrived. */
static tc_status absorb(tc_profiles *p, int table, tc_error *err)
{
    const unsigned char *at = p->received.data;
    const unsigned char *const end = at + p->received.size;
    TC_TRY(TC_FAULT("profiles.absorb", err));
    while (p->received.size > 0 && at < end) {
        const tc_profile_head head = head_at(at);
        const unsigned char *id = at + TC_PROFILE_HEAD;
        uint32_t person;
        TC_TRY(
            tc_people_add(&p->people, hash_of(id, head.id_n), id, head.id_n, &person, err));
        if (table == TC_TABLE_INTERACTIONS) {
            const tc_profile_touch touch = {.time = head.time,
                                            .value = head.value,
                                            .response = head.response,
                                            .person = person,
                                            .kind = head.kind};
            TC_TRY(tc_buffer_append(&p->touches, &touch, (int64_t)sizeof touch, err));
        } else {
            TC_TRY(absorb_row(p, table, &head, person, id + head.id_n, err));
        }
        at += head.size;
    }
    p->received.size = 0;
    return check_memory(p, err);
}

/* Collective. */
static tc_status round_all(tc_profiles *p, tc_profile_source *source, int *done,
                           tc_error *err)
{
    const int64_t limit =
        (p->config->input.batch_mib << 20) / (p->identity != NULL ? SHARE_WITH_MAP : 1);
    owners o = {0};
    tc_status st = source->fill(source, p, limit, done, err);
    st = tc_comm_agree_all(p->comm, st, err);
    if (st == TC_OK) {
        st = resolve_all(p, &o, err);
    }
    if (st == TC_OK) {
        st = tc_comm_agree_all(p->comm, group(p, &o, err), err);
    }
    tc_mem_free(o.customer);
    if (st == TC_OK) {
        st = tc_comm_exchange_all(p->comm, p->grouped.data, p->count, 1, &p->received, err);
    }
    if (st == TC_OK) {
        st = tc_comm_agree_all(p->comm, absorb(p, source->table, err), err);
    }
    return st;
}

tc_status tc_profiles_rounds_all(tc_profiles *p, tc_profile_source *source, tc_error *err)
{
    int64_t busy = 1;
    int done = 0;
    tc_status st = TC_OK;
    while (st == TC_OK && busy > 0) {
        st = round_all(p, source, &done, err);
        busy = !done;
        tc_comm_sum_i64_all(p->comm, &busy, 1);
    }
    tc_buffer_free(&p->batch);
    tc_buffer_free(&p->grouped);
    tc_buffer_free(&p->received);
    return st;
}

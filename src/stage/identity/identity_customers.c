/* identity_customers.c - from followed links to what the map knows of each id: the
 * customer, its id as text, and the number of this id among those of the customer. */
#include "identity_impl.h"

#include "tiercel/fault.h"

#include <string.h>

/* An id of a customer; sorted by customer, id. */
typedef struct {
    tc_hash128 customer, id;
} member;

typedef struct {
    tc_hash128 id;
    uint64_t alias;
} numbered;

enum { MEMBER_WORDS = 4, NUMBERED_WORDS = 3, ENTRY_WORDS = 5 };

/* A customer's id as it is answered. */
typedef struct {
    unsigned char n;
    unsigned char id[TC_NAME_MAX];
} name;

typedef struct {
    tc_identity_build *build;
    tc_identity *map;
    const member *of; /* local members, sorted */
    int64_t n;
} numbering;

static int same(tc_hash128 a, tc_hash128 b)
{
    return a.lo == b.lo && a.hi == b.hi;
}

static tc_status create_entries(tc_identity_build *build, tc_identity *map, tc_error *err)
{
    const tc_identity_link *link = (const tc_identity_link *)(const void *)build->map.data;
    map->n = build->map.size / (int64_t)sizeof *link;
    map->entry = tc_mem_alloc(map->n, sizeof *map->entry, err);
    if (map->entry == NULL) {
        return TC_ENOMEM;
    }
    for (int64_t i = 0; i < map->n; i++) {
        const uint64_t id = tc_hash_mix(link[i].from.hi, link[i].from.lo);
        const uint64_t customer = tc_hash_mix(link[i].end.hi, link[i].end.lo);
        map->entry[i] = (tc_identity_entry){
            .id = link[i].from, .customer = link[i].end, .alias = TC_ALIAS_LAST};
        build->facts.effect[0] += tc_hash_mix(id, customer);
        build->facts.effect[1] += tc_hash_mix(id, ~customer);
    }
    build->facts.ids = map->n;
    tc_identity_index_free(&build->index);
    tc_buffer_free(&build->map);
    return tc_identity_index_create(build->comm, (const uint64_t *)(const void *)map->entry,
                                    map->n, ENTRY_WORDS, &map->index, err);
}

static tc_status list_members(const tc_identity *map, member **out, tc_error *err)
{
    member *of = tc_mem_alloc(map->n, sizeof *of, err);
    *out = of;
    if (of == NULL) {
        return TC_ENOMEM;
    }
    for (int64_t i = 0; i < map->n; i++) {
        of[i] = (member){map->entry[i].customer, map->entry[i].id};
    }
    return tc_identity_sort((uint64_t *)(void *)of, map->n, MEMBER_WORDS, MEMBER_WORDS,
                            err);
}

/* ---- names ---- */

static void answer_name(void *context, tc_hash128 hash, void *out)
{
    const numbering *c = context;
    name found = {0};
    int64_t n = 0;
    const unsigned char *id = tc_identity_names_find(&c->build->names, hash, &n);
    if (id != NULL) {
        found.n = (unsigned char)n;
        memcpy(found.id, id, (size_t)n);
    }
    memcpy(out, &found, sizeof found);
}

/* Gives the name to all ids of the customer whose members begin at `row`. */
static tc_status take_name(void *context, uint64_t row, const void *in, tc_error *err)
{
    const numbering *c = context;
    const int64_t at = c->map->text.size;
    const tc_hash128 customer = c->of[row].customer;
    name got;
    memcpy(&got, in, sizeof got);
    if (got.n == 0) {
        return tc_fail(err, TC_EINTERNAL, "identity: a customer came without its id");
    }
    TC_TRY(tc_buffer_append(&c->map->text, got.id, got.n, err));
    for (int64_t i = (int64_t)row; i < c->n && same(c->of[i].customer, customer); i++) {
        const int64_t entry = tc_identity_index_find(
            &c->map->index, (const uint64_t *)(const void *)c->map->entry, ENTRY_WORDS,
            c->of[i].id, 0);
        TC_ASSERT(entry >= 0);
        c->map->entry[entry].name = (uint64_t)at & (((uint64_t)1 << 46) - 1);
        c->map->entry[entry].name_n = got.n;
    }
    return TC_OK;
}

/* Collective. The text of each customer that ids of this rank count as. */
static tc_status fetch_names_all(numbering *c, tc_error *err)
{
    const tc_identity_talk talk = {sizeof(name), answer_name, take_name, c};
    tc_identity_ask *ask = tc_mem_alloc(c->n, sizeof *ask, err);
    int64_t n_ask = 0;
    tc_status st = tc_comm_agree_all(c->build->comm, ask == NULL ? TC_ENOMEM : TC_OK, err);
    if (st == TC_OK) {
        TC_ASSERT(ask != NULL && c->of != NULL);
        for (int64_t i = 0; i < c->n; i++) {
            if (i == 0 || !same(c->of[i].customer, c->of[i - 1].customer)) {
                ask[n_ask++] =
                    (tc_identity_ask){.hash = c->of[i].customer, .row = (uint64_t)i};
            }
        }
        st = tc_identity_ask_all(c->build->comm, ask, n_ask, &talk, err);
    }
    tc_mem_free(ask);
    return st;
}

/* ---- aliases ---- */

/* Of each customer at most the first TC_ALIAS_LAST ids: the others share the last number
 * in any case. Returns how many are left. */
static int64_t thin_out(member *of, int64_t n)
{
    int64_t kept = 0, run = 0;
    for (int64_t i = 0; i < n; i++) {
        const member this = of[i];
        run = kept > 0 && same(this.customer, of[kept - 1].customer) ? run + 1 : 0;
        if (run < TC_ALIAS_LAST) {
            of[kept++] = this;
        } else {
            run = TC_ALIAS_LAST;
        }
    }
    return kept;
}

/* Numbers the members of customers that this rank owns. */
static tc_status number(const member *of, int64_t n, tc_identity_facts *facts,
                        numbered **out, tc_error *err)
{
    uint64_t next = 0;
    *out = tc_mem_alloc(n, sizeof **out, err);
    if (*out == NULL) {
        return TC_ENOMEM;
    }
    for (int64_t i = 0; i < n; i++) {
        const int first = i == 0 || !same(of[i].customer, of[i - 1].customer);
        facts->customers += first;
        next = first ? 1 : next < TC_ALIAS_LAST ? next + 1 : TC_ALIAS_LAST;
        (*out)[i] = (numbered){of[i].id, next};
    }
    return TC_OK;
}

/* Collective. Members go to the owners of their customers, numbers come back. */
static tc_status number_members_all(numbering *c, member *of, tc_error *err)
{
    tc_buffer members = {0}, numbers = {0};
    numbered *list = NULL;
    member *all;
    int64_t n;
    tc_status st =
        tc_identity_send_all(c->build->comm, (uint64_t *)(void *)of, thin_out(of, c->n),
                             MEMBER_WORDS, MEMBER_WORDS, &members, err);
    if (st != TC_OK) {
        goto cleanup;
    }
    all = (member *)(void *)members.data;
    n = members.size / (int64_t)sizeof *all;
    st = tc_identity_sort((uint64_t *)(void *)all, n, MEMBER_WORDS, MEMBER_WORDS, err);
    if (st == TC_OK) {
        st = number(all, n, &c->build->facts, &list, err);
    }
    if (st == TC_OK) {
        st = TC_FAULT("identity.number", err);
    }
    st = tc_comm_agree_all(c->build->comm, st, err);
    if (st == TC_OK) {
        st = tc_identity_send_all(c->build->comm, (uint64_t *)(void *)list, n,
                                  NUMBERED_WORDS, 2, &numbers, err);
    }
    if (st == TC_OK) {
        const numbered *got = (const numbered *)(const void *)numbers.data;
        for (int64_t i = 0; i < numbers.size / (int64_t)sizeof *got; i++) {
            const int64_t entry = tc_identity_index_find(
                &c->map->index, (const uint64_t *)(const void *)c->map->entry, ENTRY_WORDS,
                got[i].id, 0);
            TC_ASSERT(entry >= 0);
            c->map->entry[entry].alias = got[i].alias & TC_ALIAS_LAST;
        }
    }
cleanup:
    tc_buffer_free(&members);
    tc_buffer_free(&numbers);
    tc_mem_free(list);
    return st;
}

tc_status tc_identity_number_all(tc_identity_build *build, tc_identity *map, tc_error *err)
{
    numbering c = {.build = build, .map = map};
    member *of = NULL;
    tc_status st = create_entries(build, map, err);
    if (st == TC_OK) {
        st = list_members(map, &of, err);
    }
    st = tc_comm_agree_all(build->comm, st, err);
    if (st == TC_OK) {
        TC_ASSERT(of != NULL);
        c.of = of;
        c.n = map->n;
        st = fetch_names_all(&c, err);
    }
    tc_identity_names_free(&build->names);
    if (st == TC_OK) {
        TC_ASSERT(of != NULL);
        st = number_members_all(&c, of, err);
    }
    tc_mem_free(of);
    return st;
}

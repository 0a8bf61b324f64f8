#include "identity_impl.h"

#include "tiercel/log.h"

#include <string.h>

const tc_identity_facts *tc_identity_facts_of(const tc_identity *map)
{
    return &map->facts;
}

void tc_identity_id(const tc_identity *map, char id[TC_HASH_TEXT])
{
    const uint64_t words[3] = {map->facts.effect[0], map->facts.effect[1],
                               (uint64_t)map->facts.ids};
    tc_hash128_text(tc_hash128_of(words, sizeof words), id);
}

void tc_identity_free(tc_identity **map)
{
    if (*map == NULL) {
        return;
    }
    tc_mem_free((*map)->entry);
    tc_identity_index_free(&(*map)->index);
    tc_buffer_free(&(*map)->text);
    tc_mem_free(*map);
    *map = NULL;
}

int64_t tc_identity_bytes(const tc_identity *map)
{
    return map->n * (int64_t)sizeof *map->entry + map->text.capacity +
           map->index.n_buckets * (int64_t)sizeof *map->index.first;
}

tc_status tc_identity_room(const tc_identity_build *build, tc_error *err)
{
    const int64_t links =
        (build->map.size + build->tree.size) / (int64_t)sizeof(tc_identity_link);
    const int64_t wanted =
        build->map.capacity + build->tree.capacity + build->names.text.capacity +
        build->names.n_slots * (int64_t)sizeof *build->names.slot + links * TC_LINK_WORK;
    if (build->bytes == 0 || wanted <= build->bytes) {
        return TC_OK;
    }
    return tc_fail(
        err, TC_ENOMEM,
        "identity: the map does not fit into memory: %lld ids take more than %lld "
        "MiB on this rank; raise run.memory_per_rank or use more ranks",
        (long long)links, (long long)(build->bytes >> 20));
}

void tc_identity_build_free(tc_identity_build *build)
{
    tc_buffer_free(&build->map);
    tc_buffer_free(&build->tree);
    tc_identity_names_free(&build->names);
    tc_identity_index_free(&build->index);
}

/* Sums modulo 2^64 travel as two halves, so that int64 sums cannot overflow. */
static void sum_facts_all(tc_comm *comm, tc_identity_facts *f)
{
    int64_t *const single[] = {&f->rows,         &f->rows_malformed, &f->rows_missing_id,
                               &f->rows_long_id, &f->rows_self,      &f->rows_repeated,
                               &f->ids,          &f->customers};
    uint64_t *const hash[] = {&f->content[0], &f->content[1], &f->effect[0], &f->effect[1]};
    enum { SINGLE = sizeof single / sizeof *single, HASHES = sizeof hash / sizeof *hash };
    int64_t v[SINGLE + 2 * HASHES];
    for (int i = 0; i < SINGLE; i++) {
        v[i] = *single[i];
    }
    for (int i = 0; i < HASHES; i++) {
        v[SINGLE + 2 * i] = (int64_t)(*hash[i] & 0xFFFFFFFFu);
        v[SINGLE + 2 * i + 1] = (int64_t)(*hash[i] >> 32);
    }
    tc_comm_sum_i64_all(comm, v, SINGLE + 2 * HASHES);
    for (int i = 0; i < SINGLE; i++) {
        *single[i] = v[i];
    }
    for (int i = 0; i < HASHES; i++) {
        *hash[i] = (uint64_t)v[SINGLE + 2 * i] + ((uint64_t)v[SINGLE + 2 * i + 1] << 32);
    }
}

tc_status tc_identity_build_all(tc_identity_build *build, tc_identity **out, tc_error *err)
{
    tc_identity *map = NULL;
    tc_status st = tc_identity_follow_all(build, err);
    *out = NULL;
    if (st != TC_OK) {
        return st;
    }
    map = tc_mem_alloc(1, sizeof *map, err);
    st = tc_comm_agree_all(build->comm, map == NULL ? TC_ENOMEM : TC_OK, err);
    if (st == TC_OK) {
        TC_ASSERT(map != NULL);
        st = tc_identity_number_all(build, map, err);
    }
    if (st == TC_OK) {
        TC_ASSERT(map != NULL);
        map->facts = build->facts;
        sum_facts_all(build->comm, &map->facts);
    } else {
        tc_identity_free(&map);
    }
    *out = map;
    return st;
}

static void log_facts(const tc_identity_facts *f)
{
    const int64_t rejected = f->rows_malformed + f->rows_missing_id + f->rows_long_id;
    tc_log_info("identity: %lld ids count as %lld customers; of %lld rows %lld rejected, "
                "%lld repeated, %lld say nothing",
                (long long)f->ids, (long long)f->customers, (long long)f->rows,
                (long long)rejected, (long long)f->rows_repeated, (long long)f->rows_self);
}

tc_status tc_identity_load_all(tc_comm *comm, const tc_config *config, int64_t bytes,
                               tc_identity **out, tc_error *err)
{
    tc_identity_build build = {.comm = comm, .config = config, .bytes = bytes};
    tc_status st;
    *out = NULL;
    if (config->identity.n_map_files == 0 && config->identity.n_hierarchy_files == 0) {
        return TC_OK;
    }
    st = tc_identity_read_all(&build, err);
    if (st == TC_OK) {
        st = tc_identity_build_all(&build, out, err);
    }
    tc_identity_build_free(&build);
    if (st == TC_OK) {
        log_facts(&(*out)->facts);
    }
    return st;
}

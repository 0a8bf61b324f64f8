/* features_source.c - customers of one file in batches, their events in windows of bounded memory. */
#include "features_source.h"

#include "tiercel/fault.h"
#include "tiercel/lineage.h"

static const char *const KIND_NAMES[] = {"purchase", "return"};

static const tc_field FIRST_EVENT = {.name = "customers/first_event", .type = TC_I64};
static const tc_field HASH = {.name = "customers/hash", .type = TC_U64, .columns = 2};
static const tc_field COLUMN[TC_N_EVENT_COLUMNS] = {
    [TC_EVENT_TIME] = {.name = "events/time", .type = TC_I64},
    [TC_EVENT_AMOUNT] = {.name = "events/amount", .type = TC_I64},
    [TC_EVENT_ORDER] = {.name = "events/order", .type = TC_U64},
    [TC_EVENT_KIND] = {.name = "events/kind",
                       .type = TC_ENUM,
                       .names = KIND_NAMES,
                       .n_names = 2},
    [TC_EVENT_CHANNEL] = {.name = "events/channel", .type = TC_U16},
    [TC_EVENT_CATEGORY] = {.name = "events/category", .type = TC_U32},
    [TC_EVENT_ALIAS] = {.name = "events/alias", .type = TC_U8},
    [TC_EVENT_ROW] = {.name = "events/row", .type = TC_U64}};

static int grow(void **block, int64_t n, size_t size, tc_error *err)
{
    void *grown = tc_mem_resize(*block, n, size, err);
    *block = grown != NULL ? grown : *block;
    return grown != NULL;
}

tc_status tc_event_columns_reserve(tc_event_columns *c, int64_t n, int with, tc_error *err)
{
    if (n <= c->capacity) {
        return TC_OK;
    }
    if (!grow((void **)&c->time, n, sizeof *c->time, err) ||
        !grow((void **)&c->amount, n, sizeof *c->amount, err) ||
        !grow((void **)&c->order, n, sizeof *c->order, err) ||
        !grow((void **)&c->kind, n, sizeof *c->kind, err) ||
        !grow((void **)&c->channel, n, sizeof *c->channel, err) ||
        !grow((void **)&c->category, n, sizeof *c->category, err) ||
        ((with & TC_WITH_ALIASES) != 0 &&
         !grow((void **)&c->alias, n, sizeof *c->alias, err)) ||
        ((with & TC_WITH_ROWS) != 0 && !grow((void **)&c->row, n, sizeof *c->row, err))) {
        return TC_ENOMEM;
    }
    c->capacity = n;
    return TC_OK;
}

void tc_event_columns_free(tc_event_columns *c)
{
    tc_mem_free(c->time);
    tc_mem_free(c->amount);
    tc_mem_free(c->order);
    tc_mem_free(c->row);
    tc_mem_free(c->kind);
    tc_mem_free(c->alias);
    tc_mem_free(c->channel);
    tc_mem_free(c->category);
    *c = (tc_event_columns){0};
}

/* Collective. */
static tc_status open_pieces_all(tc_features_source *s, tc_error *err)
{
    int64_t n_hash = 0, n_first, n_column;
    tc_status st = tc_store_view_all(s->store, &HASH, &n_hash, &s->hash_piece, err);
    s->n_customers = n_hash;
    if (st == TC_OK && s->with_ids) {
        tc_field id = {.name = "customers/id", .type = TC_TEXT};
        int columns;
        st = tc_store_shape_all(s->store, id.name, &n_hash, &columns, &s->id_width, err);
        id.width = s->id_width;
        if (st == TC_OK) {
            st = tc_store_view_all(s->store, &id, NULL, &s->id_piece, err);
        }
    }
    if (st == TC_OK && s->has_events) {
        st = tc_store_view_all(s->store, &FIRST_EVENT, &n_first, &s->first_piece, err);
    }
    for (int c = 0; c < TC_N_EVENT_COLUMNS && st == TC_OK && s->has_events; c++) {
        if ((c != TC_EVENT_ROW || (s->with & TC_WITH_ROWS) != 0) &&
            (c != TC_EVENT_ALIAS || (s->with & TC_WITH_ALIASES) != 0)) {
            st = tc_store_view_all(s->store, &COLUMN[c], &n_column, &s->column[c], err);
            s->n_events = n_column;
            if (st == TC_OK) {
                tc_store_once(s->column[c]);
            }
        }
    }
    return st;
}

/* Collective. Row of the first customer with the given hash or a higher one. The table of shards of the file
 * leads to a few thousand rows; they are looked at one by one, through a view of their own since the datasets
 * are to be read once. begin_shard of n_shards. */
static tc_status find_row(const tc_shards *of_file, tc_store_piece *hashes, uint64_t bound,
                          int64_t *row, tc_error *err)
{
    const int64_t shard = tc_shards_of(bound, of_file->n_shards);
    int64_t low = of_file->first_row[shard], high = of_file->first_row[shard + 1];
    if ((bound << __builtin_ctzll((uint64_t)of_file->n_shards)) == 0) {
        high = low; /* a shard of the file begins here */
    }
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        tc_hash128 hash;
        TC_TRY(tc_store_read(hashes, &hash, middle, 1, err));
        if (hash.hi < bound) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    *row = low;
    return TC_OK;
}

/* The rows of this rank. */
static tc_status find_rows(tc_comm *comm, tc_features_source *s, const tc_shards *of_file,
                           tc_store_piece *hashes, int64_t n_shards, tc_error *err)
{
    const int rank = tc_comm_rank(comm), size = tc_comm_size(comm);
    const int64_t shard[2] = {tc_shards_begin(n_shards, rank, size),
                              tc_shards_begin(n_shards, rank + 1, size)};
    const int unused = 64 - __builtin_ctzll((uint64_t)n_shards);
    int64_t row[2] = {of_file->n_global, of_file->n_global};
    for (int i = 0; i < 2; i++) {
        if (shard[i] < n_shards) {
            TC_TRY(find_row(of_file, hashes, (uint64_t)shard[i] << unused, &row[i], err));
        }
    }
    s->row_begin = s->batch_row = row[0];
    s->row_end = row[1];
    return TC_OK;
}

/* Local. Memory of a batch, and where the events of the first customer begin. Row i + 1 of first_event belongs to
 * customer i; row 0 is read by the first rank, so that all rows are read once. */
static tc_status prepare(tc_features_source *s, int is_first_rank, tc_store_piece *firsts,
                         tc_error *err)
{
    TC_TRY(TC_FAULT("features.read", err));
    s->hash = tc_mem_alloc(s->batch_customers, sizeof *s->hash, err);
    s->first = tc_mem_alloc(s->batch_customers + 1, sizeof *s->first, err);
    if (s->hash == NULL || s->first == NULL) {
        return TC_ENOMEM;
    }
    if (s->with_ids) {
        s->id = tc_mem_alloc(s->batch_customers, (size_t)s->id_width, err);
        if (s->id == NULL) {
            return TC_ENOMEM;
        }
    }
    if (!s->has_events) {
        return TC_OK;
    }
    TC_TRY(tc_event_columns_reserve(&s->window, s->window_events, s->with, err));
    return tc_store_read(is_first_rank ? s->first_piece : firsts, s->first, s->batch_row, 1,
                         err);
}

tc_status tc_features_source_open_all(tc_comm *comm, tc_features_source *s,
                                      int64_t n_shards, tc_error *err)
{
    tc_store_piece *hashes = NULL, *firsts = NULL;
    tc_shards of_file = {0};
    tc_status st = open_pieces_all(s, err);
    if (st == TC_OK) {
        st = tc_stage_shards_all(comm, s->store, &of_file, err);
    }
    if (st == TC_OK) {
        st = tc_store_view_all(s->store, &HASH, NULL, &hashes, err);
    }
    if (st == TC_OK && s->has_events) {
        st = tc_store_view_all(s->store, &FIRST_EVENT, NULL, &firsts, err);
    }
    if (st == TC_OK) {
        st = TC_FAULT("features.offsets", err);
        if (st == TC_OK && of_file.n_global != s->n_customers) {
            st = tc_fail(err, TC_EDATA,
                         "%s: customers/hash does not fit the shards; delete the file and "
                         "make it again",
                         s->path);
        }
        if (st == TC_OK) {
            st = find_rows(comm, s, &of_file, hashes, n_shards, err);
        }
        if (st == TC_OK) {
            st = prepare(s, tc_comm_rank(comm) == 0, firsts, err);
        }
        st = tc_comm_agree_all(comm, st, err);
    }
    st = tc_store_end_all(&firsts, st, err);
    st = tc_store_end_all(&hashes, st, err);
    tc_shards_free(&of_file);
    s->at = -1;
    s->n_batch = 0;
    s->last = (tc_hash128){0, 0};
    return st;
}

tc_status tc_features_source_close_all(tc_comm *comm, tc_features_source *s,
                                       tc_status status, tc_error *err)
{
    tc_status st = tc_comm_agree_all(comm, status, err);
    st = tc_store_end_all(&s->hash_piece, st, err);
    st = tc_store_end_all(&s->id_piece, st, err);
    st = tc_store_end_all(&s->first_piece, st, err);
    for (int c = 0; c < TC_N_EVENT_COLUMNS; c++) {
        st = tc_store_end_all(&s->column[c], st, err);
    }
    tc_mem_free(s->hash);
    tc_mem_free(s->id);
    tc_mem_free(s->first);
    s->hash = NULL;
    s->id = NULL;
    s->first = NULL;
    tc_event_columns_free(&s->window);
    tc_mem_free(s->channel_code);
    tc_mem_free(s->category_code);
    s->channel_code = NULL;
    s->category_code = NULL;
    return st;
}

static tc_status damaged(const tc_features_source *s, const char *what, tc_error *err)
{
    return tc_fail(err, TC_EDATA,
                   "%s: %s; the file is damaged: delete it and make it again", s->path,
                   what);
}

static tc_status check_batch(const tc_features_source *s, tc_error *err)
{
    int bad = 0;
    for (int64_t i = s->batch_row > s->row_begin ? 0 : 1; i < s->n_batch; i++) {
        const tc_hash128 before = i > 0 ? s->hash[i - 1] : s->last, own = s->hash[i];
        bad |= own.hi < before.hi || (own.hi == before.hi && own.lo <= before.lo);
    }
    if (bad) {
        return damaged(s, "customers/hash does not ascend", err);
    }
    bad = 0;
    for (int64_t i = 0; i < s->n_batch && s->has_events; i++) {
        bad |= s->first[i] > s->first[i + 1];
    }
    if (s->has_events && (bad || s->first[0] < 0 || s->first[s->n_batch] > s->n_events)) {
        return damaged(s, "customers/first_event does not fit the events", err);
    }
    return TC_OK;
}

/* Reads the next customers, at least one is left. */
static tc_status load_batch(tc_features_source *s, tc_error *err)
{
    const int64_t row = s->batch_row + s->n_batch, left = s->row_end - row;
    const int64_t n = left < s->batch_customers ? left : s->batch_customers;
    if (s->n_batch > 0) {
        s->last = s->hash[s->n_batch - 1];
        s->first[0] = s->first[s->n_batch];
    }
    s->batch_row = row;
    s->n_batch = n;
    s->at = 0;
    TC_TRY(tc_store_read(s->hash_piece, s->hash, row, n, err));
    if (s->with_ids) {
        TC_TRY(tc_store_read(s->id_piece, s->id, row, n, err));
    }
    if (s->has_events) {
        TC_TRY(tc_store_read(s->first_piece, s->first + 1, row + 1, n, err));
        s->window_begin = s->window_end = s->first[0];
    }
    return check_batch(s, err);
}

/* Codes of the file become those of the union. */
static tc_status translate(tc_features_source *s, int64_t n, tc_error *err)
{
    for (int64_t i = 0; i < n; i++) {
        if (s->window.channel[i] >= s->n_channels ||
            s->window.category[i] >= s->n_categories) {
            return damaged(s, "a channel or category code lies beyond its dictionary", err);
        }
    }
    for (int64_t i = 0; i < n && s->channel_code != NULL; i++) {
        s->window.channel[i] = s->channel_code[s->window.channel[i]];
    }
    for (int64_t i = 0; i < n && s->category_code != NULL; i++) {
        s->window.category[i] = s->category_code[s->window.category[i]];
    }
    return TC_OK;
}

/* Reads the events of the current customer and of as many after it as there is room for. */
static tc_status load_window(tc_features_source *s, tc_error *err)
{
    const int64_t begin = s->first[s->at];
    int64_t low = s->at + 1, high = s->n_batch;
    int64_t n;
    while (low < high) { /* the last customer that fits */
        const int64_t middle = low + (high - low + 1) / 2;
        if (s->first[middle] - begin <= s->window_events) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    n = s->first[low] - begin;
    TC_TRY(tc_event_columns_reserve(&s->window, n, s->with, err));
    void *const to[TC_N_EVENT_COLUMNS] = {
        [TC_EVENT_TIME] = s->window.time,       [TC_EVENT_AMOUNT] = s->window.amount,
        [TC_EVENT_ORDER] = s->window.order,     [TC_EVENT_KIND] = s->window.kind,
        [TC_EVENT_CHANNEL] = s->window.channel, [TC_EVENT_CATEGORY] = s->window.category,
        [TC_EVENT_ALIAS] = s->window.alias,     [TC_EVENT_ROW] = s->window.row};
    for (int c = 0; c < TC_N_EVENT_COLUMNS; c++) {
        if (s->column[c] != NULL) {
            TC_TRY(tc_store_read(s->column[c], to[c], begin, n, err));
        }
    }
    s->window_begin = begin;
    s->window_end = begin + n;
    return translate(s, n, err);
}

tc_status tc_features_source_next(tc_features_source *s, int *found, tc_error *err)
{
    s->at++;
    *found = 1;
    if (s->at >= s->n_batch) {
        if (s->batch_row + s->n_batch >= s->row_end) {
            *found = 0;
            return TC_OK;
        }
        TC_TRY(load_batch(s, err));
    }
    return s->has_events && s->first[s->at + 1] > s->window_end ? load_window(s, err)
                                                                : TC_OK;
}

tc_rfm_events tc_features_source_events(const tc_features_source *s, const uint64_t **row)
{
    const int64_t at = s->has_events ? s->first[s->at] - s->window_begin : 0;
    const tc_event_columns *w = &s->window;
    *row = w->row != NULL ? w->row + at : NULL;
    if (!s->has_events) {
        return (tc_rfm_events){.n = 0};
    }
    return (tc_rfm_events){.time = w->time + at,
                           .amount = w->amount + at,
                           .order = w->order + at,
                           .kind = w->kind + at,
                           .channel = w->channel + at,
                           .category = w->category + at,
                           .alias = w->alias != NULL ? w->alias + at : NULL,
                           .n = s->first[s->at + 1] - s->first[s->at]};
}

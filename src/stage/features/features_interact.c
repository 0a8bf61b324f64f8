/* features_interact.c - features of interactions at each date, block by block. */
#include "features_profiles.h"

#include "tiercel/fault.h"
#include "tiercel/interact.h"

#include <stdio.h>
#include <string.h>

enum { BLOCK = 4096 };

/* Interactions of consecutive customers in memory. */
typedef struct {
    int64_t *time, *value, *response;
    uint8_t *kind;
    int64_t capacity;
} touches;

typedef struct {
    const tc_features_join *join;
    const tc_features_profiles *profiles;
    int with_touches, with_signup;
    int64_t n_touches; /* of all ranks */
    tc_store_piece *first, *signup_piece, *time_piece, *kind_piece, *value_piece,
        *response_piece;
    tc_store_piece *column[N_DATES][TC_N_INTERACT];
    tc_features_text *text; /* [N_DATES][TC_N_INTERACT] */
    int64_t *first_touch;   /* [BLOCK + 1] */
    int32_t *signup;        /* [BLOCK] */
    touches t;
    float *out; /* [N_DATES][TC_N_INTERACT][BLOCK] */
} stage;

static int is_wanted(const stage *s, int feature)
{
    return feature == TC_INTERACT_days_since_signup ? s->with_signup : s->with_touches;
}

/* Collective. The datasets that are read. */
static tc_status view_all(stage *s, tc_error *err)
{
    static const char *const kinds[] = {
#define X(constant, word) word,
        TC_TOUCH_LIST(X)
#undef X
    };
    tc_store *in = s->profiles->store;
    const struct {
        tc_field field;
        tc_store_piece **piece;
    } column[] = {{{.name = "interactions/time", .type = TC_I64}, &s->time_piece},
                  {{.name = "interactions/kind",
                    .type = TC_ENUM,
                    .names = kinds,
                    .n_names = TC_N_TOUCHES},
                   &s->kind_piece},
                  {{.name = "interactions/value", .type = TC_I64}, &s->value_piece},
                  {{.name = "interactions/response", .type = TC_I64}, &s->response_piece},
                  {{.name = "customers/first_interaction", .type = TC_I64}, &s->first},
                  {{.name = "customers/signup", .type = TC_I32}, &s->signup_piece}};
    tc_status st = TC_OK;
    for (size_t i = 0; i < sizeof column / sizeof *column && st == TC_OK; i++) {
        st = tc_store_view_all(in, &column[i].field, i == 0 ? &s->n_touches : NULL,
                               column[i].piece, err);
    }
    return st;
}

/* Collective. The datasets that are written. */
static tc_status begin_all(stage *s, tc_error *err)
{
    int n;
    const tc_feature_def *def = tc_interact_catalogue(&n);
    tc_status st = TC_OK;
    for (int d = 0; d < N_DATES; d++) {
        for (int f = 0; f < TC_N_INTERACT && st == TC_OK; f++) {
            tc_features_text *text = &s->text[d * TC_N_INTERACT + f];
            const tc_field field = {.name = text->name,
                                    .type = TC_F32,
                                    .unit = def[f].unit,
                                    .description = text->description};
            tc_features_name(text->name, "at", s->join->day[d], def[f].name);
            (void)snprintf(text->description, sizeof text->description, "%s; formula: %s",
                           def[f].description, def[f].formula);
            if (is_wanted(s, f)) {
                st = tc_store_begin_all(s->join->out, &field, s->join->shards->n_global,
                                        &s->column[d][f], err);
            }
        }
    }
    return st;
}

static tc_status allocate(stage *s, tc_error *err)
{
    s->text = tc_mem_alloc((int64_t)N_DATES * TC_N_INTERACT, sizeof *s->text, err);
    s->first_touch = tc_mem_alloc(BLOCK + 1, sizeof *s->first_touch, err);
    s->signup = tc_mem_alloc(BLOCK, sizeof *s->signup, err);
    s->out = tc_mem_alloc((int64_t)N_DATES * TC_N_INTERACT * BLOCK, sizeof *s->out, err);
    return s->text == NULL || s->first_touch == NULL || s->signup == NULL || s->out == NULL
               ? TC_ENOMEM
               : TC_OK;
}

static void touches_free(touches *t)
{
    tc_mem_free(t->time);
    tc_mem_free(t->value);
    tc_mem_free(t->response);
    tc_mem_free(t->kind);
    *t = (touches){0};
}

static tc_status touches_reserve(touches *t, int64_t n, tc_error *err)
{
    if (n <= t->capacity) {
        return TC_OK;
    }
    touches_free(t);
    n += n / 4;
    t->time = tc_mem_alloc(n, sizeof *t->time, err);
    t->value = tc_mem_alloc(n, sizeof *t->value, err);
    t->response = tc_mem_alloc(n, sizeof *t->response, err);
    t->kind = tc_mem_alloc(n, sizeof *t->kind, err);
    t->capacity = n;
    return t->time == NULL || t->value == NULL || t->response == NULL || t->kind == NULL
               ? TC_ENOMEM
               : TC_OK;
}

/* Reads k customers of profiles.h5 from its row on, with their interactions. */
static tc_status read_block(stage *s, int64_t row, int64_t k, tc_error *err)
{
    int64_t *first = s->first_touch, n;
    TC_TRY(tc_store_read(s->first, first, row, k + 1, err));
    TC_TRY(tc_store_read(s->signup_piece, s->signup, row, k, err));
    for (int64_t i = 0; i < k; i++) {
        if (first[i] > first[i + 1] || first[i] < 0 || first[i + 1] > s->n_touches) {
            return tc_fail(err, TC_EDATA,
                           "%s: customers/first_interaction does not fit the interactions; "
                           "delete the file and run profiles again",
                           s->profiles->path);
        }
    }
    n = first[k] - first[0];
    TC_TRY(touches_reserve(&s->t, n, err));
    if (n == 0) {
        return TC_OK;
    }
    TC_TRY(tc_store_read(s->time_piece, s->t.time, first[0], n, err));
    TC_TRY(tc_store_read(s->kind_piece, s->t.kind, first[0], n, err));
    TC_TRY(tc_store_read(s->value_piece, s->t.value, first[0], n, err));
    TC_TRY(tc_store_read(s->response_piece, s->t.response, first[0], n, err));
    for (int64_t i = 0; i < n; i++) {
        if (s->t.kind[i] >= TC_N_TOUCHES) {
            return tc_fail(
                err, TC_EDATA,
                "%s: an interaction has an unknown kind; delete the file and run "
                "profiles again",
                s->profiles->path);
        }
    }
    return TC_OK;
}

/* The features of one customer; k: his place among those in memory, -1 = he has no row. */
static void compute(stage *s, int64_t i, int64_t k)
{
    double value[N_DATES * TC_N_INTERACT];
    tc_interact_events events = {.n = 0};
    int32_t signup = TC_INTERACT_NO_DAY;
    if (k >= 0) {
        const int64_t at = s->first_touch[k] - s->first_touch[0];
        events = (tc_interact_events){.time = s->t.time + at,
                                      .kind = s->t.kind + at,
                                      .value = s->t.value + at,
                                      .response = s->t.response + at,
                                      .n = s->first_touch[k + 1] - s->first_touch[k]};
        signup = s->signup[k];
    }
    tc_interact_customer(&events, signup, s->join->day, N_DATES, value);
    for (int64_t f = 0; f < (int64_t)N_DATES * TC_N_INTERACT; f++) {
        s->out[f * BLOCK + i] = (float)value[f];
    }
}

static tc_status run(stage *s, tc_error *err)
{
    const tc_shards *shards = s->join->shards;
    int64_t next = s->profiles->row0;
    TC_TRY(TC_FAULT("features.interact", err));
    for (int64_t row = 0; row < shards->n_local; row += BLOCK) {
        const int64_t left = shards->n_local - row, n = left < BLOCK ? left : BLOCK;
        int64_t k = 0;
        for (int64_t i = 0; i < n; i++) {
            k += tc_features_has_profile(s->profiles, row + i);
        }
        if (k > 0) {
            TC_TRY(read_block(s, next, k, err));
            next += k;
        }
        k = 0;
        for (int64_t i = 0; i < n; i++) {
            const int there = tc_features_has_profile(s->profiles, row + i);
            compute(s, i, there ? k : -1);
            k += there;
        }
        for (int f = 0; f < N_DATES * TC_N_INTERACT; f++) {
            tc_store_piece *to = s->column[f / TC_N_INTERACT][f % TC_N_INTERACT];
            if (to != NULL) {
                TC_TRY(tc_store_write(to, s->out + (int64_t)f * BLOCK, shards->row0 + row,
                                      n, err));
            }
        }
    }
    return TC_OK;
}

/* Collective. */
static tc_status end_all(stage *s, tc_status status, tc_error *err)
{
    tc_store_piece **const in[] = {&s->time_piece,     &s->kind_piece, &s->value_piece,
                                   &s->response_piece, &s->first,      &s->signup_piece};
    tc_status st = tc_comm_agree_all(s->join->comm, status, err);
    for (size_t i = 0; i < sizeof in / sizeof *in; i++) {
        st = tc_store_end_all(in[i], st, err);
    }
    for (int d = 0; d < N_DATES; d++) {
        for (int f = 0; f < TC_N_INTERACT; f++) {
            st = tc_store_end_all(&s->column[d][f], st, err);
        }
    }
    touches_free(&s->t);
    tc_mem_free(s->text);
    tc_mem_free(s->first_touch);
    tc_mem_free(s->signup);
    tc_mem_free(s->out);
    return st;
}

tc_status tc_features_interact_all(const tc_features_join *join,
                                   tc_features_profiles *profiles, tc_error *err)
{
    const tc_config *config = join->config;
    stage s = {.join = join,
               .profiles = profiles,
               .with_touches = config->interactions.n_files > 0,
               .with_signup =
                   config->customers.n_files > 0 && config->customers.signup != NULL};
    tc_status st;
    if (!s.with_touches && !s.with_signup) {
        return TC_OK;
    }
    st = tc_comm_agree_all(join->comm, allocate(&s, err), err);
    if (st == TC_OK) {
        st = view_all(&s, err);
    }
    if (st == TC_OK) {
        st = begin_all(&s, err);
    }
    if (st == TC_OK) {
        st = run(&s, err);
    }
    return end_all(&s, st, err);
}

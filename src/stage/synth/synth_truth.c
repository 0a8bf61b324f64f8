/* synth_truth.c - truth.h5. The customers are made a second time without text: that costs a third of the first
 * time, and each rank gets a contiguous part of them whatever blocks it wrote. */
#include "synth_parts.h"

#include "tiercel/date.h"
#include "tiercel/fault.h"
#include "tiercel/hash.h"
#include "tiercel/lineage.h"
#include "tiercel/stop.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* One customer as the columns below take it apart. */
typedef struct {
    tc_synth_facts facts;
    char id[TC_SYNTH_ID_TEXT];
    uint8_t segment, alive, in_log;
    int64_t rejected_rows;
} truth_row;

/* X(name, type, unit, description, member of truth_row, cut-off that stands in the name or -1) */
#define COLUMNS(X)                                                                         \
    X("id", TC_TEXT, "", "customer id as in the files", id, -1)                            \
    X("segment", TC_ENUM, "1", "planted segment", segment, -1)                             \
    X("lambda", TC_F64, "orders/day", "buying rate before season and fading", facts.rate,  \
      -1)                                                                                  \
    X("leave_probability", TC_F64, "1", "chance to leave after a purchase", facts.leave,   \
      -1)                                                                                  \
    X("mean_basket", TC_F64, "currency", "expected value of an order", facts.mean_basket,  \
      -1)                                                                                  \
    X("join_time", TC_I64, "seconds", "first purchase, may lie before the log",            \
      facts.join_time, -1)                                                                 \
    X("left_time", TC_I64, "seconds", "the last purchase ever; 0 = has not left",          \
      facts.left_time, -1)                                                                 \
    X("alive_at_end", TC_U8, "1", "1 = has not left by the end of the log", alive, -1)     \
    X("in_log", TC_U8, "1", "1 = has a valid row", in_log, -1)                             \
    X("orders", TC_I64, "orders", "purchase orders with a valid row", facts.orders, -1)    \
    X("rows", TC_I64, "rows", "valid rows, a duplicate counted once", facts.rows, -1)      \
    X("rejected_rows", TC_I64, "rows", "rows that are not valid", rejected_rows, -1)       \
    X("duplicate_rows", TC_I64, "rows", "second copies of valid rows",                     \
      facts.dirt_rows[TC_DIRT_DUPLICATE], -1)                                              \
    X("net_amount", TC_I64, "currency/10000", "sum of valid rows", facts.net_amount, -1)   \
    X("gross_amount", TC_I64, "currency/10000", "sum of valid purchases",                  \
      facts.gross_amount, -1)                                                              \
    X("duplicate_amount", TC_I64, "currency/10000", "sum of the second copies",            \
      facts.dirt_amount[TC_DIRT_DUPLICATE], -1)                                            \
    X("first_time", TC_I64, "seconds", "of the first valid row; 0 = none",                 \
      facts.first_time, -1)                                                                \
    X("last_time", TC_I64, "seconds", "of the last valid row; 0 = none", facts.last_time,  \
      -1)                                                                                  \
    CUT_COLUMNS(X, 0)                                                                      \
    CUT_COLUMNS(X, 1)                                                                      \
    CUT_COLUMNS(X, 2)

#define CUT_COLUMNS(X, cut)                                                                \
    X("no_purchase", TC_F64, "1",                                                          \
      "chance of no purchase in the horizon after the date, from the rates and from "      \
      "whether "                                                                           \
      "the customer has left: no score can be better; NaN before the first purchase",      \
      facts.no_purchase[cut], cut)                                                         \
    X("no_purchase_seen", TC_F64, "1",                                                     \
      "the same for one who knows the customer's rates and past purchases, but not "       \
      "whether "                                                                           \
      "the customer has left",                                                             \
      facts.no_purchase_seen[cut], cut)

typedef struct {
    const char *name;
    tc_type type;
    int cut;
    const char *unit, *description;
    size_t offset;
} column;

static const column columns[] = {
#define X(name, type, unit, description, member, cut)                                      \
    {name, type, cut, unit, description, offsetof(truth_row, member)},
    COLUMNS(X)
#undef X
};

enum { N_COLUMNS = sizeof columns / sizeof columns[0], KIND_TEXT = 16 };

/* Integers that are added over customers and ranks. */
typedef struct {
    int64_t customers_in_log, orders, rows, net, gross;
    int64_t dirt_rows[TC_DIRT_KINDS], dirt_amount[TC_DIRT_KINDS];
} totals;

enum { N_TOTALS = sizeof(totals) / sizeof(int64_t) };

typedef struct {
    const tc_synth_world *world;
    int64_t row0, n_local;
    const char *segment_name[TC_SYNTH_SEGMENTS];
    tc_field field[N_COLUMNS];
    char name[N_COLUMNS][TC_STORE_NAME];
    size_t size[N_COLUMNS];         /* bytes of an element */
    unsigned char *data[N_COLUMNS]; /* [n_local] elements; owned */
    totals total;
    int64_t first_time, last_time; /* of all customers */
} truth;

static void name_columns(truth *t)
{
    char id[TC_SYNTH_ID_TEXT];
    const int id_width = tc_synth_id(t->world->params.customers, 1, id);
    for (int s = 0; s < TC_SYNTH_SEGMENTS; s++) {
        t->segment_name[s] = tc_synth_segment_table()[s].name;
    }
    for (int c = 0; c < N_COLUMNS; c++) {
        const column *col = &columns[c];
        char date[TC_DATE_TEXT] = "";
        if (col->cut >= 0) {
            tc_date_text(t->world->cut_day[col->cut], date);
        }
        (void)snprintf(t->name[c], TC_STORE_NAME, "%s%s%s%s",
                       col->cut >= 0 ? "churn_truth/" : "", date, col->cut >= 0 ? "/" : "",
                       col->name);
        t->field[c] = (tc_field){.name = t->name[c],
                                 .type = col->type,
                                 .unit = col->unit,
                                 .description = col->description,
                                 .width = col->type == TC_TEXT ? id_width : 0,
                                 .names = col->type == TC_ENUM ? t->segment_name : NULL,
                                 .n_names = col->type == TC_ENUM ? TC_SYNTH_SEGMENTS : 0};
        t->size[c] = tc_type_size(&t->field[c]);
    }
}

static void add_totals(truth *t, const tc_synth_facts *facts)
{
    totals *total = &t->total;
    for (int k = 0; k < TC_DIRT_KINDS; k++) {
        total->dirt_rows[k] += facts->dirt_rows[k];
        total->dirt_amount[k] += facts->dirt_amount[k];
    }
    total->orders += facts->orders;
    total->rows += facts->rows;
    total->net += facts->net_amount;
    total->gross += facts->gross_amount;
    if (facts->rows > 0) {
        total->customers_in_log++;
        t->first_time =
            facts->first_time < t->first_time ? facts->first_time : t->first_time;
        t->last_time = facts->last_time > t->last_time ? facts->last_time : t->last_time;
    }
}

static tc_status fill_row(truth *t, int64_t i, tc_buffer *rows, tc_error *err)
{
    const int64_t number = t->row0 + i + 1;
    truth_row row = {.id = ""};
    const tc_synth_facts *facts = &row.facts;
    rows->size = 0;
    TC_TRY(tc_synth_customer(t->world, number, 0, rows, &row.facts, err));
    (void)tc_synth_id(t->world->params.customers, number, row.id);
    row.segment = (uint8_t)facts->segment;
    row.alive = facts->left_time == 0;
    row.in_log = facts->rows > 0;
    row.rejected_rows = facts->dirt_rows[TC_DIRT_MISSING_ID] +
                        facts->dirt_rows[TC_DIRT_DATE] + facts->dirt_rows[TC_DIRT_NUMBER];
    for (int c = 0; c < N_COLUMNS; c++) {
        memcpy(t->data[c] + (size_t)i * t->size[c], (const char *)&row + columns[c].offset,
               t->size[c]);
    }
    add_totals(t, facts);
    return TC_OK;
}

enum { STOP_ROWS = 1024 }; /* between two looks whether this rank was asked to stop */

static tc_status fill(truth *t, tc_error *err)
{
    tc_buffer rows = {0};
    tc_status st = TC_FAULT("synth.truth", err);
    for (int c = 0; st == TC_OK && c < N_COLUMNS; c++) {
        t->data[c] = tc_mem_alloc(t->n_local, t->size[c], err);
        st = t->data[c] == NULL ? TC_ENOMEM : TC_OK;
    }
    for (int64_t i = 0; st == TC_OK && i < t->n_local; i++) {
        st = i % STOP_ROWS == 0 ? tc_stop_check(err) : TC_OK;
        st = st == TC_OK ? fill_row(t, i, &rows, err) : st;
    }
    tc_buffer_free(&rows);
    return st;
}

/* Everything that the bytes follow from; the run id is its hash. */
static tc_status run_id(const tc_synth_options *o, char id[TC_ID_TEXT], tc_error *err)
{
    const tc_synth_params *p = &o->params;
    tc_buffer text = {0};
    tc_status st = tc_buffer_print(
        &text, err, "%s|%lld|%lld|%lld|%lld|%lld|%.17g|%d|%d|%d|%lld", TC_VERSION,
        (long long)p->seed, (long long)p->customers, (long long)p->start_day,
        (long long)p->days, (long long)p->horizon_days, p->mean_orders, (int)o->format.time,
        o->format.amount, o->gzip, (long long)o->files);
    for (int k = 1; st == TC_OK && k < TC_DIRT_KINDS; k++) {
        st = tc_buffer_print(&text, err, "|%.17g", p->dirt[k]);
    }
    if (st == TC_OK) {
        tc_hash128_text(tc_hash128_of(text.data, (size_t)text.size), id);
    }
    tc_buffer_free(&text);
    return st;
}

static tc_status header_of(const tc_synth_options *o, tc_store_header *out, tc_error *err)
{
    *out = (tc_store_header){.schema = "tiercel.truth",
                             .schema_version = 1,
                             .program_version = TC_VERSION,
                             .seed = o->params.seed,
                             .n_shards = 1, /* rows are in the order of the numbers */
                             .n_rows = o->params.customers};
    tc_date_text(o->params.start_day + o->params.days, out->as_of);
    return run_id(o, out->run_id, err);
}

static tc_status put_dirt_all(const truth *t, tc_store *store, tc_error *err)
{
    static const char name[TC_DIRT_KINDS][KIND_TEXT] = {"none", "missing_id", "duplicate",
                                                        "date", "number",     "newline"};
    const tc_field kind = {.name = "dirt/kind",
                           .type = TC_TEXT,
                           .unit = "",
                           .description = "kind of dirt",
                           .width = KIND_TEXT};
    const tc_field rows = {.name = "dirt/rows",
                           .type = TC_I64,
                           .unit = "rows",
                           .description = "planted rows of this kind, the second copy of a "
                                          "duplicate not counted"};
    const tc_field amount = {.name = "dirt/amount",
                             .type = TC_I64,
                             .unit = "currency/10000",
                             .description = "sum of what these rows would be worth"};
    tc_status st = tc_store_put_small_all(store, &kind, name, TC_DIRT_KINDS, err);
    if (st == TC_OK) {
        st = tc_store_put_small_all(store, &rows, t->total.dirt_rows, TC_DIRT_KINDS, err);
    }
    if (st == TC_OK) {
        st = tc_store_put_small_all(store, &amount, t->total.dirt_amount, TC_DIRT_KINDS,
                                    err);
    }
    return st;
}

static tc_status put_totals_all(const truth *t, const tc_synth_files *files,
                                tc_store *store, tc_error *err)
{
    const totals *total = &t->total;
    const tc_synth_params *p = &t->world->params;
    int64_t rows_in_files = 0;
    tc_status st = TC_OK;
    for (int64_t f = 0; f < files->n_csv; f++) {
        rows_in_files += files->records[f];
    }
    const struct {
        const char *name;
        int64_t value;
    } attribute[] = {
        {"customers", p->customers},
        {"customers_in_log", total->customers_in_log},
        {"start_day", p->start_day},
        {"days", p->days},
        {"horizon_days", p->horizon_days},
        {"files", files->n_csv},
        {"rows_in_files", rows_in_files},
        {"rows_valid", total->rows},
        {"rows_duplicate", total->dirt_rows[TC_DIRT_DUPLICATE]},
        {"rows_rejected",
         rows_in_files - total->rows - total->dirt_rows[TC_DIRT_DUPLICATE]},
        {"orders", total->orders},
        {"amount_net", total->net},
        {"amount_gross", total->gross},
        {"amount_returned", total->gross - total->net},
        {"amount_duplicate", total->dirt_amount[TC_DIRT_DUPLICATE]},
        {"first_time", total->rows > 0 ? t->first_time : 0},
        {"last_time", total->rows > 0 ? t->last_time : 0},
    };
    for (size_t i = 0; st == TC_OK && i < sizeof attribute / sizeof *attribute; i++) {
        st = tc_store_put_i64_all(store, attribute[i].name, attribute[i].value, err);
    }
    return st == TC_OK ? put_dirt_all(t, store, err) : st;
}

static tc_status write_all(tc_comm *comm, truth *t, const tc_synth_files *files,
                           tc_store **store, tc_error *err)
{
    tc_store_header header;
    const char *folder = files->options->output;
    char *path = tc_synth_path(folder, "truth.h5", 0, err);
    tc_status st = path == NULL ? TC_ENOMEM : header_of(files->options, &header, err);
    st = tc_comm_agree_all(comm, st, err);
    if (st == TC_OK) {
        st = tc_store_create_all(comm, path, &header, store, err);
    }
    tc_mem_free(path);
    for (int c = 0; st == TC_OK && c < N_COLUMNS; c++) {
        st = tc_store_put_all(*store, &t->field[c], t->data[c], t->row0, t->n_local,
                              t->world->params.customers, err);
    }
    if (st == TC_OK) {
        tc_comm_sum_i64_all(comm, (int64_t *)&t->total, N_TOTALS);
        tc_comm_min_i64_all(comm, &t->first_time, 1);
        tc_comm_max_i64_all(comm, &t->last_time, 1);
        st = put_totals_all(t, files, *store, err);
    }
    return tc_comm_agree_all(comm, st, err);
}

tc_status tc_synth_truth_all(tc_comm *comm, const tc_synth_world *world,
                             const tc_synth_files *files, tc_store **out, tc_error *err)
{
    const int64_t n = world->params.customers;
    const int64_t rank = tc_comm_rank(comm);
    truth t = {.world = world,
               .row0 = n * rank / tc_comm_size(comm),
               .first_time = INT64_MAX,
               .last_time = INT64_MIN};
    tc_status st;
    *out = NULL;
    t.n_local = n * (rank + 1) / tc_comm_size(comm) - t.row0;
    name_columns(&t);
    st = tc_comm_agree_all(comm, fill(&t, err), err);
    if (st == TC_OK) {
        st = write_all(comm, &t, files, out, err);
    }
    for (int c = 0; c < N_COLUMNS; c++) {
        tc_mem_free(t.data[c]);
    }
    if (st != TC_OK) {
        tc_store_close_all(out);
    }
    return st;
}

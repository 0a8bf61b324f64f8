/* Batches of rows mean what the same rows mean one by one: random and nasty fields under many
 * rules, every word of every row that is not odd, the codes and the counters of quality. */
#include "../../src/stage/ingest/ingest_dict.h"
#include "../../src/stage/ingest/ingest_quality.h"
#include "columns_file.h"
#include "table_text.h"

#include "tiercel/mem.h"

/* The two ways side by side. */
typedef struct {
    tc_row_rules rules;
    tc_table_reader one, many;
    tc_ingest_dict dict_one[2], dict_many[2];
    tc_ingest_quality quality_one, quality_many;
    tc_table_row row;
    int64_t rows, fast;
} pair;

static void same_text(tc_csv_text a, tc_csv_text b)
{
    assert_int_equal(a.n, b.n);
    assert_memory_equal(a.data, b.data, (size_t)a.n);
}

static void next_row(pair *p)
{
    int found = 0;
    assert_int_equal(tc_table_reader_next(&p->one, &p->row, &found, NULL), TC_OK);
    assert_true(found);
    p->rows++;
}

static void same_event(pair *p, const tc_columns *c, int64_t i, const uint32_t code[2])
{
    const tc_pieces *const id = &c->role[TC_ROLE_CUSTOMER];
    tc_row_event event;
    uint32_t expected = 0;
    tc_row_read(&p->rules, p->row.text, &event);
    assert_int_equal(event.reason, TC_ROW_USED);
    assert_int_equal(event.unreadable & (1U << TC_ROLE_TIME), 0);
    assert_true(event.complete && event.has_amount && !event.rounded);
    same_text((tc_csv_text){event.id, event.id_n},
              (tc_csv_text){tc_piece_data(id, i), tc_piece_n(id, i)});
    assert_true(event.hash.hi == c->hash[i].hi && event.hash.lo == c->hash[i].lo);
    assert_true(event.time == c->time[i] && event.amount == c->amount[i]);
    assert_true(event.order == c->order[i] && event.kind == c->kind[i]);
    assert_int_equal(event.has_product, c->has_product);
    assert_true(!c->has_product || event.product == c->product[i]);
    for (int k = 0; k < 2; k++) {
        const tc_csv_text level = k == 0 ? event.channel : event.category;
        assert_int_equal(tc_ingest_dict_code(&p->dict_one[k], level, &expected, NULL),
                         TC_OK);
        assert_int_equal(code[k], expected);
    }
    assert_int_equal(tc_ingest_quality_row(&p->quality_one, p->row.text, &event, NULL),
                     TC_OK);
    p->fast++;
}

static void same_batch(pair *p, const tc_table_batch *batch)
{
    static tc_columns c;
    uint32_t code[2][TC_TABLE_BATCH] = {{0}};
    int64_t bytes = 0;
    tc_columns_read(&p->rules, batch, &c);
    assert_int_equal(c.n, batch->n);
    for (int k = 0; k < 2; k++) {
        const int role = k == 0 ? TC_ROLE_CHANNEL : TC_ROLE_CATEGORY;
        if (p->rules.column[role] != NULL) {
            assert_int_equal(tc_ingest_dict_codes(&p->dict_many[k], &c.role[role], c.n,
                                                  c.odd, code[k], NULL),
                             TC_OK);
        }
    }
    assert_int_equal(tc_ingest_quality_columns(&p->quality_many, &c, NULL), TC_OK);
    for (int64_t i = 0; i < batch->n; i++) {
        const uint32_t codes[2] = {code[0][i], code[1][i]};
        tc_csv_text text[TC_N_ROLES];
        next_row(p);
        bytes += p->row.bytes;
        assert_int_equal(p->row.problem, TC_TABLE_GOOD);
        assert_int_equal(p->row.line, batch->line + i);
        assert_true(p->row.hash == c.row[i] && p->row.header_hash == batch->header_hash);
        tc_table_batch_row(batch, i, TC_N_ROLES, text);
        for (int role = 0; role < TC_N_ROLES; role++) {
            same_text(p->row.text[role], text[role]);
        }
        if (!c.odd[i]) {
            same_event(p, &c, i, codes);
        }
    }
    assert_int_equal(bytes, tc_table_batch_bytes(batch));
}

static void same_rows(pair *p)
{
    int found = 1;
    while (found) {
        tc_table_batch batch;
        tc_table_row row;
        const int64_t most = any(8) == 0 ? 1 + any(TC_TABLE_BATCH) : TC_TABLE_BATCH;
        assert_int_equal(
            tc_table_reader_next_batch(&p->many, most, &batch, &row, &found, NULL), TC_OK);
        if (found && batch.n > 0) {
            same_batch(p, &batch);
        } else if (found) {
            next_row(p);
            assert_true(p->row.line == row.line && p->row.hash == row.hash);
            assert_true(p->row.problem == row.problem && p->row.bytes == row.bytes);
        }
    }
    assert_int_equal(tc_table_reader_next(&p->one, &p->row, &found, NULL), TC_OK);
    assert_false(found);
}

static void same_quality(const tc_quality *a, const tc_quality *b)
{
    int64_t day = TC_QUALITY_FIRST_DAY, other = day;
    assert_memory_equal(a->count, b->count, sizeof a->count);
    assert_memory_equal(a->column, b->column, sizeof a->column);
    assert_memory_equal(a->step_rows, b->step_rows, sizeof a->step_rows);
    for (;; day++, other++) {
        const tc_quality_day *const x = tc_quality_next_day(a, &day);
        const tc_quality_day *const y = tc_quality_next_day(b, &other);
        assert_true((x == NULL) == (y == NULL));
        if (x == NULL || y == NULL) {
            return;
        }
        assert_int_equal(day, other);
        assert_memory_equal(x, y, sizeof *x);
    }
}

/* The roles that are mapped have the columns of the file. */
static void map_roles(sample *s, tc_table_column column[TC_N_ROLES])
{
    static char name[TC_N_ROLES][12] = {"customer", "time",  "amount",  "quantity",
                                        "price",    "order", "channel", "category"};
    char **const member[TC_N_ROLES] = {
#define X(role, of) &s->input.columns.of,
        TC_ROW_ROLES(X)
#undef X
    };
    for (int role = 0; role < TC_N_ROLES; role++) {
        *member[role] = (s->mapped >> role & 1) != 0 ? name[role] : NULL;
        column[role] = (tc_table_column){.name = *member[role]};
    }
}

static void compare(sample *s, int64_t *rows, int64_t *fast)
{
    static char text[SIZE + LINE];
    static pair p;
    tc_table_column column[TC_N_ROLES];
    char *path = table_path;
    tc_table_spec spec = {.file = &path,
                          .n_files = 1,
                          .column = column,
                          .n_columns = TC_N_ROLES,
                          .dialect = tc_csv_dialect_of(s->delimiter[0], '"'),
                          .section = "input"};
    const int64_t n = make_file(s, text);
    const int64_t begin = any(2) == 0 ? 0 : any(SIZE / 2),
                  end = any(2) == 0 ? n : n - any(SIZE / 4);
    tc_table_piece piece = {.begin = begin, .end = end};
    tc_source_state state;
    for (int64_t i = 0; i < begin; i++) {
        piece.inside ^= text[i] == '"';
        piece.newlines += text[i] == '\n';
    }
    map_roles(s, column);
    table_file(text, n);
    p = (pair){.rows = 0};
    assert_int_equal(tc_row_rules_compile(&s->input, &p.rules, NULL), TC_OK);
    for (int k = 0; k < 2; k++) {
        p.dict_one[k].max_codes = p.dict_many[k].max_codes = 100000;
    }
    assert_int_equal(tc_ingest_quality_create(&s->input, &p.rules, &p.quality_one, NULL),
                     TC_OK);
    assert_int_equal(tc_ingest_quality_create(&s->input, &p.rules, &p.quality_many, NULL),
                     TC_OK);
    assert_int_equal(tc_source_look(path, &state, NULL), TC_OK);
    assert_int_equal(tc_table_reader_create(&p.one, &spec, NULL), TC_OK);
    assert_int_equal(tc_table_reader_create(&p.many, &spec, NULL), TC_OK);
    assert_int_equal(tc_table_reader_open(&p.one, state, &piece, NULL), TC_OK);
    assert_int_equal(tc_table_reader_open(&p.many, state, &piece, NULL), TC_OK);
    same_rows(&p);
    same_quality(&p.quality_one.sums, &p.quality_many.sums);
    *rows += p.rows;
    *fast += p.fast;
    for (int k = 0; k < 2; k++) {
        tc_ingest_dict_free(&p.dict_one[k]);
        tc_ingest_dict_free(&p.dict_many[k]);
    }
    tc_ingest_quality_free(&p.quality_one);
    tc_ingest_quality_free(&p.quality_many);
    tc_table_reader_free(&p.one);
    tc_table_reader_free(&p.many);
    assert_int_equal(remove(table_path), 0);
}

static int some_roles(void)
{
    static const int product = 1 << TC_ROLE_QUANTITY | 1 << TC_ROLE_UNIT_PRICE;
    static const int amounts[] = {1 << TC_ROLE_AMOUNT, product,
                                  1 << TC_ROLE_AMOUNT | product};
    int mapped = 1 << TC_ROLE_CUSTOMER | 1 << TC_ROLE_TIME | PICK(amounts);
    for (int role = TC_ROLE_ORDER; role < TC_N_ROLES; role++) {
        mapped |= any(4) == 0 ? 0 : 1 << role;
    }
    return mapped;
}

/* Rules as they come. */
static void random_rules(sample *s)
{
    static char iso[] = "iso", compact[] = "compact", month[] = "month_first", none[] = "",
                c[] = "C", cc[] = "CC", pound[] = "\xC2\xA3", utc[] = "UTC";
    static char *signs[] = {pound};
    char *const formats[] = {iso, iso, iso, compact, month};
    char *const prefixes[] = {none, c, c, cc};
    char *const format = PICK(formats);
    s->time_format = format;
    s->input.time_format = format;
    s->input.time_zone = any(4) == 0 ? utc : none;
    s->input.returns_order_prefix = PICK(prefixes);
    s->input.returns = any(3) == 0 ? TC_RETURNS_REJECT : TC_RETURNS_NET;
    s->input.zero_amount = any(3) == 0 ? TC_ZERO_REJECT : TC_ZERO_KEEP;
    s->input.id_strip_decimal = any(2) == 0;
    s->input.id_case = any(2) == 0 ? TC_CASE_KEEP : (tc_id_case)any(3);
    s->input.format.encoding = any(2) == 0 ? TC_ENCODING_UTF8 : (tc_encoding)any(3);
    s->input.amount_tolerance = 0.01;
    if (any(4) == 0) {
        s->input.format.number = (tc_number_rules){.thousands = TC_MARK_BLANK,
                                                   .negative = TC_NEGATIVE_ANY,
                                                   .currency = signs,
                                                   .n_currency = 1};
    }
}

static void test_any(void **state)
{
    static const char *const delimiters[] = {",", ";", "\t", "|"};
    static const unsigned shares[] = {0, 0, 2, 20, 300};
    int64_t rows = 0, fast = 0;
    (void)state;
    for (uint64_t round = 1; round <= 160; round++) {
        seed = round;
        sample s = {.delimiter = PICK(delimiters),
                    .end = any(3) == 0 ? "\r\n" : "\n",
                    .rare = PICK(shares),
                    .padded = PICK(shares),
                    .quoted = PICK(shares),
                    .high = PICK(shares),
                    .mapped = some_roles()};
        random_rules(&s);
        compare(&s, &rows, &fast);
    }
    print_message("%lld rows, %lld by columns\n", (long long)rows, (long long)fast);
    assert_true(fast > rows / 10);
}

/* Where nothing is special, no row is left to the slow way. */
static void test_usual(void **state)
{
    static char iso[] = "iso", none[] = "", c[] = "C";
    sample s = {
        .delimiter = ",",
        .end = "\n",
        .time_format = iso,
        .mapped = 0xFF & ~(1 << TC_ROLE_AMOUNT),
        .input = {.time_format = iso, .time_zone = none, .returns_order_prefix = c}};
    int64_t rows = 0, fast = 0;
    (void)state;
    seed = 7;
    compare(&s, &rows, &fast);
    assert_true(rows > 1000);
    print_message("%lld rows, %lld by columns\n", (long long)rows, (long long)fast);
    assert_true(fast > rows * 6 / 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_any),
                                       cmocka_unit_test(test_usual)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The configuration: defaults, overrides, sections, documentation. */
#include "config_fixture.h"

#include "tiercel/date.h"

static void test_defaults_run_input(void **state)
{
    tc_config *c = parse_ok(minimal, NULL, 0);
    (void)state;
    assert_string_equal(c->directory, "out");
    assert_int_equal(c->seed, 1);
    assert_true(c->as_of == TC_CONFIG_AUTO);
    assert_int_equal(c->horizon_days, 90);
    assert_int_equal(c->input.n_files, 2);
    assert_string_equal(c->input.files[0], "a.csv");
    assert_string_equal(c->input.files[1], "b.csv");
    assert_string_equal(c->input.columns.customer, "id");
    assert_string_equal(c->input.columns.time, "t");
    assert_string_equal(c->input.columns.amount, "m");
    assert_null(c->input.columns.quantity);
    assert_null(c->input.columns.order);
    assert_string_equal(c->input.time_format, "iso");
    assert_string_equal(c->input.returns_order_prefix, "");
    assert_int_equal(c->input.returns, TC_RETURNS_NET);
    assert_int_equal(c->input.zero_amount, TC_ZERO_KEEP);
    assert_int_equal(c->input.duplicates, TC_DUPLICATES_KEEP);
    assert_int_equal(c->input.id_strip_decimal, 0);
    assert_int_equal(c->input.id_case, TC_CASE_KEEP);
    assert_int_equal(c->input.batch_mib, 32);
    assert_int_equal(c->features.active_days, 365);
    tc_config_destroy(&c);
    assert_null(c);
    tc_config_destroy(&c);
}

static void test_defaults_models(void **state)
{
    tc_config *c = parse_ok(minimal, NULL, 0);
    (void)state;
    assert_int_equal(c->segment.k, 5);
    assert_int_equal(c->segment.n_use, 3);
    assert_string_equal(c->segment.use[2].feature, "net_amount");
    assert_int_equal(c->segment.use[2].transform, TC_LOG1P);
    assert_int_equal(c->segment.scale, TC_SCALE_ZSCORE);
    assert_true(c->segment.winsorise == 0.001);
    assert_int_equal(c->segment.restarts, 64);
    assert_int_equal(c->segment.sample, 32768);
    assert_int_equal(c->segment.max_iterations, 100);
    assert_true(c->segment.tolerance == 1e-6);
    assert_int_equal(c->churn.n_use, 12);
    assert_string_equal(c->churn.use[6].feature, "return_rate");
    assert_int_equal(c->churn.use[6].transform, TC_AS_IS);
    assert_int_equal(c->churn.use[11].transform, TC_LOG1P);
    assert_true(c->churn.ridge == 1e-6);
    assert_int_equal(c->churn.max_iterations, 50);
    assert_true(c->churn.tolerance == 1e-10);
    assert_int_equal(c->churn.min_class, 20);
    assert_true(c->assign.weight_recency == 0.2 && c->assign.weight_frequency == 0.25);
    assert_true(c->assign.weight_monetary == 0.35 && c->assign.weight_churn == 0.2);
    assert_int_equal(c->assign.n_tiers, 5);
    assert_string_equal(c->assign.tiers[4].name, "diamond");
    assert_true(c->assign.tiers[4].share == 0.02);
    tc_config_destroy(&c);
}

/* Every pair of scores has just one named segment. */
static void test_default_rules(void **state)
{
    tc_config *c = parse_ok(minimal, NULL, 0);
    (void)state;
    assert_int_equal(c->assign.n_rules, 10);
    for (int r = 1; r <= 5; r++) {
        for (int f = 1; f <= 5; f++) {
            int hits = 0;
            for (int i = 0; i < c->assign.n_rules; i++) {
                const tc_segment_rule *rule = &c->assign.rules[i];
                hits += r >= rule->r_min && r <= rule->r_max && f >= rule->f_min &&
                        f <= rule->f_max;
                assert_int_equal(rule->m_min, 1);
                assert_int_equal(rule->m_max, 5);
            }
            assert_int_equal(hits, 1);
        }
    }
    assert_string_equal(c->assign.rules[2].name, "cant_lose");
    tc_config_destroy(&c);
}

static void test_sections(void **state)
{
    tc_config *c = parse_ok(minimal, NULL, 0);
    tc_buffer buffer = {0};
    tc_error err = {0};
    (void)state;
    expect_section(c, "run", "{\"as_of\":\"auto\",\"horizon_days\":90,\"seed\":1}");
    expect_section(
        c, "input",
        "{\"amount_tolerance\":0.01,\"columns\":{\"amount\":\"m\",\"category\":null,"
        "\"channel\":null,\"customer\":"
        "\"id\",\"order\":null,\"quantity\":null,\"time\":\"t\",\"unit_price\":null},"
        "\"customer_id\":{\"case\":\"keep\",\"strip_decimal\":false},\"duplicates\":"
        "\"keep\",\"format\":{\"currency\":[],\"decimal\":\"point\",\"delimiter\":\",\","
        "\"encoding\":"
        "\"utf-8\",\"header\":true,\"negative\":\"minus\",\"quote\":\"\\\"\",\"skip_"
        "lines\":0,\"thousands\":\"none\"},"
        "\"returns\":{\"order_prefix\":\"\",\"policy\":\"net\"},"
        "\"time_format\":\"iso\",\"time_zone\":\"\",\"zero_amount\":\"keep\"}");
    expect_section(c, "features", "{\"active_days\":365}");
    expect_section(
        c, "segment",
        "{\"case_cost\":0.0,\"complex_cases\":3,\"criterion\":\"calinski_harabasz\","
        "\"features\":["
        "{\"feature\":\"recency_days\",\"missing\":\"catalogue\",\"transform\":\"log\"},"
        "{\"feature\":\"order_count\",\"missing\":\"catalogue\",\"transform\":\"log\"},"
        "{\"feature\":\"net_amount\",\"missing\":\"catalogue\",\"transform\":\"log\"}],"
        "\"gap_references\":10,\"high_share\":0.20000000000000001,\"k\":5,\"k_max\":0,"
        "\"margin\":1.0,\"max_iterations\":100,\"middle_share\":0.29999999999999999,"
        "\"min_share\":0.01,\"restarts\":64,"
        "\"sample\":32768,\"scale\":\"zscore\",\"silhouette_rows\":256,\"stability\":4,"
        "\"tolerance\":9.9999999999999995e-7,"
        "\"weight\":null,\"winsorise\":0.001}");
    assert_int_equal(tc_config_section(c, "segmen", &buffer, &err), TC_EINTERNAL);
    assert_string_equal(err.message, "the configuration has no section segmen");
    tc_buffer_free(&buffer);
    tc_config_destroy(&c);
}

static void test_section_assign(void **state)
{
    static const char *const set[] = {
        ("assign.rules=[{name: all, r: [1, 5], f: [1, 5]}, "
         "{name: b, r: [1, 2], f: [3, 3], m: [2, 4]}]"),
        "assign.tiers=[{name: low, share: 0.75}, {name: high, share: 0.25}]",
        "assign.weights={recency: 1, frequency: 2, monetary: 3, churn: 0}"};
    tc_config *c = parse_ok(minimal, set, 3);
    (void)state;
    expect_section(
        c, "assign",
        "{\"rules\":[{\"f\":[1,5],\"m\":[1,5],\"name\":\"all\",\"r\":[1,5]},{\"f\":[3,3],"
        "\"m\":[2,4],\"name\":\"b\",\"r\":[1,2]}],\"tiers\":[{\"name\":\"low\",\"share\":"
        "0.75},{\"name\":\"high\",\"share\":0.25}],\"weights\":{\"churn\":0.0,"
        "\"frequency\":2.0,\"monetary\":3.0,\"recency\":1.0}}");
    tc_config_destroy(&c);
}

/* An empty list replaces one with elements. */
static void test_empty_list(void **state)
{
    static const char *const set[] = {"customers.attributes=[{column: a}, {column: b}]",
                                      "customers.attributes=[]"};
    tc_config *c = parse_ok(minimal, set, 1);
    (void)state;
    assert_int_equal(c->customers.n_attributes, 2);
    assert_string_equal(c->customers.attributes[1].column, "b");
    assert_null(c->customers.attributes[1].name);
    tc_config_destroy(&c);
    c = parse_ok(minimal, set, 2);
    assert_int_equal(c->customers.n_attributes, 0);
    assert_int_equal(c->interactions.n_kinds, 6);
    tc_config_destroy(&c);
}

static void test_overrides(void **state)
{
    static const char *const set[] = {"segment.k=7",
                                      "segment.k=8",
                                      "segment={scale: minmax, winsorise: 0}",
                                      ("segment.features=[{feature: order_count}, "
                                       "{feature: return_rate, transform: none}]"),
                                      "input.transactions=[z.csv, /data/y.csv, z.csv]",
                                      "input.time_format=\"%d.%m.%Y\"",
                                      "run.as_of=2011-12-10",
                                      "input.customer_id.case=upper",
                                      "input.customer_id.strip_decimal=true"};
    tc_config *c = parse_ok(minimal, set, 9);
    (void)state;
    assert_int_equal(c->segment.k, 8);
    assert_int_equal(c->segment.scale, TC_SCALE_MINMAX);
    assert_true(c->segment.winsorise == 0.0);
    assert_int_equal(c->segment.n_use, 2);
    assert_string_equal(c->segment.use[0].feature, "order_count");
    assert_int_equal(c->segment.use[1].transform, TC_AS_IS);
    assert_int_equal(c->input.n_files, 2);
    assert_string_equal(c->input.files[0], "/data/y.csv");
    assert_string_equal(c->input.files[1], "z.csv");
    assert_string_equal(c->input.time_format, "%d.%m.%Y");
    assert_int_equal(c->as_of, tc_date_to_days((tc_date){2011, 12, 10}));
    assert_int_equal(c->input.id_case, TC_CASE_UPPER);
    assert_int_equal(c->input.id_strip_decimal, 1);
    expect_section(c, "run", "{\"as_of\":\"2011-12-10\",\"horizon_days\":90,\"seed\":1}");
    tc_config_destroy(&c);
}

/* What the file lacks may come from overrides; the file itself is still checked. */
static void test_overrides_required(void **state)
{
    static const char *const set[] = {"run.directory=o", "input.transactions=[a]",
                                      "input.columns={customer: a, time: b, amount: c}"};
    tc_config *c = parse_ok("segment: {k: 3}\n", set, 3);
    (void)state;
    assert_string_equal(c->directory, "o");
    tc_config_destroy(&c);
    expect_error(
        "segment: {k: 300}\n", set, 3, TC_ECONFIG,
        "c.yaml:1: segment.k: \"300\" is out of limits; allowed: a whole number from 1 to "
        "254");
}

static void test_columns(void **state)
{
    static const char *const no_amount[] = {"input.columns.amount="};
    static const char *const half[] = {"input.columns.amount=", "input.columns.quantity=q"};
    static const char *const other[] = {
        "input.columns.amount=", "input.columns.quantity=q", "input.columns.unit_price=t",
        "input.returns.order_prefix=C", "input.columns.order=o"};
    tc_config *c = parse_ok(minimal, other, 5);
    (void)state;
    assert_null(c->input.columns.amount);
    assert_string_equal(c->input.columns.quantity, "q");
    assert_string_equal(c->input.columns.unit_price, "t"); /* mapped twice is allowed */
    assert_string_equal(c->input.returns_order_prefix, "C");
    tc_config_destroy(&c);
    expect_error(
        minimal, no_amount, 1, TC_ECONFIG,
        "--set input.columns.amount: missing; allowed: amount, or quantity and unit_price, "
        "or all three");
    expect_error(
        minimal, half, 2, TC_ECONFIG,
        "c.yaml:4: input.columns.unit_price: missing; allowed: amount, or quantity and "
        "unit_price, or all three");
    expect_set(
        "input.columns.quantity=q",
        "c.yaml:4: input.columns.unit_price: missing; allowed: amount, or quantity and "
        "unit_price, or all three");
    expect_set("input.returns.order_prefix=C", "--set input.returns.order_prefix: no order "
                                               "column is mapped; allowed: empty, or map "
                                               "input.columns.order");
}

static void test_alias(void **state)
{
    char text[512];
    tc_config *c;
    (void)state;
    (void)snprintf(
        text, sizeof text,
        "%ssegment: {features: &f [{feature: order_count}]}\nchurn: {features: *f}\n",
        minimal);
    c = parse_ok(text, NULL, 0);
    assert_int_equal(c->churn.n_use, 1);
    assert_string_equal(c->churn.use[0].feature, "order_count");
    tc_config_destroy(&c);
    expect_more("segment: &s\n  k: *s\n", "c.yaml:6: segment.k: a mapping stands here; "
                                          "allowed: a whole number from 1 to 254");
}

static void test_path(void **state)
{
    tc_config *c = parse_ok(minimal, NULL, 0);
    tc_error err = {0};
    char *path = tc_config_path(c, "tiers.h5", &err);
    (void)state;
    assert_string_equal(path, "out/tiers.h5");
    tc_mem_free(path);
    tc_config_destroy(&c);
}

static void test_document(void **state)
{
    static const char *const parts[] = {
        "\n## segment\n\nCustomer segments by k-means.\n\n| key | default | allowed | "
        "meaning |\n",
        "| `k` | `5` | a whole number from 1 to 254 | number of segments; with k_max the "
        "fewest that are tried |\n",
        "| `directory` | required | a text that is not empty | folder of",
        "| `columns.amount` | not set | a column name; empty = not mapped | column of the "
        "amount",
        "| `returns.order_prefix` | `\"\"` | a text, may be empty |",
        "| `features[].transform` | `log` | log, none | log = sign(x) ln(1 + \\|x\\|) |\n",
        "| `tiers[].share` | required | a number above 0 to 1 | of the customers",
        "| `rules[].m` | `[1, 5]` | [lowest, highest] of the scores 1 to 5 | monetary "
        "scores |\n",
        "| `weights.churn` | `0.2` |",
        "\nDefault of `tiers`:\n\n```yaml\ntiers: [{name: bronze,"};
    tc_buffer text = {0};
    tc_error err = {0};
    (void)state;
    assert_int_equal(tc_config_document(&text, &err), TC_OK);
    assert_int_equal(tc_buffer_append(&text, "", 1, &err), TC_OK);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (strstr((char *)text.data, parts[i]) == NULL) {
            print_message("%s", (char *)text.data);
            fail_msg("not in the documentation: %s", parts[i]);
        }
    }
    tc_buffer_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_defaults_run_input),
                                       cmocka_unit_test(test_defaults_models),
                                       cmocka_unit_test(test_default_rules),
                                       cmocka_unit_test(test_sections),
                                       cmocka_unit_test(test_section_assign),
                                       cmocka_unit_test(test_overrides),
                                       cmocka_unit_test(test_empty_list),
                                       cmocka_unit_test(test_overrides_required),
                                       cmocka_unit_test(test_columns),
                                       cmocka_unit_test(test_alias),
                                       cmocka_unit_test(test_path),
                                       cmocka_unit_test(test_document)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

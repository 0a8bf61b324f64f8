/* The configuration: every class of error with its exact text. */
#include "config_fixture.h"

static void test_unknown_keys(void **state)
{
    (void)state;
    expect_more(
        "segmnt: {k: 3}\n",
        "c.yaml:5: segmnt: unknown key; allowed: run, io, input, "
        "identity, customers, interactions, wide, quality, features, segment, churn, "
        "assign");
    expect_more(
        "segment:\n  k: 3\n  kk: 3\n",
        "c.yaml:7: segment.kk: unknown key; allowed: features, k, k_max, criterion, "
        "min_share, silhouette_rows, stability, gap_references, scale, winsorise, "
        "restarts, sample, max_iterations, tolerance, weight, previous, high_share, "
        "middle_share, complex_cases, margin, case_cost");
    expect_more(
        "assign:\n  tiers:\n  - {name: a, share: 0.5}\n  - name: b\n    part: 0.5\n",
        "c.yaml:9: assign.tiers[1].part: unknown key; allowed: name, share");
    expect_more("segment: {k: 3}\nchurn: {ridge: 0}\nsegment: {k: 4}\n",
                "c.yaml:7: segment: given twice, first in line 5; allowed: once");
    expect_more(
        "segment: {<<: 1}\n",
        "c.yaml:5: segment.<<: unknown key; allowed: features, k, k_max, criterion, "
        "min_share, silhouette_rows, stability, gap_references, scale, winsorise, "
        "restarts, sample, max_iterations, tolerance, weight, previous, high_share, "
        "middle_share, complex_cases, margin, case_cost");
    expect_more("? [a, b]\n: 1\n",
                "c.yaml:5: a key must be a single word; allowed: run, io, input, "
                "identity, customers, interactions, wide, quality, features, segment, "
                "churn, assign");
}

static void test_wrong_types(void **state)
{
    (void)state;
    expect_more("segment:\n  k: many\n",
                "c.yaml:6: segment.k: \"many\" is not a whole number; "
                "allowed: a whole number from 1 to 254");
    expect_more("segment: {k: 5x}\n", "c.yaml:5: segment.k: \"5x\" is not a whole number; "
                                      "allowed: a whole number from 1 to 254");
    expect_more("segment: {k: 010}\n",
                "c.yaml:5: segment.k: \"010\" is not a whole number; "
                "allowed: a whole number from 1 to 254");
    expect_more("segment: {k: [5]}\n",
                "c.yaml:5: segment.k: a list stands here; allowed: a whole "
                "number from 1 to 254");
    expect_more("segment: {k: }\n",
                "c.yaml:5: segment.k: \"\" is not a whole number; allowed: a "
                "whole number from 1 to 254");
    expect_more("churn: {ridge: 0x10}\n",
                "c.yaml:5: churn.ridge: \"0x10\" is not a number; "
                "allowed: a number from 0 to 1000000");
    expect_more("churn: {ridge: .nan}\n",
                "c.yaml:5: churn.ridge: \".nan\" is not a number; "
                "allowed: a number from 0 to 1000000");
    expect_more("segment:\n",
                "c.yaml:5: segment: nothing stands here; allowed: a mapping with the keys "
                "features, k, k_max, criterion, min_share, silhouette_rows, stability, "
                "gap_references, scale, winsorise, restarts, sample, max_iterations, "
                "tolerance, weight, previous, high_share, middle_share, complex_cases, "
                "margin, case_cost");
    expect_more("features: 365\n",
                "c.yaml:5: features: a single value stands here; allowed: a "
                "mapping with the keys active_days");
    expect_more(
        "segment: {features: recency_days}\n",
        "c.yaml:5: segment.features: a single value stands here; allowed: a list of 1 to "
        "64 elements, also of one: [...]");
    expect_more(
        "segment: {features: [recency_days]}\n",
        "c.yaml:5: segment.features[0]: a single value stands here; allowed: a mapping "
        "with the keys feature, transform, missing");
    expect_more("assign: {tiers: }\n",
                "c.yaml:5: assign.tiers: nothing stands here; allowed: a "
                "list of 2 to 20 elements, also of one: [...]");
    expect_error(
        "run: {directory: null}\n", NULL, 0, TC_ECONFIG,
        "c.yaml:1: run.directory: nothing stands here; allowed: a text that is not empty");
    expect_error(
        "run: {directory: \"a\\0b\"}\n", NULL, 0, TC_ECONFIG,
        "c.yaml:1: run.directory: a zero byte stands in the text; allowed: a text that is "
        "not empty");
}

static void test_words(void **state)
{
    static const char *const set[] = {"input.returns.policy=nett", "segment.scale=2",
                                      "run.as_of=2011-02-30", "input.time_format=american"};
    (void)state;
    expect_set(set[0],
               "--set input.returns.policy: \"nett\" is unknown; allowed: net, reject");
    expect_set(set[1],
               "--set segment.scale: \"2\" is unknown; allowed: zscore, minmax, none");
    expect_set(set[2],
               "--set run.as_of: \"2011-02-30\" is not a date; allowed: auto, or a date "
               "YYYY-MM-DD");
    expect_set(
        set[3],
        "--set input.time_format: \"american\" is not a time format; allowed: iso, "
        "day_first, month_first, compact, epoch, epoch_ms, or a pattern with %Y, %m, "
        "%d, perhaps %H, %M, %S, %z");
    expect_set(
        "input.customer_id.strip_decimal=yes",
        "--set input.customer_id.strip_decimal: \"yes\" is unknown; allowed: true, false");
    expect_set(
        "segment.features=[{feature: order_count, transform: sqrt}]",
        "--set segment.features: segment.features[0].transform: \"sqrt\" is unknown; "
        "allowed: log, none");
}

static void test_limits(void **state)
{
    (void)state;
    expect_more("segment:\n\n  k: 255\n",
                "c.yaml:7: segment.k: \"255\" is out of limits; allowed: a "
                "whole number from 1 to 254");
    expect_set("segment.k_max=3", "--set segment.k_max: 3 is less than segment.k; allowed: "
                                  "0, or 5 or more");
    expect_set("segment.k_max=255", "--set segment.k_max: \"255\" is out of limits; "
                                    "allowed: a whole number from 0 to 254");
    expect_set("segment.criterion=best",
               "--set segment.criterion: \"best\" is unknown; allowed: calinski_harabasz, "
               "davies_bouldin, silhouette, simplified_silhouette, gap");
    expect_set("segment.k=0",
               "--set segment.k: \"0\" is out of limits; allowed: a whole number from "
               "1 to 254");
    expect_set("segment.k=99999999999999999999",
               "--set segment.k: \"99999999999999999999\" is out of limits; allowed: a "
               "whole number "
               "from 1 to 254");
    expect_set("segment.winsorise=0.5",
               "--set segment.winsorise: \"0.5\" is out of limits; "
               "allowed: a number from 0 to below 0.5");
    expect_set(
        "segment.middle_share=0.8",
        "--set segment.middle_share: 0.8 and segment.high_share = 0.2 leave no customer "
        "whose spending power is low; allowed: a sum below 1");
    expect_set("churn.tolerance=0",
               "--set churn.tolerance: \"0\" is out of limits; allowed: a "
               "number above 0 to below 1");
    expect_set("churn.ridge=1e999",
               "--set churn.ridge: \"1e999\" is out of limits; allowed: a "
               "number from 0 to 1000000");
    expect_set("assign.weights.churn=-0.1",
               "--set assign.weights.churn: \"-0.1\" is out of limits; "
               "allowed: a number from 0 to 1000000");
    expect_set("segment.sample=4",
               "--set segment.sample: 4 is less than segment.k; allowed: 5 or "
               "more");
}

static void test_assign_errors(void **state)
{
    (void)state;
    expect_more("assign:\n  tiers:\n  - {name: a, share: 0.5}\n  - {name: b, share: 0.6}\n",
                "c.yaml:6: assign.tiers: the shares sum to 1.1; allowed: 1, within 1e-9");
    expect_more(
        "assign:\n  tiers:\n  - {name: a, share: 0.5}\n  - {name: a, share: 0.5}\n",
        "c.yaml:8: assign.tiers[1].name: \"a\" stands in the list twice; allowed: each "
        "once");
    expect_more(
        "assign:\n  tiers:\n  - {name: a, share: 0.5}\n  - {share: 0.5}\n",
        "c.yaml:8: assign.tiers[1].name: missing; allowed: 1 to 64 of a-z, 0-9, _ and -; "
        "not none");
    expect_more("assign:\n  tiers: [{name: a, share: 1}]\n",
                "c.yaml:6: assign.tiers: 1 elements; allowed: 2 to 20");
    expect_set("assign.tiers=[{name: none, share: 0.5}, {name: b, share: 0.5}]",
               "--set assign.tiers: assign.tiers[0].name: \"none\" cannot be a name; "
               "allowed: 1 to "
               "64 of a-z, 0-9, _ and -; not none");
    expect_set("assign.tiers=[{name: Gold, share: 0.5}, {name: b, share: 0.5}]",
               "--set assign.tiers: assign.tiers[0].name: \"Gold\" cannot be a name; "
               "allowed: 1 to "
               "64 of a-z, 0-9, _ and -; not none");
    expect_set(
        "assign.tiers=[{name: a, share: 1.5}, {name: b, share: 0}]",
        "--set assign.tiers: assign.tiers[0].share: \"1.5\" is out of limits; allowed: a "
        "number above 0 to 1");
    expect_set("assign.weights={recency: 0, frequency: 0, monetary: 0, churn: 0}",
               "--set assign.weights: all weights are 0; allowed: at least one above 0");
}

static void test_rule_errors(void **state)
{
    (void)state;
    expect_set(
        "assign.rules=[{name: a, r: [1, 6], f: [1, 5]}]",
        "--set assign.rules: assign.rules[0].r: \"6\" is out of limits; allowed: [lowest, "
        "highest] of the scores 1 to 5");
    expect_set(
        "assign.rules=[{name: a, r: [4, 2], f: [1, 5]}]",
        "--set assign.rules: assign.rules[0].r: [4, 2] runs backwards; allowed: [lowest, "
        "highest] of the scores 1 to 5");
    expect_set(
        "assign.rules=[{name: a, r: [4], f: [1, 5]}]",
        "--set assign.rules: assign.rules[0].r: not two scores; allowed: [lowest, highest] "
        "of the scores 1 to 5");
    expect_set(
        "assign.rules=[{name: a, r: 4, f: [1, 5]}]",
        "--set assign.rules: assign.rules[0].r: a single value stands here; allowed: "
        "[lowest, highest] of the scores 1 to 5");
    expect_set(
        "assign.rules=[{name: a, r: [1, [2]], f: [1, 5]}]",
        "--set assign.rules: assign.rules[0].r: not two scores; allowed: [lowest, highest] "
        "of the scores 1 to 5");
    expect_set(
        "assign.rules=[{name: a, r: [4, 5]}]",
        "--set assign.rules: assign.rules[0].f: missing; allowed: [lowest, highest] of the "
        "scores 1 to 5");
}

static void test_repeated_features(void **state)
{
    (void)state;
    expect_more(
        "churn:\n  features:\n  - feature: order_count\n  - feature: net_amount\n"
        "  - transform: none\n    feature: order_count\n",
        "c.yaml:10: churn.features[2].feature: \"order_count\" stands in the list twice; "
        "allowed: each once");
    expect_more("churn: {features: []}\n",
                "c.yaml:5: churn.features: 0 elements; allowed: 1 to 64");
    expect_more("churn: {features: [{feature: Recency}]}\n",
                "c.yaml:5: churn.features[0].feature: \"Recency\" cannot be a feature; "
                "allowed: the "
                "name of a feature of the catalogue, of a-z, 0-9 and _, or user.<name>, "
                "user.<name>=<level>");
}

static void test_missing(void **state)
{
    (void)state;
    expect_error(
        "input:\n  transactions: [a.csv]\n", NULL, 0, TC_ECONFIG,
        "c.yaml:1: run.directory: missing; needed: folder of the results, relative to the "
        "folder the program is started in");
    expect_error(
        "\nrun: {directory: out}\ninput:\n  columns: {time: t}\n", NULL, 0, TC_ECONFIG,
        "c.yaml:4: input.columns.customer: missing; needed: column of the customer id");
    expect_error(
        "run: {directory: out}\ninput:\n  columns: {customer: c, time: t, amount: a}\n",
        NULL, 0, TC_ECONFIG,
        "c.yaml:2: input.transactions: missing; needed: paths of .csv, .csv.gz or .csv.zst "
        "files, or patterns with * ? [], relative to the folder of the configuration file");
    expect_error(
        "run: {directory: \"\"}\n", NULL, 0, TC_ECONFIG,
        "c.yaml:1: run.directory: \"\" is empty; allowed: a text that is not empty");
    expect_error(
        "{}\n", NULL, 0, TC_ECONFIG,
        "c.yaml:1: run.directory: missing; needed: folder of the results, relative to the "
        "folder the program is started in");
}

static void test_syntax(void **state)
{
    (void)state;
    expect_error(
        "run: {directory: out}\ninput: [\n", NULL, 0, TC_ECONFIG,
        "c.yaml:3: not valid YAML: did not find expected node content while parsing a flow "
        "node; check indentation and quotes");
    expect_error(
        "run:\n  directory: out\n seed: 1\n", NULL, 0, TC_ECONFIG,
        "c.yaml:3: not valid YAML: did not find expected key while parsing a block "
        "mapping; check indentation and quotes");
    expect_error(
        "run:\n  directory: \x01\n", NULL, 0, TC_ECONFIG,
        "c.yaml:2: not valid YAML: control characters are not allowed; check indentation "
        "and quotes");
    expect_error("run: {directory: out}\n---\nrun: {seed: 2}\n", NULL, 0, TC_ECONFIG,
                 "c.yaml:3: a second document begins; allowed: one");
    expect_error(
        "id,time,amount\n1,2,3\n", NULL, 0, TC_ECONFIG,
        "c.yaml:1: a single value stands here; allowed: a mapping with the keys run, "
        "io, input, identity, customers, interactions, wide, quality, features, segment, "
        "churn, assign");
    expect_error(
        "a: *b\n", NULL, 0, TC_ECONFIG,
        "c.yaml:1: not valid YAML: found undefined alias; check indentation and quotes");
}

static void test_empty(void **state)
{
    static const char message[] =
        "c.yaml:1: the configuration is empty; needed at least: run.directory, "
        "input.transactions, input.columns";
    (void)state;
    expect_error("", NULL, 0, TC_ECONFIG, message);
    expect_error("# nothing\n", NULL, 0, TC_ECONFIG, message);
}

static void test_override_errors(void **state)
{
    static const char form[] = "not of the form key.path=value on one line; allowed: for "
                               "example segment.k=6, and whole "
                               "lists: input.transactions=[a.csv]";
    static const char *const bad[] = {"segment.k",        "=3",
                                      "segment..k=3",     ".segment.k=3",
                                      "segment.=3",       "assign.tiers[0].share=1",
                                      "segment.k=3\nx: 1"};
    char message[512], shown[64];
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        (void)snprintf(shown, sizeof shown, "%s", bad[i]);
        for (char *p = shown; *p != '\0'; p++) {
            if (*p == '\n') {
                *p = '?';
            }
        }
        (void)snprintf(message, sizeof message, "--set \"%s\": %s", shown, form);
        expect_set(bad[i], message);
    }
    expect_set("segment.kk=3",
               "--set segment.kk: unknown key; allowed: features, k, k_max, criterion, "
               "min_share, silhouette_rows, stability, gap_references, scale, "
               "winsorise, restarts, sample, max_iterations, tolerance, weight, previous, "
               "high_share, middle_share, complex_cases, margin, case_cost");
    expect_set("segmnt.k=3",
               "--set segmnt.k: segmnt: unknown key; allowed: run, io, input, "
               "identity, customers, interactions, wide, quality, features, "
               "segment, churn, assign");
    expect_set("segment.k.x=3",
               "--set segment.k.x: segment.k: a mapping stands here; allowed: a "
               "whole number from 1 to 254");
    expect_set("segment.features=[",
               "--set segment.features: not valid YAML: did not find expected "
               "node content while parsing a flow node; check indentation and "
               "quotes");
    expect_set("input.time_format=%d",
               "--set input.time_format: not valid YAML: found character "
               "that cannot start any token while scanning for the next "
               "token; check indentation and quotes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_unknown_keys),
                                       cmocka_unit_test(test_wrong_types),
                                       cmocka_unit_test(test_words),
                                       cmocka_unit_test(test_limits),
                                       cmocka_unit_test(test_assign_errors),
                                       cmocka_unit_test(test_rule_errors),
                                       cmocka_unit_test(test_repeated_features),
                                       cmocka_unit_test(test_missing),
                                       cmocka_unit_test(test_syntax),
                                       cmocka_unit_test(test_empty),
                                       cmocka_unit_test(test_override_errors)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

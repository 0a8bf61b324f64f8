/* The table of keys as libcyaml's schema and as rows that the other steps walk. */
#include "config_impl.h"

#include <stdio.h>
#include <string.h>

/* SCORES are written as two ints at once. */
_Static_assert(offsetof(tc_segment_rule, r_max) ==
                       offsetof(tc_segment_rule, r_min) + sizeof(int) &&
                   offsetof(tc_segment_rule, f_max) ==
                       offsetof(tc_segment_rule, f_min) + sizeof(int) &&
                   offsetof(tc_segment_rule, m_max) ==
                       offsetof(tc_segment_rule, m_min) + sizeof(int),
               "the two ends of a score range must be adjacent");
_Static_assert(sizeof(tc_transform) == sizeof(int) && sizeof(tc_mark) == sizeof(int),
               "words are written as int");

/* Rows are lists of initialisers, where brackets do not belong.
 * NOLINTBEGIN(bugprone-macro-parentheses) */
#define WORD(word, value) {word, value},
static const cyaml_strval_t tc_words_returns[] = {TC_WORDS_RETURNS(WORD)};
static const cyaml_strval_t tc_words_zero[] = {TC_WORDS_ZERO(WORD)};
static const cyaml_strval_t tc_words_duplicates[] = {TC_WORDS_DUPLICATES(WORD)};
static const cyaml_strval_t tc_words_case[] = {TC_WORDS_CASE(WORD)};
static const cyaml_strval_t tc_words_encoding[] = {TC_WORDS_ENCODING(WORD)};
static const cyaml_strval_t tc_words_decimal[] = {TC_WORDS_DECIMAL(WORD)};
static const cyaml_strval_t tc_words_thousands[] = {TC_WORDS_THOUSANDS(WORD)};
static const cyaml_strval_t tc_words_negative[] = {TC_WORDS_NEGATIVE(WORD)};
static const cyaml_strval_t tc_words_scale[] = {TC_WORDS_SCALE(WORD)};
static const cyaml_strval_t tc_words_transfer[] = {TC_WORDS_TRANSFER(WORD)};
static const cyaml_strval_t tc_words_direct[] = {TC_WORDS_DIRECT(WORD)};
static const cyaml_strval_t tc_words_attribute[] = {TC_WORDS_ATTRIBUTE(WORD)};
static const cyaml_strval_t tc_words_unlisted[] = {TC_WORDS_UNLISTED(WORD)};
static const cyaml_strval_t tc_words_storage[] = {TC_WORDS_STORAGE(WORD)};
static const cyaml_strval_t tc_words_criterion[] = {TC_WORDS_CRITERION(WORD)};
#define TOUCH(value, word) {word, value},
static const cyaml_strval_t tc_words_touch[] = {TC_TOUCH_LIST(TOUCH)};
static const cyaml_strval_t tc_words_transform[] = {TC_WORDS_TRANSFORM(WORD)};
static const cyaml_strval_t tc_words_lack[] = {TC_WORDS_LACK(WORD)};

/* ---- schema; A is the raw struct. Outside lists all keys are optional here: a required one may also
 * come from an override, so it is missed only in the end (config_verify.c). ---- */
#define NEED(flags) (((flags)&TC_KEY_REQUIRED) != 0 ? 0 : CYAML_FLAG_OPTIONAL)
#define FIELD_INT(key, need, A) CYAML_FIELD_INT_PTR(#key, need, A, v_##key),
#define FIELD_REAL(key, need, A) CYAML_FIELD_FLOAT_PTR(#key, need, A, v_##key),
#define FIELD_FLAG(key, need, A) CYAML_FIELD_BOOL_PTR(#key, need, A, v_##key),
#define FIELD_DAY(key, need, A)                                                            \
    CYAML_FIELD_STRING_PTR(#key, need, A, v_##key, 0, CYAML_UNLIMITED),
#define FIELD_LIMIT FIELD_DAY
#define FIELD_BOUND FIELD_DAY
#define FIELD_TEXT FIELD_DAY
#define FIELD_BLANK FIELD_DAY
#define FIELD_FILE FIELD_DAY
#define FIELD_COLUMN FIELD_DAY
#define FIELD_FORMAT FIELD_DAY
#define FIELD_NAME FIELD_DAY
#define FIELD_FEATURE FIELD_DAY
#define FIELD_SCORES(key, need, A)                                                         \
    CYAML_FIELD_SEQUENCE_FIXED(#key, (need) | CYAML_FLAG_POINTER, A, v_##key,              \
                               &score_schema, 2),
#define FIELD_W(A, key, member, fallback, words, text)                                     \
    CYAML_FIELD_ENUM_PTR(#key, CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT, A, v_##key, words, \
                         CYAML_ARRAY_LEN(words)),
#define FIELD_N(A, kind, key, member, fallback, low, high, bounds, flags, text)            \
    FIELD_##kind(key, CYAML_FLAG_OPTIONAL, A)
#define FIELD_T(A, kind, key, member, fallback, flags, text)                               \
    FIELD_##kind(key, CYAML_FLAG_OPTIONAL, A)
#define FIELDS(KEYS, A) KEYS(FIELD_N, FIELD_W, FIELD_T, A)
#define ELEMENT_N(A, kind, key, member, fallback, low, high, bounds, flags, text)          \
    FIELD_##kind(key, NEED(flags), A)
#define ELEMENT_T(A, kind, key, member, fallback, flags, text)                             \
    FIELD_##kind(key, NEED(flags), A)
#define ELEMENT_FIELDS(KEYS, A) KEYS(ELEMENT_N, FIELD_W, ELEMENT_T, A)
#define SECTION(key, A, fields)                                                            \
    CYAML_FIELD_MAPPING(#key, CYAML_FLAG_OPTIONAL, A, key, fields)
/* The number of elements is checked by the table, not by the schema. */
#define LIST(key, A, entry)                                                                \
    CYAML_FIELD_SEQUENCE_COUNT(#key, CYAML_FLAG_OPTIONAL | CYAML_FLAG_POINTER, A, l_##key, \
                               n_##key, &(entry), 0, CYAML_UNLIMITED)

static const cyaml_schema_value_t score_schema = {
    CYAML_VALUE_INT(CYAML_FLAG_DEFAULT, int64_t),
};
static const cyaml_schema_value_t path_schema = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 0, CYAML_UNLIMITED),
};

static const cyaml_schema_field_t use_fields[] = {ELEMENT_FIELDS(TC_KEYS_USE, tc_raw_use)
                                                      CYAML_FIELD_END};
static const cyaml_schema_value_t use_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, tc_raw_use, use_fields),
};
static const cyaml_schema_field_t place_fields[] = {
    ELEMENT_FIELDS(TC_KEYS_PLACE, tc_raw_place) CYAML_FIELD_END};
static const cyaml_schema_value_t place_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, tc_raw_place, place_fields),
};
static const cyaml_schema_field_t attribute_fields[] = {
    ELEMENT_FIELDS(TC_KEYS_ATTRIBUTE, tc_raw_attribute) CYAML_FIELD_END};
static const cyaml_schema_value_t attribute_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, tc_raw_attribute, attribute_fields),
};
static const cyaml_schema_field_t touch_fields[] = {
    ELEMENT_FIELDS(TC_KEYS_TOUCH, tc_raw_touch) CYAML_FIELD_END};
static const cyaml_schema_value_t touch_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, tc_raw_touch, touch_fields),
};
static const cyaml_schema_field_t category_fields[] = {
    ELEMENT_FIELDS(TC_KEYS_CATEGORY, tc_raw_category) CYAML_FIELD_END};
static const cyaml_schema_value_t category_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, tc_raw_category, category_fields),
};
static const cyaml_schema_field_t column_limit_fields[] = {
    ELEMENT_FIELDS(TC_KEYS_COLUMN_LIMIT, tc_raw_column_limit) CYAML_FIELD_END};
static const cyaml_schema_value_t column_limit_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, tc_raw_column_limit, column_limit_fields),
};
static const cyaml_schema_field_t tier_fields[] = {ELEMENT_FIELDS(TC_KEYS_TIER, tc_raw_tier)
                                                       CYAML_FIELD_END};
static const cyaml_schema_value_t tier_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, tc_raw_tier, tier_fields),
};
static const cyaml_schema_field_t rule_fields[] = {ELEMENT_FIELDS(TC_KEYS_RULE, tc_raw_rule)
                                                       CYAML_FIELD_END};
static const cyaml_schema_value_t rule_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, tc_raw_rule, rule_fields),
};

static const cyaml_schema_field_t run_fields[] = {
    LIST(events, tc_raw_run, path_schema), FIELDS(TC_KEYS_RUN, tc_raw_run) CYAML_FIELD_END};
static const cyaml_schema_field_t io_fields[] = {
    LIST(hints, tc_raw_io, path_schema), FIELDS(TC_KEYS_IO, tc_raw_io) CYAML_FIELD_END};
static const cyaml_schema_field_t column_fields[] = {FIELDS(TC_KEYS_COLUMNS, tc_raw_columns)
                                                         CYAML_FIELD_END};
static const cyaml_schema_field_t return_fields[] = {FIELDS(TC_KEYS_RETURNS, tc_raw_returns)
                                                         CYAML_FIELD_END};
static const cyaml_schema_field_t customer_id_fields[] = {
    FIELDS(TC_KEYS_CUSTOMER_ID, tc_raw_customer_id) CYAML_FIELD_END};
static const cyaml_schema_field_t format_fields[] = {
    LIST(currency, tc_raw_format, path_schema),
    FIELDS(TC_KEYS_FORMAT, tc_raw_format) CYAML_FIELD_END};
static const cyaml_schema_field_t input_fields[] = {
    LIST(transactions, tc_raw_input, path_schema),
    SECTION(columns, tc_raw_input, column_fields),
    SECTION(returns, tc_raw_input, return_fields),
    SECTION(customer_id, tc_raw_input, customer_id_fields),
    SECTION(format, tc_raw_input, format_fields),
    FIELDS(TC_KEYS_INPUT, tc_raw_input) CYAML_FIELD_END};
static const cyaml_schema_field_t identity_map_column_fields[] = {
    FIELDS(TC_KEYS_IDENTITY_MAP, tc_raw_identity_map_columns) CYAML_FIELD_END};
static const cyaml_schema_field_t identity_map_fields[] = {
    LIST(files, tc_raw_identity_map, path_schema),
    SECTION(columns, tc_raw_identity_map, identity_map_column_fields), CYAML_FIELD_END};
static const cyaml_schema_field_t identity_hierarchy_column_fields[] = {
    FIELDS(TC_KEYS_IDENTITY_HIERARCHY, tc_raw_identity_hierarchy_columns) CYAML_FIELD_END};
static const cyaml_schema_field_t identity_hierarchy_fields[] = {
    LIST(files, tc_raw_identity_hierarchy, path_schema),
    SECTION(columns, tc_raw_identity_hierarchy, identity_hierarchy_column_fields),
    CYAML_FIELD_END};
static const cyaml_schema_field_t identity_fields[] = {
    SECTION(map, tc_raw_identity, identity_map_fields),
    SECTION(hierarchy, tc_raw_identity, identity_hierarchy_fields), CYAML_FIELD_END};
static const cyaml_schema_field_t customer_column_fields[] = {
    FIELDS(TC_KEYS_CUSTOMER_COLUMNS, tc_raw_customer_columns) CYAML_FIELD_END};
static const cyaml_schema_field_t customers_fields[] = {
    LIST(files, tc_raw_customers, path_schema),
    SECTION(columns, tc_raw_customers, customer_column_fields),
    LIST(attributes, tc_raw_customers, attribute_schema),
    FIELDS(TC_KEYS_CUSTOMERS, tc_raw_customers) CYAML_FIELD_END};
static const cyaml_schema_field_t interaction_column_fields[] = {
    FIELDS(TC_KEYS_INTERACTION_COLUMNS, tc_raw_interaction_columns) CYAML_FIELD_END};
static const cyaml_schema_field_t interactions_fields[] = {
    LIST(files, tc_raw_interactions, path_schema),
    SECTION(columns, tc_raw_interactions, interaction_column_fields),
    LIST(kinds, tc_raw_interactions, touch_schema),
    FIELDS(TC_KEYS_INTERACTIONS, tc_raw_interactions) CYAML_FIELD_END};
static const cyaml_schema_field_t wide_fields[] = {
    LIST(files, tc_raw_wide, path_schema), LIST(categorical, tc_raw_wide, category_schema),
    FIELDS(TC_KEYS_WIDE, tc_raw_wide) CYAML_FIELD_END};
static const cyaml_schema_field_t quality_fields[] = {
    LIST(columns, tc_raw_quality, column_limit_schema),
    FIELDS(TC_KEYS_QUALITY, tc_raw_quality) CYAML_FIELD_END};
static const cyaml_schema_field_t feature_fields[] = {
    FIELDS(TC_KEYS_FEATURES, tc_raw_features) CYAML_FIELD_END};
static const cyaml_schema_field_t segment_fields[] = {
    LIST(features, tc_raw_segment, place_schema),
    FIELDS(TC_KEYS_SEGMENT, tc_raw_segment) CYAML_FIELD_END};
static const cyaml_schema_field_t churn_fields[] = {
    LIST(features, tc_raw_churn, use_schema),
    FIELDS(TC_KEYS_CHURN, tc_raw_churn) CYAML_FIELD_END};
static const cyaml_schema_field_t weight_fields[] = {FIELDS(TC_KEYS_WEIGHTS, tc_raw_weights)
                                                         CYAML_FIELD_END};
static const cyaml_schema_field_t assign_fields[] = {
    SECTION(weights, tc_raw_assign, weight_fields), LIST(tiers, tc_raw_assign, tier_schema),
    LIST(rules, tc_raw_assign, rule_schema), CYAML_FIELD_END};
static const cyaml_schema_field_t raw_fields[] = {
    SECTION(run, tc_raw, run_fields),
    SECTION(io, tc_raw, io_fields),
    SECTION(input, tc_raw, input_fields),
    SECTION(identity, tc_raw, identity_fields),
    SECTION(customers, tc_raw, customers_fields),
    SECTION(interactions, tc_raw, interactions_fields),
    SECTION(wide, tc_raw, wide_fields),
    SECTION(quality, tc_raw, quality_fields),
    SECTION(features, tc_raw, feature_fields),
    SECTION(segment, tc_raw, segment_fields),
    SECTION(churn, tc_raw, churn_fields),
    SECTION(assign, tc_raw, assign_fields),
    CYAML_FIELD_END};
static const cyaml_schema_value_t raw_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, tc_raw, raw_fields),
};

const cyaml_schema_value_t *tc_raw_schema(void)
{
    return &raw_schema;
}

/* ---- rows; outside lists A is the path of the mapping, inside the suffix of the element types ---- */
typedef tc_feature_use tc_out_use;
typedef tc_feature_use tc_out_place;
typedef tc_attribute_def tc_out_attribute;
typedef tc_touch_word tc_out_touch;
typedef tc_category_def tc_out_category;
typedef tc_quality_column_limit tc_out_column_limit;
typedef tc_tier_def tc_out_tier;
typedef tc_segment_rule tc_out_rule;

#define ROW_N(A, kind_, key, member_, fallback_, low_, high_, bounds_, flags_, text_)      \
    {.path = #A "." #key,                                                                  \
     .kind = TC_KIND_##kind_,                                                              \
     .flags = flags_,                                                                      \
     .raw = offsetof(tc_raw, A.v_##key),                                                   \
     .member = offsetof(tc_config, member_),                                               \
     .fallback = fallback_,                                                                \
     .low = low_,                                                                          \
     .high = high_,                                                                        \
     .bounds = bounds_,                                                                    \
     .text = text_},
#define ROW_T(A, kind, key, member, fallback, flags, text)                                 \
    ROW_N(A, kind, key, member, fallback, 0, 0, "[]", flags, text)
#define ROW_W(A, key, member_, fallback_, words_, text_)                                   \
    {.path = #A "." #key,                                                                  \
     .kind = TC_KIND_WORD,                                                                 \
     .raw = offsetof(tc_raw, A.v_##key),                                                   \
     .member = offsetof(tc_config, member_),                                               \
     .fallback = fallback_,                                                                \
     .words = words_,                                                                      \
     .n_words = CYAML_ARRAY_LEN(words_),                                                   \
     .text = text_},
#define ROWS(KEYS, A) KEYS(ROW_N, ROW_W, ROW_T, A)

#define ITEM_N(A, kind_, key, member_, fallback_, low_, high_, bounds_, flags_, text_)     \
    {.path = #key,                                                                         \
     .kind = TC_KIND_##kind_,                                                              \
     .flags = flags_,                                                                      \
     .raw = offsetof(tc_raw_##A, v_##key),                                                 \
     .member = offsetof(tc_out_##A, member_),                                              \
     .fallback = fallback_,                                                                \
     .low = low_,                                                                          \
     .high = high_,                                                                        \
     .bounds = bounds_,                                                                    \
     .text = text_},
#define ITEM_T(A, kind, key, member, fallback, flags, text)                                \
    ITEM_N(A, kind, key, member, fallback, 0, 0, "[]", flags, text)
#define ITEM_W(A, key, member_, fallback_, words_, text_)                                  \
    {.path = #key,                                                                         \
     .kind = TC_KIND_WORD,                                                                 \
     .raw = offsetof(tc_raw_##A, v_##key),                                                 \
     .member = offsetof(tc_out_##A, member_),                                              \
     .fallback = fallback_,                                                                \
     .words = words_,                                                                      \
     .n_words = CYAML_ARRAY_LEN(words_),                                                   \
     .text = text_},
#define ITEMS(KEYS, A) KEYS(ITEM_N, ITEM_W, ITEM_T, A)

static const tc_key key_rows[] = {
    ROWS(TC_KEYS_RUN, run) ROWS(TC_KEYS_IO, io) ROWS(TC_KEYS_COLUMNS, input.columns) ROWS(
        TC_KEYS_INPUT, input) ROWS(TC_KEYS_RETURNS, input.returns) ROWS(TC_KEYS_CUSTOMER_ID,
                                                                        input.customer_id)
        ROWS(TC_KEYS_FORMAT, input.format) ROWS(TC_KEYS_IDENTITY_MAP, identity.map.columns)
            ROWS(TC_KEYS_IDENTITY_HIERARCHY, identity.hierarchy.columns)
                ROWS(TC_KEYS_CUSTOMER_COLUMNS, customers.columns)
                    ROWS(TC_KEYS_CUSTOMERS, customers) ROWS(TC_KEYS_INTERACTION_COLUMNS,
                                                            interactions.columns)
                        ROWS(TC_KEYS_INTERACTIONS, interactions) ROWS(TC_KEYS_WIDE, wide)
                            ROWS(TC_KEYS_QUALITY, quality) ROWS(TC_KEYS_FEATURES, features)
                                ROWS(TC_KEYS_SEGMENT, segment) ROWS(TC_KEYS_CHURN, churn)
                                    ROWS(TC_KEYS_WEIGHTS, assign.weights)};
static const tc_key tc_key_path[] = {{.path = "", .kind = TC_KIND_TEXT, .text = "a path"}};
static const tc_key tc_key_sign[] = {{.path = "", .kind = TC_KIND_TEXT, .text = "a sign"}};
static const tc_key tc_key_hint[] = {{.path = "", .kind = TC_KIND_TEXT, .text = "a hint"}};
static const tc_key tc_key_use[] = {ITEMS(TC_KEYS_USE, use)};
static const tc_key tc_key_place[] = {ITEMS(TC_KEYS_PLACE, place)};
static const tc_key tc_key_attribute[] = {ITEMS(TC_KEYS_ATTRIBUTE, attribute)};
static const tc_key tc_key_touch[] = {ITEMS(TC_KEYS_TOUCH, touch)};
static const tc_key tc_key_category[] = {ITEMS(TC_KEYS_CATEGORY, category)};
static const tc_key tc_key_column_limit[] = {ITEMS(TC_KEYS_COLUMN_LIMIT, column_limit)};
static const tc_key tc_key_tier[] = {ITEMS(TC_KEYS_TIER, tier)};
static const tc_key tc_key_rule[] = {ITEMS(TC_KEYS_RULE, rule)};

#define ROW_L(section, key, member_, count_, element, rows_, low_, high_, fallback_,       \
              flags_, text_)                                                               \
    {.path = #section "." #key,                                                            \
     .flags = flags_,                                                                      \
     .fallback = fallback_,                                                                \
     .low = low_,                                                                          \
     .high = high_,                                                                        \
     .rows = rows_,                                                                        \
     .n_rows = CYAML_ARRAY_LEN(rows_),                                                     \
     .raw_items = offsetof(tc_raw, section.l_##key),                                       \
     .raw_count = offsetof(tc_raw, section.n_##key),                                       \
     .raw_size = sizeof(element),                                                          \
     .items = offsetof(tc_config, member_),                                                \
     .count = offsetof(tc_config, count_),                                                 \
     .size = sizeof(*((tc_config *)NULL)->member_),                                        \
     .text = text_},
/* NOLINTEND(bugprone-macro-parentheses) */
static const tc_list list_rows[] = {TC_LISTS(ROW_L)};

const tc_key *tc_keys(int *n)
{
    *n = CYAML_ARRAY_LEN(key_rows);
    return key_rows;
}

const tc_list *tc_lists(int *n)
{
    *n = CYAML_ARRAY_LEN(list_rows);
    return list_rows;
}

const tc_list *tc_list_find(const char *path)
{
    for (size_t i = 0; i < CYAML_ARRAY_LEN(list_rows); i++) {
        if (strcmp(list_rows[i].path, path) == 0) {
            return &list_rows[i];
        }
    }
    return NULL;
}

static const tc_key *find_row(const tc_key *rows, int n, const char *path)
{
    for (int i = 0; i < n; i++) {
        if (strcmp(rows[i].path, path) == 0) {
            return &rows[i];
        }
    }
    return NULL;
}

const tc_key *tc_key_find(const char *path)
{
    const char *open = strchr(path, '['), *close = strchr(path, ']');
    char head[TC_PATH_TEXT];
    const tc_list *list;
    if (open == NULL || close == NULL) {
        return find_row(key_rows, CYAML_ARRAY_LEN(key_rows), path);
    }
    (void)snprintf(head, sizeof head, "%.*s", (int)(open - path), path);
    list = tc_list_find(head);
    return list == NULL
               ? NULL
               : find_row(list->rows, list->n_rows, close + (close[1] == '.' ? 2 : 1));
}

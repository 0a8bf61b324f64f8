/* config_impl.h - private to config_*.c: the table of keys expanded (config_keys.h), and the steps from
 * YAML text to tc_config: layer (parse, check, load) -> resolve -> verify -> files. */
#ifndef TC_CONFIG_IMPL_H
#define TC_CONFIG_IMPL_H

#include "tiercel/config.h"

#include <cyaml/cyaml.h>
#include <stdbool.h>
#include <stddef.h>
#include <yaml.h>

#include "config_keys.h"

enum { TC_PATH_TEXT = 160, TC_ALLOWED_TEXT = 320, TC_WRONG_TEXT = 160 };
enum {
    TC_KEY_REQUIRED = 1,
    TC_KEY_LOCAL = 2,
    TC_KEY_ONCE = 4,
    TC_KEY_LATE = 8,
    TC_KEY_TEXTS = 16
};

/* The kind of a value. All from TC_KIND_TEXT on are text in tc_config. */
typedef enum {
    TC_KIND_INT,
    TC_KIND_REAL,
    TC_KIND_FLAG,
    TC_KIND_WORD,
    TC_KIND_DAY,    /* a date or auto; a day number in tc_config */
    TC_KIND_LIMIT,  /* a number or none; a double in tc_config, NaN = none */
    TC_KIND_BOUND,  /* a date, as_of or none; a day number in tc_config */
    TC_KIND_SCORES, /* [lowest, highest]; two adjacent ints in tc_config */
    TC_KIND_TEXT,   /* not empty */
    TC_KIND_BLANK,  /* may be empty */
    TC_KIND_FILE,   /* part of a file name, may be empty */
    TC_KIND_COLUMN, /* of the input; empty = not mapped, NULL in tc_config */
    TC_KIND_FORMAT, /* of times */
    TC_KIND_NAME,   /* of a tier or segment */
    TC_KIND_FEATURE /* of the catalogue or the user, which are not known in this layer */
} tc_kind;

/* One row of the table. */
typedef struct {
    const char *path; /* "segment.k"; in an element of a list "share" */
    tc_kind kind;
    int flags;
    size_t
        raw; /* where the pointer to the raw value lies in tc_raw or in the raw element */
    size_t member;        /* where the value lies in tc_config or in the element */
    const char *fallback; /* default as YAML text, NULL = none */
    double low, high;
    const char *bounds;
    const cyaml_strval_t *words;
    int n_words;
    const char *text;
} tc_key;

typedef struct {
    const char *path;
    const char *fallback;
    const tc_key *rows;
    size_t raw_items, raw_count, raw_size;
    size_t items, count, size;
    const char *text;
    int flags;
    int low, high; /* elements */
    int n_rows;
} tc_list;

/* What libcyaml fills. NULL = not in the file. */
#define TC_RAW_INT(key) int64_t *v_##key;
#define TC_RAW_REAL(key) double *v_##key;
#define TC_RAW_FLAG(key) bool *v_##key;
#define TC_RAW_SCORES(key) int64_t *v_##key;
#define TC_RAW_DAY(key) char *v_##key;
#define TC_RAW_LIMIT(key) char *v_##key;
#define TC_RAW_BOUND(key) char *v_##key;
#define TC_RAW_TEXT(key) char *v_##key;
#define TC_RAW_BLANK(key) char *v_##key;
#define TC_RAW_FILE(key) char *v_##key;
#define TC_RAW_COLUMN(key) char *v_##key;
#define TC_RAW_FORMAT(key) char *v_##key;
#define TC_RAW_NAME(key) char *v_##key;
#define TC_RAW_FEATURE(key) char *v_##key;
#define TC_RAW_N(A, kind, key, member, fallback, low, high, bounds, flags, text)           \
    TC_RAW_##kind(key)
#define TC_RAW_W(A, key, member, fallback, words, text) int *v_##key;
#define TC_RAW_T(A, kind, key, member, fallback, flags, text) TC_RAW_##kind(key)
#define TC_RAW(KEYS) KEYS(TC_RAW_N, TC_RAW_W, TC_RAW_T, 0)

typedef char *tc_raw_path;
typedef struct {
    TC_RAW(TC_KEYS_USE)
} tc_raw_use;
typedef struct {
    TC_RAW(TC_KEYS_PLACE)
} tc_raw_place;
typedef struct {
    TC_RAW(TC_KEYS_ATTRIBUTE)
} tc_raw_attribute;
typedef struct {
    TC_RAW(TC_KEYS_TOUCH)
} tc_raw_touch;
typedef struct {
    TC_RAW(TC_KEYS_CATEGORY)
} tc_raw_category;
typedef struct {
    TC_RAW(TC_KEYS_COLUMN_LIMIT)
} tc_raw_column_limit;
typedef struct {
    TC_RAW(TC_KEYS_TIER)
} tc_raw_tier;
typedef struct {
    TC_RAW(TC_KEYS_RULE)
} tc_raw_rule;
typedef struct {
    tc_raw_path *l_events;
    unsigned n_events;
    TC_RAW(TC_KEYS_RUN)
} tc_raw_run;
typedef struct {
    tc_raw_path *l_hints;
    unsigned n_hints;
    TC_RAW(TC_KEYS_IO)
} tc_raw_io;
typedef struct {
    TC_RAW(TC_KEYS_COLUMNS)
} tc_raw_columns;
typedef struct {
    TC_RAW(TC_KEYS_RETURNS)
} tc_raw_returns;
typedef struct {
    TC_RAW(TC_KEYS_CUSTOMER_ID)
} tc_raw_customer_id;
typedef struct {
    tc_raw_path *l_currency;
    unsigned n_currency;
    TC_RAW(TC_KEYS_FORMAT)
} tc_raw_format;
typedef struct {
    tc_raw_path *l_transactions;
    unsigned n_transactions;
    tc_raw_columns columns;
    tc_raw_returns returns;
    tc_raw_customer_id customer_id;
    tc_raw_format format;
    TC_RAW(TC_KEYS_INPUT)
} tc_raw_input;
typedef struct {
    TC_RAW(TC_KEYS_IDENTITY_MAP)
} tc_raw_identity_map_columns;
typedef struct {
    TC_RAW(TC_KEYS_IDENTITY_HIERARCHY)
} tc_raw_identity_hierarchy_columns;
typedef struct {
    tc_raw_path *l_files;
    unsigned n_files;
    tc_raw_identity_map_columns columns;
} tc_raw_identity_map;
typedef struct {
    tc_raw_path *l_files;
    unsigned n_files;
    tc_raw_identity_hierarchy_columns columns;
} tc_raw_identity_hierarchy;
typedef struct {
    tc_raw_identity_map map;
    tc_raw_identity_hierarchy hierarchy;
} tc_raw_identity;
typedef struct {
    TC_RAW(TC_KEYS_CUSTOMER_COLUMNS)
} tc_raw_customer_columns;
typedef struct {
    tc_raw_path *l_files;
    unsigned n_files;
    tc_raw_customer_columns columns;
    tc_raw_attribute *l_attributes;
    unsigned n_attributes;
    TC_RAW(TC_KEYS_CUSTOMERS)
} tc_raw_customers;
typedef struct {
    TC_RAW(TC_KEYS_INTERACTION_COLUMNS)
} tc_raw_interaction_columns;
typedef struct {
    tc_raw_path *l_files;
    unsigned n_files;
    tc_raw_interaction_columns columns;
    tc_raw_touch *l_kinds;
    unsigned n_kinds;
    TC_RAW(TC_KEYS_INTERACTIONS)
} tc_raw_interactions;
typedef struct {
    tc_raw_path *l_files;
    unsigned n_files;
    tc_raw_category *l_categorical;
    unsigned n_categorical;
    TC_RAW(TC_KEYS_WIDE)
} tc_raw_wide;
typedef struct {
    tc_raw_column_limit *l_columns;
    unsigned n_columns;
    TC_RAW(TC_KEYS_QUALITY)
} tc_raw_quality;
typedef struct {
    TC_RAW(TC_KEYS_FEATURES)
} tc_raw_features;
typedef struct {
    tc_raw_place *l_features;
    unsigned n_features;
    TC_RAW(TC_KEYS_SEGMENT)
} tc_raw_segment;
typedef struct {
    tc_raw_use *l_features;
    unsigned n_features;
    TC_RAW(TC_KEYS_CHURN)
} tc_raw_churn;
typedef struct {
    TC_RAW(TC_KEYS_WEIGHTS)
} tc_raw_weights;
typedef struct {
    tc_raw_weights weights;
    tc_raw_tier *l_tiers;
    unsigned n_tiers;
    tc_raw_rule *l_rules;
    unsigned n_rules;
} tc_raw_assign;
typedef struct {
    tc_raw_run run;
    tc_raw_io io;
    tc_raw_input input;
    tc_raw_identity identity;
    tc_raw_customers customers;
    tc_raw_interactions interactions;
    tc_raw_wide wide;
    tc_raw_quality quality;
    tc_raw_features features;
    tc_raw_segment segment;
    tc_raw_churn churn;
    tc_raw_assign assign;
} tc_raw;

/* The table (config_schema.c). */
const tc_key *tc_keys(int *n);
const tc_list *tc_lists(int *n);
/* Of a path such as "segment.k", "assign.tiers[3].share", "assign.rules[0].r"; NULL if there is none. */
const tc_key *tc_key_find(const char *path);
/* Of a path such as "assign.tiers". */
const tc_list *tc_list_find(const char *path);
const cyaml_schema_value_t *tc_raw_schema(void);

/* One value (config_value.c, config_member.c). */
typedef struct {
    int64_t integer;  /* INT, FLAG, WORD, DAY, BOUND */
    double real;      /* REAL, LIMIT */
    const char *text; /* borrowed */
    int64_t scores[2];
} tc_value;

/* 1 and *value if the YAML scalar is allowed for the key; else 0 and what is wrong with it. */
int tc_value_parse(const tc_key *key, const char *text, tc_value *value,
                   char wrong[TC_WRONG_TEXT]);
/* The same for the two scalars of a SCORES key. */
int tc_value_scores_parse(const char *low, const char *high, tc_value *value,
                          char wrong[TC_WRONG_TEXT]);
/* 1 and *value if the raw struct or element holds the key. */
int tc_value_from_raw(const tc_key *key, const void *raw, tc_value *value);
/* Writes the value into tc_config or an element; text is copied. */
TC_NODISCARD tc_status tc_value_store(const tc_key *key, const tc_value *value,
                                      void *object, tc_error *err);
/* Reads it back; text is borrowed and NULL if unset. */
tc_value tc_value_load(const tc_key *key, const void *object);
/* The word of a value of a WORD key. */
const char *tc_value_word(const tc_key *key, int64_t value);
/* What is allowed, in words. */
void tc_key_allowed(const tc_key *key, char text[TC_ALLOWED_TEXT]);
/* A piece of user text for messages: at most 40 bytes, control characters as '?'. */
const char *tc_text_quote(const char *text, char quoted[48]);

/* A layer: the file, or one override. */
typedef struct {
    char *name; /* of the file, or "--set key.path"; owned */
    int is_file;
    yaml_document_t document;
    int has_document;
    tc_raw *raw; /* NULL if nothing is set */
} tc_layer;

/* Where a message points to. */
typedef struct {
    const tc_layer *layer;
    int64_t line; /* from 1 */
    const char *path;
    tc_status code; /* TC_OK = TC_ECONFIG */
} tc_place;

/* The code with "file:line: key.path: <message>", or "--set key.path: <message>". */
tc_status tc_place_fail(tc_place place, tc_error *err, const char *format, ...)
    TC_PRINTF(3, 4);

/* Parses, checks and loads YAML text; layer->is_file is set by the caller, who frees the layer, also
 * after failure (config_layer.c). */
TC_NODISCARD tc_status tc_layer_read(tc_layer *layer, const char *name, const char *text,
                                     int64_t n, tc_error *err);
/* Reads "key.path=value" as a layer. */
TC_NODISCARD tc_status tc_layer_override(tc_layer *layer, const char *text, tc_error *err);
/* Reads the YAML value of one key as a layer; name as in tc_layer. */
TC_NODISCARD tc_status tc_layer_set(tc_layer *layer, const char *name, const char *path,
                                    const char *value, tc_error *err);
void tc_layer_free(tc_layer *layer);
/* Checks the document against schema and table (config_check.c). */
TC_NODISCARD tc_status tc_layer_check(tc_layer *layer, tc_error *err);
/* The place of a path in the last layer that has it; else of its nearest parent in the first layer,
 * the file (config_place.c). */
tc_place tc_layers_place(tc_layer *layers, int n, const char *path);

/* 1 if the layer itself has the path. */
int tc_layer_has(tc_layer *layer, const char *path);

/* Defaults, and the values of one layer over the former ones (config_resolve.c). */
TC_NODISCARD tc_status tc_config_defaults(tc_config *config, tc_error *err);
TC_NODISCARD tc_status tc_config_apply(tc_config *config, tc_layer *layer, tc_error *err);
/* Frees what the configuration holds, not itself. */
void tc_config_clear(tc_config *config);
/* The elements of a list and their number. */
int tc_list_items(const tc_list *list, const tc_config *config, const char **items);
/* Required keys and what several keys must satisfy together (config_verify.c). */
TC_NODISCARD tc_status tc_config_verify(const tc_config *config, tc_layer *layers, int n,
                                        tc_error *err);
/* Expands patterns, sorts, drops repeats in all lists of files (config_files.c). */
TC_NODISCARD tc_status tc_config_expand(tc_config *config, const char *folder,
                                        tc_layer *layers, int n, tc_error *err);

#endif

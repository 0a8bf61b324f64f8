/* config.h - the configuration as resolved: every key with its value, defaults filled in,
 * limits checked (edge layer, text). Keys, defaults, limits and their documentation live in
 * one table, src/edge/text/config_keys.h. */
#ifndef TC_CONFIG_H
#define TC_CONFIG_H

#include "tiercel/buffer.h"
#include "tiercel/csv.h"
#include "tiercel/encoding.h"
#include "tiercel/number.h"
#include "tiercel/touch.h"

#define TC_CONFIG_AUTO INT64_MIN /* as_of: the day after the last event */
#define TC_CONFIG_NONE INT64_MAX /* a bound: there is none */

typedef enum { TC_AS_IS, TC_LOG1P } tc_transform;
typedef enum { TC_RETURNS_NET, TC_RETURNS_REJECT } tc_returns_policy;
typedef enum { TC_ZERO_KEEP, TC_ZERO_REJECT } tc_zero_policy;
typedef enum {
    TC_DUPLICATES_KEEP,
    TC_DUPLICATES_DROP,
    TC_DUPLICATES_DROP_BETWEEN_FILES
} tc_duplicates_policy;
typedef enum { TC_CASE_KEEP, TC_CASE_LOWER, TC_CASE_UPPER } tc_id_case;
typedef enum { TC_DIRECT_AUTO, TC_DIRECT_ALWAYS, TC_DIRECT_NEVER } tc_direct_when;
typedef enum { TC_SCALE_ZSCORE, TC_SCALE_MINMAX, TC_SCALE_NONE } tc_scale_kind;

/* In the order of tc_cluster_criterion. */
typedef enum {
    TC_BY_CALINSKI_HARABASZ,
    TC_BY_DAVIES_BOULDIN,
    TC_BY_SILHOUETTE,
    TC_BY_SIMPLIFIED,
    TC_BY_GAP
} tc_choose_by;

typedef enum { TC_ATTRIBUTE_NUMERIC, TC_ATTRIBUTE_CATEGORICAL } tc_attribute_kind;
typedef enum { TC_UNLISTED_OTHER, TC_UNLISTED_REJECT } tc_unlisted_policy;
typedef enum { TC_WIDE_F64, TC_WIDE_F32 } tc_wide_storage;

/* A column of the customers table that becomes the user feature `name`. */
typedef struct {
    char *column;
    char *name; /* NULL: as the column */
    tc_attribute_kind kind;
    char *
        levels; /* "a|b|c": the known ones, all others become "other"; NULL = all are kept */
} tc_attribute_def;

/* A word of the file and what it means. */
typedef struct {
    char *word;
    tc_touch_kind kind;
} tc_touch_word;

/* A column of the wide table that holds words, not numbers. */
typedef struct {
    char *column;
    char *levels; /* as above */
} tc_category_def;

/* What becomes of customers without a value; of segments alone, zero elsewhere. */
typedef enum { TC_LACK_CATALOGUE, TC_LACK_IMPUTE, TC_LACK_DROP, TC_LACK_CATEGORY } tc_lack;

/* A feature of the catalogue, or a user feature, as a model uses it. */
typedef struct {
    char *feature;
    tc_transform transform; /* log: sign(x) ln(1 + |x|), the default */
    tc_lack lack;
} tc_feature_use;

typedef struct {
    char *name;
    double share; /* of customers, (0, 1]; all shares sum to 1 */
} tc_tier_def;

/* One named segment: closed ranges of the scores 1..5. */
typedef struct {
    char *name;
    int r_min, r_max, f_min, f_max, m_min, m_max;
} tc_segment_rule;

/* Column names of the input; NULL where not mapped. */
typedef struct {
    char *customer, *time; /* required */
    char *amount;          /* this, or quantity and unit_price */
    char *quantity, *unit_price;
    char *order, *channel, *category;
} tc_input_columns;

/* How the lines of a file, and the texts of their fields, are written. */
typedef struct {
    char *delimiter; /* one byte, tab or blanks */
    char *quote;     /* one byte or none */
    int has_header;  /* 0: the columns are named 1, 2, 3, ... */
    int64_t skip_lines;
    tc_encoding encoding;
    tc_number_rules number;
} tc_input_format;

typedef struct {
    char *instalment; /* "" = none */
    char **files; /* transactions, patterns expanded, sorted; .csv, .csv.gz or .csv.zst */
    int n_files;
    tc_input_columns columns;
    tc_input_format format;
    char *time_format; /* iso, day_first, month_first, compact, epoch, or a pattern of %Y %m
                          %d %H %M %S */
    char *time_zone;   /* of the company's own clock, see tc_time_set_zone; "" = none */
    char *returns_order_prefix; /* "" = none; negative amounts are always returns */
    tc_returns_policy returns;
    tc_zero_policy zero_amount;
    tc_duplicates_policy duplicates;
    int id_strip_decimal; /* 17850.0 -> 17850 */
    tc_id_case id_case;
    int64_t batch_mib;       /* of one exchange, a rank */
    double amount_tolerance; /* currency, of amount against quantity times unit_price */
} tc_config_input;

/* Another limit for the completeness of one column. */
typedef struct {
    char *column;        /* as in input.columns: "customer" */
    double completeness; /* NaN = none */
} tc_quality_column_limit;

/* Limits of the data-quality gates. Shares are fractions; NaN = no limit. They decide what may be published, never
 * what is written, so they stay out of the id of events.h5. */
typedef struct {
    int enforce;
    double completeness, validity, consistency;                            /* at least */
    double duplicates, outliers, rejected, negative_share;                 /* at most */
    double freshness_days, missing_months, thin_months, negative_lag_days; /* at most */
    double thin_month; /* share of the median day of the months around it */
    int64_t not_before,
        not_after; /* day numbers, or TC_CONFIG_NONE; not_after also TC_CONFIG_AUTO = as_of */
    tc_quality_column_limit *columns;
    int n_columns;
} tc_config_quality;

/* One customer with many ids. Without files nothing is unified. */
typedef struct {
    char **map_files, **hierarchy_files; /* patterns expanded, sorted */
    int n_map_files, n_hierarchy_files;
    char *id, *master;    /* columns of the map */
    char *child, *parent; /* columns of the hierarchy */
} tc_config_identity;

/* How files are transferred, see store_policy.h. */
typedef struct {
    int transfer;          /* 1 = collective */
    tc_direct_when direct; /* rows past the page cache */
    int64_t stripe_count, stripe_mib, aggregators, buffer_mib, alignment_kib;
    char **hints; /* "name=value" */
    int n_hints;
} tc_config_io;

/* The customers table. Without files there is none. */
typedef struct {
    char **files; /* patterns expanded, sorted */
    int n_files;
    char *customer, *signup, *parent, *consent,
        *is_protected; /* columns; NULL = not mapped */
    char *time_format; /* of signup */
    tc_attribute_def *attributes;
    int n_attributes;
} tc_config_customers;

/* What customers do besides buying. Without files there is none. */
typedef struct {
    char **files; /* patterns expanded, sorted */
    int n_files;
    char *customer, *time, *kind, *value, *response; /* columns; NULL = not mapped */
    char *time_format;
    tc_touch_word *kinds;
    int n_kinds;
    tc_unlisted_policy unlisted; /* words that are not among kinds */
} tc_config_interactions;

/* A table of many columns. Without files there is none. */
typedef struct {
    char **files; /* patterns expanded, sorted; CSV, or one HDF5 file */
    int n_files;
    char *customer;              /* column or dataset */
    char *matrix, *matrix_names; /* datasets of an HDF5 file; NULL = vectors alone */
    tc_wide_storage storage;
    tc_category_def *categorical;
    int n_categorical;
} tc_config_wide;

typedef struct {
    int64_t active_days; /* a customer is labelled if he bought within this window before
                            the cut-off; 0 = ever */
} tc_config_features;

typedef struct {
    int64_t k, k_max; /* k_max 0: k alone */
    tc_choose_by criterion;
    double min_share;
    int64_t silhouette_rows, stability, gap_references;
    tc_feature_use *use;
    int n_use;
    tc_scale_kind scale;
    double winsorise; /* share cut at each end, 0 = none */
    int64_t restarts, sample, max_iterations;
    double tolerance;
    char *weight;   /* feature; NULL = every customer counts once */
    char *previous; /* run directory or segments.h5 of an earlier run, "" = none */
    double high_share, middle_share; /* of customers, by spending; together below 1 */
    int64_t complex_cases;
    double margin, case_cost;
} tc_config_segment;

typedef struct {
    tc_feature_use *use;
    int n_use;
    double ridge; /* penalty on standardised coefficients, times the number of rows; 0 =
                     none */
    int64_t max_iterations;
    double tolerance;  /* of the Newton decrement, relative */
    int64_t min_class; /* fewest customers of each class that a model is fitted on */
} tc_config_churn;

typedef struct {
    double weight_recency, weight_frequency, weight_monetary, weight_churn;
    tc_tier_def *tiers; /* from the lowest to the highest */
    int n_tiers;
    tc_segment_rule *rules;
    int n_rules;
} tc_config_assign;

enum { TC_CONFIG_FINGERPRINT = 33 }; /* hexadecimal digits, a final zero */

typedef struct {
    char *directory; /* of the results */
    char **events;   /* files or patterns, see tc_config_event_files */
    int n_events;
    int64_t seed;
    int64_t as_of; /* day number, or TC_CONFIG_AUTO */
    int64_t horizon_days;
    int64_t memory_mib;         /* of a rank, 0 = a share of the node's */
    int64_t lock_wait_seconds;  /* for another job in the same run directory */
    char *scratch;              /* folder, "" = $TMPDIR, else /tmp */
    int64_t checkpoint_seconds; /* between two saves, 0 = by Daly's formula */
    int64_t heartbeat_seconds;  /* between two heartbeats, 0 = none */
    int64_t progress_seconds;   /* between two lines of progress, 0 = none */
    double node_mtbf_hours;     /* mean time between failures of a node */
    /* of the transactions and the map of ids, set by who has read them; "" = unknown */
    char input_fingerprint[TC_CONFIG_FINGERPRINT];
    tc_config_io io;
    tc_config_input input;
    tc_config_identity identity;
    tc_config_customers customers;
    tc_config_interactions interactions;
    tc_config_wide wide;
    tc_config_quality quality;
    tc_config_features features;
    tc_config_segment segment;
    tc_config_churn churn;
    tc_config_assign assign;
} tc_config;

/* Local. Reads a YAML file, applies the overrides "key.path=value" in order (the value is YAML, a list is
 * replaced as a whole), fills in defaults, checks limits, expands file patterns, also those of overrides,
 * relative to the folder of the configuration file. *out belongs to the caller; NULL after failure.
 * Errors: TC_EINPUT if the file is missing or a pattern matches no file; TC_EIO; TC_ECONFIG with one line
 * "file:line: key.path: what is wrong; what is allowed" ("--set key.path: ..." for an override) for unknown
 * keys, wrong types, impossible values; TC_ENOMEM. A missing input file without a pattern is found by
 * ingest, not here. */
TC_NODISCARD tc_status tc_config_load(const char *path, const char *const *overrides,
                                      int n_overrides, tc_config **out, tc_error *err);
/* Local. The same from text in memory; name stands for the file in messages, folder
 * resolves patterns. */
TC_NODISCARD tc_status tc_config_parse(const char *text, int64_t n, const char *name,
                                       const char *folder, const char *const *overrides,
                                       int n_overrides, tc_config **out, tc_error *err);
void tc_config_destroy(tc_config **config);

/* Local. Appends one section ("run", "io", "input", "identity", "customers", "interactions", "wide", "quality",
 * "features", "segment", "churn", "assign") as compact JSON with sorted keys and numbers in 17 digits: everything that can change a
 * result, and nothing else (no paths, no file list, no memory sizes). Used for hashes and
 * for the report. Errors: TC_ENOMEM, TC_EINTERNAL for an unknown section. */
TC_NODISCARD tc_status tc_config_section(const tc_config *config, const char *section,
                                         tc_buffer *json, tc_error *err);

/* Local. Writes the documentation of all keys as Markdown (one table a section). */
TC_NODISCARD tc_status tc_config_document(tc_buffer *markdown, tc_error *err);

/* Local, pure. How the delimited files are written, input.format. */
tc_csv_dialect tc_config_dialect(const tc_config *config);

/* Local. "<directory>/<name>" in counted memory, owned by the caller; NULL on TC_ENOMEM. */
TC_NODISCARD char *tc_config_path(const tc_config *config, const char *name, tc_error *err);

/* Local. The event files of run.events as they are now: patterns expanded in the run directory, sorted by
 * bytes, each once; a path without a pattern need not be there. files[n] and its texts belong to the caller
 * (tc_config_files_free). Errors: TC_EINPUT if a pattern matches no file; TC_ENOMEM. */
TC_NODISCARD tc_status tc_config_event_files(const tc_config *config, char ***files, int *n,
                                             tc_error *err);
void tc_config_files_free(char **files, int n);

#endif

/* report_impl.h - what the files of the report stage share. Every rank builds the whole
 * report from small tables (they are read by all), so there is no branch by rank before the
 * file is written. */
#ifndef TC_REPORT_IMPL_H
#define TC_REPORT_IMPL_H

#include "tiercel/event_list.h"
#include "tiercel/lineage.h"

#include <jansson.h>

enum { TC_REPORT_KEYS = 9 };

typedef struct {
    tc_comm *comm;
    const tc_config *config;
    json_t *root;
    tc_event_list list; /* the event files; events: the first of them, borrowed */
    tc_store *events, *features, *segments, *churn, *tiers;
    char date_score[TC_STORE_NAME];
    int failed; /* a JSON value could not be made */
} tc_report;

/* A dataset as a column of a table of JSON objects. A matrix has one key a column, or with
 * `array` one key for the whole row. */
typedef struct {
    const char *dataset;
    tc_type type; /* TC_TEXT, TC_U8, TC_U16, TC_U32, TC_I64 or TC_F64 */
    int array;
    const char *key[TC_REPORT_KEYS];
} tc_report_column;

/* An int64 attribute of a file under a key. */
typedef struct {
    const char *attribute, *key;
} tc_report_count;

/* Local. Sets a key of an object, appends to an array; takes the value over in every case.
 * A missing value (out of memory) or object is remembered, and agreed on before the file is
 * written. */
void tc_report_set(tc_report *r, json_t *object, const char *key, json_t *value);
void tc_report_append(tc_report *r, json_t *array, json_t *value);

/* Local. A new object or array under a key; borrowed, NULL out of memory (which
 * tc_report_set takes). */
json_t *tc_report_object(tc_report *r, json_t *parent, const char *key);
json_t *tc_report_array(tc_report *r, json_t *parent, const char *key);

/* Local. Money in 1/10,000 as {"exact": "8300065.814", "value": 8300065.814}. */
json_t *tc_report_money(int64_t units);

/* Collective. Appends the rows of a table to an array, or adds to the objects that are
 * there already. Errors agreed: as tc_store_get_all; TC_EDATA if the columns differ in
 * length. */
tc_status tc_report_rows_all(tc_report *r, tc_store *store, const tc_report_column *column,
                             size_t n_columns, json_t *rows, tc_error *err);

/* Collective. Attributes into an object. */
tc_status tc_report_counts_all(tc_report *r, tc_store *store, const tc_report_count *count,
                               size_t n, json_t *object, tc_error *err);
tc_status tc_report_real_all(tc_report *r, tc_store *store, const char *attribute,
                             json_t *object, tc_error *err);
tc_status tc_report_text_all(tc_report *r, tc_store *store, const char *attribute,
                             json_t *object, const char *key, tc_error *err);

/* Collective. An enumeration of a small table of segments.h5 as texts under a key of the rows that are there. Errors
 * agreed: TC_EDATA. */
tc_status tc_report_words_all(tc_report *r, const char *dataset, const char *const *name,
                              int n_names, const char *key, json_t *rows, tc_error *err);

/* Collective. The sections of the report. */
tc_status tc_report_input_all(tc_report *r, tc_error *err);
tc_status tc_report_quality_all(tc_report *r, tc_error *err);
tc_status tc_report_profiles_all(tc_report *r, tc_error *err);
tc_status tc_report_features_all(tc_report *r, tc_error *err);
tc_status tc_report_segments_all(tc_report *r, tc_error *err);
tc_status tc_report_names_all(tc_report *r, tc_error *err); /* after the segments */
tc_status tc_report_choice_all(tc_report *r, json_t *segments, tc_error *err);
tc_status tc_report_quadrants_all(tc_report *r, tc_error *err);
tc_status tc_report_churn_all(tc_report *r, tc_error *err);
tc_status tc_report_tiers_all(tc_report *r, tc_error *err);
tc_status tc_report_identity_all(tc_report *r, tc_error *err);

#endif

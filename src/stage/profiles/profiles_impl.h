/* profiles_impl.h - private to profiles: the state of one run and the steps that it takes, in
 * order. Three tables are read one after the other; their rows travel in bounded rounds to
 * the owner of the customer, who keeps customers and wide rows as records of fixed size and
 * interactions as records of 32 bytes. */
#ifndef TC_PROFILES_IMPL_H
#define TC_PROFILES_IMPL_H

#include "profiles_cell.h"
#include "profiles_people.h"

#include "../ingest/ingest_dict.h"

#include "tiercel/comm.h"
#include "tiercel/config.h"
#include "tiercel/identity.h"
#include "tiercel/interact.h"
#include "tiercel/store.h"

enum { TC_TABLE_CUSTOMERS, TC_TABLE_INTERACTIONS, TC_TABLE_WIDE, TC_N_TABLES };
enum { TC_PROFILE_COLUMNS = 2000 };   /* of a table, at most */
enum { TC_PROFILE_LEVELS = 1000000 }; /* of a dictionary, at most */

/* Why a row is not used; the first that holds, in this order. X(reason, code) */
#define TC_PROFILE_REASONS(X)                                                              \
    X(TC_PROFILE_USED, "used")                                                             \
    X(TC_PROFILE_LONG, "record_long")                                                      \
    X(TC_PROFILE_QUOTE, "quote")                                                           \
    X(TC_PROFILE_NUL, "nul")                                                               \
    X(TC_PROFILE_CR, "carriage_return")                                                    \
    X(TC_PROFILE_FIELDS, "fields")                                                         \
    X(TC_PROFILE_CUSTOMER_MISSING, "customer_missing")                                     \
    X(TC_PROFILE_CUSTOMER_LONG, "customer_long")                                           \
    X(TC_PROFILE_CUSTOMER_BYTES, "customer_bytes")                                         \
    X(TC_PROFILE_ENCODING, "encoding")                                                     \
    X(TC_PROFILE_SIGNUP, "signup")                                                         \
    X(TC_PROFILE_CONSENT, "consent")                                                       \
    X(TC_PROFILE_PROTECTED, "protected")                                                   \
    X(TC_PROFILE_TIME, "time")                                                             \
    X(TC_PROFILE_KIND, "kind")                                                             \
    X(TC_PROFILE_VALUE, "value")                                                           \
    X(TC_PROFILE_RESPONSE, "response")

typedef enum {
#define X(reason, code) reason,
    TC_PROFILE_REASONS(X)
#undef X
        TC_N_PROFILE_REASONS
} tc_profile_reason;

/* Columns that have a name in the configuration. X(role, member) */
#define TC_PROFILE_ROLES(X)                                                                \
    X(TC_PROFILE_ROLE_CUSTOMER, customers.customer)                                        \
    X(TC_PROFILE_ROLE_SIGNUP, customers.signup)                                            \
    X(TC_PROFILE_ROLE_CONSENT, customers.consent)                                          \
    X(TC_PROFILE_ROLE_PROTECTED, customers.is_protected)                                   \
    X(TC_PROFILE_ROLE_TOUCH_CUSTOMER, interactions.customer)                               \
    X(TC_PROFILE_ROLE_TIME, interactions.time)                                             \
    X(TC_PROFILE_ROLE_KIND, interactions.kind)                                             \
    X(TC_PROFILE_ROLE_VALUE, interactions.value)                                           \
    X(TC_PROFILE_ROLE_RESPONSE, interactions.response)                                     \
    X(TC_PROFILE_ROLE_WIDE_CUSTOMER, wide.customer)

typedef enum {
#define X(role, member) role,
    TC_PROFILE_ROLES(X)
#undef X
        TC_N_PROFILE_ROLES
} tc_profile_role;

/* A user column of the customers or of the wide table. */
typedef struct {
    char *name; /* of the user feature; owned */
    int is_category;
    const char *levels; /* borrowed; NULL = every word is kept */
    tc_text_set words;  /* of this rank, later of all ranks; number + 1 is the code */
    int64_t unreadable, unknown, missing, n_levels;
} tc_profile_column;

typedef struct {
    tc_profile_column *column; /* [n], owned */
    int n;
    int cell; /* bytes of a cell in a record: 8, or 4 for float32 */
} tc_profile_columns;

/* A row on its way, followed by the id and, of customers and wide, by the cells: 8 bytes of
 * a number; one byte with the length of a word and the word. */
typedef struct {
    uint64_t place; /* file << TC_PLACE_LINE_BITS | line; files of all tables in a row */
    int64_t time, value, response;
    uint32_t size; /* bytes with id and cells */
    int32_t signup;
    uint8_t id_n, kind, alias;
    int8_t consent, is_protected;
    uint8_t pad[3];
} tc_profile_head;

enum { TC_PROFILE_HEAD = sizeof(tc_profile_head) };

/* A row of customers or wide with its owner, followed by the cells. */
typedef struct {
    uint64_t place;
    uint32_t person; /* number among the people of this rank */
    int32_t signup;
    int8_t consent, is_protected;
    uint8_t alias; /* which of the ids of a merged customer; 0 = his own */
    uint8_t pad[5];
} tc_profile_row;

/* An interaction with its owner. */
typedef struct {
    int64_t time, value, response;
    uint32_t person;
    uint8_t kind, pad[3];
} tc_profile_touch;

_Static_assert(sizeof(tc_profile_row) == 24 && sizeof(tc_profile_touch) == 32,
               "records without gaps");

/* What has been read of a table; of this rank until tc_profiles_totals_all, then of all. */
typedef struct {
    int64_t rows;
    int64_t reason[TC_N_PROFILE_REASONS];
    int64_t duplicates;  /* rows that say what another one says */
    int64_t merged;      /* rows of other ids of a customer, which give way to his own */
    int64_t rounded;     /* values and hours that lost digits */
    int64_t people;      /* customers with a row */
    uint64_t content[2]; /* order-free sum of hashes of the rows */
} tc_profile_counts;

typedef struct {
    tc_comm *comm;           /* borrowed */
    const tc_config *config; /* borrowed */
    tc_identity *identity;   /* NULL without a map; owned */
    tc_row_rules rules;      /* of ids, numbers and encoding */
    tc_time_format time[TC_N_TABLES];
    char **file;                     /* of all tables; the list is owned */
    int first_file[TC_N_TABLES + 1]; /* where the files of a table begin */
    const char *role[TC_N_PROFILE_ROLES];
    /* reading */
    tc_buffer batch, grouped; /* packed rows, as read and by owner */
    int64_t *count;           /* [ranks] bytes for each, and behind them heads */
    tc_buffer received;
    tc_buffer rejects; /* tc_pair, see ingest_rejects.h */
    /* what this rank owns */
    tc_people people;
    tc_profile_columns columns[TC_N_TABLES]; /* none of interactions */
    tc_buffer rows[TC_N_TABLES];             /* tc_profile_row with cells */
    tc_buffer touches;                       /* tc_profile_touch */
    uint32_t *place;              /* [people] of a number; NULL before settling */
    int64_t *row_of[TC_N_TABLES]; /* [people] by place: row in rows, -1 if none */
    int64_t *first_touch;         /* [people + 1] by place */
    tc_profile_counts counts[TC_N_TABLES];
} tc_profiles;

/* A source of rows of one table: fills the batch up to about `limit` bytes; *done 1 when
 * there are no more. Local. */
typedef struct tc_profile_source {
    tc_status (*fill)(struct tc_profile_source *source, tc_profiles *p, int64_t limit,
                      int *done, tc_error *err);
    int table;
    void *state;
} tc_profile_source;

/* Local, pure. Bytes of a record of a table; record and its cells. */
static inline int64_t tc_profile_stride(const tc_profiles *p, int table)
{
    const tc_profile_columns *columns = &p->columns[table];
    return ((int64_t)sizeof(tc_profile_row) + (int64_t)columns->n * columns->cell + 7) / 8 *
           8;
}

static inline const tc_profile_row *tc_profile_row_at(const tc_profiles *p, int table,
                                                      int64_t row)
{
    return (const tc_profile_row *)(const void *)(p->rows[table].data +
                                                  row * tc_profile_stride(p, table));
}

/* profiles_columns.c */

/* Local. The columns of the customers table from the configuration; of the wide table from
 * the names of its columns [n], in UTF-8. Errors: TC_EDATA naming a column of the
 * configuration that is not there, or a name that is there twice; TC_ENOMEM. */
TC_NODISCARD tc_status tc_profiles_attributes(tc_profiles *p, tc_error *err);
TC_NODISCARD tc_status tc_profiles_wide_columns(tc_profiles *p, const char *const *name,
                                                int n, tc_error *err);

/* Collective. Words of all ranks into sorted dictionaries; the codes in the records follow.
 * Errors (agreed): TC_EDATA for more than TC_PROFILE_LEVELS words; TC_ENOMEM. */
TC_NODISCARD tc_status tc_profiles_dictionaries_all(tc_profiles *p, tc_error *err);
void tc_profile_columns_free(tc_profile_columns *columns);

/* profiles_row.c: one row into the batch, or among the rejected. Local. */

/* The id into id and its bytes into head. Returns what is wrong with it. */
tc_profile_reason tc_profile_id(const tc_profiles *p, tc_csv_text text,
                                tc_profile_head *head, char id[TC_ID_MAX]);
TC_NODISCARD tc_status tc_profile_reject(tc_profiles *p, int table, uint64_t place,
                                         tc_profile_reason reason, int64_t column,
                                         tc_error *err);
/* Appends head and id; cells follow by tc_profile_add_*; end closes the row. Errors:
 * TC_ENOMEM. */
TC_NODISCARD tc_status tc_profile_begin(tc_profiles *p, const tc_profile_head *head,
                                        const char *id, tc_error *err);
TC_NODISCARD tc_status tc_profile_add_number(tc_profiles *p, double value, tc_error *err);
TC_NODISCARD tc_status tc_profile_add_word(tc_profiles *p, tc_profile_column *column,
                                           const char *word, int64_t n, tc_error *err);
void tc_profile_end(tc_profiles *p, int table, int64_t begin);
/* A cell of a text table. */
TC_NODISCARD tc_status tc_profile_add_text(tc_profiles *p, tc_profile_column *column,
                                           tc_csv_text text, tc_error *err);

/* profiles_read.c, profiles_foreign.c */

/* Collective. Reads a table from delimited files; the wide one from an HDF5 file. Errors (agreed): as
 * tc_table_open_all and tc_table_next; as tc_store_open_foreign_all; as tc_profiles_rounds_all. */
TC_NODISCARD tc_status tc_profiles_read_all(tc_profiles *p, int table, tc_error *err);
TC_NODISCARD tc_status tc_profiles_foreign_all(tc_profiles *p, tc_error *err);

/* Collective; profiles_rounds.c. Brings all rows of a source to their owners. Errors (agreed): those of the
 * source; TC_ENOMEM. */
TC_NODISCARD tc_status tc_profiles_rounds_all(tc_profiles *p, tc_profile_source *source,
                                              tc_error *err);

/* Collective; profiles_settle.c. Orders customers, finds doubled rows, sorts interactions,
 * adds up the counts. Errors (agreed): TC_EDATA for two different rows of one customer, with
 * both places; TC_ENOMEM. */
TC_NODISCARD tc_status tc_profiles_settle_all(tc_profiles *p, tc_error *err);

/* Collective; profiles_write.c. Writes profiles.h5 except for its mark of completeness.
 * Errors (agreed): TC_EIO, TC_ENOMEM. */
TC_NODISCARD tc_status tc_profiles_write_all(tc_profiles *p, tc_store **store,
                                             tc_error *err);

/* Local, pure. Code of a reason in profiles.rejects.csv. */
const char *tc_profile_reason_code(int reason);

#endif

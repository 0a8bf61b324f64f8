/* config_keys.h - the table of all configuration keys, and nothing else. It expands to the raw structs
 * that libcyaml fills, to libcyaml's schema, to defaults, checks, JSON and documentation
 * (config_impl.h, config_schema.c), so that none of them can drift from the others.
 *
 * One macro a mapping of the YAML file. A is handed through to every row:
 *   N(A, kind, key, member, fallback, low, high, bounds, flags, text)   numbers; kind INT or REAL;
 *                                     bounds "[]", "[)", "()": which ends are allowed themselves
 *   W(A, key, member, fallback, words, text)                           one word of a list below
 *   T(A, kind, key, member, fallback, flags, text)                     everything else
 * key is the YAML key, member its place in tc_config (of a list element: in the element), fallback the
 * default as YAML text (NULL = none), text the documentation. flags: TC_KEY_REQUIRED; TC_KEY_LOCAL =
 * cannot change a result, so it stays out of tc_config_section; TC_KEY_LATE (lists of paths) = patterns
 * are expanded by who uses them, not when the configuration is read; TC_KEY_TEXTS (lists) = the elements
 * are texts and no paths; TC_KEY_ONCE (lists) = the names of the
 * elements must differ. */
#ifndef TC_CONFIG_KEYS_H
#define TC_CONFIG_KEYS_H

/* X(word, value) */
#define TC_WORDS_RETURNS(X) X("net", TC_RETURNS_NET) X("reject", TC_RETURNS_REJECT)
#define TC_WORDS_ZERO(X) X("keep", TC_ZERO_KEEP) X("reject", TC_ZERO_REJECT)
#define TC_WORDS_DUPLICATES(X)                                                             \
    X("keep", TC_DUPLICATES_KEEP)                                                          \
    X("drop", TC_DUPLICATES_DROP)                                                          \
    X("drop_between_files", TC_DUPLICATES_DROP_BETWEEN_FILES)
#define TC_WORDS_CASE(X)                                                                   \
    X("keep", TC_CASE_KEEP) X("lower", TC_CASE_LOWER) X("upper", TC_CASE_UPPER)
#define TC_WORDS_ENCODING(X)                                                               \
    X("utf-8", TC_ENCODING_UTF8)                                                           \
    X("latin-1", TC_ENCODING_LATIN1)                                                       \
    X("windows-1252", TC_ENCODING_WINDOWS1252)
#define TC_WORDS_DECIMAL(X)                                                                \
    X("point", TC_MARK_POINT)                                                              \
    X("comma", TC_MARK_COMMA)                                                              \
    X(".", TC_MARK_POINT)                                                                  \
    X(",", TC_MARK_COMMA)
#define TC_WORDS_THOUSANDS(X)                                                              \
    X("none", TC_MARK_NONE)                                                                \
    X("comma", TC_MARK_COMMA)                                                              \
    X("point", TC_MARK_POINT)                                                              \
    X("apostrophe", TC_MARK_APOSTROPHE)                                                    \
    X("blank", TC_MARK_BLANK)                                                              \
    X("underscore", TC_MARK_UNDERSCORE)                                                    \
    X(",", TC_MARK_COMMA)                                                                  \
    X(".", TC_MARK_POINT)                                                                  \
    X("'", TC_MARK_APOSTROPHE)                                                             \
    X(" ", TC_MARK_BLANK)                                                                  \
    X("_", TC_MARK_UNDERSCORE)
#define TC_WORDS_NEGATIVE(X)                                                               \
    X("minus", TC_NEGATIVE_MINUS)                                                          \
    X("parentheses", TC_NEGATIVE_PARENTHESES)                                              \
    X("trailing_minus", TC_NEGATIVE_TRAILING)                                              \
    X("any", TC_NEGATIVE_ANY)
#define TC_WORDS_SCALE(X)                                                                  \
    X("zscore", TC_SCALE_ZSCORE) X("minmax", TC_SCALE_MINMAX) X("none", TC_SCALE_NONE)
#define TC_WORDS_TRANSFER(X) X("independent", 0) X("collective", 1)
#define TC_WORDS_DIRECT(X)                                                                 \
    X("auto", TC_DIRECT_AUTO) X("always", TC_DIRECT_ALWAYS) X("never", TC_DIRECT_NEVER)
#define TC_WORDS_ATTRIBUTE(X)                                                              \
    X("numeric", TC_ATTRIBUTE_NUMERIC) X("categorical", TC_ATTRIBUTE_CATEGORICAL)
#define TC_WORDS_UNLISTED(X) X("other", TC_UNLISTED_OTHER) X("reject", TC_UNLISTED_REJECT)
#define TC_WORDS_STORAGE(X) X("float64", TC_WIDE_F64) X("float32", TC_WIDE_F32)
#define TC_WORDS_TRANSFORM(X) X("log", TC_LOG1P) X("none", TC_AS_IS)
#define TC_WORDS_LACK(X)                                                                   \
    X("catalogue", TC_LACK_CATALOGUE)                                                      \
    X("impute", TC_LACK_IMPUTE)                                                            \
    X("drop", TC_LACK_DROP)                                                                \
    X("category", TC_LACK_CATEGORY)

#define TC_WORDS_CRITERION(X)                                                              \
    X("calinski_harabasz", TC_BY_CALINSKI_HARABASZ)                                        \
    X("davies_bouldin", TC_BY_DAVIES_BOULDIN)                                              \
    X("silhouette", TC_BY_SILHOUETTE)                                                      \
    X("simplified_silhouette", TC_BY_SIMPLIFIED)                                           \
    X("gap", TC_BY_GAP)

/* X(name, text): the sections in the order of the documentation. */
#define TC_SECTIONS(X)                                                                     \
    X("run", "What every stage shares.")                                                   \
    X("io", "How the files of the results are transferred: hints for parallel file "       \
            "systems. No key changes the content of a file.")                              \
    X("input", "The transaction files and how their rows are read.")                       \
    X("identity", "One customer with many ids: a map of ids to master ids, and a "         \
                  "hierarchy of accounts. Ids are normalised as in input.customer_id. "    \
                  "Without files nothing is unified.")                                     \
    X("customers", "The customers table: one row a customer, ids as in "                   \
                   "input.customer_id. Without files there is none.")                      \
    X("interactions", "What customers do besides buying: visits, logins, complaints, "     \
                      "tickets, surveys. Without files there is none.")                    \
    X("wide", "User features: a table of up to 2,000 columns, one row a customer. "        \
              "Without files there is none.")                                              \
    X("quality", "Limits of the data-quality gates. A failed gate ends the run with exit " \
                 "code 2 before anything is "                                              \
                 "published. Shares are fractions from 0 to 1. Limits can be changed "     \
                 "without reading the input again.")                                       \
    X("features", "What is computed from a customer's events.")                            \
    X("segment", "Customer segments by k-means.")                                          \
    X("churn", "The churn model: logistic regression on features, trained one horizon "    \
               "before the as-of date.")                                                   \
    X("assign", "Scores, named segments and the tier of each customer.")

#define TC_KEYS_RUN(N, W, T, A)                                                            \
    T(A, TEXT, directory, directory, NULL, TC_KEY_REQUIRED | TC_KEY_LOCAL,                 \
      "folder of the results, relative to the folder the program is started in")           \
    N(A, INT, seed, seed, "1", 0, 9007199254740992.0, "[]", 0,                             \
      "of all random numbers; the same seed gives the same bytes")                         \
    T(A, DAY, as_of, as_of, "auto", 0,                                                     \
      "features know only events before this day; auto = the day after the last event")    \
    N(A, INT, horizon_days, horizon_days, "90", 1, 3660, "[]", 0,                          \
      "a customer has left if nothing is bought in this many days after a date")           \
    N(A, INT, memory_per_rank, memory_mib, "0", 0, 1073741824, "[]", TC_KEY_LOCAL,         \
      "memory of one rank, MiB; ingest moves what is more to scratch; 0 = a share of "     \
      "70 % of the node's memory")                                                         \
    N(A, INT, lock_wait_seconds, lock_wait_seconds, "0", 0, 31536000, "[]", TC_KEY_LOCAL,  \
      "how long to wait for another job that works in the same run directory; 0 = end "    \
      "at once with exit code 74")                                                         \
    T(A, BLANK, scratch, scratch, "", TC_KEY_LOCAL,                                        \
      "folder for scratch files; empty = $TMPDIR, else /tmp")                              \
    N(A, INT, checkpoint_seconds, checkpoint_seconds, "0", 0, 31536000, "[]",              \
      TC_KEY_LOCAL,                                                                        \
      "between two saves of the state inside a long stage; 0 = by Daly's formula from "    \
      "what a save costs and how often nodes fail")                                        \
    N(A, REAL, node_mtbf_hours, node_mtbf_hours, "43800", 0, 1e9, "()", TC_KEY_LOCAL,      \
      "mean time between failures of one node")                                            \
    N(A, INT, heartbeat_seconds, heartbeat_seconds, "5", 0, 86400, "[]", TC_KEY_LOCAL,     \
      "between two writes of heartbeat.json in the run directory; 0 = none")               \
    N(A, INT, progress_seconds, progress_seconds, "60", 0, 86400, "[]", TC_KEY_LOCAL,      \
      "between two lines of progress in a batch log; 0 = none")

#define TC_KEYS_IO(N, W, T, A)                                                             \
    W(A, transfer, io.transfer, "independent", tc_words_transfer,                          \
      "each rank transfers its rows by itself, or all ranks together where a dataset is "  \
      "written or read as a whole; OMPIO reports no full disk then")                       \
    W(A, direct, io.direct, "auto", tc_words_direct,                                       \
      "rows are written, and events read, past the page cache while the rank computes: "   \
      "those of files of which a node has a tenth of its memory, of all, or of none")      \
    N(A, INT, stripe_count, io.stripe_count, "0", 0, 100000, "[]", 0,                      \
      "devices (Lustre: OSTs) that a new file lies on, MPI hint striping_factor; 0 = as "  \
      "its "                                                                               \
      "folder says")                                                                       \
    N(A, INT, stripe_mib, io.stripe_mib, "0", 0, 4096, "[]", 0,                            \
      "MiB on one device before the next, MPI hint striping_unit; 0 = as its folder says") \
    N(A, INT, aggregators, io.aggregators, "0", 0, 100000, "[]", 0,                        \
      "ranks that touch the file in a collective transfer, MPI hint cb_nodes; for ROMIO "  \
      "alone: OMPIO 4.1 then loses bytes, which is noticed and ends the job; 0 = as MPI "  \
      "chooses")                                                                           \
    N(A, INT, buffer_mib, io.buffer_mib, "0", 0, 1024, "[]", 0,                            \
      "memory of each of them, MiB, MPI hint cb_buffer_size; 0 = as MPI chooses")          \
    N(A, INT, alignment_kib, io.alignment_kib, "0", 0, 1048576, "[]", 0,                   \
      "datasets of at least so many KiB begin at a multiple of it, best that of a "        \
      "stripe; moves "                                                                     \
      "bytes inside the files, so keep it for runs whose files are compared; 0 = not "     \
      "aligned")

#define TC_KEYS_INPUT(N, W, T, A)                                                          \
    T(A, FILE, instalment, input.instalment, "", TC_KEY_LOCAL,                             \
      "name of the period that the transactions are of: ingest writes events/NAME.h5 and " \
      "events/NAME.rejects.csv, and leaves the other instalments as they are; empty = "    \
      "events.h5 and rejects.csv")                                                         \
    T(A, FORMAT, time_format, input.time_format, "iso", 0,                                 \
      "of the time column; a pattern must be quoted in YAML")                              \
    T(A, BLANK, time_zone, input.time_zone, "", 0,                                         \
      "the company's own clock as a fixed offset from UTC: UTC, +01:00 or -0330. Times "   \
      "that carry an offset or Z, and epoch times, are moved to it. Empty: Z is cut off, " \
      "epoch times are taken as they are, and a time with another offset is rejected")     \
    W(A, zero_amount, input.zero_amount, "keep", tc_words_zero,                            \
      "rows whose amount is zero")                                                         \
    W(A, duplicates, input.duplicates, "keep", tc_words_duplicates,                        \
      "rows equal in all columns: counted, and kept, dropped, or dropped only if "         \
      "they stand in different files")                                                     \
    N(A, INT, batch_mib, input.batch_mib, "32", 1, 1024, "[]", TC_KEY_LOCAL,               \
      "memory of one exchange between ranks, MiB a rank")                                  \
    N(A, REAL, amount_tolerance, input.amount_tolerance, "0.01", 0, 1000000, "[]", 0,      \
      "where amount, quantity and unit_price are all mapped: currency by which the "       \
      "amount may differ from their "                                                      \
      "product without being counted as inconsistent")

#define TC_KEYS_COLUMNS(N, W, T, A)                                                        \
    T(A, TEXT, customer, input.columns.customer, NULL, TC_KEY_REQUIRED,                    \
      "column of the customer id")                                                         \
    T(A, TEXT, time, input.columns.time, NULL, TC_KEY_REQUIRED, "column of the time")      \
    T(A, COLUMN, amount, input.columns.amount, NULL, 0,                                    \
      "column of the amount; map this, or quantity and unit_price, or all three")          \
    T(A, COLUMN, quantity, input.columns.quantity, NULL, 0, "column of the quantity")      \
    T(A, COLUMN, unit_price, input.columns.unit_price, NULL, 0,                            \
      "column of the price of one piece; amount = quantity times this, or is checked "     \
      "against it")                                                                        \
    T(A, COLUMN, order, input.columns.order, NULL, 0,                                      \
      "column of the order id; without it all events of a day are one order")              \
    T(A, COLUMN, channel, input.columns.channel, NULL, 0,                                  \
      "column of the channel: shop, web, country")                                         \
    T(A, COLUMN, category, input.columns.category, NULL, 0,                                \
      "column of the category or article")

#define TC_KEYS_FORMAT(N, W, T, A)                                                         \
    T(A, TEXT, delimiter, input.format.delimiter, ",", 0,                                  \
      "between fields: one byte, tab, or blanks = runs of blanks and tabs, no quotes")     \
    T(A, TEXT, quote, input.format.quote, "\"", 0,                                         \
      "around fields that hold a delimiter, a newline or, doubled, a quote: one byte, or " \
      "none")                                                                              \
    T(A, FLAG, header, input.format.has_header, "true", 0,                                 \
      "false: there is no header line, the columns are named 1, 2, 3, ...")                \
    N(A, INT, skip_lines, input.format.skip_lines, "0", 0, 1000000, "[]", 0,               \
      "lines in front of the header, or of the rows, that are not read")                   \
    W(A, encoding, input.format.encoding, "utf-8", tc_words_encoding,                      \
      "of the files; a customer id, channel or category that is not valid in it is "       \
      "rejected. Results are UTF-8")                                                       \
    W(A, decimal, input.format.number.decimal, "point", tc_words_decimal,                  \
      "sign between the whole part of a number and its decimals; or the sign itself")      \
    W(A, thousands, input.format.number.thousands, "none", tc_words_thousands,             \
      "sign that may stand between groups of three digits, in all places or in none; "     \
      "or the sign itself. blank is also U+00A0, U+2009, U+202F, apostrophe also U+2019")  \
    W(A, negative, input.format.number.negative, "minus", tc_words_negative,               \
      "how negative numbers are written besides -12.50: (12.50), 12.50-, or any of them")

#define TC_KEYS_RETURNS(N, W, T, A)                                                        \
    T(A, BLANK, order_prefix, input.returns_order_prefix, "", 0,                           \
      "order ids that begin with this are returns; negative amounts always are")           \
    W(A, policy, input.returns, "net", tc_words_returns,                                   \
      "net = returns are kept and lower the net amount; reject = their rows are rejected")

#define TC_KEYS_CUSTOMER_ID(N, W, T, A)                                                    \
    T(A, FLAG, strip_decimal, input.id_strip_decimal, "false", 0,                          \
      "17850.0 is the customer 17850")                                                     \
    W(A, case, input.id_case, "keep", tc_words_case, "letters of the id are kept or folded")

#define TC_KEYS_IDENTITY_MAP(N, W, T, A)                                                   \
    T(A, TEXT, id, identity.id, "id", 0, "column of the id that is replaced")              \
    T(A, TEXT, master, identity.master, "master", 0,                                       \
      "column of the id that replaces it; it may be replaced itself")

#define TC_KEYS_IDENTITY_HIERARCHY(N, W, T, A)                                             \
    T(A, TEXT, child, identity.child, "child", 0, "column of the subsidiary")              \
    T(A, TEXT, parent, identity.parent, "parent", 0,                                       \
      "column of the account that it is counted with; it may have a parent itself")

#define TC_KEYS_CUSTOMERS(N, W, T, A)                                                      \
    T(A, FORMAT, time_format, customers.time_format, "iso", 0,                             \
      "of the signup column, as input.time_format")

#define TC_KEYS_CUSTOMER_COLUMNS(N, W, T, A)                                               \
    T(A, TEXT, customer, customers.customer, "customer", 0, "column of the customer id")   \
    T(A, COLUMN, signup, customers.signup, NULL, 0,                                        \
      "column of the day on which the customer signed up")                                 \
    T(A, COLUMN, parent, customers.parent, NULL, 0,                                        \
      "column of the account that the customer belongs to; it counts only if "             \
      "identity.hierarchy names this file too")                                            \
    T(A, COLUMN, consent, customers.consent, NULL, 0,                                      \
      "column that says whether the customer consents: 1, true, t, yes, y, on or 0, "      \
      "false, f, no, n, off in letters of any case; empty = unknown")                      \
    T(A, COLUMN, protected, customers.is_protected, NULL, 0,                               \
      "column that says whether the customer is protected; words as for consent")

#define TC_KEYS_INTERACTIONS(N, W, T, A)                                                   \
    T(A, FORMAT, time_format, interactions.time_format, "iso", 0,                          \
      "of the time column, as input.time_format")                                          \
    W(A, unlisted, interactions.unlisted, "other", tc_words_unlisted,                      \
      "rows whose word is not in kinds: other = of the kind other, which counts only in "  \
      "interaction_trend and mean_response_hours; reject = their rows are rejected")

#define TC_KEYS_INTERACTION_COLUMNS(N, W, T, A)                                            \
    T(A, TEXT, customer, interactions.customer, "customer", 0,                             \
      "column of the customer id")                                                         \
    T(A, TEXT, time, interactions.time, "time", 0, "column of the time")                   \
    T(A, TEXT, kind, interactions.kind, "kind", 0, "column of the word for what it is")    \
    T(A, COLUMN, value, interactions.value, NULL, 0,                                       \
      "column of the answer to a survey; needed by the kinds survey and nps")              \
    T(A, COLUMN, response, interactions.response, NULL, 0,                                 \
      "column of the hours until the company answered")

#define TC_KEYS_WIDE(N, W, T, A)                                                           \
    T(A, TEXT, customer, wide.customer, "customer", 0,                                     \
      "column of the customer id; of an HDF5 file the dataset, whose group holds the "     \
      "others")                                                                            \
    T(A, COLUMN, matrix, wide.matrix, NULL, 0,                                             \
      "dataset of an HDF5 file with a row a customer and a column a feature")              \
    T(A, COLUMN, matrix_names, wide.matrix_names, NULL, 0,                                 \
      "dataset of the names of its columns")                                               \
    W(A, storage, wide.storage, "float64", tc_words_storage,                               \
      "of numbers; float32 halves files and memory and keeps 7 digits")

#define TC_KEYS_QUALITY(N, W, T, A)                                                        \
    T(A, FLAG, enforce, quality.enforce, "true", 0,                                        \
      "false = a failed gate is reported, and the run goes on")                            \
    N(A, LIMIT, completeness, quality.completeness, "0.9", 0, 1, "[]", 0,                  \
      "at least this share of the rows has a value, in each mapped column; see columns")   \
    N(A, LIMIT, validity, quality.validity, "0.9", 0, 1, "[]", 0,                          \
      "at least this share can be read: of all rows, and of the values of each mapped "    \
      "column")                                                                            \
    N(A, LIMIT, consistency, quality.consistency, "0.95", 0, 1, "[]", 0,                   \
      "at least this share passes, in each check: order ids of one customer only, "        \
      "amounts equal to quantity times "                                                   \
      "price, times inside not_before and not_after, no positive amount under the prefix " \
      "of returns")                                                                        \
    N(A, LIMIT, duplicates, quality.duplicates, "0.05", 0, 1, "[]", 0,                     \
      "at most this share of the rows repeats another row")                                \
    N(A, LIMIT, outliers, quality.outliers, "0.05", 0, 1, "[]", 0,                         \
      "at most this share of the amounts lies beyond the upper quartile plus three times " \
      "the interquartile range, on "                                                       \
      "a logarithmic scale")                                                               \
    N(A, LIMIT, rejected, quality.rejected, "none", 0, 1, "[]", 0,                         \
      "at most this share of the rows is rejected, for whatever reason")                   \
    N(A, LIMIT, freshness_days, quality.freshness_days, "none", 0, 3660000, "[]", 0,       \
      "the last day with a row before not_after or run.as_of lies at most this many days " \
      "before it")                                                                         \
    N(A, LIMIT, missing_months, quality.missing_months, "none", 0, 120000, "[]", 0,        \
      "at most this many calendar months between the first and the last have no row")      \
    N(A, LIMIT, thin_months, quality.thin_months, "none", 0, 120000, "[]", 0,              \
      "at most this many months are thin")                                                 \
    N(A, REAL, thin_month, quality.thin_month, "0.25", 0, 1, "[]", 0,                      \
      "a month is thin if it has less than this share of the rows a day of the months "    \
      "around it (median of up to two "                                                    \
      "before and two after)")                                                             \
    N(A, LIMIT, negative_share, quality.negative_share, "none", 0, 1000000, "[]", 0,       \
      "negative amounts sum to at most this share of the positive ones")                   \
    N(A, LIMIT, negative_lag_days, quality.negative_lag_days, "none", 0, 3660000, "[]", 0, \
      "the last negative amount lies at most this many days before the last row")          \
    T(A, BOUND, not_before, quality.not_before, "none", 0,                                 \
      "first day of the company: earlier rows are inconsistent")                           \
    T(A, BOUND, not_after, quality.not_after, "none", 0,                                   \
      "rows on this day or later lie in the future and are inconsistent; as_of = the "     \
      "date of run.as_of")

#define TC_KEYS_FEATURES(N, W, T, A)                                                       \
    N(A, INT, active_days, features.active_days, "365", 0, 36600, "[]", 0,                 \
      "a customer gets a churn label at a date if something was bought in this many days " \
      "before it; 0 = ever")

#define TC_KEYS_SEGMENT(N, W, T, A)                                                        \
    N(A, INT, k, segment.k, "5", 1, 254, "[]", 0,                                          \
      "number of segments; with k_max the fewest that are tried")                          \
    N(A, INT, k_max, segment.k_max, "0", 0, 254, "[]", 0,                                  \
      "every number of segments from k to this is fitted, and one of them chosen; 0 = k "  \
      "alone")                                                                             \
    W(A, criterion, segment.criterion, "calinski_harabasz", tc_words_criterion,            \
      "index by which is chosen; of those within 1 % of the best the most stable, then "   \
      "the fewest segments")                                                               \
    N(A, REAL, min_share, segment.min_share, "0.01", 0, 0.5, "[]", 0,                      \
      "share of the customers that every segment must have to be chosen")                  \
    N(A, INT, silhouette_rows, segment.silhouette_rows, "256", 0, 16384, "[]", 0,          \
      "customers of each segment whose silhouettes are computed, at most 8192 in all; 0 "  \
      "= none")                                                                            \
    N(A, INT, stability, segment.stability, "4", 0, 1000, "[]", 0,                         \
      "with k_max: pairs of disjoint samples that are fitted and compared by the "         \
      "adjusted "                                                                          \
      "Rand index; 0 = none")                                                              \
    N(A, INT, gap_references, segment.gap_references, "10", 0, 1000, "[]", 0,              \
      "with k_max: sets of customers without segments for the gap statistic; 0 = none")    \
    W(A, scale, segment.scale, "zscore", tc_words_scale, "after the transform")            \
    N(A, REAL, winsorise, segment.winsorise, "0.001", 0, 0.5, "[)", 0,                     \
      "share of customers drawn in at each end of a feature; 0 = none")                    \
    N(A, INT, restarts, segment.restarts, "64", 1, 1000000, "[]", 0,                       \
      "random starts on the sample; the best goes on")                                     \
    N(A, INT, sample, segment.sample, "32768", 1, 16777216, "[]", 0,                       \
      "customers the starts are tried on, held by every rank; at least k")                 \
    N(A, INT, max_iterations, segment.max_iterations, "100", 1, 1000000, "[]", 0,          \
      "passes over all customers at most")                                                 \
    N(A, REAL, tolerance, segment.tolerance, "1e-6", 0, 1, "[)", 0,                        \
      "stop when a pass lowers the inertia by less than this share; 0 = when no customer " \
      "moves")                                                                             \
    T(A, FEATURE, weight, segment.weight, NULL, 0,                                         \
      "feature that says how often a customer counts; at least 0, none = 0; not set = "    \
      "each once")                                                                         \
    T(A, BLANK, previous, segment.previous, "", TC_KEY_LOCAL,                              \
      "results of an earlier run, by which segments keep their numbers and names: its "    \
      "run directory or its segments.h5, relative to the folder of the configuration "     \
      "file; empty = none, segments are numbered afresh")                                  \
    N(A, REAL, high_share, segment.high_share, "0.2", 0, 1, "()", 0,                       \
      "share of customers whose spending power is called high, by net_amount")             \
    N(A, REAL, middle_share, segment.middle_share, "0.3", 0, 1, "()", 0,                   \
      "share of the next ones, called middle; the others are low")                         \
    N(A, INT, complex_cases, segment.complex_cases, "3", 1, 1000000, "[]", 0,              \
      "tickets and complaints of the last 90 days from which service need is called "      \
      "complex; standard = fewer, basic = none")                                           \
    N(A, REAL, margin, segment.margin, "1", 0, 1, "(]", 0,                                 \
      "share of the net amount that is left before the cost of service, for the profit "   \
      "of "                                                                                \
      "quadrants")                                                                         \
    N(A, REAL, case_cost, segment.case_cost, "0", 0, 1000000000, "[]", 0,                  \
      "currency that a ticket or complaint costs, for the same")

#define TC_KEYS_CHURN(N, W, T, A)                                                          \
    N(A, REAL, ridge, churn.ridge, "1e-6", 0, 1000000, "[]", 0,                            \
      "penalty on standardised coefficients, times the number of rows; 0 = none")          \
    N(A, INT, max_iterations, churn.max_iterations, "50", 1, 10000, "[]", 0,               \
      "Newton steps at most")                                                              \
    N(A, REAL, tolerance, churn.tolerance, "1e-10", 0, 1, "()", 0,                         \
      "of the Newton decrement, relative")                                                 \
    N(A, INT, min_class, churn.min_class, "20", 1, 9007199254740992.0, "[]", 0,            \
      "fewest customers of each class that a model is fitted on")

#define TC_KEYS_WEIGHTS(N, W, T, A)                                                        \
    N(A, REAL, recency, assign.weight_recency, "0.2", 0, 1000000, "[]", 0,                 \
      "of the recency percentile in the score; only the proportions of the weights count") \
    N(A, REAL, frequency, assign.weight_frequency, "0.25", 0, 1000000, "[]", 0,            \
      "of the percentile of the number of orders")                                         \
    N(A, REAL, monetary, assign.weight_monetary, "0.35", 0, 1000000, "[]", 0,              \
      "of the percentile of the net amount")                                               \
    N(A, REAL, churn, assign.weight_churn, "0.2", 0, 1000000, "[]", 0,                     \
      "of the percentile of the chance to stay")

/* Elements of lists. */
#define TC_KEYS_USE(N, W, T, A)                                                            \
    T(A, FEATURE, feature, feature, NULL, TC_KEY_REQUIRED,                                 \
      "name in the feature catalogue, user.<name> of a number, or user.<name>=<level>, "   \
      "1 for the customers of that level and else 0")                                      \
    W(A, transform, transform, "log", tc_words_transform, "log = sign(x) ln(1 + |x|)")

#define TC_KEYS_PLACE(N, W, T, A)                                                          \
    TC_KEYS_USE(N, W, T, A)                                                                \
    W(A, missing, lack, "catalogue", tc_words_lack,                                        \
      "customers without a value: catalogue = zero or the median, as the catalogue says; " \
      "impute = the median; drop = they take no part in the fit and get the segment next " \
      "to them; category = the median, and a further feature that is 1 for them and else " \
      "0")

#define TC_KEYS_ATTRIBUTE(N, W, T, A)                                                      \
    T(A, TEXT, column, column, NULL, TC_KEY_REQUIRED, "column of the customers table")     \
    T(A, COLUMN, name, name, NULL, 0, "of the user feature; not set = as the column")      \
    W(A, kind, kind, "numeric", tc_words_attribute,                                        \
      "categorical = words with a dictionary")                                             \
    T(A, COLUMN, levels, levels, NULL, 0,                                                  \
      "the known words, as one|two|three; another word becomes other and is counted; "     \
      "not set = every word is kept")

#define TC_KEYS_TOUCH(N, W, T, A)                                                          \
    T(A, TEXT, word, word, NULL, TC_KEY_REQUIRED,                                          \
      "in the kind column, letters as they stand there; each once")                        \
    W(A, kind, kind, "other", tc_words_touch,                                              \
      "survey = satisfaction on the company's own scale, nps = 0 to 10; both need a "      \
      "value")

#define TC_KEYS_CATEGORY(N, W, T, A)                                                       \
    T(A, TEXT, column, column, NULL, TC_KEY_REQUIRED, "column of the wide table")          \
    T(A, COLUMN, levels, levels, NULL, 0, "as customers.attributes[].levels")

#define TC_KEYS_COLUMN_LIMIT(N, W, T, A)                                                   \
    T(A, NAME, column, column, NULL, TC_KEY_REQUIRED,                                      \
      "a key of input.columns that is mapped; each once")                                  \
    N(A, LIMIT, completeness, completeness, NULL, 0, 1, "[]", TC_KEY_REQUIRED,             \
      "at least this share of the rows has a value")

#define TC_KEYS_TIER(N, W, T, A)                                                           \
    T(A, NAME, name, name, NULL, TC_KEY_REQUIRED, "of the tier; each once")                \
    N(A, REAL, share, share, NULL, 0, 1, "(]", TC_KEY_REQUIRED,                            \
      "of the customers; all shares sum to 1")

#define TC_KEYS_RULE(N, W, T, A)                                                           \
    T(A, NAME, name, name, NULL, TC_KEY_REQUIRED,                                          \
      "of the segment; several rules may carry one name")                                  \
    T(A, SCORES, r, r_min, NULL, TC_KEY_REQUIRED, "recency scores")                        \
    T(A, SCORES, f, f_min, NULL, TC_KEY_REQUIRED, "frequency scores")                      \
    T(A, SCORES, m, m_min, "[1, 5]", 0, "monetary scores")

/* L(section, key, member, count, element, rows, low, high, fallback, flags, text): a list; element is its
 * raw type, rows its keys, low and high the allowed number of elements. */
#define TC_LISTS(L)                                                                        \
    L(run, events, events, n_events, tc_raw_path, tc_key_path, 0, 100000, "[]",            \
      TC_KEY_LOCAL | TC_KEY_LATE,                                                          \
      "event files that features and all later stages read, or patterns with * ? [], "     \
      "relative to run.directory; [] = events.h5, or events/*.h5 if input.instalment is "  \
      "set")                                                                               \
    L(io, hints, io.hints, io.n_hints, tc_raw_path, tc_key_hint, 0, 64, "[]",              \
      TC_KEY_TEXTS,                                                                        \
      "any other hints for MPI-IO, such as [romio_ds_write=disable]; those that it does "  \
      "not know are ignored")                                                              \
    L(input, transactions, input.files, input.n_files, tc_raw_path, tc_key_path, 1,        \
      1000000, NULL, TC_KEY_REQUIRED | TC_KEY_LOCAL,                                       \
      "paths of .csv, .csv.gz or .csv.zst files, or patterns with * ? [], relative to "    \
      "the folder of the configuration file")                                              \
    L(input.format, currency, input.format.number.currency,                                \
      input.format.number.n_currency, tc_raw_path, tc_key_sign, 0, 16, "[]", TC_KEY_TEXTS, \
      "signs or codes of one currency, such as [\"£\", GBP], that may stand before or "   \
      "behind a number; any other makes it unreadable")                                    \
    L(identity.map, files, identity.map_files, identity.n_map_files, tc_raw_path,          \
      tc_key_path, 0, 1000000, "[]", TC_KEY_LOCAL,                                         \
      "files with a row for each id that stands for another; written as "                  \
      "input.transactions")                                                                \
    L(identity.hierarchy, files, identity.hierarchy_files, identity.n_hierarchy_files,     \
      tc_raw_path, tc_key_path, 0, 1000000, "[]", TC_KEY_LOCAL,                            \
      "files with a row for each customer that is counted with its parent")                \
    L(customers, files, customers.files, customers.n_files, tc_raw_path, tc_key_path, 0,   \
      1000000, "[]", TC_KEY_LOCAL, "written as input.transactions")                        \
    L(customers, attributes, customers.attributes, customers.n_attributes,                 \
      tc_raw_attribute, tc_key_attribute, 0, 2000, "[]", 0,                                \
      "columns that become user features; consent and protected are ones by themselves")   \
    L(interactions, files, interactions.files, interactions.n_files, tc_raw_path,          \
      tc_key_path, 0, 1000000, "[]", TC_KEY_LOCAL, "written as input.transactions")        \
    L(interactions, kinds, interactions.kinds, interactions.n_kinds, tc_raw_touch,         \
      tc_key_touch, 1, 1000,                                                               \
      "[{word: visit, kind: visit}, {word: login, kind: login}, "                          \
      "{word: complaint, kind: complaint}, {word: ticket, kind: ticket}, "                 \
      "{word: survey, kind: survey}, {word: nps, kind: nps}]",                             \
      TC_KEY_ONCE, "what the words of the kind column mean")                               \
    L(wide, files, wide.files, wide.n_files, tc_raw_path, tc_key_path, 0, 1000000, "[]",   \
      TC_KEY_LOCAL, "written as input.transactions, or one HDF5 file (.h5, .hdf5)")        \
    L(wide, categorical, wide.categorical, wide.n_categorical, tc_raw_category,            \
      tc_key_category, 0, 2000, "[]", TC_KEY_ONCE,                                         \
      "columns of words; all others hold numbers")                                         \
    L(quality, columns, quality.columns, quality.n_columns, tc_raw_column_limit,           \
      tc_key_column_limit, 0, 64, "[]", TC_KEY_ONCE,                                       \
      "other limits for the completeness of single columns")                               \
    L(segment, features, segment.use, segment.n_use, tc_raw_place, tc_key_place, 1, 64,    \
      "[{feature: recency_days}, {feature: order_count}, {feature: net_amount}]",          \
      TC_KEY_ONCE, "features that place a customer; each once")                            \
    L(churn, features, churn.use, churn.n_use, tc_raw_use, tc_key_use, 1, 64,              \
      "[{feature: recency_days}, {feature: order_count}, {feature: net_amount}, "          \
      "{feature: tenure_days}, {feature: gap_mean_days}, {feature: recency_gap_ratio}, "   \
      "{feature: return_rate, transform: none}, {feature: average_order}, "                \
      "{feature: orders_90d}, {feature: orders_90d_before}, "                              \
      "{feature: distinct_categories}, {feature: active_months}]",                         \
      TC_KEY_ONCE, "features of the model; each once")                                     \
    L(assign, tiers, assign.tiers, assign.n_tiers, tc_raw_tier, tc_key_tier, 2, 20,        \
      "[{name: bronze, share: 0.5}, {name: silver, share: 0.3}, "                          \
      "{name: gold, share: 0.13}, {name: platinum, share: 0.05}, "                         \
      "{name: diamond, share: 0.02}]",                                                     \
      TC_KEY_ONCE, "from the lowest to the highest")                                       \
    L(assign, rules, assign.rules, assign.n_rules, tc_raw_rule, tc_key_rule, 1, 125,       \
      "[{name: hibernating, r: [1, 2], f: [1, 2]}, "                                       \
      "{name: at_risk, r: [1, 2], f: [3, 4]}, "                                            \
      "{name: cant_lose, r: [1, 2], f: [5, 5]}, "                                          \
      "{name: about_to_sleep, r: [3, 3], f: [1, 2]}, "                                     \
      "{name: need_attention, r: [3, 3], f: [3, 3]}, "                                     \
      "{name: loyal_customers, r: [3, 4], f: [4, 5]}, "                                    \
      "{name: promising, r: [4, 4], f: [1, 1]}, "                                          \
      "{name: new_customers, r: [5, 5], f: [1, 1]}, "                                      \
      "{name: potential_loyalists, r: [4, 5], f: [2, 3]}, "                                \
      "{name: champions, r: [5, 5], f: [4, 5]}]",                                          \
      0, "named segments; together they cover every combination of scores exactly once")

#endif

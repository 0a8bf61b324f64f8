/* cmd_segment.c - `tiercel segment CONFIG`, the stage, and `tiercel segment --input FILE ...`, k-means on any file. */
#include "tiercel/app.h"
#include "tiercel/log.h"
#include "tiercel/progress.h"
#include "tiercel/segment_table.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N_NUMBERS = 9, N_TEXTS = 7, OPTION_TEXT = 256, OPTION_NUMBER = 300 };

/* Options that are keys of the configuration. */
static const struct {
    const char *name, *key, *fallback;
    double low, high;
    int is_whole;
    const char *allowed;
} number_option[N_NUMBERS] = {
    {"k", "segment.k", NULL, 1, 254, 1, "whole numbers from 1 to 254"},
    {"n-init", "segment.restarts", "64", 1, 1e6, 1, "whole numbers from 1 to 1000000"},
    {"max-iter", "segment.max_iterations", "300", 1, 1e6, 1,
     "whole numbers from 1 to 1000000"},
    {"tol", "segment.tolerance", "1e-6", 0, 0x1.fffffffffffffp-1, 0,
     "numbers from 0 to less than 1"},
    {"winsorise", "segment.winsorise", "0", 0, 0x1.fffffffffffffp-2, 0,
     "shares from 0 to less than 0.5"},
    {"sample", "segment.sample", "32768", 254, 16777216, 1,
     "whole numbers from 254 to 16777216"},
    {"silhouette", "segment.silhouette_rows", "0", 0, 16384, 1,
     "whole numbers from 0 to 16384"},
    {"seed", "run.seed", "1", 0, 9007199254740992.0, 1, "whole numbers from 0 on"},
    {"memory", "run.memory_per_rank", "0", 0, 1073741824, 1,
     "MiB a rank; 0 = a share of the node's"}};

static const char *const scale_words[] = {"none", "zscore", "minmax", NULL};
static const char *const missing_words[] = {"error", "impute", "drop", "category", NULL};
static const tc_lack missing_of[] = {TC_LACK_IMPUTE, TC_LACK_IMPUTE, TC_LACK_DROP,
                                     TC_LACK_CATEGORY};

/* What the command line says. */
typedef struct {
    tc_segment_table table;
    const char *number[N_NUMBERS]; /* as written; NULL = default */
    int scale, missing;            /* numbers of the words */
    int help;
} words;

static const char *const text_option[N_TEXTS] = {
    "input", "dataset", "features", "weight", "init", "init-dataset", "output"};

static const char **text_of(words *w, int option)
{
    const char **const place[N_TEXTS] = {
        &w->table.input, &w->table.dataset, &w->table.features, &w->table.weight,
        &w->table.init,  &w->table.centres, &w->table.output};
    return place[option];
}

static void print_help(void)
{
    (void)printf(
        "usage: tiercel segment CONFIG [--set key.path=value]... [-v|-q]\n"
        "Runs this stage alone, from the files of the stages before it.\n\n"
        "       tiercel segment --input FILE --dataset NAME --k K --output FILE [options]\n"
        "k-means on the rows of any HDF5 file of numbers. The same bytes on any number of "
        "ranks.\n\n"
        "  --input FILE         HDF5\n"
        "  --dataset NAME       rows x columns, at most 64 columns\n"
        "  --features A,B,C     instead: vectors of one length, one a column\n"
        "  --weight NAME        vector: how often each row counts, at least 0, NaN = 0\n"
        "  --k K                clusters, 1 to 254\n"
        "  --scale WORD         none, zscore or minmax (none)\n"
        "  --winsorise X        share of rows drawn in at each end of a column (0)\n"
        "  --missing WORD       rows with NaN: error; impute = the median of the column; "
        "drop = they\n"
        "                       do not count in the fit; category = impute, and one more "
        "column that\n"
        "                       is 1 for them (error)\n"
        "  --init FILE          starting centres, k x columns in the unit of the input: an "
        "earlier\n"
        "                       result; labels keep their order\n"
        "  --init-dataset NAME  of it (cluster_centers)\n"
        "  --n-init N           random starts on a sample; the best goes on (64)\n"
        "  --sample N           rows of that sample (32768)\n"
        "  --max-iter N         passes over the rows at most (300)\n"
        "  --tol X              stop when a pass lowers the inertia by less than this "
        "share; "
        "0 = when\n"
        "                       nothing changes (1e-6)\n"
        "  --silhouette N       silhouette of a sample of N rows a cluster; 0 = none (0)\n"
        "  --seed N             (1)\n"
        "  --memory MIB         of a rank; rows that do not fit are read anew in each "
        "pass; "
        "0 = a\n"
        "                       share of the node's (0)\n"
        "  --output FILE        labels, cluster_centers, inertia, n_iter; without --init "
        "clusters\n"
        "                       are in falling order of weight\n");
}

static tc_status find_word(const char *option, const char *const *allowed, const char *text,
                           int *out, tc_error *err)
{
    for (int i = 0; allowed[i] != NULL; i++) {
        if (strcmp(allowed[i], text) == 0) {
            *out = i;
            return TC_OK;
        }
    }
    return tc_fail(err, TC_EUSAGE, "segment: --%s %.40s; allowed are %s, %s, %s%s%s",
                   option, text, allowed[0], allowed[1], allowed[2],
                   allowed[3] != NULL ? ", " : "", allowed[3] != NULL ? allowed[3] : "");
}

static tc_status check_number(int option, const char *text, tc_error *err)
{
    char *end;
    double value;
    errno = 0;
    value = strtod(text, &end);
    if (end == text || *end != '\0' || errno != 0 || !isfinite(value) ||
        value < number_option[option].low || value > number_option[option].high ||
        (number_option[option].is_whole && value != floor(value)) ||
        strspn(text, "0123456789.eE+-") != strlen(text)) {
        return tc_fail(err, TC_EUSAGE, "segment: --%s %.40s; allowed are %s",
                       number_option[option].name, text, number_option[option].allowed);
    }
    return TC_OK;
}

static tc_status take(int option, words *w, tc_error *err)
{
    if (option >= OPTION_NUMBER) {
        w->number[option - OPTION_NUMBER] = optarg;
        return check_number(option - OPTION_NUMBER, optarg, err);
    }
    if (option >= OPTION_TEXT) {
        *text_of(w, option - OPTION_TEXT) = optarg;
        return optarg[0] != '\0' ? TC_OK
                                 : tc_fail(err, TC_EUSAGE, "segment: --%s is empty",
                                           text_option[option - OPTION_TEXT]);
    }
    switch (option) {
    case 's':
        return find_word("scale", scale_words, optarg, &w->scale, err);
    case 'm':
        return find_word("missing", missing_words, optarg, &w->missing, err);
    case 'h':
        w->help = 1;
        return TC_OK;
    default:
        tc_log_init(option == 'v' ? TC_LOG_DEBUG : TC_LOG_WARN, tc_log_speaks());
        return TC_OK;
    }
}

/* What must be given together. */
static tc_status check(const words *w, tc_error *err)
{
    const tc_segment_table *t = &w->table;
    if (t->input == NULL || t->output == NULL || w->number[0] == NULL) {
        return tc_fail(err, TC_EUSAGE, "segment: %s is missing; see tiercel segment --help",
                       t->input == NULL    ? "--input"
                       : t->output == NULL ? "--output"
                                           : "--k");
    }
    if ((t->dataset == NULL) == (t->features == NULL)) {
        return tc_fail(err, TC_EUSAGE,
                       "segment: give either --dataset, rows x columns, or --features, "
                       "vectors of one length");
    }
    return TC_OK;
}

static tc_status parse(int argc, char **argv, words *w, tc_error *err)
{
    struct option option[N_NUMBERS + N_TEXTS + 4] = {{0}};
    int n = 0, found, at = 0;
    for (int i = 0; i < N_TEXTS; i++) {
        option[n++] =
            (struct option){text_option[i], required_argument, NULL, OPTION_TEXT + i};
    }
    for (int i = 0; i < N_NUMBERS; i++) {
        option[n++] = (struct option){number_option[i].name, required_argument, NULL,
                                      OPTION_NUMBER + i};
    }
    option[n++] = (struct option){"scale", required_argument, NULL, 's'};
    option[n++] = (struct option){"missing", required_argument, NULL, 'm'};
    option[n] = (struct option){"help", no_argument, NULL, 'h'};
    opterr = 0;
    optind = 1;
    while ((found = getopt_long(argc, argv, ":hvq", option, &at)) != -1) {
        if (found == '?') {
            return tc_fail(err, TC_EUSAGE,
                           "segment: unknown option %s; see tiercel segment --help",
                           argv[optind - 1]);
        }
        if (found == ':') {
            return tc_fail(err, TC_EUSAGE, "segment: %s needs a value", argv[optind - 1]);
        }
        TC_TRY(take(found, w, err));
    }
    if (optind < argc) {
        return tc_fail(err, TC_EUSAGE,
                       "segment: %s is no option; see tiercel segment --help",
                       argv[optind]);
    }
    return w->help ? TC_OK : check(w, err);
}

/* A configuration without input: defaults, and what the options say. */
static tc_status configure(const words *w, tc_config **out, tc_error *err)
{
    static const char text[] =
        "run: {directory: none}\n"
        "input: {transactions: [none], columns: {customer: c, time: t, "
        "amount: a}}\n";
    char line[N_NUMBERS + 1][96];
    const char *override[N_NUMBERS + 1];
    int n = 0;
    for (int i = 0; i < N_NUMBERS; i++) {
        const char *given = w->number[i] != NULL ? w->number[i] : number_option[i].fallback;
        const double value = strtod(given, NULL);
        (void)snprintf(line[n], sizeof line[n],
                       number_option[i].is_whole ? "%s=%.0f" : "%s=%.17g",
                       number_option[i].key, value);
        override[n] = line[n];
        n++;
    }
    (void)snprintf(line[n], sizeof line[n], "segment.scale=%s", scale_words[w->scale]);
    override[n] = line[n];
    n++;
    return tc_config_parse(text, (int64_t)sizeof text - 1, "options of tiercel segment",
                           ".", override, n, out, err);
}

/* Collective. */
static tc_status run_table_all(tc_comm *comm, int argc, char **argv, tc_error *err)
{
    words w = {.table = {.centres = "cluster_centers"}};
    tc_config *config = NULL;
    tc_status st = parse(argc, argv, &w, err);
    if (st == TC_OK && !w.help) {
        st = configure(&w, &config, err);
    }
    st = tc_comm_agree_all(comm, st, err);
    if (st == TC_OK && w.help) {
        if (tc_comm_rank(comm) == 0) {
            print_help();
        }
    } else if (st == TC_OK) {
        w.table.config = config;
        w.table.lack_is_error = w.missing == 0;
        w.table.missing = missing_of[w.missing];
        tc_progress_stage("segment", 1, 1);
        st = tc_segment_table_all(comm, &w.table, err);
    }
    tc_config_destroy(&config);
    return st;
}

tc_status tc_cmd_segment_all(tc_comm *comm, int argc, char **argv, tc_error *err)
{
    for (int i = 1; i < argc; i++) { /* the stage knows --set alone */
        if ((strncmp(argv[i], "--", 2) == 0 && strncmp(argv[i], "--set", 5) != 0) ||
            strcmp(argv[i], "-h") == 0) {
            return run_table_all(comm, argc, argv, err);
        }
    }
    return tc_cmd_stage_all(comm, argc, argv, err);
}

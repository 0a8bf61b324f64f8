/* cmd_synth.c - tiercel synth: a synthetic customer base with known truth. */
#include "tiercel/app.h"
#include "tiercel/date.h"
#include "tiercel/log.h"
#include "tiercel/progress.h"
#include "tiercel/synth_all.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    OPTION_CUSTOMERS = 256,
    OPTION_SEED,
    OPTION_START,
    OPTION_DAYS,
    OPTION_HORIZON,
    OPTION_MEAN_ORDERS,
    OPTION_OUTPUT,
    OPTION_FILES,
    OPTION_TIME,
    OPTION_AMOUNT,
    OPTION_GZIP,
    OPTION_DIRT /* + tc_synth_dirt */
};

static const struct option long_options[] = {
    {"customers", required_argument, NULL, OPTION_CUSTOMERS},
    {"seed", required_argument, NULL, OPTION_SEED},
    {"start", required_argument, NULL, OPTION_START},
    {"days", required_argument, NULL, OPTION_DAYS},
    {"horizon", required_argument, NULL, OPTION_HORIZON},
    {"mean-orders", required_argument, NULL, OPTION_MEAN_ORDERS},
    {"output", required_argument, NULL, OPTION_OUTPUT},
    {"files", required_argument, NULL, OPTION_FILES},
    {"time", required_argument, NULL, OPTION_TIME},
    {"amount", no_argument, NULL, OPTION_AMOUNT},
    {"gzip", no_argument, NULL, OPTION_GZIP},
    {"dirt-missing-id", required_argument, NULL, OPTION_DIRT + TC_DIRT_MISSING_ID},
    {"dirt-duplicates", required_argument, NULL, OPTION_DIRT + TC_DIRT_DUPLICATE},
    {"dirt-dates", required_argument, NULL, OPTION_DIRT + TC_DIRT_DATE},
    {"dirt-numbers", required_argument, NULL, OPTION_DIRT + TC_DIRT_NUMBER},
    {"dirt-newlines", required_argument, NULL, OPTION_DIRT + TC_DIRT_NEWLINE},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0}};

static void print_help(void)
{
    const tc_synth_options o = tc_synth_options_default();
    char start[TC_DATE_TEXT];
    tc_date_text(o.params.start_day, start);
    (void)printf(
        "usage: tiercel synth --output DIR [options]\n\n"
        "Writes a synthetic customer base: transactions-*.csv as a shop would export "
        "them,\n"
        "truth.h5 to compare results with, and config.yaml to run on it. The bytes are "
        "the\n"
        "same on any number of ranks.\n\n"
        "  --output DIR           folder, made if it is missing\n"
        "  --customers N          100 to 1e9 (%lld)\n"
        "  --seed N               (%lld)\n"
        "  --start DATE           first day of the log (%s)\n"
        "  --days N               length of the log, 30 to 36500 (%lld)\n"
        "  --horizon N            days of the churn truth (%lld)\n"
        "  --mean-orders X        orders a customer in 730 days, about; scales all buying\n"
        "                         rates (%g, which gives about 10 rows a customer)\n"
        "  --files N              CSV files (%lld); at most one for each block of "
        "customers\n"
        "  --time iso|day_first   2024-12-31 17:30:00 or 31/12/2024 17:30:00 (iso)\n"
        "  --amount               a column amount instead of quantity and unit_price\n"
        "  --gzip                 compress the CSV files\n"
        "  --dirt-missing-id R    share of rows without a customer id (0)\n"
        "  --dirt-duplicates R    share of rows that come twice (0)\n"
        "  --dirt-dates R         share of rows with a date that does not exist (0)\n"
        "  --dirt-numbers R       share of rows with a price that is no number (0)\n"
        "  --dirt-newlines R      share of rows with a quoted newline, still valid (0)\n",
        (long long)o.params.customers, (long long)o.params.seed, start,
        (long long)o.params.days, (long long)o.params.horizon_days, o.params.mean_orders,
        (long long)o.files);
}

static tc_status parse_real(const char *name, const char *text, double *out, tc_error *err)
{
    char *end;
    errno = 0;
    *out = strtod(text, &end);
    if (end == text || *end != '\0' || errno != 0 || !isfinite(*out)) {
        return tc_fail(err, TC_EUSAGE, "synth: --%s %s is not a number", name, text);
    }
    return TC_OK;
}

/* 200000 or 2e5. */
static tc_status parse_whole(const char *name, const char *text, int64_t *out,
                             tc_error *err)
{
    double real = 0.0;
    TC_TRY(parse_real(name, text, &real, err));
    if (real != floor(real) || fabs(real) > 0x1p53) {
        return tc_fail(err, TC_EUSAGE, "synth: --%s %s is not a whole number", name, text);
    }
    *out = (int64_t)real;
    return TC_OK;
}

static tc_status parse_time(const char *text, tc_synth_time *out, tc_error *err)
{
    if (strcmp(text, "iso") == 0) {
        *out = TC_SYNTH_ISO;
    } else if (strcmp(text, "day_first") == 0) {
        *out = TC_SYNTH_DAY_FIRST;
    } else {
        return tc_fail(err, TC_EUSAGE, "synth: --time %s; allowed are iso and day_first",
                       text);
    }
    return TC_OK;
}

static tc_status take(int option, const char *name, tc_synth_options *o, tc_error *err)
{
    switch (option) {
    case OPTION_CUSTOMERS:
        return parse_whole(name, optarg, &o->params.customers, err);
    case OPTION_SEED:
        return parse_whole(name, optarg, &o->params.seed, err);
    case OPTION_DAYS:
        return parse_whole(name, optarg, &o->params.days, err);
    case OPTION_HORIZON:
        return parse_whole(name, optarg, &o->params.horizon_days, err);
    case OPTION_FILES:
        return parse_whole(name, optarg, &o->files, err);
    case OPTION_MEAN_ORDERS:
        return parse_real(name, optarg, &o->params.mean_orders, err);
    case OPTION_TIME:
        return parse_time(optarg, &o->format.time, err);
    case OPTION_START:
        if (!tc_date_parse(optarg, &o->params.start_day)) {
            return tc_fail(err, TC_EUSAGE,
                           "synth: --start %s is not a date like 2024-01-01", optarg);
        }
        return TC_OK;
    case OPTION_OUTPUT:
        o->output = optarg;
        return TC_OK;
    case OPTION_AMOUNT:
        o->format.amount = 1;
        return TC_OK;
    case OPTION_GZIP:
        o->gzip = 1;
        return TC_OK;
    default:
        return parse_real(name, optarg, &o->params.dirt[option - OPTION_DIRT], err);
    }
}

static tc_status parse(int argc, char **argv, tc_synth_options *o, int *help, tc_error *err)
{
    int at = 0;
    int option;
    opterr = 0;
    optind = 1;
    while ((option = getopt_long(argc, argv, ":hvq", long_options, &at)) != -1) {
        if (option == '?') {
            return tc_fail(err, TC_EUSAGE,
                           "synth: unknown option %s; see tiercel synth --help",
                           argv[optind - 1]);
        }
        if (option == ':') {
            return tc_fail(err, TC_EUSAGE, "synth: %s needs a value", argv[optind - 1]);
        }
        if (option == 'v' || option == 'q') {
            tc_log_init(option == 'v' ? TC_LOG_DEBUG : TC_LOG_WARN, tc_log_speaks());
        } else if (option == 'h') {
            *help = 1;
        } else {
            TC_TRY(take(option, long_options[at].name, o, err));
        }
    }
    if (optind < argc) {
        return tc_fail(err, TC_EUSAGE, "synth: %s is no option; see tiercel synth --help",
                       argv[optind]);
    }
    return TC_OK;
}

tc_status tc_cmd_synth_all(tc_comm *comm, int argc, char **argv, tc_error *err)
{
    tc_synth_options options = tc_synth_options_default();
    int help = 0;
    tc_status st = parse(argc, argv, &options, &help, err);
    st = tc_comm_agree_all(comm, st, err);
    if (st != TC_OK) {
        return st;
    }
    if (help) {
        if (tc_comm_rank(comm) == 0) {
            print_help();
        }
        return TC_OK;
    }
    tc_progress_stage("synth", 1, 1);
    return tc_synth_all(comm, &options, err);
}

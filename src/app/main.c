/* main.c - takes the options of all commands, starts MPI, finds the command, prints one error, ends every rank with the same code. */
#include "options.h"

#include "tiercel/app.h"
#include "tiercel/fault.h"
#include "tiercel/log.h"
#include "tiercel/stop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const char *name;
    tc_status (*run_all)(tc_comm *comm, int argc, char **argv, tc_error *err);
    const char *help;
} command;

static const command commands[] = {
    {"run", tc_cmd_run_all, "CONFIG: all stages that are not yet complete, in order"},
    {"ingest", tc_cmd_stage_all, "CONFIG: read the transaction logs into events.h5"},
    {"profiles", tc_cmd_stage_all,
     "CONFIG: customers table, interactions, wide table into "
     "profiles.h5"},
    {"features", tc_cmd_stage_all, "CONFIG: features of each customer into features.h5"},
    {"segment", tc_cmd_segment_all,
     "CONFIG: k-means segments into segments.h5; or --input FILE: of any numbers"},
    {"churn", tc_cmd_stage_all, "CONFIG: churn model and scores into churn.h5"},
    {"assign", tc_cmd_stage_all, "CONFIG: one tier per customer into tiers.h5"},
    {"report", tc_cmd_stage_all, "CONFIG: the model quality and tier report, report.json"},
    {"status", NULL, "RUN [--json]: how a running or ended job is"},
    {"check", tc_cmd_check_all, "CONFIG: validate configuration and inputs; run nothing"},
    {"synth", tc_cmd_synth_all, "[options]: a synthetic customer base with known truth"},
    {"document", tc_cmd_document_all,
     "config|features: the keys or the features, as Markdown"},
};

enum { N_COMMANDS = sizeof commands / sizeof commands[0] };

static void print_help(void)
{
    (void)printf("Tiercel %s: puts every customer of a company into one tier.\n\n"
                 "usage: tiercel COMMAND ...        alone or under mpirun / srun\n\n",
                 TC_VERSION);
    for (int i = 0; i < N_COMMANDS; i++) {
        (void)printf("  tiercel %-9s %s\n", commands[i].name, commands[i].help);
    }
    (void)printf("\noptions of commands with CONFIG:\n"
                 "  --set key.path=value   overrides any key of the configuration\n"
                 "  -v, -q                 more, or no, log lines\n"
                 "options of all commands:\n"
                 "  --log-json             log lines as JSON\n"
                 "  --progress WORD        auto, bar, lines, none\n"
                 "  --help, --version\n\n"
                 "exit codes: 0 complete, 2 quality gate failed, 64 usage, 65 bad data,\n"
                 "  66 input missing, 70 internal, 71 out of memory, 74 I/O,\n"
                 "  75 interrupted (resumable), 78 configuration\n");
}

static const command *find_command(const char *name)
{
    for (int i = 0; i < N_COMMANDS; i++) {
        if (strcmp(commands[i].name, name) == 0) {
            return &commands[i];
        }
    }
    return NULL;
}

static tc_status dispatch_all(tc_comm *comm, int argc, char **argv, tc_error *err)
{
    const command *found;
    const int speaks = tc_comm_rank(comm) == 0;
    if (argc >= 2 && strcmp(argv[1], "--version") == 0) {
        if (speaks) {
            (void)printf("tiercel %s\n", TC_VERSION);
        }
        return TC_OK;
    }
    if (argc >= 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        if (speaks) {
            print_help();
        }
        return TC_OK;
    }
    found = argc >= 2 ? find_command(argv[1]) : NULL;
    if (found == NULL || found->run_all == NULL) {
        return tc_fail(err, TC_EUSAGE, "%s%s; see tiercel --help",
                       argc >= 2 ? "unknown command " : "a command is missing",
                       argc >= 2 ? argv[1] : "");
    }
    return found->run_all(comm, argc - 1, argv + 1, err);
}

/* Collective. Between the start and the end of MPI. st: what became of the options. */
static tc_status run_all(tc_comm *comm, int argc, char **argv, const tc_options *options,
                         tc_status st, tc_error *err)
{
    const char *fault = getenv("TIERCEL_FAULT");
    tc_log_init(TC_LOG_INFO, tc_comm_rank(comm) == 0);
    if (st == TC_OK && fault != NULL) {
        st = tc_fault_arm(fault, tc_comm_rank(comm), err);
    }
    st = tc_comm_agree_all(comm, st, err);
    if (st == TC_OK && tc_comm_rank(comm) == 0) {
        tc_monitor_start(options->show);
    }
    if (st == TC_OK) {
        st = dispatch_all(comm, argc, argv, err);
    }
    tc_monitor_stop();
    return st;
}

/* Ends every rank with the same code; the one that speaks says why. */
static int exit_code_of(tc_status st, int speaks, const tc_error *err)
{
    if (st != TC_OK && speaks) {
        tc_log_error(tc_status_exit_code(st), err->message);
    }
    return tc_status_exit_code(st);
}

int main(int argc, char **argv)
{
    tc_error err = {0};
    tc_comm *comm = NULL;
    tc_options options;
    int speaks = 1, code;
    tc_status st = tc_options_take(&argc, argv, &options, &err);
    tc_log_json(options.log_json);
    if (argc >= 2 && strcmp(argv[1], "status") == 0) { /* also where MPI cannot start */
        st = st == TC_OK ? tc_cmd_status(argc - 1, argv + 1, &err) : st;
        return exit_code_of(st, 1, &err);
    }
    tc_stop_listen();
    if (tc_comm_start_all(&argc, &argv, &comm, &err) != TC_OK) {
        return exit_code_of(TC_ENOMEM, 1, &err);
    }
    speaks = tc_comm_rank(comm) == 0;
    st = run_all(comm, argc, argv, &options, st, &err);
    code = exit_code_of(st, speaks, &err);
    tc_comm_stop_all(&comm);
    if (st == TC_OK && tc_mem_live_blocks() != 0) {
        (void)fprintf(stderr,
                      "tiercel: internal error: %lld blocks of memory were not freed\n",
                      (long long)tc_mem_live_blocks());
        code = tc_status_exit_code(TC_EINTERNAL);
    }
    return code;
}

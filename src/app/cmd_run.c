/* cmd_run.c - `tiercel run`, one stage alone, and `tiercel check`. */
#include "monitor.h"
#include "pipeline.h"

#include "tiercel/app.h"
#include "tiercel/config_check.h"
#include "tiercel/fingerprint.h"
#include "tiercel/log.h"
#include "tiercel/memory_share.h"
#include "tiercel/progress.h"
#include "tiercel/quality.h"
#include "tiercel/run_lock.h"
#include "tiercel/stage_checkpoint.h"
#include "tiercel/stop.h"
#include "tiercel/store_policy.h"
#include "tiercel/summary.h"

#include <stdio.h>
#include <string.h>

enum {
    DIRECT_MIB = 1024
}; /* memory of a rank from which on it has some for rows on their way */

/* What a command on a configuration needs. */
typedef struct {
    tc_command_line line;
    tc_config *config;
    tc_run_lock *lock;
    tc_manifest *manifest;
    unsigned stages; /* a bit for each tc_stage_kind that is chosen */
} session;

/* Collective. Returns status, or why the end of a complete run could not be noted. */
static tc_status session_end_all(tc_comm *comm, session *s, tc_status status, tc_error *err)
{
    const tc_status st = tc_manifest_close_all(comm, &s->manifest, status, err);
    tc_store_policy_set(NULL); /* it borrows from the configuration */
    tc_run_lock_release_all(comm, &s->lock);
    tc_config_destroy(&s->config);
    tc_command_line_free(&s->line);
    return st;
}

/* Collective. Bytes of a file whose rows go past the page cache; 0 = of none. By itself: a node has a tenth of its memory of the
 * file. There the system begins to write back (Linux, vm.dirty_background_ratio), and who goes on waits for the disk. */
static double direct_bytes_all(tc_comm *comm, const tc_config *config)
{
    const double share = (double)tc_memory_node_share_all(comm) / 10;
    const int64_t memory =
        config->memory_mib > 0 ? config->memory_mib : tc_memory_share_all(comm) >> 20;
    const int tight = memory < DIRECT_MIB;
    return config->io.direct == TC_DIRECT_AUTO && !tight ? share * tc_comm_size(comm) : 0;
}

/* Collective. */
static void set_policy_all(tc_comm *comm, const tc_config *config)
{
    const tc_config_io *const io = &config->io;
    const tc_store_policy policy = {.collective = io->transfer,
                                    .direct_bytes = direct_bytes_all(comm, config),
                                    .direct_always = io->direct == TC_DIRECT_ALWAYS,
                                    .stripe_count = io->stripe_count,
                                    .stripe_mib = io->stripe_mib,
                                    .aggregators = io->aggregators,
                                    .buffer_mib = io->buffer_mib,
                                    .alignment_kib = io->alignment_kib,
                                    .hints = io->hints,
                                    .n_hints = io->n_hints};
    tc_store_policy_set(&policy);
}

/* Collective. Command line and configuration. */
static tc_status session_begin_all(tc_comm *comm, int argc, char **argv, session *s,
                                   tc_error *err)
{
    tc_status st = tc_command_line_parse_all(comm, argc, argv, &s->line, err);
    if (st == TC_OK && !s->line.help) {
        st = tc_load_config_all(comm, &s->line, &s->config, err);
    }
    if (st == TC_OK && s->config != NULL) {
        set_policy_all(comm, s->config);
    }
    return st;
}

static unsigned bit(tc_stage_kind kind)
{
    return 1U << (unsigned)kind;
}

/* The set of stages that the words of --stages name. Errors: TC_EUSAGE. */
static tc_status parse_stages(const char *words, unsigned *stages, tc_error *err)
{
    *stages = 0;
    while (words != NULL) {
        const size_t n = strcspn(words, ",");
        int kind = 0;
        while (kind < TC_N_STAGES &&
               (strlen(tc_stage((tc_stage_kind)kind)->name) != n ||
                strncmp(tc_stage((tc_stage_kind)kind)->name, words, n) != 0)) {
            kind++;
        }
        if (kind == TC_N_STAGES) {
            return tc_fail(
                err, TC_EUSAGE,
                "--stages: there is no stage \"%.*s\"; there are ingest, profiles, "
                "features, segment, churn, assign, report",
                (int)n, words);
        }
        *stages |= bit((tc_stage_kind)kind);
        words = words[n] == ',' ? words + n + 1 : NULL;
    }
    return TC_OK;
}

/* Collective. Run directory, its lock and manifest first, so that run.json says how this attempt ends. The input is read
 * just for the stages that depend on it. */
static tc_status session_prepare_all(tc_comm *comm, session *s, const char *command,
                                     tc_error *err)
{
    const int reads_log = (s->stages & bit(TC_STAGE_INGEST)) != 0;
    const int reads_tables = (s->stages & bit(TC_STAGE_PROFILES)) != 0;
    char log[TC_ID_TEXT] = "", tables[TC_ID_TEXT] = "";
    tc_status st = tc_pipeline_directory_all(comm, s->config, err);
    if (st == TC_OK) {
        st = tc_run_lock_take_all(comm, s->config->directory, command,
                                  s->config->lock_wait_seconds, &s->lock, err);
    }
    if (st == TC_OK) {
        st = tc_manifest_open_all(comm, s->config, command, &s->manifest, err);
    }
    if (st == TC_OK && reads_log) {
        st = tc_source_fingerprint_all(comm, s->config, log, err);
        memcpy(s->config->input_fingerprint, log, TC_CONFIG_FINGERPRINT);
    }
    if (st == TC_OK && reads_tables) {
        st = tc_source_tables_fingerprint_all(comm, s->config, tables, err);
    }
    if (st == TC_OK) {
        st = tc_manifest_inputs_all(comm, s->manifest, s->config, log, tables, err);
    }
    return st;
}

/* Collective. Rank 0 prints the summary of report.json. */
static tc_status print_summary_all(tc_comm *comm, const tc_config *config, tc_error *err)
{
    tc_status st = TC_OK;
    if (tc_comm_rank(comm) == 0) {
        tc_progress_stage(NULL, 0, 0);
        tc_monitor_hide();
        st = tc_report_print_file(config->directory, stdout, err);
    }
    return tc_comm_agree_all(comm, st, err);
}

/* 1 if other event files may be read besides that of ingest. */
static int has_list(const tc_config *config)
{
    return config->n_events > 0 || config->input.instalment[0] != '\0';
}

static int is_chosen(const session *s, int kind)
{
    return (s->stages & bit((tc_stage_kind)kind)) != 0 &&
           tc_stage_active(s->config, (tc_stage_kind)kind);
}

static int count_chosen(const session *s)
{
    int n = 0;
    for (int kind = 0; kind < TC_N_STAGES; kind++) {
        n += is_chosen(s, kind);
    }
    return n;
}

/* Collective. Of the chosen stages one that is complete is passed over, but the gates judge old events too: perhaps
 * the limits are others now. */
static tc_status run_stages_all(tc_comm *comm, session *s, int *n_run, tc_error *err)
{
    tc_status st = TC_OK;
    int number = 0;
    *n_run = 0;
    for (int kind = 0; st == TC_OK && kind < TC_N_STAGES; kind++) {
        int complete = 0;
        if (!is_chosen(s, kind)) {
            continue;
        }
        tc_progress_stage(tc_stage((tc_stage_kind)kind)->name, ++number, count_chosen(s));
        st = tc_comm_agree_all(comm, tc_stop_check(err), err);
        if (st == TC_OK) {
            st = tc_pipeline_complete_all(comm, s->config, s->manifest, (tc_stage_kind)kind,
                                          &complete, err);
        }
        if (st == TC_OK && complete) {
            tc_log_debug("%s: complete already", tc_stage((tc_stage_kind)kind)->name);
            st = tc_stage_checkpoint_drop_all(comm, s->config, (tc_stage_kind)kind, err);
        } else if (st == TC_OK) {
            st =
                tc_pipeline_run_all(comm, s->config, s->manifest, (tc_stage_kind)kind, err);
            ++*n_run;
        }
        if (st == TC_OK && kind == TC_STAGE_INGEST && (complete || has_list(s->config))) {
            st = tc_quality_check_all(comm, s->config, err);
        }
    }
    return st;
}

tc_status tc_cmd_run_all(tc_comm *comm, int argc, char **argv, tc_error *err)
{
    session s = {0};
    int n_run = 0;
    tc_status st = session_begin_all(comm, argc, argv, &s, err);
    if (st == TC_OK && s.line.help) {
        if (tc_comm_rank(comm) == 0) {
            (void)printf(
                "usage: tiercel run CONFIG [--set key.path=value]... [--stages NAME,...] "
                "[-v|-q]\n"
                "Runs the stages that are not yet complete, in order. Stages whose "
                "inputs,\nconfiguration and program are unchanged are not repeated.\n"
                "With --stages only those are run, from the files of the others as "
                "they are.\n");
        }
    } else if (st == TC_OK) {
        st = tc_comm_agree_all(comm, tc_config_check(s.config, err), err);
        if (st == TC_OK) {
            st = tc_stage_check_previous_all(comm, s.config, err);
        }
        if (st == TC_OK) {
            st = tc_comm_agree_all(comm, parse_stages(s.line.stages, &s.stages, err), err);
        }
        if (st == TC_OK) {
            s.stages = s.line.stages == NULL ? ~0U : s.stages;
            st = session_prepare_all(comm, &s, argv[0], err);
        }
        if (st == TC_OK) {
            st = run_stages_all(comm, &s, &n_run, err);
        }
        if (st == TC_OK && n_run == 0) {
            tc_log_info("nothing to do: all results in %s are complete",
                        s.config->directory);
        } else if (st == TC_OK && (s.stages & bit(TC_STAGE_REPORT)) != 0) {
            st = print_summary_all(comm, s.config, err);
        }
    }
    return session_end_all(comm, &s, st, err);
}

static tc_stage_kind stage_named(const char *name)
{
    int kind = 0;
    while (kind < TC_N_STAGES && strcmp(tc_stage((tc_stage_kind)kind)->name, name) != 0) {
        kind++;
    }
    TC_ASSERT(kind < TC_N_STAGES);
    return (tc_stage_kind)kind;
}

tc_status tc_cmd_stage_all(tc_comm *comm, int argc, char **argv, tc_error *err)
{
    session s = {0};
    tc_status st = session_begin_all(comm, argc, argv, &s, err);
    if (st == TC_OK && s.line.help) {
        if (tc_comm_rank(comm) == 0) {
            (void)printf("usage: tiercel %s CONFIG [--set key.path=value]... [-v|-q]\n"
                         "Runs this stage alone, from the files of the stages before it.\n",
                         argv[0]);
        }
    } else if (st == TC_OK) {
        st = tc_comm_agree_all(comm, tc_config_check(s.config, err), err);
        if (st == TC_OK) {
            s.stages = bit(stage_named(argv[0]));
            tc_progress_stage(tc_stage(stage_named(argv[0]))->name, 1, 1);
            st = session_prepare_all(comm, &s, argv[0], err);
        }
        if (st == TC_OK) {
            st = tc_pipeline_run_all(comm, s.config, s.manifest, stage_named(argv[0]), err);
        }
    }
    return session_end_all(comm, &s, st, err);
}

tc_status tc_cmd_check_all(tc_comm *comm, int argc, char **argv, tc_error *err)
{
    session s = {0};
    char fingerprint[TC_ID_TEXT];
    tc_status st = session_begin_all(comm, argc, argv, &s, err);
    if (st == TC_OK && s.line.help) {
        if (tc_comm_rank(comm) == 0) {
            (void)printf("usage: tiercel check CONFIG [--set key.path=value]...\n"
                         "Validates the configuration and reads the input files; runs "
                         "nothing.\n");
        }
    } else if (st == TC_OK) {
        st = tc_comm_agree_all(comm, tc_config_check(s.config, err), err);
        if (st == TC_OK) {
            st = tc_stage_check_previous_all(comm, s.config, err);
        }
        if (st == TC_OK) {
            st = tc_source_fingerprint_all(comm, s.config, fingerprint, err);
        }
        if (st == TC_OK) {
            st = tc_source_tables_fingerprint_all(comm, s.config, fingerprint, err);
        }
        if (st == TC_OK) {
            tc_log_info("%s: good; %d input files", s.line.config_path,
                        s.config->input.n_files + s.config->customers.n_files +
                            s.config->interactions.n_files + s.config->wide.n_files);
        }
    }
    return session_end_all(comm, &s, st, err);
}

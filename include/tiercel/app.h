/* app.h - the commands (app layer). Each is collective: every rank calls it with the same arguments and gets
 * the same agreed status. */
#ifndef TC_APP_H
#define TC_APP_H

#include "tiercel/lineage.h"

/* Options that all commands on a configuration share. Pointers are borrowed from the command line. */
typedef struct {
    const char *config_path;
    const char **overrides; /* [n_overrides] "key.path=value"; owned */
    int n_overrides;
    const char *stages; /* of --stages, which `run` alone knows; NULL = all */
    int help;
} tc_command_line;

/* Collective. Parses the words after the command. -v and -q set the level of the log. Errors (agreed): TC_EUSAGE,
 * TC_ENOMEM. */
TC_NODISCARD tc_status tc_command_line_parse_all(tc_comm *comm, int argc, char **argv,
                                                 tc_command_line *out, tc_error *err);
void tc_command_line_free(tc_command_line *line);

/* Collective. Rank 0 reads the file and broadcasts it; all ranks resolve it and compare the outcome. *out belongs to
 * the caller. Errors (agreed): as tc_config_load. */
TC_NODISCARD tc_status tc_load_config_all(tc_comm *comm, const tc_command_line *line,
                                          tc_config **out, tc_error *err);

/* Commands. argv[0] is the name of the command. */
TC_NODISCARD tc_status tc_cmd_run_all(tc_comm *comm, int argc, char **argv, tc_error *err);
TC_NODISCARD tc_status tc_cmd_stage_all(tc_comm *comm, int argc, char **argv,
                                        tc_error *err);
TC_NODISCARD tc_status tc_cmd_segment_all(tc_comm *comm, int argc, char **argv,
                                          tc_error *err);
TC_NODISCARD tc_status tc_cmd_check_all(tc_comm *comm, int argc, char **argv,
                                        tc_error *err);
TC_NODISCARD tc_status tc_cmd_document_all(tc_comm *comm, int argc, char **argv,
                                           tc_error *err);
TC_NODISCARD tc_status tc_cmd_synth_all(tc_comm *comm, int argc, char **argv,
                                        tc_error *err);

/* Local, without MPI. Prints how the run in a directory is, from run.json and heartbeat.json; argv[0] is "status". Errors:
 * TC_EUSAGE; TC_EINPUT if it is no run directory; TC_EDATA if run.json is damaged. */
TC_NODISCARD tc_status tc_cmd_status(int argc, char **argv, tc_error *err);

#endif

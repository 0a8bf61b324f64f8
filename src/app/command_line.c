#include "tiercel/app.h"
#include "tiercel/hash.h"
#include "tiercel/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static tc_status parse(int argc, char **argv, tc_command_line *out, tc_error *err)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--set") == 0) {
            if (i + 1 >= argc || strchr(argv[i + 1], '=') == NULL) {
                return tc_fail(err, TC_EUSAGE, "--set needs key.path=value");
            }
            out->overrides[out->n_overrides++] = argv[++i];
        } else if (strcmp(argv[i], "--stages") == 0 && strcmp(argv[0], "run") == 0) {
            if (i + 1 >= argc) {
                return tc_fail(err, TC_EUSAGE,
                               "--stages needs names, such as features,segment,churn");
            }
            out->stages = argv[++i];
        } else if (strcmp(argv[i], "-v") == 0) {
            tc_log_init(TC_LOG_DEBUG, tc_log_speaks());
        } else if (strcmp(argv[i], "-q") == 0) {
            tc_log_init(TC_LOG_WARN, tc_log_speaks());
        } else if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            out->help = 1;
        } else if (argv[i][0] == '-') {
            return tc_fail(err, TC_EUSAGE, "unknown option %s; see tiercel --help",
                           argv[i]);
        } else if (out->config_path != NULL) {
            return tc_fail(err, TC_EUSAGE, "more than one configuration: %s and %s",
                           out->config_path, argv[i]);
        } else {
            out->config_path = argv[i];
        }
    }
    if (out->config_path == NULL && !out->help) {
        return tc_fail(err, TC_EUSAGE, "tiercel %s needs a configuration file", argv[0]);
    }
    return TC_OK;
}

tc_status tc_command_line_parse_all(tc_comm *comm, int argc, char **argv,
                                    tc_command_line *out, tc_error *err)
{
    tc_status st = TC_ENOMEM;
    *out = (tc_command_line){0};
    out->overrides = tc_mem_alloc(argc, sizeof *out->overrides, err);
    if (out->overrides != NULL) {
        st = parse(argc, argv, out, err);
    }
    return tc_comm_agree_all(comm, st, err);
}

void tc_command_line_free(tc_command_line *line)
{
    tc_mem_free(line->overrides);
    *line = (tc_command_line){0};
}

static tc_status read_text(const char *path, tc_buffer *text, tc_error *err)
{
    FILE *file = fopen(path, "rb");
    tc_status st = TC_OK;
    size_t n = 1;
    if (file == NULL) {
        return tc_fail(err, TC_EINPUT, "%s: the configuration cannot be read: %s", path,
                       strerror(errno));
    }
    while (st == TC_OK && n > 0) {
        st = tc_buffer_reserve(text, 65536, err);
        if (st == TC_OK) {
            n = fread(text->data + text->size, 1, 65536, file);
            text->size += (int64_t)n;
        }
    }
    if (st == TC_OK && ferror(file) != 0) {
        st = tc_fail(err, TC_EIO, "%s: the configuration cannot be read: %s", path,
                     strerror(errno));
    }
    (void)fclose(file);
    return st;
}

/* Collective. Rank 0's text on all ranks. */
static tc_status share_text_all(tc_comm *comm, const char *path, tc_buffer *text,
                                tc_error *err)
{
    tc_status st = TC_OK;
    int64_t size;
    if (tc_comm_rank(comm) == 0) {
        st = read_text(path, text, err);
    }
    st = tc_comm_agree_all(comm, st, err);
    if (st != TC_OK) {
        return st;
    }
    size = text->size;
    tc_comm_bcast_all(comm, &size, (int64_t)sizeof size, 0);
    st = tc_buffer_reserve(text, size - text->size + 1, err);
    st = tc_comm_agree_all(comm, st, err);
    if (st == TC_OK) {
        tc_comm_bcast_all(comm, text->data, size, 0);
        text->size = size;
    }
    return st;
}

static tc_status folder_of(const char *path, char **folder, tc_error *err)
{
    char *slash;
    *folder = tc_mem_text(path, err);
    if (*folder == NULL) {
        return TC_ENOMEM;
    }
    slash = strrchr(*folder, '/');
    if (slash == NULL) {
        tc_mem_free(*folder);
        *folder = tc_mem_text(".", err);
        return *folder == NULL ? TC_ENOMEM : TC_OK;
    }
    *(slash == *folder ? slash + 1 : slash) = '\0';
    return TC_OK;
}

/* Collective. Nodes of a cluster may see other files: all ranks must have resolved the same. */
static tc_status compare_all(tc_comm *comm, const tc_config *config, tc_error *err)
{
    static const char *const sections[] = {"run",       "io",           "input", "identity",
                                           "customers", "interactions", "wide",  "features",
                                           "segment",   "churn",        "assign"};
    const struct {
        char **files;
        int n;
    } lists[] = {{config->input.files, config->input.n_files},
                 {config->identity.map_files, config->identity.n_map_files},
                 {config->identity.hierarchy_files, config->identity.n_hierarchy_files},
                 {config->customers.files, config->customers.n_files},
                 {config->interactions.files, config->interactions.n_files},
                 {config->wide.files, config->wide.n_files}};
    tc_buffer text = {0};
    int64_t low, high;
    tc_status st = TC_OK;
    for (size_t i = 0; st == TC_OK && i < sizeof sections / sizeof *sections; i++) {
        st = tc_config_section(config, sections[i], &text, err);
    }
    for (size_t k = 0; k < sizeof lists / sizeof *lists; k++) {
        for (int i = 0; st == TC_OK && i < lists[k].n; i++) {
            st = tc_buffer_print(&text, err, "|%d %s", (int)k, lists[k].files[i]);
        }
    }
    st = tc_comm_agree_all(comm, st, err);
    if (st == TC_OK) {
        low = (int64_t)(tc_hash64_of(text.data, (size_t)text.size, 0) >> 1);
        high = low;
        tc_comm_min_i64_all(comm, &low, 1);
        tc_comm_max_i64_all(comm, &high, 1);
        if (low != high) {
            st = tc_fail(err, TC_ECONFIG,
                         "the ranks resolve the configuration differently: the input files "
                         "are not the same on all nodes");
        }
    }
    tc_buffer_free(&text);
    return st;
}

tc_status tc_load_config_all(tc_comm *comm, const tc_command_line *line, tc_config **out,
                             tc_error *err)
{
    tc_buffer text = {0};
    char *folder = NULL;
    tc_status st = share_text_all(comm, line->config_path, &text, err);
    *out = NULL;
    if (st == TC_OK) {
        st = folder_of(line->config_path, &folder, err);
        if (st == TC_OK) {
            st = tc_config_parse((const char *)text.data, text.size, line->config_path,
                                 folder, line->overrides, line->n_overrides, out, err);
        }
        st = tc_comm_agree_all(comm, st, err);
    }
    if (st == TC_OK) {
        st = compare_all(comm, *out, err);
    }
    if (st != TC_OK) {
        tc_config_destroy(out);
    }
    tc_mem_free(folder);
    tc_buffer_free(&text);
    return st;
}

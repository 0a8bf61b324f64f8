/* From a file or a text, and overrides, to tc_config. */
#include "config_impl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* No configuration is longer; a transaction file given by mistake is. */
enum { LONGEST_FILE = 1 << 20 };

static tc_status resolve(tc_config *config, tc_layer *layers, int n, const char *folder,
                         tc_error *err)
{
    TC_TRY(tc_config_defaults(config, err));
    for (int i = 0; i < n; i++) {
        TC_TRY(tc_config_apply(config, &layers[i], err));
    }
    TC_TRY(tc_config_verify(config, layers, n, err));
    return tc_config_expand(config, folder, layers, n, err);
}

tc_status tc_config_parse(const char *text, int64_t n, const char *name, const char *folder,
                          const char *const *overrides, int n_overrides, tc_config **out,
                          tc_error *err)
{
    tc_config *config = NULL;
    tc_layer *layers = NULL;
    const int n_layers = 1 + n_overrides;
    tc_status st = TC_ENOMEM;
    *out = NULL;
    layers = tc_mem_alloc(n_layers, sizeof *layers, err);
    config = tc_mem_alloc(1, sizeof *config, err);
    if (layers == NULL || config == NULL) {
        goto cleanup;
    }
    layers[0].is_file = 1;
    st = tc_layer_read(&layers[0], name, text, n, err);
    for (int i = 1; i < n_layers && st == TC_OK; i++) {
        st = tc_layer_override(&layers[i], overrides[i - 1], err);
    }
    if (st == TC_OK) {
        st = resolve(config, layers, n_layers, folder, err);
    }
    if (st == TC_OK) {
        *out = config;
        config = NULL;
    }
cleanup:
    for (int i = 0; layers != NULL && i < n_layers; i++) {
        tc_layer_free(&layers[i]);
    }
    tc_mem_free(layers);
    tc_config_destroy(&config);
    return st;
}

static tc_status read_stream(FILE *file, const char *path, tc_buffer *text, tc_error *err)
{
    TC_TRY(tc_buffer_reserve(text, LONGEST_FILE + 1, err));
    errno = 0;
    text->size = (int64_t)fread(text->data, 1, LONGEST_FILE + 1, file);
    if (ferror(file)) {
        return tc_fail(err, TC_EIO, "%s: cannot be read: %s; give a configuration file",
                       path, strerror(errno));
    }
    if (text->size > LONGEST_FILE) {
        return tc_fail(err, TC_ECONFIG,
                       "%s:1: longer than 1 MiB; give a configuration file", path);
    }
    return TC_OK;
}

static tc_status read_file(const char *path, tc_buffer *text, tc_error *err)
{
    FILE *file = fopen(path, "rb");
    tc_status st;
    if (file == NULL) {
        return tc_fail(err, TC_EINPUT,
                       "%s: cannot be opened: %s; give the path of a configuration file",
                       path, strerror(errno));
    }
    st = read_stream(file, path, text, err);
    (void)fclose(file);
    return st;
}

/* "" for a path without a folder, so that patterns stay as written. */
static char *folder_of(const char *path, tc_error *err)
{
    const char *slash = strrchr(path, '/');
    char *folder = tc_mem_text(path, err);
    if (folder != NULL) {
        folder[slash == NULL ? 0 : slash == path ? 1 : slash - path] = '\0';
    }
    return folder;
}

tc_status tc_config_load(const char *path, const char *const *overrides, int n_overrides,
                         tc_config **out, tc_error *err)
{
    tc_buffer text = {0};
    char *folder = NULL;
    tc_status st;
    *out = NULL;
    st = read_file(path, &text, err);
    if (st == TC_OK) {
        folder = folder_of(path, err);
        st = folder == NULL ? TC_ENOMEM
                            : tc_config_parse((const char *)text.data, text.size, path,
                                              folder, overrides, n_overrides, out, err);
    }
    tc_mem_free(folder);
    tc_buffer_free(&text);
    return st;
}

void tc_config_destroy(tc_config **config)
{
    if (*config != NULL) {
        tc_config_clear(*config);
        tc_mem_free(*config);
        *config = NULL;
    }
}

char *tc_config_path(const tc_config *config, const char *name, tc_error *err)
{
    const size_t size = strlen(config->directory) + strlen(name) + 2;
    char *path = tc_mem_alloc((int64_t)size, 1, err);
    if (path != NULL) {
        (void)snprintf(path, size, "%s/%s", config->directory, name);
    }
    return path;
}

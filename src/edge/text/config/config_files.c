/* The lists of input files: patterns expanded, sorted by bytes, each path once. */
#include "config_impl.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Paths collected so far; they and the buffer belong to the collection. */
typedef struct {
    tc_buffer paths; /* of char * */
    tc_error *err;
} collection;

static int is_pattern(const char *path)
{
    return strpbrk(path, "*?[") != NULL;
}

static int count_of(const collection *c)
{
    return (int)(c->paths.size / (int64_t)sizeof(char *));
}

static char **paths_of(const collection *c)
{
    return (char **)(void *)c->paths.data;
}

static void collection_free(collection *c)
{
    for (int i = 0; i < count_of(c); i++) {
        tc_mem_free(paths_of(c)[i]);
    }
    tc_buffer_free(&c->paths);
}

static tc_status collect(collection *c, const char *path)
{
    char *copy = tc_mem_text(path, c->err);
    tc_status st = TC_ENOMEM;
    if (copy != NULL) {
        st = tc_buffer_append(&c->paths, &copy, (int64_t)sizeof copy, c->err);
        if (st != TC_OK) {
            tc_mem_free(copy);
        }
    }
    return st;
}

/* folder/path with a final zero; `escape`: the special characters of the folder lose their meaning. */
static tc_status join_as(tc_buffer *full, const char *folder, const char *path, int escape,
                         tc_error *err)
{
    full->size = 0;
    while (strncmp(path, "./", 2) == 0) {
        path += 2;
    }
    if (path[0] != '/' && folder[0] != '\0' && strcmp(folder, ".") != 0) {
        const char *slash = folder[strlen(folder) - 1] == '/' ? "" : "/";
        for (const char *p = folder; *p != '\0'; p++) {
            const int escaped = escape && strchr("*?[\\", *p) != NULL;
            TC_TRY(tc_buffer_print(full, err, "%s%c", escaped ? "\\" : "", *p));
        }
        TC_TRY(tc_buffer_print(full, err, "%s", slash));
    }
    return tc_buffer_append(full, path, (int64_t)strlen(path) + 1, err);
}

static tc_status join(tc_buffer *full, const char *folder, const char *path, tc_error *err)
{
    return join_as(full, folder, path, is_pattern(path), err);
}

/* Adds the files, not folders, that a pattern matches; *found is their number. */
static tc_status collect_matches(collection *c, const char *pattern, int *found)
{
    glob_t matches = {0};
    const int failed = glob(pattern, GLOB_NOSORT | GLOB_MARK, NULL, &matches);
    tc_status st = TC_OK;
    *found = 0;
    if (failed == GLOB_NOSPACE) {
        st = tc_fail(c->err, TC_ENOMEM, "out of memory while input files are looked up");
    }
    for (size_t i = 0; failed == 0 && i < matches.gl_pathc && st == TC_OK; i++) {
        const char *path = matches.gl_pathv[i];
        if (path[strlen(path) - 1] != '/') {
            st = collect(c, path);
            (*found)++;
        }
    }
    globfree(&matches);
    return st;
}

static tc_status expand_one(collection *c, const char *folder, const char *path,
                            tc_place place)
{
    tc_buffer full = {0};
    int found = 1;
    tc_status st = join(&full, folder, path, c->err);
    if (st == TC_OK) {
        st = is_pattern(path) ? collect_matches(c, (const char *)full.data, &found)
                              : collect(c, (const char *)full.data);
    }
    if (st == TC_OK && found == 0) {
        const int relative = path[0] != '/' && folder[0] != '\0';
        place.code = TC_EINPUT;
        st = tc_place_fail(
            place, c->err,
            "no file matches %s%s%s; correct the pattern or provide the files", path,
            relative ? " in " : "", relative ? folder : "");
    }
    tc_buffer_free(&full);
    return st;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorts and drops repeats; the paths belong to the caller. */
static tc_status settle(collection *c, char ***out, int *n_out)
{
    char **paths = paths_of(c), **files;
    const int n = count_of(c);
    int kept = 0;
    files = tc_mem_alloc(n, sizeof *files, c->err);
    if (files == NULL) {
        return TC_ENOMEM;
    }
    if (n > 0) {
        qsort(paths, (size_t)n, sizeof *paths, by_bytes);
    }
    for (int i = 0; i < n; i++) {
        if (kept > 0 && strcmp(files[kept - 1], paths[i]) == 0) {
            tc_mem_free(paths[i]);
        } else {
            files[kept++] = paths[i];
        }
    }
    c->paths.size = 0;
    *out = files;
    *n_out = kept;
    return TC_OK;
}

void tc_config_files_free(char **files, int n)
{
    for (int i = 0; i < n; i++) {
        tc_mem_free(files[i]);
    }
    tc_mem_free(files);
}

/* Hands the paths over to a list of the configuration. */
static tc_status hand_over(collection *c, const tc_list *list, tc_config *config)
{
    char **files, **old;
    int n, n_old;
    TC_TRY(settle(c, &files, &n));
    memcpy(&old, (char *)config + list->items, sizeof old);
    memcpy(&n_old, (char *)config + list->count, sizeof n_old);
    tc_config_files_free(old, n_old);
    memcpy((char *)config + list->items, &files, sizeof files);
    memcpy((char *)config + list->count, &n, sizeof n);
    return TC_OK;
}

static tc_status expand_list(const tc_list *list, tc_config *config, const char *folder,
                             tc_layer *layers, int n, tc_error *err)
{
    collection c = {.err = err};
    tc_status st = TC_OK;
    const char *items;
    const int n_items = tc_list_items(list, config, &items);
    for (int i = 0; i < n_items && st == TC_OK; i++) {
        const char *path =
            tc_value_load(&list->rows[0], items + (size_t)i * list->size).text;
        char key[TC_PATH_TEXT];
        (void)snprintf(key, sizeof key, "%s[%d]", list->path, i);
        st = expand_one(&c, folder, path, tc_layers_place(layers, n, key));
    }
    if (st == TC_OK) {
        st = hand_over(&c, list, config);
    }
    collection_free(&c);
    return st;
}

/* The earlier run is named relative to the folder of the configuration file, too. */
static tc_status place_previous(tc_config *config, const char *folder, tc_error *err)
{
    tc_buffer full = {0};
    char *path;
    tc_status st = TC_OK;
    if (config->segment.previous[0] == '\0') {
        return TC_OK;
    }
    st = join_as(&full, folder, config->segment.previous, 0, err);
    path = st == TC_OK ? tc_mem_text((const char *)full.data, err) : NULL;
    tc_buffer_free(&full);
    if (path == NULL) {
        return TC_ENOMEM;
    }
    tc_mem_free(config->segment.previous);
    config->segment.previous = path;
    return TC_OK;
}

tc_status tc_config_expand(tc_config *config, const char *folder, tc_layer *layers, int n,
                           tc_error *err)
{
    int n_lists;
    const tc_list *lists = tc_lists(&n_lists);
    for (int i = 0; i < n_lists; i++) {
        const int of_paths = lists[i].rows[0].path[0] == '\0';
        if (of_paths && (lists[i].flags & (TC_KEY_LATE | TC_KEY_TEXTS)) == 0) {
            TC_TRY(expand_list(&lists[i], config, folder, layers, n, err));
        }
    }
    return place_previous(config, folder, err);
}

static tc_status add_events(collection *c, const char *folder, const char *path)
{
    tc_buffer full = {0};
    int found = 1;
    tc_status st = join(&full, folder, path, c->err);
    if (st == TC_OK) {
        st = is_pattern(path) ? collect_matches(c, (const char *)full.data, &found)
                              : collect(c, (const char *)full.data);
    }
    if (st == TC_OK && found == 0) {
        st = tc_fail(
            c->err, TC_EINPUT,
            "run.events: no file matches %s in %s; run ingest first, or correct the "
            "pattern",
            path, folder);
    }
    tc_buffer_free(&full);
    return st;
}

tc_status tc_config_event_files(const tc_config *config, char ***files, int *n,
                                tc_error *err)
{
    collection c = {.err = err};
    tc_status st = TC_OK;
    *files = NULL;
    *n = 0;
    for (int i = 0; i < config->n_events && st == TC_OK; i++) {
        st = add_events(&c, config->directory, config->events[i]);
    }
    if (st == TC_OK && config->n_events == 0) {
        st = add_events(&c, config->directory,
                        config->input.instalment[0] != '\0' ? "events/*.h5" : "events.h5");
    }
    if (st == TC_OK) {
        st = settle(&c, files, n);
    }
    collection_free(&c);
    return st;
}

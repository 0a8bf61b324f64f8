/* The documentation of all keys as Markdown, from the same table. */
#include "config_impl.h"

#include <stdio.h>
#include <string.h>

/* A cell of a table: bars would end it. */
static tc_status cell(tc_buffer *out, const char *text, tc_error *err)
{
    for (const char *p = text; *p != '\0'; p++) {
        TC_TRY(tc_buffer_print(out, err, "%s%c", *p == '|' ? "\\" : "", *p));
    }
    return tc_buffer_print(out, err, " |");
}

static tc_status row(tc_buffer *out, const char *path, const tc_key *key, tc_error *err)
{
    char allowed[TC_ALLOWED_TEXT];
    const char *fallback = key->fallback;
    tc_key_allowed(key, allowed);
    if (fallback != NULL && fallback[0] == '\0') {
        fallback = "\"\"";
    }
    TC_TRY(tc_buffer_print(out, err, "| `%s` | ", path));
    if (fallback != NULL) {
        TC_TRY(tc_buffer_print(out, err, "`%s` | ", fallback));
    } else {
        TC_TRY(
            tc_buffer_print(out, err, "%s | ",
                            (key->flags & TC_KEY_REQUIRED) != 0 ? "required" : "not set"));
    }
    TC_TRY(cell(out, allowed, err));
    TC_TRY(tc_buffer_print(out, err, " "));
    TC_TRY(cell(out, key->text, err));
    return tc_buffer_print(out, err, "\n");
}

static tc_status list_rows(tc_buffer *out, const char *name, const tc_list *list,
                           tc_error *err)
{
    TC_TRY(tc_buffer_print(out, err, "| `%s` | %s | a list of %d to %d | ", name,
                           list->fallback == NULL              ? "required"
                           : strcmp(list->fallback, "[]") == 0 ? "`[]`"
                                                               : "see below",
                           list->low, list->high));
    TC_TRY(cell(out, list->text, err));
    TC_TRY(tc_buffer_print(out, err, "\n"));
    for (int i = 0; i < list->n_rows && list->rows[i].path[0] != '\0'; i++) {
        char path[TC_PATH_TEXT];
        (void)snprintf(path, sizeof path, "%s[].%s", name, list->rows[i].path);
        TC_TRY(row(out, path, &list->rows[i], err));
    }
    return TC_OK;
}

/* The path behind "section.", or NULL. */
static const char *inside(const char *path, const char *section)
{
    const size_t size = strlen(section);
    return strncmp(path, section, size) == 0 && path[size] == '.' ? path + size + 1 : NULL;
}

static tc_status section(tc_buffer *out, const char *name, const char *text, tc_error *err)
{
    int n_keys, n_lists;
    const tc_key *keys = tc_keys(&n_keys);
    const tc_list *lists = tc_lists(&n_lists);
    TC_TRY(tc_buffer_print(out, err,
                           "\n## %s\n\n%s\n\n| key | default | allowed | meaning |\n"
                           "|---|---|---|---|\n",
                           name, text));
    for (int i = 0; i < n_keys; i++) {
        const char *path = inside(keys[i].path, name);
        if (path != NULL) {
            TC_TRY(row(out, path, &keys[i], err));
        }
    }
    for (int i = 0; i < n_lists; i++) {
        const char *path = inside(lists[i].path, name);
        if (path != NULL) {
            TC_TRY(list_rows(out, path, &lists[i], err));
        }
    }
    for (int i = 0; i < n_lists; i++) {
        const char *path = inside(lists[i].path, name);
        if (path != NULL && lists[i].fallback != NULL && lists[i].fallback[1] != ']') {
            TC_TRY(tc_buffer_print(out, err, "\nDefault of `%s`:\n\n```yaml\n%s: %s\n```\n",
                                   path, path, lists[i].fallback));
        }
    }
    return TC_OK;
}

tc_status tc_config_document(tc_buffer *markdown, tc_error *err)
{
    static const char *const sections[][2] = {
#define X(name, text) {name, text},
        TC_SECTIONS(X)
#undef X
    };
    TC_TRY(tc_buffer_print(markdown, err,
                           "# Configuration\n\nA YAML file of these sections. Everything "
                           "has a default but the keys "
                           "marked required. `--set section.key=value` overrides any key "
                           "for one run; the value is "
                           "YAML, and a list is replaced as a whole.\n"));
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
        TC_TRY(section(markdown, sections[i][0], sections[i][1], err));
    }
    return TC_OK;
}

/* Where a key stands: file and line, or the override. */
#include "config_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

tc_status tc_place_fail(tc_place place, tc_error *err, const char *format, ...)
{
    static const char set[] = "--set ";
    const char *name = place.layer->name, *path = place.path;
    char line[24] = "", what[TC_ERROR_TEXT];
    const tc_status code = place.code == TC_OK ? TC_ECONFIG : place.code;
    va_list args;
    int repeated;
    va_start(args, format);
    (void)vsnprintf(what, sizeof what, format, args);
    va_end(args);
    if (place.layer->is_file) {
        (void)snprintf(line, sizeof line, ":%lld", (long long)place.line);
    }
    /* The name of an override is the path already. */
    repeated =
        strncmp(name, set, sizeof set - 1) == 0 && strcmp(name + sizeof set - 1, path) == 0;
    if (repeated || path[0] == '\0') {
        return tc_fail(err, code, "%s%s: %s", name, line, what);
    }
    return tc_fail(err, code, "%s%s: %s: %s", name, line, path, what);
}

/* One step down a mapping: the value of the key, and the line of the key. */
static yaml_node_t *enter_key(yaml_document_t *document, const yaml_node_t *node,
                              const char *key, size_t size, int64_t *line)
{
    const yaml_node_pair_t *pair;
    if (node->type != YAML_MAPPING_NODE) {
        return NULL;
    }
    for (pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top;
         pair++) {
        const yaml_node_t *name = yaml_document_get_node(document, pair->key);
        if (name->type == YAML_SCALAR_NODE && name->data.scalar.length == size &&
            memcmp(name->data.scalar.value, key, size) == 0) {
            *line = (int64_t)name->start_mark.line + 1;
            return yaml_document_get_node(document, pair->value);
        }
    }
    return NULL;
}

static yaml_node_t *enter_item(yaml_document_t *document, const yaml_node_t *node,
                               long index, int64_t *line)
{
    yaml_node_t *item;
    if (node->type != YAML_SEQUENCE_NODE || index < 0 ||
        index >= node->data.sequence.items.top - node->data.sequence.items.start) {
        return NULL;
    }
    item = yaml_document_get_node(document, node->data.sequence.items.start[index]);
    *line = (int64_t)item->start_mark.line + 1;
    return item;
}

/* Line of a key path, 0 if it is not in the document. */
static int64_t line_of(yaml_document_t *document, const char *path)
{
    const yaml_node_t *node = yaml_document_get_root_node(document);
    int64_t line = (int64_t)node->start_mark.line + 1;
    while (*path != '\0' && node != NULL) {
        if (*path == '[') {
            char *end = NULL;
            node = enter_item(document, node, strtol(path + 1, &end, 10), &line);
            path = end + 1;
        } else {
            const size_t size = strcspn(path, ".[");
            node = enter_key(document, node, path, size, &line);
            path += size;
        }
        path += *path == '.';
    }
    return node == NULL ? 0 : line;
}

int tc_layer_has(tc_layer *layer, const char *path)
{
    return layer->has_document && line_of(&layer->document, path) > 0;
}

static void cut_last(char *path)
{
    char *dot = strrchr(path, '.'), *open = strrchr(path, '[');
    char *cut = dot > open ? dot : open;
    if (cut == NULL) {
        cut = path;
    }
    *cut = '\0';
}

tc_place tc_layers_place(tc_layer *layers, int n, const char *path)
{
    char parent[TC_PATH_TEXT];
    tc_place place = {.layer = &layers[0], .line = 1, .path = path};
    for (int i = n - 1; i >= 0; i--) {
        const int64_t line =
            layers[i].has_document ? line_of(&layers[i].document, path) : 0;
        if (line > 0) {
            place.layer = &layers[i];
            place.line = line;
            return place;
        }
    }
    (void)snprintf(parent, sizeof parent, "%s", path);
    while (parent[0] != '\0' && layers[0].has_document) {
        int64_t line;
        cut_last(parent);
        line = line_of(&layers[0].document, parent);
        if (line > 0) {
            place.line = line;
            break;
        }
    }
    return place;
}

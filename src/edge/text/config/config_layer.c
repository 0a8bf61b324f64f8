/* A layer of the configuration, the file or one override: parsed by libyaml for lines and checks,
 * then loaded by libcyaml. libcyaml alone would take 5x for 5 and any word for true. */
#include "config_impl.h"

#include <stdio.h>
#include <string.h>

/* Line of a byte; libyaml gives no line for bytes that are no text at all. */
static int64_t line_at(const char *text, int64_t n, size_t offset)
{
    int64_t line = 1;
    for (int64_t i = 0; i < n && (size_t)i < offset; i++) {
        line += text[i] == '\n';
    }
    return line;
}

static tc_status fail_syntax(const tc_layer *layer, const yaml_parser_t *parser,
                             const char *text, int64_t n, tc_error *err)
{
    tc_place place = {.layer = layer, .line = 1, .path = ""};
    if (parser->error == YAML_MEMORY_ERROR) {
        return tc_fail(err, TC_ENOMEM, "out of memory while %s is read", layer->name);
    }
    place.line = parser->error == YAML_READER_ERROR
                     ? line_at(text, n, parser->problem_offset)
                     : (int64_t)parser->problem_mark.line + 1;
    return tc_place_fail(place, err, "not valid YAML: %s%s%s; check indentation and quotes",
                         parser->problem == NULL ? "unreadable" : parser->problem,
                         parser->context == NULL ? "" : " ",
                         parser->context == NULL ? "" : parser->context);
}

/* The parser stands behind the first document. */
static tc_status refuse_second(const tc_layer *layer, yaml_parser_t *parser,
                               const char *text, int64_t n, tc_error *err)
{
    yaml_document_t second;
    const yaml_node_t *root;
    tc_status st = TC_OK;
    if (!yaml_parser_load(parser, &second)) {
        return fail_syntax(layer, parser, text, n, err);
    }
    root = yaml_document_get_root_node(&second);
    if (root != NULL) {
        const tc_place place = {
            .layer = layer, .line = (int64_t)root->start_mark.line + 1, .path = ""};
        st = tc_place_fail(place, err, "a second document begins; allowed: one");
    }
    yaml_document_delete(&second);
    return st;
}

static tc_status parse(tc_layer *layer, const char *text, int64_t n, tc_error *err)
{
    static const unsigned char nothing[1] = {0};
    const tc_place top = {.layer = layer, .line = 1, .path = ""};
    yaml_parser_t parser;
    tc_status st;
    if (!yaml_parser_initialize(&parser)) {
        return tc_fail(err, TC_ENOMEM, "out of memory while %s is read", layer->name);
    }
    yaml_parser_set_input_string(
        &parser, n == 0 ? nothing : (const unsigned char *)(const void *)text, (size_t)n);
    if (!yaml_parser_load(&parser, &layer->document)) {
        st = fail_syntax(layer, &parser, text, n, err);
        goto cleanup;
    }
    layer->has_document = 1;
    st = yaml_document_get_root_node(&layer->document) != NULL
             ? refuse_second(layer, &parser, text, n, err)
             : tc_place_fail(top, err,
                             "the configuration is empty; needed at least: run.directory, "
                             "input.transactions, input.columns");
cleanup:
    yaml_parser_delete(&parser);
    return st;
}

/* libcyaml's memory is counted like all other. */
static void *cyaml_memory(void *context, void *block, size_t size)
{
    if (size == 0) {
        tc_mem_free(block);
        return NULL;
    }
    return tc_mem_resize(block, (int64_t)size, 1, context);
}

TC_PRINTF(3, 0)
static void cyaml_message(cyaml_log_t level, void *context, const char *format,
                          va_list args)
{
    char *first = context;
    if (level == CYAML_LOG_ERROR && first[0] == '\0') {
        (void)vsnprintf(first, TC_WRONG_TEXT, format, args);
        first[strcspn(first, "\n")] = '\0';
    }
}

static cyaml_config_t cyaml_settings(char *message, tc_error *err)
{
    return (cyaml_config_t){.log_fn = cyaml_message,
                            .log_ctx = message,
                            .mem_fn = cyaml_memory,
                            .mem_ctx = err,
                            .log_level = CYAML_LOG_ERROR,
                            .flags = CYAML_CFG_DEFAULT};
}

static tc_status load(tc_layer *layer, const char *text, int64_t n, tc_error *err)
{
    char message[TC_WRONG_TEXT] = "";
    const cyaml_config_t settings = cyaml_settings(message, err);
    const tc_place top = {.layer = layer, .line = 1, .path = ""};
    cyaml_data_t *data = NULL;
    const cyaml_err_t failed = cyaml_load_data((const uint8_t *)text, (size_t)n, &settings,
                                               tc_raw_schema(), &data, NULL);
    if (failed == CYAML_ERR_OOM) {
        return tc_fail(err, TC_ENOMEM, "out of memory while %s is read", layer->name);
    }
    if (failed != CYAML_OK) {
        return tc_place_fail(top, err, "%s; %s",
                             message[0] == '\0' ? "cannot be loaded" : message,
                             cyaml_strerror(failed));
    }
    layer->raw = data;
    return TC_OK;
}

tc_status tc_layer_read(tc_layer *layer, const char *name, const char *text, int64_t n,
                        tc_error *err)
{
    layer->name = tc_mem_text(name, err);
    if (layer->name == NULL) {
        return TC_ENOMEM;
    }
    TC_TRY(parse(layer, text, n, err));
    TC_TRY(tc_layer_check(layer, err));
    return load(layer, text, n, err);
}

void tc_layer_free(tc_layer *layer)
{
    char message[TC_WRONG_TEXT] = "";
    const cyaml_config_t settings = cyaml_settings(message, NULL);
    if (layer->raw != NULL) {
        (void)cyaml_free(&settings, tc_raw_schema(), layer->raw, 0);
    }
    if (layer->has_document) {
        yaml_document_delete(&layer->document);
    }
    tc_mem_free(layer->name);
    *layer = (tc_layer){0};
}

/* "a.b.c" and a value become a mapping of one key a line. */
tc_status tc_layer_set(tc_layer *layer, const char *name, const char *path,
                       const char *value, tc_error *err)
{
    tc_buffer yaml = {0};
    tc_status st = TC_OK;
    int depth = 0;
    while (*path != '\0' && st == TC_OK) {
        const size_t size = strcspn(path, ".");
        st = tc_buffer_print(&yaml, err, "%s%*s%.*s:", depth > 0 ? "\n" : "", depth, "",
                             (int)size, path);
        path += size;
        path += *path == '.';
        depth++;
    }
    if (st == TC_OK) {
        st = tc_buffer_print(&yaml, err, " %s\n", value);
    }
    if (st == TC_OK) {
        st = tc_layer_read(layer, name, (const char *)yaml.data, yaml.size, err);
    }
    tc_buffer_free(&yaml);
    return st;
}

/* One or more words of small letters, digits and _, joined by dots. */
static int is_path(const char *text, size_t size)
{
    int word = 0;
    for (size_t i = 0; i < size; i++) {
        const char c = text[i];
        const int letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
        if (!letter && (c != '.' || !word)) {
            return 0;
        }
        word = letter;
    }
    return word;
}

tc_status tc_layer_override(tc_layer *layer, const char *text, tc_error *err)
{
    const char *equal = strchr(text, '=');
    char name[TC_PATH_TEXT], quoted[48];
    const size_t size = equal == NULL ? 0 : (size_t)(equal - text);
    if (!is_path(text, size) || size > sizeof name - sizeof "--set " ||
        strpbrk(text, "\n\r") != NULL) {
        return tc_fail(
            err, TC_ECONFIG,
            "--set \"%s\": not of the form key.path=value on one line; allowed: for "
            "example segment.k=6, and whole lists: input.transactions=[a.csv]",
            tc_text_quote(text, quoted));
    }
    (void)snprintf(name, sizeof name, "--set %.*s", (int)size, text);
    return tc_layer_set(layer, name, name + sizeof "--set " - 1, equal + 1, err);
}

/* Checks a YAML document against the schema and the table of keys: every message has the line of its key.
 * Mappings and lists wait in a queue instead of on the stack, scalars are checked at once. */
#include "config_impl.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    const yaml_node_t *node;
    const cyaml_schema_value_t *schema;
    int64_t line;
    char path[TC_PATH_TEXT];
} pending;

typedef struct {
    tc_layer *layer;
    tc_buffer queue; /* of pending */
    tc_error *err;
} check;

static const char *scalar_text(const yaml_node_t *node)
{
    return (const char *)node->data.scalar.value;
}

static int is_plain(const yaml_node_t *node)
{
    return node->type == YAML_SCALAR_NODE &&
           node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

static int is_null(const yaml_node_t *node)
{
    const char *text = is_plain(node) ? scalar_text(node) : "";
    return strcmp(text, "~") == 0 || strcmp(text, "null") == 0 ||
           strcmp(text, "Null") == 0 || strcmp(text, "NULL") == 0;
}

static const char *standing(const yaml_node_t *node)
{
    if (is_null(node) || (is_plain(node) && node->data.scalar.length == 0)) {
        return "nothing stands here";
    }
    return node->type == YAML_MAPPING_NODE    ? "a mapping stands here"
           : node->type == YAML_SEQUENCE_NODE ? "a list stands here"
                                              : "a single value stands here";
}

/* "run, input, features" */
static const char *field_names(const cyaml_schema_field_t *field,
                               char text[TC_ALLOWED_TEXT])
{
    size_t used = 0;
    text[0] = '\0';
    for (const char *comma = ""; field->key != NULL && used < TC_ALLOWED_TEXT; field++) {
        const int n =
            snprintf(text + used, TC_ALLOWED_TEXT - used, "%s%s", comma, field->key);
        used += n > 0 ? (size_t)n : 0;
        comma = ", ";
    }
    return text;
}

static tc_place place_of(const check *c, int64_t line, const char *path)
{
    return (tc_place){.layer = c->layer, .line = line, .path = path};
}

static tc_status fail_wrong(const check *c, const pending *p, const char *wrong)
{
    const tc_key *key = tc_key_find(p->path);
    char allowed[TC_ALLOWED_TEXT] = "";
    if (key != NULL) {
        tc_key_allowed(key, allowed);
    }
    return tc_place_fail(place_of(c, p->line, p->path), c->err, "%s; allowed: %s", wrong,
                         allowed);
}

static tc_status check_scalar(const check *c, const pending *p)
{
    const tc_key *key = tc_key_find(p->path);
    char wrong[TC_WRONG_TEXT];
    tc_value value;
    if (key == NULL) {
        return tc_fail(c->err, TC_EINTERNAL, "configuration key %s is not in the table",
                       p->path);
    }
    if (p->node->type != YAML_SCALAR_NODE || is_null(p->node)) {
        return fail_wrong(c, p, standing(p->node));
    }
    if (strlen(scalar_text(p->node)) != p->node->data.scalar.length) {
        return fail_wrong(c, p, "a zero byte stands in the text");
    }
    return tc_value_parse(key, scalar_text(p->node), &value, wrong)
               ? TC_OK
               : fail_wrong(c, p, wrong);
}

static tc_status check_scores(const check *c, const pending *p)
{
    const yaml_node_t *node = p->node, *end[2];
    char wrong[TC_WRONG_TEXT];
    tc_value value;
    if (node->type != YAML_SEQUENCE_NODE) {
        return fail_wrong(c, p, standing(node));
    }
    if (node->data.sequence.items.top - node->data.sequence.items.start != 2) {
        return fail_wrong(c, p, "not two scores");
    }
    for (int i = 0; i < 2; i++) {
        end[i] =
            yaml_document_get_node(&c->layer->document, node->data.sequence.items.start[i]);
        if (end[i]->type != YAML_SCALAR_NODE) {
            return fail_wrong(c, p, "not two scores");
        }
    }
    return tc_value_scores_parse(scalar_text(end[0]), scalar_text(end[1]), &value, wrong)
               ? TC_OK
               : fail_wrong(c, p, wrong);
}

static tc_status expect_mapping(check *c, const pending *p)
{
    char names[TC_ALLOWED_TEXT];
    if (p->node->type != YAML_MAPPING_NODE) {
        return tc_place_fail(place_of(c, p->line, p->path), c->err,
                             "%s; allowed: a mapping with the keys %s", standing(p->node),
                             field_names(p->schema->mapping.fields, names));
    }
    return tc_buffer_append(&c->queue, p, sizeof *p, c->err);
}

static tc_status expect_list(check *c, const pending *p)
{
    const tc_list *list = tc_list_find(p->path);
    int64_t n;
    if (list == NULL) {
        return tc_fail(c->err, TC_EINTERNAL, "configuration list %s is not in the table",
                       p->path);
    }
    if (p->node->type != YAML_SEQUENCE_NODE) {
        return tc_place_fail(place_of(c, p->line, p->path), c->err,
                             "%s; allowed: a list of %d to %d elements, also of one: [...]",
                             standing(p->node), list->low, list->high);
    }
    n = p->node->data.sequence.items.top - p->node->data.sequence.items.start;
    if (n < list->low || n > list->high) {
        return tc_place_fail(place_of(c, p->line, p->path), c->err,
                             "%lld elements; allowed: %d to %d", (long long)n, list->low,
                             list->high);
    }
    return tc_buffer_append(&c->queue, p, sizeof *p, c->err);
}

static tc_status check_value(check *c, const pending *p)
{
    if (p->schema->type == CYAML_MAPPING) {
        return expect_mapping(c, p);
    }
    if (p->schema->type == CYAML_SEQUENCE) {
        return expect_list(c, p);
    }
    return p->schema->type == CYAML_SEQUENCE_FIXED ? check_scores(c, p)
                                                   : check_scalar(c, p);
}

static const cyaml_schema_field_t *find_field(const cyaml_schema_field_t *field,
                                              const char *key)
{
    while (field->key != NULL && strcmp(field->key, key) != 0) {
        field++;
    }
    return field->key == NULL ? NULL : field;
}

/* The node of a key among the pairs before end, NULL if it is not there. */
static const yaml_node_t *find_pair(const check *c, const yaml_node_t *mapping,
                                    const yaml_node_pair_t *end, const char *key)
{
    const yaml_node_pair_t *pair = mapping->data.mapping.pairs.start;
    for (; pair < end; pair++) {
        const yaml_node_t *name = yaml_document_get_node(&c->layer->document, pair->key);
        if (name->type == YAML_SCALAR_NODE && strcmp(scalar_text(name), key) == 0) {
            return name;
        }
    }
    return NULL;
}

static tc_status check_pair(check *c, const pending *p, const yaml_node_pair_t *pair)
{
    const yaml_node_t *name = yaml_document_get_node(&c->layer->document, pair->key),
                      *former;
    const char *dot = p->path[0] == '\0' ? "" : ".";
    char quoted[48], names[TC_ALLOWED_TEXT];
    const cyaml_schema_field_t *field;
    const char *key;
    pending next = {.line = (int64_t)name->start_mark.line + 1};
    if (name->type != YAML_SCALAR_NODE) {
        return tc_place_fail(place_of(c, next.line, p->path), c->err,
                             "a key must be a single word; allowed: %s",
                             field_names(p->schema->mapping.fields, names));
    }
    key = scalar_text(name);
    field = find_field(p->schema->mapping.fields, key);
    (void)snprintf(next.path, sizeof next.path, "%.*s%s%s", TC_PATH_TEXT - 64, p->path, dot,
                   tc_text_quote(key, quoted));
    if (field == NULL) {
        return tc_place_fail(place_of(c, next.line, next.path), c->err,
                             "unknown key; allowed: %s",
                             field_names(p->schema->mapping.fields, names));
    }
    former = find_pair(c, p->node, pair, key);
    if (former != NULL) {
        return tc_place_fail(place_of(c, next.line, next.path), c->err,
                             "given twice, first in line %lld; allowed: once",
                             (long long)former->start_mark.line + 1);
    }
    next.schema = &field->value;
    next.node = yaml_document_get_node(&c->layer->document, pair->value);
    return check_value(c, &next);
}

/* Keys that an element of a list must have. */
static tc_status check_missing(const check *c, const pending *p)
{
    const cyaml_schema_field_t *field = p->schema->mapping.fields;
    for (; field->key != NULL; field++) {
        if (((unsigned)field->value.flags & CYAML_FLAG_OPTIONAL) == 0 &&
            find_pair(c, p->node, p->node->data.mapping.pairs.top, field->key) == NULL) {
            pending missing = {.line = p->line};
            (void)snprintf(missing.path, sizeof missing.path, "%.*s.%s", TC_PATH_TEXT - 32,
                           p->path, field->key);
            return fail_wrong(c, &missing, "missing");
        }
    }
    return TC_OK;
}

static tc_status check_mapping(check *c, const pending *p)
{
    const yaml_node_pair_t *pair = p->node->data.mapping.pairs.start;
    for (; pair < p->node->data.mapping.pairs.top; pair++) {
        TC_TRY(check_pair(c, p, pair));
    }
    return check_missing(c, p);
}

static tc_status check_list(check *c, const pending *p)
{
    const yaml_node_item_t *start = p->node->data.sequence.items.start;
    const int64_t n = p->node->data.sequence.items.top - start;
    for (int64_t i = 0; i < n; i++) {
        pending next = {.node = yaml_document_get_node(&c->layer->document, start[i]),
                        .schema = p->schema->sequence.entry};
        next.line = (int64_t)next.node->start_mark.line + 1;
        (void)snprintf(next.path, sizeof next.path, "%.*s[%lld]", TC_PATH_TEXT - 32,
                       p->path, (long long)i);
        TC_TRY(check_value(c, &next));
    }
    return TC_OK;
}

tc_status tc_layer_check(tc_layer *layer, tc_error *err)
{
    check c = {.layer = layer, .err = err};
    pending p = {.node = yaml_document_get_root_node(&layer->document),
                 .schema = tc_raw_schema()};
    tc_status st;
    p.line = (int64_t)p.node->start_mark.line + 1;
    st = check_value(&c, &p);
    for (int64_t head = 0; st == TC_OK && head < c.queue.size; head += (int64_t)sizeof p) {
        memcpy(&p, c.queue.data + head, sizeof p);
        st = p.schema->type == CYAML_MAPPING ? check_mapping(&c, &p) : check_list(&c, &p);
    }
    tc_buffer_free(&c.queue);
    return st;
}

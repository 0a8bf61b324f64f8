/* The configuration from any bytes: never a crash or a leak, a message of one line on failure, and on success every
 * value within the limits of the table of keys. The input is YAML; lines that begin with "#set " are overrides. */
#include "fuzz.h"

#include "edge/text/config/config_impl.h"

#include <glob.h>
#include <string.h>

enum { TEXT_MAX = 16384, SETS_MAX = 4, SET_MAX = 256 };

/* Patterns must not walk over the disk of whoever runs this. */
int glob(const char *restrict pattern, int flags, int (*failed)(const char *, int),
         glob_t *restrict matches)
{
    (void)pattern, (void)flags, (void)failed;
    memset(matches, 0, sizeof *matches);
    return GLOB_NOMATCH;
}

void globfree(glob_t *matches)
{
    (void)matches;
}

static void check_number(const tc_key *key, double value)
{
    FUZZ_CHECK(key->bounds[0] == '[' ? value >= key->low : value > key->low);
    FUZZ_CHECK(key->bounds[1] == ']' ? value <= key->high : value < key->high);
}

static void check_value(const tc_key *key, const void *object)
{
    const tc_value value = tc_value_load(key, object);
    if (key->kind == TC_KIND_INT) {
        check_number(key, (double)value.integer);
    } else if (key->kind == TC_KIND_REAL) {
        check_number(key, value.real);
    } else if (key->kind == TC_KIND_FLAG) {
        FUZZ_CHECK(value.integer == 0 || value.integer == 1);
    } else if (key->kind == TC_KIND_WORD) {
        FUZZ_CHECK(tc_value_word(key, value.integer) != NULL);
    } else if (key->kind == TC_KIND_SCORES) {
        FUZZ_CHECK(1 <= value.scores[0] && value.scores[0] <= value.scores[1] &&
                   value.scores[1] <= 5);
    } else if (key->kind >= TC_KIND_TEXT && (key->flags & TC_KEY_REQUIRED) != 0) {
        FUZZ_CHECK(value.text != NULL && value.text[0] != '\0');
    }
}

static void check_lists(const tc_config *config)
{
    int n_lists;
    const tc_list *const lists = tc_lists(&n_lists);
    for (int i = 0; i < n_lists; i++) {
        const tc_list *const list = &lists[i];
        const char *items = NULL;
        const int n = tc_list_items(list, config, &items);
        if (strcmp(list->path, "input.transactions") == 0) {
            continue; /* paths are no mapping */
        }
        FUZZ_CHECK(n <= list->high && (n >= list->low || list->fallback == NULL));
        for (int e = 0; e < n; e++) {
            for (int k = 0; k < list->n_rows; k++) {
                check_value(&list->rows[k], items + (size_t)e * list->size);
            }
        }
    }
}

static void check_sections(const tc_config *config)
{
    static const char *const section[] = {
#define X(name, text) name,
        TC_SECTIONS(X)
#undef X
    };
    for (size_t i = 0; i < sizeof section / sizeof *section; i++) {
        tc_buffer json = {0};
        FUZZ_CHECK(tc_config_section(config, section[i], &json, NULL) == TC_OK);
        FUZZ_CHECK(json.size > 1 && json.data[0] == '{' && json.data[json.size - 1] == '}');
        tc_buffer_free(&json);
    }
}

/* Lines "#set key=value" are comments to YAML. */
static int read_sets(const char *text, int64_t n, char set[SETS_MAX][SET_MAX])
{
    int n_sets = 0;
    for (const char *p = text; p < text + n && n_sets < SETS_MAX;) {
        const char *end = memchr(p, '\n', (size_t)(text + n - p));
        end = end == NULL ? text + n : end;
        if (end - p > 5 && end - p < SET_MAX && memcmp(p, "#set ", 5) == 0) {
            memcpy(set[n_sets], p + 5, (size_t)(end - p - 5));
            set[n_sets++][end - p - 5] = '\0';
        }
        p = end + 1;
    }
    return n_sets;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *const text = (const char *)data;
    const int64_t n = (int64_t)(size < TEXT_MAX ? size : TEXT_MAX);
    const int64_t blocks = tc_mem_live_blocks();
    char set[SETS_MAX][SET_MAX];
    const char *sets[SETS_MAX];
    const int n_sets = read_sets(text, n, set);
    tc_config *config = NULL;
    tc_error err = {0};
    tc_status st;
    for (int i = 0; i < n_sets; i++) {
        sets[i] = set[i];
    }
    st = tc_config_parse(text, n, "c.yaml", "/nowhere", sets, n_sets, &config, &err);
    FUZZ_CHECK((st == TC_OK) == (config != NULL));
    if (st == TC_OK) {
        int n_keys;
        const tc_key *const keys = tc_keys(&n_keys);
        for (int i = 0; i < n_keys; i++) {
            check_value(&keys[i], config);
        }
        check_lists(config);
        check_sections(config);
    } else {
        FUZZ_CHECK(st == TC_ECONFIG || st == TC_EINPUT);
        FUZZ_CHECK(err.code == st && err.message[0] != '\0');
        FUZZ_CHECK(strchr(err.message, '\n') == NULL);
    }
    tc_config_destroy(&config);
    FUZZ_CHECK(tc_mem_live_blocks() == blocks);
    return 0;
}

/* rfc4180.h - what the tests that cut a file share: a slow parser of RFC 4180 of its own, the nasty file, and files made
 * from it. No code of the program is used here. */
#ifndef TC_TEST_RFC4180_H
#define TC_TEST_RFC4180_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RFC_COLUMNS = 5 };

/* A record that is not empty: where it starts, at which physical line, and its fields. */
typedef struct {
    int64_t at, line;
    char *field[RFC_COLUMNS];
    int64_t n[RFC_COLUMNS];
} rfc_record;

typedef struct {
    char *text;
    int64_t n;
    rfc_record *record; /* without the header */
    int64_t n_records;
    char *content; /* of all fields */
} rfc_file;

/* Where the parser is. */
typedef struct {
    const char *p, *end;
    int64_t line;
    char *to;
} rfc_cursor;

/* One field from its first byte to the byte behind it; its content goes to c->to. */
static inline void rfc_field(rfc_cursor *c)
{
    if (c->p < c->end && *c->p == '"') {
        for (c->p++; c->p < c->end; c->p++) {
            if (*c->p == '"' && (c->p + 1 == c->end || c->p[1] != '"')) {
                c->p++;
                return;
            }
            c->p += *c->p == '"';
            c->line += *c->p == '\n';
            *c->to++ = *c->p;
        }
        return;
    }
    while (c->p < c->end && *c->p != ',' && *c->p != '\n' && *c->p != '\r') {
        *c->to++ = *c->p++;
    }
}

/* One record with its line end; returns the number of its fields. */
static inline int rfc_next(rfc_cursor *c, rfc_record *out)
{
    int n = 0;
    for (;;) {
        char *const begin = c->to;
        rfc_field(c);
        if (n < RFC_COLUMNS) {
            out->field[n] = begin;
            out->n[n] = c->to - begin;
        }
        n++;
        if (c->p == c->end || *c->p != ',') {
            break;
        }
        c->p++;
    }
    c->p += c->p < c->end && *c->p == '\r';
    c->line += c->p < c->end;
    c->p += c->p < c->end;
    return n;
}

/* Parses file->text[n]; all records have RFC_COLUMNS fields or are empty lines. 0 if not. */
static inline int rfc_parse(rfc_file *file)
{
    const int mark = file->n >= 3 && memcmp(file->text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    rfc_cursor c = {file->text + mark, file->text + file->n, 1, NULL};
    int header = 1;
    file->content = c.to = malloc((size_t)file->n + 1);
    file->record = malloc(((size_t)file->n + 1) * sizeof *file->record);
    file->n_records = 0;
    if (file->content == NULL || file->record == NULL) {
        return 0;
    }
    while (c.p < c.end) {
        rfc_record *const r = &file->record[file->n_records];
        const char *const begin = c.p;
        *r = (rfc_record){.at = c.p - file->text, .line = c.line};
        const int n = rfc_next(&c, r);
        if (n == 1 && (*begin == '\n' || *begin == '\r')) {
            continue;
        }
        if (n != RFC_COLUMNS) {
            return 0;
        }
        file->n_records += !header;
        header = 0;
    }
    return 1;
}

static inline void rfc_free(rfc_file *file)
{
    free(file->text);
    free(file->record);
    free(file->content);
    *file = (rfc_file){0};
}

/* tests/golden/nasty.csv and the records in it. 0 if it cannot be read. */
static inline int rfc_nasty(const char *source, rfc_file *out)
{
    char path[1024];
    FILE *file;
    (void)snprintf(path, sizeof path, "%s/tests/golden/nasty.csv", source);
    file = fopen(path, "rb");
    *out = (rfc_file){.text = malloc(1 << 16)};
    if (file == NULL || out->text == NULL) {
        return 0;
    }
    out->n = (int64_t)fread(out->text, 1, 1 << 16, file);
    return fclose(file) == 0 && out->n > 400 && rfc_parse(out);
}

/* First record that starts at byte `at` or later. */
static inline int64_t rfc_first(const rfc_file *file, int64_t at)
{
    int64_t i = 0;
    while (i < file->n_records && file->record[i].at < at) {
        i++;
    }
    return i;
}

/* Numbers that do not repeat soon. */
static inline uint64_t rfc_random(uint64_t *state)
{
    *state = *state * 6364136223846793005U + 1442695040888963407U;
    return *state >> 33;
}

#endif

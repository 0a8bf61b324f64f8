/* segment_method.c - by what customers are placed, and whether that is as in the previous run. */
#include "segment_impl.h"

#include <stdio.h>
#include <string.h>

void tc_segment_method(const tc_config *config, char method[TC_PORTRAIT_TEXT])
{
    static const char *const kind[] = {[TC_SCALE_ZSCORE] = "zscore",
                                       [TC_SCALE_MINMAX] = "minmax",
                                       [TC_SCALE_NONE] = "none"};
    (void)snprintf(method, TC_PORTRAIT_TEXT, "%s, winsorise %g, weight %.288s",
                   kind[config->segment.scale], config->segment.winsorise,
                   config->segment.weight != NULL ? config->segment.weight : "none");
}

int tc_segment_previous_feature(const tc_segment *s, int f)
{
    const tc_segment_previous *p = s->previous;
    for (int g = 0; g < p->n_use; g++) {
        if (strcmp(tc_segment_text(&p->feature, g), s->use[f].feature) == 0) {
            return g;
        }
    }
    return -1;
}

/* 1 if transform and policy of a feature are those of feature g of the previous run. */
static int same_use(const tc_segment *s, int f, int g)
{
    return s->previous->transform[g] == s->use[f].transform &&
           s->previous->lack[g] == s->use[f].lack;
}

int tc_segment_same_method(const tc_segment *s)
{
    const tc_segment_previous *p = s->previous;
    char method[TC_PORTRAIT_TEXT];
    int same = p->n_use == s->n_use;
    tc_segment_method(s->config, method);
    for (int f = 0; f < s->n_use && same; f++) {
        const int g = tc_segment_previous_feature(s, f);
        same = g >= 0 && same_use(s, f, g);
    }
    return same && strcmp(method, p->method) == 0;
}

/* Adds lead and name if both fit; else the text ends with "...". */
static void add(char text[TC_PORTRAIT_TEXT], const char *lead, const char *name)
{
    const size_t n = strlen(text);
    if (n + strlen(lead) + strlen(name) + 5 < TC_PORTRAIT_TEXT) {
        (void)snprintf(text + n, TC_PORTRAIT_TEXT - n, "%s%s", lead, name);
    } else if (n >= 3 && strcmp(text + n - 3, "...") != 0) {
        (void)snprintf(text + n, TC_PORTRAIT_TEXT - n, "...");
    }
}

/* One name of a list, with a heading before its first. */
static void add_named(char text[TC_PORTRAIT_TEXT], int *n, const char *heading,
                      const char *name)
{
    if (*n == 0) {
        add(text, text[0] != '\0' ? "; " : "", heading);
    }
    add(text, (*n)++ == 0 ? ": " : ", ", name);
}

static int is_used(const tc_segment *s, const char *feature)
{
    for (int f = 0; f < s->n_use; f++) {
        if (strcmp(s->use[f].feature, feature) == 0) {
            return 1;
        }
    }
    return 0;
}

void tc_segment_describe_changes(const tc_segment *s, char text[TC_PORTRAIT_TEXT])
{
    const tc_segment_previous *p = s->previous;
    char method[TC_PORTRAIT_TEXT];
    int n_added = 0, n_removed = 0, n_other = 0;
    text[0] = '\0';
    for (int f = 0; f < s->n_use; f++) {
        if (tc_segment_previous_feature(s, f) < 0) {
            add_named(text, &n_added, "features added", s->use[f].feature);
        }
    }
    for (int g = 0; g < p->n_use; g++) {
        if (!is_used(s, tc_segment_text(&p->feature, g))) {
            add_named(text, &n_removed, "features removed",
                      tc_segment_text(&p->feature, g));
        }
    }
    for (int f = 0; f < s->n_use; f++) {
        const int g = tc_segment_previous_feature(s, f);
        if (g >= 0 && !same_use(s, f, g)) {
            add_named(text, &n_other, "other transform or policy for missing values",
                      s->use[f].feature);
        }
    }
    tc_segment_method(s->config, method);
    if (strcmp(method, p->method) != 0) {
        add(text, text[0] != '\0' ? "; before: " : "before: ", p->method);
        add(text, "; now: ", method);
    }
}

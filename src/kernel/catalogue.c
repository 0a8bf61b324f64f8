#include "tiercel/catalogue.h"

#include "tiercel/feature_list.h"

#include <string.h>

enum { STORAGE_F32 = 0, STORAGE_F64 = 1 };

static const tc_feature_def CATALOGUE[TC_N_FEATURES] = {
#define X(name, unit, storage, missing, formula, description)                              \
    {#name, unit, STORAGE_##storage, TC_MISSING_##missing, formula, description},
    TC_FEATURE_LIST(X)
#undef X
};

const tc_feature_def *tc_catalogue(int *n)
{
    *n = TC_N_FEATURES;
    return CATALOGUE;
}

int tc_catalogue_find(const char *name)
{
    for (int i = 0; i < TC_N_FEATURES; i++) {
        if (strcmp(CATALOGUE[i].name, name) == 0) {
            return i;
        }
    }
    return -1;
}

static const char INTRODUCTION[] =
    "# Features\n\n"
    "All of them are functions of the events of one customer before the as-of date D "
    "(00:00:00 of "
    "that day).\nA day is a calendar day. \"The last w days\" are the days D - w to D - 1. "
    "An order "
    "is the set of purchases with one\norder id; its time is that of its first line. "
    "Returns have a "
    "negative amount.\nA customer without any event before D has no features. Counts and "
    "sums over "
    "nothing are 0; what has no\nmeaning is missing (NaN). The last but one column says "
    "what a model "
    "puts in the place of a missing value.\n\n"
    "| feature | unit | stored as | formula | missing in models | meaning |\n"
    "|---|---|---|---|---|---|\n";

tc_status tc_catalogue_document(tc_buffer *markdown, tc_error *err)
{
    TC_TRY(
        tc_buffer_append(markdown, INTRODUCTION, (int64_t)(sizeof INTRODUCTION - 1), err));
    for (int i = 0; i < TC_N_FEATURES; i++) {
        const tc_feature_def *f = &CATALOGUE[i];
        TC_TRY(tc_buffer_print(
            markdown, err, "| `%s` | %s | %s | %s | %s | %s |\n", f->name, f->unit,
            f->is_double ? "float64" : "float32", f->formula,
            f->missing == TC_MISSING_ZERO ? "zero" : "median", f->description));
    }
    return TC_OK;
}

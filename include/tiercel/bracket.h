/* bracket.h - exact quantiles of a column from one pass, given good guesses where they lie (kernel layer).
 *
 * A sample says between which two values a quantile lies for all but certain (Floyd and Rivest, 1975, "Expected time bounds for
 * selection"). The pass counts the values below, between and above such brackets and keeps those within, a few of a hundred; a
 * value that many rows share gets a class of its own and is only counted. The counts of all rows then tell in which class a wanted
 * rank lies: if it is a kept one, the value is found among the kept; if the guess was wrong, that is seen, and the column must be
 * read again. Nothing is approximated: guesses change the cost alone. */
#ifndef TC_BRACKET_H
#define TC_BRACKET_H

#include "tiercel/buffer.h"

enum { TC_BRACKET_POINTS = 5, TC_BRACKET_CLASSES = 64, TC_BRACKET_LANES = 4 };

typedef enum { TC_CLASS_COUNTED, TC_CLASS_EQUAL, TC_CLASS_KEPT } tc_class_kind;

/* Class c holds the values from boundary[c] on, below boundary[c + 1]; class 0 those below boundary[1]. */
typedef struct {
    int n_classes, levels;
    double boundary[TC_BRACKET_CLASSES];
    double tree
        [TC_BRACKET_CLASSES]; /* the same as a search tree; node i has children 2i and 2i + 1 */
    uint8_t kind[TC_BRACKET_CLASSES];
} tc_bracket;

/* Local, pure. Probabilities of the points of a sample of n values at which quantiles by TC_QUANTILE_LOWER are to be
 * taken: point[n_p][TC_BRACKET_POINTS]. 0 if the sample is too small to tell the brackets apart. p ascends in (0, 1). */
int tc_bracket_points(const double *p, int n_p, int64_t n, double *point);

/* Local, pure. Classes from the quantiles at these points, ascending; 0 if there would be too many, or one is not finite. */
int tc_bracket_plan(const double *value, int n_p, tc_bracket *plan);

/* What a pass finds; all zero before it. */
typedef struct {
    int64_t lane[TC_BRACKET_LANES]
                [TC_BRACKET_CLASSES]; /* values by class; missing ones are in class 0 */
    int64_t n, missing;
    double least, most; /* of the values, if there are any */
    tc_buffer kept;     /* values of kept classes; owned */
} tc_bracket_pass;

/* Local. Adds n values, double * or float *, NaN = missing. Errors: TC_ENOMEM. Cost: about 4 ns a value. */
TC_NODISCARD tc_status tc_bracket_add(const tc_bracket *plan, tc_bracket_pass *pass,
                                      const void *value, int is_double, int64_t n,
                                      tc_error *err);

/* Local, pure. Values of each class, without the missing. */
void tc_bracket_counts(const tc_bracket *plan, const tc_bracket_pass *pass,
                       int64_t count[TC_BRACKET_CLASSES]);

/* Local, pure. The class of a rank among all values, and its rank in the class. */
int tc_bracket_class(const tc_bracket *plan, const int64_t *count, int64_t rank,
                     int64_t *rank_in_class);

/* Unsigned keys in the order of the numbers, and back. */
uint64_t tc_bracket_key(double value);
double tc_bracket_value(uint64_t key);

/* Local, pure. Kept values become keys, in place, those of each class together; first[c] is the number of the first key of
 * class c, first[n_classes] their number. */
void tc_bracket_sort(const tc_bracket *plan, tc_bracket_pass *pass,
                     int64_t first[TC_BRACKET_CLASSES + 1]);

/* Local, pure. Puts the keys up to a pivot first; returns how many there are. */
int64_t tc_bracket_split(uint64_t *key, int64_t n, uint64_t pivot);

#endif

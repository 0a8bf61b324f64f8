/* portrait.h - a cluster in words: a name and a description from the features in which its
 * customers differ most from all customers (kernel layer: no MPI, no I/O).
 *
 * A difference is (mean of the cluster - mean of all) / deviation of all, in model space, where skewed
 * features are already transformed and cut; below TC_PORTRAIT_LEAST in size it says nothing. Features with
 * the same theme (net_amount, gross_amount) speak once, by the larger difference. */
#ifndef TC_PORTRAIT_H
#define TC_PORTRAIT_H

#include <stddef.h>

enum { TC_PORTRAIT_NAME = 96, TC_PORTRAIT_TEXT = 480, TC_PORTRAIT_TRAITS = 4 };

/* Sizes of a difference: says nothing below the first; "fairly" below the second; "very" from the third on. */
#define TC_PORTRAIT_LEAST 0.25
#define TC_PORTRAIT_PLAIN 0.5
#define TC_PORTRAIT_VERY 1.5

/* One feature of a cluster. Nothing is owned. */
typedef struct {
    const char *feature; /* as in the configuration */
    double difference;   /* 0 = constant */
    double typical,
        typical_base; /* medians of the cluster and of all, raw; NaN = no value */
    double centre,
        centre_base; /* means in model space, raw again: on the side of the difference */
} tc_trait;

/* Local, pure. The traits that are worth telling, at most `most`, by falling size of the difference, ties by
 * their order: numbers of traits into order[most]. Returns how many. O(most n). */
int tc_portrait_order(const tc_trait *trait, int n, int *order, int most);

/* Local. "very high spending, frequent": up to `most` traits in a few words; "average" if none is worth
 * telling. name[TC_PORTRAIT_NAME], UTF-8, never cut within a letter. */
void tc_portrait_name(const tc_trait *trait, int n, int most, char *name);

/* Local. name with an ending, such as " #7", the name cut so that both fit: out[TC_PORTRAIT_NAME]; ending shorter than
 * 32 bytes. */
void tc_portrait_number(const char *name, const char *ending, char *out);

/* Local. "very high spending (net_amount 5214 against 668.6), ...": up to TC_PORTRAIT_TRAITS traits with what is
 * typical of the cluster against all: the medians, or where these do not show the difference (most values equal) the
 * means, "tickets_90d mean 0.4 against 0.1", or the shares of a level. text[TC_PORTRAIT_TEXT]. */
void tc_portrait_text(const tc_trait *trait, int n, char *text);

/* Local, pure. 1 if the feature has words of its own; others are "high x" and "low x". */
int tc_portrait_known(const char *feature);

/* Local, pure. 1 for user.<name>=<level> and <feature>=missing, which are 1 or 0. */
int tc_portrait_is_level(const char *feature);

#endif

/* logit.h - logistic regression by damped Newton steps with the exact Hessian, split into
 * partial (rows of one shard -> sums) and finish (sums -> step, model), so that it runs
 * over a fold (kernel layer).
 *
 * y is 0 or 1, P(y = 1) = 1 / (1 + exp(-eta)), eta = b0 + sum_j b_j x_j. The objective is
 *   f(b) = sum of ln(1 + exp(-(2y - 1) eta)) + ridge / 2 sum_j b_j^2   (the intercept is
 * not penalised). Coefficients are arrays of q = n_columns + has_intercept; the intercept,
 * if any, is number 0. Columns should be standardised before (mean 0, deviation 1);
 * tc_logit_effects turns the result back. Method: Newton with Armijo backtracking (Nocedal
 * & Wright, Numerical Optimization, section 3.3). */
#ifndef TC_LOGIT_H
#define TC_LOGIT_H

#include "tiercel/mem.h"

enum { TC_LOGIT_SIZES = 4, TC_LOGIT_INTS = 2 };

typedef struct {
    int n_columns;
    int has_intercept;      /* 0 or 1 */
    int keep_dependent;     /* 1 = drop constant columns only; needs ridge > 0 */
    double ridge;           /* >= 0, not divided by the number of rows */
    int64_t max_iterations; /* Newton steps */
    double tolerance;       /* stop when (Newton decrement) / 2 <= tolerance (1 + |f|) */
} tc_logit_problem;

/* Local, pure. With intercept, no ridge, 50 iterations, tolerance 1e-10. */
tc_logit_problem tc_logit_problem_default(int n_columns);

/* Rows row0 .. row0 + n_rows - 1 of the columns and of y; borrowed. */
typedef struct {
    const double *const *column; /* [n_columns] -> [rows], finite where y is not -1 */
    const int8_t *y;             /* 0, 1, or -1 = the row is left out */
    int64_t row0, n_rows;
} tc_logit_rows;

/* What one pass over the rows has to sum. */
typedef struct {
    const double *b;             /* [q] */
    const double *step;          /* [q]; NULL = loss, gradient and Hessian at b */
    double size[TC_LOGIT_SIZES]; /* with step: the losses at b + size[i] step */
} tc_logit_request;

/* Local, pure. Number of doubles that a pass sums, and of the scratch that it needs. The
 * sums are
 *   ints   rows, and rows with y = 1
 *   reals  loss, gradient [q], packed lower triangle of the Hessian; or TC_LOGIT_SIZES losses.
 * The penalty is not among them: it belongs to the finish. */
int64_t tc_logit_n_real(const tc_logit_problem *problem);
int64_t tc_logit_n_scratch(const tc_logit_problem *problem);

/* Local. Adds the rows to ints and reals (the caller has zeroed them). Blocks of 128
 * labelled rows, 4 lanes, one order of summation for any vector width. A value that is not
 * finite shows in the sums. Cost a row: 4 q + q (q + 1) flops and one exp. */
void tc_logit_partial(const tc_logit_problem *problem, const tc_logit_rows *rows,
                      const tc_logit_request *request, double *scratch, int64_t *ints,
                      double *reals);

/* Makes one pass over all rows and hands back the merged sums, which stay valid until the
 * next call. If the rows lie on several ranks it is collective, its status is agreed, and
 * so tc_logit_fit is collective too. */
typedef tc_status tc_logit_evaluate(void *context, const tc_logit_request *request,
                                    const int64_t **ints, const double **reals,
                                    tc_error *err);

typedef enum {
    TC_LOGIT_CONVERGED,
    TC_LOGIT_SEPARATED, /* some coefficients run to infinity: the classes are separable */
    TC_LOGIT_LIMIT      /* max_iterations, or no step makes the loss smaller */
} tc_logit_end;

typedef struct {
    tc_logit_problem problem;
    int q, rank; /* rank: coefficients that were fitted */
    tc_logit_end end;
    int64_t rows, positives, iterations, passes;
    double deviance, null_deviance;  /* without penalty; null: the intercept alone */
    double objective, gradient_norm; /* f and |f'| at b */
    double *b;                       /* [q], 0 where dropped */
    double *covariance; /* packed, inverse of the information without penalty at b; NaN if
                           dropped */
    uint8_t *dropped;   /* [q] 1 = constant, or a linear function of earlier columns */
    uint8_t *separated; /* [q] 1 = runs to infinity */
    double *work;       /* memory of the arrays above and of the iteration */
} tc_logit_model;

/* Local. A model ready to be fitted; owned by the caller. Errors: TC_ENOMEM. */
TC_NODISCARD tc_status tc_logit_create(const tc_logit_problem *problem,
                                       tc_logit_model **out, tc_error *err);
void tc_logit_destroy(tc_logit_model **model);

/* Fits from b = 0. Allocates nothing and is a function of the merged sums alone, so all ranks
 * walk the same way. The first pass, where the Hessian is a quarter of the cross-product
 * matrix, finds dependent columns: pivot below 1e-9 of the column's sum of squares. The later
 * one of them is dropped. A converged fit makes one last step and pass, so that b is far
 * closer than the tolerance and the covariance belongs to it.
 * Separation (without ridge): the standard errors still grow by a quarter in the last step
 * (Lesaffre & Albert 1989, JRSS B 51), or the information has become singular. This is an
 * end, not an error. Errors: TC_ENUMERIC if there is one class only or a sum is not finite;
 * those of evaluate. */
TC_NODISCARD tc_status tc_logit_fit(tc_logit_model *model, tc_logit_evaluate *evaluate,
                                    void *context, tc_error *err);

/* Local. One Newton step at b, the step of tc_logit_fit.
 *   hessian  packed, inout: the sums of a full pass; becomes the factor of hessian + ridge
 *   gradient [q] with penalty
 *   skip     [q] inout: dropped columns; dependent ones are marked too (a singular matrix)
 *   step     [q], out
 * Returns the Newton decrement -gradient' step >= 0, or a negative number if the matrix is
 * singular. */
double tc_logit_step(const tc_logit_problem *problem, const double *gradient,
                     double *hessian, uint8_t *skip, double *step);

/* One coefficient as it is published. */
typedef struct {
    double coefficient;    /* per unit of the column before standardising */
    double standard_error; /* at the optimum, of the information without the penalty */
    double z, p_value;     /* two-sided, normal */
    double odds_ratio;     /* exp(coefficient) */
    double odds_ratio_sd;  /* per standard deviation; intercept: the odds at the mean */
} tc_logit_effect;

/* Local, pure. Back from columns that were standardised as (x - mean[j]) / scale[j]; mean
 * and scale [n_columns], both NULL = they were not. effect [q]. Exact, with the covariance
 * of the intercept. Dropped: coefficient 0, the rest NaN. Separated: the coefficient that
 * was reached, the rest NaN. With ridge > 0 the standard errors ignore the bias of the
 * penalty. */
void tc_logit_effects(const tc_logit_model *model, const double *mean, const double *scale,
                      tc_logit_effect *effect);

/* Smallest and largest value of a column in each class: any separation by one column alone
 * shows here. */
typedef struct {
    double low[2], high[2]; /* [class]; +infinity and -infinity if the class is empty */
} tc_logit_range;

/* Local. Widens range[n_columns] by the rows, or one range by another; start from
 * tc_logit_range_empty. */
tc_logit_range tc_logit_range_empty(void);
void tc_logit_range_partial(int n_columns, const tc_logit_rows *rows,
                            tc_logit_range *range);
void tc_logit_range_merge(tc_logit_range *range, const tc_logit_range *other);

/* Local, pure. 1 if the column alone separates the classes, touching at most in one value
 * (then the maximum of the likelihood does not exist: Albert & Anderson 1984, Biometrika
 * 71). */
int tc_logit_range_separates(const tc_logit_range *range);

/* Local, pure. 1 / (1 + exp(-eta)), and the loss of one row (y 0 or 1), both without
 * overflow. */
double tc_logit_probability(double eta);
double tc_logit_loss(double eta, int y);

#endif

/* interact_list.h - the one list from which the catalogue of interaction features, their
 * numbers and their columns in features.h5 come (kernel layer). A new feature is a row here
 * and a line in src/kernel/interact.c.
 *
 * All formulas are over the interactions of one customer before the as-of date D (00:00:00 of
 * that day); "the last w days" are the days D - w .. D - 1; the previous w days are those
 * before them. Counts over nothing are 0, also for a customer who is in no row of the
 * interactions; what has no meaning is missing (NaN).
 *
 * X(name, unit, policy for models, formula, description) */
#ifndef TC_INTERACT_LIST_H
#define TC_INTERACT_LIST_H

/* clang-format off */
#define TC_INTERACT_LIST(X)                                                                         \
    X(days_since_login, "days", MEDIAN, "D - day of the last login; missing without a login",       \
      "days since the last login, 1 = yesterday")                                                   \
    X(visits_90d, "visits", ZERO, "visits of the last 90 days", "visits of the last quarter")       \
    X(complaints_90d, "complaints", ZERO, "complaints of the last 90 days",                         \
      "complaints of the last quarter")                                                             \
    X(tickets_90d, "tickets", ZERO, "service tickets of the last 90 days",                          \
      "service tickets of the last quarter")                                                        \
    X(mean_satisfaction, "points", MEDIAN,                                                          \
      "mean value of the surveys of the last 365 days; missing without one",                        \
      "how satisfied the customer says to be, on the company's own scale")                          \
    X(last_nps, "points", MEDIAN,                                                                   \
      "value of the last nps survey, of several in one second the highest; missing without one",    \
      "how likely the customer says to recommend the company, 0 to 10")                             \
    X(mean_response_hours, "hours", MEDIAN,                                                         \
      "mean response time of the interactions of the last 365 days that have one; missing without one", \
      "how long the company took to answer")                                                        \
    X(interaction_trend, "1", MEDIAN,                                                               \
      "interactions of any kind of the last 90 days / those of the 90 days before; missing if those are none", \
      "above 1 the customer is in touch more often than before")                                    \
    X(days_since_signup, "days", MEDIAN, "D - day of the signup; missing if it is not before D",    \
      "days since the customer signed up")
/* clang-format on */

/* Numbers of the features: TC_INTERACT_days_since_login = 0, ... */
typedef enum {
#define X(name, unit, missing, formula, description) TC_INTERACT_##name,
    TC_INTERACT_LIST(X)
#undef X
        TC_N_INTERACT
} tc_interact_id;

#endif

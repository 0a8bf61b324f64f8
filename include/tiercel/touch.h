/* touch.h - the kinds of interactions: one list for the configuration, the kernel and the
 * enumeration in profiles.h5 (base layer).
 *
 * X(constant, word) */
#ifndef TC_TOUCH_H
#define TC_TOUCH_H

#define TC_TOUCH_LIST(X)                                                                   \
    X(TC_TOUCH_OTHER, "other")                                                             \
    X(TC_TOUCH_VISIT, "visit")                                                             \
    X(TC_TOUCH_LOGIN, "login")                                                             \
    X(TC_TOUCH_COMPLAINT, "complaint")                                                     \
    X(TC_TOUCH_TICKET, "ticket")                                                           \
    X(TC_TOUCH_SURVEY, "survey") /* satisfaction, on the company's own scale */            \
    X(TC_TOUCH_NPS, "nps")       /* 0..10 */

typedef enum {
#define X(constant, word) constant,
    TC_TOUCH_LIST(X)
#undef X
        TC_N_TOUCHES
} tc_touch_kind;

#endif

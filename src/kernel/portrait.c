#include "tiercel/portrait.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* What a high and a low value are called, and which features say the same. */
typedef struct {
    const char *feature, *high, *low, *theme;
} words;

static const words table[] = {
    {"recency_days", "inactive", "recent", "recency"},
    {"order_count", "frequent", "infrequent", "frequency"},
    {"net_amount", "high spending", "low spending", "spending"},
    {"gross_amount", "high spending", "low spending", "spending"},
    {"tenure_days", "long-standing", "new", "tenure"},
    {"average_order", "large orders", "small orders", "basket"},
    {"return_rate", "many returns", "few returns", "returns"},
    {"largest_order_share", "uneven spending", "even spending", "evenness"},
    {"orders_30d", "many orders lately", "few orders lately", "lately"},
    {"orders_30d_before", "many orders before", "few orders before", "before"},
    {"orders_90d", "many orders lately", "few orders lately", "lately"},
    {"orders_90d_before", "many orders before", "few orders before", "before"},
    {"orders_180d", "many orders lately", "few orders lately", "lately"},
    {"orders_180d_before", "many orders before", "few orders before", "before"},
    {"orders_365d", "many orders lately", "few orders lately", "lately"},
    {"orders_365d_before", "many orders before", "few orders before", "before"},
    {"amount_30d", "high spending lately", "low spending lately", "amount lately"},
    {"amount_30d_before", "high spending before", "low spending before", "amount before"},
    {"amount_90d", "high spending lately", "low spending lately", "amount lately"},
    {"amount_90d_before", "high spending before", "low spending before", "amount before"},
    {"amount_180d", "high spending lately", "low spending lately", "amount lately"},
    {"amount_180d_before", "high spending before", "low spending before", "amount before"},
    {"amount_365d", "high spending lately", "low spending lately", "amount lately"},
    {"amount_365d_before", "high spending before", "low spending before", "amount before"},
    {"gap_mean_days", "long gaps", "short gaps", "gaps"},
    {"gap_cv", "irregular", "regular", "rhythm"},
    {"recency_gap_ratio", "overdue", "in rhythm", "overdue"},
    {"distinct_categories", "broad choice", "narrow choice", "breadth"},
    {"distinct_channels", "many channels", "few channels", "channels"},
    {"active_months", "many active months", "few active months", "frequency"},
    {"falling_months", "falling spending", "steady spending", "trend"},
    {"spend_3m_ratio", "growing spending", "shrinking spending", "growth"},
    {"purchase_days", "many purchase days", "few purchase days", "frequency"},
    {"first_to_last_days", "long history", "short history", "history"},
    {"repeat_day_amount", "large repeat purchases", "small repeat purchases", "repeat"},
    {"days_since_login", "logins long ago", "recent logins", "login"},
    {"visits_90d", "many visits", "few visits", "visits"},
    {"complaints_90d", "many complaints", "few complaints", "complaints"},
    {"tickets_90d", "many tickets", "few tickets", "tickets"},
    {"mean_satisfaction", "satisfied", "dissatisfied", "satisfaction"},
    {"last_nps", "likely to recommend", "unlikely to recommend", "nps"},
    {"mean_response_hours", "slow answers", "quick answers", "response"},
    {"interaction_trend", "more and more in touch", "less and less in touch", "touch"},
    {"days_since_signup", "early signup", "late signup", "signup"},
};

static const char PREFIX[] = "user.";

static const words *find(const char *feature)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (strcmp(table[i].feature, feature) == 0) {
            return &table[i];
        }
    }
    return NULL;
}

static int is_user(const char *feature)
{
    return strncmp(feature, PREFIX, sizeof PREFIX - 1) == 0;
}

int tc_portrait_known(const char *feature)
{
    return find(feature) != NULL;
}

static const char MISSING[] = "=missing";

/* 1 for <feature>=missing, which is 1 where a feature is missing. */
static int is_lack(const char *feature)
{
    const size_t n = strlen(feature);
    return n >= sizeof MISSING && strcmp(feature + n - (sizeof MISSING - 1), MISSING) == 0;
}

int tc_portrait_is_level(const char *feature)
{
    return (is_user(feature) && strchr(feature, '=') != NULL) || is_lack(feature);
}

static int same_theme(const char *a, const char *b)
{
    const words *of_a = find(a), *of_b = find(b);
    return of_a != NULL && of_b != NULL && strcmp(of_a->theme, of_b->theme) == 0;
}

/* 1 if the theme of trait t was spoken of. */
static int is_told(const tc_trait *trait, int t, const int *order, int n)
{
    for (int i = 0; i < n; i++) {
        if (order[i] == t || same_theme(trait[order[i]].feature, trait[t].feature)) {
            return 1;
        }
    }
    return 0;
}

int tc_portrait_order(const tc_trait *trait, int n, int *order, int most)
{
    int found = 0;
    while (found < most) {
        int best = -1;
        for (int t = 0; t < n; t++) {
            const double size = fabs(trait[t].difference);
            if (size >= TC_PORTRAIT_LEAST && !is_told(trait, t, order, found) &&
                (best < 0 || size > fabs(trait[best].difference))) {
                best = t;
            }
        }
        if (best < 0) {
            break;
        }
        order[found++] = best;
    }
    return found;
}

/* Length of the longest beginning of a UTF-8 text of at most `most` bytes without a cut letter. */
static size_t whole_letters(const char *text, size_t most)
{
    size_t n = strlen(text);
    if (n <= most) {
        return n;
    }
    for (n = most; n > 0 && ((unsigned char)text[n] & 0xC0) == 0x80; n--) {
    }
    return n;
}

/* "very high spending"; for user features "high age", "plan pro", "not plan pro". */
static void phrase(const tc_trait *trait, char *out, size_t size)
{
    const words *known = find(trait->feature);
    const double distance = fabs(trait->difference);
    const int high = trait->difference > 0;
    const char *level = distance >= TC_PORTRAIT_VERY    ? "very "
                        : distance >= TC_PORTRAIT_PLAIN ? ""
                                                        : "fairly ";
    const char *own =
        is_user(trait->feature) ? trait->feature + sizeof PREFIX - 1 : trait->feature;
    char *equals;
    if (known != NULL) {
        (void)snprintf(out, size, "%s%s", level, high ? known->high : known->low);
        return;
    }
    if (is_lack(trait->feature)) {
        const size_t n = strlen(own) - (sizeof MISSING - 1);
        (void)snprintf(out, size, "%s %.*s", high ? "without" : "with",
                       (int)whole_letters(own, n < 56 ? n : 56), own);
        return;
    }
    if (tc_portrait_is_level(trait->feature)) {
        (void)snprintf(out, size, "%s%.*s", high ? "" : "not ", (int)whole_letters(own, 56),
                       own);
        equals = strchr(out, '=');
        if (equals != NULL) {
            *equals = ' ';
        }
        return;
    }
    (void)snprintf(out, size, "%s%s %.*s", level, high ? "high" : "low",
                   (int)whole_letters(own, 40), own);
}

enum { PHRASE = 80, PIECE = 256 };

/* Adds a piece behind ", " if all of it fits. */
static void add(char *text, size_t size, const char *piece)
{
    const size_t n = strlen(text);
    if (n + strlen(piece) + 3 <= size) {
        (void)snprintf(text + n, size - n, "%s%s", n > 0 ? ", " : "", piece);
    }
}

void tc_portrait_name(const tc_trait *trait, int n, int most, char *name)
{
    int order[TC_PORTRAIT_TRAITS];
    const int found = tc_portrait_order(
        trait, n, order, most < TC_PORTRAIT_TRAITS ? most : TC_PORTRAIT_TRAITS);
    name[0] = '\0';
    for (int i = 0; i < found; i++) {
        char piece[PHRASE];
        phrase(&trait[order[i]], piece, sizeof piece);
        add(name, TC_PORTRAIT_NAME, piece);
    }
    if (found == 0) {
        (void)snprintf(name, TC_PORTRAIT_NAME, "average");
    }
}

void tc_portrait_number(const char *name, const char *ending, char *out)
{
    const size_t room = TC_PORTRAIT_NAME - 1 - strlen(ending);
    (void)snprintf(out, TC_PORTRAIT_NAME, "%.*s%s", (int)whole_letters(name, room), name,
                   ending);
}

/* Short, for people: whole from 1,000 on, else four digits. */
static void number(double value, int is_level, char *out, size_t size)
{
    if (isnan(value)) {
        (void)snprintf(out, size, "none");
    } else if (is_level) {
        (void)snprintf(out, size, "%.0f %%", 100 * value);
    } else if (fabs(value) >= 1000 && fabs(value) < 1e15) {
        (void)snprintf(out, size, "%.0f", value);
    } else {
        (void)snprintf(out, size, "%.4g", value);
    }
}

/* 1 if the medians lie on the side of the difference. */
static int medians_tell(const tc_trait *t)
{
    return t->difference > 0 ? t->typical > t->typical_base : t->typical < t->typical_base;
}

void tc_portrait_text(const tc_trait *trait, int n, char *text)
{
    int order[TC_PORTRAIT_TRAITS];
    const int found = tc_portrait_order(trait, n, order, TC_PORTRAIT_TRAITS);
    text[0] = '\0';
    for (int i = 0; i < found; i++) {
        const tc_trait *t = &trait[order[i]];
        const int is_level = tc_portrait_is_level(t->feature);
        const int by_mean = is_level || !medians_tell(t);
        char words_of[PHRASE], own[32], all[32], piece[PIECE];
        phrase(t, words_of, sizeof words_of);
        number(by_mean ? t->centre : t->typical, is_level, own, sizeof own);
        number(by_mean ? t->centre_base : t->typical_base, is_level, all, sizeof all);
        (void)snprintf(piece, sizeof piece, "%s (%.*s %s%s against %s)", words_of,
                       (int)whole_letters(t->feature, 64), t->feature,
                       by_mean && !is_level ? "mean " : "", own, all);
        add(text, TC_PORTRAIT_TEXT, piece);
    }
    if (found == 0) {
        (void)snprintf(text, TC_PORTRAIT_TEXT, "like all customers in every feature");
    }
}

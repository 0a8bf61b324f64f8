/* feature_list.h - the one list from which the catalogue, the numbers of the features and the
 * columns of features.h5 come (kernel layer). A new feature is a row here and a line in
 * src/kernel/rfm_snapshot.c.
 *
 * All formulas are over the events of one customer before the as-of date D (00:00:00 of that day):
 * purchases are events of kind purchase, returns have a negative amount; a day is a calendar day;
 * "the last w days" are the days D - w .. D - 1; an order is the set of purchases with one order
 * id, its time is that of its first line. A customer without any event before D has no features
 * (all missing). Counts and sums over nothing are 0; what has no meaning is missing (NaN).
 *
 * X(name, unit, kind of storage, policy for models, formula, description) */
#ifndef TC_FEATURE_LIST_H
#define TC_FEATURE_LIST_H

/* clang-format off */
#define TC_FEATURE_LIST(X)                                                                          \
    X(recency_days, "days", F32, MEDIAN, "D - day of the last purchase; missing without a purchase", \
      "days since the last purchase, 1 = yesterday")                                                \
    X(order_count, "orders", F32, ZERO, "number of distinct order ids among purchases",             \
      "how many orders the customer has placed")                                                    \
    X(net_amount, "currency", F64, ZERO, "sum of the amounts of purchases and returns",             \
      "money spent, returns taken off")                                                             \
    X(gross_amount, "currency", F64, ZERO, "sum of the amounts of purchases",                       \
      "money spent before returns")                                                                 \
    X(tenure_days, "days", F32, MEDIAN, "D - day of the first purchase; missing without a purchase", \
      "days since the first purchase")                                                              \
    X(average_order, "currency", F64, ZERO, "gross_amount / order_count; missing without an order", \
      "mean value of an order before returns")                                                      \
    X(return_rate, "1", F32, ZERO, "-(sum of returns) / gross_amount; missing if gross_amount <= 0", \
      "share of the money that was given back")                                                     \
    X(largest_order_share, "1", F32, MEDIAN,                                                        \
      "amount of the largest order / gross_amount; missing if gross_amount <= 0",                   \
      "how far one order makes up the whole spending")                                              \
    X(orders_30d, "orders", F32, ZERO, "orders of the last 30 days", "orders of the last month")    \
    X(orders_30d_before, "orders", F32, ZERO, "orders of the 30 days before the last 30",           \
      "orders of the month before the last")                                                        \
    X(orders_90d, "orders", F32, ZERO, "orders of the last 90 days", "orders of the last quarter")  \
    X(orders_90d_before, "orders", F32, ZERO, "orders of the 90 days before the last 90",           \
      "orders of the quarter before the last")                                                      \
    X(orders_180d, "orders", F32, ZERO, "orders of the last 180 days",                              \
      "orders of the last half year")                                                               \
    X(orders_180d_before, "orders", F32, ZERO, "orders of the 180 days before the last 180",        \
      "orders of the half year before the last")                                                    \
    X(orders_365d, "orders", F32, ZERO, "orders of the last 365 days", "orders of the last year")   \
    X(orders_365d_before, "orders", F32, ZERO, "orders of the 365 days before the last 365",        \
      "orders of the year before the last")                                                         \
    X(amount_30d, "currency", F64, ZERO, "net amount of the last 30 days",                          \
      "net spending of the last month")                                                             \
    X(amount_30d_before, "currency", F64, ZERO, "net amount of the 30 days before the last 30",     \
      "net spending of the month before the last")                                                  \
    X(amount_90d, "currency", F64, ZERO, "net amount of the last 90 days",                          \
      "net spending of the last quarter")                                                           \
    X(amount_90d_before, "currency", F64, ZERO, "net amount of the 90 days before the last 90",     \
      "net spending of the quarter before the last")                                                \
    X(amount_180d, "currency", F64, ZERO, "net amount of the last 180 days",                        \
      "net spending of the last half year")                                                         \
    X(amount_180d_before, "currency", F64, ZERO, "net amount of the 180 days before the last 180",  \
      "net spending of the half year before the last")                                              \
    X(amount_365d, "currency", F64, ZERO, "net amount of the last 365 days",                        \
      "net spending of the last year")                                                              \
    X(amount_365d_before, "currency", F64, ZERO, "net amount of the 365 days before the last 365",  \
      "net spending of the year before the last")                                                   \
    X(gap_mean_days, "days", F32, MEDIAN,                                                           \
      "(time of the last order - time of the first) / (order_count - 1); missing with fewer than 2 orders", \
      "mean time between two orders")                                                               \
    X(gap_cv, "1", F32, MEDIAN,                                                                     \
      "population standard deviation of the gaps / their mean; missing with fewer than 3 orders or mean 0", \
      "how irregular the time between orders is: 0 like a clock, 1 at random")                      \
    X(recency_gap_ratio, "1", F32, MEDIAN, "recency_days / gap_mean_days; missing without a mean gap above 0", \
      "silence measured by the customer's own rhythm: above 1 he is late")                          \
    X(distinct_categories, "categories", F32, ZERO,                                                 \
      "number of distinct categories of purchases, empty ones left out",                            \
      "breadth of what is bought")                                                                  \
    X(distinct_channels, "channels", F32, ZERO,                                                     \
      "number of distinct channels of purchases, empty ones left out",                              \
      "number of ways in which the customer buys")                                                  \
    X(active_months, "months", F32, ZERO, "number of distinct calendar months with a purchase",     \
      "months in which something was bought")                                                       \
    X(falling_months, "months", F32, ZERO,                                                          \
      "with w(k) = net amount of days D - 30(k+1) .. D - 30k - 1: first k in 0..12 where w(k) >= w(k+1), 12 if none", \
      "for how many 30-day windows in a row spending has fallen, at most 12")                       \
    X(spend_3m_ratio, "1", F32, MEDIAN, "amount_90d / amount_90d_before; missing if amount_90d_before <= 0", \
      "spending of the last three months against the three before")                                 \
    X(purchase_days, "days", F32, ZERO, "number of distinct days with a purchase",                  \
      "days on which something was bought")                                                         \
    X(first_to_last_days, "days", F32, ZERO, "day of the last purchase - day of the first; missing without a purchase", \
      "length of the buying history")                                                               \
    X(repeat_day_amount, "currency", F64, ZERO,                                                     \
      "amount of purchases after the first purchase day / (purchase_days - 1); 0 with fewer than 2 purchase days", \
      "mean value of a purchase day after the first (the z of lifetime value models)")
/* clang-format on */

/* Numbers of the features: TC_FEATURE_recency_days = 0, ... */
typedef enum {
#define X(name, unit, storage, missing, formula, description) TC_FEATURE_##name,
    TC_FEATURE_LIST(X)
#undef X
        TC_N_FEATURES
} tc_feature_id;

#endif

/* row_sample.h - the configuration of the tests of rows. */
#ifndef TC_TEST_ROW_SAMPLE_H
#define TC_TEST_ROW_SAMPLE_H

#include "tiercel/config.h"
#include "tiercel/csv.h"

#include <string.h>

static char c_customer[] = "customer", c_time[] = "time", c_amount[] = "amount",
            c_quantity[] = "quantity", c_price[] = "price", c_order[] = "order",
            c_channel[] = "channel", c_category[] = "category", f_iso[] = "iso",
            f_c[] = "C";

/* quantity times price, order prefix C for returns */
static inline tc_config_input retail(void)
{
    return (tc_config_input){.columns = {.customer = c_customer,
                                         .time = c_time,
                                         .quantity = c_quantity,
                                         .unit_price = c_price,
                                         .order = c_order,
                                         .channel = c_channel,
                                         .category = c_category},
                             .time_format = f_iso,
                             .returns_order_prefix = f_c,
                             .id_strip_decimal = 1};
}

static inline tc_csv_text text_of(const char *text)
{
    return (tc_csv_text){text, (int64_t)strlen(text)};
}

#endif

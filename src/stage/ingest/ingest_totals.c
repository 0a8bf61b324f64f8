/* ingest_totals.c - the counts of all ranks, and what is wrong if no row is used. */
#include "ingest_impl.h"
#include "ingest_source.h"

/* Halves of 128-bit sums: 32 bits below, the rest above, so that int64 sums cannot
 * overflow. */
static void sum_i128_all(tc_comm *comm, tc_i128 *const *v, int64_t n)
{
    int64_t half[2 * TC_N_REASONS];
    TC_ASSERT(n <= TC_N_REASONS);
    for (int64_t i = 0; i < n; i++) {
        half[2 * i] = (int64_t)((uint64_t)*v[i] & 0xFFFFFFFFu);
        half[2 * i + 1] = (int64_t)(*v[i] >> 32);
    }
    tc_comm_sum_i64_all(comm, half, 2 * n);
    for (int64_t i = 0; i < n; i++) {
        *v[i] = (tc_i128)half[2 * i + 1] * ((tc_i128)1 << 32) + half[2 * i];
    }
}

static void sum_i64_all(tc_comm *comm, int64_t *const *v, int64_t n)
{
    int64_t sum[8];
    TC_ASSERT(n <= (int64_t)(sizeof sum / sizeof *sum));
    for (int64_t i = 0; i < n; i++) {
        sum[i] = *v[i];
    }
    tc_comm_sum_i64_all(comm, sum, n);
    for (int64_t i = 0; i < n; i++) {
        *v[i] = sum[i];
    }
}

static tc_row_reason main_reason(const tc_ingest_counts *c)
{
    int most = TC_ROW_QUOTE;
    for (int i = TC_ROW_QUOTE + 1; i < TC_N_REASONS; i++) {
        most = c->reason_rows[i] > c->reason_rows[most] ? i : most;
    }
    return (tc_row_reason)most;
}

static tc_status check_used(const tc_ingest *in, tc_error *err)
{
    const tc_ingest_counts *c = &in->counts;
    const tc_config_input *input = &in->config->input;
    const tc_row_reason most = main_reason(c);
    if (c->reason_rows[TC_ROW_USED] > 0) {
        return TC_OK;
    }
    if (c->rows == 0) {
        return tc_fail(err, TC_EDATA,
                       "no rows in %d input files, first %s; check input.transactions",
                       input->n_files, input->files[0]);
    }
    if (most == TC_ROW_TIME) {
        const int64_t line = c->first_bad_time & (((int64_t)1 << TC_PLACE_LINE_BITS) - 1);
        return tc_fail(
            err, TC_EDATA,
            "none of %lld rows can be used: in %lld of them column \"%s\" is not a "
            "time of format \"%s\", first at %s line %lld; check input.time_format",
            (long long)c->rows, (long long)c->reason_rows[most],
            in->rules.column[TC_ROLE_TIME], input->time_format,
            input->files[c->first_bad_time >> TC_PLACE_LINE_BITS], (long long)line);
    }
    return tc_fail(
        err, TC_EDATA,
        "none of %lld rows can be used: %lld of them are rejected for reason \"%s\"; "
        "check input.columns and the policies of input",
        (long long)c->rows, (long long)c->reason_rows[most], tc_row_reason_code((int)most));
}

/* All sums of money that go into the file must fit in its int64. */
static tc_status check_money(const tc_ingest_counts *c, tc_error *err)
{
    tc_i128 largest = c->gross + c->returned;
    for (int i = 0; i < TC_N_REASONS; i++) {
        largest += c->reason_amount[i] < 0 ? -c->reason_amount[i] : c->reason_amount[i];
    }
    largest += c->duplicate_amount < 0 ? -c->duplicate_amount : c->duplicate_amount;
    if (largest > INT64_MAX || c->gross > INT64_MAX || c->gross < INT64_MIN) {
        return tc_fail(err, TC_EDATA,
                       "the amounts add up to more than 9e14; check the columns of amount, "
                       "quantity and unit price");
    }
    return TC_OK;
}

tc_status tc_ingest_totals_read_all(tc_ingest *in, tc_error *err)
{
    tc_ingest_counts *const c = &in->counts;
    int64_t *const counts[] = {&c->rows, &c->bytes, &c->rounded, &c->cancelled_rows,
                               &c->dropped};
    tc_i128 *amounts[TC_N_REASONS];
    uint64_t hashes[4] = {c->content[0], c->content[1], c->dropped_rows[0],
                          c->dropped_rows[1]};
    for (int i = 0; i < TC_N_REASONS; i++) {
        amounts[i] = &c->reason_amount[i];
    }
    sum_i64_all(in->comm, counts, (int64_t)(sizeof counts / sizeof *counts));
    tc_comm_sum_i64_all(in->comm, c->reason_rows, TC_N_REASONS);
    sum_i128_all(in->comm, amounts, TC_N_REASONS);
    tc_sum_u64_all(in->comm, hashes, 4);
    c->content[0] = hashes[0];
    c->content[1] = hashes[1];
    c->dropped_rows[0] = hashes[2];
    c->dropped_rows[1] = hashes[3];
    tc_comm_min_i64_all(in->comm, &c->first_bad_time, 1);
    return tc_comm_agree_all(in->comm, check_used(in, err), err);
}

tc_status tc_ingest_totals_settled_all(tc_ingest *in, tc_error *err)
{
    tc_ingest_counts *const c = &in->counts;
    int64_t *const counts[] = {&c->duplicate_rows, &c->purchase_rows, &c->return_rows};
    tc_i128 *const amounts[] = {&c->duplicate_amount, &c->gross, &c->returned};
    sum_i64_all(in->comm, counts, (int64_t)(sizeof counts / sizeof *counts));
    sum_i128_all(in->comm, amounts, (int64_t)(sizeof amounts / sizeof *amounts));
    tc_comm_min_i64_all(in->comm, &c->first_time, 1);
    tc_comm_max_i64_all(in->comm, &c->last_time, 1);
    return tc_comm_agree_all(in->comm, check_money(c, err), err);
}

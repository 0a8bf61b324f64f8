/* ingest_totals.c - the counts of all ranks, and what is wrong if no row is used. */
#include "ingest_impl.h"
#include "ingest_source.h"

/* Halves of 128-bit sums: 32 bits below, the rest above, so that int64 sums cannot
 * overflow. */
static void sum_i128_all(tc_comm *comm, tc_i128 *const *v, int64_t n)
{
    int64_t half[2 * (TC_N_REASONS + 3)];
    TC_ASSERT(n <= TC_N_REASONS + 3);
    for (int64_t i = 0; i < n; i++) {
        half[2 * i] = (int64_t)((uint64_t)*v[i] & 0xFFFFFFFFu);
        half[2 * i + 1] = (int64_t)(*v[i] >> 32);
    }
    tc_comm_sum_i64_all(comm, half, 2 * n);
    for (int64_t i = 0; i < n; i++) {
        *v[i] = (tc_i128)half[2 * i + 1] * ((tc_i128)1 << 32) + half[2 * i];
    }
}

static void sum_money_all(tc_comm *comm, tc_ingest_counts *c)
{
    tc_i128 *v[TC_N_REASONS + 3];
    for (int i = 0; i < TC_N_REASONS; i++) {
        v[i] = &c->reason_amount[i];
    }
    v[TC_N_REASONS] = &c->duplicate_amount;
    v[TC_N_REASONS + 1] = &c->gross;
    v[TC_N_REASONS + 2] = &c->returned;
    sum_i128_all(comm, v, TC_N_REASONS + 3);
}

static void sum_counts_all(tc_comm *comm, tc_ingest_counts *c)
{
    int64_t *const single[] = {&c->rows,           &c->bytes,         &c->rounded,
                               &c->duplicate_rows, &c->dropped,       &c->purchase_rows,
                               &c->return_rows,    &c->cancelled_rows};
    enum { SINGLE = sizeof single / sizeof *single };
    int64_t v[SINGLE + TC_N_REASONS];
    uint64_t hashes[4] = {c->content[0], c->content[1], c->dropped_rows[0],
                          c->dropped_rows[1]};
    int64_t lowest[2] = {c->first_bad_time, c->first_time};
    for (int i = 0; i < SINGLE; i++) {
        v[i] = *single[i];
    }
    for (int i = 0; i < TC_N_REASONS; i++) {
        v[SINGLE + i] = c->reason_rows[i];
    }
    tc_comm_sum_i64_all(comm, v, SINGLE + TC_N_REASONS);
    for (int i = 0; i < SINGLE; i++) {
        *single[i] = v[i];
    }
    for (int i = 0; i < TC_N_REASONS; i++) {
        c->reason_rows[i] = v[SINGLE + i];
    }
    tc_sum_u64_all(comm, hashes, 4);
    c->content[0] = hashes[0];
    c->content[1] = hashes[1];
    c->dropped_rows[0] = hashes[2];
    c->dropped_rows[1] = hashes[3];
    tc_comm_min_i64_all(comm, lowest, 2);
    c->first_bad_time = lowest[0];
    c->first_time = lowest[1];
    tc_comm_max_i64_all(comm, &c->last_time, 1);
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
        (long long)c->rows, (long long)c->reason_rows[most], tc_row_reason_code(most));
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

tc_status tc_ingest_totals_all(tc_ingest *in, tc_error *err)
{
    tc_status st;
    sum_counts_all(in->comm, &in->counts);
    sum_money_all(in->comm, &in->counts);
    st = check_used(in, err);
    if (st == TC_OK) {
        st = check_money(&in->counts, err);
    }
    return tc_comm_agree_all(in->comm, st, err);
}

/* synth_config.c - a configuration that runs the main job on the synthetic base. */
#include "synth_parts.h"

#include "tiercel/date.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Features that tell the planted segments apart. */
static const char segment_part[] = "segment:\n"
                                   "  k: 6\n"
                                   "  features:\n"
                                   "    - {feature: order_count}\n"
                                   "    - {feature: average_order}\n"
                                   "    - {feature: tenure_days}\n"
                                   "    - {feature: orders_180d}\n";

/* A YAML string in double quotes. */
static tc_status put_quoted(tc_buffer *out, const char *a, const char *b, tc_error *err)
{
    const char *const part[] = {a, b};
    TC_TRY(tc_buffer_append(out, "\"", 1, err));
    for (int i = 0; i < 2; i++) {
        for (const char *at = part[i]; *at != '\0'; at++) {
            if (*at == '"' || *at == '\\') {
                TC_TRY(tc_buffer_append(out, "\\", 1, err));
            }
            TC_TRY(tc_buffer_append(out, at, 1, err));
        }
    }
    return tc_buffer_append(out, "\"\n", 2, err);
}

static tc_status put_run(const tc_synth_files *files, tc_buffer *out, tc_error *err)
{
    const tc_synth_params *p = &files->options->params;
    char date[TC_DATE_TEXT];
    tc_date_text(p->start_day + p->days, date);
    TC_TRY(tc_buffer_print(out, err, "run:\n  directory: "));
    TC_TRY(put_quoted(out, files->options->output, "/run", err));
    return tc_buffer_print(out, err, "  seed: %lld\n  as_of: %s\n  horizon_days: %lld\n",
                           (long long)p->seed, date, (long long)p->horizon_days);
}

static tc_status put_input(const tc_synth_files *files, tc_buffer *out, tc_error *err)
{
    const tc_synth_options *o = files->options;
    TC_TRY(tc_buffer_print(out, err, "input:\n  transactions:\n"));
    for (int64_t f = 0; f < files->n_csv; f++) {
        char name[TC_SYNTH_NAME_TEXT];
        tc_synth_file_name(files, f, name);
        TC_TRY(tc_buffer_print(out, err, "    - %s\n", name));
    }
    return tc_buffer_print(
        out, err,
        "  time_format: %s\n  duplicates: %s\n  columns:\n    customer: customer_id\n"
        "    time: order_date\n    order: order_id\n%s"
        "    channel: channel\n    category: category\n  returns:\n    order_prefix: C\n",
        o->format.time == TC_SYNTH_DAY_FIRST ? "day_first" : "iso",
        o->params.dirt[TC_DIRT_DUPLICATE] > 0.0 ? "drop" : "keep",
        o->format.amount ? "    amount: amount\n"
                         : "    quantity: quantity\n    unit_price: unit_price\n");
}

static tc_status write_text(const char *path, const tc_buffer *text, tc_error *err)
{
    FILE *file = fopen(path, "wb");
    int bad = file == NULL;
    if (file != NULL) {
        bad = fwrite(text->data, 1, (size_t)text->size, file) != (size_t)text->size;
        bad |= fclose(file) != 0;
    }
    if (bad) {
        return tc_fail(err, TC_EIO, "%s: cannot be written: %s", path, strerror(errno));
    }
    return TC_OK;
}

tc_status tc_synth_config_write(const tc_synth_files *files, tc_error *err)
{
    tc_buffer text = {0};
    char *path = tc_synth_path(files->options->output, "config.yaml", 1, err);
    tc_status st = path == NULL ? TC_ENOMEM : put_run(files, &text, err);
    if (st == TC_OK) {
        st = put_input(files, &text, err);
    }
    if (st == TC_OK) {
        st = tc_buffer_append(&text, segment_part, (int64_t)strlen(segment_part), err);
    }
    if (st == TC_OK) {
        st = write_text(path, &text, err);
    }
    tc_mem_free(path);
    tc_buffer_free(&text);
    return st;
}

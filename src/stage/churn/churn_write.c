/* churn_write.c - the datasets of churn.h5. */
#include "churn_impl.h"

#include "tiercel/fault.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { NAME_TEXT = 64, PATH_TEXT = 160 };

static const char *const transform_names[2] = {"none", "log"};

/* Local. The columns of the table of coefficients; the first row is the intercept. */
typedef struct {
    const char *name, *unit, *description;
    double (*value)(const tc_churn_model *model, int row);
} model_column;

static double coefficient(const tc_churn_model *model, int row)
{
    return model->effect[row].coefficient;
}

static double standard_error(const tc_churn_model *model, int row)
{
    return model->effect[row].standard_error;
}

static double z(const tc_churn_model *model, int row)
{
    return model->effect[row].z;
}

static double p_value(const tc_churn_model *model, int row)
{
    return model->effect[row].p_value;
}

static double odds_ratio(const tc_churn_model *model, int row)
{
    return model->effect[row].odds_ratio;
}

static double odds_ratio_sd(const tc_churn_model *model, int row)
{
    return model->effect[row].odds_ratio_sd;
}

static double mean(const tc_churn_model *model, int row)
{
    return row == 0 ? 0.0 : model->scale[row - 1].mean;
}

static double deviation(const tc_churn_model *model, int row)
{
    return row == 0 ? 1.0 : model->scale[row - 1].scale;
}

static double impute(const tc_churn_model *model, int row)
{
    return row == 0 ? (double)NAN : model->scale[row - 1].impute;
}

static const model_column model_columns[] = {
    {"coefficient", "1",
     "change of the log odds of leaving a unit of the transformed feature", coefficient},
    {"standard_error", "1",
     "of the coefficient, from the information without the penalty; NaN if dropped or "
     "separated",
     standard_error},
    {"z", "1", "coefficient / standard error", z},
    {"p_value", "1", "two-sided, normal", p_value},
    {"odds_ratio", "1", "exp(coefficient)", odds_ratio},
    {"odds_ratio_sd", "1", "odds ratio a standard deviation of the transformed feature",
     odds_ratio_sd},
    {"mean", "transformed", "mean of the transformed feature over the fitted customers",
     mean},
    {"scale", "transformed", "standard deviation of the transformed feature", deviation},
    {"impute", "feature", "raw value that stands for a missing one", impute}};

/* Local. Rows of the text, enumeration and flag columns; [n_use + 1]. */
typedef struct {
    char (*name)[NAME_TEXT];
    uint8_t *transform;
    double *value;
} labels;

static void labels_free(labels *l)
{
    tc_mem_free(l->name);
    tc_mem_free(l->transform);
    tc_mem_free(l->value);
}

static tc_status labels_create(const tc_churn_job *job, labels *l, tc_error *err)
{
    const int64_t n = job->n_use + 1;
    TC_TRY(TC_FAULT("churn.write", err));
    l->name = tc_mem_alloc(n, sizeof *l->name, err);
    l->transform = tc_mem_alloc(n, sizeof *l->transform, err);
    l->value = tc_mem_alloc(n, sizeof *l->value, err);
    if (l->name == NULL || l->transform == NULL || l->value == NULL) {
        return TC_ENOMEM;
    }
    for (int64_t i = 0; i < n; i++) {
        (void)snprintf(l->name[i], NAME_TEXT, "%s",
                       i == 0 ? "intercept" : job->use[i - 1].feature);
        l->transform[i] = i > 0 && job->use[i - 1].transform == TC_LOG1P;
    }
    return TC_OK;
}

/* Collective. */
static tc_status put_labels_all(tc_churn_job *job, const char *folder,
                                const tc_churn_model *model, const labels *l, tc_error *err)
{
    char path[PATH_TEXT];
    const struct {
        const char *name;
        tc_field field;
        const void *data;
    } columns[] = {
        {"name",
         {.type = TC_TEXT,
          .width = NAME_TEXT,
          .description = "feature, after the intercept"},
         l->name},
        {"transform",
         {.type = TC_ENUM,
          .names = transform_names,
          .n_names = 2,
          .description = "before standardising; log = sign(x) ln(1 + |x|)"},
         l->transform},
        {"dropped",
         {.type = TC_U8,
          .unit = "1",
          .description = "1 = constant, or a linear function of features before it"},
         model->fit->dropped},
        {"separated",
         {.type = TC_U8,
          .unit = "1",
          .description =
              "1 = tells the classes apart perfectly, so no finite effect exists"},
         model->fit->separated}};
    tc_status st = TC_OK;
    for (size_t i = 0; i < sizeof columns / sizeof columns[0] && st == TC_OK; i++) {
        tc_field field = columns[i].field;
        (void)snprintf(path, sizeof path, "%s/%s", folder, columns[i].name);
        field.name = path;
        field.unit = "1";
        st = tc_store_put_small_all(job->out, &field, columns[i].data, job->n_use + 1, err);
    }
    return st;
}

tc_status tc_churn_put_model_all(tc_churn_job *job, const char *folder,
                                 const tc_churn_model *model, tc_error *err)
{
    char path[PATH_TEXT];
    labels l = {0};
    tc_status st = tc_comm_agree_all(job->comm, labels_create(job, &l, err), err);
    if (st == TC_OK) {
        st = put_labels_all(job, folder, model, &l, err);
    }
    for (size_t c = 0; c < sizeof model_columns / sizeof model_columns[0] && st == TC_OK;
         c++) {
        const model_column *column = &model_columns[c];
        const tc_field field = {.name = path,
                                .type = TC_F64,
                                .unit = column->unit,
                                .description = column->description};
        TC_ASSERT(l.value != NULL);
        for (int i = 0; i <= job->n_use; i++) {
            l.value[i] = column->value(model, i);
        }
        (void)snprintf(path, sizeof path, "%s/%s", folder, column->name);
        st = tc_store_put_small_all(job->out, &field, l.value, job->n_use + 1, err);
    }
    labels_free(&l);
    return st;
}

/* Collective. One table of doubles under quality/<set>. */
static tc_status put_table_all(tc_churn_job *job, const char *set, const tc_field *columns,
                               const double *data, int64_t n_rows, tc_error *err)
{
    char path[PATH_TEXT];
    tc_field field = *columns;
    (void)snprintf(path, sizeof path, "quality/%s/%s", set, columns->name);
    field.name = path;
    return tc_store_put_small_all(job->out, &field, data, n_rows, err);
}

/* Collective. The names of the measures, once a file. */
static tc_status put_measure_names_all(tc_churn_job *job, tc_error *err)
{
    char names[TC_CHURN_MEASURES][NAME_TEXT];
    const tc_field field = {.name = "quality/measure_name",
                            .type = TC_TEXT,
                            .width = NAME_TEXT,
                            .unit = "1",
                            .description = "names of the rows of quality/<set>/value"};
    if (tc_store_has_all(job->out, field.name)) {
        return TC_OK;
    }
    memset(names, 0, sizeof names);
    for (int i = 0; i < TC_CHURN_MEASURES; i++) {
        (void)snprintf(names[i], NAME_TEXT, "%s", tc_churn_measure_names[i]);
    }
    return tc_store_put_small_all(job->out, &field, names, TC_CHURN_MEASURES, err);
}

tc_status tc_churn_put_quality_all(tc_churn_job *job, const char *set,
                                   const tc_churn_quality *quality, tc_error *err)
{
    static const tc_field value = {.name = "value",
                                   .type = TC_F64,
                                   .unit = "1",
                                   .description =
                                       "measures, named by quality/measure_name"};
    static const tc_field calibration = {
        .name = "calibration",
        .type = TC_F64,
        .unit = "1",
        .columns = 4,
        .description =
            "10 bins of equal width: low edge, customers, mean predicted, observed"};
    static const tc_field lift = {
        .name = "lift",
        .type = TC_F64,
        .unit = "1",
        .columns = 5,
        .description =
            "tenths (1 = most likely to leave): number, customers, churned, lift, "
            "share of all churned up to here; ties are split in proportion"};
    const tc_metrics *m = &quality->metrics;
    tc_status st = put_measure_names_all(job, err);
    if (st == TC_OK) {
        st = put_table_all(job, set, &value, quality->value, TC_CHURN_MEASURES, err);
    }
    if (st == TC_OK) {
        st = put_table_all(job, set, &calibration, m->calibration[0], TC_METRICS_BINS, err);
    }
    if (st == TC_OK) {
        st = put_table_all(job, set, &lift, m->lift[0], 10, err);
    }
    return st;
}

tc_status tc_churn_put_rows_all(tc_churn_job *job, const tc_field *field, const void *data,
                                tc_error *err)
{
    return tc_store_put_all(job->out, field, data, job->shards.row0, job->shards.n_local,
                            job->shards.n_global, err);
}

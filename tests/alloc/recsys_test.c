/* SPDX-License-Identifier: BSD-2-Clause */
/* The recommender's side when memory runs out: each allocation of typical work fails once. */
#include "recsys/import.h"
#include "recsys/logistic.h"
#include "recsys/metric.h"
#include "recsys/synthetic.h"
#include "tests/alloc/fail_alloc.h"
#include "tests/recsys/rows.h"
#include "tests/recsys/texts.h"

static graft_schema schema;

static const char *const table[] = {
    "u,i,x,s,y,t\n1,a,1,p|q,1,1\n1,b,2,p,0,2\n2,a,3,,1,1\n2,c,4,q|r,0,5\n1,c,5,p,1,9\n",
    "k,z\na,1\nb,2\nc,3\n"};

/* A schema with everything in it. Columns may move while they are added. */
static void make_schema(void) {
  graft_schema_init(&schema);
  schema.rule = GRAFT_SPLIT_USER_TIME;
  texts_table(&schema, "rows", "", "");
  texts_table(&schema, "items", "k", "i");
  texts_column(&schema, GRAFT_COLUMN_CATEGORICAL, "item", 0, "i");
  texts_column(&schema, GRAFT_COLUMN_CATEGORICAL, "bin", 0, "x")->quantiles = 2;
  texts_column(&schema, GRAFT_COLUMN_NUMERIC, "x", 0, "x")->standard = true;
  texts_column(&schema, GRAFT_COLUMN_CATEGORICAL, "z", 1, "z");
  texts_column(&schema, GRAFT_COLUMN_MULTI_HOT, "tags", 0, "s")->length = 2;
  graft_schema_column *history = texts_column(&schema, GRAFT_COLUMN_SEQUENCE, "old", 0, "");
  history->length = 2;
  snprintf(history->history, sizeof history->history, "item");
  texts_column(&schema, GRAFT_COLUMN_LABEL, "y", 0, "y");
  texts_column(&schema, GRAFT_COLUMN_USER, "user", 0, "u");
  texts_column(&schema, GRAFT_COLUMN_TIME, "time", 0, "t");
}

static graft_status imports(void) {
  graft_feature_memory memory, again;
  graft_import_report report;
  graft_status status = texts_import(&schema, table, NULL, &memory, &report);
  if (status == GRAFT_OK) {
    status = texts_import(&schema, table, &memory.info, &again, &report);
    graft_feature_memory_fini(&again);
  }
  graft_feature_memory_fini(&memory);
  return status;
}

static graft_status fill(const graft_feature_source *source) {
  graft_batch b;
  const size_t row[] = {1, 3, 5};
  GRAFT_TRY(graft_batch_init(&b, &source->info, 4));
  graft_status status = graft_batch_fill(&b, source, row, 3);
  graft_batch_fini(&b);
  return status;
}

static graft_status batches(void) {
  graft_feature_memory memory;
  graft_feature_source source;
  graft_status status = rows_memory(&memory);
  if (status == GRAFT_OK) status = graft_feature_source_memory(&source, &memory);
  if (status == GRAFT_OK) {
    status = fill(&source);
    graft_feature_source_fini(&source);
  }
  graft_feature_memory_fini(&memory);
  return status;
}

static graft_status fit(const graft_design *d) {
  const graft_logistic_config config = graft_logistic_config_default();
  double weight[64] = {0}, probability[ROWS_N];
  graft_metrics m;
  GRAFT_CHECK(d->columns <= 64, INTERNAL, "expected a small matrix");
  GRAFT_TRY(graft_logistic_fit(d, 0, 7, &config, weight));
  graft_logistic_predict(d, weight, probability);
  const graft_predictions p = {d->rows, probability, d->label, d->user};
  return graft_metrics_compute(&p, &m);
}

static graft_status floors(void) {
  graft_feature_memory memory;
  graft_feature_source source;
  graft_design design;
  graft_status status = rows_memory(&memory);
  if (status == GRAFT_OK) status = graft_feature_source_memory(&source, &memory);
  if (status == GRAFT_OK) {
    status = graft_design_init(&design, &source);
    if (status == GRAFT_OK) {
      status = fit(&design);
      graft_design_fini(&design);
    }
    graft_feature_source_fini(&source);
  }
  graft_feature_memory_fini(&memory);
  return status;
}

static graft_status generations(void) {
  graft_feature_memory memory = {0};
  const graft_feature_sink sink = graft_feature_sink_memory(&memory);
  graft_synthetic_config config;
  GRAFT_TRY(graft_option_defaults(graft_synthetic_options, &config));
  config.rows = 50;
  config.users = 5;
  config.items = 10;
  graft_status status = graft_synthetic_run(&config, &sink, NULL);
  graft_feature_memory_fini(&memory);
  return status;
}

int main(void) {
  make_schema();
  FAIL_EACH(imports);
  FAIL_EACH(batches);
  FAIL_EACH(floors);
  FAIL_EACH(generations);
  graft_schema_fini(&schema);
  return graft_test_done();
}

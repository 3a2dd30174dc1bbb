/* SPDX-License-Identifier: BSD-2-Clause */
/* The core when memory runs out: each allocation of typical work fails once. */
#include "deeponet/metrics.h"
#include "deeponet/summary.h"
#include "geometry/domain.h"
#include "mtl/trainer.h"
#include "tests/alloc/fail_alloc.h"
#include "tests/deeponet/toy_model.h"
#include "tests/mtl/objective_test.h"

static graft_status base_bundle_work(graft_bundle *bundle) {
  char name[32];
  const double value[] = {1, 2, 3};
  for (int i = 0; i < 40; i++) { /* beyond the first capacity */
    snprintf(name, sizeof name, "array/%d", i);
    GRAFT_TRY(graft_bundle_put(bundle, name, GRAFT_FLOAT64, GRAFT_SHAPE(1, 3), value));
  }
  GRAFT_TRY(graft_bundle_put_text(bundle, "array/3", "another type"));
  return graft_bundle_put_int(bundle, "number", 4);
}

static graft_status bundles(void) {
  graft_bundle bundle;
  graft_bundle_init(&bundle);
  graft_status status = base_bundle_work(&bundle);
  graft_bundle_fini(&bundle);
  return status;
}

static graft_status layouts(void) {
  graft_layout layout;
  char name[GRAFT_NAME_SIZE];
  graft_status status = GRAFT_OK;
  graft_layout_init(&layout);
  for (int i = 0; i < 40 && status == GRAFT_OK; i++) {
    snprintf(name, sizeof name, "block/%d", i);
    status = graft_layout_add(&layout, name, GRAFT_SHAPE(2, 3, 4), 1, 1, NULL);
  }
  graft_layout_fini(&layout);
  return status;
}

static graft_status sources(void) {
  graft_source_info info = {0};
  graft_source source = {0};
  const size_t grid[2] = {4, 5};
  static const float u[6 * 20];
  const char *field[] = {"u", NULL};
  const float *data[] = {u};
  GRAFT_TRY(graft_source_info_init(&info, 6, 2, 2, 2, 2, grid));
  graft_status status = graft_source_memory(&source, info, field, data);
  if (status == GRAFT_OK) graft_source_fini(&source);
  return status;
}

static graft_status region_work(graft_region *region) {
  const graft_vertex outer[] = {{0, 0, 0}, {1, 0, 0}, {1, 1, 0.2}, {0, 1, 0}};
  uint64_t hash;
  char *text;
  GRAFT_TRY(graft_region_add_loop(region, 4, outer));
  GRAFT_TRY(graft_region_add_circle(region, 0.5, 0.5, 0.1));
  GRAFT_TRY(graft_region_validate(region, NULL));
  GRAFT_TRY(graft_region_hash(region, &hash));
  GRAFT_TRY(graft_region_print(region, &text));
  graft_free(text);
  return GRAFT_OK;
}

static graft_status regions(void) {
  graft_region region;
  graft_region_init(&region);
  graft_status status = region_work(&region);
  graft_region_fini(&region);
  return status;
}

static graft_status domains(void) {
  const graft_domain_type *type;
  for (size_t i = 0; (type = graft_domain_get(i)) != NULL; i++) {
    graft_region region;
    GRAFT_TRY(graft_domain_draw(type->name, 1, 2, &region));
    graft_region_fini(&region);
  }
  return GRAFT_OK;
}

static graft_status run_trainer(const graft_objective *objective,
                                const graft_trainer_config *config, graft_real *theta) {
  graft_trainer *trainer = NULL;
  graft_sink_memory memory = {0};
  graft_sink sink = graft_sink_to_memory(&memory);
  graft_bundle bundle;
  graft_bundle_init(&bundle);
  graft_status status = graft_trainer_create(objective, config, theta, &sink, &trainer);
  if (status == GRAFT_OK) status = graft_trainer_run(trainer, NULL);
  if (status == GRAFT_OK) status = graft_trainer_put(trainer, &bundle);
  if (status == GRAFT_OK) status = graft_trainer_get(trainer, &bundle);
  graft_bundle_fini(&bundle);
  graft_trainer_destroy(trainer);
  graft_sink_memory_fini(&memory);
  return status;
}

static graft_status train_quadratic(const char *optimizer, const char *aggregator) {
  quadratic q;
  graft_trainer_config config;
  graft_real theta[64] = {0};
  GRAFT_TRY(graft_trainer_config_default(&config));
  config.steps = 4;
  config.validate_steps = 2;
  config.ema = 0.9;
  config.clip = 1;
  snprintf(config.optimizer, sizeof config.optimizer, "%s", optimizer);
  snprintf(config.aggregator, sizeof config.aggregator, "%s", aggregator);
  graft_status status = quadratic_init(&q, QUADRATIC_TASKS);
  if (status == GRAFT_OK) status = run_trainer(&q.objective, &config, theta);
  quadratic_fini(&q);
  return status;
}

static const char *aggregator_name, *optimizer_name;
static graft_status trainers(void) { return train_quadratic(optimizer_name, aggregator_name); }

/* The toy is made once, outside the scenarios. */
static toy data_set;
static const char *preset, *settings;

static graft_status use_model(graft_deeponet *model) {
  const size_t sample[] = {0, 9, 3};
  static float u[3 * TOY_POINTS];
  double excess[3];
  graft_objective objective;
  graft_trainer_config config;
  GRAFT_TRY(graft_trainer_config_default(&config));
  config.steps = 2;
  config.validate_steps = 1;
  GRAFT_TRY(graft_deeponet_objective(model, &objective));
  GRAFT_TRY(run_trainer(&objective, &config, graft_deeponet_parameters(model)));
  GRAFT_TRY(graft_deeponet_check_inputs(model, &data_set.source, sample, 3, excess));
  return graft_deeponet_predict(model, &data_set.source, sample, 3, u);
}

static graft_status reload(const graft_deeponet *model) {
  graft_bundle bundle;
  graft_deeponet *again = NULL;
  graft_bundle_init(&bundle);
  graft_status status = graft_deeponet_save(model, &bundle);
  if (status == GRAFT_OK) status = graft_deeponet_load(&bundle, &again);
  graft_deeponet_destroy(again);
  graft_bundle_fini(&bundle);
  return status;
}

static graft_status models(void) {
  graft_deeponet_config config;
  graft_deeponet *model = NULL;
  if (!toy_config(&config, preset, settings)) return GRAFT_INTERNAL;
  graft_status status = graft_deeponet_create(&config, &data_set.source, "default", &model);
  if (status == GRAFT_OK) status = use_model(model);
  if (status == GRAFT_OK) status = reload(model);
  graft_deeponet_destroy(model);
  return status;
}

static graft_status evaluations(void) {
  graft_evaluation evaluation = {0};
  static const float prediction[3 * 9 * TOY_POINTS];
  const float *mean[3] = {NULL};
  const graft_source *source = &data_set.source;
  graft_status status =
      graft_evaluation_build(source, "default", GRAFT_PART_TEST, mean, prediction, &evaluation);
  if (status == GRAFT_OK) {
    status = graft_evaluation_baselines(source, NULL, "default", GRAFT_PART_TEST, 3, &evaluation);
  }
  graft_evaluation_fini(&evaluation);
  return status;
}

int main(void) {
  static const char *const model[][2] = {
      {"demo", "threads 1"},
      {"paper", "threads 1 dropout 0.1"},
      {"demo", "threads 1 branch dense skip kernel_ridge transform torsion"},
      {"demo", "threads 1 branch pca skip affine"}};
  char name[160];
  FAIL_EACH(bundles);
  FAIL_EACH(layouts);
  FAIL_EACH(sources);
  FAIL_EACH(regions);
  FAIL_EACH(domains);
  aggregator_name = "mean";
  static const char *const optimizer[] = {"sgd", "adam", "adamw", "lion"};
  for (size_t i = 0; i < sizeof optimizer / sizeof *optimizer; i++) {
    optimizer_name = optimizer[i];
    snprintf(name, sizeof name, "trainers: %s", optimizer_name);
    T_RUN_NAMED(name, fail_each(trainers));
  }
  T_OK(toy_init(&data_set, 2, 9));
  for (size_t i = 0; i < sizeof model / sizeof *model; i++) {
    preset = model[i][0];
    settings = model[i][1];
    snprintf(name, sizeof name, "models: %s %s", preset, settings);
    T_RUN_NAMED(name, fail_each(models));
  }
  FAIL_EACH(evaluations);
  toy_fini(&data_set);
  return graft_test_done();
}

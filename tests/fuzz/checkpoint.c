/* SPDX-License-Identifier: BSD-2-Clause */
/* Checkpoints: the state of a trainer from a bundle, refused or a run that goes on. The input edits
 * good ones (byte 0 chooses which). */
#include "mtl/trainer.h"
#include "tests/fuzz/bundle_edit.h"
#include "tests/mtl/objective_test.h"

static const struct {
  const char *optimizer;
  double ema, clip;
} kind[] = {{"adam", 0.0, 0.0}, {"adamw", 0.9, 1.0}, {"sgd", 0.5, 0.0}, {"lion", 0.0, 0.1}};

enum { KINDS = sizeof kind / sizeof *kind, MOST_PARAMETERS = 64 };

static quadratic problem;
static graft_bundle good[KINDS];

static void create(size_t k, graft_real *theta, graft_trainer **trainer) {
  graft_trainer_config config;
  FUZZ_CHECK(graft_trainer_config_default(&config) == GRAFT_OK);
  snprintf(config.optimizer, sizeof config.optimizer, "%s", kind[k].optimizer);
  config.ema = kind[k].ema;
  config.clip = kind[k].clip;
  config.steps = 8;
  config.validate_steps = 3;
  FUZZ_CHECK(graft_trainer_create(&problem.objective, &config, theta, NULL, trainer) == GRAFT_OK);
}

static void make(size_t k) {
  graft_trainer *trainer;
  graft_real theta[MOST_PARAMETERS] = {0};
  create(k, theta, &trainer);
  for (int step = 0; step < 4; step++) FUZZ_CHECK(graft_trainer_step(trainer) == GRAFT_OK);
  graft_bundle_init(&good[k]);
  FUZZ_CHECK(graft_trainer_put(trainer, &good[k]) == GRAFT_OK);
  graft_trainer_destroy(trainer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz_bytes in = {data, size};
  graft_bundle bundle;
  graft_trainer *trainer;
  graft_real theta[MOST_PARAMETERS] = {0};
  if (!problem.tasks) {
    FUZZ_CHECK(quadratic_init(&problem, QUADRATIC_TASKS) == GRAFT_OK);
    for (size_t k = 0; k < KINDS; k++) make(k);
  }
  size_t k = fuzz_byte(&in) % KINDS;
  create(k, theta, &trainer);
  fuzz_bundle_copy(&good[k], &bundle);
  fuzz_bundle_edit(&in, &bundle);
  graft_status status = graft_trainer_get(trainer, &bundle);
  if (status == GRAFT_OK) {
    status = graft_trainer_run(trainer, NULL);
    FUZZ_CHECK(status == GRAFT_OK || status == GRAFT_DIVERGED);
  } else {
    fuzz_refused(status);
  }
  graft_trainer_destroy(trainer);
  graft_bundle_fini(&bundle);
  return 0;
}

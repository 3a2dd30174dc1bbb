/* SPDX-License-Identifier: BSD-2-Clause */
/* Model bundles without their file: refused, or a model that predicts, judges inputs and can be
 * saved. The input edits good models (byte 0 chooses which). */
#include "deeponet/model.h"

#include "tests/deeponet/toy_model.h"
#include "tests/fuzz/bundle_edit.h"

static const struct {
  const char *preset, *settings;
} kind[] = {{"demo", "threads 1"},
            {"paper", "threads 1"},
            {"demo", "threads 1 branch dense skip kernel_ridge transform torsion"},
            {"demo", "threads 1 branch pca skip affine"}};

enum { KINDS = sizeof kind / sizeof *kind };

static toy data_set;
static graft_bundle good[KINDS];

static void make(size_t k) {
  graft_deeponet_config config;
  graft_deeponet *model;
  FUZZ_CHECK(toy_config(&config, kind[k].preset, kind[k].settings));
  FUZZ_CHECK(graft_deeponet_create(&config, &data_set.source, "default", &model) == GRAFT_OK);
  graft_bundle_init(&good[k]);
  FUZZ_CHECK(graft_deeponet_save(model, &good[k]) == GRAFT_OK);
  graft_deeponet_destroy(model);
}

static void use(graft_deeponet *model) {
  const size_t sample[] = {0, 5};
  static float u[2 * TOY_POINTS];
  double excess[2];
  graft_bundle saved;
  graft_status status = graft_deeponet_predict(model, &data_set.source, sample, 2, u);
  if (status != GRAFT_OK) FUZZ_CHECK(status == GRAFT_INPUT || status == GRAFT_DIVERGED);
  status = graft_deeponet_check_inputs(model, &data_set.source, sample, 2, excess);
  if (status != GRAFT_OK) fuzz_refused(status);
  graft_bundle_init(&saved);
  FUZZ_CHECK(graft_deeponet_save(model, &saved) == GRAFT_OK);
  graft_bundle_fini(&saved);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz_bytes in = {data, size};
  graft_bundle bundle;
  graft_deeponet *model;
  if (!data_set.u) {
    FUZZ_CHECK(toy_init(&data_set, 2, 9) == GRAFT_OK);
    for (size_t k = 0; k < KINDS; k++) make(k);
  }
  fuzz_bundle_copy(&good[fuzz_byte(&in) % KINDS], &bundle);
  fuzz_bundle_edit(&in, &bundle);
  graft_status status = graft_deeponet_load(&bundle, &model);
  if (status == GRAFT_OK) {
    use(model);
    graft_deeponet_destroy(model);
  } else {
    fuzz_refused(status);
  }
  graft_bundle_fini(&bundle);
  return 0;
}

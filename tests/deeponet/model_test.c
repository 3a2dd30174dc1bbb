/* SPDX-License-Identifier: BSD-2-Clause */
/* Models from data to predictions and bundles. */
#include "deeponet/metrics.h"
#include "mtl/trainer.h"
#include "tests/deeponet/toy_model.h"

enum { P = TOY_POINTS };

struct run {
  toy t;
  graft_deeponet *model;
  size_t *sample, count; /* test samples */
  float *u;              /* [count x P] */
};

static bool init(struct run *r, const char *preset, const char *settings, size_t tasks) {
  graft_deeponet_config config;
  *r = (struct run){0};
  return T_OK(toy_init(&r->t, tasks, 45)) && toy_config(&config, preset, settings) &&
         T_OK(graft_deeponet_create(&config, &r->t.source, "default", &r->model)) &&
         T_OK(graft_part_select(&r->t.source.info, "default", GRAFT_PART_TEST, &r->sample,
                                &r->count)) &&
         T_OK(graft_alloc(&r->u, r->count * P, sizeof(float)));
}

static void fini(struct run *r) {
  graft_deeponet_destroy(r->model);
  graft_free(r->sample);
  graft_free(r->u);
  toy_fini(&r->t);
}

/* Train for some steps; -> mean error over the tasks on the test part. */
static double train(struct run *r, const char *preset, long long steps, double lr) {
  graft_trainer_config config;
  graft_objective objective;
  graft_trainer *trainer;
  graft_evaluation e;
  double mean = 0;
  T_OK(graft_trainer_config_default(&config));
  T_OK(graft_preset_apply(graft_preset_find("darcy", preset), graft_trainer_options, &config));
  snprintf(config.schedule, sizeof config.schedule, "%s", "constant");
  config.steps = steps;
  config.lr = lr;
  config.ema = 0;
  config.warmup = 0;
  config.validate_steps = 50;
  T_OK(graft_deeponet_objective(r->model, &objective));
  graft_real *theta = graft_deeponet_parameters(r->model);
  if (!T_OK(graft_trainer_create(&objective, &config, theta, NULL, &trainer))) return NAN;
  T_OK(graft_trainer_run(trainer, NULL));
  memcpy(theta, graft_trainer_best(trainer), objective.n * sizeof *theta);
  graft_trainer_destroy(trainer);
  T_OK(graft_deeponet_predict(r->model, &r->t.source, r->sample, r->count, r->u));
  const float *field_mean[GRAFT_MAX_TASKS];
  for (size_t k = 0; k < r->t.source.info.tasks; k++) {
    field_mean[k] = graft_deeponet_mean(r->model, r->t.source.info.task_name[k]);
  }
  T_OK(graft_evaluation_build(&r->t.source, "default", GRAFT_PART_TEST, field_mean, r->u, &e));
  for (size_t k = 0; k < e.tasks; k++) mean += e.task[k].summary.mean / (double)e.tasks;
  graft_evaluation_fini(&e);
  return mean;
}

static void the_paper_preset_learns(void) {
  struct run r;
  if (!init(&r, "paper", "dropout 0", 2)) return;
  double before = train(&r, "paper", 1, 1e-9), after = train(&r, "paper", 200, 5e-3);
  printf("# error %.3f -> %.3f\n", before, after);
  T_CHECK(before > .8 && after < .5);
  fini(&r);
}

static void the_demo_preset_learns_beside_its_skip_path(void) {
  struct run r;
  if (!init(&r, "demo", "skip kernel_ridge gain 0.03", 3)) return;
  double skip = train(&r, "demo", 1, 1e-9);
  fini(&r);
  if (!init(&r, "demo", "gain 0.3", 3)) return;
  double alone = train(&r, "demo", 1, 1e-9), learnt = train(&r, "demo", 200, 5e-3);
  printf("# skip path %.4f, network alone %.3f -> %.3f\n", skip, alone, learnt);
  T_CHECK(skip < .05);
  T_CHECK(learnt < .4 * alone);
  fini(&r);
}

static void predictions_keep_to_the_region(void) {
  struct run r;
  if (!init(&r, "paper", "", 3)) return;
  T_OK(graft_deeponet_predict(r.model, &r.t.source, r.sample, r.count, r.u));
  for (size_t i = 0; i < r.count; i++) {
    const graft_source_geometry *g =
        &r.t.source.info.geometry[r.t.source.info.sample_geometry[r.sample[i]]];
    size_t wrong = 0, moved = 0;
    for (size_t p = 0; p < P; p++) {
      double u = fabs((double)r.u[i * P + p]);
      wrong += (!g->mask[p] || (double)g->sdf[p] > -1e-9) && u > 0;
      moved += u > 0;
    }
    T_EQUAL(wrong, 0);
    T_CHECK(moved > 0);
  }
  fini(&r);
}

static const char *const stored[][2] = {
    {"demo", "skip kernel_ridge"},
    {"demo", "points 0 pool 1 input log_k,mask"},
    {"demo", "branch dense skip affine augmentation false layer_norm true product true"},
    {"demo", "batch_norm branch,trunk points 0"},
    {"demo", "trunk_activation sine random_fourier 6 trunk_residual true"},
    {"demo", "augmentation false symmetrise true dropout 0.5 fourier 3"},
    {"paper", "input log_k,mask,sdf,k"},
};

static void bundles_give_the_same_bits(void) {
  for (size_t v = 0; v < sizeof stored / sizeof *stored; v++) {
    struct run r;
    graft_bundle bundle;
    graft_deeponet *copy;
    float *again;
    if (!init(&r, stored[v][0], stored[v][1], 3)) continue;
    T_OK(graft_alloc(&again, r.count * P, sizeof *again));
    T_OK(graft_deeponet_predict(r.model, &r.t.source, r.sample, r.count, r.u));
    graft_bundle_init(&bundle);
    T_OK(graft_deeponet_save(r.model, &bundle));
    if (T_OK(graft_deeponet_load(&bundle, &copy))) {
      graft_objective objective;
      T_OK(graft_deeponet_predict(copy, &r.t.source, r.sample, r.count, again));
      T_CHECK(memcmp(again, r.u, r.count * P * sizeof *again) == 0);
      for (size_t k = 0; k < 3; k++) {
        const char *task = r.t.source.info.task_name[k];
        T_CHECK(memcmp(graft_deeponet_mean(copy, task), graft_deeponet_mean(r.model, task),
                       P * sizeof(float)) == 0);
      }
      T_CHECK(graft_deeponet_mean(copy, "disc") != graft_deeponet_mean(copy, "square"));
      T_CHECK(graft_deeponet_mean(copy, "lshape") == NULL);
      T_FAILS(graft_deeponet_objective(copy, &objective), GRAFT_INTERNAL, "training set");
      graft_deeponet_destroy(copy);
    }
    graft_bundle_fini(&bundle);
    graft_free(again);
    fini(&r);
  }
}

static void damaged_bundles_are_refused(void) {
  struct run r;
  graft_bundle whole;
  graft_deeponet *copy;
  if (!init(&r, "demo", "skip kernel_ridge", 2)) return;
  graft_bundle_init(&whole);
  T_OK(graft_deeponet_save(r.model, &whole));
  size_t accepted = 0;
  for (size_t i = 0; i < whole.arrays; i++) {
    graft_bundle part;
    graft_bundle_init(&part);
    for (size_t j = 0; j < whole.arrays; j++) {
      const graft_array *a = &whole.array[j];
      if (j != i) T_OK(graft_bundle_put(&part, a->name, a->type, a->shape, a->data));
    }
    graft_status status = graft_deeponet_load(&part, &copy);
    if (status == GRAFT_OK) {
      accepted++;
      graft_deeponet_destroy(copy);
    } else if (!T_EQUAL(status, GRAFT_INPUT)) {
      printf("# without %s: %s\n", whole.array[i].name, graft_error_message());
    }
    graft_bundle_fini(&part);
  }
  T_EQUAL(accepted, 0);
  T_OK(graft_bundle_put_text(&whole, "model/skip", "sideways"));
  T_FAILS(graft_deeponet_load(&whole, &copy), GRAFT_INPUT, "model/skip");
  graft_bundle_fini(&whole);
  fini(&r);
}

/* With symmetrise, predict(h k) = h predict(k), whatever the network. */
static void symmetrised_predictions_are_equivariant(void) {
  struct run r;
  if (!init(&r, "demo", "gain 1", 3)) return;
  graft_real *theta = graft_deeponet_parameters(r.model);
  for (size_t i = 0; i < graft_deeponet_layout(r.model)->n; i++) theta[i] *= (graft_real)1.5;
  for (size_t k = 0; k < 3; k++) {
    const size_t sample[2] = {k * 45 + 3, k * 45 + 4};
    float u[2 * P];
    /* Overwrite one sample by the mirror image of the other: all three regions mirror x. */
    for (size_t p = 0; p < P; p++) {
      size_t q = (TOY_SIDE - 1 - p / TOY_SIDE) * TOY_SIDE + p % TOY_SIDE;
      r.t.log_k[sample[1] * P + p] = r.t.log_k[sample[0] * P + q];
    }
    T_OK(graft_deeponet_predict(r.model, &r.t.source, sample, 2, u));
    double worst = 0, largest = 0;
    for (size_t p = 0; p < P; p++) {
      size_t q = (TOY_SIDE - 1 - p / TOY_SIDE) * TOY_SIDE + p % TOY_SIDE;
      worst = fmax(worst, fabs((double)(u[P + p] - u[q])));
      largest = fmax(largest, fabs((double)u[p]));
    }
    T_NEAR(worst, 0, 1e-5 * largest);
  }
  fini(&r);
}

static void inputs_outside_the_training_range_are_seen(void) {
  struct run r;
  double excess[2];
  const size_t sample[2] = {0, 1};
  if (!init(&r, "paper", "", 1)) return;
  for (size_t p = 0; p < P; p++) r.t.log_k[P + p] += 10;
  T_OK(graft_deeponet_check_inputs(r.model, &r.t.source, sample, 2, excess));
  T_EQUAL(excess[0], 0);
  T_CHECK(excess[1] > 1);
  fini(&r);
}

/* Few training samples have a narrow range; most other samples of the same law lie within what is
 * made of it all the same, for any seed. */
static void few_training_samples_cry_no_wolf(void) {
  enum { N = 30, TASKS = 3 };
  size_t outside = 0, sample[TASKS * N];
  double excess[TASKS * N];
  toy t;
  graft_deeponet_config config;
  graft_deeponet *model;
  if (!T_OK(toy_init(&t, TASKS, N))) return;
  toy_config(&config, "paper", "");
  for (size_t i = 0; i < TASKS * N; i++) sample[i] = i;
  for (size_t from = 0; from < N; from += 6) { /* six for training, then all others */
    uint8_t *part = t.source.info.split[0].part;
    for (size_t s = 0; s < TASKS * N; s++) {
      size_t i = (size_t)t.source.info.index[s];
      part[s] = i >= from && i < from + 6 ? GRAFT_PART_TRAIN : GRAFT_PART_TEST;
    }
    if (!T_OK(graft_deeponet_create(&config, &t.source, "default", &model))) break;
    T_OK(graft_deeponet_check_inputs(model, &t.source, sample, TASKS * N, excess));
    for (size_t s = 0; s < TASKS * N; s++) outside += excess[s] > 0;
    graft_deeponet_destroy(model);
  }
  printf("# %zu of %d inputs outside\n", outside, 5 * TASKS * (N - 6));
  T_CHECK(outside <= 5 * TASKS * (N - 6) / 20);
  toy_fini(&t);
}

/* The same samples at other places, in another order, without a split; also by a loaded model. */
static void seen_samples_are_recognised(void) {
  struct run r;
  graft_bundle bundle = {0};
  graft_deeponet *loaded;
  unsigned char seen[3 * 45];
  size_t sample[3 * 45], wrong = 0, count = 0;
  if (!init(&r, "paper", "", 3)) return;
  const uint8_t *part = graft_source_split_get(&r.t.source.info, "default");
  T_OK(graft_deeponet_save(r.model, &bundle));
  if (!T_OK(graft_deeponet_load(&bundle, &loaded))) return;
  for (size_t i = 0; i < 3 * 45; i++) sample[i] = 3 * 45 - 1 - i;
  T_OK(graft_deeponet_check_seen(loaded, &r.t.source, sample, 3 * 45, seen));
  for (size_t i = 0; i < 3 * 45; i++) {
    wrong += seen[i] != (part[sample[i]] != GRAFT_PART_TEST);
    count += seen[i];
  }
  T_EQUAL(wrong, 0);
  T_EQUAL(count, 3 * 35);
  float *log_k = r.t.log_k + sample[134] * P; /* sample 0: a training sample, with another field */
  log_k[P - 1] = nextafterf(log_k[P - 1], 1e9F);
  T_OK(graft_deeponet_check_seen(loaded, &r.t.source, sample, 3 * 45, seen));
  T_EQUAL(seen[134], 0);
  graft_deeponet_destroy(loaded);
  graft_bundle_fini(&bundle);
  fini(&r);
}

/* Where other data depend on place, symmetries of a region carry no sample to another. */
static void directed_problems_use_no_symmetries(void) {
  float u[2][P];
  const size_t sample = 1;
  for (int plain = 0; plain < 2; plain++) {
    toy t;
    graft_deeponet_config config;
    graft_deeponet *model;
    if (!T_OK(toy_init(&t, 2, 45))) return;
    t.source.info.directed = true;
    toy_config(&config, "demo", plain ? "augmentation false symmetrise false" : "");
    if (T_OK(graft_deeponet_create(&config, &t.source, "default", &model))) {
      T_OK(graft_deeponet_predict(model, &t.source, &sample, 1, u[plain]));
    }
    graft_deeponet_destroy(model);
    toy_fini(&t);
  }
  T_EQUAL(memcmp(u[0], u[1], sizeof u[0]), 0);
}

static void mistakes(void) {
  struct run r;
  toy other;
  graft_deeponet_config config;
  graft_deeponet *model;
  if (!init(&r, "demo", "skip kernel_ridge", 1)) return;
  config = *graft_deeponet_get_config(r.model);
  T_FAILS(graft_deeponet_create(&config, &r.t.source, "nothing", &model), GRAFT_INPUT, "'nothing'");
  config.kernel = 4;
  T_FAILS(graft_deeponet_create(&config, &r.t.source, "default", &model), GRAFT_USAGE, "-kernel");
  config.kernel = 3;
  snprintf(config.dense, sizeof config.dense, "%s", "12,x");
  T_FAILS(graft_deeponet_create(&config, &r.t.source, "default", &model), GRAFT_USAGE, "-dense");
  snprintf(config.dense, sizeof config.dense, "%s", "12");
  snprintf(config.skip, sizeof config.skip, "%s", "sideways");
  T_FAILS(graft_deeponet_create(&config, &r.t.source, "default", &model), GRAFT_USAGE, "skip");
  T_CHECK(model == NULL);
  snprintf(config.skip, sizeof config.skip, "none");
  config.pool = 8;
  config.input_scale = 1;
  T_OK(graft_deeponet_create(&config, &r.t.source, "default", &model)); /* one pixel */
  graft_deeponet_destroy(model);
  /* A geometry and a task that the skip path doesn't know. */
  if (T_OK(toy_init(&other, 2, 9))) {
    T_FAILS(graft_deeponet_predict(r.model, &other.source, (const size_t[]){17}, 1, r.u),
            GRAFT_INPUT, "disc");
    other.source.info.grid[0] = 4;
    T_FAILS(graft_deeponet_predict(r.model, &other.source, (const size_t[]){0}, 1, r.u),
            GRAFT_INPUT, "grid");
    toy_fini(&other);
  }
  fini(&r);
  /* Without skip path and code a network predicts on new regions. */
  if (!init(&r, "paper", "", 1)) return;
  if (T_OK(toy_init(&other, 2, 9))) {
    T_OK(graft_deeponet_predict(r.model, &other.source, (const size_t[]){17}, 1, r.u));
    toy_fini(&other);
  }
  fini(&r);
}

int main(void) {
  T_RUN(the_paper_preset_learns);
  T_RUN(the_demo_preset_learns_beside_its_skip_path);
  T_RUN(predictions_keep_to_the_region);
  T_RUN(bundles_give_the_same_bits);
  T_RUN(damaged_bundles_are_refused);
  T_RUN(symmetrised_predictions_are_equivariant);
  T_RUN(inputs_outside_the_training_range_are_seen);
  T_RUN(few_training_samples_cry_no_wolf);
  T_RUN(seen_samples_are_recognised);
  T_RUN(directed_problems_use_no_symmetries);
  T_RUN(mistakes);
  return graft_test_done();
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Networks of data sets with a time axis, an input on x alone and numbers of each sample. */
#include "tests/deeponet/toy_model.h"

enum { TIMES = 4, SIDE = 6, POINTS = TIMES * SIDE, SAMPLES = 18 };

struct line {
  graft_source source;
  float u[SAMPLES * POINTS], u0[SAMPLES * SIDE];
  const char *field[3];
  const float *data[2];
};

/* Some smooth function of u0, t and the two numbers. */
static void fill_sample(struct line *l, double *code, size_t s, graft_rng *rng) {
  code[0] = graft_rng_uniform(rng);
  code[1] = graft_rng_uniform(rng) - 2;
  for (size_t i = 0; i < SIDE; i++) {
    double u0 = 0.2 + 0.6 * graft_rng_uniform(rng);
    l->u0[s * SIDE + i] = (float)u0;
    for (size_t t = 0; t < TIMES; t++) {
      double z = log(u0 / (1 - u0)) + (code[0] + code[1] * u0) * (double)t / 3;
      l->u[s * POINTS + t * SIDE + i] = (float)(1 / (1 + exp(-z)));
    }
  }
}

static bool init(struct line *l) {
  graft_source_info info;
  const size_t grid[2] = {TIMES, SIDE};
  const graft_source_input input = {"u0", 2};
  *l = (struct line){.field = {"u", "u0", NULL}, .data = {l->u, l->u0}};
  if (!T_OK(graft_source_info_init(&info, SAMPLES, 1, 1, 1, 2, grid))) return false;
  info.in_time = true;
  info.hi[0] = info.hi[1] = 1;
  snprintf(info.dataset_name, sizeof info.dataset_name, "line");
  snprintf(info.task_name[0], GRAFT_NAME_SIZE, "growth");
  snprintf(info.geometry[0].name, GRAFT_NAME_SIZE, "line");
  for (size_t p = 0; p < POINTS; p++) {
    info.geometry[0].mask[p] = 1;
    info.geometry[0].sdf[p] = -1;
  }
  T_OK(graft_source_info_inputs(&info, 1, &input));
  T_OK(graft_source_info_codes(&info, 2));
  snprintf(info.code_name[0], GRAFT_NAME_SIZE, "a");
  snprintf(info.code_name[1], GRAFT_NAME_SIZE, "b");
  for (size_t s = 0; s < SAMPLES; s++) {
    graft_rng rng;
    graft_rng_init(&rng, 5, GRAFT_STREAM_TEST, s);
    info.index[s] = (int64_t)s;
    fill_sample(l, info.code + 2 * s, s, &rng);
  }
  graft_source_split_default(&info, SAMPLES, &info.split[0]);
  return T_OK(graft_source_memory(&l->source, info, l->field, l->data));
}

static bool create(const struct line *l, const char *settings, graft_deeponet **model) {
  graft_deeponet_config config;
  return toy_config(&config, "demo",
                    "input u0 parameters true code false masked false branch dense pool 0 "
                    "transform logistic scale 1 points 0 gain 1 output_init 1 rotations 0") &&
         toy_set(&config, settings) &&
         T_OK(graft_deeponet_create(&config, &l->source, "default", model));
}

/* Derivative of the loss by some parameters against central differences. */
static void gradients(void) {
  static struct line l;
  graft_deeponet *model;
  graft_objective objective;
  double loss, count, weight = 1;
  graft_real *sum;
  if (!init(&l)) return;
  if (create(&l, "augmentation true", &model) &&
      T_OK(graft_deeponet_objective(model, &objective)) &&
      T_OK(graft_alloc(&sum, objective.n, sizeof *sum))) {
    graft_real *theta = graft_deeponet_parameters(model);
    graft_request request = {.tasks = 1, .want = GRAFT_WANT_SUM, .weight = &weight};
    graft_reply reply = {.loss = &loss, .count = &count, .sum = sum};
    T_OK(objective.eval(objective.ctx, &request, theta, &reply));
    for (size_t i = 3; i < objective.n; i += objective.n / 12) {
      double step = 1e-2, value[2], want = (double)sum[i];
      graft_real kept = theta[i];
      graft_request look = {.tasks = 1, .want = GRAFT_WANT_LOSS};
      for (int side = 0; side < 2; side++) {
        graft_reply answer = {.loss = &value[side], .count = &count};
        theta[i] = kept + (graft_real)(side ? step : -step);
        T_OK(objective.eval(objective.ctx, &look, theta, &answer));
      }
      theta[i] = kept;
      T_NEAR((value[1] - value[0]) / (2 * step), want, 2e-3 * (1 + fabs(want)));
    }
    graft_free(sum);
  }
  graft_deeponet_destroy(model);
  graft_source_fini(&l.source);
}

/* Stored and loaded: the same bits. At t = 0 of a network that gives 0 stands u0. */
static void stored_models(void) {
  static struct line l;
  graft_deeponet *model, *copy;
  graft_bundle bundle;
  float u[SAMPLES * POINTS], again[SAMPLES * POINTS];
  size_t sample[SAMPLES];
  for (size_t s = 0; s < SAMPLES; s++) sample[s] = s;
  if (!init(&l)) return;
  if (create(&l, "symmetrise true branch pca components 4 input logit_u0", &model)) {
    T_OK(graft_deeponet_predict(model, &l.source, sample, SAMPLES, u));
    graft_bundle_init(&bundle);
    T_OK(graft_deeponet_save(model, &bundle));
    if (T_OK(graft_deeponet_load(&bundle, &copy))) {
      T_OK(graft_deeponet_predict(copy, &l.source, sample, SAMPLES, again));
      T_EQUAL(memcmp(u, again, sizeof u), 0);
      memset(graft_deeponet_parameters(copy), 0,
             graft_deeponet_layout(copy)->n * sizeof(graft_real));
      T_OK(graft_deeponet_predict(copy, &l.source, sample, SAMPLES, again));
      for (size_t i = 0; i < SAMPLES * POINTS; i++) {
        T_NEAR(again[i], l.u0[i / POINTS * SIDE + i % SIDE], 1e-6);
      }
      graft_deeponet_destroy(copy);
    }
    graft_bundle_fini(&bundle);
  }
  graft_deeponet_destroy(model);
  graft_source_fini(&l.source);
}

/* x → 1 − x is a symmetry, the reversal of time is not: predictions of mirrored starts are
 * mirrored.
 */
static void mirrored_starts(void) {
  static struct line l;
  graft_deeponet *model;
  float u[POINTS], mirrored[POINTS];
  const size_t sample = 4;
  if (!init(&l)) return;
  if (create(&l, "symmetrise true", &model)) {
    T_OK(graft_deeponet_predict(model, &l.source, &sample, 1, u));
    for (size_t i = 0; i < SIDE / 2; i++) {
      float *start = l.u0 + sample * SIDE, kept = start[i];
      start[i] = start[SIDE - 1 - i];
      start[SIDE - 1 - i] = kept;
    }
    T_OK(graft_deeponet_predict(model, &l.source, &sample, 1, mirrored));
    for (size_t p = 0; p < POINTS; p++) {
      T_NEAR(mirrored[p], u[p / SIDE * SIDE + SIDE - 1 - p % SIDE], 1e-5);
    }
    T_CHECK(fabsf(u[0] - u[(TIMES - 1) * SIDE]) > 1e-4F);
  }
  graft_deeponet_destroy(model);
  graft_source_fini(&l.source);
}

/* The numbers count: another code gives another prediction, and one far off is noticed. */
static void numbers_count(void) {
  static struct line l;
  graft_deeponet *model;
  float u[POINTS], other[POINTS];
  const size_t sample = 2;
  double excess;
  unsigned char seen;
  if (!init(&l)) return;
  if (create(&l, "", &model)) {
    T_OK(graft_deeponet_predict(model, &l.source, &sample, 1, u));
    T_OK(graft_deeponet_check_inputs(model, &l.source, &sample, 1, &excess));
    T_OK(graft_deeponet_check_seen(model, &l.source, &sample, 1, &seen));
    T_CHECK(excess <= 0 && seen == 1);
    l.source.info.code[2 * sample] += 3;
    T_OK(graft_deeponet_predict(model, &l.source, &sample, 1, other));
    T_CHECK(memcmp(u, other, sizeof u) != 0);
    T_OK(graft_deeponet_check_inputs(model, &l.source, &sample, 1, &excess));
    T_OK(graft_deeponet_check_seen(model, &l.source, &sample, 1, &seen));
    T_CHECK(excess > 1 && seen == 0);
    snprintf(l.source.info.code_name[1], GRAFT_NAME_SIZE, "c");
    T_FAILS(graft_deeponet_predict(model, &l.source, &sample, 1, u), GRAFT_INPUT, "number 'b'");
  }
  graft_deeponet_destroy(model);
  graft_source_fini(&l.source);
}

/* logit_u0 is what a data set that gave the logits themselves would make of u0; and 0 is no harm.
 */
static void logits(void) {
  static struct line l, m;
  graft_deeponet *model = NULL, *other = NULL;
  float u[SAMPLES * POINTS], again[SAMPLES * POINTS];
  size_t sample[SAMPLES];
  for (size_t s = 0; s < SAMPLES; s++) sample[s] = s;
  if (!init(&l) || !init(&m)) return;
  for (size_t i = 0; i < SAMPLES * SIDE; i++) m.u0[i] = logf(l.u0[i] / (1 - l.u0[i]));
  if (create(&l, "input logit_u0 transform identity", &model) &&
      create(&m, "input u0 transform identity", &other)) {
    T_OK(graft_deeponet_predict(model, &l.source, sample, SAMPLES, u));
    T_OK(graft_deeponet_predict(other, &m.source, sample, SAMPLES, again));
    for (size_t i = 0; i < SAMPLES * POINTS; i++) T_NEAR(u[i], again[i], 1e-4);
    l.u0[0] = 0;
    l.u0[1] = 1;
    T_OK(graft_deeponet_predict(model, &l.source, sample, 1, u));
    for (size_t i = 0; i < POINTS; i++) T_CHECK(isfinite(u[i]));
  }
  graft_deeponet_destroy(model);
  graft_deeponet_destroy(other);
  graft_source_fini(&l.source);
  graft_source_fini(&m.source);
}

int main(void) {
  T_RUN(gradients);
  T_RUN(stored_models);
  T_RUN(mirrored_starts);
  T_RUN(numbers_count);
  T_RUN(logits);
  return graft_test_done();
}

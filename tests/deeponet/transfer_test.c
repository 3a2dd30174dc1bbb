/* SPDX-License-Identifier: BSD-2-Clause */
/* A trained toy model on another task: what it takes over, freeze lists, the gradient of its
 * objective with the discrepancy in it. */
#include "deeponet/transfer.h"

#include "base/comm.h"
#include "base/view.h"
#include "deeponet/freeze.h"
#include "tests/deeponet/toy_model.h"

enum { P = TOY_POINTS, SAMPLES = 18, GIVEN = 6 };

/* Square and disc are known; the wedge is new. */
struct setting {
  toy old, all;
  graft_deeponet *from, *model;
  graft_source names, source, reference;
};

static bool init(struct setting *s, const char *settings, const graft_transfer *how) {
  graft_deeponet_config config;
  graft_transfer own = *how;
  const graft_comm comm = graft_comm_serial();
  size_t sample[GIVEN], old[2 * GIVEN];
  uint8_t part[2 * GIVEN] = {0};
  *s = (struct setting){0};
  if (!T_OK(toy_init(&s->old, 2, SAMPLES)) || !T_OK(toy_init(&s->all, 3, SAMPLES))) return false;
  if (!toy_config(&config, "demo", "loss mse points 30 dropout 0 code true") ||
      !T_OK(graft_deeponet_create(&config, &s->old.source, "default", &s->from))) {
    return false;
  }
  graft_real *theta = graft_deeponet_parameters(s->from);
  for (size_t i = 0; i < graft_deeponet_layout(s->from)->n; i++) {
    theta[i] += (graft_real)(0.1 * sin((double)i));
  }
  for (size_t i = 0; i < GIVEN; i++) sample[i] = 2 * SAMPLES + i;
  for (size_t i = 0; i < 2 * GIVEN; i++) old[i] = i;
  if (!T_OK(graft_deeponet_names(s->from, &s->names))) return false;
  s->all.source.info.tasks = 3;
  const graft_view_part new[2] = {{.source = &s->names}, {&s->all.source, GIVEN, sample, part}};
  const graft_view_part known = {&s->old.source, 2 * GIVEN, old, part};
  if (!T_OK(graft_view_init(new, 2, &s->source)) ||
      !T_OK(graft_view_init(&known, 1, &s->reference))) {
    return false;
  }
  own.reference = &s->reference;
  config = *graft_deeponet_get_config(s->from);
  return toy_set(&config, settings) &&
         T_OK(graft_deeponet_transfer(s->from, &own, &config, &s->source, "default", &comm,
                                      &s->model));
}

static void fini(struct setting *s) {
  graft_deeponet_destroy(s->model);
  graft_deeponet_destroy(s->from);
  graft_source_fini(&s->names);
  graft_source_fini(&s->source);
  graft_source_fini(&s->reference);
  toy_fini(&s->old);
  toy_fini(&s->all);
}

static void the_start_predicts_as_the_old_model_does(void) {
  struct setting s;
  static float was[3 * P], is[3 * P];
  const size_t sample[3] = {1, SAMPLES + 1, 2 * SAMPLES + 1};
  unsigned char seen[2];
  if (init(&s, "seed 9", &(graft_transfer){0})) {
    T_OK(graft_deeponet_predict(s.from, &s.all.source, sample, 3, was));
    T_OK(graft_deeponet_predict(s.model, &s.all.source, sample, 3, is));
    for (size_t i = 0; i < 3 * P; i++) T_NEAR((double)is[i], (double)was[i], 1e-7);
    T_OK(graft_deeponet_check_seen(s.model, &s.all.source, (size_t[]){0, 2 * SAMPLES + GIVEN}, 2,
                                   seen));
    T_CHECK(seen[0] && !seen[1]);
    T_CHECK(graft_deeponet_mean(s.model, "square") && graft_deeponet_mean(s.model, "wedge"));
  }
  fini(&s);
}

/* Sum of losses at theta + step d. */
static double loss_at(const graft_objective *f, const graft_real *theta, const graft_real *d,
                      double step, graft_real *scratch) {
  double loss[3], count[3], weight[3] = {1, 1, 2};
  const graft_request request = {.tasks = 7, .want = GRAFT_WANT_LOSS, .weight = weight};
  graft_reply reply = {.loss = loss, .count = count};
  for (size_t i = 0; i < f->n; i++) scratch[i] = theta[i] + (graft_real)step * d[i];
  if (!T_OK(f->eval(f->ctx, &request, scratch, &reply))) return NAN;
  return loss[0] + loss[1] + 2 * loss[2];
}

/* The gradient along a direction that does not change the branch's reference features, which are
 * constants: any, as they were taken once. */
static void the_gradient_with_a_discrepancy(void) {
  struct setting s;
  graft_objective f;
  graft_real *d = NULL, *scratch = NULL, *sum = NULL;
  double loss[3], count[3], weight[3] = {1, 1, 2}, slope = 0, plain;
  const graft_request request = {.tasks = 7, .want = GRAFT_WANT_SUM, .weight = weight};
  if (!init(&s, "seed 9", &(graft_transfer){.discrepancy = 50})) return;
  const graft_real *theta = graft_deeponet_parameters(s.model);
  T_OK(graft_deeponet_objective(s.model, &f));
  if (T_OK(graft_alloc(&d, f.n, sizeof *d)) && T_OK(graft_alloc(&scratch, f.n, sizeof *d)) &&
      T_OK(graft_alloc(&sum, f.n, sizeof *d))) {
    graft_reply reply = {.loss = loss, .count = count, .sum = sum};
    for (size_t i = 0; i < f.n; i++) d[i] = (graft_real)cos(3 * (double)i);
    T_OK(f.eval(f.ctx, &request, theta, &reply));
    T_EQUAL(count[2], GIVEN);
    for (size_t i = 0; i < f.n; i++) slope += (double)(sum[i] * d[i]);
    const double step = 1e-5, up = loss_at(&f, theta, d, step, scratch),
                 down = loss_at(&f, theta, d, -step, scratch);
    T_NEAR(slope, (up - down) / (2 * step), 1e-6 * fabs(slope));
  }
  plain = loss[2];
  graft_free(d);
  graft_free(scratch);
  graft_free(sum);
  fini(&s);
  if (!init(&s, "seed 9", &(graft_transfer){0})) return;
  T_OK(graft_deeponet_objective(s.model, &f));
  graft_reply reply = {.loss = loss, .count = count};
  const graft_request losses = {.tasks = 7, .want = GRAFT_WANT_LOSS, .weight = weight};
  T_OK(f.eval(f.ctx, &losses, graft_deeponet_parameters(s.model), &reply));
  T_CHECK(plain > loss[2] + 0.01); /* the discrepancy is in it */
  fini(&s);
}

/* Blocks of the toy that a list freezes, or −1 if it is refused. */
static int frozen_by(const graft_layout *layout, const char *list) {
  unsigned char frozen[64];
  int count = 0;
  if (!T_CHECK(layout->blocks <= 64)) return -1;
  if (graft_freeze_find(list, layout, frozen) != GRAFT_OK) return -1;
  for (size_t i = 0; i < layout->blocks; i++) count += frozen[i];
  return count;
}

static void freeze_lists(void) {
  struct setting s;
  if (!init(&s, "seed 9", &(graft_transfer){0})) return;
  const graft_layout *layout = graft_deeponet_layout(s.model);
  const int all = (int)layout->blocks, trunk = frozen_by(layout, "trunk");
  T_EQUAL(trunk, 6); /* two hidden layers and the output, a kernel and a bias each */
  T_EQUAL(frozen_by(layout, ""), 0);
  T_EQUAL(frozen_by(layout, "none"), 0);
  T_EQUAL(frozen_by(layout, "trunk,none"), 0);
  T_EQUAL(frozen_by(layout, "trunk.dense*"), 4);
  T_EQUAL(frozen_by(layout, "trunk/dense1/bias"), 1);
  T_EQUAL(frozen_by(layout, "trunk,!trunk.output"), 4);
  T_EQUAL(frozen_by(layout, "*,!trunk"), all - trunk);
  T_EQUAL(frozen_by(layout, "paper"), 4); /* this branch has dense layers only */
  T_EQUAL(frozen_by(layout, "trunk.dens"), -1);
  T_CHECK(strstr(graft_error_message(), "did you mean 'trunk/dense"));
  T_EQUAL(frozen_by(layout, "papr"), -1);
  T_CHECK(strstr(graft_error_message(), "did you mean 'paper'"));
  T_EQUAL(frozen_by(layout, "*"), -1);
  T_EQUAL(frozen_by(layout, "trunk,,branch"), -1);
  fini(&s);
}

static void mistakes(void) {
  struct setting s;
  graft_deeponet_config config;
  graft_deeponet *model;
  const graft_transfer how = {0};
  const graft_comm comm = graft_comm_serial();
  if (!init(&s, "seed 9", &how)) return;
  config = *graft_deeponet_get_config(s.from);
  toy_set(&config, "trunk 9,8");
  T_FAILS(graft_deeponet_transfer(s.from, &how, &config, &s.source, "default", &comm, &model),
          GRAFT_USAGE, "trunk/dense1/weight");
  s.all.source.info.grid[0] = 4;
  T_FAILS(graft_deeponet_check_source(s.from, &s.all.source.info), GRAFT_INPUT, "grid");
  snprintf(s.all.source.info.problem, sizeof s.all.source.info.problem, "heat");
  T_FAILS(graft_deeponet_check_source(s.from, &s.all.source.info), GRAFT_INPUT, "'heat'");
  fini(&s);
}

int main(void) {
  T_RUN(the_start_predicts_as_the_old_model_does);
  T_RUN(the_gradient_with_a_discrepancy);
  T_RUN(freeze_lists);
  T_RUN(mistakes);
  return graft_test_done();
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Metrics against values worked out by hand. */
#include "deeponet/metrics.h"
#include "tests/deeponet/toy.h"
#include "tests/graft_test.h"

static void summaries(void) {
  graft_error_summary s;
  const double value[] = {5, 1, 4, 2, 3}, one[] = {7};
  T_OK(graft_error_summarise(value, 5, &s));
  T_NEAR(s.mean, 3, 1e-15);
  T_NEAR(s.median, 3, 1e-15);
  T_NEAR(s.p95, 4.8, 1e-15);
  T_NEAR(s.max, 5, 0);
  T_EQUAL(value[0], 5);
  T_OK(graft_error_summarise(value, 4, &s));
  T_NEAR(s.median, 3, 1e-15);
  T_OK(graft_error_summarise(one, 1, &s));
  T_CHECK(s.mean >= 7 && s.median >= 7 && s.p95 >= 7 && s.max <= 7);
  T_OK(graft_error_summarise(value, 0, &s));
  T_CHECK(isnan(s.mean) && isnan(s.max));
}

static void relative_error_counts_the_region_only(void) {
  const float truth[] = {3, 0, 4, 100}, prediction[] = {3, 1, 2, -100}, mean[] = {1, 0, 4, 0};
  const unsigned char mask[] = {1, 1, 1, 0};
  T_NEAR(graft_metric_rel_l2(prediction, truth, NULL, mask, 4), sqrt(5) / 5, 1e-15);
  T_NEAR(graft_metric_rel_l2(prediction, truth, mean, mask, 4), sqrt(5) / 2, 1e-15);
}

/* u = 2 x + 3 y and prediction 2 x + 3.5 y: the gradient is off by .5 of |(2, 3)| everywhere. */
static void gradient_needs_whole_stencils(void) {
  toy t;
  float truth[TOY_POINTS], prediction[TOY_POINTS];
  if (!T_OK(toy_init(&t, 2, 9))) return;
  for (size_t p = 0; p < TOY_POINTS; p++) {
    double x = (double)(p / TOY_SIDE) / (TOY_SIDE - 1), y = (double)(p % TOY_SIDE) / (TOY_SIDE - 1);
    bool inside = t.source.info.geometry[1].mask[p];
    truth[p] = inside ? (float)(2 * x + 3 * y) : 77;
    prediction[p] = inside ? (float)(2 * x + 3.5 * y) : -77;
  }
  T_NEAR(graft_metric_rel_l2_gradient(&t.source.info, prediction, truth,
                                      t.source.info.geometry[1].mask),
         .5 / sqrt(13), 1e-6);
  unsigned char none[TOY_POINTS] = {0};
  none[9] = 1;
  T_CHECK(isnan(graft_metric_rel_l2_gradient(&t.source.info, prediction, truth, none)));
  toy_fini(&t);
}

static void parts(void) {
  toy t;
  size_t *sample, count;
  graft_part part;
  if (!T_OK(toy_init(&t, 2, 9))) return;
  T_OK(graft_part_select(&t.source.info, "default", GRAFT_PART_TEST, &sample, &count));
  T_EQUAL(count, 4);
  T_CHECK(sample[0] == 7 && sample[1] == 8 && sample[2] == 16 && sample[3] == 17);
  graft_free(sample);
  T_FAILS(graft_part_select(&t.source.info, "defalt", GRAFT_PART_TEST, &sample, &count),
          GRAFT_INPUT, "default");
  T_OK(graft_part_parse("validation", &part));
  T_EQUAL(part, GRAFT_PART_VALIDATION);
  T_FAILS(graft_part_parse("tset", &part), GRAFT_USAGE, "tset");
  toy_fini(&t);
}

static void evaluation_and_its_json(void) {
  toy t;
  graft_evaluation e;
  graft_json json;
  char text[4096] = "";
  float half[TOY_POINTS], zero[TOY_POINTS] = {0}, prediction[4 * TOY_POINTS];
  const float *mean[2] = {half, zero};
  if (!T_OK(toy_init(&t, 2, 9))) return;
  const size_t sample[] = {7, 8, 16, 17};
  for (size_t i = 0; i < 4; i++) {
    for (size_t p = 0; p < TOY_POINTS; p++) {
      prediction[i * TOY_POINTS + p] = (1 + .1f * (float)(i + 1)) * t.u[sample[i] * TOY_POINTS + p];
    }
  }
  /* Half of the first test sample as mean field: what is left of it is half, its error stays .1. */
  for (size_t p = 0; p < TOY_POINTS; p++) half[p] = .5f * t.u[sample[0] * TOY_POINTS + p];
  T_OK(graft_evaluation_build(&t.source, "default", GRAFT_PART_TEST, mean, prediction, &e));
  T_CHECK(strcmp(e.split, "default:test") == 0);
  T_EQUAL(e.tasks, 2);
  T_EQUAL(e.task[1].samples, 2);
  T_EQUAL(e.task[1].sample[1], 17);
  T_NEAR(e.task[0].summary.mean, .15, 1e-6);
  T_NEAR(e.task[1].summary.max, .4, 1e-6);
  T_NEAR(e.task[1].gradient.mean, .35, 1e-6);
  T_NEAR(e.task[0].rel_l2_fluctuation[0], .2, 1e-6);
  T_NEAR(e.task[1].fluctuation.mean, .35, 1e-6); /* mean 0 */
  T_CHECK(isnan(e.task[0].baseline[0]));
  T_OK(graft_evaluation_baselines(&t.source, NULL, "default", GRAFT_PART_TEST, 2, &e));
  T_CHECK(e.task[0].baseline[0] > 0);
  FILE *file = fmemopen(text, sizeof text, "w");
  graft_json_init(&json, file);
  graft_json_object(&json, NULL);
  graft_evaluation_write(&e, &json);
  graft_json_end_object(&json);
  T_OK(graft_json_finish(&json));
  fclose(file);
  const char *const part[] = {"\"tasks\"",
                              "\"name\": \"disc\"",
                              "\"samples\": 2",
                              "\"rel_l2\"",
                              "\"median\"",
                              "\"p95\"",
                              "\"rel_l2_fluctuation\"",
                              "\"rel_l2_gradient\"",
                              "\"baselines\"",
                              "\"kernel_ridge\"",
                              "\"pod_floor\""};
  for (size_t i = 0; i < sizeof part / sizeof *part; i++) {
    if (!T_CHECK(strstr(text, part[i]) != NULL)) printf("# %s is not in %s\n", part[i], text);
  }
  graft_evaluation_fini(&e);
  mean[1] = NULL; /* a task without a training mean */
  T_OK(graft_evaluation_build(&t.source, "default", GRAFT_PART_TEST, mean, prediction, &e));
  T_NEAR(e.task[0].rel_l2_fluctuation[0], .2, 1e-6);
  T_CHECK(isnan(e.task[1].fluctuation.mean) && isfinite(e.task[1].summary.mean));
  graft_evaluation_fini(&e);
  toy_fini(&t);
}

/* Baselines fitted to another data set: the same as one's own if that is the same, and there for
 * tasks that it doesn't have. */
static void baselines_of_other_data(void) {
  toy t, other;
  const float *mean[3] = {NULL, NULL, NULL};
  static float prediction[3 * 4 * TOY_POINTS];
  graft_evaluation own, same, strange;
  if (!T_OK(toy_init(&t, 3, 18)) || !T_OK(toy_init(&other, 2, 27))) return;
  T_OK(graft_evaluation_build(&t.source, "default", GRAFT_PART_TEST, mean, prediction, &own));
  T_OK(graft_evaluation_build(&t.source, "default", GRAFT_PART_TEST, mean, prediction, &same));
  T_OK(graft_evaluation_build(&t.source, "default", GRAFT_PART_TEST, mean, prediction, &strange));
  T_OK(graft_evaluation_baselines(&t.source, NULL, "default", GRAFT_PART_TEST, 2, &own));
  T_OK(graft_evaluation_baselines(&t.source, &t.source, "default", GRAFT_PART_TEST, 2, &same));
  T_OK(graft_evaluation_baselines(&t.source, &other.source, "default", GRAFT_PART_TEST, 2,
                                  &strange));
  for (size_t b = 0; graft_baseline_get(b); b++) {
    const graft_baseline_type *type = graft_baseline_get(b);
    for (size_t k = 0; k < 3; k++) {
      const double error = own.task[k].baseline[b];
      if (isnan(error)) continue;
      T_NEAR(same.task[k].baseline[b], error, 1e-12);
      T_CHECK(strange.task[k].baseline[b] >= 0);
      if (type->predict) T_NEAR(strange.task[k].baseline[b], error, 1e-6); /* nothing is fitted */
    }
  }
  graft_evaluation_fini(&own);
  graft_evaluation_fini(&same);
  graft_evaluation_fini(&strange);
  toy_fini(&t);
  toy_fini(&other);
}

int main(void) {
  T_RUN(summaries);
  T_RUN(relative_error_counts_the_region_only);
  T_RUN(gradient_needs_whole_stencils);
  T_RUN(baselines_of_other_data);
  T_RUN(parts);
  T_RUN(evaluation_and_its_json);
  return graft_test_done();
}

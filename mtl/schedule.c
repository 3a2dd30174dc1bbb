/* SPDX-License-Identifier: BSD-2-Clause */
#include "mtl/schedule.h"

#include <math.h>
#include <string.h>

#define GRAFT_SCHEDULE(name) extern const graft_schedule_type graft_schedule_##name;
#include "mtl/schedule.def"
#undef GRAFT_SCHEDULE

static const graft_schedule_type *const types[] = {
#define GRAFT_SCHEDULE(name) &graft_schedule_##name,
#include "mtl/schedule.def"
#undef GRAFT_SCHEDULE
    NULL};

const graft_schedule_type *graft_schedule_types(size_t i) {
  size_t k = 0;
  while (k < i && types[k]) k++;
  return types[k];
}

const graft_schedule_type *graft_schedule_find(const char *name) {
  for (size_t i = 0; types[i]; i++) {
    if (strcmp(types[i]->name, name) == 0) return types[i];
  }
  return NULL;
}

const char *graft_schedule_choices(size_t i) {
  const graft_schedule_type *type = graft_schedule_types(i);
  return type ? type->name : NULL;
}

graft_status graft_schedule_validate(const graft_schedule *s) {
  GRAFT_CHECK(s->type, INTERNAL, "schedule: no rule given");
  GRAFT_CHECK(s->lr > 0, USAGE, "lr: expected a number > 0, got %g", s->lr);
  GRAFT_CHECK(s->steps > 0, USAGE, "steps: expected at least one step of training, got 0");
  GRAFT_CHECK(s->final >= 0 && s->final <= 1, USAGE,
              "lr_final: expected a fraction in [0, 1], got %g", s->final);
  GRAFT_CHECK(s->factor > 0, USAGE, "lr_factor: expected a number > 0, got %g", s->factor);
  GRAFT_CHECK(s->rise >= 0 && s->rise <= 1, USAGE, "lr_rise: expected a share in [0, 1], got %g",
              s->rise);
  GRAFT_CHECK(s->boundaries <= GRAFT_SCHEDULE_BOUNDARIES, USAGE,
              "lr_boundaries: expected at most %d, got %zu", GRAFT_SCHEDULE_BOUNDARIES,
              s->boundaries);
  for (size_t i = 0; i < s->boundaries; i++) {
    GRAFT_CHECK(i == 0 || s->boundary[i] > s->boundary[i - 1], USAGE,
                "lr_boundaries: expected rising steps, got %llu after %llu",
                (unsigned long long)s->boundary[i], (unsigned long long)s->boundary[i - 1]);
    GRAFT_CHECK(s->value[i] >= 0, USAGE, "lr_values: expected numbers >= 0, got %g", s->value[i]);
  }
  return GRAFT_OK;
}

double graft_schedule_rate(const graft_schedule *s, uint64_t step) {
  if (step >= s->steps) step = s->steps - 1;
  double rate = s->type->rate(s, step);
  return step < s->warmup ? rate * (double)(step + 1) / (double)s->warmup : rate;
}

void graft_schedule_observe(graft_schedule *s, double validation) {
  if (s->type->observe && !isnan(validation)) s->type->observe(s, validation);
}

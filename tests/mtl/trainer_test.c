/* SPDX-License-Identifier: BSD-2-Clause */
#include "mtl/trainer.h"

#include <stdlib.h>

#include "tests/graft_test.h"
#include "tests/mtl/objective_test.h"

enum { N_MAX = 32 };

static void set_config(graft_trainer_config *c, const char *aggregator, long long steps) {
  T_OK(graft_trainer_config_default(c));
  c->steps = steps;
  c->lr = 0.05;
  snprintf(c->aggregator, sizeof c->aggregator, "%s", aggregator);
}

static void first_light(void) {
  quadratic q;
  graft_trainer_config c;
  graft_trainer *t = NULL;
  graft_real theta[N_MAX] = {0};
  graft_sink_memory memory = {0};
  graft_sink sink = graft_sink_to_memory(&memory);
  T_OK(quadratic_init(&q, QUADRATIC_TASKS));
  set_config(&c, "mean", 600);
  T_OK(graft_trainer_create(&q.objective, &c, theta, &sink, &t));
  T_OK(graft_trainer_run(t, NULL));
  const graft_progress *p = graft_trainer_progress(t);
  printf("# validation %.6g at step %llu of %llu, rows %zu\n", p->best_mean,
         (unsigned long long)p->best_step, (unsigned long long)p->step, memory.rows);
  T_CHECK(p->best_mean < 2.5);
  graft_trainer_destroy(t);
  graft_sink_memory_fini(&memory);
  quadratic_fini(&q);
}

int main(void) {
  T_RUN(first_light);
  return graft_test_done();
}

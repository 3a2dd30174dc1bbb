/* SPDX-License-Identifier: BSD-2-Clause */
#include "mtl/balancer_impl.h"

#include <math.h>

bool graft_balance_has(const graft_balance *call, size_t k) { return call->active >> k & 1; }

double graft_balance_count(const graft_balance *call) {
  double count = 0;
  for (size_t k = 0; k < call->tasks; k++) count += graft_balance_has(call, k);
  return fmax(count, 1);
}

graft_status graft_balance_check_positive(const char *name, const graft_balance *call) {
  for (size_t k = 0; k < call->tasks; k++) {
    GRAFT_CHECK(!graft_balance_has(call, k) || call->loss[k] > 0, DIVERGED,
                "balancer '%s': expected losses > 0, got %g for task %zu in step %llu", name,
                call->loss[k], k + 1, (unsigned long long)call->step + 1);
  }
  return GRAFT_OK;
}

void graft_balance_softmax(size_t K, const double *x, double *p) {
  double most = -INFINITY, sum = 0;
  for (size_t k = 0; k < K; k++) most = fmax(most, x[k]);
  for (size_t k = 0; k < K; k++) sum += p[k] = most > -INFINITY ? exp(x[k] - most) : 1;
  for (size_t k = 0; k < K; k++) p[k] /= sum;
}

void graft_balance_add(const graft_balance *call, double *sum, double *count) {
  for (size_t k = 0; k < call->tasks; k++) {
    if (!graft_balance_has(call, k)) continue;
    sum[k] += call->loss[k];
    count[k]++;
  }
}

void graft_balance_adam(graft_balance_learned *own, const graft_balance *call, const double *slope,
                        double decay) {
  own->steps++;
  const double first = 1 - pow(0.9, own->steps), second = 1 - pow(0.999, own->steps);
  for (size_t k = 0; k < call->tasks; k++) {
    const double g = slope[k] + decay * own->s[k];
    own->m[k] = 0.9 * own->m[k] + 0.1 * g;
    own->v[k] = 0.999 * own->v[k] + 0.001 * g * g;
    const double step = own->m[k] / first / (sqrt(own->v[k] / second) + 1e-8);
    own->s[k] -= call->config->balancer_lr * step;
  }
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Loss "relative_l2": norm of the error over norm of the target, over the points of the domain.
 * Method:    √(Σ m (u − v)² / (Σ m v² + ε Σ m)); gradient m (u − v) / (error norm · target norm), 0
 *            where the error is 0.
 * Cost:      two passes.
 * Reference: li2021, section 5. */
#include <math.h>

#include "nn/loss_impl.h"

static double sample(size_t points, const graft_real *prediction, const graft_real *target,
                     const graft_real *mask, double epsilon, double factor, graft_real *gradient) {
  graft_loss_sums s = graft_loss_sum(points, prediction, target, mask);
  double error = sqrt(s.error), norm = sqrt(s.target + epsilon * s.weight);
  double scale = error > 0 && norm > 0 ? 1 / (error * norm) : 0;
  if (gradient) {
    graft_loss_difference(points, prediction, target, mask, factor * scale, gradient);
  }
  return norm > 0 ? error / norm : error;
}

const graft_loss_type graft_loss_relative_l2 = {
    .name = "relative_l2",
    .summary = "norm of the error over norm of the target, over the domain",
    .source = "li2021",
    .sample = sample,
};

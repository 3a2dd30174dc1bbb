/* SPDX-License-Identifier: BSD-2-Clause
 * Loss "mse": mean square error over the points of the domain.
 * Method:    Σ m (u − v)² / Σ m; gradient 2 m (u − v) / Σ m. Points outside count neither in the
 *            sum nor in the mean (kumar2025 divides by all points of the grid).
 * Cost:      two passes.
 * Reference: goodfellow2016, section 5.1.4. */
#include "nn/loss_impl.h"

static double sample(size_t points, const graft_real *prediction, const graft_real *target,
                     const graft_real *mask, double epsilon, double factor, graft_real *gradient) {
  (void)epsilon;
  graft_loss_sums s = graft_loss_sum(points, prediction, target, mask);
  double scale = s.weight > 0 ? 1 / s.weight : 0;
  if (gradient) {
    graft_loss_difference(points, prediction, target, mask, 2 * factor * scale, gradient);
  }
  return s.error * scale;
}

const graft_loss_type graft_loss_mse = {
    .name = "mse",
    .summary = "mean square error over the domain",
    .source = "goodfellow2016",
    .sample = sample,
};

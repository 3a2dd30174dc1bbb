/* SPDX-License-Identifier: BSD-2-Clause */
/* Method:    the torsion function of the region over the geometric mean of K in it: exact for
 *            constant K, and blind for where K is large and where it is small.
 * Cost:      one pass.
 * Reference: none. */
#include "deeponet/baseline_impl.h"

#include <math.h>

static graft_status predict(const graft_source_info *info, const graft_source_geometry *geometry,
                            float *u) {
  double sum = 0, count = 0;
  for (size_t p = 0; p < info->points; p++) {
    if (!(geometry->torsion[p] > 0)) continue;
    sum += (double)u[p];
    count++;
  }
  const double factor = exp(-sum / fmax(count, 1));
  for (size_t p = 0; p < info->points; p++) u[p] = (float)(factor * (double)geometry->torsion[p]);
  return GRAFT_OK;
}

const graft_baseline_type graft_baseline_torsion_scaling = {
    .name = "torsion_scaling",
    .summary = "torsion function over the geometric mean of K: nothing is fitted",
    .source = "",
    .field = "log_k",
    .predict = predict,
};

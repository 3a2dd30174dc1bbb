/* SPDX-License-Identifier: BSD-2-Clause */
/* Method:    predict the mean of the training targets whatever the input (of log u: the geometric
 *            mean of u).
 * Cost:      none beyond the mean.
 * Reference: none. */
#include "deeponet/baseline_impl.h"

#include <string.h>

static void weights(const void *state, const graft_baseline_data *data, size_t candidate,
                    size_t first, size_t count, double *scratch, double *out) {
  (void)state, (void)candidate, (void)first, (void)scratch;
  memset(out, 0, count * data->train * sizeof *out);
}

const graft_baseline_type graft_baseline_mean_field = {
    .name = "mean_field",
    .summary = "mean of the training fields",
    .source = "",
    .candidates = 1,
    .weights = weights,
};

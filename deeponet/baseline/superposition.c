/* SPDX-License-Identifier: BSD-2-Clause */
/* Method:    the given field of that name as it is: for heat, the sum of turned one-hole solutions.
 * Cost:      none beside reading it; it was solved for with the data.
 * Reference: carslaw1959, section 1.14 (superposition). */
#include "deeponet/baseline_impl.h"

const graft_baseline_type graft_baseline_superposition = {
    .name = "superposition",
    .summary = "sum of one-hole solutions, a field of the data set",
    .source = "carslaw1959",
    .field = "superposition",
};

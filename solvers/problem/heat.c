/* SPDX-License-Identifier: BSD-2-Clause
 * Problem "heat": steady conduction in a perforated plate, heated at its holes, cooled at its rim
 * and at the bottom of its boss; geometry, coefficients and designs are Graft's own, after the
 * third benchmark of kumar2025, whose constants are not published. */
#include "solvers/heat.h"
#include "solvers/problem.h"

static const graft_problem_field output[] = {{"u", "temperature", "1"}, {0}};
static const graft_problem_field input[] = {
    {"along", "coordinate along the axis of the next hole", "1"}, {0}};

const graft_problem_type graft_problem_heat = {
    .name = "heat",
    .summary = "heat in a perforated plate in 3-D, tasks: numbers of holes",
    .source = "kumar2025",
    .equation = "div(grad u) = 0, du/dn = 1 at holes, -u at the rim, -4 u under the boss",
    .dims = 3,
    .output = output,
    .input = input,
    .generator = &graft_generator_heat,
};

/* SPDX-License-Identifier: BSD-2-Clause */
/* Method:    the coarse Galerkin solution in the space u₀ w, see deeponet/coarse.c: what transform
 *            galerkin starts from. Nothing is fitted; it is a solver.
 * Cost:      a banded Cholesky factor, 0.3 ms for 16 x 16 cells.
 * Reference: hollig2003 (weighted B-splines). */
#include "deeponet/baseline_impl.h"

#include "base/arena.h"
#include "deeponet/coarse_impl.h"

enum { CELLS = 16, SPLINES = (CELLS + 2) * (CELLS + 2) };

static graft_status predict(const graft_source_info *info, const graft_source_geometry *geometry,
                            float *u) {
  const size_t n = info->grid[1];
  double w[SPLINES], *scratch;
  GRAFT_TRY(graft_alloc(&scratch, graft_coarse_scratch(CELLS), sizeof *scratch));
  graft_coarse_solve(info, CELLS, geometry->torsion, u, w, scratch);
  for (size_t p = 0; p < info->points; p++) {
    const size_t i = p / n, j = p % n;
    u[p] = (float)((double)geometry->torsion[p] *
                   graft_coarse_value(info, CELLS, w, (double)i, (double)j));
  }
  graft_free(scratch);
  return GRAFT_OK;
}

const graft_baseline_type graft_baseline_galerkin = {
    .name = "galerkin",
    .summary = "torsion function x B-splines on 16 x 16 cells: a coarse solver",
    .source = "hollig2003",
    .field = "log_k",
    .predict = predict,
};

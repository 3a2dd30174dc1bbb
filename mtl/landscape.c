/* SPDX-License-Identifier: BSD-2-Clause */
#include "mtl/landscape.h"

#include <math.h>
#include <string.h>

#include "base/rng.h"

/* A kernel's output units lie on its last axis. */
static void scale_filters(const graft_block *block, const graft_real *theta, graft_real *d) {
  const size_t units = block->shape.dim[block->shape.rank - 1];
  for (size_t u = 0; u < units; u++) {
    double size = 0, length = 0;
    for (size_t i = u; i < block->count; i += units) {
      size += (double)theta[i] * (double)theta[i];
      length += (double)d[i] * (double)d[i];
    }
    const graft_real factor = (graft_real)(length > 0 ? sqrt(size / length) : 0);
    for (size_t i = u; i < block->count; i += units) d[i] *= factor;
  }
}

void graft_landscape_direction(const graft_layout *layout, const graft_real *theta, uint64_t seed,
                               uint64_t index, graft_real *direction) {
  for (size_t b = 0; b < layout->blocks; b++) {
    const graft_block *block = &layout->block[b];
    graft_real *d = direction + block->offset;
    if (block->frozen || !block->decay || block->shape.rank < 2) {
      memset(d, 0, block->count * sizeof *d);
      continue;
    }
    graft_rng rng;
    graft_rng_init(&rng, seed, GRAFT_STREAM_LANDSCAPE, index * layout->blocks + b);
    for (size_t i = 0; i < block->count; i++) d[i] = (graft_real)graft_rng_normal(&rng);
    scale_filters(block, theta + block->offset, d);
  }
}

void graft_landscape_point(size_t n, const graft_real *theta, const graft_real *first, double a,
                           const graft_real *second, double b, graft_real *point) {
  const graft_real p = (graft_real)a, q = (graft_real)b;
#pragma omp simd
  for (size_t i = 0; i < n; i++) point[i] = theta[i] + p * first[i] + q * second[i];
}

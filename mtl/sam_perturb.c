/* SPDX-License-Identifier: BSD-2-Clause */
/* The perturbation that all methods share. */
#include <math.h>
#include <string.h>

#include "mtl/sam.h"
#include "mtl/vector.h"

enum { GROUPS = GRAFT_MAX_TASKS + 1 /* shared parts, and the private parts of each task */ };

/* T = size |theta| + floor on a block. */
struct scale {
  graft_real size, floor;
};

static struct scale scale_of(const graft_block *block, graft_sam_measure measure, double eta) {
  switch (measure) {
  case GRAFT_SAM_MAGNITUDE: return (struct scale){1, 0};
  case GRAFT_SAM_KERNELS:
    if (block->decay) return (struct scale){1, (graft_real)eta};
    break;
  case GRAFT_SAM_PLAIN: break;
  }
  return (struct scale){0, 1};
}

/* The group of a block: 0 shared, 1 + k private to task k. */
static size_t group_of(const graft_direction *d, const graft_block *block) {
  for (size_t p = 0; p < d->owned; p++) {
    if (d->own[p].span.offset == block->offset) return 1 + d->own[p].task;
  }
  return 0;
}

/* Σ (T g)² of a block. */
static double square(struct scale s, size_t count, const graft_real *theta, const graft_real *g) {
  double sum = 0;
  if (s.size == 0) return graft_vector_dot(g, g, count);
#pragma omp simd reduction(+ : sum)
  for (size_t i = 0; i < count; i++) {
    const graft_real size = theta[i] < 0 ? -theta[i] : theta[i];
    const double v = (double)((s.size * size + s.floor) * g[i]);
    sum += v * v;
  }
  return sum;
}

/* point = theta + factor T² g on a block. */
static void move(struct scale s, size_t count, double factor, const graft_real *restrict theta,
                 const graft_real *restrict g, graft_real *restrict point) {
  const graft_real f = (graft_real)factor;
#pragma omp simd
  for (size_t i = 0; i < count; i++) {
    const graft_real size = theta[i] < 0 ? -theta[i] : theta[i], t = s.size * size + s.floor;
    point[i] = theta[i] + f * t * t * g[i];
  }
}

bool graft_sam_perturb(const graft_direction *d, graft_sam_measure measure, double eta,
                       bool separate, double rho, const graft_real *theta, const graft_real *g,
                       graft_real *point) {
  const graft_layout *layout = d->objective->layout;
  double sum[GROUPS] = {0};
  bool moved = false;
  for (size_t b = 0; b < layout->blocks; b++) {
    const graft_block *block = &layout->block[b];
    const size_t group = separate ? group_of(d, block) : 0;
    if (block->frozen) continue;
    sum[group] += square(scale_of(block, measure, eta), block->count, theta + block->offset,
                         g + block->offset);
  }
  for (size_t b = 0; b < layout->blocks; b++) {
    const graft_block *block = &layout->block[b];
    const size_t group = separate ? group_of(d, block) : 0, at = block->offset;
    if (block->frozen || !(sum[group] > 0) || !isfinite(sum[group])) {
      memcpy(point + at, theta + at, block->count * sizeof *point);
    } else {
      move(scale_of(block, measure, eta), block->count, rho / sqrt(sum[group]), theta + at, g + at,
           point + at);
      moved = true;
    }
  }
  return moved;
}

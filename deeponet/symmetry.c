/* SPDX-License-Identifier: BSD-2-Clause */
#include "deeponet/symmetry.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/arena.h"

static const double sdf_tolerance = 1e-6, torsion_tolerance = 1e-3;

/* A candidate: output axis a reads input axis order[a], backwards if flip[a]. */
struct motion {
  int order[3];
  bool flip[3];
};

/* The i-th candidate of the grid; flips vary fastest. False when axes that it swaps differ. */
static bool motion_get(const graft_source_info *info, size_t i, struct motion *motion) {
  static const int orders[6][3] = {{0, 1, 2}, {1, 0, 2}, {0, 2, 1},
                                   {2, 1, 0}, {1, 2, 0}, {2, 0, 1}};
  for (int a = 0; a < 3; a++) {
    motion->order[a] = orders[i / 8][a];
    motion->flip[a] = i >> a & 1;
    if (a >= info->dims && (motion->flip[a] || motion->order[a] != a)) return false;
  }
  if (info->in_time && (motion->flip[0] || motion->order[0] != 0)) return false;
  for (int a = 0; a < info->dims; a++) {
    int b = motion->order[a];
    for (size_t j = 0; j < info->inputs; j++) { /* an input's axes stay its own */
      if ((info->input[j].axes >> a & 1) != (info->input[j].axes >> b & 1)) return false;
    }
    double side = info->hi[a] - info->lo[a], other = info->hi[b] - info->lo[b];
    if (b >= info->dims || info->grid[a] != info->grid[b]) return false;
    if (fabs(side - other) > 1e-12 * fabs(side)) return false;
  }
  return true;
}

static void motion_points(const graft_source_info *info, const struct motion *motion,
                          uint32_t *point) {
  size_t n[3] = {1, 1, 1}, stride[3], i[3], at[3] = {0};
  for (int a = 0; a < info->dims; a++) n[a] = info->grid[a];
  stride[2] = 1;
  stride[1] = n[2];
  stride[0] = n[2] * n[1];
  for (size_t p = 0; p < info->points; p++) {
    i[0] = p / stride[0];
    i[1] = p / stride[1] % n[1];
    i[2] = p % n[2];
    for (int a = 0; a < 3; a++) {
      at[motion->order[a]] = motion->flip[a] ? n[a] - 1 - i[a] : i[a];
    }
    point[p] = (uint32_t)(at[0] * stride[0] + at[1] * stride[1] + at[2] * stride[2]);
  }
}

static bool invariant(const graft_source_geometry *geometry, const uint32_t *point, size_t points) {
  double largest = 0;
  for (size_t p = 0; p < points; p++) largest = fmax(largest, (double)geometry->torsion[p]);
  for (size_t p = 0; p < points; p++) {
    size_t q = point[p];
    if (geometry->mask[p] != geometry->mask[q]) return false;
    if (fabs((double)geometry->sdf[p] - (double)geometry->sdf[q]) > sdf_tolerance) return false;
    double change = fabs((double)geometry->torsion[p] - (double)geometry->torsion[q]);
    if (change > torsion_tolerance * largest) return false;
  }
  return true;
}

static size_t find(const graft_symmetry *s, const uint32_t *point) {
  size_t h = 0;
  while (h < s->count && memcmp(s->point + h * s->points, point, s->points * sizeof *point) != 0) {
    h++;
  }
  return h;
}

/* Fill product and inverse; @p scratch [P]. */
static graft_status multiply(graft_symmetry *s, uint32_t *scratch) {
  size_t g = s->count;
  for (size_t a = 0; a < g; a++) {
    for (size_t b = 0; b < g; b++) {
      for (size_t p = 0; p < s->points; p++) {
        scratch[p] = s->point[a * s->points + s->point[b * s->points + p]];
      }
      size_t c = find(s, scratch);
      GRAFT_CHECK(c < g, INTERNAL, "symmetries %zu and %zu of a region leave the group", a, b);
      s->product[a * g + b] = c;
      if (c == 0) s->inverse[a] = b;
    }
  }
  return GRAFT_OK;
}

/* A maximal subgroup whose elements are their own inverses and commute; flips come first. */
static void find_pairs(graft_symmetry *s) {
  size_t g = s->count;
  s->pair[0] = 0;
  for (size_t h = 1; h < g && s->bits < 3; h++) {
    bool fits = s->inverse[h] == h;
    for (size_t i = 0; i < (size_t)1 << s->bits; i++) {
      size_t a = s->pair[i];
      fits = fits && a != h && s->product[a * g + h] == s->product[h * g + a];
    }
    if (!fits) continue;
    size_t old = (size_t)1 << s->bits;
    for (size_t i = 0; i < old; i++) s->pair[old + i] = s->product[s->pair[i] * g + h];
    s->bits++;
  }
}

graft_status graft_symmetry_init(graft_symmetry *symmetry, const graft_source_info *info,
                                 const graft_source_geometry *geometry) {
  struct motion motion;
  uint32_t *scratch = NULL;
  graft_status status;
  *symmetry = (graft_symmetry){.points = info->points};
  GRAFT_CHECK(info->points < UINT32_MAX, INPUT, "symmetries: expected fewer than 2^32 points");
  size_t most = geometry ? GRAFT_MAX_SYMMETRIES : 1;
  GRAFT_TRY(graft_alloc(&symmetry->point, most * info->points, sizeof *symmetry->point));
  for (size_t i = 0; i < most; i++) {
    uint32_t *point = symmetry->point + symmetry->count * info->points;
    if (!motion_get(info, i, &motion)) continue;
    motion_points(info, &motion, point);
    if (i && !invariant(geometry, point, info->points)) continue;
    if (find(symmetry, point) == symmetry->count) symmetry->count++;
  }
  size_t g = symmetry->count;
  GRAFT_TRY(graft_alloc(&symmetry->product, g * g, sizeof *symmetry->product));
  GRAFT_TRY(graft_alloc(&symmetry->inverse, g, sizeof *symmetry->inverse));
  GRAFT_TRY(graft_alloc(&scratch, info->points, sizeof *scratch));
  GRAFT_TRY_TO(done, multiply(symmetry, scratch));
  find_pairs(symmetry);
done:
  graft_free(scratch);
  return status;
}

void graft_symmetry_fini(graft_symmetry *symmetry) {
  graft_free(symmetry->point);
  graft_free(symmetry->product);
  graft_free(symmetry->inverse);
  *symmetry = (graft_symmetry){0};
}

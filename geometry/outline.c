/* SPDX-License-Identifier: BSD-2-Clause */
/* The boundary's mesh nodes.
 *
 * Method:    with a size h(s) along an edge, the number of pieces is the integral of 1/h rounded
 *            up and node k stands where the integral has reached k parts; where h is constant all
 *            pieces are equal. h is the smallest of the target size, the caller's grading and the
 *            width of the region there (the distance across it to an edge that is no neighbour).
 *            We do this, not the mesher, so that nodes lie exactly on arcs.
 * Cost:      SAMPLES sizes per edge, each O(edges within the target size). */
#include <math.h>

#include "base/arena.h"
#include "geometry/mesh_impl.h"
#include "geometry/region_impl.h"

enum { SAMPLES = 256, MAX_PIECES = 100000 };
#define MAX_TURN 0.39269908169872414 /* 22.5° per piece of an arc, 16 pieces of a circle */
#define THINNEST (1.0 / 64)          /* of the target size: narrower regions are refused */

/* How an edge is divided. */
struct division {
  size_t pieces;
  bool uniform;            /* into equal pieces */
  double sum[SAMPLES + 1]; /* integral of 1/h up to sample i */
};

/* What the size along one edge depends on. */
struct sizer {
  const graft_region *region;
  graft_sizing *sizing;
  size_t *near, nears; /* [nears] edges within the target size that are no neighbours */
};

static bool share_end(const graft_edge *a, const graft_edge *b) {
  const double *end[2][2] = {{a->from, a->to}, {b->from, b->to}};
  for (int i = 0; i < 4; i++) {
    const double *p = end[0][i / 2], *q = end[1][i % 2];
    if (p[0] == q[0] && p[1] == q[1]) return true;
  }
  return false;
}

static void find_near(struct sizer *sizer, size_t edge) {
  const graft_edge *mine = &sizer->region->edge[edge];
  graft_box box = graft_edge_box(mine);
  double reach = sizer->sizing->config->size;
  sizer->nears = 0;
  for (size_t i = 0; i < sizer->region->edges; i++) {
    const graft_edge *other = &sizer->region->edge[i];
    if (i == edge || share_end(mine, other)) continue;
    graft_box b = graft_edge_box(other);
    if (b.min[0] < box.max[0] + reach && b.max[0] > box.min[0] - reach &&
        b.min[1] < box.max[1] + reach && b.max[1] > box.min[1] - reach) {
      sizer->near[sizer->nears++] = i;
    }
  }
}

/* Width of the region at a boundary point, as far as it is below `limit`. */
static double width_at(const struct sizer *sizer, const double *xy, double limit) {
  for (size_t i = 0; i < sizer->nears; i++) {
    double other[2];
    double gap = graft_edge_project(&sizer->region->edge[sizer->near[i]], xy, other);
    if (gap < limit &&
        graft_region_contains(sizer->region, 0.5 * (xy[0] + other[0]), 0.5 * (xy[1] + other[1]))) {
      limit = gap;
    }
  }
  return limit;
}

static graft_status size_at(const struct sizer *sizer, const double *xy, double *size) {
  double target = sizer->sizing->config->size;
  double wanted = graft_sizing_at(sizer->sizing, xy[0], xy[1]);
  GRAFT_CHECK(wanted > 0, INTERNAL, "mesh grading: expected sizes > 0, got %g at (%.6g, %.6g)",
              wanted, xy[0], xy[1]);
  *size = width_at(sizer, xy, wanted);
  GRAFT_CHECK(*size >= fmin(wanted, THINNEST * target), INPUT,
              "the region is too thin near (%.6g, %.6g) for mesh size %g: expected a width of at "
              "least %.3g, got %.3g",
              xy[0], xy[1], target, THINNEST * target, *size);
  return GRAFT_OK;
}

/* Where sample i ∈ [0, SAMPLES] is on the edge: dense at both ends, where corners are. */
static double sample(double i) {
  double a = pow(i / SAMPLES, 3), b = pow(1 - i / SAMPLES, 3);
  return a / (a + b);
}

/* Midpoint rule over 1/h. */
static graft_status divide(struct sizer *sizer, size_t row, struct division *division) {
  const graft_edge *edge = &sizer->region->edge[row];
  double first = 0;
  find_near(sizer, row);
  division->uniform = true;
  division->sum[0] = 0;
  for (int i = 0; i < SAMPLES; i++) {
    double xy[2], size = 0;
    graft_edge_point(edge, sample(i + 0.5), xy);
    GRAFT_TRY(size_at(sizer, xy, &size));
    if (edge->bulge != 0) size = fmin(size, MAX_TURN * edge->radius);
    if (i == 0) first = size;
    division->uniform = division->uniform && size == first;
    division->sum[i + 1] = division->sum[i] + edge->length * (sample(i + 1) - sample(i)) / size;
  }
  double pieces = ceil(division->sum[SAMPLES] - 1e-9);
  pieces = fmax(pieces, sizer->region->loop[edge->loop].edges < 3 ? 2 : 1);
  GRAFT_CHECK(pieces <= MAX_PIECES, USAGE,
              "mesh size: expected at most %d pieces per edge, got %.0f", MAX_PIECES, pieces);
  division->pieces = (size_t)pieces;
  return GRAFT_OK;
}

/* Fraction of the edge's length at which piece k begins. */
static double begin_of(const struct division *division, size_t k) {
  double share = (double)k / (double)division->pieces;
  if (division->uniform || k == 0 || k == division->pieces) return share;
  double want = share * division->sum[SAMPLES];
  int low = 0, high = SAMPLES;
  while (high - low > 1) {
    int middle = (low + high) / 2;
    if (division->sum[middle] <= want) {
      low = middle;
    } else {
      high = middle;
    }
  }
  double step = division->sum[low + 1] - division->sum[low];
  return sample(low + (want - division->sum[low]) / step);
}

/* Nodes of one loop, in the direction that has the region on the left. */
static void walk(const graft_region *region, const graft_loop *loop,
                 const struct division *division, graft_outline *outline) {
  size_t n = loop->edges, first = outline->nodes;
  for (size_t i = 0; i < n; i++) {
    size_t row = loop->first_edge + (loop->reversed ? n - 1 - i : i);
    for (size_t k = 0; k < division[row].pieces; k++) {
      size_t node = outline->nodes++;
      double *at = outline->at + 2 * node;
      at[0] = begin_of(&division[row], k);
      at[1] = begin_of(&division[row], k + 1);
      graft_edge_point(&region->edge[row], at[0], outline->xy + 2 * node);
      outline->tag[node] = (int)row;
      outline->next[node] = (int)node + 1;
    }
  }
  outline->next[outline->nodes - 1] = (int)first;
}

graft_status graft_outline_create(const graft_region *region, graft_sizing *sizing,
                                  graft_outline *outline) {
  graft_status status = GRAFT_OK;
  struct sizer sizer = {.region = region, .sizing = sizing};
  struct division *division = NULL;
  size_t nodes = 0;
  *outline = (graft_outline){0};
  GRAFT_TRY_TO(fail, graft_alloc(&division, region->edges, sizeof *division));
  GRAFT_TRY_TO(fail, graft_alloc(&sizer.near, region->edges, sizeof *sizer.near));
  for (size_t i = 0; i < region->edges; i++) {
    GRAFT_TRY_TO(fail, divide(&sizer, i, &division[i]));
    nodes += division[i].pieces;
  }
  GRAFT_TRY_TO(fail, graft_alloc(&outline->xy, 2 * nodes, sizeof *outline->xy));
  GRAFT_TRY_TO(fail, graft_alloc(&outline->at, 2 * nodes, sizeof *outline->at));
  GRAFT_TRY_TO(fail, graft_alloc(&outline->next, nodes, sizeof *outline->next));
  GRAFT_TRY_TO(fail, graft_alloc(&outline->tag, nodes, sizeof *outline->tag));
  for (size_t i = 0; i < region->loops; i++) walk(region, &region->loop[i], division, outline);
  graft_free(division);
  graft_free(sizer.near);
  return GRAFT_OK;
fail:
  graft_free(division);
  graft_free(sizer.near);
  graft_outline_fini(outline);
  return status;
}

void graft_outline_fini(graft_outline *outline) {
  graft_free(outline->xy);
  graft_free(outline->at);
  graft_free(outline->next);
  graft_free(outline->tag);
  *outline = (graft_outline){0};
}

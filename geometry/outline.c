/* SPDX-License-Identifier: BSD-2-Clause */
/* The boundary's mesh nodes.
 *
 * Method:    with a size function h(s) along an edge, the number of pieces is the integral of 1/h
 *            rounded up and node k stands where the integral has reached k parts; without one all
 *            pieces are equal. We do this, not the mesher, so that nodes lie exactly on arcs.
 * Cost:      SAMPLES evaluations of the size function per edge. */
#include <math.h>

#include "base/arena.h"
#include "geometry/mesh_impl.h"

enum { SAMPLES = 1024, MAX_PIECES = 1000000 };
#define MAX_TURN 0.39269908169872414 /* 22.5° per piece of an arc, 16 pieces of a circle */

struct density {
  double sum[SAMPLES + 1]; /* integral of 1/h up to sample i */
};

static double size_at(const graft_mesh_config *config, const double *xy) {
  if (!config->grading) return config->size;
  return fmin(config->size, config->grading(config->grading_ctx, xy[0], xy[1]));
}

/* Midpoint rule; false when the size function gives something that is no size. */
static bool integrate(const graft_edge *edge, const graft_mesh_config *config,
                      struct density *density) {
  density->sum[0] = 0;
  for (int i = 0; i < SAMPLES; i++) {
    double xy[2];
    graft_edge_point(edge, (i + 0.5) / SAMPLES, xy);
    double size = size_at(config, xy);
    if (!(size > 0)) return false;
    density->sum[i + 1] = density->sum[i] + edge->length / (SAMPLES * size);
  }
  return true;
}

/* Fraction of the edge's length at which the integral is `share` of the whole. */
static double quantile(const struct density *density, double share) {
  double want = share * density->sum[SAMPLES];
  int low = 0, high = SAMPLES;
  while (high - low > 1) {
    int middle = (low + high) / 2;
    if (density->sum[middle] <= want) {
      low = middle;
    } else {
      high = middle;
    }
  }
  double step = density->sum[low + 1] - density->sum[low];
  return (low + (want - density->sum[low]) / step) / SAMPLES;
}

static graft_status count_pieces(const graft_region *region, size_t edge,
                                 const graft_mesh_config *config, struct density *density,
                                 size_t *pieces) {
  const graft_edge *e = &region->edge[edge];
  GRAFT_CHECK(integrate(e, config, density), INTERNAL,
              "mesh grading: expected sizes > 0 along edge %zu of the region", edge + 1);
  double wanted = ceil(density->sum[SAMPLES] - 1e-9);
  double turns = ceil(4.0 * atan(fabs(e->bulge)) / MAX_TURN - 1e-9);
  double least = region->loop[e->loop].edges < 3 ? 2 : 1;
  wanted = fmax(wanted, fmax(turns, least));
  GRAFT_CHECK(wanted <= MAX_PIECES, USAGE,
              "mesh size: expected at most %d pieces per edge, got %.0f", MAX_PIECES, wanted);
  *pieces = (size_t)wanted;
  return GRAFT_OK;
}

/* Nodes of one loop, in the direction that has the region on the left. */
static void walk(const graft_region *region, const graft_loop *loop,
                 const graft_mesh_config *config, const size_t *pieces, struct density *density,
                 graft_outline *outline) {
  size_t n = loop->edges, first = outline->nodes, at = loop->first_edge;
  for (size_t i = 0; i < n; i++) {
    size_t row = at + (loop->reversed ? n - 1 - i : i);
    const graft_edge *edge = &region->edge[row];
    size_t count = pieces[row];
    bool graded = config->grading && integrate(edge, config, density);
    for (size_t k = 0; k < count; k++) {
      size_t node = outline->nodes++;
      for (size_t end = 0; end < 2; end++) {
        double share = (double)(k + end) / (double)count;
        bool inner = k + end > 0 && k + end < count;
        outline->at[2 * node + end] = graded && inner ? quantile(density, share) : share;
      }
      graft_edge_point(edge, outline->at[2 * node], outline->xy + 2 * node);
      outline->tag[node] = (int)row;
      outline->next[node] = (int)node + 1;
      outline->size[node] = size_at(config, outline->xy + 2 * node);
    }
  }
  outline->next[outline->nodes - 1] = (int)first;
}

graft_status graft_outline_create(const graft_region *region, const graft_mesh_config *config,
                                  graft_outline *outline) {
  graft_status status = GRAFT_OK;
  struct density *density = NULL;
  size_t *pieces = NULL, nodes = 0;
  *outline = (graft_outline){0};
  GRAFT_TRY_TO(fail, graft_alloc(&density, 1, sizeof *density));
  GRAFT_TRY_TO(fail, graft_alloc(&pieces, region->edges, sizeof *pieces));
  for (size_t i = 0; i < region->edges; i++) {
    GRAFT_TRY_TO(fail, count_pieces(region, i, config, density, &pieces[i]));
    nodes += pieces[i];
  }
  GRAFT_TRY_TO(fail, graft_alloc(&outline->xy, 2 * nodes, sizeof *outline->xy));
  GRAFT_TRY_TO(fail, graft_alloc(&outline->at, 2 * nodes, sizeof *outline->at));
  GRAFT_TRY_TO(fail, graft_alloc(&outline->next, nodes, sizeof *outline->next));
  GRAFT_TRY_TO(fail, graft_alloc(&outline->tag, nodes, sizeof *outline->tag));
  GRAFT_TRY_TO(fail, graft_alloc(&outline->size, nodes, sizeof *outline->size));
  for (size_t i = 0; i < region->loops; i++) {
    walk(region, &region->loop[i], config, pieces, density, outline);
  }
  graft_free(density);
  graft_free(pieces);
  return GRAFT_OK;
fail:
  graft_free(density);
  graft_free(pieces);
  graft_outline_fini(outline);
  return status;
}

void graft_outline_fini(graft_outline *outline) {
  graft_free(outline->xy);
  graft_free(outline->at);
  graft_free(outline->next);
  graft_free(outline->tag);
  graft_free(outline->size);
  *outline = (graft_outline){0};
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Mesh of a sector of the perforated plate.
 *
 * Method:    the cross-section is two regions, the sector of the ring with half a hole and that of
 *            the boss, which share the pieces of the arc between them: each piece is an edge of
 *            both that is not divided further. Both are meshed and joined at the arc's nodes, then
 *            extruded, the boss over all layers, the ring over those above z = 0.
 * Cost:      that of graft_mesh_create(). */
#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "geometry/plate.h"
#include "geometry/region_impl.h"

enum { MAX_ARC = 1200, MAX_LAYERS = 128, RING_HOLE = 2, RING_RIM = 4 };
#define GROWTH 0.5 /* of the element size per length away from holes and boss */
#define BOSS 0.1   /* of the element size: at the edge between disc and boss */

/* Wanted element size. */
struct sizing {
  const graft_plate *plate;
  double size; /* far from holes and boss */
  double hole; /* at holes */
  double boss; /* at the boss's circle */
};

static double size_at(void *ctx, double x, double y) {
  const struct sizing *s = ctx;
  double hole = fabs(hypot(x - s->plate->position, y) - s->plate->radius);
  double boss = fabs(hypot(x, y) - GRAFT_PLATE_BOSS);
  return fmin(s->size, fmin(s->hole + GROWTH * hole, s->boss + GROWTH * boss));
}

static struct sizing sizing_of(const graft_plate *plate, double size) {
  struct sizing s = {.plate = plate, .size = size};
  double gap = plate->position - plate->radius - GRAFT_PLATE_BOSS;
  s.hole = fmin(0.5 * size, 0.4 * plate->radius);
  s.boss = fmin(BOSS * size, gap);
  return s;
}

/* Point at @p r and fraction i/n of the sector's angle; exact on both ends. */
static graft_vertex polar(double r, double angle, size_t i, size_t n, double bulge) {
  double a = angle * (double)i / (double)n;
  bool flat = i == 0 || (i == n && angle == GRAFT_PI);
  return (graft_vertex){r * cos(a), flat ? 0 : r * sin(a), bulge};
}

/* Edge 1 and 3: along the hole's axis of symmetry; 2: hole; 4: rim; 5: between holes; others: arc.
 */
static graft_status make_ring(const graft_plate *plate, double angle, size_t pieces,
                              graft_region *region) {
  graft_vertex vertex[MAX_ARC + 5];
  double h = plate->position, r = plate->radius, turn = tan(angle / (4 * (double)pieces));
  size_t n = 0;
  vertex[n++] = polar(GRAFT_PLATE_BOSS, angle, 0, pieces, -turn);
  vertex[n++] = (graft_vertex){h - r, 0, 0};
  vertex[n++] = (graft_vertex){h + r, 0, -1};
  vertex[n++] = (graft_vertex){GRAFT_PLATE_RADIUS, 0, 0};
  vertex[n++] = polar(GRAFT_PLATE_RADIUS, angle, 1, 1, tan(angle / 4));
  vertex[n++] = polar(GRAFT_PLATE_BOSS, angle, pieces, pieces, 0);
  for (size_t i = pieces - 1; i > 0; i--) {
    vertex[n++] = polar(GRAFT_PLATE_BOSS, angle, i, pieces, -turn);
  }
  return graft_region_add_loop(region, n, vertex);
}

static graft_status make_boss(double angle, size_t pieces, graft_region *region) {
  graft_vertex vertex[MAX_ARC + 2];
  double turn = tan(angle / (4 * (double)pieces));
  size_t n = 0;
  vertex[n++] = (graft_vertex){0, 0, 0};
  for (size_t i = 0; i <= pieces; i++) {
    vertex[n++] = polar(GRAFT_PLATE_BOSS, angle, i, pieces, i ? turn : 0);
  }
  if (angle == GRAFT_PI) { /* the centre is no corner */
    return graft_region_add_loop(region, n - 1, vertex + 1);
  }
  return graft_region_add_loop(region, n, vertex);
}

static graft_status mesh_part(const graft_region *region, struct sizing *sizing, int order,
                              graft_mesh *mesh) {
  graft_mesh_config config = {
      .size = sizing->size, .order = order, .grading = size_at, .grading_ctx = sizing};
  GRAFT_TRY(graft_region_validate(region, NULL));
  return graft_mesh_create(region, &config, mesh);
}

/* Nodes of the ring on the boss's circle, whatever edge they belong to. */
static bool on_arc(const double *xy) { return fabs(hypot(xy[0], xy[1]) - GRAFT_PLATE_BOSS) < 1e-9; }

/* Number in the joined mesh of each node of the boss: that of the ring's node at its place, or a
 * new one. */
static graft_status match(const graft_mesh *ring, const graft_mesh *boss, int *number,
                          size_t *nodes) {
  size_t shared = 0, arc = 0;
  *nodes = ring->nodes;
  for (size_t j = 0; j < ring->nodes; j++) arc += ring->boundary[j] && on_arc(ring->xy + 2 * j);
  for (size_t i = 0; i < boss->nodes; i++) {
    const double *xy = boss->xy + 2 * i;
    number[i] = -1;
    for (size_t j = 0; boss->boundary[i] && on_arc(xy) && j < ring->nodes; j++) {
      const double *other = ring->xy + 2 * j;
      if (ring->boundary[j] && hypot(xy[0] - other[0], xy[1] - other[1]) < 1e-10) {
        number[i] = (int)j;
        shared++;
        break;
      }
    }
    if (number[i] < 0) number[i] = (int)(*nodes)++;
  }
  GRAFT_CHECK(shared == arc, INTERNAL,
              "plate: expected %zu nodes of the ring on the boss's circle, the boss has %zu of "
              "them",
              arc, shared);
  return GRAFT_OK;
}

/* Is boundary edge i of a part the part's side of the arc? */
static bool inner_edge(const graft_mesh *part, size_t i) {
  const int *edge = part->edge + (part->order == 2 ? 3 : 2) * i;
  return on_arc(part->xy + 2 * (size_t)edge[0]) && on_arc(part->xy + 2 * (size_t)edge[1]);
}

/* Append nodes, triangles and outer edges of a part. @p number NULL: its own numbers. */
static void append(const graft_mesh *part, const int *number, bool ring, graft_mesh *mesh) {
  size_t corners = graft_mesh_element_nodes(part), columns = part->order == 2 ? 3 : 2;
  for (size_t i = 0; i < part->nodes; i++) {
    size_t at = number ? (size_t)number[i] : i;
    memcpy(mesh->xy + 2 * at, part->xy + 2 * i, 2 * sizeof(double));
    mesh->boundary[at] = part->boundary[i] && !on_arc(part->xy + 2 * i);
  }
  for (size_t i = 0; i < part->edges; i++) {
    if (inner_edge(part, i)) continue;
    for (size_t k = 0; k < columns; k++) {
      int node = part->edge[columns * i + k];
      mesh->edge[columns * mesh->edges + k] = number ? number[node] : node;
    }
    int tag = ring && part->edge_tag[i] == RING_HOLE  ? GRAFT_PLATE_HOLE
              : ring && part->edge_tag[i] == RING_RIM ? GRAFT_PLATE_RIM
                                                      : GRAFT_PLATE_INSULATED;
    mesh->edge_tag[mesh->edges] = tag;
    mesh->edge_element[mesh->edges++] = (int)mesh->elements + part->edge_element[i];
  }
  for (size_t i = 0; i < corners * part->elements; i++) {
    int node = part->element[i];
    mesh->element[corners * mesh->elements + i] = number ? number[node] : node;
  }
  mesh->elements += part->elements;
}

static graft_status join(const graft_mesh *ring, const graft_mesh *boss, graft_mesh *mesh) {
  size_t corners = graft_mesh_element_nodes(ring), columns = ring->order == 2 ? 3 : 2;
  size_t elements = ring->elements + boss->elements, edges = ring->edges + boss->edges;
  int *number;
  *mesh = (graft_mesh){.order = ring->order};
  GRAFT_TRY(graft_alloc(&number, boss->nodes, sizeof *number));
  graft_status status = match(ring, boss, number, &mesh->nodes);
  GRAFT_TRY_TO(done, status);
  GRAFT_TRY_TO(done, graft_alloc(&mesh->xy, 2 * mesh->nodes, sizeof *mesh->xy));
  GRAFT_TRY_TO(done, graft_alloc(&mesh->boundary, mesh->nodes, sizeof *mesh->boundary));
  GRAFT_TRY_TO(done, graft_alloc(&mesh->element, corners * elements, sizeof *mesh->element));
  GRAFT_TRY_TO(done, graft_alloc(&mesh->edge, columns * edges, sizeof *mesh->edge));
  GRAFT_TRY_TO(done, graft_alloc(&mesh->edge_tag, edges, sizeof *mesh->edge_tag));
  GRAFT_TRY_TO(done, graft_alloc(&mesh->edge_element, edges, sizeof *mesh->edge_element));
  append(boss, number, false, mesh);
  append(ring, NULL, true, mesh); /* after it: shared nodes have the ring's bits */
done:
  graft_free(number);
  if (status != GRAFT_OK) graft_mesh_fini(mesh);
  return status;
}

static graft_status make_base(const graft_plate *plate, double size, int order, graft_mesh *mesh) {
  graft_status status = GRAFT_OK;
  graft_region ring, boss;
  graft_mesh ring_mesh = {0}, boss_mesh = {0};
  struct sizing sizing = sizing_of(plate, size);
  double angle = plate->holes == 1 ? GRAFT_PI : GRAFT_PI / plate->holes;
  /* pieces shorter than any size that is wanted there: the mesher doesn't divide them */
  double piece = 0.9 * fmin(sizing.boss, GRAFT_PI / 9 * GRAFT_PLATE_BOSS);
  size_t pieces = (size_t)ceil(angle * GRAFT_PLATE_BOSS / piece);
  GRAFT_CHECK(pieces <= MAX_ARC - 2, INTERNAL, "plate: expected at most %d pieces, got %zu",
              MAX_ARC - 2, pieces);
  graft_region_init(&ring);
  graft_region_init(&boss);
  GRAFT_TRY_TO(done, make_ring(plate, angle, pieces, &ring));
  GRAFT_TRY_TO(done, make_boss(angle, pieces, &boss));
  GRAFT_TRY_TO(done, mesh_part(&ring, &sizing, order, &ring_mesh));
  GRAFT_TRY_TO(done, mesh_part(&boss, &sizing, order, &boss_mesh));
  GRAFT_TRY_TO(done, join(&ring_mesh, &boss_mesh, mesh));
done:
  graft_region_fini(&ring);
  graft_region_fini(&boss);
  graft_mesh_fini(&ring_mesh);
  graft_mesh_fini(&boss_mesh);
  return status;
}

/* Levels from 0 to @p length, the first layer of height @p first, growing up to @p most: scaled to
 * fit. Returns the number of layers; level [MAX_LAYERS + 1]. */
static size_t divide(double length, double first, double most, double *level) {
  size_t n = 0;
  level[0] = 0;
  while (n < MAX_LAYERS / 2 && level[n] < length - 1e-12) {
    double height = fmin(most, first + GROWTH * level[n]);
    level[n + 1] = level[n] + height;
    n++;
  }
  double scale = length / level[n];
  for (size_t i = 1; i <= n; i++) level[i] *= scale;
  return n;
}

/* Layers of boss and disc; z [MAX_LAYERS + 1]. */
static size_t make_layers(const struct sizing *sizing, double *z, size_t *below) {
  double boss[MAX_LAYERS + 1], disc[MAX_LAYERS + 1];
  size_t n = divide(-GRAFT_PLATE_BOTTOM, sizing->boss, sizing->size, boss);
  size_t m = divide(GRAFT_PLATE_TOP, sizing->boss, 2 * sizing->size, disc);
  for (size_t i = 0; i <= n; i++) z[i] = i == n ? 0 : -boss[n - i];
  for (size_t i = 1; i <= m; i++) z[n + i] = i == m ? GRAFT_PLATE_TOP : disc[i];
  z[0] = GRAFT_PLATE_BOTTOM;
  *below = n;
  return n + m;
}

/* Triangles of the boss begin at layer 0; their lower ends are cooled. */
static graft_status extrude(const graft_plate *plate, double size, graft_plate_mesh *mesh) {
  double z[MAX_LAYERS + 1];
  size_t below, corners = graft_mesh_element_nodes(&mesh->base);
  struct sizing sizing = sizing_of(plate, size);
  size_t layers = make_layers(&sizing, z, &below);
  int *layer;
  GRAFT_TRY(graft_alloc(&layer, mesh->base.elements, sizeof *layer));
  for (size_t t = 0; t < mesh->base.elements; t++) {
    const int *node = mesh->base.element + corners * t;
    double x = 0, y = 0;
    for (int i = 0; i < 3; i++) {
      x += mesh->base.xy[2 * (size_t)node[i]] / 3;
      y += mesh->base.xy[2 * (size_t)node[i] + 1] / 3;
    }
    layer[t] = hypot(x, y) < GRAFT_PLATE_BOSS ? 0 : (int)below;
  }
  graft_status status = graft_solid_extrude(&mesh->base, layer, layers, z, &mesh->solid);
  graft_free(layer);
  GRAFT_TRY(status);
  for (size_t f = 0; f < mesh->solid.faces; f++) {
    int *tag = &mesh->solid.face_tag[f];
    *tag = *tag >= 0                    ? *tag
           : *tag == GRAFT_SOLID_BOTTOM ? GRAFT_PLATE_COOLED
                                        : GRAFT_PLATE_INSULATED;
  }
  return GRAFT_OK;
}

graft_status graft_plate_mesh_create(const graft_plate *plate, double size, int order,
                                     graft_plate_mesh *mesh) {
  *mesh = (graft_plate_mesh){.base = {.order = order}};
  GRAFT_CHECK(size >= 0.02 && size <= 0.5, USAGE, "mesh size: expected 0.02 to 0.5, got %g", size);
  GRAFT_TRY(graft_plate_validate(plate));
  GRAFT_TRY(make_base(plate, size, order, &mesh->base));
  graft_status status = extrude(plate, size, mesh);
  if (status != GRAFT_OK) graft_plate_mesh_fini(mesh);
  return status;
}

size_t graft_plate_mesh_whole(const graft_plate *plate, const graft_plate_mesh *mesh) {
  const double slack = 1e-9;
  double c = cos(GRAFT_PI / plate->holes), s = sin(GRAFT_PI / plate->holes);
  size_t n = (size_t)plate->holes, whole = 0;
  for (size_t i = 0; i < mesh->solid.nodes; i++) {
    const double *p = mesh->solid.xyz + 3 * i;
    bool first = fabs(p[1]) < slack, second = fabs(s * p[0] - c * p[1]) < slack;
    bool centre = hypot(p[0], p[1]) < slack;
    whole += centre ? 1 : first || second ? n : 2 * n;
  }
  return whole;
}

void graft_plate_mesh_fini(graft_plate_mesh *mesh) {
  graft_mesh_fini(&mesh->base);
  graft_solid_fini(&mesh->solid);
}

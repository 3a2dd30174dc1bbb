/* SPDX-License-Identifier: BSD-2-Clause */
/* The only file that knows gmsh.
 *
 * Method:    the outline (our boundary nodes) goes to gmsh as a polygon whose sides are not
 *            divided further; gmsh fills it with triangles by its frontal Delaunay algorithm.
 *            Boundary nodes keep our coordinates, inner nodes follow in the order of gmsh's tags.
 * Cost:      some 20 µs per element. gmsh is started anew for each mesh, which costs next to
 *            nothing: with what an earlier mesh leaves in it, one region in twelve was meshed
 *            otherwise than in a fresh process.
 * Reference: geuzaine2009. */
#include <gmshc.h>
#include <locale.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "geometry/mesh_impl.h"

#define FINE 0.3 /* of the target size: short for a piece of the boundary */
enum { TRIANGLE = 2 /* gmsh's element type */, FRONTAL_DELAUNAY = 6 };

/* Fail unless the gmsh call before, which set `error`, went well. */
static graft_status check(int error, const char *what) {
  if (!error) return GRAFT_OK;
  char *text = NULL;
  int ignored;
  gmshLoggerGetLastError(&text, &ignored);
  if (text) text[strcspn(text, "\n")] = '\0';
  graft_status status =
      graft_error_set(GRAFT_INPUT, __FILE__, __LINE__, "gmsh can't mesh the region (%s): %s", what,
                      text && *text ? text : "no reason given");
  gmshFree(text);
  return status;
}

static bool started; /* gmsh itself is one global object; this is its only mirror */

static graft_status start(void) {
  static const struct {
    const char *name;
    double value;
  } option[] = {
      {"General.Terminal", 0},
      {"General.AbortOnError", 2},
      {"General.NumThreads", 1},
      {"Mesh.Algorithm", FRONTAL_DELAUNAY},
      {"Mesh.RandomSeed", 1},
      {"Mesh.ElementOrder", 1},
      {"Mesh.CharacteristicLengthFromPoints", 0},
      {"Mesh.CharacteristicLengthFromCurvature", 0},
      {"Mesh.CharacteristicLengthMin", 0},
  };
  if (started) return GRAFT_OK;
  int error;
  char locale[256], *old = setlocale(LC_ALL, NULL); /* gmsh sets its own */
  snprintf(locale, sizeof locale, "%s", old ? old : "C");
  gmshInitialize(0, NULL, 0, &error);
  setlocale(LC_ALL, locale);
  GRAFT_TRY(check(error, "start"));
  started = true;
  for (size_t i = 0; i < sizeof option / sizeof *option; i++) {
    gmshOptionSetNumber(option[i].name, option[i].value, &error);
    GRAFT_TRY(check(error, option[i].name));
  }
  return GRAFT_OK;
}

void graft_mesh_shutdown(void) {
  int ignored;
  if (started) gmshFinalize(&ignored);
  started = false;
}

/* Point and line tag of outline node i: i + 1, the line to the next node. */
static graft_status add_outline(const graft_outline *outline) {
  int error;
  for (size_t i = 0; i < outline->nodes; i++) {
    const double *xy = outline->xy + 2 * i;
    gmshModelGeoAddPoint(xy[0], xy[1], 0, 0, (int)i + 1, &error);
    GRAFT_TRY(check(error, "point"));
  }
  for (size_t i = 0; i < outline->nodes; i++) {
    gmshModelGeoAddLine((int)i + 1, outline->next[i] + 1, (int)i + 1, &error);
    GRAFT_TRY(check(error, "line"));
    gmshModelGeoMeshSetTransfiniteCurve((int)i + 1, 2, "Progression", 1.0, &error);
    GRAFT_TRY(check(error, "line"));
  }
  return GRAFT_OK;
}

/* One surface, bounded by the outline's loops; `wire` and `line` [outline nodes] are work space. */
static graft_status add_surface(const graft_outline *outline, int *wire, int *line) {
  int error;
  size_t wires = 0;
  for (size_t first = 0, end; first < outline->nodes; first = end) {
    for (end = first; (size_t)outline->next[end] != first; end++) line[end] = (int)end + 1;
    line[end] = (int)end + 1;
    end++;
    wire[wires] = gmshModelGeoAddCurveLoop(line + first, end - first, -1, 0, &error);
    GRAFT_TRY(check(error, "loop"));
    wires++;
  }
  gmshModelGeoAddPlaneSurface(wire, wires, 1, &error);
  GRAFT_TRY(check(error, "surface"));
  gmshModelGeoSynchronize(&error);
  return check(error, "surface");
}

static double size_callback(int dim, int tag, double x, double y, double z, void *data) {
  (void)dim, (void)tag, (void)z;
  return graft_sizing_at(data, x, y);
}

/* Has the outline pieces much shorter than the target size? */
static bool finely_divided(const graft_outline *outline, double size) {
  for (size_t i = 0; i < outline->nodes; i++) {
    const double *a = outline->xy + 2 * i, *b = outline->xy + 2 * (size_t)outline->next[i];
    if (hypot(b[0] - a[0], b[1] - a[1]) < FINE * size) return true;
  }
  return false;
}

static graft_status generate(graft_sizing *sizing, const graft_outline *outline) {
  int error, ignored;
  bool graded = sizing->corners > 0 || sizing->config->grading;
  bool follow = !graded && !finely_divided(outline, sizing->config->size);
  gmshOptionSetNumber("Mesh.CharacteristicLengthMax", sizing->config->size, &error);
  GRAFT_TRY(check(error, "size"));
  /* Sizes inside follow those of the boundary only where it is divided evenly: between two corners
   * with small pieces gmsh would make all elements as small. */
  gmshOptionSetNumber("Mesh.CharacteristicLengthExtendFromBoundary", follow, &error);
  GRAFT_TRY(check(error, "size"));
  if (graded) gmshModelMeshSetSizeCallback(size_callback, sizing, &error);
  GRAFT_TRY(check(error, "grading"));
  gmshModelMeshGenerate(2, &error);
  graft_status status = check(error, "triangles");
  if (graded) gmshModelMeshRemoveSizeCallback(&ignored);
  return status;
}

/* What gmsh returns, in its memory. */
struct result {
  size_t *tag, *vertex, tags, vertices; /* nodes inside, triangles [vertices / 3 x 3] by node tag */
  double *xyz;                          /* [tags x 3] */
  size_t *outline;                      /* [outline nodes] node tags, ours */
  size_t largest;                       /* largest node tag */
};

static graft_status fetch_outline(const graft_outline *outline, struct result *result) {
  GRAFT_TRY(graft_alloc(&result->outline, outline->nodes, sizeof *result->outline));
  for (size_t i = 0; i < outline->nodes; i++) {
    size_t *tag = NULL, tags = 0, n;
    double *xyz = NULL, *parameter = NULL;
    int error;
    gmshModelMeshGetNodes(&tag, &tags, &xyz, &n, &parameter, &n, 0, (int)i + 1, 0, 0, &error);
    bool found = !error && tags == 1;
    if (found) result->outline[i] = tag[0];
    gmshFree(tag);
    gmshFree(xyz);
    gmshFree(parameter);
    GRAFT_CHECK(found, INPUT, "gmsh can't mesh the region: it lost a boundary node");
    if (result->outline[i] > result->largest) result->largest = result->outline[i];
  }
  return GRAFT_OK;
}

static graft_status fetch(const graft_outline *outline, struct result *result) {
  int error;
  size_t n, *elements = NULL;
  double *parameter = NULL;
  GRAFT_TRY(fetch_outline(outline, result));
  gmshModelMeshGetNodes(&result->tag, &result->tags, &result->xyz, &n, &parameter, &n, 2, 1, 0, 0,
                        &error);
  gmshFree(parameter);
  GRAFT_TRY(check(error, "nodes"));
  for (size_t i = 0; i < result->tags; i++) {
    if (result->tag[i] > result->largest) result->largest = result->tag[i];
  }
  gmshModelMeshGetElementsByType(TRIANGLE, &elements, &n, &result->vertex, &result->vertices, -1, 0,
                                 1, &error);
  gmshFree(elements);
  GRAFT_TRY(check(error, "triangles"));
  GRAFT_CHECK(result->vertices > 0, INPUT,
              "gmsh can't mesh the region: expected triangles, got none");
  GRAFT_CHECK(result->vertices < INT32_MAX / 4, USAGE,
              "mesh size: expected fewer than %d triangles", INT32_MAX / 12);
  return GRAFT_OK;
}

/* Our numbering: outline nodes, then the inner ones that have elements. */
static graft_status copy_mesh(const graft_outline *outline, const struct result *result,
                              int *number, graft_mesh *mesh) {
  for (size_t i = 0; i <= result->largest; i++) number[i] = -1;
  for (size_t i = 0; i < outline->nodes; i++) number[result->outline[i]] = (int)i;
  GRAFT_TRY(graft_alloc(&mesh->xy, 2 * (outline->nodes + result->tags), sizeof *mesh->xy));
  GRAFT_TRY(graft_alloc(&mesh->element, result->vertices, sizeof *mesh->element));
  memcpy(mesh->xy, outline->xy, 2 * outline->nodes * sizeof *mesh->xy);
  mesh->nodes = outline->nodes;
  mesh->elements = result->vertices / 3;
  for (size_t i = 0; i < result->vertices; i++) {
    GRAFT_CHECK(result->vertex[i] <= result->largest, INTERNAL,
                "gmsh: expected node tags up to %zu, got %zu", result->largest, result->vertex[i]);
    if (number[result->vertex[i]] < 0) number[result->vertex[i]] = -2; /* inner and used */
  }
  for (size_t i = 0; i < result->tags; i++) {
    if (number[result->tag[i]] != -2) continue;
    number[result->tag[i]] = (int)mesh->nodes;
    memcpy(mesh->xy + 2 * mesh->nodes++, result->xyz + 3 * i, 2 * sizeof *mesh->xy);
  }
  for (size_t i = 0; i < result->vertices; i++) {
    mesh->element[i] = number[result->vertex[i]];
    GRAFT_CHECK(mesh->element[i] >= 0, INTERNAL,
                "gmsh: node %zu of a triangle is not on the surface", result->vertex[i]);
  }
  return GRAFT_OK;
}

static graft_status run_gmsh(graft_sizing *sizing, const graft_outline *outline, graft_mesh *mesh) {
  graft_status status = GRAFT_OK;
  struct result result = {0};
  int *work = NULL, error;
  GRAFT_TRY_TO(done, graft_alloc(&work, 2 * outline->nodes, sizeof *work));
  gmshModelAdd("graft", &error);
  GRAFT_TRY_TO(done, check(error, "model"));
  GRAFT_TRY_TO(remove, add_outline(outline));
  GRAFT_TRY_TO(remove, add_surface(outline, work, work + outline->nodes));
  GRAFT_TRY_TO(remove, generate(sizing, outline));
  GRAFT_TRY_TO(remove, fetch(outline, &result));
  graft_free(work);
  work = NULL;
  GRAFT_TRY_TO(remove, graft_alloc(&work, result.largest + 1, sizeof *work));
  GRAFT_TRY_TO(remove, copy_mesh(outline, &result, work, mesh));
remove:
  gmshModelRemove(&error);
done:
  gmshFree(result.tag);
  gmshFree(result.xyz);
  gmshFree(result.vertex);
  graft_free(result.outline);
  graft_free(work);
  return status;
}

static graft_status mesh_once(const graft_region *region, const graft_mesh_config *config,
                              double relax, bool *graded, graft_mesh *mesh) {
  graft_status status = GRAFT_OK;
  graft_outline outline = {0};
  graft_sizing sizing = {0};
  *mesh = (graft_mesh){.order = config->order};
  GRAFT_TRY_TO(done, graft_sizing_create(region, config, relax, &sizing));
  *graded = sizing.corners > 0;
  GRAFT_TRY_TO(done, graft_outline_create(region, &sizing, &outline));
  GRAFT_TRY_TO(done, start());
  GRAFT_TRY_TO(done, run_gmsh(&sizing, &outline, mesh));
  GRAFT_TRY_TO(done, graft_mesh_complete(region, &outline, mesh));
done:
  graft_mesh_shutdown();
  graft_sizing_fini(&sizing);
  graft_outline_fini(&outline);
  if (status != GRAFT_OK) graft_mesh_fini(mesh);
  return status;
}

graft_status graft_mesh_create(const graft_region *region, const graft_mesh_config *config,
                               graft_mesh *mesh) {
  bool graded = false;
  *mesh = (graft_mesh){0};
  GRAFT_TRY(graft_mesh_config_validate(config, region));
  graft_status status = mesh_once(region, config, 1, &graded, mesh);
  /* gmsh can fail on the smallest elements at a corner: larger ones then */
  for (double relax = 4; status == GRAFT_INPUT && graded && relax <= 64; relax *= 4) {
    status = mesh_once(region, config, relax, &graded, mesh);
  }
  return status;
}

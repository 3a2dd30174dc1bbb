/* SPDX-License-Identifier: BSD-2-Clause */
/* The perforated plate: validity, distance, mesh of a sector, points in it. */
#include "geometry/plate.h"

#include <stdlib.h>

#include "base/rng.h"
#include "tests/graft_test.h"

#define PI 3.14159265358979323846

static void validity(void) {
  graft_plate plate = {9, 0.9, 0.15};
  T_OK(graft_plate_validate(&plate));
  plate.holes = 19;
  T_FAILS(graft_plate_validate(&plate), GRAFT_USAGE,
          "n = 19, h = 0.9, r_h = 0.15: the holes overlap");
  plate = (graft_plate){5, 1.84, 0.15};
  T_FAILS(graft_plate_validate(&plate), GRAFT_USAGE,
          "h = 1.84, r_h = 0.15: the holes reach the rim");
  plate = (graft_plate){5, 0.76, 0.15};
  T_FAILS(graft_plate_validate(&plate), GRAFT_USAGE,
          "h = 0.76, r_h = 0.15: the holes reach the boss");
  plate = (graft_plate){0, 1, 0.15};
  T_FAILS(graft_plate_validate(&plate), GRAFT_USAGE, "n = 0");
  plate = (graft_plate){3, NAN, 0.15};
  T_FAILS(graft_plate_validate(&plate), GRAFT_USAGE, "expected numbers");
  plate = (graft_plate){3, 1, 0};
  T_FAILS(graft_plate_validate(&plate), GRAFT_USAGE, "r_h");
}

static bool inside(const graft_plate *plate, const double *p) {
  double r = hypot(p[0], p[1]);
  if (p[2] < 0) return p[2] >= -0.25 && r <= 0.6;
  if (p[2] > 1 || r > 2) return false;
  for (int i = 0; i < plate->holes; i++) {
    double a = PI + 2 * PI * i / plate->holes;
    if (hypot(p[0] - plate->position * cos(a), p[1] - plate->position * sin(a)) < plate->radius) {
      return false;
    }
  }
  return true;
}

/* Sign by an inside test; no change of side nearer than the distance, one at twice it or nearer in
 * some direction; Lipschitz constant 1; volume by counting. */
static void distance(void) {
  static const graft_plate all[] = {{2, 0.9, 0.15}, {5, 1.23, 0.2}, {9, 1.6, 0.1}};
  graft_rng rng;
  graft_rng_init(&rng, 7, GRAFT_STREAM_SAMPLE, 0);
  for (size_t k = 0; k < 3; k++) {
    size_t hits = 0, total = 20000;
    for (size_t i = 0; i < total; i++) {
      double p[2][3], d[2], apart = 0;
      for (int a = 0; a < 3; a++) {
        double low = a == 2 ? -0.4 : -2.2, high = a == 2 ? 1.2 : 2.2;
        p[0][a] = low + (high - low) * graft_rng_uniform(&rng);
        p[1][a] = p[0][a] + 0.4 * (graft_rng_uniform(&rng) - 0.5);
        apart += (p[1][a] - p[0][a]) * (p[1][a] - p[0][a]);
      }
      graft_plate_distance(&all[k], 2, p[0], d);
      hits += d[0] < 0;
      T_CHECK((d[0] < 0) == inside(&all[k], p[0]));
      T_CHECK(fabs(d[0] - d[1]) <= sqrt(apart) + 1e-12);
      if (sqrt(apart) < fabs(d[0])) T_CHECK((d[0] < 0) == inside(&all[k], p[1]));
    }
    double volume = 4.4 * 4.4 * 1.6 * (double)hits / (double)total;
    T_NEAR(volume, graft_plate_volume(&all[k]), 0.25);
  }
  /* by hand: middle of the boss, beside the boss, over the middle, corner outside the rim */
  static const double at[][4] = {{0, 0, 0.4, -0.6},    {0, 0, -0.1, -0.15}, {0.9, 0, -0.1, 0.1},
                                 {0, 0, 1.5, 0.5},     {0, 2.3, 1.4, 0.5},  {0, -1.9, 0.5, -0.1},
                                 {-1.23, 0, 0.5, 0.2}, {0, 0, -0.5, 0.25}};
  for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
    double d;
    graft_plate_distance(&all[1], 1, at[i], &d);
    T_NEAR(d, at[i][3], 1e-12);
  }
}

/* Volume of the elements, one sixth of a determinant each (order 1). */
static double straight_volume(const graft_solid *solid) {
  double sum = 0;
  for (size_t e = 0; e < solid->elements; e++) {
    const int *node = solid->element + 4 * e;
    double v[3][3];
    for (int i = 0; i < 3; i++) {
      for (int k = 0; k < 3; k++) {
        v[i][k] = solid->xyz[3 * (size_t)node[i + 1] + (size_t)k] -
                  solid->xyz[3 * (size_t)node[0] + (size_t)k];
      }
    }
    double six = v[0][0] * (v[1][1] * v[2][2] - v[1][2] * v[2][1]) -
                 v[0][1] * (v[1][0] * v[2][2] - v[1][2] * v[2][0]) +
                 v[0][2] * (v[1][0] * v[2][1] - v[1][1] * v[2][0]);
    T_CHECK(six > 0);
    sum += six / 6;
  }
  return sum;
}

struct triangle {
  int node[3];
  bool forward; /* orientation relative to ascending nodes */
};

static struct triangle sorted(int a, int b, int c) {
  struct triangle t = {{a, b, c}, true};
  for (int i = 0; i < 2; i++) {
    for (int j = 0; j < 2 - i; j++) {
      if (t.node[j] < t.node[j + 1]) continue;
      int keep = t.node[j];
      t.node[j] = t.node[j + 1];
      t.node[j + 1] = keep;
      t.forward = !t.forward;
    }
  }
  return t;
}

static int compare(const void *a, const void *b) {
  return memcmp(((const struct triangle *)a)->node, ((const struct triangle *)b)->node,
                sizeof((const struct triangle *)a)->node);
}

/* Every face belongs to two elements with opposite orientation, or to one and to the surface. */
static void conforming(const graft_solid *solid) {
  static const int side[4][3] = {{1, 2, 3}, {0, 3, 2}, {0, 1, 3}, {0, 2, 1}};
  size_t width = graft_solid_element_nodes(solid), count = 0;
  struct triangle *t = malloc((4 * solid->elements + solid->faces) * sizeof *t);
  for (size_t e = 0; e < solid->elements; e++) {
    const int *node = solid->element + width * e;
    for (int f = 0; f < 4; f++) {
      t[count++] = sorted(node[side[f][0]], node[side[f][1]], node[side[f][2]]);
    }
  }
  for (size_t f = 0; f < solid->faces; f++) { /* seen from the outside: an element's turned over */
    const int *node = solid->face + graft_solid_face_nodes(solid) * f;
    t[count++] = sorted(node[0], node[2], node[1]);
  }
  qsort(t, count, sizeof *t, compare);
  size_t pairs = 0;
  for (size_t i = 0; i + 1 < count; i += 2) {
    pairs += compare(&t[i], &t[i + 1]) == 0 && t[i].forward != t[i + 1].forward;
  }
  T_EQUAL(count % 2, 0);
  T_EQUAL(pairs, count / 2);
  free(t);
}

/* Mid-edge nodes of holes and rim lie on their circles. */
static void curved(const graft_solid *solid, const graft_plate *plate) {
  for (size_t f = 0; f < solid->faces; f++) {
    bool rim = solid->face_tag[f] == GRAFT_PLATE_RIM;
    if (!rim && solid->face_tag[f] != GRAFT_PLATE_HOLE) continue;
    for (size_t i = 0; i < graft_solid_face_nodes(solid); i++) {
      const double *x = solid->xyz + 3 * (size_t)solid->face[graft_solid_face_nodes(solid) * f + i];
      double r = rim ? hypot(x[0], x[1]) : hypot(x[0] - plate->position, x[1]);
      T_NEAR(r, rim ? 2 : plate->radius, 1e-14);
    }
  }
}

static void meshes(void) {
  static const graft_plate all[] = {{1, 0.9, 0.15},  {2, 1.6, 0.2},   {9, 0.9, 0.15},
                                    {9, 0.9, 0.2},   {5, 1.3, 0.1},   {9, 1.6, 0.15},
                                    {7, 0.823, 0.2}, {3, 1.779, 0.2}, {18, 0.9, 0.12}};
  for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
    for (int order = 1; order <= 2; order++) {
      for (int fine = 0; fine < 2; fine++) {
        graft_plate_mesh mesh;
        if (!T_OK(graft_plate_mesh_create(&all[k], fine ? 0.15 : 0.4, order, &mesh))) continue;
        conforming(&mesh.solid);
        curved(&mesh.solid, &all[k]);
        double part = graft_plate_volume(&all[k]) / (2 * all[k].holes);
        if (order == 1) T_NEAR(straight_volume(&mesh.solid) / part, 1, 0.02);
        graft_plate_mesh_fini(&mesh);
      }
    }
  }
  graft_plate_mesh mesh;
  T_FAILS(graft_plate_mesh_create(&all[0], 0.01, 2, &mesh), GRAFT_USAGE, "mesh size");
  T_FAILS(graft_plate_mesh_create(&(graft_plate){2, 1, 0.5}, 0.2, 2, &mesh), GRAFT_USAGE, "boss");
}

/* Random points of the plate, folded and found: their element's map leads back to them. */
static void locate(void) {
  graft_plate plate = {5, 1.23, 0.2};
  graft_plate_mesh mesh;
  graft_rng rng;
  graft_rng_init(&rng, 3, GRAFT_STREAM_SAMPLE, 0);
  if (!T_OK(graft_plate_mesh_create(&plate, 0.3, 2, &mesh))) return;
  for (size_t i = 0; i < 2000; i++) {
    double p[3], d, value[10], place[2], off, reference[3], back[3] = {0};
    for (int a = 0; a < 3; a++) {
      double low = a == 2 ? -0.25 : -2, high = a == 2 ? 1 : 2;
      p[a] = low + (high - low) * graft_rng_uniform(&rng);
    }
    graft_plate_distance(&plate, 1, p, &d);
    if (d > 0) continue;
    int triangle;
    graft_plate_fold(&plate, p, p);
    T_CHECK(p[1] >= 0 && atan2(p[1], p[0]) <= PI / 5 + 1e-12);
    T_OK(graft_mesh_locate(&mesh.base, 1, p, &triangle, place, &off));
    T_CHECK(off < 1e-4);
    size_t e = graft_solid_locate(&mesh.solid, &mesh.base, triangle, place, p[2], reference);
    double last = 1 - reference[0] - reference[1] - reference[2];
    T_CHECK(fmin(fmin(reference[0], reference[1]), fmin(reference[2], last)) > -1e-9);
    graft_tetrahedron_basis(2, reference, value, NULL);
    for (int j = 0; j < 10; j++) {
      for (int a = 0; a < 3; a++) {
        back[a] += value[j] *
                   mesh.solid.xyz[3 * (size_t)mesh.solid.element[10 * e + (size_t)j] + (size_t)a];
      }
    }
    for (int a = 0; a < 3; a++) T_NEAR(back[a], p[a], off + 1e-9);
  }
  graft_plate_mesh_fini(&mesh);
}

/* Points of patches lie on the surface; those of the top cover it: their area is the disc's less
 * the holes'. */
static void surface(void) {
  static const graft_plate plates[] = {{1, 1.2, 0.2}, {2, 0.9, 0.1}, {5, 1.3, 0.15}, {9, 1.6, 0.2}};
  for (size_t i = 0; i < sizeof plates / sizeof *plates; i++) {
    const graft_plate *plate = &plates[i];
    int n = plate->holes, cells = 200;
    double area = 0, off = 0;
    T_EQUAL(graft_plate_patches(plate), 3 * n + 1);
    for (int patch = 0; patch <= 3 * n; patch++) {
      for (int j = 0; j < cells; j++) {
        for (int k = 0; k < cells; k++) {
          double p[3], right[3], up[3], distance;
          graft_plate_patch(plate, patch, (double)j / cells, (double)k / cells, p);
          graft_plate_patch(plate, patch, (double)(j + 1) / cells, (double)k / cells, right);
          graft_plate_patch(plate, patch, (double)j / cells, (double)(k + 1) / cells, up);
          graft_plate_distance(plate, 1, p, &distance);
          off = fmax(off, fabs(distance));
          double a[2] = {right[0] - p[0], right[1] - p[1]}, b[2] = {up[0] - p[0], up[1] - p[1]};
          if (patch < 2 * n) area += fabs(a[0] * b[1] - a[1] * b[0]);
        }
      }
    }
    T_NEAR(off, 0, 1e-12);
    T_NEAR(area, PI * (4 - n * plate->radius * plate->radius), 0.02 * area);
  }
}

int main(void) {
  T_RUN(validity);
  T_RUN(surface);
  T_RUN(distance);
  T_RUN(meshes);
  T_RUN(locate);
  graft_mesh_shutdown();
  return graft_test_done();
}

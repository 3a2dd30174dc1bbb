/* SPDX-License-Identifier: BSD-2-Clause */
/* Nodes of each sample's own mesh: the group /graft/points. Letters: N nodes and T triangles of all
 * samples, D axes. */
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "base/arena.h"
#include "io/dataset_impl.h"

#define AT(field) offsetof(graft_source_nodes, field)
const graft_node_array graft_node_arrays[GRAFT_NODE_ARRAYS] = {
    {"xyz", AT(xyz), false, true},          {"value", AT(value), false, false},
    {"weight", AT(weight), false, false},   {"sdf", AT(sdf), false, false},
    {"torsion", AT(torsion), false, false}, {"triangle", AT(triangle), true, false}};

#define MOST_NODES (INT64_C(1) << 40)  /* of all samples */
static const double off_region = 1e-3; /* curved edges of elements leave the region a little */
static const double off_place = 1e-4;  /* distances of nodes and of grid points agree so well */

static void *array_of(const graft_source_nodes *nodes, size_t a) {
  void *array;
  memcpy(&array, (const char *)nodes + graft_node_arrays[a].offset, sizeof array);
  return array;
}

/* Shape in the file for so many nodes and triangles. */
static graft_shape shape_of(const graft_source_info *info, size_t a, size_t nodes,
                            size_t triangles) {
  if (graft_node_arrays[a].triangles) return GRAFT_SHAPE(2, triangles, 3);
  return graft_node_arrays[a].place ? GRAFT_SHAPE(2, nodes, (size_t)info->dims)
                                    : GRAFT_SHAPE(1, nodes);
}

static hid_t type_of(size_t a) {
  return graft_node_arrays[a].triangles ? H5T_NATIVE_INT32 : H5T_NATIVE_FLOAT;
}

graft_status graft_dataset_layout_nodes(hid_t file, const graft_source_info *info) {
  const size_t S = info->samples, N = (size_t)info->node_start[S];
  const graft_shape starts = GRAFT_SHAPE(1, S + 1);
  char path[64];
  GRAFT_TRY(graft_h5_group(file, "graft/points"));
  GRAFT_TRY(
      graft_h5_write(file, "graft/points/offset", H5T_NATIVE_INT64, starts, info->node_start));
  GRAFT_TRY(graft_h5_write(file, "graft/points/triangle_offset", H5T_NATIVE_INT64, starts,
                           info->triangle_start));
  for (size_t a = 0; a < GRAFT_NODE_ARRAYS; a++) {
    snprintf(path, sizeof path, "graft/points/%s", graft_node_arrays[a].name);
    GRAFT_TRY(graft_h5_reserve(file, path, type_of(a),
                               shape_of(info, a, N, (size_t)info->triangle_start[S]), NULL, NULL));
  }
  return graft_h5_reserve(file, "graft/points/checksum", H5T_NATIVE_INT64, GRAFT_SHAPE(1, S), NULL,
                          NULL);
}

/* Byte where an array of the expected shape lies. */
static graft_status find_array(hid_t file, const char *path, graft_shape want, uint64_t *place) {
  H5T_class_t class;
  size_t size;
  graft_shape shape;
  hid_t set;
  GRAFT_TRY(graft_h5_look(file, path, &set, &class, &size, &shape));
  haddr_t at = H5Dget_offset(set);
  H5Dclose(set);
  GRAFT_CHECK(at != HADDR_UNDEF && graft_shape_equal(shape, want), INTERNAL,
              "/%s: HDF5 gave it no place, or another size than it has now", path);
  *place = at;
  return GRAFT_OK;
}

graft_status graft_dataset_find_nodes(hid_t file, graft_dataset_writer *w) {
  const graft_source_info *info = w->info;
  const size_t S = info->samples, N = (size_t)info->node_start[S];
  char path[64];
  for (size_t a = 0; a < GRAFT_NODE_ARRAYS; a++) {
    snprintf(path, sizeof path, "graft/points/%s", graft_node_arrays[a].name);
    GRAFT_TRY(find_array(file, path, shape_of(info, a, N, (size_t)info->triangle_start[S]),
                         &w->places.node[a]));
  }
  return find_array(file, "graft/points/checksum", GRAFT_SHAPE(1, S), &w->places.node_checksum);
}

size_t graft_dataset_node_bytes(const graft_source_info *info, size_t a, size_t sample,
                                uint64_t *start) {
  const graft_node_array *array = &graft_node_arrays[a];
  const int64_t *first = (array->triangles ? info->triangle_start : info->node_start) + sample;
  size_t numbers = array->triangles ? 3 : array->place ? (size_t)info->dims : 1;
  *start = (uint64_t)first[0] * numbers * sizeof(float);
  return (size_t)(first[1] - first[0]) * numbers * sizeof(float);
}

int64_t graft_dataset_node_checksum(const graft_source_info *info, size_t sample,
                                    const graft_source_nodes *nodes) {
  uLong crc = crc32_z(0, NULL, 0);
  for (size_t a = 0; a < GRAFT_NODE_ARRAYS; a++) {
    uint64_t start;
    size_t bytes = graft_dataset_node_bytes(info, a, sample, &start);
    crc = crc32_z(crc, array_of(nodes, a), bytes);
  }
  return (int64_t)crc;
}

/* Signed distance at the grid point next to a node, and how far that is. */
static double nearest_sdf(const graft_source_info *info, size_t sample, const float *xyz,
                          double *away) {
  size_t p = 0;
  double square = 0;
  for (int a = 0; a < info->dims; a++) {
    double step = (info->hi[a] - info->lo[a]) / (double)(info->grid[a] > 1 ? info->grid[a] - 1 : 1);
    double i = nearbyint(((double)xyz[a] - info->lo[a]) / step);
    i = fmin(fmax(i, 0), (double)(info->grid[a] - 1));
    double rest = (double)xyz[a] - info->lo[a] - i * step;
    p = p * info->grid[a] + (size_t)i;
    square += rest * rest;
  }
  *away = sqrt(square);
  return (double)info->geometry[info->sample_geometry[sample]].sdf[p];
}

/* A node lies in the grid's box and in its region: distances do not change faster than places. */
static graft_status check_place(const char *path, const graft_source_info *info, size_t sample,
                                size_t i, const float *xyz, float sdf) {
  double away, size = 1e-6;
  for (int a = 0; a < info->dims; a++) size = fmax(size, info->hi[a] - info->lo[a]);
  for (int a = 0; a < info->dims; a++) {
    double x = (double)xyz[a];
    GRAFT_CHECK(x >= info->lo[a] - off_place * size && x <= info->hi[a] + off_place * size, INPUT,
                "%s: /graft/points/xyz: sample %zu, node %zu: expected coordinates in [%g, %g], "
                "got %g",
                path, sample, i, info->lo[a], info->hi[a], x);
  }
  double near = nearest_sdf(info, sample, xyz, &away);
  GRAFT_CHECK(
      (double)sdf <= off_region * size && fabs((double)sdf - near) <= away + off_place * size,
      INPUT,
      "%s: /graft/points/xyz: sample %zu, node %zu: expected a point of the region, got "
      "(%g, %g) with signed distance %g, where the grid's is %g at %g from it",
      path, sample, i, (double)xyz[0], (double)xyz[info->dims - 1], (double)sdf, near, away);
  return GRAFT_OK;
}

static graft_status check_finite(const char *path, const graft_source_info *info, size_t a,
                                 size_t sample, const float *value, graft_status code) {
  const size_t D = graft_node_arrays[a].place ? (size_t)info->dims : 1;
  const size_t n = graft_source_node_count(info, sample, NULL);
  for (size_t i = 0; i < n * D; i++) {
    if (isfinite(value[i])) continue;
    return graft_error_set(code, __FILE__, __LINE__,
                           "%s: /graft/points/%s: sample %zu, node %zu: expected a finite value, "
                           "got %g",
                           path, graft_node_arrays[a].name, sample, i / D, (double)value[i]);
  }
  return GRAFT_OK;
}

graft_status graft_dataset_check_nodes(const char *path, const graft_source_info *info,
                                       size_t sample, const graft_source_nodes *nodes,
                                       graft_status code) {
  size_t triangles, n = graft_source_node_count(info, sample, &triangles);
  for (size_t a = 0; a < GRAFT_NODE_ARRAYS; a++) {
    const void *array = array_of(nodes, a);
    if (!array || graft_node_arrays[a].triangles) continue;
    GRAFT_TRY(check_finite(path, info, a, sample, array, code));
  }
  for (size_t i = 0; i < n; i++) {
    if (nodes->xyz && nodes->sdf) {
      GRAFT_TRY(
          check_place(path, info, sample, i, nodes->xyz + i * (size_t)info->dims, nodes->sdf[i]));
    }
    GRAFT_CHECK(!nodes->weight || nodes->weight[i] >= 0, INPUT,
                "%s: /graft/points/weight: sample %zu, node %zu: expected 0 or more, got %g", path,
                sample, i, (double)nodes->weight[i]);
  }
  for (size_t k = 0; nodes->triangle && k < 3 * triangles; k++) {
    int32_t node = nodes->triangle[k];
    GRAFT_CHECK(node >= 0 && (size_t)node < n, INPUT,
                "%s: /graft/points/triangle: sample %zu, triangle %zu: expected nodes 0 to %zu, "
                "got %d",
                path, sample, k / 3, n - 1, node);
  }
  return GRAFT_OK;
}

graft_status graft_dataset_write_nodes(graft_dataset_writer *w, size_t sample,
                                       const graft_source_nodes *nodes) {
  GRAFT_CHECK(w->info->node_start && sample < w->info->samples, INTERNAL,
              "%s: sample %zu has no nodes", w->path, sample);
  GRAFT_TRY(graft_dataset_check_nodes(w->path, w->info, sample, nodes, GRAFT_DIVERGED));
  for (size_t a = 0; a < GRAFT_NODE_ARRAYS; a++) {
    uint64_t start;
    size_t bytes = graft_dataset_node_bytes(w->info, a, sample, &start);
    GRAFT_TRY(
        graft_dataset_write_bytes(w, sample, w->places.node[a] + start, array_of(nodes, a), bytes));
  }
  const int64_t sum = graft_dataset_node_checksum(w->info, sample, nodes);
  return graft_dataset_write_bytes(w, sample, w->places.node_checksum + sample * sizeof sum, &sum,
                                   sizeof sum);
}

/* Where samples start: from 0 on, each with @p least numbers at least. */
static graft_status read_starts(hid_t file, const char *path, size_t samples, size_t least,
                                int64_t *start) {
  GRAFT_TRY(graft_h5_read(file, path, H5T_NATIVE_INT64, GRAFT_SHAPE(1, samples + 1), start));
  GRAFT_CHECK(start[0] == 0, INPUT, "/%s[0]: expected 0, got %lld", path, (long long)start[0]);
  for (size_t s = 0; s < samples; s++) {
    GRAFT_CHECK(start[s + 1] <= MOST_NODES, INPUT, "/%s[%zu]: expected at most %lld, got %lld",
                path, s + 1, (long long)MOST_NODES, (long long)start[s + 1]);
    GRAFT_CHECK(start[s + 1] < start[s] || start[s + 1] - start[s] <= INT32_MAX, INPUT,
                "/%s[%zu]: expected at most %d more than the one before, %lld, got %lld", path,
                s + 1, INT32_MAX, (long long)start[s], (long long)start[s + 1]);
    GRAFT_CHECK(start[s + 1] >= start[s] && start[s + 1] - start[s] >= (int64_t)least, INPUT,
                "/%s[%zu]: expected at least %lld, %zu more than the one before, got %lld", path,
                s + 1, (long long)start[s] + (long long)least, least, (long long)start[s + 1]);
  }
  return GRAFT_OK;
}

graft_status graft_dataset_read_nodes_info(hid_t file, graft_source_info *info) {
  const size_t S = info->samples;
  char path[64], a_text[96], b_text[96];
  if (!graft_h5_exists(file, "graft/points")) return GRAFT_OK;
  GRAFT_TRY(graft_source_info_nodes(info));
  GRAFT_TRY(read_starts(file, "graft/points/offset", S, 1, info->node_start));
  GRAFT_TRY(read_starts(file, "graft/points/triangle_offset", S, 0, info->triangle_start));
  for (size_t a = 0; a < GRAFT_NODE_ARRAYS; a++) {
    hid_t set;
    H5T_class_t class;
    size_t size;
    graft_shape shape,
        want = shape_of(info, a, (size_t)info->node_start[S], (size_t)info->triangle_start[S]);
    snprintf(path, sizeof path, "graft/points/%s", graft_node_arrays[a].name);
    GRAFT_TRY(graft_h5_look(file, path, &set, &class, &size, &shape));
    H5Dclose(set);
    GRAFT_CHECK(class == (graft_node_arrays[a].triangles ? H5T_INTEGER : H5T_FLOAT) && size == 4,
                INPUT, "/%s: expected type %s", path,
                graft_node_arrays[a].triangles ? "int32" : "float32");
    GRAFT_CHECK(graft_shape_equal(shape, want), INPUT, "/%s: expected shape %s, got %s", path,
                graft_shape_print(want, a_text, sizeof a_text),
                graft_shape_print(shape, b_text, sizeof b_text));
  }
  return GRAFT_OK;
}

/* Rows of sample @p sample of one array. */
static graft_status read_array(hid_t file, const char *path, const graft_source_info *info,
                               size_t a, size_t sample, void *out) {
  const graft_node_array *array = &graft_node_arrays[a];
  const int64_t *first = (array->triangles ? info->triangle_start : info->node_start) + sample;
  hsize_t start[2] = {(hsize_t)first[0], 0}, extent[2] = {(hsize_t)(first[1] - first[0]), 3};
  char name[64], reason[128] = "";
  if (!array->triangles) extent[1] = (hsize_t)info->dims;
  if (extent[0] == 0) return GRAFT_OK;
  snprintf(name, sizeof name, "graft/points/%s", array->name);
  graft_h5_lock();
  hid_t set = H5Dopen2(file, name, H5P_DEFAULT);
  hid_t from = H5Dget_space(set);
  hid_t to = H5Screate_simple(H5Sget_simple_extent_ndims(from), extent, NULL);
  H5Sselect_hyperslab(from, H5S_SELECT_SET, start, NULL, extent, NULL);
  herr_t ok = H5Dread(set, type_of(a), to, from, H5P_DEFAULT, out);
  if (ok < 0) graft_h5_reason(reason, sizeof reason);
  H5Sclose(to);
  H5Sclose(from);
  H5Dclose(set);
  graft_h5_unlock();
  GRAFT_CHECK(ok >= 0, INPUT, "%s: /%s: sample %zu can't be read: %s", path, name, sample, reason);
  return GRAFT_OK;
}

graft_status graft_dataset_read_nodes(hid_t file, const char *path, const graft_source_info *info,
                                      size_t sample, const graft_source_nodes *nodes) {
  GRAFT_CHECK(info->node_start && sample < info->samples, INTERNAL, "%s: nodes of sample %zu", path,
              sample);
  for (size_t a = 0; a < GRAFT_NODE_ARRAYS; a++) {
    void *out = array_of(nodes, a);
    if (out) GRAFT_TRY(read_array(file, path, info, a, sample, out));
  }
  return graft_dataset_check_nodes(path, info, sample, nodes, GRAFT_INPUT);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading and checking the tables of a data set: everything but the fields. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "io/dataset_impl.h"

enum { MAX_SPLITS = 256, MAX_INPUTS = 64 };

/* Length of a table with one axis. */
static graft_status look_length(hid_t file, const char *name, size_t *length) {
  hid_t set;
  H5T_class_t class;
  size_t size;
  graft_shape shape;
  char text[96];
  GRAFT_TRY(graft_h5_look(file, name, &set, &class, &size, &shape));
  H5Dclose(set);
  GRAFT_CHECK(shape.rank == 1 && shape.dim[0] > 0, INPUT,
              "/%s: expected a table of one axis, got %s", name,
              graft_shape_print(shape, text, sizeof text));
  *length = shape.dim[0];
  return GRAFT_OK;
}

/* Axes, extent and points of the grid, from small tables only. */
static graft_status look_grid(hid_t file, graft_source_info *info) {
  hid_t set;
  H5T_class_t class;
  size_t size;
  graft_shape shape;
  double extent[6];
  char text[96];
  info->in_time = graft_h5_exists(file, "graft/in_time");
  info->directed = graft_h5_exists(file, "graft/directed");
  GRAFT_TRY(graft_h5_look(file, "graft/extent", &set, &class, &size, &shape));
  H5Dclose(set);
  GRAFT_CHECK(shape.rank == 2 && shape.dim[0] >= 1 && shape.dim[0] <= 3 && shape.dim[1] == 2, INPUT,
              "/graft/extent: expected shape [1…3 x 2], got %s",
              graft_shape_print(shape, text, sizeof text));
  GRAFT_TRY(graft_h5_read(file, "graft/extent", H5T_NATIVE_DOUBLE, shape, extent));
  info->dims = (int)shape.dim[0];
  for (int a = 0; a < info->dims; a++) {
    info->lo[a] = extent[2 * a];
    info->hi[a] = extent[2 * a + 1];
    GRAFT_CHECK(isfinite(info->lo[a]) && isfinite(info->hi[a]) && info->lo[a] < info->hi[a], INPUT,
                "/graft/extent[%d]: expected min < max, got %g and %g", a, info->lo[a],
                info->hi[a]);
    char axis[32];
    snprintf(axis, sizeof axis, "dimensions/%s", graft_dataset_axes(info)[a]);
    GRAFT_TRY(look_length(file, axis, &info->grid[a]));
    GRAFT_CHECK(info->grid[a] >= 2, INPUT, "/%s: expected at least 2 points, got %zu", axis,
                info->grid[a]);
  }
  return GRAFT_OK;
}

/* All counts, consistent with data sets whose bytes are really in the file: only then do we
 * allocate. */
static graft_status look_counts(hid_t file, graft_source_info *info, char ***split_name) {
  hid_t set;
  H5T_class_t class;
  size_t size;
  graft_shape shape, want;
  char a[96], b[96];
  GRAFT_TRY(look_grid(file, info));
  GRAFT_TRY(look_length(file, "graft/sample/task", &info->samples));
  GRAFT_TRY(look_length(file, "graft/task/name", &info->tasks));
  GRAFT_TRY(look_length(file, "graft/geometry/name", &info->geometries));
  GRAFT_CHECK(info->tasks <= GRAFT_MAX_TASKS, INPUT,
              "/graft/task/name: expected at most %d tasks, got %zu", GRAFT_MAX_TASKS, info->tasks);
  GRAFT_TRY(graft_h5_look(file, "graft/geometry/mask", &set, &class, &size, &shape));
  H5Dclose(set);
  want = graft_dataset_shape(info, info->geometries);
  GRAFT_CHECK(graft_shape_equal(shape, want), INPUT,
              "/graft/geometry/mask: expected shape %s, got %s",
              graft_shape_print(want, a, sizeof a), graft_shape_print(shape, b, sizeof b));
  GRAFT_TRY(graft_h5_members(file, "graft/split", &info->splits, split_name));
  GRAFT_CHECK(info->splits >= 1 && info->splits <= MAX_SPLITS, INPUT,
              "/graft/split: expected 1 to %d splits, got %zu", MAX_SPLITS, info->splits);
  return GRAFT_OK;
}

static graft_status read_names(hid_t file, const char *path, size_t count,
                               char (*name)[GRAFT_NAME_SIZE], size_t stride) {
  char **text;
  GRAFT_TRY(graft_h5_read_texts(file, path, count, &text));
  graft_status status = GRAFT_OK;
  for (size_t i = 0; i < count; i++) {
    size_t n = strlen(text[i]);
    GRAFT_CHECK_TO(done, n > 0 && n < GRAFT_NAME_SIZE, INPUT,
                   "/%s[%zu]: expected a name of 1 to %d bytes, got %zu", path, i,
                   GRAFT_NAME_SIZE - 1, n);
    memcpy((char *)name + i * stride, text[i], n + 1);
  }
done:
  graft_free(text);
  return status;
}

/* The axis tables must be what the extent says: readers of The Well look at them, ours do not. */
static graft_status check_axis(hid_t file, const graft_source_info *info, int a) {
  char axis[32];
  size_t n = info->grid[a];
  double width = info->hi[a] - info->lo[a];
  float *x;
  snprintf(axis, sizeof axis, "dimensions/%s", graft_dataset_axes(info)[a]);
  GRAFT_TRY(graft_alloc(&x, n, sizeof *x));
  graft_status status = graft_h5_read(file, axis, H5T_NATIVE_FLOAT, GRAFT_SHAPE(1, n), x);
  for (size_t i = 0; i < n && status == GRAFT_OK; i++) {
    double want = info->lo[a] + width * (double)i / (double)(n - 1);
    GRAFT_CHECK_TO(done, fabs((double)x[i] - want) <= 1e-5 * (width + fabs(want)), INPUT,
                   "/%s[%zu]: expected %g (uniform, node-centred), got %g", axis, i, want,
                   (double)x[i]);
  }
done:
  graft_free(x);
  return status;
}

/* A file that a solve has left half-done is not a data set yet. */
static graft_status check_done(hid_t file, size_t samples) {
  unsigned char *done;
  size_t count = 0;
  if (!graft_h5_exists(file, "graft/sample/done")) return GRAFT_OK;
  GRAFT_TRY(graft_alloc(&done, samples, 1));
  graft_status status =
      graft_h5_read(file, "graft/sample/done", H5T_NATIVE_UINT8, GRAFT_SHAPE(1, samples), done);
  for (size_t s = 0; s < samples; s++) count += done[s] == 1;
  graft_free(done);
  GRAFT_TRY(status);
  GRAFT_CHECK(count == samples, INPUT,
              "unfinished: %zu of %zu samples are there; run the same command again to go on",
              count, samples);
  return GRAFT_OK;
}

static graft_status read_samples(hid_t file, graft_source_info *info) {
  size_t S = info->samples;
  graft_shape shape = GRAFT_SHAPE(1, S);
  GRAFT_TRY(graft_h5_read(file, "graft/sample/task", H5T_NATIVE_INT32, shape, info->task));
  GRAFT_TRY(
      graft_h5_read(file, "graft/sample/geometry", H5T_NATIVE_INT32, shape, info->sample_geometry));
  GRAFT_TRY(graft_h5_read(file, "graft/sample/index", H5T_NATIVE_INT64, shape, info->index));
  GRAFT_TRY(graft_h5_read(file, "graft/sample/stream", H5T_NATIVE_INT64, shape, info->stream));
  GRAFT_TRY(graft_h5_read(file, "graft/sample/error_estimate", H5T_NATIVE_FLOAT, shape,
                          info->error_estimate));
  if (graft_h5_exists(file, "graft/sample/outside")) {
    GRAFT_TRY(graft_alloc(&info->outside, S, sizeof *info->outside));
    GRAFT_TRY(graft_h5_read(file, "graft/sample/outside", H5T_NATIVE_FLOAT, shape, info->outside));
  }
  for (size_t s = 0; s < S; s++) {
    GRAFT_CHECK(info->task[s] >= 0 && (size_t)info->task[s] < info->tasks, INPUT,
                "/graft/sample/task[%zu]: expected 0 to %zu, got %d", s, info->tasks - 1,
                info->task[s]);
    GRAFT_CHECK(info->sample_geometry[s] >= 0 &&
                    (size_t)info->sample_geometry[s] < info->geometries,
                INPUT, "/graft/sample/geometry[%zu]: expected 0 to %zu, got %d", s,
                info->geometries - 1, info->sample_geometry[s]);
    GRAFT_CHECK(info->index[s] >= 0, INPUT, "/graft/sample/index[%zu]: expected ≥ 0, got %lld", s,
                (long long)info->index[s]);
    GRAFT_CHECK(isfinite(info->error_estimate[s]), INPUT,
                "/graft/sample/error_estimate[%zu]: expected a finite value, got %g", s,
                (double)info->error_estimate[s]);
  }
  return GRAFT_OK;
}

static graft_status read_floats(hid_t file, const graft_source_info *info, const char *name,
                                size_t offset) {
  size_t P = info->points;
  char place[96];
  float *data;
  GRAFT_TRY(graft_alloc(&data, info->geometries, P * sizeof *data));
  graft_status status = graft_h5_read(file, name, H5T_NATIVE_FLOAT,
                                      graft_dataset_shape(info, info->geometries), data);
  for (size_t g = 0; g < info->geometries && status == GRAFT_OK; g++) {
    float *to;
    memcpy(&to, (char *)&info->geometry[g] + offset, sizeof to);
    for (size_t p = 0; p < P; p++) {
      float value = data[g * P + p];
      GRAFT_CHECK_TO(done, isfinite(value), INPUT,
                     "/%s[%zu]: point %zu: expected a finite value, got %g (%s at %s)", name, g, p,
                     (double)value, info->geometry[g].name,
                     graft_source_place(info, ~0U, p, place, sizeof place));
      to[p] = value;
    }
  }
done:
  graft_free(data);
  return status;
}

static graft_status read_masks(hid_t file, const graft_source_info *info) {
  size_t P = info->points;
  unsigned char *data;
  GRAFT_TRY(graft_alloc(&data, info->geometries, P));
  graft_status status = graft_h5_read(file, "graft/geometry/mask", H5T_NATIVE_UINT8,
                                      graft_dataset_shape(info, info->geometries), data);
  for (size_t g = 0; g < info->geometries && status == GRAFT_OK; g++) {
    size_t inside = 0;
    for (size_t p = 0; p < P; p++) {
      unsigned value = data[g * P + p];
      GRAFT_CHECK_TO(done, value <= 1, INPUT,
                     "/graft/geometry/mask[%zu]: point %zu: expected 0 or 1, got %u", g, p, value);
      inside += value;
    }
    GRAFT_CHECK_TO(done, inside > 0, INPUT,
                   "/graft/geometry/mask[%zu]: expected points inside, got none", g);
    memcpy(info->geometry[g].mask, data + g * P, P);
  }
done:
  graft_free(data);
  return status;
}

static graft_status read_geometries(hid_t file, graft_source_info *info) {
  char **text;
  GRAFT_TRY(read_names(file, "graft/geometry/name", info->geometries, &info->geometry[0].name,
                       sizeof *info->geometry));
  GRAFT_TRY(graft_h5_read_texts(file, "graft/geometry/region_yaml", info->geometries, &text));
  graft_status status = GRAFT_OK;
  for (size_t g = 0; g < info->geometries; g++) {
    size_t n = strlen(text[g]) + 1;
    GRAFT_TRY_TO(done, graft_alloc(&info->geometry[g].region_yaml, n, 1));
    memcpy(info->geometry[g].region_yaml, text[g], n);
  }
done:
  graft_free(text);
  GRAFT_TRY(status);
  GRAFT_TRY(read_masks(file, info));
  GRAFT_TRY(read_floats(file, info, "graft/geometry/sdf", offsetof(graft_source_geometry, sdf)));
  return read_floats(file, info, "graft/geometry/torsion",
                     offsetof(graft_source_geometry, torsion));
}

static graft_status read_splits(hid_t file, graft_source_info *info, char **name) {
  char path[320];
  for (size_t k = 0; k < info->splits; k++) {
    graft_source_split *split = &info->split[k];
    size_t n = strlen(name[k]);
    GRAFT_CHECK(n < GRAFT_NAME_SIZE, INPUT, "/graft/split: expected short names, got '%.80s'",
                name[k]);
    memcpy(split->name, name[k], n + 1);
    snprintf(path, sizeof path, "graft/split/%s", name[k]);
    GRAFT_TRY(
        graft_h5_read(file, path, H5T_NATIVE_UINT8, GRAFT_SHAPE(1, info->samples), split->part));
    for (size_t s = 0; s < info->samples; s++) {
      unsigned part = split->part[s];
      GRAFT_CHECK(part <= GRAFT_PART_TEST || part == GRAFT_PART_UNUSED, INPUT,
                  "/%s[%zu]: expected 0, 1, 2 or 255, got %u", path, s, part);
    }
  }
  GRAFT_CHECK(graft_source_split_get(info, "default"), INPUT,
              "/graft/split/default: expected a split of this name, got none");
  return GRAFT_OK;
}

/* Files of the first versions say nothing of inputs: theirs is log_k. */
static graft_status read_inputs(hid_t file, graft_source_info *info) {
  graft_source_input input[MAX_INPUTS] = {{.name = "log_k", .axes = (1u << info->dims) - 1}};
  unsigned char axes[MAX_INPUTS];
  size_t count = graft_h5_exists(file, "t0_fields/log_k") ? 1 : 0;
  if (graft_h5_exists(file, "graft/input/name")) {
    GRAFT_TRY(look_length(file, "graft/input/name", &count));
    GRAFT_CHECK(count <= MAX_INPUTS, INPUT, "/graft/input/name: expected at most %d, got %zu",
                MAX_INPUTS, count);
    GRAFT_TRY(read_names(file, "graft/input/name", count, &input[0].name, sizeof *input));
    GRAFT_TRY(
        graft_h5_read(file, "graft/input/axes", H5T_NATIVE_UINT8, GRAFT_SHAPE(1, count), axes));
    for (size_t i = 0; i < count; i++) input[i].axes = axes[i];
  }
  return graft_source_info_inputs(info, count, input);
}

static graft_status read_codes(hid_t file, graft_source_info *info) {
  size_t count;
  if (!graft_h5_exists(file, "graft/code/name")) return GRAFT_OK;
  GRAFT_TRY(look_length(file, "graft/code/name", &count));
  GRAFT_CHECK(count <= MAX_INPUTS, INPUT, "/graft/code/name: expected at most %d, got %zu",
              MAX_INPUTS, count);
  GRAFT_TRY(graft_source_info_codes(info, count));
  GRAFT_TRY(read_names(file, "graft/code/name", count, info->code_name, GRAFT_NAME_SIZE));
  GRAFT_TRY(graft_h5_read(file, "graft/sample/code", H5T_NATIVE_DOUBLE,
                          GRAFT_SHAPE(2, info->samples, count), info->code));
  for (size_t i = 0; i < info->samples * count; i++) {
    GRAFT_CHECK(isfinite(info->code[i]), INPUT,
                "/graft/sample/code[%zu]: %s: expected a finite value, got %g", i / count,
                info->code_name[i % count], info->code[i]);
  }
  return GRAFT_OK;
}

/* Without options -f and -boundary they are not among the parameters, and 1 and 0. */
static graft_status read_data(hid_t file, graft_source_info *info) {
  double f = 1, boundary[3] = {0};
  if (graft_h5_exists(file, "graft/parameters/f")) {
    GRAFT_TRY(graft_h5_read(file, "graft/parameters/f", H5T_NATIVE_DOUBLE, GRAFT_SHAPE(0, 0), &f));
  }
  if (graft_h5_exists(file, "graft/parameters/boundary")) {
    GRAFT_TRY(graft_h5_read(file, "graft/parameters/boundary", H5T_NATIVE_DOUBLE, GRAFT_SHAPE(1, 3),
                            boundary));
  }
  info->other_data = info->directed || fabs(f - 1) > 0;
  for (size_t i = 0; i < 3; i++) info->other_data |= fabs(boundary[i]) > 0;
  return GRAFT_OK;
}

static graft_status read_text(hid_t file, const char *name, char to[GRAFT_NAME_SIZE]) {
  return read_names(file, name, 1, (char(*)[GRAFT_NAME_SIZE])to, GRAFT_NAME_SIZE);
}

static graft_status read_tables(hid_t file, graft_source_info *info, char **split_name) {
  if (graft_h5_exists(file, "graft/dataset_name")) {
    GRAFT_TRY(read_text(file, "graft/dataset_name", info->dataset_name));
  }
  GRAFT_TRY(read_text(file, "graft/problem", info->problem));
  GRAFT_TRY(read_text(file, "graft/field", info->field));
  GRAFT_TRY(graft_h5_read(file, "graft/seed", H5T_NATIVE_UINT64, GRAFT_SHAPE(0, 0), &info->seed));
  if (graft_h5_exists(file, "graft/seconds")) {
    GRAFT_TRY(
        graft_h5_read(file, "graft/seconds", H5T_NATIVE_DOUBLE, GRAFT_SHAPE(0, 0), &info->seconds));
    GRAFT_CHECK(info->seconds >= 0 && isfinite(info->seconds), INPUT,
                "/graft/seconds: expected a finite number of seconds, got %g", info->seconds);
  }
  for (int a = 0; a < info->dims; a++) GRAFT_TRY(check_axis(file, info, a));
  GRAFT_TRY(read_names(file, "graft/task/name", info->tasks, info->task_name, GRAFT_NAME_SIZE));
  GRAFT_TRY(check_done(file, info->samples));
  GRAFT_TRY(read_samples(file, info));
  GRAFT_TRY(read_inputs(file, info));
  GRAFT_TRY(read_codes(file, info));
  GRAFT_TRY(read_data(file, info));
  GRAFT_TRY(read_geometries(file, info));
  GRAFT_TRY(graft_dataset_read_nodes_info(file, info));
  return read_splits(file, info, split_name);
}

graft_status graft_dataset_read_info(hid_t file, graft_source_info *info) {
  char kind[GRAFT_KIND_SIZE], **split_name = NULL;
  graft_source_info look = {0};
  *info = (graft_source_info){0};
  GRAFT_TRY(graft_h5_read_kind(file, GRAFT_DATASET_VERSION, kind));
  GRAFT_CHECK(strcmp(kind, "dataset") == 0, INPUT, "expected a dataset file, got a %s file", kind);
  graft_status status = look_counts(file, &look, &split_name);
  if (status == GRAFT_OK) {
    status = graft_source_info_init(info, look.samples, look.tasks, look.geometries, look.splits,
                                    look.dims, look.grid);
  }
  if (status == GRAFT_OK) {
    memcpy(info->lo, look.lo, sizeof info->lo);
    memcpy(info->hi, look.hi, sizeof info->hi);
    info->in_time = look.in_time;
    info->directed = look.directed;
    status = read_tables(file, info, split_name);
    if (status != GRAFT_OK) graft_source_info_fini(info);
  }
  graft_free(split_name);
  return status;
}

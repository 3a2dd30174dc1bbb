/* SPDX-License-Identifier: BSD-2-Clause */
/* The layout of a data set file. Letters: S samples, P grid points, K tasks, G geometries, D axes.
 * Reference: ohana2024 (The Well's specification, docs/data_format.md of its repository). */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "io/dataset_impl.h"

const char *const *graft_dataset_axes(const graft_source_info *info) {
  static const char *const name[] = {"time", "x", "y", "z"};
  return info->in_time ? name : name + 1;
}

graft_shape graft_dataset_shape(const graft_source_info *info, size_t count) {
  return graft_dataset_field_shape(info, "", count);
}

graft_shape graft_dataset_field_shape(const graft_source_info *info, const char *field,
                                      size_t count) {
  graft_shape shape = {.rank = 1, .dim = {count}};
  unsigned axes = graft_source_axes(info, field);
  for (int a = 0; a < info->dims; a++) {
    if (axes >> a & 1) shape.dim[shape.rank++] = info->grid[a];
  }
  return shape;
}

static graft_status attr_bool(hid_t file, const char *object, const char *name,
                              unsigned char value) {
  return graft_h5_attr_bools(file, object, name, 0, 1, &value);
}

static graft_status attr_varying(hid_t file, const char *object, bool sample, bool time) {
  GRAFT_TRY(attr_bool(file, object, "sample_varying", sample));
  return attr_bool(file, object, "time_varying", time);
}

static bool is_number(const graft_array *a) {
  return graft_shape_count(a->shape) == 1 && a->type != GRAFT_TEXT;
}

static double number(const graft_array *a) {
  switch (a->type) {
  case GRAFT_FLOAT32: return (double)*(const float *)a->data;
  case GRAFT_FLOAT64: return *(const double *)a->data;
  case GRAFT_INT64: return (double)*(const int64_t *)a->data;
  default: return *(const uint8_t *)a->data;
  }
}

/* One number of the code of all samples as a scalar that varies with them. */
static graft_status write_code_scalar(hid_t file, const graft_source_info *info, size_t q) {
  char path[128];
  float *value;
  GRAFT_TRY(graft_alloc(&value, info->samples, sizeof *value));
  for (size_t s = 0; s < info->samples; s++) value[s] = (float)info->code[s * info->codes + q];
  snprintf(path, sizeof path, "scalars/%s", info->code_name[q]);
  graft_status status =
      graft_h5_write(file, path, H5T_NATIVE_FLOAT, GRAFT_SHAPE(1, info->samples), value);
  graft_free(value);
  GRAFT_TRY(status);
  return attr_varying(file, path, true, false);
}

/* Root attributes and /scalars: the single numbers among the parameters, and the samples' codes. */
static graft_status write_scalars(hid_t file, const graft_source_info *info,
                                  const graft_bundle *parameters) {
  size_t most = parameters ? parameters->arrays : 0, count = 0, constant;
  const char **name;
  GRAFT_TRY(graft_alloc(&name, most + info->codes, sizeof *name));
  graft_status status = graft_h5_group(file, "scalars");
  for (size_t i = 0; i < most && status == GRAFT_OK; i++) {
    const graft_array *a = &parameters->array[i];
    char path[128];
    if (!is_number(a)) continue;
    name[count++] = a->name;
    float value = (float)number(a);
    snprintf(path, sizeof path, "scalars/%s", a->name);
    GRAFT_TRY_TO(done, graft_h5_attr_real(file, ".", a->name, number(a)));
    GRAFT_TRY_TO(done, graft_h5_write(file, path, H5T_NATIVE_FLOAT, GRAFT_SHAPE(0, 0), &value));
    GRAFT_TRY_TO(done, attr_varying(file, path, false, false));
  }
  GRAFT_TRY_TO(done, status);
  constant = count;
  for (size_t q = 0; q < info->codes; q++) {
    name[count++] = info->code_name[q];
    GRAFT_TRY_TO(done, write_code_scalar(file, info, q));
  }
  GRAFT_TRY_TO(done, graft_h5_attr_texts(file, "scalars", "field_names", count, name));
  status = graft_h5_attr_texts(file, ".", "simulation_parameters", constant, name);
done:
  graft_free(name);
  return status;
}

static graft_status write_root(hid_t file, const graft_source_info *info) {
  GRAFT_TRY(graft_h5_attr_text(file, ".", "dataset_name", info->dataset_name));
  GRAFT_TRY(graft_h5_attr_text(file, ".", "grid_type", "cartesian"));
  GRAFT_TRY(graft_h5_attr_int(file, ".", "n_spatial_dims", info->dims - info->in_time));
  return graft_h5_attr_int(file, ".", "n_trajectories", (int64_t)info->samples);
}

/* Node-centred coordinates; the boundary is included. Time has one flag only. */
static graft_status write_axis(hid_t file, const graft_source_info *info, int a) {
  char path[32];
  float *x;
  size_t n = info->grid[a];
  bool time = info->in_time && a == 0;
  snprintf(path, sizeof path, "dimensions/%s", graft_dataset_axes(info)[a]);
  GRAFT_TRY(graft_alloc(&x, n, sizeof *x));
  for (size_t i = 0; i < n; i++) {
    double t = n > 1 ? (double)i / (double)(n - 1) : 0;
    x[i] = (float)(info->lo[a] + t * (info->hi[a] - info->lo[a]));
  }
  graft_status status = graft_h5_write(file, path, H5T_NATIVE_FLOAT, GRAFT_SHAPE(1, n), x);
  graft_free(x);
  GRAFT_TRY(status);
  if (time) return attr_bool(file, path, "sample_varying", 0);
  return attr_varying(file, path, false, false);
}

static graft_status write_dimensions(hid_t file, const graft_source_info *info) {
  float time = 0;
  GRAFT_TRY(graft_h5_group(file, "dimensions"));
  GRAFT_TRY(graft_h5_attr_texts(file, "dimensions", "spatial_dims",
                                (size_t)(info->dims - info->in_time),
                                graft_dataset_axes(info) + info->in_time));
  if (!info->in_time) {
    GRAFT_TRY(graft_h5_write(file, "dimensions/time", H5T_NATIVE_FLOAT, GRAFT_SHAPE(1, 1), &time));
    GRAFT_TRY(attr_bool(file, "dimensions/time", "sample_varying", 0));
  }
  for (int a = 0; a < info->dims; a++) GRAFT_TRY(write_axis(file, info, a));
  return GRAFT_OK;
}

/* The two ends of one axis of the box; the region's own boundary is in the masks. */
static graft_status write_boundary(hid_t file, const graft_source_info *info, int a,
                                   const char *type) {
  char group[64], path[96];
  const float value[2] = {0, 0};
  size_t n = info->grid[a];
  unsigned char *mask;
  const char *axis = graft_dataset_axes(info)[a];
  snprintf(group, sizeof group, "boundary_conditions/%s_boundary", axis);
  GRAFT_TRY(graft_h5_group(file, group));
  GRAFT_TRY(graft_h5_attr_texts(file, group, "associated_dims", 1, &axis));
  GRAFT_TRY(graft_h5_attr_texts(file, group, "associated_fields", 0, NULL));
  GRAFT_TRY(graft_h5_attr_text(file, group, "bc_type", type));
  GRAFT_TRY(attr_varying(file, group, false, false));
  GRAFT_TRY(graft_alloc(&mask, n, 1));
  mask[0] = mask[n - 1] = 1;
  snprintf(path, sizeof path, "%s/mask", group);
  hid_t boolean = graft_h5_bool();
  graft_status status = graft_h5_write(file, path, boolean, GRAFT_SHAPE(1, n), mask);
  H5Tclose(boolean);
  graft_free(mask);
  GRAFT_TRY(status);
  snprintf(path, sizeof path, "%s/values", group);
  return graft_h5_write(file, path, H5T_NATIVE_FLOAT, GRAFT_SHAPE(1, n > 1 ? 2 : 1), value);
}

/* One field [S, its axes…], one chunk per sample, space allocated now and filled later. */
static graft_status make_field(hid_t file, const graft_source_info *info, const char *name,
                               hid_t type, const char *long_name, const char *unit) {
  char path[128];
  unsigned char varying[3] = {0};
  unsigned axes = graft_source_axes(info, name);
  int space_axes = info->dims - info->in_time;
  graft_shape shape = graft_dataset_field_shape(info, name, info->samples);
  for (int a = 0; a < space_axes; a++) varying[a] = axes >> (a + info->in_time) & 1;
  hsize_t chunk[GRAFT_MAX_RANK];
  for (int a = 0; a < shape.rank; a++) chunk[a] = shape.dim[a];
  chunk[0] = 1;
  snprintf(path, sizeof path, "t0_fields/%s", name);
  GRAFT_TRY(graft_h5_reserve(file, path, type, shape, chunk, NULL));
  GRAFT_TRY(attr_varying(file, path, true, info->in_time && (axes & 1)));
  GRAFT_TRY(graft_h5_attr_bools(file, path, "dim_varying", 1, (size_t)space_axes, varying));
  GRAFT_TRY(graft_h5_attr_text(file, path, "long_name", long_name));
  GRAFT_TRY(graft_h5_attr_text(file, path, "units", unit));
  snprintf(path, sizeof path, "graft/field_text/%s", name); /* see graft_dataset_field_get() */
  return graft_h5_write_texts(file, path, 1, 2, (const char *const[]){long_name, unit});
}

static graft_status write_fields(hid_t file, const graft_source_info *info,
                                 const graft_dataset_field *field) {
  const char *name[GRAFT_MAX_TASKS];
  size_t count = 0;
  GRAFT_TRY(graft_h5_group(file, "t0_fields"));
  for (; field[count].name; count++) {
    GRAFT_CHECK(count + 1 < GRAFT_MAX_TASKS && strcmp(field[count].name, "mask") != 0, INTERNAL,
                "field '%s': too many or reserved", field[count].name);
    name[count] = field[count].name;
    GRAFT_TRY(make_field(file, info, field[count].name, H5T_NATIVE_FLOAT, field[count].long_name,
                         field[count].unit));
  }
  name[count] = "mask";
  GRAFT_TRY(make_field(file, info, "mask", H5T_NATIVE_UINT8, "points of the closed region", "1"));
  GRAFT_TRY(graft_h5_attr_texts(file, "t0_fields", "field_names", count + 1, name));
  GRAFT_TRY(graft_h5_group(file, "t1_fields"));
  GRAFT_TRY(graft_h5_attr_texts(file, "t1_fields", "field_names", 0, NULL));
  GRAFT_TRY(graft_h5_group(file, "t2_fields"));
  return graft_h5_attr_texts(file, "t2_fields", "field_names", 0, NULL);
}

/* No sample is written yet. */
static graft_status write_done(hid_t file, size_t samples) {
  unsigned char *done;
  GRAFT_TRY(graft_alloc(&done, samples, 1));
  graft_status status =
      graft_h5_write(file, "graft/sample/done", H5T_NATIVE_UINT8, GRAFT_SHAPE(1, samples), done);
  graft_free(done);
  return status;
}

static graft_status write_samples(hid_t file, const graft_source_info *info) {
  graft_shape shape = GRAFT_SHAPE(1, info->samples);
  GRAFT_TRY(graft_h5_write(file, "graft/sample/task", H5T_NATIVE_INT32, shape, info->task));
  GRAFT_TRY(graft_h5_write(file, "graft/sample/geometry", H5T_NATIVE_INT32, shape,
                           info->sample_geometry));
  GRAFT_TRY(graft_h5_write(file, "graft/sample/index", H5T_NATIVE_INT64, shape, info->index));
  GRAFT_TRY(graft_h5_write(file, "graft/sample/stream", H5T_NATIVE_INT64, shape, info->stream));
  if (info->outside) {
    GRAFT_TRY(graft_h5_write(file, "graft/sample/outside", H5T_NATIVE_FLOAT, shape, info->outside));
  }
  GRAFT_TRY(write_done(file, info->samples));
  /* written sample by sample; written once here so that the space is allocated */
  GRAFT_TRY(graft_h5_write(file, "graft/sample/checksum", H5T_NATIVE_INT64, shape, info->index));
  return graft_h5_write(file, "graft/sample/error_estimate", H5T_NATIVE_FLOAT, shape,
                        info->error_estimate);
}

static graft_status write_tasks(hid_t file, const graft_source_info *info) {
  const char *name[GRAFT_MAX_TASKS];
  for (size_t k = 0; k < info->tasks; k++) name[k] = info->task_name[k];
  return graft_h5_write_texts(file, "graft/task/name", 1, info->tasks, name);
}

/* Which fields are given, and the samples' codes: tables that are only there when they are needed.
 */
static graft_status write_inputs(hid_t file, const graft_source_info *info) {
  const char **name;
  unsigned char *axes;
  size_t most = info->inputs > info->codes ? info->inputs : info->codes;
  const unsigned char yes = 1;
  GRAFT_TRY(graft_alloc(&name, most, sizeof *name));
  graft_status status = graft_alloc(&axes, info->inputs, 1);
  GRAFT_TRY_TO(done, status);
  if (info->in_time) {
    GRAFT_TRY_TO(done,
                 graft_h5_write(file, "graft/in_time", H5T_NATIVE_UINT8, GRAFT_SHAPE(0, 0), &yes));
  }
  if (info->directed) {
    GRAFT_TRY_TO(done,
                 graft_h5_write(file, "graft/directed", H5T_NATIVE_UINT8, GRAFT_SHAPE(0, 0), &yes));
  }
  for (size_t i = 0; i < info->inputs; i++) {
    name[i] = info->input[i].name;
    axes[i] = (unsigned char)info->input[i].axes;
  }
  if (info->inputs) {
    graft_shape shape = GRAFT_SHAPE(1, info->inputs);
    GRAFT_TRY_TO(done, graft_h5_write_texts(file, "graft/input/name", 1, info->inputs, name));
    GRAFT_TRY_TO(done, graft_h5_write(file, "graft/input/axes", H5T_NATIVE_UINT8, shape, axes));
  }
  for (size_t q = 0; q < info->codes; q++) name[q] = info->code_name[q];
  if (info->codes) {
    GRAFT_TRY_TO(done, graft_h5_write_texts(file, "graft/code/name", 1, info->codes, name));
    status = graft_h5_write(file, "graft/sample/code", H5T_NATIVE_DOUBLE,
                            GRAFT_SHAPE(2, info->samples, info->codes), info->code);
  }
done:
  graft_free(axes);
  graft_free(name);
  return status;
}

/* One array over geometries and grid, gathered from the geometries. */
static graft_status write_over_grid(hid_t file, const graft_source_info *info, const char *name,
                                    hid_t type, size_t size, size_t offset) {
  char *data;
  size_t bytes = info->points * size;
  GRAFT_TRY(graft_alloc(&data, info->geometries, bytes));
  for (size_t g = 0; g < info->geometries; g++) {
    const void *from;
    memcpy(&from, (const char *)&info->geometry[g] + offset, sizeof from);
    memcpy(data + g * bytes, from, bytes);
  }
  graft_status status =
      graft_h5_write(file, name, type, graft_dataset_shape(info, info->geometries), data);
  graft_free(data);
  return status;
}

static graft_status write_geometries(hid_t file, const graft_source_info *info) {
  const char **text;
  size_t count = info->geometries;
  GRAFT_TRY(graft_alloc(&text, count, sizeof *text));
  for (size_t g = 0; g < count; g++) text[g] = info->geometry[g].name;
  graft_status status = graft_h5_write_texts(file, "graft/geometry/name", 1, count, text);
  for (size_t g = 0; g < count; g++) text[g] = info->geometry[g].region_yaml;
  if (status == GRAFT_OK) {
    status = graft_h5_write_texts(file, "graft/geometry/region_yaml", 1, count, text);
  }
  graft_free(text);
  GRAFT_TRY(status);
  GRAFT_TRY(write_over_grid(file, info, "graft/geometry/mask", H5T_NATIVE_UINT8, 1,
                            offsetof(graft_source_geometry, mask)));
  GRAFT_TRY(write_over_grid(file, info, "graft/geometry/sdf", H5T_NATIVE_FLOAT, sizeof(float),
                            offsetof(graft_source_geometry, sdf)));
  return write_over_grid(file, info, "graft/geometry/torsion", H5T_NATIVE_FLOAT, sizeof(float),
                         offsetof(graft_source_geometry, torsion));
}

static graft_status write_graft(hid_t file, const graft_source_info *info,
                                const graft_bundle *parameters) {
  char path[192];
  double extent[6];
  const char *name = info->dataset_name, *problem = info->problem, *field = info->field;
  for (int a = 0; a < info->dims; a++) {
    extent[2 * a] = info->lo[a];
    extent[2 * a + 1] = info->hi[a];
  }
  GRAFT_TRY(graft_h5_write_kind(file, "dataset", GRAFT_DATASET_VERSION));
  GRAFT_TRY(graft_h5_write_texts(file, "graft/dataset_name", 0, 1, &name));
  GRAFT_TRY(graft_h5_write_texts(file, "graft/problem", 0, 1, &problem));
  GRAFT_TRY(graft_h5_write_texts(file, "graft/field", 0, 1, &field));
  GRAFT_TRY(graft_h5_write(file, "graft/seed", H5T_NATIVE_UINT64, GRAFT_SHAPE(0, 0), &info->seed));
  GRAFT_TRY(
      graft_h5_write(file, "graft/seconds", H5T_NATIVE_DOUBLE, GRAFT_SHAPE(0, 0), &info->seconds));
  GRAFT_TRY(graft_h5_write(file, "graft/extent", H5T_NATIVE_DOUBLE,
                           GRAFT_SHAPE(2, (size_t)info->dims, 2), extent));
  GRAFT_TRY(write_samples(file, info));
  GRAFT_TRY(write_inputs(file, info));
  GRAFT_TRY(write_tasks(file, info));
  GRAFT_TRY(write_geometries(file, info));
  if (info->node_start) GRAFT_TRY(graft_dataset_layout_nodes(file, info));
  for (size_t s = 0; s < info->splits; s++) {
    snprintf(path, sizeof path, "graft/split/%s", info->split[s].name);
    GRAFT_TRY(graft_h5_write(file, path, H5T_NATIVE_UINT8, GRAFT_SHAPE(1, info->samples),
                             info->split[s].part));
  }
  for (size_t i = 0; parameters && i < parameters->arrays; i++) {
    snprintf(path, sizeof path, "graft/parameters/%s", parameters->array[i].name);
    GRAFT_TRY(graft_h5_write_array(file, path, &parameters->array[i]));
  }
  return GRAFT_OK;
}

graft_status graft_dataset_layout(hid_t file, const graft_source_info *info,
                                  const graft_dataset_field *field,
                                  const graft_dataset_extra *extra,
                                  const graft_provenance *provenance) {
  const graft_bundle *parameters = extra ? extra->parameters : NULL;
  const char *boundary = extra && extra->boundary_type ? extra->boundary_type : "WALL";
  GRAFT_TRY(write_root(file, info));
  GRAFT_TRY(write_scalars(file, info, parameters));
  GRAFT_TRY(write_dimensions(file, info));
  GRAFT_TRY(graft_h5_group(file, "boundary_conditions"));
  for (int a = info->in_time; a < info->dims; a++)
    GRAFT_TRY(write_boundary(file, info, a, boundary));
  GRAFT_TRY(write_fields(file, info, field));
  GRAFT_TRY(write_graft(file, info, parameters));
  if (extra && extra->configuration) {
    GRAFT_TRY(graft_h5_write_texts(file, "graft/configuration", 0, 1, &extra->configuration));
  }
  return provenance ? graft_h5_write_provenance(file, provenance) : GRAFT_OK;
}

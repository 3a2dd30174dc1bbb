/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_TESTS_IO_WELL_CHECK_H
#define GRAFT_TESTS_IO_WELL_CHECK_H

/** @file well_check.h
 *  The Well's format as checks of an HDF5 file: every group, data set and attribute of its
 *  specification, with types and shapes. Of numbers that do not vary, which the specification
 * writes as float32(1), its checker and its export to xarray want scalars, so that is the rule
 * here. Masks may be bytes: its loader reads them as float32.
 *
 *  Reference: ohana2024 (docs/data_format.md and scripts/check_thewell_formatting.py of the_well).
 */

#include <hdf5.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "tests/graft_test.h"

enum { WELL_NAMES = 64, WELL_TEXT = 64 };

/** A list of texts. */
typedef struct well_names {
  int count;
  char text[WELL_NAMES][WELL_TEXT];
} well_names;

/** What the groups must agree on. */
typedef struct well_file {
  hid_t id;
  const char *path;
  hsize_t samples, times, points[3];
  well_names axis;
} well_file;

/* One check: says which object of which file when it fails. */
static inline bool well_ok(const well_file *f, bool ok, const char *object, const char *what) {
  if (!ok) printf("# %s: %s: %s\n", f->path, object, what);
  return T_CHECK(ok);
}

static inline hid_t well_attribute(const well_file *f, const char *object, const char *name) {
  bool there = H5Aexists_by_name(f->id, object, name, H5P_DEFAULT) > 0;
  well_ok(f, there, object, name);
  return there ? H5Aopen_by_name(f->id, object, name, H5P_DEFAULT, H5P_DEFAULT) : -1;
}

/* What h5py calls bool: an enumeration of one byte with FALSE = 0 and TRUE = 1. */
static inline bool well_is_bool(hid_t type) {
  if (H5Tget_class(type) != H5T_ENUM || H5Tget_size(type) != 1 || H5Tget_nmembers(type) != 2) {
    return false;
  }
  static const char *const want[] = {"FALSE", "TRUE"};
  bool ok = true;
  for (unsigned i = 0; i < 2; i++) {
    signed char value = -1;
    char *name = H5Tget_member_name(type, i);
    ok &= H5Tget_member_value(type, i, &value) >= 0 && value == (signed char)i;
    ok &= name && strcmp(name, want[i]) == 0;
    H5free_memory(name);
  }
  return ok;
}

/** Boolean attribute: [count] with @p rank 1, a scalar with 0. */
static inline void well_bools(const well_file *f, const char *object, const char *name, int rank,
                              hsize_t count, unsigned char *value) {
  memset(value, 0, count);
  hid_t attribute = well_attribute(f, object, name);
  if (attribute < 0) return;
  hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
  bool fits = H5Sget_simple_extent_ndims(space) == rank &&
              H5Sget_simple_extent_npoints(space) == (hssize_t)count;
  if (well_ok(f, well_is_bool(type) && fits, object, name)) H5Aread(attribute, type, value);
  H5Sclose(space);
  H5Tclose(type);
  H5Aclose(attribute);
}

static inline bool well_bool(const well_file *f, const char *object, const char *name) {
  unsigned char value = 0;
  well_bools(f, object, name, 0, 1, &value);
  return value;
}

/** Integer attribute, a scalar. */
static inline hsize_t well_int(const well_file *f, const char *object, const char *name) {
  long long value = 0;
  hid_t attribute = well_attribute(f, object, name);
  if (attribute < 0) return 0;
  hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
  well_ok(f,
          H5Tget_class(type) == H5T_INTEGER && H5Sget_simple_extent_ndims(space) == 0 &&
              H5Aread(attribute, H5T_NATIVE_LLONG, &value) >= 0 && value > 0,
          object, name);
  H5Sclose(space);
  H5Tclose(type);
  H5Aclose(attribute);
  return value > 0 ? (hsize_t)value : 0;
}

/** Texts, variable in length, as an attribute: a list with @p rank 1, one with 0. */
static inline void well_texts(const well_file *f, const char *object, const char *name, int rank,
                              well_names *names) {
  char *text[WELL_NAMES] = {NULL};
  names->count = 0;
  hid_t attribute = well_attribute(f, object, name);
  if (attribute < 0) return;
  hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
  hssize_t count = H5Sget_simple_extent_npoints(space);
  bool fits = H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) > 0 &&
              H5Sget_simple_extent_ndims(space) == rank && count <= WELL_NAMES;
  if (well_ok(f, fits, object, name) && count > 0 &&
      well_ok(f, H5Aread(attribute, type, text) >= 0, object, name)) {
    names->count = (int)count;
    for (int i = 0; i < names->count; i++) snprintf(names->text[i], WELL_TEXT, "%s", text[i]);
    H5Dvlen_reclaim(type, space, H5P_DEFAULT, text);
  }
  H5Sclose(space);
  H5Tclose(type);
  H5Aclose(attribute);
}

static inline bool well_holds(const well_names *names, const char *text) {
  bool found = false;
  for (int i = 0; i < names->count; i++) found |= strcmp(names->text[i], text) == 0;
  return found;
}

/** Shape of a data set of 32-bit floats, of one-byte numbers, or of bool. Returns its rank. */
static inline int well_shape(const well_file *f, const char *path, const char *kind,
                             hsize_t dim[8]) {
  bool there = H5Lexists(f->id, path, H5P_DEFAULT) > 0;
  if (!well_ok(f, there, path, "expected a data set")) return -1;
  hid_t set = H5Dopen2(f->id, path, H5P_DEFAULT), type = H5Dget_type(set);
  hid_t space = H5Dget_space(set);
  int rank = H5Sget_simple_extent_ndims(space);
  bool fits = strcmp(kind, "bool") == 0 ? well_is_bool(type)
              : strcmp(kind, "byte") == 0
                  ? H5Tget_class(type) == H5T_INTEGER && H5Tget_size(type) == 1
                  : H5Tget_class(type) == H5T_FLOAT && H5Tget_size(type) == 4;
  well_ok(f, fits, path, kind);
  if (rank >= 0 && rank <= 8) H5Sget_simple_extent_dims(space, dim, NULL);
  H5Sclose(space);
  H5Tclose(type);
  H5Dclose(set);
  return rank;
}

static inline void well_read(const well_file *f, const char *path, hid_t type, void *data) {
  hid_t set = H5Dopen2(f->id, path, H5P_DEFAULT);
  well_ok(f, H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0, path, "can't be read");
  H5Dclose(set);
}

/** Members of a group: all listed in @p names and nothing else. */
static inline void well_members(const well_file *f, const char *group, const well_names *names) {
  H5G_info_t info = {0};
  well_ok(f, H5Gget_info_by_name(f->id, group, &info, H5P_DEFAULT) >= 0, group, "expected a group");
  well_ok(f, info.nlinks == (hsize_t)names->count, group, "members that are not in field_names");
  for (int i = 0; i < names->count; i++) {
    char path[2 * WELL_TEXT];
    snprintf(path, sizeof path, "%s/%s", group, names->text[i]);
    well_ok(f, H5Lexists(f->id, path, H5P_DEFAULT) > 0, path, "is in field_names");
  }
}

static inline void well_root(well_file *f) {
  well_names text, parameter;
  well_texts(f, "/", "dataset_name", 0, &text);
  well_ok(f, text.count == 1 && text.text[0][0], "/", "dataset_name");
  well_texts(f, "/", "grid_type", 0, &text);
  well_ok(f, well_holds(&text, "cartesian"), "/", "grid_type: expected cartesian");
  f->samples = well_int(f, "/", "n_trajectories");
  well_texts(f, "/", "simulation_parameters", 1, &parameter);
  for (int i = 0; i < parameter.count; i++) {
    hid_t attribute = well_attribute(f, "/", parameter.text[i]);
    if (attribute < 0) continue;
    hid_t type = H5Aget_type(attribute);
    well_ok(f, H5Tget_class(type) == H5T_FLOAT, "/", parameter.text[i]);
    H5Tclose(type);
    H5Aclose(attribute);
  }
}

static inline void well_dimensions(well_file *f) {
  hsize_t dim[8];
  well_texts(f, "dimensions", "spatial_dims", 1, &f->axis);
  well_ok(f, f->axis.count <= 3 && well_int(f, "/", "n_spatial_dims") == (hsize_t)f->axis.count,
          "dimensions", "spatial_dims and n_spatial_dims differ");
  well_ok(f, well_shape(f, "dimensions/time", "float", dim) == 1, "dimensions/time", "one axis");
  well_ok(f, !well_bool(f, "dimensions/time", "sample_varying"), "dimensions/time", "varies");
  f->times = dim[0];
  for (int a = 0; a < f->axis.count && a < 3; a++) {
    char path[2 * WELL_TEXT];
    float x[512];
    snprintf(path, sizeof path, "dimensions/%s", f->axis.text[a]);
    bool fits = well_shape(f, path, "float", dim) == 1 && dim[0] <= 512;
    well_ok(f, !well_bool(f, path, "sample_varying"), path, "sample_varying");
    well_ok(f, !well_bool(f, path, "time_varying"), path, "time_varying");
    if (!well_ok(f, fits, path, "one axis")) continue;
    f->points[a] = dim[0];
    well_read(f, path, H5T_NATIVE_FLOAT, x);
    for (hsize_t i = 1; i < dim[0]; i++) fits &= x[i] > x[i - 1];
    well_ok(f, fits, path, "expected growing coordinates");
  }
}

static inline int well_axis(const well_file *f, const char *name) {
  for (int a = 0; a < f->axis.count; a++) {
    if (strcmp(f->axis.text[a], name) == 0) return a;
  }
  return -1;
}

/* One boundary; on one axis, as ours are. */
static inline void well_boundary(const well_file *f, const char *group) {
  static const char *const types[] = {"WALL", "OPEN", "PERIODIC"};
  char path[3 * WELL_TEXT];
  well_names dims, fields, type;
  hsize_t dim[8] = {0}, set = 0;
  signed char mask[512] = {0};
  well_texts(f, group, "associated_dims", 1, &dims);
  well_texts(f, group, "associated_fields", 1, &fields);
  well_texts(f, group, "bc_type", 0, &type);
  bool known = false;
  for (int i = 0; i < 3; i++) known |= well_holds(&type, types[i]);
  well_ok(f, known, group, "bc_type");
  well_ok(f, !well_bool(f, group, "sample_varying"), group, "sample_varying");
  well_ok(f, !well_bool(f, group, "time_varying"), group, "time_varying");
  int a = dims.count == 1 ? well_axis(f, dims.text[0]) : -1;
  if (!well_ok(f, a >= 0, group, "associated_dims: expected one axis")) return;
  snprintf(path, sizeof path, "%s/mask", group);
  bool fits = well_shape(f, path, "bool", dim) == 1 && dim[0] == f->points[a] && dim[0] <= 512;
  if (!well_ok(f, fits, path, "expected an axis")) return;
  hid_t file_type = H5Tenum_create(H5T_NATIVE_SCHAR);
  H5Tenum_insert(file_type, "FALSE", &(signed char){0});
  H5Tenum_insert(file_type, "TRUE", &(signed char){1});
  well_read(f, path, file_type, mask);
  H5Tclose(file_type);
  for (hsize_t i = 0; i < dim[0]; i++) set += mask[i] == 1;
  snprintf(path, sizeof path, "%s/values", group);
  fits = well_shape(f, path, "float", dim) == 1 && dim[0] == set;
  well_ok(f, fits, path, "expected a value per point of the mask");
}

/** Every axis has a boundary at least. */
static inline void well_boundaries(const well_file *f) {
  H5G_info_t info = {0};
  H5Gget_info_by_name(f->id, "boundary_conditions", &info, H5P_DEFAULT);
  well_ok(f, info.nlinks >= (hsize_t)f->axis.count, "boundary_conditions", "one per axis");
  for (hsize_t i = 0; i < info.nlinks; i++) {
    char name[WELL_TEXT] = "", group[2 * WELL_TEXT];
    H5Lget_name_by_idx(f->id, "boundary_conditions", H5_INDEX_NAME, H5_ITER_INC, i, name,
                       sizeof name, H5P_DEFAULT);
    snprintf(group, sizeof group, "boundary_conditions/%s", name);
    well_boundary(f, group);
  }
}

static inline void well_scalars(const well_file *f) {
  well_names names;
  hsize_t dim[8];
  well_texts(f, "scalars", "field_names", 1, &names);
  well_members(f, "scalars", &names);
  for (int i = 0; i < names.count; i++) {
    char path[2 * WELL_TEXT];
    snprintf(path, sizeof path, "scalars/%s", names.text[i]);
    int want = well_bool(f, path, "sample_varying") + well_bool(f, path, "time_varying");
    well_ok(f, well_shape(f, path, "float", dim) == want, path, "an axis per thing it varies with");
  }
}

/** Fields of tensor @p order: axes for samples, times, space and components, as its flags say. */
static inline void well_fields(const well_file *f, int order) {
  char group[16];
  well_names names;
  snprintf(group, sizeof group, "t%d_fields", order);
  well_texts(f, group, "field_names", 1, &names);
  well_members(f, group, &names);
  for (int i = 0; i < names.count; i++) {
    char path[2 * WELL_TEXT];
    hsize_t dim[8] = {0}, D = (hsize_t)f->axis.count;
    unsigned char varies[3] = {0};
    int at = 0;
    bool fits = true;
    snprintf(path, sizeof path, "%s/%s", group, names.text[i]);
    int rank = well_shape(f, path, strcmp(names.text[i], "mask") == 0 ? "byte" : "float", dim);
    well_bools(f, path, "dim_varying", 1, D, varies);
    if (well_bool(f, path, "sample_varying")) fits &= dim[at++] == f->samples;
    if (well_bool(f, path, "time_varying")) fits &= dim[at++] == f->times;
    for (hsize_t a = 0; a < D; a++) {
      if (varies[a]) fits &= dim[at++] == f->points[a];
    }
    if (order) fits &= dim[at++] == (order == 1 ? D : D * D);
    well_ok(f, fits && rank == at, path, "shape and flags differ");
  }
}

/** All rules. */
static inline void well_check(const char *path) {
  well_file f = {.id = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT), .path = path};
  static const char *const group[] = {"dimensions", "boundary_conditions", "scalars",
                                      "t0_fields",  "t1_fields",           "t2_fields"};
  bool whole = T_CHECK(f.id >= 0);
  for (int i = 0; i < 6 && f.id >= 0; i++) {
    whole &= well_ok(&f, H5Lexists(f.id, group[i], H5P_DEFAULT) > 0, group[i], "expected a group");
  }
  if (whole) {
    well_root(&f);
    well_dimensions(&f);
    well_boundaries(&f);
    well_scalars(&f);
    for (int order = 0; order < 3; order++) well_fields(&f, order);
  }
  if (f.id >= 0) H5Fclose(f.id);
}

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* NumPy and HDF5 files; text files are read in field_text.c.
 * Reference: numpy2020 (NEP 1, the .npy format). */
#include "io/field_file.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "io/field_file_impl.h"
#include "io/h5_impl.h"

enum { MOST_BYTES = 1 << 30 /* values of a file, as doubles */ };

graft_status graft_field_file_take(graft_field_file *file, size_t count, double **value,
                                   size_t samples, size_t nodes) {
  GRAFT_CHECK(nodes >= 2 && samples >= 1 && count == samples * nodes * nodes, INPUT,
              "expected at least 2 x 2 values, got %zu x %zu", nodes, nodes);
  for (size_t i = 0; i < count; i++) {
    GRAFT_CHECK(isfinite((*value)[i]), INPUT, "[%zu, %zu, %zu]: expected a finite value, got %g",
                i / (nodes * nodes), i / nodes % nodes, i % nodes, (*value)[i]);
  }
  *file = (graft_field_file){samples, nodes, *value};
  *value = NULL;
  return GRAFT_OK;
}

/* Shape [S, N, N] or [N, N]. */
static graft_status check_shape(graft_shape shape, size_t *samples, size_t *nodes) {
  char text[96];
  bool plane = shape.rank == 2;
  GRAFT_CHECK(plane || shape.rank == 3, INPUT, "expected shape [S, N, N] or [N, N], got %s",
              graft_shape_print(shape, text, sizeof text));
  *samples = plane ? 1 : shape.dim[0];
  *nodes = shape.dim[shape.rank - 1];
  GRAFT_CHECK(*nodes == shape.dim[shape.rank - 2], INPUT,
              "expected as many points along x as along y, got %s",
              graft_shape_print(shape, text, sizeof text));
  GRAFT_CHECK(*nodes >= 2 && *nodes <= 65536 && *samples >= 1 &&
                  *samples <= MOST_BYTES / sizeof(double) / *nodes / *nodes,
              INPUT, "expected at least 2 x 2 points and at most 1 GiB as doubles, got %s",
              graft_shape_print(shape, text, sizeof text));
  return GRAFT_OK;
}

/* Kinds of numbers in .npy files that we read. */
static const struct {
  const char *name;
  size_t size;
} kind[] = {{"<f8", 8}, {"<f4", 4}, {"<i8", 8}, {"<i4", 4}, {"|u1", 1}, {"|b1", 1}};

enum { KINDS = sizeof kind / sizeof *kind };

static double number(size_t k, const unsigned char *at) {
  double f8;
  float f4;
  int64_t i8;
  int32_t i4;
  switch (k) {
  case 0: return memcpy(&f8, at, sizeof f8), f8;
  case 1: return memcpy(&f4, at, sizeof f4), (double)f4;
  case 2: return memcpy(&i8, at, sizeof i8), (double)i8;
  case 3: return memcpy(&i4, at, sizeof i4), (double)i4;
  default: return *at;
  }
}

/* The text behind 'key': in a header like {'descr': '<f8', 'fortran_order': False, 'shape': …}. */
static const char *value_of(const char *header, const char *key) {
  const char *at = strstr(header, key);
  at = at ? strchr(at, ':') : NULL;
  return at ? at + 1 + strspn(at + 1, " ") : NULL;
}

static graft_status parse_header(const char *header, size_t *k, graft_shape *shape) {
  const char *type = value_of(header, "'descr'"), *order = value_of(header, "'fortran_order'");
  const char *at = value_of(header, "'shape'");
  GRAFT_CHECK(type && order && at && *at == '(', INPUT, "damaged header: '%.60s'", header);
  for (*k = 0; *k < KINDS; (*k)++) {
    if (*type == '\'' && strncmp(type + 1, kind[*k].name, 3) == 0) break;
  }
  GRAFT_CHECK(*k < KINDS, INPUT, "expected float64, float32 or integers (little-endian), got %.8s",
              type);
  GRAFT_CHECK(strncmp(order, "False", 5) == 0, INPUT,
              "expected C order, got Fortran order; use numpy.ascontiguousarray()");
  *shape = (graft_shape){0};
  for (at++; *at && *at != ')';) {
    char *end;
    unsigned long long n = strtoull(at, &end, 10);
    GRAFT_CHECK(end != at && shape->rank < GRAFT_MAX_RANK && n <= SIZE_MAX / 2, INPUT,
                "damaged shape in the header: '%.60s'", header);
    shape->dim[shape->rank++] = (size_t)n;
    at = end + strspn(end, ", ");
  }
  return GRAFT_OK;
}

static graft_status read_numpy(FILE *in, graft_field_file *file) {
  unsigned char start[12];
  char header[4096];
  size_t k, samples, nodes;
  graft_shape shape;
  graft_status status = GRAFT_OK;
  GRAFT_CHECK(fread(start, 1, 10, in) == 10, INPUT, "ends within its header");
  size_t length = start[8] | (size_t)start[9] << 8;
  GRAFT_CHECK(start[6] == 1 || (start[6] <= 3 && fread(start + 10, 1, 2, in) == 2), INPUT,
              "expected version 1, 2 or 3 of the npy format, got %d", start[6]);
  if (start[6] > 1) length |= (size_t)start[10] << 16 | (size_t)start[11] << 24;
  GRAFT_CHECK(length < sizeof header && fread(header, 1, length, in) == length, INPUT,
              "damaged header of %zu bytes", length);
  header[length] = '\0';
  GRAFT_TRY(parse_header(header, &k, &shape));
  GRAFT_TRY(check_shape(shape, &samples, &nodes));
  size_t count = samples * nodes * nodes;
  double *value = NULL;
  unsigned char *raw = NULL;
  GRAFT_TRY_TO(done, graft_alloc(&value, count, sizeof *value));
  GRAFT_TRY_TO(done, graft_alloc(&raw, nodes, kind[k].size));
  for (size_t row = 0; row < samples * nodes; row++) {
    GRAFT_CHECK_TO(done, fread(raw, kind[k].size, nodes, in) == nodes, INPUT,
                   "[%zu, %zu]: ends here, expected %zu values in all", row / nodes, row % nodes,
                   count);
    for (size_t i = 0; i < nodes; i++) value[row * nodes + i] = number(k, raw + i * kind[k].size);
  }
  GRAFT_CHECK_TO(done, fgetc(in) == EOF, INPUT, "expected the end after %zu values, got more",
                 count);
  GRAFT_TRY_TO(done, graft_field_file_take(file, count, &value, samples, nodes));
done:
  graft_free(raw);
  graft_free(value);
  return status;
}

static graft_status read_set(hid_t h5, const char *name, graft_field_file *file) {
  hid_t set;
  H5T_class_t class;
  size_t size, samples, nodes;
  graft_shape shape;
  double *value = NULL;
  graft_status status = GRAFT_OK;
  GRAFT_TRY(graft_h5_look(h5, name, &set, &class, &size, &shape));
  GRAFT_CHECK_TO(done, class == H5T_FLOAT || class == H5T_INTEGER, INPUT,
                 "/%s: expected numbers, got another type", name);
  GRAFT_TRY_TO(done, check_shape(shape, &samples, &nodes));
  GRAFT_TRY_TO(done, graft_alloc(&value, graft_shape_count(shape), sizeof *value));
  GRAFT_CHECK_TO(done, H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, value) >= 0,
                 INPUT, "/%s: can't be read", name);
  status = graft_field_file_take(file, graft_shape_count(shape), &value, samples, nodes);
done:
  if (status == GRAFT_INPUT && graft_error_message()[0] != '/') graft_error_prefix("/%s", name);
  graft_free(value);
  H5Dclose(set);
  return status;
}

static graft_status read_hdf5(const char *path, const char *name, graft_field_file *file) {
  hid_t h5;
  GRAFT_TRY(graft_h5_open(path, &h5));
  while (*name == '/') name++;
  graft_status status = read_set(h5, *name ? name : "t0_fields/log_k", file);
  H5Fclose(h5);
  if (status != GRAFT_OK) graft_error_prefix("%s", path);
  return status;
}

/* Split FILE.h5:DATASET, unless a file of the whole name is there. */
static const char *split_name(const char *path, char *name, size_t size) {
  const char *colon = strrchr(path, ':');
  if (!colon || graft_file_exists(path)) colon = NULL;
  snprintf(name, size, "%.*s", (int)(colon ? (size_t)(colon - path) : strlen(path)), path);
  return colon ? colon + 1 : "";
}

graft_status graft_field_file_read(const char *path, graft_field_file *file) {
  static const char hdf5[] = "\x89HDF\r\n\x1a\n", numpy[] = "\x93NUMPY";
  char name[4096], start[8] = "";
  *file = (graft_field_file){0};
  const char *set = split_name(path, name, sizeof name);
  FILE *in = fopen(name, "rb");
  GRAFT_CHECK(in, INPUT, "%s: can't be opened: %s", name, strerror(errno));
  size_t n = fread(start, 1, sizeof start, in);
  rewind(in);
  graft_status status;
  if (n == 8 && memcmp(start, hdf5, 8) == 0) {
    fclose(in);
    return read_hdf5(name, set, file);
  }
  if (*set) {
    status =
        graft_error_set(GRAFT_INPUT, __FILE__, __LINE__, "expected an HDF5 file before ':%s'", set);
  } else if (n >= 6 && memcmp(start, numpy, 6) == 0) {
    status = read_numpy(in, file);
  } else {
    status = graft_field_text_read(name, file);
  }
  fclose(in);
  if (status != GRAFT_OK && strncmp(graft_error_message(), name, strlen(name)) != 0) {
    graft_error_prefix("%s", name);
  }
  return status;
}

void graft_field_file_fini(graft_field_file *file) {
  graft_free(file->value);
  *file = (graft_field_file){0};
}

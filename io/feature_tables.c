/* SPDX-License-Identifier: BSD-2-Clause */
/* Names and small tables of feature files. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "io/feature_impl.h"

static const char *const kind_name[] = {"categorical", "numeric", "multi_hot", "sequence"};

enum { KINDS = sizeof kind_name / sizeof *kind_name };

const char *graft_feature_path(const graft_feature_info *info, graft_feature_array array,
                               size_t list, char *text) {
  static const char *const name[] = {"id", "number", "label", "truth", "user", "time"};
  if (array < GRAFT_ARRAY_RANGE) {
    snprintf(text, GRAFT_FEATURE_PATH, "row/%s", name[array]);
  } else {
    snprintf(text, GRAFT_FEATURE_PATH, "list/%s/%s", graft_feature_list(info, list)->name,
             array == GRAFT_ARRAY_RANGE ? "range" : "value");
  }
  return text;
}

hid_t graft_feature_type(graft_feature_array array) {
  switch (array) {
  case GRAFT_ARRAY_ID:
  case GRAFT_ARRAY_VALUE: return H5T_NATIVE_INT32;
  case GRAFT_ARRAY_NUMBER:
  case GRAFT_ARRAY_LABEL:
  case GRAFT_ARRAY_TRUTH: return H5T_NATIVE_FLOAT;
  default: return H5T_NATIVE_INT64;
  }
}

graft_shape graft_feature_shape(const graft_feature_info *info, graft_feature_array array,
                                size_t list) {
  const bool column = array == GRAFT_ARRAY_USER || array == GRAFT_ARRAY_TIME;
  if (array == GRAFT_ARRAY_VALUE) return GRAFT_SHAPE(1, info->values[list]);
  if (column) return GRAFT_SHAPE(1, info->rows);
  return GRAFT_SHAPE(2, info->rows, graft_feature_array_width(info, array));
}

/* ---- writing ---- */

/* A table's column of texts: `first` is that of its first row, rows lie `stride` bytes apart. */
static graft_status write_names(hid_t file, const char *path, const char *first, size_t stride,
                                size_t count) {
  const char **name;
  GRAFT_TRY(graft_alloc(&name, count, sizeof *name));
  for (size_t i = 0; i < count; i++) name[i] = first + i * stride;
  graft_status status = graft_h5_write_texts(file, path, 1, count, name);
  graft_free(name);
  return status;
}

static graft_status write_features(hid_t file, const graft_feature_info *info) {
  const size_t F = info->features;
  int64_t *number;
  const char **kind;
  graft_status status = GRAFT_OK;
  GRAFT_TRY(graft_alloc(&number, 2 * F, sizeof *number));
  GRAFT_TRY_TO(done, graft_alloc(&kind, F, sizeof *kind));
  for (size_t f = 0; f < F; f++) {
    kind[f] = kind_name[info->feature[f].kind];
    number[f] = (int64_t)info->feature[f].vocabulary;
    number[F + f] = (int64_t)info->feature[f].length;
  }
  if (F) {
    status =
        write_names(file, "graft/feature/name", info->feature[0].name, sizeof *info->feature, F);
  }
  if (status == GRAFT_OK && F)
    status = graft_h5_write_texts(file, "graft/feature/kind", 1, F, kind);
  graft_free(kind);
  GRAFT_TRY_TO(done, status);
  GRAFT_TRY_TO(done, graft_h5_write(file, "graft/feature/vocabulary", H5T_NATIVE_INT64,
                                    GRAFT_SHAPE(1, F), number));
  status =
      graft_h5_write(file, "graft/feature/length", H5T_NATIVE_INT64, GRAFT_SHAPE(1, F), number + F);
done:
  graft_free(number);
  return status;
}

static graft_status write_scales(hid_t file, const graft_feature_info *info) {
  const size_t Q = info->numbers;
  double *real;
  uint8_t *flag;
  graft_status status = GRAFT_OK;
  GRAFT_TRY(graft_alloc(&real, 2 * Q, sizeof *real));
  GRAFT_TRY_TO(done, graft_alloc(&flag, Q, sizeof *flag));
  for (size_t q = 0; q < Q; q++) {
    flag[q] = info->scale[q].log1p;
    real[q] = info->scale[q].shift;
    real[Q + q] = info->scale[q].scale;
  }
  const graft_shape shape = GRAFT_SHAPE(1, Q);
  status = graft_h5_write(file, "graft/number/log1p", H5T_NATIVE_UINT8, shape, flag);
  graft_free(flag);
  GRAFT_TRY_TO(done, status);
  GRAFT_TRY_TO(done, graft_h5_write(file, "graft/number/shift", H5T_NATIVE_DOUBLE, shape, real));
  status = graft_h5_write(file, "graft/number/scale", H5T_NATIVE_DOUBLE, shape, real + Q);
done:
  graft_free(real);
  return status;
}

static graft_status write_labels(hid_t file, const graft_feature_info *info) {
  const graft_shape shape = GRAFT_SHAPE(1, info->labels);
  int64_t space[GRAFT_MAX_TASKS];
  uint8_t binary[GRAFT_MAX_TASKS];
  for (size_t k = 0; k < info->labels; k++) {
    space[k] = info->label[k].space;
    binary[k] = info->label[k].binary;
  }
  if (info->labels == 0)
    return graft_h5_write(file, "graft/label/space", H5T_NATIVE_INT64, shape, space);
  GRAFT_TRY(write_names(file, "graft/label/name", info->label[0].name, sizeof *info->label,
                        info->labels));
  GRAFT_TRY(graft_h5_write(file, "graft/label/binary", H5T_NATIVE_UINT8, shape, binary));
  return graft_h5_write(file, "graft/label/space", H5T_NATIVE_INT64, shape, space);
}

static graft_status write_vocabularies(hid_t file, const graft_feature_info *info) {
  const size_t V = info->vocabularies;
  int64_t *ids;
  char path[GRAFT_FEATURE_PATH];
  graft_status status = GRAFT_OK;
  GRAFT_TRY(graft_alloc(&ids, 2 * V, sizeof *ids));
  for (size_t v = 0; v < V; v++) {
    ids[v] = (int64_t)info->vocabulary[v].ids;
    ids[V + v] = info->vocabulary[v].hashed;
  }
  if (V) {
    GRAFT_TRY_TO(done, write_names(file, "graft/vocabulary/name", info->vocabulary[0].name,
                                   sizeof *info->vocabulary, V));
  }
  GRAFT_TRY_TO(
      done, graft_h5_write(file, "graft/vocabulary/ids", H5T_NATIVE_INT64, GRAFT_SHAPE(1, V), ids));
  GRAFT_TRY_TO(done, graft_h5_write(file, "graft/vocabulary/hashed", H5T_NATIVE_INT64,
                                    GRAFT_SHAPE(1, V), ids + V));
  for (size_t v = 0; v < V; v++) {
    const graft_feature_vocabulary *vocabulary = &info->vocabulary[v];
    if (vocabulary->hashed) continue;
    snprintf(path, sizeof path, "graft/token/%s", vocabulary->name);
    GRAFT_TRY_TO(done, graft_h5_write(file, path, H5T_NATIVE_UINT8,
                                      GRAFT_SHAPE(1, vocabulary->bytes), vocabulary->text));
  }
done:
  graft_free(ids);
  return status;
}

graft_status graft_feature_write_tables(hid_t file, const graft_feature_info *info) {
  const char *name = info->name;
  GRAFT_TRY(graft_h5_write_texts(file, "graft/dataset_name", 0, 1, &name));
  GRAFT_TRY(write_features(file, info));
  GRAFT_TRY(write_scales(file, info));
  GRAFT_TRY(write_labels(file, info));
  GRAFT_TRY(write_vocabularies(file, info));
  return graft_h5_write(file, "graft/split/default", H5T_NATIVE_UINT8, GRAFT_SHAPE(1, info->rows),
                        info->part);
}

/* ---- reading ---- */

/* Extent of an array with one axis. */
static graft_status read_count(hid_t file, const char *path, size_t most, size_t *count) {
  hid_t set;
  H5T_class_t class;
  size_t size;
  graft_shape shape;
  GRAFT_TRY(graft_h5_look(file, path, &set, &class, &size, &shape));
  H5Dclose(set);
  GRAFT_CHECK(shape.rank == 1 && shape.dim[0] <= most, INPUT,
              "/%s: expected an array of at most %zu numbers", path, most);
  *count = shape.dim[0];
  return GRAFT_OK;
}

/* Texts into the names of a table's rows; names are parts of paths. */
static graft_status read_names(hid_t file, const char *path, char *first, size_t stride,
                               size_t count) {
  char **text;
  GRAFT_TRY(graft_h5_read_texts(file, path, count, &text));
  graft_status status = GRAFT_OK;
  for (size_t i = 0; i < count && status == GRAFT_OK; i++) {
    GRAFT_CHECK_TO(done, strlen(text[i]) < GRAFT_NAME_SIZE && text[i][0] && !strchr(text[i], '/'),
                   INPUT, "/%s[%zu]: expected a name of 1 to %d bytes without '/'", path, i,
                   GRAFT_NAME_SIZE - 1);
    memcpy(first + i * stride, text[i], strlen(text[i]) + 1);
  }
done:
  graft_free(text);
  return status;
}

static graft_status read_features(hid_t file, graft_feature_info *info) {
  const size_t F = info->features;
  int64_t *number = NULL;
  char **kind = NULL;
  graft_status status = GRAFT_OK;
  if (F == 0) return GRAFT_OK;
  GRAFT_TRY(
      read_names(file, "graft/feature/name", info->feature[0].name, sizeof *info->feature, F));
  GRAFT_TRY(graft_alloc(&number, 2 * F, sizeof *number));
  GRAFT_TRY_TO(done, graft_h5_read_texts(file, "graft/feature/kind", F, &kind));
  GRAFT_TRY_TO(done, graft_h5_read(file, "graft/feature/vocabulary", H5T_NATIVE_INT64,
                                   GRAFT_SHAPE(1, F), number));
  GRAFT_TRY_TO(done, graft_h5_read(file, "graft/feature/length", H5T_NATIVE_INT64,
                                   GRAFT_SHAPE(1, F), number + F));
  for (size_t f = 0; f < F; f++) {
    size_t k = 0;
    while (k < KINDS && strcmp(kind[f], kind_name[k]) != 0) k++;
    GRAFT_CHECK_TO(done, k < KINDS && number[f] >= 0 && number[F + f] >= 0, INPUT,
                   "/graft/feature/kind[%zu]: expected categorical, numeric, multi_hot or "
                   "sequence, got '%.40s'",
                   f, kind[f]);
    info->feature[f].kind = (graft_feature_kind)k;
    info->feature[f].vocabulary = (size_t)number[f];
    info->feature[f].length = (size_t)number[F + f];
  }
done:
  graft_free(kind);
  graft_free(number);
  return status;
}

static graft_status read_scales(hid_t file, graft_feature_info *info) {
  const graft_shape shape = GRAFT_SHAPE(1, info->numbers);
  const size_t Q = info->numbers;
  double *real;
  uint8_t *flag = NULL;
  graft_status status = GRAFT_OK;
  GRAFT_TRY(graft_alloc(&real, 2 * Q, sizeof *real));
  GRAFT_TRY_TO(done, graft_alloc(&flag, Q, sizeof *flag));
  GRAFT_TRY_TO(done, graft_h5_read(file, "graft/number/log1p", H5T_NATIVE_UINT8, shape, flag));
  GRAFT_TRY_TO(done, graft_h5_read(file, "graft/number/shift", H5T_NATIVE_DOUBLE, shape, real));
  GRAFT_TRY_TO(done, graft_h5_read(file, "graft/number/scale", H5T_NATIVE_DOUBLE, shape, real + Q));
  for (size_t q = 0; q < Q; q++) {
    info->scale[q] = (graft_feature_scale){flag[q] != 0, real[q], real[Q + q]};
  }
done:
  graft_free(flag);
  graft_free(real);
  return status;
}

static graft_status read_labels(hid_t file, graft_feature_info *info) {
  const graft_shape shape = GRAFT_SHAPE(1, info->labels);
  int64_t space[GRAFT_MAX_TASKS];
  uint8_t binary[GRAFT_MAX_TASKS];
  if (info->labels == 0) return GRAFT_OK;
  GRAFT_TRY(
      read_names(file, "graft/label/name", info->label[0].name, sizeof *info->label, info->labels));
  GRAFT_TRY(graft_h5_read(file, "graft/label/binary", H5T_NATIVE_UINT8, shape, binary));
  GRAFT_TRY(graft_h5_read(file, "graft/label/space", H5T_NATIVE_INT64, shape, space));
  for (size_t k = 0; k < info->labels; k++) {
    info->label[k].binary = binary[k] != 0;
    info->label[k].space = space[k] < 0                 ? -1
                           : space[k] < GRAFT_MAX_TASKS ? (int)space[k]
                                                        : GRAFT_MAX_TASKS;
  }
  return GRAFT_OK;
}

static graft_status read_tokens(hid_t file, graft_feature_vocabulary *v) {
  char path[GRAFT_FEATURE_PATH];
  if (v->hashed) return GRAFT_OK;
  snprintf(path, sizeof path, "graft/token/%s", v->name);
  GRAFT_TRY(read_count(file, path, SIZE_MAX / 2, &v->bytes));
  GRAFT_TRY(graft_alloc(&v->text, v->bytes, 1));
  return graft_h5_read(file, path, H5T_NATIVE_UINT8, GRAFT_SHAPE(1, v->bytes), v->text);
}

static graft_status read_vocabularies(hid_t file, graft_feature_info *info) {
  const size_t V = info->vocabularies;
  int64_t *ids;
  graft_status status = GRAFT_OK;
  if (V == 0) return GRAFT_OK;
  GRAFT_TRY(graft_alloc(&ids, 2 * V, sizeof *ids));
  GRAFT_TRY_TO(done, read_names(file, "graft/vocabulary/name", info->vocabulary[0].name,
                                sizeof *info->vocabulary, V));
  GRAFT_TRY_TO(
      done, graft_h5_read(file, "graft/vocabulary/ids", H5T_NATIVE_INT64, GRAFT_SHAPE(1, V), ids));
  GRAFT_TRY_TO(done, graft_h5_read(file, "graft/vocabulary/hashed", H5T_NATIVE_INT64,
                                   GRAFT_SHAPE(1, V), ids + V));
  for (size_t v = 0; v < V; v++) {
    info->vocabulary[v].ids = ids[v] < 0 ? 0 : (size_t)ids[v];
    info->vocabulary[v].hashed = ids[V + v] != 0;
    GRAFT_TRY_TO(done, read_tokens(file, &info->vocabulary[v]));
  }
done:
  graft_free(ids);
  return status;
}

static graft_status read_values(hid_t file, graft_feature_info *info) {
  char path[GRAFT_FEATURE_PATH];
  for (size_t l = 0; l < info->lists; l++) {
    graft_feature_path(info, GRAFT_ARRAY_VALUE, l, path);
    GRAFT_TRY(read_count(file, path, SIZE_MAX / 8, &info->values[l]));
  }
  return GRAFT_OK;
}

static graft_status read_all(hid_t file, graft_feature_info *info) {
  char **name;
  GRAFT_TRY(graft_h5_read_texts(file, "graft/dataset_name", 1, &name));
  snprintf(info->name, sizeof info->name, "%s", name[0]);
  graft_free(name);
  GRAFT_TRY(read_features(file, info));
  GRAFT_TRY(graft_feature_info_slots(info));
  GRAFT_TRY(read_scales(file, info));
  GRAFT_TRY(read_labels(file, info));
  GRAFT_TRY(read_vocabularies(file, info));
  GRAFT_TRY(read_values(file, info));
  info->truth = graft_h5_exists(file, "row/truth") != 0;
  info->user = graft_h5_exists(file, "row/user") != 0;
  info->time = graft_h5_exists(file, "row/time") != 0;
  GRAFT_TRY(graft_h5_read(file, "graft/split/default", H5T_NATIVE_UINT8, GRAFT_SHAPE(1, info->rows),
                          info->part));
  return graft_feature_info_validate(info);
}

graft_status graft_feature_read_tables(hid_t file, graft_feature_info *info) {
  size_t rows, features, labels, vocabularies;
  enum { MOST = 65536 };
  GRAFT_TRY(read_count(file, "graft/split/default", UINT32_MAX, &rows));
  GRAFT_TRY(read_count(file, "graft/feature/vocabulary", MOST, &features));
  GRAFT_TRY(read_count(file, "graft/label/space", GRAFT_MAX_TASKS, &labels));
  GRAFT_TRY(read_count(file, "graft/vocabulary/ids", MOST, &vocabularies));
  GRAFT_TRY(graft_feature_info_init(info, rows, features, vocabularies, labels));
  graft_status status = read_all(file, info);
  if (status != GRAFT_OK) graft_feature_info_fini(info);
  return status;
}

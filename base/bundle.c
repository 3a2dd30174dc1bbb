/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/bundle.h"

#include <string.h>

#include "base/arena.h"

static const struct {
  size_t size;
  const char *name;
} types[] = {[GRAFT_FLOAT32] = {4, "float32"},
             [GRAFT_FLOAT64] = {8, "float64"},
             [GRAFT_INT64] = {8, "int64"},
             [GRAFT_UINT8] = {1, "uint8"},
             [GRAFT_TEXT] = {1, "text"}};

size_t graft_type_size(graft_type type) { return types[type].size; }

void graft_bundle_init(graft_bundle *bundle) { *bundle = (graft_bundle){0}; }

static void release(graft_array *array) {
  graft_free(array->name);
  graft_free(array->data);
  *array = (graft_array){0};
}

void graft_bundle_fini(graft_bundle *bundle) {
  for (size_t i = 0; i < bundle->arrays; i++) release(&bundle->array[i]);
  graft_free(bundle->array);
  *bundle = (graft_bundle){0};
}

static graft_status copy_in(graft_array *array, const char *name, graft_type type,
                            graft_shape shape, const void *data) {
  graft_status status = GRAFT_OK;
  size_t count = graft_shape_count(shape);
  *array = (graft_array){.type = type, .shape = shape};
  GRAFT_TRY_TO(fail, graft_alloc(&array->name, strlen(name) + 1, 1));
  GRAFT_TRY_TO(fail, graft_alloc(&array->data, count, graft_type_size(type)));
  memcpy(array->name, name, strlen(name) + 1);
  if (count) memcpy(array->data, data, count * graft_type_size(type));
  return GRAFT_OK;
fail:
  release(array);
  return status;
}

graft_status graft_bundle_put(graft_bundle *bundle, const char *name, graft_type type,
                              graft_shape shape, const void *data) {
  graft_array array;
  GRAFT_TRY(graft_shape_validate(shape, name));
  GRAFT_TRY(copy_in(&array, name, type, shape, data));
  for (size_t i = 0; i < bundle->arrays; i++) {
    if (strcmp(bundle->array[i].name, name) == 0) {
      release(&bundle->array[i]);
      bundle->array[i] = array;
      return GRAFT_OK;
    }
  }
  graft_status status =
      graft_grow(&bundle->array, &bundle->capacity, bundle->arrays, sizeof *bundle->array);
  if (status != GRAFT_OK) {
    release(&array);
    return status;
  }
  bundle->array[bundle->arrays++] = array;
  return GRAFT_OK;
}

graft_status graft_bundle_put_int(graft_bundle *bundle, const char *name, int64_t value) {
  return graft_bundle_put(bundle, name, GRAFT_INT64, GRAFT_SHAPE(0, 0), &value);
}

graft_status graft_bundle_put_real(graft_bundle *bundle, const char *name, double value) {
  return graft_bundle_put(bundle, name, GRAFT_FLOAT64, GRAFT_SHAPE(0, 0), &value);
}

graft_status graft_bundle_put_text(graft_bundle *bundle, const char *name, const char *value) {
  return graft_bundle_put(bundle, name, GRAFT_TEXT, GRAFT_SHAPE(1, strlen(value) + 1), value);
}

const graft_array *graft_bundle_find(const graft_bundle *bundle, const char *name) {
  for (size_t i = 0; i < bundle->arrays; i++) {
    if (strcmp(bundle->array[i].name, name) == 0) return &bundle->array[i];
  }
  return NULL;
}

graft_status graft_bundle_get(const graft_bundle *bundle, const char *name, graft_type type,
                              graft_shape shape, void *out) {
  char want[96], got[96];
  const graft_array *array = graft_bundle_find(bundle, name);
  GRAFT_CHECK(array, INPUT, "'%s': expected an array of this name, got none", name);
  GRAFT_CHECK(array->type == type, INPUT, "'%s': expected type %s, got %s", name, types[type].name,
              types[array->type].name);
  GRAFT_CHECK(graft_shape_equal(array->shape, shape), INPUT, "'%s': expected shape %s, got %s",
              name, graft_shape_print(shape, want, sizeof want),
              graft_shape_print(array->shape, got, sizeof got));
  memcpy(out, &array->data, sizeof array->data);
  return GRAFT_OK;
}

graft_status graft_bundle_get_int(const graft_bundle *bundle, const char *name, int64_t *value) {
  const int64_t *data;
  GRAFT_TRY(graft_bundle_get(bundle, name, GRAFT_INT64, GRAFT_SHAPE(0, 0), &data));
  *value = *data;
  return GRAFT_OK;
}

graft_status graft_bundle_get_real(const graft_bundle *bundle, const char *name, double *value) {
  const double *data;
  GRAFT_TRY(graft_bundle_get(bundle, name, GRAFT_FLOAT64, GRAFT_SHAPE(0, 0), &data));
  *value = *data;
  return GRAFT_OK;
}

graft_status graft_bundle_get_text(const graft_bundle *bundle, const char *name,
                                   const char **value) {
  const graft_array *array = graft_bundle_find(bundle, name);
  GRAFT_CHECK(array && array->type == GRAFT_TEXT && array->shape.rank == 1, INPUT,
              "'%s': expected text, got %s", name, array ? types[array->type].name : "nothing");
  const char *text = array->data;
  size_t size = array->shape.dim[0];
  GRAFT_CHECK(size > 0 && memchr(text, '\0', size), INPUT, "'%s': text without an end", name);
  *value = text;
  return GRAFT_OK;
}

/* What the other ranks must know of an array before its name and data. */
struct head {
  size_t name; /* bytes, with the NUL */
  graft_type type;
  graft_shape shape;
};

/* Rank 0's array: all ranks agree before each broadcast, so that none waits for one that failed. */
static graft_status broadcast_array(graft_bundle *bundle, size_t i, const graft_comm *comm) {
  struct head head = {0};
  graft_array *array = &bundle->array[i];
  graft_status status = GRAFT_OK;
  if (comm->rank == 0) head = (struct head){strlen(array->name) + 1, array->type, array->shape};
  GRAFT_TRY(comm->broadcast(comm->ctx, &head, sizeof head));
  size_t bytes = graft_shape_count(head.shape) * graft_type_size(head.type);
  if (comm->rank != 0) {
    *array = (graft_array){.type = head.type, .shape = head.shape};
    bundle->arrays = i + 1;
    status = graft_alloc(&array->name, head.name, 1);
    if (status == GRAFT_OK) status = graft_alloc(&array->data, bytes, 1);
  }
  GRAFT_TRY(graft_comm_agree(comm, status));
  GRAFT_TRY(comm->broadcast(comm->ctx, array->name, head.name));
  return bytes ? comm->broadcast(comm->ctx, array->data, bytes) : GRAFT_OK;
}

graft_status graft_bundle_broadcast(graft_bundle *bundle, const graft_comm *comm) {
  size_t arrays = bundle->arrays;
  graft_status status = GRAFT_OK;
  if (comm->size == 1) return GRAFT_OK;
  if (comm->rank != 0) graft_bundle_init(bundle);
  GRAFT_TRY(comm->broadcast(comm->ctx, &arrays, sizeof arrays));
  if (comm->rank != 0) {
    status = graft_alloc(&bundle->array, arrays, sizeof *bundle->array);
    bundle->capacity = status == GRAFT_OK ? arrays : 0;
  }
  status = graft_comm_agree(comm, status);
  for (size_t i = 0; i < arrays && status == GRAFT_OK; i++) {
    status = broadcast_array(bundle, i, comm);
  }
  if (status != GRAFT_OK && comm->rank != 0) graft_bundle_fini(bundle);
  return status;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Bundle arrays, provenance and the kind of a file in HDF5: what all files of Graft share. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "io/h5_impl.h"

static hid_t h5_type(graft_type type) {
  switch (type) {
  case GRAFT_FLOAT32: return H5T_NATIVE_FLOAT;
  case GRAFT_FLOAT64: return H5T_NATIVE_DOUBLE;
  case GRAFT_INT64: return H5T_NATIVE_INT64;
  case GRAFT_UINT8: return H5T_NATIVE_UINT8;
  default: return -1;
  }
}

graft_status graft_h5_write_array(hid_t at, const char *name, const graft_array *a) {
  if (a->type != GRAFT_TEXT) return graft_h5_write(at, name, h5_type(a->type), a->shape, a->data);
  const char *text = a->data;
  GRAFT_CHECK(a->shape.rank == 1 && memchr(text, '\0', a->shape.dim[0]), INTERNAL,
              "/%s: text without an end", name);
  return graft_h5_write_texts(at, name, 0, 1, &text);
}

static graft_status read_numbers(hid_t at, const char *name, graft_type type, graft_shape shape,
                                 graft_bundle *bundle, const char *as) {
  void *data;
  GRAFT_TRY(graft_alloc(&data, graft_shape_count(shape), graft_type_size(type)));
  graft_status status = graft_h5_read(at, name, h5_type(type), shape, data);
  if (status == GRAFT_OK) status = graft_bundle_put(bundle, as, type, shape, data);
  graft_free(data);
  return status;
}

graft_status graft_h5_read_array(hid_t at, const char *name, graft_bundle *bundle, const char *as) {
  hid_t set;
  H5T_class_t class;
  size_t size;
  graft_shape shape;
  GRAFT_TRY(graft_h5_look(at, name, &set, &class, &size, &shape));
  H5Dclose(set);
  if (class == H5T_STRING) {
    char **text;
    GRAFT_TRY(graft_h5_read_texts(at, name, 1, &text));
    graft_status status = graft_bundle_put_text(bundle, as, text[0]);
    graft_free(text);
    return status;
  }
  graft_type type = class == H5T_FLOAT && size == 4   ? GRAFT_FLOAT32
                    : class == H5T_FLOAT && size == 8 ? GRAFT_FLOAT64
                    : size == 8                       ? GRAFT_INT64
                                                      : GRAFT_UINT8;
  return read_numbers(at, name, type, shape, bundle, as);
}

graft_status graft_h5_write_provenance(hid_t file, const graft_provenance *provenance) {
  graft_bundle bundle;
  char name[128];
  graft_bundle_init(&bundle);
  graft_status status = graft_provenance_put(provenance, &bundle);
  for (size_t i = 0; i < bundle.arrays && status == GRAFT_OK; i++) {
    snprintf(name, sizeof name, "graft/%s", bundle.array[i].name);
    status = graft_h5_write_array(file, name, &bundle.array[i]);
  }
  graft_bundle_fini(&bundle);
  return status;
}

graft_status graft_h5_read_group(hid_t at, const char *group, const char *as,
                                 graft_bundle *bundle) {
  char **member, name[600], to[600];
  size_t count;
  graft_status status = GRAFT_OK;
  if (!graft_h5_exists(at, group)) return GRAFT_OK;
  GRAFT_TRY(graft_h5_members(at, group, &count, &member));
  for (size_t i = 0; i < count && status == GRAFT_OK; i++) {
    snprintf(name, sizeof name, "%s/%s", group, member[i]);
    snprintf(to, sizeof to, "%s%s%s", as, as[0] ? "/" : "", member[i]);
    status = graft_h5_read_array(at, name, bundle, to);
  }
  graft_free(member);
  return status;
}

graft_status graft_h5_read_provenance(hid_t file, graft_provenance *provenance) {
  graft_bundle bundle;
  graft_bundle_init(&bundle);
  graft_status status = graft_h5_read_group(file, "graft/provenance", "provenance", &bundle);
  if (status == GRAFT_OK) status = graft_provenance_get(provenance, &bundle);
  graft_bundle_fini(&bundle);
  return status;
}

graft_status graft_h5_write_kind(hid_t file, const char *kind, int64_t version) {
  GRAFT_TRY(graft_h5_write_texts(file, "graft/kind", 0, 1, &kind));
  return graft_h5_write(file, "graft/format_version", H5T_NATIVE_INT64, GRAFT_SHAPE(0, 0),
                        &version);
}

graft_status graft_h5_read_kind(hid_t file, int64_t version, char kind[GRAFT_KIND_SIZE]) {
  char **text;
  int64_t got;
  GRAFT_CHECK(graft_h5_exists(file, "graft/kind"), INPUT,
              "expected a file of Graft, got another HDF5 file (no /graft/kind)");
  GRAFT_TRY(graft_h5_read_texts(file, "graft/kind", 1, &text));
  bool fits = strlen(text[0]) < GRAFT_KIND_SIZE;
  if (fits) snprintf(kind, GRAFT_KIND_SIZE, "%s", text[0]);
  graft_free(text);
  GRAFT_CHECK(fits, INPUT, "/graft/kind: expected a short text, got a long one");
  GRAFT_TRY(graft_h5_read(file, "graft/format_version", H5T_NATIVE_INT64, GRAFT_SHAPE(0, 0), &got));
  GRAFT_CHECK(got >= 1 && got <= version, INPUT,
              "/graft/format_version: expected 1 to %lld, got %lld (made by a newer Graft?)",
              (long long)version, (long long)got);
  return GRAFT_OK;
}

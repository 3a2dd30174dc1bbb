/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/bundle_file.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#include "base/arena.h"
#include "io/atomic.h"
#include "io/h5_impl.h"

enum { FORMAT_VERSION = 1 };

static uint32_t add_bytes(uint32_t crc, const void *data, size_t bytes) {
  return (uint32_t)crc32_z(crc, data, bytes);
}

uint32_t graft_bundle_checksum(const graft_bundle *bundle) {
  uint32_t crc = add_bytes(0, NULL, 0);
  for (size_t i = 0; i < bundle->arrays; i++) {
    const graft_array *a = &bundle->array[i];
    char shape[128] = "text"; /* a text ends at its NUL: what lies behind it is not kept */
    if (a->type != GRAFT_TEXT) {
      shape[0] = (char)('0' + (int)a->type);
      graft_shape_print(a->shape, shape + 1, sizeof shape - 1);
    }
    crc = add_bytes(crc, a->name, strlen(a->name) + 1);
    crc = add_bytes(crc, shape, strlen(shape) + 1);
    size_t bytes = graft_shape_count(a->shape) * graft_type_size(a->type);
    if (a->type == GRAFT_TEXT) bytes = strnlen(a->data, bytes);
    if (bytes) crc = add_bytes(crc, a->data, bytes);
  }
  return crc;
}

static graft_status write_names(hid_t file, const graft_bundle *bundle) {
  const char **name;
  GRAFT_TRY(graft_alloc(&name, bundle->arrays, sizeof *name));
  for (size_t i = 0; i < bundle->arrays; i++) name[i] = bundle->array[i].name;
  graft_status status = graft_h5_write_texts(file, "graft/arrays", 1, bundle->arrays, name);
  graft_free(name);
  return status;
}

static graft_status write_all(hid_t file, const char *kind, const graft_bundle *bundle,
                              const graft_provenance *provenance) {
  int64_t checksum = (int64_t)graft_bundle_checksum(bundle);
  GRAFT_TRY(graft_h5_write_kind(file, kind, FORMAT_VERSION));
  GRAFT_TRY(graft_h5_write(file, "graft/checksum", H5T_NATIVE_INT64, GRAFT_SHAPE(0, 0), &checksum));
  GRAFT_TRY(write_names(file, bundle));
  if (provenance) GRAFT_TRY(graft_h5_write_provenance(file, provenance));
  for (size_t i = 0; i < bundle->arrays; i++) {
    const graft_array *a = &bundle->array[i];
    GRAFT_CHECK(strncmp(a->name, "graft/", 6) != 0, INTERNAL, "'%s': reserved name", a->name);
    GRAFT_TRY(graft_h5_write_array(file, a->name, a));
  }
  return GRAFT_OK;
}

graft_status graft_bundle_write_keeping(const char *path, const char *previous, const char *kind,
                                        const graft_bundle *bundle,
                                        const graft_provenance *provenance) {
  graft_atomic atomic;
  hid_t file;
  GRAFT_TRY(graft_atomic_begin(&atomic, path));
  graft_h5_lock();
  graft_status status = graft_h5_create_memory(&file);
  if (status == GRAFT_OK) {
    status = write_all(file, kind, bundle, provenance);
    if (status != GRAFT_OK) graft_error_prefix("%s", path);
    if (status == GRAFT_OK) status = graft_h5_save(file, &atomic);
    H5Fclose(file);
  }
  graft_h5_unlock();
  if (status == GRAFT_OK && previous) status = graft_atomic_keep_previous(&atomic, previous);
  if (status == GRAFT_OK) return graft_atomic_commit(&atomic);
  graft_atomic_abandon(&atomic);
  return status;
}

graft_status graft_bundle_write(const char *path, const char *kind, const graft_bundle *bundle,
                                const graft_provenance *provenance) {
  return graft_bundle_write_keeping(path, NULL, kind, bundle, provenance);
}

static graft_status read_arrays(hid_t file, graft_bundle *bundle) {
  hid_t set;
  H5T_class_t class;
  size_t size;
  graft_shape shape;
  char **name;
  GRAFT_TRY(graft_h5_look(file, "graft/arrays", &set, &class, &size, &shape));
  H5Dclose(set);
  size_t count = graft_shape_count(shape);
  GRAFT_TRY(graft_h5_read_texts(file, "graft/arrays", count, &name));
  graft_status status = GRAFT_OK;
  for (size_t i = 0; i < count && status == GRAFT_OK; i++) {
    status = graft_h5_read_array(file, name[i], bundle, name[i]);
  }
  graft_free(name);
  return status;
}

static graft_status read_all(hid_t file, const char *kind, graft_bundle *bundle,
                             graft_provenance *provenance) {
  char got[GRAFT_KIND_SIZE];
  int64_t want;
  GRAFT_TRY(graft_h5_read_kind(file, FORMAT_VERSION, got));
  GRAFT_CHECK(!kind || strcmp(kind, got) == 0, INPUT, "expected a %s file, got a %s file", kind,
              got);
  GRAFT_CHECK(strcmp(got, "dataset") != 0 && strcmp(got, "features") != 0, INPUT,
              "expected a model file, got a %s file", got);
  GRAFT_TRY(read_arrays(file, bundle));
  GRAFT_TRY(graft_h5_read(file, "graft/checksum", H5T_NATIVE_INT64, GRAFT_SHAPE(0, 0), &want));
  GRAFT_CHECK((int64_t)graft_bundle_checksum(bundle) == want, INPUT,
              "damaged: expected checksum %08llx, got %08llx", (unsigned long long)want,
              (unsigned long long)graft_bundle_checksum(bundle));
  return provenance ? graft_h5_read_provenance(file, provenance) : GRAFT_OK;
}

graft_status graft_bundle_read(const char *path, const char *kind, graft_bundle *bundle,
                               graft_provenance *provenance) {
  hid_t file;
  graft_bundle_init(bundle);
  if (provenance) *provenance = (graft_provenance){0};
  graft_h5_lock();
  graft_status status = graft_h5_open_sealed(path, &file);
  if (status == GRAFT_OK) {
    status = read_all(file, kind, bundle, provenance);
    H5Fclose(file);
    if (status != GRAFT_OK) graft_error_prefix("%s", path);
  }
  graft_h5_unlock();
  if (status != GRAFT_OK) graft_bundle_fini(bundle);
  return status;
}

graft_status graft_file_kind(const char *path, char kind[GRAFT_KIND_SIZE]) {
  hid_t file;
  GRAFT_TRY(graft_h5_open(path, &file));
  graft_status status = graft_h5_read_kind(file, INT64_MAX, kind);
  H5Fclose(file);
  if (status != GRAFT_OK) graft_error_prefix("%s", path);
  return status;
}

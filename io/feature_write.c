/* SPDX-License-Identifier: BSD-2-Clause */
/* Writing feature files: HDF5 lays them out and closes; arrays follow with pwrite(). */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#include "base/arena.h"
#include "io/feature_file.h"
#include "io/feature_impl.h"

enum { BUFFER = 1 << 16 /* bytes of an array that wait for their system call */ };

struct graft_feature_writer {
  graft_atomic atomic;
  char *schema;
  const graft_provenance *provenance;
  graft_feature_info info; /* copied by begin() */
  uint64_t *place;         /* [arrays] byte where its next element goes */
  size_t *used;            /* [arrays] elements given */
  unsigned char **buffer;  /* [arrays][BUFFER] bytes not yet written, NULL until there are any */
  size_t *waiting;         /* [arrays] number of them */
  int64_t *checksum;       /* [arrays] CRC-32 of them */
  uint64_t checksums;      /* byte where their table begins */
};

graft_status graft_feature_create(const char *path, const char *schema,
                                  const graft_provenance *provenance,
                                  graft_feature_writer **writer) {
  graft_feature_writer *w;
  *writer = NULL;
  GRAFT_TRY(graft_alloc(&w, 1, sizeof *w));
  w->provenance = provenance;
  graft_status status = GRAFT_OK;
  if (schema) {
    status = graft_alloc(&w->schema, strlen(schema) + 1, 1);
    if (status == GRAFT_OK) memcpy(w->schema, schema, strlen(schema) + 1);
  }
  if (status == GRAFT_OK) status = graft_atomic_begin(&w->atomic, path);
  if (status != GRAFT_OK) {
    graft_free(w->schema);
    graft_free(w);
    return status;
  }
  *writer = w;
  return GRAFT_OK;
}

/* An array whose space is allocated now and filled later; its place in the file. */
static graft_status make_array(hid_t file, const char *path, hid_t type, graft_shape shape,
                               uint64_t *place) {
  haddr_t at = HADDR_UNDEF;
  GRAFT_TRY(graft_h5_reserve(file, path, type, shape, NULL, &at));
  GRAFT_CHECK(at != HADDR_UNDEF || graft_shape_count(shape) == 0, INTERNAL,
              "/%s: HDF5 gave it no place", path);
  *place = at;
  return GRAFT_OK;
}

static graft_status lay_out(graft_feature_writer *w, hid_t file) {
  const graft_feature_info *info = &w->info;
  const size_t arrays = graft_feature_arrays(info);
  const char *schema = w->schema ? w->schema : "";
  char path[GRAFT_FEATURE_PATH];
  GRAFT_TRY(graft_h5_write_kind(file, "features", GRAFT_FEATURE_VERSION));
  if (w->provenance) GRAFT_TRY(graft_h5_write_provenance(file, w->provenance));
  GRAFT_TRY(graft_h5_write_texts(file, "graft/schema", 0, 1, &schema));
  GRAFT_TRY(graft_feature_write_tables(file, info));
  GRAFT_TRY(
      make_array(file, "graft/checksum", H5T_NATIVE_INT64, GRAFT_SHAPE(1, arrays), &w->checksums));
  for (size_t p = 0; p < arrays; p++) {
    graft_feature_array array;
    size_t list;
    graft_feature_array_at(p, &array, &list);
    if (graft_feature_array_width(info, array) == 0) continue;
    GRAFT_TRY(make_array(file, graft_feature_path(info, array, list, path),
                         graft_feature_type(array), graft_feature_shape(info, array, list),
                         &w->place[p]));
  }
  return GRAFT_OK;
}

/* Bytes of the file, to within the tables of HDF5. */
static double file_bytes(const graft_feature_info *info) {
  double bytes = 1 << 16;
  for (size_t p = 0; p < graft_feature_arrays(info); p++) {
    graft_feature_array array;
    size_t list;
    graft_feature_array_at(p, &array, &list);
    bytes += (double)graft_feature_array_count(info, array, list) *
             (double)graft_feature_array_size(array);
  }
  for (size_t v = 0; v < info->vocabularies; v++) bytes += (double)info->vocabulary[v].bytes;
  return bytes + (double)info->rows;
}

static graft_status begin(void *ctx, const graft_feature_info *info) {
  graft_feature_writer *w = ctx;
  const size_t arrays = graft_feature_arrays(info);
  struct stat st;
  hid_t file;
  GRAFT_TRY(graft_feature_info_copy(&w->info, info));
  GRAFT_TRY(graft_alloc(&w->place, arrays, sizeof *w->place));
  GRAFT_TRY(graft_alloc(&w->used, arrays, sizeof *w->used));
  GRAFT_TRY(graft_alloc(&w->buffer, arrays, sizeof *w->buffer));
  GRAFT_TRY(graft_alloc(&w->waiting, arrays, sizeof *w->waiting));
  GRAFT_TRY(graft_alloc(&w->checksum, arrays, sizeof *w->checksum));
  GRAFT_TRY(graft_atomic_reserve(&w->atomic, (long long)file_bytes(info)));
  graft_h5_lock();
  graft_status status = graft_h5_create(w->atomic.part, &file);
  if (status == GRAFT_OK) {
    status = lay_out(w, file);
    if (status == GRAFT_OK) {
      status = graft_h5_close(file);
    } else if (status != GRAFT_OUTPUT) {
      H5Fclose(file);
    }
  }
  graft_h5_unlock();
  if (status != GRAFT_OK) graft_error_prefix("%s", w->atomic.path);
  GRAFT_TRY(status);
  if (fstat(w->atomic.fd, &st) != 0) return GRAFT_OK;
  return graft_atomic_reserve(&w->atomic, (long long)st.st_size);
}

static graft_status write_bytes(graft_feature_writer *w, size_t p, const void *data, size_t bytes) {
  GRAFT_CHECK(graft_write_at(w->atomic.fd, data, bytes, (long long)w->place[p]), OUTPUT,
              "%s: can't be written: %s", w->atomic.path, strerror(errno));
  w->place[p] += bytes;
  return GRAFT_OK;
}

static graft_status flush(graft_feature_writer *w, size_t p) {
  const size_t bytes = w->waiting[p];
  w->waiting[p] = 0;
  return bytes ? write_bytes(w, p, w->buffer[p], bytes) : GRAFT_OK;
}

static graft_status append(void *ctx, graft_feature_array array, size_t list, const void *data,
                           size_t count) {
  graft_feature_writer *w = ctx;
  const size_t p = graft_feature_array_place(array, list);
  const size_t bytes = count * graft_feature_array_size(array);
  const size_t whole = graft_feature_array_count(&w->info, array, list);
  char path[GRAFT_FEATURE_PATH];
  GRAFT_CHECK(count <= whole - w->used[p], INTERNAL, "/%s: more than %zu elements",
              graft_feature_path(&w->info, array, list, path), whole);
  w->checksum[p] = (int64_t)crc32_z((unsigned long)w->checksum[p], data, bytes);
  w->used[p] += count;
  if (w->waiting[p] + bytes > BUFFER) GRAFT_TRY(flush(w, p));
  if (bytes > BUFFER) return write_bytes(w, p, data, bytes);
  if (!w->buffer[p]) GRAFT_TRY(graft_alloc(&w->buffer[p], BUFFER, 1));
  if (bytes) memcpy(w->buffer[p] + w->waiting[p], data, bytes);
  w->waiting[p] += bytes;
  return GRAFT_OK;
}

graft_feature_sink graft_feature_sink_file(graft_feature_writer *writer) {
  return (graft_feature_sink){.ctx = writer, .begin = begin, .append = append};
}

static graft_status finish(graft_feature_writer *w) {
  const size_t arrays = graft_feature_arrays(&w->info);
  char path[GRAFT_FEATURE_PATH];
  GRAFT_CHECK(w->place, INTERNAL, "%s: no rows were given", w->atomic.path);
  for (size_t p = 0; p < arrays; p++) {
    graft_feature_array array;
    size_t list;
    graft_feature_array_at(p, &array, &list);
    const size_t whole = graft_feature_array_count(&w->info, array, list);
    GRAFT_CHECK(w->used[p] == whole, INTERNAL, "/%s: expected %zu elements, got %zu",
                graft_feature_path(&w->info, array, list, path), whole, w->used[p]);
    GRAFT_TRY(flush(w, p));
  }
  GRAFT_CHECK(graft_write_at(w->atomic.fd, w->checksum, arrays * sizeof *w->checksum,
                             (long long)w->checksums),
              OUTPUT, "%s: can't be written: %s", w->atomic.path, strerror(errno));
  return GRAFT_OK;
}

graft_status graft_feature_close(graft_feature_writer *w, graft_status status) {
  if (status == GRAFT_OK) status = finish(w);
  if (status == GRAFT_OK) {
    status = graft_atomic_commit(&w->atomic);
  } else {
    graft_atomic_abandon(&w->atomic);
  }
  for (size_t p = 0; w->buffer && p < graft_feature_arrays(&w->info); p++) {
    graft_free(w->buffer[p]);
  }
  graft_feature_info_fini(&w->info);
  graft_free(w->buffer);
  graft_free(w->waiting);
  graft_free(w->place);
  graft_free(w->used);
  graft_free(w->checksum);
  graft_free(w->schema);
  graft_free(w);
  return status;
}

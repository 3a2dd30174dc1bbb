/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/h5_impl.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#include "base/arena.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of the one HDF5 in the process */

void graft_h5_lock(void) { pthread_mutex_lock(&lock); }

void graft_h5_unlock(void) { pthread_mutex_unlock(&lock); }

static herr_t keep_reason(unsigned n, const H5E_error2_t *error, void *ctx) {
  (void)n;
  char *text = ctx;
  const char *desc = error->desc ? error->desc : "";
  const char *system = strstr(desc, "error message = '");
  if (system) {
    snprintf(text, 128, "%.*s", (int)strcspn(system + 17, "'"), system + 17);
  } else if (text[0] == '\0') {
    snprintf(text, 128, "%.*s", (int)strcspn(desc, "\n"), desc);
  }
  return 0;
}

const char *graft_h5_reason(char *text, size_t size) {
  char reason[128] = "";
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_reason, reason);
  snprintf(text, size, "%s", reason[0] ? reason : "unknown HDF5 error");
  return text;
}

/* File access: no locks by HDF5 (files appear by rename, writers lock their part file themselves).
 */
static graft_status access_list(hid_t *list) {
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  *list = H5Pcreate(H5P_FILE_ACCESS);
  GRAFT_CHECK(*list >= 0, INTERNAL, "HDF5: no file access list");
  H5Pset_file_locking(*list, 0, 1);
  H5Pset_fclose_degree(*list, H5F_CLOSE_STRONG);
  /* format of HDF5 1.10: checksums on everything but the data, and early allocated chunks without
   * filters lie one behind the other (io/dataset_write.c) */
  H5Pset_libver_bounds(*list, H5F_LIBVER_V110, H5F_LIBVER_V110);
  return GRAFT_OK;
}

/* Seal: what graft_h5_save() writes behind the end that HDF5 knows of, so that damage shows before
 * HDF5 1.10 sees it: the format of files in memory has no checksums, and HDF5 crashes or hangs. */
static const char seal_mark[] = "\ngraft-crc32 ";
enum { SEAL_MARK = sizeof seal_mark - 1, SEAL = SEAL_MARK + 8 + 1 /* hexadecimal digits, \n */ };

/* CRC-32 of the next bytes of a file. */
static uint32_t file_checksum(FILE *in, long long bytes) {
  unsigned char part[1 << 14];
  unsigned long crc = crc32_z(0, NULL, 0);
  for (size_t n = 0; bytes > 0; bytes -= (long long)n) {
    n = bytes < (long long)sizeof part ? (size_t)bytes : sizeof part;
    if (fread(part, 1, n, in) != n) break;
    crc = crc32_z(crc, part, n);
  }
  return (uint32_t)crc;
}

/* Compare the seal, if there is one. */
static graft_status check_seal(FILE *in, const char *path, bool needed) {
  char seal[SEAL + 1] = "";
  long long bytes = fseeko(in, -SEAL, SEEK_END) == 0 ? (long long)ftello(in) : 0;
  bool sealed = bytes > 0 && fread(seal, 1, SEAL, in) == SEAL &&
                memcmp(seal, seal_mark, SEAL_MARK) == 0 && seal[SEAL - 1] == '\n';
  /* from version 2 of the superblock on, HDF5 has checksums of its own */
  bool checksums = fseeko(in, 8, SEEK_SET) == 0 && fgetc(in) >= 2;
  GRAFT_CHECK(sealed || checksums || !needed, INPUT,
              "%s: expected a file of Graft, got another HDF5 file or a damaged one (no checksum "
              "at its end)",
              path);
  if (!sealed) return GRAFT_OK;
  rewind(in);
  uint32_t want = (uint32_t)strtoul(seal + SEAL_MARK, NULL, 16), got = file_checksum(in, bytes);
  GRAFT_CHECK(got == want, INPUT, "%s: damaged: expected checksum %08x, got %08x", path, want, got);
  return GRAFT_OK;
}

static graft_status open_file(const char *path, bool needed, hid_t *file) {
  char reason[128];
  struct stat st;
  *file = -1;
  GRAFT_CHECK(stat(path, &st) == 0, INPUT, "%s: can't be opened: %s", path, strerror(errno));
  GRAFT_CHECK(!S_ISDIR(st.st_mode), INPUT, "%s: expected an HDF5 file, got a directory", path);
  hid_t access;
  GRAFT_TRY(access_list(&access));
  FILE *probe = fopen(path, "rb"); /* HDF5 hides "permission denied" */
  int failed = errno;
  htri_t is_hdf5 = probe ? H5Fis_hdf5(path) : 0;
  graft_status status = is_hdf5 > 0 ? check_seal(probe, path, needed) : GRAFT_OK;
  if (probe) fclose(probe);
  if (status != GRAFT_OK) {
    H5Pclose(access);
    return status;
  }
  if (is_hdf5 > 0) *file = H5Fopen(path, H5F_ACC_RDONLY, access);
  if (is_hdf5 > 0 && *file < 0) graft_h5_reason(reason, sizeof reason);
  H5Pclose(access);
  GRAFT_CHECK(probe, INPUT, "%s: can't be opened: %s", path, strerror(failed));
  GRAFT_CHECK(is_hdf5 > 0, INPUT, "%s: expected an HDF5 file, got %s", path,
              st.st_size == 0 ? "an empty file" : "something else (or a damaged one)");
  GRAFT_CHECK(*file >= 0, INPUT, "%s: damaged HDF5 file: %s", path, reason);
  return GRAFT_OK;
}

graft_status graft_h5_open(const char *path, hid_t *file) { return open_file(path, false, file); }

graft_status graft_h5_open_sealed(const char *path, hid_t *file) {
  return open_file(path, true, file);
}

graft_status graft_h5_create_memory(hid_t *file) {
  hid_t access;
  GRAFT_TRY(access_list(&access));
  H5Pset_fapl_core(access, 1 << 20, 0);
  /* the oldest format: with superblocks from version 2 on, HDF5 1.10 changes flags in the image
   * without renewing the superblock's checksum */
  H5Pset_libver_bounds(access, H5F_LIBVER_EARLIEST, H5F_LIBVER_V110);
  *file = H5Fcreate("memory", H5F_ACC_TRUNC, H5P_DEFAULT, access);
  H5Pclose(access);
  GRAFT_CHECK(*file >= 0, MEMORY, "HDF5: no file in memory");
  return GRAFT_OK;
}

graft_status graft_h5_save(hid_t file, graft_atomic *to) {
  char *image, seal[SEAL + 1];
  GRAFT_CHECK(H5Fflush(file, H5F_SCOPE_LOCAL) >= 0, MEMORY, "HDF5: file in memory is not whole");
  ssize_t size = H5Fget_file_image(file, NULL, 0);
  GRAFT_CHECK(size > 0, MEMORY, "HDF5: no image of the file in memory");
  GRAFT_TRY(graft_alloc(&image, (size_t)size, 1));
  graft_status status = GRAFT_OK;
  GRAFT_CHECK_TO(done, H5Fget_file_image(file, image, (size_t)size) == size, MEMORY,
                 "HDF5: no image of the file in memory");
  GRAFT_TRY_TO(done, graft_atomic_write(to, image, (size_t)size));
  snprintf(seal, sizeof seal, "%s%08lx\n", seal_mark,
           crc32_z(crc32_z(0, NULL, 0), (const unsigned char *)image, (size_t)size));
  status = graft_atomic_write(to, seal, SEAL);
done:
  graft_free(image);
  return status;
}

graft_status graft_h5_create(const char *path, hid_t *file) {
  char reason[128];
  hid_t access;
  GRAFT_TRY(access_list(&access));
  hid_t root = H5Pcreate(H5P_FILE_CREATE);
  H5Pset_obj_track_times(root, 0); /* the same content gives the same bytes */
  *file = H5Fcreate(path, H5F_ACC_TRUNC, root, access);
  if (*file < 0) graft_h5_reason(reason, sizeof reason);
  H5Pclose(root);
  H5Pclose(access);
  GRAFT_CHECK(*file >= 0, OUTPUT, "can't be written: %s", reason);
  return GRAFT_OK;
}

graft_status graft_h5_close(hid_t file) {
  char reason[128];
  herr_t ok = H5Fflush(file, H5F_SCOPE_LOCAL);
  if (ok < 0) graft_h5_reason(reason, sizeof reason); /* left open: closing it would crash */
  if (ok >= 0 && (ok = H5Fclose(file)) < 0) graft_h5_reason(reason, sizeof reason);
  GRAFT_CHECK(ok >= 0, OUTPUT, "can't be written: %s", reason);
  return GRAFT_OK;
}

static hid_t make_space(graft_shape shape) {
  hsize_t dim[GRAFT_MAX_RANK];
  for (int a = 0; a < shape.rank; a++) dim[a] = shape.dim[a];
  return shape.rank == 0 ? H5Screate(H5S_SCALAR) : H5Screate_simple(shape.rank, dim, NULL);
}

graft_status graft_h5_group(hid_t at, const char *path) {
  char name[256], reason[128];
  graft_status status = GRAFT_OK;
  hid_t list = H5Pcreate(H5P_GROUP_CREATE);
  H5Pset_obj_track_times(list, 0);
  for (const char *end = path; *end && status == GRAFT_OK;) {
    end += 1 + strcspn(end + 1, "/");
    snprintf(name, sizeof name, "%.*s", (int)(end - path), path);
    if (H5Lexists(at, name, H5P_DEFAULT) > 0) continue;
    hid_t group = H5Gcreate2(at, name, H5P_DEFAULT, list, H5P_DEFAULT);
    if (group < 0) {
      status = graft_error_set(GRAFT_OUTPUT, __FILE__, __LINE__, "/%s: can't be written: %s", name,
                               graft_h5_reason(reason, sizeof reason));
    } else {
      H5Gclose(group);
    }
  }
  H5Pclose(list);
  return status;
}

/* The groups of a data set's name. */
static graft_status make_groups(hid_t at, const char *name) {
  char group[256];
  const char *last = strrchr(name, '/');
  if (!last || last == name) return GRAFT_OK;
  snprintf(group, sizeof group, "%.*s", (int)(last - name), name);
  return graft_h5_group(at, group);
}

graft_status graft_h5_reserve(hid_t at, const char *name, hid_t type, graft_shape shape,
                              const hsize_t *chunk, haddr_t *place) {
  char reason[128] = "";
  GRAFT_TRY(make_groups(at, name));
  hid_t list = H5Pcreate(H5P_DATASET_CREATE), space = make_space(shape);
  H5Pset_obj_track_times(list, 0);
  if (chunk) H5Pset_chunk(list, shape.rank, chunk);
  H5Pset_alloc_time(list, H5D_ALLOC_TIME_EARLY);
  H5Pset_fill_time(list, H5D_FILL_TIME_NEVER);
  hid_t set = H5Dcreate2(at, name, type, space, H5P_DEFAULT, list, H5P_DEFAULT);
  if (set < 0) graft_h5_reason(reason, sizeof reason);
  if (set >= 0 && place) *place = H5Dget_offset(set);
  if (set >= 0) H5Dclose(set);
  H5Sclose(space);
  H5Pclose(list);
  GRAFT_CHECK(set >= 0, OUTPUT, "/%s: can't be written: %s", name, reason);
  return GRAFT_OK;
}

graft_status graft_h5_write(hid_t at, const char *name, hid_t type, graft_shape shape,
                            const void *data) {
  char reason[128] = "";
  GRAFT_TRY(make_groups(at, name));
  hid_t list = H5Pcreate(H5P_DATASET_CREATE), space = make_space(shape);
  H5Pset_obj_track_times(list, 0); /* the same content gives the same bytes */
  hid_t set = H5Dcreate2(at, name, type, space, H5P_DEFAULT, list, H5P_DEFAULT);
  herr_t ok = set < 0 ? -1 : 0;
  if (ok >= 0 && data && graft_shape_count(shape) > 0) {
    ok = H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data);
  }
  if (ok < 0) graft_h5_reason(reason, sizeof reason);
  if (set >= 0 && H5Dclose(set) < 0 && ok >= 0) {
    ok = -1;
    graft_h5_reason(reason, sizeof reason);
  }
  H5Sclose(space);
  H5Pclose(list);
  GRAFT_CHECK(ok >= 0, OUTPUT, "/%s: can't be written: %s", name, reason);
  return GRAFT_OK;
}

static hid_t text_type(size_t size) {
  hid_t type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, size);
  H5Tset_cset(type, H5T_CSET_UTF8);
  return type;
}

graft_status graft_h5_write_texts(hid_t at, const char *name, int rank, size_t count,
                                  const char *const *text) {
  size_t size = 1;
  for (size_t i = 0; i < count; i++) {
    size_t length = text[i] ? strlen(text[i]) + 1 : 1;
    if (length > size) size = length;
  }
  char *data;
  GRAFT_TRY(graft_alloc(&data, count, size));
  for (size_t i = 0; i < count; i++) {
    if (text[i]) memcpy(data + i * size, text[i], strlen(text[i]) + 1);
  }
  hid_t type = text_type(size);
  graft_shape shape = {.rank = rank, .dim = {count}};
  graft_status status = graft_h5_write(at, name, type, shape, data);
  H5Tclose(type);
  graft_free(data);
  return status;
}

int graft_h5_exists(hid_t at, const char *name) {
  char part[256];
  for (const char *end = name; *end;) {
    end += strcspn(end, "/");
    size_t n = (size_t)(end - name);
    if (n >= sizeof part) return 0;
    memcpy(part, name, n);
    part[n] = '\0';
    if (H5Lexists(at, part, H5P_DEFAULT) <= 0) return 0;
    if (*end) end++;
  }
  return H5Oexists_by_name(at, name, H5P_DEFAULT) > 0;
}

/* Damaged or hostile shapes must not make us allocate: the data must lie in the file (deflate packs
 * at most 1032 to 1). */
static graft_status check_storage(hid_t set, const char *name, graft_shape shape, size_t size) {
  size_t bytes;
  hsize_t file_size = 0, storage = H5Dget_storage_size(set);
  hid_t file = H5Iget_file_id(set);
  H5Fget_filesize(file, &file_size);
  H5Fclose(file);
  GRAFT_TRY(graft_size_multiply(graft_shape_count(shape), size, name, &bytes));
  GRAFT_CHECK(storage <= file_size && bytes / 1100 <= storage && (bytes == 0 || storage > 0), INPUT,
              "/%s: expected %zu bytes of data, got %llu (in a file of %llu)", name, bytes,
              (unsigned long long)storage, (unsigned long long)file_size);
  return GRAFT_OK;
}

static graft_status look_shape(hid_t set, const char *name, graft_shape *shape) {
  hid_t space = H5Dget_space(set);
  int rank = H5Sget_simple_extent_ndims(space);
  hsize_t dim[H5S_MAX_RANK];
  if (rank >= 0) rank = H5Sget_simple_extent_dims(space, dim, NULL);
  H5S_class_t class = H5Sget_simple_extent_type(space);
  H5Sclose(space);
  GRAFT_CHECK(rank >= 0 && rank <= GRAFT_MAX_RANK && class != H5S_NULL, INPUT,
              "/%s: expected an array of at most %d axes", name, GRAFT_MAX_RANK);
  *shape = (graft_shape){.rank = rank};
  for (int a = 0; a < rank; a++) shape->dim[a] = (size_t)dim[a];
  return graft_shape_validate(*shape, name);
}

graft_status graft_h5_look(hid_t at, const char *name, hid_t *set, H5T_class_t *class, size_t *size,
                           graft_shape *shape) {
  *set = -1;
  *class = H5T_NO_CLASS;
  *size = 0;
  *shape = (graft_shape){0};
  GRAFT_CHECK(graft_h5_exists(at, name), INPUT, "/%s: expected a data set, got none", name);
  *set = H5Dopen2(at, name, H5P_DEFAULT);
  GRAFT_CHECK(*set >= 0, INPUT, "/%s: expected a data set, got a group or a damaged one", name);
  hid_t type = H5Dget_type(*set);
  if (type >= 0) {
    *class = H5Tget_class(type);
    *size = H5Tget_size(type);
    H5Tclose(type);
  }
  graft_status status = look_shape(*set, name, shape);
  if (status == GRAFT_OK) status = check_storage(*set, name, *shape, *size);
  if (status != GRAFT_OK) H5Dclose(*set);
  return status;
}

static const char *type_name(H5T_class_t class, size_t size, char *text, size_t text_size) {
  const char *kind = class == H5T_INTEGER  ? "integer"
                     : class == H5T_FLOAT  ? "real"
                     : class == H5T_STRING ? "text"
                                           : "another type";
  if (class == H5T_INTEGER || class == H5T_FLOAT) {
    snprintf(text, text_size, "%zu-byte %s", size, kind);
  } else {
    snprintf(text, text_size, "%s", kind);
  }
  return text;
}

graft_status graft_h5_read(hid_t at, const char *name, hid_t type, graft_shape shape, void *out) {
  hid_t set;
  H5T_class_t class, want_class = H5Tget_class(type);
  size_t size, want_size = H5Tget_size(type);
  graft_shape got;
  char a[64], b[64], want[96], is[96], reason[128];
  GRAFT_TRY(graft_h5_look(at, name, &set, &class, &size, &got));
  graft_status status = GRAFT_OK;
  GRAFT_CHECK_TO(
      done, class == want_class && size == want_size, INPUT, "/%s: expected type %s, got %s", name,
      type_name(want_class, want_size, a, sizeof a), type_name(class, size, b, sizeof b));
  GRAFT_CHECK_TO(done, graft_shape_equal(got, shape), INPUT, "/%s: expected shape %s, got %s", name,
                 graft_shape_print(shape, want, sizeof want),
                 graft_shape_print(got, is, sizeof is));
  if (graft_shape_count(shape) == 0) goto done;
  GRAFT_CHECK_TO(done, H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, out) >= 0, INPUT,
                 "/%s: can't be read: %s", name, graft_h5_reason(reason, sizeof reason));
done:
  H5Dclose(set);
  return status;
}

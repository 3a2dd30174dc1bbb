/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_TESTS_FUZZ_H5_EDIT_H
#define GRAFT_TESTS_FUZZ_H5_EDIT_H

/** @file h5_edit.h
 *  HDF5 files that differ from a good one as the bytes of the input say: whole objects removed,
 *  written anew with another type, shape or content, bytes changed, or the input as it is. Edited
 *  files are well formed, so that our reader is under test and not HDF5's. */

#include <hdf5.h>

#include "tests/fuzz/fuzz.h"

enum { FUZZ_H5_OBJECTS = 128, FUZZ_H5_NAME = 128, FUZZ_H5_BYTES = 1 << 16, FUZZ_H5_FILE = 1 << 18 };

/** A good file and the names of its objects. */
typedef struct fuzz_h5 {
  size_t bytes;                             /**< of the file; 0: not read yet */
  char data[FUZZ_H5_FILE];                  /**< the file */
  size_t objects;                           /**< groups and data sets */
  char name[FUZZ_H5_OBJECTS][FUZZ_H5_NAME]; /**< of each */
} fuzz_h5;

/* HDF5 1.10 leaks when it meets damage; our own leaks of its objects are counted instead. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) { return "leak:libhdf5\n"; }

/** Objects of HDF5 that are open. */
static inline long fuzz_h5_open_objects(void) {
  static const H5I_type_t kind[] = {H5I_FILE,    H5I_GROUP, H5I_DATATYPE,    H5I_DATASPACE,
                                    H5I_DATASET, H5I_ATTR,  H5I_GENPROP_LST, H5I_ERROR_STACK};
  long open = 0;
  for (size_t i = 0; i < sizeof kind / sizeof *kind; i++) {
    hsize_t members = 0;
    if (H5Inmembers(kind[i], &members) >= 0) open += (long)members;
  }
  return open;
}

static inline herr_t fuzz_h5_visit(hid_t at, const char *name, const H5O_info_t *info, void *ctx) {
  fuzz_h5 *h5 = ctx;
  (void)at, (void)info;
  FUZZ_CHECK(h5->objects < FUZZ_H5_OBJECTS && strlen(name) < FUZZ_H5_NAME);
  snprintf(h5->name[h5->objects++], FUZZ_H5_NAME, "%s", name);
  return 0;
}

/** Take the good file at @p path. */
static inline void fuzz_h5_init(fuzz_h5 *h5, const char *path) {
  FILE *file = fopen(path, "rb");
  FUZZ_CHECK(file);
  h5->bytes = fread(h5->data, 1, sizeof h5->data, file);
  FUZZ_CHECK(h5->bytes > 0 && h5->bytes < sizeof h5->data);
  fclose(file);
  hid_t at = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
  FUZZ_CHECK(at >= 0);
  FUZZ_CHECK(H5Ovisit(at, H5_INDEX_NAME, H5_ITER_INC, fuzz_h5_visit, h5) >= 0);
  H5Fclose(at);
}

/* One of the types that a file may have in place of the right one. */
static inline hid_t fuzz_h5_type(unsigned kind) {
  static const unsigned char zero;
  hid_t type;
  switch (kind % 14) {
  case 0: return H5Tcopy(H5T_IEEE_F32LE);
  case 1: return H5Tcopy(H5T_IEEE_F64LE);
  case 2: return H5Tcopy(H5T_STD_I64LE);
  case 3: return H5Tcopy(H5T_STD_I32LE);
  case 4: return H5Tcopy(H5T_STD_U8LE);
  case 5: return H5Tcopy(H5T_STD_U64LE);
  case 6: return H5Tcopy(H5T_IEEE_F32BE);
  case 7: return H5Tcopy(H5T_STD_I16LE);
  case 8: type = H5Tcopy(H5T_C_S1), H5Tset_size(type, H5T_VARIABLE); return type;
  case 9: type = H5Tcopy(H5T_C_S1), H5Tset_size(type, 1 + kind / 14 * 5); return type;
  case 10: type = H5Tcreate(H5T_COMPOUND, 8), H5Tinsert(type, "x", 0, H5T_IEEE_F32LE); return type;
  case 11: type = H5Tenum_create(H5T_STD_U8LE), H5Tenum_insert(type, "NO", &zero); return type;
  case 12: return H5Tcreate(H5T_OPAQUE, 1 + kind / 14);
  default: return H5Tvlen_create(H5T_IEEE_F32LE);
  }
}

static inline hid_t fuzz_h5_space(fuzz_bytes *in, hid_t list) {
  unsigned kind = fuzz_byte(in);
  int rank = (int)(kind % 7);
  hsize_t dim[8], chunk[8];
  if (kind == 255) return H5Screate(H5S_NULL);
  if (rank == 0) return H5Screate(H5S_SCALAR);
  for (int a = 0; a < rank; a++) {
    dim[a] = fuzz_byte(in);
    if (dim[a] == 255) dim[a] = fuzz_number(in, 5); /* as large as one likes, nothing stored */
    chunk[a] = dim[a] > 0 && dim[a] < 8 ? dim[a] : 1;
  }
  if (kind / 7 % 2) H5Pset_chunk(list, rank, chunk);
  if (kind / 14 % 2 && kind / 7 % 2) H5Pset_deflate(list, 1);
  return H5Screate_simple(rank, dim, NULL);
}

/* Fill a data set with repeated bytes of the input; variable-length ones stay empty. */
static inline void fuzz_h5_fill(fuzz_bytes *in, hid_t set) {
  static unsigned char data[FUZZ_H5_BYTES];
  hid_t type = H5Dget_type(set), space = H5Dget_space(set);
  hssize_t count = H5Sget_simple_extent_npoints(space);
  size_t size = H5Tget_size(type), unit = 1 + fuzz_byte(in) % 16;
  bool plain = H5Tget_class(type) != H5T_VLEN && H5Tis_variable_str(type) <= 0;
  if (plain && count > 0 && (size_t)count <= sizeof data / size) {
    for (size_t i = 0; i < unit; i++) data[i] = (unsigned char)fuzz_byte(in);
    for (size_t i = unit; i < (size_t)count * size; i++) data[i] = data[i - unit];
    H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data);
  } else if (!plain && count == 1 && H5Tget_class(type) == H5T_STRING) {
    char text[64];
    const char *pointer = fuzz_text(in, text, sizeof text);
    H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, &pointer);
  }
  H5Sclose(space);
  H5Tclose(type);
}

/* A few bytes of a data set's elements. */
static inline void fuzz_h5_patch(fuzz_bytes *in, hid_t file, const char *name) {
  static unsigned char data[FUZZ_H5_BYTES];
  hid_t set = H5Dopen2(file, name, H5P_DEFAULT);
  if (set < 0) return;
  hid_t type = H5Dget_type(set), space = H5Dget_space(set);
  hssize_t count = H5Sget_simple_extent_npoints(space);
  size_t size = H5Tget_size(type), bytes = (size_t)(count > 0 ? count : 0) * size;
  bool plain = H5Tget_class(type) != H5T_VLEN && H5Tis_variable_str(type) <= 0;
  if (plain && bytes > 0 && bytes <= sizeof data &&
      H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0) {
    size_t at = (size_t)fuzz_number(in, 2) % bytes;
    for (unsigned n = fuzz_byte(in) % 9; n > 0; n--) {
      data[at] = (unsigned char)fuzz_byte(in);
      at = (at + 1) % bytes;
    }
    H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data);
  }
  H5Sclose(space);
  H5Tclose(type);
  H5Dclose(set);
}

static inline void fuzz_h5_replace(fuzz_bytes *in, hid_t file, const char *name) {
  hid_t links = H5Pcreate(H5P_LINK_CREATE), list = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_create_intermediate_group(links, 1);
  hid_t type = fuzz_h5_type(fuzz_byte(in)), space = fuzz_h5_space(in, list);
  H5Ldelete(file, name, H5P_DEFAULT);
  hid_t set = space >= 0 ? H5Dcreate2(file, name, type, space, links, list, H5P_DEFAULT) : -1;
  if (set >= 0) {
    fuzz_h5_fill(in, set);
    H5Dclose(set);
  }
  if (space >= 0) H5Sclose(space);
  H5Tclose(type);
  H5Pclose(list);
  H5Pclose(links);
}

static inline void fuzz_h5_link(fuzz_bytes *in, const fuzz_h5 *h5, hid_t file, const char *name) {
  unsigned kind = fuzz_byte(in);
  const char *to = h5->name[fuzz_byte(in) % h5->objects];
  H5Ldelete(file, name, H5P_DEFAULT);
  switch (kind % 4) {
  case 0: H5Lcreate_soft(to, file, name, H5P_DEFAULT, H5P_DEFAULT); break;
  case 1: H5Lcreate_hard(file, to, file, name, H5P_DEFAULT, H5P_DEFAULT); break;
  case 2: H5Lcreate_soft(name, file, name, H5P_DEFAULT, H5P_DEFAULT); break; /* a circle */
  default: H5Gclose(H5Gcreate2(file, name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT)); break;
  }
}

/* An attribute of any type where a text is expected. */
static inline void fuzz_h5_attribute(fuzz_bytes *in, hid_t file, const char *name) {
  static const char *const known[] = {"units", "long_name"};
  const char *attribute = known[fuzz_byte(in) % 2];
  hid_t list = H5Pcreate(H5P_DATASET_CREATE);
  hid_t type = fuzz_h5_type(fuzz_byte(in)), space = fuzz_h5_space(in, list);
  H5Adelete_by_name(file, name, attribute, H5P_DEFAULT);
  hid_t attr = space >= 0 && H5Sget_simple_extent_npoints(space) < 4096
                   ? H5Acreate_by_name(file, name, attribute, type, space, H5P_DEFAULT, H5P_DEFAULT,
                                       H5P_DEFAULT)
                   : -1;
  if (attr >= 0) H5Aclose(attr);
  if (space >= 0) H5Sclose(space);
  H5Tclose(type);
  H5Pclose(list);
}

static inline void fuzz_h5_objects(fuzz_bytes *in, const fuzz_h5 *h5, const char *path) {
  hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  H5Pset_libver_bounds(access, H5F_LIBVER_EARLIEST, H5F_LIBVER_V110);
  hid_t file = H5Fopen(path, H5F_ACC_RDWR, access);
  char text[FUZZ_H5_NAME];
  FUZZ_CHECK(file >= 0);
  while (in->left > 0) {
    unsigned kind = fuzz_byte(in);
    const char *name = h5->name[fuzz_byte(in) % h5->objects];
    switch (kind % 6) {
    case 0: H5Ldelete(file, name, H5P_DEFAULT); break;
    case 1: fuzz_h5_patch(in, file, name); break;
    case 2: fuzz_h5_replace(in, file, name); break;
    case 3: fuzz_h5_link(in, h5, file, name); break;
    case 4: fuzz_h5_attribute(in, file, name); break;
    default:
      if (fuzz_text(in, text, sizeof text)[0]) fuzz_h5_replace(in, file, text);
      break;
    }
  }
  H5Fclose(file);
  H5Pclose(access);
}

/* Bytes of the file, at places that the input names. */
static inline const char *fuzz_h5_bytes(fuzz_bytes *in, const fuzz_h5 *h5) {
  static char data[FUZZ_H5_FILE];
  size_t size = h5->bytes;
  memcpy(data, h5->data, size);
  unsigned cut = fuzz_byte(in);
  while (in->left > 0) {
    size_t at = (size_t)fuzz_number(in, 3) % size;
    for (unsigned n = 1 + fuzz_byte(in) % 8; n > 0; n--) {
      data[at] = (char)fuzz_byte(in);
      at = (at + 1) % size;
    }
  }
  return fuzz_file(data, cut < 200 ? size : size * (255 - cut) / 56);
}

/** The file that the input describes: byte 0 chooses the input itself, bytes or objects of the good
 *  file changed. */
static inline const char *fuzz_h5_file(fuzz_bytes *in, const fuzz_h5 *h5) {
  unsigned kind = fuzz_byte(in) % 4;
  if (kind == 0) return fuzz_file(in->at, in->left);
  if (kind == 1) return fuzz_h5_bytes(in, h5);
  const char *path = fuzz_file(h5->data, h5->bytes);
  fuzz_h5_objects(in, h5, path);
  return path;
}

#endif

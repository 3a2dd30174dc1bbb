/* SPDX-License-Identifier: BSD-2-Clause */
/* Texts, group members and attributes in HDF5. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "io/h5_impl.h"

/* [count] pointers and their bytes in one allocation, from texts of at most `size` bytes each. */
static graft_status pack(const char *const *from, size_t count, size_t size, char ***text) {
  size_t bytes = 0;
  for (size_t i = 0; i < count; i++) bytes += (from[i] ? strnlen(from[i], size) : 0) + 1;
  char **out;
  GRAFT_TRY(graft_alloc(&out, count * sizeof *out + bytes, 1));
  char *to = (char *)(out + count);
  for (size_t i = 0; i < count; i++) {
    size_t n = from[i] ? strnlen(from[i], size) : 0;
    out[i] = to;
    if (n) memcpy(to, from[i], n);
    to += n + 1;
  }
  *text = out;
  return GRAFT_OK;
}

/* The same from texts that lie `size` bytes apart. */
static graft_status pack_fixed(const char *data, size_t count, size_t size, char ***text) {
  const char **at;
  GRAFT_TRY(graft_alloc(&at, count, sizeof *at));
  for (size_t i = 0; i < count; i++) at[i] = data + i * size;
  graft_status status = pack(at, count, size, text);
  graft_free(at);
  return status;
}

static graft_status read_fixed(hid_t set, hid_t type, const char *name, size_t count, char ***out) {
  size_t size = H5Tget_size(type), bytes;
  char reason[128], *data;
  GRAFT_TRY(graft_size_multiply(count, size, name, &bytes));
  GRAFT_CHECK(bytes <= GRAFT_H5_MAX_TEXT, INPUT, "/%s: expected at most %d bytes, got %zu", name,
              GRAFT_H5_MAX_TEXT, bytes);
  GRAFT_TRY(graft_alloc(&data, bytes, 1));
  graft_status status = GRAFT_OK;
  GRAFT_CHECK_TO(done, H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0, INPUT,
                 "/%s: can't be read: %s", name, graft_h5_reason(reason, sizeof reason));
  status = pack_fixed(data, count, size, out);
done:
  graft_free(data);
  return status;
}

static graft_status read_variable(hid_t set, hid_t type, const char *name, size_t count,
                                  char ***out) {
  char reason[128];
  const char **data;
  GRAFT_CHECK(count <= GRAFT_H5_MAX_TEXT, INPUT, "/%s: expected fewer texts, got %zu", name, count);
  GRAFT_TRY(graft_alloc(&data, count, sizeof *data));
  graft_status status = GRAFT_OK;
  hid_t space = H5Dget_space(set);
  GRAFT_CHECK_TO(done, H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0, INPUT,
                 "/%s: can't be read: %s", name, graft_h5_reason(reason, sizeof reason));
  status = pack(data, count, GRAFT_H5_MAX_TEXT, out);
  H5Dvlen_reclaim(type, space, H5P_DEFAULT, data);
done:
  H5Sclose(space);
  graft_free(data);
  return status;
}

graft_status graft_h5_read_texts(hid_t at, const char *name, size_t count, char ***text) {
  hid_t set;
  H5T_class_t class;
  size_t size;
  graft_shape shape;
  *text = NULL;
  GRAFT_TRY(graft_h5_look(at, name, &set, &class, &size, &shape));
  graft_status status = GRAFT_OK;
  hid_t type = H5Dget_type(set);
  GRAFT_CHECK_TO(done, class == H5T_STRING, INPUT, "/%s: expected text, got numbers", name);
  GRAFT_CHECK_TO(done, graft_shape_count(shape) == count, INPUT, "/%s: expected %zu texts, got %zu",
                 name, count, graft_shape_count(shape));
  status = H5Tis_variable_str(type) > 0 ? read_variable(set, type, name, count, text)
                                        : read_fixed(set, type, name, count, text);
done:
  H5Tclose(type);
  H5Dclose(set);
  return status;
}

enum { MEMBER = 256 /* bytes of a name */ };

/* Names of a group's members as they come. */
struct members {
  size_t most, count;
  char *name; /* [most][MEMBER] */
};

static herr_t add_member(hid_t at, const char *name, const H5L_info_t *info, void *ctx) {
  struct members *m = ctx;
  size_t n = strlen(name);
  (void)at, (void)info;
  if (m->count == m->most || n == 0 || n >= MEMBER) return -1;
  memcpy(m->name + m->count * MEMBER, name, n + 1);
  m->count++;
  return 0;
}

static int by_name(const void *a, const void *b) { return strcmp(a, b); }

/* In HDF5's own order: to sort, HDF5 1.10 makes a table that it can't release if it is damaged. */
graft_status graft_h5_members(hid_t at, const char *name, size_t *count, char ***member) {
  H5G_info_t info;
  *member = NULL;
  GRAFT_CHECK(graft_h5_exists(at, name), INPUT, "/%s: expected a group, got none", name);
  GRAFT_CHECK(H5Gget_info_by_name(at, name, &info, H5P_DEFAULT) >= 0, INPUT,
              "/%s: expected a group, got a data set or a damaged one", name);
  GRAFT_CHECK(info.nlinks <= 65536, INPUT, "/%s: expected fewer members, got %llu", name,
              (unsigned long long)info.nlinks);
  struct members m = {.most = (size_t)info.nlinks};
  GRAFT_TRY(graft_alloc(&m.name, m.most, MEMBER));
  graft_status status = GRAFT_OK;
  GRAFT_CHECK_TO(done,
                 H5Literate_by_name(at, name, H5_INDEX_NAME, H5_ITER_NATIVE, NULL, add_member, &m,
                                    H5P_DEFAULT) >= 0 &&
                     m.count == m.most,
                 INPUT, "/%s: member %zu has no proper name", name, m.count);
  qsort(m.name, m.count, MEMBER, by_name);
  *count = m.count;
  GRAFT_TRY_TO(done, pack_fixed(m.name, *count, MEMBER, member));
done:
  graft_free(m.name);
  return status;
}

static graft_status write_attr(hid_t at, const char *object, const char *name, hid_t type, int rank,
                               size_t count, const void *data) {
  char reason[128] = "";
  hsize_t dim = count;
  hid_t space = rank ? H5Screate_simple(1, &dim, NULL) : H5Screate(H5S_SCALAR);
  hid_t attr =
      H5Acreate_by_name(at, object, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  herr_t ok = attr < 0 ? -1 : count == 0 ? 0 : H5Awrite(attr, type, data);
  if (ok < 0) graft_h5_reason(reason, sizeof reason);
  if (attr >= 0) H5Aclose(attr);
  H5Sclose(space);
  GRAFT_CHECK(ok >= 0, OUTPUT, "/%s@%s: can't be written: %s", object, name, reason);
  return GRAFT_OK;
}

static graft_status write_attr_texts(hid_t at, const char *object, const char *name, int rank,
                                     size_t count, const char *const *text) {
  hid_t type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, H5T_VARIABLE);
  H5Tset_cset(type, H5T_CSET_UTF8);
  graft_status status = write_attr(at, object, name, type, rank, count, text);
  H5Tclose(type);
  return status;
}

graft_status graft_h5_attr_text(hid_t at, const char *object, const char *name, const char *text) {
  return write_attr_texts(at, object, name, 0, 1, &text);
}

graft_status graft_h5_attr_texts(hid_t at, const char *object, const char *name, size_t count,
                                 const char *const *text) {
  return write_attr_texts(at, object, name, 1, count, text);
}

graft_status graft_h5_attr_int(hid_t at, const char *object, const char *name, int64_t value) {
  return write_attr(at, object, name, H5T_NATIVE_INT64, 0, 1, &value);
}

graft_status graft_h5_attr_real(hid_t at, const char *object, const char *name, double value) {
  return write_attr(at, object, name, H5T_NATIVE_DOUBLE, 0, 1, &value);
}

hid_t graft_h5_bool(void) {
  signed char no = 0, yes = 1;
  hid_t type = H5Tenum_create(H5T_NATIVE_INT8);
  H5Tenum_insert(type, "FALSE", &no);
  H5Tenum_insert(type, "TRUE", &yes);
  return type;
}

graft_status graft_h5_attr_bools(hid_t at, const char *object, const char *name, int rank,
                                 size_t count, const unsigned char *value) {
  hid_t type = graft_h5_bool();
  graft_status status = write_attr(at, object, name, type, rank, count, value);
  H5Tclose(type);
  return status;
}

void graft_h5_attr_get_text(hid_t at, const char *object, const char *name, char *text,
                            size_t size) {
  text[0] = '\0';
  if (H5Aexists_by_name(at, object, name, H5P_DEFAULT) <= 0) return;
  hid_t attr = H5Aopen_by_name(at, object, name, H5P_DEFAULT, H5P_DEFAULT);
  if (attr < 0) return;
  hid_t type = H5Aget_type(attr), space = H5Aget_space(attr);
  bool one = H5Tget_class(type) == H5T_STRING && H5Sget_simple_extent_npoints(space) == 1;
  if (one && H5Tis_variable_str(type) > 0) {
    char *value = NULL;
    if (H5Aread(attr, type, &value) >= 0 && value) snprintf(text, size, "%s", value);
    if (value) H5free_memory(value);
  } else if (one && H5Tget_size(type) < 1024) {
    char value[1025] = "";
    if (H5Aread(attr, type, value) >= 0) snprintf(text, size, "%s", value);
  }
  H5Sclose(space);
  H5Tclose(type);
  H5Aclose(attr);
}

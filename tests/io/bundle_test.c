/* SPDX-License-Identifier: BSD-2-Clause */
/* Bundles in files: round trip bit by bit, damage found, nothing half-written. */
#include <hdf5.h>
#include <signal.h>
#include <sys/resource.h>
#include <zlib.h>

#include "io/atomic.h"
#include "io/bundle_file.h"
#include "scratch.h"
#include "tests/graft_test.h"

static graft_status make(graft_bundle *b, double value) {
  const float weight[6] = {1, -0.0f, 3e-42f, NAN, INFINITY, 6};
  const uint8_t bytes[3] = {0, 127, 255};
  const int64_t numbers[2] = {INT64_MIN, INT64_MAX};
  graft_bundle_init(b);
  GRAFT_TRY(graft_bundle_put(b, "parameters/trunk/dense1/weight", GRAFT_FLOAT32,
                             GRAFT_SHAPE(3, 1, 3, 2), weight));
  GRAFT_TRY(graft_bundle_put(b, "parameters/branch/bias", GRAFT_UINT8, GRAFT_SHAPE(1, 3), bytes));
  GRAFT_TRY(graft_bundle_put(b, "a", GRAFT_INT64, GRAFT_SHAPE(1, 2), numbers));
  GRAFT_TRY(graft_bundle_put(b, "empty", GRAFT_FLOAT64, GRAFT_SHAPE(2, 0, 3), NULL));
  GRAFT_TRY(graft_bundle_put_real(b, "value", value));
  GRAFT_TRY(graft_bundle_put_int(b, "step", -7));
  GRAFT_TRY(graft_bundle_put_text(b, "config/options", "lr: 1e-3\nname: \"µ\"\n"));
  return graft_bundle_put_text(b, "config/none", "");
}

static bool same(const graft_bundle *a, const graft_bundle *b) {
  if (a->arrays != b->arrays) return false;
  for (size_t i = 0; i < a->arrays; i++) {
    const graft_array *x = &a->array[i], *y = &b->array[i];
    if (strcmp(x->name, y->name) != 0 || x->type != y->type) return false;
    if (!graft_shape_equal(x->shape, y->shape)) return false;
    if (memcmp(x->data, y->data, graft_shape_count(x->shape) * graft_type_size(x->type)) != 0) {
      return false;
    }
  }
  return true;
}

static void round_trip(void) {
  graft_bundle a, b;
  graft_provenance p, q;
  char kind[GRAFT_KIND_SIZE];
  T_OK(make(&a, 0.1));
  T_OK(graft_provenance_init(&p, 0, NULL, 3, 2));
  p.seed = UINT64_MAX;
  T_OK(graft_provenance_add_library(&p, "PETSc", "3.18.5"));
  T_OK(graft_bundle_write(scratch("m.h5"), "model", &a, &p));
  T_EQUAL(scratch_count(scratch_name, ".part"), 0);
  if (T_OK(graft_bundle_read(scratch("m.h5"), "model", &b, &q))) {
    T_CHECK(same(&a, &b));
    T_EQUAL(q.ranks, 3);
    T_EQUAL(q.threads, 2);
    T_CHECK(q.seed == UINT64_MAX);
    T_CHECK(strcmp(q.utc, p.utc) == 0 && strcmp(q.version, graft_version()) == 0);
    T_CHECK(strstr(q.libraries, "\nPETSc 3.18.5") && strstr(q.libraries, "HDF5 1."));
    graft_provenance_fini(&q);
    graft_bundle_fini(&b);
  }
  T_OK(graft_file_kind(scratch("m.h5"), kind));
  T_CHECK(strcmp(kind, "model") == 0);
  graft_provenance_fini(&p);
  graft_bundle_fini(&a);
}

static graft_status read_as(const char *path, const char *kind) {
  graft_bundle b;
  GRAFT_TRY(graft_bundle_read(path, kind, &b, NULL));
  graft_bundle_fini(&b);
  return GRAFT_OK;
}

static void foreign_files(void) {
  size_t bytes;
  char *data = scratch_read(scratch("m.h5"), &bytes);
  T_FAILS(read_as(scratch("none.h5"), NULL), GRAFT_INPUT, "No such file");
  T_FAILS(read_as(scratch("m.h5"), "checkpoint"), GRAFT_INPUT,
          "expected a checkpoint file, got a model file");
  for (size_t cut = 0; cut < 40; cut++) {
    scratch_write(scratch("cut.h5"), data, bytes * cut / 40);
    T_FAILS(read_as(scratch("cut.h5"), NULL), GRAFT_INPUT, "cut.h5: ");
  }
  scratch_write(scratch("t.h5"), "text", 4);
  T_FAILS(read_as(scratch("t.h5"), NULL), GRAFT_INPUT, "expected an HDF5 file");
  hid_t file = H5Fcreate(scratch("foreign.h5"), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  H5Fclose(file);
  T_FAILS(read_as(scratch("foreign.h5"), NULL), GRAFT_INPUT, "expected a file of Graft");
  free(data);
}

/* Any byte of the file flipped: refused, or the content is as it was (padding, unused metadata). */
static void flipped_bytes(void) {
  size_t bytes;
  char *data = scratch_read(scratch("m.h5"), &bytes);
  int refused = 0, harmless = 0;
  graft_bundle want, got;
  T_OK(graft_bundle_read(scratch("m.h5"), NULL, &want, NULL));
  for (size_t i = 8; i < bytes; i += 97) {
    data[i] = (char)(data[i] ^ 0x41);
    scratch_write(scratch("flip.h5"), data, bytes);
    data[i] = (char)(data[i] ^ 0x41);
    if (graft_bundle_read(scratch("flip.h5"), NULL, &got, NULL) == GRAFT_OK) {
      T_CHECK(same(&want, &got));
      harmless++;
      graft_bundle_fini(&got);
    } else {
      refused++; /* before HDF5 sees it: the checksum of the whole file */
      T_CHECK(i + 22 >= bytes || strstr(graft_error_message(), "flip.h5: damaged: expected"));
    }
  }
  printf("# %d flips refused, %d harmless\n", refused, harmless);
  T_CHECK(refused > 5);
  graft_bundle_fini(&want);
  free(data);
}

/* Put the checksum of the whole file behind it, as the writer does. */
static void seal(const char *path) {
  size_t bytes;
  char *data = scratch_read(path, &bytes);
  FILE *file = fopen(path, "ab");
  fprintf(file, "\ngraft-crc32 %08lx\n", crc32_z(0, (const unsigned char *)data, bytes));
  fclose(file);
  free(data);
}

static void wrong_checksum(void) {
  const float other = 2;
  hsize_t zero[3] = {0}, one[3] = {1, 1, 1};
  hid_t file = H5Fopen(scratch("m.h5"), H5F_ACC_RDWR, H5P_DEFAULT);
  hid_t set = H5Dopen2(file, "parameters/trunk/dense1/weight", H5P_DEFAULT);
  hid_t space = H5Dget_space(set), memory = H5Screate(H5S_SCALAR);
  H5Sselect_hyperslab(space, H5S_SELECT_SET, zero, NULL, one, NULL);
  T_CHECK(H5Dwrite(set, H5T_NATIVE_FLOAT, memory, space, H5P_DEFAULT, &other) >= 0);
  H5Sclose(memory);
  H5Sclose(space);
  H5Dclose(set);
  H5Fclose(file);
  T_FAILS(read_as(scratch("m.h5"), NULL), GRAFT_INPUT, "m.h5: expected a file of Graft, got");
  seal(scratch("m.h5"));
  T_FAILS(read_as(scratch("m.h5"), NULL), GRAFT_INPUT, "m.h5: damaged: expected checksum");
}

/* A write that fails leaves the older file as it was. */
static void failed_write(void) {
  graft_bundle a, b;
  double value = 0;
  struct rlimit old, small;
  T_OK(make(&a, 1));
  T_OK(graft_bundle_write(scratch("c.h5"), "checkpoint", &a, NULL));
  T_OK(make(&b, 2));
  signal(SIGXFSZ, SIG_IGN);
  getrlimit(RLIMIT_FSIZE, &old);
  small = old;
  for (rlim_t limit = 0; limit < 9000; limit += 1500) {
    small.rlim_cur = limit;
    setrlimit(RLIMIT_FSIZE, &small);
    graft_status status = graft_bundle_write(scratch("c.h5"), "checkpoint", &b, NULL);
    setrlimit(RLIMIT_FSIZE, &old);
    T_FAILS(status, GRAFT_OUTPUT, "c.h5: ");
  }
  graft_bundle_fini(&b);
  T_EQUAL(scratch_count(scratch_name, ".part"), 0);
  T_OK(graft_bundle_read(scratch("c.h5"), "checkpoint", &b, NULL));
  T_OK(graft_bundle_get_real(&b, "value", &value));
  T_NEAR(value, 1, 0);
  T_FAILS(graft_bundle_write(scratch("none/c.h5"), "checkpoint", &a, NULL), GRAFT_OUTPUT,
          "No such file");
  graft_bundle_fini(&a);
  graft_bundle_fini(&b);
}

int main(void) {
  if (!scratch_make()) return 1;
  T_RUN(round_trip);
  T_RUN(foreign_files);
  T_RUN(flipped_bytes);
  T_RUN(wrong_checksum);
  T_RUN(failed_write);
  scratch_remove();
  return graft_test_done();
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Users' fields from all kinds of files, every refusal with its place, broken bytes do no harm. */
#include "io/field_file.h"

#include <hdf5.h>
#include <math.h>
#include <stdint.h>

#include "io/dataset.h"
#include "scratch.h"
#include "tests/graft_test.h"

static void write_text(const char *name, const char *text) {
  scratch_write(scratch(name), text, strlen(text));
}

/* A .npy file with this header and these bytes. */
static void write_numpy(const char *name, const char *header, const void *data, size_t bytes) {
  char file[1024] = "\x93NUMPY\x01\x00";
  size_t n = strlen(header), at = 10 + n;
  file[8] = (char)(n & 255);
  file[9] = (char)(n >> 8);
  memcpy(file + 10, header, n);
  memcpy(file + at, data, bytes);
  scratch_write(scratch(name), file, at + bytes);
}

/* The file gives S samples of N x N values first, first + step, … */
static void check_file(const char *name, size_t samples, size_t nodes, double first, double step) {
  graft_field_file file;
  if (!T_OK(graft_field_file_read(scratch(name), &file))) return;
  if (T_EQUAL(file.samples, samples) && T_EQUAL(file.nodes, nodes)) {
    for (size_t i = 0; i < samples * nodes * nodes; i++) {
      T_NEAR(file.value[i], first + step * (double)i, 1e-7);
    }
  }
  graft_field_file_fini(&file);
}

static void refuse(const char *name, const char *part) {
  graft_field_file file;
  T_FAILS(graft_field_file_read(scratch(name), &file), GRAFT_INPUT, part);
}

static void texts(void) {
  write_text("a.csv", "1,2,3,4\n5,6,7,8\n");
  check_file("a.csv", 2, 2, 1, 1);
  write_text("b.csv", "# a comment\n\n1 2;3\t4 # the end\n");
  check_file("b.csv", 1, 2, 1, 1);
  write_text("c.csv", "x,y,k\r\n1,1,4\r\n0,0,1\r\n1,0,3\r\n0,1,2\r\n");
  check_file("c.csv", 1, 2, 1, 1);
  write_text("d.csv", "1,2,3,4\n5,6,7\n");
  refuse("d.csv", "d.csv: line 2: expected 4 values as before, got 3");
  write_text("d.csv", "1,2,3,4\n5,6,x,8\n");
  refuse("d.csv", "d.csv: line 2: value 3: expected a number");
  write_text("d.csv", "1,2,3,inf\n");
  refuse("d.csv", "d.csv: line 1: value 4: expected a finite number");
  write_text("d.csv", "1,2,3,4,5\n");
  refuse("d.csv", "per line (one sample each), or x, y, value, got 5");
  write_text("d.csv", "x,y,k\n0,0,1\n1,0,1\n0,1,1\n0,1,2\n");
  refuse("d.csv", "d.csv: point 4: expected every grid point once, got (0, 1) again");
  write_text("d.csv", "0,0,1\n1,0,1\n0,1,1\n0.9,1,2\n");
  refuse("d.csv", "d.csv: point 4: expected one of the 2 x 2 grid points");
  write_text("d.csv", "0,0,1\n1,0,1\n0,1,1\n");
  refuse("d.csv", "points of a grid, got 3");
  write_text("d.csv", "words\n");
  refuse("d.csv", "d.csv: expected lines of numbers, got none");
  refuse("absent.csv", "absent.csv: can't be opened");
  refuse("a.csv:u", "expected an HDF5 file before ':u'");
}

static void numpy(void) {
  double f8[8] = {1, 2, 3, 4, 5, 6, 7, 8};
  float f4[4] = {1, 2, 3, 4};
  const int32_t i4[4] = {-1, 0, 1, 2};
  write_numpy("a.npy", "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2, 2), }\n", f8, 64);
  check_file("a.npy", 2, 2, 1, 1);
  write_numpy("b.npy", "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }\n", f4, 16);
  check_file("b.npy", 1, 2, 1, 1);
  write_numpy("b.npy", "{'descr': '<i4', 'fortran_order': False, 'shape': (1, 2, 2), }\n", i4, 16);
  check_file("b.npy", 1, 2, -1, 1);
  write_numpy("c.npy", "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2, 2), }\n", f8, 56);
  refuse("c.npy", "c.npy: [1, 1]: ends here, expected 8 values");
  write_numpy("c.npy", "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2), }\n", f8, 64);
  refuse("c.npy", "expected the end after 4 values");
  write_numpy("c.npy", "{'descr': '<f8', 'fortran_order': True, 'shape': (2, 2), }\n", f8, 32);
  refuse("c.npy", "Fortran order");
  write_numpy("c.npy", "{'descr': '>f8', 'fortran_order': False, 'shape': (2, 2), }\n", f8, 32);
  refuse("c.npy", "little-endian");
  write_numpy("c.npy", "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 4), }\n", f8, 64);
  refuse("c.npy", "as many points along x as along y, got [2 x 4]");
  write_numpy("c.npy", "{'descr': '<f8', 'fortran_order': False, 'shape': (8,), }\n", f8, 64);
  refuse("c.npy", "expected shape [S, N, N] or [N, N], got [8]");
  write_numpy("c.npy", "{'descr': '<f8', 'fortran_order': False, 'shape': (9999999, 9999, 9999)}",
              f8, 64);
  refuse("c.npy", "at most 1 GiB");
  f8[6] = NAN;
  write_numpy("c.npy", "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2, 2), }\n", f8, 64);
  refuse("c.npy", "c.npy: [1, 1, 0]: expected a finite value, got nan");
}

static void hdf5(void) {
  double value[8] = {1, 2, 3, 4, 5, 6, 7, 8};
  hsize_t dim[3] = {2, 2, 2};
  hid_t h5 = H5Fcreate(scratch("a.h5"), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  hid_t space = H5Screate_simple(3, dim, NULL), plane = H5Screate_simple(1, dim, NULL);
  hid_t set = H5Dcreate2(h5, "k", H5T_NATIVE_FLOAT, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  hid_t row = H5Dcreate2(h5, "row", H5T_NATIVE_INT, plane, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  T_CHECK(H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, value) >= 0);
  T_CHECK(H5Dwrite(row, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, value) >= 0);
  H5Dclose(set);
  H5Dclose(row);
  H5Sclose(space);
  H5Sclose(plane);
  H5Fclose(h5);
  check_file("a.h5:k", 2, 2, 1, 1);
  check_file("a.h5:/k", 2, 2, 1, 1);
  refuse("a.h5:row", "a.h5: /row: expected shape [S, N, N]");
  refuse("a.h5:u", "a.h5: /u: expected");
  refuse("a.h5", "a.h5: /t0_fields/log_k: expected");
  write_text("b.h5", "\x89HDF\r\n\x1a\n and no more");
  refuse("b.h5", "b.h5: ");
}

/* Broken bytes: refused or read, never more. */
static void fuzz(void) {
  static const char *const name[] = {"a.csv", "c.csv", "a.npy"};
  uint32_t state = 1;
  int fields = 0;
  for (size_t f = 0; f < sizeof name / sizeof *name; f++) {
    size_t bytes;
    char *text = scratch_read(scratch(name[f]), &bytes);
    for (int i = 0; text && i < 3000; i++) {
      char copy[512];
      graft_field_file file;
      size_t n = bytes < sizeof copy ? bytes : sizeof copy;
      memcpy(copy, text, n);
      for (int k = 0; k < 3; k++) {
        state = state * 1664525u + 1013904223u;
        copy[(state >> 8) % n] = (char)(state >> 24);
      }
      if (state % 7 == 0) n -= (state >> 4) % n;
      scratch_write(scratch("f"), copy, n);
      if (graft_field_file_read(scratch("f"), &file) != GRAFT_OK) continue;
      fields++;
      graft_field_file_fini(&file);
    }
    free(text);
  }
  printf("# %d of 9000 broken files are fields still\n", fields);
  T_CHECK(fields > 0);
}

int main(void) {
  if (!scratch_make()) return 1;
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  T_RUN(texts);
  T_RUN(numpy);
  T_RUN(hdf5);
  T_RUN(fuzz);
  scratch_remove();
  return graft_test_done();
}

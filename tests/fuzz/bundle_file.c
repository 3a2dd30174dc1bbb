/* SPDX-License-Identifier: BSD-2-Clause */
/* Model, checkpoint and prediction files: HDF5 to a bundle, refused or the bundle that was written.
 * Contents that are edited have a right checksum of the file and a wrong one of the arrays. */
#include "io/bundle_file.h"

#include <zlib.h>

#include "tests/fuzz/h5_edit.h"

static fuzz_h5 good;
static uint32_t good_checksum;

static void make(void) {
  graft_bundle bundle;
  graft_provenance provenance;
  const float weight[2][3] = {{1, 2, 3}, {-4, 5, 6}};
  const unsigned char mask[4] = {0, 1, 1, 0};
  const double shift[2] = {0.5, -2};
  const char *path = fuzz_file("", 0);
  graft_bundle_init(&bundle);
  FUZZ_CHECK(graft_bundle_put_text(&bundle, "kind", "deeponet") == GRAFT_OK);
  FUZZ_CHECK(graft_bundle_put_int(&bundle, "model_format", 1) == GRAFT_OK);
  FUZZ_CHECK(graft_bundle_put(&bundle, "parameters/trunk/weight", GRAFT_FLOAT32,
                              GRAFT_SHAPE(2, 2, 3), weight) == GRAFT_OK);
  FUZZ_CHECK(graft_bundle_put(&bundle, "geometry/0/mask", GRAFT_UINT8, GRAFT_SHAPE(1, 4), mask) ==
             GRAFT_OK);
  FUZZ_CHECK(graft_bundle_put(&bundle, "normalisation/shift", GRAFT_FLOAT64, GRAFT_SHAPE(1, 2),
                              shift) == GRAFT_OK);
  FUZZ_CHECK(graft_provenance_init(&provenance, 0, NULL, 1, 1) == GRAFT_OK);
  FUZZ_CHECK(graft_bundle_write(path, "model", &bundle, &provenance) == GRAFT_OK);
  graft_provenance_fini(&provenance);
  good_checksum = graft_bundle_checksum(&bundle);
  graft_bundle_fini(&bundle);
  fuzz_h5_init(&good, path);
}

/* The checksum that the reader wants at the end of the file. */
static void seal(const char *path) {
  static unsigned char data[4 * FUZZ_H5_FILE];
  FILE *file = fopen(path, "r+b");
  FUZZ_CHECK(file);
  size_t n = fread(data, 1, sizeof data, file);
  fseek(file, 0, SEEK_END);
  fprintf(file, "\ngraft-crc32 %08lx\n", crc32_z(0, data, n));
  fclose(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz_bytes in = {data, size};
  graft_bundle bundle;
  graft_provenance provenance;
  if (!good.bytes) make();
  bool well_formed = size > 0 && data[0] % 4 > 1;
  const char *path = fuzz_h5_file(&in, &good);
  const long open = fuzz_h5_open_objects();
  if (well_formed) seal(path);
  graft_status status = graft_bundle_read(path, NULL, &bundle, &provenance);
  if (status == GRAFT_OK) {
    FUZZ_CHECK(graft_bundle_checksum(&bundle) == good_checksum);
    graft_provenance_fini(&provenance);
    graft_bundle_fini(&bundle);
  } else {
    fuzz_refused(status);
  }
  if (well_formed) {
    char kind[GRAFT_KIND_SIZE];
    status = graft_file_kind(path, kind);
    if (status != GRAFT_OK) fuzz_refused(status);
  }
  FUZZ_CHECK(fuzz_h5_open_objects() == open);
  return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Region files: what is accepted has finite measures and reads back bitwise. */
#include <math.h>

#include "base/arena.h"
#include "geometry/region.h"
#include "solvers/region_text.h"
#include "tests/fuzz/fuzz.h"

static void check(const graft_region *region) {
  char *text;
  graft_region again;
  uint64_t hash, hash_again;
  double distance[2], nearest[2];
  const double area = graft_region_area(region), perimeter = graft_region_perimeter(region);
  const graft_box box = graft_region_box(region);
  const double point[] = {box.min[0], box.min[1], (box.min[0] + box.max[0]) / 2,
                          (box.min[1] + box.max[1]) / 2};
  FUZZ_CHECK(isfinite(area) && isfinite(perimeter));
  FUZZ_CHECK(area > 0 && perimeter > 0);
  graft_region_distance(region, 2, point, distance);
  for (size_t i = 0; i < 2; i++) {
    FUZZ_CHECK(isfinite(distance[i]));
    FUZZ_CHECK(graft_region_project(region, point + 2 * i, nearest) < region->edges);
  }
  FUZZ_CHECK(graft_region_print(region, &text) == GRAFT_OK);
  FUZZ_CHECK(graft_region_parse(text, "printed", &again) == GRAFT_OK);
  FUZZ_CHECK(graft_region_hash(region, &hash) == GRAFT_OK);
  FUZZ_CHECK(graft_region_hash(&again, &hash_again) == GRAFT_OK && hash == hash_again);
  graft_region_fini(&again);
  graft_free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char *text = fuzz_string(data, size);
  graft_region region;
  graft_status status = graft_region_parse(text, "fuzz.yaml", &region);
  if (status == GRAFT_OK) {
    check(&region);
    status = graft_region_validate(&region, &graft_unit_square);
    if (status != GRAFT_OK) fuzz_refused(status);
    graft_region_fini(&region);
  } else {
    fuzz_refused(status);
  }
  free(text);
  return 0;
}

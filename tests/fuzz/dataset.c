/* SPDX-License-Identifier: BSD-2-Clause */
/* Data sets: refused, or every table, field and text in them can be read; the whole check and
 * the reader of users' fields run on them too. */
#include "io/dataset.h"

#include "io/bundle_file.h"
#include "tests/fuzz/field.h"
#include "tests/fuzz/h5_edit.h"
#include "tests/io/scratch.h"

static fuzz_h5 good;

static void make(void) {
  graft_comm serial = graft_comm_serial();
  graft_provenance provenance;
  FUZZ_CHECK(scratch_make());
  FUZZ_CHECK(graft_provenance_init(&provenance, 0, NULL, 1, 1) == GRAFT_OK);
  FUZZ_CHECK(scratch_dataset(scratch("good.h5"), &serial, &provenance) == GRAFT_OK);
  graft_provenance_fini(&provenance);
  fuzz_h5_init(&good, scratch("good.h5"));
  scratch_remove();
}

static void use(const graft_source *source) {
  const graft_source_info *info = &source->info;
  const graft_dataset_field *field;
  if (info->points > 4096) return;
  float *out = malloc(info->points * sizeof *out);
  FUZZ_CHECK(out);
  for (size_t f = 0; (field = graft_dataset_field_get(source, f)) != NULL; f++) {
    FUZZ_CHECK(strlen(field->name) > 0 && strlen(field->long_name) < 1000);
    const size_t sample = info->samples - 1;
    graft_status status = source->fill(source->ctx, field->name, &sample, 1, out);
    if (status != GRAFT_OK) fuzz_refused(status);
    for (size_t p = 0; status == GRAFT_OK && p < info->points; p++) FUZZ_CHECK(isfinite(out[p]));
  }
  free(out);
  for (size_t s = 0; s < info->samples && source->nodes; s++) {
    size_t triangles, n = graft_source_node_count(info, s, &triangles);
    if (n > 4096 || triangles > 4096) continue;
    float *room = malloc(6 * n * sizeof *room + 1);
    int32_t *triangle = malloc(3 * triangles * sizeof *triangle + 1);
    FUZZ_CHECK(room && triangle);
    const graft_source_nodes nodes = {room,         room + 2 * n, room + 3 * n,
                                      room + 4 * n, room + 5 * n, triangle};
    graft_status refused = info->dims == 2 ? source->nodes(source->ctx, s, &nodes) : GRAFT_OK;
    if (refused != GRAFT_OK) fuzz_refused(refused);
    for (size_t i = 0; refused == GRAFT_OK && i < 6 * n; i++) FUZZ_CHECK(isfinite(room[i]));
    free(room);
    free(triangle);
  }
  graft_status status = graft_dataset_check(source);
  if (status != GRAFT_OK) fuzz_refused(status);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz_bytes in = {data, size};
  char field[300], kind[GRAFT_KIND_SIZE];
  graft_source source;
  if (!good.bytes) make();
  bool well_formed = size > 0 && data[0] % 4 > 1;
  const char *path = fuzz_h5_file(&in, &good);
  const long open = fuzz_h5_open_objects();
  graft_status status = graft_dataset_open(path, &source);
  if (status == GRAFT_OK) {
    use(&source);
    graft_source_fini(&source);
  } else {
    fuzz_refused(status);
  }
  status = graft_file_kind(path, kind);
  if (status != GRAFT_OK) fuzz_refused(status);
  if (well_formed) {
    fuzz_field(path);
    snprintf(field, sizeof field, "%s:graft/geometry/sdf", path);
    fuzz_field(field);
  }
  FUZZ_CHECK(fuzz_h5_open_objects() == open);
  return 0;
}

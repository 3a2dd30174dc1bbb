/* SPDX-License-Identifier: BSD-2-Clause */
/* Parts of a data set, in any order and cut anywhere, merged: the tables and values of the whole.
 */
#include "io/dataset_merge.h"

#include "scratch.h"
#include "tests/graft_test.h"

static graft_comm comm;

/* Write samples of the scratch data set for which keep(s) holds. */
static void write_part(const char *name, bool (*keep)(size_t), int64_t seed, double parameter,
                       const char *configuration) {
  graft_source_info all, info;
  graft_dataset_writer *writer;
  graft_bundle parameters;
  const size_t grid[] = {SCRATCH_X, SCRATCH_Y};
  size_t at[SCRATCH_S], count = 0;
  T_OK(scratch_info(&all));
  for (size_t s = 0; s < SCRATCH_S; s++) {
    if (keep(s)) at[count++] = s;
  }
  T_OK(graft_source_info_init(&info, count, 2, 3, 2, 2, grid));
  memcpy(info.dataset_name, all.dataset_name, GRAFT_NAME_SIZE);
  memcpy(info.problem, all.problem, GRAFT_NAME_SIZE);
  memcpy(info.field, all.field, GRAFT_NAME_SIZE);
  memcpy(info.lo, all.lo, sizeof all.lo);
  memcpy(info.hi, all.hi, sizeof all.hi);
  info.seed = (uint64_t)seed;
  for (size_t k = 0; k < 2; k++) memcpy(info.task_name[k], all.task_name[k], GRAFT_NAME_SIZE);
  for (size_t g = 0; g < 3; g++) {
    graft_source_geometry keepsake = info.geometry[g];
    info.geometry[g] = all.geometry[g];
    all.geometry[g] = keepsake;
  }
  memcpy(info.split[0].name, "default", 8);
  memcpy(info.split[1].name, "odd", 4);
  for (size_t i = 0; i < count; i++) {
    info.task[i] = all.task[at[i]];
    info.index[i] = all.index[at[i]];
    info.stream[i] = all.stream[at[i]];
    info.sample_geometry[i] = all.sample_geometry[at[i]];
    info.error_estimate[i] = -1;
    info.split[1].part[i] = all.split[1].part[at[i]];
  }
  graft_bundle_init(&parameters);
  T_OK(graft_bundle_put_int(&parameters, "first", info.index[0]));
  T_OK(graft_bundle_put_real(&parameters, "mesh_size", parameter));
  graft_dataset_extra extra = {.parameters = &parameters, .configuration = configuration};
  if (T_OK(graft_dataset_create(scratch(name), &info, scratch_field, &extra, NULL, &comm,
                                &writer))) {
    float u[SCRATCH_P], log_k[SCRATCH_P];
    for (size_t i = 0; i < count; i++) {
      const unsigned char *mask = info.geometry[info.sample_geometry[i]].mask;
      for (size_t p = 0; p < SCRATCH_P; p++) {
        u[p] = scratch_value(0, at[i], p, mask[p]);
        log_k[p] = scratch_value(1, at[i], p, mask[p]);
      }
      T_OK(graft_dataset_write(writer, i, (const float *[]){u, log_k}, 0.01 * (double)at[i]));
    }
    T_OK(graft_dataset_close(writer, GRAFT_OK));
  }
  graft_bundle_fini(&parameters);
  graft_source_info_fini(&info);
  graft_source_info_fini(&all);
}

static bool every(size_t s) { return s < SCRATCH_S; }
static bool low(size_t s) { return s % 9 < 4; }
static bool middle(size_t s) { return s % 9 >= 4 && s % 9 < 8; }
static bool high(size_t s) { return s % 9 >= 8; }
static bool overlap(size_t s) { return s % 9 >= 3; }

static void parts_make_the_whole(void) {
  const char *part[3] = {scratch("a.h5"), scratch("b.h5"), scratch("c.h5")};
  char name[3][512], whole[512];
  for (int k = 0; k < 3; k++) snprintf(name[k], sizeof name[k], "%s", part[k]);
  snprintf(whole, sizeof whole, "%s", scratch("whole.h5"));
  write_part("whole.h5", every, 7, 0.5, NULL);
  write_part("a.h5", low, 7, 0.5, NULL);
  write_part("b.h5", middle, 7, 0.5, NULL);
  write_part("c.h5", high, 7, 0.5, NULL);
  const char *order[3] = {name[1], name[0], name[2]};
  T_OK(graft_dataset_merge(scratch("merged.h5"), 3, order, NULL));
  graft_source a, b;
  if (!T_OK(graft_dataset_open(whole, &a)) || !T_OK(graft_dataset_open(scratch("merged.h5"), &b))) {
    return;
  }
  T_OK(graft_dataset_check(&b));
  T_EQUAL(b.info.samples, SCRATCH_S);
  T_EQUAL(b.info.geometries, a.info.geometries);
  T_EQUAL(b.info.splits, a.info.splits);
  for (size_t s = 0; s < SCRATCH_S; s++) {
    float x[2][SCRATCH_P], y[2][SCRATCH_P];
    T_EQUAL(b.info.task[s], a.info.task[s]);
    T_EQUAL(b.info.index[s], a.info.index[s]);
    T_EQUAL(b.info.stream[s], a.info.stream[s]);
    T_NEAR(b.info.error_estimate[s], a.info.error_estimate[s], 0);
    T_EQUAL(graft_source_split_get(&b.info, "odd")[s], graft_source_split_get(&a.info, "odd")[s]);
    const graft_source_geometry *g = &a.info.geometry[a.info.sample_geometry[s]];
    const graft_source_geometry *h = &b.info.geometry[b.info.sample_geometry[s]];
    T_CHECK(strcmp(g->name, h->name) == 0 && memcmp(g->mask, h->mask, SCRATCH_P) == 0 &&
            memcmp(g->torsion, h->torsion, sizeof x[0]) == 0);
    for (int f = 0; f < 2; f++) {
      const char *field = f ? "u" : "log_k";
      T_OK(a.fill(a.ctx, field, &s, 1, x[f]));
      T_OK(b.fill(b.ctx, field, &s, 1, y[f]));
      T_CHECK(memcmp(x[f], y[f], sizeof x[f]) == 0);
    }
  }
  int64_t first = -1;
  T_OK(graft_bundle_get_int(graft_dataset_parameters(&b), "first", &first));
  T_EQUAL(first, 0);
  graft_source_fini(&a);
  graft_source_fini(&b);
}

static void what_does_not_fit_is_refused(void) {
  char a[512], b[512];
  const char *part[2] = {a, b};
  snprintf(a, sizeof a, "%s", scratch("a.h5"));
  snprintf(b, sizeof b, "%s", scratch("d.h5"));
  write_part("d.h5", overlap, 7, 0.5, NULL);
  T_FAILS(graft_dataset_merge(scratch("no.h5"), 2, part, NULL), GRAFT_INPUT,
          "d.h5: sample 3 of first: expected every sample once, it is in ");
  write_part("d.h5", high, 8, 0.5, NULL);
  T_FAILS(graft_dataset_merge(scratch("no.h5"), 2, part, NULL), GRAFT_INPUT,
          "d.h5: expected seed 7");
  write_part("d.h5", high, 7, 0.5, "mesh_size: 0.5\nsamples: 1\n");
  T_OK(graft_dataset_merge(scratch("yes.h5"), 2, part, NULL));
  write_part("a.h5", low, 7, 0.5, "mesh_size: 0.5\nsamples: 4\n");
  T_OK(graft_dataset_merge(scratch("yes.h5"), 2, part, NULL));
  write_part("d.h5", high, 7, 0.5, "mesh_size: 0.5\nfield_checksum: 12ab\n");
  T_FAILS(
      graft_dataset_merge(scratch("no.h5"), 2, part, NULL), GRAFT_INPUT,
      "d.h5: /graft/configuration: expected field_checksum none as in the first part, got 12ab");
  write_part("d.h5", high, 7, 0.25, NULL);
  T_FAILS(graft_dataset_merge(scratch("no.h5"), 2, part, NULL), GRAFT_INPUT,
          "d.h5: /graft/parameters/mesh_size");
  T_FAILS(graft_dataset_merge(scratch("no.h5"), 0, part, NULL), GRAFT_USAGE, "parts");
  snprintf(b, sizeof b, "%s", scratch("absent.h5"));
  T_FAILS(graft_dataset_merge(scratch("no.h5"), 2, part, NULL), GRAFT_INPUT, "absent.h5");
  T_EQUAL(scratch_count(scratch_name, "no.h5"), 0);
}

int main(void) {
  comm = graft_comm_serial();
  if (!scratch_make()) return 1;
  T_RUN(parts_make_the_whole);
  T_RUN(what_does_not_fit_is_refused);
  scratch_remove();
  return graft_test_done();
}

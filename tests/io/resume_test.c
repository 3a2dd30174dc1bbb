/* SPDX-License-Identifier: BSD-2-Clause */
/* A data set left half-done: refused as data, taken up again by the same configuration only,
 * damaged samples written anew, the same bytes at the end. */
#include <fcntl.h>

#include "io/atomic.h"
#include "io/dataset.h"
#include "scratch.h"
#include "tests/graft_test.h"

static graft_comm comm;
static graft_source_info info;

static graft_status begin(const char *name, const char *configuration,
                          graft_dataset_writer **writer) {
  graft_dataset_extra extra = {.configuration = configuration};
  return graft_dataset_create(scratch(name), &info, scratch_field, &extra, NULL, &comm, writer);
}

static void write_samples(graft_dataset_writer *writer, size_t first, size_t end) {
  float u[SCRATCH_P], log_k[SCRATCH_P];
  for (size_t s = first; s < end; s++) {
    if (graft_dataset_done(writer, s, NULL)) continue;
    scratch_sample(&info, s, u, log_k);
    T_OK(graft_dataset_write_geometry(writer, (size_t)info.sample_geometry[s]));
    T_OK(graft_dataset_write(writer, s, (const float *[]){u, log_k}, 1e-3 * (double)s));
  }
}

static size_t count_done(const graft_dataset_writer *writer) {
  size_t count = 0;
  for (size_t s = 0; s < SCRATCH_S; s++) {
    double error;
    if (!graft_dataset_done(writer, s, &error)) continue;
    T_NEAR(error, 1e-3 * (double)s, 1e-9);
    count++;
  }
  return count;
}

static graft_status interrupted(void) {
  return graft_error_set(GRAFT_INTERRUPTED, __FILE__, __LINE__, "stopped");
}

static bool same_bytes(const char *a, const char *b) {
  size_t n, m;
  char *x = scratch_read(scratch(a), &n), *y = scratch_read(scratch(b), &m);
  bool same = x && y && n == m && memcmp(x, y, n) == 0;
  free(x);
  free(y);
  return same;
}

/* Change one byte of the last value of sample 2 of u. */
static void damage(const char *name) {
  size_t bytes;
  float u[SCRATCH_P], log_k[SCRATCH_P];
  char *text = scratch_read(scratch(name), &bytes);
  scratch_sample(&info, 2, u, log_k);
  for (size_t at = 0; text && at + sizeof u <= bytes; at++) {
    if (memcmp(text + at, u, sizeof u) != 0) continue;
    text[at + sizeof u - 1] ^= 1;
    break;
  }
  scratch_write(scratch(name), text, bytes);
  free(text);
}

static void half_done_is_taken_up(void) {
  graft_dataset_writer *writer;
  graft_source source;
  if (!T_OK(begin("whole.h5", "a: 1\n", &writer))) return;
  write_samples(writer, 0, SCRATCH_S);
  T_OK(graft_dataset_close(writer, GRAFT_OK));
  if (!T_OK(begin("half.h5", "a: 1\n", &writer))) return;
  T_EQUAL(count_done(writer), 0);
  write_samples(writer, 0, 7);
  T_FAILS(graft_dataset_close(writer, interrupted()), GRAFT_INTERRUPTED, "stopped");
  T_CHECK(!graft_file_exists(scratch("half.h5")) && graft_file_exists(scratch("half.h5.part")));
  T_FAILS(graft_dataset_open(scratch("half.h5.part"), &source), GRAFT_INPUT,
          "half.h5.part: unfinished: 7 of 18 samples");
  T_FAILS(begin("half.h5", "a: 2\n", &writer), GRAFT_USAGE,
          "half.h5.part was begun with a 1, asked for is 2");
  T_FAILS(begin("half.h5", "a: 1\nb: 3\n", &writer), GRAFT_USAGE, "begun with b (none)");
  T_FAILS(begin("half.h5", "", &writer), GRAFT_USAGE, "asked for is (none)");
  if (!T_OK(begin("half.h5", "a: 1\n", &writer))) return;
  T_EQUAL(count_done(writer), 7);
  write_samples(writer, 5, 10);
  T_FAILS(graft_dataset_close(writer, interrupted()), GRAFT_INTERRUPTED, "stopped");
  damage("half.h5.part");
  if (!T_OK(begin("half.h5", "a: 1\n", &writer))) return;
  T_EQUAL(count_done(writer), 9);
  T_CHECK(!graft_dataset_done(writer, 2, NULL));
  write_samples(writer, 0, SCRATCH_S);
  T_OK(graft_dataset_close(writer, GRAFT_OK));
  T_CHECK(same_bytes("half.h5", "whole.h5") && !graft_file_exists(scratch("half.h5.part")));
  if (T_OK(graft_dataset_open(scratch("half.h5"), &source))) {
    T_OK(graft_dataset_check(&source));
    graft_source_fini(&source);
  }
}

/* What is no begun data set is written over; other failures leave nothing. */
static void leftovers_are_written_over(void) {
  graft_dataset_writer *writer;
  scratch_write(scratch("left.h5.part"), "nonsense", 8);
  if (!T_OK(begin("left.h5", "a: 1\n", &writer))) return;
  T_EQUAL(count_done(writer), 0);
  write_samples(writer, 0, 3);
  T_FAILS(graft_dataset_close(writer, graft_error_set(GRAFT_DIVERGED, "", 0, "bad")),
          GRAFT_DIVERGED, "bad");
  T_CHECK(!graft_file_exists(scratch("left.h5.part")));
  if (!T_OK(begin("left.h5", NULL, &writer))) return;
  T_FAILS(graft_dataset_close(writer, interrupted()), GRAFT_INTERRUPTED, "stopped");
  T_CHECK(!graft_file_exists(scratch("left.h5.part")));
}

int main(void) {
  comm = graft_comm_serial();
  if (!scratch_make() || scratch_info(&info) != GRAFT_OK) return 1;
  T_RUN(half_done_is_taken_up);
  T_RUN(leftovers_are_written_over);
  graft_source_info_fini(&info);
  scratch_remove();
  return graft_test_done();
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of base/: status, arena, shapes, layouts, bundles, sources, sinks, comm. */
#include <stdint.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/bundle.h"
#include "base/comm.h"
#include "base/layout.h"
#include "base/shape.h"
#include "base/sink.h"
#include "base/source.h"
#include "tests/graft_test.h"

static void status_codes_and_messages(void) {
  T_EQUAL(graft_status_exit_code(GRAFT_OK), 0);
  T_EQUAL(graft_status_exit_code(GRAFT_USAGE), 2);
  T_EQUAL(graft_status_exit_code(GRAFT_INPUT), 3);
  T_EQUAL(graft_status_exit_code(GRAFT_OUTPUT), 6);
  T_EQUAL(graft_status_exit_code(GRAFT_INTERRUPTED), 75);
  T_EQUAL(graft_error_set(GRAFT_INPUT, "f.c", 7, "expected %d, got %d", 1, 2), GRAFT_INPUT);
  T_CHECK(strcmp(graft_error_message(), "expected 1, got 2") == 0);
  T_CHECK(strcmp(graft_error_where(), "f.c:7") == 0);
  graft_error_prefix("%s", "data.h5");
  T_CHECK(strcmp(graft_error_message(), "data.h5: expected 1, got 2") == 0);
  char wide[3000];
  memset(wide, 'x', sizeof wide - 1);
  wide[sizeof wide - 1] = '\0';
  graft_error_prefix("%s", wide);
  T_CHECK(strlen(graft_error_message()) < 1024);
}

static void allocation_is_aligned_zeroed_and_checked(void) {
  unsigned char *p;
  if (T_OK(graft_alloc(&p, 3, 7))) {
    T_EQUAL((uintptr_t)p % GRAFT_ALIGNMENT, 0);
    for (int i = 0; i < 21; i++) T_EQUAL(p[i], 0);
  }
  graft_free(p);
  T_FAILS(graft_alloc(&p, SIZE_MAX / 2, 16), GRAFT_MEMORY, "exceed");
  T_CHECK(p == NULL);
  if (T_OK(graft_alloc(&p, 0, 8))) T_CHECK(p != NULL);
  graft_free(p);
  size_t product;
  T_OK(graft_size_multiply(3, 5, "x", &product));
  T_EQUAL(product, 15);
  T_FAILS(graft_size_multiply(SIZE_MAX / 2, 3, "samples x points", &product), GRAFT_INPUT,
          "samples x points");
}

static graft_status three_blocks(graft_arena *arena, char *block[3]) {
  GRAFT_TRY(graft_arena_take(arena, 5, 1, &block[0]));
  GRAFT_TRY(graft_arena_take(arena, 9, 8, &block[1]));
  return graft_arena_take(arena, 1, 64, &block[2]);
}

static void arena_measures_then_serves(void) {
  graft_arena arena;
  char *block[3], *extra;
  graft_arena_init(&arena, NULL, 0);
  T_OK(three_blocks(&arena, block));
  T_CHECK(block[1] == NULL);
  T_EQUAL(arena.used, 64 + 128 + 64);
  void *memory;
  size_t size = arena.used;
  if (!T_OK(graft_alloc(&memory, size, 1))) return;
  graft_arena_init(&arena, memory, size);
  T_OK(three_blocks(&arena, block));
  T_EQUAL(block[2] - block[0], 192);
  T_FAILS(graft_arena_take(&arena, 1, 1, &extra), GRAFT_MEMORY, "free bytes");
  graft_free(memory);
}

static void shapes(void) {
  char text[64];
  graft_shape s = GRAFT_SHAPE(3, 2, 5, 7);
  T_EQUAL(graft_shape_count(s), 70);
  T_CHECK(strcmp(graft_shape_print(s, text, sizeof text), "[2 x 5 x 7]") == 0);
  T_CHECK(graft_shape_equal(s, GRAFT_SHAPE(3, 2, 5, 7)));
  T_CHECK(!graft_shape_equal(s, GRAFT_SHAPE(2, 2, 5)));
  T_EQUAL(graft_shape_count(GRAFT_SHAPE(0, 0)), 1);
  T_OK(graft_shape_validate(GRAFT_SHAPE(2, 0, SIZE_MAX / 32), "u"));
  T_FAILS(graft_shape_validate(GRAFT_SHAPE(2, SIZE_MAX / 32, 3), "u"), GRAFT_INPUT, "u: axis 1");
  s.rank = 9;
  T_FAILS(graft_shape_validate(s, "u"), GRAFT_INPUT, "axes");
}

static void layouts(void) {
  graft_layout layout;
  size_t index;
  graft_layout_init(&layout);
  T_OK(graft_layout_add(&layout, "a/weight", GRAFT_SHAPE(2, 3, 4), 3, 1, &index));
  T_OK(graft_layout_add(&layout, "a/bias", GRAFT_SHAPE(1, 4), 1, 0, &index));
  T_EQUAL(index, 1);
  T_EQUAL(layout.n, 16);
  T_EQUAL(layout.block[1].offset, 12);
  T_CHECK(graft_layout_get(&layout, "a/bias") == &layout.block[1]);
  T_CHECK(graft_layout_get(&layout, "b") == NULL);
  T_FAILS(graft_layout_add(&layout, "a/bias", GRAFT_SHAPE(1, 1), 1, 0, NULL), GRAFT_INTERNAL,
          "exists");
  for (int i = 0; i < 100; i++) {
    char name[16];
    snprintf(name, sizeof name, "b%d", i);
    T_OK(graft_layout_add(&layout, name, GRAFT_SHAPE(1, 2), 1, 0, NULL));
  }
  T_EQUAL(layout.n, 216);
  graft_layout_fini(&layout);
}

static void bundles(void) {
  graft_bundle b;
  graft_bundle_init(&b);
  const float value[6] = {1, 2, 3, 4, 5, 6};
  const float *got;
  const char *text;
  int64_t number;
  double real;
  T_OK(graft_bundle_put(&b, "w", GRAFT_FLOAT32, GRAFT_SHAPE(2, 2, 3), value));
  T_OK(graft_bundle_put_int(&b, "step", 42));
  T_OK(graft_bundle_put_real(&b, "lr", 0.25));
  T_OK(graft_bundle_put_text(&b, "name", "demo"));
  if (T_OK(graft_bundle_get(&b, "w", GRAFT_FLOAT32, GRAFT_SHAPE(2, 2, 3), &got))) {
    T_NEAR(got[5], 6, 0);
    T_CHECK(got != value);
  }
  T_OK(graft_bundle_get_int(&b, "step", &number));
  T_EQUAL(number, 42);
  T_OK(graft_bundle_get_real(&b, "lr", &real));
  T_NEAR(real, 0.25, 0);
  if (T_OK(graft_bundle_get_text(&b, "name", &text))) T_CHECK(strcmp(text, "demo") == 0);
  T_OK(graft_bundle_put_int(&b, "step", 43));
  T_OK(graft_bundle_get_int(&b, "step", &number));
  T_EQUAL(number, 43);
  T_EQUAL(b.arrays, 4);
  T_FAILS(graft_bundle_get(&b, "w", GRAFT_FLOAT64, GRAFT_SHAPE(2, 2, 3), &got), GRAFT_INPUT,
          "expected type float64, got float32");
  T_FAILS(graft_bundle_get(&b, "w", GRAFT_FLOAT32, GRAFT_SHAPE(1, 6), &got), GRAFT_INPUT,
          "expected shape [6], got [2 x 3]");
  T_FAILS(graft_bundle_get_int(&b, "epoch", &number), GRAFT_INPUT, "'epoch'");
  T_FAILS(graft_bundle_get_text(&b, "step", &text), GRAFT_INPUT, "expected text");
  T_OK(graft_bundle_put(&b, "cut", GRAFT_TEXT, GRAFT_SHAPE(1, 2), "ab"));
  T_FAILS(graft_bundle_get_text(&b, "cut", &text), GRAFT_INPUT, "without an end");
  graft_bundle_fini(&b);
}

static void sources(void) {
  graft_source_info info;
  graft_source source;
  const size_t grid[2] = {2, 3};
  static const float u[18] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17};
  static const char *const names[] = {"u", NULL};
  static const float *const data[] = {u};
  if (!T_OK(graft_source_info_init(&info, 3, 1, 1, 1, 2, grid))) return;
  for (int s = 0; s < 3; s++) info.index[s] = s;
  graft_source_split_default(&info, 3, &info.split[0]);
  T_OK(graft_source_memory(&source, info, names, data));
  float out[12];
  const size_t pick[2] = {2, 0};
  T_OK(source.fill(source.ctx, "u", pick, 2, out));
  T_NEAR(out[0], 12, 0);
  T_NEAR(out[11], 5, 0);
  T_FAILS(source.fill(source.ctx, "v", pick, 2, out), GRAFT_INPUT, "'v'");
  const uint8_t *part = graft_source_split_get(&source.info, "default");
  if (T_CHECK(part != NULL)) {
    T_EQUAL(part[1], GRAFT_PART_TRAIN);
    T_EQUAL(part[2], GRAFT_PART_TEST);
  }
  T_CHECK(graft_source_split_get(&source.info, "other") == NULL);
  graft_source_fini(&source);
  T_FAILS(graft_source_info_init(&info, 1, 65, 1, 1, 2, grid), GRAFT_INPUT, "tasks");
  T_FAILS(graft_source_info_init(&info, 1, 1, 1, 1, 4, grid), GRAFT_INPUT, "axes");
}

static void default_split_has_the_contracts_fractions(void) {
  graft_source_info info;
  const size_t grid[1] = {1};
  if (!T_OK(graft_source_info_init(&info, 900, 1, 1, 1, 1, grid))) return;
  for (int s = 0; s < 900; s++) info.index[s] = s;
  graft_source_split_default(&info, 900, &info.split[0]);
  int count[3] = {0};
  for (int s = 0; s < 900; s++) count[info.split[0].part[s]]++;
  T_EQUAL(count[0], 600);
  T_EQUAL(count[1], 100);
  T_EQUAL(count[2], 200);
  graft_source_info_fini(&info);
}

static void memory_sink_keeps_rows_and_bundles(void) {
  graft_sink_memory memory = {0};
  graft_sink sink = graft_sink_to_memory(&memory);
  static const char *const name[] = {"step", "loss"};
  for (int i = 0; i < 100; i++) T_OK(sink.row(sink.ctx, name, (double[]){i, 2.0 * i}, 2));
  T_EQUAL(memory.rows, 100);
  T_NEAR(memory.value[199], 198, 0);
  T_FAILS(sink.row(sink.ctx, name, (double[]){1}, 1), GRAFT_INTERNAL, "columns");
  graft_bundle b;
  graft_bundle_init(&b);
  T_OK(graft_bundle_put_int(&b, "step", 7));
  T_OK(sink.store(sink.ctx, "model", &b));
  T_OK(sink.store(sink.ctx, "checkpoint", &b));
  graft_bundle_fini(&b);
  int64_t step;
  T_OK(graft_bundle_get_int(&memory.model, "step", &step));
  T_EQUAL(step, 7);
  graft_sink_memory_fini(&memory);
}

/* Two ranks played one after the other: the second one's numbers are added by hand. */
static struct {
  double other_code, other_max, other_text[1024];
  int call;
} fake;

static graft_status fake_max(void *ctx, double *value, size_t count) {
  (void)ctx, (void)count;
  if (fake.other_max > value[0]) value[0] = fake.other_max;
  return GRAFT_OK;
}

static graft_status fake_sum(void *ctx, double *value, size_t count) {
  (void)ctx;
  for (size_t i = 0; i < count; i++) value[i] += count == 1 ? fake.other_code : fake.other_text[i];
  return GRAFT_OK;
}

static void ranks_agree_on_the_lowest_failure(void) {
  graft_comm comm = graft_comm_serial();
  T_OK(graft_comm_agree(&comm, GRAFT_OK));
  T_EQUAL(graft_comm_agree(&comm, GRAFT_INPUT), GRAFT_INPUT);
  comm.size = 2;
  comm.max = fake_max;
  comm.sum = fake_sum;
  fake.other_max = 1; /* rank 1 of 2 failed with OUTPUT and the message "no" */
  fake.other_code = GRAFT_OUTPUT;
  fake.other_text[0] = 'n';
  fake.other_text[1] = 'o';
  T_FAILS(graft_comm_agree(&comm, GRAFT_OK), GRAFT_OUTPUT, "no");
  memset(&fake, 0, sizeof fake);
  T_OK(graft_comm_agree(&comm, GRAFT_OK));
  graft_error_set(GRAFT_DIVERGED, "f.c", 1, "loss is nan");
  T_FAILS(graft_comm_agree(&comm, GRAFT_DIVERGED), GRAFT_DIVERGED, "loss is nan");
}

int main(void) {
  T_RUN(status_codes_and_messages);
  T_RUN(allocation_is_aligned_zeroed_and_checked);
  T_RUN(arena_measures_then_serves);
  T_RUN(shapes);
  T_RUN(layouts);
  T_RUN(bundles);
  T_RUN(sources);
  T_RUN(default_split_has_the_contracts_fractions);
  T_RUN(memory_sink_keeps_rows_and_bundles);
  T_RUN(ranks_agree_on_the_lowest_failure);
  return graft_test_done();
}

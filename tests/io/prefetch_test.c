/* SPDX-License-Identifier: BSD-2-Clause */
/* A source that reads ahead gives what the source itself gives, values and errors. Links neither
 * MPI nor HDF5, so that thread sanitizers can look at it. */
#include "io/prefetch.h"

#include <stdatomic.h>
#include <time.h>

#include "base/arena.h"
#include "base/rng.h"
#include "tests/graft_test.h"

enum { SAMPLES = 200, A = 7, B = 11, MOST = 16 };

/* A slow source that counts how it is called. */
struct slow {
  atomic_int calls, inside, together; /* most threads inside at a time */
  size_t bad;                         /* sample that can't be read */
};

static float value(const char *field, size_t sample, size_t p) {
  return (float)(100.0 * (double)sample + (double)p + (field[0] == 'a' ? 0.25 : 0.5));
}

static graft_status slow_fill(void *ctx, const char *field, const size_t *sample, size_t count,
                              float *out) {
  struct slow *s = ctx;
  struct timespec nap = {.tv_nsec = 20000};
  int inside = atomic_fetch_add(&s->inside, 1) + 1;
  size_t points = field[0] == 'a' ? A : B;
  if (inside > atomic_load(&s->together)) atomic_store(&s->together, inside);
  atomic_fetch_add(&s->calls, 1);
  nanosleep(&nap, NULL);
  graft_status status = GRAFT_OK;
  for (size_t i = 0; i < count && status == GRAFT_OK; i++) {
    if (sample[i] == s->bad) {
      status = graft_error_set(GRAFT_INPUT, __FILE__, __LINE__, "sample %zu is damaged", s->bad);
    }
    for (size_t p = 0; p < points; p++) out[i * points + p] = value(field, sample[i], p);
  }
  atomic_fetch_sub(&s->inside, 1);
  return status;
}

static bool begin(struct slow *slow, graft_source *source, size_t most) {
  const graft_prefetch_field field[] = {{"a", A}, {"b", B}};
  *slow = (struct slow){.bad = SIZE_MAX};
  *source = (graft_source){.ctx = slow, .fill = slow_fill};
  return T_OK(graft_prefetch_create(source, field, 2, most));
}

static size_t wrong(const char *field, const size_t *sample, size_t count, const float *got) {
  size_t points = field[0] == 'a' ? A : B, bad = 0;
  for (size_t i = 0; i < count; i++) {
    for (size_t p = 0; p < points; p++) bad += got[i * points + p] != value(field, sample[i], p);
  }
  return bad;
}

static size_t draw(graft_rng *rng, size_t *sample) {
  size_t count = 1 + graft_rng_below(rng, MOST);
  for (size_t i = 0; i < count; i++) sample[i] = graft_rng_below(rng, SAMPLES);
  return count;
}

/* Batches announced one ahead, as a training does; now and then one comes unannounced, a field is
 * left, or an announced one never comes. */
static void batches_are_the_same(void) {
  struct slow slow;
  graft_source source;
  graft_rng rng;
  size_t sample[2][MOST], count[2], bad = 0;
  float got[MOST * B];
  if (!begin(&slow, &source, MOST)) return;
  graft_rng_init(&rng, 1, GRAFT_STREAM_SHUFFLE, 5);
  count[0] = draw(&rng, sample[0]);
  for (int step = 0; step < 400; step++) {
    size_t *now = sample[step % 2], n = count[step % 2];
    count[(step + 1) % 2] = draw(&rng, sample[(step + 1) % 2]);
    source.expect(source.ctx, sample[(step + 1) % 2], count[(step + 1) % 2]);
    if (step % 7 == 6) continue;
    T_OK(source.fill(source.ctx, "a", now, n, got));
    bad += wrong("a", now, n, got);
    if (step % 5 == 4) continue;
    T_OK(source.fill(source.ctx, "b", now, n, got));
    bad += wrong("b", now, n, got);
  }
  T_EQUAL(bad, 0);
  T_EQUAL(atomic_load(&slow.together), 1); /* never two threads in the source */
  graft_source_fini(&source);
}

/* What was announced is not read again. */
static void announced_batches_are_read_once(void) {
  struct slow slow;
  graft_source source;
  size_t sample[MOST];
  float got[MOST * B];
  for (size_t i = 0; i < MOST; i++) sample[i] = 3 * i;
  if (!begin(&slow, &source, MOST)) return;
  source.expect(source.ctx, sample, MOST);
  source.expect(source.ctx, sample, MOST);
  T_OK(source.fill(source.ctx, "b", sample, MOST, got));
  T_EQUAL(wrong("b", sample, MOST, got), 0);
  T_OK(source.fill(source.ctx, "a", sample, MOST, got));
  T_EQUAL(wrong("a", sample, MOST, got), 0);
  T_EQUAL(atomic_load(&slow.calls), 2);
  T_OK(source.fill(source.ctx, "a", sample, MOST, got)); /* gone: read directly */
  T_EQUAL(atomic_load(&slow.calls), 3);
  graft_source_fini(&source);
}

/* An error of the thread reaches the caller who asks for that batch, and only him. */
static void errors_come_back(void) {
  struct slow slow;
  graft_source source;
  const size_t good[] = {1, 2, 3}, bad[] = {4, 5, 6};
  float got[MOST * B];
  if (!begin(&slow, &source, MOST)) return;
  slow.bad = 5;
  source.expect(source.ctx, bad, 3);
  source.expect(source.ctx, good, 3);
  T_OK(source.fill(source.ctx, "a", good, 3, got));
  T_FAILS(source.fill(source.ctx, "a", bad, 3, got), GRAFT_INPUT, "sample 5 is damaged");
  T_FAILS(source.fill(source.ctx, "a", bad, 3, got), GRAFT_INPUT, "sample 5 is damaged");
  graft_source_fini(&source);
}

/* Announcements that are too long, empty, or too many are hints that come to nothing. */
static void odd_announcements(void) {
  struct slow slow;
  graft_source source;
  size_t sample[MOST];
  float got[MOST * B];
  for (size_t i = 0; i < MOST; i++) sample[i] = i;
  if (!begin(&slow, &source, 4)) return;
  source.expect(source.ctx, sample, MOST);
  source.expect(source.ctx, sample, 0);
  for (size_t i = 0; i < 12; i++) source.expect(source.ctx, sample + i, 4);
  for (size_t i = 0; i < 12; i++) {
    T_OK(source.fill(source.ctx, "b", sample + i, 4, got));
    T_EQUAL(wrong("b", sample + i, 4, got), 0);
  }
  T_OK(source.fill(source.ctx, "b", sample, MOST, got));
  T_EQUAL(wrong("b", sample, MOST, got), 0);
  source.expect(source.ctx, sample, 4); /* ended while it reads */
  graft_source_fini(&source);
}

int main(void) {
  T_RUN(batches_are_the_same);
  T_RUN(announced_batches_are_read_once);
  T_RUN(errors_come_back);
  T_RUN(odd_announcements);
  return graft_test_done();
}

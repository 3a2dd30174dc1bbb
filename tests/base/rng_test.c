/* SPDX-License-Identifier: BSD-2-Clause */
/* Random numbers: known answers, independence of order, moments, uniformity. */
#include "base/rng.h"
#include "tests/graft_test.h"

/* Known answers published with salmon2011 (Random123's kat_vectors, philox4x32-10). */
static void known_answers(void) {
  graft_rng rng;
  graft_rng_init(&rng, 0, 0, 0);
  static const uint32_t zero[4] = {0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u};
  for (int i = 0; i < 4; i++) T_EQUAL(graft_rng_bits(&rng), zero[i]);
  graft_rng_init(&rng, UINT64_MAX, UINT32_MAX, UINT64_MAX);
  rng.counter[0] = UINT32_MAX;
  static const uint32_t ones[4] = {0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu};
  for (int i = 0; i < 4; i++) T_EQUAL(graft_rng_bits(&rng), ones[i]);
}

static void sequences_do_not_depend_on_each_other(void) {
  graft_rng a, b, again;
  graft_rng_init(&a, 7, GRAFT_STREAM_TEST, 3);
  graft_rng_init(&b, 7, GRAFT_STREAM_TEST, 4);
  double first = graft_rng_normal(&a);
  T_CHECK(fabs(first - graft_rng_normal(&b)) > 0);
  graft_rng_init(&again, 7, GRAFT_STREAM_TEST, 3);
  T_NEAR(graft_rng_normal(&again), first, 0);
  T_NEAR(graft_rng_normal(&again), graft_rng_normal(&a), 0);
}

static void moments_of_normals_and_uniforms(void) {
  enum { N = 200000 };
  graft_rng rng;
  graft_rng_init(&rng, 1, GRAFT_STREAM_TEST, 0);
  double mean = 0, second = 0, fourth = 0, uniform = 0;
  for (int i = 0; i < N; i++) {
    double z = graft_rng_normal(&rng), u = graft_rng_uniform(&rng);
    T_CHECK(u >= 0 && u < 1);
    mean += z / N;
    second += z * z / N;
    fourth += z * z * z * z / N;
    uniform += u / N;
  }
  T_NEAR(mean, 0, 4 / sqrt(N));
  T_NEAR(second, 1, 4 * sqrt(2.0 / N));
  T_NEAR(fourth, 3, 4 * sqrt(96.0 / N));
  T_NEAR(uniform, 0.5, 4 * sqrt(1.0 / 12 / N));
}

static void below_is_uniform(void) {
  enum { N = 70000 };
  graft_rng rng;
  int count[7] = {0};
  graft_rng_init(&rng, 2, GRAFT_STREAM_TEST, 0);
  for (int i = 0; i < N; i++) count[graft_rng_below(&rng, 7)]++;
  double chi2 = 0;
  for (int i = 0; i < 7; i++) chi2 += (count[i] - N / 7.0) * (count[i] - N / 7.0) / (N / 7.0);
  T_CHECK(chi2 < 22.5); /* 0.999 quantile of 6 degrees of freedom */
  T_EQUAL(graft_rng_below(&rng, 1), 0);
}

static void shuffle_is_a_permutation(void) {
  size_t index[100];
  int seen[100] = {0}, moved = 0;
  graft_rng rng;
  for (size_t i = 0; i < 100; i++) index[i] = i;
  graft_rng_init(&rng, 3, GRAFT_STREAM_SHUFFLE, 0);
  graft_rng_shuffle(&rng, index, 100);
  for (size_t i = 0; i < 100; i++) {
    seen[index[i]]++;
    moved += index[i] != i;
  }
  for (int i = 0; i < 100; i++) T_EQUAL(seen[i], 1);
  T_CHECK(moved > 90);
}

int main(void) {
  T_RUN(known_answers);
  T_RUN(sequences_do_not_depend_on_each_other);
  T_RUN(moments_of_normals_and_uniforms);
  T_RUN(below_is_uniform);
  T_RUN(shuffle_is_a_permutation);
  return graft_test_done();
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Directions through a network's parameters. */
#include "mtl/landscape.h"

#include "tests/graft_test.h"

enum { UNITS = 7, N_MAX = 600 };

static void filters_are_as_long_as_those_of_the_parameters(void) {
  graft_layout layout;
  graft_real theta[N_MAX], d[2][N_MAX], again[N_MAX];
  graft_layout_init(&layout);
  T_OK(graft_layout_add(&layout, "conv", GRAFT_SHAPE(4, 3, 3, 2, UNITS), 1, 1, NULL));
  T_OK(graft_layout_add(&layout, "bias", GRAFT_SHAPE(1, UNITS), 1, 0, NULL));
  T_OK(graft_layout_add(&layout, "dense", GRAFT_SHAPE(2, 5, UNITS), 1, 1, NULL));
  T_OK(graft_layout_add(&layout, "frozen", GRAFT_SHAPE(2, 5, UNITS), 1, 1, NULL));
  layout.block[3].frozen = 1;
  for (size_t i = 0; i < layout.n; i++) theta[i] = (graft_real)(sin((double)i) * (1 + (double)i));
  for (size_t i = 0; i < 5; i++)
    theta[layout.block[2].offset + i * UNITS + 3] = 0; /* a dead unit */
  for (uint64_t a = 0; a < 2; a++) graft_landscape_direction(&layout, theta, 5, a, d[a]);
  graft_landscape_direction(&layout, theta, 5, 1, again);
  T_CHECK(memcmp(again, d[1], layout.n * sizeof *again) == 0);
  T_CHECK(memcmp(d[0], d[1], layout.n * sizeof *again) != 0);
  for (size_t b = 0; b < layout.blocks; b++) {
    const graft_block *block = &layout.block[b];
    for (size_t u = 0; u < UNITS; u++) {
      double size = 0, length = 0, along = 0;
      for (size_t i = block->offset + u; i < block->offset + block->count; i += UNITS) {
        size += (double)theta[i] * (double)theta[i];
        length += (double)d[0][i] * (double)d[0][i];
        along += (double)theta[i] * (double)d[0][i];
      }
      if (b == 0 || b == 2) {
        T_NEAR(sqrt(length), sqrt(size), 1e-6 * (1 + sqrt(size)));
        T_CHECK(size == 0 || fabs(along) < 0.9999 * size); /* not theta itself */
      } else {
        T_EQUAL(length, 0);
      }
    }
  }
  graft_real point[N_MAX];
  graft_landscape_point(layout.n, theta, d[0], 0.5, d[1], -2, point);
  for (size_t i = 0; i < layout.n; i++) {
    T_NEAR(point[i], (double)theta[i] + 0.5 * (double)d[0][i] - 2 * (double)d[1][i], 1e-3);
  }
  graft_layout_fini(&layout);
}

int main(void) {
  T_RUN(filters_are_as_long_as_those_of_the_parameters);
  return graft_test_done();
}

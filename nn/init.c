/* SPDX-License-Identifier: BSD-2-Clause */
#include "nn/init.h"

#include <math.h>
#include <string.h>

#include "base/rng.h"

/* Standard deviation of a standard normal cut at ±2. */
static const double CUT_STD = 0.87962566103423978;

const char *graft_init_name(size_t i) {
  static const char *const name[] = {
#define GRAFT_INIT_TEXT(name, text, summary) text,
      GRAFT_INIT_LIST(GRAFT_INIT_TEXT)
#undef GRAFT_INIT_TEXT
  };
  return i < GRAFT_INIT_COUNT ? name[i] : NULL;
}

graft_init graft_init_find(const char *name) {
  size_t i = 0;
  while (i < GRAFT_INIT_COUNT && strcmp(graft_init_name(i), name) != 0) i++;
  return (graft_init)i;
}

static double cut_normal(graft_rng *rng) {
  double z;
  do z = graft_rng_normal(rng);
  while (fabs(z) > 2);
  return z / CUT_STD;
}

void graft_init_fill(graft_init init, double fan_in, double fan_out, double std, uint64_t seed,
                     uint64_t index, size_t count, graft_real *value) {
  graft_rng rng;
  graft_rng_init(&rng, seed, GRAFT_STREAM_INIT, index);
  double glorot = sqrt(2 / (fan_in + fan_out)), limit = sqrt(6 / (fan_in + fan_out));
  double he = sqrt(2 / fan_in);
  for (size_t i = 0; i < count; i++) {
    double v = 0;
    switch (init) {
    case GRAFT_INIT_GLOROT_NORMAL: v = glorot * cut_normal(&rng); break;
    case GRAFT_INIT_GLOROT_UNIFORM: v = limit * (2 * graft_rng_uniform(&rng) - 1); break;
    case GRAFT_INIT_HE_NORMAL: v = he * cut_normal(&rng); break;
    case GRAFT_INIT_UNIFORM: v = std * (2 * graft_rng_uniform(&rng) - 1); break;
    case GRAFT_INIT_NORMAL: v = std > 0 ? std * graft_rng_normal(&rng) : 0; break;
    case GRAFT_INIT_ZEROS:
    case GRAFT_INIT_COUNT: break;
    }
    value[i] = (graft_real)v;
  }
}

double graft_init_siren_limit(size_t inputs, double w0, bool first) {
  return first ? 1 / (double)inputs : sqrt(6 / (double)inputs) / w0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_NN_MATH_IMPL_H
#define GRAFT_NN_MATH_IMPL_H

/** @file math_impl.h
 *  Elementary functions for activations (private to nn/): in float without branches, so that loops
 * become vector code; in double libm's.
 *
 *  Accuracy of the float versions: exp, tanh and erf within 4 ulp, sin and cos within
 *  2e-7 for arguments below 1000 (tests/nn/math.c). */

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/real.h"

#ifdef GRAFT_DOUBLE

static inline double graft_exp(double x) { return exp(x); }
static inline double graft_tanh(double x) { return tanh(x); }
static inline double graft_erf(double x) { return erf(x); }
static inline double graft_sin(double x) { return sin(x); }
static inline double graft_cos(double x) { return cos(x); }
static inline double graft_log1p(double x) { return log1p(x); }

#else

/** 1.5 · 2^23: adding it to a number below 2^22 in size rounds that to an integer, whose lowest
 * bits are those of the sum. */
#define GRAFT_SHIFT 12582912.0f

/** The integer n modulo 2^32 of the sum n + GRAFT_SHIFT; anything for what is not finite (where a
 *  conversion would be undefined). */
static inline uint32_t graft_shifted_bits(float shifted) {
  uint32_t bits;
  memcpy(&bits, &shifted, sizeof bits);
  return bits - 0x4b400000u;
}

/** exp(x); arguments are cut to ±87, so that the result is finite and normal. */
static inline float graft_exp(float x) {
  const float cut = 87.0f, log2_e = 1.44269504f;
  x = x < -cut ? -cut : x;
  x = x > cut ? cut : x;
  float shifted = x * log2_e + GRAFT_SHIFT, n = shifted - GRAFT_SHIFT;
  float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1;
  uint32_t bits = (graft_shifted_bits(shifted) + 127) << 23;
  float scale;
  memcpy(&scale, &bits, sizeof scale);
  return p * scale;
}

/** tanh(x): a polynomial below 0.625, the exponential above. Reference: cephes, tanhf. */
static inline float graft_tanh(float x) {
  float a = x < 0 ? -x : x, s = x * x;
  float large = 1 - 2 / (graft_exp(2 * (a > 20 ? 20 : a)) + 1);
  large = x < 0 ? -large : large;
  float p = -5.70498872745e-3f;
  p = p * s + 2.06390887954e-2f;
  p = p * s - 5.37397155531e-2f;
  p = p * s + 1.33314422036e-1f;
  p = p * s - 3.33332819422e-1f;
  float small = p * s * x + x;
  return a < 0.625f ? small : large;
}

/** erf(x): a rational function on [−4, 4]. Reference: the coefficients of Eigen's float erf. */
static inline float graft_erf(float x) {
  x = x < -4 ? -4 : x;
  x = x > 4 ? 4 : x;
  float s = x * x;
  float p = -2.72614225801306e-10f;
  p = p * s + 2.77068142495902e-08f;
  p = p * s - 2.10102402082508e-06f;
  p = p * s - 5.69250639462346e-05f;
  p = p * s - 7.34990630326855e-04f;
  p = p * s - 2.95459980854025e-03f;
  p = p * s - 1.60960333262415e-02f;
  float q = -1.45660718464996e-05f;
  q = q * s - 2.13374055278905e-04f;
  q = q * s - 1.68282697438203e-03f;
  q = q * s - 7.37332916720468e-03f;
  q = q * s - 1.42647390514189e-02f;
  return x * p / q;
}

/** Odd polynomial for the sine on [−π/2, π/2]. Reference: the coefficients of SLEEF's sinf. */
static inline float graft_sin_part(float r) {
  float s = r * r;
  float p = 2.6083159809786593541503e-06f;
  p = p * s - 1.981069071916863322258e-04f;
  p = p * s + 8.33307858556509017944336e-03f;
  p = p * s - 1.66666597127914428710938e-01f;
  return s * (p * r) + r;
}

/** x − n π with π in three parts, for |x| up to some 10^4; the sign changes with odd n. */
static inline float graft_less_pi(float x, float n, uint32_t odd) {
  float r = x - n * 3.1414794921875f;
  r = r - n * 1.1315941810607910156e-4f;
  r = r - n * 1.9841872589410058936e-9f;
  return odd ? -r : r;
}

static inline float graft_sin(float x) {
  float shifted = x * 0.318309886f + GRAFT_SHIFT, n = shifted - GRAFT_SHIFT;
  return graft_sin_part(graft_less_pi(x, n, graft_shifted_bits(shifted) & 1));
}

/** cos(x) = sin(x + π/2) with n + ½ multiples of π taken off. */
static inline float graft_cos(float x) {
  float shifted = x * 0.318309886f - 0.5f + GRAFT_SHIFT, n = shifted - GRAFT_SHIFT;
  return graft_sin_part(graft_less_pi(x, n + 0.5f, ~graft_shifted_bits(shifted) & 1));
}

static inline float graft_log1p(float x) { return log1pf(x); }

#endif

/** 1 / (1 + exp(−x)). */
static inline graft_real graft_sigmoid(graft_real x) { return 1 / (1 + graft_exp(-x)); }

#endif

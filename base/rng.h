/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_BASE_RNG_H
#define GRAFT_BASE_RNG_H

/** @file rng.h
 *  Counter-based random numbers: the numbers of (seed, stream, index) are the same on any number
 *  of ranks and threads and in any order of use.
 *
 *  Method:    Philox4x32 with 10 rounds; normals by Box-Muller in double.
 *  Cost:      about 10 ns per 32-bit word; no memory beyond the struct.
 *  Reference: salmon2011 (Parallel random numbers: as easy as 1, 2, 3), section 3.3. */

#include <stddef.h>
#include <stdint.h>

/** One sequence of at most 2^34 words; caller's struct, plain data, may be copied and saved. */
typedef struct graft_rng {
  uint32_t key[2];     /**< the seed */
  uint32_t counter[4]; /**< block, stream, index (two words) */
  uint32_t word[4];    /**< current block of output */
  uint32_t left;       /**< words of the block not used yet */
  uint32_t has_normal; /**< 1 while @p normal holds the second number of a Box-Muller pair */
  double normal;       /**< see @p has_normal */
} graft_rng;

/** Streams that Graft uses, so that no two purposes share numbers. A task's samples use
 *  graft_rng_stream() of its name. */
enum {
  GRAFT_STREAM_INIT = 1,       /**< initial weights; index = layout block */
  GRAFT_STREAM_SHUFFLE = 2,    /**< order of samples; index = epoch */
  GRAFT_STREAM_DROPOUT = 3,    /**< dropout masks; index = hash of step, layer, sample */
  GRAFT_STREAM_AUGMENT = 4,    /**< augmentation; index = epoch */
  GRAFT_STREAM_TEST = 5,       /**< tests */
  GRAFT_STREAM_REGION = 6,     /**< random regions; index = hash of the family, region */
  GRAFT_STREAM_AGGREGATOR = 7, /**< rules that combine gradients; index = step, coordinate */
  GRAFT_STREAM_SAM = 8,        /**< perturbations; index = hash of step, part of the vector */
  GRAFT_STREAM_LANDSCAPE = 9,  /**< planes through parameters; index = direction, block */
  GRAFT_STREAM_ROWS = 20,      /**< parts of rows; index = row, or user; samples for quantiles */
  GRAFT_STREAM_BEHAVIOUR = 21, /**< synthetic users, items, rows; index = hash of kind, number */
  GRAFT_STREAM_SAMPLE = 1000   /**< fields that all tasks share; the tasks' own lie above */
};

/** Stream for the samples of the task of that name, above GRAFT_STREAM_SAMPLE: the same in every
 *  data set, whatever other tasks it has, and another one for every name (but for a chance of
 *  2^−31 per pair). */
uint32_t graft_rng_stream(const char *name);

/** Start the sequence of (@p seed, @p stream, @p index). */
void graft_rng_init(graft_rng *rng, uint64_t seed, uint32_t stream, uint64_t index);

/** Next 32 uniform bits. */
uint32_t graft_rng_bits(graft_rng *rng);

/** Uniform double in [0, 1) with 53 bits. */
double graft_rng_uniform(graft_rng *rng);

/** Standard normal double. */
double graft_rng_normal(graft_rng *rng);

/** Uniform integer in [0, @p n), without bias; @p n ≥ 1. */
uint32_t graft_rng_below(graft_rng *rng, uint32_t n);

/** Shuffle @p index [n] in place (Fisher-Yates); n < 2^32. */
void graft_rng_shuffle(graft_rng *rng, size_t *index, size_t n);

#endif

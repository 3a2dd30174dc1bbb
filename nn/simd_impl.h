/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_NN_SIMD_IMPL_H
#define GRAFT_NN_SIMD_IMPL_H

/** @file simd_impl.h
 *  Vector code without compiler flags (private to nn/): functions marked GRAFT_CLONES are compiled
 * for three generations of x86-64, and the loader picks one. Sanitizers do not allow that. */

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) &&                             \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define GRAFT_CLONES __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define GRAFT_CLONES
#endif

/** Iterations of the loop that follows do not depend on each other, even when arrays are the same.
 *  Clang finds out itself; its own pragma warns of loops that it does not vectorise. */
#ifdef __clang__
#define GRAFT_SIMD
#else
#define GRAFT_SIMD _Pragma("GCC ivdep")
#endif

#endif

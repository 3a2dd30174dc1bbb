/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_BASE_REAL_H
#define GRAFT_BASE_REAL_H

/** @file real.h
 *  The number type of networks and their optimisers: float, or double in the build that serves the
 *  tight gradient tests (libraries with the suffix `_double`, compiled with -DGRAFT_DOUBLE). */

#ifdef GRAFT_DOUBLE
typedef double graft_real;
#define GRAFT_REAL_NAME "float64" /**< name of the type in files and messages */
#else
typedef float graft_real; /**< number type of parameters, activations and gradients */
#define GRAFT_REAL_NAME "float32" /**< name of the type in files and messages */
#endif

#endif

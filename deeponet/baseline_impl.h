/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_DEEPONET_BASELINE_IMPL_H
#define GRAFT_DEEPONET_BASELINE_IMPL_H

/** @file baseline_impl.h
 *  For the files in baseline/: their exported structs. */

#include "deeponet/baseline.h"

#define X(name) extern const graft_baseline_type graft_baseline_##name;
#include "deeponet/baseline.def"
#undef X

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_DEEPONET_SKIP_IMPL_H
#define GRAFT_DEEPONET_SKIP_IMPL_H

/** @file skip_impl.h
 *  For the files in skip/: their exported structs. */

#include "deeponet/skip.h"

#define X(name) extern const graft_skip_type graft_skip_##name;
#include "deeponet/skip.def"
#undef X

#endif

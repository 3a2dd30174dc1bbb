/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_DEEPONET_TRANSFORM_IMPL_H
#define GRAFT_DEEPONET_TRANSFORM_IMPL_H

/** @file transform_impl.h
 *  For the files in transform/: their exported structs. */

#include "deeponet/transform.h"

#define X(name) extern const graft_transform_type graft_transform_##name;
#include "deeponet/transform.def"
#undef X

#endif

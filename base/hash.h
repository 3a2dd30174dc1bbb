/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_BASE_HASH_H
#define GRAFT_BASE_HASH_H

/** @file hash.h
 *  Fingerprints of bytes: equal bytes have the same on every machine of the same byte order. Not
 *  against forgery. */

#include <stddef.h>
#include <stdint.h>

/** Hash of no bytes. */
#define GRAFT_HASH_START UINT64_C(0xcbf29ce484222325)

/** Continue a fingerprint, which starts at GRAFT_HASH_START, with @p size bytes of @p data.
 *  Method: FNV-1a, 64 bits. Cost: about 1 ns per byte. Reference: fowler2019. */
uint64_t graft_hash(uint64_t hash, const void *data, size_t size);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Method:    no skip path: the network predicts everything.
 * Cost:      none.
 * Reference: none. */
#include "deeponet/skip_impl.h"

const graft_skip_type graft_skip_none = {
    .name = "none",
    .summary = "no skip path",
    .source = "",
};

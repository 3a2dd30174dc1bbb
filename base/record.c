/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/record.h"

void graft_records_fini(graft_records *records) {
  if (records->destroy) records->destroy(records->ctx);
  *records = (graft_records){0};
}

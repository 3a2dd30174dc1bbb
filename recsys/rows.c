/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows in the order of users and times: parts without leakage, histories of earlier rows. */
#include <math.h>
#include <stdlib.h>

#include "recsys/import_impl.h"

static int by_time(const void *a, const void *b) {
  const graft_row_key *x = a, *y = b;
  if (x->time != y->time) return x->time < y->time ? -1 : 1;
  return (x->row > y->row) - (x->row < y->row);
}

static int by_user_and_time(const void *a, const void *b) {
  const graft_row_key *x = a, *y = b;
  if (x->user != y->user) return x->user < y->user ? -1 : 1;
  return by_time(a, b);
}

void graft_rows_sort(graft_row_key *key, size_t rows, bool by_user) {
  qsort(key, rows, sizeof *key, by_user ? by_user_and_time : by_time);
}

/* Parts of rows sorted by time: the first share, the second, the rest. */
static void split(const graft_schema *schema, const graft_row_key *key, size_t n, uint8_t *part) {
  const double rounding = 1e-9; /* 0.7 + 0.1 of 10 rows are 8 */
  const size_t train = (size_t)floor((double)n * schema->train + rounding);
  const size_t both = (size_t)floor((double)n * (schema->train + schema->validation) + rounding);
  for (size_t i = 0; i < n; i++) {
    const bool together = i > 0 && key[i].time == key[i - 1].time;
    part[key[i].row] = together    ? part[key[i - 1].row]
                       : i < train ? GRAFT_PART_TRAIN
                       : i < both  ? GRAFT_PART_VALIDATION
                                   : GRAFT_PART_TEST;
  }
}

/* End of the user whose first row is number `first` of the sorted ones. */
static size_t user_end(const graft_row_key *key, size_t rows, size_t first) {
  size_t end = first + 1;
  while (end < rows && key[end].user == key[first].user) end++;
  return end;
}

void graft_rows_split(const graft_schema *schema, const graft_row_key *key, size_t rows,
                      uint8_t *part) {
  const bool users = schema->rule == GRAFT_SPLIT_USER_TIME;
  for (size_t first = 0, end; first < rows; first = end) {
    end = users ? user_end(key, rows, first) : rows;
    split(schema, key + first, end - first, part);
  }
}

size_t graft_rows_history(const graft_row_key *key, size_t rows, const uint32_t *member,
                          unsigned history, size_t length, graft_history_place *place) {
  uint32_t events = 0;
  for (size_t first = 0, end; first < rows; first = end) {
    const uint32_t begin = events; /* of this user */
    uint32_t earlier = events;     /* end of the events with an earlier time */
    end = user_end(key, rows, first);
    for (size_t i = first; i < end; i++) {
      const bool event = member[key[i].row] >> history & 1;
      if (i == first || key[i].time != key[i - 1].time) earlier = events;
      const uint32_t count = earlier - begin;
      place[key[i].row] = (graft_history_place){earlier, event ? events : UINT32_MAX,
                                                count < length ? count : (uint32_t)length};
      events += event;
    }
  }
  return events;
}

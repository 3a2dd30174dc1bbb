/* SPDX-License-Identifier: BSD-2-Clause */
/* Histories whose events are lines of a table of their own, e.g. a log of behaviours beside one of
 * impressions: kept in memory, sorted, and laid beside the sorted rows. */
#include <string.h>

#include "base/arena.h"
#include "recsys/pass_impl.h"

/* The line at hand as an event of one history. */
static graft_status add_event(graft_pipeline *p, graft_import_history *h) {
  const graft_column *c = &p->column[h->column];
  const char *const *value = p->value[h->table];
  graft_row_key key = {.row = (uint32_t)h->events};
  const char *token = value[h->item_field];
  const size_t n = strlen(token) + 1;
  bool holds = true;
  if (c->schema->where.from.field[0]) {
    GRAFT_TRY(graft_condition_holds(&c->schema->where, value[c->where_field], &holds));
  }
  if (!holds) return GRAFT_OK;
  GRAFT_TRY(graft_pipeline_read_user(p, c->schema->event_user, value[h->user_field], &key.user));
  GRAFT_TRY(graft_pipeline_read_time(p, c->schema->event_time, value[h->time_field], &key.time));
  GRAFT_CHECK(h->events < UINT32_MAX - 1, INPUT, "expected fewer than 2^32 - 1 events, got more");
  GRAFT_TRY(graft_grow(&h->key, &h->key_capacity, h->events, sizeof *h->key));
  GRAFT_TRY(graft_grow(&h->at, &h->at_capacity, h->events, sizeof *h->at));
  while (h->used + n > h->capacity) GRAFT_TRY(graft_grow(&h->text, &h->capacity, h->capacity, 1));
  memcpy(h->text + h->used, token, n);
  h->key[h->events] = key;
  h->at[h->events++] = h->used;
  h->used += n;
  return GRAFT_OK;
}

graft_status graft_pipeline_add_event(graft_pipeline *p) {
  const size_t table = p->import->schema->file[p->file].table;
  for (size_t h = 0; h < p->histories; h++) {
    if (p->history[h].table == table) GRAFT_TRY(add_event(p, &p->history[h]));
  }
  return GRAFT_OK;
}

graft_status graft_pipeline_place_events(graft_pipeline *p, graft_import_history *h) {
  const size_t length = p->column[h->column].schema->length;
  const graft_row_key *row = p->key, *event = h->key;
  size_t begin = 0, end = 0; /* of this user's events; those with an earlier time end at `end` */
  GRAFT_TRY(graft_alloc(&h->place, p->rows, sizeof *h->place));
  if (h->events) graft_rows_sort(h->key, h->events, true);
  for (size_t i = 0; i < p->rows; i++) {
    if (i == 0 || row[i].user != row[i - 1].user) {
      for (begin = end; begin < h->events && event[begin].user < row[i].user;) begin++;
      end = begin;
    }
    while (end < h->events && event[end].user == row[i].user && event[end].time < row[i].time) {
      end++;
    }
    const size_t count = end - begin < length ? end - begin : length;
    h->place[row[i].row] = (graft_history_place){(uint32_t)end, UINT32_MAX, (uint32_t)count};
  }
  return GRAFT_OK;
}

graft_status graft_pipeline_encode_events(graft_pipeline *p, graft_import_history *h) {
  const graft_column *of = &p->column[h->of];
  GRAFT_TRY(graft_alloc(&h->event, h->events, sizeof *h->event));
  for (size_t i = 0; i < h->events; i++) {
    GRAFT_TRY(graft_column_id(of, &p->vocabulary[of->vocabulary], h->text + h->at[h->key[i].row],
                              &h->event[i]));
  }
  return GRAFT_OK;
}

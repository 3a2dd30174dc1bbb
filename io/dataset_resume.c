/* SPDX-License-Identifier: BSD-2-Clause */
/* Taking up a data set that an interrupted run left as a part file: the configuration must be the
 * same, and of the samples flagged as done those count whose checksum is right. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "io/dataset_impl.h"
#include "io/yaml.h"

static const char *text_of(const graft_yaml_entry *entry) {
  return entry && entry->value[0] ? entry->value : "(none)";
}

/* Fail naming the first key whose value differs. */
static graft_status compare(const char *path, const char *old, const char *new) {
  graft_yaml there = {0}, here = {0};
  graft_status status = graft_yaml_parse(old, path, &there);
  if (status == GRAFT_OK) status = graft_yaml_parse(new, path, &here);
  for (size_t i = 0; status == GRAFT_OK && i < here.entries + there.entries; i++) {
    bool second = i >= here.entries;
    const char *key = second ? there.entry[i - here.entries].key : here.entry[i].key;
    const graft_yaml_entry *a = graft_yaml_find(&there, key), *b = graft_yaml_find(&here, key);
    GRAFT_CHECK_TO(done, a && b && strcmp(a->value, b->value) == 0, USAGE,
                   "%s.part was begun with %s %s, asked for is %s: remove it or choose another -o",
                   path, key, text_of(a), text_of(b));
  }
done:
  graft_yaml_fini(&here);
  graft_yaml_fini(&there);
  return status;
}

graft_status graft_dataset_read_bytes(const graft_dataset_writer *w, uint64_t place, void *data,
                                      size_t bytes) {
  char *to = data;
  off_t from = (off_t)place;
  while (bytes > 0) {
    ssize_t n = pread(w->atomic.fd, to, bytes, from);
    if (n < 0 && errno == EINTR) continue;
    GRAFT_CHECK(n > 0, INPUT, "%s.part: can't be read: %s", w->path, n ? strerror(errno) : "end");
    to += n;
    from += n;
    bytes -= (size_t)n;
  }
  return GRAFT_OK;
}

/* Are the nodes of a sample whole? @p nodes room for them, or NULLs where there are none. */
static graft_status check_nodes(const graft_dataset_writer *w, size_t s,
                                const graft_source_nodes *nodes, bool *whole) {
  int64_t sum;
  *whole = true;
  if (!w->info->node_start) return GRAFT_OK;
  for (size_t a = 0; a < GRAFT_NODE_ARRAYS; a++) {
    uint64_t start;
    void *to;
    memcpy(&to, (const char *)nodes + graft_node_arrays[a].offset, sizeof to);
    size_t bytes = graft_dataset_node_bytes(w->info, a, s, &start);
    GRAFT_TRY(graft_dataset_read_bytes(w, w->places.node[a] + start, to, bytes));
  }
  GRAFT_TRY(
      graft_dataset_read_bytes(w, w->places.node_checksum + s * sizeof sum, &sum, sizeof sum));
  *whole = sum == graft_dataset_node_checksum(w->info, s, nodes);
  return GRAFT_OK;
}

/* Keep the flags of those samples that are whole. @p value [all fields' points] */
static graft_status check_samples(graft_dataset_writer *w, float *value,
                                  const graft_source_nodes *nodes) {
  size_t S = w->info->samples;
  const float *data[GRAFT_DATASET_FIELDS];
  GRAFT_TRY(graft_dataset_read_bytes(w, w->places.done, w->done, S));
  GRAFT_TRY(graft_dataset_read_bytes(w, w->places.error, w->error, S * sizeof *w->error));
  GRAFT_TRY(graft_dataset_read_bytes(w, w->places.seconds, &w->seconds, sizeof w->seconds));
  if (!(w->seconds >= 0) || !isfinite(w->seconds)) w->seconds = 0; /* torn */
  for (size_t s = 0; s < S; s++) {
    int64_t sum;
    bool whole;
    if (!w->done[s]) continue;
    GRAFT_TRY(check_nodes(w, s, nodes, &whole));
    float *to = value;
    for (size_t f = 0; f < w->fields; f++) {
      size_t bytes = w->points[f] * sizeof *value;
      data[f] = to;
      GRAFT_TRY(graft_dataset_read_bytes(w, w->places.field[f] + s * bytes, to, bytes));
      to += w->points[f];
    }
    GRAFT_TRY(graft_dataset_read_bytes(w, w->places.checksum + s * sizeof sum, &sum, sizeof sum));
    w->done[s] = whole && sum == graft_dataset_sample_checksum(w, data);
  }
  return GRAFT_OK;
}

static graft_status take(graft_dataset_writer *w, hid_t file, const char *configuration) {
  char **text;
  float *value;
  size_t points = 0;
  graft_source_nodes nodes = {NULL};
  GRAFT_TRY(graft_h5_read_texts(file, "graft/configuration", 1, &text));
  graft_status status = compare(w->path, text[0], configuration);
  graft_free(text);
  GRAFT_TRY(status);
  GRAFT_TRY(graft_dataset_find_places(file, w));
  for (size_t f = 0; f < w->fields; f++) points += w->points[f];
  GRAFT_TRY(graft_source_node_room(w->info, &nodes));
  status = graft_alloc(&value, points, sizeof *value);
  if (status == GRAFT_OK) status = check_samples(w, value, &nodes);
  graft_free(value);
  graft_free(nodes.xyz);
  return status;
}

graft_status graft_dataset_take_up(graft_dataset_writer *w, const char *configuration,
                                   bool *taken) {
  hid_t file;
  *taken = false;
  if (graft_h5_open(w->atomic.part, &file) != GRAFT_OK) return GRAFT_OK; /* not even laid out */
  graft_status status = take(w, file, configuration);
  H5Fclose(file);
  if (status == GRAFT_USAGE || status == GRAFT_MEMORY) return status;
  *taken = status == GRAFT_OK;
  if (!*taken) memset(w->done, 0, w->info->samples);
  return GRAFT_OK;
}

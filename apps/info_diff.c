/* SPDX-License-Identifier: BSD-2-Clause */
/* What differs between two files of Graft, or the models of two runs. Options are told, content
 * counts: samples of data sets go by task and number, arrays of models by name. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/info.h"
#include "apps/info_print.h"
#include "base/arena.h"
#include "io/atomic.h"
#include "io/bundle_file.h"
#include "io/dataset.h"
#include "io/yaml.h"

/* Two things of the same kind. */
struct pair {
  const char *path[2];
  graft_source source[2];
  graft_bundle bundle[2];
  size_t differences; /* of content */
};

/* One line: name, value of the first, value of the second. */
static void tell(const char *name, const char *a, const char *b) {
  bool text = strchr(a, '\n') || strchr(b, '\n');
  if (text) printf("%-28s other text\n", name);
  if (!text) printf("%-28s %-24.60s %.60s\n", name, a, b);
}

static const char *value_of(const graft_yaml *yaml, const char *key) {
  const graft_yaml_entry *entry = graft_yaml_find(yaml, key);
  return entry ? entry->value : "(none)";
}

/* Options that differ; not counted. */
static graft_status diff_options(const struct pair *p, const graft_provenance *a,
                                 const graft_provenance *b) {
  graft_yaml x = {0}, y = {0};
  graft_status status;
  GRAFT_TRY_TO(done, graft_yaml_parse(a && a->options ? a->options : "", p->path[0], &x));
  GRAFT_TRY_TO(done, graft_yaml_parse(b && b->options ? b->options : "", p->path[1], &y));
  for (size_t i = 0; i < x.entries; i++) {
    const char *key = x.entry[i].key, *other = value_of(&y, key);
    if (strcmp(x.entry[i].value, other) != 0) tell(key, x.entry[i].value, other);
  }
  for (size_t i = 0; i < y.entries; i++) {
    const char *key = y.entry[i].key;
    if (!graft_yaml_find(&x, key)) tell(key, "(none)", y.entry[i].value);
  }
done:
  graft_yaml_fini(&x);
  graft_yaml_fini(&y);
  return status;
}

/* ---- data sets ---- */

static void diff_text(struct pair *p, const char *name, const char *a, const char *b) {
  if (strcmp(a, b) == 0) return;
  tell(name, a, b);
  p->differences++;
}

static void diff_number(struct pair *p, const char *name, double a, double b) {
  char x[32], y[32];
  snprintf(x, sizeof x, "%.9g", a);
  snprintf(y, sizeof y, "%.9g", b);
  diff_text(p, name, x, y);
}

static void diff_heads(struct pair *p) {
  const graft_source_info *a = &p->source[0].info, *b = &p->source[1].info;
  char name[32];
  diff_text(p, "problem", a->problem, b->problem);
  diff_text(p, "field law", a->field, b->field);
  diff_number(p, "seed of the data", (double)a->seed, (double)b->seed);
  diff_number(p, "samples of the data", (double)a->samples, (double)b->samples);
  for (int d = 0; d < a->dims || d < b->dims; d++) {
    snprintf(name, sizeof name, "axis %d: points", d + 1);
    diff_number(p, name, d < a->dims ? (double)a->grid[d] : 0,
                d < b->dims ? (double)b->grid[d] : 0);
    snprintf(name, sizeof name, "axis %d: from", d + 1);
    diff_number(p, name, a->lo[d], b->lo[d]);
    snprintf(name, sizeof name, "axis %d: to", d + 1);
    diff_number(p, name, a->hi[d], b->hi[d]);
  }
}

/* A sample of the second file. */
struct key {
  const char *task;
  int64_t index;
  size_t sample;
};

static int by_key(const void *a, const void *b) {
  const struct key *x = a, *y = b;
  int order = strcmp(x->task, y->task);
  return order ? order : (x->index > y->index) - (x->index < y->index);
}

static struct key key_of(const graft_source_info *info, size_t s) {
  return (struct key){info->task_name[info->task[s]], info->index[s], s};
}

/* Samples that both have, as pairs of rows [*count x 2]; the others are counted. */
static graft_status match(struct pair *p, size_t (**rows)[2], size_t *count) {
  const graft_source_info *a = &p->source[0].info, *b = &p->source[1].info;
  struct key *key = NULL;
  *count = 0;
  GRAFT_TRY(graft_alloc(rows, a->samples, sizeof **rows));
  GRAFT_TRY(graft_alloc(&key, b->samples, sizeof *key));
  for (size_t s = 0; s < b->samples; s++) key[s] = key_of(b, s);
  qsort(key, b->samples, sizeof *key, by_key);
  for (size_t s = 0; s < a->samples; s++) {
    struct key wanted = key_of(a, s), *found;
    found = bsearch(&wanted, key, b->samples, sizeof *key, by_key);
    if (!found) continue;
    (*rows)[*count][0] = s;
    (*rows)[(*count)++][1] = found->sample;
  }
  graft_free(key);
  diff_number(p, "samples that only one has", (double)(a->samples - *count),
              (double)(b->samples - *count));
  return GRAFT_OK;
}

/* Texts, masks, distances, torsion functions and parts of the samples' tables. */
static void diff_tables(struct pair *p, size_t (*rows)[2], size_t count) {
  const graft_source_info *a = &p->source[0].info, *b = &p->source[1].info;
  const uint8_t *x = graft_source_split_get(a, "default"),
                *y = graft_source_split_get(b, "default");
  size_t regions = 0, streams = 0, parts = 0, estimates = 0;
  for (size_t i = 0; i < count; i++) {
    size_t s = rows[i][0], t = rows[i][1];
    const graft_source_geometry *g = &a->geometry[a->sample_geometry[s]];
    const graft_source_geometry *h = &b->geometry[b->sample_geometry[t]];
    regions += strcmp(g->region_yaml, h->region_yaml) != 0 ||
               memcmp(g->mask, h->mask, a->points) != 0 ||
               memcmp(g->sdf, h->sdf, a->points * sizeof *g->sdf) != 0 ||
               memcmp(g->torsion, h->torsion, a->points * sizeof *g->torsion) != 0;
    streams += a->stream[s] != b->stream[t];
    parts += x && y && x[s] != y[t];
    estimates += a->error_estimate[s] != b->error_estimate[t];
  }
  const struct {
    const char *name;
    size_t count;
  } row[] = {{"regions", regions},
             {"random streams", streams},
             {"parts of the default split", parts},
             {"error estimates", estimates}};
  for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
    if (row[i].count == 0) continue;
    printf("%-28s differ in %zu of %zu samples\n", row[i].name, row[i].count, count);
    p->differences++;
  }
}

static graft_status diff_field(struct pair *p, const char *field, size_t (*rows)[2], size_t count) {
  size_t P = p->source[0].info.points, differ = 0;
  double most = 0;
  float *value;
  graft_status status = GRAFT_OK;
  GRAFT_TRY(graft_alloc(&value, 2 * P, sizeof *value));
  for (size_t i = 0; i < count; i++) {
    for (int k = 0; k < 2; k++) {
      const graft_source *source = &p->source[k];
      GRAFT_TRY_TO(done, source->fill(source->ctx, field, &rows[i][k], 1, value + (size_t)k * P));
    }
    differ += memcmp(value, value + P, P * sizeof *value) != 0;
    for (size_t j = 0; j < P; j++) most = fmax(most, fabs((double)value[j] - (double)value[P + j]));
  }
  if (differ > 0) {
    printf("%-28s differs in %zu of %zu samples, by up to %.3g\n", field, differ, count, most);
    p->differences++;
  }
done:
  graft_free(value);
  return status;
}

static graft_status diff_samples(struct pair *p) {
  const graft_dataset_field *field;
  size_t(*rows)[2] = NULL, count;
  graft_status status;
  GRAFT_TRY_TO(done, match(p, &rows, &count));
  if (p->source[0].info.points != p->source[1].info.points) goto done; /* nothing to compare */
  diff_tables(p, rows, count);
  for (size_t i = 0; (field = graft_dataset_field_get(&p->source[0], i)); i++) {
    if (!graft_dataset_has(&p->source[1], field->name)) {
      diff_text(p, field->name, "there", "(none)");
    } else {
      GRAFT_TRY_TO(done, diff_field(p, field->name, rows, count));
    }
  }
  for (size_t i = 0; (field = graft_dataset_field_get(&p->source[1], i)); i++) {
    if (!graft_dataset_has(&p->source[0], field->name)) {
      diff_text(p, field->name, "(none)", "there");
    }
  }
done:
  graft_free(rows);
  return status;
}

static graft_status diff_datasets(struct pair *p) {
  GRAFT_TRY(graft_dataset_open(p->path[0], &p->source[0]));
  graft_status status = graft_dataset_open(p->path[1], &p->source[1]);
  if (status == GRAFT_OK) {
    status = diff_options(p, graft_dataset_provenance(&p->source[0]),
                          graft_dataset_provenance(&p->source[1]));
    if (status == GRAFT_OK) {
      diff_heads(p);
      status = diff_samples(p);
    }
    graft_source_fini(&p->source[1]);
  }
  graft_source_fini(&p->source[0]);
  return status;
}

/* ---- models, checkpoints, predictions ---- */

static double number(const graft_array *a, size_t i) {
  switch (a->type) {
  case GRAFT_FLOAT32: return (double)((const float *)a->data)[i];
  case GRAFT_FLOAT64: return ((const double *)a->data)[i];
  case GRAFT_INT64: return (double)((const int64_t *)a->data)[i];
  default: return ((const unsigned char *)a->data)[i];
  }
}

static void diff_array(struct pair *p, const graft_array *a, const graft_array *b) {
  char x[96], y[96];
  size_t n = graft_shape_count(a->shape), differ = 0;
  double most = 0;
  if (a->type != b->type || !graft_shape_equal(a->shape, b->shape)) {
    bool text = a->type == GRAFT_TEXT && b->type == GRAFT_TEXT;
    diff_text(p, a->name, text ? a->data : graft_shape_print(a->shape, x, sizeof x),
              text ? b->data : graft_shape_print(b->shape, y, sizeof y));
    return;
  }
  size_t size = graft_type_size(a->type);
  if (memcmp(a->data, b->data, n * size) == 0) return;
  p->differences++;
  for (size_t i = 0; i < n && a->type != GRAFT_TEXT; i++) {
    differ += memcmp((const char *)a->data + i * size, (const char *)b->data + i * size, size) != 0;
    most = fmax(most, fabs(number(a, i) - number(b, i)));
  }
  if (a->type == GRAFT_TEXT) {
    printf("%-28s other text\n", a->name);
  } else {
    printf("%-28s differs in %zu of %zu values, by up to %.3g\n", a->name, differ, n, most);
  }
}

/* When and where the training ran, not what came out; its options are told already. */
static bool is_record(const char *name) {
  static const char *const record[] = {"training/seconds", "training/finished", "training/data",
                                       "trainer/seconds"};
  for (size_t i = 0; i < sizeof record / sizeof *record; i++) {
    if (strcmp(name, record[i]) == 0) return true;
  }
  return false;
}

static void diff_arrays(struct pair *p) {
  for (size_t i = 0; i < p->bundle[0].arrays; i++) {
    if (is_record(p->bundle[0].array[i].name)) continue;
    const graft_array *a = &p->bundle[0].array[i], *b = graft_bundle_find(&p->bundle[1], a->name);
    if (b) diff_array(p, a, b);
    if (!b) diff_text(p, a->name, "there", "(none)");
  }
  for (size_t i = 0; i < p->bundle[1].arrays; i++) {
    const char *name = p->bundle[1].array[i].name;
    if (!is_record(name) && !graft_bundle_find(&p->bundle[0], name))
      diff_text(p, name, "(none)", "there");
  }
}

static graft_status diff_bundles(struct pair *p) {
  graft_provenance provenance[2];
  GRAFT_TRY(graft_bundle_read(p->path[0], NULL, &p->bundle[0], &provenance[0]));
  graft_status status = graft_bundle_read(p->path[1], NULL, &p->bundle[1], &provenance[1]);
  if (status == GRAFT_OK) {
    status = diff_options(p, &provenance[0], &provenance[1]);
    if (status == GRAFT_OK) diff_arrays(p);
    graft_provenance_fini(&provenance[1]);
    graft_bundle_fini(&p->bundle[1]);
  }
  graft_provenance_fini(&provenance[0]);
  graft_bundle_fini(&p->bundle[0]);
  return status;
}

/* The file meant: of a run directory its model. */
static graft_status file_of(const char **path, char text[GRAFT_INFO_PATH]) {
  if (!graft_directory_exists(*path)) return GRAFT_OK;
  int length = snprintf(text, GRAFT_INFO_PATH, "%s/model.h5", *path);
  GRAFT_CHECK(length < GRAFT_INFO_PATH, USAGE, "%s: expected a name of less than %d bytes", *path,
              GRAFT_INFO_PATH);
  *path = text;
  return GRAFT_OK;
}

graft_status graft_info_diff(const char *a, const char *b) {
  char kind[2][GRAFT_KIND_SIZE], text[2][GRAFT_INFO_PATH];
  struct pair p = {.path = {a, b}};
  for (int k = 0; k < 2; k++) GRAFT_TRY(file_of(&p.path[k], text[k]));
  for (int k = 0; k < 2; k++) GRAFT_TRY(graft_file_kind(p.path[k], kind[k]));
  GRAFT_CHECK(strcmp(kind[0], kind[1]) == 0, INPUT, "%s: expected a %s as the first file, got a %s",
              p.path[1], kind[0], kind[1]);
  GRAFT_TRY(strcmp(kind[0], "dataset") == 0 ? diff_datasets(&p) : diff_bundles(&p));
  if (p.differences == 0) printf("same content\n");
  GRAFT_CHECK(p.differences == 0, ACCURACY, "%s and %s: content differs", p.path[0], p.path[1]);
  return GRAFT_OK;
}

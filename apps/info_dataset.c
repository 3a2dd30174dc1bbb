/* SPDX-License-Identifier: BSD-2-Clause */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/info.h"
#include "apps/info_print.h"
#include "base/arena.h"
#include "io/dataset.h"

enum { MOST_SAMPLES = 1000 /* whose fields are read for the ranges */ };

/* Range of a field over the points of the regions, in the samples read. */
struct range {
  size_t samples;
  double count, sum, min, max;
};

enum { MOST_FIELDS = 64 };

/* Error estimates of a task or of all. */
struct errors {
  size_t samples; /* that have one */
  double median, max;
};

/* All that must be read before the first line is printed. */
struct report {
  const graft_source *source;
  struct range range[MOST_FIELDS];
  struct errors all, task[GRAFT_MAX_TASKS];
};

static graft_status measure(const graft_source *source, const char *field, struct range *range) {
  const graft_source_info *info = &source->info;
  size_t n = info->samples < MOST_SAMPLES ? info->samples : MOST_SAMPLES;
  size_t P = graft_source_points(info, graft_source_axes(info, field));
  float *value;
  graft_status status = GRAFT_OK;
  *range = (struct range){.samples = n, .min = INFINITY, .max = -INFINITY};
  GRAFT_TRY(graft_alloc(&value, P, sizeof *value));
  for (size_t i = 0; i < n && status == GRAFT_OK; i++) {
    size_t s = i * info->samples / n;
    const unsigned char *mask = info->geometry[info->sample_geometry[s]].mask;
    if (P != info->points) mask = NULL;
    status = source->fill(source->ctx, field, &s, 1, value);
    for (size_t p = 0; p < P && status == GRAFT_OK; p++) {
      if (mask && !mask[p]) continue;
      double v = (double)value[p];
      range->count++;
      range->sum += v;
      range->min = fmin(range->min, v);
      range->max = fmax(range->max, v);
    }
  }
  graft_free(value);
  return status;
}

static size_t count_samples(const graft_source_info *info, size_t task, const uint8_t *part,
                            int want) {
  size_t n = 0;
  for (size_t s = 0; s < info->samples; s++) {
    n += (size_t)info->task[s] == task && (!part || part[s] == want);
  }
  return n;
}

static double share_inside(const graft_source_info *info, size_t g, double *torsion) {
  size_t inside = 0;
  *torsion = 0;
  for (size_t p = 0; p < info->points; p++) {
    inside += info->geometry[g].mask[p];
    *torsion = fmax(*torsion, (double)info->geometry[g].torsion[p]);
  }
  return (double)inside / (double)info->points;
}

static int compare(const void *a, const void *b) {
  float x, y;
  memcpy(&x, a, sizeof x);
  memcpy(&y, b, sizeof y);
  return (x > y) - (x < y);
}

/* Median and maximum of the error estimates that are there; @p task: of that one, or of all (−1).
 * @p error [S] is scratch. */
static struct errors error_estimates(const graft_source_info *info, int task, float *error) {
  size_t n = 0;
  for (size_t s = 0; s < info->samples; s++) {
    bool counts = task < 0 || info->task[s] == task;
    if (counts && info->error_estimate[s] >= 0) error[n++] = info->error_estimate[s];
  }
  qsort(error, n, sizeof *error, compare);
  return (struct errors){.samples = n,
                         .median = n ? (double)error[n / 2] : NAN,
                         .max = n ? (double)error[n - 1] : NAN};
}

static graft_status read_report(struct report *r) {
  const graft_dataset_field *field;
  for (size_t i = 0; i < MOST_FIELDS && (field = graft_dataset_field_get(r->source, i)); i++) {
    GRAFT_TRY(measure(r->source, field->name, &r->range[i]));
  }
  const graft_source_info *info = &r->source->info;
  float *error;
  GRAFT_TRY(graft_alloc(&error, info->samples, sizeof *error));
  r->all = error_estimates(info, -1, error);
  for (size_t k = 0; k < info->tasks; k++) r->task[k] = error_estimates(info, (int)k, error);
  graft_free(error);
  return GRAFT_OK;
}

/* ---- for people ---- */

static void print_head(const char *path, const graft_source_info *info) {
  char text[256], size[32];
  int n = 0;
  printf("%s: data set '%s', %s\n", path, info->dataset_name,
         graft_info_size_text(graft_info_size(path), size, sizeof size));
  snprintf(text, sizeof text, "%.63s, input field %.63s", info->problem, info->field);
  graft_info_line("problem", text);
  for (int a = 0; a < info->dims; a++) {
    n += snprintf(text + n, sizeof text - (size_t)n, "%s%zu", a ? " x " : "", info->grid[a]);
  }
  n += snprintf(text + n, sizeof text - (size_t)n, " points on ");
  for (int a = 0; a < info->dims; a++) {
    n += snprintf(text + n, sizeof text - (size_t)n, "%s[%g, %g]", a ? " x " : "", info->lo[a],
                  info->hi[a]);
  }
  graft_info_line("grid", text);
  snprintf(text, sizeof text, "%zu in %zu task%s on %zu geometr%s", info->samples, info->tasks,
           info->tasks == 1 ? "" : "s", info->geometries, info->geometries == 1 ? "y" : "ies");
  graft_info_line("samples", text);
  if (info->node_start) {
    snprintf(text, sizeof text, "%lld of the samples' own meshes, %lld triangles",
             (long long)info->node_start[info->samples],
             (long long)info->triangle_start[info->samples]);
    graft_info_line("nodes", text);
  }
  if (info->outside) {
    size_t outside = 0;
    for (size_t s = 0; s < info->samples; s++) outside += info->outside[s] > 0;
    snprintf(text, sizeof text, "%zu of %zu inputs lie outside the model's training distribution",
             outside, info->samples);
    graft_info_line("outside", text);
  }
}

static void print_tasks(const graft_source_info *info) {
  for (size_t k = 0; k < info->splits; k++) {
    const graft_source_split *split = &info->split[k];
    printf("\n%-20s %9s %9s %11s %9s %9s\n", split->name, "samples", "training", "validation",
           "test", "unused");
    for (size_t t = 0; t < info->tasks; t++) {
      printf("  %-18s %9zu %9zu %11zu %9zu %9zu\n", info->task_name[t],
             count_samples(info, t, NULL, 0), count_samples(info, t, split->part, GRAFT_PART_TRAIN),
             count_samples(info, t, split->part, GRAFT_PART_VALIDATION),
             count_samples(info, t, split->part, GRAFT_PART_TEST),
             count_samples(info, t, split->part, GRAFT_PART_UNUSED));
    }
  }
}

/* Least and largest of a number over geometries. */
struct extremes {
  double low, high;
};

static const struct extremes nothing = {INFINITY, -INFINITY};

static void widen(struct extremes *e, double value) {
  e->low = fmin(e->low, value);
  e->high = fmax(e->high, value);
}

static void print_geometry(const char *name, size_t regions, struct extremes inside,
                           struct extremes torsion) {
  char share[48], top[48];
  bool one = regions == 1;
  snprintf(share, sizeof share, one ? "%.1f %%" : "%.1f to %.1f %%", 100 * inside.low,
           100 * inside.high);
  snprintf(top, sizeof top, one ? "%.6g" : "%.4g to %.4g", torsion.low, torsion.high);
  printf("  %-18s %9zu %18s %20s\n", name, regions, share, top);
}

/* Geometries of a task (of none: −1), each by itself, or many in one line. */
static void print_geometries_of(const graft_source_info *info, const int32_t *task_of, int task) {
  const size_t most = 3;
  size_t count = 0;
  struct extremes inside = nothing, torsion = nothing;
  for (size_t g = 0; g < info->geometries; g++) count += task_of[g] == task;
  for (size_t g = 0; g < info->geometries; g++) {
    double top, share;
    if (task_of[g] != task) continue;
    share = share_inside(info, g, &top);
    widen(&inside, share);
    widen(&torsion, top);
    if (count > most) continue;
    print_geometry(info->geometry[g].name, 1, inside, torsion);
    inside = torsion = nothing;
  }
  if (count <= most) return;
  print_geometry(task < 0 ? "(unused)" : info->task_name[task], count, inside, torsion);
}

static graft_status print_geometries(const graft_source_info *info) {
  int32_t *task_of;
  GRAFT_TRY(graft_alloc(&task_of, info->geometries, sizeof *task_of));
  for (size_t g = 0; g < info->geometries; g++) task_of[g] = -1;
  for (size_t s = info->samples; s-- > 0;) task_of[info->sample_geometry[s]] = info->task[s];
  printf("\n%-20s %9s %18s %20s\n", "geometry", "regions", "inside", "max torsion");
  for (int k = 0; k < (int)info->tasks; k++) print_geometries_of(info, task_of, k);
  print_geometries_of(info, task_of, -1);
  graft_free(task_of);
  return GRAFT_OK;
}

static void print_errors(const char *name, const struct errors *e) {
  if (e->samples == 0) {
    printf("  %-18s %9s %11s %11s\n", name, "none", "", "");
  } else {
    printf("  %-18s %9zu %9.2g %% %9.2g %%\n", name, e->samples, 100 * e->median, 100 * e->max);
  }
}

static void print_fields(const struct report *r) {
  const graft_dataset_field *field;
  printf("\n%-20s %12s %12s %12s  %s\n", "field", "min", "mean", "max", "meaning [unit]");
  for (size_t i = 0; i < MOST_FIELDS && (field = graft_dataset_field_get(r->source, i)); i++) {
    const struct range *range = &r->range[i];
    printf("  %-18s %12.5g %12.5g %12.5g  %s [%s]\n", field->name, range->min,
           range->sum / range->count, range->max, field->long_name, field->unit);
  }
  if (r->range[0].samples < r->source->info.samples) {
    printf("  (over %zu of %zu samples)\n", r->range[0].samples, r->source->info.samples);
  }
  if (r->all.samples == 0) {
    printf("\nerror of u: not estimated\n");
    return;
  }
  const graft_source_info *info = &r->source->info;
  printf("\n%-20s %9s %11s %11s\n", "error of u", "samples", "median", "largest");
  for (size_t k = 0; k < info->tasks; k++) print_errors(info->task_name[k], &r->task[k]);
  if (info->tasks > 1) print_errors("(all)", &r->all);
}

static graft_status print_text(const char *path, const struct report *r) {
  print_head(path, &r->source->info);
  graft_info_provenance(graft_dataset_provenance(r->source));
  print_tasks(&r->source->info);
  GRAFT_TRY(print_geometries(&r->source->info));
  print_fields(r);
  return GRAFT_OK;
}

/* ---- JSON ---- */

static void json_errors(graft_json *json, const struct errors *e) {
  graft_json_object(json, "error_estimate");
  graft_json_int(json, "samples", (long long)e->samples);
  graft_json_real(json, "median", e->median);
  graft_json_real(json, "max", e->max);
  graft_json_end_object(json);
}

static void json_tables(graft_json *json, const struct report *r) {
  const graft_source_info *info = &r->source->info;
  static const char *const part_name[] = {"training", "validation", "test"};
  graft_json_array(json, "tasks");
  for (size_t t = 0; t < info->tasks; t++) {
    graft_json_object(json, NULL);
    graft_json_text(json, "name", info->task_name[t]);
    graft_json_int(json, "samples", (long long)count_samples(info, t, NULL, 0));
    json_errors(json, &r->task[t]);
    graft_json_object(json, "splits");
    for (size_t k = 0; k < info->splits; k++) {
      graft_json_object(json, info->split[k].name);
      for (int part = 0; part < 3; part++) {
        graft_json_int(json, part_name[part],
                       (long long)count_samples(info, t, info->split[k].part, part));
      }
      graft_json_end_object(json);
    }
    graft_json_end_object(json);
    graft_json_end_object(json);
  }
  graft_json_end_array(json);
  graft_json_array(json, "geometries");
  for (size_t g = 0; g < info->geometries; g++) {
    double torsion, inside = share_inside(info, g, &torsion);
    graft_json_object(json, NULL);
    graft_json_text(json, "name", info->geometry[g].name);
    graft_json_real(json, "inside", inside);
    graft_json_real(json, "torsion_max", torsion);
    graft_json_text(json, "region_yaml", info->geometry[g].region_yaml);
    graft_json_end_object(json);
  }
  graft_json_end_array(json);
}

static void json_fields(graft_json *json, const struct report *r) {
  const graft_dataset_field *field;
  graft_json_array(json, "fields");
  for (size_t i = 0; i < MOST_FIELDS && (field = graft_dataset_field_get(r->source, i)); i++) {
    const struct range *range = &r->range[i];
    graft_json_object(json, NULL);
    graft_json_text(json, "name", field->name);
    graft_json_text(json, "long_name", field->long_name);
    graft_json_text(json, "units", field->unit);
    graft_json_int(json, "samples_read", (long long)range->samples);
    graft_json_real(json, "min", range->min);
    graft_json_real(json, "mean", range->sum / range->count);
    graft_json_real(json, "max", range->max);
    graft_json_end_object(json);
  }
  graft_json_end_array(json);
  json_errors(json, &r->all);
}

static graft_status print_json(const char *path, const struct report *r) {
  const graft_source_info *info = &r->source->info;
  graft_json json;
  graft_json_init(&json, stdout);
  graft_json_object(&json, NULL);
  graft_json_text(&json, "file", path);
  graft_json_text(&json, "kind", "dataset");
  graft_json_text(&json, "dataset_name", info->dataset_name);
  graft_json_text(&json, "problem", info->problem);
  graft_json_text(&json, "field", info->field);
  graft_json_int(&json, "samples", (long long)info->samples);
  graft_json_array(&json, "grid");
  for (int a = 0; a < info->dims; a++) graft_json_int(&json, NULL, (long long)info->grid[a]);
  graft_json_end_array(&json);
  json_tables(&json, r);
  json_fields(&json, r);
  graft_info_provenance_json(&json, graft_dataset_provenance(r->source));
  graft_json_end_object(&json);
  return graft_json_finish(&json);
}

graft_status graft_info_dataset(const char *path, bool json) {
  graft_source source;
  struct report report = {.source = &source};
  GRAFT_TRY(graft_dataset_open(path, &source));
  graft_status status = read_report(&report);
  if (status == GRAFT_OK) status = json ? print_json(path, &report) : print_text(path, &report);
  graft_source_fini(&source);
  return status;
}

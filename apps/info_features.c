/* SPDX-License-Identifier: BSD-2-Clause */
/* Report about a data set of rows: features, vocabularies, labels and parts. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "apps/info.h"
#include "apps/info_print.h"
#include "base/arena.h"
#include "io/feature_file.h"
#include "recsys/metric.h"

enum { PARTS = 3, BLOCK = 1024 };

static const char *const part_name[PARTS] = {"training", "validation", "test"};
static const char *const kind_name[] = {"categorical", "numeric", "multi_hot", "sequence"};

/* A label in a part of the rows. */
struct count {
  size_t rows; /* with a label */
  double sum;  /* of the labels */
};

/* All that must be read before the first line is printed. */
struct report {
  const graft_feature_source *source;
  size_t part[PARTS];
  struct count count[GRAFT_MAX_TASKS][PARTS];
  double attainable[GRAFT_MAX_TASKS]; /* AUC of the true probabilities on the test part */
};

/* A field [K] of all rows, label by label: [K x N]. */
static graft_status read_labels(const graft_feature_source *source, const char *field,
                                float *label) {
  const size_t N = source->info.rows, K = source->info.labels;
  size_t row[BLOCK];
  float *block;
  graft_status status = GRAFT_OK;
  GRAFT_TRY(graft_alloc(&block, BLOCK * K, sizeof *block));
  for (size_t n = 0, count; n < N && status == GRAFT_OK; n += count) {
    for (count = 0; count < BLOCK && n + count < N; count++) row[count] = n + count;
    status = source->source.fill(source->source.ctx, field, row, count, block);
    for (size_t i = 0; i < count * K && status == GRAFT_OK; i++) {
      label[i % K * N + n + i / K] = block[i];
    }
  }
  graft_free(block);
  return status;
}

static void count_labels(struct report *r, const float *label) {
  const graft_feature_info *info = &r->source->info;
  for (size_t n = 0; n < info->rows; n++) {
    const uint8_t part = info->part[n];
    if (part >= PARTS) continue;
    r->part[part]++;
    for (size_t k = 0; k < info->labels; k++) {
      const float y = label[k * info->rows + n];
      if (isnan(y)) continue;
      r->count[k][part].rows++;
      r->count[k][part].sum += (double)y;
    }
  }
}

/* AUC of the probabilities that made the labels, on the test part. */
static graft_status find_attainable(struct report *r, float *label) {
  const graft_feature_info *info = &r->source->info;
  const size_t N = info->rows, K = info->labels;
  float *truth;
  double *probability = NULL;
  graft_metrics m;
  graft_status status = GRAFT_OK;
  GRAFT_TRY(graft_alloc(&truth, K * N, sizeof *truth));
  GRAFT_TRY_TO(done, graft_alloc(&probability, N, sizeof *probability));
  GRAFT_TRY_TO(done, read_labels(r->source, "truth", truth));
  for (size_t k = 0; k < K; k++) {
    if (!info->label[k].binary) continue;
    for (size_t n = 0; n < N; n++) {
      probability[n] = (double)truth[k * N + n];
      if (info->part[n] != GRAFT_PART_TEST) label[k * N + n] = NAN;
    }
    const graft_predictions p = {N, probability, label + k * N, NULL};
    GRAFT_TRY_TO(done, graft_metrics_compute(&p, &m));
    r->attainable[k] = m.auc;
  }
done:
  graft_free(probability);
  graft_free(truth);
  return status;
}

static graft_status read_report(struct report *r) {
  const graft_feature_info *info = &r->source->info;
  float *label;
  for (size_t k = 0; k < info->labels; k++) r->attainable[k] = NAN;
  GRAFT_TRY(graft_alloc(&label, info->labels * info->rows, sizeof *label));
  graft_status status = read_labels(r->source, "label", label);
  if (status == GRAFT_OK) count_labels(r, label);
  if (status == GRAFT_OK && info->truth) status = find_attainable(r, label);
  graft_free(label);
  return status;
}

static void print_features(const graft_feature_info *info) {
  printf("\n%-24s %-12s %12s %7s %12s\n", "feature", "kind", "ids", "length", "values");
  for (size_t f = 0; f < info->features; f++) {
    const graft_feature *feature = &info->feature[f];
    const graft_feature_vocabulary *v = &info->vocabulary[feature->vocabulary];
    printf("  %-22s %-12s ", feature->name, kind_name[feature->kind]);
    if (feature->kind == GRAFT_FEATURE_NUMERIC) {
      const graft_feature_scale *scale = &info->scale[feature->slot];
      printf("(%s - %.6g) / %.6g\n", scale->log1p ? "log1p x" : "x", scale->shift, scale->scale);
      continue;
    }
    printf("%12zu %7zu ", v->ids, feature->length);
    if (feature->kind == GRAFT_FEATURE_CATEGORICAL) {
      printf("%12s%s", "", v->hashed ? " hashed" : "");
    } else {
      printf("%12zu%s", info->values[feature->slot], v->hashed ? " hashed" : "");
    }
    if (strcmp(v->name, feature->name) != 0) printf(" ids of %s", v->name);
    printf("\n");
  }
}

static void print_labels(const struct report *r) {
  const graft_feature_info *info = &r->source->info;
  printf("\n%-24s %-16s %12s %12s %12s%s\n", "label", "defined for", part_name[0], part_name[1],
         part_name[2], info->truth ? "  attainable" : "");
  printf("  %-22s %-16s %12zu %12zu %12zu\n", "(rows)", "", r->part[0], r->part[1], r->part[2]);
  for (size_t k = 0; k < info->labels; k++) {
    const graft_feature_label *label = &info->label[k];
    char space[32] = "all rows", mean[PARTS][32];
    if (label->space >= 0)
      snprintf(space, sizeof space, "%.12s = 1", info->label[label->space].name);
    for (int p = 0; p < PARTS; p++) {
      const struct count *c = &r->count[k][p];
      if (c->rows == 0) {
        snprintf(mean[p], sizeof mean[p], "none");
      } else if (label->binary) {
        snprintf(mean[p], sizeof mean[p], "%.2f %%", 100 * c->sum / (double)c->rows);
      } else {
        snprintf(mean[p], sizeof mean[p], "mean %.4g", c->sum / (double)c->rows);
      }
    }
    printf("  %-22s %-16s %12s %12s %12s", label->name, space, mean[0], mean[1], mean[2]);
    if (!isnan(r->attainable[k])) printf("  AUC %.4f", r->attainable[k]);
    printf("\n");
  }
}

static void print_text(const char *path, const struct report *r) {
  const graft_feature_info *info = &r->source->info;
  char size[32], text[128];
  printf("%s: data set '%s', %s\n", path, info->name,
         graft_info_size_text(graft_info_size(path), size, sizeof size));
  snprintf(text, sizeof text, "%zu with %zu features and %zu labels%s%s", info->rows,
           info->features, info->labels, info->user ? ", of users" : "",
           info->time ? ", in time" : "");
  graft_info_line("rows", text);
  graft_info_provenance(graft_feature_provenance(r->source));
  print_features(info);
  print_labels(r);
}

static void json_features(graft_json *json, const graft_feature_info *info) {
  graft_json_array(json, "features");
  for (size_t f = 0; f < info->features; f++) {
    const graft_feature *feature = &info->feature[f];
    graft_json_object(json, NULL);
    graft_json_text(json, "name", feature->name);
    graft_json_text(json, "kind", kind_name[feature->kind]);
    if (feature->kind == GRAFT_FEATURE_NUMERIC) {
      const graft_feature_scale *scale = &info->scale[feature->slot];
      graft_json_bool(json, "log1p", scale->log1p);
      graft_json_exact(json, "shift", scale->shift);
      graft_json_exact(json, "scale", scale->scale);
    } else {
      const graft_feature_vocabulary *v = &info->vocabulary[feature->vocabulary];
      graft_json_text(json, "vocabulary", v->name);
      graft_json_int(json, "ids", (long long)v->ids);
      graft_json_bool(json, "hashed", v->hashed);
      graft_json_int(json, "length", (long long)feature->length);
    }
    graft_json_end_object(json);
  }
  graft_json_end_array(json);
}

static void json_labels(graft_json *json, const struct report *r) {
  const graft_feature_info *info = &r->source->info;
  graft_json_array(json, "labels");
  for (size_t k = 0; k < info->labels; k++) {
    const graft_feature_label *label = &info->label[k];
    graft_json_object(json, NULL);
    graft_json_text(json, "name", label->name);
    graft_json_text(json, "type", label->binary ? "binary" : "regression");
    if (label->space >= 0) graft_json_text(json, "space", info->label[label->space].name);
    for (int p = 0; p < PARTS; p++) {
      const struct count *c = &r->count[k][p];
      graft_json_object(json, part_name[p]);
      graft_json_int(json, "rows", (long long)c->rows);
      graft_json_real(json, "mean", c->rows ? c->sum / (double)c->rows : NAN);
      graft_json_end_object(json);
    }
    if (info->truth) graft_json_real(json, "attainable_auc", r->attainable[k]);
    graft_json_end_object(json);
  }
  graft_json_end_array(json);
}

static graft_status print_json(const char *path, const struct report *r) {
  const graft_feature_info *info = &r->source->info;
  graft_json json;
  graft_json_init(&json, stdout);
  graft_json_object(&json, NULL);
  graft_json_text(&json, "file", path);
  graft_json_text(&json, "kind", "features");
  graft_json_text(&json, "dataset_name", info->name);
  graft_json_int(&json, "rows", (long long)info->rows);
  for (int p = 0; p < PARTS; p++) graft_json_int(&json, part_name[p], (long long)r->part[p]);
  json_features(&json, info);
  json_labels(&json, r);
  graft_info_provenance_json(&json, graft_feature_provenance(r->source));
  graft_json_end_object(&json);
  return graft_json_finish(&json);
}

graft_status graft_info_features(const char *path, bool json) {
  graft_feature_source source;
  struct report *r;
  GRAFT_TRY(graft_feature_open(path, &source));
  graft_status status = graft_alloc(&r, 1, sizeof *r);
  if (status == GRAFT_OK) {
    r->source = &source;
    status = read_report(r);
    if (status == GRAFT_OK && json) status = print_json(path, r);
    if (status == GRAFT_OK && !json) print_text(path, r);
  }
  graft_free(r);
  graft_feature_source_fini(&source);
  return status;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "apps/info.h"
#include "apps/info_print.h"
#include "apps/summary.h"
#include "io/bundle_file.h"
#include "io/dataset.h"
#include "io/feature_file.h"

static const char *type_name(graft_type type) {
  static const char *const name[] = {[GRAFT_FLOAT32] = "float32",
                                     [GRAFT_FLOAT64] = "float64",
                                     [GRAFT_INT64] = "int64",
                                     [GRAFT_UINT8] = "uint8",
                                     [GRAFT_TEXT] = "text"};
  return name[type];
}

static double element(const graft_array *a, size_t i) {
  switch (a->type) {
  case GRAFT_FLOAT32: return (double)((const float *)a->data)[i];
  case GRAFT_FLOAT64: return ((const double *)a->data)[i];
  case GRAFT_INT64: return (double)((const int64_t *)a->data)[i];
  default: return ((const unsigned char *)a->data)[i];
  }
}

/* A value so that it reads back bitwise. */
static void print_element(const graft_array *a, size_t i) {
  if (a->type == GRAFT_INT64) {
    printf("%lld", (long long)((const int64_t *)a->data)[i]);
  } else {
    printf("%.*g", a->type == GRAFT_FLOAT32 ? 9 : 17, element(a, i));
  }
}

static bool is_short(const graft_array *a) { return graft_shape_count(a->shape) == 1; }

/* One line of a text, the rest marked by …. */
static void print_first_line(const char *text) {
  size_t n = strcspn(text, "\n");
  bool more = text[n] != '\0' && text[n + 1] != '\0';
  printf("%.*s%s", n > 60 ? 60 : (int)n, text, more || n > 60 ? " …" : "");
}

static void print_array(const graft_array *a) {
  char shape[96];
  size_t n = graft_shape_count(a->shape);
  double min = INFINITY, max = -INFINITY, sum = 0;
  printf("  %-40s ", a->name);
  if (a->type == GRAFT_TEXT) {
    print_first_line(a->data);
  } else if (is_short(a)) {
    print_element(a, 0);
  } else {
    for (size_t i = 0; i < n; i++) {
      double v = element(a, i);
      min = fmin(min, v);
      max = fmax(max, v);
      sum += v;
    }
    printf("%s %s", type_name(a->type), graft_shape_print(a->shape, shape, sizeof shape));
    if (n) printf(", min %.4g, mean %.4g, max %.4g", min, sum / (double)n, max);
  }
  printf("\n");
}

static size_t count_elements(const graft_bundle *bundle, const char *prefix) {
  size_t n = 0;
  for (size_t i = 0; i < bundle->arrays; i++) {
    const graft_array *a = &bundle->array[i];
    if (strncmp(a->name, prefix, strlen(prefix)) == 0) n += graft_shape_count(a->shape);
  }
  return n;
}

static bool is_network(const graft_bundle *bundle) {
  const char *kind;
  return graft_bundle_find(bundle, "kind") &&
         graft_bundle_get_text(bundle, "kind", &kind) == GRAFT_OK && strcmp(kind, "deeponet") == 0;
}

/* Layers and costs of the network that a model file describes; nothing if it can't be built. */
static void print_network(const graft_bundle *bundle) {
  graft_deeponet *model;
  if (graft_deeponet_load(bundle, &model) != GRAFT_OK) {
    printf("can't be used for predictions: %s\n", graft_error_message());
    return;
  }
  printf("\n");
  graft_summary_print(stdout, model, 0);
  graft_deeponet_destroy(model);
}

static void print_text(const char *path, const char *kind, const graft_bundle *bundle,
                       const graft_provenance *provenance) {
  char size[32];
  printf("%s: %s, %s\n", path, kind,
         graft_info_size_text(graft_info_size(path), size, sizeof size));
  graft_info_provenance(provenance);
  size_t parameters = count_elements(bundle, "parameters/");
  if (parameters) printf("%-11s %zu\n", "parameters", parameters);
  if (is_network(bundle)) print_network(bundle);
  printf("\n%zu arrays\n", bundle->arrays);
  for (size_t i = 0; i < bundle->arrays; i++) print_array(&bundle->array[i]);
}

static graft_status print_json(const char *path, const char *kind, const graft_bundle *bundle,
                               const graft_provenance *provenance) {
  graft_json json;
  graft_json_init(&json, stdout);
  graft_json_object(&json, NULL);
  graft_json_text(&json, "file", path);
  graft_json_text(&json, "kind", kind);
  graft_json_int(&json, "parameters", (long long)count_elements(bundle, "parameters/"));
  graft_json_array(&json, "arrays");
  for (size_t i = 0; i < bundle->arrays; i++) {
    const graft_array *a = &bundle->array[i];
    graft_json_object(&json, NULL);
    graft_json_text(&json, "name", a->name);
    graft_json_text(&json, "type", type_name(a->type));
    graft_json_array(&json, "shape");
    for (int d = 0; d < a->shape.rank; d++) graft_json_int(&json, NULL, (long long)a->shape.dim[d]);
    graft_json_end_array(&json);
    if (a->type == GRAFT_TEXT) {
      graft_json_text(&json, "value", a->data);
    } else if (a->type == GRAFT_INT64 && is_short(a)) {
      graft_json_int(&json, "value", ((const int64_t *)a->data)[0]);
    } else if (is_short(a)) {
      graft_json_real(&json, "value", element(a, 0));
    }
    graft_json_end_object(&json);
  }
  graft_json_end_array(&json);
  graft_info_provenance_json(&json, provenance);
  graft_json_end_object(&json);
  return graft_json_finish(&json);
}

graft_status graft_info_bundle(const char *path, bool json) {
  char kind[GRAFT_KIND_SIZE];
  graft_bundle bundle;
  graft_provenance provenance;
  graft_status status = GRAFT_OK;
  GRAFT_TRY(graft_file_kind(path, kind));
  GRAFT_TRY(graft_bundle_read(path, kind, &bundle, &provenance));
  if (json) {
    status = print_json(path, kind, &bundle, &provenance);
  } else {
    print_text(path, kind, &bundle, &provenance);
  }
  graft_provenance_fini(&provenance);
  graft_bundle_fini(&bundle);
  return status;
}

/* Parameters must be finite; other arrays may hold an infinity (the best loss before the first). */
static graft_status check_finite(const char *path, const graft_bundle *bundle) {
  for (size_t i = 0; i < bundle->arrays; i++) {
    const graft_array *a = &bundle->array[i];
    if (strncmp(a->name, "parameters/", 11) != 0 || a->type == GRAFT_TEXT) continue;
    size_t n = graft_shape_count(a->shape);
    for (size_t j = 0; j < n; j++) {
      GRAFT_CHECK(isfinite(element(a, j)), INPUT,
                  "%s: /%s: element %zu: expected a finite value, got %g", path, a->name, j,
                  element(a, j));
    }
  }
  return GRAFT_OK;
}

static graft_status check_dataset(const char *path, size_t *count) {
  graft_source source;
  GRAFT_TRY(graft_dataset_open(path, &source));
  graft_status status = graft_dataset_check(&source);
  *count = source.info.samples;
  graft_source_fini(&source);
  return status;
}

static graft_status check_bundle(const char *path, const char *kind, size_t *count) {
  graft_bundle bundle;
  GRAFT_TRY(graft_bundle_read(path, kind, &bundle, NULL));
  graft_status status = check_finite(path, &bundle);
  graft_deeponet *model = NULL;
  if (status == GRAFT_OK && is_network(&bundle)) {
    status = graft_deeponet_load(&bundle, &model);
    if (status != GRAFT_OK) graft_error_prefix("%s", path);
  }
  graft_deeponet_destroy(model);
  *count = bundle.arrays;
  graft_bundle_fini(&bundle);
  return status;
}

static graft_status check_features(const char *path, size_t *count) {
  graft_feature_source source;
  GRAFT_TRY(graft_feature_open(path, &source));
  *count = source.info.rows;
  graft_status status = graft_feature_check(&source);
  graft_feature_source_fini(&source);
  return status;
}

graft_status graft_info_check(const char *path, const char *kind, bool json) {
  const bool dataset = strcmp(kind, "dataset") == 0, features = strcmp(kind, "features") == 0;
  const char *unit = dataset ? "samples" : features ? "rows" : "arrays";
  size_t count;
  GRAFT_TRY(dataset    ? check_dataset(path, &count)
            : features ? check_features(path, &count)
                       : check_bundle(path, kind, &count));
  if (!json) {
    printf("%s: %s is whole and sane (%zu %s read)\n", path, kind, count, unit);
    return GRAFT_OK;
  }
  graft_json out;
  graft_json_init(&out, stdout);
  graft_json_object(&out, NULL);
  graft_json_text(&out, "file", path);
  graft_json_text(&out, "kind", kind);
  graft_json_bool(&out, "sane", true);
  graft_json_int(&out, unit, (long long)count);
  graft_json_end_object(&out);
  return graft_json_finish(&out);
}

/* A text as a CSV field: in quotes, quotes doubled. */
static void print_quoted(const char *text) {
  putchar('"');
  for (; *text; text++) {
    if (*text == '"') putchar('"');
    putchar(*text);
  }
  putchar('"');
}

graft_status graft_info_export(const char *path) {
  graft_bundle bundle;
  GRAFT_TRY(graft_bundle_read(path, NULL, &bundle, NULL));
  printf("name,type,shape,values\n");
  for (size_t i = 0; i < bundle.arrays; i++) {
    const graft_array *a = &bundle.array[i];
    printf("%s,%s,", a->name, type_name(a->type));
    if (a->type == GRAFT_TEXT) {
      putchar(',');
      print_quoted(a->data);
    } else {
      size_t n = graft_shape_count(a->shape);
      for (int d = 0; d < a->shape.rank; d++) printf("%s%zu", d ? " " : "", a->shape.dim[d]);
      putchar(',');
      for (size_t j = 0; j < n; j++) {
        if (j) putchar(' ');
        print_element(a, j);
      }
    }
    putchar('\n');
  }
  graft_bundle_fini(&bundle);
  return GRAFT_OK;
}

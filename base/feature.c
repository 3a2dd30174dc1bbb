/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/feature.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"

size_t graft_feature_array_size(graft_feature_array array) {
  static const size_t size[GRAFT_ARRAY_COUNT] = {4, 4, 4, 4, 8, 8, 8, 4};
  return size[array];
}

size_t graft_feature_array_width(const graft_feature_info *info, graft_feature_array array) {
  switch (array) {
  case GRAFT_ARRAY_ID: return info->ids;
  case GRAFT_ARRAY_NUMBER: return info->numbers;
  case GRAFT_ARRAY_LABEL: return info->labels;
  case GRAFT_ARRAY_TRUTH: return info->truth ? info->labels : 0;
  case GRAFT_ARRAY_USER: return info->user;
  case GRAFT_ARRAY_TIME: return info->time;
  case GRAFT_ARRAY_RANGE: return info->lists ? 2 : 0;
  default: return info->lists ? 1 : 0;
  }
}

size_t graft_feature_arrays(const graft_feature_info *info) {
  return GRAFT_ARRAY_RANGE + 2 * info->lists;
}

size_t graft_feature_array_place(graft_feature_array array, size_t list) {
  if (array < GRAFT_ARRAY_RANGE) return (size_t)array;
  return GRAFT_ARRAY_RANGE + 2 * list + (array == GRAFT_ARRAY_VALUE);
}

void graft_feature_array_at(size_t place, graft_feature_array *array, size_t *list) {
  bool plain = place < GRAFT_ARRAY_RANGE;
  size_t rest = plain ? 0 : place - GRAFT_ARRAY_RANGE;
  *list = rest / 2;
  *array = (graft_feature_array)(plain ? place : GRAFT_ARRAY_RANGE + rest % 2);
}

size_t graft_feature_array_count(const graft_feature_info *info, graft_feature_array array,
                                 size_t list) {
  if (array == GRAFT_ARRAY_VALUE) return info->values[list];
  return info->rows * graft_feature_array_width(info, array);
}

graft_status graft_feature_info_init(graft_feature_info *info, size_t rows, size_t features,
                                     size_t vocabularies, size_t labels) {
  graft_status status = GRAFT_OK;
  *info = (graft_feature_info){
      .rows = rows, .features = features, .vocabularies = vocabularies, .labels = labels};
  GRAFT_TRY_TO(fail, graft_alloc(&info->feature, features, sizeof *info->feature));
  GRAFT_TRY_TO(fail, graft_alloc(&info->vocabulary, vocabularies, sizeof *info->vocabulary));
  GRAFT_TRY_TO(fail, graft_alloc(&info->label, labels, sizeof *info->label));
  GRAFT_TRY_TO(fail, graft_alloc(&info->part, rows, sizeof *info->part));
  return GRAFT_OK;
fail:
  graft_feature_info_fini(info);
  return status;
}

graft_status graft_feature_info_slots(graft_feature_info *info) {
  info->ids = info->numbers = info->lists = 0;
  for (size_t f = 0; f < info->features; f++) {
    graft_feature *feature = &info->feature[f];
    feature->slot = feature->kind == GRAFT_FEATURE_CATEGORICAL ? info->ids++
                    : feature->kind == GRAFT_FEATURE_NUMERIC   ? info->numbers++
                                                               : info->lists++;
  }
  GRAFT_TRY(graft_alloc(&info->scale, info->numbers, sizeof *info->scale));
  for (size_t q = 0; q < info->numbers; q++) info->scale[q].scale = 1;
  return graft_alloc(&info->values, info->lists, sizeof *info->values);
}

static graft_status check_tokens(const graft_feature_vocabulary *v) {
  size_t tokens = 0;
  for (size_t i = 0; i < v->bytes; i++) tokens += v->text[i] == 0;
  GRAFT_CHECK(v->ids >= GRAFT_ID_FIRST && v->ids <= INT32_MAX, INPUT,
              "vocabulary '%s': expected 2 to 2^31 - 1 ids, got %zu", v->name, v->ids);
  GRAFT_CHECK(v->hashed || (tokens == v->ids - GRAFT_ID_FIRST &&
                            (v->bytes == 0 || v->text[v->bytes - 1] == 0)),
              INPUT, "vocabulary '%s': expected %zu tokens, got %zu", v->name,
              v->ids - GRAFT_ID_FIRST, tokens);
  return GRAFT_OK;
}

static graft_status check_feature(const graft_feature_info *info, size_t f) {
  const graft_feature *feature = &info->feature[f];
  bool numeric = feature->kind == GRAFT_FEATURE_NUMERIC;
  bool list = feature->kind == GRAFT_FEATURE_MULTI_HOT || feature->kind == GRAFT_FEATURE_SEQUENCE;
  GRAFT_CHECK(feature->name[0] && feature->kind <= GRAFT_FEATURE_SEQUENCE, INPUT,
              "feature %zu: expected a name and a kind", f);
  GRAFT_CHECK(numeric || feature->vocabulary < info->vocabularies, INPUT,
              "feature '%s': expected one of %zu vocabularies, got number %zu", feature->name,
              info->vocabularies, feature->vocabulary);
  GRAFT_CHECK(list ? feature->length >= 1 && feature->length < 65536 : feature->length == 1, INPUT,
              "feature '%s': expected %s, got length %zu", feature->name,
              list ? "a length of 1 to 65535" : "one value per row", feature->length);
  for (size_t g = 0; g < f; g++) {
    GRAFT_CHECK(strcmp(info->feature[g].name, feature->name) != 0, INPUT,
                "feature '%s' is there twice", feature->name);
  }
  return GRAFT_OK;
}

static graft_status check_label(const graft_feature_info *info, size_t k) {
  const graft_feature_label *label = &info->label[k];
  GRAFT_CHECK(label->name[0], INPUT, "label %zu: expected a name", k);
  for (size_t l = 0; l < k; l++) {
    GRAFT_CHECK(strcmp(info->label[l].name, label->name) != 0, INPUT, "label '%s' is there twice",
                label->name);
  }
  if (label->space < 0) return GRAFT_OK;
  const size_t space = (size_t)label->space;
  GRAFT_CHECK(space < info->labels && space != k && info->label[space].binary, INPUT,
              "label '%s': expected the number of another binary label as space, got %zu",
              label->name, space);
  return GRAFT_OK;
}

graft_status graft_feature_info_validate(const graft_feature_info *info) {
  GRAFT_CHECK(info->rows >= 1 && info->rows < UINT32_MAX, INPUT,
              "expected 1 to 2^32 - 2 rows, got %zu", info->rows);
  GRAFT_CHECK(info->labels <= GRAFT_MAX_TASKS, INPUT, "expected at most %d labels, got %zu",
              GRAFT_MAX_TASKS, info->labels);
  for (size_t v = 0; v < info->vocabularies; v++) GRAFT_TRY(check_tokens(&info->vocabulary[v]));
  for (size_t f = 0; f < info->features; f++) GRAFT_TRY(check_feature(info, f));
  for (size_t k = 0; k < info->labels; k++) GRAFT_TRY(check_label(info, k));
  for (size_t q = 0; q < info->numbers; q++) {
    const graft_feature_scale *s = &info->scale[q];
    GRAFT_CHECK(isfinite(s->shift) && isfinite(s->scale) && s->scale > 0, INPUT,
                "number %zu: expected a finite shift and a positive scale, got %g, %g", q, s->shift,
                s->scale);
  }
  for (size_t n = 0; n < info->rows; n++) {
    uint8_t p = info->part[n];
    GRAFT_CHECK(p <= GRAFT_PART_TEST || p == GRAFT_PART_UNUSED, INPUT,
                "row %zu: expected part 0, 1, 2 or 255, got %d", n, p);
  }
  return GRAFT_OK;
}

graft_status graft_feature_info_copy(graft_feature_info *to, const graft_feature_info *from) {
  graft_status status;
  GRAFT_TRY(
      graft_feature_info_init(to, from->rows, from->features, from->vocabularies, from->labels));
  memcpy(to->name, from->name, sizeof to->name);
  memcpy(to->feature, from->feature, from->features * sizeof *from->feature);
  memcpy(to->label, from->label, from->labels * sizeof *from->label);
  memcpy(to->part, from->part, from->rows * sizeof *from->part);
  to->truth = from->truth;
  to->user = from->user;
  to->time = from->time;
  GRAFT_TRY_TO(fail, graft_feature_info_slots(to));
  if (from->numbers) memcpy(to->scale, from->scale, from->numbers * sizeof *from->scale);
  if (from->lists) memcpy(to->values, from->values, from->lists * sizeof *from->values);
  for (size_t v = 0; v < from->vocabularies; v++) {
    const graft_feature_vocabulary *a = &from->vocabulary[v];
    graft_feature_vocabulary *b = &to->vocabulary[v];
    *b = *a;
    b->text = NULL;
    if (!a->text) continue;
    GRAFT_TRY_TO(fail, graft_alloc(&b->text, a->bytes, 1));
    memcpy(b->text, a->text, a->bytes);
  }
  return GRAFT_OK;
fail:
  graft_feature_info_fini(to);
  return status;
}

void graft_feature_info_fini(graft_feature_info *info) {
  for (size_t v = 0; info->vocabulary && v < info->vocabularies; v++) {
    graft_free(info->vocabulary[v].text);
  }
  graft_free(info->feature);
  graft_free(info->scale);
  graft_free(info->values);
  graft_free(info->vocabulary);
  graft_free(info->label);
  graft_free(info->part);
  *info = (graft_feature_info){0};
}

const graft_feature *graft_feature_list(const graft_feature_info *info, size_t slot) {
  for (size_t f = 0; f < info->features; f++) {
    const graft_feature *feature = &info->feature[f];
    bool list = feature->kind == GRAFT_FEATURE_MULTI_HOT || feature->kind == GRAFT_FEATURE_SEQUENCE;
    if (list && feature->slot == slot) return feature;
  }
  return NULL;
}

size_t graft_feature_field_words(const graft_feature_info *info, graft_feature_array array,
                                 size_t list) {
  if (array == GRAFT_ARRAY_VALUE) return 1 + graft_feature_list(info, list)->length;
  return graft_feature_array_width(info, array) * (graft_feature_array_size(array) / 4);
}

static const char *const field_name[] = {"id", "number", "label", "truth", "user", "time"};

const char *graft_feature_field_name(const graft_feature_info *info, graft_feature_array array,
                                     size_t list, char *text) {
  if (array < GRAFT_ARRAY_RANGE) {
    snprintf(text, 2 * GRAFT_NAME_SIZE, "%s", field_name[array]);
  } else {
    snprintf(text, 2 * GRAFT_NAME_SIZE, "list/%s", graft_feature_list(info, list)->name);
  }
  return text;
}

graft_status graft_feature_field_find(const graft_feature_info *info, const char *field,
                                      graft_feature_array *array, size_t *list) {
  char name[2 * GRAFT_NAME_SIZE];
  *list = 0;
  for (size_t p = 0; p < graft_feature_arrays(info); p++) {
    graft_feature_array_at(p, array, list);
    if (*array == GRAFT_ARRAY_RANGE || graft_feature_array_width(info, *array) == 0) continue;
    if (strcmp(graft_feature_field_name(info, *array, *list, name), field) == 0) return GRAFT_OK;
  }
  return graft_error_set(GRAFT_INPUT, __FILE__, __LINE__, "expected a field '%.60s', got none",
                         field);
}

void graft_feature_source_fini(graft_feature_source *source) {
  graft_source_fini(&source->source);
  graft_feature_info_fini(&source->info);
  *source = (graft_feature_source){0};
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading feature files: the asked items of an array (rows, or values of lists) are sorted by
 * place; those with small gaps between them are read in one hyperslab and copied out of it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/arena.h"
#include "io/feature_file.h"
#include "io/feature_impl.h"

enum { GAP = 1 << 12, WINDOW = 1 << 20 /* bytes between items; bytes read at once */ };

/* Items begin … end of an array that go to word `to` of the output. */
struct span {
  size_t begin, end, to;
};

struct reader {
  hid_t file;
  char *path, *schema;
  graft_provenance provenance;
  graft_feature_info info;
  hid_t *set;        /* [arrays] −1: not there */
  int64_t *checksum; /* [arrays] */
  size_t capacity_span, capacity_range, capacity_window;
  struct span *span; /* of a request */
  int64_t *range;    /* of its rows */
  unsigned char *window;
};

static void destroy(void *ctx) {
  struct reader *r = ctx;
  graft_h5_lock();
  if (r->file >= 0) H5Fclose(r->file); /* strong: with the arrays */
  graft_h5_unlock();
  graft_provenance_fini(&r->provenance);
  graft_feature_info_fini(&r->info);
  graft_free(r->set);
  graft_free(r->checksum);
  graft_free(r->span);
  graft_free(r->range);
  graft_free(r->window);
  graft_free(r->schema);
  graft_free(r->path);
  graft_free(r);
}

/* Make room for `count` elements in a buffer whose content is not needed. */
static graft_status ensure(void *buffer, size_t *capacity, size_t count, size_t size) {
  void *old;
  if (count <= *capacity) return GRAFT_OK;
  memcpy(&old, buffer, sizeof old);
  graft_free(old);
  *capacity = 0;
  GRAFT_TRY(graft_alloc(buffer, count, size));
  *capacity = count;
  return GRAFT_OK;
}

static int by_begin(const void *a, const void *b) {
  const struct span *x = a, *y = b;
  return (x->begin > y->begin) - (x->begin < y->begin);
}

/* Items begin … end of an array, whole, into `out`. */
static graft_status read_items(struct reader *r, size_t p, size_t begin, size_t end, void *out) {
  graft_feature_array array;
  size_t list;
  char path[GRAFT_FEATURE_PATH], reason[128];
  graft_feature_array_at(p, &array, &list);
  const graft_shape shape = graft_feature_shape(&r->info, array, list);
  hsize_t start[2] = {begin, 0}, count[2] = {end - begin, shape.dim[1]};
  if (begin == end) return GRAFT_OK;
  graft_h5_lock();
  hid_t space = H5Dget_space(r->set[p]), memory = H5Screate_simple(shape.rank, count, NULL);
  H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL);
  herr_t ok = H5Dread(r->set[p], graft_feature_type(array), memory, space, H5P_DEFAULT, out);
  if (ok < 0) graft_h5_reason(reason, sizeof reason);
  H5Sclose(memory);
  H5Sclose(space);
  graft_h5_unlock();
  GRAFT_CHECK(ok >= 0, INPUT, "%s: /%s[%zu]: can't be read: %s", r->path,
              graft_feature_path(&r->info, array, list, path), begin, reason);
  return GRAFT_OK;
}

/* Bytes of an item: a row of an array, or one value. */
static size_t item_bytes(const struct reader *r, graft_feature_array array) {
  return graft_feature_array_size(array) * graft_feature_array_width(&r->info, array);
}

/* The spans of a request, which are sorted by the call. */
static graft_status read_spans(struct reader *r, size_t p, size_t spans, uint32_t *out) {
  graft_feature_array array;
  size_t list;
  graft_feature_array_at(p, &array, &list);
  const size_t bytes = item_bytes(r, array);
  qsort(r->span, spans, sizeof *r->span, by_begin);
  for (size_t i = 0, next; i < spans; i = next) {
    size_t end = r->span[i].end;
    for (next = i + 1; next < spans; next++) {
      const struct span *s = &r->span[next];
      if (s->begin > end && (s->begin - end) * bytes > GAP) break;
      if ((s->end - r->span[i].begin) * bytes > WINDOW) break;
      if (s->end > end) end = s->end;
    }
    const size_t first = r->span[i].begin;
    GRAFT_TRY(ensure(&r->window, &r->capacity_window, (end - first) * bytes + 1, 1));
    GRAFT_TRY(read_items(r, p, first, end, r->window));
    for (size_t j = i; j < next; j++) {
      const struct span *s = &r->span[j];
      memcpy(out + s->to, r->window + (s->begin - first) * bytes, (s->end - s->begin) * bytes);
    }
  }
  return GRAFT_OK;
}

/* Rows of an array, one behind the other. */
static graft_status read_rows(struct reader *r, size_t p, const size_t *row, size_t count,
                              void *out) {
  graft_feature_array array;
  size_t list;
  graft_feature_array_at(p, &array, &list);
  const size_t words = item_bytes(r, array) / sizeof(uint32_t);
  GRAFT_TRY(ensure(&r->span, &r->capacity_span, count, sizeof *r->span));
  for (size_t i = 0; i < count; i++) {
    GRAFT_CHECK(row[i] < r->info.rows, INTERNAL, "%s: row %zu of %zu", r->path, row[i],
                r->info.rows);
    r->span[i] = (struct span){row[i], row[i] + 1, i * words};
  }
  return read_spans(r, p, count, out);
}

static graft_status check_id(const struct reader *r, const graft_feature *feature, size_t row,
                             int32_t id) {
  const size_t ids = r->info.vocabulary[feature->vocabulary].ids;
  GRAFT_CHECK(id >= 0 && (size_t)id < ids, INPUT,
              "%s: row %zu: feature '%s': expected an id below %zu, got %d", r->path, row,
              feature->name, ids, id);
  return GRAFT_OK;
}

static graft_status check_row(const struct reader *r, graft_feature_array array, size_t row,
                              const uint32_t *word) {
  const graft_feature_info *info = &r->info;
  float x;
  for (size_t f = 0; f < info->features && array == GRAFT_ARRAY_ID; f++) {
    int32_t id;
    if (info->feature[f].kind != GRAFT_FEATURE_CATEGORICAL) continue;
    memcpy(&id, word + info->feature[f].slot, sizeof id);
    GRAFT_TRY(check_id(r, &info->feature[f], row, id));
  }
  for (size_t q = 0; q < info->numbers && array == GRAFT_ARRAY_NUMBER; q++) {
    memcpy(&x, word + q, sizeof x);
    GRAFT_CHECK(isfinite(x), INPUT, "%s: /row/number[%zu, %zu]: expected a finite number, got %g",
                r->path, row, q, (double)x);
  }
  const bool label = array == GRAFT_ARRAY_LABEL, truth = array == GRAFT_ARRAY_TRUTH;
  for (size_t k = 0; k < info->labels && (label || truth); k++) {
    memcpy(&x, word + k, sizeof x);
    const bool binary = info->label[k].binary;
    bool good = truth ? x >= 0 && x <= 1 : isnan(x) || !binary || x == 0 || x == 1;
    GRAFT_CHECK(good && !isinf(x), INPUT, "%s: row %zu: %s '%s': expected %s, got %g", r->path, row,
                label ? "label" : "truth of label", info->label[k].name,
                truth    ? "a probability"
                : binary ? "0, 1 or NaN"
                         : "a number or NaN",
                (double)x);
  }
  return GRAFT_OK;
}

/* Lists of rows: how many ids, then the ids, padded. */
static graft_status read_lists(struct reader *r, size_t list, const size_t *row, size_t count,
                               uint32_t *out) {
  const graft_feature *feature = graft_feature_list(&r->info, list);
  const size_t p = graft_feature_array_place(GRAFT_ARRAY_RANGE, list), words = 1 + feature->length;
  GRAFT_TRY(ensure(&r->range, &r->capacity_range, 2 * count, sizeof *r->range));
  GRAFT_TRY(read_rows(r, p, row, count, r->range));
  memset(out, 0, count * words * sizeof *out);
  for (size_t i = 0; i < count; i++) {
    const int64_t a = r->range[2 * i], b = r->range[2 * i + 1];
    GRAFT_CHECK(a >= 0 && a <= b && b - a <= (int64_t)feature->length &&
                    (uint64_t)b <= r->info.values[list],
                INPUT,
                "%s: /list/%s/range[%zu]: expected at most %zu of %zu values, got %lld to %lld",
                r->path, feature->name, row[i], feature->length, r->info.values[list], (long long)a,
                (long long)b);
    out[i * words] = (uint32_t)(b - a);
    r->span[i] = (struct span){(size_t)a, (size_t)b, i * words + 1};
  }
  GRAFT_TRY(read_spans(r, p + 1, count, out));
  for (size_t i = 0; i < count; i++) {
    for (size_t j = 1; j <= out[i * words]; j++) {
      GRAFT_TRY(check_id(r, feature, row[i], (int32_t)out[i * words + j]));
    }
  }
  return GRAFT_OK;
}

static graft_status fill(void *ctx, const char *field, const size_t *sample, size_t count,
                         float *out) {
  struct reader *r = ctx;
  graft_feature_array array;
  size_t list;
  uint32_t *word = (uint32_t *)(void *)out; /* bytes of any type; see base/feature.h */
  graft_status status = graft_feature_field_find(&r->info, field, &array, &list);
  if (status != GRAFT_OK) graft_error_prefix("%s", r->path);
  GRAFT_TRY(status);
  if (array == GRAFT_ARRAY_VALUE) return read_lists(r, list, sample, count, word);
  GRAFT_TRY(read_rows(r, graft_feature_array_place(array, 0), sample, count, word));
  const size_t words = graft_feature_field_words(&r->info, array, list);
  for (size_t i = 0; i < count; i++) GRAFT_TRY(check_row(r, array, sample[i], word + i * words));
  return GRAFT_OK;
}

static graft_status open_arrays(struct reader *r) {
  const size_t arrays = graft_feature_arrays(&r->info);
  GRAFT_TRY(graft_alloc(&r->set, arrays, sizeof *r->set));
  GRAFT_TRY(graft_alloc(&r->checksum, arrays, sizeof *r->checksum));
  GRAFT_TRY(graft_h5_read(r->file, "graft/checksum", H5T_NATIVE_INT64, GRAFT_SHAPE(1, arrays),
                          r->checksum));
  for (size_t p = 0; p < arrays; p++) {
    graft_feature_array array;
    size_t list, size;
    H5T_class_t class;
    graft_shape shape;
    char path[GRAFT_FEATURE_PATH], a[96], b[96];
    r->set[p] = -1;
    graft_feature_array_at(p, &array, &list);
    if (graft_feature_array_width(&r->info, array) == 0) continue;
    graft_feature_path(&r->info, array, list, path);
    const graft_shape want = graft_feature_shape(&r->info, array, list);
    GRAFT_TRY(graft_h5_look(r->file, path, &r->set[p], &class, &size, &shape));
    GRAFT_CHECK(class == H5Tget_class(graft_feature_type(array)) &&
                    size == graft_feature_array_size(array),
                INPUT, "/%s: expected another type of numbers", path);
    GRAFT_CHECK(graft_shape_equal(want, shape), INPUT, "/%s: expected shape %s, got %s", path,
                graft_shape_print(want, a, sizeof a), graft_shape_print(shape, b, sizeof b));
  }
  return GRAFT_OK;
}

static graft_status read_texts(struct reader *r) {
  char kind[GRAFT_KIND_SIZE], **text;
  GRAFT_TRY(graft_h5_read_kind(r->file, GRAFT_FEATURE_VERSION, kind));
  GRAFT_CHECK(strcmp(kind, "features") == 0, INPUT, "expected a features file, got a %s file",
              kind);
  GRAFT_TRY(graft_h5_read_texts(r->file, "graft/schema", 1, &text));
  graft_status status = graft_alloc(&r->schema, strlen(text[0]) + 1, 1);
  if (status == GRAFT_OK) memcpy(r->schema, text[0], strlen(text[0]) + 1);
  graft_free(text);
  GRAFT_TRY(status);
  return graft_h5_read_provenance(r->file, &r->provenance);
}

static graft_status open_all(struct reader *r, const char *path) {
  GRAFT_TRY(graft_alloc(&r->path, strlen(path) + 1, 1));
  memcpy(r->path, path, strlen(path) + 1);
  graft_h5_lock();
  graft_status status = graft_h5_open_sealed(path, &r->file);
  const bool opened = status == GRAFT_OK;
  if (status == GRAFT_OK) status = read_texts(r);
  if (status == GRAFT_OK) status = graft_feature_read_tables(r->file, &r->info);
  if (status == GRAFT_OK) status = open_arrays(r);
  graft_h5_unlock();
  if (opened && status != GRAFT_OK) graft_error_prefix("%s", path);
  return status;
}

graft_status graft_feature_open(const char *path, graft_feature_source *source) {
  struct reader *r;
  *source = (graft_feature_source){0};
  GRAFT_TRY(graft_alloc(&r, 1, sizeof *r));
  r->file = -1;
  graft_status status = open_all(r, path);
  if (status == GRAFT_OK) status = graft_feature_info_copy(&source->info, &r->info);
  if (status != GRAFT_OK) {
    destroy(r);
    return status;
  }
  source->source = (graft_source){.ctx = r, .fill = fill, .destroy = destroy};
  return GRAFT_OK;
}

const char *graft_feature_schema(const graft_feature_source *source) {
  return ((const struct reader *)source->source.ctx)->schema;
}

const graft_provenance *graft_feature_provenance(const graft_feature_source *source) {
  return &((const struct reader *)source->source.ctx)->provenance;
}

/* CRC-32 of a whole array. */
static graft_status check_array(struct reader *r, size_t p) {
  graft_feature_array array;
  size_t list;
  char path[GRAFT_FEATURE_PATH];
  graft_feature_array_at(p, &array, &list);
  const size_t bytes = item_bytes(r, array);
  if (bytes == 0) return GRAFT_OK;
  const size_t items =
      graft_feature_array_count(&r->info, array, list) * graft_feature_array_size(array) / bytes;
  const size_t step = WINDOW / bytes + 1;
  unsigned long crc = 0;
  GRAFT_TRY(ensure(&r->window, &r->capacity_window, step * bytes, 1));
  for (size_t i = 0; i < items; i += step) {
    const size_t end = i + step < items ? i + step : items;
    GRAFT_TRY(read_items(r, p, i, end, r->window));
    crc = crc32_z(crc, r->window, (end - i) * bytes);
  }
  GRAFT_CHECK((int64_t)crc == r->checksum[p], INPUT,
              "%s: /%s: damaged: expected checksum %08llx, got %08lx", r->path,
              graft_feature_path(&r->info, array, list, path), (unsigned long long)r->checksum[p],
              crc);
  return GRAFT_OK;
}

/* All rows of a field as fill() reads them. */
static graft_status check_field(struct reader *r, graft_feature_array array, size_t list) {
  enum { ROWS = 1024 };
  char name[2 * GRAFT_NAME_SIZE];
  size_t row[ROWS];
  float *out;
  graft_feature_field_name(&r->info, array, list, name);
  GRAFT_TRY(
      graft_alloc(&out, ROWS * graft_feature_field_words(&r->info, array, list), sizeof *out));
  graft_status status = GRAFT_OK;
  for (size_t n = 0, count; n < r->info.rows && status == GRAFT_OK; n += count) {
    for (count = 0; count < ROWS && n + count < r->info.rows; count++) row[count] = n + count;
    status = fill(r, name, row, count, out);
  }
  graft_free(out);
  return status;
}

graft_status graft_feature_check(const graft_feature_source *source) {
  struct reader *r = source->source.ctx;
  GRAFT_CHECK(source->source.fill == fill, INTERNAL, "expected a file of graft_feature_open()");
  for (size_t p = 0; p < graft_feature_arrays(&r->info); p++) {
    graft_feature_array array;
    size_t list;
    graft_feature_array_at(p, &array, &list);
    GRAFT_TRY(check_array(r, p));
    if (array == GRAFT_ARRAY_RANGE || graft_feature_array_width(&r->info, array) == 0) continue;
    GRAFT_TRY(check_field(r, array, list));
  }
  return GRAFT_OK;
}

/* A whole array, in pieces. */
static graft_status copy_array(struct reader *r, size_t p, const graft_feature_sink *sink) {
  graft_feature_array array;
  size_t list;
  graft_feature_array_at(p, &array, &list);
  const size_t width = graft_feature_array_width(&r->info, array);
  if (width == 0) return GRAFT_OK;
  const size_t items = graft_feature_array_count(&r->info, array, list) / width;
  const size_t step = WINDOW / item_bytes(r, array) + 1;
  GRAFT_TRY(ensure(&r->window, &r->capacity_window, step * item_bytes(r, array), 1));
  for (size_t i = 0; i < items; i += step) {
    const size_t end = i + step < items ? i + step : items;
    GRAFT_TRY(read_items(r, p, i, end, r->window));
    GRAFT_TRY(sink->append(sink->ctx, array, list, r->window, (end - i) * width));
  }
  return GRAFT_OK;
}

graft_status graft_feature_copy(const graft_feature_source *source,
                                const graft_feature_sink *sink) {
  struct reader *r = source->source.ctx;
  GRAFT_TRY(graft_feature_check(source));
  GRAFT_TRY(sink->begin(sink->ctx, &r->info));
  for (size_t p = 0; p < graft_feature_arrays(&r->info); p++) GRAFT_TRY(copy_array(r, p, sink));
  return GRAFT_OK;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "io/dataset_impl.h"

enum { MAX_FIELDS = 64, TEXT_SIZE = 128 };

struct reader {
  char *path;
  hid_t file, mask;
  graft_source_info info; /* borrows from the source's, which stays as long */
  size_t samples, points;
  size_t fields;
  hid_t set[MAX_FIELDS];
  size_t field_points[MAX_FIELDS];
  graft_dataset_field field[MAX_FIELDS];
  char text[MAX_FIELDS][3][TEXT_SIZE]; /* name, long name, unit */
  int64_t *checksum;                   /* [S], or NULL: the file has none */
  graft_provenance provenance;
  graft_bundle parameters;
};

/* Read samples first … first + count − 1 of a data set [S x points]. */
static graft_status read_run(const struct reader *r, hid_t set, const char *name, hid_t type,
                             size_t first, size_t count, void *out) {
  char reason[128];
  hsize_t start[GRAFT_MAX_RANK] = {first}, extent[GRAFT_MAX_RANK];
  graft_h5_lock();
  hid_t from = H5Dget_space(set);
  int rank = H5Sget_simple_extent_dims(from, extent, NULL);
  extent[0] = count;
  hid_t to = H5Screate_simple(rank, extent, NULL);
  H5Sselect_hyperslab(from, H5S_SELECT_SET, start, NULL, extent, NULL);
  herr_t ok = H5Dread(set, type, to, from, H5P_DEFAULT, out);
  if (ok < 0) graft_h5_reason(reason, sizeof reason);
  H5Sclose(to);
  H5Sclose(from);
  graft_h5_unlock();
  GRAFT_CHECK(ok >= 0, INPUT, "%s: /t0_fields/%s: samples %zu to %zu can't be read: %s", r->path,
              name, first, first + count - 1, reason);
  return GRAFT_OK;
}

/* "point 11 of task disc, number 3, at (0.25, 0.5)" for messages. */
static const char *describe(const struct reader *r, const char *field, size_t sample, size_t point,
                            char *text, size_t size) {
  const graft_source_info *info = &r->info;
  char place[96];
  graft_source_place(info, graft_source_axes(info, field), point, place, sizeof place);
  snprintf(text, size, "task %s, number %lld, at %s", info->task_name[info->task[sample]],
           (long long)info->index[sample], place);
  return text;
}

static graft_status check_finite(const struct reader *r, size_t f, size_t sample,
                                 const float *value) {
  const char *name = r->field[f].name;
  char where[256];
  for (size_t p = 0; p < r->field_points[f]; p++) {
    GRAFT_CHECK(isfinite(value[p]), INPUT,
                "%s: /t0_fields/%s[%zu]: point %zu: expected a finite value, got %g (%s)", r->path,
                name, sample, p, (double)value[p],
                describe(r, name, sample, p, where, sizeof where));
  }
  return GRAFT_OK;
}

static graft_status fill(void *ctx, const char *field, const size_t *sample, size_t count,
                         float *out) {
  const struct reader *r = ctx;
  size_t f = 0;
  while (f < r->fields && strcmp(r->field[f].name, field) != 0) f++;
  GRAFT_CHECK(f < r->fields, INPUT, "%s: /t0_fields/%s: expected a field of this name, got none",
              r->path, field);
  size_t P = r->field_points[f];
  for (size_t i = 0, run; i < count; i += run) {
    GRAFT_CHECK(sample[i] < r->samples, INTERNAL, "%s: sample %zu of %zu", r->path, sample[i],
                r->samples);
    for (run = 1; i + run < count && sample[i + run] == sample[i] + run;) run++;
    if (sample[i] + run > r->samples) run = r->samples - sample[i];
    GRAFT_TRY(read_run(r, r->set[f], field, H5T_NATIVE_FLOAT, sample[i], run, out + i * P));
    for (size_t j = 0; j < run; j++) {
      GRAFT_TRY(check_finite(r, f, sample[i + j], out + (i + j) * P));
    }
  }
  return GRAFT_OK;
}

static graft_status fill_nodes(void *ctx, size_t sample, const graft_source_nodes *nodes) {
  const struct reader *r = ctx;
  return graft_dataset_read_nodes(r->file, r->path, &r->info, sample, nodes);
}

static void destroy(void *ctx) {
  struct reader *r = ctx;
  if (!r) return;
  if (r->file >= 0) H5Fclose(r->file);
  graft_provenance_fini(&r->provenance);
  graft_bundle_fini(&r->parameters);
  graft_free(r->checksum);
  graft_free(r->path);
  graft_free(r);
}

/* Open a field, check its type and shape; no chunk cache: samples are read once and whole. */
static graft_status open_field(struct reader *r, const graft_source_info *info, const char *name,
                               H5T_class_t want_class, size_t want_size, hid_t *set) {
  char path[320], a[96], b[96];
  H5T_class_t class;
  size_t size;
  graft_shape shape, want = graft_dataset_field_shape(info, name, info->samples);
  snprintf(path, sizeof path, "t0_fields/%s", name);
  GRAFT_TRY(graft_h5_look(r->file, path, set, &class, &size, &shape));
  H5Dclose(*set);
  *set = -1;
  GRAFT_CHECK(class == want_class && size == want_size, INPUT, "/%s: expected type %s, got %s",
              path, want_size == 1 ? "uint8" : "float32",
              class == H5T_FLOAT     ? "another real type"
              : class == H5T_INTEGER ? "another integer type"
                                     : "no numbers");
  GRAFT_CHECK(graft_shape_equal(shape, want), INPUT, "/%s: expected shape %s, got %s", path,
              graft_shape_print(want, a, sizeof a), graft_shape_print(shape, b, sizeof b));
  hid_t list = H5Pcreate(H5P_DATASET_ACCESS);
  H5Pset_chunk_cache(list, 0, 0, H5D_CHUNK_CACHE_W0_DEFAULT);
  *set = H5Dopen2(r->file, path, list);
  H5Pclose(list);
  GRAFT_CHECK(*set >= 0, INPUT, "/%s: can't be opened", path);
  return GRAFT_OK;
}

static graft_status add_field(struct reader *r, const graft_source_info *info, const char *name) {
  size_t f = r->fields;
  GRAFT_CHECK(f < MAX_FIELDS && strlen(name) < TEXT_SIZE, INPUT,
              "/t0_fields: expected at most %d fields with short names", MAX_FIELDS);
  GRAFT_TRY(open_field(r, info, name, H5T_FLOAT, 4, &r->set[f]));
  r->field_points[f] = graft_source_points(info, graft_source_axes(info, name));
  snprintf(r->text[f][0], TEXT_SIZE, "%s", name);
  r->field[f] = (graft_dataset_field){r->text[f][0], r->text[f][1], r->text[f][2]};
  r->fields++;
  return GRAFT_OK;
}

static graft_status open_fields(struct reader *r, const graft_source_info *info) {
  char **name;
  size_t count;
  GRAFT_TRY(open_field(r, info, "mask", H5T_INTEGER, 1, &r->mask));
  GRAFT_TRY(graft_h5_members(r->file, "t0_fields", &count, &name));
  graft_status status = GRAFT_OK;
  for (size_t i = 0; i < count && status == GRAFT_OK; i++) {
    if (strcmp(name[i], "mask") != 0) status = add_field(r, info, name[i]);
  }
  graft_free(name);
  GRAFT_TRY(status);
  GRAFT_CHECK(r->fields > 0, INPUT, "/t0_fields: expected a field beside the mask, got none");
  return GRAFT_OK;
}

static graft_status open_reader(struct reader *r, const char *path, graft_source_info *info) {
  GRAFT_TRY(graft_alloc(&r->path, strlen(path) + 1, 1));
  memcpy(r->path, path, strlen(path));
  GRAFT_TRY(graft_dataset_read_info(r->file, info));
  r->samples = info->samples;
  r->points = info->points;
  r->info = *info;
  GRAFT_TRY(open_fields(r, info));
  if (graft_h5_exists(r->file, "graft/sample/checksum")) {
    GRAFT_TRY(graft_alloc(&r->checksum, r->samples, sizeof *r->checksum));
    GRAFT_TRY(graft_h5_read(r->file, "graft/sample/checksum", H5T_NATIVE_INT64,
                            GRAFT_SHAPE(1, r->samples), r->checksum));
  }
  GRAFT_TRY(graft_h5_read_group(r->file, "graft/parameters", "", &r->parameters));
  return graft_h5_read_provenance(r->file, &r->provenance);
}

graft_status graft_dataset_open(const char *path, graft_source *source) {
  struct reader *r;
  hid_t file;
  *source = (graft_source){0};
  GRAFT_TRY(graft_h5_open(path, &file));
  graft_status status = graft_alloc(&r, 1, sizeof *r);
  if (status != GRAFT_OK) {
    H5Fclose(file);
    return status;
  }
  r->file = file;
  graft_bundle_init(&r->parameters);
  status = open_reader(r, path, &source->info);
  if (status != GRAFT_OK) {
    graft_error_prefix("%s", path);
    graft_source_info_fini(&source->info);
    destroy(r);
    return status;
  }
  source->info.file = r->path;
  source->ctx = r;
  source->fill = fill;
  if (source->info.node_start) source->nodes = fill_nodes;
  source->destroy = destroy;
  return GRAFT_OK;
}

bool graft_dataset_has(const graft_source *source, const char *field) {
  const struct reader *r = source->ctx;
  if (source->fill != fill) return true; /* in memory: fill() tells */
  for (size_t f = 0; f < r->fields; f++) {
    if (strcmp(r->field[f].name, field) == 0) return true;
  }
  return false;
}

/* The attributes hold texts of variable length, as readers of The Well want them. HDF5 keeps no
 * checksum of these and crashes or hangs if they are damaged: our own files have them twice. */
static void read_field_text(struct reader *r, size_t i) {
  char path[TEXT_SIZE + 32], **text;
  snprintf(path, sizeof path, "graft/field_text/%s", r->text[i][0]);
  if (H5Lexists(r->file, "graft/field_text", H5P_DEFAULT) != 0) { /* there, or damaged */
    if (graft_h5_read_texts(r->file, path, 2, &text) != GRAFT_OK) return;
    for (int k = 0; k < 2; k++) snprintf(r->text[i][1 + k], TEXT_SIZE, "%s", text[k]);
    graft_free(text);
    return;
  }
  snprintf(path, sizeof path, "t0_fields/%s", r->text[i][0]);
  graft_h5_attr_get_text(r->file, path, "long_name", r->text[i][1], TEXT_SIZE);
  graft_h5_attr_get_text(r->file, path, "units", r->text[i][2], TEXT_SIZE);
}

const graft_dataset_field *graft_dataset_field_get(const graft_source *source, size_t i) {
  struct reader *r = source->ctx;
  if (source->fill != fill || i >= r->fields) return NULL;
  graft_h5_lock();
  read_field_text(r, i);
  graft_h5_unlock();
  return &r->field[i];
}

const graft_provenance *graft_dataset_provenance(const graft_source *source) {
  return source->fill == fill ? &((const struct reader *)source->ctx)->provenance : NULL;
}

const graft_bundle *graft_dataset_parameters(const graft_source *source) {
  return source->fill == fill ? &((const struct reader *)source->ctx)->parameters : NULL;
}

/* u is 0 outside the region, and so are masks that agree with their geometry. */
static graft_status check_sample(struct reader *r, const graft_source_info *info, size_t s,
                                 float *value, unsigned char *mask) {
  const unsigned char *want = info->geometry[info->sample_geometry[s]].mask;
  char where[256];
  GRAFT_TRY(read_run(r, r->mask, "mask", H5T_NATIVE_UINT8, s, 1, mask));
  for (size_t p = 0; p < r->points; p++) {
    GRAFT_CHECK(mask[p] == want[p], INPUT,
                "%s: /t0_fields/mask[%zu]: point %zu: expected %u (as geometry %d), got %u (%s)",
                r->path, s, p, want[p], info->sample_geometry[s], mask[p],
                describe(r, "u", s, p, where, sizeof where));
  }
  uint32_t crc = graft_dataset_checksum(0, NULL, 0);
  for (size_t f = 0; f < r->fields; f++) {
    GRAFT_TRY(fill(r, r->field[f].name, &s, 1, value));
    crc = graft_dataset_checksum(crc, value, r->field_points[f]);
    if (strcmp(r->field[f].name, "u") != 0) continue;
    for (size_t p = 0; p < r->points; p++) {
      GRAFT_CHECK(mask[p] || value[p] == 0, INPUT,
                  "%s: /t0_fields/u[%zu]: point %zu: expected 0 outside the region, got %g (%s)",
                  r->path, s, p, (double)value[p], describe(r, "u", s, p, where, sizeof where));
    }
  }
  GRAFT_CHECK(!r->checksum || r->checksum[s] == (int64_t)crc, INPUT,
              "%s: /graft/sample/checksum[%zu]: expected %08x, got %08llx: sample is damaged",
              r->path, s, crc, (unsigned long long)r->checksum[s]);
  return GRAFT_OK;
}

/* The nodes of a sample: all values sane, and as they were written. */
static graft_status check_nodes(struct reader *r, const int64_t *checksum, size_t s,
                                const graft_source_nodes *room) {
  GRAFT_TRY(fill_nodes(r, s, room));
  int64_t sum = graft_dataset_node_checksum(&r->info, s, room);
  GRAFT_CHECK(!checksum || checksum[s] == sum, INPUT,
              "%s: /graft/points/checksum[%zu]: expected %08llx, got %08llx: sample is damaged",
              r->path, s, (unsigned long long)sum, (unsigned long long)checksum[s]);
  return GRAFT_OK;
}

static graft_status check_all_nodes(struct reader *r) {
  graft_source_nodes room = {NULL};
  int64_t *checksum = NULL; /* [S], or NULL: the file has none */
  graft_status status;
  if (!r->info.node_start) return GRAFT_OK;
  GRAFT_TRY_TO(done, graft_source_node_room(&r->info, &room));
  if (graft_h5_exists(r->file, "graft/points/checksum")) {
    GRAFT_TRY_TO(done, graft_alloc(&checksum, r->samples, sizeof *checksum));
    GRAFT_TRY_TO(done, graft_h5_read(r->file, "graft/points/checksum", H5T_NATIVE_INT64,
                                     GRAFT_SHAPE(1, r->samples), checksum));
  }
  for (size_t s = 0; s < r->samples; s++) GRAFT_TRY_TO(done, check_nodes(r, checksum, s, &room));
  status = GRAFT_OK;
done:
  graft_free(checksum);
  graft_free(room.xyz);
  return status;
}

graft_status graft_dataset_check(const graft_source *source) {
  struct reader *r = source->ctx;
  float *value;
  unsigned char *mask;
  GRAFT_CHECK(source->fill == fill, INTERNAL, "expected a data set of graft_dataset_open()");
  GRAFT_TRY(graft_alloc(&value, r->points, sizeof *value));
  graft_status status = graft_alloc(&mask, r->points, 1);
  for (size_t s = 0; s < r->samples && status == GRAFT_OK; s++) {
    status = check_sample(r, &source->info, s, value, mask);
  }
  graft_free(mask);
  graft_free(value);
  return status == GRAFT_OK ? check_all_nodes(r) : status;
}

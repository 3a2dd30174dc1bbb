/* SPDX-License-Identifier: BSD-2-Clause */
/* Parallel writing: rank 0 lays the file out with HDF5 and closes it; samples then have known
 * places in it, and every rank writes its own with pwrite(). Letters as in dataset_layout.c. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/arena.h"
#include "io/atomic.h"
#include "io/dataset_impl.h"

uint32_t graft_dataset_checksum(uint32_t crc, const float *data, size_t count) {
  return (uint32_t)crc32_z(crc, (const unsigned char *)data, count * sizeof *data);
}

double graft_dataset_bytes(const graft_source_info *info, size_t fields) {
  double S = (double)info->samples, P = (double)info->points, G = (double)info->geometries;
  double chunk_index = 40 * (double)(fields + 1), values = P * (double)fields, nodes = 0;
  if (info->node_start) {
    nodes = (double)info->node_start[info->samples] * 4 * (4 + info->dims) +
            (double)info->triangle_start[info->samples] * 12 + 24 * S;
  }
  for (size_t i = 0; i < info->inputs; i++) {
    values -= P - (double)graft_source_points(info, info->input[i].axes);
  }
  return S * (4 * values + P + 40 + 12 * (double)info->codes + (double)info->splits + chunk_index) +
         G * P * 9 + nodes + 65536;
}

static graft_status check_info(const graft_source_info *info, const graft_dataset_field *field) {
  size_t fields = 0;
  while (field[fields].name) fields++;
  GRAFT_CHECK(fields > 0 && fields <= GRAFT_DATASET_FIELDS, INTERNAL,
              "expected 1 to %d fields, got %zu", GRAFT_DATASET_FIELDS, fields);
  GRAFT_CHECK(info->samples > 0 && info->geometries > 0, INTERNAL,
              "expected samples and geometries, got %zu and %zu", info->samples, info->geometries);
  GRAFT_CHECK(graft_source_split_get(info, "default"), INTERNAL, "expected a split 'default'");
  for (size_t s = 0; s < info->samples; s++) {
    GRAFT_CHECK(info->task[s] >= 0 && (size_t)info->task[s] < info->tasks, INTERNAL,
                "sample %zu: task %d of %zu", s, info->task[s], info->tasks);
    GRAFT_CHECK(
        info->sample_geometry[s] >= 0 && (size_t)info->sample_geometry[s] < info->geometries,
        INTERNAL, "sample %zu: geometry %d of %zu", s, info->sample_geometry[s], info->geometries);
  }
  return GRAFT_OK;
}

/* Byte in the file where sample 0 of a field lies; all samples must follow without gaps. */
static graft_status find_field(hid_t file, const graft_source_info *info, const char *name,
                               size_t bytes, uint64_t *place) {
  char path[128];
  hsize_t at[GRAFT_MAX_RANK] = {0}, size = 0;
  haddr_t first = HADDR_UNDEF, last = HADDR_UNDEF;
  unsigned filters;
  snprintf(path, sizeof path, "t0_fields/%s", name);
  hid_t set = H5Dopen2(file, path, H5P_DEFAULT);
  H5Dget_chunk_info_by_coord(set, at, &filters, &first, &size);
  at[0] = info->samples - 1;
  H5Dget_chunk_info_by_coord(set, at, &filters, &last, &size);
  H5Dclose(set);
  GRAFT_CHECK(first != HADDR_UNDEF && size == bytes && last == first + at[0] * bytes, INTERNAL,
              "/%s: HDF5 laid out the samples with gaps", path);
  *place = first;
  return GRAFT_OK;
}

static graft_status find_table(hid_t file, const char *name, uint64_t *place) {
  hid_t set = H5Dopen2(file, name, H5P_DEFAULT);
  haddr_t at = H5Dget_offset(set);
  H5Dclose(set);
  GRAFT_CHECK(at != HADDR_UNDEF, INTERNAL, "/%s: HDF5 gave it no place", name);
  *place = at;
  return GRAFT_OK;
}

graft_status graft_dataset_find_places(hid_t file, graft_dataset_writer *w) {
  size_t P = w->info->points;
  graft_dataset_places *places = &w->places;
  for (size_t f = 0; f < w->fields; f++) {
    GRAFT_TRY(
        find_field(file, w->info, w->name[f], w->points[f] * sizeof(float), &places->field[f]));
  }
  GRAFT_TRY(find_field(file, w->info, "mask", P, &places->mask));
  GRAFT_TRY(find_table(file, "graft/sample/error_estimate", &places->error));
  GRAFT_TRY(find_table(file, "graft/sample/done", &places->done));
  GRAFT_TRY(find_table(file, "graft/geometry/mask", &places->geometry_mask));
  GRAFT_TRY(find_table(file, "graft/geometry/sdf", &places->sdf));
  GRAFT_TRY(find_table(file, "graft/geometry/torsion", &places->torsion));
  if (w->info->node_start) GRAFT_TRY(graft_dataset_find_nodes(file, w));
  GRAFT_TRY(find_table(file, "graft/seconds", &places->seconds));
  return find_table(file, "graft/sample/checksum", &places->checksum);
}

static graft_status lay_out(graft_dataset_writer *w, const graft_dataset_field *field,
                            const graft_dataset_extra *extra, const graft_provenance *provenance) {
  struct stat st;
  hid_t file;
  GRAFT_TRY(graft_atomic_reserve(&w->atomic, (long long)graft_dataset_bytes(w->info, w->fields)));
  GRAFT_TRY(graft_h5_create(w->atomic.part, &file));
  graft_status status = graft_dataset_layout(file, w->info, field, extra, provenance);
  if (status == GRAFT_OK) status = graft_dataset_find_places(file, w);
  if (status == GRAFT_OK) {
    status = graft_h5_close(file);
  } else if (status != GRAFT_OUTPUT) {
    H5Fclose(file);
  }
  GRAFT_TRY(status);
  if (fstat(w->atomic.fd, &st) != 0) return GRAFT_OK;
  return graft_atomic_reserve(&w->atomic, (long long)st.st_size);
}

static graft_status begin(graft_dataset_writer *w, const graft_dataset_field *field,
                          const graft_dataset_extra *extra, const graft_provenance *provenance) {
  bool there, taken = false;
  GRAFT_TRY(graft_atomic_resume(&w->atomic, w->path, &there));
  graft_status status = GRAFT_OK;
  if (there && extra && extra->configuration)
    status = graft_dataset_take_up(w, extra->configuration, &taken);
  if (status == GRAFT_USAGE) w->keep = true; /* another run's work */
  if (status == GRAFT_OK && !taken) status = graft_atomic_empty(&w->atomic);
  if (status == GRAFT_OK && !taken) status = lay_out(w, field, extra, provenance);
  if (status != GRAFT_OK && strncmp(graft_error_message(), w->path, strlen(w->path)) != 0) {
    graft_error_prefix("%s", w->path);
  }
  return status;
}

/* Every rank opens the laid-out file for itself. */
static graft_status open_for_samples(graft_dataset_writer *w) {
  char part[4096];
  size_t S = w->info->samples;
  GRAFT_TRY(w->comm->broadcast(w->comm->ctx, &w->places, sizeof w->places));
  GRAFT_TRY(w->comm->broadcast(w->comm->ctx, w->done, S));
  GRAFT_TRY(w->comm->broadcast(w->comm->ctx, w->error, S * sizeof *w->error));
  for (size_t s = 0; s < S; s++) w->written[s] = w->comm->rank == 0 && w->done[s];
  int length = snprintf(part, sizeof part, "%s.part", w->path);
  GRAFT_CHECK(length < (int)sizeof part, OUTPUT, "%s: expected a name of at most %zu bytes",
              w->path, sizeof part - sizeof ".part");
  w->fd = open(part, O_WRONLY | O_CLOEXEC);
  GRAFT_CHECK(w->fd >= 0, OUTPUT, "%s: rank %d can't write it: %s", w->path, w->comm->rank,
              strerror(errno));
  return GRAFT_OK;
}

static graft_status prepare(graft_dataset_writer *w, const char *path,
                            const graft_dataset_field *field) {
  GRAFT_TRY(check_info(w->info, field));
  GRAFT_TRY(graft_alloc(&w->path, strlen(path) + 1, 1));
  memcpy(w->path, path, strlen(path));
  for (; field[w->fields].name; w->fields++) {
    const char *name = field[w->fields].name;
    snprintf(w->name[w->fields], GRAFT_NAME_SIZE, "%s", name);
    w->points[w->fields] = graft_source_points(w->info, graft_source_axes(w->info, name));
  }
  GRAFT_TRY(graft_alloc(&w->done, w->info->samples, 1));
  GRAFT_TRY(graft_alloc(&w->error, w->info->samples, sizeof *w->error));
  return graft_alloc(&w->written, w->info->samples, sizeof *w->written);
}

static void release(graft_dataset_writer *w) {
  if (w->fd >= 0) close(w->fd);
  if (w->keep) graft_atomic_keep(&w->atomic);
  graft_free(w->path);
  graft_free(w->written);
  graft_free(w->done);
  graft_free(w->error);
  graft_free(w);
}

graft_status graft_dataset_create(const char *path, const graft_source_info *info,
                                  const graft_dataset_field *field,
                                  const graft_dataset_extra *extra,
                                  const graft_provenance *provenance, const graft_comm *comm,
                                  graft_dataset_writer **writer) {
  graft_dataset_writer *w = NULL;
  *writer = NULL;
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  graft_status status = graft_alloc(&w, 1, sizeof *w);
  if (status == GRAFT_OK) {
    *w = (graft_dataset_writer){.comm = comm, .info = info, .atomic.fd = -1, .fd = -1};
    w->may_resume = extra && extra->configuration;
    status = prepare(w, path, field);
  }
  status = graft_comm_agree(comm, status);
  if (status == GRAFT_OK) {
    if (comm->rank == 0) status = begin(w, field, extra, provenance);
    status = graft_comm_agree(comm, status);
    if (status == GRAFT_OK) status = graft_comm_agree(comm, open_for_samples(w));
    if (status != GRAFT_OK && !w->keep) graft_atomic_abandon(&w->atomic);
  }
  if (status != GRAFT_OK) {
    if (w) release(w);
    return status;
  }
  *writer = w;
  return GRAFT_OK;
}

/* Our own system call, since HDF5 does not survive a full disk and would need all ranks at once. */
graft_status graft_dataset_write_bytes(const graft_dataset_writer *w, size_t sample, uint64_t place,
                                       const void *data, size_t bytes) {
  GRAFT_CHECK(graft_write_at(w->fd, data, bytes, (long long)place), OUTPUT,
              "%s: sample %zu can't be written: %s", w->path, sample, strerror(errno));
  return GRAFT_OK;
}

/* Write object number `sample` of an array that begins at a place in the file. */
static graft_status write_at(const graft_dataset_writer *w, size_t sample, uint64_t place,
                             const void *data, size_t bytes) {
  return graft_dataset_write_bytes(w, sample, place + sample * bytes, data, bytes);
}

static graft_status check_finite(const graft_dataset_writer *w, size_t sample, size_t f,
                                 const float *data) {
  for (size_t p = 0; p < w->points[f]; p++) {
    GRAFT_CHECK(isfinite(data[p]), DIVERGED,
                "%s: t0_fields/%s: sample %zu, point %zu: expected a finite value, got %g", w->path,
                w->name[f], sample, p, (double)data[p]);
  }
  return GRAFT_OK;
}

int64_t graft_dataset_sample_checksum(const graft_dataset_writer *w, const float *const *data) {
  uint32_t crc = graft_dataset_checksum(0, NULL, 0);
  const char *last = "";
  for (size_t n = 0; n < w->fields; n++) {
    size_t next = w->fields;
    for (size_t f = 0; f < w->fields; f++) {
      bool after = strcmp(w->name[f], last) > 0;
      if (after && (next == w->fields || strcmp(w->name[f], w->name[next]) < 0)) next = f;
    }
    if (next == w->fields) break;
    crc = graft_dataset_checksum(crc, data[next], w->points[next]);
    last = w->name[next];
  }
  return (int64_t)crc;
}

graft_status graft_dataset_write(graft_dataset_writer *w, size_t sample, const float *const *data,
                                 double error_estimate) {
  GRAFT_CHECK(sample < w->info->samples, INTERNAL, "%s: sample %zu of %zu", w->path, sample,
              w->info->samples);
  const unsigned char *mask = w->info->geometry[w->info->sample_geometry[sample]].mask;
  float error = (float)error_estimate;
  GRAFT_CHECK(isfinite(error), DIVERGED, "%s: sample %zu: expected a finite error estimate, got %g",
              w->path, sample, error_estimate);
  for (size_t f = 0; f < w->fields; f++) GRAFT_TRY(check_finite(w, sample, f, data[f]));
  size_t P = w->info->points;
  int64_t sum = graft_dataset_sample_checksum(w, data);
  const unsigned char done = 1;
  for (size_t f = 0; f < w->fields; f++) {
    GRAFT_TRY(write_at(w, sample, w->places.field[f], data[f], w->points[f] * sizeof *data[f]));
  }
  GRAFT_TRY(write_at(w, sample, w->places.mask, mask, P));
  GRAFT_TRY(write_at(w, sample, w->places.checksum, &sum, sizeof sum));
  GRAFT_TRY(write_at(w, sample, w->places.error, &error, sizeof error));
  GRAFT_TRY(write_at(w, sample, w->places.done, &done, 1));
  w->written[sample] = 1;
  return GRAFT_OK;
}

graft_status graft_dataset_write_geometry(graft_dataset_writer *w, size_t geometry) {
  const graft_source_geometry *g = &w->info->geometry[geometry];
  size_t P = w->info->points;
  GRAFT_TRY(write_at(w, geometry, w->places.geometry_mask, g->mask, P));
  GRAFT_TRY(write_at(w, geometry, w->places.sdf, g->sdf, P * sizeof *g->sdf));
  return write_at(w, geometry, w->places.torsion, g->torsion, P * sizeof *g->torsion);
}

graft_status graft_dataset_add_seconds(graft_dataset_writer *w, double seconds) {
  if (w->comm->rank != 0) return GRAFT_OK;
  w->seconds += seconds;
  GRAFT_CHECK(graft_write_at(w->fd, &w->seconds, sizeof w->seconds, (long long)w->places.seconds),
              OUTPUT, "%s: can't be written: %s", w->path, strerror(errno));
  return GRAFT_OK;
}

bool graft_dataset_done(const graft_dataset_writer *w, size_t sample, double *error_estimate) {
  if (error_estimate) *error_estimate = (double)w->error[sample];
  return w->done[sample];
}

static graft_status check_complete(const graft_dataset_writer *w) {
  size_t S = w->info->samples, missing = 0, first = S;
  GRAFT_TRY(w->comm->sum(w->comm->ctx, w->written, S));
  for (size_t s = S; s-- > 0;) {
    if (w->written[s] > 0.5) continue;
    missing++;
    first = s;
  }
  GRAFT_CHECK(missing == 0, INTERNAL, "%s: %zu of %zu samples were not written, first %zu", w->path,
              missing, S, first);
  return GRAFT_OK;
}

static graft_status finish_file(graft_dataset_writer *w) {
  int fd = w->fd;
  w->fd = -1;
  bool synced = fsync(fd) == 0 || errno == EINVAL;
  GRAFT_CHECK(close(fd) == 0 && synced, OUTPUT, "%s: can't be written: %s", w->path,
              strerror(errno));
  return GRAFT_OK;
}

graft_status graft_dataset_close(graft_dataset_writer *w, graft_status status) {
  status = graft_comm_agree(w->comm, status);
  if (status == GRAFT_OK) status = check_complete(w); /* the same result on all ranks */
  if (status == GRAFT_OK) status = finish_file(w);
  status = graft_comm_agree(w->comm, status);
  if (w->comm->rank == 0) {
    if (status == GRAFT_OK) {
      status = graft_atomic_commit(&w->atomic);
    } else if (status == GRAFT_INTERRUPTED && w->may_resume) {
      w->keep = true;
    } else {
      graft_atomic_abandon(&w->atomic);
    }
  }
  status = graft_comm_agree(w->comm, status);
  release(w);
  return status;
}

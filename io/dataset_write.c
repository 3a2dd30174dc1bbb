/* SPDX-License-Identifier: BSD-2-Clause */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#include "base/arena.h"
#include "io/atomic.h"
#include "io/comm_mpi.h"
#include "io/dataset_impl.h"

enum { MAX_FIELDS = 16 };

struct graft_dataset_writer {
  const graft_comm *comm;
  const graft_source_info *info;
  char *path;
  graft_atomic atomic; /* rank 0 holds it */
  hid_t file, mask, error, checksum;
  size_t fields;
  hid_t field[MAX_FIELDS];
  char name[MAX_FIELDS][GRAFT_NAME_SIZE];
  double *written; /* [S] 1: by this rank */
};

uint32_t graft_dataset_checksum(uint32_t crc, const float *data, size_t count) {
  return (uint32_t)crc32_z(crc, (const unsigned char *)data, count * sizeof *data);
}

double graft_dataset_bytes(const graft_source_info *info, size_t fields) {
  double S = (double)info->samples, P = (double)info->points, G = (double)info->geometries;
  double chunk_index = 40 * (double)(fields + 1);
  return S * (P * (4 * (double)fields + 1) + 40 + (double)info->splits + chunk_index) + G * P * 9 +
         65536;
}

static graft_status check_info(const graft_source_info *info, const graft_dataset_field *field) {
  size_t fields = 0;
  while (field[fields].name) fields++;
  GRAFT_CHECK(fields > 0 && fields <= MAX_FIELDS, INTERNAL, "expected 1 to %d fields, got %zu",
              MAX_FIELDS, fields);
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

static graft_status lay_out(graft_dataset_writer *w, const graft_dataset_field *field,
                            const graft_dataset_extra *extra, const graft_provenance *provenance) {
  struct stat st;
  hid_t file;
  GRAFT_TRY(graft_atomic_begin(&w->atomic, w->path));
  GRAFT_TRY(graft_atomic_reserve(&w->atomic, (long long)graft_dataset_bytes(w->info, w->fields)));
  GRAFT_TRY(graft_h5_create(w->atomic.part, &file));
  graft_status status = graft_dataset_layout(file, w->info, field, extra, provenance);
  if (status == GRAFT_OK) {
    status = graft_h5_close(&file);
  } else {
    H5Fclose(file);
  }
  if (status != GRAFT_OK) graft_error_prefix("%s", w->path);
  GRAFT_TRY(status);
  if (fstat(w->atomic.fd, &st) != 0) return GRAFT_OK;
  return graft_atomic_reserve(&w->atomic, (long long)st.st_size);
}

/* Open the laid-out file on all ranks. */
static graft_status open_for_samples(graft_dataset_writer *w) {
  char part[4096], path[128], reason[128];
  MPI_Comm mpi = graft_comm_mpi_get(w->comm);
  hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  H5Pset_file_locking(access, 0, 1);
  H5Pset_fclose_degree(access, H5F_CLOSE_STRONG);
  if (w->comm->size > 1 && mpi != MPI_COMM_NULL) H5Pset_fapl_mpio(access, mpi, MPI_INFO_NULL);
  snprintf(part, sizeof part, "%s.part", w->path);
  w->file = H5Fopen(part, H5F_ACC_RDWR, access);
  if (w->file < 0) graft_h5_reason(reason, sizeof reason);
  H5Pclose(access);
  GRAFT_CHECK(w->file >= 0, OUTPUT, "%s: can't be written: %s", w->path, reason);
  for (size_t f = 0; f < w->fields; f++) {
    snprintf(path, sizeof path, "t0_fields/%s", w->name[f]);
    w->field[f] = H5Dopen2(w->file, path, H5P_DEFAULT);
    GRAFT_CHECK(w->field[f] >= 0, OUTPUT, "%s: /%s: can't be opened", w->path, path);
  }
  w->mask = H5Dopen2(w->file, "t0_fields/mask", H5P_DEFAULT);
  w->error = H5Dopen2(w->file, "graft/sample/error_estimate", H5P_DEFAULT);
  w->checksum = H5Dopen2(w->file, "graft/sample/checksum", H5P_DEFAULT);
  GRAFT_CHECK(w->mask >= 0 && w->error >= 0 && w->checksum >= 0, OUTPUT,
              "%s: sample tables can't be opened", w->path);
  return GRAFT_OK;
}

static graft_status prepare(graft_dataset_writer *w, const char *path,
                            const graft_dataset_field *field) {
  GRAFT_TRY(check_info(w->info, field));
  GRAFT_TRY(graft_alloc(&w->path, strlen(path) + 1, 1));
  memcpy(w->path, path, strlen(path));
  for (; field[w->fields].name; w->fields++) {
    snprintf(w->name[w->fields], GRAFT_NAME_SIZE, "%s", field[w->fields].name);
  }
  return graft_alloc(&w->written, w->info->samples, sizeof *w->written);
}

static void release(graft_dataset_writer *w) {
  graft_free(w->path);
  graft_free(w->written);
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
    *w = (graft_dataset_writer){.comm = comm,
                                .info = info,
                                .atomic.fd = -1,
                                .file = -1,
                                .mask = -1,
                                .error = -1,
                                .checksum = -1};
    status = prepare(w, path, field);
  }
  status = graft_comm_agree(comm, status);
  if (status == GRAFT_OK) {
    if (comm->rank == 0) status = lay_out(w, field, extra, provenance);
    status = graft_comm_agree(comm, status);
    if (status == GRAFT_OK) status = graft_comm_agree(comm, open_for_samples(w));
    if (status != GRAFT_OK && w->file >= 0) H5Fclose(w->file);
    if (status != GRAFT_OK) graft_atomic_abandon(&w->atomic);
  }
  if (status != GRAFT_OK) {
    if (w) release(w);
    return status;
  }
  *writer = w;
  return GRAFT_OK;
}

/* Write element or sample `sample` of a data set. */
static graft_status write_one(const graft_dataset_writer *w, hid_t set, const char *name,
                              hid_t type, size_t sample, const void *data) {
  char reason[128];
  hsize_t start[GRAFT_MAX_RANK] = {sample}, count[GRAFT_MAX_RANK] = {1};
  hid_t to = H5Dget_space(set);
  int rank = H5Sget_simple_extent_ndims(to);
  for (int a = 1; a < rank; a++) count[a] = w->info->grid[a - 1];
  hid_t from = H5Screate_simple(rank, count, NULL);
  H5Sselect_hyperslab(to, H5S_SELECT_SET, start, NULL, count, NULL);
  herr_t ok = H5Dwrite(set, type, from, to, H5P_DEFAULT, data);
  if (ok < 0) graft_h5_reason(reason, sizeof reason);
  H5Sclose(from);
  H5Sclose(to);
  GRAFT_CHECK(ok >= 0, OUTPUT, "%s: %s[%zu]: can't be written: %s", w->path, name, sample, reason);
  return GRAFT_OK;
}

static graft_status check_finite(const graft_dataset_writer *w, size_t sample, size_t f,
                                 const float *data) {
  for (size_t p = 0; p < w->info->points; p++) {
    GRAFT_CHECK(isfinite(data[p]), DIVERGED,
                "%s: t0_fields/%s: sample %zu, point %zu: expected a finite value, got %g", w->path,
                w->name[f], sample, p, (double)data[p]);
  }
  return GRAFT_OK;
}

/* Checksum over the fields in alphabetical order of their names. */
static int64_t checksum(const graft_dataset_writer *w, const float *const *data) {
  uint32_t crc = graft_dataset_checksum(0, NULL, 0);
  const char *last = "";
  for (size_t n = 0; n < w->fields; n++) {
    size_t next = w->fields;
    for (size_t f = 0; f < w->fields; f++) {
      bool after = strcmp(w->name[f], last) > 0;
      if (after && (next == w->fields || strcmp(w->name[f], w->name[next]) < 0)) next = f;
    }
    if (next == w->fields) break;
    crc = graft_dataset_checksum(crc, data[next], w->info->points);
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
  for (size_t f = 0; f < w->fields; f++) {
    GRAFT_TRY(write_one(w, w->field[f], w->name[f], H5T_NATIVE_FLOAT, sample, data[f]));
  }
  int64_t sum = checksum(w, data);
  GRAFT_TRY(write_one(w, w->mask, "mask", H5T_NATIVE_UINT8, sample, mask));
  GRAFT_TRY(write_one(w, w->checksum, "checksum", H5T_NATIVE_INT64, sample, &sum));
  GRAFT_TRY(write_one(w, w->error, "error_estimate", H5T_NATIVE_FLOAT, sample, &error));
  w->written[sample] = 1;
  return GRAFT_OK;
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

graft_status graft_dataset_close(graft_dataset_writer *w, graft_status status) {
  status = graft_comm_agree(w->comm, status);
  if (status == GRAFT_OK) status = check_complete(w); /* the same result on all ranks */
  graft_status closed = graft_h5_close(&w->file);
  if (closed != GRAFT_OK && status == GRAFT_OK) {
    graft_error_prefix("%s", w->path);
    status = closed;
  }
  status = graft_comm_agree(w->comm, status);
  if (w->comm->rank == 0) {
    if (status == GRAFT_OK) {
      status = graft_atomic_commit(&w->atomic);
    } else {
      graft_atomic_abandon(&w->atomic);
    }
  }
  status = graft_comm_agree(w->comm, status);
  release(w);
  return status;
}

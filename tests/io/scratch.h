/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_TESTS_IO_SCRATCH_H
#define GRAFT_TESTS_IO_SCRATCH_H

/** @file scratch.h
 *  A directory for the files of a test program, and a small data set to write into it. */

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/source.h"
#include "io/dataset.h"

static char scratch_name[256];

/* Make the directory; call on one rank. */
static inline int scratch_make(void) {
  const char *tmp = getenv("TMPDIR");
  int n = snprintf(scratch_name, sizeof scratch_name - 7, "%s/graft-io-", tmp ? tmp : "/tmp");
  memset(scratch_name + n, 'X', 6);
  return mkdtemp(scratch_name) != NULL;
}

/* Name of a file in it; four buffers in turn. */
static inline const char *scratch(const char *file) {
  static char text[4][512];
  static int turn;
  turn = (turn + 1) % 4;
  snprintf(text[turn], sizeof text[turn], "%s/%s", scratch_name, file);
  return text[turn];
}

static inline void scratch_remove_tree(const char *name) {
  char path[4096];
  DIR *dir = opendir(name);
  for (struct dirent *e; dir && (e = readdir(dir));) {
    struct stat st;
    if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) continue;
    if (snprintf(path, sizeof path, "%s/%s", name, e->d_name) >= (int)sizeof path) continue;
    if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
      scratch_remove_tree(path);
    } else {
      unlink(path);
    }
  }
  if (dir) closedir(dir);
  rmdir(name);
}

static inline void scratch_remove(void) { scratch_remove_tree(scratch_name); }

static inline void scratch_write(const char *path, const void *data, size_t bytes) {
  FILE *file = fopen(path, "wb");
  if (!file) return;
  fwrite(data, 1, bytes, file);
  fclose(file);
}

/* Whole file into memory (free()). */
static inline char *scratch_read(const char *path, size_t *bytes) {
  struct stat st;
  *bytes = 0;
  if (stat(path, &st) != 0) return NULL;
  char *data = malloc((size_t)st.st_size + 1);
  FILE *file = fopen(path, "rb");
  if (file && data) {
    *bytes = fread(data, 1, (size_t)st.st_size, file);
    data[*bytes] = '\0';
  }
  if (file) fclose(file);
  return data;
}

/* Number of entries of a directory whose name holds `part`. */
static inline int scratch_count(const char *name, const char *part) {
  int n = 0;
  DIR *dir = opendir(name);
  for (struct dirent *e; dir && (e = readdir(dir));) {
    if (e->d_name[0] != '.' && strstr(e->d_name, part)) n++;
  }
  if (dir) closedir(dir);
  return n;
}

enum { SCRATCH_S = 18, SCRATCH_X = 5, SCRATCH_Y = 7, SCRATCH_P = SCRATCH_X * SCRATCH_Y };

static const graft_dataset_field scratch_field[] = {
    {"u", "solution", "1"}, {"log_k", "logarithm of the permeability", "1"}, {NULL, NULL, NULL}};

/* Value of field f of sample s at point p; u is 0 outside the mask. */
static inline float scratch_value(size_t f, size_t s, size_t p, int inside) {
  float value = (float)(f + 1) * 0.37f + (float)s * 0.011f - (float)p * 0.0013f;
  return f == 0 && !inside ? 0.0f : value;
}

/* Two tasks on three geometries; a default split and a second one. */
static inline graft_status scratch_info(graft_source_info *info) {
  const size_t grid[] = {SCRATCH_X, SCRATCH_Y};
  const char *name[] = {"square", "disc", "tri'angle"};
  GRAFT_TRY(graft_source_info_init(info, SCRATCH_S, 2, 3, 2, 2, grid));
  snprintf(info->dataset_name, GRAFT_NAME_SIZE, "%s", "graft-darcy");
  snprintf(info->problem, GRAFT_NAME_SIZE, "%s", "darcy");
  snprintf(info->field, GRAFT_NAME_SIZE, "%s", "lognormal");
  info->hi[0] = 1;
  info->lo[1] = -1;
  info->hi[1] = 2;
  info->seed = 18446744073709551615u;
  snprintf(info->task_name[0], GRAFT_NAME_SIZE, "%s", "first");
  snprintf(info->task_name[1], GRAFT_NAME_SIZE, "%s", "second");
  for (size_t g = 0; g < 3; g++) {
    graft_source_geometry *geometry = &info->geometry[g];
    char yaml[64];
    snprintf(geometry->name, GRAFT_NAME_SIZE, "%s", name[g]);
    snprintf(yaml, sizeof yaml, "region:\n  outer: [%zu]\n", g);
    GRAFT_TRY(graft_alloc(&geometry->region_yaml, strlen(yaml) + 1, 1));
    memcpy(geometry->region_yaml, yaml, strlen(yaml) + 1);
    for (size_t p = 0; p < SCRATCH_P; p++) {
      geometry->mask[p] = (p + g) % 4 != 0;
      geometry->sdf[p] = geometry->mask[p] ? -0.1f * (float)p : 0.3f;
      geometry->torsion[p] = geometry->mask[p] ? 0.01f * (float)p : 0.0f;
    }
  }
  for (size_t s = 0; s < SCRATCH_S; s++) {
    info->task[s] = s >= SCRATCH_S / 2;
    info->sample_geometry[s] = (int32_t)(s % 3);
    info->index[s] = (int64_t)(s % (SCRATCH_S / 2));
    info->stream[s] = (int64_t)s * 1000003;
    info->error_estimate[s] = -1;
    info->split[1].part[s] = s % 2 ? GRAFT_PART_TEST : GRAFT_PART_UNUSED;
  }
  graft_source_split_default(info, SCRATCH_S / 2, &info->split[0]);
  snprintf(info->split[1].name, GRAFT_NAME_SIZE, "%s", "odd");
  return GRAFT_OK;
}

/* Fields of sample s. */
static inline void scratch_sample(const graft_source_info *info, size_t s, float *u, float *log_k) {
  const unsigned char *mask = info->geometry[info->sample_geometry[s]].mask;
  for (size_t p = 0; p < SCRATCH_P; p++) {
    u[p] = scratch_value(0, s, p, mask[p]);
    log_k[p] = scratch_value(1, s, p, mask[p]);
  }
}

enum { SCRATCH_NODES = 4 /* most of a sample */ };

/* Sample s has 3 or 4 nodes and a triangle. */
static inline graft_status scratch_nodes_info(graft_source_info *info) {
  GRAFT_TRY(graft_source_info_nodes(info));
  for (size_t s = 0; s < info->samples; s++) {
    info->node_start[s + 1] = info->node_start[s] + 3 + (int64_t)(s % 2);
    info->triangle_start[s + 1] = info->triangle_start[s] + 1;
  }
  return GRAFT_OK;
}

/* Nodes of a sample: the first grid points of its region. */
static inline graft_status scratch_nodes(const graft_source_info *info, size_t s,
                                         graft_dataset_writer *writer) {
  const graft_source_geometry *g = &info->geometry[info->sample_geometry[s]];
  float xyz[2 * SCRATCH_NODES], value[SCRATCH_NODES], weight[SCRATCH_NODES], sdf[SCRATCH_NODES],
      torsion[SCRATCH_NODES];
  int32_t triangle[3] = {0, 2, 1};
  size_t n = 0;
  for (size_t p = 1; n < SCRATCH_NODES; p++) {
    if (!g->mask[p]) continue;
    xyz[2 * n] = (float)(p / SCRATCH_Y) / (SCRATCH_X - 1);
    xyz[2 * n + 1] = -1 + 3 * (float)(p % SCRATCH_Y) / (SCRATCH_Y - 1);
    value[n] = scratch_value(0, s, p, 1);
    weight[n] = 0.25f;
    sdf[n] = g->sdf[p];
    torsion[n++] = g->torsion[p];
  }
  return graft_dataset_write_nodes(
      writer, s, &(graft_source_nodes){xyz, value, weight, sdf, torsion, triangle});
}

/* Write the data set; `fields` 2 or 1 (u or nothing but log_k). Each rank writes its samples. */
static inline graft_status scratch_dataset(const char *path, const graft_comm *comm,
                                           const graft_provenance *provenance) {
  graft_source_info info;
  graft_dataset_writer *writer;
  graft_bundle parameters;
  float u[SCRATCH_P], log_k[SCRATCH_P];
  graft_bundle_init(&parameters);
  GRAFT_TRY(graft_bundle_put_real(&parameters, "mesh_size", 0.015625));
  GRAFT_TRY(graft_bundle_put_int(&parameters, "order", 2));
  GRAFT_TRY(graft_bundle_put_text(&parameters, "note", "a text"));
  GRAFT_TRY(scratch_info(&info));
  GRAFT_TRY(scratch_nodes_info(&info));
  graft_dataset_extra extra = {.parameters = &parameters};
  graft_status status =
      graft_dataset_create(path, &info, scratch_field, &extra, provenance, comm, &writer);
  if (status == GRAFT_OK) {
    for (size_t s = SCRATCH_S; s-- > 0 && status == GRAFT_OK;) {
      if (s % (size_t)comm->size != (size_t)comm->rank) continue;
      scratch_sample(&info, s, u, log_k);
      status = scratch_nodes(&info, s, writer);
      if (status != GRAFT_OK) break;
      status = graft_dataset_write(writer, s, (const float *[]){u, log_k},
                                   s % 5 ? 0.001 * (double)s : -1);
    }
    status = graft_dataset_close(writer, status);
  }
  graft_source_info_fini(&info);
  graft_bundle_fini(&parameters);
  return status;
}

#endif

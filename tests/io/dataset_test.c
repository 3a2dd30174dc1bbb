/* SPDX-License-Identifier: BSD-2-Clause */
/* The data set: round trip bit by bit, The Well's layout, every refusal. */
#include <hdf5.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "io/atomic.h"
#include "io/bundle_file.h"
#include "scratch.h"
#include "tests/graft_test.h"

static graft_comm comm;

static void check_tables(const graft_source_info *got, const graft_source_info *want) {
  size_t S = want->samples, P = want->points;
  T_CHECK(strcmp(got->dataset_name, want->dataset_name) == 0);
  T_CHECK(strcmp(got->problem, want->problem) == 0 && strcmp(got->field, want->field) == 0);
  T_CHECK(got->seed == want->seed);
  T_EQUAL(got->samples, S);
  T_EQUAL(got->dims, want->dims);
  T_EQUAL(got->points, P);
  T_EQUAL(got->tasks, want->tasks);
  T_EQUAL(got->geometries, want->geometries);
  T_EQUAL(got->splits, want->splits);
  T_CHECK(memcmp(got->grid, want->grid, sizeof got->grid) == 0);
  T_CHECK(memcmp(got->lo, want->lo, sizeof got->lo) == 0);
  T_CHECK(memcmp(got->hi, want->hi, sizeof got->hi) == 0);
  T_CHECK(memcmp(got->task, want->task, S * sizeof *got->task) == 0);
  T_CHECK(memcmp(got->sample_geometry, want->sample_geometry, S * sizeof(int32_t)) == 0);
  T_CHECK(memcmp(got->index, want->index, S * sizeof *got->index) == 0);
  T_CHECK(memcmp(got->stream, want->stream, S * sizeof *got->stream) == 0);
  for (size_t k = 0; k < want->tasks; k++) {
    T_CHECK(strcmp(got->task_name[k], want->task_name[k]) == 0);
  }
  for (size_t s = 0; s < want->splits; s++) {
    const uint8_t *part = graft_source_split_get(got, want->split[s].name);
    T_CHECK(part && memcmp(part, want->split[s].part, S) == 0);
  }
  for (size_t g = 0; g < want->geometries; g++) {
    const graft_source_geometry *a = &got->geometry[g], *b = &want->geometry[g];
    T_CHECK(strcmp(a->name, b->name) == 0 && strcmp(a->region_yaml, b->region_yaml) == 0);
    T_CHECK(memcmp(a->mask, b->mask, P) == 0);
    T_CHECK(memcmp(a->sdf, b->sdf, P * sizeof(float)) == 0);
    T_CHECK(memcmp(a->torsion, b->torsion, P * sizeof(float)) == 0);
  }
}

static void check_fields(const graft_source *source) {
  const size_t sample[] = {17, 3, 4, 5, 0, 17, 9};
  enum { N = sizeof sample / sizeof *sample };
  float u[N * SCRATCH_P], log_k[N * SCRATCH_P], a[SCRATCH_P], b[SCRATCH_P];
  T_OK(source->fill(source->ctx, "u", sample, N, u));
  T_OK(source->fill(source->ctx, "log_k", sample, N, log_k));
  for (size_t i = 0; i < N; i++) {
    scratch_sample(&source->info, sample[i], a, b);
    T_CHECK(memcmp(u + i * SCRATCH_P, a, sizeof a) == 0);
    T_CHECK(memcmp(log_k + i * SCRATCH_P, b, sizeof b) == 0);
    T_NEAR(source->info.error_estimate[sample[i]], sample[i] % 5 ? 0.001 * (double)sample[i] : -1.0,
           1e-9);
  }
}

static void round_trip(void) {
  graft_source_info info;
  graft_source source;
  graft_provenance provenance;
  char *argv[] = {(char[]){"graft-darcy"}, (char[]){"solve"}, (char[]){"it's"}};
  double mesh_size;
  T_OK(scratch_info(&info));
  T_OK(graft_provenance_init(&provenance, 3, argv, 1, 2));
  T_OK(graft_provenance_set_options(&provenance, "samples: 9\n"));
  T_OK(scratch_dataset(scratch("a.h5"), &comm, &provenance));
  T_EQUAL(scratch_count(scratch_name, "a.h5"), 1);
  if (T_OK(graft_dataset_open(scratch("a.h5"), &source))) {
    check_tables(&source.info, &info);
    check_fields(&source);
    T_OK(graft_dataset_check(&source));
    T_CHECK(graft_dataset_has(&source, "u") && !graft_dataset_has(&source, "v"));
    T_CHECK(strcmp(graft_dataset_field_get(&source, 1)->long_name, "solution") == 0);
    T_CHECK(graft_dataset_field_get(&source, 2) == NULL);
    T_CHECK(strcmp(graft_dataset_provenance(&source)->command, "graft-darcy solve 'it'\\''s'") ==
            0);
    T_CHECK(strcmp(graft_dataset_provenance(&source)->options, "samples: 9\n") == 0);
    T_OK(graft_bundle_get_real(graft_dataset_parameters(&source), "mesh_size", &mesh_size));
    T_NEAR(mesh_size, 0.015625, 0);
    graft_source_fini(&source);
  }
  graft_provenance_fini(&provenance);
  graft_source_info_fini(&info);
}

/* The space reserved before the work is what the file takes. */
static void size_estimate(void) {
  graft_source_info info;
  struct stat st = {0};
  T_OK(scratch_info(&info));
  T_CHECK(stat(scratch("a.h5"), &st) == 0);
  T_NEAR(graft_dataset_bytes(&info, 2), (double)st.st_size, 64e3);
  graft_source_info_fini(&info);
}

/* Every group and attribute that The Well's specification asks for. */
static void the_well_layout(void) {
  static const struct {
    const char *object, *attribute;
  } want[] = {{"/", "dataset_name"},
              {"/", "grid_type"},
              {"/", "n_spatial_dims"},
              {"/", "n_trajectories"},
              {"/", "simulation_parameters"},
              {"/", "mesh_size"},
              {"dimensions", "spatial_dims"},
              {"dimensions/time", "sample_varying"},
              {"dimensions/x", "sample_varying"},
              {"dimensions/x", "time_varying"},
              {"dimensions/y", "time_varying"},
              {"boundary_conditions/x_boundary", "associated_dims"},
              {"boundary_conditions/x_boundary", "associated_fields"},
              {"boundary_conditions/x_boundary", "bc_type"},
              {"boundary_conditions/y_boundary", "sample_varying"},
              {"boundary_conditions/y_boundary", "time_varying"},
              {"scalars", "field_names"},
              {"scalars/mesh_size", "time_varying"},
              {"t0_fields", "field_names"},
              {"t0_fields/u", "dim_varying"},
              {"t0_fields/u", "sample_varying"},
              {"t0_fields/u", "time_varying"},
              {"t0_fields/u", "units"},
              {"t0_fields/log_k", "long_name"},
              {"t0_fields/mask", "units"},
              {"t1_fields", "field_names"},
              {"t2_fields", "field_names"}};
  hid_t file = H5Fopen(scratch("a.h5"), H5F_ACC_RDONLY, H5P_DEFAULT);
  for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
    bool there = H5Aexists_by_name(file, want[i].object, want[i].attribute, H5P_DEFAULT) > 0;
    T_CHECK(there);
    if (!there) printf("# %s@%s\n", want[i].object, want[i].attribute);
  }
  T_CHECK(H5Lexists(file, "boundary_conditions/x_boundary/mask", H5P_DEFAULT) > 0);
  T_CHECK(H5Lexists(file, "boundary_conditions/x_boundary/values", H5P_DEFAULT) > 0);
  hid_t set = H5Dopen2(file, "t0_fields/u", H5P_DEFAULT), list = H5Dget_create_plist(set);
  hsize_t chunk[3] = {0};
  T_EQUAL(H5Pget_chunk(list, 3, chunk), 3);
  T_CHECK(chunk[0] == 1 && chunk[1] == SCRATCH_X && chunk[2] == SCRATCH_Y);
  H5Pclose(list);
  H5Dclose(set);
  H5Fclose(file);
}

static graft_status open_close(const char *path) {
  graft_source source;
  graft_status status = graft_dataset_open(path, &source);
  if (status == GRAFT_OK) graft_source_fini(&source);
  return status;
}

static graft_status open_check(const char *path) {
  graft_source source;
  GRAFT_TRY(graft_dataset_open(path, &source));
  graft_status status = graft_dataset_check(&source);
  graft_source_fini(&source);
  return status;
}

static void foreign_files(void) {
  size_t bytes;
  char *data = scratch_read(scratch("a.h5"), &bytes);
  T_FAILS(open_close(scratch("none.h5")), GRAFT_INPUT, "No such file");
  T_FAILS(open_close(scratch_name), GRAFT_INPUT, "directory");
  scratch_write(scratch("text.h5"), "hello, world\n", 13);
  T_FAILS(open_close(scratch("text.h5")), GRAFT_INPUT, "expected an HDF5 file");
  scratch_write(scratch("empty.h5"), "", 0);
  T_FAILS(open_close(scratch("empty.h5")), GRAFT_INPUT, "an empty file");
  for (size_t cut = 1; cut < 24; cut++) {
    scratch_write(scratch("cut.h5"), data, bytes * cut / 24);
    T_FAILS(open_close(scratch("cut.h5")), GRAFT_INPUT, "cut.h5");
  }
  scratch_write(scratch("cut.h5"), data, bytes - 1);
  T_FAILS(open_close(scratch("cut.h5")), GRAFT_INPUT, "damaged HDF5 file");
  hid_t file = H5Fcreate(scratch("foreign.h5"), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  H5Fclose(file);
  T_FAILS(open_close(scratch("foreign.h5")), GRAFT_INPUT, "expected a file of Graft");
  graft_bundle bundle;
  graft_bundle_init(&bundle);
  T_OK(graft_bundle_write(scratch("model.h5"), "model", &bundle, NULL));
  T_FAILS(open_close(scratch("model.h5")), GRAFT_INPUT, "expected a dataset file, got a model");
  free(data);
}

/* Overwrite one element of a data set in a copy of a.h5. */
static const char *damage(const char *name, hid_t type, size_t at, const void *value) {
  size_t bytes;
  char *data = scratch_read(scratch("a.h5"), &bytes);
  scratch_write(scratch("bad.h5"), data, bytes);
  free(data);
  hid_t file = H5Fopen(scratch("bad.h5"), H5F_ACC_RDWR, H5P_DEFAULT);
  hid_t set = H5Dopen2(file, name, H5P_DEFAULT), space = H5Dget_space(set);
  hsize_t dim[5], where[5] = {0}, one = 1;
  int rank = H5Sget_simple_extent_dims(space, dim, NULL);
  for (int a = rank; a-- > 0; at /= dim[a]) where[a] = at % dim[a];
  hid_t memory = H5Screate_simple(1, &one, NULL);
  H5Sselect_elements(space, H5S_SELECT_SET, 1, where);
  T_CHECK(H5Dwrite(set, type, memory, space, H5P_DEFAULT, value) >= 0);
  H5Sclose(memory);
  H5Sclose(space);
  H5Dclose(set);
  H5Fclose(file);
  return scratch("bad.h5");
}

static void bad_values(void) {
  const float nan_ = NAN, inf_ = INFINITY, far = 2.5f;
  const int32_t minus = -1, big = 3;
  const int64_t version = 9, negative = -4;
  const uint8_t seven = 7, two = 2;
  const size_t at = 5 * SCRATCH_P + 11;
  int wrong = 0;
  T_FAILS(open_check(damage("t0_fields/u", H5T_NATIVE_FLOAT, at, &nan_)), GRAFT_INPUT,
          "/t0_fields/u[5]: point 11: expected a finite value, got nan (task first, number 5, at "
          "(0.25, 1))");
  T_FAILS(open_check(damage("t0_fields/log_k", H5T_NATIVE_FLOAT, at, &inf_)), GRAFT_INPUT,
          "/t0_fields/log_k[5]: point 11");
  T_FAILS(open_check(damage("t0_fields/log_k", H5T_NATIVE_FLOAT, at, &far)), GRAFT_INPUT,
          "checksum[5]");
  T_FAILS(open_check(damage("t0_fields/u", H5T_NATIVE_FLOAT, 3 * SCRATCH_P, &far)), GRAFT_INPUT,
          "/t0_fields/u[3]: point 0: expected 0 outside");
  T_FAILS(open_check(damage("t0_fields/mask", H5T_NATIVE_UINT8, at, &two)), GRAFT_INPUT,
          "/t0_fields/mask[5]: point 11");
  for (uint8_t bit = 0; bit < 2; bit++) { /* one of them is the mask of the geometry */
    wrong += open_check(damage("t0_fields/mask", H5T_NATIVE_UINT8, at, &bit)) == GRAFT_INPUT;
  }
  T_EQUAL(wrong, 1);
  T_FAILS(open_close(damage("graft/geometry/mask", H5T_NATIVE_UINT8, SCRATCH_P + 4, &two)),
          GRAFT_INPUT, "/graft/geometry/mask[1]: point 4: expected 0 or 1, got 2");
  T_FAILS(open_close(damage("graft/geometry/sdf", H5T_NATIVE_FLOAT, 2, &nan_)), GRAFT_INPUT,
          "/graft/geometry/sdf[0]: point 2");
  T_FAILS(open_close(damage("graft/sample/task", H5T_NATIVE_INT32, 7, &minus)), GRAFT_INPUT,
          "/graft/sample/task[7]: expected 0 to 1, got -1");
  T_FAILS(open_close(damage("graft/sample/geometry", H5T_NATIVE_INT32, 7, &big)), GRAFT_INPUT,
          "/graft/sample/geometry[7]: expected 0 to 2, got 3");
  T_FAILS(open_close(damage("graft/sample/index", H5T_NATIVE_INT64, 0, &negative)), GRAFT_INPUT,
          "/graft/sample/index[0]");
  T_FAILS(open_close(damage("graft/sample/error_estimate", H5T_NATIVE_FLOAT, 2, &nan_)),
          GRAFT_INPUT, "/graft/sample/error_estimate[2]");
  T_FAILS(open_close(damage("graft/split/odd", H5T_NATIVE_UINT8, 3, &seven)), GRAFT_INPUT,
          "/graft/split/odd[3]: expected 0, 1, 2 or 255, got 7");
  T_FAILS(open_close(damage("graft/format_version", H5T_NATIVE_INT64, 0, &version)), GRAFT_INPUT,
          "/graft/format_version: expected 1 to 1, got 9");
  T_FAILS(open_close(damage("dimensions/x", H5T_NATIVE_FLOAT, 1, &far)), GRAFT_INPUT,
          "/dimensions/x[1]: expected 0.25");
}

/* What is wrong with nodes is named; sample 2 has nodes 7 to 9, sample 3 four from 10 on. */
static void bad_nodes(void) {
  const float nan_ = NAN, far = 0.9f, off = 7, minus = -0.1f;
  const int64_t early = 6, more = 100, huge = INT64_C(1) << 33;
  const int32_t beyond = 3;
  T_FAILS(open_close(damage("graft/points/offset", H5T_NATIVE_INT64, 3, &early)), GRAFT_INPUT,
          "/graft/points/offset[3]: expected at least 8, 1 more than the one before, got 6");
  T_FAILS(open_close(damage("graft/points/offset", H5T_NATIVE_INT64, 0, &early)), GRAFT_INPUT,
          "/graft/points/offset[0]: expected 0, got 6");
  T_FAILS(open_close(damage("graft/points/offset", H5T_NATIVE_INT64, SCRATCH_S, &more)),
          GRAFT_INPUT, "/graft/points/xyz: expected shape [100 x 2], got [63 x 2]");
  T_FAILS(open_close(damage("graft/points/offset", H5T_NATIVE_INT64, SCRATCH_S, &huge)),
          GRAFT_INPUT, "expected at most 2147483647 more than the one before");
  T_FAILS(open_check(damage("graft/points/value", H5T_NATIVE_FLOAT, 8, &nan_)), GRAFT_INPUT,
          "/graft/points/value: sample 2, node 1: expected a finite value, got nan");
  T_FAILS(open_check(damage("graft/points/xyz", H5T_NATIVE_FLOAT, 14, &off)), GRAFT_INPUT,
          "/graft/points/xyz: sample 2, node 0: expected coordinates in [0, 1], got 7");
  T_FAILS(open_check(damage("graft/points/xyz", H5T_NATIVE_FLOAT, 14, &far)), GRAFT_INPUT,
          "/graft/points/xyz: sample 2, node 0: expected a point of the region");
  T_FAILS(open_check(damage("graft/points/sdf", H5T_NATIVE_FLOAT, 7, &far)), GRAFT_INPUT,
          "/graft/points/xyz: sample 2, node 0: expected a point of the region");
  T_FAILS(open_check(damage("graft/points/weight", H5T_NATIVE_FLOAT, 7, &minus)), GRAFT_INPUT,
          "/graft/points/weight: sample 2, node 0: expected 0 or more, got -0.1");
  T_FAILS(open_check(damage("graft/points/triangle", H5T_NATIVE_INT32, 6, &beyond)), GRAFT_INPUT,
          "/graft/points/triangle: sample 2, triangle 0: expected nodes 0 to 2, got 3");
  T_FAILS(open_check(damage("graft/points/value", H5T_NATIVE_FLOAT, 8, &far)), GRAFT_INPUT,
          "/graft/points/checksum[2]");
}

/* Replace a data set of a copy of a.h5 by one of another type and shape (NULL name: only removed).
 */
static const char *replace(const char *name, hid_t type, int rank, const hsize_t *dim,
                           const void *data) {
  size_t bytes;
  char *copy = scratch_read(scratch("a.h5"), &bytes);
  scratch_write(scratch("bad.h5"), copy, bytes);
  free(copy);
  hid_t file = H5Fopen(scratch("bad.h5"), H5F_ACC_RDWR, H5P_DEFAULT);
  T_CHECK(H5Ldelete(file, name, H5P_DEFAULT) >= 0);
  if (rank >= 0) {
    hid_t space = rank ? H5Screate_simple(rank, dim, NULL) : H5Screate(H5S_SCALAR);
    hid_t set = H5Dcreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    if (data) H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data);
    H5Dclose(set);
    H5Sclose(space);
  }
  H5Fclose(file);
  return scratch("bad.h5");
}

static void bad_shapes(void) {
  static const double zero[SCRATCH_S * SCRATCH_P];
  const hsize_t good[] = {SCRATCH_S, SCRATCH_X, SCRATCH_Y}, turned[] = {SCRATCH_S, 7, 5};
  const hsize_t few[] = {SCRATCH_S - 1}, huge[] = {1ull << 40}, flat[] = {SCRATCH_S};
  static const char *const needed[] = {"graft/kind",
                                       "graft/extent",
                                       "graft/sample/task",
                                       "graft/sample/error_estimate",
                                       "graft/task/name",
                                       "graft/geometry/name",
                                       "graft/geometry/region_yaml",
                                       "graft/geometry/mask",
                                       "graft/geometry/torsion",
                                       "graft/split",
                                       "graft/split/default",
                                       "dimensions/y",
                                       "t0_fields/mask",
                                       "t0_fields",
                                       "graft/seed",
                                       "graft/problem"};
  for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
    T_FAILS(open_close(replace(needed[i], 0, -1, NULL, NULL)), GRAFT_INPUT,
            strstr(needed[i], "kind") ? "expected a file of Graft" : needed[i]);
  }
  T_FAILS(open_close(replace("t0_fields/u", H5T_NATIVE_DOUBLE, 3, good, zero)), GRAFT_INPUT,
          "/t0_fields/u: expected type float32, got another real type");
  T_FAILS(open_close(replace("t0_fields/u", H5T_NATIVE_INT, 3, good, zero)), GRAFT_INPUT,
          "/t0_fields/u: expected type float32");
  T_FAILS(open_close(replace("t0_fields/u", H5T_NATIVE_FLOAT, 3, turned, zero)), GRAFT_INPUT,
          "/t0_fields/u: expected shape [18 x 5 x 7], got [18 x 7 x 5]");
  T_FAILS(open_close(replace("t0_fields/u", H5T_NATIVE_FLOAT, 3, good, NULL)), GRAFT_INPUT,
          "/t0_fields/u: expected 2520 bytes of data, got 0");
  T_FAILS(open_close(replace("graft/sample/task", H5T_NATIVE_INT32, 1, few, zero)), GRAFT_INPUT,
          "expected shape [17], got [18]");
  T_FAILS(open_close(replace("graft/sample/task", H5T_NATIVE_INT32, 1, huge, NULL)), GRAFT_INPUT,
          "/graft/sample/task: expected");
  T_FAILS(open_close(replace("graft/sample/stream", H5T_NATIVE_FLOAT, 1, flat, zero)), GRAFT_INPUT,
          "/graft/sample/stream: expected type 8-byte integer, got 4-byte real");
  T_FAILS(open_close(replace("graft/extent", H5T_NATIVE_DOUBLE, 1, flat, zero)), GRAFT_INPUT,
          "/graft/extent: expected shape");
  T_FAILS(open_close(replace("graft/task/name", H5T_NATIVE_INT, 1, flat, zero)), GRAFT_INPUT,
          "/graft/task/name: expected text, got numbers");
  T_OK(open_close(replace("graft/sample/checksum", 0, -1, NULL, NULL)));
  T_OK(open_close(replace("graft/provenance", 0, -1, NULL, NULL)));
  T_OK(open_close(replace("graft/dataset_name", 0, -1, NULL, NULL)));
}

static void inputs_only(void) {
  graft_source_info info;
  graft_dataset_writer *writer;
  graft_source source;
  float u[SCRATCH_P], log_k[SCRATCH_P];
  const size_t first = 0;
  T_OK(scratch_info(&info));
  T_OK(
      graft_dataset_create(scratch("in.h5"), &info, &scratch_field[1], NULL, NULL, &comm, &writer));
  for (size_t s = 0; s < SCRATCH_S; s++) {
    scratch_sample(&info, s, u, log_k);
    T_OK(graft_dataset_write(writer, s, (const float *[]){log_k}, -1));
  }
  T_OK(graft_dataset_close(writer, GRAFT_OK));
  T_OK(graft_dataset_open(scratch("in.h5"), &source));
  T_CHECK(!graft_dataset_has(&source, "u"));
  T_FAILS(source.fill(source.ctx, "u", &first, 1, u), GRAFT_INPUT,
          "in.h5: /t0_fields/u: expected a field of this name");
  T_OK(graft_dataset_check(&source));
  graft_source_fini(&source);
  graft_source_info_fini(&info);
}

/* Failures of the caller and of the data leave nothing behind; an older file stays whole. */
static void failures_leave_nothing(void) {
  graft_source_info info;
  graft_dataset_writer *writer;
  float u[SCRATCH_P] = {0}, log_k[SCRATCH_P] = {0};
  T_OK(scratch_info(&info));
  T_OK(graft_dataset_create(scratch("f.h5"), &info, scratch_field, NULL, NULL, &comm, &writer));
  T_EQUAL(scratch_count(scratch_name, "f.h5.part"), 1);
  T_FAILS(graft_dataset_create(scratch("f.h5"), &info, scratch_field, NULL, NULL, &comm,
                               &(graft_dataset_writer *){NULL}),
          GRAFT_OUTPUT, "is being written by another process");
  log_k[4] = NAN;
  T_FAILS(graft_dataset_write(writer, 2, (const float *[]){u, log_k}, 0), GRAFT_DIVERGED,
          "log_k: sample 2, point 4");
  T_CHECK(graft_dataset_close(writer, GRAFT_DIVERGED) == GRAFT_DIVERGED);
  T_EQUAL(scratch_count(scratch_name, "f.h5"), 0);
  T_OK(graft_dataset_create(scratch("f.h5"), &info, scratch_field, NULL, NULL, &comm, &writer));
  T_FAILS(graft_dataset_close(writer, GRAFT_OK), GRAFT_INTERNAL, "18 of 18 samples were not");
  T_EQUAL(scratch_count(scratch_name, "f.h5"), 0);
  T_OK(graft_dataset_create(scratch("a.h5"), &info, scratch_field, NULL, NULL, &comm, &writer));
  T_CHECK(graft_dataset_close(writer, GRAFT_INTERRUPTED) == GRAFT_INTERRUPTED);
  T_OK(open_check(scratch("a.h5")));
  graft_source_info_fini(&info);
}

static graft_status create_and_abandon(const char *path) {
  graft_source_info info;
  graft_dataset_writer *writer;
  GRAFT_TRY(scratch_info(&info));
  graft_status status =
      graft_dataset_create(path, &info, scratch_field, NULL, NULL, &comm, &writer);
  if (status == GRAFT_OK) status = graft_dataset_close(writer, GRAFT_INTERRUPTED);
  graft_source_info_fini(&info);
  return status;
}

static void unwritable(void) {
  T_FAILS(create_and_abandon(scratch("none/x.h5")), GRAFT_OUTPUT, "No such file or directory");
  T_FAILS(create_and_abandon(scratch_name), GRAFT_OUTPUT, "got a directory");
  T_FAILS(create_and_abandon("/proc/x.h5"), GRAFT_OUTPUT, "/proc/x.h5: can't be written");
  T_FAILS(create_and_abandon(""), GRAFT_OUTPUT, "an empty one");
  if (geteuid() != 0) {
    T_CHECK(mkdir(scratch("locked"), 0500) == 0);
    T_FAILS(create_and_abandon(scratch("locked/x.h5")), GRAFT_OUTPUT, "Permission denied");
  }
}

/* A full disk, by the limit on the size of a file: refused at creation, before any work. */
static void full_disk(void) {
  struct rlimit old, small;
  signal(SIGXFSZ, SIG_IGN);
  getrlimit(RLIMIT_FSIZE, &old);
  small = old;
  small.rlim_cur = 40000;
  setrlimit(RLIMIT_FSIZE, &small);
  T_FAILS(create_and_abandon(scratch("full.h5")), GRAFT_OUTPUT, "full.h5: can't be written");
  setrlimit(RLIMIT_FSIZE, &old);
  T_EQUAL(scratch_count(scratch_name, "full.h5"), 0);
}

/* A write that fails after the creation went well. */
static void full_disk_later(void) {
  graft_source_info info;
  graft_dataset_writer *writer;
  float zero[SCRATCH_P] = {0};
  struct rlimit old, small;
  T_OK(scratch_info(&info));
  T_OK(graft_dataset_create(scratch("full.h5"), &info, scratch_field, NULL, NULL, &comm, &writer));
  getrlimit(RLIMIT_FSIZE, &old);
  small = old;
  small.rlim_cur = 1000;
  setrlimit(RLIMIT_FSIZE, &small);
  graft_status status = graft_dataset_write(writer, 0, (const float *[]){zero, zero}, 0);
  status = graft_dataset_close(writer, status);
  setrlimit(RLIMIT_FSIZE, &old);
  T_FAILS(status, GRAFT_OUTPUT, "File too large");
  T_EQUAL(scratch_count(scratch_name, "full.h5"), 0);
  T_OK(scratch_dataset(scratch("full.h5"), &comm, NULL)); /* HDF5 is still of use */
  T_OK(open_check(scratch("full.h5")));
  graft_source_info_fini(&info);
}

/* A writer killed between two samples leaves no file of the final name; the next one takes over. */
static void killed_writer(void) {
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    graft_source_info info;
    graft_dataset_writer *writer;
    float zero[SCRATCH_P] = {0};
    if (scratch_info(&info) != GRAFT_OK) _exit(1);
    if (graft_dataset_create(scratch("k.h5"), &info, scratch_field, NULL, NULL, &comm, &writer)) {
      _exit(1);
    }
    if (graft_dataset_write(writer, 0, (const float *[]){zero, zero}, 0)) _exit(1);
    raise(SIGKILL);
  }
  int how = 0;
  T_CHECK(waitpid(child, &how, 0) == child && WIFSIGNALED(how));
  T_CHECK(!graft_file_exists(scratch("k.h5")));
  T_CHECK(graft_file_exists(scratch("k.h5.part")));
  T_OK(scratch_dataset(scratch("k.h5"), &comm, NULL));
  T_CHECK(!graft_file_exists(scratch("k.h5.part")));
  T_OK(open_check(scratch("k.h5")));
}

int main(void) {
  comm = graft_comm_serial();
  if (!scratch_make()) return 1;
  T_RUN(round_trip);
  T_RUN(size_estimate);
  T_RUN(the_well_layout);
  T_RUN(foreign_files);
  T_RUN(bad_values);
  T_RUN(bad_nodes);
  T_RUN(bad_shapes);
  T_RUN(inputs_only);
  T_RUN(failures_leave_nothing);
  T_RUN(unwritable);
  T_RUN(full_disk);
  T_RUN(full_disk_later);
  T_RUN(killed_writer);
  scratch_remove();
  return graft_test_done();
}

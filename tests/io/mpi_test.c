/* SPDX-License-Identifier: BSD-2-Clause */
/* Ranks: sums, agreement, a data set written by all, the same content as by one. */
#include <time.h>

#include "io/comm_mpi.h"
#include "io/counter_mpi.h"
#include "io/run_dir.h"
#include "scratch.h"
#include "tests/graft_test.h"

static graft_comm comm;

/* Number k of rank r: of very different sizes, so that the order of additions shows. */
static double term(int r, size_t k) {
  return (double)(r + 1) * (k % 3 ? 1e10 : 1e-7) * (k % 2 ? -1 : 1) + (double)k / 7;
}

static void sums(void) {
  static const size_t counts[] = {1, 2, 5, 1000, 70000};
  for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
    size_t n = counts[c];
    double *value = malloc(n * sizeof *value), *other = malloc(n * sizeof *other);
    graft_real *real = malloc(n * sizeof *real);
    int wrong = 0;
    for (size_t k = 0; k < n; k++) {
      value[k] = term(comm.rank, k);
      real[k] = (graft_real)value[k];
    }
    T_OK(comm.sum(comm.ctx, value, n));
    T_OK(comm.sum_real(comm.ctx, real, n));
    for (size_t k = 0; k < n; k++) {
      double want = 0, want_real = 0;
      for (int r = 0; r < comm.size; r++) {
        want += term(r, k);
        want_real += (double)(graft_real)term(r, k);
      }
      wrong += value[k] != want || real[k] != (graft_real)want_real;
    }
    T_EQUAL(wrong, 0); /* bitwise: the order is that of the ranks */
    memcpy(other, value, n * sizeof *other);
    T_OK(comm.broadcast(comm.ctx, other, n * sizeof *other));
    T_CHECK(memcmp(other, value, n * sizeof *other) == 0);
    free(value);
    free(other);
    free(real);
  }
  double most = comm.rank;
  T_OK(comm.max(comm.ctx, &most, 1));
  T_EQUAL(most, comm.size - 1);
}

static void agreement(void) {
  graft_status status = GRAFT_OK;
  T_OK(graft_comm_agree(&comm, status));
  int last = comm.size - 1;
  if (comm.rank == last) {
    status = graft_error_set(GRAFT_INPUT, __FILE__, __LINE__, "rank %d has a bad file", last);
  }
  char want[64];
  snprintf(want, sizeof want, "rank %d has a bad file", last);
  T_FAILS(graft_comm_agree(&comm, status), GRAFT_INPUT, want);
}

static void dataset(void) {
  graft_comm serial = graft_comm_serial();
  graft_source a, b;
  float x[SCRATCH_P], y[SCRATCH_P];
  T_OK(scratch_dataset(scratch("ranks.h5"), &comm, NULL));
  if (comm.rank == 0) T_OK(scratch_dataset(scratch("one.h5"), &serial, NULL));
  T_OK(graft_comm_agree(&comm, GRAFT_OK));
  if (!T_OK(graft_dataset_open(scratch("ranks.h5"), &a))) return;
  if (T_OK(graft_dataset_open(scratch("one.h5"), &b))) {
    T_OK(graft_dataset_check(&a));
    T_OK(graft_dataset_check(&b));
    for (size_t s = 0; s < SCRATCH_S; s++) {
      for (size_t f = 0; f < 2; f++) {
        T_OK(a.fill(a.ctx, scratch_field[f].name, &s, 1, x));
        T_OK(b.fill(b.ctx, scratch_field[f].name, &s, 1, y));
        T_CHECK(memcmp(x, y, sizeof x) == 0);
      }
    }
    T_CHECK(memcmp(a.info.error_estimate, b.info.error_estimate, SCRATCH_S * sizeof(float)) == 0);
    graft_source_fini(&b);
  }
  graft_source_fini(&a);
  if (comm.rank == 0) {
    size_t bytes_a, bytes_b;
    char *data_a = scratch_read(scratch("ranks.h5"), &bytes_a);
    char *data_b = scratch_read(scratch("one.h5"), &bytes_b);
    T_CHECK(bytes_a == bytes_b && memcmp(data_a, data_b, bytes_a) == 0);
    free(data_a);
    free(data_b);
  }
}

/* A failure on one rank: all get it, nothing is left. */
static void failing_rank(void) {
  graft_source_info info;
  graft_dataset_writer *writer;
  float u[SCRATCH_P] = {0}, bad[SCRATCH_P] = {NAN};
  T_OK(scratch_info(&info));
  T_OK(graft_dataset_create(scratch("fail.h5"), &info, scratch_field, NULL, NULL, &comm, &writer));
  graft_status status = GRAFT_OK;
  size_t mine = (size_t)comm.rank;
  status = graft_dataset_write(writer, mine,
                               (const float *[]){u, comm.rank == comm.size - 1 ? bad : u}, 0);
  T_FAILS(graft_dataset_close(writer, status), GRAFT_DIVERGED, "log_k: sample");
  T_FAILS(
      graft_dataset_create(scratch("none/x.h5"), &info, scratch_field, NULL, NULL, &comm, &writer),
      GRAFT_OUTPUT, "No such file or directory");
  if (comm.rank == 0) T_EQUAL(scratch_count(scratch_name, "fail.h5"), 0);
  graft_source_info_fini(&info);
}

static void run_directory(void) {
  graft_run_dir *run, *second;
  graft_yaml config = {0};
  bool existed;
  T_OK(graft_run_dir_open(scratch("run"), &comm, NULL, &run));
  T_FAILS(graft_run_dir_open(scratch("run"), &comm, NULL, &second), GRAFT_USAGE,
          "another run is using");
  T_OK(graft_yaml_put(&config, "lr", "1"));
  T_OK(graft_run_dir_configure(run, &config, NULL, NULL, &existed));
  T_CHECK(!existed);
  T_OK(graft_run_dir_configure(run, &config, NULL, NULL, &existed));
  T_CHECK(existed);
  graft_sink sink = graft_run_dir_sink(run);
  T_OK(sink.row(sink.ctx, (const char *const[]){"step"}, (const double[]){1}, 1));
  graft_run_dir_close(run);
  graft_yaml_fini(&config);
}

/* Every number once, and nobody has to wait for a busy rank 0. */
static void counter(void) {
  enum { N = 200 };
  graft_counter *counter;
  double taken[N] = {0}, slowest = 0;
  if (!T_OK(graft_counter_create(&comm, &counter))) return;
  for (;;) {
    long long i;
    struct timespec a, b, nap = {.tv_nsec = 5000000};
    clock_gettime(CLOCK_MONOTONIC, &a);
    if (!T_OK(graft_counter_add(counter, 1, &i)) || i >= N) break;
    clock_gettime(CLOCK_MONOTONIC, &b);
    slowest = fmax(slowest, (double)(b.tv_sec - a.tv_sec) + 1e-9 * (double)(b.tv_nsec - a.tv_nsec));
    taken[i] += 1;
    if (comm.rank == 0 && i < N - 10) nanosleep(&nap, NULL);
  }
  T_OK(comm.sum(comm.ctx, taken, N));
  for (size_t i = 0; i < N; i++) T_EQUAL(taken[i], 1);
  printf("# rank %d: slowest step of the counter %.2g s\n", comm.rank, slowest);
  graft_counter_destroy(counter);
}

int main(int argc, char **argv) {
  if (graft_mpi_init(&argc, &argv, &comm) != GRAFT_OK) return 1;
  graft_test_rank(comm.rank);
  int made = comm.rank != 0 || scratch_make();
  if (comm.broadcast(comm.ctx, scratch_name, sizeof scratch_name) != GRAFT_OK || !made) return 1;
  T_RUN(sums);
  T_RUN(agreement);
  T_RUN(counter);
  T_RUN(dataset);
  T_RUN(failing_rank);
  T_RUN(run_directory);
  double failed = graft_test_state.failed_points;
  if (comm.max(comm.ctx, &failed, 1) != GRAFT_OK) failed = 1;
  if (comm.rank == 0) scratch_remove();
  int code = graft_test_done();
  graft_mpi_finalize(&comm);
  return failed > 0 ? 1 : code;
}

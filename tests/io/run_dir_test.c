/* SPDX-License-Identifier: BSD-2-Clause */
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "io/atomic.h"
#include "io/bundle_file.h"
#include "io/run_dir.h"
#include "scratch.h"
#include "tests/graft_test.h"

static graft_comm comm;
static const char *const column[] = {"step", "time", "loss"};

static graft_status add_row(graft_run_dir *run, double step) {
  graft_sink sink = graft_run_dir_sink(run);
  return sink.row(sink.ctx, column, (const double[]){step, 0.5, 1 / step}, 3);
}

/* The log is exactly this text. */
static bool log_is(const char *dir, const char *want) {
  char path[600];
  size_t bytes;
  snprintf(path, sizeof path, "%s/log.csv", dir);
  char *got = scratch_read(path, &bytes);
  bool ok = got && strcmp(got, want) == 0;
  if (!ok) printf("# log: got\n%s\n# want\n%s\n", got ? got : "(none)", want);
  free(got);
  return ok;
}

static void sink_writes_files(void) {
  graft_run_dir *run;
  graft_bundle b, back;
  graft_provenance provenance;
  char path[512];
  T_OK(graft_provenance_init(&provenance, 0, NULL, 1, 1));
  T_OK(graft_run_dir_open(scratch("runs/deep/a//"), &comm, &provenance, &run));
  T_CHECK(strcmp(graft_run_dir_name(run), scratch("runs/deep/a")) == 0);
  T_CHECK(strcmp(graft_run_dir_path(run, "x", path, 4), "") == 0);
  T_OK(add_row(run, 1));
  T_OK(add_row(run, 2));
  T_CHECK(log_is(scratch("runs/deep/a"), "step,time,loss\n1,0.5,1\n2,0.5,0.5\n"));
  graft_bundle_init(&b);
  T_OK(graft_bundle_put_int(&b, "step", 2));
  graft_sink sink = graft_run_dir_sink(run);
  T_OK(sink.store(sink.ctx, "model", &b));
  T_OK(sink.store(sink.ctx, "checkpoint", &b));
  T_OK(graft_bundle_read(graft_run_dir_path(run, "model.h5", path, sizeof path), "model", &back,
                         NULL));
  graft_bundle_fini(&back);
  T_OK(graft_bundle_read(scratch("runs/deep/a/checkpoint.h5"), "checkpoint", &back, NULL));
  graft_bundle_fini(&back);
  graft_bundle_fini(&b);
  graft_run_dir_close(run);
  graft_provenance_fini(&provenance);
}

static void log_goes_on(void) {
  const char *name = scratch("runs/deep/a");
  graft_run_dir *run;
  T_OK(graft_run_dir_open(name, &comm, NULL, &run));
  T_OK(add_row(run, 4));
  T_FAILS(graft_run_dir_log_truncate(run, "step", 1), GRAFT_INTERNAL, "after the first row");
  graft_run_dir_close(run);
  FILE *file = fopen(scratch("runs/deep/a/log.csv"), "a");
  fputs("5,0.5", file); /* a kill in the middle of a row */
  fclose(file);
  T_OK(graft_run_dir_open(name, &comm, NULL, &run));
  T_FAILS(graft_run_dir_log_truncate(run, "epoch", 2), GRAFT_INPUT, "a column 'epoch'");
  T_OK(graft_run_dir_log_truncate(run, "step", 2));
  T_OK(add_row(run, 3));
  T_CHECK(log_is(name, "step,time,loss\n1,0.5,1\n2,0.5,0.5\n3,0.5,0.333333333\n"));
  graft_run_dir_close(run);
  T_OK(graft_run_dir_open(name, &comm, NULL, &run));
  graft_sink sink = graft_run_dir_sink(run);
  T_FAILS(sink.row(sink.ctx, (const char *const[]){"step", "lr"}, (const double[]){1, 2}, 2),
          GRAFT_INPUT, "expected column 'lr'");
  T_OK(graft_run_dir_log_truncate(run, "step", -1));
  T_OK(add_row(run, 1));
  T_CHECK(log_is(name, "step,time,loss\n1,0.5,1\n"));
  graft_run_dir_close(run);
}

/* A kill before the first row, or a full disk, leaves a log without a whole line: as good as none.
 */
static void a_log_without_a_line_is_none(void) {
  static const char *const left[] = {"", "st", "step,time,loss"};
  graft_run_dir *run;
  for (int i = 0; i < 6; i++) {
    const char *text = left[i % 3], *name = scratch("runs/torn"); /* one of four buffers */
    T_OK(graft_run_dir_open(name, &comm, NULL, &run));
    scratch_write(scratch("runs/torn/log.csv"), text, strlen(text));
    if (i < 3) T_OK(graft_run_dir_log_truncate(run, "step", 2));
    T_OK(add_row(run, 4));
    T_CHECK(log_is(name, "step,time,loss\n4,0.5,0.25\n"));
    graft_run_dir_close(run);
  }
}

/* Nothing is taken for the end of the log that is none. */
static void a_log_that_cant_be_read_stays(void) {
  graft_run_dir *run;
  T_OK(graft_run_dir_open(scratch("runs/unread"), &comm, NULL, &run));
  T_EQUAL(symlink("/proc/self/mem", scratch("runs/unread/log.csv")), 0); /* nothing at byte 0 */
  T_FAILS(graft_run_dir_log_truncate(run, "step", 2), GRAFT_INPUT,
          "log.csv: can't be read: Input/output error");
  T_EQUAL(unlink(scratch("runs/unread/log.csv")), 0);
  T_OK(graft_directory_create(scratch("runs/unread/log.csv")));
  T_FAILS(add_row(run, 1), GRAFT_INPUT, "log.csv: can't be read: Is a directory");
  T_EQUAL(scratch_count(scratch("runs/unread"), ".part"), 0);
  graft_run_dir_close(run);
}

static void lock(void) {
  const char *name = scratch("runs/lock");
  graft_run_dir *run, *second;
  T_OK(graft_run_dir_open(name, &comm, NULL, &run));
  T_FAILS(graft_run_dir_open(name, &comm, NULL, &second), GRAFT_USAGE,
          "another run is using this directory");
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    char want[64];
    graft_status status = graft_run_dir_open(name, &comm, NULL, &second);
    snprintf(want, sizeof want, "(process %ld on ", (long)getppid());
    _exit(status == GRAFT_USAGE && strstr(graft_error_message(), want) ? 0 : 1);
  }
  int how = 1;
  waitpid(child, &how, 0);
  T_CHECK(WIFEXITED(how) && WEXITSTATUS(how) == 0);
  graft_run_dir_close(run);
  T_OK(graft_run_dir_open(name, &comm, NULL, &run));
  graft_run_dir_close(run);
}

static bool epochs_may(void *ctx, const char *key) {
  (void)ctx;
  return strcmp(key, "epochs") == 0;
}

/* What a run made and left nothing in goes; what was there before stays. */
static void nothing_is_left_of_a_run_that_wrote_nothing(void) {
  graft_run_dir *run;
  T_OK(graft_run_dir_open(scratch("unused"), &comm, NULL, &run));
  T_CHECK(graft_file_exists(scratch("unused/.lock")));
  graft_run_dir_close(run);
  T_CHECK(!graft_file_exists(scratch("unused")));
  T_OK(graft_directory_create(scratch("mine")));
  T_OK(graft_run_dir_open(scratch("mine"), &comm, NULL, &run));
  graft_run_dir_close(run);
  T_CHECK(graft_file_exists(scratch("mine")));
  T_OK(graft_run_dir_open(scratch("used"), &comm, NULL, &run));
  T_OK(add_row(run, 1));
  graft_run_dir_close(run);
  T_CHECK(graft_file_exists(scratch("used/log.csv")));
}

static void configuration(void) {
  graft_run_dir *run;
  graft_yaml config = {0}, back;
  bool existed;
  T_OK(graft_yaml_put(&config, "lr", "0.001"));
  T_OK(graft_yaml_put(&config, "epochs", "10"));
  T_OK(graft_run_dir_open(scratch("runs/config"), &comm, NULL, &run));
  T_OK(graft_run_dir_configure(run, &config, epochs_may, NULL, &existed));
  T_CHECK(!existed);
  T_OK(graft_run_dir_configure(run, &config, NULL, NULL, &existed));
  T_CHECK(existed);
  T_OK(graft_yaml_put(&config, "epochs", "20"));
  T_FAILS(graft_run_dir_configure(run, &config, NULL, NULL, NULL), GRAFT_USAGE,
          "was made with epochs '10', got '20'");
  T_OK(graft_run_dir_configure(run, &config, epochs_may, NULL, NULL));
  T_OK(graft_yaml_read(scratch("runs/config/config.yaml"), &back));
  T_CHECK(strcmp(graft_yaml_find(&back, "epochs")->value, "20") == 0);
  graft_yaml_fini(&back);
  T_OK(graft_yaml_put(&config, "lr", "0.01"));
  T_FAILS(graft_run_dir_configure(run, &config, epochs_may, NULL, NULL), GRAFT_USAGE,
          "was made with lr '0.001', got '0.01'");
  T_OK(graft_yaml_put(&config, "lr", "0.001"));
  T_OK(graft_yaml_put(&config, "clip", "1"));
  T_FAILS(graft_run_dir_configure(run, &config, epochs_may, NULL, NULL), GRAFT_USAGE,
          "was made with clip '(unset)', got '1'");
  graft_run_dir_close(run);
  graft_yaml_fini(&config);
}

static void unwritable(void) {
  graft_run_dir *run;
  scratch_write(scratch("file"), "x", 1);
  T_FAILS(graft_run_dir_open(scratch("file"), &comm, NULL, &run), GRAFT_OUTPUT,
          "expected a directory, got a file");
  T_FAILS(graft_run_dir_open(scratch("file/run"), &comm, NULL, &run), GRAFT_OUTPUT,
          "can't be created: Not a directory");
  T_FAILS(graft_run_dir_open("/proc/run", &comm, NULL, &run), GRAFT_OUTPUT, "can't be created");
  T_FAILS(graft_run_dir_open("", &comm, NULL, &run), GRAFT_OUTPUT, "expected a directory name");
}

static void text_files(void) {
  size_t bytes;
  T_OK(graft_atomic_write_text(scratch("t.txt"), "one\n"));
  T_OK(graft_atomic_write_text(scratch("t.txt"), "two\n"));
  char *text = scratch_read(scratch("t.txt"), &bytes);
  T_CHECK(text && strcmp(text, "two\n") == 0);
  free(text);
  T_EQUAL(scratch_count(scratch_name, ".part"), 0);
}

static graft_status store_step(graft_run_dir *run, int64_t step) {
  static double ballast[20000];
  graft_bundle b;
  graft_sink sink = graft_run_dir_sink(run);
  graft_bundle_init(&b);
  graft_status status = graft_bundle_put_int(&b, "step", step);
  if (status == GRAFT_OK) {
    status = graft_bundle_put(&b, "ballast", GRAFT_FLOAT64, GRAFT_SHAPE(1, 20000), ballast);
  }
  if (status == GRAFT_OK) status = sink.store(sink.ctx, "checkpoint", &b);
  graft_bundle_fini(&b);
  return status;
}

/* Step of the checkpoint that a run would go on from; −1 without one. */
static int64_t step_of(graft_run_dir *run, const char *note_part) {
  graft_bundle b;
  char note[GRAFT_RUN_DIR_NOTE];
  bool found;
  int64_t step = -1;
  if (!T_OK(graft_run_dir_read(run, &b, note, &found)) || !found) return -1;
  T_OK(graft_bundle_get_int(&b, "step", &step));
  if (!T_CHECK(note_part ? strstr(note, note_part) != NULL : note[0] == '\0')) {
    printf("# note: %s\n", note);
  }
  graft_bundle_fini(&b);
  return step;
}

/* Change a byte in the middle of a file. */
static void damage(const char *path) {
  size_t bytes;
  char *data = scratch_read(path, &bytes);
  if (!T_CHECK(data && bytes > 1000)) return;
  data[bytes / 2] ^= 4;
  scratch_write(path, data, bytes);
  free(data);
}

static void the_last_two_checkpoints_are_kept(void) {
  graft_run_dir *run;
  graft_bundle b;
  char note[GRAFT_RUN_DIR_NOTE];
  bool found;
  const char *name = scratch("runs/two");
  char newest[600], older[600];
  snprintf(newest, sizeof newest, "%s/checkpoint.h5", name);
  snprintf(older, sizeof older, "%s/checkpoint.previous.h5", name);
  T_OK(graft_run_dir_open(name, &comm, NULL, &run));
  T_EQUAL(step_of(run, NULL), -1);
  for (int64_t i = 1; i <= 3; i++) T_OK(store_step(run, i));
  T_EQUAL(step_of(run, NULL), 3);
  damage(newest);
  T_EQUAL(step_of(run, "damaged"), 2);
  T_OK(store_step(run, 4)); /* takes the place of the damaged one, not of the whole one */
  T_EQUAL(step_of(run, NULL), 4);
  T_EQUAL(unlink(newest), 0); /* as a kill between the two renames leaves it */
  T_EQUAL(step_of(run, "is missing; using checkpoint.previous.h5"), 2);
  T_OK(store_step(run, 5));
  damage(newest);
  damage(older);
  T_FAILS(graft_run_dir_read(run, &b, note, &found), GRAFT_INPUT, "and the one before it as well");
  T_OK(graft_run_dir_clear(run));
  T_EQUAL(step_of(run, NULL), -1);
  T_CHECK(!graft_file_exists(newest) && !graft_file_exists(older));
  graft_run_dir_close(run);
}

/* Whatever ends the removal halfway: no older state remains than the newest checkpoint. */
static void clearing_starts_with_the_oldest(void) {
  static const char *const file[] = {"model.h5", "checkpoint.previous.h5", "checkpoint.h5",
                                     "log.csv"};
  const char *name = scratch("runs/clear");
  graft_run_dir *run;
  char path[600];
  T_OK(graft_run_dir_open(name, &comm, NULL, &run));
  for (int stuck = 0; stuck < 4; stuck++) { /* a directory in its place can't be removed */
    for (int i = 0; i < 4; i++) {
      graft_run_dir_path(run, file[i], path, sizeof path);
      if (i == stuck) {
        (void)unlink(path);
        T_OK(graft_directory_create(path));
      } else {
        scratch_write(path, "x", 1);
      }
    }
    T_FAILS(graft_run_dir_clear(run), GRAFT_OUTPUT, "can't be removed");
    for (int i = 0; i < 4; i++) {
      T_EQUAL(graft_file_exists(graft_run_dir_path(run, file[i], path, sizeof path)), i >= stuck);
    }
    T_EQUAL(rmdir(graft_run_dir_path(run, file[stuck], path, sizeof path)), 0);
  }
  graft_run_dir_close(run);
}

/* No room for a checkpoint: the two that are there stay. */
static void a_full_disk_leaves_the_old_checkpoints(void) {
  graft_run_dir *run;
  struct rlimit before, small;
  const char *name = scratch("runs/full");
  T_OK(graft_run_dir_open(name, &comm, NULL, &run));
  T_OK(store_step(run, 1));
  T_OK(store_step(run, 2));
  signal(SIGXFSZ, SIG_IGN);
  if (!T_EQUAL(getrlimit(RLIMIT_FSIZE, &before), 0)) return;
  small = before;
  small.rlim_cur = 50000; /* the write itself fails, as on a full disk */
  T_EQUAL(setrlimit(RLIMIT_FSIZE, &small), 0);
  graft_status status = store_step(run, 3);
  T_EQUAL(setrlimit(RLIMIT_FSIZE, &before), 0);
  T_FAILS(status, GRAFT_OUTPUT, "checkpoint.h5: can't be written");
  T_EQUAL(step_of(run, NULL), 2);
  T_EQUAL(unlink(scratch("runs/full/checkpoint.h5")), 0);
  T_EQUAL(step_of(run, "is missing"), 1);
  T_EQUAL(scratch_count(scratch("runs/full"), ".part"), 0);
  graft_run_dir_close(run);
}

/* A killed run leaves its lock file; the lock is gone with it. */
static void the_lock_of_a_killed_run_is_stale(void) {
  const char *name = scratch("runs/killed");
  graft_run_dir *run;
  int pipe_fd[2], how;
  char byte;
  fflush(stdout);
  if (!T_EQUAL(pipe(pipe_fd), 0)) return;
  pid_t child = fork();
  if (child == 0) {
    graft_status status = graft_run_dir_open(name, &comm, NULL, &run);
    if (write(pipe_fd[1], status == GRAFT_OK ? "y" : "n", 1) == 1) pause();
    _exit(0);
  }
  T_CHECK(read(pipe_fd[0], &byte, 1) == 1 && byte == 'y');
  T_FAILS(graft_run_dir_open(name, &comm, NULL, &run), GRAFT_USAGE, "another run is using");
  kill(child, SIGKILL);
  waitpid(child, &how, 0);
  close(pipe_fd[0]);
  close(pipe_fd[1]);
  T_CHECK(graft_file_exists(scratch("runs/killed/.lock")));
  if (T_OK(graft_run_dir_open(name, &comm, NULL, &run))) graft_run_dir_close(run);
}

int main(void) {
  comm = graft_comm_serial();
  if (!scratch_make()) return 1;
  T_RUN(sink_writes_files);
  T_RUN(log_goes_on);
  T_RUN(a_log_without_a_line_is_none);
  T_RUN(a_log_that_cant_be_read_stays);
  T_RUN(lock);
  T_RUN(the_last_two_checkpoints_are_kept);
  T_RUN(clearing_starts_with_the_oldest);
  T_RUN(a_full_disk_leaves_the_old_checkpoints);
  T_RUN(the_lock_of_a_killed_run_is_stale);
  T_RUN(nothing_is_left_of_a_run_that_wrote_nothing);
  T_RUN(configuration);
  T_RUN(unwritable);
  T_RUN(text_files);
  scratch_remove();
  return graft_test_done();
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Training interrupted in every way ends in the model of an undisturbed training, to the bit. */
#include <signal.h>
#include <time.h>

#include "io/bundle_file.h"
#include "tests/graft_test.h"

#include "tests/run/program.h"

#define SOLVE "solve -quiet -samples 36 -grid 13 -shapes square,disc -mesh_size 0.1 -o data.h5"
#define MODEL "-data data.h5 -channels 4,4 -dense 16,16 -trunk 16 -width 8 -batch 7 -components 20 "
/* 48 training samples, 7 steps an epoch. */

static const struct {
  const char *name, *options;
} setting[] = {
    {"plain", "-optimizer adam -dropout 0.1"},
    {"sgd", "-optimizer sgd -aggregator nash -momentum 0.9 -nesterov true -schedule step "
            "-lr_period 9 -clip 0.5 "
            "-points 0 -skip kernel_ridge -log_every 3"},
    {"ema",
     "-optimizer adamw -ema 0.9 -schedule constant -warmup 20 -clip 1 -log_every 2 -layer_norm "
     "true -augmentation true"},
    {"looksam", "-optimizer adam -aggregator gradvac -sam looksam -code false"},
    {"fsmtl", "-optimizer adamw -aggregator cagrad -sam fsmtl -ema 0.8 -schedule constant"},
    {"lion", "-preset paper -optimizer lion -lr 1e-4 -schedule constant -dropout 0.2"},
};
enum { SETTINGS = sizeof setting / sizeof *setting };

/* Do two run directories hold models with the same parameters, bit for bit? */
static bool same_model(const char *a, const char *b) {
  char path[2][256];
  graft_bundle x, y;
  size_t compared = 0, different = 0;
  snprintf(path[0], sizeof path[0], "%s/model.h5", a);
  snprintf(path[1], sizeof path[1], "%s/model.h5", b);
  if (!T_OK(graft_bundle_read(path[0], "model", &x, NULL))) return false;
  if (T_OK(graft_bundle_read(path[1], "model", &y, NULL))) {
    for (size_t i = 0; i < x.arrays; i++) {
      const graft_array *p = &x.array[i], *q = graft_bundle_find(&y, p->name);
      if (strncmp(p->name, "parameters/", 11) != 0) continue;
      size_t bytes = graft_shape_count(p->shape) * graft_type_size(p->type);
      compared++;
      different += !q || memcmp(p->data, q->data, bytes) != 0;
    }
    graft_bundle_fini(&y);
  }
  graft_bundle_fini(&x);
  if (compared == 0 || different > 0) {
    printf("# %s and %s: %zu of %zu parameter arrays differ\n", a, b, different, compared);
  }
  return compared > 0 && different == 0;
}

/* The same log but for the column of seconds, the third. */
static bool same_log(const char *a, const char *b) {
  return program_shell("cut -d, -f1,2,4- %s/log.csv > x.csv; cut -d, -f1,2,4- %s/log.csv > y.csv; "
                       "cmp x.csv y.csv",
                       a, b) == 0;
}

static void solve(void) { program_darcy(0, SOLVE); }

/* train 10 ≡ train 5, then the same with 10: where the schedule doesn't depend on the length. */
static void ten_epochs_are_five_and_five(void) {
  for (size_t i = 0; i < SETTINGS; i++) {
    char line[1024];
    const char *format =
        "train -quiet %s -validate_every 5 -lr_epochs 10 -epochs %d -o %s-%s " MODEL;
    snprintf(line, sizeof line, format, setting[i].options, 10, "whole", setting[i].name);
    program_darcy(0, line);
    snprintf(line, sizeof line, format, setting[i].options, 5, "part", setting[i].name);
    program_darcy(0, line);
    snprintf(line, sizeof line, format, setting[i].options, 10, "part", setting[i].name);
    program_darcy(0, line);
    char whole[64], part[64];
    snprintf(whole, sizeof whole, "whole-%s", setting[i].name);
    snprintf(part, sizeof part, "part-%s", setting[i].name);
    T_CHECK(same_model(whole, part));
    T_CHECK(same_log(whole, part));
  }
}

static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Start a training, and send it a signal some time after it is ready for one. @return its exit
 * code, −1 if killed */
static int train_and_signal(const char *options, int number, double after) {
  return program_signal(program_start("%s train -quiet %s", program.darcy, options), number, after);
}

/* Kills at moments spread over the run, every one in another phase of it. KILLS in the environment
 * asks for more of them (docs/reproducing.md). */
static void kills_do_not_change_the_model(void) {
  static const char format[] = "-epochs %d -ema 0.9 -checkpoint_steps 10 -log_every 5 "
                               "-validate_every 2 -optimizer adamw -dropout 0.1 " MODEL;
  char options[1024], line[1200];
  const char *wanted = getenv("KILLS");
  int kills = wanted ? (int)strtol(wanted, NULL, 10) : 4, died = 0, stopped = 0;
  snprintf(options, sizeof options, format, 15 * kills);
  snprintf(line, sizeof line, "train -quiet -o whole %s", options);
  double start = seconds();
  program_darcy(0, line);
  double whole = seconds() - start;
  snprintf(line, sizeof line, "-o killed %s", options);
  for (int i = 0; i < kills; i++) {
    double share = (0.2 + 1.2 * fmod(0.618034 * (i + 1), 1.0)) / (kills + 1.0);
    int number = i % 2 ? SIGTERM : SIGKILL;
    int code = train_and_signal(line, number, share * whole);
    died += code == -1;
    stopped += code == 75;
    T_CHECK(code == -1 || code == 75 || code == 0);
  }
  printf("# %d kills: %d died, %d stopped with a checkpoint; a whole run takes %.1f s\n", kills,
         died, stopped, whole);
  T_CHECK(died > 0);
  snprintf(line, sizeof line, "train -o killed %s", options);
  program_darcy(0, line);
  T_CHECK(same_model("whole", "killed"));
  T_CHECK(same_log("whole", "killed"));
  program_darcy(0, line);
  T_EQUAL(program_lines(program.err), 1);
  T_CHECK(strstr(program.err, "finished already") != NULL);
}

static void signals_leave_a_checkpoint(void) {
  static const int number[] = {SIGUSR1, SIGTERM, SIGINT};
  for (size_t i = 0; i < sizeof number / sizeof *number; i++) {
    T_EQUAL(train_and_signal("-o stopped -steps 100000000 -validate_steps 1000000 " MODEL,
                             number[i], 0.5),
            75);
    T_CHECK(program_exists("stopped/checkpoint.h5"));
    T_EQUAL(program_lines(program.err), 1);
    T_CHECK(strstr(program.err, "run again to go on") != NULL);
    T_EQUAL(program_parts("stopped"), 0);
  }
}

/* A block in the middle of a file overwritten. */
static void damage(const char *path) {
  static const char block[512] = "damaged";
  FILE *file = fopen(path, "r+b");
  if (!T_CHECK(file != NULL)) return;
  fseek(file, 0, SEEK_END);
  fseek(file, ftell(file) / 2, SEEK_SET);
  fwrite(block, 1, sizeof block, file);
  fclose(file);
}

static void the_previous_checkpoint_serves(void) {
  static const char line[] = "train -o twice -epochs 6 -checkpoint_every 0 " MODEL;
  program_darcy(0, line);
  program_shell("cp -r twice kept");
  T_CHECK(program_exists("twice/checkpoint.previous.h5"));
  damage("twice/checkpoint.h5");
  unlink("twice/model.h5");
  program_darcy(0, line);
  T_CHECK(strstr(program.err, "warning: ") && strstr(program.err, "damaged") &&
          strstr(program.err, "using checkpoint.previous.h5"));
  T_CHECK(strstr(program.err, "going on from step ") != NULL);
  T_CHECK(same_model("twice", "kept"));
  damage("twice/checkpoint.h5");
  damage("twice/checkpoint.previous.h5");
  unlink("twice/model.h5");
  program_darcy(3, line);
  T_CHECK(strstr(program.err, "and the one before it as well") != NULL);
  program_darcy(0, "train -quiet -o twice -resume never -epochs 6 -checkpoint_every 0 " MODEL);
  T_CHECK(same_model("twice", "kept"));
}

/* Any field of the configuration but epochs, ranks, threads, intervals is refused by name. */
static void changed_options_are_refused(void) {
  static const char *const changed[] = {"lr 0.5",         "optimizer sgd", "batch 8",  "seed 2",
                                        "schedule step",  "ema 0.5",       "width 9",  "clip 2",
                                        "aggregator sum", "split other",   "loss mse", "points 9"};
  static const char *const allowed = "-epochs 7 -threads 2 -log_every 4 -checkpoint_steps 3 ";
  for (size_t i = 0; i < sizeof changed / sizeof *changed; i++) {
    char line[512], name[32];
    snprintf(line, sizeof line, "train -quiet -o kept -epochs 6 -checkpoint_every 0 %s -%s",
             strstr(changed[i], "batch") ? "-data data.h5 -channels 4,4 -dense 16,16 -trunk 16 "
                                           "-width 8 -components 20"
             : strstr(changed[i], "width")
                 ? "-data data.h5 -channels 4,4 -dense 16,16 -trunk 16 -batch 7 -components 20"
                 : MODEL,
             changed[i]);
    sscanf(changed[i], "%31s", name);
    program_darcy(2, line);
    T_EQUAL(program_lines(program.err), 1);
    T_CHECK(strstr(program.err, name) != NULL && strstr(program.err, "kept") != NULL);
  }
  char line[512];
  snprintf(line, sizeof line, "train -quiet -o kept %s" MODEL, allowed);
  program_darcy(0, line);
  T_EQUAL(program_shell("%s train -quiet -o kept -epochs 8 -data other.h5", program.darcy), 3);
}

/* The same options, but other samples under the same name. */
static void another_data_set_is_noticed(void) {
  T_EQUAL(program_shell("cp data.h5 d.h5 && %s train -quiet -o d -epochs 2 -data d.h5 -dense 8 "
                        "-trunk 8 -width 4 -batch 7 -components 20",
                        program.darcy),
          0);
  program_darcy(0, "solve -quiet -seed 7 -samples 36 -grid 13 -shapes square,disc -mesh_size 0.1 "
                   "-o e.h5");
  T_EQUAL(program_shell("mv e.h5 d.h5 && %s train -quiet -o d -epochs 3 -data d.h5 -dense 8 "
                        "-trunk 8 -width 4 -batch 7 -components 20",
                        program.darcy),
          3);
  T_EQUAL(program_lines(program.err), 1);
  T_CHECK(strstr(program.err, "expected the samples that the run began with") != NULL);
}

/* A disk that fills up while a checkpoint is written: 6, and what was there stays. */
static void a_full_disk_is_told(void) {
  static const char line[] =
      "train -quiet -o full -epochs %d -checkpoint_every 0 -lr_epochs 9 " MODEL;
  char text[512];
  snprintf(text, sizeof text, line, 3);
  program_darcy(0, text);
  long bytes = 0;
  if (program_shell("stat -c %%s full/checkpoint.h5") == 0) bytes = strtol(program.out, NULL, 10);
  T_CHECK(bytes > 4096);
  program_shell("cp full/checkpoint.h5 before.h5");
  snprintf(text, sizeof text, line, 9);
  int code = program_shell("ulimit -f %ld; %s %s", bytes / 2 / 512, program.darcy, text);
  T_EQUAL(code, 6);
  T_EQUAL(program_lines(program.err), 1);
  T_CHECK(strstr(program.err, "can't be written") != NULL);
  T_EQUAL(program_parts("full"), 0);
  T_EQUAL(program_shell("cmp full/checkpoint.h5 before.h5"), 0);
  program_darcy(0, text);
  T_EQUAL(program_shell("%s train -quiet -o room -epochs 9 -checkpoint_every 0 -lr_epochs 9 " MODEL,
                        program.darcy),
          0);
  T_CHECK(same_model("full", "room"));
}

static void two_runs_do_not_share_a_directory(void) {
  pid_t child = program_start(
      "%s train -quiet -o mine -steps 100000000 -checkpoint_steps 50 " MODEL, program.darcy);
  for (int i = 0; i < 1200 && !program_exists("mine/checkpoint.h5"); i++) program_sleep(0.05);
  program_darcy(2, "train -quiet -o mine -steps 100000000 -checkpoint_steps 50 " MODEL);
  T_EQUAL(program_lines(program.err), 1);
  T_CHECK(strstr(program.err, "another run is using this directory") != NULL);
  kill(child, SIGKILL);
  waitpid(child, NULL, 0);
  T_CHECK(program_exists("mine/.lock")); /* stale: nobody holds it */
  program_darcy(0, "train -quiet -o mine -steps 60 -checkpoint_steps 50 " MODEL);
}

/* Stopped on two ranks by a signal, taken up by three: every rank stops at the same step. */
static void ranks_stop_together(void) {
  static const char options[] = "train -quiet -o ranks -steps 100000000 -checkpoint_steps 20 "
                                "-validate_steps 20 -schedule constant " MODEL;
  pid_t child = program_start("%s -n 2 %s %s", program.mpiexec, program.darcy, options);
  for (int i = 0; i < 1200 && !program_exists("ranks/checkpoint.h5"); i++) program_sleep(0.05);
  int code = program_signal(child, SIGUSR1, 0.0);
  T_EQUAL(code, 75);
  T_CHECK(strstr(program.err, "stopped after step ") != NULL);
  const char *at = strstr(program.err, "stopped after step ");
  long step = at ? strtol(at + 19, NULL, 10) : 0;
  T_CHECK(step > 0);
  code = program_shell("%s -n 3 %s train -json -o ranks -steps %ld -checkpoint_steps 20 "
                       "-validate_steps 20 -schedule constant " MODEL,
                       program.mpiexec, program.darcy, step + 10);
  T_EQUAL(code, 0);
  T_EQUAL(program_json(program.out, "steps", 0), (double)(step + 10));
  T_CHECK(strstr(program.err, "going on from step ") != NULL);
  T_EQUAL(program_shell("%s -n 2 %s train -quiet -o ranks -data none.h5", program.mpiexec,
                        program.darcy),
          3);
}

/* A set that is larger than -memory is read batch by batch: the same bits, also after a stop, and
 * on two ranks; a damaged sample ends it with one line. */
static void larger_than_memory(void) {
#define STREAM                                                                                     \
  "-data large.h5 -dense 16,16 -trunk 16 -width 8 -batch 30 -components 20 -steps 40 "             \
  "-validate_steps 10 -checkpoint_steps 7 "
  program_darcy(
      0, "solve -quiet -samples 300 -grid 13 -shapes square,disc -mesh_size 0.2 -o large.h5");
  program_darcy(0, "train -quiet -o in-memory " STREAM);
  program_darcy(0, "train -quiet -o by-batch -memory 0.5 " STREAM);
  T_CHECK(same_model("in-memory", "by-batch"));
  T_CHECK(same_log("in-memory", "by-batch"));
  T_EQUAL(train_and_signal("-o stopped-by-batch -memory 0.5 " STREAM, SIGTERM, 0.2) == 1, 0);
  program_darcy(0, "train -quiet -o stopped-by-batch -memory 0.5 " STREAM);
  T_CHECK(same_model("in-memory", "stopped-by-batch"));
  T_EQUAL(program_shell("%s -n 2 %s train -quiet -o by-ranks -memory 0.5 " STREAM, program.mpiexec,
                        program.darcy),
          0);
  program_darcy(2, "train -quiet -o too-small -memory 0.01 " STREAM);
  T_EQUAL(program_lines(program.err), 1);
  T_CHECK(strstr(program.err, "-memory: expected at least") != NULL);
}

int main(int argc, char **argv) {
  if (!program_begin(argc, argv)) return 1;
  T_RUN(solve);
  T_RUN(ten_epochs_are_five_and_five);
  T_RUN(kills_do_not_change_the_model);
  T_RUN(signals_leave_a_checkpoint);
  T_RUN(the_previous_checkpoint_serves);
  T_RUN(changed_options_are_refused);
  T_RUN(another_data_set_is_noticed);
  T_RUN(a_full_disk_is_told);
  T_RUN(two_runs_do_not_share_a_directory);
  T_RUN(ranks_stop_together);
  T_RUN(larger_than_memory);
  program_end();
  return graft_test_done();
}

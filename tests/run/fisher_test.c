/* SPDX-License-Identifier: BSD-2-Clause */
/* graft-fisher from nothing to pictures on tiny sizes, its splits, and the mistakes that only it
 * knows. Called with the paths of graft-fisher and mpiexec; program_darcy() runs the former. */
#include <signal.h>
#include <time.h>

#include "io/dataset.h"
#include "tests/graft_test.h"

#include "base/arena.h"
#include "tests/io/well_check.h"
#include "tests/run/program.h"

#define SOLVE "solve -quiet -samples 18 -grid 16 -times 5 "
#define MODEL "-components 6 -dense 16,16 -trunk 16 -width 8 -fourier 3 -batch 12 -points 40 "

/* u and u0 of two files are the same. */
static void check_same(const char *a, const char *b) {
  static const char *const field[] = {"u", "u0"};
  graft_source x, y;
  if (!T_OK(graft_dataset_open(a, &x))) return;
  if (T_OK(graft_dataset_open(b, &y))) {
    T_EQUAL(x.info.samples, y.info.samples);
    T_EQUAL(memcmp(x.info.code, y.info.code, x.info.samples * x.info.codes * sizeof(double)), 0);
    T_EQUAL(memcmp(x.info.split[0].part, y.info.split[0].part, x.info.samples), 0);
    for (size_t s = 0; s < x.info.samples; s++) {
      float one[80], two[80];
      for (int f = 0; f < 2; f++) {
        T_OK(x.fill(x.ctx, field[f], &s, 1, one));
        T_OK(y.fill(y.ctx, field[f], &s, 1, two));
        T_EQUAL(memcmp(one, two, (f ? 16 : 80) * sizeof *one), 0);
      }
    }
    graft_source_fini(&y);
  }
  graft_source_fini(&x);
}

static void data_are_whole(void) {
  graft_source source;
  float u[80], u0[16];
  program_darcy(0, SOLVE "-o data.h5");
  if (!T_OK(graft_dataset_open("data.h5", &source))) return;
  const graft_source_info *info = &source.info;
  T_EQUAL(info->samples, 72); /* 18, 18 and 36 */
  T_CHECK(info->in_time && info->dims == 2 && info->grid[0] == 5 && info->grid[1] == 16);
  T_EQUAL(info->codes, 4);
  T_OK(graft_dataset_check(&source));
  for (size_t s = 0; s < info->samples; s++) {
    T_OK(source.fill(source.ctx, "u", &s, 1, u));
    T_OK(source.fill(source.ctx, "u0", &s, 1, u0));
    T_EQUAL(memcmp(u, u0, sizeof u0), 0); /* the first time is the start */
    for (int p = 0; p < 80; p++) T_CHECK(u[p] > 0 && u[p] < 1);
    T_CHECK(info->error_estimate[s] >= 0 && info->error_estimate[s] < 1e-4F);
  }
  graft_source_fini(&source);
  well_check("data.h5");
}

/* a of a sample, and b for zfk, from the coefficients of the law. */
static bool lies_in_band(const graft_source_info *info, size_t s) {
  const double *c = info->code + s * 4;
  bool zfk = strcmp(info->task_name[info->task[s]], "zfk") == 0;
  double b = zfk ? c[1] / c[0] + 1 : 0, a = zfk ? c[0] * exp(b) : c[0];
  T_CHECK(a >= 0.1 && a <= 1 && (!zfk || (b >= 0.5 && b <= 2)));
  return (a > 0.5 && a < 0.6) || (b > 1.1 && b < 1.3);
}

static int by_start(const void *a, const void *b) { return memcmp(a, b, 8 * sizeof(float)); }

/* At full size: no training or validation sample lies in a band, half of the test samples do, and
 * no two samples have the same start. */
static void nothing_leaks(void) {
  graft_source source;
  size_t inside[3] = {0}, count[3] = {0};
  float *start = NULL;
  program_darcy(0, "solve -quiet -inputs_only -grid 8 -times 2 -o inputs.h5");
  if (!T_OK(graft_dataset_open("inputs.h5", &source))) return;
  const graft_source_info *info = &source.info;
  const uint8_t *part = graft_source_split_get(info, "default");
  T_EQUAL(info->samples, 4000);
  T_CHECK(!graft_dataset_has(&source, "u"));
  if (T_OK(graft_alloc(&start, info->samples * 8, sizeof *start))) {
    for (size_t s = 0; s < info->samples; s++) {
      if (!T_CHECK(part[s] <= GRAFT_PART_TEST)) continue;
      inside[part[s]] += lies_in_band(info, s);
      count[part[s]]++;
      T_OK(source.fill(source.ctx, "u0", &s, 1, start + s * 8));
    }
    qsort(start, info->samples, 8 * sizeof *start, by_start);
    for (size_t s = 1; s < info->samples; s++) {
      T_CHECK(by_start(start + s * 8 - 8, start + s * 8) != 0);
    }
  }
  T_EQUAL(inside[0] + inside[1], 0);
  T_EQUAL(count[0], 2668); /* six of nine in turn, of 1000, 1000 and 2000 */
  T_EQUAL(count[1], 444);
  T_EQUAL(count[2], 888);
  T_EQUAL(inside[2], 444);
  graft_free(start);
  graft_source_fini(&source);
}

/* Start a solve and send it SIGTERM a little after its file appears. @return its exit code */
static int solve_and_stop(const char *options, const char *part) {
  const struct timespec pause = {0, 20000000};
  char line[1024];
  int how;
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    snprintf(line, sizeof line, "exec %s %s >out.txt 2>err.txt", program.darcy, options);
    execl("/bin/sh", "sh", "-c", line, (char *)NULL);
    _exit(127);
  }
  for (int i = 0; i < 500 && !program_exists(part); i++) nanosleep(&pause, NULL);
  for (int i = 0; i < 2; i++) nanosleep(&pause, NULL);
  kill(child, SIGTERM);
  waitpid(child, &how, 0);
  program_read("err.txt", program.err, sizeof program.err);
  return WIFEXITED(how) ? WEXITSTATUS(how) : -1;
}

static void a_stopped_solve_goes_on(void) {
  static const char options[] = "solve -quiet -samples 36 -laws zfk -grid 16 -times 5 -tolerance "
                                "1e-9 -error_estimate false -o ";
  char line[256];
  snprintf(line, sizeof line, "%swhole.h5", options);
  program_darcy(0, line);
  snprintf(line, sizeof line, "%sstopped.h5", options);
  T_EQUAL(solve_and_stop(line, "stopped.h5.part"), 75);
  T_EQUAL(program_lines(program.err), 1);
  T_CHECK(strstr(program.err, "run again to go on") != NULL);
  T_CHECK(program_exists("stopped.h5.part") && !program_exists("stopped.h5"));
  program_darcy(0, line);
  T_CHECK(program_exists("stopped.h5") && program_parts(".") == 0);
  check_same("whole.h5", "stopped.h5");
}

static void ranks_and_parts_make_no_difference(void) {
  int code = program_shell("%s -n 2 %s " SOLVE "-o two.h5", program.mpiexec, program.darcy);
  if (!T_EQUAL(code, 0)) printf("# %s", program.err);
  check_same("data.h5", "two.h5");
  program_darcy(0, "solve -quiet -samples 10 -grid 16 -times 5 -o a.h5");
  program_darcy(0, "solve -quiet -samples 8 -first 10 -grid 16 -times 5 -o b.h5");
  T_EQUAL(program_shell("$(dirname %s)/graft-info -merge ab.h5 b.h5 a.h5", program.darcy), 0);
  check_same("data.h5", "ab.h5");
  well_check("ab.h5");
}

/* D joins the code where it is sampled. */
static void diffusion_joins_the_code(void) {
  graft_source source;
  program_darcy(0, SOLVE "-diffusion 1e-4,1e-2 -laws nws -o d.h5");
  if (!T_OK(graft_dataset_open("d.h5", &source))) return;
  double least = INFINITY, most = -INFINITY;
  if (T_EQUAL(source.info.codes, 5)) {
    for (size_t s = 0; s < source.info.samples; s++) {
      least = fmin(least, source.info.code[5 * s + 4]);
      most = fmax(most, source.info.code[5 * s + 4]);
    }
    T_CHECK(strcmp(source.info.code_name[4], "log_d") == 0);
    T_CHECK(least >= log(1e-4) && most <= log(1e-2) && most - least > 1);
  }
  graft_source_fini(&source);
}

/* The net starts from u0, so that it is close there from the beginning; a law that it was never
 * trained on can be evaluated. */
static void the_chain_runs(void) {
  static char json[65536];
  program_darcy(
      0, "train -quiet -data data.h5 -o run -steps 150 -validate_steps 50 -warmup 10 " MODEL);
  program_darcy(0, "eval -quiet -model run/model.h5 -data data.h5");
  program_read("run/metrics.json", json, sizeof json);
  T_CHECK(strstr(json, "\"program\": \"graft-fisher\"") != NULL);
  for (int k = 0; k < 3; k++) {
    T_CHECK(program_json(json, "kernel_ridge", k) > 0);
    T_CHECK(program_json(json, "kernel_ridge", k) < program_json(json, "mean_field", k));
  }
  T_CHECK(program_json(json, "mean", 0) < program_json(json, "mean_field", 0));
  program_darcy(0, SOLVE "-laws nagumo -o nagumo.h5");
  program_darcy(0, "eval -quiet -baselines false -model run/model.h5 -data nagumo.h5 -o zero");
  T_CHECK(program_exists("zero/metrics.json"));
  program_darcy(0, "predict -quiet -model run/model.h5 -data nagumo.h5 -o predicted.h5");
  T_CHECK(strstr(program.err, "outside the training distribution") != NULL);
  well_check("predicted.h5");
  program_darcy(0, "plot -run run");
  program_darcy(0, "plot -data data.h5 -samples 2");
  program_shell("mkdir -p starts && cp inputs.h5 starts");
  program_darcy(0, "plot -data starts/inputs.h5 -samples 2"); /* without solutions */
  if (!strstr(program.err, "gnuplot is not installed")) {
    T_CHECK(program_exists("run/plots/fields-zfk.png"));
    T_CHECK(program_exists("run/plots/numbers.png"));
    T_CHECK(program_exists("plots/data-kpp.png"));
    T_CHECK(program_exists("starts/plots/data-zfk.png"));
    T_EQUAL(strlen(program.err), 0);
  }
}

/* The demo judges its model by a law that it is new to as well, unless that law is learnt. */
static void the_demo_shows_a_new_law(void) {
  static char json[65536];
  program_darcy(0, "demo -quiet -samples 18 -grid 16 -times 5 -steps 6 -o demo " MODEL);
  T_CHECK(strstr(program.out, "nagumo (new)") != NULL);
  T_CHECK(strstr(program.out, "(new): the model was not trained on this task") != NULL);
  program_read("demo/metrics.json", json, sizeof json);
  const char *unseen = strstr(json, "\"unseen\"");
  if (T_CHECK(unseen != NULL)) T_CHECK(strstr(unseen, "\"name\": \"nagumo\"") != NULL);
  T_CHECK(strstr(json, "\"name\": \"nagumo\"") > unseen);
  T_CHECK(program_exists("demo/unseen/metrics.json") && program_exists("demo/unseen/errors.csv"));
  if (!strstr(program.err, "gnuplot is not installed")) {
    T_CHECK(program_exists("demo/plots/fields-kpp.png"));
    T_CHECK(program_exists("demo/unseen/plots/fields-nagumo.png"));
  }
  program_darcy(0, "demo -json -quiet -samples 18 -grid 16 -times 5 -steps 6 -o demo " MODEL);
  T_EQUAL(program_lines(program.err), 0);
  T_EQUAL(program.out[0], '{');
  program_darcy(0, "demo -quiet -samples 18 -grid 16 -times 5 -laws nagumo -steps 6 -o own " MODEL);
  T_CHECK(strstr(program.out, "(new)") == NULL && !program_exists("own/unseen.h5"));
}

struct mistake {
  int code;
  const char *arguments, *message;
};

static void mistakes(void) {
  static const struct mistake bad[] = {
      {2, "solve -laws kpp,fisher", "-laws"},
      {2, "solve -laws kpp,kpp", "each law once"},
      {2, "solve -diffusion fast", "-diffusion: expected a number"},
      {2, "solve -diffusion 1e-2,1e-3", "-diffusion: expected a number"},
      {2, "solve -diffusion -1", "-diffusion"},
      {2, "solve -times 1", "-times: expected an integer"},
      {2, "solve -tolerance 0", "-tolerance: expected a number"},
      {2, "solve -shapes square", "unknown option -shapes"},
      {2, "solve -preset strong", "-preset: 'strong' is not one of problem 'fisher'"},
      {5, "solve -quiet -samples 9 -grid 8 -times 3 -tolerance 0.1 -max_error 1e-9 -o bad.h5",
       "-max_error: expected estimated errors"},
      {2, "solve -quiet -laws kpp -samples 1 -ts_rtol 1 -o bad.h5", "expected -tolerance"},
      {4, "solve -quiet -laws kpp -samples 1 -ts_max_steps 3 -o bad.h5",
       "time stepper: CONVERGED_ITS"},
      {2, "predict -quiet -model run/model.h5 -data data.h5 -o ./data.h5", "another file than"},
      {2, "predict -quiet -model run/model.h5 -data data.h5 -o run/model.h5", "another file than"},
      {2, "solve -end_time 0", "-end_time: expected a number"},
      {2, "solve -first -1", "-first: expected an integer"},
      {2, "solve -max_error 2", "-max_error: expected a number"},
      {6, "solve -quiet -samples 9 -o none/bad.h5", "none/bad.h5: can't be written"},
      {3, "eval -model run/model.h5 -data data.h5 -unseen none.h5", "none.h5: can't be opened"},
      {3, "eval -model run/model.h5 -data data.h5 -unseen inputs.h5", "got inputs only"},
      {2, "train -quiet -data data.h5 -o bad -input log_k", "-input: expected input fields of"},
      {2, "train -quiet -data data.h5 -o bad -input logit_u1", "got 'logit_u1'"},
      {2, "train -quiet -data data.h5 -o bad -input u0,mask", "same axes"},
      {2, "train -quiet -data data.h5 -o bad -skip kernel_ridge",
       "-skip kernel_ridge: expected one"},
      {2, "train -quiet -data data.h5 -o bad -scale 2", "-transform logistic"},
      {3, "eval -model run/model.h5 -data d.h5 -o bad", "expected 4 numbers of each sample"},
      {3, "eval -model run/model.h5 -data data.h5 -unseen d.h5 -o bad",
       "expected 4 numbers of each sample"},
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    if (!program_darcy(bad[i].code, bad[i].arguments)) continue;
    if (!T_EQUAL(program_lines(program.err), 1) ||
        !T_CHECK(strstr(program.err, bad[i].message) != NULL)) {
      printf("# %s\n# wanted: %s\n# got: %s", bad[i].arguments, bad[i].message, program.err);
    }
    T_CHECK(!program_exists("bad.h5") && program_parts(".") == 0);
    T_CHECK(strstr(bad[i].arguments, "eval ") == NULL || !program_exists("bad"));
  }
}

int main(int argc, char **argv) {
  if (!program_begin(argc, argv)) return 1;
  T_RUN(data_are_whole);
  T_RUN(nothing_leaks);
  T_RUN(a_stopped_solve_goes_on);
  T_RUN(ranks_and_parts_make_no_difference);
  T_RUN(diffusion_joins_the_code);
  T_RUN(the_chain_runs);
  T_RUN(the_demo_shows_a_new_law);
  T_RUN(mistakes);
  program_end();
  return graft_test_done();
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* The chain solve, train, eval, predict, plot on tiny sizes; numbers are read from the files. */
#include "io/bundle_file.h"
#include "io/dataset.h"
#include "tests/graft_test.h"

#include "base/arena.h"
#include "tests/run/fields.h"
#include "tests/run/program.h"

#define SOLVE "solve -quiet -samples 18 -grid 13 -shapes square,disc -mesh_size 0.1 "
#define MODEL "-channels 4,4 -dense 16 -trunk 16 -width 8 -batch 6 "

static void help_and_version(void) {
  static const char *const verb[] = {"solve", "train", "eval", "predict", "plot", "demo"};
  if (program_darcy(0, "--help")) {
    T_CHECK(program_lines(program.out) <= 40);
    T_CHECK(strstr(program.out, "Examples") < strstr(program.out, "Verbs"));
    T_EQUAL(strlen(program.err), 0);
  }
  for (size_t i = 0; i < sizeof verb / sizeof *verb; i++) {
    char arguments[64];
    snprintf(arguments, sizeof arguments, "%s --help", verb[i]);
    if (program_darcy(0, arguments)) {
      T_CHECK(strstr(program.out, "-options_file") != NULL);
      T_CHECK(program_lines(program.out) <= 40);
    }
  }
  if (program_darcy(0, "train --help lr")) T_EQUAL(program_lines(program.out), 1);
  if (program_darcy(0, "train --help all")) T_CHECK(program_lines(program.out) > 60);
  if (program_darcy(0, "--version")) T_CHECK(strncmp(program.out, "graft-darcy ", 12) == 0);
}

static void solve_writes_a_data_set(void) {
  graft_source source;
  program_darcy(0, SOLVE "-json -o data.h5");
  T_EQUAL(program_json(program.out, "samples", 0), 36);
  T_EQUAL(strlen(program.err), 0);
  if (T_OK(graft_dataset_open("data.h5", &source))) {
    T_EQUAL(source.info.samples, 36);
    T_EQUAL(source.info.tasks, 2);
    T_OK(graft_dataset_check(&source));
    graft_source_fini(&source);
  }
  program_darcy(0, "solve -samples 18 -grid 13 -shapes square,disc -mesh_size 0.1 -o data.h5");
  T_CHECK(strstr(program.err, "is there already") != NULL);
}

/* K = 1 on the square: the largest value of u is 0.0736714. */
static void solve_knows_the_closed_form(void) {
  size_t n;
  float top = 0.0F;
  program_darcy(0, "solve -quiet -field constant -shapes square -samples 1 -grid 25 -o one.h5");
  float *u = read_field("one.h5", "u", &n);
  for (size_t i = 0; i < n; i++) top = u[i] > top ? u[i] : top;
  T_NEAR(top, 0.0736714, 1e-5);
  graft_free(u);
}

static void two_ranks_write_the_same(void) {
  int code = program_shell("%s -n 2 %s " SOLVE "-o two.h5", program.mpiexec, program.darcy);
  if (!T_EQUAL(code, 0)) printf("# %s", program.err);
  check_same_field("data.h5", "two.h5", "u");
  check_same_field("data.h5", "two.h5", "log_k");
}

static void parts_are_samples_of_the_whole(void) {
  size_t n, m;
  program_darcy(0, "solve -quiet -samples 2 -first 7 -grid 13 -shapes square -mesh_size 0.1 "
                   "-o part.h5");
  float *whole = read_field("data.h5", "u", &n), *part = read_field("part.h5", "u", &m);
  if (T_EQUAL(m, 2 * 169) && T_CHECK(n >= 9 * 169)) {
    T_EQUAL(memcmp(part, whole + 7 * 169, m * sizeof *part), 0);
  }
  graft_free(whole);
  graft_free(part);
}

static void train_fills_a_run_directory(void) {
  program_darcy(0, "train -data data.h5 -o run -steps 12 -validate_steps 4 " MODEL "-json");
  T_EQUAL(program_json(program.out, "steps", 0), 12);
  T_CHECK(program_json(program.out, "validation", 0) > 0.0);
  T_CHECK(program_exists("run/config.yaml"));
  T_CHECK(program_exists("run/log.csv"));
  T_CHECK(program_exists("run/model.h5"));
  T_EQUAL(program_parts("run"), 0);
}

/* How two trainings differ does not count when and where they ran. */
static void equal_trainings_do_not_differ(void) {
  program_darcy(0, "train -quiet -data data.h5 -o twin -steps 12 -validate_steps 4 " MODEL);
  T_EQUAL(program_shell("$(dirname %s)/graft-info -diff run twin", program.darcy), 0);
  T_CHECK(strstr(program.out, "same content") != NULL);
  T_EQUAL(program_shell("$(dirname %s)/graft-info -diff run/checkpoint.h5 twin/checkpoint.h5",
                        program.darcy),
          0);
  program_darcy(0, "train -quiet -data data.h5 -o other -steps 12 -seed 2 " MODEL);
  T_EQUAL(program_shell("$(dirname %s)/graft-info -diff run other", program.darcy), 5);
  T_CHECK(strstr(program.out, "parameters/") != NULL);
}

/* Boundary values that rise along x: a mirrored sample would not be a solution. */
static void no_symmetries_where_data_depend_on_place(void) {
  program_darcy(0, "solve -quiet -samples 9 -grid 13 -shapes disc -mesh_size 0.1 -boundary 0,1,0 "
                   "-o slope.h5");
  program_darcy(0, "train -data slope.h5 -steps 2 -transform identity -o slope");
  T_CHECK(strstr(program.err, "no symmetries") != NULL);
  program_darcy(0, "train -data data.h5 -steps 2 -o level");
  T_CHECK(strstr(program.err, "no symmetries") == NULL);
}

static void train_again_does_the_right_thing(void) {
  program_darcy(0, "train -data data.h5 -o run -steps 12 -validate_steps 4 " MODEL);
  T_EQUAL(program_lines(program.err), 1);
  T_CHECK(strstr(program.err, "finished already") != NULL);
  program_darcy(0, "train -options_file run/config.yaml");
  T_CHECK(strstr(program.err, "finished already") != NULL);
  program_darcy(2, "train -data data.h5 -o run -steps 12 -validate_steps 4 -lr 0.02 " MODEL);
  T_EQUAL(program_lines(program.err), 1);
  T_CHECK(strstr(program.err, "lr") != NULL);
  program_darcy(2, "train -data data.h5 -o run -steps 12 -validate_steps 4 " MODEL "-width 9");
  program_darcy(0, "train -quiet -data data.h5 -o run -steps 16 -validate_steps 4 " MODEL "-json");
  T_EQUAL(program_json(program.out, "steps", 0), 16);
}

static void eval_writes_the_contract(void) {
  static const char *const name[] = {"mean",   "median",  "p95",          "max",       "mean_field",
                                     "affine", "nearest", "kernel_ridge", "pod_floor", "train"};
  static char json[65536];
  program_darcy(0, "eval -model run/model.h5 -data data.h5");
  T_CHECK(strstr(program.out, "kernel_ridge") != NULL);
  program_read("run/metrics.json", json, sizeof json);
  for (size_t i = 0; i < sizeof name / sizeof *name; i++) {
    if (!T_CHECK(program_json(json, name[i], 0) > 0.0)) printf("# key %s\n", name[i]);
  }
  T_CHECK(strstr(json, "\"split\": \"default:test\"") != NULL);
  T_CHECK(strstr(json, "\"program\": \"graft-darcy\"") != NULL);
  T_EQUAL(program_json(json, "samples", 0), 4);
  T_EQUAL(program_json(json, "samples", 1), 4);
  T_CHECK(program_json(json, "median", 0) <= program_json(json, "p95", 0));
  T_CHECK(program_json(json, "p95", 0) <= program_json(json, "max", 0));
  program_darcy(5, "eval -quiet -model run/model.h5 -data data.h5 -baselines false -accuracy 1e-9 "
                   "-o elsewhere");
  T_CHECK(program_exists("elsewhere/metrics.json"));
}

/* The same fields in a data set of another size and of other tasks: what was training is now test.
 */
static void eval_tells_of_samples_seen_in_training(void) {
  static char json[65536];
  program_read("run/metrics.json", json, sizeof json);
  T_EQUAL(program_json(json, "seen_samples", 0), 0);
  program_darcy(0, "solve -quiet -samples 9 -grid 13 -shapes disc -mesh_size 0.1 -o smaller.h5");
  program_darcy(0, "eval -model run/model.h5 -data smaller.h5 -baselines false -o elsewhere");
  T_CHECK(strstr(program.err, "2 of 2 evaluated samples") != NULL);
  T_CHECK(strstr(program.out, "2 of 2 samples were in the model's") != NULL);
  program_read("elsewhere/metrics.json", json, sizeof json);
  program_darcy(0,
                "eval -quiet -model run/model.h5 -data smaller.h5 -split default:train -training "
                "data.h5 -o fitted");
  T_CHECK(strstr(program.out, "the baselines were fitted to data.h5") != NULL);
  T_CHECK(strstr(program.out, "fitted on these samples") == NULL);
  T_CHECK(strstr(program.err, "data.h5: the baselines were fitted to ") != NULL);
  T_EQUAL(program_json(json, "seen_samples", 0), 2);
}

/* Errors from predicted fields, by hand, agree with metrics.json. */
static void predict_agrees_with_eval(void) {
  static char json[65536];
  graft_source source;
  size_t n, m;
  double sum = 0.0;
  int count = 0;
  program_darcy(0, "predict -quiet -model run/model.h5 -data data.h5 -o predicted.h5");
  float *u = read_field("data.h5", "u", &n), *v = read_field("predicted.h5", "u", &m);
  if (T_EQUAL(n, m) && T_OK(graft_dataset_open("data.h5", &source))) {
    size_t P = source.info.points;
    const uint8_t *part = graft_source_split_get(&source.info, "default");
    for (size_t i = 0; i < source.info.samples; i++) {
      double difference = 0.0, norm = 0.0;
      if (part[i] != GRAFT_PART_TEST || source.info.task[i] != 1) continue;
      for (size_t p = i * P; p < (i + 1) * P; p++) {
        difference += ((double)v[p] - u[p]) * ((double)v[p] - u[p]);
        norm += (double)u[p] * u[p];
      }
      sum += sqrt(difference / norm);
      count++;
    }
    graft_source_fini(&source);
  }
  program_read("run/metrics.json", json, sizeof json);
  const char *disc = strstr(json, "\"disc\"");
  if (T_CHECK(disc != NULL) && T_EQUAL(count, 4)) {
    T_NEAR(sum / count, program_json(disc, "mean", 0), 1e-6);
  }
  graft_free(u);
  graft_free(v);
}

static void predict_warns_of_foreign_inputs(void) {
  program_darcy(0,
                "solve -quiet -inputs_only -field lognormal_strong -samples 6 -first 100 -grid 13 "
                "-shapes square,disc -o strong.h5");
  program_darcy(0, "predict -model run/model.h5 -data strong.h5 -o strong_u.h5");
  T_CHECK(strstr(program.err, "warning: ") != NULL);
  T_CHECK(strstr(program.err, "outside the training distribution") != NULL);
}

/* Pictures of an evaluation without baselines: nothing is missed. */
static void plot_without_baselines(void) {
  program_darcy(0, "eval -quiet -model run/model.h5 -data data.h5 -baselines false -o bare");
  program_darcy(0, "plot -quiet -run bare");
  if (strstr(program.err, "gnuplot is not installed")) return;
  T_EQUAL(strlen(program.err), 0);
  T_CHECK(program_exists("bare/plots/baselines.png"));
}

static void plot_draws_or_warns(void) {
  program_darcy(0, "plot -run run");
  if (strstr(program.err, "gnuplot is not installed")) {
    T_EQUAL(program_lines(program.err), 1);
  } else {
    T_CHECK(program_exists("run/plots/fields-disc.png"));
    T_CHECK(program_exists("run/plots/loss.png"));
    T_CHECK(program_exists("run/plots/errors.png"));
    T_CHECK(program_exists("run/plots/baselines.png"));
    T_EQUAL(strlen(program.err), 0);
    program_darcy(0, "plot -data data.h5 -samples 5");
    T_CHECK(program_exists("plots/data-disc.png"));
    T_CHECK(program_exists("plots/data-meshes.png"));
    T_CHECK(program_exists("plots/data-errors.png"));
    T_EQUAL(strlen(program.err), 0);
  }
  T_EQUAL(program_shell("PATH=/nowhere %s plot -data data.h5", program.darcy), 0);
  T_EQUAL(program_lines(program.err), 1);
  T_CHECK(strstr(program.err, "gnuplot is not installed") != NULL);
}

/* Number behind "at about" in the message of an interrupted solve. */
static long stopped_at(void) {
  const char *at = strstr(program.err, "at about ");
  return at ? strtol(at + 9, NULL, 10) : -1;
}

/* A solve that a signal stops leaves its samples; the same command goes on, another one is refused.
 */
static void solve_goes_on(void) {
  static const char *const line = "%s solve -quiet -grid 13 -mesh_size 0.1 -shapes square "
                                  "-samples 100000 -o long.h5";
  T_EQUAL(program_signal(program_start(line, program.darcy), SIGTERM, 0.6), 75);
  long first = stopped_at();
  T_CHECK(first > 0 && program_lines(program.err) == 1);
  T_CHECK(!program_exists("long.h5") && program_exists("long.h5.part"));
  T_EQUAL(program_signal(program_start(line, program.darcy), SIGTERM, 0.6), 75);
  T_CHECK(stopped_at() > first);
  program_darcy(2, "solve -grid 14 -mesh_size 0.1 -shapes square -samples 100000 -o long.h5");
  T_CHECK(strstr(program.err, "long.h5.part was begun with grid 13, asked for is 14") != NULL);
  program_darcy(2, "solve -grid 13 -mesh_size 0.1 -shapes square -samples 100000 -field matter");
  T_CHECK(program_exists("long.h5.part"));
  T_EQUAL(program_shell("rm long.h5.part"), 0);
}

/* -json of the demo is one JSON text; the second call reuses what the first one made. */
static void demo_runs_the_chain(void) {
  static const char arguments[] = "demo -samples 18 -grid 13 -shapes square,disc -mesh_size 0.1 "
                                  "-steps 6 -o demo -json";
  if (!program_darcy(0, arguments)) return;
  T_EQUAL(program.out[0], '{');
  T_CHECK(program_json(program.out, "solve", 0) > 0.0);
  T_CHECK(program_json(program.out, "kernel_ridge", 1) > 0.0);
  T_CHECK(program_exists("demo/data.h5"));
  T_CHECK(program_exists("demo/metrics.json"));
  double error = program_json(program.out, "mean", 0),
         seconds = program_json(program.out, "solve", 0);
  if (!program_darcy(0, arguments)) return;
  T_CHECK(strstr(program.err, "is there already") != NULL);
  T_CHECK(strstr(program.err, "finished already") != NULL);
  T_NEAR(program_json(program.out, "mean", 0), error, 0.0);
  T_NEAR(program_json(program.out, "solve", 0), seconds, 1e-9);
}

int main(int argc, char **argv) {
  if (!program_begin(argc, argv)) return 1;
  T_RUN(help_and_version);
  T_RUN(solve_writes_a_data_set);
  T_RUN(solve_knows_the_closed_form);
  T_RUN(two_ranks_write_the_same);
  T_RUN(parts_are_samples_of_the_whole);
  T_RUN(train_fills_a_run_directory);
  T_RUN(equal_trainings_do_not_differ);
  T_RUN(no_symmetries_where_data_depend_on_place);
  T_RUN(train_again_does_the_right_thing);
  T_RUN(eval_writes_the_contract);
  T_RUN(eval_tells_of_samples_seen_in_training);
  T_RUN(predict_agrees_with_eval);
  T_RUN(predict_warns_of_foreign_inputs);
  T_RUN(plot_draws_or_warns);
  T_RUN(plot_without_baselines);
  T_RUN(solve_goes_on);
  T_RUN(demo_runs_the_chain);
  program_end();
  return graft_test_done();
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Predictions on regions and fields of one's own: inputs that `predict` makes. */
#include "io/dataset.h"
#include "tests/graft_test.h"

#include "tests/run/fields.h"
#include "tests/run/program.h"

#define SOLVE "solve -quiet -grid 13 -mesh_size 0.1 -field lognormal "
#define MODEL                                                                                      \
  "-quiet -code false -pool 0 -components 8 -dense 16 -trunk 16 -fourier 2 -width 8 -batch 12 "
#define MINE "-region mine.yaml -samples 3 -seed 5 "

static void write_text(const char *path, const char *text) {
  FILE *file = fopen(path, "w");
  if (!T_CHECK(file != NULL)) return;
  fputs(text, file);
  fclose(file);
}

/* A model that saw stars only. */
static void prepare(void) {
  write_text("mine.yaml", "region:\n  outer: [[0.1, 0.1], [0.9, 0.1], [0.5, 0.9]]\n"
                          "  holes: [{circle: {centre: [0.5, 0.4], radius: 0.1}}]\n");
  program_darcy(0, SOLVE "-shapes star -samples 36 -o star.h5");
  program_darcy(0, "train -data star.h5 -o run -steps 20 -validate_steps 10 " MODEL);
}

/* What it makes is what `solve` writes, and what it predicts on it is the same, bit by bit. */
static void made_inputs_are_those_of_solve(void) {
  program_darcy(0, SOLVE MINE "-inputs_only -o inputs.h5");
  program_darcy(0, "predict -quiet -model run/model.h5 -data inputs.h5 -o a.h5");
  program_darcy(0, "predict -quiet -pictures 0 -mesh_size 0.1 -model run/model.h5 " MINE "-o b.h5");
  check_same_field("a.h5", "b.h5", "log_k");
  check_same_field("a.h5", "b.h5", "u");
  T_CHECK(!program_exists("plots"));
  T_EQUAL(program_lines(program.err), 1);
  T_CHECK(strstr(program.err, "mine: the model was not trained on this region") != NULL);
}

static double distance(const float *a, const float *b, size_t n) {
  double sum = 0, square = 0;
  for (size_t i = 0; i < n; i++) {
    sum += ((double)a[i] - (double)b[i]) * ((double)a[i] - (double)b[i]);
    square += (double)b[i] * (double)b[i];
  }
  return sqrt(sum / square);
}

/* With -truth: solutions as `solve` finds them, and errors against them, by hand. */
static void truth_and_its_errors(void) {
  size_t n, m;
  double mean = 0;
  program_darcy(0, SOLVE MINE "-o solved.h5");
  program_darcy(0,
                "predict -quiet -json -mesh_size 0.1 -model run/model.h5 " MINE "-truth -o c.h5");
  check_same_field("b.h5", "c.h5", "u");
  float *u = read_field("c.h5", "u", &n), *truth = read_field("c.h5", "u_true", &m);
  float *solved = read_field("solved.h5", "u", &m);
  if (T_EQUAL(n, 3 * 169) && T_EQUAL(m, n)) {
    T_EQUAL(memcmp(truth, solved, n * sizeof *truth), 0);
    for (size_t i = 0; i < 3; i++) mean += distance(u + i * 169, truth + i * 169, 169) / 3;
    T_NEAR(program_json(program.out, "mean", 0), mean, 1e-6 * mean);
    T_EQUAL(program_json(program.out, "new_regions", 0), 1);
  }
  graft_free(u);
  graft_free(truth);
  graft_free(solved);
  if (!strstr(program.err, "gnuplot is not installed")) {
    T_CHECK(program_exists("plots/predicted-mine.png"));
  }
}

/* A field of a file, on the grid's own points: passed on as it is. */
static void field_of_a_file(void) {
  size_t n;
  FILE *file = fopen("field.csv", "w");
  if (!T_CHECK(file != NULL)) return;
  for (int i = 0; i < 169; i++) fprintf(file, "%s%.9g", i ? "," : "", 0.1 * (i / 13) - 0.5);
  fclose(file);
  program_darcy(0, "predict -quiet -pictures 0 -model run/model.h5 -region mine.yaml -field "
                   "field.csv -o file.h5");
  float *log_k = read_field("file.h5", "log_k", &n);
  if (T_EQUAL(n, 169)) {
    for (int i = 0; i < 169; i++) T_NEAR(log_k[i], 0.1 * (i / 13) - 0.5, 1e-6);
  }
  graft_free(log_k);
}

/* Nothing in such a model says what a new region looks like. */
static void refuses_regions_that_no_input_describes(void) {
  program_darcy(0, "train -data star.h5 -o blind -steps 2 -transform identity -masked false "
                   "-rotations 0 " MODEL);
  program_darcy(3, "predict -quiet -model blind/model.h5 " MINE "-o x.h5");
  T_EQUAL(program_lines(program.err), 1);
  T_CHECK(strstr(program.err, "-untold") != NULL && !program_exists("x.h5"));
  program_darcy(0, "predict -quiet -pictures 0 -untold -model blind/model.h5 " MINE "-o x.h5");

  T_EQUAL(program_shell("rm x.h5"), 0);
}

static void mistakes_leave_nothing(void) {
  static const struct {
    int code;
    const char *options, *says;
  } mistake[] = {
      {3, "-region none.yaml", "none.yaml"},
      {3, "-region bad.yaml", "bad.yaml"},
      {3, "-region mine.yaml -field none.npy", "none.npy"},
      {3, "-region mine.yaml -field short.csv", "short.csv"},
      {2, "-region mine.yaml -field lognorml", "did you mean 'lognormal'"},
      {2, "-region mine.yaml -data star.h5", "-data"},
      {2, "-data star.h5 -truth", "-truth"},
      {2, "", "-region"},
      {2, "-region 'two words.yaml'", "-region"},
  };
  write_text("bad.yaml", "region:\n  outer: [[0, 0], [1, 0], [-1, 1]]\n");
  write_text("short.csv", "1,2,3\n");
  for (size_t i = 0; i < sizeof mistake / sizeof *mistake; i++) {
    char line[256];
    snprintf(line, sizeof line, "predict -quiet -model run/model.h5 %s -o x.h5",
             mistake[i].options);
    program_darcy(mistake[i].code, line);
    T_EQUAL(program_lines(program.err), 1);
    T_CHECK(strstr(program.err, mistake[i].says) != NULL);
    T_CHECK(!program_exists("x.h5") && !program_exists("x.h5.part"));
  }
}

int main(int argc, char **argv) {
  if (!program_begin(argc, argv)) return 1;
  T_RUN(prepare);
  T_RUN(made_inputs_are_those_of_solve);
  T_RUN(truth_and_its_errors);
  T_RUN(field_of_a_file);
  T_RUN(refuses_regions_that_no_input_describes);
  T_RUN(mistakes_leave_nothing);
  program_end();
  return graft_test_done();
}

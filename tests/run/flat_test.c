/* SPDX-License-Identifier: BSD-2-Clause */
/* Multi-task options of the programs, from the command line: resumed bitwise, told in the log,
 * drawn; graft-mtl landscape. */
#include "tests/graft_test.h"

#include "tests/run/program.h"

#define TRAIN                                                                                      \
  "train -quiet -data data.h5 -dense 16 -trunk 16 -width 8 -batch 12 -components 8 -points 20 "    \
  "-schedule constant -validate_every 1 -checkpoint_every 0 "

/* Six epochs are three and three more, for every method, also where aggregator and balancer have
 * a state. */
static void resumed_runs_are_the_same(void) {
  static const char *const method[] = {
      "-sam sam -aggregator pcgrad",
      "-sam gsam -aggregator sdmgrad",
      "-sam looksam -aggregator gradvac -balancer dwa",
      "-sam fsam -aggregator excess_mtl -balancer gradnorm",
      "-sam samo -aggregator pcgrad",
      "-sam fsmtl -aggregator moco -balancer famo",
      "-sam fsmtl -fsmtl_variant each -aggregator cr_mogm -balancer relobralo",
  };
  char arguments[512];
  program_darcy(0, "solve -quiet -samples 18 -grid 13 -shapes square,disc -mesh_size 0.1 "
                   "-o data.h5");
  for (size_t i = 0; i < sizeof method / sizeof *method; i++) {
    static const char *const run[] = {"whole -epochs 6", "parts -epochs 3", "parts -epochs 6"};
    for (size_t r = 0; r < 3; r++) {
      snprintf(arguments, sizeof arguments, TRAIN "-o %s %s", run[r], method[i]);
      program_darcy(0, arguments);
    }
    T_EQUAL(program_shell("cut -d, -f1,2,4- whole/log.csv > a; cut -d, -f1,2,4- parts/log.csv > b; "
                          "cmp a b"),
            0);
    program_shell("rm -rf whole parts");
  }
  program_darcy(0, TRAIN "-o parts -epochs 1 -sam fsmtl");
  program_darcy(2, TRAIN "-o parts -epochs 2 -sam sam");
  T_CHECK(strstr(program.err, "sam") != NULL);
}

static void diagnostics_are_logged_and_drawn(void) {
  char log[8192];
  program_darcy(0, TRAIN "-o told -epochs 3 -sam fsmtl -fsmtl_variant each -aggregator mgda "
                         "-diagnostics true");
  program_read("told/log.csv", log, sizeof log);
  T_CHECK(strstr(log, ",norm_square,norm_disc,weight_square,weight_disc,sharpness_square,"
                      "sharpness_disc,cosine_square_disc,conflicts,cost\n") != NULL);
  T_EQUAL(program_lines(log), 4);
  T_CHECK(strstr(log, "nan") == NULL);
  program_darcy(0, "plot -run told");
  if (program_shell("command -v gnuplot") == 0)
    T_CHECK(program_exists("told/plots/diagnostics.png"));
}

static int mtl(const char *arguments) {
  return program_shell("$(dirname %s)/graft-mtl %s", program.darcy, arguments);
}

static void landscape_of_a_run(void) {
  char csv[8192];
  T_EQUAL(mtl("landscape -quiet -run told -points 5 -samples 2 -radius 0.3"), 0);
  T_CHECK(strstr(program.out, "told/landscape.csv: error") != NULL);
  program_read("told/landscape.csv", csv, sizeof csv);
  T_CHECK(strncmp(csv, "a,b,square,disc,mean\n", 21) == 0);
  T_EQUAL(program_lines(csv), 26);
  if (program_shell("command -v gnuplot") == 0) T_CHECK(program_exists("told/plots/landscape.png"));
  /* The middle is the model as eval sees it. */
  T_EQUAL(mtl("landscape -quiet -run told -points 3 -samples 100 -json"), 0);
  const double middle = program_json(program.out, "error", 0);
  program_darcy(0, "eval -quiet -json -model told/model.h5 -data data.h5");
  double mean = 0;
  char *at = program.out;
  for (int k = 0; k < 2; k++) {
    at = strstr(at, "\"rel_l2\":");
    if (!T_CHECK(at != NULL)) return;
    mean += program_json(at, "mean", 0) / 2;
    at++;
  }
  T_NEAR(middle, mean, 1e-6 * mean);
  T_EQUAL(mtl("landscape"), 2);
  T_CHECK(strstr(program.err, "missing option -run or -model") != NULL);
  T_EQUAL(mtl("landscape -run nothing"), 3);
  T_EQUAL(program_lines(program.err), 1);
  T_EQUAL(mtl("landscape -run told -points 4"), 2);
  T_CHECK(strstr(program.err, "-points: expected an odd number, got 4") != NULL);
}

int main(int argc, char **argv) {
  if (!program_begin(argc, argv)) return 99;
  T_RUN(resumed_runs_are_the_same);
  T_RUN(diagnostics_are_logged_and_drawn);
  T_RUN(landscape_of_a_run);
  program_end();
  return graft_test_done();
}

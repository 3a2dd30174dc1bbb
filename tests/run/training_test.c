/* SPDX-License-Identifier: BSD-2-Clause */
/* What users are told before, during and after a training. */
#include "tests/graft_test.h"

#include "tests/run/program.h"

#define TRAIN                                                                                      \
  "train -quiet -data data.h5 -channels 4,4 -dense 16 -trunk 16 -width 8 -batch 24 -pool 1 "       \
  "-components 8 -points 0 -validate_every 5 "

static void begin(void) {
  program_darcy(0, "solve -quiet -samples 18 -grid 13 -shapes square,disc -mesh_size 0.1 "
                   "-o data.h5");
}

static bool file_says(const char *path, const char *text) {
  char content[4096];
  program_read(path, content, sizeof content);
  return strstr(content, text) != NULL;
}

/* A rate so small that nothing changes: no validation is better than the one before. */
static void patience_ends_a_training(void) {
  program_darcy(0, TRAIN "-o patient -epochs 400 -lr 1e-11 -warmup 0 -schedule constant "
                         "-weight_decay 0 -patience 3 -json");
  T_CHECK(program_json(program.out, "steps", 0) < 100);
  program_darcy(0, TRAIN "-o patient -epochs 400 -lr 1e-11 -warmup 0 -schedule constant "
                         "-weight_decay 0 -patience 3");
  T_EQUAL(strlen(program.out), 0); /* finished already */
}

/* Branch and trunk zero: no gradient can get in. One line on stderr, and the same in advice.txt. */
static void vanishing_gradients_are_told(void) {
  program_darcy(0, TRAIN "-o dead -epochs 60 -init zeros -bias_std 0 -linear false");
  T_CHECK(strstr(program.err, "warning: step 50: the gradient's norm is 0") != NULL);
  T_EQUAL(program_lines(program.err), 1);
  T_CHECK(file_says("dead/advice.txt", "vanishing gradients"));
}

static void plot_of_a_run_without_evaluation(void) {
  program_darcy(0, TRAIN "-o curves -epochs 10 -log_every 2");
  T_CHECK(!program_exists("curves/advice.txt"));
  program_darcy(0, "plot -run curves");
  T_CHECK(program_exists("curves/plots/data/loss.gp"));
  T_CHECK(file_says("curves/plots/data/loss.gp", "tasks = 'square disc'"));
  if (program_shell("command -v gnuplot") == 0) T_CHECK(program_exists("curves/plots/loss.png"));
  program_shell("mkdir empty");
  program_darcy(3, "plot -run empty");
  T_CHECK(strstr(program.err, "empty: expected a run after graft-darcy train, got no log.csv"));
}

/* Layers, parameters, FLOP and memory on stderr before training, and by graft-info. */
static void summary_of_the_model(void) {
  T_EQUAL(program_shell("%s train -data data.h5 -o told -steps 2 -channels 4,4 -dense 16 -trunk 16 "
                        "-width 8 -preset paper",
                        program.darcy),
          0);
  T_CHECK(strstr(program.err, "branch/conv1") < strstr(program.err, "trunk/dense1"));
  T_CHECK(strstr(program.err, "FLOP a sample") && strstr(program.err, "memory: network"));
  T_EQUAL(program_shell("$(dirname %s)/graft-info told/model.h5", program.darcy), 0);
  T_CHECK(strstr(program.out, "branch/conv1             conv2d       [13 x 13 x 4]") != NULL);
  T_CHECK(strstr(program.out, "a prediction of one sample takes") != NULL);
  T_EQUAL(program_shell("$(dirname %s)/graft-info -check told/model.h5", program.darcy), 0);
}

int main(int argc, char **argv) {
  if (!program_begin(argc, argv)) return 1;
  T_RUN(begin);
  T_RUN(patience_ends_a_training);
  T_RUN(vanishing_gradients_are_told);
  T_RUN(summary_of_the_model);
  T_RUN(plot_of_a_run_without_evaluation);
  program_end();
  return graft_test_done();
}

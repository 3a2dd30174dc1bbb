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

/* Targets far from what the network gives, and an input that never changes. */
static void bad_scaling_is_told(void) {
  program_darcy(0, TRAIN "-o scaled -epochs 1 -preset paper -scale 1e-6");
  T_CHECK(strstr(program.err, "data scaling: targets (scale u) have a size of") != NULL);
  T_CHECK(file_says("scaled/advice.txt", "try -scale"));
  program_darcy(0, "solve -quiet -samples 9 -grid 13 -shapes square -field constant -mesh_size 0.1 "
                   "-o constant.h5");
  program_darcy(0,
                "train -quiet -data constant.h5 -o constant -preset paper -channels 4,4 -dense 8 "
                "-trunk 8 -width 4 -epochs 1 -normalisation global");
  T_CHECK(strstr(program.err, "the input log_k is 0 in all training samples") != NULL);
  T_EQUAL(program_lines(program.err), 1);
}

/* BatchNorm: running statistics are part of checkpoint and model, and of what ranks add up. */
static void batch_norm_on_ranks_and_resumed(void) {
#define NORMED                                                                                     \
  "train -quiet -data data.h5 -preset paper -channels 4,4 -dense 16 -trunk 16 -width 8 -batch 7 "  \
  "-dropout 0 -schedule constant -batch_norm branch,trunk -validate_every 3 "
  program_darcy(0, NORMED "-o whole -epochs 6");
  program_darcy(0, NORMED "-o halves -epochs 3");
  program_darcy(0, NORMED "-o halves -epochs 6");
  for (int i = 0; i < 2; i++) {
    T_EQUAL(program_shell("$(dirname %s)/graft-info -export %s/model.h5 | grep -e ^parameters/ -e "
                          "^running > %d",
                          program.darcy, i ? "whole" : "halves", i),
            0);
  }
  T_EQUAL(program_shell("grep -q ^running 0 && cmp 0 1"), 0);
  T_EQUAL(program_shell("%s -n 2 %s " NORMED "-o ranks -epochs 6", program.mpiexec, program.darcy),
          0);
  program_darcy(0, "eval -quiet -json -baselines false -model whole/model.h5 -data data.h5 -o e1");
  double alone = program_json(program.out, "mean", 0);
  program_darcy(0, "eval -quiet -json -baselines false -model ranks/model.h5 -data data.h5 -o e2");
  T_NEAR(program_json(program.out, "mean", 0), alone, 1e-3 * alone);
}

#define SMALL                                                                                      \
  "-preset paper -channels 4,4 -dense 16 -trunk 16 -width 8 -batch 24 -epochs 20 -dropout 0 "      \
  "-validate_every 5 "

/* Two networks in one run: member 2 is the network of seed 2; the second call finds all done. */
static void members_make_an_ensemble(void) {
  program_darcy(0, "train -quiet -data data.h5 " SMALL "-o both -members 2 -json");
  T_EQUAL(program_json(program.out, "members", 0), 2);
  T_EQUAL(program_json(program.out, "steps", 0), 40);
  program_darcy(0, "train -quiet -data data.h5 " SMALL "-o alone -seed 2");
  for (int i = 0; i < 2; i++) {
    T_EQUAL(program_shell("$(dirname %s)/graft-info -export %s/model.h5 | grep ^parameters/ > %d",
                          program.darcy, i ? "both/member-2" : "alone", i),
            0);
  }
  T_EQUAL(program_shell("test -s 0 && cmp 0 1"), 0);
  T_EQUAL(program_shell("%s train -data data.h5 " SMALL "-o both -members 2", program.darcy), 0);
  T_CHECK(strstr(program.err, "both is finished already") != NULL);
  program_darcy(2, "train -quiet -data data.h5 " SMALL "-o both -members 3");
  T_CHECK(strstr(program.err, "members") != NULL);
  program_darcy(2, "train -quiet -data data.h5 " SMALL "-o none -members 0");
}

/* On ranks: rank 0 alone collects and tells, no rank waits for another for ever. */
static void members_on_ranks(void) {
  T_EQUAL(program_shell("timeout 100 %s -n 2 %s train -quiet -data data.h5 " SMALL
                        "-o shared -members 2 -json",
                        program.mpiexec, program.darcy),
          0);
  T_EQUAL(program_json(program.out, "members", 0), 2);
  T_EQUAL(program_json(program.out, "steps", 0), 40);
  T_CHECK(isnan(program_json(program.out, "members", 1)));
  program_darcy(0, "eval -quiet -model shared/model.h5 -data data.h5 -json -baselines false");
  T_EQUAL(program_json(program.out, "members", 0), 2);
  T_EQUAL(program_shell("timeout 100 %s -n 2 %s train -data data.h5 " SMALL "-o shared -members 2",
                        program.mpiexec, program.darcy),
          0);
  T_CHECK(strstr(program.err, "shared is finished already") != NULL);
}

/* Something that one rank alone refuses ends all of them, with its message and exit code. */
static void ranks_refuse_together(void) {
  int code = program_shell("timeout 100 %s -n 1 %s train -quiet -data data.h5 " SMALL
                           "-o refused : -n 1 %s train -quiet -data data.h5 " SMALL
                           "-o refused -optimizer lbfgs -sam sam",
                           program.mpiexec, program.darcy, program.darcy);
  if (!T_EQUAL(code, 2)) printf("# %s", program.err);
  T_CHECK(strstr(program.err, "sam: expected none with optimizer lbfgs") != NULL);
  T_CHECK(!program_exists("refused/model.h5"));
}

static void spread_of_an_ensemble(void) {
  program_darcy(0, "eval -quiet -model both/model.h5 -data data.h5 -json");
  T_EQUAL(program_json(program.out, "members", 0), 2);
  T_CHECK(program_json(program.out, "error_over_spread", 1) > 0.0);
  double half = program_json(program.out, "0.5", 0), most = program_json(program.out, "0.99", 0);
  T_CHECK(half > 0.0 && half < most && most <= 1.0);
  T_CHECK(file_says("both/calibration.csv", "level,square,disc\n0.1,"));
  program_darcy(0, "eval -quiet -model both/model.h5 -data data.h5 -baselines false");
  T_CHECK(strstr(program.out, "Spread of 2 members") != NULL);
  program_darcy(0, "predict -quiet -model both/model.h5 -data data.h5 -o spread.h5");
  T_EQUAL(program_shell("$(dirname %s)/graft-info spread.h5", program.darcy), 0);
  T_CHECK(strstr(program.out, "  u_std ") != NULL);
  program_darcy(0, "plot -run both");
  T_CHECK(program_exists("both/plots/data/reliability.gp"));
  program_darcy(0, "eval -quiet -model alone/model.h5 -data data.h5 -json");
  T_CHECK(strstr(program.out, "ensemble") == NULL);
}

/* Inputs unlike those of the training: one line, a count, and how far each of them is. */
static void inputs_outside_are_marked(void) {
  program_darcy(0, "solve -quiet -inputs_only -samples 4 -grid 13 -shapes square,disc -mesh_size "
                   "0.1 -field lognormal_strong -o far.h5");
  program_darcy(0, "predict -quiet -model alone/model.h5 -data far.h5 -o out.h5 -json");
  double outside = program_json(program.out, "outside", 0);
  T_CHECK(outside >= 4.0);
  T_EQUAL(program_lines(program.err), 1);
  T_CHECK(strstr(program.err, "lie outside the training distribution") != NULL);
  T_EQUAL(program_shell("$(dirname %s)/graft-info out.h5", program.darcy), 0);
  char line[64];
  snprintf(line, sizeof line, "outside     %.0f of 8 inputs", outside);
  T_CHECK(strstr(program.out, line) != NULL);
}

/* Data sets that a model fits in part or not at all. */
static void other_data_sets(void) {
  program_darcy(0,
                "solve -quiet -samples 9 -grid 13 -shapes square,plus -mesh_size 0.1 -o part.h5");
  program_darcy(0, "eval -quiet -model alone/model.h5 -data part.h5 -o part");
  T_CHECK(strstr(program.err, "plus: the model was not trained on this") != NULL);
  program_darcy(0, TRAIN "-o coded -epochs 5 -code true");
  program_darcy(0, "eval -quiet -model coded/model.h5 -data part.h5 -o part");
  T_CHECK(strstr(program.err, "plus: the model was not trained on this") != NULL);
  T_CHECK(strstr(program.out, "plus (new)") != NULL);
  program_darcy(0, "solve -quiet -samples 9 -grid 13 -shapes plus -mesh_size 0.1 -o plus.h5");
  program_darcy(0, "eval -quiet -model coded/model.h5 -data plus.h5 -o part");
  T_CHECK(strstr(program.out, "plus (new)") != NULL);
  T_CHECK(strstr(program.out, "square") == NULL);
  program_darcy(0, "solve -quiet -samples 9 -grid 11 -shapes square -mesh_size 0.1 -o grid.h5");
  program_darcy(3, "eval -quiet -model alone/model.h5 -data grid.h5 -o part");
  T_CHECK(strstr(program.err, "13 x 13 points on [0, 1] x [0, 1]; got 11 x 11 points") != NULL);
}

int main(int argc, char **argv) {
  if (!program_begin(argc, argv)) return 1;
  T_RUN(begin);
  T_RUN(patience_ends_a_training);
  T_RUN(vanishing_gradients_are_told);
  T_RUN(summary_of_the_model);
  T_RUN(bad_scaling_is_told);
  T_RUN(batch_norm_on_ranks_and_resumed);
  T_RUN(members_make_an_ensemble);
  T_RUN(members_on_ranks);
  T_RUN(ranks_refuse_together);
  T_RUN(spread_of_an_ensemble);
  T_RUN(inputs_outside_are_marked);
  T_RUN(other_data_sets);
  T_RUN(plot_of_a_run_without_evaluation);
  program_end();
  return graft_test_done();
}

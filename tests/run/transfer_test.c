/* SPDX-License-Identifier: BSD-2-Clause */
/* Verb transfer: what stays frozen, what is resumed, what the table says, what is refused. */
#include "tests/graft_test.h"

#include "tests/run/program.h"

#define SMALL "-quiet -threads 1 "
#define FEW "transfer " SMALL "-model a/model.h5 -data new.h5 -steps 8 -validate_steps 4 "
#define TRANSFER FEW "-holdout 0 "

static void begin(void) {
  program_darcy(0,
                "solve -quiet -samples 18 -grid 13 -shapes square,disc -mesh_size 0.1 -o old.h5");
  program_darcy(0, "solve -quiet -samples 18 -grid 13 -shapes lshape -mesh_size 0.1 -o new.h5");
  program_darcy(0, "train " SMALL "-data old.h5 -o a -dense 16 -trunk 16,16 -width 8 -batch 8 "
                   "-components 8 -points 0 -epochs 6");
}

/* Values of the arrays whose name begins so, of a model file, into a text. */
static void blocks(const char *run, const char *prefix, char *text, size_t size) {
  program_shell("$(dirname %s)/graft-info -export %s/model.h5 | grep '^parameters/%s'",
                program.darcy, run, prefix);
  snprintf(text, size, "%s", program.out);
}

static bool same_blocks(const char *run, const char *other, const char *prefix) {
  static char first[sizeof program.out];
  blocks(run, prefix, first, sizeof first);
  T_CHECK(strlen(first) > 100);
  blocks(other, prefix, program.err, sizeof program.err);
  return strcmp(first, program.err) == 0;
}

/* Bits of frozen layers, under an average of parameters and flat-region steps too. */
static void frozen_layers_keep_their_bits(void) {
  program_darcy(0, TRANSFER "-samples 6 -freeze trunk,branch.linear -ema 0.5 -sam sam -o frozen");
  T_CHECK(same_blocks("a", "frozen", "trunk/"));
  T_CHECK(same_blocks("a", "frozen", "branch/linear") == false); /* it reads the longer code */
  T_CHECK(!same_blocks("a", "frozen", "branch/output"));
  program_darcy(0, TRANSFER "-samples 6 -freeze '*,!trunk.output' -o last");
  T_CHECK(same_blocks("a", "last", "trunk/dense"));
  T_CHECK(same_blocks("a", "last", "branch/output"));
  T_CHECK(!same_blocks("a", "last", "trunk/output"));
  program_darcy(0, TRANSFER "-samples 6 -mode graft -o graft");
  T_CHECK(same_blocks("a", "graft", "trunk/"));
  T_CHECK(!same_blocks("a", "graft", "branch/output"));
  T_EQUAL(program_shell("$(dirname %s)/graft-info graft/model.h5", program.darcy), 0);
  T_CHECK(strstr(program.out, ", frozen") && strstr(program.out, "parameters train;"));
}

/* The trained model knows old and new tasks, and remembers the samples of both. */
static void old_tasks_stay_known(void) {
  program_darcy(0, TRANSFER "-samples 6 -source old.h5 -rehearse 4 -o both");
  program_darcy(0, "eval -quiet -json -baselines false -model both/model.h5 -data old.h5");
  T_EQUAL(program_json(program.out, "seen_samples", 0), 0);
  T_CHECK(program_json(program.out, "mean", 1) < 1);
  program_darcy(0, "eval -quiet -json -baselines false -model both/model.h5 -data old.h5 -split "
                   "default:train");
  T_EQUAL(program_json(program.out, "seen_samples", 0), 24);
  program_darcy(0, "eval -quiet -json -baselines false -model both/model.h5 -data new.h5 -split "
                   "default:train");
  T_EQUAL(program_json(program.out, "seen_samples", 0), 6);
}

/* Before its first step the new model predicts as the old one does; the table has a row a count,
 * and baselines with few samples are worse than with many. */
static void the_table(void) {
  program_darcy(0, TRANSFER "-samples 4,12 -mode zero_shot,fine_tune,scratch -lr 1e-12 "
                            "-scratch_lr 1e-3 -json -o table");
  T_EQUAL(program_json(program.out, "count", 0), 4);
  T_EQUAL(program_json(program.out, "count", 1), 12);
  T_EQUAL(program_json(program.out, "seen_samples", 0), 0);
  T_CHECK(program_json(program.out, "solve", 0) > 0); /* seconds, those of the new samples */
  const char *rows = strstr(program.out, "\"transfer\"");
  if (!T_CHECK(rows != NULL)) return;
  const double zero_shot = program_json(rows, "mean", 0), fine_tune = program_json(rows, "mean", 1);
  T_NEAR(fine_tune, zero_shot, 1e-5);
  T_CHECK(fabs(program_json(rows, "mean", 2) - zero_shot) > 1e-4);
  T_CHECK(program_json(rows, "kernel_ridge", 1) < program_json(rows, "kernel_ridge", 0));
  T_CHECK(program_exists("table/transfer.csv") && program_exists("table/metrics.json"));
  T_CHECK(program_exists("table/fine_tune-12/model.h5") && program_exists("table/scratch-4"));
  T_CHECK(program_exists("table/plots/data/transfer.gp"));
  /* the options of one of its runs repeat that run */
  program_darcy(0, "transfer -quiet -options_file table/fine_tune-4/config.yaml -o again");
  T_CHECK(same_blocks("again", "table/fine_tune-4", "branch/"));
}

static void resumed_runs_have_the_same_bits(void) {
  program_darcy(0, TRANSFER "-samples 6 -o whole");
  program_darcy(0, TRANSFER "-samples 6 -checkpoint_steps 1 -time_limit 1e-9 -o parts");
  program_shell("grep -c . parts/log.csv");
  program_darcy(2, TRANSFER "-samples 7 -o parts");
  T_CHECK(strstr(program.err, "samples"));
  program_darcy(0, TRANSFER "-samples 6 -checkpoint_steps 1 -o parts");
  T_CHECK(same_blocks("whole", "parts", ""));
  program_shell("%s -n 2 %s %s -samples 6 -o ranks", program.mpiexec, program.darcy, TRANSFER);
  T_CHECK(program_exists("ranks/model.h5") && program_exists("ranks/metrics.json"));
}

/* Harmful steps are not kept where held-out samples can tell, and these count as seen. */
static void the_start_counts_with_a_holdout(void) {
  program_darcy(0, FEW "-samples 6 -holdout 0.5 -lr 0.3 -schedule constant -warmup 0 -o held");
  T_CHECK(same_blocks("a", "held", "trunk/"));
  program_darcy(0, "eval -quiet -json -baselines false -model held/model.h5 -data new.h5 -split "
                   "default:train");
  T_EQUAL(program_json(program.out, "seen_samples", 0), 6);
  program_darcy(0, "plot -quiet -run table");
  T_CHECK(!*program.out || strstr(program.out, "table/plots/transfer.png"));
}

static void refuse(int code, const char *arguments, const char *word) {
  program_darcy(code, arguments);
  T_EQUAL(program_lines(program.err), 1);
  if (!T_CHECK(strstr(program.err, word))) printf("# want '%s': %s", word, program.err);
  T_CHECK(!program_exists("no"));
}

static void mistakes(void) {
  refuse(2, TRANSFER "-samples 13 -o no",
         "expected at most 12, the training samples of task lshape");
  refuse(2, TRANSFER "-samples 0 -o no", "-samples: expected counts from 1 on");
  refuse(2, TRANSFER "-samples 8,4 -o no", "increasing");
  refuse(2, TRANSFER "-samples 6 -freeze trnk -o no", "did you mean 'trunk'");
  refuse(2, TRANSFER "-samples 6 -freeze '*' -o no", "some layers left to train");
  refuse(2, TRANSFER "-samples 6 -mode few_shot -o no", "-mode");
  refuse(2, TRANSFER "-samples 6 -preset demo -o no", "-preset");
  refuse(2, TRANSFER "-samples 6 -rehearse 2 -o no", "-source");
  refuse(2, TRANSFER "-samples 6 -mode graft -source old.h5 -discrepancy 1 -o no", "-discrepancy");
  refuse(2, TRANSFER "-samples 6 -split odd -o no", "-split");
  refuse(2, "transfer -data new.h5 -o no", "missing option -model");
  refuse(3, "transfer -model none.h5 -data new.h5 -o no", "none.h5");
  refuse(3, "transfer -model a/model.h5 -data none.h5 -o no", "none.h5");
  refuse(3, "transfer -model new.h5 -data new.h5 -o no", "new.h5");
  program_darcy(0, "solve -quiet -samples 9 -grid 11 -shapes lshape -mesh_size 0.1 -o coarse.h5");
  refuse(3, "transfer -model a/model.h5 -data coarse.h5 -samples 6 -o no",
         "the model's grid, 13 x 13");
  program_shell("$(dirname %s)/graft-fisher solve -quiet -samples 9 -grid 16 -o fisher.h5",
                program.darcy);
  refuse(3, "transfer -model a/model.h5 -data fisher.h5 -o no", "'darcy'");
  program_shell(
      "$(dirname %s)/graft-fisher transfer -model a/model.h5 -data fisher.h5 -samples 6 -o no",
      program.darcy);
  T_CHECK(strstr(program.err, "expected one of the model's problem 'darcy', got 'fisher'"));
  T_CHECK(!program_exists("no"));
  program_darcy(
      0, "solve -quiet -samples 9 -grid 13 -shapes lshape -mesh_size 0.1 -inputs_only -o in.h5");
  refuse(3, "transfer -model a/model.h5 -data in.h5 -o no", "expected solutions");
  program_darcy(0, "solve -quiet -samples 2 -grid 13 -shapes lshape -mesh_size 0.1 -o two.h5");
  refuse(2, "transfer -model a/model.h5 -data two.h5 -samples 1 -part validation -o no",
         "-part: expected validation samples in two.h5 (split default), got none");
}

int main(int argc, char **argv) {
  if (!program_begin(argc, argv)) return 1;
  begin();
  T_RUN(frozen_layers_keep_their_bits);
  T_RUN(old_tasks_stay_known);
  T_RUN(the_table);
  T_RUN(resumed_runs_have_the_same_bits);
  T_RUN(the_start_counts_with_a_holdout);
  T_RUN(mistakes);
  program_end();
  return graft_test_done();
}

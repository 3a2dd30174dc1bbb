/* SPDX-License-Identifier: BSD-2-Clause */
/* Nodes of each sample's own mesh, from the solver to predictions. */
#include "io/dataset.h"
#include "tests/graft_test.h"

#include "tests/run/fields.h"
#include "tests/run/program.h"

#define SOLVE "solve -quiet -grid 17 -mesh_size 0.08 -field lognormal "
#define MODEL                                                                                      \
  "-quiet -nodes -code false -augmentation false -symmetrise false -rotations 0 -pool 0 "          \
  "-components 8 -dense 16 -trunk 16 -fourier 0 -features x,y,sdf,torsion,log_k -width 8 "         \
  "-linear false -points 40 -batch 8 -validate_steps 5 "

static void prepare(void) {
  program_darcy(0, SOLVE "-nodes -shapes star,polygon -samples 18 -o data.h5");
  program_darcy(0, SOLVE "-shapes star,polygon -samples 18 -o plain.h5");
  check_same_field("data.h5", "plain.h5", "u"); /* the grid does not notice */
  T_CHECK(program_exists("data_nodes.xmf"));
  T_EQUAL(program_shell("$(dirname %s)/graft-info data.h5 -check", program.darcy), 0);
  program_darcy(0, "train -data data.h5 -o run -steps 20 " MODEL);
}

/* A number of metrics.json or of what a verb printed. */
static double mean_of(const char *text, const char *key) {
  const char *at = strstr(text, key);
  return at ? program_json(at, "mean", 0) : NAN;
}

/* Errors at nodes, weighted by area, and on the grid estimate the same integral: within 3 % of each
 * other (seen: 0.3 % on 32 x 32 points). */
static void errors_agree(void) {
  char json[16384];
  program_darcy(0, "eval -quiet -baselines false -model run/model.h5 -data data.h5");
  program_read("run/metrics.json", json, sizeof json);
  double grid = mean_of(json, "\"rel_l2\""), nodes = mean_of(json, "\"rel_l2_nodes\"");
  printf("# error on the grid %.4f, at nodes %.4f\n", grid, nodes);
  T_NEAR(nodes / grid, 1, 0.03);
}

/* 10 steps and 10 more are 20, to the same bits. */
static void resume(void) {
  program_darcy(0, "train -data data.h5 -o part -steps 10 " MODEL);
  program_darcy(0, "train -data data.h5 -o part -steps 20 " MODEL);
  T_EQUAL(program_shell("$(dirname %s)/graft-info -diff run part", program.darcy), 0);
}

/* Batches that are read one by one, and two ranks, do the same. */
static void memory_and_ranks(void) {
  double want, got;
  program_darcy(0, "train -json -data data.h5 -o again -steps 20 " MODEL);
  want = program_json(program.out, "validation", 0);
  program_darcy(2, "train -data data.h5 -o little -steps 20 -memory 0.01 " MODEL);
  T_CHECK(strstr(program.err, "-memory: expected at least") != NULL);
  T_EQUAL(program_shell("%s -n 2 %s train -json -data data.h5 -o two -steps 20 " MODEL,
                        program.mpiexec, program.darcy),
          0);
  got = program_json(program.out, "validation", 0);
  T_NEAR(got / want, 1, 1e-4);
}

/* More samples than are kept in memory. */
static void windows(void) {
  program_darcy(0, "solve -quiet -nodes -grid 9 -mesh_size 0.3 -error_estimate false -samples 450 "
                   "-shapes square -o many.h5");
  program_darcy(0, "train -json -data many.h5 -o whole -steps 10 " MODEL);
  double want = program_json(program.out, "validation", 0);
  program_darcy(0, "train -json -data many.h5 -o window -steps 10 -memory 0.9 " MODEL);
  T_NEAR(program_json(program.out, "validation", 0), want, 0);
}

/* Predictions at the nodes of one's own region, with what they are compared to. */
static void predict(void) {
  graft_source source;
  FILE *file = fopen("mine.yaml", "w");
  if (!T_CHECK(file != NULL)) return;
  fputs("region:\n  outer: [[0.1, 0.1], [0.9, 0.1], [0.5, 0.9]]\n", file);
  fclose(file);
  program_darcy(0, "predict -quiet -json -pictures 0 -nodes -truth -mesh_size 0.08 -samples 3 "
                   "-model run/model.h5 -region mine.yaml -o mine.h5");
  double grid = mean_of(program.out, "\"rel_l2\"");
  T_NEAR(mean_of(program.out, "\"rel_l2_nodes\"") / grid, 1, 0.05);
  T_CHECK(program_exists("mine_nodes.xmf"));
  if (!T_OK(graft_dataset_open("mine.h5", &source))) return;
  T_OK(graft_dataset_check(&source));
  T_CHECK(source.info.node_start && source.info.node_start[3] > 300);
  graft_source_fini(&source);
}

/* A network that is trained at nodes goes on at the nodes of new samples, and of old ones. */
static void transfer(void) {
#define TRANSFER "transfer -quiet -json -threads 1 -model run/model.h5 -steps 4 -validate_steps 4 "
  program_darcy(0, SOLVE "-nodes -shapes lshape -samples 18 -o new.h5");
  program_darcy(0, TRANSFER "-data new.h5 -samples 6 -source data.h5 -rehearse 4 -o moved");
  T_CHECK(mean_of(program.out, "\"fine_tune\"") < 1);
  program_darcy(0, "eval -quiet -baselines false -model moved/model.h5 -data new.h5");
  program_darcy(3, TRANSFER "-data plain.h5 -samples 6 -o no");
  T_CHECK(strstr(program.err, "solve -nodes") != NULL);
}

static void mistakes(void) {
  program_darcy(3, "train -data plain.h5 -o no -steps 2 " MODEL);
  T_CHECK(strstr(program.err, "solve -nodes") != NULL);
  program_darcy(2, "train -quiet -data data.h5 -o no -steps 2 -nodes");
  T_CHECK(strstr(program.err, "-features") != NULL);
  program_darcy(2, SOLVE "-nodes -inputs_only -samples 2 -o no.h5");
  program_darcy(3, "predict -quiet -nodes -model run/model.h5 -data plain.h5 -o no.h5");
  T_CHECK(!program_exists("no.h5"));
}

int main(int argc, char **argv) {
  if (!program_begin(argc, argv)) return 1;
  T_RUN(prepare);
  T_RUN(errors_agree);
  T_RUN(resume);
  T_RUN(memory_and_ranks);
  T_RUN(windows);
  T_RUN(predict);
  T_RUN(transfer);
  T_RUN(mistakes);
  program_end();
  return graft_test_done();
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Every mistake a user can make: one line on stderr, the right exit code, nothing half-written. */
#include <hdf5.h>

#include "tests/graft_test.h"

#include "tests/run/program.h"

#define TINY "-samples 9 -grid 9 -shapes square -mesh_size 0.2 "
#define NET "-branch dense -dense 8 -trunk 8 -width 4 -batch 4 "

struct mistake {
  int code;
  const char *arguments, *message;
};

static void provoke(const struct mistake *m) {
  if (!program_darcy(m->code, m->arguments)) return;
  bool one_line = T_EQUAL(program_lines(program.err), 1);
  bool says = T_CHECK(strstr(program.err, m->message) != NULL);
  bool named = T_CHECK(strncmp(program.err, "graft-darcy: ", 13) == 0);
  if (!one_line || !says || !named) {
    printf("# graft-darcy %s\n# wanted: %s\n# stderr: %s", m->arguments, m->message, program.err);
  }
  T_EQUAL(strlen(program.out), 0);
  T_EQUAL(program_parts("."), 0);
}

#define PROVOKE_ALL(table)                                                                         \
  for (size_t i = 0; i < sizeof(table) / sizeof *(table); i++) provoke(&(table)[i])

static void command_line(void) {
  static const struct mistake bad[] = {
      {2, "", "expected a verb: demo, solve, train,"},
      {2, "slove", "or plot; got 'slove' (did you mean 'solve'?)"},
      {2, "xyz", "expected a verb: demo, solve, train,"},
      {2, "-samples 3", "expected a verb before the options: demo, solve, train,"},
      {2, "solve -sampels 3", "unknown option -sampels (did you mean -samples?)"},
      {2, "solve stray", "stray word 'stray'"},
      {2, "solve -samples", "-samples: missing value"},
      {2, "solve -samples x", "-samples: expected an integer"},
      {2, "solve -samples -5", "-samples: expected an integer"},
      {2, "solve -samples 1e30", "-samples: expected an integer"},
      {2, "solve -grid 1000000000", "-grid: expected an integer"},
      {2, "solve -grid 0", "-grid: expected an integer"},
      {2, "solve -shapes square,disk", "(did you mean 'disc'?)"},
      {2, "solve -shapes blob", "got 'blob'"},
      {2, "solve -field lognromal", "(did you mean 'lognormal'?)"},
      {2, "solve -lr 0.1", "-lr is an option of"},
      {2, "solve -seed 1 -seed 2", "-seed: expected once"},
      {3, "solve -options_file missing.yaml", "missing.yaml"},
      {3, "solve -options_file .", ""},
      {3, "solve -o k.h5 -region nope.yaml", "nope.yaml: can't be opened"},
      {3, "solve -o k.h5 -field nope.csv", "-field: nope.csv: can't be opened"},
      {3, "solve -o k.h5 -f nope.csv", "-f: nope.csv: can't be opened"},
      {2, "train -o run", "missing option -data"},
      {2, "train -data data.h5", "missing option -o"},
      {2, "train -data data.h5 -o run -lr fast", "-lr: expected a number"},
      {2, "train -data data.h5 -o run -optimizer adamm", "did you mean 'adamw'"},
      {2, "train -data data.h5 -o run -sam asm", "-sam: expected one of"},
      {2, "train -data data.h5 -o run -sam_rho -1", "-sam_rho: expected a number"},
      {2, "train -data data.h5 -o run -fsmtl_variant splt", "did you mean 'split'"},
      {2, "train -data data.h5 -o run -preset dmeo", "-preset: expected one of"},
      {2, "eval -model data.h5 -data data.h5 -split default", "-split: expected NAME:PART"},
      {2, "plot", "missing option -run or -data"},
  };
  PROVOKE_ALL(bad);
}

/* A copy of data.h5 with one value replaced by NaN. */
static void write_nan(const char *path, const char *field) {
  if (!T_EQUAL(program_shell("cp data.h5 %s", path), 0)) return;
  hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT), data = H5Dopen2(file, field, H5P_DEFAULT);
  hid_t space = H5Dget_space(data);
  hsize_t start[3] = {1, 4, 4}, count[3] = {1, 1, 1};
  hid_t memory = H5Screate_simple(3, count, NULL);
  float value = NAN;
  T_CHECK(H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL) >= 0);
  T_CHECK(H5Dwrite(data, H5T_NATIVE_FLOAT, memory, space, H5P_DEFAULT, &value) >= 0);
  H5Sclose(memory);
  H5Sclose(space);
  H5Dclose(data);
  H5Fclose(file);
}

static void bad_files(void) {
  static const struct mistake bad[] = {
      {3, "solve -o k.h5 -samples 3 -field two.csv", "-field: two.csv: expected one row, or one"},
      {3, "solve -o k.h5 -region bad.yaml", "bad.yaml: expected the key 'region'"},
      {3, "train -quiet -data missing.h5 -o run", "missing.h5"},
      {3, "train -quiet -data . -o run", "got a directory"},
      {3, "train -quiet -data truncated.h5 -o run", "truncated.h5"},
      {3, "train -quiet -data foreign.h5 -o run", "foreign.h5"},
      {3, "train -quiet -data nan_u.h5 -o run", "u"},
      {3, "train -quiet -data nan_k.h5 -o run", "log_k"},
      {3, "train -quiet -data inputs.h5 -o run", "inputs only"},
      {3, "eval -model data.h5 -data data.h5", "expected a model"},
      {3, "eval -model missing.h5 -data data.h5", "missing.h5"},
      {3, "predict -model foreign.h5 -data data.h5 -o p.h5", "foreign.h5"},
      {3, "plot -data foreign.h5", "foreign.h5"},
      {3, "plot -run missing", "missing"},
  };
  program_shell("head -c 20000 data.h5 >truncated.h5 && echo 'this is no HDF5 file' >foreign.h5 &&"
                "printf '1,1,1,1\n1,1,1,1\n' >two.csv && echo 'regoin: 1' >bad.yaml");
  write_nan("nan_u.h5", "/t0_fields/u");
  write_nan("nan_k.h5", "/t0_fields/log_k");
  program_darcy(0, "solve " TINY "-inputs_only -quiet -o inputs.h5");
  PROVOKE_ALL(bad);
  T_CHECK(!program_exists("run/config.yaml"));
  T_CHECK(!program_exists("p.h5"));
  T_CHECK(!program_exists("k.h5"));
}

/* What evaluations, predictions and pictures refuse when model and data are whole. */
static void bad_requests(void) {
  static const struct mistake bad[] = {
      {2, "train -quiet -data data.h5 -o rx -split nope",
       "-split: data.h5: expected a split out of default, got 'nope'"},
      {2, "eval -quiet -model run/model.h5 -data data.h5 -o rx -split nope:test",
       "-split: data.h5: expected a split out of default, got 'nope'"},
      {2, "eval -quiet -model run/model.h5 -data data.h5 -o rx -split default:tst", "-split: "},
      {3, "eval -quiet -model run/model.h5 -data one.h5 -split default:train -o rx",
       "no samples in default:train"},
      {3, "predict -quiet -model skip/model.h5 -data disc.h5 -o p.h5",
       "disc.h5, sample 0: expected a task and geometry that the model was trained on, got task "
       "disc on disc"},
      {3, "predict -quiet -model run/model.h5 -data fine.h5 -o p.h5",
       "fine.h5: expected the model's grid"},
      {3, "demo -quiet -region nope.yaml -o rx", "nope.yaml"},
      {2, "train -quiet -data f.h5 -o rx -preset unseen", "expected right-hand side 1"},
      {2, "train -quiet -data edge.h5 -o rx -preset unseen", "expected right-hand side 1"},
  };
  program_darcy(0, "solve -quiet " TINY "-f 2 -o f.h5");
  program_darcy(0, "solve -quiet " TINY "-boundary 0.1 -o edge.h5");
  program_darcy(0, "train -quiet -data data.h5 -o run -steps 2 " NET "-skip none");
  program_darcy(0, "solve -quiet -samples 1 -grid 9 -shapes square -mesh_size 0.2 -o one.h5");
  program_darcy(0, "train -quiet -data data.h5 -o skip -steps 2 " NET "-skip affine");
  program_darcy(0, "solve -quiet -samples 1 -grid 9 -shapes disc -mesh_size 0.2 -o disc.h5");
  program_darcy(0, "solve -quiet -samples 1 -grid 11 -shapes square -mesh_size 0.2 -o fine.h5");
  PROVOKE_ALL(bad);
  T_CHECK(!program_exists("rx"));
  T_CHECK(!program_exists("p.h5"));
}

static void bad_outputs(void) {
  static const struct mistake bad[] = {
      {6, "solve -quiet " TINY "-o missing/data.h5", "missing/data.h5"},
      {6, "solve -quiet " TINY "-o /proc/data.h5", "/proc/data.h5"},
      {2, "solve -quiet " TINY "-o .", "data set of the same options, got the directory ."},
      {2, "solve -quiet " TINY "-o foreign.h5", "foreign.h5"},
      {2, "solve -quiet " TINY "-seed 2 -o data.h5", "data.h5 was made with -seed 1"},
      {6, "train -quiet -data data.h5 -o foreign.h5", "foreign.h5"},
      {6, "train -quiet -data data.h5 -o /proc/run", "/proc/run"},
      {6, "solve -quiet -samples 100000000 -o huge.h5", "No space left"},
  };
  PROVOKE_ALL(bad);
  T_CHECK(!program_exists("huge.h5"));
}

static void solver_options(void) {
  static const struct mistake bad[] = {
      {2, "solve -quiet " TINY "-o k.h5 -ksp_rtoll 1e-9", "-ksp_rtoll"},
      {2, "solve -quiet " TINY "-o k.h5 -ksp_type cgg", "cgg"},
      {2, "solve -quiet " TINY "-o k.h5 -tao_type lmvm", "unknown option -tao_type"},
      {4, "solve -quiet " TINY "-o k.h5 -ksp_type cg -pc_type none -ksp_max_it 2", "convergence"},
  };
  PROVOKE_ALL(bad);
  T_CHECK(!program_exists("k.h5"));
}

static void environment_and_file(void) {
  FILE *file = fopen("options.yaml", "w");
  if (file) fputs("samples: 9\nseeed: 3\n", file);
  if (file) fclose(file);
  provoke(&(struct mistake){2, "solve -options_file options.yaml",
                            "options.yaml:2: unknown option -seeed (did you mean -seed?)"});
  file = fopen("options.yaml", "w");
  if (file) fputs("samples: [1, 2\n", file);
  if (file) fclose(file);
  provoke(&(struct mistake){3, "solve -options_file options.yaml", "options.yaml:"});
  setenv("GRAFT_OPTIONS", "-seed 'x", 1);
  provoke(&(struct mistake){2, "solve", "GRAFT_OPTIONS: expected a closing quotation mark"});
  setenv("GRAFT_OPTIONS", "-seed x", 1);
  provoke(&(struct mistake){2, "solve", "GRAFT_OPTIONS: -seed: expected an integer"});
  unsetenv("GRAFT_OPTIONS");
}

int main(int argc, char **argv) {
  if (!program_begin(argc, argv)) return 1;
  T_RUN(command_line);
  program_darcy(0, "solve " TINY "-quiet -o data.h5");
  T_RUN(bad_files);
  T_RUN(bad_requests);
  T_RUN(bad_outputs);
  T_RUN(solver_options);
  T_RUN(environment_and_file);
  program_end();
  return graft_test_done();
}

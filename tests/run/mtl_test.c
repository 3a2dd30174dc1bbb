/* SPDX-License-Identifier: BSD-2-Clause */
/* graft-mtl from the command line: list, combine, and every mistake. */
#include "tests/graft_test.h"

#include "tests/run/program.h"

static const char *mtl; /* path of graft-mtl */

static void put(const char *name, const char *text) {
  FILE *file = fopen(name, "w");
  if (T_CHECK(file != NULL)) {
    fputs(text, file);
    fclose(file);
  }
}

static bool run(int expected, const char *arguments) {
  const int code = program_shell("%s %s", mtl, arguments);
  if (code != expected) printf("# graft-mtl %s: got %d: %s", arguments, code, program.err);
  return T_EQUAL(code, expected);
}

/* All methods of issue and paper are there, with their sources; help fits on a page. */
static void lists_everything(void) {
  static const char *const names[] = {
      "mean",     "sum",        "constant", "rlw",          "mgda",        "pcgrad",    "gradvac",
      "graddrop", "cagrad",     "imtl_g",   "nash",         "aligned_mtl", "upgrad",    "dualproj",
      "fairgrad", "config",     "krum",     "trimmed_mean", "sdmgrad",     "modo",      "moco",
      "db_mtl",   "excess_mtl", "cr_mogm",  "equal",        "gls",         "si",        "uw",
      "dwa",      "gradnorm",   "imtl_l",   "stch",         "famo",        "softadapt", "relobralo",
      "fsmtl",    "adamw",      "adam",     "sgd",          "lion",        "rmsprop",   "lbfgs",
      "constant", "cosine",     "step",     "exponential",  "plateau",     "one_cycle"};
  if (!run(0, "list")) return;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    char line[80];
    snprintf(line, sizeof line, "\n  %-14s", names[i]);
    if (!T_CHECK(strstr(program.out, line))) printf("# %s is not listed\n", names[i]);
  }
  T_CHECK(strstr(program.out, "[yu2020]") && strstr(program.out, "non-conflicting"));
  T_CHECK(run(0, "list -family balancers") && !strstr(program.out, "pcgrad"));
  T_CHECK(run(0, "list -json") && strstr(program.out, "\"aggregators\": ["));
  T_CHECK(run(0, "--help") && program_lines(program.out) <= 40);
  T_CHECK(run(0, "combine --help") && program_lines(program.out) <= 40);
  T_CHECK(run(0, "list --help") && program_lines(program.out) <= 40);
  T_CHECK(run(0, "--man") && strstr(program.out, ".SH NAME"));
}

/* [1, 0; -1, 1]: pcgrad by hand. */
static void combines_by_hand(void) {
  put("J.csv", "1, 0\n-1, 1 # the second task\n");
  put("L.csv", "0.5\n2\n");
  if (!run(0, "combine -aggregator pcgrad -gradients J.csv -losses L.csv -json")) return;
  T_CHECK(strstr(program.out, "\"aggregator\": \"pcgrad\""));
  const char *weights = strstr(program.out, "\"weights\""),
             *direction = strstr(program.out, "\"direction\"");
  double w[2] = {0}, d[2] = {0};
  if (!T_CHECK(weights && direction)) return;
  T_EQUAL(sscanf(weights, "\"weights\": [ %lf , %lf", &w[0], &w[1]), 2);
  T_EQUAL(sscanf(direction, "\"direction\": [ %lf , %lf", &d[0], &d[1]), 2);
  T_NEAR(w[0], 1, 1e-15); /* ½ (1 + 1), ½ (1 + ½) */
  T_NEAR(w[1], 0.75, 1e-15);
  T_NEAR(d[0], 0.25, 1e-15);
  T_NEAR(d[1], 0.75, 1e-15);
  T_CHECK(run(0, "combine -aggregator trimmed_mean -trim 0 -gradients J.csv -json"));
  T_CHECK(strstr(program.out, "\"weights\": null"));
  T_CHECK(run(0, "combine -aggregator mgda -gradients J.csv"));
  T_CHECK(strstr(program.out, "1 of 1 pairs in conflict"));
  T_CHECK(run(0, "combine -aggregator rlw -gradients J.csv -seed 3 -json"));
  char first[sizeof program.out];
  memcpy(first, program.out, sizeof first);
  T_CHECK(run(0, "combine -aggregator rlw -gradients J.csv -seed 3 -json"));
  T_CHECK(strcmp(first, program.out) == 0);
  T_CHECK(run(0, "combine -aggregator rlw -gradients J.csv -seed 4 -json"));
  T_CHECK(strcmp(first, program.out) != 0);
}

static void mistakes(void) {
  static const struct {
    int code;
    const char *arguments, *message;
  } bad[] = {
      {2, "", "expected a verb: list, combine or landscape; e.g. 'graft-mtl list'"},
      {2, "combin", "got 'combin' (did you mean 'combine'?)"},
      {2, "list -family sums", "-family: expected"},
      {2, "combine", "missing option -gradients"},
      {2, "combine -gradients J.csv -aggregator pcgard", "did you mean 'pcgrad'?"},
      {2, "combine -gradients J.csv -aggregator krum", "krum expects at least 3 tasks, got 2"},
      {2, "combine -gradients J.csv -aggregator trimmed_mean", "at least 3 tasks, got 2"},
      {2, "combine -gradients J.csv -aggregator_weights 1,2,3", "each of the 2 tasks, got 3"},
      {2, "combine -gradients J.csv -aggregator_weights 1,x", "aggregator_weights: expected"},
      {2, "combine -gradients J.csv -cagrad_c -1", "-cagrad_c: expected"},
      {3, "combine -gradients missing.csv", "missing.csv: can't be opened"},
      {3, "combine -gradients nan.csv", "nan.csv: line 2: value 1: expected a finite number"},
      {3, "combine -gradients word.csv", "word.csv: line 1: value 2: expected a number, got 'x'"},
      {3, "combine -gradients ragged.csv", "ragged.csv: line 2: expected 2 values"},
      {3, "combine -gradients empty.csv", "empty.csv: expected lines of numbers"},
      {3, "combine -gradients large.csv", "large.csv: the gradient of task 1 is too large"},
      {3, "combine -gradients many.csv", "expected at most 64 lines, one for each task, got 65"},
      {3, "combine -gradients J.csv -losses three.csv", "each of the 2 gradients of J.csv, got 3"},
  };
  put("nan.csv", "1,2\nnan,3\n");
  put("word.csv", "1,x\n2,3\n");
  put("ragged.csv", "1,2\n3\n");
  put("empty.csv", "");
  put("large.csv", "1e200,2\n3,4\n");
  put("three.csv", "1,2,3\n");
  program_shell("yes 1 | head -n 65 > many.csv");
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    run(bad[i].code, bad[i].arguments);
    T_EQUAL(program_lines(program.err), 1);
    T_EQUAL(strlen(program.out), 0);
    if (!T_CHECK(strstr(program.err, bad[i].message))) {
      printf("# graft-mtl %s\n# wanted: %s\n# got: %s", bad[i].arguments, bad[i].message,
             program.err);
    }
  }
}

int main(int argc, char **argv) {
  if (!program_begin(argc, argv)) return 1;
  mtl = program.darcy;
  T_RUN(lists_everything);
  T_RUN(combines_by_hand);
  T_RUN(mistakes);
  program_end();
  return graft_test_done();
}

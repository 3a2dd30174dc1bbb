/* SPDX-License-Identifier: BSD-2-Clause */
/* Multi-task recommendation: users' tables to data sets, floors that networks must beat. */
#include "apps/dtrn.h"
#include "io/provenance.h"

static const char *const examples[] = {
    "import -schema movielens_small.yaml -input ml-latest-small -o ml.h5   tables to a data set",
    "generate -rows 100000 -conflict 0.7 -o s.h5                            tasks with a known "
    "truth",
    "floor -data ml.h5                                                      what logistic "
    "regression reaches",
    NULL};

static const graft_verb *const verbs[] = {&graft_dtrn_verb_generate, &graft_dtrn_verb_import,
                                          &graft_dtrn_verb_floor, NULL};

int main(int argc, char **argv) {
  const graft_program program = {.name = "graft-dtrn",
                                 .summary = "multi-task recommendation: data sets and floors",
                                 .version = graft_version(),
                                 .command = "graft-dtrn",
                                 .problem = "",
                                 .example = examples,
                                 .verb = verbs};
  return graft_app_main(&program, argc, argv);
}

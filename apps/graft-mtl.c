/* SPDX-License-Identifier: BSD-2-Clause */
/* Multi-task optimisation on its own: what there is, and what a rule does with a matrix. */
#include "apps/mtl.h"
#include "io/provenance.h"

static const char *const examples[] = {
    "list                                          all methods, one line each",
    "combine -aggregator pcgrad -gradients J.csv   weights and direction of a matrix",
    "combine -aggregator mgda -gradients J.csv -losses L.csv -json", NULL};

static const graft_verb *const verbs[] = {&graft_mtl_verb_list, &graft_mtl_verb_combine, NULL};

int main(int argc, char **argv) {
  const graft_program program = {.name = "graft-mtl",
                                 .summary = "multi-task optimisation: methods, combined gradients",
                                 .version = graft_version(),
                                 .command = "graft-mtl",
                                 .problem = "",
                                 .example = examples,
                                 .verb = verbs};
  return graft_app_main(&program, argc, argv);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Multi-task optimisation on its own: what there is, what a rule does with a matrix, what a trained
 * model looks like. */
#include "apps/mtl.h"
#include "io/provenance.h"

static const char *const examples[] = {
    "list                                          all methods, one line each",
    "combine -aggregator pcgrad -gradients J.csv   weights and direction of a matrix",
    "combine -aggregator mgda -gradients J.csv -losses L.csv -json",
    "landscape -run runs/a                         errors around a trained model", NULL};

static const graft_verb *const verbs[] = {&graft_mtl_verb_list, &graft_mtl_verb_combine,
                                          &graft_mtl_verb_landscape, NULL};

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

/* SPDX-License-Identifier: BSD-2-Clause */
/* Any equation of the problem registry: graft-pde -problem NAME VERB. */
#include "apps/pde.h"

int main(int argc, char **argv) { return graft_pde_main("graft-pde", NULL, argc, argv); }

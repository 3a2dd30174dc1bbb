/* SPDX-License-Identifier: BSD-2-Clause */
/* Heat in perforated plates. */
#include "apps/pde.h"

int main(int argc, char **argv) { return graft_pde_main("graft-heat", "heat", argc, argv); }

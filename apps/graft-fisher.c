/* SPDX-License-Identifier: BSD-2-Clause */
/* Reaction and diffusion u_t = D u_xx + a R(u) on a line, several reaction laws. */
#include "apps/pde.h"

int main(int argc, char **argv) { return graft_pde_main("graft-fisher", "fisher", argc, argv); }

/* SPDX-License-Identifier: BSD-2-Clause */
/* Darcy flow −∇·(K∇u) = f on several shapes. */
#include "apps/pde.h"

int main(int argc, char **argv) { return graft_pde_main("graft-darcy", "darcy", argc, argv); }

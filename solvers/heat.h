/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_SOLVERS_HEAT_H
#define GRAFT_SOLVERS_HEAT_H

/** @file heat.h
 *  Generator of the heat problem: designs of the perforated plate. */

#include "solvers/generator.h"

/** The generator; its options are in heat_config.c. */
extern const graft_generator_type graft_generator_heat;

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_APPS_HELP_H
#define GRAFT_APPS_HELP_H

/** @file help.h
 *  Help texts and the man page, made from the option rows. */

#include <stdio.h>

#include "apps/options.h"

/** The program's help: examples first, at most 40 lines. */
void graft_help_program(FILE *file, const graft_program *program);

/** A verb's help: examples, then options with their values where nothing is set.
 *  @param what "all": every option with range or choices, and unit; name of an option: that one;
 *         else (NULL too): the main ones, at most 40 lines */
GRAFT_MUST_USE graft_status graft_help_verb(FILE *file, const graft_program *program,
                                            const graft_verb *verb, const char *what);

/** The program's man page in roff (man(7)), section 1. */
void graft_help_man(FILE *file, const graft_program *program);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_SOLVERS_REACTION_H
#define GRAFT_SOLVERS_REACTION_H

/** @file reaction.h
 *  The registry of reaction laws R(u) of u_t = D u_xx + a R(u): each is a task of problem "fisher".
 * A law is one file in `solvers/reaction/`, one line in `reaction.def` and one in `meson.build`. */

#include <stdbool.h>
#include <stddef.h>

enum { GRAFT_REACTION_CODES = 4 /**< coefficients of u, u², u³, u⁴ */ };

/** A law, perhaps with a parameter p. */
typedef struct graft_reaction_type {
  const char *name;      /**< registry name and task name, e.g. "kpp" */
  const char *summary;   /**< one line */
  const char *source;    /**< reference key */
  const char *formula;   /**< R(u) as text, e.g. "u (1 - u)" */
  const char *parameter; /**< name of p, NULL: there is none */
  double range[2];       /**< p is uniform in this interval */
  double band[2];        /**< part of it that is held out of training; equal: none */
  size_t share;          /**< samples per `-samples` */
  bool standard;         /**< a task unless `-laws` says otherwise */
  /** R [n] and its derivative dr [n] (NULL: not wanted) at u [n]. */
  void (*rate)(double p, size_t n, const double *u, double *r, double *dr);
  /** Coefficients of u, u², u³, u⁴: R itself where it is a polynomial, else its Taylor form. */
  void (*code)(double p, double code[GRAFT_REACTION_CODES]);
} graft_reaction_type;

/** The i-th law, NULL past the end. */
const graft_reaction_type *graft_reaction_get(size_t i);

/** Its name (usable as graft_option::choices). */
const char *graft_reaction_name(size_t i);

/** The law of that name, or NULL. */
const graft_reaction_type *graft_reaction_find(const char *name);

#endif

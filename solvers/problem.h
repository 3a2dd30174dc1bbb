/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_SOLVERS_PROBLEM_H
#define GRAFT_SOLVERS_PROBLEM_H

/** @file problem.h
 *  The registry of equations. An equation is one file in `solvers/problem/`, one line in
 * `problem.def` and one in `meson.build`; ensemble driver, data set writer, convergence test and
 * help read it. */

#include <stddef.h>

/** A field of a problem's data set. Tables end with a row without a name. */
typedef struct graft_problem_field {
  const char *name;      /**< in the file, e.g. "u" */
  const char *long_name; /**< e.g. "solution" */
  const char *unit;      /**< "1" for none */
} graft_problem_field;

/** Weak form: find u with u = b on the boundary and ∫ k ∇u·∇v + c u v = ∫ f v for all v that vanish
 *  there. Functions are pointwise over n points: xy [n x 2], all else [n]. */
typedef struct graft_elliptic_form {
  /** Diffusion k > 0 from the random field g. */
  void (*diffusion)(size_t n, const double *xy, const double *g, double *k);
  /** Reaction c ≥ 0; NULL: none. */
  void (*reaction)(size_t n, const double *xy, const double *g, double *c);
  /** Source f. */
  void (*source)(size_t n, const double *xy, double *f);
  /** Boundary values b from the random field; NULL: those of the option `-boundary`, usually 0. */
  void (*boundary)(size_t n, const double *xy, const double *g, double *b);
} graft_elliptic_form;

/** A manufactured solution for convergence tests: smooth u and g, and the f that belongs to them.
 */
typedef struct graft_manufactured {
  void (*field)(size_t n, const double *xy, double *g);    /**< g */
  void (*solution)(size_t n, const double *xy, double *u); /**< u */
  void (*source)(size_t n, const double *xy, double *f);   /**< f */
} graft_manufactured;

/** A value for an option of `solve`. Tables end with a row without an option. */
typedef struct graft_problem_setting {
  const char *option; /**< e.g. "laws" */
  const char *value;  /**< as text */
} graft_problem_setting;

struct graft_generator_type;

/** An equation. Without a generator of its own it is an elliptic one, given by its weak form. */
typedef struct graft_problem_type {
  const char *name;                  /**< option value, lower snake case */
  const char *summary;               /**< one line for help */
  const char *source;                /**< key of docs/references.md, or "" */
  const char *equation;              /**< one line of text, e.g. "-div(K grad u) = f" */
  int dims;                          /**< spatial dimensions */
  const graft_problem_field *output; /**< the solution: one row, sampled on the grid, 0 outside */
  const graft_problem_field *input;  /**< the random field: one row, over the whole grid */
  const char *field;                 /**< law of the random field unless the user names another */
  const char *shapes;                /**< likewise, names with commas between */
  const graft_elliptic_form *form;   /**< weak form */
  const graft_manufactured *manufactured; /**< for convergence tests */
  /** How its samples are made, see generator.h; NULL: ::graft_generator_elliptic. With one of its
   *  own, form, manufactured, field and shapes are NULL. */
  const struct graft_generator_type *generator;
  /** What `solve` is told for tasks that a model with the problem's defaults was never trained on:
   *  the demo judges its model by them too. NULL: there are none. */
  const graft_problem_setting *unseen;
} graft_problem_type;

/** The i-th problem in the order of problem.def, NULL past the end. */
const graft_problem_type *graft_problem_get(size_t i);

/** Its name: the choices of an option row. */
const char *graft_problem_choices(size_t i);

/** Generator of a problem, never NULL. */
const struct graft_generator_type *graft_problem_generator(const graft_problem_type *problem);

/** The problem of that name, or NULL. */
const graft_problem_type *graft_problem_find(const char *name);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_SOLVERS_HEAT_IMPL_H
#define GRAFT_SOLVERS_HEAT_IMPL_H

/** @file heat_impl.h
 *  Parts of the generator of the heat problem: options and designs (heat_config.c, heat_init.c),
 *  solutions (heat.c). */

#include "solvers/generator.h"
#include "solvers/plate_solver.h"

enum { HEAT_CACHE = 16 /* one-hole solutions kept */ };

/* Options of its own, in graft_solve_config.own. */
struct heat_config {
  char design[32];         /* lists, or random */
  char holes[128];         /* list of n: the tasks */
  char positions[512];     /* list of h */
  char radii[512];         /* list of r_h */
  char position_range[64]; /* of random designs */
  char radius_range[64];   /* likewise */
  char grid[64];           /* points along x, y, z */
  bool superposition;      /* write the sum of one-hole solutions */
};
_Static_assert(sizeof(struct heat_config) <= GRAFT_SOLVE_OWN, "room for options");

/* Everything that a rank prepares and reuses. */
struct heat {
  const graft_solve_config *config;
  const struct heat_config *own;
  graft_source_info info; /* a geometry per sample; codes: holes, position, radius */
  size_t n[3], columns;   /* grid; its points in the plane */
  double *xy, *z;         /* [columns x 2], [n[2]] */
  double *guess;          /* [columns] closed form of the design at hand */
  size_t chosen, *column; /* columns with points in the body */
  double *place, *value;  /* [chosen x 2], [chosen x n[2]] */
  float *u, *sum;         /* [P] temperature, sum of one-hole solutions */
  float *along, *across;  /* [columns] folded coordinates */
  float *plan, *beside;   /* [columns] mask and signed distance at half the height */
  graft_plate_solver cache[HEAT_CACHE];
  size_t oldest;
  bool solved; /* a sample at least */
};

extern const graft_option graft_heat_options[];

/* Options of its own in a configuration. */
const struct heat_config *graft_heat_own(const graft_solve_config *config);

/* As the generator's functions of these names. */
graft_status graft_heat_validate(const graft_solve_config *config);
size_t graft_heat_task(const graft_solve_config *config, size_t i, char name[GRAFT_NAME_SIZE],
                       size_t *samples);
GRAFT_MUST_USE graft_status graft_heat_adopt(graft_solve_config *config,
                                             const graft_source_info *info);
int graft_heat_grid(const graft_solve_config *config, size_t n[3]);
void graft_heat_estimate(const graft_solve_config *config, int ranks,
                         graft_solve_estimate *estimate);
graft_status graft_heat_init(void *state, const graft_solve_config *config);

/* Element size of designs with n holes: meshes of all sectors have about as many nodes. */
double graft_heat_size(const graft_solve_config *config, int holes);

/* The design of sample @p index of task @p i. */
graft_plate graft_heat_design(const graft_solve_config *config, size_t i, size_t index);

/* What the grid's columns are in a design: folded coordinates, mask and distance. */
void graft_heat_columns(struct heat *heat, const graft_plate *plate);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_SOLVERS_ENSEMBLE_IMPL_H
#define GRAFT_SOLVERS_ENSEMBLE_IMPL_H

/** @file ensemble_impl.h
 *  Parts of the generator of elliptic problems. */

#include "base/source.h"
#include "geometry/domain.h"
#include "io/dataset.h"
#include "io/field_file.h"
#include "solvers/generator.h"
#include "solvers/problem.h"
#include "solvers/shape_solver.h"

/** What a configuration says about one task: a shape, a family of shapes or a region file. */
typedef struct graft_task {
  char name[GRAFT_NAME_SIZE];      /**< of the task */
  const graft_domain_type *domain; /**< NULL: a region file, or no shape of that name */
  const char *file;                /**< name of the region file within the configuration, or NULL */
  size_t length;                   /**< bytes of it */
} graft_task;

/** The i-th task; returns the number of tasks, 0 for a problem that is not there. */
size_t graft_task_get(const graft_solve_config *config, size_t i, graft_task *task);

/** Region number @p index of the task: one for all but families.
 *  @param region uninitialised; on success release with graft_region_fini() */
GRAFT_MUST_USE graft_status graft_task_region(const graft_task *task, uint64_t seed, uint64_t index,
                                              graft_region *region);

/** Law in use; NULL: a file (or no such law). */
const graft_field_type *graft_solve_law(const graft_solve_config *config);

/** Boundary values b0 + b1 x + b2 y of `-boundary`. */
GRAFT_MUST_USE graft_status graft_solve_boundary(const graft_solve_config *config, double b[3]);

/** Is `-f` a number? Then @p f receives it. */
bool graft_solve_constant_f(const graft_solve_config *config, double *f);

/** Edge length in use: the option's, or the law's. */
double graft_solve_mesh_size(const graft_solve_config *config);

/** The same for a region: less than the law's for regions of less than half the unit square and for
 *  those of families, whose features are smaller; relative errors are then as small as elsewhere.
 */
double graft_solve_region_size(const graft_solve_config *config, double area, bool family);

/** The rule behind it.
 *  @param size edge length in use; @param given by the option, so that it is not reduced */
double graft_solve_size_in(double size, bool given, double area, bool family);

/** A task with its solver. */
typedef struct graft_ensemble_task {
  graft_task task;
  bool family;               /**< one region per sample */
  size_t geometry;           /**< first row of its geometries */
  graft_shape_solver solver; /**< of its shape; of a family: of the region at hand */
  bool ready;                /**< the solver is prepared */
  double scale;              /**< of a family: factor of the error estimate */
  graft_source_nodes nodes;  /**< of the solver's mesh, if they are wanted; owned */
} graft_ensemble_task;

/** Everything that a rank prepares before the first sample. */
typedef struct graft_ensemble {
  const graft_solve_config *config;
  const graft_problem_type *problem;
  graft_mesh_cache cache; /**< of the meshes, or none */
  size_t tasks, points;   /**< K tasks, P grid points */
  graft_grid grid;
  graft_field_file table, source_table; /**< fields of files */
  graft_field *field, *source;          /**< the random field; f as a field or NULL */
  graft_field_points *on_grid;          /**< the field at the grid points */
  graft_field_points *source_on_grid;   /**< f there */
  double f, boundary[3];                /**< f as a constant; linear boundary values */
  bool has_f;                           /**< f is a constant of the configuration */
  graft_ensemble_task *task;            /**< [K] */
  graft_source_info info;
  graft_ensemble_task *last;     /**< the task of the last sample */
  double *g;                     /**< [P] */
  float *input, *output, *right; /**< [P] each: field, solution, f */
} graft_ensemble;

/** Prepare; on failure nothing is left. Not collective: each rank does the same. */
GRAFT_MUST_USE graft_status graft_ensemble_init(graft_ensemble *ensemble,
                                                const graft_solve_config *config);

/** Release. */
void graft_ensemble_fini(graft_ensemble *ensemble);

/** Prepare the shapes that all samples of a task share, and factors of error estimates. */
GRAFT_MUST_USE graft_status graft_ensemble_init_shapes(graft_ensemble *ensemble);

/** Have the solver of sample @p s ready; of a family: prepare its region and write the geometry. */
GRAFT_MUST_USE graft_status graft_ensemble_prepare(graft_ensemble *ensemble, size_t s,
                                                   graft_dataset_writer *writer);

/** Nodes and triangles of sample @p s; those of a family's region are meshed. */
GRAFT_MUST_USE graft_status graft_ensemble_count_nodes(graft_ensemble *ensemble, size_t s,
                                                       size_t *nodes, size_t *triangles);

/** Checksums of files and regions. */
GRAFT_MUST_USE graft_status graft_ensemble_configuration(const graft_ensemble *ensemble,
                                                         graft_yaml *yaml);

/** What rows can't check. */
GRAFT_MUST_USE graft_status graft_elliptic_validate(const graft_solve_config *config);

/** graft_generator_type.check_files of elliptic problems: region and field files. */
GRAFT_MUST_USE graft_status graft_elliptic_check_files(const graft_solve_config *config);

/** Estimate from measured rates. */
void graft_elliptic_estimate(const graft_solve_config *config, int ranks,
                             graft_solve_estimate *estimate);

#endif

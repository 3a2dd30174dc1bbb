/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_SOLVERS_ENSEMBLE_H
#define GRAFT_SOLVERS_ENSEMBLE_H

/** @file ensemble.h
 *  Ground truth in bulk: many samples of a problem on several shapes, written as one data set. */

#include <stdbool.h>
#include <stdint.h>

#include "base/comm.h"
#include "base/option.h"
#include "base/source.h"

struct graft_provenance;

enum { GRAFT_SOLVE_OWN = 2048 /**< bytes for options of a generator's own */ };

/** What to solve; plain data, filled from the rows of graft_solve_rows(). From shapes to order for
 *  elliptic problems only; others keep theirs in @p own. */
typedef struct graft_solve_config {
  char problem[64];      /**< registry name of the equation; no row: programs set it */
  long long samples;     /**< per task (shape): training + validation + test together */
  long long grid;        /**< output points per axis, boundary included */
  char shapes[512];      /**< comma-separated names of shapes and families; one task each; "" and no
                              region: the problem's own */
  char region[1024];     /**< comma-separated region files; one task each, named after the file */
  char field[1024];      /**< law of the random field or a file with it; "": the problem's own */
  double field_length;   /**< correlation length; 0: the law's own */
  double field_sigma;    /**< standard deviation of log K; 0: the law's own */
  char f[1024];          /**< right-hand side: a number or a file; "": the problem's own */
  char boundary[128];    /**< boundary values: a number, or a,b,c for a + b x + c y; "": 0 */
  long long seed;        /**< of the random fields */
  long long first;       /**< index of the first sample of each task */
  double mesh_size;      /**< edge length of the triangles; 0: chosen for the law and the order */
  long long order;       /**< 1 or 2: polynomial degree of the elements */
  bool shared_fields;    /**< all shapes get the same fields */
  bool inputs_only;      /**< fields without solutions */
  bool nodes;            /**< each sample's own mesh nodes and their values beside the grid */
  bool error_estimate;   /**< estimate the error of every sample */
  double max_error;      /**< largest estimated error allowed; 0: any */
  char mesh_cache[1024]; /**< directory of meshes for later runs; "": none; no influence on data */
  _Alignas(8) unsigned char own[GRAFT_SOLVE_OWN]; /**< a struct of the problem's generator */
} graft_solve_config;

/** Option rows of elliptic problems; ends with a row without a name. */
extern const graft_option graft_solve_options[];

/** Option rows of a problem's ground truth, with offsets in ::graft_solve_config; those of elliptic
 *  problems for a name that is not there. */
const graft_option *graft_solve_rows(const char *problem);

/** Check what rows can't: shapes given twice or more than 64, sizes that don't fit.
 */
GRAFT_MUST_USE graft_status graft_solve_validate(const graft_solve_config *config);

/** Read the files that a valid configuration names and throw the content away: what is wrong with
 *  them is known before anything is estimated or begun. Cost: reads them.
 *  @return GRAFT_INPUT naming the file */
GRAFT_MUST_USE graft_status graft_solve_check_files(const graft_solve_config *config);

/** Take over the output grid of a model or data set, and which input fields there are.
 *  @return GRAFT_INPUT for a grid that the problem can't have */
GRAFT_MUST_USE graft_status graft_solve_adopt(graft_solve_config *config,
                                              const graft_source_info *info);

/** Number of tasks, e.g. shapes, families and region files; 0 for a problem that is not there. */
size_t graft_solve_tasks(const graft_solve_config *config);

/** Number of samples of all tasks. */
size_t graft_solve_samples(const graft_solve_config *config);

/** Points of the output, e.g. "48 x 48", into @p text [size]; returns @p text. */
const char *graft_solve_grid(const graft_solve_config *config, char *text, size_t size);

/** Names of the tasks with commas between, into @p text [size]; returns @p text. */
const char *graft_solve_names(const graft_solve_config *config, char *text, size_t size);

/** Told after every finished sample of this rank. */
typedef struct graft_solve_progress {
  void *ctx; /**< private to the receiver */
  /** @param done samples that all ranks have finished or begun, with those of an earlier run that
   *  was interrupted; @param total samples of the data set
   *  @return anything but GRAFT_OK stops all ranks with that status (after their current samples);
   *  after GRAFT_INTERRUPTED the next run goes on from there */
  graft_status (*update)(void *ctx, size_t done, size_t total);
} graft_solve_progress;

/** What a run will need, roughly. */
typedef struct graft_solve_estimate {
  double seconds;      /**< wall time */
  double disk_bytes;   /**< size of the file */
  double memory_bytes; /**< per rank */
} graft_solve_estimate;

/** Estimate time, disk and memory of a run on @p ranks ranks, from measured rates (see ensemble.c).
 */
graft_solve_estimate graft_solve_estimate_get(const graft_solve_config *config, int ranks);

/** What a run did; times are of this rank, in seconds, errors of all ranks. */
typedef struct graft_solve_report {
  size_t samples;      /**< of the data set */
  size_t resumed;      /**< of these by an earlier run that was interrupted */
  size_t nodes;        /**< mesh nodes of all shapes together; of families: of one region */
  size_t elements;     /**< triangles, likewise */
  double least_nodes;  /**< where every sample has a mesh: nodes of the smallest, of all ranks; 0 */
  double whole_nodes;  /**< likewise of the whole body of which a mesh is one symmetric part */
  double mesh_size;    /**< edge length in use */
  double seconds;      /**< everything */
  double setup;        /**< meshes, patterns, symbolic factors, point location, torsion functions */
  double regions;      /**< the same for the regions of families */
  double draw;         /**< random fields */
  double assemble;     /**< element sums into the matrix */
  double solve;        /**< numeric factor, solve, evaluation on the grid */
  double estimate;     /**< error estimates */
  double output;       /**< writing */
  double error_mean;   /**< mean of the estimated relative errors of u; -1: not estimated */
  double error_median; /**< their median, likewise */
  double error_max;    /**< their maximum, likewise */
  char worst_task[64]; /**< task of the sample with the maximum */
  long long worst_index; /**< its number within the task */
} graft_solve_report;

/** Solve and write a data set. Collective over @p comm; ranks take samples from a common counter,
 * and every sample is the same, bit by bit, for any number of ranks. PETSc must be initialised. On
 * failure no file is left behind and all ranks return the same status. Interrupted (by @p progress,
 * or killed), PATH.part stays: the same call goes on from there, another configuration is refused.
 *  @param path of the HDF5 file
 *  @param provenance how it is made; written into the file
 *  @param progress or NULL
 *  @param report or NULL
 *  Cost: about 3 ms per sample and core for the defaults (see ensemble_config.c), of families 80
 * ms; meshes and factors of all shapes, about 10 MB each.
 *  @return GRAFT_DIVERGED if a linear solver does not converge, GRAFT_ACCURACY if an estimated
 *  error is above max_error, GRAFT_OUTPUT if the file can't be written, GRAFT_USAGE for a bad
 *  configuration, a part file of another one, or a solver option that nobody knows; GRAFT_INPUT
 *  for a bad region or field file */
GRAFT_MUST_USE graft_status graft_ensemble_run(const graft_solve_config *config,
                                               const graft_comm *comm, const char *path,
                                               const struct graft_provenance *provenance,
                                               const graft_solve_progress *progress,
                                               graft_solve_report *report);

#endif

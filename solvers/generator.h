/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_SOLVERS_GENERATOR_H
#define GRAFT_SOLVERS_GENERATOR_H

/** @file generator.h
 *  How the samples of a problem are made: what the ensemble driver (ensemble.h) calls. The driver
 * hands samples out to ranks, resumes, writes, judges errors; a generator knows options, tasks,
 * inputs and the solver. Elliptic problems on 2-D shapes share ::graft_generator_elliptic; other
 * problems bring one of their own. */

#include "base/bundle.h"
#include "base/source.h"
#include "io/dataset.h"
#include "io/yaml.h"
#include "solvers/ensemble.h"

enum {
  GRAFT_GENERATOR_FIELDS = 8, /**< most fields of a sample */
  GRAFT_GENERATOR_NUMBERS = 8 /**< most numbers of a sample, see graft_generator_type.numbers */
};

/** A generator. Its state is made once per run and rank; all calls are of one thread. */
typedef struct graft_generator_type {
  /** Rows of all its options, at their places in a ::graft_solve_config; those that only this
   *  generator knows lie in graft_solve_config.own. Among them samples, seed, first,
   *  error_estimate, max_error, inputs_only. */
  const graft_option *options;
  size_t state_size; /**< bytes of state, zeroed before init */
  /** Check what rows can't; GRAFT_USAGE naming the option. */
  graft_status (*validate)(const graft_solve_config *config);
  /** Read the files that a valid configuration names, to see whether init() will take them;
   *  GRAFT_INPUT naming the file. NULL: there are none. */
  graft_status (*check_files)(const graft_solve_config *config);
  /** Name and number of samples of the i-th task; returns the number of tasks. */
  size_t (*task)(const graft_solve_config *config, size_t i, char name[GRAFT_NAME_SIZE],
                 size_t *samples);
  /** Points per axis of the output; returns the number of axes. */
  int (*grid)(const graft_solve_config *config, size_t n[3]);
  /** Set the options of the output grid, and of input fields that are only there by option, to
   * those of a model; GRAFT_INPUT if there is no such grid. */
  graft_status (*adopt)(graft_solve_config *config, const graft_source_info *info);
  /** What a run on @p ranks ranks will need; memory_bytes is given, to be added to. */
  void (*estimate)(const graft_solve_config *config, int ranks, graft_solve_estimate *estimate);
  /** Prepare, with the whole source_info (samples, tasks, geometries, split, inputs, codes); on a
   *  failure fini() is called. @p config is valid, borrowed until fini(). */
  graft_status (*init)(void *state, const graft_solve_config *config);
  void (*fini)(void *state);               /**< release, also what init() left half-done */
  graft_source_info *(*info)(void *state); /**< its info; error estimates are the driver's */
  /** Fields of a sample and where solve() puts their values; returns their number.
   *  @param field, data [GRAFT_GENERATOR_FIELDS] */
  size_t (*fields)(void *state, graft_dataset_field *field, const float **data);
  /** Numbers and texts for /graft/parameters. */
  graft_status (*parameters)(void *state, graft_bundle *parameters);
  /** What the content depends on beside the options, e.g. checksums of files; NULL: nothing. */
  graft_status (*configuration)(void *state, graft_yaml *yaml);
  /** Make sample @p s: all fields, and unless the options say no the estimated relative error of u.
   *  Geometries that are not complete at init() are written with graft_dataset_write_geometry().
   *  @param writer of the file; NULL: samples stay in memory
   *  @param report times of the stages are added up in it
   *  @param error is −1 before; left so when nothing is estimated */
  graft_status (*solve)(void *state, size_t s, graft_dataset_writer *writer,
                        graft_solve_report *report, double *error);
  /** Number of nodes and of triangles of sample @p s, before it is made, if the options want nodes;
   *  NULL: a generator without. Regions of families are meshed for it. */
  graft_status (*count_nodes)(void *state, size_t s, size_t *nodes, size_t *triangles);
  /** The nodes of the sample that solve() made last; arrays of the state.
   *  @param count, triangles how many there are */
  void (*nodes)(void *state, graft_source_nodes *nodes, size_t *count, size_t *triangles);
  /** Nodes, elements, mesh size into the report. */
  void (*describe)(void *state, graft_solve_report *report);
  /** Numbers by which a reader tells samples apart, e.g. those that the code was made of, for
   *  pictures; needs the data set's tables only. NULL: its codes serve. Returns how many.
   *  @param name, value [GRAFT_GENERATOR_NUMBERS] */
  size_t (*numbers)(const graft_source_info *info, size_t sample, char name[][GRAFT_NAME_SIZE],
                    double *value);
  /** The surface of a sample's body, for pictures: patches that are images of the unit square;
   * needs the data set's tables only. NULL: nothing to draw.
   *  @param xyz [3] receives the point of @p patch at (s, t), or NULL
   *  @return number of patches; 0 where the tables describe no body */
  size_t (*surface)(const graft_source_info *info, size_t sample, size_t patch, double s, double t,
                    double *xyz);
} graft_generator_type;

/** Elliptic problems on 2-D shapes: graft_problem_type.form on body-fitted triangles. */
extern const graft_generator_type graft_generator_elliptic;

/** Fill the tables of nodes of @p info if the options want them: generators count, and ranks share
 *  the work. Collective. */
GRAFT_MUST_USE graft_status graft_solve_count_nodes(const graft_generator_type *generator,
                                                    void *state, const graft_solve_config *config,
                                                    const graft_comm *comm,
                                                    graft_source_info *info);

/** The nodes of sample @p s, which solve() made last; arrays of the state.
 *  @return GRAFT_INTERNAL if they are not as many as graft_solve_count_nodes() put into @p info */
GRAFT_MUST_USE graft_status graft_solve_nodes(const graft_generator_type *generator, void *state,
                                              const graft_source_info *info, size_t s,
                                              graft_source_nodes *nodes);

/** Add the time since *@p start to *@p stage, and start anew. */
void graft_solve_lap(double *start, double *stage);

/** Monotonic clock in seconds. */
double graft_solve_clock(void);

#endif

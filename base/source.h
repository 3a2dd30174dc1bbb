/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_BASE_SOURCE_H
#define GRAFT_BASE_SOURCE_H

/** @file source.h
 *  Where samples come from: a description of a data set without its large arrays, and a function
 * that fills chosen samples of a field. `io/` supplies the HDF5 version, this file the in-memory
 * one. */

#include <stdbool.h>
#include <stdint.h>

#include "base/layout.h"
#include "base/shape.h"

/** Value of a split entry (contract: /graft/split/NAME). */
typedef enum graft_part {
  GRAFT_PART_TRAIN = 0,
  GRAFT_PART_VALIDATION = 1,
  GRAFT_PART_TEST = 2,
  GRAFT_PART_UNUSED = 255,
} graft_part;

/** One distinct region of a data set. */
typedef struct graft_source_geometry {
  char name[GRAFT_NAME_SIZE]; /**< e.g. "disc" */
  char *region_yaml;          /**< text of the region file, owned */
  unsigned char *mask;        /**< [P] 1 on points of the closed region, owned */
  float *sdf;                 /**< [P] signed distance, negative inside, owned */
  float *torsion; /**< [P] solution for K = 1, f = 1, u = 0, owned; all 0 where there is none */
} graft_source_geometry;

/** One named split. */
typedef struct graft_source_split {
  char name[GRAFT_NAME_SIZE]; /**< e.g. "default" */
  uint8_t *part;              /**< [samples] a ::graft_part each, owned */
} graft_source_split;

/** A field that is given, not solved for: an input of networks and baselines. */
typedef struct graft_source_input {
  char name[GRAFT_NAME_SIZE]; /**< e.g. "log_k" on the whole grid, "u0" on x alone */
  unsigned axes;              /**< bit a: it varies along axis a of the grid */
} graft_source_input;

/** Names and per-sample tables of a data set: all of it but the fields. Caller's struct. */
typedef struct graft_source_info {
  char dataset_name[GRAFT_NAME_SIZE]; /**< e.g. "graft-darcy" */
  const char *file;                   /**< path, for messages; NULL: in memory; borrowed */
  char problem[GRAFT_NAME_SIZE];      /**< registry name of the equation, e.g. "darcy" */
  char field[GRAFT_NAME_SIZE];        /**< law of the input field, e.g. "lognormal" */
  size_t samples;                     /**< S */
  int dims;                           /**< axes D of the grid, 1 … 3 */
  bool in_time;                       /**< axis 0 is time, the others are space */
  bool directed; /**< data beside regions and inputs (a right-hand side, boundary values) depend on
                       place: symmetries of the regions carry no solution to another */
  bool other_data;                    /**< right-hand side and boundary values aren't 1 and 0 */
  size_t grid[3];                     /**< points per axis, the first D in use */
  double lo[3];                       /**< lower end of the node-centred grid per axis */
  double hi[3];                       /**< upper end per axis */
  size_t points;                      /**< P = product of grid */
  size_t tasks;                       /**< K ≤ GRAFT_MAX_TASKS */
  char (*task_name)[GRAFT_NAME_SIZE]; /**< [K], owned */
  size_t inputs;                      /**< number of given fields */
  graft_source_input *input;          /**< [inputs], owned */
  size_t codes;                       /**< Q numbers that describe a sample, e.g. coefficients */
  char (*code_name)[GRAFT_NAME_SIZE]; /**< [Q], owned */
  double *code;                       /**< [S x Q], owned */
  size_t geometries;                  /**< G */
  graft_source_geometry *geometry;    /**< [G], owned */
  int32_t *task;                      /**< [S] task of the sample, owned */
  int32_t *sample_geometry;           /**< [S] geometry of the sample, owned */
  int64_t *index;                     /**< [S] number of the sample within its task, owned */
  int64_t *stream;                    /**< [S] random stream of the sample, owned */
  float *error_estimate;     /**< [S] relative error of u; negative: not estimated, owned */
  float *outside;            /**< [S] predictions only: how far inputs lie outside the model's
                                training distribution, 0: inside; else NULL, owned */
  size_t splits;             /**< number of splits */
  graft_source_split *split; /**< [splits], owned */
  uint64_t seed;             /**< of the generator */
  /** [S + 1] where the nodes of each sample start among those of all, see ::graft_source_nodes;
   *  NULL: samples have no points but the grid's; owned */
  int64_t *node_start;
  int64_t *triangle_start; /**< [S + 1] the same of their triangles; owned */
  double seconds;          /**< that making the samples took, wall time; 0: not known */
} graft_source_info;

/** Points of a sample's own beside the grid: the n nodes of its mesh. All arrays are the caller's;
 *  NULL where they are not wanted. */
typedef struct graft_source_nodes {
  float *xyz;        /**< [n x D] coordinates */
  float *value;      /**< [n] u */
  float *weight;     /**< [n] area that a node stands for: Σ weight f(xyz) is the integral of f */
  float *sdf;        /**< [n] signed distance */
  float *torsion;    /**< [n] torsion function */
  int32_t *triangle; /**< [t x 3] linear triangles between them, n and t see
                          graft_source_node_count() */
} graft_source_nodes;

/** Allocate the owned tables of @p info (everything zero) for the counts given; @p info must be
 *  unused. Names, mask, splits are then filled in by the caller. */
GRAFT_MUST_USE graft_status graft_source_info_init(graft_source_info *info, size_t samples,
                                                   size_t tasks, size_t geometries, size_t splits,
                                                   int dims, const size_t *grid);

/** Say which fields are given: a copy of @p input [inputs]; once per info.
 *  @return GRAFT_INPUT for axes that the grid doesn't have */
GRAFT_MUST_USE graft_status graft_source_info_inputs(graft_source_info *info, size_t inputs,
                                                     const graft_source_input *input);

/** Give every sample @p codes numbers, all 0; names and values are then filled in by the caller;
 *  once per info. */
GRAFT_MUST_USE graft_status graft_source_info_codes(graft_source_info *info, size_t codes);

/** Give samples nodes, none yet: node_start and triangle_start are 0 and filled in by the caller.
 */
GRAFT_MUST_USE graft_status graft_source_info_nodes(graft_source_info *info);

/** Nodes of a sample; 0 where samples have none. @param triangles receives their number, or NULL */
size_t graft_source_node_count(const graft_source_info *info, size_t sample, size_t *triangles);

/** Room for @p n nodes in @p dims dimensions and @p t triangles, in one allocation: release
 *  with graft_free(nodes->xyz). */
GRAFT_MUST_USE graft_status graft_source_nodes_alloc(graft_source_nodes *nodes, int dims, size_t n,
                                                     size_t t);

/** The same for the sample of @p info with the most; all NULL where samples have none. */
GRAFT_MUST_USE graft_status graft_source_node_room(const graft_source_info *info,
                                                   graft_source_nodes *nodes);

/** Copy names, extent, the tables of inputs and the names of codes of @p from: all that does not
 *  depend on which tasks, geometries and samples there are. */
GRAFT_MUST_USE graft_status graft_source_info_like(graft_source_info *info,
                                                   const graft_source_info *from);

/** What messages call the data set: its file, or its name where it has none. Borrowed. */
const char *graft_source_name(const graft_source_info *info);

/** The given field of that name, or NULL. Borrowed. */
const graft_source_input *graft_source_input_find(const graft_source_info *info, const char *name);

/** Axes along which a field varies: those of the input of that name, all for any other field. */
unsigned graft_source_axes(const graft_source_info *info, const char *field);

/** Points of the part of the grid that has these axes. */
size_t graft_source_points(const graft_source_info *info, unsigned axes);

/** Where each point of the grid lies in that part: @p place [P]. */
void graft_source_places(const graft_source_info *info, unsigned axes, uint32_t *place);

/** Release the tables. */
void graft_source_info_fini(graft_source_info *info);

/** Set @p split to the default split: by the sample's index within its task, @p per_task samples in
 *  each, the first 2/3 training, the next 1/9 validation, the rest test. */
void graft_source_split_default(const graft_source_info *info, size_t per_task,
                                graft_source_split *split);

/** Where the @p p-th point of the part of the grid with these axes lies: "(0.25, 0.5)" in @p text
 *  [size]. Returns @p text. */
const char *graft_source_place(const graft_source_info *info, unsigned axes, size_t p, char *text,
                               size_t size);

/** Part table of the split of that name, or NULL. Borrowed from @p info. */
const uint8_t *graft_source_split_get(const graft_source_info *info, const char *name);

/** The same, with an error that lists the splits: GRAFT_INPUT. */
GRAFT_MUST_USE graft_status graft_source_split_find(const graft_source_info *info, const char *name,
                                                    const uint8_t **part);

/** Samples of a data set. */
typedef struct graft_source {
  graft_source_info info; /**< names and tables */
  void *ctx;              /**< private to the implementation */
  /** Fill @p out [count x points of the field] with @p field ("u", "log_k") of the samples
   *  @p sample [count]. Outside the region u is 0; inputs are given over the whole of their part of
   *  the grid, see graft_source_axes(). Not thread-safe.
   *  @return GRAFT_INPUT naming data set and sample when the data are bad or not there */
  graft_status (*fill)(void *ctx, const char *field, const size_t *sample, size_t count,
                       float *out);
  /** Fill the arrays of @p nodes that are not NULL, or NULL where samples have no nodes.
   *  @return GRAFT_INPUT naming array, sample and node when the data are bad */
  graft_status (*nodes)(void *ctx, size_t sample, const graft_source_nodes *nodes);
  /** A hint that these samples will be filled next, in this order, or NULL: a source may read them
   *  while its caller computes. It never fails; what goes wrong shows in fill(). */
  void (*expect)(void *ctx, const size_t *sample, size_t count);
  /** Samples whose fields the source keeps in memory for expect(), at most; 0: none. Who limits the
   *  memory of samples counts them. */
  size_t ahead;
  void (*destroy)(void *ctx); /**< or NULL */
} graft_source;

/** Release a source and its info. */
void graft_source_fini(graft_source *source);

/** A source in memory. @p info is moved into it (released if that fails); the arrays are borrowed
 * until graft_source_fini().
 *  @param field names of the fields, NULL-terminated
 *  @param data data [fields][S x points of the field] */
GRAFT_MUST_USE graft_status graft_source_memory(graft_source *source, graft_source_info info,
                                                const char *const *field, const float *const *data);

/** Give a source in memory nodes: those of all samples one after the other, as info's tables say;
 *  borrowed until graft_source_fini(). Arrays may be NULL if nobody asks for them. */
void graft_source_memory_nodes(graft_source *source, const graft_source_nodes *all);

#endif

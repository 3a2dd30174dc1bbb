/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_IO_DATASET_H
#define GRAFT_IO_DATASET_H

/** @file dataset.h
 *  Data sets of grid fields in HDF5, after The Well's specification, with Graft's own tables in
 *  `/graft` (docs/formats.md). Solvers write them, trainers read them as a ::graft_source.
 *
 *  Parallel writing: rank 0 lays the whole file out (HDF5, all space allocated, chunks of one
 *  sample each at known places) and closes it; then every rank writes its samples there with plain
 *  system calls, in any order and without a partner. Reasons: no rank has to listen while it
 *  solves, a disk that fills up is an error and not a crash inside HDF5 1.10, the part file is a
 *  valid HDF5 file at all times, and a serial HDF5 does as well. The ranks need a common file
 *  system. */

#include <stdbool.h>

#include "base/comm.h"
#include "base/source.h"
#include "io/provenance.h"

/** A field to write. Tables end with a row whose name is NULL. */
typedef struct graft_dataset_field {
  const char *name;      /**< e.g. "u", "log_k" */
  const char *long_name; /**< e.g. "solution" */
  const char *unit;      /**< e.g. "1" for none */
} graft_dataset_field;

/** What to write beside the info; zero what is not there. */
typedef struct graft_dataset_extra {
  /** Arrays for `/graft/parameters`, e.g. "mesh_size", or NULL. Single numbers also become The
   *  Well's simulation parameters. */
  const graft_bundle *parameters;
  /** The Well's bc_type of the box: "WALL" if NULL. */
  const char *boundary_type;
  /** All that the content depends on as flat YAML, or NULL. Given, a part file that an interrupted
   *  writer left is taken up again if it has the same text, and refused if it has another one. */
  const char *configuration;
} graft_dataset_extra;

/** A data set being written. */
typedef struct graft_dataset_writer graft_dataset_writer;

/** Begin the file @p path. Collective.
 *  @param info the same on all ranks, complete but for error_estimate, with a split "default";
 *  borrowed until graft_dataset_close()
 *  @param field the fields, [F] and an end row; `t0_fields/mask` is written from the geometries
 *  @param extra or NULL
 *  @param provenance of rank 0, or NULL
 *  @param comm borrowed until graft_dataset_close()
 *  @return GRAFT_OUTPUT when it can't be written (the disk space is reserved at once) */
GRAFT_MUST_USE graft_status graft_dataset_create(const char *path, const graft_source_info *info,
                                                 const graft_dataset_field *field,
                                                 const graft_dataset_extra *extra,
                                                 const graft_provenance *provenance,
                                                 const graft_comm *comm,
                                                 graft_dataset_writer **writer);

/** Write one sample; each rank writes its own, in any order. Not collective.
 *  @param sample 0 … S − 1
 *  @param data [F] pointers to [P] values, in the order of the fields at creation
 *  @param error_estimate relative error of u, negative: not estimated
 *  @return GRAFT_DIVERGED naming field and point if a value is not finite, GRAFT_OUTPUT */
GRAFT_MUST_USE graft_status graft_dataset_write(graft_dataset_writer *writer, size_t sample,
                                                const float *const *data, double error_estimate);

/** Write the nodes of one sample, all arrays, before graft_dataset_write() of it; of an info with
 *  nodes. Not collective.
 *  @return GRAFT_DIVERGED naming array and node if a value is not finite, GRAFT_OUTPUT */
GRAFT_MUST_USE graft_status graft_dataset_write_nodes(graft_dataset_writer *writer, size_t sample,
                                                      const graft_source_nodes *nodes);

/** Add to the wall time that making the samples took, with that of the run that left the part file.
 *  Rank 0 writes it, others do nothing. */
GRAFT_MUST_USE graft_status graft_dataset_add_seconds(graft_dataset_writer *writer, double seconds);

/** Was the sample written already, by the run that left the part file? Its checksum was compared.
 *  @param error_estimate receives its value, or NULL */
bool graft_dataset_done(const graft_dataset_writer *writer, size_t sample, double *error_estimate);

/** Write mask, signed distance and torsion function of a geometry that was not complete at creation
 *  (its region_yaml was), from the info given there; before the samples of it. Not collective. */
GRAFT_MUST_USE graft_status graft_dataset_write_geometry(graft_dataset_writer *writer,
                                                         size_t geometry);

/** Bytes of the finished file, to within a few KiB; for estimates before the work.
 *  @param fields number of fields F */
double graft_dataset_bytes(const graft_source_info *info, size_t fields);

/** Finish: agree on @p status over the ranks; if all is well and every sample was written, the file
 *  appears under its name. After GRAFT_INTERRUPTED the part file stays, to be taken up by the next
 *  graft_dataset_create() (if a configuration was given); otherwise nothing is left. Releases
 *  @p writer. Collective.
 *  @param status of the caller's work; idiom: `return graft_dataset_close(writer, status);`
 *  @return the agreed status */
GRAFT_MUST_USE graft_status graft_dataset_close(graft_dataset_writer *writer, graft_status status);

/** Open a data set for reading. All tables are read and checked; fields are read when asked for.
 *  Not collective: each rank opens the file for itself.
 *  @param source release with graft_source_fini(). Its fill() checks that values are finite
 *  @return GRAFT_INPUT naming file, data set, index, what was expected and found */
GRAFT_MUST_USE graft_status graft_dataset_open(const char *path, graft_source *source);

/** Does an opened data set hold this field? (Inputs alone: no "u".) */
bool graft_dataset_has(const graft_source *source, const char *field);

/** i-th field of an opened data set in alphabetical order, NULL past the end; borrowed, as are the
 *  texts in it, until graft_source_fini(). */
const graft_dataset_field *graft_dataset_field_get(const graft_source *source, size_t i);

/** Provenance of an opened data set, NULL for other sources; borrowed until graft_source_fini(). */
const graft_provenance *graft_dataset_provenance(const graft_source *source);
/** Parameters of an opened data set, NULL for other sources; borrowed until graft_source_fini(). */
const graft_bundle *graft_dataset_parameters(const graft_source *source);

/** Read everything: fields finite, masks equal to their geometry's, u zero outside the mask.
 *  @return GRAFT_INPUT naming data set and index of the first wrong value */
GRAFT_MUST_USE graft_status graft_dataset_check(const graft_source *source);

#endif

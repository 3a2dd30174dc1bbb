/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_IO_DATASET_IMPL_H
#define GRAFT_IO_DATASET_IMPL_H

/** @file dataset_impl.h
 *  Private to io/: the parts of the data set reader and writer. */

#include "io/dataset.h"
#include "io/h5_impl.h"

enum { GRAFT_DATASET_VERSION = 1 };

enum { GRAFT_NODE_ARRAYS = 6 /**< of a ::graft_source_nodes */ };

/** One of the arrays of `/graft/points`. */
typedef struct graft_node_array {
  const char *name; /**< in the file */
  size_t offset;    /**< of its pointer in a ::graft_source_nodes */
  bool triangles;   /**< three int32 a triangle; else float32 of a node */
  bool place;       /**< D numbers a node; else one */
} graft_node_array;

/** The arrays. */
extern const graft_node_array graft_node_arrays[GRAFT_NODE_ARRAYS];

enum { GRAFT_DATASET_FIELDS = 16 /**< most fields of a data set being written */ };

/** Where things lie in the file, as rank 0 laid it out. */
typedef struct graft_dataset_places {
  uint64_t field[GRAFT_DATASET_FIELDS]; /**< sample s at field + s × bytes of a sample */
  uint64_t mask;                        /**< of the samples, likewise */
  uint64_t error, checksum, done;       /**< tables [S] */
  uint64_t geometry_mask, sdf, torsion; /**< arrays [G, grid…] */
  uint64_t node[GRAFT_NODE_ARRAYS];     /**< arrays over all nodes, or over all triangles */
  uint64_t node_checksum;               /**< table [S] */
  uint64_t seconds;                     /**< one number */
} graft_dataset_places;

struct graft_dataset_writer {
  const graft_comm *comm;
  const graft_source_info *info;
  char *path;
  graft_atomic atomic; /**< rank 0 holds it */
  int fd;              /**< of the part file */
  graft_dataset_places places;
  size_t fields;
  char name[GRAFT_DATASET_FIELDS][GRAFT_NAME_SIZE];
  size_t points[GRAFT_DATASET_FIELDS]; /**< of each field */
  bool may_resume;                     /**< a configuration was given */
  bool keep;                           /**< leave the part file behind */
  double *written;                     /**< [S] 1: by this rank (rank 0: or before) */
  unsigned char *done;                 /**< [S] 1: before, by the run that left the part file */
  float *error;                        /**< [S] error estimates of those */
  double seconds;                      /**< that it took; rank 0 */
};

/** Find all places in a file that is laid out. */
graft_status graft_dataset_find_places(hid_t file, graft_dataset_writer *writer);

/** Take up the part file that an earlier run left; fills places, done, error. Rank 0 only.
 *  @param taken false: it can't be used, begin anew
 *  @return GRAFT_USAGE when it was made with another configuration */
graft_status graft_dataset_take_up(graft_dataset_writer *writer, const char *configuration,
                                   bool *taken);

/** CRC-32 over a sample's fields in alphabetical order of their names; data [fields][points]. */
int64_t graft_dataset_sample_checksum(const graft_dataset_writer *writer, const float *const *data);

/** Shape [count, grid…] of an array over the grid. */
graft_shape graft_dataset_shape(const graft_source_info *info, size_t count);

/** Shape [count, axes of the field…]. */
graft_shape graft_dataset_field_shape(const graft_source_info *info, const char *field,
                                      size_t count);

/** Names of the grid's axes [D], e.g. "time", "x". */
const char *const *graft_dataset_axes(const graft_source_info *info);

/** Lay out the whole file: every table written, the fields allocated but not written. */
graft_status graft_dataset_layout(hid_t file, const graft_source_info *info,
                                  const graft_dataset_field *field,
                                  const graft_dataset_extra *extra,
                                  const graft_provenance *provenance);

/** Read and check the tables; @p info is initialised by the call. */
graft_status graft_dataset_read_info(hid_t file, graft_source_info *info);

/** Lay out `/graft/points`. */
graft_status graft_dataset_layout_nodes(hid_t file, const graft_source_info *info);

/** Find its places. */
graft_status graft_dataset_find_nodes(hid_t file, graft_dataset_writer *writer);

/** Read and check the tables of `/graft/points` into info. */
graft_status graft_dataset_read_nodes_info(hid_t file, graft_source_info *info);

/** Read and check the nodes of a sample; @p path of the file, for messages. */
graft_status graft_dataset_read_nodes(hid_t file, const char *path, const graft_source_info *info,
                                      size_t sample, const graft_source_nodes *nodes);

/** Bytes of sample @p sample in array @p a, and where they start in the array. */
size_t graft_dataset_node_bytes(const graft_source_info *info, size_t a, size_t sample,
                                uint64_t *start);

/** CRC-32 over all arrays of a sample, in the order of graft_node_arrays. */
int64_t graft_dataset_node_checksum(const graft_source_info *info, size_t sample,
                                    const graft_source_nodes *nodes);

/** Check the values of a sample; @p path starts the message. Arrays may be NULL. */
graft_status graft_dataset_check_nodes(const char *path, const graft_source_info *info,
                                       size_t sample, const graft_source_nodes *nodes,
                                       graft_status code);

/** Write @p bytes at a place of the part file. */
graft_status graft_dataset_write_bytes(const graft_dataset_writer *writer, size_t sample,
                                       uint64_t place, const void *data, size_t bytes);

/** Read such. */
graft_status graft_dataset_read_bytes(const graft_dataset_writer *writer, uint64_t place,
                                      void *data, size_t bytes);

/** Checksum of one sample: CRC-32 over its fields in alphabetical order of their names. */
uint32_t graft_dataset_checksum(uint32_t crc, const float *data, size_t count);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_IO_H5_IMPL_H
#define GRAFT_IO_H5_IMPL_H

/** @file h5_impl.h
 *  HDF5 with our status codes, private to io/. Names are paths below a location; messages start
 *  with the path, the public functions put the file name before it. HDF5's own error printing is
 *  off. */

#include <hdf5.h>

#include "io/atomic.h"
#include "io/bundle_file.h"

enum { GRAFT_H5_MAX_TEXT = 1 << 24 /**< longest text that is read, bytes */ };

/** HDF5 is not thread-safe. What may run beside a reading thread (io/prefetch.h) holds this lock
 *  around its calls: samples being read, models and checkpoints being written or read. Not
 *  recursive. */
void graft_h5_lock(void);
void graft_h5_unlock(void);

/** Open a file for reading: GRAFT_INPUT if missing, a directory, not HDF5, truncated. If it has the
 *  checksum that graft_h5_save() writes at the end, that must be right. */
graft_status graft_h5_open(const char *path, hid_t *file);

/** graft_h5_open() of a file that must have that checksum, or be in a format with checksums. */
graft_status graft_h5_open_sealed(const char *path, hid_t *file);

/** Create a file in memory: nothing that HDF5 does with it can fail for lack of disk. (HDF5 1.10
 *  does not survive failing writes: it crashes when the file is closed.) */
graft_status graft_h5_create_memory(hid_t *file);

/** Write the content of a file in memory to @p to, and behind it a checksum of all its bytes. */
graft_status graft_h5_save(hid_t file, graft_atomic *to);

/** Create (truncate) a file for writing by this process; its space must have been reserved. */
graft_status graft_h5_create(const char *path, hid_t *file);

/** Close a file that was written, so that a failing write shows: GRAFT_OUTPUT. */
graft_status graft_h5_close(hid_t file);

/** Innermost reason of HDF5's error stack, e.g. "No space left on device". Returns @p text. */
const char *graft_h5_reason(char *text, size_t size);

/** Make the groups of @p path that aren't there, without times: the same content gives the same
 *  bytes. Names of at most 255 characters. */
GRAFT_MUST_USE graft_status graft_h5_group(hid_t at, const char *path);

/** Create a data set with its groups and write it whole. @p data NULL: not written. */
graft_status graft_h5_write(hid_t at, const char *name, hid_t type, graft_shape shape,
                            const void *data);

/** Create a data set with its groups whose space is allocated now and filled later.
 *  @param chunk [shape.rank] size of its chunks; NULL: in one piece
 *  @param place receives where that piece starts in the file, HADDR_UNDEF if it is empty;
 *   or NULL */
graft_status graft_h5_reserve(hid_t at, const char *name, hid_t type, graft_shape shape,
                              const hsize_t *chunk, haddr_t *place);

/** Write texts [count] as an array of fixed-length UTF-8 strings; @p rank 0: one text as a scalar.
 */
graft_status graft_h5_write_texts(hid_t at, const char *name, int rank, size_t count,
                                  const char *const *text);

/** Is there an object of this name (all parts of the path)? */
int graft_h5_exists(hid_t at, const char *name);

/** Open a data set and give its class, element size and shape. Close with H5Dclose(). */
graft_status graft_h5_look(hid_t at, const char *name, hid_t *set, H5T_class_t *class, size_t *size,
                           graft_shape *shape);

/** Read a whole data set that must have the class and size of @p type and this shape. */
graft_status graft_h5_read(hid_t at, const char *name, hid_t type, graft_shape shape, void *out);

/** Read a scalar or an array of texts (fixed or variable length).
 *  @param count how many are expected
 *  @param text receives an array [count] of texts in one allocation; graft_free() */
graft_status graft_h5_read_texts(hid_t at, const char *name, size_t count, char ***text);

/** Names of the members of a group in alphabetical order, in one allocation; graft_free(). */
graft_status graft_h5_members(hid_t at, const char *name, size_t *count, char ***member);

/** Attributes, as h5py writes them: variable-length UTF-8 texts, int64, float64, bool (enum). */
graft_status graft_h5_attr_text(hid_t at, const char *object, const char *name, const char *text);
graft_status graft_h5_attr_texts(hid_t at, const char *object, const char *name, size_t count,
                                 const char *const *text);
graft_status graft_h5_attr_int(hid_t at, const char *object, const char *name, int64_t value);
graft_status graft_h5_attr_real(hid_t at, const char *object, const char *name, double value);
graft_status graft_h5_attr_bools(hid_t at, const char *object, const char *name, int rank,
                                 size_t count, const unsigned char *value);

/** Text attribute of an object in @p text [size]; "" when it is not there or not a text. */
void graft_h5_attr_get_text(hid_t at, const char *object, const char *name, char *text,
                            size_t size);

/** One array of a bundle under @p name, or back into @p bundle under the name @p as. */
graft_status graft_h5_write_array(hid_t at, const char *name, const graft_array *array);
graft_status graft_h5_read_array(hid_t at, const char *name, graft_bundle *bundle, const char *as);

/** All members of a group (nothing if it is not there) into @p bundle as "AS/MEMBER". */
graft_status graft_h5_read_group(hid_t at, const char *group, const char *as, graft_bundle *bundle);

/** `/graft/provenance`. */
graft_status graft_h5_write_provenance(hid_t file, const graft_provenance *provenance);
graft_status graft_h5_read_provenance(hid_t file, graft_provenance *provenance);

/** `/graft/kind` and `/graft/format_version`; reading refuses versions above @p version. */
graft_status graft_h5_write_kind(hid_t file, const char *kind, int64_t version);
graft_status graft_h5_read_kind(hid_t file, int64_t version, char kind[GRAFT_KIND_SIZE]);

/** HDF5 type that h5py reads as bool; close with H5Tclose(). */
hid_t graft_h5_bool(void);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_APPS_PICTURE_H
#define GRAFT_APPS_PICTURE_H

/** @file picture.h
 *  Pictures by gnuplot. A picture NAME.png is drawn by DIRECTORY/data/NAME.gp: a few variables and
 *  the `load` of one of the scripts in plots/. Its numbers lie beside it, so that anybody can draw
 * the picture again (`cd DIRECTORY && gnuplot data/NAME.gp`) or use the numbers elsewhere. */

#include "apps/app.h"
#include "base/source.h"
#include "geometry/mesh.h"

/** Pictures of one directory; caller's struct. */
typedef struct graft_pictures {
  const graft_app *app;            /**< the running program, borrowed */
  char directory[GRAFT_PATH_SIZE]; /**< where the PNG files go */
  char scripts[GRAFT_PATH_SIZE];   /**< where the scripts are */
  bool missing;                    /**< gnuplot is not installed (one warning was given) */
  graft_words made;                /**< paths of the pictures that were drawn */
} graft_pictures;

/** Create DIRECTORY/data and find the scripts: beside the installed program, else in the source
 * tree. Release with graft_pictures_fini(). */
GRAFT_MUST_USE graft_status graft_pictures_init(graft_pictures *pictures, const graft_app *app,
                                                const char *directory);

/** Release the list. */
void graft_pictures_fini(graft_pictures *pictures);

/** Write DIRECTORY/data/NAME: the numbers of a grid field as gnuplot's binary array of float32, x
 *  fastest, refined by bilinear interpolation to about 240 points per axis so that the region's
 * edge is drawn smoothly; NaN outside the region.
 *  @param geometry region whose points are shown; its exact distance cuts the field
 *  @param field [P] as in data sets, y fastest
 *  @param n receives the points per axis [2] */
GRAFT_MUST_USE graft_status graft_pictures_field(const graft_pictures *pictures, const char *name,
                                                 const graft_source_info *info,
                                                 const graft_source_geometry *geometry,
                                                 const float *field, size_t *n);

/** Write DIRECTORY/data/NAME: the region's outline as x y rows, edges parted by empty lines. */
GRAFT_MUST_USE graft_status graft_pictures_outline(const graft_pictures *pictures, const char *name,
                                                   const graft_source_geometry *geometry);

/** Write DIRECTORY/data/NAME: the edges of a mesh as x y rows, parted by empty lines; curved ones
 * in short pieces. */
GRAFT_MUST_USE graft_status graft_pictures_mesh(const graft_pictures *pictures, const char *name,
                                                const graft_mesh *mesh);

/** Write DIRECTORY/data/NAME: @p value [count], one a row. */
GRAFT_MUST_USE graft_status graft_pictures_column(const graft_pictures *pictures, const char *name,
                                                  const double *value, size_t count);

/** Write a table [rows x columns] as text to DIRECTORY/data/NAME. */
GRAFT_MUST_USE graft_status graft_pictures_table(const graft_pictures *pictures, const char *name,
                                                 const double *value, size_t rows, size_t columns);

/** Write numbers [count] as they are to DIRECTORY/data/NAME. */
GRAFT_MUST_USE graft_status graft_pictures_floats(const graft_pictures *pictures, const char *name,
                                                  const float *value, size_t count);

/** Write DIRECTORY/data/NAME.gp and let gnuplot draw DIRECTORY/NAME.png. A failing or missing
 * gnuplot gives a warning, not an error.
 *  @param script name of the script in plots/ without `.gp`
 *  @param variables gnuplot assignments, one a line */
GRAFT_MUST_USE graft_status graft_pictures_draw(graft_pictures *pictures, const char *name,
                                                const char *script, const char *variables);

#endif

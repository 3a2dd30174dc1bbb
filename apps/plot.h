/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_APPS_PLOT_H
#define GRAFT_APPS_PLOT_H

/** @file plot.h
 *  Pieces of the verb `plot`: gnuplot assignments, one sample, the pictures of a data set. */

#include "apps/pde.h"
#include "apps/picture.h"

enum {
  GRAFT_PLOT_TEXT = 8192,               /**< size of a text of gnuplot assignments */
  GRAFT_PLOT_PATH = 2 * GRAFT_PATH_SIZE /**< size of names of files in directories */
};

/** Append printf text to @p variables [GRAFT_PLOT_TEXT]. */
void graft_plot_assign(char *variables, const char *format, ...) GRAFT_PRINTF(2, 3);

/** Append NAME = 'TEXT' for a text of unknown origin: quotation marks doubled, nothing but
 *  printable, 200 bytes at most. */
void graft_plot_assign_text(char *variables, const char *name, const char *text);

/** Append x0, x1, y0, y1 of the grid. */
void graft_plot_assign_extent(char *variables, const graft_source_info *info);

/** Append title_input, what the input is called in pictures. */
void graft_plot_assign_input(char *variables, const graft_source *source);

/** Does a data set of predictions hold the solutions too? */
bool graft_plot_compares(const graft_source *source);

/** Its field with the solutions: u_true of such a set, else u. */
const char *graft_plot_truth(const graft_source *source);

/** Write input, truth, prediction and |error| of one sample as NAME-{input,truth,…}.bin, its
 *  outline, and append nx, ny, the largest absolute values (0 replaced by 1) as top_input, top_u,
 *  top_error and the least truth as low_u, with the row's number behind.
 *  @param u prediction [P] or NULL
 *  @param row number, from 1 */
GRAFT_MUST_USE graft_status graft_plot_sample(const graft_pictures *p, const graft_source *source,
                                              size_t sample, const float *u, const char *name,
                                              size_t row, char *variables);

/** Numbers by which samples are told apart: those of the problem's generator, or the codes.
 *  @param name, value [GRAFT_GENERATOR_NUMBERS]. @return how many */
size_t graft_plot_numbers(const graft_source_info *info, size_t sample,
                          char name[][GRAFT_NAME_SIZE], double *value);

/** Append numbersROW, a text: "a = 0.53, b = 1.2". */
void graft_plot_assign_numbers(const graft_source_info *info, size_t sample, size_t row,
                               char *variables);

/** The same as graft_plot_sample() for one axis of space and time:
 * NAME-{truth,prediction,error}.bin and NAME-profiles.dat; appends nx, nt, profiles, and with the
 * row's number behind top_u, top_error, numbers (a text). */
GRAFT_MUST_USE graft_status graft_plot_time_sample(const graft_pictures *p,
                                                   const graft_source *source, size_t sample,
                                                   const float *u, const char *name, size_t row,
                                                   char *variables);

/** Write numbers-TASK.dat: the numbers of samples and their errors in %; appends columns and names
 *  of the columns with the task's number behind. Nothing for samples without numbers.
 *  @param sample, error [count] */
GRAFT_MUST_USE graft_status graft_plot_numbers_task(const graft_pictures *p,
                                                    const graft_source_info *info, const char *task,
                                                    size_t count, const size_t *sample,
                                                    const double *error, size_t number,
                                                    char *variables);

/** The same on a grid of three axes: slices NAME-{plane,axial}-{truth,prediction,error,sdf}.bin at
 * half the height and through the axis; appends sizes and the largest values.
 * @param u prediction [P]; NULL: the data set's own field alone, as truth */
GRAFT_MUST_USE graft_status graft_plot_slices(const graft_pictures *p, const graft_source *source,
                                              size_t sample, const float *u, const char *name,
                                              size_t row, char *variables);

/** Write NAME-surface.dat: the surface of a sample's body in patches, rows x, y, z, truth,
 * prediction, |error|, interpolated from the points in the body; appends the largest values on it
 * as top_t and top_e with the row's number behind. Nothing for problems without a surface,
 * nor for numbers that describe no body.
 *  @param drawn receives whether there is one */
GRAFT_MUST_USE graft_status graft_plot_surface(const graft_pictures *p, const graft_source *source,
                                               size_t sample, const float *u, const char *name,
                                               size_t row, char *variables, bool *drawn);

/** Pictures of a data set in its directory's plots/: data-TASK.png with the first samples of each
 *  task, data-meshes.png, data-errors.png. */
GRAFT_MUST_USE graft_status graft_plot_data(const graft_app *app, const graft_pde_plot *config,
                                            graft_pictures *p);

#endif

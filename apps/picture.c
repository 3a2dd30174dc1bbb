/* SPDX-License-Identifier: BSD-2-Clause */
#include "apps/picture.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "geometry/mask.h"
#include "io/atomic.h"
#include "solvers/region_text.h"

enum { PATH = 3 * GRAFT_PATH_SIZE, FINE = 240, ARC_POINTS = 64, EDGE_PIECES = 8, NOT_FOUND = 127 };

static bool has_scripts(const char *directory) {
  char path[PATH];
  snprintf(path, sizeof path, "%s/common.gp", directory);
  return graft_file_exists(path);
}

/* PREFIX/share/graft/plots of PREFIX/bin/program, else the source tree, else the install prefix. */
static graft_status find_scripts(graft_pictures *p) {
  static const char *const fixed[] = {GRAFT_PLOTS_SOURCE, GRAFT_PLOTS_INSTALLED};
  char program[GRAFT_PATH_SIZE - 64];
  ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
  if (length > 0) {
    program[length] = '\0';
    char *slash = strrchr(program, '/');
    if (slash) *slash = '\0';
    snprintf(p->scripts, sizeof p->scripts, "%s/../share/graft/plots", program);
    if (has_scripts(p->scripts)) return GRAFT_OK;
  }
  for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++) {
    snprintf(p->scripts, sizeof p->scripts, "%s", fixed[i]);
    if (has_scripts(p->scripts)) return GRAFT_OK;
  }
  return graft_error_set(GRAFT_INTERNAL, __FILE__, __LINE__,
                         "the gnuplot scripts are neither in %s nor in %s", fixed[0], fixed[1]);
}

graft_status graft_pictures_init(graft_pictures *p, const graft_app *app, const char *directory) {
  char path[PATH];
  *p = (graft_pictures){.app = app};
  GRAFT_CHECK(strlen(directory) < sizeof p->directory - 64, USAGE, "the name of %s is too long",
              directory);
  snprintf(p->directory, sizeof p->directory, "%s", directory);
  snprintf(path, sizeof path, "%s/data", directory);
  GRAFT_TRY(find_scripts(p));
  return graft_directory_create(path);
}

void graft_pictures_fini(graft_pictures *p) { graft_words_fini(&p->made); }

static graft_status open_data(const graft_pictures *p, const char *name, FILE **file) {
  char path[PATH];
  snprintf(path, sizeof path, "%s/data/%s", p->directory, name);
  *file = fopen(path, "wb");
  GRAFT_CHECK(*file, OUTPUT, "%s: can't be written: %s", path, strerror(errno));
  return GRAFT_OK;
}

static graft_status close_data(const graft_pictures *p, const char *name, FILE *file) {
  bool bad = ferror(file) != 0;
  bad |= fclose(file) != 0;
  GRAFT_CHECK(!bad, OUTPUT, "%s/data/%s: can't be written", p->directory, name);
  return GRAFT_OK;
}

/* Value of a point outside the region, continued linearly from its neighbours inside along rows,
 * columns and diagonals; 0 if there are none. */
static float continued(const float *field, const unsigned char *mask, const size_t *grid, size_t i,
                       size_t j) {
  double sum = 0.0;
  int count = 0;
  for (int k = 0; k < 9; k++) {
    size_t at[2];
    for (size_t step = 1; step <= 2; step++) { /* wraps below 0: beyond the grid as well */
      size_t a = i + step * (size_t)(k / 3 - 1), b = j + step * (size_t)(k % 3 - 1);
      at[step - 1] = a < grid[0] && b < grid[1] ? a * grid[1] + b : i * grid[1] + j;
    }
    if (!mask[at[0]]) continue;
    sum += mask[at[1]] ? 2.0 * (double)field[at[0]] - (double)field[at[1]] : (double)field[at[0]];
    count++;
  }
  return count > 0 ? (float)(sum / count) : 0.0f;
}

/* Copy of a field that is 0 outside the region, continued by a point there, so that values between
 * a point inside and one outside are right up to the edge; a plain copy of others. */
static graft_status continue_outside(const graft_source_info *info, const unsigned char *mask,
                                     const float *field, float **out) {
  bool cut = true;
  GRAFT_TRY(graft_alloc(out, info->points, sizeof **out));
  memcpy(*out, field, info->points * sizeof **out);
  for (size_t p = 0; p < info->points; p++) cut &= mask[p] || !(fabsf(field[p]) > 0.0f);
  for (size_t i = 0; i < info->grid[0] && cut; i++) {
    for (size_t j = 0; j < info->grid[1]; j++) {
      size_t p = i * info->grid[1] + j;
      if (!mask[p]) (*out)[p] = continued(field, mask, info->grid, i, j);
    }
  }
  return GRAFT_OK;
}

/* Bilinear value at the fine point (i, j) of a grid refined `factor` times. */
static float interpolate(const float *field, size_t ny, size_t factor, size_t i, size_t j) {
  size_t a = i / factor, b = j / factor;
  double s = (double)(i % factor) / (double)factor, t = (double)(j % factor) / (double)factor;
  const float *at = field + a * ny + b;
  double left = at[0], right = s > 0.0 ? at[ny] : 0.0;
  if (t > 0.0) {
    left += t * (at[1] - left);
    right += s > 0.0 ? t * (at[ny + 1] - right) : 0.0;
  }
  return (float)((1.0 - s) * left + s * right);
}

graft_status graft_pictures_field(const graft_pictures *p, const char *name,
                                  const graft_source_info *info,
                                  const graft_source_geometry *geometry, const float *field,
                                  size_t *n) {
  graft_region region;
  FILE *file = NULL;
  float *whole = NULL;
  graft_status status = GRAFT_OK;
  GRAFT_CHECK(info->dims == 2, INTERNAL, "pictures of fields: expected 2 dimensions, got %d",
              info->dims);
  size_t longest = info->grid[0] > info->grid[1] ? info->grid[0] : info->grid[1];
  size_t factor = longest > FINE ? 1 : (FINE + longest - 2) / (longest - 1);
  graft_grid grid = {.box = {{info->lo[0], info->lo[1]}, {info->hi[0], info->hi[1]}}};
  for (int d = 0; d < 2; d++) n[d] = grid.n[d] = (info->grid[d] - 1) * factor + 1;
  GRAFT_TRY(graft_region_parse(geometry->region_yaml, geometry->name, &region));
  GRAFT_TRY_TO(done, continue_outside(info, geometry->mask, field, &whole));
  GRAFT_TRY_TO(done, open_data(p, name, &file));
  for (size_t j = 0; j < n[1]; j++) {
    for (size_t i = 0; i < n[0]; i++) {
      double xy[2] = {graft_grid_coordinate(&grid, 0, i), graft_grid_coordinate(&grid, 1, j)};
      double distance;
      graft_region_distance(&region, 1, xy, &distance);
      float value = distance <= GRAFT_REGION_TOLERANCE
                        ? interpolate(whole, info->grid[1], factor, i, j)
                        : NAN;
      fwrite(&value, sizeof value, 1, file);
    }
  }
  status = close_data(p, name, file);
done:
  graft_free(whole);
  graft_region_fini(&region);
  return status;
}

graft_status graft_pictures_outline(const graft_pictures *p, const char *name,
                                    const graft_source_geometry *geometry) {
  graft_region region;
  FILE *file;
  GRAFT_TRY(graft_region_parse(geometry->region_yaml, geometry->name, &region));
  graft_status status = open_data(p, name, &file);
  if (status == GRAFT_OK) {
    for (size_t l = 0; l < region.loops; l++) {
      const graft_loop *loop = &region.loop[l];
      for (size_t e = loop->first_edge; e < loop->first_edge + loop->edges; e++) {
        int points = region.edge[e].radius > 0.0 ? ARC_POINTS : 1;
        for (int i = 0; i <= points; i++) {
          double xy[2];
          graft_edge_point(&region.edge[e], (double)i / points, xy);
          fprintf(file, "%.9g %.9g\n", xy[0], xy[1]);
        }
        fputc('\n', file); /* edges of holes run backwards: no line from one to the next */
      }
    }
    status = close_data(p, name, file);
  }
  graft_region_fini(&region);
  return status;
}

/* Edge k of an element: from its vertex k to the next one, through the mid-edge node of order 2. */
static void write_edge(FILE *file, const graft_mesh *mesh, const int *node, int k) {
  const double *a = mesh->xy + 2 * (size_t)node[k], *b = mesh->xy + 2 * (size_t)node[(k + 1) % 3];
  const double *m = mesh->order == 2 ? mesh->xy + 2 * (size_t)node[3 + k] : NULL;
  double bend[2] = {0, 0};
  for (int d = 0; m && d < 2; d++) bend[d] = 4 * m[d] - 2 * (a[d] + b[d]);
  double length = hypot(b[0] - a[0], b[1] - a[1]);
  int pieces = hypot(bend[0], bend[1]) > 1e-6 * length ? EDGE_PIECES : 1;
  for (int i = 0; i <= pieces; i++) {
    double t = (double)i / pieces, xy[2];
    for (int d = 0; d < 2; d++) xy[d] = (1 - t) * a[d] + t * b[d] + t * (1 - t) * bend[d];
    fprintf(file, "%.6f %.6f\n", xy[0], xy[1]);
  }
  fputc('\n', file);
}

graft_status graft_pictures_mesh(const graft_pictures *p, const char *name,
                                 const graft_mesh *mesh) {
  size_t nodes = graft_mesh_element_nodes(mesh);
  FILE *file;
  GRAFT_TRY(open_data(p, name, &file));
  for (size_t e = 0; e < mesh->elements; e++) {
    const int *node = mesh->element + nodes * e;
    for (int k = 0; k < 3; k++) {
      int a = node[k], b = node[(k + 1) % 3];
      bool outside = mesh->boundary[a] && mesh->boundary[b]; /* may be inside: then drawn twice */
      if (a < b || outside) write_edge(file, mesh, node, k);
    }
  }
  return close_data(p, name, file);
}

graft_status graft_pictures_column(const graft_pictures *p, const char *name, const double *value,
                                   size_t count) {
  FILE *file;
  GRAFT_TRY(open_data(p, name, &file));
  for (size_t i = 0; i < count; i++) fprintf(file, "%.9g\n", value[i]);
  return close_data(p, name, file);
}

graft_status graft_pictures_table(const graft_pictures *p, const char *name, const double *value,
                                  size_t rows, size_t columns) {
  FILE *file;
  GRAFT_TRY(open_data(p, name, &file));
  for (size_t i = 0; i < rows; i++) {
    for (size_t j = 0; j < columns; j++) {
      fprintf(file, j ? " %.9g" : "%.9g", value[i * columns + j]);
    }
    fputc('\n', file);
  }
  return close_data(p, name, file);
}

graft_status graft_pictures_floats(const graft_pictures *p, const char *name, const float *value,
                                   size_t count) {
  FILE *file;
  GRAFT_TRY(open_data(p, name, &file));
  fwrite(value, sizeof *value, count, file);
  return close_data(p, name, file);
}

/* Run gnuplot on data/NAME.gp in the directory of the pictures; its output goes to a log there.
 * Returns its exit code, NOT_FOUND if it is not installed. */
static int run_gnuplot(const graft_pictures *p, const char *name) {
  char script[PATH], log_name[PATH];
  snprintf(script, sizeof script, "data/%s.gp", name);
  snprintf(log_name, sizeof log_name, "data/%s.log", name);
  pid_t child = fork();
  if (child == 0) {
    int log = -1;
    if (chdir(p->directory) == 0) log = open(log_name, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (log >= 0 && dup2(log, STDOUT_FILENO) >= 0 && dup2(log, STDERR_FILENO) >= 0) {
      execlp("gnuplot", "gnuplot", script, (char *)NULL);
    }
    _exit(errno == ENOENT ? NOT_FOUND : 126);
  }
  int result = 0;
  while (child > 0 && waitpid(child, &result, 0) < 0) {
    if (errno != EINTR) return 126;
  }
  return child > 0 && WIFEXITED(result) ? WEXITSTATUS(result) : 126;
}

graft_status graft_pictures_draw(graft_pictures *p, const char *name, const char *script,
                                 const char *variables) {
  char file_name[GRAFT_PATH_SIZE], path[PATH], log_name[PATH];
  FILE *file;
  snprintf(file_name, sizeof file_name, "%s.gp", name);
  GRAFT_TRY(open_data(p, file_name, &file));
  fprintf(file, "# Draws %s.png: cd %s && gnuplot data/%s.gp\n", name, p->directory, name);
  fprintf(file, "scripts = '%s'\noutput = '%s.png'\n%sload scripts . '/%s.gp'\n", p->scripts, name,
          variables, script);
  GRAFT_TRY(close_data(p, file_name, file));
  if (p->missing) return GRAFT_OK;
  int code = run_gnuplot(p, name);
  p->missing = code == NOT_FOUND;
  snprintf(log_name, sizeof log_name, "%s/data/%s.log", p->directory, name);
  if (p->missing) remove(log_name);
  if (p->missing) {
    graft_app_warn(p->app, "gnuplot is not installed, no pictures; their numbers are in %s/data",
                   p->directory);
    return GRAFT_OK;
  }
  snprintf(path, sizeof path, "%s/%s.png", p->directory, name);
  if (code != 0) {
    graft_app_warn(p->app, "gnuplot failed on %s.png, see %s", name, log_name);
    remove(path);
    return GRAFT_OK;
  }
  remove(log_name);
  return graft_words_add(&p->made, path);
}

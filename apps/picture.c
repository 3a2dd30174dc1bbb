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

enum { PATH = 3 * GRAFT_PATH_SIZE, FINE = 240, ARC_POINTS = 64, NOT_FOUND = 127 };

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
  GRAFT_TRY(graft_directory_create(path));
  return find_scripts(p);
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
  graft_status status = GRAFT_OK;
  GRAFT_CHECK(info->dims == 2, INTERNAL, "pictures of fields: expected 2 dimensions, got %d",
              info->dims);
  size_t longest = info->grid[0] > info->grid[1] ? info->grid[0] : info->grid[1];
  size_t factor = longest > FINE ? 1 : (FINE + longest - 2) / (longest - 1);
  graft_grid grid = {.box = {{info->lo[0], info->lo[1]}, {info->hi[0], info->hi[1]}}};
  for (int d = 0; d < 2; d++) n[d] = grid.n[d] = (info->grid[d] - 1) * factor + 1;
  GRAFT_TRY(graft_region_parse(geometry->region_yaml, geometry->name, &region));
  GRAFT_TRY_TO(done, open_data(p, name, &file));
  for (size_t j = 0; j < n[1]; j++) {
    for (size_t i = 0; i < n[0]; i++) {
      double xy[2] = {graft_grid_coordinate(&grid, 0, i), graft_grid_coordinate(&grid, 1, j)};
      double distance;
      graft_region_distance(&region, 1, xy, &distance);
      float value = distance <= GRAFT_REGION_TOLERANCE
                        ? interpolate(field, info->grid[1], factor, i, j)
                        : NAN;
      fwrite(&value, sizeof value, 1, file);
    }
  }
  status = close_data(p, name, file);
done:
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

graft_status graft_pictures_column(const graft_pictures *p, const char *name, const double *value,
                                   size_t count) {
  FILE *file;
  GRAFT_TRY(open_data(p, name, &file));
  for (size_t i = 0; i < count; i++) fprintf(file, "%.9g\n", value[i]);
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

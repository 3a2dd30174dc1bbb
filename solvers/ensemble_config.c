/* SPDX-License-Identifier: BSD-2-Clause */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "solvers/ensemble_impl.h"

#define AT(field) offsetof(graft_solve_config, field)
#define ROOM(field) sizeof(((graft_solve_config *)0)->field)

const graft_option graft_solve_options[] = {
    {"samples", GRAFT_OPTION_INT, AT(samples), 0, "900", 1, 1e9, NULL, NULL,
     "samples per shape: training, validation and test together", 0},
    {"grid", GRAFT_OPTION_INT, AT(grid), 0, "48", 2, 8192, "points", NULL,
     "output points per axis, boundary included", 0},
    {"shapes", GRAFT_OPTION_LIST, AT(shapes), ROOM(shapes), "", 0, 0, NULL, graft_domain_choices,
     "shapes and families of shapes (star, polygon: a region per sample), one task each; for darcy "
     "square,disc,triangle unless -region is given",
     0},
    {"region", GRAFT_OPTION_LIST, AT(region), ROOM(region), "", 0, 0, NULL, NULL,
     "region files (YAML), one task each, named after the file", 0},
    {"field", GRAFT_OPTION_NAME, AT(field), ROOM(field), "", 0, 0, NULL, graft_field_choices,
     "law of the random field (for darcy lognormal), or a file of log K: npy, CSV, HDF5", 0},
    {"field_length", GRAFT_OPTION_REAL, AT(field_length), 0, "0", 0, 10, NULL, NULL,
     "correlation length; 0: the law's own", 0},
    {"field_sigma", GRAFT_OPTION_REAL, AT(field_sigma), 0, "0", 0, 10, NULL, NULL,
     "standard deviation of log K; 0: the law's own", 0},
    {"f", GRAFT_OPTION_STRING, AT(f), ROOM(f), "", 0, 0, NULL, NULL,
     "right-hand side: a number, or a file as for -field; for darcy 1", 0},
    {"boundary", GRAFT_OPTION_LIST, AT(boundary), ROOM(boundary), "", 0, 0, NULL, NULL,
     "boundary values of u: a number, or a,b,c for a + b x + c y; for darcy 0", 0},
    {"shared_fields", GRAFT_OPTION_BOOL, AT(shared_fields), 0, "false", 0, 0, NULL, NULL,
     "all shapes get the same fields", 0},
    {"seed", GRAFT_OPTION_INT, AT(seed), 0, "1", 0, 9e15, NULL, NULL, "seed of the random fields",
     0},
    {"first", GRAFT_OPTION_INT, AT(first), 0, "0", 0, 9e15, NULL, NULL,
     "index of the first sample of each shape", 0},
    {"mesh_size", GRAFT_OPTION_REAL, AT(mesh_size), 0, "0", 0, 1, NULL, NULL,
     "edge length of the triangles; 0: for errors up to 0.2 %", 0},
    {"order", GRAFT_OPTION_INT, AT(order), 0, "2", 1, 2, NULL, NULL,
     "polynomial degree of the elements", 0},
    {"nodes", GRAFT_OPTION_BOOL, AT(nodes), 0, "false", 0, 0, NULL, NULL,
     "write the nodes of each region's own mesh, too, with values and triangles", 0},
    {"error_estimate", GRAFT_OPTION_BOOL, AT(error_estimate), 0, "true", 0, 0, NULL, NULL,
     "estimate the error of every sample", 0},
    {"max_error", GRAFT_OPTION_REAL, AT(max_error), 0, "0", 0, 1, NULL, NULL,
     "largest estimated relative error allowed; 0: any", 0},
    {"inputs_only", GRAFT_OPTION_BOOL, AT(inputs_only), 0, "false", 0, 0, NULL, NULL,
     "write fields without solutions", 0},
    {"mesh_cache", GRAFT_OPTION_STRING, AT(mesh_cache), ROOM(mesh_cache), "", 0, 0, NULL, NULL,
     "directory that keeps meshes for later runs, made if needed; none if empty", 1},
    {0}};

/* Names of tasks become parts of file names and CSV rows. */
static const char name_characters[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

static graft_status check_tasks(const graft_solve_config *config) {
  graft_task task, other;
  size_t count = graft_solve_tasks(config);
  GRAFT_CHECK(count >= 1 && count <= GRAFT_MAX_TASKS, USAGE,
              "-shapes, -region: expected 1 to %d tasks, got %zu", GRAFT_MAX_TASKS, count);
  for (size_t i = 0; i < count; i++) {
    graft_task_get(config, i, &task);
    GRAFT_CHECK(task.file || task.domain, USAGE, "-shapes: expected names of shapes, got '%s'",
                task.name);
    GRAFT_CHECK(task.name[0], USAGE, "-region: expected names of files, got '%s'", config->region);
    GRAFT_CHECK(task.name[strspn(task.name, name_characters)] == '\0', USAGE,
                "-region: expected files named with letters, digits, '_', '-', got '%s'",
                task.name);
    GRAFT_CHECK(
        !task.domain || !task.domain->random || config->first + config->samples <= 1LL << 32, USAGE,
        "-first, -samples: expected numbers below 2^32 for the family '%s'", task.name);
    for (size_t j = 0; j < i; j++) {
      graft_task_get(config, j, &other);
      GRAFT_CHECK(strcmp(task.name, other.name) != 0, USAGE,
                  "-shapes, -region: expected each name once, got '%s' twice", task.name);
    }
  }
  return GRAFT_OK;
}

static graft_status check_field(const graft_solve_config *config) {
  const graft_field_type *law = graft_solve_law(config);
  bool file = !law && strpbrk(config->field, "./");
  GRAFT_CHECK(law || file, USAGE, "-field: expected the name of a law or a file, got '%s'",
              config->field);
  const char *what = law ? law->name : "a file";
  GRAFT_CHECK((law && law->length > 0) || config->field_length == 0, USAGE,
              "-field_length: expected 0, since '%s' has no length, got %g", what,
              config->field_length);
  GRAFT_CHECK((law && law->sigma > 0) || config->field_sigma == 0, USAGE,
              "-field_sigma: expected 0, since '%s' has no deviation, got %g", what,
              config->field_sigma);
  GRAFT_CHECK(config->field_length == 0 || config->field_length >= 0.005, USAGE,
              "-field_length: expected 0 or a number in [0.005, 10], got %g", config->field_length);
  return GRAFT_OK;
}

static graft_status check_data(const graft_solve_config *config) {
  const graft_problem_type *problem = graft_problem_find(config->problem);
  double b[3], f;
  GRAFT_TRY(graft_solve_boundary(config, b));
  GRAFT_CHECK(!problem->form->boundary || !*config->boundary, USAGE,
              "-boundary: expected none, '%s' has boundary values of its own, got '%s'",
              problem->name, config->boundary);
  GRAFT_CHECK(!*config->f || graft_solve_constant_f(config, &f) || strpbrk(config->f, "./"), USAGE,
              "-f: expected a number or a file, got '%s'", config->f);
  return GRAFT_OK;
}

graft_status graft_elliptic_validate(const graft_solve_config *config) {
  GRAFT_TRY(check_field(config));
  GRAFT_TRY(check_data(config));
  GRAFT_CHECK(config->mesh_size == 0 || config->mesh_size >= 5e-4, USAGE,
              "-mesh_size: expected 0 or a number in [0.0005, 1], got %g", config->mesh_size);
  GRAFT_CHECK(config->order == 1 || config->order == 2, USAGE, "-order: expected 1 or 2, got %lld",
              config->order);
  GRAFT_CHECK(config->samples >= 1 && config->grid >= 2 && config->first >= 0, USAGE,
              "expected samples >= 1, grid >= 2, first >= 0, got %lld, %lld, %lld", config->samples,
              config->grid, config->first);
  GRAFT_CHECK(config->max_error == 0 || (config->error_estimate && !config->inputs_only), USAGE,
              "-max_error: expected with -error_estimate and solutions, got %g without",
              config->max_error);
  GRAFT_TRY(check_tasks(config));
  double values = (double)config->samples * (double)config->grid * (double)config->grid *
                  (double)graft_solve_tasks(config);
  GRAFT_CHECK(values < 1e13, USAGE,
              "-samples, -grid: expected less than 1e13 values in a file, got %g", values);
  return GRAFT_OK;
}

double graft_solve_mesh_size(const graft_solve_config *config) {
  const graft_field_type *law = graft_solve_law(config);
  if (config->mesh_size > 0) return config->mesh_size;
  if (!law) law = graft_field_get(0); /* a file: as the default law */
  return graft_field_mesh_size(law, config->field_length, (int)config->order);
}

double graft_solve_size_in(double size, bool given, double area, bool family) {
  return given ? size : size * fmin(1, sqrt(2 * area)) * (family ? 0.8 : 1);
}

double graft_solve_region_size(const graft_solve_config *config, double area, bool family) {
  return graft_solve_size_in(graft_solve_mesh_size(config), config->mesh_size > 0, area, family);
}

/* Rates measured on one core at 2.1 GHz, order 2 and 1, 48 x 48 and 100 x 100: 40 ns per grid
 * point, 0.35 us per element, 20 ns x nodes^1.5 for factor and solve; a region of its own 22 us per
 * element and 1 us per grid point more. Triangles of edge h: 2.4 per h². */
void graft_elliptic_estimate(const graft_solve_config *config, int ranks,
                             graft_solve_estimate *estimate) {
  graft_task task;
  double points = (double)config->grid * (double)config->grid, samples = (double)config->samples;
  for (size_t k = 0; k < graft_task_get(config, k, &task); k++) {
    bool family = task.domain && task.domain->random;
    double area = task.domain && task.domain->area > 0 ? task.domain->area : 0.5;
    double size = graft_solve_region_size(config, area, family), geometries = family ? samples : 1;
    double elements = 2.4 / (size * size) * area;
    double nodes = elements * (config->order == 1 ? 0.5 : 2);
    double sample = 6e-5 + 4e-8 * points;
    if (!config->inputs_only) sample += 3.5e-7 * elements + 2e-8 * nodes * sqrt(nodes);
    if (family) sample += 2.2e-5 * elements + 1e-6 * points;
    if (family && config->nodes) sample += 1.5e-5 * elements; /* meshed twice */
    if (config->nodes) {                                      /* 24 bytes a node, 12 a triangle */
      estimate->disk_bytes += samples * (24 * nodes + 12 * elements * (config->order == 2 ? 4 : 1));
    }
    estimate->seconds += 0.03 + 3e-5 * elements + samples * sample / ranks;
    estimate->disk_bytes += samples * points * (config->inputs_only ? 5 : 9);
    if (family) estimate->disk_bytes += geometries * points * 9;
    estimate->memory_bytes += elements * 4500 + points * 400 + geometries * points * 18;
  }
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "geometry/domain.h"
#include "solvers/ensemble_impl.h"

#define AT(field) offsetof(graft_solve_config, field)
#define ROOM(field) sizeof(((graft_solve_config *)0)->field)

const graft_option graft_solve_options[] = {
    {"samples", GRAFT_OPTION_INT, AT(samples), 0, "900", 1, 1e9, NULL, NULL,
     "samples per shape: training, validation and test together", 0},
    {"grid", GRAFT_OPTION_INT, AT(grid), 0, "48", 2, 8192, "points", NULL,
     "output points per axis, boundary included", 0},
    {"shapes", GRAFT_OPTION_LIST, AT(shapes), ROOM(shapes), "square,disc,triangle", 0, 0, NULL,
     graft_domain_choices, "shapes, one task each", 0},
    {"field", GRAFT_OPTION_STRING, AT(field), ROOM(field), "lognormal", 0, 0, NULL,
     graft_field_choices, "law of the random field", 0},
    {"field_length", GRAFT_OPTION_REAL, AT(field_length), 0, "0", 0, 10, NULL, NULL,
     "correlation length; 0: the law's own", 0},
    {"field_sigma", GRAFT_OPTION_REAL, AT(field_sigma), 0, "0", 0, 10, NULL, NULL,
     "standard deviation of log K; 0: the law's own", 0},
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
    {"error_estimate", GRAFT_OPTION_BOOL, AT(error_estimate), 0, "true", 0, 0, NULL, NULL,
     "estimate the error of every sample", 0},
    {"max_error", GRAFT_OPTION_REAL, AT(max_error), 0, "0", 0, 1, NULL, NULL,
     "largest estimated relative error allowed; 0: any", 0},
    {"inputs_only", GRAFT_OPTION_BOOL, AT(inputs_only), 0, "false", 0, 0, NULL, NULL,
     "write fields without solutions", 0},
    {0}};

size_t graft_solve_shape(const graft_solve_config *config, size_t i, char *name, size_t size) {
  const char *start = config->shapes;
  for (size_t k = 0;; k++) {
    size_t length = strcspn(start, ",");
    if (k == i) {
      if (length >= size) length = size - 1;
      memcpy(name, start, length);
      name[length] = '\0';
    }
    if (!start[length]) return k + 1;
    start += length + 1;
  }
}

static graft_status check_shapes(const graft_solve_config *config) {
  char name[GRAFT_NAME_SIZE], other[GRAFT_NAME_SIZE];
  size_t count = graft_solve_shape(config, 0, name, sizeof name);
  GRAFT_CHECK(count <= GRAFT_MAX_TASKS, USAGE, "-shapes: expected at most %d, got %zu",
              GRAFT_MAX_TASKS, count);
  for (size_t i = 0; i < count; i++) {
    graft_solve_shape(config, i, name, sizeof name);
    const graft_domain_type *type = graft_domain_find(name);
    GRAFT_CHECK(type, USAGE, "-shapes: expected names of shapes, got '%s'", name);
    GRAFT_CHECK(!type->random, USAGE, "-shapes: expected single shapes, got the family '%s'", name);
    for (size_t j = 0; j < i; j++) {
      graft_solve_shape(config, j, other, sizeof other);
      GRAFT_CHECK(strcmp(name, other) != 0, USAGE,
                  "-shapes: expected each shape once, got '%s' twice", name);
    }
  }
  return GRAFT_OK;
}

graft_status graft_solve_validate(const graft_solve_config *config) {
  char name[GRAFT_NAME_SIZE];
  GRAFT_CHECK(graft_problem_find(config->problem), USAGE,
              "-problem: expected the name of an equation, got '%s'", config->problem);
  const graft_field_type *field = graft_field_find(config->field);
  GRAFT_CHECK(field, USAGE, "-field: expected the name of a law, got '%s'", config->field);
  GRAFT_CHECK(field->length > 0 || config->field_length == 0, USAGE,
              "-field_length: expected 0, since '%s' has no length, got %g", config->field,
              config->field_length);
  GRAFT_CHECK(field->sigma > 0 || config->field_sigma == 0, USAGE,
              "-field_sigma: expected 0, since '%s' has no deviation, got %g", config->field,
              config->field_sigma);
  GRAFT_CHECK(config->field_length == 0 || config->field_length >= 0.005, USAGE,
              "-field_length: expected 0 or a number in [0.005, 10], got %g", config->field_length);
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
  GRAFT_TRY(check_shapes(config));
  double values = (double)config->samples * (double)config->grid * (double)config->grid *
                  (double)graft_solve_shape(config, 0, name, sizeof name);
  GRAFT_CHECK(values < 1e13, USAGE,
              "-samples, -grid: expected less than 1e13 values in a file, got %g", values);
  return GRAFT_OK;
}

double graft_solve_mesh_size(const graft_solve_config *config) {
  if (config->mesh_size > 0) return config->mesh_size;
  return graft_field_mesh_size(graft_field_find(config->field), config->field_length,
                               (int)config->order);
}

/* Rates measured on one core at 2.1 GHz, order 2 and 1, 48 x 48 and 100 x 100: 40 ns per grid
 * point, 0.35 us per element, 20 ns x nodes^1.5 for factor and solve. Triangles of edge h: 2.4 per
 * h². */
graft_solve_estimate graft_solve_estimate_get(const graft_solve_config *config, int ranks) {
  graft_solve_estimate estimate = {.memory_bytes = 1e8};
  char name[GRAFT_NAME_SIZE];
  size_t shapes = graft_solve_shape(config, 0, name, sizeof name);
  double points = (double)config->grid * (double)config->grid, samples = (double)config->samples;
  double size = graft_solve_mesh_size(config);
  for (size_t k = 0; k < shapes; k++) {
    graft_solve_shape(config, k, name, sizeof name);
    const graft_domain_type *type = graft_domain_find(name);
    double elements = 2.4 / (size * size) * (type && type->area > 0 ? type->area : 0.5);
    double nodes = elements * (config->order == 1 ? 0.5 : 2);
    double sample = 6e-5 + 4e-8 * points;
    if (!config->inputs_only) sample += 3.5e-7 * elements + 2e-8 * nodes * sqrt(nodes);
    estimate.seconds += 0.03 + 3e-5 * elements + samples * sample / ranks;
    estimate.disk_bytes += samples * points * 4 * (config->inputs_only ? 1 : 2);
    estimate.memory_bytes += elements * 4500 + points * 400;
  }
  return estimate;
}

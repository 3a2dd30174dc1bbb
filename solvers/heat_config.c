/* SPDX-License-Identifier: BSD-2-Clause */
/* Options of the heat problem, and the designs that they mean. */
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "solvers/heat_impl.h"

enum { MOST_NUMBERS = 64 };

#define AT(field) offsetof(graft_solve_config, field)
#define OWN(field) (offsetof(graft_solve_config, own) + offsetof(struct heat_config, field))
#define ROOM(field) sizeof(((struct heat_config *)0)->field)

static const char *designs(size_t i) {
  static const char *const name[] = {"lists", "random"};
  return i < 2 ? name[i] : NULL;
}

const graft_option graft_heat_options[] = {
    {"design", GRAFT_OPTION_STRING, OWN(design), ROOM(design), "random", 0, 0, NULL, designs,
     "designs: all of the lists combined, or random ones in the ranges", 0},
    {"holes", GRAFT_OPTION_LIST, OWN(holes), ROOM(holes), "2,3,4,5,6,7,8,9", 0, 0, NULL, NULL,
     "numbers of holes n, one task each", 0},
    {"positions", GRAFT_OPTION_LIST, OWN(positions), ROOM(positions),
     "0.9,1.6,1.2,1.0,1.4,1.1,1.5,1.3", 0, 0, NULL, NULL,
     "lists: distances h of the holes from the centre", 0},
    {"radii", GRAFT_OPTION_LIST, OWN(radii), ROOM(radii), "0.15", 0, 0, NULL, NULL,
     "lists: radii r_h of the holes", 0},
    {"samples", GRAFT_OPTION_INT, AT(samples), 0, "75", 1, 1e6, NULL, NULL,
     "random: designs per number of holes", 0},
    {"position_range", GRAFT_OPTION_LIST, OWN(position_range), ROOM(position_range), "0.9,1.6", 0,
     0, NULL, NULL, "random: least and largest h", 0},
    {"radius_range", GRAFT_OPTION_LIST, OWN(radius_range), ROOM(radius_range), "0.1,0.2", 0, 0,
     NULL, NULL, "random: least and largest r_h", 0},
    {"grid", GRAFT_OPTION_LIST, OWN(grid), ROOM(grid), "48,48,24", 0, 0, "points", NULL,
     "output points along x, y, z, or one number for all", 0},
    {"superposition", GRAFT_OPTION_BOOL, OWN(superposition), 0, "false", 0, 0, NULL, NULL,
     "write the sum of turned one-hole solutions as an input field", 0},
    {"seed", GRAFT_OPTION_INT, AT(seed), 0, "1", 0, 9e15, NULL, NULL, "seed of random designs", 0},
    {"first", GRAFT_OPTION_INT, AT(first), 0, "0", 0, 1e9, NULL, NULL,
     "index of the first design of each task", 0},
    {"mesh_size", GRAFT_OPTION_REAL, AT(mesh_size), 0, "0.2", 0.02, 0.5, NULL, NULL,
     "edge length of the tetrahedra at 5 holes; times (5/n)^(1/3) else", 0},
    {"order", GRAFT_OPTION_INT, AT(order), 0, "2", 1, 2, NULL, NULL,
     "polynomial degree of the elements", 0},
    {"error_estimate", GRAFT_OPTION_BOOL, AT(error_estimate), 0, "true", 0, 0, NULL, NULL,
     "estimate the error of every design", 0},
    {"max_error", GRAFT_OPTION_REAL, AT(max_error), 0, "0", 0, 1, NULL, NULL,
     "largest estimated relative error allowed; 0: any", 0},
    {"inputs_only", GRAFT_OPTION_BOOL, AT(inputs_only), 0, "false", 0, 0, NULL, NULL,
     "write designs without solutions", 0},
    {0}};

const struct heat_config *graft_heat_own(const graft_solve_config *config) {
  return (const void *)config->own;
}

/* Numbers of a list; returns how many, 0 if it is not one of up to MOST_NUMBERS finite numbers. */
static size_t numbers_of(const char *list, double value[MOST_NUMBERS]) {
  size_t count = 0;
  for (const char *at = list; *at;) {
    char *end;
    double number = strtod(at, &end);
    if (end == at || (*end && *end != ',') || !isfinite(number) || count == MOST_NUMBERS) return 0;
    value[count++] = number;
    at = *end ? end + 1 : end;
  }
  return count;
}

static bool is_random(const graft_solve_config *config) {
  return strcmp(graft_heat_own(config)->design, "random") == 0;
}

static size_t samples_of(const graft_solve_config *config) {
  double value[MOST_NUMBERS];
  const struct heat_config *own = graft_heat_own(config);
  if (is_random(config)) return (size_t)config->samples;
  return numbers_of(own->positions, value) * numbers_of(own->radii, value);
}

size_t graft_heat_task(const graft_solve_config *config, size_t i, char name[GRAFT_NAME_SIZE],
                       size_t *samples) {
  double value[MOST_NUMBERS];
  size_t tasks = numbers_of(graft_heat_own(config)->holes, value);
  name[0] = '\0';
  *samples = 0;
  if (i >= tasks) return tasks;
  snprintf(name, GRAFT_NAME_SIZE, "n%d", (int)value[i]);
  *samples = samples_of(config);
  return tasks;
}

int graft_heat_grid(const graft_solve_config *config, size_t n[3]) {
  double value[MOST_NUMBERS];
  size_t count = numbers_of(graft_heat_own(config)->grid, value);
  for (size_t a = 0; a < 3; a++) {
    double points = count == 3 ? value[a] : count == 1 ? value[0] : 0;
    n[a] = points >= 2 && points <= 1024 && points == floor(points) ? (size_t)points : 0;
  }
  return 3;
}

graft_status graft_heat_adopt(graft_solve_config *config, const graft_source_info *info) {
  struct heat_config *own = (void *)config->own;
  GRAFT_CHECK(info->dims == 3 && !info->in_time, INPUT, "expected a grid of three axes of space");
  snprintf(own->grid, sizeof own->grid, "%zu,%zu,%zu", info->grid[0], info->grid[1], info->grid[2]);
  own->superposition = graft_source_input_find(info, "superposition") != NULL;
  return GRAFT_OK;
}

double graft_heat_size(const graft_solve_config *config, int holes) {
  return fmin(fmax(config->mesh_size * cbrt(5.0 / holes), 0.02), 0.5);
}

graft_plate graft_heat_design(const graft_solve_config *config, size_t i, size_t index) {
  static const double step[2] = {0.75487766624669276, 0.56984029099805327};
  const struct heat_config *own = graft_heat_own(config);
  double holes[MOST_NUMBERS], position[MOST_NUMBERS], radius[MOST_NUMBERS];
  numbers_of(own->holes, holes);
  size_t positions = numbers_of(is_random(config) ? own->position_range : own->positions, position);
  numbers_of(is_random(config) ? own->radius_range : own->radii, radius);
  graft_plate plate = {.holes = (int)holes[i]};
  if (!is_random(config)) {
    plate.position = position[index % positions];
    plate.radius = radius[index / positions];
    return plate;
  }
  char name[GRAFT_NAME_SIZE];
  graft_rng rng;
  snprintf(name, sizeof name, "n%d", plate.holes);
  graft_rng_init(&rng, (uint64_t)config->seed, graft_rng_stream(name), 0);
  for (int k = 0; k < 2; k++) {
    const double *range = k ? radius : position;
    double place = fmod(graft_rng_uniform(&rng) + step[k] * (double)(index + 1), 1);
    double value = nearbyint(1e6 * (range[0] + place * (range[1] - range[0]))) / 1e6;
    *(k ? &plate.radius : &plate.position) = value;
  }
  return plate;
}

static graft_status check_list(const char *name, const char *text, size_t least, size_t most) {
  double value[MOST_NUMBERS];
  size_t count = numbers_of(text, value);
  GRAFT_CHECK(count >= least && count <= most, USAGE,
              "-%s: expected %zu to %zu numbers with commas, got '%s'", name, least, most, text);
  return GRAFT_OK;
}

static graft_status check_range(const char *name, const char *text) {
  double value[MOST_NUMBERS];
  size_t count = numbers_of(text, value);
  GRAFT_CHECK(count == 2 && value[0] <= value[1], USAGE,
              "-%s: expected two ascending numbers with a comma, got '%s'", name, text);
  return GRAFT_OK;
}

/* A task per number of holes; every design must be one, for ranges their corners. */
static graft_status check_designs(const graft_solve_config *config) {
  const struct heat_config *own = graft_heat_own(config);
  double holes[MOST_NUMBERS], position[MOST_NUMBERS], radius[MOST_NUMBERS];
  size_t tasks = numbers_of(own->holes, holes);
  size_t positions = numbers_of(is_random(config) ? own->position_range : own->positions, position);
  size_t radii = numbers_of(is_random(config) ? own->radius_range : own->radii, radius);
  for (size_t i = 0; i < tasks; i++) {
    GRAFT_CHECK(holes[i] == floor(holes[i]) && holes[i] >= 1 && holes[i] <= GRAFT_PLATE_HOLES,
                USAGE, "-holes: expected whole numbers from 1 to %d, got %g", GRAFT_PLATE_HOLES,
                holes[i]);
    for (size_t j = 0; j < i; j++) {
      GRAFT_CHECK(holes[i] != holes[j], USAGE, "-holes: expected each number once, got %g twice",
                  holes[i]);
    }
    for (size_t k = 0; k < positions * radii; k++) {
      graft_plate plate = {(int)holes[i], position[k % positions], radius[k / positions]};
      GRAFT_TRY(graft_plate_validate(&plate));
    }
  }
  return GRAFT_OK;
}

graft_status graft_heat_validate(const graft_solve_config *config) {
  const struct heat_config *own = graft_heat_own(config);
  size_t n[3];
  GRAFT_TRY(check_list("holes", own->holes, 1, GRAFT_PLATE_HOLES));
  GRAFT_TRY(check_list("positions", own->positions, 1, MOST_NUMBERS));
  GRAFT_TRY(check_list("radii", own->radii, 1, MOST_NUMBERS));
  GRAFT_TRY(check_range("position_range", own->position_range));
  GRAFT_TRY(check_range("radius_range", own->radius_range));
  graft_heat_grid(config, n);
  GRAFT_CHECK(n[0] && n[1] && n[2], USAGE,
              "-grid: expected one or three whole numbers from 2 to 1024, got '%s'", own->grid);
  GRAFT_CHECK(is_random(config) || config->first == 0, USAGE,
              "-first: expected 0 with -design lists, got %lld", config->first);
  return check_designs(config);
}

/* Measured on one core at 2.1 GHz, order 2: 1300 nodes x size^−1.6 per sector, 20 µs x nodes
 * (1 + nodes / 2e5), half of it again for the estimate, 0.2 µs per grid point; order 1 has an
 * eighth of the nodes. */
void graft_heat_estimate(const graft_solve_config *config, int ranks,
                         graft_solve_estimate *estimate) {
  size_t n[3], samples;
  char name[GRAFT_NAME_SIZE];
  graft_heat_grid(config, n);
  size_t tasks = graft_heat_task(config, 0, name, &samples);
  double points = (double)(n[0] * n[1] * n[2]), designs = (double)(tasks * samples);
  double nodes = 1300 * pow(config->mesh_size, -1.6) / (config->order == 2 ? 1 : 8);
  double sample = 2e-7 * points;
  if (!config->inputs_only) sample += 2e-5 * nodes * (1 + nodes / 2e5);
  if (config->error_estimate && !config->inputs_only) sample *= 1.5;
  if (graft_heat_own(config)->superposition) sample *= 2;
  estimate->seconds += designs * sample / ranks;
  estimate->disk_bytes += designs * points * (config->inputs_only ? 10 : 14);
  if (graft_heat_own(config)->superposition) estimate->disk_bytes += designs * points * 4;
  estimate->memory_bytes += designs * points * 9 + nodes * 6000;
}

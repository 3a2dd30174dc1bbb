/* SPDX-License-Identifier: BSD-2-Clause */
/* Tables of a heat data set: designs, grid, splits. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/rng.h"
#include "solvers/heat_impl.h"

static const char *const code_name[] = {"holes", "position", "radius"};
static const double lo[] = {-GRAFT_PLATE_RADIUS, -GRAFT_PLATE_RADIUS, GRAFT_PLATE_BOTTOM};
static const double hi[] = {GRAFT_PLATE_RADIUS, GRAFT_PLATE_RADIUS, GRAFT_PLATE_TOP};
enum { VALIDATE_EVERY = 8 /* one of so many training designs validates */ };

/* Part of a design in a split, by its index and numbers (n, h, r_h). */
typedef graft_part part_of(size_t index, const double *code);

static graft_part training(size_t index) {
  return index % VALIDATE_EVERY == VALIDATE_EVERY / 2 ? GRAFT_PART_VALIDATION : GRAFT_PART_TRAIN;
}

static bool between(double value, double least, double most) {
  return value >= least - 1e-9 && value <= most + 1e-9;
}

/* As in the paper: positions 0.9, 1.2, 1.6 of all n train, no validation. */
static graft_part paper(size_t index, const double *code) {
  double h = code[1];
  (void)index;
  bool train = between(h, 0.9, 0.9) || between(h, 1.2, 1.2) || between(h, 1.6, 1.6);
  return train ? GRAFT_PART_TRAIN : GRAFT_PART_TEST;
}

static graft_part interpolate_h(size_t index, const double *code) {
  bool test = between(code[1], 1.0, 1.1) || between(code[1], 1.35, 1.45);
  return test ? GRAFT_PART_TEST : training(index);
}

static graft_part unseen_n(size_t index, const double *code) {
  return code[0] == 4 || code[0] == 7 ? GRAFT_PART_TEST : training(index);
}

static graft_part unseen_radius(size_t index, const double *code) {
  return between(code[2], 0.14, 0.16) ? GRAFT_PART_TEST : training(index);
}

static const struct {
  const char *name;
  part_of *part;
} splits[] = {{"paper", paper},
              {"interpolate_h", interpolate_h},
              {"unseen_n", unseen_n},
              {"unseen_radius", unseen_radius}};
enum { SPLITS = sizeof splits / sizeof *splits };

/* Fill a split; is there something to train on and something to test? Designs of the paper's split
 * are those of its three positions and others; in random designs these are hardly met. */
static bool fill_split(const graft_source_info *info, size_t i, graft_source_split *split) {
  size_t train = 0, test = 0;
  snprintf(split->name, sizeof split->name, "%s", splits[i].name);
  for (size_t s = 0; s < info->samples; s++) {
    graft_part part = splits[i].part((size_t)info->index[s], info->code + 3 * s);
    split->part[s] = (uint8_t)part;
    train += part == GRAFT_PART_TRAIN;
    test += part == GRAFT_PART_TEST;
  }
  return test > 0 && train > info->tasks;
}

static graft_status init_splits(struct heat *heat, size_t per_task) {
  graft_source_info *info = &heat->info;
  graft_source_split_default(info, per_task, &info->split[0]);
  size_t kept = 1;
  for (size_t i = 0; i < SPLITS; i++) kept += fill_split(info, i, &info->split[kept]);
  for (size_t i = kept; i < info->splits; i++) graft_free(info->split[i].part);
  info->splits = kept;
  return GRAFT_OK;
}

static graft_status init_design(struct heat *heat, size_t k, size_t j, size_t s, const char *task) {
  graft_source_info *info = &heat->info;
  size_t index = (size_t)heat->config->first + j;
  graft_plate plate = graft_heat_design(heat->config, k, index);
  graft_source_geometry *geometry = &info->geometry[s];
  double *code = info->code + 3 * s;
  char text[160];
  GRAFT_TRY(graft_plate_validate(&plate));
  code[0] = plate.holes;
  code[1] = plate.position;
  code[2] = plate.radius;
  info->task[s] = (int32_t)k;
  info->sample_geometry[s] = (int32_t)s;
  info->index[s] = (int64_t)index;
  info->stream[s] = graft_rng_stream(task);
  snprintf(geometry->name, sizeof geometry->name, "n%d-%zu", plate.holes, index);
  snprintf(text, sizeof text, "plate: {holes: %d, position: %.17g, radius: %.17g}\n", plate.holes,
           plate.position, plate.radius);
  GRAFT_TRY(graft_alloc(&geometry->region_yaml, strlen(text) + 1, 1));
  memcpy(geometry->region_yaml, text, strlen(text) + 1);
  return GRAFT_OK;
}

static graft_status init_info(struct heat *heat) {
  static const graft_source_input input[] = {{"along", 3},
                                             {"across", 3},
                                             {"plan_mask", 3},
                                             {"plan_sdf", 3},       /* axes x, y */
                                             {"superposition", 7}}; /* x, y, z */
  enum { ALL = sizeof input / sizeof *input };
  const graft_solve_config *config = heat->config;
  graft_source_info *info = &heat->info;
  char name[GRAFT_NAME_SIZE];
  size_t per_task, tasks = graft_heat_task(config, 0, name, &per_task), samples = tasks * per_task;
  GRAFT_TRY(graft_source_info_init(info, samples, tasks, samples, 1 + SPLITS, 3, heat->n));
  GRAFT_TRY(graft_source_info_inputs(info, ALL - !heat->own->superposition, input));
  GRAFT_TRY(graft_source_info_codes(info, 3));
  for (size_t q = 0; q < 3; q++) snprintf(info->code_name[q], GRAFT_NAME_SIZE, "%s", code_name[q]);
  snprintf(info->dataset_name, sizeof info->dataset_name, "graft-heat");
  snprintf(info->problem, sizeof info->problem, "heat");
  snprintf(info->field, sizeof info->field, "%s", heat->own->design);
  memcpy(info->lo, lo, sizeof lo);
  memcpy(info->hi, hi, sizeof hi);
  info->seed = (uint64_t)config->seed;
  for (size_t k = 0; k < tasks; k++) {
    graft_heat_task(config, k, name, &per_task);
    memcpy(info->task_name[k], name, sizeof name);
    for (size_t j = 0; j < per_task; j++) {
      GRAFT_TRY(init_design(heat, k, j, k * per_task + j, name));
    }
  }
  return init_splits(heat, per_task);
}

static double coordinate(const struct heat *heat, int a, size_t i) {
  return lo[a] + (hi[a] - lo[a]) * (double)i / (double)(heat->n[a] - 1);
}

graft_status graft_heat_init(void *state, const graft_solve_config *config) {
  struct heat *heat = state;
  heat->config = config;
  heat->own = graft_heat_own(config);
  graft_heat_grid(config, heat->n);
  GRAFT_TRY(init_info(heat));
  heat->columns = heat->n[0] * heat->n[1];
  size_t points = heat->info.points, columns = heat->columns;
  GRAFT_TRY(graft_alloc(&heat->xy, 2 * columns, sizeof *heat->xy));
  GRAFT_TRY(graft_alloc(&heat->z, heat->n[2], sizeof *heat->z));
  GRAFT_TRY(graft_alloc(&heat->guess, columns, sizeof *heat->guess));
  GRAFT_TRY(graft_alloc(&heat->column, columns, sizeof *heat->column));
  GRAFT_TRY(graft_alloc(&heat->place, 2 * columns, sizeof *heat->place));
  GRAFT_TRY(graft_alloc(&heat->value, points, sizeof *heat->value));
  GRAFT_TRY(graft_alloc(&heat->u, points, sizeof *heat->u));
  GRAFT_TRY(graft_alloc(&heat->sum, points, sizeof *heat->sum));
  GRAFT_TRY(graft_alloc(&heat->along, columns, sizeof *heat->along));
  GRAFT_TRY(graft_alloc(&heat->across, columns, sizeof *heat->across));
  GRAFT_TRY(graft_alloc(&heat->plan, columns, sizeof *heat->plan));
  GRAFT_TRY(graft_alloc(&heat->beside, columns, sizeof *heat->beside));
  for (size_t c = 0; c < columns; c++) {
    heat->xy[2 * c] = coordinate(heat, 0, c / heat->n[1]);
    heat->xy[2 * c + 1] = coordinate(heat, 1, c % heat->n[1]);
  }
  for (size_t k = 0; k < heat->n[2]; k++) heat->z[k] = coordinate(heat, 2, k);
  return GRAFT_OK;
}

void graft_heat_columns(struct heat *heat, const graft_plate *plate) {
  for (size_t c = 0; c < heat->columns; c++) {
    const double *xy = heat->xy + 2 * c;
    double folded[2], middle[3] = {xy[0], xy[1], 0.5 * GRAFT_PLATE_TOP}, distance;
    graft_plate_fold(plate, xy, folded);
    heat->along[c] = (float)folded[0];
    heat->across[c] = (float)folded[1];
    graft_plate_distance(plate, 1, middle, &distance);
    heat->plan[c] = distance <= GRAFT_REGION_TOLERANCE;
    heat->beside[c] = (float)distance;
  }
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Problem "fisher": reaction and diffusion on a line, u_t = D u_xx + a R(u) on [0, 1] with zero
 * flux at both ends. A task is a reaction law R (reaction.h).
 * Method:    per sample a, the law's parameter, perhaps D, and the start u0 = 1 / (1 + exp(−1.5
 *            g)), g a Gaussian field of length 0.2; solved by line.h at the output's nodes and
 *            one or more nodes between them; the error is the distance to a solution with half
 *            the element length and a tenth of the tolerance. Split by index, so that parts of a
 *            data set agree: of nine samples in turn six are for training, one for validation,
 *            one for test from the bands that are held out, one for test from outside of them.
 * Cost:      about 2 ms per sample, 8 ms with its estimate.
 * Reference: fisher1937; kumar2025 (tasks and codes). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/rng.h"
#include "solvers/field/rbf.h"
#include "solvers/generator.h"
#include "solvers/line.h"
#include "solvers/problem.h"
#include "solvers/reaction.h"

enum { COARSEST = 63 /* least elements */, CYCLE = 9, LOG_D = GRAFT_REACTION_CODES };
static const double rate_range[2] = {0.1, 1}, rate_band[2] = {0.5, 0.6}; /* of a */
static const double field_length = 0.2, start_slope = 1.5, first_step = 0.05;

/* Options of its own, in graft_solve_config.own. */
struct own {
  char laws[256];      /* names with commas between; "": the standard ones */
  char diffusion[128]; /* a number, or MIN,MAX */
  long long times;     /* levels of the output, the start included */
  double end;          /* T */
  double tolerance;    /* of a time step */
};
_Static_assert(sizeof(struct own) <= GRAFT_SOLVE_OWN, "options of fisher");

struct state {
  const graft_solve_config *config;
  const struct own *own;
  graft_source_info info;
  graft_rbf rbf;
  graft_line *line, *fine; /* fine: twice the elements; NULL without estimates */
  double *basis;           /* [nodes of fine, or of line, x modes] */
  size_t nodes, stride;    /* nodes of that basis; line's node i is its node i · stride */
  size_t skip;             /* line's nodes per output point */
  double *time;            /* [T] */
  double *start, *u;       /* [nodes], [T x nodes] */
  double *coarse;          /* [T x nodes of line] */
  float *u0, *output;      /* [X], [T x X] */
};

/* What is drawn of a sample. */
struct draw {
  double rate, parameter, diffusion;
};

#define AT(field) offsetof(graft_solve_config, field)
#define OWN(field) (offsetof(graft_solve_config, own) + offsetof(struct own, field))
#define ROOM(field) sizeof(((struct own *)0)->field)

static const graft_option options[] = {
    {"samples", GRAFT_OPTION_INT, AT(samples), 0, "1000", 1, 1e9, NULL, NULL,
     "samples of each law: training, validation and test together; twice as many for zfk", 0},
    {"laws", GRAFT_OPTION_LIST, OWN(laws), ROOM(laws), "", 0, 0, NULL, graft_reaction_name,
     "reaction laws, one task each; empty: kpp,nws,zfk", 0},
    {"diffusion", GRAFT_OPTION_LIST, OWN(diffusion), ROOM(diffusion), "2e-3", 0, 0, NULL, NULL,
     "diffusivity D, or MIN,MAX for log-uniform samples, whose log D joins the code", 0},
    {"grid", GRAFT_OPTION_INT, AT(grid), 0, "64", 2, 8192, "points", NULL,
     "output points in x, ends included", 0},
    {"times", GRAFT_OPTION_INT, OWN(times), 0, "20", 2, 8192, NULL, NULL,
     "output times, the start included", 0},
    {"end_time", GRAFT_OPTION_REAL, OWN(end), 0, "5", 1e-6, 1e6, NULL, NULL, "last output time", 0},
    {"seed", GRAFT_OPTION_INT, AT(seed), 0, "1", 0, 9e15, NULL, NULL, "seed of all samples", 0},
    {"first", GRAFT_OPTION_INT, AT(first), 0, "0", 0, 9e15, NULL, NULL,
     "index of the first sample of each law", 0},
    {"tolerance", GRAFT_OPTION_REAL, OWN(tolerance), 0, "1e-5", 1e-12, 0.1, NULL, NULL,
     "error of a time step, relative and absolute", 0},
    {"error_estimate", GRAFT_OPTION_BOOL, AT(error_estimate), 0, "true", 0, 0, NULL, NULL,
     "estimate the error of every sample", 0},
    {"max_error", GRAFT_OPTION_REAL, AT(max_error), 0, "0", 0, 1, NULL, NULL,
     "largest estimated relative error allowed; 0: any", 0},
    {"inputs_only", GRAFT_OPTION_BOOL, AT(inputs_only), 0, "false", 0, 0, NULL, NULL,
     "write starts and codes without solutions", 0},
    {0}};

static const struct own *own_of(const graft_solve_config *config) {
  return (const struct own *)(const void *)config->own;
}

/* The i-th law of the list; returns their number. */
static size_t law_of(const graft_solve_config *config, size_t i, const graft_reaction_type **law) {
  const char *at = own_of(config)->laws;
  size_t count = 0;
  *law = NULL;
  for (size_t k = 0; !*at && graft_reaction_get(k); k++) {
    if (graft_reaction_get(k)->standard && count++ == i) *law = graft_reaction_get(k);
  }
  while (*at) {
    char name[GRAFT_NAME_SIZE];
    size_t n = strcspn(at, ",");
    snprintf(name, sizeof name, "%.*s", (int)n, at);
    if (count++ == i) *law = graft_reaction_find(name);
    at += n + (at[n] == ',');
  }
  return count;
}

/* D as an interval; equal ends for a number. */
static graft_status diffusion_of(const struct own *own, double range[2]) {
  char *end, *second;
  range[0] = range[1] = strtod(own->diffusion, &end);
  bool fine = end != own->diffusion;
  if (*end == ',') {
    second = end + 1;
    range[1] = strtod(second, &end);
    fine = fine && end != second && range[0] < range[1] && range[0] > 0;
  }
  fine = fine && *end == '\0' && range[0] >= 0 && range[1] <= 1e3;
  GRAFT_CHECK(fine, USAGE,
              "-diffusion: expected a number in [0, 1000], or MIN,MAX with 0 < MIN < MAX, got '%s'",
              own->diffusion);
  return GRAFT_OK;
}

static graft_status validate(const graft_solve_config *config) {
  const graft_reaction_type *law, *other;
  const struct own *own = own_of(config);
  double range[2];
  size_t laws = law_of(config, 0, &law);
  GRAFT_CHECK(laws >= 1 && laws <= GRAFT_MAX_TASKS, USAGE, "-laws: expected 1 to %d, got %zu",
              GRAFT_MAX_TASKS, laws);
  for (size_t i = 0; i < laws; i++) {
    law_of(config, i, &law);
    GRAFT_CHECK(law, USAGE, "-laws: expected names of reaction laws (kpp, nws, …), got '%s'",
                own->laws);
    for (size_t j = 0; j < i; j++) {
      law_of(config, j, &other);
      GRAFT_CHECK(law != other, USAGE, "-laws: expected each law once, got '%s' twice", law->name);
    }
  }
  GRAFT_CHECK(config->grid >= 2 && own->times >= 2, USAGE,
              "-grid, -times: expected at least 2, got %lld, %lld", config->grid, own->times);
  double values = (double)config->samples * (double)config->grid * (double)own->times;
  GRAFT_CHECK(values * (double)laws < 1e13, USAGE,
              "-samples, -grid, -times: expected less than 1e13 values in a file, got %g",
              values * (double)laws);
  return diffusion_of(own, range);
}

static size_t task(const graft_solve_config *config, size_t i, char name[GRAFT_NAME_SIZE],
                   size_t *samples) {
  const graft_reaction_type *law;
  size_t laws = law_of(config, i, &law);
  snprintf(name, GRAFT_NAME_SIZE, "%s", law ? law->name : "");
  *samples = law ? (size_t)config->samples * law->share : 0;
  return laws;
}

static int grid(const graft_solve_config *config, size_t n[3]) {
  n[0] = (size_t)own_of(config)->times;
  n[1] = (size_t)config->grid;
  return 2;
}

/* Elements between two output points, so that there are COARSEST at least. */
static size_t elements_of(const graft_solve_config *config) {
  size_t gaps = (size_t)config->grid - 1;
  return gaps * ((COARSEST + gaps - 1) / gaps);
}

/* Measured on one core at 2.1 GHz: 0.4 us per element and step, 80 steps; four times that on twice
 * the elements with half the steps more. */
static void estimate(const graft_solve_config *config, int ranks, graft_solve_estimate *e) {
  double samples = (double)graft_solve_samples(config);
  double points = (double)config->grid * (double)own_of(config)->times;
  double second = 4e-7 * (double)elements_of(config) * 80;
  if (config->inputs_only) second = 2e-5;
  if (config->error_estimate && !config->inputs_only) second *= 5;
  e->seconds += samples * second / ranks;
  e->disk_bytes += samples * (points * (config->inputs_only ? 1 : 5) + 4 * (double)config->grid);
  e->memory_bytes += samples * 100 + points * 100;
}

/* Uniform in a range without or within a band of it. */
static double draw_uniform(graft_rng *rng, const double range[2], const double band[2], bool within,
                           bool without) {
  double x = graft_rng_uniform(rng), width = band[1] - band[0];
  if (within) return band[0] + x * width;
  if (!without) return range[0] + x * (range[1] - range[0]);
  x = range[0] + x * (range[1] - range[0] - width);
  return x < band[0] ? x : x + width;
}

/* Numbers of a sample; the generator goes on with its start. */
static struct draw draw_numbers(graft_rng *rng, const graft_reaction_type *law,
                                const double diffusion[2], uint64_t seed, uint32_t stream,
                                uint64_t index) {
  size_t turn = index % CYCLE;
  bool held = turn == CYCLE - 2; /* test within the bands */
  bool second = held && law->band[1] > law->band[0] && index / CYCLE % 2; /* that of the law */
  struct draw d = {.diffusion = diffusion[0]};
  graft_rng_init(rng, seed, stream, index);
  d.rate = draw_uniform(rng, rate_range, rate_band, held && !second, !held);
  if (law->parameter) d.parameter = draw_uniform(rng, law->range, law->band, second, !held);
  if (diffusion[1] > diffusion[0]) {
    double x = graft_rng_uniform(rng);
    d.diffusion = diffusion[0] * pow(diffusion[1] / diffusion[0], x);
  }
  return d;
}

static graft_part part_of(uint64_t index) {
  size_t turn = index % CYCLE;
  return turn < 6 ? GRAFT_PART_TRAIN : turn == 6 ? GRAFT_PART_VALIDATION : GRAFT_PART_TEST;
}

static graft_status init_geometry(graft_source_geometry *geometry, size_t points) {
  static const char text[] = "line: [0, 1]\n";
  snprintf(geometry->name, sizeof geometry->name, "line");
  GRAFT_TRY(graft_alloc(&geometry->region_yaml, sizeof text, 1));
  memcpy(geometry->region_yaml, text, sizeof text);
  for (size_t p = 0; p < points; p++) {
    geometry->mask[p] = 1;
    geometry->sdf[p] = -1; /* no point has a given value */
  }
  return GRAFT_OK;
}

static graft_status init_codes(graft_source_info *info, bool with_diffusion) {
  static const char *const name[] = {"c1", "c2", "c3", "c4", "log_d"};
  GRAFT_TRY(graft_source_info_codes(info, GRAFT_REACTION_CODES + with_diffusion));
  for (size_t q = 0; q < info->codes; q++) {
    snprintf(info->code_name[q], GRAFT_NAME_SIZE, "%s", name[q]);
  }
  return GRAFT_OK;
}

static void fill_sample(struct state *s, size_t sample, size_t k, uint64_t index,
                        const graft_reaction_type *law, const double diffusion[2]) {
  graft_source_info *info = &s->info;
  graft_rng rng;
  double *code = info->code + sample * info->codes;
  info->task[sample] = (int32_t)k;
  info->index[sample] = (int64_t)index;
  info->stream[sample] = graft_rng_stream(law->name);
  info->error_estimate[sample] = -1;
  info->split[0].part[sample] = (uint8_t)part_of(index);
  struct draw d =
      draw_numbers(&rng, law, diffusion, info->seed, graft_rng_stream(law->name), index);
  law->code(d.parameter, code);
  for (int q = 0; q < GRAFT_REACTION_CODES; q++) code[q] *= d.rate;
  if (info->codes > LOG_D) code[LOG_D] = log(d.diffusion);
}

static graft_status init_info(struct state *s) {
  static const graft_source_input input = {"u0", 2};
  const graft_solve_config *config = s->config;
  graft_source_info *info = &s->info;
  const graft_reaction_type *law;
  size_t n[3], laws = law_of(config, 0, &law), sample = 0;
  double diffusion[2];
  GRAFT_TRY(diffusion_of(s->own, diffusion));
  grid(config, n);
  GRAFT_TRY(graft_source_info_init(info, graft_solve_samples(config), laws, 1, 1, 2, n));
  snprintf(info->dataset_name, sizeof info->dataset_name, "graft-fisher");
  snprintf(info->problem, sizeof info->problem, "fisher");
  snprintf(info->field, sizeof info->field, "logistic_rbf");
  snprintf(info->split[0].name, sizeof info->split[0].name, "default");
  info->in_time = true;
  info->seed = (uint64_t)config->seed;
  info->hi[0] = s->own->end;
  info->hi[1] = 1;
  GRAFT_TRY(graft_source_info_inputs(info, 1, &input));
  GRAFT_TRY(init_codes(info, diffusion[1] > diffusion[0]));
  GRAFT_TRY(init_geometry(&info->geometry[0], info->points));
  for (size_t k = 0; k < laws; k++) {
    law_of(config, k, &law);
    memcpy(info->task_name[k], law->name, strlen(law->name) + 1);
    for (size_t i = 0; i < (size_t)config->samples * law->share; i++) {
      fill_sample(s, sample++, k, (uint64_t)config->first * law->share + i, law, diffusion);
    }
  }
  return GRAFT_OK;
}

static graft_status init_lines(struct state *s) {
  const graft_solve_config *config = s->config;
  size_t elements = elements_of(config), own_nodes = 2 * elements + 1, ignored;
  bool estimates = config->error_estimate && !config->inputs_only;
  GRAFT_TRY(graft_line_create(elements, 0, 1, s->own->tolerance, &s->line));
  if (estimates) {
    GRAFT_TRY(graft_line_create(2 * elements, 0, 1, s->own->tolerance / 10, &s->fine));
  }
  const graft_line *finest = estimates ? s->fine : s->line;
  s->stride = estimates ? 2 : 1;
  s->nodes = graft_line_nodes(finest);
  s->skip = (own_nodes - 1) / (s->info.grid[1] - 1);
  GRAFT_TRY(graft_rbf_init(&s->rbf, field_length, 1, &ignored));
  GRAFT_TRY(graft_alloc(&s->basis, s->nodes * s->rbf.modes, sizeof *s->basis));
  for (size_t i = 0; i < s->nodes; i++) {
    graft_rbf_basis(&s->rbf, field_length, graft_line_x(finest, i), s->basis + i * s->rbf.modes);
  }
  return GRAFT_OK;
}

static graft_status adopt(graft_solve_config *config, const graft_source_info *info) {
  struct own *own = (struct own *)(void *)config->own;
  bool fits = info->dims == 2 && info->in_time && info->lo[0] == 0;
  GRAFT_CHECK(fits, INPUT, "expected a grid of time from 0 on and one axis of space");
  config->grid = (long long)info->grid[1];
  own->times = (long long)info->grid[0];
  own->end = info->hi[0];
  return GRAFT_OK;
}

static graft_status init(void *state, const graft_solve_config *config) {
  struct state *s = state;
  s->config = config;
  s->own = own_of(config);
  GRAFT_TRY(init_info(s));
  GRAFT_TRY(init_lines(s));
  size_t T = s->info.grid[0], X = s->info.grid[1];
  GRAFT_TRY(graft_alloc(&s->time, T, sizeof *s->time));
  GRAFT_TRY(graft_alloc(&s->start, s->nodes, sizeof *s->start));
  GRAFT_TRY(graft_alloc(&s->u, T * s->nodes, sizeof *s->u));
  GRAFT_TRY(graft_alloc(&s->coarse, T * graft_line_nodes(s->line), sizeof *s->coarse));
  GRAFT_TRY(graft_alloc(&s->u0, X, sizeof *s->u0));
  GRAFT_TRY(graft_alloc(&s->output, T * X, sizeof *s->output));
  for (size_t k = 0; k < T; k++) s->time[k] = s->own->end * (double)k / (double)(T - 1);
  return GRAFT_OK;
}

static void fini(void *state) {
  struct state *s = state;
  graft_line_destroy(s->line);
  graft_line_destroy(s->fine);
  graft_rbf_fini(&s->rbf);
  graft_source_info_fini(&s->info);
  graft_free(s->basis);
  graft_free(s->time);
  graft_free(s->start);
  graft_free(s->u);
  graft_free(s->coarse);
  graft_free(s->u0);
  graft_free(s->output);
}

static graft_source_info *info_of(void *state) { return &((struct state *)state)->info; }

static size_t fields(void *state, graft_dataset_field *field, const float **data) {
  const struct state *s = state;
  size_t n = 0;
  field[n] = (graft_dataset_field){"u0", "density at the start", "1"};
  data[n++] = s->u0;
  if (s->config->inputs_only) return n;
  field[n] = (graft_dataset_field){"u", "density", "1"};
  data[n++] = s->output;
  return n;
}

static graft_status parameters(void *state, graft_bundle *bundle) {
  const struct state *s = state;
  double diffusion[2];
  GRAFT_TRY(diffusion_of(s->own, diffusion));
  GRAFT_TRY(graft_bundle_put_text(bundle, "equation", graft_problem_find("fisher")->equation));
  GRAFT_TRY(graft_bundle_put(bundle, "diffusion", GRAFT_FLOAT64,
                             GRAFT_SHAPE(1, diffusion[1] > diffusion[0] ? 2 : 1), diffusion));
  GRAFT_TRY(graft_bundle_put_real(bundle, "field_length", field_length));
  GRAFT_TRY(graft_bundle_put_real(bundle, "tolerance", s->own->tolerance));
  GRAFT_TRY(graft_bundle_put_int(bundle, "elements", (int64_t)elements_of(s->config)));
  return graft_bundle_put_int(bundle, "first", s->config->first);
}

/* The start at the nodes of the basis, and at the output's points. */
static void draw_start(struct state *s, graft_rng *rng) {
  size_t modes = s->rbf.modes;
  double *xi = s->rbf.normal; /* [modes x modes], the first row serves */
  for (size_t k = 0; k < modes; k++) xi[k] = graft_rng_normal(rng);
  for (size_t i = 0; i < s->nodes; i++) {
    double g = 0;
    for (size_t k = 0; k < modes; k++) g += s->basis[i * modes + k] * xi[k];
    s->start[i] = 1 / (1 + exp(-start_slope * g));
  }
  for (size_t j = 0; j < s->info.grid[1]; j++) {
    s->u0[j] = (float)s->start[j * s->skip * s->stride];
  }
}

/* Relative distance of the two solutions at the coarse nodes, trapezoidal in x, over all times. */
static double distance(const struct state *s) {
  size_t n = graft_line_nodes(s->line);
  double sum = 0, norm = 0;
  for (size_t k = 0; k < s->info.grid[0]; k++) {
    for (size_t i = 0; i < n; i++) {
      double fine = s->u[k * s->nodes + i * s->stride], rest = s->coarse[k * n + i] - fine;
      double weight = i == 0 || i == n - 1 ? 0.5 : 1;
      sum += weight * rest * rest;
      norm += weight * fine * fine;
    }
  }
  return norm > 0 ? sqrt(sum / norm) : 0;
}

static graft_status solve(void *state, size_t sample, graft_dataset_writer *writer,
                          graft_solve_report *report, double *error) {
  struct state *s = state;
  const graft_reaction_type *law = graft_reaction_find(s->info.task_name[s->info.task[sample]]);
  double diffusion[2], clock = graft_solve_clock();
  size_t n = graft_line_nodes(s->line), T = s->info.grid[0], X = s->info.grid[1];
  graft_rng rng;
  (void)writer;
  GRAFT_TRY(diffusion_of(s->own, diffusion));
  struct draw d = draw_numbers(&rng, law, diffusion, s->info.seed, (uint32_t)s->info.stream[sample],
                               (uint64_t)s->info.index[sample]);
  draw_start(s, &rng);
  graft_solve_lap(&clock, &report->draw);
  if (s->config->inputs_only) return GRAFT_OK;
  graft_line_problem problem = {
      .diffusion = d.diffusion, .rate = d.rate, .law = law, .parameter = d.parameter};
  for (size_t i = 0; i < n; i++) s->u[i] = s->start[i * s->stride];
  GRAFT_TRY(graft_line_solve(s->line, &problem, s->u, T, s->time, first_step, s->coarse, NULL));
  for (size_t p = 0; p < T * X; p++) {
    s->output[p] = (float)s->coarse[p / X * n + p % X * s->skip];
  }
  graft_solve_lap(&clock, &report->solve);
  if (s->fine) {
    GRAFT_TRY(
        graft_line_solve(s->fine, &problem, s->start, T, s->time, first_step / 2, s->u, NULL));
    *error = distance(s);
  }
  graft_solve_lap(&clock, &report->estimate);
  return GRAFT_OK;
}

static void describe(void *state, graft_solve_report *report) {
  const struct state *s = state;
  report->elements = elements_of(s->config);
  report->nodes = 2 * report->elements + 1;
  report->mesh_size = 1 / (double)report->elements;
}

/* a and the law's parameter, drawn again. */
static size_t numbers(const graft_source_info *info, size_t sample, char name[][GRAFT_NAME_SIZE],
                      double *value) {
  const graft_reaction_type *law = graft_reaction_find(info->task_name[info->task[sample]]);
  static const double any[2] = {1, 1};
  graft_rng rng;
  if (!law) return 0;
  struct draw d = draw_numbers(&rng, law, any, info->seed, (uint32_t)info->stream[sample],
                               (uint64_t)info->index[sample]);
  snprintf(name[0], GRAFT_NAME_SIZE, "a");
  value[0] = d.rate;
  if (!law->parameter) return 1;
  snprintf(name[1], GRAFT_NAME_SIZE, "%s", law->parameter);
  value[1] = d.parameter;
  return 2;
}

static const graft_generator_type generator = {
    .options = options,
    .state_size = sizeof(struct state),
    .validate = validate,
    .task = task,
    .grid = grid,
    .adopt = adopt,
    .estimate = estimate,
    .init = init,
    .fini = fini,
    .info = info_of,
    .fields = fields,
    .parameters = parameters,
    .solve = solve,
    .describe = describe,
    .numbers = numbers,
};

static const graft_problem_field output[] = {{"u", "density", "1"}, {0}};
static const graft_problem_field input[] = {{"u0", "density at the start", "1"}, {0}};

static const graft_problem_setting unseen[] = {{"laws", "nagumo"}, {0}};

const graft_problem_type graft_problem_fisher = {
    .name = "fisher",
    .summary = "reaction and diffusion on a line, several reaction laws",
    .source = "fisher1937",
    .equation = "u_t = D u_xx + a R(u), zero flux at both ends",
    .dims = 1,
    .output = output,
    .input = input,
    .generator = &generator,
    .unseen = unseen,
};

/* SPDX-License-Identifier: BSD-2-Clause */
/* One training step (forward, loss, backward, Adam) of the Darcy network of kumar2025 at batch 100
 * on 100 x 100 points, or a part of it. Usage: nn_step [paper|conv|trunk] [steps] [threads] [batch]
 * Prints the median time of a step, samples per second and GFLOP/s of products and convolutions. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/rng.h"
#include "mtl/optimizer.h"
#include "nn/graph.h"
#include "nn/loss.h"

enum { GRID = 100, POINTS = GRID * GRID, MAX_STEPS = 1000 };

/* The network and the arrays of a step. */
struct bench {
  graft_graph *graph;
  graft_node image, xy, output;
  graft_run run;
  graft_real *theta, *grad, *target, *mask, *d_output;
  const graft_real **masks;
  double *loss, *factor;
  graft_optimizer adam;
  void *adam_memory;
};

static graft_status add(struct bench *b, const char *type, const char *name, size_t width,
                        graft_node *node) {
  graft_operator_config config = graft_operator_default();
  config.width = width;
  config.kernel = 5;
  return graft_graph_add(b->graph, type, name, &config, node, 1, ~0u, node);
}

static graft_status add_branch(struct bench *b, graft_node *node) {
  static const size_t channels[] = {16, 32, 64, 64};
  char name[32];
  GRAFT_TRY(graft_graph_input(b->graph, "image", GRAFT_AXIS_SAMPLE, GRAFT_SHAPE(3, GRID, GRID, 2),
                              &b->image));
  *node = b->image;
  for (size_t i = 0; i < 4; i++) {
    snprintf(name, sizeof name, "conv%zu", i + 1);
    GRAFT_TRY(add(b, "conv2d", name, channels[i], node));
    snprintf(name, sizeof name, "relu%zu", i + 1);
    GRAFT_TRY(add(b, "relu", name, 0, node));
    snprintf(name, sizeof name, "pool%zu", i + 1);
    GRAFT_TRY(add(b, "avg_pool2d", name, 0, node));
  }
  GRAFT_TRY(add(b, "flatten", "flat", 0, node));
  for (size_t i = 0; i < 2; i++) {
    snprintf(name, sizeof name, "dense%zu", i + 1);
    GRAFT_TRY(add(b, "dense", name, 128, node));
    snprintf(name, sizeof name, "tanh%zu", i + 1);
    GRAFT_TRY(add(b, "tanh", name, 0, node));
    snprintf(name, sizeof name, "dropout%zu", i + 1);
    GRAFT_TRY(add(b, "dropout", name, 0, node));
  }
  return add(b, "dense", "dense3", 150, node);
}

static graft_status add_trunk(struct bench *b, graft_node *node) {
  static const size_t width[] = {64, 128, 128, 128};
  char name[32];
  GRAFT_TRY(graft_graph_input(b->graph, "xy", GRAFT_AXIS_POINT, GRAFT_SHAPE(1, 2), &b->xy));
  *node = b->xy;
  for (size_t i = 0; i < 4; i++) {
    snprintf(name, sizeof name, "trunk%zu", i + 1);
    GRAFT_TRY(add(b, "dense", name, width[i], node));
    snprintf(name, sizeof name, "leaky%zu", i + 1);
    GRAFT_TRY(add(b, "leaky_relu", name, 0, node));
  }
  return add(b, "dense", "trunk5", 150, node);
}

static graft_status build(struct bench *b, const char *part, int threads) {
  graft_node node[2];
  GRAFT_TRY(graft_graph_create(&b->graph, b->run.samples, POINTS, threads));
  bool conv = strcmp(part, "trunk") != 0, trunk = strcmp(part, "conv") != 0;
  if (conv) GRAFT_TRY(add_branch(b, &node[0]));
  if (trunk) GRAFT_TRY(add_trunk(b, &node[1]));
  if (conv && trunk) {
    GRAFT_TRY(graft_graph_add(b->graph, "contract", "u", NULL, node, 2, ~0u, &b->output));
  } else {
    b->output = conv ? node[0] : node[1];
  }
  return graft_graph_finish(b->graph, b->output);
}

static graft_status fill(struct bench *b, bool conv, bool trunk) {
  size_t n = graft_graph_layout(b->graph)->n, B = b->run.samples, all = B * POINTS;
  if (all < (size_t)POINTS * 150) all = (size_t)POINTS * 150; /* parts: their output's size */
  GRAFT_TRY(graft_alloc(&b->theta, n, sizeof *b->theta));
  GRAFT_TRY(graft_alloc(&b->grad, n, sizeof *b->grad));
  GRAFT_TRY(graft_alloc(&b->target, all, sizeof *b->target));
  GRAFT_TRY(graft_alloc(&b->mask, all, sizeof *b->mask));
  GRAFT_TRY(graft_alloc(&b->masks, B, sizeof *b->masks));
  GRAFT_TRY(graft_alloc(&b->d_output, all, sizeof *b->d_output));
  GRAFT_TRY(graft_alloc(&b->loss, B, sizeof *b->loss));
  GRAFT_TRY(graft_alloc(&b->factor, B, sizeof *b->factor));
  graft_rng rng;
  graft_rng_init(&rng, 1, GRAFT_STREAM_TEST, 0);
  for (size_t i = 0; i < all; i++) {
    b->mask[i] = graft_rng_uniform(&rng) > 0.3;
    b->target[i] = (graft_real)graft_rng_normal(&rng) * b->mask[i];
    b->d_output[i] = (graft_real)1e-3;
  }
  for (size_t s = 0; s < B; s++) {
    b->masks[s] = b->mask + s * POINTS;
    b->factor[s] = 1.0 / (double)B;
  }
  graft_real *x = graft_graph_input_data(b->graph, b->image);
  for (size_t i = 0; conv && i < B * POINTS * 2; i++) x[i] = (graft_real)graft_rng_normal(&rng);
  x = graft_graph_input_data(b->graph, b->xy);
  for (size_t i = 0; trunk && i < POINTS * 2; i++) x[i] = (graft_real)graft_rng_uniform(&rng);
  return graft_graph_init_parameters(b->graph, 1, b->theta);
}

/* The optimiser's state, measured first and then allocated. */
static graft_status init_adam(struct bench *b) {
  const graft_optimizer_config config = {.beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8};
  const graft_optimizer_type *type = graft_optimizer_find("adam");
  const graft_layout *layout = graft_graph_layout(b->graph);
  graft_arena arena;
  graft_arena_init(&arena, NULL, 0);
  GRAFT_TRY(graft_optimizer_init(&b->adam, type, &config, layout, &arena));
  GRAFT_TRY(graft_alloc(&b->adam_memory, arena.used, 1));
  graft_arena_init(&arena, b->adam_memory, arena.used);
  return graft_optimizer_init(&b->adam, type, &config, layout, &arena);
}

static double clock_seconds(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double now(void) { return clock_seconds(CLOCK_MONOTONIC); }

/* Seconds of forward, loss, backward and Adam are added to phase [4]. */
static graft_status step(struct bench *b, bool whole, int threads, double *phase) {
  double t0 = now();
  GRAFT_TRY(graft_graph_forward(b->graph, &b->run, b->theta));
  double t1 = now();
  graft_loss_batch batch = {.samples = b->run.samples,
                            .points = POINTS,
                            .prediction = graft_graph_output(b->graph),
                            .target = b->target,
                            .mask = b->masks,
                            .threads = threads};
  if (whole) {
    GRAFT_TRY(graft_loss_eval(graft_loss_find("mse"), &batch, b->factor, b->loss, b->d_output));
  }
  double t2 = now();
  GRAFT_TRY(graft_graph_backward(b->graph, &b->run, b->theta, b->d_output, b->grad));
  phase[0] += t1 - t0;
  phase[1] += t2 - t1;
  double t3 = now();
  graft_optimizer_step(&b->adam, 1e-3, b->grad, 1, b->theta);
  phase[2] += t3 - t2;
  phase[3] += now() - t3;
  b->run.step++;
  return GRAFT_OK;
}

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static graft_status measure(struct bench *b, const char *part, size_t steps, int threads) {
  bool conv = strcmp(part, "trunk") != 0, trunk = strcmp(part, "conv") != 0;
  GRAFT_TRY(build(b, part, threads));
  GRAFT_TRY(fill(b, conv, trunk));
  GRAFT_TRY(init_adam(b));
  double seconds[MAX_STEPS], phase[4] = {0}, cpu = 0;
  for (size_t i = 0; i < steps + 3; i++) {
    if (i == 3) {
      memset(phase, 0, sizeof phase);
      cpu = clock_seconds(CLOCK_PROCESS_CPUTIME_ID);
    }
    double start = now();
    GRAFT_TRY(step(b, conv && trunk, threads, phase));
    if (i >= 3) seconds[i - 3] = now() - start;
  }
  cpu = (clock_seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu) / (double)steps;
  qsort(seconds, steps, sizeof *seconds, by_value);
  double median = seconds[steps / 2];
  double flops = graft_graph_flops(b->graph, b->run.samples, POINTS, false) +
                 graft_graph_flops(b->graph, b->run.samples, POINTS, true);
  printf("graft %s params=%zu threads=%d step_s=%.5f samples_per_s=%.1f gflop=%.2f gflops=%.1f "
         "best_s=%.5f cpu_s=%.5f forward=%.4f loss=%.4f backward=%.4f adam=%.4f arena_MB=%.0f\n",
         part, graft_graph_layout(b->graph)->n, threads, median, (double)b->run.samples / median,
         flops / 1e9, flops / 1e9 / median, seconds[0], cpu, phase[0] / (double)steps,
         phase[1] / (double)steps, phase[2] / (double)steps, phase[3] / (double)steps,
         (double)graft_graph_memory(b->graph) / 1e6);
  return GRAFT_OK;
}

int main(int argc, char **argv) {
  const char *part = argc > 1 ? argv[1] : "paper";
  long steps = argc > 2 ? strtol(argv[2], NULL, 10) : 10;
  int threads = argc > 3 ? (int)strtol(argv[3], NULL, 10) : 2;
  long samples = argc > 4 ? strtol(argv[4], NULL, 10) : 100;
  if (steps < 1 || steps > MAX_STEPS || threads < 1 || samples < 1) {
    fprintf(stderr, "usage: nn_step [paper|conv|trunk] [steps] [threads] [batch]\n");
    return 2;
  }
  struct bench b = {
      .run = {.samples = (size_t)samples, .points = POINTS, .train = true, .seed = 1}};
  graft_status status = measure(&b, part, (size_t)steps, threads);
  if (status != GRAFT_OK) fprintf(stderr, "nn_step: %s\n", graft_error_message());
  graft_graph_destroy(b.graph);
  void *owned[] = {b.theta,    b.grad, b.target, b.mask,       b.masks,
                   b.d_output, b.loss, b.factor, b.adam_memory};
  for (size_t i = 0; i < sizeof owned / sizeof owned[0]; i++) graft_free(owned[i]);
  return graft_status_exit_code(status);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Gradients of every operator, every loss and a whole model against central differences, in double.
 */
#include <stdlib.h>

#include "base/arena.h"
#include "base/rng.h"
#include "nn/graph.h"
#include "nn/loss.h"
#include "tests/graft_test.h"

enum { MAX_INPUTS = 3, SAMPLES = 5, POINTS = 7, MAX_SAMPLES = 8, MAX_POINTS = 9 };

#define S GRAFT_AXIS_SAMPLE
#define P GRAFT_AXIS_POINT
#define U GRAFT_AXIS_PAIR

/* One operator on random inputs. */
struct entry {
  const char *name, *type;
  size_t inputs;
  struct {
    graft_axis axis;
    graft_shape row;
  } input[MAX_INPUTS];
  size_t width, kernel, stride; /* 0: default */
  bool no_bias, offset, frozen; /* frozen: not in training */
  size_t samples, points;       /* 0: default */
  double lowest; /* smallest |x| of an input: kinks must not lie within a difference */
};

#define ROW(w)                                                                                     \
  {                                                                                                \
    1, { w }                                                                                       \
  }
#define IMAGE(h, w, c)                                                                             \
  {                                                                                                \
    3, { h, w, c }                                                                                 \
  }
#define NUMBER                                                                                     \
  {                                                                                                \
    0, { 0 }                                                                                       \
  }

static const struct entry table[] = {
    {"dense", "dense", 1, {{S, ROW(3)}}, .width = 4},
    {"dense point", "dense", 1, {{P, ROW(5)}}, .width = 1},
    {"dense no bias", "dense", 1, {{S, ROW(1)}}, .width = 17, .no_bias = true},
    {"conv2d 3", "conv2d", 1, {{S, IMAGE(5, 4, 2)}}, .width = 3},
    {"conv2d 5", "conv2d", 1, {{S, IMAGE(4, 7, 3)}}, .width = 2, .kernel = 5},
    {"conv2d 1", "conv2d", 1, {{S, IMAGE(3, 3, 5)}}, .width = 4, .kernel = 1},
    {"conv2d stride", "conv2d", 1, {{S, IMAGE(7, 6, 2)}}, .width = 3, .stride = 2},
    {"conv2d no bias",
     "conv2d",
     1,
     {{S, IMAGE(2, 3, 1)}},
     .width = 1,
     .kernel = 5,
     .no_bias = true},
    {"conv2d 17", "conv2d", 1, {{S, IMAGE(2, 3, 17)}}, .width = 10},
    {"avg_pool2d", "avg_pool2d", 1, {{S, IMAGE(4, 6, 3)}}, .width = 0},
    {"avg_pool2d odd", "avg_pool2d", 1, {{S, IMAGE(5, 3, 2)}}, .width = 0},
    {"relu", "relu", 1, {{S, ROW(9)}}, .lowest = 1e-3},
    {"relu pair", "relu", 1, {{U, NUMBER}}, .lowest = 1e-3},
    {"leaky_relu", "leaky_relu", 1, {{P, ROW(5)}}, .lowest = 1e-3},
    {"tanh", "tanh", 1, {{S, ROW(3)}}, .width = 0},
    {"tanh image", "tanh", 1, {{S, IMAGE(2, 3, 4)}}, .width = 0},
    {"gelu", "gelu", 1, {{S, ROW(6)}}, .width = 0},
    {"silu", "silu", 1, {{P, ROW(6)}}, .width = 0},
    {"selu", "selu", 1, {{S, ROW(6)}}, .lowest = 1e-3},
    {"sigmoid", "sigmoid", 1, {{S, ROW(6)}}, .width = 0},
    {"softplus", "softplus", 1, {{S, ROW(6)}}, .width = 0},
    {"sine", "sine", 1, {{P, ROW(6)}}, .width = 0},
    {"layer_norm", "layer_norm", 1, {{S, ROW(6)}}, .width = 0},
    {"layer_norm point", "layer_norm", 1, {{P, ROW(17)}}, .width = 0},
    {"batch_norm", "batch_norm", 1, {{S, ROW(3)}}, .width = 0},
    {"batch_norm point", "batch_norm", 1, {{P, ROW(5)}}, .width = 0},
    {"batch_norm image", "batch_norm", 1, {{S, IMAGE(2, 3, 2)}}, .width = 0},
    {"batch_norm running", "batch_norm", 1, {{S, ROW(3)}}, .frozen = true},
    {"dropout", "dropout", 1, {{S, ROW(11)}}, .width = 0},
    {"flatten", "flatten", 1, {{S, IMAGE(2, 3, 4)}}, .width = 0},
    {"concat", "concat", 3, {{S, ROW(2)}, {S, ROW(1)}, {S, ROW(4)}}, .width = 0},
    {"add", "add", 2, {{S, IMAGE(2, 3, 2)}, {S, IMAGE(2, 3, 2)}}, .width = 0},
    {"add pair", "add", 3, {{U, NUMBER}, {U, NUMBER}, {U, NUMBER}}, .width = 0},
    {"multiply", "multiply", 3, {{P, ROW(3)}, {P, ROW(3)}, {P, ROW(3)}}, .width = 0},
    {"multiply pair", "multiply", 2, {{U, NUMBER}, {U, NUMBER}}, .width = 0},
    {"contract", "contract", 2, {{S, ROW(4)}, {P, ROW(4)}}, .width = 0},
    {"contract_each",
     "contract_each",
     2,
     {{S, ROW(3)}, {P, ROW(3)}},
     .width = 2,
     .samples = 4,
     .points = 8},
    {"contract_each padded",
     "contract_each",
     2,
     {{S, ROW(4)}, {P, ROW(4)}},
     .width = 3,
     .samples = 2,
     .points = 9},
    {"fourier", "fourier", 1, {{P, ROW(2)}}, .width = 3},
    {"contract offset", "contract", 2, {{S, ROW(1)}, {P, ROW(1)}}, .offset = true},
};

/* Settings that give gradients of the size of 1. */
static graft_operator_config settings(size_t width, double init_std) {
  graft_operator_config config = graft_operator_default();
  config.width = width;
  config.rate = 0.3;
  config.frequency = 3;
  config.init = GRAFT_INIT_NORMAL;
  config.init_std = init_std;
  config.bias_std = 0.5;
  return config;
}

static void fill(graft_rng *rng, double *value, size_t count, double lowest) {
  for (size_t i = 0; i < count; i++) {
    value[i] = graft_rng_normal(rng);
    if (fabs(value[i]) < lowest) value[i] = lowest * 2;
  }
}

static size_t elements(const graft_graph *g, graft_node node, const graft_run *run) {
  graft_axis axis;
  graft_shape row;
  if (!T_OK(graft_graph_shape(g, node, &axis, &row))) return 0;
  size_t rows = axis == P ? run->points : run->samples;
  return rows * graft_shape_count(row) * (axis == U ? run->points : 1);
}

/* A graph with the gradients it gives for the scalar Σ weight · output. */
struct probe {
  graft_graph *graph;
  graft_run run;
  graft_node output;
  size_t inputs;
  graft_node input[MAX_INPUTS];
  double *theta, *grad, *weight, *scratch;
};

static double scalar(struct probe *p) {
  if (!T_OK(graft_graph_forward(p->graph, &p->run, p->theta))) return NAN;
  const double *y = graft_graph_output(p->graph);
  double sum = 0;
  for (size_t i = 0; i < elements(p->graph, p->output, &p->run); i++) sum += p->weight[i] * y[i];
  return sum;
}

/* Compare `got` [count] with differences of the scalar by `value` [count]. */
static void compare(struct probe *p, double *value, const double *got, size_t count) {
  const double step = 1e-5;
  for (size_t i = 0; i < count; i++) {
    double keep = value[i];
    value[i] = keep + step;
    double up = scalar(p);
    value[i] = keep - step;
    double down = scalar(p);
    value[i] = keep;
    double want = (up - down) / (2 * step);
    if (!T_NEAR(got[i], want, 1e-7 * (1 + fabs(want)))) {
      printf("# at element %zu of %zu\n", i, count);
      return;
    }
  }
}

static void probe_gradients(struct probe *p, graft_rng *rng) {
  size_t n = graft_graph_layout(p->graph)->n;
  size_t outputs = elements(p->graph, p->output, &p->run);
  if (!T_OK(graft_alloc(&p->theta, n, sizeof(double)))) return;
  if (!T_OK(graft_alloc(&p->grad, n, sizeof(double)))) return;
  if (!T_OK(graft_alloc(&p->weight, outputs, sizeof(double)))) return;
  T_OK(graft_graph_init_parameters(p->graph, 3, p->theta));
  fill(rng, p->weight, outputs, 0);
  scalar(p);
  for (size_t i = 0; i < n; i++) p->grad[i] = 1;
  T_OK(graft_graph_backward(p->graph, &p->run, p->theta, p->weight, p->grad));
  compare(p, p->theta, p->grad, n);
  for (size_t j = 0; j < p->inputs; j++) {
    const double *got = graft_graph_gradient(p->graph, p->input[j]);
    compare(p, graft_graph_input_data(p->graph, p->input[j]), got,
            elements(p->graph, p->input[j], &p->run));
  }
  p->run.accumulate = true; /* again, on top of the first */
  scalar(p);
  double *twice = p->theta;
  if (T_OK(graft_alloc(&twice, n, sizeof(double)))) {
    memcpy(twice, p->grad, n * sizeof(double));
    T_OK(graft_graph_backward(p->graph, &p->run, p->theta, p->weight, twice));
    for (size_t i = 0; i < n; i++) T_EQUAL(twice[i], p->grad[i] + p->grad[i]);
    graft_free(twice);
  }
  graft_free(p->theta);
  graft_free(p->grad);
  graft_free(p->weight);
}

static void one_operator(const struct entry *e, int threads) {
  struct probe p = {.run = {.samples = SAMPLES, .points = POINTS, .train = true, .seed = 1},
                    .inputs = e->inputs};
  graft_rng rng;
  graft_rng_init(&rng, 7, GRAFT_STREAM_TEST, 0);
  if (e->frozen) p.run.train = false;
  if (e->samples) p.run.samples = e->samples;
  if (e->points) p.run.points = e->points;
  if (!T_OK(graft_graph_create(&p.graph, MAX_SAMPLES, MAX_POINTS, threads))) return;
  for (size_t j = 0; j < e->inputs; j++) {
    char name[] = "x0";
    name[1] = (char)('0' + j);
    T_OK(graft_graph_input(p.graph, name, e->input[j].axis, e->input[j].row, &p.input[j]));
    T_OK(graft_graph_want_gradient(p.graph, p.input[j]));
  }
  graft_operator_config config = settings(e->width, 0.5);
  if (e->kernel) config.kernel = e->kernel;
  if (e->stride) config.stride = e->stride;
  config.bias = !e->no_bias;
  config.offset = e->offset;
  T_OK(graft_graph_add(p.graph, e->type, "y", &config, p.input, e->inputs, ~0u, &p.output));
  if (T_OK(graft_graph_finish(p.graph, p.output))) {
    for (size_t j = 0; j < e->inputs; j++) {
      fill(&rng, graft_graph_input_data(p.graph, p.input[j]), elements(p.graph, p.input[j], &p.run),
           e->lowest);
    }
    probe_gradients(&p, &rng);
  }
  graft_graph_destroy(p.graph);
}

static void every_operator_is_in_the_table(void) {
  for (size_t i = 0; i < graft_operator_count(); i++) {
    bool found = false;
    for (size_t j = 0; j < sizeof table / sizeof table[0]; j++) {
      found |= strcmp(table[j].type, graft_operator_get(i).name) == 0;
    }
    if (!T_CHECK(found)) printf("# no gradient test of '%s'\n", graft_operator_get(i).name);
  }
}

static graft_node add(graft_graph *g, const char *type, const char *name, size_t width,
                      graft_node a, graft_node b) {
  graft_operator_config config = settings(width, 0.3);
  const graft_node input[2] = {a, b};
  graft_node node = 0;
  T_OK(graft_graph_add(g, type, name, &config, input, a == b ? 1 : 2, ~0u, &node));
  return node;
}

/* Two branches (images and numbers) and a trunk with skips, so that nodes have several readers, run
 * in place, and lie in all kinds of stages; then a transform of the pairs. */
static void whole_model(int threads, size_t samples, size_t points) {
  struct probe p = {
      .run = {.samples = samples, .points = points, .train = true, .seed = 1, .step = 4},
      .inputs = 3};
  graft_rng rng;
  graft_rng_init(&rng, 7, GRAFT_STREAM_TEST, 1);
  if (!T_OK(graft_graph_create(&p.graph, 40, 50, threads))) return;
  graft_graph *g = p.graph;
  T_OK(graft_graph_input(g, "image", S, GRAFT_SHAPE(3, 6, 7, 2), &p.input[0]));
  T_OK(graft_graph_input(g, "x", P, GRAFT_SHAPE(1, 2), &p.input[1]));
  T_OK(graft_graph_input(g, "lift", U, GRAFT_SHAPE(0, 0), &p.input[2]));
  for (size_t j = 0; j < 3; j++) T_OK(graft_graph_want_gradient(g, p.input[j]));
  graft_node b = add(g, "conv2d", "conv1", 3, p.input[0], p.input[0]);
  graft_node t = add(g, "dense", "trunk1", 6, p.input[1], p.input[1]);
  b = add(g, "tanh", "act1", 0, b, b);
  graft_node skip = b;
  b = add(g, "conv2d", "conv2", 3, b, b);
  b = add(g, "gelu", "act2", 0, b, b);
  b = add(g, "add", "skip1", 0, b, skip);
  b = add(g, "avg_pool2d", "pool", 0, b, b);
  t = add(g, "sine", "act3", 0, t, t);
  graft_node t2 = add(g, "dense", "trunk2", 6, t, t);
  t2 = add(g, "tanh", "act4", 0, t2, t2);
  t = add(g, "add", "skip2", 0, t2, t);
  t = add(g, "layer_norm", "norm", 0, t, t);
  t = add(g, "batch_norm", "point norm", 0, t, t);
  t = add(g, "multiply", "square", 0, t, t2);
  b = add(g, "flatten", "flat", 0, b, b);
  b = add(g, "dropout", "drop", 0, b, b);
  graft_node b1 = add(g, "dense", "branch1", 6, b, b), b2 = add(g, "dense", "branch2", 6, b, b);
  b1 = add(g, "batch_norm", "sample norm", 0, b1, b1);
  b1 = add(g, "silu", "act5", 0, b1, b1);
  graft_node prod = add(g, "multiply", "product", 0, b1, b2);
  graft_node u = add(g, "contract", "u", 0, prod, t), v = add(g, "contract", "v", 0, b2, t2);
  v = add(g, "sigmoid", "act6", 0, v, v);
  v = add(g, "multiply", "uv", 0, v, u);
  p.output = add(g, "add", "out", 0, v, p.input[2]);
  if (T_OK(graft_graph_finish(g, p.output))) {
    for (size_t j = 0; j < 3; j++) {
      fill(&rng, graft_graph_input_data(g, p.input[j]), elements(g, p.input[j], &p.run), 0);
    }
    probe_gradients(&p, &rng);
  }
  graft_graph_destroy(g);
}

static void one_loss(const graft_loss_type *type, bool masked) {
  enum { B = 3, N = 11 };
  double u[B * N], v[B * N], weight[2][N], grad[B * N], value[B], factor[B] = {2, -1, 0.5};
  const double *mask[B] = {weight[0], weight[1], weight[0]};
  graft_rng rng;
  graft_rng_init(&rng, 7, GRAFT_STREAM_TEST, 2);
  fill(&rng, u, B * N, 0);
  fill(&rng, v, B * N, 0);
  for (size_t i = 0; i < N; i++) {
    weight[0][i] = i % 3 != 0;
    weight[1][i] = i < 5 ? 1 : 0.25;
  }
  graft_loss_batch batch = {
      .samples = B, .points = N, .prediction = u, .target = v, .epsilon = 0.01, .threads = 2};
  if (masked) batch.mask = mask;
  T_OK(graft_loss_eval(type, &batch, factor, value, grad));
  for (size_t i = 0; i < B * N; i++) {
    double keep = u[i], up[B], down[B], step = 1e-5;
    u[i] = keep + step;
    T_OK(graft_loss_eval(type, &batch, NULL, up, NULL));
    u[i] = keep - step;
    T_OK(graft_loss_eval(type, &batch, NULL, down, NULL));
    u[i] = keep;
    size_t b = i / N;
    T_NEAR(grad[i], factor[b] * (up[b] - down[b]) / (2 * step), 1e-8);
    if (masked && b != 1 && i % N % 3 == 0) T_EQUAL(grad[i], 0);
  }
}

static void loss_values(void) {
  const double u[3] = {3, 9, 1}, v[3] = {1, 5, 1}, m[3] = {1, 0, 1}, *mask[1] = {m};
  double value;
  graft_loss_batch batch = {
      .samples = 1, .points = 3, .prediction = u, .target = v, .mask = mask, .threads = 1};
  T_OK(graft_loss_eval(graft_loss_find("mse"), &batch, NULL, &value, NULL));
  T_NEAR(value, 2, 1e-15);
  T_OK(graft_loss_eval(graft_loss_find("relative_l2"), &batch, NULL, &value, NULL));
  T_NEAR(value, sqrt(2), 1e-15);
  batch.points = 0;
  T_FAILS(graft_loss_eval(graft_loss_find("mse"), &batch, NULL, &value, NULL), GRAFT_INTERNAL,
          "expected samples and points");
}

int main(void) {
  T_RUN(every_operator_is_in_the_table);
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    T_RUN_NAMED(table[i].name, one_operator(&table[i], 1 + (int)(i % 3)));
  }
  T_RUN_NAMED("whole model, 1 thread", whole_model(1, 3, 4));
  T_RUN_NAMED("whole model, 2 threads", whole_model(2, 5, 7));
  T_RUN_NAMED("whole model, more threads than rows", whole_model(4, 2, 3));
  for (size_t i = 0; i < graft_loss_count(); i++) {
    T_RUN_NAMED(graft_loss_name(i), one_loss(graft_loss_get(i), true));
    T_RUN_NAMED(graft_loss_name(i), one_loss(graft_loss_get(i), false));
  }
  T_RUN(loss_values);
  return graft_test_done();
}

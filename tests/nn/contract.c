/* SPDX-License-Identifier: BSD-2-Clause */
/* What every operator and loss of the registries must keep to. */
#include <ctype.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/rng.h"
#include "nn/graph.h"
#include "nn/loss.h"
#include "tests/graft_test.h"

enum { MAX_ROWS = 70, OUT_MAX = MAX_ROWS * MAX_ROWS * 8 };

/* Name in lower snake case, a summary of one line, a source like "lu2021". */
static void check_about(const char *name, const char *summary, const char *source) {
  for (const char *c = name; *c; c++) T_CHECK(islower(*c) || isdigit(*c) || *c == '_');
  T_CHECK(strlen(summary) >= 5 && strlen(summary) < 80 && !strchr(summary, '\n'));
  size_t letters = strspn(source, "abcdefghijklmnopqrstuvwxyz");
  T_CHECK(letters >= 2 && strspn(source + letters, "0123456789") == 4 && !source[letters + 4]);
}

/* Inputs that the operator takes. */
struct form {
  size_t inputs;
  graft_axis axis[2];
  graft_shape row;
};

static struct form form_of(const char *name) {
  struct form form = {1, {GRAFT_AXIS_SAMPLE, GRAFT_AXIS_SAMPLE}, GRAFT_SHAPE(1, 5)};
  if (strcmp(name, "conv2d") == 0 || strcmp(name, "avg_pool2d") == 0) {
    form.row = GRAFT_SHAPE(3, 5, 4, 3);
  }
  if (strcmp(name, "add") == 0 || strcmp(name, "multiply") == 0) form.inputs = 2;
  if (strncmp(name, "contract", 8) == 0) {
    form.inputs = 2;
    form.axis[1] = GRAFT_AXIS_POINT;
  }
  return form;
}

static graft_status build(const char *type, struct form form, int threads, graft_graph **graph,
                          graft_node *input, graft_node *output) {
  static const char *const name[] = {"x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9"};
  graft_operator_config config = graft_operator_default();
  config.width = strcmp(type, "contract_each") == 0 ? 1 : 6;
  GRAFT_TRY(graft_graph_create(graph, MAX_ROWS, MAX_ROWS, threads));
  for (size_t j = 0; j < form.inputs; j++) {
    GRAFT_TRY(graft_graph_input(*graph, name[j], form.axis[j % 2], form.row, &input[j]));
    GRAFT_TRY(graft_graph_want_gradient(*graph, input[j]));
  }
  GRAFT_TRY(graft_graph_add(*graph, type, "y", &config, input, form.inputs, ~0u, output));
  return graft_graph_finish(*graph, *output);
}

/* Output, gradient by inputs and parameters of one forward and one backward pass. */
struct result {
  size_t outputs, inputs, parameters;
  graft_real y[OUT_MAX], dx[2 * OUT_MAX], grad[4096];
};

static void run(const char *type, int threads, size_t rows, int times, struct result *r) {
  static graft_real theta[4096], d_output[OUT_MAX];
  struct form form = form_of(type);
  graft_graph *g;
  graft_node input[2] = {0}, output = 0;
  graft_rng rng;
  graft_rng_init(&rng, 5, GRAFT_STREAM_TEST, 1);
  memset(r, 0, sizeof *r);
  if (T_OK(build(type, form, threads, &g, input, &output))) {
    graft_run pass = {.samples = rows, .points = rows, .train = true, .seed = 3};
    graft_axis axis;
    graft_shape row;
    T_OK(graft_graph_shape(g, output, &axis, &row));
    r->outputs = rows * graft_shape_count(row) * (axis == GRAFT_AXIS_PAIR ? rows : 1);
    r->inputs = rows * graft_shape_count(form.row);
    r->parameters = graft_graph_layout(g)->n;
    T_CHECK(r->outputs <= OUT_MAX && r->parameters <= 4096);
    T_OK(graft_graph_init_parameters(g, 1, theta));
    for (size_t i = 0; i < OUT_MAX; i++) d_output[i] = (graft_real)graft_rng_normal(&rng);
    for (size_t j = 0; j < form.inputs; j++) {
      graft_real *x = graft_graph_input_data(g, input[j]);
      graft_rng_init(&rng, 5, GRAFT_STREAM_TEST, 2 + j);
      for (size_t i = 0; i < r->inputs; i++) x[i] = (graft_real)graft_rng_normal(&rng);
    }
    for (int t = 0; t < times; t++) {
      T_OK(graft_graph_forward(g, &pass, theta));
      memcpy(r->y, graft_graph_output(g), r->outputs * sizeof *r->y);
      T_OK(graft_graph_backward(g, &pass, theta, d_output, r->grad));
      for (size_t j = 0; j < form.inputs; j++) {
        memcpy(r->dx + j * r->inputs, graft_graph_gradient(g, input[j]), r->inputs * sizeof *r->dx);
      }
    }
  }
  graft_graph_destroy(g);
}

static void compare(const graft_real *a, const graft_real *b, size_t count, double tolerance) {
  for (size_t i = 0; i < count; i++) {
    if (!T_NEAR(a[i], b[i], tolerance * (1 + fabs((double)b[i])))) return;
  }
}

static void one_operator(size_t i) {
  static struct result once, again, threads, few;
  graft_operator_about about = graft_operator_get(i);
  check_about(about.name, about.summary, about.source);
  T_CHECK(graft_operator_find(about.name) != NULL);
  run(about.name, 2, MAX_ROWS, 1, &once);
  run(about.name, 2, MAX_ROWS, 3, &again); /* nothing is left from earlier passes */
  T_CHECK(memcmp(&once, &again, sizeof once) == 0);
  for (size_t k = 0; k < once.outputs; k++) {
    if (!T_CHECK(isfinite(once.y[k]))) break;
  }
  run(about.name, 3, MAX_ROWS, 1, &threads); /* same numbers, other sums */
  compare(threads.y, once.y, once.outputs, 1e-5);
  compare(threads.dx, once.dx, 2 * once.inputs, 1e-5);
  compare(threads.grad, once.grad, once.parameters, 1e-4);
  if (strcmp(about.name, "batch_norm") == 0) return; /* rows depend on each other */
  run(about.name, 2, 1, 1, &few); /* the first row alone is the first row of many */
  size_t pair = once.outputs == (size_t)MAX_ROWS * MAX_ROWS;
  compare(few.y, once.y, pair ? 1 : few.outputs, 1e-5);
}

static void wrong_inputs(size_t i) {
  const char *name = graft_operator_get(i).name;
  graft_graph *g = NULL;
  graft_node input[10], output;
  struct form form = form_of(name);
  form.inputs = 9;
  T_FAILS(build(name, form, 1, &g, input, &output), GRAFT_USAGE, "inputs, got 9");
  T_CHECK(strstr(graft_error_message(), name) != NULL);
  graft_graph_destroy(g);
}

/* Settings and shapes that must be refused. */
static const struct {
  const char *type;
  int rank;
  size_t dim[3];
  graft_axis axis;
  graft_operator_config config;
  const char *message;
} refused[] = {
    {"dense", 3, {4, 4, 1}, GRAFT_AXIS_SAMPLE, {.width = 3}, "expected input rows with 1 axes"},
    {"dense", 1, {4}, GRAFT_AXIS_SAMPLE, {.width = 0}, "expected a width of at least 1"},
    {"dense", 0, {0}, GRAFT_AXIS_PAIR, {.width = 1}, "expected input rows with 1 axes, got []"},
    {"conv2d", 1, {4}, GRAFT_AXIS_SAMPLE, {.width = 3}, "with 3 axes, got [4] from 'x'"},
    {"conv2d", 3, {4, 4, 1}, GRAFT_AXIS_SAMPLE, {.width = 0, .kernel = 3, .stride = 1}, "width"},
    {"conv2d", 3, {4, 4, 1}, GRAFT_AXIS_SAMPLE, {.width = 1, .kernel = 4, .stride = 1}, "odd"},
    {"conv2d", 3, {4, 4, 1}, GRAFT_AXIS_SAMPLE, {.width = 1, .kernel = 3, .stride = 0}, "stride"},
    {"avg_pool2d", 3, {1, 4, 1}, GRAFT_AXIS_SAMPLE, {.width = 0}, "2 x 2 pixels, got 1 x 4"},
    {"leaky_relu", 1, {4}, GRAFT_AXIS_SAMPLE, {.slope = 0}, "expected a slope in (0, 1], got 0"},
    {"layer_norm", 1, {4}, GRAFT_AXIS_SAMPLE, {.epsilon = 0}, "expected an epsilon above 0"},
    {"batch_norm", 1, {4}, GRAFT_AXIS_SAMPLE, {.epsilon = 0}, "expected an epsilon above 0"},
    {"batch_norm", 1, {4}, GRAFT_AXIS_SAMPLE, {.epsilon = 1, .momentum = 1}, "momentum in [0, 1)"},
    {"batch_norm", 0, {0}, GRAFT_AXIS_PAIR, {.epsilon = 1}, "got pairs from 'x'"},
    {"dropout", 1, {4}, GRAFT_AXIS_SAMPLE, {.rate = 1}, "expected a rate in [0, 1), got 1"},
    {"dropout", 0, {0}, GRAFT_AXIS_PAIR, {.rate = 0.5}, "got pairs from 'x'"},
    {"flatten", 0, {0}, GRAFT_AXIS_PAIR, {.width = 0}, "got pairs from 'x'"},
};

static void refused_settings(void) {
  for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
    graft_graph *g;
    graft_node x, y;
    graft_shape row = {.rank = refused[i].rank};
    memcpy(row.dim, refused[i].dim, sizeof refused[i].dim);
    if (!T_OK(graft_graph_create(&g, 2, 2, 1))) return;
    T_OK(graft_graph_input(g, "x", refused[i].axis, row, &x));
    T_FAILS(graft_graph_add(g, refused[i].type, "y", &refused[i].config, &x, 1, ~0u, &y),
            GRAFT_USAGE, refused[i].message);
    graft_graph_destroy(g);
  }
}

static void refused_graphs(void) {
  graft_graph *g;
  graft_node s[2], p, y, both[2];
  T_FAILS(graft_graph_create(&g, 0, 1, 1), GRAFT_USAGE, "at least one sample");
  T_FAILS(graft_graph_create(&g, 1, 1, 0), GRAFT_USAGE, "at least one thread");
  if (!T_OK(graft_graph_create(&g, 2, 3, 1))) return;
  T_OK(graft_graph_input(g, "s", GRAFT_AXIS_SAMPLE, GRAFT_SHAPE(1, 4), &s[0]));
  T_OK(graft_graph_input(g, "t", GRAFT_AXIS_SAMPLE, GRAFT_SHAPE(1, 5), &s[1]));
  T_OK(graft_graph_input(g, "p", GRAFT_AXIS_POINT, GRAFT_SHAPE(1, 5), &p));
  T_FAILS(graft_graph_input(g, "s", GRAFT_AXIS_SAMPLE, GRAFT_SHAPE(1, 4), &y), GRAFT_INTERNAL,
          "exists already");
  T_FAILS(graft_graph_input(g, "u", GRAFT_AXIS_PAIR, GRAFT_SHAPE(1, 4), &y), GRAFT_USAGE, "rank 0");
  T_FAILS(graft_graph_input(g, "u", GRAFT_AXIS_SAMPLE, GRAFT_SHAPE(2, 1ull << 40, 1ull << 40), &y),
          GRAFT_INPUT, "larger than memory");
  T_FAILS(graft_graph_input(g, "u", GRAFT_AXIS_SAMPLE, GRAFT_SHAPE(1, 0), &y), GRAFT_USAGE,
          "at least one element");
  T_FAILS(graft_graph_add(g, "dance", "y", NULL, s, 1, ~0u, &y), GRAFT_USAGE, "got 'dance'");
  T_FAILS(graft_graph_add(g, "add", "y", NULL, s, 2, ~0u, &y), GRAFT_USAGE,
          "expected input rows [4], got [5] from 't'");
  both[0] = s[1], both[1] = p;
  T_FAILS(graft_graph_add(g, "multiply", "y", NULL, both, 2, ~0u, &y), GRAFT_USAGE, "on one axis");
  T_FAILS(graft_graph_add(g, "concat", "y", NULL, both, 2, ~0u, &y), GRAFT_USAGE, "on one axis");
  T_FAILS(graft_graph_add(g, "contract", "y", NULL, s, 2, ~0u, &y), GRAFT_USAGE,
          "on the sample and the point axis");
  both[0] = s[0], both[1] = p;
  T_FAILS(graft_graph_add(g, "contract", "y", NULL, both, 2, ~0u, &y), GRAFT_USAGE,
          "expected equal widths, got 4 from 's' and 5 from 'p'");
  both[0] = s[1];
  T_OK(graft_graph_add(g, "contract", "y", NULL, both, 2, ~0u, &y));
  T_FAILS(graft_graph_finish(g, y), GRAFT_USAGE, "nothing reads 's'");
  T_CHECK(graft_graph_input_data(g, p) == NULL && graft_graph_output(g) == NULL);
  graft_graph_destroy(g);
}

static void refused_runs(void) {
  graft_graph *g;
  graft_node x, y;
  graft_real zero[4] = {0};
  if (!T_OK(graft_graph_create(&g, 2, 3, 1))) return;
  T_OK(graft_graph_input(g, "x", GRAFT_AXIS_SAMPLE, GRAFT_SHAPE(1, 4), &x));
  T_OK(graft_graph_add(g, "tanh", "y", NULL, &x, 1, ~0u, &y));
  T_FAILS(graft_graph_forward(g, &(graft_run){.samples = 1, .points = 1}, zero), GRAFT_INTERNAL,
          "not finished");
  T_OK(graft_graph_finish(g, y));
  T_FAILS(graft_graph_forward(g, &(graft_run){.samples = 3, .points = 1}, zero), GRAFT_INTERNAL,
          "expected 1 to 2 samples, got 3");
  T_FAILS(graft_graph_forward(g, &(graft_run){.samples = 1, .points = 0}, zero), GRAFT_INTERNAL,
          "expected 1 to 3 points, got 0");
  T_FAILS(graft_graph_add(g, "tanh", "z", NULL, &y, 1, ~0u, &y), GRAFT_INTERNAL, "is finished");
  graft_graph_destroy(g);
}

static void registries(void) {
  T_CHECK(graft_operator_find("none such") == NULL && graft_loss_find("none such") == NULL);
  size_t activations = 0;
  while (graft_activation_name(activations)) activations++;
  T_EQUAL(activations, 9);
  T_CHECK(strcmp(graft_activation_name(0), "relu") == 0);
  for (size_t i = 0; i < graft_loss_count(); i++) {
    const graft_loss_type *loss = graft_loss_get(i);
    check_about(loss->name, loss->summary, loss->source);
    T_CHECK(graft_loss_find(loss->name) == loss);
    T_CHECK(strcmp(graft_loss_name(i), loss->name) == 0);
  }
  T_CHECK(graft_loss_name(graft_loss_count()) == NULL);
}

int main(void) {
  char name[64];
  for (size_t i = 0; i < graft_operator_count(); i++) {
    snprintf(name, sizeof name, "operator/%s", graft_operator_get(i).name);
    T_RUN_NAMED(name, one_operator(i));
    snprintf(name, sizeof name, "operator/%s: wrong number of inputs", graft_operator_get(i).name);
    T_RUN_NAMED(name, wrong_inputs(i));
  }
  T_RUN(refused_settings);
  T_RUN(refused_graphs);
  T_RUN(refused_runs);
  T_RUN(registries);
  return graft_test_done();
}

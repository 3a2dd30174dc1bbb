/* SPDX-License-Identifier: BSD-2-Clause */
/* Passes of a small DeepONet with all parts: no allocation, same bits again, dropout, float against
 * double; convolutions against plain loops. Compiled in float and in double. */
#include <stdlib.h>

#include "base/arena.h"
#include "base/rng.h"
#include "nn/gemm_impl.h"
#include "nn/graph.h"
#include "nn/loss.h"
#include "tests/graft_test.h"

/* Clang's libomp asks for memory whenever threads start on a loop. */
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && !defined(__clang__) &&      \
    defined(__GLIBC__)
#define COUNT_ALLOCATIONS 1
static size_t allocations; /* calls that ask for memory, of the program and its libraries */

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static void count_one(void) { __atomic_fetch_add(&allocations, 1, __ATOMIC_RELAXED); }

void *malloc(size_t size) {
  count_one();
  return __libc_malloc(size);
}
void *calloc(size_t count, size_t size) {
  count_one();
  return __libc_calloc(count, size);
}
void *realloc(void *memory, size_t size) {
  count_one();
  return __libc_realloc(memory, size);
}
void *aligned_alloc(size_t alignment, size_t size) {
  count_one();
  return __libc_memalign(alignment, size);
}
int posix_memalign(void **memory, size_t alignment, size_t size) {
  count_one();
  *memory = __libc_memalign(alignment, size);
  return *memory ? 0 : 12;
}
#else
#define COUNT_ALLOCATIONS 0
static size_t allocations;
#endif

enum { B = 21, P = 144, N_MAX = 60000 };

/* A model with the paper's kinds of layers, and a batch. */
struct model {
  graft_graph *graph;
  graft_node image, xy, output;
  graft_run run;
  size_t n;
  graft_real theta[N_MAX], grad[N_MAX], target[B * P], d_output[B * P];
  double loss[B];
};

static graft_node add(graft_graph *g, const char *type, const char *name, size_t width,
                      graft_node x) {
  graft_operator_config config = graft_operator_default();
  config.width = width;
  config.kernel = 5;
  config.bias_std = 0.1;
  graft_node node = 0;
  T_OK(graft_graph_add(g, type, name, &config, &x, 1, ~0u, &node));
  return node;
}

static bool create(struct model *m, int threads) {
  memset(m, 0, sizeof *m);
  m->run = (graft_run){.samples = B, .points = P, .train = true, .seed = 9, .step = 3};
  if (!T_OK(graft_graph_create(&m->graph, B, P, threads))) return false;
  graft_graph *g = m->graph;
  T_OK(graft_graph_input(g, "image", GRAFT_AXIS_SAMPLE, GRAFT_SHAPE(3, 12, 12, 2), &m->image));
  T_OK(graft_graph_input(g, "xy", GRAFT_AXIS_POINT, GRAFT_SHAPE(1, 2), &m->xy));
  graft_node b = add(g, "conv2d", "conv1", 16, m->image);
  b = add(g, "relu", "relu1", 0, b);
  b = add(g, "avg_pool2d", "pool1", 0, b);
  b = add(g, "conv2d", "conv2", 20, b);
  b = add(g, "relu", "relu2", 0, b);
  b = add(g, "flatten", "flat", 0, b);
  b = add(g, "dense", "dense1", 33, b);
  b = add(g, "tanh", "tanh1", 0, b);
  b = add(g, "dropout", "drop1", 0, b);
  b = add(g, "dense", "dense2", 15, b);
  graft_node t = add(g, "dense", "trunk1", 32, m->xy);
  t = add(g, "gelu", "gelu1", 0, t);
  t = add(g, "dense", "trunk2", 32, t);
  t = add(g, "layer_norm", "norm", 0, t);
  t = add(g, "leaky_relu", "leaky", 0, t);
  t = add(g, "dense", "trunk3", 15, t);
  T_OK(graft_graph_add(g, "contract", "u", NULL, (graft_node[]){b, t}, 2, ~0u, &m->output));
  if (!T_OK(graft_graph_finish(g, m->output))) return false;
  m->n = graft_graph_layout(g)->n;
  if (!T_CHECK(m->n <= N_MAX)) return false;
  T_OK(graft_graph_init_parameters(g, 1, m->theta));
  graft_rng rng;
  graft_rng_init(&rng, 5, GRAFT_STREAM_TEST, 2);
  graft_real *x = graft_graph_input_data(g, m->image);
  for (size_t i = 0; i < B * 12 * 12 * 2; i++) x[i] = (graft_real)graft_rng_normal(&rng);
  x = graft_graph_input_data(g, m->xy);
  for (size_t i = 0; i < P * 2; i++) x[i] = (graft_real)graft_rng_uniform(&rng);
  for (size_t i = 0; i < B * P; i++) m->target[i] = (graft_real)graft_rng_normal(&rng);
  return true;
}

static graft_status step(struct model *m) {
  GRAFT_TRY(graft_graph_forward(m->graph, &m->run, m->theta));
  graft_loss_batch batch = {.samples = m->run.samples,
                            .points = m->run.points,
                            .prediction = graft_graph_output(m->graph),
                            .target = m->target,
                            .threads = 2};
  GRAFT_TRY(graft_loss_eval(graft_loss_find("relative_l2"), &batch, NULL, m->loss, m->d_output));
  return graft_graph_backward(m->graph, &m->run, m->theta, m->d_output, m->grad);
}

static struct model one, two;

static void no_allocation_in_a_step(void) {
  if (create(&one, 2)) {
    T_OK(step(&one)); /* starts the threads */
    size_t before = allocations;
    for (int i = 0; i < 3; i++) T_OK(step(&one));
    T_EQUAL(allocations - before, 0);
    if (COUNT_ALLOCATIONS) {
      free(malloc(1));
      T_CHECK(allocations > before);
    }
  }
  graft_graph_destroy(one.graph);
}

static void same_bits_again(void) {
  for (int threads = 1; threads <= 3; threads++) {
    if (create(&one, threads) && create(&two, threads)) {
      T_OK(step(&one));
      for (int i = 0; i < 4; i++) T_OK(step(&two));
      T_CHECK(memcmp(one.grad, two.grad, sizeof one.grad) == 0);
      T_CHECK(memcmp(one.loss, two.loss, sizeof one.loss) == 0);
    }
    graft_graph_destroy(one.graph);
    graft_graph_destroy(two.graph);
  }
}

static void fewer_rows_are_the_first_rows(void) {
  if (create(&one, 2) && create(&two, 2)) {
    two.run.samples = 7;
    two.run.points = 50;
    T_OK(graft_graph_forward(one.graph, &one.run, one.theta));
    T_OK(graft_graph_forward(two.graph, &two.run, two.theta));
    const graft_real *u = graft_graph_output(one.graph), *v = graft_graph_output(two.graph);
    for (size_t i = 0; i < 7 * 50; i++) {
      if (!T_NEAR(v[i], u[i / 50 * P + i % 50], 1e-5)) break;
    }
  }
  graft_graph_destroy(one.graph);
  graft_graph_destroy(two.graph);
}

static void compare_sums(const graft_real *want, const graft_real *got, size_t n) {
  double worst = 0, largest = 0;
  for (size_t i = 0; i < n; i++) {
    worst = fmax(worst, fabs((double)(want[i] - got[i])));
    largest = fmax(largest, fabs((double)want[i]));
  }
  T_CHECK(largest > 0);
  T_NEAR(worst, 0, (sizeof(graft_real) == 8 ? 1e-13 : 1e-5) * largest);
}

/* Backward passes of two parts of the samples add up to that of all, after one forward pass as
 * after a forward pass of each part. */
static void parts_add_up(void) {
  if (create(&one, 2) && create(&two, 2)) {
    const size_t cut[] = {0, 9, B};
    static graft_real sum[2][N_MAX], zero[N_MAX];
    memset(sum, 0, sizeof sum);
    T_OK(step(&one));
    memcpy(two.d_output, one.d_output, sizeof two.d_output);
    for (size_t own = 0; own < 2; own++) {
      T_OK(graft_graph_forward(two.graph, &one.run, own ? zero : two.theta));
      for (size_t i = 0; i < 2; i++) {
        two.run.first = cut[i];
        two.run.samples = cut[i + 1] - cut[i];
        if (own) T_OK(graft_graph_forward(two.graph, &two.run, two.theta));
        T_OK(graft_graph_backward(two.graph, &two.run, two.theta, two.d_output, two.grad));
        for (size_t j = 0; j < two.n; j++) sum[own][j] += two.grad[j];
      }
      compare_sums(one.grad, sum[own], one.n);
    }
    two.run.samples = B;
    T_FAILS(graft_graph_forward(two.graph, &two.run, two.theta), GRAFT_INTERNAL, "from 9 on");
  }
  graft_graph_destroy(one.graph);
  graft_graph_destroy(two.graph);
}

/* Does dropout treat the rows of two runs alike? Row r of `two` is compared with row r + shift of
 * `one`. */
static bool same_rows(size_t shift, size_t rows) {
  T_OK(graft_graph_forward(one.graph, &one.run, one.theta));
  T_OK(graft_graph_forward(two.graph, &two.run, two.theta));
  const graft_real *u = graft_graph_output(one.graph), *v = graft_graph_output(two.graph);
  double worst = 0;
  for (size_t i = 0; i < rows * P; i++) {
    double d = fabs((double)u[i + shift * P] - (double)v[i]);
    if (!(d <= worst)) worst = d;
  }
  return worst < 1e-5;
}

static void dropout_depends_on_seed_step_and_sample(void) {
  if (create(&one, 2) && create(&two, 1)) {
    uint64_t id[B];
    for (size_t i = 0; i < B; i++) id[i] = i;
    T_CHECK(same_rows(0, B)); /* any number of threads; no ids are row numbers */
    two.run.sample_id = id;
    T_CHECK(same_rows(0, B));
    two.run.step++;
    T_CHECK(!same_rows(0, B));
    two.run.step--;
    two.run.seed++;
    T_CHECK(!same_rows(0, B));
    two.run.seed--;
    for (size_t i = 0; i < B; i++) id[i] = i + 4; /* a batch that starts with sample 4 */
    size_t image = 12 * 12 * 2;
    memmove(graft_graph_input_data(two.graph, two.image),
            graft_graph_input_data(two.graph, two.image) + 4 * image,
            (B - 4) * image * sizeof(graft_real));
    T_CHECK(same_rows(4, B - 4));
    one.run.train = false;
    T_CHECK(!same_rows(4, B - 4));
    two.run.train = false;
    T_CHECK(same_rows(4, B - 4));
  }
  graft_graph_destroy(one.graph);
  graft_graph_destroy(two.graph);
}

static void dropout_drops_the_given_share(void) {
  graft_graph *g;
  graft_node x, y;
  graft_operator_config config = graft_operator_default();
  config.rate = 0.25;
  if (!T_OK(graft_graph_create(&g, 100, 1, 2))) return;
  T_OK(graft_graph_input(g, "x", GRAFT_AXIS_SAMPLE, GRAFT_SHAPE(1, 400), &x));
  T_OK(graft_graph_add(g, "dropout", "y", &config, &x, 1, ~0u, &y));
  T_OK(graft_graph_finish(g, y));
  graft_real *value = graft_graph_input_data(g, x), nothing = 0;
  for (size_t i = 0; i < 40000; i++) value[i] = 3;
  graft_run run = {.samples = 100, .points = 1, .train = true, .seed = 2};
  T_OK(graft_graph_forward(g, &run, &nothing));
  size_t zeros = 0;
  for (size_t i = 0; i < 40000; i++) {
    graft_real v = graft_graph_output(g)[i];
    zeros += v == 0;
    if (v != 0) T_NEAR(v, 4, 1e-6);
  }
  T_NEAR((double)zeros / 40000, 0.25, 0.01); /* 4.6 standard deviations */
  graft_graph_destroy(g);
}

/* Mean loss and norms of the gradient's blocks of the model, as the double build gave them. */
static void float_and_double_agree(void) {
  static const struct {
    const char *block;
    double norm;
  } want[] = {
      {"conv1/weight", 10.114717064462317},  {"conv1/bias", 5.3588721381738003},
      {"conv2/weight", 37.029111711519313},  {"conv2/bias", 11.832181132890659},
      {"dense1/weight", 49.105155085745473}, {"dense2/weight", 15.592920307512662},
      {"trunk1/weight", 8.9923029029097137}, {"trunk2/bias", 28.672048071148268},
      {"norm/gain", 3.1401297580710543},     {"norm/bias", 3.8979173141700967},
      {"trunk3/weight", 16.365214686828185},
  };
  double tolerance = sizeof(graft_real) == 8 ? 1e-9 : 2e-5, loss = 0;
  if (create(&one, 2)) {
    T_OK(step(&one));
    for (size_t i = 0; i < B; i++) loss += one.loss[i] / B;
    T_NEAR(loss, 1.1034675113039378, tolerance);
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
      const graft_block *block = graft_layout_get(graft_graph_layout(one.graph), want[i].block);
      if (!T_CHECK(block != NULL)) continue;
      double square = 0;
      for (size_t j = 0; j < block->count; j++) {
        square += (double)one.grad[block->offset + j] * (double)one.grad[block->offset + j];
      }
      if (!T_NEAR(sqrt(square), want[i].norm, tolerance * (1 + want[i].norm))) {
        printf("# %s\n", want[i].block);
      }
    }
  }
  graft_graph_destroy(one.graph);
}

/* Sizes of one convolution: image, channels in and out, taps, stride. */
struct conv {
  size_t H, W, C, O, k, s;
};

/* y, dx and dweight by plain loops in double. */
static void plain_conv(const struct conv *c, const graft_real *x, const graft_real *weight,
                       const graft_real *bias, const graft_real *dy, double *y, double *dx,
                       double *dweight) {
  size_t h = (c->H + c->s - 1) / c->s, w = (c->W + c->s - 1) / c->s, p = (c->k - 1) / 2;
  for (size_t i = 0; i < h * w * c->O; i++) {
    size_t o = i % c->O, row = i / c->O / w, column = i / c->O % w;
    y[i] = (double)bias[o];
    for (size_t u = 0; u < c->k * c->k * c->C; u++) {
      size_t a = row * c->s + u / c->C / c->k, b = column * c->s + u / c->C % c->k;
      if (a < p || b < p || a - p >= c->H || b - p >= c->W) continue;
      size_t in = ((a - p) * c->W + b - p) * c->C + u % c->C;
      y[i] += (double)x[in] * (double)weight[u * c->O + o];
      dx[in] += (double)dy[i] * (double)weight[u * c->O + o];
      dweight[u * c->O + o] += (double)dy[i] * (double)x[in];
    }
  }
}

static void compare(const char *what, const graft_real *got, const double *want, size_t count) {
  double tolerance = sizeof(graft_real) == 8 ? 1e-13 : 1e-5, largest = 0;
  for (size_t i = 0; i < count; i++) largest = fmax(largest, fabs(want[i]));
  for (size_t i = 0; i < count; i++) {
    if (T_NEAR(got[i], want[i], tolerance * (1 + largest))) continue;
    printf("# %s, element %zu of %zu\n", what, i, count);
    return;
  }
}

static void one_conv(const struct conv *c) {
  enum { MOST = 160000 };
  static graft_real theta[MOST], grad[MOST], dy[MOST];
  static double want_y[MOST], want_dx[MOST], want_grad[MOST];
  graft_graph *g;
  graft_node x, node;
  graft_axis axis;
  graft_shape row;
  graft_operator_config config = graft_operator_default();
  config.width = c->O;
  config.kernel = c->k;
  config.stride = c->s;
  config.bias_std = 0.5;
  memset(want_dx, 0, sizeof want_dx);
  memset(want_grad, 0, sizeof want_grad);
  if (!T_OK(graft_graph_create(&g, 1, 1, 1))) return;
  T_OK(graft_graph_input(g, "x", GRAFT_AXIS_SAMPLE, GRAFT_SHAPE(3, c->H, c->W, c->C), &x));
  T_OK(graft_graph_want_gradient(g, x));
  T_OK(graft_graph_add(g, "conv2d", "y", &config, &x, 1, ~0u, &node));
  T_OK(graft_graph_finish(g, node));
  T_OK(graft_graph_shape(g, node, &axis, &row));
  size_t in = c->H * c->W * c->C, out = graft_shape_count(row), weights = c->k * c->k * c->C * c->O;
  T_CHECK(in <= MOST && out <= MOST && weights + c->O <= MOST);
  graft_rng rng;
  graft_rng_init(&rng, 5, GRAFT_STREAM_TEST, 3);
  for (size_t i = 0; i < in; i++) {
    graft_graph_input_data(g, x)[i] = (graft_real)graft_rng_normal(&rng);
  }
  for (size_t i = 0; i < out; i++) dy[i] = (graft_real)graft_rng_normal(&rng);
  T_OK(graft_graph_init_parameters(g, 1, theta));
  graft_run run = {.samples = 1, .points = 1};
  T_OK(graft_graph_forward(g, &run, theta));
  T_OK(graft_graph_backward(g, &run, theta, dy, grad));
  plain_conv(c, graft_graph_input_data(g, x), theta, theta + weights, dy, want_y, want_dx,
             want_grad);
  for (size_t i = 0; i < out; i++) want_grad[weights + i % c->O] += (double)dy[i];
  compare("y", graft_graph_output(g), want_y, out);
  compare("dx", graft_graph_gradient(g, x), want_dx, in);
  compare("grad", grad, want_grad, weights + c->O);
  graft_graph_destroy(g);
}

static void convolutions(void) {
  static const struct conv table[] = {
      {100, 100, 2, 16, 5, 1}, {50, 50, 16, 32, 5, 1}, {25, 25, 32, 64, 5, 1},
      {12, 12, 64, 33, 5, 1},  {7, 5, 3, 17, 3, 1},    {1, 1, 1, 1, 1, 1},
      {2, 29, 5, 48, 3, 1},    {9, 14, 16, 16, 1, 1},  {3, 3, 4, 4, 7, 1},
      {11, 8, 3, 20, 3, 2},    {8, 11, 17, 3, 5, 3},   {5, 31, 1, 32, 3, 1},
  };
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) one_conv(&table[i]);
}

static void one_product(size_t m, size_t n, size_t k, bool a_transposed, bool b_transposed,
                        bool add) {
  enum { MOST = 40000, SPARE = 3 };
  static graft_real a[MOST], b[MOST], c[MOST];
  static double want[MOST];
  _Alignas(64) static unsigned char scratch[GRAFT_GEMM_SCRATCH];
  size_t lda = (a_transposed ? m : k) + SPARE, ldb = (b_transposed ? k : n) + SPARE;
  size_t ldc = n + SPARE;
  graft_rng rng;
  graft_rng_init(&rng, 5, GRAFT_STREAM_TEST, 4);
  for (size_t i = 0; i < MOST; i++) {
    a[i] = (graft_real)graft_rng_normal(&rng);
    b[i] = (graft_real)graft_rng_normal(&rng);
    c[i] = (graft_real)graft_rng_normal(&rng);
    want[i] = (double)c[i];
  }
  for (size_t i = 0; i < m * n; i++) {
    size_t row = i / n, column = i % n;
    double sum = add ? want[row * ldc + column] : 0;
    for (size_t p = 0; p < k; p++) {
      sum += (double)a[a_transposed ? p * lda + row : row * lda + p] *
             (double)b[b_transposed ? column * ldb + p : p * ldb + column];
    }
    want[row * ldc + column] = sum;
  }
  graft_gemm(m, n, k, (graft_matrix){a, lda, a_transposed}, (graft_matrix){b, ldb, b_transposed},
             add, c, ldc, scratch);
  compare("product", c, want, m * ldc); /* the spare columns stay as they were */
}

static void products(void) {
  static const size_t size[][3] = {{1, 1, 1},     {1, 16, 3},  {3, 17, 2},   {14, 32, 9},
                                   {15, 33, 7},   {29, 8, 40}, {40, 5, 300}, {2, 70, 513},
                                   {53, 50, 256}, {11, 31, 1}};
  for (size_t i = 0; i < sizeof size / sizeof size[0]; i++) {
    for (int kind = 0; kind < 6; kind++) {
      one_product(size[i][0], size[i][1], size[i][2], kind % 3 == 1, kind % 3 == 2, kind >= 3);
    }
  }
}

/* SIREN's start: with weights of limit √(6 / W) / w0 the next arguments are normal with variance 2
 * v, v the mean square of a layer's outputs, so that v = (1 − exp(−4 v)) / 2 stays at 0.398
 * whatever the depth and w0. */
static void sine_layers_start_alike(void) {
  enum { W = 256, ROWS = 64, DEPTH = 6 };
  graft_graph *g;
  graft_node x, y;
  graft_operator_config config = graft_operator_default();
  graft_rng rng;
  if (!T_OK(graft_graph_create(&g, ROWS, 1, 2))) return;
  T_OK(graft_graph_input(g, "x", GRAFT_AXIS_SAMPLE, GRAFT_SHAPE(1, 2), &x));
  y = x;
  config.width = W;
  config.init = GRAFT_INIT_UNIFORM;
  for (size_t i = 0; i < DEPTH; i++) {
    char name[16];
    snprintf(name, sizeof name, "dense%zu", i);
    config.init_std = graft_init_siren_limit(i ? W : 2, config.frequency, i == 0);
    T_OK(graft_graph_add(g, "dense", name, &config, &y, 1, ~0u, &y));
    snprintf(name, sizeof name, "sine%zu", i);
    T_OK(graft_graph_add(g, "sine", name, &config, &y, 1, ~0u, &y));
  }
  if (T_OK(graft_graph_finish(g, y))) {
    graft_real *theta, *in = graft_graph_input_data(g, x);
    const graft_run run = {.samples = ROWS, .points = 1};
    double square = 0;
    T_OK(graft_alloc(&theta, graft_graph_layout(g)->n, sizeof *theta));
    T_OK(graft_graph_init_parameters(g, 5, theta));
    graft_rng_init(&rng, 1, GRAFT_STREAM_TEST, 0);
    for (size_t i = 0; i < 2 * ROWS; i++) in[i] = (graft_real)(2 * graft_rng_uniform(&rng) - 1);
    T_OK(graft_graph_forward(g, &run, theta));
    const graft_real *out = graft_graph_output(g);
    for (size_t i = 0; i < ROWS * W; i++) square += (double)(out[i] * out[i]) / (ROWS * W);
    T_NEAR(square, 0.398, 0.02);
    graft_free(theta);
  }
  graft_graph_destroy(g);
}

int main(void) {
  T_RUN(sine_layers_start_alike);
  T_RUN(no_allocation_in_a_step);
  T_RUN(same_bits_again);
  T_RUN(fewer_rows_are_the_first_rows);
  T_RUN(parts_add_up);
  T_RUN(dropout_depends_on_seed_step_and_sample);
  T_RUN(dropout_drops_the_given_share);
  T_RUN(float_and_double_agree);
  T_RUN(convolutions);
  T_RUN(products);
  return graft_test_done();
}

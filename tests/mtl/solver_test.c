/* SPDX-License-Identifier: BSD-2-Clause */
/* Small solvers and the rules on them: conditions of optimality, closed forms for two tasks, and
 * the counter-examples of quinton2024. K rows of n entries. */
#include "mtl/solver.h"

#include "tests/graft_test.h"
#include "tests/mtl/matrix_test.h"

static void gramian_of(const struct matrix *J, double *G) {
  for (size_t i = 0; i < J->K; i++) {
    for (size_t j = 0; j < J->K; j++) {
      G[i * J->K + j] = 0;
      for (size_t c = 0; c < J->n; c++) G[i * J->K + j] += J->row[i][c] * J->row[j][c];
    }
  }
}

/* Products of the rows with Jᵀ w; returns |Jᵀ w|². */
static double products(size_t K, const double *G, const double *w, double *product) {
  double square = 0;
  for (size_t i = 0; i < K; i++) {
    product[i] = 0;
    for (size_t j = 0; j < K; j++) product[i] += G[i * K + j] * w[j];
    square += w[i] * product[i];
  }
  return square;
}

/* Random matrices of many shapes; rows of lengths over `orders` orders of magnitude. */
static struct matrix sample(uint64_t run, double orders) {
  const size_t K = 2 + run % 9, n = 1 + run % 13;
  struct matrix J = random_matrix(K, n, 1, 9000 + run);
  for (size_t k = 0; k < K; k++) {
    const double factor = pow(10, orders * ((double)((k * 7 + run) % K) / (double)K - 0.5));
    for (size_t i = 0; i < n; i++) J.row[k][i] *= factor;
    if (run % 11 == 10 && k == 1) memcpy(J.row[1], J.row[0], sizeof J.row[1]);
    if (run % 11 == 9 && k == 1) {
      for (size_t i = 0; i < n; i++) J.row[1][i] = -J.row[0][i];
    }
  }
  return J;
}

static void eigenvalues(void) {
  for (uint64_t run = 0; run < 60; run++) {
    struct matrix J = sample(run, 3);
    double G[K_MAX * K_MAX], value[K_MAX], vector[K_MAX * K_MAX], most = 0;
    gramian_of(&J, G);
    graft_solver_eigen(J.K, G, value, vector);
    for (size_t i = 0; i < J.K; i++) most = fmax(most, value[i]);
    for (size_t e = 0; e < J.K; e++) {
      if (e > 0) T_CHECK(value[e] >= value[e - 1]);
      for (size_t i = 0; i < J.K; i++) {
        double product = 0, one = 0;
        for (size_t j = 0; j < J.K; j++) {
          product += G[i * J.K + j] * vector[j * J.K + e];
          one += vector[j * J.K + i] * vector[j * J.K + e];
        }
        T_NEAR(product, value[e] * vector[i * J.K + e], 1e-13 * most);
        T_NEAR(one, i == e, 1e-13);
      }
    }
  }
}

static void simplex_projection(void) {
  double w[5] = {0.2, 1e17, -3, 1e17, 0.4}, v[4] = {0.5, 0.4, -0.3, 0.3}, u[2] = {0.3, 0.7};
  graft_solver_simplex(5, w);
  T_EQUAL(w[1], 0.5);
  T_EQUAL(w[3], 0.5);
  T_EQUAL(w[0] + w[2] + w[4], 0);
  graft_solver_simplex(4, v); /* shift 1/15 off three entries */
  T_NEAR(v[0], 0.5 - 0.2 / 3, 1e-15);
  T_NEAR(v[3], 0.3 - 0.2 / 3, 1e-15);
  T_EQUAL(v[2], 0);
  graft_solver_simplex(2, u);
  T_NEAR(u[0], 0.3, 1e-15);
}

/* (G w)_i ≥ wᵀ G w, equal where w_i > 0. */
static void min_norm_conditions(void) {
  for (uint64_t run = 0; run < 400; run++) {
    struct matrix J = sample(run, run % 2 ? 8 : 0);
    double G[K_MAX * K_MAX], w[K_MAX], product[K_MAX], sum = 0;
    gramian_of(&J, G);
    graft_solver_min_norm(J.K, G, w);
    const double square = products(J.K, G, w, product);
    for (size_t i = 0; i < J.K; i++) {
      double size = 0; /* of the terms in the product */
      for (size_t j = 0; j < J.K; j++) size += fabs(G[i * J.K + j]) * w[j];
      T_CHECK(w[i] >= 0 && product[i] >= square - 1e-9 * size);
      if (w[i] > 0) T_NEAR(product[i], square, 1e-9 * size);
      sum += w[i];
    }
    T_NEAR(sum, 1, 1e-12);
  }
}

/* v ≥ u; G v ≥ 0; (v − u) · G v = 0. */
static void dual_cone_conditions(void) {
  for (uint64_t run = 0; run < 400; run++) {
    struct matrix J = sample(run, run % 2 ? 8 : 0);
    double G[K_MAX * K_MAX], u[K_MAX], v[K_MAX], product[K_MAX];
    gramian_of(&J, G);
    for (size_t i = 0; i < J.K; i++) u[i] = run % 3 ? 1 / (double)J.K : (double)(i == 0);
    graft_solver_dual_cone(J.K, G, u, v);
    (void)products(J.K, G, v, product);
    for (size_t i = 0; i < J.K; i++) {
      double size = 0;
      for (size_t j = 0; j < J.K; j++) size += fabs(G[i * J.K + j]) * v[j];
      T_CHECK(v[i] >= u[i] && product[i] >= -1e-10 * size);
      if (v[i] > u[i] * (1 + 1e-12)) T_NEAR(product[i], 0, 1e-10 * size);
    }
  }
}

/* x_i^{1/α} (G x)_i = 1, with |Jᵀ x|² = Σ x_i^{1 − 1/α}. */
static void fair_conditions(void) {
  static const double alphas[] = {0.25, 0.5, 1, 2, 5};
  size_t solved = 0;
  for (uint64_t run = 0; run < 300; run++) {
    struct matrix J = sample(run, run % 2 ? 4 : 0);
    const double alpha = alphas[run % 5];
    double G[K_MAX * K_MAX], x[K_MAX], product[K_MAX], want = 0;
    gramian_of(&J, G);
    if (!graft_solver_fair(J.K, G, alpha, x)) {
      for (size_t i = 0; i < J.K; i++) T_EQUAL(x[i], 0);
      continue;
    }
    const double square = products(J.K, G, x, product);
    for (size_t i = 0; i < J.K; i++) {
      double size = 0;
      for (size_t j = 0; j < J.K; j++) size += fabs(G[i * J.K + j]) * x[j];
      T_CHECK(x[i] > 0);
      T_NEAR(product[i], pow(x[i], -1 / alpha), 1e-10 * size);
      want += pow(x[i], 1 - 1 / alpha);
    }
    T_NEAR(square / want, 1, 1e-7);
    solved++;
  }
  T_CHECK(solved > 100);
}

/* b_i + r (G w)_i / |g_w| ≥ its mean under w, equal where w_i > 0; b_i = g_i · g0. */
static void ball_conditions(void) {
  size_t solved = 0;
  for (uint64_t run = 0; run < 400; run++) {
    struct matrix J = sample(run, run % 2 ? 2 : 0);
    double G[K_MAX * K_MAX], w[K_MAX], product[K_MAX], b[K_MAX], even[K_MAX], value = 0, size = 0;
    const double c = 0.1 + 0.2 * (double)(run % 4);
    gramian_of(&J, G);
    for (size_t i = 0; i < J.K; i++) {
      even[i] = 1 / (double)J.K;
      size = fmax(size, G[i * J.K + i]);
    }
    const double mean = sqrt(products(J.K, G, even, b));
    if (!graft_solver_ball(J.K, G, c, w)) continue;
    const double norm = sqrt(products(J.K, G, w, product));
    for (size_t i = 0; i < J.K; i++) value += w[i] * (b[i] + c * mean * product[i] / norm);
    for (size_t i = 0; i < J.K; i++) {
      const double slope = b[i] + c * mean * product[i] / norm;
      T_CHECK(w[i] >= 0 && slope >= value - 1e-8 * size);
      if (w[i] > 0) T_NEAR(slope, value, 1e-8 * size);
    }
    solved++;
  }
  T_CHECK(solved > 200);
}

/* ---- rules ---- */

static void expect(const char *name, size_t K, size_t n, const double *rows, const double *want,
                   double tolerance) {
  const struct matrix J = matrix_of(K, n, rows);
  double out[N_MAX];
  direction_of(graft_aggregator_find(name), &J, out);
  for (size_t i = 0; i < n; i++) {
    if (!T_NEAR(out[i], want[i], tolerance)) printf("# %s, entry %zu\n", name, i);
  }
}

static void use_defaults(void) { T_OK(graft_aggregator_settings_default(&options)); }

/* Two tasks in the plane: all closed forms of docs/theory_mtl.md. */
static void two_tasks(void) {
  for (int run = 0; run < 60; run++) {
    const double p = 0.3 + 0.11 * run, q = 0.5 + 0.05 * run, angle = 0.05 + 0.0495 * run;
    const double a = p, x = q * cos(angle), y = q * sin(angle), cosine = cos(angle);
    const double rows[] = {a, 0, x, y}, G[] = {a * a, a * x, a * x, x * x + y * y};
    const double det = sqrt(G[0] * G[3] - G[1] * G[2]);
    double t = fmin(fmax((G[3] - G[1]) / (G[0] + G[3] - 2 * G[1]), 0), 1), w1 = 1, w2 = 1;
    use_defaults();
    expect("mgda", 2, 2, rows, (double[]){t * a + (1 - t) * x, (1 - t) * y}, 1e-12);
    if (G[1] < 0) w1 = 1 - G[1] / G[0], w2 = 1 - G[1] / G[3];
    const double surgery[] = {0.5 * (w1 * a + w2 * x), 0.5 * w2 * y};
    expect("pcgrad", 2, 2, rows, surgery, 1e-12);
    expect("upgrad", 2, 2, rows, surgery, 1e-12);
    expect("gradvac", 2, 2, rows, surgery, 1e-12);
    expect("imtl_g", 2, 2, rows, (double[]){(q * a + a * x) / (a + q), a * y / (a + q)}, 1e-12);
    const double root = 1 / sqrt(1 + cosine);
    const double nash[] = {(1 + cosine) * root, y / q * root};
    expect("nash", 2, 2, rows, nash, 1e-9);
    expect("fairgrad", 2, 2, rows, nash, 1e-9);
    const double trace = sqrt(G[0] + G[3] + 2 * det);
    const double H[] = {(G[0] + det) / trace, G[1] / trace, (G[3] + det) / trace}; /* G^{1/2} */
    const double area = H[0] * H[2] - H[1] * H[1];
    const double least = 0.5 * (G[0] + G[3] - sqrt(pow(G[0] - G[3], 2) + 4 * G[1] * G[1]));
    const double b1 = 0.5 * sqrt(least) * (H[2] - H[1]) / area;
    const double b2 = 0.5 * sqrt(least) * (H[0] - H[1]) / area;
    expect("aligned_mtl", 2, 2, rows, (double[]){b1 * a + b2 * x, b2 * y}, 1e-9);
    const double u[] = {1 + cosine, y / q}, size = sqrt(u[0] * u[0] + u[1] * u[1]);
    const double project = 0.5 * ((a + x) * u[0] + y * u[1]) / size / size;
    expect("config", 2, 2, rows, (double[]){project * u[0], project * u[1]}, 1e-9);
    double v1 = 0.5, v2 = 0.5;
    if (G[0] + G[1] < 0) v1 = -G[1] * v2 / G[0];
    if (G[2] + G[3] < 0) v2 = -G[1] * v1 / G[3];
    expect("dualproj", 2, 2, rows, (double[]){v1 * a + v2 * x, v2 * y}, 1e-12);
    options.cagrad_c = 0;
    expect("cagrad", 2, 2, rows, (double[]){0.5 * (a + x), 0.5 * y}, 1e-12);
  }
}

/* g = g0 + c |g0| at the best angle, found by a fine search of the worst case. */
static void cagrad_in_the_plane(void) {
  use_defaults();
  options.cagrad_c = 0.5;
  options.cagrad_rescale = 0;
  for (uint64_t run = 0; run < 20; run++) {
    const struct matrix J = random_matrix(3, 2, 1, 40 + run);
    double out[N_MAX], g0[2] = {0}, best = -INFINITY, got = INFINITY;
    direction_of(graft_aggregator_find("cagrad"), &J, out);
    for (size_t k = 0; k < 3; k++) g0[0] += J.row[k][0] / 3, g0[1] += J.row[k][1] / 3;
    const double r = 0.5 * hypot(g0[0], g0[1]);
    T_CHECK(hypot(out[0] - g0[0], out[1] - g0[1]) <= r * (1 + 1e-9));
    for (size_t k = 0; k < 3; k++) {
      got = fmin(got, J.row[k][0] * out[0] + J.row[k][1] * out[1]);
    }
    for (int step = 0; step < 20000;
         step++) { /* the best point lies on the circle, or is worth 0 */
      const double angle = 3.14159265358979323846 * step / 10000, x = g0[0] + r * cos(angle);
      const double y = g0[1] + r * sin(angle);
      double least = INFINITY;
      for (size_t k = 0; k < 3; k++) least = fmin(least, J.row[k][0] * x + J.row[k][1] * y);
      best = fmax(best, least);
    }
    T_CHECK(got >= best - 1e-7);
  }
}

static void counter_examples(void) {
  use_defaults();
  for (double a = 0.1; a < 3; a += 0.3) {
    const double mgda = a < 1 ? a : 1;
    expect("mgda", 3, 2, (double[]){2, 0, 0, 2, a, a}, (double[]){mgda, mgda}, 1e-12);
    const double none[] = {0, a}, some[] = {1 - a, a};
    if (a >= 0.5) {
      expect("dualproj", 2, 2, (double[]){2, 0, -2 * a, 2 * a}, a >= 1 ? none : some, 1e-12);
    }
    expect("imtl_g", 2, 2, (double[]){a, 0, 0, 1}, (double[]){a / (a + 1), a / (a + 1)}, 1e-12);
    const double half = a < 1 ? a / 2 : 0.5;
    expect("aligned_mtl", 2, 2, (double[]){1, 0, 0, a}, (double[]){half, half}, 1e-12);
  }
  expect("imtl_g", 3, 1, (double[]){1, -1, -1}, (double[]){-3}, 1e-12);
  expect("mean", 2, 1, (double[]){-2, 4}, (double[]){1}, 0);
  expect("mgda", 2, 2, (double[]){0, 0, 1, 1}, (double[]){0, 0}, 0);
  expect("trimmed_mean", 4, 1, (double[]){-100, 1, 2, 100}, (double[]){1.5}, 1e-15);
  expect("krum", 4, 1, (double[]){1, 2, 2.5, 10}, (double[]){2}, 1e-15);
}

/* Rows without conflicts: projections leave the mean alone. */
static void without_conflicts(void) {
  const double rows[] = {1, 2, 0.5, 0, 1, 3, 2, 0, 1}, mean[] = {1, 1, 1.5};
  static const char *const names[] = {"pcgrad", "upgrad", "dualproj", "mean", "constant"};
  use_defaults();
  for (size_t i = 0; i < 5; i++) expect(names[i], 3, 3, rows, mean, 1e-14);
  snprintf(options.aggregator_scale, sizeof options.aggregator_scale, "sum");
  for (size_t i = 0; i < 4; i++) expect(names[i], 3, 3, rows, (double[]){3, 3, 4.5}, 1e-14);
}

/* The options of single rules, by hand. */
static void options_by_hand(void) {
  use_defaults();
  options.nash_norm = 1;
  expect("nash", 2, 2, (double[]){5, 0, 0, 2}, (double[]){sqrt(0.5), sqrt(0.5)}, 1e-12);
  options.fairgrad_alpha = 2; /* x^{1/2} G x = 1 on a diagonal: x = G^{-2/3} */
  expect("fairgrad", 2, 2, (double[]){8, 0, 0, 1}, (double[]){0.5, 1}, 1e-10);
  snprintf(options.mgda_norm, sizeof options.mgda_norm, "l2"); /* weights 1/2 each */
  expect("mgda", 2, 2, (double[]){8, 0, 0, 1}, (double[]){4, 0.5}, 1e-12);
  options.graddrop_leak = 1; /* nothing is dropped */
  expect("graddrop", 2, 2, (double[]){8, -1, -3, 1}, (double[]){2.5, 0}, 1e-14);
  snprintf(options.aggregator_weights, sizeof options.aggregator_weights, "3,1");
  expect("constant", 2, 2, (double[]){1, 0, 0, 1}, (double[]){3, 1}, 0);
  expect("upgrad", 2, 2, (double[]){1, 0, 0, 1}, (double[]){3, 1}, 1e-14);
  options.krum_kept = 2;
  options.aggregator_weights[0] = '\0';
  expect("krum", 4, 1, (double[]){1, 2, 2.5, 10}, (double[]){2.25}, 1e-15);
  options.trim = 0;
  expect("trimmed_mean", 2, 1, (double[]){1, 4}, (double[]){2.5}, 1e-15);
}

/* First steps of rules with a state, by hand: losses 1, 2; rows (3, 0) and (0, 4). */
static void states_by_hand(void) {
  struct matrix J = matrix_of(2, 2, (double[]){3, 0, 0, 4});
  double out[N_MAX], weight[K_MAX];
  J.loss[1] = 2;
  use_defaults();
  direction_of(graft_aggregator_find("moco"), &J, out);
  /* y = 0.5 (1, 0), 0.5 (0, 2); w = ½ − 0.1 (¼, 1)/2, softmax */
  T_NEAR(out[0] / 0.5 + out[1] / 1.0, 1, 1e-7);
  T_NEAR(out[0] / 0.5, exp(-0.0125) / (exp(-0.0125) + exp(-0.05)), 1e-7);
  direction_of(graft_aggregator_find("db_mtl"), &J, out);
  T_NEAR(out[0], 0.5 * 0.1 * 3, 1e-8); /* y = 0.1 (3, 0), 0.1 (0, 2): both as long as the first */
  T_NEAR(out[1], 0.5 * 0.1 * 3, 1e-8);
  struct worker a = begin(graft_aggregator_find("excess_mtl"), &J);
  combine(&a, &J, 0, out, weight);
  T_EQUAL(weight[0], 0.5);
  combine(&a, &J, 1, out, weight); /* excess g/√2 over g: the same for both */
  T_NEAR(weight[0], 0.5, 1e-9);
  for (size_t i = 0; i < 2; i++) J.row[0][i] *= 2;
  combine(&a, &J, 2, out, weight);
  T_CHECK(weight[0] > weight[1]);
  end(&a);
  a = begin(graft_aggregator_find("cr_mogm"), &J);
  combine(&a, &J, 0, out, weight); /* rows (6, 0), (0, 4): mgda has 4/13, 9/13 */
  T_NEAR(weight[0], 0.9 * 0.5 + 0.1 * 4 / 13, 1e-12);
  combine(&a, &J, 1, out, weight);
  T_NEAR(weight[0], 0.81 * 0.5 + 0.19 * 4 / 13, 1e-12);
  end(&a);
  a = begin(graft_aggregator_find("modo"), &J);
  combine(&a, &J, 0, out, weight); /* ½ − 0.001 (18, 8), pulls alike; moved back by their mean */
  T_NEAR(weight[0], 0.5 - 0.005, 1e-12);
  end(&a);
}

/* Second step of gradvac: the targets are half the cosine that the first one found. */
static void gradvac_by_hand(void) {
  static const double cosine[] = {-0.6, 0.28, 0.8};
  for (size_t c = 0; c < 3; c++) {
    const double x = cosine[c], sine = sqrt(1 - x * x), b = 2.5; /* rows (2, 0), b (x, sine) */
    const struct matrix first = matrix_of(2, 2, (double[]){2, 0, b * x, b * sine});
    const double later = -0.8, low = sqrt(1 - later * later); /* of the second step's rows */
    const struct matrix second = matrix_of(2, 2, (double[]){2, 0, b * later, b * low});
    const double phi = 0.5 * x, height = sqrt(1 - phi * phi);
    const double turn = (phi * low - later * height) / height; /* length of the added unit row */
    double out[N_MAX], weight[K_MAX];
    use_defaults();
    struct worker a = begin(graft_aggregator_find("gradvac"), &first);
    combine(&a, &first, 0, out, weight);
    combine(&a, &second, 1, out, weight);
    T_NEAR(weight[0], 0.5 * (1 + b / 2 * turn), 1e-12);
    T_NEAR(weight[1], 0.5 * (1 + 2 / b * turn), 1e-12);
    /* the turned row has the wanted cosine with the other one */
    const double u[] = {2 + 2 / b * turn * b * later, 2 / b * turn * b * low};
    const double product = u[0] * later + u[1] * low;
    T_NEAR(product / sqrt(u[0] * u[0] + u[1] * u[1]), phi, 1e-12);
    end(&a);
  }
}

/* For two tasks w = (t, 1 − t), and the projection on the simplex is that of t on [0, 1]: 20 steps
 * with momentum in one number beside the other, kept between calls. */
static void sdmgrad_by_hand(void) {
  const double rows[] = {3, 0, 1, 2}, lambda = 0.3, C[2][2] = {{9, 3}, {3, 5}};
  const struct matrix J = matrix_of(2, 2, rows);
  const double scale = 0.5 * (3 + sqrt(5));
  double out[N_MAX], weight[K_MAX], t = 0.5;
  use_defaults();
  options.sdmgrad_lambda = lambda;
  struct worker a = begin(graft_aggregator_find("sdmgrad"), &J);
  for (uint64_t call = 0; call < 3; call++) {
    double speed[2] = {0, 0};
    for (int step = 0; step < 20; step++) {
      const double v[2] = {t + lambda / 2, 1 - t + lambda / 2};
      for (int i = 0; i < 2; i++) {
        speed[i] = 0.5 * speed[i] + (C[i][0] * v[0] + C[i][1] * v[1]) / (scale * scale);
      }
      t = fmin(fmax(t - 2.5 * (speed[0] - speed[1]), 0), 1);
    }
    combine(&a, &J, call, out, weight);
    T_NEAR(weight[0], (t + lambda / 2) / (1 + lambda), 1e-12);
    T_NEAR(weight[1], (1 - t + lambda / 2) / (1 + lambda), 1e-12);
    T_NEAR(out[0], 3 * weight[0] + weight[1], 1e-12);
  }
  T_CHECK(t > 0 && t < 1);
  end(&a);
}

/* Within a ball as large as the mean gradient there is a direction without conflict. */
static void wide_cagrad_has_no_conflicts(void) {
  use_defaults();
  options.cagrad_c = 1;
  for (uint64_t run = 0; run < 100; run++) {
    const struct matrix J = random_matrix(2 + run % 5, 8, 1, 3000 + run);
    double out[N_MAX];
    T_CHECK(least_product(graft_aggregator_find("cagrad"), &J, out) >= -1e-9);
  }
}

int main(void) {
  T_RUN(eigenvalues);
  T_RUN(simplex_projection);
  T_RUN(min_norm_conditions);
  T_RUN(dual_cone_conditions);
  T_RUN(fair_conditions);
  T_RUN(ball_conditions);
  T_RUN(two_tasks);
  T_RUN(cagrad_in_the_plane);
  T_RUN(counter_examples);
  T_RUN(without_conflicts);
  T_RUN(options_by_hand);
  T_RUN(states_by_hand);
  T_RUN(gradvac_by_hand);
  T_RUN(sdmgrad_by_hand);
  T_RUN(wide_cagrad_has_no_conflicts);
  return graft_test_done();
}

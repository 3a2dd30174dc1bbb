/* SPDX-License-Identifier: BSD-2-Clause */
/* Symmetries as a group; skip paths against the same thing done without any trick. */
#include <cblas.h>

#include "deeponet/linalg_impl.h"
#include "deeponet/skip.h"
#include "tests/deeponet/toy.h"
#include "tests/graft_test.h"

enum { N = 12, V = 4, P = TOY_POINTS };

static void symmetries_form_a_group(void) {
  toy t;
  static const size_t count[] = {8, 8, 2}, bits[] = {2, 2, 1};
  if (!T_OK(toy_init(&t, 3, 9))) return;
  for (size_t k = 0; k < 3; k++) {
    graft_symmetry s;
    if (!T_OK(graft_symmetry_init(&s, &t.source.info, &t.source.info.geometry[k]))) continue;
    T_EQUAL(s.count, count[k]);
    T_EQUAL(s.bits, bits[k]);
    for (size_t a = 0; a < s.count; a++) {
      T_EQUAL(s.product[a * s.count + s.inverse[a]], 0);
      for (size_t b = 0; b < s.count; b++) {
        size_t c = s.product[a * s.count + b], wrong = 0;
        for (size_t p = 0; p < P; p++) {
          wrong += s.point[c * P + p] != s.point[a * P + s.point[b * P + p]];
        }
        T_EQUAL(wrong, 0);
      }
    }
    for (size_t a = 0; a < (size_t)1 << s.bits; a++) {
      for (size_t b = 0; b < (size_t)1 << s.bits; b++) {
        T_EQUAL(s.product[s.pair[a] * s.count + s.pair[b]], s.pair[a ^ b]);
      }
    }
    graft_symmetry_fini(&s);
  }
  toy_fini(&t);
}

/* What a test sees of one task. */
struct task {
  toy t;
  graft_symmetry symmetry;
  graft_skip_data data;
  graft_real base[P];
  float fold[(N + V) * P];
};

static bool task_init(struct task *k, size_t geometry, bool moving) {
  if (!T_OK(toy_init(&k->t, 3, 30))) return false;
  graft_source_geometry *g = &k->t.source.info.geometry[geometry];
  if (!T_OK(graft_symmetry_init(&k->symmetry, &k->t.source.info, moving ? g : NULL))) return false;
  for (size_t p = 0; p < P; p++) k->base[p] = 10 * (graft_real)g->torsion[p];
  k->data = (graft_skip_data){.train = N,
                              .validation = V,
                              .log_k = k->t.log_k + geometry * 30 * P,
                              .u = k->t.u + geometry * 30 * P,
                              .mask = g->mask,
                              .base = k->base,
                              .transform = graft_transform_find("torsion"),
                              .scale = 10};
  return true;
}

static void task_fini(struct task *k) {
  graft_symmetry_fini(&k->symmetry);
  toy_fini(&k->t);
}

/* z of training sample i at grid point p. */
static double truth(const struct task *k, size_t i, uint32_t p) {
  return k->data.transform->invert(10 * (double)k->data.u[i * P + p], (double)k->base[p]);
}

/* Kernel ridge regression on all symmetric copies of the training samples but those of `left` (N:
 * none): z [Q] of the query. */
static void plain(const struct task *k, const graft_skip *s, size_t left, const float *query,
                  double *z) {
  size_t g = k->symmetry.count, M = s->inputs, Q = s->outputs, n = 0;
  double *x, *y, *gram, *row, *value;
  size_t all = N * g;
  if (!T_OK(graft_alloc(&x, (all + 1) * M, 8)) || !T_OK(graft_alloc(&y, all * Q, 8)) ||
      !T_OK(graft_alloc(&gram, all * all, 8)) || !T_OK(graft_alloc(&row, 2 * all, 8)) ||
      !T_OK(graft_alloc(&value, all, 8))) {
    return;
  }
  for (size_t i = 0; i < N; i++) {
    for (size_t h = 0; h < g; h++) {
      const uint32_t *point = k->symmetry.point + h * P;
      if (i == left) continue;
      for (size_t m = 0; m < M; m++) {
        x[n * M + m] = (double)k->data.log_k[i * P + point[s->input[m]]] - s->centre[m];
      }
      for (size_t q = 0; q < Q; q++) y[n * Q + q] = truth(k, i, point[s->output[q]]) - s->mean[q];
      n++;
    }
  }
  for (size_t m = 0; m < M; m++) x[n * M + m] = (double)query[s->input[m]] - s->centre[m];
  for (size_t a = 0; a <= n; a++) {
    for (size_t b = 0; b < n; b++) {
      double xx = cblas_ddot((int)M, x + a * M, 1, x + a * M, 1);
      double yy = cblas_ddot((int)M, x + b * M, 1, x + b * M, 1);
      double xy = cblas_ddot((int)M, x + a * M, 1, x + b * M, 1);
      double value_ab = s->type->kernel(xx, yy, xy, s->length);
      if (a < n)
        gram[a * n + b] = value_ab + (a == b ? s->penalty : 0);
      else
        row[b] = value_ab;
    }
  }
  graft_ridge ridge;
  T_OK(graft_ridge_init(&ridge, n, 1, gram, row));
  double *scratch;
  T_OK(graft_alloc(&scratch, 2 * n, 8));
  graft_ridge_weights(&ridge, 0, 0, 1, scratch, scratch + n);
  for (size_t q = 0; q < Q; q++) {
    z[q] = s->mean[q] + cblas_ddot((int)n, scratch + n, 1, y + q, (int)Q);
  }
  graft_ridge_fini(&ridge);
  graft_free(scratch);
  graft_free(x);
  graft_free(y);
  graft_free(gram);
  graft_free(row);
  graft_free(value);
}

/* Penalties go down to 1e-7: rounding in the kernel matrix shows as about 5e-5 in z. */
static const double ill_conditioned = 2e-4;

static void check_against_plain(const char *name, size_t geometry, bool moving) {
  struct task k = {0};
  graft_skip skip;
  float z[P];
  double want[P];
  if (!task_init(&k, geometry, moving)) return;
  if (T_OK(graft_skip_fit(graft_skip_find(name), &k.symmetry, &k.data, &skip, k.fold))) {
    const float *query = k.data.log_k + N * P;
    T_OK(graft_skip_predict(&skip, query, 1, z));
    plain(&k, &skip, N, query, want);
    for (size_t q = 0; q < skip.outputs; q += 5)
      T_NEAR(z[skip.output[q]], want[q], ill_conditioned);
    for (size_t i = 0; i < N; i += 5) {
      plain(&k, &skip, i, k.data.log_k + i * P, want);
      for (size_t q = 0; q < skip.outputs; q += 7) {
        T_NEAR(k.fold[i * P + skip.output[q]], want[q], ill_conditioned);
      }
    }
  }
  graft_skip_fini(&skip);
  task_fini(&k);
}

static void kernel_ridge_plain(void) { check_against_plain("kernel_ridge", 0, false); }
static void kernel_ridge_on_the_square(void) { check_against_plain("kernel_ridge", 0, true); }
static void kernel_ridge_on_the_disc(void) { check_against_plain("kernel_ridge", 1, true); }
static void kernel_ridge_on_the_wedge(void) { check_against_plain("kernel_ridge", 2, true); }
static void affine_on_the_square(void) { check_against_plain("affine", 0, true); }

static void predictions_are_equivariant(void) {
  struct task k = {0};
  graft_skip skip;
  float z[P], moved[P], z_moved[P];
  if (!task_init(&k, 1, true)) return;
  T_OK(graft_skip_fit(graft_skip_find("kernel_ridge"), &k.symmetry, &k.data, &skip, k.fold));
  const float *query = k.data.log_k + 20 * P;
  T_OK(graft_skip_predict(&skip, query, 1, z));
  for (size_t h = 0; h < k.symmetry.count; h++) {
    const uint32_t *point = k.symmetry.point + h * P;
    for (size_t p = 0; p < P; p++) moved[p] = query[point[p]];
    T_OK(graft_skip_predict(&skip, moved, 1, z_moved));
    double worst = 0;
    for (size_t p = 0; p < P; p++) worst = fmax(worst, fabs((double)(z_moved[p] - z[point[p]])));
    T_NEAR(worst, 0, 1e-5);
  }
  graft_skip_fini(&skip);
  task_fini(&k);
}

static void without_validation_a_part_of_the_training_picks(void) {
  struct task k = {0};
  graft_skip skip;
  if (!task_init(&k, 2, true)) return;
  k.data.validation = 0;
  T_OK(graft_skip_fit(graft_skip_find("kernel_ridge"), &k.symmetry, &k.data, &skip, k.fold));
  T_CHECK(skip.penalty > 0 && skip.length > 0 && skip.samples == N);
  graft_skip_fini(&skip);
  k.data.train = 1;
  T_OK(graft_skip_fit(graft_skip_find("kernel_ridge"), &k.symmetry, &k.data, &skip, k.fold));
  graft_skip_fini(&skip);
  task_fini(&k);
}

static void targets_out_of_range_are_refused(void) {
  struct task k = {0};
  graft_skip skip;
  if (!task_init(&k, 0, true)) return;
  k.t.u[3 * P + 27] = -1;
  T_FAILS(graft_skip_fit(graft_skip_find("affine"), &k.symmetry, &k.data, &skip, k.fold),
          GRAFT_INPUT, "training sample 3");
  graft_skip_fini(&skip);
  task_fini(&k);
}

int main(void) {
  T_RUN(symmetries_form_a_group);
  T_RUN(kernel_ridge_plain);
  T_RUN(kernel_ridge_on_the_square);
  T_RUN(kernel_ridge_on_the_disc);
  T_RUN(kernel_ridge_on_the_wedge);
  T_RUN(affine_on_the_square);
  T_RUN(predictions_are_equivariant);
  T_RUN(without_validation_a_part_of_the_training_picks);
  T_RUN(targets_out_of_range_are_refused);
  return graft_test_done();
}

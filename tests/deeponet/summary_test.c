/* SPDX-License-Identifier: BSD-2-Clause */
/* What a model says about itself. */
#include "deeponet/summary.h"

#include "tests/deeponet/toy_model.h"

static void numbers_of_a_small_network(void) {
  toy t;
  graft_deeponet_config config;
  graft_deeponet *model = NULL;
  size_t parameters = 0, dense = 0;
  T_OK(toy_init(&t, 1, 45));
  toy_config(&config, "paper",
             "branch dense dense 6 trunk 5 width 4 batch 10 dropout 0 points 0 input log_k");
  if (!T_OK(graft_deeponet_create(&config, &t.source, "default", &model))) return;
  const size_t P = TOY_POINTS, I = P; /* one channel */
  const graft_deeponet_cost cost = graft_deeponet_cost_get(model);
  for (size_t i = 0; i < graft_deeponet_layer_count(model); i++) {
    const graft_node_about layer = graft_deeponet_layer_get(model, i);
    parameters += layer.parameters;
    dense += strcmp(layer.type, "dense") == 0;
    if (strcmp(layer.name, "branch/dense1") == 0) {
      T_EQUAL(layer.parameters, I * 6 + 6);
      T_NEAR(layer.flops, 2.0 * (double)I * 6, 0);
      T_EQUAL(layer.axis, GRAFT_AXIS_SAMPLE);
      T_EQUAL(layer.row.dim[0], 6);
    }
  }
  T_EQUAL(dense, 4);
  T_EQUAL(parameters, cost.parameters);
  T_EQUAL(parameters, graft_deeponet_layout(model)->n);
  const double branch = 2.0 * (double)(I * 6 + 6 * 4), trunk = 2.0 * (2 * 5 + 5 * 4), pair = 8;
  T_NEAR(cost.predict_flops, branch + (double)P * (trunk + pair), 1e-9);
  T_EQUAL(cost.samples, 10);
  T_EQUAL(cost.points, P);
  /* backward: weights of all layers, inputs of all but the first of branch and trunk */
  const double first = 2.0 * (double)(I * 6), first_trunk = 2.0 * 2 * 5;
  T_NEAR(cost.step_flops,
         10 * (3 * branch - first) + (double)P * (3 * trunk - first_trunk + 10 * 3 * pair), 1e-6);
  T_EQUAL(cost.data_memory, 35 * P * 2 * sizeof(float));
  T_CHECK(cost.network_memory > 10 * P * sizeof(graft_real));
  graft_deeponet_destroy(model);
  toy_fini(&t);
}

int main(void) {
  T_RUN(numbers_of_a_small_network);
  return graft_test_done();
}

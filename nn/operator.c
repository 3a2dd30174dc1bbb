/* SPDX-License-Identifier: BSD-2-Clause */
#include "nn/operator.h"

#include <stdio.h>
#include <string.h>

#include "nn/operator_impl.h"

#define GRAFT_OPERATOR(name) extern const graft_operator_type graft_operator_##name;
#include "nn/operator.def"
#undef GRAFT_OPERATOR

static const graft_operator_type *const table[] = {
#define GRAFT_OPERATOR(name) &graft_operator_##name,
#include "nn/operator.def"
#undef GRAFT_OPERATOR
};

graft_operator_config graft_operator_default(void) {
  return (graft_operator_config){.width = 0,
                                 .kernel = 3,
                                 .stride = 1,
                                 .slope = 0.2,
                                 .rate = 0.1,
                                 .epsilon = 1e-3,
                                 .momentum = 0.99,
                                 .frequency = 30,
                                 .bias = true,
                                 .offset = false,
                                 .init = GRAFT_INIT_GLOROT_NORMAL,
                                 .init_std = 0.01,
                                 .bias_std = 0};
}

size_t graft_operator_count(void) { return sizeof table / sizeof table[0]; }

graft_operator_about graft_operator_get(size_t i) { return table[i]->about; }

const graft_operator_type *graft_operator_find(const char *name) {
  for (size_t i = 0; i < graft_operator_count(); i++) {
    if (strcmp(table[i]->about.name, name) == 0) return table[i];
  }
  return NULL;
}

const char *graft_activation_name(size_t i) {
  for (size_t j = 0; j < graft_operator_count(); j++) {
    if (table[j]->flags & GRAFT_OPERATOR_ACTIVATION && i-- == 0) return table[j]->about.name;
  }
  return NULL;
}

graft_status graft_operator_parameter(graft_operator *op, const char *suffix, graft_shape shape,
                                      double fan_in, double fan_out) {
  GRAFT_CHECK(op->parameters < GRAFT_OPERATOR_PARAMETERS, INTERNAL,
              "%s: more than %d parameter arrays", op->name, GRAFT_OPERATOR_PARAMETERS);
  bool weight = strcmp(suffix, "weight") == 0, gain = strcmp(suffix, "gain") == 0;
  char name[2 * GRAFT_NAME_SIZE];
  snprintf(name, sizeof name, "%s/%s", op->name, suffix);
  graft_parameter *p = &op->parameter[op->parameters];
  GRAFT_TRY(graft_layout_add(op->layout, name, shape, op->tasks, weight, &p->block));
  p->offset = op->layout->block[p->block].offset;
  p->count = p->part_count = op->layout->block[p->block].count;
  p->init = weight ? op->config.init : gain ? GRAFT_INIT_ZEROS : GRAFT_INIT_NORMAL;
  p->std = weight ? op->config.init_std : op->config.bias_std;
  p->base = gain ? 1 : 0;
  p->fan_in = fan_in;
  p->fan_out = fan_out;
  op->parameters++;
  return GRAFT_OK;
}

graft_status graft_operator_expect_rank(const graft_operator *op, int rank) {
  char text[80];
  for (size_t i = 0; i < op->inputs; i++) {
    GRAFT_CHECK(op->input[i]->row.rank == rank, USAGE,
                "%s '%s': expected input rows with %d axes, got %s from '%s'", op->type->about.name,
                op->name, rank, graft_shape_print(op->input[i]->row, text, sizeof text),
                op->input[i]->name);
  }
  return GRAFT_OK;
}

graft_status graft_operator_expect_alike(const graft_operator *op) {
  char want[80], got[80];
  const graft_operator *a = op->input[0];
  for (size_t i = 1; i < op->inputs; i++) {
    const graft_operator *b = op->input[i];
    GRAFT_CHECK(a->axis == b->axis, USAGE,
                "%s '%s': expected inputs on one axis, got '%s' and '%s' on different ones",
                op->type->about.name, op->name, a->name, b->name);
    GRAFT_CHECK(graft_shape_equal(a->row, b->row), USAGE,
                "%s '%s': expected input rows %s, got %s from '%s'", op->type->about.name, op->name,
                graft_shape_print(a->row, want, sizeof want),
                graft_shape_print(b->row, got, sizeof got), b->name);
  }
  return GRAFT_OK;
}

graft_status graft_operator_build_elementwise(graft_operator *op) {
  return graft_operator_expect_alike(op);
}

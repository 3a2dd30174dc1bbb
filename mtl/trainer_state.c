/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "mtl/trainer_impl.h"

enum { PATH = 192, TEXT = 512, FIELDS = 64 };

#ifdef GRAFT_DOUBLE
static const graft_type real_type = GRAFT_FLOAT64;
#else
static const graft_type real_type = GRAFT_FLOAT32;
#endif

/** One array of the state. */
struct field {
  char name[PATH];   /**< in the bundle */
  graft_type type;   /**< of its elements */
  graft_shape shape; /**< its extents */
  void *data;        /**< where it lives */
};

static void add(struct field *field, size_t *fields, const char *name, graft_type type,
                graft_shape shape, void *data) {
  struct field *f = &field[(*fields)++];
  snprintf(f->name, sizeof f->name, "trainer/%s", name);
  f->type = type;
  f->shape = shape;
  f->data = data;
}

/* All that decides how the run goes on. */
static size_t list_fields(graft_trainer *t, struct field field[FIELDS]) {
  graft_progress *p = &t->progress;
  const graft_shape n = GRAFT_SHAPE(1, t->objective->n), K = GRAFT_SHAPE(1, t->objective->tasks);
  const graft_shape one = {.rank = 0};
  size_t fields = 0;
  add(field, &fields, "theta", real_type, n, t->theta);
  add(field, &fields, "best", real_type, n, t->best);
  if (t->ema) add(field, &fields, "ema", real_type, n, t->ema);
  for (size_t v = 0; v < t->optimizer.type->vectors; v++) {
    char name[PATH - 16];
    snprintf(name, sizeof name, "optimizer/%s", t->optimizer.type->vector_name[v]);
    add(field, &fields, name, real_type, n, t->optimizer.vector[v]);
  }
  for (size_t v = 0; v < t->sam.type->vectors; v++) {
    char name[PATH - 16];
    snprintf(name, sizeof name, "sam/%s", t->sam.type->vector_name[v]);
    add(field, &fields, name, real_type, n, t->sam.vector[v]);
  }
  add(field, &fields, "optimizer/steps", GRAFT_INT64, one, &t->optimizer.steps);
  add(field, &fields, "optimizer/numbers", GRAFT_FLOAT64, GRAFT_SHAPE(1, GRAFT_OPTIMIZER_NUMBERS),
      t->optimizer.number);
  add(field, &fields, "schedule/memory", GRAFT_FLOAT64, GRAFT_SHAPE(1, GRAFT_SCHEDULE_MEMORY),
      t->schedule.memory);
  if (t->direction.state_size) {
    add(field, &fields, "aggregator/state", GRAFT_UINT8, GRAFT_SHAPE(1, t->direction.state_size),
        t->direction.state);
  }
  if (t->direction.balancer_state_size) {
    add(field, &fields, "balancer/state", GRAFT_UINT8,
        GRAFT_SHAPE(1, t->direction.balancer_state_size), t->direction.balancer_state);
  }
  add(field, &fields, "step", GRAFT_INT64, one, &p->step);
  add(field, &fields, "best_step", GRAFT_INT64, one, &p->best_step);
  add(field, &fields, "best_mean", GRAFT_FLOAT64, one, &p->best_mean);
  add(field, &fields, "validation_mean", GRAFT_FLOAT64, one, &p->validation_mean);
  add(field, &fields, "seconds", GRAFT_FLOAT64, one, &p->seconds);
  add(field, &fields, "lr", GRAFT_FLOAT64, one, &p->lr);
  add(field, &fields, "gradient_norm", GRAFT_FLOAT64, one, &p->gradient_norm);
  add(field, &fields, "train_loss", GRAFT_FLOAT64, K, t->train_loss);
  add(field, &fields, "validation_loss", GRAFT_FLOAT64, K, t->validation_loss);
  add(field, &fields, "log/loss_sum", GRAFT_FLOAT64, K, t->loss_sum);
  add(field, &fields, "log/count", GRAFT_FLOAT64, K, t->count);
  return fields;
}

/** One of the tables that describe a configuration, and the struct it describes. */
struct table {
  const graft_option *rows; /**< the table */
  const void *config;       /**< its struct */
};

enum { TABLES = 3 };

static void list_tables(const graft_trainer *t, struct table table[TABLES]) {
  table[0] = (struct table){graft_trainer_options, &t->config};
  table[1] = (struct table){graft_aggregator_options, &t->config.aggregator_config};
  table[2] = (struct table){graft_balancer_options, &t->config.balancer_config};
}

static graft_status put_config(const graft_trainer *t, graft_bundle *bundle) {
  char name[PATH], text[TEXT];
  struct table table[TABLES];
  list_tables(t, table);
  for (size_t i = 0; i < TABLES; i++) {
    for (const graft_option *row = table[i].rows; row->name; row++) {
      snprintf(name, sizeof name, "trainer/config/%s", row->name);
      graft_option_get(row, table[i].config, text, sizeof text);
      GRAFT_TRY(graft_bundle_put_text(bundle, name, text));
    }
  }
  return GRAFT_OK;
}

static graft_status check_row(const graft_option *row, const void *config,
                              const graft_bundle *bundle) {
  char name[PATH], text[TEXT];
  const char *stored;
  if (row->may_change) return GRAFT_OK;
  snprintf(name, sizeof name, "trainer/config/%s", row->name);
  GRAFT_TRY(graft_bundle_get_text(bundle, name, &stored));
  graft_option_get(row, config, text, sizeof text);
  GRAFT_CHECK(strcmp(stored, text) == 0, USAGE,
              "%s: the run was started with '%s', got '%s'; it can't change on resume", row->name,
              stored, text);
  return GRAFT_OK;
}

static graft_status check_config(const graft_trainer *t, const graft_bundle *bundle) {
  struct table table[TABLES];
  list_tables(t, table);
  for (size_t i = 0; i < TABLES; i++) {
    for (const graft_option *row = table[i].rows; row->name; row++) {
      GRAFT_TRY(check_row(row, table[i].config, bundle));
    }
  }
  return GRAFT_OK;
}

graft_status graft_trainer_put(graft_trainer *t, graft_bundle *bundle) {
  struct field field[FIELDS];
  const graft_objective *f = t->objective;
  const size_t fields = list_fields(t, field);
  GRAFT_TRY(put_config(t, bundle));
  for (size_t i = 0; i < fields; i++) {
    GRAFT_TRY(
        graft_bundle_put(bundle, field[i].name, field[i].type, field[i].shape, field[i].data));
  }
  return f->save ? f->save(f->ctx, bundle) : GRAFT_OK;
}

graft_status graft_trainer_get(graft_trainer *t, const graft_bundle *bundle) {
  struct field field[FIELDS];
  const void *data[FIELDS];
  const graft_objective *f = t->objective;
  const size_t fields = list_fields(t, field);
  int64_t step;
  GRAFT_TRY(check_config(t, bundle));
  GRAFT_TRY(graft_bundle_get_int(bundle, "trainer/step", &step));
  GRAFT_CHECK(step >= 0, INPUT, "trainer/step: expected a number >= 0, got %lld", (long long)step);
  for (size_t i = 0; i < fields; i++) {
    GRAFT_TRY(graft_bundle_get(bundle, field[i].name, field[i].type, field[i].shape, &data[i]));
  }
  for (size_t i = 0; i < fields; i++) {
    const size_t bytes = graft_shape_count(field[i].shape) * graft_type_size(field[i].type);
    memcpy(field[i].data, data[i], bytes);
  }
  t->progress.epoch = (double)t->progress.step / (double)f->steps_per_epoch;
  return f->load ? f->load(f->ctx, bundle) : GRAFT_OK;
}

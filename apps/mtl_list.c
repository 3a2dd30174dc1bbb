/* SPDX-License-Identifier: BSD-2-Clause */
/* Verb list: every method of multi-task optimisation with summary, source and properties. */
#include <stdio.h>
#include <string.h>

#include "apps/mtl.h"
#include "base/json.h"
#include "mtl/balancer.h"
#include "mtl/optimizer.h"
#include "mtl/sam.h"
#include "mtl/schedule.h"

enum { FACTS = 160 };

/** A method, whatever its family. */
struct method {
  const char *name, *summary, *source, *scale; /* scale: NULL where there is none */
  const char *const *options;
  char properties[FACTS];
};

/** A registry of methods. */
struct family {
  const char *name, *title;
  bool (*get)(size_t i, struct method *method); /* false past the end */
};

static void add(struct method *m, bool holds, const char *word) {
  const size_t used = strlen(m->properties);
  if (holds) snprintf(m->properties + used, FACTS - used, used ? ", %s" : "%s", word);
}

static bool get_aggregator(size_t i, struct method *m) {
  const graft_aggregator_type *t = graft_aggregator_types(i);
  if (!t) return false;
  *m = (struct method){t->name, t->summary, t->source, t->scale, t->options, ""};
  add(m, t->non_conflicting == GRAFT_MAX_TASKS, "non-conflicting");
  add(m, t->non_conflicting == 2, "non-conflicting for 2 tasks");
  add(m, t->properties & GRAFT_RULE_SCALING, "linear under scaling");
  add(m, t->properties & GRAFT_RULE_WEIGHTED, "weighted rows");
  add(m, t->properties & GRAFT_RULE_STATEFUL, "stateful");
  add(m, t->properties & GRAFT_RULE_RANDOM, "random");
  add(m, t->needs & GRAFT_NEEDS_LOSSES, "needs losses");
  add(m, t->needs & GRAFT_NEEDS_GRAMIAN, "needs Gramian");
  add(m, t->needs & GRAFT_NEEDS_ROWS, "needs rows");
  add(m, t->needs & GRAFT_NEEDS_BATCHES, "needs 3 batches");
  return true;
}

static bool get_balancer(size_t i, struct method *m) {
  const graft_balancer_type *t = graft_balancer_types(i);
  if (!t) return false;
  *m = (struct method){t->name, t->summary, t->source, t->scale, t->options, ""};
  add(m, t->state_size, "stateful");
  add(m, t->needs & GRAFT_BALANCER_LOSSES, "needs losses first");
  add(m, t->needs & GRAFT_BALANCER_NORMS, "needs rows");
  add(m, t->needs & GRAFT_BALANCER_AFTER, "needs losses after the step");
  return true;
}

static bool get_sam(size_t i, struct method *m) {
  const graft_sam_type *t = graft_sam_types(i);
  if (!t) return false;
  *m = (struct method){t->name, t->summary, t->source, NULL, t->options, ""};
  add(m, t->vectors > 0, "stateful");
  add(m, t->per_task, "a perturbation per task");
  return true;
}

static bool get_optimizer(size_t i, struct method *m) {
  const graft_optimizer_type *t = graft_optimizer_types(i);
  if (!t) return false;
  *m = (struct method){t->name, t->summary, t->source, NULL, t->options, ""};
  add(m, t->vectors == 1, "1 vector of state");
  add(m, t->vectors == 2, "2 vectors of state");
  return true;
}

static bool get_schedule(size_t i, struct method *m) {
  const graft_schedule_type *t = graft_schedule_types(i);
  if (!t) return false;
  *m = (struct method){t->name, t->summary, t->source, NULL, t->options, ""};
  return true;
}

static const struct family families[] = {
    {"aggregators", "Aggregators (-aggregator): gradients to a direction", get_aggregator},
    {"balancers", "Balancers (-balancer): factors of the losses", get_balancer},
    {"sam", "Sharpness-aware methods (-sam)", get_sam},
    {"optimizers", "Optimisers (-optimizer)", get_optimizer},
    {"schedules", "Schedules of the learning rate (-schedule)", get_schedule},
};

enum { FAMILIES = sizeof families / sizeof *families };

static const char *family_choices(size_t i) { return i < FAMILIES ? families[i].name : NULL; }

static const graft_option rows[] = {{.name = "family",
                                     .type = GRAFT_OPTION_NAME,
                                     .offset = offsetof(graft_mtl_list, family),
                                     .capacity = GRAFT_NAME_SIZE,
                                     .value = "",
                                     .choices = family_choices,
                                     .help = "list one family only"},
                                    {.name = NULL}};

static const graft_section sections[] = {
    {"List", rows, 0, false},
    {"Common", graft_front_options, offsetof(graft_mtl_list, front), true},
    {NULL, NULL, 0, false}};

static const char *const examples[] = {"list", "list -family balancers", "list -json", NULL};

static void print_method(const struct method *m) {
  printf("  %-14s%s [%s]\n", m->name, m->summary, m->source);
  if (*m->properties || m->scale) {
    printf("  %-14s%s%s%s%s\n", "", m->properties, *m->properties && m->scale ? "; " : "",
           m->scale ? "length: " : "", m->scale ? m->scale : "");
  }
}

static void write_method(graft_json *json, const struct method *m) {
  graft_json_object(json, NULL);
  graft_json_text(json, "name", m->name);
  graft_json_text(json, "summary", m->summary);
  graft_json_text(json, "source", m->source);
  if (m->scale) graft_json_text(json, "scale", m->scale);
  graft_json_text(json, "properties", m->properties);
  graft_json_array(json, "options");
  for (size_t o = 0; m->options[o]; o++) graft_json_text(json, NULL, m->options[o]);
  graft_json_end_array(json);
  graft_json_end_object(json);
}

static graft_status run(graft_app *app, void *verb_config) {
  const graft_mtl_list *config = verb_config;
  graft_json json;
  struct method m;
  graft_json_init(&json, stdout);
  if (app->json) graft_json_object(&json, NULL);
  for (size_t f = 0; f < FAMILIES; f++) {
    if (*config->family && strcmp(config->family, families[f].name) != 0) continue;
    if (app->json) {
      graft_json_array(&json, families[f].name);
    } else {
      printf("%s%s\n", f > 0 && !*config->family ? "\n" : "", families[f].title);
    }
    for (size_t i = 0; families[f].get(i, &m); i++) {
      if (app->json) write_method(&json, &m);
      if (!app->json) print_method(&m);
    }
    if (app->json) graft_json_end_array(&json);
  }
  if (!app->json) return GRAFT_OK;
  graft_json_end_object(&json);
  return graft_json_finish(&json);
}

const graft_verb graft_mtl_verb_list = {.name = "list",
                                        .summary = "all methods with summary, source, properties",
                                        .example = examples,
                                        .section = sections,
                                        .config_size = sizeof(graft_mtl_list),
                                        .run = run};

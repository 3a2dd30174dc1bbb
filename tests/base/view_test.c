/* SPDX-License-Identifier: BSD-2-Clause */
/* Several sources as one: what they must have in common, and their nodes. */
#include "base/view.h"

#include <string.h>

#include "tests/graft_test.h"

#define SET(name, text) memcpy(name, text, sizeof text)

enum { SAMPLES = 3, CODES = 1 };

static bool init(graft_source *source) {
  static const char *const none[] = {NULL};
  const size_t grid[3] = {4, 4, 1};
  graft_source_info info = {0};
  if (!T_OK(graft_source_info_init(&info, SAMPLES, 1, 1, 1, 2, grid)) ||
      !T_OK(graft_source_info_codes(&info, CODES))) {
    return false;
  }
  info.hi[0] = info.hi[1] = 1;
  SET(info.problem, "darcy");
  SET(info.task_name[0], "task");
  SET(info.code_name[0], "radius");
  SET(info.geometry[0].name, "region");
  return T_OK(graft_source_memory(source, info, none, NULL));
}

/* What a view of two sources says, one of them changed. */
static graft_status view_of(void (*change)(graft_source_info *)) {
  static const size_t sample[1] = {1};
  static const uint8_t as[1] = {0};
  graft_source source[2] = {0}, view = {0};
  graft_status status = GRAFT_INTERNAL;
  if (init(&source[0]) && init(&source[1])) {
    change(&source[1].info);
    const graft_view_part part[2] = {{&source[0], 1, sample, as}, {&source[1], 1, sample, as}};
    status = graft_view_init(part, 2, &view);
    if (status == GRAFT_OK) T_EQUAL(view.info.samples, 2);
  }
  graft_source_fini(&view);
  graft_source_fini(&source[0]);
  graft_source_fini(&source[1]);
  return status;
}

/* Sample s of a source has s + 2 nodes and s + 1 triangles; u there is a number of its own. */
static void give_nodes(graft_source *source, float *value) {
  graft_source_info *info = &source->info;
  if (!T_OK(graft_source_info_nodes(info))) return;
  for (size_t s = 0; s < SAMPLES; s++) {
    info->node_start[s + 1] = info->node_start[s] + (int64_t)s + 2;
    info->triangle_start[s + 1] = info->triangle_start[s] + (int64_t)s + 1;
  }
  graft_source_memory_nodes(source, &(graft_source_nodes){.value = value});
}

static void nodes_are_those_of_the_parts(void) {
  enum { NODES = 9 };
  static const size_t sample[2][2] = {{2, 0}, {1}};
  static const uint8_t as[2] = {0};
  float value[2][NODES], got[4];
  graft_source source[2] = {0}, view = {0};
  for (size_t i = 0; i < 2 * NODES; i++) value[i / NODES][i % NODES] = (float)i;
  if (init(&source[0]) && init(&source[1])) {
    const graft_view_part part[2] = {{&source[0], 2, sample[0], as},
                                     {&source[1], 1, sample[1], as}};
    give_nodes(&source[0], value[0]);
    T_OK(graft_view_init(part, 2, &view));
    T_CHECK(!view.nodes && !view.info.node_start); /* one part has none */
    graft_source_fini(&view);
    give_nodes(&source[1], value[1]);
    if (T_OK(graft_view_init(part, 2, &view)) && T_CHECK(view.nodes != NULL)) {
      static const size_t count[3] = {4, 2, 3};
      static const float first[3] = {5, 0, NODES + 2};
      for (size_t s = 0; s < 3; s++) {
        size_t triangles, nodes = graft_source_node_count(&view.info, s, &triangles);
        T_CHECK(nodes == count[s] && triangles == count[s] - 1);
        T_OK(view.nodes(view.ctx, s, &(graft_source_nodes){.value = got}));
        T_CHECK(got[0] == first[s] && got[nodes - 1] == first[s] + (float)nodes - 1);
      }
    }
  }
  graft_source_fini(&view);
  graft_source_fini(&source[0]);
  graft_source_fini(&source[1]);
}

static void nothing(graft_source_info *info) { (void)info; }
static void rounding(graft_source_info *info) { info->hi[0] += 1e-12; }
static void size(graft_source_info *info) { info->hi[1] = 10; }
static void origin(graft_source_info *info) { info->lo[0] = -1; }
static void points(graft_source_info *info) { info->grid[0] = 2; }
static void problem(graft_source_info *info) { SET(info->problem, "heat"); }
static void number(graft_source_info *info) { SET(info->code_name[0], "height"); }

static void parts_are_alike(void) {
  T_OK(view_of(nothing));
  T_OK(view_of(rounding));
  T_FAILS(view_of(size), GRAFT_INPUT, "grid");
  T_FAILS(view_of(origin), GRAFT_INPUT, "grid");
  T_FAILS(view_of(points), GRAFT_INPUT, "grid");
  T_FAILS(view_of(number), GRAFT_INPUT, "numbers");
  T_FAILS(view_of(problem), GRAFT_INPUT, "'heat'");
}

int main(void) {
  T_RUN(nodes_are_those_of_the_parts);
  T_RUN(parts_are_alike);
  return graft_test_done();
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Region files: what is printed reads back bitwise, every mistake has its one line, broken bytes do
 * no harm. */
#include "solvers/region_text.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/rng.h"
#include "geometry/domain.h"
#include "tests/graft_test.h"

static graft_status parse(const char *text) {
  graft_region region;
  graft_status status = graft_region_parse(text, "r.yaml", &region);
  T_CHECK(status == GRAFT_OK || region.loops == 0);
  graft_region_fini(&region);
  return status;
}

/* Through a file, inside the unit square. */
static graft_status read_text(const char *text) {
  graft_region region;
  FILE *file = fopen("region_text_test.yaml", "w");
  if (!file) return GRAFT_OUTPUT;
  fputs(text, file);
  fclose(file);
  graft_status status = graft_region_read("region_text_test.yaml", &graft_unit_square, &region);
  graft_region_fini(&region);
  remove("region_text_test.yaml");
  return status;
}

static void grammar(void) {
  graft_region region;
  T_OK(graft_region_parse("region:                      # the page's example\n"
                          "  outer: [[0, 0], [1, 0], [1, 1], {arc: [0, 1], bulge: 0.3}]\n"
                          "  holes:\n"
                          "    - circle: {centre: [0.5, 0.5], radius: 0.2}\n"
                          "    - [[0.1, 0.1], [0.1, 0.2], [0.2, 0.1]]\n",
                          "r.yaml", &region));
  T_CHECK(region.loops == 3 && region.loop[0].vertices == 4 && region.loop[1].radius == 0.2);
  T_CHECK(region.loop[0].vertex[3].bulge == 0.3 && region.loop[0].vertex[3].y == 1);
  graft_region_fini(&region);
  T_OK(graft_region_parse("region: {outer: {circle: {radius: 5.e-1, centre: [0.5, +0.5]}}}", "r",
                          &region));
  T_CHECK(region.loops == 1 && region.loop[0].radius == 0.5);
  graft_region_fini(&region);
  T_OK(parse("region:\n  outer:\n  - [0, 0]\n  - [1, 0]\n  - [0, 1]\n  holes: []\n"));
  T_OK(read_text("region:\n  outer: [[0, 0], [1, 0], [0, 1]]\n"));
  T_OK(parse("region:\n  outer: [[0, 0], [4, 0], [0, 4]]\n")); /* anywhere, without a box */
}

static void round_trip(void) {
  size_t regions = 0, different = 0;
  for (size_t i = 0; graft_domain_get(i); i++) {
    const char *name = graft_domain_choices(i);
    for (uint64_t index = 0; index < (graft_domain_get(i)->random ? 300 : 1); index++, regions++) {
      graft_region region, again;
      char *text = NULL, *copy = NULL;
      if (!T_OK(graft_domain_draw(name, 5, index, &region))) continue;
      for (size_t k = 0; k < region.loop[0].vertices && index % 2; k++) { /* numbers of 17 digits */
        region.loop[0].vertex[k].x = nextafter(region.loop[0].vertex[k].x, 0.5);
      }
      T_OK(graft_region_print(&region, &text));
      if (T_OK(graft_region_parse(text, name, &again))) {
        T_OK(graft_region_print(&again, &copy));
        different += strcmp(text, copy) != 0;
        for (size_t l = 0; l < region.loops; l++) {
          const graft_loop *a = &region.loop[l], *b = &again.loop[l];
          different +=
              a->vertices != b->vertices || a->radius != b->radius ||
              a->centre[0] != b->centre[0] || a->centre[1] != b->centre[1] ||
              (a->vertices && memcmp(a->vertex, b->vertex, a->vertices * sizeof *a->vertex) != 0);
        }
        graft_region_fini(&again);
      }
      graft_free(text);
      graft_free(copy);
      graft_region_fini(&region);
    }
  }
  printf("# %zu regions\n", regions);
  T_EQUAL(different, 0);
}

#define OUTER "region:\n  outer: "

static void form(void) {
  T_FAILS(parse(""), GRAFT_INPUT, "r.yaml: expected the key 'region'");
  T_FAILS(parse("[1, 2]"), GRAFT_INPUT, "r.yaml: expected the key 'region'");
  T_FAILS(parse("region: 3"), GRAFT_INPUT, "expected the key 'region'");
  T_FAILS(parse(OUTER "[[0, 0], [1, 0], [0, 1]]\nname: x\n"), GRAFT_INPUT, "and no other key");
  T_FAILS(parse("region: {holes: []}"), GRAFT_INPUT, "r.yaml:1: expected the key 'outer'");
  T_FAILS(parse(OUTER "[[0, 0], [1, 0], [0, 1]]\n  hole: []"), GRAFT_INPUT,
          "r.yaml:3: unknown key 'hole' in 'region', expected outer or holes");
  T_FAILS(parse(OUTER "[[0, 0], [1, 0], [0, 1]]\n  holes: {circle: 1}"), GRAFT_INPUT,
          "r.yaml:3: holes: expected a list");
  T_FAILS(parse(OUTER "[[0, 0], [1, 0], [0, 1]]\n  holes:\n"), GRAFT_INPUT, "r.yaml:3: holes:");
  T_FAILS(parse(OUTER "round"), GRAFT_INPUT, "r.yaml:2: outer loop: expected a list of vertices");
  T_FAILS(parse(OUTER "\n    - [0, 0]\n    - [1]\n    - [0, 1]\n"), GRAFT_INPUT,
          "r.yaml:4: outer loop, vertex 2: expected a point [x, y]");
  T_FAILS(parse(OUTER "\n    - [0, 0]\n    - [1, 0]\n    - [0, one]\n"), GRAFT_INPUT,
          "r.yaml:5: outer loop, vertex 3: expected a number, got 'one'");
  static const char *const bad[] = {"nan", "inf", "0x1", "1e999", "1 2", "", "--1", "[1]", "1,5,"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    char text[128];
    snprintf(text, sizeof text, OUTER "[[0, 0], [1, 0], [\"%s\", 1]]", bad[i]);
    T_FAILS(parse(text), GRAFT_INPUT, "r.yaml:2: outer loop, vertex 3: expected a number, got");
  }
  T_FAILS(parse(OUTER "[[0, 0], [1, 0], {arc: [0, 1]}]"), GRAFT_INPUT,
          "r.yaml:2: outer loop, vertex 3: expected [x, y] or {arc: [x, y], bulge: b}");
  T_FAILS(parse(OUTER "[[0, 0], [1, 0], {arc: [0, 1], bulge: 1, x: 2}]"), GRAFT_INPUT, "vertex 3");
  T_FAILS(parse(OUTER "{circle: {centre: [0, 0], radius: 1, x: 2}}"), GRAFT_INPUT,
          "r.yaml:2: outer loop: expected circle: {centre: [x, y], radius: r}");
  T_FAILS(parse(OUTER "{disc: 1}"), GRAFT_INPUT, "outer loop: expected circle:");
  T_FAILS(parse(OUTER "[[0, 0], [1, 0], [0, 1]]\n  holes:\n    - circle: {centre: [0, 0]}"),
          GRAFT_INPUT, "r.yaml:4: hole 1: expected circle:");
  T_FAILS(parse(OUTER "[[0, 0], [1, 0], [0, 1]\n"), GRAFT_INPUT, "not YAML");
  T_FAILS(parse(OUTER "&a [[0, 0], [1, 0], [0, 1]]\n"), GRAFT_INPUT,
          "r.yaml:2: expected plain YAML");
  graft_region region;
  T_FAILS(graft_region_read("/nowhere/r.yaml", NULL, &region), GRAFT_INPUT, "/nowhere/r.yaml");
}

static void meaning(void) {
  const char *tail = "\n  holes:\n    - [[0.1, 0.1], [0.1, 0.2], [0.2, 0.1]]\n    - ";
  char text[512];
  T_FAILS(parse(OUTER "\n  - [0, 0]\n  - [1, 1]\n  - [1, 0]\n  - [0, 1]\n"), GRAFT_INPUT,
          "r.yaml:6: the edge to vertex 4 of the outer loop and the edge to vertex 2 of the outer "
          "loop cross or touch near (0.500, 0.500)");
  T_FAILS(parse(OUTER "\n  - [0, 0]\n  - [1, 0]\n  - [1, 0]\n  - [0, 1]\n"), GRAFT_INPUT,
          "r.yaml:5: outer loop, vertex 3: expected another point than the vertex before it");
  T_FAILS(parse(OUTER "\n  - [0, 0]\n  - [1, 0]\n"), GRAFT_INPUT,
          "r.yaml:2: outer loop: expected at least 3 vertices (2 with an arc), got 2");
  T_FAILS(parse(OUTER "[]"), GRAFT_INPUT, "r.yaml:2: outer loop: expected at least 3 vertices");
  T_FAILS(parse(OUTER "[[0, 0], [0, 1], [1, 0]]"), GRAFT_INPUT,
          "r.yaml:2: outer loop: expected counter-clockwise vertices");
  T_FAILS(read_text(OUTER "[[0, 0],\n  [1, 0],\n  [1, 1.5],\n  [0, 1]]"), GRAFT_INPUT,
          "region_text_test.yaml:4: the edge to vertex 3 of the outer loop leaves the allowed "
          "square: expected y in [0, 1], got 0 to 1.5");
  static const struct {
    const char *hole, *message;
  } bad[] = {
      {"circle: {centre: [2, 2], radius: 0.1}", "r.yaml:5: hole 2 lies outside the outer loop"},
      {"circle: {centre: [0.9, 0.5], radius: 0.1}", "r.yaml:5: the edge to vertex 1 of the hole 2"},
      {"circle: {centre: [0.12, 0.12], radius: 0.01}", "r.yaml:5: hole 2 lies inside hole 1"},
      {"circle: {centre: [0.5, 0.5], radius: -1}", "r.yaml:5: hole 2: expected a circle"},
      {"[[0.5, 0.5],\n       [0.15, 0.15],\n       [0.6, 0.5]]",
       "r.yaml:6: the edge to vertex 2 of the hole 2 and the edge to vertex 3 of the hole 1 cross"},
      {"[[0.5, 0.5], {arc: [0.5, 0.6], bulge: 5000}]",
       "r.yaml:5: hole 2, vertex 2: expected a bulge in [-1000, 1000], got 5000"},
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    snprintf(text, sizeof text, OUTER "[[0, 0], [1, 0], [1, 1], [0, 1]]%s%s\n", tail, bad[i].hole);
    T_FAILS(parse(text), GRAFT_INPUT, bad[i].message);
  }
}

static void too_many(void) {
  char *text = NULL;
  size_t size;
  FILE *file = open_memstream(&text, &size);
  if (!T_CHECK(file != NULL)) return;
  fputs(OUTER, file);
  for (int i = 0; i < 10001; i++) fprintf(file, "%s[%d, %d]", i ? ", " : "[", i, i % 2);
  fputs("]\n", file);
  fclose(file);
  T_FAILS(parse(text), GRAFT_INPUT, "r.yaml:2: expected at most 10000 vertices, got 10001");
  free(text);
}

/* Broken bytes and cut files: a region or one line of text, nothing else. */
static void fuzz(void) {
  static const char good[] = OUTER "[[0, 0], [1, 0], {arc: [0.9, 1], bulge: 0.03}, [0, 1]]\n"
                                   "  holes:\n    - circle: {centre: [0.5, 0.5], radius: 0.2}\n"
                                   "    - [[0.1, 0.1], [0.1, 0.2], [0.2, 0.1]]\n";
  static const char spice[] = "[]{}:,-.#&*!|>'\"%@`0123456789eE \n\tax\x80";
  graft_rng rng;
  size_t accepted = 0, wrong = 0;
  graft_rng_init(&rng, 1, GRAFT_STREAM_TEST, 77);
  for (uint32_t i = 0; i < 20000; i++) {
    char text[sizeof good];
    graft_region region;
    memcpy(text, good, sizeof good);
    for (uint32_t k = graft_rng_below(&rng, 4); k > 0; k--) {
      text[graft_rng_below(&rng, sizeof good - 1)] = spice[graft_rng_below(&rng, sizeof spice - 1)];
    }
    if (i < sizeof good - 1) text[i] = '\0';
    graft_status status = graft_region_parse(text, "r.yaml", &region);
    accepted += status == GRAFT_OK;
    wrong += status != GRAFT_OK && status != GRAFT_INPUT;
    if (status == GRAFT_OK) {
      wrong += graft_region_validate(&region, NULL) != GRAFT_OK;
    } else {
      wrong += strncmp(graft_error_message(), "r.yaml:", 7) != 0;
      wrong += strchr(graft_error_message(), '\n') != NULL;
    }
    graft_region_fini(&region);
  }
  printf("# %zu of 20000 broken texts are regions still\n", accepted);
  T_EQUAL(wrong, 0);
  T_CHECK(accepted > 1000 && accepted < 19000);
}

int main(void) {
  T_RUN(grammar);
  T_RUN(round_trip);
  T_RUN(form);
  T_RUN(meaning);
  T_RUN(too_many);
  T_RUN(fuzz);
  return graft_test_done();
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "geometry/region.h"

/* The shortest decimal text that reads back to the same double. */
static void put_number(FILE *file, double value) {
  char text[32];
  for (int digits = 15; digits <= 17; digits++) {
    snprintf(text, sizeof text, "%.*g", digits, value);
    if (strtod(text, NULL) == value) break;
  }
  fputs(text, file);
}

static void put_point(FILE *file, double x, double y) {
  fputc('[', file);
  put_number(file, x);
  fputs(", ", file);
  put_number(file, y);
  fputc(']', file);
}

static void put_circle(FILE *file, const graft_loop *loop) {
  fputs("circle: {centre: ", file);
  put_point(file, loop->centre[0], loop->centre[1]);
  fputs(", radius: ", file);
  put_number(file, loop->radius);
  fputc('}', file);
}

static void put_vertices(FILE *file, const graft_loop *loop) {
  for (size_t i = 0; i < loop->vertices; i++) {
    const graft_vertex *v = &loop->vertex[i];
    fputs(i ? ", " : "[", file);
    if (v->bulge != 0) fputs("{arc: ", file);
    put_point(file, v->x, v->y);
    if (v->bulge != 0) {
      fputs(", bulge: ", file);
      put_number(file, v->bulge);
      fputc('}', file);
    }
  }
  fputc(']', file);
}

graft_status graft_region_print(const graft_region *region, char **text) {
  size_t size = 0;
  *text = NULL;
  GRAFT_CHECK(region->loops, INTERNAL, "region: expected an outer loop, got an empty region");
  FILE *file = open_memstream(text, &size);
  GRAFT_CHECK(file, MEMORY, "out of memory: printing a region");
  fputs("region:\n  outer: ", file);
  if (region->loop[0].vertices) {
    put_vertices(file, &region->loop[0]);
  } else {
    fputc('{', file);
    put_circle(file, &region->loop[0]);
    fputc('}', file);
  }
  fputs(region->loops > 1 ? "\n  holes:\n" : "\n", file);
  for (size_t i = 1; i < region->loops; i++) {
    fputs("    - ", file);
    if (region->loop[i].vertices) {
      put_vertices(file, &region->loop[i]);
    } else {
      put_circle(file, &region->loop[i]);
    }
    fputc('\n', file);
  }
  if (fclose(file) != 0) {
    free(*text);
    *text = NULL;
    GRAFT_CHECK(false, MEMORY, "out of memory: printing a region");
  }
  return GRAFT_OK;
}

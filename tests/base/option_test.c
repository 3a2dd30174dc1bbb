/* SPDX-License-Identifier: BSD-2-Clause */
/* Option rows: defaults, parsing, ranges, choices with hints, printing that reads back; JSON. */
#include <stddef.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/option.h"
#include "tests/graft_test.h"

struct config {
  bool fast;
  long long samples;
  double lr;
  char shape[16];
  char shapes[64];
  char path[8];
};

static const char *shape_choice(size_t i) {
  static const char *const name[] = {"square", "disc", "triangle"};
  return i < 3 ? name[i] : NULL;
}

#define FIELD(field) offsetof(struct config, field)
static const graft_option rows[] = {
    {.name = "fast", .type = GRAFT_OPTION_BOOL, .offset = FIELD(fast), .value = "false"},
    {.name = "samples",
     .type = GRAFT_OPTION_INT,
     .offset = FIELD(samples),
     .value = "900",
     .min = 1,
     .max = 1e9},
    {.name = "lr",
     .type = GRAFT_OPTION_REAL,
     .offset = FIELD(lr),
     .value = "1e-3",
     .min = 0,
     .max = INFINITY,
     .unit = "per step"},
    {.name = "shape",
     .type = GRAFT_OPTION_STRING,
     .offset = FIELD(shape),
     .capacity = 16,
     .value = "disc",
     .choices = shape_choice},
    {.name = "shapes",
     .type = GRAFT_OPTION_LIST,
     .offset = FIELD(shapes),
     .capacity = 64,
     .value = "square,disc",
     .choices = shape_choice},
    {.name = "path",
     .type = GRAFT_OPTION_STRING,
     .offset = FIELD(path),
     .capacity = 8,
     .value = ""},
    {.name = NULL}};

static graft_status set(struct config *c, const char *name, const char *text) {
  char origin[32];
  snprintf(origin, sizeof origin, "-%s", name);
  return graft_option_set(graft_option_find(rows, name), c, origin, text);
}

static void defaults_and_values(void) {
  struct config c;
  T_OK(graft_option_defaults(rows, &c));
  T_CHECK(!c.fast && c.samples == 900 && strcmp(c.shape, "disc") == 0 && c.path[0] == '\0');
  T_NEAR(c.lr, 1e-3, 0);
  T_OK(set(&c, "fast", "yes"));
  T_OK(set(&c, "samples", "12"));
  T_OK(set(&c, "lr", "0.5"));
  T_OK(set(&c, "shape", "triangle"));
  T_OK(set(&c, "shapes", "triangle,square,disc"));
  T_CHECK(c.fast && c.samples == 12 && strcmp(c.shape, "triangle") == 0);
  T_CHECK(graft_option_find(rows, "nothing") == NULL);
}

static void every_refusal_says_expected_and_got(void) {
  struct config c;
  T_OK(graft_option_defaults(rows, &c));
  T_FAILS(set(&c, "fast", "maybe"), GRAFT_USAGE, "-fast: expected true or false, got 'maybe'");
  T_FAILS(set(&c, "samples", "ten"), GRAFT_USAGE,
          "expected an integer in [1, 1000000000], got 'ten'");
  T_FAILS(set(&c, "samples", "-4"), GRAFT_USAGE, "got '-4'");
  T_FAILS(set(&c, "samples", "1.5"), GRAFT_USAGE, "integer");
  T_FAILS(set(&c, "samples", "99999999999999999999"), GRAFT_USAGE, "integer");
  T_FAILS(set(&c, "lr", "nan"), GRAFT_USAGE, "a number >= 0 per step");
  T_FAILS(set(&c, "lr", ""), GRAFT_USAGE, "a number");
  T_FAILS(set(&c, "lr", "-1"), GRAFT_USAGE, "got '-1'");
  T_FAILS(set(&c, "shape", "sqare"), GRAFT_USAGE, "did you mean 'square'?");
  T_FAILS(set(&c, "shapes", "disc,trangle"), GRAFT_USAGE, "did you mean 'triangle'?");
  T_FAILS(set(&c, "path", "too/long/a/path"), GRAFT_USAGE, "at most 7 characters, got 15");
  T_EQUAL(c.samples, 900); /* a refused value changes nothing */
}

static void printed_values_read_back_bitwise(void) {
  struct config c, d;
  char text[64];
  T_OK(graft_option_defaults(rows, &c));
  T_OK(graft_option_defaults(rows, &d));
  static const double value[] = {0.1, 1.0 / 3, 2.385e-17, 1e300, 6.02214076e23};
  for (size_t i = 0; i < sizeof value / sizeof *value; i++) {
    c.lr = value[i];
    T_OK(set(&d, "lr", graft_option_get(graft_option_find(rows, "lr"), &c, text, sizeof text)));
    T_CHECK(memcmp(&c.lr, &d.lr, sizeof c.lr) == 0);
  }
  T_CHECK(strcmp(graft_option_get(&rows[0], &c, text, sizeof text), "false") == 0);
  T_CHECK(strcmp(graft_option_get(&rows[4], &c, text, sizeof text), "square,disc") == 0);
}

static void name_distance(void) {
  T_EQUAL(graft_name_distance("samples", "samples"), 0);
  T_EQUAL(graft_name_distance("sampels", "samples"), 2);
  T_EQUAL(graft_name_distance("", "abc"), 3);
  char hint[GRAFT_HINT_SIZE];
  T_CHECK(strcmp(graft_name_hint("sede", "seed", hint), " (did you mean 'seed'?)") == 0);
  T_CHECK(strcmp(graft_name_hint("opt", "optimizer", hint), " (did you mean 'optimizer'?)") == 0);
  T_CHECK(*graft_name_hint("blob", "plus", hint) == '\0');
  T_CHECK(*graft_name_hint("", "plus", hint) == '\0');
  T_CHECK(*graft_name_hint("plus", NULL, hint) == '\0');
}

static void json_is_escaped_and_checked(void) {
  char *text = NULL;
  size_t size = 0;
  FILE *file = open_memstream(&text, &size);
  graft_json json;
  if (!T_CHECK(file != NULL)) return;
  graft_json_init(&json, file);
  graft_json_object(&json, NULL);
  graft_json_text(&json, "na\"me", "a\\b\n");
  graft_json_real(&json, "nan", (double)NAN);
  graft_json_array(&json, "list");
  graft_json_int(&json, NULL, -3);
  graft_json_bool(&json, NULL, true);
  graft_json_null(&json, NULL);
  graft_json_end_array(&json);
  graft_json_object(&json, "empty");
  graft_json_end_object(&json);
  T_FAILS(graft_json_finish(&json), GRAFT_INTERNAL, "left open");
  graft_json_end_object(&json);
  T_OK(graft_json_finish(&json));
  fclose(file);
  T_CHECK(strcmp(text, "{\n  \"na\\\"me\": \"a\\\\b\\u000a\",\n  \"nan\": null,\n  \"list\": [\n"
                       "    -3,\n    true,\n    null\n  ],\n  \"empty\": {}\n}\n") == 0);
  free(text);
}

int main(void) {
  T_RUN(defaults_and_values);
  T_RUN(every_refusal_says_expected_and_got);
  T_RUN(printed_values_read_back_bitwise);
  T_RUN(name_distance);
  T_RUN(json_is_escaped_and_checked);
  return graft_test_done();
}

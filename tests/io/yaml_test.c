/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/arena.h"
#include "io/atomic.h"
#include "io/yaml.h"
#include "scratch.h"
#include "tests/graft_test.h"

static const char *value(const graft_yaml *yaml, const char *key) {
  const graft_yaml_entry *entry = graft_yaml_find(yaml, key);
  return entry ? entry->value : "(none)";
}

static void nested_keys(void) {
  graft_yaml y;
  T_OK(graft_yaml_parse("# options\n"
                        "samples: 900\n"
                        "shapes: [square, disc]\n"
                        "ksp:\n  rtol: 1e-8\n  pc: {type: lu, factor: {levels: 2}}\n"
                        "name: 'a: b'\nnone:\nlist:\n- 1\n- 2\nempty: []\nvoid: ~\n",
                        "o.yaml", &y));
  T_EQUAL(y.entries, 10);
  T_CHECK(strcmp(value(&y, "samples"), "900") == 0);
  T_CHECK(strcmp(value(&y, "shapes"), "square,disc") == 0);
  T_CHECK(strcmp(value(&y, "ksp_rtol"), "1e-8") == 0);
  T_CHECK(strcmp(value(&y, "ksp_pc_type"), "lu") == 0);
  T_CHECK(strcmp(value(&y, "ksp_pc_factor_levels"), "2") == 0);
  T_CHECK(strcmp(value(&y, "name"), "a: b") == 0);
  T_CHECK(strcmp(value(&y, "none"), "") == 0);
  T_CHECK(strcmp(value(&y, "list"), "1,2") == 0);
  T_CHECK(strcmp(value(&y, "empty"), "") == 0);
  T_CHECK(strcmp(value(&y, "void"), "") == 0);
  T_EQUAL(graft_yaml_find(&y, "ksp_rtol")->line, 5);
  graft_yaml_fini(&y);
}

static void empty_texts(void) {
  static const char *const text[] = {"", "\n\n", "# nothing\n", "---\n", "--- {}\n"};
  for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
    graft_yaml y;
    T_OK(graft_yaml_parse(text[i], "e.yaml", &y));
    T_EQUAL(y.entries, 0);
    graft_yaml_fini(&y);
  }
}

static void refusals(void) {
  static const struct {
    const char *text, *message;
  } bad[] = {{"a: 1\nb: 2\na: 3\n", "r.yaml:3: key 'a' is already given in line 1"},
             {"a_b: 1\na: {b: 2}\n", "r.yaml:2: key 'a_b' is already given in line 1"},
             {"a: [1, 2\nb: 3\n", "r.yaml:2: not YAML"},
             {"a: 1\n\tb: 2\n", "r.yaml:2: not YAML"},
             {"- a\n- b\n", "r.yaml:1: expected lines 'key: value', got a list"},
             {"just text\n", "r.yaml:1: expected lines 'key: value', got a text"},
             {"a: &x 1\nb: *x\n", "r.yaml:1: expected plain YAML"},
             {"a: !!int 1\n", "r.yaml:1: expected plain YAML"},
             {"a: 1\n---\nb: 2\n", "r.yaml:2: expected one document"},
             {"a: [[1, 2], 3]\n", "r.yaml:1: expected a list of plain values"},
             {"a: ['1,2', 3]\n", "r.yaml:1: expected list values without a comma"},
             {"? [a, b]\n: 1\n", "r.yaml:1: expected a text as key"},
             {"a: \"\\0\"\n", "NUL byte"},
             {"a: \xff\xfe\n", "r.yaml: not UTF-8"}};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    graft_yaml y;
    T_FAILS(graft_yaml_parse(bad[i].text, "r.yaml", &y), GRAFT_INPUT, bad[i].message);
    T_CHECK(strchr(graft_error_message(), '\n') == NULL);
  }
}

static void deep_nesting(void) {
  char text[512] = "a: ";
  graft_yaml y;
  memset(text + 3, '[', 200);
  T_FAILS(graft_yaml_parse(text, "d.yaml", &y), GRAFT_INPUT, "nested deeper");
}

static void files(void) {
  graft_yaml y;
  T_FAILS(graft_yaml_read(scratch("none.yaml"), &y), GRAFT_INPUT, "No such file");
  T_FAILS(graft_yaml_read(scratch_name, &y), GRAFT_INPUT, "directory");
  scratch_write(scratch("b.yaml"), "a: \0", 4);
  T_FAILS(graft_yaml_read(scratch("b.yaml"), &y), GRAFT_INPUT, "binary data");
}

static void print_and_parse(void) {
  static const char *const text[] = {
      "1e-3",       "",     "a b",    "x: y",  "# no", "~",   "null", "\"quoted\" \\ back",
      "two\nlines", "-",    "- item", "[1,2]", "a,b",  ",",   "µm",   "'",
      "\t\x01",     "true", "@at",    "=",     "%",    "{x}", "--- "};
  graft_yaml y = {0}, z;
  char key[16], *out;
  enum { N = sizeof text / sizeof *text };
  for (size_t i = 0; i < N; i++) {
    snprintf(key, sizeof key, "key_%zu", i);
    T_OK(graft_yaml_put(&y, key, "old"));
    T_OK(graft_yaml_put(&y, key, text[i]));
  }
  T_OK(graft_yaml_print(&y, &out));
  if (T_OK(graft_yaml_parse(out, "p.yaml", &z))) {
    T_EQUAL(z.entries, N);
    for (size_t i = 0; i < N && i < z.entries; i++) {
      if (!T_CHECK(strcmp(z.entry[i].value, text[i]) == 0)) {
        printf("# got '%s', want '%s'\n", z.entry[i].value, text[i]);
      }
    }
    graft_yaml_fini(&z);
  }
  T_CHECK(strncmp(out, "key_0: 1e-3\nkey_1: \"\"\n", 22) == 0);
  graft_free(out);
  graft_yaml_fini(&y);
}

static void tree(void) {
  graft_yaml_node root;
  T_OK(graft_yaml_tree_parse("region:\n"
                             "  outer: [[0, 0], {arc: [0, 1], bulge: 0.3}]\n"
                             "  holes:\n"
                             "    - circle: {centre: [0.5, 0.5], radius: 0.2}\n",
                             "t.yaml", &root));
  const graft_yaml_node *region = graft_yaml_child(&root, "region");
  const graft_yaml_node *outer = region ? graft_yaml_child(region, "outer") : NULL;
  const graft_yaml_node *holes = region ? graft_yaml_child(region, "holes") : NULL;
  if (T_CHECK(outer && holes && outer->kind == GRAFT_YAML_SEQUENCE && outer->children == 2)) {
    const graft_yaml_node *bulge = graft_yaml_child(&outer->child[1], "bulge");
    T_CHECK(outer->child[1].kind == GRAFT_YAML_MAPPING && bulge && strcmp(bulge->text, "0.3") == 0);
    T_EQUAL(bulge->line, 2);
    const graft_yaml_node *circle = graft_yaml_child(&holes->child[0], "circle");
    T_CHECK(circle && strcmp(graft_yaml_child(circle, "radius")->text, "0.2") == 0);
    T_CHECK(graft_yaml_child(region, "inner") == NULL);
  }
  graft_yaml_tree_fini(&root);
}

int main(void) {
  if (!scratch_make()) return 1;
  T_RUN(nested_keys);
  T_RUN(empty_texts);
  T_RUN(refusals);
  T_RUN(deep_nesting);
  T_RUN(files);
  T_RUN(print_and_parse);
  T_RUN(tree);
  scratch_remove();
  return graft_test_done();
}

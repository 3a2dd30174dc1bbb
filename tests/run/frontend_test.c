/* SPDX-License-Identifier: BSD-2-Clause */
/* The option front end on a small program of its own: precedence, refusals, help, config.yaml. */
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include "apps/help.h"
#include "apps/options.h"
#include "base/arena.h"
#include "tests/graft_test.h"

/* -- a program with two verbs ------------------------------------------------------------------ */

struct inner {
  double lr;
  long long seed, steps;
};

struct grow {
  graft_front front;
  char preset[16];
  char optimizer[16], shapes[64];
  bool fast;
  long long seed;
  struct inner inner;
};

static const char *preset_choices(size_t i) {
  static const char *const name[] = {"small", "large", NULL};
  return name[i];
}
static const char *optimizer_choices(size_t i) {
  static const char *const name[] = {"adam", "adamw", "sgd", NULL};
  return name[i];
}

static const graft_option grow_rows[] = {{.name = "preset",
                                          .type = GRAFT_OPTION_STRING,
                                          .offset = offsetof(struct grow, preset),
                                          .capacity = 16,
                                          .value = "small",
                                          .choices = preset_choices,
                                          .help = "set of values"},
                                         {.name = "optimizer",
                                          .type = GRAFT_OPTION_STRING,
                                          .offset = offsetof(struct grow, optimizer),
                                          .capacity = 16,
                                          .value = "adam",
                                          .choices = optimizer_choices,
                                          .help = "rule of the step"},
                                         {.name = "shapes",
                                          .type = GRAFT_OPTION_LIST,
                                          .offset = offsetof(struct grow, shapes),
                                          .capacity = 64,
                                          .value = "square,disc",
                                          .help = "names"},
                                         {.name = "fast",
                                          .type = GRAFT_OPTION_BOOL,
                                          .offset = offsetof(struct grow, fast),
                                          .value = "false",
                                          .help = "be quick"},
                                         {.name = "seed",
                                          .type = GRAFT_OPTION_INT,
                                          .offset = offsetof(struct grow, seed),
                                          .value = "1",
                                          .max = 1e9,
                                          .help = "random seed"},
                                         {.name = NULL}};

static const graft_option inner_rows[] = {{.name = "lr",
                                           .type = GRAFT_OPTION_REAL,
                                           .offset = offsetof(struct inner, lr),
                                           .value = "0.001",
                                           .max = 1.0,
                                           .help = "learning rate"},
                                          {.name = "seed",
                                           .type = GRAFT_OPTION_INT,
                                           .offset = offsetof(struct inner, seed),
                                           .value = "1",
                                           .max = 1e9,
                                           .help = "random seed"},
                                          {.name = "steps",
                                           .type = GRAFT_OPTION_INT,
                                           .offset = offsetof(struct inner, steps),
                                           .value = "10",
                                           .max = 1e6,
                                           .may_change = 1,
                                           .help = "number of steps"},
                                          {.name = NULL}};

static const graft_section grow_sections[] = {
    {"Common", graft_front_options, offsetof(struct grow, front), true},
    {"Run", grow_rows, 0, false},
    {"Inner", inner_rows, offsetof(struct grow, inner), false},
    {NULL, NULL, 0, false}};

struct cut {
  graft_front front;
  double depth;
};
static const graft_option cut_rows[] = {{.name = "depth",
                                         .type = GRAFT_OPTION_REAL,
                                         .offset = offsetof(struct cut, depth),
                                         .value = "1",
                                         .min = -5.0,
                                         .max = 5.0,
                                         .unit = "m",
                                         .help = "how deep"},
                                        {.name = NULL}};
static const graft_section cut_sections[] = {
    {"Common", graft_front_options, offsetof(struct cut, front), true},
    {"Cut", cut_rows, 0, false},
    {NULL, NULL, 0, false}};

static const char *const examples[] = {"grow -lr 0.1", NULL};
static const graft_verb grow = {.name = "grow",
                                .summary = "grow a tree",
                                .example = examples,
                                .section = grow_sections,
                                .config_size = sizeof(struct grow)};
static const graft_verb cut = {.name = "cut",
                               .summary = "cut a branch",
                               .example = examples,
                               .section = cut_sections,
                               .config_size = sizeof(struct cut)};
static const graft_verb *const verbs[] = {&grow, &cut, NULL};

static graft_status apply_preset(const graft_program *program, const char *name,
                                 const graft_option *rows, void *config) {
  (void)program;
  const graft_option *lr = graft_option_find(rows, "lr");
  if (!lr || strcmp(name, "large") != 0) return GRAFT_OK;
  return graft_option_set(lr, config, name, "0.5");
}

static const graft_program program = {.name = "tree",
                                      .summary = "tend trees",
                                      .version = "1",
                                      .command = "tree",
                                      .problem = "",
                                      .example = examples,
                                      .verb = verbs,
                                      .preset = apply_preset,
                                      .petsc = true};

/* -- helpers ----------------------------------------------------------------------------------- */

/* Parse a command line given as one text. */
static graft_status parse(const graft_verb *verb, const char *line, const char *environment,
                          void *config, graft_words *petsc) {
  graft_words words = {0};
  GRAFT_TRY(graft_words_split(&words, "line", line));
  graft_status status =
      graft_options_parse(&program, verb, words.count, words.word, environment, config, petsc);
  graft_words_fini(&words);
  return status;
}

static void write_text(const char *path, const char *text) {
  FILE *file = fopen(path, "w");
  if (!T_CHECK(file != NULL)) return;
  fputs(text, file);
  fclose(file);
}

static const char options_path[] = "frontend_test_options.yaml";

/* -- tests ------------------------------------------------------------------------------------- */

static void words_split_as_a_shell_does(void) {
  graft_words w = {0};
  T_OK(graft_words_split(&w, "text", "  -a 'b c'  \"d \\\" e\" f\\ g '' h'i'j "));
  if (T_EQUAL(w.count, 6)) {
    T_CHECK(strcmp(w.word[1], "b c") == 0);
    T_CHECK(strcmp(w.word[2], "d \" e") == 0);
    T_CHECK(strcmp(w.word[3], "f g") == 0);
    T_CHECK(strcmp(w.word[4], "") == 0);
    T_CHECK(strcmp(w.word[5], "hij") == 0);
  }
  T_FAILS(graft_words_split(&w, "GRAFT_OPTIONS", "-a 'b"), GRAFT_USAGE, "closing quotation");
  graft_words_fini(&w);
}

static void values_in_both_spellings(void) {
  struct grow c;
  graft_words petsc = {0};
  T_OK(parse(&grow, "-lr 0.25 -seed=7 -fast -shapes=square,triangle", NULL, &c, &petsc));
  T_NEAR(c.inner.lr, 0.25, 0.0);
  T_EQUAL(c.seed, 7);
  T_EQUAL(c.inner.seed, 7); /* an option of two sections sets both */
  T_CHECK(c.fast);
  T_CHECK(strcmp(c.shapes, "square,triangle") == 0);
  T_CHECK(strcmp(c.optimizer, "adam") == 0);
  T_OK(parse(&grow, "-fast false -optimizer sgd", NULL, &c, &petsc));
  T_CHECK(!c.fast);
  T_CHECK(strcmp(c.optimizer, "sgd") == 0);
  struct cut d;
  T_OK(parse(&cut, "-depth -2.5", NULL, &d, &petsc));
  T_NEAR(d.depth, -2.5, 0.0);
  T_EQUAL(petsc.count, 0);
}

static void later_sources_win(void) {
  struct grow c;
  graft_words petsc = {0};
  write_text(options_path, "lr: 0.3\nseed: 3\ndepth: 2\nksp:\n  rtol: 1e-9\n");
  T_OK(parse(&grow, "", NULL, &c, &petsc));
  T_NEAR(c.inner.lr, 0.001, 0.0);
  T_OK(parse(&grow, "-preset large", NULL, &c, &petsc));
  T_NEAR(c.inner.lr, 0.5, 0.0);
  T_OK(parse(&grow, "-preset large", "-lr 0.2 -steps 5", &c, &petsc));
  T_NEAR(c.inner.lr, 0.2, 0.0);
  T_OK(parse(&grow, "-options_file frontend_test_options.yaml", "-preset large -lr 0.2 -steps 5",
             &c, &petsc));
  T_NEAR(c.inner.lr, 0.3, 0.0);
  T_EQUAL(c.inner.steps, 5);
  T_OK(parse(&grow, "-lr 0.4 -options_file frontend_test_options.yaml", "-lr 0.2", &c, &petsc));
  T_NEAR(c.inner.lr, 0.4, 0.0);
  T_EQUAL(c.inner.seed, 3);
  T_OK(parse(&grow, "", "-options_file frontend_test_options.yaml", &c, &petsc));
  T_NEAR(c.inner.lr, 0.3, 0.0);
  graft_words_fini(&petsc);
  unlink(options_path);
}

static void petsc_options_are_handed_on(void) {
  struct grow c;
  graft_words petsc = {0};
  T_OK(parse(&grow, "-ksp_type cg -log_view -pc_type=none -lr 0.1", "-ksp_rtol 1e-9", &c, &petsc));
  static const char *const want[] = {"-ksp_rtol", "1e-9",     "-ksp_type", "cg",
                                     "-log_view", "-pc_type", "none"};
  if (T_EQUAL(petsc.count, 7)) {
    for (size_t i = 0; i < 7; i++) T_CHECK(strcmp(petsc.word[i], want[i]) == 0);
  }
  T_FAILS(parse(&grow, "-tao_type lmvm", NULL, &c, &petsc), GRAFT_USAGE,
          "unknown option -tao_type");
  graft_words_fini(&petsc);
}

static void mistakes_are_refused(void) {
  static const struct {
    const char *line, *environment, *file, *message;
  } bad[] = {
      {"-sede 3", NULL, NULL, "unknown option -sede (did you mean -seed?)"},
      {"-optim adam", NULL, NULL, "did you mean -optimizer?"},
      {"--seed 3", NULL, NULL, "unknown option --seed (did you mean -seed?)"},
      {"-zzzzzzzzzzzz 1", NULL, NULL, "(see tree grow --help)"},
      {"-depth 1", NULL, NULL, "-depth is an option of 'cut', not of 'grow'"},
      {"word", NULL, NULL, "stray word 'word'"},
      {"-seed 1 2", NULL, NULL, "stray word '2'"},
      {"-fast maybe", NULL, NULL, "stray word 'maybe'"},
      {"-seed", NULL, NULL, "-seed: missing value, expected an integer in [0, 1000000000]"},
      {"-seed -fast", NULL, NULL, "-seed: missing value"},
      {"-seed 1 -seed 2", NULL, NULL, "-seed: expected once, got it twice"},
      {"-seed x", NULL, NULL, "-seed: expected an integer in [0, 1000000000], got 'x'"},
      {"-seed 1.5", NULL, NULL, "got '1.5'"},
      {"-seed -1", NULL, NULL, "got '-1'"},
      {"-seed 99999999999999999999", NULL, NULL, "got '99999999999999999999'"},
      {"-lr nan", NULL, NULL, "-lr: expected a number in [0, 1], got 'nan'"},
      {"-lr=", NULL, NULL, "-lr: expected a number in [0, 1], got ''"},
      {"-fast=maybe", NULL, NULL, "-fast: expected true or false, got 'maybe'"},
      {"-optimizer adm", NULL, NULL, "(did you mean 'adam'?)"},
      {"-preset lrge", NULL, NULL, "-preset: expected one of small, large, got 'lrge'"},
      {"", "-sede 3", NULL, "GRAFT_OPTIONS: unknown option -sede"},
      {"", "-seed x", NULL, "GRAFT_OPTIONS: -seed: expected an integer"},
      {"", "-seed 'x", NULL, "GRAFT_OPTIONS: expected a closing quotation mark"},
      {"", NULL, "lr: 0.1\nsede: 3\n", "frontend_test_options.yaml:2: unknown option -sede"},
      {"", NULL, "lr: 7\n", "frontend_test_options.yaml:1: lr: expected a number in [0, 1]"},
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct grow c;
    graft_words petsc = {0};
    char line[256];
    if (bad[i].file) write_text(options_path, bad[i].file);
    snprintf(line, sizeof line, "%s %s", bad[i].line,
             bad[i].file ? "-options_file frontend_test_options.yaml" : "");
    T_FAILS(parse(&grow, line, bad[i].environment, &c, &petsc), GRAFT_USAGE, bad[i].message);
    T_CHECK(strchr(graft_error_message(), '\n') == NULL);
    graft_words_fini(&petsc);
  }
  struct grow c;
  graft_words petsc = {0};
  unlink(options_path);
  T_FAILS(parse(&grow, "-options_file not_there.yaml", NULL, &c, &petsc), GRAFT_INPUT,
          "not_there.yaml");
}

static void effective_options_read_back(void) {
  struct grow c, again;
  graft_words petsc = {0}, petsc_again = {0};
  graft_yaml yaml = {0};
  char *text = NULL;
  memset(&c, 0, sizeof c);
  memset(&again, 0, sizeof again);
  T_OK(parse(&grow, "-lr 0.1 -seed 5 -quiet -ksp_rtol 1e-9 -shapes ''", NULL, &c, &petsc));
  T_OK(graft_options_effective(&grow, &c, &petsc, &yaml));
  T_OK(graft_yaml_print(&yaml, &text));
  T_CHECK(graft_yaml_find(&yaml, "quiet") == NULL);
  T_CHECK(graft_yaml_find(&yaml, "seed") != NULL);
  write_text(options_path, text);
  T_OK(parse(&grow, "-quiet -options_file frontend_test_options.yaml", NULL, &again, &petsc_again));
  T_NEAR(again.inner.lr, c.inner.lr, 0.0);
  T_EQUAL(again.seed, 5);
  T_CHECK(again.shapes[0] == '\0');
  T_EQUAL(petsc_again.count, 2);
  const graft_verb *verb = &grow;
  T_CHECK(graft_options_may_change(&verb, "steps"));
  T_CHECK(!graft_options_may_change(&verb, "lr"));
  graft_words_fini(&petsc);
  graft_words_fini(&petsc_again);
  graft_yaml_fini(&yaml);
  graft_free(text);
  unlink(options_path);
}

static void help_shows_every_row(void) {
  char *text = NULL;
  size_t size = 0, lines = 0;
  FILE *file = open_memstream(&text, &size);
  graft_help_program(file, &program);
  fclose(file);
  for (const char *c = text; *c; c++) lines += *c == '\n';
  T_CHECK(lines <= 40);
  T_CHECK(strstr(text, "Examples") < strstr(text, "Verbs"));
  T_CHECK(strstr(text, "cut a branch") != NULL);
  free(text);
  file = open_memstream(&text, &size);
  T_OK(graft_help_verb(file, &program, &grow, "all"));
  graft_help_man(file, &program);
  fclose(file);
  for (const graft_section *s = grow.section; s->rows; s++) {
    for (const graft_option *row = s->rows; row->name; row++) {
      char name[64];
      snprintf(name, sizeof name, "  -%s", row->name);
      T_CHECK(strstr(text, name) != NULL);
    }
  }
  T_CHECK(strstr(text, "default 0.001; a number in [0, 1]") != NULL);
  T_CHECK(strstr(text, "one of adam, adamw, sgd") != NULL);
  free(text);
}

/* The help of a verb as text; release with free(). */
static char *help_text(const graft_verb *verb, const char *what) {
  char *text = NULL;
  size_t size = 0;
  FILE *file = open_memstream(&text, &size);
  T_OK(graft_help_verb(file, &program, verb, what));
  fclose(file);
  return text;
}

static void help_shows_main_options_or_one(void) {
  graft_verb chosen = grow;
  chosen.main = "seed lr";
  char *text = help_text(&chosen, NULL);
  T_CHECK(strstr(text, "  -seed N") && strstr(text, "  -lr X") && !strstr(text, "-optimizer"));
  T_CHECK(strstr(text, "learning rate [0.001]") != NULL);
  T_CHECK(strstr(text, "tree grow --help all") != NULL);
  free(text);
  text = help_text(&chosen, "optimizer");
  T_CHECK(strncmp(text, "  -optimizer NAME", 17) == 0 && strstr(text, "one of adam, adamw, sgd"));
  free(text);
  text = help_text(&chosen, "nonsense");
  T_CHECK(strstr(text, "  -seed N") && !strstr(text, "-optimizer"));
  free(text);
}

int main(void) {
  T_RUN(words_split_as_a_shell_does);
  T_RUN(values_in_both_spellings);
  T_RUN(later_sources_win);
  T_RUN(petsc_options_are_handed_on);
  T_RUN(mistakes_are_refused);
  T_RUN(effective_options_read_back);
  T_RUN(help_shows_every_row);
  T_RUN(help_shows_main_options_or_one);
  return graft_test_done();
}

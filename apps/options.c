/* SPDX-License-Identifier: BSD-2-Clause */
#include "apps/options.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { TEXT = GRAFT_PATH_SIZE + 256 };

const graft_option graft_front_options[] = {
    {.name = "options_file",
     .type = GRAFT_OPTION_STRING,
     .offset = offsetof(graft_front, options_file),
     .capacity = GRAFT_PATH_SIZE,
     .value = "",
     .help = "YAML file with options, e.g. the config.yaml of a run"},
    {.name = "quiet",
     .type = GRAFT_OPTION_BOOL,
     .offset = offsetof(graft_front, quiet),
     .value = "false",
     .help = "no log and no progress on stderr"},
    {.name = "json",
     .type = GRAFT_OPTION_BOOL,
     .offset = offsetof(graft_front, json),
     .value = "false",
     .help = "print the result on stdout as JSON"},
    {.name = NULL}};

/* Where a setting comes from. */
enum level { ENVIRONMENT, OPTIONS_FILE, COMMAND_LINE };

/* What one source of options says: three lists of equal length. */
struct settings {
  enum level level;
  const char *source; /* start of messages: "GRAFT_OPTIONS", path of the file, "" */
  graft_words name, value, origin;
};

static void settings_fini(struct settings *s) {
  graft_words_fini(&s->name);
  graft_words_fini(&s->value);
  graft_words_fini(&s->origin);
}

static graft_status settings_add(struct settings *s, const char *name, const char *value,
                                 const char *origin) {
  GRAFT_TRY(graft_words_add(&s->name, name));
  GRAFT_TRY(graft_words_add(&s->value, value));
  return graft_words_add(&s->origin, origin);
}

/* Value of the last setting of that name, or NULL. */
static const char *settings_get(const struct settings *s, const char *name) {
  for (size_t i = s->name.count; i-- > 0;) {
    if (strcmp(s->name.word[i], name) == 0) return s->value.word[i];
  }
  return NULL;
}

const graft_verb *graft_verb_find(const graft_program *program, const char *name) {
  for (size_t i = 0; program->verb[i]; i++) {
    if (strcmp(program->verb[i]->name, name) == 0) return program->verb[i];
  }
  return NULL;
}

const graft_verb *graft_verb_nearest(const graft_program *program, const char *name) {
  const graft_verb *best = program->verb[0];
  for (size_t i = 1; program->verb[i]; i++) {
    if (graft_name_distance(name, program->verb[i]->name) < graft_name_distance(name, best->name)) {
      best = program->verb[i];
    }
  }
  return best;
}

static const graft_option *verb_option(const graft_verb *verb, const char *name) {
  for (const graft_section *s = verb->section; s->rows; s++) {
    const graft_option *row = graft_option_find(s->rows, name);
    if (row) return row;
  }
  return NULL;
}

/* A verb of the program that has the option, or NULL. */
static const graft_verb *option_owner(const graft_program *program, const char *name) {
  for (size_t i = 0; program->verb[i]; i++) {
    if (verb_option(program->verb[i], name)) return program->verb[i];
  }
  return NULL;
}

static bool is_petsc(const graft_program *program, const char *name) {
  static const char *const prefix[] = {"ksp_",  "pc_", "mat_", "vec_",    "ts_",
                                       "snes_", "dm_", "log_", "malloc_", "options_"};
  if (!program->petsc || strcmp(name, "options_file") == 0) return false;
  for (size_t i = 0; i < sizeof prefix / sizeof *prefix; i++) {
    size_t length = strlen(prefix[i]);
    if (strncmp(name, prefix[i], length) == 0 && name[length]) return true;
  }
  return false;
}

/* The verb's option whose name is closest, one that begins with the other before all; NULL if
 * none is near. */
static const char *nearest(const graft_verb *verb, const char *name) {
  const char *best = NULL;
  char hint[GRAFT_HINT_SIZE];
  size_t best_distance = 0;
  for (const graft_section *s = verb->section; s->rows; s++) {
    for (const graft_option *row = s->rows; row->name; row++) {
      size_t a = strlen(name), b = strlen(row->name), shorter = a < b ? a : b;
      bool begins = shorter > 1 && strncmp(name, row->name, shorter) == 0;
      size_t distance = begins ? 1 : graft_name_distance(name, row->name);
      if (!best || distance < best_distance) {
        best = row->name;
        best_distance = distance;
      }
    }
  }
  return best && *graft_name_hint(name, best, hint) ? best : NULL;
}

static graft_status refuse_unknown(const graft_program *program, const graft_verb *verb,
                                   const char *source, const char *name, bool two_dashes) {
  const char *blank = *source ? ": " : "", *near = nearest(verb, name);
  const graft_verb *other = option_owner(program, name);
  if (other && !two_dashes) {
    return graft_error_set(GRAFT_USAGE, __FILE__, __LINE__,
                           "%s%s-%s is an option of '%s', not of '%s'", source, blank, name,
                           other->name, verb->name);
  }
  if (near) {
    return graft_error_set(GRAFT_USAGE, __FILE__, __LINE__,
                           "%s%sunknown option %s-%s (did you mean -%s?)", source, blank,
                           two_dashes ? "-" : "", name, near);
  }
  return graft_error_set(GRAFT_USAGE, __FILE__, __LINE__,
                         "%s%sunknown option %s-%s (see %s %s --help)", source, blank,
                         two_dashes ? "-" : "", name, program->name, verb->name);
}

/* Add a setting after checking its name; PETSc's go to their own list. */
static graft_status take(const graft_program *program, const graft_verb *verb, struct settings *s,
                         const char *name, const char *value, const char *origin) {
  if (s->level == COMMAND_LINE) {
    GRAFT_CHECK(!settings_get(s, name), USAGE, "-%s: expected once, got it twice", name);
  }
  if (verb_option(verb, name) || is_petsc(program, name)) {
    return settings_add(s, name, value, origin);
  }
  if (s->level != COMMAND_LINE && option_owner(program, name)) return GRAFT_OK;
  return refuse_unknown(program, verb, s->source, name, false);
}

static bool is_option(const char *word) {
  return word[0] == '-' && (isalpha((unsigned char)word[1]) || word[1] == '-');
}

static bool is_truth(const char *word) {
  static const char *const text[] = {"true", "yes", "on", "1", "false", "no", "off", "0"};
  for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
    if (strcmp(word, text[i]) == 0) return true;
  }
  return false;
}

/* Take the option at word[0] and its value; *used = number of words that were taken. */
static graft_status take_words(const graft_program *program, const graft_verb *verb,
                               struct settings *s, size_t count, char *const *word, size_t *used) {
  const char *blank = *s->source ? ": " : "";
  char name[64], origin[TEXT];
  GRAFT_CHECK(is_option(word[0]), USAGE, "%s%sstray word '%.200s', expected an option -name",
              s->source, blank, word[0]);
  const char *text = word[0] + 1 + (word[0][1] == '-'), *equals = strchr(text, '=');
  size_t length = equals ? (size_t)(equals - text) : strlen(text);
  GRAFT_CHECK(length > 0 && length < sizeof name, USAGE, "%s%sunknown option %.200s", s->source,
              blank, word[0]);
  memcpy(name, text, length);
  name[length] = '\0';
  if (word[0][1] == '-') return refuse_unknown(program, verb, s->source, name, true);
  snprintf(origin, sizeof origin, "%s%s-%s", s->source, blank, name);
  const graft_option *row = verb_option(verb, name);
  if (!row && option_owner(program, name)) row = verb_option(option_owner(program, name), name);
  const char *next = count > 1 && !is_option(word[1]) ? word[1] : NULL, *value = next;
  bool boolean = row && row->type == GRAFT_OPTION_BOOL;
  if (equals) {
    value = equals + 1;
  } else if (boolean && !(next && is_truth(next))) {
    value = "true";
  } else if (!row && !next) {
    value = ""; /* PETSc's options need no value; unknown ones are refused below */
  }
  if (row && !value) {
    char expected[TEXT];
    return graft_error_set(GRAFT_USAGE, __FILE__, __LINE__, "%s: missing value, expected %s",
                           origin, graft_option_expected(row, expected, sizeof expected));
  }
  *used = value == next && next ? 2 : 1;
  return take(program, verb, s, name, value, origin);
}

static graft_status settings_from_words(const graft_program *program, const graft_verb *verb,
                                        struct settings *s, size_t count, char *const *word) {
  for (size_t i = 0, used = 0; i < count; i += used) {
    GRAFT_TRY(take_words(program, verb, s, count - i, word + i, &used));
  }
  return GRAFT_OK;
}

static graft_status settings_from_file(const graft_program *program, const graft_verb *verb,
                                       struct settings *s, const char *path) {
  graft_yaml yaml;
  char origin[2 * TEXT], source[TEXT];
  graft_status status = GRAFT_OK;
  GRAFT_TRY(graft_yaml_read(path, &yaml));
  for (size_t i = 0; i < yaml.entries; i++) {
    const graft_yaml_entry *entry = &yaml.entry[i];
    snprintf(source, sizeof source, "%s:%d", path, entry->line);
    snprintf(origin, sizeof origin, "%s: %s", source, entry->key);
    s->source = source;
    GRAFT_TRY_TO(done, take(program, verb, s, entry->key, entry->value, origin));
  }
done:
  s->source = "";
  graft_yaml_fini(&yaml);
  return status;
}

/* Set an option in all sections that have it. */
static graft_status set_all(const graft_verb *verb, void *config, const char *name,
                            const char *value, const char *origin) {
  for (const graft_section *s = verb->section; s->rows; s++) {
    const graft_option *row = graft_option_find(s->rows, name);
    if (row) GRAFT_TRY(graft_option_set(row, (char *)config + s->offset, origin, value));
  }
  return GRAFT_OK;
}

/* Defaults, then the preset, then all settings in order of precedence. */
static graft_status apply(const graft_program *program, const graft_verb *verb, void *config,
                          graft_words *petsc, const struct settings *source, size_t sources) {
  const graft_option *row = verb_option(verb, "preset");
  const char *preset = row ? row->value : "";
  for (size_t i = 0; i < sources; i++) {
    const char *value = settings_get(&source[i], "preset");
    if (value) GRAFT_TRY(set_all(verb, config, "preset", value, "-preset"));
    if (value) preset = value;
  }
  for (const graft_section *s = verb->section; s->rows; s++) {
    GRAFT_TRY(graft_option_defaults(s->rows, (char *)config + s->offset));
    if (*preset) GRAFT_TRY(program->preset(program, preset, s->rows, (char *)config + s->offset));
  }
  for (size_t i = 0; i < sources; i++) {
    for (size_t j = 0; j < source[i].name.count; j++) {
      const char *name = source[i].name.word[j], *value = source[i].value.word[j];
      if (is_petsc(program, name)) {
        char option[TEXT];
        snprintf(option, sizeof option, "-%s", name);
        GRAFT_TRY(graft_words_add(petsc, option));
        if (*value) GRAFT_TRY(graft_words_add(petsc, value));
      } else {
        GRAFT_TRY(set_all(verb, config, name, value, source[i].origin.word[j]));
      }
    }
  }
  return GRAFT_OK;
}

graft_status graft_options_parse(const graft_program *program, const graft_verb *verb, size_t count,
                                 char *const *word, const char *environment, void *config,
                                 graft_words *petsc) {
  struct settings source[3] = {{.level = ENVIRONMENT, .source = "GRAFT_OPTIONS"},
                               {.level = OPTIONS_FILE, .source = ""},
                               {.level = COMMAND_LINE, .source = ""}};
  graft_words split = {0};
  graft_status status = GRAFT_OK;
  GRAFT_TRY_TO(done, settings_from_words(program, verb, &source[2], count, word));
  if (environment) {
    GRAFT_TRY_TO(done, graft_words_split(&split, source[0].source, environment));
  }
  GRAFT_TRY_TO(done, settings_from_words(program, verb, &source[0], split.count, split.word));
  const char *path = settings_get(&source[2], "options_file");
  if (!path) path = settings_get(&source[0], "options_file");
  if (path) GRAFT_TRY_TO(done, settings_from_file(program, verb, &source[1], path));
  GRAFT_TRY_TO(done, apply(program, verb, config, petsc, source, 3));
done:
  graft_words_fini(&split);
  for (size_t i = 0; i < 3; i++) settings_fini(&source[i]);
  return status;
}

graft_status graft_options_effective(const graft_verb *verb, const void *config,
                                     const graft_words *petsc, graft_yaml *yaml) {
  char text[TEXT];
  for (const graft_section *s = verb->section; s->rows; s++) {
    for (const graft_option *row = s->rows; row->name && !s->transient; row++) {
      graft_option_get(row, (const char *)config + s->offset, text, sizeof text);
      if (!graft_yaml_find(yaml, row->name)) GRAFT_TRY(graft_yaml_put(yaml, row->name, text));
    }
  }
  for (size_t i = 0; i < petsc->count; i++) {
    const char *name = petsc->word[i] + 1;
    bool valued = i + 1 < petsc->count && !is_option(petsc->word[i + 1]);
    GRAFT_TRY(graft_yaml_put(yaml, name, valued ? petsc->word[++i] : ""));
  }
  return GRAFT_OK;
}

bool graft_options_may_change(void *verb, const char *name) {
  const graft_verb *const *pointer = verb;
  const graft_option *row = verb_option(*pointer, name);
  return row && row->may_change;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "apps/help.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"

enum { TEXT = 1024, WIDTH = 96 };

static void print_examples(FILE *file, const graft_program *program, const char *const *example) {
  fprintf(file, "Examples\n");
  for (size_t i = 0; example[i]; i++) fprintf(file, "  %s %s\n", program->command, example[i]);
}

void graft_help_program(FILE *file, const graft_program *program) {
  fprintf(file, "%s: %s\n\n", program->name, program->summary);
  print_examples(file, program, program->example);
  fprintf(file, "\nVerbs (each explains its options: %s VERB --help, all of them: --help all)\n",
          program->command);
  for (size_t i = 0; program->verb[i]; i++) {
    fprintf(file, "  %-10s%s\n", program->verb[i]->name, program->verb[i]->summary);
  }
  fprintf(file,
          "\nOptions are written -name value or -name=value. Later ones beat earlier ones:\n"
          "defaults, -preset, the variable GRAFT_OPTIONS, -options_file F.yaml, command line.\n");
  if (program->petsc) {
    fprintf(file, "Options -ksp_… -pc_… -mat_… -log_… and the like are handed on to PETSc.\n");
  }
  fprintf(file,
          "\nExit codes: 0 done, 1 internal error, 2 usage or configuration, 3 bad input file,"
          "\n4 diverged, 5 accuracy not reached, 6 output can't be written, 75 stopped by a "
          "signal.\n");
}

static const char *kind(const graft_option *row) {
  static const char *const name[] = {"", "N", "X", "TEXT", "A,B", "NAME"};
  bool path = row->capacity >= GRAFT_PATH_SIZE && row->type == GRAFT_OPTION_STRING;
  return path                                               ? "PATH"
         : row->choices && row->type == GRAFT_OPTION_STRING ? "NAME"
                                                            : name[row->type];
}

/* "default 0.001, a number in [0, 1] s"; the default first, nothing said twice. */
static const char *facts(const graft_option *row, const char *value, char *text, size_t size) {
  char expected[TEXT];
  bool plain = row->type >= GRAFT_OPTION_STRING && !row->choices;
  graft_option_expected(row, expected, sizeof expected);
  if (row->type == GRAFT_OPTION_BOOL) {
    snprintf(text, size, "default %s", value);
  } else if (plain) {
    snprintf(text, size, *value ? "default %s" : "%.0s", value);
  } else if (*value) {
    snprintf(text, size, "default %s; %s", value, expected);
  } else {
    snprintf(text, size, "%s", expected);
  }
  return text;
}

/* Print words of text, wrapped, starting at column `column` of the page, continued at `indent`. */
static void print_wrapped(FILE *file, const char *text, size_t column, size_t indent) {
  while (*text) {
    size_t length = strcspn(text, " ");
    if (column > indent && column + 1 + length > WIDTH) {
      fprintf(file, "\n%*s", (int)indent, "");
      column = indent;
    } else if (column > indent) {
      fputc(' ', file);
      column++;
    }
    fprintf(file, "%.*s", (int)length, text);
    column += length;
    text += length + (text[length] == ' ');
  }
  fputc('\n', file);
}

/* Was an option of that name in an earlier section? */
static bool shown_before(const graft_verb *verb, const graft_section *section, const char *name) {
  for (const graft_section *s = verb->section; s != section; s++) {
    if (graft_option_find(s->rows, name)) return true;
  }
  return false;
}

/* A verb's options as they are when nothing is set. */
struct page {
  FILE *file;
  const graft_program *program;
  const graft_verb *verb;
  void *config;
};

static void print_row(const struct page *page, const graft_section *section,
                      const graft_option *row, bool full) {
  enum { INDENT = 26 };
  char head[TEXT], text[4 * TEXT], fact[2 * TEXT], value[TEXT];
  snprintf(head, sizeof head, "  -%s %s", row->name, kind(row));
  graft_option_get(row, (const char *)page->config + section->offset, value, sizeof value);
  snprintf(fact, sizeof fact, "%s", value);
  if (full) facts(row, value, fact, sizeof fact);
  snprintf(text, sizeof text, *fact ? "%s [%s]" : "%s", row->help, fact);
  size_t length = strlen(head);
  if (length >= INDENT) {
    fprintf(page->file, "%s\n%*s", head, INDENT, "");
  } else {
    fprintf(page->file, "%-*s", INDENT, head);
  }
  print_wrapped(page->file, text, INDENT, INDENT);
}

/* Is the word in a list parted by blanks? */
static bool listed(const char *list, const char *word) {
  size_t length = strlen(word);
  for (const char *at = list; (at = strstr(at, word)); at++) {
    bool begins = at == list || at[-1] == ' ', ends = at[length] == ' ' || at[length] == '\0';
    if (begins && ends) return true;
  }
  return false;
}

/* Options of a section, those on the list only if there is one, with a heading. */
static size_t print_section(const struct page *page, const graft_section *s, const char *list) {
  size_t shown = 0;
  for (const graft_option *row = s->rows; row->name; row++) {
    if (shown_before(page->verb, s, row->name) || (list && !listed(list, row->name))) continue;
    if (shown++ == 0) fprintf(page->file, "\n%s\n", s->title);
    print_row(page, s, row, !list);
  }
  return shown;
}

static size_t count_options(const graft_verb *verb) {
  size_t count = 0;
  for (const graft_section *s = verb->section; s->rows; s++) {
    for (const graft_option *row = s->rows; row->name; row++) {
      count += !shown_before(verb, s, row->name);
    }
  }
  return count;
}

static void print_page(const struct page *page, const char *what) {
  const graft_verb *verb = page->verb;
  const char *command = page->program->command;
  const char *list = what && strcmp(what, "all") == 0 ? NULL : verb->main;
  for (const graft_section *s = verb->section; s->rows && what; s++) {
    const graft_option *row = graft_option_find(s->rows, what + (*what == '-'));
    if (row) {
      print_row(page, s, row, true);
      return;
    }
  }
  fprintf(page->file, "%s %s: %s\n\n", command, verb->name, verb->summary);
  print_examples(page->file, page->program, verb->example);
  for (const graft_section *s = verb->section; s->rows; s++) print_section(page, s, list);
  if (!list) return;
  fprintf(page->file, "\nAll %zu options: %s %s --help all; one of them: --help NAME\n",
          count_options(verb), command, verb->name);
}

graft_status graft_help_verb(FILE *file, const graft_program *program, const graft_verb *verb,
                             const char *what) {
  struct page page = {.file = file, .program = program, .verb = verb};
  graft_words petsc = {0};
  GRAFT_TRY(graft_alloc(&page.config, 1, verb->config_size));
  graft_status status = graft_options_parse(program, verb, 0, NULL, NULL, page.config, &petsc);
  if (status == GRAFT_OK) print_page(&page, what);
  graft_words_fini(&petsc);
  graft_free(page.config);
  return status;
}

/* Text for roff: '-' as a minus, '\' doubled, no control line. */
static void print_roff(FILE *file, const char *text) {
  if (*text == '.' || *text == '\'') fputs("\\&", file);
  for (; *text; text++) {
    if (*text == '-') {
      fputs("\\-", file);
    } else if (*text == '\\') {
      fputs("\\e", file);
    } else {
      fputc(*text, file);
    }
  }
}

static void man_row(FILE *file, const graft_option *row) {
  char fact[2 * TEXT];
  fputs(".TP\n.B ", file);
  fputs("\\-", file);
  print_roff(file, row->name);
  fprintf(file, " %s\n", kind(row));
  print_roff(file, row->help);
  if (*facts(row, row->value, fact, sizeof fact)) {
    fputs(" [", file);
    print_roff(file, fact);
    fputc(']', file);
  }
  fputc('\n', file);
}

static void man_examples(FILE *file, const graft_program *program, const char *const *example) {
  fputs(".nf\n", file);
  for (size_t i = 0; example[i]; i++) {
    print_roff(file, program->command);
    fputc(' ', file);
    print_roff(file, example[i]);
    fputc('\n', file);
  }
  fputs(".fi\n", file);
}

void graft_help_man(FILE *file, const graft_program *program) {
  fprintf(file, ".TH %s 1 \"\" \"Graft %s\" \"Graft\"\n.SH NAME\n%s \\- ", program->name,
          program->version, program->name);
  print_roff(file, program->summary);
  fprintf(file, "\n.SH SYNOPSIS\n.B %s\n.I VERB\n[\\-name value | \\-name=value …]\n.SH EXAMPLES\n",
          program->name);
  man_examples(file, program, program->example);
  fputs(".SH OPTIONS\nPrecedence, later ones beat earlier ones: defaults, the preset, the variable "
        "GRAFT_OPTIONS, the file of \\-options_file, the command line.\n",
        file);
  for (size_t i = 0; program->verb[i]; i++) {
    const graft_verb *verb = program->verb[i];
    fprintf(file, ".SH %s\n", verb->name);
    print_roff(file, verb->summary);
    fputc('\n', file);
    man_examples(file, program, verb->example);
    for (const graft_section *s = verb->section; s->rows; s++) {
      fprintf(file, ".SS \"%s\"\n", s->title);
      for (const graft_option *row = s->rows; row->name; row++) {
        if (!shown_before(verb, s, row->name)) man_row(file, row);
      }
    }
  }
  fputs(".SH EXIT STATUS\n0 done, 1 internal error, 2 usage or configuration, 3 bad input file, 4 "
        "diverged or not converged, 5 accuracy not reached, 6 output can't be written, 75 stopped "
        "by a signal.\n.SH ENVIRONMENT\n.B GRAFT_OPTIONS\nholds options, written as on the command "
        "line.\n.B NO_COLOR\nswitches colours off.\n",
        file);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* What a file of Graft is and how it was made. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "apps/info.h"
#include "base/option.h"
#include "io/bundle_file.h"

static const char help[] =
    "usage:\n"
    "  graft-info data.h5                 what it is, how it was made, ranges of its fields\n"
    "  graft-info data.h5 -check          read everything; exit 3 naming what is wrong\n"
    "  graft-info runs/a/model.h5 -json   the same as JSON\n"
    "  graft-info model.h5 -export        all arrays as CSV: name, type, shape, values\n"
    "\n"
    "Describe HDF5 files of Graft: data sets, models, checkpoints, predictions.\n"
    "\n"
    "options:\n"
    "  -check      read everything and check it (checksums, ranges, finite values)\n"
    "  -export     print every array of a model or checkpoint as CSV\n"
    "  -json       print JSON\n"
    "  --help      this text\n"
    "  --version   version of Graft\n"
    "\n"
    "exit codes: 0 done, 2 usage, 3 bad file, 6 output can't be written\n";

/* The help as a man page. */
static void print_man(void) {
  printf(".TH GRAFT\\-INFO 1 \"\" \"Graft %s\"\n.SH NAME\n"
         "graft\\-info \\- what a file of Graft is and how it was made\n.SH SYNOPSIS\n.nf\n",
         graft_version());
  for (const char *c = help; *c; c++) {
    if (*c == '-' || *c == '\\') putchar('\\');
    putchar(*c);
  }
  printf(".fi\n");
}

struct request {
  const char *path;
  bool check, export, json;
};

static const char *const names[] = {"-check", "-export", "-json", "--help", "--version"};

static graft_status parse(int argc, char **argv, struct request *r) {
  enum { N = sizeof names / sizeof *names };
  for (int i = 1; i < argc; i++) {
    const char *word = argv[i];
    bool *flag = strcmp(word, "-check") == 0    ? &r->check
                 : strcmp(word, "-export") == 0 ? &r->export
                 : strcmp(word, "-json") == 0   ? &r->json
                                                : NULL;
    if (flag) {
      *flag = true;
    } else if (word[0] == '-') {
      size_t best = 0;
      for (size_t k = 1; k < N; k++) {
        if (graft_name_distance(word, names[k]) < graft_name_distance(word, names[best])) best = k;
      }
      return graft_error_set(GRAFT_USAGE, __FILE__, __LINE__,
                             "unknown option '%.200s' (did you mean '%s'?)", word, names[best]);
    } else {
      GRAFT_CHECK(!r->path, USAGE, "expected one file, got a second one '%.200s'", word);
      r->path = word;
    }
  }
  GRAFT_CHECK(r->path, USAGE, "expected a file, e.g. 'graft-info data.h5' (see graft-info --help)");
  GRAFT_CHECK(r->check + r->export <= 1, USAGE, "expected one of -check and -export, got both");
  GRAFT_CHECK(!(r->export && r->json), USAGE, "expected -export or -json, got both");
  return GRAFT_OK;
}

static graft_status run(int argc, char **argv) {
  struct request r = {0};
  char kind[GRAFT_KIND_SIZE];
  GRAFT_TRY(parse(argc, argv, &r));
  GRAFT_TRY(graft_file_kind(r.path, kind));
  if (r.check) return graft_info_check(r.path, kind, r.json);
  if (r.export) return graft_info_export(r.path);
  return strcmp(kind, "dataset") == 0 ? graft_info_dataset(r.path, r.json)
                                      : graft_info_bundle(r.path, r.json);
}

int main(int argc, char **argv) {
  graft_status status = GRAFT_OK;
  bool asked_help = false, asked_version = false, asked_man = false;
  for (int i = 1; i < argc; i++) {
    asked_help |= strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0;
    asked_version |= strcmp(argv[i], "--version") == 0;
    asked_man |= strcmp(argv[i], "--man") == 0;
  }
  if (asked_help) {
    fputs(help, stdout);
  } else if (asked_version) {
    printf("graft-info %s\n", graft_version());
  } else if (asked_man) {
    print_man();
  } else {
    status = run(argc, argv);
  }
  if ((fflush(stdout) != 0 || ferror(stdout)) && status == GRAFT_OK) {
    status = graft_error_set(GRAFT_OUTPUT, __FILE__, __LINE__,
                             "standard output: can't be written: %s", strerror(errno));
  }
  if (status != GRAFT_OK) fprintf(stderr, "graft-info: %s\n", graft_error_message());
  return graft_status_exit_code(status);
}

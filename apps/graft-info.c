/* SPDX-License-Identifier: BSD-2-Clause */
/* What a file of Graft is and how it was made. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "apps/info.h"
#include "apps/options.h"
#include "base/option.h"
#include "io/bundle_file.h"
#include "io/dataset_merge.h"
#include "io/xdmf.h"

static const char help[] =
    "usage:\n"
    "  graft-info data.h5                 what it is, how it was made, ranges of its fields\n"
    "  graft-info data.h5 -check          read everything; exit 3 naming what is wrong\n"
    "  graft-info runs/a/model.h5 -json   the same as JSON\n"
    "  graft-info model.h5 -export        all arrays as CSV: name, type, shape, values\n"
    "  graft-info -merge all.h5 a.h5 b.h5 one data set out of parts (solve -first)\n"
    "  graft-info -diff runs/a runs/b     what differs: options, arrays, samples; exit 5 if "
    "content\n"
    "\n"
    "Describe HDF5 files of Graft: data sets, models, checkpoints, predictions.\n"
    "\n"
    "options:\n"
    "  -check      read everything and check it (checksums, ranges, finite values)\n"
    "  -export     print every array of a model or checkpoint as CSV\n"
    "  -xdmf       write FILE.xmf beside a data set, for ParaView and VisIt\n"
    "  -merge      write the first file from the others: data sets of different samples, else "
    "alike\n"
    "  -diff       say what differs between two files, or the models of two runs\n"
    "  -json       print JSON\n"
    "  --help      this text\n"
    "  --version   version of Graft\n"
    "\n"
    "exit codes: 0 done, 2 usage, 3 bad file, 5 content differs (-diff), 6 output can't be "
    "written\n";

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

enum { MOST_PARTS = 4096 };

struct request {
  const char *path; /* with -merge: of the new file */
  const char *part[MOST_PARTS];
  size_t parts;
  bool check, diff, export, json, merge, xdmf;
};

static const char *const names[] = {"-check", "-diff", "-export", "-json",
                                    "-merge", "-xdmf", "--help",  "--version"};

static graft_status parse(int argc, char **argv, struct request *r) {
  enum { N = sizeof names / sizeof *names };
  for (int i = 1; i < argc; i++) {
    const char *word = argv[i];
    bool *flag = strcmp(word, "-check") == 0    ? &r->check
                 : strcmp(word, "-diff") == 0   ? &r->diff
                 : strcmp(word, "-export") == 0 ? &r->export
                 : strcmp(word, "-json") == 0   ? &r->json
                 : strcmp(word, "-merge") == 0  ? &r->merge
                 : strcmp(word, "-xdmf") == 0   ? &r->xdmf
                                                : NULL;
    if (flag) {
      *flag = true;
    } else if (word[0] == '-') {
      size_t best = 0;
      for (size_t k = 1; k < N; k++) {
        if (graft_name_distance(word, names[k]) < graft_name_distance(word, names[best])) best = k;
      }
      char hint[GRAFT_HINT_SIZE];
      return graft_error_set(GRAFT_USAGE, __FILE__, __LINE__, "unknown option '%.200s'%s", word,
                             graft_name_hint(word, names[best], hint));
    } else if (!r->path) {
      r->path = word;
    } else {
      GRAFT_CHECK(r->parts < MOST_PARTS, USAGE, "-merge: expected at most %d parts", MOST_PARTS);
      r->part[r->parts++] = word;
    }
  }
  GRAFT_CHECK(!r->diff || r->parts == 1, USAGE, "-diff: expected two files, got %zu",
              r->parts + (r->path != NULL));
  GRAFT_CHECK(!(r->diff && r->json), USAGE, "expected -diff or -json, got both");
  GRAFT_CHECK(r->merge || r->diff || r->parts == 0, USAGE,
              "expected one file, got a second one '%.200s'", r->part[0]);
  GRAFT_CHECK(!r->merge || r->parts > 0, USAGE,
              "-merge: expected a file to write and parts, e.g. '-merge all.h5 a.h5 b.h5'");
  GRAFT_CHECK(r->path, USAGE, "expected a file, e.g. 'graft-info data.h5' (see graft-info --help)");
  GRAFT_CHECK(r->check + r->diff + r->export + r->merge + r->xdmf <= 1, USAGE,
              "expected one of -check, -diff, -export, -merge and -xdmf, got several");
  GRAFT_CHECK(!(r->export && r->json), USAGE, "expected -export or -json, got both");
  return GRAFT_OK;
}

static graft_status merge(int argc, char **argv, const struct request *r) {
  graft_provenance provenance;
  GRAFT_TRY(graft_provenance_init(&provenance, argc, argv, 1, 1));
  graft_status status = graft_dataset_merge(r->path, r->parts, r->part, &provenance);
  graft_provenance_fini(&provenance);
  GRAFT_TRY(status);
  return graft_info_dataset(r->path, r->json);
}

static graft_status xdmf(const char *path) {
  char name[GRAFT_PATH_SIZE];
  graft_source source;
  GRAFT_TRY(graft_xdmf_path(path, false, name, sizeof name));
  GRAFT_TRY(graft_dataset_open(path, &source));
  graft_status status = graft_xdmf_write(name, path, &source);
  if (status == GRAFT_OK) printf("%s: %s\n", path, name);
  if (status == GRAFT_OK && source.info.node_start) {
    status = graft_xdmf_path(path, true, name, sizeof name);
    if (status == GRAFT_OK) status = graft_xdmf_write_nodes(name, path, &source);
    if (status == GRAFT_OK) printf("%s: %s\n", path, name);
  }
  graft_source_fini(&source);
  return status;
}

static graft_status run(int argc, char **argv) {
  struct request r = {0};
  char kind[GRAFT_KIND_SIZE];
  GRAFT_TRY(parse(argc, argv, &r));
  if (r.merge) return merge(argc, argv, &r);
  if (r.diff) return graft_info_diff(r.path, r.part[0]);
  if (r.xdmf) return xdmf(r.path);
  GRAFT_TRY(graft_file_kind(r.path, kind));
  if (r.check) return graft_info_check(r.path, kind, r.json);
  if (r.export) return graft_info_export(r.path);
  if (strcmp(kind, "dataset") == 0) return graft_info_dataset(r.path, r.json);
  if (strcmp(kind, "features") == 0) return graft_info_features(r.path, r.json);
  return graft_info_bundle(r.path, r.json);
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

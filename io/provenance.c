/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/provenance.h"

#include <hdf5.h>
#include <mpi.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <yaml.h>

#include "base/arena.h"
#include "io/version.h"

const char *graft_version(void) { return GRAFT_VERSION; }

const char *graft_version_git(void) { return GRAFT_GIT; }

static graft_status copy_text(char **to, const char *from) {
  char *copy;
  GRAFT_TRY(graft_alloc(&copy, strlen(from) + 1, 1));
  memcpy(copy, from, strlen(from) + 1);
  graft_free(*to);
  *to = copy;
  return GRAFT_OK;
}

/* Append one argument as a shell would need it: bare, or in single quotes with ' as '\''. */
static size_t quote(const char *arg, char *to) {
  static const char plain[] =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+./:,=@%";
  size_t n = 0;
  if (arg[0] && arg[strspn(arg, plain)] == '\0') {
    memcpy(to, arg, strlen(arg) + 1);
    return strlen(arg);
  }
  to[n++] = '\'';
  for (; *arg; arg++) {
    if (*arg == '\'') {
      memcpy(to + n, "'\\''", 5);
      n += 4;
    } else {
      to[n++] = *arg == '\n' ? ' ' : *arg;
    }
  }
  to[n++] = '\'';
  return n;
}

static graft_status join_command(int argc, char *const *argv, char **out) {
  size_t size = 1;
  for (int i = 0; i < argc; i++) size += 4 * strlen(argv[i]) + 3;
  GRAFT_TRY(graft_alloc(out, size, 1));
  size_t n = 0;
  for (int i = 0; i < argc; i++) {
    if (i > 0) (*out)[n++] = ' ';
    n += quote(argv[i], *out + n);
  }
  (*out)[n] = '\0';
  return GRAFT_OK;
}

static graft_status add_own_libraries(graft_provenance *p) {
  char text[MPI_MAX_LIBRARY_VERSION_STRING] = "";
  unsigned major, minor, release;
  int length, yaml_major, yaml_minor, yaml_patch;
  H5get_libversion(&major, &minor, &release);
  snprintf(text, sizeof text, "%u.%u.%u", major, minor, release);
  GRAFT_TRY(graft_provenance_add_library(p, "HDF5", text));
  MPI_Get_library_version(text, &length);
  text[strcspn(text, ",\n")] = '\0';
  GRAFT_TRY(graft_provenance_add_library(p, "MPI", text));
  yaml_get_version(&yaml_major, &yaml_minor, &yaml_patch);
  snprintf(text, sizeof text, "%d.%d.%d", yaml_major, yaml_minor, yaml_patch);
  return graft_provenance_add_library(p, "libyaml", text);
}

static graft_status fill(graft_provenance *p, int argc, char *const *argv) {
  GRAFT_TRY(copy_text(&p->options, ""));
  GRAFT_TRY(copy_text(&p->libraries, ""));
  GRAFT_TRY(join_command(argv ? argc : 0, argv, &p->command));
  return add_own_libraries(p);
}

graft_status graft_provenance_init(graft_provenance *p, int argc, char *const *argv, int ranks,
                                   int threads) {
  time_t now = time(NULL);
  struct tm utc;
  *p = (graft_provenance){.ranks = ranks, .threads = threads};
  snprintf(p->version, sizeof p->version, "%s", graft_version());
  snprintf(p->git, sizeof p->git, "%s", graft_version_git());
  if (gmtime_r(&now, &utc)) strftime(p->utc, sizeof p->utc, "%Y-%m-%dT%H:%M:%SZ", &utc);
  graft_status status = fill(p, argc, argv);
  if (status != GRAFT_OK) graft_provenance_fini(p);
  return status;
}

void graft_provenance_fini(graft_provenance *p) {
  graft_free(p->command);
  graft_free(p->options);
  graft_free(p->libraries);
  *p = (graft_provenance){0};
}

graft_status graft_provenance_add_library(graft_provenance *p, const char *name,
                                          const char *version) {
  size_t old = strlen(p->libraries), size = old + strlen(name) + strlen(version) + 3;
  char *grown;
  GRAFT_TRY(graft_alloc(&grown, size, 1));
  snprintf(grown, size, "%s%s%s %s", p->libraries, old ? "\n" : "", name, version);
  graft_free(p->libraries);
  p->libraries = grown;
  return GRAFT_OK;
}

graft_status graft_provenance_set_options(graft_provenance *p, const char *yaml) {
  return copy_text(&p->options, yaml);
}

graft_status graft_provenance_put(const graft_provenance *p, graft_bundle *bundle) {
  const char *name[] = {"command", "options", "libraries", "version", "git", "utc"};
  const char *text[] = {p->command, p->options, p->libraries, p->version, p->git, p->utc};
  char path[64];
  for (size_t i = 0; i < sizeof name / sizeof *name; i++) {
    snprintf(path, sizeof path, "provenance/%s", name[i]);
    GRAFT_TRY(graft_bundle_put_text(bundle, path, text[i] ? text[i] : ""));
  }
  GRAFT_TRY(graft_bundle_put_int(bundle, "provenance/seed", (int64_t)p->seed));
  GRAFT_TRY(graft_bundle_put_int(bundle, "provenance/ranks", p->ranks));
  return graft_bundle_put_int(bundle, "provenance/threads", p->threads);
}

static const char *get_text(const graft_bundle *bundle, const char *name) {
  const char *text;
  return graft_bundle_find(bundle, name) && graft_bundle_get_text(bundle, name, &text) == GRAFT_OK
             ? text
             : "";
}

static int64_t get_int(const graft_bundle *bundle, const char *name) {
  int64_t value;
  return graft_bundle_find(bundle, name) && graft_bundle_get_int(bundle, name, &value) == GRAFT_OK
             ? value
             : 0;
}

static graft_status get(graft_provenance *p, const graft_bundle *b) {
  GRAFT_TRY(copy_text(&p->command, get_text(b, "provenance/command")));
  GRAFT_TRY(copy_text(&p->options, get_text(b, "provenance/options")));
  GRAFT_TRY(copy_text(&p->libraries, get_text(b, "provenance/libraries")));
  snprintf(p->version, sizeof p->version, "%s", get_text(b, "provenance/version"));
  snprintf(p->git, sizeof p->git, "%s", get_text(b, "provenance/git"));
  snprintf(p->utc, sizeof p->utc, "%s", get_text(b, "provenance/utc"));
  p->seed = (uint64_t)get_int(b, "provenance/seed");
  p->ranks = (int)get_int(b, "provenance/ranks");
  p->threads = (int)get_int(b, "provenance/threads");
  return GRAFT_OK;
}

graft_status graft_provenance_get(graft_provenance *p, const graft_bundle *bundle) {
  *p = (graft_provenance){0};
  graft_status status = get(p, bundle);
  if (status != GRAFT_OK) graft_provenance_fini(p);
  return status;
}

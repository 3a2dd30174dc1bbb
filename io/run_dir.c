/* SPDX-License-Identifier: BSD-2-Clause */
#define _DEFAULT_SOURCE /* flock */
#include "io/run_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "io/atomic.h"
#include "io/bundle_file.h"

enum { PATH_SIZE = 4096 };

struct graft_run_dir {
  char *name;
  const graft_comm *comm;
  const graft_provenance *provenance;
  int lock;  /* fd of the lock file, −1 on ranks other than 0 */
  bool made; /* the directory was not there before */
  bool torn; /* checkpoint.h5 is damaged: not to be kept as the previous one */
  FILE *log; /* open for appending, NULL before the first row */
};

/* Open the lock file and lock it. Its last holder may remove it between our open and our lock: then
 * the name no longer leads to the file we hold, and we try again. */
static graft_status open_lock(graft_run_dir *run, const char *path, bool *taken) {
  for (int attempt = 0; attempt < 10; attempt++) {
    struct stat held, named;
    run->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    GRAFT_CHECK(run->lock >= 0, OUTPUT, "%s: can't be written: %s", run->name, strerror(errno));
    *taken = flock(run->lock, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
    if (!*taken) return GRAFT_OK;
    if (fstat(run->lock, &held) == 0 && stat(path, &named) == 0 && held.st_ino == named.st_ino &&
        held.st_dev == named.st_dev) {
      return GRAFT_OK;
    }
    close(run->lock);
    run->lock = -1;
  }
  return graft_error_set(GRAFT_OUTPUT, __FILE__, __LINE__, "%s/.lock: can't be locked", run->name);
}

/* The lock file holds process and host for the message; the lock itself goes with the process. */
static graft_status take_lock(graft_run_dir *run) {
  char path[PATH_SIZE], owner[320] = "", host[256] = "unknown";
  bool taken = false;
  graft_run_dir_path(run, ".lock", path, sizeof path);
  GRAFT_CHECK(path[0], OUTPUT, "%s: name too long", run->name);
  GRAFT_TRY(open_lock(run, path, &taken));
  if (!taken) {
    ssize_t n = read(run->lock, owner, sizeof owner - 1);
    owner[n > 0 ? n : 0] = '\0';
    owner[strcspn(owner, "\n")] = '\0';
    return graft_error_set(GRAFT_USAGE, __FILE__, __LINE__,
                           "%s: another run is using this directory (process %s)", run->name,
                           owner[0] ? owner : "unknown");
  }
  if (gethostname(host, sizeof host - 1) != 0) snprintf(host, sizeof host, "unknown");
  int n = snprintf(owner, sizeof owner, "%ld on %s\n", (long)getpid(), host);
  GRAFT_CHECK(ftruncate(run->lock, 0) == 0 && pwrite(run->lock, owner, (size_t)n, 0) == n, OUTPUT,
              "%s: can't be written: %s", run->name, strerror(errno));
  return GRAFT_OK;
}

static graft_status open_on_rank_0(graft_run_dir *run) {
  if (run->comm->rank != 0) return GRAFT_OK;
  run->made = !graft_file_exists(run->name);
  GRAFT_TRY(graft_directory_create(run->name));
  return take_lock(run);
}

graft_status graft_run_dir_open(const char *path, const graft_comm *comm,
                                const graft_provenance *provenance, graft_run_dir **out) {
  graft_run_dir *run = NULL;
  size_t n = strlen(path);
  *out = NULL;
  while (n > 1 && path[n - 1] == '/') n--;
  graft_status status = graft_alloc(&run, 1, sizeof *run);
  if (status == GRAFT_OK) {
    *run = (graft_run_dir){.comm = comm, .provenance = provenance, .lock = -1};
    status = graft_alloc(&run->name, n + 1, 1);
  }
  if (status == GRAFT_OK) {
    memcpy(run->name, path, n);
    status = open_on_rank_0(run);
  }
  status = graft_comm_agree(comm, status);
  if (status != GRAFT_OK) {
    graft_run_dir_close(run);
    return status;
  }
  *out = run;
  return GRAFT_OK;
}

/* A directory that this run made and left nothing in goes again. */
static void remove_if_empty(const graft_run_dir *run) {
  char path[PATH_SIZE];
  int others = 0;
  DIR *directory = opendir(run->name);
  if (!directory) return;
  for (const struct dirent *e = readdir(directory); e; e = readdir(directory)) {
    others += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 &&
              strcmp(e->d_name, ".lock") != 0;
  }
  closedir(directory);
  if (others > 0) return;
  graft_run_dir_path(run, ".lock", path, sizeof path);
  (void)unlink(path);
  (void)rmdir(run->name); /* best effort: an empty directory does no harm */
}

void graft_run_dir_close(graft_run_dir *run) {
  if (!run) return;
  if (run->log) fclose(run->log);
  if (run->lock >= 0 && run->made) remove_if_empty(run);
  if (run->lock >= 0) close(run->lock);
  graft_free(run->name);
  graft_free(run);
}

const char *graft_run_dir_name(const graft_run_dir *run) { return run->name; }

const char *graft_run_dir_path(const graft_run_dir *run, const char *file, char *text,
                               size_t size) {
  int n = snprintf(text, size, "%s/%s", run->name, file);
  if ((n < 0 || (size_t)n >= size) && size > 0) text[0] = '\0';
  return text;
}

/* Differences that matter between the old and the new configuration. */
static graft_status compare(const graft_run_dir *run, const graft_yaml *old, const graft_yaml *new,
                            graft_run_dir_may_change *may_change, void *ctx) {
  for (size_t i = 0; i < new->entries; i++) {
    const graft_yaml_entry *e = &new->entry[i];
    const graft_yaml_entry *before = graft_yaml_find(old, e->key);
    bool same = before && strcmp(before->value, e->value) == 0;
    GRAFT_CHECK(same || (may_change && may_change(ctx, e->key)), USAGE,
                "%s: was made with %s '%s', got '%s'; choose another directory or the old value",
                run->name, e->key, before ? before->value : "(unset)", e->value);
  }
  for (size_t i = 0; i < old->entries; i++) {
    const graft_yaml_entry *e = &old->entry[i];
    GRAFT_CHECK(graft_yaml_find(new, e->key) || (may_change && may_change(ctx, e->key)), USAGE,
                "%s: was made with %s '%s', got none; choose another directory or the old value",
                run->name, e->key, e->value);
  }
  return GRAFT_OK;
}

static graft_status configure(const graft_run_dir *run, const graft_yaml *config,
                              graft_run_dir_may_change *may_change, void *ctx, bool *existed) {
  char path[PATH_SIZE], *text;
  graft_run_dir_path(run, "config.yaml", path, sizeof path);
  *existed = graft_file_exists(path);
  if (*existed) {
    graft_yaml old;
    GRAFT_TRY(graft_yaml_read(path, &old));
    graft_status status = compare(run, &old, config, may_change, ctx);
    graft_yaml_fini(&old);
    GRAFT_TRY(status);
  }
  GRAFT_TRY(graft_yaml_print(config, &text));
  graft_status status = graft_atomic_write_text(path, text);
  graft_free(text);
  return status;
}

graft_status graft_run_dir_configure(graft_run_dir *run, const graft_yaml *config,
                                     graft_run_dir_may_change *may_change, void *ctx,
                                     bool *existed) {
  bool there = false;
  graft_status status = GRAFT_OK;
  if (run->comm->rank == 0) status = configure(run, config, may_change, ctx, &there);
  GRAFT_TRY(graft_comm_agree(run->comm, status));
  GRAFT_TRY(run->comm->broadcast(run->comm->ctx, &there, sizeof there));
  if (existed) *existed = there;
  return GRAFT_OK;
}

/* ---- log.csv ---- */

/* Number of the column, −1 if the header has none of this name. */
static int find_column(const char *header, const char *column) {
  size_t n = strlen(column);
  for (int i = 0;; i++) {
    size_t length = strcspn(header, ",\n");
    if (length == n && strncmp(header, column, n) == 0) return i;
    if (header[length] != ',') return -1;
    header += length + 1;
  }
}

/* Value of a row's column; a row that a kill cut short counts as infinitely late. */
static double column_value(const char *row, int column) {
  char *end;
  for (int i = 0; i < column; i++) {
    row += strcspn(row, ",\n");
    if (*row != ',') return HUGE_VAL;
    row++;
  }
  double value = strtod(row, &end);
  return end == row ? HUGE_VAL : value;
}

/* Does getline() have a line that no kill cut short? */
static bool is_whole(const char *line, ssize_t length) {
  return length > 0 && line[length - 1] == '\n';
}

/* Copy the header and the rows up to `last`; a line that a kill cut short is left out, be it the
 * header: nothing is copied then. */
static graft_status copy_rows(FILE *in, FILE *out, const char *path, const char *column,
                              double last) {
  char *line = NULL;
  size_t size = 0;
  ssize_t n = getline(&line, &size, in);
  const bool header = is_whole(line, n);
  const int number = header ? find_column(line, column) : -1;
  if (number >= 0) {
    fputs(line, out);
    while ((n = getline(&line, &size, in)) > 0) {
      if (is_whole(line, n) && column_value(line, number) <= last) fputs(line, out);
    }
  }
  const int error = errno;
  free(line);
  GRAFT_CHECK(!ferror(in), INPUT, "%s: can't be read: %s", path, strerror(error));
  GRAFT_CHECK(number >= 0 || !header, INPUT,
              "%s: expected a column '%s' in the first line, got none", path, column);
  GRAFT_CHECK(fflush(out) == 0 && !ferror(out), OUTPUT, "%s: can't be written: %s", path,
              strerror(errno));
  return GRAFT_OK;
}

static graft_status rewrite_log(const char *path, const char *column, double last) {
  graft_atomic atomic;
  FILE *in = fopen(path, "r");
  GRAFT_CHECK(in, INPUT, "%s: can't be read: %s", path, strerror(errno));
  graft_status status = graft_atomic_begin(&atomic, path);
  if (status == GRAFT_OK) {
    FILE *out = fopen(atomic.part, "w");
    if (out) {
      status = copy_rows(in, out, path, column, last);
      fclose(out);
    } else {
      status = graft_error_set(GRAFT_OUTPUT, __FILE__, __LINE__, "%s: can't be written: %s", path,
                               strerror(errno));
    }
    if (status == GRAFT_OK) {
      status = graft_atomic_commit(&atomic);
    } else {
      graft_atomic_abandon(&atomic);
    }
  }
  fclose(in);
  return status;
}

static graft_status truncate_log(const graft_run_dir *run, const char *column, double last) {
  char path[PATH_SIZE];
  if (run->comm->rank != 0) return GRAFT_OK;
  graft_run_dir_path(run, "log.csv", path, sizeof path);
  if (!graft_file_exists(path)) return GRAFT_OK;
  GRAFT_CHECK(!run->log, INTERNAL, "%s: truncated after the first row was written", path);
  if (last >= 0) return rewrite_log(path, column, last);
  GRAFT_CHECK(unlink(path) == 0, OUTPUT, "%s: can't be removed: %s", path, strerror(errno));
  return GRAFT_OK;
}

graft_status graft_run_dir_log_truncate(graft_run_dir *run, const char *column, double last) {
  return graft_comm_agree(run->comm, truncate_log(run, column, last));
}

/* The header as the log has it must be the one of the rows to come; without a whole one the log is
 * as good as absent: fresh. */
static graft_status check_header(const char *path, const char *const *name, size_t count,
                                 bool *fresh) {
  char *line = NULL;
  size_t size = 0, i = 0;
  FILE *in = fopen(path, "r");
  GRAFT_CHECK(in, INPUT, "%s: can't be read: %s", path, strerror(errno));
  ssize_t length = getline(&line, &size, in);
  const int error = ferror(in) ? errno : 0;
  *fresh = !is_whole(line, length);
  const char *at = *fresh ? "" : line;
  for (; i < count; i++) {
    size_t n = strlen(name[i]);
    if (strncmp(at, name[i], n) != 0 || at[n] != (i + 1 < count ? ',' : '\n')) break;
    at += n + 1;
  }
  free(line);
  fclose(in);
  GRAFT_CHECK(!error, INPUT, "%s: can't be read: %s", path, strerror(error));
  GRAFT_CHECK(*fresh || i == count, INPUT,
              "%s: expected column '%s' in the first line, got another one", path, name[i]);
  return GRAFT_OK;
}

static graft_status open_log(graft_run_dir *run, const char *const *name, size_t count) {
  char path[PATH_SIZE];
  graft_run_dir_path(run, "log.csv", path, sizeof path);
  bool fresh = true;
  if (graft_file_exists(path)) GRAFT_TRY(check_header(path, name, count, &fresh));
  run->log = fopen(path, fresh ? "w" : "a");
  GRAFT_CHECK(run->log, OUTPUT, "%s: can't be written: %s", path, strerror(errno));
  for (size_t i = 0; fresh && i < count; i++) {
    fprintf(run->log, "%s%c", name[i], i + 1 < count ? ',' : '\n');
  }
  return GRAFT_OK;
}

/* A value as text: whole numbers in full, so that steps stay steps. */
static void print_value(FILE *log, double value, char end) {
  const bool whole = fabs(value) < 1e15 && value == floor(value);
  fprintf(log, whole ? "%.0f%c" : "%.9g%c", value, end);
}

static graft_status write_row(graft_run_dir *run, const char *const *name, const double *value,
                              size_t count) {
  if (run->comm->rank != 0) return GRAFT_OK;
  if (!run->log) GRAFT_TRY(open_log(run, name, count));
  for (size_t i = 0; i < count; i++) print_value(run->log, value[i], i + 1 < count ? ',' : '\n');
  GRAFT_CHECK(fflush(run->log) == 0 && !ferror(run->log), OUTPUT,
              "%s/log.csv: can't be written: %s", run->name, strerror(errno));
  return GRAFT_OK;
}

static graft_status row(void *ctx, const char *const *name, const double *value, size_t count) {
  graft_run_dir *run = ctx;
  return graft_comm_agree(run->comm, write_row(run, name, value, count));
}

/* ---- models and checkpoints ---- */

static const char *const newest = "checkpoint.h5", *const previous = "checkpoint.previous.h5";

static graft_status write_bundle(graft_run_dir *run, const char *name, const graft_bundle *bundle) {
  char file[128], path[PATH_SIZE], older[PATH_SIZE];
  if (run->comm->rank != 0) return GRAFT_OK;
  snprintf(file, sizeof file, "%s.h5", name);
  graft_run_dir_path(run, file, path, sizeof path);
  if (strcmp(file, newest) != 0) return graft_bundle_write(path, name, bundle, run->provenance);
  if (run->log)
    (void)fsync(fileno(run->log)); /* rows beyond a checkpoint are dropped, not missed */
  graft_run_dir_path(run, previous, older, sizeof older);
  GRAFT_TRY(
      graft_bundle_write_keeping(path, run->torn ? NULL : older, name, bundle, run->provenance));
  run->torn = false;
  return GRAFT_OK;
}

static graft_status store(void *ctx, const char *name, const graft_bundle *bundle) {
  graft_run_dir *run = ctx;
  return graft_comm_agree(run->comm, write_bundle(run, name, bundle));
}

/* The newest checkpoint that is whole. */
static graft_status read_checkpoint(graft_run_dir *run, graft_bundle *bundle,
                                    char note[GRAFT_RUN_DIR_NOTE], bool *found) {
  char path[PATH_SIZE], older[PATH_SIZE], reason[1024];
  graft_run_dir_path(run, newest, path, sizeof path);
  graft_run_dir_path(run, previous, older, sizeof older);
  const bool there = graft_file_exists(path);
  *found = there || graft_file_exists(older);
  if (!*found) return GRAFT_OK;
  if (there) {
    graft_status status = graft_bundle_read(path, "checkpoint", bundle, NULL);
    if (status == GRAFT_OK || !graft_file_exists(older)) return status;
    snprintf(reason, sizeof reason, "%s", graft_error_message());
    run->torn = true;
  } else {
    snprintf(reason, sizeof reason, "%.900s is missing", path);
  }
  if (graft_bundle_read(older, "checkpoint", bundle, NULL) != GRAFT_OK) {
    return graft_error_set(GRAFT_INPUT, __FILE__, __LINE__, "%s; and the one before it as well",
                           reason);
  }
  snprintf(note, GRAFT_RUN_DIR_NOTE, "%.1023s; using %.400s", reason, previous);
  return GRAFT_OK;
}

graft_status graft_run_dir_read(graft_run_dir *run, graft_bundle *bundle,
                                char note[GRAFT_RUN_DIR_NOTE], bool *found) {
  const graft_comm *comm = run->comm;
  graft_status status = GRAFT_OK;
  *found = false;
  note[0] = '\0';
  graft_bundle_init(bundle);
  if (comm->rank == 0) status = read_checkpoint(run, bundle, note, found);
  GRAFT_TRY(graft_comm_agree(comm, status));
  GRAFT_TRY(comm->broadcast(comm->ctx, found, sizeof *found));
  if (*found) status = graft_bundle_broadcast(bundle, comm);
  if (status != GRAFT_OK) graft_bundle_fini(bundle);
  return status;
}

/* In an order that leaves, wherever it ends, what the newest checkpoint goes on from, or nothing.
 */
graft_status graft_run_dir_clear(graft_run_dir *run) {
  const char *const name[] = {"model.h5", previous, newest, "log.csv"};
  char path[PATH_SIZE];
  graft_status status = GRAFT_OK;
  for (size_t i = 0; i < sizeof name / sizeof *name && run->comm->rank == 0; i++) {
    graft_run_dir_path(run, name[i], path, sizeof path);
    if (unlink(path) == 0 || errno == ENOENT) continue;
    status = graft_error_set(GRAFT_OUTPUT, __FILE__, __LINE__, "%s: can't be removed: %s", path,
                             strerror(errno));
    break;
  }
  return graft_comm_agree(run->comm, status);
}

graft_sink graft_run_dir_sink(graft_run_dir *run) {
  return (graft_sink){.ctx = run, .comm = run->comm, .row = row, .store = store};
}

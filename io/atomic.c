/* SPDX-License-Identifier: BSD-2-Clause */
#define _DEFAULT_SOURCE /* flock */
#include "io/atomic.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"

bool graft_file_exists(const char *path) {
  struct stat st;
  return stat(path, &st) == 0;
}

bool graft_directory_exists(const char *path) {
  struct stat st;
  return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static void release(graft_atomic *file) {
  if (file->fd >= 0) close(file->fd);
  graft_free(file->path);
  graft_free(file->part);
  *file = (graft_atomic){.fd = -1};
}

/* Open and lock the part file. Another writer may rename it between our open and our lock: then the
 * name no longer leads to the file we hold, and we try again. */
static graft_status open_part(graft_atomic *file, bool *there) {
  for (int attempt = 0; attempt < 10; attempt++) {
    struct stat held, named;
    file->fd = open(file->part, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    GRAFT_CHECK(file->fd >= 0, OUTPUT, "%s: can't be written: %s", file->path, strerror(errno));
    GRAFT_CHECK(flock(file->fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK, OUTPUT,
                "%s: is being written by another process", file->path);
    if (fstat(file->fd, &held) == 0 && stat(file->part, &named) == 0 &&
        held.st_ino == named.st_ino && held.st_dev == named.st_dev) {
      *there = held.st_size > 0;
      return GRAFT_OK;
    }
    close(file->fd);
    file->fd = -1;
  }
  return graft_error_set(GRAFT_OUTPUT, __FILE__, __LINE__,
                         "%s: is being written by another process", file->path);
}

graft_status graft_atomic_resume(graft_atomic *file, const char *path, bool *there) {
  graft_status status = GRAFT_OK;
  size_t n = strlen(path);
  *file = (graft_atomic){.fd = -1};
  GRAFT_CHECK(n > 0, OUTPUT, "expected a file name, got an empty one");
  GRAFT_CHECK(path[n - 1] != '/' && !graft_directory_exists(path), OUTPUT,
              "%s: expected a file name, got a directory", path);
  GRAFT_TRY_TO(fail, graft_alloc(&file->path, n + 1, 1));
  GRAFT_TRY_TO(fail, graft_alloc(&file->part, n + sizeof ".part", 1));
  memcpy(file->path, path, n);
  memcpy(file->part, path, n);
  memcpy(file->part + n, ".part", sizeof ".part");
  GRAFT_TRY_TO(fail, open_part(file, there));
  return GRAFT_OK;
fail:
  release(file);
  return status;
}

graft_status graft_atomic_empty(graft_atomic *file) {
  GRAFT_CHECK(ftruncate(file->fd, 0) == 0, OUTPUT, "%s: can't be written: %s", file->path,
              strerror(errno));
  return GRAFT_OK;
}

graft_status graft_atomic_begin(graft_atomic *file, const char *path) {
  bool there;
  GRAFT_TRY(graft_atomic_resume(file, path, &there));
  graft_status status = graft_atomic_empty(file);
  if (status != GRAFT_OK) release(file);
  return status;
}

void graft_atomic_keep(graft_atomic *file) {
  if (file->fd >= 0) (void)fsync(file->fd); /* what got lost shows when it is taken up */
  release(file);
}

graft_status graft_atomic_reserve(graft_atomic *file, long long bytes) {
  int error = bytes > 0 ? posix_fallocate(file->fd, 0, (off_t)bytes) : 0;
  GRAFT_CHECK(error != ENOSPC && error != EFBIG && error != EDQUOT, OUTPUT,
              "%s: can't be written: %s (%.1f MB needed)", file->path, strerror(error),
              (double)bytes * 1e-6);
  return GRAFT_OK;
}

bool graft_write_at(int fd, const void *data, size_t bytes, long long place) {
  const char *from = data;
  while (bytes > 0) {
    ssize_t n = pwrite(fd, from, bytes, (off_t)place);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    from += n;
    place += n;
    bytes -= (size_t)n;
  }
  return true;
}

/* Make the rename itself durable. Best effort: some file systems can't sync a directory. */
static void sync_directory(const char *path) {
  char name[4096];
  const char *slash = strrchr(path, '/');
  size_t n = slash ? (size_t)(slash - path) : 0;
  if (n >= sizeof name) return;
  memcpy(name, path, n);
  name[n] = '\0';
  int fd = open(slash ? (n ? name : "/") : ".", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  (void)fsync(fd);
  close(fd);
}

graft_status graft_atomic_keep_previous(graft_atomic *file, const char *previous) {
  GRAFT_CHECK(fsync(file->fd) == 0, OUTPUT, "%s: can't be written: %s", file->path,
              strerror(errno));
  GRAFT_CHECK(rename(file->path, previous) == 0 || errno == ENOENT, OUTPUT,
              "%s: can't be written: %s", previous, strerror(errno));
  return GRAFT_OK;
}

graft_status graft_atomic_commit(graft_atomic *file) {
  graft_status status = GRAFT_OK;
  GRAFT_CHECK(file->path && file->part, INTERNAL, "no file was begun");
  GRAFT_CHECK_TO(fail, fsync(file->fd) == 0 && rename(file->part, file->path) == 0, OUTPUT,
                 "%s: can't be written: %s", file->path, strerror(errno));
  sync_directory(file->path);
  release(file);
  return GRAFT_OK;
fail:
  graft_atomic_abandon(file);
  return status;
}

void graft_atomic_abandon(graft_atomic *file) {
  if (file->fd >= 0 && file->part) unlink(file->part);
  release(file);
}

graft_status graft_atomic_write(graft_atomic *file, const void *data, size_t bytes) {
  const char *at = data;
  while (bytes > 0) {
    ssize_t n = write(file->fd, at, bytes);
    if (n < 0 && errno == EINTR) continue;
    GRAFT_CHECK(n > 0, OUTPUT, "%s: can't be written: %s", file->path, strerror(errno));
    at += n;
    bytes -= (size_t)n;
  }
  return GRAFT_OK;
}

graft_status graft_atomic_write_text(const char *path, const char *text) {
  graft_atomic file;
  GRAFT_TRY(graft_atomic_begin(&file, path));
  graft_status status = graft_atomic_write(&file, text, strlen(text));
  if (status == GRAFT_OK) return graft_atomic_commit(&file);
  graft_atomic_abandon(&file);
  return status;
}

static graft_status read_all(FILE *file, const char *path, size_t size, char *text) {
  size_t n = fread(text, 1, size + 1, file);
  GRAFT_CHECK(!ferror(file), INPUT, "%s: can't be read: %s", path, strerror(errno));
  GRAFT_CHECK(n <= size, INPUT, "%s: expected a file that is not being changed", path);
  GRAFT_CHECK(memchr(text, '\0', n) == NULL, INPUT, "%s: expected text, got binary data", path);
  text[n] = '\0';
  return GRAFT_OK;
}

graft_status graft_atomic_write_stream(const char *path,
                                       graft_status (*content)(void *ctx, FILE *file), void *ctx) {
  graft_atomic atomic;
  graft_status status = GRAFT_OK;
  GRAFT_TRY(graft_atomic_begin(&atomic, path));
  FILE *file = fopen(atomic.part, "w");
  GRAFT_CHECK_TO(fail, file, OUTPUT, "%s: can't be written: %s", path, strerror(errno));
  status = content(ctx, file);
  bool bad = ferror(file) != 0;
  bad |= fclose(file) != 0;
  if (status != GRAFT_OK) goto fail;
  GRAFT_CHECK_TO(fail, !bad, OUTPUT, "%s: can't be written: %s", path, strerror(errno));
  return graft_atomic_commit(&atomic);
fail:
  graft_atomic_abandon(&atomic);
  return status;
}

graft_status graft_text_read(const char *path, char **text) {
  enum { MOST = 16 << 20 };
  struct stat st;
  *text = NULL;
  GRAFT_CHECK(stat(path, &st) == 0, INPUT, "%s: can't be opened: %s", path, strerror(errno));
  GRAFT_CHECK(!S_ISDIR(st.st_mode), INPUT, "%s: expected a file, got a directory", path);
  GRAFT_CHECK(st.st_size <= MOST, INPUT, "%s: expected at most 16 MiB, got %.1f", path,
              (double)st.st_size / 1048576.0);
  size_t size = S_ISREG(st.st_mode) ? (size_t)st.st_size : MOST;
  FILE *file = fopen(path, "rb");
  GRAFT_CHECK(file, INPUT, "%s: can't be opened: %s", path, strerror(errno));
  graft_status status = graft_alloc(text, size + 2, 1);
  if (status == GRAFT_OK) status = read_all(file, path, size, *text);
  fclose(file);
  if (status != GRAFT_OK) {
    graft_free(*text);
    *text = NULL;
  }
  return status;
}

graft_status graft_directory_create(const char *path) {
  char name[4096];
  struct stat st;
  size_t n = strlen(path);
  GRAFT_CHECK(n > 0 && n < sizeof name, OUTPUT, "expected a directory name, got '%.64s'", path);
  for (size_t i = 1; i <= n; i++) {
    if (path[i] != '/' && path[i] != '\0') continue;
    memcpy(name, path, i);
    name[i] = '\0';
    if (mkdir(name, 0777) != 0 && errno != EEXIST && errno != EISDIR && stat(name, &st) != 0) {
      return graft_error_set(GRAFT_OUTPUT, __FILE__, __LINE__, "%s: can't be created: %s", name,
                             strerror(errno));
    }
  }
  GRAFT_CHECK(graft_directory_exists(path), OUTPUT, "%s: expected a directory, got a file", path);
  return GRAFT_OK;
}

void graft_directory_remove_empty(const char *path) { (void)rmdir(path); }

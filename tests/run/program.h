/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_TESTS_RUN_PROGRAM_H
#define GRAFT_TESTS_RUN_PROGRAM_H

/** @file program.h
 *  Running programs from tests: exit code, what they printed, and files they left. Include after
 *  graft_test.h, in one translation unit per program. */

#include <dirent.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct {
  const char *darcy;   /* path of graft-darcy */
  const char *mpiexec; /* path of mpiexec */
  char out[65536];     /* what the last program wrote on stdout */
  char err[65536];     /* and on stderr */
} program;

static inline void program_read(const char *path, char *text, size_t size) {
  FILE *file = fopen(path, "r");
  size_t n = file ? fread(text, 1, size - 1, file) : 0;
  text[n] = '\0';
  if (file) fclose(file);
}

/** Run a shell command; its output goes to program.out and program.err. @return its exit code */
static inline int program_shell(const char *format, ...) GRAFT_PRINTF(1, 2);
static inline int program_shell(const char *format, ...) {
  char command[8192];
  va_list args;
  va_start(args, format);
  command[0] = '(';
  vsnprintf(command + 1, sizeof command - 1, format, args);
  va_end(args);
  size_t used = strlen(command);
  snprintf(command + used, sizeof command - used, "\n) >out.txt 2>err.txt </dev/null");
  int status = system(command);
  program_read("out.txt", program.out, sizeof program.out);
  program_read("err.txt", program.err, sizeof program.err);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/** Run graft-darcy; print what it said if the exit code is not the expected one. */
static inline bool program_darcy(int expected, const char *arguments) {
  int code = program_shell("%s %s", program.darcy, arguments);
  if (code != expected) {
    printf("# graft-darcy %s: got exit code %d, want %d\n# stderr: %s", arguments, code, expected,
           program.err);
  }
  return T_EQUAL(code, expected);
}

static inline size_t program_lines(const char *text) {
  size_t lines = 0;
  for (; *text; text++) lines += *text == '\n';
  return lines;
}

static inline bool program_exists(const char *path) { return access(path, F_OK) == 0; }

static inline void program_sleep(double seconds) {
  struct timespec time = {.tv_sec = (time_t)seconds,
                          .tv_nsec = (long)(1e9 * (seconds - floor(seconds)))};
  nanosleep(&time, NULL);
}

/** Start a command (no shell syntax), its output goes to files. @return its process */
static inline pid_t program_start(const char *format, ...) GRAFT_PRINTF(1, 2);
static inline pid_t program_start(const char *format, ...) {
  char command[4096], line[4200];
  va_list args;
  va_start(args, format);
  vsnprintf(command, sizeof command, format, args);
  va_end(args);
  snprintf(line, sizeof line, "exec %s >out.txt 2>err.txt </dev/null", command);
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    execl("/bin/sh", "sh", "-c", line, (char *)NULL);
    _exit(127);
  }
  return child;
}

/** Does the process catch the signal by now? Linux: before that it would die of it. */
static inline bool program_catches(pid_t process, int number) {
  char path[64], status[4096];
  snprintf(path, sizeof path, "/proc/%ld/status", (long)process);
  program_read(path, status, sizeof status);
  const char *caught = strstr(status, "SigCgt:");
  return caught && strtoull(caught + 7, NULL, 16) >> (number - 1) & 1;
}

/** Wait (up to a minute) until the process catches the signal, then some more, and send it.
 *  @return the exit code, -1 if it was killed */
static inline int program_signal(pid_t process, int number, double after) {
  int how;
  for (int i = 0; i < 1200 && !program_catches(process, SIGTERM); i++) program_sleep(0.05);
  program_sleep(after);
  kill(process, number);
  waitpid(process, &how, 0);
  program_read("out.txt", program.out, sizeof program.out);
  program_read("err.txt", program.err, sizeof program.err);
  return WIFEXITED(how) ? WEXITSTATUS(how) : -1;
}

/** Number behind the n-th (from 0) occurrence of "key": in a JSON text; NaN if it is not there. */
static inline double program_json(const char *text, const char *key, int n) {
  char quoted[128];
  snprintf(quoted, sizeof quoted, "\"%s\":", key);
  for (const char *at = strstr(text, quoted); at; at = strstr(at + 1, quoted)) {
    if (n-- == 0) {
      char *end;
      double value = strtod(at + strlen(quoted), &end);
      return end != at + strlen(quoted) ? value : NAN;
    }
  }
  return NAN;
}

/** Names in a directory that end with ".part": half-written files. */
static inline size_t program_parts(const char *directory) {
  size_t parts = 0;
  DIR *dir = opendir(directory);
  for (struct dirent *entry; dir && (entry = readdir(dir));) {
    size_t length = strlen(entry->d_name);
    parts += length > 5 && strcmp(entry->d_name + length - 5, ".part") == 0;
  }
  if (dir) closedir(dir);
  return parts;
}

/** Take the paths from the command line and move into an empty directory for this test.
 *  @return whether that worked */
static inline bool program_begin(int argc, char **argv) {
  char name[] = "graft-run-XXXXXX";
  static char path[4096 + 1024];
  if (argc == 3 && argv[1][0] == '/') {
    snprintf(path, sizeof path, "%s", argv[1]);
  } else if (argc == 3 && getcwd(path, 4096)) {
    snprintf(path + strlen(path), sizeof path - strlen(path), "/%s", argv[1]);
  }
  program.darcy = path;
  if (argc != 3 || !mkdtemp(name) || chdir(name) != 0) {
    printf("Bail out! expected: %s GRAFT-DARCY MPIEXEC, and a writable directory\n", argv[0]);
    return false;
  }
  program.mpiexec = argv[2];
  unsetenv("GRAFT_OPTIONS");
  setenv("OMP_NUM_THREADS", "1", 1); /* networks of these tests are tiny */
  return true;
}

/** Remove the directory. */
static inline void program_end(void) {
  char here[4096];
  if (getcwd(here, sizeof here) && strstr(here, "graft-run-") && chdir("..") == 0) {
    char command[4200];
    snprintf(command, sizeof command, "rm -rf '%s'", here);
    if (system(command) != 0) printf("# %s was not removed\n", here);
  }
}

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
#include "apps/app.h"

#include <cblas.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "apps/help.h"
#include "base/arena.h"
#include "io/comm_mpi.h"
#include "solvers/petsc.h"

/* Signal handlers reach nothing but globals. */
static volatile int stop_flag;

static void on_signal(int number) {
  if (stop_flag && number == SIGINT) {
    signal(SIGINT, SIG_DFL);
    raise(SIGINT);
  }
  stop_flag = 1;
}

const volatile int *graft_app_stop(void) { return &stop_flag; }

static void catch_signals(void) {
  static const int number[] = {SIGINT, SIGTERM, SIGUSR1};
  struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
  sigemptyset(&action.sa_mask);
  for (size_t i = 0; i < sizeof number / sizeof *number; i++) sigaction(number[i], &action, NULL);
  signal(SIGXFSZ, SIG_IGN); /* a file beyond the size limit is then an error of its write */
}

/* Rank as launchers tell it before MPI is there, as text; NULL without a launcher. */
static const char *launcher_rank(void) {
  static const char *const name[] = {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK"};
  for (size_t i = 0; i < sizeof name / sizeof *name; i++) {
    const char *text = getenv(name[i]);
    if (text) return text;
  }
  return NULL;
}

static void print_line(const graft_app *app, const char *kind, const char *format, va_list args) {
  char text[2048];
  vsnprintf(text, sizeof text, format, args);
  for (char *c = text; *c; c++) *c = *c == '\n' ? ' ' : *c;
  fprintf(stderr, "%s: %s%s\n", app->program->name, kind, text);
}

graft_status graft_app_check_other(const char *output, const char *option, const char *input) {
  struct stat to, from;
  bool same = stat(output, &to) == 0 && stat(input, &from) == 0 && to.st_dev == from.st_dev &&
              to.st_ino == from.st_ino;
  GRAFT_CHECK(!same, USAGE, "-o: expected another file than that of %s, got '%s'", option, output);
  return GRAFT_OK;
}

graft_status graft_app_one_rank(const graft_app *app) {
  GRAFT_CHECK(app->comm.size == 1, USAGE, "%s runs on one rank (threads are used), got %d ranks",
              app->verb->name, app->comm.size);
  return GRAFT_OK;
}

void graft_app_log(const graft_app *app, const char *format, ...) {
  va_list args;
  va_start(args, format);
  if (!app->quiet) print_line(app, "", format, args);
  va_end(args);
}

void graft_app_warn(const graft_app *app, const char *format, ...) {
  va_list args;
  va_start(args, format);
  if (app->comm.rank == 0) print_line(app, "warning: ", format, args);
  va_end(args);
}

static void print_error(const graft_app *app, graft_status status) {
  bool internal = graft_status_exit_code(status) == 1;
  char text[1280];
  snprintf(text, sizeof text, "%s%s%s%s%s",
           *graft_error_message() ? graft_error_message() : graft_status_text(status),
           internal ? " (" : "", internal ? graft_status_text(status) : "", internal ? ", " : "",
           internal ? graft_error_where() : "");
  for (char *c = text; *c; c++) *c = *c == '\n' ? ' ' : *c;
  fprintf(stderr, "%s: %s%s\n", app->program->name, text, internal ? ")" : "");
}

/* Does the command line ask for help, version or man page? */
static bool asks(int count, char *const *word, const char *const *spelling, const char **next) {
  for (int i = 0; i < count; i++) {
    for (size_t j = 0; spelling[j]; j++) {
      if (strcmp(word[i], spelling[j]) != 0) continue;
      *next = i + 1 < count ? word[i + 1] : NULL;
      return true;
    }
  }
  return false;
}

/* --help, --version, --man; *answered if the command line asked for one of them. */
static graft_status answer(const graft_program *program, const graft_verb *verb, int count,
                           char *const *word, bool silent, bool *answered) {
  static const char *const help_words[] = {"--help", "-help", "-h", NULL};
  static const char *const version_words[] = {"--version", NULL}, *const man_words[] = {"--man",
                                                                                        NULL};
  const char *next = NULL, *what = NULL;
  bool help = asks(count, word, help_words, &what);
  bool version = asks(count, word, version_words, &next);
  bool man = asks(count, word, man_words, &next);
  *answered = help || version || man;
  if (silent) return GRAFT_OK;
  if (help && verb) return graft_help_verb(stdout, program, verb, what);
  if (help) {
    graft_help_program(stdout, program);
  } else if (version) {
    printf("%s %s\n", program->name, program->version);
  } else if (man) {
    graft_help_man(stdout, program);
  }
  return GRAFT_OK;
}

/* "demo, solve or train". */
static void list_verbs(const graft_program *program, char *text, size_t size) {
  size_t used = 0;
  for (size_t i = 0; program->verb[i] && used < size; i++) {
    const char *gap = i == 0 ? "" : program->verb[i + 1] ? ", " : " or ";
    int n = snprintf(text + used, size - used, "%s%s", gap, program->verb[i]->name);
    used += n > 0 ? (size_t)n : 0;
  }
}

/* Say what is wrong with a command line that has no verb. */
static graft_status refuse_verb(const graft_program *program, int argc, char **argv) {
  char hint[GRAFT_HINT_SIZE], verbs[256];
  list_verbs(program, verbs, sizeof verbs);
  GRAFT_CHECK(argc > 1, USAGE, "expected a verb: %s; e.g. '%s %s' (see %s --help)", verbs,
              program->command, program->verb[0]->name, program->name);
  GRAFT_CHECK(argv[1][0] != '-', USAGE, "expected a verb before the options: %s; got '%.200s'",
              verbs, argv[1]);
  return graft_error_set(
      GRAFT_USAGE, __FILE__, __LINE__, "expected a verb: %s; got '%.200s'%s", verbs, argv[1],
      graft_name_hint(argv[1], graft_verb_nearest(program, argv[1])->name, hint));
}

/* Everything between the parsed options and the end of MPI. */
static graft_status run(graft_app *app, void *config) {
  const graft_front *front = config;
  openblas_set_num_threads(1); /* our own OpenMP regions call BLAS, one thread each */
  catch_signals();
  if (app->verb->parallel || launcher_rank()) GRAFT_TRY(graft_mpi_init(NULL, NULL, &app->comm));
  app->quiet = front->quiet || app->comm.rank != 0;
  app->json = front->json;
  app->config = config;
  graft_status status = app->verb->run(app, config);
  return graft_comm_agree(&app->comm, status);
}

static graft_status parse_and_run(graft_app *app, int argc, char **argv) {
  const graft_verb *verb = argc > 1 ? graft_verb_find(app->program, argv[1]) : NULL;
  void *config;
  if (!verb) return refuse_verb(app->program, argc, argv);
  app->verb = verb;
  GRAFT_TRY(graft_alloc(&config, 1, verb->config_size));
  graft_status status = graft_options_parse(app->program, app->verb, (size_t)argc - 2, argv + 2,
                                            getenv("GRAFT_OPTIONS"), config, &app->petsc);
  if (status == GRAFT_OK) status = run(app, config);
  graft_free(config);
  return status;
}

int graft_app_main(const graft_program *program, int argc, char **argv) {
  graft_app app = {.program = program, .comm = graft_comm_serial(), .argc = argc, .argv = argv};
  const char *rank = launcher_rank();
  bool first = !rank || strcmp(rank, "0") == 0;
  const graft_verb *verb = argc > 1 ? graft_verb_find(program, argv[1]) : NULL;
  bool answered;
  graft_status status = answer(program, verb, argc - 1, argv + 1, !first, &answered);
  if (!answered) status = parse_and_run(&app, argc, argv);
  if (app.comm.size > 1) first = app.comm.rank == 0;
  if ((fflush(stdout) != 0 || ferror(stdout)) && status == GRAFT_OK) {
    status = graft_error_set(GRAFT_OUTPUT, __FILE__, __LINE__, "standard output: can't be written");
  }
  if (status != GRAFT_OK && first) print_error(&app, status);
  graft_words_fini(&app.petsc);
  graft_petsc_fini();
  graft_mpi_finalize(&app.comm);
  return graft_status_exit_code(status);
}

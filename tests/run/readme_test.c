/* SPDX-License-Identifier: BSD-2-Clause */
/* The commands of README.md (or of a tutorial) do what it says, on smaller sizes. */
#include "tests/graft_test.h"

#include "tests/run/program.h"

/* Sizes of the README and what stands in for them here. */
static const char *const smaller[][2] = {{"-samples 900", "-samples 18"},
                                         {"-samples 100", "-samples 8"},
                                         {"-samples 10,30,100,300", "-samples 4,8"},
                                         {"-samples 20000", "-samples 2"},
                                         {"-n 16", "-n 2"}};

/* Replace the first `from` in text [size] by `to`. */
static void replace(char *text, size_t size, const char *from, const char *to) {
  char *at = strstr(text, from), rest[512];
  if (!at) return;
  snprintf(rest, sizeof rest, "%s", at + strlen(from));
  snprintf(at, size - (size_t)(at - text), "%s%s", to, rest);
}

static void run_command(const char *line) {
  char command[512];
  snprintf(command, sizeof command, "%.*s", (int)strcspn(line, "#\n"), line);
  for (size_t i = 0; i < sizeof smaller / sizeof *smaller; i++) {
    replace(command, sizeof command, smaller[i][0], smaller[i][1]);
  }
  /* GRAFT_OPTIONS holds options of trainings, which graft-mtl and graft-dtrn refuse */
  bool other = strncmp(command, "graft-mtl", 9) == 0 || strncmp(command, "graft-dtrn", 10) == 0;
  const char *without = other ? "env -u GRAFT_OPTIONS " : "";
  int code = program_shell("%s%s", without, command);
  if (!T_EQUAL(code, 0)) printf("# %s: exit code %d: %s", command, code, program.err);
}

/* A block ```yaml that begins with the comment "# NAME.yaml" is that file. */
static void write_file(const char *block) {
  char name[64];
  const char *text = strchr(block, '\n') + 1, *end = strstr(text, "\n```");
  if (sscanf(text, "# %63[a-z_.]", name) != 1 || !strstr(name, ".yaml") || !end) return;
  FILE *file = fopen(name, "w");
  if (!T_CHECK(file != NULL)) return;
  fprintf(file, "%.*s\n", (int)(end - text), text);
  fclose(file);
}

/* Every line of a block ```sh that starts with a program of ours. */
static void commands(void) {
  static char text[65536];
  bool block = false;
  int count = 0;
  program_read(getenv("README"), text, sizeof text);
  for (char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
    if (strncmp(line, "```yaml\n", 8) == 0) write_file(line);
    if (strncmp(line, "```", 3) == 0) block = strncmp(line, "```sh", 5) == 0;
    bool ours = strncmp(line, "graft-", 6) == 0 || strncmp(line, "mpiexec ", 8) == 0;
    if (!block || !ours) continue;
    run_command(line);
    count++;
  }
  T_CHECK(count >= 5);
}

int main(int argc, char **argv) {
  char path[8192];
  if (!program_begin(argc, argv)) return 1;
  snprintf(path, sizeof path, "%.*s:%s", (int)(strrchr(program.darcy, '/') - program.darcy),
           program.darcy, getenv("PATH"));
  setenv("PATH", path, 1);
  setenv("GRAFT_OPTIONS", "-quiet -steps 4 -validate_steps 2 -mesh_size 0.1", 1);
  program_darcy(0, "solve -inputs_only -samples 2 -grid 48 -o new.h5");
  T_RUN(commands);
  program_end();
  return graft_test_done();
}

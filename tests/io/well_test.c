/* SPDX-License-Identifier: BSD-2-Clause */
/* Files of every way that makes data sets, against The Well's rules: shapes, a family with a region
 * per sample, inputs alone, merged parts. Called with the paths of graft-darcy and graft-info. */
#include <stdlib.h>
#include <sys/wait.h>

#include "scratch.h"
#include "well_check.h"

static char **programs;

/* graft-darcy (1) or graft-info (2) with arguments. */
static void run(int which, const char *arguments) {
  char command[4096];
  snprintf(command, sizeof command, "%s %s >/dev/null", programs[which], arguments);
  int how = system(command);
  T_CHECK(WIFEXITED(how) && WEXITSTATUS(how) == 0);
}

static void solve(const char *name, const char *options) {
  char arguments[1024];
  snprintf(arguments, sizeof arguments, "solve -quiet -grid 9 -mesh_size 0.2 -o %s %s",
           scratch(name), options);
  run(1, arguments);
}

static void a_box_of_another_shape(void) {
  graft_comm comm = graft_comm_serial();
  T_OK(scratch_dataset(scratch("box.h5"), &comm, NULL));
  well_check(scratch("box.h5"));
}

static void shapes(void) {
  solve("shapes.h5", "-shapes square,disc -samples 3");
  well_check(scratch("shapes.h5"));
}

static void a_family(void) {
  solve("family.h5", "-shapes polygon,star,square -samples 2");
  well_check(scratch("family.h5"));
}

static void inputs_alone(void) {
  solve("inputs.h5", "-shapes disc -samples 2 -inputs_only");
  well_check(scratch("inputs.h5"));
}

static void merged_parts(void) {
  solve("a.h5", "-shapes star,square -samples 2");
  solve("b.h5", "-shapes star,square -samples 1 -first 2");
  char arguments[2048];
  snprintf(arguments, sizeof arguments, "-merge %s %s %s", scratch("merged.h5"), scratch("a.h5"),
           scratch("b.h5"));
  run(2, arguments);
  well_check(scratch("merged.h5"));
}

int main(int argc, char **argv) {
  if (argc != 3 || !scratch_make()) return 1;
  programs = argv;
  T_RUN(a_box_of_another_shape);
  T_RUN(shapes);
  T_RUN(a_family);
  T_RUN(inputs_alone);
  T_RUN(merged_parts);
  scratch_remove();
  return graft_test_done();
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* graft-info as a user calls it: exit codes, one line per mistake, what the reports hold.
 * Called with the path of the program. */
#include <sys/wait.h>

#include <hdf5.h>

#include "io/bundle_file.h"
#include "scratch.h"
#include "tests/graft_test.h"

static const char *program;
static char out[1 << 16], err[4096];

static void read_into(const char *path, char *text, size_t size) {
  size_t bytes;
  char *data = scratch_read(path, &bytes);
  snprintf(text, size, "%s", data ? data : "");
  free(data);
}

/* Run `graft-info ARGS`, keep its output; returns the exit code. */
static int info(const char *args) {
  char command[2048];
  snprintf(command, sizeof command, "%s %s >%s 2>%s", program, args, scratch("out"),
           scratch("err"));
  int how = system(command);
  read_into(scratch("out"), out, sizeof out);
  read_into(scratch("err"), err, sizeof err);
  return WIFEXITED(how) ? WEXITSTATUS(how) : -1;
}

static int info_file(const char *file, const char *options) {
  char args[1024];
  snprintf(args, sizeof args, "%s %s", scratch(file), options);
  return info(args);
}

static bool holds(const char *text, const char *part) {
  bool ok = strstr(text, part) != NULL;
  if (!ok) printf("# expected '%s' in:\n%s\n", part, text);
  return ok;
}

/* One line on stderr, nothing on stdout. */
static bool one_line(const char *part) {
  const char *end = strchr(err, '\n');
  return T_CHECK(end && end[1] == '\0' && out[0] == '\0') && T_CHECK(holds(err, part));
}

static graft_status make_files(void) {
  graft_comm comm = graft_comm_serial();
  graft_bundle bundle;
  graft_provenance provenance;
  char *argv[] = {(char[]){"graft-darcy"}, (char[]){"solve"}};
  const float weight[4] = {1, 2, 3, 0.1f};
  graft_bundle_init(&bundle);
  GRAFT_TRY(graft_provenance_init(&provenance, 2, argv, 1, 2));
  GRAFT_TRY(graft_provenance_set_options(&provenance, "grid: 5\nseed: 1\n"));
  GRAFT_TRY(scratch_dataset(scratch("d.h5"), &comm, &provenance));
  GRAFT_TRY(graft_bundle_put(&bundle, "parameters/trunk/weight", GRAFT_FLOAT32,
                             GRAFT_SHAPE(2, 2, 2), weight));
  GRAFT_TRY(graft_bundle_put_text(&bundle, "config", "width: \"2\"\nmore: 1\n"));
  GRAFT_TRY(graft_bundle_put_int(&bundle, "step", 9007199254740993));
  GRAFT_TRY(graft_bundle_write(scratch("m.h5"), "model", &bundle, &provenance));
  const float bad[4] = {1, 2, NAN, 4};
  GRAFT_TRY(graft_bundle_put(&bundle, "parameters/trunk/weight", GRAFT_FLOAT32,
                             GRAFT_SHAPE(2, 2, 2), bad));
  GRAFT_TRY(graft_bundle_write(scratch("nan.h5"), "model", &bundle, NULL));
  graft_bundle_fini(&bundle);
  graft_provenance_fini(&provenance);
  return GRAFT_OK;
}

static int count(const char *text, const char *part) {
  int n = 0;
  for (const char *at = strstr(text, part); at; at = strstr(at + 1, part)) n++;
  return n;
}

/* Every sample a grid, every array that is named there in the file and of that shape. */
static void xdmf_beside_the_data(void) {
  static char text[1 << 20];
  T_EQUAL(info_file("d.h5", "-xdmf"), 0);
  read_into(scratch("d.xmf"), text, sizeof text);
  hid_t file = H5Fopen(scratch("d.h5"), H5F_ACC_RDONLY, H5P_DEFAULT);
  int fields = 0;
  for (const char *at = text; (at = strstr(at, "d.h5:/")) != NULL; at++) {
    char path[64] = "";
    T_EQUAL(sscanf(at, "d.h5:%63[^<]", path), 1);
    hid_t data = H5Dopen2(file, path, H5P_DEFAULT);
    hsize_t dim[3] = {0};
    hid_t space = H5Dget_space(data);
    char want[64];
    if (T_CHECK(data >= 0) && T_EQUAL(H5Sget_simple_extent_dims(space, dim, NULL), 3)) {
      snprintf(want, sizeof want, "Dimensions=\"%d %d %d\"", (int)dim[0], (int)dim[1], (int)dim[2]);
      T_CHECK(strstr(text, want) != NULL);
      T_EQUAL(count(text, "GridType=\"Uniform\""), dim[0]);
    }
    H5Sclose(space);
    H5Dclose(data);
    fields++;
  }
  H5Fclose(file);
  T_CHECK(fields > 0);
  T_EQUAL(count(text, "Dimensions=\"\""), 0);
  T_EQUAL(count(text, "<Grid "), count(text, "</Grid>"));
  T_EQUAL(info_file("m.h5", "-xdmf"), 3);
  one_line("m.h5");
  T_EQUAL(info_file("d.h5", "-xdmf -check"), 2);
  one_line("expected one of");
}

static void dataset_report(void) {
  static const char *const want[] = {"data set 'graft-darcy'",
                                     "graft-darcy solve",
                                     "darcy, input field lognormal",
                                     "5 x 7 points on [0, 1] x [-1, 2]",
                                     "18 in 2 tasks on 3 geometries",
                                     "disc",
                                     "odd",
                                     "log_k",
                                     "solution [1]",
                                     "grid: 5",
                                     "error of u"};
  T_EQUAL(info_file("d.h5", ""), 0);
  for (size_t i = 0; i < sizeof want / sizeof *want; i++) T_CHECK(holds(out, want[i]));
  T_EQUAL(info_file("d.h5", "-json"), 0);
  T_CHECK(holds(out, "\"kind\": \"dataset\"") && holds(out, "\"torsion_max\""));
  T_EQUAL(info_file("d.h5", "-check"), 0);
  T_CHECK(holds(out, "dataset is whole and sane (18 samples read)"));
}

static void model_report(void) {
  T_EQUAL(info_file("m.h5", ""), 0);
  T_CHECK(holds(out, ": model, ") && holds(out, "parameters  4") && holds(out, "[2 x 2], min 0.1"));
  T_EQUAL(info_file("m.h5", "-json"), 0);
  T_CHECK(holds(out, "9007199254740993"));
  T_EQUAL(info_file("m.h5", "-check"), 0);
  T_EQUAL(info_file("m.h5", "-export"), 0);
  T_CHECK(strcmp(out, "name,type,shape,values\n"
                      "parameters/trunk/weight,float32,2 2,1 2 3 0.100000001\n"
                      "config,text,,\"width: \"\"2\"\"\nmore: 1\n\"\n"
                      "step,int64,,9007199254740993\n") == 0);
}

static void bad_files(void) {
  size_t bytes;
  const float value = NAN;
  T_EQUAL(info_file("nan.h5", "-check"), 3);
  one_line("nan.h5: /parameters/trunk/weight: element 2: expected a finite value");
  T_EQUAL(info_file("none.h5", ""), 3);
  one_line("none.h5: can't be opened: No such file");
  T_EQUAL(info_file("d.h5", "-export"), 3);
  one_line("expected a model file, got a dataset");
  scratch_write(scratch("text.h5"), "text", 4);
  T_EQUAL(info_file("text.h5", "-check"), 3);
  one_line("text.h5: expected an HDF5 file");
  char *data = scratch_read(scratch("d.h5"), &bytes);
  scratch_write(scratch("cut.h5"), data, bytes / 2);
  T_EQUAL(info_file("cut.h5", ""), 3);
  one_line("cut.h5: damaged HDF5 file");
  scratch_write(scratch("bad.h5"), data, bytes);
  free(data);
  hid_t file = H5Fopen(scratch("bad.h5"), H5F_ACC_RDWR, H5P_DEFAULT);
  hid_t set = H5Dopen2(file, "t0_fields/u", H5P_DEFAULT), space = H5Dget_space(set);
  hid_t memory = H5Screate(H5S_SCALAR);
  H5Sselect_elements(space, H5S_SELECT_SET, 1, (const hsize_t[]){4, 1, 2});
  H5Dwrite(set, H5T_NATIVE_FLOAT, memory, space, H5P_DEFAULT, &value);
  H5Sclose(memory);
  H5Sclose(space);
  H5Dclose(set);
  H5Fclose(file);
  static const char *const option[] = {"-check", "", "-json"};
  for (int i = 0; i < 3; i++) {
    T_EQUAL(info_file("bad.h5", option[i]), 3);
    one_line("bad.h5: /t0_fields/u[4]: point 9: expected a finite value, got nan");
  }
}

static void usage(void) {
  T_EQUAL(info(""), 2);
  one_line("expected a file");
  T_EQUAL(info("a.h5 b.h5"), 2);
  one_line("expected one file, got a second one 'b.h5'");
  T_EQUAL(info("a.h5 -chekc"), 2);
  one_line("unknown option '-chekc' (did you mean '-check'?)");
  T_EQUAL(info("a.h5 -check -export"), 2);
  one_line("expected one of -check, -diff, -export");
  T_EQUAL(info("--help"), 0);
  T_CHECK(holds(out, "usage:"));
  T_EQUAL(info("--man"), 0);
  T_CHECK(holds(out, ".TH GRAFT"));
  T_EQUAL(info("--version"), 0);
  T_CHECK(holds(out, graft_version()));
}

/* m.h5 with one weight, one text of several lines and one array more. */
static graft_status make_other_model(const char *path) {
  graft_bundle bundle;
  graft_provenance provenance;
  const float weight[4] = {1, 2.5f, 3, 0.1f};
  GRAFT_TRY(graft_bundle_read(scratch("m.h5"), "model", &bundle, &provenance));
  GRAFT_TRY(graft_provenance_set_options(&provenance, "grid: 7\nseed: 1\n"));
  GRAFT_TRY(graft_bundle_put(&bundle, "parameters/trunk/weight", GRAFT_FLOAT32,
                             GRAFT_SHAPE(2, 2, 2), weight));
  GRAFT_TRY(graft_bundle_put_text(&bundle, "config", "width: \"2\"\nmore: 1\nlast: 2\n"));
  GRAFT_TRY(graft_bundle_put_int(&bundle, "new", 1));
  GRAFT_TRY(graft_bundle_write(path, "model", &bundle, &provenance));
  graft_bundle_fini(&bundle);
  graft_provenance_fini(&provenance);
  return GRAFT_OK;
}

/* A copy of the data set with 0.25 more at one point of sample 5. */
static void change_sample(const char *path) {
  size_t bytes;
  char *data = scratch_read(scratch("d.h5"), &bytes);
  float value[SCRATCH_S * SCRATCH_P];
  scratch_write(path, data, bytes);
  free(data);
  hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
  hid_t set = H5Dopen2(file, "t0_fields/log_k", H5P_DEFAULT);
  H5Dread(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, value);
  value[5 * SCRATCH_P + 3] += 0.25f;
  H5Dwrite(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, value);
  H5Dclose(set);
  H5Fclose(file);
}

static int diff(const char *a, const char *b) {
  char args[1024];
  snprintf(args, sizeof args, "-diff %s %s", scratch(a), scratch(b));
  return info(args);
}

static void differences(void) {
  T_OK(make_other_model(scratch("m2.h5")));
  change_sample(scratch("d2.h5"));
  T_EQUAL(diff("m.h5", "m.h5"), 0);
  T_CHECK(strcmp(out, "same content\n") == 0);
  T_EQUAL(diff("d.h5", "d.h5"), 0);
  T_CHECK(strcmp(out, "same content\n") == 0);
  T_EQUAL(diff("m.h5", "m2.h5"), 5);
  T_CHECK(holds(out, "grid                         5                        7\n"));
  T_CHECK(holds(out, "parameters/trunk/weight      differs in 1 of 4 values, by up to 0.5\n"));
  T_CHECK(holds(out, "config                       other text\n"));
  T_CHECK(holds(out, "new                          (none)                   there\n"));
  T_EQUAL(count(out, "\n"), 4);
  T_CHECK(holds(err, "content differs"));
  T_EQUAL(diff("d.h5", "d2.h5"), 5);
  T_CHECK(holds(out, "log_k                        differs in 1 of 18 samples, by up to 0.25\n"));
  T_EQUAL(count(out, "\n"), 1);
  T_EQUAL(diff("d.h5", "m.h5"), 3);
  one_line("expected a dataset as the first file, got a model");
  T_EQUAL(mkdir(scratch("run"), 0777), 0);
  T_OK(make_other_model(scratch("run/model.h5")));
  T_EQUAL(diff("run", "m2.h5"), 0);
  T_EQUAL(diff("none.h5", "m2.h5"), 3);
  one_line("No such file");
}

static void full_output(void) {
  char command[1024];
  snprintf(command, sizeof command, "%s %s >/dev/full 2>%s", program, scratch("d.h5"),
           scratch("err"));
  int how = system(command);
  T_CHECK(WIFEXITED(how) && WEXITSTATUS(how) == 6);
  read_into(scratch("err"), err, sizeof err);
  T_CHECK(holds(err, "standard output: can't be written"));
}

int main(int argc, char **argv) {
  if (argc != 2 || !scratch_make()) return 1;
  program = argv[1];
  T_OK(make_files());
  T_RUN(dataset_report);
  T_RUN(model_report);
  T_RUN(bad_files);
  T_RUN(usage);
  T_RUN(xdmf_beside_the_data);
  T_RUN(differences);
  T_RUN(full_output);
  scratch_remove();
  return graft_test_done();
}

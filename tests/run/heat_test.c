/* SPDX-License-Identifier: BSD-2-Clause */
/* graft-heat from nothing to pictures on tiny sizes, and the mistakes that only it knows. Called
 * with the paths of graft-heat and mpiexec; program_darcy() runs the former. */
#include <hdf5.h>

#include "tests/graft_test.h"

#include "tests/run/fields.h"
#include "tests/run/program.h"

enum { GRID = 12, DEEP = 8, POINTS = GRID * GRID * DEEP };

#define SOLVE "solve -quiet -order 1 -grid 12,12,8 -mesh_size 0.5 "
#define MODEL                                                                                      \
  "train -quiet -data data.h5 -dense 16,16 -trunk 16,16 -width 8 -batch 5 -points 60 "             \
  "-schedule constant -warmup 0 -validate_every 1 -threads 1 "

/* The same parameters in both models, bit by bit. */
static bool same_parameters(const char *a, const char *b) {
  return program_shell("for run in %s %s; do $(dirname %s)/graft-info -export $run/model.h5 | "
                       "grep ^parameters/ > $run.txt; done; test -s %s.txt && cmp %s.txt %s.txt",
                       a, b, program.darcy, a, a, b) == 0;
}

static double error_of(const char *run, const char *data) {
  char line[256];
  snprintf(line, sizeof line,
           "eval -quiet -json -baselines false -model %s/model.h5 "
           "-data %s -o %s-eval",
           run, data, run);
  return program_darcy(0, line) ? program_json(program.out, "mean", 0) : NAN;
}

static void data_are_whole(void) {
  graft_source source;
  program_darcy(0, SOLVE "-holes 2,3 -samples 9 -superposition -error_estimate false -o data.h5");
  if (!T_OK(graft_dataset_open("data.h5", &source))) return;
  T_EQUAL(source.info.samples, 18);
  T_EQUAL(source.info.points, POINTS);
  T_OK(graft_dataset_check(&source));
  T_CHECK(graft_dataset_has(&source, "superposition") && graft_dataset_has(&source, "plan_sdf"));
  graft_source_fini(&source);
}

/* Four epochs are two and two, and on two ranks the same to rounding. */
static void trainings_agree(void) {
  program_darcy(0, MODEL "-o whole -epochs 4");
  program_darcy(0, MODEL "-o halves -epochs 2");
  T_CHECK(!same_parameters("whole", "halves"));
  program_darcy(0, MODEL "-o halves -epochs 4");
  T_CHECK(same_parameters("whole", "halves"));
  int code =
      program_shell("%s -n 2 %s " MODEL "-o ranks -epochs 4", program.mpiexec, program.darcy);
  if (!T_EQUAL(code, 0)) printf("# %s", program.err);
  double alone = error_of("whole", "data.h5");
  T_NEAR(error_of("ranks", "data.h5"), alone, 1e-3 * alone);
}

/* More designs than are kept in memory: read batch by batch, the same bits. */
static void more_than_memory(void) {
#define MANY                                                                                       \
  "train -quiet -data many.h5 -dense 8 -trunk 8 -width 4 -batch 5 -points 20 -epochs 2 "           \
  "-validate_every 1 -threads 1 "
  program_darcy(0, SOLVE "-holes 9 -samples 540 -error_estimate false -o many.h5");
  program_darcy(0, MANY "-o in-memory");
  program_darcy(0, MANY "-o by-batch -memory 1.7");
  T_CHECK(same_parameters("in-memory", "by-batch"));
  program_darcy(2, MANY "-o too-small -memory 0.01");
  T_CHECK(strstr(program.err, "-memory: expected at least 1.6") != NULL);
}

/* From the superposition, and from features that are fields over x and y alone. */
static void other_first_guesses(void) {
  program_darcy(0, MODEL "-o field -epochs 4 -transform field -features "
                         "superposition,along,across,z,sdf");
  T_CHECK(error_of("field", "data.h5") < 0.3);
  program_darcy(0, MODEL "-o plan -epochs 1 -features along,across,z,sdf,torsion,plan_sdf");
  T_CHECK(error_of("plan", "data.h5") < 0.5);
}

/* Relative error of a prediction over the body. */
static double distance(const float *u, const float *truth, const unsigned char *mask) {
  double sum = 0, square = 0;
  for (size_t p = 0; p < POINTS; p++) {
    if (!mask[p]) continue;
    sum += pow((double)u[p] - (double)truth[p], 2);
    square += pow((double)truth[p], 2);
  }
  return sqrt(sum / square);
}

/* Designs of other n, h and r_h than any of the training, predicted without a truth: the errors,
 * taken by hand, are those that `eval` finds with the truth. The last two are the test part. */
static void designs_without_truth(void) {
#define DESIGNS SOLVE "-design lists -holes 4 -positions 0.9,1.2,1.1,1.35 -radii 0.12 "
  graft_source source;
  size_t n, m;
  double mean = 0;
  program_darcy(0, DESIGNS "-inputs_only -o inputs.h5");
  program_darcy(0, DESIGNS "-error_estimate false -o truth.h5");
  program_darcy(0, "predict -quiet -model whole/model.h5 -data inputs.h5 -o u.h5");
  program_darcy(0, "eval -json -quiet -baselines false -model whole/model.h5 -data truth.h5 -split "
                   "paper:test -o alone");
  double told = program_json(program.out, "mean", 0);
  float *u = read_field("u.h5", "u", &n), *truth = read_field("truth.h5", "u", &m);
  if (T_EQUAL(n, 4 * POINTS) && T_EQUAL(m, n) && T_OK(graft_dataset_open("truth.h5", &source))) {
    for (size_t s = 2; s < 4; s++) {
      const graft_source_geometry *body = &source.info.geometry[source.info.sample_geometry[s]];
      mean += distance(u + s * POINTS, truth + s * POINTS, body->mask) / 2;
    }
    T_CHECK(mean > 0.001 && mean < 0.5);
    T_NEAR(told, mean, 1e-5 * mean);
    graft_source_fini(&source);
  }
  graft_free(u);
  graft_free(truth);
}

/* Numbers of holes that the network never saw, in a table with those that have no test samples. */
static void unseen_numbers_are_told(void) {
  program_darcy(0, SOLVE "-holes 3,4 -samples 4 -error_estimate false -o two.h5");
  program_darcy(0, "train -quiet -data two.h5 -split unseen_n -dense 8 -trunk 8 -width 4 -epochs 2 "
                   "-points 60 -threads 1 -o new");
  program_darcy(0, "eval -quiet -model new/model.h5 -data two.h5 -split unseen_n:test");
  T_CHECK(strstr(program.out, "no samples in this part") != NULL);
  T_CHECK(strstr(program.out, "n4 (new)") != NULL && strstr(program.out, "n3 (new)") == NULL);
}

static void pictures(void) {
  program_darcy(0, "eval -quiet -model whole/model.h5 -data data.h5");
  program_darcy(0, "plot -run whole");
  program_darcy(0, "plot -data data.h5 -samples 1");
  if (strstr(program.err, "gnuplot is not installed")) return;
  T_CHECK(program_exists("whole/plots/fields-n2.png"));
  T_CHECK(program_exists("whole/plots/surface-n3.png"));
  T_CHECK(program_exists("whole/plots/numbers.png"));
  T_EQUAL(strlen(program.err), 0);
}

/* Extent and type of what an item of ParaView's file says are those of the array. */
static void check_item(hid_t file, const char *item) {
  unsigned all[4], precision;
  char name[64], type[16];
  hsize_t extent[4] = {0};
  if (!T_EQUAL(sscanf(item,
                      "<DataItem Dimensions=\"%u %u %u %u\" NumberType=\"%15[A-Za-z]\" "
                      "Precision=\"%u\" Format=\"HDF\">data.h5:%63[^<]<",
                      &all[0], &all[1], &all[2], &all[3], type, &precision, name),
               7)) {
    return;
  }
  hid_t array = H5Dopen2(file, name, H5P_DEFAULT);
  if (!T_CHECK(array >= 0)) return;
  hid_t space = H5Dget_space(array), number = H5Dget_type(array);
  T_EQUAL(H5Sget_simple_extent_ndims(space), 4);
  H5Sget_simple_extent_dims(space, extent, NULL);
  for (int a = 0; a < 4; a++) T_EQUAL(extent[a], all[a]);
  T_EQUAL(H5Tget_size(number), precision);
  T_CHECK((H5Tget_class(number) == H5T_FLOAT) == (strcmp(type, "Float") == 0));
  H5Tclose(number);
  H5Sclose(space);
  H5Dclose(array);
}

static void paraview(void) {
  static char text[4 << 20];
  int items = 0, fields = 3; /* u, superposition and mask of every sample: those of all axes */
  T_EQUAL(program_shell("$(dirname %s)/graft-info -xdmf data.h5", program.darcy), 0);
  program_read("data.xmf", text, sizeof text);
  T_CHECK(strstr(text, "</Xdmf>") != NULL && strstr(text, "GeometryType=\"XYZ\"") != NULL);
  T_CHECK(strstr(text, "TopologyType=\"3DSMesh\" Dimensions=\"12 12 8\"") != NULL);
  hid_t file = H5Fopen("data.h5", H5F_ACC_RDONLY, H5P_DEFAULT);
  if (!T_CHECK(file >= 0)) return;
  for (const char *at = text; (at = strstr(at, "\"HyperSlab\"")) != NULL; at++, items++) {
    const char *select = strstr(at, "<DataItem"),
               *item = select ? strstr(select + 1, "<DataItem") : NULL;
    unsigned start;
    if (!T_CHECK(item != NULL)) break;
    T_EQUAL(sscanf(select,
                   "<DataItem Dimensions=\"3 4\" Format=\"XML\">%u 0 0 0 1 1 1 1 1 12 12 8<",
                   &start),
            1);
    int sample = items / fields;
    T_EQUAL(start, sample);
    check_item(file, item);
  }
  T_EQUAL(items, 18 * fields);
  H5Fclose(file);
}

static void mistakes(void) {
  static const struct {
    int code;
    const char *arguments, *message;
  } bad[] = {
      {2, "solve -design lists -holes 9 -positions 1.0 -radii 0.35 -o bad.h5",
       "n = 9, h = 1, r_h = 0.35: the holes overlap"},
      {2, "solve -design lists -holes 3 -positions 1.8 -radii 0.2 -o bad.h5",
       "n = 3, h = 1.8, r_h = 0.2: the holes reach the rim"},
      {2, "solve -design lists -holes 3 -positions 0.7 -radii 0.2 -o bad.h5",
       "n = 3, h = 0.7, r_h = 0.2: the holes reach the boss"},
      {2, "solve -design lists -holes 3 -positions 1.2 -radii 0.001 -o bad.h5",
       "n = 3, h = 1.2, r_h = 0.001"},
      {2, "solve -design lists -holes 99 -o bad.h5", "-holes"},
      {2, "solve -grid 12,12 -o bad.h5", "-grid"},
      {2, "solve -design circles -o bad.h5", "-design"},
      {2, "train -quiet -data data.h5 -o bad -transform field",
       "expected a field on all axes of space"},
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    if (!program_darcy(bad[i].code, bad[i].arguments)) continue;
    if (!T_EQUAL(program_lines(program.err), 1) ||
        !T_CHECK(strstr(program.err, bad[i].message) != NULL)) {
      printf("# %s\n# wanted: %s\n# got: %s", bad[i].arguments, bad[i].message, program.err);
    }
    T_CHECK(!program_exists("bad.h5") && program_parts(".") == 0);
  }
}

int main(int argc, char **argv) {
  if (!program_begin(argc, argv)) return 1;
  T_RUN(data_are_whole);
  T_RUN(trainings_agree);
  T_RUN(more_than_memory);
  T_RUN(other_first_guesses);
  T_RUN(designs_without_truth);
  T_RUN(unseen_numbers_are_told);
  T_RUN(pictures);
  T_RUN(paraview);
  T_RUN(mistakes);
  program_end();
  return graft_test_done();
}

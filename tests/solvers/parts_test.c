/* SPDX-License-Identifier: BSD-2-Clause
 * One data set in many ways: on 1, 2 and 3 ranks, stopped and taken up again on other numbers of
 * ranks, in two parts that are merged: the same content, bit by bit. Then what users bring along:
 * regions, fields, right-hand sides, boundary values. Run with 3 ranks. */
#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "geometry/mesh.h"
#include "io/atomic.h"
#include "io/comm_mpi.h"
#include "io/dataset_merge.h"
#include "solvers/ensemble.h"
#include "solvers/petsc.h"
#include "tests/graft_test.h"

enum { GRID = 20, P = GRID * GRID, SAMPLES = 6, TASKS = 4, S = SAMPLES * TASKS };

static graft_comm world;
static char folder[32];

static const char *path_of(const char *name) {
  static char text[4][128];
  static int turn;
  turn = (turn + 1) % 4;
  snprintf(text[turn], sizeof text[turn], "%s/%s", folder, name);
  return text[turn];
}

/* A shape, two families and a region file. */
static graft_solve_config mixed_config(void) {
  graft_solve_config config = {.problem = "darcy"};
  T_OK(graft_option_defaults(graft_solve_options, &config));
  config.samples = SAMPLES;
  config.grid = GRID;
  config.mesh_size = 0.1;
  snprintf(config.shapes, sizeof config.shapes, "disc,star,polygon");
  snprintf(config.region, sizeof config.region, "%s", path_of("half-disc.yaml"));
  config.nodes = true;
  return config;
}

static graft_status solve_on(int ranks, const graft_solve_config *config, const char *name,
                             const graft_solve_progress *progress, graft_solve_report *report) {
  MPI_Comm part;
  graft_comm comm;
  graft_status status = GRAFT_OK;
  MPI_Comm_split(MPI_COMM_WORLD, world.rank < ranks ? 0 : MPI_UNDEFINED, 0, &part);
  if (part != MPI_COMM_NULL) {
    status = graft_comm_mpi_create(part, &comm);
    if (status == GRAFT_OK) {
      status = graft_ensemble_run(config, &comm, path_of(name), NULL, progress, report);
      graft_comm_mpi_destroy(&comm);
    }
    MPI_Comm_free(&part);
  }
  MPI_Barrier(MPI_COMM_WORLD);
  return status;
}

static void check_same_geometry(const graft_source_info *a, const graft_source_info *b, size_t g) {
  const graft_source_geometry *x = &a->geometry[g], *y = &b->geometry[g];
  T_CHECK(strcmp(x->name, y->name) == 0 && strcmp(x->region_yaml, y->region_yaml) == 0);
  T_CHECK(memcmp(x->mask, y->mask, P) == 0);
  T_CHECK(memcmp(x->sdf, y->sdf, P * sizeof *x->sdf) == 0);
  T_CHECK(memcmp(x->torsion, y->torsion, P * sizeof *x->torsion) == 0);
}

static void check_same_samples(const graft_source *a, const graft_source *b) {
  static float x[P], y[P];
  static const char *const field[] = {"u", "log_k"};
  for (size_t s = 0; s < S; s++) {
    T_EQUAL(a->info.task[s], b->info.task[s]);
    T_EQUAL(a->info.index[s], b->info.index[s]);
    T_EQUAL(a->info.stream[s], b->info.stream[s]);
    T_EQUAL(a->info.sample_geometry[s], b->info.sample_geometry[s]);
    T_EQUAL(a->info.split[0].part[s], b->info.split[0].part[s]);
    T_NEAR(a->info.error_estimate[s], b->info.error_estimate[s], 0);
    for (int f = 0; f < 2; f++) {
      T_OK(a->fill(a->ctx, field[f], &s, 1, x));
      T_OK(b->fill(b->ctx, field[f], &s, 1, y));
      T_CHECK(memcmp(x, y, sizeof x) == 0);
    }
  }
}

enum { MOST_NODES = 4096, MOST_TRIANGLES = 8192 };

/* Nodes of a sample into arrays of our own. */
static graft_source_nodes read_nodes(const graft_source *source, size_t s, float *room,
                                     int32_t *triangle) {
  const size_t n = MOST_NODES;
  graft_source_nodes nodes = {.xyz = room,
                              .value = room + 2 * n,
                              .weight = room + 3 * n,
                              .sdf = room + 4 * n,
                              .torsion = room + 5 * n,
                              .triangle = triangle};
  size_t triangles, count = graft_source_node_count(&source->info, s, &triangles);
  if (!T_CHECK(count > 0 && count <= MOST_NODES && triangles <= MOST_TRIANGLES)) return nodes;
  if (T_CHECK(source->nodes != NULL)) T_OK(source->nodes(source->ctx, s, &nodes));
  return nodes;
}

static void check_same_nodes(const graft_source *a, const graft_source *b) {
  static float x[6 * MOST_NODES], y[6 * MOST_NODES];
  static int32_t t[3 * MOST_TRIANGLES], v[3 * MOST_TRIANGLES];
  for (size_t s = 0; s < S; s++) {
    T_EQUAL(graft_source_node_count(&a->info, s, NULL), graft_source_node_count(&b->info, s, NULL));
    read_nodes(a, s, x, t);
    read_nodes(b, s, y, v);
    T_CHECK(memcmp(x, y, sizeof x) == 0 && memcmp(t, v, sizeof t) == 0);
  }
}

/* Areas of nodes add up to that of the disc, which is inscribed; u and the torsion function are 0
 * on its edge, and the mean of the torsion function, (1 − r²/R²) R²/4, is R²/8. */
static void check_disc_nodes(const graft_source *source) {
  static float room[6 * MOST_NODES];
  static int32_t triangle[3 * MOST_TRIANGLES];
  const double radius = 0.5, area = acos(-1) * radius * radius;
  double sum = 0, mean = 0;
  graft_source_nodes nodes = read_nodes(source, 0, room, triangle);
  for (size_t i = 0; i < graft_source_node_count(&source->info, 0, NULL); i++) {
    sum += (double)nodes.weight[i];
    mean += (double)nodes.weight[i] * (double)nodes.torsion[i];
    if ((double)nodes.sdf[i] < -1e-6) continue;
    T_NEAR(nodes.value[i], 0, 0);
    T_NEAR(nodes.torsion[i], 0, 0);
  }
  T_NEAR(sum, area, 0.01 * area);
  T_NEAR(mean / sum, radius * radius / 8, 0.01 * radius * radius / 8);
}

/* The file has the content of whole.h5; it is removed. */
static void check_same(const char *name) {
  graft_source a, b;
  if (world.rank != 0) return;
  if (!T_OK(graft_dataset_open(path_of("whole.h5"), &a))) return;
  if (T_OK(graft_dataset_open(path_of(name), &b))) {
    T_OK(graft_dataset_check(&b));
    T_EQUAL(b.info.samples, S);
    T_EQUAL(b.info.geometries, 2 + 2 * SAMPLES);
    for (size_t g = 0; g < a.info.geometries && g < b.info.geometries; g++) {
      check_same_geometry(&a.info, &b.info, g);
    }
    check_same_samples(&a, &b);
    check_same_nodes(&a, &b);
    graft_source_fini(&b);
  }
  graft_source_fini(&a);
  unlink(path_of(name));
}

static void whole_is_sane(void) {
  graft_solve_config config = mixed_config();
  graft_source source;
  char names[128];
  T_EQUAL(graft_solve_tasks(&config), TASKS);
  T_CHECK(strcmp(graft_solve_names(&config, names, sizeof names), "disc,star,polygon,half-disc") ==
          0);
  T_OK(solve_on(1, &config, "whole.h5", NULL, NULL));
  if (world.rank != 0 || !T_OK(graft_dataset_open(path_of("whole.h5"), &source))) return;
  T_OK(graft_dataset_check(&source));
  T_CHECK(strcmp(source.info.task_name[3], "half-disc") == 0);
  check_disc_nodes(&source);
  T_CHECK(strcmp(source.info.geometry[1 + SAMPLES].name, "polygon-0") == 0);
  for (size_t g = 0; g < source.info.geometries; g++) {
    float most = 0;
    for (size_t p = 0; p < P; p++) most = fmaxf(most, source.info.geometry[g].torsion[p]);
    T_CHECK(most > 1e-4F && most < 0.08F);
  }
  for (size_t s = 0; s < S; s++) {
    T_CHECK(source.info.error_estimate[s] > 0 && source.info.error_estimate[s] < 0.1F);
  }
  graft_source_fini(&source);
}

static graft_solve_report uninterrupted; /* on 3 ranks */

static void ranks_do_not_matter(void) {
  graft_solve_config config = mixed_config();
  graft_solve_report report = {0};
  T_OK(solve_on(2, &config, "two.h5", NULL, NULL));
  check_same("two.h5");
  T_OK(solve_on(3, &config, "three.h5", NULL, &report));
  T_EQUAL(report.samples, S);
  T_EQUAL(report.resumed, 0);
  uninterrupted = report;
  check_same("three.h5");
}

/* Every sample's error counts once, whichever rank and run solved it (those of earlier runs have
 * the precision of the file). */
static void check_same_errors(const graft_solve_report *a, const graft_solve_report *b) {
  T_CHECK(b->error_mean > 0);
  T_NEAR(a->error_mean / b->error_mean, 1, 1e-6);
  T_NEAR(a->error_median / b->error_median, 1, 1e-6);
  T_NEAR(a->error_max / b->error_max, 1, 1e-6);
  T_CHECK(strcmp(a->worst_task, b->worst_task) == 0);
  T_EQUAL(a->worst_index, b->worst_index);
}

/* Stops after some samples of one rank. */
static graft_status stop(void *ctx, size_t done, size_t total) {
  int *left = ctx;
  T_CHECK(done >= 1 && done <= total && total == S);
  GRAFT_CHECK(--*left > 0, INTERRUPTED, "stopped");
  return GRAFT_OK;
}

static void interruptions_do_not_matter(void) {
  graft_solve_config config = mixed_config(), other = config;
  graft_solve_report report = {0};
  static const int ranks[] = {3, 1, 2};
  size_t before = 0;
  for (int i = 0; i < 3; i++) {
    int left = world.rank == ranks[i] - 1 ? 2 : 1000;
    graft_solve_progress progress = {&left, stop};
    graft_status status = solve_on(ranks[i], &config, "cut.h5", &progress, &report);
    if (world.rank < ranks[i]) T_FAILS(status, GRAFT_INTERRUPTED, "stopped");
    if (world.rank == 0) {
      T_CHECK(i == 0 || report.resumed > before);
      before = report.resumed;
    }
  }
  other.seed = 2;
  T_FAILS(solve_on(3, &other, "cut.h5", NULL, NULL), GRAFT_USAGE, "begun with seed 1");
  T_OK(solve_on(3, &config, "cut.h5", NULL, &report));
  T_CHECK(report.resumed >= 6 && report.error_median > 0 && report.worst_task[0]);
  T_CHECK(report.error_max >= report.error_median);
  check_same_errors(&report, &uninterrupted);
  check_same("cut.h5");
}

/* Three ranks fill one directory at once, then two and one read from it. */
static void caches_do_not_matter(void) {
  graft_solve_config config = mixed_config();
  snprintf(config.mesh_cache, sizeof config.mesh_cache, "%s", path_of("cache"));
  for (int ranks = 3; ranks >= 1; ranks--) {
    T_OK(solve_on(ranks, &config, "cached.h5", NULL, NULL));
    check_same("cached.h5");
  }
  /* disc and file with one finer mesh each; two families: samples, three of calibration, finer */
  size_t meshes = 0, others = 0;
  DIR *directory = world.rank == 0 ? opendir(config.mesh_cache) : NULL;
  for (struct dirent *entry; directory && (entry = readdir(directory));) {
    char path[1400];
    const char *dot = strrchr(entry->d_name, '.');
    if (entry->d_name[0] == '.') continue;
    *(dot && strcmp(dot, ".mesh") == 0 ? &meshes : &others) += 1;
    snprintf(path, sizeof path, "%s/%s", config.mesh_cache, entry->d_name);
    T_CHECK(unlink(path) == 0);
  }
  if (world.rank != 0) return;
  if (directory) closedir(directory);
  T_EQUAL(meshes, 4 + 2 * (SAMPLES + 6));
  T_EQUAL(others, 0);
  T_CHECK(rmdir(config.mesh_cache) == 0);
}

static void parts_do_not_matter(void) {
  graft_solve_config config = mixed_config();
  config.samples = 4;
  T_OK(solve_on(2, &config, "a.h5", NULL, NULL));
  config.first = 4;
  config.samples = 2;
  T_OK(solve_on(3, &config, "b.h5", NULL, NULL));
  if (world.rank == 0) {
    const char *part[2] = {path_of("a.h5"), path_of("b.h5")};
    T_OK(graft_dataset_merge(path_of("merged.h5"), 2, part, NULL));
    unlink(part[0]);
    unlink(part[1]);
  }
  check_same("merged.h5");
}

/* Largest |u − want| over the region of sample 0, want = a + b x + c y + t × torsion. */
static double deviation(const char *name, double a, double b, double c, double t) {
  graft_source source;
  static float u[P];
  double worst = 0;
  size_t first = 0;
  if (!T_OK(graft_dataset_open(path_of(name), &source))) return INFINITY;
  T_OK(source.fill(source.ctx, "u", &first, 1, u));
  const graft_source_geometry *g = &source.info.geometry[0];
  for (size_t p = 0; p < P; p++) {
    double x = (double)(p / GRID) / (GRID - 1), y = (double)(p % GRID) / (GRID - 1);
    double want = g->mask[p] ? a + b * x + c * y + t * (double)g->torsion[p] : 0;
    worst = fmax(worst, fabs((double)u[p] - want));
  }
  graft_source_fini(&source);
  unlink(path_of(name));
  return worst;
}

/* Solve one sample on the disc with K = 1 (or the given field), f and boundary values. */
static void check_data(const char *field, const char *f, const char *boundary, double a, double b,
                       double c, double t) {
  graft_solve_config config = mixed_config();
  config.samples = 1;
  config.region[0] = '\0';
  snprintf(config.shapes, sizeof config.shapes, "disc");
  snprintf(config.field, sizeof config.field, "%s", field);
  snprintf(config.f, sizeof config.f, "%s", f);
  snprintf(config.boundary, sizeof config.boundary, "%s", boundary);
  T_OK(solve_on(1, &config, "data.h5", NULL, NULL));
  if (world.rank == 0) T_CHECK(deviation("data.h5", a, b, c, t) < 2e-7);
}

static void users_data_are_used(void) {
  check_data("constant", "", "", 0, 0, 0, 1);
  check_data("constant", "2.5", "", 0, 0, 0, 2.5);
  check_data("constant", "0", "0.5", 0.5, 0, 0, 0);
  check_data("constant", "-1", "1,-2,3", 1, -2, 3, -1);
  check_data(path_of("zero.csv"), "", "", 0, 0, 0, 1);
  check_data(path_of("zero.csv"), path_of("ones.csv"), "0,0,1", 0, 0, 1, 1);
}

static void mistakes_are_named(void) {
  graft_solve_config config = mixed_config();
  snprintf(config.boundary, sizeof config.boundary, "1,2");
  T_FAILS(graft_solve_validate(&config), GRAFT_USAGE, "-boundary: expected a number, or a,b,c");
  snprintf(config.boundary, sizeof config.boundary, "1,x,2");
  T_FAILS(graft_solve_validate(&config), GRAFT_USAGE, "got '1,x,2'");
  config = mixed_config();
  snprintf(config.f, sizeof config.f, "ten");
  T_FAILS(graft_solve_validate(&config), GRAFT_USAGE, "-f: expected a number or a file");
  config = mixed_config();
  config.first = 1LL << 33;
  T_FAILS(graft_solve_validate(&config), GRAFT_USAGE, "2^32 for the family 'star'");
  config = mixed_config();
  snprintf(config.shapes, sizeof config.shapes, "half");
  T_FAILS(graft_solve_validate(&config), GRAFT_USAGE, "got 'half'");
  config = mixed_config();
  snprintf(config.region, sizeof config.region, "a/x.yaml,b/x.yaml");
  T_FAILS(graft_solve_validate(&config), GRAFT_USAGE, "got 'x' twice");
  config = mixed_config();
  snprintf(config.region, sizeof config.region, "absent.yaml");
  T_FAILS(solve_on(3, &config, "no.h5", NULL, NULL), GRAFT_INPUT, "absent.yaml");
  config = mixed_config();
  snprintf(config.field, sizeof config.field, "%s", path_of("two.csv"));
  T_FAILS(solve_on(3, &config, "no.h5", NULL, NULL), GRAFT_INPUT, "samples 0 to 5, got 2");
  snprintf(config.field, sizeof config.field, "%s", path_of("bad.csv"));
  T_FAILS(solve_on(3, &config, "no.h5", NULL, NULL), GRAFT_INPUT,
          "bad.csv: line 2: value 3: expected a number");
  config.field_length = 0.1;
  T_FAILS(graft_solve_validate(&config), GRAFT_USAGE, "'a file' has no length");
  config = mixed_config();
  snprintf(config.problem, sizeof config.problem, "darcy_notch");
  snprintf(config.boundary, sizeof config.boundary, "1");
  T_FAILS(graft_solve_validate(&config), GRAFT_USAGE, "has boundary values of its own");
}

static const struct {
  const char *name, *text;
} file[] = {
    {"half-disc.yaml", "region:\n  outer: [[0.9, 0.3], {arc: [0.1, 0.3], bulge: 1}]\n"},
    {"zero.csv", "0,0,0,0\n"},
    {"ones.csv", "# f\n1 1 1 1\n"},
    {"two.csv", "0,0,0,0\n1,1,1,1\n"},
    {"bad.csv", "0,0,0,0\n1,1,one,1\n"},
};

int main(int argc, char **argv) {
  if (!T_OK(graft_mpi_init(&argc, &argv, &world))) return 1;
  graft_test_rank(world.rank);
  if (!T_OK(graft_petsc_init(0, NULL))) return 1;
  snprintf(folder, sizeof folder, "graft-parts-XXXXXX");
  if (world.rank == 0) T_CHECK(mkdtemp(folder) != NULL);
  T_OK(world.broadcast(world.ctx, folder, sizeof folder));
  for (size_t i = 0; i < sizeof file / sizeof *file && world.rank == 0; i++) {
    T_OK(graft_atomic_write_text(path_of(file[i].name), file[i].text));
  }
  MPI_Barrier(MPI_COMM_WORLD);
  T_RUN(whole_is_sane);
  T_RUN(ranks_do_not_matter);
  T_RUN(interruptions_do_not_matter);
  T_RUN(caches_do_not_matter);
  T_RUN(parts_do_not_matter);
  T_RUN(users_data_are_used);
  T_RUN(mistakes_are_named);
  MPI_Barrier(MPI_COMM_WORLD);
  if (world.rank == 0) {
    unlink(path_of("whole.h5"));
    for (size_t i = 0; i < sizeof file / sizeof *file; i++) unlink(path_of(file[i].name));
    T_CHECK(rmdir(folder) == 0);
  }
  graft_mesh_shutdown();
  graft_petsc_fini();
  graft_mpi_finalize(&world);
  return graft_test_done();
}

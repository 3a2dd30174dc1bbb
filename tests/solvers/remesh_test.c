/* SPDX-License-Identifier: BSD-2-Clause */
/* Meshes made again from a data set: as many triangles as the solver had, whatever told their size.
 */
#include "solvers/remesh.h"

#include <stdlib.h>
#include <unistd.h>

#include "io/comm_mpi.h"
#include "io/dataset.h"
#include "solvers/ensemble_impl.h"
#include "solvers/petsc.h"
#include "tests/graft_test.h"

static graft_comm world;
static char folder[64], path[96];

/* Triangles of the first region of a family; of shapes what the solver says. */
static size_t family_elements(const graft_solve_config *config, size_t shapes) {
  graft_task task;
  graft_mesh_config mesher = graft_mesh_config_default();
  graft_region region;
  graft_mesh mesh;
  graft_task_get(config, 0, &task);
  if (!task.domain->random) return shapes;
  T_OK(graft_task_region(&task, (uint64_t)config->seed, 0, &region));
  mesher.size = graft_solve_region_size(config, graft_region_area(&region), true);
  T_OK(graft_mesh_create(&region, &mesher, &mesh));
  size_t elements = mesh.elements;
  graft_mesh_fini(&mesh);
  graft_region_fini(&region);
  return elements;
}

/* Solve, mesh all geometries again, compare with what the solver says of its own meshes. */
static void same_number(const char *shapes, double mesh_size, bool inputs_only) {
  graft_solve_config config = {.problem = "darcy"};
  graft_solve_report report;
  graft_provenance provenance;
  graft_source data;
  char options[64];
  T_OK(graft_option_defaults(graft_solve_options, &config));
  config.samples = 1;
  config.grid = 12;
  config.mesh_size = mesh_size;
  config.inputs_only = inputs_only;
  snprintf(config.shapes, sizeof config.shapes, "%s", shapes);
  snprintf(options, sizeof options, "mesh_size: %g\n", mesh_size);
  T_OK(graft_provenance_init(&provenance, 0, NULL, 1, 1));
  T_OK(graft_provenance_set_options(&provenance, options));
  T_OK(graft_ensemble_run(&config, &world, path, &provenance, NULL, &report));
  graft_provenance_fini(&provenance);
  if (!T_OK(graft_dataset_open(path, &data))) return;
  size_t elements = 0;
  for (size_t g = 0; g < data.info.geometries; g++) {
    graft_mesh mesh;
    if (!T_OK(graft_remesh(&data, g, &mesh))) continue;
    elements += mesh.elements;
    T_EQUAL(mesh.order, 2);
    graft_mesh_fini(&mesh);
  }
  T_EQUAL(elements, family_elements(&config, report.elements));
  graft_source_fini(&data);
  unlink(path);
}

static void shapes_of_the_law(void) { same_number("square,lshape,triangle", 0, false); }
static void shapes_of_a_given_size(void) { same_number("disc,lshape", 0.15, false); }
static void a_region_of_a_family(void) { same_number("polygon", 0, false); }
static void a_region_of_a_given_size(void) { same_number("star", 0.1, false); }
static void inputs_alone(void) { same_number("disc", 0.2, true); }

/* A generator whose sample has as many nodes and triangles as its state says. */
static void told_nodes(void *state, graft_source_nodes *nodes, size_t *count, size_t *triangles) {
  *nodes = (graft_source_nodes){NULL};
  *count = ((const size_t *)state)[0];
  *triangles = ((const size_t *)state)[1];
}

/* Another meshing with other nodes must not be written into places made for the first. */
static void nodes_are_as_many_as_counted(void) {
  const graft_generator_type generator = {.nodes = told_nodes};
  int64_t node[] = {0, 4, 9}, triangle[] = {0, 2, 5};
  const graft_source_info info = {.samples = 2, .node_start = node, .triangle_start = triangle};
  graft_source_nodes nodes;
  size_t told[2] = {5, 3};
  T_OK(graft_solve_nodes(&generator, told, &info, 1, &nodes));
  T_FAILS(graft_solve_nodes(&generator, told, &info, 0, &nodes), GRAFT_INTERNAL,
          "sample 0: expected 4 nodes and 2 triangles as counted before, got 5 and 3");
  told[1] = 4;
  T_FAILS(graft_solve_nodes(&generator, told, &info, 1, &nodes), GRAFT_INTERNAL, "got 5 and 4");
}

int main(int argc, char **argv) {
  if (!T_OK(graft_mpi_init(&argc, &argv, &world)) || !T_OK(graft_petsc_init(0, NULL))) return 1;
  snprintf(folder, sizeof folder, "graft-remesh-XXXXXX");
  if (!T_CHECK(mkdtemp(folder) != NULL)) return 1;
  snprintf(path, sizeof path, "%s/a.h5", folder);
  T_RUN(shapes_of_the_law);
  T_RUN(shapes_of_a_given_size);
  T_RUN(a_region_of_a_family);
  T_RUN(a_region_of_a_given_size);
  T_RUN(inputs_alone);
  T_RUN(nodes_are_as_many_as_counted);
  T_CHECK(rmdir(folder) == 0);
  graft_mesh_shutdown();
  graft_petsc_fini();
  graft_mpi_finalize(&world);
  return graft_test_done();
}

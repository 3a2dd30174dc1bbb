/* SPDX-License-Identifier: BSD-2-Clause
 * Method:    region from the file; size from the file's parameter, reduced as the ensemble driver
 *            does unless the option -mesh_size was given. */
#include "solvers/remesh.h"

#include <stdlib.h>

#include "geometry/domain.h"
#include "io/dataset.h"
#include "io/yaml.h"
#include "solvers/ensemble_impl.h"
#include "solvers/region_text.h"

/* -mesh_size as it was given; 0: none. */
static graft_status given_size(const graft_source *data, double *size) {
  const graft_provenance *provenance = graft_dataset_provenance(data);
  graft_yaml yaml;
  *size = 0;
  if (!provenance || !provenance->options) return GRAFT_OK;
  GRAFT_TRY(graft_yaml_parse(provenance->options, "/graft/provenance/options", &yaml));
  const graft_yaml_entry *entry = graft_yaml_find(&yaml, "mesh_size");
  if (entry) *size = strtod(entry->value, NULL);
  graft_yaml_fini(&yaml);
  return GRAFT_OK;
}

/* Is the geometry one of a family's? Families give their tasks the name. */
static bool of_family(const graft_source_info *info, size_t geometry) {
  for (size_t s = 0; s < info->samples; s++) {
    if ((size_t)info->sample_geometry[s] != geometry) continue;
    const graft_domain_type *domain = graft_domain_find(info->task_name[info->task[s]]);
    return domain && domain->random;
  }
  return false;
}

graft_status graft_remesh(const graft_source *data, size_t geometry, graft_mesh *mesh) {
  const graft_bundle *parameters = graft_dataset_parameters(data);
  const graft_source_geometry *row = &data->info.geometry[geometry];
  graft_mesh_config config = graft_mesh_config_default();
  graft_region region;
  double size, given;
  int64_t order;
  GRAFT_CHECK(parameters, INPUT, "expected a data set of a file");
  GRAFT_TRY(graft_bundle_get_real(parameters, "mesh_size", &size));
  GRAFT_TRY(graft_bundle_get_int(parameters, "order", &order));
  GRAFT_TRY(given_size(data, &given));
  GRAFT_TRY(graft_region_parse(row->region_yaml, row->name, &region));
  bool family = of_family(&data->info, geometry);
  config.size = graft_solve_size_in(size, given > 0, graft_region_area(&region), family);
  config.order = (int)order;
  graft_status status = graft_mesh_create(&region, &config, mesh);
  graft_region_fini(&region);
  return status;
}

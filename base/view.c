/* SPDX-License-Identifier: BSD-2-Clause */
/* S samples, K tasks, G geometries, P points, Q numbers of a sample. */
#include "base/view.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"

/* Where a sample comes from. */
struct origin {
  const graft_source *source;
  size_t sample;
};

struct view {
  size_t samples;
  graft_source_info own; /* sizes of fields; borrows the tables of the view's info */
  struct origin origin[];
};

/* The names that all parts have together. */
struct names {
  size_t tasks, geometries, samples;
  bool nodes;                             /* have all samples some? */
  char (*task)[GRAFT_NAME_SIZE];          /* [K] */
  const graft_source_geometry **geometry; /* [G] */
  size_t **task_of, **geometry_of;        /* [parts][K or G of the part] place among them */
};

static bool same_grid(const graft_source_info *want, const graft_source_info *got) {
  bool same = want->dims == got->dims;
  for (int a = 0; a < want->dims && same; a++) {
    const double tolerance = 1e-9 * (want->hi[a] - want->lo[a]);
    same = want->grid[a] == got->grid[a] && fabs(want->lo[a] - got->lo[a]) <= tolerance &&
           fabs(want->hi[a] - got->hi[a]) <= tolerance;
  }
  return same;
}

static graft_status check_part(const graft_source_info *want, const graft_source_info *got) {
  bool same = same_grid(want, got) && want->codes == got->codes && want->inputs == got->inputs;
  GRAFT_CHECK(strcmp(want->problem, got->problem) == 0, INPUT,
              "data set %s: expected the problem of %s, '%s', got '%s'", graft_source_name(got),
              graft_source_name(want), want->problem, got->problem);
  for (size_t q = 0; q < want->codes && same; q++) {
    same = strcmp(want->code_name[q], got->code_name[q]) == 0;
  }
  for (size_t i = 0; i < want->inputs && same; i++) {
    same = strcmp(want->input[i].name, got->input[i].name) == 0 &&
           want->input[i].axes == got->input[i].axes;
  }
  GRAFT_CHECK(same, INPUT, "data set %s: expected the grid, inputs and numbers of %s, got others",
              graft_source_name(got), graft_source_name(want));
  return GRAFT_OK;
}

static size_t find_task(const struct names *n, const char *name) {
  size_t k = 0;
  while (k < n->tasks && strcmp(n->task[k], name) != 0) k++;
  return k;
}

static size_t find_geometry(const struct names *n, const graft_source_geometry *g, size_t points) {
  size_t i = 0;
  while (i < n->geometries && (strcmp(n->geometry[i]->name, g->name) != 0 ||
                               memcmp(n->geometry[i]->mask, g->mask, points) != 0)) {
    i++;
  }
  return i;
}

/* Has one of the part's samples this geometry? */
static bool is_used(const graft_view_part *part, size_t geometry) {
  for (size_t i = 0; i < part->count; i++) {
    if ((size_t)part->source->info.sample_geometry[part->sample[i]] == geometry) return true;
  }
  return part->count == 0;
}

static graft_status add_names(struct names *n, const graft_view_part *part, size_t p) {
  const graft_source_info *info = &part->source->info;
  GRAFT_TRY(graft_alloc(&n->task_of[p], info->tasks, sizeof(size_t)));
  GRAFT_TRY(graft_alloc(&n->geometry_of[p], info->geometries, sizeof(size_t)));
  for (size_t k = 0; k < info->tasks; k++) {
    const size_t at = n->task_of[p][k] = find_task(n, info->task_name[k]);
    if (at < n->tasks) continue;
    memcpy(n->task[n->tasks++], info->task_name[k], GRAFT_NAME_SIZE);
  }
  for (size_t g = 0; g < info->geometries; g++) {
    if (!is_used(part, g)) continue;
    const size_t at = n->geometry_of[p][g] = find_geometry(n, &info->geometry[g], info->points);
    if (at == n->geometries) n->geometry[n->geometries++] = &info->geometry[g];
  }
  n->samples += part->count;
  n->nodes &= part->count == 0 || part->source->nodes;
  return GRAFT_OK;
}

static graft_status join_names(struct names *n, const graft_view_part *part, size_t parts) {
  size_t tasks = 0, geometries = 0;
  for (size_t p = 0; p < parts; p++) {
    tasks += part[p].source->info.tasks;
    geometries += part[p].source->info.geometries;
  }
  GRAFT_TRY(graft_alloc(&n->task, tasks, sizeof *n->task));
  GRAFT_TRY(graft_alloc(&n->geometry, geometries, sizeof(void *)));
  GRAFT_TRY(graft_alloc(&n->task_of, parts, sizeof *n->task_of));
  GRAFT_TRY(graft_alloc(&n->geometry_of, parts, sizeof *n->geometry_of));
  n->nodes = true;
  for (size_t p = 0; p < parts; p++) {
    GRAFT_TRY(check_part(&part[0].source->info, &part[p].source->info));
    GRAFT_TRY(add_names(n, &part[p], p));
  }
  return GRAFT_OK;
}

static void release_names(struct names *n, size_t parts) {
  for (size_t p = 0; p < parts; p++) {
    if (n->task_of) graft_free(n->task_of[p]);
    if (n->geometry_of) graft_free(n->geometry_of[p]);
  }
  graft_free(n->task);
  graft_free(n->geometry);
  graft_free(n->task_of);
  graft_free(n->geometry_of);
}

static graft_status copy_geometry(const graft_source_geometry *from, size_t points,
                                  graft_source_geometry *to) {
  memcpy(to->name, from->name, sizeof to->name);
  memcpy(to->mask, from->mask, points);
  memcpy(to->sdf, from->sdf, points * sizeof *to->sdf);
  memcpy(to->torsion, from->torsion, points * sizeof *to->torsion);
  if (!from->region_yaml) return GRAFT_OK;
  const size_t bytes = strlen(from->region_yaml) + 1;
  GRAFT_TRY(graft_alloc(&to->region_yaml, bytes, 1));
  memcpy(to->region_yaml, from->region_yaml, bytes);
  return GRAFT_OK;
}

/* Names of all parts, and the rest of the first. */
static graft_status fill_info(const struct names *n, const graft_source_info *first,
                              graft_source_info *info) {
  GRAFT_TRY(graft_source_info_init(info, n->samples, n->tasks, n->geometries, 1, first->dims,
                                   first->grid));
  memcpy(info->task_name, n->task, n->tasks * sizeof *n->task);
  memcpy(info->split[0].name, "default", sizeof "default");
  info->seed = first->seed;
  GRAFT_TRY(graft_source_info_like(info, first));
  if (n->nodes && n->samples > 0) GRAFT_TRY(graft_source_info_nodes(info));
  for (size_t g = 0; g < n->geometries; g++) {
    GRAFT_TRY(copy_geometry(n->geometry[g], info->points, &info->geometry[g]));
  }
  return GRAFT_OK;
}

static void fill_samples(const struct names *n, const graft_view_part *part, size_t parts,
                         graft_source_info *info, struct origin *origin) {
  size_t at = 0;
  for (size_t p = 0; p < parts; p++) {
    const graft_source_info *from = &part[p].source->info;
    for (size_t i = 0; i < part[p].count; i++, at++) {
      const size_t s = part[p].sample[i], Q = info->codes;
      origin[at] = (struct origin){part[p].source, s};
      info->task[at] = (int32_t)n->task_of[p][from->task[s]];
      info->sample_geometry[at] = (int32_t)n->geometry_of[p][from->sample_geometry[s]];
      info->index[at] = from->index[s];
      info->stream[at] = from->stream[s];
      info->error_estimate[at] = from->error_estimate[s];
      info->split[0].part[at] = part[p].part[i];
      if (info->node_start) {
        size_t triangles, nodes = graft_source_node_count(from, s, &triangles);
        info->node_start[at + 1] = info->node_start[at] + (int64_t)nodes;
        info->triangle_start[at + 1] = info->triangle_start[at] + (int64_t)triangles;
      }
      if (Q) memcpy(info->code + at * Q, from->code + s * Q, Q * sizeof *info->code);
    }
  }
}

static graft_status fill(void *ctx, const char *field, const size_t *sample, size_t count,
                         float *out) {
  const struct view *v = ctx;
  const size_t points = graft_source_points(&v->own, graft_source_axes(&v->own, field));
  for (size_t i = 0; i < count; i++) {
    GRAFT_CHECK(sample[i] < v->samples, INTERNAL, "sample %zu of %zu", sample[i], v->samples);
    const struct origin *o = &v->origin[sample[i]];
    GRAFT_TRY(o->source->fill(o->source->ctx, field, &o->sample, 1, out + i * points));
  }
  return GRAFT_OK;
}

static graft_status nodes_of(void *ctx, size_t sample, const graft_source_nodes *nodes) {
  const struct view *v = ctx;
  GRAFT_CHECK(sample < v->samples, INTERNAL, "sample %zu of %zu", sample, v->samples);
  const struct origin *o = &v->origin[sample];
  return o->source->nodes(o->source->ctx, o->sample, nodes);
}

graft_status graft_view_init(const graft_view_part *part, size_t parts, graft_source *view) {
  struct names n = {0};
  struct view *v = NULL;
  graft_source_info info = {0};
  graft_status status;
  *view = (graft_source){0};
  GRAFT_CHECK(parts > 0, INTERNAL, "view: expected a source at least");
  GRAFT_TRY_TO(done, join_names(&n, part, parts));
  GRAFT_TRY_TO(done, graft_alloc(&v, 1, sizeof *v + n.samples * sizeof *v->origin));
  GRAFT_TRY_TO(done, fill_info(&n, &part[0].source->info, &info));
  fill_samples(&n, part, parts, &info, v->origin);
  v->samples = n.samples;
  v->own = info;
  *view = (graft_source){.info = info, .ctx = v, .fill = fill, .destroy = graft_free};
  if (info.node_start) view->nodes = nodes_of;
  info = (graft_source_info){0};
  v = NULL;
done:
  release_names(&n, parts);
  graft_source_info_fini(&info);
  graft_free(v);
  return status;
}

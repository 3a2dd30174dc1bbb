/* SPDX-License-Identifier: BSD-2-Clause */
/* Letters: S samples and G geometries of the merged file. */
#include "io/dataset_merge.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "io/dataset_impl.h"
#include "io/yaml.h"

/* Where a sample of the merged file comes from. */
struct origin {
  size_t part, sample;
  int32_t task;
  int64_t index;
};

struct merger {
  size_t parts;
  const char *const *path;
  graft_source *source;  /* [parts] */
  struct origin *origin; /* [S] */
  graft_source_info info;
};

static graft_status check_parameter(const graft_bundle *all, const graft_array *want,
                                    const char *path) {
  const graft_array *got = graft_bundle_find(all, want->name);
  size_t bytes = graft_shape_count(want->shape) * graft_type_size(want->type);
  if (strcmp(want->name, "first") == 0) return GRAFT_OK;
  GRAFT_CHECK(got && got->type == want->type && graft_shape_equal(got->shape, want->shape) &&
                  memcmp(got->data, want->data, bytes) == 0,
              INPUT, "%s: /graft/parameters/%s: expected the value of the first part", path,
              want->name);
  return GRAFT_OK;
}

/* /graft/configuration of a file; no entries if it has none. */
static graft_status read_configuration(const char *path, graft_yaml *yaml) {
  hid_t file;
  char **text = NULL;
  graft_status status = GRAFT_OK;
  GRAFT_TRY(graft_h5_open(path, &file));
  if (graft_h5_exists(file, "graft/configuration")) {
    status = graft_h5_read_texts(file, "graft/configuration", 1, &text);
    if (status == GRAFT_OK) status = graft_yaml_parse(text[0], path, yaml);
    graft_free(text);
  }
  H5Fclose(file);
  return status;
}

/* What the parameters do not tell: content of files with fields, where sizes of meshes come from.
 */
static graft_status check_configuration(const char *first, const char *path) {
  static const char *const keys[] = {"version", "field_checksum", "f_checksum", "mesh_size",
                                     "error_estimate"};
  graft_yaml x = {0}, y = {0};
  graft_status status;
  GRAFT_TRY_TO(done, read_configuration(first, &x));
  GRAFT_TRY_TO(done, read_configuration(path, &y));
  for (size_t i = 0; i < sizeof keys / sizeof *keys && x.entries && y.entries; i++) {
    const graft_yaml_entry *a = graft_yaml_find(&x, keys[i]), *b = graft_yaml_find(&y, keys[i]);
    const char *want = a ? a->value : "none", *got = b ? b->value : "none";
    GRAFT_CHECK_TO(done, strcmp(want, got) == 0, INPUT,
                   "%s: /graft/configuration: expected %s %s as in the first part, got %s", path,
                   keys[i], want, got);
  }
done:
  graft_yaml_fini(&x);
  graft_yaml_fini(&y);
  return status;
}

static bool same_grid(const graft_source_info *x, const graft_source_info *y) {
  if (x->dims != y->dims || x->in_time != y->in_time || x->directed != y->directed) return false;
  for (int a = 0; a < x->dims; a++) {
    if (x->grid[a] != y->grid[a]) return false;
    if (fabs(x->lo[a] - y->lo[a]) > 0 || fabs(x->hi[a] - y->hi[a]) > 0) return false;
  }
  return true;
}

static bool same_inputs(const graft_source_info *x, const graft_source_info *y) {
  bool same = x->inputs == y->inputs && x->codes == y->codes;
  for (size_t i = 0; same && i < x->inputs; i++) {
    same = strcmp(x->input[i].name, y->input[i].name) == 0 && x->input[i].axes == y->input[i].axes;
  }
  for (size_t q = 0; same && q < x->codes; q++) {
    same = strcmp(x->code_name[q], y->code_name[q]) == 0;
  }
  return same;
}

/* Can a part go with the first one? */
static graft_status check_part(const struct merger *m, size_t k) {
  const graft_source *a = &m->source[0], *b = &m->source[k];
  const graft_source_info *x = &a->info, *y = &b->info;
  const char *path = m->path[k];
  const graft_bundle *p = graft_dataset_parameters(a), *q = graft_dataset_parameters(b);
  GRAFT_CHECK(strcmp(x->problem, y->problem) == 0, INPUT,
              "%s: expected problem '%s' as in the first part, got '%s'", path, x->problem,
              y->problem);
  GRAFT_CHECK(strcmp(x->field, y->field) == 0, INPUT,
              "%s: expected field '%s' as in the first part, got '%s'", path, x->field, y->field);
  GRAFT_CHECK(x->seed == y->seed, INPUT, "%s: expected seed %llu as in the first part, got %llu",
              path, (unsigned long long)x->seed, (unsigned long long)y->seed);
  GRAFT_CHECK(same_grid(x, y), INPUT,
              "%s: expected the grid of the first part, %zu x %zu on [%g, %g] x [%g, %g], got "
              "%zu x %zu on [%g, %g] x [%g, %g]",
              path, x->grid[0], x->grid[1], x->lo[0], x->hi[0], x->lo[1], x->hi[1], y->grid[0],
              y->grid[1], y->lo[0], y->hi[0], y->lo[1], y->hi[1]);
  GRAFT_CHECK(!x->node_start == !y->node_start, INPUT,
              "%s: /graft/points: expected %s as in the first part", path,
              x->node_start ? "nodes" : "none");
  GRAFT_CHECK(same_inputs(x, y), INPUT,
              "%s: /graft/input, /graft/code: expected the names of the first part, got others",
              path);
  for (size_t f = 0;; f++) {
    const graft_dataset_field *u = graft_dataset_field_get(a, f),
                              *v = graft_dataset_field_get(b, f);
    if (!u && !v) break;
    GRAFT_CHECK(u && v && strcmp(u->name, v->name) == 0, INPUT,
                "%s: /t0_fields: expected %s as in the first part, got %s", path,
                u ? u->name : "no more", v ? v->name : "no more");
  }
  GRAFT_CHECK(p->arrays == q->arrays, INPUT,
              "%s: /graft/parameters: expected %zu as in the first part, got %zu", path, p->arrays,
              q->arrays);
  for (size_t i = 0; i < p->arrays; i++) GRAFT_TRY(check_parameter(q, &p->array[i], path));
  return check_configuration(m->path[0], path);
}

static int by_task_and_index(const void *a, const void *b) {
  const struct origin *x = a, *y = b;
  if (x->task != y->task) return x->task < y->task ? -1 : 1;
  if (x->index != y->index) return x->index < y->index ? -1 : 1;
  return x->part < y->part ? -1 : x->part > y->part;
}

/* Number of a task in the merged file; new names are appended. */
static size_t find_task(char (*name)[GRAFT_NAME_SIZE], size_t *tasks, const char *wanted) {
  size_t k = 0;
  while (k < *tasks && strcmp(name[k], wanted) != 0) k++;
  if (k < *tasks) return k;
  if (k < GRAFT_MAX_TASKS) memcpy(name[(*tasks)++], wanted, GRAFT_NAME_SIZE);
  return k;
}

/* Samples in their order; tasks. */
static graft_status sort_samples(struct merger *m, char (*name)[GRAFT_NAME_SIZE], size_t *tasks,
                                 size_t *samples) {
  size_t S = 0;
  for (size_t k = 0; k < m->parts; k++) S += m->source[k].info.samples;
  GRAFT_TRY(graft_alloc(&m->origin, S, sizeof *m->origin));
  *samples = 0;
  *tasks = 0;
  for (size_t k = 0; k < m->parts; k++) {
    const graft_source_info *info = &m->source[k].info;
    for (size_t s = 0; s < info->samples; s++) {
      size_t task = find_task(name, tasks, info->task_name[info->task[s]]);
      GRAFT_CHECK(task < GRAFT_MAX_TASKS, INPUT, "%s: expected at most %d tasks in all parts",
                  m->path[k], GRAFT_MAX_TASKS);
      m->origin[(*samples)++] = (struct origin){k, s, (int32_t)task, info->index[s]};
    }
  }
  qsort(m->origin, S, sizeof *m->origin, by_task_and_index);
  for (size_t i = 1; i < S; i++) {
    const struct origin *a = &m->origin[i - 1], *b = &m->origin[i];
    GRAFT_CHECK(a->task != b->task || a->index != b->index, INPUT,
                "%s: sample %lld of %s: expected every sample once, it is in %s too",
                m->path[b->part], (long long)b->index, name[b->task], m->path[a->part]);
  }
  return GRAFT_OK;
}

static const graft_source_geometry *geometry_of(const struct merger *m, const struct origin *o) {
  const graft_source_info *info = &m->source[o->part].info;
  return &info->geometry[info->sample_geometry[o->sample]];
}

/* Number the distinct regions in the order of their first sample. */
static size_t number_geometries(const struct merger *m, size_t S, size_t *first, int32_t *of) {
  size_t count = 0;
  for (size_t s = 0; s < S; s++) {
    const graft_source_geometry *g = geometry_of(m, &m->origin[s]);
    size_t k = count; /* 1 + number, from the latest on: neighbours are often alike */
    for (; k > 0; k--) {
      const graft_source_geometry *h = geometry_of(m, &m->origin[first[k - 1]]);
      if (g == h) break;
      if (strcmp(g->name, h->name) == 0 && strcmp(g->region_yaml, h->region_yaml) == 0) break;
    }
    if (k == 0) {
      first[count++] = s;
      k = count;
    }
    of[s] = (int32_t)(k - 1);
  }
  return count;
}

static graft_status copy_geometry(const struct merger *m, const graft_source_geometry *from,
                                  graft_source_geometry *to) {
  size_t P = m->info.points, n = strlen(from->region_yaml) + 1;
  memcpy(to->name, from->name, sizeof to->name);
  GRAFT_TRY(graft_alloc(&to->region_yaml, n, 1));
  memcpy(to->region_yaml, from->region_yaml, n);
  memcpy(to->mask, from->mask, P);
  memcpy(to->sdf, from->sdf, P * sizeof *to->sdf);
  memcpy(to->torsion, from->torsion, P * sizeof *to->torsion);
  return GRAFT_OK;
}

/* Is the split in all parts? */
static bool is_common(const struct merger *m, const char *name) {
  for (size_t k = 0; k < m->parts; k++) {
    if (!graft_source_split_get(&m->source[k].info, name)) return false;
  }
  return true;
}

/* Samples of the longest task; samples are stored task after task. */
static size_t longest_task(const graft_source_info *info) {
  size_t longest = 0, run = 0;
  for (size_t s = 0; s < info->samples; s++) {
    run = s > 0 && info->task[s] == info->task[s - 1] ? run + 1 : 1;
    if (run > longest) longest = run;
  }
  return longest;
}

/* Is the default split that of graft_source_split_default()? Problems may have one of their own. */
static graft_status splits_by_index(const graft_source_info *info, bool *by_index) {
  graft_source_split split = {.name = ""};
  GRAFT_TRY(graft_alloc(&split.part, info->samples, 1));
  graft_source_split_default(info, longest_task(info), &split);
  *by_index = memcmp(split.part, graft_source_split_get(info, "default"), info->samples) == 0;
  graft_free(split.part);
  return GRAFT_OK;
}

static void copy_split(struct merger *m, const char *name, graft_source_split *split) {
  memcpy(split->name, name, GRAFT_NAME_SIZE);
  for (size_t s = 0; s < m->info.samples; s++) {
    const struct origin *o = &m->origin[s];
    const uint8_t *part = graft_source_split_get(&m->source[o->part].info, name);
    if (part) split->part[s] = part[o->sample];
  }
}

static graft_status fill_splits(struct merger *m) {
  graft_source_info *info = &m->info;
  const graft_source_info *one = &m->source[0].info;
  size_t used = 1;
  bool by_index = true;
  for (size_t k = 0; k < m->parts && by_index; k++) {
    GRAFT_TRY(splits_by_index(&m->source[k].info, &by_index));
  }
  for (size_t i = 0; i < one->splits; i++) {
    const char *name = one->split[i].name;
    if (strcmp(name, "default") == 0) {
      copy_split(m, name, &info->split[0]);
    } else if (is_common(m, name)) {
      copy_split(m, name, &info->split[used++]);
    }
  }
  if (by_index) graft_source_split_default(info, longest_task(info), &info->split[0]);
  return GRAFT_OK;
}

static size_t count_splits(const struct merger *m) {
  const graft_source_info *one = &m->source[0].info;
  size_t count = 1;
  for (size_t i = 0; i < one->splits; i++) {
    count += strcmp(one->split[i].name, "default") != 0 && is_common(m, one->split[i].name);
  }
  return count;
}

/* Where the nodes of samples start. */
static graft_status add_nodes(struct merger *m) {
  graft_source_info *info = &m->info;
  GRAFT_TRY(graft_source_info_nodes(info));
  for (size_t s = 0; s < info->samples; s++) {
    const struct origin *o = &m->origin[s];
    size_t triangles, n = graft_source_node_count(&m->source[o->part].info, o->sample, &triangles);
    info->node_start[s + 1] = info->node_start[s] + (int64_t)n;
    info->triangle_start[s + 1] = info->triangle_start[s] + (int64_t)triangles;
  }
  return GRAFT_OK;
}

static graft_status fill_info(struct merger *m, char (*name)[GRAFT_NAME_SIZE], size_t G,
                              const size_t *first, const int32_t *of) {
  graft_source_info *info = &m->info;
  const graft_source_info *one = &m->source[0].info;
  info->seed = one->seed;
  for (size_t k = 0; k < m->parts; k++) {
    double seconds = m->source[k].info.seconds;
    info->seconds = seconds > 0 && (k == 0 || info->seconds > 0) ? info->seconds + seconds : 0;
  }
  GRAFT_TRY(graft_source_info_like(info, one));
  for (size_t k = 0; k < info->tasks; k++) memcpy(info->task_name[k], name[k], GRAFT_NAME_SIZE);
  for (size_t g = 0; g < G; g++) {
    GRAFT_TRY(copy_geometry(m, geometry_of(m, &m->origin[first[g]]), &info->geometry[g]));
  }
  for (size_t s = 0; s < info->samples; s++) {
    const struct origin *o = &m->origin[s];
    const graft_source_info *from = &m->source[o->part].info;
    info->task[s] = o->task;
    info->index[s] = o->index;
    info->sample_geometry[s] = of[s];
    info->stream[s] = from->stream[o->sample];
    info->error_estimate[s] = -1;
    for (size_t q = 0; q < info->codes; q++) {
      info->code[s * info->codes + q] = from->code[o->sample * info->codes + q];
    }
  }
  if (one->node_start) GRAFT_TRY(add_nodes(m));
  return fill_splits(m);
}

static graft_status make_info(struct merger *m) {
  char name[GRAFT_MAX_TASKS][GRAFT_NAME_SIZE];
  size_t S, tasks, *first = NULL;
  int32_t *of = NULL;
  graft_status status = GRAFT_OK;
  GRAFT_TRY(sort_samples(m, name, &tasks, &S));
  GRAFT_TRY_TO(done, graft_alloc(&first, S, sizeof *first));
  GRAFT_TRY_TO(done, graft_alloc(&of, S, sizeof *of));
  size_t G = number_geometries(m, S, first, of);
  const graft_source_info *one = &m->source[0].info;
  GRAFT_TRY_TO(
      done, graft_source_info_init(&m->info, S, tasks, G, count_splits(m), one->dims, one->grid));
  GRAFT_TRY_TO(done, fill_info(m, name, G, first, of));
done:
  graft_free(first);
  graft_free(of);
  return status;
}

static graft_status copy_samples(const struct merger *m, const graft_dataset_field *field,
                                 size_t fields, graft_dataset_writer *writer) {
  size_t P = m->info.points; /* no field has more */
  const float *data[64];
  float *value;
  graft_source_nodes nodes;
  GRAFT_TRY(graft_source_node_room(&m->info, &nodes));
  graft_status status = graft_alloc(&value, fields * P, sizeof *value);
  for (size_t s = 0; s < m->info.samples && status == GRAFT_OK; s++) {
    const struct origin *o = &m->origin[s];
    const graft_source *source = &m->source[o->part];
    for (size_t f = 0; f < fields; f++) {
      data[f] = value + f * P;
      GRAFT_TRY_TO(done, source->fill(source->ctx, field[f].name, &o->sample, 1, value + f * P));
    }
    if (m->info.node_start) {
      GRAFT_TRY_TO(done, source->nodes(source->ctx, o->sample, &nodes));
      GRAFT_TRY_TO(done, graft_dataset_write_nodes(writer, s, &nodes));
    }
    status = graft_dataset_write(writer, s, data, (double)source->info.error_estimate[o->sample]);
  }
done:
  graft_free(value);
  graft_free(nodes.xyz);
  return status;
}

/* Parameters of the first part, with the least `first`. */
static graft_status merge_parameters(const struct merger *m, graft_bundle *bundle) {
  const graft_bundle *one = graft_dataset_parameters(&m->source[0]);
  for (size_t i = 0; i < one->arrays; i++) {
    const graft_array *a = &one->array[i];
    GRAFT_TRY(graft_bundle_put(bundle, a->name, a->type, a->shape, a->data));
  }
  int64_t least = INT64_MAX, first;
  for (size_t k = 0; k < m->parts; k++) {
    const graft_bundle *all = graft_dataset_parameters(&m->source[k]);
    if (!graft_bundle_find(all, "first")) return GRAFT_OK;
    GRAFT_TRY(graft_bundle_get_int(all, "first", &first));
    if (first < least) least = first;
  }
  return graft_bundle_put_int(bundle, "first", least);
}

static graft_status write_file(const struct merger *m, const char *path,
                               graft_provenance *provenance) {
  graft_dataset_field field[64] = {{NULL, NULL, NULL}};
  const graft_provenance *one = graft_dataset_provenance(&m->source[0]);
  graft_comm comm = graft_comm_serial();
  graft_dataset_writer *writer = NULL;
  graft_bundle parameters;
  size_t fields = 0;
  for (const graft_dataset_field *f; (f = graft_dataset_field_get(&m->source[0], fields));) {
    field[fields++] = *f;
    GRAFT_CHECK(fields < 63, INPUT, "%s: expected fewer fields", m->path[0]);
  }
  if (provenance) {
    GRAFT_TRY(graft_provenance_set_options(provenance, one->options ? one->options : ""));
    provenance->seed = one->seed;
  }
  graft_bundle_init(&parameters);
  graft_status status = merge_parameters(m, &parameters);
  if (status == GRAFT_OK) {
    graft_dataset_extra extra = {.parameters = &parameters};
    status = graft_dataset_create(path, &m->info, field, &extra, provenance, &comm, &writer);
  }
  graft_bundle_fini(&parameters);
  GRAFT_TRY(status);
  return graft_dataset_close(writer, copy_samples(m, field, fields, writer));
}

graft_status graft_dataset_merge(const char *path, size_t parts, const char *const *part,
                                 graft_provenance *provenance) {
  struct merger m = {.path = part};
  graft_status status = GRAFT_OK;
  GRAFT_CHECK(parts >= 1, USAGE, "%s: expected parts to merge, got none", path);
  GRAFT_TRY(graft_alloc(&m.source, parts, sizeof *m.source));
  for (size_t k = 0; k < parts; k++) {
    GRAFT_TRY_TO(done, graft_dataset_open(part[k], &m.source[k]));
    m.parts++;
    GRAFT_TRY_TO(done, check_part(&m, k));
  }
  GRAFT_TRY_TO(done, make_info(&m));
  GRAFT_TRY_TO(done, write_file(&m, path, provenance));
done:
  for (size_t k = 0; k < m.parts; k++) graft_source_fini(&m.source[k]);
  graft_source_info_fini(&m.info);
  graft_free(m.origin);
  graft_free(m.source);
  return status;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/xdmf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "io/atomic.h"
#include "io/dataset.h"

enum { SIZES = 96 };

graft_status graft_xdmf_path(const char *data, bool nodes, char *text, size_t size) {
  const char *ending = nodes ? "_nodes.xmf" : ".xmf";
  size_t length = strlen(data);
  if (length > 3 && strcmp(data + length - 3, ".h5") == 0) length -= 3;
  GRAFT_CHECK(length + strlen(ending) < size, USAGE, "%.200s: expected a shorter name", data);
  snprintf(text, size, "%.*s%s", (int)length, data, ending);
  return GRAFT_OK;
}

static const char *base_name(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

/* Text for XML: what it takes for its own is replaced, control characters are left out. */
static void escape(FILE *f, const char *text) {
  for (; *text; text++) {
    const char *entity = *text == '&'   ? "&amp;"
                         : *text == '<' ? "&lt;"
                         : *text == '>' ? "&gt;"
                         : *text == '"' ? "&quot;"
                                        : NULL;
    if (entity) {
      fputs(entity, f);
    } else if ((unsigned char)*text >= ' ') {
      fputc(*text, f);
    }
  }
}

/* "48 48", `before` in front. */
static const char *sizes(const graft_source_info *info, const char *before, char text[SIZES]) {
  int used = snprintf(text, SIZES, "%s", before);
  for (int a = 0; a < info->dims && used >= 0 && used < SIZES; a++) {
    used += snprintf(text + used, SIZES - (size_t)used, "%s%zu", a || *before ? " " : "",
                     info->grid[a]);
  }
  return text;
}

/* Coordinates of all points: x is the slow axis here, the fast one of XDMF's regular grids, so the
 * points are given one by one. Later grids refer to this one. */
static void write_geometry(FILE *f, const graft_source_info *info) {
  fprintf(f, "      <Geometry GeometryType=\"%s\">\n", info->dims == 3 ? "XYZ" : "XY");
  fprintf(f,
          "        <DataItem Dimensions=\"%zu %d\" NumberType=\"Float\" Precision=\"8\" "
          "Format=\"XML\">\n",
          info->points, info->dims);
  for (size_t p = 0; p < info->points; p++) {
    double x[3] = {0};
    size_t rest = p;
    for (int a = info->dims - 1; a >= 0; a--) {
      double last = info->grid[a] > 1 ? (double)(info->grid[a] - 1) : 1;
      x[a] = info->lo[a] + (info->hi[a] - info->lo[a]) * (double)(rest % info->grid[a]) / last;
      rest /= info->grid[a];
    }
    fprintf(f, "%.9g %.9g", x[0], x[1]);
    if (info->dims == 3) fprintf(f, " %.9g", x[2]);
    fputc('\n', f);
  }
  fputs("        </DataItem>\n      </Geometry>\n", f);
}

/* One field of one sample: a slab of the array over all samples.
 * @p number the attributes that give its type */
static void write_field(FILE *f, const graft_source_info *info, const char *data, const char *name,
                        const char *number, size_t sample) {
  char grid[SIZES], all[SIZES], count[32];
  int axes = info->dims + 1;
  snprintf(count, sizeof count, "%zu", info->samples);
  fprintf(f, "      <Attribute Name=\"%s\" AttributeType=\"Scalar\" Center=\"Node\">\n", name);
  fprintf(f, "        <DataItem ItemType=\"HyperSlab\" Dimensions=\"%s\">\n",
          sizes(info, "", grid));
  fprintf(f, "          <DataItem Dimensions=\"3 %d\" Format=\"XML\">%zu", axes, sample);
  for (int a = 0; a < info->dims; a++) fputs(" 0", f);
  for (int a = 0; a < axes; a++) fputs(" 1", f);
  fprintf(f, " %s</DataItem>\n", sizes(info, "1", all));
  fprintf(f, "          <DataItem Dimensions=\"%s\" %s Format=\"HDF\">", sizes(info, count, all),
          number);
  escape(f, data);
  fprintf(f, ":/t0_fields/%s</DataItem>\n        </DataItem>\n      </Attribute>\n", name);
}

static void write_sample(FILE *f, const graft_source *source, const char *data, size_t sample) {
  const graft_source_info *info = &source->info;
  char grid[SIZES];
  fputs("    <Grid Name=\"", f);
  escape(f, info->task_name[info->task[sample]]);
  fprintf(f, " %lld\" GridType=\"Uniform\">\n      <Time Value=\"%zu\"/>\n",
          (long long)info->index[sample], sample);
  fprintf(f, "      <Topology TopologyType=\"%dDSMesh\" Dimensions=\"%s\"/>\n", info->dims,
          sizes(info, "", grid));
  if (sample == 0) {
    write_geometry(f, info);
  } else {
    fputs("      <Geometry Reference=\"/Xdmf/Domain/Grid/Grid[1]/Geometry\"/>\n", f);
  }
  for (size_t i = 0; graft_dataset_field_get(source, i); i++) {
    const char *name = graft_dataset_field_get(source, i)->name;
    if (graft_source_points(info, graft_source_axes(info, name)) != info->points) continue;
    write_field(f, info, data, name, "NumberType=\"Float\" Precision=\"4\"", sample);
  }
  write_field(f, info, data, "mask", "NumberType=\"UChar\" Precision=\"1\"", sample);
  fputs("    </Grid>\n", f);
}

/* Rows first to last − 1 of an array with this many rows of @p columns numbers; 1: one dimension.
 */
static void write_rows(FILE *f, const char *data, const char *name, const char *number,
                       const int64_t rows[2], int64_t all, int columns) {
  const int rank = columns > 1 ? 2 : 1;
  const long long first = (long long)rows[0], count = (long long)(rows[1] - rows[0]);
  char more[32] = "";
  if (rank == 2) snprintf(more, sizeof more, " %d", columns);
  fprintf(f, "        <DataItem ItemType=\"HyperSlab\" Dimensions=\"%lld%s\">\n", count, more);
  fprintf(f, "          <DataItem Dimensions=\"3 %d\" Format=\"XML\">", rank);
  fprintf(f, rank == 2 ? "%lld 0 1 1 %lld %d" : "%lld 1 %lld", first, count, columns);
  fprintf(f, "</DataItem>\n          <DataItem Dimensions=\"%lld%s\" %s Format=\"HDF\">",
          (long long)all, more, number);
  escape(f, data);
  fprintf(f, ":/graft/points/%s</DataItem>\n        </DataItem>\n", name);
}

/* The mesh of a sample with what is known at its nodes. */
static void write_mesh(FILE *f, const graft_source *source, const char *data, size_t sample) {
  static const char *const name[] = {"value", "torsion", "sdf", "weight"};
  static const char real[] = "NumberType=\"Float\" Precision=\"4\"";
  const graft_source_info *info = &source->info;
  const int64_t *node = info->node_start + sample, *triangle = info->triangle_start + sample;
  const int64_t nodes = info->node_start[info->samples];
  fputs("    <Grid Name=\"", f);
  escape(f, info->task_name[info->task[sample]]);
  fprintf(f, " %lld\" GridType=\"Uniform\">\n      <Time Value=\"%zu\"/>\n",
          (long long)info->index[sample], sample);
  fprintf(f, "      <Topology TopologyType=\"Triangle\" NumberOfElements=\"%lld\">\n",
          (long long)(triangle[1] - triangle[0]));
  write_rows(f, data, "triangle", "NumberType=\"Int\" Precision=\"4\"", triangle,
             info->triangle_start[info->samples], 3);
  fprintf(f, "      </Topology>\n      <Geometry GeometryType=\"%s\">\n",
          info->dims == 3 ? "XYZ" : "XY");
  write_rows(f, data, "xyz", real, node, nodes, info->dims);
  fputs("      </Geometry>\n", f);
  for (size_t i = 0; i < sizeof name / sizeof *name; i++) {
    fprintf(f, "      <Attribute Name=\"%s\" AttributeType=\"Scalar\" Center=\"Node\">\n",
            i ? name[i] : "u");
    write_rows(f, data, name[i], real, node, nodes, 1);
    fputs("      </Attribute>\n", f);
  }
  fputs("    </Grid>\n", f);
}

/* A collection of what @p sample writes of each sample. */
static graft_status write_all(const char *path, const char *data, const graft_source *source,
                              void (*sample)(FILE *, const graft_source *, const char *, size_t)) {
  const graft_source_info *info = &source->info;
  char *text = NULL;
  size_t size = 0;
  GRAFT_CHECK(info->dims - info->in_time >= 2 && !info->in_time, USAGE,
              "%.200s: XDMF: expected 2 or 3 dimensions of space alone, got %d%s", data,
              info->dims - info->in_time, info->in_time ? " and time" : "");
  FILE *f = open_memstream(&text, &size);
  GRAFT_CHECK(f, MEMORY, "%.200s: out of memory", path);
  fputs("<?xml version=\"1.0\"?>\n"
        "<!-- ParaView asks for a reader: choose XDMF Reader. -->\n<Xdmf Version=\"2.0\">\n  "
        "<Domain>\n"
        "    <Grid Name=\"samples\" GridType=\"Collection\" CollectionType=\"Temporal\">\n",
        f);
  for (size_t s = 0; s < info->samples; s++) sample(f, source, base_name(data), s);
  fputs("    </Grid>\n  </Domain>\n</Xdmf>\n", f);
  bool bad = ferror(f) != 0;
  bad |= fclose(f) != 0;
  graft_status status =
      bad ? graft_error_set(GRAFT_MEMORY, __FILE__, __LINE__, "%.200s: out of memory", path)
          : graft_atomic_write_text(path, text);
  free(text);
  return status;
}

graft_status graft_xdmf_write(const char *path, const char *data, const graft_source *source) {
  return write_all(path, data, source, write_sample);
}

graft_status graft_xdmf_write_nodes(const char *path, const char *data,
                                    const graft_source *source) {
  GRAFT_CHECK(source->info.node_start, USAGE, "%.200s: XDMF: expected nodes of samples, got none",
              data);
  return write_all(path, data, source, write_mesh);
}

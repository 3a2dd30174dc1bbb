/* SPDX-License-Identifier: BSD-2-Clause */
/* XDMF beside a data set: well-formed XML, every slab of an array that is there and inside it. */
#include "io/xdmf.h"

#include <ctype.h>
#include <hdf5.h>

#include "io/dataset.h"
#include "scratch.h"
#include "tests/graft_test.h"

/* Attributes up to the end of a tag: name="value", parted by blanks. Returns what follows them. */
static const char *attributes(const char *at) {
  while (at && isspace((unsigned char)*at)) {
    at += strspn(at, " \n");
    size_t name = strspn(at, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz:");
    if (name == 0) return at;
    at += name;
    if (strncmp(at, "=\"", 2) != 0) return NULL;
    at += 2 + strcspn(at + 2, "\"<");
    at = *at == '"' ? at + 1 : NULL;
  }
  return at;
}

static const char *entity(const char *at) {
  static const char *const known[] = {"&amp;", "&lt;", "&gt;", "&quot;"};
  for (int i = 0; i < 4; i++) {
    if (strncmp(at, known[i], strlen(known[i])) == 0) return at + strlen(known[i]);
  }
  return NULL;
}

/* Is the text one XML element with all tags closed in order? (Of XML what XDMF needs.) */
static bool well_formed(const char *at) {
  char open[32][32];
  int depth = 0, roots = 0;
  while (at && *at) {
    bool closing = strncmp(at, "</", 2) == 0;
    if (*at == '&') {
      at = entity(at);
    } else if (*at != '<') {
      if (depth == 0 && !isspace((unsigned char)*at)) return false;
      at++;
    } else if (strncmp(at, "<?xml ", 6) == 0 || strncmp(at, "<!--", 4) == 0) {
      at = strstr(at, at[1] == '?' ? "?>" : "-->");
      if (at) at += strcspn(at, ">") + 1;
    } else {
      char name[32] = "";
      at += 1 + closing;
      if (sscanf(at, "%31[A-Za-z]", name) != 1) return false;
      at += strlen(name);
      if (!closing) at = attributes(at);
      if (!at) return false;
      bool empty = *at == '/';
      if (at[empty] != '>' || (closing && (depth == 0 || strcmp(open[--depth], name) != 0))) {
        return false;
      }
      roots += depth == 0 && !closing;
      if (!closing && !empty && depth < 31) memcpy(open[depth++], name, sizeof name);
      at += empty + 1;
    }
  }
  return at && depth == 0 && roots == 1;
}

static void the_checker_knows_mistakes(void) {
  T_CHECK(well_formed("<?xml version=\"1.0\"?>\n<a b=\"c\"><d/>text &amp; text</a>\n"));
  T_CHECK(!well_formed("<a><b></a></b>") && !well_formed("<a>") && !well_formed("<a></a><b></b>"));
  T_CHECK(!well_formed("<a>x & y</a>") && !well_formed("<a b=\"<\"/>") && !well_formed("<a b=c/>"));
}

static char *write_xdmf(const char *task) {
  graft_source source;
  size_t bytes;
  if (!T_OK(graft_dataset_open(scratch("d.h5"), &source))) return NULL;
  snprintf(source.info.task_name[0], GRAFT_NAME_SIZE, "%s", task);
  T_OK(graft_xdmf_write(scratch("d.xmf"), scratch("d.h5"), &source));
  graft_source_fini(&source);
  return scratch_read(scratch("d.xmf"), &bytes);
}

/* The meshes of samples: as many items as there shall be, and all in the file. */
static void meshes_of_samples(void) {
  graft_source source;
  size_t bytes;
  int grids = 0;
  if (!T_OK(graft_dataset_open(scratch("d.h5"), &source))) return;
  T_OK(graft_xdmf_write_nodes(scratch("d_nodes.xmf"), scratch("d.h5"), &source));
  graft_source_fini(&source);
  char *text = scratch_read(scratch("d_nodes.xmf"), &bytes);
  T_CHECK(text && well_formed(text));
  for (const char *at = text; at && (at = strstr(at, "\"Triangle\"")) != NULL; at++) grids++;
  T_EQUAL(grids, SCRATCH_S);
  /* sample 1: nodes 3 to 6 of 63, triangle 1 of 18 */
  T_CHECK(text && strstr(text, ">3 0 1 1 4 2</DataItem>") != NULL);
  T_CHECK(text && strstr(text, ">3 1 4</DataItem>") != NULL);
  T_CHECK(text && strstr(text, ">1 0 1 1 1 3</DataItem>") != NULL);
  T_CHECK(text && strstr(text, "Dimensions=\"63 2\" NumberType=\"Float\" Precision=\"4\" "
                               "Format=\"HDF\">d.h5:/graft/points/xyz<") != NULL);
  free(text);
}

static void names_of_any_kind(void) {
  char *text = write_xdmf("a & <b> \"c\"\n");
  T_CHECK(text && well_formed(text));
  T_CHECK(text && strstr(text, "Name=\"a &amp; &lt;b&gt; &quot;c&quot; 0\""));
  free(text);
}

/* Every data item with a slab: the array is in the file, has the shape and type that are said, and
 * the slab lies in it. */
static void slabs_are_there(void) {
  char *text = write_xdmf("first");
  int slabs = 0;
  hid_t file = H5Fopen(scratch("d.h5"), H5F_ACC_RDONLY, H5P_DEFAULT);
  for (const char *at = text; at && (at = strstr(at, "\"HyperSlab\"")) != NULL; at++, slabs++) {
    unsigned rows, columns, start[3], stride[3], count[3], all[3], precision;
    char type[16], name[64];
    hsize_t dim[3] = {0};
    const char *select = strstr(at, "Format=\"XML\">"), *array = strstr(select, "<DataItem");
    T_EQUAL(sscanf(select, "Format=\"XML\">%u %u %u %u %u %u %u %u %u<", &start[0], &start[1],
                   &start[2], &stride[0], &stride[1], &stride[2], &count[0], &count[1], &count[2]),
            9);
    T_EQUAL(sscanf(at, "\"HyperSlab\" Dimensions=\"%u %u\"", &rows, &columns), 2);
    T_EQUAL(sscanf(array,
                   "<DataItem Dimensions=\"%u %u %u\" NumberType=\"%15[A-Za-z]\" Precision=\"%u\" "
                   "Format=\"HDF\">d.h5:%63[^<]<",
                   &all[0], &all[1], &all[2], type, &precision, name),
            6);
    hid_t set = H5Dopen2(file, name, H5P_DEFAULT);
    if (!T_CHECK(set >= 0)) continue;
    hid_t space = H5Dget_space(set), real = H5Dget_type(set);
    T_EQUAL(H5Sget_simple_extent_dims(space, dim, NULL), 3);
    for (int a = 0; a < 3; a++) {
      T_EQUAL(dim[a], all[a]);
      T_CHECK(stride[a] == 1 && count[a] >= 1 && start[a] + count[a] <= dim[a]);
    }
    T_CHECK(count[0] == 1 && count[1] == rows && count[2] == columns);
    T_EQUAL(H5Tget_size(real), precision);
    T_EQUAL(H5Tget_class(real), strcmp(type, "Float") == 0 ? H5T_FLOAT : H5T_INTEGER);
    H5Tclose(real);
    H5Sclose(space);
    H5Dclose(set);
  }
  H5Fclose(file);
  T_EQUAL(slabs, 3 * SCRATCH_S); /* u, log_k and the mask */
  T_CHECK(text && well_formed(text));
  free(text);
}

/* Points in the order of the arrays: y is the fast axis. */
static void points_in_order(void) {
  char *text = write_xdmf("first"), *at = text ? strstr(text, "<Geometry") : NULL;
  at = at ? strstr(at, "Format=\"XML\">") : NULL;
  if (T_CHECK(at)) {
    at += strlen("Format=\"XML\">");
    for (int i = 0; i < SCRATCH_X; i++) {
      for (int j = 0; j < SCRATCH_Y; j++) {
        T_NEAR(strtod(at, &at), i / (SCRATCH_X - 1.0), 1e-9);
        T_NEAR(strtod(at, &at), -1 + 3 * j / (SCRATCH_Y - 1.0), 1e-9);
      }
    }
  }
  free(text);
}

static void names_of_files(void) {
  char path[12];
  T_OK(graft_xdmf_path("a.h5", false, path, sizeof path));
  T_CHECK(strcmp(path, "a.xmf") == 0);
  T_OK(graft_xdmf_path("data", false, path, sizeof path));
  T_CHECK(strcmp(path, "data.xmf") == 0);
  T_FAILS(graft_xdmf_path("a_long_name.h5", false, path, sizeof path), GRAFT_USAGE, "shorter");
}

int main(void) {
  graft_comm comm = graft_comm_serial();
  if (!scratch_make()) return 1;
  T_OK(scratch_dataset(scratch("d.h5"), &comm, NULL));
  T_RUN(the_checker_knows_mistakes);
  T_RUN(names_of_any_kind);
  T_RUN(meshes_of_samples);
  T_RUN(slabs_are_there);
  T_RUN(points_in_order);
  T_RUN(names_of_files);
  scratch_remove();
  return graft_test_done();
}

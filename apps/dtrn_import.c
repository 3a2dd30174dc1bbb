/* SPDX-License-Identifier: BSD-2-Clause */
/* Verb import: users' tables, and a schema that says what they mean, to one HDF5 file. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "apps/dtrn.h"
#include "apps/schema_text.h"
#include "base/arena.h"
#include "base/json.h"
#include "io/atomic.h"
#include "io/delimited.h"
#include "io/feature_file.h"
#include "recsys/import.h"

#define TEXT(name_, help_)                                                                         \
  {                                                                                                \
    .name = #name_, .type = GRAFT_OPTION_STRING, .offset = offsetof(graft_dtrn_import, name_),     \
    .capacity = sizeof((graft_dtrn_import *)0)->name_, .value = "", .help = help_                  \
  }

static const graft_option rows[] = {
    TEXT(schema, "YAML file that says what the tables mean (examples/schemas)"),
    TEXT(input, "the schema's files in its order, parted by commas; or a directory that has them"),
    TEXT(like,
         "data set whose ids and scales are taken instead of learnt; all rows are for testing"),
    TEXT(o, "file to write"),
    {.name = NULL}};

static const graft_section sections[] = {
    {"Import", rows, 0, false},
    {"Common", graft_front_options, offsetof(graft_dtrn_import, front), true},
    {NULL, NULL, 0, false}};

static const char *const examples[] = {
    "import -schema movielens_small.yaml -input ml-latest-small -o ml.h5",
    "import -schema adult.yaml -input adult.data,adult.test -o adult.h5",
    "import -like ml.h5 -input new_ratings.csv,movies.csv,tags.csv -o new.h5", NULL};

/* The files of a schema. */
struct files {
  size_t count;
  const char *path[GRAFT_SCHEMA_FILES];
  char text[GRAFT_SCHEMA_FILES][GRAFT_PATH_SIZE + GRAFT_COLUMN_SIZE];
};

static graft_status find_files(const graft_dtrn_import *config, const graft_schema *schema,
                               struct files *files) {
  size_t given = 0;
  const bool directory = graft_directory_exists(config->input);
  files->count = schema->files;
  for (size_t i = 0; i < schema->files && directory; i++, given++) {
    snprintf(files->text[i], sizeof files->text[i], "%.1023s/%.63s", config->input,
             schema->file[i].name);
  }
  for (const char *at = config->input; *at && !directory; given++) {
    const size_t n = strcspn(at, ",");
    if (given < schema->files) {
      snprintf(files->text[given], sizeof files->text[given], "%.*s", (int)n, at);
    }
    at += n + (at[n] == ',');
  }
  GRAFT_CHECK(given == schema->files, USAGE,
              "-input: expected the %zu file%s of the schema (%s%s), got %zu", schema->files,
              schema->files == 1 ? "" : "s", schema->file[0].name, schema->files > 1 ? ", ..." : "",
              given);
  for (size_t i = 0; i < files->count; i++) {
    files->path[i] = files->text[i];
    GRAFT_TRY(graft_app_check_other(config->o, "-input", files->path[i]));
  }
  return GRAFT_OK;
}

/* What the progress display needs. */
struct display {
  graft_meter meter;
};

static int show(void *ctx, double bytes) {
  struct display *display = ctx;
  graft_meter_step(&display->meter, bytes * 1e-6, "");
  return *graft_app_stop();
}

/* Bytes that all passes read together. */
static graft_status work(const graft_schema *schema, const struct files *files, double *bytes) {
  *bytes = 0;
  for (size_t i = 0; i < files->count; i++) {
    double size;
    GRAFT_TRY(graft_delimited_size(1, &files->path[i], &size));
    *bytes +=
        size * (schema->file[i].table == 0 ? GRAFT_IMPORT_PASSES : GRAFT_IMPORT_PASSES_JOINED);
  }
  return GRAFT_OK;
}

static void print_report(const graft_dtrn_import *config, const graft_schema *schema,
                         const graft_import_report *report, bool json) {
  graft_json out;
  if (json) {
    graft_json_init(&out, stdout);
    graft_json_object(&out, NULL);
    graft_json_text(&out, "file", config->o);
    graft_json_text(&out, "dataset_name", schema->name);
    graft_json_int(&out, "rows", (long long)report->rows);
    graft_json_int(&out, "left_out", (long long)report->left_out);
    graft_json_int(&out, "outside", (long long)report->outside);
    graft_json_int(&out, "lookups", (long long)report->partners);
    graft_json_int(&out, "without_partner", (long long)report->lonely);
    graft_json_end_object(&out);
    if (graft_json_finish(&out) != GRAFT_OK) return; /* shown by the stream's state */
    return;
  }
  printf("%s: %zu rows", config->o, report->rows);
  if (report->left_out) printf(", %zu left out by keep", report->left_out);
  if (report->outside) printf(", %zu dropped with a label outside its space", report->outside);
  if (report->lonely)
    printf(", %zu of %zu lookups without a partner", report->lonely, report->partners);
  printf(" (graft-info %s says more)\n", config->o);
}

static graft_status import(graft_app *app, const graft_dtrn_import *config,
                           const graft_schema *schema, const char *text,
                           const graft_feature_info *like, const graft_provenance *provenance) {
  struct files *files;
  struct display display;
  graft_import_report report = {0};
  graft_feature_writer *writer;
  double bytes;
  GRAFT_TRY(graft_alloc(&files, 1, sizeof *files));
  graft_status status = GRAFT_OK;
  GRAFT_TRY_TO(done, find_files(config, schema, files));
  GRAFT_TRY_TO(done, work(schema, files, &bytes));
  GRAFT_TRY_TO(done, graft_feature_create(config->o, text, provenance, &writer));
  graft_meter_init(&display.meter, "import", "MB", bytes * 1e-6, 0, app->quiet);
  const graft_import import = {.schema = schema,
                               .files = files->count,
                               .path = files->path,
                               .opener = graft_delimited_opener(),
                               .sink = graft_feature_sink_file(writer),
                               .like = like,
                               .progress = show,
                               .progress_ctx = &display};
  status = graft_feature_close(writer, graft_import_run(&import, &report));
  graft_meter_fini(&display.meter, report.bytes * 1e-6, status == GRAFT_OK);
  if (status == GRAFT_OK) print_report(config, schema, &report, app->json);
done:
  graft_free(files);
  return status;
}

graft_status graft_dtrn_provenance(const graft_app *app, uint64_t seed,
                                   graft_provenance *provenance) {
  graft_yaml yaml = {0};
  char *text = NULL;
  GRAFT_TRY(graft_provenance_init(provenance, app->argc, app->argv, 1, 1));
  provenance->seed = seed;
  graft_status status = graft_options_effective(app->verb, app->config, &app->petsc, &yaml);
  if (status == GRAFT_OK) status = graft_yaml_print(&yaml, &text);
  if (status == GRAFT_OK) status = graft_provenance_set_options(provenance, text);
  graft_free(text);
  graft_yaml_fini(&yaml);
  return status;
}

/* The schema's text: that of the file, or of the data set that is to be followed. */
static graft_status read_text(const graft_dtrn_import *config, const graft_feature_source *like,
                              char **text) {
  if (*config->schema) return graft_text_read(config->schema, text);
  const char *kept = graft_feature_schema(like);
  GRAFT_CHECK(*kept, INPUT, "%s: expected a data set with a schema, got one without (generated?)",
              config->like);
  GRAFT_TRY(graft_alloc(text, strlen(kept) + 1, 1));
  memcpy(*text, kept, strlen(kept) + 1);
  return GRAFT_OK;
}

static graft_status parse_and_import(graft_app *app, const graft_dtrn_import *config,
                                     const graft_feature_source *like) {
  graft_provenance provenance = {0};
  graft_schema *schema;
  char *text;
  GRAFT_TRY(read_text(config, like, &text));
  graft_status status = graft_alloc(&schema, 1, sizeof *schema);
  if (status == GRAFT_OK) {
    status = graft_schema_parse(text, *config->schema ? config->schema : config->like, schema);
  }
  if (status == GRAFT_OK) {
    status = graft_dtrn_provenance(app, schema->seed, &provenance);
    if (status == GRAFT_OK) {
      status = import(app, config, schema, text, like ? &like->info : NULL, &provenance);
    }
    graft_provenance_fini(&provenance);
    graft_schema_fini(schema);
  }
  graft_free(schema);
  graft_free(text);
  return status;
}

static graft_status run(graft_app *app, void *verb_config) {
  const graft_dtrn_import *config = verb_config;
  graft_feature_source like;
  GRAFT_TRY(graft_app_one_rank(app));
  GRAFT_CHECK(*config->schema || *config->like, USAGE,
              "missing option -schema, expected a YAML file");
  GRAFT_CHECK(*config->input, USAGE, "missing option -input, expected files or a directory");
  GRAFT_CHECK(*config->o, USAGE, "missing option -o, expected a file to write");
  GRAFT_TRY(graft_app_check_other(config->o, "-schema", config->schema));
  GRAFT_TRY(graft_app_check_other(config->o, "-like", config->like));
  if (!*config->like) return parse_and_import(app, config, NULL);
  GRAFT_TRY(graft_feature_open(config->like, &like));
  graft_status status = parse_and_import(app, config, &like);
  graft_feature_source_fini(&like);
  return status;
}

const graft_verb graft_dtrn_verb_import = {.name = "import",
                                           .summary = "users' tables to one data set",
                                           .example = examples,
                                           .section = sections,
                                           .config_size = sizeof(graft_dtrn_import),
                                           .run = run};

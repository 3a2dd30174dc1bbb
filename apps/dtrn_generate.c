/* SPDX-License-Identifier: BSD-2-Clause */
/* Verb generate: a data set whose probabilities are known. */
#include "apps/dtrn.h"
#include "apps/info.h"
#include "io/feature_file.h"

static const graft_option rows[] = {{.name = "o",
                                     .type = GRAFT_OPTION_STRING,
                                     .offset = offsetof(graft_dtrn_generate, o),
                                     .capacity = GRAFT_PATH_SIZE,
                                     .value = "",
                                     .help = "file to write"},
                                    {.name = NULL}};

static const graft_section sections[] = {
    {"Generate", rows, 0, false},
    {"Truth", graft_synthetic_options, offsetof(graft_dtrn_generate, synthetic), false},
    {"Common", graft_front_options, offsetof(graft_dtrn_generate, front), true},
    {NULL, NULL, 0, false}};

static const char *const examples[] = {
    "generate -o s.h5", "generate -rows 500000 -users 20000 -conflict 1 -seed 3 -o opposite.h5",
    "generate -funnel -tasks 3 -o funnel.h5", NULL};

/* Counts rows for the progress display on their way to the file. */
struct counted {
  graft_feature_sink file;
  graft_meter meter;
  size_t rows;
};

static graft_status begin(void *ctx, const graft_feature_info *info) {
  struct counted *c = ctx;
  return c->file.begin(c->file.ctx, info);
}

static graft_status append(void *ctx, graft_feature_array array, size_t list, const void *data,
                           size_t count) {
  struct counted *c = ctx;
  if (array == GRAFT_ARRAY_USER) graft_meter_step(&c->meter, (double)++c->rows, "");
  return c->file.append(c->file.ctx, array, list, data, count);
}

static graft_status run(graft_app *app, void *verb_config) {
  const graft_dtrn_generate *config = verb_config;
  graft_provenance provenance;
  graft_feature_writer *writer;
  struct counted counted = {0};
  GRAFT_TRY(graft_app_one_rank(app));
  GRAFT_CHECK(*config->o, USAGE, "missing option -o, expected a file to write");
  GRAFT_TRY(graft_dtrn_provenance(app, (uint64_t)config->synthetic.seed, &provenance));
  graft_status status = graft_feature_create(config->o, NULL, &provenance, &writer);
  if (status == GRAFT_OK) {
    counted.file = graft_feature_sink_file(writer);
    const graft_feature_sink sink = {&counted, begin, append};
    graft_meter_init(&counted.meter, "generate", "rows", (double)config->synthetic.rows, 0,
                     app->quiet);
    status = graft_synthetic_run(&config->synthetic, &sink, graft_app_stop());
    status = graft_feature_close(writer, status);
    graft_meter_fini(&counted.meter, (double)counted.rows, status == GRAFT_OK);
  }
  graft_provenance_fini(&provenance);
  GRAFT_TRY(status);
  return graft_info_features(config->o, app->json);
}

const graft_verb graft_dtrn_verb_generate = {
    .name = "generate",
    .summary = "typed behaviours and conflicting tasks with a known truth",
    .example = examples,
    .section = sections,
    .config_size = sizeof(graft_dtrn_generate),
    .run = run};

/* SPDX-License-Identifier: BSD-2-Clause */
/* Verb transfer: its options. */
#include "apps/transfer.h"

static const char *statistics_choices(size_t i) {
  static const char *const name[] = {"source", "target", NULL};
  return name[i];
}

static const char *part_choices(size_t i) {
  static const char *const name[] = {"validation", "test", NULL};
  return name[i];
}

static const char *resume_choices(size_t i) {
  static const char *const name[] = {"auto", "never", NULL};
  return name[i];
}

#define FIELD(name) offsetof(graft_pde_transfer, name)
#define SIZE(name) sizeof(((graft_pde_transfer *)0)->name)
#define TEXT(option, kind, field, text, list, words)                                               \
  {                                                                                                \
    .name = option, .type = GRAFT_OPTION_##kind, .offset = FIELD(field), .capacity = SIZE(field),  \
    .value = text, .choices = list, .help = words                                                  \
  }
#define INT(field, text, least, most, words)                                                       \
  {                                                                                                \
    .name = #field, .type = GRAFT_OPTION_INT, .offset = FIELD(field), .value = text, .min = least, \
    .max = most, .help = words                                                                     \
  }
#define REAL(field, text, least, most, words)                                                      \
  {                                                                                                \
    .name = #field, .type = GRAFT_OPTION_REAL, .offset = FIELD(field), .value = text,              \
    .min = least, .max = most, .help = words                                                       \
  }

static const graft_option rows[] = {
    TEXT("preset", STRING, preset, "transfer", graft_preset_transfer_name,
         "set of values for all other options"),
    TEXT("model", STRING, model, "", NULL, "trained model, e.g. RUN/model.h5"),
    TEXT("data", STRING, data, "", NULL, "data set of the new tasks"),
    {"o", GRAFT_OPTION_STRING, FIELD(output), GRAFT_PATH_SIZE, "", 0, 0, NULL, NULL,
     "run directory; several counts or modes: RUN/MODE-COUNT each", 1},
    TEXT("samples", LIST, samples, "100", NULL, "training samples of each new task, a run each"),
    TEXT("mode", LIST, mode, "zero_shot,fine_tune", graft_transfer_mode_name,
         "how to come by a network, a column of the table each"),
    TEXT("freeze", LIST, freeze, "auto", NULL,
         "layers left alone: names, patterns, lists; auto: none, in mode graft the trunk"),
    TEXT("statistics", STRING, statistics, "source", statistics_choices,
         "samples whose mean and deviation inputs are brought to"),
    TEXT("loss", STRING, loss, "", NULL, "loss of a sample; the model's if empty"),
    INT(batch, "0", 0, 1048576, "samples per step; 0: the model's"),
    INT(points, "-1", -1, 1e9, "random points per step; 0: all; -1: the model's"),
    REAL(scratch_lr, "0", 0, 10, "learning rate of mode scratch; 0: -lr"),
    REAL(holdout, "0", 0, 0.9, "share of the samples kept for choosing the best step"),
    TEXT("source", STRING, source, "", NULL, "data set that the model was trained on"),
    INT(rehearse, "0", 0, 1e9, "samples of each old task, from -source, among the new ones"),
    REAL(discrepancy, "0", 0, 1e6,
         "weight of the discrepancy of conditional embeddings from -source"),
    TEXT("split", STRING, split, "default", NULL, "split of the data sets"),
    TEXT("part", STRING, part, "test", part_choices, "part that errors are reported on"),
    {.name = "resume",
     .type = GRAFT_OPTION_STRING,
     .offset = FIELD(resume),
     .capacity = SIZE(resume),
     .value = "auto",
     .choices = resume_choices,
     .may_change = 1,
     .help = "go on from a run's checkpoint if there is one, or start afresh"},
    {.name = "baselines",
     .type = GRAFT_OPTION_BOOL,
     .offset = FIELD(baselines),
     .value = "true",
     .help = "fit the classical baselines to the same samples"},
    INT(seed, "1", 0, 9007199254740992., "of fresh weights, batches, dropout"),
    {.name = "threads",
     .type = GRAFT_OPTION_INT,
     .offset = FIELD(threads),
     .value = "0",
     .max = 4096,
     .help = "OpenMP threads of the network; 0: all",
     .may_change = 1},
    {.name = NULL}};

static const graft_section sections[] = {
    {"Run", rows, 0, false},
    {"Training", graft_trainer_options, FIELD(trainer), false},
    {"Aggregators", graft_aggregator_options, FIELD(trainer.aggregator_config), false},
    {"Balancers", graft_balancer_options, FIELD(trainer.balancer_config), false},
    {"Common", graft_front_options, FIELD(front), true},
    {NULL, NULL, 0, false}};

static const char *const examples[] = {
    "transfer -model runs/a/model.h5 -data new.h5 -samples 100 -o runs/new",
    "transfer -model runs/a/model.h5 -data new.h5 -freeze trunk,branch.dense1 -o runs/part",
    "transfer -model runs/a/model.h5 -data new.h5 -samples 10,100 -mode scratch -o runs/b",
    "transfer -preset paper_transfer -model runs/a/model.h5 -data new.h5 -o runs/protocol", NULL};

static graft_status run(graft_app *app, void *config) { return graft_transfer_run(app, config); }

const graft_verb graft_pde_verb_transfer = {
    .name = "transfer",
    .summary = "train a trained network on new tasks with few samples",
    .example = examples,
    .section = sections,
    .main = "preset model data samples mode freeze statistics holdout source rehearse o steps lr "
            "schedule aggregator sam part seed options_file quiet json",
    .config_size = sizeof(graft_pde_transfer),
    .run = run};

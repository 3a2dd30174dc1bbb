/* SPDX-License-Identifier: BSD-2-Clause */
/* Option texts of models and trainers: refused, or a value that prints and reads back, and lists
 * that the checks of the whole configuration take or refuse. */
#include "base/option.h"

#include "deeponet/model.h"
#include "mtl/trainer.h"
#include "tests/fuzz/fuzz.h"

static void set(const graft_option *rows, void *config, size_t which, const char *text) {
  char value[1024], again[1024];
  size_t count = 0;
  while (rows[count].name) count++;
  const graft_option *row = &rows[which % count];
  graft_status status = graft_option_set(row, config, row->name, text);
  if (status != GRAFT_OK) {
    fuzz_refused(status);
    return;
  }
  graft_option_get(row, config, value, sizeof value);
  FUZZ_CHECK(graft_option_set(row, config, row->name, value) == GRAFT_OK);
  FUZZ_CHECK(strcmp(graft_option_get(row, config, again, sizeof again), value) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz_bytes in = {data, size};
  char text[512];
  graft_deeponet_config model;
  graft_trainer_config trainer;
  FUZZ_CHECK(graft_option_defaults(graft_deeponet_options, &model) == GRAFT_OK);
  FUZZ_CHECK(graft_trainer_config_default(&trainer) == GRAFT_OK);
  while (in.left > 0) {
    unsigned which = fuzz_byte(&in);
    fuzz_text(&in, text, sizeof text);
    if (which & 1) {
      set(graft_deeponet_options, &model, which / 2, text);
    } else {
      set(graft_trainer_options, &trainer, which / 2, text);
    }
  }
  graft_status status = graft_deeponet_config_validate(&model);
  if (status != GRAFT_OK) fuzz_refused(status);
  status = graft_trainer_config_validate(&trainer, 3);
  if (status != GRAFT_OK) fuzz_refused(status);
  return 0;
}

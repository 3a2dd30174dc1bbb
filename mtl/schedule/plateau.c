/* SPDX-License-Identifier: BSD-2-Clause
 * Schedule "plateau": the rate falls when the validation loss does not any more.
 * Method:    after lr_patience validations without a new best the rate is multiplied by lr_factor,
 *            down to the final fraction of lr at least.
 * Cost:      none.
 * Reference: he2016, section 4: the rate is divided when the error plateaus.
 */
#include <math.h>
#include <stdbool.h>

#include "mtl/schedule.h"

/* Memory: reductions so far, validations without a new best, best loss, validations seen. */
enum { REDUCTIONS, WAITED, BEST, SEEN };

static double rate(const graft_schedule *s, uint64_t step) {
  (void)step;
  return s->lr * fmax(pow(fmin(s->factor, 1), s->memory[REDUCTIONS]), s->final);
}

static void observe(graft_schedule *s, double validation) {
  double *m = s->memory;
  const bool better = m[SEEN] == 0 || validation < m[BEST];
  m[SEEN]++;
  m[WAITED] = better ? 0 : m[WAITED] + 1;
  if (better) m[BEST] = validation;
  if (m[WAITED] < (double)s->patience || better) return;
  m[REDUCTIONS]++;
  m[WAITED] = 0;
}

static const char *const options[] = {"lr", "warmup", "lr_factor", "lr_patience", "lr_final", NULL};

const graft_schedule_type graft_schedule_plateau = {
    .name = "plateau",
    .summary = "times lr_factor after lr_patience validations without a best",
    .source = "he2016",
    .options = options,
    .rate = rate,
    .observe = observe,
};

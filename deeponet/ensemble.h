/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_DEEPONET_ENSEMBLE_H
#define GRAFT_DEEPONET_ENSEMBLE_H

/** @file ensemble.h
 *  Ensembles: networks that differ in nothing but the seed, trained on the same samples. Their mean
 * is the prediction, their standard deviation says where the networks do not agree. It is no bound
 * of the error: what all members miss alike, it does not show. deeponet/calibration.h measures how
 * far it can be trusted.
 *  Reference: lakshminarayanan2017 (there with members that predict a variance too). */

#include "deeponet/model.h"

enum { GRAFT_MAX_MEMBERS = 64 /**< most members of an ensemble */ };

/** Number of members; 1 for a single network. */
size_t graft_deeponet_members(const graft_deeponet *model);

/** Let the members of @p other, loaded from its file, join @p model, loaded as well.
 *  @param other not changed
 *  Cost: both are put into bundles and compared.
 *  @return GRAFT_USAGE naming what differs besides seed and parameters */
GRAFT_MUST_USE graft_status graft_deeponet_join(graft_deeponet *model, const graft_deeponet *other);

/** Mean and spread of the members' predictions; see graft_deeponet_predict().
 *  @param u [count x P] mean
 *  @param spread [count x P] standard deviation (divisor members − 1), 0 where all agree, as
 * outside the region; NaN everywhere for a single network; or NULL Cost: that of
 * graft_deeponet_predict() times the members. */
GRAFT_MUST_USE graft_status graft_deeponet_predict_spread(graft_deeponet *model,
                                                          const graft_source *source,
                                                          const size_t *sample, size_t count,
                                                          float *u, float *spread);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_DEEPONET_PRESET_IMPL_H
#define GRAFT_DEEPONET_PRESET_IMPL_H

/** @file preset_impl.h
 *  Settings of presets that lie in files of their own, one per problem. */

#include "deeponet/model.h"

extern const graft_setting graft_preset_fisher_paper[];   /**< problem fisher, preset paper */
extern const graft_setting graft_preset_fisher_demo[];    /**< problem fisher, preset demo */
extern const graft_setting graft_preset_heat_paper[];     /**< problem heat, preset paper */
extern const graft_setting graft_preset_heat_demo[];      /**< problem heat, preset demo */
extern const graft_setting graft_preset_transfer[];       /**< of transfer: ours */
extern const graft_setting graft_preset_paper_transfer[]; /**< of transfer: kumar2025 */

#endif

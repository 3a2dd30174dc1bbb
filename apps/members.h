/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_APPS_MEMBERS_H
#define GRAFT_APPS_MEMBERS_H

/** @file members.h
 *  Verb `train` with `-members N`: N networks one after the other, each a run of its own in
 *  RUN/member-1, …, with the seeds S, S + 1, …; then all of them in RUN/model.h5. */

#include "apps/pde.h"

/** Train and collect them. Collective. An interrupted training goes on with the member that it was
 *  at; a finished one says so. */
GRAFT_MUST_USE graft_status graft_members_train(graft_app *app, const graft_pde_train *config);

#endif

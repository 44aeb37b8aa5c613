/* SPDX-License-Identifier: ISC */
/*
 * check_postfix - settings of Postfix and of ours that do not go together
 *
 * Pure.
 */
#ifndef CTL_CHECK_POSTFIX_H
#define CTL_CHECK_POSTFIX_H

#include "policyd/ctl/check_entries.h"
#include "policyd/sched/plan.h"

/* The version, import_environment, queue ids. */
void check_postfix(const struct check_site *site);

/* Inline tables that this Postfix does not know. */
void check_inline_tables(
    const struct check_site *site, const struct entries *entries);

/* How long mail may wait, and what Postfix does with old mail: fact 16. */
void check_lifetimes(
    const struct check_site *site, const struct plan_postfix *postfix);

#endif

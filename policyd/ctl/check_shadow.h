/* SPDX-License-Identifier: ISC */
/*
 * check_shadow - rules that can never match, as far as that is certain
 *
 * Pure.
 */
#ifndef CTL_CHECK_SHADOW_H
#define CTL_CHECK_SHADOW_H

#include "policyd/ctl/check_site.h"
#include "policyd/rule.h"

void check_shadow(const struct check_site *site, const struct rules *rules);

#endif

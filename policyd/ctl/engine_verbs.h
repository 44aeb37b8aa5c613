/* SPDX-License-Identifier: ISC */
/*
 * engine_verbs - pause, resume, sweep and reload: one request, one answer
 */
#ifndef CTL_ENGINE_VERBS_H
#define CTL_ENGINE_VERBS_H

#include "policyd/ctl/options.h"

extern const struct ctl_verb pause_verb;
extern const struct ctl_verb resume_verb;
extern const struct ctl_verb sweep_verb;
extern const struct ctl_verb reload_verb;

#endif

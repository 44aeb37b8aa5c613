/* SPDX-License-Identifier: ISC */
/*
 * setup_plan - what policyctl setup is to change in main.cf and master.cf
 *
 * Entries of master.cf that are there stay untouched: postconf(1) would write
 * them anew, in its own layout and at another place. So our service is added,
 * and which service uses it is said in main.cf, by its $service_name. What was
 * there before is remembered in main.cf itself, in parameters whose names begin
 * with deliver_at_, and in the way they are referred to:
 *
 *   header_checks was not set   ... $deliver_at_other_header_checks, empty
 *   header_checks was empty     ... ${deliver_at_other_header_checks}
 *   mime_header_checks and nested_header_checks were not set
 *                               $deliver_at_other_header_checks
 *   they said $header_checks    ${deliver_at_other_header_checks}
 *   they said ${header_checks}  $(deliver_at_other_header_checks)
 *
 * Each change leaves a configuration that works. Pure.
 */
#ifndef CTL_SETUP_PLAN_H
#define CTL_SETUP_PLAN_H

#include "hdrcheck/settings.h"
#include "policyd/sched/postconf_view.h"

enum {
	SETUP_CHANGES_MAX = 32,
	SETUP_NOTES_MAX = 32,
	SETUP_REFUSAL_SIZE = 2048,
};

enum setup_op {
	SETUP_SET, /* postconf -e 'target=value' */
	SETUP_UNSET, /* postconf -X target */
	SETUP_SERVICE, /* postconf -M 'target=value' */
	SETUP_NO_SERVICE, /* postconf -MX target */
	SETUP_OPTION, /* postconf -P 'target=value' */
};

struct setup_change {
	enum setup_op op;
	char *target; /* NAME, SERVICE/TYPE or SERVICE/TYPE/NAME */
	char *value; /* empty where there is none */
};

struct setup_plan {
	struct setup_change change[SETUP_CHANGES_MAX];
	size_t n;
	char *note[SETUP_NOTES_MAX]; /* what the administrator should know */
	size_t n_notes;
	bool refused; /* nothing is to be changed, and refusal says why */
	char refusal[SETUP_REFUSAL_SIZE];
};

/* What there is. */
struct setup_site {
	const struct postconf_view *view;
	struct span main_cf; /* the file */
	const struct settings *settings;
};

/* Fills plan, which the caller gives to setup_plan_free() in any case. */
void setup_plan_make(
    struct setup_plan *plan, const struct setup_site *site, bool everywhere);

/* The same to take out what that put in. */
void setup_plan_undo(struct setup_plan *plan, const struct setup_site *site);

void setup_plan_free(struct setup_plan *plan);

/* The option letters for postconf(1). */
const char *setup_op_option(enum setup_op op);

#endif

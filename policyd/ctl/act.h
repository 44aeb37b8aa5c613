/* SPDX-License-Identifier: ISC */
/*
 * act - release, reschedule, fail and drop: what they share
 */
#ifndef CTL_ACT_H
#define CTL_ACT_H

#include "policyd/ctl/choice.h"

/* What their --help says of the messages. */
#define ACT_HELP                                                               \
	"Messages are named by queue ids and filters; all that is given has "  \
	"to fit:\n"                                                            \
	"  --sender, --recipient, --login, --rule LIST   as in "               \
	"deliver-at.rules(5)\n"                                                \
	"  --due '<3h', --age '>1d', --size '>1m'        in quotes\n"          \
	"  --subject TEXT                                a part of it\n"       \
	"A filter without queue ids is asked about, or needs --yes. "          \
	"--dry-run "                                                           \
	"shows\n"                                                              \
	"what would be done. Mail that somebody else put on hold is refused. " \
	"Exit 0:\n"                                                            \
	"all done; 1: not all, with the queue ids and why.\n"

struct act;

/*
 * For the child, when the messages are known and the administrator has agreed:
 * does it, and marks the targets that are done. An exit code; what is wrong is
 * printed.
 */
typedef int act_fn(struct act *act, struct hands *hands);

/* One of these verbs. */
struct act_kind {
	const struct ctl_verb *verb;
	const char *done; /* "released" */
	const char *postsuper; /* its option for mail of others; NULL: none */
	bool takes_time; /* before the queue ids */
	bool may_remove;
	bool asks_policyd;
	/* Before the administrator is asked; NULL: there is nothing to say. An
	   exit code, printed. */
	act_fn *warn;
	act_fn *run;
};

struct act {
	const struct act_kind *kind;
	struct choice choice;
	const char *time; /* as it was typed; NULL: not yet */
	int64_t due_s; /* of takes_time; or OVERRIDE_NEVER */
};

/* The whole verb. */
int act_run(const struct act_kind *kind, const struct settings *settings,
    char *const *words, int n);

#endif

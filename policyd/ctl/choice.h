/* SPDX-License-Identifier: ISC */
/*
 * choice - which messages a verb acts on, and whether it may
 *
 * Only mail on hold that the scheduler would release one day. What somebody
 * else holds is refused (I4), with the command of Postfix that would do it.
 */
#ifndef CTL_CHOICE_H
#define CTL_CHOICE_H

#include "policyd/ctl/local.h"
#include "policyd/ctl/options.h"
#include "policyd/ctl/progress.h"
#include "policyd/ctl/targets.h"

enum { CHOICE_TO_SIZE = LOCAL_TEXT_SIZE + 8 };

struct choice {
	const struct ctl_verb *verb;
	const char *done; /* "released" */
	const char *postsuper; /* its option for mail of others; NULL: none */
	const struct settings *settings;
	struct postconf postconf; /* of hands_open() */
	struct filter *filter;
	char to[CHOICE_TO_SIZE]; /* " to Fri 2026-12-25 09:00:00 +0100"; or
				  empty: the verb takes no time */
	bool yes;
	bool dry_run;
	int64_t now_s;
	struct zone local;
	struct progress progress;
	/* From choice_read() on: */
	struct queue queue;
	bool has_queue;
	struct targets targets;
	size_t refused; /* ids that are no targets; told already */
};

/*
 * Before anything is looked at: are there ids or filters, and can somebody be
 * asked where it is needed? 0 or EX_USAGE, printed.
 */
int choice_check(const struct choice *c);

/*
 * For the child: reads the queue, fills targets, tells which ids are none. 0,
 * or an exit code, printed. choice_free() is to be called in any case.
 */
int choice_read(struct choice *c, struct hands *hands);
void choice_free(struct choice *c);

/* Prints what would be done. 0, or an exit code, printed. */
int choice_print(const struct choice *c);

/*
 * Asks, where it needs to be asked. True: go on. *asked: time has gone by, so
 * the queue may be another one.
 */
bool choice_confirm(struct choice *c, bool *asked);

/*
 * Looks which targets are still on hold: sets held. 0, or an exit code,
 * printed.
 */
int choice_look(struct choice *c, struct hands *hands);

/*
 * "released 410 of 412", and why not of the others, a line each. 0: all, 1:
 * not all.
 */
int choice_report(struct choice *c);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * view - what the verbs that look at the queue share
 *
 * Reads the queue in a child that is not root (see hands), and writes what a
 * verb makes of it to standard output.
 */
#ifndef CTL_VIEW_H
#define CTL_VIEW_H

#include "policyd/ctl/filter.h"
#include "policyd/ctl/options.h"
#include "policyd/zone.h"

/* What a verb's help says about filters. */
#define FILTER_HELP                                                            \
	"FILTER, of which all must be met:\n"                                  \
	"  --sender LIST, --recipient LIST, --login LIST, --rule LIST\n"       \
	"               as in deliver-at.rules(5); <> is none\n"               \
	"  --due '<3h30m', --due '>1d'   within that time, or later or "       \
	"never\n"                                                              \
	"  --age '<3h', --age '>1d'      came within that time, or before\n"   \
	"  --size '<10k', --size '>1m'\n"                                      \
	"  --subject TEXT                is part of the subject\n"

enum {
	VIEW_OUTPUT_MAX = 128 * 1024 * 1024, /* bytes that wait for output */
	VIEW_FLUSH_AT = 64 * 1024,
};

struct view {
	const struct ctl_verb *verb;
	const struct settings *settings;
	bool foreign; /* also what is not ours */
	/* Called in the child, with the rest of this. An exit code. */
	int (*print)(struct view *v);
	void *ctx; /* for print */

	struct filter *filter; /* for ids and options, once it is open */
	int64_t now_s;
	struct postconf postconf;
	struct queue queue;
	struct zone local;
	int width; /* of the terminal; 0: there is none */
	struct buf out; /* what is to be written */
};

/*
 * Takes the time and makes a filter, for verb, settings, print and ctx. An exit
 * code. To be closed in any case.
 */
int view_open(struct view *v);
void view_close(struct view *v);

/* An exit code; what is wrong is printed. */
int view_run(struct view *v);

/*
 * Writes v->out when that is worth it. False: nobody reads it, or it cannot be
 * written.
 */
bool view_flush(struct view *v);

/* Says what went wrong with this verb; an exit code. */
int view_fail(const struct view *v, const char *what, int exit_code);

/*
 * The lines above a view for people, when it is paused: nothing leaves. False:
 * no room.
 */
bool view_put_pause(struct view *v);

/* Says on standard error which ids are not on hold; how many. */
size_t view_tell_unmet(const struct view *v);

/* The exit code when all that was to be shown is in v->out, or was not. */
int view_end(const struct view *v, bool all);

#endif

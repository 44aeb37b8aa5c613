/* SPDX-License-Identifier: ISC */
/*
 * What became of the messages of a choice.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "hdrcheck/base/lines.h"
#include "hdrcheck/base/log.h"
#include "policyd/ctl/choice.h"
#include "policyd/sched/qmsg.h"

enum { EXIT_NOT_ALL = 1 };

/* A listing being read. */
struct look {
	struct targets *targets;
	struct lines lines;
};

static void
take_message(struct look *l, struct span line, bool cut)
{
	struct qmsg msg;
	struct target *t;

	if (!qmsg_parse(line, cut, &msg) || msg.odd_id ||
	    !span_equal_str(msg.queue_name, "hold"))
		return;
	t = targets_find(l->targets, &msg.id);
	if (t != NULL && t->arrival_s == msg.arrival_s)
		t->held = true;
}

static bool
take_listing(void *ctx, struct buf *in)
{
	struct look *l = ctx;
	struct span piece;
	enum lines_piece kind;
	size_t used;

	while ((kind = lines_next(&l->lines, buf_span(in), &piece, &used)) !=
	    LINES_MORE) {
		if (kind == LINES_WHOLE || kind == LINES_HEAD)
			take_message(l, piece, kind == LINES_HEAD);
		buf_consume(in, used);
	}
	return true;
}

int
choice_look(struct choice *c, struct hands *hands)
{
	struct look look = {.targets = &c->targets};
	struct span said;
	char shown[LOG_TEXT_MAX];
	int code;

	for (size_t i = 0; i < c->targets.n; i++)
		c->targets.target[i].held = false;
	code = hands_command(hands, HANDS_LIST, NULL, 0, take_listing, &look);
	if (code == 0)
		return EX_OK;
	said = code < 0 ? span_str(strerror(errno)) : hands_errors(hands);
	progress_clear(&c->progress);
	fprintf(stderr, "policyctl: %s: the queue cannot be listed: %s\n",
	    c->verb->name, log_printable(said, shown));
	return EX_UNAVAILABLE;
}

int
choice_report(struct choice *c)
{
	size_t all = c->targets.n + c->refused;
	char id[QID_SIZE];

	progress_clear(&c->progress);
	if (all == 0) {
		printf("no message fits\n");
		return EX_OK;
	}
	printf("%s %zu of %zu\n", c->done, c->targets.n_done, all);
	for (size_t i = 0; i < c->targets.n; i++) {
		const struct target *t = &c->targets.target[i];

		if (t->done)
			continue;
		qid_format(&t->id, id);
		printf("%s: %s\n", id, t->why != NULL ? t->why : "not done");
	}
	return c->targets.n_done == all ? EX_OK : EXIT_NOT_ALL;
}

/* SPDX-License-Identifier: ISC */
#include "policyd/ctl/follow.h"

#include <poll.h>
#include <stdio.h>
#include <sysexits.h>

#include "hdrcheck/base/clock.h"
#include "hdrcheck/base/log.h"
#include "policyd/ctl/ask.h"
#include "policyd/ctl/event_view.h"

struct follow {
	struct choice *c;
	struct hands *hands;
	int64_t progress_ns; /* when the last one left */
	int faults;
	bool deaf; /* no more events come, though policyd runs */
	bool blind; /* the queue cannot be listed */
	const char *over; /* why it is no use to wait on; NULL: it is */
};

static void
mark(struct follow *f, struct target *t)
{
	if (t == NULL || t->done)
		return;
	targets_done(&f->c->targets, t);
	f->progress_ns = clock_mono_ns();
}

/* Of these messages, or of none in particular. */
static void
tell_fault(struct follow *f, const struct members *members)
{
	char shown[LOG_TEXT_MAX];
	struct span text;
	struct buf room;
	struct qid id;

	if (event_queue_id(members, &id) &&
	    targets_find(&f->c->targets, &id) == NULL)
		return;
	if (f->faults++ >= FOLLOW_FAULTS_MAX)
		return;
	buf_init(&room, REMOTE_LINE_MAX);
	if (members_string(members, "text", &room, &text)) {
		progress_clear(&f->c->progress);
		fprintf(stderr, "policyctl: policyd: %s\n",
		    log_printable(text, shown));
	}
	buf_free(&room);
}

static void
take_event(struct follow *f, struct span line)
{
	struct members members;
	struct qid id;

	if (event_is(line, "released", &members)) {
		if (event_queue_id(&members, &id))
			mark(f, targets_find(&f->c->targets, &id));
	} else if (event_is(line, "fault", &members)) {
		tell_fault(f, &members);
	} else if (event_is(line, "paused", &members)) {
		f->over = "policyd was paused: it leaves at \"policyctl "
			  "resume\"";
	}
}

/* What is not on hold any more has left, whoever saw it. */
static void
look(struct follow *f)
{
	struct targets *t = &f->c->targets;

	if (t->n_done == t->n || f->blind)
		return;
	f->blind = choice_look(f->c, f->hands) != EX_OK;
	if (f->blind)
		return;
	for (size_t i = 0; i < t->n; i++)
		if (!t->target[i].held)
			mark(f, &t->target[i]);
}

static bool
is_over(struct follow *f)
{
	int64_t quiet_ns = clock_mono_ns() - f->progress_ns;

	if (f->c->targets.n_done == f->c->targets.n)
		return true;
	if (f->over == NULL && quiet_ns >= FOLLOW_PATIENCE_MS * CLOCK_NS_PER_MS)
		f->over = "is to leave, but is still on hold; the log of "
			  "policyd tells more";
	return f->over != NULL;
}

/*
 * It ends, or has too many readers, or we were too slow: then the queue tells.
 */
static void
on_tails_end(struct follow *f)
{
	f->deaf = ask_is_alive(f->hands);
	if (!f->deaf)
		f->over = "policyd has ended: it leaves when it runs again";
}

static void
wait_for_news(struct follow *f, struct remote *tail)
{
	struct span line;

	if (f->deaf) {
		poll(NULL, 0, FOLLOW_LOOK_MS);
		look(f);
		return;
	}
	switch (remote_next(tail, FOLLOW_QUIET_MS, &line)) {
	case REMOTE_LINE:
		take_event(f, line);
		break;
	case REMOTE_QUIET:
		look(f);
		break;
	case REMOTE_ENDED:
	case REMOTE_BROKEN:
		on_tails_end(f);
		break;
	}
}

void
follow(struct choice *c, struct hands *hands, struct remote *tail)
{
	struct follow f = {
	    .c = c, .hands = hands, .progress_ns = clock_mono_ns()};

	while (!is_over(&f)) {
		wait_for_news(&f, tail);
		progress_tell(
		    &c->progress, c->done, c->targets.n_done, c->targets.n);
	}
	look(&f);
	targets_explain(&c->targets, f.over);
}

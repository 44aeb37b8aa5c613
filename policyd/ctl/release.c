/* SPDX-License-Identifier: ISC */
#include "policyd/ctl/release.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "hdrcheck/base/clock.h"
#include "policyd/ctl/act.h"
#include "policyd/ctl/ask.h"
#include "policyd/ctl/follow.h"
#include "policyd/ctl/local.h"
#include "policyd/ctl/text.h"

enum {
	OLD_SHOWN_MAX = 5, /* queue ids in a warning */
	REASON_SHOWN_MAX = STATE_REASON_MAX * 8, /* bytes */
};

static const char leaving[] = "leaves just now, or has left";

/* How it would leave at the moment that is asked for. */
static bool
would_leave_old(const struct act *a, const struct queue_message *m)
{
	const struct choice *c = &a->choice;
	int64_t at_s = a->kind->takes_time ? a->due_s : c->now_s;
	struct plan plan;

	if (at_s == OVERRIDE_NEVER || !queue_is_ours(m))
		return false;
	plan = plan_judge(
	    &m->facts, true, m->tried, false, at_s, c->now_s, c->settings);
	return plan_choose_method(c->settings, &c->postconf.facts,
		   m->facts.created_s, at_s, m->facts.empty_sender,
		   plan.all_due_then && !m->facts.filtered) == PLAN_RELEASE_OLD;
}

/*
 * Before its header's date a message must not be requeued (it would be held
 * again), and without that it keeps its age (DESIGN fact 16).
 */
static void
warn_of_old(const struct act *a)
{
	const struct queue *q = &a->choice.queue;
	char id[QID_SIZE];
	size_t old = 0;

	for (size_t i = 0; i < q->n; i++) {
		if (!would_leave_old(a, &q->message[i]))
			continue;
		qid_format(&q->message[i].id, id);
		if (old < OLD_SHOWN_MAX)
			fprintf(stderr, "%s%s",
			    old == 0 ? "policyctl: warning: old for the queue: "
				     : " ",
			    id);
		old++;
	}
	if (old > OLD_SHOWN_MAX)
		fprintf(stderr, " and %zu more", old - OLD_SHOWN_MAX);
	if (old > 0)
		fprintf(stderr,
		    ". Postfix counts their time in the queue from "
		    "their arrival: after maximal_queue_lifetime, a first "
		    "attempt that fails for the moment returns them to their "
		    "senders\n");
}

static void
print_moment(const struct choice *c, int64_t due_s)
{
	char here[LOCAL_TEXT_SIZE], utc[CLOCK_UTC_SIZE];

	if (due_s == OVERRIDE_NEVER)
		printf("never: on hold until it is released or rescheduled\n");
	else
		printf("to %s local time, %s\n",
		    local_format(&c->local, due_s, LOCAL_WHOLE, here),
		    clock_format_utc(due_s, utc));
}

/* Nobody is to agree to what cannot be done. */
static int
warn(struct act *a, struct hands *hands)
{
	struct remote r;
	int exit_code = EX_OK;

	if (!a->choice.dry_run)
		exit_code = ask_connect(hands, a->choice.settings, &r);
	if (exit_code != EX_OK)
		return exit_code;
	if (!a->choice.dry_run)
		remote_close(&r);
	warn_of_old(a);
	return EX_OK;
}

static bool
put_request(const struct targets *t, int64_t due_s, struct buf *request)
{
	struct buf body;
	bool ok = true;

	buf_init(&body, CONTROL_IDS_BYTES);
	for (size_t i = 0; ok && i < t->n; i++)
		if (t->target[i].why == NULL)
			ok = control_put_message(
			    &body, &t->target[i].id, t->target[i].arrival_s);
	ok = ok && control_put_reschedule(request, due_s, buf_span(&body));
	buf_free(&body);
	return ok;
}

/* "TAKEN LEFT ID...": *left is how many are not named. False: no such thing. */
static bool
take_answer(struct targets *t, struct span answer, uint64_t *left)
{
	struct span word;
	uint64_t taken;
	struct qid id;

	if (!span_next_word(&answer, &word) ||
	    !span_to_u64(word, UINT32_MAX, &taken) ||
	    !span_next_word(&answer, &word) ||
	    !span_to_u64(word, UINT32_MAX, left))
		return false;
	while (span_next_word(&answer, &word)) {
		struct target *one =
		    qid_parse(word, &id) ? targets_find(t, &id) : NULL;

		if (one == NULL || one->why != NULL)
			continue;
		one->why = leaving;
		*left -= *left > 0 ? 1 : 0;
	}
	return true;
}

/* Asks the engine; from its answer on nothing is forgotten. */
static int
reschedule(struct act *a, struct hands *hands, int64_t due_s, uint64_t *left)
{
	struct choice *c = &a->choice;
	struct span answer;
	struct buf request;
	struct remote r;
	int exit_code = ask_connect(hands, c->settings, &r);

	if (exit_code != EX_OK)
		return exit_code;
	buf_init(&request, CONTROL_REQUEST_MAX);
	if (!put_request(&c->targets, due_s, &request)) {
		fprintf(stderr, "policyctl: too many messages at once\n");
		exit_code = EX_UNAVAILABLE;
	}
	if (exit_code == EX_OK)
		exit_code =
		    ask_wait(&r, buf_span(&request), REMOTE_WRITE_MS, &answer);
	if (exit_code == EX_OK && !take_answer(&c->targets, answer, left)) {
		fprintf(stderr, "policyctl: policyd gives no such answer\n");
		exit_code = EX_PROTOCOL;
	}
	buf_free(&request);
	remote_close(&r);
	return exit_code;
}

/* Of more that left than are named, the queue tells which. */
static int
find_left(struct choice *c, struct hands *hands)
{
	int exit_code = choice_look(c, hands);

	for (size_t i = 0; exit_code == EX_OK && i < c->targets.n; i++) {
		struct target *t = &c->targets.target[i];

		if (!t->held && t->why == NULL)
			t->why = leaving;
	}
	return exit_code;
}

static int
run_rescheduling(struct act *a, struct hands *hands)
{
	struct choice *c = &a->choice;
	uint64_t left;
	int exit_code = reschedule(a, hands, a->due_s, &left);

	if (exit_code == EX_OK && left > 0)
		exit_code = find_left(c, hands);
	if (exit_code != EX_OK)
		return exit_code;
	for (size_t i = 0; i < c->targets.n; i++)
		if (c->targets.target[i].why == NULL)
			targets_done(&c->targets, &c->targets.target[i]);
	print_moment(c, a->due_s);
	return EX_OK;
}

/* What leaves by itself just now is waited for with the others. */
static int
await_all(struct choice *c, struct hands *hands, struct remote *tail)
{
	for (size_t i = 0; i < c->targets.n; i++)
		if (c->targets.target[i].why == leaving)
			c->targets.target[i].why = NULL;
	follow(c, hands, tail);
	return EX_OK;
}

/* What is released during a pause has not left: that is not all done. */
static int
tell_paused(struct choice *c)
{
	const struct pause *p = &c->queue.pause;
	char since[LOCAL_TEXT_SIZE];
	struct buf reason;

	buf_init(&reason, REASON_SHOWN_MAX);
	if (p->reason[0] != '\0' && buf_append(&reason, span_str(": ")))
		text_put(&reason, span_str(p->reason), 0, false);
	fprintf(stderr, "policyctl: paused since %s%.*s\n",
	    local_format(&c->local, p->since_s, LOCAL_SECONDS, since),
	    (int)buf_len(&reason), buf_span(&reason).data);
	buf_free(&reason);
	targets_explain(
	    &c->targets, "is to leave, and does at \"policyctl resume\"");
	return EX_OK;
}

/* Who listens first misses nothing. */
static int
run_release(struct act *a, struct hands *hands)
{
	struct choice *c = &a->choice;
	struct remote tail;
	uint64_t left;
	int exit_code = ask_connect(hands, c->settings, &tail);

	if (exit_code != EX_OK)
		return exit_code;
	exit_code = ask_send(&tail, CONTROL_TAIL);
	if (exit_code == EX_OK)
		exit_code = reschedule(a, hands, CONTROL_NOW, &left);
	if (exit_code == EX_OK)
		exit_code = c->queue.pause.on ? tell_paused(c)
					      : await_all(c, hands, &tail);
	remote_close(&tail);
	return exit_code;
}

static const struct act_kind release_kind = {
    .verb = &release_verb,
    .done = "released",
    .postsuper = "-H",
    .asks_policyd = true,
    .warn = warn,
    .run = run_release,
};

static const struct act_kind reschedule_kind = {
    .verb = &reschedule_verb,
    .done = "rescheduled",
    .takes_time = true,
    .asks_policyd = true,
    .warn = warn,
    .run = run_rescheduling,
};

static int
start_release(const struct settings *settings, char *const *words, int n)
{
	return act_run(&release_kind, settings, words, n);
}

static int
start_rescheduling(const struct settings *settings, char *const *words, int n)
{
	return act_run(&reschedule_kind, settings, words, n);
}

const struct ctl_verb release_verb = {
    .name = "release",
    .summary = "let messages leave now",
    .help = "usage: policyctl release [--yes] [--dry-run] [FILTER...] "
	    "[QUEUEID...]\n"
	    "\n"
	    "policyd lets them leave at once, whatever their headers and rules "
	    "say,\n"
	    "and this waits until they have left. From policyd's answer on "
	    "they leave\n"
	    "also when either is killed. During a pause they leave at its "
	    "end.\n"
	    "\n" ACT_HELP "\n"
	    "for example: policyctl release --rule quiet --sender "
	    "ann@corp.example\n",
    .run = start_release,
};

const struct ctl_verb reschedule_verb = {
    .name = "reschedule",
    .summary = "set another moment",
    .help = "usage: policyctl reschedule TIME [--yes] [--dry-run] "
	    "[FILTER...] [QUEUEID...]\n"
	    "\n"
	    "The messages leave at that moment, whatever their headers and "
	    "rules say.\n"
	    "TIME is\n"
	    "  +2h30m                      from now\n"
	    "  17:30, \"tomorrow 09:00\"     local time, and still ahead\n"
	    "  2026-12-24T23:00            local time; also with a blank for "
	    "the T\n"
	    "  2026-12-24T23:00:00+01:00,\n"
	    "  \"24 Dec 2026 23:00 +0100\"   as in a header\n"
	    "  never                       on hold until said otherwise\n"
	    "and no further ahead than max_postpone. policyd keeps it on the "
	    "disk.\n"
	    "\n" ACT_HELP "\n"
	    "for example: policyctl reschedule \"tomorrow 09:00\" "
	    "3F2A1B4C5D\n",
    .run = start_rescheduling,
};

/* SPDX-License-Identifier: ISC */
/*
 * The commands of Postfix as the runner runs them: each a step at a time, with
 * all that may happen between two steps, and with its ways to fail.
 */
#include "tests/model/model.h"

#include <string.h>

enum {
	QUEUES = 4, /* that a walk looks at, one after the other */
	FEED_PERCENT = 60, /* of the steps what was printed is read at once */
	KILLED_CODE = 137,
};

static uint64_t
bit_of(const struct model *m, const struct mail *mail)
{
	return UINT64_C(1) << queue_index(m, mail);
}

static bool
is_leave(enum sweep_verb verb)
{
	return verb == SWEEP_RELEASE || verb == SWEEP_REQUEUE;
}

static int64_t
step_ns(struct model *m)
{
	if (model_happens(m, K_SLOW, 3))
		return dice_below(&m->dice, 20000) * MSEC;
	return (1 + dice_below(&m->dice, 40)) * MSEC;
}

/* How it will go. */

static enum fate
leave_fate(struct model *m)
{
	if (model_happens(m, K_LEAVE_FAILS, m->trouble))
		return FATE_FAILS;
	if (model_happens(m, K_LEAVE_DIES, m->trouble))
		return FATE_DIES;
	if (model_happens(m, K_LEAVE_SILENT, m->trouble))
		return FATE_SILENT;
	return FATE_FINE;
}

static bool
is_spoilt(struct model *m, const struct job *job)
{
	for (size_t i = 0; i < job->n; i++) {
		const struct mail *mail = queue_find(m, &job->ids[i]);

		if (mail != NULL && mail->spoils_leaving)
			return true;
	}
	return false;
}

static enum fate
any_fate(struct model *m, struct job *job)
{
	static const enum kind fails[] = {
	    [SWEEP_LIST] = K_LIST_FAILS,
	    [SWEEP_READ] = K_READ_FAILS,
	    [SWEEP_KICK_QMGR] = K_KICK_FAILS,
	    [SWEEP_KICK_PICKUP] = K_KICK_FAILS,
	};

	if (model_happens(m, K_NOT_RUN, m->trouble))
		return FATE_NOT_RUN;
	if (is_leave(job->verb))
		return is_spoilt(m, job) ? FATE_FAILS : leave_fate(m);
	return model_happens(m, fails[job->verb], m->trouble) ? FATE_FAILS
							      : FATE_FINE;
}

static void
take_ids(struct model *m, struct job *job, const struct sweep_command *c)
{
	if (c->n > JOB_IDS) {
		model_fail(m, "a command names %zu ids", c->n);
		return;
	}
	job->n = c->n;
	for (size_t i = 0; i < c->n; i++) {
		struct mail *mail = queue_find(m, &c->ids[i]);

		job->ids[i] = c->ids[i];
		job->mail[i] = mail == NULL ? -1 : (int)queue_index(m, mail);
		if (is_leave(job->verb) && mail != NULL) {
			law_check_command(m, mail, job->verb);
			mail->flight_ns = INT64_MAX;
		}
	}
}

static void
land(struct model *m, const struct job *job)
{
	for (size_t i = 0; i < job->n && is_leave(job->verb); i++)
		if (job->mail[i] >= 0)
			m->mail[job->mail[i]].flight_ns = m->now.mono_ns;
}

static void
begin_reading(struct model *m, enum sweep_verb verb)
{
	if (verb == SWEEP_LIST)
		stream_listing_reset(&m->listing);
	if (verb == SWEEP_READ)
		stream_headers_reset(&m->headers);
	stream_errors_reset(&m->errors[verb]);
}

void
runner_begin(struct model *m, const struct sweep_command *command)
{
	static const char *const names[] = {
	    "list", "read", "release", "requeue", "kick qmgr", "kick pickup"};
	struct job *job = &m->job[command->verb];
	struct buf out = job->out;

	if (job->running)
		model_fail(m, "two commands of a verb");
	buf_clear(&out);
	*job = (struct job){.running = true,
	    .verb = command->verb,
	    .begun_ns = m->now.mono_ns,
	    .next_ns = m->now.mono_ns + step_ns(m),
	    .out = out};
	take_ids(m, job, command);
	begin_reading(m, command->verb);
	job->fate = any_fate(m, job);
	job->killed = model_percent(m, 20);
	job->dies_at = dice_below(&m->dice, (uint32_t)job->n + 2);
	if (job->verb == SWEEP_LIST) {
		job->cut = model_happens(m, K_LIST_CUT, m->trouble);
		job->late = model_happens(m, K_LIST_LATE, m->trouble);
	}
	model_trace(m, "command: %s, %zu ids, fate %d", names[command->verb],
	    job->n, (int)job->fate);
}

/* What it printed is read. */

static void
hear_leaves(struct model *m, struct job *job)
{
	for (size_t i = 0; i < m->n_mail; i++)
		if ((job->told & UINT64_C(1) << i) != 0 &&
		    m->mail[i].released_by == m->instance)
			m->mail[i].left_known = true;
	job->told = 0;
}

static char *
room_of(struct model *m, enum sweep_verb verb)
{
	if (verb == SWEEP_LIST)
		return stream_listing_room(&m->listing);
	if (verb == SWEEP_READ)
		return stream_headers_room(&m->headers);
	return stream_errors_room(&m->errors[verb]);
}

/* n of the bytes that wait. */
static void
feed(struct model *m, struct job *job, size_t n)
{
	char *room = room_of(m, job->verb);

	assert(room != NULL && n <= STREAM_READ_SIZE);
	if (n == 0)
		return;
	memcpy(room, buf_span(&job->out).data, n);
	buf_consume(&job->out, n);
	if (job->verb == SWEEP_LIST)
		stream_listing_take(&m->listing, n, &m->sweep, &m->now);
	else if (job->verb == SWEEP_READ)
		stream_headers_take(&m->headers, n, &m->sweep, &m->now);
	else
		stream_errors_take(
		    &m->errors[job->verb], n, true, &m->sweep, &m->now);
	if (buf_len(&job->out) == 0)
		hear_leaves(m, job);
}

/* Some of it, wherever that ends. */
static void
feed_some(struct model *m, struct job *job)
{
	uint32_t len = (uint32_t)buf_len(&job->out);

	if (!job->late && model_percent(m, FEED_PERCENT))
		feed(m, job,
		    model_percent(m, 50) ? len : dice_below(&m->dice, len + 1));
}

/*
 * What a walk that began after a message last moved says of it. While a command
 * is about to let it go, the scheduler waits for what that says; and what a
 * failed walk has shown counts as shown by the next one.
 */
static void
learn(struct model *m, const struct job *job, bool failed_before)
{
	for (size_t i = 0; i < m->n_mail; i++) {
		struct mail *mail = &m->mail[i];
		bool shown = (job->shown & bit_of(m, mail)) != 0;

		mail->was_skipped = (job->skipped & bit_of(m, mail)) != 0;
		if (!queue_is_in(mail))
			continue;
		mail->missed = shown ? 0 : mail->missed + 1;
		if (mail->missed > 1)
			mail->left_known = false;
		if (mail->rescheduled &&
		    (mail->missed > 1 ||
			(mail->followed && mail->place != P_HOLD)))
			mail->vague = true;
		if (!shown || mail->touched_ns >= job->begun_ns)
			continue;
		if (mail->place == P_HOLD) {
			mail->walk_known = true;
			if (mail->flight_ns < job->begun_ns)
				mail->exposed = false;
		} else if (mail->released_by == m->instance &&
		    mail->flight_ns < job->begun_ns && !failed_before) {
			mail->left_known = true;
		}
	}
}

/* As jobs.c tells it. */
static void
end(struct model *m, struct job *job, bool ok)
{
	bool failed_before = m->walk_failed;
	bool not_run =
	    job->fate == FATE_NOT_RUN || (!ok && job->killed && !job->cut);

	if (job->fate != FATE_NOT_RUN)
		feed(m, job, buf_len(&job->out));
	job->running = false;
	land(m, job);
	model_trace(m, "command %d ends: %s", (int)job->verb,
	    not_run  ? "not run"
		: ok ? "ok"
		     : "failed");
	if (job->verb == SWEEP_LIST)
		m->walk_failed = true;
	if (not_run) {
		sweep_not_run(&m->sweep, job->verb, &m->now);
		return;
	}
	if (job->verb == SWEEP_LIST) {
		ok = ok && stream_listing_is_whole(&m->listing);
		m->count[K_WALKS] += ok;
		if (ok)
			learn(m, job, failed_before);
		m->walk_failed = !ok;
	}
	sweep_end(&m->sweep, job->verb, ok, &m->now);
}

/* The steps. */

/*
 * Mail that nobody moves is not missed by Postfix. The model does, but not for
 * what was told to leave: that would be taken for its leave.
 */
static bool
misses(struct model *m, const struct mail *mail)
{
	return !mail->was_skipped && mail->missed == 0 && mail->asked_by == 0 &&
	    model_happens(m, K_LIST_MISSES, 5);
}

static void
list_queue(struct model *m, struct job *job)
{
	static const enum place order[QUEUES] = {
	    P_MAILDROP, P_ACTIVE, P_DEFERRED, P_HOLD};

	for (size_t i = 0; i < m->n_mail; i++) {
		const struct mail *mail = &m->mail[i];

		if (mail->place != order[job->at])
			continue;
		if (misses(m, mail)) {
			job->skipped |= bit_of(m, mail);
			continue;
		}
		job->shown |= bit_of(m, mail);
		queue_print_line(m, mail, &job->out);
		if (model_happens(m, K_LIST_REPEATS, 3))
			queue_print_line(m, mail, &job->out);
	}
}

static void
work_on_list(struct model *m, struct job *job)
{
	if (job->at < QUEUES) {
		list_queue(m, job);
		job->at++;
		feed_some(m, job);
		if (job->at == QUEUES && job->late)
			job->next_ns += dice_below(&m->dice, 3000) * MSEC;
		if (job->fate == FATE_FAILS && model_percent(m, 30))
			end(m, job, false);
		return;
	}
	if (job->cut && buf_len(&job->out) > 5)
		job->out.end -= 5;
	end(m, job, job->fate == FATE_FINE);
}

static void
work_on_read(struct model *m, struct job *job)
{
	const struct mail *mail;

	if (job->at == job->n) {
		end(m, job, job->fate == FATE_FINE);
		return;
	}
	mail = queue_find(m, &job->ids[job->at++]);
	if (mail == NULL || mail->spoils_reads ||
	    (job->fate == FATE_FAILS && model_percent(m, 30))) {
		if (mail != NULL && model_percent(m, 50))
			buf_clear(&job->out);
		end(m, job, false);
	} else if (!model_happens(m, K_READ_MISSES, m->trouble)) {
		queue_print_file(mail, &job->out);
		feed_some(m, job);
	}
}

static void
say(struct job *job, const struct mail *mail, uint64_t bit)
{
	bool ok = buf_append(&job->out, span_str("postsuper: ")) &&
	    buf_append(&job->out, span_str(mail->id)) &&
	    buf_append(&job->out,
		span_str(job->verb == SWEEP_RELEASE ? ": released from hold\n"
						    : ": requeued\n"));

	assert(ok);
	job->told |= bit;
}

static void
let_go(struct model *m, struct job *job, size_t at)
{
	struct mail *mail = queue_find(m, &job->ids[at]);

	if (mail == NULL || mail->place != P_HOLD)
		return;
	if (job->mail[at] == (int)queue_index(m, mail))
		law_check_leave(m, mail, job);
	/* Else it was the other of its id that was released, as we know. */
	if (!mail->exposed)
		mail->released_by = m->instance;
	mail->left_known = false;
	m->count[job->verb == SWEEP_RELEASE ? K_RELEASED : K_REQUEUED]++;
	queue_move(
	    m, mail, job->verb == SWEEP_RELEASE ? P_DEFERRED : P_MAILDROP);
	mail->moved_by_us = true;
	if (job->fate == FATE_FINE)
		say(job, mail, bit_of(m, mail));
}

static void
work_on_leave(struct model *m, struct job *job)
{
	if (job->fate == FATE_FAILS ||
	    (job->fate == FATE_DIES && job->at == job->dies_at)) {
		end(m, job, false);
	} else if (job->at == job->n) {
		end(m, job, job->fate != FATE_DIES);
	} else {
		if (!model_happens(m, K_LEAVE_SOME, m->trouble))
			let_go(m, job, job->at);
		job->at++;
		feed_some(m, job);
		job->next_ns = m->now.mono_ns + MSEC;
	}
}

static void
work_on_kick(struct model *m, struct job *job)
{
	bool fails = job->fate == FATE_FAILS || !m->postfix_up;

	if (!fails && model_happens(m, K_KICK_LOST, m->trouble)) {
		m->kick_lost_ns = m->now.mono_ns;
	} else if (!fails || model_percent(m, 30)) {
		if (job->verb == SWEEP_KICK_QMGR)
			queue_scan(m);
		else
			queue_pick_up(m);
	}
	end(m, job, !fails);
}

static void
work(struct model *m, struct job *job)
{
	job->next_ns = m->now.mono_ns + step_ns(m);
	if (job->fate == FATE_NOT_RUN)
		end(m, job, false);
	else if (job->verb == SWEEP_LIST)
		work_on_list(m, job);
	else if (job->verb == SWEEP_READ)
		work_on_read(m, job);
	else if (is_leave(job->verb))
		work_on_leave(m, job);
	else
		work_on_kick(m, job);
}

/* Nobody reads what it says any more. */
static void
work_on_orphan(struct model *m, struct job *job)
{
	for (; job->at < job->n; job->at++) {
		struct mail *mail = queue_find(m, &job->ids[job->at]);

		if (mail == NULL || mail->place != P_HOLD)
			continue;
		queue_move(m, mail,
		    job->verb == SWEEP_RELEASE ? P_DEFERRED : P_MAILDROP);
	}
	job->running = false;
}

void
runner_work(struct model *m)
{
	for (int i = 0; i < SWEEP_VERBS; i++)
		if (m->job[i].running && m->job[i].next_ns <= m->now.mono_ns)
			work(m, &m->job[i]);
	if (m->orphan.running && m->orphan.next_ns <= m->now.mono_ns)
		work_on_orphan(m, &m->orphan);
}

void
runner_end_read(struct model *m)
{
	struct job *job = &m->job[SWEEP_READ];

	if (job->running && model_percent(m, 90)) {
		job->killed = true;
		end(m, job, false);
	}
}

void
runner_engine_is_gone(struct model *m)
{
	for (int i = 0; i < SWEEP_VERBS; i++) {
		struct job *job = &m->job[i];

		if (!job->running)
			continue;
		job->running = false;
		if (!is_leave(job->verb) || m->orphan.running ||
		    !model_happens(m, K_ORPHAN, 50))
			continue;
		m->orphan = *job;
		m->orphan.next_ns += dice_below(&m->dice, 200) * MSEC;
	}
}

int64_t
runner_next_ns(const struct model *m)
{
	int64_t at_ns = m->orphan.running ? m->orphan.next_ns : INT64_MAX;

	for (int i = 0; i < SWEEP_VERBS; i++)
		if (m->job[i].running && m->job[i].next_ns < at_ns)
			at_ns = m->job[i].next_ns;
	return at_ns;
}

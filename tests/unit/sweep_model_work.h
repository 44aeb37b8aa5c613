/* SPDX-License-Identifier: ISC */
/*
 * sweep_model_work - the commands in the model of a queue, each a step at a
 * time
 */
#ifndef UNIT_SWEEP_MODEL_WORK_H
#define UNIT_SWEEP_MODEL_WORK_H

#include "tests/unit/sweep_model.h"

/* I1, I3, I4: what the scheduler may ask to be released. */
static inline void
check_release(struct model *m, const struct qid *id)
{
	const struct model_mail *mail = find(m, id);

	if (mail == NULL || mail->queue != M_HOLD)
		return;
	if (!mail->ours)
		fail_msg("foreign mail was released");
	if (is_never(mail))
		fail_msg("mail was released that is never to be");
	if (due_of(mail) * SEC > m->now.reached_ns)
		fail_msg("mail was released before it was due");
	if (is_kept(m, mail))
		fail_msg("mail was released that a rule keeps");
	if (mail->released)
		fail_msg("mail was released twice");
	if (mail->tried && is_known(m, mail))
		fail_msg("mail that was tried before was released");
}

/* What the scheduler wants is begun at once, as the engine does. */
static inline void
pump(struct model *m)
{
	struct sweep_command c;
	int64_t wall_ns, mono_ns;

	while (sweep_next(&m->sweep, &m->now, &c)) {
		struct model_job *job = &m->jobs[c.verb];

		assert_false(job->running);
		job->running = true;
		job->refused = !m->calm && dice_percent(&m->dice, 3);
		job->command = c;
		job->at = job->n_lines = job->n_read = 0;
		job->in_hold = false;
		if (c.verb == SWEEP_LIST)
			job->began_walk = ++m->walks_begun;
		if (c.verb == SWEEP_READ && m->sweep.peeking) {
			assert_int_equal(m->sweep.unread.n, 0);
			m->peeks++;
		}
		if (c.verb != SWEEP_RELEASE && c.verb != SWEEP_REQUEUE)
			continue;
		assert_false(m->sweep.paused);
		for (size_t i = 0; i < c.n; i++)
			check_release(m, &c.ids[i]);
	}
	assert_true(m->sweep.running <= SWEEP_COMMANDS_MAX);
	sweep_ends_peek(&m->sweep, &m->now); /* perhaps nobody can kill it */
	sweep_wait(&m->sweep, &m->now, &wall_ns, &mono_ns);
	if (sweep_is_passing(&m->sweep))
		assert_true(mono_ns <= m->now.mono_ns);
	else
		assert_true(
		    wall_ns > m->now.reached_ns && mono_ns > m->now.mono_ns);
}

static inline void
end(struct model *m, enum sweep_verb verb, bool ok)
{
	struct model_job *job = &m->jobs[verb];

	job->running = false;
	sweep_end(&m->sweep, verb, ok, &m->now);
	if (verb == SWEEP_LIST && ok) {
		m->last_ok_walk = job->began_walk;
		m->walks_ok++;
	}
}

/* A walk looks at one queue after the other; its lines are read later. */
static inline void
write_line(struct model *m, struct model_job *job)
{
	const struct model_mail *mail = &m->mail[job->at++];

	if (mail->queue != M_GONE && (mail->queue == M_HOLD) == job->in_hold)
		job->lines[job->n_lines++] = (struct model_line){
		    .id = mail->id,
		    .on_hold = job->in_hold,
		    .tried = mail->tried,
		    .arrival_s = mail->facts.arrival_s,
		    .size = mail->facts.size,
		};
	if (job->at == MODEL_MAIL && !job->in_hold) {
		job->in_hold = true;
		job->at = 0;
	}
}

static inline void
read_line(struct model *m, struct model_job *job)
{
	const struct model_line *line = &job->lines[job->n_read++];
	struct qmsg msg = {
	    .queue_name = span_str(line->on_hold ? "hold" : "deferred"),
	    .id = line->id,
	    .arrival_s = line->arrival_s,
	    .size = line->size,
	    .tried = line->tried,
	};

	sweep_listed(&m->sweep, &msg, &m->now);
}

static inline void
work_on_list(struct model *m, struct model_job *job)
{
	for (int i = 0; i < 64 && job->at < MODEL_MAIL; i++)
		write_line(m, job);
	for (int i = 0; i < 48 && job->n_read < job->n_lines; i++)
		read_line(m, job);
	if (!m->calm && dice_percent(&m->dice, 1))
		end(m, SWEEP_LIST, false);
	else if (job->at == MODEL_MAIL && job->n_read == job->n_lines)
		end(m, SWEEP_LIST, true);
}

static inline void
work_on_read(struct model *m, struct model_job *job)
{
	for (int i = 0; i < 16 && job->at < job->command.n; i++) {
		const struct qid *id = &job->command.ids[job->at++];
		const struct model_mail *mail = find(m, id);

		if (mail == NULL || mail->bad ||
		    (!m->calm && dice_percent(&m->dice, 1))) {
			end(m, SWEEP_READ, false);
			return;
		}
		if (mail->queue == M_HOLD)
			sweep_read(&m->sweep, id, &mail->facts, &m->now);
	}
	if (job->at == job->command.n)
		end(m, SWEEP_READ, true);
}

static inline void
leave(struct model *m, enum sweep_verb verb, const struct qid *id)
{
	struct model_mail *mail = find(m, id);

	if (mail == NULL || mail->queue != M_HOLD ||
	    (!m->calm && dice_percent(&m->dice, 2)))
		return;
	mail->released = true;
	move(m, mail, verb == SWEEP_RELEASE ? M_DEFERRED : M_GONE);
	if (!m->deaf)
		sweep_departed(&m->sweep, id, &m->now);
}

static inline bool
is_spoilt(struct model *m, const struct sweep_command *c)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct model_mail *mail = find(m, &c->ids[i]);

		if (mail != NULL && mail->spoils)
			return true;
	}
	return false;
}

static inline void
work_on_release(struct model *m, struct model_job *job)
{
	enum sweep_verb verb = job->command.verb;

	if (job->at == 0 && is_spoilt(m, &job->command)) {
		end(m, verb, false);
		return;
	}
	for (int i = 0; i < 8 && job->at < job->command.n; i++)
		leave(m, verb, &job->command.ids[job->at++]);
	if (!m->calm && dice_percent(&m->dice, 10))
		end(m, verb, false);
	else if (job->at == job->command.n)
		end(m, verb, true);
}

static inline void
work(struct model *m, enum sweep_verb verb)
{
	struct model_job *job = &m->jobs[verb];

	if (!job->running)
		return;
	if (job->refused) {
		job->running = false;
		sweep_not_run(&m->sweep, verb, &m->now);
	} else if (verb == SWEEP_LIST)
		work_on_list(m, job);
	else if (verb == SWEEP_READ)
		work_on_read(m, job);
	else if (verb == SWEEP_RELEASE || verb == SWEEP_REQUEUE)
		work_on_release(m, job);
	else
		end(m, verb, m->calm || dice_percent(&m->dice, 80));
}

#endif

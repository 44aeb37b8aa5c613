/* SPDX-License-Identifier: ISC */
/*
 * What DESIGN says of a message, read once more, and I1 to I4.
 */
#include "tests/model/model.h"

/* A failed kick is tried again after a minute, at the latest. */
#define KICK_MOST_NS (65 * SEC)
/* From the due moment, with a command that takes its time before. */
#define PROMPT_NS (3 * SEC)

static bool
is_held_by(const struct head *head, size_t n, int64_t at_s)
{
	for (size_t i = 0; i < n; i++)
		if (head[i].kind == H_NEVER ||
		    (head[i].kind == H_DATE && head[i].at_s > at_s))
			return true;
	return false;
}

bool
law_is_held(const struct mail *mail, int64_t at_s)
{
	return is_held_by(mail->rule, mail->n_rule, at_s) ||
	    is_held_by(mail->own, mail->n_own, at_s);
}

static bool
is_broken(const struct head *head, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (head[i].kind == H_BROKEN)
			return true;
	return false;
}

static int64_t
latest(const struct head *head, size_t n, int64_t at_s)
{
	for (size_t i = 0; i < n; i++)
		if (head[i].kind == H_DATE && head[i].at_s > at_s)
			at_s = head[i].at_s;
	return at_s;
}

static bool
is_kept(const struct model *m, const struct mail *mail)
{
	for (size_t i = 0; i < mail->n_rule; i++)
		if (mail->rule[i].kind == H_NEVER &&
		    m->stands[mail->rule[i].rule - 'a'])
			return true;
	return false;
}

struct truth
law_judge(const struct model *m, const struct mail *mail)
{
	int64_t since_s = mail->created_s > mail->arrival_s ? mail->created_s
							    : mail->arrival_s;
	bool own = is_held_by(mail->own, mail->n_own, since_s);
	bool rule = is_held_by(mail->rule, mail->n_rule, since_s);
	bool permitted = m->permit_any || mail->login;
	struct truth truth = {.due_s = since_s};

	truth.ours = !mail->vetoed && (own || rule) &&
	    (!own || permitted || m->settings.release_unpermitted);
	if (own && permitted)
		truth.due_s = latest(mail->own, mail->n_own, truth.due_s);
	truth.due_s = latest(mail->rule, mail->n_rule, truth.due_s);
	truth.kept = is_kept(m, mail);
	if (mail->rescheduled) {
		truth.due_s = mail->override_s;
		truth.kept = mail->override_s == OVERRIDE_NEVER;
	}
	truth.all_due = !law_is_held(mail, model_wall_s(m)) &&
	    !is_broken(mail->own, mail->n_own) &&
	    !is_broken(mail->rule, mail->n_rule);
	return truth;
}

static bool
is_due(const struct model *m, int64_t due_s)
{
	return due_s <= model_wall_s(m);
}

static bool
may_leave(const struct model *m, const struct mail *mail)
{
	struct truth truth = law_judge(m, mail);

	return truth.ours && !truth.kept && is_due(m, truth.due_s);
}

/* What the administrator said of it may be forgotten, or not. */
static bool
may_leave_either_way(const struct model *m, const struct mail *mail)
{
	struct mail as_it_was = *mail;

	as_it_was.rescheduled = false;
	return may_leave(m, mail) || may_leave(m, &as_it_was);
}

static const char *
requeue_fault(const struct model *m, const struct mail *mail)
{
	int64_t life_s = mail->empty_sender ? m->postfix.bounce_lifetime_s
					    : m->postfix.queue_lifetime_s;
	int64_t since_s = mail->created_s > mail->arrival_s ? mail->created_s
							    : mail->arrival_s;
	int64_t after_s = m->settings.requeue_after_s == SETTINGS_AUTO
	    ? life_s / 4
	    : m->settings.requeue_after_s;

	if (!law_judge(m, mail).all_due)
		return "I3: requeued, though a header would hold it again";
	if (mail->filtered)
		return "I2: requeued, and so not filtered any more";
	if (m->settings.release_method == METHOD_REQUEUE)
		return NULL;
	if (m->settings.release_method == METHOD_RELEASE)
		return "requeued against release_method";
	if (!m->postfix.requeue_safe)
		return "I3: requeued, which adds copies again";
	/* It is chosen before: a clock may have been stepped back since. */
	return model_wall_s(m) - since_s > after_s || m->stepped_back_ns > 0
	    ? NULL
	    : "requeued too young";
}

/* NULL: it may be told to leave. */
static const char *
fault_of(const struct model *m, const struct mail *mail, enum sweep_verb verb)
{
	struct truth truth = law_judge(m, mail);

	if (m->paused)
		return "released while paused";
	if (m->stopping)
		return "released while stopping";
	if (!truth.ours)
		return "I4: what others hold is released";
	if (mail->tried && mail->walk_known)
		return "I4: what was tried and put back on hold is released";
	if (mail->released_by == m->instance && mail->left_known)
		return "I3: what we released and somebody holds, once more";
	if (mail->vague && may_leave_either_way(m, mail))
		return NULL;
	if (truth.kept)
		return mail->rescheduled ? "I1: never, the administrator said"
					 : "I1: a rule keeps it";
	if (!is_due(m, truth.due_s))
		return "I1: early";
	return verb == SWEEP_REQUEUE ? requeue_fault(m, mail) : NULL;
}

void
law_check_command(struct model *m, struct mail *mail, enum sweep_verb verb)
{
	const char *fault;

	mail->asked_by = m->instance;
	if (mail->place != P_HOLD)
		return;
	if (mail->exposed) {
		const struct mail *other = &m->mail[mail->other];

		fault = fault_of(m, mail, verb);
		if (fault == NULL)
			return;
		m->count[K_UNKNOWABLE]++;
		mail->mixed_up = true;
		if (!may_leave_either_way(m, other))
			model_fail(m, "%s: of two of this id, neither may: %s",
			    mail->id, fault);
		return;
	}
	fault = fault_of(m, mail, verb);
	if (fault != NULL)
		model_fail(m, "%s: %s", mail->id, fault);
}

/* Without news, nobody knows of it before a walk. */
static void
check_lateness(struct model *m, const struct mail *mail, int64_t due_s)
{
	int64_t from_ns = due_s * SEC - m->now.wall_ns + m->now.mono_ns;
	int64_t walk_ns = m->settings.sweep_interval_s * SEC;

	if (!m->quiet || m->settings.release_rate != 0)
		return;
	if (from_ns < mail->touched_ns)
		from_ns = mail->touched_ns;
	if (!m->inotify && from_ns < mail->touched_ns + walk_ns)
		from_ns = mail->touched_ns + walk_ns;
	if (m->now.mono_ns > from_ns + PROMPT_NS)
		model_fail(m, "%s: late, though all is well", mail->id);
}

void
law_check_leave(struct model *m, struct mail *mail, const struct job *job)
{
	struct truth truth = law_judge(m, mail);

	check_lateness(m, mail, truth.due_s);
	if (mail->mixed_up || mail->vague || truth.kept ||
	    m->stepped_back_ns >= job->begun_ns)
		return;
	if (!is_due(m, truth.due_s))
		model_fail(m, "%s: I1: it leaves early", mail->id);
}

bool
law_is_overdue(const struct model *m, const struct mail *mail)
{
	struct truth truth = law_judge(m, mail);

	return mail->place == P_HOLD && truth.ours && !truth.kept &&
	    !mail->tried && mail->released_by != m->instance && !mail->vague &&
	    !(mail->held_again && mail->asked_by == m->instance) &&
	    truth.due_s * SEC < m->now.reached_ns - SEC;
}

void
law_check_kicks(struct model *m)
{
	for (size_t i = 0; i < m->n_mail; i++) {
		const struct mail *mail = &m->mail[i];

		if (mail->place == P_DEFERRED && !mail->tried &&
		    mail->moved_by_us && mail->touched_ns > m->kick_lost_ns &&
		    mail->touched_ns < m->now.mono_ns - KICK_MOST_NS)
			model_fail(m,
			    "%s: released, but Postfix was not kicked",
			    mail->id);
	}
}

void
law_check_overdue(struct model *m)
{
	for (size_t i = 0; i < m->n_mail; i++)
		if (law_is_overdue(m, &m->mail[i]))
			model_fail(m, "%s: overdue for ever", m->mail[i].id);
	model_fail(m, "I6: a file on hold is not read for ever");
}

/*
 * What waits or is on its way, and what we released, as long as it is there:
 * that it is gone, or has another id, is known after some walks.
 */
static void
check_memory(struct model *m)
{
	int64_t since_ns = m->now.mono_ns - m->rest_ns;
	uint32_t there = 0;
	size_t said = 0;

	for (size_t i = 0; i < m->n_mail; i++) {
		const struct mail *mail = &m->mail[i];
		uint32_t n = (mail->touched_ns > since_ns) +
		    (queue_is_in(mail) ? 1U : 0U);

		there += n;
		said += mail->rescheduled ? n : 0;
	}
	if (index_count(&m->sweep.index) > there)
		model_fail(m, "I7: %u known of %u in the queue",
		    index_count(&m->sweep.index), there);
	if (m->overrides.n > said)
		model_fail(m, "I7: %u overrides for %zu messages",
		    m->overrides.n, said);
}

static void
check_mail(struct model *m, const struct mail *mail)
{
	if (mail->deliveries > 1)
		model_fail(m, "%s: I3: delivered twice", mail->id);
	if ((mail->place == P_DELIVERED) != (mail->deliveries == 1))
		model_fail(m, "%s: I2: lost", mail->id);
	if (mail->place == P_DEFERRED && !mail->tried && mail->moved_by_us &&
	    mail->touched_ns > m->calm_ns &&
	    mail->touched_ns < m->now.mono_ns - 20 * SEC)
		model_fail(
		    m, "%s: released, but Postfix was not kicked", mail->id);
	if (mail->place == P_HOLD &&
	    index_find(&m->sweep.index, &mail->qid) == INDEX_NONE)
		model_fail(m, "%s: on hold, and nobody knows of it", mail->id);
}

void
law_check_end(struct model *m)
{
	for (size_t i = 0; i < m->n_mail; i++)
		check_mail(m, &m->mail[i]);
	check_memory(m);
}

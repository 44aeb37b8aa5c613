/* SPDX-License-Identifier: ISC */
/*
 * sweep_model_admin - what an administrator does in the model of a queue
 *
 * Reschedules, pauses and requeues. What was said of messages is on the disk
 * when that is answered; what the scheduler changes of it gets there later.
 */
#ifndef UNIT_SWEEP_MODEL_ADMIN_H
#define UNIT_SWEEP_MODEL_ADMIN_H

#include "tests/unit/sweep_model.h"

static inline void
write_overrides(struct model *m)
{
	assert_true(overrides_copy(&m->disk, &m->overrides));
	m->overrides.changed = m->disk.changed = false;
}

/* As a start reads them from the file. */
static inline void
read_overrides(struct model *m)
{
	char error[OVERRIDE_ERROR_SIZE] = "";
	struct buf file;

	buf_init(&file, OVERRIDES_FILE_MAX);
	assert_true(overrides_print(&m->disk, &file));
	overrides_free(&m->overrides);
	if (!overrides_parse(&m->overrides, buf_span(&file), "disk", error))
		fail_msg("%s", error);
	buf_free(&file);
}

static inline struct override *
find_override(const struct model *m, const struct model_mail *mail)
{
	return overrides_find(&m->overrides, &mail->id, mail->facts.arrival_s);
}

/* The same, or under one of its former ids. */
static inline bool
is_remembered(const struct model *m, const struct model_mail *mail)
{
	const struct facts *f = &mail->facts;
	bool found = find_override(m, mail) != NULL;

	for (size_t i = 0; i < f->n_former && !found; i++)
		found = overrides_find(
			    &m->overrides, &f->former[i], f->arrival_s) != NULL;
	return found;
}

/* To any moment; mail that is just leaving stays as it is. */
static inline void
reschedule(struct model *m, struct model_mail *mail)
{
	struct override override = {.id = mail->id,
	    .arrival_s = mail->facts.arrival_s,
	    .due_s = wall_s(m) + dice_below(&m->dice, 90) - 15};

	if (dice_percent(&m->dice, 20))
		override.due_s = OVERRIDE_NEVER;
	if (!sweep_may_reschedule(&m->sweep, &mail->id))
		return;
	assert_true(overrides_set(&m->overrides, &override));
	write_overrides(m);
	sweep_reschedule(&m->sweep, &mail->id);
	mail->rescheduled = true;
	mail->override_s = override.due_s;
	m->reschedules++;
}

/*
 * Of mail that was requeued, and left hold before it was read, what was said is
 * forgotten.
 */
static inline void
hold_again(struct model *m, struct model_mail *mail)
{
	mail->held_again = true;
	mail->rescheduled = mail->rescheduled && is_remembered(m, mail);
	move(m, mail, M_HOLD);
}

static inline size_t
count_rescheduled(const struct model *m)
{
	size_t n = 0;

	for (size_t i = 0; i < MODEL_MAIL; i++)
		n += m->mail[i].queue != M_GONE && m->mail[i].rescheduled;
	return n;
}

static inline bool
knows_rescheduled(const struct model *m)
{
	bool all = true;

	for (size_t i = 0; i < MODEL_MAIL; i++)
		all = all &&
		    (m->mail[i].queue != M_HOLD || !m->mail[i].rescheduled ||
			find_override(m, &m->mail[i]) != NULL);
	return all;
}

/* postsuper -r: it lies in maildrop until pickup takes it. */
static inline void
requeue(struct model *m, struct model_mail *mail)
{
	move(m, mail, M_MAILDROP);
}

/* Is there a header that makes hdrcheck answer HOLD now? */
static inline bool
is_held_again(const struct model *m, const struct model_mail *mail)
{
	return mail->facts.rule_never || mail->facts.own_latest_s > wall_s(m);
}

/* A new queue file, of which nothing but its headers tells the old one. */
static inline void
pick_up(struct model *m, struct model_mail *mail)
{
	struct facts *facts = &mail->facts;
	char text[QID_SIZE];

	if (!is_held_again(m, mail)) {
		move(m, mail, M_GONE);
		return;
	}
	memmove(facts->former + 1, facts->former,
	    (FACTS_FORMER_MAX - 1) * sizeof(facts->former[0]));
	facts->former[0] = mail->id;
	if (facts->n_former < FACTS_FORMER_MAX)
		facts->n_former++;
	facts->requeued = true;
	facts->created_s = wall_s(m);
	facts->size = 100 + ++m->arrivals;
	snprintf(text, sizeof(text), "ID%06u", ++m->next_id);
	mail->id = qid_of(text);
	mail->released = mail->tried = mail->held_again = false;
	m->requeues++;
	move(m, mail, M_HOLD);
}

/* What the scheduler tells of them is true. */
static inline void
check_told(struct model *m, const struct sweep_event *event)
{
	const struct model_mail *mail = find(m, &event->id);

	if (mail == NULL || mail->queue != M_HOLD)
		return;
	if (event->kind == SWEEP_RESCHEDULED) {
		assert_true(mail->rescheduled);
		assert_int_equal(event->due_s, mail->override_s);
	} else if (event->kind == SWEEP_REQUEUED) {
		assert_true(mail->facts.requeued);
		assert_true(qid_equal(&event->former, &mail->facts.former[0]));
		assert_false(mail->was_there);
	} else if (event->kind == SWEEP_HELD) {
		assert_false(mail->was_there);
	}
}

#endif

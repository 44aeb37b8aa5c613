/* SPDX-License-Identifier: ISC */
/*
 * A Postfix that is made up: where mail is, and what goes on by itself.
 */
#include "tests/model/model.h"

#include <stdio.h>
#include <string.h>

enum {
	SCAN_S = 300, /* queue_run_delay */
	PICKUP_S = 60,
};

struct mail *
queue_find(struct model *m, const struct qid *id)
{
	for (size_t i = 0; i < m->n_mail; i++)
		if (queue_is_in(&m->mail[i]) && qid_equal(&m->mail[i].qid, id))
			return &m->mail[i];
	return NULL;
}

size_t
queue_index(const struct model *m, const struct mail *mail)
{
	return (size_t)(mail - m->mail);
}

bool
queue_is_in(const struct mail *mail)
{
	return mail->place != P_NOWHERE && mail->place != P_DELIVERED &&
	    mail->place != P_REMOVED;
}

void
queue_new_id(struct model *m, struct mail *mail)
{
	snprintf(mail->id, sizeof(mail->id),
	    m->long_ids ? "4jX5N05nJXz1bYjtQpLmN%04u" : "C5A2%04u",
	    ++m->next_id);
	qid_parse(span_str(mail->id), &mail->qid);
}

static const char *
place_name(enum place place)
{
	static const char *const names[] = {"nowhere", "hold", "deferred",
	    "active", "maildrop", "delivered", "removed"};

	return names[place];
}

/* What is known of it is of where it was. */
void
queue_move(struct model *m, struct mail *mail, enum place to)
{
	enum place from = mail->place;

	model_trace(
	    m, "%s: %s -> %s", mail->id, place_name(from), place_name(to));
	mail->place = to;
	mail->touched_ns = m->now.mono_ns;
	mail->walk_known = mail->moved_by_us = false;
	if (from == P_HOLD && to != P_HOLD)
		engine_add_news(m, N_DEPARTED, mail);
	else if (to == P_HOLD && from != P_HOLD)
		engine_add_news(m, N_ARRIVED, mail);
	else if (from == P_ACTIVE)
		engine_add_news(m, N_LEFT_ACTIVE, mail);
	if (to == P_ACTIVE)
		mail->next_ns =
		    m->now.mono_ns + dice_below(&m->dice, 3000) * MSEC;
}

/* Mail comes. */

static int64_t
any_moment(struct model *m, int64_t now_s)
{
	uint32_t kind = dice_below(&m->dice, 20);

	if (kind < 3)
		return now_s - dice_below(&m->dice, 100);
	if (kind < 15)
		return now_s + dice_below(&m->dice, 90);
	if (kind < 18)
		return now_s + dice_below(&m->dice, 600);
	return now_s + dice_below(&m->dice, 500000);
}

static size_t
any_heads(struct model *m, struct head *head, size_t most, bool of_rules)
{
	size_t n = dice_below(&m->dice, (uint32_t)most + 1);

	for (size_t i = 0; i < n; i++) {
		uint32_t kind = dice_below(&m->dice, 20);

		head[i].at_s = any_moment(m, model_wall_s(m));
		if (of_rules || model_percent(m, 20))
			head[i].rule =
			    (char)('a' + dice_below(&m->dice, RULES));
		head[i].kind = kind == 0 && !of_rules ? H_BROKEN : H_DATE;
		if (kind > 0 && kind < (of_rules ? 9 : 3)) {
			head[i].kind = H_NEVER;
			head[i].rule =
			    (char)('a' + dice_below(&m->dice, RULES));
		}
	}
	return n;
}

static bool
is_named_as_former(const struct model *m, const struct mail *old)
{
	for (size_t i = 0; i < m->n_mail; i++)
		for (size_t j = 0; j < m->mail[i].n_former; j++)
			if (strcmp(m->mail[i].former[j], old->id) == 0)
				return true;
	return old->rescheduled;
}

/* The last one that had the id of one. */
static size_t
last_of_id(const struct model *m, size_t i)
{
	for (size_t j = i + 1; j < m->n_mail; j++)
		if (qid_equal(&m->mail[j].qid, &m->mail[i].qid))
			i = j;
	return i;
}

/* The id of mail that is gone; a command that names it must not run. */
static bool
reuse_id(struct model *m, struct mail *mail)
{
	size_t i = dice_below(&m->dice, (uint32_t)m->n_mail + 1);
	const struct mail *old;

	if (i == m->n_mail)
		return false;
	i = last_of_id(m, i);
	old = &m->mail[i];
	if (queue_is_in(old) || queue_find(m, &old->qid) != NULL ||
	    is_named_as_former(m, old) || old->exposed ||
	    old->arrival_s == mail->arrival_s ||
	    m->job[SWEEP_RELEASE].running || m->job[SWEEP_REQUEUE].running ||
	    m->orphan.running || !model_happens(m, K_ID_REUSED, 100))
		return false;
	memcpy(mail->id, old->id, sizeof(mail->id));
	mail->qid = old->qid;
	mail->exposed = true;
	mail->other = i;
	return true;
}

/* Mail whose headers hold nothing is on hold by somebody else's word. */
void
queue_arrive(struct model *m)
{
	struct mail *mail = &m->mail[m->n_mail];
	int64_t slow_s = model_percent(m, 20) ? dice_below(&m->dice, 60) : 0;

	if (m->n_mail == m->most_mail)
		return;
	memset(mail, 0, sizeof(*mail));
	mail->arrival_s = model_wall_s(m) - slow_s;
	if (model_percent(m, 10))
		mail->arrival_s -= 2 * 86400;
	mail->created_s = mail->arrival_s;
	if (slow_s > 0 && model_percent(m, 50))
		mail->created_s += dice_below(&m->dice, (uint32_t)slow_s);
	mail->size = 300 + m->n_mail;
	mail->n_rule = any_heads(m, mail->rule, 2, true);
	mail->n_own = any_heads(m, mail->own, HEADS_MAX, false);
	mail->vetoed = model_percent(m, 5);
	mail->filtered = model_percent(m, 10);
	mail->empty_sender = model_percent(m, 10);
	mail->login = model_percent(m, 70);
	mail->spoils_reads = model_happens(m, K_READ_SPOILT, 5);
	mail->spoils_leaving = model_happens(m, K_LEAVE_SPOILT, 5);
	if (!model_percent(m, 30) || !reuse_id(m, mail))
		queue_new_id(m, mail);
	m->n_mail++;
	m->count[K_MAIL]++;
	m->count[K_FOREIGN] += !law_judge(m, mail).ours;
	queue_move(m, mail, P_HOLD);
}

/* What Postfix does with what is not on hold. */

void
queue_scan(struct model *m)
{
	m->scan_ns = m->now.mono_ns + SCAN_S * SEC;
	for (size_t i = 0; i < m->n_mail && m->postfix_up; i++)
		if (m->mail[i].place == P_DEFERRED)
			queue_move(m, &m->mail[i], P_ACTIVE);
}

/* A new queue file, of which nothing but its headers tells the old one. */
static void
pick_up(struct model *m, struct mail *mail)
{
	if (mail->n_former < FORMER_MAX)
		memcpy(
		    mail->former[mail->n_former++], mail->id, sizeof(mail->id));
	queue_new_id(m, mail);
	model_trace(m, "%s is %s from now on", mail->former[mail->n_former - 1],
	    mail->id);
	mail->created_s = model_wall_s(m);
	mail->size += 100;
	mail->tried = mail->filtered = mail->exposed = mail->mixed_up = false;
	mail->followed = mail->rescheduled;
	mail->held_again = false;
	mail->released_by = mail->asked_by = mail->missed = 0;
	queue_move(
	    m, mail, law_is_held(mail, model_wall_s(m)) ? P_HOLD : P_ACTIVE);
}

void
queue_pick_up(struct model *m)
{
	m->pickup_ns = m->now.mono_ns + PICKUP_S * SEC;
	for (size_t i = 0; i < m->n_mail && m->postfix_up; i++)
		if (m->mail[i].place == P_MAILDROP)
			pick_up(m, &m->mail[i]);
}

static void
try_to_deliver(struct model *m, struct mail *mail)
{
	if (model_percent(m, 60)) {
		mail->deliveries++;
		m->count[K_DELIVERED]++;
		queue_move(m, mail, P_DELIVERED);
		return;
	}
	mail->tried = true;
	queue_move(m, mail, P_DEFERRED);
}

void
queue_work(struct model *m)
{
	if (m->scan_ns <= m->now.mono_ns)
		queue_scan(m);
	if (m->pickup_ns <= m->now.mono_ns)
		queue_pick_up(m);
	for (size_t i = 0; i < m->n_mail && m->postfix_up; i++)
		if (m->mail[i].place == P_ACTIVE &&
		    m->mail[i].next_ns <= m->now.mono_ns)
			try_to_deliver(m, &m->mail[i]);
}

int64_t
queue_next_ns(const struct model *m)
{
	int64_t at_ns = m->scan_ns < m->pickup_ns ? m->scan_ns : m->pickup_ns;

	for (size_t i = 0; i < m->n_mail && m->postfix_up; i++)
		if (m->mail[i].place == P_ACTIVE && m->mail[i].next_ns < at_ns)
			at_ns = m->mail[i].next_ns;
	return at_ns;
}

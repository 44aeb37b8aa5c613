/* SPDX-License-Identifier: ISC */
/*
 * message_support - messages on hold for tests of what policyctl shows
 *
 * Everything is static inline: the make file links a test with support.c and
 * nothing else.
 */
#ifndef UNIT_MESSAGE_SUPPORT_H
#define UNIT_MESSAGE_SUPPORT_H

#include "tests/unit/sched_support.h"
#include "tests/unit/zone_support.h"

#include "policyd/ctl/queue.h"

/* 2026-12-24 22:00 UTC, 23:00 in Amsterdam. */
#define MESSAGE_NOW  INT64_C(1798149600)
#define MESSAGE_ZONE "CET-1CEST,M3.5.0,M10.5.0/3"

enum { MINUTE = 60, HOUR = 3600, DAY = 24 * HOUR };

/* A message of ours that came an hour ago and leaves so long from now. */
static inline struct queue_message
message_due_in(const char *id, int64_t seconds)
{
	static struct span recipient = SPAN("bob@sms.example");
	struct queue_message m = {
	    .id = qid_of(id),
	    .arrival_s = MESSAGE_NOW - HOUR,
	    .size = 1234,
	    .sender = span_str("ann@corp.example"),
	    .recipient = &recipient,
	    .n_recipients = 1,
	    .read = true,
	    .subject = span_str("tea"),
	    .method = PLAN_RELEASE,
	};

	facts_begin(&m.facts);
	m.facts.arrival_s = m.facts.created_s = m.arrival_s;
	m.facts.size = m.size;
	m.plan.owner = PLAN_OURS;
	m.plan.dated = true;
	m.plan.due_s = MESSAGE_NOW + seconds;
	m.plan.all_due_then = true;
	return m;
}

/* One that a rule keeps. */
static inline struct queue_message
message_frozen(const char *id, const char *rule)
{
	struct queue_message m = message_due_in(id, -HOUR);

	m.plan.owner = PLAN_FROZEN;
	m.rule = span_str(rule);
	return m;
}

#endif

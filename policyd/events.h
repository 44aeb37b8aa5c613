/* SPDX-License-Identifier: ISC */
/*
 * events - what the engine did, as lines of JSON
 *
 * Each has event and time (RFC 3339 in UTC, with milliseconds), and:
 *
 *   held         queue_id, due ("never": as long as a rule stands)
 *   released     queue_id, queue_id_after (null after a requeue: only Postfix's
 *                log tells it), due, late (seconds), method (release, requeue)
 *   rescheduled  queue_id, due
 *   requeued     queue_id, queue_id_after: somebody requeued a message, which
 *                is on hold again
 *   refused      queue_id (or null), rule, reply, sender, recipient
 *   foreign      queue_id, text: it has a date and is not ours
 *   rule_gone    queue_id, rule, due
 *   fault        queue_id (or null), text
 *   reload       ok, text
 *   paused       reason
 *   resumed
 *
 * Pure.
 */
#ifndef POLICYD_EVENTS_H
#define POLICYD_EVENTS_H

#include "hdrcheck/base/buf.h"
#include "policyd/sched/sweep.h"

/* Bytes of a text of strangers or files as JSON; longer ones are cut. */
enum { EVENTS_TEXT_MAX = 1000 };

/*
 * Appends the line of what the scheduler told, with its end; complaint as for
 * journal_write(). False: no room, and what out has is to be dropped. A line
 * is never longer than FEED_LINE_MAX.
 */
bool events_put(struct buf *out, const struct sweep_event *event,
    const char *complaint, int64_t wall_ns);

/* What a rule refused: spans of the request, and the reply of the rule. */
struct events_refusal {
	struct span queue_id; /* empty: none yet */
	struct span rule;
	struct span reply; /* "5.7.1 text" */
	struct span sender;
	struct span recipient;
};

/* A fault that is about no message. */
bool events_put_fault(struct buf *out, const char *text, int64_t wall_ns);

bool events_put_refused(
    struct buf *out, const struct events_refusal *refusal, int64_t wall_ns);
bool events_put_reload(
    struct buf *out, bool ok, const char *text, int64_t wall_ns);
bool events_put_paused(struct buf *out, struct span reason, int64_t wall_ns);
bool events_put_resumed(struct buf *out, int64_t wall_ns);

#endif

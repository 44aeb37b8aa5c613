/* SPDX-License-Identifier: ISC */
/*
 * qmsg - one message as "postqueue -j" lists it (DESIGN fact 12)
 *
 * Pure. Members may come in any order and unknown ones are passed over.
 */
#ifndef SCHED_QMSG_H
#define SCHED_QMSG_H

#include "policyd/sched/qid.h"

struct qmsg {
	struct span queue_name; /* borrowed from the line */
	bool odd_id; /* its name is no queue id: no file of Postfix's */
	struct qid id;
	int64_t arrival_s; /* seconds since 1970 */
	uint64_t size; /* bytes, message_size */
	bool tried; /* a recipient has a delay_reason */
};

/*
 * Reads a line. cut: the line is the head of a longer one, and what stands
 * behind the cut is not there. False when it is not what postqueue writes, or
 * when the cut hides a member we need.
 */
static inline bool qmsg_parse(struct span line, bool cut, struct qmsg *msg);

/*
 * The two ways it goes. A whole line exactly as Postfix writes it is read by
 * the first, about ten times as fast; it says false of any other, and *msg is
 * rubbish then. What it reads, all of which it checks, the second reads too,
 * with the same result.
 */
bool qmsg_parse_usual(struct span line, struct qmsg *msg);
bool qmsg_parse_any(struct span line, bool cut, struct qmsg *msg);

static inline bool
qmsg_parse(struct span line, bool cut, struct qmsg *msg)
{
	return (!cut && qmsg_parse_usual(line, msg)) ||
	    qmsg_parse_any(line, cut, msg);
}

/*
 * Looks for a delay_reason in the pieces of a line that is too long for
 * qmsg_parse(), the head included, also across their borders. Start with a
 * zeroed state.
 */
struct qmsg_tail {
	char last[16]; /* the end of the piece before */
	size_t n_last;
};

bool qmsg_tail_tried(struct qmsg_tail *tail, struct span piece);

#endif

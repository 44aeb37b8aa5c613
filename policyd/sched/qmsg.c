/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE /* memmem */

#include "policyd/sched/qmsg.h"

#include <string.h>

#include "policyd/sched/ndjson.h"

/*
 * Inside a JSON string a quote has a backslash in front, and only the name of
 * a member has a colon behind its quote: these bytes are that member.
 */
static const char tried_mark[] = "\"delay_reason\":";

enum { MARK_LEN = sizeof(tried_mark) - 1 };

/* Which members were there. */
enum {
	HAS_QUEUE = 1,
	HAS_ID = 2,
	HAS_ARRIVAL = 4,
	HAS_SIZE = 8,
	HAS_ALL = 15,
};

static bool
recipient_tried(struct span recipient)
{
	struct span name, value;
	bool first = true;

	while (ndjson_next_member(&recipient, &first, &name, &value) ==
	    NDJSON_MEMBER)
		if (span_equal_str(name, "delay_reason"))
			return true;
	return false;
}

static bool
any_tried(struct span recipients)
{
	struct span recipient;
	bool first = true;

	while (ndjson_next_element(&recipients, &first, &recipient) ==
	    NDJSON_MEMBER)
		if (recipient_tried(recipient))
			return true;
	return false;
}

/* Returns the HAS_ bit of the member, 0 for others, -1 when it is wrong. */
static int
take_member(struct qmsg *msg, struct span name, struct span value)
{
	struct span text;
	uint64_t number;

	if (span_equal_str(name, "queue_name"))
		return ndjson_string(value, &msg->queue_name) ? HAS_QUEUE : -1;
	if (span_equal_str(name, "queue_id")) {
		if (!ndjson_string(value, &text))
			return -1;
		msg->odd_id = !qid_parse(text, &msg->id);
		return HAS_ID;
	}
	if (span_equal_str(name, "arrival_time")) {
		if (!span_to_u64(value, INT64_MAX, &number))
			return -1;
		msg->arrival_s = (int64_t)number;
		return HAS_ARRIVAL;
	}
	if (span_equal_str(name, "message_size"))
		return span_to_u64(value, INT64_MAX, &msg->size) ? HAS_SIZE
								 : -1;
	if (span_equal_str(name, "recipients"))
		msg->tried = msg->tried || any_tried(value);
	return 0;
}

bool
qmsg_parse_any(struct span line, bool cut, struct qmsg *msg)
{
	struct span rest = line;
	struct span name, value;
	enum ndjson_step step;
	bool first = true;
	int has = 0;

	memset(msg, 0, sizeof(*msg));
	while ((step = ndjson_next_member(&rest, &first, &name, &value)) ==
	    NDJSON_MEMBER) {
		int bit = take_member(msg, name, value);

		if (bit < 0)
			return false;
		has |= bit;
	}
	if (!cut && (step == NDJSON_BROKEN || span_trim(rest).len > 0))
		return false;
	return has == HAS_ALL;
}

bool
qmsg_tail_tried(struct qmsg_tail *tail, struct span piece)
{
	char border[sizeof(tail->last) * 2];
	size_t n =
	    piece.len < sizeof(tail->last) ? piece.len : sizeof(tail->last);
	bool found;

	memcpy(border, tail->last, tail->n_last);
	if (n > 0)
		memcpy(border + tail->n_last, piece.data, n);
	found =
	    memmem(border, tail->n_last + n, tried_mark, MARK_LEN) != NULL ||
	    memmem(piece.data, piece.len, tried_mark, MARK_LEN) != NULL;
	if (piece.len >= sizeof(tail->last)) {
		memcpy(tail->last, piece.data + piece.len - n, n);
		tail->n_last = n;
		return found;
	}
	n += tail->n_last;
	tail->n_last = n < sizeof(tail->last) ? n : sizeof(tail->last);
	memcpy(tail->last, border + n - tail->n_last, tail->n_last);
	return found;
}

/* SPDX-License-Identifier: ISC */
/*
 * A line of "postqueue -j": read the usual way it says the same as read member
 * by member; what is read of a line that is cut off is what the whole says; and
 * a delay_reason is found however the line comes in pieces.
 */
#define _GNU_SOURCE /* memmem */

#include "tests/fuzz/target.h"

#include "policyd/sched/ndjson.h"
#include "policyd/sched/qmsg.h"

enum { CUTS = 16, TAILS = 6 };

static const char mark[] = "\"delay_reason\":";

/* But for recipients, whose reasons may be behind a cut. */
static void
must_be_same(const struct qmsg *a, const struct qmsg *b)
{
	must(a->odd_id == b->odd_id);
	must(a->odd_id || qid_equal(&a->id, &b->id));
	must(span_equal(a->queue_name, b->queue_name));
	must(a->arrival_s == b->arrival_s && a->size == b->size);
}

static void
check_cuts(struct span line, const struct qmsg *whole, struct dice *dice)
{
	for (size_t i = 0; i < CUTS; i++) {
		struct span head =
		    block_of(span_head(line, dice_roll(dice, line.len)));
		struct qmsg msg;

		if (qmsg_parse(head, true, &msg)) {
			must_be_same(&msg, whole);
			must(!msg.tried || whole->tried);
		}
		block_free(head);
	}
}

static void
check_tail(struct span line, struct dice *dice)
{
	struct qmsg_tail tail = {0};
	struct span rest = line, piece;
	bool found = false;

	while (next_piece(&rest, dice, &piece)) {
		struct span block = block_of(piece);

		found = qmsg_tail_tried(&tail, block) || found;
		block_free(block);
	}
	must(found ==
	    (memmem(line.data, line.len, mark, sizeof(mark) - 1) != NULL));
}

/* All members, one behind the other, until the end. */
static void
walk(struct span line)
{
	struct span rest = line, name, value, inside;
	enum ndjson_step step;
	const char *at = line.data;
	bool first = true;

	while ((step = ndjson_next_member(&rest, &first, &name, &value)) ==
	    NDJSON_MEMBER) {
		must(is_inside(name, line) && is_inside(value, line));
		must(name.data > at && value.data > name.data + name.len);
		must(value.len > 0 && rest.data >= value.data + value.len);
		must(!ndjson_string(value, &inside) ||
		    inside.len + 2 == value.len);
		at = value.data;
	}
	must(step == NDJSON_BROKEN || rest.data[-1] == '}');
}

static void
check_line(struct span line)
{
	struct dice dice = dice_of(line);
	struct qmsg usual, any;
	bool is_any = qmsg_parse_any(line, false, &any);

	if (qmsg_parse_usual(line, &usual)) {
		must(is_any);
		must_be_same(&usual, &any);
		must(usual.tried == any.tried);
		must(is_inside(usual.queue_name, line));
		must(!any.tried ||
		    memmem(line.data, line.len, mark, sizeof(mark) - 1) !=
			NULL);
		check_cuts(line, &any, &dice);
	}
	must(qmsg_parse(line, false, &usual) == is_any);
	must(!is_any || any.arrival_s >= 0);
	for (size_t i = 0; i < TAILS; i++)
		check_tail(line, &dice);
	walk(line);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span rest = span_of(data, size), line;

	while (span_cut(&rest, '\n', &line)) {
		struct span block = block_of(line);

		check_line(block);
		block_free(block);
	}
	check_line(rest);
	return 0;
}

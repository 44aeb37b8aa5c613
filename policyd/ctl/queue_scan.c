/* SPDX-License-Identifier: ISC */
/*
 * The listing: what is on hold.
 */
#include <stdio.h>
#include <stdlib.h>

#include "policyd/ctl/idset.h"
#include "policyd/ctl/queue_list.h"
#include "policyd/ctl/queue_private.h"

enum { MESSAGES_AT_FIRST = 1024 };

struct scan {
	struct queue_reading *r;
	struct idset seen; /* also what the filter does not let through */
	size_t cap;
	struct buf scratch;
};

/* An id that comes twice is the same message, which was moved meanwhile. */
static bool
is_news(struct scan *s, const struct qmsg *msg, bool *ok)
{
	*ok = true;
	if (idset_meet(&s->seen, &msg->id))
		return false;
	*ok = idset_add(&s->seen, &msg->id, SIZE_MAX);
	return *ok;
}

static bool
make_room(struct scan *s)
{
	struct queue *q = s->r->q;
	size_t cap = s->cap > 0 ? s->cap * 2 : MESSAGES_AT_FIRST;
	struct queue_message *message;

	if (q->n < s->cap)
		return true;
	message = realloc(q->message, cap * sizeof(*message));
	if (message == NULL)
		return false;
	q->message = message;
	s->cap = cap;
	return true;
}

static bool
on_message(void *ctx, const struct qmsg *msg, struct span line)
{
	struct scan *s = ctx;
	struct queue *q = s->r->q;
	const struct queue_options *o = s->r->o;
	struct queue_text_mark mark = queue_text_mark(q->text);
	struct queue_message *m;
	bool ok;

	if (!is_news(s, msg, &ok) || !make_room(s))
		return ok && q->n < s->cap;
	q->listed++;
	m = &q->message[q->n];
	if (!queue_list_fill(m, msg, line, q->text, &s->scratch))
		return false;
	if (o->filter == NULL || o->filter(o->filter_ctx, m))
		q->n++;
	else
		queue_text_reset(q->text, mark);
	return true;
}

static bool
run(struct queue_reading *r, struct queue_list *list)
{
	int exit_code =
	    hands_command(r->hands, HANDS_LIST, NULL, 0, queue_list_take, list);

	if (list->stopped)
		return queue_fail(r, "not enough memory");
	if (exit_code != 0)
		return queue_fail_command(r, "postqueue", exit_code);
	if (!queue_list_is_whole(list))
		return queue_fail(r, "postqueue: its output was cut off");
	if (list->odd > 0)
		fprintf(stderr,
		    "policyctl: postqueue: %llu lines are no messages\n",
		    (unsigned long long)list->odd);
	return true;
}

bool
queue_scan(struct queue_reading *r)
{
	struct scan scan = {.r = r};
	struct queue_list list = {.fn = on_message, .ctx = &scan};
	bool ok;

	idset_init(&scan.seen);
	buf_init(&scan.scratch, QUEUE_LINE_MAX);
	ok = run(r, &list);
	idset_free(&scan.seen);
	buf_free(&scan.scratch);
	return ok;
}

static bool
on_message_again(void *ctx, const struct qmsg *msg, struct span line)
{
	struct scan *s = ctx;
	bool ok;

	(void)line;
	is_news(s, msg, &ok);
	return ok;
}

bool
queue_scan_again(struct queue_reading *r)
{
	struct scan scan = {.r = r};
	struct queue_list list = {.fn = on_message_again, .ctx = &scan};
	struct queue *q = r->q;
	size_t kept = 0;
	bool ok;

	idset_init(&scan.seen);
	ok = run(r, &list);
	for (size_t i = 0; ok && i < q->n; i++)
		if (idset_meet(&scan.seen, &q->message[i].id))
			q->message[kept++] = q->message[i];
	if (ok)
		q->n = kept;
	idset_free(&scan.seen);
	return ok;
}

/* SPDX-License-Identifier: ISC */
#include "policyd/stream.h"

#include <string.h>

enum {
	/* What lines_next() may leave, and one read more. */
	BUFFER_MAX = LINES_MAX + STREAM_READ_SIZE,
	BATCH_MAX = 16, /* messages that the scheduler is told of at once */
};

static const char postsuper_mark[] = "postsuper: ";

/* "postqueue: warning: Mail system is down -- accessing queue directly" */
static const char down_mark[] = ": Mail system is down";

void
stream_listing_init(struct stream_listing *l)
{
	memset(l, 0, sizeof(*l));
	buf_init(&l->in, BUFFER_MAX);
}

void
stream_listing_free(struct stream_listing *l)
{
	buf_free(&l->in);
}

void
stream_listing_reset(struct stream_listing *l)
{
	stream_listing_free(l);
	stream_listing_init(l);
}

char *
stream_listing_room(struct stream_listing *l)
{
	return buf_reserve(&l->in, STREAM_READ_SIZE);
}

/* Messages that the scheduler was not told of yet, in the order of lines. */
struct batch {
	struct qmsg msg[BATCH_MAX];
	size_t n;
};

static void
flush(struct batch *b, struct sweep *s, const struct clock_now *now)
{
	sweep_listed_many(s, b->msg, b->n, now);
	b->n = 0;
}

/*
 * What we need of a line stands in its head; behind that only a delay_reason
 * counts. The head's spans point into bytes that are gone by then, so whether
 * the message is on hold is all that is kept of its queue.
 */
static void
take_head(struct stream_listing *l, struct span piece)
{
	bool on_hold;

	l->head_ok = qmsg_parse(piece, true, &l->head);
	on_hold = l->head_ok && span_equal_str(l->head.queue_name, "hold");
	l->head.queue_name = span_str(on_hold ? "hold" : "other");
	l->tail = (struct qmsg_tail){.n_last = 0};
	if (qmsg_tail_tried(&l->tail, piece))
		l->head.tried = true;
}

/* Whether *msg is a message now; it may be one that is of no interest. */
static bool
take_listing_piece(struct stream_listing *l, enum lines_piece kind,
    struct span piece, struct qmsg *msg)
{
	switch (kind) {
	case LINES_WHOLE:
		if (qmsg_parse(piece, false, msg))
			return true;
		l->bad++;
		break;
	case LINES_HEAD:
		take_head(l, piece);
		break;
	case LINES_TAIL:
	case LINES_END:
		if (qmsg_tail_tried(&l->tail, piece))
			l->head.tried = true;
		if (kind == LINES_TAIL)
			break;
		*msg = l->head;
		if (l->head_ok)
			return true;
		l->bad++;
		break;
	case LINES_MORE:
		break;
	}
	return false;
}

void
stream_listing_take(struct stream_listing *l, size_t n, struct sweep *s,
    const struct clock_now *now)
{
	struct batch batch;
	enum lines_piece kind;
	struct span rest, piece;
	size_t used;

	batch.n = 0;
	buf_commit(&l->in, n);
	rest = buf_span(&l->in);
	while (
	    (kind = lines_next(&l->lines, rest, &piece, &used)) != LINES_MORE) {
		struct qmsg *msg = &batch.msg[batch.n];

		if (take_listing_piece(l, kind, piece, msg) && !msg->odd_id)
			batch.n++;
		if (batch.n == BATCH_MAX)
			flush(&batch, s, now);
		rest = span_skip(rest, used);
	}
	flush(&batch, s, now);
	buf_consume(&l->in, buf_len(&l->in) - rest.len);
}

bool
stream_listing_is_whole(const struct stream_listing *l)
{
	return l->bad == 0 && buf_len(&l->in) == 0 && !l->lines.in_long_line;
}

void
stream_headers_init(struct stream_headers *h)
{
	memset(h, 0, sizeof(*h));
	buf_init(&h->in, BUFFER_MAX);
	postcat_init(&h->postcat);
}

void
stream_headers_free(struct stream_headers *h)
{
	buf_free(&h->in);
	postcat_free(&h->postcat);
}

void
stream_headers_reset(struct stream_headers *h)
{
	stream_headers_free(h);
	stream_headers_init(h);
}

char *
stream_headers_room(struct stream_headers *h)
{
	return buf_reserve(&h->in, STREAM_READ_SIZE);
}

static void
take_texts(struct stream_headers *h, enum postcat_event event,
    const struct postcat_item *item)
{
	switch (event) {
	case POSTCAT_BEGIN:
		texts_begin(h->texts);
		break;
	case POSTCAT_ATTRIBUTE:
		texts_take_attribute(
		    h->texts, item->name, item->named, item->value);
		break;
	case POSTCAT_HEADER:
		texts_take_header(h->texts, item->header);
		break;
	case POSTCAT_END:
		texts_end(
		    h->texts, &item->id, h->facts.arrival_s, h->facts.size);
		break;
	case POSTCAT_MORE:
		break;
	}
}

void
stream_headers_take(struct stream_headers *h, size_t n, struct sweep *s,
    const struct clock_now *now)
{
	enum postcat_event event;
	struct postcat_item item;
	size_t used;

	buf_commit(&h->in, n);
	do {
		event =
		    postcat_next(&h->postcat, buf_span(&h->in), &item, &used);
		switch (event) {
		case POSTCAT_BEGIN:
			facts_begin(&h->facts);
			break;
		case POSTCAT_ATTRIBUTE:
			facts_take_attribute(&h->facts, item.name, item.named,
			    item.value, &s->o.hash_key);
			break;
		case POSTCAT_HEADER:
			facts_take_header(&h->facts, item.header, s->o.settings,
			    s->o.requeue_uid);
			break;
		case POSTCAT_END:
			sweep_read(s, &item.id, &h->facts, now);
			break;
		case POSTCAT_MORE:
			break;
		}
		if (h->texts != NULL)
			take_texts(h, event, &item);
		buf_consume(&h->in, used);
	} while (event != POSTCAT_MORE);
}

void
stream_errors_init(struct stream_errors *e)
{
	memset(e, 0, sizeof(*e));
	buf_init(&e->in, BUFFER_MAX);
}

void
stream_errors_free(struct stream_errors *e)
{
	buf_free(&e->in);
}

void
stream_errors_reset(struct stream_errors *e)
{
	stream_errors_free(e);
	stream_errors_init(e);
}

char *
stream_errors_room(struct stream_errors *e)
{
	return buf_reserve(&e->in, STREAM_READ_SIZE);
}

static void
take_complaint(struct stream_errors *e, struct span line)
{
	log_printable(line, e->last);
	if (strstr(e->last, down_mark) != NULL)
		e->mail_is_down = true;
}

static bool
is_departure(struct span line, struct qid *id)
{
	struct span text;

	if (!span_starts_with(line, postsuper_mark))
		return false;
	line = span_skip(line, sizeof(postsuper_mark) - 1);
	return span_cut(&line, ':', &text) && qid_parse(text, id) &&
	    (span_equal_str(line, " released from hold") ||
		span_equal_str(line, " requeued"));
}

void
stream_errors_take(struct stream_errors *e, size_t n, bool confirms,
    struct sweep *s, const struct clock_now *now)
{
	enum lines_piece kind;
	struct span piece;
	struct qid id;
	size_t used;

	buf_commit(&e->in, n);
	while ((kind = lines_next(&e->lines, buf_span(&e->in), &piece,
		    &used)) != LINES_MORE) {
		if (kind == LINES_WHOLE && confirms && is_departure(piece, &id))
			sweep_departed(s, &id, now);
		else if (kind == LINES_WHOLE || kind == LINES_HEAD)
			take_complaint(e, piece);
		buf_consume(&e->in, used);
	}
}

/* SPDX-License-Identifier: ISC */
#include "policyd/ctl/queue_list.h"

#include "hdrcheck/base/json.h"
#include "policyd/sched/ndjson.h"

static void
take_line(struct queue_list *l, struct span line, bool cut)
{
	struct qmsg_tail tail = {.n_last = 0};
	struct qmsg msg;

	if (!qmsg_parse(line, cut, &msg)) {
		l->odd++;
		return;
	}
	if (msg.odd_id || !span_equal_str(msg.queue_name, "hold"))
		return;
	if (cut)
		msg.tried = qmsg_tail_tried(&tail, line);
	if (!l->fn(l->ctx, &msg, line))
		l->stopped = true;
}

/* The length of the next line with its end; 0: that has not come yet. */
static size_t
line_length(struct queue_list *l, struct span in)
{
	const char *end = l->looked_at < in.len
	    ? memchr(in.data + l->looked_at, '\n', in.len - l->looked_at)
	    : NULL;

	l->looked_at = end != NULL ? 0 : in.len;
	return end != NULL ? (size_t)(end - in.data) + 1 : 0;
}

static void
take_long_line(struct queue_list *l, struct buf *in)
{
	if (!l->skipping)
		take_line(l, span_head(buf_span(in), QUEUE_LINE_MAX), true);
	l->skipping = true;
	l->looked_at = 0;
	buf_clear(in);
}

bool
queue_list_take(void *ctx, struct buf *in)
{
	struct queue_list *l = ctx;
	size_t n;

	while (!l->stopped && (n = line_length(l, buf_span(in))) > 0) {
		struct span line = span_head(buf_span(in), n - 1);
		bool cut = line.len > QUEUE_LINE_MAX;

		if (!l->skipping)
			take_line(l,
			    cut ? span_head(line, QUEUE_LINE_MAX) : line, cut);
		l->skipping = false;
		buf_consume(in, n);
	}
	if (l->skipping || buf_len(in) > QUEUE_LINE_MAX)
		take_long_line(l, in);
	return !l->stopped;
}

bool
queue_list_is_whole(const struct queue_list *l)
{
	return l->looked_at == 0 && !l->skipping;
}

/* Escapes that are none stay as they are: the text is a stranger's anyway. */
static bool
fill_text(struct span *to, struct span value, struct queue_text *text,
    struct buf *scratch)
{
	struct span inside;

	*to = span_of("", 0);
	if (!ndjson_string(value, &inside))
		return true;
	if (inside.len > 0 && memchr(inside.data, '\\', inside.len) != NULL) {
		buf_clear(scratch);
		if (json_unescape(inside, scratch))
			inside = buf_span(scratch);
	}
	return queue_text_copy(text, inside, SIZE_MAX, to);
}

static bool
fill_recipient(struct span *to, struct span recipient, struct queue_text *text,
    struct buf *scratch)
{
	struct span name, value;
	bool first = true;

	*to = span_of("", 0);
	while (ndjson_next_member(&recipient, &first, &name, &value) ==
	    NDJSON_MEMBER)
		if (span_equal_str(name, "address"))
			return fill_text(to, value, text, scratch);
	return true;
}

static size_t
count_elements(struct span list)
{
	struct span value;
	bool first = true;
	size_t n = 0;

	while (ndjson_next_element(&list, &first, &value) == NDJSON_MEMBER)
		n++;
	return n;
}

static bool
fill_recipients(struct queue_message *m, struct span list,
    struct queue_text *text, struct buf *scratch)
{
	size_t n = count_elements(list);
	struct span value;
	bool first = true;

	m->n_recipients = 0;
	m->recipient = queue_text_room(text, n * sizeof(*m->recipient));
	if (m->recipient == NULL)
		return false;
	while (m->n_recipients < n &&
	    ndjson_next_element(&list, &first, &value) == NDJSON_MEMBER)
		if (!fill_recipient(
			&m->recipient[m->n_recipients++], value, text, scratch))
			return false;
	return true;
}

bool
queue_list_fill(struct queue_message *m, const struct qmsg *msg,
    struct span line, struct queue_text *text, struct buf *scratch)
{
	struct span name, value;
	bool first = true, ok = true;

	memset(m, 0, sizeof(*m));
	m->id = msg->id;
	m->arrival_s = msg->arrival_s;
	m->size = msg->size;
	m->tried = msg->tried;
	m->sender = span_of("", 0);
	while (ok &&
	    ndjson_next_member(&line, &first, &name, &value) == NDJSON_MEMBER) {
		if (span_equal_str(name, "sender"))
			ok = fill_text(&m->sender, value, text, scratch);
		else if (span_equal_str(name, "recipients"))
			ok = fill_recipients(m, value, text, scratch);
	}
	/* postqueue's word for no sender; cleanup gives a real one a domain. */
	if (ok && span_equal_str(m->sender, "MAILER-DAEMON"))
		m->sender = span_of("", 0);
	return ok;
}

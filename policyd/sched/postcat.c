/* SPDX-License-Identifier: ISC */
#include "policyd/sched/postcat.h"

#include <string.h>

static const char envelope_mark[] = "*** ENVELOPE RECORDS ";
static const char contents_mark[] = "*** MESSAGE CONTENTS ";
static const char extracted_mark[] = "*** HEADER EXTRACTED ";
static const char end_mark[] = "*** MESSAGE FILE END ";
static const char mark_tail[] = " ***";
static const char named_mark[] = "named_attribute: ";

void
postcat_init(struct postcat *p)
{
	memset(p, 0, sizeof(*p));
	buf_init(&p->header, POSTCAT_HEADER_MAX);
}

void
postcat_free(struct postcat *p)
{
	buf_free(&p->header);
}

void
postcat_reset(struct postcat *p)
{
	buf_clear(&p->header);
	p->lines = (struct lines){0};
	p->section = POSTCAT_OUTSIDE;
	p->header_cut = p->header_given = false;
}

/*
 * Is line the whole marker of a file on hold? Its path is hold/ID, or
 * hold/X/ID where the queue is hashed.
 */
static bool
is_mark(struct span line, const char *mark, struct qid *id)
{
	size_t tail = sizeof(mark_tail) - 1;
	struct span part;

	/* Nearly all lines are told by their first byte. */
	if (line.len == 0 || line.data[0] != mark[0] ||
	    !span_starts_with(line, mark))
		return false;
	line = span_skip(line, strlen(mark));
	if (line.len < tail ||
	    memcmp(line.data + line.len - tail, mark_tail, tail) != 0)
		return false;
	line.len -= tail;
	if (!span_starts_with(line, "hold/"))
		return false;
	while (span_cut(&line, '/', &part))
		;
	return qid_parse(line, id);
}

/* The marker of this very file? */
static bool
is_own_mark(const struct postcat *p, struct span line, const char *mark)
{
	struct qid id;

	return is_mark(line, mark, &id) && qid_equal(&id, &p->id);
}

static enum postcat_event
begin(struct postcat *p, const struct qid *id, struct postcat_item *item)
{
	buf_clear(&p->header);
	p->id = item->id = *id;
	p->section = POSTCAT_ENVELOPE;
	return POSTCAT_BEGIN;
}

static enum postcat_event
take_attribute(struct span line, bool cut, struct postcat_item *item)
{
	item->named = span_starts_with(line, named_mark);
	item->cut = cut;
	item->value = line;
	if (item->named)
		item->value = span_skip(line, sizeof(named_mark) - 1);
	if (!span_cut(&item->value, item->named ? '=' : ':', &item->name))
		return POSTCAT_MORE;
	if (!item->named)
		item->value = span_trim(item->value);
	return POSTCAT_ATTRIBUTE;
}

static enum postcat_event
give_header(struct postcat *p, struct postcat_item *item)
{
	item->header = buf_span(&p->header);
	item->cut = p->header_cut;
	p->header_given = true;
	return POSTCAT_HEADER;
}

static void
add_to_header(struct postcat *p, struct span text)
{
	if (text.len > buf_room(&p->header)) {
		text.len = buf_room(&p->header);
		p->header_cut = true;
	}
	if (!buf_append(&p->header, text))
		p->header_cut = true;
}

static bool
is_continuation(struct span line)
{
	return line.len > 0 && (line.data[0] == ' ' || line.data[0] == '\t');
}

/*
 * A line of the header section. *again: it was not used, since the header
 * before it had to be handed out first.
 */
static enum postcat_event
take_header_line(
    struct postcat *p, struct span line, struct postcat_item *item, bool *again)
{
	if (buf_len(&p->header) > 0 && is_continuation(line)) {
		add_to_header(p, span_str("\n"));
	} else if (buf_len(&p->header) > 0) {
		*again = true;
		return give_header(p, item);
	} else if (is_own_mark(p, line, extracted_mark)) {
		p->section = POSTCAT_EXTRACTED;
		return POSTCAT_MORE;
	}
	add_to_header(p, line);
	return POSTCAT_MORE;
}

/*
 * POSTCAT_MORE here means: nothing to tell of this line. An opening marker
 * counts anywhere, as no header starts like one: a file without an end does
 * not swallow the next.
 */
static enum postcat_event
take_line(struct postcat *p, struct span line, bool cut,
    struct postcat_item *item, bool *again)
{
	struct qid id;

	if (is_mark(line, envelope_mark, &id))
		return begin(p, &id, item);
	if (p->section == POSTCAT_HEADERS)
		return take_header_line(p, line, item, again);
	if (p->section == POSTCAT_OUTSIDE)
		return POSTCAT_MORE;
	if (p->section == POSTCAT_ENVELOPE &&
	    is_own_mark(p, line, contents_mark)) {
		p->section = POSTCAT_HEADERS;
		return POSTCAT_MORE;
	}
	if (p->section == POSTCAT_EXTRACTED && is_own_mark(p, line, end_mark)) {
		p->section = POSTCAT_OUTSIDE;
		item->id = p->id;
		return POSTCAT_END;
	}
	return take_attribute(line, cut, item);
}

/* The rest of a long line: more of its header, or nothing. */
static void
take_piece(struct postcat *p, struct span piece)
{
	if (p->section == POSTCAT_HEADERS && buf_len(&p->header) > 0)
		add_to_header(p, piece);
}

enum postcat_event
postcat_next(
    struct postcat *p, struct span in, struct postcat_item *item, size_t *used)
{
	size_t taken = 0;

	*used = 0;
	memset(item, 0, sizeof(*item));
	if (p->header_given) {
		buf_clear(&p->header);
		p->header_given = p->header_cut = false;
	}
	for (;;) {
		struct lines before = p->lines;
		struct span piece;
		bool again = false;
		enum postcat_event event;
		enum lines_piece kind =
		    lines_next(&p->lines, span_skip(in, *used), &piece, &taken);

		if (kind == LINES_MORE)
			return POSTCAT_MORE;
		if (kind == LINES_TAIL || kind == LINES_END) {
			take_piece(p, piece);
			*used += taken;
			continue;
		}
		event = take_line(p, piece, kind == LINES_HEAD, item, &again);
		if (again)
			p->lines = before;
		else
			*used += taken;
		if (event != POSTCAT_MORE)
			return event;
	}
}

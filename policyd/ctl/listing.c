/* SPDX-License-Identifier: ISC */
#include "policyd/ctl/listing.h"

#include <inttypes.h>
#include <stdio.h>

#include "policyd/ctl/local.h"
#include "policyd/ctl/put.h"
#include "policyd/ctl/text.h"

enum {
	TEXT_MAX = 4096, /* bytes of a text that are looked at */
	CELL_MAX = 16 * TEXT_MAX,
	CELL_SIZE = LOCAL_TEXT_SIZE,
	KIB = 1024,
};

static const struct table_column columns[LISTING_COLUMNS] = {
    [LISTING_LEAVES] = {.title = "LEAVES"},
    [LISTING_IN] = {.title = "", .drop = 5},
    [LISTING_ID] = {.title = "QUEUE ID"},
    [LISTING_BY] = {.drop = 6, .right = true},
    [LISTING_FROM] = {.title = "SENDER", .least = 8, .drop = 4},
    [LISTING_TO] = {.title = "RECIPIENT", .least = 9, .drop = 3},
    [LISTING_RULE] = {.title = "RULE", .least = 8, .drop = 1},
    [LISTING_SUBJECT] = {.title = "SUBJECT", .least = 8, .drop = 2},
};

static struct span
clip(struct span s)
{
	return s.len > TEXT_MAX ? span_head(s, TEXT_MAX) : s;
}

static bool
put_time(struct listing *l, struct buf *out, int64_t s)
{
	char text[LOCAL_TEXT_SIZE];

	return put_string(out,
	    local_format(l->local, s,
		local_needs_year(s, l->now_s) ? LOCAL_LONG : LOCAL_SHORT,
		text));
}

static bool
put_leaves(struct listing *l, struct buf *out, const struct queue_message *m)
{
	int64_t due_s = queue_due_s(m);

	if (!(due_s == OVERRIDE_NEVER ? put_string(out, "never")
				      : put_time(l, out, due_s)))
		return false;
	return m->override == NULL || put_string(out, LISTING_RESCHEDULED);
}

static bool
put_in(struct listing *l, struct buf *out, const struct queue_message *m)
{
	int64_t due_s = queue_due_s(m);
	char text[TEXT_DISTANCE_SIZE];

	if (due_s == OVERRIDE_NEVER)
		return true;
	if (due_s >= l->now_s)
		return put_string(out, text_distance(l->now_s, due_s, text));
	return put_string(out, "overdue ") &&
	    put_string(out, text_duration(l->now_s - due_s, text));
}

static bool
put_id(struct buf *out, const struct queue_message *m)
{
	char id[QID_SIZE];

	qid_format(&m->id, id);
	return put_string(out, id);
}

/* "1234", "17K", "3M" */
static bool
put_size(struct buf *out, uint64_t size)
{
	static const char *const units[] = {"", "K", "M", "G"};
	char text[CELL_SIZE];
	size_t unit = 0;

	while (size >= 10 * KIB && unit < sizeof(units) / sizeof(*units) - 1) {
		size /= KIB;
		unit++;
	}
	snprintf(text, sizeof(text), "%" PRIu64 "%s", size, units[unit]);
	return put_string(out, text);
}

static bool
put_by(struct listing *l, struct buf *out, const struct queue_message *m)
{
	switch (l->order) {
	case LISTING_ARRIVAL:
		return put_time(l, out, m->arrival_s);
	case LISTING_SIZE:
		return put_size(out, m->size);
	case LISTING_DUE:
	case LISTING_SENDER:
		break;
	}
	return true;
}

/* An address, cut where it must be; a bounce has none. */
static bool
put_address(struct buf *out, struct span address, int width)
{
	return text_put(out, address.len > 0 ? clip(address) : span_str("<>"),
	    width, false);
}

/* "bob@sms.example +3"; how many more there are is never cut. */
static bool
put_recipients(struct buf *out, const struct queue_message *m, int width)
{
	char more[CELL_SIZE] = "";
	int n;

	if (m->n_recipients == 0)
		return true;
	if (m->n_recipients > 1)
		snprintf(more, sizeof(more), " +%zu", m->n_recipients - 1);
	n = (int)strlen(more);
	if (width > n)
		return put_address(out, m->recipient[0], width - n) &&
		    put_string(out, more);
	return put_address(out, m->recipient[0], width) &&
	    (width > 0 || put_string(out, more));
}

static bool
put_subject(struct listing *l, struct buf *out, struct span subject, int width)
{
	buf_clear(&l->decoded);
	return text_decode_header(&l->decoded, clip(subject)) &&
	    text_put(out, buf_span(&l->decoded), width, false);
}

/* The text of a cell, at most width columns wide; 0: all of it. */
static bool
put_content(struct listing *l, struct buf *out, const struct queue_message *m,
    enum listing_column column, int width)
{
	switch (column) {
	case LISTING_LEAVES:
		return put_leaves(l, out, m);
	case LISTING_IN:
		return put_in(l, out, m);
	case LISTING_ID:
		return put_id(out, m);
	case LISTING_BY:
		return put_by(l, out, m);
	case LISTING_FROM:
		return put_address(out, m->sender, width);
	case LISTING_TO:
		return put_recipients(out, m, width);
	case LISTING_RULE:
		return text_put(out, clip(m->rule), width, false);
	case LISTING_SUBJECT:
		break;
	}
	return put_subject(l, out, m->subject, width);
}

/* Measures what the cells of a message say. */
static bool
measure(struct listing *l, const struct queue_message *m)
{
	for (int i = 0; i < LISTING_COLUMNS; i++) {
		buf_clear(&l->cell);
		if (!put_content(l, &l->cell, m, (enum listing_column)i, 0))
			return false;
		table_want(&l->column[i], text_width(buf_span(&l->cell)));
	}
	if (m->override != NULL)
		l->has_marks = true;
	return true;
}

static const char *
title_of(enum listing_order order)
{
	switch (order) {
	case LISTING_ARRIVAL:
		return "ARRIVED";
	case LISTING_SIZE:
		return "SIZE";
	case LISTING_DUE:
	case LISTING_SENDER:
		break;
	}
	return "";
}

/* A column that has nothing to show has no title either. */
static void
want_titles(struct listing *l)
{
	for (int i = 0; i < LISTING_COLUMNS; i++)
		if (l->column[i].wanted > 0)
			table_want(
			    &l->column[i], (int)strlen(l->column[i].title));
}

bool
listing_open(struct listing *l, const struct zone *local, int64_t now_s,
    enum listing_order order, const struct queue_message *const *message,
    size_t n, int width)
{
	*l = (struct listing){.local = local, .now_s = now_s, .order = order};
	memcpy(l->column, columns, sizeof(columns));
	l->column[LISTING_BY].title = title_of(order);
	buf_init(&l->cell, CELL_MAX);
	buf_init(&l->decoded, CELL_MAX);
	for (size_t i = 0; i < n; i++)
		if (!measure(l, message[i])) {
			listing_close(l);
			return false;
		}
	want_titles(l);
	table_fit(l->column, LISTING_COLUMNS, width);
	return true;
}

void
listing_close(struct listing *l)
{
	buf_free(&l->cell);
	buf_free(&l->decoded);
}

/* A line in the making; blanks are put before a cell, so none end a line. */
struct line {
	struct buf *out;
	int at; /* columns that were put */
	int start; /* where the next column is */
};

/* What l->cell says, in its column. */
static bool
put_cell(struct listing *l, struct line *line, int column)
{
	const struct table_column *c = &l->column[column];
	int width = text_width(buf_span(&l->cell));
	int start = line->start + (c->right ? c->width - width : 0);

	line->start += c->width + TABLE_GAP;
	if (width == 0)
		return true;
	if (!put_blanks(line->out, start - line->at) ||
	    !buf_append(line->out, buf_span(&l->cell)))
		return false;
	line->at = start + width;
	return true;
}

bool
listing_put_titles(struct listing *l, struct buf *out)
{
	struct line line = {.out = out};

	for (int i = 0; i < LISTING_COLUMNS; i++) {
		if (l->column[i].width == 0)
			continue;
		buf_clear(&l->cell);
		if (!put_string(&l->cell, l->column[i].title) ||
		    !put_cell(l, &line, i))
			return false;
	}
	return put_string(out, "\n");
}

bool
listing_put_message(
    struct listing *l, struct buf *out, const struct queue_message *m)
{
	struct line line = {.out = out};

	for (int i = 0; i < LISTING_COLUMNS; i++) {
		int width = l->column[i].width;

		if (width == 0)
			continue;
		buf_clear(&l->cell);
		if (!put_content(
			l, &l->cell, m, (enum listing_column)i, width) ||
		    !put_cell(l, &line, i))
			return false;
	}
	return put_string(out, "\n");
}

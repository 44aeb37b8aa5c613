/* SPDX-License-Identifier: ISC */
#include "policyd/ctl/timeline.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "hdrcheck/base/buf.h"
#include "policyd/ctl/local.h"
#include "policyd/sched/override.h"

enum {
	HOUR_S = 3600,
	DAY_S = 24 * HOUR_S,
	LABEL_WIDTH = sizeof("2026-12-25 09:00") - 1,
	NUMBER_SIZE = 24,
	LINE_SIZE = 64,
};

/* Where the hour or day starts that now_s is in, as local clocks show. */
static int64_t
first_begin_s(const struct timeline *t)
{
	int64_t local_s = t->now_s + zone_offset_s(t->local, t->now_s);
	int64_t unit_s = t->days ? DAY_S : HOUR_S;
	int64_t past_s = (local_s % unit_s + unit_s) % unit_s;

	if (!t->days)
		return t->now_s - past_s;
	return zone_to_utc(t->local, local_s - past_s);
}

/* Days are as long as they are; noon is in each of them. */
static int64_t
next_begin_s(const struct timeline *t, int64_t begin_s)
{
	int64_t noon_s = begin_s + DAY_S + DAY_S / 2, local_s;

	if (!t->days)
		return begin_s + HOUR_S;
	local_s = noon_s + zone_offset_s(t->local, noon_s);
	return zone_to_utc(
	    t->local, local_s - (local_s % DAY_S + DAY_S) % DAY_S);
}

void
timeline_begin(struct timeline *t, const struct zone *local, int64_t now_s,
    bool days, size_t n)
{
	memset(t, 0, sizeof(*t));
	t->local = local;
	t->now_s = now_s;
	t->days = days;
	t->n = n;
	t->begin_s[0] = first_begin_s(t);
	for (size_t i = 0; i < n; i++)
		t->begin_s[i + 1] = next_begin_s(t, t->begin_s[i]);
}

/* The slot of a moment that is in one of them. */
static size_t
find_slot(const struct timeline *t, int64_t due_s)
{
	size_t low = 0, high = t->n;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (due_s < t->begin_s[middle])
			high = middle;
		else
			low = middle;
	}
	return low;
}

void
timeline_add(struct timeline *t, int64_t due_s)
{
	t->all++;
	if (due_s == OVERRIDE_NEVER)
		t->never++;
	else if (due_s < t->now_s)
		t->overdue++;
	else if (due_s >= t->begin_s[t->n])
		t->later++;
	else
		t->count[find_slot(t, due_s)]++;
}

/* The longest line and the widest number of all. */
static uint64_t
largest(const struct timeline *t)
{
	uint64_t most = t->overdue > t->later ? t->overdue : t->later;

	if (most < t->never)
		most = t->never;
	for (size_t i = 0; i < t->n; i++)
		if (most < t->count[i])
			most = t->count[i];
	return most;
}

struct scale {
	int number; /* columns of a number */
	int bar; /* of the longest bar */
	uint64_t most;
};

static bool
put_line(
    struct buf *out, const struct scale *scale, const char *label, uint64_t n)
{
	char text[LINE_SIZE];
	/* A message is one mark at least, and where there is room, no more. */
	uint64_t marks = scale->most <= (uint64_t)scale->bar
	    ? n
	    : n * (uint64_t)scale->bar / scale->most;

	if (n > 0 && marks == 0)
		marks = 1;
	snprintf(text, sizeof(text), "%-*.*s  %*" PRIu64 "%s", LABEL_WIDTH,
	    LABEL_WIDTH, label, scale->number, n, n > 0 ? "  " : "");
	if (!buf_append(out, span_str(text)))
		return false;
	for (; marks > 0; marks--)
		if (!buf_append(out, span_str("#")))
			return false;
	return buf_append(out, span_str("\n"));
}

/* A line that is only there when it says something. */
static bool
put_other(
    struct buf *out, const struct scale *scale, const char *label, uint64_t n)
{
	return n == 0 || put_line(out, scale, label, n);
}

bool
timeline_put(const struct timeline *t, struct buf *out, int width)
{
	struct scale scale = {.most = largest(t)};
	char text[LOCAL_TEXT_SIZE], number[NUMBER_SIZE];

	scale.number = snprintf(number, sizeof(number), "%" PRIu64, scale.most);
	scale.bar = width - LABEL_WIDTH - 2 - scale.number - 2;
	if (scale.bar < 1)
		scale.bar = 1;
	if (!put_other(out, &scale, "overdue", t->overdue))
		return false;
	for (size_t i = 0; i < t->n; i++)
		if (!put_line(out, &scale,
			local_format(t->local, t->begin_s[i],
			    t->days ? LOCAL_DAY : LOCAL_LONG, text),
			t->count[i]))
			return false;
	return put_other(out, &scale, "later", t->later) &&
	    put_other(out, &scale, "never", t->never);
}

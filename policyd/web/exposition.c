/* SPDX-License-Identifier: ISC */
#include "policyd/web/exposition.h"

#include <inttypes.h>
#include <stdio.h>

#include "hdrcheck/base/clock.h"
#include "hdrcheck/base/utf8.h"

enum {
	NUMBER_SIZE = 32, /* of 64 bits, as text */
	FRACTION_DIGITS = 9, /* of nanoseconds in a second */
};

static void
put_span(struct exposition *e, struct span s)
{
	if (!e->full && !buf_append(e->out, s))
		e->full = true;
}

static void
put(struct exposition *e, const char *text)
{
	put_span(e, span_str(text));
}

static void
put_count(struct exposition *e, uint64_t value)
{
	char text[NUMBER_SIZE];

	snprintf(text, sizeof(text), " %" PRIu64 "\n", value);
	put(e, text);
}

void
exposition_begin(
    struct exposition *e, const char *name, const char *type, const char *help)
{
	e->name = name;
	put(e, "# HELP ");
	put(e, name);
	put(e, " ");
	put(e, help);
	put(e, "\n# TYPE ");
	put(e, name);
	put(e, " ");
	put(e, type);
	put(e, "\n");
}

void
exposition_count(struct exposition *e, uint64_t value)
{
	put(e, e->name);
	put_count(e, value);
}

void
exposition_time(struct exposition *e, int64_t s)
{
	char text[NUMBER_SIZE];

	put(e, e->name);
	snprintf(text, sizeof(text), " %" PRId64 "\n", s);
	put(e, text);
}

/* In whole numbers, so that 0.1 s is 0.1. */
static void
put_seconds(struct exposition *e, int64_t ns)
{
	int64_t s = ns / CLOCK_NS_PER_S, rest = ns % CLOCK_NS_PER_S;
	char text[NUMBER_SIZE];
	size_t len;

	if (rest == 0) {
		snprintf(text, sizeof(text), "%" PRId64, s);
		put(e, text);
		return;
	}
	snprintf(text, sizeof(text), "%s%" PRId64 ".%0*" PRId64,
	    ns < 0 ? "-" : "", s < 0 ? -s : s, FRACTION_DIGITS,
	    rest < 0 ? -rest : rest);
	for (len = strlen(text); text[len - 1] == '0'; len--)
		continue;
	put_span(e, span_of(text, len));
}

void
exposition_seconds(struct exposition *e, int64_t ns)
{
	put(e, e->name);
	put(e, " ");
	put_seconds(e, ns);
	put(e, "\n");
}

void
exposition_nothing(struct exposition *e)
{
	put(e, e->name);
	put(e, " NaN\n");
}

/* A character of a label's value, at the front of s. Returns its length. */
static size_t
put_character(struct exposition *e, struct span s)
{
	size_t len = utf8_len(s);

	if (len == 0) {
		put(e, "\xEF\xBF\xBD");
		return 1;
	}
	switch (s.data[0]) {
	case '\\':
		put(e, "\\\\");
		break;
	case '"':
		put(e, "\\\"");
		break;
	case '\n':
		put(e, "\\n");
		break;
	default:
		put_span(e, span_head(s, len));
		break;
	}
	return len;
}

void
exposition_labelled(
    struct exposition *e, const char *label, struct span value, uint64_t count)
{
	put(e, e->name);
	put(e, "{");
	put(e, label);
	put(e, "=\"");
	while (value.len > 0)
		value = span_skip(value, put_character(e, value));
	put(e, "\"}");
	put_count(e, count);
}

static void
put_bucket(struct exposition *e, const int64_t *bound_ns, uint64_t count)
{
	put(e, e->name);
	put(e, "_bucket{le=\"");
	if (bound_ns != NULL)
		put_seconds(e, *bound_ns);
	else
		put(e, "+Inf");
	put(e, "\"}");
	put_count(e, count);
}

void
exposition_histogram(struct exposition *e, const struct lateness *late)
{
	uint64_t so_far = 0;

	for (int i = 0; i < LATENESS_BUCKETS; i++) {
		so_far += late->in[i];
		put_bucket(e,
		    i < LATENESS_BUCKETS - 1 ? &lateness_bound_ns[i] : NULL,
		    so_far);
	}
	put(e, e->name);
	put(e, "_sum ");
	put_seconds(e, late->sum_ns);
	put(e, "\n");
	put(e, e->name);
	put(e, "_count");
	put_count(e, so_far);
}

/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE /* MAP_ANONYMOUS */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/unit/support.h"

#include "hdrcheck/section.h"

enum {
	HEADERS_MAX = 8, /* in the messages of these tests */
	STEP = 64 * 1024, /* bytes that long messages come in */
};

/* What was found in a message, as places in it. */
struct trace {
	size_t n;
	struct {
		size_t at;
		size_t len;
	} header[HEADERS_MAX];
	bool ended;
	size_t end;
};

/* Takes what can be known of this much of a message, in a block of its own. */
static void
feed(struct section *s, struct span part, bool whole, struct trace *t)
{
	struct span message = exact_copy(part), header;
	enum section_result got;

	while ((got = section_next(s, message, whole, &header)) ==
	    SECTION_HEADER) {
		assert_true(t->n < HEADERS_MAX);
		assert_true(header.data >= message.data);
		t->header[t->n].at = (size_t)(header.data - message.data);
		t->header[t->n].len = header.len;
		assert_true(t->header[t->n].at + header.len <= message.len);
		t->n++;
	}
	t->ended = got == SECTION_END;
	t->end = s->at;
	exact_free(message);
}

static void
check_trace(const char *row, const struct trace *got, const struct trace *want)
{
	check_int(row, (int64_t)got->n, (int64_t)want->n);
	for (size_t i = 0; i < want->n; i++) {
		check_int(row, (int64_t)got->header[i].at,
		    (int64_t)want->header[i].at);
		check_int(row, (int64_t)got->header[i].len,
		    (int64_t)want->header[i].len);
	}
	check_bool(row, got->ended, want->ended);
	check_int(row, (int64_t)got->end, (int64_t)want->end);
}

static const struct {
	const char *row;
	struct span message;
	struct span header[HEADERS_MAX]; /* up to the first with no data */
	struct span rest; /* behind the section */
} messages[] = {
    {"two headers and a body", SPAN("A: b\nC: d\n\nbody\n"),
	{SPAN("A: b"), SPAN("C: d")}, SPAN("\nbody\n")},
    {"CRLF", SPAN("A: b\r\nC: d\r\n\r\nbody\r\n"), {SPAN("A: b"), SPAN("C: d")},
	SPAN("\r\nbody\r\n")},
    {"both line ends, mixed", SPAN("A: b\r\nC: d\nE: f\r\n\nbody"),
	{SPAN("A: b"), SPAN("C: d"), SPAN("E: f")}, SPAN("\nbody")},
    {"no body", SPAN("A: b\nC: d\n"), {SPAN("A: b"), SPAN("C: d")}, SPAN("")},
    {"no last line end", SPAN("A: b\nC: d"), {SPAN("A: b"), SPAN("C: d")},
	SPAN("")},
    {"an empty line and nothing else behind", SPAN("A: b\n\n"), {SPAN("A: b")},
	SPAN("\n")},
    {"an empty message", SPAN(""), {SPAN("")}, SPAN("")},
    {"the first line is empty", SPAN("\nA: b\n"), {SPAN("")}, SPAN("\nA: b\n")},
    {"the first line is empty, CRLF", SPAN("\r\nA: b\r\n"), {SPAN("")},
	SPAN("\r\nA: b\r\n")},
    {"an mbox line at the top", SPAN("From a@b Fri Dec 25\nA: b\n\nbody"),
	{SPAN("A: b")}, SPAN("\nbody")},
    {"an mbox line with CRLF", SPAN("From a@b\r\nA: b\r\n\r\n"), {SPAN("A: b")},
	SPAN("\r\n")},
    {"an mbox line and nothing else", SPAN("From a@b"), {SPAN("")}, SPAN("")},
    {"an mbox line and an empty one", SPAN("From a@b\n\nA: b\n"), {SPAN("")},
	SPAN("\nA: b\n")},
    {"an mbox line with a colon", SPAN("From a@b 09:00:00\nA: b\n\n"),
	{SPAN("A: b")}, SPAN("\n")},
    {"the word of an mbox line alone", SPAN("From \nA: b\n"), {SPAN("A: b")},
	SPAN("")},
    {"a fold behind an mbox line", SPAN("From a@b\n c: d\nA: b\n"), {SPAN("")},
	SPAN(" c: d\nA: b\n")},
    {"a second mbox line", SPAN("From a@b\nFrom c@d\nA: b\n"), {SPAN("")},
	SPAN("From c@d\nA: b\n")},
    {"an mbox line in the middle", SPAN("A: b\nFrom a@b\nC: d\n"),
	{SPAN("A: b")}, SPAN("From a@b\nC: d\n")},
    {"a From header in obsolete syntax", SPAN("From : a@b\nA: b\n\n"),
	{SPAN("From : a@b"), SPAN("A: b")}, SPAN("\n")},
    {"the same, folded", SPAN("From : a@b,\n c@d\nA: b\n"),
	{SPAN("From : a@b,\n c@d"), SPAN("A: b")}, SPAN("")},
    {"a From header", SPAN("From: a@b\nA: b\n\n"),
	{SPAN("From: a@b"), SPAN("A: b")}, SPAN("\n")},
    {"an mbox line that was quoted", SPAN(">From a@b\nA: b\n"), {SPAN("")},
	SPAN(">From a@b\nA: b\n")},
    {"an mbox line in another case", SPAN("from a@b\nA: b\n"), {SPAN("")},
	SPAN("from a@b\nA: b\n")},
    {"an mbox line with a tab", SPAN("From\ta@b\nA: b\n"), {SPAN("")},
	SPAN("From\ta@b\nA: b\n")},
    {"the first line begins with a blank", SPAN(" A: b\nC: d\n"), {SPAN("")},
	SPAN(" A: b\nC: d\n")},
    {"the first line begins with a tab", SPAN("\tA: b\n"), {SPAN("")},
	SPAN("\tA: b\n")},
    {"a first line of blanks", SPAN(" \t \nA: b\n"), {SPAN("")},
	SPAN(" \t \nA: b\n")},
    {"a folded header", SPAN("A: b\n c\n\td\nE: f\n\n"),
	{SPAN("A: b\n c\n\td"), SPAN("E: f")}, SPAN("\n")},
    {"a folded header with CRLF", SPAN("A: b\r\n c\r\nE: f\r\n"),
	{SPAN("A: b\r\n c"), SPAN("E: f")}, SPAN("")},
    {"a fold that looks like a header", SPAN("A: b\n C: d\n"),
	{SPAN("A: b\n C: d")}, SPAN("")},
    {"the last header is folded and cut", SPAN("A: b\n c"), {SPAN("A: b\n c")},
	SPAN("")},
    {"a continuation of blanks", SPAN("A: b\n \t\nC: d\n"),
	{SPAN("A: b\n \t"), SPAN("C: d")}, SPAN("")},
    {"a continuation of a blank and CRLF", SPAN("A: b\r\n \r\nC: d\r\n\r\n"),
	{SPAN("A: b\r\n "), SPAN("C: d")}, SPAN("\r\n")},
    {"nothing on the header's own line", SPAN("A:\n b\n\n"), {SPAN("A:\n b")},
	SPAN("\n")},
    {"an empty header", SPAN("A:\nB:\r\n\n"), {SPAN("A:"), SPAN("B:")},
	SPAN("\n")},
    {"blanks before the colon", SPAN("A : b\nC\t \t: d\n\n"),
	{SPAN("A : b"), SPAN("C\t \t: d")}, SPAN("\n")},
    {"a blank inside the name", SPAN("A: b\nC D: e\n"), {SPAN("A: b")},
	SPAN("C D: e\n")},
    {"a line of words ends it", SPAN("A: b\nno header\nC: d\n"), {SPAN("A: b")},
	SPAN("no header\nC: d\n")},
    {"a line of one word ends it", SPAN("A: b\nword\nC: d\n"), {SPAN("A: b")},
	SPAN("word\nC: d\n")},
    {"a word that is cut at the end", SPAN("A: b\nword"), {SPAN("A: b")},
	SPAN("word")},
    {"a word and blanks that are cut", SPAN("A: b\nword \t"), {SPAN("A: b")},
	SPAN("word \t")},
    {"a colon without a name", SPAN("A: b\n: c\n"), {SPAN("A: b")},
	SPAN(": c\n")},
    {"no header at all", SPAN("Hello,\n\nA: b\n"), {SPAN("")},
	SPAN("Hello,\n\nA: b\n")},
    {"a NUL inside a body", SPAN("A: \0b\nC: d\0\n\n"),
	{SPAN("A: \0b"), SPAN("C: d\0")}, SPAN("\n")},
    {"a NUL inside a name", SPAN("A: b\nC\0: d\n"), {SPAN("A: b")},
	SPAN("C\0: d\n")},
    {"a NUL for a blank", SPAN("A: b\n\0 c\n"), {SPAN("A: b")}, SPAN("\0 c\n")},
    {"NULs behind the section", SPAN("A: b\n\n\0\0"), {SPAN("A: b")},
	SPAN("\n\0\0")},
    {"a bare CR is no line end", SPAN("A: b\rC: d\n\n"), {SPAN("A: b\rC: d")},
	SPAN("\n")},
    {"a bare CR inside a name", SPAN("A: b\nC\r: d\n"), {SPAN("A: b")},
	SPAN("C\r: d\n")},
    {"a line that begins with a CR", SPAN("A: b\n\rC: d\n"), {SPAN("A: b")},
	SPAN("\rC: d\n")},
    {"one CR of two belongs to the line end", SPAN("A: b\r\r\nC: d\n"),
	{SPAN("A: b\r"), SPAN("C: d")}, SPAN("")},
    {"bytes that are not ASCII inside a body", SPAN("A: \xff\xfe\n\n"),
	{SPAN("A: \xff\xfe")}, SPAN("\n")},
    {"bytes that are not ASCII inside a name", SPAN("A: b\n\xc3\xa4: d\n"),
	{SPAN("A: b")}, SPAN("\xc3\xa4: d\n")},
    {"DEL inside a name", SPAN("A: b\nC\x7f: d\n"), {SPAN("A: b")},
	SPAN("C\x7f: d\n")},
};

static void
headers_are_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(messages); i++) {
		const char *row = messages[i].row;
		struct span message = messages[i].message;
		struct trace t = {.n = 0};
		struct section s = {.at = 0};
		size_t n = 0;

		feed(&s, message, true, &t);
		check_bool(row, t.ended, true);
		while (n < HEADERS_MAX && messages[i].header[n].len > 0)
			n++;
		check_int(row, (int64_t)t.n, (int64_t)n);
		for (size_t k = 0; k < n; k++)
			check_span(row,
			    span_of(
				message.data + t.header[k].at, t.header[k].len),
			    messages[i].header[k]);
		check_span(row, span_skip(message, t.end), messages[i].rest);
	}
}

/*
 * The definition, line by line, for a message that is all there: what any way
 * of reading it has to agree with.
 */

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool
begins_header(struct span line)
{
	size_t i = 0, name;

	while (i < line.len && line.data[i] > ' ' && line.data[i] < 0x7f &&
	    line.data[i] != ':')
		i++;
	name = i;
	while (i < line.len && is_blank(line.data[i]))
		i++;
	return name > 0 && i < line.len && line.data[i] == ':';
}

/* The line at at, with its line end. */
static struct span
line_from(struct span message, size_t at)
{
	struct span rest = span_skip(message, at), line;

	return span_cut(&rest, '\n', &line) ? span_of(line.data, line.len + 1)
					    : span_skip(message, at);
}

static size_t
without_line_end(struct span s)
{
	if (s.len > 0 && s.data[s.len - 1] == '\n')
		s.len--;
	if (s.len > 0 && s.data[s.len - 1] == '\r')
		s.len--;
	return s.len;
}

static void
define(struct span message, struct trace *t)
{
	struct span line = line_from(message, 0);
	size_t at = 0;

	*t = (struct trace){.ended = true};
	if (span_starts_with(line, "From ") && !begins_header(line))
		at = line.len;
	while (begins_header(line = line_from(message, at))) {
		size_t start = at;

		do {
			at += line.len;
			line = line_from(message, at);
		} while (line.len > 0 && is_blank(line.data[0]));
		assert_true(t->n < HEADERS_MAX);
		t->header[t->n].at = start;
		t->header[t->n++].len =
		    without_line_end(span_of(message.data + start, at - start));
	}
	t->end = at;
}

/* Whatever is cut off at whatever end. */
static void
every_cut_message_is_read_by_the_definition(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(messages); i++) {
		for (size_t n = 0; n <= messages[i].message.len; n++) {
			struct span cut = span_head(messages[i].message, n);
			struct section s = {.at = 0};
			struct trace got = {.n = 0}, want;

			feed(&s, cut, true, &got);
			define(cut, &want);
			check_trace(messages[i].row, &got, &want);
		}
	}
}

/* What is told of a part holds for whatever follows. */
static void
every_prefix_asks_for_more_or_agrees(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(messages); i++) {
		const char *row = messages[i].row;
		struct span message = messages[i].message;
		struct trace all;

		define(message, &all);
		for (size_t n = 0; n <= message.len; n++) {
			struct section s = {.at = 0};
			struct trace got = {.n = 0};

			feed(&s, span_head(message, n), false, &got);
			check_bool(row, got.n <= all.n, true);
			for (size_t k = 0; k < got.n; k++) {
				check_int(row, (int64_t)got.header[k].at,
				    (int64_t)all.header[k].at);
				check_int(row, (int64_t)got.header[k].len,
				    (int64_t)all.header[k].len);
			}
			if (got.ended)
				check_trace(row, &got, &all);
		}
	}
}

/* A header is told when the first byte behind it is there, not later. */
static void
nobody_waits_longer_than_needed(void **state)
{
	struct span message = span_str("A: b\r\nC: d\r\n e\r\n\r\nbody");
	struct trace all;

	(void)state;
	define(message, &all);
	assert_int_equal(all.n, 2);
	for (size_t n = 0; n <= message.len; n++) {
		struct section s = {.at = 0};
		struct trace got = {.n = 0};
		size_t told = 0;

		while (told < all.n &&
		    n > all.header[told].at + all.header[told].len + 2)
			told++;
		feed(&s, span_head(message, n), false, &got);
		assert_int_equal(got.n, told);
		assert_int_equal(got.ended, n > all.end);
	}
}

static void
every_split_is_the_same(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(messages); i++) {
		struct span message = messages[i].message;
		struct trace want;

		define(message, &want);
		for (size_t n = 0; n <= message.len; n++) {
			struct section s = {.at = 0};
			struct trace got = {.n = 0};

			feed(&s, span_head(message, n), false, &got);
			if (!got.ended)
				feed(&s, message, true, &got);
			check_trace(messages[i].row, &got, &want);
		}
	}
}

/* One byte more each time, and then that there are no more. */
static void
feed_bytewise(struct span message, struct trace *got)
{
	struct section s = {.at = 0};

	*got = (struct trace){.n = 0};
	for (size_t n = 0; n <= message.len && !got->ended; n++)
		feed(&s, span_head(message, n), false, got);
	if (!got->ended)
		feed(&s, message, true, got);
}

static void
byte_by_byte_is_the_same(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(messages); i++) {
		struct trace got, want;

		define(messages[i].message, &want);
		feed_bytewise(messages[i].message, &got);
		check_trace(messages[i].row, &got, &want);
	}
}

enum { SHORT_MAX = 4 /* bytes behind the beginning of a short message */ };

static const char *const beginnings[] = {"", "A:", "A: b\r\n", "From "};

/* All there are of these bytes. */
static void
every_short_message_is_read_by_the_definition(void **state)
{
	static const char alphabet[] = {'A', ':', ' ', '\t', '\r', '\n', '\0'};
	size_t n_all = 1;

	(void)state;
	for (int i = 0; i < SHORT_MAX; i++)
		n_all *= sizeof(alphabet);
	for (size_t i = 0; i < n_all * COUNT_OF(beginnings); i++) {
		const char *beginning = beginnings[i / n_all];
		char bytes[16];
		size_t used = strlen(beginning), x = i % n_all;
		struct section s = {.at = 0};
		struct trace got = {.n = 0}, want;
		struct span message;

		memcpy(bytes, beginning, used + 1);
		for (int k = 0; k < SHORT_MAX; k++, x /= sizeof(alphabet))
			bytes[used++] = alphabet[x % sizeof(alphabet)];
		message = span_of(bytes, used);
		define(message, &want);
		feed(&s, message, true, &got);
		check_trace(beginning, &got, &want);
		feed_bytewise(message, &got);
		check_trace(beginning, &got, &want);
	}
}

static void
the_end_stays_the_end(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(messages); i++) {
		const char *row = messages[i].row;
		struct section s = {.at = 0};
		struct trace got = {.n = 0}, again = {.n = 0};

		feed(&s, messages[i].message, true, &got);
		feed(&s, messages[i].message, true, &again);
		check_int(row, (int64_t)again.n, 0);
		check_bool(row, again.ended, true);
		check_int(row, (int64_t)again.end, (int64_t)got.end);
	}
}

/* A line of a name, blanks, and what stands behind them. */
static struct span
long_line(size_t names, size_t blanks, const char *behind)
{
	size_t n = names + blanks, tail = strlen(behind);
	char *line = malloc(n + tail);

	assert_non_null(line);
	memset(line, 'x', names);
	memset(line + names, ' ', blanks);
	memcpy(line + n, behind, tail);
	return span_of(line, n + tail);
}

static const struct {
	const char *row;
	size_t names;
	size_t blanks;
	bool header;
} long_names[] = {
    {"one byte less than the limit", SECTION_NAME_MAX - 1, 0, true},
    {"the limit", SECTION_NAME_MAX, 0, true},
    {"one byte more", SECTION_NAME_MAX + 1, 0, false},
    {"far more", 3 * SECTION_NAME_MAX, 0, false},
    {"one byte less, of blanks", 1, SECTION_NAME_MAX - 2, true},
    {"the limit, of blanks", 1, SECTION_NAME_MAX - 1, true},
    {"one byte more, of blanks", 1, SECTION_NAME_MAX, false},
    {"far more, of blanks", 1, 3 * SECTION_NAME_MAX, false},
    {"the blank is one byte more", SECTION_NAME_MAX, 1, false},
};

static void
names_are_bounded(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(long_names); i++) {
		const char *row = long_names[i].row;
		struct span line = long_line(
		    long_names[i].names, long_names[i].blanks, ": b\n");
		size_t n = long_names[i].header ? 1 : 0;
		struct section s = {.at = 0};
		struct trace t = {.n = 0};

		feed(&s, line, true, &t);
		check_int(row, (int64_t)t.n, (int64_t)n);
		check_int(row, (int64_t)t.end, n ? (int64_t)line.len : 0);
		exact_free(line);
	}
}

/* Nobody waits for a colon that would come too late. */
static void
a_name_too_long_is_known_by_its_length(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(long_names); i++) {
		struct span line =
		    long_line(long_names[i].names, long_names[i].blanks, "");
		struct section s = {.at = 0};
		struct trace t = {.n = 0};

		feed(&s, line, false, &t);
		check_bool(long_names[i].row, t.ended, !long_names[i].header);
		exact_free(line);
	}
}

/* Long messages. */

static struct span
fill_with(size_t size, const char *first, const char *pattern)
{
	size_t n = strlen(first);
	char *bytes = malloc(size);

	assert_true(bytes != NULL && size > n);
	memcpy(bytes, first, n);
	fill_pattern(bytes + n, size - n, pattern);
	return span_of(bytes, size);
}

/* In steps; how many headers there are, and where the section ends. */
static size_t
count_headers(struct span message, size_t step, size_t *end)
{
	struct section s = {.at = 0};
	size_t n = 0, known = 0;

	for (;;) {
		bool whole = known == message.len;
		struct span header;

		switch (section_next(
		    &s, span_head(message, known), whole, &header)) {
		case SECTION_HEADER:
			n++;
			break;
		case SECTION_END:
			*end = s.at;
			return n;
		case SECTION_MORE:
			assert_false(whole);
			known = message.len - known > step ? known + step
							   : message.len;
			break;
		}
	}
}

#define MIB  ((size_t)1024 * 1024)
#define HALF (MIB / 2)

static const struct {
	const char *row;
	size_t size;
	const char *first;
	const char *pattern;
	size_t step;
	size_t headers;
	size_t end;
} long_messages[] = {
    {"a line of half a MB, byte by byte", HALF, "A: ", "x", 1, 1, HALF},
    {"folds of half a MB, byte by byte", HALF, "A: ", "x\n ", 1, 1, HALF},
    {"a fold of half a MB of blanks, byte by byte", HALF, "A:\n ", " ", 1, 1,
	HALF},
    {"an mbox line of half a MB, byte by byte", HALF, "From ", "x", 1, 0, HALF},
    {"half a MB of headers, byte by byte", HALF, "", "A:\r\n", 1, HALF / 4,
	HALF},
    {"a line of 4 MB", 4 * MIB, "A: ", "x", STEP, 1, 4 * MIB},
    {"a line of 4 MB of other bytes", 4 * MIB, "A:", "\xff", STEP, 1, 4 * MIB},
    {"folds of 4 MB", 4 * MIB, "A: ", "x\r\n\t", STEP, 1, 4 * MIB},
    {"folds of blanks", 4 * MIB, "A: ", "\n ", STEP, 1, 4 * MIB},
    {"a fold of blanks", 4 * MIB, "A:\n ", " ", STEP, 1, 4 * MIB},
    {"4 MB of headers", 4 * MIB, "", "A:\r\n", STEP, MIB, 4 * MIB},
    {"a body of 4 MB", 4 * MIB, "A:\n\n", "B: c\n", STEP, 1, 3},
    {"a line of 4 MB that is no header", 4 * MIB, "A:\n", "x", STEP, 1, 3},
};

static void
long_messages_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(long_messages); i++) {
		const char *row = long_messages[i].row;
		struct span message = fill_with(long_messages[i].size,
		    long_messages[i].first, long_messages[i].pattern);
		size_t end = 0, n;

		n = count_headers(message, long_messages[i].step, &end);
		check_int(row, (int64_t)n, (int64_t)long_messages[i].headers);
		check_int(row, (int64_t)end, (int64_t)long_messages[i].end);
		exact_free(message);
	}
}

static const struct {
	const char *row;
	const char *first;
	const char *pattern;
} once[] = {
    {"a line", "A: ", "x"},
    {"an mbox line", "From ", "x"},
    {"folds", "A: ", "x\r\n\t"},
    {"short folds", "A: ", "\n "},
    {"a fold of blanks", "A:\n ", " "},
    {"headers", "", "A: b\r\n"},
};

/*
 * What was read is taken away, but for the first page, where a line begins, and
 * the last two: whoever reads it again is ended.
 */
static void
nothing_is_read_again(void **state)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t size = 64 * page;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(once); i++) {
		char *bytes = mmap(NULL, size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		size_t n = strlen(once[i].first);
		struct section s = {.at = 0};
		struct span header;

		assert_true(bytes != MAP_FAILED);
		memcpy(bytes, once[i].first, n);
		fill_pattern(bytes + n, size - n, once[i].pattern);
		for (size_t known = page; known < size; known += page) {
			while (section_next(&s, span_of(bytes, known), false,
				   &header) == SECTION_HEADER)
				continue;
			if (known > 3 * page)
				mprotect(
				    bytes + known - 3 * page, page, PROT_NONE);
		}
		while (section_next(&s, span_of(bytes, size), false, &header) ==
		    SECTION_HEADER)
			continue;
		check_bool(once[i].row,
		    section_next(&s, span_of(bytes, size), false, &header) ==
			SECTION_MORE,
		    true);
		munmap(bytes, size);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(headers_are_found),
	    cmocka_unit_test(every_cut_message_is_read_by_the_definition),
	    cmocka_unit_test(every_prefix_asks_for_more_or_agrees),
	    cmocka_unit_test(nobody_waits_longer_than_needed),
	    cmocka_unit_test(every_split_is_the_same),
	    cmocka_unit_test(byte_by_byte_is_the_same),
	    cmocka_unit_test(every_short_message_is_read_by_the_definition),
	    cmocka_unit_test(the_end_stays_the_end),
	    cmocka_unit_test(names_are_bounded),
	    cmocka_unit_test(a_name_too_long_is_known_by_its_length),
	    cmocka_unit_test(long_messages_are_read),
	    cmocka_unit_test(nothing_is_read_again),
	};

	return cmocka_run_group_tests_name("section", tests, NULL, NULL);
}

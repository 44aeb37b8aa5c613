/* SPDX-License-Identifier: ISC */
#include "tests/unit/sched_support.h"

#include "hdrcheck/base/lines.h"

static const char *const piece_names[] = {
    [LINES_MORE] = "more",
    [LINES_WHOLE] = "whole",
    [LINES_HEAD] = "head",
    [LINES_TAIL] = "tail",
    [LINES_END] = "end",
};

static const struct {
	const char *row;
	bool in_long_line;
	struct span in;
	enum lines_piece want;
	struct span piece;
	size_t used;
} firsts[] = {
    {"a line", false, SPAN("abc\n"), LINES_WHOLE, SPAN("abc"), 4},
    {"an empty line", false, SPAN("\n"), LINES_WHOLE, SPAN(""), 1},
    {"more bytes behind", false, SPAN("ab\ncd\n"), LINES_WHOLE, SPAN("ab"), 3},
    {"any bytes", false, SPAN("\0\r\xff\n"), LINES_WHOLE, SPAN("\0\r\xff"), 4},
    {"nothing", false, {"", 0}, LINES_MORE, SPAN(""), 0},
    {"nothing at all", false, {NULL, 0}, LINES_MORE, SPAN(""), 0},
    {"no line end yet", false, SPAN("abc"), LINES_MORE, SPAN(""), 0},
    {"a carriage return is no line end", false, SPAN("abc\r"), LINES_MORE,
	SPAN(""), 0},
    {"nothing yet behind a head", true, {"", 0}, LINES_MORE, SPAN(""), 0},
    {"more of a long line", true, SPAN("abc"), LINES_TAIL, SPAN("abc"), 3},
    {"the rest of a long line", true, SPAN("abc\n"), LINES_END, SPAN("abc"), 4},
    {"the bare end of a long line", true, SPAN("\nab\n"), LINES_END, SPAN(""),
	1},
};

static void
first_pieces_are_taken(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(firsts); i++) {
		struct lines lines = {.in_long_line = firsts[i].in_long_line};
		struct span in = exact_copy(firsts[i].in);
		struct span piece = {"", 0};
		size_t used = 99;
		enum lines_piece got = lines_next(&lines, in, &piece, &used);

		check_string(firsts[i].row, piece_names[got],
		    piece_names[firsts[i].want]);
		check_int(
		    firsts[i].row, (int64_t)used, (int64_t)firsts[i].used);
		if (got != LINES_MORE)
			check_span(firsts[i].row, piece, firsts[i].piece);
		exact_free(in);
	}
}

/* A line of n bytes, "x" n times, and what stands behind it. */
static struct span
line_of(size_t n, const char *behind)
{
	size_t tail = strlen(behind);
	char *bytes = malloc(n + tail);

	assert_non_null(bytes);
	memset(bytes, 'x', n);
	memcpy(bytes + n, behind, tail);
	return span_of(bytes, n + tail);
}

static const struct {
	const char *row;
	size_t len;
	const char *behind;
	enum lines_piece want;
	size_t piece_len;
	size_t used;
} longs[] = {
    {"one byte less than the limit", LINES_MAX - 1, "\n", LINES_WHOLE,
	LINES_MAX - 1, LINES_MAX},
    {"the limit", LINES_MAX, "\n", LINES_WHOLE, LINES_MAX, LINES_MAX + 1},
    {"one byte more than the limit", LINES_MAX + 1, "\n", LINES_HEAD, LINES_MAX,
	LINES_MAX},
    {"the limit, and no line end yet", LINES_MAX, "", LINES_MORE, 0, 0},
    {"one byte more, and no line end yet", LINES_MAX + 1, "", LINES_HEAD,
	LINES_MAX, LINES_MAX},
    {"twice the limit", 2 * LINES_MAX, "\n", LINES_HEAD, LINES_MAX, LINES_MAX},
};

static void
only_lines_beyond_the_limit_come_in_pieces(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(longs); i++) {
		struct lines lines = {0};
		struct span in = line_of(longs[i].len, longs[i].behind);
		struct span piece = {"", 0};
		size_t used;
		enum lines_piece got = lines_next(&lines, in, &piece, &used);

		check_string(
		    longs[i].row, piece_names[got], piece_names[longs[i].want]);
		check_int(longs[i].row, (int64_t)piece.len,
		    (int64_t)longs[i].piece_len);
		check_int(longs[i].row, (int64_t)used, (int64_t)longs[i].used);
		exact_free(in);
	}
}

/*
 * Feeds a stream in two parts, as a caller does, and writes down the lines:
 * each with a line end, whatever pieces it came in.
 */
struct feed {
	struct lines lines;
	struct buf waiting;
	struct script *got;
	bool in_line; /* a head came, its end did not */
};

static void
take_pieces(struct feed *f)
{
	for (;;) {
		struct span in = exact_copy(buf_span(&f->waiting));
		struct span piece = {"", 0};
		size_t used;
		enum lines_piece kind =
		    lines_next(&f->lines, in, &piece, &used);

		assert_true(used <= in.len && piece.len <= used);
		assert_true((kind == LINES_MORE) == (used == 0));
		if (kind == LINES_MORE)
			assert_true(in.len <= LINES_MAX);
		assert_int_equal(f->in_line,
		    kind == LINES_TAIL || kind == LINES_END ||
			(kind == LINES_MORE && f->in_line));
		f->in_line = kind == LINES_HEAD || kind == LINES_TAIL ||
		    (kind == LINES_MORE && f->in_line);
		script_add_span(f->got, piece);
		if (kind == LINES_WHOLE || kind == LINES_END)
			script_add(f->got, "\n");
		buf_consume(&f->waiting, used);
		exact_free(in);
		if (kind == LINES_MORE)
			return;
	}
}

static void
check_split(const char *row, struct span stream, size_t at)
{
	static struct script got;
	struct feed f = {.got = &got};

	got.used = 0;
	buf_init(&f.waiting, 4 * LINES_MAX);
	assert_true(buf_append(&f.waiting, span_head(stream, at)));
	take_pieces(&f);
	assert_true(buf_append(&f.waiting, span_skip(stream, at)));
	take_pieces(&f);
	check_span(row, script_span(&got), stream);
	assert_int_equal(buf_len(&f.waiting), 0);
	buf_free(&f.waiting);
}

static void
every_split_gives_the_same_lines(void **state)
{
	struct span stream = span_str("a\n\nbc\n\r\nlast one\n");

	(void)state;
	for (size_t at = 0; at <= stream.len; at++)
		check_split("short lines", stream, at);
}

static void
splits_around_the_limit_give_the_same_lines(void **state)
{
	static const size_t splits[] = {0, 1, LINES_MAX - 1, LINES_MAX,
	    LINES_MAX + 1, LINES_MAX + 2, 2 * LINES_MAX, 2 * LINES_MAX + 1,
	    2 * LINES_MAX + 2, 2 * LINES_MAX + 5};
	struct span stream = line_of(2 * LINES_MAX + 1, "\nab\n\n");

	(void)state;
	for (size_t i = 0; i < COUNT_OF(splits); i++)
		check_split("a long line", stream, splits[i]);
	exact_free(stream);
}

static void
every_prefix_asks_for_more(void **state)
{
	struct span line = span_str("a line of some length\n");

	(void)state;
	for (size_t n = 0; n < line.len; n++) {
		struct lines lines = {0};
		struct span in = exact_copy(span_head(line, n));
		struct span piece;
		size_t used;

		assert_int_equal(
		    lines_next(&lines, in, &piece, &used), LINES_MORE);
		assert_false(lines.in_long_line);
		exact_free(in);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(first_pieces_are_taken),
	    cmocka_unit_test(only_lines_beyond_the_limit_come_in_pieces),
	    cmocka_unit_test(every_split_gives_the_same_lines),
	    cmocka_unit_test(splits_around_the_limit_give_the_same_lines),
	    cmocka_unit_test(every_prefix_asks_for_more),
	};

	return cmocka_run_group_tests_name("lines", tests, NULL, NULL);
}

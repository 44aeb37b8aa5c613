/* SPDX-License-Identifier: ISC */
#include "tests/unit/queue_list_support.h"

/* A line with so many bytes, its end not counted, and a message behind it. */
static struct span
long_line(size_t n, bool tried, char **bytes)
{
	static const char front[] =
	    FRONT("ABCDEF") "\"sender\": \"a@b\", \"recipients\": [";
	static const char delay[] =
	    "{\"address\": \"c@d\", \"delay_reason\": \"no\"}, ";
	static const char recipient[] = "{\"address\": \"c@d\"}, ";
	static const char back[] = "{\"address\": \"e@f\"}], \"x\": \"";
	static const char end[] = "\"}\n" SIMPLE("GHIJKL");
	size_t used = sizeof(front) - 1, fill;

	*bytes = malloc(n + sizeof(end));
	assert_non_null(*bytes);
	memcpy(*bytes, front, used);
	if (tried) {
		memcpy(*bytes + used, delay, sizeof(delay) - 1);
		used += sizeof(delay) - 1;
	}
	while (used + 200 < n) {
		memcpy(*bytes + used, recipient, sizeof(recipient) - 1);
		used += sizeof(recipient) - 1;
	}
	memcpy(*bytes + used, back, sizeof(back) - 1);
	used += sizeof(back) - 1;
	fill = n - used - 2;
	memset(*bytes + used, 'x', fill);
	memcpy(*bytes + used + fill, end, sizeof(end) - 1);
	return span_of(*bytes, n + sizeof(end) - 1 - 3 + 1);
}

/* Counts, as the texts are too long to compare. */
struct counted {
	size_t messages;
	size_t recipients;
	bool tried;
	struct queue_text *text;
	struct buf scratch;
};

static void
counted_init(struct counted *c)
{
	*c = (struct counted){.text = queue_text_new()};
	buf_init(&c->scratch, QUEUE_LINE_MAX);
}

static void
counted_free(struct counted *c)
{
	queue_text_free(c->text);
	buf_free(&c->scratch);
}

static bool
count(void *ctx, const struct qmsg *msg, struct span line)
{
	struct counted *c = ctx;
	struct queue_message m;

	assert_true(line.len <= QUEUE_LINE_MAX);
	assert_true(queue_list_fill(&m, msg, line, c->text, &c->scratch));
	check_span("its sender", m.sender, span_str("a@b"));
	c->messages++;
	c->tried = c->tried || m.tried;
	if (c->messages == 1)
		c->recipients = m.n_recipients;
	return true;
}

static void
check_long_line(const char *row, size_t n, size_t step, bool tried, bool cut)
{
	struct counted c;
	struct queue_list l = {.fn = count, .ctx = &c};
	struct span bytes;
	struct buf in;
	char *block;

	counted_init(&c);
	bytes = long_line(n, tried, &block);
	buf_init(&in, HANDS_OUTPUT_MAX);
	while (bytes.len > 0) {
		size_t piece = step < bytes.len ? step : bytes.len;

		check_bool(row, buf_append(&in, span_head(bytes, piece)), true);
		bytes = span_skip(bytes, piece);
		check_bool(row, queue_list_take(&l, &in), true);
	}
	check_int(row, (int64_t)c.messages, 2);
	check_int(row, (int64_t)l.odd, 0);
	check_bool(row, c.tried, tried);
	check_bool(row, c.recipients == 0, cut);
	check_bool(row, queue_list_is_whole(&l), true);
	free(block);
	buf_free(&in);
	counted_free(&c);
}

static void
test_long_lines(void **state)
{
	static const struct {
		const char *row;
		size_t n;
		size_t step;
		bool tried;
		bool cut;
	} rows[] = {
	    {"a byte less", QUEUE_LINE_MAX - 1, 65536, false, false},
	    {"as long as may be", QUEUE_LINE_MAX, 65536, false, false},
	    {"a byte longer", QUEUE_LINE_MAX + 1, 65536, false, false},
	    {"two bytes longer", QUEUE_LINE_MAX + 2, 65536, false, false},
	    {"a byte longer, in one piece", QUEUE_LINE_MAX + 1,
		QUEUE_LINE_MAX + 1000, false, false},
	    {"twice as long", 2 * QUEUE_LINE_MAX + 7, 100003, false, true},
	    {"twice as long, and tried", 2 * QUEUE_LINE_MAX + 7, 100003, true,
		true},
	    {"long, and tried", QUEUE_LINE_MAX, 65536, true, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check_long_line(rows[i].row, rows[i].n, rows[i].step,
		    rows[i].tried, rows[i].cut);
}

/* Its message is known, and yet the listing is not whole. */
static void
test_a_long_line_without_an_end(void **state)
{
	struct counted c;
	struct queue_list l = {.fn = count, .ctx = &c};
	struct span bytes;
	struct buf in;
	char *block;

	(void)state;
	counted_init(&c);
	bytes = long_line(QUEUE_LINE_MAX + 100, false, &block);
	buf_init(&in, HANDS_OUTPUT_MAX);
	buf_append(&in, span_head(bytes, QUEUE_LINE_MAX + 50));
	check_bool("taken", queue_list_take(&l, &in), true);
	check_int("its head is a message", (int64_t)c.messages, 1);
	check_bool("cut off", queue_list_is_whole(&l), false);
	check_bool("nothing waits", buf_len(&in) == 0, true);
	free(block);
	buf_free(&in);
	counted_free(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_long_lines),
	    cmocka_unit_test(test_a_long_line_without_an_end),
	};

	return cmocka_run_group_tests_name(
	    "queue_list_long", tests, NULL, NULL);
}

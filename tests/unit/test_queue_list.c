/* SPDX-License-Identifier: ISC */
#include "tests/unit/sched_support.h"

#include "policyd/ctl/queue_list.h"

#define FRONT(id)                                                              \
	"{\"queue_name\": \"hold\", \"queue_id\": \"" id                       \
	"\", \"arrival_time\": 1000, \"message_size\": 20, "                   \
	"\"forced_expire\": false, "
#define LINE(id, rest) FRONT(id) rest "}\n"
#define SIMPLE(id)                                                             \
	LINE(id,                                                               \
	    "\"sender\": \"a@b\", \"recipients\": [{\"address\": \"c@d\"}]")

/* Told messages, as a text. */
struct told {
	struct script script;
	struct queue_text *text;
	struct buf scratch;
	int left; /* how many may still come; -1: all */
};

static void
print_span(struct script *script, struct span s)
{
	char byte[8];

	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.data[i];

		snprintf(byte, sizeof(byte),
		    c < ' ' || c > '~' ? "\\%02x" : "%c", c);
		script_add(script, byte);
	}
}

static bool
on_message(void *ctx, const struct qmsg *msg, struct span line)
{
	struct told *t = ctx;
	struct queue_message m;
	char id[QID_SIZE], numbers[64];

	if (t->left == 0) {
		script_add(&t->script, "no more\n");
		return false;
	}
	t->left--;
	assert_true(queue_list_fill(&m, msg, line, t->text, &t->scratch));
	assert_false(m.read || m.unreadable);
	qid_format(&m.id, id);
	snprintf(numbers, sizeof(numbers), " %lld %llu%s <",
	    (long long)m.arrival_s, (unsigned long long)m.size,
	    m.tried ? " tried" : "");
	script_add(&t->script, id);
	script_add(&t->script, numbers);
	print_span(&t->script, m.sender);
	script_add(&t->script, ">");
	for (size_t i = 0; i < m.n_recipients; i++) {
		script_add(&t->script, " ");
		print_span(&t->script, m.recipient[i]);
	}
	script_add(&t->script, "\n");
	return true;
}

static struct told *
told_new(void)
{
	struct told *t = calloc(1, sizeof(*t));

	assert_non_null(t);
	script_add(&t->script, "");
	t->text = queue_text_new();
	buf_init(&t->scratch, QUEUE_LINE_MAX);
	t->left = -1;
	return t;
}

static void
told_free(struct told *t)
{
	queue_text_free(t->text);
	buf_free(&t->scratch);
	free(t);
}

/* Feeds bytes in pieces of step; what is left over, and odd lines, are told. */
static const char *
feed(struct told *t, struct queue_list *l, struct span bytes, size_t step)
{
	char end[64];
	struct buf in;
	bool more = true;

	*l = (struct queue_list){.fn = on_message, .ctx = t};
	t->script.used = 0;
	script_add(&t->script, "");
	buf_init(&in, HANDS_OUTPUT_MAX);
	while (more && bytes.len > 0) {
		size_t n = step < bytes.len ? step : bytes.len;

		assert_true(buf_append(&in, span_head(bytes, n)));
		bytes = span_skip(bytes, n);
		more = queue_list_take(l, &in);
	}
	buf_free(&in);
	snprintf(end, sizeof(end), "odd=%llu%s%s\n", (unsigned long long)l->odd,
	    l->stopped ? " stopped" : "", queue_list_is_whole(l) ? "" : " cut");
	script_add(&t->script, end);
	return t->script.text;
}

static void
test_lines(void **state)
{
	static const struct {
		const char *row;
		const char *bytes;
		const char *want;
	} rows[] = {
	    {"nothing", "", "odd=0\n"},
	    {"a message", SIMPLE("ABCDEF"),
		"ABCDEF 1000 20 <a@b> c@d\nodd=0\n"},
	    {"two", SIMPLE("ABCDEF") SIMPLE("GHIJKL"),
		"ABCDEF 1000 20 <a@b> c@d\nGHIJKL 1000 20 <a@b> c@d\nodd=0\n"},
	    {"in another queue",
		"{\"queue_name\": \"deferred\", \"queue_id\": \"ABCDEF\", "
		"\"arrival_time\": 1, \"message_size\": 2}\n",
		"odd=0\n"},
	    {"in a queue of a longer name",
		"{\"queue_name\": \"holder\", \"queue_id\": \"ABCDEF\", "
		"\"arrival_time\": 1, \"message_size\": 2}\n",
		"odd=0\n"},
	    {"no file of Postfix's", SIMPLE("core"), "odd=0\n"},
	    {"empty sender", LINE("ABCDEF", "\"sender\": \"\""),
		"ABCDEF 1000 20 <>\nodd=0\n"},
	    {"members in another order",
		"{\"recipients\": [{\"address\": \"c@d\"}], \"sender\": "
		"\"a@b\", \"message_size\": 2, \"arrival_time\": 1, "
		"\"queue_id\": \"ABCDEF\", \"queue_name\": \"hold\"}\n",
		"ABCDEF 1 2 <a@b> c@d\nodd=0\n"},
	    {"new members",
		LINE("ABCDEF",
		    "\"x\": {\"sender\": \"no\"}, \"sender\": \"a@b\", "
		    "\"recipients\": [{\"orig_address\": \"n@o\", \"address\": "
		    "\"c@d\", \"x\": []}, {\"address\": \"e@f\"}]"),
		"ABCDEF 1000 20 <a@b> c@d e@f\nodd=0\n"},
	    {"tried",
		LINE("ABCDEF",
		    "\"recipients\": [{\"address\": \"c@d\", "
		    "\"delay_reason\": \"x\"}]"),
		"ABCDEF 1000 20 tried <> c@d\nodd=0\n"},
	    {"escapes",
		LINE("ABCDEF",
		    "\"sender\": \"a\\\"\\\\\\n\\u0000\\u00e9@b\", "
		    "\"recipients\": [{\"address\": "
		    "\"\\ud83d\\ude00\\u001b[31m@d\"}]"),
		"ABCDEF 1000 20 <a\"\\\\0a\\00\\c3\\a9@b> "
		"\\f0\\9f\\98\\80\\1b[31m@d\nodd=0\n"},
	    {"bytes that are no UTF-8",
		LINE("ABCDEF", "\"sender\": \"a\xff\x1b@b\""),
		"ABCDEF 1000 20 <a\\ff\\1b@b>\nodd=0\n"},
	    {"an escape that is none",
		LINE("ABCDEF", "\"sender\": \"a\\q\\n@b\""),
		"ABCDEF 1000 20 <a\\q\\n@b>\nodd=0\n"},
	    {"a sender that is no text", LINE("ABCDEF", "\"sender\": 5"),
		"ABCDEF 1000 20 <>\nodd=0\n"},
	    {"recipients that are none",
		LINE("ABCDEF", "\"recipients\": [5, {}, {\"address\": 5}, []]"),
		"ABCDEF 1000 20 <>    \nodd=0\n"},
	    {"recipients that are no list", LINE("ABCDEF", "\"recipients\": 5"),
		"ABCDEF 1000 20 <>\nodd=0\n"},
	    {"no JSON", "postqueue: warning\n" SIMPLE("ABCDEF"),
		"ABCDEF 1000 20 <a@b> c@d\nodd=1\n"},
	    {"an empty line", "\n", "odd=1\n"},
	    {"no id", "{\"queue_name\": \"hold\"}\n", "odd=1\n"},
	    {"cut off", SIMPLE("ABCDEF") "{\"queue_name\": \"ho",
		"ABCDEF 1000 20 <a@b> c@d\nodd=0 cut\n"},
	    {"cut off before its end", FRONT("ABCDEF") "\"sender\": \"a\"}",
		"odd=0 cut\n"},
	};
	struct told *t = told_new();
	struct queue_list l;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		for (size_t step = 1; step < 200; step += step + 1)
			check_string(rows[i].row,
			    feed(t, &l, span_str(rows[i].bytes), step),
			    rows[i].want);
	told_free(t);
}

static void
test_who_is_told_may_stop(void **state)
{
	static const char bytes[] =
	    SIMPLE("ABCDEF") SIMPLE("GHIJKL") SIMPLE("MNOPQR");
	struct told *t = told_new();
	struct queue_list l;

	(void)state;
	t->left = 1;
	check_string("the second stops", feed(t, &l, span_str(bytes), 1000),
	    "ABCDEF 1000 20 <a@b> c@d\nno more\nodd=0 stopped\n");
	told_free(t);
}

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
	struct told *told;
};

static bool
count(void *ctx, const struct qmsg *msg, struct span line)
{
	struct counted *c = ctx;
	struct queue_message m;

	assert_true(line.len <= QUEUE_LINE_MAX);
	assert_true(
	    queue_list_fill(&m, msg, line, c->told->text, &c->told->scratch));
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
	struct counted c = {.told = told_new()};
	struct queue_list l = {.fn = count, .ctx = &c};
	struct span bytes;
	struct buf in;
	char *block;

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
	told_free(c.told);
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
	struct counted c = {.told = told_new()};
	struct queue_list l = {.fn = count, .ctx = &c};
	struct span bytes;
	struct buf in;
	char *block;

	(void)state;
	bytes = long_line(QUEUE_LINE_MAX + 100, false, &block);
	buf_init(&in, HANDS_OUTPUT_MAX);
	buf_append(&in, span_head(bytes, QUEUE_LINE_MAX + 50));
	check_bool("taken", queue_list_take(&l, &in), true);
	check_int("its head is a message", (int64_t)c.messages, 1);
	check_bool("cut off", queue_list_is_whole(&l), false);
	check_bool("nothing waits", buf_len(&in) == 0, true);
	free(block);
	buf_free(&in);
	told_free(c.told);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lines),
	    cmocka_unit_test(test_who_is_told_may_stop),
	    cmocka_unit_test(test_long_lines),
	    cmocka_unit_test(test_a_long_line_without_an_end),
	};

	return cmocka_run_group_tests_name("queue_list", tests, NULL, NULL);
}

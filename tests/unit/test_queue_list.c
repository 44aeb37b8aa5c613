/* SPDX-License-Identifier: ISC */
#include "tests/unit/queue_list_support.h"

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lines),
	    cmocka_unit_test(test_who_is_told_may_stop),
	};

	return cmocka_run_group_tests_name("queue_list", tests, NULL, NULL);
}

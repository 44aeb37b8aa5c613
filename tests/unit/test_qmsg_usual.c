/* SPDX-License-Identifier: ISC */
/*
 * The quick reader of listing lines beside the general one, which is the truth:
 * what the quick one reads, the other reads with the same result.
 */
#include "tests/unit/sched_support.h"

#include "policyd/sched/qmsg.h"

enum {
	LINE_SIZE = 4096,
	LINES = 20000, /* made by dice */
	CHANGES = 8, /* of each, most with several bytes */
	USUAL_PERCENT = 30, /* of changed lines, at least */
};

#define HEAD                                                                   \
	"{\"queue_name\": \"hold\", \"queue_id\": \"4jTzLm0dVFz7WRq\", "       \
	"\"arrival_time\": 1795000000, \"message_size\": 359, "
#define FRONT HEAD "\"forced_expire\": false, \"sender\": \"\", "
#define TO    "{\"address\": \"ben@sink.test\"}"
#define TRIED "{\"address\": \"ben@sink.test\", \"delay_reason\": \"busy\"}"

/* Both read it, or only the general one. Returns whether the quick one did. */
static bool
check_same(const char *row, struct span line)
{
	struct span in = exact_copy(line);
	struct qmsg quick, truth;
	bool usual = qmsg_parse_usual(in, &quick);
	bool any = qmsg_parse_any(in, false, &truth);

	if (usual && any) {
		check_span(row, quick.queue_name, truth.queue_name);
		check_bool(row, quick.odd_id, truth.odd_id);
		check_bool(row, qid_equal(&quick.id, &truth.id), true);
		check_int(row, quick.arrival_s, truth.arrival_s);
		check_int(row, (int64_t)quick.size, (int64_t)truth.size);
		check_bool(row, quick.tried, truth.tried);
	} else if (usual) {
		check_bool(row, usual, any);
	}
	exact_free(in);
	return usual;
}

static const struct {
	const char *row;
	const char *line;
	bool usual;
	bool tried;
} lines[] = {
    {"a line of postqueue", FRONT "\"recipients\": [" TO "]}", true, false},
    {"some recipients", FRONT "\"recipients\": [" TO ", " TO ", " TO "]}", true,
	false},
    {"a tried one", FRONT "\"recipients\": [" TO ", " TRIED "]}", true, true},
    {"the members of 3.12",
	FRONT "\"recipients\": [{\"address\": \"a\", \"orig_address\": \"b\", "
	      "\"bounce_reason\": \"c\", \"other_reason\": \"d\"}]}",
	true, false},
    {"those, tried",
	FRONT "\"recipients\": [{\"address\": \"a\", \"orig_address\": \"b\", "
	      "\"delay_reason\": \"c\"}]}",
	true, true},
    {"an address with escaped quotes",
	FRONT "\"recipients\": [{\"address\": \"\\\"a \\\\\\\" b\\\"@c\"}]}",
	true, false},
    {"an address that ends with a backslash",
	FRONT "\"recipients\": [{\"address\": \"a\\\\\"}]}", true, false},
    {"an address that tells of a delay",
	FRONT "\"recipients\": [{\"address\": "
	      "\"\\\"}, {\\\"delay_reason\\\": \\\"x\\\"\"}]}",
	true, false},
    {"an address that is the word",
	FRONT "\"recipients\": [{\"address\": \"delay_reason\"}]}", true,
	false},
    {"a member whose value is the word",
	FRONT "\"recipients\": [{\"address\": \"a\", "
	      "\"other_reason\": \"delay_reason\"}]}",
	true, false},
    {"a member that begins like it",
	FRONT "\"recipients\": [{\"address\": \"a\", "
	      "\"delay_reasons\": \"b\"}]}",
	true, false},
    {"the word with an escape",
	FRONT "\"recipients\": [{\"address\": \"a\", "
	      "\"delay_reaso\\u006e\": \"b\"}]}",
	true, false},
    {"another queue",
	"{\"queue_name\": \"deferred\", \"queue_id\": \"C5A28A72512\", "
	"\"arrival_time\": 1, \"message_size\": 0, \"forced_expire\": false, "
	"\"sender\": \"a\", \"recipients\": [" TRIED "]}",
	true, true},
    {"that is expired by force",
	HEAD "\"forced_expire\": true, \"sender\": \"\", "
	     "\"recipients\": [" TO "]}",
	false, false},
    {"a blank behind", FRONT "\"recipients\": [" TO "]} ", false, false},
    {"a member behind", FRONT "\"recipients\": [" TO "], \"a\": 1}", false,
	false},
    {"no recipients", FRONT "\"recipients\": []}", false, false},
    {"a number in a recipient",
	FRONT "\"recipients\": [{\"address\": \"a\", \"delay_reason\": 1}]}",
	false, true},
};

static void
the_usual_lines_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		struct span line = span_str(lines[i].line);
		struct qmsg msg;

		check_bool(lines[i].row, check_same(lines[i].row, line),
		    lines[i].usual);
		check_bool(
		    lines[i].row, qmsg_parse_any(line, false, &msg), true);
		check_bool(lines[i].row, msg.tried, lines[i].tried);
		check_bool(lines[i].row, qmsg_parse(line, false, &msg), true);
		check_bool(lines[i].row, msg.tried, lines[i].tried);
	}
}

static const struct {
	const char *row;
	const char *number;
	bool usual;
} numbers[] = {
    {"zero", "0", true},
    {"leading zeros", "007", true},
    {"7 digits", "1234567", true},
    {"8 digits", "12345678", true},
    {"9 digits", "123456789", true},
    {"9 digits with zeros at the end", "100000000", true},
    {"15 digits", "987654321098765", true},
    {"16 digits, more than there usually are", "9876543210987654", false},
    {"19 digits, which may be too much", "9223372036854775807", false},
    {"19 digits, which are too much", "9223372036854775808", false},
    {"none", "", false},
    {"minus one", "-1", false},
    {"a fraction", "1.5", false},
    {"a blank in front", " 1", false},
};

static void
numbers_are_read_up_to_15_digits(void **state)
{
	char text[LINE_SIZE];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(numbers); i++) {
		snprintf(text, sizeof(text),
		    "{\"queue_name\": \"hold\", \"queue_id\": \"ABCDEF\", "
		    "\"arrival_time\": %s, \"message_size\": %s, "
		    "\"forced_expire\": false, \"sender\": \"\", "
		    "\"recipients\": [" TO "]}",
		    numbers[i].number, numbers[i].number);
		check_bool(numbers[i].row,
		    check_same(numbers[i].row, span_str(text)),
		    numbers[i].usual);
	}
}

static void
queue_ids_are_read_within_their_limits(void **state)
{
	static const char digits[] = "4jTzLm0dVFz7WRqABCDEFGHIJ0123456789";
	char text[LINE_SIZE];

	(void)state;
	for (int n = 0; n <= QID_MAX + 1; n++) {
		snprintf(text, sizeof(text),
		    "{\"queue_name\": \"hold\", \"queue_id\": \"%.*s\", "
		    "\"arrival_time\": 1, \"message_size\": 2, "
		    "\"forced_expire\": false, \"sender\": \"\", "
		    "\"recipients\": [" TO "]}",
		    n, digits);
		check_int("digits", check_same(text, span_str(text)),
		    n >= QID_MIN && n <= QID_MAX);
	}
}

static void
every_prefix_is_left_to_the_other(void **state)
{
	struct span line =
	    span_str(FRONT "\"recipients\": [" TRIED ", " TO "]}");

	(void)state;
	for (size_t n = 0; n < line.len; n++)
		check_bool("a prefix",
		    check_same("a prefix", span_head(line, n)), false);
	check_bool("all of it", check_same("all of it", line), true);
}

static void
every_changed_byte_gives_the_same(void **state)
{
	static const char whole[] = FRONT "\"recipients\": [" TRIED "]}";
	char bytes[sizeof(whole)];

	(void)state;
	for (size_t at = 0; at < sizeof(whole) - 1; at++) {
		memcpy(bytes, whole, sizeof(bytes));
		for (int c = 0; c < 256; c++) {
			bytes[at] = (char)c;
			check_same(bytes, span_of(bytes, sizeof(whole) - 1));
		}
	}
}

/* Postfix's own, from 3.7. */
static void
a_real_listing_is_usual(void **state)
{
	struct span listing = read_data("postqueue/listing.json");
	struct span rest = listing, line;

	(void)state;
	while (span_cut(&rest, '\n', &line))
		check_bool("a line", check_same("a line", line), true);
	exact_free(listing);
	listing = read_data("postqueue/long_id.json");
	listing.len--;
	check_bool("a long id", check_same("a long id", listing), true);
	listing.len++;
	exact_free(listing);
}

/* Lines made of what lines are made of. */

struct maker {
	char text[LINE_SIZE];
	size_t used;
	struct dice dice;
};

static void
put(struct maker *m, const char *text)
{
	size_t n = strlen(text);

	if (n >= sizeof(m->text) - m->used)
		return;
	memcpy(m->text + m->used, text, n + 1);
	m->used += n;
}

static void
put_one_of(struct maker *m, const char *const *texts, uint32_t n)
{
	put(m, texts[dice_below(&m->dice, n)]);
}

static void
put_string(struct maker *m)
{
	static const char *const parts[] = {"ann", "@", "sender.test", "\\\"",
	    "\\\\", "delay_reason", ": ", "\\u0041", "{", "}", "[", "]", ", ",
	    "\\\"delay_reason\\\": ", "\xc3\xa9"};
	uint32_t n = dice_below(&m->dice, 6);

	put(m, "\"");
	while (n-- > 0)
		put_one_of(m, parts, COUNT_OF(parts));
	put(m, "\"");
}

static void
put_recipient(struct maker *m)
{
	static const char *const names[] = {", \"delay_reason\": ",
	    ", \"orig_address\": ", ", \"other_reason\": ", ", \"\": "};
	uint32_t n = dice_below(&m->dice, 3);

	put(m, "{\"address\": ");
	put_string(m);
	while (n-- > 0) {
		put_one_of(m, names, COUNT_OF(names));
		put_string(m);
	}
	put(m, "}");
}

static void
put_number(struct maker *m)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu",
	    (unsigned long long)(dice_throw(&m->dice) >>
		(4 + dice_below(&m->dice, 60))));
	put(m, text);
}

static void
make_line(struct maker *m)
{
	static const char *const queues[] = {"\"hold\"", "\"hold\"", "\"hole\"",
	    "\"deferred\"", "\"active\"", "\"hold\\\"\""};
	static const char *const ids[] = {
	    "C5A28A72512", "4jTzLm0dVFz7WRq", "ABCDEF", "ABCDE", "OLD_8CFA"};
	uint32_t n = 1 + dice_below(&m->dice, 4);

	m->used = 0;
	put(m, "{\"queue_name\": ");
	put_one_of(m, queues, COUNT_OF(queues));
	put(m, ", \"queue_id\": \"");
	put_one_of(m, ids, COUNT_OF(ids));
	put(m, "\", \"arrival_time\": ");
	put_number(m);
	put(m, ", \"message_size\": ");
	put_number(m);
	put(m, ", \"forced_expire\": false, \"sender\": ");
	put_string(m);
	put(m, ", \"recipients\": [");
	for (uint32_t i = 0; i < n; i++) {
		put(m, i > 0 ? ", " : "");
		put_recipient(m);
	}
	put(m, "]}");
}

/* One byte becomes another, is gone, or comes twice; or the line is cut. */
static void
change_line(struct maker *m)
{
	static const char bytes[] = "\"\"\"\\\\{}[],: 0aA\t";
	size_t at = dice_below(&m->dice, (uint32_t)m->used);
	char *byte = m->text + at;

	switch (dice_below(&m->dice, 8)) {
	case 0:
		memmove(byte, byte + 1, m->used - at);
		m->used--;
		break;
	case 1:
		if (m->used + 1 < sizeof(m->text))
			memmove(byte + 1, byte, ++m->used - at);
		break;
	case 2:
		m->used = at + 1;
		break;
	default:
		*byte = bytes[dice_below(&m->dice, sizeof(bytes) - 1)];
		break;
	}
}

static void
lines_made_by_dice_give_the_same(void **state)
{
	struct maker m = {.dice = {UINT64_C(7)}};
	size_t whole = 0, changed = 0;

	(void)state;
	for (int i = 0; i < LINES; i++) {
		make_line(&m);
		m.text[m.used] = '\0';
		whole += check_same(m.text, span_of(m.text, m.used));
		for (int n = 0; n < CHANGES && m.used > 1; n++) {
			change_line(&m);
			m.text[m.used] = '\0';
			changed += check_same(m.text, span_of(m.text, m.used));
		}
	}
	/* Else this has compared nothing. */
	assert_true(whole > LINES * USUAL_PERCENT / 100);
	assert_true(changed > LINES * CHANGES / 100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_usual_lines_are_read),
	    cmocka_unit_test(numbers_are_read_up_to_15_digits),
	    cmocka_unit_test(queue_ids_are_read_within_their_limits),
	    cmocka_unit_test(every_prefix_is_left_to_the_other),
	    cmocka_unit_test(every_changed_byte_gives_the_same),
	    cmocka_unit_test(a_real_listing_is_usual),
	    cmocka_unit_test(lines_made_by_dice_give_the_same),
	};

	return cmocka_run_group_tests_name("qmsg_usual", tests, NULL, NULL);
}

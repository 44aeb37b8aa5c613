/* SPDX-License-Identifier: ISC */
#include "tests/unit/sched_support.h"

#include "policyd/sched/wire.h"

static const struct {
	const char *row;
	enum sweep_verb verb;
	const char *ids[4];
	const char *want;
} written[] = {
    {"a listing", SWEEP_LIST, {NULL}, "L"},
    {"one id to read", SWEEP_READ, {"C5A28A72512"}, "RC5A28A72512\n"},
    {"three ids to read", SWEEP_READ,
	{"AAAAAA", "4jX5N05nJXz1bYjt", "01234567890123456789012345678901"},
	"RAAAAAA\n4jX5N05nJXz1bYjt\n01234567890123456789012345678901\n"},
    {"two ids to release", SWEEP_RELEASE, {"C5A28A72512", "D3B8AA72534"},
	"HC5A28A72512\nD3B8AA72534\n"},
    {"an id to requeue", SWEEP_REQUEUE, {"C5A28A72512"}, "QC5A28A72512\n"},
    {"a kick for qmgr", SWEEP_KICK_QMGR, {NULL}, "q"},
    {"a kick for pickup", SWEEP_KICK_PICKUP, {NULL}, "p"},
};

static void
requests_come_back_as_they_were_written(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(written); i++) {
		const char *row = written[i].row;
		struct qid ids[4];
		struct sweep_command command = {
		    .verb = written[i].verb, .ids = ids};
		struct wire_request request;
		struct span message;
		struct buf out;

		while (command.n < 4 && written[i].ids[command.n] != NULL) {
			ids[command.n] = qid_of(written[i].ids[command.n]);
			command.n++;
		}
		buf_init(&out, WIRE_MAX);
		check_bool(row, wire_put_request(&out, &command), true);
		check_span(row, buf_span(&out), span_str(written[i].want));
		message = exact_copy(buf_span(&out));
		check_bool(row, wire_get_request(message, &request), true);
		check_int(row, request.verb, written[i].verb);
		check_int(row, (int64_t)request.n_ids, (int64_t)command.n);
		check_span(row, request.ids, span_str(written[i].want + 1));
		exact_free(message);
		buf_free(&out);
	}
}

#define ID31 "0123456789012345678901234567890"

static const struct {
	const char *row;
	struct span message;
	bool want;
} requests[] = {
    {"an id of six characters", SPAN("RABCDEF\n"), true},
    {"an id of five", SPAN("RABCDE\n"), false},
    {"an id of 32", SPAN("R" ID31 "A\n"), true},
    {"an id of 33", SPAN("R" ID31 "AB\n"), false},
    {"the same id twice", SPAN("HABCDEF\nABCDEF\n"), true},
    {"nothing", {"", 0}, false},
    {"nothing at all", {NULL, 0}, false},
    {"no verb", SPAN("ABCDEF\n"), false},
    {"an unknown verb", SPAN("DABCDEF\n"), false},
    {"a verb in another case", SPAN("l"), false},
    {"a NUL as the verb", SPAN("\0"), false},
    {"postsuper's word for every message", SPAN("HALL\n"), false},
    {"that word behind an id", SPAN("HABCDEF\nALL\n"), false},
    {"no line end", SPAN("HABCDEF"), false},
    {"no line end behind the second", SPAN("HABCDEF\nABCDEF"), false},
    {"an empty line", SPAN("H\n"), false},
    {"an empty line in front", SPAN("H\nABCDEF\n"), false},
    {"an empty line behind", SPAN("HABCDEF\n\n"), false},
    {"a carriage return", SPAN("HABCDEF\r\n"), false},
    {"a blank behind an id", SPAN("HABCDEF \n"), false},
    {"a blank in front", SPAN("H ABCDEF\n"), false},
    {"ids parted by a blank", SPAN("HABCDEF ABCDEF\n"), false},
    {"an option", SPAN("R-v1234\n"), false},
    {"a path", SPAN("R../../../etc/passwd\n"), false},
    {"a NUL in an id", SPAN("HABC\0DEF\n"), false},
    {"a NUL behind an id", SPAN("HABCDEF\0\n"), false},
    {"a NUL behind the line", SPAN("HABCDEF\n\0"), false},
    {"a byte that is not ASCII", SPAN("HABCDE\xc4\n"), false},
    {"a listing with an id", SPAN("LABCDEF\n"), false},
    {"a listing with a line end", SPAN("L\n"), false},
    {"a kick with an id", SPAN("qABCDEF\n"), false},
    {"a kick with a letter", SPAN("qW"), false},
    {"the other kick with an id", SPAN("pABCDEF\n"), false},
    {"two verbs", SPAN("qp"), false},
    {"a read without ids", SPAN("R"), false},
    {"a release without ids", SPAN("H"), false},
    {"a requeue without ids", SPAN("Q"), false},
    {"what the runner says", SPAN("SL"), false},
    {"alive", SPAN("A"), true},
    {"files were read", SPAN("S"), true},
    {"files are to be read", SPAN("G"), true},
    {"files are to be read, and more", SPAN("GG"), false},
    {"the end of the read", SPAN("E"), true},
    {"the end of a read of that id", SPAN("EABCDEF\n"), false},
    {"the end of another verb", SPAN("EL"), false},
    {"the end of the read, twice", SPAN("EE"), false},
    {"the end of the read, with a line end", SPAN("E\n"), false},
    {"the end of the read, with a NUL", SPAN("E\0"), false},
    {"the end of the read, behind its verb", SPAN("RE"), false},
    {"the end of the read, in another case", SPAN("e"), false},
    {"the end of the read, and a sign of life", SPAN("EA"), false},
    {"alive, twice", SPAN("AA"), false},
    {"alive, with a line end", SPAN("A\n"), false},
    {"alive, with a NUL", SPAN("A\0"), false},
    {"alive, with an id", SPAN("AABCDEF\n"), false},
    {"alive, behind a verb", SPAN("LA"), false},
    {"alive, in another case", SPAN("a"), false},
};

static void
malformed_requests_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(requests); i++) {
		struct span message = exact_copy(requests[i].message);
		struct wire_request request;

		check_bool(requests[i].row, wire_get_request(message, &request),
		    requests[i].want);
		exact_free(message);
	}
}

static const struct {
	enum wire_ask ask;
	const char *message;
} asks[] = {{WIRE_END_READ, "E"}, {WIRE_ALIVE, "A"}, {WIRE_HAVE_READ, "S"},
    {WIRE_RELOAD, "G"}};

static void
what_is_asked_beside_commands_has_a_letter(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(asks); i++) {
		const char *row = asks[i].message;
		struct wire_request request;
		struct span message;
		struct buf out;

		buf_init(&out, 1);
		check_bool(row, wire_put_ask(&out, asks[i].ask), true);
		check_span(row, buf_span(&out), span_str(row));
		message = exact_copy(buf_span(&out));
		memset(&request, 0xff, sizeof(request));
		check_bool(row, wire_get_request(message, &request), true);
		check_int(row, request.ask, asks[i].ask);
		check_int(row, (int64_t)request.n_ids, 0);
		check_int(row, (int64_t)request.ids.len, 0);
		check_bool(row, wire_put_ask(&out, asks[i].ask), false);
		check_int(row, (int64_t)buf_len(&out), 1); /* it is full */
		exact_free(message);
		buf_free(&out);
	}
}

static void
a_command_is_no_other_ask(void **state)
{
	static const char *const commands[] = {"L", "q", "HABCDEF\n"};
	struct wire_request request;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(commands); i++) {
		memset(&request, 0xff, sizeof(request));
		assert_true(wire_get_request(span_str(commands[i]), &request));
		check_int(commands[i], request.ask, WIRE_COMMAND);
	}
}

/* Reports they are not: only the engine asks. */
static void
an_ask_is_no_report(void **state)
{
	struct wire_report report;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(asks); i++)
		check_bool(asks[i].message,
		    wire_get_report(span_str(asks[i].message), &report), false);
}

/* Every byte instead of every byte: only ids and their line ends get by. */
static void
every_changed_byte_is_judged(void **state)
{
	static const char whole[] = "HABCDEF\nGHIJKL\n";
	char bytes[sizeof(whole) - 1];

	(void)state;
	for (size_t at = 0; at < sizeof(bytes); at++) {
		for (int c = 0; c < 256; c++) {
			struct wire_request request;
			bool want;

			memcpy(bytes, whole, sizeof(bytes));
			bytes[at] = (char)c;
			if (at == 0)
				want = c == 'H' || c == 'R' || c == 'Q';
			else if (whole[at] == '\n')
				want = c == '\n' ||
				    (at == 7 && ascii_is_alnum((char)c));
			else
				want = ascii_is_alnum((char)c);
			assert_int_equal(
			    wire_get_request(
				span_of(bytes, sizeof(bytes)), &request),
			    want);
		}
	}
}

static const struct {
	const char *row;
	char letter;
	size_t n;
	bool want;
} counts[] = {
    {"one id less than the limit", 'H', SWEEP_IDS_MAX - 1, true},
    {"the limit", 'H', SWEEP_IDS_MAX, true},
    {"one id more", 'H', SWEEP_IDS_MAX + 1, false},
    {"the limit to requeue", 'Q', SWEEP_IDS_MAX, true},
    {"one id more to requeue", 'Q', SWEEP_IDS_MAX + 1, false},
    {"one id less to read", 'R', SWEEP_READ_MAX - 1, true},
    {"the limit to read", 'R', SWEEP_READ_MAX, true},
    {"one id more to read", 'R', SWEEP_READ_MAX + 1, false},
};

static void
a_request_has_so_many_ids(void **state)
{
	static char bytes[WIRE_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(counts); i++) {
		struct wire_request request;
		size_t used = 1;

		bytes[0] = counts[i].letter;
		for (size_t n = 0; n < counts[i].n; n++) {
			memcpy(bytes + used, "ABCDEF\n", 7);
			used += 7;
		}
		check_bool(counts[i].row,
		    wire_get_request(span_of(bytes, used), &request),
		    counts[i].want);
	}
}

static void
a_request_has_a_longest_size(void **state)
{
	static char bytes[WIRE_MAX + 8];
	struct wire_request request;

	(void)state;
	memset(bytes, 'A', sizeof(bytes));
	bytes[0] = 'H';
	for (size_t i = 32; i < sizeof(bytes); i += 32)
		bytes[i] = '\n';
	assert_false(wire_get_request(span_of(bytes, WIRE_MAX), &request));
	bytes[WIRE_MAX - 1] = '\n';
	assert_true(wire_get_request(span_of(bytes, WIRE_MAX), &request));
	assert_int_equal(request.ids.len, WIRE_MAX - 1);
	assert_false(wire_get_request(span_of(bytes, WIRE_MAX + 1), &request));
}

/* The longest command that sweep() makes fits into a message. */
static void
what_fits_no_message_is_not_written(void **state)
{
	static struct qid ids[SWEEP_IDS_MAX];
	struct sweep_command command = {.verb = SWEEP_RELEASE, .ids = ids};
	struct buf out;

	(void)state;
	for (size_t i = 0; i < SWEEP_IDS_MAX; i++)
		ids[i] = qid_of(ID31 "A");
	buf_init(&out, WIRE_MAX);
	command.n = SWEEP_IDS_BYTES / QID_SIZE;
	assert_true(wire_put_request(&out, &command));
	buf_clear(&out);
	command.n = SWEEP_IDS_MAX;
	assert_false(wire_put_request(&out, &command));
	buf_free(&out);
}

#define POSTFIX(life, bounce, safe, active)                                    \
	.tell = WIRE_POSTFIX,                                                  \
	.postfix = {                                                           \
	    .queue_lifetime_s = (life),                                        \
	    .bounce_lifetime_s = (bounce),                                     \
	    .requeue_safe = (safe),                                            \
	    .active_limit = (active),                                          \
	}

static const struct {
	const char *want;
	struct wire_report report;
} reports[] = {
    {"SL", {.tell = WIRE_STARTED, .verb = SWEEP_LIST}},
    {"SR", {.tell = WIRE_STARTED, .verb = SWEEP_READ}},
    {"XH0", {.tell = WIRE_ENDED, .verb = SWEEP_RELEASE}},
    {"XQ137", {.tell = WIRE_ENDED, .verb = SWEEP_REQUEUE, .number = 137}},
    {"Xq1", {.tell = WIRE_ENDED, .verb = SWEEP_KICK_QMGR, .number = 1}},
    {"Fp11",
	{.tell = WIRE_NOT_STARTED, .verb = SWEEP_KICK_PICKUP, .number = 11}},
    {"P432000 86400 1 20000", {POSTFIX(432000, 86400, true, 20000)}},
    {"P0 0 0 0", {POSTFIX(0, 0, false, 0)}},
    {"P9223372036854775807 1 0 2147483647",
	{POSTFIX(INT64_MAX, 1, false, INT32_MAX)}},
    {"O1 2", {.tell = WIRE_NOT_OPENED, .file = WIRE_HAS_SETTINGS, .number = 2}},
    {"O2 13", {.tell = WIRE_NOT_OPENED, .file = WIRE_HAS_RULES, .number = 13}},
    {"C0", {.tell = WIRE_SETTINGS}},
    {"C1", {.tell = WIRE_SETTINGS, .number = WIRE_HAS_SETTINGS}},
    {"C2", {.tell = WIRE_SETTINGS, .number = WIRE_HAS_RULES}},
    {"C3",
	{.tell = WIRE_SETTINGS, .number = WIRE_HAS_SETTINGS | WIRE_HAS_RULES}},
    {"N", {.tell = WIRE_NEWS}},
    {"T", {.tell = WIRE_STOP}},
};

static void
reports_come_back_as_they_were_written(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(reports); i++) {
		const struct wire_report *r = &reports[i].report;
		const char *row = reports[i].want;
		struct wire_report got;
		struct span message;
		struct buf out;

		buf_init(&out, WIRE_MAX);
		check_bool(row, wire_put_report(&out, r), true);
		check_span(row, buf_span(&out), span_str(row));
		message = exact_copy(buf_span(&out));
		check_bool(row, wire_get_report(message, &got), true);
		check_int(row, got.tell, r->tell);
		check_int(row, got.verb, r->verb);
		check_int(row, got.number, r->number);
		check_int(row, got.file, r->file);
		check_int(row, got.postfix.queue_lifetime_s,
		    r->postfix.queue_lifetime_s);
		check_int(row, got.postfix.bounce_lifetime_s,
		    r->postfix.bounce_lifetime_s);
		check_bool(
		    row, got.postfix.requeue_safe, r->postfix.requeue_safe);
		check_int(
		    row, got.postfix.active_limit, r->postfix.active_limit);
		exact_free(message);
		buf_free(&out);
	}
}

static const struct {
	const char *row;
	struct span message;
} bad_reports[] = {
    {"nothing", {"", 0}},
    {"an unknown word", SPAN("Z")},
    {"no verb", SPAN("S")},
    {"an unknown verb", SPAN("SZ")},
    {"started, and more", SPAN("SL0")},
    {"ended without a code", SPAN("XL")},
    {"ended with no number", SPAN("XLx")},
    {"ended with a negative code", SPAN("XL-1")},
    {"ended with a code beyond 2^31", SPAN("XL2147483648")},
    {"ended with a line end", SPAN("XL0\n")},
    {"ended without a verb", SPAN("X0")},
    {"not started without a number", SPAN("FL")},
    {"three numbers of Postfix", SPAN("P1 2 1")},
    {"five numbers of Postfix", SPAN("P1 2 1 1 1")},
    {"a negative lifetime", SPAN("P-1 2 0 1")},
    {"a lifetime beyond 2^63", SPAN("P9223372036854775808 2 0 1")},
    {"neither safe nor unsafe", SPAN("P1 2 2 1")},
    {"a negative active limit", SPAN("P1 2 1 -1")},
    {"an active limit beyond 2^31", SPAN("P1 2 1 2147483648")},
    {"no numbers of Postfix", SPAN("P")},
    {"a file that is not open, and no errno", SPAN("O1")},
    {"and an empty errno", SPAN("O1 ")},
    {"and another word", SPAN("O1 2 3")},
    {"both files are not open", SPAN("O3 2")},
    {"no file is not open", SPAN("O0 2")},
    {"a third file is not open", SPAN("O4 2")},
    {"an errno below 0", SPAN("O1 -2")},
    {"settings without a number", SPAN("C")},
    {"settings with a letter", SPAN("Cx")},
    {"settings, rules, and a third file", SPAN("C4")},
    {"settings of all bits", SPAN("C2147483647")},
    {"news, and more", SPAN("N1")},
    {"stop, and more", SPAN("T0")},
    {"a NUL", SPAN("T\0")},
    {"what the engine says", SPAN("HABCDEF\n")},
};

static void
malformed_reports_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad_reports); i++) {
		struct span message = exact_copy(bad_reports[i].message);
		struct wire_report report;

		check_bool(bad_reports[i].row,
		    wire_get_report(message, &report), false);
		exact_free(message);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(requests_come_back_as_they_were_written),
	    cmocka_unit_test(malformed_requests_are_refused),
	    cmocka_unit_test(what_is_asked_beside_commands_has_a_letter),
	    cmocka_unit_test(a_command_is_no_other_ask),
	    cmocka_unit_test(an_ask_is_no_report),
	    cmocka_unit_test(every_changed_byte_is_judged),
	    cmocka_unit_test(a_request_has_so_many_ids),
	    cmocka_unit_test(a_request_has_a_longest_size),
	    cmocka_unit_test(what_fits_no_message_is_not_written),
	    cmocka_unit_test(reports_come_back_as_they_were_written),
	    cmocka_unit_test(malformed_reports_are_refused),
	};

	return cmocka_run_group_tests_name("wire", tests, NULL, NULL);
}

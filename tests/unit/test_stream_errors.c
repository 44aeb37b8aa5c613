/* SPDX-License-Identifier: ISC */
/*
 * What commands say on their standard error.
 */
#include "tests/unit/sweep_support.h"

#include "policyd/stream.h"

static void
feed(struct stream_errors *e, struct span bytes, bool confirms, struct sim *sim)
{
	char *room = stream_errors_room(e);

	assert_true(room != NULL && bytes.len <= STREAM_READ_SIZE);
	if (bytes.len > 0)
		memcpy(room, bytes.data, bytes.len);
	stream_errors_take(e, bytes.len, confirms, &sim->sweep, &sim->now);
}

/* A message that is being released, under an id of the captures. */
static struct sim *
releasing(const char *id)
{
	struct sim *sim = sim_open("sweep_interval = 1h");

	sim_add(sim, 10)->id = qid_of(id);
	sim_learn(sim);
	sim_pass(sim, 10 * SEC);
	sim_expect(sim, SWEEP_RELEASE);
	return sim;
}

static const struct {
	const char *row;
	struct span text;
	bool confirms;
	unsigned released;
} departures[] = {
    {"released", SPAN("postsuper: AAAAAA: released from hold\n"), true, 1},
    {"requeued", SPAN("postsuper: AAAAAA: requeued\n"), true, 1},
    {"told twice",
	SPAN("postsuper: AAAAAA: requeued\npostsuper: AAAAAA: requeued\n"),
	true, 1},
    {"by a command that releases nothing",
	SPAN("postsuper: AAAAAA: released from hold\n"), false, 0},
    {"another message", SPAN("postsuper: BBBBBB: released from hold\n"), true,
	0},
    {"put on hold", SPAN("postsuper: AAAAAA: placed on hold\n"), true, 0},
    {"removed", SPAN("postsuper: AAAAAA: removed\n"), true, 0},
    {"the sum", SPAN("postsuper: Released from hold: 1 message\n"), true, 0},
    {"another program", SPAN("postcat: AAAAAA: released from hold\n"), true, 0},
    {"a program in a folder",
	SPAN("/x/postsuper: AAAAAA: released from hold\n"), true, 0},
    {"a warning about it",
	SPAN("postsuper: warning: AAAAAA: released from hold\n"), true, 0},
    {"a word more", SPAN("postsuper: AAAAAA: released from hold not\n"), true,
	0},
    {"a carriage return", SPAN("postsuper: AAAAAA: released from hold\r\n"),
	true, 0},
    {"a NUL", SPAN("postsuper: AAAAAA\0: released from hold\n"), true, 0},
    {"no line end", SPAN("postsuper: AAAAAA: released from hold"), true, 0},
    {"nothing", {"", 0}, true, 0},
};

static void
departures_are_told_from_other_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(departures); i++) {
		struct sim *sim = releasing("AAAAAA");
		struct stream_errors e;

		stream_errors_init(&e);
		feed(&e, departures[i].text, departures[i].confirms, sim);
		check_int(
		    departures[i].row, sim->released, departures[i].released);
		stream_errors_free(&e);
		sim_close(sim);
	}
}

/* Real words of postsuper; the first message of each is the one in question. */
static const char *const captures[] = {
    "postsuper/release.txt", "postsuper/requeue.txt"};

static void
real_departures_are_understood_at_every_split(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(captures); i++) {
		struct span text = read_data(captures[i]);
		struct span id = span_skip(text, strlen("postsuper: "));
		char name[QID_SIZE];

		assert_true(span_to_string(span_head(id, 11), name, 12));
		for (size_t at = 0; at <= text.len; at++) {
			struct sim *sim = releasing(name);
			struct stream_errors e;

			stream_errors_init(&e);
			feed(&e, span_head(text, at), true, sim);
			feed(&e, span_skip(text, at), true, sim);
			check_int(captures[i], sim->released, 1);
			stream_errors_free(&e);
			sim_close(sim);
		}
		exact_free(text);
	}
}

static const struct {
	const char *row;
	struct span text;
	const char *want;
} complaints[] = {
    {"a line", SPAN("postcat: fatal: no\n"), "postcat: fatal: no"},
    {"the last of two", SPAN("one\ntwo\n"), "two"},
    {"one that is not finished does not count", SPAN("one\ntw"), "one"},
    {"bytes that are no text", SPAN("a\x1b[31m\xff\0b\n"), "a?[31m??b"},
    {"nothing", {"", 0}, ""},
    {"an empty line", SPAN("one\n\n"), ""},
};

static void
the_last_complaint_is_kept_printable(void **state)
{
	struct sim *sim = sim_open("");
	struct stream_errors e;

	(void)state;
	stream_errors_init(&e);
	for (size_t i = 0; i < COUNT_OF(complaints); i++) {
		stream_errors_reset(&e);
		feed(&e, complaints[i].text, false, sim);
		check_string(complaints[i].row, e.last, complaints[i].want);
	}
	stream_errors_free(&e);
	sim_close(sim);
}

static const struct {
	const char *row;
	struct span text;
	bool want;
} downs[] = {
    {"postqueue's warning",
	SPAN("postqueue: warning: Mail system is down -- accessing queue "
	     "directly\n"),
	true},
    {"in front of others",
	SPAN("postqueue: warning: Mail system is down -- accessing queue "
	     "directly\npostqueue: warning: x\n"),
	true},
    {"another warning", SPAN("postqueue: warning: Mail system is up\n"), false},
    {"its front", SPAN("postqueue: warning: Mail system is\n"), false},
    {"nothing", {"", 0}, false},
};

static void
postfix_is_known_to_be_down(void **state)
{
	struct sim *sim = sim_open("");
	struct stream_errors e;

	(void)state;
	stream_errors_init(&e);
	for (size_t i = 0; i < COUNT_OF(downs); i++) {
		stream_errors_reset(&e);
		feed(&e, downs[i].text, false, sim);
		check_bool(downs[i].row, e.mail_is_down, downs[i].want);
	}
	stream_errors_free(&e);
	sim_close(sim);
}

static void
of_a_long_complaint_the_front_is_kept(void **state)
{
	static char bytes[STREAM_READ_SIZE];
	struct sim *sim = sim_open("");
	struct stream_errors e;

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	memcpy(bytes, "postcat: ", 9);
	stream_errors_init(&e);
	for (int i = 0; i < 20; i++)
		feed(&e, span_of(bytes, sizeof(bytes)), false, sim);
	assert_int_equal(strlen(e.last), LOG_TEXT_MAX - 1);
	check_part("front", e.last, "postcat: xxx");
	feed(&e, span_str("\nand then\n"), false, sim);
	check_string("the next line", e.last, "and then");
	stream_errors_free(&e);
	sim_close(sim);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(departures_are_told_from_other_lines),
	    cmocka_unit_test(real_departures_are_understood_at_every_split),
	    cmocka_unit_test(the_last_complaint_is_kept_printable),
	    cmocka_unit_test(postfix_is_known_to_be_down),
	    cmocka_unit_test(of_a_long_complaint_the_front_is_kept),
	};

	return cmocka_run_group_tests_name("stream_errors", tests, NULL, NULL);
}

/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/support.h"

#include "policyd/web/asker.h"

#define QUESTION "7:status ,"
#define ANSWER   "35:OK lookups=12 connections=20 open=2,"
#define LATER    "13:OK lookups=13,"

enum {
	SOON_MS = 1,
	NEVER_MS = 3600 * 1000,
	IDLE_MS = 50,
	ANSWERS = 5, /* over a connection */
	QUIET_TURNS = 5, /* in which what can happen has happened */
};

#define GUARD_NS (20 * CLOCK_NS_PER_S)

/* The usual case: the next question follows at once, patience does not end. */
static const struct asker_pace eager = {SOON_MS, NEVER_MS};
static const struct asker_pace once = {NEVER_MS, NEVER_MS};
static const struct asker_pace impatient = {SOON_MS, 200};

/* An asker and, in the same thread, the hdrcheck that it asks. */
struct scene {
	struct loop *loop;
	struct loop_timer turn;
	struct settings settings;
	struct asker *asker;
	struct view_hdrcheck view;
	int listener;
};

static void
end_turn(void *ctx)
{
	loop_stop(ctx);
}

static void
turn(struct scene *s)
{
	loop_arm(&s->turn, clock_mono_ns() + CLOCK_NS_PER_MS);
	assert_int_equal(loop_run(s->loop), 0);
	asker_look(s->asker, clock_mono_ns(), &s->view);
}

static void
scene_listen(struct scene *s, const struct sock_address *address)
{
	struct sock_owner owner = {
	    .uid = geteuid(), .gid = getegid(), .mode = 0600};

	s->listener = sock_listen(address, &owner);
	assert_true(s->listener >= 0);
}

static void
scene_ask(struct scene *s, const struct asker_pace *pace)
{
	s->loop = loop_new();
	assert_non_null(s->loop);
	loop_add_timer(s->loop, &s->turn, LOOP_MONO, end_turn, s->loop);
	s->asker = asker_new(s->loop, &s->settings, pace);
	assert_non_null(s->asker);
	asker_look(s->asker, clock_mono_ns(), &s->view);
}

static void
scene_open(struct scene *s, void **state, const struct asker_pace *pace)
{
	*s = (struct scene){.listener = -1};
	folder_address(state, "socketmap", &s->settings.socketmap_listen);
	scene_listen(s, &s->settings.socketmap_listen);
	scene_ask(s, pace);
}

static void
scene_close(struct scene *s)
{
	asker_free(s->asker);
	loop_free(s->loop);
	if (s->listener >= 0)
		close(s->listener);
	if (s->settings.socketmap_listen.len > 0)
		unlink(sock_path(&s->settings.socketmap_listen));
}

/* The next connection of the asker. */
static int
scene_accept(struct scene *s)
{
	int64_t end_ns = clock_mono_ns() + GUARD_NS;
	int fd;

	while ((fd = accept(s->listener, NULL, NULL)) < 0) {
		assert_true(clock_mono_ns() < end_ns);
		turn(s);
	}
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	return fd;
}

/* The next bytes from the asker, or its end. */
static ssize_t
scene_read(struct scene *s, int fd, char *room, size_t size)
{
	int64_t end_ns = clock_mono_ns() + GUARD_NS;
	ssize_t n;

	while ((n = read(fd, room, size)) < 0 && errno == EAGAIN) {
		assert_true(clock_mono_ns() < end_ns);
		turn(s);
	}
	return n;
}

static void
expect_question(struct scene *s, const char *row, int fd)
{
	char got[64];
	ssize_t n = scene_read(s, fd, got, sizeof(got));

	check_bool(row, n > 0, true);
	check_span(row, span_of(got, (size_t)n), span_str(QUESTION));
}

static void
expect_end(struct scene *s, const char *row, int fd)
{
	char got[64];

	check_int(row, scene_read(s, fd, got, sizeof(got)), 0);
	close(fd);
}

static void
answer(int fd, const char *text)
{
	assert_int_equal(
	    send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

static void
await_lookups(struct scene *s, const char *row, uint64_t lookups)
{
	int64_t end_ns = clock_mono_ns() + GUARD_NS;

	while (!s->view.answers || s->view.counts.n[COUNT_LOOKUPS] != lookups) {
		check_bool(row, clock_mono_ns() < end_ns, true);
		turn(s);
	}
	check_bool(row, s->view.has_counts, true);
	check_string(row, s->view.wrong, NULL);
}

static void
await_wrong(struct scene *s, const char *row, const char *wrong)
{
	int64_t end_ns = clock_mono_ns() + GUARD_NS;

	while (s->view.wrong == NULL || strcmp(s->view.wrong, wrong) != 0) {
		if (clock_mono_ns() > end_ns)
			check_string(row, s->view.wrong, wrong);
		turn(s);
	}
	check_bool(row, s->view.answers, false);
}

/* A connection whose first question was answered. */
static int
scene_prove(struct scene *s)
{
	int fd = scene_accept(s);

	expect_question(s, "the first question", fd);
	answer(fd, ANSWER);
	await_lookups(s, "the first answer", 12);
	return fd;
}

static void
it_asks_again_and_again_over_one_connection(void **state)
{
	struct scene s;
	int fd;

	scene_open(&s, state, &eager);
	check_bool("at first", s.view.answers, false);
	check_bool("at first", s.view.has_counts, false);
	check_string("at first", s.view.wrong, "is not asked yet");
	check_string("where", s.view.listens, s.settings.socketmap_listen.text);
	fd = scene_prove(&s);
	assert_int_equal(s.view.counts.n[COUNT_CONNECTIONS], 20);
	assert_int_equal(s.view.counts.n[COUNT_OPEN], 2);
	expect_question(&s, "the second one", fd);
	answer(fd, LATER);
	await_lookups(&s, "the second one", 13);
	assert_int_equal(s.view.counts.n[COUNT_CONNECTIONS], 0);
	expect_question(&s, "the third one", fd);
	assert_int_equal(accept(s.listener, NULL, NULL), -1);
	close(fd);
	scene_close(&s);
}

/* The questions of a connection but the first one, and its end. */
static void
use_up(struct scene *s, int fd)
{
	for (int i = 1; i < ANSWERS; i++) {
		expect_question(s, "over the same one", fd);
		answer(fd, ANSWER);
	}
	expect_end(s, "enough of it", fd);
}

static void
a_connection_is_for_a_few_questions(void **state)
{
	struct scene s;

	scene_open(&s, state, &eager);
	use_up(&s, scene_prove(&s));
	use_up(&s, scene_prove(&s));
	check_bool("well all the time", s.view.answers, true);
	scene_close(&s);
}

/* Who is connected already is answered, and nobody else. */
static void
others_cannot_connect_any_more(void **state)
{
	struct scene s;
	int fd;

	scene_open(&s, state, &eager);
	fd = scene_prove(&s);
	unlink(sock_path(&s.settings.socketmap_listen));
	use_up(&s, fd);
	await_wrong(&s, "no socket", strerror(ENOENT));
	close(s.listener);
	scene_listen(&s, &s.settings.socketmap_listen);
	close(scene_prove(&s));
	scene_close(&s);
}

static void
it_asks_at_its_pace(void **state)
{
	struct scene s;
	char got[8];
	int fd;

	scene_open(&s, state, &once);
	fd = scene_prove(&s);
	for (int i = 0; i < QUIET_TURNS; i++)
		turn(&s);
	assert_int_equal(read(fd, got, sizeof(got)), -1);
	assert_int_equal(errno, EAGAIN);
	close(fd);
	scene_close(&s);
	assert_int_equal(asker_pace.interval_ms, 2000);
	assert_int_equal(asker_pace.wait_ms, 5000);
}

/* It waits for the answer without turning the loop all the time. */
static void
waiting_costs_no_time(void **state)
{
	clock_t before;
	struct scene s;
	int fd;

	scene_open(&s, state, &eager);
	fd = scene_accept(&s);
	expect_question(&s, "asked", fd);
	before = clock();
	loop_arm(&s.turn, clock_mono_ns() + IDLE_MS * CLOCK_NS_PER_MS);
	assert_int_equal(loop_run(s.loop), 0);
	assert_true(clock() - before < IDLE_MS * CLOCKS_PER_SEC / 1000 / 2);
	close(fd);
	scene_close(&s);
}

static void
silence_is_measured_from_the_last_answer(void **state)
{
	struct view_hdrcheck later;
	struct scene s;
	int64_t began_ns = clock_mono_ns(), asked_ns;
	int fd;

	scene_open(&s, state, &once);
	asker_look(s.asker, began_ns + GUARD_NS, &later);
	check_bool("before an answer", later.silent_ns <= GUARD_NS, true);
	check_bool("before an answer", later.silent_ns > GUARD_NS / 2, true);
	fd = scene_accept(&s);
	expect_question(&s, "asked", fd);
	asked_ns = clock_mono_ns();
	answer(fd, ANSWER);
	await_lookups(&s, "answered", 12);
	asker_look(s.asker, asked_ns, &later);
	check_bool("since the answer", later.silent_ns <= 0, true);
	close(fd);
	scene_close(&s);
}

static void
an_answer_may_come_in_pieces(void **state)
{
	struct scene s;
	int fd;

	scene_open(&s, state, &eager);
	fd = scene_accept(&s);
	expect_question(&s, "asked", fd);
	for (const char *p = ANSWER; *p != '\0'; p++) {
		assert_int_equal(send(fd, p, 1, MSG_NOSIGNAL), 1);
		check_bool("not yet", s.view.answers, false);
		turn(&s);
	}
	await_lookups(&s, "the last byte", 12);
	close(fd);
	scene_close(&s);
}

static const struct {
	const char *row;
	const char *text;
} wrong_answers[] = {
    {"something else", "5:wrong,"},
    {"not found", "9:NOTFOUND ,"},
    {"no such map", "16:PERM no such map,"},
    {"no netstring", "HTTP/1.1 400 Bad Request\r\n\r\n"},
    {"no number", "12:OK lookups=x,"},
    {"too long", "4097:"},
    {"digits without end", "11111111111111111111111111111111111111111111"},
    {"two answers", ANSWER LATER},
    {"an answer, and a byte", ANSWER "x"},
};

static void
a_wrong_answer_ends_the_connection(void **state)
{
	struct scene s;

	scene_open(&s, state, &eager);
	for (size_t i = 0; i < COUNT_OF(wrong_answers); i++) {
		const char *row = wrong_answers[i].row;
		int fd = scene_prove(&s);

		expect_question(&s, row, fd);
		answer(fd, wrong_answers[i].text);
		await_wrong(&s, row, "gives no such answer");
		expect_end(&s, row, fd);
		/* What it told before is still known. */
		check_bool(row, s.view.has_counts, true);
		assert_int_equal(s.view.counts.n[COUNT_LOOKUPS], 12);
	}
	close(scene_prove(&s));
	scene_close(&s);
}

/* However long it is, no more is kept of it than the longest answer. */
static void
an_answer_without_end_is_given_up(void **state)
{
	struct scene s;
	char *flood;
	ssize_t sent;
	int fd;

	scene_open(&s, state, &eager);
	flood = malloc(64 * 1024);
	assert_non_null(flood);
	memset(flood, ' ', 64 * 1024);
	memcpy(flood, "4096:OK ", 8);
	fd = scene_accept(&s);
	expect_question(&s, "asked", fd);
	sent = send(fd, flood, 64 * 1024, MSG_NOSIGNAL);
	assert_true(sent > COUNTS_REPLY_MAX + 16);
	await_wrong(&s, "a flood", "gives no such answer");
	close(fd);
	free(flood);
	close(scene_prove(&s));
	scene_close(&s);
}

/* Nobody has asked for it. */
static void
an_answer_without_a_question_is_wrong(void **state)
{
	struct scene s;
	int fd;

	scene_open(&s, state, &once);
	fd = scene_prove(&s);
	answer(fd, LATER);
	await_wrong(&s, "unasked", "gives no such answer");
	expect_end(&s, "unasked", fd);
	assert_int_equal(s.view.counts.n[COUNT_LOOKUPS], 12);
	scene_close(&s);
}

static void
silence_ends_the_connection(void **state)
{
	struct scene s;
	int fd;

	scene_open(&s, state, &impatient);
	for (int i = 0; i < 3; i++) {
		fd = scene_accept(&s);
		expect_question(&s, "asked", fd);
		answer(fd, "35:OK look"); /* half of one is silence, too */
		await_wrong(&s, "silence", "does not answer");
		expect_end(&s, "silence", fd);
	}
	scene_close(&s);
}

/* It has answered before, but there is no second try without a wait. */
static void
silence_after_an_answer_is_told_at_once(void **state)
{
	struct scene s;
	int fd;

	scene_open(&s, state, &impatient);
	do {
		fd = scene_accept(&s);
		expect_question(&s, "asked", fd);
		answer(fd, ANSWER);
		for (int i = 0; !s.view.answers && i < QUIET_TURNS; i++)
			turn(&s);
	} while (!s.view.answers); /* unless this machine is too slow */
	await_wrong(&s, "silence", "does not answer");
	close(fd);
	scene_close(&s);
}

static void
an_end_in_the_middle_is_told(void **state)
{
	static const char *const parts[] = {"", "3", "35:OK lookups=12"};
	struct scene s;

	scene_open(&s, state, &eager);
	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		int fd = scene_accept(&s);

		expect_question(&s, parts[i], fd);
		answer(fd, parts[i]);
		close(fd);
		await_wrong(&s, parts[i], "hangs up");
		close(scene_prove(&s));
	}
	scene_close(&s);
}

/* As at a restart of hdrcheck, or where it gives up who was idle longest. */
static void
the_end_of_a_kept_connection_is_no_fault(void **state)
{
	struct scene s;
	int fd;

	scene_open(&s, state, &eager);
	close(scene_prove(&s)); /* it may notice before it asks again, */
	fd = scene_accept(&s);
	expect_question(&s, "a new one", fd);
	answer(fd, LATER);
	await_lookups(&s, "a new one", 13);
	expect_question(&s, "the next question", fd);
	close(fd); /* or behind that */
	fd = scene_accept(&s);
	check_bool("still well", s.view.answers, true);
	expect_question(&s, "asked again", fd);
	close(fd); /* but only once */
	await_wrong(&s, "a new one ends as well", "hangs up");
	scene_close(&s);
}

static void
the_end_while_it_rests_is_no_fault(void **state)
{
	struct scene s;

	scene_open(&s, state, &once);
	close(scene_prove(&s));
	for (int i = 0; i < QUIET_TURNS; i++)
		turn(&s);
	check_bool("no question is open", s.view.answers, true);
	assert_int_equal(accept(s.listener, NULL, NULL), -1);
	scene_close(&s);
}

static void
who_is_not_there_may_come(void **state)
{
	struct scene s = {.listener = -1};

	folder_address(state, "socketmap", &s.settings.socketmap_listen);
	scene_ask(&s, &eager);
	await_wrong(&s, "no socket", strerror(ENOENT));
	scene_listen(&s, &s.settings.socketmap_listen);
	close(scene_prove(&s));
	close(s.listener);
	await_wrong(&s, "a stale socket", strerror(ECONNREFUSED));
	scene_listen(&s, &s.settings.socketmap_listen);
	close(scene_prove(&s));
	scene_close(&s);
}

/* Where connect(2) would wait for a place, it does not. */
static void
a_full_backlog_keeps_nobody_waiting(void **state)
{
	struct scene s = {.listener = -1};
	const struct sock_address *address = &s.settings.socketmap_listen;
	int clients[8], n = 0;

	folder_address(state, "socketmap", &s.settings.socketmap_listen);
	s.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	assert_int_equal(
	    bind(s.listener, (const struct sockaddr *)&address->storage,
		address->len),
	    0);
	assert_int_equal(listen(s.listener, 0), 0);
	while ((clients[n] = sock_connect_later(address)) >= 0)
		assert_true(++n < (int)COUNT_OF(clients));
	assert_int_equal(errno, EAGAIN);
	scene_ask(&s, &eager);
	await_wrong(&s, "full", "takes no connection");
	while (n > 0)
		close(clients[--n]);
	while ((n = accept(s.listener, NULL, NULL)) >= 0)
		close(n);
	close(scene_prove(&s));
	scene_close(&s);
}

/* On a port of its own choice, which is then the address. */
static void
listen_on_a_port(struct scene *s, struct sock_address *address)
{
	struct sockaddr_in bound = {.sin_family = AF_INET};
	socklen_t len = sizeof(bound);
	char text[SOCK_TEXT_SIZE];

	bound.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	s->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	assert_int_equal(
	    bind(s->listener, (struct sockaddr *)&bound, sizeof(bound)), 0);
	assert_int_equal(listen(s->listener, 5), 0);
	assert_int_equal(
	    getsockname(s->listener, (struct sockaddr *)&bound, &len), 0);
	snprintf(
	    text, sizeof(text), "inet:127.0.0.1:%d", ntohs(bound.sin_port));
	assert_null(sock_parse(span_str(text), address));
}

static void
a_socketmap_may_be_on_a_port(void **state)
{
	struct scene s = {.listener = -1};

	(void)state;
	listen_on_a_port(&s, &s.settings.socketmap_listen);
	s.settings.tcp_table_listen.len = 1; /* not asked then */
	scene_ask(&s, &eager);
	close(scene_prove(&s));
	close(s.listener);
	s.listener = -1;
	await_wrong(&s, "nobody is there", strerror(ECONNREFUSED));
	s.settings.socketmap_listen.len = 0;
	scene_close(&s);
}

/* Of a tcp_table only the connection tells, again and again. */
static void
a_tcp_table_is_only_connected_to(void **state)
{
	struct scene s = {.listener = -1};

	(void)state;
	listen_on_a_port(&s, &s.settings.tcp_table_listen);
	scene_ask(&s, &eager);
	for (int i = 0; i < 3; i++) {
		expect_end(&s, "closed without a word", scene_accept(&s));
		check_bool("it listens", s.view.answers, true);
		check_bool("it tells nothing", s.view.has_counts, false);
		check_string("nothing is wrong", s.view.wrong, NULL);
	}
	check_string("where", s.view.listens, s.settings.tcp_table_listen.text);
	close(s.listener);
	s.listener = -1;
	await_wrong(&s, "nobody is there", strerror(ECONNREFUSED));
	scene_close(&s);
}

static void
nobody_is_asked_where_none_is_to_listen(void **state)
{
	struct scene s = {.listener = -1};

	(void)state;
	scene_ask(&s, &eager);
	for (int i = 0; i < QUIET_TURNS; i++)
		turn(&s);
	check_bool("answers", s.view.answers, false);
	check_string("where", s.view.listens, "");
	check_string("why", s.view.wrong, "no listener is set");
	scene_close(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_FOLDER(it_asks_again_and_again_over_one_connection),
	    IN_FOLDER(a_connection_is_for_a_few_questions),
	    IN_FOLDER(others_cannot_connect_any_more),
	    IN_FOLDER(it_asks_at_its_pace),
	    IN_FOLDER(waiting_costs_no_time),
	    IN_FOLDER(silence_is_measured_from_the_last_answer),
	    IN_FOLDER(an_answer_may_come_in_pieces),
	    IN_FOLDER(a_wrong_answer_ends_the_connection),
	    IN_FOLDER(an_answer_without_end_is_given_up),
	    IN_FOLDER(an_answer_without_a_question_is_wrong),
	    IN_FOLDER(silence_ends_the_connection),
	    IN_FOLDER(silence_after_an_answer_is_told_at_once),
	    IN_FOLDER(an_end_in_the_middle_is_told),
	    IN_FOLDER(the_end_of_a_kept_connection_is_no_fault),
	    IN_FOLDER(the_end_while_it_rests_is_no_fault),
	    IN_FOLDER(who_is_not_there_may_come),
	    IN_FOLDER(a_full_backlog_keeps_nobody_waiting),
	    cmocka_unit_test(a_socketmap_may_be_on_a_port),
	    cmocka_unit_test(a_tcp_table_is_only_connected_to),
	    cmocka_unit_test(nobody_is_asked_where_none_is_to_listen),
	};

	return cmocka_run_group_tests_name("asker", tests, NULL, NULL);
}

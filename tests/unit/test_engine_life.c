/* SPDX-License-Identifier: ISC */
/*
 * The engine's policy service, its settings, and its end.
 */
#include "tests/unit/engine_support.h"

#include <sys/ioctl.h>

#define ASK    "request=smtpd_access_policy\nprotocol_state=RCPT\n\n"
#define ANSWER "action=DUNNO\n\n"

static void
policy_requests_are_answered(void **state)
{
	struct host *h = *state;
	int a, b;

	host_listen(h);
	a = host_client(h);
	b = host_client(h);
	host_print(a, span_str(ASK));
	check_string("a", host_answer("a", a, strlen(ANSWER)), ANSWER);
	host_print(b, span_str("GET / HTTP/1.1\r\n\r\n"));
	check_string("b is closed", host_answer("b", b, 1), "");
	host_print(a, span_str(ASK ASK));
	check_string(
	    "a again", host_answer("a", a, 2 * strlen(ANSWER)), ANSWER ANSWER);
	close(a);
	close(b);
}

static void
it_ends_with_its_runner(void **state)
{
	struct host *h = *state;

	host_open(h);
	host_expect(h, "walk", "L");
	host_close(&h->channel);
	host_ends(h, "the runner is gone", EX_SOFTWARE);
}

static void
it_stops_when_told_to(void **state)
{
	struct host *h = *state;
	int idle;

	host_listen(h);
	idle = host_client(h);
	host_print(idle, span_str(ASK));
	host_answer("served", idle, strlen(ANSWER));
	host_send(h, "T", NULL, 0);
	check_string("closed", host_answer("idle", idle, 1), "");
	host_ends(h, "stopped", EX_OK);
	close(idle);
}

/* What was released is on its way before the process ends. */
static void
a_release_and_its_kick_are_finished_first(void **state)
{
	struct host *h = *state;

	host_open(h);
	host_expect(h, "walk", "L");
	host_serve(h, 'L', listing_of("ABCDEF12345", PAST_S), "");
	host_expect(h, "read", "RABCDEF12345\n");
	host_serve(h, 'R', file_of("ABCDEF12345", PAST_S, PAST_S + 1), "");
	host_expect(h, "release", "HABCDEF12345\n");
	host_send(h, "T", NULL, 0);
	host_serve(h, 'H', "", "postsuper: ABCDEF12345: released from hold\n");
	host_receive(h, "kick");
	check_string("kick", h->request, "q");
	host_serve(h, 'q', "", "");
	host_ends(h, "stopped", EX_OK);
}

static const struct {
	const char *row;
	const char *message;
	size_t n_fds;
} nonsense[] = {
    {"an unknown word", "Z", 0},
    {"started, with one", "SL", 1},
    {"an unknown verb", "SZ", 2},
    {"ended, with a descriptor", "XL0", 1},
    {"ended, without a code", "XL", 0},
    {"settings, and two descriptors", "C1", 2},
    {"no settings, and a descriptor", "C0", 1},
    {"rules, and two descriptors", "C2", 2},
    {"settings and rules, and one descriptor", "C3", 1},
    {"neither, and two descriptors", "C0", 2},
    {"a third file", "C4", 0},
    {"a third file, and two descriptors", "C7", 2},
    {"stop, and more", "T1", 0},
    {"a request", "HABCDEF\n", 0},
};

static void
a_runner_that_talks_nonsense_is_left(void **state)
{
	struct host *h = *state;

	for (size_t i = 0; i < COUNT_OF(nonsense); i++) {
		int fds[2];

		h->log_used = 0;
		h->log_text[0] = '\0';
		host_open(h);
		host_expect(h, "walk", "L");
		assert_int_equal(pipe(fds), 0);
		host_send(h, nonsense[i].message, fds, nonsense[i].n_fds);
		host_logged(h, nonsense[i].row, "cannot be understood");
		host_ends(h, nonsense[i].row, EX_SOFTWARE);
		host_close(&h->log_fd);
		close(fds[0]);
		close(fds[1]);
	}
}

/* It has too many open files: what comes along gets lost, and no more. */
static void
settings_that_get_lost_change_nothing(void **state)
{
	struct host *h = *state;

	host_open(h);
	host_expect(h, "walk", "L");
	host_serve(h, 'L', "", "");
	host_send(h, "C1", NULL, 0);
	host_logged(
	    h, "the log", "no descriptor is free; the old configuration stays");
	assert_null(strstr(h->log_text, "configuration read again"));
	host_send(h, "C0", NULL, 0);
	host_expect(h, "the next time", "L");
}

static void
a_watch_that_gets_lost_is_not_missed(void **state)
{
	struct host *h = *state;

	host_open(h);
	host_expect(h, "walk", "L");
	host_send(h, "N", NULL, 0);
	host_serve(h, 'L', listing_of("ABCDEF12345", PAST_S), "");
	host_expect(h, "read", "RABCDEF12345\n");
	host_serve(h, 'R', file_of("ABCDEF12345", PAST_S, PAST_S + 1), "");
	host_expect(h, "release", "HABCDEF12345\n");
	host_serve(h, 'H', "", "postsuper: ABCDEF12345: released from hold\n");
	host_logged(h, "the log", "ABCDEF12345: released, due=");
	assert_null(strstr(h->log_text, "is watched"));
}

static void
send_settings(struct host *h, const char *text)
{
	char path[FOLDER_PATH_SIZE];
	int fd;

	write_file(folder_join(&h->folder, "conf", path), span_str(text));
	fd = open(path, O_RDONLY);
	assert_true(fd >= 0);
	host_send(h, "C1", &fd, 1);
	close(fd);
}

static const struct {
	const char *row;
	const char *text;
	const char *log;
	bool walks; /* all is judged anew */
} reloads[] = {
    {"good settings", "permit_postpone = local\n", "configuration read again",
	true},
    {"a bad line", "# x\nsweep_interval = soon\n",
	"warning: test.conf:2: ", false},
    {"a bad line changes nothing", "permit_postpone = any\nx = y\n",
	"the old configuration stays", false},
    {"a setting that is built at the start", "user = somebody\n",
	"a change of user needs a restart", true},
};

static void
settings_are_read_again_all_or_nothing(void **state)
{
	struct host *h = *state;

	host_open(h);
	host_expect(h, "the first walk", "L");
	host_serve(h, 'L', "", "");
	for (size_t i = 0; i < COUNT_OF(reloads); i++) {
		send_settings(h, reloads[i].text);
		host_logged(h, reloads[i].row, reloads[i].log);
		if (!reloads[i].walks)
			continue;
		host_expect(h, reloads[i].row, "L");
		check_int(reloads[i].row, h->reads_done, (int64_t)i + 1);
		host_serve(h, 'L', "", "");
	}
}

/* Permission is given by a reload: what was foreign leaves. */
static void
new_settings_are_applied_to_held_mail(void **state)
{
	struct host *h = *state;

	load_settings(
	    &h->settings, "permit_postpone = local\nrelease_method = release");
	host_open(h);
	host_expect(h, "walk", "L");
	host_serve(h, 'L', listing_of("ABCDEF12345", PAST_S), "");
	host_expect(h, "read", "RABCDEF12345\n");
	host_serve(h, 'R', file_of("ABCDEF12345", PAST_S, PAST_S + 1), "");
	host_logged(h, "foreign", "its submitter is not in permit_postpone");
	send_settings(h, "permit_postpone = any\nrelease_method = release");
	host_expect(h, "walk", "L");
	host_serve(h, 'L', listing_of("ABCDEF12345", PAST_S), "");
	host_expect(h, "read again", "RABCDEF12345\n");
	host_serve(h, 'R', file_of("ABCDEF12345", PAST_S, PAST_S + 1), "");
	host_expect(h, "release", "HABCDEF12345\n");
}

/* A requeue became safe: what is old goes that way. */
static void
what_postfix_s_settings_say_is_applied(void **state)
{
	struct host *h = *state;

	load_settings(&h->settings, "");
	host_open(h);
	host_expect(h, "walk", "L");
	host_send(h, "P432000 432000 1 20000", NULL, 0);
	host_serve(h, 'L', listing_of("ABCDEF12345", PAST_S), "");
	host_expect(h, "read", "RABCDEF12345\n");
	host_serve(h, 'R', file_of("ABCDEF12345", PAST_S, PAST_S + 1), "");
	host_expect(h, "requeue", "QABCDEF12345\n");
	host_serve(h, 'Q', "", "postsuper: ABCDEF12345: requeued\n");
	host_logged(h, "the log", "method=requeue\n");
}

/* Signs of life. */

/* Nothing but signs of life comes until it ends by itself. */
static void
ends_in_good_health(struct host *h, const char *row)
{
	struct pollfd p = {.fd = h->channel, .events = POLLIN};
	int fds[WIRE_FDS_MAX];
	size_t n_fds;

	for (;;) {
		check_int(row, poll(&p, 1, guard_ms()), 1);
		if (wire_receive(h->channel, h->request, fds, &n_fds) == 0)
			break;
		check_int(row, h->request[0], 'A');
		h->signs_of_life++;
	}
	host_ends(h, row, EX_OK);
}

/* It tells that it is there; more is asked of it by nobody. */
static void
without_a_watchdog_there_is_one_sign_of_life(void **state)
{
	struct host *h = *state;

	host_open(h);
	host_receive(h, "the first of all");
	check_string("the first of all", h->request, "A");
	host_expect(h, "walk", "L");
	host_serve(h, 'L', "", "");
	send_settings(h, "");
	host_expect(h, "another walk", "L");
	host_serve(h, 'L', "", "");
	host_send(h, "T", NULL, 0);
	ends_in_good_health(h, "stopped");
	assert_int_equal(h->signs_of_life, 0);
}

/* Each comes when half of the time is over, and never before. */
static void
a_watchdog_gets_its_signs_of_life(void **state)
{
	struct host *h = *state;
	int64_t start_ns = clock_read().mono_ns;

	h->options.watchdog_ns = 40 * CLOCK_NS_PER_MS;
	host_open(h);
	for (int i = 0; i < 6;) {
		host_receive(h, "a sign of life");
		if (h->request[0] != 'A')
			continue;
		assert_true(clock_read().mono_ns - start_ns >=
		    i * h->options.watchdog_ns / 2);
		i++;
	}
}

/* A stop may take a while: it is alive until its last command has ended. */
static void
signs_of_life_go_on_until_the_end(void **state)
{
	struct host *h = *state;

	h->options.watchdog_ns = 20 * CLOCK_NS_PER_MS;
	host_open(h);
	host_expect(h, "walk", "L");
	host_serve(h, 'L', listing_of("ABCDEF12345", PAST_S), "");
	host_expect(h, "read", "RABCDEF12345\n");
	host_serve(h, 'R', file_of("ABCDEF12345", PAST_S, PAST_S + 1), "");
	host_expect(h, "release", "HABCDEF12345\n");
	host_start(h, 'H');
	host_send(h, "T", NULL, 0);
	for (int i = 0; i < 3; i++) {
		host_receive(h, "while it stops");
		check_string("while it stops", h->request, "A");
	}
	host_end(h, 'H', 0);
	while (host_receive(h, "kick") == 1 && h->request[0] == 'A')
		continue;
	check_string("kick", h->request, "q");
	host_serve(h, 'q', "", "");
	ends_in_good_health(h, "stopped");
}

/* Each answer is a turn of its loop, with a sign of life at least. */
static int
queued_after_an_answer(struct host *h, int fd)
{
	int bytes = -1;

	host_print(fd, span_str(ASK));
	check_string(
	    "served", host_answer("served", fd, strlen(ANSWER)), ANSWER);
	assert_int_equal(ioctl(h->channel, FIONREAD, &bytes), 0);
	return bytes;
}

/*
 * A runner that hears nothing for a while: the channel is full, and the engine
 * is there when somebody listens again.
 */
static void
a_full_channel_is_waited_out(void **state)
{
	struct host *h = *state;
	int before = -1, queued = 0, as_before = 0, fd;

	h->options.watchdog_ns = 2;
	host_listen(h);
	fd = host_client(h);
	/* An answer may be quicker than the next sign of life. */
	while (as_before < 50) {
		queued = queued_after_an_answer(h, fd);
		as_before = queued == before ? as_before + 1 : 0;
		before = queued;
	}
	assert_true(queued > 10);
	for (int i = 0; i < 10; i++)
		assert_int_equal(queued_after_an_answer(h, fd), queued);
	for (int i = 0; i < 2 * queued; i++) {
		host_receive(h, "again");
		check_string("again", h->request, "A");
	}
	close(fd);
	host_send(h, "T", NULL, 0);
	ends_in_good_health(h, "stopped");
	host_logged(h, "the log", "started");
	assert_null(strstr(h->log_text, "cannot tell the runner"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    HOST(policy_requests_are_answered),
	    HOST(it_ends_with_its_runner),
	    HOST(it_stops_when_told_to),
	    HOST(a_release_and_its_kick_are_finished_first),
	    HOST(a_runner_that_talks_nonsense_is_left),
	    HOST(settings_that_get_lost_change_nothing),
	    HOST(a_watch_that_gets_lost_is_not_missed),
	    HOST(settings_are_read_again_all_or_nothing),
	    HOST(new_settings_are_applied_to_held_mail),
	    HOST(what_postfix_s_settings_say_is_applied),
	    HOST(without_a_watchdog_there_is_one_sign_of_life),
	    HOST(a_watchdog_gets_its_signs_of_life),
	    HOST(signs_of_life_go_on_until_the_end),
	    HOST(a_full_channel_is_waited_out),
	};

	return cmocka_run_group_tests_name("engine_life", tests, NULL, NULL);
}

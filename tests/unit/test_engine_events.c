/* SPDX-License-Identifier: ISC */
/*
 * What those who follow the engine are told.
 */
#include "tests/unit/control_support.h"

#define FAR_S INT64_C(4102444800)
#define ID    "ABCDEF12345"

#define ASK_REFUSED                                                            \
	"request=smtpd_access_policy\nprotocol_state=RCPT\n"                   \
	"queue_id=4F1A2B3C4D\nsender=ann@sender.test\n"                        \
	"recipient=no\"body@sink.test\n\n"

/* The next line, without its time. */
static const char *
next_event(const char *row, int fd)
{
	static char text[4096];
	const char *line = control_line(row, fd);
	const char *time = strstr(line, ",\"time\":\"");

	check_bool(row, time != NULL, true);
	/* ,"time":"2026-12-25T09:00:00.123Z" */
	check_bool(row, strlen(time) > 34 && time[33] == '"', true);
	snprintf(
	    text, sizeof(text), "%.*s%s", (int)(time - line), line, time + 34);
	return text;
}

static void
check_event(const char *row, int fd, const char *want)
{
	check_string(row, next_event(row, fd), want);
}

static int
follower(struct host *h, const char *verb)
{
	int fd = control_client(h);

	host_print(fd, span_str(verb));
	return fd;
}

/* After an answer on another connection this one is known to follow. */
static void
sync_with(struct host *h)
{
	control_ask(h, "sync", "resume\n", "ok\n");
}

static void
open_quiet(struct host *h)
{
	control_open(h);
	host_expect(h, "the first walk", "L");
	host_serve(h, 'L', "", "");
}

static void
what_happens_is_told_as_it_happens(void **state)
{
	struct host *h = *state;
	int fd;

	open_quiet(h);
	fd = follower(h, "tail\n");
	sync_with(h);
	control_ask(h, "pause", "pause 3\nwhy", "ok\n");
	check_event(
	    "paused", fd, "{\"event\":\"paused\",\"reason\":\"why\"}\n");
	control_ask(h, "resume", "resume\n", "ok\n");
	check_event("resumed", fd, "{\"event\":\"resumed\"}\n");
	host_reload(h, "sweep_interval = 7s\n", NULL);
	check_event("reload", fd,
	    "{\"event\":\"reload\",\"ok\":true,"
	    "\"text\":\"configuration read again\"}\n");
	host_expect(h, "all is looked at anew", "L");
	host_serve(h, 'L', "", "");
	host_reload(h, "sweep_interval = x\n", NULL);
	check_event("a mistake", fd,
	    "{\"event\":\"reload\",\"ok\":false,\"text\":\"test.conf:1: "
	    "sweep_interval: not a time like 90s, 15m or 1d2h30m\"}\n");
	host_send(h, "O1 2", NULL, 0);
	check_event("a file that is not there", fd,
	    "{\"event\":\"reload\",\"ok\":false,\"text\":\"test.conf: No such "
	    "file or directory\"}\n");
	host_send(h, "C1", NULL, 0);
	check_event("one that got lost", fd,
	    "{\"event\":\"reload\",\"ok\":false,\"text\":\"no descriptor is "
	    "free\"}\n");
	close(fd);
}

static void
mail_is_told_of(void **state)
{
	struct host *h = *state;
	const char *text;
	int fd;

	open_quiet(h);
	fd = follower(h, "follow\n");
	sync_with(h);
	control_ask(h, "sweep", "sweep\n", "ok\n");
	host_expect(h, "a walk", "L");
	host_serve(h, 'L', listing_of(ID, PAST_S), "");
	host_expect(h, "read", "R" ID "\n");
	host_serve(h, 'R', file_of(ID, PAST_S, FAR_S), "");
	check_event("held", fd,
	    "{\"event\":\"held\",\"queue_id\":\"" ID
	    "\",\"due\":\"2100-01-01T00:00:00Z\"}\n");
	control_ask(h, "now",
	    control_reschedule("1606000000", ID " 1605992637\n"), "ok 1 0\n");
	host_expect(h, "read", "R" ID "\n");
	host_serve(h, 'R', file_of(ID, PAST_S, FAR_S), "");
	check_event("rescheduled", fd,
	    "{\"event\":\"rescheduled\",\"queue_id\":\"" ID
	    "\",\"due\":\"2020-11-21T23:06:40Z\"}\n");
	host_expect(h, "release", "H" ID "\n");
	host_serve(h, 'H', "", "postsuper: " ID ": released from hold\n");
	text = next_event("released", fd);
	check_part("released", text,
	    "{\"event\":\"released\",\"queue_id\":\"" ID
	    "\",\"queue_id_after\":\"" ID
	    "\",\"due\":\"2020-11-21T23:06:40Z\",\"late\":");
	check_part("released", text, ",\"method\":\"release\"}\n");
	close(fd);
}

static void
a_fault_is_told(void **state)
{
	struct host *h = *state;
	int fd;

	open_quiet(h);
	fd = follower(h, "follow\n");
	sync_with(h);
	control_ask(h, "sweep", "sweep\n", "ok\n");
	host_expect(h, "a walk", "L");
	host_start(h, 'L');
	host_print(h->err, span_str("postqueue: fatal: \"Q\"\x1b\n"));
	host_end(h, 'L', 1);
	check_event("fault", fd,
	    "{\"event\":\"fault\",\"queue_id\":null,\"text\":\"postqueue -j "
	    "failed: postqueue: fatal: \\\"Q\\\"?; again in 1 s\"}\n");
	close(fd);
}

static void
what_was_is_kept_for_those_who_come_late(void **state)
{
	struct host *h = *state;
	int last, both;

	open_quiet(h);
	control_ask(h, "pause", "pause 1\na", "ok\n");
	control_ask(h, "pause", "pause 1\nb", "ok\n");
	last = follower(h, "events\n");
	check_event("a", last, "{\"event\":\"paused\",\"reason\":\"a\"}\n");
	check_event("b", last, "{\"event\":\"paused\",\"reason\":\"b\"}\n");
	check_string("the end", control_line("the end", last), "");
	both = follower(h, "follow\n");
	check_event("a", both, "{\"event\":\"paused\",\"reason\":\"a\"}\n");
	check_event("b", both, "{\"event\":\"paused\",\"reason\":\"b\"}\n");
	control_ask(h, "resume", "resume\n", "ok\n");
	check_event("next", both, "{\"event\":\"resumed\"}\n");
	close(last);
	close(both);
}

/* Each has asked for something else before. */
static void
followers_get_what_each_asked_for(void **state)
{
	struct host *h = *state;
	int tail, follow, last;

	open_quiet(h);
	control_ask(h, "pause", "pause 1\na", "ok\n");
	tail = follower(h, "status\ntail\n");
	check_part("status", control_line("tail", tail), "{\"version\":");
	follow = follower(h, "sweep\nfollow\nsweep\n");
	check_string("sweep", control_line("follow", follow), "ok\n");
	last = follower(h, "events\n");
	check_event("last", last, "{\"event\":\"paused\",\"reason\":\"a\"}\n");
	check_string("last", control_line("last", last), "");
	check_event(
	    "follow", follow, "{\"event\":\"paused\",\"reason\":\"a\"}\n");
	sync_with(h);
	check_event("follow", follow, "{\"event\":\"resumed\"}\n");
	check_event("tail", tail, "{\"event\":\"resumed\"}\n");
	close(tail);
	close(follow);
	close(last);
}

/* They are no connections of the server any more, which has few places. */
static void
followers_take_nobodys_place(void **state)
{
	struct host *h = *state;
	int fd[16];

	open_quiet(h);
	for (size_t i = 0; i < COUNT_OF(fd); i++) {
		fd[i] = follower(h, "resume\ntail\n");
		check_string("it follows", control_line("ok", fd[i]), "ok\n");
	}
	control_ask(h, "pause", "pause 0\n", "ok\n");
	for (size_t i = 0; i < COUNT_OF(fd); i++) {
		check_event(
		    "each", fd[i], "{\"event\":\"paused\",\"reason\":\"\"}\n");
		close(fd[i]);
	}
}

static void
what_a_rule_refuses_is_told(void **state)
{
	struct host *h = *state;
	struct sockaddr_un address;
	int fd, client, listener = socket(AF_UNIX, SOCK_STREAM, 0);

	host_policy_address(h, &address);
	unlink(address.sun_path);
	assert_int_equal(
	    bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listener, 5), 0);
	fcntl(listener, F_SETFL, O_NONBLOCK);
	h->options.listener = listener;
	snprintf(
	    h->settings.rules_file, sizeof(h->settings.rules_file), "rules");
	h->options.rules =
	    host_file(h, "shut : reject 5.7.1 we are \"shut\"\n");
	open_quiet(h);
	fd = follower(h, "tail\n");
	sync_with(h);
	client = host_client(h);
	host_print(client, span_str(ASK_REFUSED));
	check_part("the answer", host_answer("the answer", client, 20),
	    "action=REJECT 5.7.1");
	check_event("refused", fd,
	    "{\"event\":\"refused\",\"queue_id\":\"4F1A2B3C4D\","
	    "\"rule\":\"shut\",\"reply\":\"5.7.1 we are \\\"shut\\\"\","
	    "\"sender\":\"ann@sender.test\","
	    "\"recipient\":\"no\\\"body@sink.test\"}\n");
	close(client);
	close(fd);
	unlink(address.sun_path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CONTROLLED(what_happens_is_told_as_it_happens),
	    CONTROLLED(mail_is_told_of),
	    CONTROLLED(a_fault_is_told),
	    CONTROLLED(what_was_is_kept_for_those_who_come_late),
	    CONTROLLED(followers_get_what_each_asked_for),
	    CONTROLLED(followers_take_nobodys_place),
	    CONTROLLED(what_a_rule_refuses_is_told),
	};

	return cmocka_run_group_tests_name("engine_events", tests, NULL, NULL);
}

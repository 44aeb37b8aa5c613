/* SPDX-License-Identifier: ISC */
/*
 * What an administrator asks of the engine.
 */
#include "tests/unit/control_support.h"

#include <sys/stat.h>

/* A day that no test will see, and two before it. */
#define FAR   "4102444800"
#define FAR_S INT64_C(4102444800)

#define ID    "ABCDEF12345"
#define OTHER "ABCDEF99999"

/* The arrival of all mail here. */
#define PAST "1605992637"

static void
expect_stillness(struct host *h, const char *row)
{
	/* Whatever was to come would have come before the answer. */
	control_ask(h, row, "sweep\n", "ok\n");
	host_expect(h, row, "L");
	host_serve(h, 'L', listing_of(ID, PAST_S), "");
}

/* After the first walk one message waits. */
static void
open_with_mail(struct host *h, int64_t due_s)
{
	control_open(h);
	host_expect(h, "the first walk", "L");
	host_serve(h, 'L', listing_of(ID, PAST_S), "");
	host_expect(h, "read", "R" ID "\n");
	host_serve(h, 'R', file_of(ID, PAST_S, due_s), "");
}

/* Judged anew, which is what a new moment makes of it. */
static void
serve_read(struct host *h, const char *row, int64_t due_s)
{
	host_expect(h, row, "R" ID "\n");
	host_serve(h, 'R', file_of(ID, PAST_S, due_s), "");
}

static void
a_walk_is_asked_for(void **state)
{
	struct host *h = *state;

	control_open(h);
	host_expect(h, "the first", "L");
	host_serve(h, 'L', "", "");
	control_ask(h, "sweep", "sweep\n", "ok\n");
	host_expect(h, "one more", "L");
	control_ask(h, "while it runs", "sweep\n", "ok\n");
	host_serve(h, 'L', "", "");
	host_expect(h, "and another one", "L");
}

static void
a_reload_is_asked_of_the_runner(void **state)
{
	struct host *h = *state;

	control_open(h);
	host_expect(h, "the first walk", "L");
	host_serve(h, 'L', "", "");
	control_ask(h, "reload", "reload\n", "ok\n");
	host_expect(h, "the runner", "G");
}

static void
the_status_is_told(void **state)
{
	struct host *h = *state;
	const char *text;
	int fd;

	open_with_mail(h, FAR_S);
	expect_stillness(h, "it waits");
	fd = control_client(h);
	host_print(fd, span_str("status\n"));
	text = control_line("status", fd);
	check_part("a line", text, "}\n");
	check_part("paused", text, "\"paused\":null,\"rules\":0,");
	check_part("mail", text, "\"waiting\":1,\"waiting_bytes\":359,");
	check_part("next", text, "\"next_due\":\"2100-01-01T00:00:00Z\"");
	check_part("late", text, "\"late\":null,\"inotify\":false}");
	close(fd);
}

/* Too many to be looked at in one go; whoever asks meanwhile waits, too. */
static void
the_status_of_very_many_is_told(void **state)
{
	enum { N = 10000, LINE_SIZE = 256, CLIENTS = 3, ASKED_MAX = 10000 };
	static const char all[] = "\"unread\":10000,";
	struct host *h = *state;
	char *listing = malloc(N * LINE_SIZE);
	int fds[CLIENTS];
	size_t used = 0;

	assert_non_null(listing);
	control_open(h);
	host_expect(h, "the first walk", "L");
	for (int i = 0; i < N; i++) {
		char id[QID_SIZE];

		snprintf(id, sizeof(id), "ABC%06d", i);
		used += (size_t)snprintf(
		    listing + used, LINE_SIZE, "%s", listing_of(id, PAST_S));
	}
	host_serve(h, 'L', listing, "");
	fds[0] = control_client(h);
	for (int i = 0; i < ASKED_MAX; i++) {
		host_print(fds[0], span_str("status\n"));
		if (strstr(control_line("status", fds[0]), all) != NULL)
			break;
	}
	close(fds[0]);
	for (int i = 0; i < CLIENTS; i++) {
		fds[i] = control_client(h);
		host_print(fds[i], span_str("status\n"));
	}
	for (int i = 0; i < CLIENTS; i++) {
		check_part("all", control_line("status", fds[i]), all);
		close(fds[i]);
	}
	free(listing);
}

static const struct {
	const char *row;
	struct span request;
} wrongs[] = {
    {"another protocol", SPAN("GET / HTTP/1.1\r\n")},
    {"an empty line", SPAN("\n")},
    {"a NUL", SPAN("\0\n")},
    {"a reason too long", SPAN("pause 1025\n")},
    {"a body too long", SPAN("reschedule now 48000001\n")},
    {"another verb", SPAN("stop\nsweep\n")},
};

static void
what_is_no_request_ends_the_connection(void **state)
{
	struct host *h = *state;

	control_open(h);
	host_expect(h, "the first walk", "L");
	for (size_t i = 0; i < COUNT_OF(wrongs); i++) {
		int fd = control_client(h);

		host_print(fd, wrongs[i].request);
		check_string(wrongs[i].row, control_line(wrongs[i].row, fd),
		    "error not a request\n");
		check_string("the end", control_line(wrongs[i].row, fd), "");
		close(fd);
	}
	host_logged(h, "the log", "control: not a request");
	control_ask(h, "the others go on", "sweep\n", "ok\n");
}

static void
requests_may_come_in_a_row_and_in_pieces(void **state)
{
	static const char two[] = "pause 3\nwhyresume\nsweep\n";
	struct host *h = *state;
	int fd;

	control_open(h);
	host_expect(h, "the first walk", "L");
	fd = control_client(h);
	control_says("pause", fd, two, "ok\n");
	check_string("resume", control_line("resume", fd), "ok\n");
	check_string("sweep", control_line("sweep", fd), "ok\n");
	for (size_t i = 0; i + 1 < sizeof(two); i++)
		host_print(fd, span_of(two + i, 1));
	for (int i = 0; i < 3; i++)
		check_string("byte by byte", control_line("byte", fd), "ok\n");
	close(fd);
}

/* The pause. */

static void
while_it_is_paused_nothing_leaves(void **state)
{
	struct host *h = *state;
	int fd;

	open_with_mail(h, FAR_S);
	control_ask(h, "pause", "pause 9\nthe relay", "ok\n");
	host_logged(h, "the log", "]: paused: the relay\n");
	check_part("the file", control_read_file(h, "paused"), " the relay\n");
	control_ask(
	    h, "now", control_reschedule("now", ID " " PAST "\n"), "ok 1 0\n");
	serve_read(h, "it is read anew", FAR_S);
	expect_stillness(h, "and stays");
	fd = control_client(h);
	host_print(fd, span_str("status\n"));
	check_part("status", control_line("status", fd),
	    ",\"reason\":\"the relay\"},");
	close(fd);
	control_ask(h, "resume", "resume\n", "ok\n");
	host_expect(h, "it leaves", "H" ID "\n");
	host_logged(h, "the log", "]: resumed\n");
	check_string("the file", control_read_file(h, "paused"), "(none)");
}

static void
a_pause_outlives_its_process(void **state)
{
	struct host *h = *state;
	int64_t now_s = clock_floor_s(clock_read().wall_ns);
	char since[CLOCK_UTC_SIZE];

	control_open(h);
	host_expect(h, "the first walk", "L");
	control_ask(h, "pause", "pause 0\n", "ok\n");
	kill(h->engine, SIGKILL);
	waitpid(h->engine, NULL, 0);
	host_close(&h->channel);
	host_close(&h->log_fd);
	open_with_mail(h, PAST_S + 1);
	host_logged(h, "the log", "0 rules, without inotify, paused since ");
	clock_format_utc(now_s, since);
	since[10] = 0;
	check_part("since", h->log_text, since);
	expect_stillness(h, "due mail stays");
	control_ask(h, "resume", "resume\n", "ok\n");
	host_expect(h, "it leaves", "H" ID "\n");
}

static void
a_reason_becomes_one_printable_line(void **state)
{
	struct host *h = *state;
	char request[CONTROL_REASON_MAX + 32];
	int n;

	control_open(h);
	host_expect(h, "the first walk", "L");
	control_ask(h, "controls", "pause 9\na\nb\x1b[0m\xff\x80", "ok\n");
	check_part("the file", control_read_file(h, "paused"), " a?b?[0m??\n");
	n = snprintf(request, sizeof(request), "pause %d\n%0*d",
	    CONTROL_REASON_MAX, CONTROL_REASON_MAX, 0);
	assert_true(n > CONTROL_REASON_MAX);
	control_ask(h, "too long", request, "ok\n");
	check_int("cut",
	    (int64_t)strlen(strchr(control_read_file(h, "paused"), ' ')),
	    STATE_REASON_MAX + 2);
}

static void
what_is_said_twice_is_kept_once(void **state)
{
	struct host *h = *state;
	char path[FOLDER_PATH_SIZE];

	write_file(
	    folder_join(&h->folder, "paused", path), span_str("5 first\n"));
	control_open(h);
	host_expect(h, "the first walk", "L");
	host_logged(
	    h, "at the start", "paused since 1970-01-01T00:00:05Z: first\n");
	control_ask(h, "again", "pause 6\nsecond", "ok\n");
	check_string(
	    "since is kept", control_read_file(h, "paused"), "5 second\n");
	control_ask(h, "resume", "resume\n", "ok\n");
	host_logged(h, "the log", "resumed\n");
	h->log_used = 0;
	h->log_text[0] = '\0';
	control_ask(h, "again", "resume\n", "ok\n");
	control_ask(h, "pause", "pause 0\n", "ok\n");
	host_logged(h, "the log", "]: paused\n");
	assert_null(strstr(h->log_text, "resumed"));
}

/* The folder of the state goes elsewhere, so that nothing can be written. */
static void
lose_folder(struct host *h)
{
	snprintf(h->settings.state_directory,
	    sizeof(h->settings.state_directory), "%s/missing",
	    (char *)h->folder);
}

static void
what_cannot_be_written_does_not_count(void **state)
{
	struct host *h = *state;
	const char *text;
	int fd;

	lose_folder(h);
	open_with_mail(h, FAR_S);
	host_logged(h, "the start",
	    "/missing is missing: policyctl pause and "
	    "reschedule will not work; policyctl "
	    "setup makes it\n");
	fd = control_client(h);
	host_print(fd, span_str("pause 0\n"));
	text = control_line("pause", fd);
	check_part("pause", text, "error ");
	check_part("pause", text,
	    "/missing/paused: No such file or directory (policyctl setup "
	    "makes the folder)\n");
	host_print(fd, span_str(control_reschedule("now", ID " " PAST "\n")));
	check_part("reschedule", control_line("reschedule", fd),
	    "/missing/overrides: No such file or directory (policyctl");
	control_says("resume", fd, "resume\n", "ok\n");
	expect_stillness(h, "nothing has changed");
	host_print(fd, span_str("status\n"));
	text = control_line("status", fd);
	check_part("not paused", text, "\"paused\":null");
	check_part("not rescheduled", text, "\"rescheduled\":0,");
	close(fd);
}

/* Moments of messages. */

static void
mail_leaves_now_when_the_administrator_says_so(void **state)
{
	struct host *h = *state;

	open_with_mail(h, FAR_S);
	control_ask(
	    h, "now", control_reschedule("now", ID " " PAST "\n"), "ok 1 0\n");
	check_part("the file", control_read_file(h, "overrides"),
	    OVERRIDES_MAGIC "\n" ID " " PAST " ");
	serve_read(h, "read anew", FAR_S);
	host_expect(h, "it leaves", "H" ID "\n");
	host_logged(h, "the log", ID ": rescheduled, due=");
}

static void
mail_leaves_later_or_never(void **state)
{
	static const char *const dues[] = {FAR, "never"};
	struct host *h = *state;
	int64_t due_s = clock_floor_s(clock_read().wall_ns) + 3600;

	open_with_mail(h, due_s);
	for (size_t i = 0; i < COUNT_OF(dues); i++) {
		char want[128];

		control_ask(h, dues[i],
		    control_reschedule(dues[i], ID " " PAST "\n"), "ok 1 0\n");
		snprintf(want, sizeof(want),
		    OVERRIDES_MAGIC "\n" ID " " PAST " %s ", dues[i]);
		check_part(dues[i], control_read_file(h, "overrides"), want);
		serve_read(h, dues[i], PAST_S + 1);
		expect_stillness(h, dues[i]);
	}
}

static void
a_moment_outlives_its_process(void **state)
{
	struct host *h = *state;

	open_with_mail(h, FAR_S);
	control_ask(h, "now",
	    control_reschedule("1606000000", ID " " PAST "\n"), "ok 1 0\n");
	kill(h->engine, SIGKILL);
	waitpid(h->engine, NULL, 0);
	host_close(&h->channel);
	host_close(&h->log_fd);
	host_close(&h->out);
	host_close(&h->err);
	open_with_mail(h, FAR_S);
	host_expect(h, "it leaves", "H" ID "\n");
}

/* All of them or none, and one file for all. */
static void
many_are_rescheduled_at_once(void **state)
{
	enum { N = 1000 };
	struct host *h = *state;
	static char body[N * 32], want[32];
	size_t used = 0;
	int fd;

	control_open(h);
	host_expect(h, "the first walk", "L");
	for (int i = 0; i < N; i++)
		used += (size_t)snprintf(
		    body + used, sizeof(body) - used, "ABC%06d " PAST "\n", i);
	fd = control_client(h);
	snprintf(want, sizeof(want), "ok %d 0\n", N);
	control_says("all", fd, control_reschedule(FAR, body), want);
	host_print(fd, span_str("status\n"));
	check_part("all are known", control_line("status", fd),
	    "\"rescheduled\":1000,");
	close(fd);
}

static const struct {
	const char *row;
	const char *body;
} malformed[] = {
    {"a word", "what\n"},
    {"an id without an arrival", ID "\n"},
    {"no line end", ID " " PAST},
    {"wrong behind one that is right", ID " " PAST "\n../../ 5\n"},
};

static void
a_list_that_is_wrong_changes_nothing(void **state)
{
	struct host *h = *state;
	int fd;

	open_with_mail(h, FAR_S);
	fd = control_client(h);
	for (size_t i = 0; i < COUNT_OF(malformed); i++)
		control_says(malformed[i].row, fd,
		    control_reschedule("now", malformed[i].body),
		    "error not a list of messages; nothing is changed\n");
	check_string("no file", control_read_file(h, "overrides"), "(none)");
	control_says("none", fd, control_reschedule("now", ""), "ok 0 0\n");
	check_string("no file", control_read_file(h, "overrides"), "(none)");
	expect_stillness(h, "it waits on");
	close(fd);
}

static void
for_mail_that_leaves_just_now_it_is_too_late(void **state)
{
	struct host *h = *state;

	open_with_mail(h, PAST_S + 1);
	host_expect(h, "it leaves", "H" ID "\n");
	control_ask(h, "too late",
	    control_reschedule(FAR, ID " " PAST "\n" OTHER " " PAST "\n"),
	    "ok 1 1 " ID "\n");
	assert_null(strstr(control_read_file(h, "overrides"), ID));
	check_part("the other", control_read_file(h, "overrides"), OTHER);
	control_ask(h, "alone", control_reschedule(FAR, ID " " PAST "\n"),
	    "ok 0 1 " ID "\n");
}

static void
only_so_many_ids_are_told(void **state)
{
	struct host *h = *state;
	static char body[200 * 32];
	const char *text;
	size_t used = 0, blanks = 0;
	int fd;

	open_with_mail(h, PAST_S + 1);
	host_expect(h, "it leaves", "H" ID "\n");
	for (int i = 0; i < CONTROL_LEFT_MAX + 1; i++)
		used += (size_t)snprintf(
		    body + used, sizeof(body) - used, ID " " PAST "\n");
	fd = control_client(h);
	host_print(fd, span_str(control_reschedule("now", body)));
	text = control_line("many", fd);
	check_part("many", text, "ok 0 101 " ID " ");
	for (const char *p = text; *p != '\0'; p++)
		blanks += *p == ' ';
	check_int("ids", (int64_t)blanks, 2 + CONTROL_LEFT_MAX);
	close(fd);
}

/* A calendar of a later age is not ours. */
static void
a_moment_too_far_is_the_latest_we_know(void **state)
{
	struct host *h = *state;

	control_open(h);
	host_expect(h, "the first walk", "L");
	control_ask(h, "far",
	    control_reschedule("9223372036854775806", ID " " PAST "\n"),
	    "ok 1 0\n");
	check_part("the file", control_read_file(h, "overrides"),
	    ID " " PAST " 9000000000 ");
}

/* What changes by itself. */

static void
walk_without_mail(struct host *h, const char *row)
{
	control_ask(h, row, "sweep\n", "ok\n");
	host_expect(h, row, "L");
	host_serve(h, 'L', "", "");
}

static void
gone_mail_is_forgotten_and_that_is_written(void **state)
{
	struct host *h = *state;
	char path[FOLDER_PATH_SIZE];

	write_file(folder_join(&h->folder, "overrides", path),
	    span_str(OVERRIDES_MAGIC "\n" ID " " PAST " " FAR " 5\n"));
	control_open(h);
	host_expect(h, "the first walk", "L");
	host_serve(h, 'L', "", "");
	for (int i = 0; i < 3; i++)
		walk_without_mail(h, "walks");
	/* The walk before it was ended and its outcome written. */
	control_ask(h, "one more", "sweep\n", "ok\n");
	host_expect(h, "one more", "L");
	check_string("the file", control_read_file(h, "overrides"),
	    OVERRIDES_MAGIC "\n");
	unlink(path);
	host_serve(h, 'L', "", "");
	walk_without_mail(h, "no more than once");
	control_ask(h, "sync", "resume\n", "ok\n");
	check_string("not again", control_read_file(h, "overrides"), "(none)");
}

static void
a_failed_write_is_told_once_and_tried_again(void **state)
{
	struct host *h = *state;
	char path[FOLDER_PATH_SIZE], beside[FOLDER_PATH_SIZE];
	const char *first;
	int fd;

	write_file(folder_join(&h->folder, "overrides", path),
	    span_str(OVERRIDES_MAGIC "\n" ID " " PAST " " FAR " 5\n"));
	/* A folder in its place cannot be removed as a file can. */
	folder_join(&h->folder, "overrides.new", beside);
	assert_int_equal(mkdir(beside, 0700), 0);
	control_open(h);
	host_expect(h, "the first walk", "L");
	host_serve(h, 'L', "", "");
	for (int i = 0; i < 5; i++)
		walk_without_mail(h, "walks");
	host_logged(h, "the log",
	    "overrides: not a regular file; tried again "
	    "after each walk\n");
	first = strstr(h->log_text, "tried again after");
	assert_null(strstr(first + 1, "tried again after"));
	fd = control_client(h);
	host_print(fd, span_str("events\n"));
	check_part("an event", control_line("an event", fd),
	    "/overrides: not a regular file\"}\n");
	check_string("and no other", control_line("the end", fd), "");
	close(fd);
	check_part("as it was", control_read_file(h, "overrides"), ID);
	control_ask(h, "a walk", "sweep\n", "ok\n");
	host_expect(h, "those before are over", "L");
	assert_int_equal(rmdir(beside), 0);
	control_ask(h, "not before it ends", "resume\n", "ok\n");
	control_ask(h, "sync", "resume\n", "ok\n");
	check_part("as it was", control_read_file(h, "overrides"), ID);
	host_serve(h, 'L', "", "");
	control_ask(h, "one more", "sweep\n", "ok\n");
	host_expect(h, "one more", "L");
	check_string("the file", control_read_file(h, "overrides"),
	    OVERRIDES_MAGIC "\n");
}

/* The start. */

static const struct {
	const char *row;
	const char *name;
	const char *content;
	const char *log;
} broken[] = {
    {"a pause", "paused", "yes\n",
	"/paused: not one line \"SECONDS REASON\"; to resume, remove it; "
	"repair or remove it: mail may leave too early without\n"},
    {"overrides", "overrides", OVERRIDES_MAGIC "\nwhat\n", "/overrides:2: "},
    {"no overrides", "overrides", "", "/overrides:1: "},
};

static void
what_was_said_must_be_understood(void **state)
{
	struct host *h = *state;
	char path[FOLDER_PATH_SIZE];

	for (size_t i = 0; i < COUNT_OF(broken); i++) {
		h->log_used = 0;
		h->log_text[0] = '\0';
		write_file(folder_join(&h->folder, broken[i].name, path),
		    span_str(broken[i].content));
		host_open(h);
		host_logged(h, broken[i].row, broken[i].log);
		host_ends(h, broken[i].row, EX_CONFIG);
		host_close(&h->log_fd);
		unlink(path);
	}
}

/* policyd -n has no business with it. */
static void
one_that_only_looks_reads_no_state(void **state)
{
	struct host *h = *state;
	char path[FOLDER_PATH_SIZE];

	for (size_t i = 0; i < COUNT_OF(broken); i++) {
		write_file(folder_join(&h->folder, broken[i].name, path),
		    span_str(broken[i].content));
		h->options.looks = true;
		host_open(h);
		host_expect(h, broken[i].row, "L");
		host_serve(h, 'L', "", "");
		host_ends(h, broken[i].row, EX_OK);
		host_close(&h->log_fd);
		unlink(path);
	}
}

static void
at_the_end_clients_are_closed(void **state)
{
	struct host *h = *state;
	int idle, follower;

	control_open(h);
	host_expect(h, "the first walk", "L");
	host_serve(h, 'L', "", "");
	idle = control_client(h);
	control_says("served", idle, "sweep\n", "ok\n");
	follower = control_client(h);
	host_print(follower, span_str("tail\n"));
	host_expect(h, "a walk", "L");
	host_serve(h, 'L', "", "");
	control_close(h);
	check_string("idle", control_line("idle", idle), "");
	check_string("follower", control_line("follower", follower), "");
	close(idle);
	close(follower);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CONTROLLED(a_walk_is_asked_for),
	    CONTROLLED(a_reload_is_asked_of_the_runner),
	    CONTROLLED(the_status_is_told),
	    CONTROLLED(the_status_of_very_many_is_told),
	    CONTROLLED(what_is_no_request_ends_the_connection),
	    CONTROLLED(requests_may_come_in_a_row_and_in_pieces),
	    CONTROLLED(while_it_is_paused_nothing_leaves),
	    CONTROLLED(a_pause_outlives_its_process),
	    CONTROLLED(a_reason_becomes_one_printable_line),
	    CONTROLLED(what_is_said_twice_is_kept_once),
	    CONTROLLED(what_cannot_be_written_does_not_count),
	    CONTROLLED(mail_leaves_now_when_the_administrator_says_so),
	    CONTROLLED(mail_leaves_later_or_never),
	    CONTROLLED(a_moment_outlives_its_process),
	    CONTROLLED(many_are_rescheduled_at_once),
	    CONTROLLED(a_list_that_is_wrong_changes_nothing),
	    CONTROLLED(for_mail_that_leaves_just_now_it_is_too_late),
	    CONTROLLED(only_so_many_ids_are_told),
	    CONTROLLED(a_moment_too_far_is_the_latest_we_know),
	    CONTROLLED(gone_mail_is_forgotten_and_that_is_written),
	    CONTROLLED(a_failed_write_is_told_once_and_tried_again),
	    CONTROLLED(what_was_said_must_be_understood),
	    CONTROLLED(one_that_only_looks_reads_no_state),
	    CONTROLLED(at_the_end_clients_are_closed),
	};

	return cmocka_run_group_tests_name("engine_control", tests, NULL, NULL);
}

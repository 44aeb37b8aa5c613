/* SPDX-License-Identifier: ISC */
/*
 * The way of mail, from what commands print to what is asked for.
 */
#include "tests/unit/engine_support.h"

#if defined(__linux__) && !defined(OS_PORTABLE)
#include <sys/inotify.h>
#endif
#include <sys/stat.h>

#include "hdrcheck/base/os.h"

/* Serves the first walk, which shows one message. */
static void
show(struct host *h, const char *id, int64_t arrival_s)
{
	host_open(h);
	host_expect(h, "the first walk", "L");
	host_serve(h, 'L', listing_of(id, arrival_s), "");
}

static void
due_mail_is_listed_read_released_and_kicked(void **state)
{
	struct host *h = *state;
	unsigned before;

	show(h, "ABCDEF12345", PAST_S);
	host_expect(h, "read", "RABCDEF12345\n");
	host_serve(h, 'R', file_of("ABCDEF12345", PAST_S, PAST_S + 60), "");
	host_expect(h, "release", "HABCDEF12345\n");
	before = h->kicks;
	host_serve(h, 'H', "",
	    "postsuper: ABCDEF12345: released from hold\n"
	    "postsuper: Released from hold: 1 message\n");
	host_logged(h, "the log",
	    "ABCDEF12345: released, due=2020-11-21T21:04:57Z, late=");
	host_logged(h, "the log", "s, method=release\n");
	host_send(h, "C0", NULL, 0);
	host_expect(h, "the next walk", "L");
	assert_true(h->kicks > before);
}

/* I1, by the clock of this machine. */
static void
mail_is_asked_for_in_its_due_second(void **state)
{
	struct host *h = *state;
	int64_t now_s = clock_floor_s(clock_read().wall_ns);
	int64_t due_s = now_s + 1;

	show(h, "ABCDEF12345", now_s - 10);
	host_expect(h, "read", "RABCDEF12345\n");
	host_serve(h, 'R', file_of("ABCDEF12345", now_s - 10, due_s), "");
	host_expect(h, "release", "HABCDEF12345\n");
	assert_true(clock_read().reached_ns >= due_s * CLOCK_NS_PER_S);
	assert_true(time(NULL) >= due_s);
}

/* Two messages: what is due leaves, what is not does not. */
static void
mail_that_is_not_due_is_not_asked_for(void **state)
{
	struct host *h = *state;
	char listing[2048], files[4096];

	host_open(h);
	host_expect(h, "walk", "L");
	snprintf(
	    listing, sizeof(listing), "%s", listing_of("AAAAAA11111", PAST_S));
	strcat(listing, listing_of("BBBBBB22222", PAST_S));
	host_serve(h, 'L', listing, "");
	host_expect(h, "read", "RAAAAAA11111\nBBBBBB22222\n");
	snprintf(files, sizeof(files), "%s",
	    file_of("AAAAAA11111", PAST_S, INT64_C(4102444800)));
	strcat(files, file_of("BBBBBB22222", PAST_S, PAST_S + 1));
	host_serve(h, 'R', files, "");
	host_expect(h, "release", "HBBBBBB22222\n");
}

static void
foreign_mail_is_told_and_left_alone(void **state)
{
	struct host *h = *state;

	show(h, "ABCDEF12345", PAST_S);
	host_expect(h, "read", "RABCDEF12345\n");
	host_serve(h, 'R', file_of("ABCDEF12345", PAST_S, PAST_S - 1), "");
	host_logged(h, "the log",
	    "ABCDEF12345: stays on hold with its date: its date was not ahead");
	host_send(h, "C0", NULL, 0);
	host_expect(h, "nothing but a walk", "L");
}

/* Lines come as they like; a process that was left behind is not awaited. */
static void
output_comes_in_pieces_and_its_end_is_not_awaited(void **state)
{
	struct host *h = *state;
	const char *listing = listing_of("ABCDEF12345", PAST_S);
	const char *file;

	host_open(h);
	host_expect(h, "walk", "L");
	host_start(h, 'L');
	for (size_t i = 0; listing[i] != '\0'; i++)
		host_print(h->out, span_of(listing + i, 1));
	host_send(h, "XL0", NULL, 0);
	host_expect(h, "read", "RABCDEF12345\n");
	host_start(h, 'R');
	file = file_of("ABCDEF12345", PAST_S, PAST_S + 60);
	host_print(h->out, span_head(span_str(file), 100));
	host_print(h->out, span_skip(span_str(file), 100));
	host_send(h, "XR0", NULL, 0);
	host_expect(h, "release", "HABCDEF12345\n");
}

/* More than all buffers hold, and more ids than one read takes. */
static void
a_long_listing_is_read_as_it_comes(void **state)
{
	enum { MAILS = 5000 };
	struct host *h = *state;
	char id[QID_SIZE];

	host_open(h);
	host_expect(h, "walk", "L");
	host_start(h, 'L');
	for (int i = 0; i < MAILS; i++) {
		snprintf(id, sizeof(id), "ABC%08d", i);
		host_print(h->out, span_str(listing_of(id, PAST_S)));
	}
	host_end(h, 'L', 0);
	host_next(h, "read");
	check_part("the first", h->request, "RABC00000000\n");
}

static const struct {
	const char *row;
	const char *listing;
	const char *err;
	int code;
	const char *log;
} walks[] = {
    {"it failed", "", "postqueue: fatal: no\n", 69,
	"postqueue -j failed: postqueue: fatal: no; again in 1 s"},
    {"it was killed", "", "", 137, "postqueue -j failed; again in 1 s"},
    {"its output is cut off", "{\"queue_name\": \"hold\"", "", 0,
	"postqueue -j failed; again in 1 s"},
    {"its output is something else", "what\n", "", 0,
	"postqueue -j failed; again in 1 s"},
};

static void
a_failed_walk_is_told_and_done_again(void **state)
{
	struct host *h = *state;

	for (size_t i = 0; i < COUNT_OF(walks); i++) {
		h->log_used = 0;
		h->log_text[0] = '\0';
		host_open(h);
		host_expect(h, walks[i].row, "L");
		host_start(h, 'L');
		host_print(h->out, span_str(walks[i].listing));
		host_print(h->err, span_str(walks[i].err));
		host_end(h, 'L', walks[i].code);
		host_logged(h, walks[i].row, walks[i].log);
		host_close(&h->channel);
		host_ends(h, walks[i].row, EX_SOFTWARE);
		host_close(&h->log_fd);
	}
}

static void
a_command_that_cannot_be_started_is_told(void **state)
{
	struct host *h = *state;

	host_open(h);
	host_expect(h, "walk", "L");
	host_send(h, "FL11", NULL, 0);
	host_logged(h, "the log", "postqueue -j failed: ");
	host_logged(h, "the reason", strerror(11));
}

/*
 * postcat says that it gives up, and sleeps for a second then: the read is
 * ended, once, and that is a failure of its mail and not of the command.
 */
static void
a_read_that_gives_up_is_ended(void **state)
{
	struct host *h = *state;

	show(h, "ABCDEF12345", PAST_S);
	host_expect(h, "read", "RABCDEF12345\n");
	host_start(h, 'R');
	host_print(h->err, span_str("postcat: warning: what\npostcat: fat"));
	host_print(h->err, span_str("al: open queue file ABCDEF12345\n"));
	host_expect(h, "the end is asked for", "E");
	host_print(h->err, span_str("postcat: fatal: again\n"));
	host_print(h->out, span_str("*** ENVELOPE RECORDS hold/ABC"));
	host_end(h, 'R', 128 + SIGKILL);
	host_expect(h, "read again, at once", "RABCDEF12345\n");
	host_serve(h, 'R', file_of("ABCDEF12345", PAST_S, PAST_S + 60), "");
	host_expect(h, "release", "HABCDEF12345\n");
	host_serve(h, 'H', "", "postsuper: ABCDEF12345: released from hold\n");
	host_logged(h, "the log", "ABCDEF12345: released, due=");
	assert_null(strstr(h->log_text, "again in"));
}

/* And so is the next one that does. */
static void
each_read_that_gives_up_is_ended(void **state)
{
	struct host *h = *state;

	show(h, "ABCDEF12345", PAST_S);
	for (int i = 0; i < 2; i++) {
		host_expect(h, "read", "RABCDEF12345\n");
		host_start(h, 'R');
		host_print(h->err, span_str("postcat: fatal: no\n"));
		host_expect(h, "the end is asked for", "E");
		host_end(h, 'R', 128 + SIGKILL);
	}
	host_send(h, "C0", NULL, 0);
	host_expect(h, "the next time is after a walk", "L");
	host_serve(h, 'L', listing_of("ABCDEF12345", PAST_S), "");
	host_expect(h, "read", "RABCDEF12345\n");
	host_serve(h, 'R', file_of("ABCDEF12345", PAST_S, PAST_S + 60), "");
	host_expect(h, "release", "HABCDEF12345\n");
}

/* Killed by somebody else it was not run. */
static void
a_read_that_was_killed_is_told(void **state)
{
	struct host *h = *state;

	show(h, "ABCDEF12345", PAST_S);
	host_expect(h, "read", "RABCDEF12345\n");
	host_start(h, 'R');
	host_print(h->err, span_str("postcat: warning: no fatal: what\n"));
	host_send(h, "C0", NULL, 0);
	host_expect(h, "it has seen that by now", "L");
	host_end(h, 'R', 128 + SIGKILL);
	host_logged(h, "the log", "again in 1 s");
}

/* Only a read is ended: the words of others are what they are. */
static void
other_commands_that_give_up_are_awaited(void **state)
{
	struct host *h = *state;

	host_open(h);
	host_expect(h, "walk", "L");
	host_serve(h, 'L', listing_of("ABCDEF12345", PAST_S),
	    "postqueue: fatal: what\n");
	host_expect(h, "read", "RABCDEF12345\n");
	host_serve(h, 'R', file_of("ABCDEF12345", PAST_S, PAST_S + 60), "");
	host_expect(h, "release", "HABCDEF12345\n");
	host_start(h, 'H');
	host_print(h->err, span_str("postsuper: fatal: what\n"));
	host_print(
	    h->err, span_str("postsuper: ABCDEF12345: released from hold\n"));
	host_logged(h, "the log", "ABCDEF12345: released, due=");
	host_end(h, 'H', 0);
	host_send(h, "C0", NULL, 0);
	host_expect(h, "the next walk", "L");
}

/* A command whose descriptors got lost, as too many are open. */
static void
run_unseen(struct host *h, char verb)
{
	char started[] = {'S', verb, '\0'};

	host_send(h, started, NULL, 0);
	host_end(h, verb, 0);
}

/* What they printed is not known, so they are run again, a second later. */
static void
walks_and_reads_that_nobody_sees_are_repeated(void **state)
{
	struct host *h = *state;
	const char *failed;

	host_open(h);
	host_expect(h, "walk", "L");
	run_unseen(h, 'L');
	host_logged(h, "the log",
	    "postqueue -j failed: Too many open files; again in 1 s");
	host_expect(h, "walk again", "L");
	host_serve(h, 'L', listing_of("ABCDEF12345", PAST_S), "");
	host_expect(h, "read", "RABCDEF12345\n");
	run_unseen(h, 'R');
	host_logged(h, "the log", "Too many open files; again in 1 s");
	host_expect(h, "read again", "RABCDEF12345\n");
	host_serve(h, 'R', file_of("ABCDEF12345", PAST_S, PAST_S + 60), "");
	host_expect(h, "release", "HABCDEF12345\n");
	host_serve(h, 'H', "", "postsuper: ABCDEF12345: released from hold\n");
	host_logged(h, "the log", "ABCDEF12345: released, due=");
	failed = strstr(h->log_text, "again in");
	assert_non_null(failed);
	failed = strstr(failed + 1, "again in");
	assert_non_null(failed);
	assert_null(strstr(failed + 1, "again in")); /* twice, no more */
}

/* A walk tells what became of it. */
static void
a_release_that_nobody_sees_is_done(void **state)
{
	struct host *h = *state;
	unsigned before;

	show(h, "ABCDEF12345", PAST_S);
	host_expect(h, "read", "RABCDEF12345\n");
	host_serve(h, 'R', file_of("ABCDEF12345", PAST_S, PAST_S + 60), "");
	host_expect(h, "release", "HABCDEF12345\n");
	before = h->kicks;
	run_unseen(h, 'H');
	host_expect(h, "a walk", "L");
	host_serve(h, 'L', "", "");
	host_logged(h, "the log", "ABCDEF12345: released, due=");
	assert_null(strstr(h->log_text, "again in"));
	host_send(h, "C0", NULL, 0);
	host_expect(h, "the next walk", "L");
	assert_true(h->kicks > before);
}

/* Whatever commands print, the engine lives, and tells. */
static void
hostile_output_ends_nothing(void **state)
{
	static char bytes[300 * 1000];
	struct host *h = *state;
	struct dice dice = {.state = 99};

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)dice_below(&dice, 256);
	show(h, "ABCDEF12345", PAST_S);
	host_expect(h, "read", "RABCDEF12345\n");
	host_start(h, 'R');
	host_print(h->err, span_of(bytes, sizeof(bytes)));
	host_print(h->out, span_of(bytes, sizeof(bytes)));
	host_print(h->out, span_str("\n"));
	host_print(
	    h->out, span_str(file_of("ABCDEF12345", PAST_S, PAST_S + 60)));
	host_end(h, 'R', 0);
	host_expect(h, "release", "HABCDEF12345\n");
	host_start(h, 'H');
	host_print(h->err, span_of(bytes, sizeof(bytes)));
	host_print(
	    h->err, span_str("\npostsuper: ABCDEF12345: released from hold\n"));
	host_end(h, 'H', 0);
	host_logged(h, "the log", "ABCDEF12345: released, due=");
}

#if defined(__linux__) && !defined(OS_PORTABLE)

/* A file in a folder that stands for hold, as Postfix puts one there. */
static void
move_mail(struct host *h, bool to_hold)
{
	char outside[FOLDER_PATH_SIZE], inside[FOLDER_PATH_SIZE];

	folder_join(&h->folder, "ABCDEF12345", outside);
	folder_join(&h->folder, HOST_HELD, inside);
	if (to_hold) {
		write_file(outside, span_str("x"));
		assert_int_equal(rename(outside, inside), 0);
		assert_int_equal(chmod(inside, 0700), 0);
	} else {
		assert_int_equal(rename(inside, outside), 0);
	}
}

static int
watch_hold(struct host *h)
{
	char hold[FOLDER_PATH_SIZE];

	folder_join(&h->folder, "hold", hold);
	assert_int_equal(mkdir(hold, 0700), 0);
	return os_news_open(hold);
}

/* Read at once, and its departure confirms the release. */
static void
news_of_hold_is_acted_on_at_once(void **state)
{
	struct host *h = *state;

	h->options.news = watch_hold(h);
	assert_true(h->options.news >= 0);
	host_open(h);
	host_expect(h, "walk", "L");
	host_serve(h, 'L', "", "");
	move_mail(h, true);
	host_expect(h, "read", "RABCDEF12345\n");
	host_serve(h, 'R', file_of("ABCDEF12345", PAST_S, PAST_S + 60), "");
	host_expect(h, "a walk must see what is overdue", "L");
	host_serve(h, 'L', listing_of("ABCDEF12345", PAST_S), "");
	host_expect(h, "release", "HABCDEF12345\n");
	host_start(h, 'H');
	move_mail(h, false);
	host_logged(h, "before its end", "ABCDEF12345: released, due=");
}

static void
a_watch_may_come_later(void **state)
{
	struct host *h = *state;
	int news = watch_hold(h);

	assert_true(news >= 0);
	host_open(h);
	host_logged(h, "start", "without inotify");
	host_expect(h, "walk", "L");
	host_send(h, "N", &news, 1);
	close(news);
	host_logged(h, "now", "the hold queue is watched now");
	move_mail(h, true);
	host_expect(h, "read", "RABCDEF12345\n");
}

/* Until it has taken all that it was sent. */
static void
await_engine(struct host *h)
{
	unsigned before = h->reads_done;

	host_reload(h, NULL, NULL);
	while (h->reads_done == before)
		if (host_receive(h, "taken") == 1 && h->request[0] == 'S')
			h->reads_done++;
}

/* The last news are there, and their end is noticed before mail leaves. */
static void
a_watch_may_end_behind_its_last_news(void **state)
{
	const struct inotify_event lost = {.wd = -1, .mask = IN_Q_OVERFLOW};
	struct host *h = *state;
	ssize_t written;
	int news[2];

	host_open(h);
	assert_int_equal(pipe(news), 0);
	fcntl(news[0], F_SETFL, O_NONBLOCK);
	host_send(h, "N", &news[0], 1);
	close(news[0]);
	host_expect(h, "walk", "L");
	host_start(h, 'L');
	host_print(h->out, span_str(listing_of("ABCDEF12345", PAST_S)));
	host_print(h->out, span_str(listing_of("ABCDEF12346", PAST_S)));
	host_end(h, 'L', 0);
	host_expect(h, "read", "RABCDEF12345\nABCDEF12346\n");
	host_start(h, 'R');
	host_print(
	    h->out, span_str(file_of("ABCDEF12345", PAST_S, PAST_S + 60)));
	host_expect(h, "one leaves", "HABCDEF12345\n");
	host_print(
	    h->out, span_str(file_of("ABCDEF12346", PAST_S, PAST_S + 60)));
	host_end(h, 'R', 0);
	await_engine(h);
	assert_int_equal(kill(h->engine, SIGSTOP), 0);
	written = write(news[1], &lost, sizeof(lost));
	close(news[1]);
	assert_int_equal(kill(h->engine, SIGCONT), 0);
	assert_int_equal(written, sizeof(lost));
	host_logged(h, "its end", "no more news of the hold queue");
	host_expect(h, "a walk instead", "L");
	host_serve(h, 'L', listing_of("ABCDEF12347", PAST_S), "");
	host_expect(h, "it goes on", "RABCDEF12347\n");
}

#endif

/* A watch that ends is given up, and another one may follow; a third is none.
 */
static void
a_watch_may_end(void **state)
{
	struct host *h = *state;
	struct pollfd p = {.events = POLLERR};
	int first[2], second[2], third[2];

	assert_int_equal(pipe(first), 0);
	close(first[1]);
	h->options.news = first[0];
	host_open(h);
	assert_int_equal(pipe(second), 0);
	assert_int_equal(pipe(third), 0);
	host_expect(h, "walk", "L");
	host_logged(h, "its end", "no more news of the hold queue");
	host_send(h, "N", &second[0], 1);
	host_logged(h, "another", "the hold queue is watched now");
	host_send(h, "N", &third[0], 1);
	close(third[0]);
	p.fd = third[1];
	check_int("the third is closed", poll(&p, 1, guard_ms()), 1);
	host_serve(h, 'L', listing_of("ABCDEF12345", PAST_S), "");
	host_expect(h, "it goes on", "RABCDEF12345\n");
	close(second[0]);
	close(second[1]);
	close(third[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HOST(due_mail_is_listed_read_released_and_kicked),
		HOST(mail_is_asked_for_in_its_due_second),
		HOST(mail_that_is_not_due_is_not_asked_for),
		HOST(foreign_mail_is_told_and_left_alone),
		HOST(output_comes_in_pieces_and_its_end_is_not_awaited),
		HOST(a_long_listing_is_read_as_it_comes),
		HOST(a_failed_walk_is_told_and_done_again),
		HOST(a_command_that_cannot_be_started_is_told),
		HOST(a_read_that_gives_up_is_ended),
		HOST(each_read_that_gives_up_is_ended),
		HOST(a_read_that_was_killed_is_told),
		HOST(other_commands_that_give_up_are_awaited),
		HOST(walks_and_reads_that_nobody_sees_are_repeated),
		HOST(a_release_that_nobody_sees_is_done),
		HOST(hostile_output_ends_nothing),
		HOST(a_watch_may_end),
#if defined(__linux__) && !defined(OS_PORTABLE)
		HOST(news_of_hold_is_acted_on_at_once),
		HOST(a_watch_may_come_later),
		HOST(a_watch_may_end_behind_its_last_news),
#endif
	};

	return cmocka_run_group_tests_name("engine", tests, NULL, NULL);
}

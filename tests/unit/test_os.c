/* SPDX-License-Identifier: ISC */
/* Passes with -DOS_PORTABLE, too: there is no news then. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/support.h"

#include "hdrcheck/base/os.h"

#if defined(__linux__) && !defined(OS_PORTABLE)
#include <sys/prctl.h>
#define ON_LINUX 1
#else
#define ON_LINUX 0
#endif

static bool
is_readable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, 0) == 1 && (p.revents & POLLIN) != 0;
}

static const int signals[] = {SIGHUP, SIGTERM, SIGUSR1, 0};

/* Signals are the whole process's: each test is a child. */

static const char *
child_gets_signals(void *ctx)
{
	int fd = os_signal_open(signals);
	int first, second;

	(void)ctx;
	if (fd < 0)
		return "not opened";
	if (is_readable(fd) || os_signal_read(fd) != 0)
		return "a signal before there was one";
	raise(SIGTERM);
	raise(SIGHUP);
	if (!is_readable(fd))
		return "not readable";
	first = os_signal_read(fd);
	second = os_signal_read(fd);
	if (first + second != SIGTERM + SIGHUP ||
	    (first != SIGTERM && first != SIGHUP))
		return "not the two that were sent";
	if (is_readable(fd) || os_signal_read(fd) != 0)
		return "a third one";
	raise(SIGUSR1);
	return os_signal_read(fd) == SIGUSR1 ? NULL : "no SIGUSR1";
}

static const char *
child_looks_at_flags(void *ctx)
{
	int fd = os_signal_open(signals);

	(void)ctx;
	if ((fcntl(fd, F_GETFD) & FD_CLOEXEC) == 0)
		return "not close-on-exec";
	return (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0 ? NULL : "blocking";
}

static const char *
child_floods_with_signals(void *ctx)
{
	int fd = os_signal_open(signals);
	int n = 0;

	(void)ctx;
	for (int i = 0; i < 100000; i++)
		raise(SIGHUP);
	while (os_signal_read(fd) == SIGHUP)
		n++;
	return n > 0 && !is_readable(fd) ? NULL : "not read to the end";
}

static void
signals_arrive_on_a_descriptor(void **state)
{
	(void)state;
	check_in_child("signals", child_gets_signals, NULL);
}

static void
the_signal_descriptor_does_not_block_or_leak(void **state)
{
	(void)state;
	check_in_child("flags", child_looks_at_flags, NULL);
}

static void
a_flood_of_signals_does_no_harm(void **state)
{
	(void)state;
	check_in_child("flood", child_floods_with_signals, NULL);
}

static void
a_child_can_forget_the_signals(void **state)
{
	(void)state;
}

/* News of a folder. */

static bool
has_news(void)
{
	if (!ON_LINUX)
		print_message("no news of folders in this build\n");
	return ON_LINUX;
}

enum { NEWS_SIZE = 4096 };

static struct span
read_news(int fd, char bytes[NEWS_SIZE])
{
	ssize_t n = read(fd, bytes, NEWS_SIZE);

	return span_of(bytes, n > 0 ? (size_t)n : 0);
}

static const char *const news_names[] = {
    [OS_NEWS_ARRIVED] = "arrived",
    [OS_NEWS_COMPLETE] = "complete",
    [OS_NEWS_DEPARTED] = "departed",
    [OS_NEWS_LEFT] = "left",
    [OS_NEWS_LOST] = "lost",
};

/* All events in bytes as words: "arrived ID, complete ID, ". */
static void
check_news(const char *row, struct span given, const char *want)
{
	struct span copy = exact_copy(given);
	struct span bytes = copy;
	enum os_news kind;
	struct span name;
	struct buf got;

	buf_init(&got, 10000);
	while (os_news_next(&bytes, &kind, &name)) {
		assert_true(buf_append(&got, span_str(news_names[kind])));
		assert_true(buf_append(&got, span_str(" ")));
		assert_true(buf_append(&got, name));
		assert_true(buf_append(&got, span_str(", ")));
	}
	check_span(row, buf_span(&got), span_str(want));
	buf_free(&got);
	exact_free(copy);
}

static void
check_news_of(const char *row, int fd, const char *want)
{
	char bytes[NEWS_SIZE];

	check_news(row, read_news(fd, bytes), want);
}

struct queue {
	char hold[FOLDER_PATH_SIZE]; /* the folder that is watched */
	char inside[FOLDER_PATH_SIZE + 20];
	char outside[FOLDER_PATH_SIZE];
	int fd;
};

static void
queue_open(void **state, struct queue *q, const char *name)
{
	folder_join(state, "hold", q->hold);
	folder_join(state, name, q->outside);
	snprintf(q->inside, sizeof(q->inside), "%.*s/%s", FOLDER_PATH_SIZE - 1,
	    q->hold, name);
	assert_int_equal(mkdir(q->hold, 0700), 0);
	write_file(q->outside, span_str("x"));
	q->fd = os_news_open(q->hold);
	assert_true(q->fd >= 0);
}

static void
queue_close(struct queue *q)
{
	close(q->fd);
	unlink(q->inside);
	rmdir(q->hold);
}

/* What Postfix does with a message that is held and released. */
static void
arrivals_and_departures_are_told(void **state)
{
	struct queue q;

	if (!has_news())
		skip();
	queue_open(state, &q, "4F1C2A3B5D");
	check_news_of("nothing yet", q.fd, "");
	assert_int_equal(rename(q.outside, q.inside), 0);
	check_news_of("moved in", q.fd, "arrived 4F1C2A3B5D, ");
	assert_int_equal(chmod(q.inside, 0700), 0);
	check_news_of("complete", q.fd, "complete 4F1C2A3B5D, ");
	assert_int_equal(rename(q.inside, q.outside), 0);
	check_news_of("moved out", q.fd, "departed 4F1C2A3B5D, ");
	queue_close(&q);
}

/* Of a second folder only what leaves it is told, as another kind of news. */
static void
what_leaves_a_second_folder_is_told_apart(void **state)
{
	char active[FOLDER_PATH_SIZE], there[FOLDER_PATH_SIZE + 16];
	struct queue q;

	if (!has_news())
		skip();
	queue_open(state, &q, "4F1C2A3B5D");
	folder_join(state, "active", active);
	snprintf(there, sizeof(there), "%s/4F1C2A3B5D", active);
	assert_int_equal(mkdir(active, 0700), 0);
	assert_int_equal(os_news_also(q.fd, active), 0);
	assert_int_equal(rename(q.outside, there), 0);
	assert_int_equal(chmod(there, 0700), 0);
	check_news_of("nothing of arrivals", q.fd, "");
	assert_int_equal(rename(there, q.inside), 0);
	check_news_of(
	    "moved over", q.fd, "left 4F1C2A3B5D, arrived 4F1C2A3B5D, ");
	assert_int_equal(rename(q.inside, there), 0);
	check_news_of("and back", q.fd, "departed 4F1C2A3B5D, ");
	assert_int_equal(unlink(there), 0);
	check_news_of("removed", q.fd, "left 4F1C2A3B5D, ");
	assert_int_equal(rmdir(active), 0);
	check_news_of("the folder is gone", q.fd, "lost , lost , ");
	assert_int_equal(os_news_also(q.fd, active), -1);
	assert_int_equal(errno, ENOENT);
	queue_close(&q);
}

/* Some kernels tell a last change of attributes before the departure. */
static void
a_removal_is_a_departure(void **state)
{
	char bytes[NEWS_SIZE];
	enum os_news kind = OS_NEWS_LOST;
	struct span news, name;
	struct queue q;

	if (!has_news())
		skip();
	queue_open(state, &q, "4F1C2A3B5D");
	assert_int_equal(rename(q.outside, q.inside), 0);
	check_news_of("moved in", q.fd, "arrived 4F1C2A3B5D, ");
	assert_int_equal(unlink(q.inside), 0);
	news = read_news(q.fd, bytes);
	while (os_news_next(&news, &kind, &name))
		check_span("name", name, span_str("4F1C2A3B5D"));
	check_string("last", news_names[kind], "departed");
	queue_close(&q);
}

static void
what_is_of_no_interest_is_passed_over(void **state)
{
	struct queue q;

	if (!has_news())
		skip();
	queue_open(state, &q, "4F1C2A3B5D");
	assert_int_equal(chmod(q.hold, 0750), 0);
	write_file(q.inside, span_str("made in place"));
	check_news_of("the folder's mode, a file made in it", q.fd, "");
	assert_int_equal(rename(q.outside, q.inside), 0);
	check_news_of("moved over it", q.fd, "arrived 4F1C2A3B5D, ");
	queue_close(&q);
}

static void
a_folder_that_goes_is_told_as_lost(void **state)
{
	char bytes[NEWS_SIZE];
	struct span news, name;
	enum os_news kind;
	struct queue q;

	if (!has_news())
		skip();
	queue_open(state, &q, "4F1C2A3B5D");
	assert_int_equal(rmdir(q.hold), 0);
	news = read_news(q.fd, bytes);
	assert_true(os_news_next(&news, &kind, &name));
	assert_int_equal(kind, OS_NEWS_LOST);
	assert_int_equal(name.len, 0);
	queue_close(&q);
}

static void
a_folder_that_moves_is_told_as_lost(void **state)
{
	struct queue q;

	if (!has_news())
		skip();
	queue_open(state, &q, "4F1C2A3B5D");
	unlink(q.outside);
	assert_int_equal(rename(q.hold, q.outside), 0);
	check_news_of("moved", q.fd, "lost , ");
	rmdir(q.outside);
	queue_close(&q);
}

static void
half_an_event_waits_for_the_rest(void **state)
{
	char bytes[NEWS_SIZE];
	struct span news;
	struct queue q;

	if (!has_news())
		skip();
	queue_open(state, &q, "4F1C2A3B5D");
	assert_int_equal(rename(q.outside, q.inside), 0);
	news = read_news(q.fd, bytes);
	assert_true(news.len > 0);
	for (size_t n = 0; n < news.len; n++)
		check_news("a prefix", span_head(news, n), "");
	check_news("the whole", news, "arrived 4F1C2A3B5D, ");
	queue_close(&q);
}

static void
any_bytes_are_read_without_harm(void **state)
{
	char bytes[100];
	struct span rest, name;
	enum os_news kind;

	(void)state;
	for (int c = 0; c < 256; c++) {
		for (size_t n = 0; n <= sizeof(bytes); n++) {
			struct span copy;

			memset(bytes, c, sizeof(bytes));
			copy = exact_copy(span_of(bytes, n));
			rest = copy;
			while (os_news_next(&rest, &kind, &name))
				assert_true(rest.len <= n && name.len <= n);
			exact_free(copy);
		}
	}
}

static void
the_news_descriptor_does_not_block_or_leak(void **state)
{
	struct queue q;
	char byte[NEWS_SIZE];

	if (!has_news())
		skip();
	queue_open(state, &q, "4F1C2A3B5D");
	assert_int_equal(read(q.fd, byte, sizeof(byte)), -1);
	assert_int_equal(errno, EAGAIN);
	assert_true((fcntl(q.fd, F_GETFD) & FD_CLOEXEC) != 0);
	queue_close(&q);
}

static void
what_cannot_be_watched_is_an_error(void **state)
{
	char path[FOLDER_PATH_SIZE];

	assert_int_equal(os_news_open(folder_join(state, "none", path)), -1);
	assert_int_equal(errno, ON_LINUX ? ENOENT : ENOSYS);
	write_file(folder_join(state, "file", path), span_str("x"));
	assert_int_equal(os_news_open(path), -1);
	assert_int_equal(errno, ON_LINUX ? ENOTDIR : ENOSYS);
}

/* Rights and parents: a child each, for they cannot be taken back. */

static const char *
child_gives_up_new_privileges(void *ctx)
{
	(void)ctx;
	if (os_no_new_privileges() != 0)
		return "refused";
#if ON_LINUX
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return "not set";
#endif
	return NULL;
}

static const char *
child_becomes_not_dumpable(void *ctx)
{
	(void)ctx;
	if (os_not_dumpable() != 0)
		return "refused";
#if ON_LINUX
	if (prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0)
		return "still dumpable";
#endif
	return NULL;
}

static void
privileges_can_be_given_up(void **state)
{
	(void)state;
	check_in_child(
	    "no new privileges", child_gives_up_new_privileges, NULL);
	check_in_child("not dumpable", child_becomes_not_dumpable, NULL);
}

/* Lives for ten seconds unless it is killed; tells when it is ready. */
static void
be_an_orphan(int report_fd, pid_t parent)
{
	struct pollfd none = {.fd = -1};

	if (os_signal_at_parents_end(parent, SIGKILL) < 0 ||
	    write(report_fd, "ready", 5) != 5)
		_exit(1);
	poll(&none, 1, 10000);
	if (write(report_fd, "alive", 5) < 0)
		_exit(1);
	_exit(0);
}

static const char *
child_leaves_an_orphan(void *ctx)
{
	const int *ends = ctx;
	pid_t parent = getpid();
	pid_t pid = fork();
	char word[5];

	if (pid == 0) {
		close(ends[0]);
		be_an_orphan(ends[1], parent);
	}
	close(ends[1]);
	return read(ends[0], word, 5) == 5 ? NULL : "the orphan failed";
}

static void
a_child_dies_with_its_parent(void **state)
{
	char word[5];
	int ends[2];

	(void)state;
	if (!ON_LINUX) {
		print_message("children outlive parents in this build\n");
		skip();
	}
	assert_int_equal(pipe(ends), 0);
	check_in_child("the parent", child_leaves_an_orphan, ends);
	close(ends[1]);
	assert_int_equal(read(ends[0], word, 5), 0);
	close(ends[0]);
}

static const char *
child_has_another_parent(void *ctx)
{
	(void)ctx;
	if (os_signal_at_parents_end(getpid(), SIGKILL) == 0)
		return ON_LINUX ? "taken for its own parent" : NULL;
	return errno == ESRCH ? NULL : "another error";
}

static void
a_parent_that_is_gone_is_noticed(void **state)
{
	(void)state;
	check_in_child("another parent", child_has_another_parent, NULL);
}

static void
accepted_sockets_do_not_block_or_leak(void **state)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	int listener = socket(AF_UNIX, SOCK_STREAM, 0);
	int client = socket(AF_UNIX, SOCK_STREAM, 0);
	char path[FOLDER_PATH_SIZE];
	int fd;

	snprintf(un.sun_path, sizeof(un.sun_path), "%.100s",
	    folder_join(state, "s", path));
	assert_int_equal(bind(listener, (struct sockaddr *)&un, sizeof(un)), 0);
	assert_int_equal(listen(listener, 5), 0);
	assert_int_equal(
	    connect(client, (struct sockaddr *)&un, sizeof(un)), 0);
	fd = os_accept(listener);
	assert_true(fd >= 0);
	assert_true((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
	assert_true((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
	assert_int_equal(fcntl(listener, F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(os_accept(listener), -1);
	assert_int_equal(errno, EAGAIN);
	close(fd);
	close(client);
	close(listener);
}

static const struct {
	const char *row;
	size_t len;
} random_sizes[] = {
    {"a key", 16},
    {"one less than is given at once", 255},
    {"what is given at once", 256},
    {"one more", 257},
    {"four times as much", 1024},
    {"four times as much, and one", 1025},
};

/* By chance 16 bytes are the same once in 2^128 times. */
static void
random_bytes_fill_all_of_the_room(void **state)
{
	(void)state;
	assert_int_equal(os_random(NULL, 0), 0);
	for (size_t i = 0; i < COUNT_OF(random_sizes); i++) {
		size_t len = random_sizes[i].len;
		char *first = calloc(1, len);
		char *second = calloc(1, len);

		assert_true(first != NULL && second != NULL);
		check_int(random_sizes[i].row, os_random(first, len), 0);
		check_int(random_sizes[i].row, os_random(second, len), 0);
		for (size_t at = 0; at + 16 <= len; at++)
			assert_memory_not_equal(first + at, second + at, 16);
		free(first);
		free(second);
	}
}

/* Elsewhere it stays as it is, and nobody knows how that is. */
static void
a_pipe_can_be_widened(void **state)
{
	size_t before, after;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	before = os_pipe_size(ends[0]);
	os_pipe_widen(ends[1]);
	after = os_pipe_size(ends[0]);
	assert_true(ON_LINUX ? before > 0 && after >= before
			     : before == 0 && after == 0);
	close(ends[0]);
	close(ends[1]);
	/* What is no pipe. */
	os_pipe_widen(-1);
	assert_int_equal(os_pipe_size(-1), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(signals_arrive_on_a_descriptor),
	    cmocka_unit_test(the_signal_descriptor_does_not_block_or_leak),
	    cmocka_unit_test(a_flood_of_signals_does_no_harm),
	    cmocka_unit_test(a_child_can_forget_the_signals),
	    IN_FOLDER(arrivals_and_departures_are_told),
	    IN_FOLDER(what_leaves_a_second_folder_is_told_apart),
	    IN_FOLDER(a_removal_is_a_departure),
	    IN_FOLDER(what_is_of_no_interest_is_passed_over),
	    IN_FOLDER(a_folder_that_goes_is_told_as_lost),
	    IN_FOLDER(a_folder_that_moves_is_told_as_lost),
	    IN_FOLDER(half_an_event_waits_for_the_rest),
	    cmocka_unit_test(any_bytes_are_read_without_harm),
	    IN_FOLDER(the_news_descriptor_does_not_block_or_leak),
	    IN_FOLDER(what_cannot_be_watched_is_an_error),
	    cmocka_unit_test(privileges_can_be_given_up),
	    cmocka_unit_test(a_child_dies_with_its_parent),
	    cmocka_unit_test(a_parent_that_is_gone_is_noticed),
	    IN_FOLDER(accepted_sockets_do_not_block_or_leak),
	    cmocka_unit_test(random_bytes_fill_all_of_the_room),
	    cmocka_unit_test(a_pipe_can_be_widened),
	};

	return cmocka_run_group_tests_name("os", tests, NULL, NULL);
}

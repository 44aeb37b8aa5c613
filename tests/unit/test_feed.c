/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/support.h"

#include "policyd/feed.h"

enum { ROUNDS = 4 /* of the loop, in which all there is to do is done */ };

struct bench {
	struct loop *loop;
	struct loop_timer round;
	struct feed *feed;
};

static void
on_round(void *ctx)
{
	struct bench *b = ctx;

	loop_stop(b->loop);
}

static int
bench_setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	if (b == NULL)
		return -1;
	signal(SIGPIPE, SIG_IGN);
	b->loop = loop_new();
	b->feed = feed_new(b->loop);
	loop_add_timer(b->loop, &b->round, LOOP_MONO, on_round, b);
	*state = b;
	assert_non_null(b->feed);
	return 0;
}

static int
bench_teardown(void **state)
{
	struct bench *b = *state;

	feed_free(b->feed);
	loop_remove_timer(b->loop, &b->round);
	loop_free(b->loop);
	free(b);
	return 0;
}

#define BENCH(test)                                                            \
	cmocka_unit_test_setup_teardown(test, bench_setup, bench_teardown)

static void
turn(struct bench *b)
{
	for (int i = 0; i < ROUNDS; i++) {
		loop_arm(&b->round, 0);
		assert_int_equal(loop_run(b->loop), 0);
	}
}

/* A reader; our end of its socket. */
static int
add(struct bench *b, enum feed_part part)
{
	int ends[2];

	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	feed_add(b->feed, ends[1], part);
	return ends[0];
}

static void
put(struct bench *b, const char *line)
{
	feed_put(b->feed, span_str(line));
}

/* All that is there for a reader now; *eof: and then the end. */
static struct span
take(int fd, bool *eof)
{
	static char text[FEED_RING_MAX + FEED_BEHIND_MAX];
	size_t used = 0;
	ssize_t n;

	while ((n = read(fd, text + used, sizeof(text) - used)) > 0)
		used += (size_t)n;
	assert_true(n == 0 || errno == EAGAIN);
	*eof = n == 0;
	return span_of(text, used);
}

static void
check_reads(const char *row, int fd, const char *want, bool want_eof)
{
	bool eof;

	check_span(row, take(fd, &eof), span_str(want));
	check_bool(row, eof, want_eof);
}

static void
the_last_lines_and_the_end(void **state)
{
	struct bench *b = *state;
	int fd;

	put(b, "one\n");
	put(b, "two\n");
	fd = add(b, FEED_LAST);
	check_reads("at once", fd, "one\ntwo\n", true);
	check_int("gone", (int64_t)feed_readers(b->feed), 0);
	close(fd);
}

static void
nothing_has_happened_yet(void **state)
{
	struct bench *b = *state;
	int last = add(b, FEED_LAST);
	int both = add(b, FEED_LAST_AND_NEXT);

	check_reads("the end at once", last, "", true);
	check_reads("it waits", both, "", false);
	put(b, "one\n");
	check_reads("the first", both, "one\n", false);
	close(last);
	close(both);
}

static void
the_last_lines_and_what_comes(void **state)
{
	struct bench *b = *state;
	int fd;

	put(b, "one\n");
	fd = add(b, FEED_LAST_AND_NEXT);
	check_reads("what was", fd, "one\n", false);
	put(b, "two\n");
	put(b, "three\n");
	check_reads("what comes", fd, "two\nthree\n", false);
	check_int("stays", (int64_t)feed_readers(b->feed), 1);
	close(fd);
}

static void
only_what_comes(void **state)
{
	struct bench *b = *state;
	int fd;

	put(b, "one\n");
	fd = add(b, FEED_NEXT);
	check_reads("nothing of before", fd, "", false);
	put(b, "two\n");
	check_reads("what comes", fd, "two\n", false);
	close(fd);
}

static void
readers_do_not_mix(void **state)
{
	struct bench *b = *state;
	int a, c;

	a = add(b, FEED_NEXT);
	put(b, "one\n");
	c = add(b, FEED_NEXT);
	put(b, "two\n");
	check_reads("the first", a, "one\ntwo\n", false);
	check_reads("the second", c, "two\n", false);
	close(a);
	put(b, "three\n");
	turn(b);
	check_int("one is left", (int64_t)feed_readers(b->feed), 1);
	check_reads("the second goes on", c, "three\n", false);
	close(c);
}

/* A line of n bytes with its end, that begins with a number. */
static struct span
line_of(size_t n, unsigned number, char room[FEED_LINE_MAX])
{
	int head = snprintf(room, FEED_LINE_MAX, "%u ", number);

	assert_true(n <= FEED_LINE_MAX && n > (size_t)head);
	memset(room + head, 'x', n - (size_t)head);
	room[n - 1] = '\n';
	return span_of(room, n);
}

static void
check_ring(struct bench *b, size_t line, unsigned first, unsigned last)
{
	char room[FEED_LINE_MAX];
	int fd = add(b, FEED_LAST);
	struct span got;
	bool eof;
	size_t n = 0;

	/* More than its socket takes at once. */
	static char text[FEED_RING_MAX];

	do {
		got = take(fd, &eof);
		assert_true(n + got.len <= sizeof(text));
		memcpy(text + n, got.data, got.len);
		n += got.len;
		turn(b);
	} while (!eof);
	check_int("how much", (int64_t)n, (int64_t)((last - first + 1) * line));
	check_bool("not more than the limit", n <= FEED_RING_MAX, true);
	for (unsigned i = first; i <= last; i++)
		check_span("a line", span_of(text + (i - first) * line, line),
		    line_of(line, i, room));
	close(fd);
}

/* Whole lines only, the latest that fit; over many turns of the ring. */
static void
the_ring_keeps_the_latest_lines(void **state)
{
	static const size_t sizes[] = {
	    64, 4096, 4095, 1000, 333}; /* of a line */

	(void)state;
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		unsigned fit = (unsigned)(FEED_RING_MAX / sizes[i]);
		char room[FEED_LINE_MAX];
		void *own;
		struct bench *b;

		bench_setup(&own);
		b = own;
		for (unsigned n = 0; n < 3 * fit + 1; n++) {
			feed_put(b->feed, line_of(sizes[i], n, room));
			if (n == fit - 2 || n == fit - 1)
				check_ring(b, sizes[i], 0, n);
			else if (n == fit)
				check_ring(b, sizes[i], 1, n);
		}
		check_ring(b, sizes[i], 2 * fit + 1, 3 * fit);
		bench_teardown(&own);
	}
}

/* To the byte. */
static void
the_ring_keeps_no_byte_too_many(void **state)
{
	static const struct {
		const char *last;
		size_t want;
	} lasts[] = {
	    {"\n", FEED_RING_MAX},
	    {"a\n", FEED_RING_MAX + 1 - 4096},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(lasts); i++) {
		char room[FEED_LINE_MAX];
		size_t got = 0;
		struct bench *b;
		bool eof = false;
		void *own;
		int fd;

		bench_setup(&own);
		b = own;
		for (unsigned n = 1; n < FEED_RING_MAX / 4096; n++)
			feed_put(b->feed, line_of(4096, n, room));
		feed_put(b->feed, line_of(4095, 0, room));
		put(b, lasts[i].last);
		fd = add(b, FEED_LAST);
		while (!eof) {
			got += take(fd, &eof).len;
			turn(b);
		}
		check_int(lasts[i].last, (int64_t)got, (int64_t)lasts[i].want);
		close(fd);
		bench_teardown(&own);
	}
}

/* It asked for what was there then, and takes its time. */
static void
what_comes_meanwhile_is_not_for_one_who_wants_the_last(void **state)
{
	struct bench *b = *state;
	char room[FEED_LINE_MAX];
	size_t got = 0;
	bool eof = false;
	int fd;

	for (unsigned i = 0; i < FEED_RING_MAX / 4096; i++)
		feed_put(b->feed, line_of(4096, i, room));
	fd = add(b, FEED_LAST);
	check_int("it has not got all", (int64_t)feed_readers(b->feed), 1);
	put(b, "late\n");
	while (!eof) {
		got += take(fd, &eof).len;
		turn(b);
	}
	check_int("what was there", (int64_t)got, FEED_RING_MAX);
	close(fd);
}

static void
a_reader_that_is_late_misses_nothing(void **state)
{
	struct bench *b = *state;
	char room[FEED_LINE_MAX];
	size_t want = 0, got = 0;
	int fd = add(b, FEED_NEXT);
	bool eof = false;

	for (unsigned i = 0; i < 400; i++) {
		feed_put(b->feed, line_of(4000, i, room));
		want += 4000;
	}
	while (got < want && !eof) {
		got += take(fd, &eof).len;
		turn(b);
	}
	check_int("all", (int64_t)got, (int64_t)want);
	check_bool("and it stays", eof, false);
	put(b, "next\n");
	check_reads("next", fd, "next\n", false);
	close(fd);
}

/* Bytes that wait, and how many more the socket itself has taken. */
static void
a_reader_too_far_behind_is_dropped(void **state)
{
	struct bench *b = *state;
	char room[FEED_LINE_MAX];
	int slow = add(b, FEED_NEXT);
	int quick = add(b, FEED_NEXT);
	size_t put_bytes = 0, got;
	bool eof;

	for (unsigned i = 0; feed_readers(b->feed) == 2; i++) {
		feed_put(b->feed, line_of(4096, i, room));
		put_bytes += 4096;
		assert_true(put_bytes < 2 * (size_t)FEED_BEHIND_MAX);
		check_int("quick", (int64_t)take(quick, &eof).len, 4096);
	}
	got = take(slow, &eof).len;
	check_bool("closed", eof, true);
	/* With the line that was too much. */
	check_int("behind", (int64_t)(put_bytes - got),
	    (int64_t)FEED_BEHIND_MAX / 4096 * 4096 + 4096);
	put(b, "next\n");
	check_reads("the other goes on", quick, "next\n", false);
	close(slow);
	close(quick);
}

static void
more_than_the_limit_are_turned_away(void **state)
{
	struct bench *b = *state;
	int fd[FEED_READERS_MAX + 1];

	for (size_t i = 0; i < FEED_READERS_MAX; i++) {
		fd[i] = add(b, FEED_NEXT);
		check_int(
		    "taken", (int64_t)feed_readers(b->feed), (int64_t)i + 1);
	}
	fd[FEED_READERS_MAX] = add(b, FEED_NEXT);
	check_reads("the one too many", fd[FEED_READERS_MAX],
	    "error too many read events already\n", true);
	check_int("the others stay", (int64_t)feed_readers(b->feed),
	    FEED_READERS_MAX);
	close(fd[3]);
	turn(b);
	close(fd[FEED_READERS_MAX]);
	fd[3] = add(b, FEED_NEXT);
	put(b, "one\n");
	for (size_t i = 0; i < FEED_READERS_MAX; i++) {
		check_reads("each", fd[i], "one\n", false);
		close(fd[i]);
	}
}

static void
one_that_hangs_up_is_noticed(void **state)
{
	struct bench *b = *state;
	int idle = add(b, FEED_NEXT);
	int unread = add(b, FEED_NEXT);

	put(b, "one\n");
	check_reads("idle", idle, "one\n", false);
	close(idle);
	close(unread);
	turn(b);
	check_int("without a line", (int64_t)feed_readers(b->feed), 0);
}

/* For a third of a second, in which there is next to nothing to do. */
static void
check_idle(struct bench *b)
{
	clock_t begin = clock();

	loop_arm(&b->round, clock_mono_ns() + CLOCK_NS_PER_S / 3);
	assert_int_equal(loop_run(b->loop), 0);
	assert_true(clock() - begin < CLOCKS_PER_SEC / 200);
}

static void
one_that_sends_no_more_still_reads(void **state)
{
	struct bench *b = *state;
	int fd = add(b, FEED_NEXT);

	shutdown(fd, SHUT_WR);
	turn(b);
	check_idle(b);
	put(b, "one\n");
	check_reads("it reads", fd, "one\n", false);
	check_int("and stays", (int64_t)feed_readers(b->feed), 1);
	close(fd);
	turn(b);
	check_int("until it hangs up", (int64_t)feed_readers(b->feed), 0);
}

static void
what_readers_say_is_not_heard(void **state)
{
	struct bench *b = *state;
	int fd = add(b, FEED_NEXT);
	char bytes[4096] = {0};

	for (int i = 0; i < 1000; i++) {
		ssize_t n = write(fd, bytes, sizeof(bytes));

		assert_true(n > 0 || errno == EAGAIN);
		turn(b);
	}
	put(b, "one\n");
	check_reads("all the same", fd, "one\n", false);
	close(fd);
}

/* Unread words would make its last read fail. */
static void
one_that_talks_gets_its_end(void **state)
{
	struct bench *b = *state;
	int ends[2];

	put(b, "one\n");
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	assert_int_equal(write(ends[0], "more\n", 5), 5);
	feed_add(b->feed, ends[1], FEED_LAST);
	check_reads("the end", ends[0], "one\n", true);
	close(ends[0]);
}

static void
freeing_it_ends_its_readers(void **state)
{
	struct bench *b = *state;
	int fd = add(b, FEED_NEXT);

	feed_free(b->feed);
	check_reads("the end", fd, "", true);
	b->feed = feed_new(b->loop);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    BENCH(the_last_lines_and_the_end),
	    BENCH(nothing_has_happened_yet),
	    BENCH(the_last_lines_and_what_comes),
	    BENCH(only_what_comes),
	    BENCH(readers_do_not_mix),
	    cmocka_unit_test(the_ring_keeps_the_latest_lines),
	    cmocka_unit_test(the_ring_keeps_no_byte_too_many),
	    BENCH(what_comes_meanwhile_is_not_for_one_who_wants_the_last),
	    BENCH(a_reader_that_is_late_misses_nothing),
	    BENCH(a_reader_too_far_behind_is_dropped),
	    BENCH(more_than_the_limit_are_turned_away),
	    BENCH(one_that_hangs_up_is_noticed),
	    BENCH(one_that_sends_no_more_still_reads),
	    BENCH(what_readers_say_is_not_heard),
	    BENCH(one_that_talks_gets_its_end),
	    BENCH(freeing_it_ends_its_readers),
	};

	return cmocka_run_group_tests_name("feed", tests, NULL, NULL);
}

/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/support.h"

#include "policyd/ctl/remote.h"

enum { SHORT_MS = 20, LONG_MS = 10000 };

/* The engine is the other end of a pair. */
struct rig_pair {
	struct remote r;
	int engine;
};

static void
open_pair(struct rig_pair *p)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	remote_open(&p->r, fds[0]);
	p->engine = fds[1];
}

static void
close_pair(struct rig_pair *p)
{
	remote_close(&p->r);
	if (p->engine >= 0)
		close(p->engine);
}

static void
engine_says(struct rig_pair *p, const char *text)
{
	struct span s = span_str(text);

	assert_int_equal(write(p->engine, s.data, s.len), (ssize_t)s.len);
}

static void
engine_ends(struct rig_pair *p)
{
	close(p->engine);
	p->engine = -1;
}

static void
check_line(const char *row, struct rig_pair *p, const char *want)
{
	struct span line;

	check_int(row, remote_next(&p->r, LONG_MS, &line), REMOTE_LINE);
	check_span(row, line, span_str(want));
}

static void
check_news(const char *row, struct rig_pair *p, enum remote_news want)
{
	struct span line;

	check_int(row, remote_next(&p->r, SHORT_MS, &line), want);
}

static void
lines_come_whole(void **state)
{
	struct rig_pair p;

	(void)state;
	open_pair(&p);
	check_news("nothing yet", &p, REMOTE_QUIET);
	engine_says(&p, "one\ntwo\n\nth");
	check_line("a line", &p, "one");
	check_line("the next of the same piece", &p, "two");
	check_line("an empty one", &p, "");
	check_news("half a line", &p, REMOTE_QUIET);
	engine_says(&p, "ree\nfour");
	check_line("the rest of it", &p, "three");
	engine_ends(&p);
	check_news("half a line and the end", &p, REMOTE_ENDED);
	check_news("the end again", &p, REMOTE_ENDED);
	close_pair(&p);
}

/* As many bytes as one line may have, and one more. */
static void
lines_are_bounded(void **state)
{
	(void)state;
	for (size_t len = REMOTE_LINE_MAX - 2; len <= REMOTE_LINE_MAX; len++) {
		char *text = malloc(len + 2);
		bool fits = len + 1 <= REMOTE_LINE_MAX;
		struct rig_pair p;

		assert_non_null(text);
		memset(text, 'x', len);
		text[len] = '\n';
		text[len + 1] = '\0';
		open_pair(&p);
		engine_says(&p, text);
		text[len] = '\0';
		if (fits)
			check_line("as long as may be", &p, text);
		else
			check_news("one byte too long", &p, REMOTE_BROKEN);
		if (!fits)
			check_int("says errno", errno, EMSGSIZE);
		close_pair(&p);
		free(text);
	}
}

static const struct {
	const char *row;
	const char *says; /* before it ends */
	const char *answer; /* NULL: refused */
	const char *error;
} answers[] = {
    {"ok", "ok\n", "", NULL},
    {"ok and more", "ok 3 1 ABCDEF\n", "3 1 ABCDEF", NULL},
    {"no ok", "{\"version\":1}\n", "{\"version\":1}", NULL},
    {"a word that begins like ok", "okay 3\n", "okay 3", NULL},
    {"nothing in a line", "\n", "", NULL},
    {"an error", "error the disk is full\n", NULL, "the disk is full"},
    {"an error without words", "error\n", NULL, "policyd says"},
    {"an error that is not printable", "error \x1B[2J\xFF\n", NULL,
	"says: ?[2J?"},
    {"no answer", "", NULL, "ended"},
    {"half an answer", "ok", NULL, "ended"},
};

static void
answers_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(answers); i++) {
		char error[REMOTE_ERROR_SIZE] = "";
		struct span answer = {"", 0};
		struct rig_pair p;
		bool ok;

		open_pair(&p);
		engine_says(&p, answers[i].says);
		shutdown(p.engine, SHUT_WR);
		ok = remote_ask(
		    &p.r, span_str("sweep\n"), LONG_MS, &answer, error);
		check_bool(answers[i].row, ok, answers[i].answer != NULL);
		if (ok)
			check_span(answers[i].row, answer,
			    span_str(answers[i].answer));
		else
			check_part(answers[i].row, error, answers[i].error);
		close_pair(&p);
	}
}

/* It may have done it, and have told nobody. */
static void
a_request_to_write_is_not_undone(void **state)
{
	char error[REMOTE_ERROR_SIZE];
	struct span answer;
	struct rig_pair p;

	(void)state;
	open_pair(&p);
	shutdown(p.engine, SHUT_WR);
	assert_false(remote_ask(
	    &p.r, span_str("pause\n"), REMOTE_WRITE_MS, &answer, error));
	check_string("ended", error,
	    "policyd ended before it answered: what it was asked for may be "
	    "done all the same");
	close_pair(&p);
}

static void
a_silent_engine_is_given_up(void **state)
{
	char error[REMOTE_ERROR_SIZE];
	struct span answer;
	struct rig_pair p;

	(void)state;
	open_pair(&p);
	assert_false(
	    remote_ask(&p.r, span_str("status\n"), SHORT_MS, &answer, error));
	check_string("silence", error, "policyd does not answer");
	close_pair(&p);
}

static void
an_engine_that_has_gone_takes_nothing(void **state)
{
	struct rig_pair p;

	(void)state;
	open_pair(&p);
	engine_ends(&p);
	check_bool("it has gone",
	    remote_send(&p.r, span_str("sweep\n"), LONG_MS), false);
	check_int("says errno", errno, EPIPE);
	close_pair(&p);
}

/* More than the socket takes. */
enum { BIG = 8 * 1024 * 1024 };

static struct span
big_request(void)
{
	char *bytes = malloc(BIG);

	assert_non_null(bytes);
	memset(bytes, 'x', BIG);
	return span_of(bytes, BIG);
}

static void
an_engine_that_takes_nothing_is_given_up(void **state)
{
	struct span request = big_request();
	char error[REMOTE_ERROR_SIZE];
	struct span answer;
	struct rig_pair p;

	(void)state;
	open_pair(&p);
	assert_false(remote_ask(&p.r, request, SHORT_MS, &answer, error));
	check_part("it takes nothing", error, "takes no request");
	close_pair(&p);
	exact_free(request);
}

/* An engine that reads slowly gets all of it. */
static const char *
read_slowly(void *ctx)
{
	struct rig_pair *p = ctx;
	char room[256 * 1024];
	size_t total = 0;
	ssize_t n;

	while (total < BIG) {
		n = read(p->engine, room, sizeof(room));
		if (n <= 0)
			return "the request was cut";
		total += (size_t)n;
		poll(NULL, 0, 1);
	}
	return write(p->engine, "ok all\n", 7) == 7 ? NULL : "no answer";
}

static void
a_long_request_is_sent_whole(void **state)
{
	struct span request = big_request();
	char error[REMOTE_ERROR_SIZE] = "";
	struct span answer = {"", 0};
	struct rig_pair p;
	const char *wrong;
	int status;
	pid_t pid;

	(void)state;
	open_pair(&p);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(p.r.fd);
		wrong = read_slowly(&p);
		_exit(wrong == NULL ? 0 : 1);
	}
	engine_ends(&p);
	assert_true(remote_ask(&p.r, request, LONG_MS, &answer, error));
	check_span("what it says", answer, span_str("all"));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close_pair(&p);
	exact_free(request);
}

/* It has said no, and does not want the rest: that is the answer. */
static void
an_early_refusal_is_heard(void **state)
{
	struct span request = big_request();
	char error[REMOTE_ERROR_SIZE] = "";
	struct span answer;
	struct rig_pair p;

	(void)state;
	open_pair(&p);
	engine_says(&p, "error too long\n");
	engine_ends(&p);
	assert_false(remote_ask(&p.r, request, LONG_MS, &answer, error));
	check_string("the refusal", error, "policyd says: too long");
	close_pair(&p);
	exact_free(request);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lines_come_whole),
	    cmocka_unit_test(lines_are_bounded),
	    cmocka_unit_test(answers_are_read),
	    cmocka_unit_test(a_request_to_write_is_not_undone),
	    cmocka_unit_test(a_silent_engine_is_given_up),
	    cmocka_unit_test(an_engine_that_has_gone_takes_nothing),
	    cmocka_unit_test(an_engine_that_takes_nothing_is_given_up),
	    cmocka_unit_test(a_long_request_is_sent_whole),
	    cmocka_unit_test(an_early_refusal_is_heard),
	};

	return cmocka_run_group_tests_name("remote", tests, NULL, NULL);
}

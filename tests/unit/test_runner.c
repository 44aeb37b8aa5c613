/* SPDX-License-Identifier: ISC */
/*
 * What the runner runs, and that it runs nothing else.
 */
#define _GNU_SOURCE /* prlimit */

#include "tests/unit/runner_support.h"

#include <sys/resource.h>

#define NOBODY "65534"

static const struct {
	const char *row;
	const char *request;
	const char *started;
	const char *ended;
	const char *program;
	const char *words; /* behind -c FOLDER; and the input */
} verbs[] = {
    {"list", "L", "SL", "XL0", "postqueue 0 LC_ALL=C TZ=", "<-j>\n"},
    {"read one", "RABCDEF\n", "SR", "XR0", "postcat " NOBODY " LC_ALL=C TZ=UTC",
	"<-qeh>\n<ABCDEF>\n"},
    {"read three", "RABCDEF\n4jX5N05nJXz1bYjt\n000000\n", "SR", "XR0",
	"postcat " NOBODY " LC_ALL=C TZ=UTC",
	"<-qeh>\n<ABCDEF>\n<4jX5N05nJXz1bYjt>\n<000000>\n"},
    {"release", "HABCDEF\nGHIJKL\n", "SH", "XH0",
	"postsuper 0 LC_ALL=C TZ=", "<-H>\n<->\n<hold>\nABCDEF\nGHIJKL\n"},
    {"requeue", "QABCDEF\n", "SQ", "XQ0",
	"postsuper 0 LC_ALL=C TZ=", "<-r>\n<->\n<hold>\nABCDEF\n"},
    {"kick qmgr", "q", "Sq", "Xq0",
	"postkick " NOBODY " LC_ALL=C TZ=", "<public>\n<qmgr>\n<D>\n"},
    {"kick pickup", "p", "Sp", "Xp0",
	"postkick " NOBODY " LC_ALL=C TZ=", "<public>\n<pickup>\n<W>\n"},
};

static void
every_verb_runs_its_command(void **state)
{
	struct stage *s = *state;

	if (s == NULL)
		skip();
	stage_open(s);
	for (size_t i = 0; i < COUNT_OF(verbs); i++) {
		const char *row = verbs[i].row;
		char want[FOLDER_PATH_SIZE + 256];

		snprintf(want, sizeof(want), "%s\n<-c>\n<%s>\n%s",
		    verbs[i].program, s->folder, verbs[i].words);
		stage_send(s, span_str(verbs[i].request));
		stage_expect(s, row, verbs[i].started, 2);
		check_string(row, stage_read(s, row, s->fds[0]), want);
		check_string(row, stage_read(s, row, s->fds[1]), "");
		stage_expect(s, row, verbs[i].ended, 0);
	}
	stage_hang_up(s);
	stage_ends(s, "end", EX_SOFTWARE, "the engine ended with code 137");
}

enum { ID_BYTES = 10 /* of an id, and its line end */ };

/* As many as a request may have. */
static void
many_ids_reach_their_command(void **state)
{
	static char request[WIRE_MAX];
	struct stage *s = *state;
	struct span ids;
	size_t used = 1;

	if (s == NULL)
		skip();
	for (unsigned i = 0; i < SWEEP_IDS_MAX; i++)
		used += (size_t)sprintf(request + used, "ABC%06u\n", i);
	stage_script(s,
	    "#!/bin/sh\nshift 3\n[ $# -gt 9 ] && shift 2047\n"
	    "echo $*\nexec cksum\n");
	stage_open(s);
	request[0] = 'R';
	stage_send(s, span_of(request, 1 + SWEEP_READ_MAX * ID_BYTES));
	stage_expect(s, "read", "SR", 2);
	check_part("the last argument", stage_read(s, "read", s->fds[0]),
	    "ABC002047\n");
	close(s->fds[1]);
	stage_expect(s, "read", "XR0", 0);
	stage_script(s, "#!/bin/sh\ncat\n");
	request[0] = 'H';
	stage_send(s, span_of(request, used));
	stage_expect(s, "release", "SH", 2);
	ids = span_of(request + 1, used - 1);
	check_bool("the input",
	    span_equal_str(ids, stage_read(s, "release", s->fds[0])), true);
	close(s->fds[1]);
	stage_expect(s, "release", "XH0", 0);
}

static const struct {
	const char *row;
	const char *script;
	const char *want;
} ends[] = {
    {"an exit code", "#!/bin/sh\nexit 69\n", "XL69"},
    {"killed", "#!/bin/sh\nkill -9 $$\n", "XL137"},
    {"not to be run", NULL, "XL127"},
};

static void
the_end_of_a_command_is_told(void **state)
{
	struct stage *s = *state;

	if (s == NULL)
		skip();
	stage_open(s);
	for (size_t i = 0; i < COUNT_OF(ends); i++) {
		if (ends[i].script != NULL)
			stage_script(s, ends[i].script);
		else
			stage_write(s, "postqueue", "", 0644);
		stage_send(s, span_str("L"));
		stage_expect(s, ends[i].row, "SL", 2);
		close(s->fds[0]);
		close(s->fds[1]);
		stage_expect(s, ends[i].row, ends[i].want, 0);
	}
}

/* It copies no byte: what one command says, and when, is between the two. */
static void
commands_run_side_by_side(void **state)
{
	struct stage *s = *state;
	int list_fds[2];

	if (s == NULL)
		skip();
	stage_write(s, "postqueue", STAYING, 0755);
	stage_open(s);
	stage_send(s, span_str("L"));
	stage_expect(s, "list", "SL", 2);
	memcpy(list_fds, s->fds, sizeof(list_fds));
	stage_wait("list", list_fds[0]);
	stage_send(s, span_str("HABCDEF\n"));
	stage_expect(s, "release", "SH", 2);
	stage_read(s, "release", s->fds[0]);
	close(s->fds[1]);
	stage_expect(s, "release", "XH0", 0);
	stage_hang_up(s);
	check_string("the list is killed", stage_read(s, "list", list_fds[0]),
	    "there\n");
	close(list_fds[1]);
	stage_ends(s, "end", EX_SOFTWARE, "the engine ended with code 137");
}

static const struct {
	const char *row;
	struct span message;
} hostile[] = {
    {"an empty message", {"", 0}},
    {"an unknown verb", SPAN("D")},
    {"a verb to delete", SPAN("dABCDEF\n")},
    {"every message", SPAN("HALL\n")},
    {"every message, behind an id", SPAN("HABCDEF\nALL\n")},
    {"an option", SPAN("R-v\n")},
    {"an option as long as an id", SPAN("R-vvvvv\n")},
    {"a path", SPAN("R/etc/passwd\n")},
    {"a path above", SPAN("R../../etc\n")},
    {"another queue", SPAN("HABCDEF\ndeferred\n\n")},
    {"a NUL behind an id", SPAN("RABCDEF\0\n")},
    {"a NUL inside one", SPAN("RABC\0DEF\n")},
    {"no line end", SPAN("RABCDEF")},
    {"an id of five", SPAN("RABCDE\n")},
    {"an id of 33", SPAN("RABCDEFGHIJKLMNOPQRSTUVWXYZ0123456\n")},
    {"no ids", SPAN("R")},
    {"ids to list", SPAN("LABCDEF\n")},
    {"a word for the kick", SPAN("qI")},
    {"the end of the read of an id", SPAN("EABCDEF\n")},
    {"the end of a list", SPAN("EL")},
    {"what the runner says", SPAN("T")},
};

/* And achieves nothing: of a command that was started it would be told. */
static void
a_hostile_engine_is_ended(void **state)
{
	struct stage *s = *state;

	if (s == NULL)
		skip();
	for (size_t i = 0; i < COUNT_OF(hostile); i++) {
		stage_open(s);
		stage_send(s, hostile[i].message);
		stage_hear_the_end(s, hostile[i].row);
		stage_ends(s, hostile[i].row, EX_SOFTWARE, "error: the engine");
	}
}

static void
an_engine_that_sends_too_much_is_ended(void **state)
{
	static char message[WIRE_MAX + 1];
	struct stage *s = *state;
	size_t used = 1;

	if (s == NULL)
		skip();
	for (unsigned i = 0; i < SWEEP_IDS_MAX + 1; i++)
		used += (size_t)sprintf(message + used, "ABC%06u\n", i);
	message[0] = 'R';
	stage_open(s);
	stage_send(
	    s, span_of(message, 1 + (SWEEP_READ_MAX + 1) * (size_t)ID_BYTES));
	stage_hear_the_end(s, "too many ids to read");
	stage_ends(s, "too many ids to read", EX_SOFTWARE, "must not send");
	message[0] = 'H';
	stage_open(s);
	stage_send(s, span_of(message, used));
	stage_hear_the_end(s, "too many ids");
	stage_ends(s, "too many ids", EX_SOFTWARE, "must not send");
	stage_open(s);
	stage_send(s, span_of(message, sizeof(message)));
	stage_hear_the_end(s, "too many bytes");
	stage_ends(s, "too many bytes", EX_SOFTWARE, "error: the engine");
}

static void
a_verb_twice_at_once_is_forbidden(void **state)
{
	struct stage *s = *state;
	int out;

	if (s == NULL)
		skip();
	stage_script(s, STAYING);
	stage_open(s);
	stage_send(s, span_str("L"));
	stage_expect(s, "list", "SL", 2);
	out = s->fds[0];
	stage_wait("list", out);
	stage_send(s, span_str("L"));
	check_string("it is killed", stage_read(s, "list", out), "there\n");
	stage_ends(s, "end", EX_SOFTWARE, "must not send");
	close(s->fds[1]);
}

static void
a_fifth_command_at_once_is_forbidden(void **state)
{
	static const char *const four[] = {
	    "L", "RABCDEF\n", "HABCDEF\n", "QABCDEF\n"};
	static const char *const started[] = {"SL", "SR", "SH", "SQ"};
	struct stage *s = *state;
	int outs[4];

	if (s == NULL)
		skip();
	stage_script(s, STAYING);
	stage_open(s);
	for (int i = 0; i < 4; i++) {
		stage_send(s, span_str(four[i]));
		stage_expect(s, four[i], started[i], 2);
		outs[i] = s->fds[0];
		close(s->fds[1]);
		stage_wait(four[i], outs[i]);
	}
	stage_send(s, span_str("q"));
	for (int i = 0; i < 4; i++)
		check_string("all are killed", stage_read(s, four[i], outs[i]),
		    "there\n");
	stage_ends(s, "end", EX_SOFTWARE, "must not send");
}

/* A command that stays, and so does what it has started. */
#define STAYING_BOTH "#!/bin/sh\nsleep 1000 &\necho there\nsleep 1000\n"

/* Starts one, which tells that it is there; its output is returned. */
static int
start_staying(struct stage *s, const char *request, const char *started)
{
	stage_send(s, span_str(request));
	stage_expect(s, request, started, 2);
	close(s->fds[1]);
	stage_wait(request, s->fds[0]);
	return s->fds[0];
}

/* It has told that it is there, and goes on. */
static void
check_staying(const char *row, int out)
{
	struct pollfd p = {.fd = out, .events = POLLIN};
	char text[16];

	check_int(row, read(out, text, sizeof(text)), strlen("there\n"));
	check_int(row, poll(&p, 1, 0), 0);
}

static void
a_read_is_ended_when_that_is_asked_for(void **state)
{
	struct stage *s = *state;
	int list, release, read_out;

	if (s == NULL)
		skip();
	stage_write(s, "postqueue", STAYING, 0755);
	stage_write(s, "postsuper", STAYING, 0755);
	stage_write(s, "postcat", STAYING_BOTH, 0755);
	stage_open(s);
	list = start_staying(s, "L", "SL");
	release = start_staying(s, "HABCDEF\n", "SH");
	for (int i = 0; i < 2; i++) {
		read_out = start_staying(s, "RABCDEF\n", "SR");
		stage_send(s, span_str("E"));
		check_string("with all that it started",
		    stage_read(s, "the read", read_out), "there\n");
		stage_expect(s, "the read", "XR137", 0);
	}
	stage_sync(s);
	check_staying("the list goes on", list);
	check_staying("the release goes on", release);
	close(list);
	close(release);
}

static void
the_end_of_no_read_is_ignored(void **state)
{
	struct stage *s = *state;

	if (s == NULL)
		skip();
	stage_open(s);
	stage_send(s, span_str("E"));
	stage_sync(s);
	stage_send(s, span_str("RABCDEF\n"));
	stage_expect(s, "read", "SR", 2);
	stage_read(s, "read", s->fds[0]);
	close(s->fds[1]);
	stage_expect(s, "read", "XR0", 0);
	stage_send(s, span_str("E"));
	stage_send(s, span_str("E"));
	stage_sync(s);
	stage_hang_up(s);
	stage_ends(s, "end", EX_SOFTWARE, "the engine ended with code 137");
}

/* Descriptors are of no use to it, and are not kept. */
static void
descriptors_of_the_engine_are_closed(void **state)
{
	struct stage *s = *state;
	int ends_of_pipe[2];

	if (s == NULL)
		skip();
	stage_open(s);
	assert_int_equal(pipe(ends_of_pipe), 0);
	assert_int_equal(
	    wire_send(s->channel, span_str("L"), &ends_of_pipe[1], 1), 0);
	close(ends_of_pipe[1]);
	stage_expect(s, "list", "SL", 2);
	stage_read(s, "list", s->fds[0]);
	close(s->fds[1]);
	check_string("closed", stage_read(s, "pipe", ends_of_pipe[0]), "");
}

#if defined(__linux__)

/* It goes on, and the next one is started when there is room again. */
static void
a_command_that_cannot_be_started_is_told(void **state)
{
	struct stage *s = *state;
	struct rlimit before, none_left;

	if (s == NULL)
		skip();
	stage_open(s);
	stage_sync(s);
	assert_int_equal(prlimit(s->runner, RLIMIT_NOFILE, NULL, &before), 0);
	none_left = before;
	none_left.rlim_cur = (rlim_t)count_fds(s->runner);
	assert_int_equal(
	    prlimit(s->runner, RLIMIT_NOFILE, &none_left, NULL), 0);
	for (int i = 0; i < 2; i++) {
		stage_send(s, span_str("L"));
		stage_expect(s, "too many descriptors", "FL24", 0);
	}
	assert_int_equal(prlimit(s->runner, RLIMIT_NOFILE, &before, NULL), 0);
	stage_sync(s);
}

#endif

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STAGE(every_verb_runs_its_command),
		STAGE(many_ids_reach_their_command),
		STAGE(the_end_of_a_command_is_told),
		STAGE(commands_run_side_by_side),
		STAGE(a_hostile_engine_is_ended),
		STAGE(an_engine_that_sends_too_much_is_ended),
		STAGE(a_verb_twice_at_once_is_forbidden),
		STAGE(a_fifth_command_at_once_is_forbidden),
		STAGE(a_read_is_ended_when_that_is_asked_for),
		STAGE(the_end_of_no_read_is_ignored),
		STAGE(descriptors_of_the_engine_are_closed),
#if defined(__linux__)
		STAGE(a_command_that_cannot_be_started_is_told),
#endif
	};

	return cmocka_run_group_tests_name("runner", tests, NULL, NULL);
}

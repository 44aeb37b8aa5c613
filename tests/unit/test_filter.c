/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "tests/unit/support.h"

#include "hdrcheck/base/clock.h"
#include "hdrcheck/filter.h"

#define NOW_NS (INT64_C(1767225600) * CLOCK_NS_PER_S) /* 2026-01-01 */
#define MIB    ((size_t)1024 * 1024)
#define LONG   (16 * (off_t)MIB) /* of which not all is looked at */

#define DUE    "X-Deliver-At: 2025-12-31T23:59:59Z\n"
#define AHEAD  "X-Deliver-At: 2026-02-01T00:00:00Z\n"
#define LATER  "X-Deliver-At: 2026-03-01T00:00:00Z\n"
#define FAR    "X-Deliver-At: 2028-01-01T00:00:00Z\n"
#define UNREAD "X-Deliver-At: tomorrow\n"
#define NEVER  "X-Deliver-At: never (rule night)\n"

#define RECEIVED "Received: from a.test by b.test; 31 Dec 2025 00:00 +0000\n"

#define TOLD_AHEAD "hdrcheck: HOLD until 2026-02-01T00:00:00Z\n"
#define TOLD_LATER "hdrcheck: HOLD until 2026-03-01T00:00:00Z\n"
#define TOLD_NEVER "hdrcheck: HOLD until its rule is gone\n"
#define TOLD_FAR                                                               \
	"hdrcheck: REJECT 5.7.1 X-Deliver-At: more than 366 days ahead\n"
#define TOLD_UNREAD                                                            \
	"hdrcheck: REJECT 5.6.0 X-Deliver-At: relative times are not "         \
	"accepted\n"
#define TOLD_LONG                                                              \
	"hdrcheck: REJECT 5.6.0 the header section is longer than 64 MiB\n"

static void
load(struct settings *settings, const char *text)
{
	char error[CONF_ERROR_SIZE] = "";

	if (!settings_parse(settings, span_str(text), "test", error))
		check_string(text, error, "");
}

/* Runs the filter with the presets; what it tells in told. */
static int
filter(int in, int out, int64_t now_ns, char told[CAPTURE_SIZE])
{
	struct settings settings;
	struct capture c;
	int exit_code;

	load(&settings, "");
	capture_start(&c, STDERR_FILENO);
	exit_code = filter_run(in, out, now_ns, &settings);
	capture_stop(&c, told);
	return exit_code;
}

/* An open file without a name. */
static int
open_file(struct span content)
{
	char path[] = "/tmp/unit-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	unlink(path);
	while (content.len > 0) {
		ssize_t n = write(fd, content.data, content.len);

		assert_true(n > 0);
		content = span_skip(content, (size_t)n);
	}
	lseek(fd, 0, SEEK_SET);
	return fd;
}

/* Both files have the same content from at on. */
static void
check_same_file(const char *row, int a, int b, off_t at)
{
	static char left[MIB], right[MIB];
	ssize_t n = 1;

	check_int(row, lseek(a, 0, SEEK_END), lseek(b, 0, SEEK_END));
	while (n > 0) {
		n = pread(a, left, sizeof(left), at);
		check_int(row, pread(b, right, sizeof(right), at), n);
		check_bool(
		    row, n > 0 && memcmp(left, right, (size_t)n) != 0, false);
		at += n;
	}
	check_int(row, n, 0);
}

/*
 * What a run on a file has to come to; the file was read to its end. Of a copy
 * that is huge the last part is looked at.
 */
static void
check_file(const char *row, int in, int want, const char *told)
{
	char got[CAPTURE_SIZE];
	int out = open_file(span_str(""));
	off_t size = lseek(in, 0, SEEK_END);

	lseek(in, 0, SEEK_SET);
	check_int(row, filter(in, out, NOW_NS, got), want);
	check_int(row, lseek(in, 0, SEEK_CUR), size);
	check_string(row, got, told);
	if (want == EX_OK)
		check_same_file(row, in, out, size > LONG ? size - LONG : 0);
	else
		check_int(row, lseek(out, 0, SEEK_END), 0);
	close(out);
}

static const struct {
	const char *row;
	struct span message;
	int want; /* exit code */
	const char *told;
} messages[] = {
    {"no such header", SPAN("A: b\n\nbody\n"), EX_OK, ""},
    {"due", SPAN(DUE "A: b\n\nbody\n"), EX_OK, ""},
    {"due in this second", SPAN("X-Deliver-At: 2026-01-01T00:00:00Z\n\n"),
	EX_OK, ""},
    {"a second ahead", SPAN("X-Deliver-At: 2026-01-01T00:00:01Z\n\n"),
	EX_TEMPFAIL, "hdrcheck: HOLD until 2026-01-01T00:00:01Z\n"},
    {"ahead", SPAN("A: b\n" AHEAD "\nbody\n"), EX_TEMPFAIL, TOLD_AHEAD},
    {"as far ahead as may be", SPAN("X-Deliver-At: 2027-01-02T00:00:00Z\n"),
	EX_TEMPFAIL, "hdrcheck: HOLD until 2027-01-02T00:00:00Z\n"},
    {"a second further", SPAN("X-Deliver-At: 2027-01-02T00:00:01Z\n"),
	EX_DATAERR, TOLD_FAR},
    {"far ahead", SPAN(FAR "\nbody\n"), EX_DATAERR, TOLD_FAR},
    {"cannot be read", SPAN(UNREAD "\nbody\n"), EX_DATAERR, TOLD_UNREAD},
    {"a rule without an end", SPAN(NEVER "\n"), EX_TEMPFAIL, TOLD_NEVER},
    {"CRLF, due", SPAN("X-Deliver-At: 2025-12-31T23:59:59Z\r\n\r\nbody\r\n"),
	EX_OK, ""},
    {"CRLF, ahead", SPAN("X-Deliver-At: 2026-02-01T00:00:00Z\r\n\r\nbody\r\n"),
	EX_TEMPFAIL, TOLD_AHEAD},
    {"both line ends", SPAN("A: b\r\n" AHEAD "\r\nbody\n"), EX_TEMPFAIL,
	TOLD_AHEAD},
    {"no body", SPAN(AHEAD), EX_TEMPFAIL, TOLD_AHEAD},
    {"no body, due", SPAN(DUE), EX_OK, ""},
    {"no last line end", SPAN("X-Deliver-At: 2026-02-01T00:00:00Z"),
	EX_TEMPFAIL, TOLD_AHEAD},
    {"no last line end, due", SPAN("X-Deliver-At: 2025-12-31T23:59:59Z"), EX_OK,
	""},
    {"a CR and no line end", SPAN("X-Deliver-At: 2026-02-01T00:00:00Z\r"),
	EX_TEMPFAIL, TOLD_AHEAD},
    {"nothing", SPAN(""), EX_OK, ""},
    {"an empty line", SPAN("\n"), EX_OK, ""},
    {"NULs in headers and body", SPAN("A: \0\n" AHEAD "\n\0"), EX_TEMPFAIL,
	TOLD_AHEAD},
    {"NULs, due", SPAN("A: \0\n" DUE "B: \0\0\n\n\0body\0"), EX_OK, ""},
    {"a NUL inside the date",
	SPAN("X-Deliver-At: 2025-12-31T23:59:59Z\0\n\nbody"), EX_DATAERR,
	"hdrcheck: REJECT 5.6.0 X-Deliver-At: something behind the date\n"},
    {"a name in another case", SPAN("x-DELIVER-at: 2026-02-01T00:00:00Z\n\n"),
	EX_TEMPFAIL, TOLD_AHEAD},
    {"a blank before the colon", SPAN("X-Deliver-At : 2026-02-01T00:00:00Z\n"),
	EX_TEMPFAIL, TOLD_AHEAD},
    {"folded", SPAN("X-Deliver-At:\n 1 Feb 2026\r\n\t00:00:00\n +0000\n\n"),
	EX_TEMPFAIL, TOLD_AHEAD},
    {"folded, due", SPAN("X-Deliver-At:\n 31 Dec 2025\n 00:00 +0000\n\n"),
	EX_OK, ""},
    {"in the fold of another", SPAN("A: b\n " AHEAD "\nbody\n"), EX_OK, ""},
    {"behind an mbox line", SPAN("From a@b Thu Jan  1\n" AHEAD "\n"),
	EX_TEMPFAIL, TOLD_AHEAD},
    {"due behind an mbox line", SPAN("From a@b\r\n" DUE "\nFrom c@d\n"), EX_OK,
	""},
    {"behind an mbox line that is not the first",
	SPAN("A: b\nFrom a@b\n" AHEAD "\n"), EX_OK, ""},
    {"in the body", SPAN("A: b\n\n" AHEAD UNREAD), EX_OK, ""},
    {"in the body, CRLF", SPAN("A: b\r\n\r\n" AHEAD UNREAD), EX_OK, ""},
    {"in the body of a message without headers", SPAN("\n" AHEAD), EX_OK, ""},
    {"behind a line that is no header", SPAN("A: b\nhello\n" AHEAD "\n"), EX_OK,
	""},
    {"behind a line of 0xff", SPAN("A: b\n\xff: c\n" AHEAD "\n"), EX_OK, ""},
    {"in an attached message",
	SPAN("MIME-Version: 1.0\nContent-Type: message/rfc822\n\n" AHEAD "\n"),
	EX_OK, ""},
    {"in a MIME part",
	SPAN("Content-Type: multipart/mixed; boundary=x\n\n"
	     "--x\nX-Deliver-At: tomorrow\n\ntext\n--x--\n"),
	EX_OK, ""},
    {"a name that only begins so", SPAN("X-Deliver-Attic: tomorrow\n\n"), EX_OK,
	""},
    {"the later of two", SPAN(AHEAD LATER "\n"), EX_TEMPFAIL, TOLD_LATER},
    {"the later first", SPAN(LATER AHEAD "\n"), EX_TEMPFAIL, TOLD_LATER},
    {"one due, one ahead", SPAN(DUE AHEAD "\n"), EX_TEMPFAIL, TOLD_AHEAD},
    {"one ahead, one due", SPAN(AHEAD DUE "\n"), EX_TEMPFAIL, TOLD_AHEAD},
    {"all due", SPAN(DUE DUE "A: b\n" DUE "\n"), EX_OK, ""},
    {"ahead and unreadable", SPAN(AHEAD UNREAD "\n"), EX_DATAERR, TOLD_UNREAD},
    {"unreadable and ahead", SPAN(UNREAD LATER DUE "\n"), EX_DATAERR,
	TOLD_UNREAD},
    {"due and unreadable", SPAN(DUE UNREAD "\n"), EX_DATAERR, TOLD_UNREAD},
    {"the first that cannot be is told", SPAN(FAR UNREAD "\n"), EX_DATAERR,
	TOLD_FAR},
    {"no end beats a date", SPAN(LATER NEVER "\n"), EX_TEMPFAIL, TOLD_NEVER},
    {"a date does not beat no end", SPAN(NEVER LATER "\n"), EX_TEMPFAIL,
	TOLD_NEVER},
    {"no end below a trace", SPAN(RECEIVED NEVER "\n"), EX_OK, ""},
    {"no end above one", SPAN(NEVER RECEIVED "\n"), EX_TEMPFAIL, TOLD_NEVER},
    {"no end between two", SPAN(RECEIVED NEVER RECEIVED "\n"), EX_OK, ""},
    {"no end above and below", SPAN(NEVER RECEIVED NEVER "\n"), EX_TEMPFAIL,
	TOLD_NEVER},
    {"no end below a trace that is folded",
	SPAN("Received: from a.test\n\tby b.test\n" NEVER "\n"), EX_OK, ""},
    {"no end below a trace in another case",
	SPAN("rECEIVED : from a.test\r\n" NEVER "\n"), EX_OK, ""},
    {"no end below an empty trace", SPAN("Received:\n" NEVER "\n"), EX_OK, ""},
    {"no end below what only begins so",
	SPAN("Received-SPF: pass\n" NEVER "\n"), EX_TEMPFAIL, TOLD_NEVER},
    {"no end below a trace in the fold of another",
	SPAN("A: b\n Received: c\n" NEVER "\n"), EX_TEMPFAIL, TOLD_NEVER},
    {"no end and a date below a trace", SPAN(RECEIVED NEVER AHEAD "\n"),
	EX_TEMPFAIL, TOLD_AHEAD},
    {"a date, and no end below a trace", SPAN(AHEAD RECEIVED NEVER "\n"),
	EX_TEMPFAIL, TOLD_AHEAD},
    {"a date below a trace", SPAN(RECEIVED AHEAD "\n"), EX_TEMPFAIL,
	TOLD_AHEAD},
    {"unreadable below a trace", SPAN(RECEIVED UNREAD "\n"), EX_DATAERR,
	TOLD_UNREAD},
    {"the last of many", SPAN("A: b\nC: d\n e\nF: g\n" AHEAD "\nbody\n"),
	EX_TEMPFAIL, TOLD_AHEAD},
};

static void
messages_of_a_file_are_judged(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(messages); i++) {
		int in = open_file(messages[i].message);

		check_file(
		    messages[i].row, in, messages[i].want, messages[i].told);
		close(in);
	}
}

/*
 * Pipes. The writer is a child that can write its message to the end, or fails:
 * nobody closes the pipe on it.
 */

static pid_t
start_writer(struct span message, size_t step, int *read_end)
{
	int ends[2];
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	fflush(stdout);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(ends[0]);
		while (message.len > 0) {
			size_t n = message.len < step ? message.len : step;

			if (write(ends[1], message.data, n) != (ssize_t)n)
				_exit(1);
			message = span_skip(message, n);
		}
		_exit(0);
	}
	close(ends[1]);
	*read_end = ends[0];
	return pid;
}

/* The same through a pipe, which is closed before the writer is asked. */
static void
check_pipe(const char *row, struct span message, size_t step, int want,
    const char *told)
{
	char got[CAPTURE_SIZE];
	int wanted = open_file(want == EX_OK ? message : span_str(""));
	int out = open_file(span_str(""));
	int in, status = -1;
	pid_t writer = start_writer(message, step, &in);

	check_int(row, filter(in, out, NOW_NS, got), want);
	close(in);
	assert_int_equal(waitpid(writer, &status, 0), writer);
	check_int(row, status, 0);
	check_string(row, got, told);
	check_same_file(row, out, wanted, 0);
	close(wanted);
	close(out);
}

static void
messages_that_come_in_pieces_are_judged(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(messages); i++)
		check_pipe(messages[i].row, messages[i].message, 1,
		    messages[i].want, messages[i].told);
}

/* A beginning, size bytes of a pattern, an end. */
static struct span
long_message(
    const char *first, const char *pattern, size_t size, const char *last)
{
	size_t n = strlen(first), m = strlen(last);
	char *bytes = malloc(n + size + m);

	assert_non_null(bytes);
	memcpy(bytes, first, n);
	fill_pattern(bytes + n, size, pattern);
	memcpy(bytes + n + size, last, m);
	return span_of(bytes, n + size + m);
}

static const struct {
	const char *row;
	const char *first;
	const char *pattern;
	size_t size;
	const char *last;
	int want;
	const char *told;
} long_messages[] = {
    {"a body of 10 MB", DUE "\n", "body\r\n", 10 * MIB, "X", EX_OK, ""},
    {"a body of 10 MB, ahead", AHEAD "\n", "body\n", 10 * MIB, "", EX_TEMPFAIL,
	TOLD_AHEAD},
    {"a body of 1 MB, unreadable", UNREAD "\n", "b", MIB, "", EX_DATAERR,
	TOLD_UNREAD},
    {"a header of 10 MB, due", "A: ", "b", 10 * MIB, "\n" DUE "\nbody", EX_OK,
	""},
    {"a header of 10 MB, ahead", "A: ", "b", 10 * MIB, "\n" AHEAD "\nbody",
	EX_TEMPFAIL, TOLD_AHEAD},
    {"1 MB of headers, due", DUE, "A: b\n", MIB, "\n" DUE, EX_OK, ""},
    {"1 MB of headers, ahead", DUE, "A: b\r\n c\n", MIB, "\n" AHEAD,
	EX_TEMPFAIL, TOLD_AHEAD},
    {"1 MB of headers and nothing else", "", "A: b\n", MIB, "", EX_OK, ""},
    {"a date behind 1 MB of folds", "X-Deliver-At:", "\n ", MIB,
	"2026-02-01T00:00:00Z\n\n", EX_TEMPFAIL, TOLD_AHEAD},
    {"a line of 1 MB that is no header", DUE, "b", MIB, "\n" AHEAD, EX_OK, ""},
};

static void
long_messages_are_judged(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(long_messages); i++) {
		struct span message = long_message(long_messages[i].first,
		    long_messages[i].pattern, long_messages[i].size,
		    long_messages[i].last);

		check_pipe(long_messages[i].row, message, 1000 * 1000,
		    long_messages[i].want, long_messages[i].told);
		exact_free(message);
	}
}

/* The same header, judged at other moments. */
static const struct {
	const char *row;
	int64_t now_ns;
	int want;
} moments[] = {
    {"a nanosecond before", NOW_NS - 1, EX_TEMPFAIL},
    {"at the moment", NOW_NS, EX_OK},
    {"a nanosecond later", NOW_NS + 1, EX_OK},
};

static void
it_is_due_at_its_moment(void **state)
{
	struct span message =
	    span_str("X-Deliver-At: 2026-01-01T00:00:00Z\n\nbody\n");

	(void)state;
	for (size_t i = 0; i < COUNT_OF(moments); i++) {
		char told[CAPTURE_SIZE];
		int in = open_file(message), out = open_file(span_str(""));

		check_int(moments[i].row,
		    filter(in, out, moments[i].now_ns, told), moments[i].want);
		check_int(moments[i].row, lseek(out, 0, SEEK_END),
		    moments[i].want == EX_OK ? (int64_t)message.len : 0);
		close(in);
		close(out);
	}
}

static void
names_and_limits_are_those_of_the_settings(void **state)
{
	static const char config[] =
	    "header_names = X-Later, Deferred-Delivery\nmax_postpone = 10d\n";
	char told[CAPTURE_SIZE];
	struct settings settings;
	struct capture c;
	int in = open_file(
	    span_str(UNREAD "Deferred-Delivery: 2026-01-02T00:00:00Z\n"
			    "x-later: 2026-01-12T00:00:00Z\n\n"));
	int code;

	(void)state;
	load(&settings, config);
	capture_start(&c, STDERR_FILENO);
	code = filter_run(in, -1, NOW_NS, &settings);
	capture_stop(&c, told);
	check_int("exit code", code, EX_DATAERR);
	check_string("told", told,
	    "hdrcheck: REJECT 5.7.1 X-Later: more than 10 days ahead\n");
	close(in);
}

/*
 * The limit. A header of NULs is a file with a hole: nobody writes 64 MiB.
 * What stands behind the section begins with an empty line.
 */
static int
open_section(size_t size, const char *behind)
{
	int fd = open_file(span_str("A:"));
	size_t n = strlen(behind);

	assert_int_equal(pwrite(fd, "\n", 1, (off_t)size - 1), 1);
	assert_int_equal(pwrite(fd, behind, n, (off_t)size), n);
	return fd;
}

static const struct {
	const char *row;
	size_t size;
	const char *behind;
	int want;
	const char *told;
} sections[] = {
    {"the limit, and the last header counts",
	FILTER_SECTION_MAX - sizeof(AHEAD) + 1, AHEAD "\nbody", EX_TEMPFAIL,
	TOLD_AHEAD},
    {"the limit, and what is no header behind", FILTER_SECTION_MAX,
	"no header\n" AHEAD, EX_OK, ""},
    {"the limit, nothing behind", FILTER_SECTION_MAX, "", EX_OK, ""},
    {"a byte more", FILTER_SECTION_MAX + 1, "\nbody", EX_DATAERR, TOLD_LONG},
    {"a byte more, nothing behind", FILTER_SECTION_MAX + 1, "", EX_DATAERR,
	TOLD_LONG},
};

static void
a_section_has_a_longest_size(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(sections); i++) {
		int in = open_section(sections[i].size, sections[i].behind);

		check_file(
		    sections[i].row, in, sections[i].want, sections[i].told);
		close(in);
	}
}

/* Errors. */

static const char posted[] = DUE "\nbody\n";

static void
a_full_disk_is_told(void **state)
{
	char told[CAPTURE_SIZE];
	int in = open_file(span_str(posted));
	int out = open("/dev/full", O_WRONLY);

	(void)state;
	if (out < 0)
		skip();
	assert_int_equal(filter(in, out, NOW_NS, told), EX_OSERR);
	check_part("told", told, "hdrcheck: standard output: ");
	check_part("told", told, strerror(ENOSPC));
	close(in);
	close(out);
}

/* Whoever reads the copy is gone, before it begins or in the middle. */
static void
a_reader_that_is_gone_is_told(void **state)
{
	struct span message = long_message(DUE "\n", "b", 10 * MIB, "");
	char told[CAPTURE_SIZE], byte;
	int ends[2], in = open_file(message);
	pid_t reader;

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(ends), 0);
	close(ends[0]);
	assert_int_equal(filter(in, ends[1], NOW_NS, told), EX_OSERR);
	check_part("told", told, "hdrcheck: standard output: ");
	check_part("told", told, strerror(EPIPE));
	close(ends[1]);

	assert_int_equal(pipe(ends), 0);
	reader = fork();
	assert_true(reader >= 0);
	if (reader == 0)
		_exit(read(ends[0], &byte, 1) == 1 ? 0 : 1);
	close(ends[0]);
	lseek(in, 0, SEEK_SET);
	assert_int_equal(filter(in, ends[1], NOW_NS, told), EX_OSERR);
	check_part("told", told, strerror(EPIPE));
	assert_int_equal(waitpid(reader, NULL, 0), reader);
	close(ends[1]);
	close(in);
	exact_free(message);
}

static void
a_message_that_cannot_be_read_is_told(void **state)
{
	char told[CAPTURE_SIZE];
	int in = open("/", O_RDONLY), out = open_file(span_str(""));

	(void)state;
	assert_int_equal(filter(in, out, NOW_NS, told), EX_OSERR);
	check_part("told", told, "hdrcheck: standard input: ");
	check_part("told", told, strerror(EISDIR));
	assert_int_equal(filter(-1, out, NOW_NS, told), EX_OSERR);
	check_part("told", told, strerror(EBADF));
	assert_int_equal(lseek(out, 0, SEEK_END), 0);
	close(in);
	close(out);
}

static const struct {
	const char *row;
	const char *part; /* what can be read of the message */
	int want;
	const char *told;
	bool copied; /* that part */
} breaks[] = {
    {"in the header section", DUE "A: b\n", EX_OSERR,
	"standard input: ", false},
    {"in the body", DUE "\nbody", EX_OSERR, "standard input: ", true},
    {"in the body of what is ahead", AHEAD "\nbody", EX_TEMPFAIL, TOLD_AHEAD,
	false},
    {"in the body of what cannot be", UNREAD "\nbody", EX_DATAERR, TOLD_UNREAD,
	false},
};

/* A socket breaks: its other end is closed with something unread. */
static void
a_message_that_breaks_off_is_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(breaks); i++) {
		struct span part = span_str(breaks[i].part);
		char told[CAPTURE_SIZE];
		int ends[2], out = open_file(span_str(""));

		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
		assert_int_equal(write(ends[0], "x", 1), 1);
		assert_int_equal(write(ends[1], part.data, part.len), part.len);
		close(ends[1]);
		check_int(breaks[i].row, filter(ends[0], out, NOW_NS, told),
		    breaks[i].want);
		check_part(breaks[i].row, told, breaks[i].told);
		check_int(breaks[i].row, lseek(out, 0, SEEK_END),
		    breaks[i].copied ? (int64_t)part.len : 0);
		close(ends[0]);
		close(out);
	}
}

/* A child that reads to the end, and fails unless that is so many bytes. */
static pid_t
start_reader(size_t want, int *write_end)
{
	char bytes[4096];
	int ends[2];
	size_t got = 0;
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	fflush(stdout);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(ends[1]);
		while ((n = read(ends[0], bytes, sizeof(bytes))) > 0)
			got += (size_t)n;
		_exit(n == 0 && got == want ? 0 : 1);
	}
	close(ends[0]);
	*write_end = ends[1];
	return pid;
}

/* Somebody else made them so. */
static void
descriptors_that_do_not_block_are_waited_for(void **state)
{
	struct span message = long_message(DUE "\n", "b", MIB, "");
	char told[CAPTURE_SIZE];
	int in, out, status = -1;
	pid_t reader = start_reader(message.len, &out);
	pid_t writer = start_writer(message, 10000, &in);

	(void)state;
	fcntl(in, F_SETFL, O_NONBLOCK);
	fcntl(out, F_SETFL, O_NONBLOCK);
	assert_int_equal(filter(in, out, NOW_NS, told), EX_OK);
	close(in);
	close(out);
	assert_int_equal(waitpid(writer, &status, 0), writer);
	assert_int_equal(status, 0);
	assert_int_equal(waitpid(reader, &status, 0), reader);
	assert_int_equal(status, 0);
	exact_free(message);
}

/* It copies to where its output stands, and reads from where its input does. */
static void
offsets_are_respected(void **state)
{
	static const char before[] = "not a header\n";
	char told[CAPTURE_SIZE], bytes[64];
	int in = open_file(span_str("garbage" DUE "\n"));
	int out = open_file(span_str(before));

	(void)state;
	lseek(in, 7, SEEK_SET);
	lseek(out, 0, SEEK_END);
	assert_int_equal(filter(in, out, NOW_NS, told), EX_OK);
	memset(bytes, 0, sizeof(bytes));
	assert_true(pread(out, bytes, sizeof(bytes) - 1, 0) > 0);
	assert_string_equal(bytes, "not a header\n" DUE "\n");
	close(in);
	close(out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(messages_of_a_file_are_judged),
	    cmocka_unit_test(messages_that_come_in_pieces_are_judged),
	    cmocka_unit_test(long_messages_are_judged),
	    cmocka_unit_test(it_is_due_at_its_moment),
	    cmocka_unit_test(names_and_limits_are_those_of_the_settings),
	    cmocka_unit_test(a_section_has_a_longest_size),
	    cmocka_unit_test(a_full_disk_is_told),
	    cmocka_unit_test(a_reader_that_is_gone_is_told),
	    cmocka_unit_test(a_message_that_cannot_be_read_is_told),
	    cmocka_unit_test(a_message_that_breaks_off_is_told),
	    cmocka_unit_test(descriptors_that_do_not_block_are_waited_for),
	    cmocka_unit_test(offsets_are_respected),
	};

	return cmocka_run_group_tests_name("filter", tests, NULL, NULL);
}

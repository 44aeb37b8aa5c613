/* SPDX-License-Identifier: ISC */
#include "hdrcheck/filter.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "hdrcheck/base/buf.h"
#include "hdrcheck/header.h"
#include "hdrcheck/section.h"
#include "hdrcheck/verdict.h"

enum { CHUNK_SIZE = 64 * 1024 /* bytes read or written at once */ };

struct filter {
	int in;
	int out;
	int64_t now_ns;
	const struct settings *settings;
	struct buf head; /* the message, as far as it is in memory */
	bool whole; /* that is all of it */
	struct section section;
	bool received; /* a Received header was seen */
	struct verdict verdict; /* the hardest so far */
};

static int
fail(const char *what)
{
	fprintf(stderr, "hdrcheck: %s: %s\n", what, strerror(errno));
	return EX_OSERR;
}

/* Whoever shares a descriptor with us may have made it non-blocking. */
static bool
may_retry(int fd, short events)
{
	struct pollfd p = {.fd = fd, .events = events};

	if (errno != EINTR && errno != EAGAIN)
		return false;
	return errno == EINTR || poll(&p, 1, -1) >= 0 || errno == EINTR;
}

static ssize_t
read_some(int fd, char *to, size_t size)
{
	ssize_t n;

	do
		n = read(fd, to, size);
	while (n < 0 && may_retry(fd, POLLIN));
	return n;
}

static int
write_all(int fd, struct span bytes)
{
	while (bytes.len > 0) {
		ssize_t n = write(fd, bytes.data, bytes.len);

		if (n >= 0)
			bytes = span_skip(bytes, (size_t)n);
		else if (!may_retry(fd, POLLOUT))
			return -1;
	}
	return 0;
}

/* Reads on; an exit code when that fails. */
static int
fill(struct filter *f)
{
	size_t want = buf_room(&f->head);
	char *to;
	ssize_t n;

	if (want > CHUNK_SIZE)
		want = CHUNK_SIZE;
	to = buf_reserve(&f->head, want);
	if (to == NULL)
		return fail("memory");
	n = read_some(f->in, to, want);
	if (n < 0)
		return fail("standard input");
	buf_commit(&f->head, (size_t)n);
	f->whole = n == 0;
	return EX_OK;
}

/* A date that cannot be honoured outweighs one ahead, the latest counts. */
static void
weigh(struct filter *f, struct span header)
{
	struct verdict v = verdict_of(header, f->now_ns, f->settings);
	struct span name, body;

	if (header_split(header, &name, &body) &&
	    span_equal_nocase(name, span_str("Received")))
		f->received = true;
	/* Only a rule's own header holds for ever, and stands above those. */
	if (v.kind == VERDICT_HOLD && v.date.never && f->received)
		v.kind = VERDICT_DUNNO;
	if (v.kind > f->verdict.kind ||
	    (v.kind == VERDICT_HOLD && f->verdict.kind == VERDICT_HOLD &&
		!f->verdict.date.never &&
		(v.date.never || v.date.moment_s > f->verdict.date.moment_s)))
		f->verdict = v;
	f->verdict.date.rule = span_of("", 0); /* it borrows from head */
}

/* Judges the header section; an exit code when it cannot be read. */
static int
judge(struct filter *f)
{
	int exit_code = EX_OK;

	while (exit_code == EX_OK) {
		struct span header;

		switch (section_next(
		    &f->section, buf_span(&f->head), f->whole, &header)) {
		case SECTION_HEADER:
			weigh(f, header);
			continue;
		case SECTION_END:
			if (f->section.at <= FILTER_SECTION_MAX)
				return EX_OK;
			break;
		case SECTION_MORE:
			if (buf_room(&f->head) > 0) {
				exit_code = fill(f);
				continue;
			}
			break;
		}
		fprintf(stderr,
		    "hdrcheck: REJECT 5.6.0 the header section is "
		    "longer than %d MiB\n",
		    FILTER_SECTION_MAX >> 20);
		return EX_DATAERR;
	}
	return exit_code;
}

/* Writes what is in memory, then what is still to come. */
static int
copy(struct filter *f)
{
	while (!f->whole || buf_len(&f->head) > 0) {
		int exit_code;

		if (write_all(f->out, buf_span(&f->head)) < 0)
			return fail("standard output");
		buf_clear(&f->head);
		exit_code = f->whole ? EX_OK : fill(f);
		if (exit_code != EX_OK)
			return exit_code;
	}
	return EX_OK;
}

/* So that whoever writes the message to us can write it to its end. */
static void
drain(struct filter *f)
{
	do
		buf_clear(&f->head);
	while (!f->whole && fill(f) == EX_OK);
}

static int
act(struct filter *f)
{
	char text[VERDICT_TEXT_SIZE];

	if (f->verdict.kind == VERDICT_NOTFOUND ||
	    f->verdict.kind == VERDICT_DUNNO)
		return copy(f);
	verdict_format(&f->verdict, f->settings, text);
	fprintf(stderr, "hdrcheck: %s\n", text);
	return f->verdict.kind == VERDICT_HOLD ? EX_TEMPFAIL : EX_DATAERR;
}

int
filter_run(int in, int out, int64_t now_ns, const struct settings *settings)
{
	struct filter f = {
	    .in = in, .out = out, .now_ns = now_ns, .settings = settings};
	int exit_code;

	/* The longest section, and what shows whether it goes on behind. */
	buf_init(&f.head, FILTER_SECTION_MAX + SECTION_NAME_MAX + 1);
	exit_code = judge(&f);
	if (exit_code == EX_OK)
		exit_code = act(&f);
	if (exit_code == EX_TEMPFAIL || exit_code == EX_DATAERR)
		drain(&f);
	buf_free(&f.head);
	return exit_code;
}

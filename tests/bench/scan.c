/* SPDX-License-Identifier: ISC */
/*
 * scan alone|known FILE TIMES - how fast a listing is read
 *
 * Reads what postqueue -j printed so often from memory, and prints how many
 * nanoseconds of CPU that took. alone: the lines are only understood, and it
 * prints how many there were. known: they are fed in pieces, as from a pipe, to
 * a scheduler that knows all of these messages since before; it prints how many
 * of them wait. FILE has no line over LINES_MAX, and each held message once.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "policyd/stream.h"

/* The moment of everything here, and of what waits. */
#define NOW_S INT64_C(1800000000)
#define DUE_S (NOW_S + 86400)

struct scan {
	struct span bytes;
	struct settings settings;
	struct sweep sweep;
	struct stream_listing listing;
	struct clock_now now;
	struct span unread; /* lines whose messages were not read yet */
	uint64_t messages;
};

static void
die(const char *what)
{
	perror(what);
	exit(EX_OSERR);
}

static struct span
read_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	char *bytes;
	long size = 0;

	if (file == NULL || fseek(file, 0, SEEK_END) < 0 ||
	    (size = ftell(file)) < 0)
		die(path);
	rewind(file);
	bytes = malloc((size_t)size + 1);
	if (bytes == NULL ||
	    fread(bytes, 1, (size_t)size, file) != (size_t)size)
		die(path);
	fclose(file);
	return span_of(bytes, (size_t)size);
}

static void
scan_alone(struct scan *scan)
{
	struct lines lines = {false};
	struct span rest = scan->bytes, line;
	struct qmsg msg;
	size_t used;

	while (lines_next(&lines, rest, &line, &used) == LINES_WHOLE) {
		if (!qmsg_parse(line, false, &msg))
			break;
		scan->messages++;
		rest = span_skip(rest, used);
	}
	if (rest.len > 0) {
		fprintf(stderr, "scan: no listing\n");
		exit(EX_DATAERR);
	}
}

static void
walk(struct scan *scan)
{
	struct span rest = scan->bytes;

	while (rest.len > 0) {
		size_t n =
		    rest.len < STREAM_READ_SIZE ? rest.len : STREAM_READ_SIZE;
		char *room = stream_listing_room(&scan->listing);

		if (room == NULL)
			die("memory");
		memcpy(room, rest.data, n);
		stream_listing_take(
		    &scan->listing, n, &scan->sweep, &scan->now);
		rest = span_skip(rest, n);
	}
	if (!stream_listing_is_whole(&scan->listing)) {
		fprintf(stderr, "scan: no listing\n");
		exit(EX_DATAERR);
	}
}

static void
ignore(void *ctx, const struct sweep_event *event)
{
	(void)ctx;
	(void)event;
}

/* The message of this line is read; false: it is not the one that was asked. */
static bool
tell_read(struct scan *scan, struct span line, const struct qid *id)
{
	struct facts facts;
	struct qmsg msg;

	if (!qmsg_parse(line, false, &msg) || !qid_equal(&msg.id, id))
		return false;
	facts_begin(&facts);
	facts.arrival_s = facts.created_s = msg.arrival_s;
	facts.size = msg.size;
	facts.own_latest_s = DUE_S;
	sweep_read(&scan->sweep, id, &facts, &scan->now);
	return true;
}

/* Reads come in the order of the listing. */
static void
read_headers(struct scan *scan, const struct sweep_command *command)
{
	struct span line;

	for (size_t i = 0; i < command->n; i++)
		while (span_cut(&scan->unread, '\n', &line) &&
		    !tell_read(scan, line, &command->ids[i]))
			;
}

/* A first walk, and then what is on hold waits. */
static void
learn(struct scan *scan)
{
	struct sweep_options options = {
	    .settings = &scan->settings, .tell = ignore};
	struct sweep_command command;
	char error[CONF_ERROR_SIZE];

	if (!settings_parse(&scan->settings, span_str(""), "", error))
		die(error);
	sweep_init(&scan->sweep, &options);
	scan->unread = scan->bytes;
	while (sweep_next(&scan->sweep, &scan->now, &command)) {
		if (command.verb == SWEEP_LIST)
			walk(scan);
		if (command.verb == SWEEP_READ)
			read_headers(scan, &command);
		sweep_end(&scan->sweep, command.verb, true, &scan->now);
	}
}

static uint64_t
count_waiting(const struct scan *scan)
{
	return sweep_postponed_total(&scan->sweep);
}

/* Not the time that others take from us. */
static int64_t
cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return ts.tv_sec * CLOCK_NS_PER_S + ts.tv_nsec;
}

int
main(int argc, char **argv)
{
	struct scan *scan = calloc(1, sizeof(*scan));
	bool known;
	int64_t began_ns;

	if (argc != 4 || scan == NULL)
		return EX_USAGE;
	known = strcmp(argv[1], "known") == 0;
	scan->bytes = read_file(argv[2]);
	scan->now.wall_ns = scan->now.reached_ns = NOW_S * CLOCK_NS_PER_S;
	scan->now.mono_ns = CLOCK_NS_PER_S;
	stream_listing_init(&scan->listing);
	if (known)
		learn(scan);
	began_ns = cpu_ns();
	for (int n = atoi(argv[3]); n > 0; n--) {
		if (known)
			walk(scan);
		else
			scan_alone(scan);
	}
	printf("%lld ", (long long)(cpu_ns() - began_ns));
	printf("%llu\n",
	    (unsigned long long)(known ? count_waiting(scan) : scan->messages));
	return 0;
}

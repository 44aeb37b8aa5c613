/* SPDX-License-Identifier: ISC */
/*
 * The scheduler's way of a message: from what Postfix's commands print, or
 * inotify tells, to the next command.
 */
#include "tests/bench/paths.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>

#include "hdrcheck/base/os.h"
#include "policyd/stream.h"

enum {
	KNOWN = 1000, /* messages that a walk without news finds again */
	DUE_S = 86400, /* from now */
	ID_SIZE = 12,
	LINE_SIZE = 512,
	MESSAGE_SIZE = 2048,
	EVENT_SIZE = sizeof(struct inotify_event) + 16,
};

struct queue {
	struct settings settings;
	struct sweep sweep;
	struct stream_listing listing;
	struct stream_headers headers;
	struct clock_now now;
};

static void
hear_nothing(void *ctx, const struct sweep_event *event)
{
	(void)ctx;
	(void)event;
}

static void
set_clock(struct queue *q, int64_t s)
{
	q->now.wall_ns = s * CLOCK_NS_PER_S;
	q->now.reached_ns = q->now.wall_ns;
	q->now.mono_ns = (s - PATHS_NOW_S + 1) * CLOCK_NS_PER_S;
}

static struct queue *
queue_new(void)
{
	struct queue *q = calloc(1, sizeof(*q));
	struct sweep_options options = {.tell = hear_nothing};

	paths_need(q != NULL, "no memory");
	paths_settings(&q->settings, "release_method = release");
	options.settings = &q->settings;
	sweep_init(&q->sweep, &options);
	stream_listing_init(&q->listing);
	stream_headers_init(&q->headers);
	set_clock(q, PATHS_NOW_S);
	return q;
}

static void
queue_free(struct queue *q)
{
	stream_headers_free(&q->headers);
	stream_listing_free(&q->listing);
	sweep_free(&q->sweep);
	free(q);
}

/* As Postfix makes them: of microseconds and an inode number. */
static void
format_id(size_t number, char out[ID_SIZE])
{
	snprintf(out, ID_SIZE, "%05zX%06zX", number * 7919 % 0xF4240,
	    0xA00000 + number);
}

static bool
append_line(struct buf *out, size_t number)
{
	char id[ID_SIZE], line[LINE_SIZE];

	format_id(number, id);
	snprintf(line, sizeof(line),
	    "{\"queue_name\": \"hold\", \"queue_id\": \"%s\", "
	    "\"arrival_time\": %d, \"message_size\": 359, "
	    "\"forced_expire\": false, \"sender\": \"ann@sender.test\", "
	    "\"recipients\": [{\"address\": \"ben@sink.test\"}]}\n",
	    id, PATHS_NOW_S - 60);
	return buf_append(out, span_str(line));
}

/* The listing of count lines about so many messages. */
static struct buf
make_listing(size_t messages, size_t count)
{
	struct buf text;

	buf_init(&text, count * LINE_SIZE);
	for (size_t i = 0; i < count; i++)
		paths_need(append_line(&text, i % messages), "no memory");
	return text;
}

static bool
append_message(struct buf *out, const struct qid *qid)
{
	char id[QID_SIZE], due[CLOCK_RFC5322_SIZE], message[MESSAGE_SIZE];

	qid_format(qid, id);
	clock_format_rfc5322(PATHS_NOW_S + DUE_S, due);
	snprintf(message, sizeof(message),
	    "*** ENVELOPE RECORDS hold/%s ***\n"
	    "message_size:             359             638               1     "
	    "          0             359               0\n"
	    "message_arrival_time: Sat Nov 21 22:25:40 2026\n"
	    "create_time: Sat Nov 21 22:25:40 2026\n"
	    "named_attribute: log_ident=%s\n"
	    "named_attribute: rewrite_context=local\n"
	    "sender: ann@sender.test\n"
	    "named_attribute: log_client_name=unknown\n"
	    "named_attribute: log_client_address=127.0.0.1\n"
	    "named_attribute: log_client_port=43148\n"
	    "named_attribute: client_name=unknown\n"
	    "named_attribute: client_address=127.0.0.1\n"
	    "named_attribute: client_port=43148\n"
	    "named_attribute: helo_name=vm\n"
	    "named_attribute: protocol_name=SMTP\n"
	    "original_recipient: ben@sink.test\nrecipient: ben@sink.test\n"
	    "*** MESSAGE CONTENTS hold/%s ***\n"
	    "Received: from vm (unknown [127.0.0.1])\n"
	    "\tby private.test (Postfix) with SMTP id %s\n"
	    "\tfor <ben@sink.test>; Sat, 21 Nov 2026 22:25:40 +0000 (UTC)\n"
	    "From: Ann <ann@sender.test>\nTo: Ben <ben@sink.test>\n"
	    "X-Deliver-At: %s\nSubject: tea\n"
	    "Message-ID: <tea@sender.test>\n"
	    "Date: Mon, 05 Jan 2026 08:00:00 +0000\n"
	    "*** HEADER EXTRACTED hold/%s ***\n"
	    "*** MESSAGE FILE END hold/%s ***\n",
	    id, id, id, id, due, id, id);
	return buf_append(out, span_str(message));
}

/* What postcat prints about these. */
static struct buf
make_messages(const struct sweep_command *command)
{
	struct buf text;

	buf_init(&text, command->n * MESSAGE_SIZE);
	for (size_t i = 0; i < command->n; i++)
		paths_need(
		    append_message(&text, &command->ids[i]), "no memory");
	return text;
}

static size_t
piece_len(struct span rest)
{
	return rest.len < STREAM_READ_SIZE ? rest.len : STREAM_READ_SIZE;
}

PATHS_MEASURED static bool
measure_listing(struct queue *q, struct span text)
{
	bool whole;

	while (text.len > 0) {
		size_t n = piece_len(text);
		char *room = stream_listing_room(&q->listing);

		if (room == NULL)
			return false;
		memcpy(room, text.data, n);
		stream_listing_take(&q->listing, n, &q->sweep, &q->now);
		text = span_skip(text, n);
	}
	whole = stream_listing_is_whole(&q->listing);
	sweep_end(&q->sweep, SWEEP_LIST, whole, &q->now);
	return whole;
}

PATHS_MEASURED static bool
measure_headers(struct queue *q, struct span text)
{
	while (text.len > 0) {
		size_t n = piece_len(text);
		char *room = stream_headers_room(&q->headers);

		if (room == NULL)
			return false;
		memcpy(room, text.data, n);
		stream_headers_take(&q->headers, n, &q->sweep, &q->now);
		text = span_skip(text, n);
	}
	sweep_end(&q->sweep, SWEEP_READ, true, &q->now);
	return true;
}

PATHS_MEASURED static size_t
measure_news(struct queue *q, struct span events)
{
	enum os_news kind;
	struct span name;
	struct qid id;
	size_t taken = 0;

	while (os_news_next(&events, &kind, &name)) {
		if (kind != OS_NEWS_COMPLETE || !qid_parse(name, &id))
			continue;
		sweep_arrived(&q->sweep, &id);
		taken++;
	}
	return taken;
}

/* Each command but a walk, which goes on meanwhile, has ended at once. */
PATHS_MEASURED static size_t
measure_releases(struct queue *q)
{
	struct sweep_command command;
	size_t left = 0;

	while (
	    sweep_next(&q->sweep, &q->now, &command) || q->sweep.gathering.on) {
		/* Gathering goes on in the loop's next turn. */
		if (q->sweep.gathering.on || command.verb == SWEEP_LIST)
			continue;
		for (size_t i = 0; i < command.n; i++, left++)
			sweep_departed(&q->sweep, &command.ids[i], &q->now);
		sweep_end(&q->sweep, command.verb, true, &q->now);
	}
	return left;
}

/* A walk that sees these lines. */
static void
walk(struct queue *q, size_t messages, size_t lines)
{
	struct buf text = make_listing(messages, lines);
	struct sweep_command command;

	sweep_want_walk(&q->sweep);
	paths_need(sweep_next(&q->sweep, &q->now, &command) &&
		command.verb == SWEEP_LIST,
	    "no walk");
	paths_need(
	    measure_listing(q, buf_span(&text)), "a listing was not taken");
	buf_free(&text);
}

/* Reads all that is to be read, so many in all. */
static void
read_all(struct queue *q, size_t count)
{
	struct sweep_command command;
	struct buf text;

	while (sweep_next(&q->sweep, &q->now, &command)) {
		paths_need(command.verb == SWEEP_READ, "no read");
		text = make_messages(&command);
		paths_need(measure_headers(q, buf_span(&text)), "no memory");
		buf_free(&text);
	}
	paths_need(q->sweep.counts.read == count, "not all was read");
}

void
path_listed_line(size_t count)
{
	struct queue *q = queue_new();

	walk(q, KNOWN, KNOWN);
	read_all(q, KNOWN);
	set_clock(q, PATHS_NOW_S + DUE_S / 2);
	walk(q, KNOWN, count);
	queue_free(q);
}

void
path_read_message(size_t count)
{
	struct queue *q = queue_new();

	walk(q, count, count);
	read_all(q, count);
	queue_free(q);
}

static bool
append_event(struct buf *out, size_t number)
{
	char bytes[EVENT_SIZE] = {0};
	struct inotify_event event = {
	    .wd = 1, .mask = IN_ATTRIB, .len = EVENT_SIZE - sizeof(event)};

	memcpy(bytes, &event, sizeof(event));
	format_id(number, bytes + sizeof(event));
	return buf_append(out, span_of(bytes, sizeof(bytes)));
}

void
path_arrival(size_t count)
{
	struct queue *q = queue_new();
	struct buf events;

	buf_init(&events, (count + 1) * EVENT_SIZE);
	for (size_t i = 0; i < count; i++)
		paths_need(append_event(&events, i), "no memory");
	walk(q, 1, 0);
	paths_need(measure_news(q, buf_span(&events)) == count,
	    "an event was not understood");
	buf_free(&events);
	read_all(q, count);
	queue_free(q);
}

void
path_release(size_t count)
{
	struct queue *q = queue_new();

	walk(q, count, count);
	read_all(q, count);
	set_clock(q, PATHS_NOW_S + 2 * DUE_S);
	paths_need(measure_releases(q) == count, "not all has left");
	queue_free(q);
}

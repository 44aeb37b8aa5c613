/* SPDX-License-Identifier: ISC */
/*
 * stream - what a command prints, as the engine understands it
 *
 * Each command has two: its standard output, a listing or headers, and its
 * standard error, which tells postsuper's deeds and everybody's complaints.
 * The bytes go in, sweep() is told of what they mean. No descriptors here.
 */
#ifndef POLICYD_STREAM_H
#define POLICYD_STREAM_H

#include "hdrcheck/base/buf.h"
#include "hdrcheck/base/lines.h"
#include "hdrcheck/base/log.h"
#include "policyd/sched/postcat.h"
#include "policyd/sched/sweep.h"
#include "policyd/texts.h"

enum { STREAM_READ_SIZE = 64 * 1024 /* bytes that may be fed at once */ };

/* The standard output of a list. */
struct stream_listing {
	struct buf in;
	struct lines lines;
	struct qmsg head; /* of a long line, until its end is known */
	bool head_ok;
	struct qmsg_tail tail;
	uint64_t bad; /* lines that are no listing */
};

void stream_listing_init(struct stream_listing *l);
void stream_listing_free(struct stream_listing *l);
void stream_listing_reset(struct stream_listing *l);

/*
 * Takes what stream_listing_room() was filled with. The room is of
 * STREAM_READ_SIZE bytes; NULL: no memory.
 */
char *stream_listing_room(struct stream_listing *l);
void stream_listing_take(struct stream_listing *l, size_t n, struct sweep *s,
    const struct clock_now *now);

/* At the end: was everything a whole line of a listing? */
bool stream_listing_is_whole(const struct stream_listing *l);

/* The standard output of a read. */
struct stream_headers {
	struct buf in;
	struct postcat postcat;
	struct facts facts;
	struct texts *texts; /* gets what the messages say, too; or NULL */
};

void stream_headers_init(struct stream_headers *h);
void stream_headers_free(struct stream_headers *h);
void stream_headers_reset(struct stream_headers *h);
char *stream_headers_room(struct stream_headers *h);
void stream_headers_take(struct stream_headers *h, size_t n, struct sweep *s,
    const struct clock_now *now);

/* The standard error of any command. */
struct stream_errors {
	struct buf in;
	struct lines lines;
	char last[LOG_TEXT_MAX]; /* the last line, printable */
	bool mail_is_down; /* a line said so: postqueue goes on by itself */
};

void stream_errors_init(struct stream_errors *e);
void stream_errors_free(struct stream_errors *e);
void stream_errors_reset(struct stream_errors *e);
char *stream_errors_room(struct stream_errors *e);

/*
 * confirms: "postsuper: ID: released from hold" (or requeued) counts as the
 * departure of ID.
 */
void stream_errors_take(struct stream_errors *e, size_t n, bool confirms,
    struct sweep *s, const struct clock_now *now);

#endif

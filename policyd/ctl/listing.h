/* SPDX-License-Identifier: ISC */
/*
 * listing - messages in an order, and as lines of a table for people
 *
 * What "policyctl list" shows. No I/O, no clock.
 */
#ifndef CTL_LISTING_H
#define CTL_LISTING_H

#include "policyd/ctl/queue.h"
#include "policyd/ctl/table.h"
#include "policyd/zone.h"

enum listing_order {
	LISTING_DUE, /* what never leaves last */
	LISTING_ARRIVAL, /* the oldest first */
	LISTING_SENDER, /* ASCII letters without regard to case */
	LISTING_SIZE, /* the largest first */
};

/* False: there is no such order. */
bool listing_parse_order(struct span name, enum listing_order *order);

/* Sorts; what is equal by due time and then by queue id. */
void listing_sort(
    const struct queue_message **message, size_t n, enum listing_order order);

enum listing_column {
	LISTING_LEAVES, /* marked when rescheduled */
	LISTING_IN,
	LISTING_ID,
	LISTING_BY, /* what it is sorted by and would not be seen otherwise */
	LISTING_FROM,
	LISTING_TO,
	LISTING_RULE,
	LISTING_SUBJECT,
};

enum { LISTING_COLUMNS = LISTING_SUBJECT + 1 };

struct listing {
	const struct zone *local;
	int64_t now_s;
	enum listing_order order;
	struct table_column column[LISTING_COLUMNS];
	struct buf cell; /* room */
	struct buf decoded; /* likewise */
	bool has_marks; /* some are rescheduled */
};

/*
 * Looks at all messages, to know how wide the table is on a terminal of so
 * many columns; 0: it is none, and nothing is cut. False: no memory.
 */
bool listing_open(struct listing *l, const struct zone *local, int64_t now_s,
    enum listing_order order, const struct queue_message *const *message,
    size_t n, int width);
void listing_close(struct listing *l);

/* Append a line. False: no room. */
bool listing_put_titles(struct listing *l, struct buf *out);
bool listing_put_message(
    struct listing *l, struct buf *out, const struct queue_message *m);

/* Behind the time of those that are rescheduled. */
#define LISTING_RESCHEDULED "*"

#endif

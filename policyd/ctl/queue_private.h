/* SPDX-License-Identifier: ISC */
/*
 * queue_private - the steps of queue_read()
 */
#ifndef CTL_QUEUE_PRIVATE_H
#define CTL_QUEUE_PRIVATE_H

#include "policyd/ctl/queue.h"

struct queue_reading {
	struct queue *q;
	struct hands *hands;
	const struct queue_options *o;
	uint64_t mail_owner_uid;
	char *error; /* QUEUE_ERROR_SIZE bytes */
};

/* Each is false, with an error: this one; and what came of a command. */
bool queue_fail(struct queue_reading *r, const char *what);
bool queue_fail_command(
    struct queue_reading *r, const char *program, int exit_code);

/* q->message is what the filter lets through of the listing. */
bool queue_scan(struct queue_reading *r);

/* Lists again: messages that are not on hold any more are gone. */
bool queue_scan_again(struct queue_reading *r);

/*
 * Reads the files of all messages. Each is read and judged, unreadable, or gone
 * from q->message afterwards.
 */
bool queue_read_files(struct queue_reading *r);

#endif

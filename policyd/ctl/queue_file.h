/* SPDX-License-Identifier: ISC */
/*
 * queue_file - what postcat prints of one message, kept as people want it
 *
 * Pure, but for memory.
 */
#ifndef CTL_QUEUE_FILE_H
#define CTL_QUEUE_FILE_H

#include "policyd/ctl/queue.h"
#include "policyd/ctl/queue_text.h"
#include "policyd/sched/postcat.h"

struct queue_file {
	const struct settings *settings;
	uint64_t mail_owner_uid;
	struct queue_text *text;
	struct queue_message *m; /* the one that is being read, or NULL */
	struct facts facts; /* of it */
	struct queue_date
	    date[QUEUE_DATES_MAX]; /* texts are in the two below */
	char date_text[QUEUE_DATES_MAX][QUEUE_DATE_TEXT_MAX];
	char rule_text[QUEUE_DATES_MAX][DATE_RULE_MAX];
	size_t n_dates;
	bool no_memory;
};

/* The file of m begins; what was there of another is forgotten. */
void queue_file_begin(struct queue_file *f, struct queue_message *m);

void queue_file_attribute(
    struct queue_file *f, const struct postcat_item *item);
void queue_file_header(struct queue_file *f, struct span header);

/*
 * It was there whole: m is read. False, and m is as it was, when it is not the
 * message of the listing, or there is no memory.
 */
bool queue_file_end(struct queue_file *f);

#endif

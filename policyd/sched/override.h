/* SPDX-License-Identifier: ISC */
/*
 * override - when mail leaves because the administrator said so
 *
 * A moment for a message, which outrules all its headers. A message is known
 * by queue id and arrival time. No I/O, no clock.
 *
 * As a file: a first line OVERRIDES_MAGIC, then a line for each, of
 *
 *   QUEUEID ARRIVAL DUE SET
 *
 * in seconds since 1970; DUE may be "never".
 */
#ifndef SCHED_OVERRIDE_H
#define SCHED_OVERRIDE_H

#include "hdrcheck/base/buf.h"
#include "policyd/sched/qid.h"

#define OVERRIDES_MAGIC "deliver-at overrides 1"
#define OVERRIDE_NEVER  INT64_MAX

enum {
	OVERRIDES_MAX = 1000000, /* messages */
	OVERRIDE_LINE_MAX = 128, /* bytes of a line of the file */
	OVERRIDES_FILE_MAX = OVERRIDES_MAX * OVERRIDE_LINE_MAX,
	OVERRIDE_ERROR_SIZE = 512,
};

struct override {
	struct qid id;
	int64_t arrival_s;
	int64_t due_s; /* or OVERRIDE_NEVER */
	int64_t set_s; /* when the administrator said so */
	bool told; /* that the scheduler goes by it */
	bool seen; /* since the last walk ended: shown by one, or set */
	uint8_t missed; /* walks in a row that did not show the message */
};

struct overrides {
	struct override *table; /* by id, open addressing */
	uint32_t mask;
	uint32_t n;
	bool changed; /* by follow or walks: to be written when there is time */
};

void overrides_init(struct overrides *o);
void overrides_free(struct overrides *o);

/* to must be initialised; what it had is gone. False: no memory. */
bool overrides_copy(struct overrides *to, const struct overrides *from);

/*
 * Adds one, or replaces that of the same id; a due time before 1970 becomes
 * 1970. False: no memory, or full.
 */
bool overrides_set(struct overrides *o, const struct override *override);

/* That of this message, or NULL. Valid until the next change. */
struct override *overrides_find(
    const struct overrides *o, const struct qid *id, int64_t arrival_s);

/*
 * A requeue gave the message a new id; what was said of it under its former
 * one holds on. False: nothing was.
 */
bool overrides_follow(struct overrides *o, const struct qid *former,
    int64_t arrival_s, const struct qid *id);

/*
 * A walk showed this message, on hold or not; and a walk ended well: what two
 * in a row did not show is forgotten.
 */
void overrides_listed(
    struct overrides *o, const struct qid *id, int64_t arrival_s);
void overrides_end_walk(struct overrides *o);

/* The file. False: no room in out. */
bool overrides_print(const struct overrides *o, struct buf *out);

/*
 * Reads a file into o, which must be initialised and empty. All are told
 * already. False with "FILE:LINE: what" in error; o is empty then.
 */
bool overrides_parse(struct overrides *o, struct span text, const char *file,
    char error[OVERRIDE_ERROR_SIZE]);

#endif

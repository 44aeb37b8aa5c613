/* SPDX-License-Identifier: ISC */
/*
 * texts - who writes what to whom, of the few messages that are shown
 *
 * Gathers what postcat() hands out of one message after the other, and keeps
 * it of TEXTS_MAX of them at most. Texts are strangers' bytes, without a NUL,
 * and cut where they are too long.
 *
 * Pure.
 */
#ifndef POLICYD_TEXTS_H
#define POLICYD_TEXTS_H

#include "policyd/sched/index.h"
#include "policyd/web/snapshot.h"

enum { TEXTS_MAX = SNAPSHOT_NEXT_MAX };

struct text {
	struct qid id;
	uint32_t arrival_s; /* both as in an index_entry: with the id they */
	uint32_t size; /* name a message */
	bool known; /* else it is not worth asking for it again */
	bool has_subject;
	uint64_t recipients; /* how many */
	char sender[SNAPSHOT_TEXT_SIZE];
	char recipient[SNAPSHOT_TEXT_SIZE]; /* the first one */
	char subject[SNAPSHOT_TEXT_SIZE]; /* as it stands in the header */
};

struct texts {
	struct text kept[TEXTS_MAX];
	size_t n;
	struct text now; /* being read */
};

/* Nothing is kept. */
void texts_clear(struct texts *texts);

/* A message begins; an envelope record and a header of it, as of postcat(). */
void texts_begin(struct texts *texts);
void texts_take_attribute(
    struct texts *texts, struct span name, bool named, struct span value);
void texts_take_header(struct texts *texts, struct span header);

/* It was there whole: it is kept, unless there is no room. */
void texts_end(struct texts *texts, const struct qid *id, int64_t arrival_s,
    uint64_t size);

/* This one cannot be read; that is kept of it. */
void texts_give_up(
    struct texts *texts, const struct qid *id, const struct index_entry *e);

/* What is kept of that message, or NULL; valid until the next change. */
const struct text *texts_find(const struct texts *texts, const struct qid *id,
    const struct index_entry *e);

/* Forgets all but these. */
void texts_retain(struct texts *texts, const struct qid *ids, size_t n);

#endif

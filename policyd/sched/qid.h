/* SPDX-License-Identifier: ISC */
/*
 * qid - a Postfix queue id, checked and packed
 *
 * Ids are [0-9A-Za-z]{6,32}; six bits a character make 24 bytes that compare
 * and hash without a length. Pure.
 */
#ifndef SCHED_QID_H
#define SCHED_QID_H

#include "hdrcheck/base/span.h"

enum {
	QID_MIN = 6,
	QID_MAX = 32, /* characters */
	QID_SIZE = QID_MAX + 1,
	QID_WORDS = 3,
};

struct qid {
	uint64_t word[QID_WORDS];
};

/* False when text is no queue id. */
bool qid_parse(struct span text, struct qid *id);

/*
 * Reads the digits at the front of text, at most QID_MAX, as an id. Returns how
 * many they are; 0: too few, and *id is unchanged.
 */
size_t qid_read(struct span text, struct qid *id);

/* Writes the id and a NUL; returns its length. */
size_t qid_format(const struct qid *id, char out[QID_SIZE]);

bool qid_equal(const struct qid *a, const struct qid *b);

uint32_t qid_hash(const struct qid *id);

#endif

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

static inline bool
qid_equal(const struct qid *a, const struct qid *b)
{
	return a->word[0] == b->word[0] && a->word[1] == b->word[1] &&
	    a->word[2] == b->word[2];
}

static inline uint32_t
qid_hash(const struct qid *id)
{
	uint64_t h = id->word[0] * UINT64_C(0x9e3779b97f4a7c15) +
	    id->word[1] * UINT64_C(0xc2b2ae3d27d4eb4f) +
	    id->word[2] * UINT64_C(0x165667b19e3779f9);

	h = (h ^ h >> 32) * UINT64_C(0x9e3779b97f4a7c15);
	return (uint32_t)(h >> 32);
}

#endif

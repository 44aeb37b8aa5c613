/* SPDX-License-Identifier: ISC */
/*
 * postcat - what "postcat -qeh ID ..." prints (DESIGN facts 13 and 21)
 *
 * A pull reader over the bytes of one call, for one file after the other:
 * BEGIN, ATTRIBUTE..., HEADER..., ATTRIBUTE..., END. Memory is bounded: of a
 * header longer than POSTCAT_HEADER_MAX only the front is handed out.
 *
 * A file that is not on hold, or whose end never comes, gets no END.
 */
#ifndef SCHED_POSTCAT_H
#define SCHED_POSTCAT_H

#include "hdrcheck/base/buf.h"
#include "hdrcheck/base/lines.h"
#include "policyd/sched/qid.h"

enum { POSTCAT_HEADER_MAX = 128 * 1024 /* bytes of a header */ };

enum postcat_event {
	POSTCAT_MORE, /* feed more behind the same bytes */
	POSTCAT_BEGIN, /* of the file of id */
	POSTCAT_ATTRIBUTE, /* name and value of an envelope record */
	POSTCAT_HEADER, /* one whole header, folded as it is */
	POSTCAT_END, /* the file of id was there whole */
};

struct postcat_item {
	struct qid id; /* BEGIN, END */
	struct span name; /* ATTRIBUTE: "sender", or a named attribute's */
	bool named; /* ATTRIBUTE: it is a "named_attribute:" */
	struct span value; /* ATTRIBUTE */
	struct span header; /* HEADER; valid until the next call */
	bool cut; /* HEADER, ATTRIBUTE: it was longer */
};

enum postcat_section {
	POSTCAT_OUTSIDE,
	POSTCAT_ENVELOPE,
	POSTCAT_HEADERS,
	POSTCAT_EXTRACTED,
};

struct postcat {
	struct lines lines;
	enum postcat_section section;
	struct qid id;
	struct buf header; /* the header that may still be continued */
	bool header_cut;
	bool header_given; /* header was handed out: clear it first */
};

void postcat_init(struct postcat *p);
void postcat_free(struct postcat *p);

/* Ready for the bytes of another call. */
void postcat_reset(struct postcat *p);

/* Takes bytes off the front of in, *used of them, and tells what they are. */
enum postcat_event postcat_next(
    struct postcat *p, struct span in, struct postcat_item *item, size_t *used);

#endif

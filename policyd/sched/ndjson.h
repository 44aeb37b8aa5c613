/* SPDX-License-Identifier: ISC */
/*
 * ndjson - a line of JSON, read member by member
 *
 * Pull readers over bytes that the caller holds (lines.h frames them); pure.
 * Values are handed out raw: strings keep their escapes, and what is not
 * asked for is only skipped, not checked.
 */
#ifndef SCHED_NDJSON_H
#define SCHED_NDJSON_H

#include "hdrcheck/base/span.h"

enum ndjson_step {
	NDJSON_MEMBER, /* or an element of an array */
	NDJSON_CLOSED, /* the object or array ended as it should */
	NDJSON_BROKEN, /* no JSON, or cut off */
};

/*
 * Walks the members of an object. Start with *rest at the line (or at a raw
 * value) and *first true. *name is raw without its quotes, *value raw.
 */
enum ndjson_step ndjson_next_member(
    struct span *rest, bool *first, struct span *name, struct span *value);

/* The same for the elements of an array. */
enum ndjson_step ndjson_next_element(
    struct span *rest, bool *first, struct span *value);

/*
 * How long the string at the front is, which begins with its quote, quotes
 * included; 0: it has no end.
 */
size_t ndjson_string_len(struct span s);

/* The inside of a raw string value; false when it is no string. */
bool ndjson_string(struct span value, struct span *inside);

#endif

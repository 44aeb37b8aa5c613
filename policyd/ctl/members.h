/* SPDX-License-Identifier: ISC */
/*
 * members - a line of JSON that an engine wrote, by the names of its members
 *
 * Pure.
 */
#ifndef CTL_MEMBERS_H
#define CTL_MEMBERS_H

#include "hdrcheck/base/buf.h"

enum {
	MEMBERS_MAX = 64, /* of an object */
};

/* Borrows from the line. */
struct members {
	struct span name[MEMBERS_MAX];
	struct span value[MEMBERS_MAX]; /* raw */
	size_t n;
};

/*
 * Takes a line, or the raw value of a member, apart. False: it is no object,
 * has too many members, or a control character in it, which no terminal is to
 * get.
 */
bool members_parse(struct span line, struct members *members);

/* The raw value; false: there is none, or it is null. */
bool members_find(
    const struct members *members, const char *name, struct span *value);

/*
 * Values; false when there is none of that kind. A string is written to room,
 * whose former content is gone; *value borrows from there.
 */
bool members_string(const struct members *members, const char *name,
    struct buf *room, struct span *value);
bool members_number(
    const struct members *members, const char *name, uint64_t *value);
bool members_bool(const struct members *members, const char *name, bool *value);

/* RFC 3339 in UTC, to the second, as seconds since 1970. */
bool members_time(
    const struct members *members, const char *name, int64_t *value);

#endif

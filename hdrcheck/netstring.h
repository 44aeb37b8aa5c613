/* SPDX-License-Identifier: ISC */
/*
 * netstring - LENGTH ":" bytes "," (djb's netstrings)
 *
 * Pure.
 */
#ifndef HDRCHECK_NETSTRING_H
#define HDRCHECK_NETSTRING_H

#include "hdrcheck/base/buf.h"

enum netstring_result {
	NETSTRING_MORE, /* so far a netstring, not yet a whole one */
	NETSTRING_DONE,
	NETSTRING_BAD, /* no bytes behind these can make it one */
};

/*
 * Reads the netstring at the front of in. For DONE, *body borrows from in and
 * *used is the whole frame. A length above max, a leading zero, anything but
 * digits, a missing comma: BAD, as soon as the bytes show it.
 */
enum netstring_result netstring_decode(
    struct span in, size_t max, struct span *body, size_t *used);

/*
 * Appends a netstring of len bytes, which the caller is to fill in where this
 * tells, before out is touched again. NULL, and out is unchanged, if it has no
 * room.
 */
char *netstring_begin(struct buf *out, size_t len);

/* Appends s as a netstring. False, and out is unchanged, if it has no room. */
bool netstring_append(struct buf *out, struct span s);

#endif

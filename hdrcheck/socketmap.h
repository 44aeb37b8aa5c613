/* SPDX-License-Identifier: ISC */
/*
 * socketmap - Postfix's socketmap protocol (socketmap_table(5), Sendmail's)
 *
 * A request is the netstring "MAP KEY", a reply the netstring "OK value",
 * "NOTFOUND ", "TEMP reason", "TIMEOUT reason" or "PERM reason". Pure.
 */
#ifndef HDRCHECK_SOCKETMAP_H
#define HDRCHECK_SOCKETMAP_H

#include "hdrcheck/base/buf.h"

enum {
	/* Postfix sends up to header_size_limit (102400) and a line. */
	SOCKETMAP_REQUEST_MAX = 128 * 1024,
	/* The longest frame: digits, colon, request, comma. */
	SOCKETMAP_FRAME_MAX = SOCKETMAP_REQUEST_MAX + 16,
};

enum socketmap_result {
	SOCKETMAP_MORE,
	SOCKETMAP_DONE,
	SOCKETMAP_BAD_FRAME, /* framing is lost */
	SOCKETMAP_BAD_REQUEST, /* a whole frame without "MAP KEY" */
};

struct socketmap_request {
	struct span map;
	struct span key; /* everything behind the first blank */
};

/* *used is set for DONE and BAD_REQUEST; spans borrow from in. */
enum socketmap_result socketmap_decode(
    struct span in, struct socketmap_request *request, size_t *used);

/*
 * Appends a reply, for example status "OK" and value "DUNNO". False, and out
 * is unchanged, if it has no room.
 */
bool socketmap_reply(struct buf *out, const char *status, struct span value);

#endif

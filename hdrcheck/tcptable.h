/* SPDX-License-Identifier: ISC */
/*
 * tcptable - Postfix's tcp_table protocol (tcp_table(5), Postfix 3.7)
 *
 * A request is the line "get KEY", a reply the line "200 VALUE", "500 TEXT"
 * (not found) or "400 TEXT" (try later). Bytes outside printable ASCII, blanks
 * and "%" travel as %XX. Pure.
 */
#ifndef HDRCHECK_TCPTABLE_H
#define HDRCHECK_TCPTABLE_H

#include "hdrcheck/base/buf.h"

enum {
	TCPTABLE_KEY_MAX = 128 * 1024, /* bytes, decoded: as in socketmap.h */
	/* Every byte quoted, "get ", a line end. */
	TCPTABLE_LINE_MAX = TCPTABLE_KEY_MAX * 3 + 16,
	TCPTABLE_REPLY_MAX = 4096, /* bytes of a reply, Postfix's limit */
};

enum tcptable_result {
	TCPTABLE_MORE,
	TCPTABLE_DONE,
	TCPTABLE_BAD_REQUEST, /* a whole line that is no "get KEY" */
	TCPTABLE_BAD_FRAME, /* a line without end: framing is lost */
};

/*
 * Reads the request at the front of in. For DONE the key is decoded into room,
 * of TCPTABLE_KEY_MAX bytes, which *key then borrows. *used is set for DONE and
 * BAD_REQUEST.
 */
enum tcptable_result tcptable_decode(
    struct span in, char *room, struct span *key, size_t *used);

/*
 * Appends a reply, for example code 200 and text "HOLD until ...". False, and
 * out is unchanged, if it has no room or the reply would be too long.
 */
bool tcptable_reply(struct buf *out, int code, struct span text);

#endif

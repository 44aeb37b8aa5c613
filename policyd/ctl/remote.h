/* SPDX-License-Identifier: ISC */
/*
 * remote - policyctl's end of a connection to the engine (see control.h)
 *
 * What comes is outside bytes: lines, of which none is too long, and nothing
 * is waited for without end.
 */
#ifndef CTL_REMOTE_H
#define CTL_REMOTE_H

#include "hdrcheck/base/buf.h"

enum {
	REMOTE_LINE_MAX = 64 * 1024, /* bytes, with the line end */
	REMOTE_ERROR_SIZE = 512,
	REMOTE_ANSWER_MS = 10 * 1000, /* to wait for an answer */
	REMOTE_WRITE_MS = 60 * 1000, /* for one that a disk is to know first */
};

struct remote {
	int fd;
	struct buf in;
	size_t taken; /* bytes of the line that was handed out last */
};

/* Takes over a connected socket, -1 included. */
void remote_open(struct remote *r, int fd);
void remote_close(struct remote *r);

/*
 * Sends all of it; who takes nothing of it for so long is given up. False:
 * errno, ETIMEDOUT included.
 */
bool remote_send(struct remote *r, struct span bytes, int timeout_ms);

enum remote_news {
	REMOTE_LINE,
	REMOTE_QUIET, /* no whole line within the time */
	REMOTE_ENDED, /* by the engine; half a line is not told */
	REMOTE_BROKEN, /* errno; EMSGSIZE: a line is too long */
};

/*
 * Waits for the next line, so long at most; -1: without end. *line is without
 * its end, and borrowed until the next call.
 */
enum remote_news remote_next(
    struct remote *r, int timeout_ms, struct span *line);

/*
 * Sends a request and waits for the line that answers it. True: *answer, "ok"
 * left out and borrowed as above, is what it said. False: why not, in error,
 * printable.
 */
bool remote_ask(struct remote *r, struct span request, int timeout_ms,
    struct span *answer, char error[REMOTE_ERROR_SIZE]);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * control - what policyctl asks the engine, on control_socket
 *
 * A request is a line, of which two are followed by more:
 *
 *   status                     a line of JSON; see status.h
 *   sweep                      "ok": a walk is wanted as soon as one may run
 *   reload                     "ok": the runner is told; what comes of it is
 *                              an event
 *   pause N                    N bytes follow, the reason: "ok"
 *   resume                     "ok"
 *   events                     the last events, a line of JSON each; then the
 *                              connection ends. "error WHAT" comes in their
 *                              place when FEED_READERS_MAX read events already
 *   follow                     the same, but it stays for what happens
 *   tail                       only what happens from now on
 *   reschedule DUE N           N bytes follow, a line "QUEUEID ARRIVAL" for
 *                              each message: "ok TAKEN LEFT ID...", how many
 *                              are rescheduled, and how many are not as they
 *                              leave just now or have left, with the first of
 *                              their ids
 *
 * DUE is in seconds since 1970, "now" or "never"; ARRIVAL is in seconds since
 * 1970. What is no request is answered "error WHAT" and ends the connection;
 * one that cannot be done is answered "error WHAT", and nothing has changed.
 * "ok" to pause, resume and reschedule means that it is on the disk. What
 * follows events, follow or tail is not read.
 *
 * A request is collected whole: CONTROL_REQUEST_MAX (48 MB) of memory at worst
 * for each of CONTROL_CONNECTIONS, which only root can make.
 *
 * Pure.
 */
#ifndef POLICYD_CONTROL_H
#define POLICYD_CONTROL_H

#include "hdrcheck/base/buf.h"
#include "policyd/sched/override.h"

enum {
	CONTROL_LINE_MAX = 128, /* bytes of the first line, with its end */
	CONTROL_REASON_MAX = 1024, /* of a reason; what is kept may be less */
	CONTROL_IDS_BYTES = OVERRIDES_MAX * 48, /* of a body */
	CONTROL_REQUEST_MAX = CONTROL_LINE_MAX + CONTROL_IDS_BYTES,
	CONTROL_LEFT_MAX = 100, /* ids told of those that are not rescheduled */
};

/* DUE of a request that means the moment at which it is read. */
#define CONTROL_NOW INT64_MIN

enum control_verb {
	CONTROL_STATUS,
	CONTROL_SWEEP,
	CONTROL_RELOAD,
	CONTROL_PAUSE,
	CONTROL_RESUME,
	CONTROL_EVENTS,
	CONTROL_FOLLOW,
	CONTROL_TAIL,
	CONTROL_RESCHEDULE,
};

struct control_request {
	enum control_verb verb;
	int64_t due_s; /* RESCHEDULE; CONTROL_NOW, OVERRIDE_NEVER */
	struct span body; /* PAUSE: the reason; RESCHEDULE: the messages */
};

enum control_result { CONTROL_MORE, CONTROL_DONE, CONTROL_WRONG };

/*
 * Reads the request at the front of in: *used bytes. CONTROL_MORE is found out
 * from the first line alone. The body borrows from in.
 */
enum control_result control_decode(
    struct span in, struct control_request *request, size_t *used);

/*
 * Takes the next message off a body. CONTROL_MORE: there is none;
 * CONTROL_WRONG: it is no such line.
 */
enum control_result control_next_message(
    struct span *body, struct qid *id, int64_t *arrival_s);

/*
 * Append a request to out, or a message to the body of one. False, and out is
 * unchanged: no room. control_put() is for verbs without body and due time;
 * times are not before 1970.
 */
bool control_put(struct buf *out, enum control_verb verb);
bool control_put_pause(struct buf *out, struct span reason);
bool control_put_reschedule(struct buf *out, int64_t due_s, struct span body);
bool control_put_message(
    struct buf *body, const struct qid *id, int64_t arrival_s);

#endif

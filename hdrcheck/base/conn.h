/* SPDX-License-Identifier: ISC */
/*
 * conn - a server of many stream connections for one protocol
 *
 * The server owns its listeners and connections. It reads, hands the bytes to
 * the protocol's function, and writes what that appended. It stops reading
 * from a peer that does not read its answers (back-pressure), ends
 * connections that completed no request for idle_ms, and when all places are
 * taken it gives up the one that has been idle longest in favour of the new
 * one. Who asks for more than a few answers at a time, or sends anything but
 * whole requests, comes behind those that do not. A peer can do no more harm
 * than to its own connection.
 */
#ifndef BASE_CONN_H
#define BASE_CONN_H

#include "hdrcheck/base/buf.h"
#include "hdrcheck/base/log.h"
#include "hdrcheck/base/loop.h"

enum {
	CONN_LISTENERS_MAX = 4,
	CONN_OUT_HIGH = 64 * 1024, /* bytes unread by the peer: wait for it */
	CONN_REPLY_MAX = 16 * 1024, /* bytes that one request may append; see
				       reply_max */
};

enum conn_verdict {
	CONN_MORE, /* no whole request is there yet; nothing was used */
	CONN_LATER, /* the same, but one is there; it is handled again at
		       conn_server_resume(), or when more comes */
	CONN_DONE, /* one request was used and answered */
	CONN_LAST, /* the same, and it was the last one: close behind it */
	CONN_CLOSE, /* it is none: answer what is in out, then close */
	CONN_TAKE, /* one request was used, and nothing appended: take() has the
		      socket from here on, and what follows is dropped */
};

/*
 * Handles at most one request at the front of in. Sets *used to the bytes it
 * took (0 for CONN_MORE) and appends at most reply_max bytes to out.
 */
typedef enum conn_verdict conn_handle_fn(
    void *ctx, struct span in, struct buf *out, size_t *used);

struct conn_protocol {
	const char *name; /* for the log */
	conn_handle_fn *handle;
	void *ctx;
	size_t in_max; /* longest request; a peer that sends more is closed */
	size_t reply_max; /* 0: CONN_REPLY_MAX */
	/*
	 * Behind CONN_LAST and CONN_CLOSE the peer of a socket is told that
	 * nothing follows, and what it sends is read and dropped until it ends
	 * or idle_ms are over: closing at once could take the last answer away
	 * from it.
	 */
	bool lingers;
	/*
	 * Owns a connected, non-blocking socket whose handle() said CONN_TAKE;
	 * called right behind that, before any other handle(). A peer that did
	 * not read the answers to what it asked before is closed instead. NULL
	 * where handle() never says so; not for pairs of descriptors.
	 */
	void (*take)(void *ctx, int fd);
};

struct conn_limits {
	size_t connections;
	int64_t idle_ms;
};

struct conn_counters {
	uint64_t accepted;
	uint64_t evicted; /* gave way to a new connection */
	uint64_t timed_out;
	uint64_t broken; /* closed because of what the peer sent */
};

struct conn_server;

/*
 * A server without listeners. loop and log are borrowed for its life, the
 * protocol is copied. NULL when memory is short.
 */
struct conn_server *conn_server_new(struct loop *loop, const struct log *log,
    const struct conn_protocol *protocol, const struct conn_limits *limits);

/* Closes everything, frees the server. */
void conn_server_free(struct conn_server *server);

/* Serves a listening non-blocking socket, which the server then owns. */
int conn_server_listen(struct conn_server *server, int listener);

/*
 * Serves a connected pair of descriptors (the same one twice for a socket);
 * they are made non-blocking and owned by the server. -1: errno.
 */
int conn_server_serve(struct conn_server *server, int in_fd, int out_fd);

/* New limits; connections beyond them end when the next one comes. */
void conn_server_limit(
    struct conn_server *server, const struct conn_limits *limits);

/* Handles requests again that were to be handled later. */
void conn_server_resume(struct conn_server *server);

/*
 * Stops accepting and reading; answers what was read, then closes. fn is
 * called (once, perhaps at once) when no connection is left or at the
 * deadline of CLOCK_MONOTONIC.
 */
void conn_server_drain(struct conn_server *server, int64_t deadline_ns,
    loop_timer_fn *fn, void *ctx);

/*
 * Calls fn (once, perhaps at once) when no connection is left. There is one
 * such function: a later call, or conn_server_drain(), takes its place.
 */
void conn_server_when_empty(
    struct conn_server *server, loop_timer_fn *fn, void *ctx);

size_t conn_server_count(const struct conn_server *server);
const struct conn_counters *conn_server_counters(
    const struct conn_server *server);

#endif

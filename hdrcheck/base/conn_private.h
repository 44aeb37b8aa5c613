/* SPDX-License-Identifier: ISC */
/*
 * conn_private - what conn.c, one connection, and conn_server.c, the server,
 * know of each other; for nobody else
 */
#ifndef BASE_CONN_PRIVATE_H
#define BASE_CONN_PRIVATE_H

#include "hdrcheck/base/conn.h"

struct conn {
	struct conn_server *server;
	int in_fd;
	int out_fd; /* in_fd, or of its own */
	struct buf in;
	struct buf out;
	bool in_watched;
	bool ended; /* the peer sends no more, or we hear no more */
	bool waits; /* its next request is to be handled later */
	bool closing;
	bool lingering; /* the peer was told so; what it sends is dropped */
	bool taken; /* by the protocol, from here on */
	bool retired; /* it has ended, and only its descriptors are left */
	bool modest; /* it sent one request the last time, and no more: it
			comes before those that did not */
	bool queued; /* more requests of it are read than fit into a turn */
	int64_t idle_since_ns; /* when it last completed a request; retired:
				  before all others */
	struct conn *older; /* order of idle_since_ns */
	struct conn *newer;
	struct conn *ahead; /* in the queue */
	struct conn *behind;
};

struct listener {
	struct conn_server *server;
	int fd;
};

struct conn_server {
	struct loop *loop;
	const struct log *log;
	struct conn_protocol protocol;
	struct conn_limits limits;
	struct conn_counters counters;
	struct listener listeners[CONN_LISTENERS_MAX];
	size_t n_listeners;
	struct conn *oldest;
	struct conn *newest;
	size_t n;
	struct conn *first; /* of those that queue up */
	struct conn *last;
	struct buf spare_in; /* empty, or without memory */
	struct buf spare_out;
	struct loop_timer idle_timer;
	struct loop_timer accept_timer;
	struct loop_timer queue_timer; /* armed while somebody does */
	struct loop_timer drain_timer;
	loop_timer_fn *emptied; /* NULL: nobody wants to know */
	void *emptied_ctx;
};

/*
 * Makes a connection of the server. The descriptors are owned by it from then
 * on; -1, and they are not, when memory is short.
 */
int conn_add(struct conn_server *s, int in_fd, int out_fd);

void conn_close(struct conn *c);

/* Handles what was read, writes, and perhaps closes the connection. */
void conn_advance(struct conn *c);

/* It is the first one's turn. */
void conn_serve_first(struct conn_server *s);

/* To be called after whatever may have closed or touched connections. */
void conn_server_settle(struct conn_server *s);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * lookup - hdrcheck's service: requests in, verdicts out, and counters
 *
 * The functions are protocol handlers for conn(): they neither read a clock
 * of their own nor know a socket.
 */
#ifndef HDRCHECK_LOOKUP_H
#define HDRCHECK_LOOKUP_H

#include "hdrcheck/base/conn.h"
#include "hdrcheck/counts.h"
#include "hdrcheck/tcptable.h"
#include "hdrcheck/verdict.h"

/* The map that our recipe names, and the one that tells the counters. */
#define LOOKUP_MAP        "deliver-at"
#define LOOKUP_STATUS_MAP "status"

struct lookup {
	struct settings settings;
	int64_t (*now_ns)(void); /* the wall clock, as clock_now.wall_ns */
	uint64_t count[VERDICT_KINDS];
	uint64_t malformed; /* frames and requests */
	/* Fills in what only the server knows: COUNT_CONNECTIONS and
	 * COUNT_OPEN. NULL: they stay 0. */
	void (*count_connections)(void *ctx, struct lookup_counts *counts);
	void *connections_ctx;
	char key[TCPTABLE_KEY_MAX]; /* of the tcp_table request at hand */
};

/* conn_handle_fn's; ctx is a struct lookup. */
enum conn_verdict lookup_socketmap(
    void *ctx, struct span in, struct buf *out, size_t *used);
enum conn_verdict lookup_tcp_table(
    void *ctx, struct span in, struct buf *out, size_t *used);

#endif

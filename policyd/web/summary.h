/* SPDX-License-Identifier: ISC */
/*
 * summary - how deliver-at is, as an object of JSON
 *
 * What "policyctl status --json" prints and /status.json answers, in the same
 * words: policyctl(8) documents the members.
 *
 * Pure.
 */
#ifndef WEB_SUMMARY_H
#define WEB_SUMMARY_H

#include "hdrcheck/base/buf.h"
#include "hdrcheck/counts.h"

enum { SUMMARY_MAX = 128 * 1024 /* bytes of one */ };

/* What is on hold. */
struct summary_counts {
	bool known;
	uint64_t waiting;
	uint64_t waiting_bytes;
	uint64_t frozen;
	uint64_t overdue;
	int64_t oldest_overdue_s; /* -1: nothing is */
	uint64_t foreign; /* with a date */
	uint64_t unreadable;
	uint64_t rescheduled;
	int64_t next_due_s; /* -1: nothing is due */
	bool paused;
	int64_t paused_since_s;
};

struct summary {
	struct span engine; /* its line, see status.h; empty: it is down */
	const char *hdrcheck; /* where it listens; NULL: it does not answer */
	bool has_lookups;
	struct lookup_counts lookups;
	bool postfix_unknown; /* nobody has looked yet */
	bool postfix_runs;
	struct summary_counts counts;
	struct span paused_reason; /* printable UTF-8 */
};

/* Appends it as a line. False: no room. */
bool summary_print_json(const struct summary *summary, struct buf *out);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * view - all that the status page knows at a moment
 */
#ifndef WEB_VIEW_H
#define WEB_VIEW_H

#include "hdrcheck/counts.h"
#include "policyd/web/snapshot.h"

/* What hdrcheck says when it is asked for its counters. */
struct view_hdrcheck {
	const char *listens; /* where it is asked; empty: it listens nowhere */
	bool answers; /* the last question was answered */
	int64_t silent_ns; /* since its last answer, or since we ask */
	struct lookup_counts counts; /* of that answer */
	bool has_counts; /* not those of a tcp_table, and not before one */
	const char *wrong; /* why it does not answer; a constant or
			      strerror(3); NULL while it does */
};

struct view {
	int64_t now_s; /* wall clock */
	const struct snapshot *snapshot; /* NULL: none has come yet */
	int64_t snapshot_age_ns; /* since it came, or since we wait for it */
	struct view_hdrcheck hdrcheck;
	struct conn_counters web; /* connections of ours */
	uint64_t web_requests; /* answered, this one not included */
};

#endif

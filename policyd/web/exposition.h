/* SPDX-License-Identifier: ISC */
/*
 * exposition - the text format of Prometheus, version 0.0.4
 *
 *   # HELP deliverat_waiting Messages on hold ...
 *   # TYPE deliverat_waiting gauge
 *   deliverat_waiting{rule="night"} 3
 *
 * All samples of a metric follow its head. The writer appends to a buffer; when
 * that is full, it stays silent, and "full" tells. Always UTF-8.
 *
 * Pure.
 */
#ifndef WEB_EXPOSITION_H
#define WEB_EXPOSITION_H

#include "hdrcheck/base/buf.h"
#include "policyd/sched/lateness.h"

struct exposition {
	struct buf *out; /* borrowed */
	bool full; /* something did not fit */
	const char *name; /* of the metric at hand; borrowed */
};

/* Begins a metric. name, type and help are ours, and need no escapes. */
void exposition_begin(
    struct exposition *e, const char *name, const char *type, const char *help);

/* A sample without labels. */
void exposition_count(struct exposition *e, uint64_t value);
void exposition_time(struct exposition *e, int64_t s);

/* Nanoseconds, as seconds with up to nine digits behind the point. */
void exposition_seconds(struct exposition *e, int64_t ns);

/* There is no such number at the moment: no comparison with NaN is true. */
void exposition_nothing(struct exposition *e);

/*
 * A sample with one label, whose value is of any bytes; what is no UTF-8
 * becomes U+FFFD.
 */
void exposition_labelled(
    struct exposition *e, const char *label, struct span value, uint64_t count);

/* Buckets, which count what is below them too, a sum in seconds and a count. */
void exposition_histogram(struct exposition *e, const struct lateness *late);

#endif

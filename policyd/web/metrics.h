/* SPDX-License-Identifier: ISC */
/*
 * metrics - the counters, in the text format of Prometheus (0.0.4)
 *
 * Pure.
 */
#ifndef WEB_METRICS_H
#define WEB_METRICS_H

#include "policyd/web/health.h"

#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* Appends them all. False: no room, and out is of no use. */
bool metrics_put(
    const struct view *view, const struct health *health, struct buf *out);

#endif

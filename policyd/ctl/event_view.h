/* SPDX-License-Identifier: ISC */
/*
 * event_view - a line of the engine's events (see events.h), for people
 *
 * Pure, but for what wcwidth(3) knows of the locale.
 */
#ifndef CTL_EVENT_VIEW_H
#define CTL_EVENT_VIEW_H

#include "policyd/ctl/members.h"
#include "policyd/sched/qid.h"
#include "policyd/zone.h"

enum { EVENT_VIEW_MAX = 128 * 1024 /* bytes of one, with its line end */ };

/*
 * Appends "TIME  QUEUEID  what happened" and a line end; times are local. An
 * event of a name that is not known shows its members as they came. False: the
 * line is no event, or there is no room; out is as it was.
 */
bool event_view(struct span line, const struct zone *local, struct buf *out);

/* True when the line is an event of that name; members are its. */
bool event_is(struct span line, const char *name, struct members *members);

/* The message an event is about; false: none. */
bool event_queue_id(const struct members *members, struct qid *id);

#endif

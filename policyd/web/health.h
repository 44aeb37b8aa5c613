/* SPDX-License-Identifier: ISC */
/*
 * health - is all well, and if not, what is it?
 *
 * Pure.
 */
#ifndef WEB_HEALTH_H
#define WEB_HEALTH_H

#include "policyd/web/view.h"

enum {
	HEALTH_SILENT_S = 10, /* hdrcheck, or the engine */
	HEALTH_OVERDUE_S = 60,
	HEALTH_TEXT_SIZE = 512,
};

/* The first ones are faults; what follows HEALTH_PAUSED is worth knowing. */
enum health_kind {
	HEALTH_ENGINE, /* the scheduler has told nothing for HEALTH_SILENT_S */
	HEALTH_HDRCHECK, /* has not answered for HEALTH_SILENT_S */
	HEALTH_POSTFIX, /* does not run, as of the last walk */
	HEALTH_WALK, /* the last one failed */
	HEALTH_OVERDUE, /* a message, for more than HEALTH_OVERDUE_S */
	HEALTH_PAUSED,
	HEALTH_FOREIGN, /* mail on hold with a date that is not ours */
	HEALTH_UNREADABLE, /* files on hold */
	HEALTH_MISPLACED, /* rules that postpone where Postfix takes no header
			   */
	HEALTH_REFUSED, /* malformed frames, requests or snapshots came */
	HEALTH_NO_NEWS, /* without inotify */
	HEALTH_KINDS,
};

struct health_finding {
	enum health_kind kind;
	char text[HEALTH_TEXT_SIZE]; /* a sentence, no end of line; may hold
					what an administrator wrote */
};

struct health {
	bool well; /* no fault is among them */
	size_t n;
	struct health_finding finding[HEALTH_KINDS]; /* faults first */
};

/* Whether a kind is a fault, which /healthz answers with 503. */
bool health_is_fault(enum health_kind kind);

/* The name of a kind, as it stands in front of its text: "overdue". */
const char *health_name(enum health_kind kind);

void health_of(const struct view *view, struct health *health);

/*
 * Appends what /healthz says: "ok", or a line "NAME: TEXT" for each fault.
 * False: no room.
 */
bool health_put(const struct health *health, struct buf *out);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * follow - waits until what was asked to leave has left
 */
#ifndef CTL_FOLLOW_H
#define CTL_FOLLOW_H

#include "policyd/ctl/choice.h"
#include "policyd/ctl/remote.h"

/*
 * Reads the events of tail, and looks at the queue when they are silent, until
 * all targets have left, nothing has happened for FOLLOW_PATIENCE_MS, policyd
 * ends or pauses. Marks the targets that are done, and says why of the others.
 */
void follow(struct choice *c, struct hands *hands, struct remote *tail);

enum {
	FOLLOW_PATIENCE_MS = 30 * 1000,
	FOLLOW_QUIET_MS = 2 * 1000, /* before a look at the queue */
	FOLLOW_LOOK_MS = 500, /* between two, where no events come */
	FOLLOW_FAULTS_MAX = 10, /* lines about what went wrong meanwhile */
};

#endif

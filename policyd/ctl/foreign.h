/* SPDX-License-Identifier: ISC */
/*
 * foreign - mail on hold that is not ours: why, and what would do it
 *
 * Pure.
 */
#ifndef CTL_FOREIGN_H
#define CTL_FOREIGN_H

#include "policyd/ctl/queue.h"

/* Why the scheduler leaves it alone. */
const char *foreign_why(const struct queue_message *m);

/*
 * Appends postsuper(1) with that option, like "-H", as a command for sh(1).
 * False: no room.
 */
bool foreign_put_command(struct buf *out, const struct settings *settings,
    const char *option, const struct qid *id);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * show - "policyctl show": all that is known of a message on hold
 */
#ifndef CTL_SHOW_H
#define CTL_SHOW_H

#include "policyd/ctl/options.h"
#include "policyd/ctl/queue.h"
#include "policyd/zone.h"

extern const struct ctl_verb show_verb;

/* What it takes to tell; all borrowed. */
struct show {
	const struct queue_message *message;
	const struct settings *settings;
	const struct plan_postfix *postfix;
	const struct orders *orders; /* NULL: the rules cannot be read */
	const struct pause *pause;
	const struct zone *local;
	int64_t now_s;
};

/* Appends its lines. False: no room. Pure, but for memory. */
bool show_put(const struct show *show, struct buf *out);

/* For show_put(): when it leaves and how; its headers. */
bool show_put_leaving(const struct show *show, struct buf *out);
bool show_put_headers(const struct show *show, struct buf *out);

/*
 * Begins a line with a label, or none; then what follows in the same column.
 * False: no room.
 */
bool show_put_label(struct buf *out, const char *label);

/* "Fri 2026-12-25 09:00:00 +0100, in 3h 12m" */
bool show_put_moment(const struct show *show, struct buf *out, int64_t s);

/* The rule of that name, or NULL. */
const struct rule *show_find_rule(const struct show *show, struct span name);

/* May its sender postpone? */
bool show_is_permitted(const struct show *show);

#endif

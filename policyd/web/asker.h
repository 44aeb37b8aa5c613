/* SPDX-License-Identifier: ISC */
/*
 * asker - asks hdrcheck for its counters, again and again
 *
 * Over one connection for a few questions, as Postfix asks; then over a new
 * one, as Postfix must be able to make one. A tcp_table has no counters: there
 * it is enough that somebody listens.
 */
#ifndef WEB_ASKER_H
#define WEB_ASKER_H

#include "hdrcheck/base/loop.h"
#include "hdrcheck/settings.h"
#include "policyd/web/view.h"

struct asker_pace {
	int64_t interval_ms; /* between an answer and the next question */
	int64_t wait_ms; /* for an answer; then it has not come */
};

/* So that a page that is read shows what is new. */
extern const struct asker_pace asker_pace;

struct asker;

/* Begins to ask. NULL: no memory. All but the pace are borrowed. */
struct asker *asker_new(struct loop *loop, const struct settings *settings,
    const struct asker_pace *pace);
void asker_free(struct asker *asker);

/* What is known of it at mono_ns; valid until the loop goes on. */
void asker_look(
    const struct asker *asker, int64_t mono_ns, struct view_hdrcheck *view);

#endif

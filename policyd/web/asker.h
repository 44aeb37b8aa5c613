/* SPDX-License-Identifier: ISC */
/*
 * asker - asks hdrcheck for its counters, again and again
 *
 * Over one connection, as Postfix asks; a new one is made when that ends. A
 * tcp_table has no counters: there it is enough that somebody listens.
 */
#ifndef WEB_ASKER_H
#define WEB_ASKER_H

#include "hdrcheck/base/loop.h"
#include "hdrcheck/settings.h"
#include "policyd/web/view.h"

enum {
	ASKER_INTERVAL_MS = 2000,
	ASKER_WAIT_MS = 5000, /* for an answer; then it has not come */
};

struct asker;

/* Begins to ask. NULL: no memory. loop and settings are borrowed. */
struct asker *asker_new(struct loop *loop, const struct settings *settings);
void asker_free(struct asker *asker);

/* What is known of it at mono_ns; valid until the loop goes on. */
void asker_look(
    const struct asker *asker, int64_t mono_ns, struct view_hdrcheck *view);

#endif

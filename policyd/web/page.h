/* SPDX-License-Identifier: ISC */
/*
 * page - the status page, in HTML
 *
 * One text without scripts, that needs nothing from elsewhere. All that comes
 * from mail, rules or administrators is escaped.
 *
 * Pure.
 */
#ifndef WEB_PAGE_H
#define WEB_PAGE_H

#include "policyd/web/health.h"

#define PAGE_TYPE "text/html; charset=utf-8"

/*
 * What the browser may do with it: the style inside, and nothing else. It names
 * the hash of that style, so that no other one counts.
 */
#define PAGE_POLICY                                                            \
	"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "     \
	"form-action 'none'; frame-ancestors 'none'"

/* Appends it. False: no room, and out is of no use. */
bool page_put(
    const struct view *view, const struct health *health, struct buf *out);

#endif

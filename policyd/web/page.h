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
 * What the browser may do with it: use the style inside, named by its hash so
 * that no other one counts, and the icon, which is empty. Nothing else.
 */
#define PAGE_STYLE_HASH "sha256-yGEeKlPA5wyQTgpDbQ7BtfBpmlYDE9doknR8E8Fc7gY="
#define PAGE_POLICY                                                            \
	"default-src 'none'; style-src '" PAGE_STYLE_HASH                      \
	"'; img-src data:; base-uri 'none'; form-action 'none'; "              \
	"frame-ancestors 'none'"

/* Appends it. False: no room, and out is of no use. */
bool page_put(
    const struct view *view, const struct health *health, struct buf *out);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * site - what there is to be seen, and under which path
 *
 *   /             the page              /status.json  as "policyctl status"
 *   /metrics      for Prometheus        /healthz      200, or 503 and why
 *
 * These very bytes: a path is not decoded, and nothing is below one. An engine
 * that tells nothing is null in /status.json, as one that is down.
 */
#ifndef WEB_SITE_H
#define WEB_SITE_H

#include "hdrcheck/base/conn.h"
#include "policyd/web/http.h"
#include "policyd/web/view.h"

enum {
	SITE_BODY_MAX = 512 * 1024, /* bytes of a body */
	SITE_REPLY_MAX = SITE_BODY_MAX + HTTP_REPLY_HEAD_MAX,
};

/* Fills the view as of now. */
typedef void site_look_fn(void *ctx, struct view *view);

struct site {
	site_look_fn *look;
	void *ctx; /* borrowed */
	/*
	 * Only this machine can connect: then a request for a name that is not
	 * its own is refused. Else a page from elsewhere could let its name
	 * lead here, and read through a browser of this machine.
	 */
	bool local;
	struct buf body; /* room to work in; see site_init() */
	uint64_t requests; /* answered, be it by an error */
};

void site_init(struct site *site, site_look_fn *look, void *ctx);
void site_free(struct site *site);

/*
 * A conn_handle_fn; ctx is a struct site. For a protocol whose in_max is
 * HTTP_HEAD_MAX and whose reply_max is SITE_REPLY_MAX, and that lingers.
 */
enum conn_verdict site_handle(
    void *ctx, struct span in, struct buf *out, size_t *used);

#endif

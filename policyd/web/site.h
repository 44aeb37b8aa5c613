/* SPDX-License-Identifier: ISC */
/*
 * site - what there is to be seen, and under which path
 *
 *   /             the page              /status.json  as "policyctl status"
 *   /metrics      for Prometheus        /healthz      200, or 503 and why
 */
#ifndef WEB_SITE_H
#define WEB_SITE_H

#include "hdrcheck/base/conn.h"
#include "policyd/web/view.h"

enum {
	SITE_BODY_MAX = 512 * 1024, /* bytes of a body */
	SITE_REPLY_MAX = SITE_BODY_MAX + 2048, /* with its head */
};

/* Fills the view as of now. */
typedef void site_look_fn(void *ctx, struct view *view);

struct site {
	site_look_fn *look;
	void *ctx; /* borrowed */
	struct buf body; /* room to work in; see site_init() */
	uint64_t requests; /* answered */
};

void site_init(struct site *site, site_look_fn *look, void *ctx);
void site_free(struct site *site);

/* A conn_handle_fn; ctx is a struct site. */
enum conn_verdict site_handle(
    void *ctx, struct span in, struct buf *out, size_t *used);

#endif

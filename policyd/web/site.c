/* SPDX-License-Identifier: ISC */
#include "policyd/web/site.h"
void
site_init(struct site *site, site_look_fn *look, void *ctx)
{
	site->look = look;
	site->ctx = ctx;
	buf_init(&site->body, SITE_BODY_MAX);
	site->requests = 0;
}
void
site_free(struct site *site)
{
	buf_free(&site->body);
}
enum conn_verdict
site_handle(void *ctx, struct span in, struct buf *out, size_t *used)
{
	struct site *site = ctx;
	struct view view;

	if (in.len < 4 || memcmp(in.data + in.len - 4, "\r\n\r\n", 4) != 0)
		return CONN_MORE;
	site->look(site->ctx, &view);
	site->requests++;
	*used = in.len;
	buf_append(out,
	    span_str("HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n"
		     "Connection: close\r\n\r\nok\n"));
	return CONN_CLOSE;
}

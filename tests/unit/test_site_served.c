/* SPDX-License-Identifier: ISC */
/*
 * The status page as a server of connections.
 */
#include "tests/unit/site_support.h"

enum { FOREVER_MS = 3600 * 1000 };

static void
open_rig(struct rig *rig, struct site_rig *f)
{
	struct conn_protocol protocol = {.name = "site",
	    .handle = site_handle,
	    .ctx = &f->site,
	    .in_max = HTTP_HEAD_MAX,
	    .reply_max = SITE_REPLY_MAX,
	    .lingers = true};

	rig_open(rig, &protocol, 10, FOREVER_MS);
}

/* Sends it in two pieces; what comes back is appended to got. */
static void
converse(struct rig *rig, struct span text, size_t split, struct buf *got)
{
	struct peer p;

	peer_open_pair(&p, rig);
	peer_send(&p, span_head(text, split));
	peer_settle(&p);
	peer_send(&p, span_skip(text, split));
	peer_settle(&p);
	assert_true(p.eof);
	assert_true(buf_append(got, buf_span(&p.got)));
	peer_close(&p);
}

static void
every_split_of_many_is_answered_alike(void **state)
{
	static const char text[] =
	    SITE_GET("/healthz") "\r\n" SITE_GET("/status.json")
		SITE_GET("/x") "HEAD / HTTP/1.1\r\n" SITE_HOST SITE_GET(
		    "/?a") "POST /healthz\r\n" SITE_GET("/healthz");
	struct buf whole, got;
	struct site_rig f;
	struct rig rig;

	(void)state;
	set_up(&f);
	open_rig(&rig, &f);
	buf_init(&whole, SITE_REPLY_MAX);
	buf_init(&got, SITE_REPLY_MAX);
	converse(&rig, span_str(text), 0, &whole);
	check_int("six of seven", (int64_t)f.site.requests, 6);
	for (size_t n = 1; n < strlen(text); n++) {
		f.view.web_requests = f.site.requests = 0;
		converse(&rig, span_str(text), n, &got);
		check_int("six of seven", (int64_t)f.site.requests, 6);
		check_span("the same", buf_span(&got), buf_span(&whole));
		buf_clear(&got);
	}
	buf_free(&whole);
	buf_free(&got);
	rig_close(&rig);
	tear_down(&f);
}

static void
nothing_is_made_for_who_does_not_read(void **state)
{
	enum { ASKED = 2000 };
	struct span text = span_str(SITE_GET("/"));
	struct site_rig f;
	struct peer p;
	struct rig rig;
	uint64_t made;
	size_t sent = 0;

	(void)state;
	set_up(&f);
	open_rig(&rig, &f);
	peer_open_pair(&p, &rig);
	p.deaf = true;
	for (; sent < ASKED; sent++) {
		if (peer_send(&p, text) < text.len)
			break;
		peer_settle(&p);
	}
	made = f.site.requests;
	check_bool("it is no longer read", sent < ASKED, true);
	check_bool("few were made", made > 0 && made < ASKED / 2, true);
	rig_settle(&rig, NULL, 0);
	check_int(
	    "and no more of them", (int64_t)f.site.requests, (int64_t)made);
	p.deaf = false;
	peer_settle(&p);
	check_bool("all are in the end", f.site.requests >= sent, true);
	peer_close(&p);
	rig_close(&rig);
	tear_down(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_split_of_many_is_answered_alike),
	    cmocka_unit_test(nothing_is_made_for_who_does_not_read),
	};

	return cmocka_run_group_tests_name("site_served", tests, NULL, NULL);
}

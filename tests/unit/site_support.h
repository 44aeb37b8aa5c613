/* SPDX-License-Identifier: ISC */
/*
 * site_support - the status page of an engine that is well, and its answers
 */
#ifndef UNIT_SITE_SUPPORT_H
#define UNIT_SITE_SUPPORT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/snapshot_support.h"

#include "policyd/web/site.h"

#define SITE_HOST      "Host: a\r\n\r\n"
#define SITE_GET(path) "GET " path " HTTP/1.1\r\n" SITE_HOST

/* A site that is well, and what it looks at. */
struct site_rig {
	struct site site;
	struct view view;
	struct snapshot *snapshot;
	struct buf out;
	enum conn_verdict verdict;
	size_t looks;
};

static inline void
look(void *ctx, struct view *view)
{
	struct site_rig *f = ctx;

	f->looks++;
	*view = f->view;
}

static inline void
set_up(struct site_rig *f)
{
	memset(f, 0, sizeof(*f));
	f->snapshot = new_snapshot();
	f->view = (struct view){
	    .now_s = SNAPSHOT_NOW,
	    .snapshot = f->snapshot,
	    .hdrcheck = {.listens = "unix:/s", .answers = true},
	};
	site_init(&f->site, look, f);
	buf_init(&f->out, SITE_REPLY_MAX);
}

static inline void
tear_down(struct site_rig *f)
{
	site_free(&f->site);
	buf_free(&f->out);
	free(f->snapshot);
}

/* The answer to a request, as a text that is valid until the next one. */
static inline const char *
ask(struct site_rig *f, const char *request)
{
	struct span in = exact_copy(span_str(request));
	size_t used;

	buf_clear(&f->out);
	f->verdict = site_handle(&f->site, in, &f->out, &used);
	exact_free(in);
	assert_true(buf_append(&f->out, span_of("", 1)));
	return buf_span(&f->out).data;
}

/* What stands behind the empty line. */
static inline const char *
body_of(const char *answer)
{
	const char *end = strstr(answer, "\r\n\r\n");

	assert_non_null(end);
	return end + 4;
}

static inline void
check_status(const char *row, const char *answer, const char *status)
{
	char line[80];

	snprintf(line, sizeof(line), "HTTP/1.1 %s\r\n", status);
	check_span(
	    row, span_head(span_str(answer), strlen(line)), span_str(line));
}

static inline void
check_length(const char *row, const char *answer, size_t len)
{
	char line[80];

	snprintf(line, sizeof(line), "\r\nContent-Length: %zu\r\n", len);
	check_part(row, answer, line);
}

#endif

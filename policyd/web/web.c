/* SPDX-License-Identifier: ISC */
#include "policyd/web/web.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "hdrcheck/base/conn.h"
#include "policyd/web/asker.h"
#include "policyd/web/http.h"
#include "policyd/web/site.h"

enum { READ_SIZE = 64 * 1024 /* bytes taken off the pipe at once */ };

struct web {
	struct web_options o;
	struct loop *loop;
	struct conn_server *server;
	struct asker *asker;
	struct site site;
	struct buf in; /* of the pipe */
	struct snapshot *newest;
	struct snapshot *coming; /* room for the next one */
	bool has_snapshot;
	int64_t heard_ns; /* when it came, or when we began to wait for it */
	int exit_code;
};

static void
finish(struct web *w, int exit_code)
{
	w->exit_code = exit_code;
	loop_stop(w->loop);
}

/* A site_look_fn. */
static void
look(void *ctx, struct view *view)
{
	const struct web *w = ctx;
	struct clock_now now = clock_read();

	*view = (struct view){
	    .now_s = now.wall_ns / CLOCK_NS_PER_S,
	    .snapshot = w->has_snapshot ? w->newest : NULL,
	    .snapshot_age_ns = now.mono_ns - w->heard_ns,
	    .web = *conn_server_counters(w->server),
	    .web_requests = w->site.requests,
	};
	asker_look(w->asker, now.mono_ns, &view->hdrcheck);
}

static void
take_snapshot(struct web *w, size_t used)
{
	struct snapshot *older = w->newest;

	w->newest = w->coming;
	w->coming = older;
	w->has_snapshot = true;
	w->heard_ns = clock_mono_ns();
	buf_consume(&w->in, used);
}

/* False: what came can be no snapshot. */
static bool
take_snapshots(struct web *w)
{
	size_t used;

	while (buf_len(&w->in) > 0) {
		switch (snapshot_take(buf_span(&w->in), w->coming, &used)) {
		case SNAPSHOT_MORE:
			return buf_room(&w->in) > 0;
		case SNAPSHOT_WRONG:
			return false;
		case SNAPSHOT_DONE:
			take_snapshot(w, used);
			break;
		}
	}
	return true;
}

static void
on_pipe(void *ctx, short revents)
{
	struct web *w = ctx;
	size_t want = buf_room(&w->in);
	char *room;
	ssize_t n;

	(void)revents;
	if (want > READ_SIZE)
		want = READ_SIZE;
	room = buf_reserve(&w->in, want);
	n = room == NULL ? -1 : read(w->o.snapshots, room, want);
	if (n > 0) {
		buf_commit(&w->in, (size_t)n);
		if (take_snapshots(w))
			return;
		log_error(w->o.log, "the engine cannot be understood");
		finish(w, EX_SOFTWARE);
	} else if (n == 0) {
		finish(w, EX_OK);
	} else if (room == NULL || (errno != EAGAIN && errno != EINTR)) {
		log_error(w->o.log, "cannot hear the engine: %s",
		    strerror(room == NULL ? ENOMEM : errno));
		finish(w, EX_OSERR);
	}
}

static int
make_server(struct web *w)
{
	struct conn_protocol protocol = {
	    .name = "status page",
	    .handle = site_handle,
	    .ctx = &w->site,
	    .in_max = HTTP_HEAD_MAX,
	    .reply_max = SITE_REPLY_MAX,
	    .lingers = true,
	};
	struct conn_limits limits = {
	    .connections = WEB_CONNECTIONS_MAX,
	    .idle_ms = WEB_IDLE_MS,
	};

	w->server = conn_server_new(w->loop, w->o.log, &protocol, &limits);
	if (w->server == NULL ||
	    conn_server_listen(w->server, w->o.listener) < 0)
		return -1;
	w->o.listener = -1; /* the server's from here on */
	return 0;
}

static int
prepare(struct web *w)
{
	w->loop = loop_new();
	w->newest = calloc(1, sizeof(*w->newest));
	w->coming = calloc(1, sizeof(*w->coming));
	if (w->loop == NULL || w->newest == NULL || w->coming == NULL)
		return -1;
	w->asker = asker_new(w->loop, w->o.settings, &asker_pace);
	if (w->asker == NULL || make_server(w) < 0)
		return -1;
	return loop_watch(w->loop, w->o.snapshots, POLLIN, on_pipe, w);
}

static int
work(struct web *w)
{
	if (prepare(w) < 0) {
		log_error(w->o.log, "the status page cannot start: %s",
		    strerror(errno));
		return EX_OSERR;
	}
	if (loop_run(w->loop) < 0) {
		log_error(w->o.log, "waiting for events: %s", strerror(errno));
		return EX_OSERR;
	}
	return w->exit_code;
}

static void
release_all(struct web *w)
{
	conn_server_free(w->server);
	asker_free(w->asker);
	loop_free(w->loop);
	if (w->o.listener >= 0)
		close(w->o.listener);
	close(w->o.snapshots);
	site_free(&w->site);
	buf_free(&w->in);
	free(w->newest);
	free(w->coming);
}

int
web_run(const struct web_options *options)
{
	struct web w = {.o = *options, .heard_ns = clock_mono_ns()};
	int exit_code;

	site_init(&w.site, look, &w);
	buf_init(&w.in, SNAPSHOT_WIRE_MAX);
	w.site.local = sock_is_loopback(w.o.listener);
	exit_code = work(&w);
	release_all(&w);
	return exit_code;
}

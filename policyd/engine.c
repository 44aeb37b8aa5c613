/* SPDX-License-Identifier: ISC */
#include "policyd/engine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "hdrcheck/base/conn.h"
#include "hdrcheck/base/os.h"
#include "hdrcheck/daemon.h"
#include "policyd/policy.h"
#include "policyd/sched/wire.h"
#include "policyd/stream.h"

/* How long policy clients may take to read their answers at the end. */
#define STOP_GRACE_NS (3 * CLOCK_NS_PER_S)

enum {
	NEWS_READ_SIZE = 64 * 1024,
	/* Reads of a pipe whose writer has ended: all that it can hold. */
	LAST_READS_MAX = 64,
};

static const char *const verb_names[SWEEP_VERBS] = {
    [SWEEP_LIST] = "postqueue -j",
    [SWEEP_READ] = "postcat -qeh",
    [SWEEP_RELEASE] = "postsuper -H",
    [SWEEP_REQUEUE] = "postsuper -r",
    [SWEEP_KICK_QMGR] = "postkick qmgr",
    [SWEEP_KICK_PICKUP] = "postkick pickup",
};

struct engine;

/* The command of a verb, from the engine's side. */
struct job {
	struct engine *engine;
	enum sweep_verb verb;
	int out; /* -1: ended, or not open */
	int err;
	struct stream_errors errors;
};

struct engine {
	struct engine_options o;
	struct settings settings;
	struct loop *loop;
	struct loop_timer wall_timer;
	struct loop_timer mono_timer;
	struct conn_server *server;
	struct policy policy;
	struct sweep sweep;
	struct job jobs[SWEEP_VERBS];
	struct stream_listing listing;
	struct stream_headers headers;
	struct buf request;
	bool news_told; /* that there are none */
	bool stopping;
	int exit_code;
	char room[NEWS_READ_SIZE];
};

static void pump(struct engine *g);

static void
finish(struct engine *g, int exit_code)
{
	g->exit_code = exit_code;
	loop_stop(g->loop);
}

/* What the scheduler tells becomes a line of the log. */

static void
log_released(
    const struct log *log, const char *id, const struct sweep_event *event)
{
	char due[CLOCK_UTC_SIZE];

	log_info(log, "%s: released, due=%s, late=%.3fs, method=%s", id,
	    clock_format_utc(event->due_s, due),
	    (double)event->late_ns / (double)CLOCK_NS_PER_S,
	    event->requeued ? "requeue" : "release");
}

static void
log_foreign(const struct log *log, const char *id, enum plan_why why)
{
	static const char *const whys[] = {
	    [PLAN_NOT_HELD_BY_US] =
		"its date was not ahead when it was accepted",
	    [PLAN_VETOED] = "it has one of veto_headers",
	    [PLAN_TRIED] = "it was tried before, so somebody held it again",
	    [PLAN_NOT_PERMITTED] = "its submitter is not in permit_postpone",
	};

	log_info(log, "%s: stays on hold with its date: %s", id, whys[why]);
}

static void
on_event(void *ctx, const struct sweep_event *event)
{
	struct engine *g = ctx;
	const struct log *log = g->o.log;
	char id[QID_SIZE];

	qid_format(&event->id, id);
	switch (event->kind) {
	case SWEEP_RELEASED:
		log_released(log, id, event);
		break;
	case SWEEP_RELEASED_OLD:
		log_warnx(log,
		    "%s: is old and cannot be requeued: a first temporary "
		    "failure will return it",
		    id);
		break;
	case SWEEP_STILL_HELD:
		log_warnx(log, "%s: still on hold, trying again", id);
		break;
	case SWEEP_UNREADABLE:
		log_warnx(
		    log, "%s: its headers cannot be read, trying again", id);
		break;
	case SWEEP_FOREIGN:
		log_foreign(log, id, event->why);
		break;
	case SWEEP_FAILED:
		log_warnx(log, "%s failed%s%s; again in %lld s",
		    verb_names[event->verb],
		    g->jobs[event->verb].errors.last[0] != '\0' ? ": " : "",
		    g->jobs[event->verb].errors.last,
		    (long long)(event->retry_ns / CLOCK_NS_PER_S));
		break;
	}
}

/* The output of commands. */

static void
close_fd(struct engine *g, int *fd)
{
	if (*fd < 0)
		return;
	loop_unwatch(g->loop, *fd);
	close(*fd);
	*fd = -1;
}

static char *
out_room(struct engine *g, enum sweep_verb verb)
{
	if (verb == SWEEP_LIST)
		return stream_listing_room(&g->listing);
	if (verb == SWEEP_READ)
		return stream_headers_room(&g->headers);
	return g->room;
}

static void
out_take(struct engine *g, enum sweep_verb verb, size_t n)
{
	struct clock_now now = clock_read();

	if (verb == SWEEP_LIST)
		stream_listing_take(&g->listing, n, &g->sweep, &now);
	else if (verb == SWEEP_READ)
		stream_headers_take(&g->headers, n, &g->sweep, &now);
}

/* False when there is nothing to read now, or ever. */
static bool
read_out(struct job *job)
{
	char *room = out_room(job->engine, job->verb);
	ssize_t n;

	if (job->out < 0 || room == NULL)
		return false;
	n = read(job->out, room, STREAM_READ_SIZE);
	if (n > 0)
		out_take(job->engine, job->verb, (size_t)n);
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		close_fd(job->engine, &job->out);
	return n > 0;
}

static bool
read_err(struct job *job)
{
	struct engine *g = job->engine;
	char *room = stream_errors_room(&job->errors);
	struct clock_now now = clock_read();
	bool confirms =
	    job->verb == SWEEP_RELEASE || job->verb == SWEEP_REQUEUE;
	ssize_t n;

	if (job->err < 0 || room == NULL)
		return false;
	n = read(job->err, room, STREAM_READ_SIZE);
	if (n > 0)
		stream_errors_take(
		    &job->errors, (size_t)n, confirms, &g->sweep, &now);
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		close_fd(g, &job->err);
	return n > 0;
}

static void
on_out(void *ctx, short revents)
{
	struct job *job = ctx;

	(void)revents;
	read_out(job);
	pump(job->engine);
}

static void
on_err(void *ctx, short revents)
{
	struct job *job = ctx;

	(void)revents;
	read_err(job);
	pump(job->engine);
}

static void
job_started(struct engine *g, enum sweep_verb verb, const int fds[2])
{
	struct job *job = &g->jobs[verb];

	job->out = fds[0];
	job->err = fds[1];
	stream_errors_reset(&job->errors);
	if (verb == SWEEP_LIST)
		stream_listing_reset(&g->listing);
	if (verb == SWEEP_READ)
		stream_headers_reset(&g->headers);
	if (loop_watch(g->loop, job->out, POLLIN, on_out, job) < 0 ||
	    loop_watch(g->loop, job->err, POLLIN, on_err, job) < 0) {
		log_warn(g->o.log, "cannot watch a command");
		finish(g, EX_OSERR);
	}
}

/*
 * The command has ended, so all that it wrote is in the pipes. A process that
 * it left behind is not waited for.
 */
static void
job_ended(struct engine *g, enum sweep_verb verb, int code)
{
	struct job *job = &g->jobs[verb];
	struct clock_now now;
	bool ok = code == 0;

	for (int i = 0; i < LAST_READS_MAX && read_out(job); i++)
		;
	for (int i = 0; i < LAST_READS_MAX && read_err(job); i++)
		;
	close_fd(g, &job->out);
	close_fd(g, &job->err);
	if (verb == SWEEP_LIST && !stream_listing_is_whole(&g->listing))
		ok = false;
	now = clock_read();
	sweep_end(&g->sweep, verb, ok, &now);
}

static void
job_failed(struct engine *g, enum sweep_verb verb, int error)
{
	struct clock_now now = clock_read();

	stream_errors_reset(&g->jobs[verb].errors);
	log_printable(span_str(strerror(error)), g->jobs[verb].errors.last);
	sweep_end(&g->sweep, verb, false, &now);
}

/* Starts what the scheduler wants, and sets its alarms. */

static void
ask_runner(struct engine *g, const struct sweep_command *command)
{
	buf_clear(&g->request);
	if (wire_put_request(&g->request, command) &&
	    wire_send(g->o.channel, buf_span(&g->request), NULL, 0) == 0)
		return;
	job_failed(g, command->verb, errno);
}

static void
pump(struct engine *g)
{
	struct clock_now now = clock_read();
	struct sweep_command command;
	int64_t wall_ns, mono_ns;

	if (g->stopping)
		return;
	while (sweep_next(&g->sweep, &now, &command)) {
		ask_runner(g, &command);
		now = clock_read();
	}
	sweep_wait(&g->sweep, &now, &wall_ns, &mono_ns);
	loop_disarm(&g->wall_timer);
	loop_disarm(&g->mono_timer);
	if (wall_ns != INT64_MAX)
		loop_arm(&g->wall_timer, wall_ns);
	if (mono_ns != INT64_MAX)
		loop_arm(&g->mono_timer, mono_ns);
}

static void
on_timer(void *ctx)
{
	pump(ctx);
}

/* News of the hold queue. */

static void
take_news(struct engine *g, enum os_news kind, struct span name)
{
	struct clock_now now = clock_read();
	struct qid id;

	if (kind == OS_NEWS_LOST) {
		log_info(g->o.log, "news of the hold queue were lost");
		sweep_want_walk(&g->sweep);
	} else if (qid_parse(name, &id)) {
		if (kind == OS_NEWS_COMPLETE)
			sweep_arrived(&g->sweep, &id);
		else if (kind == OS_NEWS_DEPARTED)
			sweep_departed(&g->sweep, &id, &now);
	}
}

static void
on_news(void *ctx, short revents)
{
	struct engine *g = ctx;
	ssize_t n = read(g->o.news, g->room, sizeof(g->room));
	struct span bytes, name;
	enum os_news kind;

	(void)revents;
	if (n > 0) {
		bytes = span_of(g->room, (size_t)n);
		while (os_news_next(&bytes, &kind, &name))
			take_news(g, kind, name);
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		log_warn(g->o.log, "no more news of the hold queue");
		close_fd(g, &g->o.news);
	}
	pump(g);
}

/* What the runner tells. */

static void
take_settings(struct engine *g, int fd)
{
	struct settings settings;
	struct conn_limits limits;
	char error[CONF_ERROR_SIZE];
	const char *fixed;
	bool ok;

	if (fd >= 0)
		ok = settings_read(&settings, fd, g->o.settings_file, error);
	else
		ok = settings_parse(
		    &settings, span_of("", 0), g->o.settings_file, error);
	if (!ok) {
		log_warnx(g->o.log, "%s; the old configuration stays", error);
		return;
	}
	fixed = settings_needs_restart(&g->settings, &settings);
	if (fixed != NULL)
		log_warnx(g->o.log, "a change of %s needs a restart", fixed);
	g->settings = settings;
	limits = daemon_limits(&settings);
	conn_server_limit(g->server, &limits);
	sweep_reconsider(&g->sweep);
	log_info(g->o.log, "configuration read again");
}

static void
on_drained(void *ctx)
{
	finish(ctx, EX_OK);
}

static void
stop(struct engine *g)
{
	g->stopping = true;
	conn_server_drain(
	    g->server, clock_read().mono_ns + STOP_GRACE_NS, on_drained, g);
}

static void
take_report(struct engine *g, const struct wire_report *report, const int *fds)
{
	switch (report->tell) {
	case WIRE_STARTED:
		job_started(g, report->verb, fds);
		break;
	case WIRE_ENDED:
		job_ended(g, report->verb, report->number);
		break;
	case WIRE_NOT_STARTED:
		job_failed(g, report->verb, report->number);
		break;
	case WIRE_POSTFIX:
		g->sweep.postfix = report->postfix;
		break;
	case WIRE_SETTINGS:
		take_settings(g, report->number == 1 ? fds[0] : -1);
		break;
	case WIRE_STOP:
		stop(g);
		break;
	}
}

static void
on_report(void *ctx, short revents)
{
	struct engine *g = ctx;
	struct wire_report report;
	int fds[WIRE_FDS_MAX] = {-1, -1};
	size_t n_fds, wanted = 0;
	ssize_t n = wire_receive(g->o.channel, g->room, fds, &n_fds);

	(void)revents;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		finish(g, EX_SOFTWARE);
		return;
	}
	if (!wire_get_report(span_of(g->room, (size_t)n), &report)) {
		log_error(g->o.log, "the runner cannot be understood");
		finish(g, EX_SOFTWARE);
		return;
	}
	if (report.tell == WIRE_STARTED)
		wanted = 2;
	else if (report.tell == WIRE_SETTINGS)
		wanted = report.number == 1 ? 1 : 0;
	if (wanted != n_fds) {
		log_error(g->o.log, "the runner cannot be understood");
		finish(g, EX_SOFTWARE);
		return;
	}
	take_report(g, &report, fds);
	if (report.tell == WIRE_SETTINGS && n_fds == 1)
		close(fds[0]);
	pump(g);
}

static int
make_server(struct engine *g)
{
	struct conn_protocol protocol = {
	    .name = "policy",
	    .handle = policy_handle,
	    .ctx = &g->policy,
	    .in_max = ATTR_REQUEST_MAX + ATTR_LINE_MAX,
	};
	struct conn_limits limits = daemon_limits(&g->settings);

	g->policy.log = g->o.log;
	g->server = conn_server_new(g->loop, g->o.log, &protocol, &limits);
	if (g->server == NULL)
		return -1;
	if (g->o.listener < 0)
		return 0;
	return conn_server_listen(g->server, g->o.listener);
}

static int
prepare(struct engine *g)
{
	g->loop = loop_new();
	if (g->loop == NULL)
		return -1;
	loop_add_timer(g->loop, &g->wall_timer, LOOP_WALL, on_timer, g);
	loop_add_timer(g->loop, &g->mono_timer, LOOP_MONO, on_timer, g);
	if (make_server(g) < 0 ||
	    loop_watch(g->loop, g->o.channel, POLLIN, on_report, g) < 0)
		return -1;
	if (g->o.news >= 0)
		return loop_watch(g->loop, g->o.news, POLLIN, on_news, g);
	return 0;
}

static void
release_all(struct engine *g)
{
	for (int i = 0; i < SWEEP_VERBS; i++) {
		close_fd(g, &g->jobs[i].out);
		close_fd(g, &g->jobs[i].err);
		stream_errors_free(&g->jobs[i].errors);
	}
	conn_server_free(g->server);
	stream_listing_free(&g->listing);
	stream_headers_free(&g->headers);
	buf_free(&g->request);
	sweep_free(&g->sweep);
	loop_free(g->loop);
}

int
engine_run(const struct engine_options *options)
{
	struct engine *g = calloc(1, sizeof(*g));
	int exit_code = EX_OSERR;

	if (g == NULL)
		return EX_OSERR;
	g->o = *options;
	g->settings = *options->settings;
	sweep_init(&g->sweep, &g->settings, &options->postconf->facts,
	    options->mail_owner_uid, on_event, g);
	stream_listing_init(&g->listing);
	stream_headers_init(&g->headers);
	buf_init(&g->request, WIRE_MAX);
	for (int i = 0; i < SWEEP_VERBS; i++) {
		g->jobs[i] = (struct job){.engine = g,
		    .verb = (enum sweep_verb)i,
		    .out = -1,
		    .err = -1};
		stream_errors_init(&g->jobs[i].errors);
	}
	if (prepare(g) < 0) {
		log_error(g->o.log, "cannot start: %s", strerror(errno));
	} else {
		log_info(g->o.log, "started, version %s, policy on %s%s",
		    DELIVER_AT_VERSION, g->settings.policy_listen.text,
		    g->o.news < 0 ? ", without inotify" : "");
		pump(g);
		if (loop_run(g->loop) < 0)
			log_error(g->o.log, "poll: %s", strerror(errno));
		else
			exit_code = g->exit_code;
	}
	release_all(g);
	free(g);
	return exit_code;
}

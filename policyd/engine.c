/* SPDX-License-Identifier: ISC */
#include "policyd/engine_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "hdrcheck/daemon.h"
#include "policyd/journal.h"

/* How long policy clients may take to read their answers at the end. */
#define STOP_GRACE_NS (3 * CLOCK_NS_PER_S)

static void
finish(struct engine *g, int exit_code)
{
	g->exit_code = exit_code;
	loop_stop(g->loop);
}

static void
end_when_quiet(struct engine *g)
{
	if (g->stopping && g->draining == 0 && sweep_stop(&g->sweep))
		finish(g, g->o.looks ? EX_TEMPFAIL : EX_OK);
}

static void
on_event(void *ctx, const struct sweep_event *event)
{
	struct engine *g = ctx;
	const char *complaint = jobs_complaint(&g->jobs, event->verb);

	if (!g->o.looks || event->kind == SWEEP_FAILED)
		journal_write(g->o.log, event, complaint);
	else if (event->kind == SWEEP_RULE_GONE)
		look_count(&g->look, event->rule);
	if (!g->o.looks && (event->kind != SWEEP_WALKS || event->rarer))
		engine_tell_event(g, event, complaint);
}

static void
ask_runner(struct engine *g, const struct sweep_command *command)
{
	buf_clear(&g->request);
	if (wire_put_request(&g->request, command) &&
	    wire_send(g->o.channel, buf_span(&g->request), NULL, 0) == 0)
		return;
	jobs_failed(&g->jobs, command->verb, errno);
}

bool
engine_tell_runner(struct engine *g, enum wire_ask ask)
{
	buf_clear(&g->request);
	if (!wire_put_ask(&g->request, ask))
		return false;
	if (wire_send(g->o.channel, buf_span(&g->request), NULL, 0) == 0)
		return true;
	if (errno != EAGAIN)
		log_warn(g->o.log, "cannot tell the runner");
	return false;
}

/*
 * The runner passes it on to the service manager, so that both of us are known
 * to be alive. A channel that is full says that the runner is not.
 */
static void
on_watchdog(void *ctx)
{
	struct engine *g = ctx;

	engine_tell_runner(g, WIRE_ALIVE);
	if (g->o.watchdog_ns > 0)
		loop_arm(&g->watchdog, clock_mono_ns() + g->o.watchdog_ns / 2);
}

static void
end_when_seen(struct engine *g)
{
	enum sweep_sight seen =
	    g->o.looks ? sweep_sight(&g->sweep) : SWEEP_LOOKING;

	if (seen == SWEEP_LOOKING)
		return;
	look_print(&g->look);
	finish(g, seen == SWEEP_LOOKED ? EX_OK : EX_UNAVAILABLE);
}

void
engine_pump(struct engine *g)
{
	struct clock_now now = clock_read();
	struct sweep_command command;
	int64_t wall_ns, mono_ns;

	/* What somebody did to it until now counts. */
	if (sweep_is_due(&g->sweep, &now))
		engine_hear_news(g);
	while (sweep_next(&g->sweep, &now, &command)) {
		if (command.verb == SWEEP_LIST)
			engine_wake_news(g);
		ask_runner(g, &command);
		now = clock_read();
	}
	if (sweep_ends_peek(&g->sweep, &now))
		engine_tell_runner(g, WIRE_END_READ);
	sweep_wait(&g->sweep, &now, &wall_ns, &mono_ns);
	loop_disarm(&g->wall_timer);
	loop_disarm(&g->mono_timer);
	if (wall_ns != INT64_MAX)
		loop_arm(&g->wall_timer, wall_ns);
	if (mono_ns != INT64_MAX)
		loop_arm(&g->mono_timer, mono_ns);
	engine_control_save(g);
	end_when_seen(g);
	end_when_quiet(g);
}

/* Of a timer, or of what a command printed. */
static void
on_change(void *ctx)
{
	struct engine *g = ctx;

	if (jobs_read_is_lost(&g->jobs))
		engine_tell_runner(g, WIRE_END_READ);
	engine_pump(g);
}

/* What the runner tells. */

static void
on_drained(void *ctx)
{
	struct engine *g = ctx;

	g->draining--;
	end_when_quiet(g);
}

/* What was released gets its kick yet; the runner sets the deadline. */
static void
stop(struct engine *g)
{
	int64_t deadline_ns = clock_mono_ns() + STOP_GRACE_NS;

	if (g->stopping)
		return;
	g->stopping = true;
	g->draining = 2;
	sweep_stop(&g->sweep);
	conn_server_drain(g->server, deadline_ns, on_drained, g);
	conn_server_drain(g->control.server, deadline_ns, on_drained, g);
}

static void
take_report(struct engine *g, const struct wire_report *report, const int *fds,
    size_t n_fds)
{
	switch (report->tell) {
	case WIRE_STARTED:
		if (fds[0] < 0) {
			jobs_unseen(&g->jobs, report->verb);
			break;
		}
		if (jobs_started(&g->jobs, report->verb, fds) == 0)
			break;
		log_warn(g->o.log, "cannot watch a command");
		finish(g, EX_OSERR);
		break;
	case WIRE_ENDED:
		jobs_ended(&g->jobs, report->verb, report->number);
		break;
	case WIRE_NOT_STARTED:
		jobs_failed(&g->jobs, report->verb, report->number);
		break;
	case WIRE_POSTFIX:
		g->sweep.o.postfix = report->postfix;
		break;
	case WIRE_SETTINGS:
		engine_take_orders(g, report->number, fds, n_fds);
		while (n_fds > 0)
			close(fds[--n_fds]);
		engine_tell_runner(g, WIRE_HAVE_READ);
		break;
	case WIRE_NOT_OPENED:
		engine_miss_orders(g, report->file, report->number);
		break;
	case WIRE_NEWS:
		if (fds[0] >= 0)
			engine_start_news(g, fds[0]);
		break;
	case WIRE_STOP:
		stop(g);
		break;
	}
}

/* How many descriptors come along with a report, if there is room for them. */
static size_t
fds_of(const struct wire_report *report)
{
	switch (report->tell) {
	case WIRE_STARTED:
		return 2;
	case WIRE_SETTINGS:
		return (report->number & WIRE_HAS_SETTINGS ? 1 : 0) +
		    (report->number & WIRE_HAS_RULES ? 1 : 0);
	case WIRE_NEWS:
		return 1;
	case WIRE_ENDED:
	case WIRE_NOT_STARTED:
	case WIRE_POSTFIX:
	case WIRE_NOT_OPENED:
	case WIRE_STOP:
		break;
	}
	return 0;
}

static void
on_report(void *ctx, short revents)
{
	struct engine *g = ctx;
	struct wire_report report;
	int fds[WIRE_FDS_MAX] = {-1, -1};
	size_t n_fds;
	ssize_t n = wire_receive(g->o.channel, g->room, fds, &n_fds);

	(void)revents;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		finish(g, EX_SOFTWARE);
		return;
	}
	if (!wire_get_report(span_of(g->room, (size_t)n), &report) ||
	    (n_fds != 0 && fds_of(&report) != n_fds)) {
		log_error(g->o.log, "the runner cannot be understood");
		finish(g, EX_SOFTWARE);
		return;
	}
	take_report(g, &report, fds, n_fds);
	engine_pump(g);
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
	struct conn_limits limits = daemon_limits(&g->orders.settings);

	engine_make_policy(g);
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
	jobs_init(&g->jobs, g->loop, &g->sweep, on_change, g);
	if (g->loop == NULL)
		return -1;
	loop_add_timer(g->loop, &g->wall_timer, LOOP_WALL, on_change, g);
	loop_add_timer(g->loop, &g->mono_timer, LOOP_MONO, on_change, g);
	loop_add_timer(g->loop, &g->watchdog, LOOP_MONO, on_watchdog, g);
	if (make_server(g) < 0 || engine_control_open(g) < 0 ||
	    loop_watch(g->loop, g->o.channel, POLLIN, on_report, g) < 0)
		return -1;
	return engine_watch_news(g) < 0 ? -1 : engine_snapshot_open(g);
}

static void
release_all(struct engine *g)
{
	engine_snapshot_close(g);
	engine_control_close(g);
	jobs_free(&g->jobs);
	conn_server_free(g->server);
	buf_free(&g->request);
	sweep_free(&g->sweep);
	loop_free(g->loop);
	hits_free(&g->policy.hits);
	orders_free(&g->orders);
	look_free(&g->look);
}

static void
make_sweep(struct engine *g)
{
	struct sweep_options options = {
	    .settings = &g->orders.settings,
	    .postfix = g->o.postconf->facts,
	    .requeue_uid = g->o.mail_owner_uid,
	    .hash_key = g->hash_key,
	    .tell = on_event,
	    .tell_ctx = g,
	    .holds = engine_holds,
	    .holds_ctx = g,
	    .overrides = &g->control.overrides,
	};

	sweep_init(&g->sweep, &options);
	sweep_pause(&g->sweep, g->control.pause.on);
	if (g->o.looks)
		sweep_look_only(&g->sweep);
	else
		sweep_kick(&g->sweep);
}

static void
tell_start(const struct engine *g)
{
	char paused[ENGINE_PAUSED_SIZE];

	if (g->o.looks)
		return;
	orders_warn(&g->orders, g->o.settings->rules_file, g->o.log);
	log_info(g->o.log, "started, version %s, policy on %s, %zu rule%s%s%s",
	    DELIVER_AT_VERSION, g->o.listens_on, g->orders.rules.n,
	    g->orders.rules.n == 1 ? "" : "s",
	    g->o.news < 0 ? ", without inotify" : "",
	    engine_paused_text(g, paused));
}

static int
work(struct engine *g)
{
	make_sweep(g);
	if (prepare(g) < 0) {
		log_error(g->o.log, "cannot start: %s", strerror(errno));
		return EX_OSERR;
	}
	tell_start(g);
	on_watchdog(g);
	engine_pump(g);
	if (loop_run(g->loop) < 0) {
		log_error(g->o.log, "waiting for events: %s", strerror(errno));
		return EX_OSERR;
	}
	return g->exit_code;
}

int
engine_run(const struct engine_options *options)
{
	struct engine *g = calloc(1, sizeof(*g));
	int exit_code;

	if (g == NULL)
		return EX_OSERR;
	g->o = *options;
	buf_init(&g->request, WIRE_MAX);
	exit_code = engine_read_rules(g);
	if (exit_code == 0 && (exit_code = engine_control_read(g)) != 0)
		orders_free(&g->orders);
	log_started(g->o.log);
	if (exit_code == 0) {
		exit_code = work(g);
		release_all(g);
	}
	free(g);
	return exit_code;
}

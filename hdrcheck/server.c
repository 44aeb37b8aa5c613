/* SPDX-License-Identifier: ISC */
#include "hdrcheck/server.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "hdrcheck/base/os.h"
#include "hdrcheck/lookup.h"
#include "hdrcheck/socketmap.h"

/* How long peers may take to read their answers when the daemon stops. */
#define STOP_GRACE_NS (5 * CLOCK_NS_PER_S)

enum service { SOCKETMAP, TCP_TABLE, N_SERVICES };

static const struct protocol {
	const char *name;
	conn_handle_fn *handle;
	size_t in_max;
} protocols[N_SERVICES] = {
    [SOCKETMAP] = {"socketmap", lookup_socketmap, SOCKETMAP_FRAME_MAX},
    [TCP_TABLE] = {"tcp_table", lookup_tcp_table, TCPTABLE_LINE_MAX},
};

struct server {
	struct daemon *d; /* its settings are those of the start */
	const char *settings_file;
	struct loop *loop;
	struct conn_server *servers[N_SERVICES]; /* NULL: not served */
	size_t draining;
	struct lookup lookup;
	struct loop_timer watchdog;
	int signal_fd;
	bool stopping;
};

static void
reload(struct server *s)
{
	struct settings settings;
	struct conn_limits limits;
	char error[CONF_ERROR_SIZE];
	const char *fixed;

	if (!settings_load(&settings, s->settings_file, error)) {
		log_warnx(&s->d->log, "%s; the old configuration stays", error);
		return;
	}
	fixed = settings_needs_restart(&s->d->settings, &settings);
	if (fixed != NULL)
		log_warnx(&s->d->log, "a change of %s needs a restart", fixed);
	s->lookup.settings = settings;
	limits = daemon_limits(&settings);
	for (int i = 0; i < N_SERVICES; i++)
		if (s->servers[i] != NULL)
			conn_server_limit(s->servers[i], &limits);
	log_info(&s->d->log, "configuration read again");
}

static void
on_drained(void *ctx)
{
	struct server *s = ctx;

	if (--s->draining == 0)
		loop_stop(s->loop);
}

static void
stop(struct server *s)
{
	int64_t deadline_ns = clock_mono_ns() + STOP_GRACE_NS;

	if (s->stopping)
		return;
	s->stopping = true;
	notify_tell(&s->d->notify, "STOPPING=1");
	s->draining = N_SERVICES;
	for (int i = 0; i < N_SERVICES; i++) {
		if (s->servers[i] != NULL)
			conn_server_drain(
			    s->servers[i], deadline_ns, on_drained, s);
		else
			on_drained(s);
	}
}

static void
on_signal(void *ctx, short revents)
{
	struct server *s = ctx;
	int signo;

	(void)revents;
	while ((signo = os_signal_read(s->signal_fd)) != 0) {
		if (signo == SIGHUP)
			reload(s);
		else
			stop(s);
	}
}

/* Twice in the time in which we must give a sign of life. */
static void
on_watchdog(void *ctx)
{
	struct server *s = ctx;
	const struct notify *notify = &s->d->notify;

	notify_tell(notify, "WATCHDOG=1");
	loop_arm(&s->watchdog, clock_mono_ns() + notify->watchdog_ns / 2);
}

static int
prepare(struct server *s)
{
	static const int signals[] = {SIGHUP, SIGINT, SIGTERM, 0};

	s->loop = loop_new();
	if (s->loop == NULL)
		return -1;
	loop_add_timer(s->loop, &s->watchdog, LOOP_MONO, on_watchdog, s);
	s->signal_fd = os_signal_open(signals);
	if (s->signal_fd < 0)
		return -1;
	return loop_watch(s->loop, s->signal_fd, POLLIN, on_signal, s);
}

static int
add_service(struct server *s, enum service service)
{
	const struct protocol *p = &protocols[service];
	struct conn_limits limits = daemon_limits(&s->lookup.settings);
	struct conn_protocol protocol = {
	    .name = p->name,
	    .handle = p->handle,
	    .ctx = &s->lookup,
	    .in_max = p->in_max,
	};

	s->servers[service] =
	    conn_server_new(s->loop, &s->d->log, &protocol, &limits);
	return s->servers[service] == NULL ? -1 : 0;
}

static int
add_listener(struct server *s, enum service service,
    const struct daemon_listener *listener)
{
	if (listener->fd < 0)
		return 0;
	if (add_service(s, service) < 0)
		return -1;
	log_info(&s->d->log, "%s on %s", listener->name,
	    daemon_listener_text(listener));
	return conn_server_listen(s->servers[service], listener->fd);
}

/* Turns the loop to its end; an exit code. */
static int
turn(struct server *s)
{
	if (loop_run(s->loop) == 0)
		return EX_OK;
	log_error(&s->d->log, "waiting for events: %s", strerror(errno));
	return EX_OSERR;
}

/* Sockets are made, then root is given up, then the first byte is read. */
static int
start(struct server *s)
{
	struct daemon *d = s->d;
	struct daemon_listener listeners[N_SERVICES] = {
	    [SOCKETMAP] = {.address = &d->settings.socketmap_listen},
	    [TCP_TABLE] = {.address = &d->settings.tcp_table_listen},
	};
	int exit_code;

	for (int i = 0; i < N_SERVICES; i++)
		listeners[i].name = protocols[i].name;
	daemon_prepare(d);
	exit_code = daemon_find_ids(d);
	if (exit_code == 0)
		exit_code = daemon_open_listeners(d, listeners, N_SERVICES);
	if (exit_code != 0)
		return exit_code;
	if (listeners[SOCKETMAP].fd < 0 && listeners[TCP_TABLE].fd < 0) {
		log_error(&d->log, "all listeners are off: nothing to do");
		return EX_CONFIG;
	}
	if (priv_drop(&d->ids.user) < 0) {
		log_error(&d->log, "cannot become user %s: %s",
		    d->settings.user, strerror(errno));
		return EX_OSERR;
	}
	if (prepare(s) == 0 &&
	    add_listener(s, SOCKETMAP, &listeners[SOCKETMAP]) == 0 &&
	    add_listener(s, TCP_TABLE, &listeners[TCP_TABLE]) == 0)
		return 0;
	log_error(&d->log, "cannot start: %s", strerror(errno));
	return EX_OSERR;
}

static int
serve(struct server *s)
{
	struct daemon *d = s->d;
	int exit_code = start(s);

	if (exit_code != 0)
		return exit_code;
	log_started(&d->log);
	log_info(&d->log, "started, version %s", DELIVER_AT_VERSION);
	notify_ready(&d->notify);
	if (d->notify.watchdog_ns > 0)
		on_watchdog(s);
	exit_code = turn(s);
	if (exit_code == EX_OK)
		log_info(&d->log, "stopped");
	return exit_code;
}

static void
on_client_gone(void *ctx)
{
	struct server *s = ctx;

	loop_stop(s->loop);
}

/*
 * Whoever shares our terminal or pipes gets them back as they were, so the
 * client is served on duplicates.
 */
static int
serve_one(struct server *s, enum service service)
{
	int in_flags = fcntl(STDIN_FILENO, F_GETFL);
	int out_flags = fcntl(STDOUT_FILENO, F_GETFL);
	int in = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
	int out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
	int exit_code;

	signal(SIGPIPE, SIG_IGN);
	if (in < 0 || out < 0 || prepare(s) < 0 ||
	    add_service(s, service) < 0 ||
	    conn_server_serve(s->servers[service], in, out) < 0) {
		log_error(&s->d->log, "cannot start: %s", strerror(errno));
		return EX_OSERR;
	}
	conn_server_when_empty(s->servers[service], on_client_gone, s);
	exit_code = turn(s);
	fcntl(STDIN_FILENO, F_SETFL, in_flags);
	fcntl(STDOUT_FILENO, F_SETFL, out_flags);
	return exit_code;
}

static int
find_service(const char *protocol)
{
	for (int i = 0; i < N_SERVICES; i++)
		if (strcmp(protocols[i].name, protocol) == 0)
			return i;
	return -1;
}

bool
server_knows(const char *protocol)
{
	return find_service(protocol) >= 0;
}

/* Of all listeners; ctx is the server. */
static void
count_connections(void *ctx, struct lookup_counts *counts)
{
	const struct server *s = ctx;

	for (int i = 0; i < N_SERVICES; i++) {
		const struct conn_server *one = s->servers[i];

		if (one == NULL)
			continue;
		counts->n[COUNT_CONNECTIONS] +=
		    conn_server_counters(one)->accepted;
		counts->n[COUNT_OPEN] += conn_server_count(one);
	}
}

static struct server *
server_new(struct daemon *d, const char *settings_file)
{
	struct server *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->d = d;
	s->settings_file = settings_file;
	s->lookup.settings = d->settings;
	/*
	 * The exact time: Postfix stamps arrivals with it, so what is held has
	 * a date behind its arrival. That tells policyd that it was held for
	 * us.
	 */
	s->lookup.now_ns = clock_wall_ns;
	s->lookup.count_connections = count_connections;
	s->lookup.connections_ctx = s;
	s->signal_fd = -1;
	return s;
}

static void
server_free(struct server *s)
{
	for (int i = 0; i < N_SERVICES; i++)
		conn_server_free(s->servers[i]);
	if (s->signal_fd >= 0)
		close(s->signal_fd);
	loop_free(s->loop);
	free(s);
}

int
server_run(struct daemon *d, const char *settings_file)
{
	struct server *s = server_new(d, settings_file);
	int exit_code;

	if (s == NULL)
		return EX_OSERR;
	exit_code = serve(s);
	server_free(s);
	return exit_code;
}

int
server_run_one(
    struct daemon *d, const char *settings_file, const char *protocol)
{
	struct server *s = server_new(d, settings_file);
	int service = find_service(protocol), exit_code;

	assert(service >= 0);
	if (s == NULL)
		return EX_OSERR;
	exit_code = daemon_stop_being_root(d);
	if (exit_code == 0)
		exit_code = serve_one(s, (enum service)service);
	server_free(s);
	return exit_code;
}

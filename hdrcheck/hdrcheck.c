/* SPDX-License-Identifier: ISC */
/*
 * hdrcheck - answers header_checks for X-Deliver-At: HOLD, DUNNO or REJECT
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "hdrcheck/base/os.h"
#include "hdrcheck/daemon.h"
#include "hdrcheck/lookup.h"
#include "hdrcheck/socketmap.h"

/* How long peers may take to read their answers when the daemon stops. */
#define STOP_GRACE_NS (5 * CLOCK_NS_PER_S)

static const char usage[] =
    "usage: hdrcheck [-d] [-c FILE]           the daemon, in the foreground\n"
    "       hdrcheck -n [-c FILE]             check the configuration\n"
    "       hdrcheck -q LINE [--now DATE]     what is answered for a header\n"
    "       hdrcheck --help | --version\n";

static const char help[] =
    "\n"
    "Tells Postfix's header_checks(5) what to do with X-Deliver-At headers.\n"
    "\n"
    "  -c FILE     configuration (default: " SETTINGS_DEFAULT_FILE ")\n"
    "  -d          log to standard error instead of syslog\n"
    "  -n          check the configuration; exit 0, or 78 and FILE:LINE: what\n"
    "  -q LINE     print the verdict on one header line;\n"
    "              exit 0 DUNNO or NOTFOUND, 75 HOLD, 65 REJECT\n"
    "  --now DATE  judge as if it were that moment (with -q)\n"
    "\n"
    "Signals: TERM and INT answer what was read and stop; HUP reads the\n"
    "configuration again.\n";

enum service { SOCKETMAP, TCP_TABLE, N_SERVICES };

static const struct protocol {
	const char *name;
	conn_handle_fn *handle;
	size_t in_max;
} protocols[N_SERVICES] = {
    [SOCKETMAP] = {"socketmap", lookup_socketmap, SOCKETMAP_FRAME_MAX},
    [TCP_TABLE] = {"tcp_table", lookup_tcp_table, TCPTABLE_LINE_MAX},
};

struct options {
	bool debug;
	bool check;
	const char *file;
	const char *line;
	const char *now;
};

struct hdrcheck {
	struct log log;
	struct options options;
	struct loop *loop;
	struct conn_server *servers[N_SERVICES]; /* NULL: not listening */
	size_t draining;
	struct lookup lookup;
	struct settings started; /* as they were at the start */
	int signal_fd;
	bool stopping;
};

/* Where each protocol listens. */
static const struct sock_address *
address_of(const struct settings *settings, enum service service)
{
	return service == SOCKETMAP ? &settings->socketmap_listen
				    : &settings->tcp_table_listen;
}

/*
 * The exact time: Postfix stamps arrivals with it, so what is held has a date
 * behind its arrival. That is what tells policyd that it was held for us.
 */
static int64_t
wall_now_ns(void)
{
	return clock_read().wall_ns;
}

static int
print_usage(void)
{
	fputs(usage, stderr);
	return EX_USAGE;
}

/* Returns -1 to go on, or an exit code. */
static int
parse_options(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
	    {"help", no_argument, NULL, 'h'},
	    {"version", no_argument, NULL, 'V'},
	    {"now", required_argument, NULL, 'N'},
	    {NULL, 0, NULL, 0},
	};
	int c;

	while ((c = getopt_long(argc, argv, "+dnc:q:", longs, NULL)) != -1) {
		switch (c) {
		case 'd':
			o->debug = true;
			break;
		case 'n':
			o->check = true;
			break;
		case 'c':
			o->file = optarg;
			break;
		case 'q':
			o->line = optarg;
			break;
		case 'N':
			o->now = optarg;
			break;
		case 'h':
			fputs(usage, stdout);
			fputs(help, stdout);
			return EX_OK;
		case 'V':
			daemon_print_version("hdrcheck");
			return EX_OK;
		default:
			return print_usage();
		}
	}
	if (optind != argc || (o->check && o->line != NULL) ||
	    (o->now != NULL && o->line == NULL))
		return print_usage();
	return -1;
}

/* -q: the verdict on one line. */
static int
query(const struct options *o, const struct settings *settings)
{
	static const int codes[VERDICT_KINDS] = {
	    [VERDICT_NOTFOUND] = EX_OK,
	    [VERDICT_DUNNO] = EX_OK,
	    [VERDICT_HOLD] = EX_TEMPFAIL,
	    [VERDICT_REJECT] = EX_DATAERR,
	};
	char text[VERDICT_TEXT_SIZE];
	int64_t now_ns = wall_now_ns();
	struct verdict v;
	struct date now;

	if (o->now != NULL) {
		enum date_error error = date_parse(span_str(o->now), &now);

		if (error != DATE_OK || now.never) {
			fprintf(stderr, "hdrcheck: --now %s: %s\n", o->now,
			    error != DATE_OK ? date_reason(error)
					     : "not a moment");
			return EX_USAGE;
		}
		now_ns = now.moment_s * CLOCK_NS_PER_S;
	}
	v = verdict_of(span_str(o->line), now_ns, settings);
	verdict_format(&v, settings, text);
	puts(v.kind == VERDICT_NOTFOUND ? "NOTFOUND" : text);
	return codes[v.kind];
}

static void
reload(struct hdrcheck *h)
{
	struct settings settings;
	struct conn_limits limits;
	char error[CONF_ERROR_SIZE];
	const char *fixed;

	if (!settings_load(&settings, h->options.file, error)) {
		log_warnx(&h->log, "%s; the old configuration stays", error);
		return;
	}
	fixed = settings_needs_restart(&h->started, &settings);
	if (fixed != NULL)
		log_warnx(&h->log, "a change of %s needs a restart", fixed);
	h->lookup.settings = settings;
	limits = daemon_limits(&settings);
	for (int i = 0; i < N_SERVICES; i++)
		if (h->servers[i] != NULL)
			conn_server_limit(h->servers[i], &limits);
	log_info(&h->log, "configuration read again");
}

static void
on_drained(void *ctx)
{
	struct hdrcheck *h = ctx;

	if (--h->draining == 0)
		loop_stop(h->loop);
}

static void
stop(struct hdrcheck *h)
{
	int64_t deadline_ns = clock_read().mono_ns + STOP_GRACE_NS;

	if (h->stopping)
		return;
	h->stopping = true;
	h->draining = N_SERVICES;
	for (int i = 0; i < N_SERVICES; i++) {
		if (h->servers[i] != NULL)
			conn_server_drain(
			    h->servers[i], deadline_ns, on_drained, h);
		else
			on_drained(h);
	}
}

static void
on_signal(void *ctx, short revents)
{
	struct hdrcheck *h = ctx;
	int signo;

	(void)revents;
	while ((signo = os_signal_read(h->signal_fd)) != 0) {
		if (signo == SIGHUP)
			reload(h);
		else
			stop(h);
	}
}

static int
prepare(struct hdrcheck *h)
{
	static const int signals[] = {SIGHUP, SIGINT, SIGTERM, 0};

	h->loop = loop_new();
	if (h->loop == NULL)
		return -1;
	h->signal_fd = os_signal_open(signals);
	if (h->signal_fd < 0)
		return -1;
	return loop_watch(h->loop, h->signal_fd, POLLIN, on_signal, h);
}

static int
add_server(struct hdrcheck *h, enum service service, int fd)
{
	const struct protocol *p = &protocols[service];
	struct conn_limits limits = daemon_limits(&h->lookup.settings);
	struct conn_protocol protocol = {
	    .name = p->name,
	    .handle = p->handle,
	    .ctx = &h->lookup,
	    .in_max = p->in_max,
	};

	if (fd < 0)
		return 0;
	h->servers[service] =
	    conn_server_new(h->loop, &h->log, &protocol, &limits);
	if (h->servers[service] == NULL)
		return -1;
	log_info(&h->log, "%s on %s", p->name,
	    address_of(&h->lookup.settings, service)->text);
	return conn_server_listen(h->servers[service], fd);
}

/* Opens what is configured; an exit code. */
static int
open_listeners(
    struct hdrcheck *h, const struct daemon_ids *ids, int fds[N_SERVICES])
{
	const struct settings *settings = &h->lookup.settings;
	int exit_code = EX_CONFIG;
	size_t n = 0;

	for (int i = 0; i < N_SERVICES; i++) {
		const struct sock_address *address =
		    address_of(settings, (enum service)i);

		fds[i] = -1;
		if (address->len == 0)
			continue;
		fds[i] =
		    daemon_listen(&h->log, address, settings, ids, &exit_code);
		if (fds[i] < 0)
			return exit_code;
		n++;
	}
	if (n == 0)
		log_error(&h->log, "all listeners are off: nothing to do");
	return n == 0 ? EX_CONFIG : EX_OK;
}

/* Sockets are made, then root is given up, then the first byte is read. */
static int
serve(struct hdrcheck *h)
{
	const struct settings *settings = &h->lookup.settings;
	struct daemon_ids ids;
	int fds[N_SERVICES] = {-1, -1};
	int exit_code;

	daemon_prepare(&h->log, settings);
	exit_code = daemon_find_ids(&h->log, settings, &ids);
	if (exit_code == 0)
		exit_code = open_listeners(h, &ids, fds);
	if (exit_code != 0)
		return exit_code;
	if (priv_drop(&ids.user) < 0) {
		log_error(&h->log, "cannot become user %s: %s", settings->user,
		    strerror(errno));
		return EX_OSERR;
	}
	if (prepare(h) < 0 || add_server(h, SOCKETMAP, fds[SOCKETMAP]) < 0 ||
	    add_server(h, TCP_TABLE, fds[TCP_TABLE]) < 0) {
		log_error(&h->log, "cannot start: %s", strerror(errno));
		return EX_OSERR;
	}
	log_started(&h->log);
	log_info(&h->log, "started, version %s", DELIVER_AT_VERSION);
	if (loop_run(h->loop) < 0) {
		log_error(&h->log, "poll: %s", strerror(errno));
		return EX_OSERR;
	}
	log_info(&h->log, "stopped");
	return EX_OK;
}

static int
run(struct hdrcheck *h)
{
	char error[CONF_ERROR_SIZE];
	int code;

	h->lookup.now_ns = wall_now_ns;
	h->signal_fd = -1;
	if (!settings_load(&h->lookup.settings, h->options.file, error)) {
		fprintf(stderr, "%s\n", error);
		return EX_CONFIG;
	}
	h->started = h->lookup.settings;
	if (h->options.check)
		return EX_OK;
	if (h->options.line != NULL)
		return query(&h->options, &h->lookup.settings);
	if (daemon_clean_up() < 0)
		return EX_OSERR;
	log_open(&h->log, "deliver-at/hdrcheck", h->options.debug);
	code = serve(h);
	for (int i = 0; i < N_SERVICES; i++)
		conn_server_free(h->servers[i]);
	loop_free(h->loop);
	return code;
}

int
main(int argc, char **argv)
{
	struct hdrcheck *h = calloc(1, sizeof(*h));
	int code;

	if (h == NULL)
		return EX_OSERR;
	code = parse_options(argc, argv, &h->options);
	if (code < 0)
		code = run(h);
	free(h);
	return code;
}

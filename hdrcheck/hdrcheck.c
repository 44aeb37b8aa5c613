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
#include <unistd.h>

#include "hdrcheck/filter.h"
#include "hdrcheck/server.h"
#include "hdrcheck/verdict.h"

#define LOG_IDENT "deliver-at/hdrcheck"
#define NOW_MAX_S (INT64_MAX / CLOCK_NS_PER_S)

static const char usage[] =
    "usage: hdrcheck [-d] [-c FILE]                  the daemon\n"
    "       hdrcheck -n [-c FILE]                    check the configuration\n"
    "       hdrcheck -q LINE [--now DATE] [-c FILE]  judge a header\n"
    "       hdrcheck -t [--now DATE] [-c FILE]       filter a message\n"
    "       hdrcheck -s socketmap|tcp_table [-d] [-c FILE]\n"
    "                                                serve one client\n"
    "       hdrcheck --help | --version\n";

static const char help[] =
    "\n"
    "Tells Postfix's header_checks(5) what to do with X-Deliver-At headers.\n"
    "\n"
    "  -c FILE      configuration (default: " SETTINGS_DEFAULT_FILE ")\n"
    "  -d           log to standard error instead of syslog\n"
    "  -n           check the configuration; exit 0, or 78 and FILE:LINE: "
    "what\n"
    "  -q LINE      print the verdict on one header line;\n"
    "               exit 0 DUNNO or NOTFOUND, 75 HOLD, 65 REJECT\n"
    "  -t           copy the message on standard input to standard output:\n"
    "               exit 0 when it is due or has no such header; else nothing\n"
    "               is copied: 75 postponed, 65 a date that cannot be "
    "honoured\n"
    "  -s PROTOCOL  serve one client, for spawn(8) and inetd\n"
    "  --now DATE   judge as if it were that moment (with -q and -t)\n"
    "\n"
    "Signals: TERM and INT answer what was read and stop; HUP reads the\n"
    "configuration again.\n";

enum mode { MODE_DAEMON, MODE_CHECK, MODE_QUERY, MODE_FILTER, MODE_ONE };

struct options {
	enum mode mode;
	bool debug;
	const char *file;
	const char *line; /* of MODE_QUERY */
	const char *protocol; /* of MODE_ONE */
	const char *now;
};

static int
print_usage(void)
{
	fputs(usage, stderr);
	return EX_USAGE;
}

/* One mode at most. */
static bool
choose(struct options *o, enum mode mode)
{
	if (o->mode != MODE_DAEMON)
		return false;
	o->mode = mode;
	return true;
}

/* One option; false when it cannot be. */
static bool
take_option(struct options *o, int c)
{
	switch (c) {
	case 'd':
		o->debug = true;
		return true;
	case 'c':
		o->file = optarg;
		return true;
	case 'N':
		o->now = optarg;
		return true;
	case 'n':
		return choose(o, MODE_CHECK);
	case 't':
		return choose(o, MODE_FILTER);
	case 'q':
		o->line = optarg;
		return choose(o, MODE_QUERY);
	case 's':
		o->protocol = optarg;
		return server_knows(optarg) && choose(o, MODE_ONE);
	default:
		return false;
	}
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

	while ((c = getopt_long(argc, argv, "+dntc:q:s:", longs, NULL)) != -1) {
		if (c == 'h') {
			fputs(usage, stdout);
			fputs(help, stdout);
			return EX_OK;
		}
		if (c == 'V') {
			daemon_print_version("hdrcheck");
			return EX_OK;
		}
		if (!take_option(o, c))
			return print_usage();
	}
	if (optind != argc ||
	    (o->now != NULL && o->mode != MODE_QUERY && o->mode != MODE_FILTER))
		return print_usage();
	return -1;
}

/* The moment to judge at: --now, or now. */
static bool
find_now(const struct options *o, int64_t *now_ns)
{
	enum date_error error;
	struct date now;

	*now_ns = clock_wall_ns();
	if (o->now == NULL)
		return true;
	error = date_parse(span_str(o->now), &now);
	if (error != DATE_OK || now.never || now.moment_s > NOW_MAX_S ||
	    now.moment_s < -NOW_MAX_S) {
		fprintf(stderr, "hdrcheck: --now %s: %s\n", o->now,
		    error != DATE_OK ? date_reason(error)
				     : "not a moment that clocks tell");
		return false;
	}
	*now_ns = now.moment_s * CLOCK_NS_PER_S;
	return true;
}

/* -q: the verdict on one line. */
static int
query(const char *line, int64_t now_ns, const struct settings *settings)
{
	static const int codes[VERDICT_KINDS] = {
	    [VERDICT_NOTFOUND] = EX_OK,
	    [VERDICT_DUNNO] = EX_OK,
	    [VERDICT_HOLD] = EX_TEMPFAIL,
	    [VERDICT_REJECT] = EX_DATAERR,
	};
	struct verdict v = verdict_of(span_str(line), now_ns, settings);
	char text[VERDICT_TEXT_SIZE];

	verdict_format(&v, settings, text);
	puts(v.kind == VERDICT_NOTFOUND ? "NOTFOUND" : text);
	return codes[v.kind];
}

/* -t: a message. */
static int
filter(struct daemon *d, int64_t now_ns)
{
	int exit_code;

	signal(SIGPIPE, SIG_IGN);
	exit_code =
	    filter_run(STDIN_FILENO, STDOUT_FILENO, now_ns, &d->settings);
	if (exit_code == EX_OK && close(STDOUT_FILENO) < 0) {
		log_error(&d->log, "standard output: %s", strerror(errno));
		return EX_OSERR;
	}
	return exit_code;
}

/* All modes but the two that serve; they talk on standard error alone. */
static int
run_command(struct daemon *d, const struct options *o)
{
	int64_t now_ns;
	int exit_code;

	if (o->mode == MODE_CHECK)
		return EX_OK;
	if (!find_now(o, &now_ns))
		return EX_USAGE;
	/* What strangers write is not read as root. */
	d->log.ident = "hdrcheck";
	d->log.to_stderr = true;
	exit_code = daemon_stop_being_root(d);
	if (exit_code != 0)
		return exit_code;
	if (o->mode == MODE_QUERY)
		return query(o->line, now_ns, &d->settings);
	return filter(d, now_ns);
}

/*
 * -s. Under spawn(8) standard error is the client, too: what goes wrong is for
 * the log alone.
 */
static int
run_one(struct daemon *d, const struct options *o)
{
	char error[CONF_ERROR_SIZE];
	const char *wrong = daemon_clean_up(d, LOG_IDENT, o->debug);

	log_started(&d->log);
	if (wrong == NULL && !settings_load(&d->settings, o->file, error))
		wrong = error;
	if (wrong != NULL) {
		log_error(&d->log, "%s", wrong);
		return EX_CONFIG;
	}
	return server_run_one(d, o->file, o->protocol);
}

static int
run(struct daemon *d, const struct options *o)
{
	char error[CONF_ERROR_SIZE];
	const char *wrong;

	if (o->mode == MODE_ONE)
		return run_one(d, o);
	if (!settings_load(&d->settings, o->file, error)) {
		fprintf(stderr, "%s\n", error);
		return EX_CONFIG;
	}
	if (o->mode != MODE_DAEMON)
		return run_command(d, o);
	wrong = daemon_clean_up(d, LOG_IDENT, o->debug);
	if (wrong == NULL)
		return server_run(d, o->file);
	log_error(&d->log, "%s", wrong);
	return EX_CONFIG;
}

int
main(int argc, char **argv)
{
	struct daemon *d = calloc(1, sizeof(*d));
	struct options options = {.mode = MODE_DAEMON};
	int code;

	if (d == NULL)
		return EX_OSERR;
	d->notify.fd = -1;
	code = parse_options(argc, argv, &options);
	if (code < 0)
		code = run(d, &options);
	notify_close(&d->notify);
	free(d);
	return code;
}

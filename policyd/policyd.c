/* SPDX-License-Identifier: ISC */
/*
 * policyd - the scheduler of deliver-at, and Postfix's policy service
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sysexits.h>
#include <unistd.h>

#include "hdrcheck/base/os.h"
#include "hdrcheck/daemon.h"
#include "policyd/check.h"
#include "policyd/parts.h"
#include "policyd/rule_file.h"
#include "policyd/sched/runner.h"

static const char usage[] =
    "usage: policyd [-d] [-c FILE]   the daemon, in the foreground\n"
    "       policyd -n [-c FILE]     check configuration and rules\n"
    "       policyd --help | --version\n";

static const char help[] =
    "\n"
    "Releases postponed mail from Postfix's hold queue when it is due, and\n"
    "answers Postfix's policy delegation. Must be started as root: it runs\n"
    "five of Postfix's commands, and leaves everything else to a process of\n"
    "the user that the configuration names.\n"
    "\n"
    "  -c FILE   configuration (default: " SETTINGS_DEFAULT_FILE ")\n"
    "  -d        log to standard error instead of syslog\n"
    "  -n        check configuration and rules; exit 0, or 78 and FILE:LINE:\n"
    "            what; as root, tell of mail whose rule is gone\n"
    "\n"
    "Signals: TERM and INT stop, HUP reads configuration and rules again.\n";

struct options {
	bool debug;
	bool check;
	const char *file;
};

/* The administrator's, and nobody else's. */
static const struct sock_owner control_owner = {.mode = 0600};

struct policyd {
	struct daemon daemon;
	struct options options;
	struct postconf postconf;
	struct sock_address control; /* where PARTS_CONTROL is */
	struct parts parts;
};

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
	    {NULL, 0, NULL, 0},
	};
	int c;

	while ((c = getopt_long(argc, argv, "+dnc:", longs, NULL)) != -1) {
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
		case 'h':
			fputs(usage, stdout);
			fputs(help, stdout);
			return EX_OK;
		case 'V':
			daemon_print_version("policyd");
			return EX_OK;
		default:
			return print_usage();
		}
	}
	return optind == argc ? -1 : print_usage();
}

static int
ask_postfix(struct policyd *p)
{
	char error[POSTCONF_ERROR_SIZE];

	if (!postconf_read_main(p->daemon.settings.postfix_config_directory,
		&p->postconf, error)) {
		log_error(&p->daemon.log, "%s", error);
		return EX_UNAVAILABLE;
	}
	if (p->postconf.sets_zone) {
		log_error(&p->daemon.log,
		    "Postfix's import_environment sets TZ, so postcat would "
		    "tell times in that zone; set TZ=UTC there, or TZ alone");
		return EX_CONFIG;
	}
	if (priv_find_user(p->postconf.mail_owner, &p->parts.mail_owner) < 0) {
		log_error(&p->daemon.log, "mail_owner %s: %s",
		    p->postconf.mail_owner,
		    errno == ENOENT ? "no such user" : strerror(errno));
		return EX_CONFIG;
	}
	return 0;
}

/*
 * Two policyd for one queue would get in each other's way. Only root and
 * Postfix can open hold, so nobody else can keep us from it. It is missing
 * before Postfix was ever started; then the listener has to tell.
 */
static int
lock_queue(struct policyd *p)
{
	char folder[SETTINGS_PATH_SIZE + 8];

	snprintf(
	    folder, sizeof(folder), "%s/hold", p->postconf.queue_directory);
	p->parts.hold = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (p->parts.hold < 0 || flock(p->parts.hold, LOCK_EX | LOCK_NB) == 0 ||
	    errno != EWOULDBLOCK)
		return 0;
	log_error(&p->daemon.log, "%s: another policyd looks after this queue",
	    p->postconf.queue_directory);
	return EX_TEMPFAIL;
}

static int
open_rules(struct policyd *p)
{
	const char *file = p->daemon.settings.rules_file;
	char error[RULE_ERROR_SIZE];

	p->parts.rules = -1;
	if (file[0] == '\0')
		return 0;
	p->parts.rules = rule_file_open(file, error);
	if (p->parts.rules >= 0)
		return 0;
	log_error(&p->daemon.log, "%s", error);
	return EX_CONFIG;
}

static int
open_listeners(struct policyd *p)
{
	const struct settings *settings = &p->daemon.settings;
	char text[SETTINGS_PATH_SIZE + sizeof("unix:")];
	const char *wrong;

	snprintf(text, sizeof(text), "unix:%s", settings->control_socket);
	wrong = sock_parse(span_str(text), &p->control);
	assert(wrong == NULL); /* settings take no other */
	p->parts.listener[PARTS_POLICY].name = "policy";
	p->parts.listener[PARTS_POLICY].address = &settings->policy_listen;
	p->parts.listener[PARTS_CONTROL].name = "control";
	p->parts.listener[PARTS_CONTROL].address = &p->control;
	p->parts.listener[PARTS_CONTROL].owner = &control_owner;
	p->parts.listener[PARTS_METRICS].name = "metrics";
	p->parts.listener[PARTS_METRICS].address = &settings->metrics_listen;
	return daemon_open_listeners(
	    &p->daemon, p->parts.listener, PARTS_LISTENERS);
}

static int
open_all(struct policyd *p)
{
	struct daemon *d = &p->daemon;
	int exit_code = daemon_find_ids(d);

	if (exit_code == 0)
		exit_code = ask_postfix(p);
	if (exit_code == 0)
		exit_code = open_rules(p);
	if (exit_code == 0)
		exit_code = parts_open_channel(&p->parts);
	if (exit_code != 0 || p->parts.looks)
		return exit_code;
	exit_code = lock_queue(p);
	if (exit_code == 0)
		exit_code = open_listeners(p);
	if (exit_code == 0)
		p->parts.news =
		    runner_open_news(&p->postconf, &p->daemon.settings);
	return exit_code;
}

static int
run(struct policyd *p)
{
	int exit_code;

	if (geteuid() != 0) {
		log_error(&p->daemon.log,
		    "policyd must be started as root: postsuper(1) and the "
		    "hold queue need it");
		return EX_NOPERM;
	}
	daemon_prepare(&p->daemon);
	exit_code = open_all(p);
	return exit_code != 0 ? exit_code : parts_run(&p->parts);
}

/*
 * What is on hold is looked at by a runner and an engine that only look.
 * Where no rules file is set, it does not matter if that is not possible.
 */
static int
look(struct policyd *p)
{
	int exit_code;

	p->parts.looks = true;
	notify_close(&p->daemon.notify);
	if (p->daemon.settings.rules_file[0] == '\0' &&
	    freopen("/dev/null", "w", stderr) == NULL)
		return EX_OK;
	exit_code = open_all(p);
	if (exit_code == 0) {
		exit_code = parts_run(&p->parts);
		/* The files may be others by now; 75: we were stopped. */
		if (p->parts.is_engine || exit_code == EX_CONFIG ||
		    exit_code == EX_TEMPFAIL)
			return exit_code;
	}
	if (exit_code != 0)
		log_warnx(&p->daemon.log,
		    "the files are right, but what is on hold cannot be "
		    "looked at");
	return EX_OK;
}

static int
start(struct policyd *p)
{
	char error[CONF_ERROR_SIZE];
	const char *wrong;
	int exit_code;

	p->parts.settings_file = p->options.file;
	if (!settings_load(&p->daemon.settings, p->options.file, error)) {
		fprintf(stderr, "%s\n", error);
		return EX_CONFIG;
	}
	wrong = daemon_clean_up(&p->daemon, "deliver-at/policyd",
	    p->options.debug || p->options.check);
	if (wrong != NULL) {
		log_error(&p->daemon.log, "%s", wrong);
		return EX_CONFIG;
	}
	if (!p->options.check)
		return run(p);
	exit_code = check_rules(&p->daemon);
	return exit_code != EX_OK || geteuid() != 0 ? exit_code : look(p);
}

int
main(int argc, char **argv)
{
	struct policyd *p = calloc(1, sizeof(*p));
	int code;

	if (p == NULL)
		return EX_OSERR;
	p->daemon.notify.fd = -1;
	parts_init(&p->parts, &p->daemon);
	p->parts.postconf = &p->postconf;
	code = parse_options(argc, argv, &p->options);
	if (code < 0)
		code = start(p);
	notify_close(&p->daemon.notify);
	free(p);
	return code;
}

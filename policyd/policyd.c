/* SPDX-License-Identifier: ISC */
/*
 * policyd - the scheduler of deliver-at, and Postfix's policy service
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include "hdrcheck/daemon.h"
#include "policyd/engine.h"
#include "policyd/sched/runner.h"

static const char usage[] =
    "usage: policyd [-d] [-c FILE]   the daemon, in the foreground\n"
    "       policyd -n [-c FILE]     check the configuration\n"
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
    "  -n        check the configuration; exit 0, or 78 and FILE:LINE: what\n"
    "\n"
    "Signals: TERM and INT stop, HUP reads the configuration again.\n";

struct options {
	bool debug;
	bool check;
	const char *file;
};

struct policyd {
	struct log log;
	struct options options;
	struct settings settings;
	struct postconf postconf;
	struct daemon_ids ids;
	struct priv_ids mail_owner;
	int listener;
	int news;
	int channel[2]; /* the runner's end, the engine's end */
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

	if (!postconf_read(
		p->settings.postfix_config_directory, &p->postconf, error)) {
		log_error(&p->log, "%s", error);
		return EX_UNAVAILABLE;
	}
	if (p->postconf.sets_zone) {
		log_error(&p->log,
		    "Postfix's import_environment sets TZ, so postcat would "
		    "tell times in that zone; set TZ=UTC there, or TZ alone");
		return EX_CONFIG;
	}
	if (priv_find_user(p->postconf.mail_owner, &p->mail_owner) < 0) {
		log_error(&p->log, "mail_owner %s: %s", p->postconf.mail_owner,
		    errno == ENOENT ? "no such user" : strerror(errno));
		return EX_CONFIG;
	}
	return 0;
}

static int
open_all(struct policyd *p)
{
	int exit_code = daemon_find_ids(&p->log, &p->settings, &p->ids);

	if (exit_code != 0)
		return exit_code;
	exit_code = ask_postfix(p);
	if (exit_code != 0)
		return exit_code;
	p->listener = -1;
	if (p->settings.policy_listen.len > 0) {
		p->listener = daemon_listen(&p->log, &p->settings.policy_listen,
		    &p->settings, &p->ids, &exit_code);
		if (p->listener < 0)
			return exit_code;
	}
	p->news = runner_open_news(&p->postconf);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, p->channel) <
	    0) {
		log_error(&p->log, "socketpair: %s", strerror(errno));
		return EX_OSERR;
	}
	return 0;
}

/* Signals go to the runner; what the terminal sends to both is its business. */
static int
be_engine(struct policyd *p)
{
	struct engine_options options = {
	    .log = &p->log,
	    .settings = &p->settings,
	    .settings_file = p->options.file != NULL ? p->options.file
						     : SETTINGS_DEFAULT_FILE,
	    .postconf = &p->postconf,
	    .mail_owner_uid = p->mail_owner.uid,
	    .channel = p->channel[1],
	    .listener = p->listener,
	    .news = p->news,
	};

	close(p->channel[0]);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	if (priv_drop(&p->ids.user) < 0) {
		log_error(&p->log, "cannot become user %s: %s",
		    p->settings.user, strerror(errno));
		return EX_OSERR;
	}
	return engine_run(&options);
}

static int
be_runner(struct policyd *p, pid_t engine)
{
	struct runner_options options = {
	    .log = &p->log,
	    .settings = &p->settings,
	    .settings_file = p->options.file,
	    .postconf = &p->postconf,
	    .mail_owner = p->mail_owner,
	    .channel = p->channel[0],
	    .engine = engine,
	    .has_news = p->news >= 0,
	};
	int exit_code;

	close(p->channel[1]);
	if (p->listener >= 0)
		close(p->listener);
	if (p->news >= 0)
		close(p->news);
	exit_code = runner_run(&options);
	close(p->channel[0]);
	if (exit_code == EX_OK)
		log_info(&p->log, "stopped");
	return exit_code;
}

static int
run(struct policyd *p)
{
	int exit_code;
	pid_t pid;

	if (geteuid() != 0) {
		log_error(&p->log,
		    "policyd must be started as root: postsuper(1) and the "
		    "hold queue need it");
		return EX_NOPERM;
	}
	daemon_prepare(&p->log, &p->settings);
	exit_code = open_all(p);
	if (exit_code != 0)
		return exit_code;
	log_started(&p->log);
	pid = fork();
	if (pid < 0) {
		log_error(&p->log, "fork: %s", strerror(errno));
		return EX_OSERR;
	}
	return pid == 0 ? be_engine(p) : be_runner(p, pid);
}

int
main(int argc, char **argv)
{
	struct policyd *p = calloc(1, sizeof(*p));
	char error[CONF_ERROR_SIZE];
	int code;

	if (p == NULL)
		return EX_OSERR;
	code = parse_options(argc, argv, &p->options);
	if (code < 0 && !settings_load(&p->settings, p->options.file, error)) {
		fprintf(stderr, "%s\n", error);
		code = EX_CONFIG;
	} else if (code < 0 && p->options.check) {
		code = EX_OK;
	} else if (code < 0) {
		if (daemon_clean_up() < 0)
			return EX_OSERR;
		log_open(&p->log, "deliver-at/policyd", p->options.debug);
		code = run(p);
	}
	free(p);
	return code;
}

/* SPDX-License-Identifier: ISC */
/*
 * policyd - the scheduler of deliver-at, and Postfix's policy service
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include "hdrcheck/base/os.h"
#include "hdrcheck/daemon.h"
#include "policyd/check.h"
#include "policyd/engine.h"
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

enum listener { POLICY, CONTROL, N_LISTENERS };

/*
 * Of the channel. The engine's gets the lower number, so that no low number is
 * free among those it keeps: poll(2) fails for more descriptors than the limit,
 * should somebody lower that to all that are in use.
 */
enum end { ENGINE_END, RUNNER_END, N_ENDS };

/* The administrator's, and nobody else's. */
static const struct sock_owner control_owner = {.mode = 0600};

struct policyd {
	struct daemon daemon;
	struct options options;
	struct postconf postconf;
	struct priv_ids mail_owner;
	struct daemon_listener listener[N_LISTENERS];
	struct sock_address control; /* where the second one is */
	bool is_engine;
	bool looks; /* at what is on hold, for -n, and no more */
	int rules; /* the rules file, or -1 */
	int hold; /* the folder, locked by the runner as long as it lives */
	int news;
	int channel[N_ENDS];
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

	if (!postconf_read(p->daemon.settings.postfix_config_directory,
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
	if (priv_find_user(p->postconf.mail_owner, &p->mail_owner) < 0) {
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
	p->hold = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (p->hold < 0 || flock(p->hold, LOCK_EX | LOCK_NB) == 0 ||
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

	p->rules = -1;
	if (file[0] == '\0')
		return 0;
	p->rules = rule_file_open(file, error);
	if (p->rules >= 0)
		return 0;
	log_error(&p->daemon.log, "%s", error);
	return EX_CONFIG;
}

static int
open_channel(struct policyd *p)
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, p->channel) ==
	    0)
		return 0;
	log_error(&p->daemon.log, "socketpair: %s", strerror(errno));
	return EX_OSERR;
}

static int
open_listeners(struct policyd *p)
{
	const struct settings *settings = &p->daemon.settings;
	char text[SETTINGS_PATH_SIZE + sizeof("unix:")];
	const char *wrong;

	snprintf(text, sizeof(text), "unix:%s", settings->control_socket);
	wrong = sock_parse(span_str(text), &p->control);
	if (wrong != NULL) {
		log_error(&p->daemon.log, "control_socket: %s", wrong);
		return EX_CONFIG;
	}
	p->listener[POLICY].name = "policy";
	p->listener[POLICY].address = &settings->policy_listen;
	p->listener[CONTROL].name = "control";
	p->listener[CONTROL].address = &p->control;
	p->listener[CONTROL].owner = &control_owner;
	return daemon_open_listeners(&p->daemon, p->listener, N_LISTENERS);
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
		exit_code = open_channel(p);
	if (exit_code != 0 || p->looks)
		return exit_code;
	exit_code = lock_queue(p);
	if (exit_code == 0)
		exit_code = open_listeners(p);
	if (exit_code == 0)
		p->news = runner_open_news(&p->postconf);
	return exit_code;
}

/* Signals go to the runner; what the terminal sends to both is its business. */
static int
be_engine(struct policyd *p, pid_t runner)
{
	struct engine_options options = {
	    .log = &p->daemon.log,
	    .settings = &p->daemon.settings,
	    .settings_file = p->options.file != NULL ? p->options.file
						     : SETTINGS_DEFAULT_FILE,
	    .postconf = &p->postconf,
	    .mail_owner_uid = p->mail_owner.uid,
	    .channel = p->channel[ENGINE_END],
	    .listener = p->listener[POLICY].fd,
	    .listens_on = daemon_listener_text(&p->listener[POLICY]),
	    .control = p->listener[CONTROL].fd,
	    .rules = p->rules,
	    .news = p->news,
	    .snapshots = -1,
	    .looks = p->looks,
	    .watchdog_ns = p->daemon.notify.watchdog_ns,
	};

	close(p->channel[RUNNER_END]);
	if (p->hold >= 0)
		close(p->hold);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	notify_close(&p->daemon.notify);
	if (priv_drop(&p->daemon.ids.user) < 0) {
		log_error(&p->daemon.log, "cannot become user %s: %s",
		    p->daemon.settings.user, strerror(errno));
		return EX_OSERR;
	}
	/* It would see the end of the channel, unless it hangs. */
	if (os_signal_at_parents_end(runner, SIGKILL) < 0)
		return EX_SOFTWARE;
	return engine_run(&options);
}

static int
be_runner(struct policyd *p, pid_t engine)
{
	struct runner_options options = {
	    .log = &p->daemon.log,
	    .notify = &p->daemon.notify,
	    .settings = &p->daemon.settings,
	    .settings_file = p->options.file,
	    .postconf = &p->postconf,
	    .mail_owner = p->mail_owner,
	    .channel = p->channel[RUNNER_END],
	    .engine = engine,
	    .looks = p->looks,
	    .has_news = p->news >= 0,
	};
	int exit_code;

	close(p->channel[ENGINE_END]);
	for (int i = 0; i < N_LISTENERS; i++)
		if (p->listener[i].fd >= 0)
			close(p->listener[i].fd);
	if (p->rules >= 0)
		close(p->rules);
	if (p->news >= 0)
		close(p->news);
	log_started(&p->daemon.log);
	exit_code = runner_run(&options);
	close(p->channel[RUNNER_END]);
	if (exit_code == EX_OK && !p->looks)
		log_info(&p->daemon.log, "stopped");
	return exit_code;
}

/* Parts in two: returns the exit code of each in each. */
static int
part(struct policyd *p)
{
	pid_t runner = getpid(), pid = fork();

	if (pid < 0) {
		log_error(&p->daemon.log, "fork: %s", strerror(errno));
		return EX_OSERR;
	}
	p->is_engine = pid == 0;
	return p->is_engine ? be_engine(p, runner) : be_runner(p, pid);
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
	return exit_code != 0 ? exit_code : part(p);
}

/*
 * What is on hold is looked at by a runner and an engine that only look.
 * Where no rules file is set, it does not matter if that is not possible.
 */
static int
look(struct policyd *p)
{
	int exit_code;

	p->looks = true;
	notify_close(&p->daemon.notify);
	if (p->daemon.settings.rules_file[0] == '\0' &&
	    freopen("/dev/null", "w", stderr) == NULL)
		return EX_OK;
	exit_code = open_all(p);
	if (exit_code == 0) {
		exit_code = part(p);
		/* The files may be others by now; 75: we were stopped. */
		if (p->is_engine || exit_code == EX_CONFIG ||
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
	p->daemon.notify.fd = p->rules = p->hold = p->news = -1;
	p->listener[POLICY].fd = p->listener[CONTROL].fd = -1;
	code = parse_options(argc, argv, &p->options);
	if (code < 0)
		code = start(p);
	notify_close(&p->daemon.notify);
	free(p);
	return code;
}

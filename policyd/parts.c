/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE /* nice, pipe2, RLIMIT_NPROC */

#include "policyd/parts.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "hdrcheck/base/os.h"
#include "policyd/engine.h"
#include "policyd/sched/runner.h"
#include "policyd/sched/wire.h"
#include "policyd/web/web.h"

/* The page is never to compete with a release. */
enum { PAGE_NICE = 5 };

/* Of the channel; the engine's gets the lower number. */
enum { ENGINE_END, RUNNER_END };

enum { READ_END, WRITE_END }; /* of the snapshots */

void
parts_init(struct parts *p, struct daemon *daemon)
{
	*p = (struct parts){
	    .daemon = daemon,
	    .rules = -1,
	    .hold = -1,
	    .news = -1,
	    .channel = {-1, -1},
	    .snapshots = {-1, -1},
	};
	for (int i = 0; i < PARTS_LISTENERS; i++)
		p->listener[i].fd = -1;
}

static void
drop(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* What only engine and runner have. */
static void
drop_theirs(struct parts *p)
{
	drop(&p->channel[ENGINE_END]);
	drop(&p->listener[PARTS_POLICY].fd);
	drop(&p->listener[PARTS_CONTROL].fd);
	drop(&p->rules);
	drop(&p->news);
}

/*
 * For all but the runner: signals go to that; what the terminal sends to all
 * is its business.
 */
static int
become_user(struct parts *p, pid_t runner)
{
	struct daemon *d = p->daemon;

	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	drop(&p->channel[RUNNER_END]);
	drop(&p->hold);
	notify_close(&d->notify);
	if (priv_drop(&d->ids.user) < 0) {
		log_error(&d->log, "cannot become user %s: %s",
		    d->settings.user, strerror(errno));
		return EX_OSERR;
	}
	/* It would see the end of its descriptors, unless it hangs. */
	if (os_signal_at_parents_end(runner, SIGKILL) < 0)
		return EX_SOFTWARE;
	return 0;
}

static int
be_engine(struct parts *p, pid_t runner)
{
	struct daemon *d = p->daemon;
	struct engine_options options = {
	    .log = &d->log,
	    .settings = &d->settings,
	    .settings_file = p->settings_file != NULL ? p->settings_file
						      : SETTINGS_DEFAULT_FILE,
	    .postconf = p->postconf,
	    .mail_owner_uid = p->mail_owner.uid,
	    .channel = p->channel[ENGINE_END],
	    .listener = p->listener[PARTS_POLICY].fd,
	    .listens_on = daemon_listener_text(&p->listener[PARTS_POLICY]),
	    .control = p->listener[PARTS_CONTROL].fd,
	    .rules = p->rules,
	    .news = p->news,
	    .snapshots = p->snapshots[WRITE_END],
	    .looks = p->looks,
	    .watchdog_ns = d->notify.watchdog_ns,
	};
	int exit_code;

	exit_code = become_user(p, runner);
	return exit_code != 0 ? exit_code : engine_run(&options);
}

/*
 * The log tells the time, for which libc reads a file; it must have done so
 * before.
 */
static bool
confine(void)
{
	static const struct rlimit none = {.rlim_cur = 0, .rlim_max = 0};
	bool alone;

	tzset();
	alone = setrlimit(RLIMIT_NPROC, &none) == 0;
	return os_forget_files() && alone;
}

static int
be_page(struct parts *p, pid_t runner)
{
	struct daemon *d = p->daemon;
	struct web_options options = {
	    .log = &d->log,
	    .settings = &d->settings,
	    .listener = p->listener[PARTS_METRICS].fd,
	    .snapshots = p->snapshots[READ_END],
	};
	int exit_code;
	bool confined;

	os_name_process("policyd-page");
	drop_theirs(p);
	drop(&p->snapshots[WRITE_END]);
	/* As far as can be: -1 may be its answer, too. */
	(void)!nice(PAGE_NICE);
	exit_code = become_user(p, runner);
	if (exit_code != 0)
		return exit_code;
	confined = confine();
	log_started(&d->log);
	log_info(&d->log, "status page on %s%s",
	    daemon_listener_text(&p->listener[PARTS_METRICS]),
	    confined ? "" : ", without Landlock");
	return web_run(&options);
}

static int
be_runner(struct parts *p, pid_t engine)
{
	struct daemon *d = p->daemon;
	struct runner_options options = {
	    .log = &d->log,
	    .notify = &d->notify,
	    .settings = &d->settings,
	    .settings_file = p->settings_file,
	    .postconf = p->postconf,
	    .mail_owner = p->mail_owner,
	    .channel = p->channel[RUNNER_END],
	    .engine = engine,
	    .page = p->page,
	    .looks = p->looks,
	    .has_news = p->news >= 0,
	};
	int exit_code;

	drop_theirs(p);
	drop(&p->snapshots[WRITE_END]);
	log_started(&d->log);
	exit_code = runner_run(&options);
	close(p->channel[RUNNER_END]);
	if (exit_code == EX_OK && !p->looks)
		log_info(&d->log, "stopped");
	return exit_code;
}

static int
fail(const struct parts *p, const char *what)
{
	log_error(&p->daemon->log, "%s: %s", what, strerror(errno));
	return EX_OSERR;
}

/*
 * Only if somebody is to see it. It has nothing to give back at its end, and
 * what libc or a sanitizer do there is forbidden to it.
 */
static int
start_page(struct parts *p, pid_t runner)
{
	if (p->listener[PARTS_METRICS].fd < 0)
		return 0;
	if (pipe2(p->snapshots, O_CLOEXEC | O_NONBLOCK) < 0)
		return fail(p, "pipe");
	p->page = fork();
	if (p->page < 0)
		return fail(p, "fork");
	if (p->page == 0)
		_exit(be_page(p, runner));
	drop(&p->listener[PARTS_METRICS].fd);
	drop(&p->snapshots[READ_END]);
	return 0;
}

int
parts_open_channel(struct parts *p)
{
	if (wire_open(p->channel) == 0)
		return 0;
	return fail(p, "socketpair");
}

int
parts_run(struct parts *p)
{
	pid_t runner = getpid(), pid;

	if (start_page(p, runner) != 0)
		return EX_OSERR;
	pid = fork();
	if (pid < 0)
		return fail(p, "fork");
	p->is_engine = pid == 0;
	return p->is_engine ? be_engine(p, runner) : be_runner(p, pid);
}

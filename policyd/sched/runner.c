/* SPDX-License-Identifier: ISC */
#include "policyd/sched/runner.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "hdrcheck/base/loop.h"
#include "hdrcheck/base/os.h"
#include "policyd/sched/command.h"
#include "policyd/sched/reread.h"
#include "policyd/sched/stamp.h"
#include "policyd/sched/verb.h"
#include "policyd/sched/wire.h"

/* How long the engine may take to stop before it is killed. */
#define STOP_GRACE_NS (5 * CLOCK_NS_PER_S)

enum { PATH_TEXT_SIZE = SETTINGS_PATH_SIZE + 16 };

struct runner {
	struct runner_options o;
	struct loop *loop;
	struct loop_timer deadline;
	struct loop_timer stop_timer;
	int signal_fd;
	pid_t pid[SWEEP_VERBS]; /* 0: not running */
	int64_t kill_at_ns[SWEEP_VERBS];
	unsigned running;
	struct stamp stamp; /* taken when postconf was read */
	bool postfix_unread; /* it could not be: the next list tries again */
	bool ready; /* the engine gave its first sign of life */
	bool rereads; /* the engine was told to read its files again */
	bool rereads_again; /* that was asked for meanwhile */
	bool stopping;
	bool engine_gone;
	int exit_code;
	char room[WIRE_MAX];
};

/* The end: of an engine that was told to stop, or of one that failed. */
static void
finish(struct runner *r)
{
	r->exit_code = r->stopping ? EX_OK : EX_SOFTWARE;
	loop_stop(r->loop);
}

/*
 * One that only looks ends by itself, and one whose rules are wrong said so
 * before it gave a sign of life.
 */
static void
engine_ended(struct runner *r, int code)
{
	r->engine_gone = true;
	finish(r);
	if (r->o.looks || (!r->ready && code == EX_CONFIG))
		r->exit_code = code;
	else if (!r->stopping)
		log_error(r->o.log, "the engine ended with code %d", code);
}

/*
 * Nobody can talk to it any more: it has ended, and how is worth knowing, or
 * has to. One that ends by itself keeps its code, as its end of the channel is
 * closed only by that.
 */
static void
end_engine(struct runner *r)
{
	int status = 0;

	if (r->engine_gone)
		return;
	kill(r->o.engine, SIGKILL);
	while (waitpid(r->o.engine, &status, 0) < 0 && errno == EINTR)
		;
	engine_ended(r, command_exit_code(status));
}

static void
report(struct runner *r, const struct wire_report *what, const int *fds,
    size_t n_fds)
{
	struct buf b;

	if (r->engine_gone)
		return;
	buf_init(&b, WIRE_MAX);
	if (!wire_put_report(&b, what) ||
	    wire_send(r->o.channel, buf_span(&b), fds, n_fds) < 0) {
		log_warn(r->o.log, "cannot tell the engine");
		end_engine(r);
	}
	buf_free(&b);
}

static void
report_number(
    struct runner *r, enum wire_tell tell, enum sweep_verb verb, int number)
{
	struct wire_report what = {
	    .tell = tell, .verb = verb, .number = number};

	report(r, &what, NULL, 0);
}

/* Reads Postfix's settings again and tells the engine what they say. */
static void
refresh_postfix(struct runner *r)
{
	struct wire_report what = {.tell = WIRE_POSTFIX};
	struct postconf conf;
	char error[POSTCONF_ERROR_SIZE];

	r->postfix_unread = false;
	stamp_take(&r->stamp, r->o.settings->postfix_config_directory);
	if (!postconf_read(
		r->o.settings->postfix_config_directory, &conf, error)) {
		log_warnx(r->o.log, "%s; no mail is requeued meanwhile", error);
		r->postfix_unread = true;
		conf.facts = r->o.postconf->facts;
		conf.facts.requeue_safe = false;
	}
	what.postfix = conf.facts;
	report(r, &what, NULL, 0);
}

static void
arm_deadline(struct runner *r)
{
	int64_t first_ns = INT64_MAX;

	for (int i = 0; i < SWEEP_VERBS; i++)
		if (r->pid[i] != 0 && r->kill_at_ns[i] < first_ns)
			first_ns = r->kill_at_ns[i];
	if (first_ns == INT64_MAX)
		loop_disarm(&r->deadline);
	else
		loop_arm(&r->deadline, first_ns);
}

static void
on_deadline(void *ctx)
{
	struct runner *r = ctx;
	int64_t now_ns = clock_mono_ns();

	for (int i = 0; i < SWEEP_VERBS; i++) {
		if (r->pid[i] == 0 || r->kill_at_ns[i] > now_ns)
			continue;
		log_warnx(r->o.log, "%s: killed after %lld s",
		    verb_program((enum sweep_verb)i),
		    (long long)verb_deadline_s((enum sweep_verb)i));
		kill(-r->pid[i], SIGKILL);
		r->kill_at_ns[i] = INT64_MAX;
	}
	arm_deadline(r);
}

int
runner_open_news(
    const struct postconf *postconf, const struct settings *settings)
{
	char path[PATH_TEXT_SIZE];
	int fd;

	if (postconf->hold_is_hashed)
		return -1;
	snprintf(path, sizeof(path), "%s/hold", postconf->queue_directory);
	fd = os_news_open(path);
	if (fd < 0 || settings->release_rate != SETTINGS_AUTO ||
	    postconf->active_is_hashed)
		return fd;
	/* Without it, walks show what has left. */
	snprintf(path, sizeof(path), "%s/active", postconf->queue_directory);
	os_news_also(fd, path);
	return fd;
}

/* The list that comes next shows what arrived before the watch. */
static void
retry_news(struct runner *r)
{
	struct wire_report what = {.tell = WIRE_NEWS};
	int fd = runner_open_news(r->o.postconf, r->o.settings);

	if (fd < 0)
		return;
	r->o.has_news = true;
	report(r, &what, &fd, 1);
	close(fd);
}

static void
serve(struct runner *r, const struct wire_request *request)
{
	struct wire_report started = {
	    .tell = WIRE_STARTED, .verb = request->verb};
	struct verb_place place = {
	    .command_directory = r->o.postconf->command_directory,
	    .config_directory = r->o.settings->postfix_config_directory,
	    .mail_owner = &r->o.mail_owner,
	};
	int fds[2];
	pid_t pid;

	if (request->verb == SWEEP_LIST && r->postfix_unread)
		refresh_postfix(r);
	if (request->verb == SWEEP_LIST && !r->o.has_news && !r->o.looks)
		retry_news(r);
	pid = verb_start(&place, request->verb,
	    r->room + (request->ids.data - r->room), request->ids.len, fds);
	if (pid < 0) {
		report_number(r, WIRE_NOT_STARTED, request->verb, errno);
		return;
	}
	r->pid[request->verb] = pid;
	r->running++;
	r->kill_at_ns[request->verb] =
	    clock_mono_ns() + verb_deadline_s(request->verb) * CLOCK_NS_PER_S;
	arm_deadline(r);
	report(r, &started, fds, 2);
	close(fds[0]);
	close(fds[1]);
}

/*
 * The first comes before any command. Policy clients are answered from then on,
 * so that there is time to read all that Postfix has, before the first release.
 */
static void
pass_sign_of_life(struct runner *r)
{
	bool first = !r->ready;

	if (!first || r->stopping)
		notify_tell(r->o.notify, "WATCHDOG=1");
	else
		notify_ready(r->o.notify);
	r->ready = true;
	if (first && !r->stopping && !r->o.looks)
		refresh_postfix(r);
}

/*
 * The engine parses; root only opens what it may not be able to open. That may
 * take it a while: what comes in the meantime is done once, behind that.
 */
static void
reload(struct runner *r)
{
	struct wire_report what;
	struct reread files;

	r->rereads_again = r->rereads;
	if (r->rereads)
		return;
	refresh_postfix(r);
	r->rereads = reread_open(
	    &files, r->o.log, r->o.settings_file, r->o.settings->rules_file);
	what = r->rereads
	    ? (struct wire_report){.tell = WIRE_SETTINGS, .number = files.has}
	    : (struct wire_report){.tell = WIRE_NOT_OPENED,
		  .file = files.missing,
		  .number = files.error};
	report(r, &what, files.fds, r->rereads ? files.n_fds : 0);
	reread_close(&files);
}

static void
end_reread(struct runner *r)
{
	r->rereads = false;
	if (r->rereads_again)
		reload(r);
}

/* False when the engine must not ask for that. */
static bool
act(struct runner *r, const struct wire_request *request)
{
	if (request->ask == WIRE_ALIVE)
		pass_sign_of_life(r);
	else if (request->ask == WIRE_HAVE_READ)
		end_reread(r);
	else if (request->ask == WIRE_RELOAD)
		reload(r);
	else if (request->ask == WIRE_END_READ && r->pid[SWEEP_READ] != 0)
		kill(-r->pid[SWEEP_READ], SIGKILL);
	if (request->ask != WIRE_COMMAND)
		return true;
	if (r->pid[request->verb] != 0 || r->running == SWEEP_COMMANDS_MAX)
		return false;
	/*
	 * Whether a requeue is safe is looked at in the moment of it: a bcc
	 * that was configured since would send copies twice.
	 */
	if (request->verb == SWEEP_REQUEUE &&
	    stamp_changed(&r->stamp, r->o.settings->postfix_config_directory)) {
		refresh_postfix(r);
		report_number(r, WIRE_NOT_STARTED, request->verb, EAGAIN);
	} else {
		serve(r, request);
	}
	return true;
}

static void
on_request(void *ctx, short revents)
{
	struct runner *r = ctx;
	struct wire_request request;
	int fds[WIRE_FDS_MAX];
	size_t n_fds;
	ssize_t n = wire_receive(r->o.channel, r->room, fds, &n_fds);

	(void)revents;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	while (n_fds > 0)
		close(fds[--n_fds]);
	if (n <= 0) {
		end_engine(r);
		return;
	}
	if (wire_get_request(span_of(r->room, (size_t)n), &request) &&
	    act(r, &request))
		return;
	log_error(r->o.log, "the engine sent what it must not send");
	finish(r);
}

/*
 * Neither we nor the engine need it. It ends well when the engine is gone, or
 * has said that it tells it no more.
 */
static void
page_ended(struct runner *r, int code)
{
	r->o.page = 0;
	if (!r->stopping && code != EX_OK)
		log_warnx(r->o.log,
		    "the status page ended with code %d; a restart brings it "
		    "back",
		    code);
}

static void
reap(struct runner *r)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == r->o.engine) {
			engine_ended(r, command_exit_code(status));
			continue;
		}
		if (pid == r->o.page) {
			page_ended(r, command_exit_code(status));
			continue;
		}
		for (int i = 0; i < SWEEP_VERBS; i++) {
			if (r->pid[i] != pid)
				continue;
			r->pid[i] = 0;
			r->running--;
			report_number(r, WIRE_ENDED, (enum sweep_verb)i,
			    command_exit_code(status));
		}
	}
	arm_deadline(r);
}

static void
on_stop_timer(void *ctx)
{
	struct runner *r = ctx;

	log_warnx(r->o.log, "the engine does not stop");
	finish(r);
}

static void
stop(struct runner *r)
{
	struct wire_report what = {.tell = WIRE_STOP};

	if (r->stopping)
		return;
	r->stopping = true;
	notify_tell(r->o.notify, "STOPPING=1");
	loop_arm(&r->stop_timer, clock_mono_ns() + STOP_GRACE_NS);
	report(r, &what, NULL, 0);
}

static void
on_signal(void *ctx, short revents)
{
	struct runner *r = ctx;
	int signo;

	(void)revents;
	while ((signo = os_signal_read(r->signal_fd)) != 0) {
		if (signo == SIGCHLD)
			reap(r);
		else if (signo == SIGHUP)
			reload(r);
		else
			stop(r);
	}
}

static int
prepare(struct runner *r)
{
	static const int signals[] = {SIGCHLD, SIGHUP, SIGINT, SIGTERM, 0};

	r->loop = loop_new();
	if (r->loop == NULL)
		return -1;
	loop_add_timer(r->loop, &r->deadline, LOOP_MONO, on_deadline, r);
	loop_add_timer(r->loop, &r->stop_timer, LOOP_MONO, on_stop_timer, r);
	r->signal_fd = os_signal_open(signals);
	if (r->signal_fd < 0 ||
	    loop_watch(r->loop, r->signal_fd, POLLIN, on_signal, r) < 0 ||
	    loop_watch(r->loop, r->o.channel, POLLIN, on_request, r) < 0)
		return -1;
	return os_not_dumpable();
}

/* Nothing that we started outlives us. */
static void
end_children(struct runner *r)
{
	for (int i = 0; i < SWEEP_VERBS; i++)
		if (r->pid[i] != 0)
			kill(-r->pid[i], SIGKILL);
	if (!r->engine_gone)
		kill(r->o.engine, SIGKILL);
	if (r->o.page != 0)
		kill(r->o.page, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		;
}

int
runner_run(const struct runner_options *options)
{
	struct runner r = {.o = *options, .signal_fd = -1};
	int exit_code = EX_OSERR;

	stamp_take(&r.stamp, r.o.settings->postfix_config_directory);
	if (prepare(&r) < 0) {
		log_error(r.o.log, "cannot start: %s", strerror(errno));
	} else {
		reap(&r);
		if (!r.engine_gone && loop_run(r.loop) < 0)
			log_error(
			    r.o.log, "waiting for events: %s", strerror(errno));
		else
			exit_code = r.exit_code;
	}
	end_children(&r);
	if (r.signal_fd >= 0)
		close(r.signal_fd);
	loop_free(r.loop);
	return exit_code;
}

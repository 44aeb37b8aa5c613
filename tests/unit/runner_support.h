/* SPDX-License-Identifier: ISC */
/*
 * runner_support - a real runner with a test in the place of its engine
 *
 * The runner works in a child of the test, on stand-ins for Postfix's commands
 * in a folder of its own. The engine's end of the channel is the test's; the
 * process that the runner takes for the engine only waits to be killed, or to
 * end with engine_code at SIGUSR1. Needs root, as the runner does.
 */
#ifndef UNIT_RUNNER_SUPPORT_H
#define UNIT_RUNNER_SUPPORT_H

#include "tests/unit/sched_support.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "policyd/sched/command.h"
#include "policyd/sched/runner.h"
#include "policyd/sched/wire.h"

enum {
	STAGE_TEXT_MAX = 128 * 1024,
};

/* Tells its name, its user, its words and its input, a line each. */
#define TELLING                                                                \
	"#!/bin/sh\n"                                                          \
	"echo \"${0##*/} $(id -u) LC_ALL=$LC_ALL TZ=$TZ\"\n"                   \
	"for word; do echo \"<$word>\"; done\n"                                \
	"cat\n"

/* Tells that it is there, and stays. */
#define STAYING "#!/bin/sh\necho there\nexec sleep 1000\n"

struct stage {
	char *folder;
	struct settings settings;
	struct postconf postconf;
	struct runner_options options;
	struct notify notify; /* nobody wants to know */
	struct log log;
	int channel; /* the engine's end */
	int runner_end;
	pid_t runner;
	pid_t engine;
	int engine_code;
	bool has_page;
	pid_t page; /* that of the status page, which waits likewise */
	int log_fd; /* what the runner logs */
	char room[WIRE_MAX];
	int fds[WIRE_FDS_MAX];
	size_t n_fds;
	char text[STAGE_TEXT_MAX];
};

static inline void
stage_write(struct stage *s, const char *name, const char *content, mode_t mode)
{
	struct timespec times[2];
	char path[FOLDER_PATH_SIZE];

	snprintf(path, sizeof(path), "%s/%s", s->folder, name);
	write_file(path, span_str(content));
	assert_int_equal(chmod(path, mode), 0);
	clock_gettime(CLOCK_REALTIME, &times[0]);
	times[0].tv_sec -= 3600; /* Postfix waits for files just written */
	times[1] = times[0];
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static inline void
stage_script(struct stage *s, const char *content)
{
	static const char *const names[] = {
	    "postqueue", "postcat", "postsuper", "postkick"};

	for (size_t i = 0; i < COUNT_OF(names); i++)
		stage_write(s, names[i], content, 0755);
}

static inline int
stage_setup(void **state)
{
	struct stage *s;

	if (geteuid() != 0) {
		*state = NULL;
		return 0;
	}
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return -1;
	s->folder = folder_make();
	if (s->folder == NULL || chmod(s->folder, 0755) < 0)
		return -1;
	s->log = (struct log){.ident = "test", .to_stderr = true};
	s->channel = s->log_fd = -1;
	load_settings(&s->settings, "");
	snprintf(s->settings.postfix_config_directory, SETTINGS_PATH_SIZE, "%s",
	    s->folder);
	snprintf(
	    s->postconf.command_directory, SETTINGS_PATH_SIZE, "%s", s->folder);
	snprintf(
	    s->postconf.queue_directory, SETTINGS_PATH_SIZE, "%s", s->folder);
	s->postconf.facts.requeue_safe = true;
	s->notify.fd = -1;
	s->options = (struct runner_options){.log = &s->log,
	    .notify = &s->notify,
	    .settings = &s->settings,
	    .postconf = &s->postconf,
	    .has_news = true};
	stage_script(s, TELLING);
	stage_write(s, "main.cf", "compatibility_level = 3.6\n", 0644);
	stage_write(s, "master.cf", "pickup unix n - n 60 1 pickup\n", 0644);
	*state = s;
	return priv_find_user("nobody", &s->options.mail_owner);
}

/* The runner goes when its engine does; what it logs then is read. */
static inline void
stage_abandon(struct stage *s)
{
	char waste[256];

	if (s->channel >= 0)
		close(s->channel);
	while (s->log_fd >= 0 && read(s->log_fd, waste, sizeof(waste)) > 0)
		continue;
	if (s->log_fd >= 0)
		close(s->log_fd);
	if (s->runner > 0)
		waitpid(s->runner, NULL, 0);
}

static inline int
stage_teardown(void **state)
{
	struct stage *s = *state;
	void *folder;

	if (s == NULL)
		return 0;
	stage_abandon(s);
	folder = s->folder;
	folder_teardown(&folder);
	free(s);
	return 0;
}

/* A process that only waits for its end. */
static inline pid_t
stage_fork_idler(struct stage *s, const sigset_t *end, int log_fd, int pid_fd)
{
	pid_t pid = fork();
	int signo;

	if (pid != 0)
		return pid;
	close(s->channel);
	close(s->runner_end);
	close(log_fd);
	close(pid_fd);
	sigwait(end, &signo);
	_exit(s->engine_code);
}

/* The runner's process: it has its children already. */
static inline void
stage_be_runner(struct stage *s, int log_fd, int pid_fd)
{
	sigset_t end;

	sigemptyset(&end);
	sigaddset(&end, SIGUSR1);
	sigprocmask(SIG_BLOCK, &end, NULL);
	s->options.engine = stage_fork_idler(s, &end, log_fd, pid_fd);
	if (s->has_page)
		s->options.page = stage_fork_idler(s, &end, log_fd, pid_fd);
	close(s->channel);
	dup2(log_fd, STDERR_FILENO);
	close(log_fd);
	if (write(pid_fd, &s->options.engine, sizeof(pid_t)) < 0 ||
	    write(pid_fd, &s->options.page, sizeof(pid_t)) < 0)
		_exit(EX_IOERR);
	close(pid_fd);
	s->options.channel = s->runner_end;
	_exit(runner_run(&s->options));
}

static inline void
stage_open(struct stage *s)
{
	int ends[2], log_ends[2], pid_ends[2];

	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	assert_int_equal(pipe(log_ends), 0);
	assert_int_equal(pipe(pid_ends), 0);
	s->channel = ends[0];
	s->runner_end = ends[1];
	fcntl(log_ends[0], F_SETFD, FD_CLOEXEC);
	fcntl(pid_ends[0], F_SETFD, FD_CLOEXEC);
	fflush(stdout);
	s->runner = fork();
	assert_true(s->runner >= 0);
	if (s->runner == 0)
		stage_be_runner(s, log_ends[1], pid_ends[1]);
	close(ends[1]);
	close(log_ends[1]);
	close(pid_ends[1]);
	s->log_fd = log_ends[0];
	assert_int_equal(
	    read(pid_ends[0], &s->engine, sizeof(pid_t)), sizeof(pid_t));
	assert_int_equal(
	    read(pid_ends[0], &s->page, sizeof(pid_t)), sizeof(pid_t));
	close(pid_ends[0]);
}

/* Waits until there is something to read, or the end. */
static inline void
stage_wait(const char *row, int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	check_int(row, poll(&p, 1, guard_ms()), 1);
}

/* All that comes until the end of fd, which is closed. */
static inline const char *
stage_read(struct stage *s, const char *row, int fd)
{
	size_t used = 0;
	ssize_t n = 1;

	while (n != 0) {
		stage_wait(row, fd);
		n = read(fd, s->text + used, STAGE_TEXT_MAX - 1 - used);
		assert_true(n >= 0 || errno == EAGAIN);
		used += n > 0 ? (size_t)n : 0;
	}
	close(fd);
	s->text[used] = '\0';
	return s->text;
}

static inline void
stage_send(struct stage *s, struct span message)
{
	assert_int_equal(wire_send(s->channel, message, NULL, 0), 0);
}

/* The next report must be this one, with so many descriptors. */
static inline void
stage_expect(struct stage *s, const char *row, const char *want, size_t n_fds)
{
	ssize_t n;

	stage_wait(row, s->channel);
	n = wire_receive(s->channel, s->room, s->fds, &s->n_fds);
	check_bool(row, n >= 0, true);
	check_span(row, span_of(s->room, (size_t)n), span_str(want));
	check_int(row, (int64_t)s->n_fds, (int64_t)n_fds);
}

/* A request that is served shows that the runner is at its work. */
static inline void
stage_sync(struct stage *s)
{
	stage_send(s, span_str("p"));
	stage_expect(s, "at work", "Sp", 2);
	stage_read(s, "at work", s->fds[0]);
	close(s->fds[1]);
	stage_expect(s, "at work", "Xp0", 0);
}

static inline bool
has_postconf(void)
{
	return access("/usr/sbin/postconf", X_OK) == 0;
}

/* The first sign of life: all of Postfix's settings are read behind it. */
static inline void
stage_come_to_life(struct stage *s)
{
	stage_send(s, span_str("A"));
	if (!s->options.looks)
		stage_expect(s, "alive", "P432000 432000 1 20000", 0);
}

/* The runner ends, and has logged this part. */
static inline void
stage_ends(struct stage *s, const char *row, int code, const char *part)
{
	int status = 0;

	check_part(row, stage_read(s, row, s->log_fd), part);
	s->log_fd = -1;
	assert_int_equal(waitpid(s->runner, &status, 0), s->runner);
	check_int(row, command_exit_code(status), code);
	s->runner = 0;
	if (s->channel >= 0)
		close(s->channel);
	s->channel = -1;
}

/* The runner has nothing more to say, and has closed its end. */
static inline void
stage_hear_the_end(struct stage *s, const char *row)
{
	ssize_t n;

	stage_wait(row, s->channel);
	n = wire_receive(s->channel, s->room, s->fds, &s->n_fds);
	check_span(row, span_of(s->room, n > 0 ? (size_t)n : 0), span_str(""));
	check_int(row, n, 0);
}

/* Takes the engine away. */
static inline void
stage_hang_up(struct stage *s)
{
	close(s->channel);
	s->channel = -1;
}

#define STAGE(name)                                                            \
	cmocka_unit_test_setup_teardown(name, stage_setup, stage_teardown)

#endif

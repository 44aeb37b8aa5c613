/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE /* pipe2, execvpe */

#include "policyd/sched/command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hdrcheck/base/os.h"

enum { EXIT_NOT_RUN = 127 };

struct pipes {
	int in[2]; /* read end, write end */
	int out[2];
	int err[2];
};

static void
close_pipe(int ends[2])
{
	for (int i = 0; i < 2; i++)
		if (ends[i] >= 0)
			close(ends[i]);
}

static void
close_pipes(struct pipes *p)
{
	int saved = errno;

	close_pipe(p->in);
	close_pipe(p->out);
	close_pipe(p->err);
	errno = saved;
}

static int
open_pipes(struct pipes *p)
{
	if (pipe2(p->in, O_CLOEXEC) < 0 || pipe2(p->out, O_CLOEXEC) < 0 ||
	    pipe2(p->err, O_CLOEXEC) < 0)
		return -1;
	if (fcntl(p->out[0], F_SETFL, O_NONBLOCK) < 0 ||
	    fcntl(p->err[0], F_SETFL, O_NONBLOCK) < 0)
		return -1;
	os_pipe_widen(p->out[0]);
	os_pipe_widen(p->err[0]);
	return 0;
}

static void
unblock_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/*
 * SIGPIPE stays ignored: postkick writes twice, and a queue manager that has
 * read the first byte may have hung up before the second. It dies of that
 * signal then (about every second kick: seen), but shrugs off the error.
 */
static void
reset_signals(void)
{
	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	signal(SIGUSR1, SIG_DFL);
	unblock_signals();
}

static _Noreturn void
run_command(const struct command *c, const struct pipes *p, pid_t keeper)
{
	reset_signals();
	if (dup2(p->in[0], STDIN_FILENO) < 0 ||
	    dup2(p->out[1], STDOUT_FILENO) < 0 ||
	    dup2(p->err[1], STDERR_FILENO) < 0)
		_exit(EXIT_NOT_RUN);
	os_close_from(STDERR_FILENO + 1);
	if (c->run_as != NULL && priv_become(c->run_as) < 0)
		_exit(EXIT_NOT_RUN);
	if (os_no_new_privileges() < 0 ||
	    os_signal_at_parents_end(keeper, SIGKILL) < 0)
		_exit(EXIT_NOT_RUN);
	if (setenv("PATH", COMMAND_PATH, 1) == 0)
		execvpe(c->path, c->argv, c->env);
	dprintf(STDERR_FILENO, "%s cannot be run: errno %d\n", c->path, errno);
	_exit(EXIT_NOT_RUN);
}

/* As fast as it is read; a command that ends before has its reasons. */
static void
feed(int fd, struct span input)
{
	while (input.len > 0) {
		ssize_t n = write(fd, input.data, input.len);

		if (n < 0 && errno != EINTR)
			return;
		if (n > 0)
			input = span_skip(input, (size_t)n);
	}
}

static void
kill_group(int signo)
{
	(void)signo;
	kill(0, SIGKILL);
}

/*
 * Between us and the command stands a process that hears of our end, and then
 * ends the command and whatever that has started: some of Postfix's commands
 * start others, and those would go on alone. It also feeds the command, so that
 * we never wait for that. Signals that are sent to all of us are for the
 * command to act on.
 */
static _Noreturn void
keep(const struct command *c, const struct pipes *p, pid_t parent)
{
	struct sigaction action = {.sa_handler = kill_group};
	pid_t keeper = getpid(), pid;
	int status;

	setpgid(0, 0);
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	sigaction(SIGUSR1, &action, NULL);
	unblock_signals();
	if (os_signal_at_parents_end(parent, SIGUSR1) < 0)
		_exit(EXIT_NOT_RUN);
	pid = fork();
	if (pid == 0)
		run_command(c, p, keeper);
	if (dup2(p->in[1], STDIN_FILENO) < 0)
		_exit(EXIT_NOT_RUN);
	os_close_from(STDIN_FILENO + 1);
	if (pid > 0)
		feed(STDIN_FILENO, c->input);
	close(STDIN_FILENO);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		_exit(EXIT_NOT_RUN);
	_exit(command_exit_code(status));
}

pid_t
command_start(const struct command *c, int *out, int *err)
{
	struct pipes p = {{-1, -1}, {-1, -1}, {-1, -1}};
	pid_t parent = getpid();
	pid_t pid;

	if (open_pipes(&p) < 0) {
		close_pipes(&p);
		return -1;
	}
	pid = fork();
	if (pid == 0)
		keep(c, &p, parent);
	if (pid < 0) {
		close_pipes(&p);
		return -1;
	}
	setpgid(pid, pid);
	*out = p.out[0];
	*err = p.err[0];
	p.out[0] = p.err[0] = -1;
	close_pipes(&p);
	return pid;
}

int
command_exit_code(int status)
{
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	return 128 + (WIFSIGNALED(status) ? WTERMSIG(status) : 0);
}

/* SPDX-License-Identifier: ISC */
/*
 * The parent: it stays root, starts commands and reads none of their bytes.
 */
#include "policyd/ctl/hands.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "hdrcheck/base/clock.h"
#include "hdrcheck/base/os.h"
#include "hdrcheck/daemon.h"
#include "policyd/ctl/hands_private.h"
#include "policyd/ctl/output.h"
#include "policyd/rule_file.h"
#include "policyd/sched/command.h"
#include "policyd/sched/wire.h"

enum {
	PATH_TEXT_SIZE = SETTINGS_PATH_SIZE + 16,
	REPLY_TEXT_SIZE = 32,
};

struct parent {
	const struct hands_options *o;
	int channel;
	int signal_fd;
	pid_t child;
	bool child_ended;
	int child_status;
	pid_t command; /* 0: none runs */
	const char *program; /* its name */
	int64_t kill_at_ns; /* of the command */
	bool failed; /* the child cannot be told, or is not to be trusted */
	char room[WIRE_MAX];
};

int
hands_open(const struct settings *settings, struct postconf *postconf)
{
	char error[POSTCONF_ERROR_SIZE];
	struct priv_ids owner;

	if (geteuid() != 0) {
		fprintf(stderr, "policyctl: must be run as root\n");
		return EX_NOPERM;
	}
	if (!postconf_read(
		settings->postfix_config_directory, postconf, error)) {
		fprintf(stderr, "policyctl: %s\n", error);
		return EX_UNAVAILABLE;
	}
	if (postconf->sets_zone) {
		fprintf(stderr,
		    "policyctl: Postfix's import_environment sets TZ, so "
		    "postcat would tell times in that zone; set TZ=UTC there, "
		    "or TZ alone\n");
		return EX_CONFIG;
	}
	if (priv_find_user(postconf->mail_owner, &owner) < 0) {
		fprintf(stderr, "policyctl: mail_owner %s: %s\n",
		    postconf->mail_owner,
		    errno == ENOENT ? "no such user" : strerror(errno));
		return EX_CONFIG;
	}
	return EX_OK;
}

static void
fail(struct parent *p, const char *what)
{
	fprintf(stderr, "policyctl: the part that reads mail: %s\n", what);
	p->failed = true;
}

/* A child that has gone is known by other means. */
static void
tell(struct parent *p, char letter, int number, const int *fds, size_t n_fds)
{
	char text[REPLY_TEXT_SIZE];
	int n = snprintf(text, sizeof(text), "%c%d", letter, number);

	if (wire_send(p->channel, span_of(text, (size_t)n), fds, n_fds) < 0 &&
	    errno != EPIPE && errno != ECONNRESET)
		fail(p, strerror(errno));
}

static void
hand_over(struct parent *p, int fd)
{
	if (fd < 0) {
		tell(p, HANDS_ERRNO, errno, NULL, 0);
		return;
	}
	tell(p, HANDS_DONE, 0, &fd, 1);
	close(fd);
}

static int
connect_control(const struct parent *p)
{
	struct sock_address address;
	char text[PATH_TEXT_SIZE];

	snprintf(text, sizeof(text), "unix:%s", p->o->settings->control_socket);
	if (sock_parse(span_str(text), &address) != NULL) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return sock_connect(&address);
}

static int
open_rules(const struct parent *p)
{
	char error[RULE_ERROR_SIZE];

	return rule_file_open(p->o->settings->rules_file, error);
}

/* True when all is as it must be; the lines stay where they are. */
static bool
check_ids(enum hands_verb verb, struct span ids)
{
	struct span line;
	struct qid id;
	size_t n = 0;

	for (; span_cut(&ids, '\n', &line); n++)
		if (!qid_parse(line, &id))
			return false;
	return ids.len == 0 && n <= hands_ids_max(verb) &&
	    hands_takes_ids(verb) == (n > 0);
}

/* False: the child must not ask for that. */
static bool
run_command(struct parent *p, enum hands_verb verb, char *ids, size_t n)
{
	int fds[2];
	int64_t deadline_s;
	uint64_t lookup;
	pid_t pid;

	if (p->command != 0)
		return false;
	if (verb == HANDS_LOOKUP
		? !hands_read_lookup(p->o, span_of(ids, n), &lookup)
		: !check_ids(verb, span_of(ids, n)))
		return false;
	if ((verb == HANDS_FAIL || verb == HANDS_DROP) && !p->o->may_remove)
		return false;
	pid = hands_start(p->o, verb, ids, n, fds, &p->program, &deadline_s);
	if (pid < 0) {
		tell(p, HANDS_ERRNO, errno, NULL, 0);
		return true;
	}
	p->command = pid;
	p->kill_at_ns = clock_mono_ns() + deadline_s * CLOCK_NS_PER_S;
	tell(p, HANDS_STARTED, 0, fds, 2);
	close(fds[0]);
	close(fds[1]);
	return true;
}

static bool
serve(struct parent *p, size_t n)
{
	const char *letter = n > 0 && p->room[0] != '\0'
	    ? strchr(hands_letters, p->room[0])
	    : NULL;

	if (letter != NULL)
		return run_command(p, (enum hands_verb)(letter - hands_letters),
		    p->room + 1, n - 1);
	if (n != 1)
		return false;
	if (p->room[0] == HANDS_CONNECT && !p->o->may_ask)
		return false;
	if (p->room[0] == HANDS_CONNECT)
		hand_over(p, connect_control(p));
	else if (p->room[0] == HANDS_RULES)
		hand_over(p, open_rules(p));
	else if (p->room[0] == HANDS_END && p->command != 0)
		kill(-p->command, SIGKILL);
	else
		return p->room[0] == HANDS_END;
	return true;
}

/* At its end the child hangs up; how it ended is told by SIGCHLD. */
static void
on_request(struct parent *p)
{
	int fds[WIRE_FDS_MAX];
	size_t n_fds;
	ssize_t n = wire_receive(p->channel, p->room, fds, &n_fds);
	bool known;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	known = n_fds == 0;
	while (n_fds > 0)
		close(fds[--n_fds]);
	if (n == 0 || (n < 0 && errno == ECONNRESET)) {
		close(p->channel);
		p->channel = -1;
	} else if (n < 0 || !known || !serve(p, (size_t)n)) {
		fail(p, "it asked for what it must not have");
	}
}

static void
on_child(struct parent *p)
{
	int status;
	pid_t pid;

	while (os_signal_read(p->signal_fd) != 0)
		continue;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == p->child) {
			p->child_ended = true;
			p->child_status = status;
		} else if (pid == p->command) {
			p->command = 0;
			if (!p->child_ended && p->channel >= 0)
				tell(p, HANDS_EXITED, command_exit_code(status),
				    NULL, 0);
		}
	}
}

/* Milliseconds for poll(2). */
static int
until_deadline(const struct parent *p)
{
	int64_t left_ns = p->kill_at_ns - clock_mono_ns();

	if (p->command == 0 || p->kill_at_ns == INT64_MAX)
		return -1;
	return left_ns > 0 ? (int)(left_ns / CLOCK_NS_PER_MS) + 1 : 0;
}

static void
on_deadline(struct parent *p)
{
	if (p->command == 0 || clock_mono_ns() < p->kill_at_ns)
		return;
	fprintf(stderr, "policyctl: %s: takes too long, and is ended\n",
	    p->program);
	kill(-p->command, SIGKILL);
	p->kill_at_ns = INT64_MAX;
}

static void
attend(struct parent *p)
{
	on_child(p);
	while (!p->child_ended && !p->failed) {
		struct pollfd fds[2] = {
		    {.fd = p->signal_fd, .events = POLLIN},
		    {.fd = p->channel, .events = POLLIN},
		};

		if (poll(fds, 2, until_deadline(p)) < 0 && errno != EINTR) {
			fail(p, strerror(errno));
			return;
		}
		on_deadline(p);
		on_child(p);
		if (!p->child_ended && fds[1].revents != 0)
			on_request(p);
	}
}

/* Nothing that we started outlives us. */
static void
end_children(struct parent *p)
{
	if (p->command != 0)
		kill(-p->command, SIGKILL);
	if (!p->child_ended)
		kill(p->child, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		;
}

static int
be_parent(struct parent *p)
{
	static const int signals[] = {SIGCHLD, 0};

	p->signal_fd = os_signal_open(signals);
	if (p->signal_fd < 0)
		fail(p, strerror(errno));
	else
		attend(p);
	end_children(p);
	if (p->signal_fd >= 0)
		close(p->signal_fd);
	if (p->channel >= 0)
		close(p->channel);
	if (p->failed)
		return EX_SOFTWARE;
	if (WIFEXITED(p->child_status))
		return WEXITSTATUS(p->child_status);
	fail(p, "it has died");
	return EX_SOFTWARE;
}

/*
 * In a session of its own it cannot push bytes into the input of root's
 * terminal (TIOCSTI). What the terminal's keys send ends the parent, and the
 * child with it.
 */
static int
be_child(const struct hands_options *options, int channel, pid_t parent,
    hands_fn *run, void *ctx)
{
	struct daemon someone = {
	    .log = {.ident = "policyctl", .to_stderr = true},
	    .settings = *options->settings,
	};
	struct hands *hands;
	int exit_code;

	signal(SIGPIPE, SIG_IGN);
	if (setsid() < 0)
		return EX_OSERR;
	exit_code = daemon_stop_being_root(&someone);
	if (exit_code != EX_OK)
		return exit_code;
	if (os_signal_at_parents_end(parent, SIGKILL) < 0)
		return EX_SOFTWARE;
	hands = hands_new(channel);
	if (hands == NULL)
		return EX_OSERR;
	exit_code = output_end(run(hands, ctx));
	hands_free(hands);
	return exit_code;
}

int
hands_run(const struct hands_options *options, hands_fn *run, void *ctx)
{
	struct parent p = {.o = options};
	pid_t parent = getpid();
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) {
		fprintf(stderr, "policyctl: %s\n", strerror(errno));
		return EX_OSERR;
	}
	fflush(stdout);
	p.channel = ends[0];
	p.child = fork();
	if (p.child == 0) {
		close(ends[0]);
		_exit(be_child(options, ends[1], parent, run, ctx));
	}
	close(ends[1]);
	if (p.child > 0)
		return be_parent(&p);
	fprintf(stderr, "policyctl: fork: %s\n", strerror(errno));
	close(ends[0]);
	return EX_OSERR;
}

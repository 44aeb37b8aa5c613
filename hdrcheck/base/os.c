/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE /* accept4, getentropy */

#include "hdrcheck/base/os.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	RANDOM_MAX = 256, /* bytes that getentropy() gives at once */
	PIPE_BYTES = 1024 * 1024, /* what Linux lets anybody have */
};

static void
fill_set(sigset_t *set, const int *signals)
{
	sigemptyset(set);
	for (; *signals != 0; signals++)
		sigaddset(set, *signals);
}

void
os_signal_hold(const int *signals)
{
	sigset_t set;

	fill_set(&set, signals);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

/* For systems, and kernels, that cannot do it at once. */
static void
close_one_by_one(int fd)
{
	long most = sysconf(_SC_OPEN_MAX);

	for (; fd < most; fd++)
		close(fd);
}

int
os_random(void *out, size_t len)
{
	unsigned char *to = out;

	while (len > 0) {
		size_t n = len < RANDOM_MAX ? len : RANDOM_MAX;

		if (getentropy(to, n) < 0)
			return -1;
		to += n;
		len -= n;
	}
	return 0;
}

#if defined(__linux__) && !defined(OS_PORTABLE)

#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>

/* The kernel counts them up from here: inotify(7), BUGS. */
enum { FIRST_WATCH = 1 };

int
os_signal_open(const int *signals)
{
	sigset_t set;

	fill_set(&set, signals);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int
os_signal_read(int fd)
{
	struct signalfd_siginfo info;

	if (read(fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return 0;
	return (int)info.ssi_signo;
}

void
os_close_from(int fd)
{
	if (close_range((unsigned)fd, ~0u, 0) < 0)
		close_one_by_one(fd);
}

int
os_news_open(const char *folder)
{
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	if (fd < 0)
		return -1;
	if (inotify_add_watch(fd, folder,
		IN_MOVED_TO | IN_MOVED_FROM | IN_ATTRIB | IN_DELETE |
		    IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR) < 0) {
		int saved = errno;

		close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

int
os_news_also(int fd, const char *folder)
{
	int wd = inotify_add_watch(fd, folder,
	    IN_MOVED_FROM | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF |
		IN_ONLYDIR);

	assert(wd < 0 || wd > FIRST_WATCH);
	return wd < 0 ? -1 : 0;
}

static bool
classify(int wd, uint32_t mask, bool named, enum os_news *kind)
{
	if (mask & (IN_Q_OVERFLOW | IN_IGNORED | IN_DELETE_SELF | IN_MOVE_SELF))
		*kind = OS_NEWS_LOST;
	else if (!named)
		return false;
	else if (mask & (IN_MOVED_FROM | IN_DELETE))
		*kind = wd == FIRST_WATCH ? OS_NEWS_DEPARTED : OS_NEWS_LEFT;
	else if (mask & IN_MOVED_TO)
		*kind = OS_NEWS_ARRIVED;
	else if (mask & IN_ATTRIB)
		*kind = OS_NEWS_COMPLETE;
	else
		return false;
	return true;
}

bool
os_news_next(struct span *bytes, enum os_news *kind, struct span *name)
{
	struct inotify_event event;
	size_t len;

	while (bytes->len >= sizeof(event)) {
		memcpy(&event, bytes->data, sizeof(event));
		if (event.len > bytes->len - sizeof(event))
			return false;
		*name = span_of(bytes->data + sizeof(event), event.len);
		*bytes = span_skip(*bytes, sizeof(event) + event.len);
		len = strnlen(name->data, name->len);
		*name = span_head(*name, len);
		if (classify(event.wd, event.mask, len > 0, kind))
			return true;
	}
	return false;
}

int
os_no_new_privileges(void)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

int
os_not_dumpable(void)
{
	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

int
os_signal_at_parents_end(pid_t parent, int signo)
{
	if (prctl(PR_SET_PDEATHSIG, signo, 0, 0, 0) < 0)
		return -1;
	if (getppid() != parent) {
		errno = ESRCH;
		return -1;
	}
	return 0;
}

void
os_pipe_widen(int fd)
{
	/* As it was will do. */
	(void)fcntl(fd, F_SETPIPE_SZ, PIPE_BYTES);
}

size_t
os_pipe_size(int fd)
{
	int size = fcntl(fd, F_GETPIPE_SZ);

	return size > 0 ? (size_t)size : 0;
}

int
os_accept(int listener)
{
	return accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

pid_t
os_peer(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		return 0;
	return peer.pid;
}

#else /* portable */

/*
 * A signal handler has no parameter to find its state by: the write end of
 * the self-pipe is the one static variable of the project.
 */
static int signal_pipe = -1;

static void
on_signal(int signo)
{
	int saved = errno;
	unsigned char byte = (unsigned char)signo;

	if (write(signal_pipe, &byte, 1) < 0) {
		/* A full pipe already tells enough. */
	}
	errno = saved;
}

static int
set_flags(int fd)
{
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		return -1;
	return fcntl(fd, F_SETFL, O_NONBLOCK);
}

int
os_signal_open(const int *signals)
{
	struct sigaction action = {.sa_handler = on_signal};
	sigset_t set;
	int ends[2];

	if (pipe(ends) < 0 || set_flags(ends[0]) < 0 || set_flags(ends[1]) < 0)
		return -1;
	signal_pipe = ends[1];
	action.sa_flags = SA_RESTART;
	sigemptyset(&action.sa_mask);
	fill_set(&set, signals);
	for (; *signals != 0; signals++)
		if (sigaction(*signals, &action, NULL) < 0)
			return -1;
	if (sigprocmask(SIG_UNBLOCK, &set, NULL) < 0)
		return -1;
	return ends[0];
}

int
os_signal_read(int fd)
{
	unsigned char byte;

	return read(fd, &byte, 1) == 1 ? byte : 0;
}

void
os_close_from(int fd)
{
	close_one_by_one(fd);
}

int
os_news_open(const char *folder)
{
	(void)folder;
	errno = ENOSYS;
	return -1;
}

int
os_news_also(int fd, const char *folder)
{
	(void)fd;
	(void)folder;
	errno = ENOSYS;
	return -1;
}

bool
os_news_next(struct span *bytes, enum os_news *kind, struct span *name)
{
	(void)bytes;
	(void)kind;
	(void)name;
	return false;
}

int
os_no_new_privileges(void)
{
	return 0;
}

int
os_not_dumpable(void)
{
	return 0;
}

int
os_signal_at_parents_end(pid_t parent, int signo)
{
	(void)parent;
	(void)signo;
	return 0;
}

void
os_pipe_widen(int fd)
{
	(void)fd;
}

size_t
os_pipe_size(int fd)
{
	(void)fd;
	return 0;
}

int
os_accept(int listener)
{
	int fd = accept(listener, NULL, NULL);

	if (fd >= 0 && set_flags(fd) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

pid_t
os_peer(int fd)
{
	(void)fd;
	return 0;
}

#endif

/* SPDX-License-Identifier: ISC */
#include "hdrcheck/base/os_poll.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "hdrcheck/base/clock.h"

/* Rounded up: who is woken before the moment would ask again at once. */
static int
milliseconds(int64_t ns)
{
	int64_t ms = ns / CLOCK_NS_PER_MS + (ns % CLOCK_NS_PER_MS > 0);

	return ns < 0 ? -1 : ms > INT_MAX ? INT_MAX : (int)ms;
}

#if defined(__linux__) && !defined(OS_PORTABLE)

#include <sys/epoll.h>
#include <unistd.h>

enum {
	FILES_MAX = 2, /* standard input and output */
	BATCH = 64 /* of what epoll_wait(2) tells at a time */
};

static_assert(EPOLLIN == POLLIN && EPOLLOUT == POLLOUT && EPOLLERR == POLLERR &&
	EPOLLHUP == POLLHUP,
    "events are the same");

/* What epoll(7) does not take, as it is always ready. */
struct file {
	int fd;
	short events;
	uint64_t tag;
};

struct os_poll {
	int fd;
	int n_files;
	struct file files[FILES_MAX];
};

struct os_poll *
os_poll_new(void)
{
	struct os_poll *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->fd = epoll_create1(EPOLL_CLOEXEC);
	if (p->fd >= 0)
		return p;
	free(p);
	return NULL;
}

void
os_poll_free(struct os_poll *p)
{
	if (p == NULL)
		return;
	close(p->fd);
	free(p);
}

static struct file *
file_of(struct os_poll *p, int fd)
{
	for (int i = 0; i < p->n_files; i++) {
		if (p->files[i].fd == fd)
			return &p->files[i];
	}
	return NULL;
}

static int
control(const struct os_poll *p, int what, int fd, short events, uint64_t tag)
{
	struct epoll_event event = {
	    .events = (uint32_t)events, .data = {.u64 = tag}};

	return epoll_ctl(p->fd, what, fd, &event);
}

int
os_poll_add(struct os_poll *p, int fd, short events, uint64_t tag)
{
	if (control(p, EPOLL_CTL_ADD, fd, events, tag) == 0)
		return 0;
	if (errno != EPERM || p->n_files == FILES_MAX)
		return -1;
	p->files[p->n_files++] =
	    (struct file){.fd = fd, .events = events, .tag = tag};
	return 0;
}

void
os_poll_change(struct os_poll *p, int fd, short events, uint64_t tag)
{
	struct file *file = file_of(p, fd);

	if (file != NULL)
		*file = (struct file){.fd = fd, .events = events, .tag = tag};
	else
		control(p, EPOLL_CTL_MOD, fd, events, tag);
}

void
os_poll_remove(struct os_poll *p, int fd)
{
	struct file *file = file_of(p, fd);

	if (file != NULL)
		*file = p->files[--p->n_files];
	else
		control(p, EPOLL_CTL_DEL, fd, 0, 0);
}

static int
ready_files(const struct os_poll *p, struct os_ready *ready, int n)
{
	int found = 0;

	for (int i = 0; i < p->n_files && found < n; i++) {
		const struct file *file = &p->files[i];

		if (file->events != 0)
			ready[found++] = (struct os_ready){
			    .tag = file->tag, .revents = file->events};
	}
	return found;
}

int
os_poll_wait(struct os_poll *p, struct os_ready *ready, int n, int64_t ns)
{
	struct epoll_event events[BATCH];
	int files = ready_files(p, ready, n);
	int left = n - files < BATCH ? n - files : BATCH;
	int found;

	if (left == 0)
		return files;
	found =
	    epoll_wait(p->fd, events, left, files > 0 ? 0 : milliseconds(ns));
	if (found < 0)
		return files > 0 ? files : -1;
	for (int i = 0; i < found; i++)
		ready[files + i] = (struct os_ready){.tag = events[i].data.u64,
		    .revents = (short)events[i].events};
	return files + found;
}

#else

#include <fcntl.h>

struct os_poll {
	struct pollfd *fds;
	uint64_t *tags;
	int n;
	int cap;
	int next; /* who is told of first */
};

struct os_poll *
os_poll_new(void)
{
	return calloc(1, sizeof(struct os_poll));
}

void
os_poll_free(struct os_poll *p)
{
	if (p == NULL)
		return;
	free(p->fds);
	free(p->tags);
	free(p);
}

static int
grow(struct os_poll *p)
{
	int cap = p->cap > 0 ? p->cap * 2 : 16;
	struct pollfd *fds = realloc(p->fds, (size_t)cap * sizeof(*fds));
	uint64_t *tags;

	if (fds == NULL)
		return -1;
	p->fds = fds;
	tags = realloc(p->tags, (size_t)cap * sizeof(*tags));
	if (tags == NULL)
		return -1;
	p->tags = tags;
	p->cap = cap;
	return 0;
}

/* It is found as poll(2) finds those that are ready: one after the other. */
static int
slot_of(const struct os_poll *p, int fd)
{
	int slot = 0;

	while (p->fds[slot].fd != fd)
		slot++;
	assert(slot < p->n);
	return slot;
}

int
os_poll_add(struct os_poll *p, int fd, short events, uint64_t tag)
{
	if (fcntl(fd, F_GETFD) < 0 || (p->n == p->cap && grow(p) < 0))
		return -1;
	p->fds[p->n] = (struct pollfd){.fd = fd, .events = events};
	p->tags[p->n++] = tag;
	return 0;
}

void
os_poll_change(struct os_poll *p, int fd, short events, uint64_t tag)
{
	int slot = slot_of(p, fd);

	p->fds[slot].events = events;
	p->tags[slot] = tag;
}

void
os_poll_remove(struct os_poll *p, int fd)
{
	int slot = slot_of(p, fd);

	p->fds[slot] = p->fds[--p->n];
	p->tags[slot] = p->tags[p->n];
}

int
os_poll_wait(struct os_poll *p, struct os_ready *ready, int n, int64_t ns)
{
	int left = poll(p->fds, (nfds_t)p->n, milliseconds(ns));
	int found = 0;

	if (left < 0)
		return -1;
	for (int i = 0; i < p->n && found < n && found < left; i++) {
		int slot = (p->next + i) % p->n;

		if (p->fds[slot].revents == 0)
			continue;
		ready[found++] = (struct os_ready){
		    .tag = p->tags[slot], .revents = p->fds[slot].revents};
		if (found == n)
			p->next = slot + 1;
	}
	return found;
}

#endif

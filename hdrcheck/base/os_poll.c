/* SPDX-License-Identifier: ISC */
#include "hdrcheck/base/os_poll.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
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

enum { USUAL, LAST, KINDS };

struct os_poll {
	int fd[KINDS]; /* the second is watched by the first */
	int n_files;
	struct file files[FILES_MAX];
};

/* What the first one says when the second is ready. */
#define TAG_OF_LAST UINT64_MAX

static int
control(int poll, int what, int fd, short events, uint64_t tag)
{
	struct epoll_event event = {
	    .events = (uint32_t)(events & ~OS_POLL_LAST), .data = {.u64 = tag}};

	return epoll_ctl(poll, what, fd, &event);
}

struct os_poll *
os_poll_new(void)
{
	struct os_poll *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->fd[USUAL] = epoll_create1(EPOLL_CLOEXEC);
	p->fd[LAST] = p->fd[USUAL] < 0 ? -1 : epoll_create1(EPOLL_CLOEXEC);
	if (p->fd[LAST] >= 0 &&
	    control(p->fd[USUAL], EPOLL_CTL_ADD, p->fd[LAST], POLLIN,
		TAG_OF_LAST) == 0)
		return p;
	os_poll_free(p);
	return NULL;
}

void
os_poll_free(struct os_poll *p)
{
	if (p == NULL)
		return;
	for (int i = 0; i < KINDS; i++) {
		if (p->fd[i] >= 0)
			close(p->fd[i]);
	}
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

/* Where a descriptor with these events is. */
static int
poll_for(const struct os_poll *p, short events)
{
	return p->fd[events & OS_POLL_LAST ? LAST : USUAL];
}

int
os_poll_add(struct os_poll *p, int fd, short events, uint64_t tag)
{
	if (control(poll_for(p, events), EPOLL_CTL_ADD, fd, events, tag) == 0)
		return 0;
	if (errno != EPERM || p->n_files == FILES_MAX)
		return -1;
	p->files[p->n_files++] =
	    (struct file){.fd = fd, .events = events, .tag = tag};
	return 0;
}

/* It is never nowhere: nobody would hear of it again. */
bool
os_poll_change(struct os_poll *p, int fd, short was, short events, uint64_t tag)
{
	struct file *file = file_of(p, fd);
	int from = poll_for(p, was), to = poll_for(p, events);

	if (file != NULL) {
		*file = (struct file){.fd = fd, .events = events, .tag = tag};
		return true;
	}
	if (from != to && control(to, EPOLL_CTL_ADD, fd, events, tag) == 0) {
		control(from, EPOLL_CTL_DEL, fd, 0, 0);
		return true;
	}
	control(from, EPOLL_CTL_MOD, fd, events, tag);
	return from == to;
}

void
os_poll_remove(struct os_poll *p, int fd, short was)
{
	struct file *file = file_of(p, fd);

	if (file != NULL)
		*file = p->files[--p->n_files];
	else
		control(poll_for(p, was), EPOLL_CTL_DEL, fd, 0, 0);
}

static int
ready_files(const struct os_poll *p, struct os_ready *ready, int n)
{
	int found = 0;

	for (int i = 0; i < p->n_files && found < n; i++) {
		const struct file *file = &p->files[i];
		short events = (short)(file->events & ~OS_POLL_LAST);

		if (events != 0)
			ready[found++] = (struct os_ready){
			    .tag = file->tag, .revents = events};
	}
	return found;
}

/* Up to n that are ready; the second is in *has_last, and not told of. */
static int
ready_usual(const struct os_poll *p, struct os_ready *ready, int n, int ms,
    bool *has_last)
{
	struct epoll_event events[BATCH];
	int told = epoll_wait(p->fd[USUAL], events, n < BATCH ? n : BATCH, ms);
	int found = 0;

	*has_last = false;
	for (int i = 0; i < told; i++) {
		if (events[i].data.u64 == TAG_OF_LAST)
			*has_last = true;
		else
			ready[found++] =
			    (struct os_ready){.tag = events[i].data.u64,
				.revents = (short)events[i].events};
	}
	return told < 0 ? -1 : found;
}

int
os_poll_wait(struct os_poll *p, struct os_ready *ready, int n, int64_t ns)
{
	int files = ready_files(p, ready, n);
	struct epoll_event last;
	bool has_last;
	int found;

	if (files == n)
		return files;
	found = ready_usual(p, ready + files, n - files,
	    files > 0 ? 0 : milliseconds(ns), &has_last);
	if (found < 0)
		return files > 0 ? files : -1;
	found += files;
	if (has_last && epoll_wait(p->fd[LAST], &last, 1, 0) == 1)
		ready[found++] = (struct os_ready){
		    .tag = last.data.u64, .revents = (short)last.events};
	return found;
}

#else

#include <fcntl.h>

struct slot {
	uint64_t tag;
	bool is_last; /* of OS_POLL_LAST */
};

struct os_poll {
	struct pollfd *fds;
	struct slot *slots;
	int n;
	int cap;
	int next[2]; /* who is told of first, and first of the last */
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
	free(p->slots);
	free(p);
}

static int
grow(struct os_poll *p)
{
	int cap = p->cap > 0 ? p->cap * 2 : 16;
	struct pollfd *fds = realloc(p->fds, (size_t)cap * sizeof(*fds));
	struct slot *slots;

	if (fds == NULL)
		return -1;
	p->fds = fds;
	slots = realloc(p->slots, (size_t)cap * sizeof(*slots));
	if (slots == NULL)
		return -1;
	p->slots = slots;
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

static void
set(struct os_poll *p, int slot, short events, uint64_t tag)
{
	p->fds[slot].events = (short)(events & ~OS_POLL_LAST);
	p->slots[slot] =
	    (struct slot){.tag = tag, .is_last = (events & OS_POLL_LAST) != 0};
}

int
os_poll_add(struct os_poll *p, int fd, short events, uint64_t tag)
{
	if (fcntl(fd, F_GETFD) < 0 || (p->n == p->cap && grow(p) < 0))
		return -1;
	p->fds[p->n] = (struct pollfd){.fd = fd};
	set(p, p->n++, events, tag);
	return 0;
}

bool
os_poll_change(struct os_poll *p, int fd, short was, short events, uint64_t tag)
{
	(void)was;
	set(p, slot_of(p, fd), events, tag);
	return true;
}

void
os_poll_remove(struct os_poll *p, int fd, short was)
{
	int slot = slot_of(p, fd);

	(void)was;
	p->fds[slot] = p->fds[--p->n];
	p->slots[slot] = p->slots[p->n];
}

/* Up to n that are ready, of those that are told of last, or of the others. */
static int
find_ready(struct os_poll *p, struct os_ready *ready, int n, bool last)
{
	int found = 0, first = p->next[last];

	for (int i = 0; i < p->n && found < n; i++) {
		int slot = (first + i) % p->n;

		if (p->fds[slot].revents == 0 || p->slots[slot].is_last != last)
			continue;
		ready[found++] = (struct os_ready){
		    .tag = p->slots[slot].tag, .revents = p->fds[slot].revents};
		if (found == n)
			p->next[last] = slot + 1;
	}
	return found;
}

int
os_poll_wait(struct os_poll *p, struct os_ready *ready, int n, int64_t ns)
{
	int left = poll(p->fds, (nfds_t)p->n, milliseconds(ns));
	int found;

	if (left <= 0)
		return left;
	found = find_ready(p, ready, n - 1, false);
	return found + find_ready(p, ready + found, 1, true);
}

#endif

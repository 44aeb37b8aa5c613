/* SPDX-License-Identifier: ISC */
/*
 * os_poll - which of many descriptors are ready: epoll(7) on Linux, where those
 * that say nothing cost nothing; poll(2) elsewhere
 */
#ifndef BASE_OS_POLL_H
#define BASE_OS_POLL_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

/* A descriptor that is ready: the tag that it has, and what poll(2) would say.
 */
struct os_ready {
	uint64_t tag;
	short revents;
};

/*
 * An event to add to those of a descriptor that is told of only behind all
 * others, and one such at a time: how many are ready delays nobody else.
 */
enum { OS_POLL_LAST = 0x4000 };

struct os_poll;

/* Not for use across fork(2). NULL: errno. */
struct os_poll *os_poll_new(void);

/* The descriptors stay open. */
void os_poll_free(struct os_poll *p);

/*
 * Adds a descriptor; events as of poll(2), errors and the end always count. A
 * file is always ready, as for poll(2), but two of them at most can be added.
 * 0, or -1 with errno.
 */
int os_poll_add(struct os_poll *p, int fd, short events, uint64_t tag);

/*
 * Other events of a descriptor that was added, or changed, with was. False: the
 * system has no room for it where OS_POLL_LAST says; for that one was still
 * counts, for the others the new events.
 */
bool os_poll_change(
    struct os_poll *p, int fd, short was, short events, uint64_t tag);

/* To be called before fd is closed. */
void os_poll_remove(struct os_poll *p, int fd, short was);

/*
 * Waits until a descriptor is ready or ns are over, rounded up to milliseconds;
 * -1: for ever. Tells of n of them at most; those that were left out come first
 * the next time. Returns how many, or -1 with errno.
 */
int os_poll_wait(struct os_poll *p, struct os_ready *ready, int n, int64_t ns);

#endif

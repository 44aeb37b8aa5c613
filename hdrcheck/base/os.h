/* SPDX-License-Identifier: ISC */
/*
 * os - everything that Linux does and POSIX does not, with a fallback
 *
 * On Linux: signalfd, inotify, prctl. Elsewhere, and when built with
 * -DOS_PORTABLE, a pipe, no news, and nothing. os.c, os_confine.c and
 * os_poll.c are all that a port touches.
 */
#ifndef BASE_OS_H
#define BASE_OS_H

#include <sys/types.h>

#include "hdrcheck/base/span.h"

enum os_news {
	OS_NEWS_ARRIVED, /* a name is there, its content may still change */
	OS_NEWS_COMPLETE, /* the attributes of a file changed: it is whole */
	OS_NEWS_DEPARTED, /* a name is gone */
	OS_NEWS_LEFT, /* the same, of the folder of os_news_also() */
	OS_NEWS_LOST, /* events were lost, or the folder is gone */
};

/* Keeps the signals listed (ends with 0) waiting for os_signal_open(). */
void os_signal_hold(const int *signals);

/* Closes every descriptor from fd on. */
void os_close_from(int fd);

/*
 * Routes the signals listed in signals (ends with 0) to a descriptor that
 * becomes readable when one arrives. Call once per process. -1: errno.
 */
int os_signal_open(const int *signals);

/* The next signal that arrived on fd, or 0 when there is none (now). */
int os_signal_read(int fd);

/*
 * Watches the names in a folder. Returns a descriptor whose bytes are for
 * os_news_next(), or -1 with errno (ENOSYS where there is no such thing).
 */
int os_news_open(const char *folder);

/* Names that leave this folder are told, too; 0, or -1 with errno. */
int os_news_also(int fd, const char *folder);

/*
 * Takes one event off the bytes read from the descriptor: true, with *kind
 * and *name (borrowed from *bytes, empty for OS_NEWS_LOST), or false when
 * *bytes has no whole event left. Events of no interest are passed over.
 */
bool os_news_next(struct span *bytes, enum os_news *kind, struct span *name);

/* No new privileges for this process and its children; 0 or -1. */
int os_no_new_privileges(void);

/* No core files, no tracing by others of the same user. */
int os_not_dumpable(void);

/*
 * From here on this process opens, makes and removes no file and starts no
 * program, and as far as the kernel knows how, it binds no port, and sends no
 * signal to others, where the system can see to that (Landlock): then true.
 * What is open stays so, and sockets can be connected to.
 */
bool os_forget_files(void);

/* The name of this process in ps(1); at most 15 bytes. */
void os_name_process(const char *name);

/*
 * This process gets the signal when the one that made it ends. -1: that has
 * ended already (ESRCH), or another errno.
 */
int os_signal_at_parents_end(pid_t parent, int signo);

/* Fills out with bytes that nobody can guess; 0, or -1 and errno. */
int os_random(void *out, size_t len);

/*
 * Has a pipe hold more than it does by default, where it can: a writer that is
 * ahead need not wait for its reader then, nor wake it for every few bytes.
 */
void os_pipe_widen(int fd);

/* How many bytes a pipe holds; 0: nobody knows. */
size_t os_pipe_size(int fd);

/* accept(2) with close-on-exec and non-blocking set; -1: errno. */
int os_accept(int listener);

/*
 * The process that listens where this unix socket is connected to; 0: not
 * known.
 */
pid_t os_peer(int fd);

#endif

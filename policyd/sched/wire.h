/* SPDX-License-Identifier: ISC */
/*
 * wire - what engine and runner say to each other
 *
 * One message a datagram of a SOCK_SEQPACKET pair. The codec is pure; the two
 * functions at the end carry datagrams and descriptors.
 *
 * The engine asks, the runner tells:
 *
 *   L               list            S VERB   started; its standard output
 *   R ID ID ...     read                     and error come along
 *   H ID ID ...     release         X VERB N ended, exit code N (or 128 and
 *   Q ID ID ...     requeue                  the signal's number)
 *   q, p            kick            F VERB N not started, errno N
 *   E               end the read    P ...    what Postfix's settings say
 *   A               I am alive      C N      read settings (1) and rules (2)
 *   S               I have read              again, from the descriptors that
 *   G               reload                   come along; not there: none
 *                                   O N E    file N (1, 2) of these cannot be
 *                                            opened: errno E
 *                                   N        a watch on hold comes along
 *                                   T        stop
 */
#ifndef SCHED_WIRE_H
#define SCHED_WIRE_H

#include "hdrcheck/base/buf.h"
#include "policyd/sched/plan.h"
#include "policyd/sched/sweep.h"

enum {
	WIRE_MAX = 128 * 1024, /* bytes of a message: Linux takes 200 KiB */
	WIRE_FDS_MAX = 2, /* descriptors with a message */
};

enum wire_ask {
	WIRE_COMMAND,
	WIRE_END_READ, /* kill the read that runs, if one does */
	WIRE_ALIVE, /* a sign of life */
	WIRE_HAVE_READ, /* the answer to WIRE_SETTINGS, whatever came of it */
	WIRE_RELOAD, /* what SIGHUP asks for */
};

/* What the engine asks for. */
struct wire_request {
	enum wire_ask ask; /* the rest is for WIRE_COMMAND */
	enum sweep_verb verb;
	struct span ids; /* each followed by a line end; checked */
	size_t n_ids;
};

/*
 * Appends the request for a command. False when it does not fit.
 */
bool wire_put_request(struct buf *out, const struct sweep_command *command);

/* Appends one of the others. False when it does not fit. */
bool wire_put_ask(struct buf *out, enum wire_ask ask);

/*
 * Reads what claims to be one of these. False for anything that they do not
 * write: then the engine is not to be trusted.
 */
bool wire_get_request(struct span message, struct wire_request *request);

/* What a WIRE_SETTINGS has descriptors of, in this order. */
enum { WIRE_HAS_SETTINGS = 1, WIRE_HAS_RULES = 2 };

enum wire_tell {
	WIRE_STARTED,
	WIRE_ENDED,
	WIRE_NOT_STARTED,
	WIRE_POSTFIX,
	WIRE_SETTINGS,
	WIRE_NOT_OPENED,
	WIRE_NEWS,
	WIRE_STOP,
};

/* What the runner tells. */
struct wire_report {
	enum wire_tell tell;
	enum sweep_verb verb; /* STARTED, ENDED, NOT_STARTED */
	int number; /* ENDED, NOT_STARTED, SETTINGS, NOT_OPENED: the errno */
	int file; /* NOT_OPENED: WIRE_HAS_... */
	struct plan_postfix postfix; /* POSTFIX */
};

bool wire_put_report(struct buf *out, const struct wire_report *report);
bool wire_get_report(struct span message, struct wire_report *report);

/*
 * A pair of sockets with room for all that the engine may ask before the runner
 * hears of it, as far as the system allows that. 0 or -1: errno.
 */
int wire_open(int ends[2]);

/* Sends one message with n_fds descriptors, never waits; 0 or -1: errno. */
int wire_send(int channel, struct span message, const int *fds, size_t n_fds);

/*
 * Receives one message into room (WIRE_MAX bytes): its length, 0 at the end of
 * the other side, -1 with errno: a longer message is EPROTO. *n_fds descriptors
 * came along, which the caller owns; none when there was no room for all that
 * were sent: more than WIRE_FDS_MAX, or more than this process may have. Then
 * no number of a descriptor is left in fds.
 */
ssize_t wire_receive(
    int channel, char *room, int fds[WIRE_FDS_MAX], size_t *n_fds);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * hands_private - what the child and its hands say to each other
 *
 * Datagrams of wire_send(). The child asks, one letter and for some verbs ids,
 * each followed by a line end, or the number of a lookup: a letter of
 * hands_letters starts a command, K ends the one that runs, C connects to
 * control_socket, O opens the rules file. The hands answer:
 *
 *   S      started; its standard output and error come along
 *   D      done; the descriptor comes along
 *   E N    it could not be done: errno N
 *   X N    the command that was started has ended with N
 */
#ifndef CTL_HANDS_PRIVATE_H
#define CTL_HANDS_PRIVATE_H

#include "policyd/ctl/hands.h"

/* Of enum hands_verb. */
static const char hands_letters[HANDS_VERBS + 1] = "LRFDkrQ";

enum {
	HANDS_END = 'K',
	HANDS_CONNECT = 'C',
	HANDS_RULES = 'O',
	HANDS_STARTED = 'S',
	HANDS_DONE = 'D',
	HANDS_ERRNO = 'E',
	HANDS_EXITED = 'X',
};

static inline bool
hands_takes_ids(enum hands_verb verb)
{
	return verb == HANDS_READ || verb == HANDS_FAIL || verb == HANDS_DROP;
}

/* How many ids one command may have. */
static inline size_t
hands_ids_max(enum hands_verb verb)
{
	if (!hands_takes_ids(verb))
		return 0;
	return verb == HANDS_READ ? HANDS_READ_MAX : HANDS_IDS_MAX;
}

/* The number of a lookup; false: there is no such one. */
static inline bool
hands_read_lookup(
    const struct hands_options *options, struct span text, uint64_t *number)
{
	return options->n_lookups > 0 &&
	    span_to_u64(text, options->n_lookups - 1, number);
}

/*
 * The parent's: starts a command, see verb_start(). ids is the number of the
 * lookup for HANDS_LOOKUP. *program is its name, and
 * *deadline_s how long it may run. -1: errno.
 */
pid_t hands_start(const struct hands_options *options, enum hands_verb verb,
    char *ids, size_t n, int fds[2], const char **program, int64_t *deadline_s);

/* The child's side; in the child, not root any more. */
struct hands *hands_new(int channel);
void hands_free(struct hands *h);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * hands - the half of policyctl that stays root (I10)
 *
 * A verb that looks at mail runs in a child that has given up being root; it
 * parses what commands print, talks to the engine and writes to the terminal.
 * What it cannot do itself it asks its parent, the hands, for: Postfix's
 * commands, of which the hands read no byte, and descriptors. The hands take a
 * verb and checked queue ids, and nothing else.
 */
#ifndef CTL_HANDS_H
#define CTL_HANDS_H

#include "hdrcheck/settings.h"
#include "policyd/sched/postconf.h"
#include "policyd/sched/qid.h"

enum {
	HANDS_IDS_MAX = 4096, /* of one command that takes them on its input */
	HANDS_READ_MAX = 1024, /* ids of one HANDS_READ */
};

enum hands_verb {
	HANDS_LIST, /* postqueue -j */
	HANDS_READ, /* postcat -qeh ID ... */
	HANDS_FAIL, /* postsuper -f - hold; only where options say so */
	HANDS_DROP, /* postsuper -d - hold; likewise */
	HANDS_KICK, /* postkick public qmgr D: what was failed leaves now */
	HANDS_RUNS, /* postfix status */
	HANDS_VERBS, /* how many there are */
};

struct hands_options {
	const struct settings *settings;
	const struct postconf *postconf; /* of hands_open() */
	bool may_remove; /* HANDS_FAIL and HANDS_DROP are allowed */
};

struct hands; /* the child's end */

/* Output of a command: read ends of pipes, blocking, owned by the caller. */
struct hands_output {
	int out;
	int err;
};

/*
 * Looks around before the verb starts: is this root, does Postfix answer to
 * postconf(1)? 0, or an exit code, and what is wrong is printed.
 */
int hands_open(const struct settings *settings, struct postconf *postconf);

/*
 * Forks. run(hands, ctx) is called in the child, as the user that settings
 * name; its result is the exit code of the child and what this returns in the
 * parent. 70 and a message when the child ends in another way.
 */
typedef int hands_fn(struct hands *hands, void *ctx);
int hands_run(const struct hands_options *options, hands_fn *run, void *ctx);

/* For the child. One command runs at a time. */

/* Starts a command; ids for those that take them. 0; -1: errno. */
int hands_start(struct hands *h, enum hands_verb verb, const struct qid *ids,
    size_t n, struct hands_output *output);

/*
 * Waits for its end: its exit code, 128 and more for a signal. Its output must
 * have been read or closed before.
 */
int hands_end(struct hands *h);

/* Ends the command that runs; hands_end() still has to be called. */
void hands_kill(struct hands *h);

/*
 * A connection to control_socket, and the rules file opened; blocking,
 * close-on-exec, owned by the caller. -1: errno (of the control socket, ENOENT
 * and ECONNREFUSED mean that policyd is not running).
 */
int hands_connect(struct hands *h);
int hands_open_rules(struct hands *h);

#endif

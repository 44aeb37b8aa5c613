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

#include "hdrcheck/base/buf.h"
#include "hdrcheck/settings.h"
#include "policyd/sched/postconf.h"
#include "policyd/sched/qid.h"

enum {
	HANDS_IDS_MAX = 1900, /* of one command: they fit into 64 KiB */
	HANDS_READ_MAX = 1024, /* of one HANDS_READ */
	HANDS_OUTPUT_MAX = 17 * 1024 * 1024, /* bytes that wait to be taken */
	HANDS_TABLES_MAX = 64, /* of one lookup */
	HANDS_ERRORS_SIZE = 256 * 1024, /* of standard error that are kept:
					 two lines for each of the ids */
};

enum hands_verb {
	HANDS_LIST, /* postqueue -j */
	HANDS_READ, /* postcat -qeh ID ... */
	HANDS_FAIL, /* postsuper -f - hold; only where options say so */
	HANDS_DROP, /* postsuper -d - hold; likewise */
	HANDS_KICK, /* postkick public qmgr D: what was failed leaves now */
	HANDS_RUNS, /* postfix status */
	HANDS_LOOKUP, /* postmap -q; see hands_look_up() */
	HANDS_VERBS, /* how many there are */
};

/* What Postfix's own client is asked: key in these tables, the first one first.
   All of it is the administrator's. */
struct hands_lookup {
	const char *key;
	const char *const *table;
	size_t n_tables; /* at most HANDS_TABLES_MAX */
};

struct hands_options {
	const struct settings *settings;
	const struct postconf *postconf; /* of hands_open() */
	bool may_remove; /* HANDS_FAIL and HANDS_DROP are allowed */
	bool may_ask; /* hands_connect() is: the engine does what it is told */
	const struct hands_lookup *lookup; /* that may be asked for */
	size_t n_lookups;
};

struct hands; /* the child's end */

/*
 * Looks around before the verb starts: is this root, does Postfix answer to
 * postconf(1)? 0, or an exit code, and what is wrong is printed.
 */
int hands_open(const struct settings *settings, struct postconf *postconf);

/*
 * Forks. run(hands, ctx) is called in the child, as the user that settings
 * name (or nobody, where there is no such user), without a controlling
 * terminal; its result is the exit code of the child and what this returns in
 * the parent. 70 and a message when the child ends in another way. What is on
 * standard output is flushed; a reader of it that has gone is no error, another
 * failure is 74. SIGPIPE is ignored in the child, so what goes on for long has
 * to look at ferror(stdout).
 */
typedef int hands_fn(struct hands *hands, void *ctx);
int hands_run(const struct hands_options *options, hands_fn *run, void *ctx);

/* For the child. */

/*
 * Takes what it can use off in, to which more is appended until the command's
 * output ends. False: it has seen enough, the command is ended.
 */
typedef bool hands_take_fn(void *ctx, struct buf *in);

/*
 * Runs a command, with ids for those that take them, and waits for it. Returns
 * its exit code, 128 and more for a signal; -1 with errno when it could not be
 * started, or (ENOBUFS) when more than HANDS_OUTPUT_MAX bytes were not taken.
 * take may be NULL: then its output is thrown away.
 */
int hands_command(struct hands *h, enum hands_verb verb, const struct qid *ids,
    size_t n, hands_take_fn *take, void *ctx);

/*
 * The same for one of the lookups of the options, as mail_owner. A relative
 * path in a table is one of the folder this process was in.
 */
int hands_look_up(
    struct hands *h, size_t lookup, hands_take_fn *take, void *ctx);

/* What the last command said on standard error, perhaps cut, without blanks at
   its ends; valid until the next one. */
struct span hands_errors(const struct hands *h);

/*
 * A connection to control_socket (with may_ask only), and the rules file
 * opened; blocking,
 * close-on-exec, owned by the caller. -1: errno (of the control socket, ENOENT
 * and ECONNREFUSED mean that policyd is not running).
 */
int hands_connect(struct hands *h);
int hands_open_rules(struct hands *h);

#endif

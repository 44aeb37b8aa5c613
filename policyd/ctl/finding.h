/* SPDX-License-Identifier: ISC */
/*
 * finding - what policyctl check may find: the table, and what was found
 *
 * An error means that mail is stopped, stuck or early now; all else is a
 * warning. A finding has a text for people, with the values seen, and a command
 * that mends it, for sh(1). Texts may have strangers' bytes in them: who prints
 * them makes them printable. Commands have none but queue ids.
 *
 * Pure, but for memory.
 */
#ifndef CTL_FINDING_H
#define CTL_FINDING_H

#include "hdrcheck/base/buf.h"

enum {
	FINDINGS_MAX = 100, /* of one check; more are not kept */
	FINDINGS_FINE_MAX = 32, /* what was looked at and is well */
	FINDING_TEXT_MAX = 2048, /* bytes */
	FINDING_MEND_MAX = 128 * 1024, /* bytes of a command */
};

enum finding_kind {
	/* Postfix as a whole */
	FINDING_POSTFIX_UNKNOWN,
	FINDING_POSTFIX_OLD,
	FINDING_POSTFIX_DOWN,
	FINDING_INLINE_TABLES,
	FINDING_TIME_ZONE,
	FINDING_SHORT_IDS,
	FINDING_QUEUE_LIFE,
	FINDING_DELAY_WARNING,
	FINDING_REQUEUE_COPIES,
	/* header_checks */
	FINDING_NOT_ASKED,
	FINDING_SERVICE_NOT_ASKING,
	FINDING_CHECKS_OFF,
	FINDING_NOT_FIRST,
	FINDING_HIDDEN,
	FINDING_EVERY_HEADER,
	FINDING_LINE_GUARD,
	FINDING_ATTACHED,
	FINDING_RECEIVED_REMOVED,
	FINDING_STRANGERS,
	FINDING_ELSEWHERE,
	FINDING_CHROOT,
	FINDING_LOOKUP,
	/* rules */
	FINDING_RULES_NOT_ASKED,
	FINDING_RULES_NOT_HELD,
	FINDING_RULES_BEHIND_PERMIT,
	FINDING_RULES_BEFORE_REFUSAL,
	FINDING_RULES_WRONG,
	FINDING_RULE_NEVER,
	FINDING_RULES_STALE,
	/* daemons, sockets, folders */
	FINDING_NO_USER,
	FINDING_AS_ROOT,
	FINDING_FOLDER_MISSING,
	FINDING_FOLDER_RIGHTS,
	FINDING_NOT_A_SOCKET,
	FINDING_SOCKET_RIGHTS,
	FINDING_HDRCHECK_DOWN,
	FINDING_HDRCHECK_STALE,
	FINDING_POLICYD_DOWN,
	FINDING_POLICY_SILENT,
	FINDING_VERSION,
	FINDING_STATE_FOLDER,
	FINDING_STATE_WRONG,
	FINDING_PAUSED,
	/* mail on hold */
	FINDING_QUEUE_UNREAD,
	FINDING_OVERDUE,
	FINDING_UNREADABLE,
	FINDING_FOREIGN,
	FINDING_BEYOND,
	FINDING_RULE_GONE,
	FINDING_CLOCK,
	FINDING_KINDS, /* how many there are */
};

struct finding {
	enum finding_kind kind;
	struct buf text;
	struct buf mend;
	bool cut; /* the command did not fit */
};

struct findings {
	struct finding finding[FINDINGS_MAX];
	size_t n;
	struct finding spare; /* for what is too much */
	struct buf fine[FINDINGS_FINE_MAX];
	size_t n_fine;
};

void findings_init(struct findings *findings);
void findings_free(struct findings *findings);

/* How it is called in manuals and in JSON; and whether it is an error. */
const char *finding_name(enum finding_kind kind);
bool finding_is_error(enum finding_kind kind);

/* A new one, without a text; owned by findings. Never NULL. */
struct finding *finding_add(struct findings *findings, enum finding_kind kind);

/* True when there is one of that kind. */
bool findings_have(const struct findings *findings, enum finding_kind kind);

/* The exit code: 0, 1 with warnings, 2 with errors. */
int findings_exit_code(const struct findings *findings);

/* Appends to the text, of which the end may be cut, or to the command. */
void finding_say(struct finding *f, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void finding_say_span(struct finding *f, struct span text);
void finding_mend(struct finding *f, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Appends a word in quotes for sh(1), where it needs them. */
void finding_mend_word(struct finding *f, struct span word);

/* The command; empty when not all of it fits. */
struct span finding_command(const struct finding *f);

/* This was looked at and is well. */
void findings_say_fine(struct findings *findings, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif

/* SPDX-License-Identifier: ISC */
/*
 * sweep - the scheduler: what is known of the queue, and what to do next
 *
 * A state machine without I/O and without a clock. Its owner tells it what the
 * commands printed and what inotify saw, asks which command to start next, and
 * runs that. All mail it has not understood stays where it is.
 *
 * A message's way:
 *
 *   UNREAD -> READING -> WAITING -> RELEASING -> RELEASED -> forgotten
 *                     -> FOREIGN                (when it left the queue)
 *                     -> IF_LISTED -> WAITING   (a walk saw it untried)
 *                     -> UNREADABLE -> UNREAD   (tried again, ever rarer)
 *          WAITING -> TO_REQUEUE -> RELEASING   (old mail)
 *        RELEASING -> UNCONFIRMED -> WAITING    (still on hold)
 *
 *        RELEASING -> HELD_UP -> WAITING        (alone, its command fails)
 *          READING -> FROZEN -> UNREAD          (a rule holds it; the rules
 *                                                changed, so judged anew;
 *                                                or the administrator does)
 *
 *     any of those
 *       that stay on hold -> UNREAD             (rescheduled: judged anew)
 *
 * Whatever was in flight when a command failed goes back one step, and the
 * next command takes half as many: so a message that spoils it is soon alone.
 */
#ifndef SCHED_SWEEP_H
#define SCHED_SWEEP_H

#include "hdrcheck/base/clock.h"
#include "policyd/sched/flow.h"
#include "policyd/sched/index.h"
#include "policyd/sched/lateness.h"
#include "policyd/sched/override.h"
#include "policyd/sched/plan.h"
#include "policyd/sched/qmsg.h"
#include "policyd/sched/tally.h"

enum sweep_verb {
	SWEEP_LIST,
	SWEEP_READ,
	SWEEP_RELEASE,
	SWEEP_REQUEUE,
	SWEEP_KICK_QMGR,
	SWEEP_KICK_PICKUP,
};

enum {
	SWEEP_VERBS = SWEEP_KICK_PICKUP + 1, /* how many there are */
	SWEEP_COMMANDS_MAX = 4, /* at once */
	SWEEP_IDS_MAX = 8192, /* of one command */
	SWEEP_READ_MAX = 2048, /* ids of one read */
	SWEEP_PEEK_MAX = 10, /* ids of one peek: reads wait for its end */
	SWEEP_IDS_BYTES = 124 * 1024, /* of one command, a byte between two */
};

struct sweep_command {
	enum sweep_verb verb;
	const struct qid *ids; /* valid until sweep_end() of this verb */
	size_t n;
};

enum sweep_event_kind {
	SWEEP_RELEASED,
	SWEEP_RELEASED_OLD, /* leaves by -H, though it is old */
	SWEEP_STILL_HELD, /* the command succeeded, it stayed */
	SWEEP_UNREADABLE,
	SWEEP_FOREIGN, /* it has a date, and is not ours */
	SWEEP_RULE_GONE, /* a rule wrote never, and holds it no longer */
	SWEEP_FAILED, /* a command */
	SWEEP_HELD, /* new mail is ours; not of what a first walk finds */
	SWEEP_RESCHEDULED, /* the administrator's moment counts from now on */
	SWEEP_REQUEUED, /* not by us, and it is on hold again: former, id */
	SWEEP_WALKS, /* they are rarer than sweep_interval, or no longer */
};

struct sweep_event {
	enum sweep_event_kind kind;
	struct qid id;
	int64_t due_s; /* OVERRIDE_NEVER: none (HELD, RESCHEDULED) */
	struct qid former; /* REQUEUED: its queue id before */
	int64_t late_ns; /* RELEASED */
	bool requeued; /* RELEASED */
	enum plan_why why; /* FOREIGN */
	struct span rule; /* RULE_GONE: its name; valid during the call */
	bool at_once; /* RULE_GONE: due_s has come */
	enum sweep_verb verb; /* FAILED */
	int64_t retry_ns; /* FAILED: from now */
	bool rarer; /* WALKS */
	uint64_t listed; /* WALKS: messages in the queue */
	int64_t cost_ns; /* WALKS: how long the last one took */
	int64_t interval_ns; /* WALKS: from the end of one to the next */
};

/* Told of what happens; must not call sweep functions. */
typedef void sweep_event_fn(void *ctx, const struct sweep_event *event);

/*
 * Asked when a message is judged into which that rule wrote never: is there a
 * rule of that name, and is it a hold rule? Must not call sweep functions.
 */
typedef bool sweep_holds_fn(void *ctx, struct span rule);

struct sweep_options {
	const struct settings *settings; /* borrowed */
	struct plan_postfix postfix; /* may change at any time */
	uint64_t requeue_uid; /* see facts_take_header() */
	sweep_event_fn *tell;
	void *tell_ctx; /* borrowed, as the other one */
	sweep_holds_fn *holds; /* NULL: no rule does */
	void *holds_ctx;
	struct overrides *overrides; /* borrowed; NULL: there are none */
	struct hash_key hash_key; /* of submitters, and of names of rules */
};

/* One verb's command, or the wait before the next one. */
struct sweep_verb_state {
	bool running;
	int64_t started_ns; /* CLOCK_MONOTONIC */
	int64_t not_before_ns; /* after a failure */
	unsigned failures; /* in a row */
};

struct sweep_counts {
	uint64_t released; /* requeued ones included */
	uint64_t requeued;
	uint64_t walks; /* that ended well */
	uint64_t walks_failed;
	uint64_t read; /* messages that were read whole, to judge them */
};

/* What is known of the hold queue. */
struct sweep_survey {
	uint64_t waiting; /* for their moment; those that leave included */
	uint64_t waiting_bytes;
	uint64_t frozen; /* by a rule, or by an administrator's never */
	uint64_t overdue; /* of those that wait: their second is over */
	int64_t oldest_due_s; /* of those that are overdue; else 0 */
	int64_t next_due_s; /* that is still ahead; 0: there is none */
	uint64_t foreign; /* with a date */
	uint64_t unreadable;
	uint64_t unread; /* to be read, or being read */
};

/* How far a look at the queue has come. */
enum sweep_sight {
	SWEEP_LOOKING,
	SWEEP_LOOKED, /* all mail on hold is known, but for unreadable files */
	SWEEP_BLIND, /* the first walk failed, or nothing can be read */
};

/* Work on all entries, from the first slot to the last, in slices. */
struct sweep_pass {
	bool on;
	uint32_t next; /* slot */
};

/*
 * Taking the messages that are due out of the heap, for one command, takes
 * longer than the engine's loop may be held up, so it goes by portions. They
 * are RELEASING from then on, unless sweep_ungather() comes in between.
 */
struct sweep_gathering {
	bool on;
	size_t bytes; /* of their ids */
	size_t looked; /* at so many, those to be requeued too */
	int64_t due_s; /* of the latest of them */
};

struct sweep {
	struct sweep_options o;

	struct index index;
	struct tally tally; /* of submitters of mail that is COUNTED */
	struct tally frozen; /* of rules of mail that is FROZEN */
	struct index_list unread;
	struct index_list to_requeue;
	struct index_list held_up;
	int64_t held_up_ns; /* when the next of them is tried again */
	bool to_sort; /* of these two lists some are to be read again */
	struct sweep_verb_state verb[SWEEP_VERBS];
	unsigned running;
	struct qid reading[SWEEP_READ_MAX];
	struct qid releasing[SWEEP_IDS_MAX];
	struct qid requeuing[SWEEP_IDS_MAX];
	size_t n_reading, n_releasing, n_requeuing;
	struct sweep_gathering gathering; /* of the next release */
	/* Of ids in a command: halved when one fails, doubled when not. */
	size_t limit[SWEEP_VERBS];

	uint8_t walk; /* number of the walk that runs or comes next */
	int64_t next_walk_ns; /* CLOCK_MONOTONIC */
	int64_t walk_cost_ns; /* how long the last one took */
	int64_t walk_end_ns;
	bool walk_again; /* wanted while one was running */
	bool walks_rarer; /* than sweep_interval, as was told */
	uint64_t listed; /* lines of the walk that runs, or of the last one */
	struct sweep_pass ending; /* of the walk before */
	bool unread_left; /* it has met some that are to be read */
	struct sweep_pass anew; /* all is to be judged again */
	uint32_t slice; /* slots of one; 0: as many as take no time */
	bool read_any; /* the read that runs told of a message */
	struct qid peek[SWEEP_PEEK_MAX]; /* that is wanted */
	size_t n_peek;
	bool peeking; /* the read that runs is a peek */
	bool peek_failed; /* the last one */
	bool peek_ends; /* that was said of the one that runs */
	bool kick_wanted[SWEEP_VERBS];
	int64_t wave_ns; /* the first release that no kick was for, yet */
	bool flood; /* the last one took as many as a command can */
	uint32_t deferred; /* off hold, as of the last walk: a kick scans it */
	uint32_t n_deferred; /* in the walk that runs */
	int64_t credit_ns; /* for release_rate: time not yet spent */
	int64_t credit_at_ns;
	struct flow flow; /* for release_rate = auto */
	bool paused;
	bool look_only;
	bool stopping;
	struct sweep_counts counts;
	struct lateness late; /* not of mail that is let go at once */
	bool walk_ok; /* the last one */
	int64_t walk_at_s; /* wall clock, when it ended; 0: there was none */
};

/* How many ids a command may have at most. */
size_t sweep_ids_max(enum sweep_verb verb);

void sweep_init(struct sweep *s, const struct sweep_options *options);
void sweep_free(struct sweep *s);

/* From now on only walks and reads are started. */
void sweep_look_only(struct sweep *s);

/*
 * To be asked after each command's end. With SWEEP_BLIND the commands are tried
 * again all the same, so that it may see later.
 */
enum sweep_sight sweep_sight(const struct sweep *s);

/*
 * The settings or the rules changed: everything is read and judged anew at the
 * next walk, which comes at once. What waits because a rule is gone that held
 * it does not leave before it was judged anew: the rule may be back.
 */
void sweep_reconsider(struct sweep *s);

/*
 * How much mail of this submitter, and of all of them, is known to be ours and
 * on hold. What is being judged, first or anew, does not count meanwhile.
 */
uint64_t sweep_postponed(const struct sweep *s, uint64_t submitter);
uint64_t sweep_postponed_total(const struct sweep *s);

/*
 * How much mail this rule keeps on hold. A message that several rules keep
 * counts for the first of them in its header.
 */
uint32_t sweep_count_frozen(const struct sweep *s, struct span rule);

/*
 * While it is on nothing is released; what is under way goes on. Released mail
 * is still kicked.
 */
void sweep_pause(struct sweep *s, bool on);

/*
 * May the administrator still set a moment for it? False: it is just leaving,
 * or has left by our hand. True for what is not known.
 */
bool sweep_may_reschedule(const struct sweep *s, const struct qid *id);

/*
 * The overrides have changed for that message: it is judged anew, at once,
 * before which it does not leave.
 */
void sweep_reschedule(struct sweep *s, const struct qid *id);

/* Whether the administrator says when it leaves. */
bool sweep_is_by_hand(const struct index_entry *e);

/* A survey in slices, between which things may change. */
struct sweep_surveying {
	struct sweep_survey survey;
	int64_t now_s;
	uint32_t next; /* slot */
};

/* Looks at so many entries more, at most. True: that was all. */
bool sweep_survey_step(
    const struct sweep *s, struct sweep_surveying *to, uint32_t most);

/*
 * Wants messages that wait to be read once more, for what the scheduler does
 * not keep of them: nothing changes by that read. At most SWEEP_PEEK_MAX, in
 * place of those that were wanted before and are not being read; 0: none any
 * more. It comes when nothing else is to be read; those that do not wait by
 * then are left out, and there may be none left. peek_failed tells how the
 * last one ended.
 */
void sweep_peek(struct sweep *s, const struct qid *ids, size_t n);

/* A peek is wanted, or runs. */
bool sweep_is_peeking(const struct sweep *s);

/*
 * True, once a peek: it takes long, and something else is to be read. It should
 * be killed. To be asked when there is no command to start.
 */
bool sweep_ends_peek(struct sweep *s, const struct clock_now *now);

/* Whether mail may leave now: what is not told of it yet should be, before. */
bool sweep_is_due(const struct sweep *s, const struct clock_now *now);

/*
 * Whether there is something new to be read, but not enough to keep postcat
 * busy: then what a listing has yet to tell is not to wait.
 */
bool sweep_reads_too_little(const struct sweep *s);

/* The next command to start, if there is one: then it counts as running. */
bool sweep_next(struct sweep *s, const struct clock_now *now,
    struct sweep_command *command);

/*
 * The moments at which sweep_next() may have something new to say: *wall_ns
 * and *mono_ns, each INT64_MAX when there is none.
 */
void sweep_wait(const struct sweep *s, const struct clock_now *now,
    int64_t *wall_ns, int64_t *mono_ns);

/* What commands and inotify tell. */

/* A line of the listing. */
void sweep_listed(
    struct sweep *s, const struct qmsg *msg, const struct clock_now *now);

/* So many lines, in their order: the same, only quicker. */
void sweep_listed_many(struct sweep *s, const struct qmsg msgs[], size_t n,
    const struct clock_now *now);

/* A message that a read found whole. */
void sweep_read(struct sweep *s, const struct qid *id,
    const struct facts *facts, const struct clock_now *now);

/* A message left hold: by a command that runs, or by somebody else. */
void sweep_departed(
    struct sweep *s, const struct qid *id, const struct clock_now *now);

/*
 * A message left qmgr's active queue: it was tried, or bounced. Of interest for
 * release_rate = auto alone; where that is not told, walks show it.
 */
void sweep_left_active(
    struct sweep *s, const struct qid *id, const struct clock_now *now);

/* A file on hold became complete. */
void sweep_arrived(struct sweep *s, const struct qid *id);

/* The command of that verb ended; ok: with success, and all was read. */
void sweep_end(struct sweep *s, enum sweep_verb verb, bool ok,
    const struct clock_now *now);

/* The command of that verb could not be run: no message is to blame. */
void sweep_not_run(
    struct sweep *s, enum sweep_verb verb, const struct clock_now *now);

/*
 * Wakes Postfix: what a process before this one released may still wait for
 * that. To be called at the start.
 */
void sweep_kick(struct sweep *s);

/*
 * Nothing new is started but kicks. True when what was released is on its way,
 * so that the process may end.
 */
bool sweep_stop(struct sweep *s);

/* A walk is wanted as soon as walks may run again. */
void sweep_want_walk(struct sweep *s);

#endif

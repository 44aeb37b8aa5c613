/* SPDX-License-Identifier: ISC */
/*
 * sweep_entry - the states of a message, inside the scheduler
 *
 * Shared by the files of sweep() and the test that counts after it.
 */
#ifndef SCHED_SWEEP_ENTRY_H
#define SCHED_SWEEP_ENTRY_H

#include "policyd/sched/sweep.h"

enum {
	WALK_REST = 9, /* walking takes at most a tenth of the time */
};

enum state {
	FREE = INDEX_FREE,
	UNREAD, /* in the list of that name */
	READING, /* in flight */
	WAITING, /* in the heap */
	IF_LISTED, /* due; ours if a walk shows it untried */
	TO_REQUEUE, /* in the list of that name */
	RELEASING, /* in flight, by either command */
	UNCONFIRMED, /* the command succeeded; did it leave? */
	RELEASED, /* left hold by our hand; never released again */
	FOREIGN,
	UNREADABLE,
	FROZEN, /* a rule keeps it, or an override */
	HELD_UP, /* in the list of that name */
	GONE, /* left hold while in a list, which still names it; with ASKED
		 and not BACK: by our hand */
};

enum flag {
	KEYED = 1, /* arrival_s and size are known */
	LISTED = 2, /* a walk saw this very message */
	TRIED = 4, /* and it showed a delay_reason */
	REQUEUEABLE = 8, /* its headers and envelope allow it */
	EMPTY_SENDER = 16,
	REREAD = 32, /* settings changed since it was judged */
	BACK = 64, /* GONE, but there again: read it */
	DATED = 128, /* foreign, with a date */
	REQUEUED = 256, /* leaves, or left, by a requeue */
	ASKED = 512, /* a command was told to release it */
	COUNTED = 1024, /* for its submitter, in the tally */
	RULE_GONE = 2048, /* a rule's never is all that held it: told */
	KNOWN = 4096, /* that it is on hold is no news (any more) */
	AT_WILL =
	    8192, /* leaves at once, by hand or without a moment: not late */
	BY_HAND = 16384, /* the administrator says when */
	ON_WAY = 32768, /* RELEASING to RELEASED: counted in the flow */
};

static inline bool
entry_has(const struct index_entry *e, enum flag flag)
{
	return (e->flags & flag) != 0;
}

static inline void
entry_set(struct index_entry *e, enum flag flag, bool on)
{
	e->flags = (uint16_t)(on ? e->flags | flag : e->flags & ~flag);
}

/* Which message an id stands for: see KEYED. */
static inline void
entry_set_key(struct index_entry *e, int64_t arrival_s, uint64_t size)
{
	e->arrival_s = (uint32_t)arrival_s;
	e->size = (uint32_t)size;
	entry_set(e, KEYED, true);
}

/* False: the id was used again for another message. */
static inline bool
entry_is_message(const struct index_entry *e, int64_t arrival_s, uint64_t size)
{
	return !entry_has(e, KEYED) ||
	    (e->arrival_s == (uint32_t)arrival_s && e->size == (uint32_t)size);
}

/* Ours: it counts for its submitter, once, and not any more. */
void entry_count(struct sweep *s, uint32_t slot);
void entry_uncount(struct sweep *s, uint32_t slot);

/* A command releases it; and it was tried, or did not leave after all. */
void entry_enter_flow(struct sweep *s, uint32_t slot);
void entry_leave_flow(struct sweep *s, uint32_t slot);

/* What was in flight in a command that could not be run. */
void sweep_take_back(
    struct sweep *s, const struct qid *ids, size_t n, enum state in_flight);

/* Those that were gathered for a release are waiting again. */
void sweep_ungather(struct sweep *s);

/* Of qmgr's active queue; as it is, or what is usual. */
uint32_t sweep_active_limit(const struct sweep *s);

/* The name of a rule as an entry has it; 0 for no name, and only for that. */
uint32_t sweep_rule_hash(const struct sweep *s, struct span rule);

/* Counts an entry for sweep_survey(). True: it is one of those that wait. */
bool sweep_count_entry(
    struct sweep_survey *survey, const struct index_entry *e, int64_t now_s);

/* Prepares a read of the peek that is wanted; how many ids it has. */
size_t sweep_gather_peek(struct sweep *s);

/* When it is to end for what waits behind it; INT64_MAX: it is in no way. */
int64_t sweep_peek_end_ns(const struct sweep *s);

/* That read ended, or could not be run. */
void sweep_end_peek(struct sweep *s, bool ok);

/* Not ours; dated: it has our header with a date, which is told once. */
void entry_to_foreign(
    struct sweep *s, uint32_t slot, enum plan_why why, bool dated);

/* Into the list or heap of the new state; the entry must be in none. */
void entry_to_unread(struct sweep *s, uint32_t slot);
void entry_to_waiting(struct sweep *s, uint32_t slot);

/* A rule keeps it. */
void entry_to_frozen(struct sweep *s, uint32_t slot);

/* In flight in a read, it was not told of: to the front, or given up on. */
void entry_back_to_unread(struct sweep *s, uint32_t slot);
void entry_to_unreadable(struct sweep *s, uint32_t slot);

/*
 * The walk before s->walk ended well: what it did not show has left the queue.
 * An id may be missed once while a message moves between queues, so it takes
 * two walks; but room for others is made by the first of them.
 */
void entry_end_walk(
    struct sweep *s, uint32_t slot, const struct clock_now *now);

/* Nothing is known of it any more. */
void entry_forget(struct sweep *s, uint32_t slot);

/*
 * It left hold. A command that was told to release it may have done so,
 * whatever it said: then it is remembered as what we released; but after
 * failures alone it is not told, as they may have made somebody see to it. Else
 * it is forgotten.
 */
void entry_leave(struct sweep *s, uint32_t slot, const struct clock_now *now);

/* By our hand, while in a list: RELEASED, once that gives it back. */
bool entry_has_left(const struct index_entry *e);

/*
 * It is (again) to be read, whatever was known of it; same: it is the message
 * that was known, so that nothing is told twice.
 */
void entry_start_over(struct sweep *s, uint32_t slot, bool same);

/* A list names it; once that gives it back, it is to be read. */
void entry_read_again(struct sweep *s, uint32_t slot);

/*
 * What an override says of it has changed: it is read again before all others,
 * and does not leave before. One that leaves just now, or has left, is not.
 */
void entry_judge_anew(struct sweep *s, uint32_t slot);

/* Takes those to be read again out of the lists of those that wait. */
void entry_sort_lists(struct sweep *s);

/* It is ours, and on hold: tells that unless it is KNOWN. */
void entry_tell_held(struct sweep *s, uint32_t slot, int64_t due_s);

/*
 * Is it to be read, or unreadable, so that nobody knows which message it is?
 * No longer once it was found unreadable very often.
 */
bool entry_is_unread(const struct index_entry *e);

/*
 * A new entry to be read, before all others when urgent; INDEX_NONE without
 * memory: a walk finds it.
 */
uint32_t entry_add(struct sweep *s, const struct qid *id, bool urgent);

/*
 * One that waits may leave now: what is still to be done with all entries is
 * done with it first. False: it waits no more.
 */
bool entry_settle(struct sweep *s, uint32_t slot, const struct clock_now *now);

/*
 * It is about to leave the states of what is in flight, of which no walk says
 * that it is gone; nor does the one that is ending.
 */
void entry_land(struct sweep *s, uint32_t slot);

/* The walk before s->walk ended well. */
void sweep_pass_end_of_walk(struct sweep *s, const struct clock_now *now);

/* Something is to be done with all entries yet; a slice of it. */
bool sweep_is_passing(const struct sweep *s);
void sweep_pass_slice(struct sweep *s, const struct clock_now *now);

/*
 * The next entry of a list that is still in the state of that list. INDEX_NONE:
 * there is none, or, while the list has some, none among the first of them.
 */
uint32_t entry_take(
    struct sweep *s, struct index_list *list, enum state wanted);

/* It left hold by our hand. */
void entry_confirm(struct sweep *s, uint32_t slot, const struct clock_now *now);

/*
 * What the administrator said of a message that a read tells of, perhaps when
 * it had another queue id; or NULL. Valid until the next change of overrides.
 */
struct override *sweep_find_override(
    struct sweep *s, const struct qid *id, const struct facts *facts);

/*
 * A failing message is tried again at the next walk, then at each second,
 * fourth ... sixty-fourth: is it its turn?
 */
bool entry_retry_now(const struct sweep *s, const struct index_entry *e);

/* One failure more. */
void entry_count_failure(struct index_entry *e);

#endif

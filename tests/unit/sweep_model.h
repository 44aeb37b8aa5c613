/* SPDX-License-Identifier: ISC */
/*
 * sweep_model - a queue in which everything goes on at the same time
 *
 * Mail arrives and is delivered, an administrator holds, releases, deletes,
 * requeues and reschedules, rules come and go, clocks are set, commands take
 * their time and fail, news are lost, and the scheduler is killed and started
 * anew. The model knows of each message whose it is and what was done with it,
 * and stops the test when the scheduler asks for what it must not.
 */
#ifndef UNIT_SWEEP_MODEL_H
#define UNIT_SWEEP_MODEL_H

#include "tests/unit/sched_support.h"

#include "policyd/sched/sweep.h"
#include "policyd/sched/sweep_entry.h"

#define SEC  CLOCK_NS_PER_S
#define MSEC CLOCK_NS_PER_MS

enum {
	MODEL_MAIL = 160, /* messages there are at a time, at most */
	MODEL_NEWS = 64, /* that wait to be delivered; more are lost */
	MODEL_LINES = 2 * MODEL_MAIL,
	MODEL_RULES = 2, /* that may hold mail: "a", "b" */
	MODEL_SUBMITTERS = 5, /* 0, 1 and so on */
	TOUCH_WALKS = 3, /* nobody touches a message more often than that */
};

enum model_queue { M_GONE, M_HOLD, M_DEFERRED, M_MAILDROP };

enum model_inotify { M_NONE, M_RELIABLE, M_LOSSY };

struct model_mail {
	struct qid id;
	enum model_queue queue;
	struct facts facts;
	bool ours;
	bool tried;
	bool bad; /* cannot be read, for a while */
	bool spoils; /* no command that names it succeeds, for a while */
	bool held_again; /* by the administrator */
	bool was_there; /* on hold when this scheduler started */
	bool rescheduled; /* by the administrator, to override_s */
	int64_t override_s;
	bool released; /* by this scheduler */
	uint64_t touched_walk; /* when somebody last moved it: walks begun */
	uint64_t touched_ok; /* and walks that ended well */
};

/* A line of a listing that was written and not read yet. */
struct model_line {
	struct qid id;
	bool on_hold;
	bool tried;
	int64_t arrival_s;
	uint64_t size;
};

struct model_job {
	bool running;
	bool refused; /* the runner will not start it */
	struct sweep_command command;
	size_t at; /* ids done, or mail looked at */
	bool in_hold; /* of a listing: its second half */
	size_t n_lines;
	size_t n_read;
	uint64_t began_walk; /* walks begun before this one */
	struct model_line lines[MODEL_LINES];
};

struct model {
	struct dice dice;
	struct settings settings;
	struct sweep sweep;
	struct clock_now now;
	uint32_t slice; /* of work on all entries; 0: it is done in one */
	enum model_inotify inotify;
	bool deaf; /* postsuper tells nothing */
	bool stands[MODEL_RULES]; /* of the rules: it is there, and holds */
	bool calm; /* nothing fails any more, nobody interferes */
	struct model_mail mail[MODEL_MAIL];
	struct model_job jobs[SWEEP_VERBS];
	struct {
		struct qid id;
		bool arrived;
	} news[MODEL_NEWS];
	size_t n_news;
	unsigned next_id;
	uint64_t walks_begun;
	uint64_t last_ok_walk; /* the number of the last that ended well */
	uint64_t walks_ok;
	uint64_t arrivals;
	uint64_t releases;
	uint64_t restarts;
	uint64_t reschedules;
	uint64_t requeues; /* by the administrator */
	uint64_t peeks;
	struct overrides overrides;
	struct overrides disk; /* as they are in the file */
};

static inline int64_t
wall_s(const struct model *m)
{
	return clock_floor_s(m->now.wall_ns);
}

static inline void
pass(struct model *m, int64_t mono_ns, int64_t step_ns)
{
	m->now.mono_ns += mono_ns;
	m->now.wall_ns += mono_ns + step_ns;
	m->now.reached_ns = m->now.wall_ns - 4 * MSEC;
}

static inline struct model_mail *
find(struct model *m, const struct qid *id)
{
	for (size_t i = 0; i < MODEL_MAIL; i++)
		if (m->mail[i].queue != M_GONE && qid_equal(&m->mail[i].id, id))
			return &m->mail[i];
	return NULL;
}

static inline bool
holds(void *ctx, struct span rule)
{
	const struct model *m = ctx;

	return m->stands[rule.data[0] - 'a'];
}

/* Does one of its rules stand? What the administrator said outrules them. */
static inline bool
is_kept(const struct model *m, const struct model_mail *mail)
{
	if (mail->rescheduled)
		return false;
	for (size_t i = 0; i < mail->facts.n_rules; i++)
		if (m->stands[mail->facts.rules[i][0] - 'a'])
			return true;
	return false;
}

/* When it may leave, unless a rule keeps it. */
static inline int64_t
due_of(const struct model_mail *mail)
{
	if (mail->rescheduled)
		return mail->override_s;
	return mail->facts.own_latest_s > mail->facts.arrival_s
	    ? mail->facts.own_latest_s
	    : mail->facts.arrival_s;
}

static inline bool
is_never(const struct model_mail *mail)
{
	return mail->rescheduled && mail->override_s == OVERRIDE_NEVER;
}

static inline bool
is_postponed(const struct index_entry *e)
{
	switch ((enum state)e->state) {
	case WAITING:
	case IF_LISTED:
	case TO_REQUEUE:
	case RELEASING:
	case UNCONFIRMED:
	case FROZEN:
	case HELD_UP:
		return true;
	case UNREAD: /* once more, perhaps: what was ours stays it so long */
	case READING:
		return entry_has(e, COUNTED);
	case GONE:
		return entry_has(e, BACK) && entry_has(e, COUNTED);
	case FREE:
	case RELEASED:
	case FOREIGN:
	case UNREADABLE:
		break;
	}
	return false;
}

/* What the scheduler has counted is what is there. */
static inline void
check_tally(const struct model *m)
{
	const struct index *ix = &m->sweep.index;
	uint64_t n[MODEL_SUBMITTERS] = {0};
	uint64_t total = 0;

	for (uint32_t slot = 0; slot < index_slots(ix); slot++) {
		const struct index_entry *e = index_at(ix, slot);

		if (!is_postponed(e))
			continue;
		n[e->submitter]++;
		total++;
	}
	for (uint64_t who = 0; who < MODEL_SUBMITTERS; who++)
		assert_int_equal(sweep_postponed(&m->sweep, who), n[who]);
	assert_int_equal(sweep_postponed_total(&m->sweep), total);
}

/* Mail moves, and inotify sees what happens on hold. */

static inline void
tell_news(struct model *m, const struct qid *id, bool arrived)
{
	if (m->inotify == M_NONE)
		return;
	if (m->n_news == MODEL_NEWS ||
	    (m->inotify == M_LOSSY && dice_percent(&m->dice, 3))) {
		m->n_news = 0;
		sweep_want_walk(&m->sweep);
		return;
	}
	m->news[m->n_news].id = *id;
	m->news[m->n_news++].arrived = arrived;
}

static inline void
move(struct model *m, struct model_mail *mail, enum model_queue to)
{
	bool was_on_hold = mail->queue == M_HOLD;

	mail->queue = to;
	mail->was_there = false;
	mail->touched_walk = m->walks_begun;
	mail->touched_ok = m->walks_ok;
	if (was_on_hold && to != M_HOLD)
		tell_news(m, &mail->id, false);
	else if (!was_on_hold && to == M_HOLD)
		tell_news(m, &mail->id, true);
}

static inline void
deliver_news(struct model *m)
{
	if (m->n_news == 0)
		return;
	if (m->news[0].arrived)
		sweep_arrived(&m->sweep, &m->news[0].id);
	else
		sweep_departed(&m->sweep, &m->news[0].id, &m->now);
	m->n_news--;
	memmove(m->news, m->news + 1, m->n_news * sizeof(m->news[0]));
}

/* Has a walk seen what it is, from its begin to its end? */
static inline bool
is_known(const struct model *m, const struct model_mail *mail)
{
	return m->last_ok_walk > mail->touched_walk;
}

/* Has nobody touched it for so many walks that all is known of it? */
static inline bool
is_settled(const struct model *m, const struct model_mail *mail)
{
	return m->walks_ok > mail->touched_ok + TOUCH_WALKS;
}

#endif

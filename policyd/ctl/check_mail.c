/* SPDX-License-Identifier: ISC */
#include "policyd/ctl/check_mail.h"

#include <inttypes.h>

#include "hdrcheck/base/clock.h"

#define SECONDS_PER_DAY INT64_C(86400)

/* What is asked of each message. */
struct look {
	const struct check_site *site;
	int64_t now_s;
};

typedef bool look_fn(const struct look *look, const struct queue_message *m);

static bool
is_overdue(const struct look *look, const struct queue_message *m)
{
	return queue_is_ours(m) && queue_due_s(m) != OVERRIDE_NEVER &&
	    queue_due_s(m) < look->now_s - MAIL_OVERDUE_S;
}

static bool
is_foreign(const struct look *look, const struct queue_message *m)
{
	(void)look;
	return m->read && m->plan.owner == PLAN_FOREIGN && m->plan.dated;
}

static bool
is_unreadable(const struct look *look, const struct queue_message *m)
{
	(void)look;
	return m->unreadable;
}

/* hdrcheck would refuse it now. */
static bool
is_beyond(const struct look *look, const struct queue_message *m)
{
	int64_t most_s = look->now_s + look->site->settings->max_postpone_s;

	for (size_t i = 0; queue_is_ours(m) && i < m->n_dates; i++)
		if (m->date[i].readable && !m->date[i].never &&
		    m->date[i].moment_s > most_s)
			return true;
	return false;
}

/* A rule wrote never, and none of those that did stands. */
static bool
is_left_behind(const struct look *look, const struct queue_message *m)
{
	(void)look;
	return queue_is_ours(m) && m->facts.rule_never &&
	    m->plan.owner != PLAN_FROZEN && m->override == NULL;
}

static bool
is_from_the_future(const struct look *look, const struct queue_message *m)
{
	return m->arrival_s > look->now_s + MAIL_CLOCK_S;
}

static size_t
count(const struct look *look, const struct queue *q, look_fn *is)
{
	size_t n = 0;

	for (size_t i = 0; i < q->n; i++)
		if (is(look, &q->message[i]))
			n++;
	return n;
}

/* The first ids, each with a word before it, as text or command. */
static void
put_ids(struct finding *f, struct buf *out, const struct look *look,
    const struct queue *q, look_fn *is, const char *before)
{
	char id[QID_SIZE];
	size_t n = 0;

	for (size_t i = 0; i < q->n && n < MAIL_IDS_MAX; i++) {
		if (!is(look, &q->message[i]))
			continue;
		n++;
		id[qid_format(&q->message[i].id, id)] = '\0';
		if (out == &f->mend)
			finding_mend(f, "%s%s", before, id);
		else
			finding_say(f, "%s%s", before, id);
	}
}

/* "3 messages ...: ID ID ID". NULL when there is none. */
static struct finding *
add(const struct look *look, const struct queue *q, enum finding_kind kind,
    look_fn *is, const char *what)
{
	size_t n = count(look, q, is);
	struct finding *f;

	if (n == 0)
		return NULL;
	f = finding_add(look->site->findings, kind);
	finding_say(f, "%zu message%s %s:", n, n == 1 ? "" : "s", what);
	put_ids(f, &f->text, look, q, is, " ");
	if (n > MAIL_IDS_MAX)
		finding_say(f, " ...");
	return f;
}

static void
check_overdue(const struct look *look, const struct queue *q, bool down)
{
	struct finding *f = add(look, q, FINDING_OVERDUE, is_overdue,
	    "on hold should have left more than a minute ago");
	int64_t oldest_s = look->now_s;
	char since[CLOCK_UTC_SIZE];

	if (f == NULL)
		return;
	for (size_t i = 0; i < q->n; i++)
		if (is_overdue(look, &q->message[i]) &&
		    queue_due_s(&q->message[i]) < oldest_s)
			oldest_s = queue_due_s(&q->message[i]);
	finding_say(f, "; the oldest at %s", clock_format_utc(oldest_s, since));
	if (down)
		mend_start(f, look->site, CHECK_POLICYD);
	else
		mend_policyctl(f, look->site, "sweep");
}

static void
put_reasons(struct finding *f, const struct look *look, const struct queue *q)
{
	static const char *const reasons[] = {
	    [PLAN_NOT_HELD_BY_US] = "no date was ahead when they came",
	    [PLAN_VETOED] = "one of veto_headers",
	    [PLAN_TRIED] = "tried before, and put back on hold",
	    [PLAN_NOT_PERMITTED] = "not in permit_postpone",
	    [PLAN_MANY_RULES] = "more rules than can be told apart",
	};
	size_t n[sizeof(reasons) / sizeof(reasons[0])] = {0};
	const char *before = " (";

	for (size_t i = 0; i < q->n; i++)
		if (is_foreign(look, &q->message[i]))
			n[q->message[i].plan.why]++;
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (n[i] == 0)
			continue;
		finding_say(f, "%s%zu: %s", before, n[i], reasons[i]);
		before = "; ";
	}
	finding_say(f, "). Look at them first: policyctl show ID");
}

static void
check_foreign(const struct look *look, const struct queue *q)
{
	struct finding *f = add(look, q, FINDING_FOREIGN, is_foreign,
	    "with a date will stay on hold");

	if (f == NULL)
		return;
	put_reasons(f, look, q);
	mend_postfix(f, look->site, "postsuper", "");
	put_ids(f, &f->mend, look, q, is_foreign, " -H ");
}

/* Postfix keeps damaged files in "corrupt". */
static void
check_unreadable(const struct look *look, const struct queue *q)
{
	struct finding *f = add(look, q, FINDING_UNREADABLE, is_unreadable,
	    "on hold cannot be read, so nobody knows when to release them");
	struct span queue = span_str(look->site->queue_directory);

	if (f == NULL)
		return;
	finding_mend(f, "cd ");
	finding_mend_word(f, queue);
	finding_mend(f, " && for id in");
	put_ids(f, &f->mend, look, q, is_unreadable, " ");
	finding_mend(f,
	    "; do find hold -type f -name $id -exec mv {} corrupt/ ';'; done");
}

static void
check_beyond(const struct look *look, const struct queue *q)
{
	struct finding *f = add(look, q, FINDING_BEYOND, is_beyond,
	    "will leave later than max_postpone allows now; requeued before, "
	    "they are returned to their senders");
	int64_t latest_s = look->now_s;
	char most[CLOCK_DURATION_SIZE];

	if (f == NULL)
		return;
	for (size_t i = 0; i < q->n; i++)
		for (size_t j = 0; j < q->message[i].n_dates; j++)
			if (is_beyond(look, &q->message[i]) &&
			    q->message[i].date[j].readable &&
			    !q->message[i].date[j].never &&
			    q->message[i].date[j].moment_s > latest_s)
				latest_s = q->message[i].date[j].moment_s;
	mend_setting(f, look->site, "max_postpone",
	    clock_format_duration(
		((latest_s - look->now_s) / SECONDS_PER_DAY + 1) *
		    SECONDS_PER_DAY,
		most));
}

static void
check_left_behind(const struct look *look, const struct queue *q, bool down)
{
	struct finding *f = add(look, q, FINDING_RULE_GONE, is_left_behind,
	    "held by a rule that is gone leave as soon as policyd reads its "
	    "rules");

	if (f == NULL)
		return;
	finding_say(f, "; write the rule again to keep them");
	if (down)
		mend_start(f, look->site, CHECK_POLICYD);
	else
		mend_policyctl(f, look->site, "reload");
}

static void
check_clock(const struct look *look, const struct queue *q)
{
	struct finding *f = add(look, q, FINDING_CLOCK, is_from_the_future,
	    "arrived later than it is by the clock of this machine");
	char now[CLOCK_UTC_SIZE];

	if (f == NULL)
		return;
	finding_say(f, "; it is %s here", clock_format_utc(look->now_s, now));
	finding_mend(f, "timedatectl set-ntp true");
}

void
check_mail(const struct check_site *site, const struct queue *q, int64_t now_s,
    bool down)
{
	struct look look = {.site = site, .now_s = now_s};

	if (!q->pause.on)
		check_overdue(&look, q, down);
	check_unreadable(&look, q);
	check_foreign(&look, q);
	check_beyond(&look, q);
	if (q->has_orders)
		check_left_behind(&look, q, down);
	check_clock(&look, q);
}

void
check_pause(const struct check_site *site, const struct pause *pause)
{
	char since[CLOCK_UTC_SIZE];
	struct finding *f;

	if (!pause->on)
		return;
	f = finding_add(site->findings, FINDING_PAUSED);
	finding_say(f,
	    "nothing is released since %s: paused by an "
	    "administrator",
	    clock_format_utc(pause->since_s, since));
	if (pause->reason[0] != '\0')
		finding_say(f, ": %s", pause->reason);
	mend_policyctl(f, site, "resume");
}

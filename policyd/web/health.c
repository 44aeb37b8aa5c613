/* SPDX-License-Identifier: ISC */
#include "policyd/web/health.h"

#include <inttypes.h>
#include <stdio.h>

#include "hdrcheck/base/clock.h"
#include "hdrcheck/base/utf8.h"

enum {
	RAW_SIZE = 1024, /* of a text before it is made printable */
	AGE_SIZE = 32, /* "12345 d 23 h" */
	MINUTE = 60,
	HOUR = 60 * MINUTE,
	DAY = 24 * HOUR,
};

/*
 * Looks for one kind: true when there is something to say, which is written to
 * text.
 */
typedef bool find_fn(const struct view *view, char text[RAW_SIZE]);

/* "4 min 10 s": two units at most. */
static const char *
age(int64_t s, char out[AGE_SIZE])
{
	if (s < 0)
		s = 0;
	if (s < MINUTE)
		snprintf(out, AGE_SIZE, "%" PRId64 " s", s);
	else if (s < HOUR)
		snprintf(out, AGE_SIZE, "%" PRId64 " min %" PRId64 " s",
		    s / MINUTE, s % MINUTE);
	else if (s < DAY)
		snprintf(out, AGE_SIZE, "%" PRId64 " h %" PRId64 " min",
		    s / HOUR, s % HOUR / MINUTE);
	else
		snprintf(out, AGE_SIZE, "%" PRId64 " d %" PRId64 " h", s / DAY,
		    s % DAY / HOUR);
	return out;
}

static const char *
s_of(uint64_t n)
{
	return n == 1 ? "" : "s";
}

static bool
find_engine(const struct view *view, char text[RAW_SIZE])
{
	int64_t silent_s = view->snapshot_age_ns / CLOCK_NS_PER_S;
	char silent[AGE_SIZE];

	if (view->snapshot == NULL)
		snprintf(text, RAW_SIZE,
		    "the scheduler has not told anything yet, for %s",
		    age(silent_s, silent));
	else
		snprintf(text, RAW_SIZE,
		    "the scheduler has told nothing for %s",
		    age(silent_s, silent));
	return view->snapshot == NULL || silent_s >= HEALTH_SILENT_S;
}

static bool
find_hdrcheck(const struct view *view, char text[RAW_SIZE])
{
	const struct view_hdrcheck *h = &view->hdrcheck;
	int64_t silent_s = h->silent_ns / CLOCK_NS_PER_S;
	char silent[AGE_SIZE];

	if (h->listens[0] == '\0' || silent_s < HEALTH_SILENT_S)
		return false;
	snprintf(text, RAW_SIZE,
	    "hdrcheck has not answered for %s (%s%s%s); mail with the header "
	    "is not accepted until it does",
	    age(silent_s, silent), h->listens, h->wrong != NULL ? ": " : "",
	    h->wrong != NULL ? h->wrong : "");
	return true;
}

static bool
find_postfix(const struct view *view, char text[RAW_SIZE])
{
	const struct snapshot *s = view->snapshot;
	char ago[AGE_SIZE];

	if (s == NULL || s->postfix_down == 0)
		return false;
	snprintf(text, RAW_SIZE,
	    "Postfix does not run, as of the last walk of its queue %s ago",
	    age(view->now_s - s->walk_at_s, ago));
	return true;
}

static bool
find_walk(const struct view *view, char text[RAW_SIZE])
{
	const struct snapshot *s = view->snapshot;
	char ago[AGE_SIZE];

	if (s == NULL || s->walk_at_s == 0 || s->walk_ok != 0)
		return false;
	snprintf(text, RAW_SIZE,
	    "the last walk of the queue failed %s ago, %" PRIu64 " of %" PRIu64
	    " did; the log of policyd tells why",
	    age(view->now_s - s->walk_at_s, ago), s->walks_failed,
	    s->walks + s->walks_failed);
	return true;
}

/* ": " and the reason, where there is one. */
static void
append_pause(const struct snapshot *s, const char *before, char text[RAW_SIZE])
{
	size_t used = strlen(text);
	char since[CLOCK_UTC_SIZE];

	snprintf(text + used, RAW_SIZE - used,
	    "%sreleasing is paused since %s%s%s", before,
	    clock_format_utc(s->paused_since_s, since),
	    s->paused_reason[0] != '\0' ? ": " : "", s->paused_reason);
}

static bool
find_overdue(const struct view *view, char text[RAW_SIZE])
{
	const struct snapshot *s = view->snapshot;
	int64_t late_s;
	char late[AGE_SIZE];

	if (s == NULL || s->survey.overdue == 0)
		return false;
	late_s = s->taken_s - s->survey.oldest_due_s;
	if (late_s <= HEALTH_OVERDUE_S)
		return false;
	snprintf(text, RAW_SIZE,
	    s->survey.overdue == 1 ? "%" PRIu64 " message is overdue, by %s"
				   : "%" PRIu64
				     " messages are overdue, the oldest by %s",
	    s->survey.overdue, age(late_s, late));
	if (s->paused != 0)
		append_pause(s, "; ", text);
	return true;
}

static bool
find_paused(const struct view *view, char text[RAW_SIZE])
{
	if (view->snapshot == NULL || view->snapshot->paused == 0)
		return false;
	text[0] = '\0';
	append_pause(view->snapshot, "", text);
	return true;
}

static bool
find_foreign(const struct view *view, char text[RAW_SIZE])
{
	const struct snapshot *s = view->snapshot;

	if (s == NULL || s->survey.foreign == 0)
		return false;
	snprintf(text, RAW_SIZE,
	    "%" PRIu64 " message%s on hold with a date %s not ours to release: "
	    "policyctl check tells why",
	    s->survey.foreign, s_of(s->survey.foreign),
	    s->survey.foreign == 1 ? "is" : "are");
	return true;
}

static bool
find_unreadable(const struct view *view, char text[RAW_SIZE])
{
	const struct snapshot *s = view->snapshot;

	if (s == NULL || s->survey.unreadable == 0)
		return false;
	snprintf(text, RAW_SIZE,
	    "%" PRIu64 " file%s on hold cannot be read: the log of policyd "
	    "tells which",
	    s->survey.unreadable, s_of(s->survey.unreadable));
	return true;
}

static bool
find_misplaced(const struct view *view, char text[RAW_SIZE])
{
	uint64_t n = view->snapshot != NULL
	    ? view->snapshot->answers[SNAPSHOT_MISPLACED]
	    : 0;

	snprintf(text, RAW_SIZE,
	    "rules were to postpone mail %" PRIu64 " time%s where Postfix "
	    "takes no header: see policyctl check",
	    n, s_of(n));
	return n > 0;
}

static bool
find_refused(const struct view *view, char text[RAW_SIZE])
{
	uint64_t requests = view->snapshot != NULL
	    ? view->snapshot->answers[SNAPSHOT_MALFORMED]
	    : 0;
	uint64_t frames = view->hdrcheck.has_counts
	    ? view->hdrcheck.counts.n[COUNT_MALFORMED]
	    : 0;

	snprintf(text, RAW_SIZE,
	    "what is no request came: %" PRIu64 " time%s to hdrcheck, %" PRIu64
	    " time%s to policyd",
	    frames, s_of(frames), requests, s_of(requests));
	return frames > 0 || requests > 0;
}

static bool
find_no_news(const struct view *view, char text[RAW_SIZE])
{
	if (view->snapshot == NULL || view->snapshot->inotify != 0)
		return false;
	snprintf(text, RAW_SIZE,
	    "the hold queue cannot be watched: new mail is seen by walks only");
	return true;
}

static const struct {
	const char *name;
	find_fn *find;
} kinds[HEALTH_KINDS] = {
    [HEALTH_ENGINE] = {"scheduler", find_engine},
    [HEALTH_HDRCHECK] = {"hdrcheck", find_hdrcheck},
    [HEALTH_POSTFIX] = {"postfix", find_postfix},
    [HEALTH_WALK] = {"walk", find_walk},
    [HEALTH_OVERDUE] = {"overdue", find_overdue},
    [HEALTH_PAUSED] = {"paused", find_paused},
    [HEALTH_FOREIGN] = {"foreign", find_foreign},
    [HEALTH_UNREADABLE] = {"unreadable", find_unreadable},
    [HEALTH_MISPLACED] = {"misplaced", find_misplaced},
    [HEALTH_REFUSED] = {"refused", find_refused},
    [HEALTH_NO_NEWS] = {"news", find_no_news},
};

bool
health_is_fault(enum health_kind kind)
{
	return kind < HEALTH_PAUSED;
}

const char *
health_name(enum health_kind kind)
{
	return kinds[kind].name;
}

void
health_of(const struct view *view, struct health *health)
{
	char text[RAW_SIZE];

	health->well = true;
	health->n = 0;
	for (int i = 0; i < HEALTH_KINDS; i++) {
		struct health_finding *finding = &health->finding[health->n];

		if (!kinds[i].find(view, text))
			continue;
		finding->kind = (enum health_kind)i;
		utf8_printable(
		    span_str(text), finding->text, sizeof(finding->text));
		if (health_is_fault(finding->kind))
			health->well = false;
		health->n++;
	}
}

static bool
put_fault(const struct health_finding *finding, struct buf *out)
{
	return buf_append(out, span_str(health_name(finding->kind))) &&
	    buf_append(out, span_str(": ")) &&
	    buf_append(out, span_str(finding->text)) &&
	    buf_append(out, span_str("\n"));
}

bool
health_put(const struct health *health, struct buf *out)
{
	if (health->well)
		return buf_append(out, span_str("ok\n"));
	for (size_t i = 0; i < health->n; i++)
		if (health_is_fault(health->finding[i].kind) &&
		    !put_fault(&health->finding[i], out))
			return false;
	return true;
}

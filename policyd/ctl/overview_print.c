/* SPDX-License-Identifier: ISC */
/*
 * The overview for people: a name, and what there is to say of it.
 */
#include <stdarg.h>
#include <stdio.h>

#include "policyd/ctl/local.h"
#include "policyd/ctl/overview.h"
#include "policyd/ctl/text.h"

enum {
	NAME_WIDTH = 12,
	LINE_SIZE = 512,
	TEXT_MAX = 256, /* bytes of a string of the engine's */
};

struct page {
	const struct overview *o;
	struct buf *out;
	bool full;
};

static void
put_span(struct page *p, struct span s)
{
	if (!buf_append(p->out, s))
		p->full = true;
}

static void put(struct page *p, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* What is put is ours: texts of strangers take put_text(). */
static void
put(struct page *p, const char *format, ...)
{
	char line[LINE_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	put_span(p, span_str(line));
}

static void
put_name(struct page *p, const char *name)
{
	put(p, "%-*s ", NAME_WIDTH, name);
}

static void
put_text(struct page *p, struct span text)
{
	if (!text_put(p->out, text, 0, false))
		p->full = true;
}

static void
put_time(struct page *p, int64_t s)
{
	char at[LOCAL_TEXT_SIZE], distance[TEXT_DISTANCE_SIZE];

	put(p, "%s (%s)", local_format(p->o->local, s, LOCAL_SECONDS, at),
	    text_distance(p->o->now_s, s, distance));
}

/* A number of the engine's as it wrote it, "0.012". */
static void
put_raw(struct page *p, const struct members *m, const char *name)
{
	struct span value;

	if (members_find(m, name, &value))
		put_text(p, value);
	else
		put(p, "-");
}

static void
put_policyd(struct page *p)
{
	const struct members *m = &p->o->members;
	struct span version;
	struct buf room;
	int64_t started_s;

	put_name(p, "policyd");
	if (p->o->engine.len == 0) {
		put(p,
		    p->o->engine_silent
			? "does not answer; restart it: systemctl restart "
			  "deliver-at-policyd\n"
			: "DOWN; start it: systemctl start "
			  "deliver-at-policyd\n");
		return;
	}
	buf_init(&room, TEXT_MAX);
	put(p, "runs, pid ");
	put_raw(p, m, "pid");
	if (members_time(m, "started", &started_s)) {
		put(p, ", since ");
		put_time(p, started_s);
	}
	if (members_string(m, "version", &room, &version)) {
		put(p, ", version ");
		put_text(p, version);
	}
	put(p, "\n");
	buf_free(&room);
}

static void
put_hdrcheck(struct page *p)
{
	const struct probe *h = &p->o->hdrcheck;

	put_name(p, "hdrcheck");
	if (!h->runs) {
		put(p,
		    "DOWN (%s%s%s); start it: systemctl start "
		    "deliver-at-hdrcheck\n",
		    h->address != NULL ? h->address->text : "",
		    h->address != NULL ? ": " : "", h->wrong);
		return;
	}
	put(p, h->has_counts ? "runs" : "listens on %s", h->address->text);
	for (int i = 0; h->has_counts && i <= COUNT_MALFORMED; i++)
		if (i == COUNT_LOOKUPS || h->counts.n[i] > 0)
			put(p, "%s %llu %s", i == COUNT_LOOKUPS ? ":" : ",",
			    (unsigned long long)h->counts.n[i], counts_name[i]);
	put(p, "\n");
}

static void
put_pause(struct page *p)
{
	if (!p->o->counts.paused)
		return;
	put_name(p, "PAUSED");
	put(p, "since ");
	put_time(p, p->o->counts.paused_since_s);
	if (p->o->paused_reason[0] != '\0')
		put(p, ": ");
	put_text(p, span_str(p->o->paused_reason));
	put(p, "\n");
}

static void
put_waiting(struct page *p)
{
	const struct summary_counts *c = &p->o->counts;
	char duration[TEXT_DISTANCE_SIZE];

	put_name(p, "waiting");
	put(p, "%llu (%llu KiB)", (unsigned long long)c->waiting,
	    (unsigned long long)(c->waiting_bytes / 1024));
	if (c->next_due_s >= 0) {
		put(p, ", the next leaves ");
		put_time(p, c->next_due_s);
	}
	put(p, "\n");
	put_name(p, "overdue");
	put(p, "%llu", (unsigned long long)c->overdue);
	if (c->oldest_overdue_s >= 0)
		put(p, ", the first for %s",
		    text_duration(c->oldest_overdue_s, duration));
	put(p, "\n");
}

static void
put_count(struct page *p, const char *name, uint64_t n, const char *what)
{
	put_name(p, name);
	put(p, "%llu%s%s\n", (unsigned long long)n, n > 0 ? "  " : "",
	    n > 0 ? what : "");
}

static void
put_counts(struct page *p)
{
	const struct summary_counts *c = &p->o->counts;

	if (!c->known)
		return;
	put_waiting(p);
	put_count(p, "frozen", c->frozen,
	    "leave when a rule is gone, or somebody says so");
	put_count(p, "rescheduled", c->rescheduled, "by policyctl");
	put_count(p, "foreign", c->foreign,
	    "on hold with a date, and not ours: policyctl check");
	put_count(p, "unreadable", c->unreadable,
	    "files: the log of policyd tells more");
}

static void
put_late(struct page *p, const struct members *m)
{
	struct members late;
	struct span value;

	if (!members_find(m, "late", &value) || !members_parse(value, &late))
		return;
	put_name(p, "late");
	put(p, "half of them up to ");
	put_raw(p, &late, "median");
	put(p, " s, 99%% up to ");
	put_raw(p, &late, "p99");
	put(p, " s, at most ");
	put_raw(p, &late, "most");
	put(p, " s\n");
}

static void
put_released(struct page *p, const struct members *m)
{
	struct members released;
	struct span value;

	if (!members_find(m, "released", &value) ||
	    !members_parse(value, &released))
		return;
	put_name(p, "released");
	put_raw(p, &released, "release");
	put(p, ", and requeued ");
	put_raw(p, &released, "requeue");
	put(p, "\n");
}

static void
put_walk(struct page *p, const struct members *m)
{
	struct members walk;
	struct span value;
	int64_t ended_s;
	bool ok = true;

	put_name(p, "last walk");
	if (!members_find(m, "last_walk", &value) ||
	    !members_parse(value, &walk) ||
	    !members_time(&walk, "ended", &ended_s)) {
		put(p, "none yet\n");
		return;
	}
	put_time(p, ended_s);
	put(p, ", took ");
	put_raw(p, &walk, "cost");
	members_bool(&walk, "ok", &ok);
	put(p, " s%s, walk ", ok ? "" : ", FAILED");
	put_raw(p, m, "walks");
	put(p, "\n");
}

static void
put_engine(struct page *p)
{
	const struct members *m = &p->o->members;
	bool inotify = true;

	if (p->o->engine.len == 0)
		return;
	put_released(p, m);
	put_late(p, m);
	put_walk(p, m);
	members_bool(m, "inotify", &inotify);
	if (!inotify) {
		put_name(p, "news");
		put(p, "only by walks: the hold queue cannot be watched\n");
	}
	put_name(p, "rules");
	put_raw(p, m, "rules");
	put(p, "\n");
}

bool
overview_print(const struct overview *o, struct buf *out)
{
	struct page p = {.o = o, .out = out};

	put_policyd(&p);
	put_hdrcheck(&p);
	put_name(&p, "Postfix");
	put(&p, o->postfix_runs ? "runs\n" : "DOWN\n");
	put_pause(&p);
	put(&p, "\n");
	put_counts(&p);
	put_engine(&p);
	return !p.full;
}

/* SPDX-License-Identifier: ISC */
#include "tests/unit/snapshot_support.h"

#include "policyd/web/health.h"

#define S CLOCK_NS_PER_S

enum { SAID_MAX = 8192 };

/* What a row changes in a view of a site that is well. */
typedef void change_fn(struct view *view, struct snapshot *s);

static struct view
view_of(const struct snapshot *s)
{
	return (struct view){
	    .now_s = SNAPSHOT_NOW + 1,
	    .snapshot = s,
	    .snapshot_age_ns = 1 * S,
	    .hdrcheck = {.listens = "unix:/s",
		.answers = true,
		.has_counts = true,
		.silent_ns = 1 * S},
	};
}

static void
nothing(struct view *view, struct snapshot *s)
{
	(void)view;
	(void)s;
}

static void
no_snapshot(struct view *view, struct snapshot *s)
{
	(void)s;
	view->snapshot = NULL;
	view->snapshot_age_ns = 1 * S;
}

static void
old_snapshot(struct view *view, struct snapshot *s)
{
	(void)s;
	view->snapshot_age_ns = 10 * S;
}

static void
young_snapshot(struct view *view, struct snapshot *s)
{
	(void)s;
	view->snapshot_age_ns = 10 * S - 1;
}

static void
silent_hdrcheck(struct view *view, struct snapshot *s)
{
	(void)s;
	view->hdrcheck.answers = false;
	view->hdrcheck.silent_ns = 10 * S;
	view->hdrcheck.wrong = "Connection refused";
}

static void
quiet_hdrcheck(struct view *view, struct snapshot *s)
{
	silent_hdrcheck(view, s);
	view->hdrcheck.silent_ns = 10 * S - 1;
}

static void
silent_without_reason(struct view *view, struct snapshot *s)
{
	silent_hdrcheck(view, s);
	view->hdrcheck.wrong = NULL;
	view->hdrcheck.silent_ns = 3601 * S;
}

static void
silent_for_a_minute(struct view *view, struct snapshot *s)
{
	silent_hdrcheck(view, s);
	view->hdrcheck.silent_ns = 60 * S;
}

static void
no_hdrcheck(struct view *view, struct snapshot *s)
{
	silent_hdrcheck(view, s);
	view->hdrcheck.listens = "";
}

static void
postfix_down(struct view *view, struct snapshot *s)
{
	(void)view;
	s->postfix_down = 1;
}

static void
walk_failed(struct view *view, struct snapshot *s)
{
	(void)view;
	s->walk_ok = 0;
	s->walks = 14;
	s->walks_failed = 3;
}

static void
no_walk_yet(struct view *view, struct snapshot *s)
{
	(void)view;
	s->walk_ok = 0;
	s->walk_at_s = 0;
}

static void
overdue_a_minute(struct view *view, struct snapshot *s)
{
	(void)view;
	s->survey.overdue = 1;
	s->survey.oldest_due_s = SNAPSHOT_NOW - 60;
}

static void
overdue_longer(struct view *view, struct snapshot *s)
{
	overdue_a_minute(view, s);
	s->survey.oldest_due_s = SNAPSHOT_NOW - 61;
}

static void
three_overdue(struct view *view, struct snapshot *s)
{
	overdue_a_minute(view, s);
	s->survey.overdue = 3;
	s->survey.oldest_due_s = SNAPSHOT_NOW - 250;
}

static void
none_overdue(struct view *view, struct snapshot *s)
{
	overdue_longer(view, s);
	s->survey.overdue = 0;
}

static void
paused(struct view *view, struct snapshot *s)
{
	(void)view;
	s->paused = 1;
	s->paused_since_s = SNAPSHOT_NOW - 7200;
}

static void
paused_for_a_reason(struct view *view, struct snapshot *s)
{
	paused(view, s);
	set_text(s->paused_reason, sizeof(s->paused_reason),
	    "moving \xc3\xa9 \xff\nok: \x1b[2J");
}

static void
overdue_in_a_pause(struct view *view, struct snapshot *s)
{
	three_overdue(view, s);
	paused(view, s);
	set_text(s->paused_reason, sizeof(s->paused_reason), "a test");
}

static void
one_foreign(struct view *view, struct snapshot *s)
{
	(void)view;
	s->survey.foreign = 1;
}

static void
two_foreign(struct view *view, struct snapshot *s)
{
	(void)view;
	s->survey.foreign = 2;
}

static void
one_unreadable(struct view *view, struct snapshot *s)
{
	(void)view;
	s->survey.unreadable = 1;
}

static void
misplaced(struct view *view, struct snapshot *s)
{
	(void)view;
	s->answers[SNAPSHOT_MISPLACED] = 2;
}

static void
malformed_requests(struct view *view, struct snapshot *s)
{
	(void)view;
	s->answers[SNAPSHOT_MALFORMED] = 1;
}

static void
malformed_frames(struct view *view, struct snapshot *s)
{
	(void)s;
	view->hdrcheck.counts.n[COUNT_MALFORMED] = 2;
}

static void
frames_not_counted(struct view *view, struct snapshot *s)
{
	malformed_frames(view, s);
	view->hdrcheck.has_counts = false;
}

static void
no_news(struct view *view, struct snapshot *s)
{
	(void)view;
	s->inotify = 0;
}

static void
everything(struct view *view, struct snapshot *s)
{
	view->snapshot_age_ns = 14 * S;
	silent_hdrcheck(view, s);
	postfix_down(view, s);
	walk_failed(view, s);
	overdue_in_a_pause(view, s);
	two_foreign(view, s);
	one_unreadable(view, s);
	misplaced(view, s);
	malformed_requests(view, s);
	no_news(view, s);
}

/* Its findings, a line for each; faults have a "!" in front. */
static const struct {
	const char *row;
	change_fn *change;
	const char *want;
} rows[] = {
    {"all is well", nothing, ""},
    {"nothing has come yet", no_snapshot,
	"!scheduler: the scheduler has not told anything yet, for 1 s\n"},
    {"it was told long ago", old_snapshot,
	"!scheduler: the scheduler has told nothing for 10 s\n"},
    {"not quite so long ago", young_snapshot, ""},
    {"hdrcheck is silent", silent_hdrcheck,
	"!hdrcheck: hdrcheck has not answered for 10 s (unix:/s: Connection "
	"refused); mail with the header is not accepted until it does\n"},
    {"hdrcheck is not silent for long", quiet_hdrcheck, ""},
    {"hdrcheck is silent, one knows not why", silent_without_reason,
	"!hdrcheck: hdrcheck has not answered for 1 h 0 min (unix:/s); mail "
	"with the header is not accepted until it does\n"},
    {"hdrcheck is silent for a minute", silent_for_a_minute,
	"!hdrcheck: hdrcheck has not answered for 1 min 0 s (unix:/s: "
	"Connection refused); mail with the header is not accepted until it "
	"does\n"},
    {"hdrcheck is not wanted", no_hdrcheck, ""},
    {"Postfix is down", postfix_down,
	"!postfix: Postfix does not run, as of the last walk of its queue 31 "
	"s ago\n"},
    {"a walk failed", walk_failed,
	"!walk: the last walk of the queue failed 31 s ago, 3 of 17 did; the "
	"log of policyd tells why\n"},
    {"there was no walk", no_walk_yet, ""},
    {"a message is overdue for a minute", overdue_a_minute, ""},
    {"a message is overdue for longer", overdue_longer,
	"!overdue: 1 message is overdue, by 1 min 1 s\n"},
    {"three are overdue", three_overdue,
	"!overdue: 3 messages are overdue, the oldest by 4 min 10 s\n"},
    {"none is overdue", none_overdue, ""},
    {"paused", paused,
	"paused: releasing is paused since 2026-11-22T05:00:00Z\n"},
    {"paused for a reason in hostile bytes", paused_for_a_reason,
	"paused: releasing is paused since 2026-11-22T05:00:00Z: moving "
	"\xc3\xa9 ??ok: ?[2J\n"},
    {"overdue in a pause", overdue_in_a_pause,
	"!overdue: 3 messages are overdue, the oldest by 4 min 10 s; "
	"releasing is paused since 2026-11-22T05:00:00Z: a test\n"
	"paused: releasing is paused since 2026-11-22T05:00:00Z: a test\n"},
    {"a foreign one", one_foreign,
	"foreign: 1 message on hold with a date is not ours to release: "
	"policyctl check tells why\n"},
    {"foreign ones", two_foreign,
	"foreign: 2 messages on hold with a date are not ours to release: "
	"policyctl check tells why\n"},
    {"a file", one_unreadable,
	"unreadable: 1 file on hold cannot be read: the log of policyd tells "
	"which\n"},
    {"a rule at the wrong place", misplaced,
	"misplaced: rules were to postpone mail 2 times where Postfix takes "
	"no header: see policyctl check\n"},
    {"requests that are none", malformed_requests,
	"refused: what is no request came: 0 times to hdrcheck, 1 time to "
	"policyd\n"},
    {"frames that are none", malformed_frames,
	"refused: what is no request came: 2 times to hdrcheck, 0 times to "
	"policyd\n"},
    {"frames that nobody counts", frames_not_counted, ""},
    {"no inotify", no_news,
	"news: the hold queue cannot be watched: new mail is seen by walks "
	"only\n"},
};

static void
say(const struct health *health, char out[SAID_MAX])
{
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < health->n; i++)
		used +=
		    (size_t)snprintf(out + used, SAID_MAX - used, "%s%s: %s\n",
			health_is_fault(health->finding[i].kind) ? "!" : "",
			health_name(health->finding[i].kind),
			health->finding[i].text);
}

static void
findings_are_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct snapshot *s = new_snapshot();
		struct view view = view_of(s);
		struct health health;
		char said[SAID_MAX];

		rows[i].change(&view, s);
		health_of(&view, &health);
		say(&health, said);
		check_string(rows[i].row, said, rows[i].want);
		check_bool(rows[i].row, health.well, said[0] != '!');
		free(s);
	}
}

static void
faults_come_first(void **state)
{
	struct snapshot *s = new_snapshot();
	struct view view = view_of(s);
	struct health health;
	struct buf out;

	(void)state;
	everything(&view, s);
	health_of(&view, &health);
	check_int("all of them", (int64_t)health.n, HEALTH_KINDS);
	for (int i = 0; i < HEALTH_KINDS; i++) {
		check_int("in their order", health.finding[i].kind, i);
		check_bool("faults first",
		    health_is_fault(health.finding[i].kind),
		    i <= HEALTH_OVERDUE);
	}
	buf_init(&out, SAID_MAX);
	check_bool("put", health_put(&health, &out), true);
	check_span("only faults", buf_span(&out),
	    span_str(
		"scheduler: the scheduler has told nothing for 14 s\n"
		"hdrcheck: hdrcheck has not answered for 10 s (unix:/s: "
		"Connection refused); mail with the header is not accepted "
		"until it does\n"
		"postfix: Postfix does not run, as of the last walk of its "
		"queue 31 s ago\n"
		"walk: the last walk of the queue failed 31 s ago, 3 of 17 "
		"did; the log of policyd tells why\n"
		"overdue: 3 messages are overdue, the oldest by 4 min 10 s; "
		"releasing is paused since 2026-11-22T05:00:00Z: a test\n"));
	buf_free(&out);
	free(s);
}

static void
a_site_that_is_well_is_ok(void **state)
{
	struct snapshot *s = new_snapshot();
	struct view view = view_of(s);
	struct health health;
	struct buf out;

	(void)state;
	paused(&view, s);
	health_of(&view, &health);
	buf_init(&out, SAID_MAX);
	check_bool("well", health.well, true);
	check_bool("put", health_put(&health, &out), true);
	check_span("ok", buf_span(&out), span_str("ok\n"));
	buf_free(&out);
	buf_init(&out, 2);
	check_bool("no room", health_put(&health, &out), false);
	s->postfix_down = 1;
	health_of(&view, &health);
	check_bool("nor for a fault", health_put(&health, &out), false);
	buf_free(&out);
	free(s);
}

static const struct {
	int64_t late_s;
	const char *want;
} ages[] = {
    {61, "by 1 min 1 s"},
    {3599, "by 59 min 59 s"},
    {3600, "by 1 h 0 min"},
    {86399, "by 23 h 59 min"},
    {86400, "by 1 d 0 h"},
    {90000, "by 1 d 1 h"},
    {SNAPSHOT_TIME_MAX, "by 416999965497 d 6 h"},
};

static void
ages_have_two_units(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(ages); i++) {
		struct snapshot *s = new_snapshot();
		struct view view = view_of(s);
		struct health health;

		s->survey.overdue = 1;
		s->survey.oldest_due_s = SNAPSHOT_NOW - ages[i].late_s;
		health_of(&view, &health);
		check_int(ages[i].want, (int64_t)health.n, 1);
		check_part(ages[i].want, health.finding[0].text, ages[i].want);
		free(s);
	}
}

/* A clock that was set back: nothing is "-3 s ago". */
static void
no_age_is_negative(void **state)
{
	struct snapshot *s = new_snapshot();
	struct view view = view_of(s);
	struct health health;

	(void)state;
	s->postfix_down = 1;
	view.now_s = s->walk_at_s - 3;
	health_of(&view, &health);
	check_part("ago", health.finding[0].text, " 0 s ago");
	free(s);
}

/* The longest reason, address and numbers: cut behind a whole character. */
static void
texts_have_an_end(void **state)
{
	struct snapshot *s = new_snapshot();
	struct view view = view_of(s);
	char listens[HEALTH_TEXT_SIZE * 2];
	struct health health;
	size_t len;

	(void)state;
	memset(listens, 'a', 41);
	fill_pattern(listens + 40, sizeof(listens) - 41, "\xc3\xa9");
	listens[sizeof(listens) - 1] = '\0';
	silent_hdrcheck(&view, s);
	view.hdrcheck.listens = listens;
	fill_pattern(s->paused_reason, sizeof(s->paused_reason) - 1, "\x01");
	three_overdue(&view, s);
	s->paused = 1;
	s->survey.overdue = UINT64_MAX;
	health_of(&view, &health);
	check_int("all are there", (int64_t)health.n, 3);
	len = strlen(health.finding[0].text);
	check_int("half a character less", (int64_t)len, HEALTH_TEXT_SIZE - 2);
	check_part(
	    "a whole character", health.finding[0].text + len - 2, "\xc3\xa9");
	check_part("a number", health.finding[1].text, "18446744073709551615");
	free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(findings_are_told),
	    cmocka_unit_test(faults_come_first),
	    cmocka_unit_test(a_site_that_is_well_is_ok),
	    cmocka_unit_test(ages_have_two_units),
	    cmocka_unit_test(no_age_is_negative),
	    cmocka_unit_test(texts_have_an_end),
	};

	return cmocka_run_group_tests_name("health", tests, NULL, NULL);
}

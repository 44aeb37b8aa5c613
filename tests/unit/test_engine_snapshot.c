/* SPDX-License-Identifier: ISC */
/*
 * What the engine tells the process of the status page.
 */
#define _GNU_SOURCE /* F_SETPIPE_SZ */

#include "tests/unit/control_support.h"

#include "policyd/engine_snapshot.h"

#define ID    "ABCDEF12345"
#define OTHER "ABCDEF99999"

/* A day that no test will see. */
#define FAR_S INT64_C(4102444800)

#define ASK "request=smtpd_access_policy\nprotocol_state=RCPT\n"

/* Bytes of snapshots that wait for a test that has other things to do. */
enum { PIPE_SIZE = 1024 * 1024 };

/* One in that time, and so many until one is as it must be. */
#define EACH_NS (50 * CLOCK_NS_PER_MS)
enum { TRIES = 400 };

/* A host whose engine tells, and what it told last. */
struct watcher {
	struct host *h;
	struct snapshot *snapshot;
	struct buf in;
};

static struct watcher watcher;

static struct watcher *
watch(void **state)
{
	struct watcher *w = &watcher;
	int ends[2];

	w->h = *state;
	w->snapshot = malloc(sizeof(*w->snapshot));
	assert_non_null(w->snapshot);
	buf_init(&w->in, 2 * SNAPSHOT_WIRE_MAX);
	assert_int_equal(pipe(ends), 0);
	assert_true(fcntl(ends[0], F_SETPIPE_SZ, PIPE_SIZE) >= 0);
	w->h->snapshots = ends[0];
	w->h->options.snapshots = ends[1];
	w->h->options.snapshots_ns = EACH_NS;
	return w;
}

/* An engine with a policy service, too. */
static void
watch_listening(struct watcher *w, const char *rules)
{
	snprintf(w->h->settings.rules_file, SETTINGS_PATH_SIZE, "/r/rules");
	w->h->options.rules = host_file(w->h, rules);
	host_listen(w->h);
}

static void
unwatch(struct watcher *w)
{
	buf_free(&w->in);
	free(w->snapshot);
}

/* The next one; it must come. */
static const struct snapshot *
next(struct watcher *w, const char *row)
{
	struct pollfd p = {.fd = w->h->snapshots, .events = POLLIN};
	enum snapshot_result result;
	size_t used;

	while ((result = snapshot_take(buf_span(&w->in), w->snapshot, &used)) ==
	    SNAPSHOT_MORE) {
		char *room = buf_reserve(&w->in, 4096);
		ssize_t n;

		assert_non_null(room);
		check_int(row, poll(&p, 1, guard_ms()), 1);
		n = read(p.fd, room, 4096);
		check_bool(row, n > 0, true);
		buf_commit(&w->in, (size_t)n);
	}
	check_int(row, result, SNAPSHOT_DONE);
	buf_consume(&w->in, used);
	return w->snapshot;
}

typedef bool snapshot_is_fn(const struct snapshot *s);

/* One that is so comes before long. */
static const struct snapshot *
await(struct watcher *w, const char *row, snapshot_is_fn *is)
{
	for (int i = 0; i < TRIES; i++)
		if (is(next(w, row)))
			return w->snapshot;
	check_string(row, w->snapshot->status, "something else");
	return w->snapshot;
}

/* One that began after this call: not what waits, nor what is written. */
static const struct snapshot *
fresh(struct watcher *w, const char *row)
{
	struct pollfd p = {.fd = w->h->snapshots, .events = POLLIN};

	while (poll(&p, 1, 0) == 1)
		next(w, row);
	next(w, row);
	return next(w, row);
}

static bool
has_waiting(const struct snapshot *s)
{
	return s->survey.waiting > 0;
}

static bool
has_texts(const struct snapshot *s)
{
	return s->n_next > 0 && s->next[0].has_texts;
}

static bool
has_no_texts(const struct snapshot *s)
{
	return !has_texts(s);
}

static bool
has_walked(const struct snapshot *s)
{
	return s->walks + s->walks_failed > 0;
}

static void
the_first_one_comes_at_once(void **state)
{
	struct watcher *w = watch(state);
	const struct snapshot *s;

	host_open(w->h);
	s = next(w, "nothing is known");
	check_int("waiting", (int64_t)s->survey.waiting, 0);
	check_int("walks", (int64_t)s->walks, 0);
	check_int("none has ended", s->walk_at_s, 0);
	check_int("next", (int64_t)s->n_next, 0);
	check_int("rules", (int64_t)s->n_rules, 0);
	check_bool("no file", s->has_rules, false);
	check_bool("inotify", s->inotify, false);
	check_bool("now", s->taken_s >= s->started_s, true);
	check_bool("just started", s->taken_s <= s->started_s + 5, true);
	check_int("hours", (int64_t)s->lane[SNAPSHOT_IN_HOURS].n, 24);
	check_part("a line", s->status, "{\"version\":");
	host_expect(w->h, "the walk", "L");
	unwatch(w);
}

/* The same text as the control socket tells, and the same numbers. */
static void
mail_that_waits_is_told(void **state)
{
	struct watcher *w = watch(state);
	const struct snapshot *s;
	char id[QID_SIZE];
	int fd;

	control_open(w->h);
	host_expect(w->h, "the first walk", "L");
	host_serve(w->h, 'L', listing_of(ID, PAST_S), "");
	host_expect(w->h, "read", "R" ID "\n");
	host_serve(w->h, 'R', file_of(ID, PAST_S, FAR_S), "");
	s = await(w, "it waits", has_waiting);
	fd = control_client(w->h);
	control_says("status", fd, "status\n", s->status);
	close(fd);
	check_int("waiting", (int64_t)s->survey.waiting, 1);
	check_int("bytes", (int64_t)s->survey.waiting_bytes, 359);
	check_int("next due", s->survey.next_due_s, FAR_S);
	check_int("later", (int64_t)s->lane[SNAPSHOT_IN_WEEKS].later, 1);
	check_int("its own date", (int64_t)s->waiting_own, 1);
	check_int("walks", (int64_t)s->walks, 1);
	check_bool("it ended well", s->walk_ok, true);
	check_bool("just now", s->walk_at_s >= s->started_s, true);
	check_int("read", (int64_t)s->headers_read, 1);
	check_int("lists", (int64_t)s->commands[SWEEP_LIST], 1);
	check_int("reads", (int64_t)s->commands[SWEEP_READ], 1);
	check_int("kicks", (int64_t)s->commands[SWEEP_KICK_QMGR], 1);
	check_int("failed", (int64_t)s->commands_failed[SWEEP_READ], 0);
	check_int("next", (int64_t)s->n_next, 1);
	qid_format(&s->next[0].id, id);
	check_string("its id", id, ID);
	check_int("due", s->next[0].due_s, FAR_S);
	check_int("arrival", s->next[0].arrival_s, PAST_S);
	check_int("size", (int64_t)s->next[0].size, 359);
	check_string("no rule", s->next[0].rule, "");
	check_bool("not by hand", s->next[0].by_hand, false);
	unwatch(w);
}

static void
what_an_administrator_says_is_told(void **state)
{
	struct watcher *w = watch(state);
	const struct snapshot *s;

	control_open(w->h);
	host_expect(w->h, "the first walk", "L");
	host_serve(w->h, 'L', listing_of(ID, PAST_S), "");
	host_expect(w->h, "read", "R" ID "\n");
	host_serve(w->h, 'R', file_of(ID, PAST_S, FAR_S), "");
	control_ask(w->h, "pause", "pause 7\nbecause", "ok\n");
	control_ask(w->h, "reschedule",
	    control_reschedule("4102444801", ID " 1605992637\n"), "ok 1 0\n");
	host_expect(w->h, "judged anew", "R" ID "\n");
	host_serve(w->h, 'R', file_of(ID, PAST_S, FAR_S), "");
	s = await(w, "it waits", has_waiting);
	s = fresh(w, "again");
	check_bool("paused", s->paused, true);
	check_string("why", s->paused_reason, "because");
	check_bool("since", s->paused_since_s >= s->started_s, true);
	check_int("rescheduled", (int64_t)s->rescheduled, 1);
	check_int("by hand", (int64_t)s->waiting_by_hand, 1);
	check_int("its own date", (int64_t)s->waiting_own, 0);
	check_bool("that one", s->next[0].by_hand, true);
	check_int("at", s->next[0].due_s, FAR_S + 1);
	check_int("read twice", (int64_t)s->headers_read, 2);
	unwatch(w);
}

#define RULES                                                                  \
	"e sender=e@e : pass\na : hold\nb sender=b@b : delay 1h\n"             \
	"c sender=c@c : reject 5.7.1 x\nd sender=d@d : defer 4.7.1 x\n"
#define NEW_RULES "c : hold\nx : pass\na : hold\n"

static const struct rule_wants {
	const char *row;
	const char *name;
	const char *action;
	int64_t hits;
	int64_t waiting;
} before[] = {
    {"passed", "e", "pass", 1, 0},
    {"frozen", "a", "hold", 3, 1}, /* one of them misplaced */
    {"dated", "b", "delay", 0, 0},
    {"refused", "c", "reject", 1, 0},
    {"deferred", "d", "defer", 1, 0},
};
static const struct rule_wants after[] = {
    {"moved", "c", "hold", 1, 0},
    {"new", "x", "pass", 0, 0},
    {"the same", "a", "hold", 3, 1},
};

static void
check_rules(const struct snapshot *s, const struct rule_wants *wants, size_t n)
{
	check_int("rules", (int64_t)s->n_rules, (int64_t)n);
	check_bool("there is a file", s->has_rules, true);
	check_int("others", (int64_t)s->other_rules, 0);
	for (size_t i = 0; i < n; i++) {
		const struct snapshot_rule *rule = &s->rule[i];

		check_string(wants[i].row, rule->name, wants[i].name);
		check_string(wants[i].row, rule->action, wants[i].action);
		check_int(wants[i].row, (int64_t)rule->hits, wants[i].hits);
		check_int(
		    wants[i].row, (int64_t)rule->waiting, wants[i].waiting);
	}
}

static void
ask(int fd, const char *lines, const char *want)
{
	host_print(fd, span_str(ASK));
	host_print(fd, span_str(lines));
	host_print(fd, span_str("\n"));
	check_part(lines, host_answer(lines, fd, strlen(want) + 2), want);
}

static bool
has_frozen(const struct snapshot *s)
{
	return s->survey.frozen > 0;
}

static bool
has_new_rules(const struct snapshot *s)
{
	return s->n_rules == 3;
}

static void
check_answers(const struct snapshot *s)
{
	static const int64_t wants[SNAPSHOT_ANSWERS] = {
	    [SNAPSHOT_DUNNO] = 2,
	    [SNAPSHOT_POSTPONED] = 2,
	    [SNAPSHOT_REJECTED] = 1,
	    [SNAPSHOT_DEFERRED] = 1,
	    [SNAPSHOT_MISPLACED] = 1,
	    [SNAPSHOT_MALFORMED] = 1,
	};

	for (int i = 0; i < SNAPSHOT_ANSWERS; i++)
		check_int("answers", (int64_t)s->answers[i], wants[i]);
	check_int("connections", (int64_t)s->policy.accepted, 2);
	check_int("broken", (int64_t)s->policy.broken, 1);
	check_int("open", (int64_t)s->policy_open, 1);
}

/* Requests that are decided in each way there is. */
static int
ask_all(struct host *h)
{
	int fd = host_client(h), bad = host_client(h);

	ask(fd, "instance=1\nrecipient=x@y\n", "never (rule a)");
	ask(fd, "instance=1\nrecipient=z@y\n", "DUNNO");
	ask(fd, "instance=2\nsender=b@b\n", "never (rule a)");
	ask(fd, "sender=c@c\n", "REJECT 5.7.1 x");
	ask(fd, "sender=d@d\n", "DEFER 4.7.1 x");
	ask(fd, "sender=e@e\n", "DUNNO");
	host_print(fd,
	    span_str("request=smtpd_access_policy\n"
		     "protocol_state=CONNECT\n\n"));
	check_part("misplaced", host_answer("misplaced", fd, 14), "DEFER");
	host_print(bad, span_str("GET / HTTP/1.1\n"));
	check_string("closed", host_answer("closed", bad, 1), "");
	close(bad);
	return fd;
}

static void
rules_and_their_hits_are_told(void **state)
{
	struct watcher *w = watch(state);
	struct host *h = w->h;
	int fd;

	watch_listening(w, RULES);
	fd = ask_all(h);
	host_reload(h, "", RULES);
	host_expect(h, "a walk", "L");
	host_serve(h, 'L', listing_of(ID, PAST_S), "");
	host_expect(h, "read", "R" ID "\n");
	host_serve(h, 'R', frozen_file_of(ID, PAST_S, "a"), "");
	check_rules(await(w, "frozen", has_frozen), before, COUNT_OF(before));
	check_answers(w->snapshot);
	check_int("frozen", (int64_t)w->snapshot->survey.frozen, 1);
	check_int("not next", (int64_t)w->snapshot->n_next, 0);
	host_reload(h, "", NEW_RULES);
	check_rules(
	    await(w, "reloaded", has_new_rules), after, COUNT_OF(after));
	check_int("all answers", (int64_t)w->snapshot->answers[0], 2);
	close(fd);
	unwatch(w);
}

/* A rule's date, a rule that is no more, and one that came by hand. */
static void
the_rule_that_a_message_waits_for_is_told(void **state)
{
	struct watcher *w = watch(state);
	struct host *h = w->h;
	const struct snapshot *s;
	static char listing[1024], files[4096];

	snprintf(listing, sizeof(listing), "%s", listing_of(ID, PAST_S));
	strcat(listing, listing_of(OTHER, PAST_S));
	snprintf(files, sizeof(files), "%s",
	    headed_file_of(ID, PAST_S,
		"X-Deliver-At: 2100-01-01T00:00:00Z (rule b)\n", ""));
	strcat(files,
	    headed_file_of(OTHER, PAST_S,
		"X-Deliver-At: 2100-01-01T00:00:01Z (rule old)\n", ""));
	watch_listening(w, RULES);
	host_reload(h, "", RULES);
	host_expect(h, "a walk", "L");
	host_serve(h, 'L', listing, "");
	host_expect(h, "read", "R" ID "\n" OTHER "\n");
	host_serve(h, 'R', files, "");
	s = await(w, "they wait", has_waiting);
	check_int("b", (int64_t)s->rule[2].waiting, 1);
	check_int("another", (int64_t)s->waiting_other, 1);
	check_int("own", (int64_t)s->waiting_own, 0);
	check_int("next", (int64_t)s->n_next, 2);
	check_string("b", s->next[0].rule, "b");
	check_string("another", s->next[1].rule, "(gone)");
	unwatch(w);
}

/* Commands */

static bool
is_down(const struct snapshot *s)
{
	return s->postfix_down;
}

static bool
is_up(const struct snapshot *s)
{
	return !s->postfix_down;
}

static void
failures_are_told(void **state)
{
	struct watcher *w = watch(state);
	const struct snapshot *s;
	struct host *h = w->h;

	control_open(h);
	host_expect(h, "the first walk", "L");
	host_send(h, "FL11", NULL, 0);
	s = await(w, "not started", has_walked);
	check_int("failed", (int64_t)s->walks_failed, 1);
	check_bool("so it is not well", s->walk_ok, false);
	check_int("none was started", (int64_t)s->commands[SWEEP_LIST], 0);
	check_int("but failed", (int64_t)s->commands_failed[SWEEP_LIST], 1);
	host_expect(h, "the second walk", "L");
	host_serve(h, 'L', "not whole", "");
	host_expect(h, "the third walk", "L");
	host_serve(h, 'L', "",
	    "postqueue: warning: Mail system is down -- accessing queue "
	    "directly\n");
	s = await(w, "Postfix is down", is_down);
	check_int("started", (int64_t)s->commands[SWEEP_LIST], 2);
	check_int("failed", (int64_t)s->commands_failed[SWEEP_LIST], 2);
	check_int("walks", (int64_t)s->walks, 1);
	control_ask(h, "sweep", "sweep\n", "ok\n");
	host_expect(h, "the fourth walk", "L");
	host_start(h, 'L');
	check_bool("down until it is known", next(w, "d")->postfix_down, true);
	host_end(h, 'L', 0);
	await(w, "Postfix is up", is_up);
	unwatch(w);
}

/* Texts */

static const char *
file_with_texts(const char *id, const char *subject)
{
	static char text[4096];
	const char *file;
	char header[256];
	size_t at;

	snprintf(header, sizeof(header),
	    "X-Deliver-At: 2100-01-01T00:00:00Z\nSubject: %s\n", subject);
	file = headed_file_of(id, PAST_S, "", header);
	at = (size_t)(strstr(file, "named_attribute") - file);
	snprintf(text, sizeof(text),
	    "%.*srecipient: ben@sink.test\nrecipient: carl@sink.test\n%s",
	    (int)at, file, file + at);
	return text;
}

/* One message waits. */
static void
learn(struct host *h)
{
	control_open(h);
	host_expect(h, "the first walk", "L");
	host_serve(h, 'L', listing_of(ID, PAST_S), "");
	host_expect(h, "read", "R" ID "\n");
	host_serve(h, 'R', file_with_texts(ID, "x"), "");
}

/* Nothing but this walk has come from the engine. */
static void
check_still(struct host *h, const char *row)
{
	control_ask(h, row, "sweep\n", "ok\n");
	host_expect(h, row, "L");
	host_serve(h, 'L', listing_of(ID, PAST_S), "");
}

static void
texts_are_read_where_they_are_to_be_shown(void **state)
{
	struct watcher *w = watch(state);
	const struct snapshot *s;

	w->h->settings.page_addresses = true;
	learn(w->h);
	host_expect(w->h, "a peek", "R" ID "\n");
	host_serve(w->h, 'R', file_with_texts(ID, "hello"), "");
	s = await(w, "texts", has_texts);
	check_bool("shown", s->shows_texts, true);
	check_string("sender", s->next[0].sender, "ann@sender.test");
	check_string("recipient", s->next[0].recipient, "ben@sink.test");
	check_int("recipients", (int64_t)s->next[0].recipients, 2);
	check_string("subject", s->next[0].subject, "hello");
	check_int("judged once", (int64_t)s->headers_read, 1);
	check_int("read twice", (int64_t)s->commands[SWEEP_READ], 2);
	fresh(w, "again");
	check_bool("kept", has_texts(w->snapshot), true);
	check_still(w->h, "not read again");
	host_reload(w->h, "", NULL);
	host_expect(w->h, "the walk of a reload", "L");
	host_serve(w->h, 'L', listing_of(ID, PAST_S), "");
	host_expect(w->h, "judged anew", "R" ID "\n");
	host_serve(w->h, 'R', file_with_texts(ID, "hello"), "");
	s = await(w, "it waits again", has_no_texts);
	s = fresh(w, "not to be shown");
	check_int("it waits", (int64_t)s->n_next, 1);
	check_bool("not to be shown", s->shows_texts, false);
	check_string("no sender", s->next[0].sender, "");
	check_still(w->h, "nor to be read");
	unwatch(w);
}

static void
texts_are_not_read_where_they_are_not_to_be_shown(void **state)
{
	struct watcher *w = watch(state);

	learn(w->h);
	await(w, "it waits", has_waiting);
	for (int i = 0; i < 2; i++) {
		fresh(w, "some time passes");
		check_bool("not to be shown", w->snapshot->shows_texts, false);
		check_bool("no texts", has_texts(w->snapshot), false);
		check_still(w->h, "no peek");
	}
	check_int("read once", (int64_t)w->snapshot->commands[SWEEP_READ], 1);
	unwatch(w);
}

/* Nobody gets snapshots, so texts are of no use. */
static void
without_a_page_nothing_is_read(void **state)
{
	struct host *h = *state;

	h->settings.page_addresses = true;
	learn(h);
	check_still(h, "no peek");
}

/* So many of 12 messages that wait, from that one on. */
static const char *
many(const char *(*of)(unsigned i), unsigned from, unsigned n)
{
	static char text[32 * 1024];

	text[0] = '\0';
	for (unsigned i = from; i < from + n; i++)
		strncat(text, of(i), sizeof(text) - strlen(text) - 1);
	return text;
}

static const char *
numbered(unsigned i)
{
	static char id[16];

	snprintf(id, sizeof(id), "ABCDEF%05u", i);
	return id;
}

static const char *
line_of(unsigned i)
{
	return listing_of(numbered(i), PAST_S);
}

/* The one with the lower number is due first. */
static const char *
whole_file_of(unsigned i)
{
	return file_of(numbered(i), PAST_S, FAR_S + i);
}

static void
expect_peek(struct watcher *w, const char *row, unsigned from, unsigned n)
{
	char want[512] = "R";

	for (unsigned i = from; i < from + n; i++) {
		strcat(want, numbered(i));
		strcat(want, "\n");
	}
	host_expect(w->h, row, want);
}

/* What a message that is gone does to those beside it, and no longer. */
static void
a_peek_that_fails_takes_less_next_time(void **state)
{
	struct watcher *w = watch(state);
	struct host *h = w->h;

	h->settings.page_addresses = true;
	control_open(h);
	host_expect(h, "the first walk", "L");
	host_serve(h, 'L', many(line_of, 0, 12), "");
	expect_peek(w, "read", 0, 12);
	host_serve(h, 'R', many(whole_file_of, 0, 12), "");
	expect_peek(w, "as many as it takes", 0, 10);
	host_start(h, 'R');
	host_print(h->out, span_str(many(whole_file_of, 0, 1)));
	host_print(h->err, span_str("postcat: fatal: open queue file\n"));
	host_expect(h, "it is ended", "E");
	host_end(h, 'R', 128 + SIGKILL);
	expect_peek(w, "half of it, without the one that was told", 1, 5);
	host_serve(h, 'R', many(whole_file_of, 1, 5), "");
	expect_peek(w, "more again", 6, 6);
	unwatch(w);
}

/* The other end */

static void
a_reader_that_goes_is_no_loss(void **state)
{
	struct watcher *w = watch(state);

	control_open(w->h);
	host_expect(w->h, "the first walk", "L");
	host_serve(w->h, 'L', listing_of(ID, PAST_S), "");
	host_expect(w->h, "read", "R" ID "\n");
	host_serve(w->h, 'R', file_of(ID, PAST_S, FAR_S), "");
	next(w, "one");
	host_close(&w->h->snapshots);
	host_logged(w->h, "it is told", "the status page gets no more news: ");
	check_still(w->h, "the engine goes on");
	host_send(w->h, "T", NULL, 0);
	host_ends(w->h, "and stops", EX_OK);
	unwatch(w);
}

/* It gets all of what it gets, and the engine does its work meanwhile. */
static void
a_slow_reader_gets_whole_ones(void **state)
{
	struct watcher *w = watch(state);
	const struct snapshot *s;

	assert_true(fcntl(w->h->options.snapshots, F_SETPIPE_SZ, 4096) >= 0);
	learn(w->h);
	for (int i = 0; i < 3; i++)
		check_still(w->h, "nobody reads, it works");
	s = next(w, "the first");
	check_int("it was taken at once", (int64_t)s->walks, 0);
	s = next(w, "the second");
	check_bool("it was taken later", s->walks >= 3, true);
	check_int("it waits", (int64_t)s->n_next, 1);
	unwatch(w);
}

static int64_t
cpu_ns(pid_t pid)
{
	struct timespec used;
	clockid_t its;

	assert_int_equal(clock_getcpuclockid(pid, &its), 0);
	assert_int_equal(clock_gettime(its, &used), 0);
	return used.tv_sec * CLOCK_NS_PER_S + used.tv_nsec;
}

/* A pipe that has room is no reason to wake up. */
static void
between_two_it_sleeps(void **state)
{
	enum { PAUSE_MS = 400 };
	struct watcher *w = watch(state);
	struct pollfd p = {.fd = w->h->snapshots, .events = POLLIN};
	int64_t before_ns;

	assert_true(fcntl(w->h->options.snapshots, F_SETPIPE_SZ, 4096) >= 0);
	w->h->options.snapshots_ns = guard_ms() * CLOCK_NS_PER_MS;
	learn(w->h);
	next(w, "the first");
	before_ns = cpu_ns(w->h->engine);
	check_int("nothing comes", poll(&p, 1, PAUSE_MS), 0);
	check_bool("it sleeps",
	    cpu_ns(w->h->engine) - before_ns < PAUSE_MS * CLOCK_NS_PER_MS / 10,
	    true);
	unwatch(w);
}

static const struct {
	const char *row;
	int64_t cost_ns;
	int64_t set_ns;
	int64_t want_ns;
} intervals[] = {
    {"at no cost", 0, 0, CLOCK_NS_PER_S},
    {"a hundredth of a second", 10 * CLOCK_NS_PER_MS, 0, CLOCK_NS_PER_S},
    {"more", 11 * CLOCK_NS_PER_MS, 0, 1100 * CLOCK_NS_PER_MS},
    {"the most", 50 * CLOCK_NS_PER_MS, 0, 5 * CLOCK_NS_PER_S},
    {"more than that", 51 * CLOCK_NS_PER_MS, 0, 5 * CLOCK_NS_PER_S},
    {"the machine stood still", 60 * CLOCK_NS_PER_S, 0, 5 * CLOCK_NS_PER_S},
    {"for as long as can be", INT64_MAX, 0, 5 * CLOCK_NS_PER_S},
    {"set", CLOCK_NS_PER_MS / 10, EACH_NS, EACH_NS},
    {"set, and more", CLOCK_NS_PER_MS, EACH_NS, 100 * CLOCK_NS_PER_MS},
};

/* It must not look stuck because one took long. */
static void
a_costly_one_makes_the_next_wait_but_not_for_long(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(intervals); i++)
		check_int(intervals[i].row,
		    engine_snapshot_interval_ns(
			intervals[i].cost_ns, intervals[i].set_ns),
		    intervals[i].want_ns);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CONTROLLED(the_first_one_comes_at_once),
	    CONTROLLED(mail_that_waits_is_told),
	    CONTROLLED(what_an_administrator_says_is_told),
	    CONTROLLED(rules_and_their_hits_are_told),
	    CONTROLLED(the_rule_that_a_message_waits_for_is_told),
	    CONTROLLED(failures_are_told),
	    CONTROLLED(texts_are_read_where_they_are_to_be_shown),
	    CONTROLLED(texts_are_not_read_where_they_are_not_to_be_shown),
	    CONTROLLED(without_a_page_nothing_is_read),
	    CONTROLLED(a_peek_that_fails_takes_less_next_time),
	    CONTROLLED(a_reader_that_goes_is_no_loss),
	    CONTROLLED(a_slow_reader_gets_whole_ones),
	    CONTROLLED(between_two_it_sleeps),
	    cmocka_unit_test(a_costly_one_makes_the_next_wait_but_not_for_long),
	};

	return cmocka_run_group_tests_name(
	    "engine_snapshot", tests, NULL, NULL);
}

/* SPDX-License-Identifier: ISC */
/*
 * Which texts the engine wants for the status page, and which it tells: parts
 * of an engine, with a test in the place of its loop.
 */
#include "tests/unit/sched_support.h"

#include "policyd/engine_private.h"

/* All mail arrived then, and has that size. */
#define ARRIVAL_S INT64_C(1795300000)
enum { SIZE = 359 };

static const struct clock_now now = {
    .wall_ns = (ARRIVAL_S + 100) * CLOCK_NS_PER_S,
    .reached_ns = (ARRIVAL_S + 100) * CLOCK_NS_PER_S,
    .mono_ns = 1000 * CLOCK_NS_PER_S,
};

static enum conn_verdict
never_asked(void *ctx, struct span in, struct buf *out, size_t *used)
{
	(void)ctx;
	(void)in;
	(void)out;
	(void)used;
	return CONN_CLOSE;
}

static void
tell_nobody(void *ctx, const struct sweep_event *event)
{
	(void)ctx;
	(void)event;
}

/* An engine that shows texts, and whose first walk is over. */
static struct engine *
engine_make(void)
{
	struct engine *g = calloc(1, sizeof(*g));
	struct conn_protocol protocol = {
	    .name = "policy", .handle = never_asked, .in_max = 1};
	struct conn_limits limits = {.connections = 1, .idle_ms = 1000};
	struct sweep_options options = {.tell = tell_nobody};
	struct sweep_command c;

	assert_non_null(g);
	g->o.news = g->o.snapshots = -1;
	load_settings(&g->orders.settings,
	    "status_page_addresses = yes\nsweep_interval = 1h");
	options.settings = &g->orders.settings;
	g->loop = loop_new();
	assert_non_null(g->loop);
	g->server = conn_server_new(g->loop, g->o.log, &protocol, &limits);
	g->snapshot = calloc(1, sizeof(*g->snapshot));
	assert_true(g->server != NULL && g->snapshot != NULL);
	g->snapshot->ask_max = SWEEP_PEEK_MAX;
	sweep_init(&g->sweep, &options);
	assert_true(sweep_next(&g->sweep, &now, &c));
	sweep_end(&g->sweep, c.verb, true, &now);
	return g;
}

static void
engine_unmake(struct engine *g)
{
	conn_server_free(g->server);
	loop_free(g->loop);
	sweep_free(&g->sweep);
	free(g->snapshot);
	free(g);
}

static struct qid
numbered(unsigned i)
{
	char text[QID_SIZE];

	snprintf(text, sizeof(text), "MAIL%06u", i);
	return qid_of(text);
}

/* The i-th message waits; that of the lower number is due first. */
static void
add(struct engine *g, unsigned i)
{
	struct qid id = numbered(i);
	struct sweep_command c;
	struct facts facts;

	facts_begin(&facts);
	facts.arrival_s = facts.created_s = ARRIVAL_S;
	facts.size = SIZE;
	facts.own_latest_s = ARRIVAL_S + 1000 + i;
	sweep_arrived(&g->sweep, &id);
	assert_true(sweep_next(&g->sweep, &now, &c));
	assert_int_equal(c.verb, SWEEP_READ);
	sweep_read(&g->sweep, &id, &facts, &now);
	sweep_end(&g->sweep, SWEEP_READ, true, &now);
}

static struct engine *
engine_with(unsigned n)
{
	struct engine *g = engine_make();

	for (unsigned i = 0; i < n; i++)
		add(g, i);
	return g;
}

/* A snapshot is taken. False: nothing is to be read for it. */
static bool
take(struct engine *g)
{
	engine_snapshot_fill(g);
	return engine_snapshot_peek(g);
}

static void
check_wanted(const char *row, struct engine *g, unsigned from, unsigned n)
{
	struct sweep_command c;

	check_bool(row, take(g), n > 0);
	check_bool(row, sweep_next(&g->sweep, &now, &c), n > 0);
	if (n == 0)
		return;
	check_int(row, c.verb, SWEEP_READ);
	check_int(row, (int64_t)c.n, n);
	for (unsigned i = 0; i < n; i++) {
		struct qid id = numbered(from + i);

		check_bool(row, qid_equal(&c.ids[i], &id), true);
	}
}

/* What postcat says of the i-th message. */
static void
say(struct engine *g, unsigned i)
{
	struct qid id = numbered(i);

	texts_begin(&g->snapshot->texts);
	texts_take_header(&g->snapshot->texts, span_str("Subject: tea"));
	texts_end(&g->snapshot->texts, &id, ARRIVAL_S, SIZE);
}

static void
end(struct engine *g, bool ok)
{
	sweep_end(&g->sweep, SWEEP_READ, ok, &now);
}

/* How many have texts, and how many of the first ones. */
static void
check_shown(const char *row, struct engine *g, unsigned n, unsigned first)
{
	const struct snapshot *s = &g->snapshot->snapshot;
	unsigned shown = 0;

	engine_snapshot_fill(g);
	for (size_t i = 0; i < s->n_next; i++) {
		const struct snapshot_message *m = &s->next[i];

		shown += m->has_texts != 0;
		check_string(row, m->subject, m->has_texts ? "tea" : "");
		if (i < first)
			check_int(row, (int64_t)m->has_texts, 1);
	}
	check_int(row, shown, n);
}

static void
all_that_are_shown_are_read_in_turn(void **state)
{
	struct engine *g = engine_with(60);
	unsigned at = 0;

	(void)state;
	while (at < SNAPSHOT_NEXT_MAX) {
		check_shown("so far", g, at, at);
		check_wanted("the next ones", g, at, SWEEP_PEEK_MAX);
		check_bool("not while they are read", take(g), false);
		for (unsigned i = 0; i < SWEEP_PEEK_MAX; i++)
			say(g, at++);
		end(g, true);
	}
	check_shown("all", g, 50, 50);
	check_wanted("no more", g, 0, 0);
	engine_unmake(g);
}

/* What left makes room for what is shown now. */
static void
texts_go_with_their_messages(void **state)
{
	struct engine *g = engine_with(70);

	(void)state;
	for (unsigned at = 0; at < SNAPSHOT_NEXT_MAX; at += SWEEP_PEEK_MAX) {
		check_wanted("the first 50", g, at, SWEEP_PEEK_MAX);
		for (unsigned i = 0; i < SWEEP_PEEK_MAX; i++)
			say(g, at + i);
		end(g, true);
	}
	for (unsigned i = 0; i < 20; i++) {
		struct qid id = numbered(i);

		sweep_departed(&g->sweep, &id, &now);
	}
	check_wanted("of those behind", g, 50, SWEEP_PEEK_MAX);
	check_int(
	    "the others are forgotten", (int64_t)g->snapshot->texts.n, 30);
	for (unsigned i = 0; i < SWEEP_PEEK_MAX; i++)
		say(g, 50 + i);
	end(g, true);
	check_shown("and these are known", g, 40, 40);
	engine_unmake(g);
}

static void
failures_make_it_rarer_and_smaller(void **state)
{
	static const unsigned sizes[] = {10, 5, 3, 2, 1};
	struct engine *g = engine_with(12);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		check_wanted("half of it", g, 0, sizes[i]);
		check_bool("not while it runs", take(g), false);
		end(g, false);
		check_wanted("not at once", g, 0, 0);
	}
	check_shown("nothing", g, 0, 0);
	check_wanted("that one is given up", g, 1, 1);
	say(g, 1);
	end(g, true);
	check_wanted("one more each time", g, 2, 2);
	say(g, 2);
	end(g, true);
	check_wanted("what was not told is given up", g, 4, 3);
	for (unsigned i = 4; i < 7; i++)
		say(g, i);
	end(g, true);
	check_wanted("and more", g, 7, 4);
	for (unsigned i = 7; i < 11; i++)
		say(g, i);
	end(g, true);
	check_wanted("the last", g, 11, 1);
	say(g, 11);
	end(g, true);
	check_wanted("no more", g, 0, 0);
	check_shown("all but two", g, 10, 0);
	engine_unmake(g);
}

/* A message that went before it could be read is none of those it spoilt. */
static void
a_part_that_was_told_is_kept(void **state)
{
	struct engine *g = engine_with(10);

	(void)state;
	check_wanted("all", g, 0, 10);
	for (unsigned i = 0; i < 6; i++)
		say(g, i);
	end(g, false);
	check_shown("these", g, 6, 6);
	check_wanted("not at once", g, 0, 0);
	check_wanted("the rest", g, 6, 4);
	engine_unmake(g);
}

static void
a_read_that_could_not_be_run_is_a_failure(void **state)
{
	struct engine *g = engine_with(10);

	(void)state;
	check_wanted("all", g, 0, 10);
	sweep_not_run(&g->sweep, SWEEP_READ, &now);
	check_wanted("not at once", g, 0, 0);
	check_wanted("half", g, 0, 5);
	engine_unmake(g);
}

/* From the moment on at which it is said. */
static void
what_is_not_to_be_shown_is_not_read(void **state)
{
	struct engine *g = engine_with(10);
	struct sweep_command c;

	(void)state;
	check_wanted("the first", g, 0, 10);
	for (unsigned i = 0; i < 5; i++)
		say(g, i);
	g->orders.settings.page_addresses = false;
	engine_snapshot_take_orders(g);
	check_int("forgotten", (int64_t)g->snapshot->texts.n, 0);
	for (unsigned i = 5; i < 10; i++)
		say(g, i);
	end(g, true);
	check_shown("what came yet is not shown", g, 0, 0);
	check_bool("nor said to be", g->snapshot->snapshot.shows_texts, false);
	check_wanted("nor is more read", g, 0, 0);
	check_int("all is forgotten", (int64_t)g->snapshot->texts.n, 0);
	g->orders.settings.page_addresses = true;
	check_bool("wanted again", take(g), true);
	g->orders.settings.page_addresses = false;
	engine_snapshot_take_orders(g);
	check_bool("and not", sweep_next(&g->sweep, &now, &c), false);
	engine_unmake(g);
}

/* What was counted so far was counted for the rules before. */
static void
with_other_rules_a_survey_begins_anew(void **state)
{
	struct engine *g = engine_with(1);

	(void)state;
	g->snapshot->gathering = true;
	engine_snapshot_take_orders(g);
	check_bool("anew", g->snapshot->gathering, false);
	engine_unmake(g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(all_that_are_shown_are_read_in_turn),
	    cmocka_unit_test(texts_go_with_their_messages),
	    cmocka_unit_test(failures_make_it_rarer_and_smaller),
	    cmocka_unit_test(a_part_that_was_told_is_kept),
	    cmocka_unit_test(a_read_that_could_not_be_run_is_a_failure),
	    cmocka_unit_test(what_is_not_to_be_shown_is_not_read),
	    cmocka_unit_test(with_other_rules_a_survey_begins_anew),
	};

	return cmocka_run_group_tests_name("engine_peek", tests, NULL, NULL);
}

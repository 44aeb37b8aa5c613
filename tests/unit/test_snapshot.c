/* SPDX-License-Identifier: ISC */
#include "tests/unit/snapshot_support.h"

#define FIXED offsetof(struct snapshot, rule)

enum { WIRE_MAX = 2 * (int)SNAPSHOT_WIRE_MAX };

/* Two rules, two messages, all of which may be changed by a row. */
static struct snapshot *
example(void)
{
	struct snapshot *s = new_snapshot();
	struct snapshot_message *m;

	s->paused = 1;
	s->paused_since_s = SNAPSHOT_NOW - 60;
	set_text(s->paused_reason, sizeof(s->paused_reason), "a test");
	s->survey.waiting = 3;
	s->survey.next_due_s = SNAPSHOT_NOW + 60;
	lateness_add(&s->late, 7 * CLOCK_NS_PER_MS);
	lateness_add(&s->late, 7 * CLOCK_NS_PER_S);
	add_rule(s, "newsletter", "delay", 5, 2);
	add_rule(s, "night", "window", 0, 1);
	m = add_next(s, "4abcDEF0123", SNAPSHOT_NOW + 60);
	m->has_texts = 1;
	set_text(m->rule, sizeof(m->rule), SNAPSHOT_GONE_RULE);
	set_text(m->sender, sizeof(m->sender), "a@example.com");
	set_text(m->recipient, sizeof(m->recipient), "b@example.com");
	set_text(m->subject, sizeof(m->subject), "\xff <b>");
	m = add_next(s, "5abcDEF0123", SNAPSHOT_NOW + 61);
	set_text(m->rule, sizeof(m->rule), "night");
	return s;
}

static struct span
wire_of(const struct snapshot *s, struct buf *wire)
{
	buf_init(wire, WIRE_MAX);
	assert_true(snapshot_put(s, wire));
	return buf_span(wire);
}

static void
check_same(
    const char *row, const struct snapshot *got, const struct snapshot *want)
{
	check_bool(row, memcmp(got, want, FIXED) == 0, true);
	check_bool(row,
	    memcmp(got->rule, want->rule,
		want->n_rules * sizeof(want->rule[0])) == 0,
	    true);
	check_bool(row,
	    memcmp(got->next, want->next,
		want->n_next * sizeof(want->next[0])) == 0,
	    true);
}

static void
what_is_put_is_taken(void **state)
{
	struct snapshot *s = example(), *got = calloc(1, sizeof(*got));
	size_t want = FIXED + 2 * sizeof(s->rule[0]) + 2 * sizeof(s->next[0]);
	struct buf wire;
	struct span in;
	size_t used = 0;

	(void)state;
	assert_non_null(got);
	in = exact_copy(wire_of(s, &wire));
	check_int("only what is used", (int64_t)in.len, (int64_t)want);
	check_int("taken", snapshot_take(in, got, &used), SNAPSHOT_DONE);
	check_int("all of it", (int64_t)used, (int64_t)want);
	check_same("the same", got, s);
	check_bool("no more was written", got->rule[2].name[0] == '\0', true);
	exact_free(in);
	buf_free(&wire);
	free(got);
	free(s);
}

static void
prefixes_ask_for_more(void **state)
{
	struct snapshot *s = example(), *got = calloc(1, sizeof(*got));
	struct buf wire;
	struct span whole = wire_of(s, &wire);
	size_t used = 77;

	(void)state;
	assert_non_null(got);
	for (size_t n = 0; n < whole.len; n++) {
		struct span in = exact_copy(span_head(whole, n));

		check_int(
		    "a prefix", snapshot_take(in, got, &used), SNAPSHOT_MORE);
		exact_free(in);
	}
	check_int("nothing was used", (int64_t)used, 77);
	buf_free(&wire);
	free(got);
	free(s);
}

/* At odd places too, as they lie in a buffer. */
static void
they_follow_one_another(void **state)
{
	struct snapshot *first = example(), *second = new_snapshot();
	struct snapshot *got = calloc(1, sizeof(*got));
	struct buf wire;
	struct span in;
	size_t used;

	(void)state;
	assert_non_null(got);
	wire_of(first, &wire);
	assert_true(snapshot_put(second, &wire));
	assert_true(buf_append(&wire, span_str("x")));
	for (size_t shift = 0; shift < sizeof(uint64_t); shift++) {
		char *room = malloc(shift + buf_len(&wire));

		assert_non_null(room);
		in = buf_span(&wire);
		memcpy(room + shift, in.data, in.len);
		in = span_of(room + shift, in.len);
		check_int(
		    "the first", snapshot_take(in, got, &used), SNAPSHOT_DONE);
		check_same("the first", got, first);
		in = span_skip(in, used);
		check_int(
		    "the second", snapshot_take(in, got, &used), SNAPSHOT_DONE);
		check_same("the second", got, second);
		in = span_skip(in, used);
		check_int("what follows", (int64_t)in.len, 1);
		check_int(
		    "the third", snapshot_take(in, got, &used), SNAPSHOT_MORE);
		free(room);
	}
	buf_free(&wire);
	free(got);
	free(first);
	free(second);
}

static void
a_full_one_goes_through(void **state)
{
	struct snapshot *s = new_snapshot(), *got = calloc(1, sizeof(*got));
	struct buf wire;
	char name[SNAPSHOT_RULE_SIZE];
	size_t used;

	(void)state;
	assert_non_null(got);
	for (int i = 0; i < SNAPSHOT_RULES_MAX; i++) {
		snprintf(name, sizeof(name), "rule%d", i);
		add_rule(s, name, "hold", UINT64_MAX, (uint64_t)i);
	}
	for (int i = 0; i < SNAPSHOT_NEXT_MAX; i++)
		add_next(s, "4abcDEF0123", SNAPSHOT_NOW + i);
	check_bool("the longest wire is long enough",
	    wire_of(s, &wire).len <= SNAPSHOT_WIRE_MAX, true);
	check_int(
	    "taken", snapshot_take(buf_span(&wire), got, &used), SNAPSHOT_DONE);
	check_same("the same", got, s);
	buf_free(&wire);
	free(got);
	free(s);
}

static void
no_room_changes_nothing(void **state)
{
	struct snapshot *s = example();
	struct buf wire, small;
	size_t len = wire_of(s, &wire).len;

	(void)state;
	buf_init(&small, len + 2);
	assert_true(buf_append(&small, span_str("abc")));
	check_bool("one byte too few", snapshot_put(s, &small), false);
	check_span("unchanged", buf_span(&small), span_str("abc"));
	buf_consume(&small, 1);
	check_bool("just enough", snapshot_put(s, &small), true);
	buf_free(&small);
	buf_free(&wire);
	free(s);
}

#define AT(member) offsetof(struct snapshot, member)
#define RULE_AT(member)                                                        \
	(FIXED + sizeof(struct snapshot_rule) +                                \
	    offsetof(struct snapshot_rule, member))
#define NEXT_AT(member)                                                        \
	(FIXED + 2 * sizeof(struct snapshot_rule) +                            \
	    sizeof(struct snapshot_message) +                                  \
	    offsetof(struct snapshot_message, member))
#define A_TIME(row, at)                                                        \
	{row " may be that far ahead", at, 8, SNAPSHOT_TIME_MAX,               \
	    SNAPSHOT_DONE},                                                    \
	    {row " not further", at, 8, SNAPSHOT_TIME_MAX + 1,                 \
		SNAPSHOT_WRONG},                                               \
	    {row " may be that far back", at, 8, -SNAPSHOT_TIME_MAX,           \
		SNAPSHOT_DONE},                                                \
	{                                                                      \
		row " not further back", at, 8, -SNAPSHOT_TIME_MAX - 1,        \
		    SNAPSHOT_WRONG                                             \
	}
#define A_FLAG(row, at)                                                        \
	{row " may be 0", at, 8, 0, SNAPSHOT_DONE},                            \
	    {row " may be 1", at, 8, 1, SNAPSHOT_DONE},                        \
	{                                                                      \
		row " may not be 2", at, 8, 2, SNAPSHOT_WRONG                  \
	}
/* All its bytes but the last one, and that too. */
#define A_TEXT(row, at, size)                                                  \
	{row " has an end", at, (size)-1, 'x', SNAPSHOT_DONE},                 \
	{                                                                      \
		row " has to have one", at, size, 'x', SNAPSHOT_WRONG          \
	}

static const struct {
	const char *row;
	size_t at;
	size_t size; /* 8: a number; else that many bytes of value */
	int64_t value;
	enum snapshot_result want;
} changes[] = {
    A_TIME("the time", AT(taken_s)),
    A_TIME("the start", AT(started_s)),
    A_TIME("the pause", AT(paused_since_s)),
    A_TIME("the walk", AT(walk_at_s)),
    A_TIME("the oldest", AT(survey.oldest_due_s)),
    A_TIME("the next", AT(survey.next_due_s)),
    A_TIME("the hours", AT(lane[0].begin_s)),
    A_TIME("the weeks", AT(lane[2].begin_s)),
    A_TIME("what is due", NEXT_AT(due_s)),
    A_TIME("an arrival", NEXT_AT(arrival_s)),
    A_FLAG("paused", AT(paused)),
    A_FLAG("walk_ok", AT(walk_ok)),
    A_FLAG("postfix_down", AT(postfix_down)),
    A_FLAG("inotify", AT(inotify)),
    A_FLAG("has_rules", AT(has_rules)),
    A_FLAG("shows_texts", AT(shows_texts)),
    A_FLAG("by_hand", NEXT_AT(by_hand)),
    A_FLAG("has_texts", NEXT_AT(has_texts)),
    A_TEXT("the status", AT(status), SNAPSHOT_STATUS_SIZE),
    A_TEXT("the reason", AT(paused_reason), SNAPSHOT_REASON_SIZE),
    A_TEXT("a rule", RULE_AT(name), SNAPSHOT_RULE_SIZE),
    A_TEXT("an action", RULE_AT(action), SNAPSHOT_ACTION_SIZE),
    A_TEXT("a message's rule", NEXT_AT(rule), SNAPSHOT_RULE_SIZE),
    A_TEXT("a sender", NEXT_AT(sender), SNAPSHOT_TEXT_SIZE),
    A_TEXT("a recipient", NEXT_AT(recipient), SNAPSHOT_TEXT_SIZE),
    A_TEXT("a subject", NEXT_AT(subject), SNAPSHOT_TEXT_SIZE),
    {"a lane may have no slots", AT(lane[0].n), 8, 0, SNAPSHOT_DONE},
    {"a lane may be full", AT(lane[1].n), 8, SNAPSHOT_SLOTS_MAX, SNAPSHOT_DONE},
    {"a lane has no more", AT(lane[1].n), 8, SNAPSHOT_SLOTS_MAX + 1,
	SNAPSHOT_WRONG},
    {"the last lane neither", AT(lane[2].n), 8, -1, SNAPSHOT_WRONG},
    {"a slot has a second", AT(lane[2].step_s), 8, 1, SNAPSHOT_DONE},
    {"at least", AT(lane[2].step_s), 8, 0, SNAPSHOT_WRONG},
    {"nor less", AT(lane[0].step_s), 8, -1, SNAPSHOT_WRONG},
    {"a slot has a year", AT(lane[0].step_s), 8, SNAPSHOT_STEP_MAX,
	SNAPSHOT_DONE},
    {"at most", AT(lane[0].step_s), 8, SNAPSHOT_STEP_MAX + 1, SNAPSHOT_WRONG},
    {"releases are in a bucket", AT(late.n), 8, 3, SNAPSHOT_WRONG},
    {"none is in two", AT(late.n), 8, 1, SNAPSHOT_WRONG},
    {"buckets do not wrap", AT(late.in[0]), 8, -1, SNAPSHOT_WRONG},
    {"nor the last", AT(late.in[LATENESS_BUCKETS - 1]), 8, -2, SNAPSHOT_WRONG},
    {"a sum may be large", AT(late.sum_ns), 8, INT64_MAX, SNAPSHOT_DONE},
    {"a sum is not negative", AT(late.sum_ns), 8, -1, SNAPSHOT_WRONG},
    {"the most is not negative", AT(late.most_ns), 8, -1, SNAPSHOT_WRONG},
    {"a walk took its time", AT(walk_cost_ns), 8, -1, SNAPSHOT_WRONG},
    {"or none", AT(walk_cost_ns), 8, 0, SNAPSHOT_DONE},
    {"a count is any", AT(survey.waiting), 8, -1, SNAPSHOT_DONE},
    {"fewer rules", AT(n_rules), 8, 1, SNAPSHOT_WRONG},
    {"more rules", AT(n_rules), 8, SNAPSHOT_RULES_MAX, SNAPSHOT_MORE},
    {"too many rules", AT(n_rules), 8, SNAPSHOT_RULES_MAX + 1, SNAPSHOT_WRONG},
    {"rules without end", AT(n_rules), 8, -1, SNAPSHOT_WRONG},
    {"fewer messages", AT(n_next), 8, 1, SNAPSHOT_DONE},
    {"more messages", AT(n_next), 8, SNAPSHOT_NEXT_MAX, SNAPSHOT_MORE},
    {"too many messages", AT(n_next), 8, SNAPSHOT_NEXT_MAX + 1, SNAPSHOT_WRONG},
    {"messages without end", AT(n_next), 8, -1, SNAPSHOT_WRONG},
    {"a rule has a name", RULE_AT(name), 5, '\0', SNAPSHOT_WRONG},
    {"a name has no brackets", RULE_AT(name), 1, '(', SNAPSHOT_WRONG},
    {"a name has no blanks", RULE_AT(name), 1, ' ', SNAPSHOT_WRONG},
    {"it breaks no line", RULE_AT(name), 1, '\n', SNAPSHOT_WRONG},
    {"a message may have no rule", NEXT_AT(rule), 5, '\0', SNAPSHOT_DONE},
    {"or one that has a name", NEXT_AT(rule), 1, '"', SNAPSHOT_WRONG},
    {"a subject is any bytes", NEXT_AT(subject), 255, 0xff, SNAPSHOT_DONE},
    {"there is an id", NEXT_AT(id), sizeof(struct qid), 0, SNAPSHOT_WRONG},
    {"of characters", NEXT_AT(id), sizeof(struct qid), 0xff, SNAPSHOT_WRONG},
    {"and no bits behind", NEXT_AT(id.word[2]), 8, INT64_MIN, SNAPSHOT_WRONG},
};

static void
what_cannot_be_is_refused(void **state)
{
	struct snapshot *s = example(), *got = calloc(1, sizeof(*got));
	struct buf wire;
	struct span whole = wire_of(s, &wire);
	char *bytes = malloc(whole.len);
	size_t used;

	(void)state;
	assert_non_null(got);
	assert_non_null(bytes);
	for (size_t i = 0; i < COUNT_OF(changes); i++) {
		memcpy(bytes, whole.data, whole.len);
		if (changes[i].size == sizeof(int64_t))
			memcpy(bytes + changes[i].at, &changes[i].value,
			    sizeof(int64_t));
		else
			memset(bytes + changes[i].at, (int)changes[i].value,
			    changes[i].size);
		check_int(changes[i].row,
		    snapshot_take(span_of(bytes, whole.len), got, &used),
		    changes[i].want);
	}
	free(bytes);
	buf_free(&wire);
	free(got);
	free(s);
}

/* What is wrong in front is told before the rest comes. */
static void
a_wrong_start_is_told_at_once(void **state)
{
	struct snapshot *s = example(), *got = calloc(1, sizeof(*got));
	struct buf wire;
	size_t used;

	(void)state;
	assert_non_null(got);
	s->paused = 2;
	check_int("the fixed part",
	    snapshot_take(span_head(wire_of(s, &wire), FIXED), got, &used),
	    SNAPSHOT_WRONG);
	buf_free(&wire);
	free(got);
	free(s);
}

/* Whatever the bytes are: nothing is read beyond them, nothing counts wrong. */
static void
noise_does_no_harm(void **state)
{
	struct snapshot *s = example(), *got = calloc(1, sizeof(*got));
	struct buf wire;
	struct span whole = wire_of(s, &wire);
	uint32_t seed = 1;

	(void)state;
	assert_non_null(got);
	for (int round = 0; round < 20000; round++) {
		struct span in = exact_copy(whole);
		size_t used = 0;
		char *at;

		seed = seed * 1664525 + 1013904223;
		memcpy(&at, &in.data, sizeof(at));
		at[(seed >> 8) % whole.len] ^= (char)(1 << (seed & 7));
		if (snapshot_take(in, got, &used) == SNAPSHOT_DONE) {
			assert_true(used <= in.len);
			assert_true(got->n_rules <= SNAPSHOT_RULES_MAX);
			assert_true(got->n_next <= SNAPSHOT_NEXT_MAX);
		}
		exact_free(in);
	}
	buf_free(&wire);
	free(got);
	free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_put_is_taken),
	    cmocka_unit_test(prefixes_ask_for_more),
	    cmocka_unit_test(they_follow_one_another),
	    cmocka_unit_test(a_full_one_goes_through),
	    cmocka_unit_test(no_room_changes_nothing),
	    cmocka_unit_test(what_cannot_be_is_refused),
	    cmocka_unit_test(a_wrong_start_is_told_at_once),
	    cmocka_unit_test(noise_does_no_harm),
	};

	return cmocka_run_group_tests_name("snapshot", tests, NULL, NULL);
}

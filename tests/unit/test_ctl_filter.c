/* SPDX-License-Identifier: ISC */
#include "tests/unit/filter_support.h"

static void
test_what_matches(void **state)
{
	static const struct {
		const char *row;
		const char *pairs[2 * PAIRS_MAX];
		bool want;
	} rows[] = {
	    {"everything", {NULL}, true},
	    {"its sender", {"sender", "ann@corp.example"}, true},
	    {"another sender", {"sender", "ben@b.example"}, false},
	    {"its sender's domain", {"sender", "@corp.example"}, true},
	    {"a domain above", {"sender", "@.example"}, true},
	    {"one of a list", {"sender", "x@y.example,@corp.example"}, true},
	    {"it has a sender", {"sender", "<>"}, false},
	    {"any sender", {"sender", "*"}, true},
	    {"its first recipient", {"recipient", "ben@b.example"}, true},
	    {"its last recipient", {"recipient", "@.c.example"}, true},
	    {"another recipient", {"recipient", "@a.example"}, false},
	    {"its login", {"login", "ann"}, true},
	    {"a pattern of its login", {"login", "a*"}, true},
	    {"case counts in a login", {"login", "Ann"}, false},
	    {"it has a login", {"login", "<>"}, false},
	    {"its rule", {"rule", "night-*"}, true},
	    {"another rule", {"rule", "night"}, false},
	    {"within less than its hour", {"due", "<59m59s"}, false},
	    {"within its hour", {"due", "<1h"}, false},
	    {"within more than its hour", {"due", "<1h1s"}, true},
	    {"later than less than its hour", {"due", ">59m59s"}, true},
	    {"later than its hour", {"due", ">1h"}, false},
	    {"later than more than its hour", {"due", ">1h1s"}, false},
	    {"younger than its age", {"age", "<1h59m59s"}, false},
	    {"as young as its age", {"age", "<2h"}, false},
	    {"younger than more", {"age", "<2h1s"}, true},
	    {"older than less", {"age", ">1h59m59s"}, true},
	    {"as old as its age", {"age", ">2h"}, false},
	    {"smaller than its size", {"size", "<2000"}, false},
	    {"smaller than a byte more", {"size", "<2001"}, true},
	    {"larger than a byte less", {"size", ">1999"}, true},
	    {"larger than its size", {"size", ">2000"}, false},
	    {"a size with a unit", {"size", "<2k"}, true},
	    {"a decoded word of the subject", {"subject", "gr\xc3\xbcn"}, true},
	    {"not as it is encoded", {"subject", "=C3=BC"}, false},
	    {"across a fold", {"subject", "tea for TWO"}, true},
	    {"not in the subject", {"subject", "coffee"}, false},
	    {"longer than the subject",
		{"subject", "a text that is longer than the whole subject"},
		false},
	    {"two that match", {"sender", "*", "size", ">1"}, true},
	    {"one of two does not", {"sender", "*", "size", "<1"}, false},
	    {"nor the other", {"sender", "<>", "size", ">1"}, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct filter *f = filter_of(rows[i].row, rows[i].pairs);
		struct sample s;

		sample_begin(&s);
		check_bool(rows[i].row, filter_has_options(f),
		    rows[i].pairs[0] != NULL);
		check_bool(rows[i].row, filter_matches(f, &s.m), rows[i].want);
		check_bool(rows[i].row, filter_matches(f, &s.m), rows[i].want);
		filter_free(f);
	}
}

/* What needs the file passes until that was read, or could not be. */
static void
test_before_and_without_its_file(void **state)
{
	static const struct {
		const char *row;
		const char *pairs[2 * PAIRS_MAX];
		bool before;
		bool unreadable;
	} rows[] = {
	    {"login", {"login", "ben"}, true, false},
	    {"rule", {"rule", "x"}, true, false},
	    {"no rule", {"rule", "<>"}, true, false},
	    {"due", {"due", "<1s"}, true, false},
	    {"due never", {"due", ">1s"}, true, false},
	    {"subject", {"subject", "x"}, true, false},
	    {"a sender that is it", {"sender", "@corp.example"}, true, true},
	    {"a sender that is not", {"sender", "<>"}, false, false},
	    {"a recipient that is not", {"recipient", "<>"}, false, false},
	    {"a size that is not", {"size", "<1"}, false, false},
	    {"an age that is not", {"age", "<1s"}, false, false},
	    {"everything", {NULL}, true, true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct filter *f = filter_of(rows[i].row, rows[i].pairs);
		struct sample s;

		sample_begin(&s);
		s.m.read = false;
		s.m.login = s.m.rule = s.m.subject = text_of("");
		check_bool(
		    rows[i].row, filter_matches(f, &s.m), rows[i].before);
		s.m.unreadable = true;
		check_bool(
		    rows[i].row, filter_matches(f, &s.m), rows[i].unreadable);
		filter_free(f);
	}
}

static void
test_what_has_no_moment(void **state)
{
	static const struct {
		const char *row;
		enum plan_owner owner;
		int64_t due_s;
		const char *due;
		bool want;
	} rows[] = {
	    {"frozen, within", PLAN_FROZEN, NOW_S + HOUR, "<1d", false},
	    {"frozen, later", PLAN_FROZEN, NOW_S + HOUR, ">1d", true},
	    {"foreign, within", PLAN_FOREIGN, NOW_S, "<1d", false},
	    {"foreign, later", PLAN_FOREIGN, NOW_S, ">1d", true},
	    {"overdue", PLAN_OURS, NOW_S - DAY, "<0", true},
	    {"overdue is not later", PLAN_OURS, NOW_S - DAY, ">0", false},
	    {"now is not within nothing", PLAN_OURS, NOW_S, "<0", false},
	    {"the last moment", PLAN_OURS, PLAN_DUE_MAX, ">36500d", true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *pairs[2 * PAIRS_MAX] = {"due", rows[i].due};
		struct filter *f = filter_of(rows[i].row, pairs);
		struct sample s;

		sample_begin(&s);
		s.m.plan.owner = rows[i].owner;
		s.m.plan.due_s = rows[i].due_s;
		check_bool(rows[i].row, filter_matches(f, &s.m), rows[i].want);
		filter_free(f);
	}
}

static void
test_hostile_texts(void **state)
{
	static char longest[ATTR_LINE_MAX + 2];
	const char *any[2 * PAIRS_MAX] = {"sender", "*"};
	const char *none[2 * PAIRS_MAX] = {"sender", "<>"};
	struct filter *f, *g;
	struct sample s;

	(void)state;
	f = filter_of("any", any);
	g = filter_of("none", none);
	memset(longest, 'a', sizeof(longest));
	sample_begin(&s);
	s.m.sender = exact_copy(span_of(longest, ATTR_LINE_MAX));
	check_bool("as long as may be", filter_matches(f, &s.m), true);
	exact_free(s.m.sender);
	s.m.sender = exact_copy(span_of(longest, ATTR_LINE_MAX + 1));
	check_bool("a byte longer", filter_matches(f, &s.m), false);
	exact_free(s.m.sender);
	s.m.sender = exact_copy(span_of("a\0@b", 4));
	check_bool("a NUL inside", filter_matches(f, &s.m), false);
	check_bool("nor is it none", filter_matches(g, &s.m), false);
	exact_free(s.m.sender);
	s.m.sender = span_of("", 0);
	check_bool("none", filter_matches(g, &s.m), true);
	check_bool("none is not any", filter_matches(f, &s.m), false);
	s.m.sender = span_of(NULL, 0);
	check_bool("no bytes", filter_matches(g, &s.m), true);
	filter_free(f);
	filter_free(g);
}

static void
test_hostile_subjects(void **state)
{
	static char bytes[QUEUE_SUBJECT_MAX];
	const char *pairs[2 * PAIRS_MAX] = {"subject", "END"};
	struct filter *f = filter_of("subject", pairs);
	struct sample s;

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 7);
	memcpy(bytes + sizeof(bytes) - 3, "end", 3);
	sample_begin(&s);
	s.m.subject = exact_copy(span_of(bytes, sizeof(bytes)));
	check_bool("all bytes", filter_matches(f, &s.m), true);
	exact_free(s.m.subject);
	s.m.subject = exact_copy(span_str("en"));
	check_bool("a byte too short", filter_matches(f, &s.m), false);
	exact_free(s.m.subject);
	s.m.subject = span_of("", 0);
	check_bool("no subject", filter_matches(f, &s.m), false);
	filter_free(f);
}

static void
test_many_recipients(void **state)
{
	enum { MANY = 50000 };
	const char *pairs[2 * PAIRS_MAX] = {"recipient", "last@b.example"};
	struct filter *f = filter_of("recipients", pairs);
	struct span *many = calloc(MANY, sizeof(*many));
	struct sample s;

	(void)state;
	assert_non_null(many);
	for (size_t i = 0; i < MANY; i++)
		many[i] = text_of("some@b.example");
	sample_begin(&s);
	s.m.recipient = many;
	s.m.n_recipients = MANY;
	check_bool("none is it", filter_matches(f, &s.m), false);
	many[MANY - 1] = text_of("last@b.example");
	check_bool("the last is it", filter_matches(f, &s.m), true);
	s.m.n_recipients = 0;
	check_bool("there are none", filter_matches(f, &s.m), false);
	filter_free(f);
	free(many);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_what_matches),
	    cmocka_unit_test(test_before_and_without_its_file),
	    cmocka_unit_test(test_what_has_no_moment),
	    cmocka_unit_test(test_hostile_texts),
	    cmocka_unit_test(test_hostile_subjects),
	    cmocka_unit_test(test_many_recipients),
	};

	return cmocka_run_group_tests_name("ctl_filter", tests, NULL, NULL);
}

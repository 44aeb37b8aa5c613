/* SPDX-License-Identifier: ISC */
#include "tests/unit/sched_support.h"

#include <errno.h>

#include "policyd/ctl/filter.h"

#define NOW_S 1000000

enum { PAIRS_MAX = 4, HOUR = 3600, DAY = 86400 };

/* A message of a row, and what is needed to point at its texts. */
struct sample {
	struct queue_message m;
	struct span recipient[3];
};

static struct span
text_of(const char *text)
{
	return span_str(text != NULL ? text : "");
}

/* One that leaves in an hour, arrived two hours ago, with all that can be. */
static void
sample_begin(struct sample *s)
{
	memset(s, 0, sizeof(*s));
	s->m.id = qid_of("ABCDEF");
	s->m.arrival_s = NOW_S - 2 * HOUR;
	s->m.size = 2000;
	s->m.sender = text_of("Ann@Corp.example");
	s->m.recipient = s->recipient;
	s->recipient[0] = text_of("ben@b.example");
	s->recipient[1] = text_of("cat@sub.c.example");
	s->m.n_recipients = 2;
	s->m.read = true;
	s->m.login = text_of("ann");
	s->m.rule = text_of("night-sms");
	s->m.subject = text_of("=?utf-8?Q?Gr=C3=BCn?= Tea\r\n for two");
	s->m.plan = (struct plan){.owner = PLAN_OURS, .due_s = NOW_S + HOUR};
}

static struct filter *
filter_of(const char *row, const char *const pairs[2 * PAIRS_MAX])
{
	char error[FILTER_ERROR_SIZE] = "";
	struct filter *f = filter_new(NOW_S);

	assert_non_null(f);
	for (size_t i = 0; i < PAIRS_MAX && pairs[2 * i] != NULL; i++) {
		bool ok = filter_take(f, pairs[2 * i], pairs[2 * i + 1], error);

		check_string(row, error, "");
		check_bool(row, ok, true);
	}
	return f;
}

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

static void
test_wrong_values_say_what_is_right(void **state)
{
	static const char bound[] =
	    ": not <DURATION or >DURATION in quotes, like '<3h30m' or '>1d'";
	static const struct {
		const char *row;
		const char *option;
		const char *value;
		const char *want; /* NULL: bound, behind the option's name */
	} rows[] = {
	    {"a due without a relation", "due", "3h", NULL},
	    {"a due with =", "due", "=3h", NULL},
	    {"a due with two", "due", "<>3h", NULL},
	    {"a due without a time", "due", "<", NULL},
	    {"a due of another unit", "due", "<3w", NULL},
	    {"a due with a blank", "due", "< 3h", NULL},
	    {"an empty due", "due", "", NULL},
	    {"an age without a relation", "age", "1d", NULL},
	    {"a due that is missing", "due", NULL,
		"--due: needs a value in quotes: < and > mean something to "
		"the shell"},
	    {"a size that is missing", "size", NULL,
		"--size: needs a value in quotes: < and > mean something to "
		"the shell"},
	    {"a sender that is missing", "sender", NULL,
		"--sender: needs a value"},
	    {"a subject that is missing", "subject", NULL,
		"--subject: needs a value"},
	    {"a size without a relation", "size", "10k",
		"--size: not <SIZE or >SIZE in quotes, like '<10k' or '>1m'"},
	    {"a size with =", "size", "=10k",
		"--size: not <SIZE or >SIZE in quotes, like '<10k' or '>1m'"},
	    {"an empty size", "size", "",
		"--size: not <SIZE or >SIZE in quotes, like '<10k' or '>1m'"},
	    {"a size that is none", "size", "<10g",
		"--size: not a number (digits, then maybe k or m): \"10g\""},
	    {"an empty sender", "sender", "", "--sender: an item is empty"},
	    {"a sender with a relation", "sender", "=a@b.example",
		"--sender: no =, !=, < or > behind the name: "
		"\"sender==a@b.example\""},
	    {"a domain without @", "sender", "corp.example",
		"--sender: no @ (a domain is @DOMAIN): \"corp.example\""},
	    {"a list of the wrong path", "recipient", "file:x",
		"--recipient: file: needs a path that starts with /: \"x\""},
	    {"an empty subject", "subject", "", "--subject: an empty text"},
	};
	char error[FILTER_ERROR_SIZE], want[FILTER_ERROR_SIZE];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct filter *f = filter_new(NOW_S);

		check_bool(rows[i].row,
		    filter_take(f, rows[i].option, rows[i].value, error),
		    false);
		snprintf(want, sizeof(want), "--%s%s", rows[i].option, bound);
		check_string(rows[i].row, error,
		    rows[i].want != NULL ? rows[i].want : want);
		filter_free(f);
	}
}

static void
test_each_option_comes_once(void **state)
{
	static const char *const options[][2] = {{"sender", "@a.example"},
	    {"recipient", "@a.example"}, {"login", "a"}, {"rule", "a"},
	    {"due", "<1h"}, {"age", "<1h"}, {"size", "<1"}, {"subject", "a"}};
	char error[FILTER_ERROR_SIZE], want[FILTER_ERROR_SIZE];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(options); i++) {
		const char *name = options[i][0], *value = options[i][1];
		struct filter *f = filter_new(NOW_S);

		check_bool(name, filter_is_option(name), true);
		check_bool(name, filter_take(f, name, value, error), true);
		check_bool(name, filter_take(f, name, value, error), false);
		snprintf(want, sizeof(want), "--%s: comes twice", name);
		check_string(name, error, want);
		filter_free(f);
	}
	check_bool("unknown", filter_is_option("json"), false);
	check_bool("empty", filter_is_option(""), false);
	check_bool("cut", filter_is_option("send"), false);
}

/* Lists are read when it is time, and by whoever reads them. */

struct shelf {
	int asked;
	const char *content; /* NULL: it is not there */
};

static char *
load(void *ctx, enum source_kind kind, const char *name, size_t *len)
{
	struct shelf *shelf = ctx;

	assert_int_equal(kind, SOURCE_LIST);
	assert_string_equal(name, "/etc/vips");
	shelf->asked++;
	errno = ENOENT;
	if (shelf->content == NULL)
		return NULL;
	*len = strlen(shelf->content);
	return strdup(shelf->content);
}

static void
test_lists_are_read_later(void **state)
{
	struct shelf shelf = {.content = "x@y.example\n@corp.example\n"};
	struct source source = {.load = load, .ctx = &shelf};
	const char *pairs[2 * PAIRS_MAX] = {
	    "sender", "a@b.example,file:/etc/vips", "login", "ann"};
	struct filter *f = filter_of("lists", pairs);
	char error[FILTER_ERROR_SIZE];
	struct sample s;

	(void)state;
	sample_begin(&s);
	check_int("not yet", shelf.asked, 0);
	check_bool("opened", filter_open(f, &source, error), true);
	check_bool("opened again", filter_open(f, &source, error), true);
	check_int("asked once", shelf.asked, 1);
	check_bool("in the list", filter_matches(f, &s.m), true);
	s.m.sender = text_of("a@b.example");
	check_bool("beside the list", filter_matches(f, &s.m), true);
	s.m.sender = text_of("z@y.example");
	check_bool("not in the list", filter_matches(f, &s.m), false);
	filter_free(f);
}

static void
test_lists_that_are_wrong(void **state)
{
	static const struct {
		const char *row;
		const char *content;
		const char *want;
	} rows[] = {
	    {"missing", NULL, "--sender: /etc/vips: No such file or directory"},
	    {"a line that is none", "ann@b.example\n@\n",
		"--sender: /etc/vips:2: no domain behind @: \"@\""},
	};
	const char *pairs[2 * PAIRS_MAX] = {"sender", "file:/etc/vips"};
	char error[FILTER_ERROR_SIZE];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct shelf shelf = {.content = rows[i].content};
		struct source source = {.load = load, .ctx = &shelf};
		struct filter *f = filter_of(rows[i].row, pairs);

		check_bool(rows[i].row, filter_open(f, &source, error), false);
		check_string(rows[i].row, error, rows[i].want);
		filter_free(f);
	}
}

/* Ids. */

static void
test_ids_and_who_was_met(void **state)
{
	const char *pairs[2 * PAIRS_MAX] = {"size", "<1"};
	struct filter *f = filter_new(NOW_S), *g = filter_of("ids", pairs);
	char error[FILTER_ERROR_SIZE];
	struct sample s;
	struct qid id;
	size_t i = 0;

	(void)state;
	sample_begin(&s);
	check_bool("none yet", filter_has_ids(f), false);
	check_bool("a", filter_take_id(f, "ABCDEF", error), true);
	check_bool("b", filter_take_id(f, "BCDEFG", error), true);
	check_bool("b again", filter_take_id(f, "BCDEFG", error), true);
	check_bool("c", filter_take_id(f, "CDEFGH", error), true);
	check_bool("there are some", filter_has_ids(f), true);
	check_bool("no options", filter_has_options(f), false);
	check_bool("a is there", filter_matches(f, &s.m), true);
	s.m.id = qid_of("XYZXYZ");
	check_bool("x is not", filter_matches(f, &s.m), false);
	check_bool("b is unmet", filter_next_unmet(f, &i, &id), true);
	check_qid("b is unmet", &id, "BCDEFG");
	check_bool("c is unmet", filter_next_unmet(f, &i, &id), true);
	check_qid("c is unmet", &id, "CDEFGH");
	check_bool("no more", filter_next_unmet(f, &i, &id), false);
	check_bool("d", filter_take_id(g, "XYZXYZ", error), true);
	check_bool("an option says no", filter_matches(g, &s.m), false);
	i = 0;
	check_bool("and yet met", filter_next_unmet(g, &i, &id), false);
	filter_free(f);
	filter_free(g);
}

static void
test_what_is_no_id(void **state)
{
	static const struct {
		const char *id;
		const char *want;
	} rows[] = {
	    {"ALL", "ALL: not a queue id"},
	    {"", ": not a queue id"},
	    {"-", "-: not a queue id"},
	    {"ABCDE", "ABCDE: not a queue id"},
	    {"ABCDEF*", "ABCDEF*: not a queue id"},
	    {"hold/ABCDEF", "hold/ABCDEF: not a queue id"},
	    {"ABCDEFGHIJABCDEFGHIJABCDEFGHIJABC",
		"ABCDEFGHIJABCDEFGHIJABCDEFGHIJABC: not a queue id"},
	};
	struct filter *f = filter_new(NOW_S);
	char error[FILTER_ERROR_SIZE];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		check_bool(
		    rows[i].id, filter_take_id(f, rows[i].id, error), false);
		check_string(rows[i].id, error, rows[i].want);
	}
	check_bool("none was taken", filter_has_ids(f), false);
	filter_free(f);
}

static void
test_how_many_ids(void **state)
{
	struct filter *f = filter_new(NOW_S);
	char error[FILTER_ERROR_SIZE] = "", id[QID_SIZE];

	(void)state;
	for (int i = 0; i < FILTER_IDS_MAX; i++) {
		snprintf(id, sizeof(id), "%08d", i);
		if (!filter_take_id(f, id, error))
			check_string(id, error, "");
	}
	check_bool("one more", filter_take_id(f, "ABCDEF", error), false);
	check_string("one more", error, "more than 100000 queue ids");
	check_bool("a known one", filter_take_id(f, id, error), true);
	filter_free(f);
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
	    cmocka_unit_test(test_wrong_values_say_what_is_right),
	    cmocka_unit_test(test_each_option_comes_once),
	    cmocka_unit_test(test_lists_are_read_later),
	    cmocka_unit_test(test_lists_that_are_wrong),
	    cmocka_unit_test(test_ids_and_who_was_met),
	    cmocka_unit_test(test_what_is_no_id),
	    cmocka_unit_test(test_how_many_ids),
	};

	return cmocka_run_group_tests_name("ctl_filter", tests, NULL, NULL);
}

/* SPDX-License-Identifier: ISC */
/*
 * What a filter is made from: values, lists and queue ids.
 */
#include "tests/unit/filter_support.h"

#include <errno.h>

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
	    cmocka_unit_test(test_wrong_values_say_what_is_right),
	    cmocka_unit_test(test_each_option_comes_once),
	    cmocka_unit_test(test_lists_are_read_later),
	    cmocka_unit_test(test_lists_that_are_wrong),
	    cmocka_unit_test(test_ids_and_who_was_met),
	    cmocka_unit_test(test_what_is_no_id),
	    cmocka_unit_test(test_how_many_ids),
	};

	return cmocka_run_group_tests_name(
	    "ctl_filter_words", tests, NULL, NULL);
}

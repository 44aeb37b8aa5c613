/* SPDX-License-Identifier: ISC */
/*
 * Files by the batch: what left meanwhile, and what cannot be read.
 */
#include "tests/unit/queue_support.h"

static void
add_numbered(struct site *s, size_t n, bool files)
{
	char id[ID_SIZE];

	for (size_t i = 0; i < n; i++) {
		snprintf(id, sizeof(id), "%07zu", i);
		add_line(s, "hold", id, "");
		if (files)
			add_file(s, id, "hold", "");
	}
}

static void
take_away(struct site *s, size_t number)
{
	char name[64], path[FOLDER_PATH_SIZE];

	snprintf(name, sizeof(name), "f.%07zu", number);
	assert_int_equal(unlink(ctl_path(s->c, name, path)), 0);
}

static void
spoil(struct site *s, size_t number)
{
	char name[64];

	snprintf(name, sizeof(name), "spoilt.%07zu", number);
	ctl_write(s->c, name, span_str(""), 0644);
}

static void
test_batches(void **state)
{
	static const struct {
		const char *row;
		size_t n;
		const char *want;
		const char *calls;
	} rows[] = {
	    {"one less", HANDS_READ_MAX - 1, "1023 of 1023, 0 unreadable\n",
		"list\nread 1023\n"},
	    {"one command", HANDS_READ_MAX, "1024 of 1024, 0 unreadable\n",
		"list\nread 1024\n"},
	    {"one more", HANDS_READ_MAX + 1, "1025 of 1025, 0 unreadable\n",
		"list\nread 1024\nread 1\n"},
	};
	struct site *s;
	struct ctl *c;

	CTL_OR_SKIP(c, state);
	s = site_new(c);
	add_numbered(s, HANDS_READ_MAX + 1, true);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		s->used = 0;
		add_numbered(s, rows[i].n, false);
		end_listing(s, "listing");
		check_show(rows[i].row, s, rows[i].want);
		check_calls(rows[i].row, s, rows[i].calls);
	}
	site_free(s);
}

/* Those that left meanwhile cost one more listing, and no search. */
static void
test_what_left_meanwhile(void **state)
{
	static const struct {
		const char *row;
		size_t gone[4]; /* numbers, in order; SIZE_MAX: no more */
		const char *want;
		const char *calls;
	} rows[] = {
	    {"the last", {29, SIZE_MAX}, "29 of 30, 0 unreadable\n",
		"list\nread 30\nlist\n"},
	    {"the first", {0, SIZE_MAX}, "29 of 30, 0 unreadable\n",
		"list\nread 30\nlist\nread 29\n"},
	    {"three", {3, 9, 27, SIZE_MAX}, "27 of 30, 0 unreadable\n",
		"list\nread 30\nlist\nread 24\n"},
	};
	struct site *s;
	struct ctl *c;

	CTL_OR_SKIP(c, state);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		size_t at = 0;
		char id[ID_SIZE], first[64];

		s = site_new(c);
		add_numbered(s, 30, true);
		end_listing(s, "listing");
		for (size_t n = 0; n < 30; n++) {
			if (n == rows[i].gone[at]) {
				take_away(s, n);
				at++;
				continue;
			}
			snprintf(id, sizeof(id), "%07zu", n);
			add_line(s, "hold", id, "");
		}
		end_listing(s, "listing2");
		ctl_run(c, show, s);
		check_int(rows[i].row, c->exit_code, EX_OK);
		snprintf(first, sizeof(first), "%.*s",
		    (int)strcspn(c->out, "\n") + 1, c->out);
		check_string(rows[i].row, first, rows[i].want);
		check_calls(rows[i].row, s, rows[i].calls);
		site_free(s);
	}
}

static void
test_all_left_meanwhile(void **state)
{
	struct site *s;
	struct ctl *c;

	CTL_OR_SKIP(c, state);
	s = site_new(c);
	add_numbered(s, 2000, false);
	end_listing(s, "listing");
	end_listing(s, "listing2");
	check_show("all", s, "0 of 2000, 0 unreadable\n");
	check_calls("all", s, "list\nread 1024\nread 976\nlist\n");
	site_free(s);
}

/* What is on hold and cannot be read is looked for, and shown as such. */
static void
test_what_cannot_be_read(void **state)
{
	struct site *s;
	struct ctl *c;

	CTL_OR_SKIP(c, state);
	s = site_new(c);
	add_numbered(s, 8, true);
	end_listing(s, "listing");
	spoil(s, 5);
	take_away(s, 2);
	check_show("two", s,
	    "8 of 8, 2 unreadable\n"
	    "0000000 <0000000@b> 1 0 ann\n"
	    "0000001 <0000001@b> 1 0 ann\n"
	    "0000002 <0000002@b> 1 unreadable\n"
	    "0000003 <0000003@b> 1 0 ann\n"
	    "0000004 <0000004@b> 1 0 ann\n"
	    "0000005 <0000005@b> 1 unreadable\n"
	    "0000006 <0000006@b> 1 0 ann\n"
	    "0000007 <0000007@b> 1 0 ann\n");
	/* 0 and 1; 2 to 7, 2 to 4, 2, 3 and 4; 5 to 7, 5, 6 and 7. */
	check_calls("two", s,
	    "list\nread 8\nlist\nread 6\nread 3\nread 1\nread 2\nread 3\n"
	    "read 1\nread 2\n");
	s->options.foreign = false;
	ctl_run(c, show, s);
	check_part("only ours", c->out, "6 of 8, 2 unreadable\n");
	site_free(s);
}

static void
test_files_that_say_something_else(void **state)
{
	static const struct {
		const char *row;
		const char *folder; /* in the marks */
		const char *cut; /* what the file ends with; NULL: all */
	} rows[] = {
	    {"in another queue", "deferred", NULL},
	    {"without its end", "hold", "*** MESSAGE FILE END"},
	    {"without headers", "hold", "*** MESSAGE CONTENTS"},
	    {"empty", "hold", "*** ENVELOPE"},
	};
	struct site *s;
	struct ctl *c;

	CTL_OR_SKIP(c, state);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		s = site_new(c);
		add_message(s, "AAAAAA1");
		add_message(s, "BBBBBB2");
		end_listing(s, "listing");
		add_file(s, "AAAAAA1", rows[i].folder, "");
		if (rows[i].cut != NULL) {
			ctl_read(c, "f.AAAAAA1", c->out);
			*strstr(c->out, rows[i].cut) = '\0';
			ctl_write(c, "f.AAAAAA1", span_str(c->out), 0644);
		}
		check_show(rows[i].row, s,
		    "2 of 2, 1 unreadable\n"
		    "AAAAAA1 <AAAAAA1@b> 1 unreadable\n"
		    "BBBBBB2 <BBBBBB2@b> 1 0 ann\n");
		check_calls(rows[i].row, s, "list\nread 2\nlist\nread 1\n");
		site_free(s);
	}
}

/* The command was content, so there is nothing to look for. */
static void
test_two_files_that_say_something_else(void **state)
{
	struct site *s;
	struct ctl *c;

	CTL_OR_SKIP(c, state);
	s = site_new(c);
	add_message(s, "AAAAAA1");
	add_message(s, "BBBBBB2");
	end_listing(s, "listing");
	add_file(s, "AAAAAA1", "deferred", "");
	add_file(s, "BBBBBB2", "deferred", "");
	ctl_run(c, show, s);
	check_part("two", c->out, "2 of 2, 2 unreadable\n");
	check_calls("two", s, "list\nread 2\nlist\nread 2\n");
	site_free(s);
}

/* One that was read and has left before the second listing is gone, too. */
static void
test_what_left_after_it_was_read(void **state)
{
	struct site *s;
	struct ctl *c;

	CTL_OR_SKIP(c, state);
	s = site_new(c);
	add_numbered(s, 3, true);
	end_listing(s, "listing");
	take_away(s, 2);
	add_line(s, "hold", "0000001", "");
	end_listing(s, "listing2");
	check_show("two left", s,
	    "1 of 3, 0 unreadable\n0000001 <0000001@b> 1 0 ann\n");
	site_free(s);
}

static void
test_a_short_id_of_another_message(void **state)
{
	struct site *s;
	struct ctl *c;

	CTL_OR_SKIP(c, state);
	s = site_new(c);
	add_message(s, "AAAAAA1");
	s->listing[strstr(s->listing, "1798100000") - s->listing] = '2';
	end_listing(s, "listing");
	check_show("another arrival", s,
	    "1 of 1, 1 unreadable\nAAAAAA1 <AAAAAA1@b> 1 unreadable\n");
	site_free(s);
}

/* What a file says of others, in front of what it says of itself or behind. */
static void
test_a_file_that_names_others(void **state)
{
	static const struct {
		const char *row;
		const char *mark; /* where its own is cut; NULL: it is not */
		bool others_first;
		const char *want;
	} rows[] = {
	    {"another in front", NULL, true,
		"2 of 2, 0 unreadable\nAAAAAA1 <AAAAAA1@b> 1 0 ann\n"},
	    {"another behind", NULL, false,
		"2 of 2, 0 unreadable\nAAAAAA1 <AAAAAA1@b> 1 0 ann\n"},
	    {"another behind the half of its own", "*** HEADER EXTRACTED",
		false,
		"2 of 2, 1 unreadable\nAAAAAA1 <AAAAAA1@b> 1 unreadable\n"},
	};
	static struct script text;
	char want[256];
	struct site *s;
	struct ctl *c;

	CTL_OR_SKIP(c, state);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		s = site_new(c);
		text.used = 0;
		add_message(s, "AAAAAA1");
		add_message(s, "BBBBBB2");
		end_listing(s, "listing");
		add_file(s, "CCCCCC3", "hold",
		    "X-Deliver-At: 2026-12-25T11:00:00Z (rule c)\n");
		ctl_read(c, "f.CCCCCC3", c->err);
		ctl_read(c, "f.AAAAAA1", c->out);
		if (rows[i].mark != NULL)
			*strstr(c->out, rows[i].mark) = '\0';
		script_add(&text, rows[i].others_first ? c->err : c->out);
		script_add(&text, rows[i].others_first ? c->out : c->err);
		ctl_write(c, "f.AAAAAA1", script_span(&text), 0644);
		snprintf(want, sizeof(want), "%sBBBBBB2 <BBBBBB2@b> 1 0 ann\n",
		    rows[i].want);
		check_show(rows[i].row, s, want);
		site_free(s);
	}
}

/* What was read whole stays, though it begins once more. */
static void
test_a_file_that_comes_twice(void **state)
{
	static struct script text;
	struct site *s;
	struct ctl *c;

	CTL_OR_SKIP(c, state);
	s = site_new(c);
	add_message(s, "AAAAAA1");
	end_listing(s, "listing");
	ctl_read(c, "f.AAAAAA1", c->out);
	script_add(&text, c->out);
	script_add(&text, "*** ENVELOPE RECORDS hold/AAAAAA1 ***\n");
	ctl_write(c, "f.AAAAAA1", script_span(&text), 0644);
	check_show(
	    "twice", s, "1 of 1, 0 unreadable\nAAAAAA1 <AAAAAA1@b> 1 0 ann\n");
	site_free(s);
}

/* A command that ends in the midst of a long line is none of the next one's. */
static void
test_a_command_that_ends_in_a_long_line(void **state)
{
	enum { LAST = HANDS_READ_MAX - 1, LONG = 70000 };
	char *text = calloc(1, LONG), name[64];
	struct site *s;
	struct ctl *c;
	int n;

	CTL_OR_SKIP(c, state);
	s = site_new(c);
	add_numbered(s, HANDS_READ_MAX + 1, true);
	end_listing(s, "listing");
	assert_non_null(text);
	n = snprintf(
	    text, LONG, "*** ENVELOPE RECORDS hold/%07d ***\n", (int)LAST);
	memset(text + n, 'x', LONG - (size_t)n);
	snprintf(name, sizeof(name), "f.%07d", (int)LAST);
	ctl_write(c, name, span_of(text, LONG), 0644);
	check_show("cut", s, "1025 of 1025, 1 unreadable\n");
	free(text);
	site_free(s);
}

/* Very many that are spoilt: what is looked for is bounded. */
static void
test_searches_are_bounded(void **state)
{
	struct site *s;
	struct ctl *c;
	size_t n = 0;

	CTL_OR_SKIP(c, state);
	s = site_new(c);
	add_numbered(s, 1000, false);
	end_listing(s, "listing");
	for (size_t i = 0; i < 1000; i++)
		spoil(s, i);
	check_int("before", (int64_t)n, 0);
	ctl_run(c, show, s);
	check_string("all", c->out, "1000 of 1000, 1000 unreadable\n");
	ctl_read(c, "calls", c->out);
	for (const char *at = c->out; (at = strchr(at, '\n')) != NULL; at++)
		n++;
	check_int("commands", (int64_t)n, 3 + 500);
	site_free(s);
}

/* All bytes but line ends and NUL, in a header of its own. */
/* Progress. */

static void
print_progress(void *ctx, uint64_t done, uint64_t all)
{
	(void)ctx;
	printf(
	    "%llu/%llu\n", (unsigned long long)done, (unsigned long long)all);
}

static void
test_progress(void **state)
{
	struct site *s;
	struct ctl *c;

	CTL_OR_SKIP(c, state);
	s = site_new(c);
	add_numbered(s, HANDS_READ_MAX + 100, true);
	end_listing(s, "listing");
	s->options.progress = print_progress;
	check_show("two commands", s,
	    "1024/1124\n1124/1124\n1124 of 1124, 0 unreadable\n");
	site_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CTL(test_batches),
	    CTL(test_what_left_meanwhile),
	    CTL(test_all_left_meanwhile),
	    CTL(test_what_cannot_be_read),
	    CTL(test_files_that_say_something_else),
	    CTL(test_two_files_that_say_something_else),
	    CTL(test_what_left_after_it_was_read),
	    CTL(test_a_short_id_of_another_message),
	    CTL(test_a_file_that_names_others),
	    CTL(test_a_file_that_comes_twice),
	    CTL(test_a_command_that_ends_in_a_long_line),
	    CTL(test_searches_are_bounded),
	    CTL(test_progress),
	};

	return cmocka_run_group_tests_name("queue_reading", tests, NULL, NULL);
}

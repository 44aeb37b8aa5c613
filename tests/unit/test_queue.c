/* SPDX-License-Identifier: ISC */
#include "tests/unit/queue_support.h"

static void
test_an_empty_queue(void **state)
{
	struct site *s;
	struct ctl *c;

	CTL_OR_SKIP(c, state);
	s = site_new(c);
	check_show("nothing", s, "0 of 0, 0 unreadable\n");
	check_calls("nothing", s, "list\n");
	site_free(s);
}

static void
test_messages_are_read(void **state)
{
	struct site *s;
	struct ctl *c;

	CTL_OR_SKIP(c, state);
	s = site_new(c);
	add_message(s, "AAAAAA1");
	add_line(s, "deferred", "BBBBBB2", "");
	add_line(s, "hold", "CCCCCC3", ", \"delay_reason\": \"x\"");
	add_file(s, "CCCCCC3", "hold", "");
	add_line(s, "hold", "DDDDDD4", "");
	add_file(s, "DDDDDD4", "hold",
	    "X-Deliver-At: Fri, 25 Dec 2026 10:00:00 +0000 (rule late)\n");
	end_listing(s, "listing");
	check_show("three", s,
	    "3 of 3, 0 unreadable\n"
	    "AAAAAA1 <AAAAAA1@b> 1 0 ann\n"
	    "CCCCCC3 <CCCCCC3@b> 1 foreign\n"
	    "DDDDDD4 <DDDDDD4@b> 1 3600 annlate\n");
	check_calls("three", s, "list\nread 3\n");
	s->options.foreign = false;
	check_show("only ours", s,
	    "2 of 3, 0 unreadable\n"
	    "AAAAAA1 <AAAAAA1@b> 1 0 ann\n"
	    "DDDDDD4 <DDDDDD4@b> 1 3600 annlate\n");
	site_free(s);
}

static void
test_a_message_listed_twice_counts_once(void **state)
{
	struct site *s;
	struct ctl *c;

	CTL_OR_SKIP(c, state);
	s = site_new(c);
	add_message(s, "AAAAAA1");
	add_line(s, "active", "AAAAAA1", "");
	add_line(s, "hold", "AAAAAA1", "");
	end_listing(s, "listing");
	check_show(
	    "once", s, "1 of 1, 0 unreadable\nAAAAAA1 <AAAAAA1@b> 1 0 ann\n");
	site_free(s);
}

/* What the filter does not let through is not even read. */
static void
test_filters(void **state)
{
	static const struct {
		const char *row;
		const char *option;
		const char *value;
		const char *want;
		const char *calls;
	} rows[] = {
	    {"of the listing", "sender", "aaaaaa1@b",
		"1 of 2, 0 unreadable\nAAAAAA1 <AAAAAA1@b> 1 0 ann\n",
		"list\nread 1\n"},
	    {"of the listing, none", "size", "<300", "0 of 2, 0 unreadable\n",
		"list\n"},
	    {"of the file", "rule", "late",
		"1 of 2, 0 unreadable\nBBBBBB2 <BBBBBB2@b> 1 3600 annlate\n",
		"list\nread 2\n"},
	    {"of the file, none", "login", "ben", "0 of 2, 0 unreadable\n",
		"list\nread 2\n"},
	};
	char error[FILTER_ERROR_SIZE];
	struct site *s;
	struct ctl *c;

	CTL_OR_SKIP(c, state);
	s = site_new(c);
	add_message(s, "AAAAAA1");
	add_line(s, "hold", "BBBBBB2", "");
	add_file(s, "BBBBBB2", "hold",
	    "X-Deliver-At: Fri, 25 Dec 2026 10:00:00 +0000 (rule late)\n");
	end_listing(s, "listing");
	s->options.filter = filter_matches;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		s->filter = filter_new(NOW_S);
		s->options.filter_ctx = s->filter;
		assert_true(filter_take(
		    s->filter, rows[i].option, rows[i].value, error));
		check_show(rows[i].row, s, rows[i].want);
		check_calls(rows[i].row, s, rows[i].calls);
		filter_free(s->filter);
	}
	s->filter = NULL;
	site_free(s);
}

static void
test_hostile_bytes(void **state)
{
	static char header[] = "Subject: ........ and so on ........\n";
	struct site *s;
	struct ctl *c;

	CTL_OR_SKIP(c, state);
	s = site_new(c);
	add_line(s, "hold", "AAAAAA1", "");
	end_listing(s, "listing");
	for (int byte = 1; byte < 256; byte += 8) {
		for (int i = 0; i < 8; i++)
			header[9 + i] =
			    (char)(byte + i == '\n' ? '\r' : byte + i);
		add_file(s, "AAAAAA1", "hold", header);
		check_show("a subject", s,
		    "1 of 1, 0 unreadable\nAAAAAA1 <AAAAAA1@b> 1 0 ann\n");
	}
	site_free(s);
}

static void
test_commands_that_fail(void **state)
{
	static const struct {
		const char *row;
		const char *program;
		const char *script;
		const char *want;
	} rows[] = {
	    {"a list that fails", "postqueue",
		"#!/bin/sh\necho mail system is down >&2\nexit 69\n",
		"error: postqueue: failed with code 69: mail system is "
		"down\n"},
	    {"a list that fails silently", "postqueue", "#!/bin/sh\nexit 1\n",
		"error: postqueue: failed with code 1: \n"},
	    {"a list that is cut off", "postqueue",
		"#!/bin/sh\nprintf '{\"queue_name\": '\n",
		"error: postqueue: its output was cut off\n"},
	    {"a read that fails", "postcat",
		"#!/bin/sh\necho no right >&2\nexit 77\n",
		"1 of 1, 1 unreadable\nAAAAAA1 <AAAAAA1@b> 1 unreadable\n"},
	};
	struct site *s;
	struct ctl *c;

	CTL_OR_SKIP(c, state);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		s = site_new(c);
		add_message(s, "AAAAAA1");
		end_listing(s, "listing");
		ctl_script(c, rows[i].program, rows[i].script);
		check_show(rows[i].row, s, rows[i].want);
		site_free(s);
	}
}

static void
test_odd_lines_are_told(void **state)
{
	struct site *s;
	struct ctl *c;

	CTL_OR_SKIP(c, state);
	s = site_new(c);
	add_message(s, "AAAAAA1");
	s->used += (size_t)snprintf(
	    s->listing + s->used, sizeof(s->listing) - s->used, "what\n");
	end_listing(s, "listing");
	ctl_run(c, show, s);
	check_part("the message", c->out, "1 of 1, 0 unreadable\n");
	check_string("the line", c->err,
	    "policyctl: postqueue: 1 lines are no messages\n");
	site_free(s);
}

/* Rules, and what the administrator said. */

static void
test_rules(void **state)
{
	static const struct {
		const char *row;
		const char *rules; /* NULL: no such file */
		const char *want;
		const char *wrong; /* part of standard error */
	} rows[] = {
	    {"it stands", "a sender=x@b.example : hold\n",
		"1 of 1, 0 unreadable\nAAAAAA1 <AAAAAA1@b> 1 never a\n", ""},
	    {"it stands beside one that postpones",
		"a sender=x@b.example : hold\n"
		"b sender=y@b.example : until 2026-12-31T06:00:00Z\n",
		"1 of 1, 0 unreadable\nAAAAAA1 <AAAAAA1@b> 1 never a\n", ""},
	    {"it is gone", "b sender=x@b.example : hold\n",
		"1 of 1, 0 unreadable\nAAAAAA1 <AAAAAA1@b> 1 0 ann\n", ""},
	    {"it is wrong", "a sender : hold\n",
		"1 of 1, 0 unreadable, no rules\n"
		"AAAAAA1 <AAAAAA1@b> 1 never a\n",
		"/rules:1: "},
	    {"it is missing", NULL,
		"1 of 1, 0 unreadable, no rules\n"
		"AAAAAA1 <AAAAAA1@b> 1 never a\n",
		"/rules: No such file or directory\n"},
	};
	char path[FOLDER_PATH_SIZE];
	struct site *s;
	struct ctl *c;

	CTL_OR_SKIP(c, state);
	snprintf(c->settings.rules_file, SETTINGS_PATH_SIZE, "%s",
	    ctl_path(c, "rules", path));
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		s = site_new(c);
		add_line(s, "hold", "AAAAAA1", "");
		add_file(
		    s, "AAAAAA1", "hold", "X-Deliver-At: never (rule a)\n");
		end_listing(s, "listing");
		if (rows[i].rules != NULL)
			ctl_write(c, "rules", span_str(rows[i].rules), 0600);
		else
			unlink(path);
		ctl_run(c, show, s);
		check_string(rows[i].row, c->out, rows[i].want);
		check_part(rows[i].row, c->err, rows[i].wrong);
		check_bool(
		    rows[i].row, c->err[0] == '\0', rows[i].wrong[0] == '\0');
		site_free(s);
	}
}

static void
test_no_rules_stand_without_a_file(void **state)
{
	struct site *s;
	struct ctl *c;

	CTL_OR_SKIP(c, state);
	s = site_new(c);
	add_line(s, "hold", "AAAAAA1", "");
	add_file(s, "AAAAAA1", "hold", "X-Deliver-At: never (rule a)\n");
	end_listing(s, "listing");
	check_show("no file", s,
	    "1 of 1, 0 unreadable\nAAAAAA1 <AAAAAA1@b> 1 0 ann\n");
	site_free(s);
}

static void
make_state(struct ctl *c)
{
	assert_int_equal(mkdir(c->settings.state_directory, 0755), 0);
}

static void
test_what_the_administrator_said(void **state)
{
	struct site *s;
	struct ctl *c;

	CTL_OR_SKIP(c, state);
	s = site_new(c);
	make_state(c);
	add_message(s, "AAAAAA1");
	add_message(s, "BBBBBB2");
	end_listing(s, "listing");
	ctl_write(c, "state/overrides",
	    span_str("deliver-at overrides 1\n"
		     "AAAAAA1 1798100000 1798196400 1798100001\n"
		     "BBBBBB2 1798100000 never 1798100001\n"),
	    0644);
	ctl_write(c, "state/paused", span_str("1798100000 disk swap\n"), 0644);
	check_show("overrides", s,
	    "2 of 2, 0 unreadable, paused: disk swap\n"
	    "AAAAAA1 <AAAAAA1@b> 1 7200 ann\n"
	    "BBBBBB2 <BBBBBB2@b> 1 never \n");
	site_free(s);
}

static void
test_state_that_cannot_be_understood(void **state)
{
	static const struct {
		const char *row;
		const char *name;
		mode_t mode;
		const char *want;
	} rows[] = {
	    {"overrides", "state/overrides", 0644, "/state/overrides:1: "},
	    {"overrides of others", "state/overrides", 0600,
		"/state/overrides: Permission denied"},
	    {"a pause", "state/paused", 0644, "/state/paused: "},
	};
	char path[FOLDER_PATH_SIZE];
	struct site *s;
	struct ctl *c;

	CTL_OR_SKIP(c, state);
	make_state(c);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		s = site_new(c);
		ctl_write(c, rows[i].name, span_str("what\n"), rows[i].mode);
		ctl_run(c, show, s);
		check_int(rows[i].row, c->exit_code, EX_UNAVAILABLE);
		check_part(rows[i].row, c->out, c->folder);
		check_part(rows[i].row, c->out, rows[i].want);
		unlink(ctl_path(c, rows[i].name, path));
		site_free(s);
	}
	assert_int_equal(rmdir(c->settings.state_directory), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CTL(test_an_empty_queue),
	    CTL(test_messages_are_read),
	    CTL(test_a_message_listed_twice_counts_once),
	    CTL(test_filters),
	    CTL(test_hostile_bytes),
	    CTL(test_commands_that_fail),
	    CTL(test_odd_lines_are_told),
	    CTL(test_rules),
	    CTL(test_no_rules_stand_without_a_file),
	    CTL(test_what_the_administrator_said),
	    CTL(test_state_that_cannot_be_understood),
	};

	return cmocka_run_group_tests_name("queue", tests, NULL, NULL);
}

/* SPDX-License-Identifier: ISC */
/*
 * The engine and its rules: at the start, when they are read again, and what
 * that means for mail on hold.
 */
#include "tests/unit/engine_support.h"

#define ASK    "request=smtpd_access_policy\nprotocol_state=RCPT\n\n"
#define OLD    "was : reject 5.7.1 old\n"
#define NEW    "is : reject 5.7.1 new\n"
#define IS_OLD "action=REJECT 5.7.1 old\n\n"
#define IS_NEW "action=REJECT 5.7.1 new\n\n"

/* Where the engine is told that the rules are from. */
#define RULES "/r/rules"

static void
set_rules(struct host *h, const char *rules)
{
	snprintf(h->settings.rules_file, SETTINGS_PATH_SIZE, "%s", RULES);
	h->options.rules = host_file(h, rules);
}

/* An engine that listens and has these rules; a client of it. */
static int
open_asked(struct host *h, const char *rules)
{
	set_rules(h, rules);
	host_listen(h);
	return host_client(h);
}

static void
check_answer(const char *row, int fd, const char *request, const char *want)
{
	host_print(fd, span_str(request));
	check_string(row, host_answer(row, fd, strlen(want)), want);
}

static void
forget_log(struct host *h)
{
	h->log_used = 0;
	h->log_text[0] = '\0';
}

static void
check_not_logged(struct host *h, const char *row, const char *part)
{
	if (strstr(h->log_text, part) != NULL)
		check_string(row, h->log_text, "something else");
}

/* The start */

static void
rules_are_obeyed_from_the_start(void **state)
{
	struct host *h = *state;
	int fd = open_asked(h, OLD "b colour=red : pass\n");

	check_answer("asked", fd, ASK, IS_OLD);
	close(fd);
	host_logged(h, "how many", ", 2 rules");
	host_logged(h, "no such attribute",
	    "warning: " RULES
	    ": Postfix is not known to send an attribute colour");
}

static const struct {
	const char *row;
	const char *rules;
	const char *log;
} wrong[] = {
    {"a wrong action", "a : pass\nb : what\n", "error: " RULES ":2: "},
    {"a list that is missing", "a sender=file:/no/list : pass\n",
	"error: " RULES ":1: /no/list: No such file"},
    {"no rules at all", "# none\n", "error: " RULES ": has no rules"},
};

/* It says nothing on the channel: no walk, and no sign of life. */
static void
with_wrong_rules_nothing_is_started(void **state)
{
	struct host *h = *state;

	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		int fds[WIRE_FDS_MAX];
		size_t n_fds;

		forget_log(h);
		set_rules(h, wrong[i].rules);
		host_open(h);
		host_logged(h, wrong[i].row, wrong[i].log);
		host_wait(h, wrong[i].row);
		check_int(wrong[i].row,
		    wire_receive(h->channel, h->request, fds, &n_fds), 0);
		host_ends(h, wrong[i].row, EX_CONFIG);
		host_close(&h->log_fd);
	}
}

/* Reloads */

static const struct {
	const char *row;
	const char *settings; /* NULL: none comes along */
	const char *rules;
	const char *log;
	const char *answer;
	bool taken;
} reloads[] = {
    {"wrong settings, right rules", "x = y\n", NEW,
	"warning: test.conf:1: x: no such setting; the old configuration stays",
	IS_OLD, false},
    {"right settings, wrong rules", "max_connections = 1\n", "is : what\n",
	"warning: " RULES ":1: ", IS_OLD, false},
    {"right settings, empty rules", "", "",
	"warning: " RULES ": has no rules; the old configuration stays", IS_OLD,
	false},
    {"right settings, a list that is missing", "",
	NEW "a sender=file:/no/list : pass\n",
	"warning: " RULES ":2: /no/list: No such file", IS_OLD, false},
    {"both wrong", "x = y\n", "is : what\n", "warning: test.conf:1: ", IS_OLD,
	false},
    {"both right", "max_connections = 10\n", NEW, "configuration read again",
	IS_NEW, true},
    {"and back", "", OLD, "configuration read again", IS_OLD, true},
    {"rules alone, with presets", NULL, NEW, "configuration read again", IS_NEW,
	true},
    {"by the settings that came along", "max_postpone = 1h\n",
	OLD "b : delay 2h\n",
	"warning: " RULES ":2: delay is not less than max_", IS_NEW, false},
    {"by presets again", "", OLD "b : delay 2h\n", "configuration read again",
	IS_OLD, true},
};

static void
both_files_are_taken_or_neither(void **state)
{
	struct host *h = *state;
	int a = open_asked(h, OLD), b;

	check_answer("at the start", a, ASK, IS_OLD);
	b = host_client(h);
	for (size_t i = 0; i < COUNT_OF(reloads); i++) {
		const char *row = reloads[i].row;

		forget_log(h);
		host_reload(h, reloads[i].settings, reloads[i].rules);
		host_logged(h, row, reloads[i].log);
		check_answer(row, a, ASK, reloads[i].answer);
		close(b);
		b = host_client(h); /* there is room for both */
		check_answer(row, b, ASK, reloads[i].answer);
		if (!reloads[i].taken) {
			check_not_logged(h, row, "read again");
			continue;
		}
		host_expect(h, row, "L");
		host_serve(h, 'L', "", "");
	}
	close(a);
	close(b);
}

static void
settings_that_come_with_rules_are_in_force(void **state)
{
	struct host *h = *state;
	int a = open_asked(h, "a : hold\n"), b;

	check_answer("at the start", a, ASK,
	    "action=PREPEND X-Deliver-At: never (rule a)\n\n");
	host_reload(
	    h, "header_names = X-Other\nmax_connections = 1\n", "b : hold\n");
	host_logged(h, "the log", "read again");
	check_answer("another name", a, ASK,
	    "action=PREPEND X-Other: never (rule b)\n\n");
	b = host_client(h);
	check_answer("the only one", b, ASK,
	    "action=PREPEND X-Other: never (rule b)\n\n");
	check_string("has to go", host_answer("a", a, 1), "");
	close(a);
	close(b);
}

/* The path is that of the start, whatever settings say since. */
static void
another_rules_file_needs_a_restart(void **state)
{
	struct host *h = *state;
	int fd = open_asked(h, OLD);

	host_reload(h, "rules_file = /r/other\n", NEW "b colour=red : pass\n");
	host_logged(h, "told", "a change of rules_file needs a restart");
	host_logged(h, "the right name",
	    "warning: " RULES
	    ": Postfix is not known to send an attribute colour");
	check_answer("what came along is in force", fd, ASK, IS_NEW);
	forget_log(h);
	host_reload(h, "", "x : what\n");
	host_logged(h, "the right name", "warning: " RULES ":1: ");
	close(fd);
}

static void
files_that_get_lost_change_nothing(void **state)
{
	static const char *const lost[] = {"C1", "C2", "C3"};
	struct host *h = *state;
	int fd = open_asked(h, OLD);

	for (size_t i = 0; i < COUNT_OF(lost); i++) {
		forget_log(h);
		host_send(h, lost[i], NULL, 0);
		host_logged(h, lost[i],
		    "no descriptor is free; the old configuration stays");
		check_not_logged(h, lost[i], "read again");
		check_answer(lost[i], fd, ASK, IS_OLD);
	}
	host_reload(h, "", NEW);
	host_logged(h, "the next time", "read again");
	check_answer("the next time", fd, ASK, IS_NEW);
	close(fd);
}

static void
descriptors_of_a_reload_are_closed(void **state)
{
	struct host *h = *state;
	int before = 0;

	set_rules(h, OLD);
	host_open(h);
	for (int i = 0; i < 30; i++) {
		forget_log(h);
		host_reload(h, "", i % 3 == 0 ? "x : what\n" : NEW);
		host_logged(h, "reload", i % 3 == 0 ? "stays" : "read again");
		if (i == 2)
			before = count_fds(h->engine);
	}
	assert_true(count_fds(h->engine) <= before + WIRE_FDS_MAX);
}

/* Answers before, and answers behind; none between and none missing. */
static void
check_swap(const char *answers, size_t n, const char *before)
{
	size_t len = strlen(IS_OLD);
	const char *behind = strcmp(before, IS_OLD) == 0 ? IS_NEW : IS_OLD;
	bool swapped = false;

	check_int("all", (int64_t)strlen(answers), (int64_t)(n * len));
	for (size_t i = 0; i < n; i++) {
		struct span one = span_of(answers + i * len, len);

		swapped = swapped || span_equal_str(one, behind);
		check_span("one", one, span_str(swapped ? behind : before));
	}
	check_bool("swapped", swapped, true);
}

static void
rules_may_change_between_requests_of_a_pipeline(void **state)
{
	enum { ROUNDS = 100, HALF = 40 };
	struct host *h = *state;
	int fd = open_asked(h, OLD);

	for (int i = 0; i < ROUNDS; i++) {
		bool to_new = i % 2 == 0;
		const char *text;

		forget_log(h);
		for (int n = 0; n < HALF; n++)
			host_print(fd, span_str(ASK));
		host_print(fd, span_head(span_str(ASK), 17));
		host_reload(h, "", to_new ? NEW : OLD);
		host_print(fd, span_skip(span_str(ASK), 17));
		for (int n = 1; n < HALF; n++)
			host_print(fd, span_str(ASK));
		host_logged(h, "reload", "read again");
		host_print(fd, span_str(ASK));
		text = host_answer("all", fd, (2 * HALF + 1) * strlen(IS_OLD));
		check_swap(text, 2 * HALF + 1, to_new ? IS_OLD : IS_NEW);
	}
	close(fd);
}

/* Mail on hold */

static const struct {
	const char *id;
	const char *rule;
} frozen[] = {
    {"AAAAAA11111", "freeze"},
    {"BBBBBB22222", "stays"},
    {"CCCCCC33333", "freeze"},
    {"DDDDDD44444", "moved"},
    {"EEEEEE55555", "renamed"},
};

#define FROZEN_RULES                                                           \
	"freeze : hold\nstays : hold\nmoved : hold\nrenamed : hold\n"          \
	"empty : hold\nother : delay 1h\n"

/* A walk that shows all of it, and the read that follows. */
static void
walk_and_read(struct host *h, const char *row)
{
	struct script *text = calloc(1, sizeof(*text));
	char want[256] = "R";

	assert_non_null(text);
	host_expect(h, row, "L");
	for (size_t i = 0; i < COUNT_OF(frozen); i++) {
		size_t used = strlen(want);

		script_add(text, listing_of(frozen[i].id, PAST_S));
		snprintf(
		    want + used, sizeof(want) - used, "%s\n", frozen[i].id);
	}
	host_serve(h, 'L', text->text, "");
	host_expect(h, row, want);
	text->used = 0;
	for (size_t i = 0; i < COUNT_OF(frozen); i++)
		script_add(
		    text, frozen_file_of(frozen[i].id, PAST_S, frozen[i].rule));
	host_serve(h, 'R', text->text, "");
	free(text);
}

static void
rules_that_hold_no_more_let_go(void **state)
{
	struct host *h = *state;

	set_rules(h, FROZEN_RULES);
	host_open(h);
	walk_and_read(h, "at the start");
	host_reload(h, "",
	    "a : pass\nstays sender=x@y.test : hold\n"
	    "moved : delay 1h\nnewname : hold\n");
	host_logged(
	    h, "gone", "rule freeze gone: 2 messages will be released\n");
	host_logged(h, "no hold rule any more",
	    "rule moved gone: 1 message will be released\n");
	host_logged(h, "under another name",
	    "rule renamed gone: 1 message will be released\n");
	host_logged(h, "all is told", "configuration read again");
	check_not_logged(h, "same name", "rule stays");
	check_not_logged(h, "held nothing", "rule empty");
	check_not_logged(h, "held never", "rule other");
	walk_and_read(h, "judged anew");
	host_next(h, "they leave");
	check_int("four", (int64_t)strlen(h->request), 1 + 4 * 12);
	for (size_t i = 0; i < COUNT_OF(frozen); i++)
		if (strcmp(frozen[i].rule, "stays") != 0)
			check_part("one", h->request, frozen[i].id);
	check_int("a release", h->request[0], 'H');
	host_logged(h, "each is told",
	    "DDDDDD44444: rule moved is gone: leaves at once");
	check_not_logged(h, "but not this one", "BBBBBB22222");
}

static void
wrong_rules_let_go_nothing(void **state)
{
	struct host *h = *state;

	set_rules(h, FROZEN_RULES);
	host_open(h);
	walk_and_read(h, "at the start");
	host_reload(h, "", "a : what\n");
	host_logged(h, "told", "the old configuration stays");
	host_reload(h, "", FROZEN_RULES "a : pass\n");
	host_logged(h, "told", "configuration read again");
	walk_and_read(h, "judged anew");
	host_send(h, "T", NULL, 0);
	host_ends(h, "nothing was asked for", EX_OK);
	host_logged(h, "all of it", "configuration read again");
	check_not_logged(h, "nothing gone", "gone");
}

/* What waits for a sender, or a login, is seen by rules. */

#define ASK_OF(sender, login)                                                  \
	"request=smtpd_access_policy\nprotocol_state=RCPT\nsender=" sender     \
	"\nsasl_username=" login "\n\n"
#define FLOOD "action=DEFER 4.7.1 too many\n\n"
#define FULL  "action=REJECT 5.7.1 full\n\n"
#define DUNNO "action=DUNNO\n\n"

/* With a login, which file_of() has not. */
static const char *
login_file_of(const char *id, const char *login, int64_t due_s)
{
	static char text[4096];
	const char *file = file_of(id, PAST_S, due_s);
	const char *at = strstr(file, "*** MESSAGE CONTENTS");

	assert_non_null(at);
	snprintf(text, sizeof(text),
	    "%.*snamed_attribute: sasl_username=%s\n%s", (int)(at - file), file,
	    login, at);
	return text;
}

/* Mail becomes known a moment after it was read. */
static void
await_answer(const char *row, int fd, const char *request, const char *want)
{
	int64_t end_ns = clock_mono_ns() + guard_ms() * CLOCK_NS_PER_MS;
	const char *got;

	do {
		host_print(fd, span_str(request));
		got = host_answer(row, fd, 1);
	} while (strcmp(got, want) != 0 && clock_mono_ns() < end_ns);
	check_string(row, got, want);
}

static void
what_waits_is_counted_for_rules(void **state)
{
	static const char *const ids[] = {
	    "AAAAAA11111", "BBBBBB22222", "CCCCCC33333"};
	struct host *h = *state;
	char listing[2048] = "", files[8192] = "";
	int64_t due_s = clock_floor_s(clock_wall_ns()) + 3600;
	int fd;

	fd = open_asked(h,
	    "full postponed_total>3 : reject 5.7.1 full\n"
	    "flood postponed>1 : defer 4.7.1 too many\n");
	check_answer("none", fd, ASK_OF("ann@sender.test", ""), DUNNO);
	host_reload(h, "",
	    "full postponed_total>2 : reject 5.7.1 full\n"
	    "flood postponed>0 : defer 4.7.1 too many\n");
	host_expect(h, "walk", "L");
	host_serve(h, 'L', listing_of(ids[0], PAST_S), "");
	host_next(h, "read");
	host_serve(h, 'R', login_file_of(ids[0], "eve", due_s), "");
	await_answer("one of hers", fd, ASK_OF("x@y.test", "eve"), FLOOD);
	check_answer("another login", fd, ASK_OF("", "EVE"), DUNNO);
	check_answer(
	    "the sender has none", fd, ASK_OF("ann@sender.test", ""), DUNNO);
	check_answer("nor has another login", fd,
	    ASK_OF("ann@sender.test", "bob"), DUNNO);
	host_reload(h, "",
	    "flood postponed>2 : defer 4.7.1 too many\n"
	    "full postponed_total>2 : reject 5.7.1 full\n");
	host_expect(h, "walk", "L");
	for (size_t i = 0; i < COUNT_OF(ids); i++) {
		strcat(listing, listing_of(ids[i], PAST_S));
		strcat(files, file_of(ids[i], PAST_S, due_s));
	}
	host_serve(h, 'L', listing, "");
	host_next(h, "read");
	host_serve(h, 'R', files, "");
	await_answer("three in all", fd, ASK_OF("x@y.test", ""), FULL);
	check_answer("all of one", fd, ASK_OF("Ann@Sender.test", ""), FLOOD);
	check_answer(
	    "with a login", fd, ASK_OF("ann@sender.test", "eve"), FULL);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    HOST(rules_are_obeyed_from_the_start),
	    HOST(with_wrong_rules_nothing_is_started),
	    HOST(both_files_are_taken_or_neither),
	    HOST(settings_that_come_with_rules_are_in_force),
	    HOST(another_rules_file_needs_a_restart),
	    HOST(files_that_get_lost_change_nothing),
	    HOST(descriptors_of_a_reload_are_closed),
	    HOST(rules_may_change_between_requests_of_a_pipeline),
	    HOST(rules_that_hold_no_more_let_go),
	    HOST(wrong_rules_let_go_nothing),
	    HOST(what_waits_is_counted_for_rules),
	};

	return cmocka_run_group_tests_name("engine_rules", tests, NULL, NULL);
}

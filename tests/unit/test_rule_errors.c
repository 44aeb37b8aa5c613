/* SPDX-License-Identifier: ISC */
/*
 * rule: what is no rules file, and where the mistake is said to be.
 */
#define _DEFAULT_SOURCE /* timegm */

#include "tests/unit/rule_support.h"

struct row {
	const char *row;
	struct span text;
	const char *want;
};

/* Who gets an error owns nothing: LeakSanitizer sees to that. */
static void
check_error(const struct row *row, struct shelf *shelf)
{
	static const struct rules nothing;
	char error[RULE_ERROR_SIZE] = "";
	struct rules rules;

	memset(&rules, 0xa5, sizeof(rules));
	if (rules_try(&rules, row->text, shelf, error)) {
		rules_free(&rules);
		check_string(row->row, "no error", row->want);
	}
	check_string(row->row, error, row->want);
	assert_memory_equal(&rules, &nothing, sizeof(rules));
}

static void
check_errors(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct shelf shelf = SHELF;

		check_error(&rows[i], &shelf);
	}
}

#define STRAY                                                                  \
	"a line that starts with a blank goes on with a rule, and there is "   \
	"none yet"

static const struct row files[] = {
    {"an empty file", {"", 0}, "rules: has no rules"},
    {"only a line end", SPAN("\n"), "rules: has no rules"},
    {"only blanks", SPAN(" \t\r\n \n"), "rules: has no rules"},
    {"only comments", SPAN("# a : pass\n\n # b : pass\r\n#"),
	"rules: has no rules"},
    {"a first line that goes on", SPAN(" a : pass\n"), "rules:1: " STRAY},
    {"the same, with a tab", SPAN("\ta : pass\nb : pass\n"), "rules:1: " STRAY},
    {"the same behind comments and blank lines",
	SPAN("# x\n\n \t\n # y\n a : pass\nb : pass\n"), "rules:5: " STRAY},
    {"the same behind CR LF", SPAN("# x\r\n\r\n a : pass\r\n"),
	"rules:3: " STRAY},
};

static void
files_need_rules(void **state)
{
	(void)state;
	check_errors(files, COUNT_OF(files));
}

#define BAD_NAME "a name has letters, digits, and _ . - : 1 to 64 of them"
#define NO_COLON "no \":\" between blanks parts the conditions from the action"
#define NEITHER  "neither a condition nor a \":\" between blanks: "
#define TEN      "0123456789"
#define NAME_60  TEN TEN TEN TEN TEN TEN

static const struct row heads[] = {
    {"no name", SPAN(": pass\n"), "rules:1: " BAD_NAME},
    {"a name of 65 bytes", SPAN(NAME_60 "abcde : pass\n"),
	"rules:1: " BAD_NAME},
    {"a : glued to the name", SPAN("a: pass\n"), "rules:1: " BAD_NAME},
    {"a name with a bracket", SPAN("a(b) : pass\n"), "rules:1: " BAD_NAME},
    {"a name with a quote", SPAN("\"a\" : pass\n"), "rules:1: " BAD_NAME},
    {"a name that is no ASCII", SPAN("\xc3\xa4 : pass\n"),
	"rules:1: " BAD_NAME},
    {"a name with a NUL", SPAN("a\0b : pass\n"), "rules:1: " BAD_NAME},
    {"a condition for a name", SPAN("sender=b@c : pass\n"),
	"rules:1: " BAD_NAME},
    {"a bad name in the third line", SPAN("a : pass\n\nb% : pass\n"),
	"rules:3: " BAD_NAME},
    {"a name twice", SPAN("a : pass\nb : hold\na : hold\n"),
	"rules:3: there is a rule a already"},
    {"a name twice behind a rule of several lines",
	SPAN("a\n : pass\n# x\n\na\n : hold\n"),
	"rules:5: there is a rule a already"},
    {"a rule that holds twice", SPAN("a : hold\na : hold\n"),
	"rules:2: there is a rule a already"},
    {"a window's name twice",
	SPAN("a : window 08:00-20:00\na : window 08:00-20:00\n"),
	"rules:2: there is a rule a already"},
    {"a name alone", SPAN("a\n"), "rules:1: " NO_COLON},
    {"no : behind the conditions", SPAN("a sender=b@c\n size=1\nb : pass\n"),
	"rules:1: " NO_COLON},
    {"no : before the action", SPAN("a sender=b@c pass\n"),
	"rules:1: " NEITHER "\"pass\""},
    {"a : glued to the condition", SPAN("a sender=b@c: pass\n"),
	"rules:1: " NEITHER "\"pass\""},
    {"a : glued to the action", SPAN("a sender=b@c\n :pass\n"),
	"rules:2: " NEITHER "\":pass\""},
    {"a word of 101 bytes",
	SPAN("a " NAME_60 "01234567890123456789012345678901234567890 : pass"),
	"rules:1: " NEITHER "\"" NAME_60
	"0123456789012345678901234567890123456789\""},
    {"the same name, with =", SPAN("a b = c : pass\n"),
	"rules:1: " NEITHER "\"b\""},
    {"a condition without an attribute", SPAN("a =b : pass\n"),
	"rules:1: a condition starts with the name of an attribute, in lower "
	"case: \"=b\""},
    {"a condition without an item", SPAN("a\n size=1 sender=\n : pass\n"),
	"rules:2: an item is empty"},
    {"a bad condition in a line further down",
	SPAN("a : pass\nb sender=b@c\n# x\n\n size=1 size=x\n : pass\n"),
	"rules:5: not a number (digits, then maybe k or m): \"x\""},
    {"the same with CR LF",
	SPAN("a : pass\r\nb sender=b@c\r\n# x\r\n\r\n size=1 size=x\r\n"
	     " : pass\r\n"),
	"rules:5: not a number (digits, then maybe k or m): \"x\""},
    {"a CR is no line end", SPAN("a\r: pass\nb\r\r%=1 : pass\n"),
	"rules:2: a condition starts with the name of an attribute, in lower "
	"case: \"%=1\""},
    {"a list that is not there", SPAN("a\n sender=file:/lists/no : pass\n"),
	"rules:2: /lists/no: No such file or directory"},
    {"a list with a mistake", SPAN("a sender=file:/lists/bad : pass\n"),
	"rules:1: /lists/bad:2: no domain behind @: \"bob@\""},
    {"a mistake behind a list", SPAN("a sender=file:/lists/vip\n size : pass"),
	"rules:2: " NEITHER "\"size\""},
};

static void
heads_need_a_name_conditions_and_a_colon(void **state)
{
	(void)state;
	check_errors(heads, COUNT_OF(heads));
}

#define ONE_OF                                                                 \
	"the action is one of pass, delay, window, until, hold, reject and "   \
	"defer"
#define NOTHING "nothing may follow this action"
#define A_TIME  "delay needs a time like 30s or 1h30m"
#define IS_LONG "delay is not less than max_postpone"
#define IS_FAR  "until is more than max_postpone ahead"
#define A_DATE  "until needs a date; see hold"

static const struct row actions[] = {
    {"no action", SPAN("a :\n"), "rules:1: " ONE_OF},
    {"no action in a line further down", SPAN("a\n size=1\n :\nb : pass\n"),
	"rules:3: " ONE_OF},
    {"an unknown action", SPAN("a :\n wait 3s\n"), "rules:2: " ONE_OF},
    {"an action in capitals", SPAN("a : PASS\n"), "rules:1: " ONE_OF},
    {"a longer word", SPAN("a : holds\n"), "rules:1: " ONE_OF},
    {"a shorter word", SPAN("a : hol\n"), "rules:1: " ONE_OF},
    {"pass with something", SPAN("a : pass 1\n"), "rules:1: " NOTHING},
    {"pass with a comment", SPAN("a : pass # 1\n"), "rules:1: " NOTHING},
    {"pass with a reason", SPAN("a : pass\n reason=x\n"), "rules:2: " NOTHING},
    {"hold with something", SPAN("a : hold\n\n 1d reason=x\n"),
	"rules:3: " NOTHING},
    {"a second :", SPAN("a : : pass\n"), "rules:1: " ONE_OF},

    {"delay without a time", SPAN("a :\n delay\n"), "rules:2: " A_TIME},
    {"delay without a time, but with a reason",
	SPAN("a :\n delay\n reason=x\n"), "rules:2: " A_TIME},
    {"delay with a bad time", SPAN("a : delay\n 30x\n"), "rules:2: " A_TIME},
    {"delay with two times", SPAN("a : delay 1h 30m\n"), "rules:1: " A_TIME},
    {"delay below 0", SPAN("a : delay -1\n"), "rules:1: " A_TIME},
    {"delay 0", SPAN("a : delay 0\n"), "rules:1: " A_TIME},
    {"delay 0s", SPAN("a : delay 0s\n"), "rules:1: " A_TIME},
    {"delay max_postpone, which is more by a part of a second",
	SPAN("a : delay\n 366d\n"), "rules:2: " IS_LONG},
    {"delay max_postpone and a second", SPAN("a : delay 366d1s\n"),
	"rules:1: " IS_LONG},

    {"until without a date", SPAN("a :\n until\n"), "rules:2: until: empty"},
    {"until tomorrow", SPAN("a : until\n tomorrow\n"),
	"rules:2: until: relative times are not accepted"},
    {"until without a zone", SPAN("a : until 2026-12-01T06:00:00\n"),
	"rules:1: until: no time zone"},
    {"until a day that is another", SPAN("a : until Wed, 1 Dec 2026 06:00 Z"),
	"rules:1: until: day name contradicts the date"},
    {"until with something behind",
	SPAN("a : until 2026-12-01T06:00:00Z or so\n"),
	"rules:1: until: something behind the date"},
    {"until with an open comment",
	SPAN("a : until 2026-12-01T06:00:00Z (reason=x\n"),
	"rules:1: until: comment does not end"},
    {"until never", SPAN("a : until never\n"), "rules:1: " A_DATE},
    {"until never of a rule", SPAN("a : until\n never (rule a)\n"),
	"rules:2: " A_DATE},
    {"until max_postpone and a second",
	SPAN("a :\n until\n 2027-11-23T12:00:01Z\n"), "rules:3: " IS_FAR},
    {"until max_postpone and a part of a second",
	SPAN("a : until 2027-11-23T12:00:00.1Z\n"), "rules:1: " IS_FAR},
    {"until the end of time", SPAN("a : until 9999-12-31T23:59:59Z\n"),
	"rules:1: " IS_FAR},
};

static void
actions_need_what_they_need(void **state)
{
	(void)state;
	check_errors(actions, COUNT_OF(actions));
}

#define REJECT  "reject needs a status 5.x.x and a text"
#define DEFER   "defer needs a status 4.x.x and a text"
#define NO_TEXT "a text is missing behind the status"
#define ASCII   "the text is not in printable ASCII"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

static const struct row replies[] = {
    {"nothing", SPAN("a :\n reject\n"), "rules:2: " REJECT},
    {"nothing to defer", SPAN("a : defer\n"), "rules:1: " DEFER},
    {"a rule that starts with a blank",
	SPAN("a : reject 5.7.1 go\n away\n b sender=c@d : pass\n"),
	"rules:3: a \":\" in a text that goes on: rules start in the first "
	"column"},
    {"the rest of a rule whose start is a comment",
	SPAN("a : defer 4.7.1 wait\n#b sender=c@d\n  : pass\n"),
	"rules:3: a \":\" in a text that goes on: rules start in the first "
	"column"},
    {"no status", SPAN("a : reject\n go away\n"), "rules:2: " REJECT},
    {"reject of class 4", SPAN("a : reject 4.7.1 x\n"), "rules:1: " REJECT},
    {"reject of class 2", SPAN("a : reject 2.7.1 x\n"), "rules:1: " REJECT},
    {"defer of class 5", SPAN("a : defer 5.7.1 x\n"), "rules:1: " DEFER},
    {"a class of two digits", SPAN("a : reject 55.7.1 x\n"),
	"rules:1: " REJECT},
    {"no class", SPAN("a : reject .7.1 x\n"), "rules:1: " REJECT},
    {"no detail", SPAN("a : reject 5.7 x\n"), "rules:1: " REJECT},
    {"an empty detail", SPAN("a : reject 5.7. x\n"), "rules:1: " REJECT},
    {"an empty subject", SPAN("a : reject 5..1 x\n"), "rules:1: " REJECT},
    {"four parts", SPAN("a : reject 5.7.1.1 x\n"), "rules:1: " REJECT},
    {"a subject of four digits", SPAN("a : reject 5.0007.1 x\n"),
	"rules:1: " REJECT},
    {"a detail of four digits", SPAN("a : reject 5.7.0001 x\n"),
	"rules:1: " REJECT},
    {"a letter in the subject", SPAN("a : reject 5.a.1 x\n"),
	"rules:1: " REJECT},
    {"a letter in the detail", SPAN("a : reject 5.7.1x x\n"),
	"rules:1: " REJECT},
    {"only a class", SPAN("a : reject 5 x\n"), "rules:1: " REJECT},
    {"an SMTP code", SPAN("a : reject 550 5.7.1 x\n"), "rules:1: " REJECT},
    {"no text", SPAN("a : reject\n 5.7.1\n"), "rules:2: " NO_TEXT},
    {"no text to defer", SPAN("a : defer 4.7.1 \t\n"), "rules:1: " NO_TEXT},
    {"a text that is no ASCII", SPAN("a : reject 5.7.1 f\xc3\xbcr niemand\n"),
	"rules:1: " ASCII},
    {"the same further down", SPAN("a : reject 5.7.1 x\n y\n z\xff\n"),
	"rules:3: " ASCII},
    {"an escape", SPAN("a : reject 5.7.1 \x1b[0m\n"), "rules:1: " ASCII},
    {"0x1f", SPAN("a : reject 5.7.1 \x1f\n"), "rules:1: " ASCII},
    {"0x7f", SPAN("a : reject 5.7.1 \x7f\n"), "rules:1: " ASCII},
    {"0x80", SPAN("a : reject 5.7.1 \x80\n"), "rules:1: " ASCII},
    {"a vertical tab", SPAN("a : reject 5.7.1 x\vy\n"), "rules:1: " ASCII},
    {"a NUL", SPAN("a : reject 5.7.1 x\0y\n"), "rules:1: " ASCII},
    {"200 bytes, and a blank for each run of blanks",
	SPAN("a : reject 5.7.1  \n " HUNDRED "\n\t\t\t" HUNDRED),
	"rules:2: the text is longer than 200 bytes"},
    {"201 bytes", SPAN("a : reject 5.7.1\n " HUNDRED HUNDRED "1\n"),
	"rules:2: the text is longer than 200 bytes"},
};

static void
replies_need_a_status_and_a_text(void **state)
{
	(void)state;
	check_errors(replies, COUNT_OF(replies));
}

#define LAST     "reason= comes last, with quotes around blanks"
#define NO_WHY   "reason= needs a text"
#define NO_QUOTE "reason=\" has no second quote"
#define BEHIND   "reason=\"\" comes last"
#define LONG_WHY "the reason is longer than 200 bytes"

static const struct row reasons[] = {
    {"nothing", SPAN("a : hold\n reason=\n"), "rules:2: " NO_WHY},
    {"nothing in quotes", SPAN("a : hold reason=\"\"\n"), "rules:1: " NO_WHY},
    {"blanks in quotes", SPAN("a : hold reason=\" \n\t\"\n"),
	"rules:1: " NO_WHY},
    {"a blank behind =", SPAN("a : hold reason= x\n"), "rules:1: " NO_WHY},
    {"a quote alone", SPAN("a : hold reason=\"\n"), "rules:1: " NO_QUOTE},
    {"no second quote", SPAN("a : hold\n reason=\"x y\n"),
	"rules:2: " NO_QUOTE},
    {"a word behind a word", SPAN("a : hold reason=x y\n"), "rules:1: " LAST},
    {"a zone behind", SPAN("a : window 08:00-20:00\n reason=x\n tz=UTC\n"),
	"rules:2: " LAST},
    {"a second reason", SPAN("a : hold reason=x reason=y\n"), "rules:1: " LAST},
    {"a quote behind a word", SPAN("a : hold reason=x\"\n"), "rules:1: " LAST},
    {"a quote inside a word", SPAN("a : hold reason=x\"y\n"), "rules:1: " LAST},
    {"a zone behind the quotes",
	SPAN("a : window 08:00-20:00 reason=\"x y\"\n tz=UTC\n"),
	"rules:2: " BEHIND},
    {"a letter behind the quotes", SPAN("a : hold reason=\"x\"y\n"),
	"rules:1: " BEHIND},
    {"three quotes", SPAN("a : hold reason=\"x\"y\"\n"), "rules:1: " BEHIND},
    {"a word of 201 bytes", SPAN("a : hold\n reason=" HUNDRED HUNDRED "1\n"),
	"rules:2: " LONG_WHY},
    {"201 bytes in quotes",
	SPAN("a : hold reason=\"" HUNDRED " " HUNDRED "\"\n"),
	"rules:1: " LONG_WHY},
};

static void
reasons_need_a_text_and_come_last(void **state)
{
	(void)state;
	check_errors(reasons, COUNT_OF(reasons));
}

#define NEVER    "no times: a window that never opens"
#define TOO_LATE "the window is closed for longer than max_postpone"
#define TZDATA   "; zones come from Debian's package tzdata"
#define HERE                                                                   \
	"the zone of this machine cannot be used (%s): name one with tz=, "    \
	"from Debian's package tzdata"

static const struct row windows[] = {
    {"no times", SPAN("a :\n window\n"), "rules:2: " NEVER},
    {"only a zone", SPAN("a : window tz=UTC\n"), "rules:1: " NEVER},
    {"a word that a terminal would obey", SPAN("a : window \033[2J\177\n"),
	"rules:1: ?[2J?: neither days (Mon-Fri) nor times (HH:MM-HH:MM), "
	"nor tz=, nor except="},
    {"a bad word", SPAN("a : window Mon-Fri 8-20\n"),
	"rules:1: 8-20: not times as in 08:00-20:00"},
    {"a bad word in a line further down",
	SPAN("a : window Mon-Fri\n 08:00-20:00,\n# x\n Sat 10:00\n tz=UTC\n"),
	"rules:4: 10:00: not times as in 08:00-20:00"},
    {"a word twice, and bad the second time",
	SPAN("a : window 08:00-20:00\n tz=UTC\n\n tz=UTC\n"),
	"rules:4: tz=UTC: a second tz="},
    {"a day that is none, in the last line",
	SPAN("a : window 08:00-20:00\n except=2026-12-25,\n 2026-12-32\n"),
	"rules:3: 2026-12-32: no date of the calendar (YYYY-MM-DD)"},
    {"days without times, in the last line",
	SPAN("a : window 08:00-20:00\n Mon\n"),
	"rules:2: Mon: no times behind these days"},
    {"an unknown zone", SPAN("a : window 08:00-20:00\n\n tz=Europe/Atlantis\n"),
	"rules:3: tz=Europe/Atlantis: there is no such zone" TZDATA},
    {"an unknown zone behind a known one",
	SPAN("a : window 08:00-20:00\nb : window 08:00-20:00 tz=Mars\n"),
	"rules:2: tz=Mars: there is no such zone" TZDATA},
    {"a zone file that is none", SPAN("a : window 08:00-20:00 tz=Torn\n"),
	"rules:1: tz=Torn: zone file is cut off" TZDATA},
    {"a path for a zone", SPAN("a : window 08:00-20:00 tz=../passwd\n"),
	"rules:1: tz=../passwd: not the name of a time zone"},
};

static void
windows_need_times_and_a_zone(void **state)
{
	(void)state;
	check_errors(windows, COUNT_OF(windows));
}

static const struct {
	struct row row;
	int error;
} zones[] = {
    {{"no zone files", SPAN("a : window 08:00-20:00 tz=Europe/Amsterdam\n"),
	 "rules:1: tz=Europe/Amsterdam: there is no such zone" TZDATA},
	ENOENT},
    {{"a zone file that is not to be read",
	 SPAN("a : window 08:00-20:00 tz=Europe/Amsterdam\n"),
	 "rules:1: tz=Europe/Amsterdam: Permission denied" TZDATA},
	EACCES},
    {{"the machine has no zone", SPAN("a :\n window\n 08:00-20:00\n"),
	 "rules:2: the zone of this machine cannot be used (there is no such "
	 "zone): name one with tz=, from Debian's package tzdata"},
	ENOENT},
    {{"the machine's zone is not to be read", SPAN("a : window 08:00-20:00\n"),
	 "rules:1: the zone of this machine cannot be used (Permission "
	 "denied): name one with tz=, from Debian's package tzdata"},
	EACCES},
};

static void
zones_may_be_missing(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(zones); i++) {
		struct shelf shelf = SHELF;

		shelf.zone_error = zones[i].error;
		check_error(&zones[i].row, &shelf);
	}
}

/* The rules are read on a Sunday at 12:00. */
static const struct {
	const char *row;
	const char *text;
	int64_t max_postpone_s;
	const char *want;
} openings[] = {
    {"a week without an hour", "a : window Mon 12:00-13:00 tz=UTC",
	7 * DAY_S - 3600, ""},
    {"a second less", "a : window Mon 12:00-13:00 tz=UTC", 7 * DAY_S - 3601,
	"rules:1: " TOO_LATE},
    {"it is open", "a :\n window Sun 12:00-13:00 tz=UTC", 1,
	"rules:2: " TOO_LATE},
    {"it is always open", "a : window 00:00-24:00 tz=UTC", 1, ""},
    {"days on which it is closed",
	"a : window Mon 12:00-13:00 tz=UTC except=2026-11-23", 7 * DAY_S,
	"rules:1: " TOO_LATE},
    {"the same with time enough",
	"a : window Mon 12:00-13:00 tz=UTC except=2026-11-23", 14 * DAY_S, ""},
    {"the zone counts: clocks add an hour",
	"a : window Mon-Fri 09:00-17:00 tz=Europe/Amsterdam", 64 * 3600,
	"rules:1: " TOO_LATE},
    {"they do not in this one", "a : window Mon-Fri 09:00-17:00 tz=UTC",
	64 * 3600, ""},
};

static void
windows_open_within_max_postpone(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(openings); i++) {
		struct shelf shelf = {
		    .max_postpone_s = openings[i].max_postpone_s};
		char error[RULE_ERROR_SIZE] = "";
		struct rules rules;

		if (rules_try(
			&rules, span_str(openings[i].text), &shelf, error))
			rules_free(&rules);
		check_string(openings[i].row, error, openings[i].want);
	}
}

/* A mistake in each line of a large rule is said to be in that line. */
static void
every_line_is_told_exactly(void **state)
{
	static const char *const rule[] = {"name", "# comment", " sender=a@b",
	    "\tsize=3", "", " :", " until", "  Tue,", " 1 Dec 2026", "   ",
	    " 06:00:00", " +0100", " reason=x"};
	static const struct {
		size_t line;
		const char *text;
		size_t told;
	} mistakes[] = {
	    {0, "na%me", 0},
	    {2, " sender=@", 2},
	    {3, " size=x", 3},
	    {5, " pass", 5},
	    {6, " untill", 6},
	    {7, " Mon,", 7},
	    {10, " x", 7}, /* the date as a whole */
	    {12, " reason=", 12},
	    {12, " reason=x y", 12},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(mistakes); i++) {
		struct shelf shelf = SHELF;
		char text[512] = "first\n : pass\n", error[RULE_ERROR_SIZE];
		char want[32];
		struct rules rules;

		for (size_t n = 0; n < COUNT_OF(rule); n++)
			snprintf(text + strlen(text), 40, "%s\n",
			    n == mistakes[i].line ? mistakes[i].text : rule[n]);
		snprintf(
		    want, sizeof(want), "rules:%zu: ", mistakes[i].told + 3);
		assert_false(rules_try(&rules, span_str(text), &shelf, error));
		check_part(mistakes[i].text, error, want);
	}
}

/* However long what is wrong is. */
static void
long_mistakes_are_cut(void **state)
{
	struct shelf shelf = SHELF;
	char text[4000], error[RULE_ERROR_SIZE];
	struct rules rules;

	(void)state;
	fill_pattern(text, sizeof(text), "b");
	memcpy(text, "a sasl_username=*[", 18);
	memcpy(text + sizeof(text) - 8, " : pass\n", 8);
	assert_false(
	    rules_try(&rules, span_of(text, sizeof(text)), &shelf, error));
	assert_non_null(memchr(error, '\0', sizeof(error)));
	check_part("a long pattern", error, "rules:1: a pattern of more than");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(files_need_rules),
	    cmocka_unit_test(heads_need_a_name_conditions_and_a_colon),
	    cmocka_unit_test(actions_need_what_they_need),
	    cmocka_unit_test(replies_need_a_status_and_a_text),
	    cmocka_unit_test(reasons_need_a_text_and_come_last),
	    cmocka_unit_test(windows_need_times_and_a_zone),
	    cmocka_unit_test(zones_may_be_missing),
	    cmocka_unit_test(windows_open_within_max_postpone),
	    cmocka_unit_test(every_line_is_told_exactly),
	    cmocka_unit_test(long_mistakes_are_cut),
	};

	return cmocka_run_group_tests_name("rule_errors", tests, NULL, NULL);
}

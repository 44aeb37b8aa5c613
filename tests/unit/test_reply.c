/* SPDX-License-Identifier: ISC */
#include "tests/unit/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hdrcheck/date.h"
#include "hdrcheck/header.h"
#include "policyd/reply.h"

#define TEN     "0123456789"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
#define NAME_64 TEN TEN TEN TEN TEN TEN "abcd"
#define HEADER  "X-Deliver-At"

static const struct rule quiet = {.name = SPAN("quiet")};
static const struct rule longest = {
    .name = SPAN(NAME_64), .reply = SPAN("5.123.123 " HUNDRED HUNDRED)};
static const struct rule flood = {
    .name = SPAN("flood"), .reply = SPAN("4.7.1 100% of {too} many\\n")};

static const struct {
	const char *row;
	struct decision decision;
	const char *want;
} cases[] = {
    {"nothing", {.kind = DECISION_NOTHING}, "action=DUNNO"},
    {"a moment",
	{.kind = DECISION_POSTPONE,
	    .rule = &quiet,
	    .due_s = INT64_C(1798185600)},
	"action=PREPEND X-Deliver-At: Fri, 25 Dec 2026 08:00:00 +0000 (rule "
	"quiet)"},
    {"never",
	{.kind = DECISION_POSTPONE, .rule = &quiet, .due_s = DECIDE_NEVER},
	"action=PREPEND X-Deliver-At: never (rule quiet)"},
    {"the longest name",
	{.kind = DECISION_POSTPONE, .rule = &longest, .due_s = 0},
	"action=PREPEND X-Deliver-At: Thu, 01 Jan 1970 00:00:00 +0000 "
	"(rule " NAME_64 ")"},
    {"reject, with the longest text",
	{.kind = DECISION_REJECT, .rule = &longest, .due_s = 0},
	"action=REJECT 5.123.123 " HUNDRED HUNDRED},
    {"defer, with bytes that could mean something",
	{.kind = DECISION_DEFER, .rule = &flood, .due_s = 0},
	"action=DEFER 4.7.1 100% of {too} many\\n"},
    {"misplaced",
	{.kind = DECISION_MISPLACED, .rule = &quiet, .due_s = DECIDE_NEVER},
	"action=DEFER 4.3.5 delivery rules are asked where no header can be "
	"added"},
};

static void
decisions_are_put_into_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char *out = malloc(REPLY_SIZE);

		assert_non_null(out);
		assert_ptr_equal(
		    reply_format(&cases[i].decision, HEADER, out), out);
		check_string(cases[i].row, out, cases[i].want);
		free(out);
	}
}

/* The longest header name, and a name and a moment of full length. */
static void
the_longest_header_fits(void **state)
{
	static const struct decision decision = {.kind = DECISION_POSTPONE,
	    .rule = &longest,
	    .due_s = INT64_C(1798185600)};
	char header[HEADER_NAME_SIZE], out[REPLY_SIZE];
	char want[REPLY_SIZE + 1];

	(void)state;
	fill_pattern(header, sizeof(header), "X-");
	header[sizeof(header) - 1] = '\0';
	snprintf(want, sizeof(want),
	    "action=PREPEND %s: Fri, 25 Dec 2026 08:00:00 +0000 (rule %s)",
	    header, NAME_64);
	check_string("the longest", reply_format(&decision, header, out), want);
}

/* hdrcheck reads what we write: moment and rule. */
static void
hdrcheck_reads_what_is_prepended(void **state)
{
	static const int64_t moments[] = {0, 1, 951782400, 1798185600,
	    INT64_C(4102444800), INT64_C(253402300799), DECIDE_NEVER};
	static const char front[] = "action=PREPEND X-Deliver-At: ";

	(void)state;
	for (size_t i = 0; i < COUNT_OF(moments); i++) {
		struct decision d = {.kind = DECISION_POSTPONE,
		    .rule = &quiet,
		    .due_s = moments[i]};
		char out[REPLY_SIZE];
		struct date date;

		reply_format(&d, HEADER, out);
		check_int(out, date_parse(span_str(out + strlen(front)), &date),
		    DATE_OK);
		check_span(out, date.rule, span_str("quiet"));
		check_bool(out, date.never, moments[i] == DECIDE_NEVER);
		if (!date.never)
			check_int(out, date.moment_s, moments[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(decisions_are_put_into_words),
	    cmocka_unit_test(the_longest_header_fits),
	    cmocka_unit_test(hdrcheck_reads_what_is_prepended),
	};

	return cmocka_run_group_tests_name("reply", tests, NULL, NULL);
}

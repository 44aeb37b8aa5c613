/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/check_support.h"

#include "policyd/ctl/check_lookups.h"

#define NOW  INT64_C(1767225600) /* 2026-01-01T00:00:00Z */
#define HELD "HOLD until 2026-01-01T00:01:00Z"
#define FAR  "REJECT 5.7.1 X-Deliver-At: more than 366 days ahead"

static const struct {
	const char *row;
	struct check_row change;
	const char *keys; /* kinds, headers and dates, a line each */
} plans[] = {
    {"the recipe", {0},
	"0 X-Deliver-At: Thu, 01 Jan 2026 00:01:00 +0000 1\n"
	"2 X-Deliver-At: Sun, 03 Jan 2027 00:00:00 +0000 1\n"
	"1 X-Deliver-At: Fri, 01 Jan 2027 23:59:00 +0000 1\n"
	"3 X-Deliver-At: Thu, 01 Jan 2026 00:01:00 +0000 2\n"},
    {"two headers, and no time",
	{.settings = "header_names = X-A, X-B\nmax_postpone = 10s\n"},
	"0 X-A: Thu, 01 Jan 2026 00:00:10 +0000 1\n"
	"0 X-B: Thu, 01 Jan 2026 00:00:10 +0000 1\n"
	"2 X-A: Fri, 02 Jan 2026 00:00:10 +0000 1\n"
	"3 X-A: Thu, 01 Jan 2026 00:01:00 +0000 2\n"},
    {"hardly time", {.settings = "max_postpone = 2m\n"},
	"0 X-Deliver-At: Thu, 01 Jan 2026 00:01:00 +0000 1\n"
	"2 X-Deliver-At: Fri, 02 Jan 2026 00:02:00 +0000 1\n"
	"3 X-Deliver-At: Thu, 01 Jan 2026 00:01:00 +0000 2\n"},
    {"a table of others, and no rules",
	{.main = "your_header_checks = pcre:/etc/a\n"},
	"0 X-Deliver-At: Thu, 01 Jan 2026 00:01:00 +0000 1\n"
	"2 X-Deliver-At: Sun, 03 Jan 2027 00:00:00 +0000 1\n"
	"1 X-Deliver-At: Fri, 01 Jan 2027 23:59:00 +0000 1\n"
	"3 X-Deliver-At: Thu, 01 Jan 2026 00:01:00 +0000 2\n"},
    {"a table of others, and rules",
	{.main = "your_header_checks = pcre:/etc/a\n",
	    .settings = "rules_file = /r\nmax_postpone = 10s\n"},
	"0 X-Deliver-At: Thu, 01 Jan 2026 00:00:10 +0000 1\n"
	"2 X-Deliver-At: Fri, 02 Jan 2026 00:00:10 +0000 1\n"
	"3 X-Deliver-At: Thu, 01 Jan 2026 00:01:00 +0000 2\n"
	"4 Received: 1\n"},
    {"nothing asks", {.main = "deliver_at_header_checks =\n"}, ""},
};

static void
what_is_asked_is_planned(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(plans); i++) {
		struct check_rig *rig =
		    check_open(plans[i].row, &plans[i].change);
		struct check_lookups *lookups = calloc(1, sizeof(*lookups));
		char got[CHECK_TEXT_SIZE] = "";
		size_t used = 0;

		assert_non_null(lookups);
		lookups_plan(lookups, &rig->site, &rig->entries, NOW);
		for (size_t n = 0; n < lookups->n; n++) {
			const struct check_lookup *l = &lookups->lookup[n];

			used += (size_t)snprintf(got + used, sizeof(got) - used,
			    "%d %.*s %zu\n", (int)l->kind,
			    l->kind == LOOKUP_RECEIVED ? 9 : 100, l->key,
			    l->n_tables);
		}
		check_string(plans[i].row, got, plans[i].keys);
		lookups_free(lookups);
		free(lookups);
		check_close(rig);
	}
}

static const struct {
	const char *row;
	enum lookup_kind kind;
	const char *answer;
	bool down;
	const char *names;
} answers[] = {
    {"held", LOOKUP_DATE, HELD, false, ""},
    {"letters do not matter", LOOKUP_DATE, "hold", false, ""},
    {"another word", LOOKUP_DATE, "HOLDS", false, "lookup"},
    {"let go", LOOKUP_DATE, "DUNNO", false, "lookup"},
    {"refused", LOOKUP_DATE, FAR, false, "lookup"},
    {"no answer", LOOKUP_DATE, "", false, "lookup"},
    {"no answer, as nobody listens", LOOKUP_DATE, "", true, ""},
    {"within the limit", LOOKUP_WITHIN, HELD, false, ""},
    {"a lower limit", LOOKUP_WITHIN, FAR, false, "hdrcheck-stale"},
    {"no answer to that", LOOKUP_WITHIN, "", false, ""},
    {"beyond the limit", LOOKUP_BEYOND, FAR, false, ""},
    {"a higher limit", LOOKUP_BEYOND, HELD, false, "hdrcheck-stale"},
    {"all tables", LOOKUP_WHOLE, HELD, false, ""},
    {"hidden", LOOKUP_WHOLE, "WARN", false, "hidden"},
    {"hidden by what refuses", LOOKUP_WHOLE, "REJECT", false, "hidden"},
    {"all tables, no answer", LOOKUP_WHOLE, "", false, ""},
    {"Received stays", LOOKUP_RECEIVED, "", false, ""},
    {"Received stays, with a word in the log", LOOKUP_RECEIVED, "INFO x", false,
	""},
    {"Received goes", LOOKUP_RECEIVED, "IGNORE", false, "received-removed"},
    {"Received goes, and is logged", LOOKUP_RECEIVED, "strip x", false,
	"received-removed"},
    {"Received is another", LOOKUP_RECEIVED, "REPLACE Received: x", false,
	"received-removed"},
};

static void
answers_are_judged(void **state)
{
	const struct check_row change = {
	    .main = "your_header_checks = pcre:/etc/a\n",
	    .settings = "rules_file = /r\n"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(answers); i++) {
		struct check_rig *rig = check_open(answers[i].row, &change);
		struct check_lookups *lookups = calloc(1, sizeof(*lookups));

		assert_non_null(lookups);
		lookups_plan(lookups, &rig->site, &rig->entries, NOW);
		for (size_t n = 0; n < lookups->n; n++) {
			struct check_lookup *l = &lookups->lookup[n];
			const char *well = l->kind == LOOKUP_RECEIVED ? ""
			    : l->kind == LOOKUP_BEYOND                ? FAR
								      : HELD;

			if (l->kind == answers[i].kind)
				well = answers[i].answer;
			snprintf(l->answer, sizeof(l->answer), "%s", well);
		}
		lookups_judge(lookups, &rig->site, answers[i].down);
		check_names(answers[i].row, rig, answers[i].names);
		check_bool(answers[i].row, lookups_reached(lookups),
		    answers[i].kind != LOOKUP_DATE ||
			answers[i].answer[0] != '\0');
		lookups_free(lookups);
		free(lookups);
		check_close(rig);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_asked_is_planned),
	    cmocka_unit_test(answers_are_judged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

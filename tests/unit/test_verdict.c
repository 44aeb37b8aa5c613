/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "tests/unit/support.h"

#include "hdrcheck/verdict.h"

/* 2026-12-25T09:00:00Z, the date in most rows. */
#define DUE_S INT64_C(1798189200)
#define DUE   "X-Deliver-At: Fri, 25 Dec 2026 09:00:00 +0000"
#define DAY_S INT64_C(86400)

static void
load(struct settings *settings, const char *text)
{
	char error[CONF_ERROR_SIZE] = "";

	if (!settings_parse(settings, span_str(text), "test", error))
		check_string(text, error, "");
}

static void
check_reply(const char *row, struct span given, int64_t now_ns,
    const struct settings *settings, const char *want)
{
	struct span line = exact_copy(given);
	struct verdict v = verdict_of(line, now_ns, settings);
	char text[VERDICT_TEXT_SIZE];
	size_t n = verdict_format(&v, settings, text);

	check_string(row, text, want);
	check_int(row, (int64_t)n, (int64_t)strlen(want));
	exact_free(line);
}

static const struct {
	const char *row;
	struct span line;
	const char *want;
} replies[] = {
    {"a future date", SPAN(DUE), "HOLD until 2026-12-25T09:00:00Z"},
    {"the other dialect", SPAN("X-Deliver-At: 2026-12-25T09:00:00Z"),
	"HOLD until 2026-12-25T09:00:00Z"},
    {"a folded header",
	SPAN("X-Deliver-At: Fri,\n 25 Dec 2026 09:00:00\r\n\t+0000"),
	"HOLD until 2026-12-25T09:00:00Z"},
    {"another case", SPAN("x-deliver-AT: 2026-12-25T09:00:00Z"),
	"HOLD until 2026-12-25T09:00:00Z"},
    {"a blank before the colon", SPAN("X-Deliver-At : 2026-12-25T09:00:00Z"),
	"HOLD until 2026-12-25T09:00:00Z"},
    {"a date in another zone", SPAN("X-Deliver-At: 2026-12-25T09:00:00+05:30"),
	"HOLD until 2026-12-25T03:30:00Z"},
    {"a fraction is held until the second after it",
	SPAN("X-Deliver-At: 2026-12-25T09:00:00.001Z"),
	"HOLD until 2026-12-25T09:00:01Z"},
    {"a past date", SPAN("X-Deliver-At: 2026-12-01T09:00:00Z"), "DUNNO"},
    {"a date long past", SPAN("X-Deliver-At: 0001-01-01T00:00:00Z"), "DUNNO"},
    {"a date of a rule", SPAN("X-Deliver-At: 2026-12-25T09:00:00Z (rule a)"),
	"HOLD until 2026-12-25T09:00:00Z"},
    {"never", SPAN("X-Deliver-At: never (rule a)"),
	"HOLD until its rule is gone"},
    {"the last year there is",
	SPAN("X-Deliver-At: 31 Dec 999999999 23:59:59 -2359"),
	"REJECT 5.7.1 X-Deliver-At: more than 366 days ahead"},
    {"an empty body", SPAN("X-Deliver-At:"),
	"REJECT 5.6.0 X-Deliver-At: empty"},
    {"no zone", SPAN("X-Deliver-At: Fri, 25 Dec 2026 09:00:00"),
	"REJECT 5.6.0 X-Deliver-At: no time zone"},
    {"a wrong day name", SPAN("X-Deliver-At: Thu, 25 Dec 2026 09:00 +0000"),
	"REJECT 5.6.0 X-Deliver-At: day name contradicts the date"},
    {"never without a rule", SPAN("X-Deliver-At: never"),
	"REJECT 5.6.0 X-Deliver-At: never is for rules only"},
    {"bytes that are no text", SPAN("X-Deliver-At: \0\xff\r"),
	"REJECT 5.6.0 X-Deliver-At: not a date"},
    {"another header", SPAN("Subject: 2026-12-25T09:00:00Z"), ""},
    {"a longer name", SPAN("X-Deliver-At2: 2026-12-25T09:00:00Z"), ""},
    {"no header", SPAN("X-Deliver-At"), ""},
    {"nothing", SPAN(""), ""},
    {"a NUL behind the name", SPAN("X-Deliver-At\0: x"), ""},
};

static void
lines_have_their_replies(void **state)
{
	int64_t now_ns = (DUE_S - 10 * DAY_S) * CLOCK_NS_PER_S;
	struct settings settings;

	(void)state;
	load(&settings, "");
	for (size_t i = 0; i < COUNT_OF(replies); i++)
		check_reply(replies[i].row, replies[i].line, now_ns, &settings,
		    replies[i].want);
}

#define HOLD "HOLD until 2026-12-25T09:00:00Z"
#define FAR  "REJECT 5.7.1 X-Deliver-At: more than 366 days ahead"

static const struct {
	const char *row;
	int64_t now_s;
	int64_t now_ns;
	const char *want;
} moments[] = {
    {"just due", DUE_S, 0, "DUNNO"},
    {"one nanosecond later", DUE_S, 1, "DUNNO"},
    {"one second later", DUE_S + 1, 0, "DUNNO"},
    {"one nanosecond before it is due", DUE_S - 1, 999999999, HOLD},
    {"one second before it is due", DUE_S - 1, 0, HOLD},
    {"one second less than the limit", DUE_S - 366 * DAY_S + 1, 0, HOLD},
    {"one nanosecond less than the limit", DUE_S - 366 * DAY_S, 1, HOLD},
    {"exactly the limit", DUE_S - 366 * DAY_S, 0, HOLD},
    {"one nanosecond beyond the limit", DUE_S - 366 * DAY_S - 1, 999999999,
	FAR},
    {"one second beyond the limit", DUE_S - 366 * DAY_S - 1, 0, FAR},
    {"one second and a nanosecond beyond", DUE_S - 366 * DAY_S - 2, 999999999,
	FAR},
    {"two seconds beyond the limit", DUE_S - 366 * DAY_S - 2, 0, FAR},
    {"asked in 1970", 0, 0, FAR},
    {"asked before 1970", -1, 999999999, FAR},
    {"asked in the year 2262", INT64_C(9223372036), 0, "DUNNO"},
};

static void
due_and_limit_are_exact(void **state)
{
	struct settings settings;

	(void)state;
	load(&settings, "");
	for (size_t i = 0; i < COUNT_OF(moments); i++)
		check_reply(moments[i].row, span_str(DUE),
		    moments[i].now_s * CLOCK_NS_PER_S + moments[i].now_ns,
		    &settings, moments[i].want);
}

/*
 * As late as a clock can tell, where dates in nanoseconds would be too many.
 * In the year 2262; the dates lie behind what nanoseconds can say.
 */
#define LAST_NS (INT64_C(9223372036) * CLOCK_NS_PER_S)
#define BEYOND  "REJECT 5.7.1 X-Deliver-At: more than 36500 days ahead"

static const struct {
	const char *row;
	int64_t now_ns;
	const char *date;
	const char *want; /* NULL: HOLD until that date */
} late_moments[] = {
    {"just due", INT64_MAX, "2262-04-11T23:47:16Z", "DUNNO"},
    {"due in less than a second", INT64_MAX, "2262-04-11T23:47:17Z", NULL},
    {"due in a second", LAST_NS, "2262-04-11T23:47:17Z", NULL},
    {"due the next day", INT64_MAX, "2262-04-12T23:47:16Z", NULL},
    {"less than the limit", INT64_MAX, "2362-03-18T23:47:16Z", NULL},
    {"beyond the limit", INT64_MAX, "2362-03-18T23:47:17Z", BEYOND},
    {"a second more", INT64_MAX, "2362-03-18T23:47:18Z", BEYOND},
    {"exactly the limit", LAST_NS, "2362-03-18T23:47:16Z", NULL},
    {"one second beyond it", LAST_NS, "2362-03-18T23:47:17Z", BEYOND},
    {"one nanosecond less than the limit", LAST_NS + 1, "2362-03-18T23:47:16Z",
	NULL},
    {"one nanosecond beyond it", LAST_NS - 1, "2362-03-18T23:47:16Z", BEYOND},
    {"far beyond", INT64_MAX, "9999-12-31T23:59:59Z", BEYOND},
    {"asked in 1970", 0, "2262-04-11T23:47:16Z", BEYOND},
};

static void
moments_behind_2262_are_compared_alike(void **state)
{
	struct settings settings;

	(void)state;
	load(&settings, "max_postpone = 36500d");
	for (size_t i = 0; i < COUNT_OF(late_moments); i++) {
		const char *date = late_moments[i].date;
		char line[64], hold[64];

		snprintf(line, sizeof(line), "X-Deliver-At: %s", date);
		snprintf(hold, sizeof(hold), "HOLD until %s", date);
		check_reply(late_moments[i].row, span_str(line),
		    late_moments[i].now_ns, &settings,
		    late_moments[i].want != NULL ? late_moments[i].want : hold);
	}
}

/* Clock and date before 1970: seconds round down there, too. */
static void
moments_before_1970_are_compared_alike(void **state)
{
	struct span line = span_str("X-Deliver-At: 1969-12-31T23:59:58Z");
	struct settings settings;

	(void)state;
	load(&settings, "");
	check_reply("due", line, -2 * CLOCK_NS_PER_S, &settings, "DUNNO");
	check_reply("a nanosecond before", line, -2 * CLOCK_NS_PER_S - 1,
	    &settings, "HOLD until 1969-12-31T23:59:58Z");
}

static const struct {
	const char *row;
	const char *config;
	const char *want;
} limits[] = {
    {"one day", "max_postpone = 1d",
	"REJECT 5.7.1 X-Deliver-At: more than 1 day ahead"},
    {"two days", "max_postpone = 48h",
	"REJECT 5.7.1 X-Deliver-At: more than 2 days ahead"},
    {"a week", "max_postpone = 7d",
	"REJECT 5.7.1 X-Deliver-At: more than 7 days ahead"},
    {"hours", "max_postpone = 2h30m",
	"REJECT 5.7.1 X-Deliver-At: more than 2h30m ahead"},
    {"days and hours", "max_postpone = 1d12h",
	"REJECT 5.7.1 X-Deliver-At: more than 1d12h ahead"},
    {"the shortest", "max_postpone = 1s",
	"REJECT 5.7.1 X-Deliver-At: more than 1s ahead"},
    {"the longest", "max_postpone = 36500d", HOLD},
    {"another header", "header_names = X-Other", ""},
    {"a second header", "max_postpone = 1d\nheader_names = X-A, x-deliver-at",
	"REJECT 5.7.1 x-deliver-at: more than 1 day ahead"},
};

static void
settings_are_obeyed(void **state)
{
	int64_t now_ns = (DUE_S - 360 * DAY_S) * CLOCK_NS_PER_S;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(limits); i++) {
		struct settings settings;

		load(&settings, limits[i].config);
		check_reply(limits[i].row, span_str(DUE), now_ns, &settings,
		    limits[i].want);
	}
}

static void
max_postpone_does_not_bound_never(void **state)
{
	struct settings settings;

	(void)state;
	load(&settings, "max_postpone = 1s");
	check_reply("never", span_str("X-Deliver-At: never (rule a)"), 0,
	    &settings, "HOLD until its rule is gone");
}

static void
the_verdict_tells_what_was_found(void **state)
{
	struct settings settings;
	struct verdict v;

	(void)state;
	load(&settings, "header_names = X-A X-B");
	v = verdict_of(
	    span_str("x-b: 2026-12-25T09:00:00Z (rule r)"), 0, &settings);
	assert_int_equal(v.kind, VERDICT_REJECT);
	assert_int_equal(v.error, DATE_OK);
	assert_int_equal(v.date.moment_s, DUE_S);
	check_span("rule", v.date.rule, span_str("r"));
	check_string("name", v.name, "X-B");
	v = verdict_of(span_str("X-C: x"), 0, &settings);
	assert_int_equal(v.kind, VERDICT_NOTFOUND);
	assert_null(v.name);
}

/* Each writes its own bytes where a sender can: "zqzq" and signs. */
static const char *const hostile_bodies[] = {
    "zqzq",
    "Zqz, 25 Dec 2026 09:00:00 +0000",
    "Fri, 25 Zqz 2026 09:00:00 +0000",
    "Fri, 25 Dec 2026 zq:zq:zq +0000",
    "Fri, 25 Dec 2026 09:00:00 zqzq",
    "Fri, 25 Dec 2026 09:00:00 +0000 zqzq",
    "Fri, 25 Dec 2026 09:00:00 +0000 (zqzq)",
    "Fri, 25 Dec 2026 09:00:00 +0000 (rule zqzq)",
    "Fri, 25 Dec 2126 09:00:00 +0000 (rule zqzq)",
    "never (rule zqzq)",
    "never (zqzq)",
    "(zqzq",
    "2026-12-25T09:00:00.12345Z (zqzq)",
    "2026-12-25zqzq09:00:00Z",
    "2026-12-25T09:00:00zqzq",
    "%s%n%d zqzq",
    "\r\nHOLD zqzq",
    "\xff\x80\x01zqzq",
};

static void
replies_never_hold_the_sender_s_bytes(void **state)
{
	struct settings settings;

	(void)state;
	load(&settings, "header_names = X-Deliver-At");
	for (size_t i = 0; i < COUNT_OF(hostile_bodies); i++) {
		const char *body = hostile_bodies[i];
		char line[200], text[VERDICT_TEXT_SIZE];
		struct verdict v;

		snprintf(line, sizeof(line), "x-dELIVER-aT: %s", body);
		v = verdict_of(span_str(line), 0, &settings);
		verdict_format(&v, &settings, text);
		check_bool(body, v.kind != VERDICT_NOTFOUND, true);
		check_string(body, strstr(text, "zq"), NULL);
		check_string(body, strstr(text, "dELIVER"), NULL);
		for (const char *p = text; *p != '\0'; p++)
			check_bool(body, *p >= ' ' && *p <= '~', true);
	}
}

static void
the_longest_name_and_reason_fit(void **state)
{
	char config[200], name[HEADER_NAME_SIZE], line[200];
	struct settings settings;

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	snprintf(config, sizeof(config), "header_names = %s\n", name);
	load(&settings, config);
	snprintf(line, sizeof(line), "%s: ", name);
	for (int i = DATE_OK; i < DATE_ERRORS; i++) {
		struct verdict v = verdict_of(span_str(line), 0, &settings);
		char text[VERDICT_TEXT_SIZE];

		v.error = (enum date_error)i;
		v.kind = VERDICT_REJECT;
		assert_true(verdict_format(&v, &settings, text) < 200);
		assert_non_null(strstr(text, name));
		if (i != DATE_OK)
			check_part("reason", text, date_reason(v.error));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lines_have_their_replies),
	    cmocka_unit_test(due_and_limit_are_exact),
	    cmocka_unit_test(moments_behind_2262_are_compared_alike),
	    cmocka_unit_test(moments_before_1970_are_compared_alike),
	    cmocka_unit_test(settings_are_obeyed),
	    cmocka_unit_test(max_postpone_does_not_bound_never),
	    cmocka_unit_test(the_verdict_tells_what_was_found),
	    cmocka_unit_test(replies_never_hold_the_sender_s_bytes),
	    cmocka_unit_test(the_longest_name_and_reason_fit),
	};

	return cmocka_run_group_tests_name("verdict", tests, NULL, NULL);
}

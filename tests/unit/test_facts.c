/* SPDX-License-Identifier: ISC */
#include "tests/unit/facts_support.h"

#include "policyd/sched/postcat.h"

#define NONE FACTS_NO_DATE

static const struct {
	const char *row;
	const char *headers[HEADERS_MAX];
	int64_t own_s;
	int64_t rule_s;
	bool own_never;
	bool rule_never;
	bool unreadable;
} dates[] = {
    {"no header at all", {NULL}, NONE, NONE, false, false, false},
    {"no date", {FROM_CLIENT, "Subject: " NINE}, NONE, NONE, false, false,
	false},
    {"a sender's date", {FROM_CLIENT, NINE}, NINE_S, NONE, false, false, false},
    {"another case, a blank before the colon",
	{FROM_CLIENT, "x-deliver-AT : 2026-12-25T09:00:00Z"}, NINE_S, NONE,
	false, false, false},
    {"folded",
	{FROM_CLIENT, "X-Deliver-At: Fri,\n\t25 Dec 2026\n  09:00 +0000"},
	NINE_S, NONE, false, false, false},
    {"a header whose name is longer", {FROM_CLIENT, "X-Deliver-At-2: x"}, NONE,
	NONE, false, false, false},
    {"a header whose name is shorter", {FROM_CLIENT, "X-Deliver-A: x"}, NONE,
	NONE, false, false, false},
    {"two dates, the later one first", {FROM_CLIENT, TEN, NINE}, TEN_S, NONE,
	false, false, false},
    {"two dates, the later one last", {FROM_CLIENT, NINE, TEN}, TEN_S, NONE,
	false, false, false},
    {"a date before 1970", {FROM_CLIENT, "X-Deliver-At: 1969-12-31T23:59:59Z"},
	-1, NONE, false, false, false},
    {"a rule's date above the topmost Received",
	{NINE " (rule night)", FROM_CLIENT}, NONE, NINE_S, false, false, false},
    {"a rule's date and the sender's", {TEN " (rule night)", FROM_CLIENT, NINE},
	NINE_S, TEN_S, false, false, false},
    {"the sender's later date and a rule's",
	{NINE " (rule night)", FROM_CLIENT, TEN}, TEN_S, NINE_S, false, false,
	false},
    {"two rules' dates", {NINE " (rule a)", TEN " (rule b)", FROM_CLIENT}, NONE,
	TEN_S, false, false, false},
    {"a forged rule below the topmost Received",
	{FROM_CLIENT, NINE " (rule night)"}, NINE_S, NONE, false, false, false},
    {"a rule and a forged later one",
	{NINE " (rule a)", FROM_CLIENT, TEN " (rule a)"}, TEN_S, NINE_S, false,
	false, false},
    {"a date without a rule's name, above the topmost Received",
	{NINE, FROM_CLIENT}, NINE_S, NONE, false, false, false},
    {"a comment that is no rule's name, above the topmost Received",
	{NINE " (rule)", FROM_CLIENT}, NINE_S, NONE, false, false, false},
    {"a name no rule can have, above the topmost Received",
	{NINE " (rule a b)", FROM_CLIENT}, NINE_S, NONE, false, false, false},
    {"a rule's date, with other headers in front",
	{"X-Spam: no", NINE " (rule a)", FROM_CLIENT}, NONE, NINE_S, false,
	false, false},
    {"a rule's date in requeued mail",
	{REQUEUED, NINE " (rule a)", FROM_CLIENT}, NONE, NINE_S, false, false,
	false},
    {"a rule's date in mail that was requeued twice",
	{REQUEUED, REQUEUED, NINE " (rule a)", FROM_CLIENT}, NONE, NINE_S,
	false, false, false},
    {"a forged one in requeued mail", {REQUEUED, FROM_CLIENT, NINE " (rule a)"},
	NINE_S, NONE, false, false, false},
    {"a requeue's Received of a client's making, below the topmost",
	{FROM_CLIENT, REQUEUED, NINE " (rule a)"}, NINE_S, NONE, false, false,
	false},
    {"mail by root's sendmail(1): nothing is skipped",
	{BY_USER("0"), NINE " (rule a)"}, NINE_S, NONE, false, false, false},
    {"mail by a user whose id begins like the mail owner's",
	{BY_USER("1020"), NINE " (rule a)"}, NINE_S, NONE, false, false, false},
    {"mail by a user whose id ends like the mail owner's",
	{BY_USER("1102"), NINE " (rule a)"}, NINE_S, NONE, false, false, false},
    {"root's mail, requeued", {REQUEUED, BY_USER("0"), NINE " (rule a)"},
	NINE_S, NONE, false, false, false},
    {"a client that calls itself a requeue",
	{"Received: from by (Postfix, from userid 102) (unknown [192.0.2.7])",
	    NINE " (rule a)"},
	NINE_S, NONE, false, false, false},
    {"Received in another case",
	{"RECEIVED : from client.test", NINE " (rule a)"}, NINE_S, NONE, false,
	false, false},
    {"an empty Received", {"Received:", NINE " (rule a)"}, NINE_S, NONE, false,
	false, false},
    {"X-Received is no Received", {"X-Received: x", NINE " (rule a)"}, NONE,
	NINE_S, false, false, false},
    {"never by a rule", {"X-Deliver-At: never (rule a)", FROM_CLIENT}, NONE,
	NONE, false, true, false},
    {"never by a sender", {FROM_CLIENT, "X-Deliver-At: never (rule a)"}, NONE,
	NONE, true, false, false},
    {"never by both, and dates",
	{"X-Deliver-At: never (rule a)", NINE " (rule a)", FROM_CLIENT, TEN,
	    "X-Deliver-At: never (rule a)"},
	TEN_S, NINE_S, true, true, false},
    {"never without a rule is no date", {FROM_CLIENT, "X-Deliver-At: never"},
	NONE, NONE, false, false, true},
    {"no date", {FROM_CLIENT, "X-Deliver-At: soon"}, NONE, NONE, false, false,
	true},
    {"an empty one", {FROM_CLIENT, "X-Deliver-At:"}, NONE, NONE, false, false,
	true},
    {"one date and one that is none", {FROM_CLIENT, NINE, "X-Deliver-At: x"},
	NINE_S, NONE, false, false, true},
    {"lines that are no header", {"", ":", " : x", "X-Deliver-At", "\x80: y"},
	NONE, NONE, false, false, false},
};

static void
dates_are_told_from_forged_ones(void **state)
{
	struct settings settings;

	(void)state;
	load_settings(&settings, "");
	for (size_t i = 0; i < COUNT_OF(dates); i++) {
		const char *row = dates[i].row;
		struct facts f;

		take_headers(&f, dates[i].headers, &settings);
		check_int(row, f.own_latest_s, dates[i].own_s);
		check_int(row, f.rule_latest_s, dates[i].rule_s);
		check_bool(row, f.own_never, dates[i].own_never);
		check_bool(row, f.rule_never, dates[i].rule_never);
		check_bool(row, f.unreadable_date, dates[i].unreadable);
		check_bool(row, f.vetoed, false);
	}
}

static const struct {
	const char *row;
	const char *config;
	const char *headers[HEADERS_MAX];
	bool vetoed;
	int64_t own_s;
} configured[] = {
    {"a veto header", "veto_headers = X-Quarantine",
	{FROM_CLIENT, "X-Quarantine: yes", NINE}, true, NINE_S},
    {"in another case, above Received", "veto_headers = X-Quarantine",
	{"x-QUARANTINE:", FROM_CLIENT, NINE}, true, NINE_S},
    {"the second of two", "veto_headers = X-A, X-B", {"X-B: 1"}, true, NONE},
    {"a header whose name is longer", "veto_headers = X-A", {"X-A2: 1"}, false,
	NONE},
    {"no veto headers", "", {"X-Quarantine: yes"}, false, NONE},
    {"our own header vetoes", "veto_headers = X-Deliver-At", {NINE}, true,
	NINE_S},
    {"another name", "header_names = X-Later",
	{FROM_CLIENT, NINE, "X-Later: 2026-12-25T10:00:00Z"}, false, TEN_S},
    {"two names, the later date counts", "header_names = X-Later X-Deliver-At",
	{FROM_CLIENT, NINE, "X-Later: 2026-12-25T10:00:00Z"}, false, TEN_S},
};

static void
settings_name_the_headers(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(configured); i++) {
		struct settings settings;
		struct facts f;

		load_settings(&settings, configured[i].config);
		take_headers(&f, configured[i].headers, &settings);
		check_bool(configured[i].row, f.vetoed, configured[i].vetoed);
		check_int(
		    configured[i].row, f.own_latest_s, configured[i].own_s);
	}
}

static const struct {
	const char *row;
	struct span text;
	int64_t want;
} times[] = {
    {"a time", SPAN("Sat Nov 21 21:44:49 2026"), 1795297489},
    {"a day of one digit", SPAN("Sun Nov  1 00:00:00 2026"), 1793491200},
    {"the epoch", SPAN("Thu Jan  1 00:00:00 1970"), 0},
    {"one second later", SPAN("Thu Jan  1 00:00:01 1970"), 1},
    {"beyond 2^31", SPAN("Tue Jan 19 03:14:08 2038"), INT64_C(2147483648)},
    {"beyond 2^32", SPAN("Sun Feb  7 06:28:16 2106"), INT64_C(4294967296)},
    {"a leap day", SPAN("Tue Feb 29 12:00:00 2028"), 1835438400},
    {"blanks at both ends", SPAN("  Sat Nov 21 21:44:49 2026 "), 1795297489},
    {"no year", SPAN("Sat Nov 21 21:44:49"), 0},
    {"no day", SPAN("Sat Nov 31 21:44:49 2026"), 0},
    {"a number", SPAN("1795297489"), 0},
    {"a word too long", SPAN("Sat Nov 21 21:44:49 20262026202620262026"), 0},
    {"a comment", SPAN("Sat Nov 21 21:44:49 (2026"), 0},
    {"bytes that are no text", SPAN("\xff \x01 \x7f \xfe \x80"), 0},
    {"nothing", {"", 0}, 0},
};

static void
times_are_read_as_utc(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(times); i++) {
		struct span text = exact_copy(times[i].text);
		struct facts f;

		facts_begin(&f);
		facts_take_attribute(&f, span_str("message_arrival_time"),
		    false, text, &facts_key);
		facts_take_attribute(
		    &f, span_str("create_time"), false, text, &facts_key);
		check_int(times[i].row, f.arrival_s, times[i].want);
		check_int(times[i].row, f.created_s, times[i].want);
		exact_free(text);
	}
}

static const struct {
	const char *row;
	const char *name;
	bool named;
	struct span value;
	uint64_t size;
	bool empty_sender;
	bool filtered;
	bool authenticated;
	const char *address;
} records[] = {
    {"the size is the first number", "message_size", false,
	SPAN("   359   647   1   0   359   0"), 359, false, false, false, ""},
    {"a size alone", "message_size", false, SPAN("1"), 1, false, false, false,
	""},
    {"the largest size", "message_size", false, SPAN("9223372036854775807"),
	INT64_MAX, false, false, false, ""},
    {"a size beyond it", "message_size", false, SPAN("9223372036854775808"), 0,
	false, false, false, ""},
    {"no size", "message_size", false, {"", 0}, 0, false, false, false, ""},
    {"a size that is no number", "message_size", false, SPAN("-1 x"), 0, false,
	false, false, ""},
    {"a sender", "sender", false, SPAN("ann@sender.test"), 0, false, false,
	false, ""},
    {"the empty sender", "sender", false, {"", 0}, 0, true, false, false, ""},
    {"a content filter", "content_filter", false, SPAN("smtp:[127.0.0.1]:9"), 0,
	false, true, false, ""},
    {"a redirection", "redirect_to", false, SPAN("a@b"), 0, false, true, false,
	""},
    {"a login", "sasl_username", true, SPAN("ann"), 0, false, false, true, ""},
    {"an empty login", "sasl_username", true, {"", 0}, 0, false, false, false,
	""},
    {"a method is no login", "sasl_method", true, SPAN("PLAIN"), 0, false,
	false, false, ""},
    {"a client", "client_address", true, SPAN("192.0.2.7"), 0, false, false,
	false, "192.0.2.7"},
    {"the longest address there is", "client_address", true,
	SPAN("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255"), 0, false, false,
	false, "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255"},
    {"an unknown client", "client_address", true, SPAN("unknown"), 0, false,
	false, false, "unknown"},
    {"the address for the log", "log_client_address", true, SPAN("192.0.2.7"),
	0, false, false, false, ""},
    {"a login that is no named attribute", "sasl_username", false, SPAN("ann"),
	0, false, false, false, ""},
    {"a size that is a named attribute", "message_size", true, SPAN("359"), 0,
	false, false, false, ""},
    {"a filter that is a named attribute", "content_filter", true, SPAN("x"), 0,
	false, false, false, ""},
    {"an unknown record", "recipient", false, SPAN("ben@sink.test"), 0, false,
	false, false, ""},
    {"a record without a name", "", false, SPAN("x"), 0, false, false, false,
	""},
};

static void
records_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(records); i++) {
		const char *row = records[i].row;
		struct span name = exact_copy(span_str(records[i].name));
		struct span value = exact_copy(records[i].value);
		struct facts f;

		facts_begin(&f);
		facts_take_attribute(
		    &f, name, records[i].named, value, &facts_key);
		check_int(row, (int64_t)f.size, (int64_t)records[i].size);
		check_bool(row, f.empty_sender, records[i].empty_sender);
		check_bool(row, f.filtered, records[i].filtered);
		check_bool(row, f.authenticated, records[i].authenticated);
		check_string(row, f.client_address, records[i].address);
		check_bool(row, f.remote, records[i].address[0] != '\0');
		exact_free(name);
		exact_free(value);
	}
}

/* Only what came by sendmail(1) has no address; it may be permitted more. */
static void
mail_from_an_odd_address_is_remote_all_the_same(void **state)
{
	char text[FACTS_ADDRESS_SIZE + 1];
	struct facts f;

	(void)state;
	memset(text, '1', sizeof(text));
	for (size_t n = FACTS_ADDRESS_SIZE - 1; n <= sizeof(text); n++) {
		facts_begin(&f);
		facts_take_attribute(&f, span_str("client_address"), true,
		    span_of(text, n), &facts_key);
		check_bool("a long address", f.remote, true);
	}
	facts_begin(&f);
	facts_take_attribute(&f, span_str("client_address"), true,
	    span_of("1\0", 2), &facts_key);
	check_bool("with a NUL", f.remote, true);
}

/* 2026-12-25T09:00:00Z is the sender's date in all captures but the last. */
static const struct {
	const char *file;
	int64_t arrival_s;
	int64_t created_s;
	uint64_t size;
	bool empty_sender;
	bool filtered;
	bool authenticated;
	const char *address;
	int64_t own_s;
	int64_t rule_s;
} captures[] = {
    {"smtp", 1795297489, 1795297489, 359, false, false, false, "127.0.0.1",
	NINE_S, NONE},
    {"sendmail", 1795297489, 1795297489, 302, false, false, false, "", NINE_S,
	NONE},
    {"sendmail_empty", 1795297489, 1795297489, 302, true, false, false, "",
	NINE_S, NONE},
    {"empty_sender", 1795297489, 1795297489, 359, true, false, false,
	"127.0.0.1", NINE_S, NONE},
    {"folded", 1795297489, 1795297489, 376, false, false, false, "127.0.0.1",
	NINE_S, NONE},
    {"sasl", 1795297489, 1795297489, 360, false, false, true, "192.0.2.7",
	NINE_S, NONE},
    {"ipv6", 1795297489, 1795297489, 366, false, false, false, "2001:db8::7",
	NINE_S, NONE},
    {"unknown", 1795297489, 1795297489, 357, false, false, false, "unknown",
	NINE_S, NONE},
    {"filter", 1795297489, 1795297489, 374, false, true, false, "127.0.0.1",
	NINE_S, NONE},
    {"redirect", 1795297489, 1795297489, 376, false, true, false, "127.0.0.1",
	NINE_S, NONE},
    {"content_filter", 1795297506, 1795297506, 359, false, true, false,
	"127.0.0.1", NINE_S, NONE},
    {"hostile", 1795297489, 1795297489, 3636, false, false, false, "127.0.0.1",
	NINE_S, NONE},
    {"requeued", 1795297492, 1795297494, 482, false, false, false, "127.0.0.1",
	NINE_S, NONE},
    {"requeued_twice", 1795297494, 1795297496, 594, false, false, true,
	"192.0.2.7", NINE_S, NONE},
    {"rule", 1795297567, 1795297567, 435, false, false, false, "127.0.0.1",
	INT64_C(1798707600), NINE_S},
    {"rule_requeued", 1795297567, 1795297568, 545, false, false, false,
	"127.0.0.1", INT64_C(1798707600), NINE_S},
};

static void
gather(struct facts *f, struct span bytes, const struct settings *settings)
{
	struct postcat reader;
	struct postcat_item item;
	enum postcat_event event;
	size_t used;

	postcat_init(&reader);
	while ((event = postcat_next(&reader, bytes, &item, &used)) !=
	    POSTCAT_MORE) {
		if (event == POSTCAT_BEGIN)
			facts_begin(f);
		else if (event == POSTCAT_ATTRIBUTE)
			facts_take_attribute(
			    f, item.name, item.named, item.value, &facts_key);
		else if (event == POSTCAT_HEADER)
			facts_take_header(f, item.header, settings, OWNER_UID);
		bytes = span_skip(bytes, used);
	}
	postcat_free(&reader);
}

/* Of the files that are requeued mail. */
static const struct {
	const char *file;
	const char *former[FACTS_FORMER_MAX];
} former_ids[] = {
    {"requeued", {"62550A72585"}},
    {"requeued_twice", {"9E87BA72643", "81FC7A72585"}},
    {"rule_requeued", {"D15AEA72BC5"}},
};

static void
check_former(const char *row, const struct facts *f)
{
	size_t want = 0;

	for (size_t i = 0; i < COUNT_OF(former_ids); i++) {
		if (strcmp(row, former_ids[i].file) != 0)
			continue;
		while (former_ids[i].former[want] != NULL) {
			check_qid(
			    row, &f->former[want], former_ids[i].former[want]);
			want++;
		}
	}
	check_int(row, (int64_t)f->n_former, (int64_t)want);
	check_bool(row, f->requeued, want > 0);
}

static void
real_files_tell_their_facts(void **state)
{
	struct settings settings;

	(void)state;
	load_settings(&settings, "");
	for (size_t i = 0; i < COUNT_OF(captures); i++) {
		const char *row = captures[i].file;
		char name[64];
		struct span bytes;
		struct facts f;

		snprintf(name, sizeof(name), "postcat/%s.txt", row);
		bytes = read_data(name);
		gather(&f, bytes, &settings);
		exact_free(bytes);
		check_int(row, f.arrival_s, captures[i].arrival_s);
		check_int(row, f.created_s, captures[i].created_s);
		check_int(row, (int64_t)f.size, (int64_t)captures[i].size);
		check_bool(row, f.empty_sender, captures[i].empty_sender);
		check_bool(row, f.filtered, captures[i].filtered);
		check_bool(row, f.authenticated, captures[i].authenticated);
		check_string(row, f.client_address, captures[i].address);
		check_bool(row, f.remote, captures[i].address[0] != '\0');
		check_int(row, f.own_latest_s, captures[i].own_s);
		check_int(row, f.rule_latest_s, captures[i].rule_s);
		check_former(row, &f);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(dates_are_told_from_forged_ones),
	    cmocka_unit_test(settings_name_the_headers),
	    cmocka_unit_test(times_are_read_as_utc),
	    cmocka_unit_test(records_are_read),
	    cmocka_unit_test(mail_from_an_odd_address_is_remote_all_the_same),
	    cmocka_unit_test(real_files_tell_their_facts),
	};

	return cmocka_run_group_tests_name("facts", tests, NULL, NULL);
}

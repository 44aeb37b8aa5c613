/* SPDX-License-Identifier: ISC */
#define _DEFAULT_SOURCE /* timegm */

#include "tests/unit/message_support.h"

#include <locale.h>

#include "policyd/ctl/listing.h"
#include "policyd/ctl/text.h"

#define NI   "\xE4\xBD\xA0" /* two columns */
#define MORE "\xE2\x80\xA6"

enum { OUT_MAX = 64 * 1024, MESSAGES = 6 };

/* Some of everything, and where their recipients are. */
struct mail {
	struct queue_message message[MESSAGES];
	const struct queue_message *order[MESSAGES];
	struct span many[3];
	struct override override;
	struct zone zone;
	struct buf out;
};

static int
setup(void **state)
{
	struct mail *mail = calloc(1, sizeof(*mail));
	struct queue_message *m = mail->message;

	setlocale(LC_CTYPE, "C.UTF-8");
	m[0] = message_due_in("4F3A2B1C0D01", 3 * HOUR + 12 * MINUTE);
	m[1] = message_due_in("4F3A2B1C0D02", -5 * MINUTE);
	m[1].sender = span_str("");
	m[1].subject = span_str("=?utf-8?q?=E4=BD=A0=E4=BD=A0?=");
	m[2] = message_frozen("4F3A2B1C0D03", "freeze");
	m[3] = message_due_in("4F3A2B1C0D04", 400 * DAY);
	m[3].sender = span_str("Zae\x1B[2J@\xFF.example");
	m[3].subject = span_str(" two\n lines");
	m[4] = message_due_in("4F3A2B1C0D05", HOUR);
	m[4].rule = span_str("quiet");
	m[4].size = 20 * 1024;
	mail->many[0] = span_str(NI NI NI NI NI NI "@sms.example");
	m[4].recipient = mail->many;
	m[4].n_recipients = 3;
	mail->override.due_s = m[4].plan.due_s;
	m[4].override = &mail->override;
	m[5] = message_due_in("4F3A2B1C0D06", 0);
	m[5].arrival_s = MESSAGE_NOW - 2 * DAY;
	m[5].subject = span_str("");
	m[5].n_recipients = 0;
	for (size_t i = 0; i < MESSAGES; i++)
		mail->order[i] = &m[i];
	rule_zone(MESSAGE_ZONE, &mail->zone);
	buf_init(&mail->out, OUT_MAX);
	*state = mail;
	return 0;
}

static int
teardown(void **state)
{
	struct mail *mail = *state;

	buf_free(&mail->out);
	zone_free(&mail->zone);
	free(mail);
	return 0;
}

/* The table, on a terminal so wide; true for LISTING_RESCHEDULED. */
static bool
print(struct mail *mail, enum listing_order order, int width)
{
	struct listing listing;
	bool has_marks;

	buf_clear(&mail->out);
	listing_sort(mail->order, MESSAGES, order);
	assert_true(listing_open(&listing, &mail->zone, MESSAGE_NOW, order,
	    mail->order, MESSAGES, width));
	assert_true(listing_put_titles(&listing, &mail->out));
	for (size_t i = 0; i < MESSAGES; i++)
		assert_true(
		    listing_put_message(&listing, &mail->out, mail->order[i]));
	has_marks = listing.has_marks;
	listing_close(&listing);
	return has_marks;
}

static const struct {
	const char *row;
	enum listing_order order;
	int width;
	struct span want;
} tables[] = {
    {"no terminal: all of it", LISTING_DUE, 0,
	SPAN("LEAVES                        QUEUE ID      SENDER               "
	     "    RECIPIENT                    RULE    SUBJECT\n"
	     "24 Dec 22:55      overdue 5m  4F3A2B1C0D02  <>                   "
	     "    bob@sms.example                      " NI NI "\n"
	     "24 Dec 23:00      now         4F3A2B1C0D06  ann@corp.example\n"
	     "25 Dec 00:00*     in 1h       4F3A2B1C0D05  ann@corp.example     "
	     "    " NI NI NI NI NI NI "@sms.example +2  quiet   tea\n"
	     "25 Dec 02:12      in 3h 12m   4F3A2B1C0D01  ann@corp.example     "
	     "    bob@sms.example                      tea\n"
	     "2028-01-28 23:00  in 400d     4F3A2B1C0D04  "
	     "Zae\\x1B[2J@\\xFF.example  bob@sms.example                      "
	     "two lines\n"
	     "never                         4F3A2B1C0D03  ann@corp.example     "
	     "    bob@sms.example              freeze  tea\n")},
    {"80 columns", LISTING_DUE, 80,
	SPAN("LEAVES                        QUEUE ID      SENDER        "
	     "RECIPIENT    SUBJECT\n"
	     "24 Dec 22:55      overdue 5m  4F3A2B1C0D02  <>            "
	     "bob@sms.ex" MORE "  " NI NI "\n"
	     "24 Dec 23:00      now         4F3A2B1C0D06  ann@corp.ex" MORE "\n"
	     "25 Dec 00:00*     in 1h       4F3A2B1C0D05  ann@corp.ex" MORE
	     "  " NI NI NI MORE " +2   tea\n"
	     "25 Dec 02:12      in 3h 12m   4F3A2B1C0D01  ann@corp.ex" MORE
	     "  bob@sms.ex" MORE "  tea\n"
	     "2028-01-28 23:00  in 400d     4F3A2B1C0D04  Zae\\x1B[2J@" MORE
	     "  bob@sms.ex" MORE "  two lines\n"
	     "never                         4F3A2B1C0D03  ann@corp.ex" MORE
	     "  bob@sms.ex" MORE "  tea\n")},
    {"60 columns", LISTING_DUE, 60,
	SPAN(
	    "LEAVES                        QUEUE ID      SENDER\n"
	    "24 Dec 22:55      overdue 5m  4F3A2B1C0D02  <>\n"
	    "24 Dec 23:00      now         4F3A2B1C0D06  ann@corp.example\n"
	    "25 Dec 00:00*     in 1h       4F3A2B1C0D05  ann@corp.example\n"
	    "25 Dec 02:12      in 3h 12m   4F3A2B1C0D01  ann@corp.example\n"
	    "2028-01-28 23:00  in 400d     4F3A2B1C0D04  Zae\\x1B[2J@\\xFF" MORE
	    "\n"
	    "never                         4F3A2B1C0D03  ann@corp.example\n")},
    {"40 columns", LISTING_DUE, 40,
	SPAN("LEAVES            QUEUE ID\n"
	     "24 Dec 22:55      4F3A2B1C0D02\n"
	     "24 Dec 23:00      4F3A2B1C0D06\n"
	     "25 Dec 00:00*     4F3A2B1C0D05\n"
	     "25 Dec 02:12      4F3A2B1C0D01\n"
	     "2028-01-28 23:00  4F3A2B1C0D04\n"
	     "never             4F3A2B1C0D03\n")},
    {"one column: what is never cut", LISTING_DUE, 1,
	SPAN("LEAVES            QUEUE ID\n"
	     "24 Dec 22:55      4F3A2B1C0D02\n"
	     "24 Dec 23:00      4F3A2B1C0D06\n"
	     "25 Dec 00:00*     4F3A2B1C0D05\n"
	     "25 Dec 02:12      4F3A2B1C0D01\n"
	     "2028-01-28 23:00  4F3A2B1C0D04\n"
	     "never             4F3A2B1C0D03\n")},
    {"by arrival", LISTING_ARRIVAL, 100,
	SPAN("LEAVES                        QUEUE ID           ARRIVED  SENDER "
	     "      RECIPIENT   RULE    SUBJECT\n"
	     "24 Dec 23:00      now         4F3A2B1C0D06  22 Dec 23:00  "
	     "ann@corp.e" MORE "\n"
	     "24 Dec 22:55      overdue 5m  4F3A2B1C0D02  24 Dec 22:00  <>     "
	     "      bob@sms.e" MORE "          " NI NI "\n"
	     "25 Dec 00:00*     in 1h       4F3A2B1C0D05  24 Dec 22:00  "
	     "ann@corp.e" MORE "  " NI NI NI MORE " +2  quiet   tea\n"
	     "25 Dec 02:12      in 3h 12m   4F3A2B1C0D01  24 Dec 22:00  "
	     "ann@corp.e" MORE "  bob@sms.e" MORE "          tea\n"
	     "2028-01-28 23:00  in 400d     4F3A2B1C0D04  24 Dec 22:00  "
	     "Zae\\x1B[2J" MORE "  bob@sms.e" MORE "          two lines\n"
	     "never                         4F3A2B1C0D03  24 Dec 22:00  "
	     "ann@corp.e" MORE "  bob@sms.e" MORE "  freeze  tea\n")},
    {"by size", LISTING_SIZE, 100,
	SPAN("LEAVES                        QUEUE ID      SIZE  SENDER         "
	     "  RECIPIENT       RULE    SUBJECT\n"
	     "25 Dec 00:00*     in 1h       4F3A2B1C0D05   20K  "
	     "ann@corp.examp" MORE "  " NI NI NI NI NI MORE " +2  quiet   tea\n"
	     "24 Dec 22:55      overdue 5m  4F3A2B1C0D02  1234  <>             "
	     "  bob@sms.examp" MORE "          " NI NI "\n"
	     "24 Dec 23:00      now         4F3A2B1C0D06  1234  "
	     "ann@corp.examp" MORE "\n"
	     "25 Dec 02:12      in 3h 12m   4F3A2B1C0D01  1234  "
	     "ann@corp.examp" MORE "  bob@sms.examp" MORE "          tea\n"
	     "2028-01-28 23:00  in 400d     4F3A2B1C0D04  1234  "
	     "Zae\\x1B[2J@" MORE "     bob@sms.examp" MORE
	     "          two lines\n"
	     "never                         4F3A2B1C0D03  1234  "
	     "ann@corp.examp" MORE "  bob@sms.examp" MORE "  freeze  tea\n")},
};

static void
tables_are_as_wide_as_the_terminal(void **state)
{
	struct mail *mail = *state;

	for (size_t i = 0; i < COUNT_OF(tables); i++) {
		print(mail, tables[i].order, tables[i].width);
		check_span(tables[i].row, buf_span(&mail->out), tables[i].want);
	}
}

/* However wide the terminal is: no line is wider, where there is a choice. */
static void
no_line_is_wider(void **state)
{
	struct mail *mail = *state;

	for (int width = 36; width < 130; width++) {
		struct span rest, line;

		print(mail, LISTING_SIZE, width);
		rest = buf_span(&mail->out);
		while (span_cut(&rest, '\n', &line)) {
			check_bool("a line", text_width(line) <= width, true);
			check_bool("no blank at its end",
			    line.data[line.len - 1] != ' ', true);
		}
		check_int("all is lines", (int64_t)rest.len, 0);
	}
}

/* The last digit of the ids, as they are sorted. */
static const struct {
	const char *row;
	enum listing_order order;
	const char *want;
} sorted[] = {
    {"by due time, never last", LISTING_DUE, "265143"},
    {"by arrival, then by due time", LISTING_ARRIVAL, "625143"},
    {"by sender, then by due time", LISTING_SENDER, "265134"},
    {"by size, the largest first", LISTING_SIZE, "526143"},
};

static void
orders_are_kept(void **state)
{
	struct mail *mail = *state;

	for (size_t i = 0; i < COUNT_OF(sorted); i++) {
		char got[MESSAGES + 1] = "", id[QID_SIZE];

		listing_sort(mail->order, MESSAGES, sorted[i].order);
		for (size_t k = 0; k < MESSAGES; k++)
			got[k] = id[qid_format(&mail->order[k]->id, id) - 1];
		check_string(sorted[i].row, got, sorted[i].want);
	}
}

static void
equals_are_sorted_by_id(void **state)
{
	struct mail *mail = *state;

	for (size_t i = 0; i < MESSAGES; i++) {
		mail->message[i].plan.due_s = MESSAGE_NOW;
		mail->message[i].plan.owner = PLAN_OURS;
		mail->order[i] = &mail->message[MESSAGES - 1 - i];
	}
	listing_sort(mail->order, MESSAGES, LISTING_DUE);
	for (size_t i = 0; i < MESSAGES; i++)
		check_qid("by id", &mail->order[i]->id,
		    (const char *[]){"4F3A2B1C0D01", "4F3A2B1C0D02",
			"4F3A2B1C0D03", "4F3A2B1C0D04", "4F3A2B1C0D05",
			"4F3A2B1C0D06"}[i]);
}

static const struct {
	const char *row;
	struct span name;
	bool ok;
	enum listing_order order;
} orders[] = {
    {"due", SPAN("due"), true, LISTING_DUE},
    {"arrival", SPAN("arrival"), true, LISTING_ARRIVAL},
    {"sender", SPAN("sender"), true, LISTING_SENDER},
    {"size", SPAN("size"), true, LISTING_SIZE},
    {"nothing", SPAN(""), false, LISTING_DUE},
    {"capitals", SPAN("Due"), false, LISTING_DUE},
    {"the start of one", SPAN("siz"), false, LISTING_DUE},
};

static void
orders_have_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(orders); i++) {
		enum listing_order order = LISTING_DUE;

		check_bool(orders[i].row,
		    listing_parse_order(orders[i].name, &order), orders[i].ok);
		check_int(orders[i].row, order, orders[i].order);
	}
}

static const struct {
	const char *row;
	uint64_t size;
	const char *want;
} sizes[] = {
    {"nothing", 0, "     0"},
    {"all digits", 10239, " 10239"},
    {"ten KiB", 10240, "   10K"},
    {"rounded down", 11 * 1024 - 1, "   10K"},
    {"as many as there are digits", 10240 * 1024 - 1, " 10239K"},
    {"ten MiB", UINT64_C(10240) * 1024, "   10M"},
    {"ten GiB", UINT64_C(10240) * 1024 * 1024, "   10G"},
    {"no larger unit", UINT64_C(10240) * 1024 * 1024 * 1024, " 10240G"},
};

static void
sizes_are_short(void **state)
{
	struct mail *mail = *state;

	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		char text[OUT_MAX];

		mail->message[0].size = sizes[i].size;
		print(mail, LISTING_SIZE, 0);
		assert_true(
		    span_to_string(buf_span(&mail->out), text, OUT_MAX));
		check_part(
		    sizes[i].row, strstr(text, "4F3A2B1C0D01"), sizes[i].want);
	}
}

static void
two_recipients_are_one_and_one(void **state)
{
	struct mail *mail = *state;
	char text[OUT_MAX];

	mail->message[4].n_recipients = 2;
	print(mail, LISTING_DUE, 0);
	assert_true(span_to_string(buf_span(&mail->out), text, OUT_MAX));
	check_part("two", text, "@sms.example +1  ");
}

/* What is left out first, column by column of the terminal. */
static void
columns_go_in_an_order(void **state)
{
	static const char *const titles[] = {
	    "RULE", "SUBJECT", "RECIPIENT", "SENDER", NULL};
	struct mail *mail = *state;
	size_t gone = 0;

	for (int width = 100; width > 30; width--) {
		char text[OUT_MAX];

		print(mail, LISTING_DUE, width);
		assert_true(
		    span_to_string(buf_span(&mail->out), text, OUT_MAX));
		*strchr(text, '\n') = '\0';
		while (
		    titles[gone] != NULL && strstr(text, titles[gone]) == NULL)
			gone++;
		for (size_t i = gone; titles[i] != NULL; i++)
			check_part("not yet", text, titles[i]);
	}
	check_int("all of them", (int64_t)gone, 4);
}

static void
no_room_is_told(void **state)
{
	struct mail *mail = *state;
	struct listing listing;
	struct buf out;
	size_t need;

	print(mail, LISTING_DUE, 0);
	assert_true(listing_open(&listing, &mail->zone, MESSAGE_NOW,
	    LISTING_DUE, mail->order, MESSAGES, 0));
	buf_clear(&mail->out);
	assert_true(listing_put_titles(&listing, &mail->out));
	need = buf_len(&mail->out);
	for (size_t max = 0; max <= need; max++) {
		buf_init(&out, max);
		check_bool(
		    "titles", listing_put_titles(&listing, &out), max == need);
		buf_free(&out);
	}
	buf_clear(&mail->out);
	assert_true(listing_put_message(&listing, &mail->out, mail->order[2]));
	need = buf_len(&mail->out);
	for (size_t max = 0; max <= need; max++) {
		buf_init(&out, max);
		check_bool("a message",
		    listing_put_message(&listing, &out, mail->order[2]),
		    max == need);
		buf_free(&out);
	}
	listing_close(&listing);
}

static void
marks_are_told_of(void **state)
{
	struct mail *mail = *state;

	check_bool("one is rescheduled", print(mail, LISTING_DUE, 80), true);
	mail->message[4].override = NULL;
	check_bool("none is", print(mail, LISTING_DUE, 80), false);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		tables_are_as_wide_as_the_terminal, setup, teardown),
	    cmocka_unit_test_setup_teardown(no_line_is_wider, setup, teardown),
	    cmocka_unit_test_setup_teardown(orders_are_kept, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		equals_are_sorted_by_id, setup, teardown),
	    cmocka_unit_test(orders_have_names),
	    cmocka_unit_test_setup_teardown(sizes_are_short, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		two_recipients_are_one_and_one, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		columns_go_in_an_order, setup, teardown),
	    cmocka_unit_test_setup_teardown(no_room_is_told, setup, teardown),
	    cmocka_unit_test_setup_teardown(marks_are_told_of, setup, teardown),
	};

	return cmocka_run_group_tests_name("listing", tests, NULL, NULL);
}

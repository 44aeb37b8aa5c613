/* SPDX-License-Identifier: ISC */
#define _DEFAULT_SOURCE /* timegm */

#include "tests/unit/zone_support.h"

#include "policyd/ctl/event_view.h"
#include "policyd/ctl/text.h"

#define AT  "\"time\":\"2026-12-01T11:00:30.250Z\""
#define ID  "\"queue_id\":\"3F2A1B4C5D\""
#define DUE "\"due\":\"2026-12-24T22:00:00Z\""

static const struct {
	const char *row;
	const char *line;
	const char *want; /* behind the local time; NULL: no event */
} cases[] = {
    {"held", "{\"event\":\"held\"," AT "," ID "," DUE "}",
	"3F2A1B4C5D    held until 2026-12-24 23:00:00"},
    {"held by a rule", "{\"event\":\"held\"," AT "," ID ",\"due\":\"never\"}",
	"3F2A1B4C5D    held as long as its rule stands"},
    {"released",
	"{\"event\":\"released\"," AT "," ID
	",\"queue_id_after\":\"3F2A1B4C5D\"," DUE
	",\"late\":0.012,\"method\":\"release\"}",
	"3F2A1B4C5D    released, due 2026-12-24 23:00:00, 0.012 s late, "
	"method release"},
    {"released without more", "{\"event\":\"released\"," AT "," ID "}",
	"3F2A1B4C5D    released"},
    {"rescheduled", "{\"event\":\"rescheduled\"," AT "," ID "," DUE "}",
	"3F2A1B4C5D    rescheduled to 2026-12-24 23:00:00"},
    {"rescheduled to never",
	"{\"event\":\"rescheduled\"," AT "," ID ",\"due\":\"never\"}",
	"3F2A1B4C5D    rescheduled to never"},
    {"requeued",
	"{\"event\":\"requeued\"," AT "," ID
	",\"queue_id_after\":\"ABCDEF0123\"}",
	"3F2A1B4C5D    requeued by somebody, on hold again as ABCDEF0123"},
    {"refused, of no queue id",
	"{\"event\":\"refused\"," AT ",\"queue_id\":null,\"rule\":\"quiet\","
	"\"reply\":\"5.7.1 no\",\"sender\":\"a@b.c\",\"recipient\":\"d@e.f\"}",
	"-             refused by rule quiet, from a@b.c to d@e.f: 5.7.1 no"},
    {"a stranger's text",
	"{\"event\":\"refused\"," AT ",\"rule\":\"q\",\"reply\":\"no\","
	"\"sender\":\"\\u001b[2J\\\"\\n\",\"recipient\":\"{due}[x]\"}",
	"-             refused by rule q, from \\x1B[2J\"\\x0A to {due}[x]: "
	"no"},
    {"foreign", "{\"event\":\"foreign\"," AT "," ID ",\"text\":\"was tried\"}",
	"3F2A1B4C5D    not ours, though it has a date: was tried"},
    {"a rule is gone",
	"{\"event\":\"rule_gone\"," AT "," ID ",\"rule\":\"quiet\"," DUE "}",
	"3F2A1B4C5D    rule quiet is gone, due 2026-12-24 23:00:00"},
    {"a pause without a reason",
	"{\"event\":\"paused\"," AT ",\"reason\":\"\"}",
	"-             paused"},
    {"a pause", "{\"event\":\"paused\"," AT ",\"reason\":\"relay\"}",
	"-             paused: relay"},
    {"a bounce that is refused",
	"{\"event\":\"refused\"," AT ",\"rule\":\"q\",\"reply\":\"no\","
	"\"sender\":\"\",\"recipient\":\"d@e.f\"}",
	"-             refused by rule q to d@e.f: no"},
    {"a fault", "{\"event\":\"fault\"," AT ",\"text\":\"postcat: exit 1\"}",
	"-             fault: postcat: exit 1"},
    {"a reload",
	"{\"event\":\"reload\"," AT ",\"ok\":true,\"text\":\"4 rules\"}",
	"-             configuration read again"},
    {"a reload that failed",
	"{\"event\":\"reload\"," AT ",\"ok\":false,\"text\":\"x:1: no\"}",
	"-             configuration not read again: x:1: no"},
    {"a pause", "{\"event\":\"paused\"," AT ",\"reason\":\"a test\"}",
	"-             paused: a test"},
    {"a pause without a reason",
	"{\"event\":\"paused\"," AT ",\"reason\":null}",
	"-             paused"},
    {"a resume", "{\"event\":\"resumed\"," AT "}", "-             resumed"},
    {"what a later version tells", "{\"event\":\"sung\"," AT ",\"song\":1}",
	"-             {\"event\":\"sung\"," AT ",\"song\":1}"},
    {"a short id", "{\"event\":\"resumed\"," AT ",\"queue_id\":\"ABCDEF\"}",
	"ABCDEF        resumed"},
    {"a long id",
	"{\"event\":\"resumed\"," AT ",\"queue_id\":\"4dVzWc5T8Xz1234\"}",
	"4dVzWc5T8Xz1234  resumed"},
    {"no event", "{" AT "}", NULL},
    {"no time", "{\"event\":\"resumed\"}", NULL},
    {"a number as event", "{\"event\":1," AT "}", NULL},
    {"half a line", "{\"event\":\"resumed\"," AT, NULL},
    {"no JSON", "error no such request", NULL},
    {"nothing", "", NULL},
};

static void
events_are_shown(void **state)
{
	static const char time[] = "2026-12-01 12:00:30  ";
	struct zone local;
	struct buf out;

	(void)state;
	rule_zone("CET-1CEST,M3.5.0,M10.5.0/3", &local);
	buf_init(&out, 4096);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct span line = exact_copy(span_str(cases[i].line));
		bool ok = event_view(line, &local, &out);
		char want[512];

		check_bool(cases[i].row, ok, cases[i].want != NULL);
		if (ok) {
			snprintf(
			    want, sizeof(want), "%s%s\n", time, cases[i].want);
			check_span(
			    cases[i].row, buf_span(&out), span_str(want));
		}
		buf_clear(&out);
		exact_free(line);
	}
	buf_free(&out);
	zone_free(&local);
}

/* What has no room is not there in part. */
static void
a_full_buffer_is_left_alone(void **state)
{
	static const char line[] = "{\"event\":\"resumed\"," AT "}";
	struct zone local = {0};
	struct buf out;
	size_t need;

	(void)state;
	buf_init(&out, 4096);
	assert_true(event_view(span_str(line), &local, &out));
	need = buf_len(&out);
	buf_free(&out);
	buf_init(&out, need - 1);
	check_bool("one byte too few", event_view(span_str(line), &local, &out),
	    false);
	check_int("nothing was put", (int64_t)buf_len(&out), 0);
	buf_free(&out);
	buf_init(&out, need);
	check_bool("enough", event_view(span_str(line), &local, &out), true);
	buf_free(&out);
}

static void
an_event_says_what_it_is(void **state)
{
	static const char line[] = "{\"event\":\"released\"," AT "," ID "}";
	struct members m;
	struct qid id, want;

	(void)state;
	assert_true(qid_parse(span_str("3F2A1B4C5D"), &want));
	check_bool("its name", event_is(span_str(line), "released", &m), true);
	check_bool("its message", event_queue_id(&m, &id), true);
	assert_true(qid_equal(&id, &want));
	check_bool("another name", event_is(span_str(line), "held", &m), false);
	check_bool("a part of the name",
	    event_is(span_str(line), "release", &m), false);
	assert_true(
	    event_is(span_str("{\"event\":\"resumed\"}"), "resumed", &m));
	check_bool("no message", event_queue_id(&m, &id), false);
	assert_true(
	    event_is(span_str("{\"event\":\"fault\",\"queue_id\":\"../x\"}"),
		"fault", &m));
	check_bool("no queue id", event_queue_id(&m, &id), false);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(events_are_shown),
	    cmocka_unit_test(a_full_buffer_is_left_alone),
	    cmocka_unit_test(an_event_says_what_it_is),
	};

	text_begin();
	return cmocka_run_group_tests_name("event_view", tests, NULL, NULL);
}

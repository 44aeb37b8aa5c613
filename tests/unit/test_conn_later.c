/* SPDX-License-Identifier: ISC */
/*
 * Requests that cannot be answered yet.
 */
#include <string.h>
#include <unistd.h>

#include "tests/unit/support.h"

enum {
	FOREVER_MS = 3600 * 1000,
	IN_MAX = 64,
};

struct oracle {
	bool knows;
	size_t asked;
};

/* A request is a line: "hard" is answered when the oracle knows. */
static enum conn_verdict
handle_line(void *ctx, struct span in, struct buf *out, size_t *used)
{
	struct oracle *oracle = ctx;
	struct span rest = in, line;

	if (!span_cut(&rest, '\n', &line))
		return CONN_MORE;
	*used = line.len + 1;
	oracle->asked++;
	if (span_equal_str(line, "hard") && !oracle->knows)
		return CONN_LATER;
	assert_true(buf_append(out, span_head(in, *used)));
	return CONN_DONE;
}

static void
open_rig(struct rig *rig, struct oracle *oracle, int64_t idle_ms)
{
	struct conn_protocol protocol = {.name = "later",
	    .handle = handle_line,
	    .ctx = oracle,
	    .in_max = IN_MAX};

	*oracle = (struct oracle){.knows = false};
	rig_open(rig, &protocol, 4, idle_ms);
}

static void
send_text(struct peer *p, const char *text)
{
	assert_int_equal(peer_send(p, span_str(text)), strlen(text));
}

/* The answer is there, to all that wait for it. */
static void
tell(struct rig *rig, struct oracle *oracle)
{
	oracle->knows = true;
	conn_server_resume(rig->server);
	oracle->knows = false;
}

static const struct {
	const char *row;
	const char *asked;
	bool ends; /* sends nothing behind it */
	const char *before; /* answers that come at once */
	const char *after; /* all answers */
} waits[] = {
    {"alone", "hard\n", false, "", "hard\n"},
    {"behind an easy one", "easy\nhard\n", false, "easy\n", "easy\nhard\n"},
    {"before an easy one", "hard\neasy\n", false, "", "hard\neasy\n"},
    {"of one that sent its last", "hard\n", true, "", "hard\n"},
    {"of one that sent its last behind it", "hard\neasy\n", true, "",
	"hard\neasy\n"},
    {"twice", "hard\nhard\n", false, "", "hard\nhard\n"},
};

static void
a_request_waits_for_its_answer(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(waits); i++) {
		const char *row = waits[i].row;
		struct oracle oracle;
		struct peer p;
		struct rig rig;

		open_rig(&rig, &oracle, FOREVER_MS);
		peer_open_pair(&p, &rig);
		send_text(&p, waits[i].asked);
		if (waits[i].ends)
			peer_end(&p);
		peer_settle(&p);
		check_got(row, &p, waits[i].before);
		check_bool(row, p.eof, false);
		tell(&rig, &oracle);
		peer_settle(&p);
		check_got(row, &p, waits[i].after);
		check_bool(row, p.eof, waits[i].ends);
		peer_close(&p);
		rig_close(&rig);
	}
}

static void
all_that_wait_are_answered(void **state)
{
	struct peer p[3];
	struct peer *peers[] = {&p[0], &p[1], &p[2]};
	struct oracle oracle;
	struct rig rig;

	(void)state;
	open_rig(&rig, &oracle, FOREVER_MS);
	for (size_t i = 0; i < COUNT_OF(p); i++)
		peer_open_pair(&p[i], &rig);
	send_text(&p[0], "hard\n");
	send_text(&p[1], "ha");
	send_text(&p[2], "hard\n");
	rig_settle(&rig, peers, COUNT_OF(p));
	tell(&rig, &oracle);
	rig_settle(&rig, peers, COUNT_OF(p));
	check_got("one", &p[0], "hard\n");
	check_got("half a request", &p[1], "");
	check_got("another", &p[2], "hard\n");
	check_int("nobody broke it",
	    (int64_t)conn_server_counters(rig.server)->broken, 0);
	for (size_t i = 0; i < COUNT_OF(p); i++)
		peer_close(&p[i]);
	rig_close(&rig);
}

/* What it sent more than fits stays with it, and wakes nobody. */
static void
who_sends_too_much_meanwhile_is_not_read(void **state)
{
	static const char easy[] = "easy\n";
	struct oracle oracle;
	struct peer p;
	struct rig rig;
	size_t asked;

	(void)state;
	open_rig(&rig, &oracle, FOREVER_MS);
	peer_open_pair(&p, &rig);
	send_text(&p, "hard\n");
	for (size_t i = 0; i < IN_MAX; i++)
		send_text(&p, easy);
	peer_settle(&p);
	asked = oracle.asked;
	peer_settle(&p);
	check_int("asked again", (int64_t)oracle.asked, (int64_t)asked);
	tell(&rig, &oracle);
	peer_settle(&p);
	check_int("all is answered", (int64_t)buf_len(&p.got),
	    (IN_MAX + 1) * (int64_t)(sizeof(easy) - 1));
	peer_close(&p);
	rig_close(&rig);
}

static void
who_goes_meanwhile_is_closed(void **state)
{
	struct oracle oracle;
	struct peer p;
	struct rig rig;

	(void)state;
	open_rig(&rig, &oracle, FOREVER_MS);
	peer_open_pair(&p, &rig);
	send_text(&p, "hard\n");
	peer_settle(&p);
	peer_close(&p);
	for (int i = 0; i < 3; i++)
		rig_settle(&rig, NULL, 0);
	check_int("closed", (int64_t)conn_server_count(rig.server), 0);
	tell(&rig, &oracle);
	rig_close(&rig);
}

static void
waiting_too_long_is_being_idle(void **state)
{
	struct oracle oracle;
	struct peer p;
	struct rig rig;

	(void)state;
	open_rig(&rig, &oracle, 20);
	peer_open_pair(&p, &rig);
	send_text(&p, "hard\n");
	peer_await(&p, 1);
	check_bool("closed", p.eof, true);
	check_int(
	    "as idle", (int64_t)conn_server_counters(rig.server)->timed_out, 1);
	peer_close(&p);
	rig_close(&rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_request_waits_for_its_answer),
	    cmocka_unit_test(all_that_wait_are_answered),
	    cmocka_unit_test(who_sends_too_much_meanwhile_is_not_read),
	    cmocka_unit_test(who_goes_meanwhile_is_closed),
	    cmocka_unit_test(waiting_too_long_is_being_idle),
	};

	return cmocka_run_group_tests_name("conn_later", tests, NULL, NULL);
}

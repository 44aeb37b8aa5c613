/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/check_support.h"

#include "policyd/ctl/check_mail.h"

#define NOW   INT64_C(1767225600)
#define A_DAY INT64_C(86400)

/* A message of ours, due in an hour, unless a row says otherwise. */
struct mail {
	enum plan_owner owner;
	enum plan_why why;
	int64_t due_s; /* from now; 0: an hour */
	int64_t arrival_s; /* from now; 0: an hour ago */
	int64_t date_s; /* of its header, from now; 0: none */
	bool unreadable;
	bool undated;
	bool rule_never;
	bool rescheduled;
	bool date_never;
};

static const struct {
	const char *row;
	struct mail mail;
	bool paused;
	bool wrong_rules;
	bool down;
	const char *names;
	const char *command;
} rows[] = {
    {"waits", {.owner = PLAN_OURS}, false, false, false, "", NULL},
    {"due a minute ago", {.due_s = -60}, false, false, false, "", NULL},
    {"due more than a minute ago", {.due_s = -61}, false, false, false,
	"overdue", "policyctl sweep"},
    {"so while policyd is down", {.due_s = -61}, false, false, true, "overdue",
	"{ policyd "},
    {"so while paused", {.due_s = -61}, true, false, false, "", NULL},
    {"frozen", {.owner = PLAN_FROZEN, .due_s = -61, .rule_never = true}, false,
	false, false, "", NULL},
    {"due, as far as is known", {.owner = PLAN_OURS_IF_LISTED, .due_s = -61},
	false, false, false, "overdue", NULL},
    {"foreign",
	{.owner = PLAN_FOREIGN, .why = PLAN_NOT_PERMITTED, .due_s = -61}, false,
	false, false, "foreign", "postsuper -H 4Zabc0 -H 4Zabc2"},
    {"foreign without a date",
	{.owner = PLAN_FOREIGN, .why = PLAN_TRIED, .undated = true}, false,
	false, false, "", NULL},
    {"unreadable", {.unreadable = true}, false, false, false, "unreadable",
	"cd /var/spool/postfix && for id in 4Zabc0 4Zabc2; do find hold -type "
	"f -name $id -exec mv {} corrupt/ ';'; done"},
    {"at the limit", {.date_s = 366 * A_DAY}, false, false, false, "", NULL},
    {"beyond the limit", {.date_s = 366 * A_DAY + 1}, false, false, false,
	"beyond", "echo 'max_postpone = 367d' >>"},
    {"beyond the limit, but not ours",
	{.owner = PLAN_FOREIGN, .undated = true, .date_s = 400 * A_DAY}, false,
	false, false, "", NULL},
    {"never is no date beyond", {.date_s = 400 * A_DAY, .date_never = true},
	false, false, false, "", NULL},
    {"its rule is gone", {.rule_never = true}, false, false, false, "rule-gone",
	"policyctl reload"},
    {"its rule is gone, and policyd is down", {.rule_never = true}, false,
	false, true, "rule-gone", "{ policyd "},
    {"the rules cannot be read", {.rule_never = true}, false, true, false, "",
	NULL},
    {"its rule is gone, but it was rescheduled",
	{.rule_never = true, .rescheduled = true}, false, false, false, "",
	NULL},
    {"came five minutes later than now", {.arrival_s = 300}, false, false,
	false, "", NULL},
    {"came still later", {.arrival_s = 301}, false, false, false, "clock",
	NULL},
};

static void
fill(struct queue_message *m, const struct mail *mail, int number,
    struct queue_date *date)
{
	static const struct override set = {.due_s = 0};
	char id[16];

	memset(m, 0, sizeof(*m));
	snprintf(id, sizeof(id), "4Zabc%d", number);
	assert_true(qid_parse(span_str(id), &m->id));
	m->arrival_s = NOW + (mail->arrival_s != 0 ? mail->arrival_s : -3600);
	m->unreadable = mail->unreadable;
	m->read = !mail->unreadable;
	m->plan.owner = mail->owner;
	m->plan.why = mail->why;
	m->plan.dated = !mail->undated;
	m->plan.due_s = NOW + (mail->due_s != 0 ? mail->due_s : 3600);
	m->facts.rule_never = mail->rule_never;
	m->override = mail->rescheduled ? &set : NULL;
	*date = (struct queue_date){.readable = true,
	    .never = mail->date_never,
	    .moment_s = NOW + mail->date_s};
	m->date = date;
	m->n_dates = mail->date_s != 0 ? 1 : 0;
}

/* Two of a kind, and one that is well. */
static void
mail_is_diagnosed(void **state)
{
	const struct check_row nothing = {0};
	const struct mail well = {.owner = PLAN_OURS};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *row = rows[i].row;
		struct check_rig *rig = check_open(row, &nothing);
		struct queue_message messages[3];
		struct queue_date dates[3];
		struct queue q = {.message = messages,
		    .n = 3,
		    .has_orders = !rows[i].wrong_rules,
		    .pause.on = rows[i].paused};

		fill(&messages[0], &rows[i].mail, 0, &dates[0]);
		fill(&messages[1], &well, 1, &dates[1]);
		fill(&messages[2], &rows[i].mail, 2, &dates[2]);
		check_mail(&rig->site, &q, NOW, rows[i].down);
		check_names(row, rig, rows[i].names);
		if (rows[i].command != NULL)
			check_command(row, rig, rows[i].command);
		check_close(rig);
	}
}

static void
text_of(const struct check_rig *rig, char out[FINDING_TEXT_MAX])
{
	assert_true(rig->findings.n > 0);
	span_to_string(
	    buf_span(&rig->findings.finding[0].text), out, FINDING_TEXT_MAX);
}

static void
many_are_counted_and_some_named(void **state)
{
	enum { MANY = MAIL_IDS_MAX + 1 };
	const struct check_row nothing = {0};
	const struct mail late = {.due_s = -3600};
	struct check_rig *rig = check_open("many", &nothing);
	struct queue_message messages[MANY];
	struct queue_date dates[MANY];
	struct queue q = {.message = messages, .n = MANY, .has_orders = true};
	char text[FINDING_TEXT_MAX];

	(void)state;
	for (int i = 0; i < MANY; i++)
		fill(&messages[i], &late, i, &dates[i]);
	check_mail(&rig->site, &q, NOW, false);
	text_of(rig, text);
	check_part("many", text, "21 messages on hold");
	check_part("many", text, " 4Zabc19 ...; the oldest at 2025-12-31T23:");
	findings_free(&rig->findings);
	findings_init(&rig->findings);
	q.n--;
	check_mail(&rig->site, &q, NOW, false);
	text_of(rig, text);
	check_part("as many as are named", text, " 4Zabc19; the oldest");
	check_close(rig);
}

static void
reasons_are_told(void **state)
{
	const struct check_row nothing = {0};
	const struct mail kinds[] = {
	    {.owner = PLAN_FOREIGN, .why = PLAN_VETOED},
	    {.owner = PLAN_FOREIGN, .why = PLAN_TRIED},
	    {.owner = PLAN_FOREIGN, .why = PLAN_VETOED},
	};
	struct check_rig *rig = check_open("reasons", &nothing);
	struct queue_message messages[3];
	struct queue_date dates[3];
	struct queue q = {.message = messages, .n = 3, .has_orders = true};
	char text[FINDING_TEXT_MAX];

	(void)state;
	for (int i = 0; i < 3; i++)
		fill(&messages[i], &kinds[i], i, &dates[i]);
	check_mail(&rig->site, &q, NOW, false);
	text_of(rig, text);
	check_part("reasons", text,
	    "(2: one of veto_headers; 1: tried before, and put back on hold)");
	check_close(rig);
}

static void
the_brake_is_told(void **state)
{
	const struct check_row nothing = {0};
	struct check_rig *rig = check_open("pause", &nothing);
	struct pause pause = {.since_s = NOW};
	char text[FINDING_TEXT_MAX];

	(void)state;
	check_pause(&rig->site, &pause);
	check_names("off", rig, "");
	pause.on = true;
	snprintf(pause.reason, sizeof(pause.reason), "moving house");
	check_pause(&rig->site, &pause);
	check_names("on", rig, "paused");
	check_command("on", rig, "policyctl resume");
	text_of(rig, text);
	check_part("on", text, "2026-01-01T00:00:00Z");
	check_part("on", text, ": moving house");
	check_close(rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(mail_is_diagnosed),
	    cmocka_unit_test(many_are_counted_and_some_named),
	    cmocka_unit_test(reasons_are_told),
	    cmocka_unit_test(the_brake_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: ISC */
#include "tests/unit/page_support.h"

enum { PAGE_USUAL_MAX = 450 * 1024 };

/* Fills a text, with its NUL, with what grows most when it is escaped. */
static void
fill_worst(char *text, size_t size)
{
	fill_pattern(text, size - 1, "\"&'");
	text[size - 1] = '\0';
}

static void
fill_numbers(struct snapshot *s)
{
	s->survey = (struct sweep_survey){.waiting = UINT64_MAX,
	    .waiting_bytes = UINT64_MAX,
	    .frozen = UINT64_MAX,
	    .overdue = UINT64_MAX,
	    .oldest_due_s = INT64_MIN,
	    .next_due_s = INT64_MAX,
	    .unread = UINT64_MAX};
	s->late = (struct lateness){.n = UINT64_MAX, .most_ns = INT64_MAX};
	for (int i = 0; i < LATENESS_BUCKETS; i++)
		s->late.in[i] = UINT64_MAX;
	for (int i = 0; i < SNAPSHOT_LANES; i++)
		for (int k = 0; k < SNAPSHOT_SLOTS_MAX; k++) {
			s->lane[i].n = SNAPSHOT_SLOTS_MAX;
			s->lane[i].later = UINT64_MAX;
			s->lane[i].count[k] = UINT64_MAX;
		}
	for (int i = 0; i < SNAPSHOT_ANSWERS; i++)
		s->answers[i] = UINT64_MAX;
	s->waiting_own = s->waiting_by_hand = s->waiting_other = UINT64_MAX;
	s->released[0] = s->released[1] = UINT64_MAX;
	s->other_rules = UINT64_MAX;
}

static void
fill_rules(struct snapshot *s)
{
	s->has_rules = 1;
	s->n_rules = SNAPSHOT_RULES_MAX;
	for (size_t i = 0; i < SNAPSHOT_RULES_MAX; i++) {
		fill_worst(s->rule[i].name, SNAPSHOT_RULE_SIZE);
		fill_worst(s->rule[i].action, SNAPSHOT_ACTION_SIZE);
		s->rule[i].hits = s->rule[i].waiting = UINT64_MAX;
	}
}

static void
fill_messages(struct snapshot *s)
{
	s->shows_texts = 1;
	for (size_t i = 0; i < SNAPSHOT_NEXT_MAX; i++) {
		struct snapshot_message *m =
		    add_next(s, "0123456789ABCDEFGHIJKLMNOPQRSTUV", INT64_MIN);

		m->arrival_s = INT64_MIN;
		m->size = UINT64_MAX;
		m->has_texts = 1;
		m->recipients = UINT64_MAX;
		fill_worst(m->rule, sizeof(m->rule));
		fill_worst(m->sender, sizeof(m->sender));
		fill_worst(m->recipient, sizeof(m->recipient));
		fill_worst(m->subject, sizeof(m->subject));
	}
}

static void
the_largest_page(void **state)
{
	struct scene scene = new_scene();

	(void)state;
	fill_numbers(scene.s);
	fill_rules(scene.s);
	fill_messages(scene.s);
	fill_worst(scene.s->paused_reason, SNAPSHOT_REASON_SIZE);
	scene.s->paused = 1;
	for (int i = 0; i < HEALTH_KINDS; i++) {
		add_finding(&scene, (enum health_kind)i, "");
		fill_worst(scene.health.finding[i].text, HEALTH_TEXT_SIZE);
	}
	check_part("it is cut where rules have names that none has",
	    page_of("the largest", &scene), "more rules have no room here.");
	assert_in_range(buf_len(&scene.out), 1, PAGE_USUAL_MAX);
	free_scene(&scene);
}

static void
all_rules_with_names_that_they_may_have(void **state)
{
	struct scene scene = new_scene();
	const char *page;

	(void)state;
	fill_messages(scene.s);
	fill_rules(scene.s);
	for (size_t i = 0; i < SNAPSHOT_RULES_MAX; i++) {
		struct snapshot_rule *rule = &scene.s->rule[i];

		fill_pattern(rule->name, DATE_RULE_MAX, "x");
		set_text(rule->action, SNAPSHOT_ACTION_SIZE, "window");
		rule->hits = 99999999;
		rule->waiting = 999999;
	}
	page = page_of("all rules", &scene);
	check_no_part("all rules", page, "no room");
	check_int("each has a row",
	    (int64_t)count_parts(page, "<td>99,999,999</td>"),
	    SNAPSHOT_RULES_MAX);
	assert_in_range(buf_len(&scene.out), 1, PAGE_USUAL_MAX);
	free_scene(&scene);
}

static void
any_room_is_too_little_until_all_fits(void **state)
{
	struct scene scene = new_scene();
	size_t len;

	(void)state;
	scene.s->survey.waiting = 1;
	page_of("whole", &scene);
	len = buf_len(&scene.out) - 1;
	for (size_t room = 0; room <= len; room += room + 97 < len ? 97 : 1) {
		struct buf small;

		buf_init(&small, room);
		check_bool("room", page_put(&scene.view, &scene.health, &small),
		    room == len);
		buf_free(&small);
	}
	free_scene(&scene);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_largest_page),
	    cmocka_unit_test(all_rules_with_names_that_they_may_have),
	    cmocka_unit_test(any_room_is_too_little_until_all_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

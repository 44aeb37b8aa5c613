/* SPDX-License-Identifier: ISC */
#include "tests/unit/snapshot_support.h"

#include "hdrcheck/daemon.h"
#include "policyd/web/metrics.h"

#define S CLOCK_NS_PER_S

enum { METRICS_MAX = 512 * 1024 };

static struct view
view_of(const struct snapshot *s)
{
	return (struct view){
	    .now_s = SNAPSHOT_NOW + 1,
	    .snapshot = s,
	    .snapshot_age_ns = 1 * S + 500 * CLOCK_NS_PER_MS,
	    .hdrcheck = {.listens = "unix:/s",
		.answers = true,
		.has_counts = true,
		.silent_ns = 2 * S,
		.counts = {{31, 1, 2, 3, 25, 5, 6, 7}}},
	    .web = {.accepted = 8},
	    .web_requests = 9,
	};
}

/* All of them as a text, to be freed. */
static char *
text_of(const struct view *view)
{
	struct health health;
	struct buf out;
	char *text;

	buf_init(&out, METRICS_MAX);
	health_of(view, &health);
	assert_true(metrics_put(view, &health, &out));
	text = malloc(buf_len(&out) + 1);
	assert_non_null(text);
	assert_true(span_to_string(buf_span(&out), text, buf_len(&out) + 1));
	buf_free(&out);
	return text;
}

static bool
has_line(const char *text, const char *line)
{
	size_t len = strlen(line);

	for (const char *at = text; (at = strstr(at, line)) != NULL; at += len)
		if ((at == text || at[-1] == '\n') && at[len] == '\n')
			return true;
	return false;
}

static void
check_lines(
    const char *row, const char *text, const char *const *lines, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (has_line(text, lines[i]))
			continue;
		print_error(
		    "row: %s\nwant: %s\ngot:  %s\n", row, lines[i], text);
		fail();
	}
}

/* Each number is another one. */
static void
fill(struct snapshot *s)
{
	add_rule(s, "night", "window", 101, 11);
	add_rule(s, "news.letter-2", "delay", 102, 12);
	s->other_rules = 3;
	s->waiting_own = 13;
	s->waiting_by_hand = 14;
	s->waiting_other = 15;
	s->survey = (struct sweep_survey){.waiting = 60,
	    .waiting_bytes = 16,
	    .frozen = 17,
	    .overdue = 18,
	    .oldest_due_s = SNAPSHOT_NOW - 19,
	    .next_due_s = SNAPSHOT_NOW + 20,
	    .foreign = 21,
	    .unreadable = 22,
	    .unread = 23};
	s->rescheduled = 24;
	s->released[0] = 25;
	s->released[1] = 26;
	lateness_add(&s->late, 7 * CLOCK_NS_PER_MS);
	s->walks = 27;
	s->walks_failed = 28;
	s->headers_read = 29;
	for (size_t i = 0; i < SWEEP_VERBS; i++) {
		s->commands[i] = 30 + i;
		s->commands_failed[i] = 40 + i;
	}
	for (size_t i = 0; i < SNAPSHOT_ANSWERS; i++)
		s->answers[i] = 50 + i;
	s->policy = (struct conn_counters){61, 62, 63, 64};
	s->policy_open = 65;
	s->has_rules = 1;
}

static const char *const told[] = {
    "deliverat_build_info{version=\"" DELIVER_AT_VERSION "\"} 1",
    "deliverat_healthy 1",
    "deliverat_snapshot_age_seconds 1.5",
    "deliverat_page_connections_total 8",
    "deliverat_page_requests_total 9",
    "deliverat_hdrcheck_up 1",
    "deliverat_hdrcheck_silence_seconds 2",
    "deliverat_hdrcheck_lookups_total{verdict=\"hold\"} 1",
    "deliverat_hdrcheck_lookups_total{verdict=\"dunno\"} 2",
    "deliverat_hdrcheck_lookups_total{verdict=\"reject\"} 3",
    "deliverat_hdrcheck_lookups_total{verdict=\"notfound\"} 25",
    "deliverat_hdrcheck_malformed_total 5",
    "deliverat_hdrcheck_connections_total 6",
    "deliverat_hdrcheck_connections 7",
    "deliverat_start_time_seconds 1795244400",
    "deliverat_waiting{rule=\"night\"} 11",
    "deliverat_waiting{rule=\"news.letter-2\"} 12",
    "deliverat_waiting{rule=\"(sender)\"} 13",
    "deliverat_waiting{rule=\"(administrator)\"} 14",
    "deliverat_waiting{rule=\"(other)\"} 15",
    "deliverat_waiting_bytes 16",
    "deliverat_frozen 17",
    "deliverat_overdue 18",
    "deliverat_oldest_overdue_seconds 19",
    "deliverat_next_due_timestamp_seconds 1795330820",
    "deliverat_foreign_dated 21",
    "deliverat_unreadable 22",
    "deliverat_unread 23",
    "deliverat_rescheduled 24",
    "deliverat_paused 0",
    "deliverat_released_total{method=\"release\"} 25",
    "deliverat_released_total{method=\"requeue\"} 26",
    "deliverat_late_seconds_bucket{le=\"0.005\"} 0",
    "deliverat_late_seconds_bucket{le=\"0.01\"} 1",
    "deliverat_late_seconds_bucket{le=\"3600\"} 1",
    "deliverat_late_seconds_bucket{le=\"+Inf\"} 1",
    "deliverat_late_seconds_sum 0.007",
    "deliverat_late_seconds_count 1",
    "deliverat_walks_total{result=\"ok\"} 27",
    "deliverat_walks_total{result=\"failed\"} 28",
    "deliverat_last_walk_timestamp_seconds 1795330770",
    "deliverat_last_walk_duration_seconds 0.012",
    "deliverat_last_walk_ok 1",
    "deliverat_headers_read_total 29",
    "deliverat_commands_total{command=\"list\"} 30",
    "deliverat_commands_total{command=\"read\"} 31",
    "deliverat_commands_total{command=\"release\"} 32",
    "deliverat_commands_total{command=\"requeue\"} 33",
    "deliverat_commands_total{command=\"kick_qmgr\"} 34",
    "deliverat_commands_total{command=\"kick_pickup\"} 35",
    "deliverat_commands_failed_total{command=\"list\"} 40",
    "deliverat_commands_failed_total{command=\"kick_pickup\"} 45",
    "deliverat_policy_requests_total{result=\"dunno\"} 50",
    "deliverat_policy_requests_total{result=\"postponed\"} 51",
    "deliverat_policy_requests_total{result=\"rejected\"} 52",
    "deliverat_policy_requests_total{result=\"deferred\"} 53",
    "deliverat_policy_requests_total{result=\"misplaced\"} 54",
    "deliverat_policy_requests_total{result=\"malformed\"} 55",
    "deliverat_policy_connections_total 61",
    "deliverat_policy_connections_closed_total{reason=\"evicted\"} 62",
    "deliverat_policy_connections_closed_total{reason=\"idle\"} 63",
    "deliverat_policy_connections_closed_total{reason=\"broken\"} 64",
    "deliverat_policy_connections 65",
    "deliverat_rules 5",
    "deliverat_rule_hits_total{rule=\"night\"} 101",
    "deliverat_rule_hits_total{rule=\"news.letter-2\"} 102",
    "deliverat_inotify 1",
    "deliverat_postfix_up 1",
};

static void
all_is_told(void **state)
{
	struct snapshot *s = new_snapshot();
	struct view view = view_of(s);
	char *text;

	(void)state;
	fill(s);
	text = text_of(&view);
	check_lines("a full one", text, told, COUNT_OF(told));
	check_bool("no more rules than there are",
	    strstr(text, "{rule=\"\"}") == NULL, true);
	free(text);
	free(s);
}

/* Each sample belongs to the head above it, and there is one of each head. */
static void
each_has_a_head(void **state)
{
	struct snapshot *s = new_snapshot();
	struct view view = view_of(s);
	char *text, *line, *rest;
	char name[128] = "";
	int samples = 0;

	(void)state;
	fill(s);
	text = text_of(&view);
	for (line = text; *line != '\0'; line = rest) {
		rest = strchr(line, '\n') + 1;
		if (strncmp(line, "# HELP ", 7) == 0) {
			assert_int_equal(sscanf(line + 7, "%127s", name), 1);
			check_bool(name, strstr(rest, line) == NULL, true);
			check_bool(
			    name, strncmp(rest, "# TYPE ", 7) == 0, true);
			check_bool(name,
			    strncmp(rest + 7, name, strlen(name)) == 0, true);
			continue;
		}
		if (line[0] == '#')
			continue;
		check_bool(name, strncmp(line, name, strlen(name)) == 0, true);
		samples++;
	}
	check_bool("there are as many", samples >= (int)COUNT_OF(told), true);
	free(text);
	free(s);
}

static void
an_idle_engine_has_no_such_numbers(void **state)
{
	static const char *const idle[] = {
	    "deliverat_next_due_timestamp_seconds NaN",
	    "deliverat_oldest_overdue_seconds 0",
	    "deliverat_last_walk_timestamp_seconds NaN",
	    "deliverat_last_walk_duration_seconds NaN",
	    "deliverat_last_walk_ok NaN",
	    "deliverat_postfix_up NaN",
	    "deliverat_waiting{rule=\"(sender)\"} 0",
	    "deliverat_late_seconds_sum 0",
	    "deliverat_late_seconds_count 0",
	};
	struct snapshot *s = new_snapshot();
	struct view view = view_of(s);
	char *text;

	(void)state;
	s->walk_at_s = 0;
	s->survey.oldest_due_s = SNAPSHOT_NOW - 50;
	text = text_of(&view);
	check_lines("idle", text, idle, COUNT_OF(idle));
	free(text);
	free(s);
}

static void
trouble_is_told(void **state)
{
	static const char *const trouble[] = {
	    "deliverat_healthy 0",
	    "deliverat_paused 1",
	    "deliverat_postfix_up 0",
	    "deliverat_last_walk_ok 0",
	    "deliverat_inotify 0",
	    "deliverat_oldest_overdue_seconds 0",
	};
	struct snapshot *s = new_snapshot();
	struct view view = view_of(s);
	char *text;

	(void)state;
	s->paused = s->postfix_down = 1;
	s->walk_ok = s->inotify = 0;
	s->survey.overdue = 1;
	s->survey.oldest_due_s = s->taken_s + 5;
	text = text_of(&view);
	check_lines("trouble", text, trouble, COUNT_OF(trouble));
	free(text);
	free(s);
}

static void
without_an_engine_the_rest_is_told(void **state)
{
	struct view view = view_of(NULL);
	char *text = text_of(&view);
	size_t ours = 0;

	(void)state;
	while (!span_starts_with(
	    span_str(told[ours]), "deliverat_start_time_seconds"))
		ours++;
	check_lines("what is known", text, told + 2, ours - 2);
	check_bool(
	    "it is not well", has_line(text, "deliverat_healthy 0"), true);
	check_bool(
	    "nothing else", strstr(text, "deliverat_waiting") == NULL, true);
	free(text);
}

static void
hdrcheck_is_told_as_far_as_it_is_known(void **state)
{
	struct view view = view_of(NULL);
	char *text;

	(void)state;
	view.hdrcheck.answers = false;
	text = text_of(&view);
	check_bool("down", has_line(text, "deliverat_hdrcheck_up 0"), true);
	check_bool("no old numbers", strstr(text, "_lookups_") == NULL, true);
	free(text);
	view.hdrcheck.answers = true;
	view.hdrcheck.has_counts = false;
	text = text_of(&view);
	check_bool(
	    "tcp_table", has_line(text, "deliverat_hdrcheck_up 1"), true);
	check_bool("has none", strstr(text, "_lookups_") == NULL, true);
	free(text);
	view.hdrcheck.listens = "";
	text = text_of(&view);
	check_bool("none is set", strstr(text, "_hdrcheck_") == NULL, true);
	free(text);
}

/* As long as names and numbers can be, and it fits into a reply. */
static void
the_longest_fits(void **state)
{
	struct snapshot *s = new_snapshot();
	struct view view = view_of(s);
	struct health health;
	struct buf out;
	size_t len;

	(void)state;
	for (int i = 0; i < SNAPSHOT_RULES_MAX; i++) {
		add_rule(s, "", "window", UINT64_MAX, UINT64_MAX);
		snprintf(s->rule[i].name, SNAPSHOT_RULE_SIZE, "%0*d",
		    SNAPSHOT_RULE_SIZE - 1, i);
	}
	health_of(&view, &health);
	buf_init(&out, METRICS_MAX);
	check_bool("it fits", metrics_put(&view, &health, &out), true);
	len = buf_len(&out);
	check_bool("by half", len <= METRICS_MAX / 2, true);
	buf_free(&out);
	buf_init(&out, len - 1);
	check_bool("a byte less", metrics_put(&view, &health, &out), false);
	buf_free(&out);
	free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(all_is_told),
	    cmocka_unit_test(each_has_a_head),
	    cmocka_unit_test(an_idle_engine_has_no_such_numbers),
	    cmocka_unit_test(trouble_is_told),
	    cmocka_unit_test(without_an_engine_the_rest_is_told),
	    cmocka_unit_test(hdrcheck_is_told_as_far_as_it_is_known),
	    cmocka_unit_test(the_longest_fits),
	};

	return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}

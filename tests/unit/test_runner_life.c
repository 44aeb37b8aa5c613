/* SPDX-License-Identifier: ISC */
/*
 * How the runner ends, and what makes it read settings again.
 */
#include "tests/unit/runner_support.h"

#include "tests/unit/notify_support.h"

static void
it_ends_with_its_engine(void **state)
{
	struct stage *s = *state;

	if (s == NULL)
		skip();
	stage_open(s);
	stage_sync(s);
	kill(s->engine, SIGKILL);
	stage_ends(s, "killed", EX_SOFTWARE, "the engine ended with code 137");
}

static void
commands_end_with_the_engine(void **state)
{
	struct stage *s = *state;
	int out;

	if (s == NULL)
		skip();
	stage_script(s, STAYING);
	stage_open(s);
	stage_send(s, span_str("q"));
	stage_expect(s, "kick", "Sq", 2);
	out = s->fds[0];
	close(s->fds[1]);
	stage_wait("kick", out);
	kill(s->engine, SIGKILL);
	check_string("killed", stage_read(s, "kick", out), "there\n");
	stage_ends(s, "end", EX_SOFTWARE, "the engine ended");
}

/* It ends as it pleases, and the work goes on. */
static void
the_page_may_end(void **state)
{
	struct stage *s = *state;

	if (s == NULL)
		skip();
	s->has_page = true;
	s->engine_code = 3;
	stage_open(s);
	stage_sync(s);
	kill(s->page, SIGUSR1);
	while (kill(s->page, 0) == 0) /* until the runner has noticed */
		stage_sync(s);
	stage_sync(s);
	kill(s->runner, SIGTERM);
	stage_expect(s, "stop", "T", 0);
	stage_hang_up(s);
	stage_ends(s, "stopped", EX_OK,
	    "warning: the status page ended with code 3; a restart brings it "
	    "back\n");
}

static void
the_page_ends_with_the_engine(void **state)
{
	struct stage *s = *state;

	if (s == NULL)
		skip();
	s->has_page = true;
	stage_open(s);
	stage_sync(s);
	kill(s->engine, SIGKILL);
	stage_ends(s, "killed", EX_SOFTWARE, "the engine ended with code 137");
	assert_null(strstr(s->text, "status page"));
	assert_int_equal(kill(s->page, 0), -1);
}

/* At a stop it may be gone before the engine, which nobody needs to know. */
static void
the_page_ends_at_a_stop(void **state)
{
	struct stage *s = *state;

	if (s == NULL)
		skip();
	s->has_page = true;
	for (int i = 0; i < 2; i++) {
		stage_open(s);
		stage_sync(s);
		kill(s->runner, SIGTERM);
		stage_expect(s, "stop", "T", 0);
		if (i == 1)
			kill(s->page, SIGKILL);
		while (i == 1 && kill(s->page, 0) == 0)
			stage_sync(s);
		stage_hang_up(s);
		stage_ends(s, "stopped", EX_OK, "");
		assert_null(strstr(s->text, "status page"));
		assert_int_equal(kill(s->page, 0), -1);
	}
}

static const int stops[] = {SIGTERM, SIGINT};

static void
signals_that_stop_ask_the_engine_first(void **state)
{
	struct stage *s = *state;

	if (s == NULL)
		skip();
	for (size_t i = 0; i < COUNT_OF(stops); i++) {
		stage_open(s);
		stage_sync(s);
		kill(s->runner, stops[i]);
		stage_expect(s, "stop", "T", 0);
		stage_hang_up(s);
		stage_ends(s, "stopped", EX_OK, "");
	}
}

/* A second signal is no second stop, and requests are served until the end. */
static void
it_serves_until_the_engine_has_stopped(void **state)
{
	struct stage *s = *state;

	if (s == NULL)
		skip();
	stage_open(s);
	stage_sync(s);
	kill(s->runner, SIGTERM);
	stage_expect(s, "stop", "T", 0);
	kill(s->runner, SIGTERM);
	stage_send(s, span_str("q"));
	stage_expect(s, "kick", "Sq", 2);
	stage_read(s, "kick", s->fds[0]);
	close(s->fds[1]);
	stage_expect(s, "kick", "Xq0", 0);
	stage_hang_up(s);
	stage_ends(s, "stopped", EX_OK, "");
}

/* SIGHUP */

static void
settings_are_opened_for_the_engine(void **state)
{
	struct stage *s = *state;
	char path[FOLDER_PATH_SIZE];

	if (s == NULL || !has_postconf())
		skip();
	snprintf(path, sizeof(path), "%s/deliver-at.conf", s->folder);
	stage_write(s, "deliver-at.conf", "sweep_interval = 7s\n", 0600);
	s->options.settings_file = path;
	stage_open(s);
	stage_sync(s);
	for (int i = 0; i < 2; i++) {
		kill(s->runner, SIGHUP);
		stage_expect(s, "Postfix", "P432000 432000 1 20000", 0);
		stage_expect(s, "settings", "C1", 1);
		check_string("the file", stage_read(s, "file", s->fds[0]),
		    "sweep_interval = 7s\n");
		stage_send(s, span_str("S"));
	}
}

static void
settings_that_cannot_be_opened_are_told(void **state)
{
	struct stage *s = *state;
	char path[FOLDER_PATH_SIZE];

	if (s == NULL || !has_postconf())
		skip();
	snprintf(path, sizeof(path), "%s/missing.conf", s->folder);
	s->options.settings_file = path;
	stage_open(s);
	stage_sync(s);
	kill(s->runner, SIGHUP);
	stage_expect(s, "Postfix", "P432000 432000 1 20000", 0);
	stage_hang_up(s);
	stage_ends(s, "the log", EX_SOFTWARE,
	    "missing.conf; the old configuration stays: No such file");
}

/* The default file need not be there: then all settings have their presets. */
static void
a_default_file_that_is_missing_is_no_error(void **state)
{
	struct stage *s = *state;

	if (s == NULL || !has_postconf() ||
	    access(SETTINGS_DEFAULT_FILE, F_OK) == 0)
		skip();
	stage_open(s);
	stage_sync(s);
	for (int i = 0; i < 5; i++) {
		kill(s->runner, SIGHUP);
		stage_expect(s, "Postfix", "P432000 432000 1 20000", 0);
		stage_expect(s, "settings", "C0", 0);
		stage_send(s, span_str("S"));
	}
}

static void
a_new_configuration_of_postfix_is_told(void **state)
{
	struct stage *s = *state;
	char path[FOLDER_PATH_SIZE];

	if (s == NULL || !has_postconf())
		skip();
	snprintf(path, sizeof(path), "%s/deliver-at.conf", s->folder);
	stage_write(s, "deliver-at.conf", "", 0600);
	s->options.settings_file = path;
	stage_open(s);
	stage_sync(s);
	stage_write(s, "main.cf",
	    "compatibility_level = 3.6\nmaximal_queue_lifetime = 1d\n"
	    "qmgr_message_active_limit = 30\nbounce_queue_lifetime = "
	    "2h\nalways_bcc = a@private.test\n",
	    0644);
	kill(s->runner, SIGHUP);
	stage_expect(s, "Postfix", "P86400 7200 0 30", 0);
	stage_expect(s, "settings", "C1", 1);
	close(s->fds[0]);
}

/* The moment of a requeue */

static void
a_requeue_waits_for_a_look_at_a_changed_configuration(void **state)
{
	struct stage *s = *state;
	char want[16];

	if (s == NULL || !has_postconf())
		skip();
	stage_open(s);
	stage_send(s, span_str("QABCDEF\n"));
	stage_expect(s, "unchanged", "SQ", 2);
	stage_read(s, "unchanged", s->fds[0]);
	close(s->fds[1]);
	stage_expect(s, "unchanged", "XQ0", 0);
	stage_write(s, "main.cf",
	    "compatibility_level = 3.6\nalways_bcc = a@private.test\n", 0644);
	stage_send(s, span_str("QABCDEF\n"));
	snprintf(want, sizeof(want), "FQ%d", EAGAIN);
	stage_expect(s, "changed", "P432000 432000 0 20000", 0);
	stage_expect(s, "changed", want, 0);
	stage_send(s, span_str("QABCDEF\n"));
	stage_expect(s, "known", "SQ", 2);
	stage_read(s, "known", s->fds[0]);
	close(s->fds[1]);
	stage_expect(s, "known", "XQ0", 0);
}

/* Postfix's configuration goes away, and a requeue is asked for. */
static void
lose_configuration(struct stage *s)
{
	char path[FOLDER_PATH_SIZE], want[16];

	s->postconf.facts.queue_lifetime_s = 77;
	snprintf(path, sizeof(path), "%s/main.cf", s->folder);
	snprintf(want, sizeof(want), "FQ%d", EAGAIN);
	stage_open(s);
	stage_sync(s);
	assert_int_equal(unlink(path), 0);
	stage_send(s, span_str("QABCDEF\n"));
	stage_expect(s, "gone", "P77 0 0 0", 0);
	stage_expect(s, "gone", want, 0);
}

/* Nothing is known of it then: nothing is requeued. */
static void
a_configuration_that_is_gone_is_a_change(void **state)
{
	struct stage *s = *state;

	if (s == NULL || !has_postconf())
		skip();
	lose_configuration(s);
	stage_hang_up(s);
	stage_ends(s, "gone", EX_SOFTWARE, "no mail is requeued meanwhile");
}

static void
list_once(struct stage *s, const char *row)
{
	stage_expect(s, row, "SL", 2);
	stage_read(s, row, s->fds[0]);
	close(s->fds[1]);
	stage_expect(s, row, "XL0", 0);
}

static void
what_could_not_be_read_is_tried_again_at_the_next_list(void **state)
{
	struct stage *s = *state;

	if (s == NULL || !has_postconf())
		skip();
	s->options.has_news = true;
	lose_configuration(s);
	stage_write(s, "main.cf", "compatibility_level = 3.6\n", 0644);
	stage_send(s, span_str("L"));
	stage_expect(s, "there again", "P432000 432000 1 20000", 0);
	list_once(s, "there again");
	stage_send(s, span_str("L"));
	list_once(s, "known");
}

/* News of the hold queue */

#if defined(__linux__) && !defined(OS_PORTABLE)

static void
a_watch_is_tried_before_each_list_until_there_is_one(void **state)
{
	struct stage *s = *state;
	char path[FOLDER_PATH_SIZE];

	if (s == NULL)
		skip();
	s->options.has_news = false;
	stage_open(s);
	stage_send(s, span_str("L"));
	list_once(s, "no folder");
	snprintf(path, sizeof(path), "%s/hold", s->folder);
	assert_int_equal(mkdir(path, 0700), 0);
	stage_send(s, span_str("L"));
	stage_expect(s, "a folder", "N", 1);
	close(s->fds[0]);
	list_once(s, "a folder");
	stage_send(s, span_str("L"));
	list_once(s, "watched already");
}

static const struct {
	const char *row;
	int64_t rate;
	bool hashed;
	bool seen; /* what leaves active is told */
} watched[] = {
    {"a rate that follows what leaves", SETTINGS_AUTO, false, true},
    {"the same where active is hashed", SETTINGS_AUTO, true, false},
    {"no limit", 0, false, false},
    {"a fixed limit", 10, false, false},
};

static void
what_leaves_active_is_watched_for_a_rate_that_follows_it(void **state)
{
	struct stage *s = *state;
	char active[FOLDER_PATH_SIZE], hold[FOLDER_PATH_SIZE];
	char events[1024];

	if (s == NULL)
		skip();
	snprintf(hold, sizeof(hold), "%s/hold", s->folder);
	snprintf(active, sizeof(active), "%s/active", s->folder);
	assert_int_equal(mkdir(hold, 0700), 0);
	assert_int_equal(mkdir(active, 0700), 0);
	for (size_t i = 0; i < COUNT_OF(watched); i++) {
		int fd;

		s->settings.release_rate = watched[i].rate;
		s->postconf.active_is_hashed = watched[i].hashed;
		fd = runner_open_news(&s->postconf, &s->settings);
		assert_true(fd >= 0);
		stage_write(s, "active/ABCDEF", "mail", 0600);
		snprintf(active, sizeof(active), "%s/active/ABCDEF", s->folder);
		assert_int_equal(unlink(active), 0);
		check_bool(watched[i].row, read(fd, events, sizeof(events)) > 0,
		    watched[i].seen);
		close(fd);
	}
}

#endif

static void
a_hashed_hold_queue_is_not_watched(void **state)
{
	struct stage *s = *state;
	char path[FOLDER_PATH_SIZE];

	if (s == NULL)
		skip();
	snprintf(path, sizeof(path), "%s/hold", s->folder);
	assert_int_equal(mkdir(path, 0700), 0);
	s->options.has_news = false;
	s->postconf.hold_is_hashed = true;
	stage_open(s);
	stage_send(s, span_str("L"));
	list_once(s, "hashed");
}

/* What the service manager is told. */

/* The stage with a manager; its socket. */
static int
open_managed(struct stage *s)
{
	void *folder = s->folder;
	int manager = manager_open(&folder, &s->notify);

	stage_open(s);
	return manager;
}

static void
it_is_ready_when_its_engine_is_alive(void **state)
{
	struct stage *s = *state;
	int manager;

	if (s == NULL || !has_postconf())
		skip();
	manager = open_managed(s);
	stage_sync(s);
	manager_heard_all("not ready yet", manager);
	stage_come_to_life(s);
	manager_expect("ready", manager, "READY=1");
	for (int i = 0; i < 3; i++) {
		stage_send(s, span_str("A"));
		manager_expect("alive", manager, "WATCHDOG=1");
	}
	stage_sync(s);
	manager_heard_all("no more than the engine says", manager);
	kill(s->runner, SIGTERM);
	manager_expect("stop", manager, "STOPPING=1");
	stage_expect(s, "stop", "T", 0);
	kill(s->runner, SIGTERM);
	stage_sync(s);
	stage_send(s, span_str("A"));
	manager_expect("alive to the end", manager, "WATCHDOG=1");
	stage_hang_up(s);
	stage_ends(s, "stopped", EX_OK, "");
	manager_heard_all("stopped", manager);
	close(manager);
	notify_close(&s->notify);
}

/* A sign of life is passed on while commands run, as many as there may be. */
static void
signs_of_life_are_no_commands(void **state)
{
	static const char *const four[] = {
	    "L", "RABCDEF\n", "HABCDEF\n", "QABCDEF\n"};
	static const char *const started[] = {"SL", "SR", "SH", "SQ"};
	struct stage *s = *state;
	int manager;

	if (s == NULL)
		skip();
	stage_script(s, STAYING);
	manager = open_managed(s);
	for (int i = 0; i < 4; i++) {
		stage_send(s, span_str(four[i]));
		stage_expect(s, four[i], started[i], 2);
		stage_wait(four[i], s->fds[0]);
		close(s->fds[0]);
		close(s->fds[1]);
	}
	stage_send(s, span_str("A"));
	manager_expect("ready", manager, "READY=1");
	stage_send(s, span_str("A"));
	manager_expect("alive", manager, "WATCHDOG=1");
	close(manager);
	notify_close(&s->notify);
}

/* It fails because its engine says something that it must not say. */
static void
what_fails_is_neither_ready_nor_stopping(void **state)
{
	struct stage *s = *state;
	int manager;

	if (s == NULL)
		skip();
	manager = open_managed(s);
	stage_sync(s);
	stage_send(s, span_str("AA"));
	stage_ends(s, "not a sign of life", EX_SOFTWARE, "must not send");
	manager_heard_all("failed", manager);
	close(manager);
	notify_close(&s->notify);
}

static void
a_manager_that_is_gone_is_nobody_s_trouble(void **state)
{
	struct stage *s = *state;

	if (s == NULL || !has_postconf())
		skip();
	close(open_managed(s));
	stage_come_to_life(s);
	for (int i = 0; i < 2; i++)
		stage_send(s, span_str("A"));
	stage_sync(s);
	kill(s->runner, SIGTERM);
	stage_expect(s, "stop", "T", 0);
	stage_hang_up(s);
	stage_ends(s, "stopped", EX_OK, "");
	notify_close(&s->notify);
}

/* A stop that comes before the first sign of life is not taken back. */
static void
it_is_not_ready_when_it_stops(void **state)
{
	struct stage *s = *state;
	int manager;

	if (s == NULL)
		skip();
	manager = open_managed(s);
	stage_sync(s);
	kill(s->runner, SIGTERM);
	stage_expect(s, "stop", "T", 0);
	manager_expect("stop", manager, "STOPPING=1");
	stage_send(s, span_str("A"));
	manager_expect("alive", manager, "WATCHDOG=1");
	stage_hang_up(s);
	stage_ends(s, "stopped", EX_OK, "");
	close(manager);
	notify_close(&s->notify);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STAGE(it_ends_with_its_engine),
		STAGE(the_page_may_end),
		STAGE(the_page_ends_with_the_engine),
		STAGE(the_page_ends_at_a_stop),
		STAGE(commands_end_with_the_engine),
		STAGE(signals_that_stop_ask_the_engine_first),
		STAGE(it_serves_until_the_engine_has_stopped),
		STAGE(settings_are_opened_for_the_engine),
		STAGE(settings_that_cannot_be_opened_are_told),
		STAGE(a_default_file_that_is_missing_is_no_error),
		STAGE(a_new_configuration_of_postfix_is_told),
		STAGE(a_requeue_waits_for_a_look_at_a_changed_configuration),
		STAGE(a_configuration_that_is_gone_is_a_change),
		STAGE(what_could_not_be_read_is_tried_again_at_the_next_list),
#if defined(__linux__) && !defined(OS_PORTABLE)
		STAGE(a_watch_is_tried_before_each_list_until_there_is_one),
		STAGE(what_leaves_active_is_watched_for_a_rate_that_follows_it),
#endif
		STAGE(a_hashed_hold_queue_is_not_watched),
		STAGE(it_is_ready_when_its_engine_is_alive),
		STAGE(signs_of_life_are_no_commands),
		STAGE(what_fails_is_neither_ready_nor_stopping),
		STAGE(a_manager_that_is_gone_is_nobody_s_trouble),
		STAGE(it_is_not_ready_when_it_stops),
	};

	return cmocka_run_group_tests_name("runner_life", tests, NULL, NULL);
}

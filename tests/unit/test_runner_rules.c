/* SPDX-License-Identifier: ISC */
/*
 * The runner and the files of its engine: what it opens when they are to be
 * read again, and what becomes of an engine that cannot use them.
 */
#include "tests/unit/runner_support.h"

/* The stage with both files, or with names of files that are not there. */
static void
set_files(struct stage *s, char file[FOLDER_PATH_SIZE], const char *settings,
    const char *rules)
{
	if (settings != NULL)
		stage_write(s, "deliver-at.conf", settings, 0600);
	if (rules != NULL)
		stage_write(s, "rules", rules, 0600);
	snprintf(file, FOLDER_PATH_SIZE, "%s/deliver-at.conf", s->folder);
	snprintf(
	    s->settings.rules_file, SETTINGS_PATH_SIZE, "%s/rules", s->folder);
	s->options.settings_file = file;
}

static void
reload(struct stage *s)
{
	kill(s->runner, SIGHUP);
	stage_expect(s, "Postfix", "P432000 432000 1 20000", 0);
}

static void
settings_and_rules_are_opened_for_the_engine(void **state)
{
	struct stage *s = *state;
	char file[FOLDER_PATH_SIZE];

	if (s == NULL || !has_postconf())
		skip();
	set_files(s, file, "sweep_interval = 7s\n", "a : pass\n");
	stage_open(s);
	stage_sync(s);
	for (int i = 0; i < 3; i++) {
		int rules;

		reload(s);
		stage_expect(s, "both", "C3", 2);
		rules = s->fds[1];
		check_string("first", stage_read(s, "first", s->fds[0]),
		    "sweep_interval = 7s\n");
		check_string("second", stage_read(s, "second", rules),
		    i < 2 ? "a : pass\n" : "b : hold\n");
		if (i == 1)
			stage_write(s, "rules", "b : hold\n", 0600);
		stage_send(s, span_str("S"));
	}
}

static void
rules_come_alone_where_presets_are_in_use(void **state)
{
	struct stage *s = *state;
	char file[FOLDER_PATH_SIZE];

	if (s == NULL || !has_postconf() ||
	    access(SETTINGS_DEFAULT_FILE, F_OK) == 0)
		skip();
	set_files(s, file, NULL, "a : pass\n");
	s->options.settings_file = NULL;
	stage_open(s);
	stage_sync(s);
	reload(s);
	stage_expect(s, "rules", "C2", 1);
	check_string("rules", stage_read(s, "rules", s->fds[0]), "a : pass\n");
}

static const struct {
	const char *row;
	const char *settings;
	const char *rules;
	const char *told; /* 2: ENOENT */
	const char *log;
} missing[] = {
    {"no rules", "", NULL, "O2 2",
	"/rules; the old configuration stays: No such"},
    {"no settings", NULL, "a : pass\n", "O1 2",
	"/deliver-at.conf; the old configuration stays: No such"},
    {"neither", NULL, NULL, "O1 2",
	"/deliver-at.conf; the old configuration stays: No such"},
};

/* Told to the administrator, and to the engine for those who follow it. */
static void
a_file_that_is_missing_changes_nothing(void **state)
{
	struct stage *s = *state;
	char file[FOLDER_PATH_SIZE];

	if (s == NULL || !has_postconf())
		skip();
	for (size_t i = 0; i < COUNT_OF(missing); i++) {
		set_files(s, file, missing[i].settings, missing[i].rules);
		stage_open(s);
		stage_sync(s);
		reload(s);
		stage_expect(s, missing[i].row, missing[i].told, 0);
		stage_sync(s);
		stage_hang_up(s);
		stage_ends(s, missing[i].row, EX_SOFTWARE, missing[i].log);
		unlink(file);
		unlink(s->settings.rules_file);
	}
}

/* Nobody writes to it: its reader sees an empty file. */
static void
a_fifo_is_not_waited_for(void **state)
{
	struct stage *s = *state;
	char file[FOLDER_PATH_SIZE];
	char byte;

	if (s == NULL || !has_postconf())
		skip();
	set_files(s, file, NULL, NULL);
	assert_int_equal(mkfifo(file, 0600), 0);
	assert_int_equal(mkfifo(s->settings.rules_file, 0600), 0);
	stage_open(s);
	stage_sync(s);
	reload(s);
	stage_expect(s, "both", "C3", 2);
	for (int i = 0; i < 2; i++) {
		check_int("its end", read(s->fds[i], &byte, 1), 0);
		close(s->fds[i]);
	}
}

static void
no_descriptor_stays_open(void **state)
{
	struct stage *s = *state;
	char file[FOLDER_PATH_SIZE];
	int before;

	if (s == NULL || !has_postconf())
		skip();
	set_files(s, file, "", "a : pass\n");
	stage_open(s);
	stage_sync(s);
	before = count_fds(s->runner);
	for (int i = 0; i < 20; i++) {
		if (i == 10)
			unlink(s->settings.rules_file);
		reload(s);
		if (i >= 10) {
			stage_expect(s, "no rules", "O2 2", 0);
			continue;
		}
		stage_expect(s, "both", "C3", 2);
		close(s->fds[0]);
		close(s->fds[1]);
		stage_send(s, span_str("S"));
	}
	stage_sync(s);
	assert_int_equal(count_fds(s->runner), before);
}

/* However often: once, and once more when the engine is through. */
static void
no_more_than_one_is_under_way(void **state)
{
	struct stage *s = *state;
	char file[FOLDER_PATH_SIZE];

	if (s == NULL || !has_postconf())
		skip();
	set_files(s, file, "", NULL);
	s->settings.rules_file[0] = '\0';
	stage_open(s);
	stage_sync(s);
	reload(s);
	stage_expect(s, "the first", "C1", 1);
	close(s->fds[0]);
	for (int i = 0; i < 3; i++) {
		kill(s->runner, SIGHUP);
		stage_sync(s);
	}
	stage_send(s, span_str("S"));
	stage_expect(s, "Postfix", "P432000 432000 1 20000", 0);
	stage_expect(s, "all others", "C1", 1);
	close(s->fds[0]);
	stage_send(s, span_str("S"));
	stage_sync(s);
	reload(s);
	stage_expect(s, "one later", "C1", 1);
	close(s->fds[0]);
}

/* The engine asks for it on behalf of the administrator. */
static void
the_engine_may_ask_for_it(void **state)
{
	struct stage *s = *state;
	char file[FOLDER_PATH_SIZE];

	if (s == NULL || !has_postconf())
		skip();
	set_files(s, file, "", NULL);
	s->settings.rules_file[0] = '\0';
	stage_open(s);
	stage_sync(s);
	stage_send(s, span_str("G"));
	stage_expect(s, "Postfix", "P432000 432000 1 20000", 0);
	stage_expect(s, "the first", "C1", 1);
	close(s->fds[0]);
	for (int i = 0; i < 3; i++)
		stage_send(s, span_str("G"));
	stage_sync(s);
	stage_send(s, span_str("S"));
	stage_expect(s, "Postfix", "P432000 432000 1 20000", 0);
	stage_expect(s, "all others", "C1", 1);
	close(s->fds[0]);
	stage_send(s, span_str("S"));
	stage_sync(s);
}

/* One that did not come to the engine keeps nobody. */
static void
a_failure_is_not_waited_for(void **state)
{
	struct stage *s = *state;
	char file[FOLDER_PATH_SIZE];

	if (s == NULL || !has_postconf())
		skip();
	set_files(s, file, NULL, NULL);
	s->settings.rules_file[0] = '\0';
	stage_open(s);
	stage_sync(s);
	reload(s);
	stage_expect(s, "the first", "O1 2", 0);
	stage_sync(s);
	stage_write(s, "deliver-at.conf", "", 0600);
	reload(s);
	stage_expect(s, "the second", "C1", 1);
	close(s->fds[0]);
}

/* The engine's end */

static const struct {
	const char *row;
	bool looks;
	bool alive; /* it gave a sign of life before */
	int code; /* the engine's */
	int want; /* the runner's */
	const char *log; /* "": nothing at all */
} ends[] = {
    {"its rules are wrong", false, false, EX_CONFIG, EX_CONFIG, ""},
    {"that comes too late", false, true, EX_CONFIG, EX_SOFTWARE,
	"the engine ended with code 78\n"},
    {"it cannot start", false, false, EX_OSERR, EX_SOFTWARE,
	"the engine ended with code 71\n"},
    {"it ends by itself", false, true, EX_OK, EX_SOFTWARE,
	"the engine ended with code 0\n"},
    {"it ends by itself at its start", false, false, EX_OK, EX_SOFTWARE,
	"the engine ended with code 0\n"},
    {"it has looked", true, true, EX_OK, EX_OK, ""},
    {"it has looked without a sign of life", true, false, EX_OK, EX_OK, ""},
    {"it saw nothing", true, true, EX_UNAVAILABLE, EX_UNAVAILABLE, ""},
    {"it looks by wrong rules", true, false, EX_CONFIG, EX_CONFIG, ""},
    {"it fails while it looks", true, true, EX_SOFTWARE, EX_SOFTWARE, ""},
};

static void
the_engine_s_code_says_why_it_ended(void **state)
{
	struct stage *s = *state;

	if (s == NULL || !has_postconf())
		skip();
	for (size_t i = 0; i < COUNT_OF(ends); i++) {
		const char *row = ends[i].row;

		s->options.looks = ends[i].looks;
		s->engine_code = ends[i].code;
		stage_open(s);
		if (ends[i].alive)
			stage_come_to_life(s);
		stage_sync(s);
		kill(s->engine, SIGUSR1);
		stage_ends(s, row, ends[i].want, ends[i].log);
		if (ends[i].log[0] == '\0')
			check_string(row, s->text, "");
	}
}

/* It lives, but nobody can reach it: that is its end. */
static void
an_engine_that_hangs_up_is_killed(void **state)
{
	struct stage *s = *state;

	if (s == NULL || !has_postconf())
		skip();
	for (int alive = 0; alive < 2; alive++) {
		stage_open(s);
		if (alive)
			stage_come_to_life(s);
		stage_sync(s);
		stage_hang_up(s);
		stage_ends(
		    s, "it is dead", EX_SOFTWARE, "ended with code 137\n");
		assert_int_equal(kill(s->engine, 0), -1);
	}
	s->options.looks = true;
	stage_open(s);
	stage_sync(s);
	stage_hang_up(s);
	stage_ends(s, "while it looks", 128 + SIGKILL, "");
}

static void
wait_for_zombie(pid_t pid)
{
	struct timespec blink = {.tv_nsec = 1000 * 1000};
	char path[64], text[256];
	const char *state;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	do {
		FILE *file = fopen(path, "r");

		assert_non_null(file);
		assert_non_null(fgets(text, sizeof(text), file));
		fclose(file);
		state = strrchr(text, ')');
		assert_non_null(state);
		nanosleep(&blink, NULL);
	} while (state[2] != 'Z');
}

/*
 * Nobody is there any more to be told of the command: of its keeper, that is,
 * which is the runner's child.
 */
static void
a_command_that_ends_with_the_engine_changes_no_code(void **state)
{
	struct stage *s = *state;
	char text[32] = "";
	pid_t keeper;

	if (s == NULL || access("/proc/self/stat", R_OK) < 0)
		skip();
	stage_script(s, "#!/bin/sh\necho $PPID\nexec sleep 1000\n");
	s->options.looks = true;
	stage_open(s);
	stage_send(s, span_str("L"));
	stage_expect(s, "list", "SL", 2);
	stage_wait("list", s->fds[0]);
	assert_true(read(s->fds[0], text, sizeof(text) - 1) > 0);
	close(s->fds[0]);
	close(s->fds[1]);
	keeper = atoi(text);
	assert_true(keeper > 0);
	kill(s->runner, SIGSTOP);
	kill(s->engine, SIGUSR1);
	kill(keeper, SIGKILL);
	wait_for_zombie(s->engine);
	wait_for_zombie(keeper);
	stage_hang_up(s);
	kill(s->runner, SIGCONT);
	stage_ends(s, "both at once", EX_OK, "");
	check_string("the log", s->text, "");
}

#if defined(__linux__) && !defined(OS_PORTABLE)

/* It will not be there to hear of anything. */
static void
a_look_gets_no_watch(void **state)
{
	struct stage *s = *state;
	char path[FOLDER_PATH_SIZE];

	if (s == NULL)
		skip();
	snprintf(path, sizeof(path), "%s/hold", s->folder);
	assert_int_equal(mkdir(path, 0700), 0);
	s->options.has_news = false;
	s->options.looks = true;
	stage_open(s);
	stage_send(s, span_str("L"));
	stage_expect(s, "list", "SL", 2);
	stage_read(s, "list", s->fds[0]);
	close(s->fds[1]);
	stage_expect(s, "list", "XL0", 0);
}

#endif

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STAGE(settings_and_rules_are_opened_for_the_engine),
		STAGE(rules_come_alone_where_presets_are_in_use),
		STAGE(a_file_that_is_missing_changes_nothing),
		STAGE(a_fifo_is_not_waited_for),
		STAGE(no_descriptor_stays_open),
		STAGE(no_more_than_one_is_under_way),
		STAGE(the_engine_may_ask_for_it),
		STAGE(a_failure_is_not_waited_for),
		STAGE(the_engine_s_code_says_why_it_ended),
		STAGE(an_engine_that_hangs_up_is_killed),
		STAGE(a_command_that_ends_with_the_engine_changes_no_code),
#if defined(__linux__) && !defined(OS_PORTABLE)
		STAGE(a_look_gets_no_watch),
#endif
	};

	return cmocka_run_group_tests_name("runner_rules", tests, NULL, NULL);
}

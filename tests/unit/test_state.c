/* SPDX-License-Identifier: ISC */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/support.h"

#include "policyd/state.h"

#define SINCE INT64_C(1798189200)

static struct qid
id_of(const char *text)
{
	struct qid id;

	assert_true(qid_parse(span_str(text), &id));
	return id;
}

static void
set(struct overrides *o, const char *id, int64_t arrival_s, int64_t due_s)
{
	struct override override = {.id = id_of(id),
	    .arrival_s = arrival_s,
	    .due_s = due_s,
	    .set_s = SINCE};

	assert_true(overrides_set(o, &override));
}

static int64_t
due_of(const struct overrides *o, const char *id, int64_t arrival_s)
{
	struct qid key = id_of(id);
	struct override *override = overrides_find(o, &key, arrival_s);

	return override != NULL ? override->due_s : -1;
}

/* What a file is. */
static void
check_file(const char *row, void **state, const char *name, const char *want)
{
	char path[FOLDER_PATH_SIZE], text[1024] = "";
	struct stat st;
	ssize_t n;
	int fd = open(folder_join(state, name, path), O_RDONLY);

	check_bool(row, fd >= 0, true);
	n = read(fd, text, sizeof(text) - 1);
	check_span(row, span_of(text, n > 0 ? (size_t)n : 0), span_str(want));
	assert_int_equal(fstat(fd, &st), 0);
	check_int(row, st.st_mode & 07777, 0600);
	close(fd);
}

/* How many names a folder has. */
static int
names_in(const char *folder)
{
	DIR *dir = opendir(folder);
	int n = 0;

	assert_non_null(dir);
	for (struct dirent *d = readdir(dir); d != NULL; d = readdir(dir))
		n += d->d_name[0] != '.';
	closedir(dir);
	return n;
}

static void
put_file(void **state, const char *name, const char *content)
{
	char path[FOLDER_PATH_SIZE];

	write_file(folder_join(state, name, path), span_str(content));
}

static void
drop_file(void **state, const char *name)
{
	char path[FOLDER_PATH_SIZE];

	unlink(folder_join(state, name, path));
}

static void
clean(void **state)
{
	drop_file(state, "overrides");
	drop_file(state, "paused");
	drop_file(state, "overrides.new");
	drop_file(state, "paused.new");
}

static void
nothing_was_said(void **state)
{
	char error[STATE_ERROR_SIZE] = "", missing[FOLDER_PATH_SIZE];
	const char *const folders[] = {
	    *state, folder_join(state, "missing", missing)};

	for (size_t i = 0; i < COUNT_OF(folders); i++) {
		struct pause pause = {.on = true};
		struct overrides o;

		overrides_init(&o);
		check_bool(folders[i],
		    state_read_overrides(folders[i], &o, error), true);
		check_int(folders[i], o.n, 0);
		check_bool(folders[i],
		    state_read_pause(folders[i], &pause, error), true);
		check_bool(folders[i], pause.on, false);
		overrides_free(&o);
	}
	check_bool("it is there", state_is_there(*state), true);
	check_bool("it is missing", state_is_there(missing), false);
}

static void
a_pause_is_kept(void **state)
{
	struct pause pause = {.on = true, .since_s = SINCE}, got;
	char error[STATE_ERROR_SIZE] = "";

	snprintf(pause.reason, sizeof(pause.reason),
	    "the relay moves, gr\xc3"
	    "\xbc\xc3\x9f");
	check_bool("written", state_write_pause(*state, &pause, error), true);
	check_file("the file", state, "paused",
	    "1798189200 the relay moves, gr\xc3\xbc\xc3\x9f\n");
	check_bool("read", state_read_pause(*state, &got, error), true);
	check_bool("on", got.on, true);
	check_int("since", got.since_s, SINCE);
	check_string("reason", got.reason, pause.reason);
	pause.reason[0] = '\0';
	pause.since_s++;
	check_bool("again", state_write_pause(*state, &pause, error), true);
	check_file("the file", state, "paused", "1798189201 \n");
	check_bool("read", state_read_pause(*state, &got, error), true);
	check_bool("on", got.on, true);
	check_string("no reason", got.reason, "");
	check_int("no other file", names_in(*state), 1);
	pause.on = false;
	check_bool("off", state_write_pause(*state, &pause, error), true);
	check_int("no file", names_in(*state), 0);
	check_bool("off again", state_write_pause(*state, &pause, error), true);
	check_bool("read", state_read_pause(*state, &got, error), true);
	check_bool("off", got.on, false);
}

static void
overrides_are_kept(void **state)
{
	char error[STATE_ERROR_SIZE] = "";
	struct overrides o, got;

	overrides_init(&o);
	overrides_init(&got);
	set(&o, "ABCDEF12345", SINCE - 5, SINCE + 5);
	check_bool("written", state_write_overrides(*state, &o, error), true);
	check_file("the file", state, "overrides",
	    OVERRIDES_MAGIC "\nABCDEF12345 1798189195 1798189205 1798189200\n");
	set(&o, "4bXyZ0123456789", SINCE, OVERRIDE_NEVER);
	check_bool("again", state_write_overrides(*state, &o, error), true);
	check_bool("read", state_read_overrides(*state, &got, error), true);
	check_int("two", got.n, 2);
	check_int("one", due_of(&got, "ABCDEF12345", SINCE - 5), SINCE + 5);
	check_int("the other", due_of(&got, "4bXyZ0123456789", SINCE),
	    OVERRIDE_NEVER);
	check_int("one file", names_in(*state), 1);
	overrides_free(&o);
	check_bool("none", state_write_overrides(*state, &o, error), true);
	check_file("the file", state, "overrides", OVERRIDES_MAGIC "\n");
	overrides_free(&got);
}

static const struct {
	const char *row;
	const char *content;
	bool ok;
} pauses[] = {
    {"as it is written", "5 why\n", true},
    {"no reason", "5 \n", true},
    {"blanks in it", "5  two  blanks \n", true},
    {"empty", "", false},
    {"a line end", "\n", false},
    {"no reason and no blank", "5\n", false},
    {"no line end", "5 why", false},
    {"two lines", "5 why\n6 and why\n", false},
    {"no time", " why\n", false},
    {"a word for a time", "now why\n", false},
    {"before 1970", "-5 why\n", false},
    {"2^63", "9223372036854775808 why\n", false},
    {"a control character", "5 a\tb\n", false},
    {"no UTF-8", "5 \xff\n", false},
    {"a character that is cut", "5 \xc3\n", false},
};

static void
a_pause_is_understood_or_told_of(void **state)
{
	char error[STATE_ERROR_SIZE], path[FOLDER_PATH_SIZE];
	struct pause pause;

	folder_join(state, "paused", path);
	for (size_t i = 0; i < COUNT_OF(pauses); i++) {
		error[0] = '\0';
		put_file(state, "paused", pauses[i].content);
		check_bool(pauses[i].row,
		    state_read_pause(*state, &pause, error), pauses[i].ok);
		check_bool(pauses[i].row, pause.on, pauses[i].ok);
		if (pauses[i].ok)
			continue;
		check_part(pauses[i].row, error, path);
		check_part(pauses[i].row, error,
		    ": not one line \"SECONDS REASON\"; to resume, remove it");
	}
	clean(state);
}

static void
the_longest_reason_is_read(void **state)
{
	char line[STATE_REASON_MAX + 64], error[STATE_ERROR_SIZE];
	struct pause pause;

	for (int n = STATE_REASON_MAX - 1; n <= STATE_REASON_MAX + 1; n++) {
		snprintf(line, sizeof(line), "5 %0*d\n", n, 0);
		put_file(state, "paused", line);
		check_bool("how long", state_read_pause(*state, &pause, error),
		    n <= STATE_REASON_MAX);
	}
	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\0';
	put_file(state, "paused", line);
	check_bool("too large", state_read_pause(*state, &pause, error), false);
	check_part("why", error, ": too large");
	clean(state);
}

static void
overrides_that_are_none_are_told_of(void **state)
{
	char error[STATE_ERROR_SIZE] = "", path[FOLDER_PATH_SIZE];
	struct overrides o;

	overrides_init(&o);
	folder_join(state, "overrides", path);
	put_file(state, "overrides", OVERRIDES_MAGIC "\nABCDEF 1 2\n");
	check_bool("wrong", state_read_overrides(*state, &o, error), false);
	check_part("which file", error, path);
	check_part("which line", error, ":2: ");
	check_int("none", o.n, 0);
	put_file(state, "overrides", "");
	check_bool("empty", state_read_overrides(*state, &o, error), false);
	check_part("which line", error, ":1: ");
	clean(state);
}

/* What stands where a file should be. */
static void
make_folder(void **state, const char *name)
{
	char path[FOLDER_PATH_SIZE];

	assert_int_equal(mkdir(folder_join(state, name, path), 0700), 0);
}

static void
make_link(void **state, const char *name)
{
	char path[FOLDER_PATH_SIZE];

	assert_int_equal(
	    symlink("/etc/passwd", folder_join(state, name, path)), 0);
}

static void
make_fifo(void **state, const char *name)
{
	char path[FOLDER_PATH_SIZE];

	assert_int_equal(mkfifo(folder_join(state, name, path), 0600), 0);
}

static const struct {
	const char *row;
	void (*make)(void **state, const char *name);
} others[] = {
    {"a folder", make_folder},
    {"a link", make_link},
    {"a fifo", make_fifo},
};

static void
what_is_no_file_is_told_of(void **state)
{
	char path[FOLDER_PATH_SIZE], error[STATE_ERROR_SIZE];
	struct pause pause;
	struct overrides o;

	overrides_init(&o);
	for (size_t i = 0; i < COUNT_OF(others); i++) {
		others[i].make(state, "paused");
		others[i].make(state, "overrides");
		check_bool(others[i].row,
		    state_read_pause(*state, &pause, error), false);
		check_part(others[i].row, error, "/paused: not a regular file");
		check_bool(others[i].row,
		    state_read_overrides(*state, &o, error), false);
		check_part(
		    others[i].row, error, "/overrides: not a regular file");
		remove(folder_join(state, "paused", path));
		remove(folder_join(state, "overrides", path));
	}
}

static void
a_folder_in_the_place_of_the_file_stays(void **state)
{
	struct pause pause = {.on = true};
	char path[FOLDER_PATH_SIZE], error[STATE_ERROR_SIZE] = "";

	make_folder(state, "paused");
	check_bool("on", state_write_pause(*state, &pause, error), false);
	check_part("why", error, "/paused: not a regular file");
	check_int("nothing beside it", names_in(*state), 1);
	pause.on = false;
	check_bool("off", state_write_pause(*state, &pause, error), false);
	remove(folder_join(state, "paused", path));
}

/* It is the link that goes, not what it leads to. */
static void
a_link_in_the_place_of_the_file_is_replaced(void **state)
{
	struct pause pause = {.on = true, .since_s = 5};
	char error[STATE_ERROR_SIZE] = "", path[FOLDER_PATH_SIZE];
	char link[FOLDER_PATH_SIZE];

	put_file(state, "victim", "untouched");
	folder_join(state, "victim", path);
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(symlink(path, folder_join(state, "paused", link)), 0);
	assert_int_equal(
	    symlink(path, folder_join(state, "paused.new", link)), 0);
	check_bool("on", state_write_pause(*state, &pause, error), true);
	check_file("written", state, "paused", "5 \n");
	check_file("the other", state, "victim", "untouched");
	drop_file(state, "victim");
	clean(state);
}

static void
what_a_crash_left_is_written_over(void **state)
{
	struct pause pause = {.on = true, .since_s = 5}, got;
	char error[STATE_ERROR_SIZE] = "", path[FOLDER_PATH_SIZE];

	put_file(state, "paused.new", "half of a lon");
	assert_int_equal(
	    chmod(folder_join(state, "paused.new", path), 0444), 0);
	check_bool("read", state_read_pause(*state, &got, error), true);
	check_bool("it says nothing", got.on, false);
	check_bool("on", state_write_pause(*state, &pause, error), true);
	check_file("written", state, "paused", "5 \n");
	check_int("one file", names_in(*state), 1);
	clean(state);
}

static void
a_missing_folder_is_told_of(void **state)
{
	char folder[FOLDER_PATH_SIZE], error[STATE_ERROR_SIZE] = "";
	struct pause pause = {.on = true};
	struct overrides o;

	overrides_init(&o);
	folder_join(state, "missing", folder);
	check_bool("pause", state_write_pause(folder, &pause, error), false);
	check_part("why", error, "/missing/paused: No such file or directory");
	check_bool(
	    "overrides", state_write_overrides(folder, &o, error), false);
	check_part(
	    "why", error, "/missing/overrides: No such file or directory");
	pause.on = false;
	check_bool("resume", state_write_pause(folder, &pause, error), true);
}

static void
the_folder_may_be_a_link(void **state)
{
	char real[FOLDER_PATH_SIZE], link[FOLDER_PATH_SIZE];
	struct pause pause = {.on = true, .since_s = 5}, got;
	char error[STATE_ERROR_SIZE] = "";

	make_folder(state, "real");
	folder_join(state, "real", real);
	assert_int_equal(symlink(real, folder_join(state, "link", link)), 0);
	check_bool("there", state_is_there(link), true);
	check_bool("on", state_write_pause(link, &pause, error), true);
	check_file("written", state, "real/paused", "5 \n");
	check_bool("read", state_read_pause(link, &got, error), true);
	check_bool("on", got.on, true);
	drop_file(state, "real/paused");
	rmdir(real);
	unlink(link);
}

static void
a_file_in_the_place_of_the_folder_is_told_of(void **state)
{
	char path[FOLDER_PATH_SIZE], error[STATE_ERROR_SIZE] = "";
	struct pause pause = {.on = true};

	put_file(state, "file", "");
	folder_join(state, "file", path);
	check_bool("read", state_read_pause(path, &pause, error), false);
	check_part("why", error, "/file/paused: Not a directory");
	pause.on = true;
	check_bool("write", state_write_pause(path, &pause, error), false);
	pause.on = false;
	check_bool("resume", state_write_pause(path, &pause, error), false);
	drop_file(state, "file");
}

/* As another user, as root is let everywhere. */
static const char *
without_rights(void *ctx)
{
	const char *folder = ctx;
	struct pause pause = {.on = true};
	struct overrides o;
	static char error[STATE_ERROR_SIZE];

	overrides_init(&o);
	if (seteuid(65534) < 0)
		return "seteuid";
	if (state_read_pause(folder, &pause, error) ||
	    strstr(error, "/paused: Permission denied") == NULL)
		return "the pause is read";
	if (state_read_overrides(folder, &o, error) ||
	    strstr(error, "/overrides: Permission denied") == NULL)
		return "the overrides are read";
	pause.on = true;
	if (state_write_pause(folder, &pause, error) ||
	    strstr(error, "/paused: Permission denied") == NULL)
		return "the pause is written";
	if (state_write_overrides(folder, &o, error))
		return "the overrides are written";
	return NULL;
}

static void
files_that_may_not_be_read_are_told_of(void **state)
{
	if (geteuid() != 0)
		skip();
	put_file(state, "paused", "5 \n");
	put_file(state, "overrides", OVERRIDES_MAGIC "\n");
	assert_int_equal(chmod(*state, 0700), 0);
	check_in_child("a closed folder", without_rights, *state);
	clean(state);
}

/* A disk that is full, as far as this process is concerned. */
static const char *
with_no_room(void *ctx)
{
	const char *folder = ctx;
	struct rlimit limit = {.rlim_cur = 60, .rlim_max = RLIM_INFINITY};
	struct overrides o, got;
	struct pause pause = {.on = true, .since_s = 7};
	static char error[STATE_ERROR_SIZE];

	overrides_init(&o);
	overrides_init(&got);
	signal(SIGXFSZ, SIG_IGN);
	if (setrlimit(RLIMIT_FSIZE, &limit) < 0)
		return "setrlimit";
	set(&o, "ABCDEF12345", 1, 2);
	set(&o, "ABCDEF12346", 1, 2);
	set(&o, "ABCDEF12347", 1, 2);
	set(&o, "ABCDEF12348", 1, 2);
	if (state_write_overrides(folder, &o, error) ||
	    strstr(error, "/overrides: too large") == NULL)
		return error[0] != '\0' ? error : "overrides are written";
	if (!state_read_overrides(folder, &got, error) || got.n != 1)
		return "the old overrides are gone";
	memset(pause.reason, 'x', STATE_REASON_MAX);
	if (state_write_pause(folder, &pause, error))
		return "the pause is written";
	if (!state_read_pause(folder, &pause, error) || pause.since_s != 5)
		return "the old pause is gone";
	overrides_free(&o);
	overrides_free(&got);
	return NULL;
}

static void
a_write_that_fails_leaves_the_file_as_it_was(void **state)
{
	char error[STATE_ERROR_SIZE];
	struct overrides o;

	overrides_init(&o);
	set(&o, "ABCDEF12345", 1, 2);
	assert_true(state_write_overrides(*state, &o, error));
	put_file(state, "paused", "5 \n");
	check_in_child("no room", with_no_room, *state);
	check_int("no other file is left", names_in(*state), 2);
	overrides_free(&o);
	clean(state);
}

static int
open_descriptors(void)
{
	return names_in("/proc/self/fd");
}

static void
no_descriptor_is_left_open(void **state)
{
	int before = open_descriptors();

	nothing_was_said(state);
	a_pause_is_kept(state);
	overrides_are_kept(state);
	clean(state);
	overrides_that_are_none_are_told_of(state);
	what_is_no_file_is_told_of(state);
	a_folder_in_the_place_of_the_file_stays(state);
	a_missing_folder_is_told_of(state);
	a_file_in_the_place_of_the_folder_is_told_of(state);
	check_int("open descriptors", open_descriptors(), before);
}

static int
cleaning_teardown(void **state)
{
	clean(state);
	return folder_teardown(state);
}

#define IN_STATE(test)                                                         \
	cmocka_unit_test_setup_teardown(test, folder_setup, cleaning_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_STATE(nothing_was_said),
	    IN_STATE(a_pause_is_kept),
	    IN_STATE(overrides_are_kept),
	    IN_STATE(a_pause_is_understood_or_told_of),
	    IN_STATE(the_longest_reason_is_read),
	    IN_STATE(overrides_that_are_none_are_told_of),
	    IN_STATE(what_is_no_file_is_told_of),
	    IN_STATE(a_folder_in_the_place_of_the_file_stays),
	    IN_STATE(a_link_in_the_place_of_the_file_is_replaced),
	    IN_STATE(what_a_crash_left_is_written_over),
	    IN_STATE(a_missing_folder_is_told_of),
	    IN_STATE(the_folder_may_be_a_link),
	    IN_STATE(a_file_in_the_place_of_the_folder_is_told_of),
	    IN_STATE(files_that_may_not_be_read_are_told_of),
	    IN_STATE(a_write_that_fails_leaves_the_file_as_it_was),
	    IN_STATE(no_descriptor_is_left_open),
	};

	return cmocka_run_group_tests_name("state", tests, NULL, NULL);
}

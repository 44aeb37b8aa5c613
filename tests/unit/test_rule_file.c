/* SPDX-License-Identifier: ISC */
/*
 * Rules, lists and zones from real files.
 */
#include "tests/unit/support.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policyd/rule_file.h"

#define ZONES "/usr/share/zoneinfo"

enum {
	NOBODY = 65534,
	GUARD_S = 20, /* what takes longer has failed */
};

static const struct hash_key key = {{17, 4}};

/* The lowest descriptor that is free: unchanged when none was left open. */
static int
next_fd(void)
{
	int fd = dup(STDIN_FILENO);

	assert_true(fd >= 0);
	close(fd);
	return fd;
}

static char *
load(enum source_kind kind, const char *name, size_t *len)
{
	*len = SIZE_MAX;
	errno = 0;
	return rule_file_source.load(rule_file_source.ctx, kind, name, len);
}

/* A file of so many NULs that takes no room. */
static void
make_sparse(const char *path, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)n), 0);
	close(fd);
}

static const struct {
	const char *row;
	struct span content;
	int error; /* 0: loaded */
} lists[] = {
    {"a line", SPAN("a@b.test\n"), 0},
    {"an empty list", SPAN(""), 0},
    {"no line end", SPAN("a"), 0},
    {"bytes that are no text", SPAN("\xff\x01\r\n"), 0},
    {"only a NUL", SPAN("\0"), EINVAL},
    {"a NUL at the end", SPAN("a\n\0"), EINVAL},
    {"a NUL in front", SPAN("\0a\n"), EINVAL},
};

static void
lists_are_loaded_by_their_path(void **state)
{
	int before = next_fd();
	char path[FOLDER_PATH_SIZE];

	folder_join(state, "list", path);
	for (size_t i = 0; i < COUNT_OF(lists); i++) {
		const char *row = lists[i].row;
		size_t len;
		char *got;

		write_file(path, lists[i].content);
		got = load(SOURCE_LIST, path, &len);
		check_int(row, got == NULL ? errno : 0, lists[i].error);
		if (got != NULL)
			check_span(row, span_of(got, len), lists[i].content);
		free(got);
	}
	assert_int_equal(next_fd(), before);
}

static const struct {
	const char *row;
	size_t n;
	int error; /* EINVAL: it was read, and has a NUL */
} sizes[] = {
    {"one byte less than the limit", RULE_FILE_LIST_MAX - 1, EINVAL},
    {"the limit", RULE_FILE_LIST_MAX, EINVAL},
    {"one byte more than the limit", RULE_FILE_LIST_MAX + 1, EFBIG},
    {"a terabyte", (size_t)1 << 40, EFBIG},
};

static void
a_list_has_a_longest_size(void **state)
{
	int before = next_fd();
	char path[FOLDER_PATH_SIZE];

	folder_join(state, "list", path);
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		size_t len;

		make_sparse(path, sizes[i].n);
		assert_null(load(SOURCE_LIST, path, &len));
		check_int(sizes[i].row, errno, sizes[i].error);
	}
	assert_int_equal(next_fd(), before);
}

/* None of them is waited for. */
static void
what_is_no_file_is_no_list(void **state)
{
	int before = next_fd();
	char path[FOLDER_PATH_SIZE];
	size_t len;
	char *got;

	alarm(GUARD_S);
	folder_join(state, "list", path);
	assert_null(load(SOURCE_LIST, path, &len));
	check_int("missing", errno, ENOENT);
	assert_null(load(SOURCE_LIST, *state, &len));
	check_int("a folder", errno, EISDIR);
	assert_null(load(SOURCE_LIST, "/dev/zero", &len));
	check_int("a device without an end", errno, EFBIG);
	assert_int_equal(mkfifo(path, 0600), 0);
	got = load(SOURCE_LIST, path, &len);
	check_bool("a FIFO", got != NULL && len == 0, true);
	free(got);
	alarm(0);
	assert_int_equal(next_fd(), before);
}

/* The engine is not root. */
static void
an_unreadable_list_is_an_error(void **state)
{
	uid_t before = geteuid();
	char path[FOLDER_PATH_SIZE];
	size_t len;
	char *got;

	write_file(folder_join(state, "list", path), span_str("a\n"));
	assert_int_equal(chmod(*state, 0711), 0);
	assert_int_equal(chmod(path, 0200), 0);
	if (before == 0)
		assert_int_equal(seteuid(NOBODY), 0);
	got = load(SOURCE_LIST, path, &len);
	check_int("unreadable", got == NULL ? errno : 0, EACCES);
	assert_int_equal(seteuid(before), 0);
}

/* Zones */

static void
zones_are_loaded_by_their_name(void **state)
{
	struct zone zone;
	struct stat file;
	size_t len;
	char *got;

	(void)state;
	if (stat(ZONES "/Europe/Amsterdam", &file) < 0)
		skip();
	got = load(SOURCE_ZONE, "Europe/Amsterdam", &len);
	assert_non_null(got);
	assert_int_equal(len, file.st_size);
	assert_null(zone_parse(span_of(got, len), &zone));
	assert_int_equal(zone_offset_s(&zone, 1782907200), 7200); /* July */
	zone_free(&zone);
	free(got);
	assert_null(load(SOURCE_ZONE, "Europe", &len));
	check_int("a folder", errno, EISDIR);
}

static void
unknown_zones_are_not_there(void **state)
{
	static const char *const names[] = {"Mars/Olympus",
	    "a23456789012345678901234567890123456789012345678901234567890123"};
	size_t len;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		assert_true(strlen(names[i]) < ZONE_NAME_SIZE);
		assert_null(load(SOURCE_ZONE, names[i], &len));
		check_int(names[i], errno, ENOENT);
	}
}

static void
no_name_is_the_zone_of_the_machine(void **state)
{
	struct stat file;
	size_t len;
	char *got;

	(void)state;
	if (stat("/etc/localtime", &file) < 0)
		skip();
	got = load(SOURCE_ZONE, "", &len);
	assert_non_null(got);
	assert_int_equal(len, file.st_size);
	check_span("a zone", span_of(got, 4), span_str("TZif"));
	free(got);
}

/* Rules */

/* Settings with this rules file, and two days as the longest. */
static void
set_rules(struct settings *settings, const char *path)
{
	char error[CONF_ERROR_SIZE];

	assert_true(settings_parse(
	    settings, span_str("max_postpone = 2d"), "test", error));
	snprintf(settings->rules_file, SETTINGS_PATH_SIZE, "%s", path);
}

enum { NOW_S = 1800000000 /* 2027-01-15T08:00:00Z */ };

static const struct {
	const char *row;
	struct span content;
	const char *error; /* a part; NULL: read */
} files[] = {
    {"a rule", SPAN("a : delay 1h\n"), NULL},
    {"nothing", SPAN(""), "/rules: has no rules"},
    {"only a comment", SPAN("# a : pass\n"), "/rules: has no rules"},
    {"a wrong rule", SPAN("a : pass\nb : what\n"), "/rules:2: "},
    {"a NUL", SPAN("a : pass\n\0"), "/rules: has a NUL byte"},
    {"the longest delay", SPAN("a : delay 172799s\n"), NULL},
    {"one that is longer", SPAN("a : delay 2d\n"),
	"/rules:1: delay is not less than max_postpone"},
    {"the latest date", SPAN("a : until 2027-01-17T08:00:00Z\n"), NULL},
    {"one that is later", SPAN("a : until 2027-01-17T08:00:01Z\n"),
	"/rules:1: until is more than max_postpone ahead"},
    {"a list that is missing", SPAN("a : pass\nb sender=file:/no/a : pass\n"),
	"/rules:2: /no/a: No such file or directory"},
    {"an unknown zone", SPAN("\na : window 08:00-09:00 tz=Mars/Olympus\n"),
	"/rules:2: tz=Mars/Olympus: there is no such zone; zones come from "
	"Debian's package tzdata"},
};

static void
rules_are_read_with_what_they_name(void **state)
{
	int before = next_fd();
	struct settings settings;
	char path[FOLDER_PATH_SIZE], error[RULE_ERROR_SIZE];

	set_rules(&settings, folder_join(state, "rules", path));
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		struct rules rules;
		bool ok;

		write_file(path, files[i].content);
		ok = rule_file_load(&rules, &settings, &key, NOW_S, error);
		check_bool(files[i].row, ok, files[i].error == NULL);
		if (ok) {
			check_int(files[i].row, (int64_t)rules.n, 1);
			assert_memory_equal(&rules.hash_key, &key, sizeof(key));
			rules_free(&rules);
		} else {
			check_part(files[i].row, error, files[i].error);
			check_span("the whole path",
			    span_head(span_str(error), strlen(path)),
			    span_str(path));
		}
	}
	assert_int_equal(next_fd(), before);
}

static void
lists_and_zones_of_rules_are_found(void **state)
{
	char path[FOLDER_PATH_SIZE], list[FOLDER_PATH_SIZE];
	char text[2 * FOLDER_PATH_SIZE + 128], error[RULE_ERROR_SIZE] = "";
	struct settings settings;
	struct rules rules;

	if (access(ZONES "/Asia/Tokyo", R_OK) < 0)
		skip();
	folder_join(state, "list", list);
	write_file(list, span_str("ann@a.test\n"));
	set_rules(&settings, folder_join(state, "rules", path));
	snprintf(text, sizeof(text),
	    "a sender=file:%s : window 08:00-09:00 tz=Asia/Tokyo\n"
	    "b : window 08:00-09:00\n",
	    list);
	write_file(path, span_str(text));
	if (!rule_file_load(&rules, &settings, &key, NOW_S, error))
		check_string("read", error, "");
	assert_int_equal(rules.n_zones, 2);
	assert_int_equal(zone_offset_s(&rules.zone[0].zone, NOW_S), 9 * 3600);
	rules_free(&rules);
	write_file(list, span_str("ann@a.test\n\n@\n"));
	assert_false(rule_file_load(&rules, &settings, &key, NOW_S, error));
	snprintf(text, sizeof(text), "%s:1: %s:3: ", path, list);
	check_part("a bad line of a list", error, text);
}

static const char *
why_not(const char *path)
{
	static char error[RULE_ERROR_SIZE];
	struct settings settings;
	struct rules rules;

	set_rules(&settings, path);
	assert_false(rule_file_load(&rules, &settings, &key, NOW_S, error));
	return error;
}

static void
what_is_no_file_has_no_rules(void **state)
{
	int before = next_fd();
	char path[FOLDER_PATH_SIZE];

	alarm(GUARD_S);
	folder_join(state, "rules", path);
	check_part("missing", why_not(path), "/rules: No such file");
	check_part("a folder", why_not(*state), ": Is a directory");
	make_sparse(path, CONF_FILE_MAX);
	check_part("full of NULs", why_not(path), "/rules: has a NUL byte");
	make_sparse(path, CONF_FILE_MAX + 1);
	check_part("too large", why_not(path), "/rules: larger than 4 MiB");
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	check_part("a FIFO", why_not(path), "/rules: has no rules");
	alarm(0);
	assert_int_equal(next_fd(), before);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_FOLDER(lists_are_loaded_by_their_path),
	    IN_FOLDER(a_list_has_a_longest_size),
	    IN_FOLDER(what_is_no_file_is_no_list),
	    IN_FOLDER(an_unreadable_list_is_an_error),
	    cmocka_unit_test(zones_are_loaded_by_their_name),
	    cmocka_unit_test(unknown_zones_are_not_there),
	    cmocka_unit_test(no_name_is_the_zone_of_the_machine),
	    IN_FOLDER(rules_are_read_with_what_they_name),
	    IN_FOLDER(lists_and_zones_of_rules_are_found),
	    IN_FOLDER(what_is_no_file_has_no_rules),
	};

	return cmocka_run_group_tests_name("rule_file", tests, NULL, NULL);
}

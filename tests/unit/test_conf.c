/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "tests/unit/support.h"

#include "hdrcheck/base/conf.h"
#include "hdrcheck/base/sock.h"

struct sample {
	int64_t wait_s;
	int64_t number;
	char name[8];
	char path[8];
	char needed_path[8];
	struct sock_address listener;
	mode_t mode;
};

#define FIELD(name) offsetof(struct sample, name)

static const struct conf_setting table[] = {
    {"wait", "1m", conf_parse_seconds, FIELD(wait_s), 10, 3600},
    {"number", "7", conf_parse_number, FIELD(number), 5, 100},
    {"name", "bob", conf_parse_string, FIELD(name), 0, 8},
    {"path", "(none)", conf_parse_path, FIELD(path), 0, 8},
    {"needed_path", "/x", conf_parse_path, FIELD(needed_path), 1, 8},
    {"listener", "(off)", conf_parse_listener, FIELD(listener), 0, 0},
    {"mode", "0660", conf_parse_mode, FIELD(mode), 0, 0},
};

static void
presets_are_set(void **state)
{
	struct sample s;

	(void)state;
	memset(&s, 0xff, sizeof(s));
	conf_preset(table, COUNT_OF(table), &s);
	assert_int_equal(s.wait_s, 60);
	assert_int_equal(s.number, 7);
	assert_string_equal(s.name, "bob");
	assert_string_equal(s.path, "");
	assert_string_equal(s.needed_path, "/x");
	assert_int_equal(s.listener.len, 0);
	assert_string_equal(s.listener.text, "");
	assert_int_equal(s.mode, 0660);
}

/* want: the error, or NULL where the text is accepted. */
static void
check_parse(
    const char *row, struct span given, struct sample *s, const char *want)
{
	struct span text = exact_copy(given);
	char error[CONF_ERROR_SIZE] = "";
	bool ok;

	conf_preset(table, COUNT_OF(table), s);
	ok = conf_parse(table, COUNT_OF(table), text, "F", s, error);
	check_string(row, ok ? NULL : error, want);
	exact_free(text);
}

static const struct {
	const char *row;
	struct span text;
	int64_t number;
	const char *name;
} accepted[] = {
    {"nothing", SPAN(""), 7, "bob"},
    {"one line", SPAN("number = 8\n"), 8, "bob"},
    {"no line end", SPAN("number = 8"), 8, "bob"},
    {"no blanks", SPAN("number=8\nname=al\n"), 8, "al"},
    {"many blanks", SPAN("  number\t =  8 \t\n"), 8, "bob"},
    {"CRLF", SPAN("number = 8\r\nname = al\r\n"), 8, "al"},
    {"comments and empty lines",
	SPAN("# a\n\n  # number = 9\n \t\nname = al\n#"), 7, "al"},
    {"only line ends", SPAN("\n\n\r\n"), 7, "bob"},
    {"a value with an equals sign", SPAN("name = a=b"), 7, "a=b"},
    {"a hash in a value is no comment", SPAN("name = a #b"), 7, "a #b"},
    {"the other order", SPAN("name = al\nnumber = 8\n"), 8, "al"},
};

static void
lines_are_read(void **state)
{
	struct sample s;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(accepted); i++) {
		check_parse(accepted[i].row, accepted[i].text, &s, NULL);
		check_int(accepted[i].row, s.number, accepted[i].number);
		check_string(accepted[i].row, s.name, accepted[i].name);
	}
}

static const struct {
	const char *row;
	struct span text;
	const char *want;
} refused[] = {
    {"an unknown name", SPAN("colour = red\n"), "F:1: colour: no such setting"},
    {"a name in another case", SPAN("Number = 8\n"),
	"F:1: Number: no such setting"},
    {"a longer name", SPAN("number2 = 8\n"), "F:1: number2: no such setting"},
    {"a name that no terminal is to get", SPAN("a\033[31m\xc2\x9b = 8\n"),
	"F:1: a?[31m?: no such setting"},
    {"a shorter name", SPAN("numbe = 8\n"), "F:1: numbe: no such setting"},
    {"no name", SPAN("= 8\n"), "F:1: no such setting"},
    {"no equals sign", SPAN("number 8\n"), "F:1: not 'name = value'"},
    {"a word", SPAN("\n\nnumber"), "F:3: not 'name = value'"},
    {"a name twice", SPAN("number = 8\n# x\nnumber = 8\n"),
	"F:3: number: set already on line 1"},
    {"a bad value on the third line", SPAN("# x\n\nnumber = x"),
	"F:3: number: not a number"},
    {"the first of two errors", SPAN("number = x\ncolour = red\n"),
	"F:1: number: not a number"},
    {"a comment behind a value", SPAN("number = 8 # x\n"),
	"F:1: number: not a number"},
    {"a NUL", SPAN("number = 8\0\n"), "F:1: number: not a number"},
    {"0xff", SPAN("number = \xff\n"), "F:1: number: not a number"},
    {"a bare CR is no line end", SPAN("number = 8\rname = al\n"),
	"F:1: number: not a number"},
};

static void
errors_tell_file_and_line(void **state)
{
	struct sample s;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(refused); i++)
		check_parse(
		    refused[i].row, refused[i].text, &s, refused[i].want);
}

static void
an_error_fits_whatever_the_name(void **state)
{
	char text[3000], file[1000], error[CONF_ERROR_SIZE];
	struct sample s;

	(void)state;
	memset(text, 'n', sizeof(text));
	text[sizeof(text) - 2] = '=';
	memset(file, 'f', sizeof(file) - 1);
	file[sizeof(file) - 1] = '\0';
	assert_false(conf_parse(table, COUNT_OF(table),
	    span_of(text, sizeof(text)), "F", &s, error));
	check_part("a long name", error, "nnn: no such setting");
	assert_false(conf_parse(table, COUNT_OF(table),
	    span_of(text, sizeof(text)), file, &s, error));
	assert_int_equal(strlen(error), CONF_ERROR_SIZE - 1);
}

static const struct {
	const char *row;
	struct span text;
	const char *want;
} values[] = {
    {"wait: one less than the shortest", SPAN("wait = 9"),
	"F:1: wait: too short a time"},
    {"wait: the shortest", SPAN("wait = 10s"), NULL},
    {"wait: one more than the shortest", SPAN("wait = 11s"), NULL},
    {"wait: one less than the longest", SPAN("wait = 59m59s"), NULL},
    {"wait: the longest", SPAN("wait = 1h"), NULL},
    {"wait: one more than the longest", SPAN("wait = 1h1s"),
	"F:1: wait: too long a time"},
    {"wait: a word", SPAN("wait = long"),
	"F:1: wait: not a time like 90s, 15m or 1d2h30m"},
    {"wait: nothing", SPAN("wait ="),
	"F:1: wait: not a time like 90s, 15m or 1d2h30m"},
    {"wait: negative", SPAN("wait = -60s"),
	"F:1: wait: not a time like 90s, 15m or 1d2h30m"},
    {"number: one less than the least", SPAN("number = 4"),
	"F:1: number: too small a number"},
    {"number: the least", SPAN("number = 5"), NULL},
    {"number: one more than the least", SPAN("number = 6"), NULL},
    {"number: one less than the most", SPAN("number = 99"), NULL},
    {"number: the most", SPAN("number = 100"), NULL},
    {"number: one more than the most", SPAN("number = 101"),
	"F:1: number: too large a number"},
    {"number: 2^63 - 1", SPAN("number = 9223372036854775807"),
	"F:1: number: too large a number"},
    {"number: 2^63", SPAN("number = 9223372036854775808"),
	"F:1: number: not a number"},
    {"number: 2^64 + 7", SPAN("number = 18446744073709551623"),
	"F:1: number: not a number"},
    {"number: nothing", SPAN("number ="), "F:1: number: not a number"},
    {"number: negative", SPAN("number = -7"), "F:1: number: not a number"},
    {"name: one less than fits", SPAN("name = 123456"), NULL},
    {"name: as much as fits", SPAN("name = 1234567"), NULL},
    {"name: one more than fits", SPAN("name = 12345678"),
	"F:1: name: too long"},
    {"name: nothing", SPAN("name ="), "F:1: name: needs a value"},
    {"path: one less than fits", SPAN("path = /12345"), NULL},
    {"path: as much as fits", SPAN("path = /123456"), NULL},
    {"path: one more than fits", SPAN("path = /1234567"),
	"F:1: path: too long a path"},
    {"path: none", SPAN("path = (none)"), NULL},
    {"path: off", SPAN("path = (off)"), NULL},
    {"path: nothing", SPAN("path ="), NULL},
    {"path: relative", SPAN("path = a/b"), "F:1: path: not an absolute path"},
    {"path: none where it is needed", SPAN("needed_path = (none)"),
	"F:1: needed_path: not an absolute path"},
    {"path: nothing where it is needed", SPAN("needed_path ="),
	"F:1: needed_path: not an absolute path"},
    {"listener: a path", SPAN("listener = unix:/x"), NULL},
    {"listener: a port", SPAN("listener = inet:127.0.0.1:10044"), NULL},
    {"listener: none", SPAN("listener = (none)"), NULL},
    {"listener: off", SPAN("listener = (off)"), NULL},
    {"listener: nothing", SPAN("listener ="), NULL},
    {"listener: a bare path", SPAN("listener = /x"),
	"F:1: listener: a listener is unix:/path or inet:ADDRESS:PORT"},
    {"mode: three digits", SPAN("mode = 600"), NULL},
    {"mode: four digits", SPAN("mode = 0777"), NULL},
    {"mode: none at all", SPAN("mode = 0000"), NULL},
    {"mode: more than 0777", SPAN("mode = 1000"),
	"F:1: mode: not a mode like 0660"},
    {"mode: two digits", SPAN("mode = 60"), "F:1: mode: not a mode like 0660"},
    {"mode: five digits", SPAN("mode = 00660"),
	"F:1: mode: not a mode like 0660"},
    {"mode: digit 8", SPAN("mode = 0680"), "F:1: mode: not a mode like 0660"},
    {"mode: a word", SPAN("mode = u=rw"), "F:1: mode: not a mode like 0660"},
    {"mode: nothing", SPAN("mode ="), "F:1: mode: not a mode like 0660"},
};

static void
values_have_their_bounds(void **state)
{
	struct sample s;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(values); i++)
		check_parse(values[i].row, values[i].text, &s, values[i].want);
}

static void
values_reach_their_fields(void **state)
{
	struct span text =
	    span_str("wait = 1m1s\nnumber = 99\nname = x\npath = /p\n"
		     "needed_path = /q\nlistener = unix:/s\nmode = 0640\n");
	struct sample s;

	(void)state;
	check_parse("all of them", text, &s, NULL);
	assert_int_equal(s.wait_s, 61);
	assert_int_equal(s.number, 99);
	assert_string_equal(s.name, "x");
	assert_string_equal(s.path, "/p");
	assert_string_equal(s.needed_path, "/q");
	assert_string_equal(sock_path(&s.listener), "/s");
	assert_int_equal(s.mode, 0640);
}

static void
every_prefix_is_judged_on_its_last_line(void **state)
{
	struct span whole = span_str("number = 8\nwait = 15m\nmode = 0640\n");
	struct sample s;

	(void)state;
	for (size_t n = 0; n <= whole.len; n++) {
		struct span text = exact_copy(span_head(whole, n));
		char error[CONF_ERROR_SIZE] = "";
		char start[8];
		int line = n <= 11 ? 1 : n <= 22 ? 2 : 3;

		conf_preset(table, COUNT_OF(table), &s);
		snprintf(start, sizeof(start), "F:%d: ", line);
		if (!conf_parse(table, COUNT_OF(table), text, "F", &s, error))
			check_part("a prefix", error, start);
		exact_free(text);
	}
}

/* Opens a file that holds n bytes c. */
static int
open_filled(void **state, size_t n, char c)
{
	char path[FOLDER_PATH_SIZE];
	char *bytes = malloc(n + 1);
	int fd;

	assert_non_null(bytes);
	memset(bytes, c, n + 1);
	write_file(folder_join(state, "conf", path), span_of(bytes, n));
	free(bytes);
	fd = open(path, O_RDONLY);
	assert_true(fd >= 0);
	return fd;
}

static const struct {
	const char *row;
	size_t n;
	char c;
	int error; /* 0: loaded */
} files[] = {
    {"an empty file", 0, '\n', 0},
    {"a short file", 100, '\n', 0},
    {"one byte less than the limit", CONF_FILE_MAX - 1, '\n', 0},
    {"the limit", CONF_FILE_MAX, '\n', 0},
    {"one byte more than the limit", CONF_FILE_MAX + 1, '\n', EFBIG},
    {"a NUL byte", 1, '\0', EINVAL},
};

static void
files_are_loaded_whole(void **state)
{
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		int fd = open_filled(state, files[i].n, files[i].c);
		size_t len = SIZE_MAX;
		char *text;

		errno = 0;
		text = conf_load(fd, &len);
		check_int(
		    files[i].row, text == NULL ? errno : 0, files[i].error);
		if (text != NULL)
			check_int(
			    files[i].row, (int64_t)len, (int64_t)files[i].n);
		free(text);
		close(fd);
	}
}

/* A file of so many bytes that takes no room. */
static int
open_sparse(void **state, size_t n)
{
	char path[FOLDER_PATH_SIZE];
	int fd = open(folder_join(state, "sparse", path),
	    O_RDWR | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)n), 0);
	return fd;
}

static const struct {
	const char *row;
	size_t max;
	size_t n;
	int error; /* 0: loaded */
} bytes[] = {
    {"nothing, with no room", 0, 0, 0},
    {"one byte, with no room", 0, 1, EFBIG},
    {"less than a block, one byte less", 10, 9, 0},
    {"less than a block", 10, 10, 0},
    {"less than a block, one byte more", 10, 11, EFBIG},
    {"a block, one byte less", 4096, 4095, 0},
    {"a block", 4096, 4096, 0},
    {"a block, one byte more", 4096, 4097, EFBIG},
    {"more than a configuration", CONF_FILE_MAX + 9, CONF_FILE_MAX + 9, 0},
    {"far too much", 4096, 64 * 1024 * 1024, EFBIG},
};

static void
any_bytes_are_loaded_up_to_a_maximum(void **state)
{
	for (size_t i = 0; i < COUNT_OF(bytes); i++) {
		const char *row = bytes[i].row;
		int fd = open_sparse(state, bytes[i].n);
		size_t len = SIZE_MAX;
		char *got;

		errno = 0;
		got = conf_load_bytes(fd, bytes[i].max, &len);
		check_int(row, got == NULL ? errno : 0, bytes[i].error);
		if (got != NULL)
			check_int(row, (int64_t)len, (int64_t)bytes[i].n);
		for (size_t at = 0; got != NULL && at < len; at++)
			assert_int_equal(got[at], 0);
		free(got);
		close(fd);
	}
}

static void
errors_of_loading_have_words(void **state)
{
	(void)state;
	check_string("too large", conf_load_reason(EFBIG), "larger than 4 MiB");
	check_string("a NUL", conf_load_reason(EINVAL), "has a NUL byte");
	check_string("another", conf_load_reason(ENOENT), strerror(ENOENT));
}

static void
what_cannot_be_read_is_an_error(void **state)
{
	int fd = open(*state, O_RDONLY);
	size_t len;

	assert_true(fd >= 0);
	assert_null(conf_load(fd, &len));
	assert_int_equal(errno, EISDIR);
	close(fd);
	assert_null(conf_load(fd, &len));
	assert_int_equal(errno, EBADF);
}

static void
a_file_may_come_through_a_pipe_in_pieces(void **state)
{
	int ends[2];
	size_t len;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	for (int i = 0; i < 5; i++)
		assert_int_equal(write(ends[1], "# comment\n", 10), 10);
	close(ends[1]);
	free(conf_load(ends[0], &len));
	assert_int_equal(len, 50);
	close(ends[0]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(presets_are_set),
	    cmocka_unit_test(lines_are_read),
	    cmocka_unit_test(errors_tell_file_and_line),
	    cmocka_unit_test(an_error_fits_whatever_the_name),
	    cmocka_unit_test(values_have_their_bounds),
	    cmocka_unit_test(values_reach_their_fields),
	    cmocka_unit_test(every_prefix_is_judged_on_its_last_line),
	    IN_FOLDER(files_are_loaded_whole),
	    IN_FOLDER(any_bytes_are_loaded_up_to_a_maximum),
	    cmocka_unit_test(errors_of_loading_have_words),
	    IN_FOLDER(what_cannot_be_read_is_an_error),
	    cmocka_unit_test(a_file_may_come_through_a_pipe_in_pieces),
	};

	return cmocka_run_group_tests_name("conf", tests, NULL, NULL);
}

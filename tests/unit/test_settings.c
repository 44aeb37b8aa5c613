/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/support.h"

#include "hdrcheck/settings.h"

#define DAY_S INT64_C(86400)

static void
check_parse(
    const char *row, const char *given, struct settings *s, const char *want)
{
	struct span text = exact_copy(span_str(given));
	char error[CONF_ERROR_SIZE] = "";
	bool ok = settings_parse(s, text, "F", error);

	check_string(row, ok ? NULL : error, want);
	exact_free(text);
}

static void
check_listener(const struct sock_address *got, const char *path)
{
	check_string(path, got->text, path);
	check_string(path, sock_path(got), path + strlen("unix:"));
}

static void
defaults_are_those_of_the_manual(void **state)
{
	struct settings s;

	(void)state;
	memset(&s, 0xff, sizeof(s));
	check_parse("no line at all", "", &s, NULL);
	assert_int_equal(s.header_names.n, 1);
	assert_string_equal(s.header_names.name[0], "X-Deliver-At");
	assert_int_equal(s.max_postpone_s, 366 * DAY_S);
	assert_true(s.permit_postpone.any);
	assert_false(s.release_unpermitted);
	assert_int_equal(s.veto_headers.n, 0);
	check_listener(&s.socketmap_listen,
	    "unix:/var/spool/postfix/deliver-at/socketmap");
	assert_int_equal(s.tcp_table_listen.len, 0);
	check_listener(
	    &s.policy_listen, "unix:/var/spool/postfix/deliver-at/policy");
	assert_int_equal(s.socket_mode, 0660);
	assert_string_equal(s.socket_group, "postfix");
	assert_string_equal(s.user, "deliver-at");
	assert_string_equal(s.control_socket, "/run/deliver-at/control");
	assert_string_equal(s.postfix_config_directory, "/etc/postfix");
	assert_string_equal(s.rules_file, "");
	assert_int_equal(s.sweep_interval_s, 60);
	assert_int_equal(s.release_method, METHOD_AUTO);
	assert_int_equal(s.requeue_after_s, SETTINGS_AUTO);
	assert_int_equal(s.release_rate, 0);
	assert_string_equal(s.state_directory, "/var/lib/deliver-at");
	assert_int_equal(s.max_connections, 1000);
	assert_int_equal(s.idle_timeout_s, 300);
}

static const char all[] = "header_names = X-A, X-B X-C\n"
			  "max_postpone = 1d2h30m\n"
			  "permit_postpone = authenticated, 10.0.0.0/8\n"
			  "unpermitted = release\n"
			  "veto_headers = X-Quarantine\n"
			  "socketmap_listen = unix:/s\n"
			  "tcp_table_listen = inet:127.0.0.1:10044\n"
			  "policy_listen = inet:[::1]:10045\n"
			  "socket_mode = 0600\n"
			  "socket_group = mail\n"
			  "user = bob\n"
			  "control_socket = /c\n"
			  "postfix_config_directory = /p\n"
			  "rules_file = /r\n"
			  "sweep_interval = 2m\n"
			  "release_method = requeue\n"
			  "requeue_after = 3d\n"
			  "release_rate = 50\n"
			  "state_directory = /l\n"
			  "max_connections = 10\n"
			  "idle_timeout = 10s\n";

static void
every_setting_can_be_set(void **state)
{
	struct settings s;

	(void)state;
	check_parse("all of them", all, &s, NULL);
	assert_int_equal(s.header_names.n, 3);
	assert_string_equal(s.header_names.name[2], "X-C");
	assert_int_equal(s.max_postpone_s, DAY_S + 9000);
	assert_false(s.permit_postpone.any);
	assert_true(s.permit_postpone.authenticated);
	assert_int_equal(s.permit_postpone.n_nets, 1);
	assert_true(s.release_unpermitted);
	assert_int_equal(s.veto_headers.n, 1);
	check_listener(&s.socketmap_listen, "unix:/s");
	assert_string_equal(s.tcp_table_listen.text, "inet:127.0.0.1:10044");
	assert_string_equal(s.policy_listen.text, "inet:[::1]:10045");
	assert_int_equal(s.socket_mode, 0600);
	assert_string_equal(s.socket_group, "mail");
	assert_string_equal(s.user, "bob");
	assert_string_equal(s.control_socket, "/c");
	assert_string_equal(s.postfix_config_directory, "/p");
	assert_string_equal(s.rules_file, "/r");
	assert_int_equal(s.sweep_interval_s, 120);
	assert_int_equal(s.release_method, METHOD_REQUEUE);
	assert_int_equal(s.requeue_after_s, 3 * DAY_S);
	assert_int_equal(s.release_rate, 50);
	assert_string_equal(s.state_directory, "/l");
	assert_int_equal(s.max_connections, 10);
	assert_int_equal(s.idle_timeout_s, 10);
}

#define NAME_62 "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

#define PATH_50  "/2345678901234567890123456789012345678901234567890"
#define PATH_100 PATH_50 PATH_50
#define PATH_250 PATH_100 PATH_100 PATH_50

static const struct {
	const char *text;
	const char *want; /* NULL: accepted */
} values[] = {
    {"header_names = a b c d e f g h i j k l m n o", NULL},
    {"header_names = a b c d e f g h i j k l m n o p", NULL},
    {"header_names = a b c d e f g h i j k l m n o p q",
	"F:1: header_names: more than 16 names"},
    {"header_names = " NAME_62, NULL},
    {"header_names = " NAME_62 "x", NULL},
    {"header_names = " NAME_62 "xy",
	"F:1: header_names: a name of more than 63 bytes"},
    {"header_names =", "F:1: header_names: needs at least one name"},
    {"header_names = (none)", "F:1: header_names: needs at least one name"},
    {"header_names = X-A, x-a", "F:1: header_names: the same name twice"},
    {"header_names = X-A:", "F:1: header_names: not the name of a header"},
    {"header_names = X-\xc3\xa4",
	"F:1: header_names: not the name of a header"},
    {"veto_headers = (none)", NULL},
    {"veto_headers =", NULL},
    {"veto_headers = X-A X-B", NULL},
    {"veto_headers = X-A X-A", "F:1: veto_headers: the same name twice"},
    {"veto_headers = a b c d e f g h i j k l m n o p q",
	"F:1: veto_headers: more than 16 names"},
    {"max_postpone = 0s", "F:1: max_postpone: too short a time"},
    {"max_postpone = 1s", NULL},
    {"max_postpone = 2s", NULL},
    {"max_postpone = 36499d23h59m59s", NULL},
    {"max_postpone = 36500d", NULL},
    {"max_postpone = 36500d1s", "F:1: max_postpone: too long a time"},
    {"permit_postpone = local", NULL},
    {"permit_postpone =",
	"F:1: permit_postpone: needs a value, for example any"},
    {"permit_postpone = any local", "F:1: permit_postpone: any stands alone"},
    {"permit_postpone = nobody",
	"F:1: permit_postpone: a list of authenticated, local, addresses and "
	"networks, or any"},
    {"status_page_addresses = yes", NULL},
    {"status_page_addresses = no", NULL},
    {"status_page_addresses = Yes", "F:1: status_page_addresses: yes or no"},
    {"unpermitted = keep", NULL},
    {"unpermitted = drop", "F:1: unpermitted: keep or release"},
    {"unpermitted =", "F:1: unpermitted: keep or release"},
    {"socketmap_listen = (off)", NULL},
    {"socketmap_listen = unix:x",
	"F:1: socketmap_listen: a unix socket needs an absolute path"},
    {"tcp_table_listen = inet:127.0.0.1:0",
	"F:1: tcp_table_listen: a port is a number from 1 to 65535"},
    {"tcp_table_listen = inet:127.0.0.1:1", NULL},
    {"tcp_table_listen = inet:127.0.0.1:65535", NULL},
    {"tcp_table_listen = inet:127.0.0.1:65536",
	"F:1: tcp_table_listen: a port is a number from 1 to 65535"},
    {"policy_listen = inet:localhost:10045",
	"F:1: policy_listen: not an IP address (host names are not looked "
	"up)"},
    {"socket_mode = 0777", NULL},
    {"socket_mode = 01000", "F:1: socket_mode: not a mode like 0660"},
    {"socket_group = " NAME_62, NULL},
    {"socket_group = " NAME_62 "x", NULL},
    {"socket_group = " NAME_62 "xy", "F:1: socket_group: too long"},
    {"socket_group =", "F:1: socket_group: needs a value"},
    {"user = " NAME_62 "x", NULL},
    {"user = " NAME_62 "xy", "F:1: user: too long"},
    {"user =", "F:1: user: needs a value"},
    {"control_socket = " PATH_100 "/23456", NULL},
    {"control_socket = " PATH_100 "/234567", NULL},
    {"control_socket = " PATH_100 "/2345678",
	"F:1: control_socket: too long a path"},
    {"control_socket = (none)", "F:1: control_socket: not an absolute path"},
    {"control_socket = c", "F:1: control_socket: not an absolute path"},
    {"postfix_config_directory = " PATH_250 "/234", NULL},
    {"postfix_config_directory = " PATH_250 "/2345", NULL},
    {"postfix_config_directory = " PATH_250 "/23456",
	"F:1: postfix_config_directory: too long a path"},
    {"postfix_config_directory =",
	"F:1: postfix_config_directory: not an absolute path"},
    {"rules_file = (none)", NULL},
    {"rules_file = " PATH_250 "/2345", NULL},
    {"rules_file = " PATH_250 "/23456", "F:1: rules_file: too long a path"},
    {"rules_file = rules", "F:1: rules_file: not an absolute path"},
    {"sweep_interval = 0s", "F:1: sweep_interval: too short a time"},
    {"sweep_interval = 1s", NULL},
    {"sweep_interval = 1d", NULL},
    {"sweep_interval = 1d1s", "F:1: sweep_interval: too long a time"},
    {"release_method = auto", NULL},
    {"release_method = release", NULL},
    {"release_method = Auto", "F:1: release_method: auto, release or requeue"},
    {"release_method =", "F:1: release_method: auto, release or requeue"},
    {"requeue_after = auto", NULL},
    {"requeue_after = 0s", NULL},
    {"requeue_after = 36500d", NULL},
    {"requeue_after = 36500d1s", "F:1: requeue_after: too long a time"},
    {"requeue_after = -1",
	"F:1: requeue_after: not a time like 90s, 15m or 1d2h30m"},
    {"release_rate = 0", NULL},
    {"release_rate = 1", NULL},
    {"release_rate = 999999", NULL},
    {"release_rate = 1000000", NULL},
    {"release_rate = 1000001", "F:1: release_rate: too large a number"},
    {"release_rate = auto", NULL},
    {"release_rate = -1", "F:1: release_rate: not a number"},
    {"release_rate = fast", "F:1: release_rate: not a number"},
    {"state_directory = " PATH_250 "/2345", NULL},
    {"state_directory = " PATH_250 "/23456",
	"F:1: state_directory: too long a path"},
    {"state_directory = (none)", "F:1: state_directory: not an absolute path"},
    {"max_connections = 0", "F:1: max_connections: too small a number"},
    {"max_connections = 1", NULL},
    {"max_connections = 2", NULL},
    {"max_connections = 99999", NULL},
    {"max_connections = 100000", NULL},
    {"max_connections = 100001", "F:1: max_connections: too large a number"},
    {"idle_timeout = 0", "F:1: idle_timeout: too short a time"},
    {"idle_timeout = 1", NULL},
    {"idle_timeout = 1d", NULL},
    {"idle_timeout = 1d1s", "F:1: idle_timeout: too long a time"},
    {"idle_timout = 1", "F:1: idle_timout: no such setting"},
    {"\n\nuser = a\n# x\nuser = a", "F:5: user: set already on line 3"},
};

static void
values_have_their_bounds(void **state)
{
	struct settings s;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(values); i++)
		check_parse(values[i].text, values[i].text, &s, values[i].want);
}

static void
every_setting_can_be_set_only_once(void **state)
{
	const char *line = all;

	(void)state;
	while (*line != '\0') {
		int len = (int)strcspn(line, "\n") + 1;
		int name_len = (int)strcspn(line, " ");
		char text[200], want[200];
		struct settings s;

		snprintf(
		    text, sizeof(text), "%.*s\n%.*s", len, line, len, line);
		snprintf(want, sizeof(want), "F:3: %.*s: set already on line 1",
		    name_len, line);
		check_parse(text, text, &s, want);
		line += len;
	}
}

static void
every_prefix_is_judged_without_harm(void **state)
{
	struct span whole = span_str(all);

	(void)state;
	for (size_t n = 0; n <= whole.len; n++) {
		struct span text = exact_copy(span_head(whole, n));
		char error[CONF_ERROR_SIZE] = "";
		struct settings s;

		if (!settings_parse(&s, text, "F", error))
			check_part("a prefix", error, "F:");
		exact_free(text);
	}
}

static void
a_file_is_read(void **state)
{
	char path[FOLDER_PATH_SIZE], error[CONF_ERROR_SIZE] = "";
	struct settings s;

	write_file(folder_join(state, "conf", path), span_str("user = al\n"));
	assert_true(settings_load(&s, path, error));
	assert_string_equal(s.user, "al");
	assert_string_equal(s.socket_group, "postfix");
}

static void
a_bad_file_is_named(void **state)
{
	char path[FOLDER_PATH_SIZE], want[FOLDER_PATH_SIZE + 50];
	char error[CONF_ERROR_SIZE] = "";
	struct settings s;

	folder_join(state, "conf", path);
	assert_false(settings_load(&s, path, error));
	snprintf(want, sizeof(want), "%s: %s", path, strerror(ENOENT));
	check_string("no file", error, want);

	write_file(path, span_str("\nuser =\n"));
	assert_false(settings_load(&s, path, error));
	snprintf(want, sizeof(want), "%s:2: user: needs a value", path);
	check_string("a bad line", error, want);

	write_file(path, span_of("user = al\0\n", 11));
	assert_false(settings_load(&s, path, error));
	check_part("a NUL byte", error, "NUL");
	check_part("a NUL byte", error, path);

	assert_false(settings_load(&s, *state, error));
	snprintf(want, sizeof(want), "%s: %s", (const char *)*state,
	    strerror(EISDIR));
	check_string("a folder", error, want);
}

static void
a_file_too_large_is_refused(void **state)
{
	char path[FOLDER_PATH_SIZE], error[CONF_ERROR_SIZE] = "";
	char *text = malloc(CONF_FILE_MAX + 1);
	struct settings s;

	assert_non_null(text);
	memset(text, '\n', CONF_FILE_MAX + 1);
	folder_join(state, "conf", path);
	write_file(path, span_of(text, CONF_FILE_MAX));
	assert_true(settings_load(&s, path, error));
	write_file(path, span_of(text, CONF_FILE_MAX + 1));
	assert_false(settings_load(&s, path, error));
	check_part("too large", error, "4 MiB");
	free(text);
}

static void
an_open_file_is_read_from_its_descriptor(void **state)
{
	char path[FOLDER_PATH_SIZE], error[CONF_ERROR_SIZE] = "";
	struct settings s;
	int fd;

	write_file(folder_join(state, "conf", path), span_str("user = al\n"));
	fd = open(path, O_RDONLY);
	assert_true(fd >= 0);
	assert_true(settings_read(&s, fd, "F", error));
	assert_string_equal(s.user, "al");
	close(fd);
	assert_false(settings_read(&s, fd, "F", error));
	check_part("closed", error, "F: ");
}

static void
without_the_default_file_there_are_defaults(void **state)
{
	char error[CONF_ERROR_SIZE] = "";
	struct settings s;

	(void)state;
	if (access(SETTINGS_DEFAULT_FILE, F_OK) == 0) {
		print_message(SETTINGS_DEFAULT_FILE " exists here\n");
		skip();
	}
	assert_true(settings_load(&s, NULL, error));
	assert_string_equal(s.user, "deliver-at");
}

/* What is not there: settings that a reload may change. */
static const char *const fixed[] = {"socketmap_listen", "tcp_table_listen",
    "policy_listen", "socket_mode", "socket_group", "user", "control_socket",
    "postfix_config_directory", "rules_file", "state_directory"};

static const char *
find_fixed(const char *line, size_t name_len)
{
	for (size_t i = 0; i < COUNT_OF(fixed); i++)
		if (strlen(fixed[i]) == name_len &&
		    strncmp(fixed[i], line, name_len) == 0)
			return fixed[i];
	return NULL;
}

/* Each line of all[] alone, against the defaults. */
static void
fixed_settings_need_a_restart_and_others_do_not(void **state)
{
	struct settings old, new;
	const char *line = all;
	size_t n_fixed = 0;

	(void)state;
	check_parse("defaults", "", &old, NULL);
	while (*line != '\0') {
		size_t len = strcspn(line, "\n") + 1;
		const char *want = find_fixed(line, strcspn(line, " "));
		char text[200];

		snprintf(text, sizeof(text), "%.*s", (int)len, line);
		check_parse(text, text, &new, NULL);
		check_string(text, settings_needs_restart(&old, &new), want);
		check_string(text, settings_needs_restart(&new, &old), want);
		check_string(text, settings_needs_restart(&new, &new), NULL);
		n_fixed += want != NULL;
		line += len;
	}
	assert_int_equal(n_fixed, COUNT_OF(fixed));
}

static const struct {
	const char *row;
	const char *old;
	const char *new;
	const char *want;
} changes[] = {
    {"the default written out", "", "user = deliver-at\n", NULL},
    {"the same value with other blanks", "user = al\n", "user=al", NULL},
    {"a value and its beginning", "user = alfred\n", "user = al\n", "user"},
    {"the mode written otherwise", "socket_mode = 600\n",
	"socket_mode = 0600\n", NULL},
    {"a listener off and none", "policy_listen = (off)\n",
	"policy_listen = (none)\n", NULL},
    {"another port", "policy_listen = inet:127.0.0.1:1\n",
	"policy_listen = inet:127.0.0.1:2\n", "policy_listen"},
    {"two at once: the first", "", "user = al\npolicy_listen = (off)\n",
	"policy_listen"},
    {"only what may change", "", "max_postpone = 1d\nmax_connections = 5\n",
	NULL},
    {"other rules, and what may change", "rules_file = /r\n",
	"rules_file = /s\nmax_connections = 5\n", "rules_file"},
    {"rules, and none", "rules_file = /r\n", "", "rules_file"},
    {"no rules, written out", "", "rules_file = (none)\n", NULL},
    {"all of it", "", all, "socketmap_listen"},
};

static void
only_a_changed_value_needs_a_restart(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(changes); i++) {
		struct settings old, new;

		memset(&old, 0xaa, sizeof(old));
		memset(&new, 0x55, sizeof(new));
		check_parse(changes[i].row, changes[i].old, &old, NULL);
		check_parse(changes[i].row, changes[i].new, &new, NULL);
		check_string(changes[i].row, settings_needs_restart(&old, &new),
		    changes[i].want);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(defaults_are_those_of_the_manual),
	    cmocka_unit_test(every_setting_can_be_set),
	    cmocka_unit_test(values_have_their_bounds),
	    cmocka_unit_test(every_setting_can_be_set_only_once),
	    cmocka_unit_test(every_prefix_is_judged_without_harm),
	    IN_FOLDER(a_file_is_read),
	    IN_FOLDER(a_bad_file_is_named),
	    IN_FOLDER(a_file_too_large_is_refused),
	    IN_FOLDER(an_open_file_is_read_from_its_descriptor),
	    cmocka_unit_test(without_the_default_file_there_are_defaults),
	    cmocka_unit_test(fixed_settings_need_a_restart_and_others_do_not),
	    cmocka_unit_test(only_a_changed_value_needs_a_restart),
	};

	return cmocka_run_group_tests_name("settings", tests, NULL, NULL);
}

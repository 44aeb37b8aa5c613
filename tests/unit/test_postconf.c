/* SPDX-License-Identifier: ISC */
#include "tests/unit/sched_support.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "policyd/sched/postconf.h"

static bool
parse(struct span all, struct span overrides, struct postconf *conf)
{
	struct postconf_view view = {.all = all, .overrides = overrides};

	return postconf_parse(&view, conf);
}

/* What postconf prints without any configuration. */
#define DIRECTORIES                                                            \
	"command_directory = /usr/sbin\n"                                      \
	"queue_directory = /var/spool/postfix\n"
#define OWNER     "mail_owner = postfix\n"
#define LIFETIMES "maximal_queue_lifetime = 5d\nbounce_queue_lifetime = 5d\n"
#define NO_COPIES                                                              \
	"content_filter =\nalways_bcc =\nsender_bcc_maps =\n"                  \
	"recipient_bcc_maps =\n"
#define PLAIN                                                                  \
	DIRECTORIES OWNER LIFETIMES                                            \
	    "hash_queue_names = deferred, defer\n" NO_COPIES                   \
	    "cleanup_service_name = cleanup\n"                                 \
	    "header_checks =\nmime_header_checks = $header_checks\n"           \
	    "nested_header_checks = $header_checks\nbody_checks =\n"

/* What policyctl setup makes of that. */
#define TABLES                                                                 \
	"regexp:{{/^X-Deliver-At[[:space:]]*:.{2000}/ REJECT 5.6.0 "           \
	"X-Deliver-At: line too long}}, "                                      \
	"pipemap:{regexp:{{/^(X-Deliver-At[[:space:]]*:.*)$$/ $$1}}, "         \
	"socketmap:unix:deliver-at/socketmap:deliver-at}"
#define OTHER_TABLES(checks)                                                   \
	"deliver_at_header_checks = " TABLES "\n"                              \
	"deliver_at_other_header_checks =" checks "\n"
#define USERS_ONLY(checks)                                                     \
	OTHER_TABLES(checks)                                                   \
	"header_checks = $deliver_at_other_header_checks\n"                    \
	"deliver_at_services = ${{$service_name} == {pickup} ? {yes}}\n"       \
	"cleanup_service_name = ${{$deliver_at_services} == {} ? {cleanup} "   \
	": {cleanup-deliver-at}}\n"
#define EVERYWHERE(checks)                                                     \
	OTHER_TABLES(checks)                                                   \
	"header_checks = $deliver_at_header_checks, "                          \
	"$deliver_at_other_header_checks\n"                                    \
	"mime_header_checks = $deliver_at_other_header_checks\n"               \
	"nested_header_checks = $deliver_at_other_header_checks\n"
#define ENTRY "cleanup-deliver-at/unix/"
#define ENTRY_CHECKS                                                           \
	ENTRY "header_checks = $deliver_at_header_checks,"                     \
	      "$deliver_at_other_header_checks\n" ENTRY                        \
	      "mime_header_checks = $deliver_at_other_header_checks\n" ENTRY   \
	      "nested_header_checks = $deliver_at_other_header_checks\n"
#define BCC " regexp:{{/^X-Never:/ BCC a@private.test}}"

static const struct {
	const char *row;
	const char *main;
	bool want;
	int64_t queue_s;
	int64_t bounce_s;
	bool hashed;
} mains[] = {
    {"the defaults", PLAIN, true, 432000, 432000, false},
    {"days without a unit",
	DIRECTORIES OWNER
	"maximal_queue_lifetime = 3\nbounce_queue_lifetime = 1\n",
	true, 259200, 86400, false},
    {"seconds and minutes",
	DIRECTORIES OWNER
	"maximal_queue_lifetime = 90s\nbounce_queue_lifetime = 90m\n",
	true, 90, 5400, false},
    {"hours and weeks",
	DIRECTORIES OWNER
	"maximal_queue_lifetime = 36h\nbounce_queue_lifetime = 2w\n",
	true, 129600, 1209600, false},
    {"no time at all",
	DIRECTORIES OWNER
	"maximal_queue_lifetime = 0\nbounce_queue_lifetime = 0d\n",
	true, 0, 0, false},
    {"the first of two lines counts", PLAIN "hash_queue_names = hold\n", true,
	432000, 432000, false},
    {"hold is hashed, alone",
	DIRECTORIES OWNER LIFETIMES "hash_queue_names = hold\n", true, 432000,
	432000, true},
    {"hold is hashed, among others",
	DIRECTORIES OWNER LIFETIMES "hash_queue_names = defer,hold active\n",
	true, 432000, 432000, true},
    {"something like hold is hashed",
	DIRECTORIES OWNER LIFETIMES "hash_queue_names = holding, on_hold\n",
	true, 432000, 432000, false},
    {"nothing is hashed", DIRECTORIES OWNER LIFETIMES "hash_queue_names =\n",
	true, 432000, 432000, false},
    {"other parameters and blanks",
	"a = b\n\n  " DIRECTORIES "always_bcc_x = 1\n" OWNER LIFETIMES, true,
	432000, 432000, false},
    {"nothing", "", false, 0, 0, false},
    {"no command_directory", "queue_directory = /q\n" OWNER LIFETIMES, false, 0,
	0, false},
    {"an empty command_directory",
	"command_directory =\nqueue_directory = /q\n" OWNER LIFETIMES, false, 0,
	0, false},
    {"no queue_directory", "command_directory = /c\n" OWNER LIFETIMES, false, 0,
	0, false},
    {"no mail_owner", DIRECTORIES LIFETIMES, false, 0, 0, false},
    {"no lifetimes", DIRECTORIES OWNER, false, 0, 0, false},
    {"an empty lifetime",
	DIRECTORIES OWNER
	"maximal_queue_lifetime =\nbounce_queue_lifetime = 1d\n",
	false, 0, 0, false},
    {"a lifetime that is a unit",
	DIRECTORIES OWNER
	"maximal_queue_lifetime = d\nbounce_queue_lifetime = 1d\n",
	false, 0, 0, false},
    {"a lifetime with an unknown unit",
	DIRECTORIES OWNER
	"maximal_queue_lifetime = 1y\nbounce_queue_lifetime = 1d\n",
	false, 0, 0, false},
    {"a negative lifetime",
	DIRECTORIES OWNER
	"maximal_queue_lifetime = -1d\nbounce_queue_lifetime = 1d\n",
	false, 0, 0, false},
    {"a lifetime beyond all measure",
	DIRECTORIES OWNER
	"maximal_queue_lifetime = 99999999999d\nbounce_queue_lifetime = 1d\n",
	false, 0, 0, false},
    {"the last line is cut off",
	DIRECTORIES OWNER
	"maximal_queue_lifetime = 5d\nbounce_queue_lifetime = 5d",
	false, 0, 0, false},
};

static void
parameters_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(mains); i++) {
		struct span main = exact_copy(span_str(mains[i].main));
		struct postconf conf;
		bool got = parse(main, span_of("", 0), &conf);

		check_bool(mains[i].row, got, mains[i].want);
		if (got) {
			check_int(mains[i].row, conf.facts.queue_lifetime_s,
			    mains[i].queue_s);
			check_int(mains[i].row, conf.facts.bounce_lifetime_s,
			    mains[i].bounce_s);
			check_bool(
			    mains[i].row, conf.hold_is_hashed, mains[i].hashed);
			check_string(mains[i].row, conf.mail_owner, "postfix");
		}
		exact_free(main);
	}
}

static const struct {
	const char *row;
	const char *main; /* over the defaults */
	const char *services;
	bool safe;
} copies[] = {
    {"no copies, no filter", "", "", true},
    {"always_bcc", "always_bcc = archive@private.test\n", "", false},
    {"sender_bcc_maps", "sender_bcc_maps = hash:/etc/postfix/bcc\n", "", false},
    {"recipient_bcc_maps", "recipient_bcc_maps = hash:/etc/postfix/bcc\n", "",
	false},
    {"a content_filter", "content_filter = scan:[127.0.0.1]:10024\n", "",
	false},
    {"a content_filter, and pickup has none",
	"content_filter = scan:[127.0.0.1]:10024\n",
	"pickup/unix/content_filter =\n", true},
    {"a content_filter of pickup", "",
	"pickup/unix/content_filter = scan:[127.0.0.1]:10024\n", false},
    {"a content_filter of an old pickup", "",
	"pickup/fifo/content_filter = scan:[127.0.0.1]:10024\n", false},
    {"a content_filter of another service", "",
	"smtp/inet/content_filter = scan:[127.0.0.1]:10024\n", true},
    {"always_bcc of cleanup", "",
	"cleanup/unix/always_bcc = archive@private.test\n", false},
    {"always_bcc, and cleanup has none", "always_bcc = a@private.test\n",
	"cleanup/unix/always_bcc =\n", true},
    {"always_bcc of another cleanup", "",
	"cleanup2/unix/always_bcc = archive@private.test\n", true},
    {"always_bcc of the cleanup that all use",
	"cleanup_service_name = cleanup2\n",
	"cleanup2/unix/always_bcc = archive@private.test\n", false},
    {"always_bcc of the cleanup that pickup uses", "",
	"pickup/unix/cleanup_service_name = cleanup2\n"
	"cleanup2/unix/always_bcc = archive@private.test\n",
	false},
    {"always_bcc of a cleanup that pickup does not use", "",
	"pickup/unix/cleanup_service_name = cleanup2\n"
	"cleanup/unix/always_bcc = archive@private.test\n",
	true},
    {"always_bcc, and pickup's cleanup has none",
	"always_bcc = a@private.test\n",
	"pickup/unix/cleanup_service_name = cleanup2\n"
	"cleanup2/unix/always_bcc =\n",
	true},
    {"our tables by hand",
	"header_checks = " TABLES "\nmime_header_checks =\n"
	"nested_header_checks =\n",
	"", true},
    {"our tables, asked about attached messages too",
	"header_checks = " TABLES "\nmime_header_checks =\n", "", false},
    {"another table behind ours",
	"header_checks = " TABLES "," BCC "\nmime_header_checks =\n"
	"nested_header_checks =\n",
	"", false},
    {"our tables, of two headers",
	"header_checks = regexp:{{/^(X-Deliver-At|X-Later)[[:space:]]*:.{2000}/"
	" REJECT 5.6.0 X-Deliver-At: line too long}}, pipemap:{regexp:"
	"{{/^((X-Deliver-At|X-Later)[[:space:]]*:.*)$$/ $$1}}, "
	"tcp:127.0.0.1:10044}\nmime_header_checks =\nnested_header_checks =\n",
	"", true},
    {"tables that cannot be expanded",
	"header_checks = ${oops\nmime_header_checks =\n"
	"nested_header_checks =\n",
	"", false},
    {"setup", USERS_ONLY(""), ENTRY_CHECKS, true},
    {"setup, and tables of the site", USERS_ONLY(BCC), ENTRY_CHECKS, false},
    {"setup, and the site's tables are for others only", USERS_ONLY(""),
	"cleanup/unix/header_checks =" BCC "\n" ENTRY_CHECKS, true},
    {"setup, and a bcc at our service", USERS_ONLY(""),
	ENTRY "always_bcc = a@private.test\n" ENTRY_CHECKS, false},
    {"setup, and a bcc at the service of others", USERS_ONLY(""),
	"cleanup/unix/always_bcc = a@private.test\n" ENTRY_CHECKS, true},
    {"setup, without its inner checks", USERS_ONLY(""),
	ENTRY "header_checks = $deliver_at_header_checks\n", false},
    {"setup --everywhere", EVERYWHERE(""), "", true},
    {"setup --everywhere, and tables of the site", EVERYWHERE(BCC), "", false},
    {"a bcc by the name of the service",
	"always_bcc = ${{$service_name} == {cleanup} ? {a@private.test}}\n", "",
	false},
    {"a bcc by the name of another service",
	"always_bcc = ${{$service_name} == {cleanup2} ? {a@private.test}}\n",
	"", true},
};

/* Over comes first: the first line that names a parameter counts. */
static void
a_requeue_is_safe_when_nobody_gets_a_second_copy(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(copies); i++) {
		char text[4096];
		struct span main, services;
		struct postconf conf;

		snprintf(text, sizeof(text), "%s" PLAIN, copies[i].main);
		main = exact_copy(span_str(text));
		services = exact_copy(span_str(copies[i].services));
		check_bool(copies[i].row, parse(main, services, &conf), true);
		check_bool(
		    copies[i].row, conf.facts.requeue_safe, copies[i].safe);
		exact_free(main);
		exact_free(services);
	}
}

/* Values are copied whole, or not taken. */
static void
paths_and_names_have_a_longest_size(void **state)
{
	char text[1024], value[SETTINGS_PATH_SIZE + 1];
	struct postconf conf;

	(void)state;
	memset(value, 'x', sizeof(value));
	for (size_t n = SETTINGS_PATH_SIZE - 1; n <= SETTINGS_PATH_SIZE; n++) {
		snprintf(text, sizeof(text),
		    "command_directory = %.*s\nqueue_directory = /q\n" OWNER
			LIFETIMES,
		    (int)n, value);
		check_bool("command_directory",
		    parse(span_str(text), span_of("", 0), &conf),
		    n < SETTINGS_PATH_SIZE);
	}
	for (size_t n = SETTINGS_NAME_SIZE - 1; n <= SETTINGS_NAME_SIZE; n++) {
		snprintf(text, sizeof(text),
		    DIRECTORIES "mail_owner = %.*s\n" LIFETIMES, (int)n, value);
		check_bool("mail_owner",
		    parse(span_str(text), span_of("", 0), &conf),
		    n < SETTINGS_NAME_SIZE);
	}
}

static const struct {
	const char *row;
	const char *main;
	uint32_t limit;
	bool hashed;
} actives[] = {
    {"not told", PLAIN, 0, false},
    {"the default", PLAIN "qmgr_message_active_limit = 20000\n", 20000, false},
    {"by another name", PLAIN "a = 7\nqmgr_message_active_limit = $a\n", 7,
	false},
    {"no number", PLAIN "qmgr_message_active_limit = many\n", 0, false},
    {"too large", PLAIN "qmgr_message_active_limit = 2147483648\n", 0, false},
    {"the largest", PLAIN "qmgr_message_active_limit = 2147483647\n", INT32_MAX,
	false},
    {"hashed", DIRECTORIES OWNER LIFETIMES "hash_queue_names = active defer\n",
	0, true},
};

static void
the_active_queue_is_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(actives); i++) {
		struct postconf conf;

		check_bool(actives[i].row,
		    parse(span_str(actives[i].main), span_of("", 0), &conf),
		    true);
		check_int(
		    actives[i].row, conf.facts.active_limit, actives[i].limit);
		check_bool(
		    actives[i].row, conf.active_is_hashed, actives[i].hashed);
	}
}

static void
a_real_installation_s_output_is_read(void **state)
{
	struct span main = read_data("postconf/main.txt");
	struct span services = read_data("postconf/services.txt");
	struct postconf conf;

	(void)state;
	check_bool("read", parse(main, services, &conf), true);
	check_string("commands", conf.command_directory, "/usr/sbin");
	check_string("owner", conf.mail_owner, "postfix");
	check_int("lifetime", conf.facts.queue_lifetime_s, 432000);
	check_int("of bounces", conf.facts.bounce_lifetime_s, 86400);
	check_bool("hashed", conf.hold_is_hashed, false);
	check_bool("safe", conf.facts.requeue_safe, true);
	exact_free(main);
	exact_free(services);
}

/* The installed postconf(1), asked about folders of our own. */

#define PICKUP  "pickup unix n - n 60 1 pickup\n"
#define CLEANUP "cleanup unix n - n - 0 cleanup\n"

static const struct {
	const char *row;
	const char *main;
	const char *master;
	int64_t queue_s;
	bool hashed;
	bool safe;
} folders[] = {
    {"nothing set", "", PICKUP CLEANUP, 432000, false, true},
    {"a lifetime and a hashed hold queue",
	"maximal_queue_lifetime = 36h\nhash_queue_names = deferred, hold\n",
	PICKUP CLEANUP, 129600, true, true},
    {"always_bcc by another name",
	"archive = a@private.test\nalways_bcc = $archive\n", PICKUP CLEANUP,
	432000, false, false},
    {"always_bcc by an empty name", "archive =\nalways_bcc = $archive\n",
	PICKUP CLEANUP, 432000, false, true},
    {"a content_filter that pickup has not", "content_filter = scan:\n",
	PICKUP "  -o content_filter=\n" CLEANUP, 432000, false, true},
    {"a content_filter of pickup", "",
	PICKUP "  -o content_filter=scan:\n" CLEANUP, 432000, false, false},
    {"pickup uses another cleanup", "",
	PICKUP "  -o cleanup_service_name=other\n" CLEANUP
	       "other unix n - n - 0 cleanup\n  -o always_bcc=a@private.test\n",
	432000, false, false},
    {"all but pickup use another cleanup", "cleanup_service_name = other\n",
	PICKUP "  -o cleanup_service_name=cleanup\n" CLEANUP
	       "other unix n - n - 0 cleanup\n  -o always_bcc=a@private.test\n",
	432000, false, true},
};

/* An hour old: Postfix waits for files that may still be written. */
static void
write_old_file(void **state, const char *name, const char *content)
{
	struct timespec times[2];
	char path[FOLDER_PATH_SIZE];

	clock_gettime(CLOCK_REALTIME, &times[0]);
	times[0].tv_sec -= 3600;
	times[1] = times[0];
	write_file(folder_join(state, name, path), span_str(content));
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void
write_folder(void **state, const char *main, const char *master)
{
	char text[1024];

	snprintf(text, sizeof(text),
	    "compatibility_level = 3.6\nqueue_directory = /tmp/q\n%s", main);
	write_old_file(state, "main.cf", text);
	write_old_file(state, "master.cf", master);
}

static void
an_installed_postfix_is_asked(void **state)
{
	if (access("/usr/sbin/postconf", X_OK) < 0)
		skip();
	for (size_t i = 0; i < COUNT_OF(folders); i++) {
		char error[POSTCONF_ERROR_SIZE] = "";
		struct postconf conf;

		write_folder(state, folders[i].main, folders[i].master);
		if (!postconf_read(*state, &conf, error))
			check_string(folders[i].row, error, "");
		check_string(folders[i].row, conf.queue_directory, "/tmp/q");
		check_int(folders[i].row, conf.facts.queue_lifetime_s,
		    folders[i].queue_s);
		check_bool(
		    folders[i].row, conf.hold_is_hashed, folders[i].hashed);
		check_bool(
		    folders[i].row, conf.facts.requeue_safe, folders[i].safe);
	}
}

static void
main_cf_alone_does_not_make_a_requeue_safe(void **state)
{
	if (access("/usr/sbin/postconf", X_OK) < 0)
		skip();
	for (size_t i = 0; i < COUNT_OF(folders); i++) {
		char error[POSTCONF_ERROR_SIZE] = "";
		struct postconf conf;

		write_folder(state, folders[i].main, folders[i].master);
		if (!postconf_read_main(*state, &conf, error))
			check_string(folders[i].row, error, "");
		check_string(folders[i].row, conf.queue_directory, "/tmp/q");
		check_int(folders[i].row, conf.facts.queue_lifetime_s,
		    folders[i].queue_s);
		check_bool(
		    folders[i].row, conf.hold_is_hashed, folders[i].hashed);
		check_bool(folders[i].row, conf.facts.requeue_safe, false);
	}
}

static void
a_folder_without_a_configuration_is_told(void **state)
{
	char error[POSTCONF_ERROR_SIZE] = "";
	struct postconf conf;

	if (access("/usr/sbin/postconf", X_OK) < 0)
		skip();
	assert_false(postconf_read(*state, &conf, error));
	check_part("the reason", error, "postconf: failed: ");
	check_part("the file", error, "main.cf");
	assert_false(postconf_read_main(*state, &conf, error));
	check_part("the reason", error, "postconf: failed: ");
}

#define FOLDER(name)                                                           \
	cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(parameters_are_read),
	    cmocka_unit_test(a_requeue_is_safe_when_nobody_gets_a_second_copy),
	    cmocka_unit_test(paths_and_names_have_a_longest_size),
	    cmocka_unit_test(the_active_queue_is_known),
	    cmocka_unit_test(a_real_installation_s_output_is_read),
	    FOLDER(an_installed_postfix_is_asked),
	    FOLDER(main_cf_alone_does_not_make_a_requeue_safe),
	    FOLDER(a_folder_without_a_configuration_is_told),
	};

	return cmocka_run_group_tests_name("postconf", tests, NULL, NULL);
}

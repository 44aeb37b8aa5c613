/* SPDX-License-Identifier: ISC */
#include "tests/unit/ctl_support.h"

#include <errno.h>
#include <sys/un.h>

/* What a command is asked for, in the child. */
struct call {
	struct ctl *c;
	enum hands_verb verb;
	const struct qid *ids;
	size_t n;
	hands_take_fn *take; /* NULL: print */
};

static bool
print(void *ctx, struct buf *in)
{
	struct span s = buf_span(in);

	(void)ctx;
	fwrite(s.data, 1, s.len, stdout);
	buf_clear(in);
	return true;
}

/* Prints the command's output, its errors, and how it ended. */
static int
call(struct hands *h, void *ctx)
{
	const struct call *a = ctx;
	int code = hands_command(
	    h, a->verb, a->ids, a->n, a->take != NULL ? a->take : print, NULL);
	struct span errors = hands_errors(h);

	printf("[%.*s]\n", (int)errors.len, errors.data);
	printf("code %d %s\n", code, code < 0 ? strerror(errno) : "");
	return EX_OK;
}

static void
check_call(
    const char *row, struct ctl *c, const struct call *a, const char *want)
{
	struct call copy = *a;

	ctl_run(c, call, &copy);
	check_string(row, c->err, "");
	check_string(row, c->out, want);
	check_int(row, c->exit_code, EX_OK);
}

static void
fill_ids(struct qid *ids, size_t n, int width)
{
	char text[QID_SIZE];

	for (size_t i = 0; i < n; i++) {
		snprintf(text, sizeof(text), "%0*zu", width, i);
		ids[i] = qid_of(text);
	}
}

/* Verbs, as commands. */

static void
test_each_verb_is_a_command(void **state)
{
	static const struct {
		const char *row;
		enum hands_verb verb;
		const char *program;
		bool owner; /* runs as mail_owner */
		const char *rest;
		size_t n;
	} rows[] = {
	    {"list", HANDS_LIST, "postqueue", false, "<-j>\n", 0},
	    {"read", HANDS_READ, "postcat", true,
		"<-qeh>\n<000000>\n<000001>\n", 2},
	    {"fail", HANDS_FAIL, "postsuper", false,
		"<-f>\n<->\n<hold>\n000000\n000001\n", 2},
	    {"drop", HANDS_DROP, "postsuper", false,
		"<-d>\n<->\n<hold>\n000000\n", 1},
	    {"kick", HANDS_KICK, "postkick", true, "<public>\n<qmgr>\n<D>\n",
		0},
	    {"runs", HANDS_RUNS, "postfix", false, "<status>\n", 0},
	};
	struct qid ids[2];
	struct priv_ids nobody;
	struct ctl *c;

	CTL_OR_SKIP(c, state);
	assert_int_equal(priv_find_user("nobody", &nobody), 0);
	fill_ids(ids, 2, 6);
	ctl_scripts(c, CTL_TELLING);
	c->options.may_remove = true;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct call a = {
		    .verb = rows[i].verb, .ids = ids, .n = rows[i].n};
		char want[512];

		snprintf(want, sizeof(want),
		    "%s %u LC_ALL=C TZ=%s\n<-c>\n<%s>\n%s[]\ncode 0 \n",
		    rows[i].program, rows[i].owner ? (unsigned)nobody.uid : 0,
		    rows[i].verb == HANDS_READ ? "UTC" : "", c->folder,
		    rows[i].rest);
		check_call(rows[i].row, c, &a, want);
	}
}

/* Lookups: ctx is the number of one. */
static int
look_up(struct hands *h, void *ctx)
{
	const size_t *number = ctx;
	int code = hands_look_up(h, *number, print, NULL);

	printf("code %d %s\n", code, code < 0 ? strerror(errno) : "");
	return EX_OK;
}

/* As mail_owner, and only what the options have. */
static void
test_a_lookup_asks_its_tables(void **state)
{
	static const char *table[HANDS_TABLES_MAX + 1] = {"a:1", "b:2 c"};
	static const struct hands_lookup lookups[] = {
	    {"X-Deliver-At: now", table, 2},
	    {"-q", table, 1},
	    {"none of them", table, 0},
	    {"too many", table, HANDS_TABLES_MAX + 1},
	};
	static const struct {
		const char *row;
		size_t number;
		const char *words; /* NULL: errno is EINVAL */
	} rows[] = {
	    {"two tables", 0, "<X-Deliver-At: now>\n<a:1>\n<b:2 c>\n"},
	    {"a key like an option", 1, "<-q>\n<a:1>\n"},
	    {"no table", 2, "<none of them>\n"},
	    {"more than there may be", 3, NULL},
	};
	struct priv_ids nobody;
	char want[512];
	struct ctl *c;
	size_t none = COUNT_OF(lookups);

	CTL_OR_SKIP(c, state);
	assert_int_equal(priv_find_user("nobody", &nobody), 0);
	ctl_script(c, "postmap", CTL_TELLING);
	c->options.lookup = lookups;
	c->options.n_lookups = COUNT_OF(lookups);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		size_t number = rows[i].number;

		snprintf(want, sizeof(want), "code -1 Invalid argument\n");
		if (rows[i].words != NULL)
			snprintf(want, sizeof(want),
			    "postmap %u LC_ALL=C TZ=\n<-c>\n<%s>\n<-q>\n%s"
			    "code 0 \n",
			    (unsigned)nobody.uid, c->folder, rows[i].words);
		ctl_run(c, look_up, &number);
		check_string(rows[i].row, c->out, want);
		check_string(rows[i].row, c->err, "");
	}
	ctl_run(c, look_up, &none);
	check_int("no such lookup", c->exit_code, EX_SOFTWARE);
	check_part("no such lookup", c->err, "what it must not have");
}

static void
test_ids_are_limited(void **state)
{
	static const struct {
		const char *row;
		enum hands_verb verb;
		size_t n;
		bool ok;
	} rows[] = {
	    {"a list takes none", HANDS_LIST, 1, false},
	    {"a kick takes none", HANDS_KICK, 1, false},
	    {"a read takes some", HANDS_READ, 0, false},
	    {"one less to read", HANDS_READ, HANDS_READ_MAX - 1, true},
	    {"as many to read", HANDS_READ, HANDS_READ_MAX, true},
	    {"one more to read", HANDS_READ, HANDS_READ_MAX + 1, false},
	    {"one less to drop", HANDS_DROP, HANDS_IDS_MAX - 1, true},
	    {"as many to drop", HANDS_DROP, HANDS_IDS_MAX, true},
	    {"one more to drop", HANDS_DROP, HANDS_IDS_MAX + 1, false},
	    {"as many to fail", HANDS_FAIL, HANDS_IDS_MAX, true},
	};
	static struct qid ids[HANDS_IDS_MAX + 1];
	struct ctl *c;

	CTL_OR_SKIP(c, state);
	fill_ids(ids, HANDS_IDS_MAX + 1, QID_MAX);
	ctl_scripts(c,
	    "#!/bin/sh\nshift 2\ncase $1 in\n-qeh) echo $(($# - 1));;\n"
	    "*) wc -l;;\nesac\n");
	c->options.may_remove = true;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct call a = {
		    .verb = rows[i].verb, .ids = ids, .n = rows[i].n};
		char want[64];

		if (rows[i].ok)
			snprintf(want, sizeof(want), "%zu\n[]\ncode 0 \n",
			    rows[i].n);
		else
			snprintf(want, sizeof(want),
			    "[]\ncode -1 Invalid argument\n");
		check_call(rows[i].row, c, &a, want);
	}
}

static void
test_how_commands_end(void **state)
{
	static const struct {
		const char *row;
		const char *script; /* NULL: there is none */
		const char *want;
	} rows[] = {
	    {"well", "#!/bin/sh\necho yes\n", "yes\n[]\ncode 0 \n"},
	    {"with a code", "#!/bin/sh\necho no >&2\nexit 7\n",
		"[no]\ncode 7 \n"},
	    {"by a signal", "#!/bin/sh\nkill -TERM $$\n", "[]\ncode 143 \n"},
	    {"errors are trimmed", "#!/bin/sh\nprintf ' a\\n b\\n\\n' >&2\n",
		"[a\n b]\ncode 0 \n"},
	    {"standard output closed long before the end",
		"#!/bin/sh\nexec >&-\necho late >&2\nexit 3\n",
		"[late]\ncode 3 \n"},
	    {"standard error closed long before the end",
		"#!/bin/sh\nexec 2>&-\nsleep 0.2\necho late\nexit 3\n",
		"late\n[]\ncode 3 \n"},
	    {"not at all", NULL,
		"[FOLDER/postqueue cannot be run: errno 2]\ncode 127 \n"},
	};
	struct call a = {.verb = HANDS_LIST};
	char path[FOLDER_PATH_SIZE], want[512];
	struct ctl *c;

	CTL_OR_SKIP(c, state);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		if (rows[i].script != NULL)
			ctl_script(c, "postqueue", rows[i].script);
		else
			unlink(ctl_path(c, "postqueue", path));
		snprintf(want, sizeof(want), "%s", rows[i].want);
		if (strstr(want, "FOLDER") != NULL)
			snprintf(want, sizeof(want), "[%s%s", c->folder,
			    rows[i].want + strlen("[FOLDER"));
		check_call(rows[i].row, c, &a, want);
	}
}

static void
test_a_missing_owner_is_an_error(void **state)
{
	struct call a = {.verb = HANDS_LIST};
	struct ctl *c;

	CTL_OR_SKIP(c, state);
	snprintf(c->postconf.mail_owner, SETTINGS_NAME_SIZE, "no-such-user");
	check_call(
	    "no mail_owner", c, &a, "[]\ncode -1 No such file or directory\n");
}

/* What is kept of standard error is bounded; nobody waits for the other. */
static void
test_floods_on_both_outputs(void **state)
{
	struct call a = {.verb = HANDS_LIST};
	const char *bracket;
	struct ctl *c;

	CTL_OR_SKIP(c, state);
	ctl_script(c, "postqueue",
	    "#!/bin/sh\nhead -c 200000 /dev/zero | tr '\\0' e >&2\n"
	    "head -c 200000 /dev/zero | tr '\\0' o\n"
	    "head -c 200000 /dev/zero | tr '\\0' e >&2\n");
	ctl_run(c, call, &a);
	check_int("a flood", c->exit_code, EX_OK);
	bracket = strchr(c->out, '[');
	assert_non_null(bracket);
	check_int("all of the output", bracket - c->out, 200000);
	check_int("the front of the errors", strchr(bracket, ']') - bracket - 1,
	    HANDS_ERRORS_SIZE);
	check_part("its end", bracket, "]\ncode 0 \n");
}

static bool
take_line(void *ctx, struct buf *in)
{
	(void)ctx;
	if (memchr(buf_span(in).data, '\n', buf_len(in)) == NULL)
		return true;
	printf("enough\n");
	return false;
}

static bool
take_nothing(void *ctx, struct buf *in)
{
	(void)ctx;
	(void)in;
	return true;
}

static void
test_output_is_taken_or_not(void **state)
{
	struct call enough = {.verb = HANDS_LIST, .take = take_line};
	struct call nothing = {.verb = HANDS_LIST, .take = take_nothing};
	struct ctl *c;

	CTL_OR_SKIP(c, state);
	ctl_script(c, "postqueue", "#!/bin/sh\necho a\nexec sleep 1000\n");
	check_call("seen enough", c, &enough, "enough\n[]\ncode 137 \n");
	ctl_script(c, "postqueue", "#!/bin/sh\nexec yes\n");
	check_call("nothing is taken", c, &nothing,
	    "[]\ncode -1 No buffer space available\n");
	ctl_script(c, "postqueue",
	    "#!/bin/sh\nhead -c 19000000 /dev/zero\nexec sleep 1000\n");
	check_call("nothing is taken, and it stays", c, &nothing,
	    "[]\ncode -1 No buffer space available\n");
	ctl_script(c, "postqueue", "#!/bin/sh\nhead -c 17000000 /dev/zero\n");
	check_call("nothing is taken of little", c, &nothing, "[]\ncode 0 \n");
}

static int
throw_away(struct hands *h, void *ctx)
{
	(void)ctx;
	printf("%d ", hands_command(h, HANDS_LIST, NULL, 0, NULL, NULL));
	printf("%d\n", hands_command(h, HANDS_LIST, NULL, 0, print, NULL));
	return EX_OK;
}

/* What the first left, and said, is not the second's. */
static int
run_two(struct hands *h, void *ctx)
{
	(void)ctx;
	hands_command(h, HANDS_LIST, NULL, 0, take_nothing, NULL);
	printf("<%d>", (int)hands_errors(h).len);
	hands_command(h, HANDS_KICK, NULL, 0, print, NULL);
	printf("<%d>\n", (int)hands_errors(h).len);
	return EX_OK;
}

static void
test_one_command_after_the_other(void **state)
{
	struct ctl *c;

	CTL_OR_SKIP(c, state);
	ctl_script(c, "postqueue", "#!/bin/sh\necho one; echo err >&2\n");
	ctl_script(c, "postkick", "#!/bin/sh\nprintf two\n");
	ctl_run(c, run_two, NULL);
	check_string("two", c->out, "<3>two<0>\n");
}

static void
test_output_is_thrown_away(void **state)
{
	struct ctl *c;

	CTL_OR_SKIP(c, state);
	ctl_script(c, "postqueue",
	    "#!/bin/sh\nhead -c 20000000 /dev/zero | tr '\\0' x | tail -c 9\n"
	    "exit 4\n");
	ctl_run(c, throw_away, NULL);
	check_string("the second only", c->out, "4 xxxxxxxxx4\n");
}

/* Descriptors. */

static int
use_descriptors(struct hands *h, void *ctx)
{
	char text[16] = "";
	int fd = hands_open_rules(h);

	(void)ctx;
	printf("rules %s", fd < 0 ? strerror(errno) : "");
	if (fd >= 0 && read(fd, text, sizeof(text) - 1) > 0)
		printf("%s", text);
	fd = hands_connect(h);
	printf(", control %s", fd < 0 ? strerror(errno) : "");
	if (fd >= 0 && (fcntl(fd, F_GETFL) & O_NONBLOCK) == 0 &&
	    (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0 && write(fd, "hi", 2) == 2)
		printf("sent");
	return EX_OK;
}

static int
bind_control(struct ctl *c)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/control",
	    c->folder);
	assert_int_equal(
	    bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(chmod(address.sun_path, 0600), 0);
	return fd;
}

static void
test_what_root_opens(void **state)
{
	struct ctl *c;
	int fd;

	CTL_OR_SKIP(c, state);
	c->options.may_ask = true;
	snprintf(
	    c->settings.rules_file, SETTINGS_PATH_SIZE, "%s/rules", c->folder);
	snprintf(c->settings.control_socket, SETTINGS_PATH_SIZE, "%s/control",
	    c->folder);
	ctl_run(c, use_descriptors, NULL);
	check_string("neither is there", c->out,
	    "rules No such file or directory, control No such file or "
	    "directory");
	ctl_write(c, "rules", span_str("for root"), 0600);
	fd = bind_control(c);
	ctl_run(c, use_descriptors, NULL);
	check_string("nobody listens", c->out,
	    "rules for root, control Connection refused");
	assert_int_equal(listen(fd, 5), 0);
	ctl_run(c, use_descriptors, NULL);
	check_string("both are there", c->out, "rules for root, control sent");
	close(fd);
	snprintf(c->settings.control_socket, SETTINGS_PATH_SIZE, "/%0150d", 0);
	ctl_run(c, use_descriptors, NULL);
	check_string("a path too long", c->out,
	    "rules for root, control File name too long");
}

/* Before it starts. */

struct opening {
	struct settings settings;
	bool as_nobody;
	const char *main_cf; /* where there is a Postfix */
	int want_code;
	const char *want; /* part of what is said */
};

static const char *
try_to_open(void *ctx)
{
	static char text[CAPTURE_SIZE];
	const struct opening *o = ctx;
	struct priv_ids nobody;
	struct postconf conf;
	struct capture capture;
	int code;

	if (o->as_nobody &&
	    (priv_find_user("nobody", &nobody) < 0 || priv_become(&nobody) < 0))
		return "cannot become nobody";
	capture_start(&capture, STDERR_FILENO);
	code = hands_open(&o->settings, &conf);
	capture_stop(&capture, text);
	return code == o->want_code && strstr(text, o->want) == text ? NULL
								     : text;
}

static void
test_what_is_needed(void **state)
{
	struct opening o = {.as_nobody = true,
	    .want_code = EX_NOPERM,
	    .want = "policyctl: must be run as root\n"};
	struct ctl *c;

	CTL_OR_SKIP(c, state);
	o.settings = c->settings;
	check_in_child("not root", try_to_open, &o);
	o.as_nobody = false;
	o.want_code = EX_UNAVAILABLE;
	o.want = "policyctl: postconf: ";
	snprintf(o.settings.postfix_config_directory, SETTINGS_PATH_SIZE,
	    "%s/none", c->folder);
	check_in_child("no Postfix there", try_to_open, &o);
}

/* Postfix waits for files that were just written. */
static void
ctl_age(struct ctl *c, const char *name)
{
	static const struct timespec long_ago[2];
	char path[FOLDER_PATH_SIZE];

	assert_int_equal(
	    utimensat(AT_FDCWD, ctl_path(c, name, path), long_ago, 0), 0);
}

static void
test_what_is_needed_of_postfix(void **state)
{
	static const struct opening rows[] = {
	    {.main_cf = "mail_owner = no-such-user\n",
		.want_code = EX_CONFIG,
		.want = "policyctl: mail_owner no-such-user: no such user\n"},
	    {.main_cf = "import_environment = TZ=Europe/Paris MAIL_CONFIG\n",
		.want_code = EX_CONFIG,
		.want = "policyctl: Postfix's import_environment sets TZ"},
	    {.main_cf = "import_environment = TZ MAIL_CONFIG\n",
		.want_code = EX_OK,
		.want = ""},
	};
	struct ctl *c;

	CTL_OR_SKIP(c, state);
	if (access("/usr/sbin/postconf", X_OK) != 0)
		skip();
	ctl_write(c, "master.cf", span_str(""), 0644);
	ctl_age(c, "master.cf");
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct opening o = rows[i];

		o.settings = c->settings;
		ctl_write(c, "main.cf", span_str(o.main_cf), 0644);
		ctl_age(c, "main.cf");
		check_in_child(o.main_cf, try_to_open, &o);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CTL(test_each_verb_is_a_command),
	    CTL(test_a_lookup_asks_its_tables),
	    CTL(test_ids_are_limited),
	    CTL(test_how_commands_end),
	    CTL(test_a_missing_owner_is_an_error),
	    CTL(test_floods_on_both_outputs),
	    CTL(test_output_is_taken_or_not),
	    CTL(test_one_command_after_the_other),
	    CTL(test_output_is_thrown_away),
	    CTL(test_what_root_opens),
	    CTL(test_what_is_needed),
	    CTL(test_what_is_needed_of_postfix),
	};

	return cmocka_run_group_tests_name("hands", tests, NULL, NULL);
}

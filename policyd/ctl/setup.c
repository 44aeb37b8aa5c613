/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE /* flock */

#include "policyd/ctl/setup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sysexits.h>
#include <unistd.h>

#include "policyd/ctl/postconf_load.h"
#include "policyd/ctl/setup_folders.h"
#include "policyd/ctl/setup_plan.h"
#include "policyd/ctl/setup_text.h"
#include "policyd/sched/collect.h"

enum {
	COMMAND_DEADLINE_MS = 60000,
	COMMAND_OUTPUT_MAX = 64 * 1024,
	LINE_MAX_BYTES = 1024 * 1024, /* of a command that is shown */
};

struct setup {
	const struct settings *settings;
	bool everywhere;
	bool dry_run;
	bool reload;
	bool undo;
	int folder; /* of Postfix's configuration, locked */
	struct setup_plan plan;
};

static int
complain(int code, const char *what, const char *why)
{
	fprintf(stderr, "policyctl: setup: %s: %s\n", what, why);
	return code;
}

static int
take_options(struct setup *s, char *const *words, int n)
{
	const struct option_place places[] = {
	    {.name = "everywhere", .flag = &s->everywhere},
	    {.name = "dry-run", .flag = &s->dry_run},
	    {.name = "reload", .flag = &s->reload},
	    {.name = "undo", .flag = &s->undo},
	};
	struct options options = {.verb = &setup_verb,
	    .place = places,
	    .n_places = sizeof(places) / sizeof(places[0])};
	int code = options_take(&options, words, n);

	if (code == EX_OK && s->undo && s->everywhere)
		return options_usage_error(&setup_verb,
		    "--undo takes out either recipe: leave --everywhere away");
	return code;
}

/*
 * One at a time, and not where nothing can be written: a setup that fails half
 * way would leave half of it.
 */
static int
open_folder(struct setup *s)
{
	const char *path = s->settings->postfix_config_directory;
	static const char *const files[] = {".", "main.cf", "master.cf"};

	if (!s->dry_run && geteuid() != 0)
		return complain(
		    EX_NOPERM, "needs to be root", "run it by sudo");
	s->folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->folder < 0)
		return complain(EX_CONFIG, path, strerror(errno));
	if (s->dry_run)
		return EX_OK;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (faccessat(s->folder, files[i], W_OK, 0) == 0)
			continue;
		fprintf(stderr, "policyctl: setup: %s/%s: %s\n", path, files[i],
		    strerror(errno));
		return errno == ENOENT ? EX_CONFIG : EX_CANTCREAT;
	}
	if (flock(s->folder, LOCK_EX | LOCK_NB) < 0)
		return complain(EX_TEMPFAIL, path,
		    errno == EWOULDBLOCK ? "another setup is at work"
					 : strerror(errno));
	return EX_OK;
}

/* postconf(1) writes behind a last line without an end, into that line. */
static int
check_last_line(const struct setup *s, const char *name)
{
	const char *path = s->settings->postfix_config_directory;
	int fd = openat(s->folder, name, O_RDONLY | O_CLOEXEC);
	char last = '\n';

	if (fd < 0)
		return EX_OK; /* Postfix tells */
	if (lseek(fd, -1, SEEK_END) >= 0 && read(fd, &last, 1) < 0)
		last = '\n';
	close(fd);
	if (last == '\n')
		return EX_OK;
	fprintf(stderr,
	    "policyctl: setup: %s/%s: its last line has no end, and postconf "
	    "would go on in it; nothing was changed. Run: echo >>",
	    path, name);
	setup_show_word(stderr, path);
	fprintf(stderr, "/%s\n", name);
	return EX_CONFIG;
}

static int
make_plan(struct setup *s)
{
	const char *path = s->settings->postfix_config_directory;
	char error[POSTCONF_ERROR_SIZE];
	struct postconf_text text;
	struct setup_site site = {&text.view, {"", 0}, s->settings};
	size_t len;
	char *file;
	int fd;

	if (!postconf_load(path, &text, error))
		return complain(EX_CONFIG, "nothing was changed", error);
	fd = openat(s->folder, "main.cf", O_RDONLY | O_CLOEXEC);
	file = fd >= 0 ? conf_load(fd, &len) : NULL;
	if (file == NULL) {
		fprintf(stderr, "policyctl: setup: %s/main.cf: %s\n", path,
		    fd < 0 ? strerror(errno) : conf_load_reason(errno));
	} else {
		site.main_cf = span_of(file, len);
		if (s->undo)
			setup_plan_undo(&s->plan, &site);
		else
			setup_plan_make(&s->plan, &site, s->everywhere);
	}
	if (fd >= 0)
		close(fd);
	postconf_text_free(&text);
	free(file);
	if (file == NULL)
		return EX_CONFIG;
	if (!s->plan.refused)
		return EX_OK;
	return complain(EX_CONFIG, s->plan.refusal, "nothing was changed");
}

/* Shows a command as a line for a shell. */
static void
show(char *const argv[])
{
	struct buf line;

	buf_init(&line, LINE_MAX_BYTES);
	for (size_t i = 0; argv[i] != NULL; i++) {
		if (i > 0)
			buf_append(&line, span_str(" "));
		setup_text_quote(span_str(argv[i]), &line);
	}
	printf("%.*s\n", (int)buf_len(&line), buf_span(&line).data);
	fflush(stdout);
	buf_free(&line);
}

static bool
run(char *const argv[])
{
	static char locale[] = "LC_ALL=C";
	char *env[] = {locale, NULL};
	struct command command = {.path = argv[0], .argv = argv, .env = env};
	struct buf out, err;
	int code;

	buf_init(&out, COMMAND_OUTPUT_MAX);
	buf_init(&err, COMMAND_OUTPUT_MAX);
	code = collect_command(&command, COMMAND_DEADLINE_MS, &out, &err);
	if (code < 0)
		complain(0, argv[0], strerror(errno));
	else if (code != 0)
		fprintf(stderr, "policyctl: setup: %s: exit %d\n%.*s", argv[0],
		    code, (int)buf_len(&err), buf_span(&err).data);
	buf_free(&out);
	buf_free(&err);
	return code == 0;
}

static bool
make_change(const struct setup *s, const struct setup_change *c)
{
	char name[] = "postconf", config[] = "-c";
	char folder[SETTINGS_PATH_SIZE], option[8];
	bool has_value = c->op != SETUP_UNSET && c->op != SETUP_NO_SERVICE;
	size_t size = strlen(c->target) + strlen(c->value) + sizeof("=");
	char *text = malloc(size);
	char *argv[] = {name, config, folder, option, text, NULL};
	bool ok = text != NULL;

	if (!ok)
		complain(0, "postconf", "not enough memory");
	snprintf(folder, sizeof(folder), "%s",
	    s->settings->postfix_config_directory);
	snprintf(option, sizeof(option), "%s", setup_op_option(c->op));
	if (ok) {
		snprintf(text, size, "%s%s%s", c->target, has_value ? "=" : "",
		    c->value);
		show(argv);
		ok = s->dry_run || run(argv);
	}
	free(text);
	return ok;
}

static int
make_changes(const struct setup *s)
{
	for (size_t i = 0; i < s->plan.n; i++) {
		if (make_change(s, &s->plan.change[i]))
			continue;
		fprintf(stderr,
		    "policyctl: setup: stopped; what is done so far does no "
		    "harm. Run it again, or take it out: policyctl setup "
		    "--undo\n");
		return EX_OSERR;
	}
	for (size_t i = 0; i < s->plan.n_notes; i++)
		printf("note: %s\n", s->plan.note[i]);
	return EX_OK;
}

static int
reload(const struct setup *s)
{
	char name[] = "postfix", config[] = "-c", verb[] = "reload";
	char folder[SETTINGS_PATH_SIZE];
	char *argv[] = {name, config, folder, verb, NULL};

	snprintf(folder, sizeof(folder), "%s",
	    s->settings->postfix_config_directory);
	show(argv);
	if (s->dry_run || run(argv))
		return EX_OK;
	return complain(EX_UNAVAILABLE, "postfix reload",
	    "Postfix does not run, or its log tells why; all else is done");
}

static void
say_nothing_to_do(const struct setup *s)
{
	if (s->plan.n_notes > 0)
		printf("nothing to do but what the notes say\n");
	else
		printf("nothing to do: %s\n",
		    s->undo ? "main.cf and master.cf have nothing that setup "
			      "put there"
			    : "deliver-at is set up");
}

static void
say_reload(const struct setup *s)
{
	printf("now: postfix -c ");
	setup_show_word(stdout, s->settings->postfix_config_directory);
	printf(" reload%s\n",
	    s->undo || s->everywhere ? ""
				     : " (mail of users waits until then)");
}

static int
finish(const struct setup *s, int changes)
{
	int code = EX_OK;

	if (changes == 0)
		say_nothing_to_do(s);
	if (s->reload)
		code = reload(s);
	else if (changes > 0 && !s->dry_run)
		say_reload(s);
	if (s->undo && changes > 0)
		printf("Mail that is on hold stays so until policyd lets it "
		       "go: keep it running until \"policyctl count\" says 0.\n"
		       "The user and the folders are left.\n");
	else if (!s->undo && !s->dry_run)
		printf("next: start hdrcheck and policyd if they do not run, "
		       "then policyctl check\n");
	return code;
}

static int
carry_out(struct setup *s)
{
	int folders = 0, code = check_last_line(s, "main.cf");

	if (code == EX_OK)
		code = check_last_line(s, "master.cf");
	if (code == EX_OK)
		code = make_plan(s);
	if (code != EX_OK)
		return code;
	if (!s->undo)
		folders = setup_folders_make(s->settings, s->dry_run);
	if (folders < 0)
		return EX_OSERR;
	code = make_changes(s);
	return code != EX_OK ? code : finish(s, folders + (int)s->plan.n);
}

static int
run_setup(const struct settings *settings, char *const *words, int n)
{
	struct setup s = {.settings = settings, .folder = -1};
	int code = take_options(&s, words, n);

	if (code == EX_OK)
		code = open_folder(&s);
	if (code == EX_OK)
		code = carry_out(&s);
	setup_plan_free(&s.plan);
	if (s.folder >= 0)
		close(s.folder);
	return code;
}

static const char help[] =
    "usage: policyctl setup [--everywhere] [--reload] [--dry-run]\n"
    "       policyctl setup --undo [--reload] [--dry-run]\n"
    "\n"
    "Puts deliver-at into Postfix, by postconf(1), and makes the user and the\n"
    "folders that the daemons need. Prints each change as the command that\n"
    "makes it. What header_checks were there before stay, behind ours. Run\n"
    "again, it does what is missing.\n"
    "\n"
    "Without --everywhere, mail that comes in through submission, submissions\n"
    "(smtps, 587, 465) and sendmail(1) may be postponed; port 25 stays as it "
    "is.\n"
    "\n"
    "  --everywhere  all mail may be postponed, that of strangers included\n"
    "  --reload      postfix reload at the end\n"
    "  --dry-run     only print\n"
    "  --undo        take out what it put in, and nothing else\n";

const struct ctl_verb setup_verb = {
    .name = "setup",
    .summary = "puts deliver-at into Postfix, or takes it out",
    .help = help,
    .run = run_setup,
};

/* SPDX-License-Identifier: ISC */
/*
 * ctl_support - policyctl's hands and their child, on stand-ins for Postfix's
 * commands in a folder of their own
 *
 * Both work in children of the test; what they print is kept. Needs root, as
 * policyctl does.
 */
#ifndef UNIT_CTL_SUPPORT_H
#define UNIT_CTL_SUPPORT_H

#include "tests/unit/sched_support.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "policyd/ctl/hands.h"
#include "policyd/sched/command.h"

enum {
	CTL_TEXT_MAX = 1024 * 1024,
};

/* Tells its name, its user, its words and its input, a line each. */
#define CTL_TELLING                                                            \
	"#!/bin/sh\n"                                                          \
	"echo \"${0##*/} $(id -u) LC_ALL=$LC_ALL TZ=$TZ\"\n"                   \
	"for word; do echo \"<$word>\"; done\n"                                \
	"cat\n"

struct ctl {
	char *folder;
	struct settings settings;
	struct postconf postconf;
	struct hands_options options;
	int exit_code;
	char out[CTL_TEXT_MAX];
	char err[CTL_TEXT_MAX];
};

/* What takes longer has failed; some run hundreds of commands. */
static inline unsigned
ctl_guard_s(void)
{
	return (unsigned)guard_ms() * 6 / 1000;
}

static inline const char *
ctl_path(const struct ctl *c, const char *name, char out[FOLDER_PATH_SIZE])
{
	snprintf(out, FOLDER_PATH_SIZE, "%s/%s", c->folder, name);
	return out;
}

static inline void
ctl_write(struct ctl *c, const char *name, struct span content, mode_t mode)
{
	char path[FOLDER_PATH_SIZE];

	write_file(ctl_path(c, name, path), content);
	assert_int_equal(chmod(path, mode), 0);
}

static inline void
ctl_script(struct ctl *c, const char *name, const char *content)
{
	ctl_write(c, name, span_str(content), 0755);
}

/* The same for all commands. */
static inline void
ctl_scripts(struct ctl *c, const char *content)
{
	static const char *const names[] = {
	    "postqueue", "postcat", "postsuper", "postkick", "postfix"};

	for (size_t i = 0; i < COUNT_OF(names); i++)
		ctl_script(c, names[i], content);
}

static inline int
ctl_setup(void **state)
{
	struct ctl *c;

	*state = NULL;
	if (geteuid() != 0)
		return 0;
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return -1;
	c->folder = folder_make();
	if (c->folder == NULL || chmod(c->folder, 0755) < 0)
		return -1;
	load_settings(&c->settings, "");
	snprintf(c->settings.postfix_config_directory, SETTINGS_PATH_SIZE, "%s",
	    c->folder);
	snprintf(c->settings.state_directory, SETTINGS_PATH_SIZE, "%s/state",
	    c->folder);
	snprintf(
	    c->postconf.command_directory, SETTINGS_PATH_SIZE, "%s", c->folder);
	snprintf(c->postconf.mail_owner, SETTINGS_NAME_SIZE, "nobody");
	c->options = (struct hands_options){
	    .settings = &c->settings, .postconf = &c->postconf};
	*state = c;
	return 0;
}

static inline int
ctl_teardown(void **state)
{
	struct ctl *c = *state;
	void *folder;

	if (c == NULL)
		return 0;
	folder = strdup(c->settings.state_directory);
	folder_teardown(&folder);
	folder = c->folder;
	folder_teardown(&folder);
	free(c);
	return 0;
}

#define CTL(name) cmocka_unit_test_setup_teardown(name, ctl_setup, ctl_teardown)

/* Without root there is nothing to test. */
#define CTL_OR_SKIP(c, state)                                                  \
	do {                                                                   \
		(c) = *(state);                                                \
		if ((c) == NULL)                                               \
			skip();                                                \
	} while (0)

static inline void
ctl_read(const struct ctl *c, const char *name, char *to)
{
	char path[FOLDER_PATH_SIZE];
	FILE *file = fopen(ctl_path(c, name, path), "r");
	size_t n;

	assert_non_null(file);
	n = fread(to, 1, CTL_TEXT_MAX - 1, file);
	to[n] = '\0';
	fclose(file);
	unlink(path);
}

static inline int
ctl_open(const struct ctl *c, const char *name)
{
	char path[FOLDER_PATH_SIZE];
	int fd = open(ctl_path(c, name, path),
	    O_RDWR | O_CREAT | O_TRUNC | O_APPEND, 0666);

	assert_true(fd >= 0);
	return fd;
}

/* out, err: where they go; -1: to files, for c->out and c->err. */
static inline pid_t
ctl_start(struct ctl *c, hands_fn *run, void *ctx, int out)
{
	int err = ctl_open(c, "err");
	pid_t pid;

	if (out < 0)
		out = ctl_open(c, "out");
	fflush(stdout);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		alarm(ctl_guard_s());
		dup2(out, STDOUT_FILENO);
		dup2(err, STDERR_FILENO);
		close(out);
		close(err);
		_exit(hands_run(&c->options, run, ctx));
	}
	close(out);
	close(err);
	return pid;
}

static inline int
ctl_wait(pid_t pid)
{
	int status = 0;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return command_exit_code(status);
}

/* Runs it to its end. */
static inline void
ctl_run(struct ctl *c, hands_fn *run, void *ctx)
{
	c->exit_code = ctl_wait(ctl_start(c, run, ctx, -1));
	ctl_read(c, "out", c->out);
	ctl_read(c, "err", c->err);
}

#endif

/* SPDX-License-Identifier: ISC */
/*
 * What test_runner cannot show of the verbs.
 */
#include "tests/unit/sched_support.h"

#include <errno.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "policyd/sched/command.h"
#include "policyd/sched/verb.h"

enum { GUARD_MS = 20 * 1000 /* what takes longer has failed */ };

static const struct {
	enum sweep_verb verb;
	const char *program;
	int64_t deadline_s;
} verbs[SWEEP_VERBS] = {
    {SWEEP_LIST, "postqueue", 600},
    {SWEEP_READ, "postcat", 60},
    {SWEEP_RELEASE, "postsuper", 300},
    {SWEEP_REQUEUE, "postsuper", 300},
    {SWEEP_KICK_QMGR, "postkick", 10},
    {SWEEP_KICK_PICKUP, "postkick", 10},
};

static void
verbs_have_a_program_and_a_deadline(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(verbs); i++) {
		check_string(verbs[i].program, verb_program(verbs[i].verb),
		    verbs[i].program);
		check_int(verbs[i].program, verb_deadline_s(verbs[i].verb),
		    verbs[i].deadline_s);
	}
}

/* All that a command prints; it has ended then, with this code. */
static const char *
await(const char *row, pid_t pid, const int fds[2], int code)
{
	static char text[4096];
	struct pollfd p = {.fd = fds[0], .events = POLLIN};
	int status = 0;
	size_t used = 0;
	ssize_t n = 1;

	while (n != 0) {
		check_int(row, poll(&p, 1, GUARD_MS), 1);
		n = read(fds[0], text + used, sizeof(text) - 1 - used);
		assert_true(n >= 0 || errno == EAGAIN);
		used += n > 0 ? (size_t)n : 0;
	}
	text[used] = '\0';
	close(fds[0]);
	close(fds[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	check_int(row, command_exit_code(status), code);
	return text;
}

/* A folder in the folder whose path is as long as a setting may be. */
static const char *
make_long_folder(void **state, char path[FOLDER_PATH_SIZE])
{
	char name[FOLDER_PATH_SIZE] = "";

	memset(
	    name, 'x', SETTINGS_PATH_SIZE - 1 - strlen(*state) - strlen("/"));
	assert_int_equal(mkdir(folder_join(state, name, path), 0755), 0);
	assert_int_equal(strlen(path), SETTINGS_PATH_SIZE - 1);
	return path;
}

/* The longest paths that settings have reach the command as they are. */
static void
no_path_is_cut(void **state)
{
	static const char script[] =
	    "#!/bin/sh\nfor word; do echo \"$word\"; done\ncat\n";
	char folder[FOLDER_PATH_SIZE], want[2 * FOLDER_PATH_SIZE];
	char program[FOLDER_PATH_SIZE + 16], ids[] = "ABCDEF\n";
	struct priv_ids self = {geteuid(), getegid()};
	struct verb_place place = {
	    .command_directory = make_long_folder(state, folder),
	    .config_directory = folder,
	    .mail_owner = &self,
	};
	const char *printed;
	int fds[2];
	pid_t pid;

	snprintf(program, sizeof(program), "%s/postsuper", folder);
	write_file(program, span_str(script));
	assert_int_equal(chmod(program, 0755), 0);
	pid = verb_start(&place, SWEEP_RELEASE, ids, strlen(ids), fds);
	assert_true(pid > 0);
	snprintf(want, sizeof(want), "-c\n%s\n-H\n-\nhold\nABCDEF\n", folder);
	printed = await("end", pid, fds, 0);
	unlink(program);
	check_string("words and input", printed, want);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(verbs_have_a_program_and_a_deadline),
	    IN_FOLDER(no_path_is_cut),
	};

	return cmocka_run_group_tests_name("verb", tests, NULL, NULL);
}

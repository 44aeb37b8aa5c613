/* SPDX-License-Identifier: ISC */
/*
 * A listener's folder that somebody else has locked.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/support.h"

#include "hdrcheck/base/sock.h"

enum { GUARD_S = 20 /* what takes longer has failed */ };

/* Locks a folder that it may read, for ever. */
static _Noreturn void
hold_lock(const char *folder, int operation, int tell)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY);

	if (fd < 0 || flock(fd, operation) < 0 || write(tell, "x", 1) != 1)
		_exit(1);
	for (;;)
		pause();
}

static pid_t
start_holder(const char *folder, int operation)
{
	int ends[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	fflush(stdout);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		hold_lock(folder, operation, ends[1]);
	close(ends[1]);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	close(ends[0]);
	return pid;
}

static void
end_holder(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* The lowest descriptor that is free: unchanged when none was left open. */
static int
next_fd(void)
{
	int fd = dup(STDIN_FILENO);

	assert_true(fd >= 0);
	close(fd);
	return fd;
}

/* Once with a fresh path, once over a stale socket, once where one listens. */
static const char *
child_listens(void *ctx)
{
	const struct sock_address *address = ctx;
	struct sock_owner owner = {geteuid(), getegid(), 0600};
	int before = next_fd(), fd;

	alarm(GUARD_S);
	for (int i = 0; i < 2; i++) {
		fd = sock_listen(address, &owner);
		if (fd < 0)
			return "no listener";
		if (fd != before || next_fd() != before + 1)
			return "another descriptor is left open";
		if (i == 0)
			close(fd);
	}
	if (sock_listen(address, &owner) >= 0)
		return "a second listener";
	if (errno != EADDRINUSE)
		return "not told that somebody listens";
	return next_fd() == before + 1 ? NULL : "a descriptor is left open";
}

static const struct {
	const char *row;
	int operation;
} locks[] = {
    {"nobody's", LOCK_UN},
    {"an exclusive lock", LOCK_EX},
    {"a shared lock", LOCK_SH},
};

static void
a_locked_folder_costs_time_but_no_listener(void **state)
{
	struct sock_address address;
	char path[FOLDER_PATH_SIZE];

	folder_address(state, "s", &address);
	for (size_t i = 0; i < COUNT_OF(locks); i++) {
		pid_t holder = start_holder(*state, locks[i].operation);

		check_in_child(locks[i].row, child_listens, &address);
		end_holder(holder);
		unlink(folder_join(state, "s", path));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_FOLDER(a_locked_folder_costs_time_but_no_listener),
	};

	return cmocka_run_group_tests_name("sock_lock", tests, NULL, NULL);
}

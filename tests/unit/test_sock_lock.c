/* SPDX-License-Identifier: ISC */
/*
 * A listener's folder that somebody else has locked.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/support.h"

#include "hdrcheck/base/sock.h"

enum { GUARD_S = 20 /* what takes longer has failed */ };

/* Somebody who locks a folder for as long as the test holds the way to it. */
struct holder {
	pid_t pid;
	int way;
};

static _Noreturn void
hold_lock(const char *folder, int operation, int way)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY);
	char byte = 'x';

	if (fd < 0 || flock(fd, operation) < 0 || write(way, &byte, 1) != 1)
		_exit(1);
	_exit(read(way, &byte, 1) == 0 ? 0 : 1);
}

static struct holder
start_holder(const char *folder, int operation)
{
	struct holder h;
	int ends[2];
	char byte;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	fflush(stdout);
	h.pid = fork();
	assert_true(h.pid >= 0);
	if (h.pid == 0) {
		close(ends[0]);
		hold_lock(folder, operation, ends[1]);
	}
	close(ends[1]);
	h.way = ends[0];
	assert_int_equal(read(h.way, &byte, 1), 1);
	return h;
}

static void
end_holder(const struct holder *h)
{
	int status = -1;

	close(h->way);
	assert_int_equal(waitpid(h->pid, &status, 0), h->pid);
	check_int("the holder", status, 0);
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
};

static void
a_locked_folder_costs_time_but_no_listener(void **state)
{
	struct sock_address address;
	char path[FOLDER_PATH_SIZE];

	folder_address(state, "s", &address);
	for (size_t i = 0; i < COUNT_OF(locks); i++) {
		struct holder holder = start_holder(*state, locks[i].operation);

		check_in_child(locks[i].row, child_listens, &address);
		end_holder(&holder);
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

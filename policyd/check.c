/* SPDX-License-Identifier: ISC */
#include "policyd/check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "policyd/orders.h"

static int
parse(const struct daemon *d, int fd)
{
	struct orders orders = {.settings = d->settings};
	struct orders_source source = {
	    .rules_fd = fd,
	    .rules_file = d->settings.rules_file,
	    .now_s = clock_floor_s(clock_wall_ns()),
	};
	char error[RULE_ERROR_SIZE];

	if (!orders_read_rules(&orders, &source, error)) {
		fprintf(stderr, "%s\n", error);
		return EX_CONFIG;
	}
	orders_warn(&orders, source.rules_file, &d->log);
	orders_free(&orders);
	return EX_OK;
}

/* By a child that is not root any more, as whoever reads lists and zones. */
static int
parse_elsewhere(const struct daemon *d, int fd)
{
	pid_t pid = fork();
	int exit_code, status;

	if (pid < 0) {
		log_error(&d->log, "fork: %s", strerror(errno));
		return EX_OSERR;
	}
	if (pid == 0) {
		exit_code = daemon_stop_being_root(d);
		_exit(exit_code != 0 ? exit_code : parse(d, fd));
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return EX_OSERR;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EX_SOFTWARE;
}

int
check_rules(const struct daemon *d)
{
	const char *file = d->settings.rules_file;
	char error[RULE_ERROR_SIZE];
	int exit_code, fd;

	if (file[0] == '\0')
		return EX_OK;
	fd = rule_file_open(file, error);
	if (fd < 0) {
		fprintf(stderr, "%s\n", error);
		return EX_CONFIG;
	}
	exit_code = geteuid() == 0 ? parse_elsewhere(d, fd) : parse(d, fd);
	close(fd);
	return exit_code;
}

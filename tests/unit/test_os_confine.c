/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE /* syscall */

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/unit/support.h"

#include "hdrcheck/base/os.h"

/* As the kernel tells; 0: it has none, or is not to be asked. */
static long
landlock_version(void)
{
#if defined(SYS_landlock_create_ruleset) && !defined(OS_PORTABLE)
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, 1);

	return version > 0 ? version : 0;
#else
	return 0;
#endif
}

/* For what cannot be shown here. */
static void
skip_before(long version)
{
	if (landlock_version() >= version)
		return;
	print_message("Landlock %ld is needed, and there is %ld\n", version,
	    landlock_version());
	skip();
}

/* What a child is to work on. */
struct yard {
	char folder[FOLDER_PATH_SIZE];
	char file[FOLDER_PATH_SIZE];
	char other[FOLDER_PATH_SIZE]; /* does not exist */
	int open_file;
	struct sock_address stream; /* somebody listens there */
	struct sock_address datagrams; /* and here */
	struct sock_address unused; /* the path of other */
	pid_t parent;
};

static void
yard_open(struct yard *y, void **state)
{
	struct sock_owner owner = {
	    .uid = geteuid(), .gid = getegid(), .mode = 0600};
	int fd;

	snprintf(y->folder, sizeof(y->folder), "%s", (char *)*state);
	write_file(folder_join(state, "file", y->file), span_str("precious"));
	folder_join(state, "other", y->other);
	y->open_file = open(y->file, O_RDWR);
	folder_address(state, "stream", &y->stream);
	folder_address(state, "datagrams", &y->datagrams);
	folder_address(state, "other", &y->unused);
	assert_true(sock_listen(&y->stream, &owner) >= 0);
	fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	assert_int_equal(
	    bind(fd, (const struct sockaddr *)&y->datagrams.storage,
		y->datagrams.len),
	    0);
	y->parent = getpid();
}

/* Each does what is forbidden; -1 and errno: it was kept from it. */

static int
read_file(const struct yard *y)
{
	return open(y->file, O_RDONLY);
}

static int
read_a_file_of_the_system(const struct yard *y)
{
	(void)y;
	return open("/etc/passwd", O_RDONLY);
}

static int
write_a_file(const struct yard *y)
{
	return open(y->file, O_WRONLY);
}

static int
append_to_a_file(const struct yard *y)
{
	return open(y->file, O_WRONLY | O_APPEND);
}

static int
cut_a_file(const struct yard *y)
{
	return truncate(y->file, 0);
}

static int
make_a_file(const struct yard *y)
{
	return open(y->other, O_WRONLY | O_CREAT, 0600);
}

static int
remove_a_file(const struct yard *y)
{
	return unlink(y->file);
}

static int
rename_a_file(const struct yard *y)
{
	return rename(y->file, y->other);
}

static int
link_a_file(const struct yard *y)
{
	return link(y->file, y->other);
}

static int
make_a_folder(const struct yard *y)
{
	return mkdir(y->other, 0700);
}

static int
make_a_link(const struct yard *y)
{
	return symlink("/etc/passwd", y->other);
}

static int
make_a_fifo(const struct yard *y)
{
	return mkfifo(y->other, 0600);
}

static int
list_a_folder(const struct yard *y)
{
	return open(y->folder, O_RDONLY | O_DIRECTORY);
}

static int
run_a_program(const struct yard *y)
{
	char name[] = "true";
	char *words[] = {name, NULL};

	(void)y;
	return execv("/bin/true", words);
}

static int
listen_at_a_path(const struct yard *y)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	return bind(
	    fd, (const struct sockaddr *)&y->unused.storage, y->unused.len);
}

static const struct deed {
	const char *row;
	int (*do_it)(const struct yard *);
	long since; /* this version of Landlock it is forbidden */
} deeds[] = {
    {"a file is read", read_file, 1},
    {"a file of the system is read", read_a_file_of_the_system, 1},
    {"a file is written", write_a_file, 1},
    {"a file is appended to", append_to_a_file, 1},
    {"a file is cut", cut_a_file, 3},
    {"a file is made", make_a_file, 1},
    {"a file is removed", remove_a_file, 1},
    {"a file is renamed", rename_a_file, 1},
    {"a file gets another name", link_a_file, 1},
    {"a folder is made", make_a_folder, 1},
    {"a link is made", make_a_link, 1},
    {"a FIFO is made", make_a_fifo, 1},
    {"a folder is listed", list_a_folder, 1},
    {"a socket is made at a path", listen_at_a_path, 1},
    {"a program is run", run_a_program, 1},
};

static const char *
child_does_what_is_forbidden(void *ctx)
{
	const struct yard *y = ctx;

	if (!os_forget_files())
		return "not confined";
	for (size_t i = 0; i < COUNT_OF(deeds); i++) {
		if (landlock_version() < deeds[i].since)
			continue;
		errno = 0;
		if (deeds[i].do_it(y) >= 0)
			return deeds[i].row;
		if (errno != EACCES && errno != EXDEV)
			return strerror(errno);
	}
	return NULL;
}

static void
files_are_out_of_reach(void **state)
{
	struct yard y;
	struct stat st;

	skip_before(1);
	yard_open(&y, state);
	check_in_child("forbidden", child_does_what_is_forbidden, &y);
	assert_int_equal(stat(y.file, &st), 0);
	assert_int_equal(st.st_size, strlen("precious"));
	assert_int_equal(access(y.other, F_OK), -1);
}

/* The same can be done where nothing is given up. */
static void
without_it_they_are_not(void **state)
{
	struct yard y;

	yard_open(&y, state);
	for (size_t i = 0; i + 1 < COUNT_OF(deeds); i++) {
		check_bool(deeds[i].row, deeds[i].do_it(&y) >= 0, true);
		if (access(y.other, F_OK) == 0 && access(y.file, F_OK) < 0)
			rename(y.other, y.file);
		unlink(y.other);
		rmdir(y.other);
		write_file(y.file, span_str("precious"));
	}
}

static const char *
child_uses_what_it_has(void *ctx)
{
	const struct yard *y = ctx;
	char got[8];
	int fd;

	if (!os_forget_files())
		return "not confined";
	if (read(y->open_file, got, sizeof(got)) != sizeof(got) ||
	    write(y->open_file, "!", 1) != 1)
		return "an open file cannot be used";
	fd = sock_connect(&y->stream);
	if (fd < 0 || write(fd, "x", 1) != 1)
		return "no connection to a unix socket";
	fd = sock_connect_later(&y->stream);
	if (fd < 0 || sock_error(fd) != 0)
		return "no connection to a unix socket, later";
	fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	if (connect(fd, (const struct sockaddr *)&y->datagrams.storage,
		y->datagrams.len) < 0 ||
	    send(fd, "x", 1, 0) != 1)
		return "no datagram, as syslog sends";
	return NULL;
}

static void
what_is_open_stays_and_sockets_are_reached(void **state)
{
	struct yard y;

	skip_before(1);
	yard_open(&y, state);
	check_in_child("allowed", child_uses_what_it_has, &y);
}

static const char *
child_binds_a_port(void *ctx)
{
	struct sockaddr_in any = {.sin_family = AF_INET};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)ctx;
	any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (!os_forget_files())
		return "not confined";
	if (bind(fd, (const struct sockaddr *)&any, sizeof(any)) == 0)
		return "bound";
	return errno == EACCES ? NULL : strerror(errno);
}

static void
no_port_is_bound(void **state)
{
	(void)state;
	skip_before(4);
	check_in_child("a port", child_binds_a_port, NULL);
}

static const char *
child_signals_its_parent(void *ctx)
{
	const struct yard *y = ctx;

	if (kill(y->parent, 0) < 0)
		return "not even before";
	if (!os_forget_files())
		return "not confined";
	if (kill(y->parent, 0) == 0)
		return "sent";
	if (errno != EPERM)
		return strerror(errno);
	return raise(0) == 0 ? NULL : "not even to itself";
}

static void
no_signal_is_sent(void **state)
{
	struct yard y = {.parent = getpid()};

	(void)state;
	skip_before(6);
	check_in_child("a signal", child_signals_its_parent, &y);
}

/* An address that is no path: its first byte is a NUL. */
static socklen_t
fill_abstract(struct sockaddr_un *un)
{
	*un = (struct sockaddr_un){.sun_family = AF_UNIX};
	snprintf(un->sun_path + 1, sizeof(un->sun_path) - 1,
	    "deliver-at-unit-%ld", (long)getpid());
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
	    strlen(un->sun_path + 1));
}

struct abstract {
	struct sockaddr_un un;
	socklen_t len;
};

static const char *
child_connects_to_no_path(void *ctx)
{
	const struct abstract *to = ctx;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (!os_forget_files())
		return "not confined";
	if (connect(fd, (const struct sockaddr *)&to->un, to->len) == 0)
		return "connected";
	return errno == EPERM ? NULL : strerror(errno);
}

static void
sockets_that_are_no_paths_are_out_of_reach(void **state)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	struct abstract to;

	(void)state;
	skip_before(6);
	to.len = fill_abstract(&to.un);
	assert_int_equal(bind(fd, (struct sockaddr *)&to.un, to.len), 0);
	assert_int_equal(listen(fd, 5), 0);
	check_in_child("abstract", child_connects_to_no_path, &to);
	close(fd);
}

static const char *
child_has_no_landlock(void *ctx)
{
	(void)ctx;
	return os_forget_files() ? "confined" : NULL;
}

static void
where_there_is_none_it_says_so(void **state)
{
	(void)state;
	if (landlock_version() > 0)
		skip();
	check_in_child("none", child_has_no_landlock, NULL);
}

#if defined(__linux__) && !defined(OS_PORTABLE)

static const char *
child_names_itself(void *ctx)
{
	char got[32] = "";
	int fd;

	(void)ctx;
	os_name_process("fifteen-letters");
	fd = open("/proc/self/comm", O_RDONLY);
	if (read(fd, got, sizeof(got) - 1) < 0)
		return "no name";
	return strcmp(got, "fifteen-letters\n") == 0 ? NULL : "another name";
}

static void
a_process_gets_a_name(void **state)
{
	(void)state;
	check_in_child("a name", child_names_itself, NULL);
}

#endif

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(files_are_out_of_reach),
		IN_FOLDER(without_it_they_are_not),
		IN_FOLDER(what_is_open_stays_and_sockets_are_reached),
		cmocka_unit_test(no_port_is_bound),
		cmocka_unit_test(no_signal_is_sent),
		cmocka_unit_test(sockets_that_are_no_paths_are_out_of_reach),
		cmocka_unit_test(where_there_is_none_it_says_so),
#if defined(__linux__) && !defined(OS_PORTABLE)
		cmocka_unit_test(a_process_gets_a_name),
#endif
	};

	return cmocka_run_group_tests_name("os_confine", tests, NULL, NULL);
}

/* SPDX-License-Identifier: ISC */
/*
 * What a service manager is told, and the watchdog that it asks for.
 *
 * Each row works in a child: the environment is the child's, and so are the
 * descriptors. It begins with the standard ones.
 */
#include "tests/unit/notify_support.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "hdrcheck/base/priv.h"

/* NOTIFY_SOCKET */

/*
 * A manager in the place of standard input, the only descriptors that a start
 * leaves open being the standard ones.
 */
enum { MANAGER = STDIN_FILENO };

static bool
seat_manager(const struct sockaddr_un *address, socklen_t len)
{
	int fd = manager_bind(address, len);

	return fd >= 0 && dup2(fd, MANAGER) == MANAGER && close(fd) == 0;
}

static bool
seat_manager_at(const char *path)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};

	if (strlen(path) >= sizeof(un.sun_path))
		return false;
	strcpy(un.sun_path, path);
	return seat_manager(&un, sizeof(un));
}

static const struct way {
	const char *row;
	const char *name;
	bool in_folder; /* where there are manager, listener and file */
	bool ok;
	const char *folder;
} ways[] = {
    {"none", NULL, false, false, NULL},
    {"an empty one", "", false, false, NULL},
    {"the root folder alone", "/", false, false, NULL},
    {"an at sign alone", "@", false, false, NULL},
    {"its path", "manager", true, true, NULL},
    {"a path of nobody", "nobody", true, false, NULL},
    {"a path that another kind of socket has", "listener", true, false, NULL},
    {"a file", "file", true, false, NULL},
    {"an abstract name of nobody", "@unit-nobody-has-this", false, false, NULL},
    {"a relative path", "manager", false, false, NULL},
    {"a path from here", "./manager", false, false, NULL},
    {"another family", "vsock:2:1234", false, false, NULL},
};

/* All that a name may lead to. The listener's descriptor is closed later. */
static bool
furnish(const char *folder)
{
	struct sock_owner owner = {geteuid(), getegid(), 0600};
	struct sock_address address;
	char text[FOLDER_PATH_SIZE];
	int file;

	if (chdir(folder) < 0)
		return false;
	snprintf(text, sizeof(text), "unix:%s/listener", folder);
	if (sock_parse(span_str(text), &address) != NULL ||
	    sock_listen(&address, &owner) < 0)
		return false;
	file = open("file", O_CREAT | O_WRONLY, 0600);
	unlink("manager"); /* of the row before */
	return file >= 0 && seat_manager_at("manager");
}

static const char *
child_opens_way(void *ctx)
{
	const struct way *way = ctx;
	char name[FOLDER_PATH_SIZE];
	struct notify n;

	start_afresh();
	if (!furnish(way->folder))
		return "no folder with things in it";
	if (way->in_folder)
		snprintf(name, sizeof(name), "%s/%s", way->folder, way->name);
	set_manager(way->in_folder ? name : way->name, OWN_PID, "1000000");
	if (notify_open(&n) != NULL)
		return "an error";
	if (n.fd >= 0 && fcntl(n.fd, F_GETFD) != FD_CLOEXEC)
		return "not close-on-exec";
	if ((n.fd >= 0) != way->ok)
		return way->ok ? "no way" : "a way";
	if (!way->ok && is_open(NOTIFY_FIRST_FD))
		return "a descriptor of no use is open";
	if ((n.watchdog_ns > 0) != way->ok)
		return "a watchdog without a way, or none";
	notify_ready(&n);
	notify_tell(&n, "WATCHDOG=1");
	notify_close(&n);
	notify_ready(&n);
	notify_tell(&n, "WATCHDOG=1");
	return n.fd == -1 ? NULL : "not closed";
}

static void
a_way_to_the_manager_is_a_path_or_abstract(void **state)
{
	for (size_t i = 0; i < COUNT_OF(ways); i++) {
		struct way way = ways[i];

		way.folder = *state;
		check_in_child(way.row, child_opens_way, &way);
	}
}

/* A manager whose name has so many bytes; what it is told. */
struct hearing {
	const char *folder; /* NULL: an abstract name */
	size_t len;
	bool ok;
};

static void
name_of(const struct hearing *h, char name[128])
{
	memset(name, 'x', h->len);
	name[h->len] = '\0';
	if (h->folder != NULL) {
		memcpy(name, h->folder, strlen(h->folder));
		name[strlen(h->folder)] = '/';
	} else {
		name[0] = '@';
		snprintf(name + 1, 24, "unit-%ld-", (long)getpid());
		name[strlen(name)] = 'x';
	}
}

static const char *
hear(int fd, const char *want)
{
	char text[64];
	ssize_t n = recv(fd, text, sizeof(text), MSG_DONTWAIT);

	if (n < 0)
		return "nothing was heard";
	return span_equal_str(span_of(text, (size_t)n), want)
	    ? NULL
	    : "something else was heard";
}

/* Whoever is told may wait so long to be heard. */
static bool
is_patient(int fd)
{
	struct timeval wait;
	socklen_t len = sizeof(wait);

	return getsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, &len) == 0 &&
	    wait.tv_sec == NOTIFY_WAIT_S && wait.tv_usec == 0;
}

static const char *
child_tells(void *ctx)
{
	const struct hearing *h = ctx;
	struct sockaddr_storage room = {.ss_family = AF_UNIX};
	struct sockaddr_un *un = (struct sockaddr_un *)&room;
	char name[128];
	struct notify n;

	start_afresh();
	name_of(h, name);
	memcpy(un->sun_path, name, h->len);
	if (h->folder == NULL)
		un->sun_path[0] = '\0';
	if (!seat_manager(un,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + h->len)))
		return "no manager";
	set_manager(name, NULL, NULL);
	if (notify_open(&n) != NULL)
		return "an error";
	if (!h->ok)
		return n.fd < 0 ? NULL : "a way";
	if (n.fd < 0 || !is_patient(n.fd))
		return "no way, or another patience";
	notify_ready(&n);
	notify_tell(&n, "STOPPING=1\nSTATUS=x");
	if (hear(MANAGER, "READY=1") != NULL)
		return "the first";
	if (hear(MANAGER, "STOPPING=1\nSTATUS=x") != NULL)
		return "the second";
	if (hear(MANAGER, "") == NULL)
		return "a third";
	close(MANAGER);
	notify_tell(&n, "WATCHDOG=1"); /* it is gone */
	notify_ready(&n);
	notify_close(&n);
	return NULL;
}

static void
what_is_told_is_heard(void **state)
{
	struct hearing path = {.folder = *state, .ok = true};
	char row[40];

	for (path.len = 106; path.len <= 108; path.len++) {
		path.ok = path.len < 108;
		snprintf(row, sizeof(row), "a path of %zu bytes", path.len);
		check_in_child(row, child_tells, &path);
	}
}

#ifdef __linux__

static void
what_is_told_to_an_abstract_name_is_heard(void **state)
{
	struct hearing name = {.folder = NULL, .ok = true};
	char row[40];

	(void)state;
	name.len = 40;
	check_in_child("an abstract name", child_tells, &name);
	for (name.len = 106; name.len <= 108; name.len++) {
		name.ok = name.len < 108;
		snprintf(row, sizeof(row), "a name of %zu bytes", name.len);
		check_in_child(row, child_tells, &name);
	}
}

#endif

/* A manager at that path, and a way to it. */
static const char *
open_way(const char *path, struct notify *n)
{
	start_afresh();
	if (!seat_manager_at(path))
		return "no manager";
	set_manager(path, NULL, NULL);
	return notify_open(n) == NULL && n->fd >= 0 ? NULL : "no way";
}

/* More than any queue holds; a child that waits is ended. */
static void
tell_too_much(const struct notify *n)
{
	alarm(MANAGER_GUARD_MS / 1000);
	for (int i = 0; i < 10000; i++)
		notify_tell(n, "WATCHDOG=1");
}

static const char *
child_tells_too_much(void *ctx)
{
	struct notify n;
	const char *error = open_way(ctx, &n);

	if (error != NULL)
		return error;
	tell_too_much(&n);
	return hear(MANAGER, "WATCHDOG=1");
}

static void
a_manager_that_does_not_listen_is_not_waited_for(void **state)
{
	char path[FOLDER_PATH_SIZE];

	folder_join(state, "manager", path);
	check_in_child("a full queue", child_tells_too_much, path);
}

/* Listens again after a moment. Exits with 0 once it hears of a start. */
static _Noreturn void
be_late(void)
{
	struct pollfd p = {.fd = MANAGER, .events = POLLIN};
	char text[64];
	ssize_t len = 0;

	poll(NULL, 0, 50);
	while (
	    len >= 0 && !span_equal_str(span_of(text, (size_t)len), "READY=1"))
		len = poll(&p, 1, MANAGER_GUARD_MS) == 1
		    ? recv(MANAGER, text, sizeof(text), 0)
		    : -1;
	_exit(len >= 0 ? 0 : 1);
}

static const char *
child_is_ready(void *ctx)
{
	struct notify n;
	const char *error = open_way(ctx, &n);
	int status = -1;
	pid_t late;

	if (error != NULL)
		return error;
	tell_too_much(&n);
	late = fork();
	if (late == 0)
		be_late();
	notify_ready(&n);
	notify_close(&n);
	return waitpid(late, &status, 0) == late && status == 0
	    ? NULL
	    : "it was not heard";
}

static void
a_manager_that_is_busy_hears_of_the_start(void **state)
{
	char path[FOLDER_PATH_SIZE];

	folder_join(state, "manager", path);
	check_in_child("a full queue", child_is_ready, path);
}

/* The way was found by root, and others may use it then. */
static const char *
child_tells_as_another(void *ctx)
{
	static const struct priv_ids other = {.uid = 65533, .gid = 65532};
	struct notify n;
	const char *error = open_way(ctx, &n);

	if (error != NULL)
		return error;
	if (chmod(ctx, 0600) < 0 || priv_become(&other) < 0)
		return "cannot become another";
	notify_ready(&n);
	notify_tell(&n, "WATCHDOG=1");
	return hear(MANAGER, "READY=1") == NULL &&
		hear(MANAGER, "WATCHDOG=1") == NULL
	    ? NULL
	    : "it was not heard";
}

static void
a_manager_that_hears_only_root_hears_us(void **state)
{
	char path[FOLDER_PATH_SIZE];

	if (geteuid() != 0) {
		print_message("only root can become somebody else\n");
		skip();
	}
	folder_join(state, "manager", path);
	check_in_child("another user", child_tells_as_another, path);
}

/* WATCHDOG_USEC and WATCHDOG_PID */

static const struct watchdog {
	const char *row;
	const char *pid;
	const char *usec;
	int64_t want_ns;
	const char *manager;
} watchdogs[] = {
    {"none", NULL, NULL, 0, NULL},
    {"one second", NULL, "1000000", INT64_C(1000000000), NULL},
    {"one second, for us", OWN_PID, "1000000", INT64_C(1000000000), NULL},
    {"for another", "1", "1000000", 0, NULL},
    {"for process 0", "0", "1000000", 0, NULL},
    {"for an empty number", "", "1000000", 0, NULL},
    {"for no number", "me", "1000000", 0, NULL},
    {"the shortest", NULL, "1", 1000, NULL},
    {"no time", OWN_PID, "0", 0, NULL},
    {"less than none", OWN_PID, "-1", 0, NULL},
    {"an empty time", OWN_PID, "", 0, NULL},
    {"no number", OWN_PID, "1s", 0, NULL},
    {"the longest in nanoseconds", NULL, "9223372036854775",
	INT64_C(9223372036854775000), NULL},
    {"one more", NULL, "9223372036854776", 0, NULL},
    {"2^63 microseconds", NULL, "9223372036854775808", 0, NULL},
    {"infinity, as systemd has it", NULL, "18446744073709551615", 0, NULL},
    {"2^64 + 1000000", NULL, "18446744073710551616", 0, NULL},
};

static const char *
child_has_watchdog(void *ctx)
{
	const struct watchdog *w = ctx;
	static char wrong[64];
	struct notify n;

	start_afresh();
	if (!seat_manager_at(w->manager))
		return "no manager";
	set_manager(w->manager, w->pid, w->usec);
	if (notify_open(&n) != NULL)
		return "an error";
	if (n.fd < 0)
		return "no way";
	if (n.watchdog_ns == w->want_ns)
		return NULL;
	snprintf(wrong, sizeof(wrong), "%lld ns", (long long)n.watchdog_ns);
	return wrong;
}

static void
the_watchdog_is_read(void **state)
{
	char path[FOLDER_PATH_SIZE];

	folder_join(state, "manager", path);
	for (size_t i = 0; i < COUNT_OF(watchdogs); i++) {
		struct watchdog w = watchdogs[i];

		w.manager = path;
		check_in_child(w.row, child_has_watchdog, &w);
		unlink(path);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_FOLDER(a_way_to_the_manager_is_a_path_or_abstract),
	    IN_FOLDER(what_is_told_is_heard),
#ifdef __linux__
	    cmocka_unit_test(what_is_told_to_an_abstract_name_is_heard),
#endif
	    IN_FOLDER(a_manager_that_does_not_listen_is_not_waited_for),
	    IN_FOLDER(a_manager_that_is_busy_hears_of_the_start),
	    IN_FOLDER(a_manager_that_hears_only_root_hears_us),
	    IN_FOLDER(the_watchdog_is_read),
	};

	return cmocka_run_group_tests_name("notify_tell", tests, NULL, NULL);
}

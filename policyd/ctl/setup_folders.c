/* SPDX-License-Identifier: ISC */
#include "policyd/ctl/setup_folders.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hdrcheck/base/priv.h"
#include "policyd/ctl/setup_text.h"
#include "policyd/sched/collect.h"

enum {
	USERADD_DEADLINE_MS = 60000,
	USERADD_OUTPUT_MAX = 64 * 1024,
	MODE_SOCKETS = 0710,
	MODE_STATE = 0700,
	MODE_CONTROL = 0755,
	MODE_BITS = 07777,
	WORD_MAX = 4 * SETTINGS_PATH_SIZE + 2, /* of quotes only */
};

struct folder {
	char path[SETTINGS_PATH_SIZE];
	const char *owner; /* by name */
	const char *group; /* NULL: that of the owner */
	struct priv_ids ids;
	mode_t mode;
};

static bool
complain(const char *what, const char *name, const char *why)
{
	fprintf(stderr, "policyctl: setup: %s %s: %s\n", what, name, why);
	return false;
}

/* Users of the system have no home and no shell. */
static bool
add_user(const char *name)
{
	char program[] = "useradd", system[] = "--system",
	     no_home[] = "--no-create-home", home[] = "--home-dir",
	     nowhere[] = "/nonexistent", shell[] = "--shell",
	     nologin[] = "/usr/sbin/nologin", user[SETTINGS_NAME_SIZE];
	char *argv[] = {program, system, no_home, home, nowhere, shell, nologin,
	    user, NULL};
	char *env[] = {NULL};
	struct command command = {.path = program, .argv = argv, .env = env};
	struct buf out, err;
	int code;

	snprintf(user, sizeof(user), "%s", name);
	buf_init(&out, USERADD_OUTPUT_MAX);
	buf_init(&err, USERADD_OUTPUT_MAX);
	code = collect_command(&command, USERADD_DEADLINE_MS, &out, &err);
	if (code != 0)
		fprintf(stderr, "policyctl: setup: useradd %s: %.*s\n", name,
		    code < 0 ? (int)strlen(strerror(errno))
			     : (int)span_trim(buf_span(&err)).len,
		    code < 0 ? strerror(errno)
			     : span_trim(buf_span(&err)).data);
	buf_free(&out);
	buf_free(&err);
	return code == 0;
}

/* 1: it was missing; 0: it is there; -1: it cannot be made. */
static int
make_user(const char *name, bool dry_run, struct priv_ids *ids)
{
	if (priv_find_user(name, ids) == 0)
		return 0;
	if (errno != ENOENT) {
		complain("user", name, strerror(errno));
		return -1;
	}
	printf("useradd --system --no-create-home --home-dir /nonexistent "
	       "--shell /usr/sbin/nologin %s\n",
	    name);
	fflush(stdout);
	if (dry_run)
		return 1;
	if (!add_user(name))
		return -1;
	if (priv_find_user(name, ids) == 0)
		return 1;
	complain("user", name, "is not there after useradd");
	return -1;
}

/* What a folder is in comes first, root's, as mkdir -p does. */
static int
open_parent(const char *path)
{
	char part[SETTINGS_PATH_SIZE];
	int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (const char *at = path + 1, *end; fd >= 0; at = end + 1) {
		int next;

		end = strchr(at, '/');
		if (end == NULL)
			break;
		if (end == at)
			continue;
		span_to_string(
		    span_of(at, (size_t)(end - at)), part, sizeof(part));
		next = openat(fd, part, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (next < 0 && errno == ENOENT &&
		    mkdirat(fd, part, MODE_CONTROL) == 0)
			next = openat(fd, part,
			    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		close(fd);
		fd = next;
	}
	return fd;
}

/*
 * Made for root alone, opened, and given away by its descriptor: whoever puts
 * something else in its place meanwhile gets nothing.
 */
static bool
make_folder(const struct folder *f)
{
	const char *name = strrchr(f->path, '/') + 1;
	int parent = open_parent(f->path), fd = -1;
	struct stat st;
	bool ok = parent >= 0 && mkdirat(parent, name, S_IRWXU) == 0;

	if (ok)
		fd = openat(parent, name,
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	ok = fd >= 0 && fstat(fd, &st) == 0;
	if (ok && st.st_uid != geteuid()) {
		errno = EPERM;
		ok = false;
	}
	ok = ok && fchown(fd, f->ids.uid, f->ids.gid) == 0 &&
	    fchmod(fd, f->mode) == 0;
	if (!ok)
		complain("folder", f->path, strerror(errno));
	if (fd >= 0)
		close(fd);
	if (parent >= 0)
		close(parent);
	return ok;
}

void
setup_show_word(FILE *out, const char *text)
{
	struct buf word;

	buf_init(&word, WORD_MAX);
	setup_text_quote(span_str(text), &word);
	fwrite(buf_span(&word).data, 1, buf_len(&word), out);
	buf_free(&word);
}

/* A user's own group is known by name when there is the user. */
static void
show_install(const struct folder *f)
{
	printf("install -d -o %s -g ", f->owner);
	if (f->group != NULL)
		setup_show_word(stdout, f->group);
	else
		printf("\"$(id -g %s)\"", f->owner);
	printf(" -m %04o ", (unsigned)f->mode);
	setup_show_word(stdout, f->path);
	printf("\n");
	fflush(stdout);
}

static void
report_other(const struct folder *f, const struct stat *st)
{
	if (!S_ISDIR(st->st_mode)) {
		complain("folder", f->path, "is not a folder");
		return;
	}
	if (st->st_uid == f->ids.uid && st->st_gid == f->ids.gid &&
	    (st->st_mode & MODE_BITS) == f->mode)
		return;
	printf("note: %s has another owner or mode; it should be: "
	       "chown %s:%s ",
	    f->path, f->owner, f->group != NULL ? f->group : "");
	setup_show_word(stdout, f->path);
	printf(" && chmod %04o ", (unsigned)f->mode);
	setup_show_word(stdout, f->path);
	printf("\n");
}

/* 1: it was missing; 0: it is there; -1: it cannot be made. */
static int
need_folder(const struct folder *f, bool dry_run)
{
	struct stat st;

	if (stat(f->path, &st) == 0) {
		report_other(f, &st);
		return S_ISDIR(st.st_mode) ? 0 : -1;
	}
	if (errno != ENOENT) {
		complain("folder", f->path, strerror(errno));
		return -1;
	}
	show_install(f);
	return dry_run || make_folder(f) ? 1 : -1;
}

/* The folder that a path is in; false for one right below the root. */
static bool
cut_name(const char *path, char out[SETTINGS_PATH_SIZE])
{
	const char *slash = strrchr(path, '/');

	return slash != NULL && slash != path &&
	    span_to_string(
		span_of(path, (size_t)(slash - path)), out, SETTINGS_PATH_SIZE);
}

/* Adds up results of the two above. */
static void
count(int *sum, int result)
{
	if (*sum >= 0)
		*sum = result < 0 ? -1 : *sum + result;
}

static void
need_socket_folders(const struct settings *s, const struct folder *model,
    bool dry_run, int *missing)
{
	const struct sock_address *const listeners[] = {
	    &s->socketmap_listen, &s->tcp_table_listen, &s->policy_listen};
	struct folder last = {.path = ""};

	for (size_t i = 0; i < 3 && *missing >= 0; i++) {
		struct folder f = *model;
		const char *path =
		    listeners[i]->len > 0 ? sock_path(listeners[i]) : NULL;

		if (path == NULL || !cut_name(path, f.path) ||
		    strcmp(f.path, last.path) == 0)
			continue;
		count(missing, need_folder(&f, dry_run));
		last = f;
	}
}

int
setup_folders_make(const struct settings *s, bool dry_run)
{
	struct priv_ids user = {0, 0};
	struct folder sockets = {.owner = s->user,
			  .group = s->socket_group,
			  .mode = MODE_SOCKETS},
		      state = {.owner = s->user, .mode = MODE_STATE},
		      control = {.owner = "root",
			  .group = "root",
			  .mode = MODE_CONTROL};
	int missing = 0;

	if (priv_find_group(s->socket_group, &sockets.ids.gid) < 0) {
		complain("socket_group", s->socket_group,
		    errno == ENOENT ? "no such group" : strerror(errno));
		return -1;
	}
	count(&missing, make_user(s->user, dry_run, &user));
	sockets.ids.uid = user.uid;
	state.ids = user;
	if (missing >= 0)
		need_socket_folders(s, &sockets, dry_run, &missing);
	snprintf(state.path, sizeof(state.path), "%s", s->state_directory);
	if (missing >= 0)
		count(&missing, need_folder(&state, dry_run));
	if (missing >= 0 && cut_name(s->control_socket, control.path))
		count(&missing, need_folder(&control, dry_run));
	return missing;
}

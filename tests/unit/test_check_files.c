/* SPDX-License-Identifier: ISC */
#define _XOPEN_SOURCE 700 /* S_IFDIR and the like */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "tests/unit/check_support.h"

#include "policyd/ctl/check_files.h"

enum { OURS = 100, MAIL = 200, OTHER = 300 };

#define START(name) "{ " name " </dev/null >/dev/null 2>&1 & }"
#define FOLDER                                                                 \
	"install -d -o deliver-at -g postfix -m 0710 "                         \
	"/var/spool/postfix/deliver-at"

static const struct files_context context = {
    .user = {.uid = OURS, .gid = OURS},
    .has_user = true,
    .mail_owner = {.uid = MAIL, .gid = MAIL},
};

/* The folder of the socket, and the socket. */
struct pair {
	int error;
	mode_t mode;
	uid_t uid;
	gid_t gid;
};

#define GOOD_FOLDER                                                            \
	{                                                                      \
		0, S_IFDIR | 0710, OURS, MAIL                                  \
	}
#define GOOD_SOCKET                                                            \
	{                                                                      \
		0, S_IFSOCK | 0660, OURS, MAIL                                 \
	}

static void
make(struct file_facts *facts, const struct pair *folder,
    const struct pair *end, int connected)
{
	static const size_t lens[] = {1, 4, 10, 18};
	const struct pair *const last[] = {folder, end};

	memset(facts, 0, sizeof(*facts));
	snprintf(facts->path, sizeof(facts->path),
	    "/var/spool/postfix/deliver-at/socketmap");
	facts->n = 6;
	for (size_t i = 0; i < 4; i++)
		facts->part[i] =
		    (struct file_part){.len = lens[i], .mode = S_IFDIR | 0755};
	facts->part[4].len = strlen("/var/spool/postfix/deliver-at");
	facts->part[5].len = strlen(facts->path);
	for (size_t i = 0; i < 2; i++) {
		facts->part[4 + i].error = last[i]->error;
		facts->part[4 + i].mode = last[i]->mode;
		facts->part[4 + i].uid = last[i]->uid;
		facts->part[4 + i].gid = last[i]->gid;
	}
	facts->connected = connected;
}

static const struct {
	const char *row;
	struct pair folder, socket;
	int connected;
	bool answers;
	const char *names;
	const char *command;
} rows[] = {
    {"all is well", GOOD_FOLDER, GOOD_SOCKET, 0, true, "", NULL},
    {"no folder", {ENOENT, 0, 0, 0}, {ENOENT, 0, 0, 0}, ENOENT, false,
	"folder-missing", FOLDER " && " START("hdrcheck")},
    {"a file in its place", {0, S_IFREG | 0644, 0, 0}, {ENOTDIR, 0, 0, 0},
	ENOTDIR, false, "folder-missing", NULL},
    {"no socket", GOOD_FOLDER, {ENOENT, 0, 0, 0}, ENOENT, false,
	"hdrcheck-down", START("hdrcheck")},
    {"a stale socket", GOOD_FOLDER, GOOD_SOCKET, ECONNREFUSED, false,
	"hdrcheck-down", START("hdrcheck")},
    {"a file", GOOD_FOLDER, {0, S_IFREG | 0660, OURS, MAIL}, ECONNREFUSED,
	false, "not-a-socket",
	"rm -f /var/spool/postfix/deliver-at/socketmap && kill 4711 && sleep 1 "
	"&& " START("hdrcheck")},
    {"a link", GOOD_FOLDER, {0, S_IFLNK | 0777, OURS, MAIL}, 0, false,
	"not-a-socket", NULL},
    {"a socket for its owner", GOOD_FOLDER, {0, S_IFSOCK | 0600, OURS, MAIL}, 0,
	true, "socket-rights", "kill 4711 && sleep 1 && " START("hdrcheck")},
    {"a socket for its group, which is not Postfix's", GOOD_FOLDER,
	{0, S_IFSOCK | 0660, OURS, OURS}, 0, true, "socket-rights", NULL},
    {"a socket that may only be read", GOOD_FOLDER,
	{0, S_IFSOCK | 0640, OURS, MAIL}, 0, true, "socket-rights", NULL},
    {"a socket of Postfix", GOOD_FOLDER, {0, S_IFSOCK | 0600, MAIL, OURS}, 0,
	true, "", NULL},
    {"a socket for all but Postfix", GOOD_FOLDER,
	{0, S_IFSOCK | 0606, OURS, MAIL}, 0, true, "socket-rights", NULL},
    {"a socket for all", GOOD_FOLDER, {0, S_IFSOCK | 0666, OURS, OURS}, 0, true,
	"", NULL},
    {"a folder that is closed", {0, S_IFDIR | 0700, OURS, MAIL}, GOOD_SOCKET, 0,
	true, "socket-rights", FOLDER},
    {"a folder of another group", {0, S_IFDIR | 0710, OURS, OTHER}, GOOD_SOCKET,
	0, true, "socket-rights", FOLDER},
    {"a folder for all to write", {0, S_IFDIR | 0777, OURS, MAIL}, GOOD_SOCKET,
	0, true, "folder-rights", FOLDER},
    {"a folder for its group to write", {0, S_IFDIR | 0770, OURS, MAIL},
	GOOD_SOCKET, 0, true, "folder-rights", FOLDER},
    {"a folder of somebody", {0, S_IFDIR | 0711, OTHER, MAIL}, GOOD_SOCKET, 0,
	true, "folder-rights", FOLDER},
    {"a folder of root", {0, S_IFDIR | 0711, 0, 0}, GOOD_SOCKET, 0, true, "",
	NULL},
};

static void
sockets_are_diagnosed(void **state)
{
	const struct check_row nothing = {0};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct check_rig *rig = check_open(rows[i].row, &nothing);
		struct file_facts facts;

		make(&facts, &rows[i].folder, &rows[i].socket,
		    rows[i].connected);
		check_bool(rows[i].row,
		    check_socket(&rig->site, CHECK_HDRCHECK, &facts, &context),
		    rows[i].answers);
		check_names(rows[i].row, rig, rows[i].names);
		if (rows[i].command != NULL)
			check_command(rows[i].row, rig, rows[i].command);
		check_close(rig);
	}
}

static void
a_folder_above_may_be_closed(void **state)
{
	const struct check_row nothing = {0};
	struct check_rig *rig = check_open("above", &nothing);
	struct pair folder = GOOD_FOLDER, end = GOOD_SOCKET;
	struct file_facts facts;

	(void)state;
	make(&facts, &folder, &end, 0);
	facts.part[2].mode = S_IFDIR | 0750;
	check_socket(&rig->site, CHECK_HDRCHECK, &facts, &context);
	check_names("above", rig, "socket-rights");
	check_command("above", rig, "chmod o+x /var/spool");
	check_close(rig);
}

static void
settings_that_close_the_socket_are_mended(void **state)
{
	const struct check_row closed = {.settings = "socket_mode = 0600\n"};
	struct check_rig *rig = check_open("closed", &closed);
	struct pair folder = GOOD_FOLDER;
	struct pair end = {0, S_IFSOCK | 0600, OURS, MAIL};
	struct file_facts facts;

	(void)state;
	make(&facts, &folder, &end, 0);
	check_socket(&rig->site, CHECK_POLICYD, &facts, &context);
	check_names("closed", rig, "socket-rights");
	check_command("closed", rig, "echo 'socket_mode = 0660' >>");
	check_command("closed", rig, "kill 4712 && sleep 1 && { policyd ");
	check_close(rig);
}

static const struct {
	const char *row;
	struct pair folder, end;
	int connected;
	const char *control; /* what check_control() finds */
	const char *state; /* and check_state_folder() */
	const char *command; /* of the first of these */
} others[] = {
    {"all is well", {0, S_IFDIR | 0755, 0, 0}, {0, S_IFDIR | 0700, OURS, OURS},
	0, "", "", NULL},
    {"nobody listens", {0, S_IFDIR | 0755, 0, 0},
	{0, S_IFDIR | 0700, OURS, OURS}, ECONNREFUSED, "policyd-down",
	"policyd-down", START("policyd")},
    {"no folder", {ENOENT, 0, 0, 0}, {ENOENT, 0, 0, 0}, ENOENT, "policyd-down",
	"policyd-down state-folder",
	"install -d -m 0755 /var/spool/postfix/deliver-at && { policyd"},
    {"not there", {0, S_IFDIR | 0755, 0, 0}, {ENOENT, 0, 0, 0}, 0, "",
	"state-folder",
	"install -d -o deliver-at -m 0700 "
	"/var/spool/postfix/deliver-at/socketmap"},
    {"no folder, but a file", {0, S_IFDIR | 0755, 0, 0},
	{0, S_IFREG | 0700, OURS, OURS}, 0, "", "state-folder", NULL},
    {"of somebody", {0, S_IFDIR | 0755, 0, 0}, {0, S_IFDIR | 0700, OTHER, OURS},
	0, "", "state-folder", NULL},
    {"for all to write", {0, S_IFDIR | 0755, 0, 0},
	{0, S_IFDIR | 0702, OURS, OURS}, 0, "", "state-folder", NULL},
};

static void
control_and_state_are_diagnosed(void **state)
{
	const struct check_row nothing = {0};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(others); i++) {
		const char *row = others[i].row;
		struct check_rig *rig = check_open(row, &nothing);
		struct file_facts facts;

		make(&facts, &others[i].folder, &others[i].end,
		    others[i].connected);
		check_bool(row, check_control(&rig->site, &facts),
		    others[i].connected == 0);
		check_names(row, rig, others[i].control);
		check_state_folder(&rig->site, &facts, &context);
		check_names(row, rig, others[i].state);
		if (others[i].command != NULL)
			check_command(row, rig, others[i].command);
		check_close(rig);
	}
}

static void
users_and_addresses_are_diagnosed(void **state)
{
	const struct check_row nothing = {0};
	struct check_rig *rig = check_open("users", &nothing);
	struct files_context who = context;

	(void)state;
	check_user(&rig->site, &who);
	check_bool("answers",
	    check_address(&rig->site, CHECK_HDRCHECK, "inet:[::1]:1", 0), true);
	check_names("well", rig, "");
	who.user.uid = 0;
	check_user(&rig->site, &who);
	who.has_user = false;
	check_user(&rig->site, &who);
	check_bool("silent",
	    check_address(
		&rig->site, CHECK_HDRCHECK, "inet:[::1]:1", ECONNREFUSED),
	    false);
	check_address(&rig->site, CHECK_HDRCHECK, "said", ECONNREFUSED);
	check_names("all", rig, "as-root no-user hdrcheck-down");
	check_close(rig);
}

static void
systemd_runs_the_daemons(void **state)
{
	const struct check_row nothing = {0};
	struct check_rig *rig = check_open("systemd", &nothing);
	struct pair folder = GOOD_FOLDER, end = {ENOENT, 0, 0, 0};
	struct file_facts facts;
	char text[FINDING_TEXT_MAX];

	(void)state;
	rig->site.systemd = true;
	make(&facts, &folder, &end, ECONNREFUSED);
	check_socket(&rig->site, CHECK_POLICYD, &facts, &context);
	span_to_string(
	    buf_span(&rig->findings.finding[0].text), text, sizeof(text));
	check_part("systemd", text, "/socketmap: No such file or directory.");
	check_command("systemd", rig, "systemctl restart deliver-at-policyd");
	check_close(rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sockets_are_diagnosed),
	    cmocka_unit_test(a_folder_above_may_be_closed),
	    cmocka_unit_test(settings_that_close_the_socket_are_mended),
	    cmocka_unit_test(control_and_state_are_diagnosed),
	    cmocka_unit_test(users_and_addresses_are_diagnosed),
	    cmocka_unit_test(systemd_runs_the_daemons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

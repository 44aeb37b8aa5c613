/* SPDX-License-Identifier: ISC */
/*
 * check_files - sockets and folders: are they there, whose are they, can
 * Postfix get at them
 *
 * Pure: what lstat(2) and connect(2) said is handed in.
 */
#ifndef CTL_CHECK_FILES_H
#define CTL_CHECK_FILES_H

#include <sys/types.h>

#include "hdrcheck/base/priv.h"
#include "policyd/ctl/check_site.h"

enum { FILES_PARTS_MAX = 32 /* of a path */ };

/* A folder on the way, or what stands at the end of it. */
struct file_part {
	size_t len; /* bytes of the path up to here */
	int error; /* errno of lstat(2); 0: it is there */
	mode_t mode;
	uid_t uid;
	gid_t gid;
};

struct file_facts {
	char path[SETTINGS_PATH_SIZE];
	struct file_part part[FILES_PARTS_MAX]; /* the root first */
	size_t n;
	int connected; /* errno of connect(2); 0: somebody answers */
};

struct files_context {
	struct priv_ids user; /* the setting */
	bool has_user;
	struct priv_ids mail_owner;
};

/* The setting "user". */
void check_user(
    const struct check_site *site, const struct files_context *context);

/* A socket that Postfix uses. True: somebody answers. */
bool check_socket(const struct check_site *site, enum check_daemon daemon,
    const struct file_facts *facts, const struct files_context *context);

/* control_socket, which root alone uses. True: somebody answers. */
bool check_control(
    const struct check_site *site, const struct file_facts *facts);

/* A daemon that is asked over the network. True: somebody answers. */
bool check_address(const struct check_site *site, enum check_daemon daemon,
    const char *address, int connected);

void check_state_folder(const struct check_site *site,
    const struct file_facts *facts, const struct files_context *context);

#endif

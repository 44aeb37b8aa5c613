/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE /* setgroups, setresuid */

#include "hdrcheck/base/priv.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stddef.h>
#include <sys/resource.h>
#include <unistd.h>

#include "hdrcheck/base/os.h"

int
priv_find_user(const char *name, struct priv_ids *ids)
{
	const struct passwd *pw;

	errno = 0;
	pw = getpwnam(name);
	if (pw == NULL) {
		if (errno == 0)
			errno = ENOENT;
		return -1;
	}
	ids->uid = pw->pw_uid;
	ids->gid = pw->pw_gid;
	return 0;
}

int
priv_find_group(const char *name, gid_t *gid)
{
	const struct group *gr;

	errno = 0;
	gr = getgrnam(name);
	if (gr == NULL) {
		if (errno == 0)
			errno = ENOENT;
		return -1;
	}
	*gid = gr->gr_gid;
	return 0;
}

int
priv_become(const struct priv_ids *ids)
{
	if (setgroups(0, NULL) < 0 ||
	    setresgid(ids->gid, ids->gid, ids->gid) < 0 ||
	    setresuid(ids->uid, ids->uid, ids->uid) < 0)
		return -1;
	if (ids->uid != 0 && setuid(0) == 0) {
		errno = EPERM;
		return -1;
	}
	return 0;
}

int
priv_drop(const struct priv_ids *ids)
{
	if (geteuid() == 0 && priv_become(ids) < 0)
		return -1;
	if (os_no_new_privileges() < 0 || os_not_dumpable() < 0)
		return -1;
	return 0;
}

int
priv_want_descriptors(unsigned long n)
{
	struct rlimit limit;
	rlim_t hard;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return -1;
	if (limit.rlim_cur >= n)
		return 0;
	hard = limit.rlim_max;
	limit.rlim_cur = n;
	if (limit.rlim_max < n)
		limit.rlim_max = n;
	if (setrlimit(RLIMIT_NOFILE, &limit) == 0)
		return 0;
	limit.rlim_cur = limit.rlim_max = hard;
	setrlimit(RLIMIT_NOFILE, &limit);
	return -1;
}

/* SPDX-License-Identifier: ISC */
/*
 * What a process gives up on Linux, and its name.
 */
#define _GNU_SOURCE /* syscall */

#include "hdrcheck/base/os.h"

#if defined(__linux__) && !defined(OS_PORTABLE)

#include <errno.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

void
os_name_process(const char *name)
{
	prctl(PR_SET_NAME, name, 0, 0, 0);
}

/*
 * <linux/landlock.h> of the system at hand may be older than its kernel, so
 * what we ask for is written down here. Bits and members are the kernel's.
 */
struct ruleset {
	uint64_t files; /* what is handled is forbidden unless a rule allows */
	uint64_t net; /* since version 4 */
	uint64_t scoped; /* since version 6 */
};

enum {
	RULESET_VERSION = 1, /* a flag: tells the version */
	FILES_1 = 0x1fff, /* all that version 1 knows; later ones add: */
	FILES_2_REFER = 0x2000,
	FILES_3_TRUNCATE = 0x4000,
	FILES_5_IOCTL_DEV = 0x8000,
	NET_4_BIND_TCP = 0x1,
	SCOPED_6 = 0x3, /* abstract unix sockets and signals */
};

#ifdef SYS_landlock_create_ruleset

static size_t
fill_ruleset(struct ruleset *rules, long version)
{
	*rules = (struct ruleset){.files = FILES_1};
	if (version >= 2)
		rules->files |= FILES_2_REFER;
	if (version >= 3)
		rules->files |= FILES_3_TRUNCATE;
	if (version < 4)
		return sizeof(rules->files);
	rules->net = NET_4_BIND_TCP;
	if (version >= 5)
		rules->files |= FILES_5_IOCTL_DEV;
	if (version < 6)
		return sizeof(rules->files) + sizeof(rules->net);
	rules->scoped = SCOPED_6;
	return sizeof(*rules);
}

bool
os_forget_files(void)
{
	long version = syscall(
	    SYS_landlock_create_ruleset, NULL, (size_t)0, RULESET_VERSION);
	struct ruleset rules;
	size_t size;
	long fd;
	bool ok;

	if (version < 1)
		return false;
	size = fill_ruleset(&rules, version);
	fd = syscall(SYS_landlock_create_ruleset, &rules, size, 0);
	if (fd < 0)
		return false;
	ok = os_no_new_privileges() == 0 &&
	    syscall(SYS_landlock_restrict_self, (int)fd, 0) == 0;
	close((int)fd);
	return ok;
}

#else /* a libc that is older than Landlock */

bool
os_forget_files(void)
{
	return false;
}

#endif

#else /* portable */

void
os_name_process(const char *name)
{
	(void)name;
}

bool
os_forget_files(void)
{
	return false;
}

#endif

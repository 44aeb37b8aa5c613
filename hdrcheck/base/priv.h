/* SPDX-License-Identifier: ISC */
/*
 * priv - who a process runs as, and giving up being root for good
 */
#ifndef BASE_PRIV_H
#define BASE_PRIV_H

#include <sys/types.h>

struct priv_ids {
	uid_t uid;
	gid_t gid;
};

/* The ids of a user by name. 0; -1 with errno (ENOENT: no such user). */
int priv_find_user(const char *name, struct priv_ids *ids);

/* The id of a group by name. 0; -1 with errno (ENOENT: no such group). */
int priv_find_group(const char *name, gid_t *gid);

/*
 * Becomes that user for good, with no supplementary groups and no way back.
 * Only for root. 0; -1 with errno, after which the process must end.
 */
int priv_become(const struct priv_ids *ids);

/*
 * priv_become() when root (else the ids stay), then: no new privileges, not
 * dumpable. 0; -1 with errno, after which the process must end.
 */
int priv_drop(const struct priv_ids *ids);

/*
 * Raises the limit of descriptors to at least n. -1, with the soft limit as
 * high as it may be, when that is not allowed.
 */
int priv_want_descriptors(unsigned long n);

#endif

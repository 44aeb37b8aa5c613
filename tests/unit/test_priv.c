/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE /* getresuid, setgroups */

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <unistd.h>

#include "tests/unit/support.h"

#include "hdrcheck/base/priv.h"

/* Ids of nobody in particular. */
static const struct priv_ids other = {.uid = 65533, .gid = 65532};

static void
skip_unless_root(void)
{
	if (geteuid() == 0)
		return;
	print_message("only root can become somebody else\n");
	skip();
}

static void
users_are_found_by_name(void **state)
{
	const struct passwd *pw = getpwuid(0);
	struct priv_ids ids = {.uid = 1, .gid = 1};

	(void)state;
	assert_non_null(pw);
	assert_int_equal(priv_find_user(pw->pw_name, &ids), 0);
	assert_int_equal(ids.uid, 0);
	assert_int_equal(ids.gid, 0);
}

static void
groups_are_found_by_name(void **state)
{
	const struct group *gr = getgrgid(0);
	gid_t gid = 1;

	(void)state;
	assert_non_null(gr);
	assert_int_equal(priv_find_group(gr->gr_name, &gid), 0);
	assert_int_equal(gid, 0);
}

static const char *const no_names[] = {
    "no-such-name-here",
    "",
    "root:x",
    "\xff",
    "a name that is far longer than any system lets a name of a user be",
};

static void
unknown_names_are_told_apart_from_errors(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(no_names); i++) {
		struct priv_ids ids;
		gid_t gid;

		check_int(no_names[i], priv_find_user(no_names[i], &ids), -1);
		check_int(no_names[i], errno, ENOENT);
		check_int(no_names[i], priv_find_group(no_names[i], &gid), -1);
		check_int(no_names[i], errno, ENOENT);
	}
}

/* NULL, or which of this process's ids are not those of other. */
static const char *
find_wrong_id(void)
{
	uid_t uids[3];
	gid_t gids[3];

	if (getresuid(&uids[0], &uids[1], &uids[2]) < 0 ||
	    getresgid(&gids[0], &gids[1], &gids[2]) < 0)
		return "cannot tell";
	for (size_t i = 0; i < 3; i++) {
		if (uids[i] != other.uid)
			return "a user id stayed";
		if (gids[i] != other.gid)
			return "a group id stayed";
	}
	if (getgroups(0, NULL) != 0)
		return "supplementary groups stayed";
	if (setuid(0) == 0 || seteuid(0) == 0 || setgid(0) == 0)
		return "there is a way back";
	return NULL;
}

static const char *
child_becomes_other(void *ctx)
{
	const gid_t groups[] = {1, 2, 3};

	(void)ctx;
	if (setgroups(3, groups) < 0)
		return "no groups to lose";
	if (priv_become(&other) != 0)
		return "refused";
	return find_wrong_id();
}

static const char *
child_drops(void *ctx)
{
	(void)ctx;
	if (priv_drop(&other) != 0)
		return "refused";
	return find_wrong_id();
}

/* Only who is root has something to drop. */
static const char *
child_drops_twice(void *ctx)
{
	static const struct priv_ids third = {.uid = 65531, .gid = 65531};

	(void)ctx;
	if (priv_drop(&other) != 0)
		return "refused";
	if (priv_drop(&third) != 0)
		return "refused the second time";
	return find_wrong_id();
}

static const char *
child_becomes_other_without_being_root(void *ctx)
{
	static const struct priv_ids third = {.uid = 65531, .gid = 65531};

	(void)ctx;
	if (priv_become(&other) != 0)
		return "refused";
	if (priv_become(&third) != -1 || errno != EPERM)
		return "not refused with EPERM";
	return NULL;
}

static void
root_can_become_another_for_good(void **state)
{
	(void)state;
	skip_unless_root();
	check_in_child("become", child_becomes_other, NULL);
	check_in_child("drop", child_drops, NULL);
	check_in_child("drop twice", child_drops_twice, NULL);
	check_in_child(
	    "become twice", child_becomes_other_without_being_root, NULL);
}

enum { SOFT = 64 };

struct want {
	bool from_hard; /* n counts from the hard limit, not from SOFT */
	int n;
	bool as_root;
	int rc;
};

/* A root without CAP_SYS_RESOURCE, as in many containers, may not. */
static bool
may_raise_hard_limit(rlim_t hard)
{
	struct rlimit raised = {SOFT, hard + 1};
	struct rlimit limit = {SOFT, hard};

	return setrlimit(RLIMIT_NOFILE, &raised) == 0 &&
	    setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

static const char *
child_wants_descriptors(void *ctx)
{
	const struct want *w = ctx;
	struct rlimit limit;
	rlim_t hard, n;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return "cannot read the limits";
	hard = limit.rlim_max;
	limit.rlim_cur = SOFT;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		return "cannot set the soft limit";
	n = (w->from_hard ? hard : SOFT) + (rlim_t)w->n;
	if (w->from_hard && hard == RLIM_INFINITY)
		return NULL;
	if (w->as_root && (geteuid() != 0 || !may_raise_hard_limit(hard)))
		return NULL;
	if (!w->as_root && geteuid() == 0 && priv_become(&other) != 0)
		return "cannot become another";
	if (priv_want_descriptors(n) != w->rc)
		return "another result";
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return "cannot read the limits";
	if (limit.rlim_cur != (n < SOFT ? SOFT : w->rc < 0 ? hard : n))
		return "another soft limit";
	return limit.rlim_max == (w->as_root ? n : hard) ? NULL
							 : "another hard limit";
}

static const struct {
	const char *row;
	struct want want;
} wants[] = {
    {"one less than the soft limit", {false, -1, false, 0}},
    {"the soft limit", {false, 0, false, 0}},
    {"one more than the soft limit", {false, 1, false, 0}},
    {"one less than the hard limit", {true, -1, false, 0}},
    {"the hard limit", {true, 0, false, 0}},
    {"one more than the hard limit", {true, 1, false, -1}},
    {"one more than the hard limit, as root", {true, 1, true, 0}},
};

static void
the_limit_of_descriptors_is_raised(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(wants); i++) {
		struct want want = wants[i].want;

		check_in_child(wants[i].row, child_wants_descriptors, &want);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(users_are_found_by_name),
	    cmocka_unit_test(groups_are_found_by_name),
	    cmocka_unit_test(unknown_names_are_told_apart_from_errors),
	    cmocka_unit_test(root_can_become_another_for_good),
	    cmocka_unit_test(the_limit_of_descriptors_is_raised),
	};

	return cmocka_run_group_tests_name("priv", tests, NULL, NULL);
}

/* SPDX-License-Identifier: ISC */
#include "policyd/ctl/check_files.h"

#include <stdio.h>
#include <sys/stat.h>

static const char *
daemon_name(enum check_daemon daemon)
{
	return daemon == CHECK_HDRCHECK ? "hdrcheck" : "policyd";
}

static enum finding_kind
down_kind(enum check_daemon daemon)
{
	return daemon == CHECK_HDRCHECK ? FINDING_HDRCHECK_DOWN
					: FINDING_POLICYD_DOWN;
}

static struct span
part_path(const struct file_facts *facts, size_t i)
{
	return span_of(facts->path, facts->part[i].len);
}

static bool
has_right(const struct file_part *part, const struct priv_ids *who, mode_t bit)
{
	if (part->uid == who->uid)
		return (part->mode & (bit << 6)) != 0;
	if (part->gid == who->gid)
		return (part->mode & (bit << 3)) != 0;
	return (part->mode & bit) != 0;
}

/* install(1) makes a folder, and corrects one that is there. */
static void
mend_folder(struct finding *f, const struct check_site *site,
    struct span folder, const char *group, const char *mode)
{
	finding_mend(f, "install -d -o %s%s%s -m %s ", site->settings->user,
	    group[0] != '\0' ? " -g " : "", group, mode);
	finding_mend_word(f, folder);
}

static void
add_missing(const struct check_site *site, enum check_daemon daemon,
    const struct file_facts *facts, size_t i)
{
	struct finding *f = finding_add(site->findings, FINDING_FOLDER_MISSING);

	finding_say(
	    f, "%s has no folder for its socket: ", daemon_name(daemon));
	finding_say_span(f, part_path(facts, i));
	finding_say(f, "%s%s", facts->part[i].error != 0 ? ": " : "",
	    facts->part[i].error != 0 ? strerror(facts->part[i].error)
				      : " is no folder");
	mend_folder(f, site, part_path(facts, facts->n - 2),
	    site->settings->socket_group, "0710");
	mend_start(f, site, daemon);
}

static void
add_down(const struct check_site *site, enum check_daemon daemon,
    const char *where, int error)
{
	struct finding *f = finding_add(site->findings, down_kind(daemon));

	finding_say(f, "%s does not run: %s: %s. ", daemon_name(daemon), where,
	    strerror(error));
	finding_say(f, "%s",
	    daemon == CHECK_HDRCHECK ? "Mail with a date is put off meanwhile"
				     : "Postponed mail stays until it does");
	mend_start(f, site, daemon);
}

/* Postfix must get through each folder on the way. */
static bool
check_way(const struct check_site *site, const struct file_facts *facts,
    const struct files_context *context)
{
	for (size_t i = 0; i + 1 < facts->n; i++) {
		struct finding *f;

		if (has_right(&facts->part[i], &context->mail_owner, S_IXOTH))
			continue;
		f = finding_add(site->findings, FINDING_SOCKET_RIGHTS);
		finding_say(f, "Postfix cannot get through the folder ");
		finding_say_span(f, part_path(facts, i));
		finding_say(
		    f, " (mode %04o)", (unsigned)facts->part[i].mode & 07777);
		if (i + 2 == facts->n) {
			mend_folder(f, site, part_path(facts, i),
			    site->settings->socket_group, "0710");
		} else {
			finding_mend(f, "chmod o+x ");
			finding_mend_word(f, part_path(facts, i));
		}
		return false;
	}
	return true;
}

static void
check_folder_rights(const struct check_site *site,
    const struct file_facts *facts, const struct files_context *context)
{
	const struct file_part *folder = &facts->part[facts->n - 2];
	bool wide = (folder->mode & (S_IWGRP | S_IWOTH)) != 0;
	bool other = context->has_user && folder->uid != context->user.uid &&
	    folder->uid != 0;
	struct finding *f;

	if (!wide && !other)
		return;
	f = finding_add(site->findings, FINDING_FOLDER_RIGHTS);
	finding_say(f, "others than %s could put a socket of theirs into ",
	    site->settings->user);
	finding_say_span(f, part_path(facts, facts->n - 2));
	finding_say(f, " (mode %04o, owner %lu)",
	    (unsigned)folder->mode & 07777, (unsigned long)folder->uid);
	mend_folder(f, site, part_path(facts, facts->n - 2),
	    site->settings->socket_group, "0710");
}

static void
add_not_a_socket(const struct check_site *site, enum check_daemon daemon,
    const struct file_facts *facts)
{
	struct finding *f = finding_add(site->findings, FINDING_NOT_A_SOCKET);

	finding_say(f, "%s should listen on %s, but that is no socket",
	    daemon_name(daemon), facts->path);
	finding_mend(f, "rm -f ");
	finding_mend_word(f, span_str(facts->path));
	mend_restart(f, site, daemon);
}

/* The daemon makes it anew, as its settings say. */
static void
check_socket_rights(const struct check_site *site, enum check_daemon daemon,
    const struct file_facts *facts, const struct files_context *context)
{
	const struct file_part *part = &facts->part[facts->n - 1];
	mode_t set = site->settings->socket_mode;
	struct finding *f;

	if (has_right(part, &context->mail_owner, S_IWOTH))
		return;
	f = finding_add(site->findings, FINDING_SOCKET_RIGHTS);
	finding_say(f,
	    "Postfix may not use %s (mode %04o, owner %lu, group %lu); it "
	    "works as user %lu, group %lu",
	    facts->path, (unsigned)part->mode & 07777, (unsigned long)part->uid,
	    (unsigned long)part->gid, (unsigned long)context->mail_owner.uid,
	    (unsigned long)context->mail_owner.gid);
	if ((set & (S_IWGRP | S_IRGRP)) != (S_IWGRP | S_IRGRP))
		mend_setting(f, site, "socket_mode", "0660");
	mend_restart(f, site, daemon);
}

void
check_user(const struct check_site *site, const struct files_context *context)
{
	const char *user = site->settings->user;
	struct finding *f;

	if (!context->has_user) {
		f = finding_add(site->findings, FINDING_NO_USER);
		finding_say(f, "there is no user %s to run the daemons", user);
		finding_mend(f,
		    "useradd --system --no-create-home --shell "
		    "/usr/sbin/nologin %s",
		    user);
	} else if (context->user.uid == 0) {
		f = finding_add(site->findings, FINDING_AS_ROOT);
		finding_say(
		    f, "the daemons read mail as root (user = %s)", user);
		mend_setting(f, site, "user", "deliver-at");
		mend_restart(f, site, CHECK_HDRCHECK);
		mend_restart(f, site, CHECK_POLICYD);
	}
}

/* The first folder on the way that is not there; n: all are. */
static size_t
find_missing(const struct file_facts *facts)
{
	for (size_t i = 0; i + 1 < facts->n; i++)
		if (facts->part[i].error != 0 || !S_ISDIR(facts->part[i].mode))
			return i;
	return facts->n;
}

bool
check_socket(const struct check_site *site, enum check_daemon daemon,
    const struct file_facts *facts, const struct files_context *context)
{
	const struct file_part *last = &facts->part[facts->n - 1];
	size_t missing = find_missing(facts);

	if (missing < facts->n) {
		add_missing(site, daemon, facts, missing);
		return false;
	}
	check_folder_rights(site, facts, context);
	if (last->error == 0 && !S_ISSOCK(last->mode)) {
		add_not_a_socket(site, daemon, facts);
		return false;
	}
	if (last->error != 0 || facts->connected != 0) {
		if (!findings_have(site->findings, down_kind(daemon)))
			add_down(site, daemon, facts->path,
			    last->error != 0 ? last->error : facts->connected);
		return false;
	}
	if (check_way(site, facts, context))
		check_socket_rights(site, daemon, facts, context);
	return true;
}

bool
check_control(const struct check_site *site, const struct file_facts *facts)
{
	struct finding *f;

	if (facts->connected == 0)
		return true;
	if (find_missing(facts) == facts->n) {
		add_down(site, CHECK_POLICYD, facts->path, facts->connected);
		return false;
	}
	f = finding_add(site->findings, FINDING_POLICYD_DOWN);
	finding_say(f, "policyd does not run: control_socket has no folder ");
	finding_say_span(f, part_path(facts, facts->n - 2));
	finding_mend(f, "install -d -m 0755 ");
	finding_mend_word(f, part_path(facts, facts->n - 2));
	mend_start(f, site, CHECK_POLICYD);
	return false;
}

bool
check_address(const struct check_site *site, enum check_daemon daemon,
    const char *address, int connected)
{
	if (connected != 0 && !findings_have(site->findings, down_kind(daemon)))
		add_down(site, daemon, address, connected);
	return connected == 0;
}

void
check_state_folder(const struct check_site *site,
    const struct file_facts *facts, const struct files_context *context)
{
	const struct file_part *last = &facts->part[facts->n - 1];
	size_t missing = find_missing(facts);
	struct finding *f;

	if (missing == facts->n && last->error == 0 && S_ISDIR(last->mode) &&
	    (!context->has_user || last->uid == context->user.uid) &&
	    (last->mode & (S_IWGRP | S_IWOTH)) == 0)
		return;
	f = finding_add(site->findings, FINDING_STATE_FOLDER);
	finding_say(f, "policyd cannot keep what you say (state_directory %s: ",
	    facts->path);
	if (missing < facts->n || last->error != 0)
		finding_say(f, "%s",
		    strerror(last->error != 0 ? last->error
					      : facts->part[missing].error));
	else
		finding_say(f, "mode %04o, owner %lu",
		    (unsigned)last->mode & 07777, (unsigned long)last->uid);
	finding_say(f, "): pause and reschedule do not work");
	mend_folder(f, site, span_str(facts->path), "", "0700");
}

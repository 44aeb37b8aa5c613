/* SPDX-License-Identifier: ISC */
/*
 * Root's part: looks, and reads nothing but what the administrator wrote.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hdrcheck/base/os.h"
#include "policyd/ctl/check_asked.h"
#include "policyd/ctl/check_private.h"

#define SYSTEMD_FOLDER "/run/systemd/system"

enum { ADDRESS_SIZE = SETTINGS_PATH_SIZE + 16 };

static void
look_at_part(struct file_facts *facts, size_t len)
{
	char path[SETTINGS_PATH_SIZE];
	struct file_part *part;
	struct stat st;

	if (facts->n == FILES_PARTS_MAX)
		return;
	part = &facts->part[facts->n++];
	*part = (struct file_part){.len = len};
	snprintf(path, sizeof(path), "%.*s", (int)len, facts->path);
	/* Folders may be links; what stands at the end must not be one. */
	if ((facts->path[len] == '\0' ? lstat(path, &st) : stat(path, &st)) <
	    0) {
		part->error = errno;
		return;
	}
	part->mode = st.st_mode;
	part->uid = st.st_uid;
	part->gid = st.st_gid;
}

static void
look_at(struct file_facts *facts, const char *path)
{
	size_t len;

	snprintf(facts->path, sizeof(facts->path), "%s", path);
	len = strlen(facts->path);
	facts->n = 0;
	for (size_t i = 0; i < len; i++)
		if (facts->path[i] == '/')
			look_at_part(facts, i > 0 ? i : 1);
	look_at_part(facts, len);
}

/* Connecting reads nothing. */
static void
try_target(struct check_target *target)
{
	const char *path = sock_path(&target->address);

	target->fd = -1;
	if (target->address.len == 0)
		return;
	if (path != NULL)
		look_at(&target->files, path);
	target->fd = sock_connect(&target->address);
	target->files.connected = target->fd < 0 ? errno : 0;
}

/* Settings are right, and Postfix asks at another place. */
static void
try_settings(struct check_target *target, const struct sock_address *settings)
{
	int fd;

	if (target->fd >= 0 || settings->len == 0 ||
	    strcmp(target->address.text, settings->text) == 0)
		return;
	fd = sock_connect(settings);
	target->elsewhere = fd >= 0;
	target->fd = fd;
}

static void
close_target(struct check_target *target)
{
	if (target->fd >= 0)
		close(target->fd);
	target->fd = -1;
}

/* server: "unix:PATH" of a table, where PATH may be of the queue directory. */
static void
set_target(struct check_target *target, const struct check_site *site,
    struct span server, const struct sock_address *otherwise)
{
	char text[ADDRESS_SIZE] = "unix:";
	size_t n = strlen(text);

	target->address = *otherwise;
	if (span_starts_with(server, "unix:") &&
	    site_path(site, span_skip(server, n), text + n, sizeof(text) - n))
		sock_parse(span_str(text), &target->address);
	else if (span_starts_with(server, "inet:"))
		sock_parse(server, &target->address);
}

static void
find_hdrcheck(struct check_run *run)
{
	const struct settings *settings = run->settings;
	struct tables t;
	struct span server = {"", 0};
	const struct sock_address *otherwise =
	    settings->socketmap_listen.len > 0 ? &settings->socketmap_listen
					       : &settings->tcp_table_listen;

	if (!run->entries.has_asking) {
		set_target(&run->hdrcheck, &run->site, server, otherwise);
		return;
	}
	tables_read(&t, &run->site, &run->entries.asking, "header_checks");
	if (span_starts_with(t.server, "unix:") ||
	    span_starts_with(t.server, "inet:"))
		server = t.server;
	else
		otherwise = &settings->tcp_table_listen;
	set_target(&run->hdrcheck, &run->site, server, otherwise);
	tables_free(&t);
}

static void
find_policy(struct check_run *run)
{
	struct buf text;
	struct span server = {"", 0};

	run->policy_asked =
	    asked_find_server(&run->site, &run->entries, &text, &server);
	set_target(
	    &run->policy, &run->site, server, &run->settings->policy_listen);
	buf_free(&text);
}

static void
find_control(struct check_run *run)
{
	char text[ADDRESS_SIZE];

	snprintf(text, sizeof(text), "unix:%s", run->settings->control_socket);
	if (sock_parse(span_str(text), &run->control.address) != NULL)
		run->control.address.len = 0;
}

/* systemd(1), as process 1, listens for them, or nobody is known. */
static pid_t
peer_of(const struct check_target *target)
{
	pid_t pid = target->fd >= 0 ? os_peer(target->fd) : 0;

	return pid > 1 ? pid : 0;
}

static void
gather_daemons(struct check_run *run)
{
	find_hdrcheck(run);
	find_policy(run);
	find_control(run);
	try_target(&run->hdrcheck);
	try_target(&run->policy);
	try_target(&run->control);
	try_settings(&run->hdrcheck, &run->settings->socketmap_listen);
	try_settings(&run->policy, &run->settings->policy_listen);
	run->site.hdrcheck_pid = peer_of(&run->hdrcheck);
	run->site.policyd_pid = peer_of(&run->control);
	close_target(&run->hdrcheck);
	close_target(&run->control);
	look_at(&run->state_folder, run->settings->state_directory);
	run->files.has_user =
	    priv_find_user(run->settings->user, &run->files.user) == 0;
	priv_find_user(run->postconf.mail_owner, &run->files.mail_owner);
}

static void
plan_lookups(struct check_run *run)
{
	lookups_plan(&run->lookups, &run->site, &run->entries, run->now_s);
	for (size_t i = 0; i < run->lookups.n; i++) {
		const struct check_lookup *l = &run->lookups.lookup[i];

		run->ask[i] = (struct hands_lookup){.key = l->key,
		    .table = (const char *const *)l->table,
		    .n_tables = l->n_tables};
	}
}

static void
find_version(struct check_run *run)
{
	struct span version = {"", 0};

	view_parameter(&run->text.view, span_str("mail_version"), &version);
	span_to_string(version, run->version, sizeof(run->version));
	run->site.version = span_str(run->version);
}

static bool
fail(struct check_run *run, const char *error)
{
	struct finding *f =
	    finding_add(&run->findings, FINDING_POSTFIX_UNKNOWN);

	finding_say(f, "Postfix's configuration cannot be read: %s", error);
	finding_mend(f, "postconf -c ");
	finding_mend_word(f, span_str(run->settings->postfix_config_directory));
	finding_mend(f, " >/dev/null");
	return false;
}

static bool
read_postfix(struct check_run *run)
{
	const char *folder = run->settings->postfix_config_directory;
	char error[POSTCONF_ERROR_SIZE];

	if (!postconf_read(folder, &run->postconf, error))
		return fail(run, error);
	return postconf_load(folder, &run->text, error) || fail(run, error);
}

bool
check_gather(struct check_run *run)
{
	struct check_site *site = &run->site;

	*site = (struct check_site){
	    .settings = run->settings,
	    .file = run->settings->file,
	    .has_file = access(run->settings->file, F_OK) == 0,
	    .view = &run->text.view,
	    .queue_directory = run->postconf.queue_directory,
	    .systemd = access(SYSTEMD_FOLDER, F_OK) == 0 &&
		strcmp(run->settings->file, SETTINGS_DEFAULT_FILE) == 0,
	    .findings = &run->findings,
	};
	run->rules = run->settings->rules_file[0] != '\0';
	run->policy.fd = run->hdrcheck.fd = run->control.fd = -1;
	if (!read_postfix(run))
		return false;
	find_version(run);
	entries_read(&run->entries, site);
	gather_daemons(run);
	plan_lookups(run);
	return true;
}

void
check_gather_end(struct check_run *run)
{
	close_target(&run->policy);
	lookups_free(&run->lookups);
	if (!findings_have(&run->findings, FINDING_POSTFIX_UNKNOWN))
		postconf_text_free(&run->text);
}

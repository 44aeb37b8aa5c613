/* SPDX-License-Identifier: ISC */
/*
 * check_site - what the diagnosis of policyctl check goes by, and the commands
 * that mend
 *
 * Pure.
 */
#ifndef CTL_CHECK_SITE_H
#define CTL_CHECK_SITE_H

#include <sys/types.h>

#include "hdrcheck/settings.h"
#include "policyd/ctl/finding.h"
#include "policyd/sched/postconf_view.h"

struct check_site {
	const struct settings *settings;
	const char *file; /* where they are from */
	bool has_file; /* which is there */
	const struct postconf_view *view;
	const char *queue_directory;
	struct span version; /* of Postfix, "3.7.11" */
	bool systemd; /* runs the daemons */
	pid_t hdrcheck_pid; /* 0: not known */
	pid_t policyd_pid;
	struct findings *findings;
};

/*
 * Each appends to the command of a finding; what was there before and is not
 * done by then is joined to it with "&&".
 */

/* postconf -c DIR, when it is not Postfix's usual folder, and these words. */
void mend_postfix(struct finding *f, const struct check_site *site,
    const char *command, const char *words);

/* postconf -e 'name = value' */
void mend_main(struct finding *f, const struct check_site *site,
    struct span name, struct span value);

/*
 * Sets a parameter for a service: where it has an "-o" for it, or own is true,
 * there, else in main.cf.
 */
void mend_parameter(struct finding *f, const struct check_site *site,
    const struct view_service *service, bool own, const char *parameter,
    struct span value);

/* postconf -P 'NAME/TYPE/parameter=value'; value is without blanks. */
void mend_override(struct finding *f, const struct check_site *site,
    const struct view_service *service, const char *parameter,
    struct span value);

/* Replaces a text wherever main.cf and master.cf have it in a value. */
void mend_replace(struct finding *f, const struct check_site *site,
    struct span old, struct span new);

/* "name = value" in deliver-at.conf, and both daemons take it. */
void mend_setting(struct finding *f, const struct check_site *site,
    const char *name, const char *value);

/* policyctl VERB */
void mend_policyctl(
    struct finding *f, const struct check_site *site, const char *words);

enum check_daemon { CHECK_HDRCHECK, CHECK_POLICYD };

void mend_start(
    struct finding *f, const struct check_site *site, enum check_daemon daemon);
void mend_restart(
    struct finding *f, const struct check_site *site, enum check_daemon daemon);
void mend_reload(
    struct finding *f, const struct check_site *site, enum check_daemon daemon);

/* Opens a file with the administrator's editor. */
void mend_edit(struct finding *f, struct span path);

/*
 * Appends an element to a list of tables or restrictions, "$" doubled when
 * literal. False: no room.
 */
bool mend_list_add(struct buf *list, struct span element, bool literal);

/* A path that Postfix names, as it is outside of a chroot. False: too long. */
bool site_path(
    const struct check_site *site, struct span path, char *out, size_t size);

/* How Postfix is to name a path: from the queue directory, if it is there. */
struct span site_name_path(const struct check_site *site, struct span path);

/* Whether Postfix runs that service in a chroot. */
bool site_is_chrooted(
    const struct check_site *site, const struct view_service *service);

/*
 * Findings about where a parameter of a service asks, a path of a unix socket:
 * it cannot be seen from the chroot; or it is not where the daemon listens, if
 * that is so.
 */
void check_add_chroot(const struct check_site *site,
    const struct view_service *service, const char *parameter,
    struct span asked);
void check_add_elsewhere(const struct check_site *site,
    const struct view_service *service, const char *parameter,
    struct span asked, const struct sock_address *listens);

#endif

/* SPDX-License-Identifier: ISC */
#include "policyd/ctl/check_site.h"

#include <stdio.h>

bool
site_path(
    const struct check_site *site, struct span path, char *out, size_t size)
{
	bool absolute = path.len > 0 && path.data[0] == '/';
	int n = snprintf(out, size, "%s%s%.*s",
	    absolute ? "" : site->queue_directory, absolute ? "" : "/",
	    (int)path.len, path.data);

	return n >= 0 && (size_t)n < size;
}

bool
site_is_chrooted(
    const struct check_site *site, const struct view_service *service)
{
	struct buf level;
	bool chrooted = false;

	if (!span_equal_str(service->chroot, "-"))
		return span_equal_str(service->chroot, "y");
	/* The default was y before compatibility_level 1. */
	buf_init(&level, VIEW_VALUE_MAX);
	if (view_value(site->view, NULL, "compatibility_level", &level))
		chrooted = span_equal_str(buf_span(&level), "0");
	buf_free(&level);
	return chrooted;
}

struct span
site_name_path(const struct check_site *site, struct span path)
{
	size_t n = strlen(site->queue_directory);

	if (span_starts_with(path, site->queue_directory) && path.len > n + 1 &&
	    path.data[n] == '/')
		return span_skip(path, n + 1);
	return path;
}

/* "unix:PATH" as it is written becomes another. */
static void
mend_path(struct finding *f, const struct check_site *site, struct span old,
    struct span new)
{
	struct buf from, to;

	buf_init(&from, SETTINGS_PATH_SIZE);
	buf_init(&to, SETTINGS_PATH_SIZE);
	if (buf_append(&from, span_str("unix:")) && buf_append(&from, old) &&
	    buf_append(&to, span_str("unix:")) && buf_append(&to, new))
		mend_replace(f, site, buf_span(&from), buf_span(&to));
	else
		f->cut = true;
	buf_free(&from);
	buf_free(&to);
}

void
check_add_chroot(const struct check_site *site,
    const struct view_service *service, const char *parameter,
    struct span asked)
{
	struct finding *f = finding_add(site->findings, FINDING_CHROOT);
	struct span inside = site_name_path(site, asked);

	finding_say(f,
	    "%.*s runs in a chroot, where %s cannot find %.*s; a path that "
	    "does not start with / is found",
	    (int)service->name.len, service->name.data, parameter,
	    (int)asked.len, asked.data);
	if (inside.len < asked.len) {
		mend_path(f, site, asked, inside);
	} else {
		mend_postfix(f, site, "postconf", "-F");
		finding_mend(f, " %.*s/%.*s/chroot=n", (int)service->name.len,
		    service->name.data, (int)service->type.len,
		    service->type.data);
	}
	mend_postfix(f, site, "postfix", "reload");
}

void
check_add_elsewhere(const struct check_site *site,
    const struct view_service *service, const char *parameter,
    struct span asked, const struct sock_address *listens)
{
	char path[SETTINGS_PATH_SIZE];
	struct finding *f;

	if (sock_path(listens) == NULL ||
	    (site_path(site, asked, path, sizeof(path)) &&
		strcmp(path, sock_path(listens)) == 0))
		return;
	f = finding_add(site->findings, FINDING_ELSEWHERE);
	finding_say(f, "%.*s: %s ask at unix:%.*s, but the daemon listens on ",
	    (int)service->name.len, service->name.data, parameter,
	    (int)asked.len, asked.data);
	finding_say(f, "%s", listens->text);
	mend_path(
	    f, site, asked, site_name_path(site, span_str(sock_path(listens))));
	mend_postfix(f, site, "postfix", "reload");
}

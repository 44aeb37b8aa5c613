/* SPDX-License-Identifier: ISC */
#include <stdio.h>

#include "policyd/ctl/check_site.h"

enum { PARAMETER_SIZE = 256 /* bytes of the name of one that we make */ };

#define POSTFIX_FOLDER "/etc/postfix"

static void
join(struct finding *f)
{
	if (buf_len(&f->mend) > 0)
		finding_mend(f, " && ");
}

void
mend_postfix(struct finding *f, const struct check_site *site,
    const char *command, const char *words)
{
	const char *folder = site->settings->postfix_config_directory;

	join(f);
	finding_mend(f, "%s", command);
	if (strcmp(folder, POSTFIX_FOLDER) != 0) {
		finding_mend(f, " -c ");
		finding_mend_word(f, span_str(folder));
	}
	if (words[0] != '\0')
		finding_mend(f, " %s", words);
}

/* Appends prefix, value and suffix as one word of the command. */
static void
mend_joined(
    struct finding *f, const char *prefix, struct span name, struct span value)
{
	struct buf word;

	buf_init(&word, FINDING_MEND_MAX);
	if (!buf_append(&word, span_str(prefix)) || !buf_append(&word, name) ||
	    !buf_append(&word, value))
		f->cut = true;
	finding_mend(f, " ");
	finding_mend_word(f, buf_span(&word));
	buf_free(&word);
}

void
mend_main(struct finding *f, const struct check_site *site, struct span name,
    struct span value)
{
	char prefix[PARAMETER_SIZE];
	int n = snprintf(prefix, sizeof(prefix), "%.*s =%s", (int)name.len,
	    name.data, value.len > 0 ? " " : "");

	if (n < 0 || (size_t)n >= sizeof(prefix))
		f->cut = true;
	mend_postfix(f, site, "postconf", "-e");
	mend_joined(f, prefix, span_of("", 0), value);
}

void
mend_override(struct finding *f, const struct check_site *site,
    const struct view_service *service, const char *parameter,
    struct span value)
{
	char prefix[PARAMETER_SIZE];
	int n = snprintf(prefix, sizeof(prefix), "%.*s/%.*s/",
	    (int)service->name.len, service->name.data, (int)service->type.len,
	    service->type.data);
	struct buf rest;

	if (n < 0 || (size_t)n >= sizeof(prefix))
		f->cut = true;
	buf_init(&rest, FINDING_MEND_MAX);
	if (!buf_append(&rest, span_str("=")) || !buf_append(&rest, value))
		f->cut = true;
	mend_postfix(f, site, "postconf", "-P");
	mend_joined(f, prefix, span_str(parameter), buf_span(&rest));
	buf_free(&rest);
}

static bool
has_blank(struct span text)
{
	for (size_t i = 0; i < text.len; i++)
		if (ascii_is_blank(text.data[i]))
			return true;
	return false;
}

/* deliver_at_SERVICE_PARAMETER */
static struct span
own_parameter(const struct view_service *service, const char *parameter,
    char out[PARAMETER_SIZE])
{
	snprintf(out, PARAMETER_SIZE, "deliver_at_%.*s_%s",
	    (int)service->name.len, service->name.data, parameter);
	for (char *c = out; *c != '\0'; c++)
		if (!ascii_is_alnum(*c))
			*c = '_';
	return span_str(out);
}

/*
 * postconf takes no blanks behind -P: such a value goes to main.cf, under a
 * name of its own.
 */
void
mend_parameter(struct finding *f, const struct check_site *site,
    const struct view_service *service, bool own, const char *parameter,
    struct span value)
{
	char name[PARAMETER_SIZE], reference[PARAMETER_SIZE + 1];
	struct span old;

	if (!own &&
	    !view_override(site->view, service, span_str(parameter), &old)) {
		mend_main(f, site, span_str(parameter), value);
		return;
	}
	if (!has_blank(value)) {
		mend_override(f, site, service, parameter, value);
		return;
	}
	mend_main(f, site, own_parameter(service, parameter, name), value);
	snprintf(reference, sizeof(reference), "$%s", name);
	mend_override(f, site, service, parameter, span_str(reference));
}

/* The place of what in text, or SIZE_MAX. */
static size_t
find_text(struct span text, struct span what)
{
	for (size_t i = 0; what.len > 0 && i + what.len <= text.len; i++)
		if (memcmp(text.data + i, what.data, what.len) == 0)
			return i;
	return SIZE_MAX;
}

static bool
replace_all(struct buf *out, struct span text, struct span old, struct span new)
{
	bool ok = true;
	size_t at;

	while (ok && (at = find_text(text, old)) != SIZE_MAX) {
		ok = buf_append(out, span_head(text, at)) &&
		    buf_append(out, new);
		text = span_skip(text, at + old.len);
	}
	return ok && buf_append(out, text);
}

/* name is of main.cf, or SERVICE/TYPE/PARAMETER. */
static void
replace_in(struct finding *f, const struct check_site *site, const char *option,
    struct span line, struct span old, struct span new)
{
	struct span name = line, value = line;
	struct buf word;

	if (!span_cut(&value, '=', &name) || find_text(value, old) == SIZE_MAX)
		return;
	buf_init(&word, FINDING_MEND_MAX);
	if (!buf_append(&word, span_trim(name)) ||
	    !buf_append(&word, span_str("=")) ||
	    !replace_all(&word, span_trim(value), old, new))
		f->cut = true;
	mend_postfix(f, site, "postconf", option);
	finding_mend(f, " ");
	finding_mend_word(f, buf_span(&word));
	buf_free(&word);
}

void
mend_replace(struct finding *f, const struct check_site *site, struct span old,
    struct span new)
{
	struct span rest = site->view->explicit, line;

	while (span_cut(&rest, '\n', &line))
		replace_in(f, site, "-e", line, old, new);
	rest = site->view->overrides;
	while (span_cut(&rest, '\n', &line))
		replace_in(f, site, "-P", line, old, new);
}

static void
mend_config_option(struct finding *f, const struct check_site *site)
{
	if (strcmp(site->file, SETTINGS_DEFAULT_FILE) == 0)
		return;
	finding_mend(f, " -c ");
	finding_mend_word(f, span_str(site->file));
}

void
mend_policyctl(
    struct finding *f, const struct check_site *site, const char *words)
{
	join(f);
	finding_mend(f, "policyctl");
	mend_config_option(f, site);
	finding_mend(f, " %s", words);
}

static const char *
daemon_name(enum check_daemon daemon)
{
	return daemon == CHECK_HDRCHECK ? "hdrcheck" : "policyd";
}

static pid_t
daemon_pid(const struct check_site *site, enum check_daemon daemon)
{
	return daemon == CHECK_HDRCHECK ? site->hdrcheck_pid
					: site->policyd_pid;
}

/* Braces, or all that is before it would be in the background, too. */
void
mend_start(
    struct finding *f, const struct check_site *site, enum check_daemon daemon)
{
	join(f);
	if (site->systemd) {
		finding_mend(
		    f, "systemctl restart deliver-at-%s", daemon_name(daemon));
		return;
	}
	finding_mend(f, "{ %s", daemon_name(daemon));
	mend_config_option(f, site);
	finding_mend(f, " </dev/null >/dev/null 2>&1 & }");
}

void
mend_restart(
    struct finding *f, const struct check_site *site, enum check_daemon daemon)
{
	pid_t pid = daemon_pid(site, daemon);

	if (!site->systemd && pid > 0) {
		join(f);
		finding_mend(f, "kill %ld && sleep 1", (long)pid);
	}
	mend_start(f, site, daemon);
}

void
mend_reload(
    struct finding *f, const struct check_site *site, enum check_daemon daemon)
{
	pid_t pid = daemon_pid(site, daemon);

	if (daemon == CHECK_POLICYD) {
		mend_policyctl(f, site, "reload");
		return;
	}
	if (pid <= 0 && !site->systemd)
		return;
	join(f);
	if (pid > 0)
		finding_mend(f, "kill -HUP %ld", (long)pid);
	else
		finding_mend(f, "systemctl reload deliver-at-hdrcheck");
}

/* A setting may come once, so another line of it goes. */
void
mend_setting(struct finding *f, const struct check_site *site, const char *name,
    const char *value)
{
	struct span file = span_str(site->file);

	join(f);
	if (site->has_file) {
		finding_mend(f,
		    "sed -i -e '/^[[:blank:]]*%s[[:blank:]]*=/d' -e '$a\\' ",
		    name);
		finding_mend_word(f, file);
		finding_mend(f, " && ");
	}
	finding_mend(f, "echo '%s = %s' >>", name, value);
	finding_mend_word(f, file);
	mend_reload(f, site, CHECK_HDRCHECK);
	if (site->policyd_pid > 0)
		mend_reload(f, site, CHECK_POLICYD);
}

void
mend_edit(struct finding *f, struct span path)
{
	join(f);
	finding_mend(f, "${EDITOR:-vi} ");
	finding_mend_word(f, path);
}

bool
mend_list_add(struct buf *list, struct span element, bool literal)
{
	bool ok = buf_len(list) == 0 || buf_append(list, span_str(", "));

	if (!literal)
		return ok && buf_append(list, element);
	return ok && replace_all(list, element, span_str("$"), span_str("$$"));
}

/* SPDX-License-Identifier: ISC */
#include "policyd/ctl/postconf_load.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "policyd/sched/collect.h"

static void
explain(char error[POSTCONF_ERROR_SIZE], struct span why)
{
	if (why.len >= POSTCONF_ERROR_SIZE)
		why.len = POSTCONF_ERROR_SIZE - 1;
	span_to_string(why, error, POSTCONF_ERROR_SIZE);
}

/* The line of standard error that says why: warnings may stand before. */
static struct span
last_line(struct span text)
{
	struct span line = text = span_trim(text);

	while (span_cut(&text, '\n', &line))
		;
	return text;
}

/* option NULL: all parameters. */
static bool
ask(const char *directory, const char *option, struct buf *out,
    char error[POSTCONF_ERROR_SIZE])
{
	static char locale[] = "LC_ALL=C";
	char name[] = "postconf", config[] = "-c";
	char folder[SETTINGS_PATH_SIZE], kind[sizeof("-n")];
	char *argv[] = {
	    name, config, folder, option != NULL ? kind : NULL, NULL};
	char *env[] = {locale, NULL};
	struct command command = {.path = name, .argv = argv, .env = env};
	struct buf errors;
	int code;

	snprintf(folder, sizeof(folder), "%s", directory);
	snprintf(kind, sizeof(kind), "%s", option != NULL ? option : "");
	buf_init(&errors, POSTCONF_TEXT_MAX);
	code = collect_command(&command, POSTCONF_DEADLINE_MS, out, &errors);
	if (code < 0)
		snprintf(error, POSTCONF_ERROR_SIZE, "postconf: %s",
		    errno == ETIMEDOUT ? "no answer in time" : strerror(errno));
	else if (code != 0)
		explain(error, last_line(buf_span(&errors)));
	buf_free(&errors);
	return code == 0;
}

bool
postconf_load(const char *directory, struct postconf_text *text,
    char error[POSTCONF_ERROR_SIZE])
{
	buf_init(&text->explicit, POSTCONF_TEXT_MAX);
	buf_init(&text->all, POSTCONF_TEXT_MAX);
	buf_init(&text->services, POSTCONF_TEXT_MAX);
	buf_init(&text->overrides, POSTCONF_TEXT_MAX);
	if (!ask(directory, "-n", &text->explicit, error) ||
	    !ask(directory, NULL, &text->all, error) ||
	    !ask(directory, "-M", &text->services, error) ||
	    !ask(directory, "-P", &text->overrides, error)) {
		postconf_text_free(text);
		return false;
	}
	text->view.explicit = buf_span(&text->explicit);
	text->view.all = buf_span(&text->all);
	text->view.services = buf_span(&text->services);
	text->view.overrides = buf_span(&text->overrides);
	return true;
}

void
postconf_text_free(struct postconf_text *text)
{
	buf_free(&text->explicit);
	buf_free(&text->all);
	buf_free(&text->services);
	buf_free(&text->overrides);
}

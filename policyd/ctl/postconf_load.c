/* SPDX-License-Identifier: ISC */
#include "policyd/ctl/postconf_load.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "policyd/sched/collect.h"

enum { ARGS_MAX = 32 };

/* argv of "postconf -c DIRECTORY [-OPTION] [NAME...]" for execve(2). */
struct arguments {
	char command[sizeof("postconf")];
	char config_option[sizeof("-c")];
	char directory[SETTINGS_PATH_SIZE];
	char option[sizeof("-n")];
	char name[ARGS_MAX][64];
	char *argv[ARGS_MAX + 5];
};

static void
fill(struct arguments *a, const char *directory, const char *option,
    const char *const *names)
{
	size_t n = 0;

	snprintf(a->command, sizeof(a->command), "postconf");
	snprintf(a->config_option, sizeof(a->config_option), "-c");
	snprintf(a->directory, sizeof(a->directory), "%s", directory);
	a->argv[n++] = a->command;
	a->argv[n++] = a->config_option;
	a->argv[n++] = a->directory;
	if (option != NULL) {
		snprintf(a->option, sizeof(a->option), "%s", option);
		a->argv[n++] = a->option;
	}
	for (size_t i = 0; names != NULL && names[i] != NULL && i < ARGS_MAX;
	     i++) {
		snprintf(a->name[i], sizeof(a->name[i]), "%s", names[i]);
		a->argv[n++] = a->name[i];
	}
	a->argv[n] = NULL;
}

static bool
explain(char error[POSTCONF_ERROR_SIZE], struct span why)
{
	why = span_trim(why);
	if (why.len >= POSTCONF_ERROR_SIZE)
		why.len = POSTCONF_ERROR_SIZE - 1;
	span_to_string(why, error, POSTCONF_ERROR_SIZE);
	return false;
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

static bool
ask(const char *directory, const char *option, const char *const *names,
    struct buf *out, char error[POSTCONF_ERROR_SIZE])
{
	static char locale[] = "LC_ALL=C";
	char *env[] = {locale, NULL};
	struct arguments arguments;
	struct command command = {
	    .path = "postconf", .argv = arguments.argv, .env = env};
	struct buf errors;
	int code;

	fill(&arguments, directory, option, names);
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
postconf_load(const char *directory, const char *const *names,
    struct postconf_text *text, char error[POSTCONF_ERROR_SIZE])
{
	buf_init(&text->explicit, POSTCONF_TEXT_MAX);
	buf_init(&text->all, POSTCONF_TEXT_MAX);
	buf_init(&text->services, POSTCONF_TEXT_MAX);
	buf_init(&text->overrides, POSTCONF_TEXT_MAX);
	if (!ask(directory, "-n", NULL, &text->explicit, error) ||
	    (names != NULL &&
		!ask(directory, "-n", names, &text->explicit, error)) ||
	    !ask(directory, NULL, NULL, &text->all, error) ||
	    !ask(directory, "-M", NULL, &text->services, error) ||
	    !ask(directory, "-P", NULL, &text->overrides, error)) {
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

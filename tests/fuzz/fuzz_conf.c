/* SPDX-License-Identifier: ISC */
/*
 * The configuration of both daemons: read twice it says the same; an error
 * names file and line, in printable words; a comment and other line ends change
 * nothing but the line's number.
 */
#include "tests/fuzz/target.h"

#include <stdlib.h>

#include "hdrcheck/settings.h"

static const char above[] = "# one line more\r\n \t\n";

enum { LINES_ABOVE = 2 };

static bool
parse(struct settings *settings, struct span text, char error[CONF_ERROR_SIZE])
{
	struct span block = block_of(text);
	bool ok;

	memset(settings, 0, sizeof(*settings));
	memset(error, 'x', CONF_ERROR_SIZE);
	ok = settings_parse(settings, block, "conf", error);
	block_free(block);
	return ok;
}

static void
check_settings(const struct settings *s)
{
	must(s->header_names.n >= 1 && s->header_names.n <= HEADER_NAMES_MAX);
	for (size_t i = 0; i < s->header_names.n; i++)
		must(header_is_name(span_str(s->header_names.name[i])));
	must(s->permit_postpone.n_nets <= PERMIT_NETS_MAX);
	must(s->max_postpone_s >= 0 && s->sweep_interval_s > 0);
	must(s->max_connections > 0 && s->idle_timeout_s > 0);
	must(s->socket_mode <= 0777);
	must(s->user[0] != '\0' && s->state_directory[0] == '/');
	must(s->rules_file[0] == '/' || s->rules_file[0] == '\0');
}

static size_t
check_error(const char *error, struct span text)
{
	must(memchr(error, '\0', CONF_ERROR_SIZE) != NULL);
	return must_be_place(error, "conf", text);
}

/* The same text below a comment. */
static void
check_below(
    struct span text, bool ok, const struct settings *settings, size_t line)
{
	struct settings *also = malloc(sizeof(*also));
	char error[CONF_ERROR_SIZE];
	struct buf longer;

	must(also != NULL);
	buf_init(&longer, text.len + sizeof(above));
	must(buf_append(&longer, span_str(above)) && buf_append(&longer, text));
	must(parse(also, buf_span(&longer), error) == ok);
	if (ok)
		must(settings_needs_restart(settings, also) == NULL &&
		    memcmp(settings, also, sizeof(*also)) == 0);
	else
		must(check_error(error, buf_span(&longer)) ==
		    line + LINES_ABOVE);
	buf_free(&longer);
	free(also);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_of(data, size);
	struct settings *settings = malloc(sizeof(*settings));
	char error[CONF_ERROR_SIZE];
	size_t line = 0;
	bool ok;

	must(settings != NULL);
	ok = parse(settings, text, error);
	if (ok)
		check_settings(settings);
	else
		line = check_error(error, text);
	check_below(text, ok, settings, line);
	free(settings);
	return 0;
}

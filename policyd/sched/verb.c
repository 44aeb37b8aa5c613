/* SPDX-License-Identifier: ISC */
#include "policyd/sched/verb.h"

#include <stdio.h>
#include <string.h>

#include "hdrcheck/settings.h"
#include "policyd/sched/command.h"
#include "policyd/sched/postconf.h"

enum {
	WORDS_MAX = 3, /* of a verb, ids aside */
	WORD_SIZE = 8,
	ARGS_MAX = SWEEP_READ_MAX + WORDS_MAX + 4,
	PATH_TEXT_SIZE = SETTINGS_PATH_SIZE + 16,
};

/* Ids follow as arguments or on standard input. */
static const struct verb {
	const char *program;
	const char *words[WORDS_MAX];
	bool as_mail_owner;
	bool ids_as_args;
	int64_t deadline_s;
} verbs[SWEEP_VERBS] = {
    [SWEEP_LIST] = {"postqueue", {"-j"}, false, false, 600},
    [SWEEP_READ] = {"postcat", {"-qeh"}, true, true, 60},
    [SWEEP_RELEASE] = {"postsuper", {"-H", "-", "hold"}, false, false, 300},
    [SWEEP_REQUEUE] = {"postsuper", {"-r", "-", "hold"}, false, false, 300},
    [SWEEP_KICK_QMGR] = {"postkick", {"public", "qmgr", "D"}, true, false, 10},
    [SWEEP_KICK_PICKUP] = {"postkick", {"public", "pickup", "W"}, true, false,
	10},
};

const char *
verb_program(enum sweep_verb verb)
{
	return verbs[verb].program;
}

int64_t
verb_deadline_s(enum sweep_verb verb)
{
	return verbs[verb].deadline_s;
}

/* Turns ids, each followed by a line end, into arguments, in place. */
static void
split_ids(char *ids, size_t len, char **argv)
{
	char *end;

	for (char *at = ids; at < ids + len; at = end + 1) {
		end = memchr(at, '\n', len - (size_t)(at - ids));
		*end = '\0';
		*argv++ = at;
	}
}

pid_t
verb_start(const struct verb_place *place, enum sweep_verb verb, char *ids,
    size_t n, int fds[2])
{
	const struct verb *v = &verbs[verb];
	static char locale[] = "LC_ALL=C", utc[] = "TZ=UTC", c[] = "-c";
	char *env[] = {locale, v->ids_as_args ? utc : NULL, NULL};
	char path[PATH_TEXT_SIZE], config[SETTINGS_PATH_SIZE];
	char words[WORDS_MAX][WORD_SIZE];
	char *argv[ARGS_MAX] = {path, c, config};
	size_t argc = 3;
	struct command command = {.path = path, .argv = argv, .env = env};

	snprintf(
	    path, sizeof(path), "%s/%s", place->command_directory, v->program);
	snprintf(config, sizeof(config), "%s", place->config_directory);
	for (int i = 0; i < WORDS_MAX && v->words[i] != NULL; i++) {
		snprintf(words[i], WORD_SIZE, "%s", v->words[i]);
		argv[argc++] = words[i];
	}
	if (v->ids_as_args)
		split_ids(ids, n, argv + argc);
	else
		command.input = span_of(ids, n);
	if (v->as_mail_owner)
		command.run_as = place->mail_owner;
	return command_start(&command, &fds[0], &fds[1]);
}

/* SPDX-License-Identifier: ISC */
/*
 * What the hands may do, as commands of Postfix.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "policyd/ctl/hands_private.h"
#include "policyd/sched/command.h"
#include "policyd/sched/verb.h"

enum { PATH_TEXT_SIZE = SETTINGS_PATH_SIZE + 16 };

enum {
	WORDS_MAX = 3,
	WORD_SIZE = 8,
};

/*
 * Commands that the scheduler has not, and must not have. Without the queue's
 * name, mail in other queues would be removed, too.
 */
static const struct own_verb {
	const char *program;
	const char *words[WORDS_MAX];
	int64_t deadline_s;
} own_verbs[HANDS_VERBS] = {
    [HANDS_FAIL] = {"postsuper", {"-f", "-", "hold"}, 300},
    [HANDS_DROP] = {"postsuper", {"-d", "-", "hold"}, 300},
    [HANDS_RUNS] = {"postfix", {"status"}, 30},
    [HANDS_LOOKUP] = {"postmap", {"-q"}, 20},
};

/* Those that it has. */
static bool
scheduler_has(enum hands_verb verb, enum sweep_verb *sweep)
{
	if (verb == HANDS_LIST)
		*sweep = SWEEP_LIST;
	else if (verb == HANDS_READ)
		*sweep = SWEEP_READ;
	else if (verb == HANDS_KICK)
		*sweep = SWEEP_KICK_QMGR;
	else
		return false;
	return true;
}

static pid_t
start_own(const struct hands_options *o, const struct own_verb *v,
    struct span ids, int fds[2])
{
	static char c[] = "-c", locale[] = "LC_ALL=C";
	char path[PATH_TEXT_SIZE], config[SETTINGS_PATH_SIZE];
	char words[WORDS_MAX][WORD_SIZE];
	char *argv[WORDS_MAX + 4] = {path, c, config};
	char *env[] = {locale, NULL};
	struct command command = {
	    .path = path, .argv = argv, .env = env, .input = ids};

	snprintf(path, sizeof(path), "%s/%s", o->postconf->command_directory,
	    v->program);
	snprintf(config, sizeof(config), "%s",
	    o->settings->postfix_config_directory);
	for (size_t i = 0; i < WORDS_MAX && v->words[i] != NULL; i++) {
		snprintf(words[i], WORD_SIZE, "%s", v->words[i]);
		argv[3 + i] = words[i];
	}
	return command_start(&command, &fds[0], &fds[1]);
}

/* As who cleanup works, so that it finds what cleanup finds. */
static pid_t
start_lookup(const struct hands_options *o, struct span number,
    const struct priv_ids *mail_owner, int fds[2])
{
	static char name[] = "postmap", c[] = "-c", q[] = "-q";
	static char locale[] = "LC_ALL=C";
	char path[PATH_TEXT_SIZE], config[SETTINGS_PATH_SIZE];
	char *argv[HANDS_TABLES_MAX + 6] = {name, c, config, q};
	char *env[] = {locale, NULL};
	struct command command = {
	    .path = path, .argv = argv, .env = env, .run_as = mail_owner};
	const struct hands_lookup *lookup;
	size_t n = 4;
	uint64_t i;
	pid_t pid;

	if (!hands_read_lookup(o, number, &i) ||
	    o->lookup[i].n_tables > HANDS_TABLES_MAX) {
		errno = EINVAL;
		return -1;
	}
	lookup = &o->lookup[i];
	snprintf(
	    path, sizeof(path), "%s/%s", o->postconf->command_directory, name);
	snprintf(config, sizeof(config), "%s",
	    o->settings->postfix_config_directory);
	argv[n] = strdup(lookup->key);
	for (size_t t = 0; argv[n] != NULL && t < lookup->n_tables; t++)
		argv[++n] = strdup(lookup->table[t]);
	/* A list that ends early would ask too little. */
	pid = argv[n] != NULL ? command_start(&command, &fds[0], &fds[1]) : -1;
	while (n >= 4)
		free(argv[n--]);
	return pid;
}

pid_t
hands_start(const struct hands_options *o, enum hands_verb verb, char *ids,
    size_t n, int fds[2], const char **program, int64_t *deadline_s)
{
	struct priv_ids mail_owner;
	struct verb_place place = {
	    .command_directory = o->postconf->command_directory,
	    .config_directory = o->settings->postfix_config_directory,
	    .mail_owner = &mail_owner,
	};
	enum sweep_verb sweep;

	if (priv_find_user(o->postconf->mail_owner, &mail_owner) < 0)
		return -1;
	if (verb == HANDS_LOOKUP) {
		*program = own_verbs[verb].program;
		*deadline_s = own_verbs[verb].deadline_s;
		return start_lookup(o, span_of(ids, n), &mail_owner, fds);
	}
	if (!scheduler_has(verb, &sweep)) {
		*program = own_verbs[verb].program;
		*deadline_s = own_verbs[verb].deadline_s;
		return start_own(o, &own_verbs[verb], span_of(ids, n), fds);
	}
	*program = verb_program(sweep);
	*deadline_s = verb_deadline_s(sweep);
	return verb_start(&place, sweep, ids, n, fds);
}

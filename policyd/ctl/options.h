/* SPDX-License-Identifier: ISC */
/*
 * options - a verb of policyctl, and the words behind it
 *
 * Options and other words come in any order: "--name value", "--name=value",
 * "--name", "-n value", "-nvalue". "--" ends the options; "-" is a word.
 */
#ifndef CTL_OPTIONS_H
#define CTL_OPTIONS_H

#include "hdrcheck/settings.h"
#include "policyd/ctl/filter.h"

enum { OPTIONS_ERROR_SIZE = FILTER_ERROR_SIZE };

/* A verb, as policyctl.c lists it. */
struct ctl_verb {
	const char *name;
	const char *summary; /* one short line of "policyctl --help" */
	const char *help; /* of "policyctl NAME --help": lines, the first of
			     them "usage: policyctl NAME ..." */
	/* words: what stands behind the name. An exit code. */
	int (*run)(const struct settings *settings, char *const *words, int n);
};

/*
 * One option; one of flag, text and number says where it goes. The last one of
 * a name counts.
 */
struct option_place {
	const char *name; /* without "--"; NULL: there is only the letter */
	char letter; /* of "-n"; 0: none */
	bool *flag; /* takes no value */
	const char **text; /* what was given; borrowed from the words */
	uint64_t *number; /* from min to max */
	uint64_t min;
	uint64_t max;
};

struct options {
	const struct ctl_verb *verb;
	const struct option_place *place;
	size_t n_places;
	struct filter *filter; /* takes --sender and the like; NULL: none do */
	/*
	 * Takes a word that is no option; false with the reason in error. NULL:
	 * words are queue ids for the filter, or, where there is none, wrong.
	 */
	bool (*take_word)(
	    void *ctx, const char *word, char error[OPTIONS_ERROR_SIZE]);
	void *ctx;
};

/* EX_OK, or EX_USAGE, and what is wrong is printed. */
int options_take(const struct options *options, char *const *words, int n);

/* True when --help is among the words, before "--". */
bool options_want_help(char *const *words, int n);

/* Prints "policyctl: VERB: WHAT", and where help is; returns EX_USAGE. */
int options_usage_error(const struct ctl_verb *verb, const char *what);

#endif

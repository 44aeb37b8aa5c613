/* SPDX-License-Identifier: ISC */
/*
 * look - how many messages each rule that is gone has left on hold
 */
#ifndef POLICYD_LOOK_H
#define POLICYD_LOOK_H

#include "hdrcheck/date.h"

enum {
	LOOK_NAME_SIZE = DATE_RULE_MAX + 1,
	LOOK_LINE_SIZE = 160,
	LOOK_RULES_MAX = 10000, /* more are not told of */
};

/* Starts as zeros. */
struct look {
	struct look_rule {
		char name[LOOK_NAME_SIZE];
		uint64_t messages;
	} * rule;
	size_t n;
};

/* One message more; rule is a name of 1 to DATE_RULE_MAX bytes. */
void look_count(struct look *look, struct span rule);

/* Prints a line for each on standard output, as they came. */
void look_print(const struct look *look);

/* Back to the start. */
void look_free(struct look *look);

/* "rule NAME gone: N messages will be released". Returns out. */
const char *look_format(
    struct span rule, uint64_t messages, char out[LOOK_LINE_SIZE]);

#endif

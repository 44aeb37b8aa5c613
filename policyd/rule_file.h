/* SPDX-License-Identifier: ISC */
/*
 * rule_file - rules, their lists and their time zones, read from files
 */
#ifndef POLICYD_RULE_FILE_H
#define POLICYD_RULE_FILE_H

#include "hdrcheck/settings.h"
#include "policyd/rule.h"

enum { RULE_FILE_LIST_MAX = 64 * 1024 * 1024 /* bytes of a list */ };

/* Reads lists by their path and zones from where this system has them. */
extern const struct source rule_file_source;

/*
 * Opens a rules file, which whoever reads it may not be able to. A descriptor;
 * -1 with "FILE: what" in error.
 */
int rule_file_open(const char *file, char error[RULE_ERROR_SIZE]);

/*
 * Reads the rules that are open at fd; file is its name, for messages. now_s
 * and settings say how far ahead a rule may postpone. False with
 * "FILE:LINE: what" in error; *rules owns nothing then.
 */
bool rule_file_read(struct rules *rules, int fd, const char *file,
    const struct settings *settings, const struct hash_key *hash_key,
    int64_t now_s, char error[RULE_ERROR_SIZE]);

#endif

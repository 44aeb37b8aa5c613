/* SPDX-License-Identifier: ISC */
/*
 * condition - what a rule demands of one attribute: "sender=@a.example,b@c"
 *
 * NAME=LIST, NAME!=LIST, NAME>NUMBER, NAME<NUMBER. The items of a list are
 * ORed, and != says that none of them may match. An attribute that is empty or
 * absent matches the item <> and nothing else, not even !=. What items are
 * depends on the attribute:
 *
 *   sender, recipient, sasl_sender: addresses without regard to case: whole,
 *       @domain, @.domain (the domain and all below), <>, * (not empty)
 *   client_address, server_address: IP addresses and networks
 *   size, recipient_count, client_port, server_port, encryption_keysize,
 *       postponed, postponed_total: numbers; k is 1024, m is 1024 k
 *   all others: patterns of fnmatch(3), and <>
 *
 * With > and < any attribute is a number. A text that is no number (or no IP
 * address) is none of the numbers (or networks), so != is true.
 *
 * file:/PATH stands for the lines of that file, each an item; blank lines and
 * those that start with "#" are passed over. Not for numbers. What can match
 * nothing is an error, be it misspelt or not.
 *
 * Pure, but for memory.
 */
#ifndef POLICYD_CONDITION_H
#define POLICYD_CONDITION_H

#include "policyd/keyset.h"
#include "policyd/value.h"

enum {
	CONDITION_ERROR_SIZE = 512,
	CONDITION_PATH_MAX = 255, /* bytes of a path */
	/*
	 * Of patterns with *, ? or [: bytes of one, and how many a condition
	 * may have. They are tried one by one, and fnmatch() may need as many
	 * steps as the pattern has bytes for each byte of the text.
	 */
	CONDITION_PATTERN_MAX = 255,
	CONDITION_PATTERNS_MAX = 1000,
};

/* Where files come from, so that parsing itself has no I/O. */
enum source_kind {
	SOURCE_LIST, /* the file of that path */
	SOURCE_ZONE, /* the time zone of that name; "": the machine's */
};

struct source {
	/*
	 * The content, in memory that the caller frees; NULL: errno, where
	 * EFBIG means too large and EINVAL that there is a NUL inside a list.
	 */
	char *(*load)(
	    void *ctx, enum source_kind kind, const char *name, size_t *len);
	void *ctx;
};

enum condition_kind {
	CONDITION_ADDRESS,
	CONDITION_NET,
	CONDITION_NUMBER,
	CONDITION_TEXT,
};

/* A text with wildcards. */
struct condition_pattern {
	char *text;
	struct span tail; /* of text: what the end of a match must be */
};

struct condition {
	struct span text; /* as it was written; borrowed */
	unsigned
	    place; /* of the attribute in struct values: set by the caller */
	enum condition_kind kind;
	char relation; /* '=', '<' or '>' */
	bool negated;
	bool empty; /* <> is listed */
	bool any; /* * is listed */
	struct keyset whole; /* ADDRESS; TEXT without wildcards */
	struct keyset domains; /* ADDRESS: of @domain */
	struct keyset below; /* ADDRESS: of @.domain */
	struct condition_pattern *patterns; /* TEXT */
	size_t n_patterns;
	struct cidr *nets; /* NET, in order, none inside another */
	size_t n_nets;
	uint64_t *numbers; /* NUMBER; one for < and > */
	size_t n_numbers;
};

/*
 * Reads word, a condition without blanks. *name is its attribute, borrowed;
 * whether there is such an attribute is not looked at. False: error has the
 * reason, with the list's FILE:LINE where it is in one; *c owns nothing then.
 * values_begin() must be given the same hash_key.
 */
bool condition_parse(struct span word, const struct source *source,
    const struct hash_key *hash_key, struct condition *c, struct span *name,
    char error[CONDITION_ERROR_SIZE]);

void condition_free(struct condition *c);

/* Of the values of an attribute, where =LIST is about them. */
enum condition_kind condition_kind_of(struct span name);

bool condition_matches(const struct condition *c, struct values *values);

#endif

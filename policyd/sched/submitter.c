/* SPDX-License-Identifier: ISC */
#include "policyd/sched/submitter.h"

enum {
	CHAIN_SIZE = sizeof(uint64_t),
	HEAD_SIZE = 1 + CHAIN_SIZE,
	PIECE_MAX = 247, /* bytes of text that are hashed at a time */
};

enum kind { LOGIN = 'l', SENDER = 's' };

static char
as_counted(enum kind kind, char c)
{
	return kind == SENDER ? ascii_lower(c) : c;
}

/* Each piece is hashed behind the hash of what stands before it. */
static uint64_t
hash_text(const struct hash_key *key, enum kind kind, struct span text)
{
	char block[HEAD_SIZE + PIECE_MAX] = {(char)kind};
	uint64_t hash = 0;
	size_t at = 0;

	do {
		size_t n = 0;

		memcpy(block + 1, &hash, CHAIN_SIZE);
		while (n < PIECE_MAX && at < text.len)
			block[HEAD_SIZE + n++] =
			    as_counted(kind, text.data[at++]);
		hash = hash_bytes(key, span_of(block, HEAD_SIZE + n));
	} while (at < text.len);
	return hash;
}

uint64_t
submitter_of_login(const struct hash_key *key, struct span login)
{
	return hash_text(key, LOGIN, login);
}

uint64_t
submitter_of_sender(const struct hash_key *key, struct span sender)
{
	return hash_text(key, SENDER, sender);
}

/* SPDX-License-Identifier: ISC */
#include "policyd/sieve.h"

enum {
	OCTET_BITS = 8,
	OCTET_DIGITS = 3,
	IPV4_BYTES = 4,
};

static uint64_t
of_octet(unsigned octet)
{
	return (uint64_t)1 << (octet % 64);
}

/* By the first octet, where that is fixed. */
static uint64_t
of_nets(const struct condition *c)
{
	uint64_t sieve = 0;

	for (size_t i = 0; i < c->n_nets; i++) {
		const struct cidr *net = &c->nets[i];

		if (net->bytes != IPV4_BYTES || net->bits < OCTET_BITS)
			return SIEVE_OPEN;
		sieve |= of_octet(net->address[0]);
	}
	return sieve;
}

uint64_t
sieve_of_condition(const struct condition *c)
{
	if (c->negated || c->empty || c->any || c->n_patterns > 0 ||
	    c->kind == CONDITION_NUMBER)
		return SIEVE_OPEN;
	if (c->kind == CONDITION_NET)
		return of_nets(c);
	return c->whole.marks | c->domains.marks | c->below.marks;
}

/* Of IPv6 addresses, and of what is none at all, nothing is told. */
static uint64_t
of_address(struct span text)
{
	unsigned octet = 0;
	size_t n = 0;

	while (n < text.len && n < OCTET_DIGITS && ascii_is_digit(text.data[n]))
		octet = octet * 10 + (unsigned)(text.data[n++] - '0');
	return n < text.len && text.data[n] == '.' ? of_octet(octet)
						   : SIEVE_OPEN;
}

/* All of it, and all that stands behind a dot of the domain, or behind "@". */
static uint64_t
of_mail_address(struct span text)
{
	size_t n = value_folded_len(text);
	uint64_t sieve = keyset_mark(span_head(text, n));

	for (size_t i = n; i > 0; i--) {
		char c = text.data[i - 1];

		if (c != '.' && c != '@')
			continue;
		sieve |= keyset_mark(span_of(text.data + i, n - i));
		if (c == '@')
			break;
	}
	return sieve;
}

uint64_t
sieve_of_value(enum condition_kind kind, struct span text)
{
	switch (kind) {
	case CONDITION_ADDRESS:
		return of_mail_address(text);
	case CONDITION_NET:
		return of_address(text);
	case CONDITION_NUMBER:
		return SIEVE_OPEN;
	case CONDITION_TEXT:
		break;
	}
	return keyset_mark(text);
}

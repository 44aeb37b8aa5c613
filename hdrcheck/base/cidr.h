/* SPDX-License-Identifier: ISC */
/*
 * cidr - IP addresses and networks, IPv4 and IPv6
 *
 * Pure.
 */
#ifndef BASE_CIDR_H
#define BASE_CIDR_H

#include "hdrcheck/base/span.h"

struct cidr {
	unsigned char address[16]; /* network byte order, 4 or 16 used */
	unsigned bytes; /* 4 or 16 */
	unsigned bits; /* of the network */
};

/*
 * Reads "192.0.2.1", "10.0.0.0/8", "2001:db8::/32". Returns NULL, or what is
 * wrong (a constant); bits set behind the network's are an error.
 */
const char *cidr_parse(struct span text, struct cidr *net);

/* Reads a single address: all bits. False when text is none. */
bool cidr_parse_address(struct span text, struct cidr *address);

/* True when address, a single one as text, lies in net. */
bool cidr_contains(const struct cidr *net, struct span address);

/* True when all of other, an address or a network, lies in net. */
bool cidr_holds(const struct cidr *net, const struct cidr *other);

/*
 * Below, above or equal to 0 as a comes before b, behind it, or is the same:
 * IPv4 before IPv6, then by address, then the larger network first.
 */
int cidr_compare(const struct cidr *a, const struct cidr *b);

#endif

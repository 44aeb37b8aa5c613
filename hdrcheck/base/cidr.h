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

/* True when address, a single one as text, lies in net. */
bool cidr_contains(const struct cidr *net, struct span address);

#endif

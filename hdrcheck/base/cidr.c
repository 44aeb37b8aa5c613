/* SPDX-License-Identifier: ISC */
#include "hdrcheck/base/cidr.h"

#include <arpa/inet.h>
#include <string.h>

bool
cidr_parse_address(struct span text, struct cidr *address)
{
	char name[INET6_ADDRSTRLEN];

	memset(address, 0, sizeof(*address));
	if (!span_to_string(text, name, sizeof(name)))
		return false;
	if (inet_pton(AF_INET, name, address->address) == 1)
		address->bytes = 4;
	else if (inet_pton(AF_INET6, name, address->address) == 1)
		address->bytes = 16;
	else
		return false;
	address->bits = address->bytes * 8;
	return true;
}

/* True when the first bits bits of a and b are the same. */
static bool
same_bits(const unsigned char *a, const unsigned char *b, unsigned bits)
{
	unsigned whole = bits / 8;
	unsigned mask = 0xff00u >> (bits % 8) & 0xffu;

	if (memcmp(a, b, whole) != 0)
		return false;
	return mask == 0 || (a[whole] & mask) == (b[whole] & mask);
}

static bool
host_bits_are_zero(const struct cidr *net)
{
	for (unsigned bit = net->bits; bit < net->bytes * 8; bit++)
		if (net->address[bit / 8] >> (7 - bit % 8) & 1)
			return false;
	return true;
}

const char *
cidr_parse(struct span text, struct cidr *net)
{
	struct span address = text;
	uint64_t bits;
	bool has_bits = false;

	if (span_cut(&text, '/', &address))
		has_bits = true;
	if (!cidr_parse_address(address, net))
		return "not an IP address or network";
	if (!has_bits)
		return NULL;
	if (!span_to_u64(text, net->bits, &bits))
		return "no such network length";
	net->bits = (unsigned)bits;
	if (!host_bits_are_zero(net))
		return "address bits are set behind the network length";
	return NULL;
}

bool
cidr_contains(const struct cidr *net, struct span address)
{
	struct cidr one;

	return cidr_parse_address(address, &one) && cidr_holds(net, &one);
}

bool
cidr_holds(const struct cidr *net, const struct cidr *other)
{
	return other->bytes == net->bytes && other->bits >= net->bits &&
	    same_bits(other->address, net->address, net->bits);
}

int
cidr_compare(const struct cidr *a, const struct cidr *b)
{
	int order;

	if (a->bytes != b->bytes)
		return a->bytes < b->bytes ? -1 : 1;
	order = memcmp(a->address, b->address, a->bytes);
	if (order != 0 || a->bits == b->bits)
		return order;
	return a->bits < b->bits ? -1 : 1;
}

/* SPDX-License-Identifier: ISC */
#include "policyd/value.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum {
	MADE_FOLDED = 1,
	MADE_WHOLE = 2,
	MADE_DOMAINS = 4,
	MADE_STRING = 8,
	MADE_HASH = 16,
	MADE_NUMBER = 32,
	MADE_ADDRESS = 64,
};

void
values_begin(struct values *values, const struct hash_key *hash_key, size_t n)
{
	assert(n <= VALUES_MAX);
	values->hash_key = hash_key;
	values->n = n;
	memset(values->text, 0, n * sizeof(values->text[0]));
	memset(values->made, 0, n * sizeof(values->made[0]));
	values->used = 0;
}

void
values_set(struct values *values, unsigned place, struct span text)
{
	assert(place < values->n);
	values->text[place] = text;
	values->made[place] = 0;
}

void
values_set_number(struct values *values, unsigned place, uint64_t number)
{
	char *text = values->number[place];
	int n = snprintf(
	    text, VALUE_NUMBER_SIZE, "%llu", (unsigned long long)number);

	values_set(values, place, span_of(text, (size_t)n));
}

/* The value to be filled with what, or as it is: *made tells. */
static struct value *
begin(struct values *values, unsigned place, unsigned char what, bool *made)
{
	*made = (values->made[place] & what) != 0;
	values->made[place] |= what;
	return &values->value[place];
}

static char *
take_room(struct values *values, size_t n)
{
	char *room = values->room + values->used;

	assert(n <= sizeof(values->room) - values->used);
	values->used += n;
	return room;
}

size_t
value_folded_len(struct span address)
{
	const char *at = address.data;
	size_t n = address.len;

	if (n > 1 && at[n - 1] == '.' && at[n - 2] != '.' && at[n - 2] != '@')
		n--;
	return n;
}

struct span
value_fold(struct span address, char *out)
{
	size_t n = value_folded_len(address);

	for (size_t i = 0; i < n; i++)
		out[i] = ascii_lower(address.data[i]);
	return span_of(out, n);
}

/* What stands behind the last "@". */
static struct span
domain_of(struct span address)
{
	for (size_t i = address.len; i > 0; i--)
		if (address.data[i - 1] == '@')
			return span_skip(address, i);
	return span_skip(address, address.len);
}

/* Where the label starts that ends before end. */
static size_t
label_start(struct span domain, size_t end)
{
	while (end > 0 && domain.data[end - 1] != '.')
		end--;
	return end;
}

static void
make_domains(struct value_domains *domains, const struct hash_key *hash_key,
    struct span domain)
{
	size_t start = domain.len + 1;

	domains->n = 0;
	while (start > 0 && domain.len > 0 && domains->n < VALUE_LABELS_MAX) {
		struct value_key *key = &domains->key[domains->n];

		start = label_start(domain, start - 1);
		if (domain.len - start > VALUE_DOMAIN_MAX)
			break;
		key->text = span_skip(domain, start);
		key->hash = hash_bytes(hash_key, key->text);
		domains->n++;
	}
	domains->all = domains->n > 0 &&
	    domains->key[domains->n - 1].text.len == domain.len;
}

static struct span
folded(struct values *values, unsigned place)
{
	struct span text = values->text[place];
	bool made;
	struct value *value = begin(values, place, MADE_FOLDED, &made);

	if (!made)
		value->folded = value_fold(text, take_room(values, text.len));
	return value->folded;
}

const struct value_key *
values_whole(struct values *values, unsigned place)
{
	bool made;
	struct value_key *whole =
	    &begin(values, place, MADE_WHOLE, &made)->whole;

	if (!made) {
		whole->text = folded(values, place);
		whole->hash = hash_bytes(values->hash_key, whole->text);
	}
	return whole;
}

const struct value_domains *
values_domains(struct values *values, unsigned place)
{
	bool made;
	struct value_domains *domains =
	    &begin(values, place, MADE_DOMAINS, &made)->domains;

	if (!made)
		make_domains(domains, values->hash_key,
		    domain_of(folded(values, place)));
	return domains;
}

const char *
values_string(struct values *values, unsigned place)
{
	struct span text = values->text[place];
	bool made;
	struct value *value = begin(values, place, MADE_STRING, &made);
	char *room;

	if (made)
		return value->string;
	room = take_room(values, text.len + 1);
	if (text.len > 0)
		memcpy(room, text.data, text.len);
	room[text.len] = '\0';
	value->string = room;
	return room;
}

uint64_t
values_hash(struct values *values, unsigned place)
{
	bool made;
	struct value *value = begin(values, place, MADE_HASH, &made);

	if (!made)
		value->hash = hash_bytes(values->hash_key, values->text[place]);
	return value->hash;
}

bool
values_number(struct values *values, unsigned place, uint64_t *number)
{
	bool made;
	struct value *value = begin(values, place, MADE_NUMBER, &made);

	if (!made)
		value->is_number = span_to_u64(
		    values->text[place], UINT64_MAX, &value->number);
	if (value->is_number)
		*number = value->number;
	return value->is_number;
}

const struct cidr *
values_address(struct values *values, unsigned place)
{
	bool made;
	struct value *value = begin(values, place, MADE_ADDRESS, &made);

	if (!made)
		value->is_address =
		    cidr_parse_address(values->text[place], &value->address);
	return value->is_address ? &value->address : NULL;
}

/* SPDX-License-Identifier: ISC */
#include "policyd/value.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum {
	MADE_KEYS = 1,
	MADE_STRING = 2,
	MADE_HASH = 4,
	MADE_NUMBER = 8,
	MADE_ADDRESS = 16,
};

void
values_begin(struct values *values, const struct hash_key *hash_key)
{
	values->hash_key = hash_key;
	memset(values->text, 0, sizeof(values->text));
	memset(values->made, 0, sizeof(values->made));
	values->used = 0;
}

void
values_set(struct values *values, unsigned place, struct span text)
{
	assert(place < VALUES_MAX);
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

struct span
values_text(const struct values *values, unsigned place)
{
	return values->text[place];
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

struct span
value_fold(struct span address, char *out)
{
	size_t n = address.len;

	for (size_t i = 0; i < n; i++)
		out[i] = ascii_lower(address.data[i]);
	if (n > 1 && out[n - 1] == '.' && out[n - 2] != '.' &&
	    out[n - 2] != '@')
		n--;
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
make_domains(struct value_keys *keys, const struct hash_key *hash_key,
    struct span domain)
{
	size_t start = domain.len + 1;

	keys->n = 0;
	while (start > 0 && domain.len > 0 && keys->n < VALUE_LABELS_MAX) {
		struct value_key *key = &keys->domain[keys->n];

		start = label_start(domain, start - 1);
		if (domain.len - start > VALUE_DOMAIN_MAX)
			break;
		key->text = span_skip(domain, start);
		key->hash = hash_bytes(hash_key, key->text);
		keys->n++;
	}
	keys->all =
	    keys->n > 0 && keys->domain[keys->n - 1].text.len == domain.len;
}

const struct value_keys *
values_keys(struct values *values, unsigned place)
{
	struct span text = values->text[place];
	bool made;
	struct value_keys *keys = &begin(values, place, MADE_KEYS, &made)->keys;

	if (made)
		return keys;
	text = value_fold(text, take_room(values, text.len));
	keys->whole.text = text;
	keys->whole.hash = hash_bytes(values->hash_key, text);
	make_domains(keys, values->hash_key, domain_of(text));
	return keys;
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

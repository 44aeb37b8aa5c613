/* SPDX-License-Identifier: ISC */
#include "policyd/zone.h"

#include <stdlib.h>
#include <string.h>

#include "policyd/zone_private.h"

enum {
	HEADER_SIZE = 44,
	HEADER_COUNTS = 20, /* where they start */
	TYPE_SIZE = 6,
	TYPES_MAX = 256, /* an index is a byte */
	OFFSET_MAX_S = 26 * 3600,
};

static const char cut_off[] = "zone file is cut off";

struct counts {
	char version;
	uint64_t is_ut, is_standard, leaps, times, types, chars;
};

bool
zone_is_name(struct span name)
{
	char before = '/';

	if (name.len == 0 || name.len >= ZONE_NAME_SIZE)
		return false;
	for (size_t i = 0; i < name.len; i++) {
		char c = name.data[i];

		if (!ascii_is_alnum(c) &&
		    (c == '\0' || strchr("/+-_.", c) == NULL))
			return false;
		if (before == '/' && (c == '/' || c == '.'))
			return false;
		before = c;
	}
	return before != '/';
}

static bool
take(struct span *rest, uint64_t n, struct span *piece)
{
	if (n > rest->len)
		return false;
	*piece = span_head(*rest, (size_t)n);
	*rest = span_skip(*rest, (size_t)n);
	return true;
}

/* Integers are big-endian, in two's complement. */
static uint64_t
read_unsigned(const char *at, size_t bytes)
{
	uint64_t value = 0;

	for (size_t i = 0; i < bytes; i++)
		value = value << 8 | (unsigned char)at[i];
	return value;
}

static int64_t
read_signed(const char *at, size_t bytes)
{
	uint64_t value = read_unsigned(at, bytes);
	uint64_t sign = UINT64_C(1) << (bytes * 8 - 1);

	return value < sign ? (int64_t)value
			    : (int64_t)(value - sign) - (int64_t)(sign - 1) - 1;
}

static const char *
read_header(struct span *rest, struct counts *counts)
{
	uint64_t *const fields[] = {&counts->is_ut, &counts->is_standard,
	    &counts->leaps, &counts->times, &counts->types, &counts->chars};
	struct span header;

	if (!span_starts_with(*rest, "TZif"))
		return "not a zone file";
	if (!take(rest, HEADER_SIZE, &header))
		return cut_off;
	counts->version = header.data[4];
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		*fields[i] =
		    read_unsigned(header.data + HEADER_COUNTS + i * 4, 4);
	return NULL;
}

/* What stands behind times and types. */
static uint64_t
tail_size(const struct counts *counts, size_t time_size)
{
	return counts->chars + counts->leaps * (time_size + 4) +
	    counts->is_standard + counts->is_ut;
}

/* The block with times of 32 bits, for readers of old. */
static const char *
skip_first_block(struct span *rest)
{
	struct counts counts;
	struct span block;
	const char *wrong = read_header(rest, &counts);

	if (wrong != NULL)
		return wrong;
	if (counts.version < '2' || counts.version > '9')
		return "zone file of version 1 has no rule for the future";
	if (!take(rest,
		counts.times * (4 + 1) + counts.types * TYPE_SIZE +
		    tail_size(&counts, 4),
		&block))
		return cut_off;
	return NULL;
}

static const char *
check_counts(const struct counts *counts)
{
	if (counts->leaps > 0)
		return "zone file counts leap seconds (one of right/)";
	if (counts->types == 0 || counts->types > TYPES_MAX)
		return "zone file has no types of time, or too many";
	if (counts->chars == 0 ||
	    (counts->is_standard != 0 &&
		counts->is_standard != counts->types) ||
	    (counts->is_ut != 0 && counts->is_ut != counts->types))
		return "zone file has counts that do not fit";
	return NULL;
}

static const char *
read_types(
    struct span types, const struct counts *counts, int32_t offset_s[TYPES_MAX])
{
	for (size_t i = 0; i < counts->types; i++) {
		const char *at = types.data + i * TYPE_SIZE;
		int64_t offset = read_signed(at, 4);

		if (offset < -OFFSET_MAX_S || offset > OFFSET_MAX_S)
			return "zone file is off from UTC by more than 26 h";
		if (read_unsigned(at + 4, 1) > 1 ||
		    read_unsigned(at + 5, 1) >= counts->chars)
			return "zone file has a bad type of time";
		offset_s[i] = (int32_t)offset;
	}
	return NULL;
}

static const char *
read_transitions(struct zone *zone, struct span times, struct span indices,
    const struct counts *counts, const int32_t *offset_s)
{
	size_t n = indices.len;

	zone->first_offset_s = offset_s[0];
	if (n == 0)
		return NULL;
	zone->at_s = malloc(n * sizeof(zone->at_s[0]));
	zone->offset_s = malloc(n * sizeof(zone->offset_s[0]));
	if (zone->at_s == NULL || zone->offset_s == NULL)
		return "out of memory";
	for (size_t i = 0; i < n; i++) {
		uint64_t type = read_unsigned(indices.data + i, 1);

		if (type >= counts->types)
			return "zone file names a type of time it has not";
		zone->at_s[i] = read_signed(times.data + i * 8, 8);
		zone->offset_s[i] = offset_s[type];
		if (i > 0 && zone->at_s[i] <= zone->at_s[i - 1])
			return "zone file is not in order of time";
	}
	zone->n = n;
	return NULL;
}

static const char *
read_second_block(struct span *rest, struct zone *zone)
{
	struct counts counts;
	struct span times, indices, types, tail;
	int32_t offset_s[TYPES_MAX];
	const char *wrong = read_header(rest, &counts);

	if (wrong == NULL)
		wrong = check_counts(&counts);
	if (wrong != NULL)
		return wrong;
	if (!take(rest, counts.times * 8, &times) ||
	    !take(rest, counts.times, &indices) ||
	    !take(rest, counts.types * TYPE_SIZE, &types) ||
	    !take(rest, tail_size(&counts, 8), &tail))
		return cut_off;
	wrong = read_types(types, &counts, offset_s);
	if (wrong != NULL)
		return wrong;
	return read_transitions(zone, times, indices, &counts, offset_s);
}

/* A line with a rule, an empty one, or nothing. */
static const char *
read_footer(struct span rest, struct zone *zone)
{
	struct span line;

	if (rest.len == 0)
		return NULL;
	if (!span_cut(&rest, '\n', &line) || line.len > 0)
		return "zone file has a bad footer";
	if (!span_cut(&rest, '\n', &line))
		return cut_off;
	if (rest.len > 0)
		return "zone file has something behind its footer";
	if (line.len == 0)
		return NULL;
	if (!zone_read_rule(line, &zone->rule))
		return "zone file has a bad rule in its footer";
	zone->has_rule = true;
	return NULL;
}

const char *
zone_parse(struct span file, struct zone *zone)
{
	const char *wrong;

	memset(zone, 0, sizeof(*zone));
	if (file.len > ZONE_FILE_MAX)
		return "zone file is too large";
	wrong = skip_first_block(&file);
	if (wrong == NULL)
		wrong = read_second_block(&file, zone);
	if (wrong == NULL)
		wrong = read_footer(file, zone);
	if (wrong != NULL)
		zone_free(zone);
	return wrong;
}

void
zone_free(struct zone *zone)
{
	free(zone->at_s);
	free(zone->offset_s);
	memset(zone, 0, sizeof(*zone));
}

/* How many transitions there are up to utc_s. */
static size_t
count_until(const struct zone *zone, int64_t utc_s)
{
	size_t low = 0, high = zone->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (zone->at_s[middle] <= utc_s)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct zone_period
period_at(const struct zone *zone, int64_t utc_s)
{
	size_t i = count_until(zone, utc_s);

	if (i == zone->n && zone->has_rule)
		return zone_rule_period(&zone->rule, utc_s);
	return (struct zone_period){
	    i > 0 ? zone->offset_s[i - 1] : zone->first_offset_s,
	    i < zone->n ? zone->at_s[i] : INT64_MAX};
}

int32_t
zone_offset_s(const struct zone *zone, int64_t utc_s)
{
	return period_at(zone, utc_s).offset_s;
}

/* Before the moment this starts at, no clock can have shown so much. */
int64_t
zone_to_utc(const struct zone *zone, int64_t local_s)
{
	int64_t utc_s = local_s - OFFSET_MAX_S;

	for (;;) {
		struct zone_period period = period_at(zone, utc_s);

		if (utc_s < local_s - period.offset_s)
			utc_s = local_s - period.offset_s;
		if (utc_s < period.end_s)
			return utc_s;
		utc_s = period.end_s;
	}
}

/* Nor can one before that have shown more than is shown at utc_s. */
int64_t
zone_shown_s(const struct zone *zone, int64_t utc_s)
{
	int64_t at_s = utc_s - 2 * OFFSET_MAX_S;
	int64_t shown_s = INT64_MIN;

	for (;;) {
		struct zone_period period = period_at(zone, at_s);
		int64_t last_s =
		    period.end_s > utc_s ? utc_s : period.end_s - 1;

		if (shown_s < last_s + period.offset_s)
			shown_s = last_s + period.offset_s;
		if (period.end_s > utc_s)
			return shown_s;
		at_s = period.end_s;
	}
}

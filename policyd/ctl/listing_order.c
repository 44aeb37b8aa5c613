/* SPDX-License-Identifier: ISC */
#include <stdlib.h>

#include "policyd/ctl/listing.h"

typedef const struct queue_message *const *item;

static int
compare_numbers(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int
compare_sizes(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int
compare_texts(struct span a, struct span b)
{
	for (size_t i = 0; i < a.len && i < b.len; i++) {
		unsigned char x = (unsigned char)ascii_lower(a.data[i]);
		unsigned char y = (unsigned char)ascii_lower(b.data[i]);

		if (x != y)
			return x < y ? -1 : 1;
	}
	return compare_sizes(a.len, b.len);
}

static int
compare_ids(const struct queue_message *a, const struct queue_message *b)
{
	char x[QID_SIZE], y[QID_SIZE];

	qid_format(&a->id, x);
	qid_format(&b->id, y);
	return strcmp(x, y);
}

static int
by_due(const void *x, const void *y)
{
	item a = x, b = y;
	int order = compare_numbers(queue_due_s(*a), queue_due_s(*b));

	return order != 0 ? order : compare_ids(*a, *b);
}

static int
by_arrival(const void *x, const void *y)
{
	item a = x, b = y;
	int order = compare_numbers((*a)->arrival_s, (*b)->arrival_s);

	return order != 0 ? order : by_due(x, y);
}

static int
by_sender(const void *x, const void *y)
{
	item a = x, b = y;
	int order = compare_texts((*a)->sender, (*b)->sender);

	return order != 0 ? order : by_due(x, y);
}

static int
by_size(const void *x, const void *y)
{
	item a = x, b = y;
	int order = compare_sizes((*b)->size, (*a)->size);

	return order != 0 ? order : by_due(x, y);
}

static const struct {
	struct span name;
	int (*compare)(const void *x, const void *y);
} orders[] = {
    [LISTING_DUE] = {SPAN("due"), by_due},
    [LISTING_ARRIVAL] = {SPAN("arrival"), by_arrival},
    [LISTING_SENDER] = {SPAN("sender"), by_sender},
    [LISTING_SIZE] = {SPAN("size"), by_size},
};

bool
listing_parse_order(struct span name, enum listing_order *order)
{
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++)
		if (span_equal(name, orders[i].name)) {
			*order = (enum listing_order)i;
			return true;
		}
	return false;
}

void
listing_sort(
    const struct queue_message **message, size_t n, enum listing_order order)
{
	/* Pointers are sorted. NOLINTNEXTLINE(bugprone-sizeof-expression) */
	qsort(message, n, sizeof(*message), orders[order].compare);
}

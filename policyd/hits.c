/* SPDX-License-Identifier: ISC */
#include "policyd/hits.h"

#include <stdlib.h>
#include <string.h>

/* A rule of before. */
struct former {
	struct span name;
	uint64_t hits;
};

static int
compare(const void *a, const void *b)
{
	struct span x = ((const struct former *)a)->name;
	struct span y = ((const struct former *)b)->name;
	int order = memcmp(x.data, y.data, x.len < y.len ? x.len : y.len);

	return order != 0 ? order : (x.len > y.len) - (x.len < y.len);
}

/* All of them by name, owned; NULL: no memory. */
static struct former *
sort(const struct hits *hits, const struct rules *old)
{
	struct former *former = calloc(old->n, sizeof(*former));

	if (former == NULL)
		return NULL;
	for (size_t i = 0; i < old->n; i++)
		former[i] = (struct former){old->rule[i].name, hits->of[i]};
	qsort(former, old->n, sizeof(*former), compare);
	return former;
}

static void
carry_over(const struct hits *hits, const struct rules *old, uint64_t *of,
    const struct rules *rules)
{
	struct former *former = sort(hits, old);

	for (size_t i = 0; former != NULL && i < rules->n; i++) {
		struct former key = {.name = rules->rule[i].name};
		const struct former *found =
		    bsearch(&key, former, old->n, sizeof(*former), compare);

		if (found != NULL)
			of[i] = found->hits;
	}
	free(former);
}

void
hits_begin(
    struct hits *hits, const struct rules *rules, const struct rules *old)
{
	uint64_t *of = calloc(rules->n + 1, sizeof(*of));

	if (of != NULL && old != NULL && hits->of != NULL)
		carry_over(hits, old, of, rules);
	hits_free(hits);
	hits->of = of;
}

void
hits_free(struct hits *hits)
{
	free(hits->of);
	hits->of = NULL;
}

void
hits_count(
    struct hits *hits, const struct rules *rules, const struct rule *rule)
{
	if (hits->of != NULL)
		hits->of[rule - rules->rule]++;
}

uint64_t
hits_of(const struct hits *hits, size_t i)
{
	return hits->of != NULL ? hits->of[i] : 0;
}

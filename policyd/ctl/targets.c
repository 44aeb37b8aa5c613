/* SPDX-License-Identifier: ISC */
#include "policyd/ctl/targets.h"

#include <stdlib.h>

enum { FIRST_ROOM = 64 };

void
targets_free(struct targets *t)
{
	free(t->target);
	*t = (struct targets){.n = 0};
}

bool
targets_add(struct targets *t, const struct qid *id, int64_t arrival_s)
{
	if (t->n == t->room) {
		size_t room = t->room > 0 ? t->room * 2 : FIRST_ROOM;
		struct target *more =
		    realloc(t->target, room * sizeof(*t->target));

		if (more == NULL)
			return false;
		t->target = more;
		t->room = room;
	}
	t->target[t->n++] = (struct target){.id = *id, .arrival_s = arrival_s};
	return true;
}

static int
compare_ids(const struct qid *a, const struct qid *b)
{
	for (int i = 0; i < QID_WORDS; i++)
		if (a->word[i] != b->word[i])
			return a->word[i] < b->word[i] ? -1 : 1;
	return 0;
}

static int
compare(const void *a, const void *b)
{
	const struct target *one = a, *other = b;

	return compare_ids(&one->id, &other->id);
}

void
targets_sort(struct targets *t)
{
	if (t->n > 0)
		qsort(t->target, t->n, sizeof(*t->target), compare);
}

struct target *
targets_find(const struct targets *t, const struct qid *id)
{
	size_t from = 0, to = t->n;

	while (from < to) {
		size_t middle = from + (to - from) / 2;
		int order = compare_ids(id, &t->target[middle].id);

		if (order == 0)
			return &t->target[middle];
		if (order < 0)
			to = middle;
		else
			from = middle + 1;
	}
	return NULL;
}

void
targets_done(struct targets *t, struct target *target)
{
	if (!target->done)
		t->n_done++;
	target->done = true;
	target->why = NULL;
}

bool
targets_any_open(const struct targets *t)
{
	for (size_t i = 0; i < t->n; i++)
		if (!t->target[i].done && t->target[i].why == NULL)
			return true;
	return false;
}

void
targets_explain(struct targets *t, const char *why)
{
	for (size_t i = 0; i < t->n; i++)
		if (!t->target[i].done && t->target[i].why == NULL)
			t->target[i].why = why;
}

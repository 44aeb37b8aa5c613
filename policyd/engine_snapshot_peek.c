/* SPDX-License-Identifier: ISC */
/*
 * Who writes what to whom: of the messages that leave next, if that is to be
 * shown.
 */
#include "policyd/engine_private.h"

static const struct index_entry *
entry_of(const struct engine *g, size_t i)
{
	return index_at(&g->sweep.index, g->snapshot->next[i]);
}

static struct qid
id_of(const struct engine *g, size_t i)
{
	return index_id(&g->sweep.index, entry_of(g, i));
}

static void
forget_others(struct engine *g)
{
	struct qid ids[SNAPSHOT_NEXT_MAX];
	size_t n = g->snapshot->snapshot.n_next;

	for (size_t i = 0; i < n; i++)
		ids[i] = id_of(g, i);
	texts_retain(&g->snapshot->texts, ids, n);
}

/* Those it asked for and got nothing of, as long as they are shown. */
static void
give_up(struct engine *g)
{
	struct engine_snapshot *s = g->snapshot;

	for (size_t i = 0; i < s->snapshot.n_next; i++) {
		const struct index_entry *e = entry_of(g, i);
		struct qid id = id_of(g, i);

		for (size_t j = 0; j < s->asked; j++)
			if (qid_equal(&id, &s->ids[j]) &&
			    texts_find(&s->texts, &id, e) == NULL)
				texts_give_up(&s->texts, &id, e);
	}
}

/*
 * One that is gone, or broken, spoils it for all that were asked for with it:
 * fewer next time, until it is alone. False: it did, so not now again.
 */
static bool
settle(struct engine *g)
{
	struct engine_snapshot *s = g->snapshot;
	bool failed = g->sweep.peek_failed;

	if (s->asked == 0)
		return true;
	if (!failed || s->asked == 1)
		give_up(g);
	if (failed)
		s->ask_max = (s->asked + 1) / 2;
	else if (s->ask_max < SWEEP_PEEK_MAX)
		s->ask_max++;
	s->asked = 0;
	return !failed;
}

void
engine_snapshot_forget_texts(struct engine *g)
{
	texts_clear(&g->snapshot->texts);
	g->snapshot->asked = 0;
	sweep_peek(&g->sweep, NULL, 0);
}

bool
engine_snapshot_peek(struct engine *g)
{
	struct engine_snapshot *s = g->snapshot;

	if (!g->orders.settings.page_addresses) {
		engine_snapshot_forget_texts(g);
		return false;
	}
	forget_others(g);
	if (sweep_is_peeking(&g->sweep) || !settle(g))
		return false;
	for (size_t i = 0; i < s->snapshot.n_next && s->asked < s->ask_max;
	     i++) {
		struct qid id = id_of(g, i);

		if (texts_find(&s->texts, &id, entry_of(g, i)) == NULL)
			s->ids[s->asked++] = id;
	}
	if (s->asked > 0)
		sweep_peek(&g->sweep, s->ids, s->asked);
	return s->asked > 0;
}

/* SPDX-License-Identifier: ISC */
#include "policyd/instance.h"

static bool
is_known(const struct instance *i, int64_t now_ns)
{
	return i->at_ns != 0 && now_ns - i->at_ns <= INSTANCE_MEMORY_NS;
}

static bool
is_held_by(const struct instance *i, uint64_t rule)
{
	for (unsigned k = 0; k < i->n_rules; k++)
		if (i->rules[k] == rule)
			return true;
	return false;
}

static bool
is_worth_saying(const struct instance *i, const struct instance_word *word)
{
	if (word->due_s != i->last.due_s)
		return word->due_s > i->last.due_s;
	return word->recipient == i->last.recipient ||
	    (word->due_s == INSTANCE_NEVER && !is_held_by(i, word->rule));
}

static void
remember(struct instance *i, const struct instance_word *word, int64_t now_ns)
{
	i->last = *word;
	i->at_ns = now_ns;
	if (word->due_s == INSTANCE_NEVER && !is_held_by(i, word->rule) &&
	    i->n_rules < INSTANCE_RULES_MAX)
		i->rules[i->n_rules++] = word->rule;
}

bool
instance_raise(struct instances *instances, const struct instance_word *word,
    int64_t now_ns)
{
	struct instance *set = instances->place[word->instance % INSTANCE_SETS];
	struct instance *oldest = &set[0];

	for (int way = 0; way < INSTANCE_WAYS; way++) {
		struct instance *i = &set[way];

		if (i->last.instance == word->instance && is_known(i, now_ns)) {
			if (!is_worth_saying(i, word))
				return false;
			remember(i, word, now_ns);
			return true;
		}
		if (i->at_ns < oldest->at_ns)
			oldest = i;
	}
	oldest->n_rules = 0;
	remember(oldest, word, now_ns);
	return true;
}

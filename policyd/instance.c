/* SPDX-License-Identifier: ISC */
#include "policyd/instance.h"

static bool
is_known(const struct instance *i, int64_t now_ns)
{
	return i->at_ns != 0 && now_ns - i->at_ns <= INSTANCE_MEMORY_NS;
}

bool
instance_raise(
    struct instances *instances, uint64_t hash, int64_t due_s, int64_t now_ns)
{
	struct instance *set = instances->place[hash % INSTANCE_SETS];
	struct instance *oldest = &set[0];

	for (int way = 0; way < INSTANCE_WAYS; way++) {
		struct instance *i = &set[way];

		if (i->hash == hash && is_known(i, now_ns)) {
			if (due_s <= i->due_s)
				return false;
			i->due_s = due_s;
			i->at_ns = now_ns;
			return true;
		}
		if (i->at_ns < oldest->at_ns)
			oldest = i;
	}
	*oldest = (struct instance){hash, due_s, now_ns};
	return true;
}

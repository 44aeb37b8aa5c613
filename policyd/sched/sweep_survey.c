/* SPDX-License-Identifier: ISC */
/*
 * What is known of the hold queue, in numbers.
 */
#include "policyd/sched/sweep_entry.h"

static void
count_waiting(
    struct sweep_survey *survey, const struct index_entry *e, int64_t now_s)
{
	int64_t due_s = index_due_s(e);

	survey->waiting++;
	survey->waiting_bytes += e->size;
	if (due_s < now_s) {
		if (survey->overdue == 0 || due_s < survey->oldest_due_s)
			survey->oldest_due_s = due_s;
		survey->overdue++;
	} else if (due_s > now_s &&
	    (survey->next_due_s == 0 || due_s < survey->next_due_s)) {
		survey->next_due_s = due_s;
	}
}

bool
sweep_count_entry(
    struct sweep_survey *survey, const struct index_entry *e, int64_t now_s)
{
	switch ((enum state)e->state) {
	case WAITING:
	case IF_LISTED:
	case TO_REQUEUE:
	case RELEASING:
	case UNCONFIRMED:
	case HELD_UP:
		count_waiting(survey, e, now_s);
		return true;
	case FROZEN:
		survey->frozen++;
		break;
	case FOREIGN:
		survey->foreign += entry_has(e, DATED);
		break;
	case UNREADABLE:
		survey->unreadable++;
		break;
	case UNREAD:
	case READING:
		survey->unread++;
		break;
	case GONE:
		survey->unread += entry_has(e, BACK);
		break;
	case FREE:
	case RELEASED:
		break;
	}
	return false;
}

bool
sweep_survey_step(
    const struct sweep *s, struct sweep_surveying *to, uint32_t most)
{
	uint32_t n = index_slots(&s->index);

	for (; to->next < n && most > 0; to->next++, most--)
		sweep_count_entry(
		    &to->survey, index_at(&s->index, to->next), to->now_s);
	return to->next >= n;
}

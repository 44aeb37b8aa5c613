/* SPDX-License-Identifier: ISC */
#include "tests/unit/sched_support.h"

#include "policyd/sched/index.h"

/* The state of every entry that is not free. */
enum { LIVE = 1 };

static struct qid
numbered_id(unsigned n)
{
	char text[QID_SIZE];

	snprintf(text, sizeof(text), "%06X", n);
	return qid_of(text);
}

static uint32_t
add(struct index *ix, const struct qid *id)
{
	uint32_t slot = index_add(ix, id);

	assert_true(slot != INDEX_NONE);
	index_at(ix, slot)->state = LIVE;
	return slot;
}

static void
check_id(const struct index *ix, uint32_t slot, const struct qid *want)
{
	struct qid got = index_id(ix, index_at(ix, slot));

	assert_true(qid_equal(&got, want));
}

static void
an_empty_index_has_nothing(void **state)
{
	struct qid id = numbered_id(1);
	struct index ix;

	(void)state;
	index_init(&ix);
	assert_int_equal(index_count(&ix), 0);
	assert_int_equal(index_slots(&ix), 0);
	assert_int_equal(index_find(&ix, &id), INDEX_NONE);
	assert_int_equal(index_heap_top(&ix), INDEX_NONE);
	index_free(&ix);
	index_free(&ix);
}

static void
entries_are_found_by_their_id(void **state)
{
	struct qid a = qid_of("C5A28A72512");
	struct qid b = qid_of("C5A28A7251");
	struct qid c = qid_of("4jX5N05nJXz1bYjt");
	struct index ix;
	uint32_t slot;

	(void)state;
	index_init(&ix);
	slot = add(&ix, &a);
	index_at(&ix, slot)->size = 7;
	add(&ix, &c);
	assert_int_equal(index_find(&ix, &a), slot);
	assert_int_equal(index_find(&ix, &b), INDEX_NONE);
	check_id(&ix, slot, &a);
	index_remove(&ix, slot);
	assert_int_equal(index_find(&ix, &a), INDEX_NONE);
	assert_int_equal(index_count(&ix), 1);
	assert_int_equal(add(&ix, &b), slot);
	assert_int_equal(index_at(&ix, slot)->size, 0);
	index_free(&ix);
}

/* Ids around the length up to which an entry has room, and the longest. */
static const struct {
	const char *row;
	const char *id;
} lengths[] = {
    {"the shortest", "0123456"},
    {"19", "zzzzzzzzzzzzzzzzzzz"},
    {"20: the last that has room", "zzzzzzzzzzzzzzzzzzzz"},
    {"21: of those the first 20 are the same", "zzzzzzzzzzzzzzzzzzzz0"},
    {"21, another last one", "zzzzzzzzzzzzzzzzzzzz1"},
    {"21, ends like the longest", "zzzzzzzzzzzzzzzzzzzzz"},
    {"22", "zzzzzzzzzzzzzzzzzzzzzz"},
    {"31", "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"},
    {"the longest", "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"},
    {"as long, another last one", "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz0"},
};

static void
ids_of_all_lengths_are_told_apart(void **state)
{
	uint32_t slots[COUNT_OF(lengths)];
	struct index ix;

	(void)state;
	index_init(&ix);
	for (size_t i = 0; i < COUNT_OF(lengths); i++) {
		struct qid id = qid_of(lengths[i].id);

		check_int(lengths[i].row, index_find(&ix, &id), INDEX_NONE);
		slots[i] = add(&ix, &id);
	}
	for (size_t i = 0; i < COUNT_OF(lengths); i++) {
		struct qid id = qid_of(lengths[i].id);

		check_int(lengths[i].row, index_find(&ix, &id), slots[i]);
		check_id(&ix, slots[i], &id);
	}
	for (size_t i = 0; i < COUNT_OF(lengths); i++) {
		struct qid id = qid_of(lengths[i].id);

		index_remove(&ix, slots[i]);
		check_int(lengths[i].row, index_find(&ix, &id), INDEX_NONE);
		check_int(lengths[i].row, index_count(&ix),
		    (int64_t)(COUNT_OF(lengths) - 1 - i));
	}
	index_free(&ix);
}

/* The room of long ids that are gone is used again, before more is taken. */
static void
long_ids_leave_no_trace(void **state)
{
	enum { AT_A_TIME = 3, ROUNDS = 1000 };
	uint32_t slots[AT_A_TIME];
	struct qid ids[AT_A_TIME];
	struct index ix;

	(void)state;
	index_init(&ix);
	for (unsigned i = 0; i < ROUNDS; i++) {
		for (unsigned k = 0; k < AT_A_TIME; k++) {
			char text[QID_SIZE];

			snprintf(text, sizeof(text),
			    "ABCDEFGHIJKLMNOPQRSTUVWX%06X", 10 * i + k);
			ids[k] = qid_of(text);
			slots[k] = add(&ix, &ids[k]);
		}
		for (unsigned k = 0; k < AT_A_TIME; k++)
			check_id(&ix, slots[k], &ids[k]);
		for (unsigned k = 0; k < AT_A_TIME; k++)
			index_remove(&ix, slots[k]);
	}
	assert_int_equal(ix.longs.n, AT_A_TIME);
	assert_int_equal(index_slots(&ix), AT_A_TIME);
	index_free(&ix);
}

static const struct {
	const char *row;
	int64_t set_s;
	int64_t want_s;
} dues[] = {
    {"1970", 0, 0},
    {"before that", -1, 0},
    {"long before that", INT64_MIN, 0},
    {"the last of 32 bits", UINT32_MAX, UINT32_MAX},
    {"the next one", INT64_C(1) << 32, INT64_C(1) << 32},
    {"the latest of a plan", INT64_C(9000000000), INT64_C(9000000000)},
    {"one before the latest", INDEX_DUE_MAX - 1, INDEX_DUE_MAX - 1},
    {"the latest", INDEX_DUE_MAX, INDEX_DUE_MAX},
    {"one behind it", INDEX_DUE_MAX + 1, INDEX_DUE_MAX},
    {"never", INT64_MAX, INDEX_DUE_MAX},
};

/* Nor does a due time touch its neighbours. */
static void
due_times_are_brought_into_their_range(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(dues); i++) {
		struct index_entry e = {.flags = UINT16_MAX, .attempts = 8};

		index_set_due_s(&e, dues[i].set_s);
		check_int(dues[i].row, index_due_s(&e), dues[i].want_s);
		check_int(dues[i].row, e.flags, UINT16_MAX);
		check_int(dues[i].row, e.attempts, 8);
		check_int(dues[i].row, e.state, INDEX_FREE);
	}
	assert_int_equal(sizeof(struct index_entry), 48);
}

/* All parts of the table grow a few times. */
static void
many_are_found_while_the_table_grows(void **state)
{
	enum { N = 100000 };
	struct index ix;

	(void)state;
	index_init(&ix);
	for (unsigned i = 0; i < N; i++) {
		struct qid id = numbered_id(i), half = numbered_id(i / 2);

		assert_int_equal(add(&ix, &id), i);
		assert_int_equal(index_find(&ix, &half), i / 2);
	}
	for (unsigned i = 0; i < N; i++) {
		struct qid id = numbered_id(i);

		assert_int_equal(index_find(&ix, &id), i);
	}
	for (int i = 0; i < INDEX_SHARDS; i++)
		assert_true(ix.shard[i].n <= (ix.shard[i].mask + 1) / 3 * 2);
	index_free(&ix);
}

/* The naive model: what should be there, by number of the id. */
enum { IDS = 3000, MODEL_STEPS = 60000 };

struct model {
	bool there[IDS];
	bool in_heap[IDS];
	int64_t due_s[IDS];
	uint32_t slot[IDS];
	uint32_t n;
};

static void
check_top(const struct index *ix, const struct model *m)
{
	int64_t least_s = INT64_MAX;
	uint32_t top = index_heap_top(ix);

	for (unsigned i = 0; i < IDS; i++)
		if (m->in_heap[i] && m->due_s[i] < least_s)
			least_s = m->due_s[i];
	if (least_s == INT64_MAX)
		assert_int_equal(top, INDEX_NONE);
	else
		assert_int_equal(index_due_s(index_at(ix, top)), least_s);
}

static void
check_model(const struct index *ix, const struct model *m)
{
	uint32_t live = 0;

	assert_int_equal(index_count(ix), m->n);
	for (unsigned i = 0; i < IDS; i++) {
		struct qid id = numbered_id(i);
		uint32_t slot = index_find(ix, &id);

		assert_int_equal(slot, m->there[i] ? m->slot[i] : INDEX_NONE);
		if (m->there[i])
			assert_true(
			    index_due_s(index_at(ix, slot)) == m->due_s[i]);
	}
	for (uint32_t slot = 0; slot < index_slots(ix); slot++)
		live += index_at(ix, slot)->state != INDEX_FREE;
	assert_int_equal(live, m->n);
	check_top(ix, m);
}

static void
model_add(struct index *ix, struct model *m, unsigned i, struct dice *d)
{
	struct qid id = numbered_id(i);

	m->slot[i] = add(ix, &id);
	m->there[i] = true;
	m->n++;
	m->due_s[i] = dice_below(d, 500);
	index_set_due_s(index_at(ix, m->slot[i]), m->due_s[i]);
}

static void
model_step(struct index *ix, struct model *m, struct dice *d)
{
	unsigned i = dice_below(d, IDS);

	if (!m->there[i]) {
		model_add(ix, m, i, d);
	} else if (!m->in_heap[i] && dice_percent(d, 60)) {
		assert_true(index_heap_push(ix, m->slot[i]));
		m->in_heap[i] = true;
	} else if (m->in_heap[i]) {
		index_heap_remove(ix, m->slot[i]);
		m->in_heap[i] = false;
	} else {
		index_remove(ix, m->slot[i]);
		m->there[i] = false;
		m->n--;
	}
}

static void
random_operations_agree_with_a_naive_model(void **state)
{
	static struct model m;
	struct dice d = {.state = 20261225};
	struct index ix;

	(void)state;
	index_init(&ix);
	for (unsigned step = 0; step < MODEL_STEPS; step++) {
		model_step(&ix, &m, &d);
		if (step % 97 == 0)
			check_top(&ix, &m);
		if (step % 3000 == 0)
			check_model(&ix, &m);
	}
	check_model(&ix, &m);
	index_free(&ix);
}

/* Ids that all want the same place of the table of the same shard. */
enum { COLLIDING = 16, SHARD = 77, SHARD_BITS = 24, FULL_TABLE = 32 };

static void
find_colliding(struct qid ids[COLLIDING], uint32_t place)
{
	unsigned n = 0;

	for (unsigned i = 0; n < COLLIDING; i++) {
		ids[n] = numbered_id(i);
		if (qid_hash(&ids[n]) >> SHARD_BITS == SHARD &&
		    qid_hash(&ids[n]) % FULL_TABLE == place)
			n++;
	}
}

/* Removes one after the other, in three orders; the others must stay. */
static void
check_removal(const struct qid ids[COLLIDING], unsigned stride)
{
	bool there[COLLIDING];
	struct index ix;

	index_init(&ix);
	for (unsigned i = 0; i < COLLIDING; i++) {
		there[i] = true;
		add(&ix, &ids[i]);
	}
	for (unsigned k = 0; k < COLLIDING; k++) {
		unsigned gone = k * stride % COLLIDING;

		index_remove(&ix, index_find(&ix, &ids[gone]));
		there[gone] = false;
		for (unsigned i = 0; i < COLLIDING; i++)
			assert_int_equal(
			    index_find(&ix, &ids[i]) != INDEX_NONE, there[i]);
	}
	assert_int_equal(index_count(&ix), 0);
	index_free(&ix);
}

static void
colliding_ids_can_be_removed_in_any_order(void **state)
{
	static const uint32_t places[] = {0, 13, FULL_TABLE - 1};
	struct qid ids[COLLIDING];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(places); i++) {
		find_colliding(ids, places[i]);
		check_removal(ids, 1);
		check_removal(ids, COLLIDING - 1);
		check_removal(ids, 7);
	}
}

/* Ids of neighbouring places, across the end of the table. */
static void
neighbours_can_be_removed_in_any_order(void **state)
{
	struct qid ids[COLLIDING], some[COLLIDING];

	(void)state;
	for (unsigned i = 0; i < COLLIDING; i += 4) {
		find_colliding(some, (FULL_TABLE - 4 + i / 4) % FULL_TABLE);
		memcpy(&ids[i], some, 4 * sizeof(ids[0]));
	}
	check_removal(ids, 1);
	check_removal(ids, COLLIDING - 1);
	check_removal(ids, 7);
}

static void
what_was_removed_leaves_no_trace(void **state)
{
	struct index ix;

	(void)state;
	index_init(&ix);
	for (unsigned i = 0; i < 100000; i++) {
		struct qid id = numbered_id(i);

		index_remove(&ix, add(&ix, &id));
	}
	assert_int_equal(index_count(&ix), 0);
	assert_int_equal(index_slots(&ix), 1);
	index_free(&ix);
}

static void
the_heap_gives_the_earliest_first(void **state)
{
	enum { N = 2000 };
	struct dice d = {.state = 42};
	int64_t last_s = INT64_MIN;
	struct index ix;

	(void)state;
	index_init(&ix);
	for (unsigned i = 0; i < N; i++) {
		struct qid id = numbered_id(i);
		uint32_t slot = add(&ix, &id);

		index_set_due_s(index_at(&ix, slot),
		    (int64_t)(dice_throw(&d) & INDEX_DUE_MAX));
		assert_true(index_heap_push(&ix, slot));
	}
	for (unsigned i = 0; i < N; i++) {
		uint32_t top = index_heap_top(&ix);

		assert_true(index_due_s(index_at(&ix, top)) >= last_s);
		last_s = index_due_s(index_at(&ix, top));
		index_heap_remove(&ix, top);
	}
	assert_int_equal(index_heap_top(&ix), INDEX_NONE);
	index_free(&ix);
}

/* Against taking one after the other out. */
static void
check_first(const char *row, struct index *ix, uint32_t max)
{
	uint32_t slots[INDEX_FIRST_MAX], heap = ix->n_heap;
	uint32_t n = index_heap_first(ix, slots, max);

	check_int(row, n, heap < max ? heap : max);
	check_int(row, ix->n_heap, heap);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t top = index_heap_top(ix);

		check_int(row, index_due_s(index_at(ix, slots[i])),
		    index_due_s(index_at(ix, top)));
		for (uint32_t k = 0; k < i; k++)
			assert_true(slots[k] != slots[i]);
		index_heap_remove(ix, slots[i]);
	}
	for (uint32_t i = 0; i < n; i++)
		assert_true(index_heap_push(ix, slots[i]));
}

static void
the_first_of_the_heap_are_told_in_order(void **state)
{
	static const uint32_t heaps[] = {0, 1, 2, 3, 50, 63, 64, 65, 1000};
	static const uint32_t spreads[] = {1, 3, 50, UINT32_MAX};
	struct dice d = {.state = 7};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(heaps) * COUNT_OF(spreads); i++) {
		uint32_t n = heaps[i / COUNT_OF(spreads)];
		struct index ix;

		index_init(&ix);
		for (unsigned k = 0; k < n; k++) {
			struct qid id = numbered_id(k);
			uint32_t slot = add(&ix, &id);

			index_set_due_s(index_at(&ix, slot),
			    dice_below(&d, spreads[i % COUNT_OF(spreads)]));
			assert_true(index_heap_push(&ix, slot));
		}
		check_first("none", &ix, 0);
		check_first("one", &ix, 1);
		check_first("some", &ix, 50);
		check_first("the most", &ix, INDEX_FIRST_MAX);
		index_free(&ix);
	}
}

/* Writes a list down by taking all of it. */
static void
check_list(const char *row, struct index *ix, struct index_list *list,
    const char *want)
{
	char got[64] = "";
	size_t n = 0;
	uint32_t slot;

	while ((slot = index_list_take(ix, list)) != INDEX_NONE)
		n += (size_t)snprintf(got + n, sizeof(got) - n, "%u ", slot);
	check_string(row, got, want);
	check_int(row, list->n, 0);
	check_int(row, list->head, INDEX_NONE);
	check_int(row, list->tail, INDEX_NONE);
}

static void
lists_keep_their_order(void **state)
{
	struct index_list list;
	struct index ix;

	(void)state;
	index_init(&ix);
	for (unsigned i = 0; i < 8; i++) {
		struct qid id = numbered_id(i);

		assert_int_equal(add(&ix, &id), i);
	}
	index_list_init(&list);
	check_list("empty", &ix, &list, "");
	for (uint32_t slot = 0; slot < 4; slot++)
		index_list_append(&ix, &list, slot);
	assert_int_equal(list.n, 4);
	check_list("appended", &ix, &list, "0 1 2 3 ");
	for (uint32_t slot = 0; slot < 4; slot++)
		index_list_prepend(&ix, &list, slot);
	check_list("prepended", &ix, &list, "3 2 1 0 ");
	index_list_prepend(&ix, &list, 5);
	index_list_append(&ix, &list, 6);
	index_list_prepend(&ix, &list, 4);
	index_list_append(&ix, &list, 7);
	assert_int_equal(index_list_take(&ix, &list), 4);
	index_list_prepend(&ix, &list, 3);
	check_list("both", &ix, &list, "3 5 6 7 ");
	index_free(&ix);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_empty_index_has_nothing),
	    cmocka_unit_test(entries_are_found_by_their_id),
	    cmocka_unit_test(ids_of_all_lengths_are_told_apart),
	    cmocka_unit_test(long_ids_leave_no_trace),
	    cmocka_unit_test(due_times_are_brought_into_their_range),
	    cmocka_unit_test(many_are_found_while_the_table_grows),
	    cmocka_unit_test(random_operations_agree_with_a_naive_model),
	    cmocka_unit_test(colliding_ids_can_be_removed_in_any_order),
	    cmocka_unit_test(neighbours_can_be_removed_in_any_order),
	    cmocka_unit_test(what_was_removed_leaves_no_trace),
	    cmocka_unit_test(the_heap_gives_the_earliest_first),
	    cmocka_unit_test(the_first_of_the_heap_are_told_in_order),
	    cmocka_unit_test(lists_keep_their_order),
	};

	return cmocka_run_group_tests_name("index", tests, NULL, NULL);
}

/* SPDX-License-Identifier: ISC */
/*
 * The file of what the administrator rescheduled: read whole or not at all;
 * what is printed of it reads the same; an error names file and line.
 */
#include "tests/fuzz/target.h"

#include "policyd/sched/override.h"

static void
check_entry(const struct override *o, const struct overrides *all)
{
	const struct override *found =
	    overrides_find(all, &o->id, o->arrival_s);
	char text[QID_SIZE];
	size_t n = qid_format(&o->id, text);

	must(n >= QID_MIN && n <= QID_MAX);
	must(found != NULL && qid_equal(&found->id, &o->id));
	must(found->arrival_s == o->arrival_s && found->due_s == o->due_s &&
	    found->set_s == o->set_s && found->told);
	must(o->arrival_s >= 0 && o->due_s >= 0 && o->set_s >= 0);
}

static void
must_hold_all(const struct overrides *part, const struct overrides *all)
{
	size_t n = 0;

	for (uint32_t i = 0; part->table != NULL && i <= part->mask; i++) {
		if (part->table[i].id.word[0] == 0)
			continue;
		check_entry(&part->table[i], all);
		n++;
	}
	must(n == part->n);
}

static void
check_printed(const struct overrides *o)
{
	char error[OVERRIDE_ERROR_SIZE];
	struct overrides again;
	struct buf out;

	buf_init(&out, sizeof(OVERRIDES_MAGIC) + o->n * OVERRIDE_LINE_MAX);
	must(overrides_print(o, &out));
	overrides_init(&again);
	must(overrides_parse(&again, buf_span(&out), "file", error));
	must(again.n == o->n);
	must_hold_all(o, &again);
	must_hold_all(&again, o);
	overrides_free(&again);
	buf_free(&out);
}

/* Two walks that did not show them, and they are forgotten. */
static void
check_forgotten(struct overrides *o)
{
	for (int walk = 0; walk < 3; walk++)
		overrides_end_walk(o);
	must(o->n == 0);
	must_hold_all(o, o);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_of(data, size);
	char error[OVERRIDE_ERROR_SIZE] = "";
	struct overrides o;

	overrides_init(&o);
	if (overrides_parse(&o, text, "file", error)) {
		must_hold_all(&o, &o);
		check_printed(&o);
		check_forgotten(&o);
	} else {
		must(o.n == 0);
		must_be_place(error, "file", text);
	}
	overrides_free(&o);
	return 0;
}

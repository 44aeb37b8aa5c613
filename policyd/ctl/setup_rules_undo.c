/* SPDX-License-Identifier: ISC */
/* Lists of restrictions without the policy check that setup put there. */
#include "policyd/ctl/setup_private.h"
#include "policyd/ctl/setup_text.h"

/* What setup made of a list that was not set. */
static bool
was_not_set(struct span list)
{
	return span_equal_str(list, SETUP_RULES_REF) ||
	    span_equal_str(
		list, "reject_unlisted_recipient, " SETUP_RULES_REF) ||
	    span_equal_str(list, SETUP_RULES_HERE);
}

/* And of one that was empty. */
static bool
was_empty(struct span list)
{
	return span_equal_str(list, SETUP_RULES_EMPTY_REF) ||
	    span_equal_str(
		list, "reject_unlisted_recipient, " SETUP_RULES_EMPTY_REF) ||
	    span_equal_str(list, SETUP_RULES_HERE_EMPTY);
}

/* Takes every form of our check out of a list. */
static bool
print_without(struct span list, struct buf *out)
{
	static const char *const forms[] = {SETUP_RULES_REF,
	    SETUP_RULES_EMPTY_REF, SETUP_RULES_HERE, SETUP_RULES_HERE_EMPTY};
	struct buf a, b;
	bool ok;

	buf_init(&a, SETUP_VALUE_MAX);
	buf_init(&b, SETUP_VALUE_MAX);
	ok = buf_append(&a, list);
	for (size_t i = 0; ok && i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct buf swap = a;

		buf_clear(&b);
		ok = setup_text_replace(
		    buf_span(&a), forms[i], span_of("", 0), &b);
		a = b;
		b = swap;
	}
	ok = ok && buf_append(out, buf_span(&a));
	buf_free(&a);
	buf_free(&b);
	return ok;
}

static void
undo_list(struct setup_draft *d, const char *name)
{
	struct buf old, new;
	struct span list;

	buf_init(&old, SETUP_VALUE_MAX);
	buf_init(&new, SETUP_VALUE_MAX);
	setup_get(d, name, &old);
	list = buf_span(&old);
	if (was_not_set(list))
		setup_unset(d, name);
	else if (was_empty(list))
		setup_set(d, name, span_of("", 0));
	else if (print_without(list, &new))
		setup_set(d, name, buf_span(&new));
	buf_free(&old);
	buf_free(&new);
}

void
setup_rules_undo(struct setup_draft *d)
{
	struct span rest = d->site->view->explicit, name, value;
	char text[128];

	while (view_next_setting(&rest, &name, &value))
		if (!span_starts_with(name, "deliver_at_") &&
		    setup_text_contains(value, span_str(SETUP_RULES)) &&
		    span_to_string(name, text, sizeof(text)))
			undo_list(d, text);
}

/* SPDX-License-Identifier: ISC */
/* The policy check, where that can be done without a guess. */
#include "policyd/ctl/setup_private.h"
#include "policyd/ctl/setup_text.h"

#define RESTRICTIONS  "smtpd_recipient_restrictions"
#define UNLISTED      "reject_unlisted_recipient"
#define UNLISTED_THEN UNLISTED ", "

/* Where README tells about it. */
#define SEE "see README, Delivery rules"

enum kind { REFUSES, PERMITS, ENDS, UNKNOWN };

/* An element of a list of restrictions, and what belongs to it. */
static bool
next_restriction(struct span *list, struct span *element, enum kind *kind)
{
	static const char *const with_argument[] = {"reject_rbl_client",
	    "reject_rhsbl_client", "reject_rhsbl_helo", "reject_rhsbl_sender",
	    "reject_rhsbl_recipient", "reject_rhsbl_reverse_client"};
	struct span ignored;

	if (!view_next_element(list, element))
		return false;
	*kind = UNKNOWN;
	if (span_equal_str(*element, "reject") ||
	    span_equal_str(*element, "defer"))
		*kind = ENDS;
	else if (span_starts_with(*element, "reject_"))
		*kind = REFUSES;
	else if (span_equal_str(*element, "permit") ||
	    span_equal_str(*element, "permit_mynetworks") ||
	    span_equal_str(*element, "permit_sasl_authenticated") ||
	    span_equal_str(*element, "permit_tls_clientcerts") ||
	    span_equal_str(*element, "permit_tls_all_clientcerts"))
		*kind = PERMITS;
	for (size_t i = 0; i < sizeof(with_argument) / sizeof(char *); i++)
		if (span_equal_str(*element, with_argument[i]))
			view_next_element(list, &ignored);
	return true;
}

/*
 * Where our check goes: behind all that refuses and before the first permit.
 * False when the list has what may do either, or refuses behind a permit:
 * smtpd does not take a header back.
 */
static bool
find_place(struct span list, size_t *place)
{
	struct span rest = list, element;
	bool permitted = false, ended = false;
	enum kind kind;

	*place = list.len;
	while (next_restriction(&rest, &element, &kind)) {
		if (ended || kind == UNKNOWN ||
		    (permitted && kind == REFUSES) ||
		    (!permitted && kind == ENDS))
			return false;
		if (kind == PERMITS && !permitted)
			*place = (size_t)(element.data - list.data);
		permitted = permitted || kind == PERMITS;
		ended = kind == ENDS;
	}
	return true;
}

static bool
print_list(
    struct setup_draft *d, struct span list, const char *check, struct buf *out)
{
	size_t place;

	if (!find_place(list, &place))
		return false;
	setup_print(d, out, "%.*s", (int)place, list.data);
	if (place == list.len && list.len > 0)
		setup_print(d, out, ", ");
	setup_print(d, out, "%s", check);
	if (place < list.len)
		setup_print(d, out, ", %.*s", (int)(list.len - place),
		    list.data + place);
	return true;
}

static void
say_by_hand(struct setup_draft *d, const char *where, struct span list)
{
	setup_note(d,
	    "not done: %s is %.*s, and setup cannot tell where in it the rules "
	    "are to be asked for. Put " SETUP_RULES_REF
	    " behind what refuses a "
	    "recipient and before the first permit (" SEE ")",
	    where, (int)list.len, list.data);
}

/* The list, nothing or not set, where relay control comes first. */
static void
set_new_list(struct setup_draft *d, const char *name, bool was_set)
{
	struct buf first, unlisted;
	struct buf value;

	buf_init(&first, VIEW_VALUE_MAX);
	buf_init(&unlisted, VIEW_VALUE_MAX);
	buf_init(&value, SETUP_VALUE_MAX);
	view_value(d->site->view, NULL,
	    "smtpd_relay_before_recipient_restrictions", &first);
	view_value(
	    d->site->view, NULL, "smtpd_reject_unlisted_recipient", &unlisted);
	if (!d->everywhere)
		setup_print(d, &value, "%s",
		    was_set ? SETUP_RULES_HERE_EMPTY : SETUP_RULES_HERE);
	else
		setup_print(d, &value, "%s%s",
		    span_equal_str(buf_span(&unlisted), "yes") ? UNLISTED_THEN
							       : "",
		    was_set ? SETUP_RULES_EMPTY_REF : SETUP_RULES_REF);
	if (d->everywhere && !span_equal_str(buf_span(&first), "yes"))
		setup_note(d,
		    "not done: %s is empty and "
		    "smtpd_relay_before_recipient_restrictions is not yes, so "
		    "that the rules would be asked before relaying is refused "
		    "(" SEE ")",
		    name);
	else
		setup_set(d, name, buf_span(&value));
	buf_free(&first);
	buf_free(&unlisted);
	buf_free(&value);
}

/* A list in main.cf. */
static void
set_list(struct setup_draft *d, const char *name)
{
	const char *check = d->everywhere ? SETUP_RULES_REF : SETUP_RULES_HERE;
	struct buf old, new;
	struct span list;
	bool was_set;

	buf_init(&old, SETUP_VALUE_MAX);
	buf_init(&new, SETUP_VALUE_MAX);
	was_set = setup_get(d, name, &old);
	list = buf_span(&old);
	if (setup_text_refers(list, SETUP_RULES) != REFERENCE_NONE ||
	    setup_text_contains(list, span_str(SETUP_RULES)))
		; /* as it should be */
	else if (list.len == 0)
		set_new_list(d, name, was_set);
	else if (print_list(d, list, check, &new))
		setup_set(d, name, buf_span(&new));
	else
		say_by_hand(d, name, list);
	buf_free(&old);
	buf_free(&new);
}

/* A list that stands in master.cf itself, which setup leaves as it is. */
static void
say_option(
    struct setup_draft *d, const struct view_service *s, struct span list)
{
	struct buf new, joined, where;
	struct span rest, element;

	buf_init(&new, SETUP_VALUE_MAX);
	buf_init(&joined, SETUP_VALUE_MAX);
	buf_init(&where, SETUP_VALUE_MAX);
	setup_print(d, &where, "%.*s/%.*s/" RESTRICTIONS, (int)s->name.len,
	    s->name.data, (int)s->type.len, s->type.data);
	if (print_list(d, list, SETUP_RULES_REF, &new)) {
		rest = buf_span(&new);
		while (view_next_element(&rest, &element))
			setup_print(d, &joined, "%s%.*s",
			    buf_len(&joined) > 0 ? "," : "", (int)element.len,
			    element.data);
		setup_note(d,
		    "not done: the entry %.*s of master.cf has its own list. "
		    "For its mail to be asked about, write there: "
		    "-o " RESTRICTIONS "=%.*s",
		    (int)s->name.len, s->name.data, (int)buf_len(&joined),
		    buf_span(&joined).data);
	} else {
		char text[256];

		span_to_string(buf_len(&where) < sizeof(text)
			? buf_span(&where)
			: span_head(buf_span(&where), sizeof(text) - 1),
		    text, sizeof(text));
		say_by_hand(d, text, list);
	}
	buf_free(&new);
	buf_free(&joined);
	buf_free(&where);
}

/* "$name" or "${name}" and nothing else, of a parameter in main.cf. */
static bool
names_parameter(struct setup_draft *d, struct span value, char name[128])
{
	if (value.len < 2 || value.data[0] != '$')
		return false;
	value = span_skip(value, 1);
	if (value.data[0] == '{' && value.data[value.len - 1] == '}')
		value = span_of(value.data + 1, value.len - 2);
	return value.len < 128 && span_to_string(value, name, 128) &&
	    setup_is_set(d, name);
}

static void
set_service(struct setup_draft *d, const struct view_service *s)
{
	struct span value, item;
	char name[128];

	if (view_raw(
		d->site->view, s, span_str("receive_override_options"), &value))
		while (span_next_item(&value, &item))
			if (span_equal_str(item, "no_header_body_checks"))
				return;
	if (!view_override(d->site->view, s, span_str(RESTRICTIONS), &value))
		set_list(d, RESTRICTIONS);
	else if (setup_text_refers(value, SETUP_RULES) != REFERENCE_NONE)
		; /* as it should be */
	else if (names_parameter(d, value, name))
		set_list(d, name);
	else
		say_option(d, s, value);
}

static void
set_check(struct setup_draft *d, const struct view_service *smtpd)
{
	struct buf check, address;

	buf_init(&check, SETUP_VALUE_MAX);
	buf_init(&address, SETUP_VALUE_MAX);
	/* What is there may have another default_action: it stays. */
	if ((!setup_get(d, SETUP_RULES, &check) || buf_len(&check) == 0) &&
	    setup_address(d, "policy_listen", &d->site->settings->policy_listen,
		smtpd, &address)) {
		buf_clear(&check);
		setup_print(d, &check,
		    "check_policy_service { %.*s, timeout=5s, "
		    "default_action=DUNNO }",
		    (int)buf_len(&address), buf_span(&address).data);
		setup_set(d, SETUP_RULES, buf_span(&check));
	}
	buf_free(&check);
	buf_free(&address);
}

static bool
is_concerned(const struct setup_draft *d, const struct view_service *s)
{
	return span_equal_str(s->command, "smtpd") &&
	    (d->everywhere || setup_is_for_users(d, s));
}

void
setup_rules(struct setup_draft *d)
{
	struct span rest = d->site->view->services;
	struct view_service s;

	if (d->site->settings->policy_listen.len == 0) {
		setup_note(d,
		    "rules_file is set, but policy_listen is off: rules are "
		    "not asked for");
		return;
	}
	while (view_next_service(&rest, &s)) {
		if (!is_concerned(d, &s))
			continue;
		set_check(d, &s);
		set_service(d, &s);
	}
}

/* SPDX-License-Identifier: ISC */
/*
 * What postconf prints, in up to four parts behind lines "====": all, -P, -M
 * and -n. What one walk shows is what a question finds; values expand within
 * their bound, alike each time; what is kept of it are whole strings.
 */
#include "tests/fuzz/target.h"

#include "policyd/sched/postconf.h"

static const char divider[] = "====\n";

/* Takes the part in front of the next divider off rest. */
static struct span
take_part(struct span *rest)
{
	size_t n = sizeof(divider) - 1;
	struct span part = *rest;

	for (size_t i = 0; i + n <= rest->len; i++) {
		if (memcmp(rest->data + i, divider, n) == 0) {
			part = span_head(*rest, i);
			*rest = span_skip(*rest, i + n);
			return part;
		}
	}
	rest->len = 0;
	return part;
}

static void
check_expanded(const struct postconf_view *v,
    const struct view_service *service, struct span text)
{
	struct buf once, twice;
	bool ok;

	buf_init(&once, VIEW_VALUE_MAX);
	buf_init(&twice, VIEW_VALUE_MAX);
	ok = view_expand(v, service, text, &once);
	must(buf_len(&once) <= VIEW_VALUE_MAX);
	must(view_expand(v, service, text, &twice) == ok);
	must(!ok || span_equal(buf_span(&once), buf_span(&twice)));
	buf_free(&once);
	buf_free(&twice);
}

static void
check_settings(const struct postconf_view *v)
{
	struct span rest = v->all, name, value, found, list, element;

	while (view_next_setting(&rest, &name, &value)) {
		must(is_inside(name, v->all) && is_inside(value, v->all));
		must(view_parameter(v, name, &found));
		check_expanded(v, NULL, value);
		list = value;
		while (view_next_element(&list, &element)) {
			must(is_inside(element, value));
			view_is_our_table(element);
		}
	}
}

static void
check_services(const struct postconf_view *v)
{
	struct span rest = v->services, options, parameter, value;
	struct span found, again;
	struct view_service service;

	while (view_next_service(&rest, &service)) {
		must(is_inside(service.name, v->services));
		options = v->overrides;
		while (view_next_override(
		    &options, &service, &parameter, &value)) {
			must(is_inside(value, v->overrides));
			must(view_override(v, &service, parameter, &found));
			must(found.data <= value.data);
			must(view_raw(v, &service, parameter, &again) &&
			    span_equal(found, again));
			check_expanded(v, &service, value);
		}
	}
}

static void
check_kept(const struct postconf_view *v)
{
	struct postconf conf;

	memset(&conf, 'x', sizeof(conf));
	if (!postconf_parse(v, &conf))
		return;
	must(memchr(conf.command_directory, '\0',
		 sizeof(conf.command_directory)) != NULL);
	must(memchr(conf.queue_directory, '\0', sizeof(conf.queue_directory)) !=
	    NULL);
	must(memchr(conf.mail_owner, '\0', sizeof(conf.mail_owner)) != NULL);
	must(conf.facts.queue_lifetime_s >= 0);
	must(conf.facts.bounce_lifetime_s >= 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span rest = span_of(data, size);
	struct postconf_view view;

	view.all = take_part(&rest);
	view.overrides = take_part(&rest);
	view.services = take_part(&rest);
	view.explicit = take_part(&rest);
	check_settings(&view);
	check_services(&view);
	check_kept(&view);
	return 0;
}

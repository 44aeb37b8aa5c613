/* SPDX-License-Identifier: ISC */
#include "policyd/ctl/check_postfix.h"

#include <stdio.h>

#include "hdrcheck/base/clock.h"

enum {
	OLDEST = 3005, /* 3.5: postsuper -f */
	INLINE_TABLES = 3007, /* 3.7 */
	LIFE_PARTS = 2, /* mail may wait for this part of a queue lifetime */
};

/* 3.7.11 as 3007; 0: not known. */
static uint64_t
version_number(struct span version)
{
	struct span major, minor = version;
	uint64_t a, b;
	size_t n = 0;

	if (!span_cut(&minor, '.', &major))
		return 0;
	while (n < minor.len && ascii_is_digit(minor.data[n]))
		n++;
	if (!span_to_u64(major, 1000, &a) ||
	    !span_to_u64(span_head(minor, n), 999, &b))
		return 0;
	return a * 1000 + b;
}

static bool
is_older_than(const struct check_site *site, uint64_t wanted)
{
	uint64_t version = version_number(site->version);

	return version != 0 && version < wanted;
}

static void
check_time_zone(const struct check_site *site)
{
	static const struct span name = SPAN("import_environment");
	struct buf value, kept;
	struct span rest, item;
	struct finding *f;
	bool sets = false;

	buf_init(&value, VIEW_VALUE_MAX);
	buf_init(&kept, VIEW_VALUE_MAX);
	view_value(site->view, NULL, name.data, &value);
	rest = buf_span(&value);
	while (span_next_item(&rest, &item)) {
		if (span_starts_with(item, "TZ=") &&
		    !span_equal_str(item, "TZ=UTC") &&
		    !span_equal_str(item, "TZ=UTC0") &&
		    !span_equal_str(item, "TZ=Etc/UTC")) {
			sets = true;
			item = span_str("TZ");
		}
		if (buf_len(&kept) > 0)
			buf_append(&kept, span_str(" "));
		buf_append(&kept, item);
	}
	if (sets) {
		f = finding_add(site->findings, FINDING_TIME_ZONE);
		finding_say(f,
		    "import_environment sets TZ, so Postfix's commands tell "
		    "times in that zone: policyd does not start");
		mend_main(f, site, name, buf_span(&kept));
		if (site->policyd_pid == 0)
			mend_start(f, site, CHECK_POLICYD);
	}
	buf_free(&kept);
	buf_free(&value);
}

void
check_postfix(const struct check_site *site)
{
	static const struct span ids = SPAN("enable_long_queue_ids");
	struct finding *f;
	struct buf value;

	if (is_older_than(site, OLDEST)) {
		f = finding_add(site->findings, FINDING_POSTFIX_OLD);
		finding_say(f,
		    "Postfix %.*s is too old: 3.5 and later can do what is "
		    "needed",
		    (int)site->version.len, site->version.data);
		finding_mend(f, "apt-get install postfix");
	}
	check_time_zone(site);
	buf_init(&value, VIEW_VALUE_MAX);
	if (view_value(site->view, NULL, ids.data, &value) &&
	    span_equal_str(buf_span(&value), "no")) {
		f = finding_add(site->findings, FINDING_SHORT_IDS);
		finding_say(f,
		    "queue ids are short (enable_long_queue_ids = no), so "
		    "they are used again, and one in a log may mean two "
		    "messages");
		mend_main(f, site, ids, span_str("yes"));
		mend_postfix(f, site, "postfix", "reload");
	}
	buf_free(&value);
}

void
check_inline_tables(
    const struct check_site *site, const struct entries *entries)
{
	struct finding *f;
	struct tables t;

	if (!entries->has_asking || !is_older_than(site, INLINE_TABLES))
		return;
	tables_read(&t, site, &entries->asking, "header_checks");
	if (t.inline_tables) {
		f = finding_add(site->findings, FINDING_INLINE_TABLES);
		finding_say(f,
		    "header_checks have tables written in main.cf, which "
		    "Postfix %.*s does not know: 3.7 does. Put their lines "
		    "into files and name those, regexp:/etc/postfix/FILE",
		    (int)site->version.len, site->version.data);
		finding_mend(f, "apt-get install postfix");
	}
	tables_free(&t);
}

/* "2d" for texts and settings. */
static struct finding *
add_lifetime(const struct check_site *site, enum finding_kind kind,
    int64_t life_s, const char *why)
{
	struct finding *f = finding_add(site->findings, kind);
	char most[CLOCK_DURATION_SIZE], life[CLOCK_DURATION_SIZE];

	finding_say(f,
	    "mail may wait for %s (max_postpone), but after %s in the queue "
	    "(maximal_queue_lifetime) a first temporary failure returns it, "
	    "and %s",
	    clock_format_duration(site->settings->max_postpone_s, most),
	    clock_format_duration(life_s, life), why);
	return f;
}

static void
check_queue_life(
    const struct check_site *site, const struct plan_postfix *postfix)
{
	const struct settings *settings = site->settings;
	int64_t life_s = postfix->queue_lifetime_s;
	char shorter[CLOCK_DURATION_SIZE];
	struct finding *f;

	if (settings->release_method == METHOD_REQUEUE ||
	    settings->max_postpone_s <= life_s || life_s < LIFE_PARTS)
		return;
	if (!postfix->requeue_safe) {
		f = add_lifetime(site, FINDING_QUEUE_LIFE, life_s,
		    "it cannot be requeued: Postfix has other header_checks, "
		    "body_checks, bcc maps or a content_filter, which would "
		    "act twice");
		mend_setting(f, site, "max_postpone",
		    clock_format_duration(life_s / LIFE_PARTS, shorter));
	} else if (settings->release_method == METHOD_RELEASE) {
		f = add_lifetime(site, FINDING_QUEUE_LIFE, life_s,
		    "release_method = release never requeues it");
		mend_setting(f, site, "release_method", "auto");
	} else if (settings->requeue_after_s >= life_s) {
		f = add_lifetime(site, FINDING_QUEUE_LIFE, life_s,
		    "requeue_after lets it get so old");
		mend_setting(f, site, "requeue_after", "auto");
	}
}

/* "4h", "0h", "90": Postfix's times, in hours without a unit. */
static int64_t
read_hours(struct span text)
{
	static const struct {
		char unit;
		int64_t seconds;
	} units[] = {
	    {'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}};
	int64_t unit_s = 3600;
	uint64_t number;

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (text.len > 0 && text.data[text.len - 1] == units[i].unit) {
			unit_s = units[i].seconds;
			text.len--;
			break;
		}
	}
	return span_to_u64(text, INT32_MAX, &number) ? (int64_t)number * unit_s
						     : 0;
}

/* It counts from the arrival, also of requeued mail. */
static void
check_delay_warning(const struct check_site *site)
{
	static const struct span name = SPAN("delay_warning_time");
	struct finding *f;
	struct buf value;
	int64_t warning_s;

	buf_init(&value, VIEW_VALUE_MAX);
	view_value(site->view, NULL, name.data, &value);
	warning_s = read_hours(buf_span(&value));
	if (warning_s > 0 && warning_s < site->settings->max_postpone_s) {
		f = finding_add(site->findings, FINDING_DELAY_WARNING);
		finding_say(f,
		    "delay_warning_time = %.*s counts while mail is "
		    "postponed: at its first temporary failure a sender is "
		    "told that it is late",
		    (int)buf_len(&value), buf_span(&value).data);
		mend_main(f, site, name, span_str("0h"));
		mend_postfix(f, site, "postfix", "reload");
	}
	buf_free(&value);
}

void
check_lifetimes(
    const struct check_site *site, const struct plan_postfix *postfix)
{
	struct finding *f;

	check_queue_life(site, postfix);
	check_delay_warning(site);
	if (site->settings->release_method != METHOD_REQUEUE ||
	    postfix->requeue_safe)
		return;
	f = finding_add(site->findings, FINDING_REQUEUE_COPIES);
	finding_say(f,
	    "release_method = requeue sends mail through other header_checks, "
	    "body_checks or bcc maps twice, or past a content_filter");
	mend_setting(f, site, "release_method", "auto");
}

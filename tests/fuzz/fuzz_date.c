/* SPDX-License-Identifier: ISC */
/*
 * The body of a header as a date: what is read and written again reads the
 * same, in both dialects; blanks and comments around it change nothing.
 */
#include "tests/fuzz/target.h"

#include "hdrcheck/base/clock.h"
#include "hdrcheck/date.h"

#define YEAR_0    INT64_C(-62167219200)
#define YEAR_1900 INT64_C(-2208988800)
#define YEAR_9999 INT64_C(253402300799)

enum { AROUND_MAX = 64 * 1024 };

/* Reads text with something around it, from a block of its own. */
static enum date_error
read_around(
    const char *before, struct span text, const char *behind, struct date *date)
{
	struct span block;
	enum date_error error;
	struct buf all;

	buf_init(&all, AROUND_MAX + text.len);
	must(buf_append(&all, span_str(before)) && buf_append(&all, text) &&
	    buf_append(&all, span_str(behind)));
	block = block_of(buf_span(&all));
	buf_free(&all);
	error = date_parse(block, date);
	if (error == DATE_OK) {
		must(date->rule.len == 0 || is_inside(date->rule, block));
		must(date->rule.len == 0 || date_is_rule_name(date->rule));
		date->rule = span_of(NULL, date->rule.len);
	}
	block_free(block);
	return error;
}

static void
must_be_same(const struct date *a, const struct date *b)
{
	must(a->never == b->never);
	must(a->moment_s == b->moment_s);
	must(a->rule.len == b->rule.len);
}

static void
check_surroundings(
    struct span text, enum date_error error, const struct date *d)
{
	static const char *const befores[] = {
	    " ", "\n\t", "(a (b) \\) c)", "\r\n ()"};
	struct date also;

	for (size_t i = 0; i < sizeof(befores) / sizeof(befores[0]); i++) {
		must(read_around(befores[i], text, "", &also) == error);
		if (error == DATE_OK)
			must_be_same(d, &also);
	}
	if (error != DATE_OK)
		return;
	for (size_t i = 0; i < sizeof(befores) / sizeof(befores[0]); i++) {
		must(read_around("", text, befores[i], &also) == DATE_OK);
		must_be_same(d, &also);
	}
	must(read_around("", text, "x", &also) != DATE_OK || also.never ||
	    also.moment_s != d->moment_s);
	must(read_around("(", text, "", &also) != DATE_OK);
}

/* A rule's name in front is the first one, whatever else is there. */
static void
check_rule(struct span text, const struct date *d)
{
	struct date also;

	must(read_around("(rule A.b-c_9)", text, "", &also) == DATE_OK);
	must(also.never == d->never && also.moment_s == d->moment_s);
	must(also.rule.len == sizeof("A.b-c_9") - 1);
	must(d->never ? d->rule.len > 0 && d->moment_s == 0 : true);
}

static void
check_written(const struct date *d)
{
	char utc[CLOCK_UTC_SIZE], rfc5322[CLOCK_RFC5322_SIZE];
	struct date also;

	if (d->moment_s < YEAR_0 || d->moment_s > YEAR_9999)
		return;
	clock_format_utc(d->moment_s, utc);
	must(read_around("", span_str(utc), "", &also) == DATE_OK);
	must(also.moment_s == d->moment_s);
	if (d->moment_s < YEAR_1900)
		return;
	clock_format_rfc5322(d->moment_s, rfc5322);
	must(read_around("", span_str(rfc5322), "", &also) == DATE_OK);
	must(also.moment_s == d->moment_s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_of(data, size);
	struct date date;
	enum date_error error = read_around("", text, "", &date);
	struct span reason;

	must(error < DATE_ERRORS);
	reason = span_str(date_reason(error));
	must(reason.len > 0 && is_printable(reason));
	check_surroundings(text, error, &date);
	if (error != DATE_OK)
		return 0;
	check_rule(text, &date);
	if (!date.never)
		check_written(&date);
	return 0;
}

/* SPDX-License-Identifier: ISC */
#include "tests/unit/sched_support.h"

#include "policyd/sched/ndjson.h"

/* Writes an object's members down: "name=value;" and how it ended. */
static enum ndjson_step
read_object(struct span text, struct script *got)
{
	struct span rest = text;
	struct span name, value;
	enum ndjson_step step;
	bool first = true;

	got->used = 0;
	script_add(got, "");
	while ((step = ndjson_next_member(&rest, &first, &name, &value)) ==
	    NDJSON_MEMBER) {
		assert_true(rest.len < text.len && value.len > 0);
		script_add_span(got, name);
		script_add(got, "=");
		script_add_span(got, value);
		script_add(got, ";");
	}
	return step;
}

static enum ndjson_step
read_array(struct span text, struct script *got)
{
	struct span rest = text;
	struct span value;
	enum ndjson_step step;
	bool first = true;

	got->used = 0;
	script_add(got, "");
	while ((step = ndjson_next_element(&rest, &first, &value)) ==
	    NDJSON_MEMBER) {
		assert_true(rest.len < text.len && value.len > 0);
		script_add_span(got, value);
		script_add(got, ";");
	}
	return step;
}

static const char *const step_names[] = {
    [NDJSON_MEMBER] = "member",
    [NDJSON_CLOSED] = "closed",
    [NDJSON_BROKEN] = "broken",
};

static const struct {
	const char *row;
	struct span in;
	enum ndjson_step want;
	const char *members; /* those read before the end */
} objects[] = {
    {"no member", SPAN("{}"), NDJSON_CLOSED, ""},
    {"blanks everywhere", SPAN(" \t{ \"a\" : 1 , \"b\" :\t2\r} "),
	NDJSON_CLOSED, "a=1;b=2;"},
    {"no blanks", SPAN("{\"a\":1,\"b\":2}"), NDJSON_CLOSED, "a=1;b=2;"},
    {"a string", SPAN("{\"a\": \"b c\"}"), NDJSON_CLOSED, "a=\"b c\";"},
    {"an empty string and name", SPAN("{\"\": \"\"}"), NDJSON_CLOSED, "=\"\";"},
    {"a quote inside", SPAN("{\"a\": \"\\\"\"}"), NDJSON_CLOSED, "a=\"\\\"\";"},
    {"a backslash at the end", SPAN("{\"a\": \"\\\\\"}"), NDJSON_CLOSED,
	"a=\"\\\\\";"},
    {"a backslash and a quote", SPAN("{\"a\": \"\\\\\\\"\"}"), NDJSON_CLOSED,
	"a=\"\\\\\\\"\";"},
    {"brackets inside a string", SPAN("{\"a\": \"}],{[\"}"), NDJSON_CLOSED,
	"a=\"}],{[\";"},
    {"a quote in a name", SPAN("{\"a\\\"b\": 1}"), NDJSON_CLOSED, "a\\\"b=1;"},
    {"words and numbers", SPAN("{\"a\": true, \"b\": null, \"c\": -1.5e9}"),
	NDJSON_CLOSED, "a=true;b=null;c=-1.5e9;"},
    {"an array", SPAN("{\"a\": [1, [2], {\"b\": \"]\"}]}"), NDJSON_CLOSED,
	"a=[1, [2], {\"b\": \"]\"}];"},
    {"an object", SPAN("{\"a\": {\"b\": \"\\\"}\"}}"), NDJSON_CLOSED,
	"a={\"b\": \"\\\"}\"};"},
    {"bytes that are no text", SPAN("{\"a\": \"\xff\x01\x7f\"}"), NDJSON_CLOSED,
	"a=\"\xff\x01\x7f\";"},
    {"the same name twice", SPAN("{\"a\": 1, \"a\": 2}"), NDJSON_CLOSED,
	"a=1;a=2;"},
    {"what is skipped is not checked", SPAN("{\"a\": [}, \"b\": what}"),
	NDJSON_CLOSED, "a=[};b=what;"},
    {"nothing", {"", 0}, NDJSON_BROKEN, ""},
    {"nothing at all", {NULL, 0}, NDJSON_BROKEN, ""},
    {"an array instead", SPAN("[1]"), NDJSON_BROKEN, ""},
    {"a string instead", SPAN("\"a\""), NDJSON_BROKEN, ""},
    {"only closed", SPAN("}"), NDJSON_BROKEN, ""},
    {"a comma at the front", SPAN("{,\"a\": 1}"), NDJSON_BROKEN, ""},
    {"a comma at the end", SPAN("{\"a\": 1,}"), NDJSON_BROKEN, "a=1;"},
    {"no comma", SPAN("{\"a\": 1 \"b\": 2}"), NDJSON_BROKEN, "a=1;"},
    {"no colon", SPAN("{\"a\" 1}"), NDJSON_BROKEN, ""},
    {"no value", SPAN("{\"a\":}"), NDJSON_BROKEN, ""},
    {"no value before a comma", SPAN("{\"a\":, \"b\": 1}"), NDJSON_BROKEN, ""},
    {"a name without quotes", SPAN("{a: 1}"), NDJSON_BROKEN, ""},
    {"a number as a name", SPAN("{1: 1}"), NDJSON_BROKEN, ""},
    {"an array as a name", SPAN("{[]: 1}"), NDJSON_BROKEN, ""},
    {"a string without end", SPAN("{\"a\": \"b}"), NDJSON_BROKEN, ""},
    {"an end that has a backslash", SPAN("{\"a\": \"b\\\"}"), NDJSON_BROKEN,
	""},
    {"an array without end", SPAN("{\"a\": [1, 2}"), NDJSON_BROKEN,
	"a=[1, 2};"},
    {"closed by the other bracket", SPAN("{\"a\": 1]"), NDJSON_BROKEN, "a=1;"},
    {"a NUL instead of a blank", SPAN("{\0\"a\": 1}"), NDJSON_BROKEN, ""},
};

static void
objects_are_read(void **state)
{
	static struct script got;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(objects); i++) {
		struct span in = exact_copy(objects[i].in);
		enum ndjson_step step = read_object(in, &got);

		if (objects[i].want == NDJSON_CLOSED || step != objects[i].want)
			check_string(objects[i].row, step_names[step],
			    step_names[objects[i].want]);
		check_string(objects[i].row, got.text, objects[i].members);
		exact_free(in);
	}
}

static const struct {
	const char *row;
	struct span in;
	enum ndjson_step want;
	const char *elements;
} arrays[] = {
    {"no element", SPAN("[]"), NDJSON_CLOSED, ""},
    {"blanks", SPAN("[ 1 , 2 ]"), NDJSON_CLOSED, "1;2;"},
    {"objects", SPAN("[{\"a\": \"]\"}, {}]"), NDJSON_CLOSED,
	"{\"a\": \"]\"};{};"},
    {"strings", SPAN("[\",\", \"\\\"]\"]"), NDJSON_CLOSED, "\",\";\"\\\"]\";"},
    {"an object instead", SPAN("{}"), NDJSON_BROKEN, ""},
    {"a comma at the end", SPAN("[1,]"), NDJSON_BROKEN, "1;"},
    {"a comma alone", SPAN("[,]"), NDJSON_BROKEN, ""},
    {"no comma", SPAN("[1 2]"), NDJSON_BROKEN, "1;"},
    {"no end", SPAN("[1, 2"), NDJSON_BROKEN, "1;"},
    {"nothing", {"", 0}, NDJSON_BROKEN, ""},
};

static void
arrays_are_read(void **state)
{
	static struct script got;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(arrays); i++) {
		struct span in = exact_copy(arrays[i].in);
		enum ndjson_step step = read_array(in, &got);

		check_string(arrays[i].row, step_names[step],
		    step_names[arrays[i].want]);
		check_string(arrays[i].row, got.text, arrays[i].elements);
		exact_free(in);
	}
}

static const char rich[] =
    "{\"a\": \"x\\\"y\\\\\", \"b\": [1, {\"c\": \"}\"}, []], \"d\": {\"e\":"
    " {}}, \"f\": false, \"g\": -1}";

/* A line that is cut off is never taken for a whole one. */
static void
every_prefix_is_broken(void **state)
{
	static struct script got;

	(void)state;
	for (size_t n = 0; n < sizeof(rich); n++) {
		struct span in = exact_copy(span_of(rich, n));

		assert_int_equal(read_object(in, &got),
		    n < sizeof(rich) - 1 ? NDJSON_BROKEN : NDJSON_CLOSED);
		exact_free(in);
	}
}

/* Whatever the bytes, readers stay inside them and come to an end. */
static void
every_changed_byte_is_read_within_bounds(void **state)
{
	static struct script got;
	char bytes[sizeof(rich) - 1];

	(void)state;
	for (size_t at = 0; at < sizeof(bytes); at++) {
		for (int c = 0; c < 256; c++) {
			struct span in;

			memcpy(bytes, rich, sizeof(bytes));
			bytes[at] = (char)c;
			in = exact_copy(span_of(bytes, sizeof(bytes)));
			read_object(in, &got);
			bytes[0] = '[';
			read_array(in, &got);
			exact_free(in);
		}
	}
}

/* Depth is bounded: 16 brackets inside each other are the most. */
static void
values_may_be_sixteen_deep(void **state)
{
	static struct script got;

	(void)state;
	for (size_t depth = 1; depth <= 40; depth++) {
		char text[128] = "{\"a\": ";
		size_t n = strlen(text);

		memset(text + n, '[', depth);
		memset(text + n + depth, ']', depth);
		text[n + 2 * depth] = '}';
		assert_int_equal(
		    read_object(span_of(text, n + 2 * depth + 1), &got),
		    depth <= 16 ? NDJSON_CLOSED : NDJSON_BROKEN);
	}
}

/* A quote for every backslash, and many backslashes: no quadratic time. */
static void
long_strings_are_skipped_in_time(void **state)
{
	enum { N = 1000 * 1000 };
	char *text = malloc(N);
	struct span rest, name, value;
	bool first = true;

	(void)state;
	assert_non_null(text);
	memset(text, '\\', N);
	memcpy(text, "{\"a\": \"", 7);
	for (size_t i = 8; i < N / 2; i += 2)
		text[i] = '"';
	text[N - 3] = text[N - 4] = 'x';
	text[N - 2] = '"';
	text[N - 1] = '}';
	rest = span_of(text, N);
	assert_int_equal(
	    ndjson_next_member(&rest, &first, &name, &value), NDJSON_MEMBER);
	assert_int_equal(value.len, N - 7);
	free(text);
}

static const struct {
	const char *row;
	struct span value;
	const char *want; /* NULL: no string */
} strings[] = {
    {"a string", SPAN("\"abc\""), "abc"},
    {"an empty one", SPAN("\"\""), ""},
    {"escapes stay", SPAN("\"a\\\"b\\u00e4\""), "a\\\"b\\u00e4"},
    {"a number", SPAN("12"), NULL},
    {"an array", SPAN("[\"a\"]"), NULL},
    {"a quote alone", SPAN("\""), NULL},
    {"nothing", {"", 0}, NULL},
    {"nothing at all", {NULL, 0}, NULL},
};

static void
strings_lose_their_quotes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(strings); i++) {
		struct span value = exact_copy(strings[i].value);
		struct span inside;
		bool got = ndjson_string(value, &inside);

		check_bool(strings[i].row, got, strings[i].want != NULL);
		if (got)
			check_span(
			    strings[i].row, inside, span_str(strings[i].want));
		exact_free(value);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(objects_are_read),
	    cmocka_unit_test(arrays_are_read),
	    cmocka_unit_test(every_prefix_is_broken),
	    cmocka_unit_test(every_changed_byte_is_read_within_bounds),
	    cmocka_unit_test(values_may_be_sixteen_deep),
	    cmocka_unit_test(long_strings_are_skipped_in_time),
	    cmocka_unit_test(strings_lose_their_quotes),
	};

	return cmocka_run_group_tests_name("ndjson", tests, NULL, NULL);
}

/* SPDX-License-Identifier: ISC */
#include "tests/unit/support.h"

#include "policyd/sched/postconf_view.h"

#define EXPLICIT                                                               \
	"compatibility_level = 3.6\n"                                          \
	"empty =\n"                                                            \
	"header_checks = regexp:/etc/a, pcre:/etc/b\n"                         \
	"mydestination = $myhostname, localhost\n"
#define ALL                                                                    \
	"cleanup_service_name = cleanup\n"                                     \
	"compatibility_level = 3.6\n"                                          \
	"empty =\n"                                                            \
	"header_checks = regexp:/etc/a, pcre:/etc/b\n"                         \
	"mail_version = 3.7.11\n"                                              \
	"mime_header_checks = $header_checks\n"                                \
	"mydestination = $myhostname, localhost\n"                             \
	"myhostname = a.test\n"
#define SERVICES                                                               \
	"smtp       inet  n       -       y       -       -       smtpd\n"     \
	"[::1]:587  inet  n       -       y       -       -       smtpd "      \
	"-o syslog_name=postfix/$service_name -o {a=b c}\n"                    \
	"smtp       unix  -       -       n       60?     10      smtp -v\n"
#define OVERRIDES                                                              \
	"[::1]:587/inet/a = b c\n"                                             \
	"[::1]:587/inet/empty =\n"                                             \
	"[::1]:587/inet/mail_version = here $service_name\n"                   \
	"smtp/unix/a = not of inet\n"

static const struct postconf_view view = {
    .explicit = SPAN(EXPLICIT),
    .all = SPAN(ALL),
    .services = SPAN(SERVICES),
    .overrides = SPAN(OVERRIDES),
};

static const struct {
	const char *row;
	const char *name;
	const char *explicit; /* NULL: not there */
	const char *parameter;
} parameters[] = {
    {"what main.cf says", "compatibility_level", "3.6", "3.6"},
    {"a list", "header_checks", "regexp:/etc/a, pcre:/etc/b",
	"regexp:/etc/a, pcre:/etc/b"},
    {"nothing, said", "empty", "", ""},
    {"a default", "mime_header_checks", NULL, "$header_checks"},
    {"an unknown name", "nested", NULL, NULL},
    {"the beginning of a name", "header_check", NULL, NULL},
    {"an empty name", "", NULL, NULL},
};

static void
parameters_are_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(parameters); i++) {
		struct span name = span_str(parameters[i].name);
		struct span value = SPAN("untouched");
		bool found = view_setting(&view, name, &value);

		check_bool(
		    parameters[i].row, found, parameters[i].explicit != NULL);
		check_span(parameters[i].row, value,
		    span_str(found ? parameters[i].explicit : "untouched"));
		value = span_str("untouched");
		found = view_parameter(&view, name, &value);
		check_bool(
		    parameters[i].row, found, parameters[i].parameter != NULL);
		check_span(parameters[i].row, value,
		    span_str(found ? parameters[i].parameter : "untouched"));
	}
}

static void
services_are_listed(void **state)
{
	struct span rest = view.services;
	struct view_service s;

	(void)state;
	assert_true(view_next_service(&rest, &s));
	check_span("the first", s.name, span_str("smtp"));
	check_span("its arguments", s.args, span_str(""));
	assert_true(view_next_service(&rest, &s));
	check_span("the second", s.name, span_str("[::1]:587"));
	check_span("type", s.type, span_str("inet"));
	check_span("private", s.private, span_str("n"));
	check_span("unpriv", s.unpriv, span_str("-"));
	check_span("chroot", s.chroot, span_str("y"));
	check_span("command", s.command, span_str("smtpd"));
	check_span("arguments", s.args,
	    span_str("-o syslog_name=postfix/$service_name -o {a=b c}"));
	assert_true(view_next_service(&rest, &s));
	check_span("wakeup", s.wakeup, span_str("60?"));
	check_span("maxproc", s.maxproc, span_str("10"));
	check_span("other arguments", s.args, span_str("-v"));
	assert_false(view_next_service(&rest, &s));
	rest = span_str("one two\nsmtp inet n - y - - smtpd");
	assert_true(view_next_service(&rest, &s));
	check_span("behind a short line, without an end", s.command,
	    span_str("smtpd"));
	assert_true(view_find_service(&view, span_str("smtp"), "unix", &s));
	check_span("found by type", s.command, span_str("smtp"));
	assert_false(view_find_service(&view, span_str("smtp"), "pass", &s));
	assert_false(view_find_service(&view, span_str("smt"), "unix", &s));
}

static void
overrides_are_of_one_service(void **state)
{
	struct span rest = view.overrides;
	struct span parameter, value;
	struct view_service s;

	(void)state;
	assert_true(
	    view_find_service(&view, span_str("[::1]:587"), "inet", &s));
	assert_true(view_next_override(&rest, &s, &parameter, &value));
	check_span("the first", parameter, span_str("a"));
	check_span("its value", value, span_str("b c"));
	assert_true(view_next_override(&rest, &s, &parameter, &value));
	assert_true(view_next_override(&rest, &s, &parameter, &value));
	assert_false(view_next_override(&rest, &s, &parameter, &value));
	assert_true(view_override(&view, &s, span_str("empty"), &value));
	check_span("set to nothing", value, span_str(""));
	assert_false(view_override(&view, &s, span_str("b"), &value));
	assert_true(view_raw(&view, &s, span_str("a"), &value));
	check_span("only in master.cf", value, span_str("b c"));
	assert_true(view_raw(&view, &s, span_str("myhostname"), &value));
	check_span("only in main.cf", value, span_str("a.test"));
	assert_true(view_find_service(&view, span_str("smtp"), "unix", &s));
	assert_true(view_raw(&view, &s, span_str("a"), &value));
	check_span("of another type", value, span_str("not of inet"));
}

/* What postconf -x 3.7.11 makes of these, where it can be asked. */
static const struct {
	const char *row;
	const char *text;
	const char *want; /* NULL: cannot be expanded */
} expansions[] = {
    {"nothing", "", ""},
    {"no name", "a, b", "a, b"},
    {"a name", "x $myhostname.y", "x a.test.y"},
    {"names in names", "$mydestination", "a.test, localhost"},
    {"a default that names a setting", "$mime_header_checks",
	"regexp:/etc/a, pcre:/etc/b"},
    {"a name in braces", "${myhostname}s", "a.tests"},
    {"a name in parentheses", "$(myhostname)s", "a.tests"},
    {"a dollar", "a$$b $$1", "a$b $1"},
    {"an unknown name", "[$nothing_x]", "[]"},
    {"when it has a value", "[${myhostname?yes}]", "[yes]"},
    {"when it has a value, else", "[${empty?yes}]", "[]"},
    {"when it has none", "[${empty:no}][${myhostname:no}]", "[no][]"},
    {"blanks stay without braces", "[${myhostname? q }]", "[ q ]"},
    {"no else without braces", "[${myhostname?y:n}]", "[y:n]"},
    {"braces", "[${empty ? {x} : {y}}][${empty:{z}}]", "[y][z]"},
    {"a name within a result", "${myhostname?{$compatibility_level}}", "3.6"},
    {"equal", "${{$myhostname} == {a.test} ? {y} : {n}}", "y"},
    {"not equal", "${{$myhostname} != {a.test} ? {y} : {n}}", "n"},
    {"blanks count", "[${{ a } == {a} ? {y} : { n }}]", "[ n ]"},
    {"without blanks", "${{a}=={a}?{y}:{n}}", "y"},
    {"no result", "[${{a} == {a}}][${{a} == {b}}]", "[true][]"},
    {"only one result", "[${{a}=={b} ? {y}}][${{a}=={b} : {n}}]", "[][n]"},
    {"braces within a result", "${{a}=={a} ? {x { y } z}}", "x { y } z"},
    {"numbers", "${{2} < {10} ? {number} : {text}}", "number"},
    {"texts", "${{a2} < {a10} ? {number} : {text}}", "text"},
    {"a text that begins another", "${{ab} > {a} ? {y}}", "y"},
    {"at least, at most", "${{2} >= {2} ? {y}}${{2} <= {2} ? {y}}", "yy"},
    {"levels", "${{3.10} >level {3.6} ? {new} : {old}}", "new"},
    {"levels of other lengths", "${{9} >=level {3.6} ? {new} : {old}}", "new"},
    {"a level below", "${{$compatibility_level} <level {1} ? {} : {new}}",
	"new"},
    {"no service", "[$service_name]", "[]"},
    {"no end", "a ${myhostname", NULL},
    {"no end in parentheses", "$(myhostname}", NULL},
    {"no name behind the dollar", "a $ b", NULL},
    {"a dollar at the end", "a$", NULL},
    {"an empty name", "${}", NULL},
    {"no such relation", "${{a} ~ {b} ? {y}}", NULL},
    {"half a relation", "${{a} ==}", NULL},
    {"an open operand", "${{a == {a}}", NULL},
    {"junk behind a name", "${myhostname!}", NULL},
    {"junk behind a relation", "${{a} == {a} x}", NULL},
    {"junk behind a result", "${{a} == {a} ? {b} x}", NULL},
    {"junk behind the other result", "${{a} == {a} ? {b} : {c} x}", NULL},
};

static void
names_are_expanded(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, VIEW_VALUE_MAX);
	for (size_t i = 0; i < COUNT_OF(expansions); i++) {
		struct span text = exact_copy(span_str(expansions[i].text));

		buf_clear(&out);
		check_bool(expansions[i].row,
		    view_expand(&view, NULL, text, &out),
		    expansions[i].want != NULL);
		if (expansions[i].want != NULL)
			check_span(expansions[i].row, buf_span(&out),
			    span_str(expansions[i].want));
		exact_free(text);
	}
	buf_free(&out);
}

static void
no_prefix_reads_too_far(void **state)
{
	static const char whole[] =
	    "$a ${b?{c}:{d}} $(e) ${{$f} ==level {g} ? {h} : {i}} $$";
	struct buf out;

	(void)state;
	buf_init(&out, VIEW_VALUE_MAX);
	for (size_t n = 0; n < sizeof(whole); n++) {
		struct span text = exact_copy(span_of(whole, n));

		buf_clear(&out);
		view_expand(&view, NULL, text, &out);
		exact_free(text);
	}
	buf_free(&out);
}

static void
a_service_sees_its_own(void **state)
{
	struct view_service s;
	struct buf out;

	(void)state;
	buf_init(&out, VIEW_VALUE_MAX);
	assert_true(
	    view_find_service(&view, span_str("[::1]:587"), "inet", &s));
	assert_true(view_value(&view, &s, "mail_version", &out));
	check_span("its name and its option", buf_span(&out),
	    span_str("here [::1]:587"));
	assert_true(view_value(&view, NULL, "mail_version", &out));
	check_span("main.cf's", buf_span(&out), span_str("3.7.11"));
	buf_clear(&out);
	assert_true(view_expand(&view, &s,
	    span_str("${{$service_name} == {[::1]:587} ? {y} : {n}}"), &out));
	check_span("a relation with its name", buf_span(&out), span_str("y"));
	assert_false(view_value(&view, &s, "unknown", &out));
	assert_int_equal(buf_len(&out), 0);
	buf_free(&out);
}

static void
loops_end(void **state)
{
	static const struct postconf_view loop = {
	    .explicit = SPAN("a = $b\nb = $a\nc = $c$c\nd0 =$d1$d1\n"
			     "d1 =$d2$d2\nd2=$d3$d3\nd3=$d4$d4\nd4=$d5$d5\n"
			     "d5=$d6$d6\nd6=$d7$d7\nd7=$d8$d8\nd8=$d9$d9\n"
			     "d9=$e$e\ne=$f$f\nf=$g$g\ng=$h$h\nh=$i$i\n"
			     "i=$j$j\nj=\nlong = ${1}\n"),
	};
	struct buf out;

	(void)state;
	buf_init(&out, VIEW_VALUE_MAX);
	assert_false(view_value(&loop, NULL, "a", &out));
	assert_false(view_value(&loop, NULL, "c", &out));
	assert_false(view_value(&loop, NULL, "d0", &out));
	assert_true(view_value(&loop, NULL, "d9", &out));
	buf_free(&out);
	buf_init(&out, 4);
	assert_true(view_expand(&loop, NULL, span_str("1$$34"), &out));
	buf_clear(&out);
	assert_false(view_expand(&loop, NULL, span_str("1$$345"), &out));
	buf_free(&out);
}

static const struct {
	const char *row;
	const char *list;
	const char *want; /* elements, each behind a "|" */
} lists[] = {
    {"nothing", "", ""},
    {"one", "a", "|a"},
    {"commas and blanks", " a,b , c\td,", "|a|b|c|d"},
    {"braces group", "x { y, z } w, a:{{b c} d},e",
	"|x|{ y, z }|w|a:{{b c} d}|e"},
    {"a stray closing brace", "a} b", "|a}|b"},
    {"an open brace takes the rest", "a {b c", "|a|{b c"},
};

static void
lists_are_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(lists); i++) {
		struct span list = exact_copy(span_str(lists[i].list));
		struct span rest = list, element;
		struct buf got;

		buf_init(&got, 1000);
		while (view_next_element(&rest, &element)) {
			buf_append(&got, span_str("|"));
			buf_append(&got, element);
		}
		check_span(
		    lists[i].row, buf_span(&got), span_str(lists[i].want));
		buf_free(&got);
		exact_free(list);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(parameters_are_found),
	    cmocka_unit_test(services_are_listed),
	    cmocka_unit_test(overrides_are_of_one_service),
	    cmocka_unit_test(names_are_expanded),
	    cmocka_unit_test(no_prefix_reads_too_far),
	    cmocka_unit_test(a_service_sees_its_own),
	    cmocka_unit_test(loops_end),
	    cmocka_unit_test(lists_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

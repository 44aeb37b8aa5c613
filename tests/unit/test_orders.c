/* SPDX-License-Identifier: ISC */
#include "tests/unit/support.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "policyd/orders.h"

enum { NOW_S = 1800000000 };

/* Content in a file without a name; NULL: no file. */
static int
file_of(void **state, const char *content)
{
	char path[FOLDER_PATH_SIZE];
	int fd;

	if (content == NULL)
		return -1;
	write_file(folder_join(state, "file", path), span_str(content));
	fd = open(path, O_RDONLY);
	assert_true(fd >= 0);
	unlink(path);
	return fd;
}

static struct orders_source
source_of(void **state, const char *settings, const char *rules)
{
	return (struct orders_source){
	    .settings_fd = file_of(state, settings),
	    .settings_file = "S",
	    .rules_fd = file_of(state, rules),
	    .rules_file = "R",
	    .hash_key = {{1, 2}},
	    .now_s = NOW_S,
	};
}

static void
source_close(const struct orders_source *source)
{
	if (source->settings_fd >= 0)
		close(source->settings_fd);
	if (source->rules_fd >= 0)
		close(source->rules_fd);
}

static const struct {
	const char *row;
	const char *settings; /* NULL: none */
	const char *rules;
	const char *error; /* a part; NULL: read */
	int64_t interval_s;
	int64_t n_rules; /* -1: there are none */
} reads[] = {
    {"neither", NULL, NULL, NULL, 60, -1},
    {"settings", "sweep_interval = 7s\n", NULL, NULL, 7, -1},
    {"rules", NULL, "a : pass\nb : hold\n", NULL, 60, 2},
    {"both", "sweep_interval = 7s\n", "a : pass\n", NULL, 7, 1},
    {"empty settings", "", "a : pass\n", NULL, 60, 1},
    {"a rules_file that is set is not looked at", "rules_file = /no/file\n",
	NULL, NULL, 60, -1},
    {"wrong settings", "sweep_interval = soon\n", NULL, "S:1: sweep_interval",
	0, 0},
    {"wrong settings, right rules", "\nx = y\n", "a : pass\n", "S:2: x: ", 0,
	0},
    {"right settings, wrong rules", "sweep_interval = 7s\n", "a : what\n",
	"R:1: ", 0, 0},
    {"both wrong: the settings are told", "x\n", "a : what\n", "S:1: ", 0, 0},
    {"empty rules", "", "", "R: has no rules", 0, 0},
    {"rules by the settings that come along", "max_postpone = 1h\n",
	"a : delay 3599s\n", NULL, 60, 1},
    {"and not by others", "max_postpone = 1h\n", "a : delay 1h\n",
	"R:1: delay is not less than max_postpone", 0, 0},
};

static void
check_orders(const char *row, const struct orders *orders, int64_t interval_s,
    int64_t n_rules)
{
	static const struct hash_key key = {{1, 2}};

	check_int(row, orders->settings.sweep_interval_s, interval_s);
	check_bool(row, orders->has_rules, n_rules >= 0);
	check_int(row, (int64_t)orders->rules.n, n_rules < 0 ? 0 : n_rules);
	if (n_rules >= 0)
		assert_memory_equal(&orders->rules.hash_key, &key, sizeof(key));
}

static void
both_are_read_or_neither(void **state)
{
	for (size_t i = 0; i < COUNT_OF(reads); i++) {
		struct orders_source source =
		    source_of(state, reads[i].settings, reads[i].rules);
		char error[RULE_ERROR_SIZE] = "";
		struct orders orders;
		bool ok;

		memset(&orders, 0xa5, sizeof(orders));
		ok = orders_read(&orders, &source, error);
		check_bool(reads[i].row, ok, reads[i].error == NULL);
		if (ok)
			check_orders(reads[i].row, &orders, reads[i].interval_s,
			    reads[i].n_rules);
		else
			check_part(reads[i].row, error, reads[i].error);
		orders_free(&orders); /* owns nothing where it failed */
		check_bool(reads[i].row, orders.has_rules, false);
		orders_free(&orders);
		source_close(&source);
	}
}

/* The settings are there already, as at the start. */
static void
rules_may_come_later(void **state)
{
	static const struct {
		const char *row;
		const char *rules;
		bool ok, has_rules;
	} later[] = {
	    {"good", "a : hold\n", true, true},
	    {"bad", "a : what\n", false, false},
	    {"none", NULL, true, false},
	};

	for (size_t i = 0; i < COUNT_OF(later); i++) {
		struct orders_source source =
		    source_of(state, "sweep_interval = 9s\n", later[i].rules);
		struct orders orders = {.settings.sweep_interval_s = 5,
		    .settings.max_postpone_s = 100};
		char error[RULE_ERROR_SIZE];

		check_bool(later[i].row,
		    orders_read_rules(&orders, &source, error), later[i].ok);
		check_bool(later[i].row, orders.has_rules, later[i].has_rules);
		check_int("they stay", orders.settings.sweep_interval_s, 5);
		orders_free(&orders);
		source_close(&source);
	}
}

static void
open_orders(void **state, const char *rules, struct orders *orders)
{
	struct orders_source source =
	    source_of(state, "rules_file = /named/since\n", rules);
	char error[RULE_ERROR_SIZE];

	if (!orders_read(orders, &source, error))
		check_string(rules, error, "");
	source_close(&source);
}

static void
a_rule_holds_by_its_name(void **state)
{
	struct orders orders;

	open_orders(state, "a : hold\nb : delay 1h\n", &orders);
	check_bool("hold", orders_hold(&orders, span_str("a")), true);
	check_bool("delay", orders_hold(&orders, span_str("b")), false);
	check_bool("no rule", orders_hold(&orders, span_str("c")), false);
	check_bool("another case", orders_hold(&orders, span_str("A")), false);
	orders_free(&orders);
	check_bool("freed", orders_hold(&orders, span_str("a")), false);
	open_orders(state, NULL, &orders);
	check_bool("no rules", orders_hold(&orders, span_str("a")), false);
	orders_free(&orders);
}

static const char *
warnings(const struct orders *orders, char out[CAPTURE_SIZE])
{
	struct log log = {.ident = "test", .to_stderr = true};
	struct capture capture;

	capture_start(&capture, STDERR_FILENO);
	orders_warn(orders, "R", &log);
	return capture_stop(&capture, out);
}

static void
attributes_that_nobody_knows_are_told(void **state)
{
	char out[CAPTURE_SIZE];
	struct orders orders;

	open_orders(state,
	    "a sender=a@b.test sendr=x postponed>1 : pass\n"
	    "b colour=red sendr=y : pass\n",
	    &orders);
	warnings(&orders, out);
	check_part("sendr", out,
	    "warning: R: Postfix is not known to send an attribute sendr\n");
	check_part("colour", out, "attribute colour\n");
	check_bool(
	    "each once", strstr(strstr(out, "sendr") + 1, "sendr") == NULL, 1);
	check_bool("not known ones", strstr(out, "sender") == NULL, true);
	check_bool("nor ours", strstr(out, "postponed") == NULL, true);
	orders_free(&orders);
	check_string("freed", warnings(&orders, out), "");
	open_orders(state, NULL, &orders);
	check_string("no rules", warnings(&orders, out), "");
	orders_free(&orders);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_FOLDER(both_are_read_or_neither),
	    IN_FOLDER(rules_may_come_later),
	    IN_FOLDER(a_rule_holds_by_its_name),
	    IN_FOLDER(attributes_that_nobody_knows_are_told),
	};

	return cmocka_run_group_tests_name("orders", tests, NULL, NULL);
}

/* SPDX-License-Identifier: ISC */
/*
 * The engine's files, read again and again in one process: nothing of them
 * may stay behind.
 */
#include "tests/unit/engine_support.h"

#include "policyd/engine_private.h"

enum { FDS_MAX = 256 };

#define ZONE_FILE "/usr/share/zoneinfo/Europe/Amsterdam"

struct desk {
	struct host *host; /* for its settings and its folder */
	struct engine *engine;
	struct capture capture; /* of the log */
	char log[CAPTURE_SIZE];
};

/* Descriptors of this process. */
static int
own_fds(void)
{
	int n = 0;

	for (int fd = 0; fd < FDS_MAX; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static enum conn_verdict
never_asked(void *ctx, struct span in, struct buf *out, size_t *used)
{
	(void)ctx;
	(void)in;
	(void)out;
	*used = 0;
	return CONN_CLOSE;
}

/* The parts of an engine that orders reach. */
static void
make_parts(struct engine *g)
{
	struct conn_protocol protocol = {
	    .name = "policy", .handle = never_asked, .in_max = 1};
	struct conn_limits limits = {.connections = 1, .idle_ms = 1000};
	struct sweep_options options = {.settings = &g->orders.settings,
	    .hash_key = g->hash_key,
	    .holds = engine_holds,
	    .holds_ctx = g};

	g->loop = loop_new();
	assert_non_null(g->loop);
	g->server = conn_server_new(g->loop, g->o.log, &protocol, &limits);
	assert_non_null(g->server);
	sweep_init(&g->sweep, &options);
}

static void
free_parts(struct engine *g)
{
	conn_server_free(g->server);
	sweep_free(&g->sweep);
	hits_free(&g->policy.hits);
	loop_free(g->loop);
	orders_free(&g->orders);
}

static int
start(struct desk *d, const char *rules)
{
	struct engine *g = calloc(1, sizeof(*g));

	assert_non_null(g);
	d->engine = g;
	d->host->options.rules = host_file(d->host, rules);
	g->o = d->host->options;
	d->host->options.rules = -1; /* the engine's now */
	return engine_read_rules(g);
}

static void
end(struct desk *d)
{
	free(d->engine);
	d->engine = NULL;
}

static void
reload(struct desk *d, const char *settings, const char *rules)
{
	int fds[WIRE_FDS_MAX], files = 0;
	size_t n = 0;

	if (settings != NULL) {
		files |= WIRE_HAS_SETTINGS;
		fds[n++] = host_file(d->host, settings);
	}
	if (rules != NULL) {
		files |= WIRE_HAS_RULES;
		fds[n++] = host_file(d->host, rules);
	}
	capture_start(&d->capture, STDERR_FILENO);
	engine_take_orders(d->engine, files, fds, n);
	capture_stop(&d->capture, d->log);
	while (n > 0)
		assert_int_equal(close(fds[--n]), 0); /* still ours */
}

static void
the_start_reads_rules_or_says_why_not(void **state)
{
	struct desk d = {.host = *state};
	int before = own_fds();

	snprintf(d.host->settings.rules_file, SETTINGS_PATH_SIZE, "/r/rules");
	assert_int_equal(start(&d, "a : hold\n"), 0);
	check_bool("has rules", d.engine->orders.has_rules, true);
	check_bool("of it", engine_holds(d.engine, span_str("a")), true);
	check_bool("of it", engine_holds(d.engine, span_str("b")), false);
	orders_free(&d.engine->orders);
	end(&d);
	assert_int_equal(start(&d, NULL), 0);
	check_bool("has none", d.engine->orders.has_rules, false);
	check_bool("none", engine_holds(d.engine, span_str("a")), false);
	end(&d);
	capture_start(&d.capture, STDERR_FILENO);
	assert_int_equal(start(&d, "a : pass\nb : what\n"), EX_CONFIG);
	check_part("why", capture_stop(&d.capture, d.log), "/r/rules:2: ");
	check_bool("has none", d.engine->orders.has_rules, false);
	end(&d);
	assert_int_equal(own_fds(), before);
}

/* Who knows it could make texts share a hash. */
static void
no_two_engines_share_a_key(void **state)
{
	struct desk a = {.host = *state}, b = {.host = *state};
	struct hash_key key;

	assert_int_equal(start(&a, "a : hold\n"), 0);
	assert_int_equal(start(&b, "a : hold\n"), 0);
	key = a.engine->hash_key;
	assert_memory_not_equal(&key, &b.engine->hash_key, sizeof(key));
	assert_int_not_equal(key.k[0], b.engine->hash_key.k[0]);
	assert_int_not_equal(key.k[1], b.engine->hash_key.k[1]);
	assert_memory_equal(
	    &key, &a.engine->orders.rules.hash_key, sizeof(key));
	make_parts(a.engine);
	reload(&a, "", "b : hold\n");
	check_part("read", a.log, "read again");
	assert_memory_equal(&key, &a.engine->hash_key, sizeof(key));
	assert_memory_equal(
	    &key, &a.engine->orders.rules.hash_key, sizeof(key));
	free_parts(a.engine);
	orders_free(&b.engine->orders);
	end(&a);
	end(&b);
}

static const struct {
	const char *settings;
	const char *rules;
	const char *log;
} reloads[] = {
    {"max_connections = 5\n", "a sender=@a.test,b@c.test : hold\n",
	"read again"},
    {"x = y\n", "a : hold\n", "test.conf:1: "},
    {"", "a sender=file:/etc/passwd : pass\nb : what\n", ":"},
    {"", "a sender=file:/no/list : pass\n", "No such file"},
    {"", "a : window 08:00-09:00 tz=Europe/Amsterdam\nb : hold\n",
	"read again"},
    {"", "a : window 08:00-09:00 tz=Europe/Amsterdam\nb : what\n", ":2: "},
    {"", "a : window 08:00-09:00 tz=Mars/Olympus\n", ":1: tz="},
    {NULL, "a sasl_username=*x*,?y : delay 1h reason=\"x\"\n", "read again"},
    {NULL, NULL, "read again"},
    {"", NULL, "read again"},
};

static void
a_thousand_reloads_leave_nothing_behind(void **state)
{
	struct desk d = {.host = *state};
	int before;

	if (access(ZONE_FILE, R_OK) < 0)
		skip();
	assert_int_equal(start(&d, "a : hold\n"), 0);
	make_parts(d.engine);
	before = own_fds();
	for (size_t i = 0; i < 1000; i++) {
		size_t n = i % COUNT_OF(reloads);

		reload(&d, reloads[n].settings, reloads[n].rules);
		check_part(reloads[n].log, d.log, reloads[n].log);
	}
	assert_int_equal(own_fds(), before);
	free_parts(d.engine);
	end(&d);
}

static void
a_reload_makes_all_be_judged_anew(void **state)
{
	struct desk d = {.host = *state};
	struct clock_now now = clock_read();
	struct sweep_command command;

	assert_int_equal(start(&d, "a : hold\n"), 0);
	make_parts(d.engine);
	check_bool("walk", sweep_next(&d.engine->sweep, &now, &command), true);
	sweep_end(&d.engine->sweep, SWEEP_LIST, true, &now);
	now.mono_ns += CLOCK_NS_PER_S;
	reload(&d, "", "a : what\n");
	check_bool(
	    "wrong", sweep_next(&d.engine->sweep, &now, &command), false);
	reload(&d, NULL, NULL);
	check_bool("right", sweep_next(&d.engine->sweep, &now, &command), true);
	check_int("a walk", command.verb, SWEEP_LIST);
	free_parts(d.engine);
	end(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    HOST(the_start_reads_rules_or_says_why_not),
	    HOST(no_two_engines_share_a_key),
	    HOST(a_thousand_reloads_leave_nothing_behind),
	    HOST(a_reload_makes_all_be_judged_anew),
	};

	return cmocka_run_group_tests_name("engine_orders", tests, NULL, NULL);
}

/* SPDX-License-Identifier: ISC */
/*
 * An engine that only looks: what it prints, and that nothing leaves.
 */
#include "tests/unit/engine_support.h"

struct sight {
	struct capture capture;
	char printed[CAPTURE_SIZE];
};

/* What it prints is kept. */
static void
open_look(struct host *h, struct sight *sight, const char *rules)
{
	h->options.looks = true;
	snprintf(h->settings.rules_file, SETTINGS_PATH_SIZE, "/r/rules");
	h->options.rules = host_file(h, rules);
	capture_start(&sight->capture, STDOUT_FILENO);
	host_open(h);
}

/* It ends by itself, has asked for no kick, and printed this. */
static void
look_ends(struct host *h, struct sight *sight, const char *row, int code,
    const char *want)
{
	char message[HOST_TEXT_MAX];
	int fds[WIRE_FDS_MAX];
	size_t n_fds;
	ssize_t n;

	for (;;) {
		host_wait(h, row);
		n = wire_receive(h->channel, message, fds, &n_fds);
		if (n <= 0)
			break;
		check_span(row, span_of(message, (size_t)n), span_str("A"));
	}
	capture_stop(&sight->capture, sight->printed);
	host_ends(h, row, code);
	check_string(row, sight->printed, want);
	check_int(row, h->kicks, 0);
}

/* All that it logged; it has ended. */
static const char *
whole_log(struct host *h)
{
	ssize_t n;

	while ((n = read(h->log_fd, h->log_text + h->log_used,
		    HOST_TEXT_MAX - 1 - h->log_used)) > 0)
		h->log_used += (size_t)n;
	h->log_text[h->log_used] = '\0';
	return h->log_text;
}

static const struct {
	const char *id;
	const char *rule; /* NULL: it has a date that is due */
} mails[] = {
    {"AAAAAA11111", "freeze"},
    {"BBBBBB22222", NULL},
    {"CCCCCC33333", "stays"},
    {"DDDDDD44444", "gone"},
    {"EEEEEE55555", "freeze"},
    {"FFFFFF66666", "was-a-delay"},
};

#define ALL_IDS                                                                \
	"AAAAAA11111\nBBBBBB22222\nCCCCCC33333\nDDDDDD44444\nEEEEEE55555\n"    \
	"FFFFFF66666\n"

static void
list_mails(struct host *h)
{
	struct script *text = calloc(1, sizeof(*text));

	assert_non_null(text);
	host_expect(h, "walk", "L");
	for (size_t i = 0; i < COUNT_OF(mails); i++)
		script_add(text, listing_of(mails[i].id, PAST_S));
	host_serve(h, 'L', text->text, "");
	free(text);
}

static void
read_mails(struct host *h)
{
	struct script *text = calloc(1, sizeof(*text));

	assert_non_null(text);
	host_expect(h, "read", "R" ALL_IDS);
	for (size_t i = 0; i < COUNT_OF(mails); i++)
		script_add(text,
		    mails[i].rule != NULL
			? frozen_file_of(mails[i].id, PAST_S, mails[i].rule)
			: file_of(mails[i].id, PAST_S, PAST_S + 60));
	host_serve(h, 'R', text->text, "");
	free(text);
}

#define STAYS_RULES "stays : hold\nwas-a-delay : delay 1h\n"
#define TOLD                                                                   \
	"rule freeze gone: 2 messages will be released\n"                      \
	"rule gone gone: 1 message will be released\n"                         \
	"rule was-a-delay gone: 1 message will be released\n"

static void
it_tells_of_rules_that_are_gone(void **state)
{
	struct host *h = *state;
	struct sight sight;

	open_look(h, &sight, STAYS_RULES);
	list_mails(h);
	read_mails(h);
	look_ends(h, &sight, "looked", EX_OK, TOLD);
	check_string("nothing else", whole_log(h), "");
}

static void
without_rules_all_are_gone(void **state)
{
	struct host *h = *state;
	struct sight sight;

	open_look(h, &sight, NULL);
	list_mails(h);
	read_mails(h);
	look_ends(h, &sight, "looked", EX_OK,
	    "rule freeze gone: 2 messages will be released\n"
	    "rule stays gone: 1 message will be released\n"
	    "rule gone gone: 1 message will be released\n"
	    "rule was-a-delay gone: 1 message will be released\n");
}

static void
an_empty_queue_has_nothing_to_tell(void **state)
{
	struct host *h = *state;
	struct sight sight;

	open_look(h, &sight, STAYS_RULES);
	host_expect(h, "walk", "L");
	host_serve(h, 'L', "", "");
	look_ends(h, &sight, "looked", EX_OK, "");
	check_string("nothing else", whole_log(h), "");
}

/* It is nobody's business here. */
static void
foreign_mail_is_not_told(void **state)
{
	struct host *h = *state;
	struct sight sight;

	open_look(h, &sight, STAYS_RULES);
	host_expect(h, "walk", "L");
	host_serve(h, 'L', listing_of("ABCDEF12345", PAST_S), "");
	host_expect(h, "read", "RABCDEF12345\n");
	host_serve(h, 'R', file_of("ABCDEF12345", PAST_S, PAST_S - 1), "");
	look_ends(h, &sight, "looked", EX_OK, "");
	check_string("nothing else", whole_log(h), "");
}

static void
a_file_that_cannot_be_read_is_not_waited_for(void **state)
{
	struct host *h = *state;
	struct sight sight;

	open_look(h, &sight, STAYS_RULES);
	host_expect(h, "walk", "L");
	host_serve(h, 'L', listing_of("ABCDEF12345", PAST_S), "");
	for (int i = 0; i < 2; i++) {
		host_expect(h, "read", "RABCDEF12345\n");
		host_start(h, 'R');
		host_print(h->err, span_str("postcat: fatal: no\n"));
		host_expect(h, "its end", "E");
		host_end(h, 'R', 128 + SIGKILL);
	}
	look_ends(h, &sight, "looked", EX_OK, "");
}

static void
it_does_not_look_for_ever(void **state)
{
	struct host *h = *state;
	struct sight sight;

	open_look(h, &sight, STAYS_RULES);
	host_expect(h, "walk", "L");
	host_start(h, 'L');
	host_print(h->err, span_str("postqueue: fatal: no\n"));
	host_end(h, 'L', 69);
	look_ends(h, &sight, "the walk failed", EX_UNAVAILABLE, "");
	check_part(
	    "told", whole_log(h), "postqueue -j failed: postqueue: fatal: no");
}

static void
it_ends_when_nothing_can_be_run(void **state)
{
	struct host *h = *state;
	struct sight sight;

	open_look(h, &sight, STAYS_RULES);
	host_expect(h, "walk", "L");
	host_send(h, "FL11", NULL, 0);
	look_ends(h, &sight, "no walk", EX_UNAVAILABLE, "");
}

static void
it_ends_when_nothing_can_be_read(void **state)
{
	struct host *h = *state;
	struct sight sight;

	open_look(h, &sight, STAYS_RULES);
	list_mails(h);
	host_expect(h, "read", "R" ALL_IDS);
	host_end(h, 'R', 127);
	look_ends(h, &sight, "no read", EX_UNAVAILABLE, "");
}

static void
a_look_that_is_stopped_has_not_looked(void **state)
{
	struct host *h = *state;
	struct sight sight;

	open_look(h, &sight, STAYS_RULES);
	host_expect(h, "walk", "L");
	host_send(h, "T", NULL, 0);
	look_ends(h, &sight, "stopped", EX_TEMPFAIL, "");
}

static void
wrong_rules_are_not_looked_by(void **state)
{
	struct host *h = *state;
	struct sight sight;

	open_look(h, &sight, "a : pass\nb : what\n");
	look_ends(h, &sight, "wrong", EX_CONFIG, "");
	check_part("told", whole_log(h), "error: /r/rules:2: ");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    HOST(it_tells_of_rules_that_are_gone),
	    HOST(without_rules_all_are_gone),
	    HOST(an_empty_queue_has_nothing_to_tell),
	    HOST(foreign_mail_is_not_told),
	    HOST(a_file_that_cannot_be_read_is_not_waited_for),
	    HOST(it_does_not_look_for_ever),
	    HOST(it_ends_when_nothing_can_be_run),
	    HOST(it_ends_when_nothing_can_be_read),
	    HOST(a_look_that_is_stopped_has_not_looked),
	    HOST(wrong_rules_are_not_looked_by),
	};

	return cmocka_run_group_tests_name("engine_look", tests, NULL, NULL);
}

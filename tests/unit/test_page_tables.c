/* SPDX-License-Identifier: ISC */
#include "tests/unit/page_support.h"

/* --- Rules --- */

static void
rules_that_have_something_to_tell(void **state)
{
	struct scene scene = new_scene();
	const char *page = page_of("none", &scene);

	(void)state;
	check_part("no file", page, "No file of rules is set.");
	scene.s->has_rules = 1;
	add_rule(scene.s, "undo", "delay", 1200, 3);
	add_rule(scene.s, "quiet", "delay", 0, 0);
	add_rule(scene.s, "old", "hold", 0, 1);
	add_rule(scene.s, "spam", "reject", 1, 0);
	scene.s->waiting_own = 1001;
	scene.s->waiting_by_hand = 1002;
	scene.s->waiting_other = 1003;
	page = page_of("some", &scene);
	check_no_part("a file", page, "No file of rules");
	check_part("a row", page,
	    "<tr><th scope=\"row\"><bdi>undo</bdi></th><td>delay</td>"
	    "<td>1,200</td><td>3</td></tr>");
	check_part("no hits", page,
	    "<bdi>old</bdi></th><td>hold</td>"
	    "<td>0</td><td>1</td>");
	check_part("none on hold", page,
	    "<bdi>spam</bdi></th><td>reject</td>"
	    "<td>1</td><td>0</td>");
	check_no_part("folded", page, "quiet");
	check_part("folded", page, "<p class=\"soft\">1 more rule has no hits");
	check_part("senders", page,
	    "(sender)</th><td>&#8211;</td><td>&#8211;</td><td>1,001</td>");
	check_part("by hand", page,
	    "(administrator)</th><td>&#8211;</td><td>&#8211;</td>"
	    "<td>1,002</td>");
	check_part("others", page,
	    "(other)</th><td>&#8211;</td><td>&#8211;</td><td>1,003</td>");
	add_rule(scene.s, "silent", "delay", 0, 0);
	scene.s->other_rules = 5;
	page = page_of("more", &scene);
	check_part("two are folded", page, "2 more rules have no hits");
	check_part("not counted", page,
	    "5 more rules of the file are not counted by name.");
	free_scene(&scene);
}

/* --- The next messages --- */

static void
messages_by_due_time(void **state)
{
	struct scene scene = new_scene();
	struct snapshot_message *m;
	const char *page;

	(void)state;
	scene.s->survey.waiting = 5;
	m = add_next(scene.s, "8D3BDA76026", SNAPSHOT_NOW - 58);
	set_text(m->sender, SNAPSHOT_TEXT_SIZE, "ann@corp.test");
	set_text(m->subject, SNAPSHOT_TEXT_SIZE, "tea");
	m->has_texts = 1;
	m = add_next(scene.s, "8D3BDA76027", SNAPSHOT_NOW + 2);
	set_text(m->rule, SNAPSHOT_RULE_SIZE, "undo");
	m = add_next(scene.s, "8D3BDA76028", SNAPSHOT_NOW + 62);
	set_text(m->rule, SNAPSHOT_RULE_SIZE, "undo");
	m->by_hand = 1;
	page = page_of("three", &scene);
	check_part("overdue", page,
	    "<tr><th scope=\"row\">8D3BDA76026</th>"
	    "<td><time datetime=\"2026-11-22T06:59:02Z\">2026-11-22 06:59:02"
	    "</time></td><td class=\"late\">overdue by 1" NB "min</td>"
	    "<td><time datetime=\"2026-11-22T06:00:00Z\">2026-11-22 06:00:00"
	    "</time></td><td>1000" NB "bytes</td>"
	    "<td class=\"text\">its sender</td></tr>");
	check_part("this second", page, "<td>now</td>");
	check_part("a rule", page, "<td class=\"text\"><bdi>undo</bdi></td>");
	check_part("ahead", page, "<td>in 1" NB "min</td>");
	check_part("by hand", page, "<td class=\"text\">an administrator</td>");
	check_part("others", page, "2 more messages wait.");
	check_no_part("texts are not shown", page, "ann@");
	check_no_part("texts are not shown", page, "tea");
	check_no_part("texts are not shown", page, "Subject");
	scene.s->survey.waiting = 3;
	check_no_part("no others", page_of("no others", &scene), "wait.");
	scene.s->survey.waiting = 2;
	page = page_of("fewer", &scene);
	check_no_part("fewer", page, "more message");
	free_scene(&scene);
}

static void
messages_with_their_texts(void **state)
{
	struct scene scene = new_scene();
	struct snapshot_message *m =
	    add_next(scene.s, "8D3BDA76026", SNAPSHOT_NOW);
	const char *page;

	(void)state;
	scene.s->shows_texts = 1;
	page = page_of("not read", &scene);
	check_part("heads", page,
	    "<th scope=\"col\">Sender</th><th scope=\"col\">Recipient</th>"
	    "<th scope=\"col\">Subject</th></tr>");
	check_part("not read", page,
	    "<td class=\"text\" colspan=\"3\">not read yet</td></tr>");
	m->has_texts = 1;
	page = page_of("empty", &scene);
	check_part("empty", page,
	    "<td class=\"text\">&lt;&gt;</td><td class=\"text\">&#8211;</td>"
	    "<td class=\"text\">&#8211;</td></tr>");
	set_text(m->sender, SNAPSHOT_TEXT_SIZE, "a@x");
	set_text(m->recipient, SNAPSHOT_TEXT_SIZE, "b@y");
	set_text(m->subject, SNAPSHOT_TEXT_SIZE, "tea");
	check_part("texts", page_of("texts", &scene),
	    "<td class=\"text\"><bdi>a@x</bdi></td>"
	    "<td class=\"text\"><bdi>b@y</bdi></td>"
	    "<td class=\"text\"><bdi>tea</bdi></td></tr>");
	m->recipients = 3;
	check_part("more", page_of("more", &scene),
	    "<bdi>b@y</bdi> <span class=\"soft\">+2 more</span></td>");
	free_scene(&scene);
}

/* --- Strangers --- */

static void
set_everywhere(struct scene *scene, const char *text)
{
	struct snapshot *s = scene->s;
	struct snapshot_message *m = add_next(s, "8D3BDA76026", SNAPSHOT_NOW);

	s->paused = 1;
	s->has_rules = s->shows_texts = m->has_texts = 1;
	set_text(s->paused_reason, SNAPSHOT_REASON_SIZE, text);
	add_rule(s, text, "", 1, 1);
	set_text(s->rule[0].action, SNAPSHOT_ACTION_SIZE, "<script>\xFF\"'");
	set_text(m->rule, SNAPSHOT_RULE_SIZE, text);
	set_text(m->sender, SNAPSHOT_TEXT_SIZE, text);
	set_text(m->recipient, SNAPSHOT_TEXT_SIZE, text);
	set_text(m->subject, SNAPSHOT_TEXT_SIZE, text);
	add_finding(scene, HEALTH_PAUSED, text);
	scene->view.hdrcheck.answers = false;
	scene->view.hdrcheck.wrong = text;
	scene->view.hdrcheck.listens = text;
}

static void
hostile_texts_everywhere(void **state)
{
	static const struct {
		const char *row;
		const char *text;
		const char *want;
	} rows[] = {
	    {"a script", "<script>alert(1)</script>",
		"<bdi>&lt;script&gt;alert(1)&lt;/script&gt;</bdi>"},
	    {"an end of all", "</bdi></table></main></style>",
		"<bdi>&lt;/bdi&gt;&lt;/table&gt;"},
	    {"an attribute", "\" onload='alert(1)'",
		"<bdi>&#34; onload=&#39;alert(1)&#39;</bdi>"},
	    {"a comment", "<!-- -->", "<bdi>&lt;!-- --&gt;</bdi>"},
	    {"an entity", "&#60;b&#62;", "<bdi>&amp;#60;b&amp;#62;</bdi>"},
	    {"turned around",
		"\xE2\x80\xAE"
		"fdp.exe",
		"<bdi>\xEF\xBF\xBD"
		"fdp.exe</bdi>"},
	    {"broken UTF-8", "\xC3<b>", "<bdi>\xEF\xBF\xBD&lt;b&gt;</bdi>"},
	    {"an end of line", "a\r\nb", "<bdi>a  b</bdi>"},
	    {"a format", "%s%n", "<bdi>%s%n</bdi>"},
	};
	enum { PLACES = 9 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct scene scene = new_scene();
		const char *page;

		set_everywhere(&scene, rows[i].text);
		page = page_of(rows[i].row, &scene);
		check_int(rows[i].row, (int64_t)count_parts(page, rows[i].want),
		    PLACES);
		check_no_part(rows[i].row, page, "<script");
		free_scene(&scene);
	}
}

/* --- Daemons --- */

static void
what_the_daemons_did(void **state)
{
	struct scene scene = new_scene();
	struct snapshot *s = scene.s;
	const char *page;

	(void)state;
	for (int i = 0; i < COUNT_KINDS; i++)
		scene.view.hdrcheck.counts.n[i] = (uint64_t)(2000 + i);
	s->walks = 10;
	s->walks_failed = 2;
	s->commands[SWEEP_LIST] = 12;
	s->commands[SWEEP_READ] = 30;
	s->commands_failed[SWEEP_LIST] = 3;
	s->answers[SNAPSHOT_DUNNO] = 4;
	s->answers[SNAPSHOT_POSTPONED] = 5;
	s->headers_read = 77;
	scene.view.web_requests = 88;
	page = page_of("all", &scene);
	check_part("lookups", page, "<dt>Lookups</dt><dd>2,000</dd>");
	check_part("held", page, "<dt>answered HOLD</dt><dd>2,001</dd>");
	check_part("due", page, "<dt>answered DUNNO, as due</dt><dd>2,002");
	check_part("refused", page, "<dt>answered REJECT</dt><dd>2,003</dd>");
	check_part("others", page, "<dt>of other headers</dt><dd>2,004</dd>");
	check_part("malformed", page, "<dt>Malformed requests</dt><dd>2,005");
	check_part("connections", page, "<dt>Connections</dt><dd>2,006</dd>");
	check_part("open", page, "<dt>open now</dt><dd>2,007</dd>");
	check_part("walks", page,
	    "<dt>Walks of the queue</dt><dd>12, and 2 failed</dd>");
	check_part("commands", page,
	    "<dt>Commands of Postfix</dt><dd>42, and 3 failed</dd>");
	check_part("requests", page, "<dt>Policy requests</dt><dd>9</dd>");
	check_part("no rule", page, "<dt>answered without a rule</dt><dd>4<");
	check_part("postponed", page, "<dt>postponed</dt><dd>5</dd>");
	check_no_part("none of that kind", page, "<dt>rejected</dt>");
	check_part("headers", page, "<dt>Headers read</dt><dd>77</dd>");
	check_part("asked for", page, "asked for</dt><dd>88</dd>");
	check_part("since", page,
	    "<dt>Runs since</dt><dd><time datetime=\"2026-11-21T07:00:00Z\">"
	    "2026-11-21 07:00:00</time> (1" NB "d ago)</dd>");
	check_part("taken", page,
	    "<dt>These figures were taken</dt><dd>"
	    "<time datetime=\"2026-11-22T07:00:00Z\">2026-11-22 07:00:00"
	    "</time> (2" NB "s ago)</dd>");
	check_part("cost", page, "<dt>It took</dt><dd>12" NB "ms</dd>");
	check_part("Postfix", page, "<dt>Postfix</dt><dd>runs</dd>");
	free_scene(&scene);
}

static void
daemons_that_are_not_well(void **state)
{
	struct scene scene = new_scene();
	const char *page;

	(void)state;
	scene.view.hdrcheck.answers = false;
	check_part("what it said last", page_of("silent", &scene),
	    "<dt>Answers</dt><dd>no</dd></div>\n<div><dt>Lookups</dt>");
	check_no_part(
	    "which was not now", page_of("silent", &scene), "open now");
	scene.view.hdrcheck = (struct view_hdrcheck){
	    .listens = "unix:/s", .wrong = "Connection refused"};
	scene.s->walk_ok = 0;
	scene.s->postfix_down = 1;
	scene.s->inotify = 0;
	page = page_of("not well", &scene);
	check_part("hdrcheck", page, "no: <bdi>Connection refused</bdi>");
	check_no_part("it told nothing", page, "<dt>Lookups</dt>");
	check_part("a walk", page, "12" NB "ms, and failed</dd>");
	check_part("Postfix", page, "<dd>does not run</dd>");
	check_part("news", page, "<dd>only by walks</dd>");
	scene.view.hdrcheck.listens = "";
	scene.s->walk_at_s = 0;
	page = page_of("nothing yet", &scene);
	check_part("hdrcheck", page, "<dt>Listens on</dt><dd>nothing</dd>");
	check_no_part("no walk", page, "The last one ended");
	free_scene(&scene);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rules_that_have_something_to_tell),
	    cmocka_unit_test(messages_by_due_time),
	    cmocka_unit_test(messages_with_their_texts),
	    cmocka_unit_test(hostile_texts_everywhere),
	    cmocka_unit_test(what_the_daemons_did),
	    cmocka_unit_test(daemons_that_are_not_well),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

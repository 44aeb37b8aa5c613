/* SPDX-License-Identifier: ISC */
/*
 * The child's part: reads what commands and daemons say, and diagnoses.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "hdrcheck/daemon.h"
#include "policyd/ctl/ask.h"
#include "policyd/ctl/check_asked.h"
#include "policyd/ctl/check_headers.h"
#include "policyd/ctl/check_mail.h"
#include "policyd/ctl/check_postfix.h"
#include "policyd/ctl/check_private.h"
#include "policyd/ctl/check_shadow.h"
#include "policyd/ctl/members.h"

enum {
	POLICY_WAIT_MS = 5000,
	STRING_MAX = 256, /* bytes of a version */
};

struct answer {
	char *out;
	size_t size;
};

/* Keeps the first line, or what fits of it. */
static bool
take_answer(void *ctx, struct buf *in)
{
	struct answer *a = ctx;
	struct span rest = buf_span(in), line = buf_span(in);

	span_cut(&rest, '\n', &line);
	line = span_trim(line);
	if (line.len >= a->size)
		line.len = a->size - 1;
	if (memchr(line.data, '\0', line.len) == NULL)
		span_to_string(line, a->out, a->size);
	return true;
}

/* Where nobody answers, Postfix's client would try again for a while. */
static void
run_lookups(struct check_run *run, struct hands *hands)
{
	bool answers = run->hdrcheck_runs && !run->hdrcheck.elsewhere;

	for (size_t i = 0; i < run->lookups.n; i++) {
		struct check_lookup *l = &run->lookups.lookup[i];
		struct answer a = {.out = l->answer, .size = sizeof(l->answer)};
		struct span errors;

		if (l->kind != LOOKUP_RECEIVED && !answers)
			continue;
		hands_look_up(hands, i, take_answer, &a);
		errors = hands_errors(hands);
		if (errors.len >= sizeof(l->errors))
			errors.len = sizeof(l->errors) - 1;
		span_to_string(errors, l->errors, sizeof(l->errors));
	}
}

static void
diagnose_files(struct check_run *run)
{
	const struct check_site *site = &run->site;
	const struct files_context *files = &run->files;
	const struct check_target *h = &run->hdrcheck, *p = &run->policy;

	check_user(site, files);
	run->hdrcheck_runs = h->elsewhere ||
	    (sock_path(&h->address) != NULL
		    ? check_socket(site, CHECK_HDRCHECK, &h->files, files)
		    : check_address(site, CHECK_HDRCHECK, h->address.text,
			  h->files.connected));
	run->policyd_runs = check_control(site, &run->control.files);
	if ((run->rules || run->policy_asked) && run->policyd_runs &&
	    !p->elsewhere) {
		if (sock_path(&p->address) != NULL)
			check_socket(site, CHECK_POLICYD, &p->files, files);
		else
			check_address(site, CHECK_POLICYD, p->address.text,
			    p->files.connected);
	}
	check_state_folder(site, &run->state_folder, files);
}

static void
diagnose_postfix(struct check_run *run, struct hands *hands)
{
	struct finding *f;

	if (hands_command(hands, HANDS_RUNS, NULL, 0, NULL, NULL) == 0) {
		findings_say_fine(
		    &run->findings, "Postfix %s runs", run->version);
	} else {
		f = finding_add(&run->findings, FINDING_POSTFIX_DOWN);
		finding_say(f, "Postfix does not run: no mail moves");
		mend_postfix(f, &run->site, "postfix", "start");
	}
	check_postfix(&run->site);
	check_inline_tables(&run->site, &run->entries);
	check_lifetimes(&run->site, &run->postconf.facts);
}

/* A request as smtpd makes it, of nobody: rules with conditions let it pass. */
static void
ask_policy(struct check_run *run)
{
	static const char request[] = "request=smtpd_access_policy\n"
				      "protocol_state=RCPT\n"
				      "protocol_name=ESMTP\n"
				      "instance=policyctl.check\n\n";
	struct remote remote;
	struct span line;
	struct finding *f;

	remote_open(&remote, run->policy.fd);
	run->policy.fd = -1;
	run->policy_answers = !run->policy.elsewhere &&
	    remote_send(&remote, span_str(request), POLICY_WAIT_MS) &&
	    remote_next(&remote, POLICY_WAIT_MS, &line) == REMOTE_LINE &&
	    span_starts_with(line, "action=");
	if (run->policy_answers) {
		findings_say_fine(&run->findings, "policy request to %s: %.*s",
		    run->policy.address.text, (int)line.len, line.data);
	} else if (!run->policy.elsewhere) {
		f = finding_add(&run->findings, FINDING_POLICY_SILENT);
		finding_say(f,
		    "policyd does not answer a policy request on %s: smtpd "
		    "waits, or does what its default_action says",
		    run->policy.address.text);
		mend_restart(f, &run->site, CHECK_POLICYD);
	}
	remote_close(&remote);
}

static void
compare_version(struct check_run *run, const struct members *status)
{
	struct span version = {"", 0};
	struct finding *f;
	struct buf room;

	buf_init(&room, STRING_MAX);
	if (members_string(status, "version", &room, &version) &&
	    !span_equal_str(version, DELIVER_AT_VERSION)) {
		f = finding_add(&run->findings, FINDING_VERSION);
		finding_say(f, "policyd is version ");
		finding_say_span(f, version);
		finding_say(f,
		    ", policyctl is " DELIVER_AT_VERSION
		    ": was it not restarted?");
		mend_restart(f, &run->site, CHECK_POLICYD);
	}
	buf_free(&room);
}

static void
compare_rules(struct check_run *run, const struct members *status,
    const struct rules *rules)
{
	uint64_t n;
	struct finding *f;

	if (!members_number(status, "rules", &n) ||
	    n == (rules != NULL ? rules->n : 0))
		return;
	f = finding_add(&run->findings, FINDING_RULES_STALE);
	finding_say(f,
	    "policyd goes by %llu rules, but %s has %zu: they were not read "
	    "again",
	    (unsigned long long)n,
	    run->rules ? run->settings->rules_file : run->settings->file,
	    rules != NULL ? rules->n : (size_t)0);
	mend_policyctl(f, &run->site, "reload");
}

/* What the engine says of itself. rules: of the file, NULL: there are none. */
static void
diagnose_engine(
    struct check_run *run, struct hands *hands, const struct rules *rules)
{
	char error[REMOTE_ERROR_SIZE];
	struct members status;
	struct remote remote;
	struct span answer;

	if (ask_connect_quietly(hands, &remote) < 0)
		return;
	if (remote_ask(&remote, span_str("status\n"), REMOTE_ANSWER_MS, &answer,
		error) &&
	    members_parse(answer, &status)) {
		compare_version(run, &status);
		if (rules != NULL || !run->rules)
			compare_rules(run, &status, rules);
		findings_say_fine(
		    &run->findings, "policyd answers on its control socket");
	}
	remote_close(&remote);
}

/* False: there are none that could be read. */
static bool
read_rules(struct check_run *run, struct hands *hands, struct rules *rules)
{
	const char *file = run->settings->rules_file;
	struct hash_key key = {0};
	char error[RULE_ERROR_SIZE];
	struct finding *f;
	bool ok = false;
	int fd;

	fd = hands_open_rules(hands);
	if (fd < 0)
		snprintf(error, sizeof(error), "%s: %s", file, strerror(errno));
	else
		ok = rule_file_read(
		    rules, fd, file, run->settings, &key, run->now_s, error);
	if (fd >= 0)
		close(fd);
	if (ok)
		return true;
	f = finding_add(&run->findings, FINDING_RULES_WRONG);
	finding_say(f,
	    "%s: policyd keeps its former rules, and does not start with "
	    "these",
	    error);
	mend_edit(f, span_str(file));
	mend_policyctl(f, &run->site, "reload");
	return false;
}

static void
diagnose_rules(struct check_run *run, struct hands *hands)
{
	struct rules rules;
	bool has = run->rules && read_rules(run, hands, &rules);

	diagnose_engine(run, hands, has ? &rules : NULL);
	if (run->rules)
		check_asked(&run->site, &run->entries, run->policy_answers);
	if (!has)
		return;
	check_shadow(&run->site, &rules);
	findings_say_fine(&run->findings, "%s: %zu rule%s",
	    run->settings->rules_file, rules.n, rules.n == 1 ? "" : "s");
	rules_free(&rules);
}

static void
add_unread(struct check_run *run, const char *error)
{
	struct finding *f = finding_add(&run->findings, FINDING_QUEUE_UNREAD);

	finding_say(f, "what is on hold cannot be read: %s", error);
	mend_postfix(f, &run->site, "postqueue", "-p >/dev/null");
}

static bool
read_state(struct check_run *run, struct pause *pause)
{
	const char *folder = run->settings->state_directory;
	struct overrides overrides;
	char error[STATE_ERROR_SIZE];
	struct finding *f;
	struct span file;
	bool ok;

	overrides_init(&overrides);
	ok = state_read_pause(folder, pause, error) &&
	    state_read_overrides(folder, &overrides, error);
	overrides_free(&overrides);
	if (ok)
		return true;
	f = finding_add(&run->findings, FINDING_STATE_WRONG);
	finding_say(f, "%s: policyd does not start with that", error);
	file = span_head(span_str(error), strcspn(error, ":"));
	finding_mend(f, "mv ");
	finding_mend_word(f, file);
	finding_mend(f, " ");
	finding_mend_word(f, file);
	finding_mend(f, ".wrong");
	if (!run->policyd_runs)
		mend_start(f, &run->site, CHECK_POLICYD);
	return false;
}

static void
diagnose_mail(struct check_run *run, struct hands *hands)
{
	struct queue_options options = {
	    .settings = run->settings,
	    .postconf = &run->postconf,
	    .foreign = true,
	    .quiet = true,
	    .now_s = run->now_s,
	};
	char error[QUEUE_ERROR_SIZE];
	struct pause pause;
	struct queue q;

	if (!read_state(run, &pause))
		return;
	check_pause(&run->site, &pause);
	if (run->postconf.sets_zone)
		return;
	if (!queue_read(&q, hands, &options, error)) {
		add_unread(run, error);
		return;
	}
	check_mail(&run->site, &q, run->now_s, !run->policyd_runs);
	findings_say_fine(
	    &run->findings, "%zu message%s on hold", q.n, q.n == 1 ? "" : "s");
	queue_free(&q);
}

int
check_diagnose(struct hands *hands, void *ctx)
{
	struct check_run *run = ctx;

	diagnose_postfix(run, hands);
	diagnose_files(run);
	run_lookups(run, hands);
	lookups_judge(&run->lookups, &run->site,
	    !run->hdrcheck_runs || run->hdrcheck.elsewhere ||
		findings_have(&run->findings, FINDING_SOCKET_RIGHTS));
	check_headers(
	    &run->site, &run->entries, lookups_reached(&run->lookups));
	if (run->policy.fd >= 0 && (run->rules || run->policy_asked))
		ask_policy(run);
	diagnose_rules(run, hands);
	diagnose_mail(run, hands);
	return check_print(run);
}

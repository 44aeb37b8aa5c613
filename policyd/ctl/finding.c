/* SPDX-License-Identifier: ISC */
#include "policyd/ctl/finding.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

enum { PIECE_MAX = 1024 /* bytes of one formatted piece */ };

static const struct {
	const char *name;
	bool error;
} kinds[FINDING_KINDS] = {
    [FINDING_POSTFIX_UNKNOWN] = {"postfix-unknown", true},
    [FINDING_POSTFIX_OLD] = {"postfix-old", true},
    [FINDING_POSTFIX_DOWN] = {"postfix-down", true},
    [FINDING_INLINE_TABLES] = {"inline-tables", true},
    [FINDING_TIME_ZONE] = {"time-zone", true},
    [FINDING_SHORT_IDS] = {"short-ids", false},
    [FINDING_QUEUE_LIFE] = {"queue-life", false},
    [FINDING_DELAY_WARNING] = {"delay-warning", false},
    [FINDING_REQUEUE_COPIES] = {"requeue-copies", false},
    [FINDING_NOT_ASKED] = {"not-asked", true},
    [FINDING_SERVICE_NOT_ASKING] = {"service-not-asking", true},
    [FINDING_CHECKS_OFF] = {"checks-off", true},
    [FINDING_NOT_FIRST] = {"not-first", false},
    [FINDING_HIDDEN] = {"hidden", true},
    [FINDING_EVERY_HEADER] = {"every-header", false},
    [FINDING_LINE_GUARD] = {"line-guard", false},
    [FINDING_ATTACHED] = {"attached", true},
    [FINDING_RECEIVED_REMOVED] = {"received-removed", false},
    [FINDING_STRANGERS] = {"strangers", false},
    [FINDING_ELSEWHERE] = {"elsewhere", true},
    [FINDING_CHROOT] = {"chroot", true},
    [FINDING_LOOKUP] = {"lookup", true},
    [FINDING_RULES_NOT_ASKED] = {"rules-not-asked", true},
    [FINDING_RULES_NOT_HELD] = {"rules-not-held", true},
    [FINDING_RULES_BEHIND_PERMIT] = {"rules-behind-permit", true},
    [FINDING_RULES_BEFORE_REFUSAL] = {"rules-before-refusal", false},
    [FINDING_RULES_WRONG] = {"rules-wrong", true},
    [FINDING_RULE_NEVER] = {"rule-never", false},
    [FINDING_RULES_STALE] = {"rules-stale", false},
    [FINDING_NO_USER] = {"no-user", true},
    [FINDING_AS_ROOT] = {"as-root", false},
    [FINDING_FOLDER_MISSING] = {"folder-missing", true},
    [FINDING_FOLDER_RIGHTS] = {"folder-rights", false},
    [FINDING_NOT_A_SOCKET] = {"not-a-socket", true},
    [FINDING_SOCKET_RIGHTS] = {"socket-rights", true},
    [FINDING_HDRCHECK_DOWN] = {"hdrcheck-down", true},
    [FINDING_HDRCHECK_STALE] = {"hdrcheck-stale", false},
    [FINDING_POLICYD_DOWN] = {"policyd-down", true},
    [FINDING_POLICY_SILENT] = {"policy-silent", true},
    [FINDING_VERSION] = {"version", false},
    [FINDING_STATE_FOLDER] = {"state-folder", false},
    [FINDING_STATE_WRONG] = {"state-wrong", true},
    [FINDING_PAUSED] = {"paused", false},
    [FINDING_QUEUE_UNREAD] = {"queue-unread", false},
    [FINDING_OVERDUE] = {"overdue", true},
    [FINDING_UNREADABLE] = {"unreadable", true},
    [FINDING_FOREIGN] = {"foreign", false},
    [FINDING_BEYOND] = {"beyond", false},
    [FINDING_RULE_GONE] = {"rule-gone", false},
    [FINDING_CLOCK] = {"clock", true},
};

static void
finding_init(struct finding *f)
{
	buf_init(&f->text, FINDING_TEXT_MAX);
	buf_init(&f->mend, FINDING_MEND_MAX);
	f->cut = false;
}

static void
finding_free(struct finding *f)
{
	buf_free(&f->text);
	buf_free(&f->mend);
}

void
findings_init(struct findings *findings)
{
	for (size_t i = 0; i < FINDINGS_MAX; i++)
		finding_init(&findings->finding[i]);
	finding_init(&findings->spare);
	for (size_t i = 0; i < FINDINGS_FINE_MAX; i++)
		buf_init(&findings->fine[i], FINDING_TEXT_MAX);
	findings->n = findings->n_fine = 0;
}

void
findings_free(struct findings *findings)
{
	for (size_t i = 0; i < FINDINGS_MAX; i++)
		finding_free(&findings->finding[i]);
	finding_free(&findings->spare);
	for (size_t i = 0; i < FINDINGS_FINE_MAX; i++)
		buf_free(&findings->fine[i]);
}

const char *
finding_name(enum finding_kind kind)
{
	assert(kind < FINDING_KINDS);
	return kinds[kind].name;
}

bool
finding_is_error(enum finding_kind kind)
{
	assert(kind < FINDING_KINDS);
	return kinds[kind].error;
}

struct finding *
finding_add(struct findings *findings, enum finding_kind kind)
{
	struct finding *f = &findings->spare;

	if (findings->n < FINDINGS_MAX)
		f = &findings->finding[findings->n++];
	buf_clear(&f->text);
	buf_clear(&f->mend);
	f->cut = false;
	f->kind = kind;
	return f;
}

bool
findings_have(const struct findings *findings, enum finding_kind kind)
{
	for (size_t i = 0; i < findings->n; i++)
		if (findings->finding[i].kind == kind)
			return true;
	return false;
}

int
findings_exit_code(const struct findings *findings)
{
	int exit_code = 0;

	for (size_t i = 0; i < findings->n; i++) {
		int one = finding_is_error(findings->finding[i].kind) ? 2 : 1;

		if (one > exit_code)
			exit_code = one;
	}
	return exit_code;
}

/* Appends what fits; false when that is not all. */
static bool
append(struct buf *out, struct span piece)
{
	bool fits = piece.len <= buf_room(out);

	if (!fits)
		piece.len = buf_room(out);
	return buf_append(out, piece) && fits;
}

static bool append_format(struct buf *out, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

static bool
append_format(struct buf *out, const char *format, va_list args)
{
	char piece[PIECE_MAX];
	int n = vsnprintf(piece, sizeof(piece), format, args);
	bool fits = n >= 0 && (size_t)n < sizeof(piece);

	return append(out, span_str(n >= 0 ? piece : "")) && fits;
}

void
finding_say(struct finding *f, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	append_format(&f->text, format, args);
	va_end(args);
}

void
finding_say_span(struct finding *f, struct span text)
{
	append(&f->text, text);
}

void
finding_mend(struct finding *f, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (!append_format(&f->mend, format, args))
		f->cut = true;
	va_end(args);
}

static bool
is_plain(struct span word)
{
	for (size_t i = 0; i < word.len; i++)
		if (!ascii_is_alnum(word.data[i]) &&
		    memchr("_-./:=@,+", word.data[i], 9) == NULL)
			return false;
	return word.len > 0;
}

static void
append_mend(struct finding *f, struct span piece)
{
	if (!append(&f->mend, piece))
		f->cut = true;
}

void
finding_mend_word(struct finding *f, struct span word)
{
	struct span part;

	if (is_plain(word)) {
		append_mend(f, word);
		return;
	}
	append_mend(f, span_str("'"));
	while (span_cut(&word, '\'', &part)) {
		append_mend(f, part);
		append_mend(f, span_str("'\\''"));
	}
	append_mend(f, word);
	append_mend(f, span_str("'"));
}

struct span
finding_command(const struct finding *f)
{
	return f->cut ? span_of("", 0) : buf_span(&f->mend);
}

void
findings_say_fine(struct findings *findings, const char *format, ...)
{
	va_list args;

	if (findings->n_fine == FINDINGS_FINE_MAX)
		return;
	va_start(args, format);
	append_format(&findings->fine[findings->n_fine++], format, args);
	va_end(args);
}

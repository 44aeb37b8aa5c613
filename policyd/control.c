/* SPDX-License-Identifier: ISC */
#include "policyd/control.h"

#include <stdio.h>
#include <string.h>

/* The latest moment that is one. */
#define MOMENT_MAX ((uint64_t)OVERRIDE_NEVER - 1)

enum { DUE_SIZE = 32 };

static const char *const words[] = {
    [CONTROL_STATUS] = "status",
    [CONTROL_SWEEP] = "sweep",
    [CONTROL_RELOAD] = "reload",
    [CONTROL_PAUSE] = "pause",
    [CONTROL_RESUME] = "resume",
    [CONTROL_EVENTS] = "events",
    [CONTROL_FOLLOW] = "follow",
    [CONTROL_TAIL] = "tail",
    [CONTROL_RESCHEDULE] = "reschedule",
};

enum { N_WORDS = sizeof(words) / sizeof(words[0]) };

static bool
read_verb(struct span word, enum control_verb *verb)
{
	for (int i = 0; i < N_WORDS; i++) {
		if (span_equal_str(word, words[i])) {
			*verb = (enum control_verb)i;
			return true;
		}
	}
	return false;
}

static bool
read_moment(struct span word, int64_t *s)
{
	uint64_t value;

	if (span_equal_str(word, "now")) {
		*s = CONTROL_NOW;
		return true;
	}
	if (span_equal_str(word, "never")) {
		*s = OVERRIDE_NEVER;
		return true;
	}
	if (!span_to_u64(word, MOMENT_MAX, &value))
		return false;
	*s = (int64_t)value;
	return true;
}

/* What stands behind the verb of a first line, and how long the body is. */
static bool
read_arguments(
    struct span text, struct control_request *request, uint64_t *length)
{
	struct span due;

	switch (request->verb) {
	case CONTROL_PAUSE:
		return span_to_u64(text, CONTROL_REASON_MAX, length);
	case CONTROL_RESCHEDULE:
		return span_cut(&text, ' ', &due) &&
		    read_moment(due, &request->due_s) &&
		    span_to_u64(text, CONTROL_IDS_BYTES, length);
	case CONTROL_STATUS:
	case CONTROL_SWEEP:
	case CONTROL_RELOAD:
	case CONTROL_RESUME:
	case CONTROL_EVENTS:
	case CONTROL_FOLLOW:
	case CONTROL_TAIL:
		break;
	}
	return false;
}

static bool
read_first_line(
    struct span line, struct control_request *request, uint64_t *length)
{
	struct span rest = line, word;

	*length = 0;
	if (span_cut(&rest, ' ', &word))
		return read_verb(word, &request->verb) &&
		    read_arguments(rest, request, length);
	return read_verb(line, &request->verb) &&
	    request->verb != CONTROL_PAUSE &&
	    request->verb != CONTROL_RESCHEDULE;
}

enum control_result
control_decode(struct span in, struct control_request *request, size_t *used)
{
	struct span rest, line;
	uint64_t length;

	memset(request, 0, sizeof(*request));
	rest = span_head(
	    in, in.len < CONTROL_LINE_MAX ? in.len : CONTROL_LINE_MAX);
	if (!span_cut(&rest, '\n', &line))
		return in.len < CONTROL_LINE_MAX ? CONTROL_MORE : CONTROL_WRONG;
	if (!read_first_line(line, request, &length))
		return CONTROL_WRONG;
	rest = span_skip(in, line.len + 1);
	if (rest.len < length)
		return CONTROL_MORE;
	request->body = span_head(rest, (size_t)length);
	*used = line.len + 1 + (size_t)length;
	return CONTROL_DONE;
}

enum control_result
control_next_message(struct span *body, struct qid *id, int64_t *arrival_s)
{
	struct span rest = *body, line, word;
	uint64_t arrival;

	if (body->len == 0)
		return CONTROL_MORE;
	if (!span_cut(&rest, '\n', &line) || !span_cut(&line, ' ', &word) ||
	    !qid_parse(word, id) || !span_to_u64(line, MOMENT_MAX, &arrival))
		return CONTROL_WRONG;
	*arrival_s = (int64_t)arrival;
	*body = rest;
	return CONTROL_DONE;
}

/* Both or nothing. */
static bool
put(struct buf *out, const char *head, struct span body)
{
	size_t n = strlen(head);
	char *room = buf_reserve(out, n + body.len);

	if (room == NULL)
		return false;
	memcpy(room, head, n);
	if (body.len > 0)
		memcpy(room + n, body.data, body.len);
	buf_commit(out, n + body.len);
	return true;
}

bool
control_put(struct buf *out, enum control_verb verb)
{
	char line[CONTROL_LINE_MAX];

	snprintf(line, sizeof(line), "%s\n", words[verb]);
	return put(out, line, span_of("", 0));
}

bool
control_put_pause(struct buf *out, struct span reason)
{
	char line[CONTROL_LINE_MAX];

	snprintf(
	    line, sizeof(line), "%s %zu\n", words[CONTROL_PAUSE], reason.len);
	return put(out, line, reason);
}

bool
control_put_reschedule(struct buf *out, int64_t due_s, struct span body)
{
	char line[CONTROL_LINE_MAX], due[DUE_SIZE];

	if (due_s == CONTROL_NOW)
		snprintf(due, sizeof(due), "now");
	else if (due_s == OVERRIDE_NEVER)
		snprintf(due, sizeof(due), "never");
	else
		snprintf(due, sizeof(due), "%lld", (long long)due_s);
	snprintf(line, sizeof(line), "%s %s %zu\n", words[CONTROL_RESCHEDULE],
	    due, body.len);
	return put(out, line, body);
}

bool
control_put_message(struct buf *body, const struct qid *id, int64_t arrival_s)
{
	char line[CONTROL_LINE_MAX], text[QID_SIZE];

	qid_format(id, text);
	snprintf(line, sizeof(line), "%s %lld\n", text, (long long)arrival_s);
	return put(body, line, span_of("", 0));
}

/* SPDX-License-Identifier: ISC */
/*
 * million N - the scheduler with N messages on hold, without a Postfix
 *
 * Feeds it the listing and the headers that it asks for, as the engine does
 * with what the commands print, a read of a pipe at a time; each with what the
 * engine does behind that is a step. Prints lines "NAME VALUE":
 *
 *   anon_bytes        growth of RssAnon from the empty scheduler until all N
 *                     messages wait
 *   listing_bytes     what the listing of them is long
 *   learn_step_ns     the longest step until all wait
 *   walk_ns           the steps of a walk that brings nothing new, together
 *   walk_step_ns      the longest of them
 *   status_step_ns    the longest step of counting all for policyctl status
 *   reload_step_ns    the longest step behind a reload, up to the next walk
 *   release_step_ns   the longest step while all of it, due by now, leaves
 *   machine_step_ns   the longest while between two looks at the clock of a
 *                     loop that does nothing else, for as long as that walk
 *
 * A step is as long as this process had the processor for it: what others
 * take of the machine is none of its doing, and shows in machine_step_ns. Of
 * the walk, of which there are a few, each step counts as it was at its best.
 * What is generated costs time of no step.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "hdrcheck/base/clock.h"
#include "hdrcheck/settings.h"
#include "policyd/sched/sweep_entry.h"
#include "policyd/stream.h"

/* The moment of all of it: Sat, 21 Nov 2026 21:45:02 +0000. */
#define NOW_S   INT64_C(1795297502)
#define NOW     "Sat Nov 21 21:45:02 2026"
#define HOUR_NS (3600 * CLOCK_NS_PER_S)

enum {
	TEXT_SIZE = 4096, /* bytes of a line, or of a message's headers */
	LOGINS = 1000, /* who submitted it all */
	SPREAD_S = 36000, /* due within so long */
	AHEAD_S = 86400, /* from tomorrow on */
	DECIMAL = 10,
	STEPS_MAX = 65536, /* that are told apart; later ones are one */
	WALKS = 5,
	SLICE = 4096, /* entries of a survey, as the engine has it */
	NEWS = 1024, /* departures that are told at once */
};

struct world {
	struct settings settings;
	struct sweep sweep;
	struct stream_listing listing;
	struct stream_headers headers;
	struct clock_now now;
	uint32_t n;
	uint32_t listed; /* of the listing that runs */
	struct sweep_command command[SWEEP_VERBS];
	size_t told; /* ids of the read that runs */
	int64_t best_ns[STEPS_MAX]; /* of each step, of all rounds */
	size_t n_steps; /* of this round */
	size_t gone; /* ids of the release that runs */
	uint64_t bytes; /* of listings */
	struct buf text; /* that was not fed yet */
};

static void
on_event(void *ctx, const struct sweep_event *event)
{
	(void)ctx;
	(void)event;
}

/* Of enable_long_queue_ids: the time, then the inode behind a z. */
static void
put_id(char out[QID_SIZE], uint32_t i)
{
	snprintf(out, QID_SIZE, "4dDZ%06Xz%05X", i % 0x1000000, i / 3);
}

static void
put_listed(struct world *w, uint32_t i)
{
	char id[QID_SIZE], line[TEXT_SIZE];

	put_id(id, i);
	snprintf(line, sizeof(line),
	    "{\"queue_name\": \"hold\", \"queue_id\": \"%s\", "
	    "\"arrival_time\": %lld, \"message_size\": %u, "
	    "\"forced_expire\": false, "
	    "\"sender\": \"payroll%u@example.com\", \"recipients\": "
	    "[{\"address\": \"employee.%u@example.com\"}]}\n",
	    id, (long long)NOW_S, 40000 + i % 9973, i % LOGINS, i);
	buf_append(&w->text, span_str(line));
}

static uint32_t
number_of(const struct qid *id)
{
	char text[QID_SIZE], digits[7] = "";

	qid_format(id, text);
	memcpy(digits, text + 4, 6);
	return (uint32_t)strtoul(digits, NULL, 16);
}

static void
put_headers(struct world *w, const struct qid *of)
{
	char id[QID_SIZE], due[CLOCK_RFC5322_SIZE], text[TEXT_SIZE];
	uint32_t i = number_of(of);

	qid_format(of, id);
	clock_format_rfc5322(
	    NOW_S + AHEAD_S + (int64_t)i * 7919 % SPREAD_S, due);
	snprintf(text, sizeof(text),
	    "*** ENVELOPE RECORDS hold/%s ***\n"
	    "message_size: %15u %15u %15u %15u %15u %15u\n"
	    "message_arrival_time: " NOW "\n"
	    "create_time: " NOW "\n"
	    "named_attribute: sasl_username=payroll%u\n"
	    "sender: payroll%u@example.com\n"
	    "named_attribute: log_client_address=127.0.0.1\n"
	    "named_attribute: client_address=127.0.0.1\n"
	    "recipient: employee.%u@example.com\n"
	    "*** MESSAGE CONTENTS hold/%s ***\n"
	    "Received: from client.test (unknown [127.0.0.1])\n"
	    "\tby private.test (Postfix) with ESMTPSA id %s\n"
	    "\tfor <employee.%u@example.com>; " NOW "\n"
	    "X-Deliver-At: %s\n"
	    "From: payroll%u@example.com\n"
	    "Subject: your payslip\n"
	    "*** HEADER EXTRACTED hold/%s ***\n"
	    "*** MESSAGE FILE END hold/%s ***\n",
	    id, 40000 + i % 9973, 600u, 1u, 0u, 40000 + i % 9973, 0u,
	    i % LOGINS, i % LOGINS, i, id, id, i, due, i % LOGINS, id, id);
	buf_append(&w->text, span_str(text));
}

/* Begins what the scheduler wants, as the engine does behind every step. */
static void
pump(struct world *w)
{
	struct sweep_command c;
	int64_t wall_ns, mono_ns;

	while (sweep_next(&w->sweep, &w->now, &c)) {
		w->command[c.verb] = c;
		if (c.verb == SWEEP_LIST) {
			stream_listing_reset(&w->listing);
			w->listed = 0;
		} else if (c.verb == SWEEP_READ) {
			stream_headers_reset(&w->headers);
			w->told = 0;
		}
		w->gone = c.verb == SWEEP_RELEASE ? 0 : w->gone;
	}
	sweep_wait(&w->sweep, &w->now, &wall_ns, &mono_ns);
}

/* How long this process has had the processor. */
static int64_t
cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * CLOCK_NS_PER_S + t.tv_nsec;
}

static void
count_step(struct world *w, int64_t began_ns)
{
	int64_t took_ns = cpu_ns() - began_ns;
	size_t step = w->n_steps < STEPS_MAX ? w->n_steps++ : STEPS_MAX - 1;

	if (took_ns < w->best_ns[step])
		w->best_ns[step] = took_ns;
	w->now.mono_ns += took_ns;
}

static void
end_step(struct world *w, int64_t began_ns)
{
	pump(w);
	count_step(w, began_ns);
}

/* Other steps begin, or the same ones once more. */

static void
begin_steps(struct world *w)
{
	w->n_steps = 0;
	for (size_t i = 0; i < STEPS_MAX; i++)
		w->best_ns[i] = INT64_MAX;
}

static void
begin_again(struct world *w)
{
	w->n_steps = 0;
	w->bytes = 0;
}

static int64_t
total_ns(const struct world *w)
{
	int64_t total = 0;

	for (size_t i = 0; i < w->n_steps; i++)
		total += w->best_ns[i];
	return total;
}

static int64_t
longest_ns(const struct world *w)
{
	int64_t longest = 0;

	for (size_t i = 0; i < w->n_steps; i++)
		if (w->best_ns[i] > longest)
			longest = w->best_ns[i];
	return longest;
}

static void
end_command(struct world *w, enum sweep_verb verb)
{
	int64_t began_ns = cpu_ns();

	sweep_end(&w->sweep, verb, true, &w->now);
	end_step(w, began_ns);
}

/* As much as a pipe gives. */
static size_t
fill(struct world *w, char *room)
{
	struct span text = buf_span(&w->text);
	size_t n = text.len < STREAM_READ_SIZE ? text.len : STREAM_READ_SIZE;

	memcpy(room, text.data, n);
	buf_consume(&w->text, n);
	return n;
}

static void
work_on_list(struct world *w)
{
	char *room = stream_listing_room(&w->listing);
	int64_t began_ns;
	size_t n;

	buf_clear(&w->text);
	while (buf_len(&w->text) < STREAM_READ_SIZE - TEXT_SIZE &&
	    w->listed < w->n)
		put_listed(w, w->listed++);
	n = fill(w, room);
	w->bytes += n;
	if (n == 0) {
		end_command(w, SWEEP_LIST);
		return;
	}
	began_ns = cpu_ns();
	stream_listing_take(&w->listing, n, &w->sweep, &w->now);
	end_step(w, began_ns);
}

static void
work_on_read(struct world *w)
{
	const struct sweep_command *c = &w->command[SWEEP_READ];
	char *room = stream_headers_room(&w->headers);
	int64_t began_ns;
	size_t n;

	buf_clear(&w->text);
	while (
	    buf_len(&w->text) < STREAM_READ_SIZE - TEXT_SIZE && w->told < c->n)
		put_headers(w, &c->ids[w->told++]);
	n = fill(w, room);
	if (n == 0) {
		end_command(w, SWEEP_READ);
		return;
	}
	began_ns = cpu_ns();
	stream_headers_take(&w->headers, n, &w->sweep, &w->now);
	end_step(w, began_ns);
}

static void
work_on_release(struct world *w)
{
	const struct sweep_command *c = &w->command[SWEEP_RELEASE];
	int64_t began_ns = cpu_ns();

	if (w->gone == c->n) {
		end_command(w, SWEEP_RELEASE);
		return;
	}
	for (int i = 0; i < NEWS && w->gone < c->n; i++)
		sweep_departed(&w->sweep, &c->ids[w->gone++], &w->now);
	end_step(w, began_ns);
}

static bool
is_running(const struct world *w, enum sweep_verb verb)
{
	return w->sweep.verb[verb].running;
}

/* Until nothing runs and nothing is to be done at once. */
static void
run(struct world *w)
{
	int64_t wall_ns, mono_ns;

	for (;;) {
		sweep_wait(&w->sweep, &w->now, &wall_ns, &mono_ns);
		if (is_running(w, SWEEP_LIST))
			work_on_list(w);
		else if (is_running(w, SWEEP_READ))
			work_on_read(w);
		else if (is_running(w, SWEEP_RELEASE))
			work_on_release(w);
		else if (is_running(w, SWEEP_KICK_QMGR))
			end_command(w, SWEEP_KICK_QMGR);
		else if (mono_ns <= w->now.mono_ns)
			end_step(w, cpu_ns());
		else
			return;
	}
}

/* The next walk is due. */
static void
wait_for_walk(struct world *w)
{
	w->now.mono_ns += HOUR_NS;
	pump(w);
}

/* What the process has that is no file's. */
static int64_t
anon_bytes(void)
{
	FILE *f = fopen("/proc/self/status", "r");
	char line[TEXT_SIZE];
	long long kb = -1;

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, "RssAnon:", 8) == 0)
			kb = strtoll(line + 8, NULL, DECIMAL);
	if (f != NULL)
		fclose(f);
	return kb * 1024;
}

/* The longest while that a loop is kept from looking at the clock. */
static int64_t
machine_step_ns(int64_t for_ns)
{
	int64_t began_ns = clock_mono_ns(), last_ns = began_ns;
	int64_t longest_ns = 0;

	while (last_ns - began_ns < for_ns) {
		int64_t now_ns = clock_mono_ns();

		if (now_ns - last_ns > longest_ns)
			longest_ns = now_ns - last_ns;
		last_ns = now_ns;
	}
	return longest_ns;
}

static void
print(const char *name, int64_t value)
{
	printf("%s %lld\n", name, (long long)value);
}

static bool
knows_all(const struct world *w)
{
	if (w->sweep.index.n_heap == w->n)
		return true;
	fprintf(stderr, "million: %u of %u messages wait\n",
	    w->sweep.index.n_heap, w->n);
	return false;
}

static void
measure_walk(struct world *w)
{
	begin_steps(w);
	for (int i = 0; i < WALKS; i++) {
		begin_again(w);
		wait_for_walk(w);
		run(w);
	}
	print("walk_ns", total_ns(w));
	print("walk_step_ns", longest_ns(w));
	print("machine_step_ns", machine_step_ns(total_ns(w)));
}

static void
measure_status(struct world *w)
{
	struct sweep_surveying to = {.now_s = NOW_S};
	bool more = true;

	begin_steps(w);
	while (more) {
		int64_t began_ns = cpu_ns();

		more = !sweep_survey_step(&w->sweep, &to, SLICE);
		count_step(w, began_ns);
	}
	print("status_step_ns", longest_ns(w));
}

static void
measure_reload(struct world *w)
{
	int64_t began_ns = cpu_ns();

	begin_steps(w);
	sweep_reconsider(&w->sweep);
	end_step(w, began_ns);
	while (sweep_is_passing(&w->sweep))
		end_step(w, cpu_ns());
	print("reload_step_ns", longest_ns(w));
}

/*
 * Long after all of it was due: it leaves one by one. No walk comes that would
 * show what has left.
 */
static bool
measure_release(struct world *w)
{
	int64_t wall_ns, mono_ns = w->now.mono_ns;

	begin_steps(w);
	w->sweep.next_walk_ns = INT64_MAX;
	w->now.wall_ns += 2 * AHEAD_S * CLOCK_NS_PER_S;
	w->now.reached_ns = w->now.wall_ns;
	while (w->sweep.counts.released < w->n && mono_ns != INT64_MAX) {
		w->now.mono_ns = mono_ns;
		end_step(w, cpu_ns());
		run(w);
		sweep_wait(&w->sweep, &w->now, &wall_ns, &mono_ns);
	}
	print("release_step_ns", longest_ns(w));
	if (w->sweep.counts.released == w->n)
		return true;
	fprintf(stderr, "million: %llu of %u messages left\n",
	    (unsigned long long)w->sweep.counts.released, w->n);
	return false;
}

static int
measure(struct world *w)
{
	int64_t before;

	begin_steps(w);
	before = anon_bytes();
	pump(w);
	run(w);
	if (!knows_all(w))
		return EX_SOFTWARE;
	print("anon_bytes", anon_bytes() - before);
	print("listing_bytes", (int64_t)w->bytes);
	print("learn_step_ns", longest_ns(w));
	measure_walk(w);
	measure_status(w);
	measure_reload(w);
	return knows_all(w) && measure_release(w) ? EX_OK : EX_SOFTWARE;
}

static void
begin(struct world *w, uint32_t n)
{
	static const struct plan_postfix postfix = {
	    .queue_lifetime_s = 5 * 86400,
	    .bounce_lifetime_s = 86400,
	    .requeue_safe = true,
	};

	char error[CONF_ERROR_SIZE];

	w->n = n;
	if (!settings_parse(&w->settings,
		span_str("release_method = release\n"), "", error))
		abort();
	w->now = (struct clock_now){.wall_ns = NOW_S * CLOCK_NS_PER_S,
	    .reached_ns = NOW_S * CLOCK_NS_PER_S,
	    .mono_ns = HOUR_NS};
	buf_init(&w->text, 2 * STREAM_READ_SIZE);
	stream_listing_init(&w->listing);
	stream_headers_init(&w->headers);
	sweep_init(&w->sweep,
	    &(struct sweep_options){.settings = &w->settings,
		.postfix = postfix,
		.tell = on_event});
}

int
main(int argc, char *argv[])
{
	struct world *w = calloc(1, sizeof(*w));
	int exit_code;

	if (argc != 2 || w == NULL) {
		fprintf(stderr, "usage: million N\n");
		return EX_USAGE;
	}
	begin(w, (uint32_t)strtoul(argv[1], NULL, DECIMAL));
	exit_code = measure(w);
	sweep_free(&w->sweep);
	stream_listing_free(&w->listing);
	stream_headers_free(&w->headers);
	buf_free(&w->text);
	free(w);
	return exit_code;
}

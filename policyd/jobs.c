/* SPDX-License-Identifier: ISC */
#include "policyd/jobs.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "hdrcheck/base/os.h"

enum {
	/* Reads of a pipe whose writer has ended: all that it can hold. */
	LAST_READS_MAX = 64,
	/* Not found, not executable, or killed by a signal. */
	NOT_RUN_CODE = 126,
	PACE_MIN = 8 * 1024, /* bytes a millisecond, to rest by */
};

#define REST_MIN_NS (5 * CLOCK_NS_PER_MS)
#define REST_MAX_NS CLOCK_NS_PER_S

/* In what a command of Postfix says before it gives up (msg(3)). */
static const char fatal_mark[] = ": fatal: ";

static void
on_rested(void *ctx)
{
	struct job_pipe *p = ctx;

	if (p->fd >= 0)
		loop_change(p->job->jobs->loop, p->fd, POLLIN);
}

/* Whether its errors are mostly of mail that left. */
static bool
confirms(enum sweep_verb verb)
{
	return verb == SWEEP_RELEASE || verb == SWEEP_REQUEUE;
}

static void
pipe_init(struct job_pipe *p, struct job *job)
{
	p->job = job;
	p->fd = -1;
	loop_add_timer(job->jobs->loop, &p->rest, LOOP_MONO, on_rested, p);
}

void
jobs_init(struct jobs *jobs, struct loop *loop, struct sweep *sweep,
    loop_timer_fn *changed, void *ctx)
{
	jobs->loop = loop;
	jobs->sweep = sweep;
	jobs->changed = changed;
	jobs->ctx = ctx;
	stream_listing_init(&jobs->listing);
	stream_headers_init(&jobs->headers);
	for (int i = 0; i < SWEEP_VERBS; i++) {
		struct job *job = &jobs->job[i];

		job->jobs = jobs;
		job->verb = (enum sweep_verb)i;
		pipe_init(&job->out, job);
		pipe_init(&job->err, job);
		stream_errors_init(&job->errors);
	}
}

static void
close_pipe(struct job_pipe *p)
{
	if (p->fd < 0)
		return;
	loop_unwatch(p->job->jobs->loop, p->fd);
	close(p->fd);
	p->fd = -1;
}

void
jobs_free(struct jobs *jobs)
{
	for (int i = 0; i < SWEEP_VERBS; i++) {
		close_pipe(&jobs->job[i].out);
		close_pipe(&jobs->job[i].err);
		stream_errors_free(&jobs->job[i].errors);
	}
	stream_listing_free(&jobs->listing);
	stream_headers_free(&jobs->headers);
}

const char *
jobs_complaint(const struct jobs *jobs, enum sweep_verb verb)
{
	return jobs->job[verb].errors.last;
}

static char *
out_room(struct jobs *jobs, enum sweep_verb verb)
{
	if (verb == SWEEP_LIST)
		return stream_listing_room(&jobs->listing);
	if (verb == SWEEP_READ)
		return stream_headers_room(&jobs->headers);
	return jobs->waste;
}

static void
out_take(struct jobs *jobs, enum sweep_verb verb, size_t n)
{
	struct clock_now now = clock_read();

	if (verb == SWEEP_LIST)
		stream_listing_take(&jobs->listing, n, jobs->sweep, &now);
	else if (verb == SWEEP_READ)
		stream_headers_take(&jobs->headers, n, jobs->sweep, &now);
}

/*
 * How much was read; 0 or less: there is nothing now, or ever. room NULL:
 * memory is short, which the command is told by nobody reading any more.
 */
static ssize_t
read_pipe(struct job_pipe *p, char *room)
{
	ssize_t n = -1;

	if (room != NULL)
		n = read(p->fd, room, STREAM_READ_SIZE);
	else
		errno = ENOMEM;
	if (n > 0)
		p->printed += (uint64_t)n;
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		close_pipe(p);
	return n;
}

/* As read_pipe(). */
static ssize_t
read_out(struct job *job)
{
	ssize_t n;

	if (job->out.fd < 0)
		return 0;
	n = read_pipe(&job->out, out_room(job->jobs, job->verb));
	if (n > 0)
		out_take(job->jobs, job->verb, (size_t)n);
	return n;
}

static void
err_take(struct job *job, size_t n)
{
	struct clock_now now = clock_read();

	stream_errors_take(
	    &job->errors, n, confirms(job->verb), job->jobs->sweep, &now);
}

/* As read_pipe(). */
static ssize_t
read_err(struct job *job)
{
	ssize_t n;

	if (job->err.fd < 0)
		return 0;
	n = read_pipe(&job->err, stream_errors_room(&job->errors));
	if (n > 0)
		err_take(job, (size_t)n);
	return n;
}

/*
 * So long takes half of the pipe to fill at the pace of the command so far, or
 * at PACE_MIN, as it may get quicker.
 */
static int64_t
fill_ns(const struct job_pipe *p, int64_t now_ns)
{
	int64_t half = (int64_t)(p->size / 2);
	int64_t at_most_ns = half / PACE_MIN * CLOCK_NS_PER_MS;
	int64_t ns = at_most_ns;

	if (p->printed > 0)
		ns = (int64_t)((double)(now_ns - p->job->started_ns) /
		    (double)p->printed * (double)half);
	return ns < at_most_ns ? ns : at_most_ns;
}

/*
 * postqueue writes each message by itself, postcat 4096 bytes at a time, and
 * postsuper each message by some forty writes of a byte; to be woken for each
 * costs far more than to read it. So what is to come may gather in the pipe, as
 * long as it does not fill, and most_ns at most; the end of the command is
 * noticed all the same.
 */
static void
rest(struct job_pipe *p, int64_t most_ns)
{
	int64_t now_ns = clock_mono_ns();
	int64_t ns = fill_ns(p, now_ns);

	if (ns < REST_MIN_NS || p->fd < 0)
		return;
	loop_change(p->job->jobs->loop, p->fd, 0);
	loop_arm(&p->rest, now_ns + (ns < most_ns ? ns : most_ns));
}

/* A walk without news has time; what is to be read soon has not. */
static int64_t
rest_at_most_ns(const struct job *job)
{
	return job->verb == SWEEP_LIST &&
		!sweep_reads_too_little(job->jobs->sweep)
	    ? REST_MAX_NS
	    : JOBS_NAP_NS;
}

static void
on_out(void *ctx, short revents)
{
	struct job *job = ctx;

	(void)revents;
	if (read_out(job) < STREAM_READ_SIZE)
		rest(&job->out, rest_at_most_ns(job));
	job->jobs->changed(job->jobs->ctx);
}

static void
on_err(void *ctx, short revents)
{
	struct job *job = ctx;

	(void)revents;
	if (read_err(job) < STREAM_READ_SIZE && confirms(job->verb))
		rest(&job->err, JOBS_NAP_NS);
	job->jobs->changed(job->jobs->ctx);
}

static int
pipe_open(struct job_pipe *p, int fd, loop_ready_fn *fn)
{
	if (loop_watch(p->job->jobs->loop, fd, POLLIN, fn, p->job) < 0) {
		close(fd);
		return -1;
	}
	p->fd = fd;
	p->size = os_pipe_size(fd);
	p->printed = 0;
	loop_disarm(&p->rest);
	return 0;
}

int
jobs_started(struct jobs *jobs, enum sweep_verb verb, const int fds[2])
{
	struct job *job = &jobs->job[verb];

	stream_errors_reset(&job->errors);
	job->unseen = job->lost = false;
	jobs->started[verb]++;
	if (verb == SWEEP_LIST)
		stream_listing_reset(&jobs->listing);
	if (verb == SWEEP_READ) {
		stream_headers_reset(&jobs->headers);
		jobs->headers.texts = jobs->sweep->peeking ? jobs->texts : NULL;
	}
	job->started_ns = clock_mono_ns();
	if (pipe_open(&job->out, fds[0], on_out) < 0) {
		close(fds[1]);
		return -1;
	}
	return pipe_open(&job->err, fds[1], on_err);
}

void
jobs_unseen(struct jobs *jobs, enum sweep_verb verb)
{
	struct job *job = &jobs->job[verb];

	stream_errors_reset(&job->errors);
	log_printable(span_str(strerror(EMFILE)), job->errors.last);
	job->unseen = true;
	job->lost = false;
	jobs->started[verb]++;
}

bool
jobs_read_is_lost(struct jobs *jobs)
{
	struct job *job = &jobs->job[SWEEP_READ];

	if (job->err.fd < 0 || job->lost ||
	    strstr(job->errors.last, fatal_mark) == NULL)
		return false;
	job->lost = true;
	return true;
}

/* Whether there is a use in how it ended. */
static bool
was_run(const struct job *job, int code)
{
	bool tells = job->verb == SWEEP_LIST || job->verb == SWEEP_READ;

	/* Without what it printed a list or a read told nothing. */
	if (job->unseen && tells)
		return false;
	return code < NOT_RUN_CODE || job->lost;
}

/* How a command ended whose end has this code. */
static void
tell_end(struct job *job, int code, const struct clock_now *now)
{
	struct jobs *jobs = job->jobs;
	enum sweep_verb verb = job->verb;
	bool ok = code == 0 &&
	    (verb != SWEEP_LIST || stream_listing_is_whole(&jobs->listing));

	if (was_run(job, code)) {
		jobs->failed[verb] += !ok;
		sweep_end(jobs->sweep, verb, ok, now);
	} else {
		jobs->failed[verb]++;
		sweep_not_run(jobs->sweep, verb, now);
	}
}

/*
 * The command has ended, so all that it wrote is in the pipes. A process that
 * it left behind is not waited for.
 */
void
jobs_ended(struct jobs *jobs, enum sweep_verb verb, int code)
{
	struct job *job = &jobs->job[verb];
	struct clock_now now;

	for (int i = 0; i < LAST_READS_MAX && read_out(job) > 0; i++)
		;
	for (int i = 0; i < LAST_READS_MAX && read_err(job) > 0; i++)
		;
	close_pipe(&job->out);
	close_pipe(&job->err);
	if (verb == SWEEP_LIST)
		jobs->postfix_is_down = job->errors.mail_is_down;
	now = clock_read();
	tell_end(job, code, &now);
}

void
jobs_failed(struct jobs *jobs, enum sweep_verb verb, int error)
{
	struct clock_now now = clock_read();
	struct job *job = &jobs->job[verb];

	stream_errors_reset(&job->errors);
	log_printable(span_str(strerror(error)), job->errors.last);
	jobs->failed[verb]++;
	sweep_not_run(jobs->sweep, verb, &now);
}

/* SPDX-License-Identifier: ISC */
/*
 * jobs - the commands that run for the engine: their output, and their ends
 *
 * Reads the descriptors that the runner sent, and tells sweep() what the bytes
 * mean. At most one command of a verb runs at a time.
 */
#ifndef POLICYD_JOBS_H
#define POLICYD_JOBS_H

#include "hdrcheck/base/loop.h"
#include "policyd/stream.h"

/* How long news of what leaves, or what a read tells, may wait for more. */
#define JOBS_NAP_NS (10 * CLOCK_NS_PER_MS)

struct jobs;

/* What a command prints to. */
struct job_pipe {
	struct job *job;
	int fd; /* -1: at its end, or not open */
	size_t size; /* bytes that it holds; 0: nobody knows */
	uint64_t printed; /* bytes since the start */
	struct loop_timer rest; /* it is not looked at until then */
};

struct job {
	struct jobs *jobs;
	enum sweep_verb verb;
	struct job_pipe out;
	struct job_pipe err;
	int64_t started_ns; /* CLOCK_MONOTONIC */
	struct stream_errors errors;
	bool unseen; /* it runs, but its descriptors did not get here */
	bool lost; /* a read that was told to end */
};

struct jobs {
	struct loop *loop;
	struct sweep *sweep;
	loop_timer_fn *changed;
	void *ctx;
	struct job job[SWEEP_VERBS];
	struct stream_listing listing;
	struct stream_headers headers;
	struct texts *texts; /* gets what a peek tells; NULL: nobody wants it */
	uint64_t started[SWEEP_VERBS];
	uint64_t failed[SWEEP_VERBS]; /* not started, or ended badly */
	bool postfix_is_down; /* as of the last listing */
	char waste[STREAM_READ_SIZE]; /* output that says nothing */
};

/*
 * loop and sweep are borrowed. changed(ctx) is called whenever sweep was told
 * something by output; not by the functions below.
 */
void jobs_init(struct jobs *jobs, struct loop *loop, struct sweep *sweep,
    loop_timer_fn *changed, void *ctx);

/* Closes what is open. */
void jobs_free(struct jobs *jobs);

/* A command started; its descriptors are owned from here on. 0 or -1: errno. */
int jobs_started(struct jobs *jobs, enum sweep_verb verb, const int fds[2]);

/* A command started, but there was no descriptor left to see it by. */
void jobs_unseen(struct jobs *jobs, enum sweep_verb verb);

/*
 * Whether the read that runs has failed, so that it need not be waited for:
 * postcat sleeps for a second behind its last words. Told once.
 */
bool jobs_read_is_lost(struct jobs *jobs);

/* It ended with that exit code. */
void jobs_ended(struct jobs *jobs, enum sweep_verb verb, int code);

/* It could not be started: an errno. */
void jobs_failed(struct jobs *jobs, enum sweep_verb verb, int error);

/* What the last command of a verb complained about, printable; may be "". */
const char *jobs_complaint(const struct jobs *jobs, enum sweep_verb verb);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * model HISTORIES [SEED] - runs so many random histories
 *
 * The first that goes wrong is named. SEED=n HISTORY=k VERBOSE=1 model runs
 * that one alone and tells what happens in it.
 */
#define _GNU_SOURCE /* MAP_ANONYMOUS */

#include "tests/model/model.h"

#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* What is left when an assert of the scheduler ends the child. */
struct progress {
	uint64_t history;
	uint64_t count[K_KINDS];
};

struct wish {
	uint64_t seed, first, n;
	bool verbose;
};

static uint64_t
number(const char *text, uint64_t otherwise)
{
	return text == NULL || *text == '\0' ? otherwise
					     : strtoull(text, NULL, 10);
}

static void
print_counts(const struct progress *p)
{
	for (int i = 0; i < K_KINDS; i++)
		printf("%12" PRIu64 " %s\n", p->count[i],
		    model_kind_name((enum kind)i));
}

static int
run(const struct wish *wish, struct progress *p)
{
	struct model *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return EXIT_FAILURE;
	/* What is freed is soon wanted again. */
	mallopt(M_MMAP_THRESHOLD, 16 * 1024 * 1024);
	mallopt(M_TRIM_THRESHOLD, 64 * 1024 * 1024);
	m->verbose = wish->verbose;
	m->count = p->count;
	buf_init(&m->disk, 64 * 1024);
	for (int i = 0; i < SWEEP_VERBS; i++)
		buf_init(&m->job[i].out, 256 * 1024);
	for (uint64_t i = 0; i < wish->n; i++) {
		p->history = wish->first + i;
		if (model_run(m, wish->seed, p->history))
			continue;
		printf("model: %s\n", m->wrong);
		return EXIT_FAILURE;
	}
	buf_free(&m->disk);
	for (int i = 0; i < SWEEP_VERBS; i++)
		buf_free(&m->job[i].out);
	free(m);
	return EXIT_SUCCESS;
}

/* In a child, so that a failed assert is told of by the number, too. */
static bool
run_apart(const struct wish *wish, struct progress *p)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0)
		exit(run(wish, p));
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

int
main(int argc, char **argv)
{
	const char *one = getenv("HISTORY");
	struct wish wish = {
	    .seed = number(argc > 2 ? argv[2] : getenv("SEED"), 1),
	    .first = number(one, 0),
	    .n = one != NULL ? 1 : number(argc > 1 ? argv[1] : NULL, 10000),
	    .verbose = getenv("VERBOSE") != NULL,
	};
	struct progress *p = mmap(NULL, sizeof(*p), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return EXIT_FAILURE;
	if (!run_apart(&wish, p)) {
		printf("model: wrong: SEED=%" PRIu64 " HISTORY=%" PRIu64
		       " VERBOSE=1 %s tells the whole story\n",
		    wish.seed, p->history, argv[0]);
		return EXIT_FAILURE;
	}
	printf("model: %" PRIu64 " histories, seed %" PRIu64 ": all is well\n",
	    wish.n, wish.seed);
	if (getenv("COUNTS") != NULL || wish.verbose)
		print_counts(p);
	return EXIT_SUCCESS;
}

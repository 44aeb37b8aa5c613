/* SPDX-License-Identifier: ISC */
/*
 * shim - the allocator of hdrcheck/ and policyd/ in make check-malloc
 *
 * The archives of the units are linked with malloc, calloc, realloc and strdup
 * renamed to these; the tests and cmocka keep those of libc. Environment:
 *
 *	MALLOC_FAIL=n     the nth allocation fails, 1 is the first
 *	MALLOC_FAIL_ON=1  and so do all behind it
 *	MALLOC_TRACE=F    F gets a struct trace for each allocation
 *
 * The children of fork() count together with their parent. A test that fails
 * ends the program with 77, after a look for what was leaked up to there: what
 * the test has is still on its stack then, so the rest is what our code forgot.
 */
#define _GNU_SOURCE /* MAP_ANONYMOUS */

#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
	EXIT_TEST_FAILED = 77,
	MAX_CALLERS = 24,
	MAX_TRACES = 1 << 20 /* of one program: 16 MB of a sparse file */
};

struct trace {
	uint64_t n; /* 0: none was noted here */
	uint64_t callers;
};

/* What is interposed has no caller that could carry its state. */
static struct {
	_Atomic uint64_t *n; /* shared with children */
	uint64_t fail_at; /* 0: none */
	bool fail_on;
	struct trace *traces; /* NULL: not asked for; shared with children */
} shim;

extern const char __executable_start, etext; /* ld(1) */

void *may_malloc(size_t size);
void *may_calloc(size_t n, size_t size);
void *may_realloc(void *old, size_t size);
char *may_strdup(const char *s);
void _fail(const char *file, int line);
int __lsan_do_recoverable_leak_check(void) __attribute__((weak));

/* Memory of this process and its children, zeros at first. */
static void *
map_shared(size_t size, int flags, int fd)
{
	void *map =
	    mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | flags, fd, 0);

	if (map == MAP_FAILED)
		abort();
	return map;
}

static struct trace *
map_traces(const char *path)
{
	size_t size = sizeof(struct trace) * MAX_TRACES;
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	void *map;

	if (fd < 0 || ftruncate(fd, (off_t)size) != 0)
		abort();
	map = map_shared(size, 0, fd);
	close(fd);
	return map;
}

static void __attribute__((constructor)) shim_start(void)
{
	const char *fail_at = getenv("MALLOC_FAIL");
	const char *path = getenv("MALLOC_TRACE");

	shim.n = map_shared(sizeof(*shim.n), MAP_ANONYMOUS, -1);
	shim.fail_at = fail_at != NULL ? strtoull(fail_at, NULL, 10) : 0;
	shim.fail_on = getenv("MALLOC_FAIL_ON") != NULL;
	if (path != NULL)
		shim.traces = map_traces(path);
}

/* FNV-1a of the callers in this program, wherever it was loaded. */
static uint64_t
hash_callers(void)
{
	uint64_t hash = 0xcbf29ce484222325;
	void *caller[MAX_CALLERS];
	int n = backtrace(caller, MAX_CALLERS);

	for (int i = 0; i < n; i++) {
		const char *at = caller[i];

		if (at < &__executable_start || at >= &etext)
			continue;
		hash ^= (uint64_t)(at - &__executable_start);
		hash *= 0x100000001b3;
	}
	return hash;
}

static bool
fails(void)
{
	uint64_t n = atomic_fetch_add(shim.n, 1) + 1;

	if (shim.traces != NULL && n < MAX_TRACES) {
		struct trace *trace = &shim.traces[n - 1];

		trace->n = n;
		trace->callers = hash_callers();
	}
	if (shim.fail_at == 0 || n < shim.fail_at)
		return false;
	if (n > shim.fail_at && !shim.fail_on)
		return false;
	errno = ENOMEM;
	return true;
}

void *
may_malloc(size_t size)
{
	return fails() ? NULL : malloc(size);
}

void *
may_calloc(size_t n, size_t size)
{
	return fails() ? NULL : calloc(n, size);
}

void *
may_realloc(void *old, size_t size)
{
	return fails() ? NULL : realloc(old, size);
}

char *
may_strdup(const char *s)
{
	return fails() ? NULL : strdup(s);
}

/* Instead of cmocka's, which jumps out of the test. */
void
_fail(const char *file, int line)
{
	const struct rlimit enough = {1024, 1024};

	(void)file, (void)line;
	setrlimit(RLIMIT_NOFILE, &enough); /* it reads /proc */
	if (__lsan_do_recoverable_leak_check != NULL)
		__lsan_do_recoverable_leak_check();
	_exit(EXIT_TEST_FAILED);
}

# SPDX-License-Identifier: ISC
"""Each allocation of hdrcheck/ and policyd/ fails once, in the unit tests.

check.py PROGRAM... runs each program of make check-malloc (see shim.c) first as
it is, which tells what it allocates, and then once for each allocation to fail.
That fails tests, rightly. What must not happen is a signal, a report of a
sanitizer (a leak is one), or a program that does not end.

Allocations with the same callers are taken for the same: --each of them fail,
the first and some at random (--seed). --most a program: a random choice of
those. With --on, all behind the one that fails do so too.
"""

import argparse
import collections
import concurrent.futures
import contextlib
import os
import random
import signal
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TIMEOUT_S = 60  # at least; else
TIMES_AS_LONG = 20  # as without a failure
TEST_FAILED = 77  # of shim.c
TRACE = struct.Struct("=QQ")
SANITIZERS = "handle_segv=2:handle_sigbus=2:handle_sigfpe=2:handle_abort=2"
QUIET_SUCCESS = range(0, 77)  # cmocka: how many tests failed


class Fault(Exception):
    """What must not happen; its text tells."""


@contextlib.contextmanager
def _folder():
    """For reports and, below tmp, for what a test that failed leaves behind."""
    with tempfile.TemporaryDirectory(
        prefix="dat-malloc-", ignore_cleanup_errors=True
    ) as folder:
        os.chmod(folder, 0o755)
        Path(folder, "tmp").mkdir()
        os.chmod(Path(folder, "tmp"), 0o1777)
        yield folder


def run(program, timeout_s=600, **environment):
    """Runs it; what it wrote to its standard error. Raises Fault."""
    with _folder() as folder:
        options = f"{SANITIZERS}:log_path={folder}/report"
        names = ("ASAN_OPTIONS", "UBSAN_OPTIONS")
        process = subprocess.Popen(
            [program],
            env={
                **os.environ,
                **dict.fromkeys(names, options),
                **environment,
                "UNIT_TMP": f"{folder}/tmp",
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        try:
            errors = process.communicate(timeout=timeout_s)[1]
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            errors = process.communicate()[1]
            raise Fault(f"does not end:\n{errors.decode(errors='replace')}") from None
        told = errors.decode(errors="replace")
        reports = [
            one.read_text(errors="replace") for one in Path(folder).glob("report*")
        ]
    if reports:
        raise Fault("\n".join(reports) + told)
    if process.returncode not in (*QUIET_SUCCESS, TEST_FAILED):
        raise Fault(f"ended with {process.returncode}:\n{told}")
    return process.returncode, told


def allocations(program):
    """For each kind of callers, which allocations they make: lists of n."""
    with tempfile.TemporaryDirectory(prefix="dat-malloc-") as folder:
        trace = Path(folder, "trace")
        code, told = run(program, MALLOC_TRACE=str(trace))
        if code != 0:
            raise Fault(f"fails as it is, with {code}:\n{told}")
        kinds = collections.defaultdict(list)
        records = trace.read_bytes().rstrip(b"\0")
        records += bytes(-len(records) % TRACE.size)
        for n, callers in TRACE.iter_unpack(records):
            if n != 0:  # else a process was killed as it noted it
                kinds[callers].append(n)
        return list(kinds.values())


def choose(kinds, each, most, chance):
    """Which allocations to fail."""
    chosen = []
    for first, *more in kinds:
        chosen += [first, *chance.sample(more, min(each - 1, len(more)))]
    return sorted(chance.sample(chosen, min(most, len(chosen))))


def fail_one(program, n, on, timeout_s):
    """Its fault, or None."""
    environment = {"MALLOC_FAIL": str(n), **({"MALLOC_FAIL_ON": "1"} if on else {})}
    try:
        run(program, timeout_s, **environment)
    except Fault as fault:
        names = " ".join(f"{name}={value}" for name, value in environment.items())
        return f"*** {names} {program}\n{fault}"
    return None


def check(program, options, pool):
    """Fails what is to fail; prints a line and the faults. How many of both."""
    chance = random.Random(f"{options.seed} {Path(program).name}")
    start_s = time.monotonic()
    try:
        kinds = allocations(program)
    except Fault as fault:
        print(f"*** {program}\n{fault}", flush=True)
        return 0, 1
    timeout_s = max(TIMEOUT_S, TIMES_AS_LONG * (time.monotonic() - start_s))
    chosen = choose(kinds, options.each, options.most, chance)
    faults = [
        fault
        for fault in pool.map(
            lambda n: fail_one(program, n, options.on, timeout_s), chosen
        )
        if fault
    ]
    total = sum(map(len, kinds))
    print(
        f"{Path(program).name}: {len(chosen)} of {total} allocations,"
        f" {len(kinds)} kinds: {len(faults)} faults",
        *faults,
        sep="\n",
        flush=True,
    )
    return len(chosen), len(faults)


def main():
    """Exit 1 when something happened that must not."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--each", type=int, default=1)
    parser.add_argument("--most", type=int, default=sys.maxsize)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--on", action="store_true")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("programs", nargs="+")
    options = parser.parse_args()
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        both = [check(program, options, pool) for program in options.programs]
    n, faults = map(sum, zip(*both))
    print(f"{n} failed allocations, {faults} faults")
    sys.exit(faults > 0)


if __name__ == "__main__":
    main()
